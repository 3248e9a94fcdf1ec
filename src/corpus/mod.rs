//! Labelled data: from the files that people have to [`Example`]s.

pub mod fasttext;
pub mod jsonl;
pub mod table;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::codebook::nearest;
use crate::text::unit::utf16;
use crate::text::{Place, source};

/// A labelled unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub text: String,
    /// In the order of the data, each once; none is an answer too.
    pub labels: Vec<String>,
    /// What it belongs to: a document, an author.
    pub group: Option<String>,
    /// How much it counts; 1 unless the data says otherwise.
    pub weight: f64,
    pub place: Place,
    pub id: Option<String>,
    /// All other columns, as text.
    pub extra: BTreeMap<String, String>,
}

/// What was read, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    pub examples: Vec<Example>,
    /// Rows that were left out.
    pub skipped: Vec<Problem>,
    pub warnings: Vec<String>,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub place: Place,
    pub what: String,
    pub hint: Option<&'static str>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.what)?;
        self.hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

/// The formats that labelled data comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    Jsonl,
    FastText,
}

/// How labelled data is to be read; names that are not given are looked for.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub format: Option<Format>,
    /// Else `text`.
    pub text: Option<String>,
    /// Else `labels`, else `label`.
    pub label: Option<String>,
    /// Columns of 0 and 1, one a label, in place of a label column.
    pub label_columns: Vec<String>,
    /// What splits the labels of a cell; else `|` and `;`.
    pub separator: Option<String>,
    /// Else `group`, else `doc`.
    pub group: Option<String>,
    /// Else `weight`.
    pub weight: Option<String>,
    /// The first bad row is an error.
    pub strict: bool,
    /// No file may be larger when decompressed.
    pub most_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            format: None,
            text: None,
            label: None,
            label_columns: Vec::new(),
            separator: None,
            group: None,
            weight: None,
            strict: false,
            most_bytes: 8 << 30,
        }
    }
}

/// Why data could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("{path}: {source}")]
    Open { path: String, source: io::Error },
    #[error("{path}: is a folder\nhint: name the files in it, such as {path}/*.csv")]
    Folder { path: String },
    #[error("{path}: more than {most} bytes when decompressed\nhint: split the data, or train on a sample")]
    TooLarge { path: String, most: u64 },
    #[error("{path}: nothing in it")]
    Empty { path: String },
    #[error("{path}: is {encoding}, and rhetor reads UTF-8\nhint: iconv -f {encoding} -t UTF-8 {path} > utf8.csv")]
    Utf16 { path: String, encoding: &'static str },
    #[error("{path}: is an Excel workbook or another zip archive, not a table as text\nhint: save it as “CSV UTF-8”")]
    Workbook { path: String },
    #[error("{path}: the header is not UTF-8\nhint: iconv -f WINDOWS-1252 -t UTF-8 {path} > utf8.csv")]
    Header { path: String },
    #[error("{path}: no column {wanted:?}; there {} {}{}", are(found), found.join(", "), suggestion(near, wanted))]
    NoColumn { path: String, wanted: String, found: Vec<String>, near: Option<String> },
    #[error("{path}: no column with labels; there {} {}\nhint: name it with --label-column, or several of 0 and 1 with --label-columns", are(found), found.join(", "))]
    NoLabels { path: String, found: Vec<String> },
    #[error("{0}\nhint: without --strict such rows are counted and left out")]
    Strict(Problem),
}

fn are(found: &[String]) -> &'static str {
    if found.len() == 1 { "is only" } else { "are" }
}

fn suggestion(near: &Option<String>, wanted: &str) -> String {
    let option = if wanted == "text" { "--text-column" } else { "the option" };
    match near {
        Some(near) => format!("\nhint: did you mean {near:?}?"),
        None => format!("\nhint: name the column with {option}"),
    }
}

