//! A model's card as text, for `train` and `inspect`.

use rhetor::features::{Block, cues};
use rhetor::model::card::{
    Card, Compression, CueCard, Figure, LabelCard, Learned, Mirror, RowWeights, StrongTerm, Trust,
};
use rhetor::model::{Model, Task};
use rhetor::report::column::{cell, cut, width};
use rhetor::text::count::counted;
use rhetor::text::stem::Language;
use rhetor::text::visible;

use super::line;
use super::reading::in_groups;

/// How many confused pairs are named.
const PAIRS: usize = 5;

/// Everything that a person needs to decide how far to trust a model.
pub fn text(model: &Model) -> String {
    let mut out = String::new();
    let card = model.card();
    head(model, &mut out);
    // What other text tells goes before, if it tells it of this model.
    let is_own = card.mirror.as_ref().is_some_and(|seen| seen.weights == model.weights_fingerprint());
    let trusts: Vec<(&str, Trust)> = match card.mirror.as_ref().filter(|_| is_own) {
        Some(seen) => seen.labels.iter().map(|label| (&label.label[..], label.trust())).collect(),
        None => card.labels.iter().map(|label| (&label.label[..], label.trust())).collect(),
    };
    labels(model, !is_own, &mut out);
    if let Some(seen) = &card.mirror {
        mirror(seen, is_own, &mut out);
    }
    confusions(model, &mut out);
    out += &cues_in_short(card);
    advice(&trusts, &mut out);
    out
}

fn head(model: &Model, out: &mut String) {
    let card = model.card();
    if let Some(note) = &card.note {
        line!(out, "note        {}", visible(note));
    }
    let task = match model.task() {
        Task::Single => "one label a unit",
        Task::Multi => "any number of labels a unit",
    };
    let labels = counted(model.labels().len() as u64, "label", "labels");
    line!(out, "model       {}, {labels}, {task}", model.fingerprint());
    if let Some(book) = model.own_codebook() {
        line!(out, "codebook    {}: what {} labels mean (`rhetor labels -m`)", visible(&book.title), book.labels.len());
    }
    line!(out, "data        {}, fingerprint {}", in_groups(card.units, card.groups), beginning(&card.data));
    features(model, out);
    learning(model, out);
    held_out(card, out);
}

/// As much of a fingerprint as people compare.
fn beginning(fingerprint: &str) -> String {
    visible(&fingerprint.chars().take(16).collect::<String>())
}

fn features(model: &Model, out: &mut String) {
    let (card, settings) = (model.card(), model.featurizer().settings());
    let (shortest, longest) = settings.ngrams;
    let characters = settings.char_ngrams.map_or(String::new(), |(s, l)| format!(", characters {s}–{l}"));
    let or_vectors = if card.vectors.is_some() { " or with a vector" } else { "" };
    let shape = if settings.shape { ", shape" } else { "" };
    let units = counted(settings.min_count.into(), "unit", "units");
    let in_groups = match settings.min_groups {
        1 => String::new(),
        groups => format!(" of {groups} groups"),
    };
    let buckets = settings.hash_bits.map_or(String::new(), |bits| format!(" in 2^{bits} buckets"));
    let at_most = settings.max_terms.map_or(String::new(), |most| format!(", at most {most} of them"));
    line!(
        out,
        "features    {} terms in {units}{in_groups} or more{at_most}{or_vectors}: {}, n-grams {shortest}–{longest}{characters}{buckets}{shape}; {} weighting",
        model.featurizer().vocabulary().len(),
        match settings.language {
            Language::None => "no stems".to_owned(),
            language => format!("{language} stems"),
        },
        settings.weighting.name()
    );
    if let Some(terms) = card.kept_out {
        line!(out, "kept out    {terms} terms that stand in units of fewer than {} groups", settings.min_groups);
    }
    if let Some(vectors) = &card.vectors {
        line!(
            out,
            "vectors     {} of the terms have one of {} numbers, {} of them in no unit; fingerprint {}",
            vectors.terms,
            vectors.width,
            vectors.unseen,
            beginning(&vectors.fingerprint)
        );
    }
}

