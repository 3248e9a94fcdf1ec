//! For whom pronouns stand: the speakers and subjects named last.

use super::phrase::{Gender, Phrase};
use super::{Act, Rule, Speaker, SpeakerKind};
use crate::text::Span;

/// So many are remembered.
const MOST: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Person {
    span: Span,
    kind: SpeakerKind,
    gender: Gender,
    spoke: bool,
    /// In a paragraph before this one.
    is_past: bool,
}

/// Who was named in this paragraph and the one before.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The latest last.
    people: Vec<Person>,
    /// Whose the last quotation is.
    pub(super) quoted: Option<(Option<Speaker>, Act)>,
}

impl Memory {
    pub(super) fn next_paragraph(&mut self) {
        self.people.retain(|person| !person.is_past);
        self.people.iter_mut().for_each(|person| person.is_past = true);
    }

    /// Remembers the subject of a sentence.
    pub(super) fn meet(&mut self, phrase: Phrase, text: &str) {
        if phrase.kind != SpeakerKind::Pronoun {
            self.remember(phrase, false, text);
        }
    }

    fn remember(&mut self, phrase: Phrase, spoke: bool, text: &str) {
        let is_same = |person: &Person| person.span == phrase.span || person.span.of(text) == phrase.span.of(text);
        let spoke = spoke || self.people.iter().any(|person| is_same(person) && person.spoke);
        self.people.retain(|person| !is_same(person));
        if self.people.len() == MOST {
            self.people.remove(0);
        }
        let Phrase { span, kind, gender, .. } = phrase;
        self.people.push(Person { span, kind, gender, spoke, is_past: false });
    }

    /// The last subject or speaker.
    pub(super) fn subject(&self) -> Option<Speaker> {
        let is_person = |person: &&Person| {
            matches!(person.gender, Gender::He | Gender::She | Gender::Either)
                || matches!(person.kind, SpeakerKind::Name | SpeakerKind::Title)
        };
        let last = self.people.last().filter(|person| !person.is_past).filter(is_person)?;
        Some(Speaker { span: last.span, kind: last.kind, rule: Rule::Nearby, sure: false })
    }

    /// The speaker that `phrase` names or stands for.
    pub(super) fn resolve(&mut self, phrase: Phrase, rule: Rule, text: &str) -> Option<Speaker> {
        if phrase.kind != SpeakerKind::Pronoun {
            self.remember(phrase, true, text);
            return Some(Speaker { span: phrase.span, kind: phrase.kind, rule, sure: true });
        }
        let unresolved = Speaker { span: phrase.span, kind: SpeakerKind::Pronoun, rule: Rule::Pronoun, sure: false };
        let fits = |person: &&Person| may_be(phrase.gender, person);
        let fitting = || self.people.iter().rev().filter(fits);
        // Who spoke last is meant rather than who was last the subject.
        let Some(best) = fitting().find(|person| person.spoke).or_else(|| fitting().next()) else { return Some(unresolved) };
        let is_alone = fitting().filter(|person| person.is_past == best.is_past).count() == 1;
        let sure = is_alone && !best.is_past && best.spoke;
        Some(Speaker { span: best.span, kind: best.kind, rule: Rule::Pronoun, sure })
    }
}

/// Whether a pronoun may stand for the person.
fn may_be(pronoun: Gender, person: &Person) -> bool {
    let is_anyone = person.gender == Gender::Unknown && (person.spoke || person.kind != SpeakerKind::NounPhrase);
    match pronoun {
        Gender::He => matches!(person.gender, Gender::He | Gender::Either) || is_anyone,
        Gender::She => matches!(person.gender, Gender::She | Gender::Either) || is_anyone,
        Gender::It => person.gender == Gender::It || person.gender == Gender::Unknown && person.kind != SpeakerKind::Title,
        Gender::They => matches!(person.gender, Gender::They | Gender::It),
        _ => false,
    }
}
