//! JSON objects with `text` and `labels`, one a line, or in one array.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{Corpus, CorpusError, ENCODING, Example, Problem, ReadOptions, TEXT, WEIGHT, needed, split_labels, weight};
use crate::text::Place;

const LABELS: &str = "labels are a list of strings, [] for none, or one string";

pub(super) fn read(bytes: &[u8], name: &str, options: &ReadOptions, into: &mut Corpus) -> Result<(), CorpusError> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        match serde_json::from_slice::<Vec<Value>>(bytes) {
            Ok(rows) => {
                for (at, row) in rows.into_iter().enumerate() {
                    let place = Place::file(format!("{name}: record {}", at + 1));
                    take(row, place, name, options, into)?;
                }
            }
            Err(error) => into.skipped.push(invalid(Place::line(name, error.line() as u64), &error)),
        }
        return Ok(());
    }
    for (at, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let place = Place::line(name, at as u64 + 1);
        if line.trim_ascii().is_empty() {
            continue;
        }
        if std::str::from_utf8(line).is_err() {
            into.skipped.push(Problem { place, what: "not UTF-8".into(), hint: Some(ENCODING) });
            continue;
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(row) => take(row, place, name, options, into)?,
            Err(error) => into.skipped.push(invalid(place, &error)),
        }
    }
    Ok(())
}

fn invalid(place: Place, error: &serde_json::Error) -> Problem {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    Problem {
        place,
        what: format!("column {}: no JSON: {words}", error.column()),
        hint: Some("each line is one JSON object"),
    }
}

fn take(row: Value, place: Place, name: &str, options: &ReadOptions, into: &mut Corpus) -> Result<(), CorpusError> {
    let Value::Object(fields) = row else {
        into.skipped.push(Problem {
            place,
            what: "no JSON object".into(),
            hint: Some("each record is an object, {…}"),
        });
        return Ok(());
    };
    // A field that the user named and that the very first record lacks is a slip for all of them.
    if into.examples.is_empty() && into.skipped.is_empty() {
        let names: Vec<String> = fields.keys().cloned().collect();
        for wanted in [&options.text, &options.label, &options.group, &options.weight].into_iter().flatten() {
            needed(wanted, &names, name)?;
        }
        if options.text.is_none() {
            needed("text", &names, name)?;
        }
        let has_labels = options.label.is_some() || fields.contains_key("labels") || fields.contains_key("label");
        if !has_labels && options.label_columns.is_empty() {
            return Err(CorpusError::NoLabels { path: name.into(), found: names });
        }
    }
    match example(fields, place.clone(), options) {
        Ok(example) => into.examples.push(example),
        Err((what, hint)) => into.skipped.push(Problem { place, what, hint: Some(hint) }),
    }
    Ok(())
}

