//! Who says what: reported clauses, and the speakers of quotations.
//!
//! *Mr Hale warned that the pier would close* is the author's sentence with somebody else's words in it. The words by which
//! English tells this (verbs and what may follow them, nouns, titles, roles) are lists in `speech/english.txt`; the rules look
//! for a verb of saying, what is said behind or around it, and its subject. They read a paragraph at a time, since a
//! pronoun may stand for a speaker named before and a quotation may go on without saying whose it is. The golden cases are in
//! `speech/cases.txt`.
//!
//! A name put to words that its bearer never said is a slander. So a speaker carries the rule that found it, and only rules
//! that are right in at least 95 of 100 of the written cases call themselves [`sure`](Speaker::sure).

mod cast;
mod clause;
mod complement;
mod lexicon;
mod memory;
mod outline;
mod paragraph;
mod passage;
mod phrase;
mod turn;

use serde::{Deserialize, Serialize};

use super::Span;
use super::quote::Quotation;
use super::stem::Language;
pub use cast::{Cast, Member};
pub use memory::Carried;
use outline::Outline;
use paragraph::Reader;

/// Somebody's words in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// What is said: of a quotation what stands between its marks, without a comma that closes it, else a clause, an object or
    /// an infinitive.
    pub content: Span,
    /// The word that tells that it is said: mostly a verb, also `claim` in `his claim that`.
    pub verb: Option<Span>,
    pub kind: Act,
    pub how: How,
    pub speaker: Option<Speaker>,
    /// The whole attribution, such as `Mr Hale told reporters on Monday that`.
    pub tag: Option<Span>,
}

/// In marks or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    Quoted,
    Reported,
}

/// Who is said to have said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// Their name or description, which for a pronoun stands further ahead.
    pub span: Span,
    /// What `span` is: a pronoun only if nothing tells for whom it stands.
    pub kind: SpeakerKind,
    pub rule: Rule,
    /// Whether the rule is right often enough that the name may be shown; else show “a speaker (unclear)”.
    pub sure: bool,
    /// The name stands in a paragraph before the text: [`Carried::name`] has it, and `span` means nothing in the text.
    pub carried: bool,
}

/// What is shown in place of a name that is not sure.
pub const UNCLEAR: &str = "a speaker (unclear)";

impl Speaker {
    /// The name if it is sure, else [`UNCLEAR`].
    pub fn shown<'a>(&self, text: &'a str) -> &'a str {
        if self.sure && !self.carried { self.span.of(text) } else { UNCLEAR }
    }

    /// The same, but found by another rule as well.
    fn found_by(self, rule: Rule) -> Self {
        Speaker { rule, sure: self.sure && rule.is_sure(), ..self }
    }
}

/// How a speaker is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpeakerKind {
    /// `Anna Hale`.
    Name,
    /// `Mr Hale`, `the economist Anna Hale`.
    Title,
    /// `the harbour master`.
    NounPhrase,
    /// `she`.
    Pronoun,
}

/// What was done in saying it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    Say,
    Announce,
    Claim,
    Think,
    Warn,
    Threaten,
    Promise,
    Demand,
    Ask,
    Accuse,
    Deny,
    Admit,
    Agree,
    Praise,
}

impl Act {
    /// The name in the lists and in output.
    pub fn name(self) -> &'static str {
        match self {
            Act::Say => "say",
            Act::Announce => "announce",
            Act::Claim => "claim",
            Act::Think => "think",
            Act::Warn => "warn",
            Act::Threaten => "threaten",
            Act::Promise => "promise",
            Act::Demand => "demand",
            Act::Ask => "ask",
            Act::Accuse => "accuse",
            Act::Deny => "deny",
            Act::Admit => "admit",
            Act::Agree => "agree",
            Act::Praise => "praise",
        }
    }

    /// Whether who does so tells as a fact what others said: not who denies it, asks for it, or only claims it.
    fn tells(self) -> bool {
        matches!(self, Act::Say | Act::Announce | Act::Admit | Act::Agree | Act::Warn | Act::Praise)
    }

    fn named(name: &str) -> Option<Act> {
        use Act::*;
        let acts =
            [Say, Announce, Claim, Think, Warn, Threaten, Promise, Demand, Ask, Accuse, Deny, Admit, Agree, Praise];
        // A verb such as “sighed” says no more than that it was said.
        acts.into_iter().find(|act| act.name() == name).or((name == "quote").then_some(Say))
    }
}

