//! Two texts side by side: which framings does one have more often than the other?

use serde::Serialize;

use super::Record;
use crate::model::Model;
use crate::share::{Interval, Z95, newcombe, wilson};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Units of each text.
    pub units: [usize; 2],
    /// Of the framings that either has, in the model's order.
    pub labels: Vec<LabelDifference>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelDifference {
    pub label: usize,
    /// Shares of units, with 95% intervals that take units as independent.
    pub shares: [(f64, Interval); 2],
    /// The second less the first.
    pub difference: (f64, Interval),
}

/// How the second text differs from the first; none if either is empty.
pub fn difference(model: &Model, texts: [&[Record]; 2]) -> Option<Difference> {
    let units = texts.map(<[Record]>::len);
    let label = |(label, _)| {
        let has = |record: &&Record| record.framings.iter().any(|framing| framing.label == label);
        let [one, other] = [0, 1].map(|at| {
            let count = texts[at].iter().filter(has).count();
            (count as f64 / units[at] as f64, units[at] as f64)
        });
        let shares = [one, other].map(|(share, units)| (share, wilson(share, units, Z95)));
        let difference = (other.0 - one.0, newcombe([one, other]));
        (one.0 + other.0 > 0.0).then_some(LabelDifference { label: label.index(), shares, difference })
    };
    let has_both = !units.contains(&0);
    has_both.then(|| Difference { units, labels: model.labels().iter().filter_map(label).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifier::Classifier;
    use crate::model::english;

    #[test]
    fn only_framings_that_a_text_has_are_compared_and_a_text_is_like_itself() {
        let model = english::embedded();
        let texts = ["They will pay a heavy price.", "The library opens at nine."];
        let [some, none] = texts.map(|text| Classifier::new(&model).text(text));
        let found = difference(&model, [&some, &none]).unwrap();
        assert_eq!(found.units, [1, 1]);
        assert!(found.labels.iter().any(|label| label.difference.0 == -1.0));
        let same = difference(&model, [&some, &some]).unwrap();
        assert!(same.labels.iter().all(|label| label.difference.0 == 0.0 && label.difference.1.0 < 0.0));
        assert_eq!(difference(&model, [&some, &[]]), None);
    }
}
