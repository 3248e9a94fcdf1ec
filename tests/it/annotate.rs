use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, LABELLED};
use crate::schema::assert_valid;
use crate::terminal::Terminal;

const SPEECH: &str =
    "They broke the harbour. Vote them out. We will make them pay.\n\nThe bridge opens in May. Nobody was hurt.\n";

const WIDE: (u16, u16) = (100, 30);

/// The rows of a file of answers.
fn rows(desk: &Desk, name: &str) -> Vec<Value> {
    let text = String::from_utf8(desk.read(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).expect("every line is a row")).collect()
}

fn answers(desk: &Desk, name: &str) -> Vec<(String, String)> {
    let said = |row: &Value| {
        let labels: Vec<&str> = row["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
        (row["text"].as_str().unwrap().to_owned(), labels.join("|"))
    };
    rows(desk, name).iter().map(said).collect()
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(text, labels)| ((*text).to_owned(), (*labels).to_owned())).collect()
}

/// Labels the speech with three labels of one's own.
fn begin(desk: &Desk, more: &str) -> Option<Terminal> {
    let args = format!("annotate speech.txt -o labels.jsonl --labels blame,call,threat {more}");
    Terminal::run(desk.path("").as_path(), &args, WIDE)
}

#[test]
fn what_is_labelled_is_a_row_a_unit_that_train_reads() {
    let desk = Desk::with("speech.txt", SPEECH);
    let Some(mut terminal) = begin(&desk, "--annotator anna") else { return };
    terminal
        .shows("0/5 done")
        .shows("▌ They broke the harbour.")
        .shows("speech.txt:1")
        .shows("1 blame")
        .shows("Vote them out.");
    terminal.press("1\r").shows("1/5 done").shows("▌ Vote them out.");
    terminal.press("2\r").shows("2/5 done").press("31\r").shows("3/5 done").press("\r").shows("4/5 done");
    terminal.press("fnnot sure\r\r").shows("5/5 done").shows("every unit has an answer").press("q");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.is_taken());
    terminal.shows("labels.jsonl: 5 of 5 units have an answer, 1 unsure").shows("hint: rhetor train labels.jsonl");
    let expected = [
        ("They broke the harbour.", "blame"),
        ("Vote them out.", "call"),
        ("We will make them pay.", "blame|threat"),
        ("The bridge opens in May.", ""),
        ("Nobody was hurt.", ""),
    ];
    assert_eq!(answers(&desk, "labels.jsonl"), texts(&expected));
    rows(&desk, "labels.jsonl").iter().for_each(|row| assert_valid("annotate", row));
    let last = &rows(&desk, "labels.jsonl")[4];
    assert_eq!(
        (&last["annotator"], &last["unsure"], &last["note"]),
        (&"anna".into(), &true.into(), &"not sure".into())
    );
    assert_eq!((&last["path"], &last["line"], &last["index"]), (&"speech.txt".into(), &3.into(), &5.into()));
    assert_eq!(fs::read_dir(desk.path("")).unwrap().count(), 2, "no journal is left");
    assert_eq!(desk.read("speech.txt"), SPEECH.as_bytes());
    desk.run("train labels.jsonl -o m --cues none --folds 2").ok().says_not("left out");
}

#[test]
fn one_undoes_jumps_searches_and_reads_the_codebook() {
    let book = "title: The harbour\nlabels:\n  blame:\n    definition: names a culprit\n    examples: [They did it.]\n  call: asks for it\nrules:\n  - name: Fault\n    labels: [blame]\n    text: A cause is no culprit.\n";
    let desk = Desk::with("speech.txt", SPEECH).and("book.yaml", book);
    let args = "annotate speech.txt -o labels.jsonl --codebook book.yaml";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal.shows("0/5 done").press("1\r").shows("1/5 done").press("uu").shows("0/5 done").shows("▌ They broke");
    terminal.press("g4\r").shows("▌ The bridge").shows("#4");
    terminal.press("/PAY\r").shows("▌ We will make them pay.");
    terminal.press("?").shows("The harbour").shows("names a culprit").press("1").shows("The sentence names a culprit");
    terminal.shows("They did it.").shows("1. Fault. A cause is no culprit.").press("\x1b");
    terminal.shows("▌ We will").press(":cal\r").shows("●call").press("\rs").shows("1/5 done").press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(answers(&desk, "labels.jsonl"), texts(&[("We will make them pay.", "call")]));
}

