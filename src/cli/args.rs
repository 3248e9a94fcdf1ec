//! The arguments as typed. What they mean is decided where they are used.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rhetor::features::weighting::Weighting;
use rhetor::framing::evidence::Order;
use rhetor::framing::voice::Voice;
use rhetor::learn::threshold::Optimize;
use rhetor::learn::weighing::Weighing;
use rhetor::learn::{ClassWeight, Solver};
use rhetor::model::Task;
use rhetor::text::stem::Language;

/// Finds rhetorical framings in text (who blames, who threatens, who calls to act) and shows, word by word, why.
#[derive(Debug, Parser)]
#[command(name = "rhetor", version, arg_required_else_help = true, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub shared: Shared,
}

const EXAMPLES: &str = "Examples:
  rhetor classify speech.txt                     the framings of a speech, sentence by sentence
  rhetor classify --explain speech.txt           … and the words that made each score
  rhetor classify --summary articles/            counts for each file of a folder
  rhetor train labelled.csv -o my.rhetor         a model of your own labels
  rhetor inspect -m my.rhetor                    how far to trust it
  rhetor evaluate held-out.csv -m my.rhetor      how good it is on other labelled sentences
  rhetor cues my-cues.toml speech.txt            what your own patterns find

Run `rhetor COMMAND --help` for all options of a command.";

#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Box<Train>),
    Classify(Box<Classify>),
    Evaluate(Box<Evaluate>),
    Inspect(Inspect),
    Labels(Labels),
    Cues(Box<Cues>),
    Completions(Completions),
}

