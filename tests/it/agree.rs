use std::collections::BTreeMap;

use serde_json::Value;

use crate::desk::{Desk, Ran};

const ANNA: &str = "\
text,labels,group
We will make them pay.,threat,a
Vote now!,call,a
It rained.,,a
They caused it.,blame,b
They caused it and will pay,blame|threat,b
The bus is late,,b
Sign the petition,call,c
You will regret this,threat,c
Nobody else did it,blame,c
It snowed,,c
";

const BEN: &str = "\
text,labels,group
We will  make them pay.,threat,a
Vote now!,call,a
It rained.,,a
They caused it.,blame|call,b
They caused it and will pay,threat,b
The bus is late,blame,b
Sign the petition,call,c
You will regret this,threat,c
Nobody else did it,,c
It hailed,,c
";

fn two() -> Desk {
    Desk::with("anna.csv", ANNA).and("ben.csv", BEN)
}

fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.ok().stdout).expect("the output is JSON")
}

#[test]
fn two_annotators_get_their_figures_with_a_reading_and_what_to_discuss() {
    two()
        .run("agree anna.csv ben.csv")
        .ok()
        .matches("agree.txt")
        .says("2 units have one annotator only")
        .says("anna 1, ben 1");
    two().run("agree anna.csv ben.csv --format csv").ok().matches("agree.csv");
}

