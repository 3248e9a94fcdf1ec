//! `rhetor train`: labelled sentences in, a model out.

mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rhetor::codebook::{self, Codebook, nearest};
use rhetor::corpus::{self, Columns, Corpus, Format, ReadOptions};
use rhetor::features::FeatureSettings;
use rhetor::features::cues::{self, Cue, CueSet};
use rhetor::features::vectors::{self, Vectors};
use rhetor::learn::survey::Contradiction;
use rhetor::learn::{self, KeepCues, Step, TrainSettings, Trained};
use rhetor::model::Model;
use rhetor::model::card::{Mirror, RowWeights};
use rhetor::model::weights::Wish;
use rhetor::report::html::model::ModelReport;
use rhetor::text::count::counted;
use rhetor::text::source;
use rhetor::text::stem::Language;

use super::args::{Bits, DataFormat, DataOptions, FeatureOptions, LearningOptions, Train};
use super::output::{check_output, is_stdout};
use super::{
    DONE, Remarks, card, ending, misuse, named, print, refuse_same, refuse_twice, warn_of_few_groups, write_whole,
};

/// What `--cues` calls doing without.
const NO_CUES: &str = "none";

/// What `--weight-column` and `--group-column` call doing without.
pub const NO_COLUMN: &str = "none";

/// How many bad rows are named one by one.
const NAMED: usize = 10;

pub fn run(args: &Train, remarks: Remarks) -> anyhow::Result<u8> {
    let features = &args.features;
    let inputs =
        || args.data.iter().chain(&args.mirror).chain(&features.cues).chain(&features.vectors).chain(&args.codebook);
    refuse_same(args.output.as_deref(), inputs())?;
    refuse_same(args.report.as_deref(), inputs())?;
    refuse_twice(args.output.as_deref(), args.report.as_deref())?;
    args.output.as_deref().map_or(Ok(()), |model| check_output(model, "my.rhetor"))?;
    args.report.as_deref().map_or(Ok(()), |page| check_output(page, "report.html"))?;
    let corpus = corpus::read(&args.data, &read_options(&args.input))?;
    report_reading(&corpus, remarks);
    super::inputs::warn_of_twice(&args.data, remarks);
    super::annotate::warn_of_journals(&args.data, remarks);
    let settings = TrainSettings {
        compression: Wish {
            prune: args.prune,
            bits: args.quantize.map(|bits| if bits == Bits::Eight { 8 } else { 16 }),
        },
        mirror: args.mirror.as_deref().map(mirror).transpose()?,
        codebook: args.codebook.as_deref().map(codebook::file::read).transpose()?,
        note: args.note.clone(),
        curve: args.report.is_some(),
        holdout: args.holdout,
        ..settings(&args.features, &args.learning, remarks)?
    };
    if let (Some(book), Some(path)) = (&settings.codebook, &args.codebook) {
        compare(book, &path.display().to_string(), &corpus, remarks);
    }
    warn_of_sections(&settings, &args.features.cues, &corpus, remarks);
    match &args.output {
        Some(output) if !args.dry_run => train(args, &corpus, &settings, output, remarks),
        _ => dry_run(&corpus, &settings, remarks),
    }
}

/// Sections of the user's own cue files that are no labels of the data; those of dictionaries and of the built-in cues are none to most users.
fn warn_of_sections(settings: &TrainSettings, paths: &[PathBuf], corpus: &Corpus, remarks: Remarks) {
    let is_builtin = |path: &&PathBuf| path.as_os_str() == cues::BUILTIN;
    let own: Vec<&PathBuf> = paths.iter().filter(|path| !is_builtin(path)).collect();
    let Some(set) = settings.features.cues.as_ref().filter(|_| own.iter().all(|path| ending(path) == "toml")) else {
        return;
    };
    let builtin: &[Cue] = if paths.iter().any(|path| is_builtin(&path)) { &cues::builtin().cues } else { &[] };
    let known: BTreeSet<&str> = builtin.iter().map(|cue| &cue.name[..]).collect();
    let labels = corpus.examples.iter().flat_map(|example| &example.labels).map(String::as_str).collect();
    let name = own.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    if !own.is_empty() {
        let cues = set.cues.iter().filter(|cue| !known.contains(&cue.name[..]));
        super::cues::warn_of_sections(cues, &labels, &name, remarks);
    }
}

