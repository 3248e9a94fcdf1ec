//! The training sentences hold what `training/README.md` promises.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use rhetor::evaluate::agreement;
use rhetor::text::token;
use serde_json::Value;

use crate::desk::tables_of;

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
const FIVE_GRAM: f64 = 0.0005;
const TOO_ALIKE: f64 = 0.8;

const TOPICS: [&str; 22] = [
    "politics",
    "war",
    "health",
    "labour",
    "crime",
    "economy",
    "international",
    "housing",
    "transport",
    "climate",
    "business",
    "school",
    "farming",
    "sport",
    "religion",
    "technology",
    "elections",
    "history",
    "science",
    "law",
    "culture",
    "family",
];
const ALL: [&str; 3] = ["documents", "sentences", "pilot"];

/// The sentences of some of the corpus's folders.
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
    for sentence in sentences(&ALL) {
        let id = text(&sentence, "id");
        let (labels, near) = (names(&sentence, "labels"), names(&sentence, "near"));
        assert!(labels.iter().chain(&near).all(|label| LABELS.contains(label)), "{id}: {labels:?} {near:?}");
        assert!(labels.iter().all(|label| !near.contains(label)), "{id}: performs what it nearly performs");
        assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{id}: a label twice");
        assert!(REGISTERS.contains(&text(&sentence, "register")), "{id}: register {}", sentence["register"]);
        assert!(VOICES.contains(&text(&sentence, "voice")), "{id}: voice {}", sentence["voice"]);
        assert!(["document", "sentence"].contains(&text(&sentence, "part")), "{id}: part {}", sentence["part"]);
        assert!(TOPICS.contains(&text(&sentence, "topic")), "{id}: topic {}", sentence["topic"]);
        assert!(!text(&sentence, "speaker").is_empty(), "{id}");
        let sane = text(&sentence, "text").trim() == text(&sentence, "text")
            && !text(&sentence, "text").contains(['\n', '\t', '|']);
        assert!(sane, "{id}: blanks around the text, or a mark of the drafts in it");
    }
}

#[test]
fn ids_are_unique_over_all_parts() {
    let mut seen = HashSet::new();
    for sentence in sentences(&ALL) {
        assert!(seen.insert(text(&sentence, "id").to_owned()), "{} stands twice", sentence["id"]);
    }
}

#[test]
fn a_document_is_a_group_of_twelve_to_thirty_sentences_in_one_register() {
    let mut documents: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for sentence in sentences(&["documents"]) {
        assert_eq!(sentence["part"], "document");
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
    let all = sentences(&ALL);
    let pilot: HashSet<String> = sentences(&["pilot"]).iter().map(|sentence| text(sentence, "id").to_owned()).collect();
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
            let in_pilot = [at, other].iter().all(|&row| pilot.contains(text(&all[row], "id")));
            if alike >= TOO_ALIKE && !paired && !in_pilot {
                twins.push((all[at]["id"].clone(), all[other]["id"].clone()));
            }
        }
    }
    assert!(twins.is_empty(), "{twins:?}");
}

#[test]
fn openings_and_phrases_do_not_repeat() {
    let all = sentences(&ALL);
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
    let stock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("training/stock-phrases.txt")).unwrap();
    let stock = stock.lines().filter(|line| !line.starts_with('#')).map(str::to_lowercase).collect::<Vec<_>>();
    let is_stock = |phrase: &str| stock.iter().any(|known| known.contains(phrase));
    let most = (FIVE_GRAM * all.len() as f64).max(5.0) as usize;
    let worn: Vec<_> = phrases.iter().filter(|(phrase, count)| **count > most && !is_stock(phrase)).collect();
    assert!(worn.is_empty(), "phrases of more than {most} sentences: {worn:?}");
}

#[test]
fn about_six_in_ten_sentences_of_the_documents_carry_no_framing() {
    let all: Vec<Value> = sentences(&ALL).into_iter().filter(|sentence| sentence["part"] == "document").collect();
    let neutral = all.iter().filter(|sentence| names(sentence, "labels").is_empty()).count() as f64 / all.len() as f64;
    assert!((0.55..=0.65).contains(&neutral), "{neutral}");
}

