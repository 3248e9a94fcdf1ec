//! Estimates as people and spreadsheets read them.

use rhetor::evaluate::estimate::{FEW, Share};
use rhetor::report::column::{cell, width};
use rhetor::text::count::counted;
use rhetor::text::visible;

use super::{Findings, LabelShare, Shares};
use crate::cli::line;

pub fn text(found: &Findings) -> String {
    let mut out = String::new();
    let sample = &found.sample;
    line!(
        out,
        "pool     {} {}s in {} {}, model {}",
        found.pool.units,
        found.unit,
        found.pool.files,
        files(found),
        found.model
    );
    let groups = sample
        .groups
        .map_or(String::new(), |groups| format!(", in {} drawn whole", counted(groups, "group", "groups")));
    let weighted = if sample.weighted { ", weighted" } else { "" };
    line!(out, "sample   {} of them labelled by hand, joined by {}{groups}{weighted}", sample.units, sample.joined_by);
    table(None, &found.whole, found, &mut out);
    for part in &found.parts {
        let by = found.by.as_deref().unwrap_or_default();
        table(Some(&format!("{} {}", visible(by), visible(&part.value))), &part.shares, found, &mut out);
    }
    line!(
        out,
        "\ncounted: units that the model gave the label, its errors not corrected; by hand: the sample alone; corrected: both together, the estimate to use;\n\
         gain: how many hand-labelled units the model is worth, as a factor"
    );
    out
}

fn files(found: &Findings) -> &'static str {
    if found.pool.files == 1 { "file" } else { "files" }
}

fn table(name: Option<&str>, shares: &Shares, found: &Findings, out: &mut String) {
    if let Some(name) = name {
        line!(out, "\n{name}: {} {}s, {} in the sample", shares.units, found.unit, shares.sampled);
    } else {
        line!(out, "");
    }
    if shares.too_few {
        line!(out, "too few of it in the sample: {FEW} are the least");
    }
    let width = width(found.labels.iter().map(|label| visible(&label.label)), 5);
    line!(
        out,
        "{:<width$} {:>8} {:>6}   {:<22} {:<22} {:>8}  {:<17} {:>4}",
        "label",
        "counted",
        "",
        "by hand  95%",
        "corrected  95%",
        "units",
        "95%",
        "gain"
    );
    let mut rows: Vec<&LabelShare> = shares.labels.iter().collect();
    rows.sort_by(|a, b| order(b).total_cmp(&order(a)));
    for row in rows {
        let estimate = &row.estimate;
        let counts = row.count_interval.map_or(String::new(), |(low, high)| format!("[{low:.0}, {high:.0}]"));
        line!(
            out,
            "{:<width$} {:>8} {:>6}   {:<22} {:<22} {:>8}  {:<17} {:>4}",
            cell(visible(&row.label)),
            estimate.naive_count,
            percent(estimate.naive_share),
            share(estimate.hand),
            share(estimate.corrected),
            row.count.map_or("–".into(), |count| format!("{count:.0}")),
            counts,
            gain(row)
        );
    }
}

/// The commonest first.
fn order(row: &LabelShare) -> f64 {
    row.estimate.corrected.map_or(row.estimate.naive_share, |corrected| corrected.share)
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

fn share(share: Option<Share>) -> String {
    share.map_or("–".into(), |Share { share, interval }| {
        let ends = interval.map_or(String::new(), |(low, high)| format!(" [{:.1}, {:.1}]", 100.0 * low, 100.0 * high));
        format!("{}{ends}", percent(share))
    })
}

/// The ratio of squared widths.
fn gain(row: &LabelShare) -> String {
    let width = |share: Option<Share>| share.and_then(|share| share.interval).map(|(low, high)| high - low);
    // Where all of it is labelled, neither has a width.
    let widths = width(row.estimate.hand).zip(width(row.estimate.corrected)).filter(|(hand, _)| *hand > 0.0);
    widths.map_or("–".into(), |(hand, corrected)| format!("{:.1}", (hand / corrected.max(1e-12)).powi(2).min(99.9)))
}

/// A row a label of the whole (no part) and of each part.
pub fn csv(found: &Findings) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "part",
        "label",
        "units",
        "sampled",
        "naive_count",
        "naive_share",
        "hand_count",
        "hand_share",
        "hand_low",
        "hand_high",
        "share",
        "low",
        "high",
        "count",
        "count_low",
        "count_high",
        "note",
    ])?;
    let parts = found.parts.iter().map(|part| (&part.value[..], &part.shares));
    for (part, shares) in std::iter::once(("", &found.whole)).chain(parts) {
        for row in &shares.labels {
            let estimate = &row.estimate;
            let numbers = |share: Option<Share>| match share {
                Some(Share { share, interval: Some((low, high)) }) => [share, low, high].map(|n| n.to_string()),
                Some(Share { share, interval: None }) => [share.to_string(), String::new(), String::new()],
                None => [const { String::new() }; 3],
            };
            let (low, high) = row.count_interval.unzip();
            let counts = [row.count, low, high].map(|number| number.map_or(String::new(), |number| number.to_string()));
            let first = [shares.units, shares.sampled, estimate.naive_count].map(|number| number.to_string());
            out.write_field(part)?;
            out.write_field(&row.label)?;
            for cell in first {
                out.write_field(cell)?;
            }
            out.write_field(estimate.naive_share.to_string())?;
            out.write_field(estimate.hand_count.to_string())?;
            for cell in numbers(estimate.hand).into_iter().chain(numbers(estimate.corrected)).chain(counts) {
                out.write_field(cell)?;
            }
            out.write_field(if shares.too_few { "too few" } else { "" })?;
            out.write_record(None::<&[u8]>)?;
        }
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}
