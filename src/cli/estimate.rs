//! `rhetor estimate`: how common each framing is, by predictions on a pool and a small sample labelled by hand.

mod pool;
mod shown;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use indicatif::ProgressBar;
use rhetor::classifier::Classifier;
use rhetor::codebook::LabelSet;
use rhetor::corpus::{self, Example};
use rhetor::evaluate::estimate::{self as estimates, Estimates, Labelled, Oddity, Stratum};
use rhetor::evaluate::suggest::{CHOSEN, RANDOM};
use rhetor::idle::Idle;
use rhetor::model::Model;
use rhetor::report::ONLY_QUOTATIONS;
use rhetor::text::count;
use rhetor::text::speech::Hearing;
use rhetor::text::unit::UnitKind;
use serde::Serialize;

use super::agree::rows;
use super::args::{DataOptions, Estimate, FigureFormat, OutputFormat};
use super::classify::{self, Job, SharedReport};
use super::{
    DONE, FAILED, Remarks, inputs, load_model, refuse_promise, refuse_same, train, warn_of_few_groups, write_whole,
};
use pool::{Found, Pool};

/// A sample of fewer units is called small.
const SMALL: usize = 100;

/// All that one run found out, as JSON has it.
#[derive(Serialize)]
pub struct Findings {
    /// The fingerprint of the model.
    model: String,
    /// What is counted.
    unit: &'static str,
    pool: PoolFacts,
    sample: SampleFacts,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    labels: Vec<LabelFacts>,
    whole: Shares,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct PoolFacts {
    files: u64,
    units: u64,
}

#[derive(Serialize)]
struct SampleFacts {
    /// Rows that were found in the pool: the only ones in any figure.
    units: u64,
    joined_by: &'static str,
    not_in_pool: u64,
    repeated: u64,
    /// What was drawn whole, if not single units.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<u64>,
    weighted: bool,
}

#[derive(Serialize)]
struct LabelFacts {
    label: String,
    /// How much of the model's word counts.
    power: f64,
}

/// The estimates of a stratum, by label.
#[derive(Serialize)]
struct Shares {
    units: u64,
    sampled: u64,
    too_few: bool,
    labels: Vec<LabelShare>,
}

#[derive(Serialize)]
struct LabelShare {
    label: String,
    #[serde(flatten)]
    estimate: estimates::Estimate,
    /// The corrected number of units, and its interval.
    count: Option<f64>,
    count_interval: Option<(f64, f64)>,
}

/// The units of the pool that share a value.
#[derive(Serialize)]
struct Part {
    value: String,
    #[serde(flatten)]
    shares: Shares,
}

pub fn run(args: &Estimate, remarks: Remarks) -> anyhow::Result<u8> {
    refuse_promise(
        args.output.as_deref(),
        args.format.is_some(),
        &["jsonl", "tsv", "html"],
        ".json is for programs, .csv opens in a spreadsheet",
    )?;
    let model = load_model(args.model.as_deref())?;
    let sample = sample(args, remarks)?;
    let (files, all_found) = inputs::files(&args.pool, &args.from.glob, remarks)?;
    refuse_same(args.output.as_deref(), files.iter().chain(&args.model).chain([&args.labelled]))?;
    warn_of_sample(&model, &sample, remarks)?;
    let unit = args
        .unit
        .map_or(if args.from.column.is_some() { UnitKind::Document } else { UnitKind::Sentence }, classify::kind);
    let (status, found) = read_pool(args, &model, &sample, &files, unit, remarks)?;
    remark(&found, &sample, remarks);
    let labelled = labelled(&model, &sample, &found)?;
    let estimates = estimates::estimate(&found.parts, &labelled, model.labels().len());
    warn(&model, &found, &labelled, &estimates, remarks);
    let findings = findings(args, &model, &found, &labelled, estimates, (files.len() as u64, classify::noun(unit)));
    let text = match FigureFormat::meant(args.format, args.output.as_deref()) {
        FigureFormat::Text => shown::text(&findings),
        FigureFormat::Json => format!("{:#}\n", serde_json::to_value(&findings)?),
        FigureFormat::Csv => shown::csv(&findings)?,
    };
    write_whole(args.output.as_deref(), |out| out.write_all(text.as_bytes()))?;
    Ok(status.max(if all_found { DONE } else { FAILED }))
}

/// What the model says of the pool, and where in it the sample lies; and the exit status.
fn read_pool(
    args: &Estimate,
    model: &Model,
    sample: &[Example],
    files: &[PathBuf],
    unit: UnitKind,
    remarks: Remarks,
) -> anyhow::Result<(u8, Found)> {
    let classifier = Classifier { explain: false, unit, ..Classifier::new(model) };
    let job = Job {
        classifier,
        max_record: args.from.max_record,
        encoding: args.sample.encoding,
        remarks,
        memories: Idle::default(),
        has_begun: AtomicBool::new(false),
    };
    let pool = Rc::new(RefCell::new(Pool::new(args, model, sample)));
    let report: SharedReport = Rc::new(RefCell::new(Box::new(pool::Reading(pool.clone()))));
    let (status, ..) =
        classify::read_all(&job, files, &args.from, OutputFormat::Jsonl, &report, &ProgressBar::hidden())?;
    drop(report);
    let pool = Rc::into_inner(pool).expect("nobody reads any more").into_inner();
    if pool.is_by_voice() && model.hearing() == Hearing::Quotations {
        remarks.say(format_args!("note: {ONLY_QUOTATIONS}"));
    }
    Ok((status, pool.finish()?))
}

/// The rows of the sample that count.
fn sample(args: &Estimate, remarks: Remarks) -> anyhow::Result<Vec<Example>> {
    let options = &args.sample;
    let data = DataOptions {
        input_format: None,
        text_column: options.text_column.clone(),
        label_column: options.label_column.clone(),
        label_columns: options.label_columns.clone(),
        label_separator: options.label_separator.clone(),
        blank_is_unjudged: options.blank_is_unjudged,
        encoding: options.encoding,
        group_column: options.group_column.clone(),
        weight_column: options.weight_column.clone(),
        strict: options.strict,
    };
    let mut reading = train::read_options(&data);
    reading.columns.id.clone_from(&options.id_column);
    let path = [&args.labelled];
    let mut read = corpus::read(&path, &reading);
    // A sample of a table's rows calls its text what the table does.
    if matches!(read, Err(corpus::CorpusError::NoTextColumn { .. })) {
        reading.columns.text.clone_from(&args.from.column);
        read = corpus::read(&path, &reading);
    }
    let mut corpus = read?;
    train::report_reading(&corpus, remarks);
    // `rhetor suggest` marks what it drew at random among what it chose.
    let is_mixed = corpus.examples.iter().any(|example| example.extra.get(CHOSEN).is_some_and(|how| how != RANDOM));
    let suggested = is_mixed.then(|| (CHOSEN.to_owned(), RANDOM.to_owned()));
    if let Some((column, value)) = options.only.clone().or(suggested) {
        let before = corpus.examples.len();
        corpus.examples.retain(|example| example.says(&column, &value));
        if corpus.examples.is_empty() {
            anyhow::bail!("{}: none of {before} rows has {column} = {value}", args.labelled.display());
        }
        remarks
            .say(format_args!("{} of {before} rows have {column} = {value}; only they count", corpus.examples.len()));
    }
    // It draws units one by one, whatever document they lie in; who names a column knows of another draw.
    if options.group_column.is_none() {
        let drawn = corpus.examples.iter_mut().filter(|example| example.says(CHOSEN, RANDOM));
        drawn.for_each(|example| example.group = None);
    }
    Ok(corpus.examples)
}

/// What spoils the sample before the pool is read.
fn warn_of_sample(model: &Model, sample: &[Example], remarks: Remarks) -> anyhow::Result<()> {
    let hint = "hint: draw another sample, or train on other units";
    match super::seen(model, sample) {
        0 => {}
        seen if seen == sample.len() => anyhow::bail!(
            "the model was trained on this very sample, so it hides the errors that the sample is to show\n{hint}"
        ),
        seen => remarks.warn(format_args!(
            "the model was trained on {seen} of the {} units of the sample, so it hides some of the errors that the sample is to show\n{hint}",
            sample.len()
        )),
    }
    let given: BTreeSet<&str> = sample.iter().flat_map(|example| &example.labels).map(String::as_str).collect();
    let strange: Vec<&str> = given.iter().copied().filter(|label| model.labels().find(label).is_none()).collect();
    if !strange.is_empty() && strange.len() == given.len() {
        anyhow::bail!(
            "no label of the sample is the model's ({})\nhint: `-m MODEL` names another model; this one has {}",
            strange.join(", "),
            names(model.labels()).join(", ")
        );
    }
    for label in strange {
        let hint = model.labels().nearest(label).map_or(String::new(), |near| format!("\nhint: did you mean {near}?"));
        remarks.warn(format_args!("the model has no label {label:?}, which the sample has; it gets no figure{hint}"));
    }
    Ok(())
}

fn names(labels: &LabelSet) -> Vec<&str> {
    labels.iter().map(|(_, name)| name).collect()
}

/// How sample and pool found each other.
fn remark(found: &Found, sample: &[Example], remarks: Remarks) {
    if found.other_text > 0 {
        remarks.warn(format_args!(
            "{} of the sample with another text in the pool under their id\nhint: `--join text` goes by the text",
            rows(found.other_text as usize)
        ));
    }
    let first = |at: &[usize]| at.first().map_or(String::new(), |&at| sample[at].place.to_string());
    if !found.repeated.is_empty() {
        remarks.warn(format_args!(
            "{}: {} of the sample beyond those of the same key in the pool, the first here; left out",
            first(&found.repeated),
            rows(found.repeated.len())
        ));
    }
    if !found.missing.is_empty() {
        remarks.warn(format_args!(
            "{}: {} of {} rows of the sample are not in the pool, by {}, the first here; they are left out\nhint: {}",
            first(&found.missing),
            found.missing.len(),
            sample.len(),
            found.key.name(),
            "the sample holds whole units of the pool (--unit), unaltered; `--join` goes by id or text"
        ));
    }
}

/// The rows of the sample that lie in the pool, with what the model says of them.
fn labelled(model: &Model, sample: &[Example], found: &Found) -> anyhow::Result<Vec<Labelled>> {
    let mut groups: Vec<&str> = sample.iter().filter_map(|example| example.group.as_deref()).collect();
    groups.sort_unstable();
    groups.dedup();
    let cluster = |example: &Example| {
        let group = example.group.as_deref()?;
        Some(groups.binary_search(&group).expect("every group was gathered"))
    };
    let labelled: Vec<Labelled> = sample
        .iter()
        .zip(&found.places)
        .filter_map(|(example, place)| {
            let place = place.as_ref()?;
            let has = |label| example.labels.iter().any(|name| model.labels().find(name) == Some(label));
            Some(Labelled {
                part: place.part,
                cluster: cluster(example),
                weight: example.weight,
                truth: model.labels().iter().map(|(label, _)| has(label)).collect(),
                probabilities: place.probabilities.clone(),
            })
        })
        .collect();
    if labelled.is_empty() {
        anyhow::bail!(
            "no row of the sample is in the pool\nhint: the sample must hold whole units of the pool, as --unit cuts them, with their text unaltered"
        );
    }
    Ok(labelled)
}

/// What makes the figures doubtful.
fn warn(model: &Model, found: &Found, sample: &[Labelled], estimates: &Estimates, remarks: Remarks) {
    // Of a pool that is labelled whole nothing is estimated.
    if sample.len() < SMALL && (sample.len() as u64) < estimates.whole.units {
        remarks.warn(format_args!(
            "{} a small sample, and intervals are wide\nhint: label some 200, drawn at random",
            count::counted(sample.len() as u64, "unit is", "units are")
        ));
    }
    let clusters = estimates::clusters(sample.iter());
    if clusters < sample.len() {
        remarks.say(
            "units of one group count as drawn together; `--group-column none` is for units that were drawn one by one",
        );
        warn_of_few_groups(clusters, sample.len(), remarks);
    }
    let odd = |oddity: &Oddity| match *oddity {
        Oddity::Label { label, sample, pool } => {
            let name = model.labels().iter().nth(label).map_or("", |(_, name)| name);
            format!(
                "the model expects {name} in {:.1}% of the sample and {:.1}% of the pool",
                100.0 * sample,
                100.0 * pool
            )
        }
        Oddity::Part { part, sample, pool } => {
            format!(
                "{} is {:.1}% of the sample and {:.1}% of the pool",
                found.values[part],
                100.0 * sample,
                100.0 * pool
            )
        }
    };
    if let Some(first) = estimates.oddities.first() {
        let more = match estimates.oddities.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more such"),
        };
        remarks.warn(format_args!(
            "the sample does not look like a random one: {}{more}\nhint: all figures rest on a random draw; if some units were likelier to be drawn, a column `weight` says how many each stands for, and `--only COLUMN=VALUE` keeps those drawn at random",
            odd(first)
        ));
    }
}

