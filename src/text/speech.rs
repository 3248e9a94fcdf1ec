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

mod clause;
mod lexicon;
mod memory;
mod passage;
mod phrase;

use super::Span;
use super::quote::Quotation;
use clause::{Run, Said, Tag};
use lexicon::Class;
use memory::Memory;
use passage::{Gap, Passage, is_slight};

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

    fn named(name: &str) -> Option<Act> {
        use Act::*;
        let acts = [Say, Announce, Claim, Think, Warn, Threaten, Promise, Demand, Ask, Accuse, Deny, Admit, Agree, Praise];
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
    /// Before a relative clause: `Mr Hale, who said`.
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
    /// The subject of the sentence in or behind which the quotation stands: `Mr Hale rose: “…”`.
    Nearby,
    /// Nobody is named: `it is said that`.
    Unsaid,
}

impl Rule {
    /// Whether names found so were right at least 95 times in 100 of the written cases.
    fn is_sure(self) -> bool {
        !matches!(self, Rule::Nearby | Rule::Unsaid | Rule::Relative)
    }
}

/// What others say in `text`, by rising start; a quotation in a reported clause stands behind the clause that holds it.
/// `sentences` are [those](super::sentence::sentences) of the text, and `quotations` [those](super::quote::quotations) too.
/// Blank lines part paragraphs. Linear in the length of the text.
pub fn speech(text: &str, sentences: &[Span], quotations: &[Quotation]) -> Vec<Reported> {
    let mut reader = Reader { text, passage: Passage::default(), memory: Memory::default(), found: Vec::new(), is_open: false, pending: None };
    let outermost: Vec<Quotation> = quotations.iter().filter(|quotation| quotation.depth == 0).copied().collect();
    let mut rest = &outermost[..];
    let parted = |a: &Span, b: &Span| a.end > b.start || !has_blank_line(&text[a.end..b.start]);
    for paragraph in sentences.chunk_by(parted) {
        let end = paragraph.last().map_or(0, |last| last.end);
        let (here, later) = rest.split_at(rest.partition_point(|quotation| quotation.span.start < end));
        rest = later;
        reader.paragraph(paragraph, here);
    }
    reader.found
}

/// The span with the marks of quotations of a word or two at its ends, since their words count as any others.
fn with_marks(quotations: &[Quotation], mut span: Span) -> Span {
    let next = quotations.partition_point(|quotation| quotation.span.start < span.end);
    if let Some(last) = next.checked_sub(1).map(|at| quotations[at]).filter(|last| last.inner.end == span.end && last.span.start >= span.start) {
        span.end = last.span.end;
    }
    let first = quotations.partition_point(|quotation| quotation.span.start < span.start).checked_sub(1);
    if let Some(first) = first.map(|at| quotations[at]).filter(|first| first.inner.start == span.start && first.span.end <= span.end) {
        span.start = first.span.start;
    }
    span
}

/// What a quotation says, without the comma that parts it from who says it.
fn said(text: &str, inner: Span) -> Span {
    let trimmed = inner.of(text).trim_start();
    let start = inner.end - trimmed.len();
    Span::new(start, start + trimmed.trim_end_matches([',', ' ', '\n', '\t', '\u{A0}', '\u{202F}']).len())
}

fn has_blank_line(between: &str) -> bool {
    between.bytes().filter(|byte| *byte == b'\n').count() > 1
}

struct Reader<'a> {
    text: &'a str,
    passage: Passage,
    memory: Memory,
    found: Vec<Reported>,
    /// The last quotation of the paragraph before was not closed.
    is_open: bool,
    /// Its place in `found`, if nobody is known to have said it.
    pending: Option<usize>,
}

/// What is being said from some item on.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    whose: Whose,
    is_embedded: bool,
}

/// An attribution with its speaker.
#[derive(Clone, Copy)]
struct Whose {
    verb: Option<Span>,
    kind: Act,
    speaker: Option<Speaker>,
    tag: Option<Span>,
}

