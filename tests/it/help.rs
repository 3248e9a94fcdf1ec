//! Help: short enough to be read, and complete for those who ask.

use crate::desk::{COMMANDS, Desk};

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
