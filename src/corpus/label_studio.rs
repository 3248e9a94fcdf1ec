//! Label Studio's JSON: one list of tasks. A task has `data`, what is shown, and `annotations`, one for each time that somebody
//! submitted it or skipped it; in each, `result` lists what was chosen (type `choices` or `taxonomy`) or marked (`labels`), in
//! answer to the question `from_name`. Before release 1.0 annotations were `completions`, and `skipped` was `was_cancelled`.
//!
//! The short kind, JSON-MIN, has an object for each annotation: the fields of `data`, then `id`, then the answer to each question
//! under its name, then `annotator` and what else is known of it. One choice is a string, several are `{"choices": […]}`, and
//! where nothing was chosen the field is missing. Label Studio's CSV has the same columns.
//!
//! Sources: Label Studio's guide, "Task format" and "Export"; `label_studio_converter/converter.py`; issues 347, 889 and 1347; pull request 1204.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};

use serde_json::Value;
use serde_json::value::RawValue;

use super::columns::Role;
use super::items::{Glimpse, Position, each};
use super::json::{Line, Object, Seen, keep, kind, object};
use super::offsets::{Offsets, Ruler};
use super::source::Source;
use super::{
    ANNOTATOR, CorpusError, Example, ExampleWriter, Fault, LabelSpan, Losses, Outline, Rows, Unjudged, Warning, labels,
};
use crate::text::Span;

/// Label Studio counts as Python does since 2022 (label-studio-frontend pull request 308), and before as JavaScript does.
const OFFSETS: Offsets = Offsets::Characters;
const OLD_OFFSETS: Offsets = Offsets::Utf16;

/// What an export of the short kind says of an annotation, beside the fields of the task.
const OF_ANNOTATION: [&str; 4] = ["annotation_id", "created_at", "updated_at", "lead_time"];

/// That somebody skipped a task, as an extra column.
const SKIPPED: &str = "was_cancelled";

/// The name of the question in the labelling interface, of the question for passages, and of what is shown.
const CHOICES: &str = "label";
const PASSAGES: &str = "span";
const TEXT: &str = "text";

/// The kinds of questions that are about labels, each of which keeps them under its own name.
const KINDS: [&str; 5] = ["choices", "labels", "taxonomy", "hypertextlabels", "paragraphlabels"];

/// Whether an object is a task, or an annotation of the short kind.
pub(super) fn looks_like(fields: &Glimpse, in_list: bool) -> bool {
    let has = |name: &str| fields.has(name);
    let shown = fields.value("data").is_some_and(|data| data.starts_with(b"{"));
    let annotated = ["annotations", "completions", "predictions"].into_iter().any(has);
    let bare_task = in_list && !has("text") && !has("label") && !has("labels");
    let short = in_list && has("annotation_id") && has("annotator");
    shown && (annotated || bare_task) || short && !has("data")
}

/// What the whole file shows, and no task alone.
#[derive(Default)]
struct Found {
    seen: Seen,
    /// The names of the questions that were answered with labels.
    questions: BTreeSet<String>,
    /// Anything was chosen for a whole text; else passages make its labels.
    choices: bool,
    /// What was asked about: the name of the text in the labelling interface, often that in the data, too.
    asked_about: Option<String>,
    /// In the short kind it must be one question, since a free text looks like a label.
    short: bool,
}

/// What a record gives: examples, and whether and why they are not judged.
type Judged = (Example, Option<Unjudged>);

/// Reads a list of tasks.
pub(super) fn read(source: Source, rows: &mut Rows) -> Result<(), CorpusError> {
    let mut found = Found::default();
    let mut tasks: Vec<(u64, Result<Vec<Judged>, Fault>)> = Vec::new();
    let mut unsure: Vec<(usize, Position, String)> = Vec::new();
    each(source, rows, |rows, start, json| {
        let read = json.and_then(|json| {
            let read = record(&object(json, start)?, start, rows, &mut found);
            if read.is_err() && found.asked_about.is_none() {
                unsure.push((tasks.len(), start, json.to_owned()));
            }
            read
        });
        tasks.push((start.line, read));
        Ok(())
    })?;
    // A later task may have told what the text is called.
    let told = found.asked_about.is_some();
    for (at, start, json) in unsure.into_iter().filter(|_| told) {
        tasks[at].1 = object(&json, start).and_then(|object| record(&object, start, rows, &mut found));
    }
    found.check(rows)?;
    for (line, task) in tasks {
        match task {
            Ok(judged) => judged.into_iter().try_for_each(|judged| take(judged, found.choices, rows))?,
            Err(fault) => rows.take(line, Err(fault))?,
        }
    }
    found.seen.missing(&rows.options.columns, rows.origin).map_or(Ok(()), Err)
}

