//! CSV and TSV: one row a unit. The input's own columns come first, untouched; a column of ours whose name they have
//! already is called `rhetor_…`.

use std::io::{self, Write};

use super::{Cells, Record, Report, Setting, jsonl};

const COLUMNS: [&str; 9] = ["path", "index", "line", "start", "end", "text", "voice", "labels", "speakers"];

pub struct Table<'a, W: Write> {
    setting: &'a Setting<'a>,
    out: csv::Writer<W>,
    path: String,
    has_header: bool,
}

impl<'a, W: Write> Table<'a, W> {
    /// `delimiter` is a comma for CSV, a tab for TSV.
    pub fn new(setting: &'a Setting<'a>, out: W, delimiter: u8) -> Self {
        let out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        Table { setting, out, path: String::new(), has_header: false }
    }

    fn write_header(&mut self, own: Option<&csv::StringRecord>) -> io::Result<()> {
        let own: Vec<&str> = own.into_iter().flatten().collect();
        let labels = self.setting.model.labels().iter().map(|(_, name)| format!("p:{name}"));
        let ours = COLUMNS.iter().map(|name| (*name).to_owned()).chain(labels);
        let ours = ours.chain(self.setting.explain.then(|| "explain".to_owned()));
        let ours = ours.map(|name| if own.contains(&name.as_str()) { format!("rhetor_{name}") } else { name });
        self.out.write_record(own.iter().map(|name| (*name).to_owned()).chain(ours)).map_err(into_io)
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
                self.out.write_field(cell).map_err(into_io)?;
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
        let fields = [&self.path, index, line, start, end, &record.text, record.voice.name(), &labels, &speakers];
        for field in fields {
            self.out.write_field(field).map_err(into_io)?;
        }
        for probability in &record.probabilities {
            self.out.write_field(format!("{probability:.6}")).map_err(into_io)?;
        }
        if self.setting.explain {
            self.out.write_field(explained(self.setting, record)).map_err(into_io)?;
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

/// The evidence of all framings as a JSON object by label.
fn explained(setting: &Setting, record: &Record) -> String {
    let all = record.framings.iter().zip(&record.evidence).map(|(framing, evidence)| {
        let name = setting.model.labels().name(framing.label).to_owned();
        (name, jsonl::explain(setting, &record.text, evidence))
    });
    serde_json::Value::Object(all.collect()).to_string()
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
