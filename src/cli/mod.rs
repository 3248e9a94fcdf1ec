//! What commands share: the model, remarks, output, colour, exit status.

pub mod advice;
pub mod agree;
pub mod annotate;
pub mod args;
pub mod card;
pub mod classify;
pub mod completions;
pub mod config;
pub mod convert;
pub mod cues;
pub mod estimate;
pub mod evaluate;
pub mod inputs;
pub mod inspect;
pub mod labels;
pub mod man;
pub mod output;
pub mod reading;
pub mod suggest;
pub mod train;
pub mod version;

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Once, OnceLock, RwLock, mpsc};

use rhetor::corpus::Example;
use rhetor::model::file::ModelError;
use rhetor::model::{Model, english};

use args::{Shared, When};
pub use output::{
    Output, ending, is_of_output, named, print, refuse_ending, refuse_promise, refuse_same, refuse_twice, unopened,
    write_whole,
};

/// Writes a line to the end of a string, which takes any text.
macro_rules! line {
    ($out:expr, $($words:tt)*) => {{
        use std::fmt::Write as _;
        writeln!($out, $($words)*).expect("a string takes any text")
    }};
}
use line;

/// Everything was done; something failed and the rest was done.
pub const DONE: u8 = 0;
pub const FAILED: u8 = 1;
/// What was asked for makes no sense.
pub const USAGE: u8 = 2;

/// A command line whose parts make no sense together, or that names what is not there to be named.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(String);

/// The error of a command line that makes no sense.
pub fn misuse(words: impl std::fmt::Display) -> anyhow::Error {
    Misuse(words.to_string()).into()
}

/// Remarks on standard error, unless the user wants none.
#[derive(Clone, Copy, Default)]
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

/// With fewer groups than this an interval is hardly one.
pub const FEW_GROUPS: usize = 10;

/// Says what intervals are worth that were drawn from so many groups of so many units, if it is little. Where each unit is a group of its own, there are none to
/// speak of.
pub fn warn_of_few_groups(groups: usize, units: usize, remarks: Remarks) {
    match groups {
        1 if units == 1 => remarks.warn("there is one unit only, so there are no intervals"),
        1 => remarks.warn("all units are of one group, so there are no intervals"),
        2..FEW_GROUPS => {
            let drawn = if groups == units { "units" } else { "groups" };
            remarks.warn(format_args!("{groups} {drawn} are too few to draw from, so intervals say little"));
        }
        _ => {}
    }
}

/// Says so if a model learned from some of the units that it is judged on.
pub fn warn_of_seen(model: &Model, name: &str, examples: &[Example], remarks: Remarks) {
    let (all, seen) = (examples.len(), seen(model, examples));
    match seen {
        0 => {}
        _ if seen == all => {
            remarks.warn(format_args!("{name} was trained on these very units, so its figures flatter"))
        }
        _ => remarks.warn(format_args!(
            "{name} was trained on {seen} of these {all} units, so its figures flatter\nhint: --unseen leaves them out"
        )),
    }
}

/// How many of the units a model learned from.
pub fn seen(model: &Model, examples: &[Example]) -> usize {
    examples.iter().filter(|example| model.has_seen(&example.text)).count()
}

