//! What `rhetor train` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rhetor::features::weighting::Weighting;
use rhetor::features::{hashing, ngrams};
use rhetor::learn::threshold::Optimize;
use rhetor::learn::weighing::Weighing;
use rhetor::learn::{ClassWeight, Solver};
use rhetor::model::Task;
use rhetor::text::form::composed;
use rhetor::text::stem::Language;

use super::DataOptions;

/// Learn a model from labelled sentences
#[derive(Debug, Args)]
#[command(after_help = TRAIN_EXAMPLES, after_long_help = format!("{TRAIN_EXAMPLES}\n{TRAIN_MORE}"))]
pub struct Train {
    /// Labelled data: CSV, TSV, JSONL, fastText, doccano, Prodigy or Label Studio, also gzipped; `-` is standard input
    #[arg(required = true, value_name = "DATA")]
    pub data: Vec<PathBuf>,
    /// Where to write the model; an older file is replaced whole
    #[arg(short, long, value_name = "MODEL", required_unless_present = "dry_run")]
    pub output: Option<PathBuf>,
    /// Weights of so many bits in the model file, in place of 32
    #[arg(long, value_name = "BITS", hide_short_help = true)]
    pub quantize: Option<Bits>,
    /// Keep no weights of terms that never change a score by more than this, in log-odds
    #[arg(long, value_name = "LOGODDS", allow_negative_numbers = true, value_parser = log_odds, hide_short_help = true)]
    pub prune: Option<f64>,
    /// What the labels mean: a TOML or YAML file that goes into the model, for `labels`, `annotate` and reports; `builtin` is that of the
    /// twelve framings
    #[arg(long, value_name = "FILE")]
    pub codebook: Option<PathBuf>,
    /// Put figures on other text into the model's card: what `rhetor evaluate --format json` wrote
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub mirror: Option<PathBuf>,
    /// Also write a page that shows how good the model is
    #[arg(long, value_name = "PAGE")]
    pub report: Option<PathBuf>,
    /// Read and check the data, say what training would start from, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Train twice and compare the models byte by byte
    #[arg(long, hide_short_help = true)]
    pub verify: bool,
    /// A remark for the model's card
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub note: Option<String>,
    #[command(flatten)]
    pub input: DataOptions,
    #[command(flatten)]
    pub features: FeatureOptions,
    #[command(flatten)]
    pub learning: LearningOptions,
    /// Hold out one fold only, in place of each in turn: training on much data takes a fraction of the time, and its figures are of that fold
    #[arg(long, help_heading = "Learning", hide_short_help = true)]
    pub holdout: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bits {
    #[value(name = "8")]
    Eight,
    #[value(name = "16")]
    Sixteen,
}

const TRAIN_EXAMPLES: &str = "Examples:
  rhetor train labelled.csv --dry-run                                is the data as it should be?
  rhetor train labelled.csv -o my.rhetor
  rhetor train a.jsonl b.jsonl.gz -o my.rhetor --group-column article
  rhetor train reviews.tsv -o my.rhetor --text-column body --label-column stars";

/// For those who ask for `--help`.
const TRAIN_MORE: &str = "  rhetor train labelled.csv -o my.rhetor --language german --optimize precision=0.8
  rhetor train labelled.csv -o my.rhetor --quantize 16 --prune 0.01   a smaller file
  rhetor train millions.jsonl.gz -o my.rhetor --hash-bits 18          a bound for memory and model
  rhetor train labelled.csv -o my.rhetor --vectors glove.6B.50d.txt
  rhetor train labelled.csv -o my.rhetor --codebook my-codebook.yaml

A CSV has a header; the columns are `text` and `labels`, several labels in a cell split by | or ;. An empty cell means that none \
         of the labels fits, which is worth knowing too. A `group` column (document, author) keeps sentences that belong together out of \
         both sides of a test.";

/// Which terms the model looks at.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Features")]
pub struct FeatureOptions {
    /// The language of the text, for stemming, such as german or de; `none` only lower-cases
    #[arg(long, value_name = "NAME", default_value = "english", value_parser = super::language)]
    pub language: Language,
    /// Shortest and longest run of stems
    #[arg(long, value_name = "MIN,MAX", default_value = "1,2", value_parser = lengths, hide_short_help = true)]
    pub ngrams: (usize, usize),
    /// Shortest and longest run of characters within a word, such as 2,5 [default: none]
    #[arg(long, value_name = "MIN,MAX", value_parser = lengths, hide_short_help = true)]
    pub char_ngrams: Option<(usize, usize)>,
    /// Do not look at the shape of sentences (marks, capitals, pronouns, modal verbs)
    #[arg(long, hide_short_help = true)]
    pub no_shape: bool,
    /// Leave out terms that stand in fewer units
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::count, hide_short_help = true)]
    pub min_count: u32,
    /// Leave out terms that stand in units of fewer groups (documents, authors), so that no one's own words stay in the model
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::count)]
    pub min_groups: u32,
    /// Keep no more terms than that, those that stand in most units; terms that stand in as many stay or go together [default: all]
    #[arg(long, value_name = "N", value_parser = super::count, hide_short_help = true)]
    pub max_terms: Option<u32>,
    /// Let runs of stems (and of characters) share 2^BITS buckets, each with one weight a label, in place of being terms of their own: a bound for memory and model,
    /// whatever the data; 18 to 22 are usual [default: each run is a term]
    #[arg(long, value_name = "BITS", value_parser = hash_bits(), hide_short_help = true)]
    pub hash_bits: Option<u8>,
    /// How counts become values
    #[arg(long, value_name = "SCHEME", default_value = "tfidf", hide_short_help = true)]
    pub weighting: Weighting,
    /// Named patterns as features: a cue file or dictionary (also several times), `builtin`, or `none` [default: builtin for English,
    /// if held-out units gain by it]
    #[arg(long, value_name = "FILE")]
    pub cues: Vec<PathBuf>,
    /// Word vectors, text (.vec, as of word2vec and fastText) or safetensors, also gzipped: their weights are folded into those of
    /// words, so that words that the data lacks count as their neighbours do
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub vectors: Option<PathBuf>,
}

