//! CSV and TSV: one row a unit. The input's own columns come first, untouched; a column of ours whose name they have
//! already is called `rhetor_…`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use memchr::{memchr, memchr3};

use super::{Cells, Lines, Record, Report, Said, Setting, jsonl};
use crate::framing::voice::Voice;
use crate::text::cell::without_formula;

const COLUMNS: [&str; 10] =
    ["path", "index", "line", "start", "end", "text", "voice", "labels", "label_voices", "speakers"];

pub struct Table<'a, W: Write> {
    rows: Rows<'a>,
    out: W,
    has_header: bool,
}

/// Writes records as rows.
struct Rows<'a> {
    setting: &'a Setting<'a>,
    path: String,
    delimiter: u8,
    spreadsheet_safe: bool,
}

impl<'a, W: Write> Table<'a, W> {
    /// `delimiter` is a comma for CSV, a tab for TSV.
    pub fn new(setting: &'a Setting<'a>, out: W, delimiter: u8) -> Self {
        let rows = Rows { setting, path: String::new(), delimiter, spreadsheet_safe: false };
        Table { rows, out, has_header: false }
    }

    /// Puts an apostrophe before cells that a spreadsheet would run as a formula.
    pub fn spreadsheet_safe(mut self, spreadsheet_safe: bool) -> Self {
        self.rows.spreadsheet_safe = spreadsheet_safe;
        self
    }

    fn write_header(&mut self, own: Option<&csv::StringRecord>) -> io::Result<()> {
        let Setting { model, explain, .. } = self.rows.setting;
        let own: Vec<&str> = own.into_iter().flatten().collect();
        let labels = model.labels().iter().map(|(_, name)| format!("p:{name}"));
        let ours = COLUMNS.iter().map(|name| (*name).to_owned()).chain(labels);
        let ours = ours.chain(explain.then(|| "explain".to_owned()));
        let ours = ours.map(|name| if own.contains(&name.as_str()) { format!("rhetor_{name}") } else { name });
        let mut row = Vec::new();
        own.iter().for_each(|name| self.rows.cell(name, &mut row));
        ours.for_each(|name| self.rows.cell(&name, &mut row));
        self.rows.end(&mut row);
        self.out.write_all(&row)
    }
}

impl<W: Write> Report for Table<'_, W> {
    fn begin(&mut self, path: &str, header: Option<&csv::StringRecord>) -> io::Result<()> {
        self.rows.path = path.to_owned();
        if !self.has_header {
            self.has_header = true;
            self.write_header(header)?;
        }
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let mut row = Vec::new();
        self.rows.append(std::slice::from_ref(record), &mut row);
        self.out.write_all(&row)
    }

    fn lines(&self) -> Option<&dyn Lines> {
        Some(&self.rows)
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.out.write_all(lines)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Lines for Rows<'_> {
    fn append(&self, records: &[Record], to: &mut Vec<u8>) {
        let mut names = Vec::new();
        records.iter().for_each(|record| self.row(record, &mut names, to));
    }
}

impl<'a> Rows<'a> {
    /// Appends a row. `names` is memory for those of labels, and in their order of voices and speakers.
    fn row<'n>(&self, record: &'n Record, names: &mut Vec<&'n str>, to: &mut Vec<u8>)
    where
        'a: 'n,
    {
        let setting: &'a Setting<'a> = self.setting;
        if let Some(Cells::Table(cells)) = &record.cells {
            cells.iter().for_each(|cell| self.cell(cell, to));
        }
        self.cell(&self.path, to);
        for number in [record.index, record.line, record.start, record.end] {
            whole(number, to);
            to.push(self.delimiter);
        }
        self.cell(&record.text, to);
        self.cell(record.voice.map_or("", Voice::name), to);
        names.clear();
        names.extend(record.framings.iter().map(|framing| setting.model.labels().name(framing.label)));
        self.list(names, to);
        names.clear();
        names.extend(record.said.iter().map(|said| said.voice.name()));
        self.list(names, to);
        names.clear();
        if record.said.iter().any(|said| said.speaker.is_some()) {
            let name = |said: &'n Said| said.speaker.as_ref().map_or("", |speaker| &speaker.name[..]);
            names.extend(record.said.iter().map(name));
        }
        self.list(names, to);
        for probability in &record.probabilities {
            share(*probability, to);
            to.push(self.delimiter);
        }
        if setting.explain {
            self.cell(&explained(setting, record), to);
        }
        self.end(to);
    }

