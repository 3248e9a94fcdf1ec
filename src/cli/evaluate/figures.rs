//! Figures as people read them.

use rhetor::evaluate::compare::Contrast;
use rhetor::evaluate::judgement::{Baseline, LabelFigures, Overall};
use rhetor::evaluate::voices::VoiceFigures;
use rhetor::model::card::Figure;
use rhetor::report::column::{Cell, cell, cut, width};
use rhetor::text::count::plural;
use rhetor::text::visible;

use super::against::{Against, Flip, Verdict};
use super::mistakes::Mistake;
use super::{Findings, Part};
use crate::cli::card::{short, shown_figure as shown};
use crate::cli::line;
use crate::cli::reading::in_groups;

/// Pairs of labels mixed up that are named.
const PAIRS: usize = 5;

pub fn text(findings: &Findings) -> String {
    let mut out = String::new();
    let all = &findings.all;
    match &findings.model {
        Some(model) => {
            line!(out, "model      {model}");
            line!(out, "data       {}", in_groups(all.units, all.groups));
        }
        None => line!(out, "{}", findings.measured.replace(". ", ".\n")),
    }
    if all.groups < 2 {
        let why = if all.units == 1 { "there is one unit only" } else { "all units are of one group" };
        line!(out, "intervals  none: {why}");
    }
    let seen = all.labels.iter().filter(|label| label.support > 0).count();
    if seen < all.labels.len() {
        line!(
            out,
            "labels     {seen} of the model's {} stand in the data; means are over those that do or were given",
            all.labels.len()
        );
    }
    overall(&all.overall, &mut out);
    labels(&all.labels, &mut out);
    let pairs = all.confusions.iter().take(PAIRS);
    let pairs: Vec<String> = pairs
        .map(|(truth, given, count)| format!("{} taken for {} ({count})", visible(truth), visible(given)))
        .collect();
    if !pairs.is_empty() {
        line!(out, "\nmost mixed up: {}", pairs.join("; "));
    }
    if let Some(column) = &findings.by {
        parts(column, &findings.parts, &mut out);
    }
    if let Some(voice) = &findings.voice {
        voices(voice, &mut out);
    }
    if let Some(other) = &findings.comparison {
        against(other, &mut out);
    }
    if findings.wants_errors && findings.errors.is_empty() {
        line!(out, "\nno mistakes");
    }
    mistakes(&findings.errors, &mut out);
    out
}

fn voices(figures: &VoiceFigures, out: &mut String) {
    line!(out, "\nvoice               units precision recall    F1");
    let other = ("other than author".to_owned(), figures.other_than_author);
    for (name, found) in [other].iter().chain(&figures.voices) {
        line!(out, "{name:<18} {:>6} {:>9.3} {:>6.3} {:>5.3}", found.support, found.precision, found.recall, found.f1);
    }
    let speakers = &figures.speakers;
    line!(
        out,
        "speakers: {} of {} named, {} rightly: precision {:.3}, recall {:.3}; with those called unclear, {} of {} rightly",
        speakers.named,
        speakers.support,
        speakers.right,
        speakers.precision,
        speakers.recall,
        speakers.right_or_unclear,
        speakers.named_or_unclear
    );
}

fn overall(overall: &Overall, out: &mut String) {
    let (figures, baselines) = (&overall.figures, &overall.baselines);
    line!(out, "\n{:<10}F1    95%              precision recall  AP    95%", "");
    let mean = |name: &str, f1: Figure, precision: Figure, recall: Figure, ranked: Option<Figure>, out: &mut String| {
        let ranked = ranked.map_or(String::new(), shown);
        let (precision, recall) = (short(precision.value), short(recall.value));
        let line = format!("{name:<9} {:<21} {precision:>9} {recall:>6}  {ranked}", shown(f1));
        line!(out, "{}", line.trim_end());
    };
    let (micro, whole) = (figures.micro_average_precision, figures.average_precision);
    mean("micro", figures.micro_f1, figures.micro_precision, figures.micro_recall, Some(micro), out);
    mean("macro", figures.macro_f1, figures.macro_precision, figures.macro_recall, Some(whole), out);
    mean("weighted", figures.weighted_f1, figures.weighted_precision, figures.weighted_recall, None, out);
    mean("by unit", figures.sample_f1, figures.sample_precision, figures.sample_recall, None, out);
    line!(out, "");
    for (name, figure) in [
        ("all labels right", figures.accuracy),
        ("labelled units given a label", figures.found),
        ("unlabelled units given one", figures.flagged),
        ("Hamming loss", figures.hamming_loss),
        ("log-loss", figures.log_loss),
        ("Brier score", figures.brier),
    ] {
        line!(out, "{name:<29} {}", shown(figure));
    }
    line!(out, "{:<29} {:.3}", "calibration error", overall.calibration_error);
    let worth = |Baseline { micro_f1, macro_f1, accuracy }: Baseline| {
        format!("micro F1 {micro_f1:.3}, macro F1 {macro_f1:.3}, all labels right {accuracy:.3}")
    };
    line!(out, "{:<29} {}", "always the commonest answer", worth(baselines.majority));
    line!(out, "{:<29} {}\n", "one keyword a label", worth(baselines.keyword));
}

