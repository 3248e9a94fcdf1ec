//! The pattern language: text → [`Node`]. `docs/cues.md` explains it to writers.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::words::short_form;
use crate::text::stem::{self, Language};

/// Words, gaps and groups that one pattern may hold.
const MOST_NODES: usize = 256;
/// Tokens that a gap may span.
pub const MOST_GAP: usize = 20;
/// Groups within groups.
const DEEPEST: usize = 16;

/// What a single word may be asked to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ask {
    /// This word, in lower case.
    Word(String),
    /// A word of this shape: `*` stands for any letters, `?` for one.
    Glob(String),
    /// A word with the same stem as this one.
    Stem(String),
    /// A member of a class.
    Class(String),
    Number,
    /// Two letters or more, all capitals.
    Capitals,
    /// A first letter in capitals.
    Name,
    /// `'s` or `s'` at its end, where it is no short form of `is` or `has`.
    Possessive,
    Exclamation,
    Question,
}

/// What can be true of the seam between two words, at the sentence's ends too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seam {
    SentenceStart,
    SentenceEnd,
    /// Punctuation stands there.
    Break,
    /// The next word stands inside, or outside, quotation marks.
    Quoted,
    Unquoted,
    /// A quotation opens, or closes, there.
    Opens,
    Closes,
}

impl Seam {
    /// Every seam, in the order of their numbers.
    pub const ALL: [Seam; 7] =
        [Seam::SentenceStart, Seam::SentenceEnd, Seam::Break, Seam::Quoted, Seam::Unquoted, Seam::Opens, Seam::Closes];
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A word that is one of these.
    Is(Vec<Ask>),
    /// A word that is none of these.
    IsNot(Vec<Ask>),
    /// Any word.
    Any,
    /// Up to so many words of any kind.
    Gap(usize),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Optional(Box<Node>),
    Seam(Seam),
    /// None of these among so many words before, or after.
    NotBefore(Vec<Ask>, usize),
    NotAfter(Vec<Ask>, usize),
}

/// What is wrong with a pattern, and which of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub at: Range<usize>,
    pub what: String,
    pub hint: String,
}

impl Flaw {
    pub fn new(at: Range<usize>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Flaw { at, what: what.into(), hint: hint.into() }
    }
}

/// The word classes of a cue file, name → entries as written.
pub type Classes = BTreeMap<String, Vec<String>>;

/// Reads a pattern; alternatives that stand outside of any group are patterns of their own. `classes` says which classes there are.
///
/// # Errors
/// [`Flaw`]: what cannot be read, where, and what to write instead.
pub fn parse(pattern: &str, classes: &Classes, language: Language) -> Result<Vec<Node>, Flaw> {
    let lexed = lex(pattern)?;
    if lexed.len() > MOST_NODES {
        let at = lexed[MOST_NODES].at.start..pattern.len();
        return Err(Flaw::new(at, format!("it is longer than {MOST_NODES} words"), "gather single words into a class"));
    }
    let mut parser = Parser { lexed: &lexed, at: 0, classes, language, end: pattern.len() };
    let node = parser.alternatives(0)?;
    if let Some(stray) = parser.peek() {
        return Err(Flaw::new(stray.at.clone(), "a `)` that nothing opened", "remove it, or add a `(` before"));
    }
    if node.shortest() == 0 {
        let hint = "every pattern needs a word, a class or _ that must stand in the text; `?` says what may be missing, and the mark is {?}";
        return Err(Flaw::new(0..pattern.len(), "it would match where nothing stands", hint));
    }
    refuse_gaps_at_the_edges(&lexed)?;
    refuse_ends_in_the_middle(&lexed)?;
    Ok(if let Node::Either(nodes) = node { nodes } else { vec![node] })
}

fn refuse_gaps_at_the_edges(lexed: &[Lexed]) -> Result<(), Flaw> {
    let edges = [lexed.first(), lexed.last()];
    match edges.into_iter().flatten().find(|lexed| matches!(lexed.lexeme, Lexeme::Gap(_))) {
        Some(gap) => {
            let hint = "leave it out: a pattern may match anywhere in a sentence";
            Err(Flaw::new(gap.at.clone(), "a gap at the edge of a pattern means nothing", hint))
        }
        None => Ok(()),
    }
}

