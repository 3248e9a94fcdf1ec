//! Token → the words in it, and which of a cue file's questions each of them answers.
//!
//! An English token may hold two words (`we'll`, `don't`, `cannot`): patterns see them apart, as `we will`, `do not`, `can not`, so
//! that nobody must write every pattern twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::blocks::Blocks;
use super::lists::{self, Ends, Lists, PackedLists};
use super::pattern::{Ask, Classes};
use crate::packed::Packed;
use crate::text::Span;
use crate::text::stem::{self, Language, Stems};

/// The number of a question: is this word a `blam*`, one of `@harm`, a number?
pub type AskId = u16;

/// All questions that the patterns of a cue file ask, arranged for looking a word up.
#[derive(Clone, Debug, PartialEq)]
pub struct Questions {
    language: Language,
    count: usize,
    words: Lexicon,
    stems: Lexicon,
    globs: Globs,
    shapes: Vec<(Ask, AskId)>,
}

/// What no block holds of [`Questions`].
#[derive(Serialize, Deserialize)]
pub struct Rest {
    language: Language,
    count: usize,
    /// Word patterns that do not end in their only `*`, each with the questions that it answers.
    globs: Vec<(String, Vec<AskId>)>,
    shapes: Vec<(Ask, AskId)>,
}

/// Numbers questions as patterns ask them.
#[derive(Default)]
pub struct Asked {
    numbers: HashMap<Ask, AskId>,
}

impl Asked {
    /// The number of a question; `None` when there are more than 65,536.
    pub fn number(&mut self, ask: &Ask) -> Option<AskId> {
        if let Some(&number) = self.numbers.get(ask) {
            return Some(number);
        }
        let next = AskId::try_from(self.numbers.len()).ok()?;
        self.numbers.insert(ask.clone(), next);
        Some(next)
    }

    /// Every question with its number, in the order of the numbers.
    fn in_order(&self) -> Vec<(&Ask, AskId)> {
        let mut all: Vec<(&Ask, AskId)> = self.numbers.iter().map(|(ask, number)| (ask, *number)).collect();
        all.sort_unstable_by_key(|(_, number)| *number);
        all
    }
}

/// The entries of every class, classes within classes replaced by theirs once they are asked for: of classes that each hold the next
/// one, all together would be as many as the square of theirs.
pub struct Leaves {
    classes: BTreeMap<String, Class>,
}

struct Class {
    entries: Vec<Ask>,
    leaves: OnceLock<Vec<Ask>>,
}

impl Leaves {
    pub fn new(classes: &Classes, language: Language) -> Self {
        // Entries were read when the file was; one that cannot be read matches nothing.
        let read = |entries: &Vec<String>| {
            entries.iter().filter_map(|entry| super::pattern::entry(entry, classes, language).ok()).collect()
        };
        let class = |entries| Class { entries: read(entries), leaves: OnceLock::new() };
        Leaves { classes: classes.iter().map(|(name, entries)| (name.clone(), class(entries))).collect() }
    }

    /// The leaves of a class and of those that it holds, each of these once.
    fn spread(&self, name: &str) -> Vec<Ask> {
        let (mut found, mut open, mut seen) = (Vec::new(), vec![name], HashSet::from([name]));
        while let Some(class) = open.pop() {
            for ask in self.classes.get(class).into_iter().flat_map(|class| &class.entries) {
                match ask {
                    Ask::Class(inner) if seen.insert(inner) => open.push(inner),
                    Ask::Class(_) => {}
                    leaf => found.push(leaf.clone()),
                }
            }
        }
        found
    }

    /// A class that comes down to nothing: it only holds itself.
    pub fn first_empty(&self) -> Option<&str> {
        let mut holders: HashMap<&str, Vec<&str>> = HashMap::new();
        let (mut open, mut full): (Vec<&str>, HashSet<&str>) = (Vec::new(), HashSet::new());
        for (name, class) in &self.classes {
            for ask in &class.entries {
                match ask {
                    Ask::Class(inner) => holders.entry(inner).or_default().push(name),
                    _ => open.push(name),
                }
            }
        }
        // What holds a class that comes down to something comes down to that.
        while let Some(name) = open.pop() {
            if full.insert(name) {
                open.extend(holders.get(name).into_iter().flatten());
            }
        }
        self.classes.keys().map(String::as_str).find(|name| !full.contains(name))
    }

