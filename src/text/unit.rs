//! Bytes → units: lines, paragraphs, the whole document.
//!
//! Works on a stream. However the input is cut into pieces, the units are the same, and what is held never grows beyond
//! one record. Every offset in a unit's text can be traced back to a byte and a line of the raw input.

use memchr::{memchr, memchr_iter};

use super::wrap::{LineShape, completes_compound, ends_paragraph, meant_breaks};

/// What gets classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A paragraph too, with its meant line breaks marked, for [`super::sentence::sentences`] to cut.
    Sentence,
    /// Each line, also an empty one.
    Line,
    /// Lines between blank ones, joined.
    Paragraph,
    /// The whole input.
    Document,
}

/// A stretch of the input, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// From 1.
    pub index: u64,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// Its first byte in the raw input.
    pub start: u64,
    /// The raw byte behind its last; of a truncated unit, behind the last that was kept.
    pub end: u64,
    /// Decoded; in paragraphs, a line break and the blanks around it are one space.
    pub text: String,
    /// It was longer than a record may be, and the rest is not in `text`.
    pub truncated: bool,
    /// Invalid UTF-8 sequences, each replaced by one U+FFFD.
    pub replaced: u32,
    /// Offsets in `text`, rising: there a line break was meant, so a sentence ends even without a full stop.
    pub breaks: Vec<usize>,
    /// Where text and raw input stop running alike; empty if they never do.
    pieces: Vec<Piece>,
}

/// From `text` on, text and raw input run byte by byte alike, up to the next piece's start, or up to the U+FFFD before it.
/// Kept small, since garbage needs one for each of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    text: u32,
    /// Lines below the unit's first.
    lines_down: u32,
    raw: u64,
}

impl Unit {
    /// The raw byte at which the character at `text_offset` starts; for the text's length, [`Unit::end`].
    /// At the seam of a compound that was split at its hyphen, that is where the next line starts.
    pub fn raw(&self, text_offset: usize) -> u64 {
        let piece = self.piece_at(text_offset);
        piece.raw + (text_offset - piece.text as usize) as u64
    }

    /// The line, from 1, on which the character at `text_offset` stands.
    pub fn line_at(&self, text_offset: usize) -> u64 {
        self.lines().at(text_offset)
    }

    /// Tells the lines of one place after another, without counting from the beginning for each.
    pub fn lines(&self) -> Lines<'_> {
        Lines { unit: self, at: 0, line: self.line + u64::from(self.piece_at(0).lines_down) }
    }

    /// Whether a line break was meant somewhere from one offset in the text to another.
    pub fn breaks_between(&self, from: usize, to: usize) -> bool {
        let next = self.breaks.partition_point(|at| *at < from);
        self.breaks.get(next).is_some_and(|at| *at <= to)
    }

    fn piece_at(&self, text_offset: usize) -> Piece {
        let after = self.pieces.partition_point(|piece| piece.text as usize <= text_offset);
        let whole = Piece { text: 0, lines_down: 0, raw: self.start };
        after.checked_sub(1).map_or(whole, |at| self.pieces[at])
    }

    /// Appends raw bytes that start at `raw`, on line `line`.
    fn append(&mut self, bytes: &[u8], raw: u64, line: u64) {
        if !self.text.is_empty() {
            self.part_company(raw, line);
        }
        match std::str::from_utf8(bytes) {
            Ok(valid) => self.text.push_str(valid),
            Err(_) => self.append_repaired(bytes, raw, line),
        }
        self.end = raw + bytes.len() as u64;
    }

    /// As [`String::from_utf8_lossy`] repairs, noting where each replacement leaves text and input.
    fn append_repaired(&mut self, bytes: &[u8], mut raw: u64, mut line: u64) {
        for chunk in bytes.utf8_chunks() {
            self.text.push_str(chunk.valid());
            raw += (chunk.valid().len() + chunk.invalid().len()) as u64;
            line += newlines(chunk.valid().as_bytes());
            if !chunk.invalid().is_empty() {
                self.text.push(char::REPLACEMENT_CHARACTER);
                self.replaced += 1;
                self.part_company(raw, line);
            }
        }
    }

    fn part_company(&mut self, raw: u64, line: u64) {
        let lines_down = u32::try_from(line - self.line).unwrap_or(u32::MAX);
        let text = u32::try_from(self.text.len()).expect("MOST_BYTES keeps a text under 4 GiB");
        self.pieces.push(Piece { text, lines_down, raw });
    }
}

