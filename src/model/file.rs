//! The model file: a safetensors container, checked when read, replaced whole when written. `docs/model-file.md` has the
//! layout.
//!
//! The checksum is SHA-256 over those of the blocks of a MiB that the tensors' bytes are cut into, as they lie in the file, and then the metadata JSON without its
//! `checksum` key; keys are sorted. So several threads can work it out. Numbers are little-endian.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::seen::SeenTexts;
use super::weights::{Values, Weights};
use super::{Model, Task, header, part};
use crate::codebook::LabelSet;
use crate::digest::hex;
use crate::features::cues::{self, CueSet};
use crate::features::vocabulary::{FeatureId, Vocabulary};
use crate::features::{Extractor, FeatureSettings, Featurizer, StoredCues, hashing, ngrams};
use crate::packed::{Number, Packed};
use crate::parsed::{self, Parsed};
use crate::text::stem::STEMMER;

/// The version of the format that this program writes.
pub const FORMAT: u32 = 7;
/// The oldest that it reads: in this one the card is not packed.
const OLDEST: u32 = 6;

/// Every tensor that a model file may hold.
pub const TENSORS: [&str; 14] = [
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
    "cue_terms",
    "cue_matcher",
    "seen_texts",
    "card",
];

/// Those that only some models hold: compressed ones, those with cues, and those that know their texts again.
const OPTIONAL: [&str; 6] = ["weight_scales", "weight_rows", "cues", "cue_terms", "cue_matcher", "seen_texts"];

/// Those that decide no score: what follows from the others (a table, cues ready to match), and what is known of the model.
const DERIVED: [&str; 5] = ["term_slots", "cue_terms", "cue_matcher", "seen_texts", "card"];

/// Bytes that are digested by themselves, so that several threads can.
const BLOCK: usize = 1 << 20;

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
    #[error("{path}: a model of format {found}, which this rhetor no longer reads\nhint: train it again")]
    Older { path: PathBuf, found: u64 },
    #[error("{path}: damaged model: {what}\nhint: train it again, or copy it anew from where it was intact")]
    Damaged { path: PathBuf, what: String },
    #[error("{path}: {bytes} bytes are more than a model may have ({MOST_BYTES})")]
    TooLarge { path: PathBuf, bytes: u64 },
}

/// A tensor as it is written.
struct Tensor<'a> {
    name: &'static str,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Cow<'a, [u8]>,
}

