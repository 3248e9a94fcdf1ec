//! What the program prints as JSON is what `docs/schema/` says.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::desk::{Desk, LABELLED};

/// The value is as `docs/schema/NAME.schema.json` says, and has no field that the schema does not know: those who read our output must take
/// new fields as they come, but we must not add one without describing it.
#[track_caller]
pub fn assert_valid(name: &str, value: &Value) {
    let faults = faults(name, value);
    assert!(faults.is_empty(), "{name}: {}\nin: {value}", faults.join("\n"));
}

/// The value is not as the schema says, and what is wrong is told in these words.
#[track_caller]
pub fn assert_refused(name: &str, value: &Value, why: &str) {
    let faults = faults(name, value);
    assert!(faults.iter().any(|fault| fault.contains(why)), "{name}: no {why:?} in {faults:?}\nof: {value}");
}

fn faults(name: &str, value: &Value) -> Vec<String> {
    let mut schema = schema(name);
    close(&mut schema);
    let validator = jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn schema(name: &str) -> Value {
    let path = folder().join(format!("{name}.schema.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

/// Forbids fields that are not named, in every object that names some.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".into(), json!(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Each schema with real outputs of the program.
fn outputs() -> Vec<(&'static str, Vec<Value>)> {
    let desk = Desk::with_model()
        .and("speech.txt", "“They ruined the harbour,” said Anna Hale. We will make them pay.\n\nIt rained.\n")
        .and("other.csv", LABELLED.replace(",blame,", ",call,"))
        .and("sample.csv", format!("{LABELLED}The ferry left at noon,,\n"))
        .and("voiced.csv", voiced());
    desk.run("train voiced.csv -o cued --cues builtin --prune 0.01").ok();
    let lines = |args: &str| desk.run(args).ok().records();
    let whole = |args: &str| vec![serde_json::from_str(&desk.run(args).ok().stdout).unwrap()];
    desk.run("train train.csv -o other --cues none --ngrams 1 --l2 4").ok();
    let cut = "classify speech.txt -m m --unit document --max-record 64 -f jsonl";
    vec![
        ("classify", lines("classify speech.txt -m m -f jsonl")),
        ("classify", lines("classify speech.txt -m m -f jsonl --voice none")),
        ("classify-summary", lines("classify speech.txt -m m -f jsonl --voice none --summary")),
        ("classify", lines("classify speech.txt -m cued -f jsonl --explain --all-scores")),
        ("classify", lines("classify voiced.csv --column text -m cued -f jsonl --explain=reading")),
        ("classify", lines(cut)),
        ("classify-summary", lines("classify speech.txt voiced.csv -m m --summary -f jsonl")),
        ("evaluate", whole("evaluate voiced.csv -m cued --by group --voice --errors 3 --format json")),
        ("evaluate", whole("evaluate voiced.csv -m m --compare other --flips 2 --format json")),
        ("evaluate", whole("evaluate train.csv --cv --cues none --errors 3 --format json")),
        ("inspect", whole("inspect --format json")),
        ("inspect", whole("inspect -m cued --format json")),
        ("inspect-cues", whole("inspect -m cued --cues --format json")),
        ("labels", whole("labels --format json")),
        ("label", whole("labels threat --format json")),
        ("agree", whole("agree train.csv voiced.csv --format json --merged merged.csv")),
        ("agree", whole("agree train.csv other.csv train.csv --format json")),
        ("estimate", whole("estimate voiced.csv --column text --labelled sample.csv -m m --by group --format json")),
        ("cues-matches", lines("cues builtin speech.txt -f jsonl")),
        ("cues-counts", lines("cues builtin --labelled train.csv -f jsonl")),
    ]
}

/// The labelled sentences, of the author's voice, and one that is quoted.
fn voiced() -> String {
    let mut rows: Vec<String> = LABELLED.lines().map(|row| format!("{row},author,")).collect();
    rows[0] = LABELLED.lines().next().unwrap().to_owned() + ",voice,quoted_speaker";
    rows.push("\"\"\"You will pay,\"\" said Anna Hale\",threat,e,quoted,Anna Hale\n".into());
    rows.join("\n")
}

#[test]
fn every_json_output_is_as_its_schema_says_and_a_wrong_one_is_refused() {
    for (name, values) in outputs() {
        assert!(!values.is_empty(), "{name}: nothing was printed");
        values.iter().for_each(|value| assert_valid(name, value));
        refuses_wrong_ones(name, &values[0]);
    }
}

/// A real output is no longer valid when a field that must be there is not, has another type, or has a name that nobody described.
fn refuses_wrong_ones(name: &str, value: &Value) {
    let value = if value.is_array() { &value[0] } else { value };
    let wrapped = |value: Value| if schema(name)["type"] == "array" { json!([value]) } else { value };
    let required = schema(name).pointer("/items/required").or(schema(name).get("required")).cloned().unwrap();
    for field in required.as_array().unwrap().iter().map(|field| field.as_str().unwrap()) {
        let mut without = value.clone();
        without.as_object_mut().unwrap().remove(field);
        assert_refused(name, &wrapped(without), "is a required property");
        let mut other = value.clone();
        other[field] = if value[field].is_boolean() { json!("no") } else { json!(true) };
        assert!(!faults(name, &wrapped(other)).is_empty(), "{name}: {field} may be of another type");
    }
    let mut more = value.clone();
    more["surprise"] = json!(1);
    assert_refused(name, &wrapped(more), "surprise");
}

#[test]
fn what_no_record_may_hold_is_refused() {
    let record = json!({"path": "-", "index": 1, "line": 1, "start": 0, "end": 3, "text": "Go!", "voice": "author", "framings": [],
        "known": 1.0, "model": "0123abcd"});
    assert_valid("classify", &record);
    let with = |field: &str, value: Value| {
        let mut record = record.clone();
        record[field] = value;
        record
    };
    assert_refused("classify", &with("voice", json!("whispered")), "whispered");
    assert_refused("classify", &with("index", json!(0)), "minimum");
    assert_refused("classify", &with("known", json!(1.5)), "maximum");
    assert_refused("classify", &with("model", json!("the embedded one")), "does not match");
    assert_refused(
        "classify",
        &with("framings", json!([{"label": "threat", "p": 0.9}])),
        "\"threshold\" is a required",
    );
    let terms = json!([{"surface": "Go", "term": "go", "contribution": 1.0, "spans": [[0]]}]);
    let framing = json!({"label": "call", "p": 0.9, "threshold": 0.5, "explain": {"intercept": 0.0, "terms": terms}});
    assert_refused("classify", &with("framings", json!([framing])), "[0]");
}

#[test]
fn every_record_carries_the_fingerprint_of_its_model() {
    let desk = Desk::with_model();
    let inspected: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
    for args in ["-f jsonl", "--summary -f jsonl"] {
        let records = desk.run(&format!("classify train.csv -m m {args}")).ok().records();
        assert!(!records.is_empty() && records.iter().all(|record| record["model"] == inspected["model"]), "{args}");
    }
}

#[test]
fn every_schema_is_one_says_what_each_field_means_and_stands_in_the_list() {
    let list = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let names = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    for file in names.filter(|name| name.ends_with(".json")) {
        let name = file.strip_suffix(".schema.json").expect("a schema is called NAME.schema.json");
        let schema = schema(name);
        assert!(jsonschema::draft202012::meta::validate(&schema).is_ok(), "{name} is no JSON Schema 2020-12");
        assert_eq!(schema["$id"], format!("urn:rhetor:schema:{name}"));
        assert!(list.contains(&format!("({file})")), "docs/schema/README.md does not list {file}");
        undescribed(name, &schema);
    }
}

fn undescribed(at: &str, schema: &Value) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        assert!(field["description"].is_string(), "{at}: nothing says what {name} means");
    }
    match schema {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| undescribed(&format!("{at}/{name}"), inner)),
        Value::Array(items) => items.iter().for_each(|inner| undescribed(at, inner)),
        _ => {}
    }
}