/// Where a speaker was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Right before the verb: `Mr Hale said`.
    Subject,
    /// Right behind it: `said Mr Hale`.
    Inverted,
    /// With an apposition: `Mr Hale, who owns the pier, said`.
    Apposition,
    /// A whole name before a relative clause: `the letter was read to Anna Hale, who said`.
    Relative,
    /// `according to Mr Hale`.
    According,
    /// `Mr Hale’s claim that`, `in his view`.
    Owner,
    /// `a claim by Mr Hale that`, `was told by Mr Hale that`.
    By,
    /// A pronoun, resolved.
    Pronoun,
    /// The subject of the verb before: `Mr Hale rose and said`, `…, adding that`.
    Shared,
    /// The quotation before has this speaker.
    Continued,
    /// Behind a dash or before a colon: `“…” – Anna Hale`, `Anna Hale: “…”`.
    Signed,
    /// The subject of the sentence in or behind which the quotation stands: `Mr Hale rose: “…”`.
    Nearby,
    /// Where it may as well be somebody else: `a spokesman for Mr Hale, who said`, `the fear of floods that`.
    Doubtful,
    /// Nobody is named: `it is said that`.
    Unsaid,
}

impl Rule {
    /// Whether names found so were right at least 95 times in 100 of the written cases, and there were enough to tell.
    fn is_sure(self) -> bool {
        !matches!(self, Rule::Nearby | Rule::Unsaid | Rule::Doubtful)
    }
}

/// What is heard of what others say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hearing {
    /// Quotations and reported speech, and who said it.
    #[default]
    Everything,
    /// What stands in quotation marks, whoever said it: the words of saying of the language are not known.
    Quotations,
}

impl Hearing {
    /// What is heard in a text of that language.
    pub fn of(language: Language) -> Hearing {
        if language == Language::English { Hearing::Everything } else { Hearing::Quotations }
    }
}

/// What others say in an English `text`, by rising start; a quotation in a reported clause stands behind the clause that holds it.
/// `sentences` are [those](super::sentence::sentences) of the text, and `quotations` [those](super::quote::quotations) too.
/// Blank lines part paragraphs. Linear in the length of the text.
pub fn speech(text: &str, sentences: &[Span], quotations: &[Quotation]) -> Vec<Reported> {
    speech_after(text, sentences, quotations, &Carried::default(), &|span| (span.start as u64, span.end as u64)).0
}

/// The same where the text is the next paragraph of a document, with what it leaves to the one after it. A quotation that goes on,
/// its opening mark repeated, keeps its speaker, and a pronoun may stand for somebody of the paragraph before. `place` tells where
/// bytes of the text stand in the document.
pub fn speech_after(
    text: &str,
    sentences: &[Span],
    quotations: &[Quotation],
    before: &Carried,
    place: &dyn Fn(Span) -> (u64, u64),
) -> (Vec<Reported>, Carried) {
    Page::read(text, sentences, quotations, Hearing::Everything).hear(text, before, place)
}

/// What a text tells by itself, whoever was named before it. To read one is most of the work, and many can be read at once; then
/// they are heard in order.
#[derive(Debug)]
pub struct Page {
    paragraphs: Vec<Outline>,
}

