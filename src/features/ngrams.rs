//! Word and character n-grams: runs of stems or letters, each with the bytes that it covers.

use crate::text::Span;

/// No run of stems or characters is longer: what a text costs must not hang on a number in a model file.
pub const LONGEST: usize = 10;

/// How the terms of runs of characters begin.
pub const CHARACTERS: &str = "char:";

/// Whether runs may be so short and so long.
pub fn are_lengths((shortest, longest): (usize, usize)) -> bool {
    0 < shortest && shortest <= longest && longest <= LONGEST
}

/// Calls `found` with every run of `shortest..=longest` neighbouring stems, joined by a space, and its span.
/// `stems` and `spans` run in parallel.
pub fn words(
    stems: &[&str],
    spans: &[Span],
    (shortest, longest): (usize, usize),
    buffer: &mut String,
    mut found: impl FnMut(usize, &str, Span),
) {
    for first in 0..stems.len() {
        buffer.clear();
        for (offset, stem) in stems[first..].iter().take(longest).enumerate() {
            if offset > 0 {
                buffer.push(' ');
            }
            buffer.push_str(stem);
            if offset + 1 >= shortest {
                found(offset + 1, buffer, Span::new(spans[first].start, spans[first + offset].end));
            }
        }
    }
}

/// Calls `found` with every run of `shortest..=longest` characters inside a token, where `_` marks its start and end
/// (the `char_wb` scheme of scikit-learn), and the token's own bytes that the run covers. `folded` is the token in
/// lower case; since folding may change lengths, a run's span is that of the whole token where the two differ.
pub fn characters(
    surface: &str,
    folded: &str,
    token: Span,
    (shortest, longest): (usize, usize),
    buffer: &mut String,
    mut found: impl FnMut(&str, Span),
) {
    let alike = surface.chars().map(char::len_utf8).eq(folded.chars().map(char::len_utf8));
    let padded: Vec<char> = std::iter::once('_').chain(folded.chars()).chain(std::iter::once('_')).collect();
    for length in shortest..=longest.min(padded.len()) {
        for (first, run) in padded.windows(length).enumerate() {
            buffer.clear();
            buffer.push_str(CHARACTERS);
            buffer.extend(run);
            found(buffer, if alike { covered(&padded, first, length, token) } else { token });
        }
    }
}

fn covered(padded: &[char], first: usize, length: usize, token: Span) -> Span {
    let bytes = |until: usize| -> usize {
        padded[1..padded.len() - 1].iter().take(until.saturating_sub(1)).map(|c| c.len_utf8()).sum()
    };
    Span::new(token.start + bytes(first), token.start + bytes(first + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_runs_cover_from_their_first_word_to_their_last() {
        let text = "no other choice";
        let spans = [Span::new(0, 2), Span::new(3, 8), Span::new(9, 15)];
        let mut seen = Vec::new();
        words(&["no", "other", "choic"], &spans, (1, 2), &mut String::new(), |n, term, span| {
            seen.push((n, term.to_owned(), span.of(text)));
        });
        let expected = [
            (1, "no", "no"),
            (2, "no other", "no other"),
            (1, "other", "other"),
            (2, "other choic", "other choice"),
            (1, "choic", "choice"),
        ];
        assert_eq!(seen, expected.map(|(n, term, surface)| (n, term.to_owned(), surface)));
    }

    #[test]
    fn character_runs_mark_the_ends_of_a_word_and_cover_its_letters() {
        let mut seen = Vec::new();
        characters("Été", "été", Span::new(10, 15), (3, 3), &mut String::new(), |term, span| {
            seen.push((term.to_owned(), span.start, span.end));
        });
        assert_eq!(seen, [("char:_ét".into(), 10, 13), ("char:été".into(), 10, 15), ("char:té_".to_owned(), 12, 15)]);
    }
}
