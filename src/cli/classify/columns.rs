//! `--column`: one column of a table or of JSON lines is classified, all others pass through.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;
use indicatif::ProgressBar;
use rhetor::codebook::nearest;
use rhetor::corpus::passing::{ObjectRow, ObjectRows, Passing, Stopped, TableRows, Wanted};
use rhetor::corpus::{Fault, Format, Problem, Warning, shell, typed};
use rhetor::report::{Cells, flat};
use rhetor::text::count::counted;
use rhetor::text::source::{self, Source};
use rhetor::text::{Place, list};
use serde_json::{Map, Value};

use super::stream::Pen;
use super::{Job, SharedReport, Tally};
use crate::cli::args::{DataFormat, OutputFormat};
use crate::cli::{Remarks, ending, is_closed_pipe, is_of_output, named, train, unopened};

pub fn classify(
    job: &Job,
    path: &Path,
    (column, format): (&str, Option<DataFormat>),
    home: &mut Home,
    report: &SharedReport,
    bar: &ProgressBar,
) -> anyhow::Result<Tally> {
    let input = source::open(path).map_err(|error| unopened(path, error))?;
    let input = Pausing { input, report: report.clone(), bar: bar.clone() };
    let name = path.display().to_string();
    let most = job.max_record.saturating_mul(RECORDS_A_ROW).max(LEAST_ROW);
    let format = format.map(train::format);
    let wanted = Wanted { path: &name, column, format, encoding: job.encoding, most };
    let table = Table { path, wanted, remarks: job.remarks };
    let input = Passing::open(input, wanted).map_err(|why| table.stopped(why))?;
    let pen = Pen::new(job, report);
    match input.format {
        Format::Csv | Format::Tsv => {
            let rows = input.table().map_err(|why| table.stopped(why))?;
            table.rows(rows.ok_or_else(|| table.empty())?, pen, home)
        }
        Format::Jsonl | Format::Doccano | Format::Prodigy => {
            let is_list = input.is_list;
            table.objects(input.objects(), is_list, pen, home)
        }
        Format::FastText => {
            anyhow::bail!("{name}: fastText lines have no columns\nhint: leave --column out, and use --unit line")
        }
        Format::LabelStudio => {
            anyhow::bail!(
                "{name}: Label Studio's tasks are no table\nhint: rhetor convert {} - --to jsonl",
                shell(path)
            )
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
        let columns = counted(self.columns.len() as u64, "column", "columns");
        format!("{columns} ({})", list::first(self.columns.iter().map(|(name, _)| name.clone()), SHOWN))
    }
}

/// The column that most likely holds the text, as it is typed: one that is called so, else the one with the longest cells.
pub fn of_text(found: &Found) -> String {
    const NAMES: [&str; 6] = ["text", "body", "content", "sentence", "message", "comment"];
    let is_text = |(name, _): &&(String, usize)| NAMES.iter().any(|text| name.eq_ignore_ascii_case(text));
    let longest = || found.columns.iter().max_by_key(|(_, length)| *length);
    typed(found.columns.iter().find(is_text).or_else(longest).map_or("NAME", |(name, _)| name))
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
        let length = |value: &Value| value.as_str().map_or_else(|| value.to_string().len(), str::len);
        let columns: Vec<_> = fields.iter().map(|(name, value)| (name.clone(), length(value))).collect();
        return Some(Found { columns }).filter(|found| !found.columns.is_empty());
    }
    let named = ["csv", "tsv"].contains(&&ending(path)[..]);
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

/// The columns that the output has for those of the input. Its header is written once, so the first input settles it.
pub struct Home {
    wanted: OutputFormat,
    header: StringRecord,
    /// Where each column of the header stands.
    places: HashMap<String, usize>,
    /// In how many rows a column was left out that the header lacks.
    left_out: BTreeMap<String, u64>,
}

/// So many names are remembered of columns that are left out.
const NAMES: usize = 1000;
/// And so many are shown.
const SHOWN: usize = 20;

impl Home {
    pub fn new(wanted: OutputFormat) -> Self {
        Home { wanted, header: StringRecord::new(), places: HashMap::new(), left_out: BTreeMap::new() }
    }

    /// Whether rows become those of a table.
    fn is_table(&self) -> bool {
        matches!(self.wanted, OutputFormat::Csv | OutputFormat::Tsv)
    }

    /// Begins an input, of which the columns have these names.
    fn begin(&mut self, header: &StringRecord) {
        if self.header.is_empty() {
            header.clone_into(&mut self.header);
            // Of columns with one name, the first.
            for (at, name) in header.iter().enumerate() {
                self.places.entry(name.to_owned()).or_insert(at);
            }
        }
    }

    fn leave_out(&mut self, name: &str, rows: u64) {
        if let Some(count) = self.left_out.get_mut(name) {
            *count += rows;
        } else if rows > 0 && self.left_out.len() < NAMES {
            self.left_out.insert(name.to_owned(), rows);
        }
    }

    /// The values of an object, each in its column.
    fn cells(&mut self, row: &ObjectRow) -> StringRecord {
        let mut cells = vec![Default::default(); self.header.len()];
        for (name, value) in &row.fields {
            match self.places.get(name) {
                Some(place) => cells[*place] = flat(value),
                None => self.leave_out(name, 1),
            }
        }
        cells.iter().map(|cell: &std::borrow::Cow<str>| &**cell).collect()
    }

    /// Names what had no place.
    pub fn remark(&self, remarks: Remarks) {
        if self.left_out.is_empty() {
            return;
        }
        let shown = self.left_out.iter().take(SHOWN);
        let shown = shown.map(|(name, rows)| format!("`{name}` ({})", counted(*rows, "row", "rows")));
        let more = match self.left_out.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        remarks.warn(format_args!(
            "the output has no column for {}{more}: its columns are those with which the input begins\nhint: name a file that has them all first; --format jsonl keeps every field",
            shown.collect::<Vec<_>>().join(", ")
        ));
    }
}

/// Where the columns of a table go.
enum Road {
    /// Nowhere: the format shows none.
    Nowhere,
    /// To the columns of the output: which of this table's stands in each; and those that none is for, with the rows that fill them.
    Columns { from: Vec<Option<usize>>, homeless: Vec<(usize, u64)> },
    /// Under their names: the columns, of several with one name the first.
    Names { header: Arc<StringRecord>, from: Vec<usize> },
}

impl Road {
    fn new(header: &StringRecord, home: &Home) -> Self {
        if home.is_table() {
            let from = |name: &str| header.iter().position(|known| known == name);
            let from = match header == &home.header {
                true => (0..header.len()).map(Some).collect(),
                false => home.header.iter().map(from).collect(),
            };
            let is_homeless = |(_, name): &(usize, &str)| !home.places.contains_key(*name);
            let homeless = header.iter().enumerate().filter(is_homeless).map(|(at, _)| (at, 0)).collect();
            return Road::Columns { from, homeless };
        }
        if home.wanted != OutputFormat::Jsonl {
            return Road::Nowhere;
        }
        let is_first = |at: &usize| header.iter().position(|name| name == &header[*at]) == Some(*at);
        let from: Vec<usize> = (0..header.len()).filter(is_first).collect();
        Road::Names { header: Arc::new(from.iter().map(|at| &header[*at]).collect()), from }
    }

    fn cells(&mut self, row: &StringRecord) -> Option<Cells> {
        match self {
            Road::Nowhere => None,
            Road::Columns { from, homeless } => {
                let is_filled = |at: usize| row.get(at).is_some_and(|cell| !cell.is_empty());
                homeless.iter_mut().for_each(|(at, rows)| *rows += u64::from(is_filled(*at)));
                let cell = |at: &Option<usize>| at.and_then(|at| row.get(at)).unwrap_or("");
                Some(Cells::Table(from.iter().map(cell).collect()))
            }
            Road::Names { header, from } => {
                Some(Cells::Named(header.clone(), from.iter().map_while(|at| row.get(*at)).collect()))
            }
        }
    }
}

struct Table<'a> {
    path: &'a Path,
    wanted: Wanted<'a>,
    remarks: Remarks,
}

