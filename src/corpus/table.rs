//! Tables with a header: CSV as programs and as Excel write it (comma, semicolon or tab; a cell with line breaks in
//! quotation marks; a byte order mark; a first line `sep=;`), and TSV.
//!
//! `Records` drives `csv-core` rather than `csv::Reader`, because every message names the line on which a record
//! starts: `csv` counts the blank lines before a record as its own, and cannot tell that a quotation mark was never
//! closed, or closed by one that was to open a cell hundreds of rows below.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, BufRead, Write};

use csv_core::ReadRecordResult;

use super::columns::{Role, no_such_column};
use super::doccano::triples;
use super::json::json_of;
use super::offsets::Offsets;
use super::source::{Origin, Source};
use super::writer::{Loss, extra_name};
use super::{
    Columns, CorpusError, Delimiter, Example, ExampleWriter, Fault, Format, Losses, Outline, ReadOptions, Rows,
    Warning, labels,
};
use crate::text::cell::{into_io, is_formula};

/// How many rows are looked at to see which columns hold 0 or 1.
const SAMPLE: usize = 200;

/// Whether this begins like a table: its header names the text column.
pub(super) fn looks_like(head: &[u8], columns: &Columns) -> Option<Format> {
    let delimiter = sniff(head, columns);
    let header = first_record(head, delimiter);
    columns.find(Role::Text, header.iter().map(String::as_str))?;
    (header.len() > 1).then_some(if delimiter == Delimiter::Tab { Format::Tsv } else { Format::Csv })
}

/// Reads a table, with this delimiter or with the one that fits its header.
pub(super) fn read(source: Source, delimiter: Option<Delimiter>, rows: &mut Rows) -> Result<(), CorpusError> {
    let delimiter = delimiter.unwrap_or_else(|| sniff(&source.head, &rows.options.columns));
    let sample = || sample(&source.head, source.whole, delimiter);
    let mut records = Records::new(source.body, delimiter);
    let Some((line, names)) = header(&mut records, rows.origin)? else { return Ok(()) };
    let columns = &rows.options.columns;
    let ReadOptions { pending, binary_labels, .. } = *rows.options;
    let header = Header { names: &names, line, origin: rows.origin, columns, pending, binary_labels };
    let layout = header.layout(delimiter, sample, &mut rows.corpus.warnings)?;
    records.expect(names.len());
    while let Some(extent) = records.next().map_err(|error| rows.origin.error(records.line(), error))? {
        if records.is_blank(names.len()) {
            continue;
        }
        let row = layout.example(&records, extent, rows);
        rows.take(extent.line, row)?;
    }
    Ok(())
}

/// The header and its line.
fn header(records: &mut Records, origin: &Origin) -> Result<Option<(u64, Vec<String>)>, CorpusError> {
    let Some(extent) = records.header().map_err(|error| origin.error(records.line(), error))? else {
        return Ok(None);
    };
    let names = records.text(|bytes| std::str::from_utf8(bytes).map_err(|error| bytes[error.valid_up_to()]));
    let names = names.map_err(|byte| super::another_encoding(origin, byte, extent.line))?;
    Ok(Some((extent.line, names.cells().map(labels::name).collect())))
}

/// Excel's `sep=` line, its delimiter already taken out or not.
fn separator_line(bytes: &[u8]) -> bool {
    bytes.len() <= 5 && bytes.get(..4).is_some_and(|sep| sep.eq_ignore_ascii_case(b"sep="))
}

/// The delimiter with which the header names the text column, else the one that makes most columns of it; none where all make one.
/// A spreadsheet of one column that was saved with semicolons has bare commas in its texts.
pub(super) fn sniff(head: &[u8], columns: &Columns) -> Delimiter {
    let rest = match head {
        [s, e, p, b'=', delimiter, rest @ ..] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => match delimiter {
            b',' => return Delimiter::Comma,
            b';' => return Delimiter::Semicolon,
            b'\t' => return Delimiter::Tab,
            _ => rest,
        },
        _ => head,
    };
    let fit = |delimiter: &Delimiter| {
        let header = first_record(rest, *delimiter);
        let named = columns.find(Role::Text, header.iter().map(String::as_str)).is_some();
        (named && header.len() > 1, header.len())
    };
    if first_record(rest, Delimiter::Nothing).first().is_some_and(|line| !line.contains(['\t', ';', ','])) {
        return Delimiter::Nothing;
    }
    // Of equals, `max_by_key` takes the last: a comma.
    [Delimiter::Tab, Delimiter::Semicolon, Delimiter::Comma].into_iter().max_by_key(fit).unwrap_or_default()
}

fn first_record(head: &[u8], delimiter: Delimiter) -> Vec<String> {
    records_of(head, delimiter).next().unwrap_or_default()
}

/// The first rows below the header, of which the last may have been cut where the head ends.
fn sample(head: &[u8], whole: bool, delimiter: Delimiter) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = records_of(head, delimiter)
        .skip_while(|cells| separator_line(cells.concat().as_bytes()))
        .skip(1)
        .take(SAMPLE)
        .collect();
    if !whole && rows.len() < SAMPLE {
        rows.pop();
    }
    rows
}

