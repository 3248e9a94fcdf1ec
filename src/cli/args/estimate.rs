//! What `rhetor estimate` takes.

use std::path::PathBuf;

use clap::Args;

use super::{FigureFormat, FromOptions, JoinName, UnitName};

/// How common each framing is in a pool, the model's errors corrected by a small sample labelled by hand
#[derive(Debug, Args)]
#[command(after_help = ESTIMATE_EXAMPLES, after_long_help = format!("{ESTIMATE_EXAMPLES}\n{ESTIMATE_MORE}"))]
pub struct Estimate {
    /// The pool, as `rhetor classify` takes it: files, folders (*.txt, *.md, *.txt.gz), or `-` for standard input
    #[arg(required = true, value_name = "POOL")]
    pub pool: Vec<PathBuf>,
    /// Units of the pool, drawn at random, with all labels that are true of them
    #[arg(long, required = true, value_name = "SAMPLE")]
    pub labelled: PathBuf,
    /// A model file; it must not be trained on the sample [default: $RHETOR_MODEL, else the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Also estimate for each value of this column of the pool; `file` and `voice` need no column
    #[arg(long, value_name = "COLUMN", value_parser = super::name)]
    pub by: Option<String>,
    /// What is counted; the sample has to hold the same [default: sentence; with --column, the whole cell]
    #[arg(short, long, value_name = "UNIT")]
    pub unit: Option<UnitName>,
    /// How the figures look [default: by the name of -o, else text]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<FigureFormat>,
    /// Write the figures to a file instead of standard output; an older file is replaced whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub sample: SampleOptions,
    #[command(flatten)]
    pub from: FromOptions,
}

/// How the labelled sample is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading the sample")]
pub struct SampleOptions {
    /// What finds a row of the sample in the pool [default: id where both have one, else text]
    #[arg(long, value_name = "KEY")]
    pub join: Option<JoinName>,
    /// The column or field with the id, in sample and pool [default: id]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = super::name)]
    pub id_column: Option<String>,
    /// The column or field with the text [default: text, else that of --column]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = super::name)]
    pub text_column: Option<String>,
    /// The column or field with the labels [default: labels, else label]
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub label_column: Option<String>,
    /// Columns of 0 and 1, one for each label, in place of a label column
    #[arg(long, value_name = "NAME,…", hide_short_help = true, value_parser = super::name)]
    pub label_columns: Vec<String>,
    /// What splits several labels in one cell [default: | and ;]
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub label_separator: Option<String>,
    /// Take a row without labels for one that nobody has judged, not for one that no label fits
    #[arg(long, hide_short_help = true)]
    pub blank_is_unjudged: bool,
    /// The column that says which units were drawn together, or `none` [default: group, else doc; none for what `rhetor suggest` drew]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = super::name)]
    pub group_column: Option<String>,
    /// The column that says how many units of the pool a row stands for, or `none` [default: weight, if there is one]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = super::name)]
    pub weight_column: Option<String>,
    /// The encoding of the sample, and with --column of the pool, such as windows-1252 [default: utf-8]
    #[arg(long, value_name = "NAME", value_parser = super::encoding)]
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// Only rows of the sample with this value in a column [default: those that `rhetor suggest` drew at random, if it chose others too]
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = super::train::equation, hide_short_help = true)]
    pub only: Option<(String, String)>,
    /// End at the first bad row instead of leaving it out
    #[arg(long, hide_short_help = true)]
    pub strict: bool,
}

const ESTIMATE_EXAMPLES: &str = "Examples:
  rhetor estimate articles/ --labelled sample.csv --by voice
  rhetor estimate posts.csv --column body --labelled sample.csv --by newspaper -m my.rhetor
  rhetor estimate posts.jsonl --column text --labelled sample.jsonl -o shares.csv";

/// For those who ask for `--help`.
const ESTIMATE_MORE: &str = "\n\
         The sample: `rhetor suggest POOL -n 200 --random 1 -o sample.csv` draws units at random; label each by hand with all labels that \
         are true of it; none is an answer too. Units that somebody chose spoil every figure, and so does a model that has seen them: a \
         sample that it was trained on whole is refused, one that it knows in part is warned of.

By hand: the sample alone. Corrected: by the predictions on the whole pool too, right on average however wrong the model is, and \
         more exact the better it is (prediction-powered inference; docs/method.md). All intervals are 95%.";
