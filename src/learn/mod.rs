//! From labelled units to a model: [`train`] is the recipe, step by step.

pub mod baseline;
mod blocks;
pub mod calibrate;
mod cue_use;
pub mod curve;
pub mod dense;
mod dual;
pub mod evidence;
pub mod exponential;
pub mod folds;
pub mod logistic;
pub mod newton;
pub mod objective;
pub mod select;
pub mod survey;
pub mod threshold;
pub mod weighing;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codebook::{Codebook, LabelSet};
use crate::corpus::Example;
use crate::digest::hex;
use crate::evaluate::judgement::group_numbers;
use crate::features::cues::CueError;
use crate::features::matrix::Rows;
use crate::features::vectors::Vectors;
use crate::features::weighting::Weighting;
use crate::features::{Block, FeatureSettings, Featurizer, ngrams};
use crate::model::card::{Card, Learned, Learning, Mirror, RowWeights, VectorCard};
use crate::model::seen::SeenTexts;
use crate::model::weights::{Weights, Wish};
use crate::model::{Model, Task};
use crate::text::form::composed;
use blocks::{Alike, BlockRows};
use curve::CurvePoint;
use evidence::Evidence;
pub use evidence::HeldOut;
use folds::Folds;
use logistic::L2;
use objective::{Costs, Loss, Problem, Truth};
use select::{Field, Selection};
use threshold::Optimize;
use weighing::Weighing;

/// Why nothing could be learned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LearnError {
    #[error("no labelled units to learn from\nhint: every row was empty or skipped; the messages above say why")]
    NoUnits,
    #[error(
        "every unit has the same labels ({0}), so there is nothing to tell apart\nhint: add units with other labels, or with none"
    )]
    OneClass(String),
    #[error(
        "no term is left: none stands in {units} units of {groups} groups or more\nhint: lower --min-count or --min-groups, raise --max-terms, or give more units"
    )]
    NoTerms { units: u32, groups: u32 },
    #[error(
        "{labels} labels × {terms} terms would need {mib} MiB of weights, and rhetor stops at {most} MiB\nhint: keep the commonest with --max-terms, raise --min-count, use --ngrams 1, or check that --label-column names the right column"
    )]
    TooLarge { labels: usize, terms: usize, mib: u64, most: u64 },
    #[error("{0} labels are more than rhetor can hold (65535)\nhint: check that --label-column names the right column")]
    TooManyLabels(usize),
    #[error(
        "{units} units × {labels} labels would need {mib} MiB for every table of scores, and rhetor stops at {most} MiB\nhint: give fewer units or labels, or check that --label-column names the right column"
    )]
    TooManyScores { units: usize, labels: usize, mib: u64, most: u64 },
    #[error(
        "a single-label model needs exactly one label a unit, and {place} has {found}\nhint: leave --task out, or choose multi"
    )]
    NotSingle { place: String, found: usize },
    #[error("no unit has a word of the vectors\nhint: are both in the same language, and --language with them?")]
    NoVectors,
    #[error("no unit has a column {wanted:?}\nhint: beside text, labels, group and weight there are: {found}")]
    NoColumn { wanted: String, found: String },
    #[error(
        "an L2 strength must be a positive number, not {0}\nhint: leave --l2 out to have it chosen on held-out folds"
    )]
    Strength(f64),
    #[error("{setting} must be {wanted}, not {given}")]
    Setting { setting: &'static str, wanted: &'static str, given: String },
    #[error("{place}: a weight must be a positive, finite number, not {weight}")]
    Weight { place: String, weight: f64 },
    #[error("a tolerance must be a positive number, not {0}")]
    Tolerance(f64),
    #[error("{rows} rows but {targets} rows of targets")]
    Shapes { rows: usize, targets: usize },
    #[error("linfa-logistic: {0}")]
    Dense(String),
    #[error(
        "linfa-logistic knows no weights of rows or classes\nhint: use the default solver, or leave the weights out: {without}"
    )]
    DenseWeights { without: &'static str },
    #[error("linfa-logistic cannot fit naive-Bayes weighting\nhint: use the default solver, or another --weighting")]
    DenseRatios,
    #[error(
        "linfa-logistic knows no weights of one sign\nhint: use the default solver, or take `positive` out of the cues"
    )]
    DenseSigns,
    #[error(
        "--solver linfa would write out {rows} rows × {features} features, {} MiB, and stops at {} MiB\n\
         hint: use the default solver (it reaches the same weights), or raise --min-count", bytes >> 20, dense::MOST_BYTES >> 20
    )]
    TooDense { rows: usize, features: usize, bytes: u64 },
    #[error("linfa: {0}")]
    Linfa(String),
    #[error(
        "the model came out so that it cannot be read back, most likely because a weight is beyond all bounds\nhint: look for enormous numbers among row weights, --weigh factors and vectors"
    )]
    Unreadable,
    #[error("{0}")]
    Cues(#[from] CueError),
}

