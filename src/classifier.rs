//! Text → records, the one road of the program and of the page: units, who says what in them, rows, framings, voices.
//!
//! ```
//! use rhetor::classifier::Classifier;
//! use rhetor::model::english;
//!
//! let model = english::embedded();
//! let records = Classifier::new(&model).text("\"They will pay a heavy price,\" the president said.");
//! assert_eq!(records[0].voice.name(), "quoted");
//! ```

use rayon::prelude::*;

use crate::features::{Row, Scratch};
use crate::framing::voice::{Voice, Voices};
use crate::framing::{Choice, evidence, framings};
use crate::model::Model;
use crate::report::Record;
use crate::report::voiced::place_in;
use crate::text::quote::Quotation;
use crate::text::speech::{Carried, Reported};
use crate::text::unit::{Splitter, Unit, UnitKind};
use crate::text::{Span, quote, sentence, speech};

/// Bytes of the longest record that is read whole, if nothing else is said.
pub const MAX_RECORD: usize = 1 << 20;

/// The words that a text must have before the share of known ones says anything, and the share that is too small.
pub const ENOUGH_WORDS: u64 = 20;
pub const TOO_FEW_KNOWN: f64 = 0.5;

/// What is done with every unit.
pub struct Classifier<'a> {
    pub model: &'a Model,
    pub choice: Choice,
    /// Whether records keep the evidence of their framings.
    pub explain: bool,
    /// Only framings in these voices.
    pub voices: Option<Vec<Voice>>,
    pub unit: UnitKind,
}

/// A unit with who says what in it.
pub struct Heard<'u> {
    unit: &'u Unit,
    sentences: Vec<Span>,
    speech: Vec<Reported>,
    before: Carried,
}

/// The records of some units, still without numbers, and how many words each of them has.
#[derive(Default)]
pub struct Judged {
    pub records: Vec<Record>,
    pub words: Vec<Words>,
}

pub struct Words {
    pub all: u32,
    pub known: u32,
}

/// Working memory for one thread.
pub struct Memory {
    scratch: Scratch,
    row: Row,
}

/// Whether other threads may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Alone,
    Shared,
}

impl<'a> Classifier<'a> {
    /// Every framing of every sentence, and why.
    pub fn new(model: &'a Model) -> Self {
        Classifier { model, choice: Choice::default(), explain: true, voices: None, unit: UnitKind::Sentence }
    }

    /// The records of a whole text.
    pub fn text(&self, text: &str) -> Vec<Record> {
        let (mut splitter, mut units) = (Splitter::new(self.unit, MAX_RECORD), Vec::new());
        splitter.push(text.as_bytes(), &mut units);
        splitter.finish(&mut units);
        let heard = self.hear(&units, &mut Carried::default(), Work::Alone);
        let records = self.all(&heard, &mut self.memory()).records.into_iter().zip(1..);
        records.map(|(record, index)| Record { index, ..record }).collect()
    }

    pub fn memory(&self) -> Memory {
        Memory { scratch: self.model.scratch(), row: Row::default() }
    }

    /// Who says what in the units. Paragraph by paragraph, since each leaves something to the next; a line is a record of its own.
    pub fn hear<'u>(&self, units: &'u [Unit], carried: &mut Carried, work: Work) -> Vec<Heard<'u>> {
        let language = self.model.featurizer().settings().language.name();
        let read = |unit: &'u Unit| {
            let sentences = sentence::sentences(&unit.text, &unit.breaks, language);
            (unit, sentences, quote::quotations(&unit.text))
        };
        let read: Vec<_> = match work {
            Work::Alone => units.iter().map(read).collect(),
            Work::Shared => units.par_iter().map(read).collect(),
        };
        let goes_on = self.unit != UnitKind::Line;
        let mut heard = |(unit, sentences, quotations): (&'u Unit, Vec<Span>, Vec<Quotation>)| {
            let before = std::mem::take(carried);
            let place = |span| place_in(unit, span);
            let (speech, after) = speech::speech_after(&unit.text, &sentences, &quotations, &before, &place);
            if goes_on {
                *carried = after;
            }
            Heard { unit, sentences, speech, before }
        };
        read.into_iter().map(&mut heard).collect()
    }

    /// The records of the units, in order.
    pub fn all(&self, units: &[Heard], memory: &mut Memory) -> Judged {
        let mut judged = Judged::default();
        for unit in units {
            self.unit(unit, memory, &mut judged);
        }
        judged
    }

    fn unit(&self, heard: &Heard, memory: &mut Memory, judged: &mut Judged) {
        let Heard { unit, sentences, speech, .. } = heard;
        let voices = Voices::new(speech);
        if self.unit != UnitKind::Sentence {
            let whole = Span::new(0, unit.text.len());
            let record = Record { line: unit.line_at(0), ..self.part(heard, whole, unit.truncated, &voices, memory) };
            judged.push(record, &memory.row);
            return;
        }
        let mut lines = unit.lines();
        for (at, span) in sentences.iter().enumerate() {
            let cut = unit.truncated && at + 1 == sentences.len();
            let mut record = self.part(heard, *span, cut, &voices, memory);
            record.line = lines.at(span.start);
            record.breaks = at > 0 && unit.breaks_between(sentences[at - 1].end, span.start);
            judged.push(record, &memory.row);
        }
    }

    fn part(&self, heard: &Heard, span: Span, truncated: bool, voices: &Voices, memory: &mut Memory) -> Record {
        let unit = heard.unit;
        let Classifier { model, choice, voices: wanted, explain, .. } = self;
        let text = span.of(&unit.text).to_owned();
        let Memory { scratch, row } = memory;
        model.featurizer().row_into(&text, scratch, row);
        let scores = model.score(row);
        let framings = framings(model, &scores, choice);
        let evidence = framings.iter().map(|framing| evidence::explain(model, row, framing.label)).collect();
        let mut record = Record {
            paragraph: unit.index,
            start: unit.raw(span.start),
            end: if span.end == unit.text.len() { unit.end } else { unit.raw(span.end) },
            truncated,
            framings,
            probabilities: scores.probabilities,
            evidence,
            known: row.known(),
            text,
            ..Record::default()
        };
        record.hear(voices, unit, span, &heard.before);
        if let Some(wanted) = wanted {
            record.retain_voices(wanted);
        }
        if !explain {
            record.evidence.clear();
        }
        record
    }
}

impl Judged {
    fn push(&mut self, record: Record, row: &Row) {
        self.records.push(record);
        self.words.push(Words { all: row.words, known: row.known_words });
    }
}
