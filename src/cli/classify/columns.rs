//! `--column`: one column of a table or of JSON lines is classified, all others pass through.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use csv::StringRecord;
use encoding_rs_io::DecodeReaderBytesBuilder;
use indicatif::ProgressBar;
use rhetor::codebook::nearest;
use rhetor::corpus::Format;
use rhetor::report::Cells;
use rhetor::text::source::{self, Source};
use serde_json::{Map, Value};

use super::stream::Pen;
use super::{Job, SharedReport, Tally};
use crate::cli::args::{DataFormat, OutputFormat};
use crate::cli::{named, train};

pub fn classify(
    job: &Job,
    path: &Path,
    (column, format): (&str, Option<DataFormat>),
    wanted: OutputFormat,
    report: &SharedReport,
    bar: &ProgressBar,
) -> anyhow::Result<Tally> {
    let input = source::open(path).map_err(|error| named(path, error))?;
    let input = Pausing { input, report: report.clone(), bar: bar.clone() };
    let input: Box<dyn Read> = match job.encoding {
        Some(encoding) => {
            Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(input))
        }
        None => Box::new(input),
    };
    let mut input = BufReader::with_capacity(1 << 16, input);
    let name = path.display().to_string();
    let first = input.fill_buf().map_err(|error| named(path, error))?;
    let (found, delimiter) = Format::of_column(&name, first, column);
    let format = format.map_or(found, train::format);
    let table =
        Table { name: &name, column, wanted, most: job.max_record.saturating_mul(RECORDS_A_ROW).max(LEAST_ROW) };
    let pen = Pen::new(job, report);
    match format {
        Format::Csv => table.rows(input, delimiter.byte(), pen, report),
        Format::Tsv => table.rows(input, b'\t', pen, report),
        Format::Jsonl | Format::Doccano | Format::Prodigy => table.objects(input, pen, report),
        Format::FastText => {
            anyhow::bail!("{name}: fastText lines have no columns\nhint: leave --column out, and use --unit line")
        }
        Format::LabelStudio => {
            anyhow::bail!("{name}: Label Studio's tasks are no table\nhint: rhetor convert {name} - --to jsonl")
        }
    }
}

/// A row may be as long as so many of the longest records: what is passed through beside the text needs room, and a quotation mark that is never
/// closed must not take all memory.
const RECORDS_A_ROW: usize = 4;
/// And as long as this, however short the records.
const LEAST_ROW: usize = 1 << 16;

/// The columns of what looks like a table.
pub struct Found {
    /// Each with the length of its first cells.
    columns: Vec<(String, usize)>,
}

impl Found {
    /// `3 columns (id, text, labels)`
    pub fn names(&self) -> String {
        const SHOWN: usize = 6;
        let names: Vec<&str> = self.columns.iter().take(SHOWN).map(|(name, _)| name.as_str()).collect();
        let more = if self.columns.len() > SHOWN { ", …" } else { "" };
        let columns = if self.columns.len() == 1 { "column" } else { "columns" };
        format!("{} {columns} ({}{more})", self.columns.len(), names.join(", "))
    }
}

/// The column that most likely holds the text: one that is called so, else the one with the longest cells.
pub fn of_text(found: &Found) -> String {
    const NAMES: [&str; 6] = ["text", "body", "content", "sentence", "message", "comment"];
    let is_text = |(name, _): &&(String, usize)| NAMES.iter().any(|text| name.eq_ignore_ascii_case(text));
    let longest = || found.columns.iter().max_by_key(|(_, length)| *length);
    let name = found.columns.iter().find(is_text).or_else(longest).map_or("NAME", |(name, _)| name);
    if name.contains(char::is_whitespace) { format!("{name:?}") } else { name.to_owned() }
}

/// Rows that must have as many cells as the header, and rows that are looked at.
const FEWEST_ROWS: usize = 2;
const LOOKED_AT: usize = 6;
/// A sentence may be as long as this, but no column is called so.
const LONGEST_NAME: usize = 40;

