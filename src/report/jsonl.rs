//! One JSON object a line. The keys stand in a fixed order; `docs/formats.md` explains them.

use std::io::{self, Write};

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::{Cells, Lines, Named, Record, Report, Said, Setting};
use crate::framing::Framing;
use crate::framing::evidence::Evidence;
use crate::framing::voice::Shares;
use crate::text::Span;

pub struct Jsonl<'a, W> {
    lines: JsonLines<'a>,
    out: W,
}

/// Writes records as JSON.
struct JsonLines<'a> {
    setting: &'a Setting<'a>,
    path: String,
}

impl<'a, W: Write> Jsonl<'a, W> {
    pub fn new(setting: &'a Setting<'a>, out: W) -> Self {
        Jsonl { lines: JsonLines { setting, path: String::new() }, out }
    }
}

impl Lines for JsonLines<'_> {
    fn append(&self, records: &[Record], to: &mut Vec<u8>) {
        for record in records {
            let line = Line { setting: self.setting, path: &self.path, record };
            serde_json::to_writer(&mut *to, &line).expect("plain data in memory can be written");
            to.push(b'\n');
        }
    }
}

impl<W: Write> Report for Jsonl<'_, W> {
    fn begin(&mut self, path: &str, _: Option<&csv::StringRecord>) -> io::Result<()> {
        self.lines.path = path.to_owned();
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let mut line = Vec::new();
        self.lines.append(std::slice::from_ref(record), &mut line);
        self.out.write_all(&line)
    }

    fn lines(&self) -> Option<&dyn Lines> {
        Some(&self.lines)
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

struct Line<'a> {
    setting: &'a Setting<'a>,
    path: &'a str,
    record: &'a Record,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.record;
        let mut map = serializer.serialize_map(None)?;
        if let Some(cells) = &record.cells {
            map.serialize_entry("row", &Row(cells))?;
        }
        map.serialize_entry("path", self.path)?;
        map.serialize_entry("index", &record.index)?;
        map.serialize_entry("line", &record.line)?;
        map.serialize_entry("start", &record.start)?;
        map.serialize_entry("end", &record.end)?;
        map.serialize_entry("text", &record.text)?;
        if record.truncated {
            map.serialize_entry("truncated", &true)?;
        }
        if let Some(voice) = record.voice {
            map.serialize_entry("voice", voice.name())?;
        }
        if let Some(speaker) = &record.speaker {
            map.serialize_entry("speaker", &shown(speaker))?;
        }
        map.serialize_entry("framings", &Framings(self))?;
        if self.setting.all_scores {
            map.serialize_entry("probabilities", &Probabilities(self))?;
        }
        map.serialize_entry("known", &((record.known * 1e4).round() / 1e4))?;
        map.serialize_entry("model", self.setting.model.fingerprint())?;
        map.end()
    }
}

/// The cells of an input row, with their names if they have any.
struct Row<'a>(&'a Cells);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cells::Json(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
            Cells::Named(header, cells) => serializer.collect_map(header.iter().zip(cells)),
            Cells::Table(cells) => serializer.collect_seq(cells),
        }
    }
}

struct Framings<'a>(&'a Line<'a>);

impl Serialize for Framings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Line { setting, record, .. } = self.0;
        let mut list = serializer.serialize_seq(Some(record.framings.len()))?;
        for (at, framing) in record.framings.iter().enumerate() {
            let (evidence, said) = (record.evidence.get(at), record.said.get(at));
            list.serialize_element(&One { setting, record, framing, evidence, said })?;
        }
        list.end()
    }
}

struct One<'a> {
    setting: &'a Setting<'a>,
    record: &'a Record,
    framing: &'a Framing,
    evidence: Option<&'a Evidence>,
    said: Option<&'a Said>,
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("label", self.setting.model.labels().name(self.framing.label))?;
        map.serialize_entry("p", &self.framing.probability)?;
        map.serialize_entry("threshold", &self.framing.threshold)?;
        if let Some(Said { voice, shares, speaker }) = self.said {
            let share = |share: f64| (share * 1e4).round() / 1e4;
            let shares =
                Shares { author: share(shares.author), quoted: share(shares.quoted), reported: share(shares.reported) };
            map.serialize_entry("voice", voice.name())?;
            map.serialize_entry("voice_share", &shares)?;
            if let Some(speaker) = speaker {
                map.serialize_entry("speaker", &shown(speaker))?;
            }
        }
        if let Some(evidence) = self.evidence {
            map.serialize_entry("explain", &explain(self.setting, &self.record.text, evidence))?;
        }
        map.end()
    }
}

/// Keys in this order.
#[derive(Serialize)]
struct Speaker<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
}

fn shown(speaker: &Named) -> Speaker<'_> {
    let (start, end) = speaker.place.unzip();
    Speaker { name: &speaker.name, start, end }
}

/// Evidence as every machine-readable format shows it.
pub fn explain<'a>(setting: &'a Setting, text: &'a str, evidence: &'a Evidence) -> Explained<'a> {
    Explained { intercept: evidence.intercept, terms: Terms { setting, text, evidence } }
}

/// Keys in this order, here and below.
#[derive(Serialize)]
pub struct Explained<'a> {
    intercept: f64,
    terms: Terms<'a>,
}

struct Terms<'a> {
    setting: &'a Setting<'a>,
    text: &'a str,
    evidence: &'a Evidence,
}

#[derive(Serialize)]
struct Account<'a> {
    contribution: f64,
    spans: Spans<'a>,
    surface: &'a str,
    term: &'a str,
}

struct Spans<'a>(&'a [Span]);

impl Serialize for Terms<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let vocabulary = self.setting.model.featurizer().vocabulary();
        serializer.collect_seq(self.evidence.shown(usize::MAX, self.setting.order).into_iter().map(|term| Account {
            contribution: term.contribution,
            spans: Spans(&term.spans),
            surface: term.spans.first().map_or("", |span| span.of(self.text)),
            term: vocabulary.term(term.feature),
        }))
    }
}

impl Serialize for Spans<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|span| [span.start, span.end]))
    }
}

struct Probabilities<'a>(&'a Line<'a>);

impl Serialize for Probabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Line { setting, record, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        for (label, name) in setting.model.labels().iter() {
            map.serialize_entry(name, &record.probabilities[label.index()])?;
        }
        map.end()
    }
}