impl<'a> Tensor<'a> {
    fn new(name: &'static str, dtype: Dtype, shape: Vec<usize>, data: impl Into<Cow<'a, [u8]>>) -> Self {
        Tensor { name, dtype, shape, data: data.into() }
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
        let bytes = whole(&file, length).map_err(io)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(ModelError::TooLarge { path: path.into(), bytes: bytes.len() as u64 });
        }
        parse(bytes, path, Check::Everything)
    }

    /// A model from the bytes of a model file; `path` is for messages.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Model, ModelError> {
        parse(Bytes::copy_from_slice(bytes), path, Check::Everything)
    }

    /// A model from bytes that are part of the program. A test checks them; here they are taken as they stand, where they lie.
    pub(crate) fn from_trusted_bytes(bytes: &'static [u8], path: &Path) -> Result<Model, ModelError> {
        parse(Bytes::from_static(bytes), path, Check::Nothing)
    }

    /// The bytes of the model file; the same model gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let tensors = self.tensors();
        let metadata = serde_json::to_string(&self.metadata()).expect("metadata is plain data");
        let mut json: Value = serde_json::from_str(&metadata).expect("it was JSON a line before");
        // The container alone knows in which order it puts the tensors, and that order does not hang on the metadata.
        let sum = {
            let bytes = contained(&tensors, "");
            let (length, _) = SafeTensors::read_metadata(&bytes).expect("it was written a line before");
            checksum(&bytes[8 + length..], &json)
        };
        json["checksum"] = Value::String(sum);
        contained(&tensors, &json.to_string())
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let [terms, ends, slots, frequencies] = self.featurizer.vocabulary().parts();
        let (k, d) = (self.labels.len(), self.featurizer.vocabulary().len());
        let of_labels = |numbers: &[f64]| numbers.iter().copied().collect::<Packed<f64>>().bytes().to_vec();
        let mut tensors = self.weight_tensors();
        tensors.extend([
            Tensor::new("intercepts", Dtype::F64, vec![k], of_labels(&self.intercepts)),
            Tensor::new("thresholds", Dtype::F64, vec![k], of_labels(&self.thresholds)),
            Tensor::new("terms", Dtype::U8, vec![terms.len()], terms),
            Tensor::new("term_ends", Dtype::U32, vec![d], ends),
            Tensor::new("term_slots", Dtype::U64, vec![slots.len() / 16, 2], slots),
            Tensor::new("document_frequency", Dtype::U32, vec![d], frequencies),
        ]);
        if let Some(cues) = &self.featurizer.settings().cues {
            // Only people ask for it, and it packs to a third.
            let json = parsed::packed(serde_json::to_vec(&**cues).expect("cues are plain data"));
            tensors.push(Tensor::new("cues", Dtype::U8, vec![json.len()], json));
        }
        if let Some(matcher) = self.featurizer.extractor().cue_matcher() {
            // Training leaves out the cues that it never saw, so all are terms.
            let terms = self.featurizer.extractor().cue_terms();
            let known = terms.filter_map(|term| self.featurizer.vocabulary().feature(term));
            let known: Packed<u32> = known.map(|feature| feature.0).collect();
            tensors.push(Tensor::new("cue_terms", Dtype::U32, vec![known.len()], known.bytes().to_vec()));
            tensors.push(Tensor::new("cue_matcher", Dtype::U8, vec![matcher.len()], matcher));
        }
        let seen = self.seen.numbers();
        if !seen.is_empty() {
            tensors.push(Tensor::new("seen_texts", Dtype::U32, vec![seen.len()], seen.bytes()));
        }
        let card = serde_json::to_value(&*self.card).expect("a card is plain data").to_string();
        let card = parsed::packed(card.into_bytes());
        tensors.push(Tensor::new("card", Dtype::U8, vec![card.len()], card));
        tensors
    }

    fn weight_tensors(&self) -> Vec<Tensor<'_>> {
        let (k, scales, values) = (self.labels.len(), self.weights.scales(), self.weights.values());
        let dtype = match values {
            Values::Plain(_) => Dtype::F32,
            Values::Steps(_) => Dtype::I16,
            Values::ShortSteps(_) => Dtype::I8,
        };
        let shape = vec![values.count() / k.max(1), k];
        let mut tensors = vec![Tensor::new("weights", dtype, shape, values.bytes())];
        if !scales.is_empty() {
            let scales: Packed<f32> = scales.iter().copied().collect();
            tensors.push(Tensor::new("weight_scales", Dtype::F32, vec![k], scales.bytes().to_vec()));
        }
        if let Some(rows) = self.weights.rows() {
            tensors.push(Tensor::new("weight_rows", Dtype::U32, vec![rows.len()], rows.bytes()));
        }
        tensors
    }

    /// SHA-256 in hexadecimal over all that decides a score: terms, weights as they are stored, thresholds, cues and settings, whatever the card says.
    pub fn weights_fingerprint(&self) -> String {
        let Metadata { stemmer, task, labels, features, units, .. } = self.metadata();
        let settings = serde_json::json!([stemmer, task, labels, features, units]);
        // The cues as written are among them; the form in which they are ready to match is this version's own.
        let tensors = self.tensors();
        let mut sha = Sha256::new();
        let told = tensors.iter().filter(|tensor| !DERIVED.contains(&tensor.name));
        told.for_each(|tensor| sha.update(&tensor.data));
        sha.update(settings.to_string());
        hex(&sha.finalize())
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
        if let Ok(again) = parse(self.to_bytes().into(), Path::new("-"), Check::Everything) {
            self.fingerprint = again.fingerprint;
        }
        self
    }
}

/// The length of the container's header in eight bytes, and its first brace.
const CONTAINER_HEAD: u64 = 9;

/// The bytes of a file, of what is plainly no model only the first. A large one is read by several threads, since it takes most of the time to get its memory from the system.
fn whole(file: &fs::File, length: u64) -> io::Result<Bytes> {
    #[cfg(unix)]
    if length > 4 * BLOCK as u64 {
        return large(file, length as usize);
    }
    let mut bytes = Vec::with_capacity(length as usize + 1);
    // A device says that it has no length, and may have no end: it is read on only if its beginning is that of a model.
    file.take(CONTAINER_HEAD).read_to_end(&mut bytes)?;
    if bytes.last() == Some(&b'{') {
        file.take(MOST_BYTES + 1 - CONTAINER_HEAD).read_to_end(&mut bytes)?;
    }
    Ok(bytes.into())
}