fn learning(model: &Model, out: &mut String) {
    let learning = &model.card().learning;
    let cuts = match model.task() {
        Task::Multi => format!("thresholds for {}", visible(&learning.optimize)),
        Task::Single => "the likeliest label is given".to_owned(),
    };
    let strengths: Vec<String> = learning.blocks.iter().map(strength).collect();
    let by = learning.fold_by.as_ref().map_or(String::new(), |column| format!(" by {}", visible(column)));
    let weighed: String = learning.weigh.iter().map(|weighing| format!(", weighed {}", visible(weighing))).collect();
    let folds = held_out_folds(learning.folds, learning.holdout);
    line!(
        out,
        "learning    {}, {folds}{by}, seed {}, {cuts}, solver {}, class weight {}{weighed}",
        strengths.join(", "),
        learning.seed,
        visible(&learning.solver),
        visible(&learning.class_weight)
    );
    if let Some(RowWeights { units, least, greatest }) = learning.row_weights {
        let weigh = counted(units, "unit weighs", "units weigh");
        line!(out, "row weights {weigh} other than 1, from {least} to {greatest}");
    }
    if let Some(units) = &learning.calibrate_where {
        line!(out, "judged on   units with {} only: thresholds, calibration and all held-out figures", visible(units));
    }
}

/// How many folds are held out.
fn held_out_folds(folds: u32, first_only: bool) -> String {
    if first_only { format!("one of {folds} folds held out") } else { format!("{folds} folds") }
}

/// The strength of a block of features, and how it was found.
fn strength(learned: &Learned) -> String {
    let tried = learned.tried.len();
    let chosen = if tried == 0 { "given".into() } else { format!("best of {tried}") };
    match learned.block {
        Block::Words => format!("L2 {} ({chosen})", learned.l2),
        Block::Cues => format!("for {} {} ({chosen})", counted(learned.features, "cue", "cues"), learned.l2),
        Block::Vectors => format!("for vectors {} ({chosen})", learned.l2),
    }
}

fn held_out(card: &Card, out: &mut String) {
    if let Some(Compression { prune, bits, largest_change }) = &card.compression {
        let pruned = prune.map_or(String::new(), |least| format!(", terms pruned to {least}"));
        line!(
            out,
            "weights     {bits} bits{pruned}: no score of a training unit moved by more than {largest_change:.4}"
        );
    }
    let overall = &card.overall;
    let is_smaller = card.compression.as_ref().is_some_and(Compression::matters);
    line!(
        out,
        "held out    micro F1 {:.3}, macro F1 {:.3}, all labels right {:.3}, mean average precision {:.3}{}",
        overall.micro_f1,
        overall.macro_f1,
        overall.accuracy,
        overall.average_precision,
        if is_smaller { " (before weights were made smaller)" } else { "" }
    );
    line!(
        out,
        "baselines   micro F1 {:.3} (always the commonest answer), {:.3} (one keyword a label)\n",
        overall.majority,
        overall.keyword
    );
}

fn labels(model: &Model, shows_trust: bool, out: &mut String) {
    let cards = &model.card().labels;
    let width = width(cards.iter().map(|card| &card.label), 5);
    line!(
        out,
        "{:<width$} {:>7}{}  {:>5}  {:<14} {:>9} {:>6} {:>6} {:>6} {:>9}{}",
        "label",
        "support",
        if cards.iter().any(|card| card.judged.is_some()) { "  judged" } else { "" },
        "F1",
        "95%",
        "precision",
        "recall",
        "AP",
        "ECE",
        "threshold",
        if shows_trust { "  trust" } else { "" }
    );
    let threshold = |cut: f64| short(if model.task() == Task::Multi { cut } else { f64::NAN });
    for card in cards {
        let interval = model.card().f1_of(card).known_interval();
        let interval = interval.map_or("–".to_owned(), |(low, high)| format!("[{low:.3}, {high:.3}]"));
        let name = cut(&visible(&card.label));
        line!(
            out,
            "{name:<width$} {:>7}{}  {:>5.3}  {interval:<14} {:>9.3} {:>6.3} {:>6.3} {:>6.3} {:>9}{}",
            card.support,
            card.judged.map_or(String::new(), |units| format!(" {units:>7}")),
            card.f1,
            card.precision,
            card.recall,
            card.average_precision,
            card.calibration_error,
            threshold(card.threshold),
            trust(card, shows_trust)
        );
    }
}