    /// What a question comes down to: words, globs, stems and shapes.
    fn of<'a>(&'a self, ask: &'a Ask) -> &'a [Ask] {
        match ask {
            Ask::Class(name) => match self.classes.get(name) {
                Some(class) => class.leaves.get_or_init(|| self.spread(name)),
                None => &[],
            },
            leaf => std::slice::from_ref(leaf),
        }
    }
}

/// How often the commoner words stand in the project's own training documents: a frequency a line, in words of a million, then the words.
const COMMON: &str = include_str!("common.txt");

/// How common words are thought to be. Only the speed of matching depends on it.
pub struct Frequencies<'a> {
    leaves: &'a Leaves,
    common: &'static Common,
}

/// The share of running words that each of the commoner words makes up, and each stem of theirs, in the order of the alphabet.
struct Common {
    words: BTreeMap<&'static str, f64>,
    stems: BTreeMap<String, f64>,
}

static COMMONER: LazyLock<Common> = LazyLock::new(Common::new);

impl Common {
    fn new() -> Common {
        let mut common = Common { words: BTreeMap::new(), stems: BTreeMap::new() };
        let mut stems = Stems::new(Language::English);
        for line in COMMON.lines() {
            let mut pieces = line.split(' ');
            let share = pieces.next().and_then(|count| count.parse::<f64>().ok()).unwrap_or_default() / 1e6;
            for word in pieces {
                common.words.insert(word, share);
                *common.stems.entry(stems.stem(word).to_owned()).or_default() += share;
            }
        }
        common
    }
}

impl<'a> Frequencies<'a> {
    pub fn new(leaves: &'a Leaves) -> Self {
        Frequencies { leaves, common: &COMMONER }
    }

    /// A guess at the share of running words that answer a question.
    pub fn share(&self, ask: &Ask) -> f64 {
        self.leaves.of(ask).iter().map(|leaf| self.leaf(leaf)).sum()
    }

    /// What the list says, and a little for words that it does not hold: they are one in ten of running words. Shapes as they were counted in
    /// the same documents.
    fn leaf(&self, leaf: &Ask) -> f64 {
        let Common { words, stems } = self.common;
        match leaf {
            Ask::Word(word) => words.get(word.as_str()).copied().unwrap_or(4e-6),
            Ask::Glob(glob) => {
                let start = &glob[..glob.find(['*', '?']).unwrap_or(glob.len())];
                let begin_so = words.range(start..).take_while(|(word, _)| word.starts_with(start));
                1.1 * begin_so.filter(|(word, _)| fits(glob, word)).map(|(_, share)| share).sum::<f64>() + 2e-5
            }
            Ask::Stem(word) => stems.get(Stems::new(Language::English).stem(word)).copied().unwrap_or_default() + 1e-5,
            Ask::Name => 0.106,
            Ask::Number => 0.015,
            Ask::Capitals => 0.006,
            Ask::Possessive => 0.003,
            Ask::Question | Ask::Exclamation => 0.002,
            Ask::Class(_) => 0.01,
        }
    }
}

impl Questions {
    pub fn new(asked: &Asked, leaves: &Leaves, language: Language) -> Self {
        let (mut words, mut stems, mut globs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut shapes = Vec::new();
        let mut stemmer = Stems::new(language);
        let add = |to: &mut BTreeMap<String, Vec<AskId>>, key: &str, number| match to.get_mut(key) {
            Some(numbers) => numbers.push(number),
            None => drop(to.insert(key.to_owned(), vec![number])),
        };
        for (ask, number) in asked.in_order() {
            for leaf in leaves.of(ask) {
                match leaf {
                    Ask::Word(word) => add(&mut words, word, number),
                    Ask::Stem(word) => add(&mut stems, stemmer.stem(word), number),
                    Ask::Glob(glob) => add(&mut globs, glob, number),
                    Ask::Class(_) => unreachable!("leaves are no classes"),
                    shape => shapes.push((shape.clone(), number)),
                }
            }
        }
        let (words, stems, globs) = (Lexicon::new(&words), Lexicon::new(&stems), Globs::new(globs));
        Questions { language, count: asked.numbers.len(), words, stems, globs, shapes }
    }

    /// What is too small or too mixed to be a block: how many questions there are, word patterns, shapes.
    pub fn rest(&self) -> Rest {
        let globs = self.globs.others.iter().map(|glob| (glob.text.clone(), glob.answers.clone())).collect();
        Rest { language: self.language, count: self.count, globs, shapes: self.shapes.clone() }
    }

    pub fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        self.words.put(blocks);
        self.stems.put(blocks);
        self.globs.beginnings.put(blocks);
        blocks.push(self.globs.shorter.bytes());
    }

