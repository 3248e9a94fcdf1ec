//! `rhetor convert`, and what every command that reads data makes of the formats of other tools.

use std::process::Stdio;

use crate::desk::Desk;

const TASKS: &str = include_str!("../formats/label-studio.json");
const CHOICE: &str = include_str!("../formats/prodigy-choice.jsonl");

#[test]
fn an_export_of_label_studio_becomes_a_table() {
    let ran = Desk::with("tasks.json", TASKS).run("convert tasks.json - --to csv --only-judged").ok();
    assert_eq!(
        ran.stdout,
        "text,labels,id,annotation_id,annotator,created_at,lead_time,paper,remark,updated_at\n\
         We will make them pay.,threat|blame,1,11,1,2024-03-09T22:16:08.728353Z,4.288,Herald,sounds angry,2024-03-09T22:16:08.728378Z\n\
         We will make them pay.,,1,12,ben@example.org,,1.5,Herald,,\n"
    );
    ran.says("tasks.json: 1 row that nobody has judged has been left out")
        .says("tasks.json: 1 row that the annotator skipped or ignored has been left out")
        .says("2 rows as CSV\n");
}

#[test]
fn what_the_output_has_no_room_for_is_named_with_a_count() {
    let desk = Desk::with(
        "a.jsonl",
        "{\"id\": 7, \"text\": \"Two\\nlines\", \"labels\": [\"call to action\"], \"group\": \"d\", \"paper\": \"Post\"}\n{\"text\": \"Rain\", \"labels\": null}\n",
    );
    let ran = desk.run("convert a.jsonl out.ft").ok().wrote("out.ft");
    ran.says(
        "warning: out.ft: fastText has no room for ids (1 row), groups (1 row), `paper` (1 row), rows that nobody has judged, which are \
         left out (1 row), line breaks, which became spaces (1 row), blanks in labels, which became `_` (1 row)\n1 row as fastText\n",
    );
    assert_eq!(desk.read("out.ft"), b"__label__call_to_action Two lines\n");
    desk.run("convert a.jsonl b.jsonl").ok().says_not("no room");
    desk.run("convert a.jsonl tasks.json --to label-studio")
        .ok()
        .says("2 rows as Label Studio, 1 of them not judged yet")
        .says("<Choice value=\"call to action\"/>");
}

#[test]
fn there_and_back_again_nothing_is_lost() {
    let desk = Desk::with("a.jsonl", CHOICE).and("tasks.json", TASKS);
    desk.run("convert a.jsonl b.jsonl --to jsonl").ok();
    desk.run("convert b.jsonl c.jsonl --to prodigy").ok().says_not("no room");
    desk.run("convert c.jsonl d.jsonl --to jsonl").ok();
    assert_eq!(desk.read("b.jsonl"), desk.read("d.jsonl"));
    desk.run("convert tasks.json e.csv").ok();
    desk.run("convert e.csv f.json --to label-studio").ok();
    desk.run("convert f.json g.csv").ok();
    assert_eq!(desk.read("e.csv"), desk.read("g.csv"));
}

#[test]
fn from_json_to_json_every_value_stays_what_it_was() {
    let row = "{\"id\":7,\"text\":\"Rain\",\"labels\":[],\"group\":12345678901234567890,\"meta\":{\"page\":null,\"part\":2},\
               \"none\":null,\"tokens\":[1,null],\"year\":1.50}\n";
    let other = "{\"id\":\"7\",\"text\":\"Snow\",\"labels\":null,\"group\":\"d\",\"year\":\"1.50\"}\n";
    let parsed = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let desk = Desk::with("a.jsonl", format!("{row}{other}"));
    let ran = desk.run("convert a.jsonl - --to jsonl").ok().says_not("no room");
    assert_eq!(ran.stdout.lines().map(parsed).collect::<Vec<_>>(), [row, other].map(parsed));
    for format in ["doccano", "prodigy", "label-studio"] {
        desk.run(&format!("convert a.jsonl b.{format} --to {format}")).ok();
        let back = desk.run(&format!("convert b.{format} - --to jsonl --from {format}")).ok();
        let rows = back.records();
        for (field, value) in [("id", "7"), ("group", "12345678901234567890"), ("none", "null"), ("year", "1.50")] {
            assert!(
                back.stdout.lines().next().is_some_and(|line| line.contains(&format!("\"{field}\":{value}"))),
                "{format}: {}",
                back.stdout
            );
        }
        assert_eq!((&rows[1]["id"], &rows[1]["year"]), (&"7".into(), &"1.50".into()), "{format}");
    }
    desk.run("convert a.jsonl b.csv").ok().says("b.csv: CSV has no room for `tokens` (1 row)\n");
}

