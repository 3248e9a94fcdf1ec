//! `--column`: one column of a table or of JSON lines is classified, all others pass through.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use csv::StringRecord;
use indicatif::ProgressBar;
use rhetor::codebook::nearest;
use rhetor::corpus::Format;
use rhetor::report::Cells;
use rhetor::text::source::{self, Source};
use serde_json::{Map, Value};

use super::stream::Pen;
use super::{Job, SharedReport, Tally};
use crate::cli::args::{Classify, OutputFormat};
use crate::cli::{named, train};

pub fn classify(
    job: &Job,
    path: &Path,
    column: &str,
    args: &Classify,
    report: &SharedReport,
    bar: &ProgressBar,
) -> anyhow::Result<Tally> {
    let input = source::open(path).map_err(|error| named(path, error))?;
    let input = Pausing { input, report: report.clone(), bar: bar.clone() };
    let mut input = BufReader::with_capacity(1 << 16, input);
    let name = path.display().to_string();
    let first = input.fill_buf().map_err(|error| named(path, error))?;
    let (found, delimiter) = Format::of_column(&name, first, column);
    let format = args.from.input_format.map_or(found, train::format);
    let table = Table { name: &name, column, wanted: args.format() };
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

struct Table<'a> {
    name: &'a str,
    column: &'a str,
    wanted: OutputFormat,
}

impl Table<'_> {
    fn rows(&self, input: impl Read, delimiter: u8, mut pen: Pen, report: &SharedReport) -> anyhow::Result<Tally> {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let header = lossy(reader.byte_headers().map_err(|error| self.fault(error))?);
        let names: Vec<&str> = header.iter().collect();
        let at = self.find(&names)?;
        report.borrow_mut().begin(self.name, Some(&header))?;
        let mut row = csv::ByteRecord::new();
        while reader.read_byte_record(&mut row).map_err(|error| self.fault(error))? {
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
            bytes.clear();
            if input.read_until(b'\n', &mut bytes).map_err(|error| self.fault(error.into()))? == 0 {
                break;
            }
            line += 1;
            let object = bytes.strip_prefix(b"\xEF\xBB\xBF").filter(|_| line == 1).unwrap_or(&bytes).trim_ascii();
            if object.is_empty() {
                continue;
            }
            let fields: Map<String, Value> = serde_json::from_slice(object).unwrap_or_else(|_| {
                pen.skip(line);
                Map::new()
            });
            if header.is_none() {
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                self.find(&names)?;
                let names = StringRecord::from(names);
                report.borrow_mut().begin(self.name, Some(&names))?;
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

    fn fault(&self, error: csv::Error) -> anyhow::Error {
        anyhow::Error::new(error).context(self.name.to_owned())
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

fn flat(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
