//! Every measure of agreement on a [`Panel`], each with a 95% interval by drawing its groups anew.
//!
//! All are sums over units, so a drawn panel is the same units, each counted as often as it was drawn.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::interval::{self, Interval, resample};
use super::super::panel::{Panel, Unit};

/// How agreement is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The share of pairs of answers on the same unit that are the same.
    Agreement,
    /// Of the answers of pairs in which either says yes, the share whose partner says yes too: `2a / (2a + b + c)` (Dice 1945), which a mass
    /// of units that nobody gives the label cannot raise.
    Positive,
    /// Cohen's kappa (1960), `(p_o − p_e)/(1 − p_e)`; with more than two annotators the mean over pairs (Light 1971).
    Cohen,
    /// Fleiss' kappa (1971), over the units with the commonest number of annotators, whoever they are.
    Fleiss,
    /// Krippendorff's alpha: answers are the same or they are not.
    Alpha,
    /// Krippendorff's alpha with the distance `1 − |A ∩ B| / |A ∪ B|` of two sets of labels (Jaccard 1901).
    AlphaJaccard,
    /// Krippendorff's alpha with the distance `1 − J·M`, J as Jaccard's, M 1 for equal sets, 2/3 where one holds the other, 1/3 where they meet, else 0
    /// (Passonneau 2006, "Measuring Agreement on Set-valued Items (MASI)").
    AlphaMasi,
}

impl Measure {
    const OF_SETS: [Measure; 6] = [
        Measure::Agreement,
        Measure::Cohen,
        Measure::Fleiss,
        Measure::Alpha,
        Measure::AlphaJaccard,
        Measure::AlphaMasi,
    ];
    const OF_LABEL: [Measure; 5] =
        [Measure::Agreement, Measure::Positive, Measure::Cohen, Measure::Fleiss, Measure::Alpha];
    const OF_PAIR: [Measure; 2] = [Measure::Agreement, Measure::Cohen];

    /// As data has it.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Agreement => "agreement",
            Measure::Positive => "positive",
            Measure::Cohen => "cohen",
            Measure::Fleiss => "fleiss",
            Measure::Alpha => "alpha",
            Measure::AlphaJaccard => "alpha_jaccard",
            Measure::AlphaMasi => "alpha_masi",
        }
    }
}

/// A figure; no value where nothing can be told: no unit with two answers, or one answer only throughout.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    pub value: Option<f64>,
    pub interval: Option<Interval>,
}

/// Figures by measure.
pub type Figures = BTreeMap<Measure, Measured>;

/// All figures of a panel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Of the whole answers, each a set of labels.
    pub sets: Figures,
    pub labels: Vec<LabelAgreement>,
    /// Empty where there are more than [`MOST_PAIRS`].
    pub pairs: Vec<PairAgreement>,
    /// How many annotators the units of Fleiss' kappa have, and how many units these are.
    pub fleiss: Usual,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usual {
    pub annotators: u64,
    pub units: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelAgreement {
    pub label: String,
    /// Units that at least one annotator gave it, and that all did who judged them.
    pub by_any: u64,
    pub by_all: u64,
    #[serde(flatten)]
    pub figures: Figures,
}

/// Two annotators, as numbered in the panel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairAgreement {
    #[serde(skip)]
    pub who: (usize, usize),
    pub annotators: (String, String),
    /// Units that both judged.
    pub units: u64,
    #[serde(flatten)]
    pub figures: Figures,
    pub confusions: Vec<Confusion>,
}

/// What one annotator says where the other says something else; `None`: no label of those that the other does not give too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusion {
    pub first: Option<String>,
    pub second: Option<String>,
    pub units: u64,
}

/// More pairs of annotators than these, all of 141, get no figures of their own: nobody could read them, and each pair's intervals take 16 KB.
pub const MOST_PAIRS: usize = 10_000;

