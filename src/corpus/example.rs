//! A text and what is said of it, in no format's way.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::offsets::Offsets;
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
        let ruler = Offsets::Characters.ruler(&self.text);
        let span = |(start, end, label): (usize, usize, String)| {
            Some(LabelSpan { span: ruler.span(start, end)?, label: labels::name(&label) })
        };
        triples.into_iter().map(span).collect()
    }

    /// Adds the labels of passages to those of the text, each once.
    pub(super) fn take_labels_of_spans(&mut self) {
        let mut known: HashSet<String> = self.labels.iter().cloned().collect();
        for LabelSpan { label, .. } in &self.spans {
            if !known.contains(label) {
                known.insert(label.clone());
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
