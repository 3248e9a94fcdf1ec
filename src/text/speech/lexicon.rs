//! The words by which speech is told: `english.txt`, read once. A word is looked up by its letters packed into a number, since
//! every word of a text is.

use std::sync::LazyLock;

use smallvec::SmallVec;

use super::Act;
use crate::text::scan::letters_first;

/// Classes that a word may belong to, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Class(u64);

macro_rules! classes {
    ($($name:ident $bit:literal),* $(,)?) => { impl Class { $(pub(super) const $name: Class = Class(1 << $bit);)* } };
}

classes! {
    PRONOUN 0, OBJECT 1, FIRST 2, SECOND 3, POSSESSIVE 4, DETERMINER 5, AUXILIARY 6, MODAL 7, NEGATION 8, CONJUNCTION 9,
    SUBORDINATOR 10, PREPOSITION 11, ADVERBIAL 12, TIME 13, FINITE 14, TITLE 15, HE 16, SHE 17, PERSON 18, THEY 19, IT 20,
    VERB 21, HEARSAY 22, NOUN 23, OPINION 24, ADVERB 25, THAT 26, TO 27, CAPITAL 28, NUMBER 29, OWNER 30, PAST_LIKE 31,
    LY 32, ING_LIKE 33, BE 34, PARTICLE 35, SETTING 36, GIVER 37, STANCE 38, DISTANCE 39, RELAY 40, UNCHANGED 41, REPLY 42, NAMING 43,
}

impl Class {
    /// What makes a clause of its words.
    pub(super) const PREDICATE: Class = Class::AUXILIARY.and(Class::MODAL).and(Class::FINITE);
    pub(super) const HELPER: Class = Class::AUXILIARY.and(Class::MODAL);
    pub(super) const PERSONAL: Class = Class::PRONOUN.and(Class::FIRST).and(Class::SECOND);
    /// What a noun phrase starts with …
    pub(super) const MARKER: Class = Class::DETERMINER.and(Class::POSSESSIVE);
    /// … or has before its noun.
    pub(super) const MARKED: Class = Class::MARKER.and(Class::OWNER);
    pub(super) const PEOPLE: Class = Class::HE.and(Class::SHE).and(Class::PERSON).and(Class::THEY).and(Class::IT);
    pub(super) const ADVERB_LIKE: Class = Class::ADVERBIAL.and(Class::LY);

    pub(super) const fn and(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    pub(super) fn has(self, any: Class) -> bool {
        self.0 & any.0 != 0
    }

    pub(super) fn add(&mut self, other: Class) {
        self.0 |= other.0;
    }

    pub(super) fn remove(&mut self, other: Class) {
        self.0 &= !other.0;
    }
}

/// Which form of a verb a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Base,
    Present,
    Past,
    Participle,
    Ing,
}

/// The forms that a word may be, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Forms(u8);

impl Forms {
    pub(super) fn has(self, any: &[Form]) -> bool {
        any.iter().any(|form| self.0 & Forms::bit(*form) != 0)
    }

    fn add(&mut self, form: Form) {
        self.0 |= Forms::bit(form);
    }

    fn bit(form: Form) -> u8 {
        1 << form as u8
    }
}

/// What may follow a verb; see the head of `english.txt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frames(u16);

impl Frames {
    pub(super) const THAT: Frames = Frames(1);
    pub(super) const BARE: Frames = Frames(2);
    pub(super) const WH: Frames = Frames(4);
    pub(super) const TO: Frames = Frames(8);
    pub(super) const HEARER: Frames = Frames(16);
    pub(super) const TOLD: Frames = Frames(32);
    pub(super) const WHOM: Frames = Frames(64);
    pub(super) const THING: Frames = Frames(128);
    pub(super) const AS: Frames = Frames(256);
    pub(super) const OF: Frames = Frames(1024);
    pub(super) const LABEL: Frames = Frames(2048);
    /// What stands in a clause of its own.
    pub(super) const CLAUSE: Frames = Frames(1 | 2 | 4 | 512);
    pub(super) const ANY: Frames = Frames(u16::MAX);

    pub(super) fn has(self, frame: Frames) -> bool {
        self.0 & frame.0 != 0
    }