#[test]
fn the_same_command_goes_on_where_one_left_off() {
    let desk = Desk::with("speech.txt", SPEECH);
    let Some(mut terminal) = begin(&desk, "") else { return };
    terminal
        .shows("0/5 done")
        .press("s")
        .shows("1 skipped")
        .press("2\r")
        .shows("1/5 done")
        .press("3")
        .shows("●threat")
        .press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(rows(&desk, "labels.jsonl").len(), 1);
    let mut terminal = begin(&desk, "").unwrap();
    terminal.shows("1/5 done").shows("1 skipped").shows("▌ We will make").shows("●threat");
    terminal.press("\r\r\r").shows("4/5 done").shows("▌ They broke").press("1\r").shows("5/5 done").press("q");
    assert_eq!(terminal.end(), 0);
    assert!(answers(&desk, "labels.jsonl").contains(&("We will make them pay.".into(), "threat".into())));
    assert_eq!(rows(&desk, "labels.jsonl").len(), 5);
}

#[test]
fn what_the_model_thinks_is_shown_only_after_an_answer_and_never_to_the_blind() {
    let desk = Desk::with_model().and("speech.txt", SPEECH);
    let folder = desk.path("");
    let args = "annotate speech.txt -o labels.jsonl -m m";
    let Some(mut terminal) = Terminal::run(&folder, args, WIDE) else { return };
    terminal
        .shows("0/5 done")
        .press("m")
        .shows("answer first")
        .press("g3\r")
        .shows("▌ We will")
        .press("3m")
        .shows("3●threat ")
        .shows("threat: ");
    terminal.press("\r").shows("1/5 done").shows_not("threat: ").press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(rows(&desk, "labels.jsonl")[0]["saw_model"], true);
    let mut terminal = Terminal::run(&folder, "annotate speech.txt -o blind.jsonl -m m --blind", WIDE).unwrap();
    terminal.shows("0/5 done").press("0m").shows("--blind: what the model thinks is not shown").press("q");
    assert_eq!(terminal.end(), 0);
}

/// An answer that was seen on the screen is in the file, whenever the program is killed.
#[test]
fn no_answer_is_lost_however_often_and_whenever_the_program_is_killed() {
    let pool: String = (1..=400).map(|number| format!("Sentence number {number} stands here.\n")).collect();
    let desk = Desk::with("pool.txt", pool);
    let args = "annotate pool.txt -o labels.jsonl --unit line --labels a,b,c";
    let (mut draw, mut known, mut healed) = (7_u64, 0, false);
    for round in 0..50 {
        let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
        terminal.shows(&format!("{known}/400 done"));
        healed |= terminal.screen().contains("regained") || terminal.screen().contains("left out");
        let mut random = |most: u64| {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (draw >> 33) % most
        };
        for key in 0..4 {
            terminal.press(["1\r", "23\r", "\r", "3nwhy\r\r"][key]);
            thread::sleep(Duration::from_micros(random(8000)));
        }
        thread::sleep(Duration::from_millis(random(120)));
        let seen = terminal.screen();
        terminal.signal("KILL").end();
        let seen: usize = seen.trim_start().split('/').next().and_then(|count| count.trim().parse().ok()).unwrap_or(0);
        // Every line is whole, and every answer that was on the screen is there.
        let rows = if desk.path("labels.jsonl").exists() { rows(&desk, "labels.jsonl") } else { Vec::new() };
        assert!(rows.len() >= seen, "round {round}: {seen} were seen, {} are there", rows.len());
        let mut ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rows.len(), "a row a unit");
        known = count_after(&desk, rows.len());
    }
    assert!(known > 20, "{known} answers in 50 rounds");
    println!("{known} answers; healed: {healed}");
}

/// The answers that a run will find: those of the file, and those that only the journal has.
fn count_after(desk: &Desk, in_file: usize) -> usize {
    let journal = fs::read_to_string(desk.path(".labels.jsonl.rhetor-journal")).unwrap_or_default();
    let known: Vec<String> = match in_file {
        0 => Vec::new(),
        _ => rows(desk, "labels.jsonl").iter().map(|row| row["id"].to_string()).collect(),
    };
    let whole = journal.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let entries = whole.map(|line| serde_json::from_str::<Value>(line).expect("every whole line is an entry"));
    let done = entries.filter(|entry| entry["state"] == "done").map(|entry| entry["row"]["id"].to_string());
    let fresh: std::collections::BTreeSet<String> = done.filter(|id| !known.contains(id)).collect();
    in_file + fresh.len()
}

