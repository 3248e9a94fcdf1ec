//! The training sentences hold what `training/README.md` promises.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use rhetor::text::token;
use serde_json::Value;

const LABELS: [&str; 12] = [
    "appeal-to-authority",
    "blame-shifting",
    "call-to-action",
    "delegitimization",
    "denial",
    "fear-appeal",
    "flag-waving",
    "justification",
    "threat",
    "urgency",
    "victimhood",
    "whataboutism",
];
const REGISTERS: [&str; 23] = [
    "state-address",
    "parliament",
    "diplomacy",
    "news",
    "op-ed",
    "editorial",
    "letters",
    "hearing",
    "company",
    "agency",
    "union",
    "campaign",
    "activism",
    "sermon",
    "court",
    "housing",
    "local",
    "sport",
    "military",
    "online",
    "workplace",
    "reference",
    "practical",
];
const VOICES: [&str; 4] = ["author", "quoted", "reported", "mixed"];

/// At most this share of the sentences may open with the same three tokens.
const OPENING: f64 = 0.004;
/// At most so many sentences may share five tokens in a row.
const FIVE_GRAM: usize = 12;
const TOO_ALIKE: f64 = 0.8;

/// The sentences of the documents and sentences parts; those of the pilot follow other rules and come along on demand.
fn sentences(folders: &[&str]) -> Vec<Value> {
    let mut all = Vec::new();
    for folder in folders {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("training").join(folder);
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "jsonl")) {
            for line in fs::read_to_string(file).unwrap().lines() {
                all.push(serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
            }
        }
    }
    all
}

fn text<'a>(sentence: &'a Value, field: &str) -> &'a str {
    sentence[field].as_str().unwrap_or_else(|| panic!("{}: {field} is no text", sentence["id"]))
}

fn names<'a>(sentence: &'a Value, field: &str) -> Vec<&'a str> {
    let list = sentence[field].as_array().unwrap_or_else(|| panic!("{}: {field} is no list", sentence["id"]));
    list.iter().map(|name| name.as_str().expect("a name")).collect()
}

fn words(sentence: &Value) -> Vec<String> {
    let (text, mut tokens) = (text(sentence, "text"), Vec::new());
    token::tokens(text, &mut tokens);
    tokens.iter().map(|token| token.span.of(text).to_lowercase()).collect()
}

#[test]
fn every_sentence_has_its_fields_and_they_hold_what_they_may() {
    for sentence in sentences(&["documents", "sentences"]) {
        let id = text(&sentence, "id");
        let (labels, near) = (names(&sentence, "labels"), names(&sentence, "near"));
        assert!(labels.iter().chain(&near).all(|label| LABELS.contains(label)), "{id}: {labels:?} {near:?}");
        assert!(labels.iter().all(|label| !near.contains(label)), "{id}: performs what it nearly performs");
        assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{id}: a label twice");
        assert!(REGISTERS.contains(&text(&sentence, "register")), "{id}: register {}", sentence["register"]);
        assert!(VOICES.contains(&text(&sentence, "voice")), "{id}: voice {}", sentence["voice"]);
        assert!(["document", "sentence"].contains(&text(&sentence, "part")), "{id}: part {}", sentence["part"]);
        assert!(!text(&sentence, "topic").is_empty() && !text(&sentence, "speaker").is_empty(), "{id}");
        let sane = text(&sentence, "text").trim() == text(&sentence, "text")
            && !text(&sentence, "text").contains(['\n', '\t', '|']);
        assert!(sane, "{id}: blanks around the text, or a mark of the drafts in it");
    }
}

#[test]
fn ids_are_unique_over_all_parts() {
    let mut seen = HashSet::new();
    for sentence in sentences(&["documents", "sentences", "pilot"]) {
        assert!(seen.insert(text(&sentence, "id").to_owned()), "{} stands twice", sentence["id"]);
    }
}

#[test]
fn a_document_is_a_group_of_twelve_to_thirty_sentences_in_one_register() {
    let mut documents: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for sentence in sentences(&["documents"]) {
        documents.entry(text(&sentence, "group").to_owned()).or_default().push(sentence);
    }
    for (group, sentences) in documents {
        assert!((12..=30).contains(&sentences.len()), "{group} has {} sentences", sentences.len());
        assert!(sentences.iter().all(|sentence| sentence["register"] == sentences[0]["register"]), "{group}");
    }
}

