//! Help: short enough to be read, and complete for those who ask.

use crate::desk::{COMMANDS, Desk};
use crate::terminal::Terminal;

/// A screen that is neither small nor large.
const LINES: usize = 50;
const COLUMNS: usize = 100;

fn help(desk: &Desk, args: &str) -> String {
    let ran = desk.command(args).env("COLUMNS", COLUMNS.to_string()).output().unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn short_help_fits_a_screen_and_long_help_goes_deeper() {
    let desk = Desk::new();
    for command in COMMANDS {
        let (short, long) = (help(&desk, &format!("{command} -h")), help(&desk, &format!("help {command}")));
        let (lines, width) = (short.lines().count(), short.lines().map(|line| line.chars().count()).max());
        assert!(lines <= LINES, "{command} -h has {lines} lines:\n{short}");
        assert!(width <= Some(COLUMNS), "{command} -h is {width:?} columns wide:\n{short}");
        assert!(long.lines().count() > lines, "{command} --help says no more than -h");
        assert_eq!(long, help(&desk, &format!("{command} --help")));
    }
}

#[test]
fn every_example_is_indented() {
    let desk = Desk::new();
    for command in COMMANDS {
        let long = help(&desk, &format!("{command} --help"));
        let stray = long.lines().find(|line| line.starts_with("rhetor "));
        assert_eq!(stray, None, "{command}");
    }
}

#[test]
fn alone_the_program_shows_every_command_and_where_to_begin() {
    let ran = Desk::new().run("").ends(2).says("rhetor classify --explain").says("rhetor COMMAND -h");
    assert!(ran.stderr.lines().count() <= LINES, "{}", ran.stderr);
    for command in COMMANDS {
        assert!(ran.stderr.contains(&format!("\n  {command} ")), "{command} is not shown:\n{}", ran.stderr);
    }
}

#[test]
fn the_long_version_names_the_model_and_the_short_one_fits_a_script() {
    let desk = Desk::new();
    let short = desk.run("-V").ok().stdout;
    assert_eq!(short, format!("rhetor {}\n", env!("CARGO_PKG_VERSION")));
    let long = desk.run("--version").ok().stdout;
    let fingerprint = rhetor::model::english::embedded().fingerprint().to_owned();
    assert!(long.starts_with(&short) && long.contains(&fingerprint) && long.contains("12 labels"), "{long}");
    assert!(desk.run("classify --version").ok().stdout.contains(&fingerprint));
}

#[test]
fn colours_come_and_go_as_the_environment_says_and_an_option_has_the_last_word() {
    let desk = Desk::with_model().and("a.txt", "Sign the petition before the meeting.\n");
    let colored = |args: &str, variables: &[(&str, &str)]| {
        let mut command = desk.command(args);
        command.env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        desk.ran(command.output().unwrap()).ok().stdout.contains('\u{1b}')
    };
    assert!(!colored("classify -m m a.txt", &[]));
    assert!(colored("classify -m m a.txt", &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored("classify -m m a.txt", &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored("classify -m m a.txt", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(colored("classify -m m a.txt --color always", &[("NO_COLOR", "1")]));
    assert!(!colored("classify -m m a.txt --color never", &[("CLICOLOR_FORCE", "1")]));
    desk.run("classify -m m a.txt -o found.txt").ok();
    assert!(!String::from_utf8(desk.read("found.txt")).unwrap().contains('\u{1b}'));
}

#[test]
fn a_model_that_only_the_environment_names_is_said_to_come_from_there() {
    let desk = Desk::with("a.txt", "Sign the petition.\n");
    let ran = |args: &str| desk.ran(desk.command(args).env("RHETOR_MODEL", "gone").output().unwrap());
    ran("classify a.txt").ends(1).says("gone: No such file").says("hint: RHETOR_MODEL names it");
    assert!(!ran("classify -m lost a.txt").ends(1).stderr.contains("RHETOR_MODEL"));
    desk.run("classify --threads 0 a.txt").ends(2).says("a number of threads is from 1 to 1024");
}

#[test]
fn a_habit_from_another_tool_is_told_what_it_is_called_here() {
    let desk = Desk::with("a.txt", "They will pay.\n").and("my.rhetor", "");
    let said = |args: &str, words: &str| desk.run(args).ends(2).says(words);
    said("a.txt", "tip: to find framings in it: rhetor classify a.txt").says_not("inspect'");
    said("gone.txt", "tip: there is no file gone.txt");
    said("predict a.txt", "tip: that is 'rhetor classify' here");
    said("version", "tip: that is 'rhetor --version' here");
    said("--list-labels", "tip: 'rhetor labels' lists them");
    said("classify --json a.txt", "tip: that is '--format jsonl' here").says_not("-- --json");
    said("evaluate --json a.csv", "tip: that is '--format json' here");
    said("classify --csv a.txt", "tip: that is '--format csv' here");
    said("classify --line a.txt", "tip: that is '--unit line' here");
    said("classify --lines a.txt", "tip: that is '--unit line' here").says_not("--files");
    said("classify --quoted a.txt", "tip: that is '--voice quoted' here");
    said("classify --no-color a.txt", "tip: that is '--color never' here").says_not("--color <WHEN>");
    said("classify -j 2 a.txt", "tip: that is '--threads N' here");
    said("classify --verbose a.txt", "everything is said already").says_not("--version");
    said("classify --nonsense a.txt", "unexpected argument '--nonsense'").says_not("tip:");
    said("inspect my.rhetor", "tip: a model is named by -m my.rhetor");
    said("inspect threat", "tip: '--terms threat' shows the terms of a label");
    said("classify -f cvs a.txt", "tip: a similar value exists: 'csv'");
    said("classify -u LINE a.txt", "tip: a similar value exists: 'line'");
    said("train a.csv", "tip: '-o my.rhetor' names the model to write; '--dry-run' only checks the data");
    said("classify --top-k 0 a.txt", "a whole number of 1 or more is needed");
    let sentence = desk.ran(desk.command("").arg("They will pay for this.").output().unwrap());
    sentence.ends(2).says("tip: text comes from a pipe: echo '…' | rhetor classify");
}

#[test]
fn a_file_that_looks_like_an_option_is_told_how_to_be_named() {
    let desk = Desk::with("--odd", "They will pay.\n");
    desk.run("classify --odd").ends(2).says("use '-- --odd'");
    desk.run("classify -- --odd").ok().prints("--odd:1: [threat");
}

#[test]
fn a_name_that_no_file_has_is_met_with_what_was_probably_meant() {
    let desk = Desk::with_model().and("speech.txt", "They will pay.\n");
    let said = |args: &str, words: &str| {
        desk.run(args).ends(1).says("No such file").says(words);
    };
    said("classify speach.txt", "hint: did you mean speech.txt?");
    said("classify ./speach.txt", "hint: did you mean ./speech.txt?");
    let dash = Desk::new().and("-dash.txt", "They left.\n");
    dash.run("classify -dash.txt").ends(2).says("tip: ./-dash.txt names the file");
    said("classify *.html", "hint: no file matches");
    said("classify https://example.org/a.html", "hint: rhetor opens no connection");
    said("classify --only threat urgency", "hint: several labels are joined by commas: --only threat,urgency");
    said("classify nowhere/speech.txt", "hint: there is no folder nowhere");
    said("classify speech.txt -o nowhere/found.csv", "hint: there is no folder nowhere");
    said("train train.csv -o nowhere/my.rhetor", "hint: there is no folder nowhere");
    said("classify -m nothing speech.txt", "hint: `rhetor train DATA -o MODEL` makes a model");
    let sentence = desk.ran(desk.command("classify").arg("They will pay for this.").output().unwrap());
    sentence.ends(1).says("hint: if that is no name but text, pipe it: echo '…' | rhetor classify");
    let model = desk.command("classify speech.txt -m").arg("fehlt é.rhetor").output().unwrap();
    desk.ran(model).ends(1).says_not("pipe it").says("hint: `rhetor train DATA -o MODEL` makes a model");
}

#[test]
fn a_decimal_comma_is_told_from_other_slips() {
    let desk = Desk::with("train.csv", "text,labels\nThey will pay.,x\n");
    desk.run("classify train.csv --threshold 0,5").ends(2).says("write 0.5, with a point");
    desk.run("classify train.csv --threshold 1.5").ends(2).says("a probability lies between 0 and 1");
    desk.run("train train.csv --dry-run --l2 0,1").ends(2).says("write 0.1, with a point");
}

#[test]
fn on_a_terminal_the_codebook_is_wrapped_under_its_definitions() {
    let desk = Desk::new();
    let Some(mut screen) = Terminal::run(&desk.path(""), "labels", (80, 50)) else { return };
    let shown = screen.shows("`rhetor labels LABEL`").screen();
    let after = shown.lines().skip_while(|line| !line.starts_with("blame-shifting")).nth(1).unwrap_or_default();
    assert!(after.starts_with(&" ".repeat(21)) && after.trim_start().len() > 10, "{shown}");
}
