//! Agreement as people and spreadsheets read it.

use std::collections::BTreeMap;

use rhetor::evaluate::agreement::measures::{Figures, LabelAgreement, Measure, Measured};
use rhetor::report::column::{cell, width};
use rhetor::text::count::counted;
use rhetor::text::visible;

use super::Findings;
use crate::cli::line;

/// The least alphas that Krippendorff (2004, Content Analysis, 2nd ed., p. 241) lets one draw conclusions from, and tentative ones.
const RELIABLE: f64 = 0.8;
const TENTATIVE: f64 = 0.667;

/// A label that fewer units have, or lack, is rare; an interval that is wider says little.
const RARE: u64 = 10;
const WIDE: f64 = 0.3;

/// What differs that is shown, and units left out of a merged file.
const CONFUSIONS: usize = 8;
const LEFT_OUT: usize = 10;

pub fn text(found: &Findings) -> String {
    let mut out = String::new();
    let names: Vec<String> =
        found.annotators.iter().map(|who| format!("{} ({})", visible(&who.name), who.units)).collect();
    line!(out, "annotators  {}", names.join(", "));
    line!(
        out,
        "units       {} joined by {}, {} of them judged by two or more{}",
        found.units,
        found.joined_by,
        found.shared,
        // Where each unit is a group of its own, there are none to speak of.
        match found.groups {
            groups if groups == found.shared => String::new(),
            groups => format!(", in {}", counted(groups, "group", "groups")),
        }
    );
    sets(found, &mut out);
    labels(found, &mut out);
    if found.annotators.len() > 2 {
        pairs(found, &mut out);
    }
    confusions(found, &mut out);
    discuss(found, &mut out);
    merged(found, &mut out);
    out
}

fn sets(found: &Findings, out: &mut String) {
    line!(out, "\nwhole answers: all labels of a unit together");
    for (measure, words) in [
        (Measure::Agreement, "agreement"),
        (Measure::Cohen, "Cohen's kappa"),
        (Measure::Fleiss, "Fleiss' kappa"),
        (Measure::Alpha, "Krippendorff's alpha"),
        (Measure::AlphaJaccard, "  the same, Jaccard"),
        (Measure::AlphaMasi, "  the same, MASI"),
    ] {
        let figure = found.sets[&measure];
        let reading = match measure {
            Measure::Agreement => "pairs of answers that are the same; chance is in it".into(),
            Measure::Fleiss if found.fleiss_over.units < found.shared => {
                let usual = &found.fleiss_over;
                let units = counted(usual.units, "unit", "units");
                format!("{} (the {units} with {} annotators)", reading(figure), usual.annotators)
            }
            _ => reading(figure),
        };
        line!(out, "  {words:<20}  {:<22}  {reading}", shown(figure));
    }
}

fn labels(found: &Findings, out: &mut String) {
    let width = width(found.labels.iter().map(|label| visible(&label.label)), 5);
    line!(
        out,
        "\n{:<width$}    any    all  agreement  both yes  Cohen  Fleiss  {:<22}  reading of alpha",
        "label",
        "alpha  95%"
    );
    for label in &found.labels {
        let of = |measure| short(label.figures[&measure]);
        let alpha = label.figures[&Measure::Alpha];
        line!(
            out,
            "{:<width$} {:>6} {:>6}  {:>9}  {:>8}  {:>5}  {:>6}  {:<22}  {}",
            cell(visible(&label.label)),
            label.by_any,
            label.by_all,
            of(Measure::Agreement),
            of(Measure::Positive),
            of(Measure::Cohen),
            of(Measure::Fleiss),
            shown(alpha),
            cautious(label, found.shared)
        );
    }
    line!(
        out,
        "\nany, all: units that one, or everybody who judged them, gave the label; both yes: how often a yes finds a yes\n\
         kappa and alpha: 1 full agreement, 0 as by chance; reliable from .800, tentative conclusions only from .667, too low below\n\
         (Krippendorff 2004, Content Analysis, p. 241; he would have the interval's lower end reach it, so where that reads otherwise it is named)"
    );
}

fn pairs(found: &Findings, out: &mut String) {
    if found.pairs.is_empty() {
        return;
    }
    let names = |pair: &(String, String)| format!("{} – {}", visible(&pair.0), visible(&pair.1));
    let width = width(found.pairs.iter().map(|pair| names(&pair.annotators)), 0);
    line!(out, "\n{:<width$}   units  agreement  Cohen's kappa of whole answers  95%", "pair");
    for pair in &found.pairs {
        line!(
            out,
            "{:<width$}  {:>6}  {:>9}  {}",
            cell(names(&pair.annotators)),
            pair.units,
            short(pair.figures[&Measure::Agreement]),
            shown(pair.figures[&Measure::Cohen])
        );
    }
}