/// What the model was worth on text of another origin.
fn mirror(seen: &Mirror, is_own: bool, out: &mut String) {
    let names: Vec<String> = seen.data.iter().map(|file| visible(&file.name)).collect();
    line!(out, "\non other text: {} of {}", in_groups(seen.units, seen.groups), names.join(", "));
    if !is_own {
        line!(out, "warning: measured on another model than this one");
    }
    let overall = &seen.overall;
    line!(
        out,
        "micro F1 {}, macro F1 {}, mean average precision {}",
        shown_figure(overall.micro_f1),
        shown_figure(overall.macro_f1),
        shown_figure(overall.average_precision)
    );
    let share =
        |figure: Figure| if figure.value.is_finite() { format!("{:.0}%", 100.0 * figure.value) } else { "–".into() };
    let (found, flagged) = (share(overall.found), share(overall.flagged));
    line!(out, "{found} of the units with a label were given one, and {flagged} of those without\n");
    let width = width(seen.labels.iter().map(|label| visible(&label.label)), 5);
    line!(
        out,
        "{:<width$} support  F1    95%             precision recall  AP    95%                 ECE{}",
        "label",
        if is_own { "  trust" } else { "" }
    );
    for label in &seen.labels {
        let (name, f1) = (cut(&visible(&label.label)), shown_figure(label.f1));
        let average_precision = shown_figure(label.average_precision);
        line!(
            out,
            "{name:<width$} {:>7}  {f1:<21} {:>9} {:>6}  {average_precision:<21} {:>6.3}{}",
            label.support,
            short(label.precision),
            short(label.recall),
            label.calibration_error,
            if is_own { format!("  {}", label.trust().word()) } else { String::new() }
        );
    }
}

/// With its 95% interval, as far as it can be told.
pub fn shown_figure(figure: Figure) -> String {
    match figure.known_interval() {
        Some((low, high)) => format!("{:.3} [{low:.3}, {high:.3}]", figure.value),
        None => short(figure.value),
    }
}

/// A figure, or a dash for what cannot be told.
pub fn short(figure: f64) -> String {
    if figure.is_finite() { format!("{figure:.3}") } else { "–".to_owned() }
}

/// The end of a label's row.
fn trust(card: &LabelCard, shows_trust: bool) -> String {
    match (shows_trust, card.calibrated || card.untested) {
        (true, true) => format!("  {}", card.trust().word()),
        (true, false) => format!("  {}, uncalibrated", card.trust().word()),
        (false, true) => String::new(),
        (false, false) => "  uncalibrated".to_owned(),
    }
}

fn confusions(model: &Model, out: &mut String) {
    let pairs = model.card().overall.confusions.iter().take(PAIRS);
    let pairs: Vec<String> = pairs
        .map(|(truth, given, count)| format!("{} taken for {} ({count})", visible(truth), visible(given)))
        .collect();
    if !pairs.is_empty() {
        line!(out, "\nmost mixed up: {}", pairs.join("; "));
    }
}

fn advice(trusts: &[(&str, Trust)], out: &mut String) {
    let named = |wanted: Trust| -> Vec<String> {
        trusts.iter().filter(|(_, trust)| *trust == wanted).map(|(label, _)| visible(label)).collect()
    };
    let (untested, weak) = (named(Trust::Untested), named(Trust::Weak));
    if !untested.is_empty() {
        line!(out, "too few examples to test: {}; label more of them before relying on them", untested.join(", "));
    }
    if !weak.is_empty() {
        line!(out, "not yet to be trusted (F1 may be under .4): {}", weak.join(", "));
    }
}

/// What the card says of its cues as a whole, and of those that are of no use.
pub fn cues_in_short(card: &Card) -> String {
    let unseen = card.cues.iter().filter(|cue| cue.support == 0).count();
    let idle = card.cues.iter().filter(|cue| is_idle(cue)).count() - unseen;
    match card.cues.len() {
        0 => String::new(),
        all => format!(
            "\n{all} cues: {unseen} never matched, {idle} add nothing to the rest on held-out units (`rhetor inspect --cues` lists all)\n"
        ),
    }
}

/// A cue that never matched, or whose match did not help to foresee its label.
fn is_idle(cue: &CueCard) -> bool {
    cue.support == 0 || cue.gain <= 0.0
}

