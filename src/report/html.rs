//! One self-contained page: the text with its framings marked, and the words that made each of them.
//!
//! Records are gathered into a [`view::View`], which holds all text in memory, and written as a page at the end. The page
//! needs no network, and its policy forbids any script and style but its own.

pub mod mark;
#[cfg(feature = "learn")]
pub mod model;
pub mod page;
mod phrases;
pub mod view;
mod words;

use std::io::{self, Write};

use super::{Record, Report, Setting};
use crate::model::Model;
use crate::model::card::{Card, Figure, LabelCard, Mirror, MirrorLabel};
use crate::text::speech::{Cast, UNCLEAR};
use view::{Asked, File, Framing, Known, Label, LabelKnown, ModelNote, Paragraph, Tested, Unit, View};

/// Entries of an explanation that are kept.
const MOST_WORDS: usize = 8;

/// Gathers records and writes the page.
pub struct Html<'a, W> {
    setting: &'a Setting<'a>,
    out: W,
    view: View,
    /// Who speaks in each file.
    casts: Vec<Cast>,
}

impl<'a, W: Write> Html<'a, W> {
    /// `noun` is what people call a unit.
    pub fn new(setting: &'a Setting<'a>, out: W, noun: &str) -> Self {
        Html::with_mirror(setting, out, noun, mirror(setting.model))
    }

    /// The same for whoever knows already what [`mirror`] says.
    pub fn with_mirror(setting: &'a Setting<'a>, out: W, noun: &str, mirror: Option<&Mirror>) -> Self {
        let (labels, model) = (labels(setting.model, mirror), note(setting.model, mirror));
        let view = View { model, labels, noun: noun.to_owned(), asked: asked(setting), files: Vec::new() };
        Html { setting, out, view, casts: Vec::new() }
    }

    /// What has been gathered so far.
    pub fn view(&self) -> &View {
        &self.view
    }
}

impl<W: Write> Report for Html<'_, W> {
    fn begin(&mut self, path: &str, _: Option<&csv::StringRecord>) -> io::Result<()> {
        self.view.files.push(File { path: path.to_owned(), paragraphs: Vec::new() });
        self.casts.push(Cast::default());
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let unit = unit(record, self.setting.model);
        if let (Some(file), Some(cast)) = (self.view.files.last_mut(), self.casts.last_mut()) {
            // A name that comes without a framing still tells who the short one stands for.
            let said = record.said.iter().filter_map(|said| said.speaker.as_ref());
            let speakers = record.speaker.iter().chain(said).filter(|speaker| speaker.place.is_some());
            speakers.for_each(|speaker| {
                cast.member(&speaker.name);
            });
            file.add(record.paragraph, unit);
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        for (file, cast) in self.view.files.iter_mut().zip(&mut self.casts) {
            file.name_in_full(cast);
        }
        page::write(&self.view, &mut self.out)?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn asked(setting: &Setting) -> Asked {
    let Setting { choice, voices, .. } = setting;
    let names = || setting.labels().map(|(_, name)| name.to_owned()).collect();
    Asked {
        labels: if choice.only.is_some() { names() } else { Vec::new() },
        voices: voices.clone(),
        threshold: choice.threshold,
        most: choice.top_k,
    }
}

/// A record as it is shown.
fn unit(record: &Record, model: &Model) -> Unit {
    let framing = |(at, found): (usize, &crate::framing::Framing)| {
        let mut framing = Framing {
            label: found.label.index(),
            p: found.probability,
            threshold: found.threshold,
            ..Framing::default()
        };
        if let Some(said) = record.said.get(at) {
            framing.voice = Some(said.voice);
            framing.share = Some(said.shares);
            framing.speaker = said.speaker.as_ref().map(|speaker| speaker.name.clone());
        }
        if let Some(evidence) = record.evidence.get(at) {
            let shown = words::words(evidence, &record.text, model.featurizer().vocabulary(), MOST_WORDS);
            framing.intercept = evidence.intercept;
            framing.terms = shown.terms;
            framing.rest = shown.rest;
        }
        framing
    };
    Unit {
        line: record.line,
        text: record.text.clone(),
        breaks: record.breaks,
        truncated: record.truncated,
        known: record.known,
        framings: record.framings.iter().enumerate().map(framing).collect(),
    }
}

impl File {
    /// Each speaker under one name, the fullest that the file has.
    fn name_in_full(&mut self, cast: &mut Cast) {
        let units = self.paragraphs.iter_mut().flat_map(|paragraph| &mut paragraph.units);
        let speakers = units.flat_map(|unit| &mut unit.framings).filter_map(|framing| framing.speaker.as_mut());
        for speaker in speakers.filter(|speaker| *speaker != UNCLEAR) {
            let member = cast.member(speaker);
            *speaker = cast.name(member).to_owned();
        }
    }

    fn add(&mut self, paragraph: u64, unit: Unit) {
        match self.paragraphs.last_mut().filter(|last| last.number == paragraph) {
            Some(last) => last.units.push(unit),
            None => self.paragraphs.push(Paragraph { number: paragraph, line: unit.line, units: vec![unit] }),
        }
    }
}

/// The model's labels, with their meaning where a codebook says it.
fn labels(model: &Model, mirror: Option<&Mirror>) -> Vec<Label> {
    let codebook = model.codebook();
    let card = model.card();
    let label = |(at, name): (usize, &str)| {
        let entry = codebook.as_ref().and_then(|book| book.find(name)).filter(|entry| !entry.definition.is_empty());
        let elsewhere = mirror.and_then(|mirror| mirror.labels.iter().find(|label| label.label == name));
        let known = match mirror {
            Some(_) => elsewhere.filter(|figures| figures.support > 0).map(of_mirror),
            None => card.labels.get(at).filter(|card| !card.untested).map(|label| held_out(label, card)),
        };
        Label { name: name.to_owned(), meaning: entry.map(|entry| entry.definition.clone()), known }
    };
    model.labels().iter().map(|(_, name)| name).enumerate().map(label).collect()
}

fn of_mirror(figures: &MirrorLabel) -> LabelKnown {
    LabelKnown {
        support: figures.support,
        precision: Some(figures.precision).filter(|precision| precision.is_finite()),
        recall: figures.recall,
        f1: figures.f1.value,
        f1_interval: figures.f1.known_interval(),
    }
}

fn held_out(label: &LabelCard, card: &Card) -> LabelKnown {
    LabelKnown {
        support: label.support,
        precision: Some(label.precision),
        recall: label.recall,
        f1: label.f1,
        f1_interval: card.f1_of(label).known_interval(),
    }
}

/// Figures on other text tell more than those on the training data's own kind, if they were measured on these weights; to tell takes a sum over all of
/// them.
pub fn mirror(model: &Model) -> Option<&Mirror> {
    model.card().mirror.as_ref().filter(|mirror| mirror.weights == model.weights_fingerprint())
}

fn note(model: &Model, mirror: Option<&Mirror>) -> ModelNote {
    let told = |figure: Figure| Some(figure.value).filter(|value| value.is_finite());
    let known = match mirror {
        Some(mirror) => Known {
            tested: Tested::OtherText,
            units: mirror.units,
            found: told(mirror.overall.found),
            flagged: told(mirror.overall.flagged),
        },
        None => Known { tested: Tested::HeldOut, units: model.card().units, found: None, flagged: None },
    };
    ModelNote {
        fingerprint: model.fingerprint().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        note: model.card().note.clone(),
        known: Some(known),
        language: model.featurizer().settings().language.code().map(str::to_owned),
        hearing: model.hearing(),
    }
}
