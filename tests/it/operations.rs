//! What a person meets who runs it among other programs: streams that are redirected, links, packed and foreign files, folders full of them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

use crate::desk::Desk;
use crate::surroundings::shell;

/// A desk with a model `m` and a text.
fn desk() -> Desk {
    Desk::with_model().and("t.txt", "They will pay for this.\n")
}

#[test]
fn an_output_that_is_a_stream_of_the_run_itself_is_written_and_not_replaced() {
    let desk = desk().and("log", "before\n");
    for (name, fd) in [("out", 1), ("err", 2), ("three", 3)] {
        symlink(format!("/proc/self/fd/{fd}"), desk.path(name)).unwrap();
    }
    let stream = desk.run("classify -m m t.txt").ok().stdout;
    let number = fs::metadata(desk.path("log")).unwrap().ino();
    for (name, redirection) in [("out", ">>log"), ("err", "2>>log"), ("three", "3>>log")] {
        fs::write(desk.path("log"), "before\n").unwrap();
        shell(&desk, "", &format!("classify -m m t.txt --quiet -o {name} {redirection}")).ok();
        assert_eq!(String::from_utf8(desk.read("log")).unwrap(), format!("before\n{stream}"), "{name}");
        assert!(fs::symlink_metadata(desk.path(name)).unwrap().is_symlink());
    }
    assert_eq!(fs::metadata(desk.path("log")).unwrap().ino(), number);
    // What stands in a file behind what another program wrote there stays behind it.
    let ran = Command::new("sh")
        .args([
            "-c",
            &format!("(echo first; '{}' classify -m m t.txt -o out; echo last) > both", env!("CARGO_BIN_EXE_rhetor")),
        ])
        .current_dir(desk.path("."))
        .status();
    assert!(ran.unwrap().success());
    assert_eq!(String::from_utf8(desk.read("both")).unwrap(), format!("first\n{stream}last\n"));
    // A file without a name is written, too, and no link is replaced.
    shell(&desk, "", "classify -m m t.txt -o out | cat >pipe").ok();
    assert_eq!(String::from_utf8(desk.read("pipe")).unwrap(), stream);
    shell(&desk, "exec >gone; rm gone;", "classify -m m t.txt -o out").ok().left_out("gone");
    assert!(fs::symlink_metadata(desk.path("out")).unwrap().is_symlink());
}

