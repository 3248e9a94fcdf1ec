//! A stream of JSON, cut into its objects: one a line, or those of one list over any lines. Nothing but the present one is held.

use std::io::{self, BufRead};

use super::source::{Lines, Source};
use super::{CorpusError, Fault, Rows};

/// How many objects are looked at to tell whose they are.
const GLIMPSED: usize = 100;

/// Whether this begins like an object, or a list of them.
pub(super) fn looks_like(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let next = |opening: &[u8]| head.strip_prefix(opening).map(|rest| rest.trim_ascii_start().first().copied());
    matches!(next(b"{"), Some(None | Some(b'"' | b'}'))) || matches!(next(b"["), Some(None | Some(b'{' | b']')))
}

/// Hands on each object with the place where it starts, or what is wrong with it.
pub(super) fn each(
    source: Source,
    rows: &mut Rows,
    mut take: impl FnMut(&mut Rows, Position, Result<&str, Fault>) -> Result<(), CorpusError>,
) -> Result<(), CorpusError> {
    if !is_list(&source.head) {
        let mut lines = Lines::new(source.body);
        while let Some((line, bytes)) = lines.next(rows.origin)? {
            let text = rows.decode(line, bytes);
            take(rows, Position { line, column: 1 }, text)?;
        }
        return Ok(());
    }
    let mut items = Items::new(source.body);
    while items.next().map_err(|error| rows.origin.error(items.cut.at.line, error))? {
        let start = items.cut.start;
        let text = rows.decode(start.line, &items.cut.item);
        take(rows, start, text)?;
    }
    if !items.cut.closed {
        let Position { line, column } = items.cut.at;
        let reason = "the list is never closed".to_owned();
        take(rows, items.cut.at, Err(Fault::InvalidJson { line, column, reason }))?;
    }
    Ok(())
}

/// Whether this is one list of objects rather than an object a line.
pub(super) fn is_list(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"[")
}

/// The names of an object's fields, and how the value of each begins: as far as the input was read.
#[derive(Default)]
pub(super) struct Glimpse<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Glimpse<'a> {
    /// How the value of a field begins.
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| *value)
    }

    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }
}

/// A look at the first objects, of which the last may be cut off.
pub(super) fn glimpse(head: &[u8]) -> Vec<Glimpse<'_>> {
    let fields_at = 1 + usize::from(is_list(head));
    let (mut objects, mut depth, mut at) = (Vec::<Glimpse>::new(), 0_usize, 0);
    while at < head.len() && objects.len() <= GLIMPSED {
        match head[at] {
            b'"' => {
                let end = end_of_string(head, at);
                let behind = head[end..].trim_ascii_start();
                if depth == fields_at
                    && let (Some(value), Some(fields)) = (behind.strip_prefix(b":"), objects.last_mut())
                {
                    fields.0.push((&head[at + 1..end.saturating_sub(1).max(at + 1)], value.trim_ascii_start()));
                }
                at = end;
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth == fields_at && head[at] == b'{' {
                    objects.push(Glimpse::default());
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'\n' if fields_at == 1 => depth = 0,
            _ => {}
        }
        at += 1;
    }
    objects
}

/// The place behind a string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    bytes.len()
}

/// A place in the input, both from 1; columns in bytes.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub line: u64,
    pub column: usize,
}

impl Position {
    /// What serde_json finds wrong in an object that starts here.
    pub(super) fn invalid(self, error: &serde_json::Error) -> Fault {
        let (line, column) = match error.line() {
            0 | 1 => (self.line, self.column + error.column().saturating_sub(1)),
            further => (self.line + further as u64 - 1, error.column()),
        };
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        Fault::InvalidJson { line, column, reason }
    }
}

/// Reads a list item by item, without holding it.
struct Items<'a> {
    body: Box<dyn BufRead + 'a>,
    cut: Cutter,
}

