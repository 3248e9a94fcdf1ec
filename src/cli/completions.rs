//! `rhetor completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;

use super::args::{Cli, Completions};

pub fn run(args: &Completions) -> anyhow::Result<u8> {
    // Made in memory first: the generator panics when a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rhetor", &mut script);
    super::print(script)?;
    Ok(super::DONE)
}
