use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rhetor::features::FeatureId;
use rhetor::model::Model;
use serde_json::Value;

use crate::desk::{Desk, LABELLED};

#[test]
fn a_ragged_row_is_named_and_the_others_still_train() {
    let data = LABELLED.replacen("bill down,call,c", "bill down,call,c,surplus", 1);
    let desk = Desk::with("train.csv", data);
    desk.run("train train.csv -o m")
        .ok()
        .says("train.csv:11: 4 cells where the header has 3")
        .says("1 of 30 rows")
        .wrote("m");
}

#[test]
fn a_strict_run_ends_at_the_first_bad_row_and_writes_nothing() {
    let desk = Desk::with("train.csv", format!("{LABELLED},call,a\n"));
    desk.run("train train.csv -o m --strict").ends(1).says("train.csv:32: the text is empty").left_out("m");
}

#[test]
fn the_summary_says_how_far_to_trust_each_label() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m")
        .ok()
        .prints("3 labels, any number of labels a unit")
        .prints("one keyword a label")
        .prints("threat")
        .prints("wrote m");
}

#[test]
fn data_that_cannot_teach_anything_is_refused_with_a_way_out() {
    let refused = |data: &str, words: &str| {
        Desk::with("d.csv", data).run("train d.csv -o m").ends(1).says(words).says("hint:").left_out("m");
    };
    refused("text,labels\n", "d.csv: no rows");
    refused("text,labels\na,x\nb,x\n", "every unit has the same labels (x)");
    refused("text,labels\na,\nb,\n", "every unit has the same labels (none)");
    refused("body,labels\na,x\nb,y\n", "no text column among `body`, `labels`");
    refused("text,stars\na,x\nb,y\n", "no label column among `text`, `stars`");
    refused("text,labels\n.,x\n;;,y\n", "no term is left");
    Desk::new().run("train nowhere.csv -o m").ends(1).says("nowhere.csv: no such file");
}

#[test]
fn labels_that_differ_only_by_case_are_reported() {
    let data = LABELLED.replacen("embankment,blame,", "embankment,Blame,", 1);
    Desk::with("train.csv", data).run("train train.csv -o m").ok().says("`Blame` (1 row, first at train.csv:3)");
}

#[test]
fn a_label_with_fewer_examples_than_folds_is_trained_but_marked_untested() {
    let data = format!("{LABELLED}Our forefathers never knelt,pride,a\nWe are a people of the sea,pride,b\n");
    let desk = Desk::with("train.csv", data);
    desk.run("train train.csv -o m").ok().prints("untested").prints("too few examples to test: pride");
    let model = Model::read(&desk.path("m")).unwrap();
    let pride = model.labels().find("pride").unwrap();
    assert_eq!(model.threshold(pride), 0.5);
}