#[test]
fn what_another_field_says_of_an_annotator_is_not_lost_to_a_null() {
    let lines =
        "{\"id\":1,\"text\":\"Rain\",\"label\":[\"a\"],\"username\":\"ben\",\"annotator\":null,\"Comments\":[]}\n";
    let desk = Desk::with("a.jsonl", lines);
    assert_eq!(desk.run("convert a.jsonl - --to jsonl").ok().records()[0]["annotator"], "ben");
    let task = "{\"text\":\"Rain\",\"accept\":[\"a\"],\"options\":[],\"answer\":\"accept\",\"_annotator_id\":null,\"_session_id\":\"set-ben\"}\n";
    let desk = Desk::with("a.jsonl", task);
    let ran = desk.run("convert a.jsonl - --to prodigy").ok();
    assert_eq!(ran.stdout.matches("_annotator_id").count(), 1, "{}", ran.stdout);
    let desk = Desk::with("tasks.json", TASKS.replacen("\"paper\"", "\"remark\": null, \"paper\"", 1));
    let ran = desk.run("convert tasks.json - --to jsonl").ok();
    assert_eq!(ran.records()[0]["remark"], "sounds angry", "{}", ran.stdout);
}

#[test]
fn several_files_in_several_formats_become_one() {
    let desk = Desk::with("ann.csv", "text,labels\nCall now.,call\n")
        .and("ben.jsonl", include_str!("../formats/doccano-1.8.jsonl"));
    let ran = desk.run("convert ann.csv ben.jsonl - --to fasttext").ok();
    assert_eq!(ran.stdout.lines().count(), 4);
    ran.says("ben.jsonl: 1 text has no label; doccano writes that also for texts that nobody has judged");
}

#[test]
fn an_output_that_is_an_input_or_says_no_format_is_refused() {
    let desk = Desk::with("a.csv", "text,labels\nCall now.,call\n");
    desk.run("convert a.csv a.csv").ends(2).says("a.csv: is an input, and would be overwritten\nhint: ");
    desk.run("convert a.csv out.json")
        .ends(2)
        .says("out.json: `.json` says too little of the format\nhint: `--to label-studio`");
    desk.run("convert a.csv -").ends(2).says("-: the name says nothing of the format\nhint: `--to csv|");
    assert_eq!(desk.read("a.csv"), b"text,labels\nCall now.,call\n");
}

#[test]
fn a_failed_conversion_leaves_an_older_output_as_it_was() {
    let desk = Desk::with("bad.csv", "text,labels\n,call\n").and("out.csv", "older");
    desk.run("convert bad.csv out.csv").ends(1).says("no rows left: 1 skipped");
    assert_eq!(desk.read("out.csv"), b"older");
    assert!(!desk.path(".out.csv.rhetor-part").exists());
}

#[test]
fn a_reader_that_closes_the_pipe_ends_the_program_quietly() {
    let desk = Desk::with("a.csv", format!("text,labels\n{}", "Call now.,call\n".repeat(20_000)));
    for format in ["csv", "jsonl", "fasttext", "label-studio"] {
        let mut command = desk.command(&format!("convert a.csv - --to {format} --quiet"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]), "{format}");
    }
}

#[test]
fn a_packed_output_is_read_again() {
    let desk = Desk::with("a.csv", "text,labels\nCall now.,call\n");
    desk.run("convert a.csv b.tsv.gz").ok();
    assert_eq!(desk.run("convert b.tsv.gz - --to tsv").ok().stdout, "text\tlabels\nCall now.\tcall\n");
}

#[test]
fn a_table_from_excel_is_read_in_its_encoding() {
    let desk = Desk::with("a.csv", b"sep=;\r\ntext;labels\r\nna\xEFve, they said;threat\r\n");
    desk.run("convert a.csv - --to jsonl")
        .ends(1)
        .says("a.csv:3: byte 0xEF, perhaps Windows-1252, not UTF-8\nhint: `--encoding windows-1252` reads it so");
    let ran = desk.run("convert a.csv - --to jsonl --encoding windows-1252").ok();
    assert_eq!(ran.stdout, "{\"text\":\"naïve, they said\",\"labels\":[\"threat\"]}\n");
    desk.run("convert a.csv - --to jsonl --encoding latin-nonsense").ends(2).says("there is no such encoding");
}

