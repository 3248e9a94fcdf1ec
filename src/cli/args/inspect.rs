//! What `rhetor inspect` takes.

use std::path::PathBuf;

use clap::Args;

use super::CardFormat;

/// Show a model's card: labels, evidence, weights
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub struct Inspect {
    /// A model file [default: $RHETOR_MODEL, else the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Show the strongest terms for and against a label
    #[arg(long, value_name = "LABEL", value_parser = super::name)]
    pub terms: Option<String>,
    /// Show every cue: support, weight, and what it is worth on held-out units
    #[arg(long, conflicts_with = "terms")]
    pub cues: bool,
    /// How the card looks
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: CardFormat,
}

const INSPECT_EXAMPLES: &str = "Examples:
  rhetor inspect
  rhetor inspect -m my.rhetor --terms complaint
  rhetor inspect -m my.rhetor --cues
  rhetor inspect --format json | jq '.labels[] | [.label, .f1]'";
