//! What `rhetor labels` takes.

use std::path::PathBuf;

use clap::Args;

use super::CardFormat;

/// Show the codebook: what each label means, and how neighbours are told apart
#[derive(Debug, Args)]
#[command(after_help = LABELS_EXAMPLES)]
pub struct Labels {
    /// Only this label, with its examples, near misses and rules
    #[arg(value_name = "LABEL", value_parser = super::name)]
    pub label: Option<String>,
    /// The codebook that a model holds [default: that of $RHETOR_MODEL, else of the embedded English model]
    #[arg(short, long, value_name = "MODEL", conflicts_with = "codebook")]
    pub model: Option<PathBuf>,
    /// A codebook file, TOML or YAML: what `train --codebook` and `annotate --codebook` read
    #[arg(long, value_name = "FILE")]
    pub codebook: Option<PathBuf>,
    /// How it looks
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: CardFormat,
}

const LABELS_EXAMPLES: &str = "Examples:
  rhetor labels
  rhetor labels threat
  rhetor labels -m my.rhetor
  rhetor labels --codebook my-codebook.yaml      does it read as meant?
  rhetor labels --format json | jq -r '.label[].name'";