/// Records as far as they can be told, in whatever encoding: enough to look at, not to keep.
fn records_of(head: &[u8], delimiter: Delimiter) -> impl Iterator<Item = Vec<String>> {
    let mut records = Records::new(Box::new(head), delimiter);
    std::iter::from_fn(move || {
        records.next().ok()??;
        let starts = std::iter::once(0).chain(records.ends().iter().copied());
        let cells = starts.zip(records.ends()).map(|(start, end)| &records.bytes()[start..*end]);
        Some(cells.map(|cell| labels::name(&String::from_utf8_lossy(cell))).collect())
    })
}

/// Where in a row to find what.
struct Layout {
    width: usize,
    delimiter: Delimiter,
    text: usize,
    labels: LabelCells,
    group: Option<usize>,
    weight: Option<usize>,
    id: Option<usize>,
    extra: Vec<(usize, String)>,
}

enum LabelCells {
    /// One cell names them.
    One(usize),
    /// A cell a label says whether it applies.
    Wide(Vec<(usize, String)>),
    /// There are none, and nobody has judged the texts.
    None,
}

impl LabelCells {
    /// The columns of the cells.
    fn columns(&self) -> Vec<usize> {
        match self {
            LabelCells::One(label) => vec![*label],
            LabelCells::Wide(wide) => wide.iter().map(|(label, _)| *label).collect(),
            LabelCells::None => Vec::new(),
        }
    }
}

impl Layout {
    fn example(&self, records: &Records, extent: Extent, rows: &mut Rows) -> Result<Example, Fault> {
        if let Some(fault) = extent.fault() {
            return Err(fault);
        }
        let found = records.ends().len();
        if found != self.width {
            let (expected, delimiter) = (self.width, self.delimiter);
            return Err(Fault::RaggedRow { found, expected, delimiter, lines: extent.lines });
        }
        let row = records.text(|bytes| rows.decode(extent.line, bytes))?;
        let mut example = Example {
            text: super::filled(row.cell(self.text))?.to_owned(),
            labels: self.labels(&row, rows.options.label_separator.as_deref())?,
            group: self.group.and_then(|at| super::named(row.cell(at))),
            place: rows.origin.line(extent.line),
            id: self.id.and_then(|at| super::named(row.cell(at))),
            extra: self.extra(&row),
            pending: matches!(self.labels, LabelCells::None),
            ..Example::default()
        };
        self.weight.map_or(Ok(()), |at| example.weigh(row.cell(at), rows.options))?;
        let ours = example.take_ours();
        rows.is_said = ours.judged;
        for column in ours.odd {
            rows.note_odd(extent.line, column, &example.extra[column]);
        }
        Ok(example)
    }

    fn labels(&self, row: &Row, separator: Option<&str>) -> Result<Vec<String>, Fault> {
        let wide = match &self.labels {
            LabelCells::One(at) => return labels::split(row.cell(*at), separator),
            LabelCells::Wide(wide) => wide,
            LabelCells::None => return Ok(Vec::new()),
        };
        let mut applying = Vec::new();
        for (at, label) in wide {
            let not_zero_one = || Fault::NotZeroOne { column: label.clone(), value: row.cell(*at).to_owned() };
            if labels::zero_one(row.cell(*at)).ok_or_else(not_zero_one)? {
                applying.push(label.clone());
            }
        }
        Ok(applying)
    }

    fn extra(&self, row: &Row) -> BTreeMap<String, String> {
        let filled = self.extra.iter().filter(|(at, _)| !row.cell(*at).is_empty());
        filled.map(|(at, name)| (name.clone(), row.cell(*at).to_owned())).collect()
    }
}

/// A header that is being understood.
struct Header<'a> {
    names: &'a [String],
    line: u64,
    origin: &'a Origin,
    columns: &'a Columns,
    /// Without any column of labels nobody has judged the texts.
    pending: bool,
    /// Columns of 0 and 1 may be labels.
    binary_labels: bool,
}

