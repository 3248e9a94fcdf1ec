//! The form of letters: `ä` may be written as one character, or as `a` with a mark behind it, as macOS names files, and looks the same. Names are
//! composed where they are read, and texts are compared so; a text itself is never altered.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Letters composed (Unicode's form NFC). What is composed already, as nearly all text is, is only looked at.
pub fn composed<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    let is_composed = text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes;
    if is_composed { text } else { text.nfc().collect::<String>().into() }
}

/// Whether two names are the same, however their letters are written.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || !(one.is_ascii() && other.is_ascii()) && composed(one) == composed(other)
}

/// A text as it is compared: white space is one blank, letters are composed.
pub fn plain(text: &str) -> String {
    composed(text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_composed_and_what_is_so_already_is_not_copied() {
        assert_eq!(composed("A\u{308}ngste"), "\u{c4}ngste");
        assert!(matches!(composed("Ängste"), Cow::Borrowed(_)) && matches!(composed("fear"), Cow::Borrowed(_)));
        assert!(is_same("e\u{301}", "é") && !is_same("e", "é"));
        assert_eq!(plain("  Es\n dro\u{308}hnt "), "Es dröhnt");
    }
}