#[test]
fn the_corpus_is_as_large_as_it_says_and_no_framing_is_short() {
    let all = sentences(&ALL);
    let is = |sentence: &&Value, part: &str| sentence["part"] == part;
    let documents: HashSet<&str> =
        all.iter().filter(|sentence| is(sentence, "document")).map(|sentence| text(sentence, "group")).collect();
    assert!(documents.len() >= 550, "{} documents", documents.len());
    assert!(all.iter().filter(|sentence| is(sentence, "document")).count() >= 10_000);
    let single: Vec<&Value> = all.iter().filter(|sentence| is(sentence, "sentence")).collect();
    assert!(single.len() >= 10_000, "{} single sentences", single.len());
    assert!(single.iter().filter(|sentence| names(sentence, "labels").len() > 1).count() >= 2_000);
    assert!(all.iter().filter(|sentence| names(sentence, "labels").is_empty()).count() >= 8_500);
    for label in LABELS {
        let of = |rows: &mut dyn Iterator<Item = &Value>, field: &str| {
            rows.filter(|sentence| names(sentence, field).contains(&label)).count()
        };
        let least = match label {
            "threat" | "urgency" | "whataboutism" | "appeal-to-authority" | "flag-waving" => 900,
            _ => 700,
        };
        let (alone, near) = (of(&mut single.iter().copied(), "labels"), of(&mut single.iter().copied(), "near"));
        assert!(of(&mut all.iter(), "labels") >= 1_100, "{label}");
        assert!(alone >= least, "{label}: {alone} single sentences");
        assert!(near >= 350, "{label}: {near} near misses");
    }
    for rule in 1..=14 {
        let halves = single.iter().filter(|sentence| sentence["rule"] == rule).count();
        assert!(halves >= 80, "rule {rule}: {halves} halves of pairs");
    }
}

/// A sentence with what two readers made of it before they settled on one answer.
struct Read {
    group: String,
    part: String,
    first: Vec<String>,
    second: Vec<String>,
}

fn read_twice() -> Vec<Read> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("training/second.jsonl");
    let all = sentences(&ALL);
    let rows: HashMap<&str, &Value> = all.iter().map(|sentence| (text(sentence, "id"), sentence)).collect();
    let lines = fs::read_to_string(path).unwrap();
    let read = lines.lines().map(|line| {
        let reading: Value = serde_json::from_str(line).unwrap();
        let row = rows.get(text(&reading, "id")).unwrap_or_else(|| panic!("{} is no sentence", reading["id"]));
        let labels = |field: &str| names(&reading, field).iter().map(|label| (*label).to_owned()).collect();
        Read {
            group: text(row, "group").to_owned(),
            part: text(row, "part").to_owned(),
            first: labels("first"),
            second: labels("labels"),
        }
    });
    read.collect()
}

#[test]
fn every_document_and_enough_single_sentences_were_read_a_second_time() {
    let read = read_twice();
    let of = |part: &str| read.iter().filter(|reading| reading.part == part).count();
    assert!(of("sentence") >= 1_500, "{}", of("sentence"));
    let documents = sentences(&ALL).iter().filter(|sentence| sentence["part"] == "document").count();
    assert_eq!(of("document"), documents);
}

/// The tables in `training/README.md` are made from the corpus; `just bless` writes them anew.
#[test]
fn the_tables_of_the_data_card_are_those_of_the_corpus() {
    tables_of("training/README.md", &tables());
}

fn tables() -> String {
    let all = sentences(&ALL);
    let mut out = String::new();
    prevalence(&all, &mut out);
    registers(&all, &mut out);
    together(&all, &mut out);
    agreement_table(&mut out);
    out
}

