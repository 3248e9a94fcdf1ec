//! The pool: every unit that one can be asked about, with what stands around it.

use std::collections::HashMap;
use std::path::Path;

use rhetor::corpus::{self, AROUND, Columns, Example, LabelSpan, ReadOptions};
use rhetor::text::count::counted;
use rhetor::text::unit::{Splitter, Unit as Stretch, UnitKind};
use rhetor::text::{Span, sentence};
use serde_json::{Map, Value, json};

use super::news::News;
use crate::cli::agree::NONE;
use crate::cli::args::Annotate;
use crate::cli::reading::{self, Faults, Reader};
use crate::cli::{DONE, FAILED, Remarks};
use crate::cli::{classify, inputs, train};

/// Something to be asked about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unit {
    /// Its name in the file of answers: that of the data, or its path and its number within.
    pub id: String,
    pub text: String,
    pub path: String,
    pub line: u64,
    /// The labels that the data has, where they are to be reviewed; `None` where nobody has judged it.
    pub given: Option<Vec<String>>,
    /// What goes into its row beside text and labels.
    pub fields: Map<String, Value>,
    /// What the data says that stands before and after it.
    around: [Option<String>; 2],
    /// Units of one number are neighbours in one text; `None` for one that stands alone.
    document: Option<usize>,
}

impl Unit {
    /// What others said of it, a line each, as `rhetor agree --rest` writes it: why it is still to be settled, each annotator's answer and note.
    pub fn said(&self) -> Vec<String> {
        let said = |(name, value): (&String, &Value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Array(labels) if labels.is_empty() => NONE.to_owned(),
                Value::Array(labels) => labels.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|"),
                _ => return None,
            };
            match name.split_once(':') {
                Some(("by", who)) => Some(format!("{who}: {value}")),
                Some(("note", who)) => Some(format!("{who} notes: {value}")),
                None if name == "note" || name == "reason" => Some(format!("{name}: {value}")),
                _ => None,
            }
        };
        let (reasons, others): (Vec<_>, Vec<_>) = self.fields.iter().partition(|(name, _)| *name == "reason");
        reasons.into_iter().chain(others).filter_map(said).collect()
    }
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
pub fn read(args: &Annotate, language: &str, news: &mut News, remarks: Remarks) -> anyhow::Result<(Pool, u8)> {
    let (files, all_found) = inputs::files(&args.pool, &args.from.glob, remarks)?;
    let mut status = DONE;
    if !all_found {
        news.warn("not all of the pool could be read");
        status = FAILED;
    }
    let mut pool = Pool::default();
    for path in &files {
        let read = if is_table(path, args) {
            table(path, args, language, &mut pool, news, remarks)
        } else {
            text(path, args, language, &mut pool, remarks)
        };
        if let Err(error) = read {
            news.fail(error);
            status = FAILED;
        }
        pool.documents += 1;
    }
    pool.tell_apart();
    Ok((pool, status))
}