impl Agreement {
    /// The same panel and seed give the same figures.
    pub fn of(panel: &Panel, seed: u64) -> Agreement {
        let ballots = Ballots::of(panel);
        let figures = ballots.figures(&vec![1; ballots.units.len()]);
        let of_group = ballots.by_group(panel.groups);
        let drawn = resample(of_group.len(), seed, |picks| {
            let mut times = vec![0; ballots.units.len()];
            picks.iter().flat_map(|&pick| &of_group[pick as usize]).for_each(|&unit| times[unit] += 1);
            ballots.figures(&times)
        });
        // One group drawn anew is always itself.
        let drawn = if of_group.len() < 2 { Vec::new() } else { drawn };
        let mut at = 0;
        let mut next = |measures: &[Measure]| -> Figures {
            let from = at;
            at += measures.len();
            let figure = |(k, measure): (usize, &Measure)| (*measure, measured(&figures, &drawn, from + k));
            measures.iter().enumerate().map(figure).collect()
        };
        let sets = next(&Measure::OF_SETS);
        let label = |(k, label): (usize, &String)| LabelAgreement {
            label: label.clone(),
            by_any: ballots.units.iter().filter(|unit| unit.votes.contains_key(&k)).count() as u64,
            by_all: ballots.units.iter().filter(|unit| unit.votes.get(&k) == Some(&unit.answers)).count() as u64,
            figures: next(&Measure::OF_LABEL),
        };
        let labels = panel.labels.iter().enumerate().map(label).collect();
        let pair = |pair: &Pair| PairAgreement {
            who: pair.who,
            annotators: (panel.annotators[pair.who.0].clone(), panel.annotators[pair.who.1].clone()),
            units: pair.answers.len() as u64,
            figures: next(&Measure::OF_PAIR),
            confusions: confusions(panel, pair),
        };
        let pairs = if ballots.shows_pairs() { ballots.pairs.iter().map(pair).collect() } else { Vec::new() };
        Agreement { sets, labels, pairs, fleiss: ballots.usual }
    }
}

fn measured(figures: &[f64], drawn: &[Vec<f64>], at: usize) -> Measured {
    let value = Some(figures[at]).filter(|value| value.is_finite());
    Measured { value, interval: value.and_then(|_| interval::told(drawn.iter().map(|figures| figures[at]))) }
}

/// What the one gives and the other does not, against what the other gives and the one does not; the commonest first.
fn confusions(panel: &Panel, pair: &Pair) -> Vec<Confusion> {
    let mut counts: BTreeMap<(Option<usize>, Option<usize>), u64> = BTreeMap::new();
    for &(_, first, second) in &pair.answers {
        let only = |of: usize, other: usize| -> Vec<Option<usize>> {
            let only = panel.sets[of].iter().filter(|label| !panel.sets[other].contains(label));
            only.map(|label| Some(*label)).collect()
        };
        let (mut firsts, mut seconds) = (only(first, second), only(second, first));
        for side in [&mut firsts, &mut seconds] {
            if side.is_empty() {
                side.push(None);
            }
        }
        for a in &firsts {
            seconds
                .iter()
                .filter(|b| a.is_some() || b.is_some())
                .for_each(|b| *counts.entry((*a, *b)).or_default() += 1);
        }
    }
    let name = |label: Option<usize>| label.map(|label| panel.labels[label].clone());
    let mut found: Vec<Confusion> =
        counts.into_iter().map(|((a, b), units)| Confusion { first: name(a), second: name(b), units }).collect();
    found.sort_by_key(|confusion| std::cmp::Reverse(confusion.units));
    found
}

/// The answers of a panel, ready to be counted many times.
struct Ballots {
    units: Vec<Ballot>,
    pairs: Vec<Pair>,
    /// The labels of each set.
    sets: Vec<Vec<usize>>,
    labels: usize,
    /// Two sets that have something in common, the first not after the second, and how alike they are by Jaccard and by MASI.
    alike: Vec<(usize, usize, [f64; 2])>,
    usual: Usual,
}

/// The answers on a unit that two annotators or more judged.
struct Ballot {
    group: usize,
    answers: usize,
    /// How many gave each set, and each label that any gave.
    sets: BTreeMap<usize, usize>,
    votes: BTreeMap<usize, usize>,
    /// Over ordered pairs of answers, their distances: all or nothing, Jaccard, MASI.
    apart: [f64; 3],
}

