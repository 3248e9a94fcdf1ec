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

impl Tag {
    /// `allegedly`
    pub(super) fn is_hedge(&self) -> bool {
        self.rule == Rule::Unsaid && self.said == Said::Around && self.to == self.from + 1
    }
}

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

    /// The attributions of the run in order; they do not overlap.
    pub(super) fn tags(&self) -> Vec<Tag> {
        let mut tags: Vec<Tag> = Vec::new();
        let mut at = self.start;
        while at < self.end {
            let item = &self.items[at];
            let interesting = Class::VERB
                .and(Class::NOUN)
                .and(Class::STANCE)
                .and(Class::OPINION)
                .and(Class::HEARSAY)
                .and(Class::ADVERB);
            let found = match item.is_quotation() {
                false if item.is(interesting) => self.tag_at(at),
                false if self.word(at).eq_ignore_ascii_case("according") => self.according(at),
                _ => None,
            };
            let free = tags.last().map_or(self.start, |tag| tag.to);
            match found.filter(|tag| tag.from >= free && !tag.speaker.is_some_and(|speaker| speaker.is_first)) {
                Some(tag) => {
                    at = tag.to.max(at + 1);
                    tags.push(tag);
                }
                None => at += 1,
            }
        }
        tags
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
        if self.is_noun_here(at, &subject) {
            return None;
        }
        let with_particle =
            entry.senses.iter().filter(|sense| sense.particle.is_some_and(|next| self.is_particle(at + 1, next)));
        for sense in with_particle {
            if let Some(tag) = self.told_by(at, at + 2, &subject, std::slice::from_ref(sense)) {
                return Some(tag);
            }
        }
        self.told_by(at, at + 1, &subject, &entry.senses)
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
            || matches!(
                word,
                "You"
                    | "you"
                    | "They"
                    | "they"
                    | "who"
                    | "Some"
                    | "Many"
                    | "Several"
                    | "several"
                    | "some"
                    | "many"
                    | "others"
                    | "most"
                    | "few"
            )
            || (word.ends_with('s') && !word.ends_with("ss"))
            || self.items[core].iter().any(|item| item.is(Class::CONJUNCTION))
    }

    /// What the verb at `at`, whose complement may start at `next`, tells.
    pub(super) fn told_by(&self, at: usize, next: usize, subject: &Subject, senses: &[Sense]) -> Option<Tag> {
        if at == self.start || self.items[at].is(Class::CAPITAL) && !self.is_inverted(at) {
            return None;
        }
        let inverted = subject.phrase.is_none() && self.is_inverted(at) && !self.items[at].has_form(&[Form::Ing]);
        if inverted && let Some(tag) = self.behind(at, next, subject, senses) {
            return Some(tag);
        }
        let said = self.complement(at, next, subject, senses);
        let (act, rule, said, to) = match said {
            Some((_, Said::Quotation(quotation), _)) if self.is_in_the_middle(subject.from, quotation) => {
                return self.behind(at, next, subject, senses);
            }
            Some((sense, said, to)) => (sense, Rule::Subject, said, to),
            None => return self.behind(at, next, subject, senses),
        };
        self.check_subject(at, subject, act, &said)?;
        let mut speaker = subject.phrase;
        let mut is_elided = subject.is_elided || self.items[at].has_form(&[Form::Ing]) && !subject.is_progressive;
        if subject.is_passive {
            speaker = self.by(next);
            is_elided = false;
        }
        let is_ing = self.items[at].has_form(&[Form::Ing]) && !subject.is_progressive;
        if is_ing
            && self.items[at].gap.is_none()
            && self.items[at - 1].is(Class::NOUN.and(Class::IT).and(Class::SETTING))
        {
            // A letter warning that …
            speaker = phrase::chunk(self.items, self.start, at, self.text).map(|phrase| (phrase, Link::Relative));
            is_elided = speaker.is_none();
        }
        let rule = match speaker {
            Some((_, Link::Apposed)) => Rule::Apposition,
            Some((_, Link::Relative)) => Rule::Relative,
            _ if subject.is_passive => Rule::By,
            _ => rule,
        };
        let speaker = speaker.map(|(phrase, _)| phrase).filter(|_| !is_elided);
        let verb = Some(Span::new(self.items[at].span.start, self.items[next - 1].span.end));
        let is_embedded = rule == Rule::Relative && speaker.is_some_and(|speaker| speaker.from == self.start);
        Some(Tag { from: subject.from, to, verb, act, speaker, rule, said, is_embedded, is_elided })
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
    pub(super) fn check_subject(&self, at: usize, subject: &Subject, act: Act, said: &Said) -> Option<()> {
        let item = &self.items[at];
        let finite = item.has_form(&[Form::Past, Form::Present])
            || subject.has_auxiliary
            || subject.has_modal
            || self.is_plural_base(at, subject);
        let is_quoted = matches!(said, Said::Quotation(_));
        let is_ing = item.has_form(&[Form::Ing]) && !subject.is_progressive;
        if subject.is_infinitive || (subject.is_negated && act != Act::Deny) {
            return None;
        }
        let opens_with_that = matches!(said, Said::After(start) if self.items[start - 1].is(Class::THAT));
        let would = opens_with_that && (subject.from..at).any(|at| matches!(self.word(at), "will" | "would"));
        if subject.has_modal && !would && !is_quoted {
            return None;
        }
        if subject.is_passive {
            return (subject.phrase.is_some() || subject.is_elided).then_some(());
        }
        if let Some((phrase, _)) = subject.phrase {
            let first = self.word(phrase.from);
            let nobody = ["no", "nobody", "none", "neither", "let", "no-one"]
                .iter()
                .any(|word| first.eq_ignore_ascii_case(word));
            let unsaid = self.items[phrase.from].is(Class::SUBORDINATOR) && !matches!(first, "who" | "Who");
            let is_question = phrase.from > self.start
                && self.items[phrase.from - 1].is(Class::HELPER)
                && !self.items[phrase.from - 1].is(Class::PERSONAL);
            return (finite && !nobody && !is_question && !unsaid && !self.is_supposed(phrase.from)).then_some(());
        }
        let is_cut_off = !self.items[at].gap.is_none()
            || self.items[at - 1].is(Class::ADVERB_LIKE.and(Class::CONJUNCTION))
            || matches!(self.word(at - 1), "by" | "after" | "before");
        let by_noun = is_ing && self.items[at - 1].is(Class::NOUN.and(Class::IT).and(Class::SETTING));
        ((subject.is_elided && finite && !item.has_form(&[Form::Base]))
            || is_ing && (is_cut_off || by_noun)
            || is_quoted && finite)
            .then_some(())
    }

    /// Behind “if”: a supposition.
    pub(super) fn is_supposed(&self, from: usize) -> bool {
        from > self.start && matches!(self.word(from - 1), "if" | "If" | "whether" | "unless" | "Let" | "let")
    }

    /// `by Mr Hale` at or shortly behind `at`.
    pub(super) fn by(&self, at: usize) -> Option<(Phrase, Link)> {
        let by = (at..at + 2).find(|&at| self.tight(at).is_some() && self.word(at) == "by")?;
        phrase::after(self.items, by + 1, self.end, self.text)
    }

    /// The attribution stands behind what is said, or in its middle: `…, he said`; `…,” said Mr Hale, “…`.
    pub(super) fn behind(&self, at: usize, next: usize, subject: &Subject, senses: &[Sense]) -> Option<Tag> {
        let fits = |sense: &&Sense| sense.frames.has(Frames::CLAUSE) && (sense.particle.is_some() == (next > at + 1));
        let act = senses.iter().find(fits)?.act;
        let heard = subject.is_passive
            && self.items[at].has_form(&[Form::Participle])
            && matches!(self.word(at), "told" | "said" | "alleged" | "claimed" | "reported");
        if subject.is_infinitive
            || subject.is_negated
            || subject.is_passive && !heard
            || !self.items[at].has_form(&[Form::Past, Form::Present])
                && !subject.has_auxiliary
                && !self.is_plural_base(at, subject)
        {
            return None;
        }
        let verb = Some(Span::new(self.items[at].span.start, self.items[next - 1].span.end));
        let (speaker, rule, from, mut to) = match subject.phrase {
            Some(_) if heard => (None, Rule::Unsaid, subject.from, next),
            Some((phrase, link)) => {
                let rule = if link == Link::Beside { Rule::Subject } else { Rule::Apposition };
                (Some(phrase), rule, subject.from, next)
            }
            None => {
                let behind_quotation = at > self.start && self.items[at - 1].is_quotation();
                let behind_comma = self.items[at].gap.has(Gap::LIGHT) && !self.items[at].has_form(&[Form::Base]);
                if !behind_quotation && !behind_comma || self.needs_hearer(at) {
                    return None;
                }
                let (phrase, link) = phrase::after(self.items, next, self.end, self.text)?;
                if !behind_quotation && phrase.kind == SpeakerKind::Pronoun {
                    return None;
                }
                let rule = if link == Link::Beside { Rule::Inverted } else { Rule::Apposition };
                (Some(phrase), rule, at, phrase.to)
            }
        };
        let mut from = from;
        let quote_before = from > self.start
            && self.items[from - 1].is_quotation()
            && !self.items[from].gap.has(Gap::SEMICOLON.and(Gap::COLON));
        let conjoined =
            from > self.start && self.items[from - 1].is(Class::CONJUNCTION) && self.items[from].gap.is_none();
        let is_as = from > self.start && matches!(self.word(from - 1), "as" | "As") && self.items[from].gap.is_none();
        if is_as {
            from -= 1;
        }
        let opens = from == self.start && is_as;
        let parted = from > self.start && self.items[from].gap.has(Gap::LIGHT.and(Gap::BRACKET));
        to = self.tail(to)?;
        if quote_before && !conjoined {
            return Some(Tag {
                from,
                to,
                verb,
                act,
                speaker,
                rule,
                said: Said::Around,
                is_embedded: false,
                is_elided: false,
            });
        }
        if is_as && !quote_before && self.word(next - 1) != "it" {
            return None;
        }
        if opens {
            let rest = self.get(to).filter(|item| item.gap.has(Gap::COMMA))?;
            let said = if rest.is_quotation() { Said::Quotation(to) } else { Said::After(to) };
            return Some(Tag { from, to, verb, act, speaker, rule, said, is_embedded: false, is_elided: false });
        }
        // Without marks it takes more to be sure: `…, he said on Monday`, not `…, he said grace`.
        let told = self.get(next).filter(|_| subject.phrase.is_some());
        let ends_well = told.is_none_or(|item| {
            !item.gap.is_none()
                || item.is(Class::ADVERB_LIKE.and(Class::PREPOSITION).and(Class::TIME))
                || self.can_hear(at)
        });
        if conjoined || !ends_well || act == Act::Demand || subject.phrase.is_some_and(|(_, link)| link != Link::Beside)
        {
            return None;
        }
        let left = &self.items[self.start.max(from.saturating_sub(MOST_BEHIND))..from];
        let has_clause = left.iter().any(|item| item.is(Class::PREDICATE.and(Class::PAST_LIKE)) || item.is_quotation());
        let runs_on = self.get(to).is_some_and(|item| item.gap.has(Gap::LIGHT));
        let is_list = left.len() < 2 && !runs_on || self.leads_in(&self.items[self.start]);
        let can_stand = Frames::THAT;
        let can_stand = senses.iter().any(|sense| sense.frames.has(can_stand));
        (parted && can_stand && (has_clause || runs_on) && !is_list && !self.is_subordinate(from)).then_some(Tag {
            from,
            to,
            verb,
            act,
            speaker,
            rule,
            said: Said::Around,
            is_embedded: false,
            is_elided: false,
        })
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
