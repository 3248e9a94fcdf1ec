//! What `rhetor annotate` takes.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rhetor::model::Task;

use super::{DataFormat, UnitName, record_size};

/// Label in the terminal, one unit at a time; every answer is on disk at once
#[derive(Debug, Args)]
#[command(after_help = ANNOTATE_EXAMPLES, after_long_help = format!("{ANNOTATE_EXAMPLES}\n{ANNOTATE_MORE}"))]
pub struct Annotate {
    /// What is to be labelled, and is never changed: text files, folders, `-` for standard input, or a CSV, TSV or JSONL with a `text` column
    #[arg(required = true, value_name = "POOL")]
    pub pool: Vec<PathBuf>,
    /// Where the answers go: JSONL, a row a unit, as `train` and `evaluate` read it. A file that is there already is continued
    #[arg(short, long, value_name = "LABELS.jsonl")]
    pub output: PathBuf,
    #[command(flatten)]
    pub book: BookOptions,
    #[command(flatten)]
    pub asking: AskingOptions,
    #[command(flatten)]
    pub from: PoolOptions,
}

/// Which labels there are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Labels")]
pub struct BookOptions {
    /// A model file: its labels and codebook, and what it thinks of a unit [default: $RHETOR_MODEL, else the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// These labels instead of the model's
    #[arg(long, value_name = "LABEL,…", value_parser = super::name)]
    pub labels: Vec<String>,
    /// The labels of this codebook, which `?` shows: a TOML or YAML file
    #[arg(long, value_name = "FILE", conflicts_with = "labels")]
    pub codebook: Option<PathBuf>,
    /// One label a unit, or any number [default: the model's way, else any number]
    #[arg(long)]
    pub task: Option<Task>,
}

/// How one is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asking")]
pub struct AskingOptions {
    /// Who answers; written into every row
    #[arg(long, value_name = "NAME")]
    pub annotator: Option<String>,
    /// Which unit comes next
    #[arg(long, value_name = "ORDER", default_value = "given")]
    pub order: OrderOfUnits,
    /// What --order random and suggest draw by
    #[arg(long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    pub seed: u64,
    /// Never show what the model thinks, nor what others answered
    #[arg(long)]
    pub blind: bool,
    /// Show the labels that the data has, to be confirmed or corrected
    #[arg(long)]
    pub review: bool,
    /// Train anew in the background after every K answers, for the order and for what `m` shows [default: 20 with --order suggest, else never]
    #[arg(long, value_name = "K")]
    pub retrain: Option<NonZeroUsize>,
    /// Labelled data that the training in the background learns from too
    #[arg(long, value_name = "DATA")]
    pub with: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderOfUnits {
    /// As they stand in the pool
    Given,
    /// By lot
    Random,
    /// Those most worth labelling first
    Suggest,
}

/// Where units come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub struct PoolOptions {
    /// What one is asked about [default: sentence; of a table, the whole cell]
    #[arg(short, long, value_name = "UNIT")]
    pub unit: Option<UnitName>,
    /// The column or field with the text [default: text]
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub column: Option<String>,
    /// With --review, the column or field with the labels [default: labels, else label]
    #[arg(long, value_name = "NAME", requires = "review", hide_short_help = true, value_parser = super::name)]
    pub label_column: Option<String>,
    /// The format of a table [default: by name and content]
    #[arg(long, value_name = "FORMAT", hide_short_help = true)]
    pub input_format: Option<DataFormat>,
    /// The encoding of a table, such as windows-1252 [default: utf-8, or utf-16 if the file says so]
    #[arg(long, value_name = "NAME", value_parser = super::encoding, hide_short_help = true)]
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// In folders, read the files that match instead of *.txt, *.md and *.txt.gz; `!` excludes
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub glob: Vec<String>,
    /// Bytes of a line, paragraph or document that are read; of a longer one the rest is left out
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = record_size, hide_short_help = true)]
    pub max_record: usize,
}

const ANNOTATE_EXAMPLES: &str = "Examples:
  rhetor annotate article.txt -o labels.jsonl
  rhetor annotate articles/ -o anna.jsonl --annotator anna --order random
  rhetor annotate posts.csv --column body -o labels.jsonl --labels praise,complaint,question
  rhetor annotate posts.csv -o labels.jsonl --codebook book.yaml --order suggest";

/// For those who ask for `--help`.
const ANNOTATE_MORE: &str = "  rhetor annotate labelled.csv --review -o checked.jsonl     confirm or correct what is there

Keys: the number or letter before a label gives or takes it, Enter goes on (without a label: none fits), 0 takes all labels \
         back, s skips, u undoes, f flags as unsure, n notes, m shows what the model thinks once there is an answer, g goes to a number, \
         / searches, . goes to the next that is unsure or skipped, ? shows the codebook and all keys, q ends. The same command goes on where one left off.";
