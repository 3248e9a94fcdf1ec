//! What stands between the words of a sentence: quotation marks, punctuation.

use super::pattern::Seam;
use super::symbols::SymbolId;
use crate::text::{Span, quote::Quotation};

/// A word of the text and its symbol.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub span: Span,
    pub symbol: SymbolId,
}

/// A sentence, with what is around it.
pub struct Sentence<'a> {
    pub text: &'a str,
    pub words: &'a [Word],
    pub marks: &'a Marks,
}

/// Where quotations stand in a sentence: a bit a place, 64 in a machine word; all empty where there are none.
#[derive(Debug, Default)]
pub struct Marks {
    quoted: Vec<u64>,
    opens: Vec<u64>,
    closes: Vec<u64>,
}

impl Marks {
    /// Marks the quotations of a text that open, close or hold words in one of its sentences.
    pub fn lay_out(&mut self, text: &str, words: &[Word], quotations: &[Quotation]) {
        for set in [&mut self.quoted, &mut self.opens, &mut self.closes] {
            set.clear();
        }
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let begins = |quotation: &&Quotation| quotation.inner.start <= last.span.start;
        let goes_on = |quotation: &&Quotation| first.span.start < quotation.inner.end;
        let mut near = quotations.iter().take_while(begins).filter(goes_on).peekable();
        if near.peek().is_none() {
            return;
        }
        for set in [&mut self.quoted, &mut self.opens, &mut self.closes] {
            set.resize(words.len() / 64 + 1, 0);
        }
        let around = around(text, first.span, last.span);
        let holds = |at: usize| around.start <= at && at <= around.end;
        let mut reached = 0;
        for quotation in near {
            let from = words.partition_point(|word| word.span.start < quotation.inner.start);
            let to = words.partition_point(|word| word.span.start < quotation.inner.end);
            // Quotations come by rising start, so what lies before the end of an earlier one is marked already.
            (from.max(reached)..to).for_each(|place| insert(&mut self.quoted, place));
            reached = reached.max(to);
            if from < to && holds(quotation.inner.start) {
                insert(&mut self.opens, from);
            }
            if from < to && holds(quotation.inner.end) {
                insert(&mut self.closes, to);
            }
        }
    }

    /// Where quotations go on, open and close at 65 places from `base` on; the last of them is the first bit too.
    pub fn from(&self, base: usize) -> [u64; 3] {
        [&self.quoted, &self.opens, &self.closes].map(|set| {
            let cell = |at: usize| set.get(at).copied().unwrap_or_default();
            let (at, by) = (base / 64, base % 64);
            let cells = cell(at) >> by | cell(at + 1).checked_shl(64 - by as u32).unwrap_or_default();
            cells | cell(at + 1) >> by & 1
        })
    }

    /// Whether there are any quotations in the sentence.
    pub fn any(&self) -> bool {
        !self.quoted.is_empty()
    }
}

/// The bytes of the text within a sentence, as far as quotations are concerned that open or close there: up to the next word on either
/// side.
fn around(text: &str, first: Span, last: Span) -> Span {
    let before = text[..first.start].trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let after = &text[last.end..];
    Span::new(before, last.end + after.find(char::is_alphanumeric).unwrap_or(after.len()))
}

fn insert(set: &mut [u64], place: usize) {
    set[place / 64] |= 1 << (place % 64);
}

fn holds(set: &[u64], place: usize) -> bool {
    set.get(place / 64).is_some_and(|cell| cell >> (place % 64) & 1 == 1)
}

impl Sentence<'_> {
    /// What can be true of a place: the seam before the word of that number, or the sentence's end.
    pub fn is(&self, seam: Seam, place: usize) -> bool {
        match seam {
            Seam::SentenceStart => place == 0,
            Seam::SentenceEnd => place == self.words.len(),
            Seam::Break => {
                0 < place && place < self.words.len() && {
                    let between = Span::new(self.words[place - 1].span.end, self.words[place].span.start);
                    is_break(between.of(self.text))
                }
            }
            Seam::Quoted => holds(&self.marks.quoted, place),
            Seam::Unquoted => place < self.words.len() && !holds(&self.marks.quoted, place),
            Seam::Opens => holds(&self.marks.opens, place),
            Seam::Closes => holds(&self.marks.closes, place),
        }
    }
}

fn is_break(between: &str) -> bool {
    match between {
        " " | "" => false,
        _ => between.contains([',', ';', ':', '—', '–', '(', ')', '…', '.', '"', '“', '”']) || between.contains(" - "),
    }
}
