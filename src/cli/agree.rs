//! `rhetor agree`: how far annotators agree, and what they agree on.

mod merging;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use rhetor::corpus::{self, ANNOTATOR, Corpus, Example, Warning};
use rhetor::evaluate::agreement::measures::{
    Agreement, Figures, LabelAgreement, MOST_PAIRS, PairAgreement, Usual, dispute,
};
use rhetor::evaluate::panel::{Key, Panel, Source, Unit};
use rhetor::text::Place;
use rhetor::text::form::composed;
use serde::Serialize;

use super::args::{Agree, FigureFormat};
use super::{DONE, Remarks, inputs, refuse_promise, refuse_same, refuse_twice, train, warn_of_few_groups, write_whole};
pub use merging::NONE;

/// All that one run found out, as JSON has it.
#[derive(Serialize)]
pub struct Findings {
    annotators: Vec<Annotator>,
    joined_by: &'static str,
    /// All units, and those that two annotators or more judged: the only ones in any figure.
    units: u64,
    shared: u64,
    /// The groups of the shared units.
    groups: u64,
    joining: Joining,
    fleiss_over: Usual,
    sets: Figures,
    labels: Vec<LabelAgreement>,
    pairs: Vec<PairAgreement>,
    discuss: Vec<Divided>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<Merged>,
}

#[derive(Serialize)]
struct Annotator {
    name: String,
    units: u64,
    /// Those that nobody else judged.
    alone: u64,
}

/// Rows that did not find their place as they should.
#[derive(Serialize)]
struct Joining {
    repeated: u64,
    changed: Vec<String>,
    other_text: Vec<String>,
    other_id: Vec<String>,
    without_key: u64,
}

/// A unit on which annotators differ.
#[derive(Serialize)]
struct Divided {
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    text: String,
    /// The mean MASI distance of its pairs of answers.
    distance: f64,
    answers: BTreeMap<String, Vec<String>>,
    /// Who flagged their answer as unsure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unsure: Vec<String>,
}

#[derive(Serialize)]
struct Merged {
    rule: &'static str,
    units: u64,
    left_out: Vec<LeftOut>,
}

/// A unit that has no place in the merged file.
#[derive(Serialize)]
struct LeftOut {
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    text: String,
    reason: String,
}

pub fn run(args: &Agree, remarks: Remarks) -> anyhow::Result<u8> {
    for output in [&args.output, &args.merging.merged, &args.merging.rest] {
        refuse_same(output.as_deref(), &args.files)?;
    }
    let Agree { output, merging, .. } = args;
    for (one, other) in [(output, &merging.merged), (output, &merging.rest), (&merging.merged, &merging.rest)] {
        refuse_twice(one.as_deref(), other.as_deref())?;
    }
    refuse_promise(
        output.as_deref(),
        args.format.is_some(),
        &["jsonl", "tsv", "html"],
        ".json is for programs, .csv opens in a spreadsheet",
    )?;
    let sources = sources(args, remarks)?;
    let panel = Panel::join(&sources, args.join.map(|join| join.meant()));
    inputs::warn_of_twice(&args.files, remarks);
    remark(&panel, remarks);
    if panel.shared().next().is_none() {
        anyhow::bail!(
            "no unit has two annotators, by {}\nhint: {}",
            panel.joining.key.name(),
            match panel.joining.key {
                Key::Id => "`--join text` compares the texts instead",
                Key::Text => "the texts must be the same but for white space; `--join id` compares ids",
            }
        );
    }
    check_size(&panel)?;
    let found = findings(args, &sources, &panel);
    if found.pairs.is_empty() {
        remarks.warn(format_args!("more than {MOST_PAIRS} pairs of annotators are too many to be shown one by one"));
    }
    merging::write(args, &sources, &panel, remarks)?;
    let text = match FigureFormat::meant(args.format, args.output.as_deref()) {
        FigureFormat::Text => shown::text(&found),
        FigureFormat::Json => format!("{:#}\n", serde_json::to_value(&found)?),
        FigureFormat::Csv => shown::csv(&found)?,
    };
    write_whole(args.output.as_deref(), |out| out.write_all(text.as_bytes()))?;
    Ok(DONE)
}

