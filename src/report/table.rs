//! CSV and TSV: one row a unit. The input's own columns come first, untouched; a column of ours whose name they have
//! already is called `rhetor_…`.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Cells, Record, Report, Setting, jsonl};
use crate::sheet::{into_io, is_formula};

const COLUMNS: [&str; 9] = ["path", "index", "line", "start", "end", "text", "voice", "labels", "speakers"];

pub struct Table<'a, W: Write> {
    setting: &'a Setting<'a>,
    out: csv::Writer<W>,
    path: String,
    has_header: bool,
    spreadsheet_safe: bool,
}

impl<'a, W: Write> Table<'a, W> {
    /// `delimiter` is a comma for CSV, a tab for TSV.
    pub fn new(setting: &'a Setting<'a>, out: W, delimiter: u8) -> Self {
        let out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        Table { setting, out, path: String::new(), has_header: false, spreadsheet_safe: false }
    }

    /// Puts an apostrophe before cells that a spreadsheet would run as a formula.
    pub fn spreadsheet_safe(self, spreadsheet_safe: bool) -> Self {
        Table { spreadsheet_safe, ..self }
    }

    fn field(&mut self, cell: &str) -> io::Result<()> {
        let cell = if self.spreadsheet_safe { without_formula(cell) } else { cell.into() };
        self.out.write_field(&*cell).map_err(into_io)
    }

    fn write_header(&mut self, own: Option<&csv::StringRecord>) -> io::Result<()> {
        let own: Vec<&str> = own.into_iter().flatten().collect();
        let labels = self.setting.model.labels().iter().map(|(_, name)| format!("p:{name}"));
        let ours = COLUMNS.iter().map(|name| (*name).to_owned()).chain(labels);
        let ours = ours.chain(self.setting.explain.then(|| "explain".to_owned()));
        let ours = ours.map(|name| if own.contains(&name.as_str()) { format!("rhetor_{name}") } else { name });
        let names: Vec<String> = own.iter().map(|name| (*name).to_owned()).chain(ours).collect();
        names.iter().try_for_each(|name| self.field(name))?;
        self.out.write_record(None::<&[u8]>).map_err(into_io)
    }
}

impl<W: Write> Report for Table<'_, W> {
    fn begin(&mut self, path: &str, header: Option<&csv::StringRecord>) -> io::Result<()> {
        self.path = path.to_owned();
        if !self.has_header {
            self.has_header = true;
            self.write_header(header)?;
        }
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let model = self.setting.model;
        if let Some(Cells::Table(cells)) = &record.cells {
            for cell in cells {
                self.field(cell)?;
            }
        }
        let numbers = [record.index, record.line, record.start, record.end].map(|number| number.to_string());
        let labels: Vec<&str> = record.framings.iter().map(|framing| model.labels().name(framing.label)).collect();
        let mut speakers: Vec<&str> =
            record.said.iter().filter_map(|said| said.speaker.as_ref()).map(|speaker| &speaker.name[..]).collect();
        speakers.sort_unstable();
        speakers.dedup();
        let [index, line, start, end] = &numbers;
        let (labels, speakers) = (labels.join("|"), speakers.join("|"));
        let path = self.path.clone();
        let fields = [&path, index, line, start, end, &record.text, record.voice.name(), &labels, &speakers];
        fields.into_iter().try_for_each(|field| self.field(field))?;
        for probability in &record.probabilities {
            self.out.write_field(format!("{probability:.6}")).map_err(into_io)?;
        }
        if self.setting.explain {
            self.field(&explained(self.setting, record))?;
        }
        self.out.write_record(None::<&[u8]>).map_err(into_io)
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The cell as text that a spreadsheet does not run.
pub(super) fn without_formula(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// The evidence of all framings as a JSON object by label.
fn explained(setting: &Setting, record: &Record) -> String {
    let all = record.framings.iter().zip(&record.evidence).map(|(framing, evidence)| {
        let name = setting.model.labels().name(framing.label).to_owned();
        (name, jsonl::explain(setting, &record.text, evidence))
    });
    serde_json::Value::Object(all.collect()).to_string()
}
