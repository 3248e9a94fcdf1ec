//! For whom pronouns stand: the speakers and subjects named last.

use super::phrase::{Gender, Phrase};
use super::{Act, Rule, Speaker, SpeakerKind};
use crate::text::Span;

/// So many are remembered.
const MOST: usize = 4;

/// Names in a paragraph that are neither subjects nor speakers; of more, any pronoun may stand for one of them.
pub(super) const MOST_STRANGERS: usize = 16;

/// A longer name is not carried to the next paragraph, nor compared with others word by word.
const LONGEST_NAME: usize = 200;

#[derive(Clone, Copy, Debug)]
struct Person {
    span: Span,
    kind: SpeakerKind,
    gender: Gender,
    spoke: bool,
    /// In a paragraph before this one.
    is_past: bool,
    /// `span` lies in the names that were carried here.
    carried: bool,
}

/// Who was named in this paragraph and the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The latest last.
    people: Vec<Person>,
    /// Names of this paragraph, whoever bears them.
    strangers: Vec<Span>,
    /// The paragraph before had names of nobody who is remembered; and the one that will be read next has such a one before it.
    had_strangers: bool,
    will_have_had: bool,
    /// Whose the last quotation is.
    pub(super) quoted: Option<(Option<Speaker>, Act)>,
}

/// What a paragraph leaves to the next one of its document: who was named in it, and whose quotation goes on. A few names,
/// however long the document.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    names: String,
    /// Where each name stands in the document, by where it stands in `names`.
    places: Vec<(Span, (u64, u64))>,
    pub(super) memory: Memory,
    pub(super) is_open: bool,
}

impl Carried {
    /// The name of a speaker who was [carried](Speaker::carried), and its bytes in the document.
    pub fn name(&self, speaker: &Speaker) -> Option<(&str, (u64, u64))> {
        let (span, place) = self.places.iter().find(|(span, _)| *span == speaker.span)?;
        Some((span.of(&self.names), *place))
    }
}

impl Memory {
    pub(super) fn next_paragraph(&mut self, before: &Carried, text: &str) {
        self.people.retain(|person| !person.is_past);
        self.people.iter_mut().for_each(|person| person.is_past = true);
        self.had_strangers = std::mem::take(&mut self.will_have_had) || self.has_strangers(usize::MAX, before, text);
        self.strangers.clear();
    }

    /// What the next paragraph shall know; `place` tells where bytes of the text stand in the document.
    pub(super) fn carry(
        mut self,
        is_open: bool,
        before: &Carried,
        text: &str,
        place: &dyn Fn(Span) -> (u64, u64),
    ) -> Carried {
        let mut next = Carried { is_open, ..Carried::default() };
        // Who is forgotten, and named in passing again, may be meant by a pronoun as well as any other.
        self.people.retain(|person| !person.is_past);
        next.places.reserve(self.people.len());
        next.memory.people.reserve(self.people.len());
        next.memory.will_have_had = self.has_strangers(usize::MAX, before, text);
        let mut moved = |span: Span, carried: bool| -> Option<Span> {
            let old = before.places.iter().find(|(old, _)| *old == span);
            let (name, place) = match carried {
                true => (span.of(&before.names), old?.1),
                false => (span.of(text), place(span)),
            };
            let (start, end) = (next.names.len(), next.names.len() + name.len());
            if name.len() > LONGEST_NAME {
                return None;
            }
            next.names.push_str(name);
            next.places.push((Span::new(start, end), place));
            Some(Span::new(start, end))
        };
        for person in &self.people {
            let span = moved(person.span, person.carried);
            next.memory.people.extend(span.map(|span| Person { span, carried: true, ..*person }));
        }
        if let Some((Some(speaker), act)) = self.quoted {
            let span = moved(speaker.span, speaker.carried);
            next.memory.quoted = span.map(|span| (Some(Speaker { span, carried: true, ..speaker }), act));
        }
        next
    }

    /// Notes the names of a stretch, also those that stand in its quotations.
    pub(super) fn notice(&mut self, names: &[Span]) {
        self.strangers.extend_from_slice(names);
    }

    /// Whether somebody was named before `end` who may be none of those that are remembered.
    fn has_strangers(&self, end: usize, before: &Carried, text: &str) -> bool {
        let is_known = |stranger: &Span| {
            let name = stranger.of(text).as_bytes();
            let name = &name[..apostrophe(name)];
            // A word of a megabyte is not looked at again for each pronoun.
            self.people.iter().filter(|person| person.span.len() <= LONGEST_NAME).any(|person| {
                let words = if person.carried { person.span.of(&before.names) } else { person.span.of(text) };
                has_word(words.as_bytes(), name)
            })
        };
        self.strangers.len() == MOST_STRANGERS
            || self.strangers.iter().any(|stranger| stranger.end <= end && !is_known(stranger))
    }

    /// Remembers the subject of a sentence.
    pub(super) fn meet(&mut self, phrase: Phrase, before: &Carried, text: &str) {
        if phrase.kind != SpeakerKind::Pronoun {
            self.remember(phrase, false, before, text);
        }
    }

    fn remember(&mut self, phrase: Phrase, spoke: bool, before: &Carried, text: &str) {
        let words = |person: &Person| if person.carried { person.span.of(&before.names) } else { person.span.of(text) };
        let is_same = |person: &Person| words(person) == phrase.span.of(text);
        let spoke = spoke || self.people.iter().any(|person| is_same(person) && person.spoke);
        self.people.retain(|person| !is_same(person));
        if self.people.len() == MOST {
            self.people.remove(0);
        }
        let Phrase { span, kind, mut gender, .. } = phrase;
        if gender == Gender::Unknown {
            // `Maria Lang … Lang`
            let is_surname = |person: &&Person| {
                person.span.len() <= LONGEST_NAME && words(person).split_whitespace().next_back() == Some(span.of(text))
            };
            let mut named = self.people.iter().filter(is_surname).map(|person| person.gender);
            gender = named.next().filter(|first| named.all(|next| next == *first)).unwrap_or(gender);
        }
        self.people.push(Person { span, kind, gender, spoke, is_past: false, carried: false });
    }

