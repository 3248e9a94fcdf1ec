//! doccano's JSONL: an object a line. What `label` holds depends on the kind of project: a list of names (text
//! classification), or of passages `[start, end, name]` (sequence labelling); where both are asked for, names stand in `cats`
//! and passages in `entities`. All other fields are what was imported along with the text. Releases before 1.5 say `labels`, have
//! `meta` and `annotation_approver`, and may write annotations that give only the number of a label; those of 2018 say `doc_id` and
//! `username`.
//!
//! Sources: doccano's `backend/data_export`, its pull request 46, and its issues 113, 1291 and 2290.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::value::RawValue;

use super::items::{Glimpse, Position, each};
use super::json::{Line, Object, Seen, kind, object};
use super::offsets::Offsets;
use super::source::Source;
use super::writer::Loss;
use super::{ANNOTATOR, CorpusError, Example, ExampleWriter, Fault, LabelSpan, Losses, Outline, Rows, Warning, labels};

/// doccano counts as its user's browser does (doccano issue 2290).
const OFFSETS: Offsets = Offsets::Utf16;

/// The fields that hold labels, and those that do where neither of these is there.
const LABELS: [&str; 2] = ["label", "labels"];
const ELSE_LABELS: [&str; 3] = ["annotations", "entities", "cats"];

/// Fields that are not kept.
const OWN: [&str; 6] = ["label", "labels", "annotations", "entities", "cats", "username"];

/// Whether an object has what only doccano writes.
pub(super) fn looks_like(fields: &Glimpse) -> bool {
    let has = |name: &str| fields.has(name);
    let passages = |name: &str| fields.value(name).is_some_and(begins_with_passage);
    let of_old = has("annotation_approver") || has("doc_id") && has("username");
    match fields.value("label").or(fields.value("labels")) {
        Some(labels) => begins_with_passage(labels) || of_old || has("Comments") && has("label"),
        None => {
            passages("entities")
                || passages("annotations")
                || fields.value("cats").is_some_and(|cats| cats.starts_with(b"["))
        }
    }
}

/// Whether a list begins with `[0, 5, …` or with an object.
fn begins_with_passage(list: &[u8]) -> bool {
    let first = first_item(list);
    first.starts_with(b"{") || first_item(first).first().is_some_and(u8::is_ascii_digit)
}

/// What stands behind the bracket that opens a list.
fn first_item(list: &[u8]) -> &[u8] {
    list.strip_prefix(b"[").map(<[u8]>::trim_ascii_start).unwrap_or_default()
}

/// Reads an object a line.
pub(super) fn read(source: Source, rows: &mut Rows) -> Result<(), CorpusError> {
    let (mut seen, mut without_label) = (Seen::new(false), 0);
    each(source, rows, |rows, start, json| {
        let row = json.and_then(|json| example(&object(json, start)?, start, rows, &mut seen));
        without_label += u64::from(row.as_ref().is_ok_and(|row| row.labels.is_empty() && !row.pending));
        rows.take(start.line, row)
    })?;
    if without_label > 0 && !rows.options.blank_is_pending {
        rows.warn(Warning::PerhapsUnjudged { place: rows.origin.file(), rows: without_label });
    }
    seen.missing(&rows.options.columns, rows.origin).map_or(Ok(()), Err)
}

fn example(object: &Object, start: Position, rows: &mut Rows, seen: &mut Seen) -> Result<Example, Fault> {
    let renamed = with_text(object);
    let object = renamed.as_ref().unwrap_or(object);
    let given = rows.options.columns.label.clone();
    let own: Vec<&str> = OWN.into_iter().chain(given.as_deref()).collect();
    let mut example = object.example(rows, start, &own, seen)?;
    let there = |name: &&str| object.get(name).is_some_and(|json| kind(json) != "null");
    let fields: Vec<&str> = match &given {
        Some(given) => vec![given.as_str()],
        None if LABELS.iter().any(there) => LABELS.to_vec(),
        None => ELSE_LABELS.to_vec(),
    };
    example.pending = !fields.iter().any(there);
    for name in fields.into_iter().filter(there) {
        take_labels(&mut example, name, object.get(name).unwrap_or("null"), rows)?;
    }
    if object.get("cats").is_none() {
        example.take_labels_of_spans();
    }
    if let Some(name) = object.parsed::<String>("username") {
        example.put(ANNOTATOR, name);
    }
    Ok(example)
}

