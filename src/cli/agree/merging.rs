//! One file of many: the units that annotators agree on, and all others, with what anybody's rows hold beside the labels.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rhetor::corpus::{self, ANNOTATOR, Example, Format, Losses};
use rhetor::evaluate::panel::{Panel, Rule, Source, Unit};
use serde_json::{Value, json};

use super::answers;
use crate::cli::args::{Agree, DataFormat};
use crate::cli::{Remarks, train, write_whole};

/// The column with what an annotator remarks on a unit, as `annotate` writes it; in a merged file each has one.
const NOTE: &str = "note";

/// What a cell says of an annotator who found that no label fits; of one who did not judge the unit it is empty.
pub const NONE: &str = "(none)";

/// Passages are marked by one annotator each, and by nobody in a merged file.
const MARKED: &str = "marked passages";

/// Writes what they agree on, and all else.
pub fn write(args: &Agree, sources: &[Source], panel: &Panel, remarks: Remarks) -> anyhow::Result<()> {
    let merging = Merging { sources, panel, rule: args.merging.merge.meant() };
    if let Some(path) = &args.merging.merged {
        merging.write(path, args.merging.merged_format, Merging::agreed, remarks)?;
    }
    if let Some(path) = &args.merging.rest {
        merging.write(path, args.merging.merged_format, Merging::disagreed, remarks)?;
    }
    Ok(())
}

struct Merging<'a> {
    sources: &'a [Source],
    panel: &'a Panel,
    rule: Rule,
}

/// How many units have several values where there is room for one, by what differs.
type Conflicts = BTreeMap<String, u64>;

impl Merging<'_> {
    fn write(
        &self,
        path: &Path,
        format: Option<DataFormat>,
        row: impl Fn(&Self, &Unit, &mut Conflicts) -> Option<Example>,
        remarks: Remarks,
    ) -> anyhow::Result<()> {
        let mut conflicts = Conflicts::new();
        let rows: Vec<Example> = self.panel.units.iter().filter_map(|unit| row(self, unit, &mut conflicts)).collect();
        let name = path.display();
        let named_format = || Format::of_name(&path.to_string_lossy()).unwrap_or(Format::Jsonl);
        let format = format.map_or_else(named_format, train::format);
        let mut lost = Losses::default();
        write_whole(Some(path), |out| {
            lost = corpus::write(format, out, &rows)?;
            Ok(())
        })?;
        if !lost.is_empty() {
            remarks.warn(format_args!("{name}: {format} has no room for {lost}"));
        }
        let count = |units: u64| if units == 1 { "1 unit".into() } else { format!("{units} units") };
        if let Some(units) = conflicts.remove(MARKED) {
            remarks
                .warn(format_args!("{name}: passages that annotators marked in {} have no place here", count(units)));
        }
        if !conflicts.is_empty() {
            let each = |(what, units): (&String, &u64)| format!("{what} ({})", count(*units));
            remarks.warn(format_args!(
                "{name}: annotators' rows differ in {}; what the first has stands here",
                conflicts.iter().map(each).collect::<Vec<_>>().join(", ")
            ));
        }
        remarks.say(format_args!("{name}: {} of {} units", rows.len(), self.panel.units.len()));
        Ok(())
    }

    fn agreed(&self, unit: &Unit, conflicts: &mut Conflicts) -> Option<Example> {
        let labels = self.panel.verdict(unit, self.rule).ok()?;
        let mut example = self.together(unit, conflicts);
        example.labels = labels;
        put_json(&mut example, "annotators", unit.answers.len().to_string(), json!(unit.answers.len()));
        Some(example)
    }

    /// Still to be judged, with everybody's own labels beside the reason.
    fn disagreed(&self, unit: &Unit, conflicts: &mut Conflicts) -> Option<Example> {
        let reason = self.panel.verdict(unit, self.rule).err()?;
        let mut example = self.together(unit, conflicts);
        example.pending = true;
        put(&mut example, "reason", reason);
        for (name, labels) in answers(self.panel, unit) {
            let cell = if labels.is_empty() { NONE.to_owned() } else { labels.join("|") };
            put_json(&mut example, &format!("by:{name}"), cell, json!(labels));
        }
        Some(example)
    }

    /// The unit with what the rows of all its annotators hold beside labels. A note has its annotator's name.
    fn together(&self, unit: &Unit, conflicts: &mut Conflicts) -> Example {
        let mut example = Example {
            labels: Vec::new(),
            suggested: Vec::new(),
            spans: Vec::new(),
            extra: BTreeMap::new(),
            nested: BTreeMap::new(),
            ..unit.example.clone()
        };
        let mut differ = BTreeSet::new();
        for ((annotator, _), row) in unit.answers.iter().zip(&unit.rows) {
            let row = &self.sources[*annotator].examples[*row];
            differ.extend(take(&mut example, row, &self.panel.annotators[*annotator]));
        }
        differ.into_iter().for_each(|name| *conflicts.entry(name).or_default() += 1);
        example
    }
}

/// Puts what an annotator's row holds into an example that does not hold it yet; the names of what it holds otherwise.
fn take(example: &mut Example, row: &Example, annotator: &str) -> Vec<String> {
    let mut differ = Vec::new();
    let names: BTreeSet<&String> = row.extra.keys().chain(row.nested.keys()).collect();
    for name in names.into_iter().filter(|name| *name != ANNOTATOR) {
        let own = if name == NOTE { format!("{NOTE}:{annotator}") } else { name.clone() };
        let has_other = match (example.extra.get(&own), row.extra.get(name)) {
            (Some(known), Some(value)) => known != value,
            // A list or an object is no single value.
            _ => example.nested.get(&own).is_some_and(|known| row.nested.get(name).is_some_and(|json| known != json)),
        };
        if has_other {
            differ.push(format!("`{own}`"));
        } else if !example.extra.contains_key(&own) && !example.nested.contains_key(&own) {
            example.extra.extend(row.extra.get(name).map(|value| (own.clone(), value.clone())));
            example.nested.extend(row.nested.get(name).map(|json| (own, json.clone())));
        }
    }
    let mut one_of = |known: &mut Option<String>, own: &Option<String>, name: &str| match (&known, own) {
        (None, _) => known.clone_from(own),
        (Some(known), Some(own)) if known != own => differ.push(name.into()),
        _ => {}
    };
    one_of(&mut example.id, &row.id, "ids");
    one_of(&mut example.group, &row.group, "groups");
    one_of(&mut example.odd_weight, &row.odd_weight, "weights");
    if example.weight == 1.0 {
        example.weight = row.weight;
    } else if row.weight != 1.0 && row.weight != example.weight {
        differ.push("weights".into());
    }
    if !row.spans.is_empty() {
        differ.push(MARKED.into());
    }
    differ
}

/// A column of ours, which goes before one of that name in the data.
fn put(example: &mut Example, name: &str, value: String) {
    example.nested.remove(name);
    example.extra.insert(name.into(), value);
}

/// The same of a list or a number, which JSON has room for.
fn put_json(example: &mut Example, name: &str, value: String, json: Value) {
    put(example, name, value);
    example.nested.insert(name.into(), json.to_string());
}
