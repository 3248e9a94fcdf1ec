//! What the formats of JSON share: an object that is being read, whose fields stay raw text until they are needed, so that numbers
//! keep their digits and what nobody asks for costs nothing; and an object that is being written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io::{self, Write};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::Serialize;
use serde_json::value::RawValue;

use super::columns::Role;
use super::items::Position;
use super::offsets::{Offsets, Ruler};
use super::source::Origin;
use super::writer::extra_name;
use super::{Bare, Columns, CorpusError, Example, Fault, LabelSpan, Outline, ReadOptions, Rows, labels};
use crate::text::form::composed;

/// What stands before the name of a field of the object `meta`, in which tools keep what goes along with a text.
const META: &str = "meta.";

/// How many different field names are remembered for a message.
const NAMES: usize = 64;

/// What a raw value is, for messages.
pub(super) fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The object that a text states, of which the input has the first byte at `start`.
pub(super) fn object(json: &str, start: Position) -> Result<Object<'_>, Fault> {
    let kind = kind(json.trim_start());
    if kind != "an object" && serde_json::from_str::<&RawValue>(json).is_ok() {
        return Err(Fault::WrongType { field: "row".into(), found: kind, wanted: "an object" });
    }
    serde_json::from_str(json).map_err(|error| start.invalid(&error))
}

/// The fields of an object, in order, their values as they are written.
pub(super) struct Object<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    pub(super) fn without(&self, field: &str) -> Fault {
        Fault::MissingField { field: field.into(), fields: self.names().map(str::to_owned).collect() }
    }

    pub(super) fn wrong(&self, at: usize, wanted: &'static str) -> Fault {
        let (name, raw) = &self.0[at];
        Fault::WrongType { field: name.to_string(), found: kind(raw), wanted }
    }

    pub(super) fn string(&self, at: usize) -> Result<Cow<'a, str>, Fault> {
        if kind(self.0[at].1) != "a string" {
            return Err(self.wrong(at, "a string"));
        }
        Ok(self.scalar(Some(at))?.unwrap_or_default())
    }

    /// One value as text; null, or no field, is none.
    pub(super) fn scalar(&self, at: Option<usize>) -> Result<Option<Cow<'a, str>>, Fault> {
        at.map_or(Ok(None), |at| value(&self.0[at].0, self.0[at].1))
    }

    /// The labels whose own field says yes.
    pub(super) fn wide(&self, columns: &[String]) -> Result<Vec<String>, Fault> {
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

    /// An example with all that is neither label nor one of the `own` fields of the format.
    pub(super) fn example(
        &self,
        rows: &Rows,
        start: Position,
        own: &[&str],
        seen: &mut Seen,
    ) -> Result<Example, Fault> {
        let columns = &rows.options.columns;
        let roles = Role::ALL.map(|role| columns.find(role, self.names()));
        seen.note(self, &roles, columns);
        let [text, _, group, weight, id] = roles;
        let text_at = text.ok_or_else(|| self.without(columns.name(Role::Text)))?;
        let text = self.string(text_at)?;
        let mut example = Example {
            text: super::filled(&text)?.to_owned(),
            group: self.scalar(group)?.and_then(|group| super::named(&group)),
            place: rows.origin.line(start.line),
            id: self.scalar(id)?.and_then(|id| super::named(&id)),
            ..Example::default()
        };
        if rows.options.types {
            let is_bare = |at: Option<usize>| at.is_some_and(|at| kind(self.0[at].1) != "a string");
            example.bare = Bare { id: is_bare(id), group: is_bare(group) };
        }
        self.scalar(weight)?.map_or(Ok(()), |weight| example.weigh(&weight, rows.options))?;
        let taken = [Some(text_at), group, weight, id];
        for (at, (name, raw)) in self.0.iter().enumerate() {
            let ours = taken.contains(&Some(at)) || own.contains(&&**name);
            if !ours {
                keep(&mut example, name, raw, rows.options)?;
            }
        }
        Ok(example)
    }

    /// The value of a field, as it is written.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, raw)| *raw)
    }

    /// All fields to be passed through: values keep their digits and their order, and lose white space between their parts.
    pub(super) fn kept(&self) -> Vec<(String, Box<RawValue>)> {
        let kept = |raw: &str| RawValue::from_string(plain(raw)).expect("what was JSON is so without white space");
        self.0.iter().map(|(name, raw)| (name.to_string(), kept(raw))).collect()
    }

    /// The value of a field, if it is of this type.
    pub(super) fn parsed<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.get(name)?).ok()
    }
}