#[test]
fn one_label_in_every_row_makes_a_model_that_gives_exactly_one() {
    let data =
        LABELLED.lines().filter(|line| !line.contains(",,") && !line.contains('|')).collect::<Vec<_>>().join("\n");
    let desk = Desk::with("train.csv", data);
    desk.run("train train.csv -o m").ok().prints("one label a unit");
    let ran = desk.run_with("classify -m m --unit line -f jsonl", "Pay or regret it\nthe\n\n");
    assert!(ran.records().iter().all(|record| record["framings"].as_array().unwrap().len() == 1));
    let sums = desk.run_with("classify -m m --unit line -f jsonl --all-scores", "Pay or regret it\n").records();
    let sum: f64 = sums[0]["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12);
}

#[test]
fn a_row_without_a_label_cannot_be_forced_into_a_single_label_model() {
    Desk::with("train.csv", LABELLED).run("train train.csv -o m --task single").ends(1).says("train.csv:20 has 2");
}

#[test]
fn one_thread_and_two_give_the_same_bytes_and_so_does_a_second_run() {
    let desk = Desk::with("train.csv", LABELLED);
    for (threads, name) in [(1, "one"), (2, "two"), (3, "three")] {
        desk.run(&format!("train train.csv -o {name} --threads {threads}")).ok();
    }
    assert_eq!(desk.read("one"), desk.read("two"));
    assert_eq!(desk.read("one"), desk.read("three"));
    desk.run("train train.csv -o m --verify").ok().says("verified: trained twice");
}

#[test]
fn rows_in_another_order_give_the_same_model_byte_for_byte() {
    let (header, rows) = LABELLED.split_once('\n').unwrap();
    let mut backwards: Vec<&str> = rows.lines().collect();
    backwards.reverse();
    let desk = Desk::with("a.csv", LABELLED).and("b.csv", format!("{header}\n{}\n", backwards.join("\n")));
    desk.run("train a.csv -o a").ok();
    desk.run("train b.csv -o b").ok();
    assert!(desk.read("a") == desk.read("b"));
}

/// Of all weights and intercepts.
fn largest_difference(a: &Model, b: &Model) -> f64 {
    let mut largest = 0.0f64;
    for (label, _) in a.labels().iter() {
        largest = largest.max((a.intercept(label) - b.intercept(label)).abs());
        for feature in 0..a.featurizer().vocabulary().len() as u32 {
            let feature = FeatureId(feature);
            let term = a.featurizer().vocabulary().term(feature);
            let twin = b.featurizer().vocabulary().feature(term).expect("both models have the term");
            largest = largest.max((a.weight(label, feature) - b.weight(label, twin)).abs());
        }
    }
    largest
}

#[test]
fn linfa_and_the_sparse_solver_reach_the_same_weights_on_real_sentences() {
    let sentences = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/pilot/sentences.jsonl");
    let data: Vec<String> = std::fs::read_to_string(sentences).unwrap().lines().step_by(2).map(str::to_owned).collect();
    let desk = Desk::with("d.jsonl", data.join("\n"));
    let options = "--l2 0.5 --min-count 3 --calibrate-where register=nowhere";
    desk.run(&format!("train d.jsonl -o ours {options}")).ok().says("no unit has register = nowhere");
    desk.run(&format!("train d.jsonl -o theirs {options} --solver linfa")).ok();
    let (ours, theirs) = (Model::read(&desk.path("ours")).unwrap(), Model::read(&desk.path("theirs")).unwrap());
    // Calibration stretches weights; what the solvers themselves reach is compared in `learn::logistic`.
    assert!(largest_difference(&ours, &theirs) < 5e-3, "{}", largest_difference(&ours, &theirs));
}

#[test]
fn linfa_refuses_what_would_not_fit_into_memory_and_says_how_much_it_would_take() {
    let rows: String = (0..6000)
        .map(|i| format!("a{i} b{i} c{i} d{i} e{i} f{i} g{i} h{i},{}\n", if i % 2 == 0 { "x" } else { "y" }))
        .collect();
    let desk = Desk::with("d.csv", format!("text,labels\n{rows}"));
    desk.run("train d.csv -o m --solver linfa --l2 1 --folds 2")
        .ends(1)
        .says("MiB, and stops at 2048 MiB")
        .left_out("m");
}

#[test]
fn every_option_of_features_and_learning_trains_a_model_that_classifies() {
    let desk = Desk::with("train.csv", LABELLED);
    for options in [
        "--ngrams 1,3",
        "--ngrams 1 --no-shape",
        "--char-ngrams 2,4",
        "--weighting binary",
        "--weighting count",
        "--weighting nb",
        "--language german",
        "--language none --min-count 2",
        "--class-weight balanced",
        "--optimize precision=0.6",
        "--optimize recall=0.6",
        "--task multi --folds 3 --seed 7",
        "--l2 0.3",
        "--fold-by group",
    ] {
        desk.run(&format!("train train.csv -o m {options}")).ok();
        let ran = desk.run_with("classify -m m -f jsonl -e", "If you cross this line you will pay.\n").ok();
        assert_eq!(ran.records().len(), 1, "{options}");
    }
    desk.run("train train.csv -o m --l2 -1").ends(2).says("an L2 strength is a number above 0");
    desk.run("train train.csv -o m --language klingon").ends(2).says("no stemmer for");
}

#[test]
fn weights_of_rows_count() {
    let weighted = |weight: &dyn Fn(&str) -> &'static str| -> String {
        let rows = LABELLED.lines().skip(1).map(|line| format!("{line},{}\n", weight(line)));
        "text,labels,group,weight\n".to_owned() + &rows.collect::<String>()
    };
    let desk = Desk::with("plain.csv", LABELLED)
        .and("ones.csv", weighted(&|_| "1"))
        .and("heavy.csv", weighted(&|line| if line.contains("threat") { "9" } else { "" }));
    for name in ["plain", "ones", "heavy"] {
        desk.run(&format!("train {name}.csv -o {name} --l2 1")).ok();
    }
    assert_eq!(desk.read("plain"), desk.read("ones"));
    assert_ne!(desk.read("plain"), desk.read("heavy"));
}

