//! Static word vectors, folded into one weight a term.
//!
//! A vector `e(t)` says what company a term keeps. The vector feature of a unit is `u = Σ_t value(t)·e(t)` over its terms, with the very
//! values of its row (tf-idf, Euclidean length one), so it is an idf-weighted mean up to the row's length. What is learned on `u` is
//! linear: `v·u = Σ_t value(t)·(v·e(t))`, so that `v·e(t)` is a plain weight of the term `t`. A model thus keeps its form, its speed and
//! contributions that add up, and a term that training never saw has the weight that its neighbours suggest (compare Arora, Liang & Ma 2017,
//! "A Simple but Tough-to-Beat Baseline for Sentence Embeddings").

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::FeatureId;
use super::matrix::Rows;
use super::vocabulary::Vocabulary;
use crate::text::stem::{Language, Stems};
use crate::text::token::{self, Kind, Token};
use crate::text::{Place, source};

/// Numbers that are held at most: a gigabyte of them.
const MOST_NUMBERS: usize = 1 << 28;
/// A line that is longer holds no vector.
const MOST_LINE: u64 = 1 << 20;
/// Where the `{` of a safetensors header stands: behind eight bytes with its length.
const SAFETENSORS_BRACE: usize = 8;

/// Why a file of vectors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VectorError {
    #[error("{path}: {cause}")]
    Io { path: String, cause: io::Error },
    #[error("{place}: not in UTF-8\nhint: convert it, for instance with `iconv -t UTF-8`")]
    Encoding { place: Place },
    #[error(
        "{place}: {found} numbers where {expected} are needed\nhint: a line is a word and its numbers, parted by blanks; perhaps the file was cut"
    )]
    Ragged { place: Place, found: usize, expected: usize },
    #[error(
        "{place}:{column}: `{found}` is not a finite number up to 1e30\nhint: a line is a word and its numbers, parted by blanks"
    )]
    NotANumber { place: Place, column: usize, found: String },
    #[error("{path}: {found} vectors where its first line promises {expected}\nhint: it was cut; copy it anew")]
    Cut { path: String, found: usize, expected: usize },
    #[error(
        "{path}: no vectors in it\nhint: --vectors takes text (a word and its numbers a line) or safetensors with `vectors` and `words`"
    )]
    Empty { path: String },
    #[error("{path}: damaged safetensors: {what}\nhint: copy it anew from where it was intact")]
    Damaged { path: String, what: String },
    #[error(
        "{path}: {what}\nhint: it needs a tensor `vectors` (F32 or I8, words × numbers) and one `words` (U8, a word a line in UTF-8); it has {found}"
    )]
    Tensors { path: String, what: &'static str, found: String },
    #[error(
        "{path}: more than {MOST_NUMBERS} numbers\nhint: such files list frequent words first, so `head` makes a smaller one"
    )]
    TooLarge { path: String },
}

/// Vectors of terms: single stems, or runs of stems joined by a blank.
#[derive(Clone, Debug, PartialEq)]
pub struct Vectors {
    width: usize,
    /// The row of each term.
    rows: BTreeMap<String, usize>,
    /// Terms × width, by row.
    numbers: Vec<f32>,
}

/// Reads a file of vectors, plain or gzipped: text in the manner of word2vec and fastText, or safetensors; its first bytes say which.
///
/// An entry goes by the stems of its words (`_` parts the words of a phrase). Entries of one term are averaged, the r-th of the file with weight
/// 1/r: such files list frequent words first, and frequency falls about as 1/r (Zipf's law).
///
/// # Errors
/// [`VectorError`] says what is wrong, and on which line.
pub fn read(path: &Path, language: Language) -> Result<Vectors, VectorError> {
    let name = &*path.to_string_lossy();
    let io = |cause| VectorError::Io { path: name.into(), cause };
    let mut input = BufReader::new(source::open(path).map_err(io)?);
    let mut head = [0; SAFETENSORS_BRACE + 1];
    let mut have = 0;
    while have < head.len() {
        match input.read(&mut head[have..]).map_err(io)? {
            0 => break,
            count => have += count,
        }
    }
    let is_safetensors =
        have == head.len() && head[SAFETENSORS_BRACE] == b'{' && head[..SAFETENSORS_BRACE].contains(&0);
    let mut input = io::Cursor::new(&head[..have]).chain(input);
    let mut gathered = Gathered::new(name, language);
    if is_safetensors {
        let mut bytes = Vec::new();
        let most = 4 * MOST_NUMBERS as u64;
        input.by_ref().take(most + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > most {
            return Err(VectorError::TooLarge { path: name.into() });
        }
        gathered.safetensors(&bytes)?;
    } else {
        gathered.text(&mut input)?;
    }
    gathered.done()
}

impl Vectors {
    /// How many numbers a vector has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Every term that has a vector, in the order of the alphabet.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The vector of a term.
    pub fn of(&self, term: &str) -> Option<&[f32]> {
        self.rows.get(term).map(|row| &self.numbers[row * self.width..(row + 1) * self.width])
    }

    /// SHA-256 over the terms and their numbers.
    pub fn fingerprint(&self) -> String {
        let mut sha = Sha256::new();
        for term in self.terms() {
            sha.update(term.as_bytes());
            sha.update([0]);
            self.of(term).into_iter().flatten().for_each(|number| sha.update(number.to_le_bytes()));
        }
        crate::digest::hex(&sha.finalize())
    }
}

/// Vectors while they are being read.
struct Gathered<'a> {
    path: &'a str,
    stems: Stems,
    tokens: Vec<Token>,
    vectors: Vectors,
    /// Weight of what stands in each row so far.
    weights: Vec<f64>,
    entries: usize,
}