/// Reads labelled data from files, in their order; `-` is standard input.
///
/// # Errors
/// [`CorpusError`]: a file that cannot be read, lacks a column, or with [`ReadOptions::strict`] has a bad row.
pub fn read(paths: &[PathBuf], options: &ReadOptions) -> Result<Corpus, CorpusError> {
    let mut corpus = Corpus::default();
    for path in paths {
        let name = path.display().to_string();
        let bytes = load(path, &name, options.most_bytes)?;
        read_bytes(&bytes, &name, options, &mut corpus)?;
    }
    corpus.warnings.extend(spellings(&corpus.examples));
    Ok(corpus)
}

/// Reads one file's bytes, which `name` names in messages, and appends what it holds.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8], name: &str, options: &ReadOptions, into: &mut Corpus) -> Result<(), CorpusError> {
    let path = || name.to_owned();
    if let Some(encoding) = utf16(bytes) {
        return Err(CorpusError::Utf16 { path: path(), encoding });
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(CorpusError::Workbook { path: path() });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(CorpusError::Empty { path: path() });
    }
    let before = into.skipped.len();
    match options.format.unwrap_or_else(|| format_of(name, bytes)) {
        Format::Csv => table::read(bytes, name, None, options, into)?,
        Format::Tsv => table::read(bytes, name, Some(b'\t'), options, into)?,
        Format::Jsonl => jsonl::read(bytes, name, options, into)?,
        Format::FastText => fasttext::read(bytes, name, into),
    }
    match into.skipped.get(before) {
        Some(problem) if options.strict => Err(CorpusError::Strict(problem.clone())),
        _ => Ok(()),
    }
}

fn load(path: &Path, name: &str, most: u64) -> Result<Vec<u8>, CorpusError> {
    let open = |source: io::Error| match source.kind() {
        io::ErrorKind::IsADirectory => CorpusError::Folder { path: name.into() },
        _ => CorpusError::Open { path: name.into(), source },
    };
    let mut bytes = Vec::new();
    source::open(path).map_err(open)?.take(most + 1).read_to_end(&mut bytes).map_err(open)?;
    if bytes.len() as u64 > most {
        return Err(CorpusError::TooLarge { path: name.into(), most });
    }
    Ok(bytes)
}

/// The format by content where content is plain, else by name.
pub fn format_of(name: &str, bytes: &[u8]) -> Format {
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"__label__") {
        return Format::FastText;
    }
    if start.starts_with(b"{") || start.starts_with(b"[{") || start.starts_with(b"[\n") {
        return Format::Jsonl;
    }
    let name = name.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit('.').next() {
        Some("tsv" | "tab") => Format::Tsv,
        Some("jsonl" | "ndjson" | "json") => Format::Jsonl,
        Some("ft") => Format::FastText,
        _ => Format::Csv,
    }
}

/// The labels of one cell: split, trimmed, each once, empty ones left out.
pub(crate) fn split_labels(cell: &str, separator: Option<&str>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    let parts: Vec<&str> = match separator {
        Some(separator) if !separator.is_empty() => cell.split(separator).collect(),
        _ => cell.split(['|', ';']).collect(),
    };
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        if !labels.iter().any(|label| label == part) {
            labels.push(part.to_owned());
        }
    }
    labels
}

/// A weight as typed, if it can be one.
pub(crate) fn weight(cell: &str) -> Option<f64> {
    cell.trim().parse().ok().filter(|weight: &f64| weight.is_finite() && *weight > 0.0)
}

pub(crate) const WEIGHT: &str = "a weight is a positive number; leave the cell empty for 1";
pub(crate) const TEXT: &str = "every row needs a text; delete the row if there is none";
pub(crate) const ENCODING: &str = "convert the file, such as with iconv -f WINDOWS-1252 -t UTF-8";

/// The name in `found` that is wanted: as it stands, else the only one that differs by case alone.
pub(crate) fn column<'a>(wanted: &str, found: &'a [String]) -> Option<&'a String> {
    let same = |name: &&String| name.trim().eq_ignore_ascii_case(wanted);
    let mut alike = found.iter().filter(same);
    found.iter().find(|name| *name == wanted).or_else(|| alike.next().filter(|_| alike.next().is_none()))
}

