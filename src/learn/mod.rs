//! From labelled units to a model: [`train`] is the recipe, step by step.

mod baseline;
mod blocks;
mod calibrate;
mod cue_use;
pub mod curve;
pub mod dense;
mod dual;
mod evidence;
mod exponential;
pub mod folds;
pub mod logistic;
mod newton;
pub mod objective;
mod prepared;
mod select;
pub mod survey;
pub mod threshold;
pub mod weighing;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codebook::{Codebook, LabelSet};
use crate::corpus::Example;
use crate::digest::hex;
use crate::features::cues::CueError;
use crate::features::matrix::Rows;
use crate::features::vectors::Vectors;
use crate::features::weighting::Weighting;
use crate::features::{Block, FeatureSettings, Featurizer};
use crate::model::card::{Card, Learned, Learning, Mirror, RowWeights, VectorCard};
use crate::model::seen::SeenTexts;
use crate::model::weights::{Weights, Wish};
use crate::model::{Model, Task};
use blocks::BlockRows;
use curve::CurvePoint;
use evidence::Evidence;
pub use evidence::HeldOut;
use folds::Folds;
use objective::{Costs, Loss, Problem, Truth};
use prepared::Prepared;
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
        "{labels} labels × {terms} terms would need {mib} MiB of weights, and rhetor stops at {most} MiB\nhint: keep the commonest with --max-terms, raise --min-count, let runs of words share buckets with --hash-bits 20, use --ngrams 1, or check that --label-column names the right column"
    )]
    TooLarge { labels: usize, terms: usize, mib: u64, most: u64 },
    #[error(
        "{0} labels are more than rhetor can hold ({most})\nhint: check that --label-column names the right column",
        most = LabelSet::MOST
    )]
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

impl Solver {
    /// The name in commands and in the card.
    pub fn name(self) -> &'static str {
        match self {
            Solver::Sparse => "sparse",
            Solver::Linfa => "linfa",
        }
    }
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

