use serde_json::Value;

use crate::desk::{Desk, LABELLED};

/// Sentences that the small model was not trained on.
const OTHERS: &str = "\
text,labels,group,paper
The leak is the fault of the contractor and nobody else,blame,a,Herald
If you talk you will pay for it,threat,a,Herald
Sign the petition and vote,call,b,Herald
The council met at seven on Friday,,b,Post
We will make the firm pay,threat|blame,c,Post
The minutes were approved,,c,Post
";

#[test]
fn figures_come_with_intervals_and_baselines() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    desk.run("evaluate others.csv -m m").ok().matches("evaluate.txt");
}

#[test]
fn figures_are_also_json_and_equal_those_counted_from_the_records() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    let found: serde_json::Value =
        serde_json::from_str(&desk.run("evaluate others.csv -m m --format json --by paper").ok().stdout).unwrap();
    let records = desk.run("classify others.csv -m m --column text --format jsonl").ok().records();
    let truths = ["blame", "threat", "call", "", "threat|blame", ""];
    for figures in found["labels"].as_array().unwrap() {
        let label = figures["label"].as_str().unwrap();
        let mut counts = [0.0; 3];
        for (record, truth) in records.iter().zip(truths) {
            let given = record["framings"].as_array().unwrap().iter().any(|framing| framing["label"] == label);
            let is = truth.split('|').any(|name| name == label);
            counts[0] += f64::from(u8::from(given && is));
            counts[1] += f64::from(u8::from(given && !is));
            counts[2] += f64::from(u8::from(!given && is));
        }
        let [hits, false_alarms, misses] = counts;
        let f1 = if hits == 0.0 { 0.0 } else { 2.0 * hits / (2.0 * hits + false_alarms + misses) };
        assert!((figures["f1"]["value"].as_f64().unwrap() - f1).abs() < 1e-12, "{label}");
        assert_eq!(figures["support"].as_f64().unwrap(), hits + misses, "{label}");
    }
    let parts: Vec<_> = found["parts"].as_array().unwrap().iter().map(|part| part["value"].clone()).collect();
    assert_eq!(parts, ["Herald", "Post"]);
    assert_eq!(found["data"][0]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn the_same_data_and_seed_give_the_same_figures_whatever_the_number_of_threads() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    let on = |threads: u32| desk.run(&format!("evaluate others.csv -m m --threads {threads} --seed 4")).ok().stdout;
    assert_eq!(on(1), on(2));
}

#[test]
fn mistakes_are_shown_with_their_words() {
    let desk = Desk::with_model().and("odd.csv", "text,labels\nSign the petition before the meeting,threat\n");
    desk.run("evaluate odd.csv -m m --errors 5")
        .ok()
        .prints("odd.csv:2: missed threat")
        .prints("odd.csv:2: wrongly given call")
        .prints("“Sign”");
}

#[test]
fn labels_that_the_model_does_not_have_are_named_and_columns_that_are_not_there() {
    let desk = Desk::with_model().and("odd.csv", "text,labels,paper\nThey will pay,threats,Post\nVote,call,Post\n");
    desk.run("evaluate odd.csv -m m").ok().says("no label \"threats\"").says("did you mean threat?");
    desk.run("evaluate odd.csv -m m --by press").ends(1).says("no unit has a column \"press\"").says("paper");
    desk.run("evaluate odd.csv -m m -o odd.csv").ends(2).says("would be overwritten");
}

#[test]
fn a_mirror_goes_into_the_card_and_is_named_when_it_is_another_models() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    desk.run("evaluate others.csv -m m --format json -o mirror.json").ok().wrote("mirror.json");
    desk.run("train train.csv -o again --cues none --mirror mirror.json")
        .ok()
        .prints("on other text: 6 units in 3 groups of others.csv");
    let shown = desk.run("inspect -m again").ok();
    assert!(!shown.stdout.contains("measured on another model"), "{}", shown.stdout);
    desk.run("train train.csv -o other --cues none --ngrams 1 --mirror mirror.json")
        .ok()
        .says("the mirror's figures are those of another model");
    desk.run("inspect -m other").ok().prints("measured on another model than this one");
    desk.run("train train.csv -o x --cues none --mirror train.csv").ends(1).says("not what `rhetor evaluate");
}