/// A sentence's start that something precedes, or its end that something follows, can never match.
fn refuse_ends_in_the_middle(lexed: &[Lexed]) -> Result<(), Flaw> {
    for (at, Lexed { lexeme, at: bytes }) in lexed.iter().enumerate() {
        let neighbour = match lexeme {
            Lexeme::Seam(Seam::SentenceStart) => at.checked_sub(1).map(|at| &lexed[at].lexeme),
            Lexeme::Seam(Seam::SentenceEnd) => lexed.get(at + 1).map(|lexed| &lexed.lexeme),
            _ => None,
        };
        if neighbour.is_some_and(|lexeme| !matches!(lexeme, Lexeme::Open | Lexeme::Close | Lexeme::Bar)) {
            let hint = "`^` is the sentence's start and comes first, `$` its end and comes last";
            return Err(Flaw::new(bytes.clone(), "this can never match here", hint));
        }
    }
    Ok(())
}

impl Node {
    /// The fewest words that it can take.
    pub fn shortest(&self) -> usize {
        match self {
            Node::Is(_) | Node::IsNot(_) | Node::Any => 1,
            Node::Sequence(nodes) => nodes.iter().map(Node::shortest).sum(),
            Node::Either(nodes) => nodes.iter().map(Node::shortest).min().unwrap_or(0),
            Node::Gap(_) | Node::Optional(_) | Node::Seam(_) | Node::NotBefore(..) | Node::NotAfter(..) => 0,
        }
    }

    /// The most words that it can take.
    pub fn longest(&self) -> usize {
        match self {
            Node::Is(_) | Node::IsNot(_) | Node::Any => 1,
            Node::Gap(n) => *n,
            Node::Sequence(nodes) => nodes.iter().map(Node::longest).sum(),
            Node::Either(nodes) => nodes.iter().map(Node::longest).max().unwrap_or(0),
            Node::Optional(node) => node.longest(),
            Node::Seam(_) | Node::NotBefore(..) | Node::NotAfter(..) => 0,
        }
    }
}

/// Reads one entry of a class, or of a word list: a single word, glob, stem or class.
///
/// # Errors
/// [`Flaw`] as for a pattern.
pub fn entry(text: &str, classes: &Classes, language: Language) -> Result<Ask, Flaw> {
    let whole = 0..text.len();
    if text.split_whitespace().count() != 1 || text.trim() != text {
        let hint = "write several words as the pattern of a cue; a class holds single words";
        return Err(Flaw::new(whole, "an entry of a class is one word", hint));
    }
    ask(text, whole, classes, language)
}

/// A piece of a pattern as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Lexeme {
    Open,
    Close,
    Bar,
    Optional,
    Gap(usize),
    /// `<!` or `>!` with how many tokens it looks at.
    NotBefore(usize),
    NotAfter(usize),
    Not,
    Any,
    Seam(Seam),
    Text(String),
}

/// A piece of a pattern and its bytes.
#[derive(Clone, Debug)]
pub struct Lexed {
    pub lexeme: Lexeme,
    pub at: Range<usize>,
}

/// Cuts a pattern into its pieces.
///
/// # Errors
/// [`Flaw`] for a sign that cannot be read.
pub fn lex(pattern: &str) -> Result<Vec<Lexed>, Flaw> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = pattern[at..].chars().next() {
        let (lexeme, length) = match c {
            _ if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '(' => (Lexeme::Open, 1),
            ')' => (Lexeme::Close, 1),
            '|' => (Lexeme::Bar, 1),
            '?' => (Lexeme::Optional, 1),
            '^' => (Lexeme::Seam(Seam::SentenceStart), 1),
            '$' => (Lexeme::Seam(Seam::SentenceEnd), 1),
            ',' => (Lexeme::Seam(Seam::Break), 1),
            '!' => (Lexeme::Not, 1),
            '<' | '>' => look_around(pattern, at, c)?,
            '.' => gap(pattern, at)?,
            '{' => braces(pattern, at)?,
            '`' => literal(pattern, at)?,
            _ => word(pattern, at),
        };
        found.push(Lexed { lexeme, at: at..at + length });
        at += length;
    }
    Ok(found)
}

fn digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

