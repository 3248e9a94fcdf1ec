//! The page of a model: how good it is at each label, and how far its probabilities can be believed.

use std::io;

use askama::Template;
use serde::{Deserialize, Serialize};

use super::mark::{self, TINTS};
use super::page::{Sheet, short};
use crate::evaluate::{Evaluation, Judgement};
use crate::model::Model;
use crate::model::card::Figure;
use crate::text::visible;

/// Pairs of labels that are named.
const PAIRS: usize = 12;

/// What the page shows, as plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    pub title: String,
    /// On what the figures were measured, in a sentence.
    pub measured: String,
    pub note: Option<String>,
    pub version: String,
    pub fingerprint: String,
    pub overall: Vec<Overall>,
    pub labels: Vec<LabelReport>,
    /// True label, label given in its place, how often.
    pub confusions: Vec<(String, String, u64)>,
}

/// A figure over all labels, with its 95% interval if there is one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    pub name: String,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelReport {
    pub name: String,
    /// To be read after "The sentence …"; empty where no codebook says it.
    #[serde(default)]
    pub meaning: String,
    pub support: u64,
    /// Too few units to tell: figures mean nothing.
    pub untested: bool,
    pub precision: f64,
    pub recall: f64,
    pub f1: Figure,
    /// F1 on text of another origin.
    pub elsewhere: Option<f64>,
    pub average_precision: f64,
    pub threshold: f64,
    pub calibration_error: f64,
    /// Cut, precision, recall.
    pub curve: Vec<(f64, f64, f64)>,
    /// Units, mean probability, share that truly has the label.
    pub reliability: Vec<(u64, f64, f64)>,
}

impl Overall {
    fn new(name: &str, value: f64, interval: Option<(f64, f64)>) -> Self {
        Overall { name: name.to_owned(), value, interval }
    }
}

impl ModelReport {
    /// What a model's own card says.
    pub fn of_card(model: &Model, title: &str) -> Self {
        let card = model.card();
        let meaning = meanings(model);
        let elsewhere = |name: &str| {
            let mirror = card.mirror.as_ref()?;
            mirror.labels.iter().find(|label| label.label == name).map(|label| label.f1.value)
        };
        let label = |label: &crate::model::card::LabelCard| LabelReport {
            name: label.label.clone(),
            meaning: meaning(&label.label),
            support: label.support,
            untested: label.untested,
            precision: label.precision,
            recall: label.recall,
            f1: Figure { value: label.f1, interval: label.f1_interval },
            elsewhere: elsewhere(&label.label),
            average_precision: label.average_precision,
            threshold: label.threshold,
            calibration_error: label.calibration_error,
            curve: label.curve.clone(),
            reliability: Vec::new(),
        };
        let overall = [
            ("micro F1", card.overall.micro_f1),
            ("macro F1", card.overall.macro_f1),
            ("mean average precision", card.overall.average_precision),
            ("all labels right", card.overall.accuracy),
            ("baseline: always the commonest answer, micro F1", card.overall.majority),
            ("baseline: one keyword a label, micro F1", card.overall.keyword),
        ];
        ModelReport {
            title: title.to_owned(),
            measured: format!(
                "Trained on {} units in {} groups. The figures come from parts of them that the tested weights had not seen; on text of another kind, expect less.",
                card.units, card.groups
            ),
            note: card.note.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: model.fingerprint().to_owned(),
            overall: overall.into_iter().map(|(name, value)| Overall::new(name, value, None)).collect(),
            labels: card.labels.iter().map(label).collect(),
            confusions: card.overall.confusions.clone(),
        }
    }

