//! `rhetor suggest`: from a pool, the units most worth labelling.

mod sieve;
mod source;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anstyle::Style;
use rhetor::corpus::{self, Corpus, Example, Outline, ReadOptions, shell, typed};
use rhetor::evaluate::suggest::{CHOSEN, Pool, Settings, Suggestion, WHY};
use rhetor::framing::{Choice, framings};
use rhetor::model::Model;
use rhetor::text::stem::Language;
use rhetor::text::{list, visible};

use super::args::{Shared, Suggest};
use super::{DONE, FAILED, Remarks, inputs, load_model, refuse_promise, refuse_same, train, use_color, write_whole};
use sieve::Sieve;

pub fn run(args: &Suggest, shared: &Shared, remarks: Remarks) -> anyhow::Result<u8> {
    let stdin = [PathBuf::from("-")];
    let paths = if args.pool.is_empty() { &stdin[..] } else { &args.pool };
    if paths.iter().any(|path| path.as_os_str() == "-") && io::stdin().is_terminal() {
        remarks.say("reading standard input; end it with Ctrl-D");
    }
    refuse_promise(
        args.output.as_deref(),
        args.format.is_some(),
        &["json", "html"],
        ".csv, .tsv and .jsonl are data that can be labelled",
    )?;
    let model = if args.no_model { None } else { Some(load_model(args.model.as_deref())?) };
    let labelled = read_labelled(args, remarks)?;
    check_labels(args, model.as_ref(), &labelled)?;
    let (files, all_found) = inputs::files(paths, &args.from.glob, remarks)?;
    refuse_same(args.output.as_deref(), files.iter().chain(&args.model).chain(&args.labelled))?;
    let language = language(args, model.as_ref());
    let (mut sieve, mut status) = (Sieve::new(args.from.at_most, args.seed), if all_found { DONE } else { FAILED });
    for path in &files {
        if let Err(error) = source::read(path, args, language, remarks, &mut sieve) {
            remarks.fail(format_args!("{error:#}"));
            status = FAILED;
        }
    }
    let units = sieve.remark(remarks);
    if units.is_empty() {
        anyhow::bail!("the pool is empty\nhint: name text files, folders, or tables with --column");
    }
    let (units, judged): (Vec<Example>, Vec<Example>) = units.into_iter().partition(|unit| unit.pending);
    if units.is_empty() {
        anyhow::bail!(
            "every unit of the pool is labelled already ({})\nhint: name a pool that is not labelled",
            judged.len()
        );
    }
    let chosen = choose(args, language, model.as_ref(), &labelled, &units, &judged);
    remark(args, &chosen, units.len(), remarks);
    let rows = rows(args, model.as_ref(), units, &chosen);
    let names = names(model.as_ref(), &labelled);
    print(args, shared, &rows, &names, remarks)?;
    say_what_next(args, &names, remarks);
    Ok(status)
}

/// A file of suggestions waits for answers. Without a model, `annotate` has to be told the labels.
fn say_what_next(args: &Suggest, names: &BTreeSet<String>, remarks: Remarks) {
    use rhetor::corpus::Format::{Csv, Jsonl, Tsv};
    let format = args.format().of_data();
    let Some(output) = args.output.as_ref().filter(|output| output.as_os_str() != "-") else { return };
    if matches!(format, Some(Csv | Tsv | Jsonl)) {
        let labels = match &args.model {
            Some(model) => format!(" -m {}", shell(model)),
            None if !args.no_model => String::new(),
            None if names.is_empty() => " --labels A,B".into(),
            None => format!(" --labels {}", typed(&list::line(names.iter().map(String::as_str)))),
        };
        remarks.say(format_args!("hint: rhetor annotate {} -o labels.jsonl{labels}", shell(output)));
    }
}

fn read_labelled(args: &Suggest, remarks: Remarks) -> anyhow::Result<Corpus> {
    if args.labelled.is_empty() {
        return Ok(Corpus::default());
    }
    let options = ReadOptions { weighs: false, ..train::read_options(&args.input) };
    let corpus = corpus::read(&args.labelled, &options)?;
    train::report_reading(&corpus, remarks);
    Ok(corpus)
}

/// A model of other labels than those that are being given knows nothing of what they need.
fn check_labels(args: &Suggest, model: Option<&Model>, labelled: &Corpus) -> anyhow::Result<()> {
    let given: BTreeSet<&String> = labelled.examples.iter().flat_map(|example| &example.labels).collect();
    let Some(model) = model.filter(|_| !given.is_empty()) else { return Ok(()) };
    if given.iter().any(|label| model.labels().find(label).is_some()) {
        return Ok(());
    }
    let data = args.labelled[0].display();
    let some = list::first(given.iter().map(|label| visible(label)), 3);
    let model = args.model.as_ref().map_or("the embedded model".into(), |path| path.display().to_string());
    anyhow::bail!(
        "{data}: has the labels {some}, of which {model} knows none\n\
         hint: rhetor train {} -o my.rhetor, then -m my.rhetor; or --no-model to go by the words alone",
        shell(&args.labelled[0])
    )
}

