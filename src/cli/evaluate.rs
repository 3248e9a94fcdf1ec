//! `rhetor evaluate`: a model's figures on labelled data, or by folds those of what could be learned from it.

mod against;
mod figures;
mod mistakes;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use rhetor::corpus::{self, Corpus, Example, ReadOptions};
use rhetor::evaluate::voices::VoiceFigures;
use rhetor::evaluate::{Evaluation, Judgement};
use rhetor::framing::voice::Voice;
use rhetor::learn;
use rhetor::model::card::{Learning, MirrorFile};
use rhetor::model::{Model, Task, english};
use rhetor::report::html::model::ModelReport;
use rhetor::text::count::plural;
use rhetor::text::form::composed;
use serde::Serialize;

use super::args::{Evaluate, FiguresFormat};
use super::output::check_output;
use super::reading::in_groups;
use super::{
    DONE, FEW_GROUPS, Remarks, load_model, misuse, named, refuse_promise, refuse_same, refuse_twice, train,
    warn_of_few_groups, warn_of_seen, write_whole,
};
use against::Against;
use mistakes::Mistake;

/// All that one run found out; as JSON it is also what `train --mirror` reads.
#[derive(Serialize)]
pub struct Findings {
    /// The fingerprint of the whole model, and of its terms, weights and thresholds alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<String>,
    /// Where no model is judged: how the folds learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    cv: Option<Learning>,
    data: Vec<MirrorFile>,
    #[serde(flatten)]
    all: Evaluation,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<VoiceFigures>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mistake>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Against>,
    #[serde(skip)]
    measured: String,
    #[serde(skip)]
    wants_errors: bool,
}

/// The units that share a value of a column.
#[derive(Serialize)]
struct Part {
    value: String,
    #[serde(flatten)]
    all: Evaluation,
}

/// What was said of units: by a model, or held out.
struct Judged {
    model: Model,
    /// The one that it is compared with, by name.
    other: Option<(String, Model)>,
    judgement: Judgement,
    /// Those that were judged.
    examples: Vec<Example>,
    /// The model itself said it.
    by_model: bool,
}

pub fn run(args: &Evaluate, remarks: Remarks) -> anyhow::Result<u8> {
    check_files(args)?;
    check_weights(args)?;
    warn_of_left_out(args, remarks);
    let options = ReadOptions { weighs: args.cv, ..train::read_options(&args.input) };
    let corpus = corpus::read(&args.data, &options)?;
    train::report_reading(&corpus, remarks);
    super::annotate::warn_of_journals(&args.data, remarks);
    check_columns(args, &corpus.examples, remarks)?;
    let files = args.data.iter().map(|path| data_file(path)).collect::<anyhow::Result<_>>()?;
    let judged = if args.cv { by_folds(args, corpus, remarks)? } else { by_model(args, corpus, remarks)? };
    warn_of_few_groups(judged.judgement.group_count(), judged.judgement.units(), remarks);
    warn_of_unlabelled(&judged, remarks);
    let findings = find(args, &judged, files, remarks)?;
    warn_of_small_parts(&findings.parts, remarks);
    let title = if args.cv { "Cross-validation".to_owned() } else { model_name(args.model.as_deref()) };
    let page = || page(&judged, &findings, &title);
    if let Some(path) = &args.report {
        write_whole(Some(path), |out| page().write(out))?;
    }
    write_whole(args.output.as_deref(), |out| match args.format() {
        FiguresFormat::Text => out.write_all(figures::text(&findings).as_bytes()),
        FiguresFormat::Json => writeln!(out, "{:#}", serde_json::to_value(&findings)?),
        FiguresFormat::Csv => table::write(&findings, out),
        FiguresFormat::Html => page().write(out),
    })?;
    Ok(DONE)
}

