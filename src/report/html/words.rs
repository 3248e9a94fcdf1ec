//! The words that count: terms of an explanation that cover the same words are shown as one.

use std::cmp::Ordering;

use super::phrases::{fill, say};
use super::view::Term;
use crate::features::cues;
use crate::features::vocabulary::Vocabulary;
use crate::framing::evidence::{Evidence, Term as Piece};
use crate::text::Span;

/// Cues and shapes that are named, of those that cover the same words.
const NAMES: usize = 2;

/// How the names of shapes begin.
const SHAPE: &str = "shape:";

/// It spans much of a sentence, and would take in all of its words.
const QUOTATION: &str = "shape:quotation";

/// What is shown of an explanation, and what the rest comes to.
pub struct Words {
    pub terms: Vec<Term>,
    pub rest: (f64, usize),
}

/// Terms that are looked at one by one; a whole document as one unit may have thousands.
const LOOKED_AT: usize = 200;

/// A longer match, in bytes, takes in no other term: too little would be told apart.
const LONGEST_SEED: usize = 40;

/// At most `most` entries, the heaviest first. The heaviest term takes in every other that has more than half of its length
/// inside it (`no choice` takes `no`, `choice` and `choice but`), then the heaviest of those left, and so on: so each
/// contribution is counted once, and shown terms, rest and intercept still add up to the score.
pub fn words(evidence: &Evidence, text: &str, vocabulary: &Vocabulary, most: usize) -> Words {
    let (near, far) = evidence.terms.split_at(evidence.terms.len().min(LOOKED_AT));
    let mut left: Vec<&Piece> = near.iter().collect();
    let mut groups: Vec<Vec<&Piece>> = Vec::new();
    while !left.is_empty() {
        let seed = left.remove(0);
        let is_short = seed.spans.iter().all(|span| span.len() <= LONGEST_SEED);
        let takes = is_short && vocabulary.term(seed.feature) != QUOTATION;
        let (inside, outside): (Vec<&Piece>, _) =
            left.into_iter().partition(|piece| takes && mostly_inside(piece, seed));
        left = outside;
        groups.push([vec![seed], inside].concat());
    }
    let mut terms: Vec<(Term, usize)> =
        groups.iter().map(|group| (joined(group, text, vocabulary), group.len())).collect();
    terms.sort_by(|a, b| heavier(&a.0, &b.0));
    let rest = terms.split_off(most.min(terms.len()));
    let near_rest: f64 = rest.iter().map(|(term, _)| term.contribution).sum();
    let far_rest: f64 = far.iter().map(|term| term.contribution).sum();
    Words {
        terms: terms.into_iter().map(|(term, _)| term).collect(),
        // A sum of nothing is −0.
        rest: (0.0 + near_rest + far_rest, rest.iter().map(|(_, members)| members).sum::<usize>() + far.len()),
    }
}

fn heavier(a: &Term, b: &Term) -> Ordering {
    b.contribution.abs().total_cmp(&a.contribution.abs()).then_with(|| a.spans.cmp(&b.spans))
}

/// Whether all places of a term lie in those of a short one by more than half each.
fn mostly_inside(piece: &Piece, seed: &Piece) -> bool {
    let inside = |span: &Span| {
        // Places are in order, so that those which begin too far before it come first.
        let first = seed.spans.partition_point(|own| own.start + LONGEST_SEED <= span.start);
        let mut near = seed.spans[first..].iter().take_while(|own| own.start < span.end);
        near.any(|own| own.overlap(*span).is_some_and(|o| 2 * o.len() > span.len()))
    };
    !piece.spans.is_empty() && piece.spans.iter().all(inside)
}

fn joined(group: &[&Piece], text: &str, vocabulary: &Vocabulary) -> Term {
    let mut names: Vec<String> = group.iter().filter_map(|piece| plain_name(vocabulary.term(piece.feature))).collect();
    if names.len() > NAMES {
        let more = names.split_off(NAMES).len();
        names.push(fill("more", &[("n", &more)]));
    }
    Term {
        surface: group[0].spans.first().map_or_else(String::new, |span| span.of(text).to_owned()),
        contribution: group.iter().map(|piece| piece.contribution).sum(),
        spans: united(group[0].spans.iter().map(|span| (span.start, span.end)).collect()),
        names,
    }
}

/// Spans that touch or overlap as one.
fn united(mut spans: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    spans.sort_unstable();
    let mut united: Vec<(usize, usize)> = Vec::new();
    for (start, end) in spans {
        match united.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => united.push((start, end)),
        }
    }
    united
}

/// What people call a term that is more than its words.
fn plain_name(term: &str) -> Option<String> {
    if let Some(cue) = term.strip_prefix(cues::PREFIX) {
        return Some(cue.replace('-', " "));
    }
    if let Some(shape) = term.strip_prefix(SHAPE) {
        return Some(shape.replace('-', " "));
    }
    term.starts_with("^ ").then(|| say("at-start").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureId;

    type Given<'a> = (&'a str, f64, &'a [(usize, usize)]);

    fn account(terms: &[Given]) -> (Evidence, Vocabulary) {
        let vocabulary = Vocabulary::new(terms.iter().map(|(term, ..)| ((*term).to_owned(), 1)).collect());
        let piece = |((term, contribution, spans), entry): (&Given, u32)| Piece {
            feature: vocabulary.feature(term).unwrap_or(FeatureId(0)),
            entry,
            contribution: *contribution,
            spans: spans.iter().map(|(start, end)| Span::new(*start, *end)).collect(),
        };
        (Evidence { intercept: -1.0, terms: terms.iter().zip(0..).map(piece).collect() }, vocabulary)
    }

    #[test]
    fn terms_over_the_same_words_are_one_and_everything_still_adds_up() {
        let text = "We had no choice but to go";
        let (evidence, vocabulary) = account(&[
            ("cue:no-choice", 2.5, &[(7, 16)]),
            ("shape:first-person-plural", 1.5, &[(0, 2)]),
            ("no choic", 1.0, &[(7, 16)]),
            ("choic but", 0.75, &[(10, 20)]),
            ("had no", -0.5, &[(3, 9)]),
            ("but", 0.25, &[(17, 20)]),
        ]);
        let Words { terms, rest } = words(&evidence, text, &vocabulary, 3);
        let shown: Vec<_> = terms.iter().map(|term| (term.surface.as_str(), term.contribution)).collect();
        assert_eq!(shown, [("no choice", 4.25), ("We", 1.5), ("had no", -0.5)]);
        assert_eq!(terms[0].names, ["no choice"]);
        assert_eq!(terms[1].names, ["first person plural"]);
        assert_eq!(rest, (0.25, 1));
        let sum: f64 = terms.iter().map(|term| term.contribution).sum();
        assert!((sum + rest.0 + evidence.intercept - evidence.total()).abs() < 1e-12);
    }

    #[test]
    fn a_quotation_hides_no_word_of_its_own() {
        let (evidence, vocabulary) = account(&[("shape:quotation", 3.0, &[(0, 9)]), ("pay", 2.0, &[(1, 4)])]);
        assert_eq!(words(&evidence, "\"pay now\"", &vocabulary, 9).terms.len(), 2);
    }
}