fn prevalence(all: &[Value], out: &mut String) {
    let count = |part: Option<&str>, field: &str, label: Option<&str>| {
        let of_part = |sentence: &&Value| part.is_none_or(|part| sentence["part"] == part);
        let holds = |sentence: &&Value| match label {
            Some(label) => names(sentence, field).contains(&label),
            None => names(sentence, field).is_empty(),
        };
        all.iter().filter(of_part).filter(holds).count()
    };
    *out += "\n**Prevalence**\n\n| label | in documents | single sentences | near misses among these | all |\n|---|---|---|---|---|\n";
    for label in LABELS.map(Some).into_iter().chain([None]) {
        let near = label.map_or(String::new(), |_| count(Some("sentence"), "near", label).to_string());
        *out += &format!(
            "| {} | {} | {} | {near} | {} |\n",
            label.unwrap_or("none"),
            count(Some("document"), "labels", label),
            count(Some("sentence"), "labels", label),
            count(None, "labels", label)
        );
    }
    let of = |part: &str| all.iter().filter(|sentence| sentence["part"] == part).count();
    *out += &format!("| sentences | {} | {} | | {} |\n", of("document"), of("sentence"), all.len());
}

fn registers(all: &[Value], out: &mut String) {
    *out +=
        "\n**Registers**\n\n| register | sentences | without framing | not the author's voice |\n|---|---|---|---|\n";
    for register in REGISTERS {
        let own: Vec<&Value> = all.iter().filter(|sentence| sentence["register"] == register).collect();
        let share = |count: usize| format!("{:.0}%", 100.0 * count as f64 / own.len().max(1) as f64);
        let none = own.iter().filter(|sentence| names(sentence, "labels").is_empty()).count();
        let others = own.iter().filter(|sentence| sentence["voice"] != "author").count();
        *out += &format!("| {register} | {} | {} | {} |\n", own.len(), share(none), share(others));
    }
}

fn together(all: &[Value], out: &mut String) {
    let short = |label: &str| label.split('-').map(|word| &word[..1]).collect::<String>();
    let short: Vec<String> =
        LABELS.iter().map(|label| if label.contains('-') { short(label) } else { label[..2].to_owned() }).collect();
    *out += &format!(
        "\n**Two framings in one sentence**\n\n| | {} |\n|---|{}\n",
        short.join(" | "),
        "---|".repeat(short.len())
    );
    for (row, name) in LABELS.iter().zip(&short) {
        let both = |column: &&str| {
            all.iter().filter(|s| names(s, "labels").contains(row) && names(s, "labels").contains(column)).count()
        };
        let cells: Vec<String> =
            LABELS.iter().map(|column| if column == row { String::new() } else { both(column).to_string() }).collect();
        *out += &format!("| {row} ({name}) | {} |\n", cells.join(" | "));
    }
}

/// Krippendorff's alpha of the two readings before they were settled, label by label, documents resampled.
fn agreement_table(out: &mut String) {
    let read = read_twice();
    *out += "\n**Agreement of two readers before settling** (Krippendorff's alpha, nominal, each label for itself; 95% by resampling documents)\n\n\
             | label | documents | 95% | single sentences | 95% |\n|---|---|---|---|---|\n";
    for label in LABELS.map(Some).into_iter().chain([None]) {
        let mut cells = Vec::new();
        for part in ["document", "sentence"] {
            let mut groups: BTreeMap<&str, Vec<Vec<bool>>> = BTreeMap::new();
            for reading in read.iter().filter(|reading| reading.part == part) {
                let says =
                    |labels: &[String]| label.map_or(labels.is_empty(), |label| labels.iter().any(|own| own == label));
                groups.entry(&reading.group).or_default().push(vec![says(&reading.first), says(&reading.second)]);
            }
            let groups: Vec<Vec<Vec<bool>>> = groups.into_values().collect();
            let figure = agreement::alpha(&groups.concat()).unwrap_or(f64::NAN);
            let (low, high) = agreement::alpha_interval(&groups, 200, 0).unwrap_or((f64::NAN, f64::NAN));
            cells.push(format!("{figure:.2} | [{low:.2}, {high:.2}]"));
        }
        *out += &format!("| {} | {} |\n", label.unwrap_or("none or any"), cells.join(" | "));
    }
}
