//! What can be wrong with data: with a row ([`Fault`]: the row is skipped), with the whole ([`CorpusError`]: nothing is
//! read), or perhaps not at all ([`Warning`]).

use std::fmt;
use std::io;

use super::shell::{shell, typed};
use crate::text::cell::with_point;
use crate::text::count::{counted, plural};
use crate::text::{Place, list};

/// A row that was left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The line on which the row starts.
    pub place: Place,
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\nhint: {}", self.place, self.fault, self.fault.hint())
    }
}

/// Why a row cannot be used. `Display` says what is wrong, [`Fault::hint`] what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    #[error("{} where the header has {expected}", counted(*found as u64, "cell", "cells"))]
    RaggedRow { found: usize, expected: usize, delimiter: Delimiter, lines: u64 },
    #[error("a quotation mark opens a cell here and none closes it{}", as_one_row(*lines))]
    OpenQuote { lines: u64 },
    /// The mark that closes a cell of several lines has text behind it: most likely it opens one, and the first is astray.
    #[error(
        "a quotation mark opens a cell here, and text stands behind the one that closes it on line {closed}{}",
        as_one_row(*lines)
    )]
    StrayQuote { closed: u64, lines: u64 },
    #[error("the text is empty")]
    EmptyText,
    #[error("a line with labels and no text")]
    NoText,
    #[error("byte 0x{byte:02X} on line {line} is not valid UTF-8")]
    InvalidUtf8 { byte: u8, line: u64 },
    #[error("invalid JSON on line {line}, column {column}: {reason}")]
    InvalidJson { line: u64, column: usize, reason: String },
    #[error("`{}` is {found} where {wanted} is needed", shown(field))]
    WrongType { field: String, found: &'static str, wanted: &'static str },
    #[error("no field `{field}`; the object has {}", quoted(fields))]
    MissingField { field: String, fields: Vec<String> },
    #[error("the weight `{}` is not a positive finite number", shown(value))]
    Weight { value: String },
    #[error("`{}` in the label column `{}`, which holds 0 or 1", shown(value), shown(column))]
    NotZeroOne { column: String, value: String },
    #[error("an empty label in `{}`", shown(cell))]
    EmptyLabel { cell: String },
    #[error("`{}` looks like a list of labels and is not one in JSON", shown(cell))]
    NotAList { cell: String },
}

impl Fault {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Fault::RaggedRow { lines, .. } if *lines > 1 => {
                format!("the row runs over {lines} lines; perhaps a quotation mark that opens a cell is never closed")
            }
            Fault::RaggedRow { found, expected, delimiter, .. } if found > expected => {
                format!("quote a text that holds a {delimiter}")
            }
            Fault::RaggedRow { .. } => "write an empty cell for a missing value".into(),
            Fault::OpenQuote { .. } | Fault::StrayQuote { .. } => {
                "close the cell, or quote it and double each mark in it: \"he said \"\"no\"\"\"".into()
            }
            Fault::EmptyText => "give the row a text, or delete it".into(),
            Fault::NoText => "write the text behind the labels: `__label__threat We will make them pay.`".into(),
            Fault::InvalidUtf8 { .. } => {
                "write the character anew; if the whole file has another encoding, `--encoding windows-1252` reads it"
                    .into()
            }
            Fault::InvalidJson { .. } => "a line holds one whole object, as `jq -c .` writes it".into(),
            Fault::WrongType { wanted, .. } => format!("write {wanted}"),
            Fault::MissingField { field, .. } => match field.as_str() {
                "labels" => "a text without any label has `\"labels\": []`".into(),
                _ => format!("add `{field}` to the object, or delete it"),
            },
            Fault::Weight { value } => {
                let number =
                    match with_point(value).filter(|number| number.parse().is_ok_and(|weight: f64| weight > 0.0)) {
                        Some(number) => format!("write {number}, with a point"),
                        None => "write a number such as 0.5, or nothing for 1".into(),
                    };
                format!("{number}; `--weight-column none` leaves the column alone")
            }
            Fault::NotZeroOne { .. } => {
                "write 0, 1, true or false; `--label-columns` names the columns that are labels".into()
            }
            Fault::EmptyLabel { .. } => {
                "remove the surplus separator; an empty cell or list stands for no label at all".into()
            }
            Fault::NotAList { .. } => {
                "write a|b or [\"a\", \"b\"]; with `--label-separator` brackets are part of the label".into()
            }
        }
    }
}

