//! A model as the page shows it: its labels, what they mean, and what each cut would give.

use rhetor::codebook::Codebook;
use rhetor::model::{Model, Task};
use rhetor::report::html::mark::{TINTS, codes};
use serde_json::{Value, json};

pub fn about(model: &Model) -> Value {
    let book = model.codebook();
    let codes = codes(model.labels().iter().map(|(_, name)| name));
    let labels = model.labels().iter().zip(codes).map(|((label, name), code)| {
        let card = model.card().labels.get(label.index()).filter(|card| !card.untested);
        let mut curve = card.map(|card| card.curve.clone()).unwrap_or_default();
        curve.sort_by(|a, b| a.0.total_cmp(&b.0));
        json!({
            "name": name,
            "code": code,
            "tint": label.index() % TINTS,
            "threshold": model.threshold(label),
            // Cut, precision, recall, rising; found on folds that the tested weights had not seen.
            "curve": curve,
            "entry": book.as_deref().map(|book| entry(book, name)),
        })
    });
    json!({
        "fingerprint": model.fingerprint(),
        "version": env!("CARGO_PKG_VERSION"),
        "note": model.card().note,
        "single": model.task() == Task::Single,
        "labels": labels.collect::<Vec<_>>(),
    })
}

fn entry(book: &Codebook, name: &str) -> Value {
    let rules: Vec<String> = book.rules_of(name).map(|rule| rule.words()).collect();
    match book.find(name) {
        None => Value::Null,
        Some(entry) => json!({
            "definition": entry.definition, "published": entry.published, "examples": entry.examples,
            "near_misses": entry.near_misses, "rules": rules,
        }),
    }
}
