//! What the report says in words of its own, by key: whoever translates the report translates `english.json`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("english.json");

static PHRASES: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| serde_json::from_str(ENGLISH).expect("english.json is a table of phrases"));

/// How the keys of those begin that the script says.
const OF_SCRIPT: &str = "script.";

/// The phrase of a key; a key that has none stands for itself, and a test finds it.
pub fn say(key: &str) -> &str {
    PHRASES.get(key).map_or(key, String::as_str)
}

/// The same with each `{name}` in it filled.
pub fn fill(key: &str, values: &[(&str, &dyn Display)]) -> String {
    values
        .iter()
        .fold(say(key).to_owned(), |phrase, (name, value)| phrase.replace(&format!("{{{name}}}"), &value.to_string()))
}

/// For one or for several: the phrase `key.one` or `key.other`, with the number as `{n}`.
pub fn count(key: &str, n: usize) -> String {
    let form = if n == 1 { "one" } else { "other" };
    fill(&format!("{key}.{form}"), &[("n", &n)])
}

/// What the script says, by keys without their beginning.
pub fn of_script() -> BTreeMap<&'static str, &'static str> {
    PHRASES.iter().filter_map(|(key, phrase)| Some((key.strip_prefix(OF_SCRIPT)?, phrase.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::framing::voice::Voice;

    #[test]
    fn every_key_that_is_said_has_a_phrase_and_every_phrase_is_said() {
        let rust = concat!(include_str!("page.rs"), include_str!("words.rs"), include_str!("text.html"));
        let keys = |source: &'static str, call: &str| -> Vec<&'static str> {
            source.split(call).skip(1).filter_map(|rest| rest.split_once(['"', '\'']).map(|(key, _)| key)).collect()
        };
        let mut said: BTreeSet<String> =
            ["say(\"", "fill(\"", "of_noun(\""].iter().flat_map(|call| keys(rust, call)).map(str::to_owned).collect();
        said.extend(keys(rust, "count(\"").iter().flat_map(|key| [format!("{key}.one"), format!("{key}.other")]));
        said.extend(keys(include_str!("script.js"), "say('").iter().map(|key| format!("{OF_SCRIPT}{key}")));
        // The script calls a voice by its class.
        said.extend(Voice::ALL.map(|voice| format!("{OF_SCRIPT}{}", voice.name())));
        let phrases: BTreeSet<String> = PHRASES.keys().cloned().collect();
        assert_eq!(said, phrases);
    }

    #[test]
    fn phrases_are_filled_and_counted() {
        assert_eq!(count("marks", 1), "1 mark");
        assert_eq!(count("marks", 12), "12 marks");
        assert_eq!(fill("note", &[("note", &"{note}")]), "Its makers’ note: {note}.");
        assert_eq!(say("no such key"), "no such key");
    }
}