/// Better known before minutes of work than after.
fn check_files(args: &Evaluate) -> anyhow::Result<()> {
    let features = &args.features;
    let inputs =
        || args.data.iter().chain(&args.model).chain(&args.compare).chain(&features.cues).chain(&features.vectors);
    for (path, example) in [(args.output.as_deref(), "figures.json"), (args.report.as_deref(), "report.html")] {
        refuse_same(path, inputs())?;
        path.map_or(Ok(()), |path| check_output(path, example))?;
    }
    refuse_promise(
        args.output.as_deref(),
        args.format.is_some(),
        &["jsonl", "tsv"],
        ".json is for programs, .csv opens in a spreadsheet, .html is a page",
    )?;
    refuse_twice(args.output.as_deref(), args.report.as_deref())
}

/// Where a model is judged, no row weighs anything; to say so once more does no harm.
fn check_weights(args: &Evaluate) -> anyhow::Result<()> {
    match args.input.weight_column.as_deref() {
        Some(column) if !args.cv && column != train::NO_COLUMN => Err(misuse(
            "--weight-column is for --cv: no row weighs anything where a model is judged\nhint: leave it out, or judge the data with --cv",
        )),
        _ => Ok(()),
    }
}

/// What is asked for and cannot be shown in the format.
fn warn_of_left_out(args: &Evaluate, remarks: Remarks) {
    let asked = [("--by", args.by.is_some()), ("--voice", args.voice), ("--errors", args.errors > 0)];
    let (what, from) = match args.format() {
        FiguresFormat::Html => ("page", 0),
        FiguresFormat::Csv => ("table", 1),
        FiguresFormat::Text | FiguresFormat::Json => return,
    };
    for (option, _) in asked.iter().skip(from).filter(|(_, asked)| *asked) {
        remarks.warn(format_args!("the {what} does not show what {option} finds\nhint: --format text or json does"));
    }
}

/// Columns that are asked for must be there, and hold what can be understood.
fn check_columns(args: &Evaluate, examples: &[Example], remarks: Remarks) -> anyhow::Result<()> {
    if let Some(column) = &args.by
        && !examples.iter().any(|example| example.in_column(column).is_some())
    {
        return Err(learn::no_column(examples, column).into());
    }
    if !args.voice {
        return Ok(());
    }
    let voices = || examples.iter().filter_map(|example| Some((&example.place, example.extra.get("voice")?)));
    let odd: Vec<_> = voices().filter(|(_, name)| Voice::named(name).is_none()).collect();
    if let Some((place, name)) = odd.first() {
        let near = rhetor::codebook::nearest(name, Voice::ALL.iter().map(|voice| voice.name()));
        let hint =
            near.map_or("a voice is author, quoted, reported or mixed".into(), |near| format!("did you mean {near}?"));
        let more = if odd.len() > 1 { format!(" ({} such in all)", odd.len()) } else { String::new() };
        remarks.warn(format_args!("{place}: {name:?} is no voice, so --voice leaves the unit out{more}\nhint: {hint}"));
    }
    if odd.len() == voices().count() {
        anyhow::bail!("no unit has a voice\nhint: a column `voice` says author, quoted, reported or mixed");
    }
    Ok(())
}

fn by_model(args: &Evaluate, corpus: Corpus, remarks: Remarks) -> anyhow::Result<Judged> {
    let (model, mut examples) = (load_model(args.model.as_deref())?, corpus.examples);
    let other = match args.compare.as_deref() {
        Some(path) => Some((model_name(Some(path)), load_model(Some(path))?)),
        None => None,
    };
    if args.unseen {
        leave_out_seen(&model, other.as_ref().map(|(_, other)| other), &mut examples, remarks)?;
    }
    tell_strangers(&model, &mut examples, remarks)?;
    warn_of_seen(&model, "the model", &examples, remarks);
    if let Some((name, other)) = &other {
        warn_of_seen(other, name, &examples, remarks);
    }
    Ok(Judged { judgement: Judgement::of(&model, &examples), model, other, examples, by_model: true })
}