impl Page {
    /// The sentences and quotations are those that [`speech`] wants.
    pub fn read(text: &str, sentences: &[Span], quotations: &[Quotation], hearing: Hearing) -> Self {
        let outermost: Vec<Quotation> = quotations.iter().filter(|quotation| quotation.depth == 0).copied().collect();
        let mut rest = &outermost[..];
        let parted = |a: &Span, b: &Span| a.end > b.start || !has_blank_line(&text[a.end..b.start]);
        let paragraphs = sentences.chunk_by(parted).map(|paragraph| {
            let end = paragraph.last().map_or(0, |last| last.end);
            let (here, later) = rest.split_at(rest.partition_point(|quotation| quotation.span.start < end));
            rest = later;
            Outline::read(text, paragraph, here, hearing)
        });
        Page { paragraphs: paragraphs.collect() }
    }

    /// As [`speech_after`], for the text that was read.
    pub fn hear(&self, text: &str, before: &Carried, place: &dyn Fn(Span) -> (u64, u64)) -> (Vec<Reported>, Carried) {
        let mut reader = Reader::new(text, before);
        self.paragraphs.iter().for_each(|paragraph| reader.paragraph(paragraph));
        reader.end(place)
    }
}

fn has_blank_line(between: &str) -> bool {
    between.bytes().filter(|byte| *byte == b'\n').count() > 1
}

#[cfg(test)]
mod golden;

#[cfg(test)]
mod tests {
    use super::golden::found;
    use super::*;
    use crate::text::{quote, sentence};
    use proptest::prelude::*;

    fn speakers(text: &str) -> Vec<Option<&str>> {
        found(text).iter().map(|reported| reported.speaker.map(|speaker| speaker.span.of(text))).collect()
    }

    #[test]
    fn a_sentence_without_context_keeps_its_pronoun_and_does_not_show_it() {
        let text = "She said that the pier would close.";
        let speaker = found(text)[0].speaker.expect("somebody said it");
        assert_eq!((speaker.span.of(text), speaker.kind, speaker.sure), ("She", SpeakerKind::Pronoun, false));
        assert_eq!(speaker.shown(text), UNCLEAR);
    }

    /// What is said, in marks or not, with the speaker who may be shown.
    fn told(text: &str) -> Vec<(How, &str)> {
        found(text)
            .iter()
            .map(|reported| (reported.how, reported.speaker.map_or(UNCLEAR, |speaker| speaker.shown(text))))
            .collect()
    }

    /// Who is shown as the speaker of the first quotation.
    fn quoted(text: &str) -> &str {
        let first = told(text).into_iter().find(|(how, _)| *how == How::Quoted);
        first.unwrap_or_else(|| panic!("{text}: no quotation")).1
    }

    #[test]
    fn words_that_somebody_denies_rejects_or_condemns_are_not_theirs() {
        let denied = [
            "Lang denied saying “the traitors will pay for it”.",
            "Lang denies that he said “the traitors will pay for it”.",
            "Lang denied he ever wrote, “the traitors will pay for it”.",
            "Lang denied that “the traitors will pay for it”.",
            "Lang rejected “the cries for more blood and iron”.",
            "Lang criticised Hale for saying “the traitors will pay for it”.",
            "Lang condemned the claim that “the traitors will pay for it”.",
            "Lang refused to say “the traitors will pay for it”.",
            "Lang never said “the traitors will pay for it”.",
            "Lang regretted having said “the traitors will pay for it”.",
            "“The traitors will pay for it,” Lang denied saying.",
        ];
        denied.iter().for_each(|text| assert_eq!(quoted(text), UNCLEAR, "{text}"));
        assert_eq!(quoted("Lang rejected Hale’s threat that “the traitors will pay for it”."), "Hale");
        assert_eq!(quoted("Lang condemned Hale’s claim that “the traitors will pay for it”."), "Hale");
        assert_eq!(quoted("Lang denied it: “I never said a word of that.”"), "Lang");
        assert_eq!(quoted("Lang rejected the result as “a theft in broad daylight”."), "Lang");
        assert_eq!(quoted("Lang condemned “a cowardly and brutal attack”."), "Lang");
    }