    fn named(name: &str) -> Option<Frames> {
        let names = ["that", "bare", "wh", "to", "hearer", "told", "whom", "thing", "as", "quote", "of", "label"];
        names.iter().position(|known| *known == name).map(|bit| Frames(1 << bit))
    }
}

/// One way to use a verb.
#[derive(Clone, Debug)]
pub(super) struct Sense {
    pub(super) act: Act,
    pub(super) frames: Frames,
    /// The word that must come next: `call` + `for`.
    pub(super) particle: Option<&'static str>,
}

/// What the lists know of a word at once; every word of a text is asked for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    key: u128,
    pub(super) class: Class,
    pub(super) forms: Forms,
}

/// What they know of it beside.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Of verbs, and the kind of a noun as one sense without frames.
    pub(super) senses: SmallVec<[Sense; 1]>,
    pub(super) noun: Option<Act>,
}

/// No word of the lists is longer.
const LONGEST: usize = 16;

/// Places in the table of words: a power of two, of which the lists fill a quarter, so that most words that are in no list
/// are known by an empty place.
const PLACES: usize = 1 << 13;

/// The lists of a language.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// Where a word's number in `heads` and `entries` may stand: at the place of its hash or behind it.
    places: Box<[u16; PLACES]>,
    heads: Vec<Head>,
    entries: Vec<Entry>,
}

pub(super) static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("english.txt")));

impl Lexicon {
    fn read(lists: &'static str) -> Self {
        let mut lexicon = Lexicon {
            places: vec![0; PLACES].try_into().expect("as many as there are places"),
            heads: Vec::with_capacity(PLACES / 4),
            entries: Vec::with_capacity(PLACES / 4),
        };
        lexicon.heads.push(Head::default());
        lexicon.entries.push(Entry::default());
        for line in lists.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_ascii_whitespace();
            let list = words.next().unwrap_or_default();
            match list {
                "verb" => lexicon.add_verbs(words),
                "noun" => lexicon.add_nouns(words, Class::NOUN),
                "stance" => lexicon.add_nouns(words, Class::STANCE),
                "distance" => words.for_each(|verb| lexicon.add_forms(verb, Class::DISTANCE, None)),
                "reply" => words.for_each(|verb| lexicon.add_forms(verb, Class::REPLY, None)),
                "relay" => words.for_each(|verb| lexicon.add_forms(verb, Class::RELAY, None)),
                "hearsay" => words.for_each(|verb| lexicon.add_forms(verb, Class::HEARSAY, None)),
                _ => words.for_each(|word| lexicon.add(word, class_named(list))),
            }
        }
        lexicon.add("that", Class::THAT);
        lexicon.add("to", Class::TO);
        lexicon
    }

    fn add(&mut self, word: &str, class: Class) {
        let at = self.number(whole(word));
        self.heads[at].class.add(class);
    }

    fn add_verbs(&mut self, mut words: impl Iterator<Item = &'static str>) {
        let act = words.next().and_then(Act::named).expect("a test reads the list: a kind");
        let frames =
            words.next().unwrap_or_default().split(',').map(|name| Frames::named(name).expect("a known frame"));
        let frames = Frames(frames.fold(0, |all, frame| all | frame.0));
        for verb in words {
            let (forms, particle) = verb.split_once('+').map_or((verb, None), |(forms, next)| (forms, Some(next)));
            self.add_forms(forms, Class::VERB, Some(Sense { act, frames, particle }));
        }
    }

    fn add_nouns(&mut self, mut words: impl Iterator<Item = &'static str>, class: Class) {
        let act = words.next().and_then(Act::named).expect("a test reads the list: a kind");
        for word in words {
            let at = self.number(whole(word));
            self.heads[at].class.add(class);
            self.entries[at].noun.get_or_insert(act);
        }
    }

    fn add_forms(&mut self, verb: &str, class: Class, sense: Option<Sense>) {
        let mut parts = verb.split('/');
        let lemma = parts.next().unwrap_or_default();
        let past = parts.next().map_or_else(|| regular_past(lemma), whole);
        let participle = parts.next().map_or(past, whole);
        let forms = [
            (whole(lemma), Form::Base),
            (regular_present(lemma), Form::Present),
            (past, Form::Past),
            (participle, Form::Participle),
            (regular_ing(lemma), Form::Ing),
        ];
        for (word, form) in forms {
            let at = self.number(word);
            self.heads[at].class.add(class);
            self.heads[at].forms.add(form);
            let senses = &mut self.entries[at].senses;
            if let Some(sense) = &sense
                && !senses.iter().any(|known| known.particle == sense.particle && known.frames == sense.frames)
            {
                senses.push(sense.clone());
            }
        }
    }

    /// The number of a word, which is new if it is not listed yet.
    fn number(&mut self, word: Pieces) -> usize {
        let key = key_of(word).expect("a test reads the list: no word is longer than sixteen bytes");
        let place = self.place(key);
        if self.places[place] == 0 {
            self.places[place] = self.heads.len() as u16;
            self.heads.push(Head { key, ..Head::default() });
            self.entries.push(Entry::default());
        }
        usize::from(self.places[place])
    }

    /// Where the key stands, or else the empty place where it would.
    fn place(&self, key: u128) -> usize {
        // Multiplies and folds: the keys are few and known, so no one can choose them badly.
        let mixed = (key as u64 ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut place = (mixed >> (64 - PLACES.trailing_zeros())) as usize;
        while self.places[place] != 0 && self.heads[usize::from(self.places[place])].key != key {
            place = (place + 1) % PLACES;
        }
        place
    }

    /// The number of a word's entry; 0 is that of all words not listed.
    pub(super) fn find(&self, word: &str) -> u16 {
        key_of(whole(word)).map_or(0, |key| self.places[self.place(key)])
    }

    /// The same for a word that was taken for one of [letters](Letters).
    pub(super) fn find_letters(&self, word: Letters) -> u16 {
        self.places[self.place(word.key)]
    }

    pub(super) fn head(&self, at: u16) -> &Head {
        &self.heads[usize::from(at)]
    }

    pub(super) fn get(&self, at: u16) -> &Entry {
        &self.entries[usize::from(at)]
    }
}