impl Reader<'_> {
    fn paragraph(&mut self, sentences: &[Span], quotations: &[Quotation]) {
        let mut passage = std::mem::take(&mut self.passage);
        passage.read(self.text, sentences, quotations);
        self.memory.next_paragraph();
        let begun = self.found.len();
        let mut page = Page { passage: &passage, quotations, spoken: vec![false; quotations.len()], last: None };
        if !self.is_open {
            self.memory.quoted = None;
        }
        let continued = self.memory.quoted;
        if self.is_open && passage.items.first().is_some_and(passage::Item::is_quotation) {
            page.last = continued;
        }
        let mut start = 0;
        while start < passage.items.len() {
            let end = self.run_end(&passage, start);
            self.run(&mut page, start, end);
            start = end;
        }
        self.slight(&page, begun);
        self.block_quotations(sentences, begun);
        self.look_back(&page, begun);
        if let Some(last) = quotations.last() {
            self.is_open = !last.closed;
            self.memory.quoted = page.last;
        } else {
            self.is_open = false;
        }
        self.found[begun..].sort_by_key(|reported| (reported.content.start, std::cmp::Reverse(reported.content.end)));
        let unclaimed = |at: &usize| self.is_open && self.found[*at].how == How::Quoted && self.found[*at].speaker.is_none();
        self.pending = (begun..self.found.len()).next_back().filter(unclaimed);
        self.passage = passage;
    }

    /// A quotation that goes on in this paragraph, which alone tells whose it is.
    fn look_back(&mut self, page: &Page, begun: usize) {
        let Some(pending) = self.pending.take() else { return };
        let goes_on = page.passage.items.first().is_some_and(passage::Item::is_quotation);
        let first = self.found[begun..].iter().filter(|reported| reported.how == How::Quoted).min_by_key(|reported| reported.content.start);
        if let Some((kind, speaker)) = first.and_then(|first| Some((first.kind, first.speaker?))).filter(|_| goes_on) {
            let speaker = Speaker { rule: Rule::Continued, sure: speaker.sure && Rule::Continued.is_sure(), ..speaker };
            self.found[pending] = Reported { kind, speaker: Some(speaker), ..self.found[pending] };
        }
    }

    /// Where the run that starts at `start` ends. `“Why?” Anna asked.` is one, though the full stop parts it.
    fn run_end(&self, passage: &Passage, start: usize) -> usize {
        let items = &passage.items;
        let next_break = |from: usize| (from..items.len()).find(|&at| items[at].gap.has(Gap::BREAK)).unwrap_or(items.len());
        let end = next_break(start + 1);
        if !items[end - 1].is_quotation() || end == items.len() {
            return end;
        }
        let further = next_break(end + 1);
        if further - end > 8 {
            return end;
        }
        let tags = Run { text: self.text, items, start: end - 1, end: further }.tags();
        match tags.as_slice() {
            [tag] if tag.said == Said::Around && tag.from == end => further,
            _ => end,
        }
    }

    fn run(&mut self, page: &mut Page, start: usize, end: usize) {
        let items = &page.passage.items;
        let tags = Run { text: self.text, items, start, end }.tags();
        let subject = phrase::first(items, start, end, self.text);
        let mut open: Option<Open> = None;
        let mut free = start;
        let mut latest: Option<Whose> = None;
        for tag in &tags {
            if tag.is_elided && tag.speaker.is_none() && latest.is_none() && subject.is_some_and(|subject| subject.is_first) {
                continue; // `I end by asking …`
            }
            let mut cut = tag.from;
            if cut > start && items[cut - 1].is(Class::CONJUNCTION.and(Class::SUBORDINATOR)) && !items[cut - 1].is(Class::THAT) {
                cut -= 1;
            } else if cut > start && items[cut - 1].is(Class::ADVERBIAL.and(Class::LY)) && items[cut - 1].gap.has(Gap::COMMA.and(Gap::SEMICOLON)) {
                cut -= 1;
            }
            if let Some(current) = open {
                let hedge = tag.rule == Rule::Unsaid && tag.said == Said::Around && tag.to == tag.from + 1;
                let parted = items[cut].gap.has(Gap::COMMA.and(Gap::SEMICOLON).and(Gap::DASH).and(Gap::COLON).and(Gap::BRACKET));
                let joined = cut < tag.from && items[cut].is(Class::CONJUNCTION);
                if hedge || cut <= current.start || !(parted || joined || tag.said == Said::Around) {
                    continue;
                }
            }
            let whose = self.whose(tag, items, start, subject, latest);
            latest = Some(whose);
            let was_open = open.take();
            if let Some(current) = was_open {
                self.close(page, current, cut);
                free = cut;
            }
            match tag.said {
                Said::After(start) => open = Some(Open { start, whose, is_embedded: tag.is_embedded }),
                Said::Quotation(at) => {
                    self.quote(page, at, whose);
                    free = at + 1;
                    open = self.runs_on(items, at + 1, end).map(|start| Open { start, whose, is_embedded: false });
                }
                Said::Around => {
                    let is_hedge = tag.rule == Rule::Unsaid && tag.to == tag.from + 1;
                    let behind_quotation = tag.from > free && items[tag.from - 1].is_quotation() && !is_hedge;
                    if behind_quotation {
                        (free..tag.from).filter(|&at| items[at].is_quotation()).for_each(|at| self.quote(page, at, whose));
                    } else if was_open.is_none() && tag.from > free {
                        self.close(page, Open { start: free, whose, is_embedded: false }, tag.from);
                    }
                    free = tag.to;
                    if tag.to < end {
                        let next = &items[tag.to];
                        if next.is_quotation() && behind_quotation {
                            self.quote(page, tag.to, whose);
                            free = tag.to + 1;
                        } else if !behind_quotation && (is_hedge || !next.is(Class::CONJUNCTION) || next.gap.has(Gap::COMMA)) {
                            open = Some(Open { start: tag.to, whose, is_embedded: false });
                        }
                    }
                }
            }
        }
        if let Some(current) = open {
            self.close(page, current, end);
        }
        self.unattributed(page, start, end, subject, latest);
        if let Some(subject) = subject {
            self.memory.meet(subject, self.text);
        }
    }

    /// `“nobody” was hurt and that …`: a clause behind a quotation, said by the same.
    fn runs_on(&self, items: &[passage::Item], at: usize, end: usize) -> Option<usize> {
        let is_and = items.get(at).is_some_and(|item| item.is(Class::CONJUNCTION));
        let is_that = items.get(at + 1).is_some_and(|item| item.is(Class::THAT));
        (is_and && is_that && at + 2 < end).then_some(at + 2)
    }

    /// The speaker of an attribution, pronouns and left out subjects resolved.
    fn whose(&mut self, tag: &Tag, items: &[passage::Item], start: usize, subject: Option<phrase::Phrase>, latest: Option<Whose>) -> Whose {
        let speaker = match tag.speaker {
            Some(phrase) => self.memory.resolve(phrase, tag.rule, self.text),
            None if tag.is_elided && latest.is_some() => {
                latest.and_then(|latest| latest.speaker).map(|speaker| Speaker { rule: Rule::Shared, ..speaker })
            }
            None if tag.is_elided && tag.from > start => subject
                .filter(|subject| subject.to <= tag.from && !subject.is_first)
                .and_then(|phrase| self.memory.resolve(phrase, Rule::Shared, self.text)),
            None => None,
        };
        let speaker = speaker.map(|speaker| Speaker { sure: speaker.sure && speaker.rule.is_sure(), ..speaker });
        let last = items[tag.to - 1].span.end;
        let tag_span = Span::new(items[tag.from].span.start, last.max(items[tag.from].span.end));
        Whose { verb: tag.verb, kind: tag.act, speaker, tag: Some(tag_span) }
    }

    /// What is said ends before the item at `to`.
    fn close(&mut self, page: &mut Page, open: Open, to: usize) {
        let items = &page.passage.items;
        let to = self.aside(items, open.start, to);
        let to = if open.is_embedded { second_verb(items, open.start, to) } else { to };
        if open.start >= to {
            return;
        }
        let quotations = (open.start..to).filter(|&at| items[at].is_quotation());
        quotations.for_each(|at| self.quote(page, at, open.whose));
        if to == open.start + 1 && items[open.start].is_quotation() {
            return;
        }
        let content = Span::new(items[open.start].span.start, items[to - 1].span.end);
        self.add(with_marks(page.quotations, content), open.whose, How::Reported);
    }

    /// Where the author speaks again: `…, and I accept his word`.
    fn aside(&self, items: &[passage::Item], from: usize, to: usize) -> usize {
        let mut is_first_person = false;
        for at in from..to {
            let item = &items[at];
            let is_back = at > from && item.is(Class::CONJUNCTION) && items[at - 1].is_quotation();
            if is_back && items.get(at + 1).is_some_and(|next| at + 1 < to && next.is(Class::FINITE.and(Class::PAST_LIKE))) {
                return at;
            }
            let joins = item.gap.has(Gap::COMMA.and(Gap::SEMICOLON).and(Gap::DASH)) && (item.is(Class::CONJUNCTION));
            if let Some(next) = items.get(at + 1).filter(|_| joins && at > from && at + 1 < to) {
                let word = next.span.of(self.text);
                let of_me = items.get(at + 2).is_some_and(|item| matches!(item.span.of(self.text), "me" | "my"));
                let is_author = next.is(Class::PREPOSITION) && of_me
                    || matches!(word, "I" | "let" | "let's" | "let’s" | "I'm" | "I’m" | "my")
                    || matches!(word, "we" | "our") && !is_first_person;
                if is_author {
                    return at;
                }
            }
            is_first_person |= item.is(Class::FIRST);
        }
        to
    }

    fn quote(&mut self, page: &mut Page, at: usize, whose: Whose) {
        let Some(index) = page.passage.items[at].quotation.map(|index| index as usize) else { return };
        if std::mem::replace(&mut page.spoken[index], true) {
            return;
        }
        page.last = Some((whose.speaker, whose.kind));
        self.add(said(self.text, page.quotations[index].inner), whose, How::Quoted);
    }

    fn add(&mut self, content: Span, whose: Whose, how: How) {
        let speaker = whose.speaker.filter(|speaker| content.overlap(speaker.span).is_none());
        let tag = whose.tag.filter(|tag| content.overlap(*tag).is_none());
        if !content.is_empty() {
            self.found.push(Reported { content, verb: whose.verb, kind: whose.kind, how, speaker, tag });
        }
    }

    /// The quotations of a run to which no attribution belongs.
    fn unattributed(&mut self, page: &mut Page, start: usize, end: usize, subject: Option<phrase::Phrase>, latest: Option<Whose>) {
        for at in start..end {
            let Some(index) = page.passage.items[at].quotation else { continue };
            if page.spoken[index as usize] {
                continue;
            }
            let same = |(speaker, kind): (Option<Speaker>, Act), rule: Rule| {
                let speaker = speaker.map(|speaker| Speaker { rule, sure: speaker.sure && rule.is_sure(), ..speaker });
                Whose { verb: None, kind, speaker, tag: None }
            };
            let text = self.text;
            let near = |phrase: phrase::Phrase, memory: &mut Memory| memory.resolve(phrase, Rule::Nearby, text);
            let whose = match (latest, page.last, subject) {
                (Some(latest), _, _) => same((latest.speaker, latest.kind), Rule::Shared),
                (None, _, Some(subject)) if at > start && !subject.is_first => {
                    Whose { verb: None, kind: Act::Say, speaker: near(subject, &mut self.memory), tag: None }
                }
                (None, Some(last), _) if at == start => same(last, Rule::Continued),
                (None, None, _) if at == start => {
                    let speaker = self.memory.subject().map(|phrase| Speaker { rule: Rule::Nearby, sure: false, ..phrase });
                    Whose { verb: None, kind: Act::Say, speaker, tag: None }
                }
                _ => Whose { verb: None, kind: Act::Say, speaker: None, tag: None },
            };
            let whose = Whose { speaker: whose.speaker.map(|speaker| Speaker { sure: speaker.sure && speaker.rule.is_sure(), ..speaker }), ..whose };
            self.quote(page, at, whose);
        }
    }

    /// Quotations of a word or two are speech where somebody is just then said to speak.
    fn slight(&mut self, page: &Page, begun: usize) {
        let found = self.found.len();
        for quotation in page.quotations.iter().filter(|quotation| is_slight(self.text, quotation)) {
            let in_speech = |reported: &&Reported| reported.how == How::Reported && reported.content.contains(quotation.span);
            let Some(around) = self.found[begun..found].iter().find(in_speech).copied() else { continue };
            self.found.push(Reported { content: said(self.text, quotation.inner), how: How::Quoted, ..around });
        }
    }

    /// Lines that begin with `>`, as in replies.
    fn block_quotations(&mut self, sentences: &[Span], begun: usize) {
        for sentence in sentences {
            let text = sentence.of(self.text);
            let inner = text.trim_start_matches(['>', ' ']);
            let content = Span::new(sentence.end - inner.len(), sentence.end);
            let is_known = self.found[begun..].iter().any(|reported| reported.content.overlap(content).is_some());
            if text.starts_with('>') && !content.is_empty() && !is_known {
                let whose = Whose { verb: None, kind: Act::Say, speaker: None, tag: None };
                self.add(content, whose, How::Quoted);
            }
        }
    }
}

