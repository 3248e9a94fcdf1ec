//! `rhetor suggest`.

use std::collections::BTreeSet;

use crate::desk::{Desk, LABELLED, Ran};
use crate::schema::assert_valid;

const POOL: &str = "We will make them pay for this. They ruined the harbour.\nThe library opens at nine on Mondays.\n\n\
                    Call your senator today! It rained for a week in Lund. It rained for a week in Lund.\n\n\
                    You will regret the day that you closed the mill. Nobody spoke.\n";

fn texts(ran: &Ran) -> Vec<String> {
    ran.records().iter().map(|record| record["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn units_are_suggested_with_their_place_and_the_reason() {
    let desk = Desk::with_model().and("pool.txt", POOL);
    desk.run("suggest pool.txt -m m -n 4").ok().matches("suggest.txt").says("1 of these 4 drawn at random");
}

#[test]
fn without_a_model_the_words_alone_choose_and_a_text_that_comes_twice_is_taken_once() {
    let desk = Desk::with("pool.txt", POOL);
    let all = desk.run("suggest pool.txt --no-model -n 9 --random 0 -f jsonl").ok();
    let distinct: BTreeSet<String> = texts(&all).into_iter().collect();
    assert_eq!((all.records().len(), distinct.len()), (7, 7));
    all.says("warning: only 7 of the 8 units are worth it");
}

#[test]
fn what_is_labelled_is_not_suggested_nor_what_is_nearly_the_same() {
    let labelled =
        "text,labels\nIt rained for a week in Lund.,\nYou will regret the day that you closed the mill!,threat\n";
    let desk = Desk::with_model().and("pool.txt", POOL).and("done.csv", labelled);
    let rest = texts(&desk.run("suggest pool.txt -m m --labelled done.csv -n 9 --random 0 -f jsonl").ok());
    assert!(
        !rest.is_empty() && !rest.iter().any(|text| text.contains("rained") || text.contains("regret")),
        "{rest:?}"
    );
}

#[test]
fn rows_of_a_pool_that_have_labels_count_as_labelled() {
    let pool = "id,text,labels,site\n1,Act now or pay,threat,a\n2,Bread is cheap here,,b\n3,Bread is cheap here,,c\n";
    let desk = Desk::with("pool.csv", pool);
    let record = desk.run("suggest pool.csv --no-model -n 1 --random 0 -f jsonl").ok().records().remove(0);
    assert_eq!((record["id"].as_str(), record["site"].as_str()), (Some("2"), Some("b")));
    let wide = Desk::with("pool.csv", "text,threat,call\nAct now or pay,1,0\nBread is cheap here,0,0\nVote now,0,1\n");
    let of = |options: &str| {
        texts(&wide.run(&format!("suggest pool.csv --no-model -n 3 --random 0 -f jsonl {options}")).ok())
    };
    assert_eq!(of("--label-columns threat,call"), ["Bread is cheap here"]);
    assert_eq!(of("").len(), 3, "columns of 0 and 1 may be anything in a pool");
    let all = Desk::with("pool.csv", "text,labels\nAct now,threat\n");
    all.run("suggest pool.csv --no-model").ends(1).says("every unit of the pool is labelled already (1)\nhint: ");
}

#[test]
fn suggestions_are_marked_by_whether_chance_drew_them_and_a_seed_draws_others() {
    let texts: String = (0..60).map(|i| format!("word{i} term{i} name{i}\n")).collect();
    let desk = Desk::with("pool.txt", texts);
    let drawn = |args: &str| -> Vec<String> {
        let ran = desk.run(&format!("suggest pool.txt --unit line --no-model -n 20 -f jsonl {args}")).ok();
        let random = ran.records().into_iter().filter(|record| record["chosen"] == "random");
        random.map(|record| record["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((drawn("").len(), drawn("--random 0").len(), drawn("--random 1").len()), (2, 0, 20));
    assert_eq!(drawn("--random 1 --threads 1"), drawn("--random 1 --threads 2"));
    assert_ne!(drawn("--random 1"), drawn("--random 1 --seed 1"));
}

#[test]
fn a_labelled_batch_trains_the_model_that_chooses_the_next() {
    let desk = Desk::with("train.csv", LABELLED).and("pool.txt", POOL);
    desk.run("suggest pool.txt --no-model -n 3 -o first.csv").ok().wrote("first.csv");
    let first = String::from_utf8(desk.read("first.csv")).unwrap();
    assert!(first.starts_with("text,labels,judged,group,id,after,before,chosen,line,why\n"), "{first}");
    assert_eq!(first.matches(",,no,pool.txt,").count(), 3);
    let judged = desk.and("first.csv", first.replace(",,no,pool.txt,", ",threat,yes,pool.txt,"));
    judged.run("train train.csv first.csv -o m --cues none").ok();
    let next = judged.run("suggest pool.txt -m m -l first.csv -l train.csv -n 9 -o next.csv").ok();
    next.says("drawn at random from all units").wrote("next.csv");
    let next = String::from_utf8(judged.read("next.csv")).unwrap();
    let known = first.lines().skip(1).filter_map(|row| row.split_once(",,no,")).map(|(text, _)| text);
    // Beside its neighbours it may stand.
    assert!(known.into_iter().all(|text| !next.lines().any(|row| row.starts_with(text))));
}

#[test]
fn what_the_model_suggests_can_be_filled_in_for_the_tools_that_show_it() {
    let desk = Desk::with_model().and("pool.txt", "You will regret this.\n");
    let run = |format: &str| desk.run(&format!("suggest pool.txt -m m -n 1 --prefill -f {format}")).ok().stdout;
    for format in ["csv", "tsv", "jsonl", "doccano", "prodigy", "label-studio"] {
        assert!(run(format).contains("threat"), "{format}: {}", run(format));
    }
    assert!(!desk.run("suggest pool.txt -m m -n 1 -f jsonl").stdout.contains("\"suggested\":"));
    run_fasttext(&desk);
}

fn run_fasttext(desk: &Desk) {
    desk.run("suggest pool.txt -m m -n 1 -f fasttext").ok().says("warning: fastText has no room for: ");
}

#[test]
fn a_record_is_as_the_schema_says() {
    let desk = Desk::with_model().and("pool.txt", POOL).and("pool.csv", "id,text,site\n1,Bread is cheap,b\n");
    for args in ["pool.txt -m m --prefill", "pool.txt --no-model", "pool.csv -m m --unit sentence"] {
        let ran = desk.run(&format!("suggest {args} -n 5 -f jsonl")).ok();
        ran.records().iter().for_each(|record| assert_valid("suggest", record));
        assert!(!ran.records().is_empty());
    }
}

#[test]
fn a_large_pool_is_sampled_and_that_is_said() {
    let lines: String = (0..500).map(|i| format!("line number {i} of many\n")).collect();
    let desk = Desk::new();
    let ran = desk.run_with("suggest --unit line --no-model -n 5 --at-most 100 -f jsonl", lines).ok();
    ran.says("the pool has 500 units, of which 100 drawn at random are looked at\nhint: --at-most");
}

#[test]
fn a_model_of_other_labels_a_missing_file_and_an_empty_pool_are_refused_with_a_hint() {
    let desk = Desk::with_model().and("pool.txt", POOL).and("odd.csv", "text,labels\nRain,weather\nSnow,winter\n");
    desk.run("suggest pool.txt -m m -l odd.csv").ends(1).says(
        "odd.csv: has the labels weather, winter, of which m knows none\nhint: rhetor train odd.csv -o my.rhetor",
    );
    desk.run("suggest no-such.txt -m m").ends(1).says("no-such.txt: ");
    desk.run_with("suggest -m m", "").ends(1).says("the pool is empty\nhint: ");
    desk.run("suggest pool.txt -m m -o pool.txt").ends(2).says("would be overwritten");
    desk.run("suggest pool.txt no-such.txt -m m -n 2").ends(1).prints("pool.txt:");
}

#[test]
fn a_row_of_a_pool_that_no_label_fits_is_labelled_like_any_other() {
    let pool =
        "{\"text\":\"It rained on Tuesday.\",\"labels\":[]}\n{\"text\":\"We will make them pay.\",\"labels\":null}\n";
    let desk = Desk::with("pool.jsonl", pool)
        .and("pool.csv", "text,labels,judged\nIt rained on Tuesday.,,yes\nWe will make them pay.,,\nVote now!,,no\n");
    let texts = |pool: &str, format: &str| -> Vec<String> {
        let ran = desk.run(&format!("suggest {pool} -n 9 -f jsonl {format}")).ok();
        let mut texts: Vec<String> = ran.records().iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect();
        texts.sort();
        texts
    };
    assert_eq!(texts("pool.jsonl", ""), ["We will make them pay."]);
    assert_eq!(texts("pool.csv", ""), ["Vote now!", "We will make them pay."]);
    assert_eq!(texts("pool.jsonl", "--blank-is-unjudged").len(), 2);
}

#[test]
fn what_a_hint_shows_can_be_typed() {
    let desk = Desk::with_model().and("pool one.txt", POOL);
    std::fs::rename(desk.path("m"), desk.path("mein modell.rhetor")).unwrap();
    let run = |args: &[&str]| desk.ran(desk.command("suggest").args(args).output().unwrap());
    run(&["pool one.txt", "-m", "mein modell.rhetor", "-o", "näch ste.csv"])
        .ok()
        .says("hint: rhetor annotate 'näch ste.csv' -o labels.jsonl -m 'mein modell.rhetor'\n");
    let strange = "text,labels\nThey left,jumble\n";
    let desk = Desk::with("pool.txt", POOL).and("my data.csv", strange);
    let ran = desk.ran(desk.command("suggest pool.txt -l").arg("my data.csv").output().unwrap());
    ran.ends(1).says("hint: rhetor train 'my data.csv' -o my.rhetor");
}

#[test]
fn a_pool_of_one_unit_or_of_none_that_is_worth_it_is_told_so() {
    let desk = Desk::with("one.txt", "It rained for a week in Lund.\n")
        .and("done.csv", "text,labels\nIt rained for a week in Lund.,x\n");
    desk.run("suggest one.txt --no-model -n 5")
        .ok()
        .says("the pool has only 1 unit that is not labelled; this is it\n");
    desk.run("suggest one.txt --no-model -n 5 -l done.csv")
        .ok()
        .says(
            "the only unit is not worth it: it is labelled, or nearly the same as one that is\nhint: add to the pool\n",
        )
        .says_not("-n 0");
}

#[test]
fn sentences_of_a_table_are_those_of_its_text_column_whether_or_not_it_is_named() {
    let pool = "id,text,site\n1,\"Bread is cheap. It rained.\",b\n";
    let desk = Desk::with_model().and("pool.csv", pool);
    for options in ["", "--column text"] {
        let ran = desk.run(&format!("suggest pool.csv -m m --unit sentence -n 5 -f jsonl {options}")).ok();
        let mut found: Vec<(String, String)> = ran
            .records()
            .iter()
            .map(|record| (record["text"].as_str().unwrap().into(), record["site"].as_str().unwrap_or("?").into()))
            .collect();
        found.sort();
        assert_eq!(found, [("Bread is cheap.".into(), "b".into()), ("It rained.".into(), "b".into())], "{options}");
    }
}

#[test]
fn fields_of_a_pool_come_out_as_they_went_in() {
    let row = r#"{"text":"Bread is cheap. It rained.","year":1990,"tags":[1,"b"],"meta":{"lang":"en"},"ok":true}"#;
    let desk = Desk::with("pool.jsonl", format!("{row}\n"));
    for unit in ["document", "sentence"] {
        let ran = desk.run(&format!("suggest pool.jsonl --no-model -n 1 -f jsonl --unit {unit}")).ok();
        let (found, given) = (ran.records().remove(0), serde_json::from_str::<serde_json::Value>(row).unwrap());
        for field in ["year", "tags", "meta", "ok"] {
            assert_eq!(found[field], given[field], "{field} of a {unit}");
        }
    }
    desk.run("suggest pool.jsonl --no-model -n 1 -o next.csv").ok().says("CSV has no room for: `tags` (1 row)");
}

#[test]
fn the_next_step_asks_for_the_labels_that_are_being_given() {
    let desk = Desk::with("pool.txt", POOL).and("done.csv", "text,labels\nRain,\"call|fruit, red\"\nSnow,threat\n");
    let next = |options: &str, hint: &str| {
        let hint = format!("hint: rhetor annotate next.csv -o labels.jsonl {hint}\n");
        desk.run(&format!("suggest pool.txt --no-model -o next.csv {options}")).ok().says(&hint);
    };
    next("-l done.csv", "--labels 'call,\"fruit, red\",threat'");
    next("", "--labels A,B");
}

#[test]
fn a_sentence_comes_with_what_stands_around_it_and_with_the_id_that_annotate_gives() {
    let desk = Desk::with("pool.txt", "It rained. Bread is cheap.\n\nVote now!\n")
        .and("pool.csv", "id,text\n7,It rained. Bread is cheap.\n");
    let around = |args: &str| {
        let mut found: Vec<[String; 4]> = desk
            .run(&format!("suggest {args} --no-model -n 9 -f jsonl"))
            .ok()
            .records()
            .iter()
            .map(|record| ["id", "before", "text", "after"].map(|name| record[name].as_str().unwrap_or("–").to_owned()))
            .collect();
        found.sort();
        found.iter().map(|row| row.join(" / ")).collect::<Vec<_>>()
    };
    assert_eq!(
        around("pool.txt"),
        [
            "pool.txt:1 / – / It rained. / Bread is cheap.",
            "pool.txt:2 / It rained. / Bread is cheap. / Vote now!",
            "pool.txt:3 / Bread is cheap. / Vote now! / –",
        ]
    );
    assert_eq!(
        around("pool.csv --unit sentence"),
        ["– / It rained. / Bread is cheap. / –", "– / – / It rained. / Bread is cheap."]
    );
    assert_eq!(around("pool.csv"), ["7 / – / It rained. Bread is cheap. / –"]);
}