impl Header<'_> {
    /// Finds the columns; `sample` is asked for only if no column names the labels.
    fn layout(
        &self,
        delimiter: Delimiter,
        sample: impl Fn() -> Vec<Vec<String>>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Layout, CorpusError> {
        let missing = || self.missing(Role::Text).expect("a table has a text column");
        let text = self.find(Role::Text)?.ok_or_else(missing)?;
        let (group, weight, id) = (self.find(Role::Group)?, self.find(Role::Weight)?, self.find(Role::Id)?);
        let taken = [Some(text), group, weight, id];
        let labels = self.labels(&taken, sample, warnings)?;
        let taken: HashSet<usize> = taken.into_iter().flatten().chain(labels.columns()).collect();
        let extra = self.extra((0..self.names.len()).filter(|at| !taken.contains(at)), warnings);
        Ok(Layout { width: self.names.len(), delimiter, text, labels, group, weight, id, extra })
    }

    /// The column of a role. It must be there if the user named it, and only once.
    fn find(&self, role: Role) -> Result<Option<usize>, CorpusError> {
        match self.columns.find(role, self.names.iter().map(String::as_str)) {
            Some(at) => self.only(at).map(Some),
            None if self.columns.given(role).is_some() => Err(self.missing(role).expect("a named column is needed")),
            None => Ok(None),
        }
    }

    fn labels(
        &self,
        taken: &[Option<usize>],
        sample: impl Fn() -> Vec<Vec<String>>,
        warnings: &mut Vec<Warning>,
    ) -> Result<LabelCells, CorpusError> {
        if !self.columns.label_columns.is_empty() {
            let names = self.columns.wide(self.names.iter().map(String::as_str));
            return names.iter().map(|name| self.wide(name)).collect::<Result<_, _>>().map(LabelCells::Wide);
        }
        if let Some(at) = self.find(Role::Label)? {
            return Ok(LabelCells::One(at));
        }
        if let Some(at) = self.label_studio() {
            return Ok(LabelCells::One(at));
        }
        let wide = if self.binary_labels { self.binary(taken, &sample()) } else { Vec::new() };
        match wide.len() {
            0 | 1 if self.pending => Ok(LabelCells::None),
            0 | 1 => Err(self.missing(Role::Label).expect("a table has a label column")),
            _ => {
                let columns = wide.iter().map(|(_, name)| name.clone()).collect();
                warnings.push(Warning::WideLabels { place: self.place(), columns });
                Ok(LabelCells::Wide(wide))
            }
        }
    }

    /// The only answer in a table as Label Studio exports it: what stands between `id` and `annotator`.
    fn label_studio(&self) -> Option<usize> {
        let at = |name: &str| self.names.iter().position(|known| known == name);
        let (id, annotator) = (at("id")?, at("annotator")?);
        (at("annotation_id").is_some() && id + 2 == annotator).then_some(id + 1)
    }

    fn wide(&self, name: &str) -> Result<(usize, String), CorpusError> {
        match self.names.iter().position(|known| known == name) {
            Some(at) => Ok((self.only(at)?, name.to_owned())),
            None => Err(no_such_column(self.place(), name, self.names.to_vec())),
        }
    }

    /// The columns that say yes or no in every row of the sample. One row shows too little: any number may be a 1.
    fn binary(&self, taken: &[Option<usize>], sample: &[Vec<String>]) -> Vec<(usize, String)> {
        let whole: Vec<_> = sample.iter().filter(|row| row.len() == self.names.len()).collect();
        let yes_or_no = |at: usize| whole.iter().all(|row| labels::zero_one(&row[at]).is_some());
        let free = |at: &usize| !taken.contains(&Some(*at)) && !self.names[*at].is_empty();
        if whole.len() < 2 {
            return Vec::new();
        }
        let columns = (0..self.names.len()).filter(free).filter(|at| yes_or_no(*at));
        columns.map(|at| (at, self.names[at].clone())).collect()
    }

    /// The columns for [`Example::extra`]; of two with the same name the first.
    fn extra(&self, free: impl Iterator<Item = usize>, warnings: &mut Vec<Warning>) -> Vec<(usize, String)> {
        let names: HashSet<&str> = self.names.iter().map(String::as_str).collect();
        let mut seen = BTreeSet::new();
        let mut extra = Vec::new();
        for at in free {
            let column = self.called(at, &names);
            if seen.insert(column.clone()) {
                extra.push((at, column));
            } else {
                warnings.push(Warning::DuplicateColumn { place: self.place(), column });
            }
        }
        extra
    }

    /// The name of a column; one that has none is called by its number, as people count.
    fn called(&self, at: usize, names: &HashSet<&str>) -> String {
        if !self.names[at].is_empty() {
            return self.names[at].clone();
        }
        let mut name = format!("column {}", at + 1);
        while names.contains(&name[..]) {
            name.insert(0, '_');
        }
        name
    }

    /// This column, unless another has its name.
    fn only(&self, at: usize) -> Result<usize, CorpusError> {
        let column = &self.names[at];
        match self.names.iter().filter(|name| *name == column).count() {
            1 => Ok(at),
            _ => Err(CorpusError::DuplicateColumn { place: self.place(), column: column.clone() }),
        }
    }

    fn missing(&self, role: Role) -> Option<CorpusError> {
        self.columns.missing(role, self.place(), self.names.to_vec())
    }

    fn place(&self) -> crate::text::Place {
        self.origin.line(self.line)
    }
}

/// Cuts a stream into records, and knows the line of each.
pub(super) struct Records<'a> {
    input: Rereadable<'a>,
    place: LineCount,
    /// How many cells a row has, once the header told.
    width: Option<usize>,
    /// The present record as it stands in the input.
    raw: Vec<u8>,
    /// The line on which the present record starts.
    start: u64,
    /// How many bytes a record may take.
    most: usize,
    parser: Parser,
}

/// The lines over which a record runs.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub line: u64,
    pub lines: u64,
    /// How its quotation marks went astray, if they did.
    pub astray: Option<Astray>,
}

/// What shows that a quotation mark opens a cell that it should not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Astray {
    /// The input ends within the cell.
    Open,
    /// The cell runs over lines, and on this one text stands behind the mark that closes it.
    Closed { line: u64 },
}