/// A word in pieces, so that to read the lists takes no memory for each form of a verb: they are read at every start.
type Pieces<'a> = [&'a str; 3];

fn whole(word: &str) -> Pieces<'_> {
    [word, "", ""]
}

/// The bytes of a word, ASCII letters in lower case, as one number.
fn key_of(word: Pieces) -> Option<u128> {
    let (mut bytes, mut end) = ([0; LONGEST], 0);
    for piece in word {
        bytes.get_mut(end..end + piece.len())?.copy_from_slice(piece.as_bytes());
        end += piece.len();
    }
    bytes.make_ascii_lowercase();
    Some(u128::from_le_bytes(bytes))
}

const HALF: usize = LONGEST / 2;
/// In a letter this bit tells its case.
const LOWER: u128 = u128::from_le_bytes([0x20; LONGEST]);

/// A word of ASCII letters, no longer than any in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) len: usize,
    key: u128,
}

impl Letters {
    /// The letters from `from` on, if there are any and fewer than [`LONGEST`], up to something else; near the end of the text, where
    /// sixteen bytes cannot be taken at once, none are.
    pub(super) fn at(text: &[u8], from: usize) -> Option<Self> {
        let near = u128::from_le_bytes(*text.get(from..)?.first_chunk::<LONGEST>()?);
        let len = letters_first(near as u64);
        if (1..HALF).contains(&len) {
            let key = (near as u64 | LOWER as u64) & (u64::MAX >> (8 * (HALF - len)));
            return Some(Letters { len, key: u128::from(key) });
        }
        let len = len + if len == HALF { letters_first((near >> 64) as u64) } else { 0 };
        (HALF..LONGEST)
            .contains(&len)
            .then(|| Letters { len, key: (near | LOWER) & (u128::MAX >> (8 * (LONGEST - len))) })
    }
}

