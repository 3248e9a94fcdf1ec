//! What `rhetor labels` takes.

use clap::Args;

use super::CardFormat;

/// Show the codebook: what each label means, and how neighbours are told apart
#[derive(Debug, Args)]
#[command(after_help = LABELS_EXAMPLES)]
pub struct Labels {
    /// Only this label, with its examples, near misses and rules
    #[arg(value_name = "LABEL")]
    pub label: Option<String>,
    /// How it looks
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: CardFormat,
}

const LABELS_EXAMPLES: &str = "Examples:
  rhetor labels
  rhetor labels threat
  rhetor labels --format json | jq -r '.label[].name'";
