use crate::desk::{Desk, LABELLED};

const BOOK: &str = "title: The harbour\nlabels:\n  - name: blame\n    definition: names a culprit\n    examples: [They did it.]\n    near_misses: [It broke.]\n  - name: call\n    definition: asks for it\n  - name: promise\nrules:\n  - name: Fault\n    labels: [blame]\n    text: A cause is no culprit.\n";

#[test]
fn every_label_is_listed_and_one_is_explained() {
    let desk = Desk::new();
    desk.run("labels").ok().prints("threat ").prints("whataboutism         answers or deflects criticism");
    desk.run("labels threat").ok().prints("performs it").prints("threat / fear-appeal").prints("commissive");
    desk.run("labels treat").ends(2).says("did you mean threat?");
    Desk::with("my.rhetor", "").run("labels my.rhetor").ends(2).says("hint: `rhetor labels -m my.rhetor` shows");
    let desk = Desk::with("book.yaml", BOOK).and("book", "labels = [\"blame\"]\n");
    desk.run("labels book.yaml").ends(2).says("hint: `rhetor labels --codebook book.yaml` shows a codebook file");
    desk.run("labels book").ends(2).says("hint: `rhetor labels --codebook book` shows");
}

#[test]
fn the_codebook_is_there_for_programs() {
    let book: serde_json::Value = serde_json::from_str(&Desk::new().run("labels -f json").ok().stdout).unwrap();
    assert_eq!(book["label"].as_array().unwrap().len(), 12);
    let one: serde_json::Value = serde_json::from_str(&Desk::new().run("labels denial -f json").ok().stdout).unwrap();
    assert!(one["rules"].as_array().unwrap().iter().any(|rule| rule["number"] == 13));
}

#[test]
fn a_codebook_of_ones_own_travels_inside_the_model() {
    let desk = Desk::with("train.csv", LABELLED).and("book.yaml", BOOK);
    desk.run("labels --codebook book.yaml").ok().prints("The harbour: the sentence").prints("blame    names a culprit");
    desk.run("train train.csv -o m --cues none --codebook book.yaml")
        .ok()
        .says("book.yaml: has no label \"threat\", and 7 rows of the data have\nhint: say in book.yaml what it means")
        .says("book.yaml: no row of the data is labelled promise\nhint: ");
    let named = desk.run("labels -m m blame").ok().prints("blame: the sentence names a culprit").prints("They did it.");
    named.prints(" 1. Fault. A cause is no culprit.");
    let book: serde_json::Value = serde_json::from_str(&desk.run("labels -m m -f json").ok().stdout).unwrap();
    assert_eq!((&book["title"], book["label"].as_array().map(Vec::len)), (&"The harbour".into(), Some(3)));
    let page = desk.run_with("classify - -m m -f html --threshold 0", "It was the council's fault.\n").ok();
    page.prints("title=\"blame: the sentence names a culprit\"");
    desk.run("inspect -m m").ok().prints("codebook    The harbour: what 3 labels mean");
    desk.run("train train.csv -o again --cues none --codebook book.yaml --verify --report page.html")
        .ok()
        .wrote("page.html");
    let page = String::from_utf8(desk.read("page.html")).unwrap();
    assert!(page.contains("title=\"The sentence names a culprit\""));
    assert_eq!(desk.read("m"), desk.read("again"));
}

#[test]
fn a_model_without_a_codebook_says_so_and_the_embedded_one_has_the_builtin() {
    let desk = Desk::with_model();
    desk.run("labels -m m")
        .ends(1)
        .says("m: has no codebook that says what blame, call, threat mean\nhint: `rhetor train DATA --codebook");
    desk.run("train train.csv -o n --cues none --codebook builtin").ok().says("has no label \"blame\"");
    desk.run("labels -m n denial").ok().prints("denial: the sentence");
}

#[test]
fn a_codebook_that_cannot_be_read_names_the_line() {
    let desk = Desk::with("train.csv", LABELLED).and("book.toml", "[[label]]\nname = \"blame\"\ndefinitoin = \"x\"\n");
    desk.run("train train.csv -o m --codebook book.toml")
        .ends(1)
        .says("book.toml:3: \"definitoin\" is nothing that a label has\nhint: did you mean definition?")
        .left_out("m");
    desk.run("labels --codebook none.toml").ends(1).says("none.toml: ").says("hint: name a TOML or YAML file");
}

#[test]
fn what_a_codebook_says_of_all_labels_is_shown_too() {
    let book = "title: Harbour\nintroduction: The unit is a sentence.\nlabels:\n  blame: names a culprit\nrules:\n  - name: Irony\n    text: Irony counts as what it means.\n  - name: Fault\n    labels: [blame]\n    text: A cause is no culprit.\nvoice: Quoted words count.\n";
    let desk = Desk::with("book.yaml", book);
    desk.run("labels --codebook book.yaml")
        .ok()
        .prints("introduction  The unit is a sentence.\n")
        .prints("voices  Quoted words count.\n")
        .prints("rules for all labels\n   1. Irony. Irony counts as what it means.\n");
    desk.run("labels blame --codebook book.yaml")
        .ok()
        .prints("rules\n   2. Fault. A cause is no culprit.\n\nrules for all labels\n   1. Irony. Irony counts as what it means.\n");
}
