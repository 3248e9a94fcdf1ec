//! Text → tokens → row → score → evidence.

use std::cell::RefCell;
use std::sync::LazyLock;

use rhetor::features::{Extractor, FeatureId, FeatureSettings, Featurizer, Row, Scratch, TermKind};
use rhetor::framing::evidence;
use rhetor::model::{Model, english};
use rhetor::text::token;

pub static ENGLISH: LazyLock<Model> = LazyLock::new(english::embedded);

/// Every way to find terms at once: stems, characters, shapes and the cues of the embedded model.
static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
    let cues = ENGLISH.featurizer().settings().cues.clone();
    let settings = FeatureSettings { ngrams: (1, 3), char_ngrams: Some((2, 4)), cues, ..FeatureSettings::default() };
    Extractor::new(settings).expect("the embedded cues can be read")
});

thread_local! {
    /// Working memories that have read every text so far.
    static USED: RefCell<(Scratch, Scratch)> = RefCell::new((EXTRACTOR.scratch(), ENGLISH.scratch()));
}

/// Tokens stand in order and lose no letter; terms stand where they say; a row is sorted and finite, the same again and after any other text,
/// and its evidence adds up to each score.
pub fn features(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    tokens(&text);
    USED.with_borrow_mut(|(all, own)| {
        EXTRACTOR.terms(&text, all, |_, term, span| {
            assert!(!term.is_empty() && text.get(span.start..span.end).is_some(), "{term:?} at {span:?}");
        });
        let row = scores(&ENGLISH, &text);
        assert_eq!(ENGLISH.featurizer().row(&text, own), row, "what was read before changes a row");
        plainly(ENGLISH.featurizer(), &text, &row, own);
    });
}

/// The fast road finds what stands in the vocabulary of the terms that the plain one writes out.
fn plainly(featurizer: &Featurizer, text: &str, row: &Row, scratch: &mut Scratch) {
    let (mut found, mut words, mut known) = (Vec::new(), 0, 0);
    featurizer.extractor().terms(text, scratch, |kind, term, span| {
        let feature = featurizer.vocabulary().feature(term);
        words += u32::from(kind == TermKind::Word);
        known += u32::from(kind == TermKind::Word && feature.is_some());
        found.extend(feature.map(|feature| (feature, span)));
    });
    let mut there = row.occurrences.clone();
    found.sort_unstable();
    there.sort_unstable();
    assert_eq!((found, words, known), (there, row.words, row.known_words));
}

fn tokens(text: &str) {
    let (mut tokens, mut last) = (Vec::new(), 0);
    token::tokens(text, &mut tokens);
    for token in &tokens {
        assert!(last <= token.span.start && !token.span.is_empty(), "{token:?}");
        assert!(!text[last..token.span.start].chars().any(char::is_alphanumeric), "{token:?}");
        assert!(!token.span.of(text).contains(char::is_whitespace), "{token:?}");
        last = token.span.end;
    }
    assert!(!text[last..].chars().any(char::is_alphanumeric));
}

/// The row of a text is sound, and what each of its terms adds makes the score.
pub fn scores(model: &Model, text: &str) -> Row {
    let row = model.featurizer().row(text, &mut model.scratch());
    check_row(model.featurizer(), &row, text);
    let scores = model.score(&row);
    for (label, _) in model.labels().iter() {
        let (score, evidence) = (scores.log_odds[label.index()], evidence::explain(model, &row, label));
        assert!((evidence.total() - score).abs() <= 1e-9 * score.abs().max(1.0), "{} {score}", evidence.total());
        let probability = scores.probabilities[label.index()];
        assert!((0.0..=1.0).contains(&probability), "{probability}");
        assert!(evidence.terms.iter().all(|term| !term.spans.is_empty()));
    }
    row
}

fn check_row(featurizer: &Featurizer, row: &Row, text: &str) {
    let mut features: Vec<FeatureId> = row.entries.iter().map(|(feature, _)| *feature).collect();
    features.sort_unstable();
    assert!(features.is_sorted_by(|a, b| a < b), "each feature has one entry");
    assert!(
        row.entries.iter().all(|(feature, value)| feature.index() < featurizer.vocabulary().len() && value.is_finite())
    );
    assert!(row.occurrences.chunk_by(|a, b| a.0 == b.0).all(|same| same.is_sorted()));
    assert!(row.occurrences.iter().all(|(_, span)| text.get(span.start..span.end).is_some()));
    let mut there: Vec<FeatureId> = row.occurrences.iter().map(|(feature, _)| *feature).collect();
    there.dedup();
    assert!(row.entries.iter().map(|(feature, _)| *feature).eq(there), "{row:?}");
    assert!(row.known_words <= row.words && (0.0..=1.0).contains(&row.known()));
}
