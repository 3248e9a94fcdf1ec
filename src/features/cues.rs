//! Cues: named patterns over words, word classes and gaps. Each is one binary feature named `cue:…`; its evidence is the words that it
//! matched.
//!
//! A bag of words learns only the words that it was shown; a cue says what a reader knows, that *no … choice but* justifies. A dictionary
//! is the simplest cue file. The pattern language stands in `docs/cues.md`.

mod blocks;
mod code;
mod compile;
mod compiled;
mod dictionary;
mod file;
mod hold;
mod known;
mod lists;
mod marks;
mod matcher;
#[cfg(test)]
mod oracle;
mod pattern;
mod places;
mod ready;
mod signs;
mod spelling;
mod steps;
mod symbols;
mod view;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::text::stem::{Language, Stems};
use crate::text::token::{self, Token};
use crate::text::{Place, Span, quote};
pub use compiled::BadMatcher;
pub use file::{ReadCues, parse, read};
pub use matcher::{CueId, CueScratch, Matcher, Numbered};
pub use pattern::{Classes, Flaw};
use words::Leaves;

/// What the terms of cues start with, before the cue's name.
pub const PREFIX: &str = "cue:";

/// The named patterns of a cue file, and the word classes that they use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CueSet {
    #[serde(default, skip_serializing_if = "Classes::is_empty")]
    pub classes: Classes,
    /// In the order of the file.
    pub cues: Vec<Cue>,
    /// In which line each entry of a class stands, for messages.
    #[serde(skip)]
    pub class_lines: BTreeMap<String, Vec<u64>>,
}

/// A named pattern, or several of which any will do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// Distinct in its set.
    pub name: String,
    /// The section of the file: a label that it speaks for, or any heading.
    pub section: String,
    pub patterns: Vec<String>,
    /// It may only speak for the label that its section names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub positive: bool,
    /// Sentences that it must match, and near misses that it must not. They are tests, and no part of a model.
    #[serde(skip)]
    pub hits: Vec<String>,
    #[serde(skip)]
    pub misses: Vec<String>,
    /// Where each pattern stands, then where the cue does, for messages.
    #[serde(skip)]
    pub lines: Vec<u64>,
    /// Where each of the hits and then each of the misses stands.
    #[serde(skip)]
    pub example_lines: Vec<u64>,
}

impl Cue {
    /// The term of its feature.
    pub fn term(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// One of its patterns that cannot be read.
    fn bad(&self, path: &str, at: usize, flaw: Flaw) -> BadPattern {
        bad(path, self.lines.get(at), format!("cue {:?}", self.name), &self.patterns[at], flaw)
    }
}

/// What is wrong with a cue file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CueError {
    #[error("{0}: {1}")]
    Unreadable(String, String),
    #[error("{0}: {1}\nhint: {2}")]
    Form(Place, String, String),
    /// One or more.
    #[error("{}", several(.0))]
    Patterns(Vec<BadPattern>),
    #[error("{0}: no cues in it\nhint: docs/cues.md shows how to write one")]
    Empty(String),
}

/// How many bad patterns are shown one by one.
const SHOWN: usize = 50;

fn several(patterns: &[BadPattern]) -> String {
    let mut lines: Vec<String> = patterns.iter().take(SHOWN).map(BadPattern::to_string).collect();
    if patterns.len() > SHOWN {
        lines.push(format!("… and {} patterns more that cannot be read", patterns.len() - SHOWN));
    }
    lines.join("\n")
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct BadPattern {
    pub place: Place,
    /// The cue or class that it belongs to.
    pub of: String,
    pub pattern: String,
    pub flaw: Flaw,
}

impl fmt::Display for BadPattern {
    /// The pattern with a mark under what is wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flaw { at, what, hint } = &self.flaw;
        let columns = |text: &str| text.chars().count();
        let pattern = crate::text::visible(&self.pattern);
        let (before, marked) = (columns(&self.pattern[..at.start]), columns(&self.pattern[at.clone()]).max(1));
        let (place, of) = (&self.place, &self.of);
        write!(
            f,
            "{place}: {of}: {what}\n    {pattern}\n    {}{}\nhint: {hint}",
            " ".repeat(before),
            "^".repeat(marked)
        )
    }
}