#[test]
fn cells_that_a_spreadsheet_would_run_get_an_apostrophe_if_wished() {
    let desk = Desk::with_model().and("a.csv", "text,labels,note\n=1+1,call,@x\n-2,,fine\n");
    let ran = desk.run("convert a.csv - --to csv --spreadsheet-safe").ok();
    assert_eq!(ran.stdout, "text,labels,note\n'=1+1,call,'@x\n'-2,,fine\n");
    ran.says("CSV has no room for cells like formulas, which got an apostrophe (2 rows)");
    assert_eq!(desk.run("convert a.csv - --to csv").ok().stdout, "text,labels,note\n=1+1,call,@x\n-2,,fine\n");
    let ran = desk.run("classify -m m a.csv --column text --format csv --spreadsheet-safe").ok();
    assert!(ran.stdout.lines().nth(1).is_some_and(|row| row.starts_with("'=1+1,call,'@x,a.csv,")), "{}", ran.stdout);
    desk.run("classify -m m a.csv --column text --format csv").ok().prints("\n=1+1,call,@x,a.csv,");
}

/// Labelled units enough to train on, in the way of one of the tools.
fn labelled(write: impl Fn(usize, &str, &str) -> String) -> String {
    let words = ["pay", "blame", "call"];
    (0..60).map(|at| write(at, &format!("they will {} number {at}", words[at % 3]), words[at % 3])).collect()
}

#[test]
fn every_command_that_reads_data_reads_the_formats_of_other_tools() {
    let doccano = labelled(|at, text, label| {
        format!("{{\"id\":{at},\"text\":\"{text}\",\"label\":[\"{label}\"],\"Comments\":[]}}\n")
    });
    let prodigy = labelled(|_, text, label| {
        format!("{{\"text\":\"{text}\",\"options\":[],\"accept\":[\"{label}\"],\"answer\":\"accept\"}}\n")
    });
    let tasks = labelled(|at, text, label| {
        format!(
            "{}{{\"data\":{{\"text\":\"{text}\"}},\"annotations\":[{{\"result\":[{{\"from_name\":\"f\",\"to_name\":\"text\",\
             \"type\":\"choices\",\"value\":{{\"choices\":[\"{label}\"]}}}}]}}]}}",
            if at == 0 { "[" } else { ",\n" }
        )
    }) + "]";
    let desk = Desk::with("d.jsonl", doccano).and("p.jsonl", prodigy).and("t.json", tasks);
    desk.run("train d.jsonl -o m --cues none --quiet").ok().wrote("m");
    for data in ["d.jsonl", "p.jsonl", "t.json"] {
        desk.run(&format!("evaluate {data} -m m")).ok().prints("60 units");
    }
    desk.run("cues builtin --labelled t.json").ok();
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let guide = include_str!("../../docs/formats.md");
    let (_, guide) = guide.split_once("### CSV and TSV").expect("the guide has examples");
    let (guide, _) = guide.split_once("### What `convert` loses").expect("the examples end there");
    let sections = ["csv", "jsonl", "fasttext", "doccano", "prodigy", "label-studio"];
    let parts: Vec<&str> = guide.split("\n### ").collect();
    assert_eq!(parts.len(), sections.len());
    for (name, part) in sections.into_iter().zip(parts) {
        let block = part.split("```").nth(1).expect("a section has an example");
        let (_, example) = block.split_once('\n').expect("an example has lines");
        let desk = Desk::with("example", example);
        let rows = if name == "label-studio" { 1 } else { example.lines().count() - usize::from(name == "csv") };
        let ran = desk.run(&format!("convert example - --to jsonl --from {name}")).ok().says_not("left out");
        assert_eq!(ran.stdout.lines().count(), if name == "prodigy" { 3 } else { rows }, "{name}: {}", ran.stdout);
        let known = desk.run("convert example - --to jsonl").ok();
        assert_eq!(known.stdout, ran.stdout, "{name}");
    }
}

