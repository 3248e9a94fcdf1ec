//! The fuzzer's targets without the fuzzer: on its saved corpora and found cases, and on drawn inputs.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

#[path = "../../fuzz/src/lib.rs"]
pub mod targets;

#[test]
fn every_saved_case_keeps_its_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let cases = fs::read_dir(corpus.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut cases: Vec<_> = cases.map(|case| case.unwrap().path()).collect();
        cases.sort();
        assert!(!cases.is_empty(), "{name} has no saved case");
        for case in cases {
            println!("{}", case.display()); // so that a panic is preceded by what made it
            target(&fs::read(&case).unwrap());
        }
    }
}

#[test]
fn every_target_has_a_file_and_an_entry_for_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in targets::TARGETS {
        assert!(folder.join(format!("fuzz_targets/{name}.rs")).exists(), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(fs::read_dir(folder.join("fuzz_targets")).unwrap().count(), targets::TARGETS.len());
}

/// Text that means something to the stages: words of speech, marks, breaks, and any character.
fn prose() -> impl Strategy<Value = String> {
    "((Mr Hale|she|they|the union's|said|says that|warned|according to|will pay|pay now|act|must not|NO|300|e\\.g\\.|U\\.S\\.|“|”|\"|‘|’|'|\\.|!|\\?|…|,|;|:\
     |—|-|\\(|\\)|\n|\r\n|\n\n|\t|<b>|&|=|é|ß|ﬁ|\u{1}|\u{1b}\\[31m|\u{202e}|😀|\\PC)[ ]?){0,40}"
}

/// A byte that sets options, and then a text, whose pieces lie apart by a byte that stands in none.
fn with_options(pieces: usize) -> impl Strategy<Value = Vec<u8>> {
    (any::<u8>(), prop::collection::vec(prose(), pieces)).prop_map(|(first, pieces)| {
        let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        [&[first], &pieces.join(&0xFF)[..]].concat()
    })
}

/// Rows for the learner: options, then a line each of labels, group and a few words.
fn rows() -> impl Strategy<Value = Vec<u8>> {
    let row = (any::<u8>(), "((pay|act|now|wait|here|on|bus|late|they|sign|!)[ ]){1,4}");
    (any::<u8>(), prop::collection::vec(row, 4..14)).prop_map(|(first, rows)| {
        let line = |(labels, text): &(u8, String)| [&[*labels & !8 | 16], text.as_bytes(), b"\n"].concat();
        [vec![first], rows.iter().flat_map(line).collect()].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn units_of_any_cutting_are_the_same_and_give_back_the_input(data in with_options(1)) {
        targets::text::units(&data);
    }

    #[test]
    fn sentences_leave_out_nothing_but_blanks(data in with_options(1)) {
        targets::text::sentences(&data);
    }

    #[test]
    fn quotations_and_reported_speech_lie_in_their_text(text in prose()) {
        targets::text::quotes(text.as_bytes());
    }

    #[test]
    fn what_each_term_adds_makes_the_score(text in prose()) {
        targets::features::features(text.as_bytes());
    }

    #[test]
    fn a_stream_in_any_pieces_on_any_threads_gives_the_same_records(data in with_options(1)) {
        targets::stream::stream(&data);
    }

    #[test]
    fn no_text_and_no_name_steers_a_terminal_or_becomes_markup(data in with_options(2)) {
        targets::report::report(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn neither_threads_nor_the_order_of_rows_change_what_is_learned(data in rows()) {
        targets::learn::learn(&data);
    }
}
