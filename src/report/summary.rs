//! Counts in place of units: how often each framing was found in each file, in whose voice, and of which speaker. They are counts of what the model found,
//! not corrected for its errors.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::table::without_formula;
use super::{Record, Report, Setting, visible};
use crate::codebook::LabelId;
use crate::framing::voice::Voice;

/// How counts look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A table for people: a row a framing, most frequent first, and a share of all units.
    Text,
    /// An object a file.
    Jsonl,
    /// A row a file, framing, voice and speaker, cells parted by this byte.
    Table(u8),
}

pub struct Summary<'a, W> {
    setting: &'a Setting<'a>,
    out: W,
    shape: Shape,
    files: Vec<Tally>,
    spreadsheet_safe: bool,
}

struct Tally {
    path: String,
    units: u64,
    framed: u64,
    counts: Vec<u64>,
    /// By label, voice and speaker, where one is known.
    said: BTreeMap<(usize, Voice, Option<String>), u64>,
}

impl Tally {
    fn in_voice(&self, label: usize, voice: Voice) -> u64 {
        let of_both = |(key, _): &(&(usize, Voice, Option<String>), &u64)| (key.0, key.1) == (label, voice);
        self.said.iter().filter(of_both).map(|(_, count)| count).sum()
    }

    /// Everybody who is quoted or reported, with their framings; whoever has most comes first.
    fn speakers(&self) -> Vec<(&str, Vec<(usize, u64)>)> {
        let mut speakers: BTreeMap<&str, BTreeMap<usize, u64>> = BTreeMap::new();
        for ((label, _, speaker), count) in &self.said {
            if let Some(speaker) = speaker {
                *speakers.entry(speaker).or_default().entry(*label).or_default() += count;
            }
        }
        let sorted = |counts: BTreeMap<usize, u64>| {
            let mut counts: Vec<(usize, u64)> = counts.into_iter().collect();
            counts.sort_by_key(|(label, count)| (std::cmp::Reverse(*count), *label));
            counts
        };
        let mut speakers: Vec<_> = speakers.into_iter().map(|(name, counts)| (name, sorted(counts))).collect();
        speakers.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().map(|(_, count)| count).sum::<u64>()));
        speakers
    }
}

impl<'a, W: Write> Summary<'a, W> {
    pub fn new(setting: &'a Setting<'a>, out: W, shape: Shape) -> Self {
        Summary { setting, out, shape, files: Vec::new(), spreadsheet_safe: false }
    }

    /// In a table, puts an apostrophe before cells that a spreadsheet would run as a formula.
    pub fn spreadsheet_safe(self, spreadsheet_safe: bool) -> Self {
        Summary { spreadsheet_safe, ..self }
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
            let mut rows: Vec<(u64, &str, usize)> =
                labels.iter().map(|(label, name)| (file.counts[label.index()], name, label.index())).collect();
            rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            rows.retain(|(count, ..)| *count > 0);
            if !rows.is_empty() {
                writeln!(self.out, "  {:<width$}   count   share  author quoted reported mixed", "")?;
            }
            for (count, name, label) in rows {
                let voices = Voice::ALL.map(|voice| file.in_voice(label, voice));
                let [author, quoted, reported, mixed] =
                    voices.map(|count| if count == 0 { "·".into() } else { count.to_string() });
                writeln!(
                    self.out,
                    "  {:<width$} {count:>7} {:>7} {author:>7} {quoted:>6} {reported:>8} {mixed:>5}",
                    visible(name),
                    share(count, file.units)
                )?;
            }
            for (speaker, counts) in file.speakers() {
                let counts = counts
                    .iter()
                    .map(|(label, count)| format!("{} {count}", visible(labels.name(LabelId(*label as u16)))));
                writeln!(self.out, "  {}: {}", visible(speaker), counts.collect::<Vec<_>>().join(", "))?;
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
            let said = file.said.iter().map(|((label, voice, speaker), count)| {
                let label = self.setting.model.labels().name(LabelId(*label as u16));
                serde_json::json!({"label": label, "voice": voice.name(), "speaker": speaker, "count": count})
            });
            let line = serde_json::json!({
                "path": file.path, "units": file.units, "framed": file.framed,
                "counts": counts.collect::<serde_json::Map<_, _>>(), "said": said.collect::<Vec<_>>(), "model": self.setting.model.fingerprint(),
            });
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn table(&mut self, delimiter: u8) -> io::Result<()> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(&mut self.out);
        let is_safe = self.spreadsheet_safe;
        let mut record = |cells: [&str; 6]| {
            let safe = cells.map(|cell| if is_safe { without_formula(cell) } else { cell.into() });
            out.write_record(safe.iter().map(|cell| &**cell))
        };
        record(["path", "label", "voice", "speaker", "count", "units"])?;
        for file in &self.files {
            let units = file.units.to_string();
            for (label, name) in self.setting.model.labels().iter() {
                let of_label = file.said.iter().filter(|(key, _)| key.0 == label.index());
                let mut rows: Vec<[&str; 2]> = Vec::new();
                let mut counts: Vec<String> = Vec::new();
                for ((_, voice, speaker), count) in of_label {
                    rows.push([voice.name(), speaker.as_deref().unwrap_or_default()]);
                    counts.push(count.to_string());
                }
                if rows.is_empty() {
                    record([&file.path, name, "", "", "0", &units])?;
                }
                for ([voice, speaker], count) in rows.into_iter().zip(&counts) {
                    record([&file.path, name, voice, speaker, count, &units])?;
                }
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
        self.files.push(Tally { path: path.to_owned(), units: 0, framed: 0, counts, said: BTreeMap::new() });
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        if let Some(file) = self.files.last_mut() {
            file.units += 1;
            file.framed += u64::from(!record.framings.is_empty());
            for (framing, said) in record.framings.iter().zip(&record.said) {
                file.counts[framing.label.index()] += 1;
                let speaker = said.speaker.as_ref().map(|speaker| speaker.name.clone());
                *file.said.entry((framing.label.index(), said.voice, speaker)).or_default() += 1;
            }
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
