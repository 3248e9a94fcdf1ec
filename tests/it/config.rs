//! `rhetor.toml`, the environment, and trying a training out before it runs.

use crate::desk::{Desk, LABELLED};

#[test]
fn a_configuration_sets_defaults_is_announced_and_gives_way_to_what_is_typed() {
    let desk = Desk::with("rhetor.toml", "color = \"never\"\n[classify]\nformat = \"jsonl\"\nunit = \"line\"\n");
    desk.run_with("classify", "They will pay.")
        .ok()
        .prints("\"text\":\"They will pay.\"")
        .says("rhetor.toml: format = jsonl, unit = line, color = never (--no-config does without)");
    desk.run_with("classify -f tsv", "They will pay.").ok().prints("path\tindex").says("rhetor.toml: unit = line");
    desk.run_with("classify -o page.html", "They will pay.").ok().says("rhetor.toml: unit = line");
    assert!(desk.read("page.html").starts_with(b"<!doctype html>"), "the name of an output is typed, too");
    let plain = desk.run_with("classify --no-config -f csv", "They will pay.").ok();
    assert_eq!(plain.stderr, "");
    desk.run("labels").ok().says("rhetor.toml: color = never");
}

#[test]
fn a_configuration_elsewhere_is_named_by_config() {
    let desk = Desk::with("mine/usual.toml", "[classify]\nformat = \"csv\"\n");
    desk.run_with("classify --config mine/usual.toml", "They will pay.").ok().prints("path,index");
    desk.run("classify --config mine/other.toml").ends(2).says("mine/other.toml: No such file");
}

#[test]
fn a_configuration_names_no_files_and_its_slips_are_named() {
    let refused = |toml: &str| Desk::with("rhetor.toml", toml).run_with("classify", "They will pay.").ends(2);
    refused("[classify]\nmodel = \"evil.rhetor\"\n").says("files are named on the command line only");
    refused("[train]\noutput = \"/etc/passwd\"\n").says("\"train.output\" is nothing that can be set here");
    refused("[classify]\nformt = \"csv\"\n").says("hint: did you mean [classify] format?");
    refused("format = \"csv\"\n").says("hint: did you mean [classify] format?");
    refused("[classify]\nformat = \"cvs\"\n").says("rhetor.toml: invalid value 'cvs' for '--format");
    refused("[classify]\nformat = \n").says("rhetor.toml:2: ");
    refused("[classify]\nformat = {}\n").says("takes \"text\", \"jsonl\"");
    refused("quiet = true\n").says("\"quiet\" is nothing that can be set here");
}

#[test]
fn a_configuration_that_is_only_found_lifts_no_bound_and_decides_nothing_in_silence() {
    let desk = Desk::with("rhetor.toml", "[classify]\nmax-record = 1000000000000\n");
    desk.run_with("classify", "They will pay.").ends(2).says(
        "rhetor.toml: max-record = 1000000000000 is more than a file may set that is only found (1048576)\nhint: type",
    );
    desk.run_with("classify --config rhetor.toml --max-record 64", "They will pay.").ok();
    let desk = desk.and("rhetor.toml", "[classify]\nmax-record = \"64K\"\nthreshold = 1\n");
    desk.run_with("classify -q", "They will pay.").ok().says("rhetor.toml: max-record = 64K, threshold = 1");
    assert_eq!(desk.run_with("classify -q --config rhetor.toml", "They will pay.").ok().stderr, "");
    let desk = desk.and("rhetor.toml", "[classify]\nformat = \"csv\"\n");
    assert_eq!(desk.run_with("classify -q", "They will pay.").ok().stderr, "");
}

#[test]
fn what_was_typed_wrongly_steers_no_terminal() {
    let desk = Desk::with("a", "");
    let ran = desk.command("classify").arg("--\u{9b}31m\u{202e}x").output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(said.contains('␦') && !said.contains(['\u{9b}', '\u{202e}']), "{said:?}");
}

#[test]
fn a_configuration_trains_as_the_same_options_do() {
    let desk = Desk::with("train.csv", LABELLED);
    desk.run("train train.csv -o typed --cues none --ngrams 1,1 --seed 7 --no-config").ok();
    let desk = desk.and("rhetor.toml", "[train]\nngrams = [1, 1]\nseed = 7\n");
    desk.run("train train.csv -o set --cues none").ok();
    assert_eq!(desk.read("typed"), desk.read("set"));
}

#[test]
fn the_environment_may_name_the_model() {
    let desk = Desk::with_model();
    let with = |model: &str| {
        let ran = desk.command("inspect").env("RHETOR_MODEL", model).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(with("m"), desk.run("inspect -m m").ok().stdout);
    assert_ne!(with("m"), desk.run("inspect").ok().stdout);
}

#[test]
fn the_environment_names_the_model_of_every_command_and_gives_way_to_what_is_typed() {
    let desk = Desk::with_model().and("pool.txt", "They broke it.\n").and("sample.csv", LABELLED);
    let with = |args: &str, model: &str| {
        let ran = desk.command(args).env("RHETOR_MODEL", model).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let with_model = [
        "classify pool.txt",
        "evaluate train.csv",
        "inspect",
        "labels",
        "suggest pool.txt",
        "estimate pool.txt --labelled sample.csv",
    ];
    for args in with_model {
        let (status, said) = with(args, "lost.rhetor");
        assert!(status == Some(1) && said.contains("lost.rhetor"), "{args}: {said}");
        let (_, said) = with(&format!("{args} -m m"), "lost.rhetor");
        assert!(!said.contains("lost.rhetor"), "{args} -m m: {said}");
    }
    for args in ["suggest pool.txt --no-model", "evaluate train.csv --cv --cues none", "labels --codebook book.yaml"] {
        let (_, said) = with(args, "lost.rhetor");
        assert!(!said.contains("lost.rhetor") && !said.contains("cannot be used"), "{args}: {said}");
    }
    assert_eq!(with("classify pool.txt", "").0, Some(0));
}

#[test]
fn a_dry_run_says_what_training_would_start_from_and_writes_nothing() {
    let desk =
        Desk::with("train.csv", "text,labels,group\nWe must act.,call,a\nYou will pay.,threat,a\nYou will pay.,,b\n");
    desk.run("train train.csv --dry-run -o m")
        .ok()
        .prints("data        3 units in 2 groups")
        .prints("2, any number of labels a unit; 1 without any")
        .prints("fewer units than folds: learned, but untested")
        .prints("1 text stands more than once, 1 with other labels the second time\n  train.csv:3 and train.csv:4")
        .says("nothing is learned or written");
    desk.run("train train.csv --dry-run").ok();
    assert!(!desk.path("m").exists());
    desk.run("train train.csv --dry-run --fold-by paper").ends(1).says("no unit has a column \"paper\"");
}