#[test]
fn a_compressed_model_is_smaller_and_says_how_far_its_scores_moved() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o plain --cues none").ok();
    desk.run("train train.csv -o small --cues none --quantize 16 --prune 0.05")
        .ok()
        .prints("weights     16 bits, terms pruned to 0.05");
    desk.run("train train.csv -o tiny --cues none --quantize 8").ok();
    assert!(desk.read("small").len() < desk.read("plain").len() && desk.read("tiny").len() < desk.read("plain").len());
    let scores = |model: &str| -> Vec<f64> {
        let records =
            desk.run(&format!("classify train.csv -m {model} --column text -f jsonl --all-scores")).ok().records();
        let logit = |p: f64| (p / (1.0 - p)).ln();
        records
            .iter()
            .flat_map(|r| {
                r["probabilities"].as_object().unwrap().values().map(|p| logit(p.as_f64().unwrap())).collect::<Vec<_>>()
            })
            .collect()
    };
    let plain = scores("plain");
    for model in ["small", "tiny"] {
        let card: serde_json::Value =
            serde_json::from_str(&desk.run(&format!("inspect -m {model} --format json")).ok().stdout).unwrap();
        let said = card["compression"]["largest_change"].as_f64().unwrap();
        let moved = plain.iter().zip(scores(model)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(moved > 0.0 && (moved - said).abs() < 1e-6, "{model}: {moved} {said}");
    }
    desk.run("train train.csv -o again --cues none --quantize 16 --prune 0.05").ok();
    assert_eq!(desk.read("small"), desk.read("again"));
    desk.run("train train.csv -o x --cues none --prune -1").ends(2).says("log-odds of 0 or more");
}

#[test]
fn shuffled_training_labels_teach_nothing() {
    let pilot = concat!(env!("CARGO_MANIFEST_DIR"), "/training/pilot");
    let mut rows: Vec<serde_json::Value> = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(pilot).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "jsonl")) {
        rows.extend(std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()));
    }
    rows.truncate(2400);
    let labels: Vec<serde_json::Value> = rows.iter().map(|row| row["labels"].clone()).collect();
    // 1013 is prime to 1200, so each set of labels goes to one other sentence.
    let line = |i: usize, shuffled: bool| {
        let from = if shuffled { (i * 1013 + 7) % 1200 } else { i };
        format!("{}\n", serde_json::json!({"text": rows[i]["text"], "labels": labels[from], "group": rows[i]["group"]}))
    };
    let text = |units: std::ops::Range<usize>, shuffled: bool| units.map(|i| line(i, shuffled)).collect::<String>();
    let desk = Desk::with("true.jsonl", text(0..1200, false))
        .and("shuffled.jsonl", text(0..1200, true))
        .and("others.jsonl", text(1200..2400, false));
    let precision = |data: &str| {
        desk.run(&format!("train {data}.jsonl -o {data} --cues none --ngrams 1 --l2 0.1 --folds 2 -q")).ok();
        let found = desk.run(&format!("evaluate others.jsonl -m {data} --format json")).ok().stdout;
        serde_json::from_str::<serde_json::Value>(&found).unwrap()["overall"]["average_precision"]["value"]
            .as_f64()
            .unwrap()
    };
    let constant =
        labels[1200..].iter().map(|set| set.as_array().unwrap().len()).sum::<usize>() as f64 / (12.0 * 1200.0);
    let (learned, shuffled) = (precision("true"), precision("shuffled"));
    assert!(shuffled < 1.5 * constant && learned > 2.0 * constant, "{learned} {shuffled} {constant}");
}

#[test]
fn labels_that_do_not_stand_in_the_data_do_not_spoil_the_means() {
    let desk = Desk::with_model()
        .and("one.csv", "text,labels\nSign the petition before the meeting,call\nThe bill was read a second time,\n");
    let found = desk.run("evaluate one.csv -m m --format json").ok().stdout;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let figure = &found["overall"]["macro_f1"];
    assert_eq!((figure["value"].as_f64(), &figure["interval"]), (Some(1.0), &Value::Null), "all draws agree");
    desk.run("evaluate one.csv -m m --errors 3").ok().prints("1 of the model's 3").prints("no mistakes");
    let desk = desk
        .and("none.csv", "text,labels\nIt rained,\nIt snowed,\n")
        .and("strange.csv", "text,labels\nIt rained,wet\n");
    let text = desk.run("evaluate none.csv -m m").ok().stdout;
    assert!(!text.contains("NaN"), "{text}");
    desk.run("evaluate strange.csv -m m").ends(1).says("no label of the data is the model's (wet)");
    desk.run("evaluate train.csv -m m").ok().says("trained on these very units");
}