/// How many lines are lost with a row, if it is more than its own.
fn as_one_row(lines: u64) -> String {
    if lines > 1 { format!(", so that {lines} lines are one row") } else { String::new() }
}

/// What separates the cells of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delimiter {
    #[default]
    Comma,
    Semicolon,
    Tab,
    /// A table of one column: nothing parts its lines, and an unquoted comma belongs to the text.
    Nothing,
}

impl Delimiter {
    pub fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            // ASCII's unit separator, which no text holds.
            Delimiter::Nothing => 0x1f,
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Delimiter::Comma => "comma",
            Delimiter::Semicolon => "semicolon",
            Delimiter::Tab => "tab",
            Delimiter::Nothing => "unit separator",
        })
    }
}

/// Something that was decided or found, and that may not be what the user meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    #[error("{place}: no label column; took {} for one 0/1 column a label\nhint: `--label-columns {}` says it for good, `--label-column NAME` names another", quoted(columns), typed(&list::line(columns.iter().map(String::as_str))))]
    WideLabels { place: Place, columns: Vec<String> },
    #[error(
        "{}\nhint: labels that differ only by case or white space stay different; if one is meant, spell it one way",
        spelt(spellings)
    )]
    LikeLabels { spellings: Vec<Spelling> },
    #[error(
        "{first}: the label `{}` ({rows} rows in all are like it) reads as several labels with commas between\nhint: `--label-separator ,` takes them apart",
        shown(label)
    )]
    JoinedLabels { label: String, rows: usize, first: Place },
    #[error(
        "{place}: the column `{}` stands there twice; the first is read and the other left out\nhint: rename one",
        shown(column)
    )]
    DuplicateColumn { place: Place, column: String },
    #[error("{place}: no rows\nhint: leave the file out, or check that it was written completely")]
    EmptyFile { place: Place },
    #[error("{place}: {}", why.rows(*rows))]
    LeftOut { place: Place, why: Unjudged, rows: u64 },
    #[error(
        "{place}: {} no label; doccano writes that also for texts that nobody has judged, and here it counts as \"no label fits\"\nhint: `--blank-is-unjudged` leaves them out; doccano exports \"only approved documents\", too",
        texts_have(*rows)
    )]
    PerhapsUnjudged { place: Place, rows: u64 },
    #[error(
        "{place}: the last {rows} rows have no label, and count as \"no label fits\"\nhint: if nobody has judged them yet, `--blank-is-unjudged` leaves them out"
    )]
    BlankTail { place: Place, rows: u64 },
    #[error(
        "{place}: {} asked about some of the {labels} labels only; those not asked about count as absent\nhint: an honest model wants an answer for every label, as the `choice` interface gives it",
        texts_were(*rows)
    )]
    PartlyAsked { place: Place, rows: u64, labels: usize },
    #[error("{place}: labels come from several questions: {}\nhint: `--label-column {}` takes those of one", quoted(questions), typed(questions.first().map_or("NAME", String::as_str)))]
    SeveralQuestions { place: Place, questions: Vec<String> },
    #[error(
        "{place}: {rows} marked {} outside its text, on no character's edge or over nothing; {} label is kept, and where it lay is not",
        plural(*rows, "passage lies", "passages lie"),
        plural(*rows, "its", "each")
    )]
    SpansOutside { place: Place, rows: u64 },
    /// In a column that `convert` writes, which is then one like any other.
    #[error("{place}: `{}` in the column `{column}` {}", shown(cell), odd(column, *rows))]
    OddCell { place: Place, column: &'static str, cell: String, rows: u64 },
}

