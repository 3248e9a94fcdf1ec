//! JSON: an object a line, or one list of objects over any lines.
//!
//! The fields of an object stay raw text until they are needed, so that numbers keep their digits and what nobody
//! asks for costs nothing. `labels` is a list of strings, or a string that is split like the cell of a table.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead, Write};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::Serialize;
use serde_json::value::RawValue;

use super::columns::Role;
use super::example::Offsets;
use super::source::{Lines, Origin, Source};
use super::writer::extra_name;
use super::{Columns, CorpusError, Example, ExampleWriter, Fault, LabelSpan, Losses, Outline, Rows, labels};

/// What stands before the name of a field of the object `meta`, in which tools keep what goes along with a text.
const META: &str = "meta.";

/// How many different field names are remembered for a message.
const NAMES: usize = 64;

/// Whether this begins like an object, or a list of them.
pub(super) fn looks_like(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let next = |opening: &[u8]| head.strip_prefix(opening).map(|rest| rest.trim_ascii_start().first().copied());
    matches!(next(b"{"), Some(None | Some(b'"' | b'}'))) || matches!(next(b"["), Some(None | Some(b'{' | b']')))
}

/// Reads a stream of objects.
pub(super) fn read(source: Source, rows: &mut Rows) -> Result<(), CorpusError> {
    let mut seen = Seen::default();
    if source.head.trim_ascii_start().starts_with(b"[") {
        read_list(source, rows, &mut seen)?;
    } else {
        read_lines(source, rows, &mut seen)?;
    }
    seen.missing(&rows.options.columns, rows.origin).map_or(Ok(()), Err)
}

fn read_lines(source: Source, rows: &mut Rows, seen: &mut Seen) -> Result<(), CorpusError> {
    let mut lines = Lines::new(source.body);
    while let Some((line, bytes)) = lines.next(rows.origin)? {
        let start = Position { line, column: 1 };
        let row = rows.decode(line, bytes).and_then(|text| example(text, start, rows, seen));
        rows.take(line, row)?;
    }
    Ok(())
}

fn read_list(source: Source, rows: &mut Rows, seen: &mut Seen) -> Result<(), CorpusError> {
    let mut items = Items::new(source.body);
    while items.next().map_err(|error| rows.origin.error(items.cut.at.line, error))? {
        let start = items.cut.start;
        let row = rows.decode(start.line, &items.cut.item).and_then(|text| example(text, start, rows, seen));
        rows.take(start.line, row)?;
    }
    if !items.cut.closed {
        let Position { line, column } = items.cut.at;
        let reason = "the list is never closed".to_owned();
        rows.take(line, Err(Fault::InvalidJson { line, column, reason }))?;
    }
    Ok(())
}

/// The example that an object states, of which the input has the first byte at `start`.
fn example(json: &str, start: Position, rows: &Rows, seen: &mut Seen) -> Result<Example, Fault> {
    let kind = kind(json.trim_start());
    if kind != "an object" && serde_json::from_str::<&RawValue>(json).is_ok() {
        return Err(Fault::WrongType { field: "row".into(), found: kind, wanted: "an object" });
    }
    let object: Object = serde_json::from_str(json).map_err(|error| start.invalid(&error))?;
    let columns = &rows.options.columns;
    let roles = Role::ALL.map(|role| columns.find(role, object.names()));
    seen.note(&object, &roles, columns);
    let [text, label, group, weight, id] = roles;
    let needed = |found: Option<usize>, role| found.ok_or_else(|| object.without(columns.name(role)));
    let text = object.string(needed(text, Role::Text)?)?;
    let (labels, label) = match &columns.label_columns[..] {
        [] => {
            let label = needed(label, Role::Label)?;
            (object.labels(label, rows.options.label_separator.as_deref())?, Some(label))
        }
        wide => (object.wide(wide)?, None),
    };
    let taken = [roles[0], label, group, weight, id];
    Ok(Example {
        text: super::filled(&text)?.to_owned(),
        labels,
        group: object.scalar(group)?.and_then(|group| super::named(&group)),
        weight: object.scalar(weight)?.map_or(Ok(1.0), |weight| super::weight(&weight))?,
        place: rows.origin.line(start.line),
        id: object.scalar(id)?.and_then(|id| super::named(&id)),
        extra: object.extra(&taken, &columns.label_columns)?,
        ..Example::default()
    })
}