/// Two annotators, the sets that they gave to each unit that both judged, and the labels in these.
struct Pair {
    who: (usize, usize),
    answers: Vec<(usize, usize, usize)>,
    labels: BTreeSet<usize>,
}

impl Ballots {
    fn of(panel: &Panel) -> Ballots {
        let mut units = Vec::new();
        let mut pairs: BTreeMap<(usize, usize), Pair> = BTreeMap::new();
        for unit in panel.shared() {
            let mut sets = BTreeMap::new();
            unit.answers.iter().for_each(|(_, set)| *sets.entry(*set).or_default() += 1);
            for (i, (a, first)) in unit.answers.iter().enumerate() {
                for (b, second) in &unit.answers[i + 1..] {
                    let new = || Pair { who: (*a, *b), answers: Vec::new(), labels: BTreeSet::new() };
                    let pair = pairs.entry((*a, *b)).or_insert_with(new);
                    pair.answers.push((units.len(), *first, *second));
                    pair.labels.extend([first, second].into_iter().flat_map(|set| &panel.sets[*set]));
                }
            }
            let apart = distances(panel, &sets);
            units.push(Ballot {
                group: unit.group,
                answers: unit.answers.len(),
                sets,
                votes: panel.votes(unit),
                apart,
            });
        }
        let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
        units.iter().for_each(|unit| *sizes.entry(unit.answers).or_default() += 1);
        // Of two numbers equally common, the larger says more.
        let usual = sizes.into_iter().max_by_key(|(m, count)| (*count, *m)).unwrap_or_default();
        Ballots {
            units,
            pairs: pairs.into_values().collect(),
            alike: alike(panel),
            sets: panel.sets.clone(),
            labels: panel.labels.len(),
            usual: Usual { annotators: usual.0 as u64, units: usual.1 },
        }
    }

    fn shows_pairs(&self) -> bool {
        self.pairs.len() <= MOST_PAIRS
    }

    /// The units of each group that has any.
    fn by_group(&self, groups: usize) -> Vec<Vec<usize>> {
        let mut of_group = vec![Vec::new(); groups];
        self.units.iter().enumerate().for_each(|(at, unit)| of_group[unit.group].push(at));
        of_group.retain(|units| !units.is_empty());
        of_group
    }

    /// All figures of the units, the i-th counted `times[i]` times; not a number where nothing can be told. In the order: sets, labels, pairs.
    fn figures(&self, times: &[u32]) -> Vec<f64> {
        let (kappas, of_pairs) = self.cohen(times);
        let mut figures = self.of_sets(times, kappas[self.labels]);
        let mut labels = vec![LabelTally::default(); self.labels];
        let mut all = LabelTally::default();
        for (unit, &times) in self.units.iter().zip(times) {
            let is_usual = unit.answers as u64 == self.usual.annotators;
            all.add(unit.answers, 0, is_usual, f64::from(times));
            for (label, votes) in &unit.votes {
                labels[*label].add(unit.answers, *votes, is_usual, f64::from(times));
            }
        }
        for (label, cohen) in labels.iter().zip(&kappas) {
            figures.extend(label.figures(&all, *cohen, self.usual.annotators as f64));
        }
        if self.shows_pairs() {
            figures.extend(of_pairs);
        }
        figures
    }