fn take((mut example, unjudged): Judged, choices: bool, rows: &mut Rows) -> Result<(), CorpusError> {
    if !choices {
        example.take_labels_of_spans();
    }
    match unjudged {
        Some(why) => {
            rows.take_unjudged(example, why);
            Ok(())
        }
        None => rows.take(0, Ok(example)),
    }
}

fn record(object: &Object, start: Position, rows: &mut Rows, found: &mut Found) -> Result<Vec<Judged>, Fault> {
    match object.get("data").map(kind) {
        Some("an object") => task(object, start, rows, found),
        _ => short(object, start, rows, found).map(|example| vec![(example, None)]),
    }
}

impl Found {
    fn check(&self, rows: &mut Rows) -> Result<(), CorpusError> {
        let questions: Vec<String> = self.questions.iter().cloned().collect();
        match &rows.options.columns.label {
            Some(wanted) if !self.questions.contains(wanted) && !questions.is_empty() => {
                Err(super::columns::no_such_column(rows.origin.file(), wanted, questions))
            }
            None if questions.len() > 1 && self.short => {
                Err(CorpusError::SeveralLabelFields { place: rows.origin.file(), fields: questions })
            }
            None if questions.len() > 1 => {
                rows.warn(Warning::SeveralQuestions { place: rows.origin.file(), questions });
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Somebody's answer to a task.
#[derive(serde::Deserialize)]
struct Annotation {
    result: Option<Vec<Answer>>,
    #[serde(alias = "skipped")]
    was_cancelled: Option<bool>,
    completed_by: Option<Value>,
}

/// The answer to a question.
#[derive(serde::Deserialize)]
struct Answer {
    from_name: Option<String>,
    to_name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<Value>,
}

/// A task: an example for each of its annotations, or one that nobody has judged.
fn task(task: &Object, start: Position, rows: &mut Rows, found: &mut Found) -> Result<Vec<Judged>, Fault> {
    let list = |name: &str| task.get(name).filter(|raw| kind(raw) == "a list");
    let raw: Vec<&RawValue> = match list("annotations").or_else(|| list("completions")) {
        Some(raw) => serde_json::from_str(raw).map_err(|error| start.invalid(&error))?,
        None => Vec::new(),
    };
    let parsed: Result<Vec<Annotation>, _> = raw.iter().map(|raw| serde_json::from_str(raw.get())).collect();
    let wrong =
        |_| Fault::WrongType { field: "annotations".into(), found: "something else", wanted: "a list of annotations" };
    let annotations = parsed.map_err(wrong)?;
    let predictions: Vec<Annotation> = task.parsed("predictions").unwrap_or_default();
    let shown = |annotation: &Annotation| annotation.result.as_ref()?.iter().find_map(|answer| answer.to_name.clone());
    found.asked_about = found.asked_about.take().or_else(|| annotations.iter().chain(&predictions).find_map(shown));
    let mut base = of_data(task, start, rows, found)?;
    if let Some(prediction) = predictions.last() {
        let mut guessed = Example { text: base.text.clone(), ..Example::default() };
        take_answers(&mut guessed, prediction, rows, &mut Found::default())?;
        guessed.take_labels_of_spans();
        base.suggested = guessed.labels;
    }
    let mut examples = Vec::new();
    for (annotation, raw) in annotations.iter().zip(raw) {
        let mut example = base.clone();
        of_annotation(&mut example, annotation, raw.get(), rows)?;
        if annotation.was_cancelled == Some(true) {
            example.put(SKIPPED, "true".into());
            examples.push((example, Some(Unjudged::PassedOver)));
        } else {
            take_answers(&mut example, annotation, rows, found)?;
            examples.push((example, None));
        }
    }
    if examples.is_empty() {
        examples.push((base, Some(Unjudged::NotYet)));
    }
    // Where somebody has judged the text, it does not count that somebody else has not; unless all is to be kept.
    if !rows.options.everything && examples.iter().any(|(_, unjudged)| unjudged.is_none()) {
        examples.retain(|(_, unjudged)| unjudged.is_none());
    }
    Ok(examples)
}

/// What a task shows. Its text is the usual field, or what was asked about, or the only string.
fn of_data(task: &Object, start: Position, rows: &Rows, found: &mut Found) -> Result<Example, Fault> {
    let mut data: Object = task.parsed("data").ok_or_else(|| task.without("data"))?;
    if rows.options.columns.find(Role::Text, data.names()).is_none() && rows.options.columns.text.is_none() {
        let strings: Vec<usize> = (0..data.0.len()).filter(|at| kind(data.0[*at].1) == "a string").collect();
        let asked = strings.iter().find(|at| Some(&*data.0[**at].0) == found.asked_about.as_deref());
        if let Some(at) = asked.or(if strings.len() == 1 { strings.first() } else { None }) {
            data.0[*at].0 = TEXT.into();
        }
    }
    let mut example = data.example(rows, start, &[], &mut found.seen)?;
    if example.id.is_none() {
        let id = task.names().position(|name| name == "id");
        example.id = task.scalar(id)?.and_then(|id| super::named(&id));
        if example.id.is_some() && rows.options.types {
            example.bare.id = id.is_some_and(|at| kind(task.0[at].1) != "a string");
        }
    }
    Ok(example)
}

/// Who annotated, and when.
fn of_annotation(example: &mut Example, annotation: &Annotation, raw: &str, rows: &Rows) -> Result<(), Fault> {
    if let Some(annotator) = annotation.completed_by.as_ref().and_then(annotator) {
        example.put(ANNOTATOR, annotator);
    }
    let Ok(fields) = serde_json::from_str::<Object>(raw) else { return Ok(()) };
    for (name, key) in OF_ANNOTATION.into_iter().zip(["id", "created_at", "updated_at", "lead_time"]) {
        if let Some(raw) = fields.get(key) {
            keep(example, name, raw, rows.options)?;
        }
    }
    Ok(())
}

/// A user, by address if it is given, else by number.
fn annotator(user: &Value) -> Option<String> {
    match user {
        Value::Number(number) => Some(number.to_string()),
        Value::String(name) if !name.trim().is_empty() => Some(name.clone()),
        Value::Object(fields) => fields.get("email").or_else(|| fields.get("id")).and_then(annotator),
        _ => None,
    }
}

/// Takes the labels that an annotation gives, in answer to the question that was asked for.
fn take_answers(
    example: &mut Example,
    annotation: &Annotation,
    rows: &mut Rows,
    found: &mut Found,
) -> Result<(), Fault> {
    let wanted = rows.options.columns.label.clone();
    let text = example.text.clone();
    let mut given = Given::new(&text, &example.labels);
    for answer in annotation.result.iter().flatten() {
        let (Some(kind), Some(value)) = (answer.kind.as_deref(), &answer.value) else { continue };
        let names = names_of(value, kind);
        let name = answer.from_name.clone().unwrap_or_default();
        match names {
            None => keep_answer(example, &name, value),
            Some(names) => {
                found.questions.insert(name.clone());
                if wanted.as_ref().is_none_or(|wanted| *wanted == name) {
                    given.take(example, &names, value, rows, found)?;
                }
            }
        }
    }
    Ok(())
}

/// The answers on a text, as they are taken one by one.
struct Given<'a> {
    text: &'a str,
    rulers: [Ruler<'a>; 2],
    /// The labels of the whole text so far.
    labels: HashSet<String>,
}

impl<'a> Given<'a> {
    fn new(text: &'a str, labels: &[String]) -> Self {
        let rulers = [OFFSETS, OLD_OFFSETS].map(|offsets| offsets.ruler(text));
        Given { text, rulers, labels: labels.iter().cloned().collect() }
    }

    /// Takes labels for the whole text, or for the passage that the value marks.
    fn take(
        &mut self,
        example: &mut Example,
        names: &[String],
        value: &Value,
        rows: &mut Rows,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let place = |key: &str| value.get(key).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
        let marked = value.get("start").is_some();
        if let (Some(start), Some(end)) = (place("start"), place("end"))
            && let Some(span) = self.span(start, end, value.get("text").and_then(Value::as_str))
        {
            let names = labels::tidy(names.iter().map(String::as_str), "")?;
            example.spans.extend(names.into_iter().map(|label| LabelSpan { span, label }));
            return Ok(());
        }
        rows.spans_outside += u64::from(marked);
        found.choices |= !marked;
        for label in labels::tidy(names.iter().map(String::as_str), &value.to_string())? {
            if self.labels.insert(label.clone()) {
                example.labels.push(label);
            }
        }
        Ok(())
    }

    /// The passage between two places, which the surface that the tool saw there confirms.
    fn span(&self, start: usize, end: usize, surface: Option<&str>) -> Option<Span> {
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        let confirmed = |span: &Span| surface.is_none_or(|surface| bare(span.of(self.text)) == bare(surface));
        let mut found = self.rulers.iter().filter_map(|ruler| ruler.span(start, end));
        found.find(confirmed).or_else(|| self.rulers[0].span(start, end))
    }
}

/// The labels in the value of an answer; none if this kind of question is not about labels.
fn names_of(value: &Value, kind: &str) -> Option<Vec<String>> {
    let text = |name: &Value| match name {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(path) => Some(path.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("/")),
        _ => None,
    };
    KINDS.contains(&kind).then_some(())?;
    Some(value.get(kind).and_then(Value::as_array).into_iter().flatten().filter_map(text).collect())
}

/// Keeps an answer that is no label: a remark, a number of stars.
fn keep_answer(example: &mut Example, name: &str, value: &Value) {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(lines) => Some(lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")),
        _ => None,
    };
    let answer = ["text", "rating", "number"].iter().find_map(|key| value.get(*key)).and_then(text);
    if let Some(answer) = answer.filter(|_| !name.is_empty()) {
        example.extra.entry(name.to_owned()).or_insert(answer);
    }
}

/// An annotation of the short kind.
fn short(object: &Object, start: Position, rows: &mut Rows, found: &mut Found) -> Result<Example, Fault> {
    let at = |name: &str| object.names().position(|known| known == name);
    let questions: Vec<&str> = match (&rows.options.columns.label, at("id"), at("annotator")) {
        (Some(label), ..) => object.names().filter(|name| name == label).collect(),
        (None, Some(id), Some(annotator)) if id < annotator => {
            object.names().skip(id + 1).take(annotator - id - 1).collect()
        }
        _ => object.names().filter(|name| ["label", "labels", "sentiment", "choice"].contains(name)).collect(),
    };
    found.short = true;
    let mut example = object.example(rows, start, &questions, &mut found.seen)?;
    if let Some(user) = object.parsed::<Value>("annotator").as_ref().and_then(annotator) {
        example.extra.insert(ANNOTATOR.into(), user);
    }
    let text = example.text.clone();
    let mut given = Given::new(&text, &example.labels);
    for name in questions {
        found.questions.insert(name.to_owned());
        let value: Value = object.parsed(name).unwrap_or_default();
        for part in value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]) {
            let names = match &part {
                Value::String(name) => vec![name.clone()],
                Value::Number(number) => vec![number.to_string()],
                part => KINDS.iter().filter_map(|kind| names_of(part, kind)).flatten().collect(),
            };
            given.take(&mut example, &names, &part, rows, found)?;
        }
    }
    Ok(example)
}

/// Writes a list of tasks, ready to be imported. Rows that follow each other and have the same text and id are one task, with
/// an annotation each. What nobody has judged is a task without annotations; suggestions are predictions.
pub(super) struct Writer<W> {
    out: W,
    /// The task that is being gathered, and its annotations.
    task: Option<(Example, Vec<String>)>,
    begun: bool,
    outline: Outline,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        Writer { out, task: None, begun: false, outline: outline.clone() }
    }

    /// Writes the task that was gathered.
    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(if std::mem::replace(&mut self.begun, self.task.is_some()) { b",\n" } else { b"[\n" })?;
        let Some((first, annotations)) = self.task.take() else { return Ok(()) };
        let mut task = Line::default();
        task.raw("data", &data(&first, &self.outline));
        if !annotations.is_empty() {
            task.raw("annotations", &list(&annotations));
        }
        if !first.suggested.is_empty() {
            let mut prediction = Line::default();
            prediction.entry("model_version", &"rhetor");
            prediction.raw("result", &list(&[choices(&first.suggested)]));
            task.raw("predictions", &list(&[prediction.object()]));
        }
        self.out.write_all(task.object().as_bytes())
    }
}

