//! `Ä` may be one character, or `A` with a mark behind it as macOS writes it. It looks the same, and is the same: in the names of labels and columns
//! wherever they stand, and where texts are compared. Nobody can type the difference.

use crate::desk::{Desk, LABELLED, Ran};

/// Labelled data with `Ä` and `ö` in labels, texts and the name of a column, as one character each.
fn composed() -> String {
    let rows = LABELLED
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with('"'))
        .map(|line| format!("Schön. {line},{}\n", line.len() % 3));
    let data = "text,labels,group,Häufigkeit\n".to_owned() + &rows.collect::<String>();
    data.replace("threat", "Ängste")
}

/// The same with marks behind their letters.
fn decomposed(text: &str) -> String {
    text.replace('Ä', "A\u{308}").replace('ä', "a\u{308}").replace('ö', "o\u{308}")
}

/// A desk with the data in both forms and a model of each, `m` and `d`.
fn desk() -> Desk {
    let desk = Desk::with("c.csv", composed()).and("d.csv", decomposed(&composed()));
    desk.run("train c.csv -o m --cues none --language german -q").ok();
    desk.run("train d.csv -o d --cues none --language german -q").ok();
    desk
}

#[test]
fn two_annotators_agree_on_a_label_that_each_writes_in_another_form() {
    let anna = "id;text;labels\n1;Es droht.;Ängste\n2;Es regnet.;\n3;Alles brennt.;Ängste\n";
    let ran = Desk::with("anna.csv", anna).and("ben.csv", decomposed(anna)).run("agree anna.csv ben.csv -f json").ok();
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let labels: Vec<&str> = found["labels"].as_array().unwrap().iter().map(|l| l["label"].as_str().unwrap()).collect();
    assert_eq!((labels, &found["sets"]["alpha"]["value"]), (vec!["Ängste"], &1.0.into()));
}

#[test]
fn a_model_has_one_label_where_data_writes_it_in_two_forms() {
    let desk = desk();
    let both =
        composed() + &decomposed(&composed().lines().skip(1).map(|line| format!("{line}\n")).collect::<String>());
    let desk = desk.and("both.csv", both);
    let dry = desk.run("train both.csv --dry-run --cues none").ok();
    assert_eq!(dry.stdout.matches("ngste").count(), 1, "{}", dry.stdout);
    dry.prints("28 texts stand more than once");
    desk.run(&format!("inspect -m m --terms {}", decomposed("Ängste"))).ok().prints("Ängste");
    desk.run("inspect -m d --terms Ängste").ok().prints("terms for Ängste");
}

#[test]
fn a_text_is_known_again_and_its_label_counts_in_either_form() {
    let desk = desk();
    desk.run("evaluate d.csv -m m").ok().says("trained on these very units").says_not("has no label");
    desk.run("evaluate d.csv -m m --unseen").ends(1).says("every unit is one that was trained on");
    let pool = "text\nSchön. The council approved the minutes of the last meeting\nThey went home.\n";
    let rest = desk.and("pool.csv", pool).run("suggest pool.csv -m m -l d.csv -n 5 -f jsonl --random 0").ok();
    assert_eq!(rest.records().len(), 1, "{}", rest.stdout);
}

#[test]
fn texts_that_are_the_same_share_a_fold() {
    let row = |at: usize| format!("Schön {at},{}\n", if at.is_multiple_of(2) { "x" } else { "" });
    let rows: String = (0..20).map(|at| row(at) + &decomposed(&row(at))).collect();
    let ran = Desk::with("twice.csv", format!("text,labels\n{rows}")).run("train twice.csv --dry-run").ok();
    ran.prints("20 groups");
}