impl Extent {
    /// Why its cells are not those that were meant.
    pub(super) fn fault(&self) -> Option<Fault> {
        let lines = self.lines;
        self.astray.map(|astray| match astray {
            Astray::Open => Fault::OpenQuote { lines },
            Astray::Closed { line: closed } => Fault::StrayQuote { closed, lines },
        })
    }
}

/// A record takes more bytes than it may.
#[derive(Debug, thiserror::Error)]
#[error("the row is too long")]
pub(super) struct TooLong;

/// What ended a record.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Line,
    /// The end of the input, its last line having no line end.
    Input,
    /// The end of the input, within a quoted cell.
    OpenQuote,
}

impl<'a> Records<'a> {
    pub(super) fn new(body: Box<dyn BufRead + 'a>, delimiter: Delimiter) -> Self {
        let (input, place) = (Rereadable { again: io::Cursor::default(), body }, LineCount::at(1));
        let parser = Parser::new(delimiter.byte());
        Records { input, place, width: None, raw: Vec::new(), start: 1, most: usize::MAX, parser }
    }

    /// From now on rows should have so many cells: of one whose quotation mark is astray, lines are given back that could be rows.
    pub(super) fn expect(&mut self, cells: usize) {
        self.width = Some(cells);
    }

    /// The same, but a longer record is an error: [`TooLong`].
    pub(super) fn at_most(self, most: usize) -> Self {
        Records { most, ..self }
    }

    /// The line on which the present record starts.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The line that has been reached.
    fn line(&self) -> u64 {
        self.place.line
    }

    /// Reads the record of the header; a line `sep=;` before it is passed over.
    pub(super) fn header(&mut self) -> io::Result<Option<Extent>> {
        match self.next()? {
            Some(extent) if extent.line == 1 && separator_line(self.bytes()) => self.next(),
            first => Ok(first),
        }
    }

    /// Whether the present record is a line of blanks in a table of so many columns.
    pub(super) fn is_blank(&self, columns: usize) -> bool {
        self.ends().len() == 1 && columns > 1 && self.bytes().trim_ascii().is_empty()
    }

    /// Reads the next record; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Extent>> {
        if !self.skip_empty_lines()? {
            return Ok(None);
        }
        let line = self.place.line;
        self.start = line;
        let end = self.fill()?;
        let lines = self.place.line - line + u64::from(end != End::Line);
        let astray = match end {
            End::OpenQuote => Some(Astray::Open),
            _ if lines > 1 => {
                text_behind_a_mark(&self.raw, self.parser.delimiter).map(|n| Astray::Closed { line: line + n })
            }
            _ => None,
        };
        match (astray, self.width) {
            (Some(_), Some(width)) => Ok(Some(Extent { line, lines: self.give_back(width), astray })),
            (Some(_), None) => Ok(Some(Extent { line, lines: lines_of(&self.raw).count() as u64, astray })),
            (None, _) => Ok(Some(Extent { line, lines, astray })),
        }
    }

    /// Keeps of the present record, whose quotation mark is astray, what stands before the next line that could be a row of so many cells by itself,
    /// and reads on from there; how many lines it keeps. Within the cell that was open all marks are doubled, so nothing that is given back can open
    /// another before its last line: however many marks are astray, no line is read more than a few times.
    fn give_back(&mut self, width: usize) -> u64 {
        let mut alone = Parser::new(self.parser.delimiter);
        let mut kept = (self.raw.len(), lines_of(&self.raw).count() as u64);
        for ((start, line), n) in lines_of(&self.raw).zip(0..).skip(1) {
            if !line.trim_ascii().is_empty() && alone.could_be_row(line, width) {
                kept = (start, n);
                break;
            }
        }
        let (end, count) = kept;
        self.input.give_back(&self.raw[end..]);
        self.parser.take_open(&self.raw[..end]);
        self.place = LineCount::at(self.start + count);
        count
    }

    /// Passes over line ends; false at the end of the input.
    fn skip_empty_lines(&mut self) -> io::Result<bool> {
        loop {
            let input = self.input.fill_buf()?;
            let ends = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let (all, more) = (ends == input.len(), !input.is_empty());
            self.place.pass(&input[..ends]);
            self.input.consume(ends);
            if !all || !more {
                return Ok(more);
            }
        }
    }

    /// Feeds the parser until a record is complete.
    fn fill(&mut self) -> io::Result<End> {
        self.parser.clear();
        self.raw.clear();
        let mut left = self.most;
        loop {
            let input = self.input.fill_buf()?;
            if input.is_empty() {
                return Ok(self.parser.close());
            }
            let (complete, used) = self.parser.feed(input);
            self.place.pass(&input[..used]);
            self.raw.extend_from_slice(&input[..used]);
            self.input.consume(used);
            if complete {
                return Ok(End::Line);
            }
            left = left.checked_sub(used).ok_or_else(|| io::Error::other(TooLong))?;
        }
    }

    /// The cells of the present record, one behind the other.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.parser.bytes[..self.parser.written]
    }

    /// Where each of them ends.
    pub(super) fn ends(&self) -> &[usize] {
        &self.parser.ends[..self.parser.cells]
    }

    /// The record as text, if `decode` finds its cells to be text.
    fn text<'r, E>(&'r self, decode: impl FnOnce(&'r [u8]) -> Result<&'r str, E>) -> Result<Row<'r>, E> {
        Ok(Row { text: decode(self.bytes())?, ends: self.ends() })
    }
}

