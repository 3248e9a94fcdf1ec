//! CSV and TSV with a header.

use std::collections::BTreeMap;
use std::io::{self, Write};

use csv::{ByteRecord, ReaderBuilder};

use super::{
    Corpus, CorpusError, ENCODING, Example, Problem, ReadOptions, TEXT, WEIGHT, column, needed, split_labels, weight,
};
use crate::text::Place;

const RAGGED: &str = "quote a text that holds the delimiter; or a quotation mark before it is never closed";
const BINARY: &str = "a column for a label holds 0 or 1";

/// How many rows decide whether columns hold only 0 and 1.
const LOOKED_AT: usize = 200;

/// Reads a table; without a delimiter the header decides between comma, semicolon and tab.
pub(super) fn read(
    bytes: &[u8],
    name: &str,
    delimiter: Option<u8>,
    options: &ReadOptions,
    into: &mut Corpus,
) -> Result<(), CorpusError> {
    let delimiter = delimiter.unwrap_or_else(|| sniff(bytes));
    let quoted = rows(bytes, delimiter, true);
    // Much TSV knows no quoting: a text may begin with a mark that nothing closes, and swallow the rows after it.
    let ragged = |rows: &[ByteRecord]| rows.iter().any(|row| row.len() != rows[0].len());
    let rows = match delimiter == b'\t' && ragged(&quoted) {
        true => Some(rows(bytes, delimiter, false)).filter(|plain| !ragged(plain)).unwrap_or(quoted),
        false => quoted,
    };
    let Some((header, rows)) = rows.split_first() else { return Err(CorpusError::Empty { path: name.into() }) };
    let header: Result<Vec<String>, _> = header.iter().map(|cell| String::from_utf8(cell.to_vec())).collect();
    let header = header.map_err(|_| CorpusError::Header { path: name.into() })?;
    let layout = Layout::find(&header, rows, name, options, into)?;
    for row in rows {
        let line = row.position().map_or(0, csv::Position::line);
        let place = Place::line(name, line);
        match layout.example(row, place.clone(), options) {
            Ok(example) => into.examples.push(example),
            Err((what, hint)) => into.skipped.push(Problem { place, what, hint: Some(hint) }),
        }
    }
    Ok(())
}

/// The delimiter that stands most often in the first line, outside quotation marks; a comma if none does.
pub fn sniff(bytes: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in bytes {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(delimiter, _)| *delimiter == byte).for_each(|(_, count)| *count += 1),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(delimiter, _)| *delimiter)
}

/// All rows, the header included, each with the place where it starts.
fn rows(bytes: &[u8], delimiter: u8, quoting: bool) -> Vec<ByteRecord> {
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).quoting(quoting).has_headers(false).flexible(true).from_reader(bytes);
    // Reading from memory, and of any number of cells, cannot fail.
    reader.byte_records().map_while(Result::ok).map(|row| at_first_line(row, bytes)).collect()
}