/// Keeps a field of which the format knows nothing: one value as text, those of `meta` as `meta.NAME`; what is more
/// only if everything is wanted.
pub(super) fn keep(example: &mut Example, name: &str, raw: &str, options: &ReadOptions) -> Result<(), Fault> {
    let is_wanted = match kind(raw) {
        "a string" => false,
        "null" => options.types,
        _ => options.everything,
    };
    if is_wanted {
        example.nested.insert(name.to_owned(), compact(raw));
    }
    match kind(raw) {
        "an object" if name == "meta" => {
            let within: Object = serde_json::from_str(raw).unwrap_or(Object(Vec::new()));
            let mut single = within.0.iter().filter(|(_, raw)| !matches!(kind(raw), "an object" | "a list"));
            single.try_for_each(|(name, raw)| keep_value(example, &format!("{META}{name}"), raw))
        }
        "an object" | "a list" => Ok(()),
        _ => keep_value(example, name, raw),
    }
}

fn keep_value(example: &mut Example, name: &str, raw: &str) -> Result<(), Fault> {
    if let Some(value) = value(name, raw)? {
        example.extra.insert(name.to_owned(), value.into_owned());
    }
    Ok(())
}

/// A field's one value as text; null is none.
fn value<'a>(name: &str, raw: &'a str) -> Result<Option<Cow<'a, str>>, Fault> {
    match kind(raw) {
        "null" => Ok(None),
        "a string" => {
            let found = "a string with an escape that means no character";
            let wrong = |_| Fault::WrongType { field: name.to_owned(), found, wanted: "a string" };
            let Text(text) = serde_json::from_str(raw).map_err(wrong)?;
            Ok(Some(text))
        }
        kind @ ("a list" | "an object") => {
            Err(Fault::WrongType { field: name.to_owned(), found: kind, wanted: "one value" })
        }
        _ => Ok(Some(Cow::Borrowed(raw))),
    }
}

/// A value as we write it. A string with an escape that means no character stays as it is.
fn plain(raw: &str) -> String {
    match kind(raw) {
        "a string" if raw.contains('\\') => {
            serde_json::from_str::<Text>(raw).map_or_else(|_| raw.to_owned(), |Text(text)| json_of(&text))
        }
        "a list" | "an object" => compact(raw),
        _ => raw.to_owned(),
    }
}

/// JSON without white space between its parts, so that it fits into a line.
fn compact(json: &str) -> String {
    let (mut compact, mut quoted, mut escaped) = (String::with_capacity(json.len()), false, false);
    for c in json.chars().filter(|c| !matches!(c, '\r' | '\n')) {
        if quoted || !c.is_ascii_whitespace() {
            compact.push(c);
        }
        (quoted, escaped) = match c {
            '"' if !escaped => (!quoted, false),
            '\\' if quoted => (quoted, !escaped),
            _ => (quoted, false),
        };
    }
    compact
}

/// The labels in a value that is a name, a number or a list of those.
pub(super) fn names(raw: &str) -> Option<Vec<String>> {
    let name = |value: &&RawValue| match kind(value.get()) {
        "a string" => serde_json::from_str::<Text>(value.get()).ok().map(|Text(name)| labels::name(&name)),
        "a number" => Some(value.get().to_owned()),
        _ => None,
    };
    match kind(raw) {
        "a list" => serde_json::from_str::<Vec<&RawValue>>(raw).ok()?.iter().map(name).collect(),
        "a string" => serde_json::from_str::<Text>(raw).ok().map(|Text(name)| vec![labels::name(&name)]),
        "a number" => Some(vec![raw.to_owned()]),
        _ => None,
    }
}

/// A passage as most tools write it.
#[derive(serde::Deserialize)]
pub(super) struct Marked {
    start: usize,
    end: usize,
    pub label: String,
    /// Which of Prodigy's patterns matched here.
    pattern: Option<serde::de::IgnoredAny>,
}

impl Marked {
    /// Whether a pattern marked it, and nobody else.
    pub(super) fn is_match(&self) -> bool {
        self.pattern.is_some()
    }

    /// The passage, if it lies in the text.
    pub(super) fn span(&self, ruler: &Ruler) -> Option<LabelSpan> {
        Some(LabelSpan { span: ruler.span(self.start, self.end)?, label: labels::name(&self.label) })
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
            let name = composed(name);
            // As everywhere in JSON, the last of two fields holds.
            if fields.len() < FEW {
                fields.retain(|(known, _)| *known != name);
            }
            fields.push((name, value.get()));
        }
        if fields.len() > FEW {
            keep_last(&mut fields);
        }
        Ok(Object(fields))
    }
}

