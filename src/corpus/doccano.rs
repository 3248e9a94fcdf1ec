//! doccano's JSONL: an object a line. What `label` holds depends on the kind of project: a list of names (text
//! classification), or of passages `[start, end, name]` (sequence labelling); where both are asked for, names stand in `cats`
//! and passages in `entities`. All other fields are what was imported along with the text.

use std::io::{self, Write};

use super::example::Offsets;
use super::jsonl::Line;
use super::writer::Loss;
use super::{Example, ExampleWriter, Losses, Outline};

/// doccano counts as its user's browser does (doccano issue 2290).
const OFFSETS: Offsets = Offsets::Utf16;

/// The marked passages of an example, as `[start, end, label]`.
pub(super) fn triples(example: &Example, offsets: Offsets) -> Vec<(usize, usize, &str)> {
    let places = example.spans.iter().map(|marked| (offsets.places(&example.text, marked.span), &marked.label));
    places.map(|((start, end), label)| (start, end, label.as_str())).collect()
}

/// Writes an object a line, for a project of the kind that holds all labels: passages only if every label lies on one.
/// doccano takes any label for somebody's, and no label for nobody's.
pub(super) struct Writer<W> {
    out: W,
    kind: Kind,
    groups: bool,
    lost: Losses,
}

enum Kind {
    Classification,
    SequenceLabelling,
    Both,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        let kind = match (outline.spans, outline.loose_labels || outline.suggested) {
            (false, _) => Kind::Classification,
            (true, false) => Kind::SequenceLabelling,
            (true, true) => Kind::Both,
        };
        Writer { out, kind, groups: outline.writes_groups(), lost: Losses::default() }
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let Example { pending, suggested, labels, .. } = example;
        let proposes = *pending && !suggested.is_empty();
        self.lost.add_if(!suggested.is_empty() && !pending, Loss::Suggestions);
        self.lost.add_if(proposes, Loss::SuggestionsAsLabels);
        self.lost.add_if(*pending && suggested.is_empty(), Loss::PendingAsNone);
        let labels = if proposes { suggested } else { labels };
        let mut line = Line::default();
        line.optional("id", example.id.as_ref());
        line.entry("text", &example.text);
        match self.kind {
            Kind::Classification => line.entry("label", labels),
            Kind::SequenceLabelling => line.entry("label", &triples(example, OFFSETS)),
            Kind::Both => {
                line.entry("cats", labels);
                line.entry("entities", &triples(example, OFFSETS));
            }
        }
        match &example.group {
            None if self.groups => line.raw("group", "null"),
            group => line.optional("group", group.as_ref()),
        }
        if example.weight != 1.0 {
            line.entry("weight", &example.weight);
        }
        line.extra(example, &["cats", "entities"]);
        line.end(&mut self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(std::mem::take(&mut self.lost))
    }
}
