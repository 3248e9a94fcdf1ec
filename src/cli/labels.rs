//! `rhetor labels`: the codebook of a model, or of a file.

use std::borrow::Cow;
use std::path::Path;

use rhetor::codebook::{Codebook, Entry, file, nearest};
use rhetor::corpus::shell;
use rhetor::features::cues;
use rhetor::report::column::{cell, width};
use rhetor::text::{list, visible};
use textwrap::{Options, WordSplitter};

use super::args::{CardFormat, Labels};
use super::{DONE, columns, ending, load_model, misuse, print};

pub fn run(args: &Labels) -> anyhow::Result<u8> {
    let book = book(args)?;
    let text = match (&args.label, args.format) {
        (None, CardFormat::Text) => readable(&list(&book, args), |_| names_of(&book) + 2),
        (None, CardFormat::Json) => format!("{:#}\n", serde_json::to_value(&book)?),
        (Some(label), format) => {
            let entry = find(&book, label)?;
            match format {
                CardFormat::Text => readable(&one(&book, entry, &cues_of(entry, args)), hang),
                CardFormat::Json => {
                    let rules: Vec<_> = book.rules_of(&entry.name).collect();
                    format!("{:#}\n", serde_json::json!({"label": entry, "rules": rules}))
                }
            }
        }
    };
    print(text)?;
    Ok(DONE)
}

/// A user's codebook may hold anything, and no terminal shall obey it. On a terminal long lines are wrapped, and what is left of
/// them starts as far in as `hang` says.
fn readable(text: &str, hang: impl Fn(&str) -> usize) -> String {
    /// In fewer columns nothing reads well.
    const NARROW: usize = 50;
    let width = columns().filter(|&width| width >= NARROW);
    let lines = text.lines().map(|line| match (width, visible(line)) {
        (Some(width), line) => {
            let indent = " ".repeat(hang(&line).min(width / 2));
            let options = Options::new(width).subsequent_indent(&indent).word_splitter(WordSplitter::NoHyphenation);
            textwrap::fill(&line, options) + "\n"
        }
        (None, line) => line + "\n",
    });
    lines.collect()
}

/// As far in as the words of a line start, behind its number if it has one.
fn hang(line: &str) -> usize {
    let words = line.trim_start();
    let indent = line.len() - words.len();
    match words.split_once(". ") {
        Some((number, _)) if number.parse::<u32>().is_ok() => indent + number.len() + 2,
        _ => indent,
    }
}

/// The width of the widest name.
fn names_of(book: &Codebook) -> usize {
    width(book.labels.iter().map(|entry| &entry.name), 0)
}

fn book(args: &Labels) -> anyhow::Result<Codebook> {
    if let Some(path) = &args.codebook {
        return Ok(file::read(path)?);
    }
    // The embedded model need not be unpacked to know its codebook.
    let Some(path) = &args.model else { return Ok(Codebook::builtin()) };
    let model = load_model(Some(path))?;
    model.codebook().map(Cow::into_owned).ok_or_else(|| {
        let names: Vec<&str> = model.labels().iter().map(|(_, name)| name).collect();
        anyhow::anyhow!(
            "{}: has no codebook that says what {} mean\nhint: `rhetor train DATA --codebook FILE` puts one in",
            path.display(),
            names.join(", ")
        )
    })
}

fn find<'a>(book: &'a Codebook, label: &str) -> anyhow::Result<&'a Entry> {
    book.find(label).ok_or_else(|| {
        let names = || book.labels.iter().map(|entry| &entry.name[..]);
        let hint = match nearest(label, names()) {
            Some(near) => format!("did you mean {near}?"),
            None if Path::new(label).is_file() && is_book(Path::new(label)) => {
                format!("`rhetor labels --codebook {}` shows a codebook file", shell(label))
            }
            None if Path::new(label).is_file() => {
                format!("`rhetor labels -m {}` shows the codebook of a model", shell(label))
            }
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        misuse(format_args!("the codebook has no label {label:?}\nhint: {hint}"))
    })
}