#[test]
fn columns_and_labels_are_found_by_the_form_that_one_types() {
    let desk = desk();
    let (own, other) = ("Häufigkeit", decomposed("Häufigkeit"));
    for (file, name) in [("c.csv", &other[..]), ("d.csv", own)] {
        desk.run(&format!("train {file} --dry-run --cues none --fold-by {name}")).ok();
        desk.run(&format!("evaluate {file} -m m --by {name}")).ok().prints("Häufigkeit");
        desk.run(&format!("train {file} --dry-run --cues none --label-column {name}")).ok();
        let ran = desk.run(&format!("classify {file} -m m --column {name} -f csv")).ok();
        assert!(ran.stdout.starts_with("text,labels,group,Häufigkeit,"), "{}", ran.stdout);
    }
    for (model, only) in [("m", decomposed("Ängste")), ("d", "Ängste".into())] {
        let ran =
            desk.run(&format!("classify d.csv --column text -m {model} --threshold 0 -f jsonl --only {only}")).ok();
        assert_eq!(ran.records()[0]["framings"][0]["label"], "Ängste");
        assert!(ran.records()[0]["text"].as_str().unwrap().starts_with("Scho\u{308}n"), "a text stays as it is");
    }
    let json = format!("{{\"text\": \"a\", \"labels\": [], \"{other}\": 1}}\n");
    let ran = desk.and("o.jsonl", json).run_with("classify -m m o.jsonl --column Häufigkeit -f csv", "");
    ran.ends(0).prints("Häufigkeit");
}

#[test]
fn a_value_that_parts_units_is_one_in_either_form() {
    let lines = LABELLED.lines().skip(1).filter(|line| !line.starts_with('"'));
    let row = |(at, line): (usize, &str)| {
        let place = ["Köln".to_owned(), decomposed("Köln"), "Bonn".into()][at % 3].clone();
        format!("{place},Here: {line}\n")
    };
    let rows: String = lines.enumerate().map(row).collect();
    let desk = Desk::with_model().and("a.csv", format!("Ort,text,labels,group\n{rows}"));
    for command in ["evaluate a.csv", "estimate a.csv --column text --labelled a.csv"] {
        let ran = desk.run(&format!("{command} -m m --by Ort -f json")).ok();
        let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let parts = found["parts"].as_array().unwrap().iter();
        let values: Vec<&str> = parts.map(|part| part["value"].as_str().unwrap()).collect();
        assert_eq!(values, ["Köln", "Bonn"], "{command}");
    }
}

#[test]
fn cues_and_codebooks_speak_of_labels_in_either_form() {
    let book = |label: &str| format!("[[label]]\nname = \"{label}\"\ndefinition = \"droht\"\n");
    let cues = |label: &str| format!("[\"{label}\"]\nzahlen = \"pay\"\n");
    let labels = ["Ängste".to_owned(), decomposed("Ängste")];
    for (label, file) in labels.iter().zip(["d.csv", "c.csv"]) {
        let desk = Desk::with("c.csv", composed()).and("d.csv", decomposed(&composed()));
        let desk = desk.and("book.toml", book(label)).and("cues.toml", cues(label));
        desk.run(&format!("train {file} --dry-run --cues none --codebook book.toml"))
            .ok()
            .says_not("no label \"A")
            .says_not("no label \"Ä")
            .says_not("is labelled Ä");
        desk.run(&format!("cues cues.toml --labelled {file} --only {label}")).ok().prints("zahlen  Ängste");
        for typed in &labels {
            desk.run(&format!("labels {typed} --codebook book.toml")).ok().prints("the sentence droht");
        }
    }
}

#[test]
fn every_format_of_data_gives_composed_labels() {
    let desk = Desk::with("c.csv", composed());
    for format in ["csv", "jsonl", "fasttext", "doccano", "prodigy", "label-studio"] {
        let written = desk.run(&format!("convert c.csv - --to {format} -q")).ok().stdout;
        let read = |data: &str| -> Ran {
            desk.run_with(&format!("convert - - --to fasttext --input-format {format} -q"), data).ok()
        };
        let labels = |ran: Ran| ran.stdout.matches("__label__Ängste").count();
        assert_eq!((labels(read(&written)), labels(read(&decomposed(&written)))), (6, 6), "{format}");
    }
}