/// What a run prints as JSON.
fn json(desk: &Desk, args: &str) -> Value {
    serde_json::from_str(&desk.run(&format!("{args} --format json")).ok().stdout).unwrap()
}

#[test]
fn cross_validation_needs_no_model_and_has_the_figures_that_training_puts_on_the_card() {
    let desk = Desk::with_model();
    let found = json(&desk, "evaluate train.csv --cv --cues none");
    let card = json(&desk, "inspect -m m");
    for figure in ["micro_f1", "macro_f1", "average_precision", "accuracy"] {
        let [ours, card] = [&found["overall"][figure]["value"], &card["overall"][figure]].map(|f| f.as_f64().unwrap());
        assert!((ours - card).abs() < 1e-12, "{figure}: {ours} {card}");
    }
    for (ours, card) in found["labels"].as_array().unwrap().iter().zip(card["labels"].as_array().unwrap()) {
        assert_eq!((&ours["f1"]["value"], &ours["f1"]["interval"]), (&card["f1"], &card["f1_interval"]));
        assert_eq!(ours["calibration_error"], card["calibration_error"]);
    }
    assert_eq!(found["overall"]["baselines"]["keyword"]["micro_f1"], card["overall"]["keyword"]);
    assert_eq!((&found["cv"], found.get("model"), found.get("weights")), (&card["learning"], None, None));
    desk.run("evaluate train.csv --cv --cues none --errors 2 --report page.html")
        .ok()
        .prints("4 folds: each unit is judged by weights, at thresholds, that saw neither it nor others of its group")
        .prints("missed blame")
        .wrote("page.html");
}

#[test]
fn units_that_only_repeat_their_document_are_not_learned_by_heart() {
    // Each document has its own words and its own label: nothing of it can be known from others.
    let row = |i: usize| format!("w{0}a w{0}b w{0}c sentence {1},{2},d{0}\n", i / 4, i % 4, ["x", "y"][i / 4 % 2]);
    let text: String = (0..80).map(row).collect();
    let desk = Desk::with("data.csv", format!("text,labels,group\n{text}"));
    let accuracy = |args: &str| json(&desk, args)["overall"]["accuracy"]["value"].as_f64().unwrap();
    assert!(accuracy("evaluate data.csv --cv --cues none -q") <= 0.6);
    desk.run("train data.csv -o m --cues none -q").ok();
    assert_eq!(accuracy("evaluate data.csv -m m -q"), 1.0);
}

#[test]
fn how_to_train_can_be_chosen_with_cv_only() {
    let desk = Desk::with_model();
    desk.run("evaluate train.csv --ngrams 1").ends(2).says("--cv");
    desk.run("evaluate train.csv -m m --ngrams 1").ends(2).says("--ngrams");
    desk.run("evaluate train.csv -m m --cv").ends(2).says("cannot be used with");
    desk.run("evaluate train.csv -m m --weight-column group").ends(2).says("--weight-column");
    desk.run("evaluate train.csv --weight-column group").ends(2).says("--cv");
    let heavy = desk.and("heavy.csv", "text,labels,weight\nThey will pay,threat,\"1,0\"\nSign it,call,\"0,5\"\n");
    let desk = heavy;
    for none in ["", "--weight-column none"] {
        desk.run(&format!("evaluate heavy.csv -m m {none}")).ok().says_not("left out").prints("2 units");
    }
    desk.run("evaluate heavy.csv --cv").ends(1).says("write 1.0, with a point; `--weight-column none`");
    desk.run("evaluate train.csv -m m --seed 4").ok();
    let folds =
        |args: &str| json(&desk, &format!("evaluate train.csv --cv --cues none -q {args}"))["cv"]["folds"].clone();
    assert_eq!((folds("--folds 2"), folds("")), (2.into(), 4.into()));
}

