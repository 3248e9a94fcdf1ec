//! The units of a pool: from running text piece by piece, from tables row by row.

use std::collections::BTreeMap;
use std::path::Path;

use rhetor::corpus::{self, AROUND, Example};
use rhetor::text::stem::Language;
use rhetor::text::unit::{Splitter, Unit, UnitKind};
use rhetor::text::{Place, sentence};

use super::sieve::Sieve;
use crate::cli::args::Suggest;
use crate::cli::reading::{self, Faults, Reader};
use crate::cli::{Remarks, classify, inputs, train};

/// Reads a file, or for `-` standard input, into the sieve.
pub(super) fn read(
    path: &Path,
    args: &Suggest,
    language: Language,
    remarks: Remarks,
    sieve: &mut Sieve,
) -> anyhow::Result<()> {
    if inputs::is_table(path, args.from.column.as_deref()) {
        return table(path, args, language, remarks, sieve);
    }
    let kind = args.from.unit.map_or(UnitKind::Sentence, classify::kind);
    let mut text = Text { path, kind, language, sieve, faults: Faults::default(), index: 0, before: None, held: None };
    reading::read(path, Splitter::new(kind, args.from.max_record), "rhetor suggest", remarks, &mut text)?;
    text.let_go(None);
    text.faults.remark(path, kind, args.from.max_record, remarks);
    Ok(())
}

/// Running text on its way to the sieve.
struct Text<'a> {
    path: &'a Path,
    kind: UnitKind,
    language: Language,
    sieve: &'a mut Sieve,
    faults: Faults,
    /// How many units have come by.
    index: u64,
    /// The text before the one that is held.
    before: Option<String>,
    /// The last text and its line: what comes after it is still to be read.
    held: Option<(String, u64)>,
}

impl Text<'_> {
    /// Offers the text that is held, with what stands around it.
    fn let_go(&mut self, after: Option<&str>) {
        let Some((text, line)) = self.held.take() else { return };
        self.index += 1;
        let (path, index, before) = (self.path, self.index, self.before.take());
        let is_sentence = self.kind == UnitKind::Sentence;
        self.sieve.offer(|| {
            let path = path.display().to_string();
            // Of standard input nobody knows which document it is.
            let is_named = path != "-";
            let mut unit = Example {
                pending: true,
                id: is_named.then(|| format!("{path}:{index}")),
                group: is_named.then(|| path.clone()),
                place: Place::line(path, line),
                extra: BTreeMap::from([("line".into(), line.to_string())]),
                // In JSON it is a number.
                nested: BTreeMap::from([("line".into(), line.to_string())]),
                ..Example::new(text.clone(), Vec::new())
            };
            if is_sentence {
                put_around(&mut unit, [before.as_deref(), after]);
            }
            unit
        });
        self.before = Some(text);
    }
}

impl Reader for Text<'_> {
    fn units(&mut self, units: &mut Vec<Unit>, _: usize) -> anyhow::Result<()> {
        for unit in units.drain(..) {
            self.faults.look_at(&unit);
            each_text(&unit, self.kind, self.language, |text, line| {
                self.let_go(Some(text));
                self.held = Some((text.to_owned(), line));
            });
        }
        Ok(())
    }
}

/// A sentence alone is hard to judge.
fn put_around(unit: &mut Example, around: [Option<&str>; 2]) {
    for (name, text) in AROUND.into_iter().zip(around) {
        unit.extra.remove(name);
        unit.nested.remove(name);
        unit.extra.extend(text.map(|text| (name.to_owned(), text.to_owned())));
    }
}

/// The texts of a unit that are not blank, and the line on which each starts.
fn each_text(unit: &Unit, kind: UnitKind, language: Language, mut found: impl FnMut(&str, u64)) {
    if kind != UnitKind::Sentence {
        if !unit.text.trim().is_empty() {
            found(&unit.text, unit.line);
        }
        return;
    }
    for span in sentence::sentences(&unit.text, &unit.breaks, language.name()) {
        let text = span.of(&unit.text);
        if !text.trim().is_empty() {
            found(text, unit.line_at(span.start));
        }
    }
}

/// The rows of a table, which is read whole; with a unit that is asked for, the units of each row's text.
fn table(path: &Path, args: &Suggest, language: Language, remarks: Remarks, sieve: &mut Sieve) -> anyhow::Result<()> {
    let mut options = train::read_options(&args.input);
    // Those of the labelled data.
    options.format = None;
    options.columns.text = args.from.column.clone().or(options.columns.text);
    options.pending = true;
    options.pool = true;
    options.weighs = false;
    options.everything = true;
    // In a pool, columns of 0 and 1 that nobody calls labels may be anything.
    options.binary_labels = false;
    let corpus = corpus::read(&[path], &options)?;
    train::report_reading(&corpus, remarks);
    for row in corpus.examples {
        match args.from.unit.map(classify::kind) {
            None | Some(UnitKind::Document) => sieve.offer(|| row),
            Some(kind) => parts(&row, kind, args.from.max_record, language, sieve),
        }
    }
    Ok(())
}

/// The units of a row's text, with the row's other columns; labels are of the whole text, and not handed on.
fn parts(row: &Example, kind: UnitKind, max_record: usize, language: Language, sieve: &mut Sieve) {
    let mut units = Vec::new();
    let mut splitter = Splitter::new(kind, max_record);
    splitter.push(row.text.as_bytes(), &mut units);
    splitter.finish(&mut units);
    let group = row.group.clone().or_else(|| row.id.clone()).unwrap_or_else(|| row.place.to_string());
    let mut texts = Vec::new();
    units.iter().for_each(|unit| each_text(unit, kind, language, |text, _| texts.push(text.to_owned())));
    for (at, text) in texts.iter().enumerate() {
        sieve.offer(|| {
            let mut unit = Example {
                pending: true,
                group: Some(group.clone()),
                place: row.place.clone(),
                extra: row.extra.clone(),
                nested: row.nested.clone(),
                ..Example::new(text, Vec::new())
            };
            if kind == UnitKind::Sentence {
                let neighbour = |at: Option<usize>| at.and_then(|at| texts.get(at)).map(String::as_str);
                put_around(&mut unit, [neighbour(at.checked_sub(1)), neighbour(Some(at + 1))]);
            }
            unit
        });
    }
}