impl CueSet {
    /// Reads every pattern and makes them ready to match words of `language`. `path` is for messages.
    ///
    /// # Errors
    /// [`CueError::Patterns`] for those that cannot be read.
    pub fn matcher(&self, language: Language, path: &str) -> Result<Matcher, CueError> {
        let leaves = self.leaves(path, language)?;
        let mut nodes = Vec::new();
        let mut flaws = Vec::new();
        for (id, cue) in self.cues.iter().enumerate() {
            for (at, pattern) in cue.patterns.iter().enumerate() {
                match pattern::parse(pattern, &self.classes, language) {
                    Ok(alternatives) => nodes.extend(alternatives.into_iter().map(|node| (id as CueId, node))),
                    Err(flaw) => flaws.push(cue.bad(path, at, flaw)),
                }
            }
        }
        none(flaws)?;
        let full = |flaw| CueError::Patterns(vec![bad(path, None, "all cues".into(), "", flaw)]);
        Matcher::new(&nodes, self.cues.len(), &leaves, language).map_err(full)
    }

    /// The words of all classes.
    fn leaves(&self, path: &str, language: Language) -> Result<Leaves, CueError> {
        none(self.bad_entries(path, |entry| pattern::entry(entry, &self.classes, language).map(drop)))?;
        let leaves = Leaves::new(&self.classes, language);
        match leaves.first_empty() {
            Some(name) => {
                let hint =
                    "a class that holds only itself, or others that do, matches nothing; give it a word".to_owned();
                let line = self.class_lines.get(name).and_then(|lines| lines.first());
                let place = line.map_or_else(|| Place::file(path), |line| Place::line(path, *line));
                Err(CueError::Form(place, format!("class {name:?} holds no word"), hint))
            }
            None => Ok(leaves),
        }
    }

    /// The entries of classes that do not pass.
    fn bad_entries(&self, path: &str, check: impl Fn(&str) -> Result<(), Flaw>) -> Vec<BadPattern> {
        let mut flaws = Vec::new();
        for (name, entries) in &self.classes {
            let lines = self.class_lines.get(name).map(Vec::as_slice).unwrap_or_default();
            for (at, entry) in entries.iter().enumerate() {
                let told = |flaw| flaws.push(bad(path, lines.get(at), format!("class {name:?}"), entry, flaw));
                check(entry).unwrap_or_else(told);
            }
        }
        flaws
    }

    /// Adds those classes of the program's own that patterns use and the file does not define, each with the words of the classes that it
    /// holds, so that classes of the file by the same names stay out of them.
    fn borrow_classes(&mut self) {
        let entries = self.classes.values().flatten();
        let texts = entries.chain(self.cues.iter().flat_map(|cue| &cue.patterns));
        let used: BTreeSet<String> = texts.flat_map(|text| mentioned(text)).collect();
        for name in used {
            if !self.classes.contains_key(&name) && builtin().classes.contains_key(&name) {
                let words = builtin().words_of(&name);
                self.classes.insert(name, words);
            }
        }
    }

    /// The entries of a class and of those that it holds, each once.
    fn words_of(&self, name: &str) -> Vec<String> {
        let (mut words, mut open, mut seen) = (Vec::new(), vec![name], BTreeSet::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            for entry in self.classes.get(name).into_iter().flatten() {
                match entry.strip_prefix('@') {
                    Some(inner) => open.push(inner),
                    None if words.contains(entry) => {}
                    None => words.push(entry.clone()),
                }
            }
        }
        words
    }

