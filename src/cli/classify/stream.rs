//! Running text: read what there is, classify it on all threads, write it in order, and hand it on before waiting for
//! more.

use std::path::Path;
use std::sync::atomic::Ordering;

use indicatif::ProgressBar;
use rayon::prelude::*;
use rhetor::classifier::{Heard, Judged, Memory, Read, Words, Work};
use rhetor::corpus::Fault;
use rhetor::report::{Cells, Lines, Record};
use rhetor::text::Span;
use rhetor::text::speech::Carried;
use rhetor::text::unit::{Splitter, Unit, UnitKind};

use super::{Job, SharedReport, Tally, columns, remark_on_language};
use crate::cli::reading::{self, Reader};
use crate::cli::start_threads;

/// Fewer bytes are judged sooner than a thread wakes.
const ENOUGH_FOR_THREADS: usize = 1 << 14;

/// Bytes of a unit from which on several threads judge it. Each of them makes out the voices of the whole unit for itself, which is little beside so much text.
const LONG: usize = 1 << 16;

pub fn classify(job: &Job, path: &Path, report: &SharedReport, bar: &ProgressBar) -> anyhow::Result<Tally> {
    let mut stream = Stream { pen: Pen::new(job, report), path, bar };
    let splitter = Splitter::new(job.classifier.unit, job.max_record);
    reading::read(path, splitter, "rhetor classify", job.remarks, &mut stream)?;
    Ok(stream.pen.tally)
}

/// A file on its way to the report.
struct Stream<'a, 'r> {
    pen: Pen<'a, 'r>,
    path: &'a Path,
    bar: &'a ProgressBar,
}

impl Reader for Stream<'_, '_> {
    fn pause(&mut self) -> anyhow::Result<()> {
        Ok(self.pen.report.borrow_mut().flush()?)
    }

    fn first(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        // A file that cannot be read has no place in a report.
        self.pen.begin(&self.path.display().to_string(), None)?;
        self.pen.tally.is_no_text = bytes.contains(&0);
        let job = self.pen.judge.job;
        let may_be_table = job.classifier.unit != UnitKind::Line;
        if let Some(found) = may_be_table.then(|| columns::of(bytes, self.path)).flatten() {
            let path = self.path.display();
            let best = columns::of_text(&found);
            job.remarks.warn(format_args!(
                "{path}: looks like a table of {}, and is read as running text\nhint: --column {best} classifies one column and keeps the others",
                found.names()
            ));
        }
        Ok(())
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
    ahead: Ahead,
    /// Cells of a table written so far, also empty ones.
    rows: u64,
    pub tally: Tally,
}

/// What hangs on the order of the units.
#[derive(Default)]
struct Ahead {
    /// Records so far.
    index: u64,
    /// What the last paragraph leaves to the next one of its document.
    carried: Carried,
}

/// Units that one thread judges, and the number of their first record.
struct Task<'u> {
    heard: Vec<Heard<'u>>,
    first: u64,
}

/// What comes of a task: its lines, or the records where the format wants to see all of them.
#[derive(Default)]
struct Done {
    lines: Vec<u8>,
    records: Vec<Record>,
    framed: u64,
    words: u64,
    known: u64,
}

impl Done {
    fn and(mut self, next: Done) -> Done {
        self.lines.extend(next.lines);
        self.records.extend(next.records);
        self.framed += next.framed;
        self.words += next.words;
        self.known += next.known;
        self
    }
}

impl<'a, 'r> Pen<'a, 'r> {
    pub fn new(job: &'a Job<'a>, report: &SharedReport<'r>) -> Self {
        let (judge, ahead) = (Judge { job }, Ahead::default());
        Pen { judge, report: report.clone(), ahead, rows: 0, tally: Tally::new() }
    }