impl<'a> Gathered<'a> {
    fn new(path: &'a str, language: Language) -> Self {
        let vectors = Vectors { width: 0, rows: BTreeMap::new(), numbers: Vec::new() };
        Gathered { path, stems: Stems::new(language), tokens: Vec::new(), vectors, weights: Vec::new(), entries: 0 }
    }

    fn text(&mut self, input: &mut impl BufRead) -> Result<(), VectorError> {
        let (mut line, mut number) = (Vec::new(), 0);
        let mut promised = None;
        loop {
            line.clear();
            let io = |cause| VectorError::Io { path: self.path.into(), cause };
            if input.by_ref().take(MOST_LINE).read_until(b'\n', &mut line).map_err(io)? == 0 {
                break;
            }
            number += 1;
            let place = Place::line(self.path, number);
            let Ok(text) = std::str::from_utf8(&line) else { return Err(VectorError::Encoding { place }) };
            let text = text.trim_start_matches('\u{FEFF}').trim_end();
            match header(text) {
                Some(header) if number == 1 => {
                    promised = Some(header.0);
                    self.vectors.width = header.1;
                }
                _ if text.is_empty() => {}
                _ => self.line(text, place)?,
            }
        }
        match promised {
            Some(expected) if expected > self.entries => {
                Err(VectorError::Cut { path: self.path.into(), found: self.entries, expected })
            }
            _ => Ok(()),
        }
    }

    /// A word, which may hold blanks, and as many numbers as the first line has.
    fn line(&mut self, text: &str, place: Place) -> Result<(), VectorError> {
        let fields: Vec<&str> = text.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
        if self.vectors.width == 0 {
            self.vectors.width = fields.len() - 1;
        }
        let expected = self.vectors.width;
        if fields.len() <= expected || expected == 0 {
            return Err(VectorError::Ragged { place, found: fields.len() - 1, expected: expected.max(1) });
        }
        let (word, numbers) = fields.split_at(fields.len() - expected);
        let mut vector = Vec::with_capacity(expected);
        for field in numbers {
            match field.parse::<f32>() {
                Ok(number) if is_sane(number) => vector.push(number),
                _ => {
                    let column = field.as_ptr() as usize - text.as_ptr() as usize;
                    let column = 1 + text[..column].chars().count();
                    return Err(VectorError::NotANumber { place, column, found: field.chars().take(40).collect() });
                }
            }
        }
        self.add(&word.join(" "), &vector)
    }

