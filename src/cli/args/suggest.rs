//! What `rhetor suggest` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rhetor::corpus::Format;
use rhetor::text::stem::Language;

use super::{DataOptions, UnitName, record_size};

/// Choose the units most worth labelling next, and say why
#[derive(Debug, Args)]
#[command(after_help = SUGGEST_EXAMPLES, after_long_help = format!("{SUGGEST_EXAMPLES}\n{SUGGEST_MORE}"))]
pub struct Suggest {
    /// What to choose from: text files, folders (*.txt, *.md, *.txt.gz), tables (CSV, TSV, JSON), or `-` for standard
    /// input [default: -]
    #[arg(value_name = "POOL")]
    pub pool: Vec<PathBuf>,
    /// How many units
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = super::count)]
    pub count: u32,
    /// A model file, which says of what units it is unsure [default: $RHETOR_MODEL, else the embedded English model]
    #[arg(short, long, value_name = "MODEL", conflicts_with = "no_model")]
    pub model: Option<PathBuf>,
    /// Choose by the words alone: for a codebook that has no model yet
    #[arg(long)]
    pub no_model: bool,
    /// Data that is labelled already, also several times: not suggested again, nor anything nearly the same
    #[arg(short, long, value_name = "DATA")]
    pub labelled: Vec<PathBuf>,
    /// The share that is drawn at random, for an honest test and for counts (`rhetor estimate`); marked as such
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = super::part)]
    pub random: f64,
    /// What chance goes by
    #[arg(long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    pub seed: u64,
    /// Fill in what the model suggests, for people to correct; they tend to agree with it, so leave it out for a test
    #[arg(long, conflicts_with = "no_model")]
    pub prefill: bool,
    /// How the suggestions look [default: by the name of -o, else text]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<SuggestFormat>,
    /// Write them to a file instead of standard output; an older file is replaced whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub from: PoolOptions,
    #[command(flatten)]
    pub input: DataOptions,
}

/// How the pool is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading the pool")]
pub struct PoolOptions {
    /// What is labelled [default: sentence; of a table, the whole cell]
    #[arg(short, long, value_name = "UNIT")]
    pub unit: Option<UnitName>,
    /// Read the pool as tables, and take this column [default for names like .csv and .jsonl: text]
    #[arg(long, value_name = "NAME", value_parser = super::name)]
    pub column: Option<String>,
    /// In folders, read the files that match instead of *.txt, *.md and *.txt.gz; `!` excludes
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub glob: Vec<String>,
    /// The language of the text, for stemming [default: the model's, else english]
    #[arg(long, value_name = "NAME", conflicts_with = "model", hide_short_help = true, value_parser = super::language)]
    pub language: Option<Language>,
    /// Of a larger pool, look at so many units drawn at random: sentences take about 3 KB of memory each
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = super::count, hide_short_help = true)]
    pub at_most: u32,
    /// Bytes of a line, paragraph or document that are read; of a longer one the rest is left out
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = record_size, hide_short_help = true)]
    pub max_record: usize,
}

const SUGGEST_EXAMPLES: &str = "Examples:
  rhetor suggest articles/ -n 20                                       what to label, and why
  rhetor suggest articles/ --no-model -o first.csv                     a first batch, without a model
  rhetor suggest articles/ -m my.rhetor -l first.csv -o next.csv       the next one
  rhetor suggest posts.csv --column body -m my.rhetor -o next.jsonl    from a column of a table";

/// For those who ask for `--help`.
const SUGGEST_MORE: &str = "  rhetor suggest articles/ --format label-studio --prefill -o tasks.json
  rhetor suggest articles/ --random 1 -n 200 -o test.csv               all by lot: to test or to count by

The output is data to label, the first row first. `chosen` says `suggested` or `random`, and `why`; `group` and `line` say where \
         it stands. Give each row its labels, or where none fits write yes under `judged`. Rows of a pool with labels count as labelled.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SuggestFormat {
    /// To read
    Text,
    Csv,
    Tsv,
    Jsonl,
    Fasttext,
    Doccano,
    Prodigy,
    LabelStudio,
}

impl SuggestFormat {
    fn of(format: Format) -> Self {
        match format {
            Format::Csv => SuggestFormat::Csv,
            Format::Tsv => SuggestFormat::Tsv,
            Format::Jsonl => SuggestFormat::Jsonl,
            Format::FastText => SuggestFormat::Fasttext,
            Format::Doccano => SuggestFormat::Doccano,
            Format::Prodigy => SuggestFormat::Prodigy,
            Format::LabelStudio => SuggestFormat::LabelStudio,
        }
    }

    /// The format of labelled data, if it is one.
    pub fn of_data(self) -> Option<Format> {
        match self {
            SuggestFormat::Text => None,
            SuggestFormat::Csv => Some(Format::Csv),
            SuggestFormat::Tsv => Some(Format::Tsv),
            SuggestFormat::Jsonl => Some(Format::Jsonl),
            SuggestFormat::Fasttext => Some(Format::FastText),
            SuggestFormat::Doccano => Some(Format::Doccano),
            SuggestFormat::Prodigy => Some(Format::Prodigy),
            SuggestFormat::LabelStudio => Some(Format::LabelStudio),
        }
    }
}

impl Suggest {
    /// The format that is asked for, or that the name of the output promises.
    pub fn format(&self) -> SuggestFormat {
        self.format.or_else(|| self.promised()).unwrap_or(SuggestFormat::Text)
    }

    /// The format that the name of the output promises.
    pub fn promised(&self) -> Option<SuggestFormat> {
        Format::of_name(self.output.as_ref()?.to_str()?).map(SuggestFormat::of)
    }
}
