//! Prodigy's JSONL: a task a line, and what was answered. A task of several choices has `options`, of which those chosen stand
//! in `accept`; one of a single `label` is a question of yes or no, asked again for every label; passages stand in `spans`.
//!
//! What `answer` means:
//! - `accept`: what is chosen or marked is right and complete; of a single label, that it fits.
//! - `reject`: a single label does not fit. Where several could be chosen, only those chosen are known not to fit (some people
//!   reject broken texts, too), so nothing is known of the others.
//! - `ignore`: the annotator passed the task over.
//! - none: nobody has answered yet, and what is chosen was only suggested.
//!
//! Sources: Prodigy's support forum, topics 1554, 3012 and 5036 (answers), 1644 (sessions), 673 (choices).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use super::items::{Glimpse, Position, each};
use super::json::{Line, Marked, Object, Seen, json_of, kind, names, object, spans};
use super::offsets::Offsets;
use super::source::Source;
use super::writer::Loss;
use super::{ANNOTATOR, CorpusError, Example, ExampleWriter, Fault, Losses, Outline, Rows, Unjudged, Warning, labels};
use crate::text::form::composed;

/// Prodigy counts as Python does.
const OFFSETS: Offsets = Offsets::Characters;

/// The fields that say what was asked and answered.
const ASKED: [&str; 6] = ["options", "accept", "answer", "spans", "label", "cats"];

/// What speaks of a single question, and has no meaning for all answers on a text.
const OF_QUESTION: [&str; 4] = ["_task_hash", "score", "priority", "_timestamp"];

/// Who answered, since release 1.11; the session before.
const ANNOTATOR_ID: &str = "_annotator_id";
const SESSION_ID: &str = "_session_id";

/// The labels that were rejected, as an extra column.
const REJECTED: &str = "rejected";

/// How a session without a name is called.
const TIME: &str = "0000-00-00_00-00-00";

/// Whether an object has what only Prodigy writes, or is a text with `cats` as spaCy has them.
pub(super) fn looks_like(fields: &Glimpse) -> bool {
    let begins = |name: &str, with: &[u8]| fields.value(name).is_some_and(|value| value.starts_with(with));
    let answered = ["\"accept\"", "\"reject\"", "\"ignore\""].iter().any(|answer| begins("answer", answer.as_bytes()));
    let hashed = ["_input_hash", "_task_hash", "_view_id"].iter().any(|name| fields.has(name));
    let chosen = begins("accept", b"[") || begins("options", b"[{") && !fields.has("label");
    let as_spacy = begins("cats", b"{") && !fields.has("label");
    !fields.has("labels") && (answered || hashed || chosen || as_spacy)
}

/// What became of a task.
enum Answer {
    /// All labels of the text are known.
    Whole,
    /// It is known whether this label fits.
    Single {
        label: String,
        fits: bool,
    },
    Unjudged(Unjudged),
}

/// Answers on single labels that belong together.
#[derive(Default)]
struct Questions {
    /// Where the example stands that gathers the answers on a text, by an annotator.
    examples: HashMap<(String, Option<String>), usize>,
    /// What was asked there, and whether it fits.
    answers: BTreeMap<usize, BTreeMap<String, bool>>,
}

/// Reads a task a line.
pub(super) fn read(source: Source, rows: &mut Rows) -> Result<(), CorpusError> {
    let (mut seen, mut questions) = (Seen::new(false), Questions::default());
    let mut tasks: Vec<(Example, Option<Unjudged>)> = Vec::new();
    each(source, rows, |rows, start, json| {
        match json.and_then(|json| task(&object(json, start)?, start, rows, &mut seen)) {
            Ok((example, Answer::Whole)) => tasks.push((example, None)),
            Ok((example, Answer::Unjudged(why))) => tasks.push((example, Some(why))),
            Ok((example, Answer::Single { label, fits })) => questions.take(example, label, fits, &mut tasks),
            Err(fault) => rows.take(start.line, Err(fault))?,
        }
        Ok(())
    })?;
    questions.settle(&mut tasks, rows);
    for (example, unjudged) in tasks {
        match unjudged {
            Some(why) => rows.take_unjudged(example, why),
            None => rows.take(0, Ok(example))?,
        }
    }
    seen.missing(&rows.options.columns, rows.origin).map_or(Ok(()), Err)
}