#[test]
fn every_figure_is_that_of_krippendorff_statsmodels_nltk_and_scikit_learn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agreement/figures.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut figures = 0;
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let units = case["units"].as_array().unwrap();
        let annotators = units[0].as_array().unwrap().len();
        let mut desk = Desk::new();
        for who in 0..annotators {
            let row = |(at, unit): (usize, &Value)| {
                let labels = unit.get(who).filter(|labels| !labels.is_null())?;
                Some(serde_json::json!({"text": format!("unit {at}"), "labels": labels}).to_string() + "\n")
            };
            let rows: String = units.iter().enumerate().filter_map(row).collect();
            desk = desk.and(&format!("c{who}.jsonl"), rows);
        }
        let files: Vec<String> = (0..annotators).map(|who| format!("c{who}.jsonl")).collect();
        let ran = desk.run(&format!("agree {} --format json", files.join(" ")));
        let expected = &case["figures"];
        if expected["sets"]["agreement"].is_null() {
            ran.ends(1).says("no unit has two annotators");
            continue;
        }
        let found = json(ran);
        let mut same = |found: &Value, expected: &Value, whose: &str| {
            for (measure, expected) in expected.as_object().unwrap().iter().filter(|(name, _)| *name != "who") {
                let value = found[measure]["value"].as_f64();
                let close = match (value, expected.as_f64()) {
                    (Some(value), Some(expected)) => (value - expected).abs() < 1e-10,
                    (value, expected) => value == expected,
                };
                assert!(close, "{name}, {whose}, {measure}: {value:?}, not {expected}");
                figures += 1;
            }
        };
        same(&found["sets"], &expected["sets"], "sets");
        for label in found["labels"].as_array().unwrap() {
            let name = label["label"].as_str().unwrap();
            same(label, &expected["labels"][name], name);
        }
        let pairs = found["pairs"].as_array().unwrap();
        assert_eq!(pairs.len(), expected["pairs"].as_array().unwrap().len());
        for (pair, expected) in pairs.iter().zip(expected["pairs"].as_array().unwrap()) {
            let who = |at: usize| format!("c{}", expected["who"][at]);
            assert_eq!((&pair["annotators"][0], &pair["annotators"][1]), (&Value::from(who(0)), &Value::from(who(1))));
            same(pair, expected, "pair");
        }
    }
    assert!(figures > 250, "{figures}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_number_of_threads() {
    let on = |threads: u32| {
        two().run(&format!("agree anna.csv ben.csv --format json --seed 3 --threads {threads}")).ok().stdout
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn one_file_with_a_column_of_annotators_is_as_good_as_several() {
    let rows =
        |name: &str, data: &str| -> String { data.lines().skip(1).map(|line| format!("{line},{name}\n")).collect() };
    let all = format!("text,labels,group,coder\n{}{}", rows("anna", ANNA), rows("ben", BEN));
    let desk = two().and("all.csv", &all).and("usual.csv", all.replacen("coder", "annotator", 1));
    let (several, one) = (
        json(desk.run("agree anna.csv ben.csv -f json")),
        json(desk.run("agree all.csv --annotator-column coder -f json")),
    );
    assert_eq!((&several["sets"], &several["labels"]), (&one["sets"], &one["labels"]));
    assert_eq!(json(desk.run("agree usual.csv -f json"))["labels"], one["labels"]);
    desk.run("agree all.csv").ends(1).says("no row names an annotator").says("--annotator-column").says("coder");
    desk.run("agree anna.csv").ends(1).says("give a file for each annotator");
}

#[test]
fn ids_join_where_they_mean_the_same_and_texts_where_they_do_not() {
    let desk = Desk::with("a.csv", "id,text,labels\n1,One,x\n2,Two,\n3,Three,x\n")
        .and("b.csv", "id,text,labels\n3,Three,x\n1,\"One, mended\",x\n2,Two,x\n")
        .and("c.csv", "id,text,labels\n1,Two,x\n2,Three,x\n3,One,x\n")
        .and("d.csv", "id,text,labels\n2,Two,x\n3,Three,x\n1,One,x\n");
    let by = |args: &str| json(desk.run(&format!("agree {args} -f json")));
    let found = by("a.csv d.csv");
    assert_eq!((&found["joined_by"], &found["shared"]), (&"id".into(), &3.into()));
    let found = by("a.csv b.csv");
    assert_eq!((&found["joined_by"], &found["shared"]), (&"text".into(), &2.into()));
    assert_eq!(found["joining"]["other_text"], serde_json::json!(["b.csv:3"]));
    desk.run("agree a.csv b.csv")
        .ok()
        .says("b.csv:3: 1 row with an id that belongs to another text elsewhere, the first here; so ids mean nothing, and rows are joined by text\nhint: `--join id`");
    desk.run("agree a.csv b.csv --join id")
        .ok()
        .says("b.csv:3: 1 row with an id that belongs to another text elsewhere, the first here\nhint: `--join text`");
    assert_eq!(
        (&by("a.csv c.csv")["joined_by"], &by("a.csv b.csv --join text")["shared"]),
        (&"text".into(), &2.into())
    );
    desk.run("agree a.csv anna.csv --join id").ends(1).says("anna.csv");
}

#[test]
fn a_few_ids_that_mean_other_texts_are_enough_to_go_by_the_text() {
    let rows = |ids: [usize; 10]| -> String {
        (0..10).map(|at| format!("{},text {at},{}\n", ids[at], ["x", "y"][at % 2])).collect()
    };
    let desk = Desk::with("a.csv", format!("id,text,labels\n{}", rows([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])))
        .and("b.csv", format!("id,text,labels\n{}", rows([1, 2, 3, 0, 4, 5, 6, 7, 8, 9])));
    let found = json(desk.run("agree a.csv b.csv -f json"));
    assert_eq!((&found["joined_by"], &found["sets"]["agreement"]["value"]), (&"text".into(), &1.0.into()));
    desk.run("agree a.csv b.csv").ok().says("b.csv:2: 4 rows with an id that belongs to another text elsewhere");
}

#[test]
fn rows_whose_text_stands_under_another_id_are_told_as_what_texts_would_join() {
    let desk = Desk::with("a.csv", "id,text,labels\n1,One,x\n2,Two,\n3,Three,x\n")
        .and("b.csv", "id,text,labels\n1,One,x\n12,Two,\n13,Three,x\n14,Four,\n");
    let found = json(desk.run("agree a.csv b.csv -f json"));
    assert_eq!((&found["joined_by"], &found["shared"]), (&"id".into(), &1.into()));
    assert_eq!(found["joining"]["other_id"], serde_json::json!(["b.csv:3", "b.csv:4"]));
    desk.run("agree a.csv b.csv").ok().says(
        "b.csv:3: 2 rows under an id that no other annotator has, while another has the text under another id, the first here\nhint: `--join text` puts them together",
    );
    desk.run("agree a.csv b.csv --join text").ok().says_not("under an id");
}

#[test]
fn rows_that_stand_twice_or_change_their_mind_are_counted() {
    let desk = two().and("twice.csv", format!("{BEN}It rained.,,a\nVote now!,blame,a\n"));
    let ran = desk.run("agree anna.csv twice.csv --format json").ok();
    let ran = ran.says("1 row repeats").says("twice.csv:13: 1 row with another answer of the same annotator");
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&found["joining"]["repeated"], &found["joining"]["changed"][0]), (&1.into(), &"twice.csv:13".into()));
    let plain = json(desk.run("agree anna.csv ben.csv --format json"));
    assert_eq!(found["labels"], plain["labels"]);
}

