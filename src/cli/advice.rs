//! What a person probably meant by a command line that makes no sense here, or by a name that no file has.
//!
//! `clap` compares spellings. A habit that somebody brings from another tool (`--json`, `rhetor speech.txt`, a sentence in
//! place of a file) is spelt like nothing here, or like the wrong thing, so such habits are looked up first.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};
use rhetor::corpus::shell;
use rhetor::model::english;

use super::args::Cli;

/// Commands as other tools call them, and ours.
const VERBS: &[(&[&str], &str)] = &[
    (&["predict", "tag", "detect", "analyze", "analyse", "score", "run", "find", "scan"], "classify"),
    (&["explain", "why"], "classify --explain"),
    (&["fit", "learn", "build"], "train"),
    (&["test", "eval", "validate", "benchmark", "cv"], "evaluate"),
    (&["info", "show", "card", "model"], "inspect"),
    (&["codebook", "list", "ls", "framings"], "labels"),
    (&["sample", "select", "rank"], "suggest"),
    (&["kappa", "merge"], "agree"),
    (&["prevalence", "count", "counts", "quantify"], "estimate"),
    (&["import", "export"], "convert"),
    (&["patterns", "dictionary", "grep"], "cues"),
    (&["version"], "--version"),
];

/// Options as other tools call them, the option of ours that has to be there for the advice to hold (none: it always
/// does), and the advice.
const HABITS: &[(&[&str], &str, &str)] = &[
    (&["no-color", "no-colour"], "color", "that is '--color never' here"),
    (&["j", "t", "jobs", "workers", "cores", "processes"], "threads", "that is '--threads N' here"),
    (
        &["v", "verbose", "debug"],
        "quiet",
        "everything is said already; '--quiet' says less, and '--explain' of classify shows why",
    ),
    (&["list-labels", "list", "list-framings"], "", "'rhetor labels' lists them"),
    (&["labels", "label", "framing", "framings"], "explain", "that is '--only LABEL,…' here"),
    (&["scores", "probabilities", "probs", "proba"], "all-scores", "that is '--all-scores' here"),
    (&["why", "evidence", "reasons", "show-words"], "explain", "that is '--explain' here"),
    (&["cutoff", "confidence", "min-score", "p"], "threshold", "that is '--threshold P' here"),
    (&["r", "R", "recursive"], "glob", "folders are read with all folders in them"),
    (
        &["g", "include", "exclude", "ext", "type"],
        "glob",
        "'--glob *.html' reads other files of a folder, '--glob !drafts' leaves some out (in quotation marks)",
    ),
    (&["dry-run", "list-files"], "files", "'--files' lists what would be read"),
    (&["force", "overwrite", "y", "yes"], "output", "an older file is replaced as it is"),
    (&["text", "string", "sentence"], "explain", "text comes from a pipe: echo '…' | rhetor classify"),
    (&["lang", "language"], "explain", "a model has one language; 'rhetor train --language' makes one for another"),
    (&["i", "in", "input", "file", "path", "data"], "", "inputs are named without an option"),
    (&["stdin"], "", "'-' is standard input"),
    (&["d", "sep", "delimiter"], "column", "comma, semicolon and tab are told apart by themselves"),
    (
        &["epochs", "iterations", "max-iter", "lr", "learning-rate"],
        "l2",
        "training goes on until nothing changes; '--l2' sets the one strength there is",
    ),
    (
        &["test-size", "validation-split"],
        "folds",
        "every figure is held out already, in '--folds K' folds; with '--holdout' one of them alone",
    ),
];

/// Names that differ by so many letters may be the same.
const SPELT_ALIKE: usize = 2;