    /// Adds the cues of another file. Its classes stay its own: one whose name is taken by a different list gets another name, and so does one that holds such a class.
    ///
    /// # Errors
    /// [`CueError::Form`] for a cue whose name is taken.
    pub fn join(&mut self, mut other: CueSet, path: &str) -> Result<(), CueError> {
        let taken = |name: &String| self.classes.contains_key(name);
        let shared = || other.classes.iter().filter(|(name, _)| taken(name));
        let mut holders: HashMap<String, Vec<&String>> = HashMap::new();
        for (name, entries) in shared() {
            let held = entries.iter().flat_map(|entry| mentioned(entry));
            held.for_each(|held| holders.entry(held).or_default().push(name));
        }
        let mut open: Vec<&String> =
            shared().filter(|(name, entries)| self.classes[*name] != **entries).map(|(name, _)| name).collect();
        let mut new_names: HashMap<String, String> = HashMap::new();
        while let Some(name) = open.pop() {
            if !new_names.contains_key(name) {
                let is_free = |new: &String| !taken(new) && !other.classes.contains_key(new);
                let new = (2..).map(|n| format!("{name}-{n}")).find(is_free).expect("numbers do not end");
                new_names.insert(name.clone(), new);
                open.extend(holders.get(name).into_iter().flatten());
            }
        }
        for (name, new) in &new_names {
            let entries = other.classes.remove(name).unwrap_or_default();
            other.classes.insert(new.clone(), entries);
        }
        other.rename_classes(&new_names);
        self.classes.extend(other.classes);
        let mut known: HashSet<String> = self.cues.iter().map(|cue| cue.name.clone()).collect();
        for cue in other.cues {
            if !known.insert(cue.name.clone()) {
                let hint = "rename it; all cue files of a model share their names".to_owned();
                let line = cue.lines.last().copied().unwrap_or(1);
                let what = format!("there is a cue {:?} already", cue.name);
                return Err(CueError::Form(Place::line(path, line), what, hint));
            }
            self.cues.push(cue);
        }
        Ok(())
    }

    /// Keeps only some cues, and the classes that they use.
    pub fn retain(&mut self, keep: impl FnMut(&Cue) -> bool) {
        self.cues.retain(keep);
        let mut used: BTreeSet<String> =
            self.cues.iter().flat_map(|cue| &cue.patterns).flat_map(|text| mentioned(text)).collect();
        let mut open: Vec<String> = used.iter().cloned().collect();
        while let Some(name) = open.pop() {
            let inner = self.classes.get(&name).into_iter().flatten().flat_map(|entry| mentioned(entry));
            open.extend(inner.filter(|name| used.insert(name.clone())));
        }
        self.classes.retain(|name, _| used.contains(name));
    }

    /// Writes the new names of classes wherever they are mentioned.
    fn rename_classes(&mut self, new_names: &HashMap<String, String>) {
        let texts = self.classes.values_mut().flatten().chain(self.cues.iter_mut().flat_map(|cue| &mut cue.patterns));
        texts.filter(|text| text.contains('@')).for_each(|text| *text = renamed(text, new_names));
    }
}

/// The classes that a pattern or an entry mentions.
fn mentioned(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('@').skip(1).map(|piece| class_name(piece).0.to_owned())
}

/// What follows an `@`: the class's name, and the rest.
fn class_name(piece: &str) -> (&str, &str) {
    piece.split_at(piece.find(|c: char| !(c.is_alphanumeric() || "-_".contains(c))).unwrap_or(piece.len()))
}

/// The text with the new name of every `@class` that has one.
fn renamed(text: &str, new_names: &HashMap<String, String>) -> String {
    let mut pieces = text.split('@');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = class_name(piece);
        out = out + "@" + new_names.get(name).map_or(name, String::as_str) + rest;
    }
    out
}

