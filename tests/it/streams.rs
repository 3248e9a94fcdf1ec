use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::desk::{Desk, LABELLED};

#[test]
fn a_record_comes_out_as_soon_as_its_line_is_in() {
    let desk = Desk::with_model().and("head.csv", "");
    for (options, header, first) in [
        ("--unit line -f jsonl", "", "You will pay.\n"),
        ("--column body -f jsonl --input-format csv", "body\n", "You will pay.\n"),
        ("--column body -f jsonl --input-format jsonl", "", "{\"body\": \"You will pay.\"}\n"),
    ] {
        let mut child = desk
            .command(&format!("classify -m m {options}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdin.write_all(header.as_bytes()).unwrap();
        stdin.write_all(first.as_bytes()).unwrap();
        stdin.flush().unwrap();
        // Standard input stays open: the record must not wait for its end.
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains("You will pay."), "{options}: {line}");
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let desk = Desk::with_model().and("long.txt", "You will pay.\n".repeat(200_000));
    for format in ["text", "jsonl", "csv"] {
        let mut child = desk
            .command(&format!("classify -m m long.txt --unit line -f {format}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
}

#[test]
fn a_reader_that_never_was_ends_every_listing_quietly() {
    let desk = Desk::with_model().and("speech.txt", "You will pay.\n").and("train.csv", LABELLED);
    for args in [
        "cues builtin",
        "cues builtin --only threat",
        "cues builtin speech.txt",
        "cues builtin --labelled train.csv",
        "labels",
        "inspect -m m",
        "evaluate train.csv -m m",
        "train train.csv --dry-run",
        "agree train.csv train.csv",
        "suggest speech.txt --no-model",
        "convert train.csv - --to jsonl",
        "completions bash",
    ] {
        let mut child = desk.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(0) && !said.contains("panicked"), "{args}: {said}");
    }
}

#[test]
fn memory_does_not_grow_with_the_input() {
    let peak = |lines: usize| -> u64 {
        let desk = Desk::with_model();
        let mut child = desk
            .command("classify -m m --unit line -f jsonl")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let piece = "We will make them pay for it.\n".repeat(1000);
        (0..lines / 1000).for_each(|_| stdin.write_all(piece.as_bytes()).unwrap());
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        drop(stdin);
        assert!(child.wait().unwrap().success());
        let Ok(status) = status else { return 0 };
        let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("the kernel keeps a peak");
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let (small, large) = (peak(20_000), peak(200_000));
    assert!(large < small + 16_384, "{small} KiB for 20,000 lines, {large} KiB for 200,000");
}

#[test]
fn however_a_stream_is_cut_and_on_however_many_threads_the_output_is_the_same() {
    let text = "\u{feff}Mr Hale said: “We will make them\r\npay.\n\n“We will,” she added, “act now.”\n\nSign the pe-\ntition! Caf\u{e9} 3 p.m.\n";
    let input = [text.as_bytes(), b"\xff\xc3 pay\n\n", text.as_bytes()].concat();
    let desk = Desk::with_model();
    for unit in ["sentence", "line", "paragraph", "document"] {
        let args = format!("classify -m m --unit {unit} --explain -f jsonl");
        let whole = desk.run_with(&args, &input).ok().stdout;
        assert!(whole.contains("\"text\""), "{unit}");
        for (size, threads) in [(1, 2), (7, 1), (64, 3)] {
            let mut child = desk
                .command(&format!("{args} --threads {threads}"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            for piece in input.chunks(size) {
                stdin.write_all(piece).unwrap();
                std::thread::yield_now();
            }
            drop(stdin);
            let output = child.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), whole, "{unit}, pieces of {size}, {threads} threads");
        }
    }
}
