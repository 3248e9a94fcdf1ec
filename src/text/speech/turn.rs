//! Turns that tell of speech without a verb of saying: `according to`, `in his view`, `her claim that`, `the court heard`.

use super::clause::{MOST_BETWEEN, Run, Said, Tag};
use super::lexicon::{Class, Form};
use super::passage::{Gap, Item};
use super::phrase::{self, Phrase};
use super::{Act, Rule, SpeakerKind};

impl Run<'_> {
    /// `according to Mr Hale`.
    pub(super) fn according(&self, at: usize) -> Option<Tag> {
        self.tight(at + 1).filter(|item| item.is(Class::TO))?;
        self.in_ones_words(at, at + 2, Act::Say)
    }

    /// `in Mr Hale’s view`, `by his account`, `in the words of Mr Hale`.
    pub(super) fn opinion(&self, at: usize) -> Option<Tag> {
        let of = self.tight(at + 1).is_some_and(|_| self.word(at + 1) == "of");
        let owner = at > self.start + 1
            && self.items[at].gap.is_none()
            && self.items[at - 1].is(Class::OWNER.and(Class::POSSESSIVE));
        let by = matches!(self.word(at), "account" | "reckoning" | "telling");
        let before = |from: usize| {
            from > self.start
                && (matches!(self.word(from - 1), "in" | "In")
                    || by && matches!(self.word(from - 1), "by" | "By" | "on" | "On"))
        };
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
        self.beside(Tag {
            from,
            to,
            verb: None,
            act: Act::Say,
            speaker: Some(speaker),
            rule: Rule::Owner,
            said: Said::Around,
            is_embedded: false,
            is_elided: false,
        })
    }

    /// The noun phrase that ends with the possessive at `at`: `Mr Hale’s`, `his`.
    pub(super) fn owner(&self, from: usize, at: usize) -> Option<Phrase> {
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
            return Some(Phrase {
                from: at,
                to: at + 1,
                span: item.span,
                kind: SpeakerKind::Pronoun,
                gender,
                is_first,
            });
        }
        if !item.is(Class::OWNER) {
            return None;
        }
        phrase::owner(self.items, from, at, self.text)
    }

    pub(super) fn in_ones_words(&self, from: usize, speaker_at: usize, act: Act) -> Option<Tag> {
        let (speaker, _) = phrase::after(self.items, speaker_at, self.end, self.text)?;
        if !self.can_speak(&speaker) {
            return None;
        }
        let mut to = speaker.to;
        while to < self.end && to - from < 28 && !self.items[to].gap.has(Gap::STOP) && !self.items[to].is_quotation() {
            to += 1;
        }
        let to = self.behind_aside(from, &speaker, to);
        self.beside(Tag {
            from,
            to,
            verb: None,
            act,
            speaker: Some(speaker),
            rule: Rule::According,
            said: Said::Around,
            is_embedded: false,
            is_elided: false,
        })
    }

    /// Behind what is only told of the speaker: `(according to) Mr Hale, who owns the pier, |`, `Mr Hale, the owner, |`. The
    /// attribution starts at `from`, and the item at `at` is the first behind the name.
    fn behind_aside(&self, from: usize, speaker: &Phrase, at: usize) -> usize {
        if self.get(at).is_none_or(|item| !item.gap.has(Gap::COMMA) || item.is_quotation()) {
            return at;
        }
        let ends = |&at: &usize| self.items[at].gap.has(Gap::STOP) || self.items[at].is_quotation();
        let next_stop = |from: usize| (from..self.end.min(from + MOST_BETWEEN)).find(ends);
        let end = next_stop(at + 1).unwrap_or(self.end);
        if matches!(self.word(at), "who" | "whose" | "whom" | "which") {
            return end;
        }
        let is_named = matches!(speaker.kind, SpeakerKind::Name | SpeakerKind::Title);
        // Behind what is said, the sentence ends or its verb follows; before it, a clause does.
        let is_behind = from > self.start && self.get(end).is_none_or(|item| item.is(Class::PREDICATE));
        let goes_on = is_behind || end < self.end && self.is_clause_at(end);
        if is_named && self.is_role(at, end) && goes_on { end } else { at }
    }

    /// `the owner`, `a nurse who was there`
    fn is_role(&self, from: usize, to: usize) -> bool {
        let who = (from..to).find(|&at| self.word(at) == "who").unwrap_or(to);
        let role = &self.items[from..who];
        role.first().is_some_and(|first| first.is(Class::MARKED))
            && role.iter().any(|item| item.is(Class::PEOPLE.and(Class::TITLE)))
            && !role.iter().any(|item| item.is(Class::PREDICATE.and(Class::PAST_LIKE).and(Class::CONJUNCTION)))
    }

    /// Behind a comma, a subject of its own with its verb: not `(the owner,) a Liberal, resigned`, `the clerk and the cook left`.
    fn is_clause_at(&self, from: usize) -> bool {
        let near = from..self.end.min(from + MOST_BETWEEN);
        let ends =
            |&at: &usize| at > from && (self.items[at].gap.has(Gap::STOP) || self.items[at].is(Class::CONJUNCTION));
        let clause = &self.items[from..near.clone().find(ends).unwrap_or(near.end)];
        let is_verb = |item: &Item| item.is(Class::PREDICATE.and(Class::PAST_LIKE));
        let opens = Class::PREDICATE.and(Class::CONJUNCTION).and(Class::SUBORDINATOR);
        self.items[from].gap.has(Gap::COMMA) && !clause[0].is(opens) && clause[1..].iter().any(is_verb)
    }

    /// An adverbial attribution opens its clause (`According to X, …`), closes it, or stands in it.
    pub(super) fn beside(&self, tag: Tag) -> Option<Tag> {
        let opens =
            tag.from == self.start || self.items[tag.from - 1].is(Class::CONJUNCTION) && tag.from == self.start + 1;
        if opens {
            let next = self.get(tag.to)?;
            let said = if next.is_quotation() && self.get(tag.to + 1).is_none() {
                Said::Quotation(tag.to)
            } else {
                Said::After(tag.to)
            };
            return next.gap.has(Gap::COMMA.and(Gap::COLON)).then_some(Tag { said, ..tag });
        }
        Some(tag)
    }

    /// `his claim that …`, `a warning from the union that …`, `the board’s position is that …`.
    pub(super) fn noun(&self, at: usize) -> Option<Tag> {
        let act = self.items[at].entry().noun?;
        let needs_copula = !self.items[at].is(Class::NOUN);
        let is_marked = |at: usize| self.items[at].is(Class::MARKED) && !self.items[at].is(Class::AUXILIARY);
        let is_noun = (self.start.max(at.saturating_sub(2))..at)
            .any(|before| is_marked(before) && self.items[before + 1].gap.is_none());
        let is_given = at > self.start && self.items[at].gap.is_none() && self.items[at - 1].is(Class::GIVER);
        if !is_noun && !is_given && !self.items[at].is(Class::CAPITAL) {
            return None;
        }
        let mut next = at + 1;
        let mut speaker = None;
        let mut rule = Rule::Owner;
        if at > self.start && self.items[at].gap.is_none() {
            let owner = at - 1;
            let owner = if self.items[owner].is(Class::OWNER.and(Class::POSSESSIVE)) || owner == self.start {
                owner
            } else {
                owner - 1
            };
            if self.items[owner].is(Class::OWNER.and(Class::POSSESSIVE)) && self.items[owner + 1].gap.is_none() {
                speaker = self.owner(self.start, owner);
            }
        }
        // `gave a warning that`, `served notice that`
        let giver = (self.start.max(at.saturating_sub(3))..at).rev().find(|&giver| self.items[giver].is(Class::GIVER));
        if let Some(giver) =
            giver.filter(|&giver| speaker.is_none() && self.items[giver + 1..=at].iter().all(|item| item.gap.is_none()))
        {
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
            let is_by = self.word(next) != "of" && speaker.is_none() && self.can_speak(&phrase);
            rule = if is_by { Rule::By } else { Rule::Doubtful };
            speaker = speaker.or(Some(phrase));
            next = phrase.to;
        }
        let copula = self
            .tight(next)
            .is_some_and(|item| item.is(Class::BE) || matches!(self.word(next), "remains" | "remained"));
        if copula {
            next += 1;
        }
        self.tight(next).filter(|item| item.is(Class::THAT) && (copula || !needs_copula))?;
        let follows = self.get(next + 1)?;
        let is_relative =
            follows.is(Class::PREDICATE.and(Class::VERB)) && !follows.is(Class::PERSONAL.and(Class::CAPITAL));
        if speaker.is_none() || is_relative {
            return None;
        }
        let is_behind = matches!(rule, Rule::By | Rule::Doubtful);
        let from = speaker.filter(|_| !is_behind).map_or(at, |speaker| speaker.from.min(at));
        let verb = Some(self.items[at].span);
        let said = Said::After(next + 1);
        Some(Tag {
            from,
            to: next + 1,
            verb,
            act,
            speaker,
            rule,
            said,
            is_embedded: !copula && (rule == Rule::Owner && from == self.start || is_behind && self.opens_clause(at)),
            is_elided: false,
        })
    }

    /// `The court heard that …`: said by somebody who is not named.
    pub(super) fn hearsay(&self, at: usize) -> Option<Tag> {
        let subject = phrase::subject(self.items, self.start, at, self.text);
        let passive_to = subject.is_passive
            && self.tight(at + 1).is_some_and(|item| item.is(Class::TO))
            && self.word(at) == "understood";
        let opener = self.tight(at + 1).filter(|item| item.is(Class::THAT)).map(|_| at + 2);
        let start = if passive_to { at + 1 } else { opener? };
        self.get(start)?;
        let first = subject.phrase.is_none_or(|(phrase, _)| {
            phrase.is_first && !subject.is_passive || self.items[phrase.from].is(Class::SECOND)
        });
        if first
            || subject.is_negated
            || subject.has_modal
            || subject.is_infinitive
            || !self.items[at].has_form(&[Form::Past]) && !subject.has_auxiliary
        {
            return None;
        }
        let verb = Some(self.items[at].span);
        Some(Tag {
            from: subject.from,
            to: start,
            verb,
            act: Act::Say,
            speaker: None,
            rule: Rule::Unsaid,
            said: Said::After(start),
            is_embedded: false,
            is_elided: false,
        })
    }

    /// `allegedly`: the whole clause is somebody's.
    pub(super) fn adverb(&self, at: usize) -> Option<Tag> {
        let verb = Some(self.items[at].span);
        Some(Tag {
            from: at,
            to: at + 1,
            verb,
            act: Act::Claim,
            speaker: None,
            rule: Rule::Unsaid,
            said: Said::Around,
            is_embedded: false,
            is_elided: false,
        })
    }
}
