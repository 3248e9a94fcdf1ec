//! From a text to who says what in it, step by step and together: `cargo bench --bench text`.
//!
//! The text is the project's own training documents, each a paragraph: about one sentence in nine holds somebody else's words.

mod corpus;

use divan::counter::BytesCount;
use rhetor::text::Span;
use rhetor::text::quote::{self, Quotation};
use rhetor::text::sentence;
use rhetor::text::speech;
use rhetor::text::token;

fn main() {
    divan::main();
}

/// The documents' sentences, joined, with a blank line between documents.
fn documents() -> String {
    let (mut text, mut group) = (String::new(), serde_json::Value::Null);
    for row in corpus::rows() {
        text.push_str(if row["group"] == group { " " } else { "\n\n" });
        text.push_str(corpus::text(&row));
        group = row["group"].clone();
    }
    text
}

fn read(text: &str) -> (Vec<Span>, Vec<Quotation>) {
    (sentence::sentences(text, &[], "english"), quote::quotations(text))
}

#[divan::bench(min_time = 1)]
fn sentences(bencher: divan::Bencher) {
    let text = documents();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| sentence::sentences(&text, &[], "english"));
}

#[divan::bench(min_time = 1)]
fn quotations(bencher: divan::Bencher) {
    let text = documents();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| quote::quotations(&text));
}

#[divan::bench(min_time = 1)]
fn quotations_of_dialogue(bencher: divan::Bencher) {
    let text = "“Yes,” she said, “it's the workers' pay.” ‘No,’ he said. 'It isn't, \"they\" say.' ".repeat(1 << 14);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| quote::quotations(&text));
}

#[divan::bench(min_time = 1)]
fn speech_alone(bencher: divan::Bencher) {
    let text = documents();
    let (sentences, quotations) = read(&text);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| speech::speech(&text, &sentences, &quotations));
}

#[divan::bench(min_time = 1)]
fn sentences_quotations_and_speech(bencher: divan::Bencher) {
    let text = documents();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let (sentences, quotations) = read(&text);
        speech::speech(&text, &sentences, &quotations)
    });
}

#[divan::bench(min_time = 1)]
fn tokens(bencher: divan::Bencher) {
    let text = documents();
    let mut into = Vec::new();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| token::tokens(&text, &mut into));
}