    #[test]
    fn words_that_somebody_relays_are_not_theirs() {
        let hales = [
            "Lang told police that Hale shouted: “The traitors will pay for it.”",
            "Lang testified that Hale told her, “The traitors will pay for it.”",
            "Lang said Hale shouted “the traitors will pay for it” at her.",
            "Lang said Hale had told him: “The traitors will pay for it.”",
            "Lang recalled how Hale said: “The traitors will pay for it.”",
            "According to Lang, Hale said: “The traitors will pay for it.”",
            "Lang quoted Hale as saying: “The traitors will pay for it.”",
        ];
        hales.iter().for_each(|text| assert_eq!(quoted(text), "Hale", "{text}"));
        let nobodys = [
            "Lang alleges that Hale wrote: “The traitors will pay for it.”",
            "Lang accused Hale of telling crowds that “the traitors will pay for it”.",
            "Lang asked Hale whether he said “the traitors will pay for it”.",
            "Lang said she told him: “The traitors will pay for it.”",
            "Hale cited the letter as saying “the traitors will pay for it”.",
            "Hale fined Lang for saying “the traitors will pay for it”.",
            "Lang said that Hale had warned her that the traitors “will have to pay for it”.",
            "“The traitors will pay for it,” Lang claims Hale said.",
            "“The traitors will pay for it,” Lang recalled Hale saying.",
            "Lang defended Hale, who said “the traitors will pay for it”.",
            "Hale read aloud from the letter: “The traitors will pay for it.”",
        ];
        nobodys.iter().for_each(|text| assert_eq!(quoted(text), UNCLEAR, "{text}"));
        assert_eq!(quoted("The sign read: “The traitors will pay for it.”"), "The sign");
        assert_eq!(quoted("Lang said he feared that the offer was “a very poor joke”."), "Lang");
    }

    #[test]
    fn what_is_said_without_that_is_known_by_its_verb_however_that_forms_its_past() {
        let clauses = [
            "the president lied to us and betrayed our soldiers",
            "the workers fled the city",
            "a dog died in the night",
            "the ship sank in the night",
            "the factory sold its workers",
            "the president hit the table",
            "the mayor lies to us",
            "the two brothers vied for the crown",
        ];
        clauses.iter().for_each(|clause| {
            let text = format!("Hale said {clause}.");
            assert_eq!(told(&text), [(How::Reported, "Hale")], "{text}");
        });
        assert_eq!(told("Hale claimed the president deceived us."), [(How::Reported, "Hale")]);
        assert_eq!(told("Hale said the last word."), []);
    }

    #[test]
    fn a_reply_to_a_quotation_is_not_its_saying() {
        let replies =
            ["Nobody answered.", "No one answered.", "Everyone laughed.", "The crowd answered.", "Lang replied."];
        replies.iter().for_each(|reply| {
            assert_eq!(quoted(&format!("“They betrayed our soldiers.” {reply}")), UNCLEAR, "{reply}");
        });
        assert_eq!(quoted("“Did they betray our soldiers?” Anna Hale asked."), "Anna Hale");
        assert_eq!(quoted("“They betrayed our soldiers,” Anna Hale answered."), "Anna Hale");
        assert_eq!(quoted("“They betrayed our soldiers,” everyone said."), UNCLEAR);
    }

    #[test]
    fn a_mark_that_was_forgotten_gives_nobody_the_rest_of_the_paragraph() {
        let text = "The minister spoke of “the enemy within. We must act. “They left us,” said Anna Hale. It was late.";
        assert_eq!(told(text), [(How::Quoted, "The minister"), (How::Quoted, "Anna Hale")]);
        assert_eq!(told(&text.replace(['“', '”'], "\"")), told(text));
        assert_eq!(
            quoted("The minister spoke of “the enemy within and Anna Hale said “they left us” in anger."),
            UNCLEAR
        );
        let text = "The minister warned of “limited war under the overhang’. They betrayed our soldiers.";
        assert_eq!(found(text)[0].content.of(text), "limited war under the overhang");
    }