/// As memory of our own, not the file itself, which somebody may cut off; in large pages where the system has them, so that it hands out a hundredth of the
/// pieces, and a look-up finds its page sooner.
#[cfg(target_os = "linux")]
fn large(file: &fs::File, length: usize) -> io::Result<Bytes> {
    let mut bytes = memmap2::MmapMut::map_anon(length)?;
    // Without them it is as good, only slower.
    let _ = bytes.advise(memmap2::Advice::HugePage);
    read_in_blocks(file, &mut bytes)?;
    Ok(Bytes::from_owner(bytes))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn large(file: &fs::File, length: usize) -> io::Result<Bytes> {
    let mut bytes = vec![0; length];
    read_in_blocks(file, &mut bytes)?;
    Ok(bytes.into())
}

#[cfg(unix)]
fn read_in_blocks(file: &fs::File, bytes: &mut [u8]) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    let read = |(at, block): (usize, &mut [u8])| file.read_exact_at(block, (at * BLOCK) as u64);
    bytes.par_chunks_mut(BLOCK).enumerate().try_for_each(read)
}

/// The container of these tensors, with that metadata.
fn contained(tensors: &[Tensor], metadata: &str) -> Vec<u8> {
    let views = tensors.iter().map(|Tensor { name, dtype, shape, data }| {
        (*name, TensorView::new(*dtype, shape.clone(), data).expect("shapes are those of the data"))
    });
    let metadata = HashMap::from([("rhetor".to_owned(), metadata.to_owned())]);
    safetensors::serialize(views, Some(metadata)).expect("metadata stays far under the container's bound")
}

/// How much of a model file is checked.
#[derive(Clone, Copy, PartialEq)]
enum Check {
    Everything,
    /// It is part of the program, and a test checks it.
    Nothing,
}

fn parse(bytes: Bytes, path: &Path, check: Check) -> Result<Model, ModelError> {
    let damaged = |what: &str| ModelError::Damaged { path: path.into(), what: what.into() };
    let not_a_model = || ModelError::NotAModel { path: path.into() };
    let (length, header) =
        SafeTensors::read_metadata(&bytes).map_err(|error| broken_container(path, &bytes, &error))?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get("rhetor")).ok_or_else(not_a_model)?;
    let tensors = Tensors { data: bytes.slice(8 + length..), header: &header };
    if check == Check::Nothing {
        let metadata: Metadata = serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
        return assemble(&tensors, metadata, check).map_err(damaged);
    }
    if !header::has_distinct_keys(&bytes[8..8 + length]) {
        return Err(damaged("a key of its header stands twice"));
    }
    let json: Value = serde_json::from_str(text).map_err(|_| damaged("its metadata is no JSON"))?;
    check_version(&json, path)?;
    tensors.check_names().map_err(damaged)?;
    // The checksum is over the canonical form, so nothing else may stand there.
    if &json.to_string() != text {
        return Err(damaged("its metadata is not in canonical form"));
    }
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?;
    let (sum, model) = rayon::join(|| check_sum(&tensors.data, json), || assemble(&tensors, metadata, check));
    sum.and(model).map_err(damaged)
}

/// The tensors of a file where they lie; the container has checked that they do lie there.
struct Tensors<'a> {
    data: Bytes,
    header: &'a safetensors::tensor::Metadata,
}

impl Tensors<'_> {
    fn get(&self, name: &str) -> Option<(Dtype, Bytes)> {
        let info = self.header.info(name)?;
        Some((info.dtype, self.data.slice(info.data_offsets.0..info.data_offsets.1)))
    }

    fn bytes(&self, name: &str, dtype: Dtype) -> Result<Bytes, &'static str> {
        match self.get(name) {
            None => Err("a tensor is missing"),
            Some((found, _)) if found != dtype => Err("a tensor has the wrong type"),
            Some((_, data)) => Ok(data),
        }
    }

    fn numbers<T: Number>(&self, name: &str, dtype: Dtype) -> Result<Packed<T>, &'static str> {
        self.bytes(name, dtype).map(Packed::new)
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
        Some(found) if found >= u64::from(OLDEST) => Ok(()),
        Some(found @ 1..) => Err(ModelError::Older { path: path.into(), found }),
        _ => Err(ModelError::Damaged { path: path.into(), what: "it names no format version".into() }),
    }
}

