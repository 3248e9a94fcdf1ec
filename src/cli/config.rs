//! `rhetor.toml` in the working folder: a person's or a project's own defaults.
//!
//! It holds what decides how results look and how models are learned, and never a path: whoever works in a folder that
//! somebody else filled shall not be made to read a model or write a file that they did not name. What a configuration
//! sets are *defaults* of the command line's own options, so an option as typed goes before, the values are checked by
//! the same code, and `--help` shows them.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Command, CommandFactory, FromArgMatches};
use rhetor::classifier::MAX_RECORD;
use rhetor::text::{source, visible};

use super::Remarks;
use super::args::{Cli, Shared, record_size};

/// The file that is looked for in the working folder.
pub const NAME: &str = "rhetor.toml";

/// The keys outside any table, which every command has.
const COMMON: &[&str] = &["color", "threads"];

/// The keys that change how results look, and not what they are.
const LOOKS: &[&str] = &["color", "threads", "format"];

/// The keys of each command's table. No path, no output, no switch that hides remarks.
const BY_COMMAND: &[(&str, &[&str])] = &[
    ("classify", &["unit", "format", "explain", "threshold", "top-k", "max-record"]),
    (
        "train",
        &[
            "language",
            "ngrams",
            "char-ngrams",
            "min-count",
            "min-groups",
            "max-terms",
            "hash-bits",
            "weighting",
            "task",
            "l2",
            "cues-l2",
            "vectors-l2",
            "folds",
            "fold-by",
            "class-weight",
            "optimize",
            "solver",
            "seed",
            "quantize",
            "prune",
            "text-column",
            "label-column",
            "label-separator",
            "group-column",
            "weight-column",
        ],
    ),
    ("evaluate", &["format", "seed", "text-column", "label-column", "label-separator", "group-column"]),
    ("inspect", &["format"]),
    ("labels", &["format"]),
    ("cues", &["format", "language", "max-record"]),
    ("suggest", &["format", "count", "random", "seed", "unit", "language", "at-most", "max-record"]),
    ("annotate", &["unit", "order", "seed", "retrain", "annotator", "max-record"]),
    ("agree", &["format", "discuss", "seed", "merge", "annotator-column", "id-column"]),
    ("estimate", &["format", "unit", "id-column", "max-record"]),
    ("convert", &["label-separator"]),
];

/// Longest configuration that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The arguments as typed, over the defaults of a configuration, which is announced. Usage errors end the program as
/// `clap` does.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<Cli> {
    let mut cli = typed_or_set(args)?;
    cli.command.take_model_of_environment();
    Ok(cli)
}

/// What is typed, if it begins with the name of a command and makes sense.
fn typed_plainly(args: &[OsString]) -> Option<Cli> {
    let mut command = Cli::of_command(args.get(1)?.to_str()?)?;
    let matches = command.try_get_matches_from_mut(args).ok()?;
    Cli::from_arg_matches(&matches).ok()
}

