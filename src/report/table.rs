//! CSV and TSV: one row a unit. The input's own columns come first, untouched; a column of ours whose name they have
//! already is called `rhetor_…`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Cells, Lines, Record, Report, Setting, jsonl};
use crate::text::cell::{into_io, without_formula};

const COLUMNS: [&str; 9] = ["path", "index", "line", "start", "end", "text", "voice", "labels", "speakers"];

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
        let mut out = self.rows.writer(&mut self.out);
        let ours: Vec<String> = ours.collect();
        let names = own.iter().copied().chain(ours.iter().map(String::as_str));
        names.into_iter().try_for_each(|name| self.rows.field(name, &mut out)).map_err(into_io)?;
        out.write_record(None::<&[u8]>).map_err(into_io)?;
        out.flush()
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
        const PROMISE: &str = "fields in memory can be written";
        let mut out = self.writer(to);
        records.iter().try_for_each(|record| self.row(record, &mut out)).expect(PROMISE);
        out.flush().expect(PROMISE);
    }
}

impl Rows<'_> {
    fn writer<W: Write>(&self, out: W) -> csv::Writer<W> {
        csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(out)
    }

    fn field(&self, cell: &str, out: &mut csv::Writer<impl Write>) -> csv::Result<()> {
        let cell = if self.spreadsheet_safe { without_formula(cell) } else { cell.into() };
        out.write_field(&*cell)
    }

    fn row(&self, record: &Record, out: &mut csv::Writer<impl Write>) -> csv::Result<()> {
        let model = self.setting.model;
        if let Some(Cells::Table(cells)) = &record.cells {
            for cell in cells {
                self.field(cell, out)?;
            }
        }
        let mut digits = Digits::default();
        self.field(&self.path, out)?;
        for number in [record.index, record.line, record.start, record.end] {
            out.write_field(digits.of(number))?;
        }
        let labels: Vec<&str> = record.framings.iter().map(|framing| model.labels().name(framing.label)).collect();
        let mut speakers: Vec<&str> =
            record.said.iter().filter_map(|said| said.speaker.as_ref()).map(|speaker| &speaker.name[..]).collect();
        speakers.sort_unstable();
        speakers.dedup();
        for field in [&record.text, record.voice.name(), &labels.join("|"), &speakers.join("|")] {
            self.field(field, out)?;
        }
        for probability in &record.probabilities {
            out.write_field(digits.of_share(*probability))?;
        }
        if self.setting.explain {
            self.field(&explained(self.setting, record), out)?;
        }
        out.write_record(None::<&[u8]>)
    }
}

/// Numbers as text, one after another in the same memory.
#[derive(Default)]
struct Digits(Vec<u8>);

impl Digits {
    fn of(&mut self, number: u64) -> &[u8] {
        self.0.clear();
        write!(self.0, "{number}").expect("memory can be written");
        &self.0
    }

    /// A number from 0 to 1 with six decimals, as `{:.6}` has it, which takes ten times as long.
    fn of_share(&mut self, share: f64) -> &[u8] {
        let millionths = share * 1e6;
        let below = millionths.floor();
        // Where it lies between two numbers of six decimals, rounding of the product itself might decide.
        let is_clear = (0.0..1e6).contains(&millionths) && (millionths - below - 0.5).abs() > 1e-6;
        self.0.clear();
        if !is_clear {
            write!(self.0, "{share:.6}").expect("memory can be written");
            return &self.0;
        }
        let mut rest = below as u32 + u32::from(millionths - below > 0.5);
        self.0.extend_from_slice(if rest == 1_000_000 { b"1.000000" } else { b"0.000000" });
        for digit in self.0[2..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        &self.0
    }
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
            assert_eq!(Digits::default().of_share(share), format!("{share:.6}").as_bytes());
        }
    }

    proptest! {
        #[test]
        fn shares_are_written_as_the_library_does(share in 0.0f64..=1.0, halves in 0u32..2_000_000) {
            for share in [share, f64::from(halves) / 2e6] {
                let (mut digits, expected) = (Digits::default(), format!("{share:.6}"));
                prop_assert_eq!(digits.of_share(share), expected.as_bytes());
            }
        }
    }
}
