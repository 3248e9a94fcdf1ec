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