/// Whether two rows are of one task.
fn of_one_task(first: &Example, other: &Example) -> bool {
    let apart = |example: &Example| {
        let (mut extra, elsewhere) = (example.extra.clone(), elsewhere(example));
        extra.retain(|name, _| !elsewhere.contains(&name.as_str()));
        (example.text.clone(), example.id.clone(), example.group.clone(), example.bare, extra)
    };
    first.id.is_some()
        && (!first.pending || is_skipped(first))
        && (!other.pending || is_skipped(other))
        && first.suggested == other.suggested
        && first.weight == other.weight
        && first.odd_weight == other.odd_weight
        && apart(first) == apart(other)
}

/// Label Studio refuses an import that names somebody it does not know, and knows its users by number or address.
fn knows(annotator: &str) -> bool {
    annotator.contains('@') || annotator.parse::<u32>().is_ok_and(|number| number.to_string() == annotator)
}

/// Whether somebody skipped the task.
fn is_skipped(example: &Example) -> bool {
    example.pending && example.extra.get(SKIPPED).is_some_and(|cell| cell == "true")
}

/// What the annotation says, and not the data of the task.
fn elsewhere(example: &Example) -> Vec<&'static str> {
    let [id, ..] = OF_ANNOTATION;
    let annotated = !example.pending || is_skipped(example);
    let from_label_studio = annotated && example.extra.contains_key(id);
    let known = annotated && example.annotator().is_some_and(knows);
    let notes = OF_ANNOTATION.into_iter().filter(|_| from_label_studio);
    notes.chain(known.then_some(ANNOTATOR)).chain(is_skipped(example).then_some(SKIPPED)).collect()
}