fn labels(labels: &[LabelFigures], out: &mut String) {
    let width = width(labels.iter().map(|label| visible(&label.label)), 5);
    line!(
        out,
        "{:<width$} support  given  {:<21} precision recall  {:<21}  Brier    ECE  keyword F1",
        "label",
        "F1    95%",
        "AP    95%"
    );
    for LabelFigures { label, support, given, figures, keyword_f1, calibration_error, .. } in labels {
        let (name, f1, ranked) = (cut(&visible(label)), shown(figures.f1), shown(figures.average_precision));
        line!(
            out,
            "{name:<width$} {support:>7} {given:>6}  {f1:<21} {:>9} {:>6}  {ranked:<21} {:>6.4} {calibration_error:>6.4} {:>11}",
            short(figures.precision.value),
            short(figures.recall.value),
            figures.brier.value,
            short(keyword_f1.unwrap_or(f64::NAN))
        );
    }
}

fn against(other: &Against, out: &mut String) {
    line!(
        out,
        "\nagainst {} (model {}): difference = this − other; p by {} swaps",
        visible(&other.name),
        other.model,
        other.comparison.swaps
    );
    let width = width(other.comparison.labels.iter().map(|label| visible(&label.label)), 21);
    line!(out, "{:<width$}              this  other  difference               p", "");
    for figure in &other.comparison.overall {
        line!(out, "{}", contrast(&cell(figure.words()), "", figure, width));
    }
    for label in &other.comparison.labels {
        let names = [cut(&visible(&label.label)), cell("")];
        for (figure, name) in label.figures.iter().zip(names) {
            let short = if figure.figure == "f1" { "F1" } else { "AP" };
            line!(out, "{}", contrast(&name, short, figure, width));
        }
    }
    line!(out, "p of single labels is adjusted for their number (Holm)");
    flips(other, out);
}

fn contrast(name: &Cell, figure: &str, contrast: &Contrast, width: usize) -> String {
    let p = contrast.p_adjusted.unwrap_or(contrast.p);
    let difference = match contrast.figure().known_interval() {
        Some((low, high)) => format!("{:+.3} [{low:+.3}, {high:+.3}]", contrast.difference),
        None if contrast.difference.is_nan() => "–".to_owned(),
        None => format!("{:+.3}", contrast.difference),
    };
    let p = if p.is_nan() { "–".to_owned() } else { format!("{p:.4}") };
    let [this, other] = [contrast.this, contrast.other].map(short);
    format!("{name:<width$}  {figure:<9} {this:>5}  {other:>5}  {difference:<23}  {p}")
}

fn flips(other: &Against, out: &mut String) {
    let flips = &other.flips;
    let units = plural(flips.units, "unit has", "units have");
    line!(out, "\n{} {units} other labels: {} better than there, {} worse", flips.units, flips.better, flips.worse);
    let set = |labels: &[String]| match labels {
        [] => "none".to_owned(),
        some => some.iter().map(|label| visible(label)).collect::<Vec<_>>().join(", "),
    };
    for Flip { place, text, labels, given, other, verdict } in &flips.shown {
        let verdict = match verdict {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Neither => "neither better nor worse",
        };
        line!(out, "\n{}: {verdict}: {}; was {}; is truly {}", visible(place), set(given), set(other), set(labels));
        line!(out, "    {}", visible(text));
    }
    if flips.units as usize > flips.shown.len() {
        line!(out, "\n… and {} more (`--flips {}` shows all)", flips.units as usize - flips.shown.len(), flips.units);
    }
}

fn parts(column: &str, parts: &[Part], out: &mut String) {
    let value = |part: &Part| if part.value.is_empty() { "(none)".into() } else { visible(&part.value) };
    let width = width(parts.iter().map(value).chain([visible(column)]), 0);
    line!(out, "\n{:<width$}  units  {:<21}  {:<21}  {}", cell(visible(column)), "micro F1", "macro F1", "mean AP");
    for part in parts {
        let overall = &part.all.overall.figures;
        let [micro, whole, precision] = [overall.micro_f1, overall.macro_f1, overall.average_precision].map(shown);
        let unlabelled = part.all.labels.iter().all(|label| label.support == 0);
        let precision = if unlabelled { "no labelled unit".into() } else { precision };
        line!(out, "{:<width$}  {:>5}  {micro:<21}  {whole:<21}  {precision}", cell(value(part)), part.all.units);
    }
}

fn mistakes(mistakes: &[Mistake], out: &mut String) {
    for mistake in mistakes {
        let what = if mistake.missed { "missed" } else { "wrongly given" };
        let label = visible(&mistake.label);
        line!(
            out,
            "\n{}: {what} {label}, p {:.2}{}",
            visible(&mistake.place),
            mistake.p,
            mistake.threshold.map_or(String::new(), |threshold| format!(" (threshold {threshold:.2})"))
        );
        line!(out, "    {}", visible(&mistake.text));
        let terms = mistake.terms.iter().map(|(surface, weight)| format!("{weight:+.2} “{}”", visible(surface)));
        let terms = terms.collect::<Vec<_>>().join(", ");
        if !terms.is_empty() {
            line!(out, "    {terms}");
        }
    }
}
