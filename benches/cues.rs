//! The cue matcher alone, on tokens already scanned: `cargo bench --bench cues`.
//!
//! The text is the project's own training documents, which is kind to no memory: 500 cues match about as often there as anywhere.

mod corpus;

use divan::counter::BytesCount;
use rhetor::features::cues::{self, CueScratch, Matcher, Numbered};
use rhetor::text::quote::{self, Quotation};
use rhetor::text::stem::{Language, Stems};
use rhetor::text::token::{self, Token};
use rhetor::text::{Span, sentence};

fn main() {
    divan::main();
}

/// A sentence as the features find it, with the numbers of its tokens.
#[derive(Clone)]
struct Scanned {
    text: String,
    tokens: Vec<Token>,
    numbers: Vec<u32>,
    quotations: Vec<Quotation>,
    sentences: Option<Vec<Span>>,
}

fn sentences() -> Vec<Scanned> {
    let scanned = |row: serde_json::Value| {
        let text = corpus::text(&row).to_owned();
        let mut tokens = Vec::new();
        token::tokens(&text, &mut tokens);
        Scanned { quotations: quote::quotations(&text), text, tokens, numbers: Vec::new(), sentences: None }
    };
    corpus::rows().map(scanned).collect()
}

/// So many of the program's own cues, taken at even distances.
fn matcher(cues: usize) -> Matcher {
    matcher_of(cues, usize::MAX)
}

/// The same with no more than the first patterns of each.
fn matcher_of(cues: usize, patterns: usize) -> Matcher {
    let mut set = cues::builtin().clone();
    let (all, mut at) = (set.cues.len(), 0);
    set.retain(|_| {
        at += 1;
        at * cues / all != (at - 1) * cues / all
    });
    set.cues.iter_mut().for_each(|cue| cue.patterns.truncate(patterns));
    set.matcher(Language::English, "builtin").expect("a test reads them")
}

fn matches(sentences: &[Scanned], matcher: &Matcher, stems: &Stems, scratch: &mut CueScratch) -> usize {
    let mut found = 0;
    for Scanned { text, tokens, numbers, quotations, sentences } in sentences {
        let sentences = sentences.as_deref();
        matcher.matches(Numbered { text, tokens, numbers, stems, sentences }, quotations, scratch, |_, _| found += 1);
    }
    found
}

/// Asks a memory of words for the numbers of all tokens.
fn number(sentences: &mut [Scanned], stems: &mut Stems) {
    for Scanned { text, tokens, numbers, .. } in sentences {
        stems.numbers(text, tokens, numbers);
    }
}

fn bytes(sentences: &[Scanned]) -> BytesCount {
    BytesCount::new(sentences.iter().map(|sentence| sentence.text.len()).sum::<usize>())
}

/// On words that were met before, and whose numbers are known, as they are when the words themselves are looked up too.
#[divan::bench(args = [500, ALL], min_time = 3)]
fn cues_on_scanned_tokens(bencher: divan::Bencher, cues: usize) {
    let (mut sentences, matcher) = (sentences(), matcher(cues));
    let (mut stems, mut scratch) = (Stems::new(Language::English), matcher.scratch());
    number(&mut sentences, &mut stems);
    matches(&sentences, &matcher, &stems, &mut scratch);
    bencher.counter(bytes(&sentences)).bench_local(|| matches(&sentences, &matcher, &stems, &mut scratch));
}

/// The same on a few kilobytes at a time that were just written, as tokens are when a text is classified, and with what parts the sentences known: what it
/// takes from far memory is what is known of words, not the tokens themselves.
#[divan::bench(args = [500, ALL], sample_size = 1, sample_count = 4000)]
fn cues_on_tokens_just_scanned(bencher: divan::Bencher, cues: usize) {
    on_tokens_just_scanned(bencher, &matcher(cues));
}