/// The error of `clap` with advice that fits in place of what only looks alike.
pub fn advised(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let mut program = Cli::command();
    program.build();
    let typed = args.iter().skip(1).find_map(|arg| program.find_subcommand(arg));
    let command = typed.unwrap_or(&program);
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.clone()),
        _ => None,
    };
    let tip = match error.kind() {
        ErrorKind::InvalidSubcommand => word(ContextKind::InvalidSubcommand).and_then(|word| instead_of_command(&word)),
        ErrorKind::UnknownArgument => word(ContextKind::InvalidArg)
            .and_then(|word| file_like(&word, args).or_else(|| instead_of_argument(&word, command))),
        ErrorKind::InvalidValue => {
            // `clap` knows nothing near `cvs`, since it compares letters in their places.
            if let (Some(value), Some(ContextValue::Strings(valid)), None) = (
                word(ContextKind::InvalidValue),
                error.get(ContextKind::ValidValue),
                error.get(ContextKind::SuggestedValue),
            ) && let Some(near) = near(&value, valid.iter().map(String::as_str))
            {
                let near = ContextValue::String(near.to_owned());
                error.insert(ContextKind::SuggestedValue, near);
            }
            return error;
        }
        ErrorKind::MissingRequiredArgument if command.get_name() == "train" && error_lacks(&error, "--output") => {
            Some("'-o my.rhetor' names the model to write; '--dry-run' only checks the data".to_owned())
        }
        _ => None,
    };
    match tip {
        Some(tip) => {
            error.remove(ContextKind::SuggestedSubcommand);
            if error.remove(ContextKind::SuggestedArg).is_some() {
                // It shows the option that is not advised.
                error.insert(ContextKind::Usage, ContextValue::StyledStr(command.clone().render_usage()));
            }
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
        }
        // How to name a file that looks like an option is of use where there is such a file.
        None if error.kind() == ErrorKind::UnknownArgument
            && word(ContextKind::InvalidArg).is_some_and(|word| !Path::new(&word).exists()) =>
        {
            error.remove(ContextKind::Suggested);
        }
        None => {}
    }
    error
}

/// `rhetor WORD`.
fn instead_of_command(word: &str) -> Option<String> {
    if let Some((_, command)) = VERBS.iter().find(|(words, _)| words.contains(&word)) {
        return Some(format!("that is 'rhetor {command}' here"));
    }
    if word == "-" || Path::new(word).exists() {
        return Some(format!("to find framings in it: rhetor classify {}", shell(word)));
    }
    if word.contains(char::is_whitespace) {
        return Some("text comes from a pipe: echo '…' | rhetor classify".into());
    }
    // A name of a file that is not there looks like no command.
    word.contains(['.', '/'])
        .then(|| format!("there is no file {word}; files go behind a command: 'rhetor classify FILE'"))
}

/// A file whose name begins as options do; of `-dash.txt` only `-d` is found strange.
fn file_like(word: &str, args: &[OsString]) -> Option<String> {
    let words = args.iter().filter_map(|arg| arg.to_str());
    let mut clusters = words.filter(|arg| arg.starts_with('-') && !arg.starts_with("--") && arg.starts_with(word));
    let file = clusters.find(|arg| Path::new(arg).is_file())?;
    Some(format!("{} names the file", shell(file)))
}

/// `rhetor COMMAND … WORD`, where WORD is an option that the command has not, or one argument too many.
fn instead_of_argument(word: &str, command: &Command) -> Option<String> {
    let has = |option: &str| command.get_arguments().any(|arg| arg.get_long() == Some(option));
    let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
        let is_label = english::embedded().labels().find(word).is_some();
        return match () {
            () if is_label && has("terms") => Some(format!("'--terms {word}' shows the terms of a label")),
            () if has("model") => Some(format!("a model is named by -m {}", shell(word))),
            () => None,
        };
    };
    if let Some((.., tip)) =
        HABITS.iter().find(|(words, option, _)| words.contains(&name) && (option.is_empty() || has(option)))
    {
        return Some((*tip).to_owned());
    }
    // `--csv` is `--format csv`, `--line` and `--lines` are `--unit line`.
    command.get_arguments().filter(|arg| arg.get_action().takes_values()).find_map(|arg| {
        let values = arg.get_possible_values();
        let is_meant =
            |value: &str| value == name || name.strip_suffix('s') == Some(value) || name == "json" && value == "jsonl";
        let value = values.iter().map(clap::builder::PossibleValue::get_name).find(|value| is_meant(value))?;
        Some(format!("that is '--{} {value}' here", arg.get_long()?))
    })
}

