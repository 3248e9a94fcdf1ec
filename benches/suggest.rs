//! How many labels a model needs if `rhetor suggest` picks the units, and if chance does: `just suggest-bench DATA`.
//!
//! DATA is a folder of sets, each a folder with `train.jsonl` and `test.jsonl`. A run plays the analyst's loop: label a
//! first batch, train, choose the next batch, label it, train again, until nothing is left or both ways have reached the
//! goal: 95% of the macro F1 that the whole pool gives. Prints a table, and draws a picture.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use rhetor::corpus::{self, Example, ReadOptions};
use rhetor::evaluate::metrics::{Counts, macro_f1};
use rhetor::evaluate::suggest::{Balance, Pool, Settings};
use rhetor::features::FeatureSettings;
use rhetor::framing::{Choice, framings};
use rhetor::learn::folds::draw;
use rhetor::learn::{self, TrainSettings};
use rhetor::model::Model;
use rhetor::text::stem::Language;

/// The share of the whole pool's macro F1 that is to be reached.
const GOAL: f64 = 0.95;

#[derive(Parser)]
struct Options {
    /// A folder of sets; without it, nothing is measured
    data: Option<PathBuf>,
    /// Only these sets
    #[arg(long, value_delimiter = ',')]
    sets: Vec<String>,
    /// Units of a pool, at most, and of a test set
    #[arg(long, default_value_t = 4000)]
    pool: usize,
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Labels before the first model
    #[arg(long, default_value_t = 50)]
    first: usize,
    /// Each batch is so large a share of what is labelled
    #[arg(long, default_value_t = 0.25)]
    batch: f64,
    #[arg(long, default_value_t = 0.2)]
    l2: f64,
    #[arg(long, default_value_t = Balance::default().words)]
    words: f64,
    #[arg(long, default_value_t = Balance::default().commonness)]
    commonness: f64,
    #[arg(long, default_value_t = Balance::default().rarity)]
    rarity: f64,
    #[arg(long, default_value_t = Settings::default().alike)]
    alike: f64,
    #[arg(long, default_value_t = Settings::default().random)]
    random: f64,
    /// Do not play the random order (figures stay comparable: it depends on the seeds alone)
    #[arg(long)]
    no_random_order: bool,
    /// Where the picture goes
    #[arg(long)]
    picture: Option<PathBuf>,
    /// What cargo passes on
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let Some(data) = &options.data else {
        println!("suggest: not measured; name a folder of sets: cargo bench --bench suggest -- DATA");
        return;
    };
    let mut panels = Vec::new();
    println!("| set | pool | labels | macro F1 of all | random order | suggested | share |");
    println!("|---|---|---|---|---|---|---|");
    for set in sets(data, &options) {
        let ground = Ground::read(&data.join(&set), &options);
        let panel = ground.play(&set, &options);
        println!("{}", panel.row());
        panels.push(panel);
    }
    if let Some(path) = &options.picture {
        std::fs::write(path, picture(&panels)).expect("the picture can be written");
    }
}

fn sets(data: &Path, options: &Options) -> Vec<String> {
    if !options.sets.is_empty() {
        return options.sets.clone();
    }
    let folders = std::fs::read_dir(data).expect("a folder of sets").flatten();
    let has_sets = folders.filter(|folder| folder.path().join("train.jsonl").is_file());
    let names: BTreeSet<String> = has_sets.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect();
    names.into_iter().collect()
}

/// What one set is played on.
struct Ground {
    pool: Vec<Example>,
    test: Vec<Example>,
    labels: BTreeSet<String>,
}

/// Labels so far, and the macro F1 they give.
type Curve = Vec<(usize, f64)>;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Random,
    Suggested,
}

impl Ground {
    fn read(folder: &Path, options: &Options) -> Self {
        let read = |name: &str| {
            let path = folder.join(name).to_string_lossy().into_owned();
            let mut examples = corpus::read(&[path], &ReadOptions::default()).expect("a labelled set").examples;
            shuffle(&mut examples, 1000);
            examples.truncate(options.pool);
            examples
        };
        let (pool, test) = (read("train.jsonl"), read("test.jsonl"));
        let labels = pool.iter().flat_map(|example| example.labels.clone()).collect();
        Ground { pool, test, labels }
    }

    fn play(&self, set: &str, options: &Options) -> Panel {
        let whole = self.f1(self.train(&self.pool, options).as_ref());
        let goal = GOAL * whole;
        let play =
            |way| -> Vec<Curve> { (0..options.seeds).map(|seed| self.curve(way, seed, goal, options)).collect() };
        let random = if options.no_random_order { Vec::new() } else { play(Way::Random) };
        let (pool, labels) = (self.pool.len(), self.labels.len());
        Panel { set: set.into(), pool, labels, whole, random, suggested: play(Way::Suggested) }
    }