/// So many fields are quickly looked through.
const FEW: usize = 32;

/// Keeps the last of fields with one name.
fn keep_last(fields: &mut Vec<(Cow<str>, &str)>) {
    let last: HashMap<&str, usize> = fields.iter().enumerate().map(|(at, (name, _))| (&**name, at)).collect();
    let mut kept: Vec<bool> = vec![false; fields.len()];
    last.into_values().for_each(|at| kept[at] = true);
    let mut kept = kept.into_iter();
    fields.retain(|_| kept.next().unwrap_or_default());
}

/// A string that is copied only if it has escapes; serde alone would always copy it.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Which roles were played in any object, and by which names else they might have been.
#[derive(Default)]
pub(super) struct Seen {
    /// A field must hold the labels.
    needs_label: bool,
    objects: u64,
    played: [bool; 5],
    names: BTreeSet<String>,
}

impl Seen {
    /// Of objects that must say which labels a text has, in a field of their own, or need not.
    pub(super) fn new(needs_label: bool) -> Self {
        Seen { needs_label, ..Seen::default() }
    }

    pub(super) fn note(&mut self, object: &Object, roles: &[Option<usize>; 5], columns: &Columns) {
        self.objects += 1;
        let mut wanting = false;
        for (at, role) in Role::ALL.into_iter().enumerate() {
            self.played[at] |= roles[at].is_some();
            wanting |= !self.played[at] && self.needed(role, columns);
        }
        if wanting && self.names.len() < NAMES {
            self.names.extend(object.names().map(str::to_owned));
        }
    }

    /// The error if no object at all has a field that is needed.
    pub(super) fn missing(self, columns: &Columns, origin: &Origin) -> Option<CorpusError> {
        let unplayed = |(at, role): (usize, Role)| (!self.played[at] && self.needed(role, columns)).then_some(role);
        let role = Role::ALL.into_iter().enumerate().find_map(unplayed).filter(|_| self.objects > 0)?;
        columns.missing(role, origin.file(), self.names.into_iter().collect())
    }

    fn needed(&self, role: Role, columns: &Columns) -> bool {
        match role {
            Role::Text => true,
            Role::Label => self.needs_label && columns.label_columns.is_empty(),
            Role::Group | Role::Weight | Role::Id => columns.given(role).is_some(),
        }
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
    let ruler = offsets.ruler(&example.text);
    let passage = |marked: &'_ LabelSpan| ruler.places(marked.span);
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

    /// Writes a name, as the type that it had.
    fn name(&mut self, field: &str, name: Option<&String>, bare: bool) {
        match name {
            Some(name) if bare && kind(name) != "a string" && serde_json::from_str::<&RawValue>(name).is_ok() => {
                self.raw(field, name);
            }
            None if bare => self.raw(field, "null"),
            name => self.optional(field, name),
        }
    }

    pub(super) fn id(&mut self, example: &Example) {
        self.name("id", example.id.as_ref(), example.bare.id);
    }

    /// Writes the group, if need be as null, and the weight, if it is not the usual one.
    pub(super) fn group_and_weight(&mut self, example: &Example, outline: &Outline) {
        let is_null = example.group.is_none() && outline.writes_groups();
        self.name("group", example.group.as_ref(), example.bare.group || is_null);
        match &example.odd_weight {
            Some(number) if number.parse::<serde_json::Number>().is_ok() => self.raw("weight", number),
            Some(odd) => self.entry("weight", odd),
            None if example.weight != 1.0 => self.entry("weight", &example.weight),
            None => {}
        }
    }

    /// Writes all that stands in `extra` and `nested`; a field with a name of the format's own gets a `_`.
    pub(super) fn extra(&mut self, example: &Example, own: &[&str]) {
        let Example { extra, nested, .. } = example;
        let names: BTreeSet<&String> = extra.keys().chain(nested.keys()).collect();
        for name in names.into_iter().filter(|name| !name.starts_with(META)) {
            let written = if own.contains(&name.as_str()) { format!("_{name}") } else { extra_name(name) };
            match (nested.get(name), extra.get(name)) {
                // A null hides nothing that is known from elsewhere.
                (Some(json), known) if json != "null" || known.is_none() => self.raw(&written, json),
                (_, Some(text)) => self.entry(&written, text),
                _ => {}
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
