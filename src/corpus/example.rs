//! A text and what is said of it, in no format's way.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, ReadOptions, labels};
use crate::text::form::{composed, is_same};
use crate::text::{Place, Span};

/// The column or field, in [`Example::extra`], that names who gave the labels.
pub const ANNOTATOR: &str = "annotator";

/// The columns or fields, in [`Example::extra`], with what stands before a text and after it: for whoever is to judge it out of its place.
pub const AROUND: [&str; 2] = ["before", "after"];

/// A text and what somebody says that it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Never blank; otherwise as it stands in the data.
    pub text: String,
    /// Trimmed, their letters composed, each once, in order. None is an answer too: a text without any framing, unless it is `pending`.
    pub labels: Vec<String>,
    /// Nobody has judged the text yet, so that it has no labels and that says nothing. Only read when
    /// [asked for](super::ReadOptions::pending).
    pub pending: bool,
    /// What a model proposes, for somebody who is still to judge.
    pub suggested: Vec<String>,
    /// Where in the text labels lie, if somebody marked passages. If nothing else was asked, these are the `labels`.
    pub spans: Vec<LabelSpan>,
    /// What must not be torn apart by folds: a document, an author.
    pub group: Option<String>,
    /// Positive and finite; 1 where the data says nothing.
    pub weight: f64,
    /// What the data has for a weight and is none, where [nothing is weighed](super::ReadOptions::weighs).
    pub odd_weight: Option<String>,
    /// The line on which its row starts.
    pub place: Place,
    pub id: Option<String>,
    /// All other columns that hold something, or fields that hold one value, as text.
    pub extra: BTreeMap<String, String>,
    /// What a table has no room for: the fields that hold a list, an object, a number, true or false, as they stood in JSON.
    /// Only read when [asked for](super::ReadOptions::everything); so is [null](super::ReadOptions::types).
    pub nested: BTreeMap<String, String>,
    /// Which of the others were no strings.
    pub bare: Bare,
}

/// What stood in JSON as something else than a string: a number, true or false; or, where there is none, as null. Only read
/// when [asked for](super::ReadOptions::types).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bare {
    pub id: bool,
    pub group: bool,
}

/// A label on a passage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelSpan {
    /// Bytes of the example's text.
    pub span: Span,
    pub label: String,
}

impl Default for Example {
    fn default() -> Self {
        Example {
            text: String::new(),
            labels: Vec::new(),
            pending: false,
            suggested: Vec::new(),
            spans: Vec::new(),
            group: None,
            weight: 1.0,
            odd_weight: None,
            place: Place::file("-"),
            id: None,
            extra: BTreeMap::new(),
            nested: BTreeMap::new(),
            bare: Bare::default(),
        }
    }
}

impl Example {
    /// A text that somebody judged.
    pub fn new(text: impl Into<String>, labels: Vec<String>) -> Self {
        Example { text: text.into(), labels, ..Example::default() }
    }

    /// What stands in a column beside the text, the labels and the weight, if anything does; the group's is called `group`, whatever the data calls it.
    pub fn in_column(&self, column: &str) -> Option<&str> {
        let group = if column == "group" { self.group.as_deref() } else { None };
        self.extra.get(column).map(String::as_str).or(group).filter(|value| !value.is_empty())
    }

