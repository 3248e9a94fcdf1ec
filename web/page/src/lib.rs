//! rhetor for a page: a model, the texts that it read, and what is shown of them. Whatever goes wrong reaches the page as an exception with words.

mod about;

use std::cell::OnceCell;
use std::path::Path;

use rhetor::classifier::{Classifier, ENOUGH_WORDS, MAX_RECORD, Memory, TOO_FEW_KNOWN, Work};
use rhetor::codebook::LabelId;
use rhetor::framing::Choice;
use rhetor::model::file::ModelError;
use rhetor::model::{Model, english};
use rhetor::report::difference::difference;
use rhetor::report::html::{self, Html};
use rhetor::report::jsonl::Jsonl;
use rhetor::report::table::Table;
use rhetor::report::{Record, Report, Setting};
use rhetor::text::language;
use rhetor::text::speech::Carried;
use rhetor::text::unit::{Splitter, Unit, UnitKind, looks_utf16};
use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

/// A panic would end in a trap that says nothing; thrown, its words reach the page.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&format!("rhetor failed: {panic}"))));
}

/// A model at work.
#[wasm_bindgen]
pub struct Rhetor {
    model: Model,
    memory: Memory,
    choice: Choice,
    texts: Vec<Text>,
    splitter: Splitter,
    carried: Carried,
    /// Whether the model's figures on other text are of these very weights.
    has_mirror: OnceCell<bool>,
}

/// A text, read.
struct Text {
    name: String,
    records: Vec<Record>,
    words: u64,
    known: u64,
    /// Its first bytes.
    head: Vec<u8>,
    replaced: u64,
    truncated: u64,
}

/// What the user wants to see; what is left out is as the model has it.
#[derive(Deserialize)]
struct Wanted {
    thresholds: Option<Vec<f64>>,
    only: Option<Vec<u16>>,
}

#[wasm_bindgen]
impl Rhetor {
    /// With the embedded model.
    pub fn embedded() -> Rhetor {
        Rhetor::with(english::embedded())
    }

    /// With the model of a file, checked as everywhere.
    pub fn of_file(bytes: &[u8], name: &str) -> Result<Rhetor, String> {
        Model::from_bytes(bytes, Path::new(name)).map(Rhetor::with).map_err(|error| problem(name, error).to_string())
    }

    /// The model and its labels, as JSON.
    pub fn about(&self) -> String {
        about::about(&self.model).to_string()
    }

    /// Begins anew, without texts.
    pub fn begin(&mut self, wanted: &str) -> Result<(), String> {
        let Wanted { thresholds, only } = serde_json::from_str(wanted).map_err(|error| error.to_string())?;
        let only = only.map(|only| only.into_iter().map(LabelId).collect());
        self.choice = Choice { only, thresholds, ..Choice::default() };
        self.texts.clear();
        Ok(())
    }

    /// A text begins.
    pub fn open(&mut self, name: &str, head: &[u8]) -> Result<(), String> {
        if let Some(encoding) = looks_utf16(head) {
            return Err(json!({ "is": "encoding", "name": name, "encoding": encoding }).to_string());
        }
        let head = head.to_vec();
        let (records, words, known, replaced, truncated) = (Vec::new(), 0, 0, 0, 0);
        self.texts.push(Text { name: name.to_owned(), records, words, known, head, replaced, truncated });
        self.splitter = Splitter::new(UnitKind::Sentence, MAX_RECORD);
        self.carried = Carried::default();
        Ok(())
    }

    /// Some bytes of it.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut units = Vec::new();
        self.splitter.push(bytes, &mut units);
        self.add(&units);
    }

    /// It has ended.
    pub fn close(&mut self) {
        let mut units = Vec::new();
        self.splitter.finish(&mut units);
        self.add(&units);
    }

    /// What should be known before the result is believed, as JSON: problems, for which the page has the words.
    pub fn remarks(&self) -> String {
        json!(self.texts.iter().flat_map(|text| text.remarks(&self.model)).collect::<Vec<_>>()).to_string()
    }

    /// How often each label is marked.
    pub fn marks(&self) -> Vec<u32> {
        let mut marks = vec![0; self.model.labels().len()];
        let framings = self.texts.iter().flat_map(|text| &text.records).flat_map(|record| &record.framings);
        framings.for_each(|framing| marks[framing.label.index()] += 1);
        marks
    }

    /// The report, as the program writes it.
    pub fn report(&self) -> Result<Vec<u8>, String> {
        let has_mirror = *self.has_mirror.get_or_init(|| html::mirror(&self.model).is_some());
        let mirror = self.model.card().mirror.as_ref().filter(|_| has_mirror);
        self.written(|setting, out| self.told(Html::with_mirror(setting, out, "sentence", mirror)))
    }

    pub fn jsonl(&self) -> Result<Vec<u8>, String> {
        self.written(|setting, out| self.told(Jsonl::new(setting, out)))
    }

    pub fn csv(&self) -> Result<Vec<u8>, String> {
        self.written(|setting, out| self.told(Table::new(setting, out, b',').spreadsheet_safe(true)))
    }

    /// How the second text differs from the first, framing by framing, as JSON.
    pub fn difference(&self) -> Result<String, String> {
        let found = match &self.texts[..] {
            [one, other, ..] => difference(&self.model, [&one.records, &other.records]),
            _ => None,
        };
        serde_json::to_string(&found).map_err(|error| error.to_string())
    }
}

