// The cue matcher alone, on tokens already scanned: `cargo bench --bench cues`.
//
// The text is the project's own training documents, which is kind to no memory: 500 cues match about as often there as anywhere.

use rhetor::features::cues::{self, CueScratch, Matcher};
use rhetor::text::quote::{self, Quotation};
use rhetor::text::stem::{Language, Stems};
use rhetor::text::token::{self, Token};

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

/// So many of the program's own cues, taken at even distances.
fn matcher(cues: usize) -> Matcher {
    let mut set = cues::builtin();
    let (all, mut at) = (set.cues.len(), 0);
    set.retain(|_| {
        at += 1;
        at * cues / all != (at - 1) * cues / all
    });
    set.matcher(Language::English, "builtin").expect("a test reads them")
}

fn matches(sentences: &[Scanned], matcher: &Matcher, stems: &mut Stems, scratch: &mut CueScratch) -> usize {
    let mut found = 0;
    for Scanned { text, tokens, quotations } in sentences {
        matcher.matches(text, tokens, quotations, stems, scratch, |_, _| found += 1);
    }
    found
}


fn cpu() -> u64 { std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse().unwrap() }
const ALL: usize = 9999;
fn main() {
    let sentences = sentences();
    let bytes: usize = sentences.iter().map(|s| s.text.len()).sum();
    let tokens: usize = sentences.iter().map(|s| s.tokens.len()).sum();
    println!("{} sentences {} bytes {} tokens", sentences.len(), bytes, tokens);
    let only: usize = std::env::args().nth(1).map_or(ALL, |a| a.parse().unwrap());
    let rounds: usize = std::env::args().nth(2).map_or(10, |a| a.parse().unwrap());
    let m = matcher(only);
    let (mut stems, mut scratch) = (Stems::new(Language::English), m.scratch());
    let t = cpu();
    matches(&sentences, &m, &mut stems, &mut scratch);
    println!("cold {:.1} MB/s", bytes as f64 * 1e3 / (cpu() - t) as f64);
    let mut best = u64::MAX;
    for _ in 0..rounds { let t = cpu(); matches(&sentences, &m, &mut stems, &mut scratch); best = best.min(cpu() - t); }
    println!("warm {:.1} MB/s, {} ns a sentence", bytes as f64 * 1e3 / best as f64, best / sentences.len() as u64);
    let mut best = u64::MAX;
    for _ in 0..rounds { let t = cpu(); let mut n = 0; for s in &sentences { for k in &s.tokens { n += stems.number(k.span.of(&s.text)); } } std::hint::black_box(n); best = best.min(cpu() - t); }
    println!("numbers alone {} ns a sentence", best / sentences.len() as u64);
    let mut best = u64::MAX; let b = m.to_bytes();
    for _ in 0..50 { let t = cpu(); std::hint::black_box(Matcher::from_bytes(&b, Language::English, 981).is_ok()); best = best.min(cpu() - t); }
    println!("load {} bytes {} us", b.len(), best / 1000);
    let mut best = u64::MAX;
    for _ in 0..5 { let t = cpu(); std::hint::black_box(matcher(ALL)); best = best.min(cpu() - t); }
    println!("read and compile {} us", best / 1000);
}
