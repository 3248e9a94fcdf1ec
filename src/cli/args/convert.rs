//! What `rhetor convert` takes.

use std::path::PathBuf;

use clap::Args;

use super::{DataFormat, DataOptions};

/// Turn labelled data from one format into another
#[derive(Debug, Args)]
#[command(after_help = CONVERT_EXAMPLES, after_long_help = format!("{CONVERT_EXAMPLES}\n{CONVERT_MORE}"))]
pub struct Convert {
    /// Data in any format, also gzipped; `-` is standard input
    #[arg(required = true, num_args = 1.., value_name = "IN")]
    pub inputs: Vec<PathBuf>,
    /// Where to write it, `-` for standard output; an older file is replaced whole, .gz is packed
    #[arg(required = true, value_name = "OUT")]
    pub output: PathBuf,
    /// The format of IN, as --input-format [default: by name and content]
    #[arg(long, value_name = "FORMAT", conflicts_with = "input_format")]
    pub from: Option<DataFormat>,
    /// The format of OUT [default: by its name: .csv, .tsv, .jsonl, .ft]
    #[arg(long, value_name = "FORMAT")]
    pub to: Option<DataFormat>,
    /// Labels to choose from in OUT, beside those of the data: for Prodigy and Label Studio
    #[arg(long, value_name = "LABEL,…", value_parser = super::name)]
    pub labels: Vec<String>,
    /// The same, those of a codebook: a TOML or YAML file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub codebook: Option<PathBuf>,
    /// With several INs, replace an OUT that is there already; with one IN that needs no word
    #[arg(long, hide_short_help = true)]
    pub replace: bool,
    /// Leave out what nobody has judged
    #[arg(long, hide_short_help = true)]
    pub only_judged: bool,
    /// In CSV and TSV, put an apostrophe before cells that a spreadsheet would run as a formula
    #[arg(long, hide_short_help = true)]
    pub spreadsheet_safe: bool,
    #[command(flatten)]
    pub input: DataOptions,
}

const CONVERT_EXAMPLES: &str = "Examples:
  rhetor convert labelled.csv labelled.jsonl
  rhetor convert project-3.json labelled.csv               an export of Label Studio as a table
  rhetor convert ann.jsonl ben.jsonl both.csv              two exports of doccano or Prodigy in one
  rhetor convert pool.csv tasks.json --to label-studio     for import into Label Studio
  rhetor convert pool.csv tasks.jsonl --to prodigy --labels blame,threat     tasks with choices
  rhetor convert labelled.json - --to fasttext | fasttext …
  rhetor convert survey.csv clean.csv --encoding windows-1252 --text-column answer";

/// For those who ask for `--help`.
const CONVERT_MORE: &str = "\n\
         What OUT has no room for is named, with a count. Rows that nobody has judged stay apart from those that were judged to have no \
         label: by null in JSONL, by a column `judged` in CSV and TSV, as open tasks in Prodigy and Label Studio. docs/formats.md shows \
         each format.";