    /// From the blocks that [`put`](Questions::put) wrote, and the rest.
    pub fn take(blocks: &mut Blocks, Rest { language, count, globs, shapes }: Rest) -> Option<Self> {
        let (words, stems) = (Lexicon::take(blocks)?, Lexicon::take(blocks)?);
        let globs = Globs::of(Lexicon::take(blocks)?, blocks.numbers()?, globs);
        Some(Questions { language, count, words, stems, globs, shapes })
    }

    /// Whether these are questions for words of `language`, and every number in them that of a question: else they come from a damaged
    /// file.
    pub fn are_sound(&self, language: Language) -> bool {
        let known = |number: AskId| usize::from(number) < self.count;
        self.language == language
            && self.count <= usize::from(AskId::MAX) + 1
            && [&self.words, &self.stems].into_iter().all(|lexicon| lexicon.is_sound(known))
            && self.globs.is_sound(known)
            && self.shapes.iter().all(|(_, number)| known(*number))
    }

    /// The commoner words, parts of short forms by themselves: the share of running words that each makes up; and for each question those that
    /// answer it.
    pub fn common_words(&self) -> (Vec<f64>, Lists<u16>) {
        let (mut shares, mut answered, mut stems) = (Vec::new(), Vec::new(), Stems::new(self.language));
        for (word, share) in &COMMONER.words {
            let stem = stems.stem(word).to_owned();
            self.parts(word, &stem, &stems, |_, answers| {
                answered.extend(answers.iter().map(|ask| (usize::from(*ask), shares.len() as u16)));
                shares.push(*share);
            });
        }
        (shares, Lists::sorted(self.count, answered.iter().copied()))
    }

    /// How many questions there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Calls `found` with each word of a token as it stands in the text: which bytes of the token it takes, and the questions that it answers
    /// with yes, rising. `stem` is the token's own stem, and `stems` makes those of other words.
    pub fn parts(&self, surface: &str, stem: &str, stems: &Stems, mut found: impl FnMut(Span, &[AskId])) {
        let folded = stem::fold(surface, self.language);
        let whole = Span::new(0, surface.len());
        if self.language != Language::English || !(folded.contains('\'') || folded == "cannot") {
            let mut answers = Answers::new();
            self.of_word(&folded, stem, &mut answers);
            self.of_shape(surface, false, &mut answers);
            return found(whole, in_order(&mut answers));
        }
        for Piece { span, words, possessive } in english_pieces(surface, &folded) {
            let mut answers = Answers::new();
            for word in &words {
                let own = if *word == folded { stem.into() } else { stems.compute(word) };
                self.of_word(word, &own, &mut answers);
            }
            self.of_shape(span.of(surface), possessive, &mut answers);
            found(span, in_order(&mut answers));
        }
    }

    fn of_word(&self, word: &str, stem: &str, answers: &mut Answers) {
        self.words.add(word, answers);
        self.stems.add(stem, answers);
        self.globs.add(word, answers);
    }

    fn of_shape(&self, surface: &str, possessive: bool, answers: &mut Answers) {
        if !self.shapes.is_empty() {
            let shape = Shape::of(surface, possessive);
            answers.extend(self.shapes.iter().filter(|(ask, _)| shape.is(ask)).map(|(_, number)| *number));
        }
    }
}

/// The questions that a word answers; few words answer more than so many.
type Answers = SmallVec<[AskId; 64]>;

fn in_order(answers: &mut Answers) -> &[AskId] {
    answers.sort_unstable();
    answers.dedup();
    answers
}

