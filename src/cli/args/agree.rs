//! What `rhetor agree` takes.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rhetor::evaluate::panel::{Key, Rule};

use super::{DataFormat, DataOptions};
use crate::cli::ending;

/// Agreement between annotators, label by label, and one file of what they agree on
#[derive(Debug, Args)]
#[command(after_help = AGREE_EXAMPLES, after_long_help = format!("{AGREE_EXAMPLES}\n{AGREE_MORE}"))]
pub struct Agree {
    /// Labelled data, a file an annotator; or one file, with a column that names the annotators
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The column or field that says who gave the labels [default for one file: annotator]
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub annotator_column: Option<String>,
    /// What makes rows of two annotators the same unit [default: id where all have one and none means two texts, else text]
    #[arg(long, value_name = "KEY")]
    pub join: Option<JoinName>,
    /// The column or field with the id [default: id]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = super::name)]
    pub id_column: Option<String>,
    /// Show the N units that divide the annotators most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub discuss: usize,
    /// How the figures look [default: by the name of -o, else text]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<FigureFormat>,
    /// Write the figures to a file instead of standard output; an older file is replaced whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What intervals are drawn by
    #[arg(long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    pub seed: u64,
    #[command(flatten)]
    pub merging: MergeOptions,
    #[command(flatten)]
    pub input: DataOptions,
}

/// One file of many.
#[derive(Debug, Args)]
#[command(next_help_heading = "Merging")]
pub struct MergeOptions {
    /// Write the units that the annotators agree on, with the labels that they agree on
    #[arg(long, value_name = "FILE")]
    pub merged: Option<PathBuf>,
    /// When they agree
    #[arg(long, value_name = "RULE", default_value = "majority")]
    pub merge: RuleName,
    /// Write all other units, with a reason and each annotator's labels
    #[arg(long, value_name = "FILE")]
    pub rest: Option<PathBuf>,
    /// The format of both [default: by the name, else JSONL]
    #[arg(long, value_name = "FORMAT", hide_short_help = true)]
    pub merged_format: Option<DataFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JoinName {
    Id,
    /// White space and the form of accents do not matter
    Text,
}

impl JoinName {
    pub fn meant(self) -> Key {
        match self {
            JoinName::Id => Key::Id,
            JoinName::Text => Key::Text,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RuleName {
    /// A label stands if more than half of those who judged the unit gave it; a tie, or one annotator only, is left out
    Majority,
    /// Only units of which two or more say exactly the same
    Unanimous,
}

impl RuleName {
    pub fn meant(self) -> Rule {
        match self {
            RuleName::Majority => Rule::Majority,
            RuleName::Unanimous => Rule::Unanimous,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            RuleName::Majority => "majority",
            RuleName::Unanimous => "unanimous",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FigureFormat {
    /// Tables for people, with a reading
    Text,
    Json,
    /// A row a figure
    Csv,
}

impl FigureFormat {
    /// The format that is asked for, or that the name of the output promises.
    pub fn meant(asked: Option<FigureFormat>, output: Option<&Path>) -> FigureFormat {
        let promised = || match &ending(output?)[..] {
            "json" => Some(FigureFormat::Json),
            "csv" => Some(FigureFormat::Csv),
            _ => None,
        };
        asked.or_else(promised).unwrap_or(FigureFormat::Text)
    }
}

const AGREE_EXAMPLES: &str = "Examples:
  rhetor agree anna.csv ben.csv
  rhetor agree anna.jsonl ben.jsonl cem.jsonl --discuss 30
  rhetor agree export.jsonl --annotator-column coder
  rhetor agree anna.csv ben.csv --merged gold.csv --rest to-discuss.csv";

/// For those who ask for `--help`.
const AGREE_MORE: &str = "  rhetor agree anna.csv ben.csv --format json | jq '.labels[] | [.label, .alpha.value]'

An empty label list is an answer; a unit that an annotator's file does not have is a missing one, which all figures allow. \
         Intervals are 95%, by drawing whole groups (the `group` or `doc` column) anew 1,000 times; without groups, single units.";