fn findings(
    args: &Estimate,
    model: &Model,
    found: &Found,
    sample: &[Labelled],
    estimates: Estimates,
    (files, unit): (u64, &'static str),
) -> Findings {
    let labels = names(model.labels());
    let shares = |stratum: Stratum| Shares {
        units: stratum.units,
        sampled: stratum.sampled,
        too_few: stratum.too_few,
        labels: labels
            .iter()
            .zip(stratum.labels)
            .map(|(label, estimate)| counted(label, estimate, stratum.units))
            .collect(),
    };
    let clusters = estimates::clusters(sample.iter());
    let mut parts: Vec<Part> = found
        .values
        .iter()
        .zip(estimates.parts)
        .map(|(value, part)| Part { value: value.clone(), shares: shares(part) })
        .collect();
    parts.sort_by(|a, b| b.shares.units.cmp(&a.shares.units).then(a.value.cmp(&b.value)));
    if args.by.is_none() {
        parts.clear();
    }
    Findings {
        model: model.fingerprint().to_owned(),
        unit,
        pool: PoolFacts { files, units: estimates.whole.units },
        sample: SampleFacts {
            units: sample.len() as u64,
            joined_by: found.key.name(),
            not_in_pool: found.missing.len() as u64,
            repeated: found.repeated.len() as u64,
            groups: (clusters < sample.len()).then_some(clusters as u64),
            weighted: sample.iter().any(|unit| unit.weight != sample[0].weight),
        },
        by: args.by.clone(),
        labels: labels
            .iter()
            .zip(&estimates.power)
            .map(|(label, power)| LabelFacts { label: (*label).to_owned(), power: *power })
            .collect(),
        whole: shares(estimates.whole),
        parts,
    }
}

fn counted(label: &str, estimate: estimates::Estimate, units: u64) -> LabelShare {
    let units = units as f64;
    LabelShare {
        label: label.to_owned(),
        count: estimate.corrected.map(|corrected| corrected.share * units),
        count_interval: estimate
            .corrected
            .and_then(|corrected| corrected.interval)
            .map(|(low, high)| (low * units, high * units)),
        estimate,
    }
}
