//! `rhetor classify`: framings in files, folders or standard input.

pub mod columns;
mod stream;

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use rhetor::classifier::{Classifier, ENOUGH_WORDS, Listening, Memory, TOO_FEW_KNOWN};
use rhetor::codebook::LabelId;
use rhetor::framing::Choice;
use rhetor::framing::evidence::Order;
use rhetor::framing::voice::Voice;
use rhetor::idle::Idle;
use rhetor::model::Model;
use rhetor::report::html::Html;
use rhetor::report::jsonl::Jsonl;
use rhetor::report::summary::{Shape, Summary};
use rhetor::report::table::Table;
use rhetor::report::terminal::{Look, Terminal};
use rhetor::report::{ONLY_QUOTATIONS, Report, Setting};
use rhetor::text::Span;
use rhetor::text::count::plural;
use rhetor::text::speech::Hearing;
use rhetor::text::unit::UnitKind;
use rhetor::text::{language, list, visible};

use super::args::{Classify, FromOptions, OutputFormat, Shared, UnitName, VoiceName};
use super::reading::{Faults, Spot};
use super::{
    DONE, FAILED, Output, Remarks, columns, has_deep_color, inputs, is_closed_pipe, is_of_output, load_model, misuse,
    refuse_promise, refuse_same, unopened, use_color,
};

/// What a run does with every unit.
pub struct Job<'a> {
    pub classifier: Classifier<'a>,
    pub max_record: usize,
    /// Of a table.
    pub encoding: Option<&'static encoding_rs::Encoding>,
    pub remarks: Remarks,
    /// Working memories that no thread has in hand: what one file taught them serves the next.
    pub memories: Idle<Memory>,
    /// Whether any file could be read.
    pub has_begun: AtomicBool,
}

impl Job<'_> {
    /// Whether there is anything to report; where nothing could be read, an older output stays as it is.
    fn has_results(&self, status: u8) -> bool {
        status == DONE || self.has_begun.load(Ordering::Relaxed)
    }
}

/// What is remarked on once a file is read.
pub struct Tally {
    pub units: u64,
    pub framed: u64,
    words: u64,
    known: u64,
    /// The beginning of the text, until its language has been looked at.
    sample: Option<String>,
    /// It is not in the model's language.
    is_foreign: bool,
    /// It was said to be no text, so its language and encoding need no remark.
    is_no_text: bool,
    faults: Faults,
}

impl Tally {
    pub fn new() -> Self {
        Tally {
            units: 0,
            framed: 0,
            words: 0,
            known: 0,
            sample: Some(String::new()),
            is_foreign: false,
            is_no_text: false,
            faults: Faults::default(),
        }
    }

    /// Counts the stretches of a text, and keeps the first of them.
    fn look_at(&mut self, text: &str, stretches: &[Span]) {
        self.units += stretches.len() as u64;
        let Some(sample) = &mut self.sample else { return };
        for stretch in stretches {
            if sample.len() >= language::SAMPLE {
                break;
            }
            sample.push_str(stretch.of(text));
            sample.push(' ');
        }
    }

    /// Whether there is enough text to tell its language, which has not been done yet.
    pub fn can_tell_language(&self) -> bool {
        self.sample.as_ref().is_some_and(|sample| sample.len() >= language::SAMPLE)
    }
}

/// The report in use; shared with readers that flush it before they wait for input.
pub type SharedReport<'a> = Rc<RefCell<Box<dyn Report + 'a>>>;

