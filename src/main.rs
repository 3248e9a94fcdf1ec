//! The program: parse, dispatch, print the error, exit.

mod cli;

use std::process::ExitCode;

use cli::args::{Cli, Command};
use cli::{DONE, FAILED, Misuse, Remarks, USAGE};

fn main() -> ExitCode {
    let Cli { command, shared } = match cli::config::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            Remarks::default().fail(format_args!("{error:#}"));
            return ExitCode::from(USAGE);
        }
    };
    let remarks = Remarks::new(&shared);
    cli::use_threads(&shared);
    // What classifies starts them only for larger inputs.
    if !matches!(command, Command::Classify(_)) {
        cli::start_threads();
    }
    let done = match &command {
        Command::Train(args) => cli::train::run(args, remarks),
        Command::Classify(args) => cli::classify::run(args, &shared, remarks),
        Command::Evaluate(args) => cli::evaluate::run(args, remarks),
        Command::Inspect(args) => cli::inspect::run(args),
        Command::Labels(args) => cli::labels::run(args),
        Command::Annotate(args) => cli::annotate::run(args, &shared, remarks),
        Command::Cues(args) => cli::cues::run(args, &shared, remarks),
        Command::Suggest(args) => cli::suggest::run(args, &shared, remarks),
        Command::Agree(args) => cli::agree::run(args, remarks),
        Command::Estimate(args) => cli::estimate::run(args, remarks),
        Command::Convert(args) => cli::convert::run(args, remarks),
        Command::Completions(args) => cli::completions::run(args),
        Command::Man(args) => cli::man::run(args),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        // Whoever read our output has seen enough.
        Err(error) if cli::is_closed_pipe(&error) => ExitCode::from(DONE),
        Err(error) => {
            remarks.fail(format_args!("{error:#}"));
            ExitCode::from(if error.is::<Misuse>() { USAGE } else { FAILED })
        }
    }
}