/// The lines of a unit, told from one place to the next.
pub struct Lines<'u> {
    unit: &'u Unit,
    /// The place that was asked for last, and its line.
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, on which the character at `text_offset` stands.
    pub fn at(&mut self, text_offset: usize) -> u64 {
        let piece = self.unit.piece_at(text_offset);
        let begin = piece.text as usize;
        let (from, line) = match begin <= self.at && self.at <= text_offset {
            true => (self.at, self.line),
            false => (begin, self.unit.line + u64::from(piece.lines_down)),
        };
        self.at = text_offset;
        self.line = line + newlines(&self.unit.text.as_bytes()[from..text_offset]);
        self.line
    }
}

/// How many lines end in these bytes.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

/// The beginning of an input without its byte order mark, if UTF-8 has one.
pub fn unmarked(first: &[u8]) -> &[u8] {
    first.strip_prefix(BOM).unwrap_or(first)
}

/// The name of the encoding if the input begins with a byte order mark of UTF-16, which no [`Splitter`] reads.
pub fn looks_utf16(first: &[u8]) -> Option<&'static str> {
    match first {
        [0xFF, 0xFE, ..] => Some("UTF-16LE"),
        [0xFE, 0xFF, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

/// A record is never longer, so that offsets in its text fit 32 bits even if each byte becomes a U+FFFD of three.
const MOST_BYTES: usize = 1 << 30;

/// A record holds at least the longest character.
const LEAST_BYTES: usize = 4;

/// A block has at most so many lines; each costs some 40 bytes beside its text. A novel's longest paragraph has hundreds.
const MOST_LINES: usize = 1 << 16;

/// Memory for the lines of a block is kept for the next one, up to so many.
const FEW_LINES: usize = 1 << 8;

/// Line buffers larger than this are given back.
const LARGE_BUFFER: usize = 1 << 16;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Cuts a stream of bytes into units.
#[derive(Debug)]
pub struct Splitter {
    kind: UnitKind,
    max_record: usize,
    /// How much of a byte order mark was seen; nothing once it is decided.
    bom: Option<usize>,
    /// Raw offset and number of the line that is being read.
    line_start: u64,
    line: u64,
    pending: Pending,
    block: Block,
    units: u64,
}

/// The part of a line that came with earlier pushes.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Blanks before `bytes` and bytes after it that are counted but not kept.
    skipped: u64,
    dropped: u64,
}

/// A whole line, or what is kept of it.
struct Line<'a> {
    bytes: &'a [u8],
    start: u64,
    number: u64,
    cut: bool,
}

/// The unit that grows line by line.
#[derive(Debug, Default)]
struct Block {
    unit: Unit,
    /// Where in the unit's text each line starts.
    lines: Vec<u32>,
    bytes: usize,
}

impl Splitter {
    /// A splitter into units of at most `max_record` raw bytes (4 at least, 1 GiB at most).
    pub fn new(kind: UnitKind, max_record: usize) -> Self {
        Splitter {
            kind,
            max_record: max_record.clamp(LEAST_BYTES, MOST_BYTES),
            bom: Some(0),
            line_start: 0,
            line: 1,
            pending: Pending::default(),
            block: Block::default(),
            units: 0,
        }
    }