/// The columns, if the first bytes of a file look like those of a table or of JSON lines: a header of short, different names, and rows
/// with as many cells. Prose with commas hardly has as many in each line.
pub fn of(first: &[u8], path: &Path) -> Option<Found> {
    let whole = first.iter().rposition(|byte| *byte == b'\n').map_or(first, |end| &first[..end]);
    if let Some(fields) = whole.split(|byte| *byte == b'\n').next().and_then(object) {
        let length = |value: &Value| flat(Some(value)).len();
        let columns: Vec<_> = fields.iter().map(|(name, value)| (name.clone(), length(value))).collect();
        return Some(Found { columns }).filter(|found| !found.columns.is_empty());
    }
    let named = path.extension().is_some_and(|extension| extension == "csv" || extension == "tsv");
    let fewest = if named { 1 } else { FEWEST_ROWS };
    let several = [b'\t', b',', b';'].into_iter().find_map(|delimiter| table(whole, delimiter, fewest, 2));
    // One column makes a table only where the file is called one.
    several.or_else(|| if named { table(whole, b'\x1f', fewest, 1) } else { None })
}

fn object(line: &[u8]) -> Option<Map<String, Value>> {
    let line = line.trim_ascii();
    if line.starts_with(b"{") { serde_json::from_slice(line).ok() } else { None }
}

fn table(whole: &[u8], delimiter: u8, fewest: usize, columns: usize) -> Option<Found> {
    // Most files are prose, and a reader is not made for nothing.
    if columns > 1 && !whole.contains(&delimiter) {
        return None;
    }
    let mut rows = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(whole);
    let header = rows.headers().ok()?.clone();
    let is_name = |name: &str| {
        let name = name.trim();
        !name.is_empty()
            && name.len() <= LONGEST_NAME
            && !name.ends_with(['.', '!', '?', ':'])
            && name.chars().any(char::is_alphabetic)
    };
    let names: std::collections::BTreeSet<&str> = header.iter().collect();
    if header.len() < columns || names.len() < header.len() || !header.iter().all(is_name) {
        return None;
    }
    let mut columns: Vec<(String, usize)> = header.iter().map(|name| (name.trim().to_owned(), 0)).collect();
    let mut count = 0;
    for row in rows.records().take(LOOKED_AT) {
        columns.iter_mut().zip(row.ok()?.iter()).for_each(|((_, length), cell)| *length += cell.len());
        count += 1;
    }
    (count >= fewest).then_some(Found { columns })
}

/// Hands on what is written before it waits for more.
struct Pausing<'a> {
    input: Source,
    report: SharedReport<'a>,
    bar: ProgressBar,
}

impl Read for Pausing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.report.borrow_mut().flush()?;
        let count = self.input.read(buffer)?;
        self.bar.inc(count as u64);
        Ok(count)
    }
}

/// Fails where a row takes more bytes than it may.
struct Bounded<R> {
    input: R,
    /// What the row at hand may still take.
    left: Rc<Cell<usize>>,
}

#[derive(Debug, thiserror::Error)]
#[error("the row is too long")]
struct TooLong;

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other(TooLong));
        }
        let count = self.input.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(count));
        Ok(count)
    }
}

struct Table<'a> {
    name: &'a str,
    column: &'a str,
    wanted: OutputFormat,
    /// Bytes of the longest row that is read.
    most: usize,
}

