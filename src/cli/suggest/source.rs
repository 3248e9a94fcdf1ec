//! The units of a pool: from running text piece by piece, from tables row by row.

use std::collections::BTreeMap;
use std::path::Path;

use rhetor::corpus::{self, Example, Format};
use rhetor::text::stem::Language;
use rhetor::text::unit::{Splitter, Unit, UnitKind};
use rhetor::text::{Place, sentence};

use super::sieve::Sieve;
use crate::cli::args::Suggest;
use crate::cli::reading::{self, Faults, Reader};
use crate::cli::{Remarks, classify, train};

/// Reads a file, or for `-` standard input, into the sieve.
pub(super) fn read(
    path: &Path,
    args: &Suggest,
    language: Language,
    remarks: Remarks,
    sieve: &mut Sieve,
) -> anyhow::Result<()> {
    let promises_table = || args.from.unit.is_none() && Format::of_name(&path.to_string_lossy()).is_some();
    if args.from.column.is_some() || promises_table() {
        return table(path, args, language, remarks, sieve);
    }
    let kind = args.from.unit.map_or(UnitKind::Sentence, classify::kind);
    let mut text = Text { path, kind, language, sieve, faults: Faults::default() };
    reading::read(path, Splitter::new(kind, args.from.max_record), "rhetor suggest", remarks, &mut text)?;
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
}

impl Reader for Text<'_> {
    fn units(&mut self, units: &mut Vec<Unit>, _: usize) -> anyhow::Result<()> {
        let path = self.path.display().to_string();
        for unit in units.drain(..) {
            self.faults.look_at(&unit);
            each_text(&unit, self.kind, self.language, |text, line| {
                self.sieve.offer(|| Example {
                    pending: true,
                    group: (path != "-").then(|| path.clone()),
                    place: Place::line(path.clone(), line),
                    extra: BTreeMap::from([("line".into(), line.to_string())]),
                    // In JSON it is a number.
                    nested: BTreeMap::from([("line".into(), line.to_string())]),
                    ..Example::new(text, Vec::new())
                });
            });
        }
        Ok(())
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
    for unit in &units {
        each_text(unit, kind, language, |text, _| {
            sieve.offer(|| Example {
                pending: true,
                group: Some(group.clone()),
                place: row.place.clone(),
                extra: row.extra.clone(),
                ..Example::new(text, Vec::new())
            });
        });
    }
}
