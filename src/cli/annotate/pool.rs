//! The pool: every unit that one can be asked about, with what stands around it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rhetor::codebook::nearest;
use rhetor::corpus::{self, Columns, Format, ReadOptions};
use rhetor::text::unit::{Splitter, Unit as Stretch, UnitKind};
use rhetor::text::{Span, sentence, source};
use serde_json::{Map, Value};

use crate::cli::args::Annotate;
use crate::cli::reading::{self, Faults, Reader};
use crate::cli::{DONE, FAILED, Remarks};
use crate::cli::{classify, inputs, named, train};

/// Fields of a table with what stands before and after the text, for tables whose neighbouring rows say nothing.
const AROUND: [&str; 2] = ["before", "after"];

/// Columns that say which rows belong to one document.
const GROUPS: [&str; 2] = ["group", "doc"];

/// Something to be asked about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// Its name in the file of answers: that of the data, or its path and its number within.
    pub id: String,
    pub text: String,
    pub path: String,
    pub line: u64,
    /// The labels that the data has, where they are to be reviewed.
    pub given: Vec<String>,
    /// What goes into its row beside text and labels.
    pub fields: Map<String, Value>,
    /// What the data says that stands before and after it.
    around: [Option<String>; 2],
    /// Units of one number are neighbours in one text; `None` for one that stands alone.
    document: Option<usize>,
}

/// All of them, in the order in which they were read.
#[derive(Debug, Default)]
pub struct Pool {
    pub units: Vec<Unit>,
    documents: usize,
}

impl Pool {
    /// At most so many texts before a unit and after it, as they stand there.
    pub fn context(&self, unit: usize, most: usize) -> [Vec<&str>; 2] {
        let own = &self.units[unit];
        let is_near = |other: &&Unit| own.document.is_some() && other.document == own.document;
        let mut before: Vec<&str> =
            self.units[..unit].iter().rev().take_while(is_near).take(most).map(|unit| &unit.text[..]).collect();
        before.reverse();
        let mut after: Vec<&str> =
            self.units[unit + 1..].iter().take_while(is_near).take(most).map(|unit| &unit.text[..]).collect();
        let [told_before, told_after] = &own.around;
        before.extend(told_before.as_deref());
        after.splice(0..0, told_after.as_deref());
        [before, after]
    }

    #[cfg(test)]
    pub fn of(texts: &[&str]) -> Pool {
        let unit = |(text, at): (&&str, usize)| Unit {
            id: format!("a:{at}"),
            text: (*text).to_owned(),
            path: "a".into(),
            line: at as u64,
            document: Some(0),
            ..Unit::default()
        };
        Pool { units: texts.iter().zip(1..).map(unit).collect(), documents: 1 }
    }

    /// Ids name one unit each: further ones of the same get a number.
    fn tell_apart(&mut self) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for unit in &mut self.units {
            let count = seen.entry(unit.id.clone()).or_default();
            *count += 1;
            if *count > 1 {
                unit.id = format!("{}#{count}", unit.id);
            }
        }
    }
}

/// Reads the pool; and the exit status that this calls for.
pub fn read(args: &Annotate, language: &str, remarks: Remarks) -> anyhow::Result<(Pool, u8)> {
    let (files, all_found) = inputs::files(&args.pool, &args.from.glob, remarks)?;
    let mut status = if all_found { DONE } else { FAILED };
    let mut pool = Pool::default();
    for path in &files {
        let read = match table_format(path, args) {
            _ if args.asking.review => review(path, args, &mut pool, remarks),
            Some(format) => rows(path, format, args, language, &mut pool, remarks),
            None => text(path, args, language, &mut pool, remarks),
        };
        if let Err(error) = read {
            remarks.fail(error);
            status = FAILED;
        }
        pool.documents += 1;
    }
    pool.tell_apart();
    Ok((pool, status))
}

/// The format of a table; `None` for running text. A pool of sentences in JSON lines is no running text, whatever it is called.
fn table_format(path: &Path, args: &Annotate) -> Option<Option<Format>> {
    let from = &args.from;
    if from.column.is_some() || from.input_format.is_some() {
        return Some(from.input_format.map(train::format));
    }
    let is_table = matches!(Format::of_name(&path.to_string_lossy()), Some(format) if format != Format::FastText);
    is_table.then_some(None)
}