/// What is called like a table is one, and what is to be read like one.
fn is_table(path: &Path, args: &Annotate) -> bool {
    let from = &args.from;
    args.asking.review || from.input_format.is_some() || inputs::is_table(path, from.column.as_deref())
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

    /// The units of a cell, which is one itself unless something else was asked for.
    fn cut(self, text: &str, max_record: usize) -> Vec<String> {
        if self.kind == UnitKind::Document {
            return vec![text.to_owned()];
        }
        let mut stretches = Vec::new();
        let mut splitter = Splitter::new(self.kind, max_record);
        splitter.push(text.as_bytes(), &mut stretches);
        splitter.finish(&mut stretches);
        let texts = |stretch: &Stretch| {
            self.spans(stretch).into_iter().map(|span| span.of(&stretch.text).to_owned()).collect::<Vec<_>>()
        };
        stretches.iter().flat_map(texts).collect()
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

/// The rows of a table, judged or not; their labels are only shown if they are to be reviewed.
fn table(
    path: &Path,
    args: &Annotate,
    language: &str,
    pool: &mut Pool,
    news: &mut News,
    remarks: Remarks,
) -> anyhow::Result<()> {
    let columns =
        Columns { text: args.from.column.clone(), label: args.from.label_column.clone(), ..Columns::default() };
    let format = args.from.input_format.map(train::format);
    // Where labels are not shown, columns of 0 and 1 stay what they are, and come along.
    let binary_labels = args.asking.review;
    let options = ReadOptions {
        columns,
        format,
        pending: true,
        binary_labels,
        framings: args.asking.review,
        everything: true,
        weighs: false,
        encoding: args.from.encoding,
        ..ReadOptions::default()
    };
    let corpus = corpus::read(&[path], &options)?;
    train::report_reading(&corpus, remarks);
    let name = path.display().to_string();
    if !args.asking.review && corpus.examples.iter().any(|example| !example.pending && !example.labels.is_empty()) {
        remarks.say(format_args!(
            "{name}: has labels, which are not shown; --review shows them to be confirmed or corrected"
        ));
    }
    if args.asking.review && corpus.examples.iter().all(|example| example.pending) {
        let rows = counted(corpus.examples.len() as u64, "row", "rows");
        news.warn(format_args!(
            "{name}: nobody has judged any of its {rows}, so there are no labels to review\nhint: --label-column names the column of labels"
        ));
    }
    let kind = args.from.unit.map_or(UnitKind::Document, classify::kind);
    let cutter = Cutter { kind, language };
    for (mut example, index) in corpus.examples.into_iter().zip(1..) {
        if kind == UnitKind::Document {
            keep_marks(&mut example);
        }
        take_place(&mut example);
        let text = std::mem::take(&mut example.text);
        pool.add_row(&Row::new(&name, index, example, args.asking.review), cutter.cut(&text, args.from.max_record));
    }
    Ok(())
}

/// A row that `rhetor classify` wrote says which unit of which text it is: its id and its document, where it has no others.
fn take_place(example: &mut Example) {
    let (Some(path), Some(index)) = (example.extra.get("path"), example.extra.get("index")) else { return };
    if index.parse::<u64>().is_ok() {
        example.id.get_or_insert_with(|| format!("{path}:{index}"));
        example.group.get_or_insert_with(|| path.clone());
    }
}

/// What somebody marked and a model proposed comes along as it stands in the data; of a text that is cut it would be of no unit.
fn keep_marks(example: &mut Example) {
    let characters = |end: usize| example.text[..end].chars().count();
    let mark = |marked: &LabelSpan| {
        let [start, end] = [marked.span.start, marked.span.end].map(characters);
        json!({"start": start, "end": end, "label": marked.label})
    };
    let spans: Vec<Value> = example.spans.iter().map(mark).collect();
    if !spans.is_empty() {
        example.nested.insert("spans".into(), Value::from(spans).to_string());
    }
    if !example.suggested.is_empty() {
        example.nested.insert("suggested".into(), json!(example.suggested).to_string());
    }
}

/// A row of a table, but for its text.
struct Row<'a> {
    path: &'a str,
    /// From 1, within the file.
    index: u64,
    line: u64,
    id: Option<String>,
    given: Option<Vec<String>>,
    around: [Option<String>; 2],
    group: Option<String>,
    fields: Map<String, Value>,
}

impl<'a> Row<'a> {
    fn new(path: &'a str, index: u64, mut example: Example, is_review: bool) -> Self {
        let around = AROUND.map(|name| example.extra.remove(name).filter(|text| !text.trim().is_empty()));
        let odd_weight = example.odd_weight.take().map(Value::from);
        let weight = odd_weight.or_else(|| (example.weight != 1.0).then(|| Value::from(example.weight)));
        let mut fields: Map<String, Value> = Map::new();
        if example.nested.contains_key("meta") {
            // What `meta.NAME` says stands in it.
            example.extra.retain(|name, _| !name.starts_with("meta."));
        }
        fields.extend(example.extra.into_iter().map(|(name, value)| (name, Value::from(value))));
        let nested = example.nested.into_iter();
        fields.extend(nested.filter_map(|(name, json)| Some((name, serde_json::from_str(&json).ok()?))));
        fields.extend(example.group.clone().map(|group| ("group".to_owned(), Value::from(group))));
        fields.extend(weight.map(|weight| ("weight".to_owned(), weight)));
        Row {
            path,
            index,
            line: example.place.line.unwrap_or(0),
            id: example.id,
            given: (is_review && !example.pending).then_some(example.labels),
            around,
            group: example.group,
            fields,
        }
    }

    /// Whether its text comes next to that of a unit before: both are of one group, and as far as they say which part of it
    /// they are, it is the next. Of a line alone nobody knows what stands between it and the one before.
    fn follows(&self, last: &Unit) -> bool {
        let number = |fields: &Map<String, Value>, name: &str| match fields.get(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let group = last.fields.get("group").and_then(Value::as_str);
        let is_same = last.path == self.path && group.is_some() && group == self.group.as_deref();
        let is_next = match (number(&last.fields, "index"), number(&self.fields, "index")) {
            (Some(last), Some(own)) => own == last + 1,
            _ => !self.fields.contains_key("line"),
        };
        is_same && is_next
    }
}

impl Pool {
    /// Adds the texts of a row. They are each other's context, and that of a neighbouring row.
    fn add_row(&mut self, row: &Row, texts: Vec<String>) {
        let follows = self.units.last().filter(|last| row.follows(last));
        let document = match follows {
            Some(last) => last.document,
            None => (row.group.is_some() || texts.len() > 1).then_some(self.documents + 1),
        };
        self.documents = document.map_or(self.documents, |document| self.documents.max(document));
        self.units.extend(texts.into_iter().map(|text| Unit {
            id: row.id.clone().unwrap_or_else(|| format!("{}:{}", row.path, row.index)),
            text,
            path: row.path.to_owned(),
            line: row.line,
            given: row.given.clone(),
            fields: row.fields.clone(),
            around: row.around.clone(),
            document,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(data: &str, kind: UnitKind) -> Pool {
        let options = ReadOptions { pending: true, everything: true, ..ReadOptions::default() };
        let corpus = corpus::read_from("a.csv", data.as_bytes(), &options).unwrap_or_else(|error| panic!("{error}"));
        let (mut pool, cutter) = (Pool::default(), Cutter { kind, language: "english" });
        for (example, index) in corpus.examples.into_iter().zip(1..) {
            let text = example.text.clone();
            let row = Row::new("a.csv", index, example, false);
            pool.add_row(&row, cutter.cut(&text, 1000));
        }
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
    fn rows_that_tell_their_place_are_neighbours_only_where_it_follows() {
        let pool = table("text,group,index\na,x,1\nb,x,2\nc,x,9\n", UnitKind::Document);
        assert_eq!(pool.context(1, 2), [vec!["a"], vec![]]);
        let pool = table("text,group,line,labels\na,x,7,\nb,x,3,\n", UnitKind::Document);
        assert_eq!(pool.context(0, 2), [Vec::<&str>::new(), vec![]]);
    }

    #[test]
    fn sentences_of_one_cell_are_each_others_context() {
        let pool = table("text\n\"One. Two.\"\nThree.\n", UnitKind::Sentence);
        assert_eq!(pool.context(0, 2), [vec![], vec!["Two."]]);
        assert_eq!(pool.context(2, 2), [Vec::<&str>::new(), vec![]]);
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
