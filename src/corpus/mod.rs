//! Labelled data: from files as people have them to [`Example`]s, in the order of the rows.
//!
//! [`read`] opens each file, unpacks it, tells its format from its name and content, and lets that format's module
//! read the rows. A row that cannot be used is skipped and becomes a [`Problem`]; what looks like a slip in rows that
//! can be used becomes a [`Warning`].
//!
//! [`writer`] writes examples in any format. A new format is a file here with a `read` and a `Writer` like theirs, a variant of
//! [`Format`], and a line in `Format::detect`, in `read_source` and in `writer`.

mod columns;
mod doccano;
mod example;
mod fasttext;
mod items;
mod json;
mod jsonl;
mod label_studio;
mod labels;
mod offsets;
pub mod passing;
mod problem;
mod prodigy;
mod shell;
mod source;
mod table;
mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::Path;

use encoding_rs::Encoding;

pub use columns::Columns;
pub use example::{ANNOTATOR, AROUND, Bare, Example, LabelSpan};
pub use label_studio::labelling_interface;
pub use labels::alike;
pub use problem::{CorpusError, Delimiter, Fault, Problem, Spelling, Unjudged, Warning};
pub use writer::{ExampleWriter, Loss, Losses, Outline, write, writer};

use crate::text::Place;
use crate::text::unit::newlines;
pub use shell::{shell, typed};
use source::{Origin, Source};

/// All that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corpus {
    pub examples: Vec<Example>,
    /// Rows left out, in order.
    pub skipped: Vec<Problem>,
    /// How many rows were left out because nobody has judged them.
    pub unjudged: u64,
    pub warnings: Vec<Warning>,
}

/// How data is to be read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub columns: Columns,
    /// `None`: told from name and content, file by file.
    pub format: Option<Format>,
    /// What separates labels within a cell. `None`: `|` and `;`, and a cell may hold a JSON list.
    pub label_separator: Option<String>,
    /// The first row that cannot be used is an error.
    pub strict: bool,
    /// `None`: UTF-8, or UTF-16 if a byte order mark says so.
    pub encoding: Option<&'static Encoding>,
    /// A row without labels is one that nobody has judged, where the format cannot tell that from one that no label fits.
    pub blank_is_pending: bool,
    /// In a pool: a blank cell, and a text without labels in formats that cannot tell, are of rows that nobody has judged; JSON's `[]`,
    /// and a row that says it is judged, are not.
    pub pool: bool,
    /// Rows that nobody has judged are read too, marked as [`pending`](Example::pending), and there need not be a label column.
    pub pending: bool,
    /// Without a column of labels, columns of 0 and 1 are taken for one label each.
    pub binary_labels: bool,
    /// Without a field of labels, the framings that `rhetor classify` found, in its JSON lines, are taken for labels.
    pub framings: bool,
    /// Also what only another file has room for, [`Example::nested`].
    pub everything: bool,
    /// Of JSON also what its values are: null is kept too, and whether an id and a group are strings, [`Example::bare`].
    pub types: bool,
    /// Rows count by their weights, so that one whose weight is none cannot be used. Else it is kept, and what stands there in
    /// [`Example::odd_weight`].
    pub weighs: bool,
    /// How many bytes a gzip file may unpack to.
    pub most_unpacked: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            columns: Columns::default(),
            format: None,
            label_separator: None,
            strict: false,
            encoding: None,
            blank_is_pending: false,
            pool: false,
            pending: false,
            binary_labels: true,
            framings: false,
            everything: false,
            types: false,
            weighs: true,
            most_unpacked: 8 << 30,
        }
    }
}

/// A format of labelled data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table with a header; its delimiter is a comma, a semicolon or a tab, whichever fits the header.
    Csv,
    /// A table with a header, its delimiter a tab.
    Tsv,
    /// A JSON object a line, or one list of objects.
    Jsonl,
    /// `__label__a __label__b text`, a line each.
    FastText,
    /// An object a line, its labels in `label`: names, or passages as `[start, end, name]`.
    Doccano,
    /// An object a line, with the `answer` to a question that was asked about a text.
    Prodigy,
    /// One list of tasks, each with its annotations.
    LabelStudio,
}

