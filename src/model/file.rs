//! The model file: a safetensors container, checked when read, replaced whole when written. `docs/model-file.md` has the
//! layout.
//!
//! The checksum is SHA-256 over the tensors' bytes in the order of [`TENSORS`] and then the metadata JSON without its
//! `checksum` key; keys are sorted. Numbers are little-endian.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::weights::{Values, Weights};
use super::{Model, Task, part};
use crate::codebook::LabelSet;
use crate::features::cues::{BadMatcher, CueSet};
use crate::features::vocabulary::Vocabulary;
use crate::features::{Extractor, FeatureSettings, Featurizer, ReadyCues};
use crate::parsed::Parsed;
use crate::text::stem::STEMMER;

/// The version of the format that this program writes and reads.
pub const FORMAT: u32 = 2;

/// Every tensor that a model file may hold, in the order of its checksum.
pub const TENSORS: [&str; 11] = [
    "weights",
    "weight_scales",
    "weight_rows",
    "intercepts",
    "thresholds",
    "terms",
    "term_ends",
    "term_slots",
    "document_frequency",
    "cues",
    "cue_matcher",
];

/// Those that only some models hold: compressed ones, and those with cues.
const OPTIONAL: [&str; 4] = ["weight_scales", "weight_rows", "cues", "cue_matcher"];

/// A model file larger than this is not read.
const MOST_BYTES: u64 = 8 << 30;

/// Why a model could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
    #[error("{path}: no rhetor model\nhint: a model is made by `rhetor train DATA -o MODEL`")]
    NotAModel { path: PathBuf },
    #[error(
        "{path}: a model of format {found}, and this rhetor reads {FORMAT}\nhint: it was written by rhetor {writer}; use that version or a later one"
    )]
    Newer { path: PathBuf, found: u32, writer: String },
    #[error("{path}: a model of format {found}, which no rhetor reads any more\nhint: train it again")]
    Older { path: PathBuf, found: u64 },
    #[error("{path}: damaged model: {what}\nhint: train it again, or copy it anew from where it was intact")]
    Damaged { path: PathBuf, what: String },
    #[error("{path}: {bytes} bytes are more than a model may have ({MOST_BYTES})")]
    TooLarge { path: PathBuf, bytes: u64 },
}

/// A tensor as it is written.
struct Tensor {
    name: &'static str,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl Tensor {
    fn new(name: &'static str, dtype: Dtype, shape: Vec<usize>, data: Vec<u8>) -> Self {
        Tensor { name, dtype, shape, data }
    }
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    format: u32,
    /// The version of rhetor that wrote the file.
    version: String,
    stemmer: String,
    task: Task,
    labels: Vec<String>,
    features: FeatureSettings,
    /// Training units, the n of inverse document frequency.
    units: u32,
    card: Box<RawValue>,
    /// The names of the cues, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cues: Vec<String>,
    /// Only of a model that was trained with one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    codebook: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
}

