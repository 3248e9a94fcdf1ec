//! Attributions: the words that tell who says something, and where stands what they say.

use super::lexicon::{Class, Form, Frames, Sense};
use super::passage::{Gap, Item};
use super::phrase::{self, Link, Phrase, Subject};
use super::{Act, Rule, SpeakerKind};
use crate::text::Span;

/// An attribution: “Mr Hale warned”, “according to the union”.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    /// Its items.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) verb: Option<Span>,
    pub(super) act: Act,
    pub(super) speaker: Option<Phrase>,
    pub(super) rule: Rule,
    pub(super) said: Said,
    /// What is said is part of a sentence that goes on with another verb: `His claim that it is safe | convinced nobody`.
    pub(super) is_embedded: bool,
    /// Its subject stands further ahead: that of the attribution or clause before.
    pub(super) is_elided: bool,
}

/// Where what is said stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// From this item on.
    After(usize),
    /// This quotation, which follows.
    Quotation(usize),
    /// On both sides, or before it.
    Around,
}

/// A verb in one way to use it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verb<'a> {
    pub(super) at: usize,
    /// Behind it and its particle.
    pub(super) next: usize,
    pub(super) subject: &'a Subject,
    senses: &'a [Sense],
}

impl Verb<'_> {
    /// What is done with it where one of the frames follows.
    pub(super) fn act(&self, frames: Frames) -> Option<Act> {
        let has_particle = self.next > self.at + 1;
        let fits = |sense: &&Sense| sense.frames.has(frames) && sense.particle.is_some() == has_particle;
        self.senses.iter().find(fits).map(|sense| sense.act)
    }

    pub(super) fn takes(&self, frames: Frames) -> bool {
        self.act(frames).is_some()
    }

    pub(super) fn can_hear(&self) -> bool {
        self.takes(Frames::HEARER) || self.takes(Frames::TOLD)
    }
}

impl Tag {
    /// `allegedly`
    pub(super) fn is_hedge(&self) -> bool {
        self.rule == Rule::Unsaid && self.said == Said::Around && self.to == self.from + 1
    }
}

/// What an attribution is told by, beside …
const TELLING: Class =
    Class::VERB.and(Class::NOUN).and(Class::STANCE).and(Class::OPINION).and(Class::HEARSAY).and(Class::ADVERB);
/// … this word.
const ACCORDING: &str = "according";

/// What may say something without being somebody: a letter, a claim.
const SAYER: Class = Class::NOUN.and(Class::IT).and(Class::SETTING);
/// A hearer, place and time between a verb and its clause are not longer.
pub(super) const MOST_BETWEEN: usize = 18;
/// A clause before its attribution is looked at so far back.
const MOST_BEHIND: usize = 60;

