use rhetor::codebook::LabelId;
use rhetor::model::Model;
use safetensors::tensor::{Dtype, TensorView};

use crate::desk::{Desk, LABELLED};

/// Three kinds of words on three axes; the last of each kind stands in no sentence of [`LABELLED`].
const AXES: [&[&str]; 3] = [
    &["fault", "blame", "caused", "broke", "skipped", "left", "ruined", "culpable"],
    &["sign", "vote", "write", "march", "join", "send", "let", "lobby"],
    &["pay", "regret", "suffer", "evicted", "dismissed", "price", "patient", "retaliate"],
];

fn vec_text() -> String {
    let mut text = String::from("27 3\n");
    for (axis, words) in AXES.iter().enumerate() {
        for (i, word) in words.iter().enumerate() {
            let number = |at: usize| if at == axis { 1.0 } else { 0.02 * (i + at) as f64 };
            text += &format!("{word} {} {} {}\n", number(0), number(1), number(2));
        }
    }
    text + "meeting 0 0 0\nminutes -0.2 0.1 0\nhall 0 0.1 -0.2\n"
}

fn desk() -> Desk {
    Desk::with("train.csv", LABELLED).and("w.vec", vec_text())
}

#[test]
fn a_word_that_training_never_saw_speaks_as_its_neighbours_do() {
    // Every word stands in one unit only, so that nothing but the vectors, one axis a label, can foresee a held-out unit.
    let (mut data, mut vectors) = (String::from("text,labels\n"), String::new());
    for (axis, label) in ["x", "y", "z", ""].into_iter().enumerate() {
        for letter in 'a'..='p' {
            let word = format!("{}{letter}", ["ox", "oy", "oz", "on"][axis]);
            if letter < 'p' {
                data += &format!("{word},{label}\n");
            }
            let number = |at: usize| if at == axis { 1.0 } else { 0.01 * f64::from(letter as u32 % 7 + at as u32) };
            vectors += &format!("{word} {} {} {}\n", number(0), number(1), number(2));
        }
    }
    let desk = Desk::with("train.csv", data).and("w.vec", vectors);
    desk.run("train train.csv -o m --language none --vectors w.vec").ok();
    let model = Model::read(&desk.path("m")).unwrap();
    for (label, word) in ["oxp", "oyp", "ozp"].into_iter().enumerate() {
        let feature = model.featurizer().vocabulary().feature(word).expect(word);
        for other in 0..3 {
            let weight = model.weight(LabelId(other), feature);
            assert_eq!(weight > 0.0, usize::from(other) == label, "{word} for label {other}: {weight}");
        }
    }
}

#[test]
fn contributions_of_words_with_vectors_add_up_to_the_score() {
    let desk = desk();
    desk.run("train train.csv -o m --vectors w.vec --cues builtin").ok();
    let text = "You will regret it, for we lobby and retaliate at the town hall!\n";
    let ran = desk.run_with("classify -m m -f jsonl --explain --threshold 0", text).ok();
    let record = &ran.records()[0];
    let mut explained = 0;
    for framing in record["framings"].as_array().unwrap() {
        let terms = framing["explain"]["terms"].as_array().unwrap();
        let sum: f64 = terms.iter().map(|term| term["contribution"].as_f64().unwrap()).sum();
        let score = framing["explain"]["intercept"].as_f64().unwrap() + sum;
        let p = framing["p"].as_f64().unwrap();
        assert!((1.0 / (1.0 + (-score).exp()) - p).abs() < 1e-9, "{framing}");
        explained += terms.iter().filter(|term| term["term"] == "retali").count();
    }
    assert_eq!(explained, 3);
}

#[test]
fn a_model_with_vectors_is_the_same_bytes_every_time_and_says_what_it_was_made_with() {
    let desk = desk();
    desk.run("train train.csv -o one --vectors w.vec --verify --threads 1").ok().says("verified");
    desk.run("train train.csv -o two --vectors w.vec --threads 2").ok();
    assert_eq!(desk.read("one"), desk.read("two"));
    desk.run("inspect -m one")
        .ok()
        .prints("27 of the terms have one of 3 numbers, 3 of them in no unit")
        .prints("for vectors");
    desk.run("inspect -m one --format json").ok().prints("\"unseen\": 3").prints("\"block\": \"vectors\"");
}

#[test]
fn vectors_in_text_and_in_safetensors_make_one_model() {
    let text = vec_text();
    let lines: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(' ').collect()).collect();
    let words = lines.iter().map(|line| line[0]).collect::<Vec<_>>().join("\n");
    let numbers: Vec<u8> =
        lines.iter().flat_map(|line| &line[1..]).flat_map(|n| n.parse::<f32>().unwrap().to_le_bytes()).collect();
    let vectors = TensorView::new(Dtype::F32, vec![lines.len(), 3], &numbers).unwrap();
    let words = TensorView::new(Dtype::U8, vec![words.len()], words.as_bytes()).unwrap();
    let bytes = safetensors::serialize([("vectors", vectors), ("words", words)], None).unwrap();
    let desk = desk().and("w.safetensors", bytes);
    desk.run("train train.csv -o one --vectors w.vec").ok();
    desk.run("train train.csv -o two --vectors w.safetensors").ok();
    assert_eq!(desk.read("one"), desk.read("two"));
}

#[test]
fn vectors_serve_data_with_one_label_a_unit_and_units_without_other_terms() {
    let data: String = LABELLED
        .lines()
        .filter(|line| !line.contains(",,") && !line.contains('|'))
        .map(|line| format!("{line}\n"))
        .collect();
    let desk = Desk::with("train.csv", data).and("w.vec", vec_text());
    desk.run("train train.csv -o m --vectors w.vec").ok().prints("one label a unit");
    desk.run("train train.csv -o m --vectors w.vec --min-count 1000 --cues none").ok();
    desk.run_with("classify -m m -f jsonl", "They retaliate.\n").ok().prints("\"label\":\"threat\"");
}

#[test]
fn vectors_that_cannot_be_used_are_refused_before_training() {
    let refused = |vectors: &str, words: &str| {
        let desk = Desk::with("train.csv", LABELLED).and("w.vec", vectors);
        desk.run("train train.csv -o m --vectors w.vec").ends(1).says(words).says("hint:").left_out("m");
    };
    refused("pay 1 2\nblame 1 zwei\n", "w.vec:2:9: `zwei` is not a finite number");
    refused("pay 1 2\nblame 1\n", "w.vec:2: 1 numbers where 2 are needed");
    refused("", "w.vec: no vectors");
    refused("vermutlich 1 2\n", "no unit has a word of the vectors");
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m --vectors nowhere.vec").ends(1).says("nowhere.vec: ").left_out("m");
    desk.run("train train.csv -o m --vectors-l2 1").ends(2);
}

#[test]
fn a_dry_run_counts_the_terms_that_only_vectors_know() {
    let desk = desk().and("none.vec", "1 3\nunheard 1 0 0\n");
    desk.run("train train.csv -o m --cues none --vectors w.vec").ok();
    let terms = Model::read(&desk.path("m")).unwrap().featurizer().vocabulary().len();
    desk.run("train train.csv --cues none --vectors w.vec --dry-run")
        .ok()
        .prints(&format!("{terms} terms to learn on"));
    for args in ["--dry-run", "-o n"] {
        desk.run(&format!("train train.csv --cues none --vectors none.vec {args}"))
            .ends(1)
            .says("no unit has a word of the vectors");
    }
}
