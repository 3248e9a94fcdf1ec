//! What the documents say is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let tables = ["dependencies", "dev-dependencies"].map(|name| manifest[name].as_table().unwrap());
    let of_targets =
        manifest["target"].as_table().unwrap().values().map(|target| target["dependencies"].as_table().unwrap());
    let needed: BTreeSet<String> =
        tables.into_iter().chain(of_targets).flat_map(|table| table.keys().cloned()).collect();
    let text = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| crate"));
    let named = rows.flat_map(|row| row.split('|').nth(1).unwrap().split(',').map(|name| name.trim().to_owned()));
    assert_eq!(named.collect::<BTreeSet<_>>(), needed);
}

/// Links of the form `[words](target)` that point into the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(|target| target.split('#').next().unwrap_or_default()).filter(|t| !t.is_empty() && !t.contains("://"))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir()
            && !name.starts_with('.')
            && !["target", "dist", "node_modules", "corpus", "artifacts"].contains(&name.as_str())
        {
            pages(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut found = Vec::new();
    pages(&root(), &mut found);
    assert!(found.len() > 10);
    for page in found {
        let text = fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", page.display());
        }
    }
}

/// Names of tests between backticks: `file::name` for `tests/it/file.rs`, and `src/file.rs::name`.
fn named_tests(page: &str) -> impl Iterator<Item = (PathBuf, &str)> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter_map(|words| words.split_once("::")).filter(|(_, name)| !name.contains(' ') && *name != "name").map(
        |(file, name)| {
            let file = if file.contains('/') { root().join(file) } else { root().join(format!("tests/it/{file}.rs")) };
            (file, name)
        },
    )
}

#[test]
fn every_promise_has_a_test_that_is_there() {
    let page = fs::read_to_string(root().join("docs/promises.md")).unwrap();
    let mut count = 0;
    for (file, name) in named_tests(&page) {
        let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let at = code.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("{} has no {name}", file.display()));
        // Its own attribute, or that of the properties which it stands among.
        let before = &code[..at];
        let is_test =
            before.trim_end().ends_with("#[test]") || before[before.len().saturating_sub(200)..].contains("#[test]");
        assert!(is_test, "{name} in {} is no test", file.display());
        count += 1;
    }
    assert!(count > 50, "{count}");
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    assert!(rows.clone().count() > 20);
    for row in rows {
        assert!(row.matches('`').count() >= 2, "a promise without a test: {row}");
    }
}