fn data(example: &Example, outline: &Outline) -> String {
    let mut data = Line::default();
    data.entry(TEXT, &example.text);
    data.id(example);
    data.group_and_weight(example, outline);
    let elsewhere = elsewhere(example);
    let mut rest = Example { extra: example.extra.clone(), nested: example.nested.clone(), ..Example::default() };
    rest.extra.retain(|name, _| !elsewhere.contains(&name.as_str()));
    rest.nested.retain(|name, _| !elsewhere.contains(&name.as_str()));
    data.extra(&rest, &[]);
    data.object()
}

fn annotation(example: &Example, with_choices: bool) -> String {
    let mut results = Vec::new();
    if with_choices && !example.labels.is_empty() {
        results.push(choices(&example.labels));
    }
    let ruler = OFFSETS.ruler(&example.text);
    results.extend(example.spans.iter().map(|marked| {
        let (start, end) = ruler.places(marked.span);
        let mut value = Line::default();
        value.entry("start", &start);
        value.entry("end", &end);
        value.entry("text", &marked.span.of(&example.text));
        value.entry("labels", &[&marked.label]);
        result(PASSAGES, "labels", value)
    }));
    let mut annotation = Line::default();
    annotation.raw("result", &list(&results));
    if is_skipped(example) {
        annotation.raw(SKIPPED, "true");
    }
    match example.annotator().filter(|annotator| knows(annotator)) {
        Some(address) if address.contains('@') => {
            let mut user = Line::default();
            user.entry("email", &address);
            annotation.raw("completed_by", &user.object());
        }
        Some(number) => annotation.raw("completed_by", number),
        None => {}
    }
    for name in elsewhere(example).into_iter().filter(|name| OF_ANNOTATION.contains(name)) {
        let key = if name == "annotation_id" { "id" } else { name };
        match (example.nested.get(name), example.extra.get(name)) {
            (Some(json), _) => annotation.raw(key, json),
            (None, Some(text)) => annotation.entry(key, text),
            (None, None) => {}
        }
    }
    annotation.object()
}