/// Whether the checksum is right.
fn check_sum(data: &[u8], mut json: Value) -> Result<(), &'static str> {
    let said = json.as_object_mut().and_then(|object| object.remove("checksum")).ok_or("it has no checksum")?;
    if said == Value::String(checksum(data, &json)) { Ok(()) } else { Err("its checksum does not match") }
}

fn checksum(data: &[u8], json: &Value) -> String {
    let mut sha = Sha256::new();
    let digests: Vec<_> = match data.len() {
        // Threads need not be woken for one block.
        0..=BLOCK => data.chunks(BLOCK).map(Sha256::digest).collect(),
        _ => data.par_chunks(BLOCK).map(Sha256::digest).collect(),
    };
    digests.iter().for_each(|digest| sha.update(digest));
    sha.update(json.to_string());
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

fn assemble(tensors: &Tensors, metadata: Metadata, check: Check) -> Result<Model, &'static str> {
    if metadata.stemmer != STEMMER {
        return Err("it needs another stemmer than this rhetor has");
    }
    // Their numbers would wrap, and a label would answer to the name of another.
    if metadata.labels.len() > LabelSet::MOST {
        return Err("it has more labels than can be numbered (65,535)");
    }
    let labels = LabelSet::new(metadata.labels.clone());
    if labels.len() != metadata.labels.len() || labels.iter().map(|(_, name)| name).ne(&metadata.labels) {
        return Err("its labels are not sorted or not distinct");
    }
    let vocabulary = Vocabulary::from_parts(
        tensors.bytes("terms", Dtype::U8)?,
        tensors.numbers("term_ends", Dtype::U32)?,
        tensors.numbers("term_slots", Dtype::U64)?,
        tensors.numbers("document_frequency", Dtype::U32)?,
    );
    if check == Check::Everything {
        vocabulary.check().map_err(|_| "its vocabulary is inconsistent")?;
    }
    let codebook = metadata
        .codebook
        .as_ref()
        .map(|book| parsed(Bytes::copy_from_slice(book.get().as_bytes()), check))
        .map_or(Ok(None), |book| book.map(Some).ok_or("its codebook cannot be read"))?;
    let seen = match tensors.get("seen_texts") {
        Some(_) => SeenTexts::from_parts(tensors.numbers("seen_texts", Dtype::U32)?),
        None => SeenTexts::default(),
    };
    if check == Check::Everything && !seen.check(tensors.get("seen_texts").is_some()) {
        return Err("the numbers of its texts are inconsistent");
    }
    let mut card = tensors.bytes("card", Dtype::U8)?;
    if check == Check::Everything {
        // Once, since it is parsed and compared.
        card = parsed::unpacked(&card).map_err(|_| "its card cannot be read")?.into_owned().into();
    }
    let fingerprint = metadata.checksum.as_deref().filter(|checksum| checksum.len() == 64 && checksum.is_ascii());
    let model = Model {
        task: metadata.task,
        weights: weights(tensors, labels.len())?,
        intercepts: tensors.numbers("intercepts", Dtype::F64)?.iter().collect(),
        thresholds: tensors.numbers("thresholds", Dtype::F64)?.iter().collect(),
        labels,
        card: parsed(card.clone(), check).ok_or("its card cannot be read")?,
        codebook,
        seen,
        fingerprint: fingerprint.ok_or("its checksum is none")?[..8].to_owned(),
        featurizer: Featurizer::from_parts(
            extractor(tensors, metadata.features, &vocabulary, check)?,
            vocabulary,
            metadata.units,
        ),
    };
    if check == Check::Everything {
        check_shapes(&model)?;
        check_card(&model, &card)?;
    }
    Ok(model)
}

