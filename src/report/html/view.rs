//! What the report shows, as plain data: a file is paragraphs, a paragraph units, a unit has framings with their words. It
//! knows no model, file system or clock, so that the same page can be made anywhere.

use serde::{Deserialize, Serialize};

pub use crate::framing::voice::{Shares, Voice};
pub use crate::text::speech::Hearing;

/// A report on any number of files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub model: ModelNote,
    /// In the model's order; [`Framing::label`] counts them from 0.
    pub labels: Vec<Label>,
    /// What a unit is: a sentence, where nothing else is said.
    pub noun: String,
    #[serde(default)]
    pub asked: Asked,
    pub files: Vec<File>,
}

/// What was asked for, if that was not all framings at the model's own thresholds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Only these labels, and only in these voices; empty where all were.
    pub labels: Vec<String>,
    pub voices: Vec<Voice>,
    /// In place of the labels' own thresholds.
    pub threshold: Option<f64>,
    /// At most so many framings a unit.
    pub most: Option<usize>,
}

impl Asked {
    /// Whether marks are given as they were when the model was tested.
    pub fn is_as_tested(&self) -> bool {
        self.threshold.is_none() && self.most.is_none()
    }

    /// Whether all framings that were found are shown.
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.voices.is_empty() && self.most.is_none()
    }
}

/// The model that was used, and how good it is known to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelNote {
    pub fingerprint: String,
    /// The version of rhetor that wrote the report.
    pub version: String,
    /// The model's own remark on itself.
    pub note: Option<String>,
    pub known: Option<Known>,
    /// The code of two letters of its language, if it has one.
    #[serde(default)]
    pub language: Option<String>,
    /// What is heard of what others say in that language.
    #[serde(default)]
    pub hearing: Hearing,
}

/// Figures on labelled text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Known {
    pub tested: Tested,
    pub units: u64,
    /// Share of the units with a label that were given any, and of those without one.
    pub found: Option<f64>,
    pub flagged: Option<f64>,
}

/// What figures were measured on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tested {
    /// Parts of the training data that the tested weights had not seen.
    #[default]
    HeldOut,
    /// Text of another origin.
    OtherText,
}

/// A framing that the model knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub name: String,
    /// To be read after "The sentence …".
    pub meaning: Option<String>,
    pub known: Option<LabelKnown>,
}

/// How good the model is at one label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelKnown {
    /// Units that had it.
    pub support: u64,
    /// Share of those marked that had it, if any were, and of those that had it that were marked.
    pub precision: Option<f64>,
    pub recall: f64,
    pub f1: f64,
    /// 95%, if there were groups to draw anew.
    pub f1_interval: Option<(f64, f64)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct File {
    pub path: String,
    pub paragraphs: Vec<Paragraph>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Paragraph {
    /// From 1 within the file.
    pub number: u64,
    /// The line on which it starts, from 1.
    pub line: u64,
    pub units: Vec<Unit>,
}

/// What was classified: mostly a sentence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    pub line: u64,
    pub text: String,
    /// It starts a line of its own within its paragraph.
    pub breaks: bool,
    /// Its end is missing, because it was too long.
    pub truncated: bool,
    /// The share of its words that the model knows.
    pub known: f64,
    /// The most probable first.
    pub framings: Vec<Framing>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Framing {
    pub label: usize,
    /// Calibrated.
    pub p: f64,
    /// What it had to reach.
    pub threshold: f64,
    pub voice: Option<Voice>,
    pub share: Option<Shares>,
    /// Who is quoted or reported.
    pub speaker: Option<String>,
    /// Log-odds of a unit without any known word.
    pub intercept: f64,
    /// The heaviest first, for or against.
    pub terms: Vec<Term>,
    /// What the terms that are not listed add up to, and how many they are.
    pub rest: (f64, usize),
}

/// Words that count, and what they add to the score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The words; empty for what has no place in the text.
    pub surface: String,
    /// Log-odds.
    pub contribution: f64,
    /// Bytes of the unit's text, rising, without overlap.
    pub spans: Vec<(usize, usize)>,
    /// Cues and shapes among what was summed up here, by their plain names.
    pub names: Vec<String>,
}

impl File {
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.paragraphs.iter().flat_map(|paragraph| &paragraph.units)
    }

    pub fn framings(&self) -> impl Iterator<Item = &Framing> {
        self.units().flat_map(|unit| &unit.framings)
    }
}

impl View {
    pub fn framings(&self) -> impl Iterator<Item = &Framing> {
        self.files.iter().flat_map(File::framings)
    }

    /// Whether reported speech is told from the author's own words.
    pub fn hears_all(&self) -> bool {
        self.model.hearing == Hearing::Everything
    }

    /// Whether it is known whose words carry the framings.
    pub fn has_voices(&self) -> bool {
        self.framings().any(|framing| framing.voice.is_some())
    }
}