/// Every figure is worked out a thousand times over all pairs of answers, and each of a label is kept as often.
fn check_size(panel: &Panel) -> anyhow::Result<()> {
    const MOST_LABELS: usize = 10_000;
    const MOST_COMPARED: u64 = 10_000_000;
    let labels = panel.labels.len();
    if labels > MOST_LABELS {
        anyhow::bail!(
            "{labels} labels are more than agreement is worked out for ({MOST_LABELS})\nhint: check that --label-column names the right column"
        );
    }
    let compared: u64 =
        panel.shared().map(|unit| unit.answers.len() as u64).map(|answers| answers * (answers - 1) / 2).sum();
    if compared > MOST_COMPARED {
        anyhow::bail!(
            "{compared} pairs of answers on the same unit are more than are compared ({MOST_COMPARED})\nhint: check the ids, and that --annotator-column names the right column; or give fewer annotators"
        );
    }
    Ok(())
}

fn findings(args: &Agree, sources: &[Source], panel: &Panel) -> Findings {
    let agreement = Agreement::of(panel, args.seed);
    let shared: Vec<&Unit> = panel.shared().collect();
    let groups: BTreeSet<usize> = shared.iter().map(|unit| unit.group).collect();
    let names = panel.annotators.iter().zip(&panel.joining.judged);
    let places = |places: &[Place]| places.iter().map(ToString::to_string).collect();
    Findings {
        annotators: names
            .map(|(name, (units, alone))| Annotator { name: name.clone(), units: *units, alone: *alone })
            .collect(),
        joined_by: panel.joining.key.name(),
        units: panel.units.len() as u64,
        shared: shared.len() as u64,
        groups: groups.len() as u64,
        joining: Joining {
            repeated: panel.joining.repeated,
            changed: places(&panel.joining.changed),
            other_text: places(&panel.joining.other_text),
            other_id: places(&panel.joining.other_id),
            without_key: panel.joining.without_key,
        },
        fleiss_over: agreement.fleiss,
        sets: agreement.sets,
        labels: agreement.labels,
        pairs: agreement.pairs,
        discuss: divided(panel, sources, &shared, args.discuss),
        merged: (args.merging.merged.is_some() || args.merging.rest.is_some()).then(|| merged(args, panel)),
    }
}

/// An annotator a file, or an annotator a value of a column.
fn sources(args: &Agree, remarks: Remarks) -> anyhow::Result<Vec<Source>> {
    let mut options = train::read_options(&args.input);
    options.columns.id.clone_from(&args.id_column);
    options.weighs = false;
    // What is merged keeps whatever anybody's rows hold.
    options.everything = args.merging.merged.is_some() || args.merging.rest.is_some();
    let mut read = Vec::new();
    for path in &args.files {
        let mut corpus = corpus::read(&[path], &options)?;
        // Spellings are compared over all files, below.
        corpus.warnings.retain(|warning| !matches!(warning, Warning::LikeLabels { .. }));
        train::report_reading(&corpus, remarks);
        read.push(corpus);
    }
    corpus::alike(read.iter().flat_map(|corpus| &corpus.examples)).iter().for_each(|warning| remarks.warn(warning));
    match &args.annotator_column {
        Some(column) => by_column(read, column, remarks),
        None if read.len() == 1 => by_column(read, ANNOTATOR, remarks),
        None => {
            let files = names(&args.files).into_iter().zip(read);
            let files: Vec<Source> = files.map(|(name, corpus)| Source { name, examples: corpus.examples }).collect();
            warn_of_copies(&files, remarks);
            Ok(by_word(files, remarks))
        }
    }
}

/// Who answered, by the word of a file's rows, where each of them says it, else by the file: one may have several files, and a file several annotators.
fn by_word(files: Vec<Source>, remarks: Remarks) -> Vec<Source> {
    let says_all = |file: &Source| {
        file.examples.iter().all(|example| example.annotator().is_some_and(|name| !name.trim().is_empty()))
    };
    let said: BTreeSet<&str> = files.iter().flat_map(|file| &file.examples).filter_map(Example::annotator).collect();
    if let [only] = said.iter().collect::<Vec<_>>()[..]
        && files.iter().all(says_all)
    {
        remarks.warn(format_args!(
            "every row says that {only} is its annotator; each file counts as one\nhint: `annotate --annotator NAME` writes who answers into every row"
        ));
        return files;
    }
    let mut sources: Vec<Source> = Vec::new();
    let mut whose: Vec<BTreeSet<String>> = Vec::new();
    for file in files {
        let says_all = says_all(&file);
        for example in file.examples {
            let name =
                example.annotator().filter(|_| says_all).map_or(file.name.clone(), |name| composed(name).into_owned());
            let at = sources.iter().position(|source| source.name == name).unwrap_or_else(|| {
                sources.push(Source { name, examples: Vec::new() });
                whose.push(BTreeSet::new());
                sources.len() - 1
            });
            sources[at].examples.push(example);
            whose[at].insert(file.name.clone());
        }
    }
    let joined = sources.iter().zip(&whose).filter(|(_, files)| files.len() > 1);
    for (source, files) in joined {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        remarks.say(format_args!(
            "{} is the annotator of {}, by the word of their rows",
            source.name,
            files.join(", ")
        ));
    }
    sources
}

