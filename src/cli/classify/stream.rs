//! Running text: read what there is, classify it on all threads, write it in order, and hand it on before waiting for
//! more.

use std::path::Path;
use std::sync::Mutex;

use indicatif::ProgressBar;
use rayon::prelude::*;
use rhetor::features::{Row, Scratch};
use rhetor::framing::voice::Voices;
use rhetor::framing::{evidence, framings};
use rhetor::report::voiced::place_in;
use rhetor::report::{Cells, Record};
use rhetor::text::quote::Quotation;
use rhetor::text::speech::{Carried, Reported};
use rhetor::text::unit::{Splitter, Unit, UnitKind};
use rhetor::text::{Span, quote, sentence, speech};

use super::{Job, SharedReport, Tally, columns, remark_on_language};
use crate::cli::reading::{self, Reader};
use crate::cli::start_threads;

/// Fewer bytes are judged sooner than a thread wakes.
const ENOUGH_FOR_THREADS: usize = 1 << 14;

pub fn classify(job: &Job, path: &Path, report: &SharedReport, bar: &ProgressBar) -> anyhow::Result<Tally> {
    let mut stream = Stream { pen: Pen::new(job, report), path, bar, has_begun: false };
    let splitter = Splitter::new(job.unit, job.max_record);
    reading::read(path, splitter, "rhetor classify", job.remarks, &mut stream)?;
    Ok(stream.pen.tally)
}

/// A file on its way to the report.
struct Stream<'a, 'r> {
    pen: Pen<'a, 'r>,
    path: &'a Path,
    bar: &'a ProgressBar,
    has_begun: bool,
}

impl Reader for Stream<'_, '_> {
    fn pause(&mut self) -> anyhow::Result<()> {
        // A file that cannot be opened has no place in a report.
        if !std::mem::replace(&mut self.has_begun, true) {
            self.pen.report.borrow_mut().begin(&self.path.display().to_string(), None)?;
        }
        Ok(self.pen.report.borrow_mut().flush()?)
    }

    fn first(&mut self, bytes: &[u8]) {
        let job = self.pen.judge.job;
        if let Some(found) = columns::of(bytes, self.path).filter(|_| job.unit != UnitKind::Line) {
            let path = self.path.display();
            let best = columns::of_text(&found);
            job.remarks.warn(format_args!(
                "{path}: looks like a table of {}, and is read as running text\nhint: --column {best} classifies one column and keeps the others",
                found.names()
            ));
        }
    }

    fn units(&mut self, units: &mut Vec<Unit>, bytes: usize) -> anyhow::Result<()> {
        self.bar.inc(bytes as u64);
        self.pen.write(units)?;
        // An endless input has no end to say it at.
        if self.pen.tally.can_tell_language() {
            let job = self.pen.judge.job;
            self.bar.suspend(|| remark_on_language(&mut self.pen.tally, self.path, job));
        }
        Ok(())
    }
}

/// Turns units into records and writes them in order.
pub struct Pen<'a, 'r> {
    judge: Judge<'a>,
    report: SharedReport<'r>,
    index: u64,
    /// Cells of a table written so far, also empty ones.
    rows: u64,
    /// What the last paragraph leaves to the next one of its document.
    carried: Carried,
    pub tally: Tally,
}

impl<'a, 'r> Pen<'a, 'r> {
    pub fn new(job: &'a Job<'a>, report: &SharedReport<'r>) -> Self {
        Pen {
            judge: Judge { job, memories: Mutex::default() },
            report: report.clone(),
            index: 0,
            rows: 0,
            carried: Carried::default(),
            tally: Tally::new(),
        }
    }

    /// Classifies the units and writes their records; `units` is empty afterwards.
    pub fn write(&mut self, units: &mut Vec<Unit>) -> anyhow::Result<()> {
        const UNITS_A_TASK: usize = 32;
        if units.is_empty() {
            // Working memory is made for the first unit: an empty input needs none.
            return Ok(());
        }
        let bytes: usize = units.iter().map(|unit| unit.text.len()).sum();
        let is_little = bytes < ENOUGH_FOR_THREADS || start_threads() == 1;
        let heard = self.hear(units, is_little);
        let judge = &self.judge;
        let mut judged: Vec<Judged> = match is_little {
            true => vec![judge.all(&heard)],
            false => heard.par_chunks(UNITS_A_TASK).map(|units| judge.all(units)).collect(),
        };
        drop(heard);
        judged.iter_mut().for_each(|judged| self.number(judged));
        units.drain(..).for_each(|unit| self.tally.faults.look_at(&unit));
        self.report(&judged, is_little)
    }

    /// Writes records in order; where the format lets them, many threads do.
    fn report(&self, judged: &[Judged], is_little: bool) -> anyhow::Result<()> {
        let report = self.report.borrow();
        let written: Vec<Vec<u8>> = match report.lines() {
            None => Vec::new(),
            Some(lines) => {
                let of = |judged: &Judged| {
                    let mut written = Vec::new();
                    lines.append(&judged.records, &mut written);
                    written
                };
                if is_little { judged.iter().map(of).collect() } else { judged.par_iter().map(of).collect() }
            }
        };
        let alone = report.lines().is_none();
        drop(report);
        let mut report = self.report.borrow_mut();
        for lines in written {
            report.write(&lines)?;
        }
        for record in judged.iter().filter(|_| alone).flat_map(|judged| &judged.records) {
            report.record(record)?;
        }
        Ok(())
    }