    /// Takes the next bytes of the input and appends to `out` the units that they complete.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Unit>) {
        let bytes = self.past_bom(bytes, out);
        self.take(bytes, out);
    }

    /// The input has ended: appends to `out` what is left.
    pub fn finish(&mut self, out: &mut Vec<Unit>) {
        if let Some(seen) = self.bom.take() {
            self.take(&BOM[..seen], out);
        }
        match self.kind {
            UnitKind::Document => self.end_document(out),
            _ if self.pending.length() > 0 => self.end_pending(out),
            _ => {}
        }
        self.end_block(out);
    }

    /// The bytes behind a byte order mark, which may come in pieces.
    fn past_bom<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<Unit>) -> &'a [u8] {
        let Some(seen) = self.bom else { return bytes };
        let missing = &BOM[seen..];
        let common = bytes.iter().zip(missing).take_while(|(found, wanted)| found == wanted).count();
        if common == missing.len() {
            self.bom = None;
            self.line_start = BOM.len() as u64;
            return &bytes[common..];
        }
        if common == bytes.len() {
            self.bom = Some(seen + common);
            return &[];
        }
        self.bom = None;
        self.take(&BOM[..seen], out);
        bytes
    }

    fn take(&mut self, mut bytes: &[u8], out: &mut Vec<Unit>) {
        if self.kind == UnitKind::Document {
            return self.keep(bytes);
        }
        while let Some(at) = memchr(b'\n', bytes) {
            if self.pending.length() == 0 {
                self.end_line(&bytes[..at], 0, at as u64 + 1, out); // lies wholly in these bytes: no copy
            } else {
                self.keep(&bytes[..at]);
                self.end_pending(out);
            }
            bytes = &bytes[at + 1..];
        }
        self.keep(bytes);
    }

    /// Holds the part of a line whose end is yet to come. One byte more than a record is kept, since it may be the `\r`
    /// of a line that just fits.
    fn keep(&mut self, bytes: &[u8]) {
        let lead = if self.pending.bytes.is_empty() { self.lead(bytes) } else { 0 };
        let bytes = &bytes[lead..];
        let fits = bytes.len().min(self.max_record + 1 - self.pending.bytes.len());
        self.pending.bytes.extend_from_slice(&bytes[..fits]);
        self.pending.skipped += lead as u64;
        self.pending.dropped += (bytes.len() - fits) as u64;
    }

    /// Blanks at the start of a line, where the kind of unit does not keep them.
    fn lead(&self, bytes: &[u8]) -> usize {
        match self.kind {
            UnitKind::Line | UnitKind::Document => 0,
            UnitKind::Sentence | UnitKind::Paragraph => bytes.iter().take_while(|byte| is_blank(**byte)).count(),
        }
    }

    fn end_pending(&mut self, out: &mut Vec<Unit>) {
        let mut pending = std::mem::take(&mut self.pending);
        self.end_line(&pending.bytes, pending.skipped, pending.length() + 1, out);
        // The buffer lives on, unless a long line made it large.
        if pending.bytes.capacity() <= LARGE_BUFFER {
            pending.bytes.clear();
            self.pending.bytes = pending.bytes;
        }
    }

    /// A line is complete: `bytes` without its newline start `skipped` bytes into it; with all, it has `length` bytes.
    fn end_line(&mut self, bytes: &[u8], skipped: u64, length: u64, out: &mut Vec<Unit>) {
        let lead = self.lead(bytes);
        let dropped = length > skipped + bytes.len() as u64 + 1;
        let kept = if dropped { bytes } else { bytes.strip_suffix(b"\r").unwrap_or(bytes) };
        let kept = &kept[lead.min(kept.len())..];
        let cut = dropped || kept.len() > self.max_record;
        let bytes = if cut { whole_characters(&kept[..self.max_record]) } else { kept };
        let line = Line { bytes, start: self.line_start + skipped + lead as u64, number: self.line, cut };
        self.line_start += length;
        self.line += 1;
        match self.kind {
            UnitKind::Line => self.add_alone(&line, out),
            _ => self.add_to_block(&line, out),
        }
    }

    fn end_document(&mut self, out: &mut Vec<Unit>) {
        let pending = std::mem::take(&mut self.pending);
        let cut = pending.bytes.len() > self.max_record;
        let bytes = if cut { whole_characters(&pending.bytes[..self.max_record]) } else { &pending.bytes };
        if !bytes.is_empty() {
            self.add_alone(&Line { bytes, start: self.line_start, number: self.line, cut }, out);
        }
    }

    fn add_alone(&mut self, line: &Line, out: &mut Vec<Unit>) {
        let mut unit = self.next_unit(line.start, line.number);
        unit.append(line.bytes, line.start, line.number);
        unit.truncated = line.cut;
        out.push(unit);
    }

    fn next_unit(&mut self, start: u64, line: u64) -> Unit {
        self.units += 1;
        Unit { index: self.units, line, start, end: start, ..Unit::default() }
    }

    fn add_to_block(&mut self, line: &Line, out: &mut Vec<Unit>) {
        let bytes = trim_end(line.bytes);
        // Of a line that is cut among blanks nobody knows whether it goes on with text.
        if is_blank_text(bytes) && !line.cut {
            return self.end_block(out);
        }
        if self.block.ends_before(bytes) {
            self.end_block(out);
        }
        if self.is_full(bytes.len()) {
            match self.kind {
                UnitKind::Paragraph => self.block.unit.truncated = true,
                _ => self.end_block(out),
            }
        }
        if self.block.lines.is_empty() {
            self.block.unit = self.next_unit(line.start, line.number);
        }
        if !self.block.unit.truncated {
            self.block.join(bytes, line);
        }
        // What follows an over-long line is not part of what was cut.
        if line.cut && self.kind == UnitKind::Sentence {
            self.end_block(out);
        }
    }

    /// Whether a block must end before `more` bytes. Each line costs memory too, so that their number is bounded.
    fn is_full(&self, more: usize) -> bool {
        let lines = self.block.lines.len();
        lines > 0 && (self.block.bytes + more > self.max_record || lines >= MOST_LINES)
    }

    fn end_block(&mut self, out: &mut Vec<Unit>) {
        if self.block.lines.is_empty() {
            return;
        }
        let mut unit = std::mem::take(&mut self.block.unit);
        // A line alone breaks nowhere, and is not looked at.
        if self.kind == UnitKind::Sentence && self.block.lines.len() > 1 {
            unit.breaks = meant_breaks(&self.block.shapes(&unit.text));
        }
        self.block.lines.clear();
        self.block.lines.shrink_to(FEW_LINES);
        self.block.bytes = 0;
        out.push(unit);
    }
}