/// The configuration of a project into which the tasks of such an outline can be imported.
pub fn labelling_interface(outline: &Outline) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let values = |tag: &str| -> String {
        outline.labels.iter().map(|label| format!("    <{tag} value=\"{}\"/>\n", escaped(label))).collect()
    };
    let mut interface = format!("<View>\n  <Text name=\"{TEXT}\" value=\"${TEXT}\"/>\n");
    if !outline.spans || outline.loose_labels {
        let choices = values("Choice");
        interface +=
            &format!("  <Choices name=\"{CHOICES}\" toName=\"{TEXT}\" choice=\"multiple\">\n{choices}  </Choices>\n");
    }
    if outline.spans {
        let passages = values("Label");
        interface += &format!("  <Labels name=\"{PASSAGES}\" toName=\"{TEXT}\">\n{passages}  </Labels>\n");
    }
    interface + "</View>"
}

fn choices(labels: &[String]) -> String {
    let mut value = Line::default();
    value.entry("choices", &labels);
    result(CHOICES, "choices", value)
}

fn result(from: &str, kind: &str, value: Line) -> String {
    let mut result = Line::default();
    result.entry("from_name", &from);
    result.entry("to_name", &TEXT);
    result.entry("type", &kind);
    result.raw("value", &value.object());
    result.object()
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let annotated = !example.pending || is_skipped(example);
        let annotation = annotated.then(|| annotation(example, !self.outline.spans || self.outline.loose_labels));
        if let Some((first, annotations)) = &mut self.task
            && of_one_task(first, example)
        {
            annotations.extend(annotation);
            return Ok(());
        }
        if self.task.is_some() {
            self.flush()?;
        }
        self.task = Some((example.clone(), annotation.into_iter().collect()));
        Ok(())
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.flush()?;
        self.out.write_all(b"\n]\n")?;
        self.out.flush()?;
        Ok(Losses::default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{corpus, refused};
    use super::super::{Columns, Corpus, Example, Format, ReadOptions, read_from, write};

    const TASKS: &str = include_str!("../../tests/formats/label-studio.json");
    const SHORT: &str = include_str!("../../tests/formats/label-studio-min.json");

    fn labelled(corpus: &Corpus) -> Vec<String> {
        corpus.examples.iter().map(|example| format!("{}: {}", example.text, example.labels.join("+"))).collect()
    }

    fn warnings(corpus: &Corpus) -> Vec<String> {
        corpus.warnings.iter().map(ToString::to_string).collect()
    }

    fn whole(data: &str) -> Corpus {
        let options = ReadOptions { pending: true, everything: true, ..ReadOptions::default() };
        read_from("a.json", data.as_bytes(), &options).unwrap()
    }

    #[test]
    fn every_annotation_is_an_example_and_skipped_or_open_tasks_are_left_out_with_a_count() {
        let corpus = corpus("a.json", TASKS);
        assert_eq!(labelled(&corpus), ["We will make them pay.: threat+blame", "We will make them pay.: "]);
        assert_eq!(
            warnings(&corpus),
            [
                "a.json: 1 row that nobody has judged has been left out",
                "a.json: 1 row that the annotator skipped or ignored has been left out",
            ]
        );
        let [first, second] = &corpus.examples[..] else { panic!("two annotations") };
        assert_eq!((first.annotator(), second.annotator()), (Some("1"), Some("ben@example.org")));
        assert_eq!((&first.extra["remark"][..], &first.extra["paper"][..]), ("sounds angry", "Herald"));
        assert_eq!((first.id.as_deref(), first.place.line), (Some("1"), Some(2)));
    }

    #[test]
    fn open_and_skipped_tasks_and_predictions_may_be_wanted() {
        let corpus = whole(TASKS);
        let pending: Vec<bool> = corpus.examples.iter().map(|example| example.pending).collect();
        assert_eq!(pending, [false, false, true, true]);
        assert_eq!(corpus.examples[2].suggested, ["call"]);
        assert_eq!(corpus.examples[2].extra["was_cancelled"], "true");
    }

    #[test]
    fn tasks_that_are_written_can_be_read_again_with_their_annotations() {
        let corpus = whole(&TASKS.replace("\"remark\"", "\"\""));
        let mut out = Vec::new();
        assert!(write(Format::LabelStudio, &mut out, &corpus.examples).unwrap().is_empty());
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.matches("\"data\"").count(), 3, "two annotations of one task stand together: {out}");
        let again = whole(&out);
        let bare = |examples: &[Example]| {
            let strip = |example: &Example| Example { place: crate::text::Place::file(""), ..example.clone() };
            examples.iter().map(strip).collect::<Vec<_>>()
        };
        assert_eq!(bare(&again.examples), bare(&corpus.examples));
    }

    #[test]
    fn the_first_releases_are_read_and_their_offsets_are_told_by_what_they_cover() {
        let corpus = corpus("a.json", include_str!("../../tests/formats/label-studio-0.9.json"));
        assert_eq!(labelled(&corpus), ["💩This is an annotation.: thing"]);
        let first = &corpus.examples[0];
        assert_eq!(first.spans[0].span.of(&first.text), "annotation");
        assert_eq!(corpus.unjudged, 1);
    }

    #[test]
    fn the_short_kind_has_its_answers_between_id_and_annotator() {
        let corpus = corpus("a.json", SHORT);
        assert_eq!(
            labelled(&corpus),
            ["We will make them pay.: threat+blame", "Call now; please.: call; now", "It rained.: "]
        );
        assert_eq!(corpus.examples[1].annotator(), Some("1"));
        assert_eq!(corpus.examples[1].extra["lead_time"], "2.1");
    }

    #[test]
    fn in_the_short_kind_a_second_question_must_be_chosen_from() {
        let data = SHORT.replace("\"annotator\"", "\"remark\": \"free text\", \"annotator\"");
        assert_eq!(
            refused("a.json", &data),
            "a.json: several fields may hold the labels: `frame`, `remark`\nhint: name it with `--label-column frame`"
        );
        let columns = Columns { label: Some("frame".into()), ..Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let corpus = read_from("a.json", data.as_bytes(), &options).unwrap();
        assert_eq!(corpus.examples[0].extra["remark"], "free text");
        assert_eq!(corpus.examples[2].labels.len(), 0);
    }

    #[test]
    fn several_questions_are_announced_and_one_can_be_named() {
        let data = TASKS
            .replace(
                "\"from_name\": \"remark\", \"to_name\": \"sentence\", \"type\": \"textarea\"",
                "\"from_name\": \"tone\", \"type\": \"choices\"",
            )
            .replace("{\"text\": [\"sounds angry\"]}", "{\"choices\": [\"angry\"]}");
        let both = corpus("a.json", &data);
        assert_eq!(both.examples[0].labels, ["threat", "blame", "angry"]);
        assert!(warnings(&both)[0].starts_with(
            "a.json: labels come from several questions: `frame`, `tone`\nhint: `--label-column frame` takes"
        ));
        let read = |name: &str| {
            let columns = Columns { label: Some(name.into()), ..Columns::default() };
            read_from("a.json", data.as_bytes(), &ReadOptions { columns, ..ReadOptions::default() })
        };
        assert_eq!(read("tone").unwrap().examples[0].labels, ["angry"]);
        assert!(read("tune").unwrap_err().to_string().contains("did you mean `tone`?"));
    }

    #[test]
    fn a_task_may_be_shown_by_whatever_name() {
        let data = "[{\"data\": {\"html\": \"Call now.\", \"n\": 1}, \"annotations\": [{\"result\": []}]}]";
        assert_eq!(labelled(&corpus("a.json", data)), ["Call now.: "]);
        let two = "[{\"data\": {\"a\": \"Call now.\", \"b\": \"x\"}, \"annotations\": [{\"result\": []}]}]";
        assert!(
            refused("a.json", two)
                .starts_with("a.json: no text column among `a`, `b`\nhint: name it with `--text-column")
        );
    }
}