    fn curve(&self, way: Way, seed: u64, goal: f64, options: &Options) -> Curve {
        let mut order = self.pool.clone();
        shuffle(&mut order, seed);
        let mut pool = Pool::new(Language::English);
        pool.add(order.iter().map(|example| example.text.clone()).collect());
        let (mut taken, mut is_taken) = (Vec::new(), vec![false; order.len()]);
        let (mut curve, mut wanted) = (Curve::new(), options.first);
        loop {
            let chosen: Vec<usize> = match way {
                Way::Random => (taken.len()..order.len()).take(wanted).collect(),
                Way::Suggested => pool.choose(&self.settings(wanted, seed, options)).iter().map(|s| s.index).collect(),
            };
            if chosen.is_empty() {
                return curve;
            }
            for unit in chosen.into_iter().filter(|&unit| !std::mem::replace(&mut is_taken[unit], true)) {
                pool.know(&order[unit].text, &order[unit].labels);
                taken.push(order[unit].clone());
            }
            let model = self.train(&taken, options);
            curve.push((taken.len(), self.f1(model.as_ref())));
            // Two in a row, so that a lucky draw does not end it.
            if curve.len() > 2 && curve[curve.len() - 2..].iter().all(|point| point.1 >= goal) {
                return curve;
            }
            if let (Some(model), Way::Suggested) = (model, way) {
                pool.score(&model);
            }
            wanted = (options.batch * taken.len() as f64).round() as usize;
        }
    }

    fn settings(&self, count: usize, seed: u64, options: &Options) -> Settings {
        let balance = Balance { words: options.words, commonness: options.commonness, rarity: options.rarity };
        Settings { count, random: options.random, seed, alike: options.alike, balance }
    }

    /// A model of the examples, unless they are all alike.
    fn train(&self, examples: &[Example], options: &Options) -> Option<Model> {
        let features = FeatureSettings::default();
        let settings = TrainSettings { features, l2: Some(options.l2), folds: 2, ..TrainSettings::default() };
        learn::train(examples, &settings, &|_| {}).ok().map(|trained| trained.model)
    }

    /// Macro F1 on the test set, over the labels of the whole pool.
    fn f1(&self, model: Option<&Model>) -> f64 {
        let Some(model) = model else { return 0.0 };
        let mut counts = vec![Counts::default(); self.labels.len()];
        let mut scratch = model.scratch();
        for example in &self.test {
            let scores = model.score(&model.featurizer().row(&example.text, &mut scratch));
            let found = framings(model, &scores, &Choice::default());
            let found: Vec<&str> = found.iter().map(|framing| model.labels().name(framing.label)).collect();
            for (label, counts) in self.labels.iter().zip(&mut counts) {
                counts.add(found.contains(&label.as_str()), example.labels.contains(label));
            }
        }
        macro_f1(&counts)
    }
}

/// An order that the seed and the texts alone decide.
fn shuffle(examples: &mut [Example], seed: u64) {
    examples.sort_by_cached_key(|example| (draw(seed, &example.text), example.place.line));
}

/// What one set gave.
struct Panel {
    set: String,
    pool: usize,
    labels: usize,
    whole: f64,
    random: Vec<Curve>,
    suggested: Vec<Curve>,
}

impl Panel {
    fn row(&self) -> String {
        let goal = GOAL * self.whole;
        let needed = |curves: &[Curve]| -> Vec<f64> { curves.iter().map(|curve| reached(curve, goal)).collect() };
        let (random, suggested) = (needed(&self.random), needed(&self.suggested));
        let share = if random.is_empty() { String::new() } else { format!("{:.2}", mean(&suggested) / mean(&random)) };
        format!(
            "| {} | {} | {} | {:.3} | {} | {} | {share} |",
            self.set,
            self.pool,
            self.labels,
            self.whole,
            spread(&random),
            spread(&suggested)
        )
    }
}

/// The labels at which a curve first is at the goal, in a straight line between its points; all there are if it never is.
fn reached(curve: &Curve, goal: f64) -> f64 {
    let Some(at) = curve.iter().position(|point| point.1 >= goal) else {
        return curve.last().map_or(0.0, |last| last.0 as f64);
    };
    let (after, before) = (curve[at], if at == 0 { (0, 0.0) } else { curve[at - 1] });
    let share = (goal - before.1) / (after.1 - before.1).max(f64::MIN_POSITIVE);
    before.0 as f64 + share * (after.0 - before.0) as f64
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}

fn spread(figures: &[f64]) -> String {
    let low = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let high = figures.iter().copied().fold(0.0, f64::max);
    if figures.is_empty() { "–".into() } else { format!("{:.0} ({low:.0}–{high:.0})", mean(figures)) }
}

fn picture(panels: &[Panel]) -> String {
    let mut svg = String::new();
    let _ = write!(svg, "{}", panels.len());
    svg
}