impl Rhetor {
    fn with(model: Model) -> Rhetor {
        let splitter = Splitter::new(UnitKind::Sentence, MAX_RECORD);
        let (memory, choice) = (Classifier::new(&model).memory(), Choice::default());
        let (texts, carried, has_mirror) = (Vec::new(), Carried::default(), OnceCell::new());
        Rhetor { model, memory, choice, texts, splitter, carried, has_mirror }
    }

    fn add(&mut self, units: &[Unit]) {
        let Some(text) = self.texts.last_mut() else { return };
        let classifier = Classifier { choice: self.choice.clone(), ..Classifier::new(&self.model) };
        let heard = classifier.hear(units, &mut self.carried, Work::Alone);
        let judged = classifier.all(&heard, &mut self.memory);
        for (record, words) in judged.records.into_iter().zip(judged.words) {
            text.words += u64::from(words.all);
            text.known += u64::from(words.known);
            let index = text.records.len() as u64 + 1;
            text.records.push(Record { index, ..record });
        }
        text.replaced += units.iter().map(|unit| u64::from(unit.replaced)).sum::<u64>();
        text.truncated += units.iter().filter(|unit| unit.truncated).count() as u64;
    }

    fn written(&self, write: impl Fn(&Setting, &mut Vec<u8>) -> std::io::Result<()>) -> Result<Vec<u8>, String> {
        let choice = self.choice.clone();
        let setting = Setting { explain: true, all_scores: true, choice, ..Setting::new(&self.model) };
        let mut bytes = Vec::new();
        write(&setting, &mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn told(&self, mut report: impl Report) -> std::io::Result<()> {
        for text in &self.texts {
            report.begin(&text.name, None)?;
            text.records.iter().try_for_each(|record| report.record(record))?;
        }
        report.end()
    }
}

impl Text {
    fn remarks(&self, model: &Model) -> Vec<Value> {
        let (name, own) = (&self.name, model.featurizer().settings().language);
        let mut remarks = Vec::new();
        let share = self.known as f64 / self.words.max(1) as f64;
        let foreign = language::other_than(own, &String::from_utf8_lossy(&self.head));
        if self.head.contains(&0) {
            remarks.push(json!({ "is": "no-text", "name": name }));
        }
        if let Some(found) = foreign {
            remarks.push(json!({ "is": "foreign", "name": name, "found": found, "own": own.name() }));
        } else if self.words >= ENOUGH_WORDS && share < TOO_FEW_KNOWN {
            remarks.push(json!({ "is": "unknown-words", "name": name, "percent": format!("{:.0}", 100.0 * share) }));
        }
        if self.replaced > 0 {
            remarks.push(json!({ "is": "replaced", "name": name, "n": self.replaced }));
        }
        if self.truncated > 0 {
            remarks.push(json!({ "is": "truncated", "name": name, "n": self.truncated, "bytes": MAX_RECORD }));
        }
        remarks
    }
}

/// What is wrong with a model file, as the page has phrases for it.
fn problem(name: &str, error: ModelError) -> Value {
    match error {
        ModelError::Io { cause, .. } => json!({ "is": "unreadable", "name": name, "what": cause.to_string() }),
        ModelError::NotAModel { .. } => json!({ "is": "no-model", "name": name }),
        ModelError::Newer { found, writer, .. } => {
            json!({ "is": "newer-model", "name": name, "found": found, "writer": writer })
        }
        ModelError::Older { found, .. } => json!({ "is": "older-model", "name": name, "found": found }),
        ModelError::Damaged { what, .. } => json!({ "is": "damaged-model", "name": name, "what": what }),
        ModelError::TooLarge { bytes, .. } => json!({ "is": "large-model", "name": name, "bytes": bytes }),
    }
}
