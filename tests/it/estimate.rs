use serde_json::Value;

use crate::desk::{Desk, LABELLED, Ran};

/// Sentences of the labelled data over and over, a number behind each, in two papers: the truth is known.
fn pool(rows: usize) -> Vec<(String, String, &'static str)> {
    let mut reader = csv::Reader::from_reader(LABELLED.as_bytes());
    let sentences: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let row = |i: usize| {
        // Prime to the number of sentences, so that each comes up in each paper.
        let from = &sentences[(i * 7 + i / 30) % sentences.len()];
        // What the model was not trained on, and is sometimes wrong about.
        let labels = if i.is_multiple_of(9) { "" } else { &from[1] };
        (format!("{} {i}", &from[0]), labels.to_owned(), if i.is_multiple_of(3) { "Post" } else { "Herald" })
    };
    (0..rows).map(row).collect()
}

fn table(header: &str, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(header.split(',')).unwrap();
    rows.for_each(|row| out.write_record(row).unwrap());
    out.into_inner().unwrap()
}

/// A pool of 900 units, and 180 of them labelled by hand.
fn desk() -> Desk {
    let pool = pool(900);
    let all =
        pool.iter().enumerate().map(|(i, (text, _, paper))| vec![i.to_string(), text.clone(), (*paper).to_owned()]);
    let drawn = || pool.iter().enumerate().filter(|(i, _)| (i * 37 + 11) % 5 == 0);
    let hand = drawn().map(|(i, (text, labels, _))| vec![i.to_string(), text.clone(), labels.clone()]);
    Desk::with_model().and("pool.csv", table("id,body,paper", all)).and("hand.csv", table("id,text,labels", hand))
}

fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.ok().stdout).expect("the output is JSON")
}

#[test]
fn counts_are_corrected_by_a_hand_sample_for_the_whole_and_for_each_part() {
    let ran = desk().run("estimate pool.csv --column body --labelled hand.csv -m m --by paper").ok();
    ran.matches("estimate.txt").says_not("random").says_not("not in the pool");
    desk()
        .run("estimate pool.csv --column body --labelled hand.csv -m m --by paper -f csv")
        .ok()
        .matches("estimate.csv");
}

#[test]
fn the_intervals_hold_the_truth_that_the_naive_count_misses() {
    let found = json(desk().run("estimate pool.csv --column body --labelled hand.csv -m m -f json"));
    assert_eq!((&found["sample"]["units"], &found["sample"]["joined_by"]), (&180.into(), &"id".into()));
    let pool = pool(900);
    for label in found["whole"]["labels"].as_array().unwrap() {
        let name = label["label"].as_str().unwrap();
        let truth = pool.iter().filter(|(_, labels, _)| labels.split('|').any(|label| label == name)).count() as f64;
        let [low, high] = [0, 1].map(|end| label["count_interval"][end].as_f64().unwrap());
        assert!(low <= truth && truth <= high, "{name}: {truth} in [{low}, {high}]");
        let width = |of: &str| label[of]["interval"][1].as_f64().unwrap() - label[of]["interval"][0].as_f64().unwrap();
        assert!(width("corrected") < width("hand"), "{name}");
    }
}