impl Pending {
    fn length(&self) -> u64 {
        self.skipped + self.bytes.len() as u64 + self.dropped
    }
}

impl Block {
    /// Whether the next line, of which these are the bytes, begins another paragraph.
    fn ends_before(&self, next: &[u8]) -> bool {
        self.lines.last().is_some_and(|last| ends_paragraph(&self.unit.text[*last as usize..], next))
    }

    /// Adds a line: its break becomes a space, unless it split a compound at its hyphen.
    fn join(&mut self, bytes: &[u8], line: &Line) {
        if let Some(&before) = self.lines.last()
            && !completes_compound(&self.unit.text[before as usize..], bytes)
        {
            self.unit.text.push(' ');
        }
        self.lines.push(u32::try_from(self.unit.text.len()).expect("MOST_BYTES keeps a text under 4 GiB"));
        self.unit.append(bytes, line.start, line.number);
        self.unit.truncated |= line.cut;
        self.bytes += bytes.len() + 1;
    }

    /// The shapes of the lines, which end in no blank of their own.
    fn shapes(&self, text: &str) -> Vec<LineShape> {
        let ends = self.lines[1..].iter().map(|next| *next as usize).chain([text.len()]);
        let lines = self.lines.iter().map(|start| *start as usize).zip(ends);
        let shape = |(start, end): (usize, usize)| {
            let line = &text[start..end];
            LineShape::of(line.strip_suffix(' ').unwrap_or(line)).starting_at(start)
        };
        lines.map(shape).collect()
    }
}

/// Blanks that may surround a line: those of ASCII, form feed and vertical tab among them.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Whether nothing but blanks is there, those beyond ASCII included (a web page's no-break spaces).
fn is_blank_text(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|first| !first.is_ascii())
        && std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(char::is_whitespace))
}