/// For a while (releases 1.3 and 1.4) the text stood in `data`.
fn with_text<'a>(object: &Object<'a>) -> Option<Object<'a>> {
    let data = object.0.iter().position(|(name, raw)| name == "data" && kind(raw) == "a string")?;
    let has_text = object.names().any(|name| name.eq_ignore_ascii_case("text"));
    let renamed = |at: usize| if at == data { Cow::Borrowed("text") } else { object.0[at].0.clone() };
    (!has_text).then(|| Object((0..object.0.len()).map(|at| (renamed(at), object.0[at].1)).collect()))
}

/// Adds the labels that a field holds: names, or passages.
fn take_labels(example: &mut Example, field: &str, json: &str, rows: &mut Rows) -> Result<(), Fault> {
    let wrong = |found| Fault::WrongType { field: field.into(), found, wanted: "a list of labels or passages" };
    let items: Vec<&RawValue> = match kind(json) {
        "a list" => serde_json::from_str(json).map_err(|_| wrong("a broken list"))?,
        _ => vec![serde_json::from_str(json).map_err(|_| wrong(kind(json)))?],
    };
    let (ruler, mut names) = (OFFSETS.ruler(&example.text), Vec::new());
    for item in items.into_iter().map(RawValue::get) {
        match (kind(item), passage(item)) {
            ("a string", _) => names.push(serde_json::from_str(item).map_err(|_| wrong("a broken string"))?),
            ("a number", _) => names.push(item.to_owned()),
            (_, Some((Some((start, end)), label))) => match ruler.span(start, end) {
                Some(span) => example.spans.push(LabelSpan { span, label: labels::name(&label) }),
                None => {
                    rows.spans_outside += 1;
                    names.extend((field != "entities").then_some(label));
                }
            },
            (_, Some((None, label))) => names.push(label),
            (kind, None) => {
                return Err(wrong(if kind == "null" { "a list with null" } else { "a list of other things" }));
            }
        }
    }
    let known = std::mem::take(&mut example.labels);
    example.labels = labels::tidy(known.iter().chain(&names).map(String::as_str), json)?;
    Ok(())
}

/// A passage, as a triple or an object; without its ends, the label of a text as an object.
fn passage(json: &str) -> Option<(Option<(usize, usize)>, String)> {
    #[derive(serde::Deserialize)]
    struct Annotation {
        start_offset: Option<usize>,
        end_offset: Option<usize>,
        label: Box<RawValue>,
    }
    let name = |label: &RawValue| super::json::names(label.get())?.pop();
    if let Ok((start, end, label)) = serde_json::from_str::<(usize, usize, Box<RawValue>)>(json) {
        return Some((Some((start, end)), name(&label)?));
    }
    let annotation: Annotation = serde_json::from_str(json).ok()?;
    Some((annotation.start_offset.zip(annotation.end_offset), name(&annotation.label)?))
}

/// The marked passages of an example, as `[start, end, label]`.
pub(super) fn triples(example: &Example, offsets: Offsets) -> Vec<(usize, usize, &str)> {
    let ruler = offsets.ruler(&example.text);
    let places = example.spans.iter().map(|marked| (ruler.places(marked.span), &marked.label));
    places.map(|((start, end), label)| (start, end, label.as_str())).collect()
}

/// Writes an object a line, for a project of the kind that holds all labels: passages only if every label lies on one.
/// doccano takes any label for somebody's, and no label for nobody's.
pub(super) struct Writer<W> {
    out: W,
    kind: Kind,
    outline: Outline,
    lost: Losses,
}

