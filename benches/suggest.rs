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
    #[arg(long, default_value_t = 2500)]
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
    /// The longest run of stems that the model looks at
    #[arg(long, default_value_t = 1)]
    ngrams: usize,
    #[arg(long, default_value_t = Balance::default().words)]
    words: f64,
    #[arg(long, default_value_t = Balance::default().commonness)]
    commonness: f64,
    #[arg(long, default_value_t = Balance::default().length)]
    length: f64,
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
    println!(
        "| set | pool | labels | macro F1 of all | random order | suggested | share | words a unit | of suggested |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
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

/// A curve, and the mean number of words of the units that were labelled for it.
type Played = (Curve, f64);

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
        let suggested = play(Way::Suggested);
        let lengths =
            [&random, &suggested].map(|played| mean(&played.iter().map(|(_, words)| *words).collect::<Vec<_>>()));
        let curves = |played: Vec<Played>| played.into_iter().map(|(curve, _)| curve).collect();
        Panel { set: set.into(), pool, labels, whole, random: curves(random), suggested: curves(suggested), lengths }
    }

    fn curve(&self, way: Way, seed: u64, goal: f64, options: &Options) -> Played {
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
                return (curve, words(&taken));
            }
            for unit in chosen.into_iter().filter(|&unit| !std::mem::replace(&mut is_taken[unit], true)) {
                pool.know(&order[unit].text, &order[unit].labels);
                taken.push(order[unit].clone());
            }
            let model = self.train(&taken, options);
            curve.push((taken.len(), self.f1(model.as_ref())));
            // Two in a row, so that a lucky draw does not end it.
            if curve.len() > 2 && curve[curve.len() - 2..].iter().all(|point| point.1 >= goal) {
                return (curve, words(&taken));
            }
            if let (Some(model), Way::Suggested) = (model, way) {
                pool.score(&model);
            }
            wanted = (options.batch * taken.len() as f64).round() as usize;
        }
    }

    fn settings(&self, count: usize, seed: u64, options: &Options) -> Settings {
        let Options { words, commonness, length, rarity, .. } = *options;
        let balance = Balance { words, commonness, length, rarity };
        Settings { count, random: options.random, seed, alike: options.alike, balance }
    }

    /// A model of the examples, unless they are all alike.
    fn train(&self, examples: &[Example], options: &Options) -> Option<Model> {
        let features = FeatureSettings { ngrams: (1, options.ngrams), ..FeatureSettings::default() };
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

/// The mean number of words of a unit.
fn words(examples: &[Example]) -> f64 {
    mean(&examples.iter().map(|example| example.text.split_whitespace().count() as f64).collect::<Vec<_>>())
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
    /// Words a unit, in random order and as suggested.
    lengths: [f64; 2],
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

/// Width and height of a panel's axes, and of the panel with its margins, in pixels.
const AXES: (f64, f64) = (220.0, 150.0);
const PANEL: (f64, f64) = (290.0, 225.0);
const PANELS_A_ROW: usize = 3;

/// The curves of all sets, a panel each: random order in grey, suggested in blue, the goal dashed.
fn picture(panels: &[Panel]) -> String {
    let (columns, rows) = (panels.len().min(PANELS_A_ROW), panels.len().div_ceil(PANELS_A_ROW));
    let (width, height) = (columns as f64 * PANEL.0, rows as f64 * PANEL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <title>Macro F1 by number of labels, in random order and as suggested</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (at, panel) in panels.iter().enumerate() {
        let (column, row) = (at % PANELS_A_ROW, at / PANELS_A_ROW);
        let (x, y) = (column as f64 * PANEL.0 + 45.0, row as f64 * PANEL.1 + 30.0);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{}</g>", panel.drawing());
    }
    svg + "</svg>\n"
}

impl Panel {
    fn drawing(&self) -> String {
        let all = || self.random.iter().chain(&self.suggested).flatten();
        let most = all().map(|point| point.0).max().unwrap_or(1) as f64;
        let top = all().map(|point| point.1).fold(self.whole, f64::max) * 1.05;
        let place = |labels: f64, f1: f64| (labels / most * AXES.0, AXES.1 * (1.0 - f1 / top));
        let mut svg = String::new();
        let goal = place(0.0, GOAL * self.whole).1;
        let (right, bottom) = AXES;
        let _ = writeln!(
            svg,
            "<text y=\"-10\" font-weight=\"bold\">{} ({} labels)</text>\n\
             <path d=\"M0 0V{bottom}H{right}\" fill=\"none\" stroke=\"#888\"/>\n\
             <path d=\"M0 {goal:.1}H{right}\" stroke=\"#888\" stroke-dasharray=\"4 3\"/>\n\
             <text x=\"-4\" y=\"{goal:.1}\" text-anchor=\"end\" dy=\"4\">{:.2}</text>\n\
             <text x=\"0\" y=\"{bottom}\" dy=\"15\">0</text>\n\
             <text x=\"{right}\" y=\"{bottom}\" dy=\"15\" text-anchor=\"end\">{most} labelled</text>",
            self.set,
            self.labels,
            GOAL * self.whole
        );
        for (curves, colour) in [(&self.random, "#999"), (&self.suggested, "#06c")] {
            for curve in curves {
                let points = curve.iter().map(|&(labels, f1)| place(labels as f64, f1));
                let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                let _ = writeln!(
                    svg,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
                    points.join(" ")
                );
            }
        }
        let legend = [("random order", "#777", 18.0), ("suggested", "#06c", 4.0)];
        for (words, colour, up) in legend {
            let y = bottom - up;
            let _ = writeln!(svg, "<text x=\"{right}\" y=\"{y}\" text-anchor=\"end\" fill=\"{colour}\">{words}</text>");
        }
        svg
    }
}