/// Without the bytes of a last character that was cut off.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let tail = bytes.len().saturating_sub(LEAST_BYTES);
    let cut = (tail..bytes.len()).find(|&at| {
        // An error without a length is a character that the end of the bytes interrupts.
        std::str::from_utf8(&bytes[at..]).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    });
    &bytes[..cut.unwrap_or(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [UnitKind; 4] = [UnitKind::Sentence, UnitKind::Line, UnitKind::Paragraph, UnitKind::Document];
    const AMPLE: usize = 1 << 20;

    fn split(kind: UnitKind, max_record: usize, pieces: &[&[u8]]) -> Vec<Unit> {
        let (mut splitter, mut units) = (Splitter::new(kind, max_record), Vec::new());
        pieces.iter().for_each(|bytes| splitter.push(bytes, &mut units));
        splitter.finish(&mut units);
        units
    }

    fn texts(kind: UnitKind, input: &str) -> Vec<String> {
        split(kind, AMPLE, &[input.as_bytes()]).into_iter().map(|unit| unit.text).collect()
    }

    #[test]
    fn each_line_is_a_unit_also_an_empty_one() {
        assert_eq!(texts(UnitKind::Line, "a\n\n b\r\nc"), ["a", "", " b", "c"]);
        assert_eq!(texts(UnitKind::Line, "a\n"), ["a"]);
        assert_eq!(texts(UnitKind::Line, "\n"), [""]);
        assert_eq!(texts(UnitKind::Line, "a\rb\0\n"), ["a\rb\0"]);
    }

    #[test]
    fn no_input_has_no_units() {
        for kind in KINDS {
            assert!(texts(kind, "").is_empty());
            assert!(texts(kind, "\u{feff}").is_empty());
        }
    }

    #[test]
    fn a_paragraph_ends_at_a_blank_line_and_its_line_breaks_become_spaces() {
        assert_eq!(
            texts(UnitKind::Paragraph, "\n One\n  two \r\n\t\x0c\nthree\n\u{a0}\nfour"),
            ["One two", "three", "four"]
        );
        assert_eq!(texts(UnitKind::Paragraph, "the so-\ncalled plan - \nno 5-\n6"), ["the so-called plan - no 5- 6"]);
        assert!(texts(UnitKind::Paragraph, " \n\t\n").is_empty());
    }

    #[test]
    fn a_line_that_is_cut_among_blanks_is_not_taken_for_an_empty_one() {
        for kind in [UnitKind::Paragraph, UnitKind::Sentence] {
            let units = split(kind, 12, &["One.\n\n\u{2002}\r\r\r\r\r\r\r\r\r\r\rlost\n\nTwo.".as_bytes()]);
            let shown: Vec<(&str, bool)> = units.iter().map(|unit| (unit.text.as_str(), unit.truncated)).collect();
            assert_eq!(shown, [("One.", false), ("\u{2002}", true), ("Two.", false)]);
        }
    }

    #[test]
    fn a_document_keeps_all_that_it_has() {
        assert_eq!(texts(UnitKind::Document, "\u{feff}One\r\ntwo\n\nthree\n"), ["One\r\ntwo\n\nthree\n"]);
    }

    #[test]
    fn a_byte_order_mark_is_no_text_but_counts_as_bytes() {
        for kind in KINDS {
            let unit = &split(kind, AMPLE, &[b"\xEF\xBB", b"\xBFabc"])[0];
            assert_eq!((unit.text.as_str(), unit.start, unit.end, unit.raw(1)), ("abc", 3, 6, 4));
            let half = &split(kind, AMPLE, &[b"\xEF\xBB", b"abc"])[0];
            assert_eq!((half.text.as_str(), half.start, half.raw(3)), ("\u{fffd}abc", 0, 2));
        }
    }

    #[test]
    fn an_over_long_line_is_cut_between_characters_and_the_next_is_whole() {
        let units = split(UnitKind::Line, 5, &["ééé and more\nnext".as_bytes()]);
        assert_eq!((units[0].text.as_str(), units[0].truncated, units[0].end), ("éé", true, 4));
        assert_eq!((units[1].text.as_str(), units[1].truncated, units[1].start), ("next", false, 16));
        assert!(!split(UnitKind::Line, 5, &[b"12345\r\n"])[0].truncated);
        assert!(split(UnitKind::Line, 5, &[b"12345\r6\n"])[0].truncated);
    }

    #[test]
    fn an_over_long_paragraph_loses_its_rest() {
        let units = split(UnitKind::Paragraph, 9, &[b"aaaa\nbbbb\ncccc\nd\n\neeee"]);
        assert_eq!((units[0].text.as_str(), units[0].truncated), ("aaaa bbbb", true));
        assert_eq!((units[1].text.as_str(), units[1].truncated, units[1].line), ("eeee", false, 6));
    }

    #[test]
    fn an_over_long_block_for_sentences_is_split_at_a_line_and_loses_nothing() {
        let units = split(UnitKind::Sentence, 9, &[b"aaaa\nbbbb\ncccc\n\ndddd\n0123456789\neeee"]);
        let texts: Vec<&str> = units.iter().map(|unit| unit.text.as_str()).collect();
        assert_eq!(texts, ["aaaa bbbb", "cccc", "dddd", "012345678", "eeee"]);
        assert_eq!(units.iter().map(|unit| unit.truncated).collect::<Vec<_>>(), [false, false, false, true, false]);
    }

    #[test]
    fn an_over_long_document_is_cut() {
        let unit = &split(UnitKind::Document, 5, &["aé\nüb".as_bytes()])[0];
        assert_eq!((unit.text.as_str(), unit.truncated, unit.end), ("aé\n", true, 4));
    }

    #[test]
    fn blanks_before_a_line_do_not_count_against_its_length() {
        let units = split(UnitKind::Sentence, 5, &[&[b' '; 100], b"text\n"]);
        assert_eq!((units[0].text.as_str(), units[0].truncated, units[0].start), ("text", false, 100));
    }

    #[test]
    fn a_line_without_end_is_held_only_as_far_as_a_record_goes() {
        let (mut splitter, mut units) = (Splitter::new(UnitKind::Line, 1000), Vec::new());
        for _ in 0..1000 {
            splitter.push(&[b'x'; 10_000], &mut units);
        }
        assert!(splitter.pending.bytes.capacity() < 4000);
        splitter.push(b"\nb", &mut units);
        splitter.finish(&mut units);
        assert_eq!((units[0].text.len(), units[0].truncated), (1000, true));
        assert_eq!((units[1].start, units[1].line), (10_000_001, 2));
    }

    #[test]
    fn invalid_bytes_are_replaced_counted_and_pointed_past() {
        let unit = &split(UnitKind::Line, AMPLE, &[b"a\xff\xe2\x80b\xc3"])[0];
        assert_eq!((unit.text.as_str(), unit.replaced), ("a\u{fffd}\u{fffd}b\u{fffd}", 3));
        let raw: Vec<u64> = unit.text.char_indices().map(|(at, _)| unit.raw(at)).collect();
        assert_eq!(raw, [0, 1, 2, 4, 5]);
        assert_eq!(unit.raw(unit.text.len()), 6);
    }

    #[test]
    fn a_line_wider_than_anybody_wraps_ends_its_paragraph_unless_the_next_goes_on_with_it() {
        let wide = format!("The council met {}.", "and spoke ".repeat(20).trim_end());
        assert!(wide.len() > 200);
        let texts = |kind, text: &str| -> Vec<String> {
            split(kind, AMPLE, &[text.as_bytes()]).into_iter().map(|unit| unit.text).collect()
        };
        let (open, hyphen) = (wide.trim_end_matches('.'), format!("{}-", wide.trim_end_matches('.')));
        for kind in [UnitKind::Sentence, UnitKind::Paragraph] {
            assert_eq!(texts(kind, &format!("{wide}\n{wide}\nShort.\n")), [&wide[..], &wide, "Short."]);
            assert_eq!(
                texts(kind, &format!("Heading\n{wide}\nShort.\nMore.\n")),
                [&format!("Heading {wide}")[..], "Short. More."]
            );
            assert_eq!(texts(kind, &format!("{open}\nand left.\n")), [format!("{open} and left.")]);
            assert_eq!(texts(kind, &format!("{hyphen}\nLike this.\n")), [format!("{hyphen}Like this.")]);
        }
        // Characters count, not bytes.
        let narrow = "\u{e9}".repeat(150);
        assert_eq!(texts(UnitKind::Paragraph, &format!("{narrow}\nA\n")).len(), 1);
    }

    #[test]
    fn lines_are_counted_inside_a_unit() {
        let unit = &split(UnitKind::Paragraph, AMPLE, &[b"\n\none\ntwo\nthree"])[0];
        assert_eq!((unit.line, unit.line_at(unit.text.find("three").unwrap())), (3, 5));
        let document = &split(UnitKind::Document, AMPLE, &[b"one\n\xfftwo\nx"])[0];
        assert_eq!(document.line_at(document.text.len()), 3);
    }

    #[test]
    fn utf_16_is_known_by_its_mark() {
        assert_eq!(looks_utf16(b"\xff\xfea\0"), Some("UTF-16LE"));
        assert_eq!(looks_utf16(b"\xfe\xff\0a"), Some("UTF-16BE"));
        assert_eq!(looks_utf16(b"abc"), None);
    }

    /// Bytes that matter to a splitter, in any order.
    fn awkward() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop::sample::select(b"\n\n\r  -a1.B\xC3\xA9\xFF\xE2\x80\xEF\xBB\xBF\x0c\0".to_vec());
        (any::<bool>(), prop::collection::vec(byte, 0..60))
            .prop_map(|(bom, bytes)| if bom { [BOM, &bytes].concat() } else { bytes })
    }

    /// What a unit of this kind may hold, by another road: the whole input at once.
    fn repaired(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes.strip_prefix(BOM).unwrap_or(bytes)).into_owned()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn any_cutting_of_the_stream_gives_the_same_units(input in awkward(), at in prop::collection::vec(0usize..64, 0..6), most in 4usize..20) {
            let mut cuts: Vec<usize> = at.into_iter().map(|at| at.min(input.len())).chain([0, input.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &input[cut[0]..cut[1]]).collect();
            let bytes: Vec<&[u8]> = input.chunks(1).collect();
            for kind in KINDS {
                let whole = split(kind, most, &[&input]);
                prop_assert_eq!(&split(kind, most, &pieces), &whole);
                prop_assert_eq!(&split(kind, most, &bytes), &whole);
            }
        }

        #[test]
        fn each_character_is_found_in_the_input_on_its_line(input in awkward()) {
            for kind in KINDS {
                for unit in split(kind, AMPLE, &[&input]) {
                    prop_assert_eq!(unit.raw(unit.text.len()), unit.end);
                    let mut lines = unit.lines();
                    for (at, c) in unit.text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                        let raw = unit.raw(at) as usize;
                        let decoded = String::from_utf8_lossy(&input[raw..]);
                        prop_assert_eq!(decoded.chars().next(), Some(c));
                        prop_assert_eq!(unit.line_at(at), 1 + newlines(&input[..raw]));
                        prop_assert_eq!(lines.at(at), unit.line_at(at));
                    }
                }
            }
        }

        #[test]
        fn no_text_is_lost(input in awkward()) {
            let whole = repaired(&input);
            let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            for kind in KINDS {
                let text: String = split(kind, AMPLE, &[&input]).into_iter().map(|unit| unit.text).collect();
                prop_assert_eq!(dense(&text), dense(&whole));
            }
            let document: String = split(UnitKind::Document, AMPLE, &[&input]).into_iter().map(|unit| unit.text).collect();
            prop_assert_eq!(document, whole);
        }

        #[test]
        fn lines_are_what_lies_between_newlines(input in "[ab \r\n]{0,40}") {
            let whole = input.strip_suffix('\n').unwrap_or(&input);
            let lines = whole.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
            let expected: Vec<&str> = if input.is_empty() { Vec::new() } else { lines.collect() };
            prop_assert_eq!(texts(UnitKind::Line, &input), expected);
        }
    }
}