/// A matcher with its working memory, for one text after another.
pub struct Finder<'a> {
    matcher: &'a Matcher,
    stems: Stems,
    tokens: Vec<Token>,
    numbers: Vec<u32>,
    scratch: CueScratch,
}

impl<'a> Finder<'a> {
    /// `language` must be the one that the matcher was made for.
    pub fn new(matcher: &'a Matcher, language: Language) -> Self {
        let (tokens, numbers, scratch) = (Vec::new(), Vec::new(), matcher.scratch());
        Finder { matcher, stems: Stems::new(language), tokens, numbers, scratch }
    }

    /// Every match in the text: which cue, and the bytes that it covers, by place.
    pub fn find(&mut self, text: &str) -> Vec<(CueId, Span)> {
        token::tokens(text, &mut self.tokens);
        let quotations = quote::quotations(text);
        let mut found = Vec::new();
        let Finder { matcher, stems, tokens, numbers, scratch } = self;
        stems.numbers(text, tokens, numbers);
        let numbered = Numbered { text, tokens, numbers, stems, sentences: None };
        matcher.matches(numbered, &quotations, scratch, |cue, span| found.push((cue, span)));
        found.sort_by_key(|(cue, span)| (span.start, span.end, *cue));
        found.dedup();
        found
    }
}

/// An example sentence of a cue that does not do what the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    pub cue: CueId,
    pub sentence: String,
    /// The line of the file in which it stands, or else the cue.
    pub line: u64,
    /// What matched it and must not have; none if it must be matched, and was not.
    pub by: Option<Culprit>,
}

/// A pattern that matches a near miss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    pub pattern: String,
    /// Which bytes of the sentence it matches.
    pub span: Span,
}

impl CueSet {
    /// Tries the example sentences of every cue.
    pub fn misses(&self, matcher: &Matcher, language: Language) -> Vec<Miss> {
        let mut finder = Finder::new(matcher, language);
        let mut wrong = Vec::new();
        for (cue, wanted) in self.cues.iter().zip(0..) {
            let hits = cue.hits.iter().map(|sentence| (sentence, true));
            let examples = hits.chain(cue.misses.iter().map(|sentence| (sentence, false)));
            for (at, (sentence, should)) in examples.enumerate() {
                let first = finder.find(sentence).into_iter().find(|(cue, _)| *cue == wanted);
                if first.is_some() != should {
                    let line = cue.example_lines.get(at).or(cue.lines.last()).copied().unwrap_or(1);
                    let by = first.map(|(_, span)| self.culprit(cue, sentence, span, language));
                    wrong.push(Miss { cue: wanted, sentence: sentence.clone(), line, by });
                }
            }
        }
        wrong
    }

    /// Which pattern of a cue matches those bytes of a sentence.
    fn culprit(&self, cue: &Cue, sentence: &str, span: Span, language: Language) -> Culprit {
        let matches = |pattern: &&String| {
            let one = Cue { patterns: vec![(*pattern).clone()], ..Cue::default() };
            let set = CueSet { classes: self.classes.clone(), cues: vec![one], ..CueSet::default() };
            let matcher = set.matcher(language, "-");
            matcher.is_ok_and(|matcher| Finder::new(&matcher, language).find(sentence).contains(&(0, span)))
        };
        Culprit { pattern: cue.patterns.iter().find(matches).cloned().unwrap_or_default(), span }
    }
}

fn bad(path: &str, line: Option<&u64>, of: String, pattern: &str, flaw: Flaw) -> BadPattern {
    let place = line.map_or_else(|| Place::file(path), |line| Place::line(path, *line));
    BadPattern { place, of, pattern: pattern.to_owned(), flaw }
}

/// # Errors
/// [`CueError::Patterns`] if there are any.
fn none(flaws: Vec<BadPattern>) -> Result<(), CueError> {
    if flaws.is_empty() { Ok(()) } else { Err(CueError::Patterns(flaws)) }
}