#[test]
fn units_may_be_weighed_by_a_column_as_if_they_had_a_weight() {
    let rows = |last: &dyn Fn(&str) -> &'static str, name: &str| -> String {
        let rows = LABELLED.lines().skip(1).map(|line| format!("{line},{}\n", last(line)));
        format!("text,labels,group,{name}\n") + &rows.collect::<String>()
    };
    let desk = Desk::with("kinds.csv", rows(&|line| if line.contains("threat") { "hard" } else { "soft" }, "kind"))
        .and("weights.csv", rows(&|line| if line.contains("threat") { "0.5" } else { "1" }, "weight"));
    let read = |name: &str| Model::read(&desk.path(name)).unwrap();
    desk.run("train kinds.csv -o plain --l2 1").ok();
    desk.run("train kinds.csv -o kinds --l2 1 --weigh kind=hard:0.5").ok().prints(", weighed kind=hard:0.5");
    desk.run("train kinds.csv -o twice --l2 1 --weigh kind=hard:0.25 --weigh kind=hard:2").ok();
    desk.run("train weights.csv -o weights --l2 1").ok();
    assert_eq!(largest_difference(&read("kinds"), &read("weights")), 0.0);
    assert_eq!(largest_difference(&read("kinds"), &read("twice")), 0.0);
    assert!(largest_difference(&read("kinds"), &read("plain")) > 0.0);
}

#[test]
fn a_weighing_that_cannot_be_is_refused_and_an_idle_one_is_told() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m --weigh group=0").ends(2).says("COLUMN=VALUE:FACTOR");
    desk.run("train train.csv -o m --weigh part=x:-1").ends(2).says("no positive number");
    desk.run("train train.csv -o m --weigh part=x:2").ends(1).says("no unit has a column \"part\"");
    let parts: String = LABELLED
        .lines()
        .enumerate()
        .map(|(at, line)| format!("{line},{}\n", if at == 0 { "part" } else { "a" }))
        .collect();
    let desk = Desk::with("parts.csv", parts);
    desk.run("train parts.csv -o m --weigh part=x:2").ok().says("no unit has part = x, so part=x:2 weighs nothing");
}

#[test]
fn data_may_be_gzip_or_standard_input_and_come_in_several_files() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(LABELLED.as_bytes()).unwrap();
    let desk = Desk::with("train.csv", LABELLED).and("train.csv.gz", packed.finish().unwrap());
    desk.run("train train.csv -o plain").ok();
    desk.run("train train.csv.gz -o gzip").ok();
    desk.run_with("train - -o stdin", LABELLED).ok();
    assert_eq!(desk.read("plain"), desk.read("gzip"));
    assert_eq!(desk.read("plain"), desk.read("stdin"));
    desk.run("train train.csv train.csv.gz -o both").ok().prints("60 units in 4 groups");
}

#[test]
fn an_output_that_cannot_be_is_refused_before_any_work() {
    let desk = Desk::with("train.csv", LABELLED).and("sub/x", "");
    desk.run("train train.csv -o train.csv").ends(2).says("is an input");
    desk.run("train train.csv -o sub").ends(1).says("is a folder");
    desk.run("train train.csv -o nowhere/m").ends(1).says("nowhere/m: No such file");
    assert_eq!(desk.read("train.csv"), LABELLED.as_bytes());
}