/// Options that every command has.
#[derive(Clone, Debug, Args)]
pub struct Shared {
    /// Print no remarks, warnings or progress
    #[arg(long, short, global = true, help_heading = "Common options")]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Common options")]
    pub color: When,
    /// Threads to use [default: all processors]
    #[arg(long, global = true, value_name = "N", help_heading = "Common options")]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

/// Learn a model from labelled sentences
#[derive(Debug, Args)]
#[command(after_help = TRAIN_EXAMPLES)]
pub struct Train {
    /// Labelled data: CSV, TSV, JSONL or fastText, also gzipped; `-` is standard input
    #[arg(required = true, value_name = "DATA")]
    pub data: Vec<PathBuf>,
    /// Where to write the model; an older file is replaced whole
    #[arg(short, long, value_name = "MODEL")]
    pub output: PathBuf,
    #[command(flatten)]
    pub input: DataOptions,
    #[command(flatten)]
    pub features: FeatureOptions,
    #[command(flatten)]
    pub learning: LearningOptions,
    /// Weights of so many bits in the model file, in place of 32
    #[arg(long, value_name = "BITS")]
    pub quantize: Option<Bits>,
    /// Keep no weights of terms that never change a score by more than this, in log-odds
    #[arg(long, value_name = "LOGODDS", allow_negative_numbers = true, value_parser = log_odds)]
    pub prune: Option<f64>,
    /// Put figures on other text into the model's card: what `rhetor evaluate --format json` wrote
    #[arg(long, value_name = "FILE")]
    pub mirror: Option<PathBuf>,
    /// Also write a page that shows how good the model is
    #[arg(long, value_name = "PAGE")]
    pub report: Option<PathBuf>,
    /// Train twice and compare the models byte by byte
    #[arg(long)]
    pub verify: bool,
    /// A remark for the model's card
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bits {
    #[value(name = "8")]
    Eight,
    #[value(name = "16")]
    Sixteen,
}

const TRAIN_EXAMPLES: &str = "Examples:
  rhetor train labelled.csv -o my.rhetor
  rhetor train a.jsonl b.jsonl.gz -o my.rhetor --group-column article
  rhetor train reviews.tsv -o my.rhetor --text-column body --label-column stars
  rhetor train labelled.csv -o my.rhetor --language german --optimize precision=0.8
  rhetor train labelled.csv -o my.rhetor --quantize 16 --prune 0.01   a smaller file
  rhetor train labelled.csv -o my.rhetor --vectors glove.6B.50d.txt

A CSV has a header; the columns are `text` and `labels`, several labels in a cell split by | or ;. An empty cell means
that none of the labels fits, which is worth knowing too. A `group` column (document, author) keeps sentences that belong
together out of both sides of a test.";

/// How labelled data is read.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Reading data")]
pub struct DataOptions {
    /// The format of the data [default: by name and content]
    #[arg(long, value_name = "FORMAT")]
    pub input_format: Option<DataFormat>,
    /// The column or field with the text [default: text]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column or field with the labels [default: labels, else label]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// Columns of 0 and 1, one for each label, in place of a label column
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub label_columns: Vec<String>,
    /// What splits several labels in one cell [default: | and ;]
    #[arg(long, value_name = "TEXT")]
    pub label_separator: Option<String>,
    /// The column that says which units belong together [default: group, else doc]
    #[arg(long, value_name = "NAME")]
    pub group_column: Option<String>,
    /// The column with the weight of each row [default: weight, if there is one]
    #[arg(long, value_name = "NAME")]
    pub weight_column: Option<String>,
    /// End at the first bad row instead of leaving it out
    #[arg(long)]
    pub strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    Csv,
    Tsv,
    Jsonl,
    Fasttext,
}

/// Which terms the model looks at.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Features")]
pub struct FeatureOptions {
    /// The language of the text, for stemming; `none` only lower-cases
    #[arg(long, value_name = "NAME", default_value = "english")]
    pub language: Language,
    /// Shortest and longest run of stems
    #[arg(long, value_name = "MIN,MAX", default_value = "1,2", value_parser = lengths)]
    pub ngrams: (usize, usize),
    /// Shortest and longest run of characters within a word, such as 2,5 [default: none]
    #[arg(long, value_name = "MIN,MAX", value_parser = lengths)]
    pub char_ngrams: Option<(usize, usize)>,
    /// Do not look at the shape of sentences (marks, capitals, pronouns, modal verbs)
    #[arg(long)]
    pub no_shape: bool,
    /// Leave out terms that stand in fewer units
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub min_count: u32,
    /// How counts become values
    #[arg(long, value_name = "SCHEME", default_value = "tfidf")]
    pub weighting: Weighting,
    /// Named patterns as features: a cue file or dictionary (also several times), `builtin`, or `none` [default: builtin for English,
    /// if held-out units gain by it]
    #[arg(long, value_name = "FILE")]
    pub cues: Vec<PathBuf>,
    /// Word vectors, text (.vec, as of word2vec and fastText) or safetensors, also gzipped: their weights are folded into those of
    /// words, so that words that the data lacks count as their neighbours do
    #[arg(long, value_name = "FILE")]
    pub vectors: Option<PathBuf>,
}

/// How the model is learned.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Learning")]
pub struct LearningOptions {
    /// One label a unit, or any number [default: by the data]
    #[arg(long)]
    pub task: Option<Task>,
    /// Strength of the L2 penalty [default: chosen on held-out folds]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true)]
    pub l2: Option<f64>,
    /// Strength of the L2 penalty on the weights of cues [default: chosen on held-out folds]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true)]
    pub cues_l2: Option<f64>,
    /// Strength of the L2 penalty on what is learned on vectors [default: chosen on held-out folds]
    #[arg(long, value_name = "ALPHA", allow_negative_numbers = true, requires = "vectors")]
    pub vectors_l2: Option<f64>,
    /// Number of folds
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub folds: u32,
    /// The column whose values stay within a fold [default: the group]
    #[arg(long, value_name = "NAME")]
    pub fold_by: Option<String>,
    /// Weight of rare labels
    #[arg(long, value_name = "SCHEME", default_value = "none")]
    pub class_weight: ClassWeight,
    /// Let units whose column has a value count FACTOR times in the fit; may be given several times
    #[arg(long, value_name = "COLUMN=VALUE:FACTOR")]
    pub weigh: Vec<Weighing>,
    /// What thresholds are chosen for: f1, precision=SHARE or recall=SHARE
    #[arg(long, value_name = "AIM", default_value = "f1")]
    pub optimize: Optimize,
    /// Choose thresholds and calibration on these units only
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = equation)]
    pub calibrate_where: Option<(String, String)>,
    /// The learner of the final fit; `linfa` is a slow reference for small data
    #[arg(long, value_name = "NAME", default_value = "newton")]
    pub solver: Solver,
    /// What folds and intervals are drawn by
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// Find framings in files, folders or standard input
#[derive(Debug, Args)]
#[command(after_help = CLASSIFY_EXAMPLES)]
pub struct Classify {
    /// Files, folders (their .txt and .md files), or `-` for standard input [default: -]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A model file [default: the embedded English model]
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
    #[command(flatten)]
    pub shown: ShownOptions,
    #[command(flatten)]
    pub from: FromOptions,
}

impl Classify {
    /// The format that is asked for, or that the name of the output promises.
    pub fn format(&self) -> OutputFormat {
        let promised = || match self.output.as_ref()?.extension()?.to_str()? {
            "html" | "htm" => Some(OutputFormat::Html),
            "jsonl" | "ndjson" => Some(OutputFormat::Jsonl),
            "csv" => Some(OutputFormat::Csv),
            "tsv" => Some(OutputFormat::Tsv),
            _ => None,
        };
        self.format.or_else(promised).unwrap_or(OutputFormat::Text)
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
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Only framings in the words of the author, or of those who are quoted or reported
    #[arg(long, value_name = "VOICE,…", value_delimiter = ',')]
    pub voice: Vec<VoiceName>,
    /// The probability from which on a label is given [default: each label's own]
    #[arg(long, value_name = "P", allow_negative_numbers = true, value_parser = share)]
    pub threshold: Option<f64>,
    /// At most so many framings a unit
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
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
    Author,
    Quoted,
    Reported,
    /// Two or three of them, none with two thirds of the evidence
    Mixed,
}

impl VoiceName {
    pub fn meant(self) -> Voice {
        match self {
            VoiceName::Author => Voice::Author,
            VoiceName::Quoted => Voice::Quoted,
            VoiceName::Reported => Voice::Reported,
            VoiceName::Mixed => Voice::Mixed,
        }
    }
}

/// Where units come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub struct FromOptions {
    /// Classify this column of CSV, TSV or JSONL data and pass the other columns through
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// The format of --column data [default: by name and content]
    #[arg(long, value_name = "FORMAT", requires = "column")]
    pub input_format: Option<DataFormat>,
    /// In folders, read the files that match instead of *.txt and *.md; `!` excludes
    #[arg(long, value_name = "GLOB")]
    pub glob: Vec<String>,
    /// Bytes of a line, paragraph or document that are read; of a longer one the rest is left out
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = record_size)]
    pub max_record: usize,
}