impl From<linfa::Error> for LearnError {
    fn from(error: linfa::Error) -> Self {
        LearnError::Linfa(error.to_string())
    }
}

/// The largest matrix of weights, in bytes.
const MOST_WEIGHTS: u64 = 4 << 30;

/// The largest table of a score for each unit and label, in bytes; training holds a few of them.
const MOST_SCORES: u64 = 4 << 30;

/// Which learner makes the final fit. Strengths are always chosen with the sparse one: both have one minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Solver {
    /// Ours, on sparse rows: dual coordinate ascent or Newton's method, as the rows suit.
    #[cfg_attr(feature = "cli", value(alias = "newton"))]
    Sparse,
    /// linfa-logistic on dense rows: the reference, for small data.
    Linfa,
}

/// Whether rare labels weigh more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum ClassWeight {
    /// Every unit counts alike.
    None,
    /// Each class counts as much as the others together: n / (classes · n of this class).
    Balanced,
}

/// What becomes of cues that the settings of features name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepCues {
    Always,
    /// Only if the mean average precision (with one label a unit, the accuracy) of held-out units rises by them.
    IfTheyHelp,
}

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSettings {
    pub features: FeatureSettings,
    /// Found from the data where not given.
    pub task: Option<Task>,
    /// α of the L2 penalty on the weights of words; chosen on folds where not given.
    pub l2: Option<f64>,
    /// The same for the weights of cues.
    pub cues_l2: Option<f64>,
    /// The same for what is learned on vectors.
    pub vectors_l2: Option<f64>,
    /// Whether cues stay although held-out units gain nothing by them.
    pub cues: KeepCues,
    /// Vectors of terms, whose weights are folded into those of the terms.
    pub vectors: Option<Arc<Vectors>>,
    pub folds: usize,
    /// The column whose values stay within a fold; else the group, else the text.
    pub fold_by: Option<String>,
    pub seed: u64,
    pub class_weight: ClassWeight,
    /// Units that count more or less in the fit.
    pub weigh: Vec<Weighing>,
    pub optimize: Optimize,
    pub solver: Solver,
    /// Thresholds and calibration look only at units whose column has this value.
    pub calibrate_where: Option<(String, String)>,
    /// How the weights are made smaller once they are learned.
    pub compression: Wish,
    /// Figures on text of another origin, for the card.
    pub mirror: Option<Mirror>,
    /// What the labels mean; it travels inside the model.
    pub codebook: Option<Codebook>,
    pub note: Option<String>,
    /// Whether to draw the learning curve, which takes a few fits more and changes nothing in the model.
    pub curve: bool,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            features: FeatureSettings::default(),
            task: None,
            l2: None,
            cues_l2: None,
            vectors_l2: None,
            cues: KeepCues::Always,
            vectors: None,
            folds: 5,
            fold_by: None,
            seed: 0,
            class_weight: ClassWeight::None,
            weigh: Vec::new(),
            optimize: Optimize::F1,
            solver: Solver::Sparse,
            calibrate_where: None,
            compression: Wish::default(),
            mirror: None,
            codebook: None,
            note: None,
            curve: false,
        }
    }
}

/// How far training has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Turning units into rows.
    Reading,
    /// `done` of at most `all` fits on folds.
    Folds { done: usize, all: usize },
    /// The fit on all units.
    Fitting,
    /// Calibration, thresholds, intervals.
    Judging,
}