/// What is typed; help, a version or an error of usage ends the program.
fn typed(args: &[OsString]) -> Cli {
    if let Some(typed) = typed_plainly(args) {
        return typed;
    }
    let mut command = Cli::command();
    // Told only when asked for, since it takes the model.
    if args.iter().any(|arg| arg == "--version") {
        command = command.long_version(super::version::long());
    }
    let matches =
        command.try_get_matches_from_mut(args).unwrap_or_else(|error| ended(&super::advice::advised(error, args)));
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn typed_or_set(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<Cli> {
    let args: Vec<OsString> = args.into_iter().collect();
    let typed = typed(&args);
    let Some(path) = file_of(&typed.shared) else { return Ok(typed) };
    let mut config = Config::read(&path)?;
    let is_found = typed.shared.config.is_none();
    if is_found {
        config.refuse_excess()?;
    }
    // The name of an output is typed, too.
    if typed.command.is_format_named() {
        config.settings.retain(|setting| setting.key != "format");
    }
    let mut command = Cli::command();
    command = config.apply(command);
    let matches = command.try_get_matches_from_mut(&args).map_err(|error| config.blamed(&error))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| config.blamed(&error))?;
    let used = config.used(&matches);
    if !used.is_empty() {
        // A file that nobody named changes no results in silence.
        let is_told = is_found && used.iter().any(|setting| !LOOKS.contains(&setting.key));
        let remarks = if is_told { Remarks::default() } else { Remarks::new(&cli.shared) };
        let used: Vec<String> = used.iter().map(|Setting { key, value, .. }| format!("{key} = {value}")).collect();
        remarks.say(format_args!("{}: {} (--no-config does without)", path.display(), used.join(", ")));
    }
    Ok(cli)
}

/// Help, a version or an error of usage. `clap` itself would not say that its words found no place.
fn ended(error: &clap::Error) -> ! {
    let words = error.render().to_string();
    let printed = match words.lines().all(|line| visible(line) == line) {
        true => error.print().and_then(|()| io::stdout().flush()),
        // It quotes what was typed, which may be the name of a file.
        false => words.lines().try_for_each(|line| writeln!(io::stderr(), "{}", visible(line))),
    };
    if let Err(cause) = printed
        && !error.use_stderr()
        && cause.kind() != std::io::ErrorKind::BrokenPipe
    {
        Remarks::default().fail(format_args!("standard output: {cause}"));
        std::process::exit(super::FAILED.into());
    }
    std::process::exit(error.exit_code())
}

fn file_of(shared: &Shared) -> Option<PathBuf> {
    if shared.no_config {
        return None;
    }
    shared.config.clone().or_else(|| Some(PathBuf::from(NAME)).filter(|path| path.is_file()))
}

/// A default that a file sets.
struct Setting {
    /// None for what every command has.
    command: Option<&'static str>,
    key: &'static str,
    value: String,
}

struct Config {
    path: PathBuf,
    settings: Vec<Setting>,
}

impl Config {
    fn read(path: &Path) -> anyhow::Result<Config> {
        let named = |error| super::named(path, error);
        let Some(bytes) = source::bounded(path, LONGEST).map_err(named)? else {
            anyhow::bail!("{}: more than {LONGEST} bytes are no configuration", path.display());
        };
        let text = io::read_to_string(&bytes[..]).map_err(named)?;
        let table: toml::Table = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            anyhow::anyhow!("{}:{line}: {}", path.display(), error.message())
        })?;
        let mut settings = Vec::new();
        for (key, value) in &table {
            let command = BY_COMMAND.iter().find(|(name, _)| name == key);
            match (command, value) {
                (Some((command, keys)), toml::Value::Table(table)) => {
                    for (key, value) in table {
                        settings.push(setting(path, Some(command), keys, key, value)?);
                    }
                }
                _ => settings.push(setting(path, None, COMMON, key, value)?),
            }
        }
        Ok(Config { path: path.into(), settings })
    }

    /// A file that is only found may not lift the bound of memory.
    fn refuse_excess(&self) -> anyhow::Result<()> {
        let is_excess = |setting: &&Setting| {
            setting.key == "max-record" && record_size(&setting.value).is_ok_and(|bytes| bytes > MAX_RECORD)
        };
        let Some(Setting { value, .. }) = self.settings.iter().find(is_excess) else { return Ok(()) };
        let path = self.path.display();
        Err(super::misuse(format_args!(
            "{path}: max-record = {value} is more than a file may set that is only found ({MAX_RECORD})\n\
             hint: type --max-record, or name the file by --config {NAME}"
        )))
    }

    /// The command line with this file's values as defaults.
    fn apply(&self, mut command: Command) -> Command {
        for Setting { command: name, key, value } in &self.settings {
            let (id, value) = (id(key), value.clone());
            let set = |arg: clap::Arg| arg.default_value(value);
            command = match name {
                Some(name) => command.mut_subcommand(name, |command| command.mut_arg(id, set)),
                None => command.mut_arg(id, set),
            };
        }
        command
    }

    /// The settings that count in this run: of its command, and not typed otherwise.
    fn used(&self, matches: &clap::ArgMatches) -> Vec<&Setting> {
        let Some((name, inner)) = matches.subcommand() else { return Vec::new() };
        let counts = |setting: &&Setting| {
            setting.command.is_none_or(|command| command == name)
                && inner.value_source(&id(setting.key)) == Some(ValueSource::DefaultValue)
        };
        self.settings.iter().filter(counts).collect()
    }

    /// The plain arguments were fine, so what `clap` refuses now is this file's.
    fn blamed(&self, error: &clap::Error) -> anyhow::Error {
        let words = error.to_string();
        let words = words.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let choices = match error.get(clap::error::ContextKind::ValidValue) {
            Some(clap::error::ContextValue::Strings(valid)) => format!(" [possible values: {}]", valid.join(", ")),
            _ => String::new(),
        };
        anyhow::anyhow!(
            "{}: {words}{choices}\nhint: mend the file, or go on without it with --no-config",
            self.path.display()
        )
    }
}