    /// The figures of whole answers.
    fn of_sets(&self, times: &[u32], cohen: f64) -> Vec<f64> {
        let (mut pairs, mut same, mut apart) = (0.0, 0.0, [0.0; 3]);
        let (mut counts, mut usual_counts) = (vec![0.0; self.sets.len()], vec![0.0; self.sets.len()]);
        let mut usual = (0.0, 0.0);
        for (unit, times) in self.units.iter().zip(times).filter(|(_, times)| **times > 0) {
            let (m, times) = (unit.answers as f64, f64::from(*times));
            let alike: f64 = unit.sets.values().map(|&count| (count * (count - 1)) as f64).sum();
            pairs += times * m * (m - 1.0);
            same += times * alike;
            apart.iter_mut().zip(unit.apart).for_each(|(sum, apart)| *sum += times * apart / (m - 1.0));
            unit.sets.iter().for_each(|(set, count)| counts[*set] += times * *count as f64);
            if unit.answers as u64 == self.usual.annotators {
                usual = (usual.0 + times, usual.1 + times * alike / (m * (m - 1.0)));
                unit.sets.iter().for_each(|(set, count)| usual_counts[*set] += times * *count as f64);
            }
        }
        let n: f64 = counts.iter().sum();
        let squares = |counts: &[f64]| counts.iter().map(|count| count * count).sum::<f64>();
        let mut together = [0.0; 2];
        for (s, t, alike) in &self.alike {
            let both = counts[*s] * counts[*t] * if s == t { 1.0 } else { 2.0 };
            together.iter_mut().zip(alike).for_each(|(sum, alike)| *sum += both * alike);
        }
        let alpha = |apart: f64, together: f64| over(n - 1.0, n * n - together, apart);
        let answers = usual.0 * self.usual.annotators as f64;
        vec![
            same / pairs,
            cohen,
            kappa(usual.1 / usual.0, squares(&usual_counts) / (answers * answers)),
            alpha(apart[0], squares(&counts)),
            alpha(apart[1], together[0]),
            alpha(apart[2], together[1]),
        ]
    }

    /// Cohen's kappa of each label, and last of whole answers, as means over the pairs that can tell; and each pair's agreement and kappa.
    fn cohen(&self, times: &[u32]) -> (Vec<f64>, Vec<f64>) {
        let mut sums = vec![(0.0, 0_u32); self.labels + 1];
        let mut of_pairs = Vec::with_capacity(2 * self.pairs.len());
        let mut tables = vec![[0.0; 3]; self.labels];
        let mut margins = vec![[0.0; 2]; self.sets.len()];
        let mut add = |at: usize, kappa: f64| {
            if kappa.is_finite() {
                sums[at] = (sums[at].0 + kappa, sums[at].1 + 1);
            }
        };
        for pair in &self.pairs {
            let (mut n, mut same) = (0.0, 0.0);
            for &(unit, first, second) in &pair.answers {
                let times = f64::from(times[unit]);
                n += times;
                same += if first == second { times } else { 0.0 };
                margins[first][0] += times;
                margins[second][1] += times;
                self.sets[first].iter().for_each(|label| tables[*label][0] += times);
                self.sets[second].iter().for_each(|label| tables[*label][1] += times);
                let both = self.sets[first].iter().filter(|label| self.sets[second].contains(label));
                both.for_each(|label| tables[*label][2] += times);
            }
            let mut chance = 0.0;
            for &(_, first, second) in &pair.answers {
                for set in [first, second] {
                    let [a, b] = std::mem::take(&mut margins[set]);
                    chance += a * b;
                }
            }
            let whole = kappa(same / n, chance / (n * n));
            add(self.labels, whole);
            of_pairs.extend([same / n, whole]);
            // Of a label that neither gave, nothing can be told.
            for &label in &pair.labels {
                let [a, b, both] = std::mem::take(&mut tables[label]);
                let alike = both + (n - a - b + both);
                add(label, kappa(alike / n, (a * b + (n - a) * (n - b)) / (n * n)));
            }
        }
        (sums.into_iter().map(|(sum, count)| sum / f64::from(count)).collect(), of_pairs)
    }
}

/// What is counted of a label; of no label at all, it counts the units.
#[derive(Clone, Copy, Default)]
struct LabelTally {
    /// Answers, and ordered pairs of them; of those that say yes, that differ, and both say yes.
    answers: f64,
    pairs: f64,
    yes: f64,
    apart: f64,
    both: f64,
    /// Pairs that differ, each unit's weighted by `1/(m − 1)`.
    weighted: f64,
    /// Over the units of Fleiss' kappa: how many, answers that say yes, pairs that differ.
    usual: f64,
    usual_yes: f64,
    usual_apart: f64,
}

impl LabelTally {
    fn add(&mut self, answers: usize, yes: usize, is_usual: bool, times: f64) {
        let (m, c) = (answers as f64, yes as f64);
        let apart = 2.0 * c * (m - c);
        self.answers += times * m;
        self.pairs += times * m * (m - 1.0);
        self.yes += times * c;
        self.apart += times * apart;
        self.both += times * c * (c - 1.0);
        self.weighted += times * apart / (m - 1.0);
        if is_usual {
            self.usual += times;
            self.usual_yes += times * c;
            self.usual_apart += times * apart;
        }
    }