/// Words, each with the questions that it answers, in the order of the words.
#[derive(Clone, Debug, PartialEq)]
struct Lexicon {
    text: Bytes,
    /// Where each word ends in the text.
    ends: Ends,
    answers: PackedLists<AskId>,
    /// For each kind of [`beginning`] how many words come before the first of it.
    starts: Packed<u32>,
}

impl Lexicon {
    fn new(words: &BTreeMap<String, Vec<AskId>>) -> Self {
        let (mut text, mut ends, mut answers) = (String::new(), Vec::new(), Lists::default());
        for (word, numbers) in words {
            text.push_str(word);
            ends.push(text.len() as u32);
            answers.push(numbers.iter().copied());
        }
        let starts = starts(words.keys().map(String::as_bytes));
        Lexicon { text: text.into(), ends: ends.into_iter().collect(), answers: (&answers).into(), starts }
    }

    fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        blocks.push(&self.text);
        self.ends.put(blocks);
        self.answers.put(blocks);
        blocks.push(self.starts.bytes());
    }

    fn take(blocks: &mut Blocks) -> Option<Self> {
        let (text, ends) = (blocks.bytes()?, Ends::take(blocks)?);
        Some(Lexicon { text, ends, answers: PackedLists::take(blocks)?, starts: blocks.numbers()? })
    }

    fn is_sound(&self, known: impl Fn(AskId) -> bool) -> bool {
        self.ends.are_sound(self.text.len())
            && self.answers.are_sound(known)
            && self.answers.len() == self.ends.len()
            && self.starts == starts((0..self.ends.len()).map(|at| self.word(at)))
    }

    fn word(&self, at: usize) -> &[u8] {
        &self.text[self.ends.range(at)]
    }

    /// How many words come before the first that is not `below`, which `word` decides: all that come before it are, or all but itself.
    fn partition_point(&self, word: &[u8], below: impl Fn(&[u8]) -> bool) -> usize {
        let beginning = beginning(word);
        let words = self.starts.get(beginning) as usize..self.starts.get(beginning + 1) as usize;
        lists::partition_point(words, |at| below(self.word(at)))
    }

    /// Adds the questions that a word answers.
    fn add(&self, word: &str, to: &mut Answers) {
        let word = word.as_bytes();
        let at = self.partition_point(word, |known| known < word);
        if at < self.ends.len() && self.word(at) == word {
            to.extend(self.answers.of(at));
        }
    }
}

/// How many kinds of beginnings are told apart.
const BEGINNINGS: usize = 28 * 28;

/// The kind of a word's beginning: of two letters, or of what stands before or behind all letters; it rises with the words.
fn beginning(word: &[u8]) -> usize {
    let class = |at: usize| match word.get(at) {
        Some(byte @ b'a'..=b'z') => usize::from(byte - b'a') + 1,
        Some(byte) if *byte > b'z' => 27,
        _ => 0,
    };
    match class(0) {
        first @ 1..=26 => first * 28 + class(1),
        other => other * 28,
    }
}

/// For each kind of [`beginning`] how many of the words come before the first of it, and behind these how many there are.
fn starts<'a>(words: impl Iterator<Item = &'a [u8]>) -> Packed<u32> {
    let mut counts = vec![0; BEGINNINGS + 1];
    words.for_each(|word| counts[beginning(word) + 1] += 1);
    let mut before = 0;
    let start = |count| {
        before += count;
        before
    };
    counts.into_iter().map(start).collect()
}

/// Word patterns with `*` for any letters and `?` for one.
#[derive(Clone, Debug, PartialEq)]
struct Globs {
    /// What stands before the `*` of those that end in one and have no other sign.
    beginnings: Lexicon,
    /// For each beginning the number of the longest other one that it begins with, plus one; 0 if there is none.
    shorter: Packed<u32>,
    others: Vec<Glob>,
    /// The others by the byte that a word must end in, and behind these those that leave that open.
    by_last: Lists<u32>,
}

#[derive(Clone, Debug, PartialEq)]
struct Glob {
    text: String,
    answers: Vec<AskId>,
    /// How many bytes stand before its first sign and behind its last, which every word has that fits.
    ends: (usize, usize),
}

const OPEN: usize = 256;