/// Whether the error says that this option is missing.
fn error_lacks(error: &clap::Error, option: &str) -> bool {
    let missing = |context: &ContextValue| match context {
        ContextValue::Strings(missing) => missing.iter().any(|missing| missing.starts_with(option)),
        _ => false,
    };
    error.get(ContextKind::InvalidArg).is_some_and(missing)
}

/// The name that was probably meant, by a slip of the fingers or in other case.
fn near<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let by_distance = names.map(|name| (strsim::osa_distance(&typed, &name.to_lowercase()), name));
    // Of four letters two are half: `nope` is no `home`.
    let most = if typed.chars().count() > 2 * SPELT_ALIKE { SPELT_ALIKE } else { 1 };
    let near = by_distance.filter(|(distance, name)| *distance <= most && *distance < name.chars().count().min(3));
    near.min().map(|(_, name)| name)
}

/// A hint for a path that is not there: a name that is nearly the same, or what is missing on the way.
pub fn for_missing(path: &Path) -> Option<String> {
    if let Some(folder) = missing_folder(path) {
        return Some(format!("there is no folder {}", folder.display()));
    }
    if path.is_symlink() {
        return Some("it is a link to what is not there".into());
    }
    near_file(path).map(|near| format!("did you mean {near}?"))
}

/// The same for a text, in place of which people type other things than names.
pub fn for_missing_text(path: &Path) -> Option<String> {
    let typed = path.to_string_lossy();
    if typed.starts_with("https://") || typed.starts_with("http://") {
        return Some("rhetor opens no connection; curl -s URL | pandoc -f html -t plain | rhetor classify".into());
    }
    let is_sentence = typed.split_whitespace().count() > 2 && missing_folder(path).is_some();
    if let Some(hint) = for_missing(path).filter(|_| !is_sentence) {
        return Some(hint);
    }
    if typed.contains(['*', '?']) && !typed.contains(' ') {
        return Some(
            "no file matches; without quotation marks the shell fills in names, and --glob chooses in folders".into(),
        );
    }
    if typed.contains(char::is_whitespace) {
        return Some("if that is no name but text, pipe it: echo '…' | rhetor classify".into());
    }
    if ["weight", "reading"].contains(&&typed[..]) {
        return Some(format!("an order goes with an equals sign: --explain={typed}"));
    }
    let is_label = english::embedded().labels().find(&typed).is_some();
    is_label.then(|| "several labels are joined by commas: --only threat,urgency".into())
}

/// The folder of a path, if it is that which is not there.
fn missing_folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
}

/// The file of that folder whose name is nearly the same.
fn near_file(path: &Path) -> Option<String> {
    /// Of a folder with more, only so many are looked at.
    const ENTRIES: usize = 10_000;
    let typed = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = folder.unwrap_or(Path::new(".")).read_dir().ok()?.take(ENTRIES);
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let name = near(typed, names.iter().map(String::as_str))?;
    Some(folder.map_or_else(|| name.to_owned(), |folder| folder.join(name).display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_habit_leads_to_something_that_is_there() {
        let mut program = Cli::command();
        program.build();
        for (_, verb) in VERBS.iter().filter(|(_, verb)| !verb.starts_with('-')) {
            let name = verb.split(' ').next().unwrap();
            assert!(program.find_subcommand(name).is_some(), "{verb}");
        }
        for (words, option, _) in HABITS.iter().filter(|(_, option, _)| !option.is_empty()) {
            let has = |command: &&Command| command.get_arguments().any(|arg| arg.get_long() == Some(option));
            assert!(program.get_subcommands().any(|command| has(&command)), "{words:?}: no command has --{option}");
        }
    }

    #[test]
    fn no_command_of_ours_is_taken_for_the_habit_of_another_tool() {
        let program = Cli::command();
        for (words, _) in VERBS {
            assert!(!words.iter().any(|word| program.find_subcommand(word).is_some()), "{words:?}");
        }
    }

    #[test]
    fn a_slip_of_the_fingers_is_near_and_another_short_name_is_not() {
        let names = || ["text", "jsonl", "csv", "tsv", "html"].into_iter();
        assert_eq!(near("cvs", names()), Some("csv"));
        assert_eq!(near("CSV", names()), Some("csv"));
        assert_eq!(near("pdf", names()), None);
        assert_eq!(near("", names()), None);
    }
}