    /// `all` has counted every unit; `m` is the commonest number of annotators.
    fn figures(&self, all: &LabelTally, cohen: f64, m: f64) -> [f64; 5] {
        let (n, no) = (all.answers, all.answers - self.yes);
        let share = self.usual_yes / (all.usual * m);
        let observed = 1.0 - self.usual_apart / (all.usual * m * (m - 1.0));
        [
            1.0 - self.apart / all.pairs,
            2.0 * self.both / (2.0 * self.both + self.apart),
            cohen,
            kappa(observed, share * share + (1.0 - share) * (1.0 - share)),
            over(n - 1.0, 2.0 * self.yes * no, self.weighted),
        ]
    }
}

/// `(p_o − p_e)/(1 − p_e)`; chance of one leaves nothing to tell.
fn kappa(observed: f64, chance: f64) -> f64 {
    // Counts that are whole numbers give a chance of one exactly, or rounded.
    if 1.0 - chance > 1e-12 { (observed - chance) / (1.0 - chance) } else { f64::NAN }
}

/// Krippendorff's alpha, `1 − (n − 1)·apart / expected`.
fn over(n: f64, expected: f64, apart: f64) -> f64 {
    if expected > 1e-9 { 1.0 - n * apart / expected } else { f64::NAN }
}

/// How alike two sets are, by Jaccard and by MASI; two empty sets are equal.
pub fn likeness(a: &[usize], b: &[usize]) -> [f64; 2] {
    let both = a.iter().filter(|label| b.contains(label)).count();
    let either = a.len() + b.len() - both;
    if either == 0 {
        return [1.0; 2];
    }
    let jaccard = both as f64 / either as f64;
    let monotone = match (both, both == a.len(), both == b.len()) {
        (_, true, true) => 1.0,
        (0, ..) => 0.0,
        (_, true, _) | (_, _, true) => 2.0 / 3.0,
        _ => 1.0 / 3.0,
    };
    [jaccard, jaccard * monotone]
}

/// The distances of a unit's ordered pairs of answers.
fn distances(panel: &Panel, sets: &BTreeMap<usize, usize>) -> [f64; 3] {
    let mut apart = [0.0; 3];
    for (s, of_s) in sets {
        for (t, of_t) in sets.iter().filter(|(t, _)| *t != s) {
            let [jaccard, masi] = likeness(&panel.sets[*s], &panel.sets[*t]);
            let pairs = (of_s * of_t) as f64;
            apart.iter_mut().zip([1.0, 1.0 - jaccard, 1.0 - masi]).for_each(|(sum, distance)| *sum += pairs * distance);
        }
    }
    apart
}

fn alike(panel: &Panel) -> Vec<(usize, usize, [f64; 2])> {
    let mut alike = Vec::new();
    for (s, first) in panel.sets.iter().enumerate() {
        for (t, second) in panel.sets.iter().enumerate().skip(s) {
            let likeness = likeness(first, second);
            if likeness[0] > 0.0 {
                alike.push((s, t, likeness));
            }
        }
    }
    alike
}