    /// What stays on one side of a fold: all of a group; without one, texts that are the same.
    pub fn kept_together(&self) -> Cow<'_, str> {
        composed(self.group.as_deref().filter(|group| !group.is_empty()).unwrap_or(&self.text))
    }

    /// Whether a [column](Example::in_column) has this value.
    pub fn says(&self, column: &str, value: &str) -> bool {
        self.in_column(column).is_some_and(|cell| is_same(cell, value))
    }

    /// Who gave the labels, if the data says so.
    pub fn annotator(&self) -> Option<&str> {
        self.extra.get(ANNOTATOR).map(String::as_str)
    }

    /// Whether the data says of the row what it weighs, and not just the usual.
    pub fn has_weight(&self) -> bool {
        self.weight != 1.0 || self.odd_weight.is_some()
    }

    /// A column of ours, which goes before a field of that name in the data.
    pub(super) fn put(&mut self, column: &str, value: String) {
        self.nested.remove(column);
        self.extra.insert(column.to_owned(), value);
    }

    /// Takes the weight that a cell states; a blank one states the usual weight.
    pub(super) fn weigh(&mut self, cell: &str, options: &ReadOptions) -> Result<(), Fault> {
        let cell = cell.trim();
        match cell.parse::<f64>() {
            Ok(weight) if weight.is_finite() && weight > 0.0 => self.weight = weight,
            _ if cell.is_empty() => {}
            _ if options.weighs => return Err(Fault::Weight { value: cell.to_owned() }),
            _ => self.odd_weight = Some(cell.to_owned()),
        }
        Ok(())
    }

    /// Whether the labels of the text are other than those of its passages.
    pub(super) fn has_loose_labels(&self) -> bool {
        if self.spans.is_empty() {
            return !self.labels.is_empty();
        }
        let marked: BTreeSet<&String> = self.spans.iter().map(|marked| &marked.label).collect();
        marked != self.labels.iter().collect()
    }

    /// Takes from the extra columns what a writer of ours put there: `judged`, `suggested` and `spans`. What is none of ours stays there.
    pub(super) fn take_ours(&mut self) -> Ours {
        let mut ours = Ours::default();
        let suggested = self.extra.get("suggested").and_then(|cell| labels::split(cell, None).ok());
        if let Some(suggested) = suggested {
            self.suggested = suggested;
            self.extra.remove("suggested");
        }
        if let Some(cell) = self.extra.get("spans") {
            match self.passages(cell) {
                Some(spans) => {
                    self.spans = spans;
                    self.extra.remove("spans");
                }
                None if cell.trim().is_empty() => {}
                None => ours.odd.push("spans"),
            }
        }
        if let Some(cell) = self.extra.get("judged") {
            match labels::yes_no(cell) {
                Some(judged) => {
                    ours.judged = judged;
                    self.pending = !judged && self.labels.is_empty();
                    self.extra.remove("judged");
                }
                None if cell.trim().is_empty() => {}
                None => ours.odd.push("judged"),
            }
        }
        ours
    }

    /// The passages that a cell states, if all lie in the text.
    fn passages(&self, cell: &str) -> Option<Vec<LabelSpan>> {
        let triples: Vec<(usize, usize, String)> = serde_json::from_str(cell).ok()?;
        let span = |(start, end, label): (usize, usize, String)| {
            let span = Offsets::Characters.span(&self.text, start, end)?;
            Some(LabelSpan { span, label: labels::name(&label) })
        };
        triples.into_iter().map(span).collect()
    }

    /// Adds the labels of passages to those of the text, each once.
    pub(super) fn take_labels_of_spans(&mut self) {
        for LabelSpan { label, .. } in &self.spans {
            if !self.labels.contains(label) {
                self.labels.push(label.clone());
            }
        }
    }
}

/// What the columns of ours say that an example has no room for.
#[derive(Default)]
pub(super) struct Ours {
    /// Somebody has judged the text, whether or not any label fits.
    pub judged: bool,
    /// The columns whose cells mean nothing.
    pub odd: Vec<&'static str>,
}

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

    /// The bytes between two places; none if they do not lie on characters of the text, in this order, or if nothing is between them.
    pub(super) fn span(self, text: &str, start: usize, end: usize) -> Option<Span> {
        let (mut at, mut first) = (0, None);
        let ends = std::iter::once(('\0', text.len()));
        for (c, byte) in text.char_indices().map(|(byte, c)| (c, byte)).chain(ends) {
            if at == start {
                first.get_or_insert(byte);
            }
            if at == end {
                return first.map(|first| Span::new(first, byte)).filter(|span| !span.is_empty());
            }
            at += self.width(c);
        }
        None
    }

    /// The places of the first byte of a span and of the first behind it.
    pub(super) fn places(self, text: &str, span: Span) -> (usize, usize) {
        let count = |bytes: &str| bytes.chars().map(|c| self.width(c)).sum::<usize>();
        let start = count(&text[..span.start]);
        (start, start + count(span.of(text)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emoji_is_one_character_and_two_units_of_utf_16() {
        let text = "💩This is an annotation.";
        let word = Offsets::Characters.span(text, 12, 22).unwrap();
        assert_eq!(word.of(text), "annotation");
        assert_eq!(Offsets::Utf16.span(text, 13, 23), Some(word));
        assert_eq!(Offsets::Utf16.span(text, 1, 5), None, "within the emoji");
        assert_eq!(Offsets::Characters.span(text, 5, 2), None);
        assert_eq!(Offsets::Characters.span(text, 20, 200), None);
        assert_eq!(Offsets::Characters.span("ab", 2, 2), None, "nothing is marked");
    }

    proptest! {
        #[test]
        fn places_lead_back_to_their_span(text in "[a-zé😀\n]{0,12}", from in 0..13_usize, to in 0..13_usize) {
            for offsets in [Offsets::Characters, Offsets::Utf16] {
                if let Some(span) = offsets.span(&text, from, to) {
                    prop_assert_eq!(offsets.places(&text, span), (from, to));
                }
            }
        }
    }
}
