//! `rhetor evaluate`: a model's figures on labelled data.

mod figures;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use rhetor::corpus::{self, Example};
use rhetor::evaluate::voices::VoiceFigures;
use rhetor::evaluate::{Evaluation, Judgement};
use rhetor::framing::evidence;
use rhetor::model::card::MirrorFile;
use rhetor::model::{Model, english};
use rhetor::report::html::model::ModelReport;
use serde::Serialize;

use super::args::{CardFormat, Evaluate};
use super::{DONE, Remarks, load_model, named, refuse_same, refuse_twice, train, write_whole};

/// Terms shown with a mistake.
const TERMS_SHOWN: usize = 6;

/// All that one run found out; as JSON it is also what `train --mirror` reads.
#[derive(Serialize)]
pub struct Findings {
    /// The fingerprint of the whole model.
    model: String,
    /// The fingerprint of its terms, weights and thresholds alone.
    weights: String,
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

/// A label given where it is not true, or true where it was not given.
#[derive(Serialize)]
struct Mistake {
    place: String,
    label: String,
    /// It is true, and was not given.
    missed: bool,
    p: f64,
    threshold: f64,
    text: String,
    /// Surface and contribution of the heaviest terms, in log-odds.
    terms: Vec<(String, f64)>,
}

pub fn run(args: &Evaluate, remarks: Remarks) -> anyhow::Result<u8> {
    let inputs = || args.data.iter().chain(&args.model);
    refuse_same(args.output.as_deref(), inputs())?;
    refuse_same(args.report.as_deref(), inputs())?;
    refuse_twice(args.output.as_deref(), args.report.as_deref())?;
    let model = load_model(args.model.as_deref())?;
    let data: Vec<_> = args.data.iter().map(|path| path.to_string_lossy()).collect();
    let corpus = corpus::read(&data, &train::read_options(&args.input))?;
    train::report_reading(&corpus, remarks);
    super::annotate::warn_of_journals(&args.data, remarks);
    warn_of_strangers(&model, &corpus.examples, remarks)?;
    if rhetor::learn::data_fingerprint(&corpus.examples) == model.card().data {
        remarks.warn("the model was trained on these very units, so all figures flatter");
    }
    let judgement = Judgement::of(&model, &corpus.examples);
    let findings = Findings {
        model: model.fingerprint().to_owned(),
        weights: model.weights_fingerprint(),
        data: args.data.iter().map(|path| data_file(path)).collect::<anyhow::Result<_>>()?,
        all: judgement.evaluate(args.seed),
        by: args.by.clone(),
        parts: parts(args, &judgement, &corpus.examples)?,
        voice: if args.voice { Some(voices(&model, &corpus.examples)?) } else { None },
        errors: mistakes(&model, &judgement, &corpus.examples, args.errors),
        wants_errors: args.errors > 0,
    };
    let text = match args.format {
        CardFormat::Text => figures::text(&findings),
        CardFormat::Json => format!("{:#}\n", serde_json::to_value(&findings)?),
    };
    if let Some(path) = &args.report {
        let title = args.model.as_deref().map_or(english::NAME.to_owned(), |path| path.display().to_string());
        let page = ModelReport::of_evaluation(&model, &judgement, &findings.all, &title);
        write_whole(Some(path), |out| page.write(out))?;
    }
    write_whole(args.output.as_deref(), |out| out.write_all(text.as_bytes()))?;
    Ok(DONE)
}

fn voices(model: &Model, examples: &[Example]) -> anyhow::Result<VoiceFigures> {
    VoiceFigures::of(examples, model.featurizer().settings().language).ok_or_else(|| {
        anyhow::anyhow!("no unit has a voice\nhint: a column `voice` says author, quoted, reported or mixed")
    })
}

/// Labels of the data that the model does not have.
fn warn_of_strangers(model: &Model, examples: &[Example], remarks: Remarks) -> anyhow::Result<()> {
    let mut strangers: BTreeMap<&str, u64> = BTreeMap::new();
    let labels = examples.iter().flat_map(|example| &example.labels);
    labels.filter(|label| model.labels().find(label).is_none()).for_each(|label| {
        *strangers.entry(label).or_default() += 1;
    });
    let known = examples.iter().flat_map(|example| &example.labels).any(|label| model.labels().find(label).is_some());
    if !strangers.is_empty() && !known {
        let names: Vec<&str> = model.labels().iter().map(|(_, name)| name).collect();
        anyhow::bail!(
            "no label of the data is the model's ({})\nhint: `-m MODEL` names another model; this one has {}",
            strangers.keys().copied().collect::<Vec<_>>().join(", "),
            names.join(", ")
        );
    }
    for (label, count) in strangers {
        let hint = model.labels().nearest(label).map_or(String::new(), |near| format!("\nhint: did you mean {near}?"));
        remarks.warn(format_args!("the model has no label {label:?}, and {count} units have it; it is left out{hint}"));
    }
    Ok(())
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

/// The figures of each value of the column that the user names, the commonest first.
fn parts(args: &Evaluate, judgement: &Judgement, examples: &[Example]) -> anyhow::Result<Vec<Part>> {
    let Some(column) = &args.by else { return Ok(Vec::new()) };
    let of = |example: &Example| match example.extra.get(column) {
        None if column == "group" => example.group.clone(),
        value => value.cloned(),
    };
    let mut units: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, example) in examples.iter().enumerate() {
        units.entry(of(example).unwrap_or_default()).or_default().push(i);
    }
    if units.keys().all(String::is_empty) {
        let names: BTreeSet<&str> =
            examples.iter().flat_map(|example| example.extra.keys()).map(String::as_str).collect();
        let found = names.into_iter().collect::<Vec<_>>().join(", ");
        anyhow::bail!(
            "no unit has a column {column:?}\nhint: beside text, labels, group and weight there are: {found}"
        );
    }
    let mut units: Vec<(String, Vec<usize>)> = units.into_iter().collect();
    units.sort_by_key(|(_, units)| std::cmp::Reverse(units.len()));
    let part = |(value, units): (String, Vec<usize>)| Part { value, all: judgement.only(&units).evaluate(args.seed) };
    Ok(units.into_iter().map(part).collect())
}

/// The mistakes of which the model was surest.
fn mistakes(model: &Model, judgement: &Judgement, examples: &[Example], most: usize) -> Vec<Mistake> {
    let k = judgement.labels.len();
    let mut wrong: Vec<(f64, usize, rhetor::codebook::LabelId)> = Vec::new();
    for i in 0..judgement.units() {
        for (label, _) in model.labels().iter() {
            let truth = judgement.truth.has(i, label.index());
            if judgement.given.has(i, label.index()) != truth {
                let p = judgement.probabilities[i * k + label.index()];
                wrong.push((if truth { 1.0 - p } else { p }, i, label));
            }
        }
    }
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut scratch = model.scratch();
    let mut mistake = |(_, i, label): &(f64, usize, rhetor::codebook::LabelId)| {
        let example = &examples[*i];
        let row = model.featurizer().row(&example.text, &mut scratch);
        let terms = evidence::explain(model, &row, *label).terms.into_iter().take(TERMS_SHOWN).map(|term| {
            let surface = term.spans.first().map_or("", |span| span.of(&example.text));
            (surface.to_owned(), term.contribution)
        });
        Mistake {
            place: example.place.to_string(),
            label: model.labels().name(*label).to_owned(),
            missed: judgement.truth.has(*i, label.index()),
            p: judgement.probabilities[i * k + label.index()],
            threshold: model.threshold(*label),
            terms: terms.collect(),
            text: example.text.clone(),
        }
    };
    wrong.iter().take(most).map(&mut mistake).collect()
}