/// A trained model, and what its maker should know before using it.
#[derive(Clone, Debug)]
pub struct Trained {
    pub model: Model,
    pub warnings: Vec<String>,
    /// What the folds said of the units: the ground of all figures on the model's card.
    pub held_out: HeldOut,
    /// Held-out figures with parts of the data, where they were asked for.
    pub curve: Vec<CurvePoint>,
}

/// Learns a model from labelled units. The same units, in any order, and the same settings give the same model, bit by bit,
/// whatever the number of threads; `watch` is told of the progress, by any of them. Units that nobody has judged yet are left out, with a warning, also of
/// [`Trained::held_out`].
///
/// # Errors
/// [`LearnError`]: nothing to learn from, nothing to tell apart, too much for memory, or settings that do not fit together.
pub fn train(
    examples: &[Example],
    settings: &TrainSettings,
    watch: &(dyn Fn(Step) + Sync),
) -> Result<Trained, LearnError> {
    watch(Step::Reading);
    check_settings(settings)?;
    let is_sound = |weight: f64| weight.is_finite() && weight > 0.0;
    if let Some(Example { place, weight, .. }) = examples.iter().find(|example| !is_sound(example.weight)) {
        return Err(LearnError::Weight { place: place.to_string(), weight: *weight });
    }
    if examples.iter().any(|example| example.pending) {
        let judged: Vec<Example> = examples.iter().filter(|example| !example.pending).cloned().collect();
        let pending = examples.len() - judged.len();
        let mut trained = train(&judged, settings, watch)?;
        trained.warnings.push(format!("{pending} of {} units are not judged yet and were left out", examples.len()));
        return Ok(trained);
    }
    let labels = labels_of(examples)?;
    check_columns(examples, settings)?;
    let task = task_of(examples, settings.task)?;
    let order = own_order(examples);
    let examples: &[&Example] = &order.iter().map(|&at| &examples[at]).collect::<Vec<_>>();
    let truth = truth_of(examples, &labels);
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let vectors = settings.vectors.as_deref();
    let besides = vectors.into_iter().flat_map(|vectors| vectors_in_reach(vectors, &settings.features));
    let (featurizer, rows, kept_out) = Featurizer::learn_beside(
        settings.features.clone(),
        &texts,
        Some(&group_numbers(examples.iter().copied())),
        besides,
    )?;
    check_size(&labels, &featurizer, settings)?;
    let is_each_apart = settings.features.weighting == Weighting::Nb || settings.solver == Solver::Linfa;
    let alike = if is_each_apart { Alike::Apart } else { Alike::Merged };
    let mut blocks = blocks::split(&featurizer, rows, &labels, vectors, alike)?;

    let ground = Ground { truth: &truth, costs: costs_of(examples, &truth, task, settings), task, settings, kept_out };
    let (folds, mut warnings) = folds_of(examples, settings);
    warnings.extend(weighing::warnings(examples, &settings.weigh));
    let mut selections = Vec::new();
    for at in 0..blocks.len() {
        selections.push(ground.choose(&blocks, at, &folds, watch)?);
    }
    let counted = counted_units(examples, settings, &mut warnings);
    let mut featurizer = featurizer;
    let fits = Fits { blocks: &blocks, selections: &selections, folds: &folds };
    if settings.cues == KeepCues::IfTheyHelp && !blocks::gain(&ground, &fits, &counted) {
        let kept: Vec<bool> = blocks.iter().map(|block| block.block != Block::Cues).collect();
        let mut kept = kept.into_iter();
        selections.retain(|_| kept.next().unwrap_or(true));
        featurizer = blocks::without_cues(&mut blocks, featurizer);
    }
    watch(Step::Fitting);
    let points = blocks.iter().zip(&selections).map(|(block, selection)| ground.fit(block, selection));
    let points: Vec<Vec<f64>> = points.collect::<Result<_, _>>()?;
    watch(Step::Judging);
    let fits = Fits { blocks: &blocks, selections: &selections, folds: &folds };
    let (evidence, mut held_out) = Evidence::gather(&ground, &fits, examples, &labels, &counted, &mut warnings);
    let curve = if settings.curve { curve::curve(&ground, &fits, examples, &labels, &counted)? } else { Vec::new() };
    let model = assemble(&ground, featurizer, labels, &fits, points, evidence, examples);
    // To be stamped, a model is written and read.
    drop((blocks, selections));
    let model = model.stamped();
    if model.fingerprint().is_empty() {
        return Err(LearnError::Unreadable);
    }
    if let Some(mirror) = &settings.mirror
        && mirror.weights != model.weights_fingerprint()
    {
        warnings.push(
            "the mirror's figures are those of another model\nhint: measure this one (`rhetor evaluate DATA --format json`), then train again".into(),
        );
    }
    held_out.units.iter_mut().for_each(|unit| *unit = order[*unit]);
    Ok(Trained { model, warnings, held_out, curve })
}

