//! Prodigy's JSONL: a task a line, and what was answered. A task of several choices has `options`, of which those chosen stand
//! in `accept`; one of a single `label` is a question of yes or no; passages stand in `spans`. `answer` says what became of it.

use std::io::{self, Write};

use super::example::Offsets;
use super::jsonl::{Line, spans};
use super::writer::Loss;
use super::{Example, ExampleWriter, Losses, Outline};

/// Prodigy counts as Python does.
const OFFSETS: Offsets = Offsets::Characters;

/// The fields that say what was asked and answered.
const ASKED: [&str; 6] = ["options", "accept", "answer", "spans", "label", "cats"];

/// Writes a task a line: the `choice` interface, or passages if every label lies on one. A task that nobody has judged has no
/// `answer`, and has chosen already what is suggested.
pub(super) struct Writer<W> {
    out: W,
    options: String,
    choice: bool,
    groups: bool,
    lost: Losses,
}

/// One of the choices.
#[derive(serde::Serialize)]
struct Choice<'a> {
    id: &'a str,
    text: &'a str,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        let choices: Vec<Choice> = outline.labels.iter().map(|label| Choice { id: label, text: label }).collect();
        Writer {
            out,
            options: super::jsonl::json_of(&choices),
            choice: !outline.spans || outline.loose_labels || outline.suggested,
            groups: outline.writes_groups(),
            lost: Losses::default(),
        }
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        let Example { pending, suggested, .. } = example;
        self.lost.add_if(!suggested.is_empty() && !pending, Loss::Suggestions);
        let mut line = Line::default();
        line.optional("id", example.id.as_ref());
        line.entry("text", &example.text);
        if self.choice {
            line.raw("options", &self.options);
            line.entry("accept", if *pending { suggested } else { &example.labels });
        }
        if !example.spans.is_empty() || !self.choice {
            line.entry("spans", &spans(example, OFFSETS));
        }
        match &example.group {
            None if self.groups => line.raw("group", "null"),
            group => line.optional("group", group.as_ref()),
        }
        if example.weight != 1.0 {
            line.entry("weight", &example.weight);
        }
        line.extra(example, &ASKED);
        if !pending {
            line.entry("answer", &"accept");
        }
        line.end(&mut self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(std::mem::take(&mut self.lost))
    }
}
