//! Examples out again, in any format, and what a format had no room for.
//!
//! ```
//! use rhetor::corpus::{Example, Format, Outline, writer};
//!
//! let examples = [Example { id: Some("7".into()), ..Example::new("They will pay.", vec!["threat".into()]) }];
//! let mut out = Vec::new();
//! let mut lines = writer(Format::FastText, &mut out, &Outline::of(&examples));
//! for example in &examples {
//!     lines.write(example)?;
//! }
//! let lost = lines.end()?;
//! assert_eq!(lost.to_string(), "ids (1 row)");
//! drop(lines);
//! assert_eq!(out, b"__label__threat They will pay.\n");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

use super::{Delimiter, Example, Format, doccano, fasttext, jsonl, label_studio, prodigy, table};

/// Takes examples one by one.
pub trait ExampleWriter {
    /// Writes a row.
    ///
    /// # Errors
    /// Those of the output.
    fn write(&mut self, example: &Example) -> io::Result<()>;

    /// Writes what stands behind the last row, and says what the format had no room for.
    ///
    /// # Errors
    /// Those of the output.
    fn end(&mut self) -> io::Result<Losses>;
}

/// A writer for a format. It is told first what there is to write: a table its columns, a tool its choices.
pub fn writer<'a>(format: Format, out: impl Write + 'a, outline: &Outline) -> Box<dyn ExampleWriter + 'a> {
    match format {
        Format::Csv => Box::new(table::Writer::new(out, Delimiter::Comma, outline)),
        Format::Tsv => Box::new(table::Writer::new(out, Delimiter::Tab, outline)),
        Format::Jsonl => Box::new(jsonl::Writer::new(out, outline)),
        Format::FastText => Box::new(fasttext::Writer::new(out, outline)),
        Format::Doccano => Box::new(doccano::Writer::new(out, outline)),
        Format::Prodigy => Box::new(prodigy::Writer::new(out, outline)),
        Format::LabelStudio => Box::new(label_studio::Writer::new(out)),
    }
}

/// Writes all of these examples.
///
/// # Errors
/// Those of `out`.
pub fn write(format: Format, out: impl Write, examples: &[Example]) -> io::Result<Losses> {
    let mut rows = writer(format, out, &Outline::of(examples));
    examples.iter().try_for_each(|example| rows.write(example))?;
    rows.end()
}

/// What a writer must know before the first row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The labels to choose from, in alphabetical order; there may be more than any example has.
    pub labels: BTreeSet<String>,
    /// Whether any example has …
    pub groups: bool,
    pub weights: bool,
    pub ids: bool,
    pub spans: bool,
    pub suggested: bool,
    /// … nobody's judgement; somebody's.
    pub pending: bool,
    pub judged: bool,
    /// … a label that is not marked on a passage.
    pub loose_labels: bool,
    /// The names of all extra columns.
    pub extra: BTreeSet<String>,
    /// Cells of a table that a spreadsheet would run as a formula get an apostrophe.
    pub spreadsheet_safe: bool,
}

impl Outline {
    /// The outline of these examples.
    pub fn of<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Self {
        let mut outline = Outline::default();
        examples.into_iter().for_each(|example| outline.add(example));
        outline
    }

    /// Makes room for one more example.
    pub fn add(&mut self, example: &Example) {
        let spans = example.spans.iter().map(|marked| &marked.label);
        for label in example.labels.iter().chain(&example.suggested).chain(spans) {
            if !self.labels.contains(label) {
                self.labels.insert(label.clone());
            }
        }
        self.groups |= example.group.is_some();
        self.weights |= example.weight != 1.0;
        self.ids |= example.id.is_some();
        self.spans |= !example.spans.is_empty();
        self.suggested |= !example.suggested.is_empty();
        self.pending |= example.pending;
        self.judged |= !example.pending;
        self.loose_labels |= example.has_loose_labels();
        for name in example.extra.keys() {
            if !self.extra.contains(name) {
                self.extra.insert(name.clone());
            }
        }
    }

    /// Whether groups must be written: because there are some, or so that `doc` is not taken for them.
    pub(super) fn writes_groups(&self) -> bool {
        self.groups || self.extra.iter().any(|name| name.eq_ignore_ascii_case("doc"))
    }
}

/// Something that a format has no room for, or that it has only in another form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Loss {
    Id,
    Group,
    Weight,
    Annotator,
    Spans,
    Suggestions,
    /// A column or field of this name.
    Column(String),
    /// Rows that nobody has judged, which the format cannot tell from rows that have no label: left out.
    PendingLeftOut,
    /// The same, written as if they had no label.
    PendingAsNone,
    /// Suggestions, written as if somebody had made them labels.
    SuggestionsAsLabels,
    LineBreaks,
    /// White space within a label.
    LabelSpelling,
    /// A word of a text that would be read as a label.
    LabelInText,
    /// White space at the ends of a text.
    Blanks,
    /// Cells that a spreadsheet would have run.
    Formulas,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::Id => "ids",
            Loss::Group => "groups",
            Loss::Weight => "weights",
            Loss::Annotator => "annotators",
            Loss::Spans => "marked passages",
            Loss::Suggestions => "suggestions",
            Loss::Column(name) => return write!(f, "`{}`", crate::text::visible(name)),
            Loss::PendingLeftOut => "rows that nobody has judged, which are left out",
            Loss::PendingAsNone => "that nobody has judged a text, which now looks like a text without a label",
            Loss::SuggestionsAsLabels => "that labels are only suggested",
            Loss::LineBreaks => "line breaks, which became spaces",
            Loss::LabelSpelling => "blanks in labels, which became `_`",
            Loss::LabelInText => "words that begin like labels, which lost their first `__`",
            Loss::Blanks => "blanks around texts",
            Loss::Formulas => "cells like formulas, which got an apostrophe",
        })
    }
}

/// How many rows lost what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "the user wants to know what is lost"]
pub struct Losses(BTreeMap<Loss, u64>);

impl Losses {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was lost, and in how many rows.
    pub fn iter(&self) -> impl Iterator<Item = (&Loss, u64)> {
        self.0.iter().map(|(loss, rows)| (loss, *rows))
    }

    pub fn of(&self, loss: &Loss) -> u64 {
        self.0.get(loss).copied().unwrap_or(0)
    }

    /// One row more loses this, if the condition holds.
    pub(super) fn add_if(&mut self, lost: bool, loss: Loss) {
        if lost {
            *self.0.entry(loss).or_default() += 1;
        }
    }

    /// Nested fields, for which no format but JSON has room; numbers stand among the extra columns already.
    pub(super) fn add_nested(&mut self, example: &Example) {
        for name in example.nested.keys().filter(|name| !example.extra.contains_key(*name)) {
            self.add_if(true, Loss::Column(name.clone()));
        }
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (loss, rows)) in self.iter().enumerate() {
            let (comma, plural) = (if at == 0 { "" } else { ", " }, if rows == 1 { "row" } else { "rows" });
            write!(f, "{comma}{loss} ({rows} {plural})")?;
        }
        Ok(())
    }
}

/// Under which name a writer puts an extra column, so that it is not taken for one of ours when read again.
pub(super) fn extra_name(name: &str) -> String {
    const OURS: [&str; 9] = ["text", "labels", "label", "group", "weight", "id", "judged", "suggested", "spans"];
    let ours = OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours));
    if ours { format!("_{name}") } else { name.to_owned() }
}
