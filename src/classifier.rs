//! Text → records, the one road of the program and of the page: units, who says what in them, rows, framings, voices.
//!
//! ```
//! use rhetor::classifier::Classifier;
//! use rhetor::model::english;
//!
//! let model = english::embedded();
//! let records = Classifier::new(&model).text("\"They will pay a heavy price,\" the president said.");
//! assert_eq!(records[0].voice.map(|voice| voice.name()), Some("quoted"));
//! ```

use std::ops::Range;

use rayon::prelude::*;

use crate::features::{Known, Row, Scratch};
use crate::framing::voice::{Voice, Voices};
use crate::framing::{Choice, evidence, framings_into};
use crate::model::{Model, Scores};
use crate::report::Record;
use crate::report::voiced::place_in;
use crate::text::quote::Quotation;
use crate::text::speech::{Carried, Page, Reported};
use crate::text::unit::{Splitter, Unit, UnitKind};
use crate::text::{Span, quote, sentence};

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
    pub voices: Listening,
    pub unit: UnitKind,
}

/// Whether it is told in whose voice a unit and its framings are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Listening {
    #[default]
    ToAll,
    /// Only framings in these voices are kept.
    For(Vec<Voice>),
    /// No voice is told, and nothing is read that only voices need.
    ToNobody,
}

/// A unit, and what it tells whatever stands before it.
pub struct Read<'u> {
    unit: &'u Unit,
    found: Found,
    /// Unless nobody is listened to.
    page: Option<Page>,
}

/// What stands in a unit, as far as anything needs it.
struct Found {
    sentences: Option<Vec<Span>>,
    quotations: Option<Vec<Quotation>>,
}

/// A unit with who says what in it.
pub struct Heard<'u> {
    unit: &'u Unit,
    found: Found,
    speech: Vec<Reported>,
    before: Carried,
    whole: Span,
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
    scores: Scores,
    /// What each entry of the row adds to the score of the framing at hand.
    contributions: Vec<f64>,
    /// Records that have been used, and whose memory can be again.
    spare: Vec<Record>,
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
        Classifier {
            model,
            choice: Choice::default(),
            explain: true,
            voices: Listening::ToAll,
            unit: UnitKind::Sentence,
        }
    }

    /// The records of a whole text, of which a unit of more than [`MAX_RECORD`] bytes is cut off there and says so. All working memory is made for it anew, which costs more than a short text: for
    /// many of them, [`Splitter`], [`hear`](Classifier::hear) and [`all`](Classifier::all) with one [`memory`](Classifier::memory) a thread.
    pub fn text(&self, text: &str) -> Vec<Record> {
        let (mut splitter, mut units) = (Splitter::new(self.unit, MAX_RECORD), Vec::new());
        splitter.push(text.as_bytes(), &mut units);
        splitter.finish(&mut units);
        let heard = self.hear(&units, &mut Carried::default(), Work::Alone);
        let records = self.all(&heard, &mut self.memory()).records.into_iter().zip(1..);
        records.map(|(record, index)| Record { index, ..record }).collect()
    }

    /// Working memory for one thread, for any number of texts.
    pub fn memory(&self) -> Memory {
        Memory {
            scratch: self.model.scratch(),
            row: Row::default(),
            scores: Scores::default(),
            contributions: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Who says what in the units. Paragraph by paragraph, since each leaves something to the next; a line is a record of its own.
    pub fn hear<'u>(&self, units: &'u [Unit], carried: &mut Carried, work: Work) -> Vec<Heard<'u>> {
        self.listen(self.read(units, work), carried)
    }

    /// The part of [`Classifier::hear`] in which the units do not hang on each other.
    pub fn read<'u>(&self, units: &'u [Unit], work: Work) -> Vec<Read<'u>> {
        let language = self.model.featurizer().settings().language.name();
        let read = |unit: &'u Unit| {
            let sentences = || sentence::sentences(&unit.text, &unit.breaks, language);
            if self.voices == Listening::ToNobody {
                let sentences = (self.unit == UnitKind::Sentence).then(sentences);
                return Read { unit, found: Found { sentences, quotations: None }, page: None };
            }
            let (sentences, quotations) = (sentences(), quote::quotations(&unit.text));
            let page = Page::read(&unit.text, &sentences, &quotations, self.model.hearing());
            let found = Found { sentences: Some(sentences), quotations: Some(quotations) };
            Read { unit, found, page: Some(page) }
        };
        match work {
            Work::Alone => units.iter().map(read).collect(),
            Work::Shared => units.par_iter().map(read).collect(),
        }
    }

    /// The part of [`Classifier::hear`] that takes the units in their order.
    pub fn listen<'u>(&self, units: impl IntoIterator<Item = Read<'u>>, carried: &mut Carried) -> Vec<Heard<'u>> {
        let goes_on = self.unit != UnitKind::Line;
        let mut heard = |Read { unit, found, page }: Read<'u>| {
            let (before, mut speech) = (std::mem::take(carried), Vec::new());
            if let Some(page) = page {
                let after;
                (speech, after) = page.hear(&unit.text, &before, &|span| place_in(unit, span));
                if goes_on {
                    *carried = after;
                }
            }
            Heard { unit, found, speech, before, whole: Span::new(0, unit.text.len()) }
        };
        units.into_iter().map(&mut heard).collect()
    }

    /// The stretches of a unit that become records.
    pub fn stretches<'h>(&self, heard: &'h Heard) -> &'h [Span] {
        match &heard.found.sentences {
            Some(sentences) if self.unit == UnitKind::Sentence => sentences,
            _ => std::slice::from_ref(&heard.whole),
        }
    }

    /// The records of the units, in order.
    pub fn all(&self, units: &[Heard], memory: &mut Memory) -> Judged {
        let mut judged = Judged::default();
        for unit in units {
            self.unit(unit, 0..self.stretches(unit).len(), memory, &mut judged);
        }
        judged
    }

    /// The records of some of the [stretches](Classifier::stretches) of a unit, in order.
    pub fn some(&self, unit: &Heard, stretches: Range<usize>, memory: &mut Memory) -> Judged {
        let mut judged = Judged::default();
        self.unit(unit, stretches, memory, &mut judged);
        judged
    }

    fn unit(&self, heard: &Heard, wanted: Range<usize>, memory: &mut Memory, judged: &mut Judged) {
        let (unit, stretches) = (heard.unit, self.stretches(heard));
        let voices = Voices::new(&heard.speech);
        let mut lines = unit.lines();
        for (at, span) in stretches.iter().enumerate().take(wanted.end).skip(wanted.start) {
            let cut = unit.truncated && at + 1 == stretches.len();
            let mut record = self.part(heard, *span, cut, &voices, memory);
            record.line = lines.at(span.start);
            record.breaks = at > 0 && unit.breaks_between(stretches[at - 1].end, span.start);
            judged.push(record, &memory.row);
        }
    }

    fn part(&self, heard: &Heard, span: Span, truncated: bool, voices: &Voices, memory: &mut Memory) -> Record {
        let Heard { unit, before, found, .. } = heard;
        let Classifier { model, choice, voices: wanted, explain, .. } = self;
        let Memory { scratch, row, scores, contributions, spare } = memory;
        let mut record = spare.pop().unwrap_or_default();
        // Evidence is shown, or decides in whose voice a framing is, if there is more than one.
        let places = *explain || !voices.is_authors(span);
        let mut known = Known { places, ..Known::from(span.of(&unit.text)) };
        if span == heard.whole && unit.breaks.is_empty() {
            known.sentences = found.sentences.as_deref();
            known.quotations = found.quotations.as_deref();
        }
        model.row_into(known, scratch, row);
        model.score_into(row, scores);
        record.of(unit, span, truncated);
        record.known = row.known();
        framings_into(model, scores, choice, &mut record.framings);
        record.probabilities.clone_from(&scores.probabilities);
        if *explain {
            record.evidence = record.framings.iter().map(|one| evidence::explain(model, row, one.label)).collect();
        }
        if *wanted == Listening::ToNobody {
            return record;
        }
        if *explain {
            record.hear(voices, unit, span, before);
        } else {
            let framings = std::mem::take(&mut record.framings);
            let heard = framings.iter().map(|framing| {
                if !places {
                    return voices.sentence(span);
                }
                model.contributions_into(row, framing.label, contributions);
                voices.framing_by(contributions, row, span)
            });
            record.hear_by(voices, unit, span, before, heard);
            record.framings = framings;
        }
        if let Listening::For(wanted) = wanted {
            record.retain_voices(wanted);
        }
        record
    }
}