#[test]
fn what_they_agree_on_is_merged_and_the_rest_is_listed_with_reasons() {
    let desk = two().and("cem.csv", "text,labels\nThey caused it.,blame\nThe bus is late,\nIt hailed,x\n");
    let ran = desk.run("agree anna.csv ben.csv cem.csv --merged gold.csv --rest rest.jsonl --format json");
    let found = json(ran.says("gold.csv: 7 of 11 units"));
    let gold = String::from_utf8(desk.read("gold.csv")).unwrap();
    assert!(gold.contains("They caused it.,blame,b,3\n") && gold.contains("The bus is late,,b,3\n"), "{gold}");
    let rest = String::from_utf8(desk.read("rest.jsonl")).unwrap();
    let rest: Vec<BTreeMap<String, Value>> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<&str> = rest.iter().map(|row| row["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["a tie over blame", "a tie over blame", "only anna judged it", "a tie over x"]);
    assert_eq!(
        (&rest[0]["by:anna"], &rest[0]["by:ben"], &rest[0]["labels"]),
        (&serde_json::json!(["blame", "threat"]), &serde_json::json!(["threat"]), &Value::Null)
    );
    assert_eq!((&found["merged"]["units"], found["merged"]["left_out"].as_array().unwrap().len()), (&7.into(), 4));
    desk.run("agree anna.csv ben.csv --merged all.jsonl --merge unanimous")
        .ok()
        .prints("merged (unanimous): 5 units, 6 left out");
    desk.run("train gold.csv -o m --cues none").ok();
}

#[test]
fn the_reading_goes_by_the_figure_and_names_what_makes_it_doubtful_in_whole_answers_as_in_labels() {
    // Of sixty units in as many groups eight are divided: alpha is .73, and a draw of worse luck gives less than .667.
    let rows = |ben: bool| -> String {
        let label = |i: usize| if i.is_multiple_of(2) != (ben && i < 8) { "threat" } else { "" };
        (0..60).map(|i| format!("unit {i},{}\n", label(i))).collect()
    };
    let desk = Desk::with("anna.csv", format!("text,labels\n{}", rows(false)))
        .and("ben.csv", format!("text,labels\n{}", rows(true)));
    let out = desk.run("agree anna.csv ben.csv").ok().stdout;
    let reading = |start: &str| {
        let line = out.lines().find(|line| line.trim_start().starts_with(start)).expect("there is such a line");
        line.split_once(']').unwrap().1.rsplit("  ").next().unwrap().trim().to_owned()
    };
    let whole = reading("Krippendorff's alpha");
    assert!(
        whole.starts_with("tentative, though it may be 0.") && whole.ends_with("; the interval is wide"),
        "{whole}"
    );
    assert_eq!(reading("threat"), whole);
}

#[test]
fn outputs_never_replace_inputs_or_each_other() {
    two().run("agree anna.csv ben.csv --merged ben.csv").ends(2).says("would be overwritten");
    two().run("agree anna.csv ben.csv --merged x.csv --rest x.csv").ends(2).says("x.csv");
    let desk = two();
    desk.run("agree anna.csv ben.csv -o figures.csv").ok();
    assert!(desk.read("figures.csv").starts_with(b"of,name,units"));
    two().run("agree anna.csv ben.csv --merged x.ft").ok().says("x.ft: fastText has no room for").wrote("x.ft");
}

#[test]
fn a_label_that_two_annotators_spell_differently_is_told_once() {
    let desk = Desk::with("anna.csv", "text,labels\nThey clashed.,Conflict\nRain.,\nThey met.,conflict\n")
        .and("ben.csv", "text,labels\nThey clashed.,conflict\nRain.,\nThey met.,\n")
        .and("cem.csv", "text,labels\nThey clashed.,conflict\nRain.,\nThey met.,\n");
    let told = "`conflict` (2 rows, first at anna.csv:4) and `Conflict` (1 row, first at anna.csv:2)\nhint: labels that differ only by case";
    let ran = desk.run("agree anna.csv ben.csv").ok().says(told);
    assert_eq!(ran.stderr.matches("differ only by case").count(), 1, "{}", ran.stderr);
    desk.run("agree ben.csv cem.csv").ok().says_not("differ only by case");
    let apart = Desk::with("anna.csv", "text,labels\nThey clashed.,Conflict\n")
        .and("ben.csv", "text,labels\nThey clashed.,conflict\n");
    apart
        .run("agree anna.csv ben.csv")
        .ok()
        .says("`Conflict` (1 row, first at anna.csv:2) and `conflict` (1 row, first at ben.csv:2)");
}

#[test]
fn what_is_still_to_be_agreed_on_is_judged_by_nobody_in_every_format() {
    let desk = Desk::with("t1.csv", "text,labels\ntwo sentence here,b\nother,a\n")
        .and("t2.csv", "text,labels\ntwo sentence here,a\nother,a\n");
    let rest = |name: &str, format: &str| {
        desk.run(&format!("agree t1.csv t2.csv --rest {name} {format}")).ok();
        String::from_utf8(desk.read(name)).unwrap()
    };
    let table = rest("rest.csv", "");
    assert!(table.starts_with("text,labels,judged,") && table.contains("two sentence here,,no,"), "{table}");
    assert!(rest("rest.jsonl", "").contains("\"labels\":null"));
    assert!(!rest("rest.prodigy.jsonl", "--merged-format prodigy").contains("\"answer\""));
    let tasks: Value = serde_json::from_str(&rest("rest.json", "--merged-format label-studio")).unwrap();
    assert!(tasks[0].get("annotations").is_none_or(|done| done == &serde_json::json!([])), "{tasks}");
    desk.run("train rest.csv -o m").ends(1).says("nobody has judged any of its 1 row");
}

#[test]
fn notes_columns_and_weights_of_all_annotators_are_in_the_merged_file() {
    let row = |id: u8, more: &str| format!("{{\"id\":\"{id}\",\"text\":\"text {id}\",\"labels\":[\"a\"]{more}}}\n");
    let n1 = row(1, ",\"note\":\"why\",\"year\":1990") + &row(2, ",\"year\":1991") + &row(3, "");
    let n2 = row(1, ",\"note\":\"so\",\"year\":1990,\"place\":\"Rye\"")
        + &row(2, ",\"note\":\"hm\",\"year\":1992,\"weight\":2")
        + &row(3, ",\"note\":\"eh\",\"unsure\":true,\"tags\":[1]");
    let desk = Desk::with("n1.jsonl", n1).and("n2.jsonl", n2);
    desk.run("agree n1.jsonl n2.jsonl --merged gold.jsonl")
        .ok()
        .says("warning: gold.jsonl: annotators' rows differ in `year` (1 unit); what the first has stands here");
    let gold = String::from_utf8(desk.read("gold.jsonl")).unwrap();
    let gold: Vec<Value> = gold.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&gold[0]["note:n1"], &gold[0]["note:n2"]), (&"why".into(), &"so".into()));
    assert_eq!((&gold[0]["place"], &gold[0]["year"], gold[0].get("note")), (&"Rye".into(), &1990.into(), None));
    assert_eq!((&gold[1]["year"], &gold[1]["weight"]), (&1991.into(), &2.0.into()));
    assert_eq!(
        (&gold[2]["note:n2"], &gold[2]["unsure"], &gold[2]["tags"]),
        (&"eh".into(), &true.into(), &serde_json::json!([1]))
    );
    desk.run("agree n1.jsonl n2.jsonl --merged gold.csv").ok().says("gold.csv: CSV has no room for `tags` (1 row)");
}

