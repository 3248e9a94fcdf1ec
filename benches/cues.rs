//! The cue matcher alone, on tokens already scanned: `cargo bench --bench cues`.
//!
//! The text is the project's own training documents, which is kind to no memory: 500 cues match about as often there as anywhere.

use divan::counter::BytesCount;
use rhetor::features::cues::{self, Matcher};
use rhetor::text::quote::{self, Quotation};
use rhetor::text::stem::{Language, Stems};
use rhetor::text::token::{self, Token};

fn main() {
    divan::main();
}

/// A sentence as the features find it.
struct Scanned {
    text: String,
    tokens: Vec<Token>,
    quotations: Vec<Quotation>,
}

fn sentences() -> Vec<Scanned> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training/documents");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus is there").flatten().map(|e| e.path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file).expect("a file of the corpus").lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("a row is JSON");
            let text = row["text"].as_str().expect("a row has a text").to_owned();
            let mut tokens = Vec::new();
            token::tokens(&text, &mut tokens);
            all.push(Scanned { quotations: quote::quotations(&text), text, tokens });
        }
    }
    all
}

fn matcher() -> Matcher {
    cues::builtin().matcher(Language::English, "builtin").expect("a test reads them")
}

#[divan::bench(min_time = 2)]
fn builtin_cues_on_scanned_tokens(bencher: divan::Bencher) {
    let (sentences, matcher) = (sentences(), matcher());
    let mut stems = Stems::new(Language::English);
    let mut scratch = matcher.scratch();
    let bytes: usize = sentences.iter().map(|sentence| sentence.text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut found = 0;
        for sentence in &sentences {
            let Scanned { text, tokens, quotations } = sentence;
            matcher.matches(text, tokens, quotations, &mut stems, &mut scratch, |_, _| found += 1);
        }
        found
    });
}

#[divan::bench]
fn compiling_the_builtin_cues(bencher: divan::Bencher) {
    let set = cues::builtin();
    bencher.bench_local(|| set.matcher(Language::English, "builtin").expect("a test reads them"));
}

#[divan::bench]
fn reading_the_builtin_cues() -> cues::CueSet {
    cues::builtin()
}
