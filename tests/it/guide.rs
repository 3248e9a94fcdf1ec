//! `docs/guide.md` and the front page, run from the first command to the last in one folder: what they show is what comes out.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::desk::Desk;
use crate::terminal::Terminal;

/// A command of the guide, with the lines that it shows below.
#[derive(Debug)]
struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
    /// Keys to press, for a command that takes the terminal over; `~` is Enter.
    keys: Option<String>,
}

/// The commands of all blocks ```` ```console ````, or ```` ```console keys=… ````.
fn steps(guide: &str) -> Vec<Step> {
    let (mut steps, mut block): (Vec<Step>, Option<Option<String>>) = (Vec::new(), None);
    for (text, line) in guide.lines().zip(1..) {
        match (&block, text.strip_prefix("```")) {
            (None, Some(info)) => {
                block = info.strip_prefix("console").map(|rest| rest.trim().strip_prefix("keys=").map(str::to_owned));
                if block.is_none() {
                    assert!(info.is_empty() || !info.contains("rhetor"), "line {line}: {info}");
                }
            }
            (Some(_), Some(_)) => block = None,
            (Some(keys), None) => match text.strip_prefix("$ ") {
                Some(command) => {
                    steps.push(Step { line, command: command.into(), shown: Vec::new(), keys: keys.clone() });
                }
                None => steps.last_mut().expect("a block starts with a command").shown.push(text.trim_end().into()),
            },
            (None, None) => {}
        }
    }
    steps
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { _ = fs::copy(&from, &to).unwrap() }
    }
}

/// Everything that a command writes, remarks and results as a terminal mixes them.
fn run(folder: &Path, command: &str) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_rhetor"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("RHETOR_MODEL")
        .output()
        .expect("there is a shell");
    String::from_utf8(output.stdout).expect("the program writes UTF-8")
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// The shown lines as they come out, in that order. `…` stands for any lines, and at an end for the rest of one; a line that does not
/// come out is replaced by the one most like it.
fn mended(shown: &[String], real: &str) -> Vec<String> {
    let lines: Vec<&str> = real.lines().map(str::trim_end).collect();
    let mut at = 0;
    let mut mend = |shown: &String| {
        if shown.is_empty() || shown == "…" || at == lines.len() {
            return shown.clone();
        }
        let start = shown.strip_suffix('…').filter(|start| !start.is_empty());
        let cut = |line: &str| match start {
            Some(start) => line.chars().take(start.chars().count()).collect::<String>() + "…",
            None => line.to_owned(),
        };
        let far = |line: &usize| strsim::osa_distance(&cut(lines[at + line]), shown);
        let near = lines[at..].iter().position(|line| cut(line) == *shown);
        let near = near.or_else(|| (0..lines.len() - at).min_by_key(far)).unwrap_or(0);
        at += near + 1;
        cut(lines[at - 1])
    };
    shown.iter().map(&mut mend).collect()
}

#[test]
fn every_command_of_the_guide_does_what_the_guide_shows() {
    follow("docs/guide.md", 20);
}

#[test]
fn every_command_that_the_front_page_shows_does_what_it_shows() {
    follow("README.md", 3);
}

/// Runs a page of so many commands or more; `RHETOR_BLESS=1` writes what comes out into it.
fn follow(name: &str, least: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join(name);
    let mut guide = fs::read_to_string(&page).unwrap();
    let steps = steps(&guide);
    assert!(steps.len() >= least, "{name} has commands");
    let desk = Desk::new();
    copy(&root.join("examples"), &desk.path("examples"));
    let (mut faults, mut folder) = (String::new(), desk.path(""));
    for step in &steps {
        if let Some(inner) = step.command.strip_prefix("cd ") {
            folder.push(inner);
            continue;
        }
        if step.command.contains("jq ") && !crate::desk::have("jq", is_there("jq")) {
            continue;
        }
        let real = match &step.keys {
            None => run(&folder, &step.command),
            Some(keys) => {
                let args = step.command.strip_prefix("rhetor ").expect("it is ours");
                let Some(mut terminal) = Terminal::run(&folder, args, (100, 16)) else { return };
                terminal.shows("Enter none fits");
                let seen = terminal.screen();
                terminal.press(&keys.replace('~', "\r")).end();
                seen + "\n" + &terminal.screen()
            }
        };
        let mended = mended(&step.shown, &real);
        if mended != step.shown {
            let (line, command, shown) = (step.line, &step.command, step.shown.join("\n"));
            write!(faults, "{name}:{line}: $ {command}\nshown:\n{shown}\nbut:\n{real}\n").unwrap();
            let block = |lines: &str| format!("$ {command}\n{lines}\n");
            guide = guide.replacen(&block(&shown), &block(&mended.join("\n")), 1);
        }
    }
    if std::env::var_os("RHETOR_BLESS").is_some() {
        fs::write(&page, &guide).unwrap();
    } else {
        assert!(faults.is_empty(), "{faults}");
    }
}