/// What the folds said of each block.
pub(crate) struct Fits<'a> {
    pub blocks: &'a [BlockRows],
    pub selections: &'a [Selection],
    pub folds: &'a Folds,
}

/// All that stays the same from block to block and from fit to fit.
pub(crate) struct Ground<'a> {
    pub truth: &'a Truth,
    pub costs: Costs,
    pub task: Task,
    pub settings: &'a TrainSettings,
    /// Terms that too few groups use, if more than one is asked for.
    pub kept_out: Option<u64>,
}

impl Ground<'_> {
    fn problem<'a>(&'a self, block: &'a BlockRows) -> Problem<'a> {
        let loss = match self.task {
            Task::Multi => Loss::OneVsRest,
            Task::Single => Loss::Softmax,
        };
        Problem { rows: &block.rows, truth: self.truth, costs: &self.costs, ratios: None, loss }
    }

    fn ratios(&self, block: &BlockRows, costs: &Costs) -> Option<Vec<f64>> {
        let weighs = self.settings.features.weighting == Weighting::Nb && block.block == Block::Words;
        weighs.then(|| log_count_ratios(&block.rows, self.truth, costs))
    }

    /// The strength for block `at`, told on the folds.
    fn choose(
        &self,
        blocks: &[BlockRows],
        at: usize,
        folds: &Folds,
        watch: &(dyn Fn(Step) + Sync),
    ) -> Result<Selection, LearnError> {
        let block = &blocks[at];
        let (usual, given) = match block.block {
            Block::Words => (&select::GRID, self.settings.l2),
            Block::Cues => (&select::CUES_GRID, self.settings.cues_l2),
            Block::Vectors => (&select::GRID, self.settings.vectors_l2),
        };
        let given: Vec<f64> = given.into_iter().collect();
        let grid = if given.is_empty() { &usual[..] } else { &given[..] };
        let of_block = usual.len() * folds.count;
        let (before, all) = (of_block * at, of_block * blocks.len());
        watch(Step::Folds { done: before, all });
        let fits = AtomicUsize::new(0);
        let field = Field {
            problem: self.problem(block),
            folds,
            ratios: &|costs| self.ratios(block, costs),
            positive: &block.positive,
            keep_points: block.block == Block::Cues,
            is_normalised: block.block == Block::Words,
        };
        select::best(&field, grid, &|| {
            let done = before + 1 + fits.fetch_add(1, Ordering::Relaxed);
            watch(Step::Folds { done, all });
        })
    }

    /// The fit on all units: weights d × k by row with the naive-Bayes ratios folded in, then k intercepts.
    fn fit(&self, block: &BlockRows, selection: &Selection) -> Result<Vec<f64>, LearnError> {
        let l2 = selection.l2;
        let ratios = self.ratios(block, &self.costs);
        let problem = Problem { ratios: ratios.as_deref(), ..self.problem(block) };
        let mut point = match self.settings.solver {
            Solver::Sparse => {
                logistic::solve_signed(problem, l2, logistic::EXACT, selection.start.clone(), &block.positive).point
            }
            Solver::Linfa if ratios.is_some() => return Err(LearnError::DenseRatios),
            Solver::Linfa if !block.positive.is_empty() => return Err(LearnError::DenseSigns),
            Solver::Linfa if self.costs.labels.is_some() || self.costs.units.iter().any(|&cost| cost != 1.0) => {
                let without = match self.settings {
                    settings if settings.class_weight != ClassWeight::None => "no --class-weight",
                    settings if !settings.weigh.is_empty() => "no --weigh",
                    _ => "--weight-column none",
                };
                return Err(LearnError::DenseWeights { without });
            }
            Solver::Linfa => dense::fit(&block.rows, self.truth, problem.loss, l2.get())?,
        };
        if let Some(ratios) = ratios {
            point.iter_mut().zip(ratios).for_each(|(weight, ratio)| *weight *= ratio);
        }
        Ok(point)
    }
}