/// What finds terms, its cues ready to match: as the file has them, or made anew if another version made them.
fn extractor(
    tensors: &Tensors,
    settings: FeatureSettings,
    vocabulary: &Vocabulary,
    check: Check,
) -> Result<Extractor, &'static str> {
    if tensors.get("cues").is_none() {
        let is_alone = tensors.get("cue_terms").is_none() && tensors.get("cue_matcher").is_none();
        let no_cues = || Extractor::new(settings).map_err(|_| "its settings make no sense");
        return if is_alone { no_cues() } else { Err("its cues are missing") };
    }
    let set: Parsed<CueSet> = parsed(tensors.bytes("cues", Dtype::U8)?, check).ok_or("its cues cannot be read")?;
    let stored = StoredCues {
        matcher: tensors.bytes("cue_matcher", Dtype::U8)?,
        terms: tensors.numbers("cue_terms", Dtype::U32)?,
        vocabulary: vocabulary.clone(),
        set,
    };
    if check == Check::Nothing {
        return Ok(Extractor::later(settings, stored));
    }
    let name = |term: u32| {
        let feature = Some(FeatureId(term)).filter(|feature| feature.index() < vocabulary.len())?;
        vocabulary.term(feature).strip_prefix(cues::PREFIX)
    };
    if !stored.set.cues.iter().map(|cue| Some(&cue.name[..])).eq(stored.terms.iter().map(name)) {
        return Err("its cues have other names than it says");
    }
    Extractor::stored(settings, stored).map_err(|_| "its cues cannot be matched")
}

/// JSON that is parsed at once if everything is to be checked, else when somebody asks for it.
fn parsed<T: serde::de::DeserializeOwned>(json: Bytes, check: Check) -> Option<Parsed<T>> {
    match check {
        Check::Everything => Parsed::now(&json).ok(),
        Check::Nothing => Some(Parsed::later(json)),
    }
}

/// Whether the card, whose JSON is given, speaks of this model.
fn check_card(model: &Model, json: &[u8]) -> Result<(), &'static str> {
    let bits = match model.weights.values() {
        Values::ShortSteps(_) => 8,
        Values::Steps(_) => 16,
        Values::Plain(_) => 32,
    };
    let names = model.card.labels.iter().map(|label| &label.label[..]);
    if !names.eq(model.labels.iter().map(|(_, name)| name)) {
        return Err("its card does not fit its labels");
    }
    if model.card.compression.as_ref().map_or(32, |compression| compression.bits) != bits {
        return Err("its card does not fit its weights");
    }
    // Written again, a model must give the same bytes.
    let canonical = serde_json::to_value(&*model.card).is_ok_and(|card| card.to_string().as_bytes() == json);
    if canonical { Ok(()) } else { Err("its card is not in canonical form") }
}

/// The weights, whatever their form in the file.
fn weights(tensors: &Tensors, k: usize) -> Result<Weights, &'static str> {
    let values = match tensors.get("weights") {
        Some((Dtype::I16, steps)) => Values::Steps(Packed::new(steps)),
        Some((Dtype::I8, steps)) => Values::ShortSteps(Packed::new(steps)),
        _ => Values::Plain(tensors.numbers("weights", Dtype::F32)?),
    };
    let scales = match tensors.get("weight_scales") {
        Some(_) => tensors.numbers("weight_scales", Dtype::F32)?.iter().collect(),
        None => Vec::new(),
    };
    let rows = match tensors.get("weight_rows") {
        Some(_) => Some(tensors.numbers("weight_rows", Dtype::U32)?),
        None => None,
    };
    Ok(Weights::from_parts(k, values, scales, rows))
}

fn check_shapes(model: &Model) -> Result<(), &'static str> {
    let k = model.labels.len();
    let settings = model.featurizer.settings();
    let fits = k > 0 && model.intercepts.len() == k && model.thresholds.len() == k;
    if !fits || !model.weights.check(model.featurizer.vocabulary().len()) {
        return Err("its weights do not fit its labels and terms, or are no finite numbers");
    }
    if !ngrams::are_lengths(settings.ngrams)
        || settings.char_ngrams.is_some_and(|lengths| !ngrams::are_lengths(lengths))
    {
        return Err("its n-gram lengths make no sense");
    }
    if settings.hash_bits.is_some_and(|bits| !hashing::BITS.contains(&bits)) {
        return Err("its number of buckets makes no sense");
    }
    let finite =
        model.intercepts.iter().all(|b| b.is_finite()) && model.thresholds.iter().all(|t| (0.0..=1.0).contains(t));
    if finite { Ok(()) } else { Err("a weight is not a finite number, or a threshold no probability") }
}
