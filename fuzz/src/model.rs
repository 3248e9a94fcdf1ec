//! The model file.

use std::sync::LazyLock;

use rhetor::corpus::Example;
use rhetor::digest::hex;
use rhetor::features::{FeatureSettings, cues};
use rhetor::learn::{self, TrainSettings};
use rhetor::model::weights::Wish;
use rhetor::model::{Model, Task};
use rhetor::text::stem::Language;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Text for a model that could be read, with all that terms are made of.
const TEXT: &str = "We will pay; they said “pay now, or wait up” on 3 May! Who pays?\n\nPAY up… pay pay";

/// Small models of every form, so that a few bytes reach any part of a file.
static MODELS: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let rows = [("pay", "x"), ("pay now", "x"), ("pay up", "x"), ("wait", "y"), ("wait here", "y"), ("wait on", "")];
    let examples = rows
        .map(|(text, label)| Example::new(text, if label.is_empty() { Vec::new() } else { vec![label.to_owned()] }));
    let file = "classes.us = \"up on\"\n[x]\ngo = \"pay @us\"\n";
    let cues = cues::parse("c.toml", file, Language::English).expect("a cue file").cues;
    let features = FeatureSettings { ngrams: (1, 1), shape: false, ..FeatureSettings::default() };
    let plain = TrainSettings { folds: 2, l2: Some(1.0), features: features.clone(), ..TrainSettings::default() };
    let with_cues = TrainSettings {
        features: FeatureSettings { cues: Some(cues.into()), char_ngrams: Some((2, 3)), shape: true, ..features },
        cues_l2: Some(1.0),
        ..plain.clone()
    };
    let runs = FeatureSettings { ngrams: (1, 3), ..plain.features.clone() };
    let small = TrainSettings {
        compression: Wish { bits: Some(16), prune: Some(0.3) },
        features: runs.clone(),
        ..plain.clone()
    };
    let single = TrainSettings {
        task: Some(Task::Single),
        compression: Wish { bits: Some(8), prune: None },
        features: FeatureSettings { hash_bits: Some(8), ..runs },
        ..plain.clone()
    };
    let train = |examples: &[Example], settings| {
        learn::train(examples, settings, &|_| {}).expect("rows that can be learned from").model.to_bytes()
    };
    [train(&examples, &plain), train(&examples, &with_cues), train(&examples, &small), train(&examples[..5], &single)]
});

/// A model file is read whole or refused; what was read is written and read as the same again, and its evidence adds up. The bits of the first
/// byte: 1 makes header and checksum right before, so that the checks behind them are reached; 2 takes the rest as a file, else as
/// edits to one of four sound ones.
pub fn model(data: &[u8]) {
    let (first, data) = super::split(data);
    let bytes = if first & 2 == 2 { data.to_vec() } else { edited(&MODELS[usize::from(first >> 2) % 4], data) };
    let mended = if first & 1 == 1 { mended(&bytes) } else { None };
    read(mended.as_deref().unwrap_or(&bytes));
}

/// As [`model`], from the bytes of a file.
pub fn read(bytes: &[u8]) {
    let model = match Model::from_bytes(bytes, "m".as_ref()) {
        Ok(model) => model,
        Err(error) => {
            assert!(error.to_string().contains("\nhint: "), "{error}");
            return;
        }
    };
    let written = model.to_bytes();
    let again = Model::from_bytes(&written, "m".as_ref()).expect("what was written can be read");
    assert_eq!(again.to_bytes(), written);
    assert_eq!(again.weights_fingerprint(), model.weights_fingerprint());
    super::features::scores(&model, TEXT);
}

/// The file after edits of a place (two bytes), how many bytes go, how many come, and those.
fn edited(file: &[u8], mut edits: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    while let [a, b, gone, come, rest @ ..] = edits {
        let at = usize::from(u16::from_le_bytes([*a, *b])) % (bytes.len() + 1);
        let end = (at + usize::from(*gone)).min(bytes.len());
        let (come, rest) = rest.split_at(usize::from(*come).min(rest.len()));
        bytes.splice(at..end, come.iter().copied());
        edits = rest;
    }
    bytes
}

/// The bytes with the length of the header, the canonical form of the metadata and the checksum set right; `None` if there is no header.
pub fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let rest = bytes.get(8..)?;
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Map<String, Value>>();
    let mut header = values.next()?.ok()?;
    let mut data = &rest[values.byte_offset()..];
    // The container pads its header with blanks.
    while let Some(less) = data.strip_prefix(b" ") {
        data = less;
    }
    let text = header.get("__metadata__")?.get("rhetor")?.as_str()?;
    let mut metadata: Map<String, Value> = serde_json::from_str(text).ok()?;
    metadata.remove("checksum");
    let mut sha = Sha256::new();
    data.chunks(1 << 20).for_each(|block| sha.update(Sha256::digest(block)));
    sha.update(Value::Object(metadata.clone()).to_string().as_bytes());
    metadata.insert("checksum".into(), hex(&sha.finalize()).into());
    let text = Value::Object(metadata).to_string();
    header["__metadata__"]["rhetor"] = text.into();
    let mut json = Value::Object(header).to_string();
    while !json.len().is_multiple_of(8) {
        json.push(' ');
    }
    Some([&(json.len() as u64).to_le_bytes(), json.as_bytes(), data].concat())
}
