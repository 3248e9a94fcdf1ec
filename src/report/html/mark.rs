//! How a framing is marked by more than colour: two letters, and the style of its line.

use std::collections::HashSet;

/// Colours of the palette in `style.css`; further labels begin anew, and their codes tell them apart.
pub const TINTS: usize = 12;

/// A code of two characters for each name, all different: the first letter with the second, or else with a later one, or
/// with a number.
pub fn codes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .map(|name| {
            let code = candidates(name).find(|code| !taken.contains(code)).unwrap_or_default();
            taken.insert(code.clone());
            code
        })
        .collect()
}

/// Without end, so that one is always free.
fn candidates(name: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let first = letters.first().copied().unwrap_or('?');
    let lone = (letters.len() < 2).then(|| first.to_string());
    let later: Vec<char> = letters.into_iter().skip(1).collect();
    let with_letter = later.into_iter().map(move |letter| format!("{first}{letter}"));
    lone.into_iter().chain(with_letter).chain((2..).map(move |number: u64| format!("{first}{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_two_letters_that_people_guess() {
        let names = ["blame-shifting", "call-to-action", "delegitimization", "denial", "threat", "4 stars", "", "D"];
        assert_eq!(codes(names.into_iter()), ["BL", "CA", "DE", "DN", "TH", "4S", "?", "D"]);
    }

    proptest! {
        #[test]
        fn codes_never_repeat(names in prop::collection::vec(".{0,6}", 0..60)) {
            let codes = codes(names.iter().map(String::as_str));
            prop_assert_eq!(codes.iter().collect::<HashSet<_>>().len(), names.len());
        }
    }
}
