//! rhetor as a part of something larger: the commands of `docs/scale.md`, run as they stand there, and a Spark cluster.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::desk::Desk;
use crate::desk::have;
use crate::install::runs;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The block of commands of that section.
fn commands(section: &str) -> String {
    let page = std::fs::read_to_string(root().join("docs/scale.md")).unwrap();
    let (_, after) = page.split_once(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section:?}"));
    let (_, block) = after.split_once("```sh\n").expect("the section has a block of commands");
    block.split_once("```").expect("the block ends").0.to_owned()
}

/// Runs commands as they stand in the document, with the program on the path.
fn run(desk: &Desk, script: &str) {
    let program = Path::new(env!("CARGO_BIN_EXE_rhetor")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(desk.path(""))
        .env("PATH", format!("{}:{path}", program.display()));
    let ran = shell.env("RHETOR_MODEL", desk.path("m")).output().unwrap();
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
}

const TEXTS: [&str; 4] = [
    "We will make them pay",
    "The leak is the fault of the contractor",
    "Sign the petition and write to your councillor",
    "A price was agreed",
];

/// Lines that differ.
fn lines(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("{} ({number})", TEXTS[number % TEXTS.len()]))
}

/// What a record says of its text, without its place in the file that it was read from.
fn verdict(record: &Value) -> (Value, Value, Value) {
    (record["text"].clone(), record["framings"].clone(), record["known"].clone())
}

fn verdicts(json_lines: &[u8]) -> Vec<(Value, Value, Value)> {
    let text = std::str::from_utf8(json_lines).unwrap();
    text.lines()
        .map(|line| verdict(&serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))))
        .collect()
}

#[test]
fn gnu_parallel_gives_the_records_of_one_process_in_their_order() {
    if !have("GNU parallel", runs("parallel", "--version")) {
        return;
    }
    let text: String = lines(20_000).fold(String::new(), |text, line| text + &line + "\n");
    let desk = Desk::with_model().and("posts.txt", text);
    let script = commands("GNU parallel");
    assert!(script.contains("--block 64M"), "{script}");
    // Small blocks, so that there are many.
    run(&desk, &script.replace("--block 64M", "--block 100k"));
    let alone = desk.run("classify -m m --unit line --format jsonl posts.txt -o alone.jsonl").ok();
    assert_eq!(alone.stdout, "");
    assert!(verdicts(&desk.read("records.jsonl")) == verdicts(&desk.read("alone.jsonl")), "the records differ");
}

#[test]
fn xargs_shares_out_files_without_mixing_their_records() {
    let mut desk = Desk::with_model();
    for number in 0..250 {
        let text: String = lines(20).fold(String::new(), |text, line| text + &format!("{line} of {number}.\n\n"));
        desk = desk.and(&format!("articles/{}/a b {number}.txt", number % 3), text);
    }
    run(&desk, &commands("xargs"));
    let found = |name: PathBuf| -> Vec<String> {
        let files = std::fs::read_dir(name).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let mut records: Vec<String> =
            files.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        records.sort();
        records
    };
    std::fs::create_dir(desk.path("alone")).unwrap();
    desk.run("classify -m m --format jsonl articles -o alone/all.jsonl").ok();
    assert_eq!(found(desk.path("framings")).len(), 5000);
    assert!(found(desk.path("framings")) == found(desk.path("alone")), "the records differ");
}

#[test]
fn a_streaming_mapper_keeps_each_key_whatever_the_splits() {
    let keyed = |range: std::ops::Range<usize>| {
        lines(40).enumerate().skip(range.start).take(range.len()).fold(String::new(), |mut text, (number, line)| {
            let quotation = if number % 5 == 0 { "\"" } else { "" };
            writeln!(text, "post-{number}\t{quotation}{line}").unwrap();
            text
        })
    };
    let desk = Desk::with_model()
        .and("split-1.tsv", keyed(0..13))
        .and("split-2.tsv", keyed(13..13))
        .and("split-3.tsv", keyed(13..40))
        .and("whole.tsv", keyed(0..40));
    run(&desk, &commands("Hadoop streaming"));
    run(
        &desk,
        "for split in split-*.tsv; do ./mapper.sh < $split; done > parts.out; ./mapper.sh < whole.tsv > whole.out",
    );
    let pairs = |name: &str| -> Vec<(String, (Value, Value, Value))> {
        let text = String::from_utf8(desk.read(name)).unwrap();
        let pair = |line: &str| {
            let (key, record) = line.split_once('\t').expect("a key and a value");
            (key.to_owned(), verdict(&serde_json::from_str(record).unwrap()))
        };
        text.lines().map(pair).collect()
    };
    let parts = pairs("parts.out");
    assert_eq!(parts, pairs("whole.out"));
    assert_eq!(parts.len(), 40);
    for (number, ((key, (text, ..)), line)) in parts.into_iter().zip(lines(40)).enumerate() {
        let quotation = if number % 5 == 0 { "\"" } else { "" };
        assert_eq!((key, text), (format!("post-{number}"), format!("{quotation}{line}").into()));
    }
}

#[test]
fn a_spark_cluster_that_loses_a_worker_says_what_one_machine_says() {
    let python = std::env::var_os("RHETOR_SPARK_PYTHON").unwrap_or_else(|| "python3".into());
    let found =
        Command::new(&python).args(["-c", "import pyspark"]).output().is_ok_and(|output| output.status.success());
    if !have("Java", runs("java", "-version")) || !have("PySpark (RHETOR_SPARK_PYTHON names its Python)", found) {
        return;
    }
    let mut cluster = Command::new(python);
    cluster.arg(root().join("examples/spark/test.py")).arg(env!("CARGO_BIN_EXE_rhetor")).env_remove("RHETOR_MODEL");
    let ran = cluster.current_dir(Desk::new().path("..")).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}{said}", String::from_utf8_lossy(&ran.stdout));
}