    #[test]
    fn a_name_ends_before_a_verb_and_who_hears_it_does_not_say_it() {
        assert_eq!(quoted("Hale, 12 supporters and a dog heard the minister say: “They will pay.”"), "the minister");
        assert_eq!(quoted("Two police officers and Anna Hale heard Lang say: “They will pay.”"), "Lang");
        assert_eq!(quoted("Nobody heard Lang say: “They will pay.”"), UNCLEAR);
        assert_eq!(quoted("Hale never heard Lang say: “They will pay.”"), UNCLEAR);
        assert_eq!(told("Hale heard Lang say that the traitors will pay."), [(How::Reported, "Lang")]);
        let nobodys = [
            "Smoke raised fears that the traitors will pay for it.",
            "Any confirmed reports that they will destroy us?",
            "The files were released, proving Congress and officials raised serious doubts about the war.",
            "All confirmed that the traitors will pay for it.",
            "The war has claimed more than 40 thousand lives.",
            "The group claimed responsibility for the attack.",
        ];
        nobodys.iter().for_each(|text| assert!(told(text).iter().all(|(_, who)| *who == UNCLEAR), "{text}"));
        assert_eq!(told("Lang claimed the president betrayed our soldiers."), [(How::Reported, "Lang")]);
    }

    #[test]
    fn what_is_said_behind_a_colon_a_dateline_or_a_purpose_is_found() {
        assert_eq!(told("Smith tweeted: They betrayed our soldiers."), [(How::Reported, "Smith")]);
        assert_eq!(told("Smith told reporters: They betrayed our soldiers."), [(How::Reported, "Smith")]);
        assert_eq!(told("Smith said three things: Anna Hale, Leeds and the sea."), []);
        let text = "DENVER — Two states filed a suit, saying that the traitors will pay for it.";
        assert_eq!(told(text), [(How::Reported, "Two states")]);
        let text = "The party issued a statement saying the traitors will pay for it.";
        assert_eq!(told(text), [(How::Reported, UNCLEAR)]);
        let text = "Hale took to Twitter to warn that the traitors will pay for it.";
        assert_eq!(told(text), [(How::Reported, "Hale")]);
        assert_eq!(told("Hale stressed they will pay for it."), [(How::Reported, "Hale")]);
        assert_eq!(quoted("“They will pay for it,” Sue Park, 34, a nurse, said."), "Sue Park");
    }

    #[test]
    fn a_pronoun_in_the_next_paragraph_is_sure_only_of_one_whose_title_or_given_name_tells_and_where_nobody_else_was_named()
     {
        let is_sure = |before: &str| {
            let text = format!("{before}\n\nShe added that no one had answered.");
            found(&text).last().and_then(|last| last.speaker).expect("a speaker").sure
        };
        assert!(is_sure("Mrs Roth said that the ward was full."));
        assert!(is_sure("Ann Roth said that the ward was full."));
        assert!(!is_sure("Chris Roth said that the ward was full."));
        assert!(!is_sure("Mrs Roth said that Ann Dane was ill."));
        assert!(!is_sure("Mrs Roth said that the ward was full. Mrs Dane said that it was not."));
        assert!(!is_sure("Mrs Roth came to the ward."));
    }

    #[test]
    fn a_pronoun_is_not_sure_of_a_bare_name_where_another_stands_between() {
        let last = |text: &str| found(text).last().and_then(|last| last.speaker).expect("a speaker").sure;
        assert!(last("Tom Hale said the deal was off. He denied the charge."));
        assert!(!last("Tom Hale said he had met Anna Roth. She denied the charge."));
        assert!(!last("Chris Hale said he had met Robin Roth. She denied the charge."));
        assert!(!last("Chris Hale said: “It was stolen by Robin Roth.” She denied the charge."));
        assert!(last("Chris Hale said: “It was stolen on Monday.” She denied the charge."));
        assert!(last("Tom Hale, who was born in Leeds, said the deal was off. He denied the charge."));
        assert!(last("Mr Hale said he had met Anna Roth. He denied the charge."));
    }

