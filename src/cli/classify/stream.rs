//! Running text: read what there is, classify it on all threads, write it in order, and hand it on before waiting for
//! more.

use std::path::Path;
use std::sync::Mutex;

use indicatif::ProgressBar;
use rayon::prelude::*;
use rhetor::classifier::{Heard, Judged, Memory, Work};
use rhetor::report::Cells;
use rhetor::text::speech::Carried;
use rhetor::text::unit::{Splitter, Unit, UnitKind};

use super::{Job, SharedReport, Tally, columns, remark_on_language};
use crate::cli::reading::{self, Reader};
use crate::cli::start_threads;

/// Fewer bytes are judged sooner than a thread wakes.
const ENOUGH_FOR_THREADS: usize = 1 << 14;

pub fn classify(job: &Job, path: &Path, report: &SharedReport, bar: &ProgressBar) -> anyhow::Result<Tally> {
    let mut stream = Stream { pen: Pen::new(job, report), path, bar, has_begun: false };
    let splitter = Splitter::new(job.classifier.unit, job.max_record);
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
        if let Some(found) = columns::of(bytes, self.path).filter(|_| job.classifier.unit != UnitKind::Line) {
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
        let work = if is_little { Work::Alone } else { Work::Shared };
        let heard = self.judge.job.classifier.hear(units, &mut self.carried, work);
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
        let mut splitter = Splitter::new(self.judge.job.classifier.unit, self.judge.job.max_record);
        splitter.push(text.as_bytes(), &mut units);
        splitter.finish(&mut units);
        if units.is_empty() && self.judge.job.classifier.unit == UnitKind::Document {
            // A row without text is a record all the same.
            units.push(Unit::default());
        }
        self.carried = Carried::default();
        let heard = self.judge.job.classifier.hear(&units, &mut self.carried, Work::Alone);
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

    /// A row that is not what it should be.
    pub fn skip(&mut self, line: u64) {
        self.tally.faults.skipped.add(1, line);
    }

    /// A row that is too long to be read.
    pub fn pass_over(&mut self, line: u64) {
        self.tally.faults.passed_over.add(1, line);
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

/// What any thread does: units to records.
struct Judge<'a> {
    job: &'a Job<'a>,
    /// Working memories that no thread has in hand.
    memories: Mutex<Vec<Memory>>,
}

impl Judge<'_> {
    fn all(&self, units: &[Heard]) -> Judged {
        let free = self.memories.lock().map(|mut free| free.pop()).unwrap_or_default();
        let mut memory = free.unwrap_or_else(|| self.job.classifier.memory());
        let judged = self.job.classifier.all(units, &mut memory);
        if let Ok(mut free) = self.memories.lock() {
            free.push(memory);
        }
        judged
    }
}