impl Questions {
    fn take(&mut self, mut example: Example, label: String, fits: bool, tasks: &mut Vec<(Example, Option<Unjudged>)>) {
        let text = example.extra.get("_input_hash").cloned().unwrap_or_else(|| composed(&example.text).into_owned());
        let key = (text, example.annotator().map(str::to_owned));
        let at = *self.examples.entry(key).or_insert_with(|| {
            example.extra.retain(|name, _| !OF_QUESTION.contains(&name.as_str()));
            example.nested.retain(|name, _| !OF_QUESTION.contains(&name.as_str()));
            tasks.push((example, None));
            tasks.len() - 1
        });
        self.answers.entry(at).or_default().insert(label, fits); // the last answer holds
    }

    /// Gives each text the labels that fit. If it was not asked about all, a text to which none fits is as good as unjudged.
    fn settle(self, tasks: &mut [(Example, Option<Unjudged>)], rows: &mut Rows) {
        let asked: BTreeSet<String> = self.answers.values().flat_map(|answers| answers.keys()).cloned().collect();
        let mut partly = 0;
        for (at, answers) in self.answers {
            let (example, unjudged) = &mut tasks[at];
            let complete = answers.len() == asked.len();
            let (fitting, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, fits)| *fits);
            example.labels = fitting.into_iter().map(|(label, _)| label).collect();
            if !complete && !others.is_empty() {
                let others: Vec<String> = others.into_iter().map(|(label, _)| label).collect();
                example.put(REJECTED, labels::join(&others));
            }
            if !complete && example.labels.is_empty() {
                example.put("answer", "reject".into());
                *unjudged = Some(Unjudged::Rejected);
            }
            partly += u64::from(!complete && unjudged.is_none());
        }
        if partly > 0 {
            rows.warn(Warning::PartlyAsked { place: rows.origin.file(), rows: partly, labels: asked.len() });
        }
    }
}

/// A task, and what became of it.
fn task(object: &Object, start: Position, rows: &mut Rows, seen: &mut Seen) -> Result<(Example, Answer), Fault> {
    let mut example = object.example(rows, start, &ASKED, seen)?;
    name_annotator(&mut example);
    let chosen = chosen(object)?;
    take_spans(&mut example, object, chosen.is_none() && label(object).is_none(), rows)?;
    let answer = object.get("answer").filter(|raw| kind(raw) != "null").map(|raw| raw.trim_matches('"'));
    let answer = match (answer, chosen, label(object)) {
        (Some("accept"), Some(chosen), _) => {
            example.labels = chosen;
            Answer::Whole
        }
        (Some("accept"), None, Some(label)) => Answer::Single { label, fits: true },
        (Some("reject"), None, Some(label)) => Answer::Single { label, fits: false },
        (Some("accept"), None, None) => Answer::Whole,
        (None, Some(chosen), _) if object.get("cats").is_some() => {
            example.labels = chosen; // as spaCy has them, without a question
            Answer::Whole
        }
        (None, chosen, label) => {
            example.suggested = chosen.unwrap_or_else(|| label.into_iter().collect());
            Answer::Unjudged(Unjudged::NotYet)
        }
        (Some("ignore"), chosen, label) => {
            example.suggested = chosen.unwrap_or_else(|| label.into_iter().collect());
            example.put("answer", "ignore".into());
            Answer::Unjudged(Unjudged::PassedOver)
        }
        (Some("reject"), chosen, _) => {
            // What was rejected is the last thing to suggest.
            example.put("answer", "reject".into());
            example.put(REJECTED, labels::join(&chosen.unwrap_or_default()));
            Answer::Unjudged(Unjudged::Rejected)
        }
        (Some(_), ..) => {
            let (found, wanted) = ("another word", "`accept`, `reject` or `ignore`");
            return Err(Fault::WrongType { field: "answer".into(), found, wanted });
        }
    };
    if let Answer::Unjudged(why) = answer {
        let marked = std::mem::take(&mut example.labels);
        example.suggested.extend(marked.into_iter().filter(|_| why != Unjudged::Rejected));
    }
    Ok((example, answer))
}