impl Table<'_> {
    fn rows(&self, mut rows: TableRows, mut pen: Pen, home: &mut Home) -> anyhow::Result<Tally> {
        let header_fault = rows.header_fault.take();
        if let Some((line, fault @ (Fault::OpenQuote { .. } | Fault::StrayQuote { .. }))) = header_fault {
            anyhow::bail!(Problem { place: Place::line(self.wanted.path, line), fault }.to_string());
        }
        let header = rows.header.clone();
        let names: Vec<&str> = header.iter().collect();
        let column = names.iter().position(|name| *name == self.wanted.column).ok_or_else(|| self.missing(&names))?;
        if let Some((line, fault)) = header_fault {
            pen.skip(line, fault);
        }
        home.begin(&header);
        pen.begin(self.wanted.path, Some(&header))?;
        let mut road = Road::new(&header, home);
        if let Road::Names { from, .. } = &road {
            let twice = (0..header.len()).filter(|at| !from.contains(at));
            twice.for_each(|at| self.remarks.warn(self.stands_twice(&header[at])));
        }
        while let Some(row) = rows.next_row().map_err(|why| self.stopped(why))? {
            if let Some(fault) = row.fault {
                pen.skip(row.line, fault);
            }
            let kept = road.cells(row.cells);
            pen.write_cell(row.cells.get(column).unwrap_or(""), row.line, kept.as_ref())?;
        }
        if let Road::Columns { homeless, .. } = road {
            homeless.iter().for_each(|(at, rows)| home.leave_out(&header[*at], *rows));
        }
        Ok(pen.tally)
    }

    fn objects(&self, mut rows: ObjectRows, is_list: bool, mut pen: Pen, home: &mut Home) -> anyhow::Result<Tally> {
        // Rows before the first one that has the column, which tells all columns of the input.
        let (mut waiting, mut size, mut has_begun) = (Vec::new(), 0, false);
        while let Some(row) = rows.next_row().map_err(|why| self.stopped(why))? {
            if !has_begun {
                if is_list && waiting.is_empty() && matches!(row.fault, Some(Fault::InvalidJson { .. })) {
                    return Err(self.columnless(&[row], is_list));
                }
                if !row.fields.iter().any(|(name, _)| name == self.wanted.column) {
                    // Of one that is too long nothing is kept.
                    size += ROW_IN_MEMORY + if row.is_too_long { 0 } else { row.size };
                    waiting.push(row);
                    if size > self.wanted.most {
                        break;
                    }
                    continue;
                }
                let header: StringRecord = row.fields.iter().map(|(name, _)| name.as_str()).collect();
                home.begin(&header);
                pen.begin(self.wanted.path, Some(&header))?;
                has_begun = true;
                std::mem::take(&mut waiting).into_iter().try_for_each(|row| write_object(row, &mut pen, home))?;
            }
            write_object(row, &mut pen, home)?;
        }
        match waiting.is_empty() {
            true => Ok(pen.tally),
            false => Err(self.columnless(&waiting, is_list)),
        }
    }

    fn missing(&self, names: &[&str]) -> anyhow::Error {
        let Wanted { path, column, .. } = self.wanted;
        let hint = match nearest(column, names.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", names.join(", ")),
        };
        anyhow::anyhow!("{path}: no column {column:?}\nhint: {hint}")
    }

    /// No row has the column, at least none of the first.
    fn columnless(&self, rows: &[ObjectRow], is_list: bool) -> anyhow::Error {
        let Wanted { path, column, format, most, .. } = self.wanted;
        if let Some(row) = rows.iter().find(|row| !row.fields.is_empty()) {
            return self.missing(&row.fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
        }
        let Some((line, fault)) = rows.iter().find_map(|row| Some((row.line, row.fault.as_ref()?))) else {
            return self.too_long(rows[0].line, "--max-record 16M reads longer rows", most);
        };
        let hint = match format {
            _ if is_list => {
                format!("a list is none; rhetor convert {} - --to jsonl writes an object a line", shell(path))
            }
            None => "--input-format csv or tsv says that it is a table".to_owned(),
            Some(_) => fault.hint(),
        };
        anyhow::anyhow!(
            "{path}:{line}: no row is a JSON object with a field {column:?}; the first: {fault}\nhint: {hint}"
        )
    }

    fn stands_twice(&self, column: &str) -> Warning {
        Warning::DuplicateColumn { place: Place::line(self.wanted.path, 1), column: column.to_owned() }
    }

    fn empty(&self) -> anyhow::Error {
        anyhow::anyhow!(Warning::EmptyFile { place: Place::file(self.wanted.path) })
    }

    fn too_long(&self, line: u64, hint: &str, most: usize) -> anyhow::Error {
        anyhow::anyhow!("{}:{line}: a row of more than {most} bytes\nhint: {hint}", self.wanted.path)
    }

    fn stopped(&self, why: Stopped) -> anyhow::Error {
        match why {
            Stopped::TooLong { line } => {
                let hint = "is a quotation mark left open? --max-record 16M reads longer rows";
                self.too_long(line, hint, self.wanted.most)
            }
            Stopped::Refused(error) => error.into(),
            Stopped::Unreadable(error) => {
                let error = anyhow::Error::new(error);
                // Before it waits for input, the report hands on what it has.
                if is_closed_pipe(&error) || is_of_output(&error) {
                    return error;
                }
                error.downcast::<io::Error>().map_or_else(|error| error, |error| named(self.path, error))
            }
        }
    }
}

/// What a waiting row takes beside its bytes.
const ROW_IN_MEMORY: usize = 256;

fn write_object(row: ObjectRow, pen: &mut Pen, home: &mut Home) -> anyhow::Result<()> {
    let kept = if home.is_table() { Some(Cells::Table(home.cells(&row))) } else { None };
    let ObjectRow { line, fields, text, fault, is_too_long, .. } = row;
    if is_too_long {
        pen.pass_over(line);
    }
    if let Some(fault) = fault {
        pen.skip(line, fault);
    }
    let kept = kept.or_else(|| (home.wanted == OutputFormat::Jsonl).then_some(Cells::Json(fields)));
    pen.write_cell(&text, line, kept.as_ref())
}
