//! `rhetor man`: the manual pages, made of the very command line that they describe.

use std::io::{self, Write};

use clap::{Command, CommandFactory};

use super::args::{Cli, Man};
use super::{DONE, named, write_whole};

pub fn run(args: &Man) -> anyhow::Result<u8> {
    std::fs::create_dir_all(&args.folder).map_err(|error| named(&args.folder, error))?;
    // Building gives every command the options that all have, and its full name; `help` would become a tree of its own.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    for command in std::iter::once(&program).chain(commands) {
        let name = name(command);
        write_whole(Some(&args.folder.join(format!("{name}.1"))), |out| write_page(command, &name, out))?;
    }
    Ok(DONE)
}

/// What a page is called: `rhetor-classify`.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

fn write_page(command: &Command, name: &str, out: &mut impl Write) -> io::Result<()> {
    let version = format!("rhetor {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).title(name.to_uppercase()).manual("rhetor").source(version).render(out)
}