#[test]
fn a_journal_that_was_cut_is_healed_with_a_word_and_train_tells_of_it() {
    let desk = Desk::with("speech.txt", SPEECH);
    let Some(mut terminal) = begin(&desk, "") else { return };
    terminal.shows("0/5 done").press("1\r2\r").shows("2/5 done").signal("KILL").end();
    // As if it had died before the file was replaced, and in the middle of the next line.
    let journal = desk.path(".labels.jsonl.rhetor-journal");
    let file = String::from_utf8(desk.read("labels.jsonl")).unwrap();
    fs::write(desk.path("labels.jsonl"), file.lines().next().unwrap().to_owned() + "\n").unwrap();
    fs::write(&journal, fs::read_to_string(&journal).unwrap() + "{\"state\":\"do").unwrap();
    desk.run("train labels.jsonl -o m")
        .says("labels.jsonl: 1 answer is only in its journal")
        .says("hint: `rhetor annotate POOL");
    let mut terminal = begin(&desk, "").unwrap();
    terminal.shows("2/5 done").shows("in the middle of a line").press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(rows(&desk, "labels.jsonl").len(), 2);
}

#[test]
fn a_small_window_shows_text_labels_and_keys_and_may_change_its_size() {
    let desk = Desk::with("speech.txt", SPEECH);
    let args = "annotate speech.txt -o labels.jsonl";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, (40, 10)) else { return };
    terminal.shows("0/5 done").shows("▌ They broke the harbour.").shows("? help").shows("9 ").shows("c ");
    terminal.resize(WIDE).shows("whataboutism").shows("speech.txt:1").resize((40, 10)).shows("whatabou…").press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn signals_and_a_closed_window_end_it_in_order() {
    for (signal, status) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let desk = Desk::with("speech.txt", SPEECH);
        let Some(mut terminal) = begin(&desk, "") else { return };
        terminal.shows("0/5 done").press("1\r2").shows("●call").signal(signal);
        assert_eq!(terminal.end(), status, "{signal}");
        assert!(!terminal.is_taken() && terminal.bytes().ends_with(b"goes on from here\r\n"), "{signal}");
        assert_eq!(rows(&desk, "labels.jsonl").len(), 1);
    }
    let desk = Desk::with("speech.txt", SPEECH);
    let Some(mut terminal) = begin(&desk, "") else { return };
    terminal.shows("0/5 done").press("\x03");
    assert_eq!(terminal.end(), 130);
    let mut terminal = begin(&desk, "").unwrap();
    terminal.shows("0/5 done").press("1\r2").shows("●call").hang_up();
    assert_eq!(terminal.end(), 129);
    assert_eq!(rows(&desk, "labels.jsonl").len(), 1);
    let mut terminal = begin(&desk, "").unwrap();
    terminal.shows("1/5 done").shows("●call").press("q").end();
}

#[test]
fn a_line_that_was_hung_up_behind_its_back_ends_it_too() {
    let args = "annotate speech.txt -o labels.jsonl --labels blame,call,threat";
    for before in ["", "setsid -w"] {
        let desk = Desk::with("speech.txt", SPEECH);
        let Some(mut terminal) = Terminal::run_in_shell(&desk.path(""), before, args, WIDE) else { return };
        terminal.shows("0/5 done").press("1\r2").shows("●call").hang_up();
        assert_eq!(terminal.end(), 129, "{before}");
        assert_eq!(rows(&desk, "labels.jsonl").len(), 1);
    }
}

#[test]
fn without_colour_no_colour_is_written_and_the_text_cannot_steer_the_terminal() {
    let desk = Desk::with("speech.txt", "They \u{1b}]0;owned\u{7}broke \u{1b}[31mit.\n");
    let args = "annotate speech.txt -o labels.jsonl --labels a,b";
    let Some(mut terminal) = Terminal::run_with(&desk.path(""), args, WIDE, &[("NO_COLOR", "1")]) else { return };
    terminal
        .shows("They ␛]0;owned␇broke ␛[31mit.")
        .press("1")
        .shows("●a")
        .press("m")
        .shows("there is no model")
        .press("q");
    assert_eq!(terminal.end(), 0);
    let bytes = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(
        !bytes.contains("\u{1b}]0")
            && !["[33", "[36", "38;5;", "[31m"].iter().any(|code| bytes.contains(&format!("\u{1b}{code}")))
    );
    assert!(!desk.path("labels.jsonl").exists(), "it was not left with an answer");
}