/// What a raw value is, for messages.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The fields of an object, in order, their values as they are written.
struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    fn without(&self, field: &str) -> Fault {
        Fault::MissingField { field: field.into(), fields: self.names().map(str::to_owned).collect() }
    }

    fn wrong(&self, at: usize, wanted: &'static str) -> Fault {
        let (name, raw) = &self.0[at];
        Fault::WrongType { field: name.to_string(), found: kind(raw), wanted }
    }

    fn string(&self, at: usize) -> Result<Cow<'a, str>, Fault> {
        if kind(self.0[at].1) != "a string" {
            return Err(self.wrong(at, "a string"));
        }
        self.unquoted(at)
    }

    fn unquoted(&self, at: usize) -> Result<Cow<'a, str>, Fault> {
        let (name, raw) = &self.0[at];
        let found = "a string with an escape that means no character";
        let wrong = |_| Fault::WrongType { field: name.to_string(), found, wanted: "a string" };
        let Text(text) = serde_json::from_str(raw).map_err(wrong)?;
        Ok(text)
    }

    /// One value as text; null, or no field, is none.
    fn scalar(&self, at: Option<usize>) -> Result<Option<Cow<'a, str>>, Fault> {
        let Some(at) = at else { return Ok(None) };
        match kind(self.0[at].1) {
            "null" => Ok(None),
            "a string" => self.unquoted(at).map(Some),
            "a list" | "an object" => Err(self.wrong(at, "one value")),
            _ => Ok(Some(Cow::Borrowed(self.0[at].1))),
        }
    }

    /// The labels in a field. A whole number is the name of a class, but a list of numbers is more likely a row of
    /// zeros and ones, and null more likely a text that nobody has judged: neither may pass for labels.
    fn labels(&self, at: usize, separator: Option<&str>) -> Result<Vec<String>, Fault> {
        let wrong = || self.wrong(at, "a string or a list of strings");
        let raw = self.0[at].1;
        match kind(raw) {
            "a string" => labels::split(&self.unquoted(at)?, separator),
            "a number" if raw.bytes().all(|byte| byte.is_ascii_digit()) => Ok(vec![raw.to_owned()]),
            "a list" => {
                let list: Vec<String> = serde_json::from_str(raw).map_err(|_| Fault::WrongType {
                    field: self.0[at].0.to_string(),
                    found: "a list with other things than strings",
                    wanted: "a string or a list of strings",
                })?;
                labels::tidy(list.iter().map(String::as_str), raw)
            }
            _ => Err(wrong()),
        }
    }

    /// The labels whose own field says yes.
    fn wide(&self, columns: &[String]) -> Result<Vec<String>, Fault> {
        let mut applying = Vec::new();
        for column in columns {
            let at = self.names().position(|name| name == column).ok_or_else(|| self.without(column))?;
            let value = self.scalar(Some(at))?.unwrap_or(Cow::Borrowed("null"));
            let not_zero_one = || Fault::NotZeroOne { column: column.clone(), value: value.to_string() };
            if labels::zero_one(&value).ok_or_else(not_zero_one)? {
                applying.push(column.clone());
            }
        }
        Ok(applying)
    }

    /// All other fields that hold one value.
    fn extra(&self, taken: &[Option<usize>], labels: &[String]) -> Result<BTreeMap<String, String>, Fault> {
        let mut extra = BTreeMap::new();
        for (at, (name, raw)) in self.0.iter().enumerate() {
            let ours = taken.contains(&Some(at)) || labels.iter().any(|label| label == name);
            if ours || matches!(kind(raw), "a list" | "an object") {
                continue;
            }
            if let Some(value) = self.scalar(Some(at))? {
                extra.insert(name.to_string(), value.into_owned());
            }
        }
        Ok(extra)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
        let mut fields = Vec::new();
        while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            fields.retain(|(known, _)| *known != name); // as everywhere in JSON, the last of two fields holds
            fields.push((name, value.get()));
        }
        Ok(Object(fields))
    }
}

/// A string that is copied only if it has escapes; serde alone would always copy it.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Which roles were played in any object, and by which names else they might have been.
#[derive(Default)]
struct Seen {
    objects: u64,
    played: [bool; 5],
    names: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, object: &Object, roles: &[Option<usize>; 5], columns: &Columns) {
        self.objects += 1;
        let mut wanting = false;
        for (at, role) in Role::ALL.into_iter().enumerate() {
            self.played[at] |= roles[at].is_some();
            wanting |= !self.played[at] && needed(role, columns);
        }
        if wanting && self.names.len() < NAMES {
            self.names.extend(object.names().map(str::to_owned));
        }
    }

    /// The error if no object at all has a field that is needed.
    fn missing(self, columns: &Columns, origin: &Origin) -> Option<CorpusError> {
        let unplayed = |(at, role): (usize, Role)| (!self.played[at] && needed(role, columns)).then_some(role);
        let role = Role::ALL.into_iter().enumerate().find_map(unplayed).filter(|_| self.objects > 0)?;
        columns.missing(role, origin.file(), self.names.into_iter().collect())
    }
}