#[test]
fn two_models_are_compared_by_figure_by_label_and_by_unit() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    desk.run("train train.csv -o loose --cues none --l2 4 --optimize recall=0.9").ok();
    let found = json(&desk, "evaluate others.csv -m m --compare loose");
    let comparison = &found["comparison"];
    let [this, other] = ["m", "loose"].map(|model| json(&desk, &format!("evaluate others.csv -m {model}")));
    for contrast in comparison["overall"].as_array().unwrap() {
        let figure = contrast["figure"].as_str().unwrap();
        let [this, other] = [&this, &other].map(|found| found["overall"][figure]["value"].as_f64().unwrap());
        let said = |key: &str| contrast[key].as_f64().unwrap();
        assert!((said("this") - this).abs() < 1e-15 && (said("other") - other).abs() < 1e-15, "{figure}");
        assert!((said("difference") - (this - other)).abs() < 1e-15, "{figure}");
    }
    assert_eq!(comparison["model"], other["model"]);
    let given = |model: &str| -> Vec<Vec<Value>> {
        let records = desk.run(&format!("classify others.csv -m {model} --column text -f jsonl")).ok().records();
        let labels =
            |record: &Value| record["framings"].as_array().unwrap().iter().map(|f| f["label"].clone()).collect();
        let mut all: Vec<Vec<Value>> = records.iter().map(labels).collect();
        all.iter_mut().for_each(|labels| labels.sort_by_key(Value::to_string));
        all
    };
    let flipped = given("m").iter().zip(given("loose")).filter(|(a, b)| *a != b).count();
    assert!(flipped > 1);
    assert_eq!(comparison["flips"]["units"], flipped);
    desk.run("evaluate others.csv -m m --compare loose --flips 1")
        .ok()
        .prints(&format!("{flipped} units have other labels"))
        .prints("is truly")
        .prints(&format!("… and {} more (`--flips {flipped}` shows all)", flipped - 1));
}

#[test]
fn a_model_that_is_compared_with_itself_differs_in_nothing() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    let found = json(&desk, "evaluate others.csv -m m --compare m");
    let contrasts = found["comparison"]["overall"].as_array().unwrap().iter();
    assert!(contrasts.clone().all(|contrast| contrast["difference"] == 0.0 && contrast["p"] == 1.0));
    assert_eq!(found["comparison"]["flips"]["units"], 0);
    let on = |threads: u32| {
        desk.run("train train.csv -o other --cues none --l2 1 -q").ok();
        desk.run(&format!("evaluate others.csv -m m --compare other --threads {threads}")).ok().stdout
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn models_are_compared_on_the_labels_that_both_have() {
    let fewer: String = LABELLED.lines().filter(|row| !row.contains("threat")).map(|row| format!("{row}\n")).collect();
    let desk = Desk::with_model()
        .and("others.csv", OTHERS)
        .and("fewer.csv", fewer)
        .and("odd.csv", LABELLED.replace("blame", "b").replace("call", "c").replace("threat", "t"));
    desk.run("train fewer.csv -o fewer --cues none").ok();
    desk.run("train odd.csv -o odd --cues none").ok();
    desk.run("evaluate others.csv -m m --compare fewer")
        .ok()
        .says("only one of the models has are not compared: threat");
    desk.run("evaluate others.csv -m m --compare odd").ends(1).says("no label in common").says("it has b, c, t");
    desk.run("evaluate others.csv -m m --compare nowhere").ends(1).says("nowhere");
}

#[test]
fn figures_are_also_a_table_with_a_row_each_by_the_name_of_the_output() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    desk.run("train train.csv -o other --cues none --l2 1").ok();
    let all = "evaluate others.csv -m m --by paper --compare other";
    let found = json(&desk, all);
    desk.run(&format!("{all} -o figures.csv")).ok();
    let table = desk.read("figures.csv");
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(&table[..]).into_records().map(Result::unwrap).collect();
    let cell = |part: &str, label: &str, figure: &str, at: usize| -> f64 {
        let row =
            rows.iter().find(|row| [&row[0], &row[1], &row[2]] == [part, label, figure]).expect("there is such a row");
        row[at].parse().unwrap()
    };
    let f1 = &found["overall"]["micro_f1"];
    assert_eq!(cell("", "", "micro_f1", 3), f1["value"].as_f64().unwrap());
    assert_eq!(cell("", "", "micro_f1", 4), f1["interval"][0].as_f64().unwrap());
    assert_eq!(cell("Post", "", "units", 3), 3.0);
    let blame = &found["labels"][0];
    assert_eq!(cell("", "blame", "brier", 5), blame["brier"]["interval"][1].as_f64().unwrap());
    let contrast = &found["comparison"]["overall"][4];
    assert_eq!(cell("", "", "difference.brier", 6), contrast["p"].as_f64().unwrap());
    let contrast = &found["comparison"]["labels"][0]["figures"][0];
    assert_eq!(cell("", "blame", "difference.f1", 7), contrast["p_adjusted"].as_f64().unwrap());
    desk.run("evaluate others.csv -m m -o figures.json").ok();
    assert_eq!(desk.read("figures.json")[0], b'{');
}

