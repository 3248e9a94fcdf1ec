//! What a cue's matches tell of a label: counts, and log-odds with their interval.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use rayon::prelude::*;
use rhetor::corpus::Corpus;
use rhetor::evaluate::interval::log_odds_ratio;
use rhetor::features::cues::Finder;
use rhetor::report::column::{cell, width};
use rhetor::text::count::plural;
use rhetor::text::visible;

use super::Loaded;
use crate::cli::Output;
use crate::cli::args::{Cues, CuesFormat};

/// Units that one task looks through.
const UNITS_A_TASK: usize = 256;

/// A cue beside a label.
struct Association<'a> {
    cue: &'a str,
    section: &'a str,
    label: &'a str,
    matched: u64,
    with_label: u64,
    /// With its interval; none where there is nothing to compare.
    log_odds: Option<(f64, (f64, f64))>,
}

impl Association<'_> {
    /// How surely it tells of the label: the lower end.
    fn lower(&self) -> f64 {
        self.log_odds.map_or(f64::NEG_INFINITY, |(_, (low, _))| low)
    }
}

pub fn print(loaded: &Loaded, args: &Cues, corpus: &Corpus) -> anyhow::Result<()> {
    let labels: BTreeSet<&str> = corpus.examples.iter().flat_map(|e| &e.labels).map(String::as_str).collect();
    let counts = count(loaded, args, corpus);
    let totals =
        |label: &str| corpus.examples.iter().filter(|e| e.labels.iter().any(|own| own == label)).count() as u64;
    let totals: BTreeMap<&str, u64> = labels.iter().map(|label| (*label, totals(label))).collect();
    let all = corpus.examples.len() as u64;
    let mut rows: Vec<Association> = Vec::new();
    for (at, cue) in loaded.set.cues.iter().enumerate().filter(|(at, _)| loaded.wanted[*at]) {
        let (matched, by_label) = &counts[at];
        let row = |label| {
            let with_label = by_label.get(label).copied().unwrap_or(0);
            let outside = totals[label] - with_label;
            let rest = [outside, all - matched - outside];
            let log_odds = log_odds_ratio([with_label, matched - with_label], rest);
            Association { cue: &cue.name, section: &cue.section, label, matched: *matched, with_label, log_odds }
        };
        match (args.format, labels.get(&cue.section[..])) {
            (CuesFormat::Text, Some(own)) => rows.push(row(*own)),
            // A cue that names no label is shown beside the one that it tells most of.
            (CuesFormat::Text, None) => {
                rows.extend(labels.iter().map(|label| row(*label)).max_by(|a, b| a.lower().total_cmp(&b.lower())));
            }
            _ => rows.extend(labels.iter().map(|label| row(*label))),
        }
    }
    let mut out = Output::open(None)?;
    match args.format {
        CuesFormat::Text => text(&mut out, &rows, all)?,
        CuesFormat::Csv => csv(&mut out, &rows)?,
        CuesFormat::Jsonl => jsonl(&mut out, &rows)?,
    }
    out.finish()
}

/// For each cue in how many units it matches, and in how many of these each label stands.
fn count<'a>(loaded: &Loaded, args: &Cues, corpus: &'a Corpus) -> Vec<(u64, BTreeMap<&'a str, u64>)> {
    let per_task: Vec<Vec<Vec<u32>>> = corpus
        .examples
        .par_chunks(UNITS_A_TASK)
        .map(|examples| {
            let mut finder = Finder::new(&loaded.matcher, args.language);
            let cues = |text: &str| -> Vec<u32> {
                let found: BTreeSet<u32> = finder.find(text).into_iter().map(|(cue, _)| cue).collect();
                found.into_iter().collect()
            };
            examples.iter().map(|example| &example.text[..]).map(cues).collect()
        })
        .collect();
    let mut counts = vec![(0, BTreeMap::new()); loaded.set.cues.len()];
    for (cues, example) in per_task.iter().flatten().zip(&corpus.examples) {
        for &cue in cues {
            let (matched, by_label) = &mut counts[cue as usize];
            *matched += 1;
            example.labels.iter().for_each(|label| *by_label.entry(&label[..]).or_default() += 1);
        }
    }
    counts
}

fn text(out: &mut impl Write, rows: &[Association], all: u64) -> io::Result<()> {
    let cues = width(rows.iter().map(|row| visible(row.cue)), 3);
    let labels = width(rows.iter().map(|row| visible(row.label)), 5);
    writeln!(out, "{:<cues$}  {:<labels$}  matched  with it  share  log-odds  95%", "cue", "label")?;
    for row in rows {
        let share = row.with_label as f64 / row.matched.max(1) as f64;
        let (cue, label) = (cell(visible(row.cue)), cell(visible(row.label)));
        if row.matched == 0 {
            writeln!(out, "{cue:<cues$}  {:<labels$}  {:>7}  never matched, and tells nothing", "-", 0)?;
            continue;
        }
        write!(out, "{cue:<cues$}  {label:<labels$}  {:>7}  {:>7}  {share:>5.2}  ", row.matched, row.with_label)?;
        match row.log_odds {
            None => writeln!(out, "{:>8}  nothing to compare with", "–")?,
            Some((ratio, (low, high))) => {
                let told = match () {
                    () if high < 0.0 => "  speaks against it",
                    () if low <= 0.0 => "  tells nothing yet",
                    () => "",
                };
                writeln!(out, "{ratio:>+8.2}  [{low:+.2}, {high:+.2}]{told}")?;
            }
        }
    }
    let silent = rows.iter().filter(|row| row.matched == 0).count();
    let (cues, units) = (plural(rows.len() as u64, "cue", "cues"), plural(all, "unit", "units"));
    writeln!(out, "\n{} {cues} on {all} {units}, {silent} of them never matched", rows.len())?;
    writeln!(
        out,
        "log-odds: how much a match raises the odds of the label, one unit with the label's overall share added to what matched;\n\
         a cue whose section is no label stands beside the label of which the interval's lower end says most"
    )
}

fn csv(out: &mut impl Write, rows: &[Association]) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["cue", "section", "label", "matched", "with_label", "log_odds", "low", "high"])?;
    for row in rows {
        let numbers = row
            .log_odds
            .map_or_else(Default::default, |(ratio, (low, high))| [ratio, low, high].map(|number| number.to_string()));
        let counts = [row.matched.to_string(), row.with_label.to_string()];
        table.write_record(
            [row.cue, row.section, row.label]
                .into_iter()
                .chain(counts.iter().map(String::as_str).chain(numbers.iter().map(String::as_str))),
        )?;
    }
    table.flush()?;
    Ok(())
}

fn jsonl(out: &mut impl Write, rows: &[Association]) -> io::Result<()> {
    for row in rows {
        let line = serde_json::json!({
            "cue": row.cue, "section": row.section, "label": row.label, "matched": row.matched,
            "with_label": row.with_label, "log_odds": row.log_odds.map(|(ratio, _)| ratio),
            "interval": row.log_odds.map(|(_, interval)| interval),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
