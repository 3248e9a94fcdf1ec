//! Bytes → units: lines, paragraphs, the whole document. Works on a stream: any way of cutting the input into pieces
//! gives the same units, and what is held never grows beyond one record.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

/// What gets classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// Paragraphs, to be cut into sentences by [`super::sentence`].
    Sentence,
    /// A line each, also empty ones.
    Line,
    /// Text between blank lines, its line breaks joined.
    Paragraph,
    /// Everything.
    Document,
}

/// A stretch of the input as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// From 1.
    pub index: u64,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// Its bytes in the raw input; of a truncated unit, those that were kept.
    pub start: u64,
    pub end: u64,
    /// Decoded, and for paragraphs with each line break and the blanks around it made one space.
    pub text: String,
    /// It was longer than a record may be; the rest is not in `text`.
    pub truncated: bool,
    /// How many invalid sequences were replaced by U+FFFD.
    pub replaced: u32,
    /// Offsets in `text` where a line break was meant, so that a sentence ends there without a full stop.
    pub breaks: Vec<usize>,
    /// Where text and input part company; empty if they never do.
    pieces: Vec<Piece>,
}

/// From `text` on, text and raw input run byte by byte alike, until the next piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    text: usize,
    raw: u64,
    line: u64,
}

impl Unit {
    /// The raw byte of an offset in `text`, which must lie on a character boundary.
    pub fn raw(&self, offset: usize) -> u64 {
        let piece = self.piece(offset);
        piece.raw + (offset - piece.text) as u64
    }

    /// The line of an offset in `text`.
    pub fn line_at(&self, offset: usize) -> u64 {
        let piece = self.piece(offset);
        piece.line + memchr_iter(b'\n', &self.text.as_bytes()[piece.text..offset]).count() as u64
    }

    fn piece(&self, offset: usize) -> Piece {
        let after = self.pieces.partition_point(|piece| piece.text <= offset);
        match after.checked_sub(1) {
            Some(at) => self.pieces[at],
            None => Piece { text: 0, raw: self.start, line: self.line },
        }
    }

    /// Appends bytes of the input, keeping track of where each stands.
    fn decode(&mut self, bytes: &[u8], raw: u64, line: u64) {
        let runs_on = self.pieces.is_empty() && raw == self.start + self.text.len() as u64 && line == self.line;
        if !runs_on {
            self.pieces.push(Piece { text: self.text.len(), raw, line });
        }
        let mut at = raw;
        let mut seen_line = line;
        for chunk in bytes.utf8_chunks() {
            self.text.push_str(chunk.valid());
            at += chunk.valid().len() as u64;
            seen_line += memchr_iter(b'\n', chunk.valid().as_bytes()).count() as u64;
            if !chunk.invalid().is_empty() {
                self.replaced += 1;
                self.pieces.push(Piece { text: self.text.len(), raw: at, line: seen_line });
                self.text.push('\u{FFFD}');
                at += chunk.invalid().len() as u64;
                self.pieces.push(Piece { text: self.text.len(), raw: at, line: seen_line });
            }
        }
        self.end = at;
    }
}