/// The terms with a vector that a unit can have: of as many stems as its n-grams.
fn vectors_in_reach<'a>(vectors: &'a Vectors, features: &FeatureSettings) -> impl Iterator<Item = &'a str> {
    let (shortest, longest) = features.ngrams;
    vectors.terms().filter(move |term| (shortest..=longest).contains(&term.split(' ').count()))
}

/// The numbers of the examples in the order of what they hold, as far as learning looks: sums of floating-point numbers hang on their order, which should
/// not be that in which rows happen to stand.
fn own_order(examples: &[Example]) -> Vec<usize> {
    let content = |at: usize| {
        let Example { text, labels, group, weight, extra, .. } = &examples[at];
        (text, labels, group, weight.to_bits(), extra)
    };
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.par_sort_by(|&one, &other| content(one).cmp(&content(other)));
    order
}

fn labels_of(examples: &[Example]) -> Result<LabelSet, LearnError> {
    if examples.is_empty() {
        return Err(LearnError::NoUnits);
    }
    let sets: BTreeSet<BTreeSet<&str>> =
        examples.iter().map(|example| example.labels.iter().map(String::as_str).collect()).collect();
    if sets.len() == 1 {
        let all: Vec<&str> = sets.into_iter().flatten().collect();
        return Err(LearnError::OneClass(if all.is_empty() { "none".into() } else { all.join(", ") }));
    }
    let distinct: BTreeSet<&str> = sets.into_iter().flatten().collect();
    if distinct.len() > usize::from(u16::MAX) {
        return Err(LearnError::TooManyLabels(distinct.len()));
    }
    let bytes = examples.len() as u64 * distinct.len() as u64 * 8;
    if bytes > MOST_SCORES {
        let (units, labels) = (examples.len(), distinct.len());
        return Err(LearnError::TooManyScores { units, labels, mib: bytes >> 20, most: MOST_SCORES >> 20 });
    }
    Ok(LabelSet::new(distinct))
}

fn task_of(examples: &[Example], asked: Option<Task>) -> Result<Task, LearnError> {
    let odd = examples.iter().find(|example| example.labels.len() != 1);
    match (asked, odd) {
        (Some(Task::Single), Some(example)) => {
            Err(LearnError::NotSingle { place: example.place.to_string(), found: example.labels.len() })
        }
        (Some(task), _) => Ok(task),
        (None, Some(_)) => Ok(Task::Multi),
        (None, None) => Ok(Task::Single),
    }
}

/// Columns that settings name must stand in some unit.
fn check_columns(examples: &[Example], settings: &TrainSettings) -> Result<(), LearnError> {
    let calibrating = settings.calibrate_where.as_ref().map(|(column, _)| column);
    let weighing = settings.weigh.iter().map(|weighing| &weighing.column);
    let named = settings.fold_by.iter().chain(calibrating).chain(weighing);
    let is_there = |column: &String| examples.iter().any(|example| example.extra.contains_key(column));
    match named.filter(|column| *column != "group").find(|column| !is_there(column)) {
        Some(missing) => Err(no_column(examples, missing)),
        None => Ok(()),
    }
}

/// That no unit has a column, and which there are.
pub fn no_column(examples: &[Example], wanted: &str) -> LearnError {
    let names: BTreeSet<&str> = examples.iter().flat_map(|example| example.extra.keys()).map(String::as_str).collect();
    let found = if names.is_empty() { "none".into() } else { names.into_iter().collect::<Vec<_>>().join(", ") };
    LearnError::NoColumn { wanted: wanted.to_owned(), found }
}