#[test]
fn a_pair_is_two_sentences_of_one_group_that_a_rule_tells_apart() {
    let mut pairs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for sentence in sentences(&["sentences"]).into_iter().filter(|sentence| !sentence["pair"].is_null()) {
        pairs.entry(text(&sentence, "pair").to_owned()).or_default().push(sentence);
    }
    for (pair, both) in pairs {
        assert_eq!(both.len(), 2, "{pair}");
        assert_eq!(both[0]["group"], both[1]["group"], "{pair}");
        assert_eq!(both[0]["rule"], both[1]["rule"], "{pair}");
        assert!((1..=14).contains(&both[0]["rule"].as_i64().unwrap()), "{pair}");
        assert_ne!(both[0]["labels"], both[1]["labels"], "{pair}: the rule makes no difference");
    }
}

#[test]
fn no_two_sentences_are_nearly_the_same() {
    let all = sentences(&["documents", "sentences", "pilot"]);
    let sets: Vec<BTreeSet<String>> = all.iter().map(|sentence| words(sentence).into_iter().collect()).collect();
    let mut twins = Vec::new();
    let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, set) in sets.iter().enumerate() {
        // Sets this alike share a word among the few rarest; short ones are compared in full.
        set.iter().for_each(|word| holders.entry(word).or_default().push(at));
    }
    for (at, set) in sets.iter().enumerate().filter(|(_, set)| set.len() >= 5) {
        let mut rarest: Vec<&str> = set.iter().map(String::as_str).collect();
        rarest.sort_by_key(|word| (holders[word].len(), *word));
        let prefix = set.len() - (TOO_ALIKE * set.len() as f64).ceil() as usize + 1;
        let candidates: BTreeSet<usize> =
            rarest.iter().take(prefix).flat_map(|word| &holders[word]).copied().filter(|&other| other > at).collect();
        for other in candidates {
            let shared = set.intersection(&sets[other]).count();
            let alike = shared as f64 / (set.len() + sets[other].len() - shared) as f64;
            let paired = !all[at]["pair"].is_null() && all[at]["pair"] == all[other]["pair"];
            // Two formulae of the pilot are one; its sentences are held against the others only.
            let in_pilot = all[at]["part"].is_null() && all[other]["part"].is_null();
            if alike >= TOO_ALIKE && !paired && !in_pilot {
                twins.push((all[at]["id"].clone(), all[other]["id"].clone()));
            }
        }
    }
    assert!(twins.is_empty(), "{twins:?}");
}

#[test]
fn openings_and_phrases_do_not_repeat() {
    let all = sentences(&["documents", "sentences"]);
    let (mut openings, mut phrases): (BTreeMap<String, usize>, BTreeMap<String, usize>) = Default::default();
    for sentence in &all {
        let words = words(sentence);
        if words.len() >= 3 {
            *openings.entry(words[..3].join(" ")).or_default() += 1;
        }
        let grams: BTreeSet<String> = words.windows(5).map(|gram| gram.join(" ")).collect();
        grams.into_iter().for_each(|gram| *phrases.entry(gram).or_default() += 1);
    }
    let most = (OPENING * all.len() as f64).max(5.0) as usize;
    let worn: Vec<_> = openings.iter().filter(|(_, count)| **count > most).collect();
    assert!(worn.is_empty(), "openings of more than {most} sentences: {worn:?}");
    let worn: Vec<_> = phrases.iter().filter(|(_, count)| **count > FIVE_GRAM).collect();
    assert!(worn.is_empty(), "phrases of more than {FIVE_GRAM} sentences: {worn:?}");
}

#[test]
fn about_six_in_ten_sentences_of_the_documents_carry_no_framing() {
    let all = sentences(&["documents"]);
    let neutral = all.iter().filter(|sentence| names(sentence, "labels").is_empty()).count() as f64 / all.len() as f64;
    assert!((0.55..=0.65).contains(&neutral), "{neutral}");
}