/// Of two annotators who says what; of more, what stands against what.
fn confusions(found: &Findings, out: &mut String) {
    let two = found.annotators.len() == 2;
    let mut counts: BTreeMap<(Option<&str>, Option<&str>), u64> = BTreeMap::new();
    for confusion in found.pairs.iter().flat_map(|pair| &pair.confusions) {
        let (mut first, mut second) = (confusion.first.as_deref(), confusion.second.as_deref());
        // No label comes last.
        if !two && (first.is_none(), first) > (second.is_none(), second) {
            std::mem::swap(&mut first, &mut second);
        }
        *counts.entry((first, second)).or_default() += confusion.units;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if counts.is_empty() {
        return;
    }
    let name = |label: Option<&str>| label.map_or("nothing".into(), visible);
    match &found.annotators[..] {
        [first, second] => {
            line!(out, "\nwhere they differ: {} says – {} says", visible(&first.name), visible(&second.name));
        }
        _ => line!(out, "\nwhere they differ, over all pairs of answers"),
    }
    for ((first, second), count) in counts.iter().take(CONFUSIONS) {
        let between = if two { "–" } else { "or" };
        line!(out, "{count:>7}  {} {between} {}", name(*first), name(*second));
    }
}

fn discuss(found: &Findings, out: &mut String) {
    if found.discuss.is_empty() {
        return;
    }
    line!(out, "\nto discuss first (distance of the answers, from 0 to 1)");
    for unit in &found.discuss {
        line!(out, "\n{}: {:.2}", visible(&unit.place), unit.distance);
        line!(out, "    {}", visible(&unit.text));
        let said = unit.answers.iter().map(|(who, labels)| {
            let labels = if labels.is_empty() { "nothing".into() } else { labels.join(", ") };
            let unsure = if unit.unsure.contains(who) { " (unsure)" } else { "" };
            format!("{}: {}{unsure}", visible(who), visible(&labels))
        });
        line!(out, "    {}", said.collect::<Vec<_>>().join("; "));
    }
}

fn merged(found: &Findings, out: &mut String) {
    let Some(merged) = &found.merged else { return };
    let units = counted(merged.units, "unit", "units");
    line!(out, "\nmerged ({}): {units}, {} left out", merged.rule, merged.left_out.len());
    for unit in merged.left_out.iter().take(LEFT_OUT) {
        line!(out, "    {}: {}", visible(&unit.place), visible(&unit.reason));
    }
    if merged.left_out.len() > LEFT_OUT {
        line!(out, "    … and {} more; --rest FILE and --format json have them all", merged.left_out.len() - LEFT_OUT);
    }
}

fn shown(figure: Measured) -> String {
    match (figure.value, figure.interval) {
        (Some(value), Some((low, high))) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        (Some(value), None) => format!("{value:.3}"),
        (None, _) => "–".into(),
    }
}

fn short(figure: Measured) -> String {
    figure.value.map_or("–".into(), |value| format!("{value:.3}"))
}

/// What a figure above chance is good for: its value decides, and what makes it doubtful is named.
fn reading(figure: Measured) -> String {
    let Some(value) = figure.value else { return "cannot be told".into() };
    [word(value).to_owned()].into_iter().chain(doubts(figure)).collect()
}

/// Of a figure as it is shown, so that word and number say the same.
fn word(value: f64) -> &'static str {
    match format!("{value:.3}").parse().unwrap_or(value) {
        shown if shown >= RELIABLE => "reliable",
        shown if shown >= TENTATIVE => "tentative",
        _ => "too low",
    }
}

/// An interval that is wide, or whose lower end would read otherwise.
fn doubts(Measured { value, interval }: Measured) -> Vec<String> {
    let (Some(value), Some((low, high))) = (value, interval) else { return Vec::new() };
    let lower = (word(low) != word(value)).then(|| format!(", though it may be {low:.3}"));
    let wide = (high - low > WIDE).then(|| "; the interval is wide".to_owned());
    lower.into_iter().chain(wide).collect()
}

/// The reading of a label's alpha, with what makes it doubtful.
fn cautious(label: &LabelAgreement, shared: u64) -> String {
    let alpha = label.figures[&Measure::Alpha];
    if alpha.value.is_none() {
        return match label.by_any {
            0 => "cannot be told: nobody gave it where two judged".into(),
            _ => "cannot be told: everybody always gave it".into(),
        };
    }
    let rare = match () {
        () if label.by_any < RARE => "; rare: label more",
        () if shared - label.by_all < RARE => "; hardly ever missing",
        () => "",
    };
    reading(alpha) + rare
}

/// A row a figure: of the whole answers, of each label, of each pair.
pub fn csv(found: &Findings) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["of", "name", "units", "figure", "value", "low", "high"])?;
    let mut rows = |of: &str, name: &str, units: u64, figures: &Figures| -> anyhow::Result<()> {
        for (measure, figure) in figures {
            let number = |number: Option<f64>| number.map_or(String::new(), |number| number.to_string());
            let (low, high) = figure.interval.unzip();
            let cells = [number(figure.value), number(low), number(high)];
            out.write_record([of, name, &units.to_string(), measure.name(), &cells[0], &cells[1], &cells[2]])?;
        }
        Ok(())
    };
    rows("sets", "", found.shared, &found.sets)?;
    for label in &found.labels {
        rows("label", &label.label, label.by_any, &label.figures)?;
    }
    for pair in &found.pairs {
        rows("pair", &format!("{} – {}", pair.annotators.0, pair.annotators.1), pair.units, &pair.figures)?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}
