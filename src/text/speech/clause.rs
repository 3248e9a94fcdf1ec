//! Attributions: the words that tell who says something, and where stands what they say.

use super::lexicon::{Class, Form, Frames, Sense};
use super::passage::{Gap, Item};
use super::phrase::{self, Link, Phrase, Subject};
use super::{Act, Rule};
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

/// A hearer, place and time between a verb and its clause are not longer.
const MOST_BETWEEN: usize = 18;
/// A finite verb is looked for so far into a clause.
const MOST_TO_FINITE: usize = 16;

/// Reads one run: the items between two ends of sentences.
pub(super) struct Run<'a> {
    pub(super) text: &'a str,
    pub(super) items: &'a [Item],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Run<'_> {
    /// The attributions of the run in order; they do not overlap.
    pub(super) fn tags(&self) -> Vec<Tag> {
        let mut tags: Vec<Tag> = Vec::new();
        let mut at = self.start;
        while at < self.end {
            let item = &self.items[at];
            let interesting = Class::VERB.and(Class::NOUN).and(Class::STANCE).and(Class::OPINION).and(Class::HEARSAY).and(Class::ADVERB);
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

    fn word(&self, at: usize) -> &str {
        self.items[at].span.of(self.text)
    }

    fn get(&self, at: usize) -> Option<&Item> {
        if at < self.end { self.items.get(at) } else { None }
    }

    /// Whether the item exists and nothing but a blank stands before it.
    fn tight(&self, at: usize) -> Option<&Item> {
        self.get(at).filter(|item| item.gap.is_none())
    }

    fn tag_at(&self, at: usize) -> Option<Tag> {
        let item = &self.items[at];
        // `my opponent claims that`
        let is_told = item.is(Class::VERB) && at > self.start && self.items[at - 1].is(Class::HE.and(Class::SHE).and(Class::PERSON).and(Class::THEY).and(Class::IT)) && !self.items[at - 1].is(Class::OWNER);
        let as_noun = || if is_told { None } else if item.is(Class::NOUN.and(Class::STANCE)) { self.noun(at) } else { None };
        let as_opinion = || if item.is(Class::OPINION) { self.opinion(at) } else { None };
        let as_verb = || if item.is(Class::VERB) { self.verb(at) } else { None };
        let as_hearsay = || if item.is(Class::HEARSAY) { self.hearsay(at) } else { None };
        let as_adverb = || if item.is(Class::ADVERB) { self.adverb(at) } else { None };
        as_noun().or_else(as_opinion).or_else(as_verb).or_else(as_hearsay).or_else(as_adverb)
    }

    fn verb(&self, at: usize) -> Option<Tag> {
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
        let with_particle = entry.senses.iter().filter(|sense| sense.particle.is_some_and(|next| self.is_particle(at + 1, next)));
        for sense in with_particle {
            if let Some(tag) = self.told_by(at, at + 2, &subject, std::slice::from_ref(sense)) {
                return Some(tag);
            }
        }
        self.told_by(at, at + 1, &subject, &entry.senses)
    }

    /// The verb before that lends its subject to the one at `at`.
    fn host(&self, at: usize, subject: &Subject) -> Option<usize> {
        let back = |steps: usize| at.checked_sub(steps).filter(|&at| at > self.start);
        let is = |at: Option<usize>, words: &[&str]| at.is_some_and(|at| words.contains(&self.word(at)));
        if is(Some(at), &["saying"]) && is(back(1), &["as"]) && is(back(2), &["quoted", "cited", "reported", "recorded"]) {
            return back(2);
        }
        if !subject.is_infinitive || !is(Some(at), &["say", "add", "explain", "ask", "tell"]) {
            return None;
        }
        match is(back(2), &["on"]) {
            true => back(3).filter(|&at| matches!(self.word(at), "went" | "goes" | "go" | "gone")),
            false => back(2).filter(|&at| matches!(self.word(at), "wrote" | "writes" | "rang" | "phoned" | "telephoned" | "called")),
        }
    }

    fn is_particle(&self, at: usize, particle: &str) -> bool {
        self.tight(at).is_some_and(|_| self.word(at) == particle)
    }

    /// A form that may be a noun too (`the report`, `their demands`), or a verb that is not finite.
    fn is_noun_here(&self, at: usize, subject: &Subject) -> bool {
        let item = &self.items[at];
        let follows = at > self.start && item.gap.is_none();
        let before = |class: Class| follows && self.items[at - 1].is(class);
        if before(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::OWNER)) && !before(Class::PRONOUN.and(Class::AUXILIARY)) {
            return true;
        }
        let bare_form = item.has_form(&[Form::Base]) && !item.has_form(&[Form::Past]);
        let number = subject.phrase.map(|(phrase, _)| self.is_plural(&phrase));
        if bare_form {
            let is_helped = subject.has_auxiliary || subject.has_modal || subject.is_infinitive;
            return !is_helped && number != Some(true) && !subject.is_elided;
        }
        if item.has_form(&[Form::Present]) && !item.has_form(&[Form::Past]) {
            let is_name = subject.phrase.is_some_and(|(phrase, _)| self.items[phrase.from..phrase.to].iter().any(|item| item.is(Class::CAPITAL)) && phrase.kind != super::SpeakerKind::Pronoun);
            return number == Some(true) && (self.items[at].is(Class::NOUN) || !is_name) || number.is_none() && !subject.is_elided && !self.is_inverted(at);
        }
        false
    }

    /// Behind a quotation or a comma: `…,” says the mayor`.
    fn is_inverted(&self, at: usize) -> bool {
        at > self.start && (self.items[at - 1].is_quotation() || self.items[at].gap.has(Gap::COMMA.and(Gap::DASH)))
    }

    fn is_plural(&self, phrase: &Phrase) -> bool {
        let core = phrase.from..phrase.to;
        let head = core.clone().find(|&at| self.items[at].is(Class::PREPOSITION) && at > phrase.from).unwrap_or(phrase.to) - 1;
        let word = self.word(head);
        phrase.gender == phrase::Gender::They
            || phrase.is_first
            || matches!(word, "You" | "you" | "They" | "they" | "who" | "Some" | "Many" | "Several" | "several" | "some" | "many" | "others" | "most" | "few")
            || (word.ends_with('s') && !word.ends_with("ss"))
            || self.items[core].iter().any(|item| item.is(Class::CONJUNCTION))
    }

    /// What the verb at `at`, whose complement may start at `next`, tells.
    fn told_by(&self, at: usize, next: usize, subject: &Subject, senses: &[Sense]) -> Option<Tag> {
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
        if is_ing && self.items[at].gap.is_none() && self.items[at - 1].is(Class::NOUN.and(Class::IT).and(Class::SETTING)) {
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
    fn is_in_the_middle(&self, from: usize, quotation: usize) -> bool {
        let left = &self.items[self.start..from];
        let is_clause = left.iter().any(|item| item.is(Class::AUXILIARY.and(Class::MODAL)));
        let leads = left.first().is_none_or(|first| first.is(Class::PREPOSITION.and(Class::SUBORDINATOR).and(Class::ADVERBIAL).and(Class::LY)));
        let parted = |at: usize| self.items[at].gap.has(Gap::COMMA.and(Gap::DASH));
        left.len() <= 8 && is_clause && !leads && parted(from) && parted(quotation) && !left.iter().any(Item::is_quotation)
    }

    /// Whether somebody said it at all: not `nobody says`, `must say`, `did not say`, `if they say`.
    fn check_subject(&self, at: usize, subject: &Subject, act: Act, said: &Said) -> Option<()> {
        let item = &self.items[at];
        let finite = item.has_form(&[Form::Past, Form::Present]) || subject.has_auxiliary || subject.has_modal || self.is_plural_base(at, subject);
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
            let nobody = ["no", "nobody", "none", "neither", "let", "no-one"].iter().any(|word| first.eq_ignore_ascii_case(word));
            let unsaid = self.items[phrase.from].is(Class::SUBORDINATOR) && !matches!(first, "who" | "Who");
            let is_question = phrase.from > self.start && self.items[phrase.from - 1].is(Class::AUXILIARY.and(Class::MODAL)) && !self.items[phrase.from - 1].is(Class::PRONOUN.and(Class::FIRST).and(Class::SECOND));
            return (finite && !nobody && !is_question && !unsaid && !self.is_supposed(phrase.from)).then_some(());
        }
        let is_cut_off = !self.items[at].gap.is_none() || self.items[at - 1].is(Class::CONJUNCTION.and(Class::ADVERBIAL).and(Class::LY)) || matches!(self.word(at - 1), "by" | "after" | "before");
        let by_noun = is_ing && self.items[at - 1].is(Class::NOUN.and(Class::IT).and(Class::SETTING));
        ((subject.is_elided && finite && !item.has_form(&[Form::Base])) || is_ing && (is_cut_off || by_noun) || is_quoted && finite).then_some(())
    }

    /// Behind “if”: a supposition.
    fn is_supposed(&self, from: usize) -> bool {
        from > self.start && matches!(self.word(from - 1), "if" | "If" | "whether" | "unless" | "Let" | "let")
    }

    /// `by Mr Hale` at or shortly behind `at`.
    fn by(&self, at: usize) -> Option<(Phrase, Link)> {
        let by = (at..at + 2).find(|&at| self.tight(at).is_some() && self.word(at) == "by")?;
        phrase::after(self.items, by + 1, self.end, self.text)
    }

    /// The kind of speech, where what is said starts, and where the attribution ends.
    fn complement(&self, at: usize, next: usize, subject: &Subject, senses: &[Sense]) -> Option<(Act, Said, usize)> {
        let act = |frames: Frames| {
            let fits = |sense: &&Sense| sense.frames.has(frames) && (sense.particle.is_some() == (next > at + 1));
            senses.iter().find(fits).map(|sense| sense.act)
        };
        let first = self.get(next)?;
        if first.is_quotation() && !first.gap.has(Gap::SEMICOLON) && !self.is_behind_quotation(subject.from) {
            let said = self.quoted(next, act(Frames::THAT).is_some());
            return act(Frames::ANY).map(|act| (act, said, next));
        }
        let can_hear = act(Frames::HEARER).or(act(Frames::TOLD)).is_some();
        if let Some(opener) = self.opener(next, can_hear, act(Frames::THING).is_some())
            && let Some(act) = act(Frames::THAT)
        {
            return Some((act, Said::After(opener), opener));
        }
        if let Some(act) = act(Frames::CLAUSE)
            && let Some(quotation) = self.quotation_ahead(next, subject.from)
        {
            return Some((act, self.quoted(quotation, false), quotation));
        }
        if let Some(act) = act(Frames::WH)
            && let Some(start) = self.wh(next, can_hear)
        {
            return Some((act, Said::After(start), start));
        }
        if first.gap.is_none() {
            let to = next + usize::from(self.word(next) == "not");
            let is_to = self.tight(to).is_some_and(|item| item.is(Class::TO));
            let passive_to = subject.is_passive.then(|| act(Frames::THAT).filter(|act| matches!(act, Act::Say | Act::Claim) && !self.needs_hearer(at))).flatten();
            if let Some(act) = act(Frames::TO).filter(|_| !subject.is_passive).or(passive_to)
                && is_to
                && self.get(to + 1).is_some_and(|item| !item.is(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::OBJECT).and(Class::CAPITAL)))
            {
                return Some((act, Said::After(next), next));
            }
            if let Some(act) = act(Frames::WHOM)
                && !subject.is_passive
                && self.to_infinitive(next)
            {
                return Some((act, Said::After(next), next));
            }
            if let Some(act) = act(Frames::OF)
                && self.deed(next, subject.is_passive)
            {
                return Some((act, Said::After(next), next));
            }
            if let Some(act) = act(Frames::LABEL).filter(|_| !subject.is_passive)
                && self.is_labelled(next)
            {
                return Some((act, Said::After(next), next));
            }
        }
        if let Some(act) = act(Frames::BARE)
            && !subject.is_passive
            && let Some(start) = self.bare(next, can_hear, act)
        {
            return Some((act, Said::After(start), start));
        }
        if let Some(act) = act(Frames::AS).filter(|_| !subject.is_passive)
            && self.is_described(next)
        {
            return Some((act, Said::After(next), next));
        }
        let act = act(Frames::THING).filter(|_| !subject.is_passive)?;
        (first.gap.is_none() && self.is_thing(next)).then_some((act, Said::After(next), next))
    }

    /// A quotation that a verb governs: alone, or as part of a clause that runs on.
    fn quoted(&self, at: usize, may_run_on: bool) -> Said {
        let ends = self.items[at].span.of(self.text).trim_end_matches(['"', '”', '’', '\'', '»', '“']).ends_with([',', '.', '!', '?', '…']);
        let runs_on = self.tight(at + 1).is_some_and(|item| !item.is(Class::PREPOSITION.and(Class::CONJUNCTION).and(Class::SUBORDINATOR)));
        match may_run_on && runs_on && !ends {
            true => Said::After(at),
            false => Said::Quotation(at),
        }
    }

    fn is_behind_quotation(&self, from: usize) -> bool {
        from > self.start && self.items[from - 1].is_quotation() && !self.items[from].gap.has(Gap::SEMICOLON.and(Gap::COLON))
    }

    /// Where the clause behind “that” starts: `(told) the House on Monday that |`.
    fn opener(&self, next: usize, can_hear: bool, takes_thing: bool) -> Option<usize> {
        let mut commas = 0;
        for at in next..self.end.min(next + MOST_BETWEEN) {
            let item = &self.items[at];
            if item.gap.has(Gap::SEMICOLON.and(Gap::COLON).and(Gap::DASH).and(Gap::OTHER)) || item.is_quotation() {
                return None;
            }
            commas += usize::from(item.gap.has(Gap::COMMA));
            let so_that = at > next && matches!(self.word(at - 1), "so" | "such" | "now" | "provided" | "given");
            if item.is(Class::THAT) && !so_that && (at == next || !self.items[at - 1].is(Class::PREPOSITION) || commas > 0) {
                let follows = self.get(at + 1)?;
                let is_relative = at > next && commas == 0 && follows.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::VERB)) && !follows.is(Class::PRONOUN.and(Class::FIRST).and(Class::SECOND));
                let is_all = (at + 2 >= self.end || !self.items[at + 2].gap.is_none()) && !follows.is_quotation();
                return (!is_relative && !is_all && commas != 1).then_some(at + 1);
            }
            let is_clause = item.is(Class::SUBORDINATOR) && !item.is(Class::PREPOSITION);
            let goes_on = item.is(Class::CONJUNCTION) && item.gap.has(Gap::COMMA);
            let to_do = item.is(Class::TO) && self.get(at + 1).is_some_and(|next| !next.is(Class::DETERMINER.and(Class::CAPITAL).and(Class::POSSESSIVE).and(Class::OBJECT).and(Class::THEY)));
            if item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE)) || is_clause || goes_on || to_do || so_that || commas > 2 {
                return None;
            }
            // Without a hearer only time and place may stand between: `said on Monday in the House that`.
            if at == next && commas == 0 && !can_hear {
                let adverbial = !matches!(self.word(at), "of" | "about") && item.is(Class::PREPOSITION.and(Class::ADVERBIAL).and(Class::TIME).and(Class::LY).and(Class::DETERMINER).and(Class::NUMBER));
                if !adverbial || (takes_thing && !item.is(Class::PREPOSITION.and(Class::TIME))) {
                    return None;
                }
            }
        }
        None
    }

    /// A quotation behind a hearer, place and time: `told the House: “…”`, `said in a letter, “…”`.
    fn quotation_ahead(&self, next: usize, from: usize) -> Option<usize> {
        if self.is_behind_quotation(from) {
            return None;
        }
        for at in next..self.end.min(next + MOST_BETWEEN) {
            let item = &self.items[at];
            if item.is_quotation() {
                return item.gap.has(Gap::COMMA.and(Gap::COLON)).then_some(at);
            }
            if item.gap.has(Gap::SEMICOLON.and(Gap::DASH)) || item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::THAT)) {
                return None;
            }
        }
        None
    }

    /// `(asked) the minister | whether`.
    fn wh(&self, next: usize, can_hear: bool) -> Option<usize> {
        let most = if can_hear { 8 } else { 1 };
        for at in next..self.end.min(next + most) {
            let item = &self.items[at];
            if at > next && !item.gap.is_none() || item.is_quotation() {
                return None;
            }
            if matches!(self.word(at), "whether" | "if" | "why" | "how" | "what" | "who" | "where") {
                return self.get(at + 1).is_some_and(|next| !next.is(Class::TO)).then_some(at);
            }
            if item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::PREPOSITION).and(Class::CONJUNCTION)) {
                return None;
            }
        }
        None
    }

    /// `(urged) the tenants to pay`, also `not to pay`.
    fn to_infinitive(&self, next: usize) -> bool {
        for at in next..self.end.min(next + 14) {
            let item = &self.items[at];
            if item.is(Class::TO) {
                let target = self.get(at + 1);
                let is_verb = target.is_some_and(|item| {
                    item.gap.is_none() && !item.is(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::CAPITAL).and(Class::OBJECT).and(Class::PRONOUN).and(Class::NUMBER)) && !item.is_quotation()
                });
                if is_verb {
                    return at > next;
                }
            }
            if (at > next && item.gap.has(Gap::COMMA.and(Gap::SEMICOLON).and(Gap::COLON).and(Gap::DASH))) || item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::THAT)) {
                return false;
            }
        }
        false
    }

    /// `(accused) the board of lying`; of a passive, `(was accused) of lying`.
    fn deed(&self, next: usize, is_passive: bool) -> bool {
        if is_passive {
            return matches!(self.word(next), "of" | "with" | "for");
        }
        for at in next..self.end.min(next + 16) {
            let item = &self.items[at];
            let word = self.word(at);
            if at > next && item.gap.is_none() && (word == "for" || word == "with" || word == "of" && self.get(at + 1).is_some_and(|next| next.is(Class::ING_LIKE) || self.word(at + 1).ends_with("ing") || !next.is(Class::DETERMINER.and(Class::CAPITAL)))) {
                return true;
            }
            if (at > next && !item.gap.is_none()) || item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::THAT)) {
                return false;
            }
        }
        false
    }

    /// `(called) him a liar`, `(called) the bill “a joke”`.
    fn is_labelled(&self, next: usize) -> bool {
        let item = &self.items[next];
        let mut end = next + 1;
        if !item.is(Class::OBJECT) {
            if !item.is(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::CAPITAL)) {
                return false;
            }
            while self.tight(end).is_some_and(|item| !item.is(Class::PREPOSITION.and(Class::DETERMINER).and(Class::THAT)) && !item.is_quotation()) {
                end += 1;
            }
        }
        let Some(label) = self.tight(end) else { return false };
        label.is_quotation() || matches!(self.word(end), "a" | "an" | "nothing" | "the")
    }

    /// `(described) the offer as an insult`.
    fn is_described(&self, next: usize) -> bool {
        let end = self.end.min(next + 16);
        let as_at = (next + 1..end).find(|&at| self.word(at) == "as" || self.items[at].gap.has(Gap::SEMICOLON.and(Gap::COLON)));
        let before_as = |as_at: usize| self.items[next..as_at].iter().all(|item| !item.is(Class::AUXILIARY.and(Class::MODAL)));
        as_at.is_some_and(|at| self.word(at) == "as" && before_as(at)) && self.items[next].gap.is_none() && !self.items[next].is(Class::PREPOSITION)
    }

    fn is_thing(&self, next: usize) -> bool {
        let item = &self.items[next];
        if self.word(next) == "having" {
            return true;
        }
        let no_thing = Class::PREPOSITION.and(Class::SUBORDINATOR).and(Class::CONJUNCTION).and(Class::AUXILIARY).and(Class::MODAL).and(Class::LY);
        if item.is(no_thing) && !item.is(Class::DETERMINER) || item.is(Class::OBJECT.and(Class::PRONOUN)) && !item.is(Class::DETERMINER) {
            return false;
        }
        !item.is(Class::ADVERBIAL.and(Class::TIME)) || item.is(Class::DETERMINER)
    }

    /// Where a clause without “that” starts, with perhaps a time or a hearer before it.
    fn bare(&self, next: usize, can_hear: bool, act: Act) -> Option<usize> {
        let mut at = next;
        let needs_hearer = can_hear && self.needs_hearer(next - 1);
        while let Some(item) = self.tight(at) {
            let is_time = item.is(Class::TIME) || matches!(self.word(at), "yesterday" | "today" | "later" | "earlier" | "last" | "again" | "once" | "here" | "also");
            let is_dated = item.is(Class::PREPOSITION) && self.tight(at + 1).is_some_and(|next| next.is(Class::TIME)) && matches!(self.word(at), "on" | "in" | "late" | "at");
            match () {
                () if is_dated => at += 2,
                () if is_time => at += 1,
                () => break,
            }
        }
        let alone = (!needs_hearer && self.starts_clause(at) && self.has_finite(at, act)).then_some(at);
        if !can_hear {
            return alone;
        }
        let hearer = at;
        for start in hearer + 1..self.end.min(hearer + 8) {
            let (item, before) = (&self.items[start], &self.items[start - 1]);
            if !item.gap.is_none() || item.is_quotation() || item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE)) && !item.is(Class::PRONOUN) {
                return alone;
            }
            let begins = item.is(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::PRONOUN).and(Class::FIRST).and(Class::SECOND))
                || before.is(Class::OBJECT)
                || self.word(start) == "there"
                || (item.is(Class::CAPITAL) && !before.is(Class::CAPITAL.and(Class::DETERMINER)));
            if begins && !before.is(Class::PREPOSITION.and(Class::DETERMINER).and(Class::POSSESSIVE)) && self.starts_clause(start) && self.has_finite(start, act) {
                return Some(start);
            }
        }
        alone
    }

    fn can_hear(&self, at: usize) -> bool {
        let hears = |sense: &Sense| sense.frames.has(Frames::HEARER) || sense.frames.has(Frames::TOLD);
        self.items[at].entry().senses.iter().any(hears)
    }

    /// `told`, `assured`: never without the one who hears it.
    fn needs_hearer(&self, at: usize) -> bool {
        self.items[at].entry().senses.iter().any(|sense| sense.frames.has(Frames::TOLD))
    }

    fn starts_clause(&self, at: usize) -> bool {
        let Some(item) = self.tight(at) else { return false };
        let starts = Class::DETERMINER.and(Class::POSSESSIVE).and(Class::PRONOUN).and(Class::FIRST).and(Class::SECOND).and(Class::CAPITAL).and(Class::NUMBER);
        let cannot = Class::PREPOSITION.and(Class::CONJUNCTION).and(Class::AUXILIARY).and(Class::MODAL).and(Class::VERB).and(Class::OBJECT).and(Class::NEGATION);
        let is_also_pronoun = item.is(Class::PRONOUN.and(Class::FIRST).and(Class::SECOND).and(Class::DETERMINER).and(Class::POSSESSIVE));
        let is_there = self.word(at) == "there" || self.word(at) == "if" || self.word(at) == "when";
        is_there || is_also_pronoun || item.is(starts) && !item.is(cannot) || !item.is(cannot.and(Class::ADVERBIAL).and(Class::SUBORDINATOR).and(Class::LY).and(Class::TIME))
    }

    /// Whether a finite verb comes before the clause can have ended.
    fn has_finite(&self, at: usize, act: Act) -> bool {
        let contracted = self.items[at].is(Class::AUXILIARY) && self.items[at].is(Class::PRONOUN.and(Class::FIRST).and(Class::SECOND));
        if contracted {
            return true;
        }
        for index in at + 1..self.end.min(at + MOST_TO_FINITE) {
            let item = &self.items[index];
            let follows_noun = !self.items[index - 1].is(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::PREPOSITION).and(Class::OWNER));
            if self.items[index - 1].is(Class::CONJUNCTION) && item.is(Class::FINITE.and(Class::VERB).and(Class::PAST_LIKE)) {
                return false;
            }
            let is_finite = item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::NEGATION))
                || follows_noun && item.is(Class::VERB) && item.has_form(&[Form::Past, Form::Present]) && !item.is(Class::NOUN)
                || follows_noun && item.is(Class::PAST_LIKE) && act == Act::Say;
            if is_finite {
                return true;
            }
            if item.gap.has(Gap::SEMICOLON.and(Gap::COLON).and(Gap::DASH)) || item.is_quotation() && !item.gap.is_none() {
                return false;
            }
        }
        false
    }

    /// The attribution stands behind what is said, or in its middle: `…, he said`; `…,” said Mr Hale, “…`.
    fn behind(&self, at: usize, next: usize, subject: &Subject, senses: &[Sense]) -> Option<Tag> {
        let fits = |sense: &&Sense| sense.frames.has(Frames::CLAUSE) && (sense.particle.is_some() == (next > at + 1));
        let act = senses.iter().find(fits)?.act;
        let heard = subject.is_passive && self.items[at].has_form(&[Form::Participle]) && matches!(self.word(at), "told" | "said" | "alleged" | "claimed" | "reported");
        if subject.is_infinitive || subject.is_negated || subject.is_passive && !heard || !self.items[at].has_form(&[Form::Past, Form::Present]) && !subject.has_auxiliary && !self.is_plural_base(at, subject) {
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
                let behind_comma = self.items[at].gap.has(Gap::COMMA.and(Gap::DASH)) && !self.items[at].has_form(&[Form::Base]);
                if !behind_quotation && !behind_comma || self.needs_hearer(at) {
                    return None;
                }
                let (phrase, link) = phrase::after(self.items, next, self.end, self.text)?;
                if !behind_quotation && phrase.kind == super::SpeakerKind::Pronoun {
                    return None;
                }
                let rule = if link == Link::Beside { Rule::Inverted } else { Rule::Apposition };
                (Some(phrase), rule, at, phrase.to)
            }
        };
        let mut from = from;
        let quote_before = from > self.start && self.items[from - 1].is_quotation() && !self.items[from].gap.has(Gap::SEMICOLON.and(Gap::COLON));
        let conjoined = from > self.start && self.items[from - 1].is(Class::CONJUNCTION) && self.items[from].gap.is_none();
        let is_as = from > self.start && matches!(self.word(from - 1), "as" | "As") && self.items[from].gap.is_none();
        if is_as {
            from -= 1;
        }
        let opens = from == self.start && is_as;
        let parted = from > self.start && self.items[from].gap.has(Gap::COMMA.and(Gap::DASH).and(Gap::BRACKET));
        to = self.tail(to)?;
        if quote_before && !conjoined {
            return Some(Tag { from, to, verb, act, speaker, rule, said: Said::Around, is_embedded: false, is_elided: false });
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
            !item.gap.is_none() || item.is(Class::PREPOSITION.and(Class::ADVERBIAL).and(Class::TIME).and(Class::LY)) || self.can_hear(at)
        });
        if conjoined || !ends_well || act == Act::Demand || subject.phrase.is_some_and(|(_, link)| link != Link::Beside) {
            return None;
        }
        let left = &self.items[self.start..from];
        let has_clause = left.iter().any(|item| {
            item.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::PAST_LIKE)) || item.is_quotation()
        });
        let runs_on = self.get(to).is_some_and(|item| item.gap.has(Gap::COMMA.and(Gap::DASH)));
        let is_list = left.len() < 2 && !runs_on || left.first().is_some_and(|first| self.leads_in(first));
        let can_stand = Frames::THAT;
        let can_stand = senses.iter().any(|sense| sense.frames.has(can_stand));
        (parted && can_stand && (has_clause || runs_on) && !is_list && !self.is_subordinate(from))
            .then_some(Tag { from, to, verb, act, speaker, rule, said: Said::Around, is_embedded: false, is_elided: false })
    }

    fn is_plural_base(&self, at: usize, subject: &Subject) -> bool {
        self.items[at].has_form(&[Form::Base]) && subject.phrase.is_some_and(|(phrase, _)| self.is_plural(&phrase))
    }

    /// `When asked, he said`; `After the vote, she replied`: what stands before is no clause that is reported.
    fn leads_in(&self, first: &Item) -> bool {
        matches!(first.span.of(self.text), "When" | "After" | "Before" | "While" | "Once" | "Asked" | "Pressed" | "Questioned")
    }

    fn is_subordinate(&self, from: usize) -> bool {
        matches!(self.word(from), "which" | "who" | "what" | "whom")
    }

    /// The end of an attribution behind its clause: up to the next comma, quotation or end, over a hearer, time and place.
    fn tail(&self, from: usize) -> Option<usize> {
        for at in from..self.end.min(from + 24) {
            let item = &self.items[at];
            if item.is_quotation() || item.gap.has(Gap::COMMA.and(Gap::SEMICOLON).and(Gap::COLON).and(Gap::DASH).and(Gap::BRACKET)) {
                return Some(at);
            }
            if item.is(Class::CONJUNCTION) && at > from && !self.get(at + 1).is_some_and(|next| next.is(Class::DETERMINER.and(Class::CAPITAL).and(Class::POSSESSIVE))) {
                return Some(at);
            }
            if item.is(Class::THAT) && at == from {
                return None;
            }
        }
        (self.end - from < 24).then_some(self.end)
    }

    /// `according to Mr Hale`.
    fn according(&self, at: usize) -> Option<Tag> {
        self.tight(at + 1).filter(|item| item.is(Class::TO))?;
        self.in_ones_words(at, at + 2, Act::Say)
    }

    /// `in Mr Hale’s view`, `by his account`, `in the words of Mr Hale`.
    fn opinion(&self, at: usize) -> Option<Tag> {
        let of = self.tight(at + 1).is_some_and(|_| self.word(at + 1) == "of");
        let owner = at > self.start + 1 && self.items[at].gap.is_none() && self.items[at - 1].is(Class::OWNER.and(Class::POSSESSIVE));
        let by = matches!(self.word(at), "account" | "reckoning" | "telling");
        let before = |from: usize| from > self.start && (matches!(self.word(from - 1), "in" | "In") || by && matches!(self.word(from - 1), "by" | "By" | "on" | "On"));
        if of && at >= self.start + 2 && self.word(at - 1) == "the" && before(at - 1) {
            return self.in_ones_words(at - 2, at + 2, Act::Say);
        }
        let own = usize::from(at > self.start && self.word(at - 1) == "own");
        if !(owner || own > 0) {
            return None;
        }
        let owner_at = at - 1 - own;
        let from = (self.start.max(owner_at.saturating_sub(8))..=owner_at).rev().find(|&from| before(from))? - 1;
        let speaker = self.owner(from + 1, owner_at)?;
        let to = at + 1;
        if self.items[owner_at].is(Class::SECOND) || self.word(owner_at).eq_ignore_ascii_case("your") {
            return None;
        }
        self.beside(Tag { from, to, verb: None, act: Act::Say, speaker: Some(speaker), rule: Rule::Owner, said: Said::Around, is_embedded: false, is_elided: false })
    }

    /// The noun phrase that ends with the possessive at `at`: `Mr Hale’s`, `his`.
    fn owner(&self, from: usize, at: usize) -> Option<Phrase> {
        let item = &self.items[at];
        if item.is(Class::POSSESSIVE) && !item.is(Class::OWNER) {
            let gender = match self.word(at).to_ascii_lowercase().as_str() {
                "his" => phrase::Gender::He,
                "her" => phrase::Gender::She,
                "its" => phrase::Gender::It,
                "their" => phrase::Gender::They,
                _ => phrase::Gender::Unknown,
            };
            let is_first = item.is(Class::FIRST);
            return Some(Phrase { from: at, to: at + 1, span: item.span, kind: super::SpeakerKind::Pronoun, gender, is_first });
        }
        if !item.is(Class::OWNER) {
            return None;
        }
        phrase::owner(self.items, from, at, self.text)
    }

    fn in_ones_words(&self, from: usize, speaker_at: usize, act: Act) -> Option<Tag> {
        let (speaker, _) = phrase::after(self.items, speaker_at, self.end, self.text)?;
        let speaks = Class::HE.and(Class::SHE).and(Class::PERSON).and(Class::THEY).and(Class::IT).and(Class::TITLE).and(Class::CAPITAL).and(Class::OBJECT).and(Class::PRONOUN);
        let of = (speaker.from..speaker.to).find(|&at| self.items[at].is(Class::PREPOSITION)).unwrap_or(speaker.to);
        if !self.items[speaker.from..of.max(speaker.from)].iter().any(|item| item.is(speaks)) {
            return None;
        }
        let mut to = speaker.to;
        while to < self.end && to - from < 28 && !self.items[to].gap.has(Gap::COMMA.and(Gap::SEMICOLON).and(Gap::DASH).and(Gap::COLON)) && !self.items[to].is_quotation() {
            to += 1;
        }
        self.beside(Tag { from, to, verb: None, act, speaker: Some(speaker), rule: Rule::According, said: Said::Around, is_embedded: false, is_elided: false })
    }

    /// An adverbial attribution opens its clause (`According to X, …`), closes it, or stands in it.
    fn beside(&self, tag: Tag) -> Option<Tag> {
        let opens = tag.from == self.start
            || self.items[tag.from - 1].is(Class::CONJUNCTION) && tag.from == self.start + 1;
        if opens {
            let next = self.get(tag.to)?;
            let said = if next.is_quotation() && self.get(tag.to + 1).is_none() { Said::Quotation(tag.to) } else { Said::After(tag.to) };
            return next.gap.has(Gap::COMMA.and(Gap::COLON)).then_some(Tag { said, ..tag });
        }
        Some(tag)
    }

    /// `his claim that …`, `a warning from the union that …`, `the board’s position is that …`.
    fn noun(&self, at: usize) -> Option<Tag> {
        let act = self.items[at].entry().noun?;
        let needs_copula = !self.items[at].is(Class::NOUN);
        let is_marked = |at: usize| self.items[at].is(Class::DETERMINER.and(Class::POSSESSIVE).and(Class::OWNER)) && !self.items[at].is(Class::AUXILIARY);
        let is_noun = (self.start.max(at.saturating_sub(2))..at).any(|before| is_marked(before) && self.items[before + 1].gap.is_none());
        let is_given = at > self.start && self.items[at].gap.is_none() && self.items[at - 1].is(Class::GIVER);
        if !is_noun && !is_given && !self.items[at].is(Class::CAPITAL) {
            return None;
        }
        let mut next = at + 1;
        let mut speaker = None;
        let mut rule = Rule::Owner;
        if at > self.start && self.items[at].gap.is_none() {
            let owner = at - 1;
            let owner = if self.items[owner].is(Class::OWNER.and(Class::POSSESSIVE)) || owner == self.start { owner } else { owner - 1 };
            if self.items[owner].is(Class::OWNER.and(Class::POSSESSIVE)) && self.items[owner + 1].gap.is_none() {
                speaker = self.owner(self.start, owner);
            }
        }
        // `gave a warning that`, `served notice that`
        let giver = (self.start.max(at.saturating_sub(3))..at).rev().find(|&giver| self.items[giver].is(Class::GIVER));
        if let Some(giver) = giver.filter(|&giver| speaker.is_none() && self.items[giver + 1..=at].iter().all(|item| item.gap.is_none())) {
            let subject = phrase::subject(self.items, self.start, giver, self.text);
            speaker = subject.phrase.filter(|_| !subject.is_passive && !subject.is_negated).map(|(phrase, _)| phrase);
            rule = Rule::Subject;
        }
        if let Some(of) = self.tight(next)
            && of.is(Class::PREPOSITION)
            && matches!(self.word(next), "by" | "from" | "of")
            && let Some((phrase, _)) = phrase::after(self.items, next + 1, self.end, self.text)
            && phrase.to < self.end
        {
            speaker = speaker.or(Some(phrase));
            rule = Rule::By;
            next = phrase.to;
        }
        let copula = self.tight(next).is_some_and(|item| item.is(Class::BE) || matches!(self.word(next), "remains" | "remained"));
        if copula {
            next += 1;
        }
        self.tight(next).filter(|item| item.is(Class::THAT) && (copula || !needs_copula))?;
        let follows = self.get(next + 1)?;
        let is_relative = follows.is(Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE).and(Class::VERB)) && !follows.is(Class::PRONOUN.and(Class::FIRST).and(Class::SECOND).and(Class::CAPITAL));
        if speaker.is_none() || is_relative {
            return None;
        }
        let from = speaker.filter(|_| rule != Rule::By).map_or(at, |speaker| speaker.from.min(at));
        let verb = Some(self.items[at].span);
        let said = Said::After(next + 1);
        Some(Tag { from, to: next + 1, verb, act, speaker, rule, said, is_embedded: !copula && rule == Rule::Owner && from == self.start, is_elided: false })
    }

    /// `The court heard that …`: said by somebody who is not named.
    fn hearsay(&self, at: usize) -> Option<Tag> {
        let subject = phrase::subject(self.items, self.start, at, self.text);
        let passive_to = subject.is_passive && self.tight(at + 1).is_some_and(|item| item.is(Class::TO)) && self.word(at) == "understood";
        let opener = self.tight(at + 1).filter(|item| item.is(Class::THAT)).map(|_| at + 2);
        let start = if passive_to { at + 1 } else { opener? };
        self.get(start)?;
        let first = subject.phrase.is_none_or(|(phrase, _)| phrase.is_first && !subject.is_passive || self.items[phrase.from].is(Class::SECOND));
        if first || subject.is_negated || subject.has_modal || subject.is_infinitive || !self.items[at].has_form(&[Form::Past]) && !subject.has_auxiliary {
            return None;
        }
        let verb = Some(self.items[at].span);
        Some(Tag { from: subject.from, to: start, verb, act: Act::Say, speaker: None, rule: Rule::Unsaid, said: Said::After(start), is_embedded: false, is_elided: false })
    }

    /// `allegedly`: the whole clause is somebody's.
    fn adverb(&self, at: usize) -> Option<Tag> {
        let verb = Some(self.items[at].span);
        Some(Tag { from: at, to: at + 1, verb, act: Act::Claim, speaker: None, rule: Rule::Unsaid, said: Said::Around, is_embedded: false, is_elided: false })
    }
}