fn text(path: &Path, args: &Annotate, language: &str, pool: &mut Pool, remarks: Remarks) -> anyhow::Result<()> {
    let kind = args.from.unit.map_or(UnitKind::Sentence, classify::kind);
    let name = path.display().to_string();
    let mut taker = Taker { cutter: Cutter { kind, language }, pool, path: &name, index: 0, faults: Faults::default() };
    let splitter = Splitter::new(kind, args.from.max_record);
    reading::read(path, splitter, "rhetor annotate - -o LABELS.jsonl", remarks, &mut taker)?;
    taker.faults.remark(path, kind, args.from.max_record, remarks);
    Ok(())
}

/// How stretches of text become units.
#[derive(Clone, Copy)]
struct Cutter<'a> {
    kind: UnitKind,
    language: &'a str,
}

impl Cutter<'_> {
    /// The spans of the stretch that are units; blank ones are none.
    fn spans(self, stretch: &Stretch) -> Vec<Span> {
        let mut spans = match self.kind {
            UnitKind::Sentence => sentence::sentences(&stretch.text, &stretch.breaks, self.language),
            _ => vec![Span::new(0, stretch.text.len())],
        };
        spans.retain(|span| !span.of(&stretch.text).trim().is_empty());
        spans
    }
}

/// Takes the units of a running text.
struct Taker<'a> {
    cutter: Cutter<'a>,
    pool: &'a mut Pool,
    path: &'a str,
    index: u64,
    faults: Faults,
}

impl Reader for Taker<'_> {
    fn units(&mut self, stretches: &mut Vec<Stretch>, _: usize) -> anyhow::Result<()> {
        for stretch in stretches.drain(..) {
            self.faults.look_at(&stretch);
            for span in self.cutter.spans(&stretch) {
                self.index += 1;
                let (start, line) = (stretch.raw(span.start), stretch.line_at(span.start));
                let end = if span.end == stretch.text.len() { stretch.end } else { stretch.raw(span.end) };
                let fields = [
                    // Of standard input nobody knows which document it is.
                    ("group", if self.path == "-" { Value::Null } else { Value::from(self.path) }),
                    ("path", Value::from(self.path)),
                    ("index", Value::from(self.index)),
                    ("line", Value::from(line)),
                    ("start", Value::from(start)),
                    ("end", Value::from(end)),
                ];
                self.pool.units.push(Unit {
                    id: format!("{}:{}", self.path, self.index),
                    text: span.of(&stretch.text).to_owned(),
                    path: self.path.to_owned(),
                    line,
                    fields: fields
                        .into_iter()
                        .filter(|(_, value)| !value.is_null())
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                    document: Some(self.pool.documents),
                    ..Unit::default()
                });
            }
        }
        Ok(())
    }
}

/// Labelled data whose labels are to be looked at again.
fn review(path: &Path, args: &Annotate, pool: &mut Pool, remarks: Remarks) -> anyhow::Result<()> {
    let columns =
        Columns { text: args.from.column.clone(), label: args.from.label_column.clone(), ..Columns::default() };
    let format = args.from.input_format.map(train::format);
    let corpus = corpus::read(&[path.to_string_lossy()], &ReadOptions { columns, format, ..ReadOptions::default() })?;
    train::report_reading(&corpus, remarks);
    let name = path.display().to_string();
    for (example, index) in corpus.examples.into_iter().zip(1..) {
        let mut fields: Map<String, Value> = Map::new();
        fields.extend(example.extra.into_iter().map(|(name, value)| (name, Value::from(value))));
        fields.extend(example.group.map(|group| ("group".to_owned(), Value::from(group))));
        if example.weight != 1.0 {
            fields.insert("weight".into(), Value::from(example.weight));
        }
        let row = Row {
            path: &name,
            index,
            line: example.place.line.unwrap_or(0),
            id: example.id,
            text: example.text,
            given: example.labels,
            fields,
        };
        pool.add(row);
    }
    Ok(())
}

/// A row of a table, or one object.
struct Row<'a> {
    path: &'a str,
    /// From 1, within the file.
    index: u64,
    line: u64,
    id: Option<String>,
    text: String,
    given: Vec<String>,
    fields: Map<String, Value>,
}

