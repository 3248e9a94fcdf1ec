//! What the world does to a run: it is killed, the disk is full, files are not what they seem. Whatever happens, an older
//! file is intact or a new one whole, and a person is told what to do.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::desk::{Desk, Draws, LABELLED, Ran};

fn begun(desk: &Desk, args: &str) -> Child {
    desk.command(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap();
    assert!(sent.success());
}

/// The program run by a shell that first says `before`, such as a limit.
pub fn limited(desk: &Desk, before: &str, args: &str) -> Ran {
    let program = env!("CARGO_BIN_EXE_rhetor");
    let script = format!("{before}\nexec '{program}' {args}");
    let output = Command::new("sh").args(["-c", &script]).current_dir(desk.path(".")).output().unwrap();
    desk.ran(output)
}

/// Kills a run at 50 moments, spread over the time that a whole one takes. Whatever the moment, `file` is the old one or
/// the new one; then a run to the end gives the new one and leaves no part.
fn survives_being_killed(desk: &Desk, args: &str, file: &str) {
    let begin = Instant::now();
    desk.run(args).ok();
    let whole = begin.elapsed();
    let new = desk.read(file);
    let old = b"the old file".to_vec();
    let (mut draws, mut killed) = (Draws(1), 0);
    for _ in 0..50 {
        fs::write(desk.path(file), &old).unwrap();
        let mut child = begun(desk, args);
        std::thread::sleep(Duration::from_micros(draws.below(whole.as_micros() as u64 * 5 / 4)));
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().signal() == Some(9));
        let now = desk.read(file);
        assert!(now == old || now == new, "{file} is neither the old one nor the new one");
    }
    assert!(killed > 0, "no run was killed");
    desk.run(args).ok().left_out(&format!(".{file}.rhetor-part"));
    assert_eq!(desk.read(file), new);
}

#[test]
fn a_killed_training_leaves_the_old_model_or_the_new_one() {
    let desk = Desk::with("train.csv", LABELLED);
    survives_being_killed(&desk, "train train.csv -o m --cues none --l2 1 --folds 2 --quiet", "m");
}

#[test]
fn a_killed_classification_leaves_the_old_results_or_the_new_ones() {
    let desk = Desk::with_model().and("speech.txt", "We will make them pay. Sign the petition.\n".repeat(400));
    survives_being_killed(&desk, "classify -m m speech.txt --unit line --format csv -o out.csv --quiet", "out.csv");
}

#[test]
fn a_killed_conversion_leaves_the_old_file_or_the_new_one() {
    let rows = "\"We will make them pay, they said\",threat,a\nSign the petition,call,b\n".repeat(2000);
    let desk = Desk::with("rows.csv", format!("text,labels,group\n{rows}"));
    survives_being_killed(&desk, "convert rows.csv out.jsonl.gz --quiet", "out.jsonl.gz");
}

#[test]
fn a_signal_ends_a_run_as_it_should_and_nothing_half_stays() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("USR1", 10), ("ALRM", 14)] {
        let desk = Desk::with_model().and("out.txt", "old");
        let mut child = desk
            .command("classify -m m --unit line -o out.txt")
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"They will pay.\n").unwrap();
        let part = desk.path(".out.txt.rhetor-part");
        let begin = Instant::now();
        while !part.exists() && begin.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(part.exists());
        signal(&child, name);
        // A shell shows this as 128 + n.
        assert_eq!(child.wait().unwrap().signal(), Some(number));
        assert!(!part.exists());
        assert_eq!(desk.read("out.txt"), b"old");
    }
}

#[test]
fn a_full_disk_is_said_and_the_old_file_stays() {
    let desk = Desk::with_model().and("speech.txt", "We will make them pay.\n".repeat(4000)).and("out.csv", "old");
    limited(&desk, "ulimit -f 16", "classify -m m speech.txt --unit line -f csv -o out.csv")
        .ends(1)
        .says("out.csv: File too large")
        .left_out(".out.csv.rhetor-part");
    assert_eq!(desk.read("out.csv"), b"old");
    limited(&desk, "ulimit -f 1", "train train.csv -o m --cues none").ends(1).says("m: File too large");
    desk.run("inspect -m m").ok();
    limited(&desk, "", "classify -m m speech.txt -f csv > /dev/full")
        .ends(1)
        .says("standard output: No space left on device");
    desk.run("classify -m m speech.txt -f csv -o /dev/full").ends(1).says("/dev/full: No space left on device");
}

