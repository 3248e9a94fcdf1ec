//! Figures as people read them.

use std::fmt::Write;

use rhetor::evaluate::judgement::{LabelFigures, Overall};
use rhetor::evaluate::voices::VoiceFigures;
use rhetor::model::card::Figure;
use rhetor::text::visible;

use super::{Findings, Mistake, Part};
use crate::cli::card::shown_figure as shown;

/// Pairs of labels mixed up that are named.
const PAIRS: usize = 5;

/// Writing to a string cannot fail.
macro_rules! line {
    ($out:expr, $($words:tt)*) => { writeln!($out, $($words)*).expect("a string takes any text") };
}

pub fn text(findings: &Findings) -> String {
    let mut out = String::new();
    let all = &findings.all;
    line!(out, "model      {}", findings.model);
    line!(out, "data       {} units in {} groups", all.units, all.groups);
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
    let figures = [
        ("micro F1", overall.micro_f1),
        ("macro F1", overall.macro_f1),
        ("mean average precision", overall.average_precision),
        ("all labels right", overall.accuracy),
        ("labelled units given a label", overall.found),
        ("unlabelled units given one", overall.flagged),
    ];
    for (name, figure) in figures {
        line!(out, "{name:<29} {}", shown(figure));
    }
    line!(
        out,
        "precision and recall          micro {:.3} {:.3}, macro {:.3} {:.3}",
        overall.micro_precision,
        overall.micro_recall,
        overall.macro_precision,
        overall.macro_recall
    );
    line!(out, "other F1                      weighted {:.3}, by unit {:.3}", overall.weighted_f1, overall.sample_f1);
    line!(
        out,
        "probabilities                 log-loss {:.4}, Brier {:.4}, calibration error {:.4}; Hamming loss {:.4}",
        overall.log_loss,
        overall.brier,
        overall.calibration_error,
        overall.hamming_loss
    );
    line!(
        out,
        "baselines                     micro F1 {:.3} (always the commonest answer), {:.3} (one keyword a label; macro {:.3})\n",
        overall.majority,
        overall.keyword.0,
        overall.keyword.1
    );
}

fn labels(labels: &[LabelFigures], out: &mut String) {
    let width = labels.iter().map(|label| visible(&label.label).chars().count()).max().unwrap_or(0).max(5);
    line!(
        out,
        "{:<width$} support  given  {:<21} precision recall  {:<21}  Brier    ECE",
        "label",
        "F1    95%",
        "AP    95%"
    );
    for label in labels {
        let (name, f1, precision) = (visible(&label.label), shown(label.f1), shown(label.average_precision));
        line!(
            out,
            "{name:<width$} {:>7} {:>6}  {f1:<21} {:>9.3} {:>6.3}  {precision:<21} {:>6.4} {:>6.4}",
            label.support,
            label.given,
            label.precision,
            label.recall,
            label.brier,
            label.calibration_error
        );
    }
}

fn parts(column: &str, parts: &[Part], out: &mut String) {
    let value = |part: &Part| if part.value.is_empty() { "(none)".into() } else { visible(&part.value) };
    let width = parts.iter().map(|part| value(part).chars().count()).max().unwrap_or(0).max(column.chars().count());
    line!(out, "\n{:<width$}  units  {:<21}  {:<21}  {}", visible(column), "micro F1", "macro F1", "mean AP");
    for part in parts {
        let overall = &part.all.overall;
        // One group drawn anew is always itself.
        let shown = |figure: Figure| match part.all.groups {
            0 | 1 => format!("{:.3}", figure.value),
            _ => shown(figure),
        };
        let [micro, whole, precision] = [overall.micro_f1, overall.macro_f1, overall.average_precision].map(shown);
        let unlabelled = part.all.labels.iter().all(|label| label.support == 0);
        let precision = if unlabelled { "no labelled unit".into() } else { precision };
        line!(out, "{:<width$}  {:>5}  {micro:<21}  {whole:<21}  {precision}", value(part), part.all.units);
    }
}

fn mistakes(mistakes: &[Mistake], out: &mut String) {
    for mistake in mistakes {
        let what = if mistake.missed { "missed" } else { "wrongly given" };
        let label = visible(&mistake.label);
        line!(
            out,
            "\n{}: {what} {label}, p {:.2} (threshold {:.2})",
            visible(&mistake.place),
            mistake.p,
            mistake.threshold
        );
        line!(out, "    {}", visible(&mistake.text));
        let terms = mistake.terms.iter().map(|(surface, weight)| format!("{weight:+.2} “{}”", visible(surface)));
        line!(out, "    {}", terms.collect::<Vec<_>>().join(", "));
    }
}
