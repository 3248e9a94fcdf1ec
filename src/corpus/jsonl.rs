//! JSON: an object a line, or one list of objects over any lines. `labels` is a list of strings, or a string that is split like
//! the cell of a table; where nobody has judged, it is null.

use std::io::{self, Write};

use super::columns::Role;
use super::items::{Position, each};
use super::json::{Line, Marked, Object, Seen, keep, kind, names, object, spans};
use super::offsets::Offsets;
use super::source::Source;
use super::{CorpusError, Example, ExampleWriter, Fault, Losses, Outline, Rows, labels};

/// Fields of ours beside those that have columns.
const OURS: [&str; 2] = ["suggested", "spans"];

/// Where `rhetor classify` writes what it found.
const FRAMINGS: &str = "framings";

/// A framing as `rhetor classify` writes it, as far as it is a label.
#[derive(serde::Deserialize)]
struct Framing {
    label: String,
}

/// Reads a stream of objects.
pub(super) fn read(source: Source, rows: &mut Rows) -> Result<(), CorpusError> {
    let mut seen = Seen::new(!rows.options.pending);
    each(source, rows, |rows, start, json| {
        let row = json.and_then(|json| example(&object(json, start)?, start, rows, &mut seen));
        rows.take(start.line, row)
    })?;
    seen.missing(&rows.options.columns, rows.origin).map_or(Ok(()), Err)
}

/// The example that an object states.
fn example(object: &Object, start: Position, rows: &mut Rows, seen: &mut Seen) -> Result<Example, Fault> {
    let columns = &rows.options.columns;
    let label = columns.find(Role::Label, object.names());
    let label_name = label.map(|at| object.0[at].0.to_string());
    let wide = columns.wide(object.names());
    let own: Vec<&str> = match &label_name {
        Some(name) if wide.is_empty() => OURS.into_iter().chain([name.as_str()]).collect(),
        _ => OURS.into_iter().chain(wide.iter().map(String::as_str)).collect(),
    };
    let mut example = object.example(rows, start, &own, seen)?;
    let framings: Option<Vec<Framing>> = rows.options.framings.then(|| object.parsed(FRAMINGS)).flatten();
    match (label, &wide[..]) {
        (None, []) if framings.is_some() => {
            example.labels = framings.into_iter().flatten().map(|framing| labels::name(&framing.label)).collect();
        }
        (Some(at), []) if kind(object.0[at].1) == "null" => example.pending = true,
        (Some(at), []) => example.labels = self::labels(object, at, rows.options.label_separator.as_deref())?,
        (None, []) if rows.options.pending => example.pending = true,
        (None, []) => return Err(object.without(columns.name(Role::Label))),
        (_, wide) => example.labels = object.wide(wide)?,
    }
    match object.get("suggested").map(names) {
        Some(Some(suggested)) => example.suggested = suggested,
        Some(None) => keep_odd(&mut example, "suggested", object.get("suggested").unwrap_or("null"), rows)?,
        None => {}
    }
    let marked: Option<Vec<Marked>> = object.parsed("spans");
    let in_text = |marked: &Vec<Marked>| {
        let ruler = Offsets::Characters.ruler(&example.text);
        marked.iter().map(|marked| marked.span(&ruler)).collect::<Option<Vec<_>>>()
    };
    let spans = marked.as_ref().and_then(in_text);
    let is_marked = marked.is_some();
    match (object.get("spans"), spans) {
        (Some(_), Some(spans)) => example.spans = spans,
        (Some(json), None) => {
            // Other things may be called so, too.
            if is_marked {
                rows.note_odd(start.line, "spans", json);
            }
            keep_odd(&mut example, "spans", json, rows)?;
        }
        (None, _) => {}
    }
    Ok(example)
}

/// Keeps a field with a name of ours that holds something else. Null holds nothing, as if the field were not there.
fn keep_odd(example: &mut Example, name: &str, json: &str, rows: &Rows) -> Result<(), Fault> {
    if kind(json) == "null" { Ok(()) } else { keep(example, name, json, rows.options) }
}

/// The labels in a field. A whole number is the name of a class, but a list of numbers is more likely a row of
/// zeros and ones, and null more likely a text that nobody has judged: neither may pass for labels.
fn labels(object: &Object, at: usize, separator: Option<&str>) -> Result<Vec<String>, Fault> {
    let wrong = || object.wrong(at, "a string or a list of strings");
    let raw = object.0[at].1;
    match kind(raw) {
        "a string" => labels::split(&object.string(at)?, separator),
        "a number" if raw.bytes().all(|byte| byte.is_ascii_digit()) => Ok(vec![raw.to_owned()]),
        "a list" => {
            let list: Vec<String> = serde_json::from_str(raw).map_err(|_| Fault::WrongType {
                field: object.0[at].0.to_string(),
                found: "a list with other things than strings",
                wanted: "a string or a list of strings",
            })?;
            labels::tidy(list.iter().map(String::as_str), raw)
        }
        _ => Err(wrong()),
    }
}

