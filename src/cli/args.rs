//! The arguments as typed, a file a command. What they mean is decided where they are used.

mod agree;
mod annotate;
mod classify;
mod convert;
mod cues;
mod estimate;
mod evaluate;
mod inspect;
mod labels;
mod suggest;
mod train;

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use encoding_rs::Encoding;
use rhetor::text::cell;
use rhetor::text::form::composed;
use rhetor::text::stem::Language;

pub use agree::{Agree, FigureFormat, JoinName};
pub use annotate::{Annotate, OrderOfUnits};
pub use classify::{Classify, FromOptions, OutputFormat, UnitName, VoiceName};
pub use convert::Convert;
pub use cues::{Cues, CuesFormat};
pub use estimate::Estimate;
pub use evaluate::{Evaluate, FiguresFormat};
pub use inspect::Inspect;
pub use labels::Labels;
pub use suggest::Suggest;
pub use train::{Bits, FeatureOptions, LearningOptions, Train};

/// Finds rhetorical framings in text (who blames, who threatens, who calls to act) and shows, word by word, why.
#[derive(Debug, Parser)]
#[command(name = "rhetor", version, arg_required_else_help = true, propagate_version = true, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub shared: Shared,
}

const EXAMPLES: &str = "Examples:
  echo 'They will pay for this.' | rhetor classify --explain
  rhetor classify speech.txt                     the framings of a speech, sentence by sentence
  rhetor classify --explain speech.txt           … and the words that made each score
  rhetor classify --summary articles/            counts for each file of a folder
  rhetor train labelled.csv -o my.rhetor         a model of your own labels
  rhetor inspect -m my.rhetor                    how far to trust it
  rhetor evaluate held-out.csv -m my.rhetor      how good it is on other labelled sentences
  rhetor cues my-cues.toml speech.txt            what your own patterns find
  rhetor suggest articles/ -o next.csv           which sentences to label next
  rhetor agree anna.csv ben.csv                  how far two annotators agree
  rhetor estimate articles/ --labelled hand.csv  how common each framing is, errors corrected
  rhetor annotate speech.txt -o labels.jsonl     label sentences in the terminal
  rhetor convert export.json labelled.csv        labelled data from one format to another

`rhetor COMMAND -h` shows what is needed most, `rhetor COMMAND --help` everything.";

/// For those who ask for `--help`.
const MORE: &str = "Environment:
  RHETOR_MODEL                         the model of every run that names none
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE   whether colours are shown, unless --color says so

Exit status:
  0   done, also when rows were left out, with a warning
  1   something failed, and the rest was done
  2   the command line or rhetor.toml makes no sense

Results go to standard output, remarks to standard error.";

#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Box<Train>),
    Classify(Box<Classify>),
    Evaluate(Box<Evaluate>),
    Inspect(Inspect),
    Labels(Labels),
    Cues(Box<Cues>),
    Suggest(Box<Suggest>),
    Agree(Box<Agree>),
    Estimate(Box<Estimate>),
    Annotate(Box<Annotate>),
    Convert(Box<Convert>),
    Completions(Completions),
    #[command(hide = true)]
    Man(Man),
}

/// The environment variable that names the model of every run whose command line names none.
pub const MODEL_VARIABLE: &str = "RHETOR_MODEL";

impl Command {
    /// Where no model is typed, the environment may name one. `clap` would take it for typed, and refuse what goes with no model.
    pub fn take_model_of_environment(&mut self) {
        let named = std::env::var_os(MODEL_VARIABLE).filter(|name| !name.is_empty());
        let model = match self {
            Command::Classify(args) => &mut args.model,
            Command::Evaluate(args) if !args.cv => &mut args.model,
            Command::Inspect(args) => &mut args.model,
            Command::Labels(args) if args.codebook.is_none() => &mut args.model,
            Command::Suggest(args) if !args.no_model => &mut args.model,
            Command::Estimate(args) => &mut args.model,
            Command::Annotate(args) => &mut args.book.model,
            _ => return,
        };
        *model = model.take().or_else(|| named.map(PathBuf::from));
    }

