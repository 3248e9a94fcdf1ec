//! What `rhetor classify` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rhetor::framing::evidence::Order;
use rhetor::framing::voice::Voice;

use super::{DataFormat, record_size, share};
use crate::cli::ending;

/// Find framings in files, folders or standard input
#[derive(Debug, Args)]
#[command(after_help = CLASSIFY_EXAMPLES)]
pub struct Classify {
    /// Files, folders (*.txt, *.md, *.txt.gz), or `-` for standard input [default: -]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A model file [default: $RHETOR_MODEL, else the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// What gets classified [default: sentence; with --column, the whole cell]
    #[arg(short, long, value_name = "UNIT")]
    pub unit: Option<UnitName>,
    /// How results look [default: by the name of -o, else text]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<OutputFormat>,
    /// Write results to a file instead of standard output; an older file is replaced whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// With --column, the encoding of the data, such as windows-1252 [default: utf-8]
    #[arg(long, value_name = "NAME", requires = "column", value_parser = super::encoding)]
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// In CSV and TSV, put an apostrophe before cells that a spreadsheet would run as a formula
    #[arg(long, hide_short_help = true)]
    pub spreadsheet_safe: bool,
    /// List the files that would be read, in their order, and classify nothing
    #[arg(long, hide_short_help = true, conflicts_with_all = ["output", "summary"])]
    pub files: bool,
    #[command(flatten)]
    pub shown: ShownOptions,
    #[command(flatten)]
    pub from: FromOptions,
}

impl Classify {
    /// The format that is asked for, or that the name of the output promises.
    pub fn format(&self) -> OutputFormat {
        self.format.or_else(|| self.promised()).unwrap_or(OutputFormat::Text)
    }

    /// The format that the name of the output promises.
    pub fn promised(&self) -> Option<OutputFormat> {
        match &ending(self.output.as_deref()?)[..] {
            "html" | "htm" => Some(OutputFormat::Html),
            "jsonl" | "ndjson" => Some(OutputFormat::Jsonl),
            "csv" => Some(OutputFormat::Csv),
            "tsv" => Some(OutputFormat::Tsv),
            _ => None,
        }
    }
}

/// What is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is shown")]
pub struct ShownOptions {
    /// Show the words that made each score: the heaviest first, or with --explain=reading as they come in the text
    #[arg(short, long, value_name = "ORDER", num_args = 0..=1, require_equals = true, default_missing_value = "weight")]
    pub explain: Option<OrderName>,
    /// Only these labels
    #[arg(long, value_name = "LABEL,…", value_parser = super::name)]
    pub only: Vec<String>,
    /// Only framings in these voices; `none` tells no voices: quicker
    #[arg(long, value_name = "VOICE,…", value_delimiter = ',')]
    pub voice: Vec<VoiceName>,
    /// The probability from which on a label is given [default: each label's own]
    #[arg(long, value_name = "P", allow_negative_numbers = true, value_parser = share)]
    pub threshold: Option<f64>,
    /// At most so many framings a unit
    #[arg(long, value_name = "K", value_parser = super::count, hide_short_help = true)]
    pub top_k: Option<u32>,
    /// Add the probability of every label (JSONL; CSV and TSV always have it)
    #[arg(long)]
    pub all_scores: bool,
    /// With text, also show units without a framing
    #[arg(short, long)]
    pub all: bool,
    /// Count framings for each file instead of showing units
    #[arg(short, long)]
    pub summary: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderName {
    Weight,
    Reading,
}

impl OrderName {
    pub fn meant(self) -> Order {
        match self {
            OrderName::Weight => Order::Weight,
            OrderName::Reading => Order::Reading,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VoiceName {
    /// Whoever wrote the text
    Author,
    /// Those whose words stand in quotation marks
    Quoted,
    /// Those whose words are told: `she said that …`
    Reported,
    /// Two or three of them, none with two thirds of the evidence
    Mixed,
    /// All framings, and whose words they are is not told
    None,
}

impl VoiceName {
    /// The voice of that name, if it is one.
    pub fn meant(self) -> Option<Voice> {
        match self {
            VoiceName::Author => Some(Voice::Author),
            VoiceName::Quoted => Some(Voice::Quoted),
            VoiceName::Reported => Some(Voice::Reported),
            VoiceName::Mixed => Some(Voice::Mixed),
            VoiceName::None => None,
        }
    }
}

/// Where units come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub struct FromOptions {
    /// Classify this column of CSV, TSV or JSONL data and pass the other columns through
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub column: Option<String>,
    /// The format of --column data [default: by name and content]
    #[arg(long, value_name = "FORMAT", requires = "column", hide_short_help = true)]
    pub input_format: Option<DataFormat>,
    /// In folders, read the files that match instead of *.txt, *.md and *.txt.gz; `!` excludes
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub glob: Vec<String>,
    /// Bytes of a line, paragraph or document that are read; of a longer one the rest is left out
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = record_size, hide_short_help = true)]
    pub max_record: usize,
}

const CLASSIFY_EXAMPLES: &str = "Examples:
  rhetor classify speech.txt
  rhetor classify --explain --only threat,blame-shifting speech.txt
  rhetor classify articles/ -o report.html
  rhetor classify --voice quoted,reported --summary article.txt
  rhetor classify --summary articles/ --glob '*.txt'
  rhetor classify --files articles/              which files would be read?
  cat article.txt | rhetor classify --format jsonl
  tail -f feed.txt | rhetor classify --unit line --format jsonl
  rhetor classify posts.csv --column body --format csv -o labelled.csv";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnitName {
    /// Paragraphs are read, their line breaks joined, then cut into sentences
    Sentence,
    /// One record out for each line in, written as it comes
    Line,
    /// Text between blank lines; a line of more than 200 characters ends one, too
    Paragraph,
    /// The whole file
    Document,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Jsonl,
    Csv,
    Tsv,
    /// One page that shows the text with its framings
    Html,
}
