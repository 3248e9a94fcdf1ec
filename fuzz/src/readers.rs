//! Labelled data in every format.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use rhetor::corpus::{self, Corpus, Format, ReadOptions};

/// The formats, by the lowest bits of the first byte; 0 lets the content tell.
const FORMATS: [Option<Format>; 8] = [
    None,
    Some(Format::Csv),
    Some(Format::Tsv),
    Some(Format::Jsonl),
    Some(Format::FastText),
    Some(Format::Doccano),
    Some(Format::Prodigy),
    Some(Format::LabelStudio),
];

fn options(first: u8) -> ReadOptions {
    ReadOptions {
        format: FORMATS[usize::from(first & 7)],
        pending: first & 8 != 0,
        everything: first & 16 != 0,
        strict: first & 32 != 0,
        blank_is_pending: first & 64 != 0,
        most_unpacked: 1 << 20,
        ..ReadOptions::default()
    }
}

/// Gives a few bytes at a time, as a slow pipe does.
struct Trickle<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.step.min(self.rest.len()).min(into.len());
        into[..n].copy_from_slice(&self.rest[..n]);
        self.rest = &self.rest[n..];
        self.step = self.step % 7 + 1;
        Ok(n)
    }
}

fn read(input: impl Read, options: &ReadOptions) -> Result<Corpus, String> {
    corpus::read_from("-", input, options).map_err(|error| error.to_string())
}

fn packed(data: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(data).expect("memory takes it");
    gzip.finish().expect("memory takes it")
}

/// Data is read as the same whether it comes at once, in pieces or packed; what was read is sound, and written as JSONL it is read again.
pub fn readers(data: &[u8]) {
    let (first, data) = super::split(data);
    let options = options(first);
    let read_at_once = read(data, &options);
    check(&read_at_once, data);
    assert_eq!(read(Trickle { rest: data, step: 1 }, &options), read_at_once, "in pieces it is read as something else");
    if !data.starts_with(b"\x1F\x8B") {
        assert_eq!(read(&packed(data)[..], &options), read_at_once, "packed, it is read as something else");
    }
    if let Ok(corpus) = &read_at_once {
        again(corpus);
    }
}

/// Bytes as they stand in a gzip file are unpacked or refused, at once as in pieces, and to no more than is allowed.
pub fn gzip(data: &[u8]) {
    // More than the beginning that tells the format, which is read before anything else is said.
    let options = ReadOptions { most_unpacked: 1 << 18, ..ReadOptions::default() };
    let read_at_once = read(data, &options);
    check(&read_at_once, data);
    let in_pieces = read(Trickle { rest: data, step: 1 }, &options);
    // How far damaged data was unpacked before the damage showed hangs on the pieces.
    let told = |error: &String| error.trim_start_matches(|c: char| "-:".contains(c) || c.is_ascii_digit()).to_owned();
    assert_eq!(in_pieces.map_err(|error| told(&error)), read_at_once.clone().map_err(|error| told(&error)));
    if let Ok(corpus) = &read_at_once {
        let bytes: usize = corpus.examples.iter().map(|example| example.text.len()).sum();
        assert!(bytes <= 3 << 18, "{bytes} bytes of text");
    }
}

fn check(read: &Result<Corpus, String>, data: &[u8]) {
    let corpus = match read {
        Ok(corpus) => corpus,
        Err(error) => {
            assert!(error.starts_with("-") && error.len() < 4000 + 8 * data.len(), "{error}");
            return;
        }
    };
    assert!(!corpus.examples.is_empty());
    for example in &corpus.examples {
        assert!(!example.text.trim().is_empty(), "{example:?}");
        assert!(example.weight.is_finite() && example.weight > 0.0, "{example:?}");
        assert!(example.place.line.is_some_and(|line| line > 0), "{example:?}");
        for (i, label) in example.labels.iter().enumerate() {
            assert!(!label.is_empty() && label.trim() == label && !example.labels[..i].contains(label), "{example:?}");
        }
        for marked in &example.spans {
            let text = example.text.get(marked.span.start..marked.span.end);
            assert!(text.is_some_and(|text| !text.is_empty()), "{example:?}");
        }
    }
    for problem in &corpus.skipped {
        assert!(problem.to_string().contains("\nhint: "), "{problem}");
    }
}

/// Texts, labels, groups and weights survive being written as JSONL.
fn again(corpus: &Corpus) {
    let mut written = Vec::new();
    let losses = corpus::write(Format::Jsonl, &mut written, &corpus.examples).expect("memory takes it");
    assert!(losses.is_empty(), "JSONL holds everything: {losses}");
    let options =
        ReadOptions { format: Some(Format::Jsonl), pending: true, everything: true, ..ReadOptions::default() };
    let again = read(&written[..], &options).expect("what was written can be read");
    assert_eq!(again.skipped, [], "{}", String::from_utf8_lossy(&written));
    assert_eq!(again.examples.len(), corpus.examples.len());
    for (one, other) in corpus.examples.iter().zip(&again.examples) {
        assert_eq!((&one.text, &one.labels, &one.group), (&other.text, &other.labels, &other.group));
        assert_eq!((one.weight, one.pending, &one.spans), (other.weight, other.pending, &other.spans));
    }
}