/// The program's own cues: English, written for the twelve framings of the embedded model.
pub fn builtin() -> &'static CueSet {
    static OWN: LazyLock<CueSet> = LazyLock::new(|| {
        file::own("models/cues.toml", include_str!("../../models/cues.toml")).expect("a test reads it")
    });
    &OWN
}

/// What `--cues` calls the program's own.
pub const BUILTIN: &str = "builtin";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_two_files_do_not_mix() {
        let of = |path: &str, text: &str| {
            file::parse(path, text, Language::English).unwrap_or_else(|error| panic!("{error}")).cues
        };
        let mut set = of("a.toml", "classes.us = \"we\"\n[a]\nx = \"@us act\"");
        set.join(
            of("b.toml", "classes.us = \"our\"\nclasses.us-all = \"@us\"\n[b]\ny = \"@us-all act | @us , go\""),
            "b.toml",
        )
        .unwrap();
        assert_eq!(set.cues[1].patterns, ["@us-all act | @us-2 , go"]);
        assert_eq!(set.classes["us-all"], ["@us-2"]);
        let matcher = set.matcher(Language::English, "-").unwrap();
        let found = Finder::new(&matcher, Language::English).find("We act. Our act.");
        assert_eq!(found.iter().map(|(cue, _)| *cue).collect::<Vec<_>>(), [0, 1]);
        let mut one = set.clone();
        one.retain(|cue| cue.name == "y");
        assert_eq!(one.classes.keys().collect::<Vec<_>>(), ["us-2", "us-all"]);
        let again = set.join(of("c.toml", "[c]\nx = \"y\""), "c.toml");
        assert!(again.unwrap_err().to_string().starts_with("c.toml:2: there is a cue \"x\" already"));
        let mut holder = of("a.toml", "classes.b = \"@c\"\nclasses.c = \"stop\"\n[a]\nx = \"@b now\"");
        holder.join(of("b.toml", "classes.b = \"@c\"\nclasses.c = \"go\"\n[b]\ny = \"@b now\""), "b.toml").unwrap();
        assert_eq!(holder.cues[1].patterns, ["@b-2 now"]);
        assert_eq!(holder.classes["b-2"], ["@c-2"]);
    }

    #[test]
    fn every_example_of_the_builtin_cues_holds() {
        let set = builtin();
        let matcher = set.matcher(Language::English, "models/cues.toml").unwrap_or_else(|error| panic!("{error}"));
        let misses = set.misses(&matcher, Language::English);
        assert!(misses.is_empty(), "{misses:?}");
    }

    #[test]
    fn every_label_has_twenty_builtin_cues_or_more_with_two_hits_and_a_near_miss_each() {
        let set = builtin();
        for entry in &crate::codebook::Codebook::builtin().labels {
            let cues: Vec<&Cue> = set.cues.iter().filter(|cue| cue.section == entry.name).collect();
            assert!(cues.len() >= 20, "{}: {} cues", entry.name, cues.len());
            for cue in cues {
                assert!(cue.hits.len() >= 2 && !cue.misses.is_empty(), "{}", cue.name);
            }
        }
    }

    #[test]
    fn a_near_miss_that_matches_is_told_with_the_pattern_and_the_words() {
        let text = "[t.x]\nmatch = [\"will pay\", \"pay ..2 price\"]\nhits = [\"They sing.\"]\nmisses = [\"Fine.\",\n\"You pay a price.\"]";
        let set = file::parse("c.toml", text, Language::English).unwrap_or_else(|error| panic!("{error}")).cues;
        let matcher = set.matcher(Language::English, "c.toml").unwrap();
        let misses = set.misses(&matcher, Language::English);
        assert_eq!((misses.len(), misses[0].line, &misses[0].by), (2, 3, &None));
        let by = Culprit { pattern: "pay ..2 price".into(), span: Span::new(4, 15) };
        assert_eq!((misses[1].line, misses[1].by.as_ref()), (5, Some(&by)));
    }
}