impl Model {
    /// Reads and checks a model file.
    ///
    /// # Errors
    /// [`ModelError`] says whether it could not be read, is no model, is newer than this program, or is damaged.
    pub fn read(path: &Path) -> Result<Model, ModelError> {
        let io = |cause| ModelError::Io { path: path.into(), cause };
        let file = fs::File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        if length > MOST_BYTES {
            return Err(ModelError::TooLarge { path: path.into(), bytes: length });
        }
        let mut bytes = Vec::new();
        // A device says that it has no length.
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(ModelError::TooLarge { path: path.into(), bytes: bytes.len() as u64 });
        }
        Model::from_bytes(&bytes, path)
    }

    /// A model from the bytes of a model file; `path` is for messages.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Model, ModelError> {
        parse(bytes, path, Check::Everything)
    }

    /// As [`Model::from_bytes`] for bytes that are part of the program: their checksum is taken as it stands.
    pub(crate) fn from_trusted_bytes(bytes: &[u8], path: &Path) -> Result<Model, ModelError> {
        parse(bytes, path, Check::Structure)
    }

    /// The bytes of the model file; the same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let tensors = self.tensors();
        let metadata = serde_json::to_string(&self.metadata()).expect("metadata is plain data");
        let mut json: Value = serde_json::from_str(&metadata).expect("it was JSON a line before");
        let digest = digest(tensors.iter().map(|tensor| &tensor.data[..]), &json);
        json["checksum"] = Value::String(digest);
        let views = tensors.iter().map(|Tensor { name, dtype, shape, data }| {
            (*name, TensorView::new(*dtype, shape.clone(), data).expect("shapes are those of the data"))
        });
        let metadata = HashMap::from([("rhetor".to_owned(), json.to_string())]);
        safetensors::serialize(views, Some(metadata)).expect("metadata stays far under the container's bound")
    }

    fn tensors(&self) -> Vec<Tensor> {
        let (terms, ends, slots) = self.featurizer.vocabulary().parts();
        let frequencies = self.featurizer.vocabulary().document_frequency();
        let k = self.labels.len();
        let mut tensors = self.weight_tensors();
        tensors.extend([
            Tensor::new("intercepts", Dtype::F64, vec![k], bytes_of(&self.intercepts, |b| b.to_le_bytes())),
            Tensor::new("thresholds", Dtype::F64, vec![k], bytes_of(&self.thresholds, |t| t.to_le_bytes())),
            Tensor::new("terms", Dtype::U8, vec![terms.len()], terms.to_vec()),
            Tensor::new("term_ends", Dtype::U32, vec![ends.len()], bytes_of(ends, |n| n.to_le_bytes())),
            Tensor::new("term_slots", Dtype::U32, vec![slots.len()], bytes_of(slots, |n| n.to_le_bytes())),
            Tensor::new("document_frequency", Dtype::U32, vec![ends.len()], bytes_of(frequencies, |n| n.to_le_bytes())),
        ]);
        if let Some(cues) = &self.featurizer.settings().cues {
            let json = serde_json::to_vec(&**cues).expect("cues are plain data");
            tensors.push(Tensor::new("cues", Dtype::U8, vec![json.len()], json));
        }
        if let Some(matcher) = self.featurizer.extractor().cue_matcher() {
            tensors.push(Tensor::new("cue_matcher", Dtype::U8, vec![matcher.len()], matcher));
        }
        tensors
    }

    fn weight_tensors(&self) -> Vec<Tensor> {
        let (k, scales) = (self.labels.len(), self.weights.scales());
        let is_narrow = self.card.compression.as_ref().is_some_and(|compression| compression.bits == 8);
        let (count, dtype, data) = match self.weights.values() {
            Values::Plain(values) => (values.len(), Dtype::F32, bytes_of(&values, |w| w.to_le_bytes())),
            Values::Steps(steps) if is_narrow => {
                (steps.len(), Dtype::I8, bytes_of(&steps, |step| (step as i8).to_le_bytes()))
            }
            Values::Steps(steps) => (steps.len(), Dtype::I16, bytes_of(&steps, |step| step.to_le_bytes())),
        };
        let mut tensors = vec![Tensor::new("weights", dtype, vec![count / k.max(1), k], data)];
        if !scales.is_empty() {
            tensors.push(Tensor::new("weight_scales", Dtype::F32, vec![k], bytes_of(scales, |s| s.to_le_bytes())));
        }
        if let Some(kept) = self.weights.kept() {
            let data = bytes_of(&kept, |n| n.to_le_bytes());
            tensors.push(Tensor::new("weight_rows", Dtype::U32, vec![kept.len()], data));
        }
        tensors
    }

    /// SHA-256 in hexadecimal over all that decides a score: terms, weights as they are stored, thresholds, cues and settings, whatever the card says.
    pub fn weights_fingerprint(&self) -> String {
        let Metadata { stemmer, task, labels, features, units, .. } = self.metadata();
        let settings = serde_json::json!([stemmer, task, labels, features, units]);
        // The cues as written are among them; the form in which they are ready to match is this version's own.
        let tensors = self.tensors();
        let tensors = tensors.iter().filter(|tensor| tensor.name != "cue_matcher");
        digest(tensors.map(|tensor| &tensor.data[..]), &settings)
    }

    fn metadata(&self) -> Metadata {
        Metadata {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            stemmer: STEMMER.into(),
            task: self.task,
            labels: self.labels.iter().map(|(_, name)| name.to_owned()).collect(),
            features: self.featurizer.settings().clone(),
            units: self.featurizer.units(),
            card: serde_json::value::to_raw_value(&*self.card).expect("a card is plain data"),
            cues: self.featurizer.extractor().cue_names(),
            codebook: self
                .codebook
                .as_ref()
                .map(|book| serde_json::value::to_raw_value(&**book).expect("a codebook is plain data")),
            checksum: None,
        }
    }

    /// Writes the model file whole or not at all: under a temporary name beside it, synced, then renamed.
    ///
    /// # Errors
    /// [`ModelError::Io`]; an older file of that name is then as it was.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        part::replace(path, &self.to_bytes()).map_err(|cause| ModelError::Io { path: path.into(), cause })
    }

    /// Sets the fingerprint to that of the bytes that [`Model::to_bytes`] gives.
    #[cfg(any(feature = "learn", test))]
    pub(crate) fn stamped(mut self) -> Model {
        let bytes = self.to_bytes();
        if let Ok(again) = Model::from_bytes(&bytes, Path::new("-")) {
            self.fingerprint = again.fingerprint;
        }
        self
    }
}

