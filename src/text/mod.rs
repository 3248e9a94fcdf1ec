//! From bytes to tokens. Everything found in a text is a range of bytes of that text, and no later step alters the
//! range: what is shown as evidence can always be pointed at.

mod abbreviation;
pub mod cell;
pub mod count;
pub mod foreign;
pub mod form;
pub(crate) mod gzip;
pub mod language;
pub mod list;
pub mod quote;
mod scan;
pub mod sentence;
pub mod source;
pub mod speech;
pub mod stem;
pub mod token;
pub mod unit;
mod wrap;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A range of bytes of some text, `start` included, `end` excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// The span from `start` to before `end`; `start` must not lie behind `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a span runs forward");
        Span { start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The bytes that the span covers, as text.
    ///
    /// # Panics
    /// If the span was not made from this `text` (out of bounds or inside a character).
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }

    /// The bytes that both spans cover, if there are any.
    pub fn overlap(self, other: Span) -> Option<Span> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Span { start, end })
    }

    /// Whether `other` lies wholly within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Span::new(range.start, range.end)
    }
}

/// Where in the user's data something stands: a file, and a line of it where lines are known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path as the user gave it; `-` is standard input.
    pub path: Arc<str>,
    /// From 1.
    pub line: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Place { path: path.into(), line: None }
    }

    /// A line of a file, counted from 1.
    pub fn line(path: impl Into<Arc<str>>, line: u64) -> Self {
        Place { path: path.into(), line: Some(line) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

/// The text with control characters made visible, so that no input can steer a terminal: `ESC` becomes `␛`.
pub fn visible(text: &str) -> String {
    let seen = |c: char| match c {
        '\t' => ' ',
        '\u{7F}' => '␡',
        c @ '\0'..='\u{1F}' => char::from_u32(0x2400 + c as u32).unwrap_or('␦'),
        // C1 controls, marks that turn the direction of what follows, ends of lines and paragraphs; not the marks that Arabic, Hebrew, Thai and
        // Indic text needs: of direction, of where a line may break, of what joins letters.
        '\u{80}'..='\u{9F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '␦',
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' => '␦',
        c => c,
    };
    // Most texts are plain, or begin so.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    let (plain, rest) = text.split_at(text.bytes().position(|byte| !is_plain(byte)).unwrap_or(text.len()));
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    out.extend(rest.chars().map(seen));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_cannot_be_steered_by_the_text() {
        assert_eq!(visible("a\u{1b}[31mred\u{7f}\n\u{9b}2J\u{202e}"), "a␛[31mred␡␊␦2J␦");
        assert_eq!(visible("naïve — “quoted”"), "naïve — “quoted”");
        assert_eq!(visible("a\u{2028}b\u{feff}"), "a␦b␦");
        assert_eq!(visible("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(visible("\u{200f}שלום\u{200e}"), "\u{200f}שלום\u{200e}");
    }
}
