//! Which line breaks were meant?
//!
//! A line break inside a paragraph is either a *wrap*, made because the margin was reached, or *meant*: after a heading, a
//! verse, a line of an address, an item of a list. Only its neighbours tell. A wrap stands where the next line's first
//! word would not have fitted, so the block's own width is the measure. The golden cases are in `wrap_cases.txt`.

/// What of a line tells about the break before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineShape {
    /// Offset in the text of its block.
    start: u32,
    /// Characters of the line, and of its first word.
    width: u32,
    first_word: u32,
    opening: Opening,
    /// Ends in a letter and a hyphen; starts with a letter.
    hyphen_ends: bool,
    letter_starts: bool,
    /// Starts with `>`, as what a message answers does.
    is_answered: bool,
    /// Holds a word, such as an address on the web, that no margin could have split.
    unwrappable: bool,
}

/// How a line starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// A bullet or a number.
    Item,
    /// A dash, which opens an item of a list, or speech; before a small letter it may also continue a sentence.
    Dash,
    DashLower,
    Lower,
    Upper,
    /// Digits, quotation marks, scripts without case.
    Other,
}

/// Longer words do not take part in wrapping.
const LONGEST_WORD: usize = 40;

/// Nobody sets narrower columns, nor wraps wider than this: such breaks are meant.
const NARROWEST_WRAP: u32 = 30;
const WIDEST_WRAP: u32 = 200;

impl LineShape {
    /// The shape of a trimmed line.
    pub(super) fn of(line: &str) -> Self {
        let is_answered = line.starts_with('>');
        let body = if is_answered { line.trim_start_matches(['>', ' ']) } else { line };
        let (first_word, unwrappable) = if body.is_ascii() { ascii_words(body.as_bytes()) } else { words(body) };
        LineShape {
            start: 0,
            width: saturated(line.chars().count()),
            first_word: saturated(first_word),
            opening: Opening::of(body),
            hyphen_ends: hyphen_ends(line),
            letter_starts: line.starts_with(char::is_alphabetic),
            is_answered,
            unwrappable,
        }
    }

    /// The same line, at an offset of its block's text.
    pub(super) fn starting_at(self, start: usize) -> Self {
        LineShape { start: saturated(start), ..self }
    }

    /// Whether the line before ends inside a compound that goes on here: `so-` and `called`.
    pub(super) fn completes_compound(&self, before: &LineShape) -> bool {
        before.hyphen_ends && self.letter_starts
    }

    /// By how many characters the line before missed `width` when it could have taken the first word of this one;
    /// below zero if it could not.
    fn gap(&self, before: &LineShape, width: u32) -> i64 {
        i64::from(width) - i64::from(before.width) - 1 - i64::from(self.first_word)
    }
}

/// Whether a line that ends inside a compound goes on in the next one, of which these are the bytes.
pub(super) fn completes_compound(before: &str, next: &[u8]) -> bool {
    let first = || next.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    hyphen_ends(before) && first().is_some_and(char::is_alphabetic)
}

/// Whether a line is a paragraph of its own, as word processors save them, or the end of one: nobody wraps so wide. `next` are the bytes of the line behind it, which goes
/// on with a sentence if it begins with a small letter.
pub(super) fn ends_paragraph(line: &str, next: &[u8]) -> bool {
    let wide = WIDEST_WRAP as usize;
    if line.len() <= wide || line.chars().nth(wide).is_none() || hyphen_ends(line) {
        return false;
    }
    let next = next.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    !matches!(Opening::of(next), Opening::Lower | Opening::DashLower)
}

fn hyphen_ends(line: &str) -> bool {
    line.strip_suffix('-').is_some_and(|line| line.ends_with(char::is_alphabetic))
}

/// The characters of the first word, and whether any word has more than [`LONGEST_WORD`].
fn words(body: &str) -> (usize, bool) {
    let mut words = body.split_whitespace().map(|word| word.chars().count());
    let first = words.next().unwrap_or(0);
    (first, first > LONGEST_WORD || words.any(|width| width > LONGEST_WORD))
}

