//! A stream on its way to records.

use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use rhetor::classifier::{Classifier, Heard, Judged, Listening, Work};
use rhetor::framing::Choice;
use rhetor::framing::evidence::Order;
use rhetor::report::jsonl::Jsonl;
use rhetor::report::{Record, Report, Setting};
use rhetor::text::speech::Carried;
use rhetor::text::unit::{Splitter, UnitKind};

use super::features::ENGLISH;

const KINDS: [UnitKind; 4] = [UnitKind::Sentence, UnitKind::Line, UnitKind::Paragraph, UnitKind::Document];

static TWO: LazyLock<ThreadPool> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(2).build().expect("threads can be had"));

/// A stream gives the same records, evidence and all, whether it is read whole or in pieces, on one thread or on two; and each says where its
/// framings' evidence lies.
pub fn stream(data: &[u8]) {
    let (first, data) = super::split(data);
    let unit = KINDS[usize::from(first & 3)];
    let choice = Choice { threshold: Some(0.2), ..Choice::default() };
    let classifier = Classifier { model: &ENGLISH, choice, explain: true, voices: Listening::ToAll, unit };
    let most = if first & 4 == 0 { 1 << 20 } else { 40 };
    let whole = records(&classifier, most, std::iter::once(data), Work::Alone);
    let setting = Setting { explain: true, order: Order::Reading, all_scores: true, ..Setting::new(&ENGLISH) };
    let expected = written(&setting, &whole);
    for (step, work) in [(1, Work::Alone), (usize::from(first >> 3) + 2, Work::Shared)] {
        let again = TWO.install(|| records(&classifier, most, data.chunks(step), work));
        assert_eq!(written(&setting, &again), expected, "in pieces of {step}, {work:?}");
    }
    for record in &whole {
        assert!((0.0..=1.0).contains(&record.known) && record.start <= record.end, "{record:?}");
        assert_eq!((record.framings.len(), record.framings.len()), (record.evidence.len(), record.said.len()));
    }
}

/// The records of a stream that comes in these pieces.
fn records<'a>(
    classifier: &Classifier,
    most: usize,
    pieces: impl Iterator<Item = &'a [u8]>,
    work: Work,
) -> Vec<Record> {
    let (mut splitter, mut units, mut carried) = (Splitter::new(classifier.unit, most), Vec::new(), Carried::default());
    let (mut records, mut memory) = (Vec::new(), classifier.memory());
    let mut judge = |units: &mut Vec<_>, carried: &mut Carried| {
        let heard = classifier.hear(units, carried, work);
        records.extend(judged(classifier, &heard, work, &mut memory));
        drop(heard);
        units.clear();
    };
    for piece in pieces {
        splitter.push(piece, &mut units);
        judge(&mut units, &mut carried);
    }
    splitter.finish(&mut units);
    judge(&mut units, &mut carried);
    records.into_iter().zip(1..).map(|(record, index)| Record { index, ..record }).collect()
}

/// Unit by unit, the second half by another thread with a memory of its own where work is shared.
fn judged(
    classifier: &Classifier,
    heard: &[Heard],
    work: Work,
    memory: &mut rhetor::classifier::Memory,
) -> Vec<Record> {
    let (one, other) = match work {
        Work::Alone => (classifier.all(heard, memory), Judged::default()),
        Work::Shared => {
            let (one, other) = heard.split_at(heard.len() / 2);
            rayon::join(|| classifier.all(one, memory), || classifier.all(other, &mut classifier.memory()))
        }
    };
    one.records.into_iter().chain(other.records).collect()
}

fn written(setting: &Setting, records: &[Record]) -> String {
    let mut out = Vec::new();
    let mut report = Jsonl::new(setting, &mut out);
    records.iter().for_each(|record| report.record(record).expect("memory takes it"));
    String::from_utf8(out).expect("JSON is UTF-8")
}
