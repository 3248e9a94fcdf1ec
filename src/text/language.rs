//! Is this text in the model's language? Told by trigrams of letters (whatlang), and only where that is sure.

use super::stem::Language;

/// Letters that a text must have before its language can be told, and bytes beyond which more of it tells nothing new.
const ENOUGH_LETTERS: usize = 80;
pub const SAMPLE: usize = 4096;

/// The English name of the language of `text`, if that is surely another than `expected`. Danish and Norwegian pass for each other; nothing is
/// other than [`Language::None`].
pub fn other_than(expected: Language, text: &str) -> Option<&'static str> {
    if expected == Language::None
        || text.chars().filter(|c| c.is_alphabetic()).take(ENOUGH_LETTERS).count() < ENOUGH_LETTERS
    {
        return None;
    }
    let found = whatlang::detect(text).filter(whatlang::Info::is_reliable)?.lang();
    let name = if found == whatlang::Lang::Nob { "Norwegian" } else { found.eng_name() };
    let northern = |name: &str| matches!(name, "danish" | "norwegian");
    let lower = name.to_lowercase();
    let same = lower == expected.name() || northern(&lower) && northern(expected.name());
    (!same).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: &str = "Der Ausschuss hat gestern beschlossen, die Brücke bis zum Frühjahr zu sperren, weil die Pfeiler unterspült sind.";
    const ENGLISH: &str =
        "The committee decided yesterday to close the bridge until spring, because its piers have been washed out.";

    #[test]
    fn another_language_is_named_and_the_same_one_is_not() {
        assert_eq!(other_than(Language::English, GERMAN), Some("German"));
        assert_eq!(other_than(Language::German, GERMAN), None);
        assert_eq!(other_than(Language::German, ENGLISH), Some("English"));
        assert_eq!(other_than(Language::English, ENGLISH), None);
    }

    #[test]
    fn short_text_and_a_model_without_a_language_are_let_be() {
        assert_eq!(other_than(Language::English, "Der Ausschuss hat beschlossen."), None);
        assert_eq!(other_than(Language::None, GERMAN), None);
        assert_eq!(other_than(Language::English, ""), None);
        assert_eq!(other_than(Language::English, &"1234 !? ".repeat(500)), None);
    }

    #[test]
    fn every_language_of_a_model_can_be_told() {
        let known: Vec<String> = whatlang::Lang::all().iter().map(|lang| lang.eng_name().to_lowercase()).collect();
        for language in Language::ALL.iter().filter(|language| **language != Language::None) {
            let is_known = known.contains(&language.name().to_owned()) || language.name() == "norwegian";
            assert!(is_known, "{language}");
        }
    }
}
