//! `rhetor convert`: labelled data from one format to another, and a word on what is lost.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use rhetor::codebook::file;
use rhetor::corpus::{self, Example, Format, Loss, Losses, Outline, ReadOptions};
use rhetor::text::count::counted;

use super::args::Convert;
use super::output::check_output;
use super::train::{format, read_options, report_reading};
use super::{DONE, Output, Remarks, ending, labels, misuse, refuse_same, write_whole};

pub fn run(args: &Convert, remarks: Remarks) -> anyhow::Result<u8> {
    refuse_same(Some(&args.output), args.inputs.iter().chain(&args.codebook))?;
    refuse_forgotten(args)?;
    let to = args.to.map_or_else(|| of_name(&args.output), |to| Ok(format(to)))?;
    let options = ReadOptions {
        format: args.from.or(args.input.input_format).map(format),
        pending: !args.only_judged,
        everything: true,
        types: true,
        weighs: false,
        ..read_options(&args.input)
    };
    check_output(&args.output, "labelled.csv")?;
    let choices = choices(args)?;
    let corpus = corpus::read(&args.inputs, &options)?;
    report_reading(&corpus, remarks);
    let mut outline = Outline { spreadsheet_safe: args.spreadsheet_safe, ..Outline::of(&corpus.examples) };
    outline.labels.extend(choices);
    let mut lost = Losses::default();
    write_whole(Some(&args.output), |out| {
        lost = write(to, out, &outline, &corpus.examples, is_packed(&args.output))?;
        Ok(())
    })?;
    let name = args.output.display();
    if !lost.is_empty() {
        remarks.warn(format_args!("{name}: {to} has no room for {lost}"));
    }
    if outline.labels.is_empty() && matches!(to, Format::Prodigy | Format::LabelStudio) {
        remarks.warn(format_args!(
            "{name}: no row has a label, so that there are none to choose from in {to}\nhint: --labels A,B or --codebook FILE names them"
        ));
    }
    let left_out = lost.of(&Loss::PendingLeftOut);
    let pending = corpus.examples.iter().filter(|example| example.pending).count() as u64 - left_out;
    let judged = if pending > 0 { format!(", {pending} of them not judged yet") } else { String::new() };
    let count = corpus.examples.len() as u64 - left_out;
    remarks.say(format_args!("{} as {to}{judged}", counted(count, "row", "rows")));
    if to == Format::LabelStudio {
        remarks.say(format_args!("a labelling interface for it:\n{}", corpus::labelling_interface(&outline)));
    }
    Ok(DONE)
}

/// The labels that are offered whether or not any row has them.
fn choices(args: &Convert) -> anyhow::Result<Vec<String>> {
    let book = args.codebook.as_deref().map(file::read).transpose()?;
    let of_book = book.into_iter().flat_map(|book| book.labels).map(|entry| entry.name);
    Ok(labels::asked(&args.labels, |_| false)?.into_iter().chain(of_book).collect())
}

/// Of `convert anna.csv ben.csv`, ended too early, or `convert *.csv`, the last file is no output but data that would be lost.
fn refuse_forgotten(args: &Convert) -> anyhow::Result<()> {
    let path = args.output.display();
    anyhow::ensure!(
        args.replace || args.inputs.len() < 2 || !args.output.is_file(),
        "{path}: is there already, and may be one of the inputs: OUT comes last\nhint: name another OUT, or say --replace"
    );
    Ok(())
}

fn write(
    to: Format,
    out: &mut Output,
    outline: &Outline,
    examples: &[Example],
    packed: bool,
) -> std::io::Result<Losses> {
    if packed {
        let mut gzip = GzEncoder::new(out, Compression::default());
        let lost = write_all(to, &mut gzip, outline, examples)?;
        gzip.finish()?;
        return Ok(lost);
    }
    write_all(to, out, outline, examples)
}

fn write_all(to: Format, out: &mut impl Write, outline: &Outline, examples: &[Example]) -> std::io::Result<Losses> {
    let mut rows = corpus::writer(to, out, outline);
    examples.iter().try_for_each(|example| rows.write(example))?;
    rows.end()
}

fn is_packed(path: &Path) -> bool {
    ending(path) == "gz"
}

/// The format that the name of the output promises. A `.json` may be Label Studio's or anybody's.
fn of_name(path: &Path) -> anyhow::Result<Format> {
    let name = path.to_string_lossy();
    let stem = name.to_ascii_lowercase();
    let stem = stem.strip_suffix(".gz").unwrap_or(&stem);
    if stem.ends_with(".json") {
        return Err(misuse(format_args!(
            "{name}: `.json` says too little of the format\nhint: `--to label-studio` is one list of tasks, `--to jsonl` an object a line"
        )));
    }
    Format::of_name(&name).ok_or_else(|| {
        misuse(format_args!(
            "{name}: the name says nothing of the format\nhint: `--to csv|tsv|jsonl|fasttext|doccano|prodigy|label-studio` says it"
        ))
    })
}