/// Also of blocks that the data may turn out not to have.
fn check_settings(settings: &TrainSettings) -> Result<(), LearnError> {
    let FeatureSettings { ngrams: words, char_ngrams, .. } = settings.features;
    let wanted = "a shortest and a longest length from 1 to 10";
    let of_lengths = |setting, lengths: (usize, usize)| match ngrams::are_lengths(lengths) {
        true => Ok(()),
        false => Err(LearnError::Setting { setting, wanted, given: format!("{} to {}", lengths.0, lengths.1) }),
    };
    of_lengths("runs of stems", words)?;
    char_ngrams.map_or(Ok(()), |lengths| of_lengths("runs of characters", lengths))?;
    if settings.folds < 2 {
        let given = settings.folds.to_string();
        return Err(LearnError::Setting { setting: "the number of folds", wanted: "2 or more", given });
    }
    if let Optimize::Precision(share) | Optimize::Recall(share) = settings.optimize
        && !(share > 0.0 && share <= 1.0)
    {
        let (setting, wanted) = ("the aim of thresholds", "above 0 and at most 1");
        return Err(LearnError::Setting { setting, wanted, given: share.to_string() });
    }
    let mut strengths = [settings.l2, settings.cues_l2, settings.vectors_l2].into_iter().flatten();
    strengths.try_for_each(|alpha| L2::new(alpha).map(drop))
}

fn truth_of(examples: &[&Example], labels: &LabelSet) -> Truth {
    let k = labels.len();
    let mut has = vec![false; examples.len() * k];
    for (i, example) in examples.iter().enumerate() {
        for label in example.labels.iter().filter_map(|label| labels.find(label)) {
            has[i * k + label.index()] = true;
        }
    }
    Truth::new(k, has)
}

fn check_size(labels: &LabelSet, featurizer: &Featurizer, settings: &TrainSettings) -> Result<(), LearnError> {
    let (labels, terms) = (labels.len(), featurizer.vocabulary().len());
    if terms == 0 {
        return Err(LearnError::NoTerms { units: settings.features.min_count, groups: settings.features.min_groups });
    }
    let bytes = labels as u64 * terms as u64 * 8;
    if bytes > MOST_WEIGHTS {
        return Err(LearnError::TooLarge { labels, terms, mib: bytes >> 20, most: MOST_WEIGHTS >> 20 });
    }
    Ok(())
}

fn costs_of(examples: &[&Example], truth: &Truth, task: Task, settings: &TrainSettings) -> Costs {
    let units = weighing::weights(examples, &settings.weigh);
    let total: f64 = units.iter().sum();
    let weight_of = |label: usize| -> f64 { (0..units.len()).filter(|&i| truth.has(i, label)).map(|i| units[i]).sum() };
    let balanced = settings.class_weight == ClassWeight::Balanced;
    let labels = balanced.then(|| {
        let factor = |classes: f64, of: f64| if of > 0.0 { total / (classes * of) } else { 1.0 };
        let all = (0..truth.labels).map(|label| match (task, weight_of(label)) {
            (Task::Multi, with) => [factor(2.0, total - with), factor(2.0, with)],
            (Task::Single, with) => [1.0, factor(truth.labels as f64, with)],
        });
        all.collect()
    });
    Costs { units, labels }
}

/// `ln((p/|p|) / (q/|q|))` with `p` and `q` the counts of each feature in the units with and without a label, plus one
/// (Wang & Manning 2012); counts are of presence, weighted by the units' costs. d × k by row.
fn log_count_ratios(rows: &Rows, truth: &Truth, costs: &Costs) -> Vec<f64> {
    let (d, k) = (rows.width(), truth.labels);
    let (mut with, mut all) = (vec![1.0; d * k], vec![2.0; d]);
    for i in 0..rows.height() {
        for (feature, _) in rows.row(i) {
            all[feature.index()] += costs.units[i];
            for label in (0..k).filter(|&label| truth.has(i, label)) {
                with[feature.index() * k + label] += costs.units[i];
            }
        }
    }
    let total: f64 = all.iter().sum();
    let mut with_total = vec![0.0; k];
    with.chunks_exact(k).for_each(|row| with_total.iter_mut().zip(row).for_each(|(sum, count)| *sum += count));
    let mut ratios = with;
    for (feature, row) in ratios.chunks_exact_mut(k).enumerate() {
        for (ratio, with_total) in row.iter_mut().zip(&with_total) {
            let without = all[feature] - *ratio;
            *ratio = libm::log((*ratio / with_total) / (without / (total - with_total)));
        }
    }
    ratios
}