    /// Classifies the units and writes their records; `units` is empty afterwards.
    pub fn write(&mut self, units: &mut Vec<Unit>) -> anyhow::Result<()> {
        if units.is_empty() {
            // Working memory is made for the first unit: an empty input needs none.
            return Ok(());
        }
        let bytes: usize = units.iter().map(|unit| unit.text.len()).sum();
        if bytes < ENOUGH_FOR_THREADS || start_threads() == 1 {
            for some in tasks(units) {
                let done = self.alone(some, |_| {});
                self.hand_on(done)?;
            }
        } else {
            let done = self.shared(units);
            done.into_iter().try_for_each(|done| self.hand_on(done))?;
        }
        units.drain(..).for_each(|unit| self.tally.faults.look_at(&unit));
        Ok(())
    }

    /// Judges units on this thread; `mark` is shown each record.
    fn alone(&mut self, units: &[Unit], mark: impl Fn(&mut Record)) -> Done {
        let Pen { judge, report, ahead, tally, .. } = self;
        let task = ahead.next(judge, judge.job.classifier.read(units, Work::Alone), tally);
        judge.done(&task, report.borrow().lines(), mark)
    }

    /// One thread goes ahead with what hangs on the order of the units; the others judge and write what it leaves behind, and when it is
    /// through it helps them.
    fn shared(&mut self, units: &[Unit]) -> Vec<Done> {
        let Pen { judge, report, ahead, tally, .. } = self;
        let (judge, report) = (&*judge, report.borrow());
        let lines = report.lines();
        let sizes: Vec<usize> = tasks(units).map(<[Unit]>::len).collect();
        let mut all: Vec<Done> = sizes.iter().map(|_| Done::default()).collect();
        let mut read = judge.job.classifier.read(units, Work::Shared).into_iter();
        rayon::scope(|scope| {
            for (size, done) in sizes.into_iter().zip(&mut all) {
                let task = ahead.next(judge, read.by_ref().take(size), tally);
                scope.spawn(move |_| *done = judge.done_by_all(&task, lines));
            }
        });
        all
    }

    fn hand_on(&mut self, done: Done) -> anyhow::Result<()> {
        let Done { lines, records, framed, words, known } = done;
        self.tally.framed += framed;
        self.tally.words += words;
        self.tally.known += known;
        let mut report = self.report.borrow_mut();
        if !lines.is_empty() {
            report.write(&lines)?;
        }
        Ok(records.iter().try_for_each(|record| report.record(record))?)
    }

    /// A file that can be read begins in the report, with the columns of a table.
    pub fn begin(&self, path: &str, header: Option<&csv::StringRecord>) -> anyhow::Result<()> {
        self.judge.job.has_begun.store(true, Ordering::Relaxed);
        Ok(self.report.borrow_mut().begin(path, header)?)
    }

    /// One cell of a table: its own units, with the row's line and other cells.
    pub fn write_cell(&mut self, text: &str, line: u64, cells: Option<&Cells>) -> anyhow::Result<()> {
        self.rows += 1;
        let mut units = Vec::new();
        let mut splitter = Splitter::new(self.judge.job.classifier.unit, self.judge.job.max_record);
        splitter.push(text.as_bytes(), &mut units);
        splitter.finish(&mut units);
        if units.is_empty() {
            match self.judge.job.classifier.unit {
                // A row without text is a record all the same.
                UnitKind::Document | UnitKind::Line => units.push(Unit::default()),
                // But no sentence, and would be counted as one that has no framing.
                UnitKind::Sentence | UnitKind::Paragraph => self.tally.faults.textless.add(1, line),
            }
        }
        self.ahead.carried = Carried::default();
        let row = self.rows;
        let done = self.alone(&units, |record| {
            (record.line, record.paragraph, record.cells) = (line, row, cells.cloned());
        });
        self.hand_on(done)?;
        if units.iter().any(|unit| unit.truncated) {
            self.tally.faults.cut(line);
        }
        Ok(())
    }