/// A copy of a file agrees with it in all and says nothing.
fn warn_of_copies(files: &[Source], remarks: Remarks) {
    let same = |(a, b): (&Example, &Example)| {
        (&a.text, &a.labels, &a.id, &a.group, &a.extra) == (&b.text, &b.labels, &b.id, &b.group, &b.extra)
    };
    for (at, file) in files.iter().enumerate() {
        let is_copy = |other: &&Source| {
            let (a, b) = (&file.examples, &other.examples);
            a.len() == b.len() && a.iter().zip(b).all(same)
        };
        if let Some(other) = files[..at].iter().find(is_copy) {
            remarks.warn(format_args!(
                "{} and {} hold the same rows throughout, and agree in all\nhint: if one is a copy of the other, leave it out",
                other.name, file.name
            ));
        }
    }
}

fn by_column(read: Vec<Corpus>, column: &str, remarks: Remarks) -> anyhow::Result<Vec<Source>> {
    let examples: Vec<Example> = read.into_iter().flat_map(|corpus| corpus.examples).collect();
    let mut by_name: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    let (mut nobody, mut columns) = (0, BTreeSet::new());
    for example in examples {
        columns.extend(example.extra.keys().cloned());
        match example.extra.get(column) {
            Some(name) => by_name.entry(composed(name).into_owned()).or_default().push(example),
            None => nobody += 1,
        }
    }
    if nobody > 0 && !by_name.is_empty() {
        remarks.warn(format_args!(
            "{} in the column {column:?} and {} left out",
            if nobody == 1 { "1 row names nobody".into() } else { format!("{nobody} rows name nobody") },
            if nobody == 1 { "is" } else { "are" }
        ));
    }
    if by_name.len() < 2 {
        let found = match columns.is_empty() {
            true => "there is no other column than text, labels and group".to_owned(),
            false => format!("other columns are {}", columns.into_iter().collect::<Vec<_>>().join(", ")),
        };
        let who = by_name
            .keys()
            .next()
            .map_or("no row names an annotator".into(), |name| format!("{name} is the only annotator"));
        anyhow::bail!(
            "{who} in the column {column:?}\nhint: give a file for each annotator, or name the column with --annotator-column; {found}"
        );
    }
    warn_of_like_names(&by_name, remarks);
    Ok(by_name.into_iter().map(|(name, examples)| Source { name, examples }).collect())
}

/// Names that differ only by case or white space are mostly one annotator's.
fn warn_of_like_names(by_name: &BTreeMap<String, Vec<Example>>, remarks: Remarks) {
    let bare = |name: &str| name.split_whitespace().collect::<String>().to_lowercase();
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, examples) in by_name {
        families.entry(bare(name)).or_default().push(format!("`{name}` ({})", rows(examples.len())));
    }
    for family in families.values().filter(|family| family.len() > 1) {
        remarks.warn(format_args!(
            "{} count as {} annotators\nhint: names that differ only by case or white space stay different; if one is meant, spell it one way",
            family.join(" and "),
            family.len()
        ));
    }
}

/// What files are called, short where that tells them apart.
fn names(files: &[PathBuf]) -> Vec<String> {
    let stem = |path: &PathBuf| {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        name.split_once('.').map(|(stem, _)| stem.to_owned()).filter(|stem| !stem.is_empty()).unwrap_or(name)
    };
    let short: Vec<String> = files.iter().map(stem).collect();
    let long = || files.iter().map(|path| path.display().to_string());
    let unlike = |names: &[String]| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    match (unlike(&short), unlike(&long().collect::<Vec<_>>())) {
        (true, _) => short,
        (_, true) => long().collect(),
        _ => long().enumerate().map(|(at, name)| format!("{}:{name}", at + 1)).collect(),
    }
}

