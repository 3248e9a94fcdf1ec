//! Where results go: standard output, or a file that is replaced whole.

use std::fs::Metadata;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once, mpsc};

use rhetor::model::part::{self, PartFile};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ};
use signal_hook::iterator::Signals;

use super::{advice, misuse};

/// Standard output, or a file that takes its name when all is written.
pub enum Output {
    Stdout(BufWriter<io::StdoutLock<'static>>),
    File { out: PartFile, path: PathBuf },
}

impl Output {
    pub fn open(path: Option<&Path>) -> anyhow::Result<Output> {
        match path {
            Some(path) if path.as_os_str() != "-" => {
                clean_up_on_signals();
                let out = PartFile::begin(path).map_err(|error| named(path, error))?;
                Ok(Output::File { out, path: path.into() })
            }
            _ => Ok(Output::Stdout(BufWriter::with_capacity(1 << 16, io::stdout().lock()))),
        }
    }

    /// All is written: the file takes its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        match self {
            Output::File { out, path } => out.finish().map_err(|error| named(&path, error)),
            Output::Stdout(_) => Ok(()),
        }
    }

    /// What the system refused, with the name of the file that it refused to write.
    fn blamed(&self, error: io::Error) -> io::Error {
        let name = match self {
            Output::File { path, .. } => path.display().to_string(),
            // A closed pipe must stay recognisable.
            Output::Stdout(_) if error.kind() == io::ErrorKind::BrokenPipe => return error,
            Output::Stdout(_) => "standard output".to_owned(),
        };
        io::Error::new(error.kind(), Unwritable { name, error })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self {
            Output::Stdout(out) => out.write(bytes),
            Output::File { out, .. } => out.write(bytes),
        };
        written.map_err(|error| self.blamed(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match self {
            Output::Stdout(out) => out.flush(),
            Output::File { out, .. } => out.flush(),
        };
        flushed.map_err(|error| self.blamed(error))
    }
}

/// Results that found no place: no other input will fare better.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {error}")]
struct Unwritable {
    name: String,
    error: io::Error,
}

/// Whether it is the output that failed, and not an input.
pub fn is_of_output(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.is_some_and(|inner| inner.is::<Unwritable>())
    })
}

/// Writes a listing to standard output.
pub fn print(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    write_whole(None, |out| out.write_all(text.as_ref()))
}

/// Writes a file whole, or not at all.
pub fn write_whole(path: Option<&Path>, write: impl FnOnce(&mut Output) -> io::Result<()>) -> anyhow::Result<()> {
    let mut output = Output::open(path)?;
    write(&mut output)?;
    output.finish()
}

/// Better known before minutes of work than after: whether a file can be written at all.
/// `example` is a name that would do in a folder.
pub fn check_output(path: &Path, example: &str) -> anyhow::Result<()> {
    if path.as_os_str() == "-" {
        return Ok(());
    }
    if path.is_dir() {
        let inside = path.join(example);
        anyhow::bail!("{}: is a folder\nhint: name a file in it, such as {}", path.display(), inside.display());
    }
    PartFile::begin(path).map(drop).map_err(|error| named(path, error))
}

/// An error of the file system with the path it belongs to, and where nothing is there, what may have been meant.
pub fn named(path: &Path, error: io::Error) -> anyhow::Error {
    advised(path, error, advice::for_missing)
}

/// The same of a text that cannot be opened: what was typed may be no name at all.
pub fn unopened(path: &Path, error: io::Error) -> anyhow::Error {
    advised(path, error, advice::for_missing_text)
}

fn advised(path: &Path, error: io::Error, advice: impl Fn(&Path) -> Option<String>) -> anyhow::Error {
    let missing = (error.kind() == io::ErrorKind::NotFound).then(|| advice(path)).flatten();
    let hint = missing.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    anyhow::anyhow!("{}: {error}{hint}", path.display())
}

/// Refuses an output that is also an input, which a run would feed without end, or overwrite: the data, or a model, cue or vector file. And standard input named twice, which would be empty the second time.
pub fn refuse_same<'a>(output: Option<&Path>, inputs: impl IntoIterator<Item = &'a PathBuf>) -> anyhow::Result<()> {
    let inputs: Vec<&PathBuf> = inputs.into_iter().collect();
    if inputs.iter().filter(|input| input.as_os_str() == "-").count() > 1 {
        return Err(misuse("-: standard input can be read only once\nhint: write one of the inputs to a file first"));
    }
    if output.is_none_or(is_stdout) {
        let sink = Sink::find();
        return match inputs.into_iter().find(|input| sink.is(input)) {
            Some(input) => Err(misuse(format_args!(
                "{}: is an input, and standard output goes into it\nhint: choose another file for the output",
                input.display()
            ))),
            None => Ok(()),
        };
    }
    let Some(output) = output.and_then(|path| path.canonicalize().ok()) else { return Ok(()) };
    let is_output = |input: &Path| match input.to_str() {
        Some("-") => is_standard_input(&output),
        _ => input.canonicalize().is_ok_and(|input| input == output),
    };
    match inputs.into_iter().any(|input| is_output(input)) {
        true => Err(misuse(format_args!(
            "{}: is an input, and would be overwritten\nhint: choose another name for the output",
            output.display()
        ))),
        false => Ok(()),
    }
}

