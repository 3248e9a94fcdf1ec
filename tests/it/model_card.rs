//! What is said of the embedded model is what the model says of itself.

use std::fmt::Write;

use serde_json::Value;

use crate::desk::{Desk, tables_of};

fn card() -> Value {
    serde_json::from_str(&Desk::new().run("inspect --format json").ok().stdout).unwrap()
}

#[test]
fn the_tables_of_the_model_card_are_those_of_the_embedded_model() {
    let card = card();
    let mirror = &card["mirror"];
    let number = |value: &Value| format!("{:.2}", value.as_f64().unwrap());
    // A label that is never given has no interval.
    let figure = |value: &Value| match value["interval"].as_array() {
        Some(interval) => format!("{} [{}, {}]", number(&value["value"]), number(&interval[0]), number(&interval[1])),
        None => number(&value["value"]),
    };
    let mut out = String::new();
    let overall = &mirror["overall"];
    writeln!(out, "\n| | on other text | held out |\n|---|---|---|").unwrap();
    for (name, key) in
        [("micro F1", "micro_f1"), ("macro F1", "macro_f1"), ("mean average precision", "average_precision")]
    {
        writeln!(out, "| {name} | {} | {} |", figure(&overall[key]), number(&card["overall"][key])).unwrap();
    }
    writeln!(out, "| sentences with a framing that were given one | {} | |", figure(&overall["found"])).unwrap();
    writeln!(out, "| sentences without that were given one | {} | |", figure(&overall["flagged"])).unwrap();
    writeln!(
        out,
        "\n| framing | in training | on other text: number | precision | recall | F1 | average precision | Brier | ECE | held-out F1 | threshold |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    )
    .unwrap();
    for (own, seen) in card["labels"].as_array().unwrap().iter().zip(mirror["labels"].as_array().unwrap()) {
        assert_eq!(own["label"], seen["label"]);
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {:.3} | {:.3} | {} | {} |",
            own["label"].as_str().unwrap(),
            own["support"],
            seen["support"],
            number(&seen["precision"]),
            number(&seen["recall"]),
            figure(&seen["f1"]),
            figure(&seen["average_precision"]),
            seen["brier"].as_f64().unwrap(),
            seen["calibration_error"].as_f64().unwrap(),
            number(&own["f1"]),
            number(&own["threshold"])
        )
        .unwrap();
    }
    let whole: Value = serde_json::from_str(include_str!("../../models/mirror-evidence.json")).unwrap();
    assert_eq!(whole["weights"], mirror["weights"]);
    reliability(&whole, &mut out);
    writeln!(
        out,
        "\nOther text: {} sentences in {} passages, SHA-256 `{}`. Training data: {} sentences in {} groups, fingerprint `{}`.",
        mirror["units"],
        mirror["groups"],
        mirror["data"][0]["sha256"].as_str().unwrap(),
        card["units"],
        card["groups"],
        &card["data"].as_str().unwrap()[..16]
    )
    .unwrap();
    tables_of("docs/model-card.md", &out);
}

/// All framings' answers on other text together, by tenths of probability.
fn reliability(whole: &Value, out: &mut String) {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for label in whole["labels"].as_array().unwrap() {
        for bin in label["reliability"].as_array().unwrap() {
            let [count, said, was] = [0, 1, 2].map(|at| bin[at].as_f64().unwrap());
            let sum = &mut bins[((said * 10.0) as usize).min(9)];
            *sum = (sum.0 + count, sum.1 + count * said, sum.2 + count * was);
        }
    }
    writeln!(out, "\n| probability said | answers | mean | truly so |\n|---|---|---|---|").unwrap();
    for (at, (count, said, was)) in bins.iter().enumerate().filter(|(_, (count, ..))| *count > 0.0) {
        writeln!(
            out,
            "| {:.1} to {:.1} | {count} | {:.2} | {:.2} |",
            at as f64 / 10.0,
            (at + 1) as f64 / 10.0,
            said / count,
            was / count
        )
        .unwrap();
    }
}

#[test]
fn the_embedded_models_mirror_was_measured_on_its_own_weights() {
    let shown = Desk::new().run("inspect").ok().prints("on other text");
    assert!(!shown.stdout.contains("measured on another model"), "run `just mirror FILE`, then `just model`");
}

#[test]
fn the_embedded_model_is_small_and_its_rounding_moves_no_score_that_counts() {
    assert!(
        std::fs::metadata(concat!(env!("CARGO_MANIFEST_DIR"), "/models/english.safetensors")).unwrap().len() <= 4 << 20
    );
    assert!(card()["compression"]["largest_change"].as_f64().unwrap() <= 0.02);
}