/// Reads one run: the items between two ends of sentences.
pub(super) struct Run<'a> {
    pub(super) text: &'a str,
    pub(super) items: &'a [Item],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(text: &'a str, items: &'a [Item], start: usize, end: usize) -> Self {
        Run { text, items, start, end }
    }

    /// Adds the attributions of the run in order; they do not overlap.
    pub(super) fn tags(&self, tags: &mut Vec<Tag>) {
        let mut free = self.start;
        let mut at = self.start;
        while at < self.end {
            let item = &self.items[at];
            let found = match item.is_quotation() {
                false if item.is(TELLING) => self.tag_at(at),
                false if item.span.len() == ACCORDING.len() && self.word(at).eq_ignore_ascii_case(ACCORDING) => {
                    self.according(at)
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            match found.filter(|tag| tag.from >= free && !tag.speaker.is_some_and(|speaker| speaker.is_first)) {
                Some(tag) => {
                    free = tag.to;
                    at = tag.to.max(at + 1);
                    tags.push(tag);
                }
                None => at += 1,
            }
        }
    }

    pub(super) fn word(&self, at: usize) -> &'a str {
        self.items[at].span.of(self.text)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Item> {
        if at < self.end { self.items.get(at) } else { None }
    }

    /// Whether the item exists and nothing but a blank stands before it.
    pub(super) fn tight(&self, at: usize) -> Option<&Item> {
        self.get(at).filter(|item| item.gap.is_none())
    }

    pub(super) fn tag_at(&self, at: usize) -> Option<Tag> {
        let item = &self.items[at];
        // `my opponent claims that`
        let is_told = item.is(Class::VERB) && at > self.start && {
            let before = &self.items[at - 1];
            let is_somebody = before.is(Class::PEOPLE);
            let is_present = item.has_form(&[Form::Present]) && before.entry == 0;
            (is_somebody || is_present) && !before.is(Class::OWNER) && item.gap.is_none()
        };
        let as_noun = || {
            if is_told {
                None
            } else if item.is(Class::NOUN.and(Class::STANCE)) {
                self.noun(at)
            } else {
                None
            }
        };
        let as_opinion = || if item.is(Class::OPINION) { self.opinion(at) } else { None };
        let as_verb = || if item.is(Class::VERB) { self.verb(at) } else { None };
        let as_hearsay = || if item.is(Class::HEARSAY) { self.hearsay(at) } else { None };
        let as_adverb = || if item.is(Class::ADVERB) { self.adverb(at) } else { None };
        as_noun().or_else(as_opinion).or_else(as_verb).or_else(as_hearsay).or_else(as_adverb)
    }

    pub(super) fn verb(&self, at: usize) -> Option<Tag> {
        let entry = self.items[at].entry();
        let mut subject = phrase::subject(self.items, self.start, at, self.text);
        if let Some(host) = self.host(at, &subject) {
            // `wrote to say`, `was quoted as saying`: whose subject is this verb's too.
            let hosted = phrase::subject(self.items, self.start, host, self.text);
            subject = Subject { is_passive: false, is_progressive: true, has_auxiliary: true, ..hosted };
        }
        // `issued a statement saying`: the statement does.
        let is_ing = self.items[at].has_form(&[Form::Ing]) && !subject.is_progressive;
        if is_ing && self.items[at].gap.is_none() && at > self.start && self.items[at - 1].is(SAYER) {
            subject = Subject { phrase: None, from: at, ..subject };
        }
        if self.is_perceived(at, &subject) {
            subject = Subject { is_progressive: true, has_auxiliary: true, ..subject };
        }
        if self.is_noun_here(at, &subject) {
            return None;
        }
        let with_particle =
            entry.senses.iter().filter(|sense| sense.particle.is_some_and(|next| self.is_particle(at + 1, next)));
        for sense in with_particle {
            let verb = Verb { at, next: at + 2, subject: &subject, senses: std::slice::from_ref(sense) };
            if let Some(tag) = self.told_by(&verb) {
                return Some(tag);
            }
        }
        self.told_by(&Verb { at, next: at + 1, subject: &subject, senses: &entry.senses })
    }

    /// The verb before that lends its subject to the one at `at`.
    pub(super) fn host(&self, at: usize, subject: &Subject) -> Option<usize> {
        let back = |steps: usize| at.checked_sub(steps).filter(|&at| at > self.start);
        let is = |at: Option<usize>, words: &[&str]| at.is_some_and(|at| words.contains(&self.word(at)));
        if is(Some(at), &["saying"])
            && is(back(1), &["as"])
            && is(back(2), &["quoted", "cited", "reported", "recorded"])
        {
            return back(2);
        }
        // `took to Twitter to warn`
        if subject.is_infinitive && is(back(3), &["to"]) && is(back(4), &["took", "takes", "taken", "turned"]) {
            return back(4);
        }
        if !subject.is_infinitive || !is(Some(at), &["say", "add", "explain", "ask", "tell"]) {
            return None;
        }
        match is(back(2), &["on"]) {
            true => back(3).filter(|&at| matches!(self.word(at), "went" | "goes" | "go" | "gone")),
            false => back(2).filter(|&at| {
                matches!(self.word(at), "wrote" | "writes" | "rang" | "phoned" | "telephoned" | "called")
            }),
        }
    }

    /// `(Anna Hale heard) the minister say`: a bare verb whose subject somebody hears or sees.
    fn is_perceived(&self, at: usize, subject: &Subject) -> bool {
        let Some((phrase, Link::Beside)) = subject.phrase.filter(|(phrase, _)| phrase.to == at) else { return false };
        let is_bare = self.items[at].has_form(&[Form::Base, Form::Ing]) && !subject.has_modal && !subject.has_auxiliary;
        let perceives =
            |at: usize| matches!(self.word(at), "heard" | "overheard" | "saw" | "hears" | "sees" | "watched");
        let Some(seen) = phrase.from.checked_sub(1).filter(|&seen| seen >= self.start && is_bare && perceives(seen))
        else {
            return false;
        };
        let witness = phrase::subject(self.items, self.start, seen, self.text);
        let is_true = !witness.is_negated && !witness.has_modal && !witness.is_infinitive;
        is_true && witness.phrase.is_none_or(|(phrase, link)| self.is_somebody(&phrase, link))
    }

    pub(super) fn is_particle(&self, at: usize, particle: &str) -> bool {
        self.tight(at).is_some_and(|_| self.word(at) == particle)
    }

    /// A form that may be a noun too (`the report`, `their demands`), or a verb that is not finite.
    pub(super) fn is_noun_here(&self, at: usize, subject: &Subject) -> bool {
        let item = &self.items[at];
        let follows = at > self.start && item.gap.is_none();
        let before = |class: Class| follows && self.items[at - 1].is(class);
        let is_some = follows && phrase::stands_alone(self.word(at - 1));
        if before(Class::MARKED) && !before(Class::PRONOUN.and(Class::AUXILIARY)) && !is_some {
            return true;
        }
        // `raised fears that`, `any confirmed reports`
        let is_past = before(Class::PAST_LIKE)
            || before(Class::VERB.and(Class::HEARSAY)) && self.items[at - 1].has_form(&[Form::Past, Form::Participle]);
        if item.is(Class::NOUN) && is_past && !item.has_form(&[Form::Past]) {
            return true;
        }
        let bare_form = item.has_form(&[Form::Base]) && !item.has_form(&[Form::Past]);
        let number = subject.phrase.map(|(phrase, _)| self.is_plural(&phrase));
        if bare_form {
            let is_helped = subject.has_auxiliary || subject.has_modal || subject.is_infinitive;
            return !is_helped && number != Some(true) && !subject.is_elided;
        }
        if item.has_form(&[Form::Present]) && !item.has_form(&[Form::Past]) {
            let is_name = subject.phrase.is_some_and(|(phrase, _)| {
                self.items[phrase.from..phrase.to].iter().any(|item| item.is(Class::CAPITAL))
                    && phrase.kind != SpeakerKind::Pronoun
            });
            return number == Some(true) && (self.items[at].is(Class::NOUN) || !is_name)
                || number.is_none() && !subject.is_elided && !self.is_inverted(at);
        }
        false
    }

    /// Behind a quotation or a comma: `…,” says the mayor`.
    pub(super) fn is_inverted(&self, at: usize) -> bool {
        at > self.start && (self.items[at - 1].is_quotation() || self.items[at].gap.has(Gap::LIGHT))
    }

    pub(super) fn is_plural(&self, phrase: &Phrase) -> bool {
        let core = phrase.from..phrase.to;
        let head =
            core.clone().find(|&at| self.items[at].is(Class::PREPOSITION) && at > phrase.from).unwrap_or(phrase.to) - 1;
        let word = self.word(head);
        phrase.gender == phrase::Gender::They
            || phrase.is_first
            || phrase::stands_alone(word)
            || matches!(word, "You" | "you" | "They" | "they" | "who" | "others")
            || (word.ends_with('s') && !word.ends_with("ss"))
            || matches!(word, "people" | "children" | "folk" | "clergy")
            || word.len() > 5 && word.ends_with("men")
            || self.items[core].iter().any(|item| item.is(Class::CONJUNCTION))
    }

    /// What the verb tells.
    fn told_by(&self, verb: &Verb) -> Option<Tag> {
        let Verb { at, next, subject, .. } = *verb;
        let item = &self.items[at];
        if at == self.start || item.is(Class::CAPITAL) && !self.is_inverted(at) {
            return None;
        }
        let is_ing = item.has_form(&[Form::Ing]) && !subject.is_progressive;
        if subject.phrase.is_none()
            && self.is_inverted(at)
            && !item.has_form(&[Form::Ing])
            && let Some(tag) = self.behind(verb)
        {
            return Some(tag);
        }
        let Some((act, said, to)) = self.complement(verb) else { return self.behind(verb) };
        if let Said::Quotation(quotation) = said
            && self.is_in_the_middle(subject.from, quotation)
        {
            return self.behind(verb);
        }
        if !self.is_said(verb, act, &said) {
            return None;
        }
        let by_noun = is_ing && item.gap.is_none() && self.items[at - 1].is(SAYER);
        let (speaker, is_elided) = match () {
            // `a letter warning that`
            () if by_noun => {
                (phrase::chunk(self.items, self.start, at, self.text).map(|it| (it, Link::Relative)), false)
            }
            () if subject.is_passive => (self.by(next), false),
            () if is_ing && self.word(at - 1) == "as" => (self.cited(at - 1), false),
            // `(fined Hale) for saying`: not the subject of what stands before, as behind a comma.
            () if is_ing && !self.is_cut_off(at) => (None, false),
            () if is_ing || subject.is_elided => (None, true),
            () => (subject.phrase, false),
        };
        let rule = match speaker {
            Some((_, Link::Apposed)) => Rule::Apposition,
            Some((phrase, Link::Relative)) if self.is_plainly_before(&phrase, at) => Rule::Relative,
            Some((_, Link::Relative)) => Rule::Doubtful,
            // `read aloud from the letter: “…”`: whose words a person reads is not told; those of a sign are its own.
            Some((phrase, _)) if item.is(Class::RELAY) && phrase.is_person() => Rule::Doubtful,
            _ if subject.is_passive => Rule::By,
            _ => Rule::Subject,
        };
        let is_relative = matches!(speaker, Some((_, Link::Relative)));
        let speaker = speaker.map(|(phrase, _)| phrase);
        let is_embedded = is_relative && speaker.is_some_and(|speaker| self.opens_clause(speaker.from));
        let verb = Some(self.span_of(verb));
        Some(Tag { from: subject.from, to, verb, act, speaker, rule, said, is_embedded, is_elided })
    }

    /// `(quoted) Mr Hale | as saying`
    fn cited(&self, at: usize) -> Option<(Phrase, Link)> {
        let phrase = phrase::chunk(self.items, self.start, at, self.text)?;
        let cites = phrase.from > self.start
            && matches!(self.word(phrase.from - 1), "quoted" | "quotes" | "cited" | "cites" | "quoting" | "citing");
        let is_named = phrase.is_person() && phrase.kind != SpeakerKind::Pronoun;
        (cites && is_named).then_some((phrase, Link::Beside))
    }

    /// The verb with its particle.
    fn span_of(&self, verb: &Verb) -> Span {
        Span::new(self.items[verb.at].span.start, self.items[verb.next - 1].span.end)
    }

    /// `It was, he said, “a friendly word”`: the quotation goes on with a clause that began before.
    pub(super) fn is_in_the_middle(&self, from: usize, quotation: usize) -> bool {
        let left = &self.items[self.start..from];
        if left.len() > 8 {
            return false;
        }
        let is_clause = left.iter().any(|item| item.is(Class::HELPER));
        let leads = left
            .first()
            .is_none_or(|first| first.is(Class::ADVERB_LIKE.and(Class::PREPOSITION).and(Class::SUBORDINATOR)));
        let parted = |at: usize| self.items[at].gap.has(Gap::LIGHT);
        is_clause && !leads && parted(from) && parted(quotation) && !left.iter().any(Item::is_quotation)
    }

    /// Whether somebody said it at all: not `nobody says`, `must say`, `did not say`, `if they say`.
    fn is_said(&self, verb: &Verb, act: Act, said: &Said) -> bool {
        let Verb { at, subject, .. } = *verb;
        let item = &self.items[at];
        let is_quoted = matches!(said, Said::Quotation(_));
        let opens_with_that = matches!(said, Said::After(start) if self.items[start - 1].is(Class::THAT));
        let would = opens_with_that && (subject.from..at).any(|at| matches!(self.word(at), "will" | "would"));
        let is_denied = subject.is_negated && act != Act::Deny;
        if subject.is_infinitive || is_denied || subject.has_modal && !would && !is_quoted {
            return false;
        }
        let is_helped = subject.has_auxiliary || subject.has_modal || self.is_plural_base(at, subject);
        let is_finite = item.has_form(&[Form::Past, Form::Present]) || is_helped;
        match subject.phrase {
            _ if subject.is_passive => subject.phrase.is_some() || subject.is_elided,
            Some((phrase, link)) => is_finite && self.is_somebody(&phrase, link),
            None if item.has_form(&[Form::Ing]) && !subject.is_progressive => self.is_cut_off(at) || is_quoted,
            None => is_quoted && is_finite || subject.is_elided && is_finite && !item.has_form(&[Form::Base]),
        }
    }

    /// Not `nobody`, nor the subject of a question or supposition.
    fn is_somebody(&self, phrase: &Phrase, link: Link) -> bool {
        let first = self.word(phrase.from);
        let is_clause = self.items[phrase.from].is(Class::SUBORDINATOR) && !matches!(first, "who" | "Who");
        let before =
            phrase.from.checked_sub(1).filter(|&before| before >= self.start).map(|before| &self.items[before]);
        // `It was the mayor who said` is no question.
        let is_asked = link != Link::Relative
            && before.is_some_and(|before| before.is(Class::HELPER) && !before.is(Class::PERSONAL));
        !self.is_nobody(phrase) && !is_clause && !is_asked && !self.is_supposed(phrase.from)
    }

    fn is_nobody(&self, phrase: &Phrase) -> bool {
        let nobody = ["no", "nobody", "none", "neither", "let", "no-one"];
        nobody.iter().any(|word| self.word(phrase.from).eq_ignore_ascii_case(word))
    }

    /// A participle behind a comma, an adverb, `by` or a noun that speaks.
    fn is_cut_off(&self, at: usize) -> bool {
        let before = &self.items[at - 1];
        !self.items[at].gap.is_none()
            || before.is(Class::CONJUNCTION.and(Class::ADVERB_LIKE).and(SAYER))
            || matches!(self.word(at - 1), "by" | "after" | "before")
    }

    /// Behind “if”: a supposition.
    pub(super) fn is_supposed(&self, from: usize) -> bool {
        from > self.start && matches!(self.word(from - 1), "if" | "If" | "whether" | "unless" | "Let" | "let")
    }

    /// `by Mr Hale` at or shortly behind `at`; not `by letter`.
    pub(super) fn by(&self, at: usize) -> Option<(Phrase, Link)> {
        let by = (at..at + 2).find(|&at| self.tight(at).is_some() && self.word(at) == "by")?;
        let is_means = |phrase: &Phrase| phrase.to == phrase.from + 1 && self.items[phrase.from].is(Class::SETTING);
        let found = phrase::after(self.items, by + 1, self.end, self.text);
        found.filter(|(phrase, _)| self.can_speak(phrase) && !is_means(phrase))
    }

    /// Not `the end of the day`, which by a clause is reached, nor a telephone.
    pub(super) fn can_speak(&self, phrase: &Phrase) -> bool {
        let speaks = Class::PEOPLE.and(Class::TITLE).and(Class::CAPITAL).and(Class::OBJECT).and(Class::PRONOUN);
        let of = (phrase.from..phrase.to).find(|&at| self.items[at].is(Class::PREPOSITION)).unwrap_or(phrase.to);
        self.items[phrase.from..of.max(phrase.from)].iter().any(|item| item.is(speaks))
    }

    /// Whether a relative clause up to the verb at `verb` can hardly belong to another: behind a person's whole name and `who`. Not
    /// `a spokesman for Mr Hale, who said`, `the sheriff of Bow, Devon, who said`, `the only one who sees`, `exiles in Rome, which claims`.
    fn is_plainly_before(&self, phrase: &Phrase, verb: usize) -> bool {
        let is_whole =
            phrase.kind == SpeakerKind::Title || phrase.kind == SpeakerKind::Name && phrase.to > phrase.from + 1;
        let is_governed = phrase.from > self.start
            && self.items[phrase.from - 1].is(Class::PREPOSITION)
            && !matches!(self.word(phrase.from - 1), "by" | "to" | "with");
        let is_added = phrase.from > self.start && !self.items[phrase.from].gap.is_none();
        is_whole && !is_governed && !is_added && (phrase.to..verb).any(|at| self.word(at) == "who")
    }

    /// Whether no verb stands before: what starts here is, or is part of, the subject of a verb that follows.
    pub(super) fn opens_clause(&self, at: usize) -> bool {
        let is_verb = |item: &Item| {
            item.is(Class::PREDICATE.and(Class::PAST_LIKE))
                || item.is(Class::VERB) && !item.is(Class::NOUN) && item.has_form(&[Form::Past, Form::Present])
        };
        let near = self.start.max(at.saturating_sub(MOST_BEHIND));
        near == self.start && !self.items[near..at].iter().any(is_verb)
    }

    /// The attribution stands behind what is said, or in its middle: `…, he said`; `…,” said Mr Hale, “…`.
    fn behind(&self, verb: &Verb) -> Option<Tag> {
        let Verb { at, next, subject, .. } = *verb;
        let act = verb.act(Frames::CLAUSE)?;
        let item = &self.items[at];
        // `…, we were told`
        let is_told =
            subject.is_passive && matches!(self.word(at), "told" | "said" | "alleged" | "claimed" | "reported");
        let is_finite =
            item.has_form(&[Form::Past, Form::Present]) || subject.has_auxiliary || self.is_plural_base(at, subject);
        if subject.is_infinitive || subject.is_negated || subject.is_passive && !is_told || !is_finite {
            return None;
        }
        let (speaker, link, from, to) = match subject.phrase {
            Some(_) if is_told => (None, Link::Beside, subject.from, next),
            Some((phrase, link)) => (Some(phrase), link, subject.from, next),
            None => {
                let (phrase, link) = self.inverted(verb)?;
                (Some(phrase), link, at, phrase.to)
            }
        };
        if speaker.is_some_and(|speaker| self.is_nobody(&speaker)) {
            return None;
        }
        let rule = match link {
            _ if is_told => Rule::Unsaid,
            Link::Beside if subject.phrase.is_none() => Rule::Inverted,
            Link::Beside => Rule::Subject,
            _ => Rule::Apposition,
        };
        let is_as = from > self.start && matches!(self.word(from - 1), "as" | "As") && item.gap.is_none();
        let from = from - usize::from(is_as);
        let said = match self.is_behind_quotation(from) {
            true if self.has_speaker_behind(verb) => return None,
            true => Said::Around,
            false if is_as => self.as_put(verb, from)?,
            false => self.is_behind_clause(verb, from, to, act).then_some(Said::Around)?,
        };
        let to = self.tail(to)?;
        let verb = Some(self.span_of(verb));
        Some(Tag { from, to, verb, act, speaker, rule, said, is_embedded: false, is_elided: false })
    }

    /// `“…,” (Lang recalled) Hale saying`: another one says it.
    fn has_speaker_behind(&self, verb: &Verb) -> bool {
        let speaks = Class::CAPITAL.and(Class::PRONOUN).and(Class::OBJECT).and(Class::PEOPLE);
        let near = verb.next + 1..self.end.min(verb.next + 4);
        let says = |&at: &usize| {
            let item = &self.items[at];
            item.is(Class::VERB) && !item.is(Class::NOUN.and(Class::PEOPLE))
        };
        let found = near.clone().take_while(|&at| self.tight(at).is_some()).find(says);
        let begins = Class::SUBORDINATOR.and(Class::PREPOSITION).and(Class::ADVERB_LIKE).and(Class::TIME);
        let is_beside = self.tight(verb.next).is_some_and(|next| !next.is(begins)) && verb.subject.phrase.is_some();
        is_beside && found.is_some_and(|at| self.items[at - 1].is(speaks) && !self.items[at - 1].is(Class::OWNER))
    }

    /// The subject behind its verb: `said Mr Hale`.
    fn inverted(&self, verb: &Verb) -> Option<(Phrase, Link)> {
        let item = &self.items[verb.at];
        let behind_quotation = verb.at > self.start && self.items[verb.at - 1].is_quotation();
        let behind_comma = item.gap.has(Gap::LIGHT) && !item.has_form(&[Form::Base]);
        if !behind_quotation && !behind_comma || self.needs_hearer(verb.at) {
            return None;
        }
        let found = phrase::after(self.items, verb.next, self.end, self.text);
        found.filter(|(phrase, _)| behind_quotation || phrase.kind != SpeakerKind::Pronoun)
    }

    /// `As the mayor put it, …`, `…, as the mayor claims`; what others say “as the mayor noted” is the author's own, and what is
    /// “not, as the mayor claims, …” the author's too.
    fn as_put(&self, verb: &Verb, from: usize) -> Option<Said> {
        let is_put = self.word(verb.next - 1) == "it";
        let is_distant = self.items[verb.at].is(Class::DISTANCE) && verb.subject.phrase.is_some();
        let is_refuted = from > self.start && self.items[from - 1].is(Class::NEGATION);
        if is_refuted || !is_put && !is_distant {
            return None;
        }
        if from > self.start {
            return Some(Said::Around);
        }
        let rest = self.tail(verb.next)?;
        let item = self.get(rest).filter(|item| item.gap.has(Gap::COMMA))?;
        Some(if item.is_quotation() { Said::Quotation(rest) } else { Said::After(rest) })
    }

    /// Without marks it takes more to be sure: `…, he said on Monday`, not `…, he said grace`.
    fn is_behind_clause(&self, verb: &Verb, from: usize, to: usize, act: Act) -> bool {
        let subject = verb.subject;
        let told = self.get(verb.next).filter(|_| subject.phrase.is_some());
        let ends_well = told.is_none_or(|item| {
            let adverbial = Class::PREPOSITION.and(Class::ADVERB_LIKE).and(Class::TIME);
            !item.gap.is_none() || item.is(adverbial) || self.can_hear(verb.at)
        });
        let is_beside = subject.phrase.is_none_or(|(_, link)| link == Link::Beside);
        let is_parted = from > self.start && self.items[from].gap.has(Gap::LIGHT.and(Gap::BRACKET));
        let can_stand = verb.senses.iter().any(|sense| sense.frames.has(Frames::THAT)) && act != Act::Demand;
        if !ends_well || !is_beside || !is_parted || !can_stand || self.is_subordinate(from) {
            return false;
        }
        let left = &self.items[self.start.max(from.saturating_sub(MOST_BEHIND))..from];
        let clausal = Class::PREDICATE.and(Class::PAST_LIKE);
        let has_clause = left.iter().any(|item| item.is(clausal) || item.is_quotation());
        let runs_on = self.tail(to).and_then(|to| self.get(to)).is_some_and(|item| item.gap.has(Gap::LIGHT));
        let leads_in = self.leads_in(&self.items[self.start]);
        !leads_in && (runs_on || has_clause && left.len() > 1)
    }

    pub(super) fn is_plural_base(&self, at: usize, subject: &Subject) -> bool {
        self.items[at].has_form(&[Form::Base]) && subject.phrase.is_some_and(|(phrase, _)| self.is_plural(&phrase))
    }

    /// `When asked, he said`; `After the vote, she replied`: what stands before is no clause that is reported.
    pub(super) fn leads_in(&self, first: &Item) -> bool {
        matches!(
            first.span.of(self.text),
            "When" | "After" | "Before" | "While" | "Once" | "Asked" | "Pressed" | "Questioned"
        )
    }

    pub(super) fn is_subordinate(&self, from: usize) -> bool {
        matches!(self.word(from), "which" | "who" | "what" | "whom")
    }

    /// The end of an attribution behind its clause: up to the next comma, quotation or end, over a hearer, time and place.
    pub(super) fn tail(&self, from: usize) -> Option<usize> {
        for at in from..self.end.min(from + 24) {
            let item = &self.items[at];
            if item.is_quotation() || item.gap.has(Gap::STOP.and(Gap::BRACKET)) {
                return Some(at);
            }
            if item.is(Class::CONJUNCTION)
                && at > from
                && !self.get(at + 1).is_some_and(|next| next.is(Class::MARKER.and(Class::CAPITAL)))
            {
                return Some(at);
            }
            if item.is(Class::THAT) && at == from {
                return None;
            }
        }
        (self.end - from < 24).then_some(self.end)
    }
}
