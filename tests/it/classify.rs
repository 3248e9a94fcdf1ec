use crate::desk::{Desk, LABELLED};
use serde_json::Value;

const SPEECH: &str = "Town hall\n\nThe council met on Monday and approved\nthe minutes of the last meeting. If you cross\nthis line you will regret it.\n\n\
- Write to your councillor.\n- The bridge was closed in May.\n\n“The firm caused the leak, and it will pay!”\n";

fn on_speech() -> Desk {
    Desk::with_model().and("speech.txt", SPEECH)
}

#[test]
fn text_for_people_shows_the_units_that_carry_a_framing() {
    on_speech().run("classify -m m speech.txt").ok().matches("classify.txt");
}

#[test]
fn an_explanation_lists_the_words_that_made_the_score() {
    on_speech().run("classify -m m speech.txt --explain --only threat").ok().matches("classify-explain.txt");
}

#[test]
fn jsonl_has_a_record_for_each_sentence() {
    on_speech().run("classify -m m speech.txt --format jsonl").ok().matches("classify.jsonl");
    let desk = Desk::with_model();
    desk.run_with("classify -m m --format jsonl --explain --all-scores", "They will pay.")
        .ok()
        .matches("explain.jsonl");
}

#[test]
fn csv_and_tsv_have_a_row_for_each_sentence_and_a_column_for_each_label() {
    on_speech().run("classify -m m speech.txt --format csv").ok().matches("classify.csv");
    on_speech().run("classify -m m speech.txt --format tsv").ok().matches("classify.tsv");
}

#[test]
fn a_summary_counts_framings_for_each_file() {
    let desk = on_speech().and("other.txt", "Nothing happened in the harbour.\n");
    desk.run("classify -m m --summary speech.txt other.txt")
        .ok()
        .matches("summary.txt")
        .says("uncorrected counts")
        .says("`rhetor estimate`");
    desk.run("classify -m m --summary -f csv speech.txt").ok().matches("summary.csv");
    desk.run("classify -m m --summary -f jsonl speech.txt").ok().prints("\"framed\":");
}

#[test]
fn a_summary_has_no_counts_of_what_nobody_asked_for() {
    let desk = on_speech();
    let csv = desk.run("classify -m m speech.txt --summary --only threat -f csv").ok().stdout;
    assert!(csv.lines().skip(1).all(|row| row.starts_with("speech.txt,threat,")), "{csv}");
    let row = desk.run("classify -m m speech.txt --summary --only threat -f jsonl").ok().records().remove(0);
    assert_eq!(row["counts"].as_object().unwrap().keys().collect::<Vec<_>>(), ["threat"]);
    desk.run("classify -m m speech.txt --summary --only threat").ok().prints("with a framing that was asked for (");
}

#[test]
fn the_bytes_named_by_a_record_are_those_of_its_text() {
    let desk = on_speech();
    for unit in ["sentence", "line", "paragraph", "document"] {
        for record in desk.run(&format!("classify -m m speech.txt -f jsonl --unit {unit}")).ok().records() {
            let (start, end) = (record["start"].as_u64().unwrap() as usize, record["end"].as_u64().unwrap() as usize);
            let raw: Vec<&str> = SPEECH[start..end].split_whitespace().collect();
            let text: Vec<&str> = record["text"].as_str().unwrap().split_whitespace().collect();
            assert_eq!(raw, text);
            let line = SPEECH[..start].matches('\n').count() as u64 + 1;
            assert_eq!(record["line"], line);
        }
    }
}

#[test]
fn contributions_and_intercept_add_up_to_the_log_odds_of_p() {
    let desk = on_speech();
    let records = desk.run("classify -m m speech.txt -f jsonl -e --threshold 0").ok().records();
    for record in &records {
        for framing in record["framings"].as_array().unwrap() {
            let explain = &framing["explain"];
            let terms = explain["terms"].as_array().unwrap();
            let sum: f64 = terms.iter().map(|term| term["contribution"].as_f64().unwrap()).sum();
            let score = explain["intercept"].as_f64().unwrap() + sum;
            let p = framing["p"].as_f64().unwrap();
            assert!((1.0 / (1.0 + (-score).exp()) - p).abs() < 1e-12);
            assert!((score - (p / (1.0 - p)).ln()).abs() < 1e-9);
            spans_hold_their_surface(record, terms);
        }
    }
    assert!(records.len() >= 5);
}

fn spans_hold_their_surface(record: &Value, terms: &[Value]) {
    let text = record["text"].as_str().unwrap();
    for term in terms {
        let span = term["spans"][0].as_array().unwrap();
        let (start, end) = (span[0].as_u64().unwrap() as usize, span[1].as_u64().unwrap() as usize);
        assert_eq!(&text[start..end], term["surface"].as_str().unwrap());
    }
}

