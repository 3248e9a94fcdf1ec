//! What commands share: the model, remarks, output, colour, exit status.

pub mod args;
pub mod card;
pub mod classify;
pub mod completions;
pub mod cues;
pub mod evaluate;
pub mod inputs;
pub mod inspect;
pub mod labels;
pub mod reading;
pub mod train;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use rhetor::model::{Model, english};

use args::{Shared, When};

/// Everything was done; something failed and the rest was done.
pub const DONE: u8 = 0;
pub const FAILED: u8 = 1;

/// Remarks on standard error, unless the user wants none.
#[derive(Clone, Copy)]
pub struct Remarks {
    quiet: bool,
}

impl Remarks {
    pub fn new(shared: &Shared) -> Self {
        Remarks { quiet: shared.quiet }
    }

    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Something the user should know; the run goes on.
    pub fn warn(self, words: impl std::fmt::Display) {
        self.say(format_args!("warning: {words}"));
    }

    /// Something good to know.
    pub fn say(self, words: impl std::fmt::Display) {
        if !self.quiet {
            // Nobody can be told that standard error is closed.
            let _ = writeln!(io::stderr(), "{}", shown(words));
        }
    }

    /// Something failed; said even to those who want it quiet.
    pub fn fail(self, words: impl std::fmt::Display) {
        let _ = writeln!(io::stderr(), "rhetor: {}", shown(words));
    }
}

/// Words that may quote a file, whose control characters no terminal shall obey.
fn shown(words: impl std::fmt::Display) -> String {
    let lines: Vec<String> = words.to_string().split('\n').map(rhetor::text::visible).collect();
    lines.join("\n")
}

/// The model that the user named, or the embedded one, whose card is not parsed for runs that never look at it.
pub fn load_model(path: Option<&Path>) -> anyhow::Result<Model> {
    let Some(path) = path else { return Ok(english::embedded()) };
    start_threads();
    Ok(Model::read(path)?)
}

/// How many threads may work. They start when there is first something for them to do, since most runs are over before.
static THREADS: OnceLock<usize> = OnceLock::new();

/// Sets how many threads may work.
pub fn use_threads(shared: &Shared) {
    // It is set once.
    let _ = THREADS.set(rhetor::features::threads(shared.threads));
}

/// Starts the threads, if they do not run yet, and says how many there are.
pub fn start_threads() -> usize {
    static STARTED: Once = Once::new();
    let threads = *THREADS.get_or_init(|| rhetor::features::threads(None));
    STARTED.call_once(|| {
        // Only a second call could fail.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    });
    threads
}

/// Whether standard output gets colours.
pub fn use_color(shared: &Shared, to_file: bool) -> bool {
    match shared.color {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            !to_file
                && !unwanted
                && io::stdout().is_terminal()
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Standard output, or a file that is replaced whole when all is written.
pub enum Output {
    Stdout(BufWriter<io::StdoutLock<'static>>),
    File { out: BufWriter<File>, part: PathBuf, path: PathBuf },
}

impl Output {
    pub fn open(path: Option<&Path>) -> anyhow::Result<Output> {
        match path {
            Some(path) if path.as_os_str() != "-" => {
                let part = rhetor::model::file::part_of(path).map_err(|error| named(path, error))?;
                let out = File::create(&part).map_err(|error| named(path, error))?;
                Ok(Output::File { out: BufWriter::with_capacity(1 << 16, out), part, path: path.into() })
            }
            _ => Ok(Output::Stdout(BufWriter::with_capacity(1 << 16, io::stdout().lock()))),
        }
    }

    /// All is written: the file takes its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        if let Output::File { out, part, path } = self {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all().and_then(|()| std::fs::rename(&part, &path)).map_err(|error| named(&path, error))?;
        }
        Ok(())
    }

    /// Nothing came of it: the part is removed, an older file stays.
    pub fn abandon(self) {
        if let Output::File { part, .. } = self {
            let _ = std::fs::remove_file(part);
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::Stdout(out) => out.write(bytes),
            Output::File { out, .. } => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::Stdout(out) => out.flush(),
            Output::File { out, .. } => out.flush(),
        }
    }
}

/// Writes a file whole, or not at all.
pub fn write_whole(path: Option<&Path>, write: impl FnOnce(&mut Output) -> io::Result<()>) -> anyhow::Result<()> {
    let mut output = Output::open(path)?;
    match write(&mut output) {
        Ok(()) => output.finish(),
        Err(error) => {
            output.abandon();
            // A closed pipe must stay recognisable.
            Err(match path.filter(|path| path.as_os_str() != "-") {
                Some(path) => named(path, error),
                None => error.into(),
            })
        }
    }
}

/// An error of the file system with the path it belongs to.
pub fn named(path: &Path, error: io::Error) -> anyhow::Error {
    anyhow::anyhow!("{}: {error}", path.display())
}

/// Refuses an output that is also an input: the data, or a model, cue or vector file.
pub fn refuse_same<'a>(output: Option<&Path>, inputs: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    let Some(output) = output.and_then(|path| path.canonicalize().ok()) else { return Ok(()) };
    match inputs.into_iter().find(|input| input.canonicalize().is_ok_and(|input| input == output)) {
        Some(input) => anyhow::bail!(
            "{}: is an input, and would be overwritten\nhint: choose another name for the output",
            input.display()
        ),
        None => Ok(()),
    }
}

/// Refuses to write two things to one file.
pub fn refuse_twice(output: Option<&Path>, report: Option<&Path>) -> anyhow::Result<()> {
    match (output, report) {
        (Some(output), Some(report)) if output == report => anyhow::bail!(
            "{}: is named for the output and for the report\nhint: choose another name for --report",
            report.display()
        ),
        _ => Ok(()),
    }
}

/// Whether the reader of our output went away, which ends the run quietly.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.map(io::Error::kind).or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