fn gap(pattern: &str, at: usize) -> Result<(Lexeme, usize), Flaw> {
    let rest = &pattern[at..];
    let dots = rest.len() - rest.trim_start_matches('.').len();
    let number = digits(&rest[dots..]);
    let whole = at..at + dots + number.len();
    match number.parse::<usize>() {
        Ok(n @ 1..=MOST_GAP) if dots == 2 => Ok((Lexeme::Gap(n), whole.len())),
        _ => Err(Flaw::new(
            whole,
            format!("a gap is two dots and a number of tokens from 1 to {MOST_GAP}"),
            "write ..3 for up to three tokens of any kind",
        )),
    }
}

fn look_around(pattern: &str, at: usize, c: char) -> Result<(Lexeme, usize), Flaw> {
    let rest = &pattern[at + 1..];
    let Some(rest) = rest.strip_prefix('!') else {
        let hint = "<!word means that the token before is not that word, >!word that the one after is not";
        return Err(Flaw::new(at..at + 1, format!("`{c}` needs a `!` after it"), hint));
    };
    let number = digits(rest);
    let reach = if number.is_empty() { Ok(1) } else { number.parse::<usize>() };
    let length = 2 + number.len();
    match (reach, c) {
        (Ok(n @ 1..=MOST_GAP), '<') => Ok((Lexeme::NotBefore(n), length)),
        (Ok(n @ 1..=MOST_GAP), _) => Ok((Lexeme::NotAfter(n), length)),
        _ => Err(Flaw::new(
            at..at + length,
            format!("it can look at 1 to {MOST_GAP} tokens"),
            format!("write {c}!3 word"),
        )),
    }
}

const BRACES: [(&str, Option<Lexeme>); 10] = [
    ("number", None),
    ("capitals", None),
    ("name", None),
    ("possessive", None),
    ("!", None),
    ("?", None),
    ("quoted", Some(Lexeme::Seam(Seam::Quoted))),
    ("unquoted", Some(Lexeme::Seam(Seam::Unquoted))),
    ("open", Some(Lexeme::Seam(Seam::Opens))),
    ("close", Some(Lexeme::Seam(Seam::Closes))),
];

fn braces(pattern: &str, at: usize) -> Result<(Lexeme, usize), Flaw> {
    let names = || BRACES.iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    let Some(length) = pattern[at..].find('}') else {
        return Err(Flaw::new(at..at + 1, "a `{` that nothing closes", format!("there are {}", names())));
    };
    let name = &pattern[at + 1..at + length];
    match BRACES.iter().find(|(known, _)| *known == name) {
        Some((_, Some(lexeme))) => Ok((lexeme.clone(), length + 1)),
        Some((_, None)) => Ok((Lexeme::Text(pattern[at..=at + length].to_owned()), length + 1)),
        None => {
            let near = crate::codebook::nearest(name, BRACES.iter().map(|(name, _)| *name));
            let hint =
                near.map_or_else(|| format!("there are {}", names()), |near| format!("did you mean {{{near}}}?"));
            Err(Flaw::new(at..at + length + 1, format!("there is no {{{name}}}"), hint))
        }
    }
}

/// A word between backquotes is taken as it stands, but for `*` and `?`, which stand for letters: for dictionaries, and for words with signs.
fn literal(pattern: &str, at: usize) -> Result<(Lexeme, usize), Flaw> {
    match pattern[at + 1..].find('`') {
        Some(length) if length > 0 => Ok((Lexeme::Text(pattern[at..at + length + 2].to_owned()), length + 2)),
        Some(_) => Err(Flaw::new(at..at + 2, "nothing stands between the backquotes", "give a word")),
        None => Err(Flaw::new(at..at + 1, "a backquote that nothing closes", "write `word`")),
    }
}