impl Table<'_> {
    fn rows(&self, input: impl Read, delimiter: u8, mut pen: Pen, report: &SharedReport) -> anyhow::Result<Tally> {
        let left = Rc::new(Cell::new(self.most));
        let input = Bounded { input, left: left.clone() };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let header = lossy(reader.byte_headers().map_err(|error| self.fault(error, 1))?);
        let names: Vec<&str> = header.iter().collect();
        let at = self.find(&names)?;
        pen.begin(self.name, Some(&header))?;
        let mut row = csv::ByteRecord::new();
        loop {
            left.set(self.most);
            let line = reader.position().line();
            if !reader.read_byte_record(&mut row).map_err(|error| self.fault(error, line))? {
                break;
            }
            let line = row.position().map_or(0, csv::Position::line);
            let cells = lossy(&row);
            if cells.len() != header.len() || row.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
                pen.skip(line);
            }
            let text = cells.get(at).unwrap_or("").to_owned();
            let kept = match self.wanted {
                OutputFormat::Jsonl => Cells::Json(named_cells(&header, &cells)),
                _ => Cells::Table(fitted(&cells, header.len())),
            };
            pen.write_cell(&text, line, Some(&kept))?;
        }
        Ok(pen.tally)
    }

    fn objects(&self, mut input: impl BufRead, mut pen: Pen, report: &SharedReport) -> anyhow::Result<Tally> {
        let (mut header, mut line, mut bytes) = (None, 0, Vec::new());
        loop {
            let read = self.line(&mut input, &mut bytes).map_err(|error| self.fault(error.into(), line + 1))?;
            let Some(is_whole) = read else { break };
            line += 1;
            let object = bytes.strip_prefix(b"\xEF\xBB\xBF").filter(|_| line == 1).unwrap_or(&bytes).trim_ascii();
            if object.is_empty() {
                continue;
            }
            let fields: Map<String, Value> = if is_whole {
                serde_json::from_slice(object).unwrap_or_else(|_| {
                    pen.skip(line);
                    Map::new()
                })
            } else {
                pen.pass_over(line);
                Map::new()
            };
            if header.is_none() {
                if fields.is_empty() {
                    return Err(self.nameless(line, is_whole));
                }
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                self.find(&names)?;
                let names = StringRecord::from(names);
                pen.begin(self.name, Some(&names))?;
                header = Some(names);
            }
            let text = fields.get(self.column).and_then(Value::as_str).map(str::to_owned);
            if text.is_none() && !fields.is_empty() {
                pen.skip(line);
            }
            let kept = match (self.wanted, &header) {
                (OutputFormat::Jsonl, _) | (_, None) => Cells::Json(fields),
                (_, Some(header)) => Cells::Table(header.iter().map(|name| flat(fields.get(name))).collect()),
            };
            pen.write_cell(&text.unwrap_or_default(), line, Some(&kept))?;
        }
        Ok(pen.tally)
    }

    fn find(&self, names: &[&str]) -> anyhow::Result<usize> {
        names.iter().position(|name| *name == self.column).ok_or_else(|| {
            let hint = match nearest(self.column, names.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("there are {}", names.join(", ")),
            };
            anyhow::anyhow!("{}: no column {:?}\nhint: {hint}", self.name, self.column)
        })
    }

    /// The first row tells the columns, and must be one.
    fn nameless(&self, line: u64, is_whole: bool) -> anyhow::Error {
        let Table { name, most, .. } = self;
        if !is_whole {
            return anyhow::anyhow!(
                "{name}:{line}: a row of more than {most} bytes\nhint: --max-record 16M reads longer rows"
            );
        }
        anyhow::anyhow!(
            "{name}:{line}: the first row tells the columns, and is no JSON object with any\nhint: --input-format csv or tsv says that it is a table"
        )
    }

    /// The next line; whether it was whole, or so long that its rest was passed over. None at the end.
    fn line(&self, input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Option<bool>> {
        bytes.clear();
        let count = input.by_ref().take(self.most as u64).read_until(b'\n', bytes)?;
        if count == 0 {
            return Ok(None);
        }
        Ok(Some(bytes.ends_with(b"\n") || count < self.most || input.skip_until(b'\n')? == 0))
    }

    fn fault(&self, error: csv::Error, line: u64) -> anyhow::Error {
        let Table { name, most, .. } = self;
        let is_long = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<TooLong>());
        match error.kind() {
            csv::ErrorKind::Io(error) if is_long(error) => anyhow::anyhow!(
                "{name}:{line}: a row of more than {most} bytes\nhint: is a quotation mark left open? --max-record 16M reads longer rows"
            ),
            _ => anyhow::Error::new(error).context(name.to_string()),
        }
    }
}

fn lossy(row: &csv::ByteRecord) -> StringRecord {
    row.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().into()
}

/// As many cells as the header has, so that the columns that follow stay under their names.
fn fitted(cells: &StringRecord, width: usize) -> StringRecord {
    (0..width).map(|at| cells.get(at).unwrap_or("")).collect()
}

fn named_cells(header: &StringRecord, cells: &StringRecord) -> Map<String, Value> {
    header.iter().zip(cells).map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect()
}

pub fn flat(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
