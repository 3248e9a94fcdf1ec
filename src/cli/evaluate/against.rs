//! Two models on the same units: how far they differ, and which units get other labels.

use rhetor::codebook::LabelSet;
use rhetor::evaluate::Judgement;
use rhetor::evaluate::compare::Comparison;
use rhetor::model::Model;
use serde::Serialize;

use super::Judged;
use crate::cli::Remarks;
use crate::cli::args::Evaluate;

/// The other model, and how the one that is judged differs from it.
#[derive(Serialize)]
pub struct Against {
    /// Its fingerprint.
    pub model: String,
    pub name: String,
    #[serde(flatten)]
    pub comparison: Comparison,
    pub flips: Flips,
}

/// Units that the two models give different labels.
#[derive(Serialize)]
pub struct Flips {
    pub units: u64,
    /// Those of which the judged model has more answers right, or fewer.
    pub better: u64,
    pub worse: u64,
    /// Those that changed most, by probability; as many as were asked for.
    pub shown: Vec<Flip>,
}

/// A unit that the two models give different labels.
#[derive(Serialize)]
pub struct Flip {
    pub place: String,
    pub text: String,
    /// What it truly has.
    pub labels: Vec<String>,
    /// What the judged model gave, and what the other.
    pub given: Vec<String>,
    pub other: Vec<String>,
    pub verdict: Verdict,
}

/// What a flip is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Better,
    Worse,
    Neither,
}

impl Against {
    pub fn of(
        args: &Evaluate,
        name: &str,
        other: &Model,
        judged: &Judged,
        remarks: Remarks,
    ) -> anyhow::Result<Against> {
        let common = common(judged.model.labels(), other, name, remarks)?;
        let both = [judged.judgement.clone(), Judgement::of(other, &judged.examples)];
        let places = |set: &LabelSet| -> Vec<usize> {
            common.iter().filter_map(|label| Some(set.find(label)?.index())).collect()
        };
        let [this, said] = &both;
        let (this, said) = (this.of_labels(&places(judged.model.labels())), said.of_labels(&places(other.labels())));
        Ok(Against {
            model: other.fingerprint().to_owned(),
            name: name.to_owned(),
            comparison: Comparison::of(&this, &said, args.learning.seed),
            flips: flips(judged, &this, &said, args.flips),
        })
    }
}

/// The labels that both models have.
fn common(ours: &LabelSet, other: &Model, name: &str, remarks: Remarks) -> anyhow::Result<Vec<String>> {
    let has = |set: &LabelSet, label: &str| set.find(label).is_some();
    let names = |set: &LabelSet| set.iter().map(|(_, name)| name.to_owned()).collect::<Vec<String>>();
    let (common, lone): (Vec<String>, Vec<String>) =
        names(ours).into_iter().partition(|label| has(other.labels(), label));
    let theirs: Vec<String> = names(other.labels()).into_iter().filter(|label| !has(ours, label)).collect();
    if common.is_empty() {
        anyhow::bail!(
            "{name} has no label in common with the model ({})\nhint: it has {}",
            lone.join(", "),
            theirs.join(", ")
        );
    }
    let lone: Vec<String> = lone.into_iter().chain(theirs).collect();
    if !lone.is_empty() {
        remarks.warn(format_args!("labels that only one of the models has are not compared: {}", lone.join(", ")));
    }
    Ok(common)
}

fn flips(judged: &Judged, this: &Judgement, other: &Judgement, most: usize) -> Flips {
    let k = this.labels.len();
    let (mut flipped, mut better, mut worse) = (Vec::new(), 0, 0);
    for unit in (0..this.units()).filter(|&unit| this.given.row(unit) != other.given.row(unit)) {
        let wrong = |judgement: &Judgement| {
            let answers = judgement.given.row(unit).iter().zip(judgement.truth.row(unit));
            answers.filter(|(given, truth)| given != truth).count()
        };
        let verdict = match wrong(this).cmp(&wrong(other)) {
            std::cmp::Ordering::Less => Verdict::Better,
            std::cmp::Ordering::Equal => Verdict::Neither,
            std::cmp::Ordering::Greater => Verdict::Worse,
        };
        better += u64::from(verdict == Verdict::Better);
        worse += u64::from(verdict == Verdict::Worse);
        let changed = (0..k).filter(|&label| this.given.has(unit, label) != other.given.has(unit, label));
        let moved =
            changed.map(|label| (this.probabilities[unit * k + label] - other.probabilities[unit * k + label]).abs());
        flipped.push((moved.fold(0.0, f64::max), unit, verdict));
    }
    let units = flipped.len() as u64;
    flipped.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let names = |row: &[bool]| -> Vec<String> {
        this.labels.iter().zip(row).filter(|(_, has)| **has).map(|(label, _)| label.clone()).collect()
    };
    let shown = flipped.into_iter().take(most).map(|(_, unit, verdict)| Flip {
        place: judged.examples[unit].place.to_string(),
        text: judged.examples[unit].text.clone(),
        labels: names(this.truth.row(unit)),
        given: names(this.given.row(unit)),
        other: names(other.given.row(unit)),
        verdict,
    });
    Flips { units, better, worse, shown: shown.collect() }
}