type Fault = (String, &'static str);

fn example(mut fields: Map<String, Value>, place: Place, options: &ReadOptions) -> Result<Example, Fault> {
    let text = match fields.remove(options.text.as_deref().unwrap_or("text")) {
        Some(Value::String(text)) if !text.trim().is_empty() => text,
        Some(Value::String(_)) => return Err(("the text is empty".into(), TEXT)),
        Some(other) => return Err((format!("the text is {}, not a string", kind(&other)), TEXT)),
        None => return Err(("no text".into(), TEXT)),
    };
    let labels = labels(&mut fields, options)?;
    let weight = match fields.remove(options.weight.as_deref().unwrap_or("weight")) {
        None | Some(Value::Null) => 1.0,
        Some(value) => {
            weight(&scalar(&value).unwrap_or_default()).ok_or_else(|| (format!("{value} is no weight"), WEIGHT))?
        }
    };
    let group = match &options.group {
        Some(name) => fields.remove(name),
        None => fields.remove("group").or_else(|| fields.remove("doc")),
    };
    let id = fields.remove("id").as_ref().and_then(scalar);
    let extra: BTreeMap<String, String> =
        fields.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect();
    Ok(Example { text, labels, group: group.as_ref().and_then(scalar), weight, place, id, extra })
}

fn labels(fields: &mut Map<String, Value>, options: &ReadOptions) -> Result<Vec<String>, Fault> {
    if !options.label_columns.is_empty() {
        return wide(fields, options);
    }
    let value = match &options.label {
        Some(name) => fields.remove(name),
        None => fields.remove("labels").or_else(|| fields.remove("label")),
    };
    match value {
        Some(Value::String(cell)) => Ok(split_labels(&cell, options.separator.as_deref())),
        Some(Value::Array(items)) => {
            let mut labels: Vec<String> = Vec::new();
            for item in items {
                match scalar(&item).map(|label| label.trim().to_owned()) {
                    Some(label) if label.is_empty() => return Err(("a label is empty".into(), LABELS)),
                    Some(label) if labels.contains(&label) => {}
                    Some(label) => labels.push(label),
                    None => return Err((format!("a label is {}, not a string", kind(&item)), LABELS)),
                }
            }
            Ok(labels)
        }
        Some(Value::Number(number)) => Ok(vec![number.to_string()]),
        Some(Value::Null) | None => Err(("no labels".into(), LABELS)),
        Some(other) => Err((format!("the labels are {}", kind(&other)), LABELS)),
    }
}

fn wide(fields: &mut Map<String, Value>, options: &ReadOptions) -> Result<Vec<String>, Fault> {
    let mut labels = Vec::new();
    for name in &options.label_columns {
        match fields.remove(name) {
            Some(Value::Bool(true)) => labels.push(name.clone()),
            Some(Value::Number(number)) if number.as_f64() == Some(1.0) => labels.push(name.clone()),
            Some(Value::Bool(false) | Value::Null) | None => {}
            Some(Value::Number(number)) if number.as_f64() == Some(0.0) => {}
            Some(other) => return Err((format!("{name} is {other}, not 0 or 1"), "a column for a label holds 0 or 1")),
        }
    }
    Ok(labels)
}

/// Text, numbers and truth values as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Writes one object a line.
///
/// # Errors
/// Those of the output.
pub fn write(examples: &[Example], mut out: impl Write) -> io::Result<()> {
    for example in examples {
        let mut fields = Map::new();
        if let Some(id) = &example.id {
            fields.insert("id".into(), id.clone().into());
        }
        fields.insert("text".into(), example.text.clone().into());
        fields.insert("labels".into(), example.labels.clone().into());
        if let Some(group) = &example.group {
            fields.insert("group".into(), group.clone().into());
        }
        if example.weight != 1.0 {
            fields.insert("weight".into(), example.weight.into());
        }
        for (name, value) in &example.extra {
            fields.insert(name.clone(), value.clone().into());
        }
        writeln!(out, "{}", Value::Object(fields))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::parse;
    use super::*;
    use proptest::prelude::*;

    fn one(line: &str) -> Corpus {
        let good = "{\"text\": \"ok\", \"labels\": []}\n";
        parse("a.jsonl", &format!("{good}{line}\n"), &ReadOptions::default()).unwrap()
    }

    #[test]
    fn lists_strings_and_empty_lists_are_labels() {
        assert_eq!(one(r#"{"text": "a", "labels": ["x", "y", "x"]}"#).examples[1].labels, ["x", "y"]);
        assert_eq!(one(r#"{"text": "a", "label": "x|y"}"#).examples[1].labels, ["x", "y"]);
        assert!(one(r#"{"text": "a", "labels": []}"#).examples[1].labels.is_empty());
        assert_eq!(one(r#"{"text": "a", "labels": 3}"#).examples[1].labels, ["3"]);
    }

    #[test]
    fn bad_records_are_named_by_line_and_fault() {
        for (line, what) in [
            (r#"{"text": "a", "labels": ["x""#, "no JSON"),
            (r#"{"text": 7, "labels": []}"#, "the text is a number"),
            (r#"{"text": " ", "labels": []}"#, "the text is empty"),
            (r#"{"labels": []}"#, "no text"),
            (r#"{"text": "a"}"#, "no labels"),
            (r#"{"text": "a", "labels": null}"#, "no labels"),
            (r#"{"text": "a", "labels": [{}]}"#, "a label is an object"),
            (r#"{"text": "a", "labels": [], "weight": -1}"#, "-1 is no weight"),
            ("[1, 2]", "no JSON object"),
        ] {
            let corpus = one(line);
            assert!(corpus.skipped[0].to_string().starts_with("a.jsonl:2: "), "{}", corpus.skipped[0]);
            assert!(corpus.skipped[0].what.contains(what), "{}", corpus.skipped[0]);
            assert_eq!(corpus.examples.len(), 1);
        }
    }

    #[test]
    fn other_fields_are_kept_as_text() {
        let example =
            &one(r#"{"text": "a", "labels": [], "doc": "d1", "id": 4, "register": "news", "n": 2, "weight": 0.5}"#)
                .examples[1];
        assert_eq!((example.group.as_deref(), example.id.as_deref(), example.weight), (Some("d1"), Some("4"), 0.5));
        assert_eq!(example.extra["register"], "news");
        assert_eq!(example.extra["n"], "2");
    }

    #[test]
    fn an_array_of_objects_is_read_too() {
        let corpus =
            parse("a.json", r#"[{"text": "a", "labels": ["x"]}, {"text": "b"}]"#, &ReadOptions::default()).unwrap();
        assert_eq!(corpus.examples[0].labels, ["x"]);
        assert_eq!(corpus.skipped[0].to_string(), format!("a.json: record 2: no labels\nhint: {LABELS}"));
    }

    #[test]
    fn a_field_that_the_first_record_lacks_ends_the_reading_with_the_names_there_are() {
        let error = parse("a.jsonl", "{\"body\": \"a\", \"labels\": []}\n", &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("there are body, labels"), "{error}");
        let error = parse("a.jsonl", "{\"text\": \"a\", \"lable\": []}\n", &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("--label-column"), "{error}");
        let options = ReadOptions { text: Some("bodi".into()), ..Default::default() };
        let error = parse("a.jsonl", "{\"body\": \"a\", \"labels\": []}\n", &options).unwrap_err();
        assert!(error.to_string().contains("did you mean \"body\""), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            units in prop::collection::vec(("\\PC{0,20}[a-z]", prop::collection::btree_set("[a-zA-Z ]{0,4}[a-z]", 0..3), prop::option::of("[a-z]{1,3}")), 1..6),
        ) {
            let examples: Vec<Example> = units.into_iter().enumerate().map(|(at, (text, labels, group))| Example {
                text, labels: labels.iter().map(|l| l.trim().to_owned()).collect::<std::collections::BTreeSet<_>>().into_iter().collect(), group, weight: 1.0 + at as f64,
                place: Place::line("x", at as u64 + 1), id: Some(at.to_string()), extra: BTreeMap::from([("k".into(), "v".into())]),
            }).collect();
            let mut bytes = Vec::new();
            write(&examples, &mut bytes).unwrap();
            let mut corpus = Corpus::default();
            read(&bytes, "x", &ReadOptions::default(), &mut corpus).unwrap();
            prop_assert_eq!(corpus.examples, examples);
        }
    }
}
