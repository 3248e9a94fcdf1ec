//! Every figure is the one that scikit-learn gives for the same answers: `tests/fixtures/sklearn/make.py` asked it.

use rhetor::evaluate::{Evaluation, Judgement, Truth};
use rhetor::model::Task;
use serde_json::Value;

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sklearn/metrics.json");
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all["cases"].as_array().unwrap().clone()
}

fn judgement(case: &Value) -> Judgement {
    let rows = |field: &str| -> Vec<Vec<f64>> { serde_json::from_value(case[field].clone()).unwrap() };
    let k = rows("truth")[0].len();
    let truth = |field: &str| Truth::new(k, rows(field).concat().iter().map(|cell| *cell == 1.0).collect());
    let given = truth("given");
    Judgement {
        task: if case["task"] == "single" { Task::Single } else { Task::Multi },
        labels: (0..k).map(|label| label.to_string()).collect(),
        truth: truth("truth"),
        probabilities: rows("probabilities").concat(),
        groups: (0..given.units()).collect(),
        keywords: given.clone(),
        given,
    }
}

#[track_caller]
fn same(what: &str, ours: &Value, theirs: &Value) {
    let number = |value: &Value| value.get("value").unwrap_or(value).as_f64();
    let theirs = number(theirs).unwrap_or_else(|| panic!("{what}: {theirs}"));
    // What nothing can tell we leave open.
    let ours = number(ours).unwrap_or(0.0);
    assert!((ours - theirs).abs() < 1e-12, "{what}: {ours}, and scikit-learn says {theirs}");
}

#[test]
fn every_figure_is_that_of_scikit_learn() {
    for case in cases() {
        let name = case["name"].as_str().unwrap();
        let found: Evaluation = judgement(&case).evaluate(0);
        let overall = serde_json::to_value(&found.overall).unwrap();
        let theirs = case["expected"]["overall"].as_object().unwrap();
        assert_eq!(theirs.len(), 19, "{name}");
        theirs.iter().for_each(|(figure, theirs)| same(&format!("{name}: {figure}"), &overall[figure], theirs));
        for (ours, theirs) in found.labels.iter().zip(case["expected"]["labels"].as_array().unwrap()) {
            let ours = serde_json::to_value(ours).unwrap();
            for (figure, theirs) in theirs.as_object().unwrap() {
                same(&format!("{name}: {figure} of {}", ours["label"]), &ours[figure], theirs);
            }
        }
    }
}

#[test]
fn confusions_of_single_labels_are_the_cells_of_a_confusion_matrix() {
    for case in cases().iter().filter(|case| case["task"] == "single") {
        let mut ours: Vec<(usize, usize, u64)> = judgement(case)
            .confusions()
            .into_iter()
            .map(|(a, b, count)| (a.parse().unwrap(), b.parse().unwrap(), count))
            .collect();
        ours.sort_unstable();
        let theirs: Vec<(usize, usize, u64)> = serde_json::from_value(case["expected"]["confusions"].clone()).unwrap();
        assert_eq!(ours, theirs, "{}", case["name"]);
    }
}

#[test]
fn an_evaluation_lists_no_figure_that_nobody_checked() {
    // What scikit-learn has no word for is checked by hand in src/evaluate.
    let ours = serde_json::to_value(judgement(&cases()[0]).evaluate(0).overall).unwrap();
    let theirs = cases()[0]["expected"]["overall"].clone();
    let mut unchecked: Vec<&str> = ours.as_object().unwrap().keys().map(String::as_str).collect();
    unchecked.retain(|figure| theirs.get(figure).is_none());
    assert_eq!(unchecked, ["baselines", "flagged", "found"]);
}