/// The same of ASCII, without a look at each byte: a word longer than that has no blank in a stretch of that length.
fn ascii_words(body: &[u8]) -> (usize, bool) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = body.iter().position(|byte| !is_blank(byte)).unwrap_or(body.len());
    let body = &body[start..];
    let first = body.iter().position(is_blank).unwrap_or(body.len());
    let mut at = 0;
    while let Some(near) = body.get(at..=at + LONGEST_WORD) {
        match near.iter().rposition(is_blank) {
            Some(blank) => at += blank + 1,
            None => return (first, true),
        }
    }
    (first, false)
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Opening {
    fn of(line: &str) -> Self {
        if is_item(line) {
            return Opening::Item;
        }
        let mut first = line.chars().skip_while(|c| matches!(c, '"' | '\'' | '“' | '‘' | '„' | '«' | '(' | '['));
        match first.next() {
            Some('–' | '—' | '―') => match first.find(|c| !c.is_whitespace()) {
                Some(c) if c.is_lowercase() => Opening::DashLower,
                _ => Opening::Dash,
            },
            Some(c) if c.is_lowercase() => Opening::Lower,
            Some(c) if c.is_uppercase() => Opening::Upper,
            _ => Opening::Other,
        }
    }
}

/// A line that starts with a bullet or a number and a blank: `- `, `• `, `1. `, `2) `, `(a) `, `(iv) `, `a. ` before a capital.
fn is_item(line: &str) -> bool {
    let Some((mark, rest)) = line.split_once(char::is_whitespace) else { return false };
    if let "-" | "*" | "+" | "•" | "·" | "‣" | "◦" | "▪" | "●" | "○" | "■" | "➢" | "✓" = mark {
        return true;
    }
    if let Some(body) = mark.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return is_number(body) || is_letter(body);
    }
    let is_small = |body: &str| is_letter(body) && body.starts_with(char::is_lowercase);
    mark.strip_suffix('.').is_some_and(|body| is_number(body) || is_small(body) && rest.starts_with(char::is_uppercase))
        || mark.strip_suffix(')').is_some_and(|b| is_number(b) || is_letter(b))
}

/// At most three digits (a year ends sentences), or a small roman number.
fn is_number(body: &str) -> bool {
    let digits = body.bytes().all(|byte| byte.is_ascii_digit());
    let roman = body.bytes().all(|byte| matches!(byte, b'i' | b'v' | b'x'));
    (1..=3).contains(&body.len()) && (digits || roman)
}

fn is_letter(body: &str) -> bool {
    body.len() == 1 && body.as_bytes()[0].is_ascii_alphabetic()
}

/// The offsets in the block's text where a line starts after a meant break, rising.
pub(super) fn meant_breaks(lines: &[LineShape]) -> Vec<usize> {
    let block = Layout::of(lines);
    let pairs = lines.windows(2).filter(|pair| block.is_meant(&pair[0], &pair[1]));
    pairs.map(|pair| pair[1].start as usize).collect()
}

/// What all lines of a block tell together.
struct Layout {
    width: u32,
    /// How far its writer stayed from the margin where a lower-case word shows that the line was wrapped: hand-made
    /// lines are ragged.
    ragged: i64,
    /// Each line starts like a verse, or an entry of a list.
    is_verse: bool,
    /// Lines that start with a dash.
    dashes: usize,
}

impl Layout {
    fn of(lines: &[LineShape]) -> Self {
        let wrappable = lines.iter().filter(|line| !line.unwrappable).map(|line| line.width).max();
        let width = wrappable.or_else(|| lines.iter().map(|line| line.width).max()).unwrap_or(0);
        let mut layout = Layout { width, ragged: -1, is_verse: false, dashes: 0 };
        layout.ragged = layout.raggedness(lines);
        layout.dashes = lines.iter().filter(|line| matches!(line.opening, Opening::Dash | Opening::DashLower)).count();
        layout.is_verse = layout.looks_like_verse(lines);
        layout
    }

