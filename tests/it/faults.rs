//! What the world does to a run: it is killed, the disk is full, files are not what they seem. Whatever happens, an older
//! file is intact or a new one whole, and a person is told what to do.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
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
fn limited(desk: &Desk, before: &str, args: &str) -> Ran {
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
fn a_signal_ends_a_run_as_it_should_and_nothing_half_stays() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
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
    desk.run("classify -m m train.csv -o train.csv").ends(1).says("is an input, and would be overwritten");
    desk.run("classify -m m --column text link.csv -o train.csv").ends(1).says("is an input");
    desk.run("train train.csv -o link.csv").ends(1).says("is an input");
    desk.run("evaluate -m m train.csv -o train.csv -f json").ends(1).says("is an input");
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
    // 300 MiB in one cell of 300 kB.
    let ran = limited(&desk, "ulimit -v 400000", "train bomb.csv.gz -o out --cues none");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    ran.says("bomb.csv.gz: decompresses to more than").left_out("out");
    limited(&desk, "ulimit -v 400000", "classify -m m bomb.csv.gz --unit line -f tsv --quiet").ok();
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