impl Pool {
    /// Adds a whole cell. Rows of one group that follow each other are each other's context.
    fn add(&mut self, row: Row) {
        let Row { path, index, line, id, text, given, mut fields } = row;
        let around = AROUND.map(|name| match fields.remove(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        });
        let group = GROUPS.iter().find_map(|name| fields.get(*name));
        let previous = self.units.last().filter(|last| last.path == path);
        let same = |last: &Unit| group.is_some() && GROUPS.iter().find_map(|name| last.fields.get(*name)) == group;
        let document = match previous {
            Some(last) if same(last) => last.document,
            _ => group.map(|_| self.documents + 1),
        };
        self.documents += usize::from(document.is_some() && previous.is_none_or(|last| last.document != document));
        let id = id.unwrap_or_else(|| format!("{path}:{index}"));
        self.units.push(Unit { id, text, path: path.to_owned(), line, given, fields, around, document });
    }
}

fn rows(
    path: &Path,
    format: Option<Format>,
    args: &Annotate,
    language: &str,
    pool: &mut Pool,
    remarks: Remarks,
) -> anyhow::Result<()> {
    let name = path.display().to_string();
    let column = args.from.column.as_deref().unwrap_or("text");
    let mut input = BufReader::with_capacity(1 << 16, source::open(path).map_err(|error| named(path, error))?);
    let first = input.fill_buf().map_err(|error| named(path, error))?;
    let (found, delimiter) = Format::of_column(&name, first, column);
    let mut table = Table {
        name: &name,
        column,
        cutter: Cutter { kind: args.from.unit.map_or(UnitKind::Document, classify::kind), language },
        max_record: args.from.max_record,
        pool,
        index: 0,
        faults: Faults::default(),
        has_labels: false,
    };
    match format.unwrap_or(found) {
        Format::Csv => table.cells(input, delimiter.byte())?,
        Format::Tsv => table.cells(input, b'\t')?,
        Format::Jsonl => table.objects(input)?,
        _ => anyhow::bail!("{name}: is in a format of labelled data\nhint: --review looks at its labels again"),
    }
    table.faults.remark(path, table.cutter.kind, args.from.max_record, remarks);
    if table.has_labels {
        remarks.say(format_args!(
            "{name}: has labels, which are not shown; --review shows them to be confirmed or corrected"
        ));
    }
    Ok(())
}

/// A table that is read row by row.
struct Table<'a> {
    name: &'a str,
    column: &'a str,
    cutter: Cutter<'a>,
    max_record: usize,
    pool: &'a mut Pool,
    index: u64,
    faults: Faults,
    has_labels: bool,
}

