//! What stands before a full stop that need not end a sentence, and what stands behind one that does, by language: the
//! words of `abbreviations.txt`.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use foldhash::{HashMap, HashSet};

/// What follows an abbreviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name.
    Title,
    /// Always something.
    Inner,
    /// A number, or something else in the sentence.
    Number,
    /// A number, or else it is a common word.
    Word,
    /// It may end a sentence, and does before a word that sentences start with.
    Final,
    /// It ends a sentence before any capital.
    Closing,
    /// The time of day.
    Clock,
}

/// The lists of one language.
#[derive(Debug, Default)]
pub(super) struct Abbreviations {
    /// In lower case without the last full stop; whether only the capitalised form counts.
    kinds: HashMap<String, (Kind, bool)>,
    /// Words that sentences start with and names do not.
    starters: HashSet<&'static str>,
    /// Titles that open an address or a sentence even after an abbreviation.
    addresses: HashSet<&'static str>,
    /// Days and zones, which a time of day may precede.
    clocks: HashSet<&'static str>,
    /// Verbs that tell who speaks.
    sayings: HashSet<&'static str>,
    dotted_ordinals: bool,
    hyphenated_initials: bool,
}

/// The lines of one language, and its lists once they are asked for.
#[derive(Default)]
struct Lines {
    /// The name of each list, and its words.
    lines: Vec<(&'static str, &'static str)>,
    lists: OnceLock<Abbreviations>,
}

static LANGUAGES: LazyLock<HashMap<&'static str, Lines>> = LazyLock::new(|| {
    let mut languages: HashMap<&str, Lines> = HashMap::default();
    for line in include_str!("abbreviations.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some((list, rest)) = line.split_once(' ') {
            let (language, words) = rest.split_once(' ').unwrap_or((rest, ""));
            languages.entry(language).or_default().lines.push((list, words));
        }
    }
    languages
});

static NONE: LazyLock<Abbreviations> = LazyLock::new(Abbreviations::default);

impl Abbreviations {
    /// The lists of a language, by its English name in lower case; empty ones if it has none.
    pub(super) fn of(language: &str) -> &'static Abbreviations {
        LANGUAGES.get(language).map_or(&NONE, |Lines { lines, lists }| {
            lists.get_or_init(|| {
                let mut made = Abbreviations::default();
                lines.iter().for_each(|(list, words)| made.add(list, words.split_whitespace()));
                made
            })
        })
    }

    fn add(&mut self, list: &str, words: impl Iterator<Item = &'static str>) {
        let kind = match list {
            "title" => Kind::Title,
            "inner" => Kind::Inner,
            "number" => Kind::Number,
            "word" => Kind::Word,
            "closing" => Kind::Closing,
            "clock" => Kind::Clock,
            "starter" => return self.starters.extend(words),
            "address" => return self.addresses.extend(words),
            "after-clock" => return self.clocks.extend(words),
            "saying" => return self.sayings.extend(words),
            "ordinals" => return self.dotted_ordinals = true,
            "hyphens" => return self.hyphenated_initials = true,
            _ => Kind::Final,
        };
        let capital = |word: &str| word.starts_with(char::is_uppercase);
        self.kinds.extend(words.map(|word| (word.to_lowercase(), (kind, capital(word)))));
    }

    /// The kind of a word before a full stop, also behind an article as in `l’art.`
    pub(super) fn kind(&self, word: &str) -> Option<Kind> {
        let word = match word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            true => word,
            false => word.rsplit(['\'', '’']).next().unwrap_or(word),
        };
        let (kind, capital) = *self.kinds.get(&*lower_case(word, &mut [0; LONGEST]))?;
        (!capital || word.starts_with(char::is_uppercase)).then_some(kind)
    }

    pub(super) fn is_starter(&self, word: &str) -> bool {
        match word.is_ascii() {
            true => self.starters.contains(&*lower_case(word, &mut [0; LONGEST])),
            false => self.starters.contains(word.to_lowercase().replace('’', "'").as_str()),
        }
    }

    pub(super) fn knows_starters(&self) -> bool {
        !self.starters.is_empty()
    }

    pub(super) fn starts_address(&self, word: &str) -> bool {
        self.addresses.contains(word)
    }

    pub(super) fn belongs_to_clock(&self, word: &str) -> bool {
        self.clocks.contains(word)
    }

    pub(super) fn says(&self, word: &str) -> bool {
        self.sayings.contains(word)
    }

    /// Whether the language writes ordinals as `3.`
    pub(super) fn has_dotted_ordinals(&self) -> bool {
        self.dotted_ordinals
    }

    /// Whether the language joins initials as `J.-M.`
    pub(super) fn has_hyphenated_initials(&self) -> bool {
        self.hyphenated_initials
    }
}

/// Most words are no longer.
const LONGEST: usize = 24;

/// As [`str::to_lowercase`], in `room` if the word is of ASCII and fits.
fn lower_case<'a>(word: &str, room: &'a mut [u8; LONGEST]) -> Cow<'a, str> {
    let Some(room) = room.get_mut(..word.len()).filter(|_| word.is_ascii()) else {
        return Cow::Owned(word.to_lowercase());
    };
    room.copy_from_slice(word.as_bytes());
    room.make_ascii_lowercase();
    String::from_utf8_lossy(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_listed_with_a_capital_needs_one() {
        let english = Abbreviations::of("english");
        assert_eq!(english.kind("Gen"), Some(Kind::Title));
        assert_eq!(english.kind("gen"), None);
        assert_eq!(english.kind("INC"), Some(Kind::Final));
        assert_eq!(Abbreviations::of("klingon").kind("Mr"), None);
    }
}