#[test]
fn a_table_keeps_its_other_columns_and_its_labels_are_reviewed_on_request() {
    let desk =
        Desk::with("posts.csv", "id,body,author,labels\np1,We will make them pay.,anna,threat\np2,It rained.,ben,\n");
    let folder = desk.path("");
    let args = "annotate posts.csv --column body -o labels.jsonl --labels blame,threat";
    let Some(mut terminal) = Terminal::run(&folder, args, WIDE) else { return };
    terminal.shows("0/2 done").shows("▌ We will").shows_not("●threat").press("1\r").shows("1/2 done").press("q");
    assert_eq!(terminal.end(), 0);
    terminal.shows("has labels, which are not shown");
    let row = &rows(&desk, "labels.jsonl")[0];
    assert_eq!(
        (&row["id"], &row["author"], &row["labels"]),
        (&"p1".into(), &"anna".into(), &serde_json::json!(["blame"]))
    );
    let args = "annotate posts.csv --column body --review -o checked.jsonl --labels blame,threat";
    let mut terminal = Terminal::run(&folder, args, WIDE).unwrap();
    terminal.shows("0/2 done").shows("●threat").press("\r1\r").shows("2/2 done").press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(
        answers(&desk, "checked.jsonl"),
        texts(&[("We will make them pay.", "threat"), ("It rained.", "blame")])
    );
    assert_eq!(rows(&desk, "checked.jsonl")[1]["given"], serde_json::json!([]));
    let described = |row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove("author");
        assert_valid("annotate", &row);
    };
    rows(&desk, "checked.jsonl").iter().for_each(described);
}

#[test]
fn suggested_units_come_first_and_training_goes_on_in_the_background() {
    let pool = SPEECH.to_owned()
        + &"The bridge opens in May and the harbour in June. ".repeat(3)
        + "\n\nYou will regret this, said no one.\n";
    let desk = Desk::with("speech.txt", pool).and("train.csv", LABELLED);
    let args =
        "annotate speech.txt -o labels.jsonl --labels blame,call,threat --order suggest --retrain 2 --with train.csv";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal
        .shows("0/9 done")
        .press("0m")
        .shows("there is no model")
        .press("\r")
        .shows("1/9 done")
        .press("3\r")
        .shows("2/9 done");
    // Keys are answered while it trains, and what it learned can be looked at.
    terminal.press("1").shows("●blame").shows("model of 32 units").press("m").shows("blame   ").press("u").press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(rows(&desk, "labels.jsonl").len(), 2);
}

#[test]
fn two_cannot_label_into_one_file_and_another_annotator_needs_another() {
    let desk = Desk::with("speech.txt", SPEECH);
    let Some(mut first) = begin(&desk, "--annotator anna") else { return };
    first.shows("0/5 done").press("1\r").shows("1/5 done");
    let mut second = begin(&desk, "--annotator anna").unwrap();
    assert_eq!(second.end(), 1);
    second.shows("somebody is labelling into it right now");
    first.press("q").end();
    let mut third = begin(&desk, "--annotator ben").unwrap();
    assert_eq!(third.end(), 1);
    third.shows("holds the answers of \"anna\"").shows("hint: --annotator anna goes on");
}

#[test]
fn without_a_terminal_it_says_what_it_needs() {
    let desk = Desk::with("speech.txt", SPEECH);
    desk.run("annotate speech.txt -o labels.jsonl")
        .ends(2)
        .says("annotate needs a terminal")
        .says("hint: run it in a terminal window");
    assert!(!desk.path("labels.jsonl").exists());
}

#[test]
fn the_pool_is_never_written_into() {
    let desk = Desk::with("labelled.csv", LABELLED);
    let Some(mut terminal) = Terminal::run(&desk.path(""), "annotate labelled.csv -o labelled.csv", WIDE) else {
        return;
    };
    assert_eq!(terminal.end(), 2);
    terminal.shows("labelled.csv: is an input, and would be overwritten");
    assert_eq!(desk.read("labelled.csv"), LABELLED.as_bytes());
}