#[test]
fn a_link_to_what_is_not_there_yet_stays_a_link_and_a_loop_of_links_is_told() {
    let desk = desk().and("store/other", "");
    symlink("store/new.csv", desk.path("link.csv")).unwrap();
    symlink("link.csv", desk.path("further.csv")).unwrap();
    desk.run("classify -m m t.txt -o further.csv").ok().wrote("store/new.csv");
    assert!(fs::symlink_metadata(desk.path("link.csv")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(desk.path("further.csv")).unwrap().is_symlink());
    symlink("b", desk.path("a")).unwrap();
    symlink("a", desk.path("b")).unwrap();
    desk.run("classify -m m t.txt -o a").ends(1).says("a: a link that leads back to itself");
    assert!(fs::symlink_metadata(desk.path("a")).unwrap().is_symlink());
    symlink("nowhere/x.csv", desk.path("lost.csv")).unwrap();
    desk.run("classify -m m t.txt -o lost.csv").ends(1).says("lost.csv: No such file or directory").says("hint: ");
}

#[test]
fn a_file_that_is_replaced_keeps_its_owner_where_the_system_lets_it() {
    let desk = desk().and("out.csv", "old");
    if std::os::unix::fs::chown(desk.path("out.csv"), Some(12345), Some(23456)).is_err() {
        return;
    }
    fs::set_permissions(desk.path("out.csv"), fs::Permissions::from_mode(0o640)).unwrap();
    desk.run("classify -m m t.txt -o out.csv").ok();
    let now = fs::metadata(desk.path("out.csv")).unwrap();
    assert!(now.len() > 3);
    assert_eq!((now.uid(), now.gid(), now.mode() & 0o7777), (12345, 23456, 0o640));
}

#[test]
fn a_folder_that_holds_a_file_fast_is_said_to_be_what_must_be_writable() {
    let desk = desk().and("ro/x.csv", "old");
    fs::set_permissions(desk.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(desk.path("ro/x.csv"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(desk.path("ro"), fs::Permissions::from_mode(0o555)).unwrap();
    // Whoever may do anything becomes somebody who may not.
    let program = format!("'{}' classify -m m t.txt -o ro/x.csv", env!("CARGO_BIN_EXE_rhetor"));
    let script =
        format!("if [ $(id -u) = 0 ]; then setpriv --reuid=65534 --clear-groups {program}; else {program}; fi");
    let output = Command::new("sh").args(["-c", &script]).current_dir(desk.path(".")).output().unwrap();
    if [126, 127].contains(&output.status.code().unwrap_or(0)) {
        return;
    }
    desk.ran(output)
        .ends(1)
        .says("ro/x.csv: Permission denied")
        .says("hint: files are replaced whole, so that their folder must be writable, too");
    assert_eq!(desk.read("ro/x.csv"), b"old");
}

#[test]
fn the_ending_of_an_output_says_its_format_in_any_case() {
    let desk = desk();
    for (args, name) in [
        ("classify -m m t.txt", "csv"),
        ("classify -m m t.txt", "tsv"),
        ("classify -m m t.txt", "jsonl"),
        ("classify -m m t.txt", "ndjson"),
        ("classify -m m t.txt", "html"),
        ("evaluate -m m train.csv", "json"),
        ("evaluate -m m train.csv", "csv"),
        ("evaluate -m m train.csv", "htm"),
        ("agree train.csv train.csv", "json"),
        ("agree train.csv train.csv", "csv"),
        ("suggest -m m t.txt", "csv"),
        ("convert train.csv", "tsv"),
    ] {
        let (small, large) = (format!("OUT.{name}"), format!("OUT.{}", name.to_uppercase()));
        let output = if args.starts_with("convert") { "" } else { "-o" };
        desk.run(&format!("{args} {output} {small}")).ok();
        desk.run(&format!("{args} {output} {large}")).ok();
        assert!(desk.read(&small) == desk.read(&large), "{args} {large}");
    }
    let table = Desk::with_model().and("T.CSV", "text\nThey will pay.\n");
    table.run("classify -m m T.CSV").ok().says("looks like a table");
}

#[test]
fn standard_output_that_is_an_input_is_refused_and_in_a_folder_passed_over() {
    let desk = desk().and("loop.csv", "text,id\nThey will pay.,1\n").and("texts/a.txt", "They will pay.\n");
    let limit = "ulimit -f 200; ulimit -t 20;";
    for args in [
        "classify -m m t.txt >> t.txt",
        "classify -m m t.txt -o - >> t.txt",
        "classify -m m - < t.txt >> t.txt",
        "classify -m m --column text loop.csv -f csv >> loop.csv",
        "suggest -m m t.txt >> t.txt",
        "cues builtin t.txt >> t.txt",
        "evaluate -m m train.csv >> train.csv",
        "estimate -m m t.txt --labelled train.csv >> t.txt",
        "convert train.csv - --to csv >> train.csv",
        "agree train.csv train.csv >> train.csv",
    ] {
        shell(&desk, limit, args).ends(2).says("is an input, and standard output goes into it\nhint: ");
    }
    assert_eq!(desk.read("t.txt"), b"They will pay for this.\n");
    for args in ["classify -m m texts > texts/zz.txt", "cues builtin texts > texts/zz.txt"] {
        shell(&desk, limit, args).ok().says("texts/zz.txt: is where standard output goes, and is passed over");
        assert!(desk.read("texts/zz.txt").len() < 4000);
    }
    shell(&desk, limit, "classify --files texts > texts/zz.txt").ok();
    assert_eq!(desk.read("texts/zz.txt"), b"texts/a.txt\n");
}

#[test]
fn a_glob_that_is_none_is_misuse() {
    let desk = desk().and("texts/a.txt", "They will pay.\n");
    for args in ["classify -m m texts", "suggest -m m texts", "cues builtin texts"] {
        desk.run(&format!("{args} --glob [")).ends(2).says("--glob \"[\": ").says("\nhint: ");
    }
}

#[test]
fn no_hint_would_overwrite_the_data_that_it_is_about() {
    let desk = desk();
    desk.run("train train.csv -o n --mirror train.csv")
        .ends(1)
        .says("hint: rhetor evaluate DATA --format json -o evaluation.json")
        .says_not("-o train.csv");
}

#[test]
fn help_that_finds_no_place_is_told_of() {
    let desk = desk();
    for args in ["--help", "--version", "-V", "classify -h", "help train"] {
        shell(&desk, "", &format!("{args} >/dev/full")).ends(1).says("rhetor: standard output: ");
        shell(&desk, "", &format!("{args} >/dev/null")).ok();
    }
}

#[test]
fn a_pipe_in_a_folder_is_told_of_as_a_link_is() {
    let desk = desk().and("texts/a.txt", "They will pay.\n");
    assert!(Command::new("mkfifo").arg(desk.path("texts/p.txt")).status().unwrap().success());
    desk.run("classify -m m texts").ok().says("texts: 1 pipe or device is passed over; name it to read it");
    assert!(Command::new("mkfifo").arg(desk.path("texts/q.txt")).status().unwrap().success());
    assert!(Command::new("mkfifo").arg(desk.path("texts/other")).status().unwrap().success());
    desk.run("classify -m m texts").ok().says("texts: 2 pipes or devices are passed over; name them to read them");
}

#[test]
fn a_second_column_of_a_name_is_said_to_be_left_out() {
    let desk = Desk::with_model().and("twice.csv", "text,labels,note,note\nThey will pay,threat,one,two\n");
    let words =
        "twice.csv:1: the column `note` stands there twice; the first is read and the other left out\nhint: rename one";
    desk.run("convert twice.csv out.csv").ok().says(words);
    assert!(!String::from_utf8(desk.read("out.csv")).unwrap().contains("two"));
    desk.run("classify -m m --column text twice.csv -f jsonl").ok().says(words);
    desk.run("classify -m m --column text twice.csv -f csv").ok().says_not("twice;").prints("one,two");
}

#[test]
fn messages_name_what_they_are_about() {
    let desk = desk().and("one.toml", "[threat]\npay = [\"will pay\"]\n").and("home/a.txt", "");
    shell(&desk, "", "classify --files t.txt >/dev/full").ends(1).says("rhetor: standard output: ");
    desk.run("cues nope").ends(1).says("nope: No such file").says_not("did you mean");
    desk.run("cues home").ends(1).says("home: is a folder\nhint: name a file in it, or `builtin`");
    desk.run("cues one.toml").ok().prints("\n1 cue, 0 word classes, 0 example sentences: ");
    desk.run("suggest -m m t.txt --random 2").ends(2).says("a share lies between 0 and 1");
}

#[test]
fn a_setting_with_a_value_that_is_none_is_told_the_choices() {
    let desk = desk()
        .and("e.toml", "[classify]\nexplain = true\n")
        .and("f.toml", "[classify]\nformat = \"xml\"\n")
        .and("n.toml", "[classify]\ntop-k = true\n");
    desk.run("classify -m m t.txt --config e.toml").ends(2).says("classify.explain takes \"weight\" or \"reading\"");
    desk.run("classify -m m t.txt --config f.toml")
        .ends(2)
        .says("xml")
        .says("[possible values: text, jsonl, csv, tsv, html]");
    desk.run("classify -m m t.txt --config n.toml").ends(2).says("classify.top-k takes a text or a number");
}

#[test]
fn a_file_of_another_kind_is_named_with_the_way_out_and_not_read() {
    let desk = desk();
    for (magic, kind, way) in [
        (&b"\x28\xb5\x2f\xfd rest"[..], "Zstandard data", "zstd -dc x.txt | rhetor classify"),
        (b"\xfd7zXZ\0 rest", "xz data", "xz -dc x.txt | rhetor classify"),
        (b"BZh91AY&SY rest", "bzip2 data", "bzip2 -dc x.txt | rhetor classify"),
        (b"PK\x03\x04 rest", "a zip archive or office document", "pandoc"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document", "save it as text"),
        (b"%PDF-1.7 rest", "a PDF", "pdftotext x.txt - | rhetor classify"),
    ] {
        fs::write(desk.path("x.txt"), magic).unwrap();
        let ran = desk.run("classify -m m x.txt t.txt --all").ends(1);
        assert!(!ran.stdout.contains("x.txt"), "{}", ran.stdout);
        ran.prints("t.txt:1:").says(&format!("x.txt: is {kind}\nhint: ")).says(way);
        let column = desk.run("classify -m m --column text x.txt").ends(1).stderr;
        assert!(!column.contains("no column"), "{column}");
        desk.run("suggest -m m x.txt").ends(1).says(&format!("is {kind}"));
    }
    // Text with a NUL is read all the same.
    fs::write(desk.path("x.txt"), b"They will\0 pay.\n").unwrap();
    desk.run("classify -m m x.txt --all").ok().says("holds NUL bytes");
}