const CLASSIFY_EXAMPLES: &str = "Examples:
  rhetor classify speech.txt
  rhetor classify --explain --only threat,blame-shifting speech.txt
  rhetor classify articles/ -o report.html
  rhetor classify --voice quoted,reported --summary article.txt
  rhetor classify --summary articles/ --glob '*.txt'
  cat article.txt | rhetor classify --format jsonl
  tail -f feed.txt | rhetor classify --unit line --format jsonl
  rhetor classify posts.csv --column body --format csv -o labelled.csv";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnitName {
    /// Paragraphs are read, their line breaks joined, then cut into sentences
    Sentence,
    /// One record out for each line in, written as it comes
    Line,
    /// Text between blank lines
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

/// Score a model on labelled data that it was not trained on
#[derive(Debug, Args)]
#[command(after_help = EVALUATE_EXAMPLES)]
pub struct Evaluate {
    /// Labelled data: CSV, TSV, JSONL or fastText, also gzipped; `-` is standard input
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

/// Show a model's card: labels, evidence, weights
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub struct Inspect {
    /// A model file [default: the embedded English model]
    #[arg(short, long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Show the strongest terms for and against a label
    #[arg(long, value_name = "LABEL")]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CardFormat {
    Text,
    Json,
}

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

/// Check a cue file, show its matches, count what they tell
#[derive(Debug, Args)]
#[command(after_help = CUES_EXAMPLES)]
pub struct Cues {
    /// Cues: TOML, a word list, a LIWC dictionary (.dic, .dicx) or a quanteda one (.yml); `builtin` for those of the program
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Show the matches in files, folders (their .txt and .md files), or `-` for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Count how often each cue matches with and without its label in labelled data
    #[arg(long, value_name = "DATA")]
    pub labelled: Vec<PathBuf>,
    /// Only these cues (NAME or SECTION.NAME), or those of these sections; without a text, show how they are written
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// The language of the text, for ~stems
    #[arg(long, value_name = "NAME", default_value = "english")]
    pub language: Language,
    /// How matches and counts look
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: CuesFormat,
    /// In folders, read the files that match instead of *.txt and *.md; `!` excludes
    #[arg(long, value_name = "GLOB")]
    pub glob: Vec<String>,
    /// Bytes of a paragraph that are read; of a longer one the rest is left out
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = record_size)]
    pub max_record: usize,
    #[command(flatten)]
    pub input: DataOptions,
}

const CUES_EXAMPLES: &str = "Examples:
  rhetor cues my-cues.toml                               does every example sentence do what the file says?
  rhetor cues my-cues.toml speech.txt                    what matches in a speech, and where
  rhetor cues builtin speech.txt --only threat           the same for the program's own cues of one section
  rhetor cues builtin --only no-choice                   how a cue is written
  rhetor cues my-cues.toml --labelled labelled.csv       what does a match tell of a label?
  rhetor cues LIWC.dic --labelled labelled.csv -f csv    the same for a dictionary, as a table

docs/cues.md explains how cues are written.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CuesFormat {
    Text,
    Jsonl,
    Csv,
}

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  rhetor completions bash > ~/.local/share/bash-completion/completions/rhetor")]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

fn lengths(text: &str) -> Result<(usize, usize), String> {
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| format!("{text:?} is no number"));
    let (shortest, longest) = match text.split_once([',', '-']) {
        Some((shortest, longest)) => (number(shortest)?, number(longest)?),
        None => (1, number(text)?),
    };
    match (shortest, longest) {
        (1.., ..=10) if shortest <= longest => Ok((shortest, longest)),
        _ => Err("give the shortest and the longest length, such as 1,2, from 1 to 10".into()),
    }
}

fn log_odds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("give log-odds of 0 or more, such as 0.01".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a probability lies between 0 and 1".into()),
    }
}

fn equation(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.into(), value.into())),
        _ => Err("give COLUMN=VALUE, such as part=document".into()),
    }
}

fn record_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("give bytes, or a number with K, M or G".into()),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(factor));
    bytes.filter(|&bytes| bytes >= 64).ok_or_else(|| "give at least 64 bytes".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lengths_and_sizes_are_read_as_people_write_them() {
        assert_eq!(lengths("1,2"), Ok((1, 2)));
        assert_eq!(lengths("3"), Ok((1, 3)));
        assert!(lengths("2,1").is_err() && lengths("0,1").is_err() && lengths("1,99").is_err());
        assert_eq!(record_size("2M"), Ok(2 << 20));
        assert!(record_size("many").is_err() && record_size("1").is_err());
    }
}