/// The same with the first pattern of each cue alone: the program's own have five of them.
#[divan::bench(args = [69, 500], sample_size = 1, sample_count = 4000)]
fn cues_of_one_pattern_on_tokens_just_scanned(bencher: divan::Bencher, cues: usize) {
    on_tokens_just_scanned(bencher, &matcher_of(cues, 1));
}

fn on_tokens_just_scanned(bencher: divan::Bencher, matcher: &Matcher) {
    let mut sentences = sentences();
    let (mut stems, mut scratch) = (Stems::new(Language::English), matcher.scratch());
    number(&mut sentences, &mut stems);
    for sentence in &mut sentences {
        sentence.sentences = Some(sentence::sentences(&sentence.text, &[], "english"));
    }
    matches(&sentences, matcher, &stems, &mut scratch);
    let mut next = sentences.chunks(A_FEW).cycle();
    bencher
        .with_inputs(|| next.next().expect("it goes round").to_vec())
        .input_counter(|sentences| bytes(sentences))
        .bench_local_refs(|sentences| matches(sentences, matcher, &stems, &mut scratch));
}

/// Sentences of some four kilobytes.
const A_FEW: usize = 32;

/// The numbers alone.
#[divan::bench(min_time = 1)]
fn numbers_of_scanned_tokens(bencher: divan::Bencher) {
    let (mut sentences, mut stems) = (sentences(), Stems::new(Language::English));
    number(&mut sentences, &mut stems);
    bencher.counter(bytes(&sentences)).bench_local(|| number(&mut sentences, &mut stems));
}

/// On the second half of the text, when only the words of the first were met.
#[divan::bench(args = [500, ALL], min_time = 3)]
fn cues_on_fresh_tokens(bencher: divan::Bencher, cues: usize) {
    let (mut sentences, matcher) = (sentences(), matcher(cues));
    let mut stems = Stems::new(Language::English);
    number(&mut sentences, &mut stems);
    let (first, second) = sentences.split_at(sentences.len() / 2);
    let warm = || {
        let mut scratch = matcher.scratch();
        matches(first, &matcher, &stems, &mut scratch);
        scratch
    };
    bencher
        .counter(bytes(second))
        .with_inputs(warm)
        .bench_local_refs(|scratch| matches(second, &matcher, &stems, scratch));
}

/// The words of the text by their frequency, in one sentence that does not end: the commonest 20 again and again, which open more threads than any text.
#[divan::bench(min_time = 1)]
fn all_cues_on_one_sentence_of_common_words(bencher: divan::Bencher) {
    let matcher = matcher(ALL);
    let text = "we will not let them take our the of and to in that is have you must now no if ".repeat(10_000);
    let mut tokens = Vec::new();
    token::tokens(&text, &mut tokens);
    let mut sentence = [Scanned { text, tokens, numbers: Vec::new(), quotations: Vec::new(), sentences: None }];
    let (mut stems, mut scratch) = (Stems::new(Language::English), matcher.scratch());
    number(&mut sentence, &mut stems);
    bencher.counter(bytes(&sentence)).bench_local(|| matches(&sentence, &matcher, &stems, &mut scratch));
}

/// More cues than there are.
const ALL: usize = 9999;

#[divan::bench]
fn compiling_the_builtin_cues(bencher: divan::Bencher) {
    let set = cues::builtin();
    bencher.bench_local(|| set.matcher(Language::English, "builtin").expect("a test reads them"));
}

#[divan::bench]
fn loading_the_builtin_cues_compiled(bencher: divan::Bencher) {
    let set = cues::builtin();
    let bytes = bytes::Bytes::from(matcher(ALL).to_bytes());
    let load = || Matcher::from_bytes(&bytes, Language::English, set.cues.len()).expect("they were just written");
    bencher.counter(BytesCount::new(bytes.len())).bench_local(load);
}

#[divan::bench]
fn reading_a_cue_file() -> cues::ReadCues {
    cues::parse("cues.toml", include_str!("../models/cues.toml"), Language::English).expect("a test reads it")
}