#[test]
fn annotators_whose_names_differ_only_by_case_or_blanks_are_told() {
    let table = "text,labels,annotator\nOne,a,Ann\nOne,a,ann\nTwo,b,Ann \nTwo,b,Ben\nThree,,\n";
    Desk::with("all.csv", table)
        .run("agree all.csv")
        .ok()
        .says("`Ann` (1 row) and `Ann ` (1 row) and `ann` (1 row) count as 3 annotators\nhint: names that differ only by case")
        .says("1 row names nobody in the column \"annotator\" and is left out");
}

#[test]
fn a_figure_is_read_as_it_is_shown() {
    // Six units both call t, nine neither, three divide them: n = 36, Σ n_c·n_k = 2·15·21 = 630, alpha 1 − 35·6/630 = 2/3.
    let rows = |ts: std::ops::Range<usize>| -> String {
        (0..18).map(|at| format!("unit {at},{}\n", if ts.contains(&at) { "t" } else { "" })).collect()
    };
    let desk = Desk::with("a.csv", format!("text,labels\n{}", rows(0..9)))
        .and("b.csv", format!("text,labels\n{}", rows(0..6)));
    let out = desk.run("agree a.csv b.csv").ok().stdout;
    for line in out.lines().filter(|line| line.contains(" 0.667 [")) {
        assert!(line.contains("tentative"), "{line}");
    }
    assert!(out.contains(" 0.667 ["), "{out}");
}