    fn list(&self, names: &[&str], to: &mut Vec<u8>) {
        match names {
            [] => self.cell("", to),
            [name] => self.cell(name, to),
            several => self.cell(&several.join("|"), to),
        }
    }

    /// Appends a cell and a delimiter. Most cells hold nothing that must be quoted, and are copied as they stand.
    fn cell(&self, cell: &str, to: &mut Vec<u8>) {
        let cell = if self.spreadsheet_safe { without_formula(cell) } else { cell.into() };
        let cell = cell.as_bytes();
        if memchr3(self.delimiter, b'"', b'\n', cell).is_none() && memchr(b'\r', cell).is_none() {
            to.extend_from_slice(cell);
        } else {
            to.push(b'"');
            let start = to.len();
            to.resize(start + 2 * cell.len(), 0);
            let (_, _, length) = csv_core::quote(cell, &mut to[start..], b'"', b'"', true);
            to.truncate(start + length);
            to.push(b'"');
        }
        to.push(self.delimiter);
    }

    /// Ends a row behind its last cell.
    fn end(&self, to: &mut Vec<u8>) {
        to.pop();
        to.push(b'\n');
    }
}

/// Appends a number.
fn whole(number: u64, to: &mut Vec<u8>) {
    // The largest has twenty digits.
    let (mut digits, mut first, mut rest) = ([0; 20], 20, number);
    while first == 20 || rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    to.extend_from_slice(&digits[first..]);
}

/// Appends a number from 0 to 1 with six decimals, as `{:.6}` has it, which takes ten times as long.
fn share(share: f64, to: &mut Vec<u8>) {
    let millionths = share * 1e6;
    let below = millionths.floor();
    // Where it lies between two numbers of six decimals, rounding of the product itself might decide.
    let is_clear = (0.0..1e6).contains(&millionths) && (millionths - below - 0.5).abs() > 1e-6;
    if !is_clear {
        return write!(to, "{share:.6}").expect("memory can be written");
    }
    let mut rest = below as u32 + u32::from(millionths - below > 0.5);
    let mut digits = if rest == 1_000_000 { *b"1.000000" } else { *b"0.000000" };
    for digit in digits[2..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    to.extend_from_slice(&digits);
}

/// The evidence of all framings as a JSON object by label.
fn explained(setting: &Setting, record: &Record) -> String {
    let all = record.framings.iter().zip(&record.evidence).map(|(framing, evidence)| {
        (setting.model.labels().name(framing.label), jsonl::explain(setting, &record.text, evidence))
    });
    serde_json::to_string(&all.collect::<BTreeMap<_, _>>()).expect("plain data in memory can be written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(number: f64) -> String {
        let mut bytes = Vec::new();
        share(number, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn shares_at_the_edges_are_written_as_the_library_does() {
        for share in [
            0.0,
            1.0,
            0.5,
            0.999_999_5,
            0.999_999_4,
            5e-7,
            4.999_999e-7,
            1.5e-6,
            0.000_000_5,
            f64::MIN_POSITIVE,
            f64::NAN,
        ] {
            assert_eq!(written(share), format!("{share:.6}"));
        }
    }

    proptest! {
        #[test]
        fn shares_are_written_as_the_library_does(share in 0.0f64..=1.0, halves in 0u32..2_000_000) {
            for share in [share, f64::from(halves) / 2e6] {
                prop_assert_eq!(written(share), format!("{share:.6}"));
            }
        }

        #[test]
        fn rows_are_written_as_the_library_does(
            cells in proptest::collection::vec("[a\",;\t\r\n|é=]{0,4}", 2..5),
            number in any::<u64>(),
            delimiter in prop_oneof![Just(b','), Just(b'\t')],
        ) {
            let model = crate::model::english::embedded();
            let setting = Setting::new(&model);
            let rows = Rows { setting: &setting, path: String::new(), delimiter, spreadsheet_safe: false };
            let (mut row, mut library) = (Vec::new(), csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new()));
            for cell in &cells {
                rows.cell(cell, &mut row);
                library.write_field(cell).unwrap();
            }
            whole(number, &mut row);
            row.push(delimiter);
            rows.end(&mut row);
            library.write_field(number.to_string()).unwrap();
            library.write_record(None::<&[u8]>).unwrap();
            prop_assert_eq!(row, library.into_inner().unwrap());
        }
    }
}