#[test]
fn an_output_that_cannot_be_continued_or_promises_another_format_is_refused_at_the_start() {
    let desk = Desk::with("speech.txt", SPEECH);
    let annotate = |output: &str| desk.run(&format!("annotate speech.txt -o {output} --labels a,b")).ends(2);
    annotate("labels.csv")
        .says("labels.csv: nothing is written as csv here\nhint: answers are JSON lines")
        .left_out("labels.csv");
    annotate("-").says("-: answers go into a file").left_out("-");
    annotate(".").says(".: is a folder");
    if cfg!(unix) {
        annotate("/dev/full").says("/dev/full: is no regular file");
        annotate("/dev/stdout").says("/dev/stdout: is no regular file");
    }
    desk.run("suggest speech.txt -o next.json")
        .ends(2)
        .says("next.json: nothing is written as json here")
        .left_out("next.json");
}

#[test]
fn marked_passages_and_suggestions_of_a_table_stay_in_the_answers() {
    let table = "text,suggested,spans\nAct é now,call|blame,\"[[6,9,\"\"call\"\"]]\"\n";
    let desk = Desk::with("pool.csv", table).and("win.csv", b"text\nAct \xe9 now\n");
    let args = "annotate pool.csv -o labels.jsonl --labels blame,call";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal.shows("0/1 done").press("1\r").shows("1/1 done").press("q");
    assert_eq!(terminal.end(), 0);
    let row = &rows(&desk, "labels.jsonl")[0];
    assert_eq!(row["suggested"], serde_json::json!(["call", "blame"]));
    assert_eq!(row["spans"], serde_json::json!([{"start": 6, "end": 9, "label": "call"}]));
    let args = "annotate win.csv -o win.jsonl --labels blame,call --encoding windows-1252";
    let mut terminal = Terminal::run(&desk.path(""), args, WIDE).unwrap();
    terminal.shows("0/1 done").shows("Act é now").press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_file_that_another_program_changes_meanwhile_is_not_overwritten_and_nothing_is_lost() {
    let desk = Desk::with("speech.txt", SPEECH);
    let Some(mut terminal) = begin(&desk, "") else { return };
    terminal.shows("0/5 done").press("1\r").shows("1/5 done");
    let theirs = "{\"id\":\"mine\",\"text\":\"From elsewhere.\",\"labels\":[]}\n";
    fs::write(desk.path("labels.jsonl"), theirs).unwrap();
    terminal.press("2\r");
    assert_eq!(terminal.end(), 1);
    terminal.shows("another program changed it").shows("labels.kept-1.jsonl");
    assert_eq!(desk.read("labels.jsonl"), theirs.as_bytes());
    let expected = [("They broke the harbour.", "blame"), ("Vote them out.", "call")];
    assert_eq!(answers(&desk, "labels.kept-1.jsonl"), texts(&expected));
}

#[test]
fn a_label_with_a_comma_in_its_name_is_asked_for_in_quotation_marks() {
    let desk = Desk::with("speech.txt", SPEECH);
    let args = "annotate speech.txt -o labels.jsonl --labels \"fruit,red\",call";
    let Some(mut terminal) = Terminal::run(desk.path("").as_path(), args, WIDE) else { return };
    terminal.shows("1 fruit,red").shows("2 call").press("1\r").shows("1/5 done").press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(answers(&desk, "labels.jsonl"), texts(&[("They broke the harbour.", "fruit,red")]));
}

#[test]
fn what_classify_found_is_reviewed_from_its_json_as_from_its_table() {
    let desk = Desk::with_model().and("speech.txt", SPEECH);
    let mut reviewed = Vec::new();
    for format in ["csv", "jsonl"] {
        desk.run(&format!("classify speech.txt -m m -o found.{format}")).ok();
        let args = format!("annotate found.{format} --review -m m -o checked-{format}.jsonl");
        let Some(mut terminal) = Terminal::run(&desk.path(""), &args, WIDE) else { return };
        terminal.shows("0/5 done").press("\r\r\r\r\r").shows("5/5 done").press("q");
        assert_eq!(terminal.end(), 0);
        let name = format!("checked-{format}.jsonl");
        let given = |row: &Value| row["given"].clone();
        reviewed.push((answers(&desk, &name), rows(&desk, &name).iter().map(given).collect::<Vec<_>>()));
    }
    assert_eq!(reviewed[0], reviewed[1]);
    assert!(reviewed[1].0.iter().any(|(_, labels)| !labels.is_empty()), "{reviewed:?}");
}

#[test]
fn a_row_that_nobody_has_judged_is_not_reviewed_as_one_that_no_label_fits() {
    let desk = Desk::with("pool.csv", "text,labels,judged\nIt rained.,,no\nThey left.,,yes\n")
        .and("bare.csv", "text\nIt rained.\n");
    let run = |pool: &str| {
        let args = format!("annotate {pool}.csv --review -o {pool}.jsonl --labels a,b");
        Terminal::run(&desk.path(""), &args, WIDE)
    };
    let Some(mut terminal) = run("pool") else { return };
    terminal.shows("0/2 done").press("\r\r").shows("2/2 done").press("q").end();
    let given: Vec<Value> = rows(&desk, "pool.jsonl").iter().map(|row| row["given"].clone()).collect();
    assert_eq!(given, [Value::Null, serde_json::json!([])]);
    rows(&desk, "pool.jsonl").iter().for_each(|row| assert_valid("annotate", row));
    let mut terminal = run("bare").unwrap();
    terminal.shows("0/1 done").shows("bare.csv: nobody has judged any of its 1 row").press("q").end();
}

#[test]
fn answers_keep_their_ids_when_one_goes_on_from_another_folder() {
    let desk = Desk::with("texts/speech.txt", SPEECH);
    let labels = "--labels blame,call,threat";
    let args = format!("annotate texts/speech.txt -o labels.jsonl {labels}");
    let Some(mut terminal) = Terminal::run(&desk.path(""), &args, WIDE) else { return };
    terminal.shows("0/5 done").press("1\r2\r").shows("2/5 done").press("q").end();
    let before = rows(&desk, "labels.jsonl");
    let args = format!("annotate speech.txt -o ../labels.jsonl {labels}");
    let mut terminal = Terminal::run(&desk.path("texts"), &args, WIDE).unwrap();
    terminal.shows("2/5 done").press("q").end();
    assert_eq!(rows(&desk, "labels.jsonl"), before);
    let mut terminal = Terminal::run(&desk.path("texts"), &args, WIDE).unwrap();
    terminal
        .shows("2/5 done")
        .shows("2 answers stand under other ids")
        .press("g1\r3\r\r")
        .shows("3/5 done")
        .press("q")
        .end();
    let after = rows(&desk, "labels.jsonl");
    let ids: Vec<&str> = after.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["texts/speech.txt:1", "texts/speech.txt:2", "speech.txt:3"]);
    assert_eq!(after[0]["labels"], serde_json::json!(["blame", "threat"]));
}