/// How the model is learned.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Learning")]
pub struct LearningOptions {
    /// One label a unit, or any number [default: by the data]
    #[arg(long)]
    pub task: Option<Task>,
    /// Strength of the L2 penalty [default: chosen on held-out folds]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true, value_parser = strength, hide_short_help = true)]
    pub l2: Option<f64>,
    /// Strength of the L2 penalty on the weights of cues [default: chosen on held-out folds]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true, value_parser = strength, hide_short_help = true)]
    pub cues_l2: Option<f64>,
    /// Strength of the L2 penalty on what is learned on vectors [default: chosen on held-out folds]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true, value_parser = strength, requires = "vectors", hide_short_help = true)]
    pub vectors_l2: Option<f64>,
    /// Number of folds
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=100), hide_short_help = true)]
    pub folds: u32,
    /// The column whose values stay within a fold [default: the group]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = super::name)]
    pub fold_by: Option<String>,
    /// Weight of rare labels
    #[arg(long, value_name = "SCHEME", default_value = "none", hide_short_help = true)]
    pub class_weight: ClassWeight,
    /// Let units whose column has a value count FACTOR times in the fit; may be given several times
    #[arg(long, value_name = "COLUMN=VALUE:FACTOR", value_parser = weighing, hide_short_help = true)]
    pub weigh: Vec<Weighing>,
    /// What thresholds are chosen for: f1, precision=SHARE or recall=SHARE
    #[arg(long, value_name = "AIM", default_value = "f1")]
    pub optimize: Optimize,
    /// Choose thresholds and calibration on these units only
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = equation, hide_short_help = true)]
    pub calibrate_where: Option<(String, String)>,
    /// The learner of the final fit: `sparse`, our own, or `linfa`, a slow reference for small data
    #[arg(long, value_name = "NAME", default_value = "sparse", hide_short_help = true)]
    pub solver: Solver,
    /// What folds and intervals are drawn by
    #[arg(long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    pub seed: u64,
}

fn lengths(text: &str) -> Result<(usize, usize), String> {
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| format!("{text:?} is no number"));
    let (shortest, longest) = match text.split_once([',', '-']) {
        Some((shortest, longest)) => (number(shortest)?, number(longest)?),
        None => (1, number(text)?),
    };
    match ngrams::are_lengths((shortest, longest)) {
        true => Ok((shortest, longest)),
        false => Err(format!("give the shortest and the longest length, such as 1,2, from 1 to {}", ngrams::LONGEST)),
    }
}

fn hash_bits() -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(i64::from(*hashing::BITS.start())..=i64::from(*hashing::BITS.end()))
}

fn strength(text: &str) -> Result<f64, String> {
    let strength = text.parse().ok().filter(|strength: &f64| strength.is_finite() && *strength > 0.0);
    strength.ok_or_else(|| super::or_point(text, "an L2 strength is a number above 0"))
}

fn log_odds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(super::or_point(text, "give log-odds of 0 or more, such as 0.01")),
    }
}

fn weighing(text: &str) -> Result<Weighing, String> {
    composed(text).parse()
}

pub(super) fn equation(text: &str) -> Result<(String, String), String> {
    match composed(text).split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.into(), value.into())),
        _ => Err("give COLUMN=VALUE, such as part=document".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        assert_eq!(lengths("1,2"), Ok((1, 2)));
        assert_eq!(lengths("3"), Ok((1, 3)));
        assert!(lengths("2,1").is_err() && lengths("0,1").is_err() && lengths("1,99").is_err());
    }
}