/// Every cue: its label, support, weight, and what it is worth held out, the most useful of each label first.
pub fn cues(card: &Card) -> String {
    let mut out = String::new();
    let labels = width(card.labels.iter().map(|label| visible(&label.label)), 5);
    let width = width(card.cues.iter().map(|cue| visible(&cue.name)), 3);
    line!(out, "{:<labels$}  {:<width$}  support  weight    gain", "label", "cue");
    let mut cues: Vec<&CueCard> = card.cues.iter().collect();
    // Those that never matched, and so have no label, come last.
    let none = |cue: &CueCard| (cue.label.is_none(), cue.support == 0);
    cues.sort_by(|a, b| {
        none(a)
            .cmp(&none(b))
            .then(a.label.cmp(&b.label))
            .then(b.worth().total_cmp(&a.worth()))
            .then(a.name.cmp(&b.name))
    });
    for cue in cues {
        let label = cue.label.as_deref().map_or_else(|| cell("-"), |label| cut(&visible(label)));
        let note = match cue.support {
            0 if cue.weight != 0.0 => "  never matched; its weight is that of its section",
            0 => "  never matched",
            _ if is_idle(cue) => "  adds nothing",
            _ => "",
        };
        let name = cell(visible(&cue.name));
        line!(
            out,
            "{label:<labels$}  {name:<width$}  {:>7}  {:>+6.2}  {:>+6.3}{note}",
            cue.support,
            cue.weight,
            cue.gain
        );
    }
    line!(
        out,
        "\nweight: log-odds that a match adds; gain: nats of surprise that it saves for each match, on units it was not learned from"
    );
    out
}

/// How many strong terms of each label the card itself names.
const TERMS_A_LABEL: usize = 8;
const CUES_A_LABEL: usize = 5;

/// A line a label with its strongest words, and another with the cues that help most.
pub fn strongest(model: &Model) -> String {
    let cards = &model.card().labels;
    let width = width(cards.iter().map(|card| visible(&card.label)), 0);
    let mut out = String::from("\nstrongest terms, in log-odds (--terms LABEL shows more, also against it):\n");
    for card in cards {
        let words = card.pro.iter().filter(|term| !term.term.starts_with(cues::PREFIX)).take(TERMS_A_LABEL);
        let words = words.map(|term| format!("{} {:+.1}", shown(term), term.weight));
        line!(out, "{:<width$}  {}", cut(&visible(&card.label)), words.collect::<Vec<_>>().join(", "));
        let helpful = helpful_cues(model.card(), &card.label);
        if !helpful.is_empty() {
            line!(out, "{:<width$}  cues: {}", "", helpful.join(", "));
        }
    }
    out
}

/// The cues that save the most surprise on held-out units, over all that they match.
fn helpful_cues(card: &Card, label: &str) -> Vec<String> {
    let speaks_for = |cue: &&CueCard| cue.label.as_deref() == Some(label) && cue.weight > 0.0 && cue.gain > 0.0;
    let mut cues: Vec<&CueCard> = card.cues.iter().filter(speaks_for).collect();
    cues.sort_by(|a, b| b.worth().total_cmp(&a.worth()).then(a.name.cmp(&b.name)));
    cues.iter().take(CUES_A_LABEL).map(|cue| format!("{} {:+.1}", visible(&cue.name), cue.weight)).collect()
}

/// The strongest terms for and against a label, as they most often look in the training text.
pub fn terms(card: &LabelCard) -> String {
    let mut out = String::new();
    let name = visible(&card.label);
    for (heading, terms) in [("for", &card.pro), ("against", &card.contra)] {
        line!(out, "strongest terms {heading} {name}, in log-odds:");
        let width = width(terms.iter().map(shown), 0);
        for term in terms {
            let note = if visible(&term.term) == visible(&term.surface) { String::new() } else { visible(&term.term) };
            line!(out, "  {:+7.3}  {:<width$}  {note}", term.weight, cell(shown(term)));
        }
    }
    out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// `^` marks the start of a unit, as in the term.
fn shown(term: &StrongTerm) -> String {
    if let Some(cue) = term.term.strip_prefix(cues::PREFIX) {
        return format!("cue {} “{}”", visible(cue), visible(&term.surface));
    }
    let start = if term.term.starts_with("^ ") { "^" } else { "" };
    format!("{start}{}", visible(&term.surface))
}