/// The csv crate places a row after blank lines where the blank lines begin.
fn at_first_line(mut row: ByteRecord, bytes: &[u8]) -> ByteRecord {
    if let Some(position) = row.position() {
        let from = position.byte() as usize;
        let blank = bytes[from..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        let lines = blank.filter(|byte| **byte == b'\n').count() as u64;
        let mut position = position.clone();
        position.set_line(position.line() + lines);
        row.set_position(Some(position));
    }
    row
}

/// Which column is what.
struct Layout {
    header: Vec<String>,
    text: usize,
    labels: Labels,
    group: Option<usize>,
    weight: Option<usize>,
    id: Option<usize>,
}

enum Labels {
    Cell(usize),
    /// A column of 0 and 1 a label.
    Wide(Vec<usize>),
}

impl Layout {
    fn find(
        header: &[String],
        rows: &[ByteRecord],
        name: &str,
        options: &ReadOptions,
        into: &mut Corpus,
    ) -> Result<Self, CorpusError> {
        let at = |column: &String| header.iter().position(|name| name == column).unwrap_or(0);
        let must = |wanted: &str| needed(wanted, header, name).map(|found| at(&found));
        let may = |asked: &Option<String>, usual: &[&str]| match asked {
            Some(wanted) => must(wanted).map(Some),
            None => Ok(usual.iter().find_map(|usual| column(usual, header)).map(at)),
        };
        let text = must(options.text.as_deref().unwrap_or("text"))?;
        let group = may(&options.group, &["group", "doc"])?;
        let weight = may(&options.weight, &["weight"])?;
        let id = may(&None, &["id"])?;
        let labels = if options.label_columns.is_empty() {
            match may(&options.label, &["labels", "label"])? {
                Some(at) => Labels::Cell(at),
                None => {
                    let taken = [Some(text), group, weight, id];
                    let free = (0..header.len()).filter(|at| !taken.contains(&Some(*at)));
                    let wide: Vec<usize> = free.filter(|&at| is_binary(rows, at)).collect();
                    if wide.len() < 2 {
                        return Err(CorpusError::NoLabels { path: name.into(), found: header.to_vec() });
                    }
                    let names: Vec<&str> = wide.iter().map(|&at| header[at].as_str()).collect();
                    into.warnings.push(format!(
                        "{name}: no label column, so the columns of 0 and 1 are taken as labels: {}\nhint: name them with --label-columns",
                        names.join(", ")
                    ));
                    Labels::Wide(wide)
                }
            }
        } else {
            Labels::Wide(options.label_columns.iter().map(|wanted| must(wanted)).collect::<Result<_, _>>()?)
        };
        Ok(Layout { header: header.to_vec(), text, labels, group, weight, id })
    }

    fn example(
        &self,
        row: &ByteRecord,
        place: Place,
        options: &ReadOptions,
    ) -> Result<Example, (String, &'static str)> {
        if row.len() != self.header.len() {
            return Err((format!("{} cells where the header has {}", row.len(), self.header.len()), RAGGED));
        }
        let cells: Result<Vec<&str>, _> = row.iter().map(std::str::from_utf8).collect();
        let cells = cells.map_err(|_| ("not UTF-8".to_owned(), ENCODING))?;
        if cells[self.text].trim().is_empty() {
            return Err(("the text is empty".into(), TEXT));
        }
        let weight = match self.weight.map(|at| cells[at].trim()).filter(|cell| !cell.is_empty()) {
            Some(cell) => weight(cell).ok_or_else(|| (format!("{cell:?} is no weight"), WEIGHT))?,
            None => 1.0,
        };
        let filled = |at: Option<usize>| at.map(|at| cells[at].to_owned()).filter(|cell| !cell.is_empty());
        Ok(Example {
            text: cells[self.text].to_owned(),
            labels: self.labels(&cells, options)?,
            group: filled(self.group),
            weight,
            place,
            id: filled(self.id),
            extra: self.extra(&cells),
        })
    }

    fn labels(&self, cells: &[&str], options: &ReadOptions) -> Result<Vec<String>, (String, &'static str)> {
        let columns = match &self.labels {
            Labels::Cell(at) => return Ok(split_labels(cells[*at], options.separator.as_deref())),
            Labels::Wide(columns) => columns,
        };
        let mut labels = Vec::new();
        for &at in columns {
            match binary(cells[at]) {
                Some(true) => labels.push(self.header[at].clone()),
                Some(false) => {}
                None => return Err((format!("{} is {:?}, not 0 or 1", self.header[at], cells[at]), BINARY)),
            }
        }
        Ok(labels)
    }

    fn extra(&self, cells: &[&str]) -> BTreeMap<String, String> {
        let special = [Some(self.text), self.group, self.weight, self.id];
        let is_label = |at: usize| match &self.labels {
            Labels::Cell(label) => at == *label,
            Labels::Wide(columns) => columns.contains(&at),
        };
        let others = (0..cells.len()).filter(|&at| !special.contains(&Some(at)) && !is_label(at));
        others.map(|at| (self.header[at].clone(), cells[at].to_owned())).collect()
    }
}

fn binary(cell: &str) -> Option<bool> {
    match cell.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "1.0" => Some(true),
        "0" | "false" | "0.0" | "" => Some(false),
        _ => None,
    }
}

fn is_binary(rows: &[ByteRecord], at: usize) -> bool {
    let cells =
        || rows.iter().take(LOOKED_AT).filter_map(|row| row.get(at)).filter_map(|c| std::str::from_utf8(c).ok());
    cells().all(|cell| binary(cell).is_some()) && cells().any(|cell| !cell.trim().is_empty())
}