fn class_named(list: &str) -> Class {
    match list {
        "opinion" => Class::OPINION,
        "adverb" => Class::ADVERB,
        "pronoun" => Class::PRONOUN,
        "object" => Class::OBJECT,
        "first" => Class::FIRST,
        "second" => Class::SECOND,
        "possessive" => Class::POSSESSIVE,
        "determiner" => Class::DETERMINER,
        "auxiliary" => Class::AUXILIARY,
        "be" => Class::AUXILIARY.and(Class::BE),
        "giver" => Class::GIVER,
        "setting" => Class::SETTING,
        "particle" => Class::PARTICLE,
        "unchanged" => Class::UNCHANGED,
        "naming" => Class::NAMING.and(Class::PAST_LIKE),
        "modal" => Class::MODAL,
        "negation" => Class::NEGATION,
        "conjunction" => Class::CONJUNCTION,
        "subordinator" => Class::SUBORDINATOR,
        "preposition" => Class::PREPOSITION,
        "adverbial" => Class::ADVERBIAL,
        "time" => Class::TIME,
        "finite" => Class::FINITE,
        "title" => Class::TITLE,
        "he" => Class::HE,
        "she" => Class::SHE,
        "person" => Class::PERSON,
        "they" => Class::THEY,
        "it" => Class::IT,
        _ => panic!("english.txt: no list is named {list:?}"),
    }
}

fn is_vowel(byte: u8) -> bool {
    b"aeiou".contains(&byte)
}

fn ends_in_consonant_y(lemma: &str) -> bool {
    matches!(lemma.as_bytes(), [.., before, b'y'] if !is_vowel(*before))
}

fn regular_present(lemma: &str) -> Pieces<'_> {
    match lemma {
        "have" => whole("has"),
        "go" => whole("goes"),
        _ if ends_in_consonant_y(lemma) => [&lemma[..lemma.len() - 1], "ies", ""],
        _ if lemma.ends_with(['s', 'x', 'z']) || lemma.ends_with("sh") || lemma.ends_with("ch") => [lemma, "es", ""],
        _ => [lemma, "s", ""],
    }
}

fn regular_past(lemma: &str) -> Pieces<'_> {
    match lemma {
        _ if ends_in_consonant_y(lemma) => [&lemma[..lemma.len() - 1], "ied", ""],
        _ if lemma.ends_with('e') => [lemma, "d", ""],
        _ => [lemma, doubling(lemma), "ed"],
    }
}

fn regular_ing(lemma: &str) -> Pieces<'_> {
    match lemma.strip_suffix('e') {
        Some(stem) if !lemma.ends_with("ee") => [stem, "ing", ""],
        _ => [lemma, doubling(lemma), "ing"],
    }
}

/// The `t` that `admit` gets before an ending, and its like.
fn doubling(lemma: &str) -> &str {
    let doubles = ["admit", "beg", "dub", "slam", "submit", "cut", "put", "quip", "snap", "begin", "sob"];
    if doubles.contains(&lemma) { &lemma[lemma.len() - 1..] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_word_of_the_lists_is_found_in_all_its_forms() {
        for word in ["said", "says", "saying", "denies", "denied", "Admitted", "urging", "WARNS", "sworn", "agreed"] {
            assert!(ENGLISH.head(ENGLISH.find(word)).class.has(Class::VERB), "{word}");
        }
        assert_eq!(
            ENGLISH.get(ENGLISH.find("called")).senses.iter().filter(|sense| sense.particle.is_some()).count(),
            4
        );
        assert_eq!(ENGLISH.find("pier"), 0);
        assert_eq!(ENGLISH.find("a word that is far too long for the lists"), 0);
        assert!(ENGLISH.entries.len() < PLACES / 3, "{} words fill the table", ENGLISH.entries.len());
    }

    proptest! {
        #[test]
        fn a_word_of_letters_is_found_in_a_text_as_by_itself(
            before in "[a-z ]{0,3}",
            word in "(said|SAYS|according|told|[a-zA-Z]{1,15}|[@\\[`{é’]){1,2}",
            after in "[ .0a@é’]{0,20}",
        ) {
            let text = format!("{before}{word}{after}");
            let expected = text[before.len()..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let found = Letters::at(text.as_bytes(), before.len());
            let is_near = text.len() >= before.len() + LONGEST && (1..LONGEST).contains(&expected);
            prop_assert_eq!(found.map(|word| word.len), is_near.then_some(expected));
            if let Some(found) = found {
                let word = &text[before.len()..before.len() + expected];
                prop_assert_eq!(ENGLISH.find_letters(found), ENGLISH.find(word));
            }
        }
    }
}