impl Table<'_> {
    fn cells(&mut self, input: impl Read, delimiter: u8) -> anyhow::Result<()> {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(input);
        let broken = |error: csv::Error| anyhow::Error::new(error).context(self.name.to_owned());
        let lossy = |row: &csv::ByteRecord| -> Vec<String> {
            row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
        };
        let header = lossy(reader.byte_headers().map_err(broken)?);
        self.find(&mut header.iter().map(String::as_str))?;
        let mut row = csv::ByteRecord::new();
        while reader
            .read_byte_record(&mut row)
            .map_err(|error| anyhow::Error::new(error).context(self.name.to_owned()))?
        {
            let line = row.position().map_or(0, csv::Position::line);
            let cells = lossy(&row);
            if cells.len() != header.len() || row.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
                self.faults.skipped.add(1, line);
            }
            let fields = header.iter().cloned().zip(cells.into_iter().map(Value::from)).collect();
            self.take(fields, line);
        }
        Ok(())
    }

    fn objects(&mut self, mut input: impl BufRead) -> anyhow::Result<()> {
        if input.fill_buf()?.trim_ascii_start().first() == Some(&b'[') {
            let list: Vec<Map<String, Value>> = serde_json::from_reader(input)
                .map_err(|error| anyhow::anyhow!("{}:{}: no list of JSON objects: {error}", self.name, error.line()))?;
            if let Some(first) = list.first() {
                self.find(&mut first.keys().map(String::as_str))?;
            }
            list.into_iter().for_each(|fields| self.take(fields, 0));
            return Ok(());
        }
        let (mut line, mut bytes, mut is_first) = (0, Vec::new(), true);
        loop {
            bytes.clear();
            if input.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(());
            }
            line += 1;
            let object = bytes.strip_prefix(b"\xEF\xBB\xBF").filter(|_| line == 1).unwrap_or(&bytes).trim_ascii();
            match serde_json::from_slice::<Map<String, Value>>(object) {
                _ if object.is_empty() => {}
                Ok(fields) => {
                    if std::mem::take(&mut is_first) {
                        self.find(&mut fields.keys().map(String::as_str))?;
                    }
                    self.take(fields, line);
                }
                Err(_) => self.faults.skipped.add(1, line),
            }
        }
    }

    fn find(&self, names: &mut dyn Iterator<Item = &str>) -> anyhow::Result<()> {
        let names: Vec<&str> = names.collect();
        if names.contains(&self.column) {
            return Ok(());
        }
        let hint = match nearest(self.column, names.iter().copied()) {
            Some(near) => format!("did you mean --column {near}?"),
            None => format!("--column names the one with the text; there are {}", names.join(", ")),
        };
        anyhow::bail!("{}: no column {:?}\nhint: {hint}", self.name, self.column)
    }

    /// The units of a row: its whole cell, or what the cell is cut into.
    fn take(&mut self, mut fields: Map<String, Value>, line: u64) {
        self.index += 1;
        let Some(Value::String(text)) = fields.remove(self.column) else {
            return self.faults.skipped.add(1, line);
        };
        let labels = ["labels", "label"].map(|name| fields.remove(name));
        self.has_labels |= labels.iter().flatten().any(|labels| !is_blank(labels));
        let id = match fields.remove("id") {
            Some(Value::String(id)) if !id.trim().is_empty() => Some(id.trim().to_owned()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        };
        fields.retain(|_, value| !is_blank(value));
        let mut stretches = Vec::new();
        let mut splitter = Splitter::new(self.cutter.kind, self.max_record);
        splitter.push(text.as_bytes(), &mut stretches);
        splitter.finish(&mut stretches);
        for stretch in &stretches {
            self.faults.look_at(stretch);
            let spans = self.cutter.spans(stretch);
            for span in spans {
                let (path, index, given) = (self.name, self.index, Vec::new());
                let text = span.of(&stretch.text).to_owned();
                self.pool.add(Row { path, index, line, id: id.clone(), text, given, fields: fields.clone() });
            }
        }
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(data: &str, kind: UnitKind) -> Pool {
        let mut pool = Pool::default();
        let cutter = Cutter { kind, language: "english" };
        let mut table = Table {
            name: "a.csv",
            column: "text",
            cutter,
            max_record: 1000,
            pool: &mut pool,
            index: 0,
            faults: Faults::default(),
            has_labels: false,
        };
        table.cells(data.as_bytes(), b',').unwrap_or_else(|error| panic!("{error}"));
        pool.tell_apart();
        pool
    }

    #[test]
    fn rows_of_one_group_are_each_others_context_and_others_are_not() {
        let pool = table("text,group\na,x\nb,x\nc,y\nd,\ne,\n", UnitKind::Document);
        assert_eq!(pool.context(0, 2), [vec![], vec!["b"]]);
        assert_eq!(pool.context(2, 2), [Vec::<&str>::new(), vec![]]);
        assert_eq!(pool.context(3, 2), [Vec::<&str>::new(), vec![]]);
    }

    #[test]
    fn ids_of_the_data_are_kept_and_told_apart() {
        let pool = table("id,text\n7,One. Two.\n7,Three.\n,Four.\n", UnitKind::Sentence);
        let ids: Vec<&str> = pool.units.iter().map(|unit| &unit.id[..]).collect();
        assert_eq!(ids, ["7", "7#2", "7#3", "a.csv:3"]);
    }

    #[test]
    fn a_table_may_bring_its_own_context() {
        let pool = table("before,text,after\nso,b,then\n", UnitKind::Document);
        assert_eq!(pool.context(0, 2), [vec!["so"], vec!["then"]]);
        assert!(pool.units[0].fields.is_empty());
    }
}
