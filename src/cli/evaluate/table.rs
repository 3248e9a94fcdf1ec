//! Figures as a table: a row a figure, for a spreadsheet or a statistics program.

use std::io::{self, Write};

use rhetor::evaluate::Evaluation;
use rhetor::evaluate::compare::Contrast;
use rhetor::model::card::Figure;

use super::Findings;

/// `part` is a value of the column that `--by` names, empty for all units; `label` is empty for figures over all labels.
const COLUMNS: [&str; 7] = ["part", "label", "figure", "value", "low", "high", "p"];

pub fn write(findings: &Findings, out: &mut impl Write) -> io::Result<()> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record(COLUMNS)?;
    evaluation("", &findings.all, &mut out)?;
    for part in &findings.parts {
        evaluation(&part.value, &part.all, &mut out)?;
    }
    if let Some(against) = &findings.comparison {
        for figure in &against.comparison.overall {
            contrast("", figure, &mut out)?;
        }
        for label in &against.comparison.labels {
            label.figures.iter().try_for_each(|figure| contrast(&label.label, figure, &mut out))?;
        }
    }
    out.flush()
}

type Table<'a, W> = csv::Writer<&'a mut W>;

fn evaluation<W: Write>(part: &str, all: &Evaluation, out: &mut Table<W>) -> io::Result<()> {
    let overall = &all.overall;
    plain([part, "", "units"], all.units as f64, out)?;
    plain([part, "", "groups"], all.groups as f64, out)?;
    for (name, figure) in overall.figures.each() {
        whole([part, "", name], figure, out)?;
    }
    plain([part, "", "calibration_error"], overall.calibration_error, out)?;
    for (baseline, worth) in [("majority", overall.baselines.majority), ("keyword", overall.baselines.keyword)] {
        for (name, value) in [("micro_f1", worth.micro_f1), ("macro_f1", worth.macro_f1), ("accuracy", worth.accuracy)]
        {
            plain([part, "", &format!("{baseline}.{name}")], value, out)?;
        }
    }
    for label in &all.labels {
        plain([part, &label.label, "support"], label.support as f64, out)?;
        plain([part, &label.label, "given"], label.given as f64, out)?;
        for (name, figure) in label.figures.each() {
            whole([part, &label.label, name], figure, out)?;
        }
        plain([part, &label.label, "calibration_error"], label.calibration_error, out)?;
        plain([part, &label.label, "keyword_f1"], label.keyword_f1, out)?;
    }
    Ok(())
}

fn plain<W: Write>(place: [&str; 3], value: f64, out: &mut Table<W>) -> io::Result<()> {
    row(place, [value.to_string(), String::new(), String::new(), String::new()], out)
}

fn whole<W: Write>(place: [&str; 3], figure: &Figure, out: &mut Table<W>) -> io::Result<()> {
    let (low, high) = figure.interval;
    row(place, [figure.value.to_string(), low.to_string(), high.to_string(), String::new()], out)
}

/// The other model's figure, and the difference from it.
fn contrast<W: Write>(label: &str, contrast: &Contrast, out: &mut Table<W>) -> io::Result<()> {
    let (low, high) = contrast.interval;
    plain(["", label, &format!("other.{}", contrast.figure)], contrast.other, out)?;
    let numbers = [contrast.difference, low, high, contrast.p].map(|number| number.to_string());
    row(["", label, &format!("difference.{}", contrast.figure)], numbers, out)
}

fn row<W: Write>(place: [&str; 3], numbers: [String; 4], out: &mut Table<W>) -> io::Result<()> {
    let cells = place.iter().copied().chain(numbers.iter().map(String::as_str));
    out.write_record(cells).map_err(io::Error::from)
}