/// Whether the input begins with the mark of UTF-16, and which.
pub fn utf16(first: &[u8]) -> Option<&'static str> {
    match first {
        [0xFF, 0xFE, ..] => Some("UTF-16LE"),
        [0xFE, 0xFF, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

/// Cuts a stream of bytes into units.
pub struct Splitter {
    kind: UnitKind,
    most: usize,
    /// Bytes before the first are known to be no byte order mark.
    opening: Option<Vec<u8>>,
    line: Line,
    block: Block,
    index: u64,
}

/// The line that is being read.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    /// Bytes that did not fit.
    dropped: u64,
    start: u64,
    number: u64,
}

/// The lines of the paragraph or document that is being read.
#[derive(Default)]
struct Block {
    lines: Vec<BlockLine>,
    bytes: Vec<u8>,
    truncated: bool,
}

struct BlockLine {
    /// Where its bytes lie in the block.
    start: usize,
    end: usize,
    raw: u64,
    number: u64,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

impl Splitter {
    /// A splitter into units of at most `most` bytes.
    pub fn new(kind: UnitKind, most: usize) -> Self {
        let line = Line { number: 1, ..Line::default() };
        Splitter { kind, most: most.max(4), opening: Some(Vec::new()), line, block: Block::default(), index: 0 }
    }

    /// Takes the next bytes of the input and appends the units that they complete.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Unit>) {
        let Some(mut opening) = self.opening.take() else { return self.take(bytes, out) };
        opening.extend_from_slice(bytes);
        if opening.len() < BOM.len() && BOM.starts_with(&opening) {
            self.opening = Some(opening);
            return;
        }
        let skip = if opening.starts_with(BOM) { BOM.len() } else { 0 };
        self.line.start = skip as u64;
        self.take(&opening[skip..], out);
    }

    /// The input has ended; appends what is left.
    pub fn finish(&mut self, out: &mut Vec<Unit>) {
        if let Some(opening) = self.opening.take() {
            self.take(&opening, out);
        }
        if !self.line.bytes.is_empty() || self.line.dropped > 0 {
            let bytes = std::mem::take(&mut self.line.bytes);
            self.line_ended(&bytes, out);
        }
        self.end_block(out);
    }

    fn take(&mut self, mut bytes: &[u8], out: &mut Vec<Unit>) {
        while let Some(at) = memchr(b'\n', bytes) {
            // A line that lies wholly in these bytes needs no copy.
            if self.line.bytes.is_empty() && self.line.dropped == 0 && at <= self.most {
                self.line_ended(&bytes[..at], out);
            } else {
                self.keep(&bytes[..at]);
                let line = std::mem::take(&mut self.line.bytes);
                self.line_ended(&line, out);
                self.line.bytes = line;
                self.line.bytes.clear();
            }
            bytes = &bytes[at + 1..];
        }
        self.keep(bytes);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(self.most - self.line.bytes.len().min(self.most));
        self.line.bytes.extend_from_slice(&bytes[..fits]);
        self.line.dropped += (bytes.len() - fits) as u64;
    }

    /// A line is complete, its newline left out; moves on to the next.
    fn line_ended(&mut self, bytes: &[u8], out: &mut Vec<Unit>) {
        let (start, number, cut) = (self.line.start, self.line.number, self.line.dropped > 0);
        self.line.start += bytes.len() as u64 + self.line.dropped + 1;
        self.line.number += 1;
        self.line.dropped = 0;
        match self.kind {
            UnitKind::Line => self.whole_line(bytes, start, number, cut, out),
            UnitKind::Document => self.document_line(bytes, start, number, cut),
            UnitKind::Paragraph | UnitKind::Sentence => self.block_line(bytes, start, number, cut, out),
        }
    }

    fn next_unit(&mut self, start: u64, line: u64) -> Unit {
        self.index += 1;
        Unit { index: self.index, line, start, end: start, ..Unit::default() }
    }

    fn whole_line(&mut self, bytes: &[u8], start: u64, number: u64, cut: bool, out: &mut Vec<Unit>) {
        let bytes = if cut { whole_characters(bytes) } else { bytes.strip_suffix(b"\r").unwrap_or(bytes) };
        let mut unit = self.next_unit(start, number);
        unit.truncated = cut;
        unit.decode(bytes, start, number);
        out.push(unit);
    }

    fn document_line(&mut self, bytes: &[u8], start: u64, number: u64, cut: bool) {
        let block = &mut self.block;
        if block.lines.is_empty() {
            block.lines.push(BlockLine { start: 0, end: 0, raw: start, number });
        }
        if block.truncated {
            return;
        }
        if number > block.lines[0].number {
            block.bytes.push(b'\n');
        }
        let fits = bytes.len().min(self.most.saturating_sub(block.bytes.len()));
        block.bytes.extend_from_slice(&bytes[..fits]);
        block.truncated = cut || fits < bytes.len();
    }

    fn block_line(&mut self, bytes: &[u8], start: u64, number: u64, cut: bool, out: &mut Vec<Unit>) {
        let lead = bytes.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0B).count();
        let content = bytes[lead..].trim_ascii_end();
        if content.is_empty() {
            return self.end_block(out);
        }
        if self.block.bytes.len() + content.len() > self.most && !self.block.lines.is_empty() {
            if self.kind == UnitKind::Paragraph {
                self.block.truncated = true;
                return;
            }
            self.end_block(out);
        }
        if self.block.truncated && self.kind == UnitKind::Paragraph {
            return;
        }
        let content = if cut { whole_characters(content) } else { content };
        let at = self.block.bytes.len();
        self.block.bytes.extend_from_slice(content);
        self.block.truncated |= cut;
        let end = self.block.bytes.len();
        self.block.lines.push(BlockLine { start: at, end, raw: start + lead as u64, number });
    }

    fn end_block(&mut self, out: &mut Vec<Unit>) {
        let block = std::mem::take(&mut self.block);
        let Some(first) = block.lines.first() else { return };
        let mut unit = self.next_unit(first.raw, first.number);
        unit.truncated = block.truncated;
        if self.kind == UnitKind::Document {
            let bytes = if block.truncated { whole_characters(&block.bytes) } else { &block.bytes };
            unit.decode(bytes, first.raw, first.number);
        } else {
            join(&block, &mut unit, self.kind);
        }
        out.push(unit);
    }
}