/// Leaves out the units that a model learned from, or the one that it is compared with.
fn leave_out_seen(
    model: &Model,
    other: Option<&Model>,
    examples: &mut Vec<Example>,
    remarks: Remarks,
) -> anyhow::Result<()> {
    for model in [Some(model), other].into_iter().flatten().filter(|model| !model.knows_its_texts()) {
        let hint = "hint: train it again with this version";
        let model = model.fingerprint();
        remarks.warn(format_args!("model {model} does not know the texts again that it was trained on, so --unseen leaves none of them out\n{hint}"));
    }
    let all = examples.len();
    examples
        .retain(|example| !model.has_seen(&example.text) && !other.is_some_and(|other| other.has_seen(&example.text)));
    match all - examples.len() {
        seen if seen == all => anyhow::bail!("every unit is one that was trained on, so --unseen leaves none"),
        0 => remarks.say("no unit is known from training"),
        seen => remarks.say(format_args!("{seen} of {all} units were trained on, and are left out")),
    }
    Ok(())
}

fn by_folds(args: &Evaluate, corpus: Corpus, remarks: Remarks) -> anyhow::Result<Judged> {
    let settings = train::settings(&args.features, &args.learning, remarks)?;
    train::tell_of_weights(&corpus, remarks);
    let trained = train::learn(&corpus, &settings, remarks)?;
    trained.warnings.iter().for_each(|warning| remarks.warn(warning));
    let held_out = trained.held_out;
    let examples = held_out.units.iter().map(|&unit| corpus.examples[unit].clone()).collect();
    Ok(Judged { model: trained.model, other: None, judgement: held_out.judgement, examples, by_model: false })
}

fn find(args: &Evaluate, judged: &Judged, data: Vec<MirrorFile>, remarks: Remarks) -> anyhow::Result<Findings> {
    let Judged { model, other, judgement, examples, by_model } = judged;
    let all = judgement.evaluate(args.learning.seed);
    Ok(Findings {
        model: by_model.then(|| model.fingerprint().to_owned()),
        weights: by_model.then(|| model.weights_fingerprint()),
        cv: (!by_model).then(|| model.card().learning.clone()),
        data,
        measured: measured(judged, &all),
        all,
        by: args.by.clone(),
        parts: args.by.as_ref().map_or(Vec::new(), |column| parts(column, judged, args.learning.seed)),
        voice: args.voice.then(|| VoiceFigures::of(examples, model.featurizer().settings().language)).flatten(),
        errors: mistakes::worst(judged, args.errors),
        comparison: other.as_ref().map(|(name, other)| Against::of(args, name, other, judged, remarks)).transpose()?,
        wants_errors: args.errors > 0,
    })
}

fn page(judged: &Judged, findings: &Findings, title: &str) -> ModelReport {
    let page = ModelReport::of_evaluation(&judged.model, &judged.judgement, &findings.all, title, &findings.measured);
    match &findings.comparison {
        Some(other) => page.against(&other.name, &other.comparison),
        None => page,
    }
}

/// How the figures were found, in words that say what they are worth.
fn measured(judged: &Judged, all: &Evaluation) -> String {
    let units = in_groups(all.units, all.groups);
    if judged.by_model {
        return format!("Measured on {}.", units.replacen(' ', " labelled ", 1));
    }
    let learning = &judged.model.card().learning;
    let company = match &learning.fold_by {
        Some(column) => format!("neither it nor others of its {column}"),
        None if all.groups > 1 && all.groups < all.units => "neither it nor others of its group".to_owned(),
        None => "it not".to_owned(),
    };
    format!(
        "Cross-validated on {units}, {} folds: each unit is judged by weights, at thresholds, that saw {company}. The strength of the penalty and \
         the calibration (a few numbers) were chosen on all folds.",
        learning.folds
    )
}

/// What people call a model.
fn model_name(path: Option<&Path>) -> String {
    path.map_or(english::NAME.to_owned(), |path| path.display().to_string())
}