    fn safetensors(&mut self, bytes: &[u8]) -> Result<(), VectorError> {
        let damaged = |what: String| VectorError::Damaged { path: self.path.into(), what };
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
        let mut found: Vec<String> = tensors
            .iter()
            .map(|(name, tensor)| format!("`{name}` {:?} {:?}", tensor.dtype(), tensor.shape()))
            .collect();
        found.sort();
        let wrong = |what| VectorError::Tensors { path: self.path.into(), what, found: found.join(", ") };
        let vectors = tensors.tensor("vectors").map_err(|_| wrong("no tensor `vectors`"))?;
        let words = tensors.tensor("words").map_err(|_| wrong("no tensor `words`"))?;
        let &[count, width] = vectors.shape() else { return Err(wrong("`vectors` is no matrix")) };
        if words.dtype() != Dtype::U8 {
            return Err(wrong("`words` is not of type U8"));
        }
        let words = std::str::from_utf8(words.data()).map_err(|_| wrong("`words` is not in UTF-8"))?;
        let words: Vec<&str> = words.lines().collect();
        if words.len() != count || width == 0 {
            return Err(wrong("there are not as many `words` as `vectors`"));
        }
        if count.checked_mul(width).is_none_or(|numbers| numbers > MOST_NUMBERS) {
            return Err(VectorError::TooLarge { path: self.path.into() });
        }
        let numbers: Vec<f32> = match vectors.dtype() {
            Dtype::F32 => {
                let quads = vectors.data().chunks_exact(4);
                quads.map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks have four bytes"))).collect()
            }
            Dtype::I8 => vectors.data().iter().map(|&byte| f32::from(i8::from_le_bytes([byte]))).collect(),
            _ => return Err(wrong("`vectors` is not of type F32 or I8")),
        };
        if !numbers.iter().all(|&number| is_sane(number)) {
            return Err(wrong("a number of `vectors` is not finite, or beyond 1e30"));
        }
        self.vectors.width = width;
        words.iter().zip(numbers.chunks_exact(width)).try_for_each(|(word, vector)| self.add(word, vector))
    }

    fn add(&mut self, word: &str, vector: &[f32]) -> Result<(), VectorError> {
        self.entries += 1;
        let Some(term) = self.term(word) else { return Ok(()) };
        let Vectors { width, rows, numbers } = &mut self.vectors;
        let (row, weight) = (rows.len(), 1.0 / self.entries as f64);
        let row = *rows.entry(term).or_insert(row);
        if row == self.weights.len() {
            if numbers.len() + *width > MOST_NUMBERS {
                return Err(VectorError::TooLarge { path: self.path.into() });
            }
            numbers.extend_from_slice(vector);
            self.weights.push(weight);
        } else {
            self.weights[row] += weight;
            let share = (weight / self.weights[row]) as f32;
            let mean = &mut numbers[row * *width..(row + 1) * *width];
            mean.iter_mut().zip(vector).for_each(|(mean, number)| *mean += (number - *mean) * share);
        }
        Ok(())
    }

    /// The term of an entry; none for marks and the like.
    fn term(&mut self, word: &str) -> Option<String> {
        let word = word.replace('_', " ");
        token::tokens(&word, &mut self.tokens);
        let words = self.tokens.iter().filter(|token| token.kind != Kind::Mark);
        let stems: Vec<String> = words.map(|token| self.stems.stem(token.span.of(&word)).to_owned()).collect();
        (!stems.is_empty()).then(|| stems.join(" "))
    }

    fn done(self) -> Result<Vectors, VectorError> {
        if self.vectors.rows.is_empty() {
            return Err(VectorError::Empty { path: self.path.into() });
        }
        Ok(self.vectors)
    }
}

/// Finite, and so small that neither sums nor squares of such numbers overflow.
fn is_sane(number: f32) -> bool {
    number.abs() <= 1e30
}

/// The first line of word2vec's and fastText's files: how many vectors, how many numbers each.
fn header(line: &str) -> Option<(usize, usize)> {
    let (count, width) = line.split_once([' ', '\t'])?;
    let (count, width): (usize, usize) = (count.parse().ok()?, width.trim().parse().ok()?);
    (width > 1).then_some((count, width))
}

/// The vectors of a vocabulary's terms, centred and scaled.
///
/// What all terms share says nothing, so the mean over the training units' terms is taken off; and the mean square length of the training
/// units' features is made one, so that strengths of a penalty mean the same for any file.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// The features that have a vector, rising.
    pub features: Vec<FeatureId>,
    pub width: usize,
    /// Features × width, by row.
    pub numbers: Vec<f32>,
}

impl Embedding {
    /// The embedding of a vocabulary, and the vector features of the training units (n × width); none if no training unit has a term with a
    /// vector.
    pub fn of(vectors: &Vectors, vocabulary: &Vocabulary, rows: &Rows) -> Option<(Self, Rows)> {
        let all = (0..vocabulary.len() as u32).map(FeatureId);
        let known = all.filter_map(|feature| Some((feature, vectors.of(vocabulary.term(feature))?)));
        let (features, found): (Vec<FeatureId>, Vec<&[f32]>) = known.unzip();
        let mut embedding = Embedding { features, width: vectors.width(), numbers: found.concat() };
        embedding.centre(vocabulary);
        let units = embedding.units(vocabulary.len(), rows);
        let square = units.iter().map(|unit| unit.iter().map(|number| number * number).sum::<f64>()).sum::<f64>();
        let length = (square / rows.height().max(1) as f64).sqrt();
        if !(length.is_finite() && length > 0.0) {
            return None;
        }
        embedding.numbers.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
        let mut features = Rows::new(embedding.width);
        for unit in embedding.units(vocabulary.len(), rows) {
            features.push((0..).map(FeatureId).zip(unit.into_iter().map(|number| number as f32)));
        }
        Some((embedding, features))
    }

