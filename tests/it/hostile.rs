use crate::desk::Desk;
use crate::faults::limited;
use crate::terminal::Terminal;

fn texts(input: &[u8], options: &str) -> Vec<String> {
    let ran = Desk::with_model().run_with(&format!("classify -m m -f jsonl {options}"), input).ok();
    ran.records().iter().map(|record| record["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_nothing() {
    for unit in ["sentence", "line", "paragraph", "document"] {
        assert!(texts(b"", &format!("--unit {unit}")).is_empty());
    }
    assert!(texts(b"\n \n\t\n", "").is_empty());
    assert_eq!(texts(b"\n\n", "--unit line"), ["", ""]);
    let desk = Desk::with_model().and("empty.txt", "");
    assert_eq!(desk.run("classify -m m empty.txt --summary").ok().stdout, "empty.txt: 0 units, 0 with a framing (–)\n");
}

#[test]
fn line_ends_marks_and_zeros_do_no_harm() {
    assert_eq!(texts(b"\xEF\xBB\xBFone\r\ntwo\r\n", "--unit line"), ["one", "two"]);
    assert_eq!(texts(b"a\0b\n\0\n", "--unit line"), ["a\0b", "\0"]);
    assert_eq!(texts(b"one\rtwo\n", "--unit line"), ["one\rtwo"]);
}

#[test]
fn broken_utf_8_is_replaced_and_its_place_is_told() {
    let desk = Desk::with_model().and("x.txt", b"fine\ncaf\xe9 and \xff\nfine\n");
    let ran = desk
        .run("classify -m m x.txt --unit line -f jsonl")
        .ok()
        .says("x.txt:2: 2 invalid UTF-8 sequences were replaced");
    let wrapped = Desk::with_model().and("x.txt", b"One.\nTwo.\nThree.\nM\xfcller will pay.\n");
    wrapped.run("classify -m m x.txt").ok().says("x.txt:4: 1 invalid UTF-8 sequence was replaced");
    assert_eq!(ran.records()[1]["text"], "caf\u{fffd} and \u{fffd}");
    assert_eq!(ran.records()[2]["start"], 16);
}

#[test]
fn a_line_that_is_too_long_is_cut_told_of_and_costs_no_other_record() {
    let input = format!("first\n{}\nlast\n", "pay ".repeat(2_000_000));
    let desk = Desk::with_model().and("x.txt", input);
    for unit in ["line", "paragraph", "document", "sentence"] {
        let ran = desk.run(&format!("classify -m m x.txt --unit {unit} -f jsonl")).ok().says("cut, the first here");
        assert!(ran.records().iter().any(|record| record["truncated"] == true), "{unit}");
    }
    let records = desk.run("classify -m m x.txt --unit line -f jsonl").records();
    assert_eq!(records.len(), 3);
    assert_eq!(records[2]["text"], "last");
    assert!(records[1]["text"].as_str().unwrap().len() <= 1 << 20);
}

#[test]
fn a_terminal_cannot_be_steered_by_what_is_classified() {
    let desk = Desk::with_model();
    let ran = desk
        .run_with("classify -m m --all", "You will pay \u{1b}[31m\u{7} now\u{9b}2J.\n")
        .ok()
        .prints("␛[31m␇ now␦2J.");
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}', '\u{9b}']));
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let desk = Desk::with_model()
        .and("a.txt", b"\xff\xfeh\0i\0")
        .and("b.txt", "%PDF-1.7 xyz")
        .and("c.gz", [0x1f, 0x8b, 8, 0, 1]);
    desk.run("classify -m m a.txt").ends(1).says("a.txt: is UTF-16LE").says("iconv");
    desk.run("classify -m m b.txt").ends(1).says("b.txt: is a PDF");
    desk.run("classify -m m c.gz").ends(1).says("c.gz: ").says("gzip");
}

#[test]
fn paragraphs_of_every_shape_lose_no_word() {
    let mut text = String::new();
    for words in [1, 3, 40, 400] {
        for wrap in [0, 20, 72] {
            let line: Vec<String> = (0..words).map(|i| format!("w{i}")).collect();
            let mut width = 0;
            for word in line {
                width += word.len() + 1;
                text.push_str(&word);
                text.push(if wrap > 0 && width > wrap { '\n' } else { ' ' });
                width = if wrap > 0 && width > wrap { 0 } else { width };
            }
            text.push_str("\n\n");
        }
    }
    let expected: Vec<&str> = text.split_whitespace().collect();
    for options in ["", "--unit paragraph", "--unit document", "--unit line", "--max-record 80"] {
        let all = texts(text.as_bytes(), options).join(" ");
        if options != "--max-record 80" {
            assert_eq!(all.split_whitespace().collect::<Vec<_>>(), expected, "{options}");
        }
    }
}

/// Each of these took time as the square of its length once, and would not come to an end here.
#[test]
fn what_repeats_itself_without_end_is_read_to_its_end() {
    let size = 400_000;
    let texts = [
        ("a word", "y".repeat(size)),
        ("an abbreviation that comes to nothing", "U.S.".repeat(size / 4) + "theirbecause"),
        ("quotations", "“pay,” ".repeat(size / 10)),
        ("a term", "pay ".repeat(size / 4)),
    ];
    for (name, text) in &texts {
        let desk = Desk::with_model().and("x.txt", text);
        for options in ["-f jsonl --explain", "-f html", "-f tsv --unit document"] {
            let ran = desk.run(&format!("classify -m m x.txt {options}")).ok();
            assert!(!ran.stdout.is_empty(), "{name}");
        }
    }
}

#[test]
fn many_passages_fields_labels_and_classes_take_no_more_time_than_their_number() {
    const MANY: usize = 20_000;
    let list = |item: &dyn Fn(usize) -> String, between: &str| (0..MANY).map(item).collect::<Vec<_>>().join(between);
    let text = "Tomorrow é😀 will pay. ".repeat(MANY / 2);
    let passages = |item: &dyn Fn(usize) -> String| format!("[{}]", list(item, ","));
    let triples = passages(&|at| format!("[{},{},\"call {at}\"]", at * 10, at * 10 + 5));
    let objects = passages(&|at| format!("{{\"start\":{},\"end\":{},\"label\":\"call\"}}", at * 10, at * 10 + 5));
    let choices = passages(&|at| {
        format!(
            "{{\"from_name\":\"f\",\"to_name\":\"text\",\"type\":\"choices\",\"value\":{{\"choices\":[\"l{at}\"]}}}}"
        )
    });
    let desk = Desk::with("passages.doccano", format!("{{\"text\":\"{text}\",\"label\":{triples}}}\n"))
        .and("passages.jsonl", format!("{{\"text\":\"{text}\",\"labels\":[],\"spans\":{objects}}}\n"))
        .and("choices.json", format!("[{{\"data\":{{\"text\":\"Pay\"}},\"annotations\":[{{\"result\":{choices}}}]}}]"))
        .and(
            "fields.jsonl",
            format!("{{\"text\":\"Pay\",\"labels\":[],{}}}\n", list(&|at| format!("\"f{at}\":{at}"), ",")),
        )
        .and(
            "unnamed.csv",
            format!("text,labels{}\n{}", ",".repeat(MANY), format!("Pay,{}x\n", ",x".repeat(MANY)).repeat(2)),
        )
        .and("book.yaml", format!("labels:\n{}\n", list(&|at| format!("  l{at}: names it"), "\n")))
        .and(
            "chain.toml",
            format!(
                "[a]\nx = \"@c0 now\"\n[classes]\n{}\nc{MANY} = [\"z\"]\n",
                list(&|at| format!("c{at} = [\"w{at}\", \"@c{}\"]", at + 1), "\n")
            ),
        )
        .and("names.dic", format!("%\n1\t{}\n%\n{}\n", "n".repeat(1 << 18), list(&|at| format!("w{at}\t1"), "\n")))
        .and("t.txt", "w7 now\n");
    for args in [
        "convert passages.doccano - --from doccano --to csv",
        "convert passages.doccano - --from doccano --to label-studio",
        "convert passages.jsonl - --to prodigy",
        "convert choices.json - --to jsonl",
        "convert fields.jsonl - --to jsonl",
        "convert unnamed.csv - --to jsonl",
        "labels --codebook book.yaml",
        "cues chain.toml t.txt",
        "cues names.dic t.txt",
    ] {
        // What takes the square of the number would be ended long before it is done.
        limited(&desk, "ulimit -t 20", args).ok();
    }
}

#[test]
fn what_tables_cannot_say_of_records_that_were_cut_a_warning_does_with_their_lines() {
    let long = "They will pay for it. ".repeat(4);
    let text = |lines: usize| (0..lines).map(|_| format!("{long}\nIt rained.\n")).collect::<String>();
    let desk = Desk::with_model().and("one.txt", text(1)).and("three.txt", text(3)).and("many.txt", text(12));
    let run = |file: &str| desk.run(&format!("classify {file} -m m --unit line --max-record 64 -f csv")).ok();
    run("one.txt").says("one.txt:1: a record longer than 64 bytes was cut, the first here\nhint:").says_not("others");
    let ran = run("three.txt");
    assert!(ran.stdout.starts_with("path,index,line,start,end,text,voice,labels,label_voices,speakers,p:"));
    ran.says("three.txt:1: 3 records longer than 64 bytes were cut, the first here, others on lines 3, 5\nhint:");
    run("many.txt").says("many.txt:1: 12 records").says("others on lines 3, 5, 7, 9, 11, 13, 15, 17, …\nhint:");
    let rows = format!("id,body\n1,{long}\n2,It rained.\n3,{long}\n");
    desk.and("rows.csv", rows)
        .run("classify rows.csv -m m --column body --max-record 64 -f csv")
        .ok()
        .says("rows.csv:2: 2 records longer than 64 bytes were cut, the first here, another on line 4\nhint:");
}

#[cfg(unix)]
#[test]
fn names_of_files_cannot_steer_a_terminal_and_stay_as_they_are_in_a_pipe() {
    let desk = Desk::with("d/a\u{1b}[2J\u{9b}1m\n.txt", "").and("d/b.txt", "");
    let args = "classify --files d";
    assert_eq!(desk.run(args).ok().stdout, "d/a\u{1b}[2J\u{9b}1m\n.txt\nd/b.txt\n");
    let Some(mut terminal) = Terminal::run(&desk.path(""), args, (80, 10)) else { return };
    assert_eq!(terminal.end(), 0);
    let shown = String::from_utf8(terminal.bytes()).unwrap();
    assert_eq!(shown.replace("\r\n", "\n"), "d/a␛[2J␦1m␊.txt\nd/b.txt\n");
}
