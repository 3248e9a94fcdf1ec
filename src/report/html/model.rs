//! The page of a model: how good it is at each label, and how far its probabilities can be believed.

use std::io;

use askama::Template;

use super::mark::{self, TINTS};
use super::page::{Sheet, UNTOLD, short, two, with_interval};
use crate::evaluate::compare::{Comparison, Contrast, LabelContrasts};
use crate::evaluate::judgement::{Baseline, LabelFigures};
use crate::evaluate::{Evaluation, Judgement, metrics};
use crate::learn::Trained;
use crate::learn::curve::CurvePoint;
use crate::model::card::Figure;
use crate::model::{Model, Task};
use crate::text::count::counted;
use crate::text::visible;

/// Pairs of labels that are named.
const PAIRS: usize = 12;

/// What the page shows, as plain data. A figure that nothing can tell is NaN.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Another model's name, and how this one differs from it.
    pub against: Option<(String, Vec<Difference>)>,
    /// Held-out figures with parts of the training data.
    pub curve: Vec<CurvePoint>,
}

/// A figure of two models.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub name: String,
    pub this: f64,
    pub other: f64,
    /// `this − other`.
    pub difference: Figure,
    pub p: f64,
}

impl Difference {
    fn new(name: &str, contrast: &Contrast) -> Self {
        Difference {
            name: name.to_owned(),
            this: contrast.this,
            other: contrast.other,
            difference: contrast.figure(),
            p: contrast.p_adjusted.unwrap_or(contrast.p),
        }
    }
}

/// A figure over all labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overall {
    pub name: String,
    pub figure: Figure,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelReport {
    pub name: String,
    /// To be read after "The sentence …"; empty where no codebook says it.
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
    /// NaN where each unit is given its likeliest label.
    pub threshold: f64,
    pub calibration_error: f64,
    /// Cut, precision, recall.
    pub curve: Vec<(f64, f64, f64)>,
    /// Units, mean probability, share that truly has the label.
    pub reliability: Vec<(u64, f64, f64)>,
}

impl Overall {
    fn new(name: &str, figure: Figure) -> Self {
        Overall { name: name.to_owned(), figure }
    }
}