/// Words that may quote a file, whose control characters no terminal shall obey, and whose cells may be megabytes long.
fn shown(words: impl std::fmt::Display) -> String {
    const LONGEST: usize = 4000;
    let line = |line: &str| match line.char_indices().nth(LONGEST) {
        Some((end, _)) => rhetor::text::visible(&line[..end]) + "…",
        None => rhetor::text::visible(line),
    };
    words.to_string().split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The model that the user named, or the embedded one, whose card is not parsed for runs that never look at it.
pub fn load_model(path: Option<&Path>) -> anyhow::Result<Model> {
    let Some(path) = path else { return Ok(english::embedded()) };
    start_threads();
    // Whoever did not type that name may not know where it comes from.
    let is_of_environment = std::env::var_os(args::MODEL_VARIABLE).is_some_and(|named| named == path.as_os_str());
    Model::read(path).map_err(|error| match error {
        ModelError::Io { .. } if is_of_environment => {
            anyhow::anyhow!("{error}\nhint: {} names it; unset it to use the embedded model", args::MODEL_VARIABLE)
        }
        ModelError::Io { .. } if !path.exists() => {
            let hint = advice::for_missing(path).unwrap_or_else(|| {
                "`rhetor train DATA -o MODEL` makes a model; without -m the embedded one is used".to_owned()
            });
            anyhow::anyhow!("{error}\nhint: {hint}")
        }
        error => error.into(),
    })
}

/// How many threads may work. They start when there is first something for them to do, since most runs are over before.
static THREADS: OnceLock<usize> = OnceLock::new();

/// Sets how many threads may work, if the user says so.
pub fn use_threads(shared: &Shared) {
    if let Some(asked) = shared.threads {
        // It is set once.
        let _ = THREADS.set(asked.get());
    }
}

/// Starts the threads, if they do not run yet, and says how many were wished for: all that the machine offers, unless the user says
/// otherwise.
pub fn start_threads() -> usize {
    static STARTED: Once = Once::new();
    let offered = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = *THREADS.get_or_init(offered);
    STARTED.call_once(|| {
        // No variable of the environment shall make it too small to work on.
        let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK);
        let pool =
            if can_be_had(threads) { pool.num_threads(threads) } else { pool.num_threads(1).use_current_thread() };
        // Only a second call could fail.
        let _ = pool.build_global();
    });
    threads
}

/// Bytes of a thread's stack, as usual in Rust.
const STACK: usize = 2 << 20;

/// Bytes of memory that must be left before one more thread is asked for: for what it sets aside before it runs our code, and to work in. A piece so large
/// is one that the allocator takes from the system and gives back by itself.
const ROOM: usize = 40 << 20;

/// Whether the system gives us so many threads now, with memory to work in. A pool that cannot have all of its threads is none, and panics when it is used;
/// where they are too many, this one does the work. One thread is begun after the other: one that finds no memory for its start aborts the program.
fn can_be_had(threads: usize) -> bool {
    let has_room = || std::hint::black_box(&mut Vec::<u8>::new()).try_reserve_exact(ROOM).is_ok();
    let gate = &RwLock::new(());
    std::thread::scope(|scope| {
        let shut = gate.write();
        let begins = |_| {
            let (tell, told) = mpsc::channel();
            let waits = move || {
                // What a thread allocates first is far more than it asks for.
                std::hint::black_box(vec![0_u8; 64]);
                drop((tell.send(()), gate.read()));
            };
            has_room()
                && std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, waits).is_ok()
                && told.recv().is_ok()
        };
        let all = (0..threads).all(begins);
        drop(shut);
        all
    })
}

/// Whether standard output gets colours: as the user says, else as the environment does (<https://no-color.org>,
/// <https://bixense.com/clicolors>), else on a terminal that has some.
pub fn use_color(shared: &Shared, to_file: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_zero = |name| std::env::var_os(name).is_some_and(|value| value == "0");
    match shared.color {
        When::Always => true,
        When::Never => false,
        When::Auto if to_file || is_set("NO_COLOR") => false,
        When::Auto if is_set("CLICOLOR_FORCE") && !is_zero("CLICOLOR_FORCE") => true,
        When::Auto => {
            let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            io::stdout().is_terminal() && !is_dumb && !is_zero("CLICOLOR")
        }
    }
}

/// Whether the terminal has 24 bits of colour, as far as it says so.
pub fn has_deep_color() -> bool {
    std::env::var("COLORTERM").is_ok_and(|value| matches!(value.as_str(), "truecolor" | "24bit"))
}

/// The width of the terminal that standard output is, if it is one.
pub fn columns() -> Option<usize> {
    const USUAL: usize = 80;
    let out = io::stdout();
    out.is_terminal().then(|| terminal_size::terminal_size_of(out).map_or(USUAL, |(width, _)| usize::from(width.0)))
}

/// Whether the reader of our output went away, which ends the run quietly.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        let csv = cause.downcast_ref::<csv::Error>().and_then(|error| match error.kind() {
            csv::ErrorKind::Io(error) => Some(error.kind()),
            _ => None,
        });
        io.map(io::Error::kind).or(json).or(csv) == Some(io::ErrorKind::BrokenPipe)
    })
}
