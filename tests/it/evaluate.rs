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
    desk.run("evaluate odd.csv -m m -o odd.csv").ends(1).says("would be overwritten");
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
    assert_eq!((figure["value"].as_f64(), figure["interval"][1].as_f64()), (Some(1.0), Some(1.0)));
    desk.run("evaluate one.csv -m m --errors 3").ok().prints("1 of the model's 3").prints("no mistakes");
    let desk = desk
        .and("none.csv", "text,labels\nIt rained,\nIt snowed,\n")
        .and("strange.csv", "text,labels\nIt rained,wet\n");
    let text = desk.run("evaluate none.csv -m m").ok().stdout;
    assert!(!text.contains("NaN"), "{text}");
    desk.run("evaluate strange.csv -m m").ends(1).says("no label of the data is the model's (wet)");
    desk.run("evaluate train.csv -m m").ok().says("trained on these very units");
}