#[test]
fn the_page_is_the_same_as_a_format_and_as_a_report() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    desk.run("evaluate others.csv -m m -o a.html --report b.html").ok();
    let page = desk.read("a.html");
    assert!(page.starts_with(b"<!doctype html>") && page == desk.read("b.html"));
    assert_eq!(desk.run("evaluate others.csv -m m -f html").ok().stdout.as_bytes(), page);
    let compared = desk.run("evaluate others.csv -m m -f html --compare m --by paper").ok();
    compared
        .prints("<h2>Against m</h2>")
        .prints("+0.000 [+0.000, +0.000]")
        .says("the page does not show what --by finds");
}

#[test]
fn what_cannot_work_is_said_before_anything_is_scored() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    // There is no such model either, but nobody has looked for it yet.
    desk.run("evaluate others.csv -m nowhere --by press").ends(1).says("no unit has a column \"press\"");
    desk.run("evaluate others.csv -m nowhere --voice").ends(1).says("no unit has a voice");
    desk.run("evaluate others.csv -m nowhere -o no/such/folder.json").ends(1).says("no/such/folder.json");
    desk.run("evaluate others.csv -m nowhere --report .").ends(1).says("is a folder").says("report.html");
}

#[test]
fn a_misspelt_voice_is_named() {
    let rows = "They left,,author\n“They left” she said,,qouted\nIt rained,,whispered\n";
    let desk = Desk::with_model().and("voiced.csv", format!("text,labels,voice\n{rows}"));
    desk.run("evaluate voiced.csv -m m --voice")
        .ok()
        .says("voiced.csv:3: \"qouted\" is no voice, so --voice leaves the unit out (2 such in all)")
        .says("did you mean quoted?");
}

#[test]
fn units_of_one_group_have_no_intervals_and_it_is_said() {
    let desk = Desk::with_model().and("one.csv", "text,labels,group\nVote,call,a\nIt rained,,a\n");
    let ran = desk.run("evaluate one.csv -m m").ok().prints("intervals  none: all units are of one group");
    assert!(!ran.stdout.contains('['), "{}", ran.stdout);
    ran.says("all units are of one group, so there are no intervals");
    let found = json(&desk, "evaluate one.csv -m m --compare m");
    assert_eq!(found["overall"]["micro_f1"], serde_json::json!({"value": 2.0 / 3.0, "interval": null}));
    assert_eq!(found["comparison"]["overall"][0]["interval"], Value::Null);
    let table = desk.run("evaluate one.csv -m m --compare m -f csv").ok();
    table.prints("\n,,micro_f1,0.6666666666666666,,,,\n").prints("\n,,difference.micro_f1,0,,,1,\n");
    desk.run("evaluate one.csv -m m --compare m").ok().prints("+0.000                   1.0000\n");
    let page = desk.run("evaluate one.csv -m m -f html --compare m").ok();
    let page = page
        .prints("<th scope=\"row\">micro F1</th><td class=\"n\">0.67</td><td class=\"n soft\"></td>")
        .prints("<td class=\"n\">+0.000</td><td class=\"n\">0.667</td>");
    assert!(!page.stdout.contains("class=\"range\""), "a bar without an interval: {}", page.stdout);
    desk.run("train one.csv -o alone --cues none --report alone.html").ok();
    assert!(!String::from_utf8(desk.read("alone.html")).unwrap().contains("class=\"range\""));
}