    /// What labelled data says of a model.
    pub fn of_evaluation(model: &Model, judgement: &Judgement, all: &Evaluation, title: &str) -> Self {
        let meaning = meanings(model);
        let label = |(at, figures): (usize, &crate::evaluate::judgement::LabelFigures)| LabelReport {
            name: figures.label.clone(),
            meaning: meaning(&figures.label),
            support: figures.support,
            untested: figures.support == 0,
            precision: figures.precision,
            recall: figures.recall,
            f1: figures.f1,
            elsewhere: None,
            average_precision: figures.average_precision.value,
            threshold: model.labels().find(&figures.label).map_or(0.0, |label| model.threshold(label)),
            calibration_error: figures.calibration_error,
            curve: judgement.curve(at),
            reliability: figures.reliability.clone(),
        };
        let overall = &all.overall;
        let with = |name: &str, figure: Figure| Overall::new(name, figure.value, Some(figure.interval));
        ModelReport {
            title: title.to_owned(),
            measured: format!("Measured on {} labelled units in {} groups.", all.units, all.groups),
            note: model.card().note.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: model.fingerprint().to_owned(),
            overall: vec![
                with("micro F1", overall.micro_f1),
                with("macro F1", overall.macro_f1),
                with("mean average precision", overall.average_precision),
                with("all labels right", overall.accuracy),
                with("labelled units given a label", overall.found),
                with("unlabelled units given one", overall.flagged),
                Overall::new("baseline: always the commonest answer, micro F1", overall.majority, None),
                Overall::new("baseline: one keyword a label, micro F1", overall.keyword.0, None),
            ],
            labels: all.labels.iter().enumerate().map(label).collect(),
            confusions: all.confusions.clone(),
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        page(self).write_into(out)
    }
}

#[derive(Template)]
#[template(path = "model.html")]
struct Page {
    sheet: Sheet,
    report: ModelReport,
    overall: Vec<OverallShown>,
    scale: Vec<Tick>,
    labels: Vec<Shown>,
    has_other: bool,
    has_reliability: bool,
    confusions: Vec<Pair>,
}

struct OverallShown {
    name: String,
    value: String,
    interval: String,
}

struct Tick {
    x: String,
    word: &'static str,
}

/// A label, in words and in places on its charts.
struct Shown {
    name: String,
    meaning: String,
    code: String,
    tint: usize,
    support: u64,
    untested: bool,
    precision: String,
    recall: String,
    f1: String,
    average_precision: String,
    threshold: String,
    gap: String,
    dot: String,
    low: String,
    high: String,
    other: Option<String>,
    curve: String,
    at_recall: String,
    at_precision: String,
    reliability: Vec<Dot>,
}

struct Dot {
    x: String,
    y: String,
    r: String,
    words: String,
}

struct Pair {
    truth: String,
    given: String,
    count: u64,
    width: String,
}

/// What each label means, as far as the model's codebook says it.
fn meanings(model: &Model) -> impl Fn(&str) -> String {
    let book = model.codebook();
    move |label| book.as_ref().and_then(|book| book.find(label)).map_or(String::new(), |entry| entry.definition.clone())
}

/// A share on the scale of F1, in pixels of 260.
fn along(share: f64) -> String {
    short(10.0 + 240.0 * share)
}

/// A share on a chart of 100 by 100, to the right or upwards.
fn right(share: f64) -> String {
    short(100.0 * share)
}

fn up(share: f64) -> String {
    short(100.0 - 100.0 * share)
}

fn two(number: f64) -> String {
    format!("{number:.2}")
}

fn between((low, high): (f64, f64)) -> String {
    format!("[{low:.2}, {high:.2}]")
}

fn page(report: &ModelReport) -> Page {
    let codes = mark::codes(report.labels.iter().map(|label| label.name.as_str()));
    let overall = report.overall.iter().map(|figure| OverallShown {
        name: figure.name.clone(),
        value: two(figure.value),
        interval: figure.interval.map(between).unwrap_or_default(),
    });
    let ticks = [(0.0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1.0, "1")];
    let most = report.confusions.first().map_or(1, |(.., count)| *count) as f64;
    let pair = |(truth, given, count): &(String, String, u64)| Pair {
        truth: visible(truth),
        given: visible(given),
        count: *count,
        width: short(130.0 * *count as f64 / most),
    };
    let report =
        ModelReport { title: visible(&report.title), note: report.note.as_deref().map(visible), ..report.clone() };
    Page {
        sheet: Sheet::without_script(),
        overall: overall.collect(),
        scale: ticks.into_iter().map(|(share, word)| Tick { x: along(share), word }).collect(),
        labels: report.labels.iter().zip(codes).enumerate().map(|(at, (label, code))| shown(at, label, code)).collect(),
        has_other: report.labels.iter().any(|label| label.elsewhere.is_some()),
        has_reliability: report.labels.iter().any(|label| !label.reliability.is_empty()),
        confusions: report.confusions.iter().take(PAIRS).map(pair).collect(),
        report,
    }
}

fn shown(at: usize, label: &LabelReport, code: String) -> Shown {
    let points: Vec<String> =
        label.curve.iter().map(|(_, precision, recall)| format!("{},{}", right(*recall), up(*precision))).collect();
    let most = label.reliability.iter().map(|(units, ..)| *units).max().unwrap_or(1) as f64;
    let dot = |(units, said, was): &(u64, f64, f64)| Dot {
        x: right(*said),
        y: up(*was),
        // By area, from a dot that can be seen to one that hides no other.
        r: short(1.5 + 5.0 * (*units as f64 / most).sqrt()),
        words: format!("{units} units: said {said:.2}, true {was:.2}"),
    };
    Shown {
        name: visible(&label.name),
        meaning: visible(&label.meaning),
        code,
        tint: at % TINTS,
        support: label.support,
        untested: label.untested,
        precision: two(label.precision),
        recall: two(label.recall),
        f1: format!("{} {}", two(label.f1.value), between(label.f1.interval)),
        average_precision: two(label.average_precision),
        threshold: two(label.threshold),
        gap: format!("{:.3}", label.calibration_error),
        dot: along(label.f1.value),
        low: along(label.f1.interval.0),
        high: along(label.f1.interval.1),
        other: label.elsewhere.map(along),
        curve: if label.untested { String::new() } else { points.join(" ") },
        at_recall: right(label.recall),
        at_precision: up(label.precision),
        reliability: if label.untested { Vec::new() } else { label.reliability.iter().map(dot).collect() },
    }
}