#[test]
fn a_folder_that_cannot_be_written_is_named_before_the_work_begins() {
    let desk = Desk::with_model().and("locked/note.txt", "They will pay.");
    if fs::File::create("/proc/rhetor").is_ok() {
        return;
    }
    desk.run("classify -m m locked/note.txt -o /proc/out.csv").ends(1).says("/proc/out.csv: ");
    desk.run("train train.csv -o /proc/m --cues none").ends(1).says("/proc/m: ");
    desk.run("train train.csv -o nowhere/m --cues none").ends(1).says("nowhere/m: No such file or directory");
    desk.run("train train.csv -o locked --cues none").ends(1).says("locked: is a folder\nhint: name a file in it");
    desk.run("classify -m m locked/note.txt -o locked").ends(1).says("locked: is a folder");
}

#[test]
fn an_output_that_is_an_input_is_refused_also_by_another_name() {
    let desk = Desk::with_model();
    symlink("train.csv", desk.path("link.csv")).unwrap();
    let before = desk.read("train.csv");
    desk.run("classify -m m train.csv -o train.csv").ends(2).says("is an input, and would be overwritten");
    desk.run("classify -m m --column text link.csv -o train.csv").ends(2).says("is an input");
    desk.run("train train.csv -o link.csv").ends(2).says("is an input");
    desk.run("evaluate -m m train.csv -o train.csv -f json").ends(2).says("is an input");
    assert_eq!(desk.read("train.csv"), before);
}