#[test]
fn where_all_draws_agree_no_interval_is_told() {
    let found = json(Desk::with("anna.csv", ANNA).run("agree anna.csv anna.csv --format json"));
    let alpha = found["labels"][0]["alpha"].clone();
    assert_eq!((&alpha["value"], &alpha["interval"]), (&1.0.into(), &Value::Null), "{found}");
}

#[test]
fn an_annotator_whose_ids_are_others_is_told_of_whoever_else_agrees_on_theirs() {
    let rows = |from: usize| -> String { (0..3).map(|at| format!("{},text {at},x\n", from + at)).collect() };
    let desk = Desk::new();
    let desk = [("a", 1), ("b", 1), ("c", 101)]
        .into_iter()
        .fold(desk, |desk, (name, from)| desk.and(&format!("{name}.csv"), format!("id,text,labels\n{}", rows(from))));
    let told = |files: &str| {
        let found = json(desk.run(&format!("agree {files} -f json")));
        assert_eq!(found["joined_by"], "id", "{files}");
        found["joining"]["other_id"].clone()
    };
    let of_c = serde_json::json!(["c.csv:2", "c.csv:3", "c.csv:4"]);
    assert_eq!((told("a.csv b.csv c.csv"), told("c.csv a.csv b.csv")), (of_c.clone(), of_c));
    desk.run("agree a.csv b.csv c.csv")
        .ok()
        .says("c.csv:2: 3 rows under an id that no other annotator has")
        .says("hint: `--join text` puts them together");
    assert_eq!(json(desk.run("agree a.csv b.csv c.csv --join text -f json"))["shared"], 3);
}

#[test]
fn that_no_label_fits_is_merged_only_where_most_said_so() {
    let desk = Desk::with("a.csv", "text,labels\nOne,pos\nTwo,\nThree,pos\n")
        .and("b.csv", "text,labels\nOne,neg\nTwo,\nThree,pos\n")
        .and("c.csv", "text,labels\nOne,neu\nTwo,neu\nThree,neu\n");
    desk.run("agree a.csv b.csv c.csv --merged gold.csv --rest rest.jsonl").ok();
    assert_eq!(String::from_utf8(desk.read("gold.csv")).unwrap(), "text,labels,annotators\nTwo,,3\nThree,pos,3\n");
    let rest: Value = serde_json::from_slice(&desk.read("rest.jsonl")).unwrap();
    assert_eq!((&rest["text"], &rest["reason"]), (&"One".into(), &"no label has a majority".into()));
}