/// Writes a table with the columns id, text, labels (joined by `|`), group, weight and all others that any example has.
///
/// # Errors
/// Those of the output.
pub fn write(examples: &[Example], delimiter: u8, out: impl Write) -> io::Result<()> {
    let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
    let names: std::collections::BTreeSet<&String> = examples.iter().flat_map(|example| example.extra.keys()).collect();
    let fixed = ["id", "text", "labels", "group", "weight"];
    out.write_record(fixed.into_iter().chain(names.iter().map(|name| name.as_str())))?;
    for example in examples {
        let (labels, weight) = (example.labels.join("|"), example.weight.to_string());
        let id = example.id.as_deref().unwrap_or_default();
        let cells = [id, &example.text, &labels, example.group.as_deref().unwrap_or_default(), &weight];
        let others = names.iter().map(|name| example.extra.get(*name).map_or("", String::as_str));
        out.write_record(cells.into_iter().chain(others))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::super::tests::parse;
    use super::*;
    use proptest::prelude::*;

    fn csv(text: &str) -> Corpus {
        parse("a.csv", text, &ReadOptions::default()).unwrap()
    }

    #[test]
    fn excel_makes_semicolons_marks_and_carriage_returns() {
        let corpus = csv("\u{feff}Text;Labels\r\n\"Pay; or leave\";threat|urgency\r\nThe bus is late;\r\n");
        assert_eq!(corpus.examples[0].text, "Pay; or leave");
        assert_eq!(corpus.examples[0].labels, ["threat", "urgency"]);
        assert!(corpus.examples[1].labels.is_empty());
    }

    #[test]
    fn a_bad_row_is_named_by_the_line_on_which_it_starts() {
        let corpus = csv("text,labels\n\"two\nlines\",a\n\nx,y,z\n\n\" \",a\nfine,b\n");
        let faults: Vec<String> = corpus.skipped.iter().map(|p| format!("{}: {}", p.place, p.what)).collect();
        assert_eq!(faults, ["a.csv:5: 3 cells where the header has 2", "a.csv:7: the text is empty"]);
        assert_eq!(corpus.examples.len(), 2);
    }

    #[test]
    fn broken_utf_8_costs_its_own_row_only() {
        let mut corpus = Corpus::default();
        super::super::read_bytes(b"text,labels\ncaf\xe9,a\nok,b\n", "a.csv", &ReadOptions::default(), &mut corpus)
            .unwrap();
        assert_eq!(corpus.skipped[0].to_string(), format!("a.csv:2: not UTF-8\nhint: {ENCODING}"));
        assert_eq!(corpus.examples[0].text, "ok");
    }

    #[test]
    fn columns_of_noughts_and_ones_are_labels_when_there_is_no_other() {
        let corpus = csv("text,threat,denial\na,1,0\nb,0,0\nc,true,1\n");
        let labels: Vec<_> = corpus.examples.iter().map(|e| e.labels.join("+")).collect();
        assert_eq!(labels, ["threat", "", "threat+denial"]);
        assert!(corpus.warnings[0].contains("--label-columns"));
        let options = ReadOptions { label_columns: vec!["threat".into()], ..Default::default() };
        let corpus = parse("a.csv", "text,threat\na,1\nb,2\n", &options).unwrap();
        assert!(corpus.skipped[0].what.contains("not 0 or 1"));
    }

    #[test]
    fn a_missing_column_is_told_with_those_there_are() {
        let error = parse("a.csv", "body,labels\na,b\n", &ReadOptions::default()).unwrap_err().to_string();
        assert!(
            error.contains("no column \"text\"; there are body, labels") && error.contains("--text-column"),
            "{error}"
        );
        let error = parse("a.csv", "text,stars\na,5\n", &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains("--label-column"), "{error}");
        let options = ReadOptions { group: Some("grup".into()), ..Default::default() };
        let error = parse("a.csv", "text,labels,group\na,b,c\n", &options).unwrap_err().to_string();
        assert!(error.contains("did you mean \"group\"?"), "{error}");
    }

    #[test]
    fn a_weight_must_be_one() {
        let corpus = csv("text,labels,weight\na,x,2\nb,x,\nc,x,zero\nd,x,0\n");
        assert_eq!(corpus.examples.iter().map(|e| e.weight).collect::<Vec<_>>(), [2.0, 1.0]);
        assert_eq!(corpus.skipped.len(), 2);
    }

    #[test]
    fn a_strict_reading_ends_at_the_first_bad_row() {
        let options = ReadOptions { strict: true, ..Default::default() };
        let error = parse("a.csv", "text,labels\nx,y,z\n", &options).unwrap_err().to_string();
        assert!(error.starts_with("a.csv:2: 3 cells") && error.contains("--strict"), "{error}");
    }

    #[test]
    fn a_tsv_text_may_begin_with_a_quotation_mark_that_nothing_closes() {
        let corpus = parse("a.tsv", "text\tlabels\n\"We will pay\tx\nnot now\ty\n", &ReadOptions::default()).unwrap();
        assert_eq!(corpus.examples[0].text, "\"We will pay");
        assert_eq!(corpus.examples.len(), 2);
    }

    #[test]
    fn other_columns_are_kept() {
        let corpus = csv("id,text,labels,doc,register\n7,a,x,d1,news\n");
        let example = &corpus.examples[0];
        assert_eq!((example.id.as_deref(), example.group.as_deref()), (Some("7"), Some("d1")));
        assert_eq!(example.extra, BTreeMap::from([("register".into(), "news".into())]));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            units in prop::collection::vec(("[a-z ,;\"\n\t|é]{0,12}[a-z]", prop::collection::btree_set("[a-z]{1,4}", 0..3), prop::option::of("[a-z]{1,3}")), 1..6),
            tab in any::<bool>(),
        ) {
            let examples: Vec<Example> = units.into_iter().enumerate().map(|(at, (text, labels, group))| Example {
                text, labels: labels.into_iter().collect(), group, weight: 1.0 + at as f64,
                place: Place::file("x"), id: Some(at.to_string()), extra: BTreeMap::from([("k".into(), "v".into())]),
            }).collect();
            let delimiter = if tab { b'\t' } else { b',' };
            let mut bytes = Vec::new();
            write(&examples, delimiter, &mut bytes).unwrap();
            let mut corpus = Corpus::default();
            read(&bytes, "x", Some(delimiter), &ReadOptions::default(), &mut corpus).unwrap();
            corpus.examples.iter_mut().for_each(|example| example.place = Place::file("x"));
            prop_assert_eq!(corpus.examples, examples);
        }
    }
}