#[test]
fn a_killed_training_never_leaves_half_a_model() {
    let desk = Desk::with("train.csv", LABELLED.repeat(20).replace("text,labels,group\n", "")).and("old", "");
    let data = [b"text,labels,group\n".to_vec(), desk.read("train.csv")].concat();
    let desk = desk.and("train.csv", data);
    desk.run("train train.csv -o m").ok();
    let whole = desk.read("m");
    for milliseconds in (0..60).step_by(4) {
        let mut child =
            desk.command("train train.csv -o m --seed 1").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let model = desk.read("m");
        assert!(Model::from_bytes(&model, Path::new("m")).is_ok(), "killed after {milliseconds} ms");
    }
    // What a killed run left beside it is replaced by the next.
    std::fs::write(desk.path(".m.rhetor-part"), "half").unwrap();
    desk.run("train train.csv -o m").ok().left_out(".m.rhetor-part");
    assert_eq!(desk.read("m"), whole);
}

#[test]
fn quiet_means_nothing_but_failures() {
    let desk = Desk::with("train.csv", LABELLED);
    let ran = desk.run("train train.csv -o m --quiet").ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

#[test]
fn a_model_has_no_more_terms_than_asked_for_and_equally_frequent_ones_go_together() {
    let rows = "we will pay,a\nwe will go,b\nwe will not,a\nwe saw,b\npay now,a\ngo now,b\n";
    let desk = Desk::with("d.csv", format!("text,labels\n{rows}"));
    let terms = |options: &str| {
        desk.run(&format!("train d.csv -o m --cues none --no-shape --folds 2 -q {options}")).ok();
        let card: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
        (card["terms"].as_u64().unwrap(), card["features"]["max_terms"].as_u64())
    };
    let (all, _) = terms("");
    assert_eq!(terms("--max-terms 1000"), (all, Some(1000)));
    // `we` and `^ we` stand in four units, `will` and `we will` in three.
    assert_eq!([2, 3, 4].map(|most| terms(&format!("--max-terms {most}")).0), [2, 2, 4]);
    desk.run("inspect -m m").ok().prints("4 terms in 1 unit or more, at most 4 of them");
    desk.run("train d.csv -o n --cues none --no-shape --max-terms 1").ends(1).says("raise --max-terms").left_out("n");
    desk.run("train d.csv -o n --max-terms 0").ends(2);
}

#[test]
fn runs_of_words_share_as_many_buckets_as_asked_for_and_are_still_shown_as_they_stand() {
    let rows = "we will pay,a\nwe will go,b\nwe will not,a\nwe saw,b\npay now,a\ngo now,b\n";
    let desk = Desk::with("d.csv", format!("text,labels\n{rows}"));
    desk.run("train d.csv -o m --cues none --no-shape --folds 2 --hash-bits 10 -q").ok();
    desk.run("inspect -m m").ok().prints("n-grams 1–2 in 2^10 buckets;");
    let card: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
    crate::schema::assert_valid("inspect", &card);
    assert_eq!(card["features"]["hash_bits"], 10);
    let strong = card["labels"][0]["pro"].as_array().unwrap();
    let shared = strong.iter().find(|term| term["term"].as_str().unwrap().starts_with('#')).expect("a run is strong");
    assert!(
        ["will pay", "we will", "will not", "pay now", "we", "pay"].contains(&shared["surface"].as_str().unwrap()),
        "{shared}"
    );
    let explained =
        desk.run_with("classify -m m -f jsonl --explain --threshold 0 --unit line", "We will pay.").ok().records();
    let terms = explained[0]["framings"][0]["explain"]["terms"].as_array().unwrap();
    let runs: Vec<&str> = terms
        .iter()
        .filter(|term| term["term"].as_str().unwrap().starts_with('#'))
        .map(|term| term["surface"].as_str().unwrap())
        .collect();
    assert_eq!(std::collections::BTreeSet::from_iter(runs), ["We", "We will", "will pay"].into());
    desk.run_with("classify -m m --explain --threshold 0 --unit line", "We will pay.")
        .ok()
        .prints("“^We”")
        .prints("“We will”")
        .prints("“We”");
    desk.run("train d.csv -o n --hash-bits 7").ends(2).says("8..=28").left_out("n");
    desk.run("train d.csv -o n --hash-bits x").ends(2).left_out("n");
}

#[test]
fn what_only_one_group_says_stays_out_of_the_model_if_wished() {
    let rows = |name: &str, group: &str| {
        format!(
            "{name} will regret this,threat,{group}\nYou and {name} will pay for it,threat,{group}\n\
             The shop of {name} opens at nine,,{group}\nThe bus was late again,,{group}\n"
        )
    };
    let data = format!(
        "text,labels,group\n{}{}{}",
        rows("Abernathy", "a"),
        rows("Quillfeather", "b"),
        rows("Quillfeather", "c")
    );
    let desk = Desk::with("train.csv", data);
    let holds = |model: &str, word: &[u8]| desk.read(model).windows(word.len()).any(|bytes| bytes == word);
    desk.run("train train.csv -o all --cues none --folds 2").ok().prints("terms in 1 unit or more");
    desk.run("train train.csv -o wide --cues none --folds 2 --min-groups 2")
        .ok()
        .prints("terms in 1 unit of 2 groups or more")
        .prints("kept out    6 terms that stand in units of fewer than 2 groups\n");
    desk.run("train train.csv --dry-run --min-groups 2 --cues none")
        .ok()
        .prints("; 6 more that too few groups use are kept out");
    let terms = |model: &str| {
        let card: Value =
            serde_json::from_str(&desk.run(&format!("inspect -m {model} --format json")).ok().stdout).unwrap();
        (card["kept_out"].as_u64(), card["terms"].as_u64().unwrap())
    };
    let (all, wide) = (terms("all"), terms("wide"));
    assert_eq!((all.0, wide.0), (None, Some(all.1 - wide.1)));
    desk.run("inspect").ok();
    assert!(holds("all", b"abernathi") && holds("all", b"quillfeath"));
    assert!(!holds("wide", b"abernath") && holds("wide", b"quillfeath"));
    desk.run("train train.csv --dry-run --min-groups 9 --cues none").ends(1).says("--min-groups");
}

#[test]
fn data_that_is_named_twice_is_warned_of() {
    let desk = Desk::with("train.csv", LABELLED).and("more.csv", LABELLED);
    let twice = "train.csv: is named twice, and its rows count twice";
    desk.run("train train.csv ./train.csv --dry-run").ok().says(&format!("./{twice}"));
    desk.run("agree train.csv train.csv").ok().says(twice);
    desk.run("train train.csv more.csv --dry-run --language de").ok().says_not("twice");
}

/// Three rows with a stray quotation mark among hundreds that have none.
fn astray() -> String {
    let rows = |name: &str| (0..300).map(|n| format!("{name} {n} word,x\n")).collect::<String>();
    format!(
        "text,labels\na b,x\nc d,y\n\"e f,y\n{}he said \"no\" again,y\n\"quoted, one\",x\n{}",
        rows("row"),
        rows("later")
    )
}

#[test]
fn a_stray_quotation_mark_is_named_and_costs_its_own_row_alone() {
    let desk = Desk::with("a.csv", astray());
    desk.run("train a.csv --dry-run")
        .ok()
        .prints("604 units")
        .says("a.csv:4: a quotation mark opens a cell here, and text stands behind the one that closes it on line 305\nhint: ")
        .says("1 of 605 rows are left out");
    desk.run("convert a.csv b.jsonl --strict")
        .ends(1)
        .says("a.csv:4: a quotation mark opens a cell")
        .left_out("b.jsonl");
    let crlf = Desk::with("a.csv", astray().replace('\n', "\r\n"));
    crlf.run("train a.csv --dry-run").ok().prints("604 units").says("a.csv:4: ").says("on line 305");
}

#[test]
fn a_quotation_mark_that_nothing_closes_costs_its_own_row_alone() {
    let rows: String = (0..300).map(|n| format!("row {n} word,x\n")).collect();
    let desk = Desk::with("a.csv", format!("text,labels\na b,x\n\"e f,y\n{rows}"))
        .and("b.csv", "text,labels\na b,x\nc d,y\n\"e f,y\nno comma\n\nnor here\n");
    desk.run("train a.csv --dry-run").ends(1).says("a.csv:3: a quotation mark opens a cell here and none closes it");
    let desk = desk.and("a.csv", format!("text,labels\na b,z\n\"e f,y\n{rows}"));
    desk.run("train a.csv --dry-run").ok().prints("301 units").says("1 of 302 rows are left out");
    desk.run("train b.csv --dry-run")
        .ok()
        .prints("2 units")
        .says("b.csv:4: a quotation mark opens a cell here and none closes it, so that 4 lines are one row\n");
}

#[test]
fn quotation_marks_that_are_as_they_should_be_cost_no_row() {
    let legal = "text,labels\n\"He said:\n\n\"\"no\"\", twice\",x\nhe said \"no\" again,y\n\"two\nlines\" ,x\n5\" tape,y\n\"one\" line,x\n";
    let desk = Desk::with("a.csv", legal).and(
        "b.csv",
        legal
            .replace("text,", "sep=;\ntext;")
            .replace("\",x", "\";x")
            .replace("n,y", "n;y")
            .replace(" ,x", ";x")
            .replace("e,", "e;"),
    );
    desk.run("train a.csv --dry-run").ok().prints("5 units").says_not("quotation mark");
    desk.run("train b.csv --dry-run").ok().says_not("quotation mark");
}

/// [`LABELLED`] with a column more, whose cell is `value` for every other row.
fn with_column(name: &str, value: &str) -> String {
    let mut rows = LABELLED.lines();
    let header = format!("{},{name}\n", rows.next().unwrap());
    let cell = |n: usize| if n.is_multiple_of(2) { value } else { "" };
    header + &rows.enumerate().map(|(n, row)| format!("{row},{}\n", cell(n))).collect::<String>()
}

#[test]
fn a_column_of_weights_is_told_of_and_can_be_left() {
    let desk = Desk::with("plain.csv", LABELLED).and("train.csv", with_column("weight", "2.5"));
    let told = "15 rows weigh other than 1 by the column of weights, from 1 to 2.5 (--weight-column none";
    desk.run("train train.csv -o m --cues none")
        .ok()
        .says(told)
        .prints("row weights 15 units weigh other than 1, from 1 to 2.5");
    desk.run("train train.csv --dry-run").ok().says(told);
    desk.run("evaluate train.csv --cv --cues none").ok().says(told);
    let card: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
    assert_eq!(card["learning"]["row_weights"], serde_json::json!({"units": 15, "least": 1.0, "greatest": 2.5}));
    let linfa = "--cues none --solver linfa --l2 1";
    desk.run(&format!("train train.csv -o n {linfa}")).ends(1).says("leave the weights out: --weight-column none");
    desk.run(&format!("train train.csv -o n {linfa} --weight-column none")).ok().says_not("weigh other");
    desk.run("train train.csv -o n --cues none --weight-column none").ok();
    desk.run("train plain.csv -o plain --cues none").ok();
    assert!(desk.read("n") == desk.read("plain"));
}

#[test]
fn the_card_names_the_units_that_it_judges_and_counts_them() {
    let desk = Desk::with("train.csv", with_column("part", "document"));
    desk.run("train train.csv -o m --cues none --calibrate-where part=document")
        .ok()
        .prints("judged on   units with part=document only")
        .prints("support  judged     F1");
    let card: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
    assert_eq!(card["learning"]["calibrate_where"], "part=document");
    assert_eq!((&card["labels"][0]["support"], &card["labels"][0]["judged"]), (&8.into(), &4.into()));
    let desk = desk.and("accents.csv", with_column("part", "cafe\u{301}"));
    for (data, asked) in [("train.csv", "group=a"), ("accents.csv", "part=caf\u{e9}")] {
        desk.run(&format!("train {data} -o m --cues none --calibrate-where {asked}")).ok();
        let card: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
        assert_eq!(card["learning"]["calibrate_where"], asked);
    }
    desk.run("train train.csv -o m --cues none").ok();
    let card: Value = serde_json::from_str(&desk.run("inspect -m m --format json").ok().stdout).unwrap();
    assert!(card["learning"].get("calibrate_where").is_none() && card["labels"][0].get("judged").is_none());
}

/// Two labels told by a word each, over documents of two rows; `noise` words that nothing hangs on.
fn of_documents(documents: usize) -> String {
    let rows = (0..2 * documents).map(|row| {
        let (label, word) = if row % 3 == 0 { ("threat", "pay") } else { ("", "walk") };
        format!("they will {word} for number{} and more,{label},d{}\n", row % 7, row / 2)
    });
    std::iter::once("text,labels,group\n".to_owned()).chain(rows).collect()
}

#[test]
fn one_fold_held_out_gives_figures_and_cuts_of_its_units_alone_and_weights_of_all() {
    let desk = Desk::with("train.csv", of_documents(150));
    desk.run("train train.csv --dry-run --holdout")
        .ok()
        .prints("held out    one of 5 folds")
        .says("60 units are held out, so thresholds and figures are rough\nhint: without --holdout each unit is held out once");
    desk.run("train train.csv -o m --cues none --l2 0.1 --holdout --report page.html -q").ok().wrote("m");
    let page = String::from_utf8(desk.read("page.html")).unwrap();
    assert!(page.contains("One fold was held out, so they are of its units alone."));
    desk.run("inspect -m m").ok().prints("one of 5 folds held out").prints("support  judged");
    let card = |model: &str| -> Value {
        serde_json::from_str(&desk.run(&format!("inspect -m {model} --format json")).ok().stdout).unwrap()
    };
    let one = card("m");
    assert_eq!((&one["learning"]["folds"], &one["learning"]["holdout"]), (&5.into(), &true.into()));
    assert_eq!((&one["units"], &one["labels"][0]["support"]), (&300.into(), &100.into()));
    let judged = one["labels"][0]["judged"].as_u64().unwrap();
    assert!((15..=25).contains(&judged), "{judged} of 100 are in one fold of five");
    assert_eq!(one["labels"][0]["f1"], 1.0, "{one}");
    desk.run("train train.csv -o all --cues none --l2 0.1 -q").ok();
    let all = card("all");
    assert!(all["learning"].get("holdout").is_none() && all["labels"][0].get("judged").is_none());
    let score = |model: &str| {
        let rows = desk.run(&format!("classify -m {model} --column text -f jsonl --threshold 0 train.csv")).ok().stdout;
        let first: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
        first["framings"][0]["p"].as_f64().unwrap()
    };
    assert!(score("m") > 0.5 && score("all") > 0.5);
}

#[test]
fn one_fold_held_out_is_the_same_in_any_order_of_rows_and_on_any_number_of_threads() {
    let data = of_documents(60);
    let (header, rows) = data.split_once('\n').unwrap();
    let turned: Vec<&str> = std::iter::once(header).chain(rows.lines().rev()).collect();
    let desk = Desk::with("train.csv", data.clone()).and("turned.csv", turned.join("\n"));
    let options = "--holdout --cues builtin --fold-by group -q";
    desk.run(&format!("train train.csv -o one {options} --threads 1")).ok();
    desk.run(&format!("train turned.csv -o two {options} --threads 2")).ok();
    assert!(desk.read("one") == desk.read("two"));
}

#[test]
fn a_label_that_the_fold_held_out_lacks_is_learned_and_marked_untested() {
    let desk = Desk::with("train.csv", of_documents(40) + "march with us on sunday,call,z\n");
    desk.run("train train.csv -o m --cues none --holdout").ok().prints("untested");
}

#[test]
fn figures_from_before_weights_were_made_smaller_are_called_so() {
    let desk = Desk::with("train.csv", LABELLED);
    let mark = "(before weights were made smaller)";
    desk.run("train train.csv -o m --cues none --quantize 8 --prune 1 --report r.html")
        .ok()
        .prints(mark)
        .says("log-odds, and the card's figures are from before\nhint: `rhetor evaluate`");
    desk.run("inspect -m m").ok().prints(mark);
    assert!(String::from_utf8(desk.read("r.html")).unwrap().contains("before weights were made smaller"));
    let ran = desk.run("train train.csv -o m --cues none --quantize 16").ok().says_not("figures are from before");
    assert!(!ran.stdout.contains(mark));
}

#[test]
fn a_text_with_other_labels_the_second_time_is_warned_of() {
    let again = "The bill was read a second time,threat,d\nA price of two pounds was agreed,call,c\n";
    let desk = Desk::with("train.csv", LABELLED).and("again.csv", format!("{LABELLED}{again}"));
    desk.run("train again.csv -o m --cues none").ok().says(
        "warning: 2 texts have other labels the second time, the first at again.csv:27 and again.csv:32\nhint: --dry-run lists",
    );
    desk.run("train train.csv -o m --cues none").ok().says_not("other labels");
}

#[cfg(unix)]
#[test]
fn a_model_that_goes_to_standard_output_by_name_has_no_card_behind_it() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m --cues none").ok();
    let out = desk.command("train train.csv -o /dev/stdout --cues none").stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success() && out.stdout == desk.read("m"));
    assert!(String::from_utf8_lossy(&out.stderr).contains("held out"));
}