#[test]
fn units_that_a_model_learned_from_are_known_again_and_can_be_left_out() {
    let some = "text,labels\n\"Vote now,  and sign the petition.\",call\nMen left the hall in great haste,\n";
    let desk = Desk::new().and("some.csv", some).and("train.csv", LABELLED);
    let first = LABELLED.lines().nth(1).unwrap().rsplit_once(',').unwrap().0;
    let desk = desk.and("mixed.csv", format!("text,labels\n{first}\nMen left the hall in great haste,\n"));
    desk.run("train train.csv -o m --cues none").ok();
    desk.run("evaluate train.csv -m m").ok().says("the model was trained on these very units, so its figures flatter");
    desk.run("evaluate mixed.csv -m m --compare m")
        .ok()
        .says("warning: the model was trained on 1 of these 2 units, so its figures flatter\nhint: --unseen leaves them out")
        .says("warning: m was trained on 1 of these 2 units");
    desk.run("evaluate mixed.csv -m m --unseen")
        .ok()
        .says("1 of 2 units were trained on, and are left out")
        .prints("data       1 unit");
    desk.run("evaluate train.csv -m m --unseen").ends(1).says("so --unseen leaves none");
    desk.run("evaluate some.csv -m m --unseen").ok().says_not("trained on").says("no unit is known from training");
}

#[test]
fn of_few_groups_it_is_said_that_intervals_say_little() {
    let desk = Desk::with_model().and("others.csv", OTHERS);
    let told = "3 groups are too few to draw from, so intervals say little";
    desk.run("evaluate others.csv -m m").ok().says(told);
    desk.run("evaluate train.csv --cv --cues none").ok().says("4 groups are too few to draw from");
    desk.run("train train.csv -o n --cues none").ok().says("4 groups are too few to draw from");
    let apart = Desk::with_model().and("apart.csv", LABELLED.replace(",group\n", ",document\n"));
    apart.run("evaluate apart.csv -m m").ok().says_not("too few to draw from");
}

#[test]
fn what_no_unit_can_tell_is_left_open() {
    let labelled =
        "text,labels,group\nVote now and sign the petition,call,a\nIt is the fault of the contractor,blame,b\n";
    let desk = Desk::with_model().and("some.csv", labelled);
    let ran = desk.run("evaluate some.csv -m m").ok();
    ran.prints("\nunlabelled units given one    –\n")
        .prints("\nthreat       0      0  –                             –      –  –                     0.000");
    let found = json(&desk, "evaluate some.csv -m m --compare m");
    let nothing = serde_json::json!({"value": null, "interval": null});
    let threat = found["labels"].as_array().unwrap().iter().find(|label| label["label"] == "threat").unwrap();
    for figure in ["average_precision", "f1", "precision", "recall"] {
        assert_eq!(threat[figure], nothing, "{figure}");
    }
    assert_eq!(threat["keyword_f1"], Value::Null);
    assert_eq!(found["overall"]["flagged"], nothing);
    assert_eq!(found["overall"]["average_precision"]["value"], 1.0, "the mean is over the labels that some unit has");
    let against = found["comparison"]["labels"].as_array().unwrap().iter().find(|label| label["label"] == "threat");
    let precision = &against.unwrap()["figures"][1];
    assert_eq!(
        (&precision["difference"], &precision["p"], precision.get("p_adjusted")),
        (&Value::Null, &Value::Null, None)
    );
    desk.run("evaluate some.csv -m m --compare m").ok().prints("AP            –      –  –                        –\n");
    let table = desk.run("evaluate some.csv -m m -f csv").ok();
    table.prints("\n,threat,average_precision,,,,,\n").prints("\n,,flagged,,,,,\n");
    desk.run("evaluate some.csv -m m -f json -o mirror.json").ok();
    desk.run("train train.csv -o again --cues none --mirror mirror.json").ok();
    desk.run("inspect -m again")
        .ok()
        .prints("% of the units with a label were given one, and – of those without\n")
        .prints("\nthreat       0  –                             –      –  –                      ");
    desk.run("inspect -m again -f json").ok().prints("\"precision\": null");
    let page = desk.run("evaluate some.csv -m m -f html --compare m").ok();
    let page = page
        .prints("<th scope=\"row\">unlabelled units given one</th><td class=\"n\">–</td><td class=\"n soft\"></td>")
        .prints("<th scope=\"row\">F1 of threat</th>\n<td><svg width=\"260\" height=\"16\" role=\"img\" aria-label=\"difference –\"><path class=\"axis\" d=\"M130 0V16\"/></svg></td>\n<td class=\"n\">–</td>");
    assert!(!page.stdout.contains("NaN"));
}