    /// Whether the name of the output says how results look.
    pub fn is_format_named(&self) -> bool {
        match self {
            Command::Classify(args) => args.promised().is_some(),
            Command::Evaluate(args) => args.promised().is_some(),
            Command::Suggest(args) => args.promised().is_some(),
            _ => false,
        }
    }
}

impl Cli {
    /// The command line as far as one command goes: to lay out the options of all of them takes a third of a millisecond, a tenth of what
    /// it takes to classify a sentence. Help and advice need the whole.
    pub fn of_command(name: &str) -> Option<clap::Command> {
        let augment = match name {
            "train" => Train::augment_args,
            "classify" => Classify::augment_args,
            "evaluate" => Evaluate::augment_args,
            "inspect" => Inspect::augment_args,
            "labels" => Labels::augment_args,
            "cues" => Cues::augment_args,
            "suggest" => Suggest::augment_args,
            "agree" => Agree::augment_args,
            "estimate" => Estimate::augment_args,
            "annotate" => Annotate::augment_args,
            "convert" => Convert::augment_args,
            "completions" => Completions::augment_args,
            "man" => Man::augment_args,
            _ => return None,
        };
        let program = Shared::augment_args(clap::Command::new("rhetor"));
        Some(program.subcommand(augment(clap::Command::new(name.to_owned()))))
    }
}

/// Options that every command has.
#[derive(Clone, Debug, Args)]
pub struct Shared {
    /// Print no remarks, warnings or progress, nor the card of `train`
    #[arg(long, short, global = true, help_heading = "Common options")]
    pub quiet: bool,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_short_help = true,
        help_heading = "Common options"
    )]
    pub color: When,
    /// Threads to use [default: all processors]
    #[arg(
        long,
        global = true,
        value_name = "N",
        value_parser = threads,
        help_heading = "Common options",
        hide_short_help = true
    )]
    pub threads: Option<NonZeroUsize>,
    /// Take defaults from this file [default: rhetor.toml of the working folder, if there is one]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "no_config",
        help_heading = "Common options",
        hide_short_help = true
    )]
    pub config: Option<PathBuf>,
    /// Take no defaults from any file
    #[arg(long, global = true, help_heading = "Common options", hide_short_help = true)]
    pub no_config: bool,
}

fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    const MOST: usize = 1024;
    let threads = text.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= MOST);
    threads.ok_or("a number of threads is from 1 to 1024")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set or CLICOLOR is 0; elsewhere if CLICOLOR_FORCE is set
    Auto,
    Always,
    Never,
}

/// How labelled data is read.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Reading data")]
pub struct DataOptions {
    /// The format of the data [default: by name and content]
    #[arg(long, value_name = "FORMAT", hide_short_help = true)]
    pub input_format: Option<DataFormat>,
    /// The column or field with the text [default: text]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub text_column: Option<String>,
    /// The column or field with the labels [default: labels, else label]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub label_column: Option<String>,
    /// Columns of 0 and 1, one for each label, in place of a label column
    #[arg(long, value_name = "NAME,…", hide_short_help = true, value_parser = name)]
    pub label_columns: Vec<String>,
    /// What splits several labels in one cell [default: | and ;]
    #[arg(long, value_name = "TEXT")]
    pub label_separator: Option<String>,
    /// Take a row without labels for one that nobody has judged, not for one that no label fits
    #[arg(long, hide_short_help = true)]
    pub blank_is_unjudged: bool,
    /// The column that says which units belong together, or `none` [default: group, else doc]
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub group_column: Option<String>,
    /// The column with the weight of each row, or `none` [default: weight, if there is one]
    #[arg(long, value_name = "NAME", hide_short_help = true, value_parser = name)]
    pub weight_column: Option<String>,
    /// The encoding of the data, such as windows-1252 [default: utf-8, or utf-16 if the file says so]
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub encoding: Option<&'static Encoding>,
    /// End at the first bad row instead of leaving it out
    #[arg(long, hide_short_help = true)]
    pub strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    Csv,
    Tsv,
    Jsonl,
    Fasttext,
    Doccano,
    Prodigy,
    LabelStudio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CardFormat {
    Text,
    Json,
}

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  rhetor completions bash > ~/.local/share/bash-completion/completions/rhetor")]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Write the manual pages, one a command, into a folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  rhetor man ~/.local/share/man/man1")]
pub struct Man {
    /// The folder; made if it is not there
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// An encoding by one of the names that the web knows it by (encoding.spec.whatwg.org).
fn encoding(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        "there is no such encoding; common ones are utf-8, utf-16le, windows-1252 (western Europe), windows-1250 (central Europe), \
         windows-1251 (Cyrillic), macintosh, shift_jis, gbk"
            .into()
    })
}