impl Globs {
    fn new(globs: BTreeMap<String, Vec<AskId>>) -> Globs {
        let is_beginning = |glob: &str| glob.strip_suffix('*').is_some_and(|start| !start.contains(['*', '?']));
        let (beginnings, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            globs.into_iter().partition(|(glob, _)| is_beginning(glob));
        let beginnings: BTreeMap<String, Vec<AskId>> =
            beginnings.into_iter().map(|(glob, answers)| (glob.trim_end_matches('*').to_owned(), answers)).collect();
        let (mut shorter, mut open): (Vec<u32>, Vec<(&str, u32)>) = (Vec::new(), Vec::new());
        for (beginning, number) in beginnings.keys().zip(1..) {
            while open.pop_if(|(other, _)| !beginning.starts_with(*other)).is_some() {}
            shorter.push(open.last().map_or(0, |(_, number)| *number));
            open.push((beginning, number));
        }
        Globs::of(Lexicon::new(&beginnings), shorter.into_iter().collect(), others.into_iter().collect())
    }

    fn of(beginnings: Lexicon, shorter: Packed<u32>, others: Vec<(String, Vec<AskId>)>) -> Globs {
        let others: Vec<Glob> = others.into_iter().map(|(text, answers)| Glob::new(text, answers)).collect();
        let last = |glob: &Glob| match glob.text.as_bytes().last() {
            None | Some(b'*' | b'?') => OPEN,
            Some(byte) => usize::from(*byte),
        };
        let by_last = Lists::sorted(OPEN + 1, others.iter().map(last).zip(0..));
        Globs { beginnings, shorter, others, by_last }
    }

    fn is_sound(&self, known: impl Fn(AskId) -> bool) -> bool {
        self.beginnings.is_sound(&known)
            && self.others.iter().flat_map(|glob| &glob.answers).all(|number| known(*number))
            && self.shorter.len() == self.beginnings.ends.len()
            // Each leads to one before it, so that no search goes in circles.
            && self.shorter.iter().zip(0..).all(|(shorter, own)| shorter <= own)
    }

    /// Adds the questions that a word answers. Beginnings are found from the last that is no greater than the word, by way of ever shorter
    /// ones.
    fn add(&self, word: &str, to: &mut Answers) {
        let bytes = word.as_bytes();
        let mut next = self.beginnings.partition_point(bytes, |beginning| beginning <= bytes);
        // The last one may go on otherwise than the word; then what it begins with may still be a beginning of the word.
        while let Some(at) = next.checked_sub(1) {
            if bytes.starts_with(self.beginnings.word(at)) {
                to.extend(self.beginnings.answers.of(at));
            }
            next = self.shorter.get(at) as usize;
        }
        let last = bytes.last().map_or(&[][..], |last| self.by_last.of(usize::from(*last)));
        for at in last.iter().chain(self.by_last.of(OPEN)) {
            let glob = &self.others[*at as usize];
            if glob.may_fit(word) && fits(&glob.text, word) {
                to.extend_from_slice(&glob.answers);
            }
        }
    }
}

impl Glob {
    fn new(text: String, answers: Vec<AskId>) -> Glob {
        let sign = |c| matches!(c, '*' | '?');
        let ends =
            (text.find(sign).unwrap_or(text.len()), text.rfind(sign).map_or(text.len(), |at| text.len() - at - 1));
        Glob { text, answers, ends }
    }