/// Without the bytes of a last character that was cut off.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

/// Joins the lines of a paragraph into the unit's text and marks the breaks that were meant.
fn join(block: &Block, unit: &mut Unit, kind: UnitKind) {
    let lines: Vec<Cow<str>> =
        block.lines.iter().map(|line| String::from_utf8_lossy(&block.bytes[line.start..line.end])).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    for (at, line) in block.lines.iter().enumerate() {
        if at > 0 {
            let (before, after) = (&lines[at - 1], &lines[at]);
            if !is_split_compound(before, after) {
                // The space stands for the line break, so it lies where the line before ends.
                unit.pieces.push(Piece { text: unit.text.len(), raw: unit.end, line: block.lines[at - 1].number });
                unit.text.push(' ');
            }
            if kind == UnitKind::Sentence && is_meant(before, after, width) {
                unit.breaks.push(unit.text.len());
            }
        }
        unit.decode(&block.bytes[line.start..line.end], line.raw, line.number);
    }
}

/// `so-` at the end of a line and `called` at the start of the next are one word.
fn is_split_compound(before: &str, after: &str) -> bool {
    let mut last = before.chars().rev();
    last.next() == Some('-')
        && last.next().is_some_and(char::is_alphabetic)
        && after.chars().next().is_some_and(char::is_lowercase)
}

/// Letters short of the margin that a hard-wrapped line may stay, beyond the word that did not fit.
const RAGGED: usize = 5;

/// Whether a line break was meant, and is not there because the margin was reached: the next line is an item of a list,
/// or its first word would have fitted into this line (headings, verse, addresses).
fn is_meant(before: &str, after: &str, width: usize) -> bool {
    if is_item(after) {
        return true;
    }
    if is_split_compound(before, after) || after.chars().next().is_some_and(char::is_lowercase) {
        return false;
    }
    let word = after.split_whitespace().next().map_or(0, |word| word.chars().count());
    before.chars().count() + 1 + word + RAGGED <= width
}