pub fn run(args: &Classify, shared: &Shared, remarks: Remarks) -> anyhow::Result<u8> {
    if args.shown.summary && args.format() == OutputFormat::Html {
        return Err(misuse("a report has the counts already\nhint: leave out --summary, or choose another --format"));
    }
    refuse_promise(
        args.output.as_deref(),
        args.format.is_some(),
        &["json"],
        ".jsonl is an object a unit, .csv opens in a spreadsheet, .html is a report",
    )?;
    if args.files {
        return list(args, remarks);
    }
    let model = load_model(args.model.as_deref())?;
    let classifier = Classifier {
        model: &model,
        choice: choice(&model, args)?,
        voices: listening(&args.shown.voice)?,
        // A report shows why, always.
        explain: args.shown.explain.is_some() || args.format() == OutputFormat::Html,
        unit: args.unit.map_or(if args.from.column.is_some() { UnitKind::Document } else { UnitKind::Sentence }, kind),
    };
    let job = Job {
        classifier,
        max_record: args.from.max_record,
        encoding: args.encoding,
        remarks,
        memories: Idle::default(),
        has_begun: AtomicBool::new(false),
    };
    let paths = paths(args);
    if paths.iter().any(|path| path.as_os_str() == "-") && io::stdin().is_terminal() {
        remarks.say("reading standard input; end it with Ctrl-D");
    }
    let (files, all_found) = inputs::files(&paths, &args.from.glob, remarks)?;
    refuse_same(args.output.as_deref(), files.iter().chain(&args.model))?;
    let status = if all_found { DONE } else { FAILED };
    let mut output = Output::open(args.output.as_deref())?;
    let done = all_files(args, shared, &job, &files, &mut output)?.max(status);
    if job.has_results(done) {
        output.finish()?;
    }
    Ok(done)
}

/// Standard input, where nothing is named.
fn paths(args: &Classify) -> Cow<'_, [PathBuf]> {
    if args.paths.is_empty() { Cow::Owned(vec![PathBuf::from("-")]) } else { Cow::Borrowed(&args.paths) }
}

/// What would be read, a name a line, byte by byte as the system has it; on a terminal as it can be shown.
fn list(args: &Classify, remarks: Remarks) -> anyhow::Result<u8> {
    let (files, mut all_found) = inputs::files(&paths(args), &args.from.glob, remarks)?;
    let mut out = Output::open(None)?;
    let shows = io::stdout().is_terminal();
    for path in &files {
        if path.as_os_str() != "-"
            && let Err(error) = path.metadata()
        {
            remarks.fail(unopened(path, error));
            all_found = false;
            continue;
        }
        match shows {
            true => writeln!(out, "{}", visible(&path.to_string_lossy()))?,
            false => out.write_all(&[path.as_os_str().as_encoded_bytes(), b"\n"].concat())?,
        }
    }
    out.finish()?;
    Ok(if all_found { DONE } else { FAILED })
}

fn all_files(
    args: &Classify,
    shared: &Shared,
    job: &Job,
    files: &[PathBuf],
    output: &mut Output,
) -> anyhow::Result<u8> {
    let order = args.shown.explain.map_or(Order::default(), |order| order.meant());
    let setting = Setting {
        model: job.classifier.model,
        explain: job.classifier.explain,
        order,
        all_scores: args.shown.all_scores,
        choice: job.classifier.choice.clone(),
        voices: match &job.classifier.voices {
            Listening::For(voices) => voices.clone(),
            Listening::ToAll | Listening::ToNobody => Vec::new(),
        },
    };
    let report: SharedReport = Rc::new(RefCell::new(report(args, shared, job, &setting, output)));
    let bar = progress(files, shared, args);
    // Counts show no cells.
    let wanted = if args.shown.summary { OutputFormat::Text } else { args.format() };
    let (status, units, framed) = read_all(job, files, &args.from, wanted, &report, &bar)?;
    bar.finish_and_clear();
    if job.has_results(status) {
        report.borrow_mut().end()?;
    }
    finale(args, job, units, framed, &setting);
    Ok(status)
}