    /// The widest gap before a lower-case word, up to a quarter of the width.
    fn raggedness(&self, lines: &[LineShape]) -> i64 {
        let wraps = lines.windows(2).filter(|pair| pair[1].opening == Opening::Lower);
        let gaps = wraps.map(|pair| pair[1].gap(&pair[0], self.width));
        gaps.filter(|gap| *gap <= i64::from(self.width / 4)).fold(-1, i64::max)
    }

    /// From three breaks on, all before capitals, half of them well before the margin: then the others are meant too,
    /// though their lines may be the longest. Wrapped prose has a capital at one line start in six.
    fn looks_like_verse(&self, lines: &[LineShape]) -> bool {
        let capitals = lines.iter().skip(1).all(|line| matches!(line.opening, Opening::Upper | Opening::Other));
        let short = lines.windows(2).filter(|pair| pair[1].gap(&pair[0], self.width) >= 0).count();
        lines.len() > 3 && capitals && 2 * short >= lines.len() - 1
    }

    fn is_meant(&self, before: &LineShape, line: &LineShape) -> bool {
        let wrapped = line.gap(before, self.width) <= self.ragged;
        match line.opening {
            _ if line.completes_compound(before) => false,
            _ if line.is_answered != before.is_answered => true,
            Opening::Item => true,
            Opening::Dash => self.dashes > 1 || !wrapped,
            Opening::DashLower => self.dashes > 1,
            Opening::Lower => false,
            Opening::Upper | Opening::Other => {
                let cannot_wrap = !(NARROWEST_WRAP..=WIDEST_WRAP).contains(&self.width);
                self.is_verse || cannot_wrap || !wrapped
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::unit::{Splitter, UnitKind};
    use proptest::prelude::*;

    /// The lines of a block, each ended by `‖` if the reader sees that its break is meant.
    fn marked(block: &str) -> String {
        let (mut splitter, mut units) = (Splitter::new(UnitKind::Sentence, 1 << 20), Vec::new());
        splitter.push(block.replace('‖', "").as_bytes(), &mut units);
        splitter.finish(&mut units);
        // Where a paragraph ends a break was meant, too.
        let first = units[0].line;
        let starts = units.iter().flat_map(|unit| unit.breaks.iter().map(|&at| unit.line_at(at)).chain([unit.line]));
        let meant: Vec<usize> = starts.map(|line| (line - first) as usize).collect();
        let lines = block.lines().map(|line| line.trim_end_matches('‖'));
        let mark = |at| if meant.contains(&(at + 1)) { "‖" } else { "" };
        lines.enumerate().map(|(at, line)| format!("{line}{}\n", mark(at))).collect()
    }

    #[test]
    fn the_golden_blocks_break_where_their_writers_meant_it() {
        let text: String =
            include_str!("wrap_cases.txt").lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
        let cases: Vec<&str> =
            text.split("\n\n").map(|case| case.trim_matches('\n')).filter(|case| !case.is_empty()).collect();
        assert!(cases.len() >= 25, "{} cases", cases.len());
        for case in cases {
            assert_eq!(marked(case), format!("{case}\n"));
        }
    }

    #[test]
    fn items_are_known_by_their_marks() {
        for line in ["- a", "* a", "• a", "1. a", "12) a", "(a) a", "(iv) a", "b) a", "3. a", "a. They"] {
            assert!(is_item(line), "{line}");
        }
        for line in ["1990. Then", "-5 degrees", "a", "(so) it", "Mr. A", "C. It", "a. m", "2.5 per cent", "-"] {
            assert!(!is_item(line), "{line}");
        }
    }

    proptest! {
        #[test]
        fn words_of_ascii_are_measured_as_all_others(body in "([a-z-]{1,9}|[x]{38,43}|[ \t\u{b}\u{1f}]{1,3}){0,9}") {
            prop_assert_eq!(ascii_words(body.as_bytes()), words(&body));
        }
    }
}