#[test]
fn keys_that_come_in_one_burst_are_all_heard() {
    let pool: String = (1..=402).map(|number| format!("Sentence number {number} stands here.\n")).collect();
    let desk = Desk::with("pool.txt", pool);
    let args = "annotate pool.txt -o labels.jsonl --unit line --labels a,b";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal.shows("0/402 done");
    terminal.press(&">".repeat(400)).shows("#401").press("q").end();
}

#[test]
fn a_file_that_cannot_be_read_is_told_on_the_screen() {
    let desk = Desk::with("speech.txt", SPEECH).and("scan.txt", "%PDF-1.4\n").and("other.txt", "%PDF-1.4\n");
    let args = "annotate scan.txt speech.txt other.txt missing.txt -o labels.jsonl --labels a,b";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal.shows("0/5 done").shows("scan.txt: is a PDF (and 2 more messages, shown at the end)").press("q");
    assert_eq!(terminal.end(), 1);
    terminal.shows("other.txt: is a PDF").shows("missing.txt: No such file");
}

#[test]
fn that_no_label_fits_is_remembered_before_one_goes_on() {
    let desk = Desk::with_model().and("speech.txt", SPEECH);
    let run = || Terminal::run(&desk.path(""), "annotate speech.txt -o labels.jsonl -m m", WIDE);
    let Some(mut terminal) = run() else { return };
    terminal.shows("0/5 done").press("0q").end();
    let mut terminal = run().unwrap();
    terminal.shows("0/5 done").press("m").shows("1 blame   .").shows_not("answer first").press("q").end();
}

