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
use crate::text::count::counted;

/// Takes examples one by one, of which every passage lies on its text.
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
        Format::LabelStudio => Box::new(label_studio::Writer::new(out, outline)),
    }
}

/// Writes all of these examples.
///
/// # Errors
/// Those of `out`, and [`io::ErrorKind::InvalidData`] before anything is written if a passage does not lie on its text.
pub fn write(format: Format, out: impl Write, examples: &[Example]) -> io::Result<Losses> {
    let lies = |example: &Example| {
        example.spans.iter().all(|passage| example.text.get(passage.span.start..passage.span.end).is_some())
    };
    if let Some(at) = examples.iter().position(|example| !lies(example)) {
        let words = format!("a passage of example {} does not lie on its text", at + 1);
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
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
    /// … other labels than those of its passages.
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
        self.weights |= example.has_weight();
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
            Loss::PendingAsNone => "the difference between not judged and no label",
            Loss::SuggestionsAsLabels => "the difference between suggested and given labels",
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

    /// Nested fields, for which no format but JSON has room; numbers stand among the extra columns already, and null is a blank cell.
    pub(super) fn add_nested(&mut self, example: &Example) {
        for (name, json) in example.nested.iter().filter(|(name, _)| !example.extra.contains_key(*name)) {
            let is_empty = json == "null" || name == "meta" && !is_deep(json);
            self.add_if(!is_empty, Loss::Column(name.clone()));
        }
    }
}

/// Whether an object holds more than single values, which stand among the extra columns.
fn is_deep(json: &str) -> bool {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    fields.values().any(|value| value.is_array() || value.is_object())
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (loss, rows)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{loss} ({})", counted(rows, "row", "rows"))?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Bare;
    use super::super::offsets::Offsets;
    use super::super::tests::{examples, same};
    use super::super::{LabelSpan, ReadOptions, read_from};
    use super::*;

    const ALL: [Format; 7] = [
        Format::Csv,
        Format::Tsv,
        Format::Jsonl,
        Format::FastText,
        Format::Doccano,
        Format::Prodigy,
        Format::LabelStudio,
    ];

    fn written(format: Format, examples: &[Example]) -> (String, Losses) {
        let mut out = Vec::new();
        let lost = write(format, &mut out, examples).unwrap();
        (String::from_utf8(out).unwrap(), lost)
    }

    fn read_again(format: Option<Format>, data: &str) -> Vec<Example> {
        let options = ReadOptions { format, pending: true, everything: true, types: true, ..ReadOptions::default() };
        let corpus = read_from("-", data.as_bytes(), &options).unwrap_or_else(|error| panic!("{error}:\n{data}"));
        assert!(corpus.skipped.is_empty(), "{:?}", corpus.skipped);
        same(&corpus.examples)
    }

    /// What is left of examples in a format, as its losses say.
    fn left(format: Format, examples: &[Example]) -> Vec<Example> {
        let judged = examples.iter().any(|example| !example.pending);
        let left = |example: &Example| {
            let example = example.clone();
            Some(match format {
                Format::Jsonl | Format::LabelStudio => example,
                Format::Csv | Format::Tsv => Example { nested: BTreeMap::new(), bare: Bare::default(), ..example },
                Format::Prodigy if example.pending => example,
                Format::Prodigy => Example { suggested: Vec::new(), ..example },
                Format::Doccano if example.pending => {
                    Example { pending: false, labels: example.suggested, suggested: Vec::new(), ..example }
                }
                Format::Doccano => Example { suggested: Vec::new(), ..example },
                Format::FastText if example.pending && judged => return None,
                Format::FastText => Example::new(
                    example.text.trim().replace(['\n', '\r'], " "),
                    example.labels.iter().map(|label| label.replace(' ', "_")).collect(),
                ),
            })
        };
        examples.iter().filter_map(left).collect()
    }

    /// Examples with all that there is, their passages marked with labels of the text.
    fn everything() -> impl Strategy<Value = Vec<Example>> {
        let more = (any::<bool>(), 0..4_u8, prop::collection::vec((0..14_usize, 0..14_usize), 0..3), any::<bool>());
        let text = "[a-z][ -~é😀\u{1}\t\r\n\"]{0,12}[a-zß;,]";
        (examples(text), prop::collection::vec(more, 6), any::<bool>()).prop_map(|(mut examples, more, spans)| {
            for (example, (pending, suggest, places, nested)) in examples.iter_mut().zip(more) {
                example.pending = pending && suggest > 0;
                if example.pending {
                    example.labels.clear();
                }
                example.suggested = if suggest == 3 { vec!["a b".into(), "c;d".into()] } else { Vec::new() };
                let labels = example.labels.iter().cycle();
                let places = places.into_iter().filter(|_| spans);
                let marked = places.zip(labels).filter_map(|((start, end), label)| {
                    let span = Offsets::Characters.ruler(&example.text).span(start, end)?;
                    Some(LabelSpan { span, label: label.clone() })
                });
                example.spans = marked.collect();
                if nested {
                    example.nested.insert("tokens".into(), "[1,{\"a b\":\"\\\" \"}]".into());
                    example.nested.insert("none".into(), "null".into());
                    example.id = Some("7.50".into());
                    example.bare = Bare { id: true, group: example.group.is_none() };
                }
            }
            examples
        })
    }

    /// Passages tell labels in another order.
    fn sorted(mut examples: Vec<Example>) -> Vec<Example> {
        examples.iter_mut().for_each(|example| example.labels.sort());
        examples
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_format_gives_back_what_it_does_not_say_is_lost(examples in everything()) {
            for format in ALL {
                let (data, lost) = written(format, &examples);
                let left = left(format, &examples);
                prop_assert_eq!(sorted(read_again(Some(format), &data)), sorted(same(&left)), "{} {}", format, data);
                prop_assert_eq!(lost.is_empty(), left == examples, "{} {}", format, lost);
            }
        }

        #[test]
        fn from_any_format_to_any_other_nothing_else_is_lost(examples in everything()) {
            for from in ALL {
                let (data, _) = written(from, &examples);
                let on_the_way = read_again(Some(from), &data);
                for to in ALL {
                    let (data, _) = written(to, &on_the_way);
                    let left = left(to, &left(from, &examples));
                    prop_assert_eq!(sorted(read_again(Some(to), &data)), sorted(same(&left)), "{} {} {}", from, to, data);
                }
            }
        }

        #[test]
        fn what_was_written_is_known_again(examples in everything()) {
            for format in ALL.into_iter().filter(|format| *format != Format::FastText) {
                let (data, _) = written(format, &examples);
                let left = left(format, &examples);
                prop_assert_eq!(sorted(read_again(None, &data)), sorted(same(&left)), "{} {}", format, data);
            }
        }
    }
}
