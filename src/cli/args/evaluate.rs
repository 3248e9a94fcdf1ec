//! What `rhetor evaluate` takes.

use std::path::PathBuf;

use clap::Args;

use super::{CardFormat, DataOptions};

/// Score a model on labelled data that it was not trained on
#[derive(Debug, Args)]
#[command(after_help = EVALUATE_EXAMPLES)]
pub struct Evaluate {
    /// Labelled data: CSV, TSV, JSONL, fastText, doccano, Prodigy or Label Studio, also gzipped; `-` is standard input
    #[arg(required = true, value_name = "DATA")]
    pub data: Vec<PathBuf>,
    /// A model file [default: the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Also score the units of each value of this column by themselves
    #[arg(long, value_name = "COLUMN")]
    pub by: Option<String>,
    /// Also score how well voices and speakers are told, by the columns `voice` and `quoted_speaker`
    #[arg(long)]
    pub voice: bool,
    /// Also show the N worst mistakes, with the words that made them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub errors: usize,
    /// How the figures look
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: CardFormat,
    /// Write the figures to a file instead of standard output; an older file is replaced whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also write a page with charts: intervals, precision and recall, reliability, what is mixed up
    #[arg(long, value_name = "PAGE")]
    pub report: Option<PathBuf>,
    /// What intervals are drawn by
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub input: DataOptions,
}

const EVALUATE_EXAMPLES: &str = "Examples:
  rhetor evaluate held-out.csv
  rhetor evaluate held-out.csv -m my.rhetor --by newspaper
  rhetor evaluate held-out.jsonl -m my.rhetor --errors 20 --report held-out.html
  rhetor evaluate held-out.csv --format json | jq '.labels[] | [.label, .f1.value]'

Intervals are 95%, by drawing whole groups (the `group` or `doc` column) anew 1,000 times; without groups, single texts.";