/// The folds, by `fold_by`, else by group, else by text; and a warning where a promise cannot be kept.
fn folds_of(examples: &[&Example], settings: &TrainSettings) -> (Folds, Vec<String>) {
    let mut warnings = Vec::new();
    let keys: Vec<Cow<str>> = examples.iter().map(|example| fold_key(example, settings)).collect();
    let folds = Folds::by_key(&keys, settings.folds, settings.seed);
    if folds.count >= 2 {
        if folds.count < settings.folds {
            warnings
                .push(format!("only {} groups, so {} folds instead of {}", folds.count, folds.count, settings.folds));
        }
        return (folds, warnings);
    }
    warnings.push("all units are of one group, so folds are made of single units and held-out figures flatter".into());
    let texts: Vec<Cow<str>> = examples.iter().map(|example| composed(&example.text)).collect();
    (Folds::by_key(&texts, settings.folds, settings.seed), warnings)
}

/// Units with the same key are held out in the same fold.
fn fold_key<'a>(example: &'a Example, settings: &TrainSettings) -> Cow<'a, str> {
    match &settings.fold_by {
        Some(column) => composed(example.in_column(column).unwrap_or(&example.text)),
        None => example.kept_together(),
    }
}

/// Which units thresholds and calibration look at.
fn counted_units(examples: &[&Example], settings: &TrainSettings, warnings: &mut Vec<String>) -> Vec<bool> {
    let Some((column, value)) = &settings.calibrate_where else { return vec![true; examples.len()] };
    let counted: Vec<bool> = examples.iter().map(|example| example.says(column, value)).collect();
    if counted.contains(&true) {
        return counted;
    }
    warnings.push(format!("no unit has {column} = {value}, so thresholds and calibration look at all of them"));
    vec![true; examples.len()]
}