/// Whether what is written there goes where standard output goes, so that nothing else may: `-`, or `/dev/stdout`.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-" || leads_to_stdout(path)
}

/// The regular file that standard output goes into, if it goes into one.
pub struct Sink(Option<Place>);

impl Sink {
    pub fn find() -> Sink {
        Sink(of_stdout().filter(Metadata::is_file).as_ref().and_then(place))
    }

    /// Whether that is the input, which then would be fed by what is made of it.
    pub fn is(&self, input: &Path) -> bool {
        let place_of_input = || match input.to_str() {
            Some("-") => of_stdin().as_ref().and_then(place),
            _ => input.metadata().ok().as_ref().and_then(place),
        };
        self.0.is_some() && self.0 == place_of_input()
    }
}

/// A file, whatever it is called: its device, and its number there.
type Place = (u64, u64);

fn leads_to_stdout(path: &Path) -> bool {
    let place_of_path = path.metadata().ok().as_ref().and_then(place);
    place_of_path.is_some() && place_of_path == of_stdout().as_ref().and_then(place)
}

/// Whether standard input comes from that file.
fn is_standard_input(path: &Path) -> bool {
    let file = path.metadata().ok().filter(Metadata::is_file);
    let place_of_file = file.as_ref().and_then(place);
    place_of_file.is_some() && place_of_file == of_stdin().as_ref().and_then(place)
}

#[cfg(unix)]
fn place(file: &Metadata) -> Option<Place> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(unix)]
fn of_stdout() -> Option<Metadata> {
    of_stream(io::stdout())
}

#[cfg(unix)]
fn of_stdin() -> Option<Metadata> {
    of_stream(io::stdin())
}

#[cfg(unix)]
fn of_stream(stream: impl std::os::fd::AsFd) -> Option<Metadata> {
    std::fs::File::from(stream.as_fd().try_clone_to_owned().ok()?).metadata().ok()
}

/// Other systems do not tell.
#[cfg(not(unix))]
fn place(_: &Metadata) -> Option<Place> {
    None
}

#[cfg(not(unix))]
fn of_stdout() -> Option<Metadata> {
    None
}

#[cfg(not(unix))]
fn of_stdin() -> Option<Metadata> {
    None
}

/// The ending of a file's name in small letters, which promises a format in any case; nothing if it has none.
pub fn ending(path: &Path) -> String {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// Refuses a name that promises a format which is not written, unless another was asked for: text would stand there under a wrong name.
/// `also` are endings that this command does not write, and `hint` says which it does.
pub fn refuse_promise(output: Option<&Path>, is_asked: bool, also: &[&str], hint: &str) -> anyhow::Result<()> {
    refuse_ending(output.filter(|_| !is_asked), also, &format!("{hint}; --format chooses whatever the name"))
}

/// The same, of a command that writes one format only.
pub fn refuse_ending(output: Option<&Path>, also: &[&str], hint: &str) -> anyhow::Result<()> {
    const NEVER: [&str; 10] = ["xlsx", "xls", "ods", "docx", "doc", "pdf", "parquet", "xml", "gz", "zip"];
    let Some(path) = output else { return Ok(()) };
    let ending = ending(path);
    if !NEVER.contains(&&ending[..]) && !also.contains(&&ending[..]) {
        return Ok(());
    }
    Err(misuse(format_args!("{}: nothing is written as {ending} here\nhint: {hint}", path.display())))
}

/// Refuses to write two things to one file, however it is spelled.
pub fn refuse_twice(one: Option<&Path>, other: Option<&Path>) -> anyhow::Result<()> {
    match (one, other) {
        (Some(one), Some(other)) if place_of(one) == place_of(other) => {
            let other = other.display();
            Err(misuse(format_args!("{other}: is named for two outputs\nhint: choose another name for one of them")))
        }
        _ => Ok(()),
    }
}

/// Where a file lies or would lie, by the one name of its folder.
fn place_of(path: &Path) -> PathBuf {
    let there = || path.canonicalize().ok();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let to_be = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    there().or_else(to_be).unwrap_or_else(|| path.into())
}

/// A run that is told to end leaves no part of a file behind, and ends as the signal would have ended it: 128 + n.
fn clean_up_on_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A file that may not grow further is an error of writing, with a message, and no reason to die at once.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        let (to_watch, watched) = mpsc::channel::<Signals>();
        let watch = move || {
            if let Some(signal) = watched.recv().ok().and_then(|mut signals| signals.forever().next()) {
                part::abandon_all();
                // It can only fail for signals that nobody can send us.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        };
        // Without somebody who watches, a signal must end the run by itself: the part stays, and the next writer of the name replaces it.
        if std::thread::Builder::new().spawn(watch).is_ok() {
            let deadly = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU];
            let _ = Signals::new(deadly).map(|signals| to_watch.send(signals));
        }
    });
}