#[test]
fn one_line_in_is_one_record_out_in_order() {
    let desk = Desk::with_model();
    let lines: Vec<String> =
        (0..5000).map(|i| if i % 7 == 0 { String::new() } else { format!("line {i} will pay") }).collect();
    for format in ["jsonl", "text", "csv"] {
        let ran = desk.run_with(&format!("classify -m m --unit line -f {format}"), lines.join("\n") + "\n").ok();
        assert_eq!(ran.stdout.lines().count(), 5000 + usize::from(format == "csv"));
    }
    let records = desk.run_with("classify -m m --unit line -f jsonl", lines.join("\n")).ok().records();
    for (at, record) in records.iter().enumerate() {
        assert_eq!(record["index"], at as u64 + 1);
        assert_eq!(record["text"], lines[at]);
    }
}

#[test]
fn threads_change_nothing() {
    let text =
        [SPEECH.repeat(60).as_bytes(), b"Caf\xe9 \xff\xc3(\r\n \xe2\x80\x9cWe will\n", SPEECH.repeat(60).as_bytes()]
            .concat();
    let desk = Desk::with_model().and("long.txt", text);
    let on = |threads: u32, options: &str| {
        desk.run(&format!("classify -m m long.txt {options} --threads {threads}")).ok().stdout
    };
    for options in [
        "-f jsonl -e",
        "-f jsonl --unit line --threshold 0.2",
        "-f tsv",
        "-f csv --unit paragraph -e",
        "-f tsv --voice quoted,reported",
        "-f text --all",
        "--summary",
    ] {
        let alone = on(1, options);
        assert!(alone == on(2, options) && alone == on(3, options), "{options}");
    }
    // A paragraph so long that several threads share it, between short ones.
    let block = format!("{SPEECH}\n\n{}\n\n{SPEECH}", SPEECH.replace('\n', " ").repeat(800));
    assert!(block.len() > 1 << 17);
    let desk = desk.and("block.txt", block);
    for options in ["-f jsonl -e", "-f tsv --voice author", "-f html", "--summary"] {
        let on = |threads: u32| desk.run(&format!("classify -m m block.txt {options} --threads {threads}")).ok().stdout;
        let alone = on(1);
        assert!(alone == on(2) && alone == on(3), "{options}");
    }
}

#[test]
fn labels_thresholds_and_numbers_can_be_chosen() {
    let desk = on_speech();
    let framings = |options: &str| -> Vec<usize> {
        let ran = desk.run(&format!("classify -m m speech.txt -f jsonl {options}")).ok();
        ran.records().iter().map(|record| record["framings"].as_array().unwrap().len()).collect()
    };
    assert!(framings("--threshold 0").iter().all(|&count| count == 3));
    assert!(framings("--threshold 0 --top-k 2").iter().all(|&count| count == 2));
    assert!(framings("--threshold 0 --only call").iter().all(|&count| count == 1));
    assert!(framings("--threshold 1").iter().all(|&count| count == 0));
    desk.run("classify -m m speech.txt --only treat").ends(2).says("did you mean threat?");
    desk.run("classify -m m speech.txt --threshold 2").ends(2).says("between 0 and 1");
}