fn assemble(
    ground: &Ground,
    featurizer: Featurizer,
    labels: LabelSet,
    fits: &Fits,
    points: Vec<Vec<f64>>,
    evidence: Evidence,
    examples: &[&Example],
) -> Model {
    let Fits { blocks, selections, folds } = *fits;
    let (weights, intercepts) = blocks::join(blocks, points, &evidence.calibrations, featurizer.vocabulary().len());
    let settings = ground.settings;
    let groups: BTreeSet<Cow<str>> = examples.iter().map(|example| example.kept_together()).collect();
    let card = Card {
        note: settings.note.clone(),
        units: examples.len() as u64,
        groups: groups.len() as u64,
        kept_out: ground.kept_out,
        data: data_fingerprint(examples.iter().copied()),
        learning: Learning {
            blocks: blocks.iter().zip(selections).map(|(block, selection)| learned(block, selection)).collect(),
            folds: folds.count as u32,
            fold_by: settings.fold_by.clone(),
            seed: settings.seed,
            solver: format!("{:?}", settings.solver).to_lowercase(),
            optimize: settings.optimize.to_string(),
            class_weight: format!("{:?}", settings.class_weight).to_lowercase(),
            weigh: settings.weigh.iter().map(Weighing::to_string).collect(),
            row_weights: RowWeights::of(examples.iter().map(|example| example.weight)),
            calibrate_where: settings
                .calibrate_where
                .as_ref()
                .filter(|(column, value)| examples.iter().any(|example| example.extra.get(column) == Some(value)))
                .map(|(column, value)| format!("{column}={value}")),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        overall: evidence.overall,
        labels: evidence.labels,
        cues: Vec::new(),
        compression: None,
        mirror: settings.mirror.clone(),
        vectors: vector_card(ground, &featurizer, blocks),
    };
    let thresholds = card.labels.iter().map(|label| label.threshold).collect();
    let mut model = Model {
        task: ground.task,
        labels,
        featurizer,
        weights: Weights::new(ground.truth.labels, weights),
        intercepts,
        thresholds,
        card: card.into(),
        codebook: settings.codebook.clone().map(Into::into),
        seen: SeenTexts::of(examples.iter().map(|example| &example.text[..])),
        fingerprint: String::new(),
    };
    if settings.compression != Wish::default() {
        let mut scratch = model.scratch();
        let rows = examples.iter().map(|example| model.featurizer.row(&example.text, &mut scratch));
        if let Some((weights, done)) = model.weights.compressed(settings.compression, rows) {
            model.weights = weights;
            model.card.compression = Some(done);
        }
    }
    evidence::name_strong_terms(&mut model, examples);
    model.card.cues = cue_use::cards(&model, ground, fits, &evidence.calibrations);
    model.featurizer = model.featurizer.with_known_cues();
    model
}

/// What is known of the vectors, if there were any.
fn vector_card(ground: &Ground, featurizer: &Featurizer, blocks: &[BlockRows]) -> Option<VectorCard> {
    let vectors = ground.settings.vectors.as_deref()?;
    let block = blocks.iter().find(|block| block.block == Block::Vectors)?;
    let frequency = featurizer.vocabulary().document_frequency();
    let unseen = block.features.iter().filter(|feature| frequency[feature.index()] == 0).count();
    Some(VectorCard {
        terms: block.features.len() as u64,
        unseen: unseen as u64,
        width: vectors.width() as u64,
        fingerprint: vectors.fingerprint(),
    })
}

/// How the strength of a block was found.
fn learned(block: &BlockRows, selection: &Selection) -> Learned {
    let tried = if selection.tried.len() > 1 { selection.tried.clone() } else { Vec::new() };
    Learned { block: block.block, features: block.features.len() as u64, l2: selection.l2.get(), tried }
}

/// SHA-256 over the examples' texts, labels, groups and weights, sorted, so that their order does not matter.
pub fn data_fingerprint<'a>(examples: impl IntoIterator<Item = &'a Example>) -> String {
    let mut lines: Vec<String> = examples
        .into_iter()
        .map(|e| {
            let mut labels = e.labels.clone();
            labels.sort();
            serde_json::json!([e.text, labels, e.group, e.weight]).to_string()
        })
        .collect();
    lines.sort();
    let mut sha = Sha256::new();
    lines.iter().for_each(|line| {
        sha.update(line.as_bytes());
        sha.update(b"\n");
    });
    hex(&sha.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged() -> Vec<Example> {
        let labels = |i: usize| if i.is_multiple_of(2) { vec!["a".to_owned()] } else { Vec::new() };
        (0..12).map(|i| Example::new(format!("word{i} and other"), labels(i))).collect()
    }

    #[test]
    fn settings_and_weights_that_make_no_sense_are_named_before_anything_is_learned() {
        let examples = judged();
        let usual = TrainSettings { folds: 2, ..TrainSettings::default() };
        let fails = |settings: TrainSettings| train(&examples, &settings, &|_| {}).unwrap_err().to_string();
        let features = |features| fails(TrainSettings { features, ..usual.clone() });
        assert_eq!(fails(TrainSettings { folds: 1, ..usual.clone() }), "the number of folds must be 2 or more, not 1");
        let runs = features(FeatureSettings { ngrams: (2, 1), ..FeatureSettings::default() });
        assert_eq!(runs, "runs of stems must be a shortest and a longest length from 1 to 10, not 2 to 1");
        let runs = features(FeatureSettings { char_ngrams: Some((0, 1)), ..FeatureSettings::default() });
        assert_eq!(runs, "runs of characters must be a shortest and a longest length from 1 to 10, not 0 to 1");
        let aim = fails(TrainSettings { optimize: Optimize::Precision(f64::NAN), ..usual.clone() });
        assert_eq!(aim, "the aim of thresholds must be above 0 and at most 1, not NaN");
        let mut odd = examples.clone();
        odd[3].weight = -1.0;
        let failed = train(&odd, &usual, &|_| {}).unwrap_err().to_string();
        assert!(failed.ends_with("a weight must be a positive, finite number, not -1"), "{failed}");
    }

    #[test]
    fn units_that_nobody_has_judged_are_left_out_and_said() {
        let judged = judged();
        let settings = TrainSettings { folds: 2, ..TrainSettings::default() };
        let mut all = judged.clone();
        all.insert(4, Example { pending: true, ..Example::new("word2 and other", Vec::new()) });
        let (with, without) = (train(&all, &settings, &|_| {}).unwrap(), train(&judged, &settings, &|_| {}).unwrap());
        assert_eq!(with.model.to_bytes(), without.model.to_bytes());
        assert!(with.warnings.iter().any(|said| said == "1 of 13 units are not judged yet and were left out"));
    }
}
