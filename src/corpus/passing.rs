//! Rows that are passed through as they come: one column is wanted, the others are kept as they stand. For streams without end, whose first rows must
//! be out before the last ones are in, so that no more is read ahead than the line that tells the format.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use csv::StringRecord;
use encoding_rs::Encoding;
use serde_json::value::RawValue;

use super::items::{self, Position};
use super::json::object;
use super::source::{Origin, in_utf8, marked, refuse_containers};
use super::table::{Records, TooLong};
use super::{CorpusError, Delimiter, Fault, Format};
use crate::text::form::composed;
use crate::text::unit::{newlines, unmarked};

/// How much is read at once, and at most looked at to tell the format, in bytes.
const PIECE: usize = 1 << 16;

/// What is read, and which column of it.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// What the input is called in messages; it helps to tell the format.
    pub path: &'a str,
    pub column: &'a str,
    /// `None`: told from name and content.
    pub format: Option<Format>,
    /// `None`: UTF-8, or UTF-16 if a byte order mark says so.
    pub encoding: Option<&'static Encoding>,
    /// How many bytes a row may take.
    pub most: usize,
}

/// Why there are no more rows.
#[derive(Debug)]
pub enum Stopped {
    /// The input could not be read.
    Unreadable(io::Error),
    /// The row of a table that starts here takes more bytes than it may, and nobody can tell where the next one begins.
    TooLong {
        line: u64,
    },
    Refused(CorpusError),
}

impl From<CorpusError> for Stopped {
    fn from(error: CorpusError) -> Self {
        Stopped::Refused(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Stopped::Unreadable(error)
    }
}

/// An opened input, of which the format is known.
pub struct Passing<'a> {
    pub format: Format,
    /// It begins like one list of objects.
    pub is_list: bool,
    wanted: Wanted<'a>,
    origin: Origin,
    delimiter: Delimiter,
    body: Box<dyn BufRead + 'a>,
}

impl<'a> Passing<'a> {
    /// Looks at the beginning of an input that is already unpacked.
    ///
    /// # Errors
    /// Those of reading, and if this is plainly no text in a known encoding.
    pub fn open(input: impl Read + 'a, wanted: Wanted<'a>) -> Result<Self, Stopped> {
        let mut input = BufReader::with_capacity(PIECE, input);
        let first = input.fill_buf()?;
        refuse_containers(wanted.path, first)?;
        let encoding = wanted.encoding.or_else(|| marked(first));
        let mut body = in_utf8(input, encoding);
        let head = head(&mut body)?;
        let origin = Origin::unpacked(wanted.path);
        origin.refuse_utf16(&head)?;
        let (found, delimiter) = Format::of_column(wanted.path, &head, wanted.column);
        let format = wanted.format.unwrap_or(found);
        let delimiter = if format == Format::Tsv { Delimiter::Tab } else { delimiter };
        let is_list = items::is_list(&head);
        Ok(Passing { format, is_list, wanted, origin, delimiter, body: Box::new(Cursor::new(head).chain(body)) })
    }

    /// Reads the input as a table; `None` if it has not even a header.
    ///
    /// # Errors
    /// Those of reading; if the column stands there twice.
    pub fn table(self) -> Result<Option<TableRows<'a>>, Stopped> {
        let mut rows = TableRows {
            header: StringRecord::new(),
            header_fault: None,
            records: Records::new(self.body, self.delimiter).at_most(self.wanted.most),
            delimiter: self.delimiter,
            cells: StringRecord::new(),
        };
        let Some(extent) = rows.records.header().map_err(|error| rows.stopped(error))? else { return Ok(None) };
        let stray = rows.read_cells(extent.line);
        let fault = extent.fault().or(stray);
        rows.header_fault = fault.map(|fault| (extent.line, fault));
        rows.header = std::mem::take(&mut rows.cells).iter().map(composed).collect();
        rows.records.expect(rows.header.len());
        let column = self.wanted.column;
        if rows.header.iter().filter(|name| *name == column).count() > 1 {
            let place = self.origin.line(extent.line);
            return Err(CorpusError::DuplicateColumn { place, column: column.to_owned() }.into());
        }
        Ok(Some(rows))
    }

    /// Reads the input as an object a line.
    pub fn objects(self) -> ObjectRows<'a> {
        ObjectRows { wanted: self.wanted, body: self.body, line: 0, bytes: Vec::new() }
    }
}

/// The beginning of the input, without a byte order mark: a whole line with something on it, if there is one.
fn head(body: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let has_line = |head: &[u8]| head.trim_ascii_start().iter().any(|byte| matches!(byte, b'\r' | b'\n'));
    while head.len() < PIECE && !has_line(&head) {
        let piece = body.fill_buf()?;
        let count = piece.len();
        if count == 0 {
            break;
        }
        head.extend_from_slice(piece);
        body.consume(count);
    }
    head.drain(..head.len() - unmarked(&head).len());
    Ok(head)
}