fn language(args: &Suggest, model: Option<&Model>) -> Language {
    let of_model = || model.map(|model| model.featurizer().settings().language);
    args.from.language.or_else(of_model).unwrap_or(Language::English)
}

fn choose(
    args: &Suggest,
    language: Language,
    model: Option<&Model>,
    labelled: &Corpus,
    units: &[Example],
    judged: &[Example],
) -> Vec<Suggestion> {
    let mut pool = Pool::new(language);
    for example in labelled.examples.iter().chain(judged) {
        pool.know(&example.text, &example.labels);
    }
    pool.add(units.iter().map(|unit| unit.text.clone()).collect());
    if let Some(model) = model {
        pool.score(model);
    }
    let settings = Settings { count: args.count as usize, random: args.random, seed: args.seed, ..Settings::default() };
    pool.choose(&settings)
}

fn remark(args: &Suggest, chosen: &[Suggestion], units: usize, remarks: Remarks) {
    let random = chosen.iter().filter(|suggestion| suggestion.is_random()).count();
    let count = chosen.len();
    if count == units && count < args.count as usize {
        remarks.say(match units {
            1 => "the pool has only 1 unit that is not labelled; this is it".to_owned(),
            units => format!("the pool has only {units} units that are not labelled; these are all of them"),
        });
    } else if count < args.count as usize {
        let fewer = if count > 0 { format!(", or ask for fewer (-n {count})") } else { String::new() };
        let of_them = match (count, units) {
            (0, 1) => "the only unit is not worth it: it is labelled, or nearly the same as one that is".to_owned(),
            (0, units) => {
                format!("none of the {units} units is worth it: they are labelled, or nearly the same as those")
            }
            (1, units) => {
                format!("only 1 of the {units} units is worth it: the others are labelled, or nearly the same")
            }
            (count, units) => format!(
                "only {count} of the {units} units are worth it: the others are labelled, or nearly the same as these"
            ),
        };
        remarks.warn(format_args!("{of_them}\nhint: add to the pool{fewer}"));
    }
    if random > 0 {
        remarks.say(format_args!("{random} of these {count} drawn at random from all units that are not labelled"));
    }
}

/// The chosen units, as rows that wait for a judgement.
fn rows(args: &Suggest, model: Option<&Model>, units: Vec<Example>, chosen: &[Suggestion]) -> Vec<Example> {
    let mut scratch = model.filter(|_| args.prefill).map(|model| (model, model.scratch()));
    let row = |suggestion: &Suggestion| {
        let mut row = units[suggestion.index].clone();
        if let Some((model, scratch)) = &mut scratch {
            let scores = model.score(&model.row(&row.text, scratch));
            let found = framings(model, &scores, &Choice::default());
            row.suggested = found.iter().map(|framing| model.labels().name(framing.label).to_owned()).collect();
        }
        row.extra.insert(CHOSEN.into(), suggestion.chosen().into());
        row.extra.insert(WHY.into(), suggestion.why());
        row
    };
    chosen.iter().map(row).collect()
}

/// The labels that there are to choose from.
fn names(model: Option<&Model>, labelled: &Corpus) -> BTreeSet<String> {
    let of_model = model.into_iter().flat_map(|model| model.labels().iter().map(|(_, name)| name.to_owned()));
    of_model.chain(labelled.examples.iter().flat_map(|example| example.labels.clone())).collect()
}

fn print(
    args: &Suggest,
    shared: &Shared,
    rows: &[Example],
    names: &BTreeSet<String>,
    remarks: Remarks,
) -> anyhow::Result<()> {
    let Some(format) = args.format().of_data() else {
        let dim = if use_color(shared, args.output.is_some()) { Style::new().dimmed() } else { Style::new() };
        return write_whole(args.output.as_deref(), |out| list(out, rows, dim));
    };
    let mut outline = Outline::of(rows);
    outline.labels.extend(names.iter().cloned());
    write_whole(args.output.as_deref(), |out| {
        let mut writer = corpus::writer(format, out, &outline);
        rows.iter().try_for_each(|row| writer.write(row))?;
        let lost = writer.end()?;
        if !lost.is_empty() {
            remarks.warn(format_args!("{format} has no room for: {lost}"));
        }
        Ok(())
    })
}

/// The suggestions to read: what and where, then why.
fn list(out: &mut impl Write, rows: &[Example], dim: Style) -> io::Result<()> {
    let width = rows.len().to_string().len();
    for (row, number) in rows.iter().zip(1..) {
        let line = row.place.line.map_or(String::new(), |line| format!(":{line}"));
        writeln!(out, "{number:>width$}. {}{line}: {}", visible(&row.place.path), visible(&row.text))?;
        writeln!(out, "{:width$}  {dim}{}{dim:#}", "", visible(&row.extra[WHY]))?;
        if !row.suggested.is_empty() {
            writeln!(out, "{:width$}  {dim}the model says {}{dim:#}", "", visible(&row.suggested.join(", ")))?;
        }
    }
    Ok(())
}
