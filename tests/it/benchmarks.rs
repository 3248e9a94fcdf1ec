//! The page of benchmarks: its commands are there, and what the command wrote into it are tables. No figure is asserted.

use std::path::Path;
use std::process::Command;

use crate::desk::have;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The sections that the command knows, in the order in which it runs them.
fn sections() -> Vec<String> {
    let script = file("benches/peers/peers.py");
    let line = script.lines().find(|line| line.starts_with("SECTIONS = {")).expect("the command has sections");
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What stands on the page between the marks of a section.
fn block<'a>(page: &'a str, section: &str) -> &'a str {
    let (start, end) = (format!("<!-- peers: {section} -->\n"), format!("<!-- end of peers: {section} -->"));
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(&end).unwrap_or_else(|| panic!("no {end}")).0
}

#[test]
fn commands_on_the_page_of_benchmarks_exist() {
    let (page, script, sections) = (file("docs/benchmarks.md"), file("benches/peers/peers.py"), sections());
    assert!(file("justfile").contains("\npeers *OPTIONS:\n"));
    let commands: Vec<&str> =
        page.split(['`', '\n']).filter_map(|words| words.strip_prefix("just peers")).map(str::trim).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let mut words = command.split_whitespace();
        while let Some(word) = words.next() {
            if word.starts_with("--") {
                let given = format!("parser.add_argument(\"{word}\"");
                let line = script.lines().find(|line| line.contains(&given));
                let line = line.unwrap_or_else(|| panic!("`just peers {command}`: no option {word}"));
                if !line.contains("store_true") {
                    words.next().expect("an option has a value");
                }
            } else {
                assert!(sections.iter().any(|section| section == word), "`just peers {command}`: no section {word}");
            }
        }
    }
}

#[test]
fn every_section_of_the_benchmarks_has_its_place_and_its_tables_are_tables() {
    let page = file("docs/benchmarks.md");
    for section in sections() {
        let mut width = None;
        for line in block(&page, &section).lines() {
            let cells = line.matches('|').count();
            if line.starts_with('|') {
                assert_eq!(*width.get_or_insert(cells), cells, "{section}: {line}");
                assert!(cells > 2 && line.ends_with('|'), "{section}: {line}");
            } else {
                width = None;
            }
        }
    }
}

#[test]
fn the_comparison_with_peers_explains_itself_without_them() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/peers.py");
    let ran = Command::new("python3").arg("-B").arg(script).arg("--help").output();
    if have("python3", ran.is_ok()) {
        let ran = ran.expect("python3 is there");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        assert!(String::from_utf8_lossy(&ran.stdout).contains("--megabytes"));
    }
}