/// The rows of a table.
pub struct TableRows<'a> {
    pub header: StringRecord,
    /// What is wrong with the header, and its line.
    pub header_fault: Option<(u64, Fault)>,
    records: Records<'a>,
    delimiter: Delimiter,
    cells: StringRecord,
}

/// A row of a table.
pub struct TableRow<'r> {
    /// The line on which it starts.
    pub line: u64,
    /// As many as it has; bytes that are not UTF-8 are replaced.
    pub cells: &'r StringRecord,
    pub fault: Option<Fault>,
}

impl TableRows<'_> {
    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// Those of reading; if the row is too long.
    pub fn next_row(&mut self) -> Result<Option<TableRow<'_>>, Stopped> {
        loop {
            let Some(extent) = self.records.next().map_err(|error| self.stopped(error))? else { return Ok(None) };
            let (found, expected) = (self.records.ends().len(), self.header.len());
            if self.records.is_blank(expected) {
                continue;
            }
            let stray = self.read_cells(extent.line);
            let ragged = || Fault::RaggedRow { found, expected, delimiter: self.delimiter, lines: extent.lines };
            let fault = extent.fault().or_else(|| (found != expected).then(ragged)).or(stray);
            return Ok(Some(TableRow { line: extent.line, cells: &self.cells, fault }));
        }
    }

    fn stopped(&self, error: io::Error) -> Stopped {
        match error.get_ref() {
            Some(inner) if inner.is::<TooLong>() => Stopped::TooLong { line: self.records.start() },
            _ => Stopped::Unreadable(error),
        }
    }

    /// Takes the cells of the present record; what is wrong with their encoding.
    fn read_cells(&mut self, line: u64) -> Option<Fault> {
        self.cells.clear();
        let (bytes, mut start, mut stray) = (self.records.bytes(), 0, None);
        for end in self.records.ends() {
            match std::str::from_utf8(&bytes[start..*end]) {
                Ok(cell) => self.cells.push_field(cell),
                Err(error) => {
                    self.cells.push_field(&String::from_utf8_lossy(&bytes[start..*end]));
                    stray = stray.or(Some(start + error.valid_up_to()));
                }
            }
            start = *end;
        }
        stray.map(|at| invalid_utf8(bytes, at, line))
    }
}

/// The fault of a row that starts on `line` and whose byte `at` is none of UTF-8.
fn invalid_utf8(bytes: &[u8], at: usize, line: u64) -> Fault {
    Fault::InvalidUtf8 { byte: bytes[at], line: line + newlines(&bytes[..at]) }
}

/// The rows of JSON lines.
pub struct ObjectRows<'a> {
    wanted: Wanted<'a>,
    body: Box<dyn BufRead + 'a>,
    line: u64,
    bytes: Vec<u8>,
}

/// A line of JSON.
#[derive(Default)]
pub struct ObjectRow {
    pub line: u64,
    /// How many bytes it has, or its part that was read.
    pub size: usize,
    /// Its fields in their order, each value as JSON.
    pub fields: Vec<(String, Box<RawValue>)>,
    /// What the wanted field holds.
    pub text: String,
    pub fault: Option<Fault>,
    /// It was passed over.
    pub is_too_long: bool,
}

impl ObjectRows<'_> {
    /// The next line that is not blank; `None` at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub fn next_row(&mut self) -> Result<Option<ObjectRow>, Stopped> {
        loop {
            self.bytes.clear();
            let most = self.wanted.most;
            let size = self.body.by_ref().take(most as u64).read_until(b'\n', &mut self.bytes)?;
            if size == 0 {
                return Ok(None);
            }
            self.line += 1;
            let is_whole = self.bytes.ends_with(b"\n") || size < most || self.body.skip_until(b'\n')? == 0;
            if !is_whole {
                return Ok(Some(ObjectRow { line: self.line, size, is_too_long: true, ..ObjectRow::default() }));
            }
            if !self.bytes.trim_ascii().is_empty() {
                return Ok(Some(self.row(size)));
            }
        }
    }

    fn row(&self, size: usize) -> ObjectRow {
        let (line, json) = (self.line, String::from_utf8_lossy(&self.bytes));
        let object = match object(json.trim_ascii_end(), Position { line, column: 1 }) {
            Ok(object) => object,
            Err(fault) => {
                return ObjectRow { line, size, fault: Some(self.stray().unwrap_or(fault)), ..ObjectRow::default() };
            }
        };
        let column = self.wanted.column;
        let at = object.names().position(|name| name == column).ok_or_else(|| object.without(column));
        let (text, fault) = match at.and_then(|at| object.string(at)) {
            Ok(text) => (text.into_owned(), self.stray()),
            Err(fault) => (String::new(), Some(fault)),
        };
        ObjectRow { line, size, fields: object.kept(), text, fault, is_too_long: false }
    }

    /// The fault of a line that is not UTF-8.
    fn stray(&self) -> Option<Fault> {
        let error = std::str::from_utf8(&self.bytes).err()?;
        Some(invalid_utf8(&self.bytes, error.valid_up_to(), self.line))
    }
}