/// The name under which `clap` knows an option.
fn id(key: &str) -> String {
    key.replace('-', "_")
}

fn setting(
    path: &Path,
    command: Option<&'static str>,
    keys: &'static [&'static str],
    key: &str,
    value: &toml::Value,
) -> anyhow::Result<Setting> {
    let shown = command.map_or_else(|| key.to_owned(), |command| format!("{command}.{key}"));
    let Some(key) = keys.iter().find(|&&known| known == key || id(known) == key) else {
        let mut words = format!("{}: {shown:?} is nothing that can be set here\nhint: ", path.display());
        match nearest(key, command) {
            Some(near) => write!(words, "did you mean {near}?")?,
            None => match command {
                Some(command) => write!(words, "[{command}] takes {}", keys.join(", "))?,
                None => write!(words, "all commands take {}", keys.join(", "))?,
            },
        }
        words.push_str(if is_path(key) { "\nhint: files are named on the command line only" } else { "" });
        anyhow::bail!(words);
    };
    let value = match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Array(list) if list.iter().all(toml::Value::is_integer) => {
            let numbers = list.iter().filter_map(toml::Value::as_integer).map(|number| number.to_string());
            numbers.collect::<Vec<_>>().join(",")
        }
        _ => anyhow::bail!("{}: {shown} takes {}", path.display(), wanted(command, key)),
    };
    Ok(Setting { command, key, value })
}

/// What a key takes, by what its option does.
fn wanted(command: Option<&str>, key: &str) -> String {
    let program = Cli::command();
    let of = command.and_then(|command| program.find_subcommand(command)).unwrap_or(&program);
    let option = of.get_arguments().find(|arg| arg.get_id() == id(key).as_str());
    let choices = option.map(clap::Arg::get_possible_values).unwrap_or_default();
    let choices: Vec<String> = choices.iter().map(|choice| format!("{:?}", choice.get_name())).collect();
    match &choices[..] {
        [] => "a text or a number, as on the command line".to_owned(),
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        [only, ..] => only.clone(),
    }
}

/// Options that name files, which somebody may well try to set.
fn is_path(key: &str) -> bool {
    ["model", "output", "cues", "vectors", "report", "mirror", "merged", "codebook", "quiet"].contains(&key)
}

/// What was probably meant.
fn nearest(key: &str, command: Option<&str>) -> Option<String> {
    let tables = BY_COMMAND.iter().flat_map(|(name, keys)| keys.iter().map(move |key| (Some(*name), *key)));
    let names = BY_COMMAND.iter().map(|(name, _)| (None, *name));
    let all = COMMON.iter().map(|&key| (None, key)).chain(names).chain(tables);
    let close =
        all.filter(|(table, known)| (*table == command || *known == key) && strsim::osa_distance(known, key) <= 2);
    let best = close.min_by_key(|(table, known)| (strsim::osa_distance(known, key), *table != command))?;
    Some(best.0.map_or_else(|| best.1.to_owned(), |table| format!("[{table}] {}", best.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_an_option_with_one_value_that_the_command_has() {
        let command = Cli::command();
        let check = |command: &Command, key: &str| {
            let arg = command.get_arguments().find(|arg| arg.get_id() == id(key).as_str());
            let arg = arg.unwrap_or_else(|| panic!("{} has no {key}", command.get_name()));
            assert!(matches!(arg.get_action(), clap::ArgAction::Set), "{key}");
            assert_eq!(arg.get_long(), Some(key));
        };
        COMMON.iter().for_each(|key| check(&command, key));
        for (name, keys) in BY_COMMAND {
            let command = command.find_subcommand(name).unwrap();
            keys.iter().for_each(|key| check(command, key));
        }
    }

    #[test]
    fn the_document_names_every_key_in_its_table() {
        let page = include_str!("../../docs/formats.md");
        for (name, keys) in BY_COMMAND {
            let is_row = |line: &&str| line.starts_with("| `[") && line.contains(&format!("`[{name}]`"));
            let row = page.lines().find(is_row).unwrap_or_else(|| panic!("no row for [{name}]"));
            let named: Vec<&str> = row
                .rsplit('|')
                .nth(1)
                .unwrap_or_default()
                .split(", ")
                .map(|key| key.trim().trim_matches('`'))
                .collect();
            assert_eq!(&named, keys, "[{name}]");
        }
    }

    #[test]
    fn no_key_names_a_file() {
        for (_, keys) in BY_COMMAND {
            assert!(!keys.iter().any(|key| is_path(key)));
        }
    }
}