    fn centre(&mut self, vocabulary: &Vocabulary) {
        let frequency = vocabulary.document_frequency();
        let (mut mean, mut total) = (vec![0.0; self.width], 0.0);
        for (feature, vector) in self.features.iter().zip(self.numbers.chunks_exact(self.width)) {
            let weight = f64::from(frequency[feature.index()]);
            total += weight;
            mean.iter_mut().zip(vector).for_each(|(mean, number)| *mean += weight * f64::from(*number));
        }
        if total > 0.0 {
            mean.iter_mut().for_each(|mean| *mean /= total);
            for vector in self.numbers.chunks_exact_mut(self.width) {
                vector.iter_mut().zip(&mean).for_each(|(number, mean)| *number = (f64::from(*number) - mean) as f32);
            }
        }
    }

    /// `Σ value·vector` for each row.
    fn units(&self, vocabulary: usize, rows: &Rows) -> Vec<Vec<f64>> {
        let mut vectors = vec![None; vocabulary];
        let all = self.features.iter().zip(self.numbers.chunks_exact(self.width));
        all.for_each(|(feature, vector)| vectors[feature.index()] = Some(vector));
        let unit = |i: usize| {
            let mut unit = vec![0.0; self.width];
            for (feature, value) in rows.row(i) {
                if let Some(vector) = vectors[feature.index()] {
                    unit.iter_mut().zip(vector).for_each(|(sum, number)| *sum += f64::from(value) * f64::from(*number));
                }
            }
            unit
        };
        (0..rows.height()).into_par_iter().map(unit).collect()
    }
}