impl Format {
    /// The format of a file, from how it begins and what it is called. What the content shows goes before the name,
    /// since only the name can be wrong.
    fn detect(source: &Source, columns: &Columns) -> Option<Format> {
        let named = Format::of_name(&source.origin.path);
        if items::looks_like(&source.head) {
            Some(Format::of_json(&source.head))
        } else if fasttext::looks_like(&source.head) {
            Some(Format::FastText)
        } else {
            let table = || table::looks_like(&source.head, columns);
            named.or_else(table).or_else(|| fasttext::may_be(&source.head).then_some(Format::FastText))
        }
    }

    /// Whose JSON this is, told by the fields of the first objects.
    fn of_json(head: &[u8]) -> Format {
        let objects = items::glimpse(head);
        let any = |looks_like: &dyn Fn(&items::Glimpse) -> bool| objects.iter().any(looks_like);
        if any(&|fields| label_studio::looks_like(fields, items::is_list(head))) {
            Format::LabelStudio
        } else if any(&prodigy::looks_like) {
            Format::Prodigy
        } else if any(&doccano::looks_like) {
            Format::Doccano
        } else {
            Format::Jsonl
        }
    }

    /// The format of a table or of JSON lines that hold the column `column`, and the delimiter that fits, from the
    /// file's beginning and its name.
    fn of_column(path: &str, head: &[u8], column: &str) -> (Format, Delimiter) {
        let columns = Columns { text: Some(column.into()), ..Columns::default() };
        let delimiter = table::sniff(head, &columns);
        match Format::of_name(path) {
            _ if items::looks_like(head) => (Format::Jsonl, delimiter),
            Some(Format::Tsv) => (Format::Tsv, Delimiter::Tab),
            Some(format) => (format, delimiter),
            None => (Format::Csv, delimiter),
        }
    }

    /// The format that a file's name promises; `.txt` promises nothing.
    pub fn of_name(path: &str) -> Option<Format> {
        let path = path.to_ascii_lowercase();
        let stem = path.strip_suffix(".gz").unwrap_or(&path);
        match stem.rsplit_once('.')?.1 {
            "csv" => Some(Format::Csv),
            "tsv" | "tab" => Some(Format::Tsv),
            "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
            "ft" => Some(Format::FastText),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Csv => "CSV",
            Format::Tsv => "TSV",
            Format::Jsonl => "JSONL",
            Format::FastText => "fastText",
            Format::Doccano => "doccano",
            Format::Prodigy => "Prodigy",
            Format::LabelStudio => "Label Studio",
        })
    }
}

/// Reads labelled data; `-` is standard input.
///
/// # Errors
/// [`CorpusError`] if a file cannot be read as a whole, if nothing is left, or, when strict, at the first bad row.
pub fn read<P: AsRef<Path>>(paths: &[P], options: &ReadOptions) -> Result<Corpus, CorpusError> {
    let mut corpus = Corpus::default();
    for path in paths {
        read_source(Source::open(path.as_ref(), options)?, options, &mut corpus)?;
    }
    let paths: Vec<String> = paths.iter().map(|path| path.as_ref().display().to_string()).collect();
    finish(corpus, &paths.join(", "))
}

/// As [`read`], from something already open; `path` is for messages and for telling the format.
///
/// # Errors
/// As [`read`].
pub fn read_from(path: &str, input: impl Read, options: &ReadOptions) -> Result<Corpus, CorpusError> {
    let mut corpus = Corpus::default();
    read_source(Source::new(path, input, options)?, options, &mut corpus)?;
    finish(corpus, path)
}