/// How much of a model file is checked.
#[derive(Clone, Copy, PartialEq)]
enum Check {
    Everything,
    /// All but the checksum.
    Structure,
}

fn parse(bytes: &[u8], path: &Path, check: Check) -> Result<Model, ModelError> {
    let damaged = |what: &str| ModelError::Damaged { path: path.into(), what: what.into() };
    let not_a_model = || ModelError::NotAModel { path: path.into() };
    let (length, header) = SafeTensors::read_metadata(bytes).map_err(|error| broken_container(path, bytes, &error))?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get("rhetor")).ok_or_else(not_a_model)?;
    let tensors = Tensors { data: &bytes[8 + length..], header: &header };
    tensors.check_names().map_err(damaged)?;
    if check == Check::Everything {
        let json: Value = serde_json::from_str(text).map_err(|_| damaged("its metadata is no JSON"))?;
        check_version(&json, path)?;
        // The checksum is over the canonical form, so nothing else may stand there.
        let canonical = json.to_string();
        if &canonical != text {
            return Err(damaged("its metadata is not in canonical form"));
        }
        check_sum(&tensors, json).map_err(damaged)?;
    }
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
    assemble(&tensors, metadata, check).map_err(damaged)
}

/// The tensors of a file where they lie; the container has checked that they do lie there.
struct Tensors<'a> {
    data: &'a [u8],
    header: &'a safetensors::tensor::Metadata,
}

impl<'a> Tensors<'a> {
    fn get(&self, name: &str) -> Option<(Dtype, &'a [u8])> {
        let info = self.header.info(name)?;
        Some((info.dtype, &self.data[info.data_offsets.0..info.data_offsets.1]))
    }

    fn bytes(&self, name: &str, dtype: Dtype) -> Result<&'a [u8], &'static str> {
        match self.get(name) {
            None => Err("a tensor is missing"),
            Some((found, _)) if found != dtype => Err("a tensor has the wrong type"),
            Some((_, data)) => Ok(data),
        }
    }

    fn numbers<T, const N: usize>(
        &self,
        name: &str,
        dtype: Dtype,
        read: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, &'static str> {
        let (chunks, _) = self.bytes(name, dtype)?.as_chunks();
        Ok(chunks.iter().map(|bytes| read(*bytes)).collect())
    }

    /// All that must be there are, and nothing else is.
    fn check_names(&self) -> Result<(), &'static str> {
        let there = TENSORS.iter().filter(|name| self.get(name).is_some()).count();
        if TENSORS.iter().any(|name| self.get(name).is_none() && !OPTIONAL.contains(name)) {
            return Err("a tensor is missing");
        }
        if self.header.tensors().len() == there { Ok(()) } else { Err("it holds a tensor of unknown name") }
    }
}

fn broken_container(path: &Path, bytes: &[u8], error: &safetensors::SafeTensorError) -> ModelError {
    // Our own files start with a header that names their key early on; so a cut or garbled one is still recognised.
    let ours = bytes[..bytes.len().min(4096)].windows(8).any(|window| window == b"\"rhetor\"");
    match ours {
        true => ModelError::Damaged { path: path.into(), what: error.to_string() },
        false => ModelError::NotAModel { path: path.into() },
    }
}