    /// Each paragraph by itself, with what the one before leaves to it: names of speakers, and whether they are sure.
    fn one_by_one(paragraphs: &[&str]) -> Vec<Option<(String, bool)>> {
        let (mut all, mut before) = (Vec::new(), Carried::default());
        for paragraph in paragraphs {
            let sentences = sentence::sentences(paragraph, &[], "english");
            let quotations = quote::quotations(paragraph);
            let (found, after) = speech_after(paragraph, &sentences, &quotations, &before, &|_| (0, 0));
            let name = |speaker: Speaker| match speaker.carried {
                true => before.name(&speaker).expect("a carried name is known").0.to_owned(),
                false => speaker.span.of(paragraph).to_owned(),
            };
            all.extend(found.iter().map(|said| said.speaker.map(|speaker| (name(speaker), speaker.sure))));
            before = after;
        }
        all
    }

    fn at_once(paragraphs: &[&str]) -> Vec<Option<(String, bool)>> {
        let text = paragraphs.join("\n\n");
        let name = |speaker: Speaker| (speaker.span.of(&text).to_owned(), speaker.sure);
        found(&text).iter().map(|said| said.speaker.map(name)).collect()
    }

    #[test]
    fn paragraphs_that_come_one_by_one_pass_on_who_speaks() {
        let paragraphs = ["Mr Hale said: “We have waited.", "“We have begged.", "“We will wait no more.”"];
        assert_eq!(one_by_one(&paragraphs), vec![Some(("Mr Hale".into(), true)); 3]);
        assert_eq!(one_by_one(&["“We paid.", "“Twice,” said Mrs Boateng."])[0], None);
    }

    #[test]
    fn somebody_forgotten_and_named_in_passing_may_be_meant_by_a_pronoun_however_paragraphs_come() {
        let paragraphs = ["Mr Roth said yes.", "Mr Dane warned that Roth was late.", "He said that it was over."];
        let last = |all: Vec<Option<(String, bool)>>| all.last().cloned().flatten();
        assert_eq!(last(one_by_one(&paragraphs)), Some(("Mr Dane".into(), false)));
        assert_eq!(last(at_once(&paragraphs)), Some(("Mr Dane".into(), false)));
    }

    #[test]
    fn two_who_may_be_meant_are_not_sure() {
        let text = "Ann Dane said yes. Ruth Ames said that it was late. “It is a bad bill,” she said.";
        let last = *found(text).last().expect("a quotation");
        assert!(last.speaker.is_some_and(|speaker| !speaker.sure), "{last:?}");
    }

    #[test]
    fn a_speaker_stays_with_the_quotation_over_paragraphs() {
        let text = "“We paid for those lights.\n\n“And we paid twice,” said Mrs Boateng.\n\n“They went out.”";
        assert_eq!(speakers(text), [Some("Mrs Boateng"), Some("Mrs Boateng"), None]);
    }

    #[test]
    fn scare_quotes_are_no_speech_and_a_quoted_word_in_a_reported_clause_is() {
        assert_eq!(found("The “experts” went home."), []);
        let text = "He said that the “experts” went home.";
        let how: Vec<How> = found(text).iter().map(|reported| reported.how).collect();
        assert_eq!(how, [How::Reported, How::Quoted]);
    }

    #[test]
    fn any_text_is_read_in_linear_time() {
        let hostile = [
            "said ",
            "said that ",
            "he said, ",
            "Mr Hale ",
            "the man who ",
            "“a b c” he said ",
            "claim that ",
            "and ",
            "a, ",
            "according to ",
            "in his view ",
            "by the ",
            "told him to ask her to say that ",
            "who said ",
            "“",
            "> a\n\n",
            "> a b.\n",
            "was told by ",
            "his claim that his ",
            "“a b c” ",
            "a said b. ",
            "Anna; ",
            "the union's ",
            "X said. “a b c.” ",
        ];
        for piece in hostile {
            let text = piece.repeat((1 << 18) / piece.len());
            let begun = std::time::Instant::now();
            found(&text); // quadratic, it would take minutes
            quoted_alone(&text);
            println!("{piece:?} took {:?}", begun.elapsed());
        }
    }