/// The weights of a term for k labels: its vector times `point`, which is width × k by row.
pub fn weights(vector: &[f32], point: &[f64], k: usize) -> Vec<f64> {
    let mut weights = vec![0.0; k];
    for (number, row) in vector.iter().zip(point.chunks_exact(k)) {
        weights.iter_mut().zip(row).for_each(|(weight, point)| *weight += f64::from(*number) * point);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{FeatureSettings, Featurizer};
    use proptest::prelude::*;
    use safetensors::tensor::TensorView;

    fn read_bytes(bytes: impl AsRef<[u8]>) -> Result<Vectors, VectorError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        std::fs::write(&path, bytes).unwrap();
        read(&path, Language::English)
    }

    fn refusal(bytes: impl AsRef<[u8]>) -> String {
        let words = read_bytes(bytes).unwrap_err().to_string();
        words.split_once("/v").map_or(words.clone(), |(_, rest)| rest.to_owned())
    }

    fn container(dtype: Dtype, width: usize, numbers: &[u8], words: &str) -> Vec<u8> {
        let count = words.lines().count();
        let vectors = TensorView::new(dtype, vec![count, width], numbers).unwrap();
        let words = TensorView::new(Dtype::U8, vec![words.len()], words.as_bytes()).unwrap();
        safetensors::serialize([("vectors", vectors), ("words", words)], None).unwrap()
    }

    #[test]
    fn text_is_read_with_and_without_its_first_line_and_from_safetensors() {
        let bare = read_bytes("threats 1 -2\nno_choice 0.5 3e0 \n! 1 1\n").unwrap();
        assert_eq!(bare.terms().collect::<Vec<_>>(), ["no choic", "threat"]);
        assert_eq!(bare.of("threat"), Some(&[1.0, -2.0][..]));
        assert_eq!(read_bytes("3 2\nthreats 1 -2\nno_choice 0.5 3e0 \n! 1 1\n").unwrap(), bare);
        let numbers: Vec<u8> = [1.0f32, -2.0, 0.5, 3.0].iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(read_bytes(container(Dtype::F32, 2, &numbers, "threats\nno choice")).unwrap(), bare);
        let small = read_bytes(container(Dtype::I8, 2, &[1, 0xFE], "threats\n")).unwrap();
        assert_eq!(small.of("threat"), bare.of("threat"));
    }

    #[test]
    fn words_of_one_stem_share_a_vector_that_the_more_frequent_one_rules() {
        // Weights 1 and 1/2: (1·0 + ½·3) / 1.5 = 1.
        let vectors = read_bytes("threat 0 3\nThreats 3 0\n").unwrap();
        assert_eq!(vectors.of("threat"), Some(&[1.0, 2.0][..]));
    }

    #[test]
    fn a_damaged_text_is_refused_with_line_and_column() {
        assert!(refusal("a 1 2\nb 1\n").starts_with(":2: 1 numbers where 2 are needed"));
        assert!(refusal("a 1 2\nbé 1 x\n").starts_with(":2:6: `x` is not a finite number"));
        assert!(refusal("a 1 NaN\n").starts_with(":1:5: `NaN`"));
        assert!(refusal("a 1 1e38\n").starts_with(":1:5: `1e38`"));
        assert!(refusal("3 2\na 1 2\n").starts_with(": 1 vectors where its first line promises 3"));
        assert!(refusal(b"a 1 2\n\xFF 1 2\n").starts_with(":2: not in UTF-8"));
        assert!(refusal("").starts_with(": no vectors"));
        assert!(refusal("lonely\n").starts_with(":1: 0 numbers where 1 are needed"));
    }

    #[test]
    fn safetensors_that_do_not_fit_are_refused_with_what_they_hold() {
        let good = container(Dtype::I8, 2, &[1, 2], "a\n");
        assert!(refusal(&good[..good.len() - 1]).starts_with(": damaged safetensors"));
        assert!(refusal(container(Dtype::I16, 1, &[1, 2], "a")).contains("not of type F32 or I8"));
        assert!(refusal(container(Dtype::F32, 1, &f32::NAN.to_le_bytes(), "a")).contains("not finite"));
        let other = TensorView::new(Dtype::U8, vec![1], &[1]).unwrap();
        let refused = refusal(safetensors::serialize([("embeddings", other)], None).unwrap());
        assert!(refused.contains("no tensor `vectors`") && refused.contains("`embeddings` U8 [1]"), "{refused}");
    }

    #[test]
    fn what_is_learned_on_vectors_is_the_sum_of_what_is_folded_into_terms() {
        let texts = ["We had no choice but to act!", "No choice, they said.", "Will they pay? We act."];
        let vectors = read_bytes("act 1 2\nchoice -1 0\nsaid 0.5 0.5\nno_choice 0 -3\nunheard 4 4\n").unwrap();
        let settings = FeatureSettings { min_count: 2, ..Default::default() };
        let (featurizer, rows, _) = Featurizer::learn_beside(settings, &texts, None, vectors.terms()).unwrap();
        let vocabulary = featurizer.vocabulary();
        assert!(vocabulary.feature("pay").is_none() && vocabulary.feature("said").is_some());
        let unheard = vocabulary.feature("unheard").unwrap();
        assert_eq!(vocabulary.document_frequency()[unheard.index()], 0);
        let (embedding, units) = Embedding::of(&vectors, vocabulary, &rows).unwrap();
        let point = [0.3, -1.0, 2.0, 0.7];
        for i in 0..rows.height() {
            for label in 0..2 {
                let direct: f64 =
                    units.row(i).map(|(at, value)| f64::from(value) * point[at.index() * 2 + label]).sum();
                let of = |feature: FeatureId| {
                    let at = embedding.features.iter().position(|known| *known == feature);
                    at.map_or(0.0, |at| weights(&embedding.numbers[at * 2..at * 2 + 2], &point, 2)[label])
                };
                let folded: f64 = rows.row(i).map(|(feature, value)| f64::from(value) * of(feature)).sum();
                assert!((direct - folded).abs() < 1e-6, "{direct} {folded}");
            }
        }
        let square = (0..3).flat_map(|i| units.row(i)).map(|(_, value)| f64::from(value * value)).sum::<f64>() / 3.0;
        assert!((square - 1.0).abs() < 1e-5, "{square}");
    }

    #[test]
    fn vectors_without_a_word_of_the_units_make_no_features() {
        let vectors = read_bytes("elsewhere 1 2\n").unwrap();
        let (featurizer, rows, _) =
            Featurizer::learn_beside(FeatureSettings::default(), &["We act."], None, vectors.terms()).unwrap();
        assert!(Embedding::of(&vectors, featurizer.vocabulary(), &rows).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_vectors_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read_bytes(bytes);
        }

        #[test]
        fn any_lines_are_vectors_or_an_error(text in "([a-z_! ]{0,4}( [0-9.e-]{0,3}){0,3}\n){0,4}") {
            if let Ok(vectors) = read_bytes(text) {
                prop_assert!(vectors.terms().all(|term| vectors.of(term).unwrap().len() == vectors.width()));
            }
        }
    }
}