impl ClassWeight {
    /// The name in commands and in the card.
    pub fn name(self) -> &'static str {
        match self {
            ClassWeight::None => "none",
            ClassWeight::Balanced => "balanced",
        }
    }
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
    /// Whether only the first fold is held out, in place of each in turn: a fit or so in place of as many as there are folds.
    pub holdout: bool,
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
            holdout: false,
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
    let Prepared {
        examples,
        numbers,
        labels,
        task,
        truth,
        mut featurizer,
        mut blocks,
        kept_out,
        folds,
        counted,
        mut warnings,
        ..
    } = Prepared::of(examples, settings)?;
    let costs = costs_of(&examples, &truth, task, settings);
    let ground = Ground { truth: &truth, costs, task, settings, kept_out, judged: counted.told.as_deref() };
    let counted = &counted.units;
    let mut selections = Vec::new();
    for at in 0..blocks.len() {
        selections.push(ground.choose(&blocks, at, &folds, watch)?);
    }
    let fits = Fits { blocks: &blocks, selections: &selections, folds: &folds };
    if settings.cues == KeepCues::IfTheyHelp && !blocks::gain(&ground, &fits, counted) {
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
    let (evidence, mut held_out) = Evidence::gather(&ground, &fits, &examples, &labels, counted, &mut warnings);
    let curve = if settings.curve { curve::curve(&ground, &fits, &examples, &labels, counted)? } else { Vec::new() };
    let model = assemble(&ground, featurizer, labels, &fits, points, evidence, &examples);
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
    held_out.units.iter_mut().for_each(|unit| *unit = numbers[*unit]);
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
    /// The units that held-out figures are of, as `COLUMN=VALUE`, where it is not all of them.
    pub judged: Option<&'a str>,
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
        let of_block = usual.len() * folds.held_out();
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

/// That no unit has a column, and which there are.
pub fn no_column<'a>(examples: impl IntoIterator<Item = &'a Example>, wanted: &str) -> LearnError {
    let names: BTreeSet<&str> =
        examples.into_iter().flat_map(|example| example.extra.keys()).map(String::as_str).collect();
    let found = if names.is_empty() { "none".into() } else { names.into_iter().collect::<Vec<_>>().join(", ") };
    LearnError::NoColumn { wanted: wanted.to_owned(), found }
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

fn assemble(
    ground: &Ground,
    featurizer: Featurizer,
    labels: LabelSet,
    fits: &Fits,
    points: Vec<Vec<f64>>,
    evidence: Evidence,
    examples: &[&Example],
) -> Model {
    let Evidence { calibrations, labels: judged, keywords, overall } = evidence;
    let settings = ground.settings;
    let (weights, intercepts) = blocks::join(fits.blocks, points, &calibrations, featurizer.vocabulary().len());
    let thresholds = judged.iter().map(|label| label.threshold).collect();
    let groups: BTreeSet<Cow<str>> = examples.iter().map(|example| example.kept_together()).collect();
    let card = Card {
        note: settings.note.clone(),
        units: examples.len() as u64,
        groups: groups.len() as u64,
        kept_out: ground.kept_out,
        data: data_fingerprint(examples.iter().copied()),
        learning: learning(ground, fits, examples),
        overall,
        labels: judged,
        cues: Vec::new(),
        compression: None,
        mirror: settings.mirror.clone(),
        vectors: vector_card(ground, &featurizer, fits.blocks),
    };
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
    compress(&mut model, settings.compression, examples);
    evidence::name_strong_terms(&mut model, &keywords, examples);
    model.card.cues = cue_use::cards(&model, ground, fits, &calibrations);
    model.featurizer = model.featurizer.with_known_cues();
    model
}

/// Makes the weights smaller, if that is wished for, and says in the card what it cost.
fn compress(model: &mut Model, wish: Wish, examples: &[&Example]) {
    if wish == Wish::default() {
        return;
    }
    let mut scratch = model.scratch();
    let rows = examples.iter().map(|example| model.featurizer.row(&example.text, &mut scratch));
    if let Some((weights, done)) = model.weights.compressed(wish, rows) {
        model.weights = weights;
        model.card.compression = Some(done);
    }
}

/// How it was learned, for the card.
fn learning(ground: &Ground, fits: &Fits, examples: &[&Example]) -> Learning {
    let settings = ground.settings;
    Learning {
        blocks: fits.blocks.iter().zip(fits.selections).map(|(block, selection)| learned(block, selection)).collect(),
        folds: fits.folds.count as u32,
        holdout: fits.folds.is_one_held_out(),
        fold_by: settings.fold_by.clone(),
        seed: settings.seed,
        solver: settings.solver.name().into(),
        optimize: settings.optimize.to_string(),
        class_weight: settings.class_weight.name().into(),
        weigh: settings.weigh.iter().map(Weighing::to_string).collect(),
        row_weights: RowWeights::of(examples.iter().map(|example| example.weight)),
        calibrate_where: ground.judged.map(str::to_owned),
        version: env!("CARGO_PKG_VERSION").into(),
    }
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
        let HeldOut { units, judgement } = with.held_out;
        assert_eq!(units.len(), judged.len());
        for (at, unit) in units.into_iter().enumerate() {
            assert_eq!(all[unit].labels.is_empty(), !judgement.truth.has(at, 0), "unit {unit}");
            assert!(!all[unit].pending);
        }
        let surveyed = survey::survey(&all, &settings).unwrap();
        assert_eq!((surveyed.units, surveyed.repeated, surveyed.without), (12, 0, 6));
        assert!(with.warnings.starts_with(&surveyed.warnings) && surveyed.warnings.len() == 1);
    }

    #[test]
    fn a_survey_fails_where_training_would_before_it_learns() {
        let settings = TrainSettings { folds: 2, ..TrainSettings::default() };
        let mut odd = judged();
        odd[3].weight = f64::NAN;
        let failed = survey::survey(&odd, &settings).unwrap_err();
        assert_eq!(failed.to_string(), train(&odd, &settings, &|_| {}).unwrap_err().to_string());
    }
}