#[test]
fn figures_are_not_written_under_a_name_that_promises_something_else() {
    let desk = Desk::with_model();
    desk.run("evaluate train.csv -m m -o f.xlsx")
        .ends(2)
        .left_out("f.xlsx")
        .says("nothing is written as xlsx here\nhint: .json");
    desk.run("evaluate train.csv -m m -o f.jsonl").ends(2).left_out("f.jsonl");
    desk.run("agree train.csv train.csv -o f.html").ends(2).left_out("f.html");
    desk.run("evaluate train.csv -m m -o f.xlsx -f csv").ok().wrote("f.xlsx");
}

#[test]
fn units_with_a_label_that_the_model_lacks_are_left_out_where_nothing_can_be_right() {
    let rows: Vec<&str> = LABELLED.lines().filter(|row| !row.contains(",,") && !row.contains('|')).collect();
    let single = rows.join("\n") + "\n";
    let desk = Desk::with("one.csv", &single)
        .and(
            "strange.csv",
            format!("{single}Anna Hale came by,PERSON,e\nSo did Ben Ames,PERSON,f\nAnd then some,other,f\n"),
        )
        .and("train.csv", LABELLED)
        .and("multi.csv", format!("{LABELLED}Anna Hale will pay for it,PERSON|threat,e\nSo did Ben Ames,PERSON,f\n"));
    desk.run("train one.csv -o one --cues none -q").ok();
    desk.run("train train.csv -o many --cues none -q").ok();
    let units = |args: &str| {
        let found = desk.run(&format!("evaluate -f json {args}")).ok();
        (json_of(&found.stdout)["units"].clone(), found)
    };
    let (all, _) = units("-m one one.csv");
    let (left, ran) = units("-m one strange.csv");
    assert_eq!(left, all);
    ran.says("no label \"PERSON\"; 2 units that have it are left out")
        .says("no label \"other\"; 1 unit that has it is left out");
    let (left, ran) = units("-m many multi.csv");
    assert_eq!(left, 32);
    ran.says("no label \"PERSON\"; 2 units that have it are judged by their other labels alone");
}

fn json_of(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn parts_of_few_groups_are_counted() {
    let row = |i: usize| {
        let (paper, group) = match i {
            0..12 => ("Post", i),
            12..20 => ("Herald", i / 3),
            _ => ("Globe", 30),
        };
        format!("They caused it number {i},{},{group},{paper}\n", ["blame", ""][i % 2])
    };
    let rows: String = (0..24).map(row).collect();
    let desk = Desk::with_model().and("parts.csv", format!("text,labels,group,paper\n{rows}"));
    let ran = desk.run("evaluate parts.csv -m m --by paper").ok();
    let ran =
        ran.says("2 of 3 parts have fewer than ten groups, so their intervals are too narrow; 1 of one group has none");
    let globe = ran.stdout.lines().find(|line| line.starts_with("Globe")).unwrap();
    assert!(!globe.contains('['), "{globe}");
    desk.run("evaluate parts.csv -m m").ok().says_not("parts have");
}

#[test]
fn units_without_a_label_count_as_wrongly_given_one_where_a_model_always_gives_one_and_it_is_said() {
    let rows: Vec<&str> = LABELLED.lines().filter(|row| !row.contains(",,") && !row.contains('|')).collect();
    let single = rows.join("\n") + "\n";
    let desk = Desk::with("one.csv", &single).and("some.csv", format!("{single}It rained all day,,e\n"));
    desk.run("train one.csv -o one --cues none -q").ok();
    desk.run("evaluate some.csv -m one")
        .ok()
        .says("1 unit has no label, and the model gives each unit one: its answer counts as wrong");
    desk.run("evaluate one.csv -m one").ok().says_not("has no label");
}