fn read_source(source: Source, options: &ReadOptions, corpus: &mut Corpus) -> Result<(), CorpusError> {
    let known = (corpus.examples.len(), corpus.skipped.len(), corpus.unjudged);
    let origin = source.origin.clone();
    let mut rows = Rows::new(&origin, options, corpus);
    if !(source.whole && source.head.trim_ascii().is_empty()) {
        let unknown = || CorpusError::UnknownFormat { path: origin.path.to_string() };
        let format = options.format.or_else(|| Format::detect(&source, &options.columns)).ok_or_else(unknown)?;
        rows.blank = match format {
            Format::Csv | Format::Tsv => Blank::Filled,
            Format::Jsonl => Blank::Written,
            Format::FastText | Format::Doccano => Blank::Doubtful,
            Format::Prodigy | Format::LabelStudio => Blank::Certain,
        };
        match format {
            Format::Csv => table::read(source, None, &mut rows)?,
            Format::Tsv => table::read(source, Some(Delimiter::Tab), &mut rows)?,
            Format::Jsonl => jsonl::read(source, &mut rows)?,
            Format::FastText => fasttext::read(source, &mut rows)?,
            Format::Doccano => doccano::read(source, &mut rows)?,
            Format::Prodigy => prodigy::read(source, &mut rows)?,
            Format::LabelStudio => label_studio::read(source, &mut rows)?,
        }
    }
    rows.finish()?;
    if known == (corpus.examples.len(), corpus.skipped.len(), corpus.unjudged) {
        corpus.warnings.push(Warning::EmptyFile { place: origin.file() });
    }
    Ok(())
}

fn finish(mut corpus: Corpus, paths: &str) -> Result<Corpus, CorpusError> {
    if corpus.examples.is_empty() {
        let first = corpus.skipped.first().cloned().map(Box::new);
        let (skipped, unjudged) = (corpus.skipped.len(), corpus.unjudged);
        return Err(CorpusError::NoRows { paths: paths.into(), skipped, first, unjudged });
    }
    corpus.examples.shrink_to_fit();
    corpus.warnings.extend(labels::alike(&corpus.examples));
    corpus.warnings.extend(labels::joined(&corpus.examples));
    Ok(corpus)
}

/// Where a format delivers the rows of one input.
struct Rows<'a> {
    origin: &'a Origin,
    options: &'a ReadOptions,
    corpus: &'a mut Corpus,
    /// Rows with a character beyond ASCII that is UTF-8: while they prevail, the others are damage.
    in_utf8: u64,
    not_in_utf8: u64,
    /// The first byte that is not UTF-8, and its line.
    first_stray: Option<(u8, u64)>,
    left_out: BTreeMap<Unjudged, u64>,
    /// Passages that do not lie in their text.
    spans_outside: u64,
    /// The row that is being read says itself that it is judged.
    is_said: bool,
    /// Columns of ours with cells that mean nothing: the first of them, and how many rows have such.
    odd: BTreeMap<&'static str, (Place, String, u64)>,
    /// What a row without labels means.
    blank: Blank,
    /// Rows with labels, and rows without any behind the last of them.
    labelled: u64,
    blank_tail: u64,
}

/// What a row without labels means.
#[derive(Clone, Copy, PartialEq)]
enum Blank {
    /// The format says whether somebody has judged it.
    Certain,
    /// It is written as an answer, but some write it where there is none.
    Written,
    /// Perhaps nobody has.
    Doubtful,
    /// In a table, which people fill from above.
    Filled,
}

/// So many blank rows at the end of a table look like work that is not done, if they are also this share of all.
const BLANK_TAIL: u64 = 10;
const BLANK_SHARE: u64 = 5;

impl<'a> Rows<'a> {
    fn new(origin: &'a Origin, options: &'a ReadOptions, corpus: &'a mut Corpus) -> Self {
        Rows {
            origin,
            options,
            corpus,
            in_utf8: 0,
            not_in_utf8: 0,
            first_stray: None,
            left_out: BTreeMap::new(),
            spans_outside: 0,
            is_said: false,
            odd: BTreeMap::new(),
            blank: Blank::Certain,
            labelled: 0,
            blank_tail: 0,
        }
    }

    /// Takes a row that starts on `line`; a bad one is kept as a problem, or ends the reading when strict.
    fn take(&mut self, line: u64, row: Result<Example, Fault>) -> Result<(), CorpusError> {
        match row {
            Ok(example) if example.pending || self.is_blank(&example) => {
                self.take_unjudged(example, Unjudged::NotYet);
            }
            Ok(example) => self.corpus.examples.push(example),
            Err(fault) => {
                let problem = Problem { place: self.origin.line(line), fault };
                if self.options.strict {
                    return Err(CorpusError::Row(problem));
                }
                self.corpus.skipped.push(problem);
            }
        }
        Ok(())
    }