#[test]
fn of_several_files_the_last_is_not_taken_for_an_output_that_may_be_lost() {
    let data = "text,labels\nCall now.,call\n";
    let desk = Desk::with("a.csv", data).and("b.csv", data).and("c.csv", data);
    desk.run("convert a.csv b.csv c.csv")
        .ends(1)
        .says("c.csv: is there already")
        .says("hint: name another OUT, or say --replace");
    assert_eq!(desk.read("c.csv"), data.as_bytes());
    desk.run("convert a.csv b.csv c.csv --replace").ok().says("2 rows as CSV");
    desk.run("convert a.csv b.csv d.csv").ok().wrote("d.csv");
    desk.run("convert a.csv d.csv").ok().says("1 row as CSV");
}

#[test]
fn columns_of_zeros_and_ones_become_labels_as_every_command_takes_them() {
    let desk = Desk::with(
        "wide.csv",
        "text,conflict,economic,year\nThey clashed.,1,0,1999\nRain.,0,0,2001\nFees rose.,1,1,2001\n",
    );
    let ran = desk.run("convert wide.csv - --to csv").ok();
    assert_eq!(
        ran.stdout,
        "text,labels,year\nThey clashed.,conflict,1999\nRain.,,2001\nFees rose.,conflict|economic,2001\n"
    );
    ran.says("wide.csv:1: no label column; took `conflict`, `economic` for one 0/1 column a label")
        .says("3 rows as CSV\n");
    let unjudged =
        Desk::with("pool.csv", "text,seen\nThey clashed.,1\nRain.,0\n").run("convert pool.csv - --to jsonl").ok();
    unjudged.says("2 rows as JSONL, 2 of them not judged yet").says_not("no label column");
}

#[test]
fn whether_a_row_is_judged_is_understood_as_people_write_it_and_doubted_aloud() {
    let rows = ["N", " no ", "0", "false", "n", "YES", "y", "1", "nein", "x", ""];
    let table: String = rows.iter().enumerate().map(|(at, judged)| format!("text {at},,{judged}\n")).collect();
    let desk = Desk::with("a.csv", format!("text,labels,judged\n{table}"));
    let ran = desk.run("convert a.csv b.jsonl").ok();
    let ran = ran.says("a.csv:10: `nein` in the column `judged` says neither yes nor no (2 rows have such); it counts as blank\nhint: write yes or no");
    ran.says("11 rows as JSONL, 5 of them not judged yet");
}

#[test]
fn passages_that_do_not_lie_in_their_text_are_told_with_their_line() {
    let table = "text,labels,spans\nAct now,call,\"[[0,3,\"\"call\"\"]]\"\nAct now,call,\"[[0,30,\"\"call\"\"]]\"\nAct now,call,nonsense\n";
    let lines = "{\"text\":\"Act now\",\"labels\":[],\"spans\":[{\"start\":0,\"end\":30,\"label\":\"x\"}]}\n";
    let desk = Desk::with("a.csv", table).and("a.jsonl", lines);
    desk.run("convert a.csv b.csv")
        .ok()
        .says("a.csv:3: `[[0,30,\"call\"]]` in the column `spans` marks no passages of its text (2 rows have such)");
    desk.run("convert a.jsonl c.jsonl")
        .ok()
        .says("a.jsonl:1: ")
        .says("in the column `spans` marks no passages of its text; it is kept");
}

#[test]
fn a_column_without_a_name_goes_by_its_number() {
    let rows = "\"\",\"text\",\"labels\",\"column 1\",\n\"r1\",\"A ist da.\",\"x\",y,\n\"r2\",\"B ist da.\",\"z\",y,\n";
    let desk = Desk::with("r.csv", rows).and("empty.csv", "text;labels;;\nA;x;;\nB;z;;\n");
    let ran = desk.run("convert r.csv - --to csv").ok().says_not("no room");
    assert_eq!(ran.stdout, "text,labels,_column 1,column 1\nA ist da.,x,r1,y\nB ist da.,z,r2,y\n");
    let ran = desk.run("convert r.csv - --to jsonl").ok();
    assert_eq!(ran.records()[1]["_column 1"], "r2");
    desk.run("convert r.csv - --to fasttext").ok().says("`_column 1` (2 rows)");
    let pool = desk.and("pool.csv", ",text\nr1,A ist da.\nr2,B ist da.\n");
    let ran = pool.run("suggest pool.csv --no-model -f jsonl").ok();
    assert_eq!(ran.records()[0]["column 1"], if ran.records()[0]["text"] == "A ist da." { "r1" } else { "r2" });
    let desk = pool;
    assert_eq!(desk.run("convert empty.csv - --to csv").ok().stdout, "text,labels\nA,x\nB,z\n");
    desk.run("agree r.csv r.csv --merged m.csv").ok();
    assert!(String::from_utf8(desk.read("m.csv")).unwrap().starts_with("text,labels,_column 1,annotators,column 1\n"));
}