fn check_version(json: &Value, path: &Path) -> Result<(), ModelError> {
    match json["format"].as_u64() {
        Some(found) if found > u64::from(FORMAT) => Err(ModelError::Newer {
            path: path.into(),
            found: found.min(u64::from(u32::MAX)) as u32,
            writer: json["version"].as_str().unwrap_or("(unknown)").into(),
        }),
        Some(found) if found == u64::from(FORMAT) => Ok(()),
        Some(found @ 1..) => Err(ModelError::Older { path: path.into(), found }),
        _ => Err(ModelError::Damaged { path: path.into(), what: "it names no format version".into() }),
    }
}

/// Whether the checksum is right.
fn check_sum(tensors: &Tensors, mut json: Value) -> Result<(), &'static str> {
    let said = json.as_object_mut().and_then(|object| object.remove("checksum")).ok_or("it has no checksum")?;
    let data = TENSORS.iter().filter_map(|name| tensors.get(name)).map(|(_, data)| data);
    let found = Value::String(digest(data, &json));
    if said == found { Ok(()) } else { Err("its checksum does not match") }
}

fn digest<'a>(tensors: impl Iterator<Item = &'a [u8]>, json: &Value) -> String {
    let mut sha = Sha256::new();
    tensors.for_each(|data| sha.update(data));
    sha.update(json.to_string().as_bytes());
    hex(&sha.finalize())
}

/// SHA-256 of a file's bytes, in hexadecimal.
///
/// # Errors
/// Whatever the file system answers.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut sha = Sha256::new();
    let mut file = io::BufReader::with_capacity(1 << 16, fs::File::open(path)?);
    loop {
        let read = io::BufRead::fill_buf(&mut file)?;
        if read.is_empty() {
            return Ok(hex(&sha.finalize()));
        }
        sha.update(read);
        let count = read.len();
        io::BufRead::consume(&mut file, count);
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assemble(tensors: &Tensors, metadata: Metadata, check: Check) -> Result<Model, &'static str> {
    if metadata.stemmer != STEMMER {
        return Err("it needs another stemmer than this rhetor has");
    }
    let labels = LabelSet::new(metadata.labels.clone());
    if labels.len() != metadata.labels.len() || labels.iter().map(|(_, name)| name).ne(&metadata.labels) {
        return Err("its labels are not sorted or not distinct");
    }
    let vocabulary = Vocabulary::from_parts(
        tensors.bytes("terms", Dtype::U8)?.to_vec(),
        tensors.numbers("term_ends", Dtype::U32, u32::from_le_bytes)?,
        tensors.numbers("term_slots", Dtype::U32, u32::from_le_bytes)?,
        tensors.numbers("document_frequency", Dtype::U32, u32::from_le_bytes)?,
    )
    .map_err(|_| "its vocabulary is inconsistent")?;
    let card = parsed(metadata.card.get(), check).ok_or("its card cannot be read")?;
    let codebook = metadata
        .codebook
        .as_ref()
        .map(|book| parsed(book.get(), check))
        .map_or(Ok(None), |book| book.map(Some).ok_or("its codebook cannot be read"))?;
    let extractor = extractor(tensors, metadata.features, &metadata.cues, check)?;
    let fingerprint = metadata.checksum.as_deref().filter(|checksum| checksum.len() == 64 && checksum.is_ascii());
    let model = Model {
        task: metadata.task,
        weights: weights(tensors, vocabulary.len(), labels.len())?,
        intercepts: tensors.numbers("intercepts", Dtype::F64, f64::from_le_bytes)?,
        thresholds: tensors.numbers("thresholds", Dtype::F64, f64::from_le_bytes)?,
        labels,
        featurizer: Featurizer::from_parts(extractor, vocabulary, metadata.units),
        card,
        codebook,
        fingerprint: fingerprint.ok_or("its checksum is none")?[..8].to_owned(),
    };
    check_shapes(&model)?;
    if check == Check::Everything {
        check_card(&model, tensors)?;
    }
    Ok(model)
}