/// An input to which bytes can be given back.
struct Rereadable<'a> {
    again: io::Cursor<Vec<u8>>,
    body: Box<dyn BufRead + 'a>,
}

impl Rereadable<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.is_through() {
            true => self.body.fill_buf(),
            false => self.again.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        match self.is_through() {
            true => self.body.consume(count),
            false => self.again.consume(count),
        }
    }

    /// The bytes that were read last are read again.
    fn give_back(&mut self, bytes: &[u8]) {
        if self.is_through() {
            self.again = io::Cursor::new(bytes.to_vec());
        } else {
            self.again.set_position(self.again.position() - bytes.len() as u64);
        }
    }

    fn is_through(&self) -> bool {
        self.again.position() == self.again.get_ref().len() as u64
    }
}

/// The lines of a record, each with where it starts and without its end.
fn lines_of(raw: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (start, rest) = (at, raw.get(at..).filter(|rest| !rest.is_empty())?);
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let end = if rest[length..].starts_with(b"\r\n") { 2 } else { 1 };
        at = start + length + end;
        Some((start, &rest[..length]))
    })
}

/// The line of a record, from 0, on which text stands behind the mark that closes a cell, if that cell began on another line. Blanks are no text.
fn text_behind_a_mark(raw: &[u8], delimiter: u8) -> Option<u64> {
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
        /// Behind a closing mark and a blank, where a mark is text.
        Blank,
    }
    let (mut at, mut line, mut opened, mut after_cr) = (At::Start, 0, 0, false);
    for &byte in raw {
        at = match (at, byte) {
            (At::Start, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) => At::Quoted,
            (At::Closed, b'"') => At::Quoted,
            (_, byte) if byte == delimiter => At::Start,
            (At::Closed | At::Blank, b' ' | b'\r' | b'\n') => At::Blank,
            (At::Closed | At::Blank, _) if line > opened => return Some(line),
            _ => At::Plain,
        };
        line += u64::from(byte == b'\r' || byte == b'\n' && !after_cr);
        after_cr = byte == b'\r';
    }
    None
}

/// `csv-core` with room for the record that it is parsing.
struct Parser {
    core: csv_core::Reader,
    delimiter: u8,
    /// The first `written` bytes are those of the record's cells.
    bytes: Vec<u8>,
    written: usize,
    /// The first `cells` entries say where its cells end.
    ends: Vec<usize>,
    cells: usize,
}

impl Parser {
    fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Parser { core, delimiter, bytes: vec![0; 1 << 10], written: 0, ends: vec![0; 1 << 4], cells: 0 }
    }

    /// Whether a line has so many cells, or opens one that goes on below it.
    fn could_be_row(&mut self, line: &[u8], cells: usize) -> bool {
        self.clear();
        self.core.reset();
        self.feed(line);
        self.close() == End::OpenQuote || self.cells == cells
    }

    /// Takes these bytes for a record, the line end behind them left out, whatever they leave open.
    fn take_open(&mut self, bytes: &[u8]) {
        let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        self.clear();
        self.core.reset();
        self.feed(&bytes[..end]);
        self.feed(b"");
        self.core.reset();
    }

    fn clear(&mut self) {
        (self.written, self.cells) = (0, 0);
    }

    /// Parses until the record or the input ends: whether the record did, and how many bytes were used.
    fn feed(&mut self, input: &[u8]) -> (bool, usize) {
        let mut used = 0;
        loop {
            let (bytes, ends) = (&mut self.bytes[self.written..], &mut self.ends[self.cells..]);
            let (result, n, out, found) = self.core.read_record(&input[used..], bytes, ends);
            (used, self.written, self.cells) = (used + n, self.written + out, self.cells + found);
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => return (true, used),
                ReadRecordResult::InputEmpty => return (false, used),
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    /// Completes the last record. A line end does, unless an open quotation swallows it; then nothing to feed, which
    /// is how `csv-core` is told of the end, completes it all the same.
    fn close(&mut self) -> End {
        let (complete, _) = self.feed(b"\n");
        if complete {
            return End::Input;
        }
        self.feed(b"");
        End::OpenQuote
    }
}

/// The cells of a record, as text.
struct Row<'r> {
    text: &'r str,
    ends: &'r [usize],
}

impl<'r> Row<'r> {
    /// A cell; empty if there is none, or if it starts or ends within a character.
    fn cell(&self, at: usize) -> &'r str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        self.ends.get(at).and_then(|end| self.text.get(start..*end)).unwrap_or_default()
    }

    fn cells(&self) -> impl Iterator<Item = &'r str> {
        (0..self.ends.len()).map(|at| self.cell(at))
    }
}

/// Counts lines, which `\n`, `\r\n` and a lone `\r` end.
struct LineCount {
    line: u64,
    after_cr: bool,
}

impl LineCount {
    /// At the start of a line.
    fn at(line: u64) -> Self {
        LineCount { line, after_cr: false }
    }

    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends = *byte == b'\r' || *byte == b'\n' && !self.after_cr;
            self.line += u64::from(ends);
            self.after_cr = *byte == b'\r';
        }
    }
}