fn odd(column: &str, rows: u64) -> String {
    let more = if rows > 1 { format!(" ({rows} rows have such)") } else { String::new() };
    match column {
        "judged" => format!("says neither yes nor no{more}; it counts as blank\nhint: write yes or no"),
        _ => format!(
            "marks no passages of its text{more}; it is kept as it is, and marks nothing\n\
             hint: [[start, end, \"label\"], …], or in JSONL {{\"start\", \"end\", \"label\"}}, counts characters from 0"
        ),
    }
}

fn texts_have(rows: u64) -> String {
    counted(rows, "text has", "texts have")
}

fn texts_were(rows: u64) -> String {
    counted(rows, "text was", "texts were")
}

/// Why it is not known which labels a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unjudged {
    /// Nobody has looked at it yet.
    NotYet,
    /// Somebody passed it over: ignored in Prodigy, skipped in Label Studio.
    PassedOver,
    /// Somebody rejected the labels it was given, which does not say which ones it has.
    Rejected,
}

impl Unjudged {
    fn rows(self, rows: u64) -> String {
        let (row, has) = (plural(rows, "row", "rows"), plural(rows, "has", "have"));
        match self {
            Unjudged::NotYet => format!("{rows} {row} that nobody has judged {has} been left out"),
            Unjudged::PassedOver => format!("{rows} {row} that the annotator skipped or ignored {has} been left out"),
            Unjudged::Rejected => {
                format!(
                    "{rows} {row} whose labels were rejected {has} been left out: a rejection does not say which labels fit"
                )
            }
        }
    }
}

/// One way in which a label is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelling {
    pub label: String,
    /// Rows that write it so.
    pub rows: usize,
    /// The first of them.
    pub first: Place,
}

fn spelt(spellings: &[Spelling]) -> String {
    let each = |s: &Spelling| {
        let rows = counted(s.rows as u64, "row", "rows");
        format!("`{}` ({rows}, first at {})", shown(&s.label), s.first)
    };
    spellings.iter().map(each).collect::<Vec<_>>().join(" and ")
}

/// Why the data could not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    #[error("{path}: no such file\nhint: check the spelling; `-` reads standard input")]
    NotFound { path: String },
    #[error("{path}: a folder where a file is needed\nhint: name the files in it: {}/*.csv", shell(path))]
    Folder { path: String },
    #[error("{place}: {cause}")]
    Io { place: Place, cause: io::Error },
    #[error("{place}: the gzip data ends too early\nhint: copy or download the file anew; `gzip -t` checks it")]
    TruncatedGzip { place: Place },
    #[error("{place}: damaged gzip data: {cause}\nhint: copy or download the file anew; `gzip -t` checks it")]
    DamagedGzip { place: Place, cause: io::Error },
    #[error("{path}: decompresses to more than {limit} bytes{}\nhint: split the file, or decompress it first if this is meant", gibibytes(*limit))]
    TooLarge { path: String, limit: u64 },
    #[error(
        "{place}: {found}, not UTF-8\nhint: `--encoding {encoding}` reads it so; or save it as UTF-8 (Excel: \"CSV UTF-8\")"
    )]
    Encoding { place: Place, found: String, encoding: &'static str },
    #[error("{path}: {kind}, which holds no readable rows\nhint: {way_out}")]
    Container { path: String, kind: &'static str, way_out: String },
    #[error(
        "{path}: cannot tell which format this is\nhint: `--input-format csv|tsv|jsonl|fasttext|doccano|prodigy|label-studio` says it; the header of a table must name the text column, `text` or `--text-column NAME`"
    )]
    UnknownFormat { path: String },
    #[error("{}", no_rows(paths, *skipped, first.as_deref(), *unjudged))]
    NoRows { paths: String, skipped: usize, first: Option<Box<Problem>>, unjudged: u64 },
    #[error("{place}: several fields may hold the labels: {}\nhint: name it with `--label-column {}`", quoted(fields), typed(fields.first().map_or("NAME", String::as_str)))]
    SeveralLabelFields { place: Place, fields: Vec<String> },
    #[error("{place}: no text column among {}\nhint: name it with `--text-column {}`", quoted(columns), typed(&shown(meant.as_deref().unwrap_or("NAME"))))]
    NoTextColumn { place: Place, columns: Vec<String>, meant: Option<String> },
    #[error("{place}: no label column among {}\nhint: name it with `--label-column {}`, or one 0/1 column a label with `--label-columns A,B`", quoted(columns), typed(&shown(meant.as_deref().unwrap_or("NAME"))))]
    NoLabelColumn { place: Place, columns: Vec<String>, meant: Option<String> },
    #[error("{place}: no column `{wanted}` among {}\nhint: {}", quoted(columns), did_you_mean(meant.as_deref()))]
    NoSuchColumn { place: Place, wanted: String, columns: Vec<String>, meant: Option<String> },
    #[error(
        "{place}: the column `{}` stands there twice\nhint: rename or delete one, since either could be meant",
        shown(column)
    )]
    DuplicateColumn { place: Place, column: String },
    /// With [`ReadOptions::strict`](super::ReadOptions::strict): the first row that would have been skipped.
    #[error("{0}")]
    Row(Problem),
}