/// As [`column`], for a column that must be there.
pub(crate) fn needed(wanted: &str, found: &[String], path: &str) -> Result<String, CorpusError> {
    column(wanted, found).cloned().ok_or_else(|| CorpusError::NoColumn {
        path: path.into(),
        wanted: wanted.into(),
        near: nearest(wanted, found.iter().map(String::as_str)).map(str::to_owned),
        found: found.to_vec(),
    })
}

/// Labels that differ only by case or white space, which are mostly slips.
fn spellings(examples: &[Example]) -> Vec<String> {
    let mut seen: BTreeMap<String, BTreeMap<&str, (u64, &Place)>> = BTreeMap::new();
    for example in examples {
        for label in &example.labels {
            let plain = label.split_whitespace().collect::<String>().to_lowercase();
            seen.entry(plain).or_default().entry(label).or_insert((0, &example.place)).0 += 1;
        }
    }
    let twins = seen.values().filter(|spellings| spellings.len() > 1);
    twins
        .map(|spellings| {
            let each = spellings.iter().map(|(label, (count, place))| format!("{label:?} ({count}, first at {place})"));
            format!(
                "labels that differ only by case or space are kept apart: {}\nhint: spell them alike if they mean the same",
                each.collect::<Vec<_>>().join(", ")
            )
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn parse(name: &str, text: &str, options: &ReadOptions) -> Result<Corpus, CorpusError> {
        let mut corpus = Corpus::default();
        read_bytes(text.as_bytes(), name, options, &mut corpus)?;
        Ok(corpus)
    }

    #[test]
    fn content_tells_the_format_before_the_name_does() {
        assert_eq!(format_of("a.txt", b"__label__x hello"), Format::FastText);
        assert_eq!(format_of("a.csv", b" {\"text\": 1}"), Format::Jsonl);
        assert_eq!(format_of("a.tsv.gz", b"text\tlabels"), Format::Tsv);
        assert_eq!(format_of("-", b"text,labels"), Format::Csv);
    }

    #[test]
    fn what_cannot_be_a_table_is_refused_with_a_way_out() {
        let refused = |bytes: &[u8]| {
            read_bytes(bytes, "a.csv", &ReadOptions::default(), &mut Corpus::default()).unwrap_err().to_string()
        };
        assert!(refused(b"\xff\xfet\0").contains("iconv -f UTF-16LE"));
        assert!(refused(b"PK\x03\x04xl").contains("CSV UTF-8"));
        assert!(refused(b" \n\n").contains("nothing in it"));
    }

    #[test]
    fn labels_that_differ_by_case_or_space_are_named() {
        let corpus = parse("a.csv", "text,labels\na,Threat\nb,threat\nc,th reat\nd,denial\n", &ReadOptions::default());
        let warnings = spellings(&corpus.unwrap().examples);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("\"Threat\" (1, first at a.csv:2)"), "{}", warnings[0]);
    }

    #[test]
    fn labels_of_a_cell_are_split_trimmed_and_kept_once() {
        assert_eq!(split_labels(" a | b;a;; ", None), ["a", "b"]);
        assert_eq!(split_labels("a|b, c", Some(",")), ["a|b", "c"]);
        assert!(split_labels("  ", None).is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(prop_oneof![
            Just(b'"'), Just(b','), Just(b'\n'), Just(b'\t'), Just(b'{'), Just(b'}'), Just(b':'), Just(b'['), any::<u8>()], 0..80)) {
            for format in [Format::Csv, Format::Tsv, Format::Jsonl, Format::FastText] {
                let options = ReadOptions { format: Some(format), ..Default::default() };
                let _ = read_bytes(&bytes, "x", &options, &mut Corpus::default());
                let with_header = [b"text,labels\n".as_slice(), &bytes].concat();
                let _ = read_bytes(&with_header, "x", &options, &mut Corpus::default());
            }
        }
    }
}
