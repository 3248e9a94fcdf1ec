//! From a unit to its record and its line, step by step: `cargo bench --bench classify`.
//!
//! The text is the project's own training documents, each a paragraph, or `TEXT=FILE`. `examples/fresh_text.rs` makes text that no memory of
//! words and pairs flatters.

mod corpus;

use divan::counter::BytesCount;
use rhetor::classifier::{Classifier, Work};
use rhetor::features::Row;
use rhetor::framing::Choice;
use rhetor::framing::evidence;
use rhetor::framing::framings;
use rhetor::model::{Model, Scores, english};
use rhetor::report::jsonl::Jsonl;
use rhetor::report::table::Table;
use rhetor::report::{Record, Report, Setting};
use rhetor::text::speech::Carried;
use rhetor::text::unit::{Splitter, Unit, UnitKind};

fn main() {
    divan::main();
}

fn documents() -> Vec<u8> {
    if let Some(file) = std::env::var_os("TEXT") {
        return std::fs::read(file).expect("TEXT names a file");
    }
    let mut text = String::new();
    for row in corpus::rows() {
        text.push_str(corpus::text(&row));
        text.push_str("\n\n");
    }
    text.into_bytes()
}

fn units(kind: UnitKind) -> (Vec<Unit>, BytesCount) {
    let (text, mut units) = (documents(), Vec::new());
    let mut splitter = Splitter::new(kind, 1 << 20);
    splitter.push(&text, &mut units);
    splitter.finish(&mut units);
    (units, BytesCount::new(text.len()))
}

fn classifier(model: &Model, explain: bool, unit: UnitKind) -> Classifier<'_> {
    Classifier { explain, unit, ..Classifier::new(model) }
}

/// Tokens, terms, cues, values.
#[divan::bench(min_time = 1)]
fn rows(bencher: divan::Bencher) {
    let (model, (units, bytes)) = (english::embedded(), units(UnitKind::Line));
    let (mut scratch, mut row) = (model.scratch(), Row::default());
    bencher.counter(bytes).bench_local(|| {
        units.iter().for_each(|unit| model.featurizer().row_into(&unit.text, &mut scratch, &mut row));
    });
}

#[divan::bench(min_time = 1)]
fn scores(bencher: divan::Bencher) {
    let (model, (units, bytes)) = (english::embedded(), units(UnitKind::Line));
    let (mut scratch, mut scores) = (model.scratch(), Scores::default());
    let rows: Vec<Row> = units.iter().map(|unit| model.featurizer().row(&unit.text, &mut scratch)).collect();
    bencher.counter(bytes).bench_local(|| rows.iter().for_each(|row| model.score_into(row, &mut scores)));
}

#[divan::bench(min_time = 1)]
fn explanations(bencher: divan::Bencher) {
    let (model, (units, bytes)) = (english::embedded(), units(UnitKind::Line));
    let mut scratch = model.scratch();
    let rows: Vec<Row> = units.iter().map(|unit| model.featurizer().row(&unit.text, &mut scratch)).collect();
    bencher.counter(bytes).bench_local(|| {
        for row in &rows {
            for framing in framings(&model, &model.score(row), &Choice::default()) {
                divan::black_box(evidence::explain(&model, row, framing.label));
            }
        }
    });
}

fn records(bencher: divan::Bencher, explain: bool, kind: UnitKind) {
    let (model, (units, bytes)) = (english::embedded(), units(kind));
    let classifier = classifier(&model, explain, kind);
    let (heard, mut memory) = (classifier.hear(&units, &mut Carried::default(), Work::Alone), classifier.memory());
    bencher.counter(bytes).bench_local(|| {
        for some in heard.chunks(32) {
            let judged = classifier.all(some, &mut memory);
            memory.reuse(judged);
        }
    });
}

#[divan::bench(min_time = 1)]
fn records_of_lines(bencher: divan::Bencher) {
    records(bencher, false, UnitKind::Line);
}

#[divan::bench(min_time = 1)]
fn records_of_sentences(bencher: divan::Bencher) {
    records(bencher, false, UnitKind::Sentence);
}

#[divan::bench(min_time = 1)]
fn records_of_sentences_with_evidence(bencher: divan::Bencher) {
    records(bencher, true, UnitKind::Sentence);
}

fn lines(bencher: divan::Bencher, explain: bool, write: impl Fn(&Setting, &[Record]) -> Vec<u8>) {
    let (model, (units, bytes)) = (english::embedded(), units(UnitKind::Line));
    let classifier = classifier(&model, explain, UnitKind::Line);
    let heard = classifier.hear(&units, &mut Carried::default(), Work::Alone);
    let records = classifier.all(&heard, &mut classifier.memory()).records;
    let setting = Setting { explain, ..Setting::new(&model) };
    bencher.counter(bytes).bench_local(|| write(&setting, &records));
}

fn table(setting: &Setting, records: &[Record]) -> Vec<u8> {
    let mut lines = Vec::new();
    Table::new(setting, std::io::sink(), b'\t').lines().expect("a row is a row").append(records, &mut lines);
    lines
}

fn json(setting: &Setting, records: &[Record]) -> Vec<u8> {
    let mut lines = Vec::new();
    Jsonl::new(setting, std::io::sink()).lines().expect("a line is a line").append(records, &mut lines);
    lines
}

#[divan::bench(min_time = 1)]
fn lines_of_tsv(bencher: divan::Bencher) {
    lines(bencher, false, table);
}

#[divan::bench(min_time = 1)]
fn lines_of_json(bencher: divan::Bencher) {
    lines(bencher, false, json);
}

#[divan::bench(min_time = 1)]
fn lines_of_json_with_evidence(bencher: divan::Bencher) {
    lines(bencher, true, json);
}