    /// Whether a row has no labels because nobody has judged it.
    fn is_blank(&mut self, example: &Example) -> bool {
        let blank = example.labels.is_empty();
        self.labelled += u64::from(!blank);
        let is_said = std::mem::take(&mut self.is_said);
        self.blank_tail = if blank && !is_said { self.blank_tail + 1 } else { 0 };
        let ReadOptions { blank_is_pending, pool, .. } = *self.options;
        let waits = match self.blank {
            Blank::Certain => false,
            Blank::Written => blank_is_pending,
            Blank::Doubtful | Blank::Filled => blank_is_pending || pool,
        };
        blank && waits && !is_said
    }

    /// Takes a row of which nobody has said which labels it has, if such rows are wanted.
    fn take_unjudged(&mut self, example: Example, why: Unjudged) {
        if self.options.pending {
            self.corpus.examples.push(Example { pending: true, ..example });
        } else {
            *self.left_out.entry(why).or_default() += 1;
        }
    }

    /// A cell of a column of ours that means nothing.
    fn note_odd(&mut self, line: u64, column: &'static str, cell: &str) {
        let first = || (self.origin.line(line), cell.to_owned(), 0);
        self.odd.entry(column).or_insert_with(first).2 += 1;
    }

    fn warn(&mut self, warning: Warning) {
        self.corpus.warnings.push(warning);
    }

    /// The bytes of a row that starts on `line`, as text.
    fn decode<'b>(&mut self, line: u64, bytes: &'b [u8]) -> Result<&'b str, Fault> {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.in_utf8 += u64::from(!text.is_ascii());
                Ok(text)
            }
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                let line = line + newlines(good);
                self.not_in_utf8 += 1;
                self.first_stray.get_or_insert((bad[0], line));
                Err(Fault::InvalidUtf8 { byte: bad[0], line })
            }
        }
    }

    /// Whether the input was in UTF-8 after all: a file in another encoding has hardly a row that happens to be valid.
    fn finish(mut self) -> Result<(), CorpusError> {
        if let Some((byte, line)) = self.first_stray
            && self.not_in_utf8 > self.in_utf8
        {
            return Err(another_encoding(self.origin, byte, line));
        }
        for (why, rows) in std::mem::take(&mut self.left_out) {
            self.corpus.unjudged += rows;
            self.warn(Warning::LeftOut { place: self.origin.file(), why, rows });
        }
        for (column, (place, cell, rows)) in std::mem::take(&mut self.odd) {
            self.warn(Warning::OddCell { place, column, cell, rows });
        }
        let Rows { blank, labelled, blank_tail: rows, .. } = self;
        let unfinished = blank == Blank::Filled && labelled > 0 && rows >= BLANK_TAIL;
        if unfinished && !self.options.blank_is_pending && rows * BLANK_SHARE >= labelled + rows {
            self.warn(Warning::BlankTail { place: self.origin.file(), rows });
        }
        if self.spans_outside > 0 {
            self.warn(Warning::SpansOutside { place: self.origin.file(), rows: self.spans_outside });
        }
        Ok(())
    }
}

/// Text with bytes that UTF-8 does not have, most often from a spreadsheet on Windows.
fn another_encoding(origin: &Origin, byte: u8, line: u64) -> CorpusError {
    origin.encoding(line, format!("byte 0x{byte:02X}, perhaps Windows-1252"), "windows-1252")
}

/// The text of a row, unless it is blank.
fn filled(text: &str) -> Result<&str, Fault> {
    if text.trim().is_empty() { Err(Fault::EmptyText) } else { Ok(text) }
}