/// Everything but learning and writing.
fn dry_run(corpus: &Corpus, settings: &TrainSettings, remarks: Remarks) -> anyhow::Result<u8> {
    let survey = learn::survey::survey(&corpus.examples, settings)?;
    tell_of_weights(corpus, remarks);
    survey.warnings.iter().for_each(|warning| remarks.warn(warning));
    print(survey::text(&survey))?;
    remarks.say("nothing is learned or written: --dry-run");
    Ok(DONE)
}

fn train(
    args: &Train,
    corpus: &Corpus,
    settings: &TrainSettings,
    output: &Path,
    remarks: Remarks,
) -> anyhow::Result<u8> {
    tell_of_weights(corpus, remarks);
    tell_of_documents(corpus, remarks);
    warn_of_contradictions(corpus, remarks);
    let trained = learn(corpus, settings, remarks)?;
    if args.verify {
        verify(corpus, settings, &trained, remarks)?;
    }
    let is_stdout = is_stdout(output);
    write_whole(Some(output), |out| out.write_all(&trained.model.to_bytes()))?;
    if let Some(path) = &args.report {
        let title = if is_stdout { "Standard output".to_owned() } else { output.display().to_string() };
        let page = ModelReport::of_training(&trained, &title);
        write_whole(Some(path), |out| page.write(out))?;
    }
    trained.warnings.iter().for_each(|warning| remarks.warn(warning));
    warn_of_compression(&trained.model, remarks);
    let card = trained.model.card();
    warn_of_few_groups(card.groups as usize, card.units as usize, remarks);
    let has_cues = trained.model.featurizer().settings().cues.is_some();
    if args.features.cues.is_empty() && settings.features.cues.is_some() && !has_cues {
        remarks.say("the built-in cues were tried and left out: held-out units gain nothing by them");
    }
    let card = card::text(&trained.model);
    match is_stdout {
        _ if remarks.is_quiet() => {}
        true => remarks.say(card.trim_end()),
        false => print(format!("{card}\nwrote {}\n", output.display()))?,
    }
    Ok(DONE)
}

/// Held-out figures are those of the weights as they were learned.
fn warn_of_compression(model: &Model, remarks: Remarks) {
    /// Log-odds: a probability of .5 becomes one of .525.
    const MUCH: f64 = 0.1;
    let change = model.card().compression.as_ref().map_or(0.0, |compression| compression.largest_change);
    if change > MUCH {
        remarks.warn(format_args!(
            "smaller weights moved a score of a training unit by {change:.2} log-odds, and the card's figures are from before\n\
             hint: `rhetor evaluate` measures the model as it is; a smaller --prune, or --quantize 16, changes less"
        ));
    }
}

pub fn read_options(options: &DataOptions) -> ReadOptions {
    let or_none = |name: &String| if name == NO_COLUMN { String::new() } else { name.clone() };
    let columns = Columns {
        text: options.text_column.clone(),
        label: options.label_column.clone(),
        label_columns: options.label_columns.clone(),
        group: options.group_column.as_ref().map(or_none),
        weight: options.weight_column.as_ref().map(or_none),
        id: None,
    };
    ReadOptions {
        columns,
        format: options.input_format.map(format),
        label_separator: options.label_separator.clone(),
        encoding: options.encoding,
        blank_is_pending: options.blank_is_unjudged,
        strict: options.strict,
        ..ReadOptions::default()
    }
}

pub fn format(format: DataFormat) -> Format {
    match format {
        DataFormat::Csv => Format::Csv,
        DataFormat::Tsv => Format::Tsv,
        DataFormat::Jsonl => Format::Jsonl,
        DataFormat::Fasttext => Format::FastText,
        DataFormat::Doccano => Format::Doccano,
        DataFormat::Prodigy => Format::Prodigy,
        DataFormat::LabelStudio => Format::LabelStudio,
    }
}

/// What to learn, and how, without what becomes of the model.
pub fn settings(
    options: &FeatureOptions,
    learning: &LearningOptions,
    remarks: Remarks,
) -> anyhow::Result<TrainSettings> {
    let features = features(options, remarks)?;
    if learning.cues_l2.is_some() && features.cues.is_none() {
        let hint = "leave --cues-l2 out, or name cues with --cues; built-in ones are for English";
        return Err(misuse(format_args!("--cues-l2 is for cues, and there are none\nhint: {hint}")));
    }
    Ok(TrainSettings {
        features,
        task: learning.task,
        l2: learning.l2,
        cues_l2: learning.cues_l2,
        vectors_l2: learning.vectors_l2,
        cues: if options.cues.is_empty() { KeepCues::IfTheyHelp } else { KeepCues::Always },
        vectors: vectors(options)?,
        folds: learning.folds as usize,
        fold_by: learning.fold_by.clone(),
        seed: learning.seed,
        class_weight: learning.class_weight,
        weigh: learning.weigh.clone(),
        optimize: learning.optimize,
        solver: learning.solver,
        calibrate_where: learning.calibrate_where.clone(),
        ..TrainSettings::default()
    })
}