fn needed(role: Role, columns: &Columns) -> bool {
    match role {
        Role::Text => true,
        Role::Label => columns.label_columns.is_empty(),
        Role::Group | Role::Weight | Role::Id => columns.given(role).is_some(),
    }
}

/// A place in the input, both from 1; columns in bytes.
#[derive(Clone, Copy)]
struct Position {
    line: u64,
    column: usize,
}

impl Position {
    /// What serde_json finds wrong in an object that starts here.
    fn invalid(self, error: &serde_json::Error) -> Fault {
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

/// Writes an object a line that [`read`](super::read()) reads as the same examples: `text`, `labels` (null where nobody has
/// judged), and what else an example has. An extra field with a name of ours gets a `_`.
pub(super) struct Writer<W> {
    out: W,
    groups: bool,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        Writer { out, groups: outline.writes_groups() }
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let mut line = Line::default();
        line.optional("id", example.id.as_ref());
        line.entry("text", &example.text);
        line.entry("labels", &(!example.pending).then_some(&example.labels));
        if !example.suggested.is_empty() {
            line.entry("suggested", &example.suggested);
        }
        if !example.spans.is_empty() {
            line.entry("spans", &spans(example, Offsets::Characters));
        }
        match &example.group {
            None if self.groups => line.raw("group", "null"),
            group => line.optional("group", group.as_ref()),
        }
        if example.weight != 1.0 {
            line.entry("weight", &example.weight);
        }
        line.extra(example, &[]);
        line.end(&mut self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(Losses::default())
    }
}

/// A passage as most tools write it.
#[derive(serde::Serialize)]
pub(super) struct Passage<'a> {
    start: usize,
    end: usize,
    label: &'a str,
}

/// The marked passages of an example.
pub(super) fn spans(example: &Example, offsets: Offsets) -> Vec<Passage<'_>> {
    let passage = |marked: &'_ LabelSpan| offsets.places(&example.text, marked.span);
    let passages = example.spans.iter().map(|marked| (passage(marked), &marked.label));
    passages.map(|((start, end), label)| Passage { start, end, label }).collect()
}

/// An object that is being written, field by field.
#[derive(Default)]
pub(super) struct Line(String);

impl Line {
    /// Writes a field whose value is JSON already.
    pub(super) fn raw(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0 += &json_of(name);
        self.0.push(':');
        self.0 += json;
    }

    pub(super) fn entry(&mut self, name: &str, value: &impl Serialize) {
        self.raw(name, &json_of(value));
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.entry(name, value);
        }
    }

    /// Writes all that stands in `extra` and `nested`; a field with a name of the format's own gets a `_`.
    pub(super) fn extra(&mut self, example: &Example, own: &[&str]) {
        let Example { extra, nested, .. } = example;
        let names: BTreeSet<&String> = extra.keys().chain(nested.keys()).collect();
        for name in names.into_iter().filter(|name| !name.starts_with(META)) {
            let written = if own.contains(&name.as_str()) { format!("_{name}") } else { extra_name(name) };
            match nested.get(name) {
                Some(json) => self.raw(&written, json),
                None => self.entry(&written, &extra[name]),
            }
        }
        let within = |(name, value): (&'_ String, _)| Some((name.strip_prefix(META)?.to_owned(), value));
        let meta: BTreeMap<String, &String> = extra.iter().filter_map(within).collect();
        if !meta.is_empty() && !nested.contains_key("meta") {
            self.entry("meta", &meta);
        }
    }

    /// The whole object.
    pub(super) fn object(mut self) -> String {
        self.0 += if self.0.is_empty() { "{}" } else { "}" };
        self.0
    }

    pub(super) fn end(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all((self.object() + "\n").as_bytes())
    }
}