#[test]
fn who_found_that_no_label_fits_is_told_from_who_did_not_judge_in_what_is_left() {
    let desk = Desk::with("a.csv", "text,labels\nOne,\nTwo,x\n")
        .and("b.csv", "text,labels\nOne,x\nTwo,x\n")
        .and("c.csv", "text,labels\nTwo,x\n");
    let run = |rest: &str| {
        desk.run(&format!("agree a.csv b.csv c.csv --rest {rest} --merged gold-{rest}")).ok();
        String::from_utf8(desk.read(rest)).unwrap()
    };
    assert_eq!(run("rest.csv"), "text,labels,judged,by:a,by:b,reason\nOne,,no,(none),x,a tie over x\n");
    let rest: Value = serde_json::from_str(&run("rest.jsonl")).unwrap();
    assert_eq!((&rest["by:a"], &rest["by:b"]), (&serde_json::json!([]), &serde_json::json!(["x"])));
    assert_eq!(rest.get("by:c"), None);
    let gold: Value = serde_json::from_slice(&desk.read("gold-rest.jsonl")).unwrap();
    assert_eq!(gold["annotators"], 3);
}

#[test]
fn several_files_of_one_annotator_are_joined_by_what_their_rows_say() {
    let rows = |name: &str, rows: &[(&str, &str)]| -> String {
        let row = |(text, label): &(&str, &str)| {
            serde_json::json!({"text": text, "labels": [label], "annotator": name}).to_string() + "\n"
        };
        rows.iter().map(row).collect()
    };
    let desk = Desk::with("anna-1.jsonl", rows("anna", &[("One", "x"), ("Two", "y")]))
        .and("anna-2.jsonl", rows("anna", &[("Three", "x"), ("Two", "x")]))
        .and("ben.jsonl", rows("ben", &[("One", "x"), ("Two", "y"), ("Three", "x")]))
        .and("cem.csv", "text,labels\nOne,x\nTwo,y\nThree,x\n")
        .and("copy.csv", "text,labels\nOne,x\nTwo,y\nThree,x\n");
    let ran = desk.run("agree anna-1.jsonl anna-2.jsonl ben.jsonl cem.csv -f json").ok();
    let ran = ran
        .says("anna is the annotator of anna-1, anna-2, by the word of their rows")
        .says("anna-2.jsonl:2: 1 row with another answer of the same annotator")
        .says_not("hold the same rows");
    let names = |found: &Value| -> Vec<String> {
        found["annotators"].as_array().unwrap().iter().map(|who| who["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&json(ran)), ["anna", "ben", "cem"]);
    let alone = desk.run("agree anna-1.jsonl anna-2.jsonl -f json").ok();
    let alone = alone.says("every row says that anna is its annotator; each file counts as one");
    assert_eq!(names(&json(alone)), ["anna-1", "anna-2"]);
    desk.run("agree cem.csv copy.csv").ok().says("cem and copy hold the same rows throughout");
}

#[test]
fn who_was_unsure_is_named_beside_the_answer() {
    let row = |labels: &str, more: &str| format!("{{\"text\":\"One\",\"labels\":{labels}{more}}}\n");
    let desk = Desk::with("anna.jsonl", row("[\"x\"]", ",\"unsure\":true")).and("ben.jsonl", row("[]", ""));
    desk.run("agree anna.jsonl ben.jsonl").ok().prints("anna: x (unsure); ben: nothing\n");
    let found = json(desk.run("agree anna.jsonl ben.jsonl -f json"));
    assert_eq!(found["discuss"][0]["unsure"], serde_json::json!(["anna"]));
    crate::schema::assert_valid("agree", &found);
}