enum Kind {
    Classification,
    SequenceLabelling,
    Both,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        let kind = match (outline.spans, outline.loose_labels || outline.suggested) {
            (false, _) => Kind::Classification,
            (true, false) => Kind::SequenceLabelling,
            (true, true) => Kind::Both,
        };
        Writer { out, kind, outline: outline.clone(), lost: Losses::default() }
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let Example { pending, suggested, labels, .. } = example;
        let proposes = *pending && !suggested.is_empty();
        self.lost.add_if(!suggested.is_empty() && !pending, Loss::Suggestions);
        self.lost.add_if(proposes, Loss::SuggestionsAsLabels);
        self.lost.add_if(*pending && suggested.is_empty(), Loss::PendingAsNone);
        let labels = if proposes { suggested } else { labels };
        let mut line = Line::default();
        line.id(example);
        line.entry("text", &example.text);
        match self.kind {
            Kind::Classification => line.entry("label", labels),
            Kind::SequenceLabelling => line.entry("label", &triples(example, OFFSETS)),
            Kind::Both => {
                line.entry("cats", labels);
                line.entry("entities", &triples(example, OFFSETS));
            }
        }
        line.group_and_weight(example, &self.outline);
        line.extra(example, &["cats", "entities"]);
        line.end(&mut self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{corpus, refused};
    use super::super::{Format, ReadOptions, read_from, write};

    fn labels(corpus: &super::super::Corpus) -> Vec<String> {
        corpus.examples.iter().map(|example| example.labels.join("+")).collect()
    }

    #[test]
    fn a_classification_gives_names_and_what_was_imported_along() {
        let corpus = corpus("a.jsonl", include_str!("../../tests/formats/doccano-1.8.jsonl"));
        assert_eq!(labels(&corpus), ["threat", "", "blame+call"]);
        assert_eq!((corpus.examples[0].id.as_deref(), &corpus.examples[0].extra["source"][..]), (Some("101"), "radio"));
        assert_eq!(
            corpus.warnings[0].to_string(),
            "a.jsonl: 1 text has no label; doccano writes that also for texts that nobody has judged, and here it counts as \"no label fits\"\n\
             hint: `--blank-is-unjudged` leaves them out; doccano exports \"only approved documents\", too"
        );
    }

    #[test]
    fn passages_are_counted_as_a_browser_counts_and_their_labels_are_those_of_the_text() {
        let corpus = corpus("a.jsonl", include_str!("../../tests/formats/doccano-1.8-spans.jsonl"));
        assert_eq!(labels(&corpus), ["blame+call", "", "threat"]);
        let first = &corpus.examples[0];
        let marked: Vec<_> = first.spans.iter().map(|marked| marked.span.of(&first.text)).collect();
        assert_eq!(marked, ["They broke it", "call now"]);
        assert!(corpus.examples[2].spans.is_empty());
        assert!(
            corpus.warnings.iter().any(|warning| warning.to_string()
                == "a.jsonl: 1 marked passage lies outside its text, on no character's edge or over nothing; its label is kept, and where it lay is not")
        );
    }

    #[test]
    fn older_releases_are_read() {
        let old = corpus("a.jsonl", include_str!("../../tests/formats/doccano-1.0.jsonl"));
        assert_eq!(labels(&old), ["threat", "call", "4"]);
        assert_eq!(old.examples[0].extra["meta.paper"], "Herald");
        let oldest = corpus("a.jsonl", include_str!("../../tests/formats/doccano-2018.jsonl"));
        assert_eq!(labels(&oldest), ["threat", "call"]);
        assert_eq!(oldest.examples[1].annotator(), Some("ben"));
        let data = corpus("a.jsonl", "{\"id\": 1, \"data\": \"Call now.\", \"label\": [[0, 4, \"call\"]]}\n");
        assert_eq!((&data.examples[0].text[..], &labels(&data)[0][..]), ("Call now.", "call"));
    }

    #[test]
    fn where_a_text_and_its_passages_are_labelled_the_text_has_its_own_labels() {
        let data = include_str!("../../tests/formats/doccano-both.jsonl");
        let corpus = corpus("a.jsonl", data);
        assert_eq!(labels(&corpus), ["flight"]);
        assert_eq!(corpus.examples[0].spans[0].label, "City");
        let mut out = Vec::new();
        assert!(write(Format::Doccano, &mut out, &corpus.examples).unwrap().is_empty());
        let out = String::from_utf8(out).unwrap();
        assert_eq!(
            out,
            "{\"id\":\"1\",\"text\":\"Find a flight to Rome\",\"cats\":[\"flight\"],\"entities\":[[17,21,\"City\"]]}\n"
        );
    }

    #[test]
    fn what_is_neither_name_nor_passage_is_a_problem() {
        let fine = "{\"text\": \"x\", \"label\": [[0, 1, \"a\"]]}\n";
        let corpus = corpus(
            "a.jsonl",
            &format!("{fine}{{\"text\": \"x\", \"label\": [[0, 1]]}}\n{{\"text\": \"x\", \"label\": true}}\n"),
        );
        let problems: Vec<_> = corpus.skipped.iter().map(|problem| problem.fault.to_string()).collect();
        assert_eq!(
            problems,
            [
                "`label` is a list of other things where a list of labels or passages is needed",
                "`label` is a list of other things where a list of labels or passages is needed"
            ]
        );
        assert!(
            refused("a.jsonl", "{\"txt\": \"x\", \"label\": [[0, 1, \"a\"]]}")
                .contains("no text column among `label`, `txt`")
        );
    }

    #[test]
    fn a_named_field_is_the_only_one_that_is_read() {
        let columns = super::super::Columns { label: Some("entities".into()), ..super::super::Columns::default() };
        let options = ReadOptions { columns, ..ReadOptions::default() };
        let data = include_str!("../../tests/formats/doccano-both.jsonl");
        let corpus = read_from("a.jsonl", data.as_bytes(), &options).unwrap();
        assert_eq!(corpus.examples[0].spans.len(), 1);
    }
}