#[test]
fn a_strength_without_what_it_is_for_is_refused_with_a_tip_that_fits() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m --cues none --cues-l2 3")
        .ends(2)
        .says("--cues-l2 is for cues, and there are none\nhint: ");
    desk.run("train train.csv -o m --language german --cues-l2 3").ends(2).says("there are none");
    desk.run("train train.csv -o m --vectors-l2 3")
        .ends(2)
        .says("--vectors <FILE>")
        .says_not("names the model to write");
    desk.run("train train.csv").ends(2).says("names the model to write");
}

#[test]
fn a_label_with_a_long_name_does_not_widen_the_rows_of_the_others() {
    let long = "a".repeat(200);
    let desk =
        Desk::with("train.csv", LABELLED.replace("threat", &long)).and("one.csv", "text,labels\nVote now,call\n");
    for args in
        ["train train.csv -o m --cues none", "train train.csv --dry-run", "evaluate -m m train.csv", "inspect -m m"]
    {
        let ran = desk.run(args).ok();
        assert!(ran.stdout.contains(&format!("{}…", "a".repeat(47))), "{args}: {}", ran.stdout);
        assert!(!ran.stdout.lines().any(|row| row.starts_with(&long)), "{args}");
    }
    desk.run("train train.csv -o m --cues none --language none").ok().prints(": no stems, n-grams");
    desk.run("evaluate -m m one.csv").ok().prints("data       1 unit\nintervals  none: there is one unit only\n");
}

