//! What `rhetor cues` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rhetor::text::stem::Language;

use super::{DataOptions, record_size};

/// Check a cue file, show its matches, count what they tell
#[derive(Debug, Args)]
#[command(after_help = CUES_EXAMPLES, after_long_help = format!("{CUES_EXAMPLES}\n{CUES_MORE}"))]
pub struct Cues {
    /// Cues: TOML, a word list, a LIWC dictionary (.dic, .dicx) or a quanteda one (.yml); `builtin` for those of the program
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Show the matches in files, folders (*.txt, *.md, *.txt.gz), or `-` for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Count how often each cue matches with and without its label in labelled data
    #[arg(long, value_name = "DATA")]
    pub labelled: Vec<PathBuf>,
    /// Only these cues (NAME or SECTION.NAME), or those of these sections; without a text, show how they are written
    #[arg(long, value_name = "NAME,…", value_parser = super::name)]
    pub only: Vec<String>,
    /// List the word classes of the file, or those of the program (`builtin`), as a cue file has them
    #[arg(long, conflicts_with_all = ["paths", "labelled", "only"])]
    pub classes: bool,
    /// The language of the text, for ~stems
    #[arg(long, value_name = "NAME", default_value = "english", value_parser = super::language)]
    pub language: Language,
    /// How matches and counts look
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub format: CuesFormat,
    /// In folders, read the files that match instead of *.txt, *.md and *.txt.gz; `!` excludes
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub glob: Vec<String>,
    /// Bytes of a paragraph that are read; of a longer one the rest is left out
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = record_size, hide_short_help = true)]
    pub max_record: usize,
    #[command(flatten)]
    pub input: DataOptions,
}

const CUES_EXAMPLES: &str = "Examples:
  rhetor cues my-cues.toml                               does every example sentence do what the file says?
  rhetor cues my-cues.toml speech.txt                    what matches in a speech, and where
  rhetor cues builtin speech.txt --only threat           the same for the program's own cues of one section
  rhetor cues builtin --only no-choice                   how a cue is written
  rhetor cues builtin --classes                          the word classes that your own patterns may use
  rhetor cues my-cues.toml --labelled labelled.csv       what does a match tell of a label?
  rhetor cues LIWC.dic --labelled labelled.csv -f csv    the same for a dictionary, as a table";

/// For those who ask for `--help`.
const CUES_MORE: &str = "\ndocs/cues.md explains how cues are written.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CuesFormat {
    Text,
    Jsonl,
    Csv,
}
