//! Figures as a table: a row a figure, for a spreadsheet or a statistics program.

use std::io::{self, Write};

use rhetor::evaluate::Evaluation;
use rhetor::evaluate::compare::Contrast;
use rhetor::model::card::Figure;

use super::Findings;

/// `part` is a value of the column that `--by` names, empty for all units; `label` is empty for figures over all labels. What cannot be told is
/// an empty cell.
const COLUMNS: [&str; 8] = ["part", "label", "figure", "value", "low", "high", "p", "p_adjusted"];

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
        plain([part, &label.label, "keyword_f1"], label.keyword_f1.unwrap_or(f64::NAN), out)?;
    }
    Ok(())
}

fn plain<W: Write>(place: [&str; 3], value: f64, out: &mut Table<W>) -> io::Result<()> {
    row(place, [Some(value), None, None, None, None], out)
}

fn whole<W: Write>(place: [&str; 3], figure: &Figure, out: &mut Table<W>) -> io::Result<()> {
    let (low, high) = figure.interval;
    row(place, [Some(figure.value), Some(low), Some(high), None, None], out)
}

/// The other model's figure, and the difference from it.
fn contrast<W: Write>(label: &str, contrast: &Contrast, out: &mut Table<W>) -> io::Result<()> {
    let (low, high) = contrast.interval;
    plain(["", label, &format!("other.{}", contrast.figure)], contrast.other, out)?;
    let [difference, low, high, p] = [contrast.difference, low, high, contrast.p].map(Some);
    row(["", label, &format!("difference.{}", contrast.figure)], [difference, low, high, p, contrast.p_adjusted], out)
}

fn row<W: Write>(place: [&str; 3], numbers: [Option<f64>; 5], out: &mut Table<W>) -> io::Result<()> {
    let cell =
        |number: Option<f64>| number.filter(|number| number.is_finite()).map_or(String::new(), |n| n.to_string());
    let numbers = numbers.map(cell);
    let cells = place.iter().copied().chain(numbers.iter().map(String::as_str));
    out.write_record(cells).map_err(io::Error::from)
}