/// What the user should know of the joining.
fn remark(panel: &Panel, remarks: Remarks) {
    let joining = &panel.joining;
    if joining.repeated > 0 {
        remarks.say(format_args!(
            "{} what the same annotator said before",
            match joining.repeated {
                1 => "1 row repeats".to_owned(),
                count => format!("{count} rows repeat"),
            }
        ));
    }
    let first = |places: &[Place]| places.first().map_or(String::new(), ToString::to_string);
    if !joining.changed.is_empty() {
        remarks.warn(format_args!(
            "{}: {} with another answer of the same annotator, the first here; the first answer counts\nhint: delete the rows that do not hold{}",
            first(&joining.changed),
            rows(joining.changed.len()),
            match joining.key {
                Key::Id => "",
                Key::Text => "; where the same text stands in several documents, ids tell them apart (`--join id`)",
            }
        ));
    }
    if !joining.other_text.is_empty() && joining.key == Key::Text {
        remarks.warn(format_args!(
            "{}: {} with an id that belongs to another text elsewhere, the first here; so ids mean nothing, and rows are joined by text\nhint: `--join id` goes by the id all the same",
            first(&joining.other_text),
            rows(joining.other_text.len())
        ));
    } else if !joining.other_text.is_empty() {
        remarks.warn(format_args!(
            "{}: {} with an id that belongs to another text elsewhere, the first here\nhint: `--join text` goes by the text",
            first(&joining.other_text),
            rows(joining.other_text.len())
        ));
    }
    if !joining.other_id.is_empty() {
        remarks.warn(format_args!(
            "{}: {} under an id that no other annotator has, while another has the text under another id, the first here\nhint: `--join text` puts them together",
            first(&joining.other_id),
            rows(joining.other_id.len())
        ));
    }
    if joining.without_key > 0 {
        remarks.warn(format_args!(
            "{} without an id, left out\nhint: `--join text` goes by the text",
            rows(joining.without_key as usize)
        ));
    }
    let groups: BTreeSet<usize> = panel.shared().map(|unit| unit.group).collect();
    warn_of_few_groups(groups.len(), panel.shared().count(), remarks);
    let alone: u64 = joining.judged.iter().map(|(_, alone)| alone).sum();
    if alone > 0 {
        let by = panel.annotators.iter().zip(&joining.judged).filter(|(_, judged)| judged.1 > 0);
        let by: Vec<String> = by.map(|(name, judged)| format!("{name} {}", judged.1)).collect();
        remarks.say(format_args!(
            "{} one annotator only, and no figure counts them ({})",
            if alone == 1 { "1 unit has".to_owned() } else { format!("{alone} units have") },
            by.join(", ")
        ));
    }
}

/// So many rows, as people say it.
pub fn rows(count: usize) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}

/// The units whose answers are farthest apart; of those equally far the ones with more annotators, then as they come.
fn divided(panel: &Panel, sources: &[Source], shared: &[&Unit], most: usize) -> Vec<Divided> {
    let mut units: Vec<(f64, &Unit)> =
        shared.iter().map(|unit| (dispute(panel, unit), *unit)).filter(|(distance, _)| *distance > 0.0).collect();
    units.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.answers.len().cmp(&a.1.answers.len())));
    let shown = |(distance, unit): (f64, &Unit)| Divided {
        place: unit.example.place.to_string(),
        id: unit.example.id.clone(),
        text: unit.example.text.clone(),
        distance,
        answers: answers(panel, unit),
        unsure: unsure(panel, sources, unit),
    };
    units.into_iter().take(most).map(shown).collect()
}

fn answers(panel: &Panel, unit: &Unit) -> BTreeMap<String, Vec<String>> {
    let names = |set: usize| panel.names(set).into_iter().map(str::to_owned).collect();
    unit.answers.iter().map(|(who, set)| (panel.annotators[*who].clone(), names(*set))).collect()
}

/// Who was unsure of a unit, as `annotate` writes it.
fn unsure(panel: &Panel, sources: &[Source], unit: &Unit) -> Vec<String> {
    let answers = unit.answers.iter().zip(&unit.rows);
    let unsure = answers.filter(|((who, _), row)| sources[*who].examples[**row].says("unsure", "true"));
    unsure.map(|((who, _), _)| panel.annotators[*who].clone()).collect()
}

fn merged(args: &Agree, panel: &Panel) -> Merged {
    let left_out: Vec<LeftOut> = panel
        .units
        .iter()
        .filter_map(|unit| {
            let reason = panel.verdict(unit, args.merging.merge.meant()).err()?;
            let Example { place, id, text, .. } = &unit.example;
            Some(LeftOut { place: place.to_string(), id: id.clone(), text: text.clone(), reason })
        })
        .collect();
    Merged { rule: args.merging.merge.name(), units: (panel.units.len() - left_out.len()) as u64, left_out }
}
