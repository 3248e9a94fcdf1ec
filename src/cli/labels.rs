//! `rhetor labels`: the codebook of the twelve framings.

use std::io::Write;

use rhetor::codebook::{Codebook, Entry, nearest};

use super::DONE;
use super::args::{CardFormat, Labels};

pub fn run(args: &Labels) -> anyhow::Result<u8> {
    let book = Codebook::builtin();
    let text = match (&args.label, args.format) {
        (None, CardFormat::Text) => list(&book),
        (None, CardFormat::Json) => format!("{:#}\n", serde_json::to_value(&book)?),
        (Some(label), format) => {
            let entry = find(&book, label)?;
            match format {
                CardFormat::Text => one(&book, entry),
                CardFormat::Json => {
                    let rules: Vec<_> = book.rules_of(&entry.name).collect();
                    format!("{:#}\n", serde_json::json!({"label": entry, "rules": rules}))
                }
            }
        }
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(DONE)
}

fn find<'a>(book: &'a Codebook, label: &str) -> anyhow::Result<&'a Entry> {
    book.find(label).ok_or_else(|| {
        let names = || book.labels.iter().map(|entry| &entry.name[..]);
        let hint = match nearest(label, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        anyhow::anyhow!("the codebook has no label {label:?}\nhint: {hint}")
    })
}

/// A line a label.
fn list(book: &Codebook) -> String {
    let width = book.labels.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0);
    let lines = book.labels.iter().map(|entry| format!("{:<width$}  {}\n", entry.name, entry.definition));
    format!(
        "{}: the sentence …\n\n{}\n`rhetor labels LABEL` shows examples and rules\n",
        book.title,
        lines.collect::<String>()
    )
}

fn one(book: &Codebook, entry: &Entry) -> String {
    let mut out = format!("{}: the sentence {}\n", entry.name, entry.definition);
    let mut add = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out += &format!("\n{heading}\n");
            lines.iter().for_each(|line| out += &format!("  {line}\n"));
        }
    };
    add("performs it", entry.examples.clone());
    add("does not, though it looks like it", entry.near_misses.clone());
    let rules = book.rules_of(&entry.name).map(|rule| format!("{:>2}. {}. {}", rule.number, rule.name, rule.text));
    add("rules", rules.collect());
    add(
        "nearest published names",
        entry.published.split("; ").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    );
    out
}