    /// What is heard where no words of saying are known.
    fn quoted_alone(text: &str) -> Vec<Reported> {
        let (sentences, quotations) = (sentence::sentences(text, &[], "german"), quote::quotations(text));
        let page = Page::read(text, &sentences, &quotations, Hearing::Quotations);
        page.hear(text, &Carried::default(), &|_| (0, 0)).0
    }

    #[test]
    fn where_no_words_of_saying_are_known_quotations_are_heard_and_nobody_is_named() {
        let said =
            |text: &str| quoted_alone(text).iter().map(|said| said.content.of(text).to_owned()).collect::<Vec<_>>();
        let text = "Il ministro promise che tutto andrà bene. Lang said that they left. »Wir zahlen nicht«, sagte sie. „Wir auch nicht!“";
        assert_eq!(said(text), ["Wir zahlen nicht", "Wir auch nicht!"]);
        assert!(quoted_alone(text).iter().all(|said| said.how == How::Quoted && said.speaker.is_none()));
        assert_eq!(said("Die »neue Zeit« kam. Er rief: »Halt!«"), ["Halt!"]);
        assert_eq!(said("«\u{A0}Nous ne paierons pas.\n\n«\u{A0}Jamais de la vie.\u{A0}»").len(), 2);
    }

    /// What must hold whatever the text.
    fn check(text: &str) -> Result<(), TestCaseError> {
        let quoted = quoted_alone(text);
        prop_assert!(quoted.iter().all(|said| said.how == How::Quoted && said.speaker.is_none()));
        let found = speech(text, &sentence::sentences(text, &[], "english"), &quote::quotations(text));
        for pair in found.windows(2) {
            prop_assert!(pair[0].content.start <= pair[1].content.start);
        }
        for reported in &found {
            prop_assert!(
                !reported.content.is_empty() && text.get(reported.content.start..reported.content.end).is_some()
            );
            let spans = [reported.verb, reported.tag, reported.speaker.map(|speaker| speaker.span)];
            for span in spans.into_iter().flatten() {
                prop_assert!(text.get(span.start..span.end).is_some_and(|text| !text.is_empty()), "{reported:?}");
                prop_assert!(span.overlap(reported.content).is_none() || Some(span) == reported.verb, "{reported:?}");
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn spans_are_whole_ordered_and_apart_from_the_speaker(
            text in "((Mr|Hale|Anna|she|they|the union|union's|who|which|said|says|warned|told|told him|asked|to|that|by|of|in|\
                    view|claim|according to|as|and|but|was|would|close|pier|I|not|\\.|,|;|:|—|“|”|\"|‘|’|'|\\(|\\)|\n\n|>|É|ß)[ ]?){0,40}",
        ) {
            check(&text)?;
        }

        #[test]
        fn paragraphs_one_by_one_are_told_as_all_at_once(
            paragraphs in prop::collection::vec(
                "((Mr Hale|Anna Roth|she|He|the union|said|warned that|“We will pay for it now\\.|” said|, and|it closed|met Tom Dane)[ .]{1,2}){1,8}", 1..5,
            ),
        ) {
            let paragraphs: Vec<&str> = paragraphs.iter().map(|text| text.trim()).collect();
            // What comes later cannot tell whose an earlier quotation was.
            for (one, all) in one_by_one(&paragraphs).iter().zip(&at_once(&paragraphs)) {
                prop_assert!(one == all || one.is_none(), "{:?} {:?}", one, all);
            }
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            check(&text)?;
            check(&String::from_utf8_lossy(&bytes))?;
        }

        #[test]
        fn sentences_and_quotations_that_do_not_fit_the_text_are_survived(
            text in "(he said|“a b c”|[,. ]){0,12}",
            cut in 0usize..12,
        ) {
            let sentences = sentence::sentences(&text, &[], "english");
            let quotations = quote::quotations(&text);
            speech(&text, &sentences[cut.min(sentences.len())..], &quotations);
            speech(&text, &sentences, &quotations[cut.min(quotations.len())..]);
        }
    }
}