/// What finds terms, its cues ready to match: as the file has them, or made anew if another version made them.
fn extractor(
    tensors: &Tensors,
    settings: FeatureSettings,
    names: &[String],
    check: Check,
) -> Result<Extractor, &'static str> {
    let unreadable = "a pattern of its cues cannot be read";
    if tensors.get("cues").is_none() {
        let is_alone = names.is_empty() && tensors.get("cue_matcher").is_none();
        return if is_alone { Extractor::new(settings).map_err(|_| unreadable) } else { Err("its cues are missing") };
    }
    let json = std::str::from_utf8(tensors.bytes("cues", Dtype::U8)?).map_err(|_| "its cues are not UTF-8")?;
    let cues: Parsed<CueSet> = parsed(json, check).ok_or("its cues cannot be read")?;
    if check == Check::Everything && !cues.cues.iter().map(|cue| &cue.name).eq(names) {
        return Err("its cues have other names than it says");
    }
    let settings = FeatureSettings { cues: Some(cues), ..settings };
    let matcher = tensors.bytes("cue_matcher", Dtype::U8)?;
    match Extractor::ready(settings.clone(), &ReadyCues { matcher, names }) {
        Ok(extractor) => Ok(extractor),
        Err(BadMatcher::Version) => Extractor::new(settings).map_err(|_| unreadable),
        Err(BadMatcher::Damaged) => Err("its cues cannot be matched"),
    }
}

/// JSON that is parsed at once if everything is to be checked, else when somebody asks for it.
fn parsed<T: serde::de::DeserializeOwned>(json: &str, check: Check) -> Option<Parsed<T>> {
    match check {
        Check::Everything => Parsed::now(json).ok(),
        Check::Structure => Some(Parsed::later(json)),
    }
}

/// Whether the card speaks of this model.
fn check_card(model: &Model, tensors: &Tensors) -> Result<(), &'static str> {
    let bits = match tensors.get("weights") {
        Some((Dtype::I8, _)) => 8,
        Some((Dtype::I16, _)) => 16,
        _ => 32,
    };
    let names = model.card.labels.iter().map(|label| &label.label[..]);
    if !names.eq(model.labels.iter().map(|(_, name)| name)) {
        return Err("its card does not fit its labels");
    }
    if model.card.compression.as_ref().map_or(32, |compression| compression.bits) != bits {
        return Err("its card does not fit its weights");
    }
    Ok(())
}

/// The weights of d terms and k labels, whatever their form in the file.
fn weights(tensors: &Tensors, d: usize, k: usize) -> Result<Weights, &'static str> {
    let values = match tensors.get("weights") {
        Some((Dtype::I16, _)) => Values::Steps(tensors.numbers("weights", Dtype::I16, i16::from_le_bytes)?),
        Some((Dtype::I8, _)) => Values::Steps(tensors.numbers("weights", Dtype::I8, |[byte]| i16::from(byte as i8))?),
        _ => Values::Plain(tensors.numbers("weights", Dtype::F32, f32::from_le_bytes)?),
    };
    let scales = match tensors.get("weight_scales") {
        Some(_) => tensors.numbers("weight_scales", Dtype::F32, f32::from_le_bytes)?,
        None => Vec::new(),
    };
    let kept = match tensors.get("weight_rows") {
        Some(_) => Some(tensors.numbers("weight_rows", Dtype::U32, u32::from_le_bytes)?),
        None => None,
    };
    Weights::from_parts(k, d, values, scales, kept)
        .ok_or("its weights do not fit its labels and terms, or are no finite numbers")
}

fn check_shapes(model: &Model) -> Result<(), &'static str> {
    let k = model.labels.len();
    let settings = model.featurizer.settings();
    let (shortest, longest) = settings.ngrams;
    let fits = k > 0 && model.intercepts.len() == k && model.thresholds.len() == k;
    if !fits {
        return Err("its weights do not fit its labels and terms");
    }
    if shortest == 0
        || shortest > longest
        || settings.char_ngrams.is_some_and(|(short, long)| short == 0 || short > long)
    {
        return Err("its n-gram lengths make no sense");
    }
    let finite =
        model.intercepts.iter().all(|b| b.is_finite()) && model.thresholds.iter().all(|t| (0.0..=1.0).contains(t));
    if finite { Ok(()) } else { Err("a weight is not a finite number, or a threshold no probability") }
}

fn bytes_of<T: Copy, const N: usize>(numbers: &[T], write: fn(T) -> [u8; N]) -> Vec<u8> {
    numbers.iter().flat_map(|&number| write(number)).collect()
}