impl ModelReport {
    /// What a model's own card says.
    pub fn of_card(model: &Model, title: &str) -> Self {
        let card = model.card();
        let meaning = meanings(model);
        let elsewhere = |name: &str| {
            let mirror = card.mirror.as_ref()?;
            let seen = mirror.labels.iter().find(|label| label.label == name)?;
            Some(seen.f1.value).filter(|f1| f1.is_finite())
        };
        let label = |label: &crate::model::card::LabelCard| LabelReport {
            name: label.label.clone(),
            meaning: meaning(&label.label),
            support: label.judged.unwrap_or(label.support),
            untested: label.untested,
            precision: label.precision,
            recall: label.recall,
            f1: card.f1_of(label),
            elsewhere: elsewhere(&label.label),
            average_precision: label.average_precision,
            threshold: threshold(model, &label.label),
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
        let judged = card.learning.calibrate_where.as_ref();
        let judged = judged.map_or(String::new(), |units| format!(" Only units with {units} were judged."));
        let one = if card.learning.holdout { " One fold was held out, so they are of its units alone." } else { "" };
        let smaller = card.compression.as_ref().filter(|compression| compression.matters());
        let smaller = smaller.map_or("", |_| " They were measured before weights were made smaller.");
        ModelReport {
            title: title.to_owned(),
            measured: format!(
                "Trained on {} units in {} groups. The figures come from parts of them that the tested weights had not seen; on text of another kind, expect less.{one}{judged}{smaller}",
                card.units, card.groups
            ),
            note: card.note.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: model.fingerprint().to_owned(),
            overall: overall.into_iter().map(|(name, value)| Overall::new(name, Figure::alone(value))).collect(),
            labels: card.labels.iter().map(label).collect(),
            confusions: card.overall.confusions.clone(),
            against: None,
            curve: Vec::new(),
        }
    }

    /// The same with what only its training knows: the learning curve, and how far held-out probabilities can be believed.
    pub fn of_training(trained: &Trained, title: &str) -> Self {
        let mut report = ModelReport::of_card(&trained.model, title);
        report.curve.clone_from(&trained.curve);
        for (at, label) in report.labels.iter_mut().enumerate() {
            label.reliability = metrics::reliability(&trained.held_out.judgement.scored(at));
        }
        report
    }

    /// What labelled data says of a model; `measured` says how that was found.
    pub fn of_evaluation(model: &Model, judgement: &Judgement, all: &Evaluation, title: &str, measured: &str) -> Self {
        let meaning = meanings(model);
        let label = |(at, figures): (usize, &LabelFigures)| LabelReport {
            name: figures.label.clone(),
            meaning: meaning(&figures.label),
            support: figures.support,
            untested: figures.support == 0,
            precision: figures.figures.precision.value,
            recall: figures.figures.recall.value,
            f1: figures.figures.f1,
            elsewhere: None,
            average_precision: figures.figures.average_precision.value,
            threshold: threshold(model, &figures.label),
            calibration_error: figures.calibration_error,
            curve: judgement.curve(at),
            reliability: figures.reliability.clone(),
        };
        let (overall, baselines) = (&all.overall.figures, &all.overall.baselines);
        let baseline = |name: &str, worth: Baseline| Overall::new(name, Figure::alone(worth.micro_f1));
        ModelReport {
            title: title.to_owned(),
            measured: measured.to_owned(),
            note: model.card().note.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: model.fingerprint().to_owned(),
            overall: vec![
                Overall::new("micro F1", overall.micro_f1),
                Overall::new("macro F1", overall.macro_f1),
                Overall::new("mean average precision", overall.average_precision),
                Overall::new("all labels right", overall.accuracy),
                Overall::new("labelled units given a label", overall.found),
                Overall::new("unlabelled units given one", overall.flagged),
                baseline("baseline: always the commonest answer, micro F1", baselines.majority),
                baseline("baseline: one keyword a label, micro F1", baselines.keyword),
            ],
            labels: all.labels.iter().enumerate().map(label).collect(),
            confusions: all.confusions.clone(),
            against: None,
            curve: Vec::new(),
        }
    }

    /// The page also shows how the model differs from another, over all labels and by the F1 of each.
    pub fn against(mut self, name: &str, comparison: &Comparison) -> Self {
        let overall = comparison.overall.iter().map(|contrast| Difference::new(contrast.words(), contrast));
        let f1 = |label: &LabelContrasts| {
            let contrast = label.figures.iter().find(|contrast| contrast.figure == "f1")?;
            Some(Difference::new(&format!("F1 of {}", label.label), contrast))
        };
        self.against = Some((name.to_owned(), overall.chain(comparison.labels.iter().filter_map(f1)).collect()));
        self
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
    other: String,
    differences: Vec<DifferenceShown>,
    curves: Vec<Curve>,
    parts: Vec<PartShown>,
}

/// A difference in words and on a chart of 260 pixels with zero in the middle.
struct DifferenceShown {
    name: String,
    this: String,
    other: String,
    difference: String,
    p: String,
    place: Place,
}

/// A figure on its chart: its dot, and the ends of its interval.
struct Place {
    dot: Option<String>,
    range: Option<(String, String)>,
}

impl Place {
    /// `x` puts a figure into pixels.
    fn of(figure: Figure, x: impl Fn(f64) -> String) -> Self {
        let dot = figure.value.is_finite().then(|| x(figure.value));
        Place { dot, range: figure.known_interval().map(|(low, high)| (x(low), x(high))) }
    }
}

/// A line of the learning curve.
struct Curve {
    name: &'static str,
    /// Colour and line style, as labels have them.
    tint: usize,
    line: String,
    dots: Vec<CurveDot>,
    /// Where its name stands, so that no two names overlap.
    name_y: String,
}

struct CurveDot {
    x: String,
    y: String,
    /// The 95% interval, where there is one.
    range: Option<(String, String)>,
}

/// A row of its table.
struct PartShown {
    share: String,
    units: u64,
    x: String,
    micro: String,
    macro_: String,
    precision: String,
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
    place: Place,
    other: Option<String>,
    curve: String,
    /// Recall and precision at the threshold in use, if it marks anything.
    at: Option<(String, String)>,
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

fn threshold(model: &Model, label: &str) -> f64 {
    let own = model.labels().find(label).filter(|_| model.task() == Task::Multi);
    own.map_or(f64::NAN, |label| model.threshold(label))
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

fn shown_figure(figure: Figure) -> String {
    with_interval(figure.value, figure.known_interval())
}

fn page(report: &ModelReport) -> Page {
    let codes = mark::codes(report.labels.iter().map(|label| label.name.as_str()));
    let overall = report.overall.iter().map(|figure| OverallShown {
        name: figure.name.clone(),
        value: two(figure.figure.value),
        interval: figure
            .figure
            .known_interval()
            .map(|(low, high)| format!("[{low:.2}, {high:.2}]"))
            .unwrap_or_default(),
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
        other: report.against.as_ref().map_or(String::new(), |(name, _)| visible(name)),
        differences: report.against.as_ref().map_or(Vec::new(), |(_, all)| differences(all)),
        curves: curves(&report.curve),
        parts: report.curve.iter().map(part_shown).collect(),
        report,
    }
}

fn differences(all: &[Difference]) -> Vec<DifferenceShown> {
    // What cannot be told is NaN, which `max` passes over.
    let reach = |Figure { value, interval: (low, high) }: Figure| value.abs().max(low.abs()).max(high.abs());
    let most = all.iter().map(|found| reach(found.difference)).fold(f64::MIN_POSITIVE, f64::max);
    let x = |difference: f64| short(130.0 + 120.0 * difference / most);
    let told = |figure: f64, words: String| if figure.is_finite() { words } else { UNTOLD.into() };
    let shown = |Difference { name, this, other, difference, p }: &Difference| {
        let interval = difference.known_interval().map(|(low, high)| format!(" [{low:+.3}, {high:+.3}]"));
        let difference_shown = format!("{:+.3}{}", difference.value, interval.unwrap_or_default());
        DifferenceShown {
            name: visible(name),
            this: told(*this, format!("{this:.3}")),
            other: told(*other, format!("{other:.3}")),
            difference: told(difference.value, difference_shown),
            p: told(*p, format!("{p:.4}")),
            place: Place::of(*difference, x),
        }
    };
    all.iter().map(shown).collect()
}

/// Width of the learning curve; its height is 100.
const CURVE: f64 = 240.0;

fn part_shown(point: &CurvePoint) -> PartShown {
    PartShown {
        share: format!("{}%", short(100.0 * point.share)),
        units: point.units,
        x: short(CURVE * point.share),
        micro: shown_figure(point.micro_f1),
        macro_: shown_figure(point.macro_f1),
        precision: two(point.average_precision),
    }
}

fn curves(points: &[CurvePoint]) -> Vec<Curve> {
    let Some(last) = points.last() else { return Vec::new() };
    type Series = (&'static str, usize, fn(&CurvePoint) -> f64, fn(&CurvePoint) -> Option<(f64, f64)>);
    let mut series: [Series; 3] = [
        ("micro F1", 4, |point| point.micro_f1.value, |point| point.micro_f1.known_interval()),
        ("macro F1", 1, |point| point.macro_f1.value, |point| point.macro_f1.known_interval()),
        ("average precision", 2, |point| point.average_precision, |_| None),
    ];
    series.sort_by(|a, b| b.2(last).total_cmp(&a.2(last)));
    let mut free = f64::NEG_INFINITY;
    let mut curve = |(name, tint, value, interval): Series| {
        const NAME_HEIGHT: f64 = 11.0;
        let y = (100.0 - 100.0 * value(last) + 3.0).max(free);
        free = y + NAME_HEIGHT;
        let dots: Vec<CurveDot> = points
            .iter()
            .map(|point| CurveDot {
                x: short(CURVE * point.share),
                y: up(value(point)),
                range: interval(point).map(|(low, high)| (up(low), up(high))),
            })
            .collect();
        let line: Vec<String> = dots.iter().map(|dot| format!("{},{}", dot.x, dot.y)).collect();
        Curve { name, tint, line: line.join(" "), dots, name_y: short(y) }
    };
    series.into_iter().map(&mut curve).collect()
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
        words: format!("{}: said {said:.2}, true {was:.2}", counted(*units, "unit", "units")),
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
        f1: shown_figure(label.f1),
        average_precision: two(label.average_precision),
        threshold: two(label.threshold),
        gap: format!("{:.3}", label.calibration_error),
        place: Place::of(label.f1, along),
        other: label.elsewhere.map(along),
        curve: if label.untested { String::new() } else { points.join(" ") },
        at: label.precision.is_finite().then(|| (right(label.recall), up(label.precision))),
        reliability: if label.untested { Vec::new() } else { label.reliability.iter().map(dot).collect() },
    }
}