pub(super) fn json_of(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("text, numbers and lists of them are always JSON")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{corpus, examples, hints, refused, same};
    use super::super::{Format, ReadOptions, read_from, write};
    use super::*;

    #[test]
    fn an_object_a_line_gives_an_example_and_numbers_keep_their_digits() {
        let corpus = corpus(
            "a.jsonl",
            "{\"id\": 12345678901234567890123, \"text\": \"He said \\\"no\\\".\", \"labels\": [\"threat\", \"a|b\"], \"doc\": 7, \
             \"weight\": 0.5, \"year\": 1.50, \"ok\": true, \"none\": null, \"span\": [1, 2]}\n\n{\"text\": \"Rain\", \"labels\": []}",
        );
        let [first, second] = &corpus.examples[..] else { panic!("two rows") };
        assert_eq!(
            (first.text.as_str(), &first.labels[..]),
            ("He said \"no\".", &["threat".to_owned(), "a|b".into()][..])
        );
        assert_eq!((first.id.as_deref(), first.group.as_deref()), (Some("12345678901234567890123"), Some("7")));
        assert_eq!(first.weight, 0.5);
        assert_eq!(first.extra, BTreeMap::from([("ok".into(), "true".into()), ("year".into(), "1.50".into())]));
        assert_eq!((second.place.line, second.labels.len()), (Some(3), 0));
    }

    #[test]
    fn a_string_of_labels_is_split_and_a_whole_number_is_the_name_of_a_class() {
        let corpus = corpus(
            "a.jsonl",
            "{\"text\": \"x\", \"label\": \"a|b\"}\n{\"text\": \"y\", \"label\": 3}\n{\"text\": \"z\", \"label\": \"\"}",
        );
        let labels: Vec<_> = corpus.examples.iter().map(|example| example.labels.join("+")).collect();
        assert_eq!(labels, ["a+b", "3", ""]);
    }

    #[test]
    fn of_two_fields_with_one_name_the_last_holds() {
        assert_eq!(corpus("a.jsonl", "{\"text\": \"a\", \"text\": \"b\", \"labels\": []}").examples[0].text, "b");
    }

    #[test]
    fn zeros_and_ones_or_null_are_not_taken_for_labels() {
        let fine = "{\"text\": \"x\", \"labels\": []}\n";
        for (labels, found) in [
            ("[0, 1]", "a list with other things than strings"),
            ("[[0, 4, \"a\"]]", "a list with other things than strings"),
            ("null", "null"),
            ("true", "true or false"),
            ("1.5", "a number"),
            ("{\"a\": 1}", "an object"),
        ] {
            let corpus = corpus("a.jsonl", &format!("{fine}{{\"text\": \"y\", \"labels\": {labels}}}\n"));
            let expected = format!(
                "a.jsonl:2: `labels` is {found} where a string or a list of strings is needed\nhint: write a string or a list of strings"
            );
            assert_eq!(hints(&corpus), [expected]);
        }
    }

    #[test]
    fn a_field_of_a_wrong_type_is_a_problem() {
        let corpus = corpus(
            "a.jsonl",
            "{\"text\": \"x\", \"labels\": []}\n{\"text\": 5, \"labels\": []}\n{\"text\": \"x\", \"labels\": [], \"group\": [1]}\n\
             {\"text\": \"\\ud800\", \"labels\": []}\n7\n{\"text\": \"x\", \"labels\": [], \"weight\": -1}\n{\"text\": \"x\", \"labels\": [\" \"]}",
        );
        let problems: Vec<_> =
            corpus.skipped.iter().map(|problem| format!("{}: {}", problem.place, problem.fault)).collect();
        assert_eq!(
            problems,
            [
                "a.jsonl:2: `text` is a number where a string is needed",
                "a.jsonl:3: `group` is a list where one value is needed",
                "a.jsonl:4: `text` is a string with an escape that means no character where a string is needed",
                "a.jsonl:5: `row` is a number where an object is needed",
                "a.jsonl:6: the weight `-1` is not a positive finite number",
                "a.jsonl:7: an empty label in `[\" \"]`",
            ]
        );
    }

    #[test]
    fn a_missing_field_is_a_problem_of_its_row() {
        let corpus = corpus(
            "a.jsonl",
            "{\"text\": \"x\", \"labels\": []}\n{\"text\": \"y\", \"lang\": \"en\"}\n{\"labels\": []}",
        );
        assert_eq!(
            hints(&corpus)[0],
            "a.jsonl:2: no field `labels`; the object has `text`, `lang`\nhint: a text without any label has `\"labels\": []`"
        );
        assert!(hints(&corpus)[1].starts_with("a.jsonl:3: no field `text`; the object has `labels`\nhint: add `text`"));
    }

    #[test]
    fn a_field_that_no_object_has_is_an_error_that_lists_what_they_have() {
        assert_eq!(
            refused("a.jsonl", "{\"sentence\": \"x\", \"labels\": []}"),
            "a.jsonl: no text column among `labels`, `sentence`\nhint: name it with `--text-column NAME`"
        );
        assert!(refused("a.jsonl", "{\"text\": \"x\"}").starts_with("a.jsonl: no label column among `text`"));
        let columns = Columns { weight: Some("wieght".into()), ..Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let data = "{\"text\": \"x\", \"labels\": [], \"weight\": 2}";
        let error = read_from("a.jsonl", data.as_bytes(), &options).unwrap_err().to_string();
        assert!(
            error.ends_with("no column `wieght` among `labels`, `text`, `weight`\nhint: did you mean `weight`?"),
            "{error}"
        );
    }

    #[test]
    fn invalid_json_is_named_by_line_and_column_and_the_next_line_is_read() {
        let corpus =
            corpus("a.jsonl", "{\"text\": \"x\", \"labels\": [}\n{\"text\": \"y\", \"labels\": []}\n{\"text\"");
        assert_eq!(corpus.examples.len(), 1);
        assert_eq!(
            hints(&corpus)[0],
            "a.jsonl:1: invalid JSON on line 1, column 26: expected value\nhint: a line holds one whole object, as `jq -c .` writes it"
        );
        assert!(
            hints(&corpus)[1].starts_with("a.jsonl:3: invalid JSON on line 3, column 7: EOF while parsing an object")
        );
    }

    #[test]
    fn labels_may_have_a_field_each() {
        let columns = Columns { label_columns: vec!["threat".into(), "blame".into()], ..Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let data = "{\"text\": \"x\", \"threat\": 1, \"blame\": false}\n{\"text\": \"y\", \"threat\": 2, \"blame\": 0}\n{\"text\": \"z\", \"threat\": 0}";
        let corpus = read_from("a.jsonl", data.as_bytes(), &options).unwrap();
        assert_eq!(corpus.examples[0].labels, ["threat"]);
        assert!(corpus.examples[0].extra.is_empty());
        assert!(hints(&corpus)[0].contains("`2` in the label column `threat`"));
        assert!(hints(&corpus)[1].contains("no field `blame`"));
    }

    #[test]
    fn a_list_over_many_lines_is_read_item_by_item() {
        let corpus = corpus(
            "a.json",
            "[\n  {\n    \"text\": \"a ] } \\\" ,\",\n    \"labels\": [\"x\"]\n  },\n  {\"text\": 3,\n \"labels\": []}, 5,\n  {\"text\": \"b\",, \"labels\": []},\n {\"text\": \"c\", \"labels\": []}\n]\n",
        );
        let read: Vec<_> =
            corpus.examples.iter().map(|example| (example.text.as_str(), example.place.line.unwrap())).collect();
        assert_eq!(read, [("a ] } \" ,", 2), ("c", 9)]);
        let lines: Vec<_> = corpus.skipped.iter().map(|problem| problem.place.line.unwrap()).collect();
        assert_eq!(lines, [6, 7, 8]);
        assert!(
            corpus.skipped[2].fault.to_string().starts_with("invalid JSON on line 8, column 16: "),
            "{}",
            corpus.skipped[2]
        );
    }

    #[test]
    fn within_an_object_over_several_lines_the_fault_has_its_own_line() {
        let corpus =
            corpus("a.json", "[{\"text\": \"a\", \"labels\": []},\n  {\n    \"text\": oh,\n    \"labels\": []\n  }]");
        assert!(
            hints(&corpus)[0].starts_with("a.json:2: invalid JSON on line 3, column 13: "),
            "{}",
            hints(&corpus)[0]
        );
    }

    #[test]
    fn a_list_that_is_cut_off_keeps_its_whole_items() {
        let corpus = corpus("a.json", "[{\"text\": \"a\", \"labels\": []},\n{\"text\": \"b");
        assert_eq!((corpus.examples.len(), corpus.skipped.len()), (1, 2));
        assert!(corpus.skipped[1].fault.to_string().ends_with("the list is never closed"));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_as_the_same(examples in examples("\\PC{0,9}[\n\r\t\"\\\\]?[a-z]")) {
            let mut out = Vec::new();
            assert!(write(Format::Jsonl, &mut out, &examples).unwrap().is_empty());
            let read = read_from("a.jsonl", &out[..], &ReadOptions::default()).unwrap();
            prop_assert!(read.skipped.is_empty());
            prop_assert_eq!(same(&read.examples), same(&examples));
        }
    }
}