/// A line that starts with a bullet or a number.
fn is_item(line: &str) -> bool {
    let Some((mark, _)) = line.split_once(char::is_whitespace) else { return false };
    let numbered = |body: &str| {
        let short = (1..=3).contains(&body.len());
        short
            && (body.bytes().all(|b| b.is_ascii_digit()) || body.len() == 1 && body.as_bytes()[0].is_ascii_lowercase())
            || short && body.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'))
    };
    match mark {
        "-" | "*" | "•" | "–" | "—" | "·" | "‣" | "◦" | "▪" | "●" | "+" => true,
        _ => match mark.strip_prefix('(').map(|rest| rest.strip_suffix(')')) {
            Some(body) => body.is_some_and(numbered),
            None => mark.strip_suffix(['.', ')']).is_some_and(numbered),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(kind: UnitKind, most: usize, input: &[u8]) -> Vec<Unit> {
        split_in_pieces(kind, most, input, input.len().max(1))
    }

    fn split_in_pieces(kind: UnitKind, most: usize, input: &[u8], piece: usize) -> Vec<Unit> {
        let (mut splitter, mut out) = (Splitter::new(kind, most), Vec::new());
        input.chunks(piece).for_each(|bytes| splitter.push(bytes, &mut out));
        splitter.finish(&mut out);
        out
    }

    fn texts(kind: UnitKind, input: &str) -> Vec<String> {
        split(kind, 1 << 20, input.as_bytes()).into_iter().map(|unit| unit.text).collect()
    }

    /// The pieces that the meant breaks cut a text into.
    fn blocks(input: &str) -> Vec<String> {
        let mut all = Vec::new();
        for unit in split(UnitKind::Sentence, 1 << 20, input.as_bytes()) {
            let mut start = 0;
            for end in unit.breaks.iter().copied().chain([unit.text.len()]) {
                all.push(unit.text[start..end].trim().to_owned());
                start = end;
            }
        }
        all
    }

    #[test]
    fn a_line_is_a_unit_also_when_it_is_empty() {
        assert_eq!(texts(UnitKind::Line, "a\n\nb\r\nc"), ["a", "", "b", "c"]);
        assert_eq!(texts(UnitKind::Line, "a\n"), ["a"]);
        assert!(texts(UnitKind::Line, "").is_empty());
        assert_eq!(texts(UnitKind::Line, "\n"), [""]);
    }

    #[test]
    fn a_paragraph_ends_at_a_blank_line_and_its_line_breaks_become_spaces() {
        assert_eq!(texts(UnitKind::Paragraph, "One\n  two \r\n\t\nthree\n\n\n"), ["One two", "three"]);
        assert_eq!(texts(UnitKind::Paragraph, "the so-\ncalled plan"), ["the so-called plan"]);
        assert!(texts(UnitKind::Paragraph, " \n\t\n").is_empty());
    }

    #[test]
    fn a_document_keeps_its_line_breaks() {
        assert_eq!(texts(UnitKind::Document, "One\r\ntwo\n\nthree\n"), ["One\r\ntwo\n\nthree"]);
        assert!(texts(UnitKind::Document, "").is_empty());
    }

    #[test]
    fn a_byte_order_mark_is_no_text_but_counts_as_bytes() {
        for kind in [UnitKind::Line, UnitKind::Paragraph, UnitKind::Document, UnitKind::Sentence] {
            let units = split(kind, 1 << 20, "\u{feff}abc".as_bytes());
            assert_eq!((units[0].text.as_str(), units[0].start, units[0].end), ("abc", 3, 6));
        }
    }

    #[test]
    fn wrapped_lines_run_on_and_headings_verse_and_lists_do_not() {
        let wrapped = "The council met on Monday evening to consider the plan of Mr\nSmith and agreed, after a long debate, that it should be put\noff.";
        assert_eq!(blocks(wrapped).len(), 1);
        assert_eq!(
            blocks("Introduction\nThe council met on Monday to consider the plan."),
            ["Introduction", "The council met on Monday to consider the plan."]
        );
        assert_eq!(blocks("We want:\n- more buses\n- fewer cars"), ["We want:", "- more buses", "- fewer cars"]);
        assert_eq!(blocks("1. Act\n2. Wait\n(a) or not"), ["1. Act", "2. Wait", "(a) or not"]);
    }

    #[test]
    fn an_over_long_line_is_cut_between_characters_and_says_so() {
        let input = "ééé and more\nnext";
        let units = split(UnitKind::Line, 5, input.as_bytes());
        assert_eq!((units[0].text.as_str(), units[0].truncated), ("éé", true));
        assert_eq!((units[1].text.as_str(), units[1].truncated, units[1].start), ("next", false, 16));
    }

    #[test]
    fn an_over_long_paragraph_loses_its_rest_and_an_over_long_block_for_sentences_loses_nothing() {
        let input = "aaaa\nbbbb\ncccc\n\ndddd";
        let paragraphs = split(UnitKind::Paragraph, 9, input.as_bytes());
        assert_eq!((paragraphs[0].text.as_str(), paragraphs[0].truncated), ("aaaa bbbb", true));
        assert_eq!(paragraphs[1].text, "dddd");
        let blocks = split(UnitKind::Sentence, 9, input.as_bytes());
        assert_eq!(blocks.iter().map(|b| b.text.as_str()).collect::<Vec<_>>(), ["aaaa bbbb", "cccc", "dddd"]);
        assert!(blocks.iter().all(|block| !block.truncated));
    }

    #[test]
    fn invalid_bytes_are_replaced_counted_and_pointed_at() {
        let units = split(UnitKind::Line, 1 << 20, b"a\xffb\xc3");
        assert_eq!((units[0].text.as_str(), units[0].replaced), ("a\u{fffd}b\u{fffd}", 2));
        let after = units[0].text.find('b').unwrap();
        assert_eq!(units[0].raw(after), 2);
        assert_eq!(units[0].raw(units[0].text.len()), 4);
    }

    #[test]
    fn lines_are_counted_inside_a_unit() {
        let unit = &split(UnitKind::Paragraph, 1 << 20, b"\n\none\ntwo\nthree")[0];
        assert_eq!(unit.line, 3);
        assert_eq!(unit.line_at(unit.text.find("three").unwrap()), 5);
        let document = &split(UnitKind::Document, 1 << 20, b"one\ntwo")[0];
        assert_eq!(document.line_at(document.text.len()), 2);
    }

    #[test]
    fn utf_16_is_known_by_its_mark() {
        assert_eq!(utf16(b"\xff\xfea\0"), Some("UTF-16LE"));
        assert_eq!(utf16(b"abc"), None);
    }

    proptest! {
        #[test]
        fn any_cutting_of_the_stream_gives_the_same_units(
            input in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b' '), Just(b'-'), Just(0xC3u8), Just(0xA9u8), any::<u8>()], 0..60),
            piece in 1usize..7,
            most in 4usize..20,
        ) {
            for kind in [UnitKind::Line, UnitKind::Paragraph, UnitKind::Sentence, UnitKind::Document] {
                let whole = split(kind, most, &input);
                prop_assert_eq!(&split_in_pieces(kind, most, &input, piece), &whole);
            }
        }

        #[test]
        fn every_character_of_a_unit_can_be_found_in_the_input(input in "[a-cé \n\r\t-]{0,60}") {
            for kind in [UnitKind::Line, UnitKind::Paragraph, UnitKind::Sentence, UnitKind::Document] {
                for unit in split(kind, 1 << 20, input.as_bytes()) {
                    prop_assert!(unit.start <= unit.end && unit.end <= input.len() as u64);
                    for (at, c) in unit.text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                        let raw = unit.raw(at) as usize;
                        prop_assert_eq!(input[raw..].chars().next(), Some(c));
                        let line = input[..raw].matches('\n').count() as u64 + 1;
                        prop_assert_eq!(unit.line_at(at), line);
                    }
                }
            }
        }

        #[test]
        fn the_lines_of_an_input_are_those_that_the_standard_library_sees(input in "[ab \n]{0,40}|[ab]{0,5}\r\n[ab\n]{0,9}") {
            let expected: Vec<&str> = input.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
            prop_assert_eq!(texts(UnitKind::Line, &input), expected);
        }
    }
}
