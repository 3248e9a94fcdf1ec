//! Where passages lie in a text, as the tools count that mark them.

use crate::text::Span;

/// In what a tool counts the places of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offsets {
    /// Unicode characters, as Python does.
    Characters,
    /// UTF-16 units, as JavaScript does: beyond U+FFFF a character counts twice.
    Utf16,
}

impl Offsets {
    fn width(self, c: char) -> usize {
        match self {
            Offsets::Characters => 1,
            Offsets::Utf16 => c.len_utf16(),
        }
    }

    /// Looks through a text once, so that each of its passages is found from near by.
    pub(super) fn ruler(self, text: &str) -> Ruler<'_> {
        let (mut marks, mut next, mut place) = (vec![(0, 0)], STEP, 0);
        // There a place is a byte.
        let is_ascii = text.is_ascii();
        for (byte, c) in text.char_indices().take_while(|_| !is_ascii) {
            if byte >= next {
                marks.push((place, byte));
                next = byte + STEP;
            }
            place += self.width(c);
        }
        Ruler { offsets: self, text, is_ascii, marks }
    }
}

/// Bytes from one mark of a ruler to the next.
const STEP: usize = 256;

/// Places and bytes of a text, side by side.
pub(super) struct Ruler<'a> {
    offsets: Offsets,
    text: &'a str,
    is_ascii: bool,
    /// Some characters in their order: the place, and the first byte.
    marks: Vec<(usize, usize)>,
}

impl Ruler<'_> {
    /// The bytes between two places; none if they do not lie on characters of the text, in this order, or if nothing is between them.
    pub(super) fn span(&self, start: usize, end: usize) -> Option<Span> {
        if start >= end {
            return None;
        }
        Some(Span::new(self.byte(start)?, self.byte(end)?))
    }

    /// The places of the first byte of a span and of the first behind it.
    pub(super) fn places(&self, span: Span) -> (usize, usize) {
        (self.place(span.start), self.place(span.end))
    }

    /// The byte at which the character of that place begins, or the text ends.
    fn byte(&self, place: usize) -> Option<usize> {
        if self.is_ascii {
            return (place <= self.text.len()).then_some(place);
        }
        let (mut at, mut byte) = self.marks[self.marks.partition_point(|(mark, _)| *mark <= place) - 1];
        let mut rest = self.text[byte..].chars();
        while at < place {
            let c = rest.next()?;
            at += self.offsets.width(c);
            byte += c.len_utf8();
        }
        (at == place).then_some(byte)
    }

    fn place(&self, byte: usize) -> usize {
        if self.is_ascii {
            return byte;
        }
        let (place, mark) = self.marks[self.marks.partition_point(|(_, mark)| *mark <= byte) - 1];
        place + self.text[mark..byte].chars().map(|c| self.offsets.width(c)).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emoji_is_one_character_and_two_units_of_utf_16() {
        let text = "💩This is an annotation.";
        let (characters, utf16) = (Offsets::Characters.ruler(text), Offsets::Utf16.ruler(text));
        let word = characters.span(12, 22).unwrap();
        assert_eq!(word.of(text), "annotation");
        assert_eq!(utf16.span(13, 23), Some(word));
        assert_eq!(utf16.span(1, 5), None, "within the emoji");
        assert_eq!(characters.span(5, 2), None);
        assert_eq!(characters.span(20, 200), None);
        assert_eq!(Offsets::Characters.ruler("ab").span(2, 2), None, "nothing is marked");
        assert_eq!(Offsets::Characters.ruler("").span(0, 1), None);
    }

    /// What a ruler finds, character by character.
    fn counted(offsets: Offsets, text: &str, start: usize, end: usize) -> Option<Span> {
        let byte = |place: usize| {
            let ends = (0..=text.len()).filter(|byte| text.is_char_boundary(*byte));
            ends.into_iter().find(|byte| text[..*byte].chars().map(|c| offsets.width(c)).sum::<usize>() == place)
        };
        Some(Span::new(byte(start)?, byte(end)?)).filter(|span| span.start < span.end)
    }

    proptest! {
        #[test]
        fn places_lead_back_to_their_span(text in "[a-zé😀\n]{0,12}", from in 0..13_usize, to in 0..13_usize) {
            for offsets in [Offsets::Characters, Offsets::Utf16] {
                if let Some(span) = offsets.ruler(&text).span(from, to) {
                    prop_assert_eq!(offsets.ruler(&text).places(span), (from, to));
                }
            }
        }

        #[test]
        fn a_ruler_finds_what_counting_does(
            text in "([a-z]{0,200}|[é😀]{0,90}){0,6}", from in 0..900_usize, width in 0..300_usize
        ) {
            for offsets in [Offsets::Characters, Offsets::Utf16] {
                let found = offsets.ruler(&text).span(from, from + width);
                prop_assert_eq!(found, counted(offsets, &text, from, from + width));
            }
        }
    }
}
