//! Counts in place of units: how often each framing was found in each file. They are counts of what the model found,
//! not corrected for its errors.

use std::io::{self, Write};

use super::{Record, Report, Setting, visible};

/// How counts look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A table for people: a row a framing, most frequent first, and a share of all units.
    Text,
    /// An object a file.
    Jsonl,
    /// A row a file and framing, cells parted by this byte.
    Table(u8),
}

pub struct Summary<'a, W> {
    setting: &'a Setting<'a>,
    out: W,
    shape: Shape,
    files: Vec<Tally>,
}

struct Tally {
    path: String,
    units: u64,
    framed: u64,
    counts: Vec<u64>,
}

impl<'a, W: Write> Summary<'a, W> {
    pub fn new(setting: &'a Setting<'a>, out: W, shape: Shape) -> Self {
        Summary { setting, out, shape, files: Vec::new() }
    }

    fn text(&mut self) -> io::Result<()> {
        let labels = self.setting.model.labels();
        let width = labels.iter().map(|(_, name)| name.chars().count()).max().unwrap_or(0);
        for (at, file) in self.files.iter().enumerate() {
            if at > 0 {
                writeln!(self.out)?;
            }
            let framed = share(file.framed, file.units);
            writeln!(
                self.out,
                "{}: {} units, {} with a framing ({framed})",
                visible(&file.path),
                file.units,
                file.framed
            )?;
            let mut rows: Vec<(u64, &str)> =
                labels.iter().map(|(label, name)| (file.counts[label.index()], name)).collect();
            rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            for (count, name) in rows.into_iter().filter(|(count, _)| *count > 0) {
                writeln!(self.out, "  {:<width$} {count:>7} {:>7}", visible(name), share(count, file.units))?;
            }
        }
        Ok(())
    }

    fn jsonl(&mut self) -> io::Result<()> {
        for file in &self.files {
            let counts = self
                .setting
                .model
                .labels()
                .iter()
                .map(|(label, name)| (name.to_owned(), serde_json::Value::from(file.counts[label.index()])));
            let line = serde_json::json!({
                "path": file.path, "units": file.units, "framed": file.framed,
                "counts": counts.collect::<serde_json::Map<_, _>>(), "model": self.setting.model.fingerprint(),
            });
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn table(&mut self, delimiter: u8) -> io::Result<()> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(&mut self.out);
        out.write_record(["path", "label", "count", "units"])?;
        for file in &self.files {
            for (label, name) in self.setting.model.labels().iter() {
                let (count, units) = (file.counts[label.index()].to_string(), file.units.to_string());
                out.write_record([file.path.as_str(), name, &count, &units])?;
            }
        }
        out.flush()
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{:.1}%", 100.0 * part as f64 / whole as f64) }
}

impl<W: Write> Report for Summary<'_, W> {
    fn begin(&mut self, path: &str, _: Option<&csv::StringRecord>) -> io::Result<()> {
        let counts = vec![0; self.setting.model.labels().len()];
        self.files.push(Tally { path: path.to_owned(), units: 0, framed: 0, counts });
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        if let Some(file) = self.files.last_mut() {
            file.units += 1;
            file.framed += u64::from(!record.framings.is_empty());
            record.framings.iter().for_each(|framing| file.counts[framing.label.index()] += 1);
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        match self.shape {
            Shape::Text => self.text()?,
            Shape::Jsonl => self.jsonl()?,
            Shape::Table(delimiter) => self.table(delimiter)?,
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