#[test]
fn running_text_is_joined_by_its_sentences_and_parted_by_file_and_voice() {
    let text = |from: usize| -> String {
        (from..from + 40)
            .map(|i| format!("“We will make them pay for {i},” said Anna Hale. It rained for\n{i} days.\n\n"))
            .collect()
    };
    let hand: String = (0..40)
        .flat_map(|i| {
            [
                format!("\"“We will make them pay for {i},” said Anna Hale.\",threat\n"),
                format!("It rained for {i} days.,\n"),
            ]
        })
        .collect();
    let desk = Desk::with_model()
        .and("texts/a.txt", text(0))
        .and("texts/b.txt", text(40))
        .and("hand.csv", format!("text,labels\n{hand}"));
    let by = |by: &str| json(desk.run(&format!("estimate texts --labelled hand.csv -m m --by {by} -f json")));
    let (file, voice) = (by("file"), by("voice"));
    let values = |found: &Value| -> Vec<String> {
        found["parts"].as_array().unwrap().iter().map(|part| part["value"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((&file["pool"]["files"], &file["pool"]["units"]), (&2.into(), &160.into()));
    assert_eq!(values(&file), ["texts/a.txt", "texts/b.txt"]);
    assert_eq!(file["parts"][1]["too_few"], true);
    assert_eq!(values(&voice), ["author", "quoted"]);
    desk.run("estimate texts --labelled hand.csv -m m --by file")
        .ok()
        .says("does not look like a random one: texts/a.txt is 100.0% of the sample and 50.0% of the pool")
        .says("small sample")
        .prints("too few of it in the sample");
    desk.run("estimate texts --labelled hand.csv -m m --by paper").ends(1).says("running text has no columns");
}

#[test]
fn rows_that_are_not_in_the_pool_are_counted_and_named() {
    let desk = desk();
    let hand = String::from_utf8(desk.read("hand.csv")).unwrap();
    let desk = desk
        .and("more.csv", format!("{hand}9999,It hailed.,\n{}", hand.lines().nth(1).unwrap()))
        .and("none.csv", "text,labels\nIt hailed.,call\n");
    let pool = "estimate pool.csv --column body -m m --labelled";
    desk.run(&format!("{pool} more.csv"))
        .ok()
        .says("more.csv:182: 1 of 182 rows of the sample are not in the pool, by id")
        .says("more.csv:183: 1 row of the sample beyond those of the same key in the pool");
    desk.run(&format!("{pool} none.csv")).ends(1).says("no row of the sample is in the pool");
    desk.run(&format!("{pool} hand.csv --by press"))
        .ends(1)
        .says("no unit of the pool has a column \"press\"")
        .says("paper");
    desk.run(&format!("{pool} missing.csv")).ends(1).says("missing.csv: no such file");
    desk.run(&format!("{pool} hand.csv -o hand.csv")).ends(2).says("would be overwritten");
}

#[test]
fn a_sample_that_the_model_learned_from_is_refused_and_one_of_other_labels_too() {
    let desk = Desk::with_model()
        .and("odd.csv", "text,labels\nIt hailed.,wet\n")
        .and("near.csv", "text,labels\nVote twice for the amendment,cal|call\n")
        .and("pool.csv", format!("{LABELLED}Vote twice for the amendment,call,d\n"));
    desk.run("estimate train.csv --column text --labelled train.csv -m m")
        .ends(1)
        .says("was trained on this very sample");
    desk.run("estimate train.csv --column text --labelled odd.csv -m m")
        .ends(1)
        .says("no label of the sample is the model's (wet)");
    desk.run("estimate pool.csv --column text --labelled near.csv -m m").ok().says("did you mean call?");
    let desk = desk.and("both.csv", format!("{LABELLED}Vote twice for the amendment,call,d\n"));
    let ran = desk.run("estimate pool.csv --column text --labelled both.csv -m m").ok();
    ran.says("the model was trained on 30 of the 31 units of the sample, so it hides some of the errors");
}

#[test]
fn documents_that_were_drawn_whole_and_rows_that_were_drawn_at_random_can_be_told() {
    let pool = pool(900);
    let row = |(i, (text, labels, _)): (usize, &(String, String, &str))| {
        vec![
            text.clone(),
            labels.clone(),
            format!("d{}", i / 10),
            if i % 2 == 0 { "random" } else { "uncertain" }.into(),
        ]
    };
    let hand = || pool.iter().enumerate().filter(|(i, _)| (i / 10) % 4 == 0).map(row);
    let desk = desk().and("documents.csv", table("text,labels,doc,drawn", hand()));
    let run = |more: &str| desk.run(&format!("estimate pool.csv --column body -m m --labelled documents.csv {more}"));
    run("").ok().prints("230 of them labelled by hand, joined by text, in 23 groups drawn whole");
    run("--only drawn=random").ok().says("115 of 230 rows have drawn = random").prints("115 of them");
    let documents = String::from_utf8(desk.read("documents.csv")).unwrap();
    let desk = desk.and("suggested.csv", documents.replacen("drawn", "chosen", 1));
    desk.run("estimate pool.csv --column body -m m --labelled suggested.csv")
        .ok()
        .says("115 of 230 rows have chosen = random");
    let run = |more: &str| desk.run(&format!("estimate pool.csv --column body -m m --labelled documents.csv {more}"));
    run("--only drawn=never").ends(1).says("none of 230 rows has drawn = never");
}

#[test]
fn the_same_pool_gives_the_same_bytes_whatever_the_number_of_threads() {
    let desk = desk();
    let on = |threads: u32| {
        let run = "estimate pool.csv --column body --labelled hand.csv -m m --by paper -f json";
        desk.run(&format!("{run} --threads {threads}")).ok().stdout
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn a_sample_of_one_document_has_no_interval_and_of_few_it_is_said_that_intervals_say_little() {
    let pool = pool(900);
    let hand = |documents: usize| {
        let row = |(i, (text, labels, _)): (usize, &(String, String, &str))| {
            vec![text.clone(), labels.clone(), format!("d{}", i * documents / 60)]
        };
        table("text,labels,doc", pool.iter().take(60).enumerate().map(row))
    };
    let desk = desk().and("one.csv", hand(1)).and("few.csv", hand(6));
    let run = |sample: &str, more: &str| {
        desk.run(&format!("estimate pool.csv --column body -m m --labelled {sample} {more}")).ok()
    };
    let ran = run("one.csv", "").says("all units are of one group, so there are no intervals");
    let ran = ran.prints("in 1 group drawn whole");
    assert!(!ran.stdout.contains('['), "{}", ran.stdout);
    let found = json(run("one.csv", "-f json"));
    let label = &found["whole"]["labels"][0];
    for of in ["hand", "corrected"] {
        assert!(label[of]["share"].is_number() && label[of]["interval"].is_null(), "{label}");
    }
    assert!(label["count"].is_number() && label["count_interval"].is_null(), "{label}");
    run("one.csv", "-f csv").prints(",,");
    run("few.csv", "").says("6 groups are too few to draw from, so intervals say little").prints("[");
    let parts = run("few.csv", "--by paper -f json");
    assert!(json(parts)["parts"][0]["labels"][0]["hand"]["interval"].is_array());
}

#[test]
fn units_that_suggest_drew_at_random_were_drawn_one_by_one_whatever_document_they_lie_in() {
    let desk = desk();
    let hand = String::from_utf8(desk.read("hand.csv")).unwrap();
    let marked = |chosen: &str| -> String {
        let row = |(at, line): (usize, &str)| match at {
            0 => format!("{line},group,{chosen}\n"),
            at => format!("{line},d{},random\n", at / 20),
        };
        hand.lines().enumerate().map(row).collect()
    };
    let desk = desk.and("random.csv", marked("chosen")).and("documents.csv", marked("part"));
    let run = |sample: &str| {
        let found = json(desk.run(&format!("estimate pool.csv --column body -m m -f json --labelled {sample}")));
        (found["sample"]["groups"].clone(), found["whole"].clone())
    };
    let (groups, singly) = run("hand.csv");
    assert_eq!(groups, Value::Null);
    assert_eq!(run("random.csv"), (Value::Null, singly.clone()));
    assert_eq!(run("documents.csv --group-column none"), (Value::Null, singly.clone()));
    // Who names the column knows better.
    for documents in ["documents.csv", "random.csv --group-column group"] {
        let (groups, whole) = run(documents);
        assert_eq!(groups, 10, "{documents}");
        assert_ne!(whole, singly, "{documents}");
    }
    let more = "estimate pool.csv --column body -m m --labelled";
    desk.run(&format!("{more} documents.csv")).ok().says("--group-column none");
    desk.run(&format!("{more} random.csv")).ok().says_not("group");
}

#[test]
fn a_pool_that_is_labelled_whole_has_neither_gain_nor_wide_intervals() {
    let desk = desk();
    let pool = pool(40);
    let rows = pool.iter().map(|(text, labels, _)| vec![text.clone(), labels.clone()]);
    let desk = desk.and("all.csv", table("text,labels", rows));
    let ran = desk.run("estimate all.csv --column text -m m --labelled all.csv").ok().says_not("intervals are wide");
    assert!(!ran.stdout.contains(" 0.0\n"), "{}", ran.stdout);
}
