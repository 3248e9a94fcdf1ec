//! What surrounds a run: streams that are full, threads and memory that are not to be had, names, devices, numbers beyond reason. A person is told
//! what to do, and nothing panics.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use crate::desk::{Desk, LABELLED, Ran};

/// The program run by a shell: what stands before it, such as a limit or a variable, its arguments, and where its streams go.
pub fn shell(desk: &Desk, before: &str, args: &str) -> Ran {
    let script = format!("{before} exec '{}' {args}", env!("CARGO_BIN_EXE_rhetor"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(desk.path(".")).stdin(Stdio::null()).env_remove("RHETOR_MODEL");
    desk.ran(shell.output().unwrap())
}

fn desk() -> Desk {
    Desk::with_model().and("t.txt", "They will pay for this.\n").and("cues.toml", "[threat]\npay = [\"will pay\"]\n")
}

#[test]
fn a_message_that_finds_no_place_changes_no_status() {
    let desk = desk().and("bad.toml", "nonsense = 1\n");
    let cases = [
        ("classify t.txt --config bad.toml", 2),
        ("classify --nonsense", 2),
        ("classify nowhere.txt", 1),
        ("train nowhere.csv -o n", 1),
        ("train train.csv -o n --cues none", 0),
        ("inspect -m nowhere", 1),
        ("convert train.csv c.jsonl", 0),
    ];
    for (args, status) in cases {
        for stream in ["2>/dev/full", "2>&-", "<&- 2>/dev/full"] {
            shell(&desk, "", &format!("{args} {stream}")).ends(status);
        }
    }
}

#[test]
fn results_that_find_no_place_are_told_of_by_every_command() {
    let desk = desk();
    let commands = [
        "classify -m m t.txt",
        "evaluate -m m train.csv",
        "inspect",
        "labels",
        "cues cues.toml",
        "cues cues.toml t.txt",
        "cues cues.toml --labelled train.csv",
        "suggest -m m t.txt",
        "agree train.csv train.csv",
        "convert train.csv - --to jsonl",
        "completions bash",
        "train train.csv --dry-run --cues none",
    ];
    for args in commands {
        shell(&desk, "", &format!("{args} >/dev/full")).ends(1).says("rhetor: standard output: ");
    }
}

#[test]
fn threads_that_cannot_be_had_are_done_without() {
    let desk = desk();
    desk.run("classify t.txt --threads 1025").ends(2).says("from 1 to 1024");
    let train = "train train.csv -o n --cues none --l2 1 --folds 2 --quiet";
    desk.run(train).ok();
    let one = desk.read("n");
    // Stacks of 2 MiB for a thousand threads do not fit into half a gigabyte of addresses.
    shell(&desk, "ulimit -v 524288;", &format!("{train} --threads 1000")).ok();
    assert_eq!(desk.read("n"), one);
    for bytes in ["1", "99999999999999"] {
        shell(&desk, &format!("RUST_MIN_STACK={bytes}"), train).ok();
        assert_eq!(desk.read("n"), one);
    }
}

#[test]
fn a_device_without_end_is_refused_in_little_memory() {
    let desk = desk();
    let cases = [
        ("inspect -m /dev/zero", "/dev/zero: no rhetor model"),
        ("classify -m /dev/zero t.txt", "/dev/zero: no rhetor model"),
        ("classify t.txt --config /dev/zero", "bytes are no configuration"),
        ("train train.csv -o n --mirror /dev/zero", "larger than 64 MiB, and no evaluation is"),
        ("labels --codebook /dev/zero", "no codebook is"),
        ("cues /dev/zero", "no cue file is"),
        ("train train.csv -o n --vectors /dev/zero", "/dev/zero:1:"),
        ("train /dev/zero -o n", "/dev/zero: cannot tell which format this is"),
        ("classify --column text /dev/zero", "/dev/zero:1: a row of more than"),
    ];
    for (args, words) in cases {
        let ran = shell(&desk, "ulimit -v 1048576;", args).says(words);
        assert!([1, 2].contains(&ran.status), "{args}: {}", ran.status);
    }
}

#[test]
fn labelled_data_cues_and_vectors_may_have_names_of_any_bytes() {
    let desk = desk();
    for (name, text) in [
        (&b"\xff\xfe.csv"[..], LABELLED),
        (b"\xff.toml", "[threat]\npay = [\"will pay\"]\n"),
        (b"\xff.vec", "regret 1 0\npay 1 0\nunion 0 1\nvote 0 1\n"),
    ] {
        fs::write(desk.path(".").join(OsStr::from_bytes(name)), text).unwrap();
    }
    let (data, cues, vectors) = ("$(printf '\\377\\376.csv')", "$(printf '\\377.toml')", "$(printf '\\377.vec')");
    for args in [
        format!("convert {data} o.jsonl"),
        format!("train {data} -o n --cues {cues} --vectors {vectors} --folds 2 --l2 1"),
        format!("evaluate {data} -m m"),
        format!("agree {data} train.csv"),
        format!("suggest t.txt -m m -l {data}"),
        format!("suggest {data} -m m"),
        format!("cues {cues} t.txt --labelled {data}"),
    ] {
        shell(&desk, "", &args).ok();
    }
}

#[test]
fn one_file_is_not_written_twice_however_it_is_spelled() {
    let desk = desk();
    let link = desk.path("here");
    std::os::unix::fs::symlink(".", link).unwrap();
    for args in [
        "train train.csv -o n --report ./n",
        "train train.csv -o n --report here/n",
        "evaluate train.csv -m m -o n --report ./n",
        "agree train.csv train.csv -o n --merged ./n",
        "agree train.csv train.csv --merged n.csv --rest ./n.csv",
        "agree train.csv train.csv --merged - --rest -",
    ] {
        desk.run(args).ends(2).says("is named for two outputs").left_out("n").left_out("n.csv");
    }
}

#[test]
fn standard_input_is_not_named_twice() {
    let desk = desk();
    for args in
        ["agree - -", "train - - -o n", "evaluate - -", "convert - - o.csv", "classify - -", "estimate - --labelled -"]
    {
        desk.run_with(args, LABELLED).ends(2).says("-: standard input can be read only once\nhint: ");
    }
}

#[test]
fn a_name_as_long_as_names_may_be_can_be_written() {
    let desk = desk();
    let name = format!("{}.jsonl", "n".repeat(249));
    desk.run(&format!("convert train.csv {name}")).ok().wrote(&name);
    desk.run(&format!("classify t.txt -o {name}")).ok().wrote(&name);
    assert!(
        fs::read_dir(desk.path(".")).unwrap().all(|entry| !entry.unwrap().file_name().as_bytes().starts_with(b"."))
    );
    desk.run(&format!("convert train.csv n{name}")).ends(1).says("File name too long");
}

#[test]
fn what_a_message_quotes_is_cut_where_it_goes_on_and_on() {
    let long = "x".repeat(3_000_000);
    let desk = desk().and("long.csv", format!("text,labels\nhello,{long}\nother,y\n"));
    for args in
        ["evaluate long.csv -m m", "suggest t.txt -m m -l long.csv", "train long.csv -o n --label-columns labels"]
    {
        let ran = desk.run(args);
        assert!(ran.stderr.len() < 20_000 && !ran.stderr.is_empty(), "{args}: {} bytes", ran.stderr.len());
    }
}

#[test]
fn a_cell_of_very_many_labels_is_read_and_refused_with_the_figure() {
    let labels: Vec<String> = (0..200_000).map(|label| format!("l{label}")).collect();
    let desk = desk().and("many.csv", format!("text,labels\nhello,{}\nother,y\n", labels.join("|")));
    desk.run("train many.csv -o n --cues none").ends(1).says("200001 labels are more than");
    desk.run("agree many.csv many.csv").ends(1).says("200001 labels are more than");
    desk.run("convert many.csv many.jsonl").ok().wrote("many.jsonl");
}

#[test]
fn very_many_annotators_are_not_shown_pair_by_pair_and_too_many_are_refused() {
    let answers = |units: usize, annotators: usize| {
        let rows = (0..annotators).flat_map(|who| (0..units).map(move |unit| (who, unit)));
        let row = |(who, unit): (usize, usize)| format!("{unit},text {unit},{},a{who}\n", ["x", "y"][(who * unit) % 2]);
        format!("id,text,labels,annotator\n{}", rows.map(row).collect::<String>())
    };
    let desk = Desk::with("some.csv", answers(2, 150)).and("many.csv", answers(1, 5000));
    let ran = desk.run("agree some.csv").ok().says("more than 10000 pairs of annotators");
    assert!(ran.stdout.contains("Krippendorff's alpha") && !ran.stdout.contains("a1 – a2"), "{}", ran.stdout);
    desk.run("agree many.csv").ends(1).says("12497500 pairs of answers on the same unit").says("hint: check the ids");
}

#[test]
fn a_strength_that_is_none_is_refused_before_anything_is_learned() {
    let desk = desk();
    for strength in ["--l2=0", "--l2=-1", "--l2=nan", "--cues-l2=inf"] {
        for doing in ["--dry-run", "-o n"] {
            desk.run(&format!("train train.csv --cues none {doing} {strength}"))
                .ends(2)
                .says("an L2 strength is a number above 0")
                .left_out("n");
        }
    }
}

#[test]
fn a_cause_is_told_once() {
    let desk = desk();
    for args in ["train train.csv -o n --vectors nowhere", "train - -o n </", "train train.csv -o n --cues nowhere"] {
        let told = shell(&desk, "", args).ends(1).stderr.matches("os error").count();
        assert!(told <= 1, "{args}: {told}");
    }
}