impl<'a> Items<'a> {
    fn new(body: Box<dyn BufRead + 'a>) -> Self {
        let at = Position { line: 1, column: 1 };
        let cut = Cutter {
            at,
            start: at,
            opened: false,
            closed: false,
            item: Vec::new(),
            depth: 0,
            string: Quotation::Outside,
        };
        Items { body, cut }
    }

    /// Reads the next item into `cut.item`; false if there is none.
    fn next(&mut self) -> io::Result<bool> {
        self.cut.item.clear();
        (self.cut.depth, self.cut.string) = (0, Quotation::Outside);
        loop {
            let buffer = self.body.fill_buf()?;
            if buffer.is_empty() {
                return Ok(!self.cut.item.is_empty());
            }
            let last = buffer.iter().position(|byte| self.cut.pass(*byte));
            let used = last.map_or(buffer.len(), |last| last + 1);
            self.body.consume(used);
            if last.is_some() {
                return Ok(true);
            }
        }
    }
}

/// Tells where an item starts and ends, by counting brackets outside strings.
struct Cutter {
    at: Position,
    start: Position,
    /// The list's own brackets were seen.
    opened: bool,
    closed: bool,
    item: Vec<u8>,
    depth: usize,
    string: Quotation,
}

#[derive(Clone, Copy, PartialEq)]
enum Quotation {
    Outside,
    Inside,
    Escaped,
}

impl Cutter {
    /// Takes a byte; true if an item is complete.
    fn pass(&mut self, byte: u8) -> bool {
        let complete = match (self.string, self.item.is_empty()) {
            (Quotation::Outside, true) => self.between(byte),
            (Quotation::Outside, false) => self.within(byte),
            _ => self.quoted(byte),
        };
        self.at.column += 1;
        if byte == b'\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        }
        complete
    }

    fn between(&mut self, byte: u8) -> bool {
        match byte {
            b',' | b' ' | b'\t' | b'\r' | b'\n' => false,
            b'[' if !self.opened => {
                self.opened = true;
                false
            }
            b']' => {
                self.closed = true;
                false
            }
            _ => {
                self.start = self.at;
                self.within(byte)
            }
        }
    }

    fn within(&mut self, byte: u8) -> bool {
        if self.depth == 0 && matches!(byte, b',' | b']') {
            self.closed |= byte == b']';
            return true;
        }
        self.item.push(byte);
        match byte {
            b'"' => self.string = Quotation::Inside,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }

    fn quoted(&mut self, byte: u8) -> bool {
        self.item.push(byte);
        self.string = match (self.string, byte) {
            (Quotation::Escaped, _) => Quotation::Inside,
            (_, b'\\') => Quotation::Escaped,
            (_, b'"') => Quotation::Outside,
            _ => Quotation::Inside,
        };
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(json: &str) -> Vec<Vec<String>> {
        let name = |(name, _): (&[u8], &[u8])| String::from_utf8_lossy(name).into_owned();
        glimpse(json.as_bytes()).into_iter().map(|fields| fields.0.into_iter().map(name).collect()).collect()
    }

    #[test]
    fn a_glimpse_sees_the_fields_of_objects_that_are_cut_off() {
        assert_eq!(
            names("{\"a\": {\"no\": 1}, \"b\": [\"x\", {\"y\": 2}]}\n{\"c\" : \"\\\"d\\\": 1"),
            [vec!["a", "b"], vec!["c"]]
        );
        assert_eq!(names("[ {\"a\": 1, \"b\": \"long te"), [["a", "b"]]);
        let cut = glimpse(b"{\"label\": [[0, 4, \"a\"");
        assert!(cut[0].value("label").is_some_and(|value| value.starts_with(b"[[0, 4")));
    }

    proptest! {
        #[test]
        fn a_glimpse_bears_any_bytes(bytes in "[\\[\\]{}\":,a\\\\ \n]{0,40}") {
            glimpse(bytes.as_bytes());
        }
    }
}
