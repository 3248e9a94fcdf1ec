//! What comes with the program: manual pages and completions. The wheel is tried by `.ci/run`, which has a build to make it of.

use std::process::{Command, Stdio};

use crate::desk::{COMMANDS, Desk, have};

pub fn runs(program: impl AsRef<std::ffi::OsStr>, argument: &str) -> bool {
    let quiet =
        Command::new(program).arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

#[test]
fn every_command_has_a_manual_page_with_its_options_and_examples() {
    let desk = Desk::new();
    desk.run("man pages/man1").ok();
    let page = |name: &str| String::from_utf8(desk.read(&format!("pages/man1/{name}.1"))).unwrap();
    let whole = page("rhetor");
    for command in COMMANDS {
        assert!(whole.contains(&format!("rhetor\\-{command}(1)")), "rhetor.1 does not name {command}");
        let text = page(&format!("rhetor-{command}"));
        assert!(text.contains(".TH RHETOR-") && text.contains("\\-\\-no\\-config"), "{command}:\n{text}");
        assert!(
            text.contains(&format!("\\fBrhetor {command}\\fR")),
            "{command} is not called by its full name:\n{text}"
        );
    }
    assert!(page("rhetor-classify").contains("tail \\-f feed.txt | rhetor classify"));
    assert_eq!(std::fs::read_dir(desk.path("pages/man1")).unwrap().count(), COMMANDS.len() + 1);
}

#[test]
fn manual_pages_are_made_without_a_complaint_of_man() {
    if !have("man", runs("man", "--version")) {
        return;
    }
    let desk = Desk::new();
    desk.run("man pages").ok();
    for page in std::fs::read_dir(desk.path("pages")).unwrap() {
        let path = page.unwrap().path();
        let shown = Command::new("man")
            .args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&path)
            .env("MANWIDTH", "100")
            .output()
            .unwrap();
        assert!(
            shown.status.success() && shown.stderr.is_empty(),
            "{}: {}",
            path.display(),
            String::from_utf8_lossy(&shown.stderr)
        );
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    Desk::with("file", "").run("man file/man1").ends(1).says("file/man1");
}

#[test]
fn every_shell_completes_every_command_and_none_names_the_hidden_one() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Desk::new().run(&format!("completions {shell}")).ok().stdout;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
}