/// The labels of `--labels`. One that holds commas needs no marks where it is known.
pub fn asked(lines: &[String], is_known: impl Fn(&str) -> bool) -> anyhow::Result<Vec<String>> {
    let labels: Vec<String> = lines.iter().flat_map(|line| list::names(line, &is_known)).collect();
    anyhow::ensure!(!labels.iter().any(String::is_empty), "--labels: an empty label\nhint: --labels a,b,c");
    Ok(labels)
}

/// Whether a file is a codebook rather than a model, by its ending or by what is in it.
fn is_book(path: &Path) -> bool {
    ["toml", "yaml", "yml"].contains(&&ending(path)[..]) || file::read(path).is_ok()
}

/// A line a label.
fn list(book: &Codebook, args: &Labels) -> String {
    let width = names_of(book);
    let lines = book.labels.iter().map(|entry| format!("{:<width$}  {}", cell(&entry.name), entry.definition));
    let lines: String = lines.map(|line| format!("{}\n", line.trim_end())).collect();
    let of = match (&args.model, &args.codebook) {
        (Some(path), _) => format!(" -m {}", shell(path)),
        (_, Some(path)) => format!(" --codebook {}", shell(path)),
        _ => String::new(),
    };
    let mut out = format!("{}: the sentence …\n\n{lines}", book.title);
    let mut add = |heading: &str, text: &str| {
        if !text.is_empty() {
            out += &format!("\n{heading}  {}\n", short(text));
        }
    };
    add("introduction", &book.introduction);
    add("voices", book.voice.as_ref().map_or("", |voice| &voice.text));
    let general: Vec<String> =
        book.general_rules().map(|rule| format!("  {:>2}. {}\n", rule.number, short(&rule.words()))).collect();
    if !general.is_empty() {
        out += &format!("\nrules for all labels\n{}", general.concat());
    }
    out + &format!("\n`rhetor labels LABEL{of}` shows examples and rules, `-f json` the whole codebook\n")
}

/// The beginning of a text, up to the end of a word.
fn short(text: &str) -> String {
    const LONGEST: usize = 150;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{} …", text[..end].rsplit_once(' ').map_or(&text[..end], |(start, _)| start)),
    }
}

/// How many built-in cues speak for a label of the embedded model, with the names of some.
fn cues_of(entry: &Entry, args: &Labels) -> Vec<String> {
    /// So many are named.
    const NAMED: usize = 5;
    if args.model.is_some() || args.codebook.is_some() {
        return Vec::new();
    }
    let set = cues::builtin();
    let names: Vec<&str> = set.cues.iter().filter(|cue| cue.section == entry.name).map(|cue| &cue.name[..]).collect();
    let some = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => Vec::new(),
        all => vec![format!("{all}, such as {some}; `rhetor cues builtin --only {}` shows all", shell(&entry.name))],
    }
}

fn one(book: &Codebook, entry: &Entry, cues: &[String]) -> String {
    let mut out = match &entry.definition[..] {
        "" => format!("{}: the codebook does not say what it means\n", entry.name),
        definition => format!("{}: the sentence {definition}\n", entry.name),
    };
    let mut add = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out += &format!("\n{heading}\n");
            lines.iter().for_each(|line| out += &format!("  {line}\n"));
        }
    };
    add("performs it", entry.examples.clone());
    add("does not, though it looks like it", entry.near_misses.clone());
    add("rules", book.rules_of(&entry.name).map(|rule| format!("{:>2}. {}", rule.number, rule.words())).collect());
    add(
        "rules for all labels",
        book.general_rules().map(|rule| format!("{:>2}. {}", rule.number, rule.words())).collect(),
    );
    add("built-in cues", cues.to_vec());
    add(
        "nearest published names",
        entry.published.split("; ").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    );
    out
}