/// Labels that only the data or only the codebook has: a slip of the pen in one of them, or a label nobody has used yet.
fn compare(book: &Codebook, path: &str, corpus: &Corpus, remarks: Remarks) {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for label in corpus.examples.iter().flat_map(|example| &example.labels) {
        *rows.entry(label).or_default() += 1;
    }
    let names = || book.labels.iter().map(|entry| &entry.name[..]);
    for (label, count) in rows.iter().filter(|(label, _)| book.find(label).is_none()) {
        let hint = match nearest(label, names()) {
            Some(near) => format!("did the data mean {near}?"),
            None => format!("say in {path} what it means"),
        };
        remarks.warn(format_args!(
            "{path}: has no label {label:?}, and {}\nhint: {hint}",
            counted(*count as u64, "row of the data has", "rows of the data have")
        ));
    }
    let unused: Vec<&str> = names().filter(|name| !rows.contains_key(name)).collect();
    if !unused.is_empty() {
        remarks.warn(format_args!(
            "{path}: no row of the data is labelled {}\nhint: the model cannot find what it has no examples of",
            unused.join(", ")
        ));
    }
}

/// What `rhetor evaluate --format json` wrote.
fn mirror(path: &Path) -> anyhow::Result<Mirror> {
    const LONGEST: u64 = 64 << 20;
    let Some(text) = source::bounded(path, LONGEST).map_err(|error| named(path, error))? else {
        anyhow::bail!("{}: larger than {} MiB, and no evaluation is", path.display(), LONGEST >> 20);
    };
    serde_json::from_slice(&text).map_err(|error| {
        anyhow::anyhow!(
            "{}: not what `rhetor evaluate --format json` writes: {error}\nhint: rhetor evaluate DATA --format json -o evaluation.json",
            path.display()
        )
    })
}

fn features(options: &FeatureOptions, remarks: Remarks) -> anyhow::Result<FeatureSettings> {
    Ok(FeatureSettings {
        language: options.language,
        ngrams: options.ngrams,
        char_ngrams: options.char_ngrams,
        shape: !options.no_shape,
        min_count: options.min_count,
        min_groups: options.min_groups,
        max_terms: options.max_terms,
        hash_bits: options.hash_bits,
        weighting: options.weighting,
        cues: cues(options, remarks)?.map(Into::into),
    })
}

/// The cues that the user names; where none are named, the program's own for English, which stay only if they help.
fn cues(options: &FeatureOptions, remarks: Remarks) -> anyhow::Result<Option<CueSet>> {
    let is = |name: &str| options.cues.iter().any(|path| path.as_os_str() == name);
    if options.cues.is_empty() {
        return Ok((options.language == Language::English).then(|| cues::builtin().clone()));
    }
    if is(NO_CUES) {
        if options.cues.len() > 1 {
            return Err(misuse("--cues none stands alone\nhint: name the cue files, or none"));
        }
        return Ok(None);
    }
    let mut all: Option<CueSet> = None;
    for path in &options.cues {
        let (read, matcher) = super::cues::read(path, options.language, remarks)?;
        let path = path.to_string_lossy();
        super::cues::warn_of_misses(&read, &matcher, &path, options.language, remarks);
        if path == cues::BUILTIN && options.language != Language::English {
            remarks.warn(format_args!("the built-in cues are English, and the language is {}", options.language));
        }
        match &mut all {
            Some(all) => all.join(read, &path)?,
            None => all = Some(read),
        }
    }
    Ok(all)
}

fn vectors(options: &FeatureOptions) -> anyhow::Result<Option<Arc<Vectors>>> {
    let read = options.vectors.as_ref().map(|path| vectors::read(path, options.language));
    Ok(read.transpose()?.map(Arc::new))
}

pub fn report_reading(corpus: &Corpus, remarks: Remarks) {
    corpus.warnings.iter().for_each(|warning| remarks.warn(warning));
    corpus.skipped.iter().take(NAMED).for_each(|problem| remarks.warn(problem));
    if corpus.skipped.len() > NAMED {
        remarks.warn(format_args!("… and {} bad rows more", corpus.skipped.len() - NAMED));
    }
    if !corpus.skipped.is_empty() {
        let rows = corpus.skipped.len() + corpus.examples.len();
        remarks.say(format_args!("{} of {rows} rows are left out", corpus.skipped.len()));
    }
}