/// The group or id that a cell names, if it names one; as labels are, its letters are composed.
fn named(cell: &str) -> Option<String> {
    Some(labels::name(cell)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {

    use crate::text::gzip::packed;
    use proptest::prelude::*;

    use super::*;
    use crate::text::Place;

    pub(super) fn corpus(path: &str, data: &str) -> Corpus {
        read_from(path, data.as_bytes(), &ReadOptions::default()).expect("readable data")
    }

    pub(super) fn refused(path: &str, data: impl AsRef<[u8]>) -> String {
        read_from(path, data.as_ref(), &ReadOptions::default()).expect_err("unreadable data").to_string()
    }

    pub(super) fn hints(corpus: &Corpus) -> Vec<String> {
        corpus.skipped.iter().map(Problem::to_string).collect()
    }

    /// Examples whose texts follow a pattern, with everything that an example can have.
    pub(super) fn examples(text: &'static str) -> impl Strategy<Value = Vec<Example>> {
        let name = "[a-zß ]{0,5}[|;,\\[\\]\"]?[a-zß]";
        let labels = prop::collection::btree_set(name.prop_map(|name| name.trim().to_owned()), 0..4);
        let optional = || prop::option::of("[a-z0-9,\"]{1,6}");
        let extra = prop::collection::btree_map("(doc|x|Größe|y,z|label2)", "[ -~]{0,5}[a-z]", 0..3);
        let example = (text, labels, optional(), 0.001..1000.0_f64, optional(), extra, any::<bool>());
        let example = example.prop_map(|(text, labels, group, weight, id, extra, weighted)| Example {
            text,
            labels: labels.into_iter().collect(),
            group,
            weight: if weighted { weight } else { 1.0 },
            id,
            extra,
            ..Example::default()
        });
        prop::collection::vec(example, 1..6)
    }

    /// Examples without their places. No group is null where others have groups.
    pub(super) fn same(examples: &[Example]) -> Vec<Example> {
        let bare = |example: &Example| Bare { group: example.bare.group && example.group.is_some(), ..example.bare };
        let same = |example: &Example| Example { place: Place::file(""), bare: bare(example), ..example.clone() };
        examples.iter().map(same).collect()
    }

    const TABLE: &str = "text,labels\nWe will make them pay.,threat\n";

    #[test]
    fn the_content_tells_the_format_where_the_name_is_silent_or_wrong() {
        for path in ["-", "a.txt", "a.csv", "a"] {
            assert_eq!(corpus(path, "{\"text\": \"Hi\", \"labels\": []}\n").examples.len(), 1, "{path}");
            assert_eq!(corpus(path, "__label__a Hi\n").examples.len(), 1, "{path}");
            assert_eq!(corpus(path, TABLE).examples.len(), 1, "{path}");
        }
        assert_eq!(corpus("-", "\n\ntext\tlabels\nHi\ta\n").examples.len(), 1);
    }

    #[test]
    fn a_format_that_cannot_be_told_is_asked_for() {
        let error = refused("notes.txt", "Dear all, we met; nothing was decided.\n");
        assert!(
            error.starts_with(
                "notes.txt: cannot tell which format this is\nhint: `--input-format csv|tsv|jsonl|fasttext|doccano|prodigy|label-studio`"
            )
        );
    }

    #[test]
    fn a_given_format_goes_before_name_and_content() {
        let options = ReadOptions { format: Some(Format::FastText), ..ReadOptions::default() };
        let corpus = read_from("a.jsonl", &b"{\"text\": 1}\n"[..], &options).unwrap();
        assert_eq!(corpus.examples[0].text, "{\"text\": 1}");
    }

    #[test]
    fn gzip_is_told_by_its_first_bytes_and_may_have_several_members() {
        let mut data = packed(TABLE.as_bytes());
        data.extend(packed(b"Vote now!,call\n"));
        let corpus = read_from("data", &data[..], &ReadOptions::default()).unwrap();
        assert_eq!(corpus.examples[1].text, "Vote now!");
        assert_eq!(corpus.examples[1].place, Place::line("data", 3));
    }

    #[test]
    fn truncated_gzip_is_an_error_on_the_line_it_reached() {
        let rows: String = (0..20_000).map(|n| format!("Text number {n} of {},a\n", n * 7919 % 1009)).collect();
        let whole = packed(format!("text,labels\n{rows}").as_bytes());
        let error = refused("a.csv.gz", &whole[..whole.len() - 9]);
        let (place, rest) = error.split_once(": ").unwrap();
        assert_eq!(rest, "the gzip data ends too early\nhint: copy or download the file anew; `gzip -t` checks it");
        assert!(place.strip_prefix("a.csv.gz:").unwrap().parse::<u64>().unwrap() > 10_000, "{place}");
        assert!(refused("a.csv.gz", &packed(TABLE.as_bytes())[..30]).contains("ends too early"));
        assert!(refused("a.csv.gz", &whole[..4]).contains("ends too early"));
    }

    #[test]
    fn damaged_gzip_is_an_error() {
        let mut data = packed(TABLE.as_bytes());
        let checksum = data.len() - 6;
        data[checksum] ^= 1;
        assert!(refused("a.gz", &data).starts_with("a.gz:3: damaged gzip data: "));
    }

    #[test]
    fn gzip_unpacks_to_no_more_than_it_may() {
        let options = ReadOptions { most_unpacked: 1 << 20, ..ReadOptions::default() };
        let bomb = packed([b"text,labels\n".to_vec(), b"Again and again,a\n".repeat(100_000)].concat());
        let error = read_from("bomb.csv.gz", &bomb[..], &options).unwrap_err().to_string();
        assert!(error.starts_with("bomb.csv.gz: decompresses to more than 1048576 bytes\nhint: split the file"));
        let gibibytes = CorpusError::TooLarge { path: "x".into(), limit: 8 << 30 }.to_string();
        assert!(gibibytes.contains("more than 8589934592 bytes (8 GiB)"));
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert!(
            refused("a.xlsx", b"PK\x03\x04....")
                .starts_with("a.xlsx: a spreadsheet (xlsx, ods) or zip archive, which holds no")
        );
        let zstd = refused("a b.zst", b"\x28\xB5\x2F\xFD....");
        assert!(zstd.ends_with("hint: unpack it first: zstd -dc 'a b.zst' | rhetor … -"), "{zstd}");
    }

    fn in_encoding(name: &str) -> ReadOptions {
        ReadOptions { encoding: Encoding::for_label(name.as_bytes()), ..ReadOptions::default() }
    }

    #[test]
    fn a_file_in_windows_1252_is_refused_with_the_option_that_reads_it() {
        let data = b"text;labels\r\nplain;a\r\n\"two\nit\x92s\";b\r\nna\xEFve;c\r\n";
        assert_eq!(
            refused("my data.csv", data),
            "my data.csv:4: byte 0x92, perhaps Windows-1252, not UTF-8\n\
             hint: `--encoding windows-1252` reads it so; or save it as UTF-8 (Excel: \"CSV UTF-8\")"
        );
        assert!(refused("h.csv", b"text,labels,gr\xF6\xDFe\na,b,c\n").starts_with("h.csv:1: byte 0xF6"));
        let corpus = read_from("my data.csv", &data[..], &in_encoding("windows-1252")).unwrap();
        let texts: Vec<_> = corpus.examples.iter().map(|example| example.text.as_str()).collect();
        assert_eq!(texts, ["plain", "two\nit’s", "naïve"]);
        let cyrillic = read_from("a.csv", &b"text,labels\n\xE4\xE0,x\n"[..], &in_encoding("cp1251")).unwrap();
        assert_eq!(cyrillic.examples[0].text, "да");
    }

    #[test]
    fn a_damaged_row_among_rows_in_utf8_is_skipped() {
        let data = "text,labels\ncafé,a\ncaf\u{1}\u{1},b\nplain,c\n".replace('\u{1}', "?").into_bytes();
        let data: Vec<u8> = data.into_iter().map(|byte| if byte == b'?' { 0xC3 } else { byte }).collect();
        let corpus = read_from("a.csv", &data[..], &ReadOptions::default()).unwrap();
        assert_eq!(corpus.examples.len(), 2);
        assert!(
            hints(&corpus)[0]
                .starts_with("a.csv:3: byte 0xC3 on line 3 is not valid UTF-8\nhint: write the character anew")
        );
    }

    #[test]
    fn utf_16_is_read_with_its_mark_and_without_it_the_option_that_reads_it_is_named() {
        // As Excel saves "Unicode text".
        let table = "text\tlabels\r\n\"Sie zahlen, „alle“ 😀\"\tthreat\r\n";
        let utf16: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&b"\xFF\xFE"[..], &utf16].concat();
        let backwards: Vec<u8> = marked.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        for data in [&marked, &backwards, &packed(&marked)] {
            let corpus = read_from("a.txt", &data[..], &ReadOptions::default()).unwrap();
            assert_eq!(corpus.examples[0].text, "Sie zahlen, „alle“ 😀");
            assert_eq!(corpus.examples[0].place, Place::line("a.txt", 2));
        }
        assert_eq!(
            refused("a.csv", &utf16),
            "a.csv:1: UTF-16LE, not UTF-8\nhint: `--encoding utf-16le` reads it so; or save it as UTF-8 (Excel: \"CSV UTF-8\")"
        );
        assert_eq!(read_from("a.csv", &utf16[..], &in_encoding("utf-16le")).unwrap().examples.len(), 1);
    }

    #[test]
    fn a_table_whose_end_is_blank_may_be_unfinished() {
        let blank = |rows: usize| format!("text,labels\na,x\nb,\nc,y\n{}", "d,\n".repeat(rows));
        let unfinished = corpus("a.csv", &blank(10));
        assert_eq!(unfinished.examples.len(), 13);
        assert_eq!(
            unfinished.warnings[0].to_string(),
            "a.csv: the last 10 rows have no label, and count as \"no label fits\"\n\
             hint: if nobody has judged them yet, `--blank-is-unjudged` leaves them out"
        );
        assert!(corpus("a.csv", &blank(9)).warnings.is_empty());
        let options = ReadOptions { blank_is_pending: true, ..ReadOptions::default() };
        let finished = read_from("a.csv", blank(10).as_bytes(), &options).unwrap();
        assert_eq!((finished.examples.len(), finished.unjudged), (2, 11));
        let tasks = "[{\"data\": {\"text\": \"a\"}, \"annotations\": [{\"result\": []}]}]";
        assert_eq!(read_from("a.json", tasks.as_bytes(), &options).unwrap().unjudged, 0, "there it is certain");
    }

    #[test]
    fn strict_reading_ends_at_the_first_bad_row() {
        let options = ReadOptions { strict: true, ..ReadOptions::default() };
        let error = read_from("a.csv", &b"text,labels\nfine,a\n,b\n"[..], &options).unwrap_err();
        assert_eq!(error.to_string(), "a.csv:3: the text is empty\nhint: give the row a text, or delete it");
    }

    #[test]
    fn labels_with_commas_between_are_told_and_those_that_only_hold_a_comma_are_not() {
        let data = "text;labels\na;late\nb;late, rude\nc;late, rude\nd;rude\ne;Bread, butter\n";
        let told = corpus("a.csv", data).warnings;
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].to_string(),
            "a.csv:3: the label `late, rude` (2 rows in all are like it) reads as several labels with commas between\n\
             hint: `--label-separator ,` takes them apart"
        );
        let options = ReadOptions { label_separator: Some(",".into()), ..ReadOptions::default() };
        assert!(read_from("a.csv", data.as_bytes(), &options).unwrap().warnings.is_empty());
    }

    #[test]
    fn a_spreadsheet_of_one_column_may_hold_bare_commas_and_semicolons() {
        let options = ReadOptions { pending: true, ..ReadOptions::default() };
        let read = |data: &str| read_from("a.csv", data.as_bytes(), &options).unwrap();
        let corpus = read("\u{feff}text\r\nFirst, second; third\r\n\"Quoted, \"\"so\"\"\"\r\n");
        let texts: Vec<_> = corpus.examples.iter().map(|example| &example.text[..]).collect();
        assert_eq!((texts, corpus.skipped.len()), (vec!["First, second; third", "Quoted, \"so\""], 0));
    }

    #[test]
    fn spellings_that_differ_by_case_or_space_are_reported_and_stay_apart() {
        let corpus = corpus("a.csv", "text,labels\na,Call to Action\nb,call to  action\nc,call to  action\nd,other\n");
        assert_eq!(
            corpus.warnings[0].to_string(),
            "`call to  action` (2 rows, first at a.csv:3) and `Call to Action` (1 row, first at a.csv:2)\n\
             hint: labels that differ only by case or white space stay different; if one is meant, spell it one way"
        );
        assert_eq!(corpus.warnings.len(), 1);
        assert_eq!(corpus.examples[0].labels, ["Call to Action"]);
    }

    #[test]
    fn rows_come_in_the_order_of_the_files_and_an_empty_file_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("b.csv"), TABLE).unwrap();
        std::fs::write(path("a.jsonl"), "{\"text\": \"Vote!\", \"labels\": [\"call\"]}\n").unwrap();
        std::fs::write(path("empty.csv"), "text,labels\n").unwrap();
        let corpus = read(&[path("b.csv"), path("empty.csv"), path("a.jsonl")], &ReadOptions::default()).unwrap();
        let texts: Vec<_> = corpus.examples.iter().map(|example| example.text.as_str()).collect();
        assert_eq!(texts, ["We will make them pay.", "Vote!"]);
        assert_eq!(corpus.warnings, [Warning::EmptyFile { place: Place::file(path("empty.csv")) }]);
        assert!(
            corpus.warnings[0]
                .to_string()
                .ends_with("empty.csv: no rows\nhint: leave the file out, or check that it was written completely")
        );
    }

    #[test]
    fn a_missing_file_and_a_folder_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        let error = read(&[folder], &ReadOptions::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{folder}: a folder where a file is needed\nhint: name the files in it: {folder}/*.csv")
        );
        let error = read(&["no-such.csv"], &ReadOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), "no-such.csv: no such file\nhint: check the spelling; `-` reads standard input");
    }

    #[test]
    fn a_reader_that_fails_is_named_with_the_line() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk is gone"))
            }
        }
        let error = read_from("a.csv", TABLE.as_bytes().chain(Broken), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), "a.csv:3: the disk is gone");
    }

    #[test]
    fn nothing_to_read_and_nothing_left_are_errors() {
        for data in ["", "  \n\n", "\u{FEFF}", "text,labels\n"] {
            assert!(
                refused("a.csv", data).starts_with("a.csv: no rows\nhint: check that the file was written"),
                "{data:?}"
            );
        }
        assert_eq!(
            refused("a.csv", "text,labels\n,a\n,b\n"),
            "a.csv: no rows left: 2 skipped, the first for this:\n\
             a.csv:2: the text is empty\nhint: give the row a text, or delete it"
        );
    }

    fn format() -> impl Strategy<Value = Option<Format>> {
        prop::sample::select(vec![
            None,
            Some(Format::Csv),
            Some(Format::Tsv),
            Some(Format::Jsonl),
            Some(Format::FastText),
            Some(Format::Doccano),
            Some(Format::Prodigy),
            Some(Format::LabelStudio),
        ])
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(data: Vec<u8>, format in format()) {
            let options = ReadOptions { format, ..ReadOptions::default() };
            let _ = read_from("-", &data[..], &options);
            let _ = read_from("-", &packed(&data)[..], &options);
            let _ = read_from("-", &[&b"\x1F\x8B\x08"[..], &data].concat()[..], &options);
        }

        #[test]
        fn nearly_right_data_is_read_or_refused(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "text", "labels", ",", ";", "\t", "\n", "\r\n", "\"", "{\"text\": \"a\", \"labels\": [\"b\"]}", "{", "}", "[", "]",
                ":", "null", "0", "1", "\\u", "\\ud800", "__label__", " ", "é", "\0", "sep=", "text,labels\n", "\"text\":", "\u{FEFF}",
                "\"label\":", "\"answer\":", "\"accept\"", "\"spans\":", "\"options\":", "\"data\":", "\"annotations\":", "\"result\":", "\"annotator\":",
                "\"annotation_id\":", "{\"text\": \"a\", \"label\": [[0, 1, \"b\"]]}", "{\"text\": \"a\", \"label\": \"b\", \"answer\": \"reject\"}",
                "{\"data\": {\"text\": \"a\"}, \"annotations\": [", "{\"result\": []}",
            ]), 0..40),
            format in format(),
            wanted: bool,
        ) {
            let options = ReadOptions { format, pending: wanted, everything: wanted, ..ReadOptions::default() };
            if let Ok(corpus) = read_from("-", pieces.concat().as_bytes(), &options) {
                prop_assert!(corpus.examples.iter().all(|example| !example.text.trim().is_empty()));
            }
        }
    }
}