fn no_rows(paths: &str, skipped: usize, first: Option<&Problem>, unjudged: u64) -> String {
    match first {
        None if unjudged > 0 => format!(
            "{paths}: nobody has judged any of its {}\nhint: label some of them first; a text that no label fits has to say so, such as by `\"labels\": []`",
            counted(unjudged, "row", "rows")
        ),
        None => format!(
            "{paths}: no rows\nhint: check that the file was written completely, and that it has rows below its header"
        ),
        Some(problem) => {
            format!("{paths}: no rows left: {skipped} skipped, the first for this:\n{problem}")
        }
    }
}

fn did_you_mean(meant: Option<&str>) -> String {
    match meant {
        Some(name) => format!("did you mean `{}`?", shown(name)),
        None => "names are compared letter by letter, also upper and lower case".into(),
    }
}

fn gibibytes(bytes: u64) -> String {
    if bytes >= 1 << 30 { format!(" ({} GiB)", bytes >> 30) } else { String::new() }
}

/// How many characters of a cell a message shows.
const SHOWN: usize = 60;

/// A piece of the data as a message shows it: not for ever, and with nothing that a terminal would obey.
fn shown(piece: &str) -> String {
    let mut shown = String::new();
    for c in piece.chars().take(SHOWN) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if piece.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// How many names a message lists before it only counts the rest.
const NAMES: usize = 20;

/// Names as messages list them: each quoted, the first [`NAMES`] of them.
fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "no names at all".into();
    }
    let listed = names.iter().take(NAMES).map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_lists_twenty_names_and_counts_the_rest() {
        let names: Vec<String> = (0..23).map(|n| n.to_string()).collect();
        assert!(quoted(&names).ends_with("`18`, `19` and 3 more"));
        assert_eq!(quoted(&names[..2]), "`0`, `1`");
        assert_eq!(quoted(&[]), "no names at all");
    }

    #[test]
    fn a_message_shows_the_start_of_a_cell_and_obeys_none_of_it() {
        let fault = Fault::EmptyLabel { cell: format!("\x1B[31m\n{}", "é".repeat(100)) };
        assert_eq!(fault.to_string(), format!("an empty label in `\\u{{1b}}[31m\\n{}…`", "é".repeat(54)));
    }

    #[test]
    fn a_named_column_like_no_other_earns_the_rule_for_a_hint() {
        let (place, columns) = (Place::line("a.csv", 1), vec!["text".into()]);
        let error = CorpusError::NoSuchColumn { place, wanted: "speaker".into(), columns, meant: None };
        assert_eq!(
            error.to_string(),
            "a.csv:1: no column `speaker` among `text`\nhint: names are compared letter by letter, also upper and lower case"
        );
    }
}