/// Who answered. Prodigy calls a session without a name by its time, which tells nobody from anybody else.
fn name_annotator(example: &mut Example) {
    let is_time = |id: &str| {
        let like = |(byte, pattern): (u8, u8)| byte == pattern || pattern == b'0' && byte.is_ascii_digit();
        id.len() == TIME.len() && id.bytes().zip(TIME.bytes()).all(like)
    };
    let named = |id: &&String| !is_time(id);
    let annotator = example.extra.get(ANNOTATOR_ID).or_else(|| example.extra.get(SESSION_ID)).filter(named).cloned();
    if let Some(annotator) = annotator {
        example.extra.remove(ANNOTATOR_ID);
        if example.nested.get(ANNOTATOR_ID).is_some_and(|json| json == "null") {
            example.nested.remove(ANNOTATOR_ID);
        }
        example.put(ANNOTATOR, annotator);
    }
}

/// The labels chosen among several: `accept`, or the `cats` that are more likely than not.
fn chosen(object: &Object) -> Result<Option<Vec<String>>, Fault> {
    let wrong = |field: &str, wanted| Fault::WrongType { field: field.into(), found: "something else", wanted };
    if let Some(raw) = object.get("accept").filter(|raw| kind(raw) != "null") {
        let names = names(raw).ok_or_else(|| wrong("accept", "a list of labels"))?;
        return labels::tidy(names.iter().map(String::as_str), raw).map(Some);
    }
    if let Some(raw) = object.get("cats").filter(|raw| kind(raw) != "null") {
        let cats: BTreeMap<String, f64> =
            serde_json::from_str(raw).map_err(|_| wrong("cats", "an object with a number for each label"))?;
        let fitting = cats.iter().filter(|(_, share)| **share >= 0.5).map(|(label, _)| label.as_str());
        return labels::tidy(fitting, raw).map(Some);
    }
    // Of a list of choices none was chosen.
    Ok(object.get("options").filter(|raw| kind(raw) == "a list").map(|_| Vec::new()))
}

/// The single label that was asked about.
fn label(object: &Object) -> Option<String> {
    let label = names(object.get("label").filter(|raw| kind(raw) != "a list")?)?.pop()?;
    let label = label.trim();
    (!label.is_empty()).then(|| label.to_owned())
}

/// The marked passages, which are the text's labels if `only` they were asked for. What a pattern matched is nobody's mark.
fn take_spans(example: &mut Example, object: &Object, only: bool, rows: &mut Rows) -> Result<(), Fault> {
    let Some(raw) = object.get("spans").filter(|raw| kind(raw) == "a list") else { return Ok(()) };
    let all: Vec<&serde_json::value::RawValue> = serde_json::from_str(raw).unwrap_or_default();
    let (ruler, mut outside) = (OFFSETS.ruler(&example.text), Vec::new());
    for span in all {
        let Ok(marked) = serde_json::from_str::<Marked>(span.get()) else { continue };
        match marked.span(&ruler) {
            _ if marked.is_match() => {}
            Some(span) => example.spans.push(span),
            None => {
                rows.spans_outside += 1;
                outside.push(marked.label);
            }
        }
    }
    if only {
        example.labels = labels::tidy(outside.iter().map(String::as_str), raw)?;
        example.take_labels_of_spans();
    }
    Ok(())
}

/// Writes a task a line: the `choice` interface, or passages if every label lies on one. A task that nobody has judged has no
/// `answer`, and has chosen already what is suggested.
pub(super) struct Writer<W> {
    out: W,
    options: String,
    choice: bool,
    outline: Outline,
    lost: Losses,
}