#[test]
fn a_weight_that_is_none_costs_no_row_where_nothing_is_weighed() {
    let data = "text;labels;weight\nEs droht.;a;1,0\nEs regnet.;b;0,5\nEs brennt.;a;2\nEs ist.;b;\n";
    let desk = Desk::with("w.csv", data).and("cues.toml", "[a]\ndroht = \"droht\"\n");
    let ran = desk.run("convert w.csv - --to csv").ok().says_not("left out");
    assert_eq!(
        ran.stdout,
        "text,labels,weight\nEs droht.,a,\"1,0\"\nEs regnet.,b,\"0,5\"\nEs brennt.,a,2\nEs ist.,b,1\n"
    );
    desk.run("convert w.csv w.jsonl").ok();
    assert_eq!(desk.run("convert w.jsonl - --to csv").ok().stdout, ran.stdout);
    desk.run("agree w.csv w.csv").ok().says_not("left out");
    desk.run("cues cues.toml --labelled w.csv").ok().says_not("left out");
    let pool = desk.run("suggest w.csv -l w.csv --no-model --column text -f jsonl");
    pool.says("every unit of the pool is labelled already (4)");
    let train = desk.run("train w.csv --dry-run").ends(0);
    train
        .says("w.csv:2: the weight `1,0` is not a positive finite number\nhint: write 1.0, with a point; `--weight-column none` leaves")
        .says("2 of 4 rows are left out");
    desk.run("train w.csv --dry-run --weight-column none").ok().says_not("left out");
}

#[test]
fn columns_of_labels_with_commas_in_their_names_can_be_named_and_hints_show_how() {
    let data = "text,\"Angst, gross\",Schuld\nEs droht.,1,0\nEr war es.,0,1\nEs regnet.,0,0\nEs brennt.,1,0\n";
    let json = "{\"text\": \"Es droht.\", \"Angst, gross\": 1, \"Schuld\": 0}\n";
    let desk = Desk::with("a.csv", data).and("a.jsonl", json);
    desk.run("convert a.csv - --to jsonl")
        .ok()
        .says("hint: `--label-columns '\"Angst, gross\",Schuld'` says it for good");
    for typed in ["\"Angst, gross\",Schuld", "Angst, gross,Schuld", "Schuld, \"Angst, gross\""] {
        for file in ["a.csv", "a.jsonl"] {
            let args = ["--to", "jsonl", "--label-columns", typed];
            let ran = desk.ran(desk.command(&format!("convert {file} -")).args(args).output().unwrap()).ok();
            assert_eq!(ran.records()[0]["labels"], serde_json::json!(["Angst, gross"]), "{typed}: {file}");
        }
    }
    let ran = desk.ran(desk.command("convert a.csv - --to csv --label-columns").arg("Angst, klein").output().unwrap());
    ran.ends(1).says("no column `Angst`");
    let spaced = Desk::with("b.csv", "Te xt,labels\nx,y\n");
    spaced.run("train b.csv --dry-run").ends(1).says("name it with `--text-column 'Te xt'`");
}

#[test]
fn a_pool_without_labels_gets_its_choices_from_the_user() {
    let desk = Desk::with("pool.csv", "text\nIt rained.\n")
        .and("book.yaml", "title: T\nlabels:\n  blame: names a culprit\n  call: asks for it\n");
    let none = "no row has a label, so that there are none to choose from in";
    let hint = "hint: --labels A,B or --codebook FILE names them";
    for (to, tool) in [("prodigy", "Prodigy"), ("label-studio", "Label Studio")] {
        desk.run(&format!("convert pool.csv tasks --to {to}")).ok().says(&format!("tasks: {none} {tool}\n{hint}"));
        for labels in ["--labels call,blame", "--codebook book.yaml"] {
            let ran =
                desk.run(&format!("convert pool.csv tasks --to {to} {labels}")).ok().says_not("no row has a label");
            let told = String::from_utf8(desk.read("tasks")).unwrap() + &ran.stderr;
            assert!(told.contains("blame") && told.contains("call"), "{told}");
        }
    }
    desk.run("convert pool.csv out.jsonl").ok().says_not("no row has a label");
    desk.run("convert pool.csv book.yaml --to prodigy --codebook book.yaml").ends(2).says("would be overwritten");
}
