//! From what a cell says to labels, and labels that are suspiciously alike.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Example;
use super::problem::{Fault, Spelling, Warning};
use crate::text::form::composed;

/// The labels of a cell: a list in JSON, or names between separators. A blank cell has none, and that is an answer.
/// With a `separator` given, the cell is taken as it stands and split there alone.
pub(super) fn split(cell: &str, separator: Option<&str>) -> Result<Vec<String>, Fault> {
    let cell = cell.trim();
    match separator {
        _ if cell.is_empty() => Ok(Vec::new()),
        Some(separator) if !separator.is_empty() => tidy(cell.split(separator), cell),
        Some(_) => Ok(vec![name(cell)]),
        None if cell.starts_with("{\"choices\"") || cell.starts_with("[{\"") => {
            let names = choices(cell).ok_or_else(|| Fault::NotAList { cell: cell.to_owned() })?;
            tidy(names.iter().map(String::as_str), cell)
        }
        None if cell.starts_with('[') && cell.ends_with(']') => {
            let list: Vec<String> =
                serde_json::from_str(cell).map_err(|_| Fault::NotAList { cell: cell.to_owned() })?;
            tidy(list.iter().map(String::as_str), cell)
        }
        None => tidy(cell.split(['|', ';']), cell),
    }
}

/// The labels in a cell as Label Studio's CSV has them: several choices, or passages with their labels.
fn choices(cell: &str) -> Option<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(alias = "labels")]
        choices: Vec<String>,
    }
    let answers: Vec<Answer> =
        if cell.starts_with('{') { vec![serde_json::from_str(cell).ok()?] } else { serde_json::from_str(cell).ok()? };
    Some(answers.into_iter().flat_map(|answer| answer.choices).collect())
}

/// The cell from which [`split`] makes these labels again.
pub(super) fn join(labels: &[String]) -> String {
    let plain = labels.iter().all(|label| !label.contains(['|', ';', '[']));
    if plain { labels.join("|") } else { serde_json::to_string(labels).expect("strings are always JSON") }
}

/// Labels as [`name`] has them, the second of two equal ones dropped, in order. None may be empty.
pub(super) fn tidy<'a>(labels: impl Iterator<Item = &'a str>, cell: &str) -> Result<Vec<String>, Fault> {
    let (mut tidied, mut known): (Vec<String>, HashSet<String>) = (Vec::new(), HashSet::new());
    for label in labels.map(name) {
        if label.is_empty() {
            return Err(Fault::EmptyLabel { cell: cell.to_owned() });
        }
        if known.insert(label.clone()) {
            tidied.push(label);
        }
    }
    // There may be millions of rows, and most have one label.
    tidied.shrink_to_fit();
    Ok(tidied)
}

/// A label as all of the program knows it: trimmed, its letters composed.
pub(super) fn name(label: &str) -> String {
    composed(label.trim()).into_owned()
}

/// Whether a cell of a 0/1 column says yes; `None` if it says neither.
pub(super) fn zero_one(cell: &str) -> Option<bool> {
    let cell = cell.trim();
    match cell {
        "1" | "1.0" => Some(true),
        "0" | "0.0" => Some(false),
        _ if cell.eq_ignore_ascii_case("true") => Some(true),
        _ if cell.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether a cell says yes or no, as people write it; `None` if it says neither.
pub(super) fn yes_no(cell: &str) -> Option<bool> {
    let cell = cell.trim();
    let is_any = |words: [&str; 2]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    match () {
        () if is_any(["yes", "y"]) => Some(true),
        () if is_any(["no", "n"]) => Some(false),
        () => zero_one(cell),
    }
}

/// Labels that differ only by case or white space: a warning for each such family, in alphabetical order.
pub fn alike<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Vec<Warning> {
    let mut spellings: HashMap<&str, (usize, &Example)> = HashMap::new();
    for example in examples {
        for label in &example.labels {
            spellings.entry(label).or_insert((0, example)).0 += 1;
        }
    }
    let mut families: BTreeMap<String, Vec<Spelling>> = BTreeMap::new();
    for (label, (rows, example)) in spellings {
        let spelling = Spelling { label: label.to_owned(), rows, first: example.place.clone() };
        families.entry(bare(label)).or_default().push(spelling);
    }
    families.into_values().filter(|family| family.len() > 1).map(like_labels).collect()
}

/// Labels that are others with commas between, as survey tools export several answers: one warning, with the first of them.
pub(super) fn joined(examples: &[Example]) -> Option<Warning> {
    let known: BTreeSet<&str> = examples.iter().flat_map(|example| &example.labels).map(String::as_str).collect();
    let is_joined = |label: &str| {
        let parts = || label.split(',').map(str::trim);
        label.contains(',') && parts().all(|part| !part.is_empty()) && parts().any(|part| known.contains(part))
    };
    let joined: BTreeSet<&str> = known.iter().copied().filter(|label| is_joined(label)).collect();
    let mut found = examples.iter().flat_map(|example| example.labels.iter().map(move |label| (label, &example.place)));
    let (label, first) = found.find(|(label, _)| joined.contains(&label[..]))?;
    let rows = examples.iter().filter(|example| example.labels.iter().any(|label| joined.contains(&label[..]))).count();
    Some(Warning::JoinedLabels { label: label.clone(), rows, first: first.clone() })
}

/// A family of spellings, the most frequent first.
fn like_labels(mut spellings: Vec<Spelling>) -> Warning {
    spellings.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.label.cmp(&b.label)));
    Warning::LikeLabels { spellings }
}