#[test]
fn a_folder_is_its_text_files_in_order_and_globs_choose_others() {
    let desk = Desk::with_model()
        .and("notes/b.txt", "You will pay.")
        .and("notes/a.md", "Vote now.")
        .and("notes/c.html", "<p>")
        .and("notes/.hidden.txt", "x");
    let paths = |options: &str| -> Vec<String> {
        let ran = desk.run(&format!("classify -m m -f jsonl notes {options}")).ok();
        ran.records().iter().map(|record| record["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(""), ["notes/a.md", "notes/b.txt"]);
    assert_eq!(paths("--glob *.html"), ["notes/c.html"]);
    assert_eq!(paths("--glob *.txt --glob !b.txt"), [""; 0]);
    desk.run("classify -m m notes --glob *.pdf").ok().says("no file matches *.pdf");
}

#[test]
fn a_file_that_is_missing_does_not_stop_the_others() {
    let desk = on_speech();
    desk.run("classify -m m nowhere.txt speech.txt").ends(1).says("nowhere.txt: No such file").prints("regret");
}

#[test]
fn without_a_path_standard_input_is_read_and_without_a_model_the_embedded_one_answers() {
    let ran = Desk::new().run_with("classify -f jsonl", "We had no choice but to act.\n").ok();
    assert_eq!(ran.records()[0]["path"], "-");
    assert_eq!(ran.records()[0]["model"].as_str().unwrap().len(), 8);
    assert_eq!(ran.records()[0]["framings"][0]["label"], "justification");
}

#[test]
fn a_column_of_a_table_is_classified_and_the_others_pass_through() {
    let posts = "id,body,text\n7,\"You will pay, \"\"all\"\" of you\",x\n8,,y\n9,Vote now,\n";
    let desk = Desk::with_model().and("posts.csv", posts);
    desk.run("classify -m m posts.csv --column body -f csv").ok().matches("column.csv");
    let records = desk.run("classify -m m posts.csv --column body -f jsonl").ok().records();
    assert_eq!(records.len(), 3);
    assert_eq!(records[0]["row"]["id"], "7");
    assert_eq!(records[0]["text"], "You will pay, \"all\" of you");
    assert_eq!(records[1]["text"], "");
    desk.run("classify -m m posts.csv --column boddy").ends(1).says("did you mean \"body\"?");
}

#[test]
fn a_field_of_json_lines_is_classified_and_the_others_pass_through() {
    let posts = "{\"id\": 7, \"body\": \"You will pay.\", \"tags\": [1]}\n\n{\"id\": 8}\nbroken\n";
    let desk = Desk::with_model().and("posts.jsonl", posts);
    let ran = desk.run("classify -m m posts.jsonl --column body -f jsonl")
        .ok()
        .says("posts.jsonl:3: 1 bad row: no field `body`; the object has `id`\nhint: add `body`")
        .says("posts.jsonl:4: 1 bad row: invalid JSON on line 4, column 1: expected value\nhint: a line holds one whole object");
    assert_eq!(ran.records()[0]["row"], serde_json::json!({"id": 7, "body": "You will pay.", "tags": [1]}));
    assert_eq!(ran.records().len(), 3);
    desk.run("classify -m m posts.jsonl --column body -f csv").ok().prints("7,You will pay.,[1],posts.jsonl,1,1,");
}

#[test]
fn a_cell_can_be_cut_into_sentences() {
    let desk = Desk::with_model().and("posts.csv", "id,body\n7,You will pay. Vote now.\n8,\n");
    let records = desk.run("classify -m m posts.csv --column body --unit sentence -f jsonl").ok().records();
    let texts: Vec<_> =
        records.iter().map(|r| (r["row"]["id"].as_str().unwrap(), r["text"].as_str().unwrap())).collect();
    assert_eq!(texts, [("7", "You will pay."), ("7", "Vote now.")]);
    desk.run("classify -m m posts.csv --column body --unit sentence -f jsonl")
        .says("warning: posts.csv:3: 1 row without text has no record, the first here\nhint: --unit document or line");
    let records =
        desk.run("classify -m m posts.csv --column body --unit line -f jsonl").ok().says_not("warning").records();
    assert_eq!((records.len(), &records[1]["text"], &records[1]["line"]), (2, &"".into(), &3.into()));
}

#[test]
fn an_output_file_is_written_whole_or_not_at_all() {
    let desk = on_speech().and("out.txt", "old");
    desk.run("classify -m m speech.txt -o out.txt").ok().left_out(".out.txt.rhetor-part");
    assert!(String::from_utf8(desk.read("out.txt")).unwrap().contains("regret"));
    desk.run("classify -m m speech.txt -o speech.txt").ends(2).says("is an input");
    assert_eq!(desk.read("speech.txt"), SPEECH.as_bytes());
}

#[test]
fn a_text_of_unknown_words_is_warned_of() {
    let desk = Desk::with_model().and("x.txt", "Aardvarks, pangolins and okapis graze quietly near baobab groves while hornbills and weavers chatter overhead among acacia thorns, and hyraxes sleep.");
    desk.run("classify -m m x.txt").ok().says("the model knows").says("of the words");
}

#[test]
fn colours_come_only_when_they_are_wanted() {
    let desk = on_speech();
    assert!(!desk.run("classify -m m speech.txt").ok().stdout.contains('\u{1b}'));
    assert!(desk.run("classify -m m speech.txt --color always").ok().stdout.contains('\u{1b}'));
}

#[test]
fn mistyped_commands_and_options_are_usage_errors_with_a_suggestion() {
    Desk::new().run("clasify").ends(2).says("classify");
    Desk::new().run("classify --formt csv").ends(2).says("--format");
    Desk::new().run("").ends(2).says("Usage");
    Desk::new().run("completions bash").ok().prints("_rhetor");
    Desk::new().run("classify --help").ok().prints("Examples:");
}

#[test]
fn a_run_of_characters_is_shown_by_its_name_and_its_word() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o m --cues none --char-ngrams 3,4 --ngrams 1").ok();
    let ran = desk.run_with("classify -m m --explain", "Sign the petition before the meeting.").ok();
    let terms: Vec<&str> = ran.stdout.lines().nth(1).unwrap().split(['+', '-']).skip(1).collect();
    assert!(terms.iter().any(|term| term.contains("char:bef “bef”")), "{terms:?}");
    let names: std::collections::BTreeSet<&str> = terms.iter().map(|term| &term[term.find(' ').unwrap()..]).collect();
    assert_eq!(names.len(), terms.len(), "{terms:?}");
}

#[test]
fn a_text_in_another_language_gets_one_warning() {
    let desk = Desk::with_model().and(
        "de.txt",
        "Der Ausschuss hat gestern beschlossen, die Brücke bis zum Frühjahr zu sperren.\n\nDie Pfeiler sind unterspült, und niemand weiß, \
         wie lange sie noch halten. Der Rat tagt am Freitag wieder.\n",
    );
    let said = desk.run("classify -m m de.txt").ok().stderr;
    assert_eq!(said.matches("seems to be German").count(), 1, "{said}");
    desk.run("classify -m m train.csv --column text").ok().says_not("seems to be");
}

#[test]
fn a_framing_says_in_whose_words_it_is() {
    let text = "The mayor, Anna Hale, spoke on Monday. \"Anyone who talks will pay a price,\" she said. \
                Hale warned that those who strike will be dismissed. Sign the petition before the meeting.\n";
    let desk = Desk::with_model().and("news.txt", text);
    let records = desk.run("classify -m m news.txt --format jsonl").ok().records();
    let voices: Vec<_> = records.iter().map(|record| record["voice"].as_str().unwrap()).collect();
    assert_eq!(voices, ["author", "quoted", "reported", "author"]);
    let threat = &records[1]["framings"][0];
    assert_eq!((threat["label"].as_str(), threat["voice"].as_str()), (Some("threat"), Some("quoted")));
    let speaker = &records[2]["framings"][0]["speaker"];
    let bytes = |key: &str| speaker[key].as_u64().unwrap() as usize;
    assert_eq!(speaker["name"].as_str().unwrap(), &text[bytes("start")..bytes("end")]);
    for framing in records.iter().flat_map(|record| record["framings"].as_array().unwrap()) {
        let share: f64 =
            framing["voice_share"].as_object().unwrap().values().map(|share| share.as_f64().unwrap()).sum();
        assert!((share - 1.0).abs() < 1e-3);
    }
    let only = desk.run("classify -m m news.txt --format jsonl --voice author").ok().records();
    let framed: Vec<_> = only.iter().map(|record| record["framings"].as_array().unwrap().len()).collect();
    assert_eq!((framed[1], framed[2]), (0, 0));
    assert!(framed[3] > 0);
    desk.run("classify -m m news.txt").ok().prints("quoted").prints("Hale");
    desk.run("classify -m m news.txt --summary").ok().prints("author quoted reported mixed");
    desk.run("classify -m m news.txt --voice nobody").ends(2).says("possible values");
}

/// What speaks is left out, and nothing else: probabilities, evidence and places stay.
#[test]
fn without_voices_all_else_stays_the_same() {
    let text = "\"Anyone who talks will pay a price,\" she said.\nHale warned: sign it. We had no choice!\n\nSign the petition.\n";
    let desk = Desk::with_model().and("news.txt", text);
    for unit in ["sentence", "line", "paragraph", "document"] {
        for model in ["-m m", ""] {
            let of = |voice: &str| {
                desk.run(&format!("classify {model} news.txt --unit {unit} --threshold 0.1 -e -f jsonl {voice}"))
                    .ok()
                    .records()
            };
            let mut told = of("");
            for record in &mut told {
                let framings = record["framings"].as_array_mut().unwrap().iter_mut();
                for object in framings.map(|framing| framing.as_object_mut().unwrap()) {
                    object.retain(|key, _| !["voice", "voice_share", "speaker"].contains(&key.as_str()));
                }
                record.as_object_mut().unwrap().retain(|key, _| !["voice", "speaker"].contains(&key.as_str()));
            }
            assert_eq!(of("--voice none"), told, "{unit} {model}");
        }
    }
    let counts =
        desk.run("classify -m m news.txt --voice none --summary").ok().prints("share\n").prints("threat").stdout;
    assert!(!counts.contains("author"), "{counts}");
    desk.run("classify -m m news.txt --voice none -f csv").ok().prints(",,threat");
    let page = desk.run("classify -m m news.txt --voice none -f html").ok().prints("threat").stdout;
    assert!(!page.contains("in whose voice"));
    desk.run("classify -m m news.txt --voice none,quoted").ends(2).says("leave out either");
}

#[test]
fn a_file_that_cannot_be_read_has_no_place_in_the_results() {
    let desk = Desk::with_model().and("a.txt", "They will pay.\n").and("empty.txt", "");
    let ran = desk.run("classify -m m missing.txt a.txt --summary -f csv").ends(1);
    assert!(!ran.stdout.contains("missing.txt") && ran.stdout.contains("a.txt"), "{}", ran.stdout);
    desk.run("classify -m m empty.txt").ok().says("no text in it");
}

#[test]
fn a_file_that_is_no_text_we_read_is_not_counted_as_one_without_framings() {
    let utf16: Vec<u8> = "They will pay.\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let desk = Desk::with_model().and("a.txt", "They will pay.\n").and("wide.txt", [b"\xff\xfe", &utf16[..]].concat());
    for format in ["text", "csv", "jsonl"] {
        let ran = desk.run(&format!("classify -m m wide.txt a.txt --summary -f {format}")).ends(1).says("is UTF-16LE");
        assert!(!ran.stdout.contains("wide.txt"), "{}", ran.stdout);
    }
    let desk = desk.and("old.html", "old");
    desk.run("classify -m m wide.txt -o old.html").ends(1);
    desk.run("classify -m m missing.txt -o old.html").ends(1);
    assert_eq!(desk.read("old.html"), b"old", "where nothing could be read an older file stays");
}

#[test]
fn what_standard_input_reads_is_not_overwritten() {
    let desk = Desk::with_model();
    for args in ["classify -m m -o in.csv", "convert - in.csv --to jsonl", "train - -o in.csv --input-format csv"] {
        let desk = Desk::with("in.csv", LABELLED).and("m", desk.read("m"));
        let mut command = desk.command(args);
        let output = command.stdin(std::fs::File::open(desk.path("in.csv")).unwrap()).output().unwrap();
        desk.ran(output).ends(2).says("in.csv: is an input, and would be overwritten");
        assert_eq!(desk.read("in.csv"), LABELLED.as_bytes());
    }
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    let desk = Desk::with_model().and("a.txt", "They will pay.\n");
    for args in [
        "classify -m m a.txt --only nonsense",
        "classify -m m a.txt --voice none,quoted",
        "classify -m m a.txt -o out.json",
        "classify -m m a.txt -o a.txt",
        "classify -m m - -",
        "inspect -m m --terms nonsense",
        "train train.csv -o n --l2 -1",
        "train train.csv -o n --cues none --cues a.toml",
    ] {
        desk.run(args).ends(2);
    }
}

#[test]
fn a_model_is_never_overwritten_by_what_it_found() {
    let desk = Desk::with_model().and("a.txt", "They will pay.\n");
    let before = desk.read("m");
    desk.run("classify -m m a.txt -o m").ends(2).says("would be overwritten");
    desk.run("evaluate -m m train.csv --report m").ends(2).says("would be overwritten");
    desk.run("evaluate -m m train.csv -o x --report x").ends(2).says("is named for two outputs");
    assert_eq!(desk.read("m"), before);
}

#[test]
fn the_name_of_the_output_tells_the_format() {
    let desk = Desk::with_model().and("a.txt", "They will pay.\n");
    desk.run("classify -m m a.txt -o r.jsonl").ok();
    assert!(desk.read("r.jsonl").starts_with(b"{"));
    desk.run("classify -m m a.txt -o r.csv -f text").ok();
    assert!(desk.read("r.csv").starts_with(b"a.txt:1:"));
    for name in ["r.json", "r.xlsx", "r.csv.gz"] {
        let said = desk.run(&format!("classify -m m a.txt -o {name}")).ends(2).left_out(name);
        said.says(&format!("{name}: nothing is written as")).says("hint: .jsonl is an object a unit");
    }
    desk.run("classify -m m a.txt -o r.json -f jsonl").ok().wrote("r.json");
}

#[test]
fn an_explanation_may_follow_the_text() {
    let desk = Desk::with_model();
    let starts = |option: &str| -> Vec<u64> {
        let input = "We will make them pay for what they did.";
        let ran = desk.run_with(&format!("classify -m m -f jsonl --only threat {option}"), input).ok();
        let terms = ran.records()[0]["framings"][0]["explain"]["terms"].as_array().unwrap().clone();
        terms.iter().filter_map(|term| term["spans"][0][0].as_u64()).collect()
    };
    let (reading, weight) = (starts("--explain=reading"), starts("--explain"));
    assert!(reading.is_sorted() && !weight.is_sorted() && reading.len() == weight.len());
}

#[test]
fn words_that_count_are_underlined_where_colours_are_shown() {
    let desk = Desk::with_model();
    let run = |options: &str| desk.run_with(&format!("classify -m m {options}"), "They will pay.").ok().stdout;
    assert!(run("--color always --explain").contains("\u{1b}[4m"), "{}", run("--color always --explain"));
    assert!(!run("--color always").contains("\u{1b}[4m") && !run("--explain").contains('\u{1b}'));
}

/// What the program shows on a terminal of so many columns, or nothing where no terminal can be had.
fn on_terminal(desk: &Desk, columns: u32, args: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_rhetor");
    let command = format!("stty rows 24 cols {columns}; exec {program} {args}");
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(desk.path("")).env_remove("NO_COLOR");
    let ran = script.env("TERM", "xterm").env_remove("COLORTERM").stdin(std::process::Stdio::null()).output();
    let Some(ran) = ran.ok().filter(|ran| ran.status.success()) else {
        crate::desk::have("script (util-linux)", false);
        return None;
    };
    Some(String::from_utf8(ran.stdout).unwrap().replace("\r\n", "\n"))
}

const CROWD: &str = "Anna Hale warned that anyone who talks will pay a price, 漢字漢字漢字漢字 for ever, and that those who strike will be dismissed.\n";

#[test]
fn a_terminal_gets_lines_of_its_width_and_a_pipe_a_line_a_unit() {
    let desk = Desk::with_model().and("a.txt", CROWD);
    let piped = desk.run("classify -m m a.txt --explain").ok().stdout;
    assert!(piped.lines().next().unwrap().starts_with("a.txt:1: [") && piped.lines().count() == 2, "{piped}");
    for columns in [40, 60] {
        let Some(shown) = on_terminal(&desk, columns, "classify -m m a.txt --explain --color never") else { return };
        let results: Vec<&str> =
            shown.lines().filter(|line| !line.contains("of 1 sentence carries a framing")).collect();
        assert_eq!(results[0], "a.txt");
        // A Chinese character takes two columns.
        let width =
            |line: &str| line.chars().map(|c| if c.is_ascii() || !c.is_alphabetic() { 1 } else { 2 }).sum::<usize>();
        assert!(results.iter().all(|line| width(line) <= columns as usize), "{shown}");
        let joined = results.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains("reported: Anna Hale] Anna Hale warned") && joined.contains(CROWD.trim()), "{shown}");
        assert!(!shown.contains('\u{1b}'));
    }
}

#[test]
fn a_terminal_shows_labels_in_the_colours_of_the_report_and_obeys_nothing_in_the_text() {
    let desk = Desk::with_model().and("a.txt", "We will make them pay\u{1b}[2J for what they did.\n");
    let Some(shown) = on_terminal(&desk, 50, "classify -m m a.txt --explain") else { return };
    // `threat` is the third label of the model: the third colour, with white upon it.
    assert!(shown.contains("\u{1b}[48;5;29m\u{a0}threat\u{a0}") && shown.contains("\u{1b}[38;5;231m"), "{shown:?}");
    assert!(shown.contains("\u{1b}[4m") && !shown.contains("\u{1b}[2J"), "{shown:?}");
}

#[test]
fn a_table_that_is_read_as_text_is_said_to_look_like_one() {
    let desk = Desk::with_model()
        .and("posts.csv", "id,body,by\n1,\"They will pay, all of them\",a\n2,Vote for the amendment,b\n")
        .and("posts", "id\tbody\n1\tThey will pay\n2\tVote for the amendment\n")
        .and("posts.jsonl", "{\"by\": \"a\", \"text\": \"They will pay\"}\n")
        .and("prose.txt", "We came, they left.\nWe stayed, they came back.\nWe left, they stayed.\n");
    desk.run("classify -m m posts.csv")
        .ok()
        .says("posts.csv: looks like a table of 3 columns (id, body, by)")
        .says("hint: --column body");
    desk.run("classify -m m posts").ok().says("hint: --column body");
    desk.run("classify -m m posts.jsonl").ok().says("hint: --column text");
    desk.run("classify -m m posts.csv --column body").ok().says_not("looks like a table");
    desk.run("classify -m m posts.csv --unit line").ok().says_not("looks like a table");
    desk.run("classify -m m prose.txt").ok().says_not("looks like a table");
}

#[test]
fn who_speaks_is_passed_on_from_paragraph_to_paragraph_and_not_from_line_to_line_or_row_to_row() {
    let text = "Mr Hale said: “We will make them pay for what they did.\n\n“Anyone who talks will pay a price.\n\n\
                “Those who strike will be dismissed.”\n\nHe warned that they will not return.\n";
    let desk = Desk::with_model()
        .and("a.txt", text)
        .and("rows.csv", format!("text\n\"{}\"\n", text.replace("\n\n", "\"\n\"")));
    let speakers = |args: &str| -> Vec<String> {
        let records = desk.run(&format!("classify -m m -f jsonl {args}")).ok().records();
        records.iter().map(|record| record["speaker"]["name"].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(speakers("a.txt")[..3], ["Mr Hale", "Mr Hale", "Mr Hale"]);
    assert_eq!(speakers("a.txt --unit paragraph"), speakers("a.txt"));
    for apart in ["a.txt --unit line", "rows.csv --column text"] {
        let found = speakers(apart);
        assert!(found.iter().skip(1).all(|name| name != "Mr Hale"), "{apart}: {found:?}");
    }
    let records = desk.run("classify -m m -f jsonl a.txt").ok().records();
    let at = |key: &str| records[2]["speaker"][key].as_u64().unwrap() as usize;
    assert_eq!(&text[at("start")..at("end")], "Mr Hale");
}

#[test]
fn a_row_says_of_each_of_its_labels_whose_words_it_is() {
    let text = "Mr Hale said: “We will make them pay.” The crash is the fault of the firm that skipped the checks.\n";
    let desk = Desk::with_model().and("a.txt", text);
    let table =
        desk.run("classify -m m a.txt --unit paragraph --threshold 0.01 --only blame,threat -f csv").ok().stdout;
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let row: std::collections::BTreeMap<String, String> = rows.deserialize().next().unwrap().unwrap();
    let each = |column: &str| row[column].split('|').map(str::to_owned).collect::<Vec<_>>();
    let found: std::collections::BTreeSet<_> =
        each("labels").into_iter().zip(each("label_voices")).zip(each("speakers")).collect();
    let said = |label: &str, voice: &str, speaker: &str| ((label.to_owned(), voice.to_owned()), speaker.to_owned());
    assert_eq!(found, [said("blame", "author", ""), said("threat", "quoted", "Mr Hale")].into());
    let voiceless = desk.run("classify -m m a.txt --voice none -f csv").ok();
    voiceless.prints(",,blame,,,");
}

#[test]
fn people_of_one_name_in_two_files_are_two_on_the_page() {
    let said = |name: &str| format!("{name} warned: “They will pay for it.”\n");
    let desk =
        Desk::with_model().and("a.txt", said("Ms Lang")).and("b.txt", said("Ms Lang")).and("c.txt", said("Mr Hale"));
    let page = desk.run("classify -m m a.txt b.txt c.txt -f html").ok().stdout;
    let who = page.split_once("Who says what").unwrap().1.split_once("</table>").unwrap().0;
    for name in ["Ms Lang (a.txt)", "Ms Lang (b.txt)", "Mr Hale<"] {
        assert!(who.contains(name), "{name}: {who}");
    }
}

#[test]
fn a_summary_counts_a_person_once_and_of_many_speakers_only_those_with_most() {
    let said = |name: &str| format!("{name} warned that those who strike will be dismissed and will not return.\n\n");
    let known = ["Maria Lang", "Ms Lang", "Lang", "Lang"].map(said).concat();
    let names = (0..1300).map(|n| {
        said(&format!("Hans Roth{}{}", ["a", "e", "i", "o"][n % 4], "x".repeat(1 + n / 4 % 60) + &"y".repeat(n / 240)))
    });
    let desk = Desk::with_model().and("a.txt", &known).and("crowd.txt", known.clone() + &names.collect::<String>());
    let one = desk.run("classify -m m --summary a.txt").ok().stdout;
    assert!(one.contains("  Maria Lang: threat 4\n") && !one.contains("Ms Lang"), "{one}");
    let rows = desk.run("classify -m m --summary -f csv crowd.txt").ok().stdout;
    assert!(rows.contains("reported,Maria Lang,4,") && rows.contains("reported,other speakers,"), "{rows}");
    assert!(rows.lines().count() < 1100, "{}", rows.lines().count());
    let sum: u64 = rows
        .lines()
        .filter(|row| row.contains(",threat,"))
        .map(|row| row.split(',').nth(4).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum, 1304);
    desk.run("classify -m m --summary crowd.txt")
        .ok()
        .prints("speakers more (all with -f csv)")
        .prints("  other speakers: threat");
}

#[test]
fn a_table_in_another_encoding_and_one_of_a_single_column_are_classified_whole() {
    let desk = Desk::with_model()
        .and("western.csv", b"id;body\r\n1;Caf\xe9 or not, you will pay\r\n")
        .and("one.csv", "body\r\nSign it, all of you; now\r\n");
    desk.run("classify -m m --column body western.csv --encoding windows-1252 -f jsonl")
        .ok()
        .prints("\"text\":\"Café or not, you will pay\"")
        .says_not("bad row");
    desk.run("classify -m m --column body one.csv -f jsonl")
        .ok()
        .prints("\"text\":\"Sign it, all of you; now\"")
        .says_not("bad row");
    desk.run("classify -m m one.csv").ok().says("looks like a table of 1 column (body)");
    desk.run("classify -m m one.csv --encoding windows-1252").ends(2).says("--column");
}

#[test]
fn the_files_of_a_folder_can_be_listed_before_they_are_read() {
    let desk =
        Desk::with("d/b.txt", "").and("d/a.md", "").and("d/c.html", "").and("d/.hidden.txt", "").and("e.html", "");
    let desk = desk.and("d/NOTES.TXT", "");
    assert_eq!(desk.run("classify --files d e.html").ok().stdout, "d/NOTES.TXT\nd/a.md\nd/b.txt\ne.html\n");
    assert_eq!(desk.run("classify --files d --glob *.html").ok().stdout, "d/c.html\n");
    assert_eq!(desk.run("classify --files gone e.html").ends(1).says("gone: No such file").stdout, "e.html\n");
}

#[test]
fn links_in_a_folder_are_not_followed_and_this_is_said() {
    let desk = Desk::with_model().and("a.txt", "They will pay.\n").and("d/b.txt", "They will pay.\n");
    std::os::unix::fs::symlink("../a.txt", desk.path("d/link.txt")).unwrap();
    let ran = desk.run("classify -m m d").ok().says("d: 1 symbolic link is not followed; name it to read it");
    assert!(!ran.stdout.contains("link.txt"), "{}", ran.stdout);
    desk.run("classify -m m d/link.txt --all").ok().prints("d/link.txt:1:").says_not("symbolic");
    // A link to a folder, though its name matches no glob; what no glob wants is no loss.
    std::os::unix::fs::symlink("../d", desk.path("d/more")).unwrap();
    std::os::unix::fs::symlink("../a.txt", desk.path("d/link.csv")).unwrap();
    desk.run("classify -m m d").ok().says("d: 2 symbolic links are not followed; name them to read them");
    std::os::unix::fs::symlink("gone.txt", desk.path("dangling")).unwrap();
    desk.run("classify -m m dangling").ends(1).says("hint: it is a link to what is not there");
}

#[test]
fn a_text_that_is_named_twice_is_read_twice_and_this_is_said() {
    let desk = Desk::with_model().and("a.txt", "They will pay.\n").and("d/b.txt", "They will pay.\n");
    desk.run("classify -m m a.txt ./a.txt").ok().says("./a.txt: is named twice, and is read twice");
    for args in ["classify -m m d d/b.txt", "classify -m m d/b.txt d"] {
        desk.run(args).ok().says("is named twice, and is read twice");
    }
    desk.run("classify -m m d a.txt").ok().says_not("twice");
}

#[test]
fn what_is_a_page_of_the_web_or_no_text_at_all_is_said_to_be_once() {
    let page = "<!DOCTYPE html>\n<html><body><p>They will pay.</p></body></html>\n";
    let desk = Desk::with_model().and("page.txt", page).and("quote.txt", "A paragraph starts with <p>.\n");
    desk.run("classify -m m page.txt")
        .ok()
        .says("looks like HTML")
        .says("pandoc -f html -t plain page.txt | rhetor classify");
    desk.run("classify -m m quote.txt").ok().says_not("HTML");
    let subtitles = "1\r\n00:00:01,000 --> 00:00:04,000\r\nThey will pay.\r\n";
    let mail = "From: a@example.org\nSubject: Hello\nMIME-Version: 1.0\n\nThey will pay.\n";
    let memo = "From: the director\nTo: all staff\nSubject: content-type: text\n\nThey will pay.\n";
    let desk =
        desk.and("a b.srt", subtitles).and("c.vtt", "WEBVTT\n\nThey will pay.\n").and("d.eml", mail).and("e.txt", memo);
    let ran = desk.command("classify -m m").arg("a b.srt").output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(
        said.contains("a b.srt: looks like subtitles") && said.contains("-->' 'a b.srt' | rhetor classify"),
        "{said}"
    );
    desk.run("classify -m m c.vtt")
        .ok()
        .says("c.vtt: looks like subtitles, and their numbers and times are read as text");
    desk.run("classify -m m d.eml").ok().says("d.eml: looks like e-mail, and its headers are read as text");
    desk.run("classify -m m e.txt").ok().says_not("e-mail");
    let desk = desk.and(
        "program.txt",
        b"\x7fELF\0\0\xff\xfe\x80 per favore non capisco la lingua di questo programma\0".repeat(40),
    );
    let said = desk.run("classify -m m program.txt").ok().stderr;
    assert_eq!((said.matches("warning:").count(), said.matches("hint:").count()), (1, 0), "{said}");
}

#[test]
fn a_label_with_a_comma_in_its_name_can_be_asked_for() {
    let data = LABELLED.replace("threat", "\"fruit,red\"").replace("blame|\"fruit,red\"", "blame");
    let desk = Desk::with("train.csv", data);
    desk.run("train train.csv -o m --cues none --label-separator |").ok();
    let labels = |only: &str| {
        let ran =
            desk.run_with(&format!("classify -m m --threshold 0 -f jsonl --only {only}"), "They will pay.\n").ok();
        let record = ran.records().remove(0);
        let mut labels: Vec<_> = record["framings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|framing| framing["label"].as_str().unwrap().to_owned())
            .collect();
        labels.sort();
        labels
    };
    assert_eq!(labels("fruit,red"), ["fruit,red"]);
    assert_eq!(labels("call,fruit,red,blame"), ["blame", "call", "fruit,red"]);
    assert_eq!(labels("call,blame"), ["blame", "call"]);
    assert_eq!(labels("call,\"fruit,red\""), ["call", "fruit,red"]);
    desk.run_with("classify -m m --only call,frut", "They will pay.\n").ends(2).says("no label \"frut\"");
}