/// Labels of the data that the model does not have. A unit of one label cannot be judged without it, and is left out; a unit of any number stays
/// with its others, and counts as one that lacks this.
fn tell_strangers(model: &Model, examples: &mut Vec<Example>, remarks: Remarks) -> anyhow::Result<()> {
    let mut strangers: BTreeMap<String, u64> = BTreeMap::new();
    let labels = examples.iter().flat_map(|example| &example.labels);
    labels.filter(|label| model.labels().find(label).is_none()).for_each(|label| {
        *strangers.entry(label.clone()).or_default() += 1;
    });
    let known = examples.iter().flat_map(|example| &example.labels).any(|label| model.labels().find(label).is_some());
    if !strangers.is_empty() && !known {
        let names: Vec<&str> = model.labels().iter().map(|(_, name)| name).collect();
        anyhow::bail!(
            "no label of the data is the model's ({})\nhint: `-m MODEL` names another model; this one has {}",
            strangers.into_keys().collect::<Vec<_>>().join(", "),
            names.join(", ")
        );
    }
    let is_single = model.task() == Task::Single;
    for (label, count) in &strangers {
        let hint = model.labels().nearest(label).map_or(String::new(), |near| format!("\nhint: did you mean {near}?"));
        let units = plural(*count, "unit that has it", "units that have it");
        let fate = match (is_single, count) {
            (true, 1) => "is left out, since nothing can be right there",
            (true, _) => "are left out, since nothing can be right there",
            (false, 1) => "is judged by its other labels alone",
            (false, _) => "are judged by their other labels alone",
        };
        remarks.warn(format_args!("the model has no label {label:?}; {count} {units} {fate}{hint}"));
    }
    if is_single && !strangers.is_empty() {
        examples.retain(|example| example.labels.iter().all(|label| model.labels().find(label).is_some()));
    }
    Ok(())
}

/// A model that gives each unit its likeliest label cannot be right about a unit without one.
fn warn_of_unlabelled(judged: &Judged, remarks: Remarks) {
    let Judgement { task, truth, .. } = &judged.judgement;
    let unlabelled = (0..truth.units()).filter(|&unit| !truth.any(unit)).count() as u64;
    if *task == Task::Single && unlabelled > 0 {
        let (have, answer) = (
            plural(unlabelled, "unit has", "units have"),
            plural(unlabelled, "its answer counts", "its answers count"),
        );
        remarks
            .warn(format_args!("{unlabelled} {have} no label, and the model gives each unit one: {answer} as wrong"));
    }
}

/// Intervals of parts of few groups say little, as they would of all units.
fn warn_of_small_parts(parts: &[Part], remarks: Remarks) {
    let fewer = |than: u64| parts.iter().filter(|part| part.all.groups < than).count() as u64;
    let (few, alone) = (fewer(FEW_GROUPS as u64), fewer(2));
    if few == 0 {
        return;
    }
    let (have, their) = (plural(few, "has", "have"), plural(few, "its", "their"));
    let none = match alone {
        0 => String::new(),
        _ => format!("; {alone} of one group {} none", plural(alone, "has", "have")),
    };
    let all = parts.len();
    let of = plural(all as u64, "part", "parts");
    remarks.warn(format_args!(
        "{few} of {all} {of} {have} fewer than ten groups, so {their} intervals are too narrow{none}"
    ));
}

fn data_file(path: &Path) -> anyhow::Result<MirrorFile> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    // What is no regular file cannot be read again.
    let sha256 = match path.is_file() {
        false => None,
        true => Some(rhetor::model::file::sha256_of(path).map_err(|error| named(path, error))?),
    };
    Ok(MirrorFile { name, sha256 })
}

/// The figures of each value of a column, the commonest first.
fn parts(column: &str, judged: &Judged, seed: u64) -> Vec<Part> {
    let mut units: BTreeMap<Cow<str>, Vec<usize>> = BTreeMap::new();
    for (i, example) in judged.examples.iter().enumerate() {
        units.entry(composed(example.in_column(column).unwrap_or_default())).or_default().push(i);
    }
    let mut units: Vec<(Cow<str>, Vec<usize>)> = units.into_iter().collect();
    units.sort_by_key(|(_, units)| std::cmp::Reverse(units.len()));
    let part = |(value, units): (Cow<str>, Vec<usize>)| Part {
        value: value.into_owned(),
        all: judged.judgement.only(&units).evaluate(seed),
    };
    units.into_iter().map(part).collect()
}
