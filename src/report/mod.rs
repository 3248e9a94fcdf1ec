//! Results as people and programs read them: one trait, a format a file.

pub mod column;
pub mod difference;
pub mod html;
pub mod jsonl;
pub mod summary;
pub mod table;
pub mod terminal;
pub mod voiced;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::codebook::LabelId;
use crate::framing::evidence::{Evidence, Order};
use crate::framing::voice::Voice;
use crate::framing::{Choice, Framing};
use crate::model::Model;
use crate::text::Span;
use crate::text::speech::Hearing;
use crate::text::unit::Unit;
pub use voiced::{Named, Said};

/// A classified unit.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// From 1, within the file.
    pub index: u64,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// The paragraph that it stands in, or the row of a table, from 1 within the file.
    pub paragraph: u64,
    /// A line break was meant before it, within its paragraph: a list, a verse, an address.
    pub breaks: bool,
    /// Its bytes in the input, decompressed; for a table in the cell's text.
    pub start: u64,
    pub end: u64,
    pub text: String,
    /// A part of it was too long and was not looked at.
    pub truncated: bool,
    pub framings: Vec<Framing>,
    /// Of every label.
    pub probabilities: Vec<f64>,
    /// Of every framing, in their order, where asked for.
    pub evidence: Vec<Evidence>,
    /// Whose words they are, by how much of the text stands in quotation marks or reports what was said; none where voices are not told.
    pub voice: Option<Voice>,
    /// Who is quoted or reported in the largest such part.
    pub speaker: Option<Named>,
    /// In whose words each framing is, in their order, by where its evidence lies; empty where voices are not told.
    pub said: Vec<Said>,
    /// The share of its words that the model knows.
    pub known: f64,
    /// The cells of the input row that the unit comes from, where a column of a table is classified.
    pub cells: Option<Cells>,
}

impl Record {
    /// Starts a record of the stretch `span` of a unit, with the line of the unit's beginning; what it held before is lost, its memory is
    /// used again.
    pub fn of(&mut self, unit: &Unit, span: Span, truncated: bool) {
        (self.index, self.line, self.paragraph, self.breaks) = (0, unit.line, unit.index, false);
        self.start = unit.raw(span.start);
        self.end = if span.end == unit.text.len() { unit.end } else { unit.raw(span.end) };
        self.truncated = truncated;
        self.text.clear();
        self.text.push_str(span.of(&unit.text));
        self.framings.clear();
        self.probabilities.clear();
        self.evidence.clear();
        self.said.clear();
        (self.voice, self.speaker, self.known, self.cells) = (None, None, 0.0, None);
    }
}

/// An input row that is passed through.
#[derive(Clone, Debug)]
pub enum Cells {
    /// A cell for each column of the output.
    Table(csv::StringRecord),
    /// The cells of a table, with its header.
    Named(Arc<csv::StringRecord>, csv::StringRecord),
    /// The fields of an object in their order, each value as JSON.
    Json(Vec<(String, Box<RawValue>)>),
}

impl Cells {
    /// The cell of this name, if cells have names.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match self {
            Cells::Table(_) => None,
            Cells::Named(header, cells) => {
                let at = header.iter().position(|known| known == name)?;
                cells.get(at).map(Cow::Borrowed)
            }
            Cells::Json(fields) => fields.iter().find(|(known, _)| known == name).map(|(_, value)| flat(value)),
        }
    }
}

/// A value of JSON as the cell of a table; null is an empty one.
pub fn flat(value: &RawValue) -> Cow<'_, str> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'n') => Cow::Borrowed(""),
        Some(b'"') => serde_json::from_str::<String>(json).map_or(Cow::Borrowed(json), Cow::Owned),
        _ => Cow::Borrowed(json),
    }
}

/// What goes for all records of a run.
pub struct Setting<'a> {
    pub model: &'a Model,
    /// Whether evidence is shown.
    pub explain: bool,
    /// In which order its terms are shown.
    pub order: Order,
    /// Whether JSONL has the probability of every label.
    pub all_scores: bool,
    /// Which framings were asked for.
    pub choice: Choice,
    /// Only those in these voices; empty where all were.
    pub voices: Vec<Voice>,
}

impl<'a> Setting<'a> {
    /// All framings at the model's own thresholds, without evidence.
    pub fn new(model: &'a Model) -> Self {
        let (order, choice) = (Order::default(), Choice::default());
        Setting { model, explain: false, order, all_scores: false, choice, voices: Vec::new() }
    }

    /// The labels that were asked for.
    pub fn labels(&self) -> impl Iterator<Item = (LabelId, &'a str)> {
        let is_asked = |label: LabelId| self.choice.only.as_ref().is_none_or(|only| only.contains(&label));
        self.model.labels().iter().filter(move |(label, _)| is_asked(*label))
    }

    /// What is heard of what others say: of a text in another language than English, quotations alone.
    pub fn hearing(&self) -> Hearing {
        self.model.hearing()
    }

    /// What is said behind "a framing" where others may have been found that nobody asked for.
    pub fn asked(&self) -> &'static str {
        let all = self.choice.only.is_none() && self.choice.top_k.is_none() && self.voices.is_empty();
        if all { "" } else { " that was asked for" }
    }
}

/// What is said once where voices are told and only quotations are heard.
pub const ONLY_QUOTATIONS: &str =
    "reported speech is told in English only: what stands outside of quotation marks counts as the author's";

/// Writes records, each by itself whatever came before it: so that several threads can at once.
pub trait Lines: Sync {
    fn append(&self, records: &[Record], to: &mut Vec<u8>);
}

/// A format: told of the beginning of each file, of each record, and of the end.
pub trait Report {
    /// A file begins; `header` has the columns of a table.
    ///
    /// # Errors
    /// Those of the output.
    fn begin(&mut self, path: &str, header: Option<&csv::StringRecord>) -> io::Result<()>;

    /// # Errors
    /// Those of the output.
    fn record(&mut self, record: &Record) -> io::Result<()>;

    /// What writes its records, if each is written by itself; whoever uses it hands the outcome to [`Report::write`].
    fn lines(&self) -> Option<&dyn Lines> {
        None
    }

    /// Takes what [`Report::lines`] has written, in order.
    ///
    /// # Errors
    /// Those of the output.
    fn write(&mut self, _lines: &[u8]) -> io::Result<()> {
        Ok(())
    }

    /// Everything has been read.
    ///
    /// # Errors
    /// Those of the output.
    fn end(&mut self) -> io::Result<()>;

    /// Hands on what is held back, because the input pauses.
    ///
    /// # Errors
    /// Those of the output.
    fn flush(&mut self) -> io::Result<()>;
}