fn bare(label: &str) -> String {
    label.split_whitespace().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(cell: &str) -> Vec<String> {
        split(cell, None).expect("a good cell")
    }

    #[test]
    fn a_bar_and_a_semicolon_separate_labels_that_are_trimmed_and_told_once() {
        assert_eq!(labels("threat | blame;threat"), ["threat", "blame"]);
    }

    #[test]
    fn none_and_neutral_are_labels_like_any_other_and_a_blank_cell_is_no_label() {
        assert_eq!(labels("none"), ["none"]);
        assert_eq!(labels("neutral|None"), ["neutral", "None"]);
        assert_eq!(labels("  "), Vec::<String>::new());
    }

    #[test]
    fn a_cell_may_hold_a_json_list_whose_items_are_not_split() {
        assert_eq!(labels(r#"["us; them", "a|b"]"#), ["us; them", "a|b"]);
        assert_eq!(labels("[]"), Vec::<String>::new());
    }

    #[test]
    fn a_cell_may_hold_an_answer_of_label_studio() {
        assert_eq!(labels(r#"{"choices": ["threat", "us; them"]}"#), ["threat", "us; them"]);
        assert_eq!(
            labels(r#"[{"start": 0, "end": 4, "labels": ["call"]}, {"start": 5, "end": 6, "labels": ["call"]}]"#),
            ["call"]
        );
        assert!(split(r#"[{"start": 0}]"#, None).is_err());
    }

    #[test]
    fn a_list_as_python_prints_it_is_refused_rather_than_taken_for_one_label() {
        let fault = split("['threat', 'blame']", None).unwrap_err();
        assert_eq!(fault.to_string(), "`['threat', 'blame']` looks like a list of labels and is not one in JSON");
        assert!(fault.hint().starts_with("write a|b or"));
    }

    #[test]
    fn a_given_separator_is_the_only_one() {
        assert_eq!(split("us; them, call", Some(",")).unwrap(), ["us; them", "call"]);
        assert_eq!(split("[sic]", Some("|")).unwrap(), ["[sic]"]);
        assert_eq!(split("a|b", Some("")).unwrap(), ["a|b"]);
    }

    #[test]
    fn an_empty_label_between_separators_is_a_fault() {
        for cell in ["a||b", "a|", "|", r#"["a", " "]"#] {
            let fault = split(cell, None).unwrap_err();
            assert_eq!(fault.to_string(), format!("an empty label in `{cell}`"));
            assert!(fault.hint().contains("surplus separator"));
        }
    }

    proptest! {
        #[test]
        fn joined_labels_split_into_the_same_again(names in prop::collection::btree_set("[ -~é]{0,6}[a-z\\[\\]|;,\"]", 0..4)) {
            let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
            let tidied = tidy(names.iter().map(String::as_str), "").unwrap();
            prop_assert_eq!(split(&join(&tidied), None).unwrap(), tidied);
        }
    }
}