    fn may_fit(&self, word: &str) -> bool {
        let (word, text, (before, behind)) = (word.as_bytes(), self.text.as_bytes(), self.ends);
        word.starts_with(&text[..before]) && word.ends_with(&text[text.len() - behind..])
    }
}

fn fits(glob: &str, word: &str) -> bool {
    let Some((first, rest)) = glob.split_once('*') else { return prefix(glob, word) == Some(word.len()) };
    if first.is_empty() && !rest.contains(['*', '?']) {
        return word.ends_with(rest);
    }
    let Some(mut at) = prefix(first, word) else { return false };
    let mut pieces = rest.split('*');
    let last = pieces.next_back().unwrap_or_default();
    let places = |at: usize| (at..=word.len()).filter(|&from| word.is_char_boundary(from));
    for piece in pieces {
        let found = if piece.contains('?') {
            places(at).find_map(|from| prefix(piece, &word[from..]).map(|length| from + length))
        } else {
            memchr::memmem::find(&word.as_bytes()[at..], piece.as_bytes()).map(|from| at + from + piece.len())
        };
        match found {
            Some(end) => at = end,
            None => return false,
        }
    }
    // The last piece takes one character for each of its own, so there is one place where it may begin.
    let letters = last.chars().count();
    let start = letters.checked_sub(1).map_or(Some(word.len()), |n| word.char_indices().nth_back(n).map(|(at, _)| at));
    start.is_some_and(|start| start >= at && prefix(last, &word[start..]).is_some())
}

/// How many bytes of `word` the piece takes at its beginning, if it fits there.
fn prefix(piece: &str, word: &str) -> Option<usize> {
    let mut rest = word.chars();
    for wanted in piece.chars() {
        match rest.next() {
            Some(c) if wanted == '?' || wanted == c => {}
            _ => return None,
        }
    }
    Some(word.len() - rest.as_str().len())
}

/// What a word looks like, seen in one pass.
#[derive(Default)]
struct Shape {
    possessive: bool,
    has_number: bool,
    exclaims: bool,
    asks: bool,
    is_i: bool,
    letters: usize,
    capitals: usize,
    begins_with_capital: bool,
}

impl Shape {
    fn of(surface: &str, possessive: bool) -> Shape {
        let mut shape = Shape { possessive, is_i: surface == "I", ..Shape::default() };
        for c in surface.chars() {
            if c.is_alphabetic() {
                let is_capital = c.is_uppercase();
                shape.begins_with_capital |= is_capital && shape.letters == 0;
                shape.letters += 1;
                shape.capitals += usize::from(is_capital);
            } else {
                shape.exclaims |= matches!(c, '!' | '！' | '‼' | '¡' | '⁉' | '⁈');
                shape.asks |= matches!(c, '?' | '？' | '⁇' | '¿' | '؟' | '⁉' | '⁈');
            }
            shape.has_number |= c.is_numeric();
        }
        shape
    }

    fn is(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Number => self.has_number && self.letters == 0,
            Ask::Capitals => self.letters >= 2 && self.capitals == self.letters,
            Ask::Name => self.begins_with_capital && !self.is_i,
            Ask::Possessive => self.possessive,
            Ask::Exclamation => self.exclaims,
            Ask::Question => self.asks,
            Ask::Word(_) | Ask::Glob(_) | Ask::Stem(_) | Ask::Class(_) => false,
        }
    }
}

/// The words of an English short form, each with what it may stand for; `None` for a single word.
pub fn short_form(word: &str) -> Option<Vec<Vec<String>>> {
    let pieces = english_pieces(word, &stem::fold(word, Language::English));
    (pieces.len() > 1).then(|| pieces.into_iter().map(|piece| piece.words).collect())
}

/// What the ending of an English short form stands for where it is written by itself (`n't`), as no text has it; nothing for other words.
pub fn ending(word: &str) -> &'static [&'static str] {
    match &*stem::fold(word, Language::English) {
        "n't" => &["not"],
        "'ll" => &["will"],
        "'ve" => &["have"],
        "'re" => &["are"],
        "'m" => &["am"],
        "'d" => &["would", "had"],
        "'s" => &["is", "has"],
        _ => &[],
    }
}

/// A part of a token and the words that it may stand for.
struct Piece {
    span: Span,
    words: Vec<String>,
    possessive: bool,
}

/// Who may take a short form of `is` or `has`: after any other word `'s` is a possessive.
const SUBJECTS: [&str; 19] = [
    "it",
    "he",
    "she",
    "that",
    "this",
    "there",
    "here",
    "what",
    "who",
    "where",
    "how",
    "when",
    "why",
    "everyone",
    "everybody",
    "nobody",
    "somebody",
    "someone",
    "everything",
];