impl Memory {
    /// Takes back what is no longer needed.
    pub fn reuse(&mut self, judged: Judged) {
        self.spare.extend(judged.records);
    }
}

impl Heard<'_> {
    pub fn text(&self) -> &str {
        &self.unit.text
    }
}

impl Judged {
    fn push(&mut self, record: Record, row: &Row) {
        self.records.push(record);
        self.words.push(Words { all: row.words, known: row.known_words });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::english;
    use proptest::prelude::*;

    /// The records of a text, `rounds` times over in the same memory.
    fn records(classifier: &Classifier, text: &[u8], rounds: usize) -> Vec<String> {
        let (mut splitter, mut units) = (Splitter::new(classifier.unit, MAX_RECORD), Vec::new());
        splitter.push(text, &mut units);
        splitter.finish(&mut units);
        let (mut memory, mut shown) = (classifier.memory(), Vec::new());
        for _ in 0..rounds {
            let heard = classifier.hear(&units, &mut Carried::default(), Work::Alone);
            let mut judged = classifier.all(&heard, &mut memory);
            judged.records.iter_mut().for_each(|record| record.evidence.clear());
            shown = judged.records.iter().map(|record| format!("{record:?}")).collect();
            memory.reuse(judged);
        }
        shown
    }

    /// What is left out because nobody sees it, and what memory held before, change nothing.
    fn agree(text: &[u8]) {
        let model = english::embedded();
        for unit in [UnitKind::Sentence, UnitKind::Line, UnitKind::Paragraph, UnitKind::Document] {
            let choice = Choice { threshold: Some(0.2), ..Choice::default() };
            let with = Classifier { choice: choice.clone(), unit, ..Classifier::new(&model) };
            let without = Classifier { choice, unit, explain: false, ..Classifier::new(&model) };
            let expected = records(&with, text, 1);
            assert_eq!(records(&without, text, 3), expected, "{unit:?}");
            assert_eq!(records(&with, text, 2), expected, "{unit:?}");
        }
    }

    #[test]
    fn the_short_road_to_a_record_and_the_long_one_meet_in_real_text() {
        let rows = include_str!("../training/documents/d1.jsonl").lines().take(150);
        let text = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
        agree(rows.map(text).collect::<Vec<String>>().join("\n\n").as_bytes());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_short_road_to_a_record_and_the_long_one_meet_in_any_text(
            text in proptest::collection::vec(prop_oneof![
                "(Mr Hale|she|the union|said|warned|that|we must act now|they will pay|no choice|traitors|“|”|\"|,|\\.|!|:|\n|\n\n| ){0,12}"
                    .prop_map(String::into_bytes),
                "\\PC{0,12}".prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..6),
            ], 0..10),
        ) {
            agree(&text.concat());
        }
    }
}