/// How far apart the answers on a unit are: the mean MASI distance of its pairs, from 0 to 1.
pub fn dispute(panel: &Panel, unit: &Unit) -> f64 {
    let mut sets = BTreeMap::new();
    unit.answers.iter().for_each(|(_, set)| *sets.entry(*set).or_default() += 1);
    let m = unit.answers.len() as f64;
    distances(panel, &sets)[2] / (m * (m - 1.0)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::panel::tests::source;
    use super::super::alpha;
    use super::*;

    fn panel(rows: &[[&'static str; 3]]) -> Panel {
        let texts: Vec<String> = (0..rows.len()).map(|i| i.to_string()).collect();
        let sources: Vec<_> = (0..3)
            .map(|who| {
                let own = texts.iter().zip(rows).filter(|(_, row)| row[who] != ".");
                source(["a", "b", "c"][who], &own.map(|(text, row)| (&text[..], row[who])).collect::<Vec<_>>())
            })
            .collect();
        Panel::join(&sources, None)
    }

    #[test]
    fn likeness_by_hand() {
        assert_eq!(likeness(&[], &[]), [1.0, 1.0]);
        assert_eq!(likeness(&[1], &[]), [0.0, 0.0]);
        assert_eq!(likeness(&[1, 2], &[2]), [0.5, 1.0 / 3.0]);
        assert_eq!(likeness(&[1, 2], &[2, 3]), [1.0 / 3.0, 1.0 / 9.0]);
    }

    #[test]
    fn two_annotators_by_hand() {
        // a and b: both yes twice, both no once, once apart: p_o 3/4, p_e (3·2 + 1·2)/16 = 1/2, kappa 1/2.
        let found = Agreement::of(&panel(&[["x", "x", "."], ["x", "x", "."], ["", "", "."], ["x", "", "."]]), 0);
        let label = &found.labels[0].figures;
        assert_eq!(label[&Measure::Agreement].value, Some(0.75));
        assert_eq!(label[&Measure::Cohen].value, Some(0.5));
        assert_eq!(label[&Measure::Positive].value, Some(0.8));
        // Pooled: 5 yes, 3 no; Fleiss' chance (25 + 9)/64, kappa (48 − 34)/(64 − 34).
        assert!((label[&Measure::Fleiss].value.unwrap() - 14.0 / 30.0).abs() < 1e-12);
        // Alpha 1 − 7·2/(2·5·3).
        assert!((label[&Measure::Alpha].value.unwrap() - (1.0 - 14.0 / 30.0)).abs() < 1e-12);
        assert_eq!(found.pairs[0].confusions, [Confusion { first: Some("x".into()), second: None, units: 1 }]);
    }

    #[test]
    fn alpha_is_that_of_the_plain_function_with_answers_missing() {
        let rows = [["x", "x|y", "."], ["", "y", "y"], [".", "x", ""], ["x", ".", "x"], ["y", ".", "."], ["", "", ""]];
        let found = Agreement::of(&panel(&rows), 3);
        for (k, label) in ["x", "y"].iter().enumerate() {
            let says = |cell: &&str| cell.split('|').any(|name| name == *label);
            let units: Vec<Vec<bool>> =
                rows.iter().map(|row| row.iter().filter(|cell| **cell != ".").map(says).collect()).collect();
            let value = found.labels[k].figures[&Measure::Alpha].value.unwrap();
            assert!((value - alpha(&units).unwrap()).abs() < 1e-12, "{label}");
        }
        let sets: Vec<Vec<&str>> =
            rows.iter().map(|row| row.iter().filter(|cell| **cell != ".").copied().collect()).collect();
        assert!((found.sets[&Measure::Alpha].value.unwrap() - alpha(&sets).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn full_agreement_is_one_and_one_answer_throughout_tells_nothing() {
        let found = Agreement::of(&panel(&[["x", "x", "x"], ["", "", ""], ["x", "x", "."]]), 0);
        assert!(found.sets.values().chain(found.labels[0].figures.values()).all(|figure| figure.value == Some(1.0)));
        let found = Agreement::of(&panel(&[["x", "x", "x"], ["x", "x", "."]]), 0);
        let label = &found.labels[0].figures;
        assert_eq!((label[&Measure::Agreement].value, label[&Measure::Alpha].value), (Some(1.0), None));
        assert_eq!((label[&Measure::Cohen].value, label[&Measure::Fleiss].value), (None, None));
        let found = Agreement::of(&panel(&[["x", ".", "."]]), 0);
        assert!(found.sets.values().all(|figure| figure.value.is_none() && figure.interval.is_none()));
    }

    #[test]
    fn the_unit_that_divides_most_is_that_of_the_largest_distance() {
        let panel = panel(&[["x", "x", "x"], ["x", "x|y", "x"], ["x", "y", "z"]]);
        let disputes: Vec<f64> = panel.units.iter().map(|unit| dispute(&panel, unit)).collect();
        assert!(disputes[0] == 0.0 && disputes[1] < disputes[2] && disputes[2] == 1.0, "{disputes:?}");
    }
}
