//! What follows a verb of saying: a clause, a quotation, an infinitive, a person and a deed, a thing.

use super::Act;
use super::clause::{MOST_BETWEEN, Run, Said, Verb};
use super::lexicon::{Class, Form, Frames, Sense};
use super::passage::Gap;

/// A finite verb is looked for so far into a clause.
const MOST_TO_FINITE: usize = 16;

/// Words for who hears it, before a colon.
const MOST_HEARERS: usize = 3;

impl Run<'_> {
    /// The kind of speech, where what is said starts, and where the attribution ends.
    pub(super) fn complement(&self, verb: &Verb) -> Option<(Act, Said, usize)> {
        let from = |(act, start): (Act, usize)| (act, Said::After(start), start);
        self.quotation_at_once(verb)
            .or_else(|| self.that_clause(verb).map(from))
            .or_else(|| self.quotation_later(verb))
            .or_else(|| self.wh_clause(verb).map(from))
            .or_else(|| self.deed_or_duty(verb).map(|act| from((act, verb.next))))
            .or_else(|| self.behind_colon(verb).map(from))
            .or_else(|| self.bare_clause(verb).map(from))
            .or_else(|| self.object(verb).map(|act| from((act, verb.next))))
    }

    fn quotation_at_once(&self, verb: &Verb) -> Option<(Act, Said, usize)> {
        self.get(verb.next).filter(|first| first.is_quotation() && !first.gap.has(Gap::SEMICOLON))?;
        let act = verb.act(Frames::ANY).filter(|_| !self.is_behind_quotation(verb.subject.from))?;
        Some((act, self.quoted(verb.next, verb.takes(Frames::THAT)), verb.next))
    }

    fn that_clause(&self, verb: &Verb) -> Option<(Act, usize)> {
        let act = verb.act(Frames::THAT)?;
        Some((act, self.opener(verb.next, verb.can_hear(), verb.takes(Frames::THING))?))
    }

    fn quotation_later(&self, verb: &Verb) -> Option<(Act, Said, usize)> {
        let act = verb.act(Frames::CLAUSE)?;
        let quotation = self.quotation_ahead(verb.next, verb.subject.from)?;
        Some((act, self.quoted(quotation, false), quotation))
    }

    fn wh_clause(&self, verb: &Verb) -> Option<(Act, usize)> {
        let act = verb.act(Frames::WH)?;
        Some((act, self.wh(verb.next, verb.can_hear())?))
    }

    /// `vowed to fight`, `urged him to pay`, `accused her of lying`, `called him a liar`.
    fn deed_or_duty(&self, verb: &Verb) -> Option<Act> {
        let next = verb.next;
        self.tight(next)?;
        let is_passive = verb.subject.is_passive;
        // `is said to have left`
        let hearsay = |act: &Act| matches!(act, Act::Say | Act::Claim) && !self.needs_hearer(verb.at);
        let said_to = || verb.act(Frames::THAT).filter(hearsay);
        let to = if is_passive { said_to() } else { verb.act(Frames::TO) };
        to.filter(|_| self.is_to_do(next))
            .or_else(|| verb.act(Frames::WHOM).filter(|_| !is_passive && self.to_infinitive(next)))
            .or_else(|| verb.act(Frames::OF).filter(|_| self.deed(next, is_passive)))
            .or_else(|| verb.act(Frames::LABEL).filter(|_| !is_passive && self.is_labelled(next)))
    }

    /// `to fight`, `not to fight`; not `to the end`.
    fn is_to_do(&self, next: usize) -> bool {
        let to = next + usize::from(self.word(next) == "not");
        let noun = Class::MARKER.and(Class::OBJECT).and(Class::CAPITAL);
        self.tight(to).is_some_and(|item| item.is(Class::TO)) && self.get(to + 1).is_some_and(|item| !item.is(noun))
    }

    /// `said: We have no choice`, `told reporters: We have no choice`.
    fn behind_colon(&self, verb: &Verb) -> Option<(Act, usize)> {
        let act = verb.act(Frames::CLAUSE)?;
        let most = if verb.can_hear() { MOST_HEARERS } else { 0 };
        let start = (verb.next..self.end.min(verb.next + most + 1)).find(|&at| !self.items[at].gap.is_none())?;
        let item = &self.items[start];
        (item.gap.has(Gap::COLON) && item.is(Class::CAPITAL) && !item.is_quotation()).then_some((act, start))
    }

    fn bare_clause(&self, verb: &Verb) -> Option<(Act, usize)> {
        let act = verb.act(Frames::BARE).filter(|_| !verb.subject.is_passive)?;
        Some((act, self.bare(verb.next, verb.can_hear(), act)?))
    }

    /// `described the offer as an insult`, `rejected the charge`.
    fn object(&self, verb: &Verb) -> Option<Act> {
        self.tight(verb.next).filter(|_| !verb.subject.is_passive)?;
        let described = verb.act(Frames::AS).filter(|_| self.is_described(verb.next));
        let answered = |act: &Act| {
            matches!(act, Act::Deny | Act::Admit | Act::Agree)
                && verb.takes(Frames::THAT)
                && self.is_it_alone(verb.next)
        };
        let is_object = |act: &Act| self.is_thing(verb.next) || answered(act);
        described.or_else(|| verb.act(Frames::THING).filter(is_object))
    }

    /// `(denied) it`, `(confirmed) this on Monday`; not `(denied) it any help`.
    fn is_it_alone(&self, at: usize) -> bool {
        let follows = Class::PREPOSITION.and(Class::ADVERB_LIKE).and(Class::TIME).and(Class::CONJUNCTION);
        matches!(self.word(at), "it" | "this" | "that") && self.tight(at + 1).is_none_or(|next| next.is(follows))
    }

    /// A quotation that a verb governs: alone, or as part of a clause that runs on.
    pub(super) fn quoted(&self, at: usize, may_run_on: bool) -> Said {
        let ends = self.items[at]
            .span
            .of(self.text)
            .trim_end_matches(['"', '”', '’', '\'', '»', '“'])
            .ends_with([',', '.', '!', '?', '…']);
        let runs_on = self
            .tight(at + 1)
            .is_some_and(|item| !item.is(Class::PREPOSITION.and(Class::CONJUNCTION).and(Class::SUBORDINATOR)));
        match may_run_on && runs_on && !ends {
            true => Said::After(at),
            false => Said::Quotation(at),
        }
    }

    pub(super) fn is_behind_quotation(&self, from: usize) -> bool {
        from > self.start
            && self.items[from - 1].is_quotation()
            && !self.items[from].gap.has(Gap::SEMICOLON.and(Gap::COLON))
    }

    /// Where the clause behind “that” starts: `(told) the House on Monday that |`.
    pub(super) fn opener(&self, next: usize, can_hear: bool, takes_thing: bool) -> Option<usize> {
        let mut commas = 0;
        for at in next..self.end.min(next + MOST_BETWEEN) {
            let item = &self.items[at];
            if item.gap.has(Gap::STRONG.and(Gap::OTHER)) || item.is_quotation() {
                return None;
            }
            commas += usize::from(item.gap.has(Gap::COMMA));
            let so_that = at > next && matches!(self.word(at - 1), "so" | "such" | "now" | "provided" | "given");
            if item.is(Class::THAT)
                && !so_that
                && (at == next || !self.items[at - 1].is(Class::PREPOSITION) || commas > 0)
            {
                let follows = self.get(at + 1)?;
                let is_relative = at > next
                    && commas == 0
                    && follows.is(Class::PREDICATE.and(Class::VERB))
                    && !follows.is(Class::PERSONAL);
                let is_all = (at + 2 >= self.end || !self.items[at + 2].gap.is_none()) && !follows.is_quotation();
                return (!is_relative && !is_all && commas != 1).then_some(at + 1);
            }
            let is_clause = item.is(Class::SUBORDINATOR) && !item.is(Class::PREPOSITION);
            let goes_on = item.is(Class::CONJUNCTION) && item.gap.has(Gap::COMMA);
            let to_do = item.is(Class::TO)
                && self.get(at + 1).is_some_and(|next| {
                    !next.is(Class::MARKER.and(Class::CAPITAL).and(Class::OBJECT).and(Class::THEY))
                });
            if item.is(Class::PREDICATE) || is_clause || goes_on || to_do || so_that || commas > 2 {
                return None;
            }
            // Without a hearer only time and place may stand between: `said on Monday in the House that`.
            if at == next && commas == 0 && !can_hear {
                let adverbial = !matches!(self.word(at), "of" | "about")
                    && item.is(Class::ADVERB_LIKE
                        .and(Class::PREPOSITION)
                        .and(Class::TIME)
                        .and(Class::DETERMINER)
                        .and(Class::NUMBER));
                if !adverbial || (takes_thing && !item.is(Class::PREPOSITION.and(Class::TIME))) {
                    return None;
                }
            }
        }
        None
    }

    /// A quotation behind a hearer, place and time: `told the House: “…”`, `said in a letter, “…”`.
    pub(super) fn quotation_ahead(&self, next: usize, from: usize) -> Option<usize> {
        if self.is_behind_quotation(from) {
            return None;
        }
        for at in next..self.end.min(next + MOST_BETWEEN) {
            let item = &self.items[at];
            if item.is_quotation() {
                return item.gap.has(Gap::COMMA.and(Gap::COLON)).then_some(at);
            }
            let is_told_there =
                at > next && item.is(Class::VERB) && item.has_form(&[Form::Past]) && self.has_subject(at);
            if item.gap.has(Gap::SEMICOLON.and(Gap::DASH))
                || item.is(Class::PREDICATE.and(Class::THAT))
                || is_told_there
            {
                return None;
            }
        }
        None
    }

    /// `(recalled how) Lang said`, `(denied) he ever wrote`; not `(told) a meeting called by the union`.
    fn has_subject(&self, at: usize) -> bool {
        let before = (self.start..at).rev().find(|&before| !self.items[before].is(Class::ADVERB_LIKE));
        let speaks = Class::PRONOUN.and(Class::CAPITAL).and(Class::PEOPLE);
        self.items[at].gap.is_none()
            && before.is_some_and(|before| self.items[before].is(speaks))
            && self.get(at + 1).is_none_or(|next| !next.gap.is_none() || !next.is(Class::PREPOSITION))
    }

    /// `(asked) the minister | whether`.
    pub(super) fn wh(&self, next: usize, can_hear: bool) -> Option<usize> {
        let most = if can_hear { 8 } else { 1 };
        for at in next..self.end.min(next + most) {
            let item = &self.items[at];
            if at > next && !item.gap.is_none() || item.is_quotation() {
                return None;
            }
            if matches!(self.word(at), "whether" | "if" | "why" | "how" | "what" | "who" | "where") {
                return self.get(at + 1).is_some_and(|next| !next.is(Class::TO)).then_some(at);
            }
            if item.is(Class::PREDICATE.and(Class::PREPOSITION).and(Class::CONJUNCTION)) {
                return None;
            }
        }
        None
    }

    /// `(urged) the tenants to pay`, also `not to pay`.
    pub(super) fn to_infinitive(&self, next: usize) -> bool {
        for at in next..self.end.min(next + 14) {
            let item = &self.items[at];
            if item.is(Class::TO) {
                let target = self.get(at + 1);
                let is_verb = target.is_some_and(|item| {
                    item.gap.is_none()
                        && !item.is(Class::MARKER
                            .and(Class::CAPITAL)
                            .and(Class::OBJECT)
                            .and(Class::PRONOUN)
                            .and(Class::NUMBER))
                        && !item.is_quotation()
                });
                if is_verb {
                    return at > next;
                }
            }
            if (at > next && item.gap.has(Gap::STOP)) || item.is(Class::HELPER.and(Class::THAT)) {
                return false;
            }
        }
        false
    }

    /// `(accused) the board of lying`; of a passive, `(was accused) of lying`.
    pub(super) fn deed(&self, next: usize, is_passive: bool) -> bool {
        if is_passive {
            return matches!(self.word(next), "of" | "with" | "for");
        }
        for at in next..self.end.min(next + 16) {
            let item = &self.items[at];
            let word = self.word(at);
            if at > next
                && item.gap.is_none()
                && (word == "for"
                    || word == "with"
                    || word == "of"
                        && self.get(at + 1).is_some_and(|next| {
                            next.is(Class::ING_LIKE)
                                || self.word(at + 1).ends_with("ing")
                                || !next.is(Class::DETERMINER.and(Class::CAPITAL))
                        }))
            {
                return true;
            }
            if (at > next && !item.gap.is_none()) || item.is(Class::HELPER.and(Class::THAT)) {
                return false;
            }
        }
        false
    }

    /// `(called) him a liar`, `(called) the bill “a joke”`.
    pub(super) fn is_labelled(&self, next: usize) -> bool {
        let item = &self.items[next];
        let mut end = next + 1;
        if !item.is(Class::OBJECT) {
            if !item.is(Class::MARKER.and(Class::CAPITAL)) {
                return false;
            }
            while self.tight(end).is_some_and(|item| {
                !item.is(Class::PREPOSITION.and(Class::DETERMINER).and(Class::THAT)) && !item.is_quotation()
            }) {
                end += 1;
            }
        }
        let Some(label) = self.tight(end) else { return false };
        label.is_quotation() || matches!(self.word(end), "a" | "an" | "nothing" | "the")
    }

    /// `(described) the offer as an insult`.
    pub(super) fn is_described(&self, next: usize) -> bool {
        let end = self.end.min(next + 16);
        let as_at =
            (next + 1..end).find(|&at| self.word(at) == "as" || self.items[at].gap.has(Gap::SEMICOLON.and(Gap::COLON)));
        let before_as = |as_at: usize| self.items[next..as_at].iter().all(|item| !item.is(Class::HELPER));
        as_at.is_some_and(|at| self.word(at) == "as" && before_as(at))
            && self.items[next].gap.is_none()
            && !self.items[next].is(Class::PREPOSITION)
    }

    pub(super) fn is_thing(&self, next: usize) -> bool {
        let item = &self.items[next];
        if self.word(next) == "having" {
            return true;
        }
        let no_thing =
            Class::HELPER.and(Class::PREPOSITION).and(Class::SUBORDINATOR).and(Class::CONJUNCTION).and(Class::LY);
        if item.is(no_thing) && !item.is(Class::DETERMINER)
            || item.is(Class::OBJECT.and(Class::PRONOUN)) && !item.is(Class::DETERMINER)
        {
            return false;
        }
        !item.is(Class::ADVERBIAL.and(Class::TIME)) || item.is(Class::DETERMINER)
    }

    /// Where a clause without “that” starts, with perhaps a time or a hearer before it.
    pub(super) fn bare(&self, next: usize, can_hear: bool, act: Act) -> Option<usize> {
        let mut at = next;
        let needs_hearer = can_hear && self.needs_hearer(next - 1);
        while let Some(item) = self.tight(at) {
            let is_time = item.is(Class::TIME)
                || matches!(
                    self.word(at),
                    "yesterday" | "today" | "later" | "earlier" | "last" | "again" | "once" | "here" | "also"
                );
            let is_dated = item.is(Class::PREPOSITION)
                && self.tight(at + 1).is_some_and(|next| next.is(Class::TIME))
                && matches!(self.word(at), "on" | "in" | "late" | "at");
            // `in a statement`
            let is_setting = |&at: &usize| self.tight(at).is_some_and(|item| item.is(Class::SETTING));
            let setting = (at + 1..at + 4).find(is_setting).filter(|_| item.is(Class::PREPOSITION));
            if let Some(setting) = setting {
                at = setting + 1;
                continue;
            }
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
            if !item.gap.is_none() || item.is_quotation() || item.is(Class::PREDICATE) && !item.is(Class::PRONOUN) {
                return alone;
            }
            let begins = item.is(Class::PERSONAL.and(Class::MARKER))
                || before.is(Class::OBJECT)
                || self.word(start) == "there"
                || (item.is(Class::CAPITAL) && !before.is(Class::CAPITAL.and(Class::DETERMINER)));
            if begins
                && !before.is(Class::MARKER.and(Class::PREPOSITION))
                && self.starts_clause(start)
                && self.has_finite(start, act)
            {
                return Some(start);
            }
        }
        alone
    }

    pub(super) fn can_hear(&self, at: usize) -> bool {
        let hears = |sense: &Sense| sense.frames.has(Frames::HEARER) || sense.frames.has(Frames::TOLD);
        self.items[at].entry().senses.iter().any(hears)
    }

    /// `told`, `assured`: never without the one who hears it.
    pub(super) fn needs_hearer(&self, at: usize) -> bool {
        self.items[at].entry().senses.iter().any(|sense| sense.frames.has(Frames::TOLD))
    }

    pub(super) fn starts_clause(&self, at: usize) -> bool {
        let Some(item) = self.tight(at) else { return false };
        let starts = Class::PERSONAL.and(Class::MARKER).and(Class::CAPITAL).and(Class::NUMBER);
        let cannot = Class::HELPER
            .and(Class::PREPOSITION)
            .and(Class::CONJUNCTION)
            .and(Class::VERB)
            .and(Class::OBJECT)
            .and(Class::NEGATION);
        let is_also_pronoun = item.is(Class::PERSONAL.and(Class::MARKER));
        let is_plural_noun =
            item.has_form(&[Form::Present]) && self.tight(at + 1).is_some_and(|next| next.is(Class::HELPER));
        let is_there = is_plural_noun || self.word(at) == "there" || self.word(at) == "if" || self.word(at) == "when";
        is_there
            || is_also_pronoun
            || item.is(starts) && !item.is(cannot)
            || !item.is(cannot.and(Class::ADVERBIAL).and(Class::SUBORDINATOR).and(Class::LY).and(Class::TIME))
    }

    /// `deceived`, `hit`, `steals`: may be a finite verb by its looks, and as well something else.
    fn has_ending_of_verb(&self, at: usize) -> bool {
        let item = &self.items[at];
        let is_unknown = item.entry == 0 && !item.is(Class::CAPITAL) && item.gap.is_none();
        let is_third_person = || self.word(at).ends_with('s') && !self.word(at).ends_with("ss");
        item.is(Class::PAST_LIKE.and(Class::UNCHANGED)) || is_unknown && is_third_person()
    }

    /// `(lies) to us`, `(hit) the table`
    fn takes_object(&self, at: usize) -> bool {
        let is_object = |at: usize| self.tight(at).is_some_and(|item| item.is(Class::OBJECT));
        let is_time = self.get(at + 2).is_some_and(|item| item.is(Class::TIME));
        let is_marked = !is_time && self.tight(at + 1).is_some_and(|next| next.is(Class::MARKER));
        is_marked || is_object(at + 1 + usize::from(self.get(at + 1).is_some_and(|next| next.is(Class::PREPOSITION))))
    }

    /// Whether a finite verb comes before the clause can have ended.
    pub(super) fn has_finite(&self, at: usize, act: Act) -> bool {
        let contracted = self.items[at].is(Class::AUXILIARY) && self.items[at].is(Class::PERSONAL);
        if contracted {
            return true;
        }
        for index in at + 1..self.end.min(at + MOST_TO_FINITE) {
            let item = &self.items[index];
            let follows_noun = !self.items[index - 1].is(Class::MARKED.and(Class::PREPOSITION));
            if self.items[index - 1].is(Class::CONJUNCTION)
                && item.is(Class::FINITE.and(Class::VERB).and(Class::PAST_LIKE))
            {
                return false;
            }
            let next_clause = item.gap.has(Gap::COMMA) && item.is(Class::CONJUNCTION);
            if next_clause || item.gap.has(Gap::STRONG) || item.is_quotation() && !item.gap.is_none() {
                return false;
            }
            let is_finite = item.is(Class::PREDICATE.and(Class::NEGATION))
                || follows_noun
                    && item.is(Class::VERB)
                    && item.has_form(&[Form::Past, Form::Present])
                    && !item.is(Class::NOUN)
                || follows_noun && item.is(Class::PAST_LIKE) && act == Act::Say
                || follows_noun && self.has_ending_of_verb(index) && self.takes_object(index);
            if is_finite {
                return true;
            }
        }
        false
    }
}