/// A word, glob, `~stem`, `@class` or `_`, up to the next blank or sign. A final dot that is not followed by another belongs to an
/// abbreviation, as does a dot between letters; a comma between digits belongs to their number.
fn word(pattern: &str, at: usize) -> (Lexeme, usize) {
    let rest = &pattern[at..];
    let in_number = |i: usize| {
        rest[..i].ends_with(|c: char| c.is_ascii_digit()) && rest[i + 1..].starts_with(|c: char| c.is_ascii_digit())
    };
    let ends = |(i, c): (usize, char)| {
        let sign = c.is_whitespace() || "()|?^$,!<>{}`".contains(c) && !(c == ',' && in_number(i));
        (sign || (c == '.' && rest[i..].starts_with(".."))).then_some(i)
    };
    let length =
        rest.char_indices().find_map(ends).unwrap_or(rest.len()).max(rest.chars().next().map_or(1, char::len_utf8));
    match &rest[..length] {
        "_" => (Lexeme::Any, length),
        text => (Lexeme::Text(text.to_owned()), length),
    }
}

struct Parser<'a> {
    lexed: &'a [Lexed],
    at: usize,
    classes: &'a Classes,
    language: Language,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Lexed> {
        self.lexed.get(self.at)
    }

    fn here(&self) -> Range<usize> {
        self.peek().map_or(self.end..self.end, |lexed| lexed.at.clone())
    }

    fn alternatives(&mut self, depth: usize) -> Result<Node, Flaw> {
        let mut all = vec![self.sequence(depth)?];
        while self.peek().is_some_and(|lexed| lexed.lexeme == Lexeme::Bar) {
            self.at += 1;
            all.push(self.sequence(depth)?);
        }
        Ok(either(all))
    }

    fn sequence(&mut self, depth: usize) -> Result<Node, Flaw> {
        let mut nodes = Vec::new();
        while self.peek().is_some_and(|lexed| !matches!(lexed.lexeme, Lexeme::Bar | Lexeme::Close)) {
            nodes.push(self.node(depth)?);
        }
        match nodes.len() {
            0 => Err(Flaw::new(self.here(), "nothing stands here", "give a word between `(`, `|` and `)`")),
            1 => Ok(nodes.remove(0)),
            _ => Ok(Node::Sequence(nodes)),
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, Flaw> {
        let Lexed { lexeme, at } = self.lexed[self.at].clone();
        self.at += 1;
        let node = match lexeme {
            Lexeme::Optional => {
                let hint = "write word? or (two words)?; a question mark of the text is {?}";
                return Err(Flaw::new(at, "`?` follows what may be missing", hint));
            }
            Lexeme::Gap(n) => Node::Gap(n),
            Lexeme::Seam(seam) => Node::Seam(seam),
            Lexeme::NotBefore(n) => Node::NotBefore(self.asks(&at)?, n),
            Lexeme::NotAfter(n) => Node::NotAfter(self.asks(&at)?, n),
            Lexeme::Not => Node::IsNot(self.asks(&at)?),
            Lexeme::Any => Node::Any,
            Lexeme::Text(text) => self.word(&text, at)?,
            Lexeme::Open if depth >= DEEPEST => {
                return Err(Flaw::new(at, "groups nest too deep", "write the alternatives as patterns of their own"));
            }
            Lexeme::Open => self.group(depth, &at)?,
            Lexeme::Bar | Lexeme::Close => unreachable!("a sequence ends before these"),
        };
        self.perhaps_optional(node)
    }

    /// A word; a short form (`don't`) is the two words that it is in a text.
    fn word(&self, text: &str, at: Range<usize>) -> Result<Node, Flaw> {
        let bare = text.trim_matches('`');
        let words = match self.language {
            Language::English if !bare.contains(['*', '?', '~', '@']) => short_form(bare),
            _ => None,
        };
        match words {
            Some(words) => {
                let any = |words: Vec<String>| Node::Is(words.into_iter().map(Ask::Word).collect());
                Ok(Node::Sequence(words.into_iter().map(any).collect()))
            }
            None => Ok(Node::Is(vec![ask(text, at, self.classes, self.language)?])),
        }
    }

    fn group(&mut self, depth: usize, opened: &Range<usize>) -> Result<Node, Flaw> {
        let node = self.alternatives(depth + 1)?;
        if self.peek().is_none() {
            return Err(Flaw::new(opened.clone(), "a `(` that nothing closes", "add the `)`"));
        }
        self.at += 1;
        Ok(node)
    }

    fn perhaps_optional(&mut self, node: Node) -> Result<Node, Flaw> {
        let Some(Lexed { lexeme: Lexeme::Optional, at }) = self.peek().cloned() else { return Ok(node) };
        self.at += 1;
        match node {
            Node::Seam(_) | Node::NotBefore(..) | Node::NotAfter(..) => {
                Err(Flaw::new(at, "this cannot be optional", "leave it out, or write a pattern without it"))
            }
            Node::Gap(..) => Err(Flaw::new(at, "a gap may be empty already", "leave the `?` out")),
            node => Ok(Node::Optional(Box::new(node))),
        }
    }

    /// The word, or group of single words, that a `!` speaks of.
    fn asks(&mut self, of: &Range<usize>) -> Result<Vec<Ask>, Flaw> {
        let hint = "a word, a @class, or words in brackets such as (not | never); a mark of the text is {!}";
        let missing = || Flaw::new(of.clone(), "`!` speaks of single words", hint);
        let Some(Lexed { lexeme, at }) = self.peek().cloned() else { return Err(missing()) };
        self.at += 1;
        match lexeme {
            Lexeme::Text(text) => Ok(vec![ask(&text, at, self.classes, self.language)?]),
            Lexeme::Open => match self.group(DEEPEST - 1, &at)? {
                Node::Is(asks) => Ok(asks),
                _ => Err(missing()),
            },
            _ => Err(missing()),
        }
    }
}

/// Alternatives of single words are one place that takes any of them.
fn either(mut alternatives: Vec<Node>) -> Node {
    if alternatives.len() == 1 {
        return alternatives.remove(0);
    }
    if !alternatives.iter().all(|node| matches!(node, Node::Is(_))) {
        return Node::Either(alternatives);
    }
    let asks = alternatives.into_iter().flat_map(|node| if let Node::Is(asks) = node { asks } else { Vec::new() });
    let mut asks: Vec<Ask> = asks.collect();
    asks.sort();
    asks.dedup();
    Node::Is(asks)
}

fn ask(text: &str, at: Range<usize>, classes: &Classes, language: Language) -> Result<Ask, Flaw> {
    if let Some(name) = text.strip_prefix('@') {
        return match classes.contains_key(name) {
            true => Ok(Ask::Class(name.to_owned())),
            false => Err(no_class(name, at, classes)),
        };
    }
    let braced = match text {
        "{number}" => Some(Ask::Number),
        "{capitals}" => Some(Ask::Capitals),
        "{name}" => Some(Ask::Name),
        "{possessive}" => Some(Ask::Possessive),
        "{!}" => Some(Ask::Exclamation),
        "{?}" => Some(Ask::Question),
        _ => None,
    };
    if let Some(braced) = braced {
        return Ok(braced);
    }
    if let Some(literal) = text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        let folded = stem::fold(literal, language);
        return match folded.contains(['*', '?']) {
            _ if !folded.contains(char::is_alphanumeric) => Err(wordless(text, at)),
            true => Ok(Ask::Glob(folded)),
            false => Ok(Ask::Word(folded)),
        };
    }
    let (is_stem, bare) = match text.strip_prefix('~') {
        Some(bare) => (true, bare),
        None => (false, text),
    };
    if !bare.contains(char::is_alphanumeric) {
        return Err(wordless(text, at));
    }
    let folded = stem::fold(bare, language);
    match (is_stem, folded.contains('*')) {
        (true, true) => Err(Flaw::new(at, "a stem takes no `*`", "write ~blame (same stem) or blam* (same beginning)")),
        (true, false) => Ok(Ask::Stem(folded)),
        (false, true) => Ok(Ask::Glob(folded)),
        (false, false) => Ok(Ask::Word(folded)),
    }
}

