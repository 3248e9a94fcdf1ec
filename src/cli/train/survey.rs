//! What `rhetor train --dry-run` says of the data.

use rhetor::learn::survey::{ENOUGH, Survey};
use rhetor::model::Task;
use rhetor::report::column::{cut, width};
use rhetor::text::count::counted;
use rhetor::text::visible;

use crate::cli::line;
use crate::cli::reading::in_groups;

/// Contradictions that are named one by one.
const NAMED: usize = 5;

pub fn text(survey: &Survey) -> String {
    let mut out = String::new();
    let task = match survey.task {
        Task::Single => "one label a unit",
        Task::Multi => "any number of labels a unit",
    };
    let size = in_groups(survey.units as u64, survey.groups as u64);
    line!(out, "data        {size}, fingerprint {}", &survey.data[..16]);
    line!(
        out,
        "labels      {}, {task}; {} without any, {} with several",
        survey.labels.len(),
        survey.without,
        survey.several
    );
    let kept_out =
        survey.kept_out.map_or(String::new(), |terms| format!("; {terms} more that too few groups use are kept out"));
    line!(out, "features    {} terms to learn on{kept_out}", survey.terms);
    let one_of = if survey.holdout { "one of " } else { "" };
    line!(out, "held out    {one_of}{} folds", survey.folds);
    let width = width(survey.labels.iter().map(|label| visible(&label.name)), 5);
    line!(out, "\n{:<width$} {:>7} {:>7} {:>6}", "label", "support", "groups", "share");
    for label in &survey.labels {
        let share = 100.0 * label.support as f64 / survey.units as f64;
        let remark = remark(label.support, label.groups, survey.folds);
        let row = format!(
            "{:<width$} {:>7} {:>7} {share:>5.1}%  {remark}",
            cut(&visible(&label.name)),
            label.support,
            label.groups
        );
        line!(out, "{}", row.trim_end());
    }
    repeats(survey, &mut out);
    out
}

/// What the size of a label lets one expect.
fn remark(support: usize, groups: usize, folds: usize) -> &'static str {
    match () {
        () if support < folds => "fewer units than folds: learned, but untested",
        () if groups < folds => "in fewer groups than folds: its figures will say little",
        () if support < ENOUGH => "few: its figures will be rough",
        () => "",
    }
}

fn repeats(survey: &Survey, out: &mut String) {
    if survey.repeated == 0 {
        return;
    }
    let parted = survey.contradictory.len();
    let texts = counted(survey.repeated as u64, "text stands", "texts stand");
    line!(out, "\n{texts} more than once, {parted} with other labels the second time");
    for contradiction in survey.contradictory.iter().take(NAMED) {
        line!(out, "  {} and {}", visible(&contradiction.first), visible(&contradiction.second));
    }
    if parted > NAMED {
        line!(out, "  … and {} more", parted - NAMED);
    }
}