/// Writes a table that [`read`](super::read()) reads as the same examples: `text` and `labels`, and what else any example
/// has, then all that is in `extra`. An extra column with a name of ours gets a `_`.
pub(super) struct Writer<W: Write> {
    out: csv::Writer<W>,
    outline: Outline,
    begun: bool,
    lost: Losses,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, delimiter: Delimiter, outline: &Outline) -> Self {
        let out = csv::WriterBuilder::new().delimiter(delimiter.byte()).from_writer(out);
        Writer { out, outline: outline.clone(), begun: false, lost: Losses::default() }
    }

    /// The optional columns of ours, and whether they are there.
    fn optional(&self) -> [(bool, &'static str); 6] {
        let outline = &self.outline;
        [
            (outline.pending, "judged"),
            (outline.suggested, "suggested"),
            (outline.spans, "spans"),
            (outline.writes_groups(), "group"),
            (outline.weights, "weight"),
            (outline.ids, "id"),
        ]
    }

    fn header(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let optional = self.optional().into_iter().filter(|(there, _)| *there).map(|(_, name)| name.to_owned());
        let names = ["text", "labels"].into_iter().map(str::to_owned).chain(optional);
        let names: Vec<String> = names.chain(self.outline.extra.iter().map(|name| extra_name(name))).collect();
        self.record(names).map(drop)
    }

    /// Writes a record; whether any cell had to be made safe.
    fn record(&mut self, mut cells: Vec<String>) -> io::Result<bool> {
        let mut safer = false;
        for cell in cells.iter_mut().filter(|cell| self.outline.spreadsheet_safe && is_formula(cell)) {
            cell.insert(0, '\'');
            safer = true;
        }
        self.out.write_record(cells).map_err(into_io)?;
        Ok(safer)
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        self.header()?;
        let ours = [
            if example.pending { "no" } else { "yes" }.to_owned(),
            labels::join(&example.suggested),
            if example.spans.is_empty() { String::new() } else { json_of(&triples(example, Offsets::Characters)) },
            example.group.clone().unwrap_or_default(),
            example.odd_weight.clone().unwrap_or_else(|| example.weight.to_string()),
            example.id.clone().unwrap_or_default(),
        ];
        let mut row = vec![example.text.clone(), labels::join(&example.labels)];
        row.extend(self.optional().into_iter().zip(ours).filter(|((there, _), _)| *there).map(|(_, cell)| cell));
        let extra = &example.extra;
        row.extend(self.outline.extra.iter().map(|name| extra.get(name).cloned().unwrap_or_default()));
        self.lost.add_nested(example);
        for name in extra.keys().filter(|name| !self.outline.extra.contains(*name) || name.trim().is_empty()) {
            self.lost.add_if(true, Loss::Column(name.clone()));
        }
        let safer = self.record(row)?;
        self.lost.add_if(safer, Loss::Formulas);
        Ok(())
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.header()?;
        self.out.flush()?;
        Ok(std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{corpus, examples, hints, refused, same};
    use super::super::{ReadOptions, read_from, write};
    use super::*;

    fn texts(corpus: &super::super::Corpus) -> Vec<&str> {
        corpus.examples.iter().map(|example| example.text.as_str()).collect()
    }

    fn wide() -> ReadOptions {
        let columns = Columns { label_columns: vec!["threat".into(), "blame".into()], ..Columns::default() };
        ReadOptions { columns, ..ReadOptions::default() }
    }

    #[test]
    fn a_table_gives_text_labels_group_weight_id_and_the_rest_as_extra() {
        let corpus = corpus(
            "a.csv",
            "id,text,labels,doc,weight,register\n7,We will make them pay.,threat|call,d1,0.5,speech\n8,It rained.,,d1,,\n",
        );
        let [first, second] = &corpus.examples[..] else { panic!("two rows") };
        assert_eq!(
            (first.text.as_str(), &first.labels[..]),
            ("We will make them pay.", &["threat".into(), "call".into()][..])
        );
        assert_eq!((first.id.as_deref(), first.group.as_deref(), first.weight), (Some("7"), Some("d1"), 0.5));
        assert_eq!(first.extra, BTreeMap::from([("register".into(), "speech".into())]));
        assert_eq!((second.labels.len(), second.weight, second.extra.len()), (0, 1.0, 0));
        assert!(corpus.skipped.is_empty() && corpus.warnings.is_empty());
    }

    #[test]
    fn group_goes_before_doc_which_then_is_an_extra() {
        let corpus = corpus("a.tsv", "text\tlabel\tdoc\tgroup\nYes\ta\td\tg\n");
        assert_eq!(corpus.examples[0].group.as_deref(), Some("g"));
        assert_eq!(corpus.examples[0].extra["doc"], "d");
    }

    #[test]
    fn a_record_is_placed_where_it_starts_whatever_blank_and_quoted_lines_surround_it() {
        for end in ["\n", "\r\n", "\r"] {
            let lines = [
                "text,labels",
                "",
                "\"He said:",
                "",
                "\"\"No.\"\"\",a",
                "",
                "",
                "Next,b",
                "\"two",
                "lines\",c",
                "last,d",
            ];
            let corpus = corpus("a.csv", &lines.join(end));
            let at: Vec<_> = corpus.examples.iter().map(|example| example.place.line.unwrap()).collect();
            assert_eq!(at, [3, 8, 9, 11], "with {end:?}");
            assert_eq!(corpus.examples[0].text, format!("He said:{end}{end}\"No.\""));
        }
    }

    #[test]
    fn excel_in_europe_writes_a_mark_semicolons_and_crlf() {
        let corpus = corpus("a.csv", "\u{FEFF}text;labels\r\nSie zahlen, alle;threat|blame\r\n;\r\n");
        assert_eq!(texts(&corpus), ["Sie zahlen, alle"]);
        assert_eq!(corpus.examples[0].labels, ["threat", "blame"]);
        assert_eq!(hints(&corpus), ["a.csv:3: the text is empty\nhint: give the row a text, or delete it"]);
    }

    #[test]
    fn a_table_from_label_studio_has_its_labels_between_id_and_annotator() {
        let corpus = corpus("a.csv", include_str!("../../tests/formats/label-studio.csv"));
        let labels: Vec<_> = corpus.examples.iter().map(|example| example.labels.join("+")).collect();
        assert_eq!(labels, ["threat+blame", "call", ""]);
        assert_eq!(corpus.examples[0].annotator(), Some("ann@example.org"));
    }

    #[test]
    fn a_line_sep_names_the_delimiter_and_counts_as_a_line() {
        let corpus = corpus("a.csv", "sep=;\r\ntext;labels;a,b,c,d\r\nHello;x;1\r\n");
        assert_eq!(corpus.examples[0].place.line, Some(3));
        assert_eq!(corpus.examples[0].labels, ["x"]);
    }

    #[test]
    fn a_csv_may_be_separated_by_tabs() {
        assert_eq!(texts(&corpus("a.csv", "text\tlabels\nOne, two; three\ta\n")), ["One, two; three"]);
    }

    #[test]
    fn a_ragged_row_is_named_and_the_others_are_read() {
        let corpus = corpus("train.tsv", "text\tlabels\nAct now\turgency\nToo\tmany\tcells\nfew\n");
        assert_eq!(texts(&corpus), ["Act now"]);
        assert_eq!(
            hints(&corpus),
            [
                "train.tsv:3: 3 cells where the header has 2\nhint: quote a text that holds a tab",
                "train.tsv:4: 1 cell where the header has 2\nhint: write an empty cell for a missing value",
            ]
        );
    }

    #[test]
    fn a_ragged_row_over_several_lines_makes_one_suspect_its_quotation_marks() {
        let corpus = corpus("a.csv", "text,labels\nfine,a\n\"open,a\nnext,b\nclosed\",c,d\n");
        assert!(
            hints(&corpus)[0].starts_with("a.csv:3: 3 cells where the header has 2\nhint: the row runs over 3 lines")
        );
    }

    #[test]
    fn a_quotation_that_never_closes_is_named_where_it_opens() {
        let corpus = corpus("a.csv", "text,labels\nfine,a\n\"open,a\nnext,b\n");
        assert!(
            hints(&corpus)[0].starts_with("a.csv:3: a quotation mark opens a cell here and none closes it\nhint: ")
        );
        assert_eq!(corpus.skipped.len(), 1);
    }

    #[test]
    fn a_closed_quotation_may_be_the_last_byte() {
        assert_eq!(texts(&corpus("a.csv", "labels,text\na,\"the \"\"end\"\"\"")), ["the \"end\""]);
        assert_eq!(texts(&corpus("a.csv", "labels,text\na,the end")), ["the end"]);
    }

    #[test]
    fn a_weight_must_be_positive_and_finite() {
        let corpus = corpus("a.csv", "text,labels,weight\nT,a,0\nT,a,-1\nT,a,inf\nT,a,NaN\nT,a,\"1,5\"\nT,a,2\n");
        assert_eq!(corpus.examples[0].weight, 2.0);
        assert_eq!(corpus.skipped.len(), 5);
        assert_eq!(
            hints(&corpus)[4],
            "a.csv:6: the weight `1,5` is not a positive finite number\nhint: write 1.5, with a point; `--weight-column none` leaves the column alone"
        );
    }

    #[test]
    fn named_columns_of_zeros_and_ones_are_labels_and_others_are_left_alone() {
        let data = "text,threat,blame,seen\nPay up,1,0,1\nTheir fault,FALSE,true,1\nRain,0.0,0,0\n";
        let corpus = read_from("a.csv", data.as_bytes(), &wide()).unwrap();
        let labels: Vec<_> = corpus.examples.iter().map(|example| example.labels.join("|")).collect();
        assert_eq!(labels, ["threat", "blame", ""]);
        assert_eq!(corpus.examples[0].extra["seen"], "1");
        assert!(corpus.warnings.is_empty());
    }

    #[test]
    fn another_value_in_a_column_of_zeros_and_ones_is_a_problem() {
        let corpus = read_from("a.csv", &b"text,threat,blame\nPay,1,0\nRain,2,0\nWet,,0\n"[..], &wide()).unwrap();
        assert_eq!(corpus.examples.len(), 1);
        assert!(
            hints(&corpus)[0]
                .starts_with("a.csv:3: `2` in the label column `threat`, which holds 0 or 1\nhint: write 0")
        );
    }

    #[test]
    fn without_a_label_column_two_columns_of_zeros_and_ones_are_taken_and_announced() {
        let corpus = corpus("a.csv", "text,threat,blame,year\nPay,1,0,1999\nRain,0,1,2001\n");
        assert_eq!(corpus.examples[1].labels, ["blame"]);
        assert_eq!(
            corpus.warnings[0].to_string(),
            "a.csv:1: no label column; took `threat`, `blame` for one 0/1 column a label\n\
             hint: `--label-columns threat,blame` says it for good, `--label-column NAME` names another"
        );
    }

    #[test]
    fn one_row_or_one_column_is_too_little_to_take_numbers_for_labels() {
        let one_row = refused("a.csv", "text,x,y\nPay,1,0\n");
        assert!(
            one_row.starts_with(
                "a.csv:1: no label column among `text`, `x`, `y`\nhint: name it with `--label-column NAME`"
            )
        );
        assert!(refused("a.csv", "text,x,y\nPay,1,0\nRain,0,3\n").contains("no label column"));
    }

    #[test]
    fn a_table_without_a_text_column_lists_those_it_has() {
        assert_eq!(
            refused("a.csv", "txt,labels\nHello,a\n"),
            "a.csv:1: no text column among `txt`, `labels`\nhint: name it with `--text-column txt`"
        );
    }

    #[test]
    fn a_named_column_must_be_there() {
        let columns = Columns { group: Some("auhtor".into()), ..Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let error = read_from("a.csv", &b"text,labels,author\nHi,a,b\n"[..], &options).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.csv:1: no column `auhtor` among `text`, `labels`, `author`\nhint: did you mean `author`?"
        );
        let error = read_from("a.csv", &b"text,threat\nHi,1\n"[..], &wide()).unwrap_err();
        assert!(error.to_string().starts_with("a.csv:1: no column `blame`"));
    }

    #[test]
    fn a_column_we_need_may_stand_there_once_and_another_is_read_once() {
        let error = refused("a.csv", "text,text,labels\na,b,c\n");
        assert_eq!(
            error,
            "a.csv:1: the column `text` stands there twice\nhint: rename or delete one, since either could be meant"
        );
        let corpus = corpus("a.csv", "text,labels,x,x\na,b,first,second\n");
        assert_eq!(corpus.examples[0].extra["x"], "first");
        assert!(corpus.warnings[0].to_string().starts_with("a.csv:1: the column `x` stands there twice; the first"));
    }

    #[test]
    fn a_long_cell_and_many_columns_fit() {
        let long = "long ".repeat(100_000);
        let names: Vec<String> = (0..300).map(|n| format!("c{n}")).collect();
        let corpus = corpus("a.csv", &format!("text,labels,{}\n\"{long}\",a{}\n", names.join(","), ",v".repeat(300)));
        assert_eq!(corpus.examples[0].text, long);
        assert_eq!(corpus.examples[0].extra.len(), 300);
    }

    #[test]
    fn an_extra_column_with_a_name_of_ours_is_written_beside_it() {
        let mut corpus = corpus("a.csv", "text,labels\na,b\n");
        corpus.examples[0].extra.insert("Text".into(), "x".into());
        let mut out = Vec::new();
        assert!(write(Format::Csv, &mut out, &corpus.examples).unwrap().is_empty());
        assert_eq!(String::from_utf8(out).unwrap(), "text,labels,_Text\na,b,x\n");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_as_the_same(examples in examples("[ -~é\t\n\r\"]{0,12}[a-zß;,]"), tab in any::<bool>()) {
            let (format, path) = if tab { (Format::Tsv, "a.tsv") } else { (Format::Csv, "a.csv") };
            let mut out = Vec::new();
            prop_assert!(write(format, &mut out, &examples).unwrap().is_empty());
            let read = read_from(path, &out[..], &ReadOptions::default()).unwrap();
            prop_assert!(read.skipped.is_empty());
            prop_assert_eq!(same(&read.examples), same(&examples));
        }

        #[test]
        fn records_are_those_of_the_csv_crate(data in "[a,\"\n\r ]{0,40}") {
            let mut ours = Vec::new();
            let mut records = Records::new(Box::new(data.as_bytes()), Delimiter::Comma);
            while records.next().unwrap().is_some() {
                let row = records.text(std::str::from_utf8).unwrap();
                ours.push(row.cells().map(str::to_owned).collect::<Vec<_>>());
            }
            let mut theirs = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(data.as_bytes());
            let theirs: Vec<Vec<String>> = theirs.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            let open = ours.len() == theirs.len() && ours != theirs; // only an open quotation keeps our line end
            let tail = |rows: &[Vec<String>]| rows.concat().concat().trim_end().to_owned();
            prop_assert!(ours == theirs || open && tail(&ours) == tail(&theirs), "{ours:?} {theirs:?}");
        }
    }
}