#[test]
fn a_file_that_cannot_be_read_stops_no_other() {
    let desk = Desk::with_model().and("a.txt", "We will make them pay.").and("c.txt", "Sign the petition.");
    desk.run("classify -m m a.txt gone.txt c.txt --all")
        .ends(1)
        .prints("a.txt:1:")
        .prints("c.txt:1:")
        .says("gone.txt: No such file or directory");
    fs::set_permissions(desk.path("c.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(desk.path("c.txt")).is_err() {
        desk.run("classify -m m a.txt c.txt --all").ends(1).prints("a.txt:1:").says("c.txt: Permission denied");
    }
}

/// Opens the pipe for writing, which waits until the program reads it.
fn fifo(desk: &Desk, name: &str) -> std::thread::JoinHandle<fs::File> {
    let path = desk.path(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    std::thread::spawn(move || fs::File::options().write(true).open(path).unwrap())
}

#[test]
fn a_file_that_vanishes_while_another_is_read_stops_no_other() {
    let desk = Desk::with_model().and("b.txt", "They will pay.").and("c.txt", "Sign the petition.");
    let pipe = fifo(&desk, "fifo");
    let child = desk
        .command("classify -m m fifo b.txt c.txt --all")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program has begun to read the first of the files that it was given.
    let mut pipe = pipe.join().unwrap();
    fs::remove_file(desk.path("b.txt")).unwrap();
    pipe.write_all(b"We will make them pay.\n").unwrap();
    drop(pipe);
    desk.ran(child.wait_with_output().unwrap())
        .ends(1)
        .prints("fifo:1:")
        .prints("c.txt:1:")
        .says("b.txt: No such file or directory");
}

#[test]
fn a_file_that_is_cut_or_grows_while_it_is_read_gives_the_records_that_were_there() {
    const LINE: &str = "You will pay.\n";
    const LINES: usize = 200_000;
    for (cut, change) in [(true, 0), (false, 1000)] {
        let desk = Desk::with_model().and("long.txt", LINE.repeat(LINES));
        let mut child = desk
            .command("classify -m m long.txt --unit line -f jsonl --quiet")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        // The pipe is full and the program waits, somewhere near the beginning of the file.
        let file = fs::File::options().append(true).open(desk.path("long.txt")).unwrap();
        if cut {
            file.set_len(0).unwrap();
        } else {
            (&file).write_all(LINE.repeat(change).as_bytes()).unwrap();
        }
        let rest: Vec<String> = stdout.lines().map(Result::unwrap).collect();
        let ran = child.wait_with_output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let whole = |line: &String| serde_json::from_str::<serde_json::Value>(line).is_ok();
        assert!(rest.iter().all(whole));
        assert!(if cut { rest.len() < LINES - 1 } else { rest.len() == LINES + change - 1 }, "{}", rest.len());
    }
}

#[test]
fn a_file_that_is_replaced_while_it_is_read_is_read_as_it_was() {
    let desk = Desk::with_model().and("a.txt", "You will pay.\n".repeat(100_000)).and("new.txt", "Sign it.\n");
    let mut child = desk
        .command("classify -m m a.txt --unit line -f jsonl --quiet")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    fs::rename(desk.path("new.txt"), desk.path("a.txt")).unwrap();
    assert_eq!(stdout.lines().filter(|line| line.as_ref().unwrap().contains("You will pay.")).count(), 99_999);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_bears_the_name_of_a_part_and_is_none_does_no_harm() {
    let desk = Desk::with_model().and("note.txt", "They will pay.").and("precious", "mine");
    let part = desk.path(".out.csv.rhetor-part");
    symlink("precious", &part).unwrap();
    desk.run("classify -m m note.txt -o out.csv").ok().wrote("out.csv");
    assert_eq!(desk.read("precious"), b"mine");
    assert!(fs::symlink_metadata(desk.path("out.csv")).unwrap().is_file());
    assert!(Command::new("mkfifo").arg(&part).status().unwrap().success());
    desk.run("classify -m m note.txt -o out.csv").ok().left_out(".out.csv.rhetor-part");
    let before = desk.read("out.csv");
    fs::create_dir(&part).unwrap();
    desk.run("classify -m m note.txt -o out.csv")
        .ends(1)
        .says("out.csv: the folder ")
        .says("stands in the way\nhint: remove it");
    assert_eq!(desk.read("out.csv"), before);
}

#[test]
fn a_loop_of_links_ends_and_every_file_is_read_once() {
    let desk = Desk::with_model().and("texts/a.txt", "We will make them pay.");
    symlink("..", desk.path("texts/up")).unwrap();
    symlink("self", desk.path("texts/self")).unwrap();
    let ran = desk.run("classify -m m texts --all -f jsonl");
    assert_eq!(ran.records().len(), 1);
}

#[test]
fn a_pipe_with_a_name_is_read_as_a_file() {
    let desk = Desk::with_model();
    let path = desk.path("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn(move || fs::write(path, "We will make them pay.\n"));
    desk.run("classify -m m fifo --all").ok().prints("fifo:1:");
    writer.join().unwrap().unwrap();
}

#[test]
fn names_of_any_bytes_are_read_and_shown_without_harm() {
    let desk = Desk::with_model();
    let folder = desk.path("odd");
    fs::create_dir(&folder).unwrap();
    for name in [&b"new\nline.txt"[..], b"\xff\xfe.txt", b"\x1b[31mred.txt", b"-o.txt", b" .txt"] {
        fs::write(folder.join(OsStr::from_bytes(name)), "We will make them pay.").unwrap();
    }
    let text = desk.run("classify -m m odd --all").ok();
    assert_eq!(text.stdout.lines().count(), 5, "{}", text.stdout);
    assert!(!text.stdout.contains('\u{1b}'));
    let jsonl = desk.run("classify -m m odd --all -f jsonl").ok().records();
    assert_eq!(jsonl.len(), 5);
    assert!(jsonl.iter().any(|record| record["path"] == "odd/new\nline.txt"));
}

#[test]
fn ten_thousand_files_are_read_in_order() {
    let desk = Desk::with_model();
    let folder = desk.path("many");
    fs::create_dir(&folder).unwrap();
    for i in 0..10_000 {
        fs::write(folder.join(format!("{i:05}.txt")), "We will make them pay.").unwrap();
    }
    let ran = limited(&desk, "ulimit -n 64", "classify -m m many -f jsonl --unit document --quiet").ok();
    let paths: Vec<String> = ran.records().iter().map(|record| record["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(paths.len(), 10_000);
    assert!(paths.is_sorted());
}

#[test]
fn a_file_that_unpacks_to_more_than_it_should_is_refused() {
    let desk = Desk::with_model();
    let zeros = vec![b'a'; 1 << 20];
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(b"text,labels\n").unwrap();
    for _ in 0..300 {
        gz.write_all(&zeros).unwrap();
    }
    fs::write(desk.path("bomb.csv.gz"), gz.finish().unwrap()).unwrap();
    // 300 MiB in one cell of 300 kB. Memory that threads set aside for themselves counts, too: 64 MiB or twice that for each.
    let ran = limited(&desk, "ulimit -v 600000", "train bomb.csv.gz -o out --cues none");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    ran.says("bomb.csv.gz: decompresses to more than").left_out("out");
    limited(&desk, "ulimit -v 600000", "classify -m m bomb.csv.gz --unit line -f tsv --quiet").ok();
}

/// A file of so many bytes that takes no room on the disk: after its beginning there are only zeros.
fn endless(desk: &Desk, name: &str, beginning: &str, bytes: u64) {
    fs::write(desk.path(name), beginning).unwrap();
    fs::File::options().append(true).open(desk.path(name)).unwrap().set_len(bytes).unwrap();
}

#[test]
fn a_line_or_row_of_a_gigabyte_takes_no_memory_and_is_told_of() {
    let desk = Desk::with_model();
    for (name, beginning) in [
        ("line.txt", "You will pay.\n"),
        ("row.csv", "text,id\nYou will pay.,1\n\"open"),
        ("row.jsonl", "{\"text\":\"You will pay.\"}\n"),
    ] {
        endless(&desk, name, beginning, 1 << 30);
    }
    let few = "ulimit -v 400000";
    limited(&desk, few, "classify -m m line.txt --unit line -f jsonl --threads 1")
        .ok()
        .prints("You will pay.")
        .says("line.txt:2: a record longer than 1048576 bytes was cut");
    limited(&desk, few, "classify -m m row.csv --column text -f jsonl --threads 1")
        .ends(1)
        .prints("You will pay.")
        .says("row.csv:3: a row of more than 4194304 bytes\nhint: is a quotation mark left open?");
    let ran = limited(&desk, few, "classify -m m row.jsonl --column text -f jsonl --threads 1").ok();
    assert_eq!(ran.records().len(), 2);
    endless(&desk, "first.jsonl", "", 1 << 27);
    limited(&desk, few, "classify -m m first.jsonl --column text -f jsonl --threads 1")
        .ends(1)
        .says("first.jsonl:1: a row of more than 4194304 bytes");
    ran.says("row.jsonl:2: a row was too long to be read").says("hint: --max-record 16M");
}

#[test]
fn an_alias_in_yaml_is_refused_with_its_line() {
    let mut dictionary = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for i in 1..40 {
        let before = if i == 1 { "*a".to_owned() } else { format!("*a{}", i - 1) };
        dictionary += &format!("a{i}: &a{i} [{}]\n", vec![before; 9].join(","));
    }
    let book = "labels:\n  - name: &n threat\n    definition: *n\n";
    let desk = Desk::with("train.csv", LABELLED).and("alias.yml", dictionary).and("book.yaml", book).and("a.txt", "x");
    let few = "ulimit -v 300000; ulimit -t 20";
    limited(&desk, few, "cues alias.yml a.txt")
        .ends(1)
        .says("alias.yml:2: an alias\nhint: an entry that begins with * stands in quotation marks");
    limited(&desk, few, "train train.csv --cues none --codebook book.yaml -o m --threads 1")
        .ends(1)
        .says("book.yaml:3: an alias")
        .says("hint: write out what it stands for");
}

#[test]
fn more_labels_than_can_be_held_are_refused_with_the_figure() {
    let rows = |count: u32| (0..count).map(|i| format!("pay {},l{i}\n", i % 900)).collect::<String>();
    let desk = Desk::with("many.csv", format!("text,labels\n{}", rows(70_000)))
        .and("wide.csv", format!("text,labels\n{}", rows(60_000)));
    desk.run("train many.csv -o m --cues none")
        .ends(1)
        .says("70000 labels are more than rhetor can hold (65535)\nhint: ")
        .left_out("m");
    desk.run("train wide.csv -o m --cues none")
        .ends(1)
        .says("60000 units × 60000 labels would need 27465 MiB for every table of scores, and rhetor stops at 4096 MiB\nhint: ")
        .left_out("m");
}

#[test]
fn names_of_any_length_break_no_table() {
    let (long, cut) = ("x".repeat(70_000), format!("{}…", "x".repeat(40)));
    let rows = format!("pay,{long}\nwait,y\npay up,{long}\nwait on,y\npay now,{long}\nwait here,y\n");
    let cues = format!("[y]\n{long} = \"wait\"\nbad = \"{} (\"\n", "a ".repeat(40_000));
    let desk = Desk::with("long.csv", format!("text,labels\n{rows}")).and("long.toml", cues);
    desk.run("train long.csv -o m --cues none --folds 2 --l2 1").ok().prints(&cut);
    desk.run("inspect -m m").ok().prints(&cut);
    desk.run("inspect -m m --terms y").ok();
    desk.run("agree long.csv long.csv").ok().prints(&long);
    desk.run("evaluate -m m long.csv").ok().prints(&cut);
    desk.run_with("classify -m m --summary", "pay up\n").ok();
    desk.run("train long.csv --dry-run --cues none").ok().prints(&cut);
    desk.run("cues long.toml").ends(1).says("hint: ");
}

#[test]
fn a_model_that_claims_more_than_it_holds_is_refused_in_little_memory() {
    let desk = Desk::with_model();
    let sound = desk.read("m");
    let length = u64::from_le_bytes(sound[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&sound[8..8 + length]).unwrap();
    let (before, after) = header.split_once("\"shape\":[").expect("there are tensors");
    let (_, rest) = after.split_once([',', ']']).unwrap();
    let claim = format!("{before}\"shape\":[{}{}{rest}", 1_u64 << 40, &after[after.len() - rest.len() - 1..][..1]);
    let with = |header: &str| [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &sound[8 + length..]].concat();
    let desk = desk
        .and("claim", with(&claim))
        .and("endless", [&(1_u64 << 40).to_le_bytes(), &sound[8..]].concat())
        .and("twice", with(&header.replacen('{', "{\"__metadata__\":{},", 1)));
    for name in ["claim", "endless", "twice"] {
        limited(&desk, "ulimit -v 300000; ulimit -t 20", &format!("inspect -m {name} --threads 1"))
            .ends(1)
            .says(&format!("{name}: "))
            .says("\nhint: ");
    }
}

#[test]
fn hostile_json_yaml_and_patterns_are_refused_and_cost_little() {
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep = format!("{{\"text\":\"a\",\"labels\":[],\"x\":{deep}}}\n");
    let mut yaml = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for i in 1..30 {
        yaml += &format!(
            "a{i}: &a{i} [{}]\n",
            vec![if i == 1 { "*a".to_owned() } else { format!("*a{}", i - 1) }; 9].join(",")
        );
    }
    let gaps = format!("[x]\ncues = [{{ name = \"gaps\", match = \"{}\" }}]\n", "a ...9999 ".repeat(500));
    let desk = Desk::new()
        .and("deep.jsonl", deep)
        .and("alias.yml", yaml)
        .and("gaps.toml", gaps)
        .and("a.txt", "a ".repeat(5000));
    for args in ["train deep.jsonl -o m", "cues alias.yml a.txt", "cues gaps.toml a.txt"] {
        let ran = limited(&desk, "ulimit -v 1000000; ulimit -t 60", args);
        assert!(ran.status == 1 || ran.status == 0, "{args}: {} {}", ran.status, ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{args}: {}", ran.stderr);
        if ran.status == 1 {
            assert!(ran.stderr.starts_with("rhetor: ") || ran.stderr.contains("\nrhetor: "), "{args}: {}", ran.stderr);
        }
    }
}
