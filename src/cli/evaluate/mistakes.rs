//! The mistakes of which a model was surest, with the words that made them.

use rhetor::codebook::LabelId;
use rhetor::framing::evidence;
use rhetor::model::Task;
use serde::Serialize;

use super::Judged;

/// Terms shown with a mistake.
const TERMS_SHOWN: usize = 6;

/// A label given where it is not true, or true where it was not given.
#[derive(Serialize)]
pub struct Mistake {
    pub place: String,
    pub label: String,
    /// It is true, and was not given.
    pub missed: bool,
    pub p: f64,
    /// Of the model; of folds, each had its own, and where each unit is given its likeliest label there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    pub text: String,
    /// Surface and contribution of the heaviest terms, in log-odds; of folds, whose weights are gone, none.
    pub terms: Vec<(String, f64)>,
}

/// At most so many, the worst first.
pub fn worst(judged: &Judged, most: usize) -> Vec<Mistake> {
    let Judged { model, judgement, .. } = judged;
    let k = judgement.labels.len();
    let mut wrong: Vec<(f64, usize, LabelId)> = Vec::new();
    for i in 0..judgement.units() {
        for (label, _) in model.labels().iter() {
            let truth = judgement.truth.has(i, label.index());
            if judgement.given.has(i, label.index()) != truth {
                let p = judgement.probabilities[i * k + label.index()];
                wrong.push((if truth { 1.0 - p } else { p }, i, label));
            }
        }
    }
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    wrong.truncate(most);
    wrong.into_iter().map(|(_, i, label)| mistake(judged, i, label)).collect()
}

fn mistake(judged: &Judged, i: usize, label: LabelId) -> Mistake {
    let Judged { model, judgement, examples, by_model, .. } = judged;
    let example = &examples[i];
    Mistake {
        place: example.place.to_string(),
        label: model.labels().name(label).to_owned(),
        missed: judgement.truth.has(i, label.index()),
        p: judgement.probabilities[i * judgement.labels.len() + label.index()],
        threshold: (*by_model && model.task() == Task::Multi).then(|| model.threshold(label)),
        terms: if *by_model { terms(judged, &example.text, label) } else { Vec::new() },
        text: example.text.clone(),
    }
}

fn terms(Judged { model, .. }: &Judged, text: &str, label: LabelId) -> Vec<(String, f64)> {
    let row = model.row(text, &mut model.scratch());
    let terms = evidence::explain(model, &row, label).terms.into_iter().take(TERMS_SHOWN);
    let surface = |spans: &[rhetor::text::Span]| spans.first().map_or("", |span| span.of(text)).to_owned();
    terms.map(|term| (surface(&term.spans), term.contribution)).collect()
}