/// One of the choices.
#[derive(serde::Serialize)]
struct Choice<'a> {
    id: &'a str,
    text: &'a str,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        let choices: Vec<Choice> = outline.labels.iter().map(|label| Choice { id: label, text: label }).collect();
        Writer {
            out,
            options: json_of(&choices),
            choice: !outline.spans || outline.loose_labels || outline.suggested,
            outline: outline.clone(),
            lost: Losses::default(),
        }
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let Example { pending, suggested, .. } = example;
        let mut rest = Example { extra: example.extra.clone(), nested: example.nested.clone(), ..Example::default() };
        let passed_over =
            rest.extra.get("answer").filter(|answer| *pending && ["reject", "ignore"].contains(&answer.as_str()));
        let answer = passed_over.cloned().or((!pending).then(|| "accept".to_owned()));
        let rejected = answer.as_deref().filter(|answer| *answer == "reject").and_then(|_| rest.extra.remove(REJECTED));
        let rejected = rejected.map(|cell| labels::split(&cell, None).unwrap_or_default());
        if *pending {
            rest.extra.remove("answer");
        }
        self.lost.add_if(!suggested.is_empty() && !pending, Loss::Suggestions);
        let mut line = Line::default();
        line.id(example);
        line.entry("text", &example.text);
        if self.choice {
            line.raw("options", &self.options);
            line.entry("accept", rejected.as_ref().unwrap_or(if *pending { suggested } else { &example.labels }));
        }
        if !example.spans.is_empty() || !self.choice {
            line.entry("spans", &spans(example, OFFSETS));
        }
        line.group_and_weight(example, &self.outline);
        line.optional(ANNOTATOR_ID, rest.extra.remove(ANNOTATOR).as_ref());
        line.extra(&rest, &ASKED);
        line.optional("answer", answer.as_ref());
        line.end(&mut self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{corpus, hints, refused};
    use super::super::{Corpus, Format, ReadOptions, read_from, write};

    const CHOICE: &str = include_str!("../../tests/formats/prodigy-choice.jsonl");

    fn labelled(corpus: &Corpus) -> Vec<String> {
        corpus.examples.iter().map(|example| format!("{}: {}", example.text, example.labels.join("+"))).collect()
    }

    fn warnings(corpus: &Corpus) -> Vec<String> {
        corpus.warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn accepted_choices_are_labels_and_what_was_rejected_or_ignored_is_left_out_with_a_count() {
        let corpus = corpus("a.jsonl", CHOICE);
        assert_eq!(labelled(&corpus), ["We will make them pay.: threat", "It rained.: ", "Call now.: call+blame"]);
        assert_eq!(
            warnings(&corpus),
            [
                "a.jsonl: 1 row that the annotator skipped or ignored has been left out",
                "a.jsonl: 1 row whose labels were rejected has been left out: a rejection does not say which labels fit",
            ]
        );
        assert_eq!(corpus.examples[0].extra["meta.paper"], "Herald");
    }

    #[test]
    fn a_named_session_is_an_annotator_and_one_called_by_its_time_is_not() {
        let corpus = corpus("a.jsonl", CHOICE);
        let annotators: Vec<_> = corpus.examples.iter().map(|example| example.annotator()).collect();
        assert_eq!(annotators, [Some("frames-alex"), Some("frames-alex"), None]);
    }

    #[test]
    fn answers_on_single_labels_are_gathered_by_text_and_annotator() {
        let corpus = corpus("a.jsonl", include_str!("../../tests/formats/prodigy-teach.jsonl"));
        assert_eq!(labelled(&corpus), ["We will make them pay.: threat", "It rained.: ", "They broke it.: blame"]);
        assert_eq!(
            warnings(&corpus),
            [
                "a.jsonl: 1 text was asked about some of the 2 labels only; those not asked about count as absent\n\
                 hint: an honest model wants an answer for every label, as the `choice` interface gives it",
                "a.jsonl: 1 row that the annotator skipped or ignored has been left out",
                "a.jsonl: 2 rows whose labels were rejected have been left out: a rejection does not say which labels fit",
            ]
        );
        assert!(corpus.examples[0].spans.is_empty(), "a pattern's match is nobody's mark");
    }

    #[test]
    fn of_one_label_a_rejection_says_all() {
        let data = "{\"text\":\"a\",\"label\":\"x\",\"answer\":\"accept\"}\n{\"text\":\"b\",\"label\":\"x\",\"answer\":\"reject\"}\n\
                    {\"text\":\"b\",\"label\":\"x\",\"answer\":\"accept\"}\n{\"text\":\"c\",\"label\":\"x\",\"answer\":\"reject\"}\n";
        let corpus = corpus("a.jsonl", data);
        assert_eq!(labelled(&corpus), ["a: x", "b: x", "c: "], "the last answer holds");
        assert!(corpus.warnings.is_empty());
    }

    #[test]
    fn passages_are_labels_where_nothing_else_was_asked() {
        let corpus = corpus("a.jsonl", include_str!("../../tests/formats/prodigy-spans.jsonl"));
        assert_eq!(labelled(&corpus), ["😀 Call now.: call", "It rained.: "]);
        let first = &corpus.examples[0];
        assert_eq!(first.spans[0].span.of(&first.text), "Call now");
        assert_eq!(corpus.unjudged, 1);
    }

    #[test]
    fn cats_as_spacy_has_them_need_no_answer() {
        let corpus = corpus("a.jsonl", include_str!("../../tests/formats/spacy-cats.jsonl"));
        assert_eq!(labelled(&corpus), ["We will make them pay.: threat", "It rained.: "]);
    }

    #[test]
    fn tasks_that_nobody_has_answered_are_no_data_but_may_be_wanted() {
        let data = "{\"text\":\"a\",\"options\":[{\"id\":1,\"text\":\"One\"}],\"accept\":[1]}\n";
        assert!(refused("a.jsonl", data).starts_with("a.jsonl: nobody has judged any of its 1 row\nhint: "));
        let options = ReadOptions { pending: true, ..ReadOptions::default() };
        let pool = read_from("a.jsonl", data.as_bytes(), &options).unwrap();
        assert!(pool.examples[0].pending && pool.examples[0].labels.is_empty());
        assert_eq!(pool.examples[0].suggested, ["1"]);
    }

    #[test]
    fn what_is_read_whole_is_written_whole() {
        let options = ReadOptions { pending: true, everything: true, ..ReadOptions::default() };
        let corpus = read_from("a.jsonl", CHOICE.as_bytes(), &options).unwrap();
        let mut out = Vec::new();
        assert!(write(Format::Prodigy, &mut out, &corpus.examples).unwrap().is_empty());
        let fields = |line: &str| {
            let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            object.remove("options"); // of the whole file, in the order of the alphabet
            object.retain(|name, value| {
                !(name.starts_with("_annotator") && value.as_str().is_some_and(|id| id.starts_with("2022")))
            });
            object
        };
        let out = String::from_utf8(out).unwrap();
        for (before, after) in CHOICE.lines().zip(out.lines()) {
            assert_eq!(fields(before), fields(after));
        }
        assert_eq!(CHOICE.lines().count(), out.lines().count());
    }

    #[test]
    fn an_answer_that_is_none_is_a_problem() {
        let corpus = corpus(
            "a.jsonl",
            "{\"text\":\"a\",\"accept\":[],\"answer\":\"accept\"}\n{\"text\":\"a\",\"accept\":[],\"answer\":\"maybe\"}\n{\"text\":\"a\",\"accept\":[[]],\"answer\":\"accept\"}\n",
        );
        assert!(
            hints(&corpus)[0]
                .starts_with("a.jsonl:2: `answer` is another word where `accept`, `reject` or `ignore` is needed")
        );
        assert!(
            hints(&corpus)[1].starts_with("a.jsonl:3: `accept` is something else where a list of labels is needed")
        );
    }
}