    /// The last subject or speaker.
    pub(super) fn subject(&self) -> Option<Speaker> {
        let is_person = |person: &&Person| {
            matches!(person.gender, Gender::He | Gender::She | Gender::Either)
                || matches!(person.kind, SpeakerKind::Name | SpeakerKind::Title)
        };
        let last = self.people.last().filter(|person| !person.is_past).filter(is_person)?;
        Some(Speaker { span: last.span, kind: last.kind, rule: Rule::Nearby, sure: false, carried: last.carried })
    }

    /// The speaker that `phrase` names or stands for.
    pub(super) fn resolve(&mut self, phrase: Phrase, rule: Rule, before: &Carried, text: &str) -> Option<Speaker> {
        let Phrase { span, kind, .. } = phrase;
        if kind != SpeakerKind::Pronoun {
            self.remember(phrase, true, before, text);
            return Some(Speaker { span, kind, rule, sure: rule.is_sure(), carried: false });
        }
        let fits = |person: &&Person| may_be(phrase.gender, person);
        let fitting = || self.people.iter().rev().filter(fits);
        // Who spoke last is meant rather than who was last the subject.
        let Some(best) = fitting().find(|person| person.spoke).or_else(|| fitting().next()) else {
            return Some(Speaker { span, kind, rule: Rule::Pronoun, sure: false, carried: false });
        };
        let is_told = self.is_told(best, &phrase, || fitting().count(), before, text);
        let sure = is_told && best.spoke && rule.is_sure();
        Some(Speaker { span: best.span, kind: best.kind, rule: Rule::Pronoun, sure, carried: best.carried })
    }

    /// Whether the pronoun can hardly stand for anybody else. A name that may be a man's or a woman's is told only where no other
    /// name stands before the pronoun; across paragraphs, only somebody whose title, role or given name tells it.
    fn is_told(
        &self,
        best: &Person,
        pronoun: &Phrase,
        fitting: impl Fn() -> usize,
        before: &Carried,
        text: &str,
    ) -> bool {
        let is_exact = best.gender == pronoun.gender && pronoun.gender != Gender::It;
        let rivals =
            self.people.iter().filter(|person| person.is_past == best.is_past && may_be(pronoun.gender, person));
        let is_alone = rivals.count() == 1;
        let has_strangers = self.has_strangers(pronoun.span.start, before, text);
        match best.is_past {
            true => is_exact && fitting() == 1 && !has_strangers && !self.had_strangers,
            false if is_exact => is_alone,
            false => is_alone && best.kind != SpeakerKind::NounPhrase && !has_strangers,
        }
    }
}

/// Where the first apostrophe of a word stands, or else its end.
fn apostrophe(word: &[u8]) -> usize {
    memchr::memchr2_iter(b'\'', 0xE2, word).find(|&at| word[at] == b'\'' || is_curly(&word[at..])).unwrap_or(word.len())
}

fn is_curly(rest: &[u8]) -> bool {
    rest.starts_with("’".as_bytes())
}

/// Whether `word` is one of the words of a name, which blanks, dots and apostrophes part.
fn has_word(name: &[u8], word: &[u8]) -> bool {
    let parts = |byte: u8| matches!(byte, b' ' | b'\n' | b'.' | b'\'');
    let Some(first) = word.first() else { return name.is_empty() };
    let is_whole = |at: usize| {
        let (before, behind) = (&name[..at], &name[at + word.len()..]);
        (before.last().is_none_or(|byte| parts(*byte)) || before.ends_with("’".as_bytes()))
            && (behind.first().is_none_or(|byte| parts(*byte)) || is_curly(behind))
    };
    let is_one = !word.iter().any(|byte| parts(*byte)) && word.len() <= name.len();
    is_one && memchr::memchr_iter(*first, name).any(|at| name[at..].starts_with(word) && is_whole(at))
}

/// Whether a pronoun may stand for the person.
fn may_be(pronoun: Gender, person: &Person) -> bool {
    let is_anyone = person.gender == Gender::Unknown && (person.spoke || person.kind != SpeakerKind::NounPhrase);
    match pronoun {
        Gender::He => matches!(person.gender, Gender::He | Gender::Either) || is_anyone,
        Gender::She => matches!(person.gender, Gender::She | Gender::Either) || is_anyone,
        Gender::It => {
            person.gender == Gender::It || person.gender == Gender::Unknown && person.kind != SpeakerKind::Title
        }
        Gender::They => matches!(person.gender, Gender::They | Gender::It),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_of_names_are_found_by_bytes_as_by_characters(
            name in "([ABé]|An|Lang|[ .'’\n]){0,8}",
            stranger in "([ABé]|An|Lang|U\\.S|['’‘.]){1,4}",
        ) {
            let word = stranger.split(['\'', '’']).next().unwrap_or_default();
            prop_assert_eq!(&stranger.as_bytes()[..apostrophe(stranger.as_bytes())], word.as_bytes());
            let expected = name.split([' ', '\n', '.', '\'', '’']).any(|part| part == word);
            if !word.is_empty() { // as no word of a text is
                prop_assert_eq!(has_word(name.as_bytes(), word.as_bytes()), expected);
            }
        }
    }
}
