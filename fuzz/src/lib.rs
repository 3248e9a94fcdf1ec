//! What must hold for any bytes: each target takes some and panics if a promise is broken.
//!
//! libFuzzer runs them from `fuzz_targets/`; `tests/it/fuzz_cases.rs` runs them on the saved corpora and on drawn inputs, so they need
//! nothing but what rhetor itself depends on.

pub mod codebook;
pub mod cues;
pub mod features;
pub mod learn;
pub mod model;
pub mod readers;
pub mod report;
pub mod stream;
pub mod text;

/// A target takes any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its file and its corpus.
pub const TARGETS: [(&str, Target); 12] = [
    ("codebook", codebook::codebook),
    ("cues", cues::cues),
    ("features", features::features),
    ("gzip", readers::gzip),
    ("learn", learn::learn),
    ("model", model::model),
    ("quotes", text::quotes),
    ("readers", readers::readers),
    ("report", report::report),
    ("sentences", text::sentences),
    ("stream", stream::stream),
    ("units", text::units),
];

/// The first byte of the input, which sets options, and the rest.
fn split(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}

/// The next piece of the input, up to a byte that stands in no text.
fn piece<'a>(data: &mut &'a [u8]) -> std::borrow::Cow<'a, str> {
    let end = data.iter().position(|byte| *byte == 0xFF).unwrap_or(data.len());
    let (piece, rest) = data.split_at(end);
    *data = rest.get(1..).unwrap_or_default();
    String::from_utf8_lossy(piece)
}
