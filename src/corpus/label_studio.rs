//! Label Studio's JSON: one list of tasks. A task has `data`, what is shown, and `annotations`, one for each time that somebody
//! submitted it or skipped it; in each, `result` lists what was chosen (type `choices`) or marked (`labels`).

use std::io::{self, Write};

use super::example::Offsets;
use super::jsonl::Line;
use super::{ANNOTATOR, Example, ExampleWriter, Losses};

/// Label Studio counts as Python does, since 2022 (label-studio-frontend pull request 308).
const OFFSETS: Offsets = Offsets::Characters;

/// What an export of the short kind says of an annotation, beside the fields of the task.
const OF_ANNOTATION: [&str; 4] = ["annotation_id", "created_at", "updated_at", "lead_time"];

/// The name of the question in the labelling interface, of the question for passages, and of what is shown.
const CHOICES: &str = "label";
const PASSAGES: &str = "span";
const TEXT: &str = "text";

/// Writes a list of tasks, ready to be imported. Rows that follow each other and have the same text and id are one task, with
/// an annotation each. What nobody has judged is a task without annotations; suggestions are predictions.
pub(super) struct Writer<W> {
    out: W,
    /// The task that is being gathered, and its annotations.
    task: Option<(Example, Vec<String>)>,
    begun: bool,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Self {
        Writer { out, task: None, begun: false }
    }

    /// Writes the task that was gathered.
    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(if std::mem::replace(&mut self.begun, self.task.is_some()) { b",\n" } else { b"[\n" })?;
        let Some((first, annotations)) = self.task.take() else { return Ok(()) };
        let mut task = Line::default();
        task.raw("data", &data(&first));
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
        let (mut extra, elsewhere) = (example.extra.clone(), of_annotation(example));
        extra.retain(|name, _| !elsewhere.contains(&name.as_str()));
        (example.text.clone(), example.id.clone(), example.group.clone(), extra)
    };
    first.id.is_some()
        && !first.pending
        && !other.pending
        && first.suggested == other.suggested
        && first.weight == other.weight
        && apart(first) == apart(other)
}

/// Label Studio refuses an import that names somebody it does not know, and knows its users by number or address.
fn knows(annotator: &str) -> bool {
    annotator.contains('@') || annotator.parse::<u32>().is_ok_and(|number| number.to_string() == annotator)
}

/// What the annotation says, and not the data of the task.
fn of_annotation(example: &Example) -> Vec<&'static str> {
    let [id, ..] = OF_ANNOTATION;
    let from_label_studio = example.extra.contains_key(id) && !example.pending;
    let known = example.annotator().is_some_and(knows) && !example.pending;
    let notes = OF_ANNOTATION.into_iter().filter(|_| from_label_studio);
    notes.chain(known.then_some(ANNOTATOR)).collect()
}

fn data(example: &Example) -> String {
    let mut data = Line::default();
    data.entry(TEXT, &example.text);
    data.optional("id", example.id.as_ref());
    data.optional("group", example.group.as_ref());
    if example.weight != 1.0 {
        data.entry("weight", &example.weight);
    }
    let elsewhere = of_annotation(example);
    let mut rest = Example { extra: example.extra.clone(), nested: example.nested.clone(), ..Example::default() };
    rest.extra.retain(|name, _| !elsewhere.contains(&name.as_str()));
    rest.nested.retain(|name, _| !elsewhere.contains(&name.as_str()));
    data.extra(&rest, &[]);
    data.object()
}

fn annotation(example: &Example) -> String {
    let mut results = Vec::new();
    if !example.labels.is_empty() && (example.spans.is_empty() || example.has_loose_labels()) {
        results.push(choices(&example.labels));
    }
    results.extend(example.spans.iter().map(|marked| {
        let (start, end) = OFFSETS.places(&example.text, marked.span);
        let mut value = Line::default();
        value.entry("start", &start);
        value.entry("end", &end);
        value.entry("text", &marked.span.of(&example.text));
        value.entry("labels", &[&marked.label]);
        result(PASSAGES, "labels", value)
    }));
    let mut annotation = Line::default();
    annotation.raw("result", &list(&results));
    match example.annotator().filter(|annotator| knows(annotator)) {
        Some(address) if address.contains('@') => {
            let mut user = Line::default();
            user.entry("email", &address);
            annotation.raw("completed_by", &user.object());
        }
        Some(number) => annotation.raw("completed_by", number),
        None => {}
    }
    for name in of_annotation(example).into_iter().filter(|name| *name != ANNOTATOR) {
        let key = if name == "annotation_id" { "id" } else { name };
        match (example.nested.get(name), example.extra.get(name)) {
            (Some(json), _) => annotation.raw(key, json),
            (None, Some(text)) => annotation.entry(key, text),
            (None, None) => {}
        }
    }
    annotation.object()
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
        let annotation = (!example.pending).then(|| annotation(example));
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