fn english_pieces(surface: &str, folded: &str) -> Vec<Piece> {
    let whole = |words: Vec<String>, possessive| vec![Piece { span: Span::new(0, surface.len()), words, possessive }];
    // Letters that change their length when lower-cased stand in no English short form.
    if surface.len() != folded.len() && surface.chars().count() != folded.chars().count() {
        return whole(vec![folded.to_owned()], false);
    }
    if let "cannot" = folded {
        return two(surface, 3, "can", "not");
    }
    let Some(apostrophe) = folded.rfind('\'') else { return whole(vec![folded.to_owned()], false) };
    let (base, ending) = (&folded[..apostrophe], &folded[apostrophe + 1..]);
    let letters = base.chars().count();
    let cut = |letters: usize| surface.char_indices().nth(letters).map_or(surface.len(), |(at, _)| at);
    match ending {
        "t" if base.ends_with('n') => {
            let stem = match base {
                "won" => "will",
                "can" => "can",
                "shan" => "shall",
                "ain" => "is",
                other => &other[..other.len() - 1],
            };
            two(surface, cut(letters - 1), stem, "not")
        }
        "ll" => two(surface, cut(letters), base, "will"),
        "ve" => two(surface, cut(letters), base, "have"),
        "re" => two(surface, cut(letters), base, "are"),
        "m" if base == "i" => two(surface, cut(letters), base, "am"),
        "d" if !base.is_empty() => {
            let mut pieces = two(surface, cut(letters), base, "would");
            pieces[1].words.push("had".into());
            pieces
        }
        "s" if base == "let" => two(surface, cut(letters), "let", "us"),
        "s" if SUBJECTS.contains(&base) => {
            let mut pieces = two(surface, cut(letters), base, "is");
            pieces[1].words.push("has".into());
            pieces
        }
        "s" => whole(vec![base.to_owned(), folded.to_owned()], true),
        "" => whole(vec![base.to_owned()], true),
        _ => whole(vec![folded.to_owned()], false),
    }
}

fn two(surface: &str, cut: usize, first: &str, second: &str) -> Vec<Piece> {
    let piece = |span, word: &str| Piece { span, words: vec![word.to_owned()], possessive: false };
    vec![piece(Span::new(0, cut), first), piece(Span::new(cut, surface.len()), second)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(surface: &str) -> Vec<(String, Vec<String>)> {
        let pieces = english_pieces(surface, &stem::fold(surface, Language::English));
        pieces.into_iter().map(|piece| (piece.span.of(surface).to_owned(), piece.words)).collect()
    }

    fn pair(surface: &str, parts: [(&str, &[&str]); 2]) {
        let parts =
            parts.map(|(own, words)| (own.to_owned(), words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()));
        assert_eq!(seen(surface), parts, "{surface}");
    }

    #[test]
    fn short_forms_are_two_words() {
        pair("We’ll", [("We", &["we"]), ("’ll", &["will"])]);
        pair("don't", [("do", &["do"]), ("n't", &["not"])]);
        pair("Won't", [("Wo", &["will"]), ("n't", &["not"])]);
        pair("cannot", [("can", &["can"]), ("not", &["not"])]);
        pair("can’t", [("ca", &["can"]), ("n’t", &["not"])]);
        pair("they'd", [("they", &["they"]), ("'d", &["would", "had"])]);
        pair("Let's", [("Let", &["let"]), ("'s", &["us"])]);
        pair("it's", [("it", &["it"]), ("'s", &["is", "has"])]);
    }

    #[test]
    fn a_possessive_is_its_noun() {
        assert_eq!(
            seen("Parliament's"),
            [("Parliament's".to_owned(), vec!["parliament".into(), "parliament's".into()])]
        );
        assert_eq!(seen("o'clock"), [("o'clock".to_owned(), vec!["o'clock".to_owned()])]);
    }

    #[test]
    fn a_star_stands_for_any_letters_and_a_question_mark_for_one() {
        assert!(fits("blam*", "blame") && fits("blam*", "blam") && !fits("blam*", "bla"));
        assert!(fits("*phobia", "phobia") && fits("un*able", "unthinkable") && !fits("un*able", "unably"));
        assert!(fits("z??", "zoo") && !fits("z??", "zo") && !fits("ab", "abc"));
        assert!(fits("*olog*", "geology") && !fits("*olog*", "geometry") && fits("*o?o*g", "ozone-log"));
        assert!(fits("*a*b*", "xaxbx") && !fits("*a*b*", "bxa") && fits("é*", "étude"));
    }
}