    /// A row that is not what it should be.
    pub fn skip(&mut self, line: u64, fault: Fault) {
        self.tally.faults.skip(line, fault);
    }

    /// A row that is too long to be read.
    pub fn pass_over(&mut self, line: u64) {
        self.tally.faults.passed_over.add(1, line);
    }
}

/// Units by tasks: large enough to be worth a thread's while, small enough that no thread waits for another at the end.
fn tasks(units: &[Unit]) -> impl Iterator<Item = &[Unit]> {
    const BYTES: usize = 1 << 12;
    let mut so_far = 0;
    units.chunk_by(move |unit, _| {
        so_far += unit.text.len() + 1;
        let goes_on = so_far < BYTES;
        so_far = if goes_on { so_far } else { 0 };
        goes_on
    })
}

impl Ahead {
    fn next<'u>(&mut self, judge: &Judge, units: impl IntoIterator<Item = Read<'u>>, tally: &mut Tally) -> Task<'u> {
        let (classifier, first) = (&judge.job.classifier, self.index + 1);
        let heard = classifier.listen(units, &mut self.carried);
        for unit in &heard {
            let stretches = classifier.stretches(unit);
            self.index += stretches.len() as u64;
            tally.look_at(unit.text(), stretches);
        }
        Task { heard, first }
    }
}

/// What any thread does: units to records, and records to lines.
struct Judge<'a> {
    job: &'a Job<'a>,
}

impl Judge<'_> {
    fn done(&self, task: &Task, lines: Option<&dyn Lines>, mark: impl Fn(&mut Record)) -> Done {
        let classifier = &self.job.classifier;
        self.written(|memory| classifier.all(&task.heard, memory), task.first, lines, mark)
    }

    /// The same by several threads, if a unit is so long that others would wait for it.
    fn done_by_all(&self, task: &Task, lines: Option<&dyn Lines>) -> Done {
        let classifier = &self.job.classifier;
        if task.heard.iter().all(|unit| unit.text().len() < LONG) {
            return self.done(task, lines, |_| {});
        }
        let (mut parts, mut first) = (Vec::new(), task.first);
        for unit in &task.heard {
            let stretches = classifier.stretches(unit);
            let mut start = 0;
            while start < stretches.len() {
                let goes_on = |span: &Span| span.end - stretches[start].start <= LONG;
                let end = start + stretches[start..].iter().take_while(|span| goes_on(span)).count().max(1);
                parts.push((unit, start..end, first + start as u64));
                start = end;
            }
            first += stretches.len() as u64;
        }
        let done: Vec<Done> = parts
            .into_par_iter()
            .map(|(unit, some, first)| self.written(|memory| classifier.some(unit, some, memory), first, lines, |_| {}))
            .collect();
        done.into_iter().fold(Done::default(), Done::and)
    }

    /// The records that `judge` gives, numbered from `first`, and what becomes of them.
    fn written(
        &self,
        judge: impl FnOnce(&mut Memory) -> Judged,
        first: u64,
        lines: Option<&dyn Lines>,
        mark: impl Fn(&mut Record),
    ) -> Done {
        let classifier = &self.job.classifier;
        self.job.memories.lend(
            || classifier.memory(),
            |memory| {
                let mut judged = judge(memory);
                for (record, index) in judged.records.iter_mut().zip(first..) {
                    record.index = index;
                    mark(record);
                }
                let framed = judged.records.iter().filter(|record| !record.framings.is_empty()).count() as u64;
                let sum = |of: fn(&Words) -> u32| judged.words.iter().map(|words| u64::from(of(words))).sum();
                let mut done =
                    Done { framed, words: sum(|words| words.all), known: sum(|words| words.known), ..Done::default() };
                match lines {
                    Some(lines) => {
                        lines.append(&judged.records, &mut done.lines);
                        memory.reuse(judged);
                    }
                    None => done.records = judged.records,
                }
                done
            },
        )
    }
}