#[test]
fn what_was_answered_in_an_earlier_run_is_learned_from_at_the_start() {
    let desk = Desk::with("speech.txt", SPEECH).and("train.csv", LABELLED);
    let args = "annotate speech.txt -o labels.jsonl --labels blame,call,threat --retrain 2 --with train.csv";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal.shows("0/5 done").press("1\r2\r").shows("2/5 done").press("q").end();
    let mut terminal = Terminal::run(&desk.path(""), args, WIDE).unwrap();
    terminal.shows("2/5 done").shows("model of 32 units").press("q").end();
}

#[test]
fn nested_fields_stand_in_the_answers_once() {
    let desk = Desk::with("pool.jsonl", "{\"text\":\"It rained.\",\"meta\":{\"lang\":\"en\"}}\n");
    let args = "annotate pool.jsonl -o labels.jsonl --labels a,b";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal.shows("0/1 done").press("\r").shows("1/1 done").press("q").end();
    let row = &rows(&desk, "labels.jsonl")[0];
    assert_eq!((&row["meta"], row.get("meta.lang")), (&serde_json::json!({"lang": "en"}), None));
}

#[test]
fn a_label_that_the_codebook_has_renamed_is_told_with_what_it_may_be_now() {
    let desk = Desk::with("speech.txt", SPEECH);
    let run = |labels: &str| {
        let args = format!("annotate speech.txt -o labels.jsonl --labels {labels}");
        Terminal::run(&desk.path(""), &args, WIDE)
    };
    let Some(mut terminal) = run("blame,call-to-act,threat") else { return };
    terminal.shows("0/5 done").press("2\r").shows("1/5 done").press("q").end();
    let mut terminal = run("blame,call-to-action,threat").unwrap();
    terminal.shows("labels.jsonl: call-to-act stands there too, and is among the labels now").press("q").end();
    terminal.shows("hint: call-to-act may be call-to-action; if so, rename it in labels.jsonl");
}

#[test]
fn what_the_others_said_stands_under_a_unit_that_is_to_be_settled() {
    let answer =
        |labels: &str, note: &str| format!("{{\"text\":\"They broke it.\",\"labels\":{labels},\"note\":\"{note}\"}}\n");
    let desk =
        Desk::with("anna.jsonl", answer("[\"blame\",\"threat\"]", "see p. 3")).and("ben.jsonl", answer("[]", ""));
    for rest in ["rest.csv", "rest.jsonl"] {
        desk.run(&format!("agree anna.jsonl ben.jsonl --rest {rest}")).ok();
        let args = format!("annotate {rest} -o settled-{rest}.jsonl --labels blame,threat");
        let Some(mut terminal) = Terminal::run(&desk.path(""), &args, WIDE) else { return };
        terminal
            .shows("0/1 done")
            .shows("reason: a tie over blame, threat")
            .shows("anna: blame|threat")
            .shows("ben: (none)")
            .shows("anna notes: see p. 3")
            .press("q")
            .end();
        let mut terminal = Terminal::run(&desk.path(""), &format!("{args} --blind"), WIDE).unwrap();
        terminal.shows("0/1 done").shows("They broke it.").shows_not("anna").shows_not("tie").press("q").end();
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_answers_that_is_write_protected_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with("speech.txt", SPEECH).and("labels.jsonl", "");
    fs::set_permissions(desk.path("labels.jsonl"), fs::Permissions::from_mode(0o444)).unwrap();
    let ran = desk.run("annotate speech.txt -o labels.jsonl").ends(2);
    ran.says("labels.jsonl: is write-protected, and every answer goes into it\nhint: `chmod u+w labels.jsonl`");
}

#[test]
fn what_classify_wrote_is_reviewed_at_its_place_in_the_text() {
    let desk = Desk::with_model().and("speech.txt", SPEECH);
    desk.run("classify speech.txt -m m -o found.csv").ok();
    let args = "annotate found.csv --review -o checked.jsonl -m m";
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, WIDE) else { return };
    terminal
        .shows("0/5 done")
        .shows("▌ They broke the harbour.")
        .shows("  Vote them out.")
        .press("\r")
        .shows("1/5")
        .press("q");
    terminal.end();
    let row = &rows(&desk, "checked.jsonl")[0];
    assert_eq!((&row["id"], &row["group"]), (&"speech.txt:1".into(), &"speech.txt".into()));
    desk.run("train found.csv -o n --cues none").says_not("--group-column path");
}