/// Texts with other labels the second time: one of them is wrong, and a model learns both.
fn warn_of_contradictions(corpus: &Corpus, remarks: Remarks) {
    let (_, parted) = learn::survey::repeats(&corpus.examples);
    let Some(Contradiction { first, second }) = parted.first() else { return };
    let texts = counted(parted.len() as u64, "text has", "texts have");
    remarks.warn(format_args!(
        "{texts} other labels the second time, the first at {first} and {second}\nhint: --dry-run lists such texts"
    ));
}

/// A column that happens to be called so must not change a model without a word.
pub fn tell_of_weights(corpus: &Corpus, remarks: Remarks) {
    if let Some(RowWeights { units, least, greatest }) =
        RowWeights::of(corpus.examples.iter().map(|example| example.weight))
    {
        let rows = counted(units, "row weighs", "rows weigh");
        remarks.say(format_args!(
            "{rows} other than 1 by the column of weights, from {least} to {greatest} (--weight-column none leaves it out)"
        ));
    }
}

/// Units of one text stand on both sides of a fold unless something says that they belong together.
fn tell_of_documents(corpus: &Corpus, remarks: Remarks) {
    const PATH: &str = "path";
    let paths: Option<BTreeSet<&String>> = corpus
        .examples
        .iter()
        .map(|example| if example.group.is_none() { example.extra.get(PATH) } else { None })
        .collect();
    if let Some(paths) = paths.filter(|paths| paths.len() > 1 && paths.len() < corpus.examples.len()) {
        remarks.say(format_args!(
            "{} texts stand in the column `{PATH}`, and no column says which units belong together\nhint: --group-column {PATH} keeps those of one text on one side of a test",
            paths.len()
        ));
    }
}

/// Each label is learned for each fold and strength, and nobody should wait for minutes without knowing why.
fn tell_of_many_labels(corpus: &Corpus, settings: &TrainSettings, remarks: Remarks) {
    // 6,000 rows of 3,000 labels, eighteen times as much, took six minutes.
    const MANY: usize = 1_000_000;
    const MANY_LABELS: usize = 100;
    let labels: BTreeSet<&String> = corpus.examples.iter().flat_map(|example| &example.labels).collect();
    let (labels, rows) = (labels.len(), corpus.examples.len());
    if settings.l2.is_none() && labels >= MANY_LABELS && labels * rows >= MANY {
        remarks.say(format_args!(
            "{labels} labels in {rows} rows: each is learned for each fold and strength, which may take minutes (--l2 1 tries one strength)"
        ));
    }
}

pub fn learn(corpus: &Corpus, settings: &TrainSettings, remarks: Remarks) -> anyhow::Result<Trained> {
    tell_of_many_labels(corpus, settings, remarks);
    let bar = if remarks.is_quiet() { ProgressBar::hidden() } else { ProgressBar::new(1) };
    let style =
        ProgressStyle::with_template("{msg:<24} {wide_bar} {pos}/{len} {elapsed}").expect("the template is valid");
    bar.set_style(style);
    // A fold may take minutes, and the time that has passed shows that something happens. Where no thread is to be had, it would panic.
    if !bar.is_hidden() && std::thread::Builder::new().spawn(|| ()).is_ok() {
        bar.enable_steady_tick(Duration::from_millis(500));
    }
    let trained = learn::train(&corpus.examples, settings, &|step| match step {
        Step::Reading => bar.set_message("reading units"),
        Step::Folds { done, all } => {
            bar.set_message("trying strengths");
            bar.set_length(all as u64 + 2);
            // Threads may tell of it in another order.
            bar.set_position(bar.position().max(done as u64));
        }
        Step::Fitting => bar.set_message("fitting all units"),
        Step::Judging => {
            bar.set_message("judging");
            bar.inc(1);
        }
    });
    bar.finish_and_clear();
    Ok(trained?)
}

fn verify(corpus: &Corpus, settings: &TrainSettings, first: &Trained, remarks: Remarks) -> anyhow::Result<()> {
    let second = learn(corpus, &TrainSettings { curve: false, ..settings.clone() }, remarks)?;
    if first.model.to_bytes() != second.model.to_bytes() {
        anyhow::bail!(
            "two trainings on the same data gave different models ({} and {}); please report this",
            first.model.fingerprint(),
            second.model.fingerprint()
        );
    }
    remarks.say(format_args!("verified: trained twice, the same {} bytes", first.model.to_bytes().len()));
    Ok(())
}