#[test]
fn very_many_labels_are_said_to_take_long_before_they_do() {
    let rows: String = (0..2000).map(|n| format!("w{} v{n},l{}\n", n % 500, n % 500)).collect();
    let desk = Desk::with("many.csv", format!("text,labels\n{rows}"));
    let mut child = desk.command("train many.csv -o m --cues none").stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.starts_with("500 labels in 2000 rows: each is learned for each fold and strength"), "{said}");
}

#[test]
fn texts_that_a_column_names_are_told_where_nothing_says_what_belongs_together() {
    let with_path = |name: &str| {
        let row = |(at, line): (usize, &str)| match at {
            // No group is called so any more.
            0 => "text,labels,part,path\n".to_owned(),
            at => format!("{line},{name}{}.txt\n", at % 3),
        };
        LABELLED.lines().enumerate().map(row).collect::<String>()
    };
    let desk = Desk::with("train.csv", with_path("a"));
    let told =
        "3 texts stand in the column `path`, and no column says which units belong together\nhint: --group-column path";
    desk.run("train train.csv -o m --cues none").ok().says(told);
    desk.run("train train.csv -o m --cues none --group-column path").ok().says_not("belong together");
}

#[test]
fn a_dry_run_says_what_training_would_of_columns_that_decide_nothing() {
    let desk = Desk::with("parts.csv", with_column("part", "a"));
    for args in ["--dry-run", "-o m"] {
        desk.run(&format!("train parts.csv --cues none --weigh part=x:2 --calibrate-where part=y {args}"))
            .ok()
            .says("no unit has part = x, so part=x:2 weighs nothing")
            .says("no unit has part = y, so thresholds and calibration look at all of them");
    }
}
