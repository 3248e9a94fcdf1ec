//! What `rhetor evaluate` takes.

use std::path::PathBuf;

use clap::{Arg, Args, ValueEnum};

use super::{DataOptions, FeatureOptions, LearningOptions};
use crate::cli::ending;

/// Score a model on labelled data that it was not trained on, or by cross-validation
#[derive(Debug, Args)]
#[command(after_help = EVALUATE_EXAMPLES, after_long_help = format!("{EVALUATE_EXAMPLES}\n{EVALUATE_MORE}"), mut_args(only_with_cv))]
pub struct Evaluate {
    /// Labelled data: CSV, TSV, JSONL, fastText, doccano, Prodigy or Label Studio, also gzipped; `-` is standard input
    #[arg(required = true, value_name = "DATA")]
    pub data: Vec<PathBuf>,
    /// A model file [default: $RHETOR_MODEL, else the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Judge no model, but the data itself: each unit by weights that `train` learns from the other folds
    #[arg(long, conflicts_with_all = ["model", "compare"])]
    pub cv: bool,
    /// Another model file: how do the two differ on this data, and is that more than chance?
    #[arg(long, value_name = "OTHER")]
    pub compare: Option<PathBuf>,
    /// Show at most N of the units that the two models give different labels
    #[arg(long, value_name = "N", requires = "compare", default_value_t = 10, hide_short_help = true)]
    pub flips: usize,
    /// Leave out the units that the model (or the other) was trained on
    #[arg(long, conflicts_with = "cv")]
    pub unseen: bool,
    /// Also score the units of each value of this column by themselves
    #[arg(long, value_name = "COLUMN", value_parser = super::name)]
    pub by: Option<String>,
    /// Also score how well voices and speakers are told, by the columns `voice` and `quoted_speaker`
    #[arg(long, hide_short_help = true)]
    pub voice: bool,
    /// Also show the N worst mistakes, with the words that made them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub errors: usize,
    /// How the figures look [default: by the name of --output, else text]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<FiguresFormat>,
    /// Write the figures to a file instead of standard output; an older file is replaced whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also write a page with charts: intervals, precision and recall, reliability, what is mixed up
    #[arg(long, value_name = "PAGE")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub input: DataOptions,
    #[command(flatten)]
    pub features: FeatureOptions,
    #[command(flatten)]
    pub learning: LearningOptions,
}

/// How figures look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FiguresFormat {
    Text,
    Json,
    /// A row a figure
    Csv,
    /// The page that --report writes
    Html,
}

impl Evaluate {
    /// The format that is asked for, or that the name of the output promises.
    pub fn format(&self) -> FiguresFormat {
        self.format.or_else(|| self.promised()).unwrap_or(FiguresFormat::Text)
    }

    /// The format that the name of the output promises.
    pub fn promised(&self) -> Option<FiguresFormat> {
        match &ending(self.output.as_deref()?)[..] {
            "json" => Some(FiguresFormat::Json),
            "csv" => Some(FiguresFormat::Csv),
            "html" | "htm" => Some(FiguresFormat::Html),
            _ => None,
        }
    }
}

/// Of a model that is trained already, nothing of how to train can be chosen; but intervals are drawn by the seed.
fn only_with_cv(arg: Arg) -> Arg {
    let trains = matches!(arg.get_help_heading(), Some("Features" | "Learning"));
    let arg = if trains { arg.hide_short_help(true) } else { arg };
    if trains && arg.get_id() != "seed" { arg.requires("cv").conflicts_with("model") } else { arg }
}

const EVALUATE_EXAMPLES: &str = "Examples:
  rhetor evaluate held-out.csv
  rhetor evaluate held-out.csv -m my.rhetor --by newspaper
  rhetor evaluate held-out.csv -m new.rhetor --compare old.rhetor --flips 20
  rhetor evaluate labelled.csv --cv --errors 20                 how good would a model of this data be?
  rhetor evaluate held-out.jsonl -m my.rhetor --report held-out.html";

/// For those who ask for `--help`.
const EVALUATE_MORE: &str = "  rhetor evaluate held-out.csv -o figures.csv                   a row a figure, for a spreadsheet or R
  rhetor evaluate held-out.csv --format json | jq '.labels[] | [.label, .f1.value]'

Intervals are 95%, by drawing whole groups (the `group` or `doc` column) anew 1,000 times; without groups, single texts. \
         --compare swaps the two models' answers at random, group by group, and says how often that makes a difference as great. The \
         options under Features and Learning, and --weight-column, are those of `rhetor train`, and mean something with --cv only (but --seed \
         always does). Texts of DATA that the model was trained on are known again and warned of; --unseen \
         leaves them out.";