/// Writes an object a line that [`read`](super::read()) reads as the same examples: `text`, `labels` (null where nobody has
/// judged), and what else an example has. An extra field with a name of ours gets a `_`.
pub(super) struct Writer<W> {
    out: W,
    outline: Outline,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        Writer { out, outline: outline.clone() }
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let mut line = Line::default();
        line.id(example);
        line.entry("text", &example.text);
        line.entry("labels", &(!example.pending).then_some(&example.labels));
        if !example.suggested.is_empty() {
            line.entry("suggested", &example.suggested);
        }
        if !example.spans.is_empty() {
            line.entry("spans", &spans(example, Offsets::Characters));
        }
        line.group_and_weight(example, &self.outline);
        line.extra(example, &[]);
        line.end(&mut self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(Losses::default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{corpus, examples, hints, refused, same};
    use std::collections::BTreeMap;

    use super::super::{Columns, Format, ReadOptions, read_from, write};

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
    fn of_two_fields_with_one_name_the_last_holds_among_many_too() {
        let many: String = (0..100).map(|at| format!("\"f{}\": {at}, ", at % 60)).collect();
        let read = corpus("a.jsonl", &format!("{{{many}\"text\": \"a\", \"text\": \"b\", \"labels\": []}}"));
        let extra = &read.examples[0].extra;
        assert_eq!((&extra["f0"][..], &extra["f39"][..], &extra["f40"][..], extra.len()), ("60", "99", "40", 60));
        assert_eq!(corpus("a.jsonl", "{\"text\": \"a\", \"text\": \"b\", \"labels\": []}").examples[0].text, "b");
    }

    #[test]
    fn zeros_and_ones_are_not_taken_for_labels() {
        let fine = "{\"text\": \"x\", \"labels\": []}\n";
        for (labels, found) in [
            ("[0, 1]", "a list with other things than strings"),
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
    fn fields_that_tools_have_too_do_not_make_it_theirs() {
        for more in [
            "\"entities\": [{\"start\": 0}], \"labels\": [\"x\"]",
            "\"options\": [\"A\", \"B\"], \"label\": \"x\"",
            "\"options\": [{\"id\": 1}], \"label\": \"x\"",
            "\"data\": {\"a\": 1}, \"label\": \"x\"",
            "\"cats\": {\"a\": 1}, \"label\": [\"x\"]",
            "\"annotations\": [[1]], \"spans\": [[0, 1]], \"labels\": \"x\"",
        ] {
            for json in [format!("{{\"text\": \"a\", {more}}}\n"), format!("[{{\"text\": \"a\", {more}}}]")] {
                let corpus = corpus("a.json", &json);
                assert_eq!(
                    (&corpus.examples[0].labels[..], corpus.warnings.len()),
                    (&["x".to_owned()][..], 0),
                    "{json}"
                );
            }
        }
    }

    #[test]
    fn null_is_a_text_that_nobody_has_judged_and_is_left_out_unless_wanted() {
        let data = "{\"text\": \"x\", \"labels\": []}\n{\"text\": \"y\", \"labels\": null, \"suggested\": [\"a\"]}\n";
        let judged = corpus("a.jsonl", data);
        assert_eq!((judged.examples.len(), judged.unjudged), (1, 1));
        assert_eq!(judged.warnings[0].to_string(), "a.jsonl: 1 row that nobody has judged has been left out");
        let options = ReadOptions { pending: true, ..ReadOptions::default() };
        let all = read_from("a.jsonl", data.as_bytes(), &options).unwrap();
        assert!(!all.examples[0].pending && all.examples[1].pending);
        assert_eq!(all.examples[1].suggested, ["a"]);
        assert!(all.warnings.is_empty());
        let pool = read_from("a.jsonl", &b"{\"text\": \"x\"}\n"[..], &options).unwrap();
        assert!(pool.examples[0].pending, "without any labels at all");
        assert!(
            refused("a.jsonl", "{\"text\": \"x\", \"labels\": null}")
                .starts_with("a.jsonl: nobody has judged any of its 1 row")
        );
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