/// The name of a label or a column as it is compared, its letters composed.
fn name(text: &str) -> Result<String, Infallible> {
    Ok(composed(text).into_owned())
}

fn share(text: &str) -> Result<f64, String> {
    to_one(text, "a probability")
}

/// How much of a whole.
fn part(text: &str) -> Result<f64, String> {
    to_one(text, "a share")
}

fn to_one(text: &str, what: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err(or_point(text, &format!("{what} lies between 0 and 1"))),
    }
}

/// What to say of a number that is none that is wanted, most of all where only its comma is wrong.
fn or_point(text: &str, wanted: &str) -> String {
    cell::with_point(text).map_or_else(|| wanted.to_owned(), |number| format!("write {number}, with a point"))
}

/// A language by its English name, or by its code of two letters (ISO 639-1).
fn language(name: &str) -> Result<Language, String> {
    let lower = name.to_lowercase();
    let code = if lower == "nb" { "no" } else { &lower };
    let known = Language::ALL.iter().find(|language| language.code() == Some(code));
    known.map_or_else(|| name.parse(), |language| Ok(*language))
}

/// A count of things of which there is at least one.
fn count(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|&count| count > 0).ok_or("a whole number of 1 or more is needed")
}

pub fn record_size(text: &str) -> Result<usize, String> {
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
    fn a_command_by_itself_has_the_options_that_it_has_in_the_program() {
        let options = |mut program: clap::Command, name: &str| -> Vec<String> {
            program.build();
            let command = program.find_subcommand(name).unwrap();
            // Its place among others in a page of help is that of the whole program.
            let of = |arg: &clap::Arg| format!("{:?}", arg.clone().display_order(0));
            command.get_arguments().filter(|arg| arg.get_id() != "version").map(of).collect()
        };
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let alone = Cli::of_command(name).unwrap_or_else(|| panic!("{name} is no command by itself"));
            assert_eq!(options(alone, name), options(Cli::command(), name), "{name}");
        }
        assert!(Cli::of_command("clasify").is_none());
    }

    #[test]
    fn every_command_shows_examples_and_every_option_says_what_it_does() {
        for command in Cli::command().get_subcommands().filter(|command| command.get_name() != "help") {
            let name = command.get_name();
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains(&format!("\n  rhetor {name}")), "{name} shows no example");
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{name} has an argument {} that nothing is said of", arg.get_id());
            }
        }
    }

    #[test]
    fn every_language_has_a_name_and_all_but_none_a_code() {
        for language in Language::ALL {
            assert_eq!(super::language(language.name()), Ok(*language));
        }
        assert_eq!((super::language("de"), super::language("NB")), (Ok(Language::German), Ok(Language::Norwegian)));
        assert!(super::language("xx").is_err());
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(record_size("2M"), Ok(2 << 20));
        assert!(record_size("many").is_err() && record_size("1").is_err());
    }
}