/// Where, behind the finite verb of a clause, the verb of the sentence stands that holds it.
fn second_verb(items: &[passage::Item], from: usize, to: usize) -> usize {
    let finite = Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::PAST_LIKE);
    let is_finite = |at: usize| {
        let item = &items[at];
        item.is(finite) || item.is(Class::VERB) && item.has_form(&[lexicon::Form::Past, lexicon::Form::Present]) && !item.is(Class::NOUN)
    };
    let mut verbs = 0;
    for at in from..to {
        let follows_verb = at > from && (is_finite(at - 1) || items[at - 1].is(Class::ADVERBIAL.and(Class::LY).and(Class::NEGATION)));
        let starts_clause = at > from && items[at - 1].is(Class::CONJUNCTION.and(Class::SUBORDINATOR).and(Class::DETERMINER).and(Class::TO));
        if !is_finite(at) || starts_clause || verbs == 1 && follows_verb {
            continue;
        }
        verbs += 1;
        if verbs == 2 {
            return at;
        }
    }
    to
}

/// A paragraph while it is read.
struct Page<'a> {
    passage: &'a Passage,
    quotations: &'a [Quotation],
    /// Which of the quotations are already somebody's.
    spoken: Vec<bool>,
    /// Speaker and kind of the last quotation.
    last: Option<(Option<Speaker>, Act)>,
}

#[cfg(test)]
mod golden;