/// Classifies every unit of the files, whose cells are kept as `wanted` needs them; the exit status, how many units there were, and how many have a
/// framing.
pub fn read_all(
    job: &Job,
    files: &[PathBuf],
    from: &FromOptions,
    wanted: OutputFormat,
    report: &SharedReport,
    bar: &ProgressBar,
) -> anyhow::Result<(u8, u64, u64)> {
    let (mut status, mut units, mut framed) = (DONE, 0, 0);
    let mut home = columns::Home::new(wanted);
    for path in files {
        let read = match &from.column {
            Some(column) => columns::classify(job, path, (column, from.input_format), &mut home, report, bar),
            None => stream::classify(job, path, report, bar),
        };
        match read {
            Ok(mut tally) => {
                bar.suspend(|| remark(&mut tally, path, job));
                units += tally.units;
                framed += tally.framed;
            }
            Err(error) if is_closed_pipe(&error) || is_of_output(&error) => return Err(error),
            Err(error) => {
                bar.suspend(|| job.remarks.fail(error));
                status = FAILED;
            }
        }
    }
    bar.suspend(|| home.remark(job.remarks));
    Ok((status, units, framed))
}

/// A person who sees nothing wants to know whether there was something to see.
fn finale(args: &Classify, job: &Job, units: u64, framed: u64, setting: &Setting) {
    if io::stderr().is_terminal() && args.format() == OutputFormat::Text && !args.shown.summary {
        let noun = match (job.classifier.unit, units) {
            (unit, 1) => noun(unit).to_owned(),
            (unit, _) => noun(unit).to_owned() + "s",
        };
        let carry = plural(framed, "carries", "carry");
        job.remarks.say(format_args!("{framed} of {units} {noun} {carry} a framing{}", setting.asked()));
    }
    if setting.hearing() == Hearing::Quotations && tells_voices(args, &job.classifier.voices) {
        job.remarks.say(format_args!("note: {ONLY_QUOTATIONS}"));
    }
    if args.shown.summary {
        job.remarks
            .say("note: uncorrected counts of what the model found; `rhetor estimate` corrects them by a hand-labelled sample");
    }
}

/// Whether the results say of all that they hold in whose voice it is, and not what was listened for.
fn tells_voices(args: &Classify, voices: &Listening) -> bool {
    match (voices, args.format()) {
        (Listening::ToNobody, _) | (_, OutputFormat::Html) => false,
        (Listening::For(_), _) => true,
        (Listening::ToAll, format) => format != OutputFormat::Text,
    }
}

fn report<'a>(
    args: &Classify,
    shared: &Shared,
    job: &Job,
    setting: &'a Setting<'a>,
    output: &'a mut Output,
) -> Box<dyn Report + 'a> {
    let delimiter = if args.format() == OutputFormat::Tsv { b'\t' } else { b',' };
    if args.shown.summary {
        let shape = match args.format() {
            // Nobody gets here with HTML: `run` refuses it.
            OutputFormat::Text | OutputFormat::Html => Shape::Text,
            OutputFormat::Jsonl => Shape::Jsonl,
            OutputFormat::Csv | OutputFormat::Tsv => Shape::Table(delimiter),
        };
        return Box::new(Summary::new(setting, output, shape).spreadsheet_safe(args.spreadsheet_safe));
    }
    match args.format() {
        OutputFormat::Html => Box::new(Html::new(setting, output, noun(job.classifier.unit))),
        OutputFormat::Jsonl => Box::new(Jsonl::new(setting, output)),
        OutputFormat::Csv | OutputFormat::Tsv => {
            Box::new(Table::new(setting, output, delimiter).spreadsheet_safe(args.spreadsheet_safe))
        }
        OutputFormat::Text => {
            let to_file = args.output.is_some();
            // One record out for each line in is a promise of that unit.
            let all = args.shown.all || job.classifier.unit == UnitKind::Line;
            let width = columns().filter(|_| !to_file);
            let look = Look { color: use_color(shared, to_file), deep: has_deep_color(), width, all };
            Box::new(Terminal::new(setting, output, look))
        }
    }
}