    /// One cell of a table: its own units, with the row's line and other cells.
    pub fn write_cell(&mut self, text: &str, line: u64, cells: Option<&Cells>) -> anyhow::Result<()> {
        self.rows += 1;
        let mut units = Vec::new();
        let mut splitter = Splitter::new(self.judge.job.unit, self.judge.job.max_record);
        splitter.push(text.as_bytes(), &mut units);
        splitter.finish(&mut units);
        if units.is_empty() && self.judge.job.unit == UnitKind::Document {
            // A row without text is a record all the same.
            units.push(Unit::default());
        }
        self.carried = Carried::default();
        let heard = self.hear(&units, true);
        let mut judged = self.judge.all(&heard);
        for record in &mut judged.records {
            record.line = line;
            record.paragraph = self.rows;
            record.cells = cells.cloned();
        }
        self.number(&mut judged);
        self.report(&[judged], true)?;
        if units.iter().any(|unit| unit.truncated) {
            self.tally.faults.truncated.add(1, line);
        }
        Ok(())
    }

    /// Who says what in the units. Paragraph by paragraph, since each leaves something to the next; a line is a record of its own.
    fn hear<'u>(&mut self, units: &'u [Unit], is_little: bool) -> Vec<Heard<'u>> {
        let job = self.judge.job;
        let language = job.model.featurizer().settings().language.name();
        let read = |unit: &'u Unit| {
            let sentences = sentence::sentences(&unit.text, &unit.breaks, language);
            (unit, sentences, quote::quotations(&unit.text))
        };
        let read: Vec<_> =
            if is_little { units.iter().map(read).collect() } else { units.par_iter().map(read).collect() };
        let goes_on = job.unit != UnitKind::Line;
        let mut heard = |(unit, sentences, quotations): (&'u Unit, Vec<Span>, Vec<Quotation>)| {
            let before = std::mem::take(&mut self.carried);
            let place = |span| place_in(unit, span);
            let (speech, after) = speech::speech_after(&unit.text, &sentences, &quotations, &before, &place);
            if goes_on {
                self.carried = after;
            }
            Heard { unit, sentences, speech, before }
        };
        read.into_iter().map(&mut heard).collect()
    }

    /// A row that is not what it should be.
    pub fn skip(&mut self, line: u64) {
        self.tally.faults.skipped.add(1, line);
    }

    fn number(&mut self, judged: &mut Judged) {
        for (record, words) in judged.records.iter_mut().zip(&judged.words) {
            self.index += 1;
            record.index = self.index;
            self.tally.units += 1;
            self.tally.framed += u64::from(!record.framings.is_empty());
            self.tally.add(&record.text, words.all, words.known);
        }
    }
}

/// A unit with who says what in it.
struct Heard<'u> {
    unit: &'u Unit,
    sentences: Vec<Span>,
    speech: Vec<Reported>,
    before: Carried,
}

/// What any thread does: units to records.
struct Judge<'a> {
    job: &'a Job<'a>,
    /// Working memories that no thread has in hand.
    memories: Mutex<Vec<Memory>>,
}

struct Memory {
    scratch: Scratch,
    row: Row,
}

/// The records of some units, and how many words each of them has.
#[derive(Default)]
struct Judged {
    records: Vec<Record>,
    words: Vec<Words>,
}

struct Words {
    all: u32,
    known: u32,
}

impl Judge<'_> {
    fn all(&self, units: &[Heard]) -> Judged {
        let free = self.memories.lock().map(|mut free| free.pop()).unwrap_or_default();
        let new = || Memory { scratch: self.job.model.scratch(), row: Row::default() };
        let mut memory = free.unwrap_or_else(new);
        let mut judged = Judged::default();
        for unit in units {
            self.unit(unit, &mut memory, &mut judged);
        }
        if let Ok(mut free) = self.memories.lock() {
            free.push(memory);
        }
        judged
    }

    fn unit(&self, heard: &Heard, memory: &mut Memory, judged: &mut Judged) {
        let Heard { unit, sentences, speech, .. } = heard;
        let voices = Voices::new(speech);
        if self.job.unit != UnitKind::Sentence {
            let whole = Span::new(0, unit.text.len());
            judged.push(self.part(heard, whole, unit.truncated, &voices, memory), &memory.row);
            return;
        }
        for (at, span) in sentences.iter().enumerate() {
            let cut = unit.truncated && at + 1 == sentences.len();
            let mut record = self.part(heard, *span, cut, &voices, memory);
            record.breaks = at > 0 && unit.breaks_between(sentences[at - 1].end, span.start);
            judged.push(record, &memory.row);
        }
    }

    fn part(&self, heard: &Heard, span: Span, truncated: bool, voices: &Voices, memory: &mut Memory) -> Record {
        let unit = heard.unit;
        let Job { model, choice, voices: wanted, explain, .. } = self.job;
        let text = span.of(&unit.text).to_owned();
        let Memory { scratch, row } = memory;
        model.featurizer().row_into(&text, scratch, row);
        let scores = model.score(row);
        let framings = framings(model, &scores, choice);
        let evidence = framings.iter().map(|framing| evidence::explain(model, row, framing.label)).collect();
        let mut record = Record {
            line: unit.line_at(span.start),
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