fn wordless(text: &str, at: Range<usize>) -> Flaw {
    let hint = if text == "*" { "any one word is _" } else { "give a word, such as blam* or ~blame" };
    Flaw::new(at, format!("{text:?} holds no letter or digit"), hint)
}

fn no_class(name: &str, at: Range<usize>, classes: &Classes) -> Flaw {
    let near = crate::codebook::nearest(name, classes.keys().map(String::as_str));
    let hint = match near {
        Some(near) => format!("did you mean @{near}?"),
        None if classes.is_empty() => {
            "classes are lists of words under [classes]; `rhetor cues builtin --classes` shows those of the program"
                .into()
        }
        None => format!("there are @{}", classes.keys().cloned().collect::<Vec<_>>().join(", @")),
    };
    Flaw::new(at, format!("there is no class {name:?}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Classes {
        BTreeMap::from([("harm".to_owned(), vec!["bomb*".to_owned()]), ("agent".to_owned(), vec!["they".to_owned()])])
    }

    fn node(pattern: &str) -> Node {
        let mut nodes =
            parse(pattern, &classes(), Language::English).unwrap_or_else(|flaw| panic!("{pattern}: {flaw:?}"));
        assert_eq!(nodes.len(), 1);
        nodes.remove(0)
    }

    fn is(word: &str) -> Node {
        Node::Is(vec![Ask::Word(word.into())])
    }

    #[track_caller]
    fn refused(pattern: &str, bytes: &str, what: &str) {
        let flaw = parse(pattern, &classes(), Language::English).expect_err(pattern);
        assert_eq!((&pattern[flaw.at.clone()], flaw.what.contains(what)), (bytes, true), "{flaw:?}");
        assert!(!flaw.hint.is_empty());
    }

    #[test]
    fn a_pattern_is_a_sequence_of_words_gaps_groups_and_seams() {
        let sequence =
            vec![is("will"), Node::Gap(3), Node::Optional(Box::new(is("dearly"))), Node::Seam(Seam::Break), is("pay")];
        assert_eq!(node("Will ..3 dearly? , pay"), Node::Sequence(sequence));
        let either = Node::Either(vec![Node::Sequence(vec![is("a"), is("b")]), is("c")]);
        assert_eq!(node("(a b | c) d"), Node::Sequence(vec![either, is("d")]));
        assert_eq!(
            parse("a b | c", &classes(), Language::English).unwrap(),
            [Node::Sequence(vec![is("a"), is("b")]), is("c")]
        );
        assert_eq!(node("<!2 not a"), Node::Sequence(vec![Node::NotBefore(vec![Ask::Word("not".into())], 2), is("a")]));
    }

    #[test]
    fn a_short_form_is_two_words_as_in_a_text() {
        assert_eq!(node("don't"), Node::Sequence(vec![is("do"), is("not")]));
        assert_eq!(node("cannot go"), Node::Sequence(vec![Node::Sequence(vec![is("can"), is("not")]), is("go")]));
        assert_eq!(node("parliament's"), is("parliament's"));
    }

    #[test]
    fn a_group_of_single_words_is_one_place() {
        let asks = vec![Ask::Word("no".into()), Ask::Glob("non*".into()), Ask::Class("harm".into())];
        assert_eq!(node("(@harm | no | non* | no)"), Node::Is(asks));
    }

    #[test]
    fn what_cannot_be_read_is_shown_with_its_place() {
        refused("will ..x pay", "..", "a gap is two dots");
        refused("will ..99 pay", "..99", "a gap is two dots");
        refused("..2 pay", "..2", "a gap at the edge");
        refused("pay ..2", "..2", "a gap at the edge");
        refused("(will pay", "(", "nothing closes");
        refused("will) pay", ")", "nothing opened");
        refused("will () pay", ")", "nothing stands here");
        refused("@harn us", "@harn", "there is no class");
        refused("{quote} us", "{quote}", "there is no {quote}");
        refused("? us", "?", "what may be missing");
        refused("us < them", "<", "needs a `!`");
        refused("!(a b) c", "!", "single words");
        refused("a? b?", "a? b?", "where nothing stands");
        refused("a ^ b", "^", "can never match");
        refused("$ a", "$", "can never match");
        refused("~blam*", "~blam*", "a stem takes no `*`");
        refused("- us", "-", "no letter");
        refused("`` us", "``", "nothing stands between");
        refused(&"a ".repeat(257), "a ", "longer than 256");
        refused(&"(".repeat(40), "(", "nest too deep");
    }

    #[test]
    fn a_class_entry_is_one_word() {
        assert_eq!(entry("bomb*", &classes(), Language::English), Ok(Ask::Glob("bomb*".into())));
        assert!(entry("shot down", &classes(), Language::English).is_err());
        assert_eq!(entry("U.S.", &classes(), Language::English), Ok(Ask::Word("u.s.".into())));
    }
}