/// A bar over the bytes of all files, where a person can see it and results do not run over it.
fn progress(files: &[PathBuf], shared: &Shared, args: &Classify) -> ProgressBar {
    let seen = args.output.is_some() || args.shown.summary || !io::stdout().is_terminal();
    let bytes: u64 = files.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum();
    if shared.quiet || !seen || bytes < 1 << 20 {
        return ProgressBar::hidden();
    }
    let style = "{wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}";
    ProgressBar::new(bytes).with_style(ProgressStyle::with_template(style).expect("the template is valid"))
}

/// What `--voice` asks for.
fn listening(wanted: &[VoiceName]) -> anyhow::Result<Listening> {
    let voices: Vec<Voice> = wanted.iter().filter_map(|voice| voice.meant()).collect();
    match (wanted, voices.len()) {
        ([], _) => Ok(Listening::ToAll),
        (_, 0) => Ok(Listening::ToNobody),
        (_, some) if some == wanted.len() => Ok(Listening::For(voices)),
        _ => Err(misuse(
            "--voice none tells no voices, so none can be chosen with it\nhint: leave out either none or the others",
        )),
    }
}

fn choice(model: &Model, args: &Classify) -> anyhow::Result<Choice> {
    let is_known = |name: &str| model.labels().find(name).is_some();
    let names = args.shown.only.iter().flat_map(|line| list::names(line, is_known));
    let only: Vec<LabelId> = names.map(|name| label(model, &name)).collect::<Result<_, _>>()?;
    Ok(Choice {
        only: Some(only).filter(|only| !only.is_empty()),
        threshold: args.shown.threshold,
        thresholds: None,
        top_k: args.shown.top_k.map(|k| k as usize),
    })
}

/// The label of that name.
pub fn label(model: &Model, name: &str) -> anyhow::Result<LabelId> {
    model.labels().find(name.trim()).ok_or_else(|| {
        let hint = match model.labels().nearest(name) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("it has {}", model.labels().iter().map(|(_, name)| name).collect::<Vec<_>>().join(", ")),
        };
        misuse(format_args!("the model has no label {name:?}\nhint: {hint}"))
    })
}

/// What people call it.
pub fn noun(unit: UnitKind) -> &'static str {
    match unit {
        UnitKind::Sentence => "sentence",
        UnitKind::Line => "line",
        UnitKind::Paragraph => "paragraph",
        UnitKind::Document => "text",
    }
}

/// What that is to the reader of text.
pub fn kind(unit: UnitName) -> UnitKind {
    match unit {
        UnitName::Sentence => UnitKind::Sentence,
        UnitName::Line => UnitKind::Line,
        UnitName::Paragraph => UnitKind::Paragraph,
        UnitName::Document => UnitKind::Document,
    }
}

/// Says once if a text is not in the model's language.
pub fn remark_on_language(tally: &mut Tally, path: &Path, job: &Job) {
    let language = job.classifier.model.featurizer().settings().language;
    let Some(sample) = tally.sample.take().filter(|_| !tally.is_no_text) else { return };
    if let Some(found) = language::other_than(language, &sample) {
        job.remarks.warn(format_args!(
            "{}: seems to be {found}, and the model is for {language}; results mean nothing there\nhint: `rhetor train --language` makes a model for another language",
            path.display()
        ));
        tally.is_foreign = true;
    }
}

fn remark(tally: &mut Tally, path: &Path, job: &Job) {
    remark_on_language(tally, path, job);
    if tally.is_no_text {
        tally.faults.replaced = Spot::default();
    }
    tally.faults.remark(path, job.classifier.unit, job.max_record, job.remarks);
    let share = tally.known as f64 / tally.words.max(1) as f64;
    if tally.units == 0 {
        job.remarks.say(format_args!("{}: no text in it", path.display()));
    }
    if tally.words >= ENOUGH_WORDS && share < TOO_FEW_KNOWN && !tally.is_foreign && !tally.is_no_text {
        job.remarks.warn(format_args!(
            "{}: the model knows {:.0}% of the words; results mean little for other languages or subjects than it was trained on",
            path.display(),
            100.0 * share
        ));
    }
}
