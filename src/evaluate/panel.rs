//! Several annotators' answers on the same units, joined: who gave which labels to what.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::corpus::Example;
use crate::text::Place;
use crate::text::form::plain;

/// What makes two rows the same unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    Id,
    /// The text, whatever its white space and the form of its accents.
    Text,
}

impl Key {
    pub fn name(self) -> &'static str {
        match self {
            Key::Id => "id",
            Key::Text => "text",
        }
    }

    /// The key of an example; `None` if it has none.
    pub fn of(self, example: &Example) -> Option<String> {
        match self {
            Key::Id => example.id.clone(),
            Key::Text => Some(plain(&example.text)),
        }
    }

    /// The id where every row has one and none means two texts, else the text; and the rows whose id means another text than before.
    fn fitting(sources: &[Source]) -> (Key, Vec<Place>) {
        let mut texts: HashMap<&str, (usize, String)> = HashMap::new();
        let (mut is_shared, mut other_text) = (false, Vec::new());
        for (annotator, source) in sources.iter().enumerate() {
            for example in &source.examples {
                let Some(id) = &example.id else { return (Key::Text, Vec::new()) };
                let text = plain(&example.text);
                match texts.get(&id[..]) {
                    Some((_, known)) if *known != text => other_text.push(example.place.clone()),
                    Some((who, _)) => is_shared |= *who != annotator,
                    None => drop(texts.insert(id, (annotator, text))),
                }
            }
        }
        (if is_shared && other_text.is_empty() { Key::Id } else { Key::Text }, other_text)
    }
}

/// What one annotator hands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub name: String,
    pub examples: Vec<Example>,
}

/// Annotators' answers, unit by unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub annotators: Vec<String>,
    /// In alphabetical order.
    pub labels: Vec<String>,
    /// Every different answer: the labels of a set, in order.
    pub sets: Vec<Vec<usize>>,
    /// In the order in which they were met.
    pub units: Vec<Unit>,
    /// How many groups the units lie in; a unit of no group is one by itself.
    pub groups: usize,
    pub joining: Joining,
}

/// A unit and what was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// As the first annotator who judged it has it.
    pub example: Example,
    /// Annotator and set, by annotator.
    pub answers: Vec<(usize, usize)>,
    /// Which of the annotator's rows each answer is.
    pub rows: Vec<usize>,
    /// From 0, without a gap.
    pub group: usize,
}

impl Unit {
    /// Who judged it.
    fn annotators(&self) -> impl Iterator<Item = usize> {
        self.answers.iter().map(|(who, _)| *who)
    }
}

/// How the rows found each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Joining {
    pub key: Key,
    /// Rows in which an annotator says once more what was said before.
    pub repeated: u64,
    /// Rows in which an annotator gives a unit other labels than before; the first answer counts.
    pub changed: Vec<Place>,
    /// Rows whose id belongs to another text elsewhere; where nobody said what joins, they are why the text does.
    pub other_text: Vec<Place>,
    /// Joined by id: rows that found no partner, while another annotator has the text under another id.
    pub other_id: Vec<Place>,
    /// Rows without the key, which cannot be joined.
    pub without_key: u64,
    /// By annotator: the units that they judged, and those of them that nobody else did.
    pub judged: Vec<(u64, u64)>,
}

/// How answers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The labels that more than half of a unit's annotators gave it, none if more than half gave it none; half is not enough, nor are fewer than two annotators.
    Majority,
    /// Only units of which all say the same.
    Unanimous,
}

impl Panel {
    /// Joins the answers by `key`, or by what fits.
    pub fn join(sources: &[Source], key: Option<Key>) -> Panel {
        let (key, other_text) = key.map_or_else(|| Key::fitting(sources), |key| (key, Vec::new()));
        let names: BTreeSet<&String> = sources.iter().flat_map(|s| &s.examples).flat_map(|e| &e.labels).collect();
        let labels: Vec<String> = names.into_iter().cloned().collect();
        let joining = Joining {
            key,
            repeated: 0,
            changed: Vec::new(),
            other_text,
            other_id: Vec::new(),
            without_key: 0,
            judged: Vec::new(),
        };
        let annotators = sources.iter().map(|source| source.name.clone()).collect();
        let mut panel = Panel { annotators, labels, sets: Vec::new(), units: Vec::new(), groups: 0, joining };
        let (mut known, mut sets): (HashMap<String, usize>, BTreeMap<Vec<usize>, usize>) = Default::default();
        for (annotator, source) in sources.iter().enumerate() {
            for (row, example) in source.examples.iter().enumerate() {
                panel.add(annotator, row, example, &mut known, &mut sets);
            }
        }
        panel.number_groups();
        if key == Key::Id {
            panel.joining.other_id = panel.twins();
        }
        panel.joining.judged = panel.counts();
        panel
    }

    fn add(
        &mut self,
        annotator: usize,
        row: usize,
        example: &Example,
        known: &mut HashMap<String, usize>,
        sets: &mut BTreeMap<Vec<usize>, usize>,
    ) {
        let Some(key) = self.joining.key.of(example) else {
            self.joining.without_key += 1;
            return;
        };
        let set = self.set(example, sets);
        let unit = *known.entry(key).or_insert_with(|| {
            self.units.push(Unit { example: example.clone(), answers: Vec::new(), rows: Vec::new(), group: 0 });
            self.units.len() - 1
        });
        let unit = &mut self.units[unit];
        if self.joining.key == Key::Id && plain(&unit.example.text) != plain(&example.text) {
            self.joining.other_text.push(example.place.clone());
        }
        match unit.answers.iter().find(|(who, _)| *who == annotator) {
            None => {
                unit.answers.push((annotator, set));
                unit.rows.push(row);
            }
            Some((_, before)) if *before == set => self.joining.repeated += 1,
            Some(_) => self.joining.changed.push(example.place.clone()),
        }
        if unit.example.group.is_none() {
            unit.example.group.clone_from(&example.group);
        }
    }

    /// Units that one annotator alone judged, and others judged under another id: by the text they would be one. Of two that each have one annotator, it is
    /// the later one's.
    fn twins(&self) -> Vec<Place> {
        // Who judged a text, id by id; a text that stands in many rows was mostly judged by the same.
        let mut judges: HashMap<String, BTreeSet<Vec<usize>>> = HashMap::new();
        for unit in &self.units {
            judges.entry(plain(&unit.example.text)).or_default().insert(unit.annotators().collect());
        }
        let is_twin = |unit: &Unit| {
            let who = unit.answers[0].0;
            let is_other = |judges: &Vec<usize>| match judges[..] {
                [other] => other < who,
                _ => !judges.contains(&who),
            };
            unit.answers.len() == 1 && judges[&plain(&unit.example.text)].iter().any(is_other)
        };
        self.units.iter().filter(|unit| is_twin(unit)).map(|unit| unit.example.place.clone()).collect()
    }

    /// The number of an example's set of labels.
    fn set(&mut self, example: &Example, sets: &mut BTreeMap<Vec<usize>, usize>) -> usize {
        let number = |label: &String| self.labels.binary_search(label).expect("every label was gathered");
        let mut set: Vec<usize> = example.labels.iter().map(number).collect();
        set.sort_unstable();
        *sets.entry(set).or_insert_with_key(|set| {
            self.sets.push(set.clone());
            self.sets.len() - 1
        })
    }

    fn number_groups(&mut self) {
        let mut groups: HashMap<String, usize> = HashMap::new();
        for unit in &mut self.units {
            let fresh = self.groups;
            unit.group = match &unit.example.group {
                Some(group) => *groups.entry(group.clone()).or_insert(fresh),
                None => fresh,
            };
            self.groups += usize::from(unit.group == fresh);
        }
    }

    fn counts(&self) -> Vec<(u64, u64)> {
        let mut counts = vec![(0, 0); self.annotators.len()];
        for unit in &self.units {
            for (annotator, _) in &unit.answers {
                counts[*annotator].0 += 1;
                counts[*annotator].1 += u64::from(unit.answers.len() == 1);
            }
        }
        counts
    }

    /// The units of which two annotators or more said something.
    pub fn shared(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(|unit| unit.answers.len() >= 2)
    }

    /// The names of a set's labels.
    pub fn names(&self, set: usize) -> Vec<&str> {
        self.sets[set].iter().map(|label| &self.labels[*label][..]).collect()
    }

    /// What the annotators say together of a unit, or why they do not.
    pub fn verdict(&self, unit: &Unit, rule: Rule) -> Result<Vec<String>, String> {
        let m = unit.answers.len();
        if m < 2 {
            return Err(format!("only {} judged it", self.annotators[unit.answers[0].0]));
        }
        let votes = self.votes(unit);
        let split: Vec<&str> = votes
            .iter()
            .filter(|(_, count)| match rule {
                Rule::Majority => 2 * **count == m,
                Rule::Unanimous => **count != m,
            })
            .map(|(label, _)| &self.labels[*label][..])
            .collect();
        match (split.is_empty(), rule) {
            (true, Rule::Majority) => self.majority(unit, &votes),
            (true, Rule::Unanimous) => Ok(votes.keys().map(|label| self.labels[*label].clone()).collect()),
            (false, Rule::Majority) => Err(format!("a tie over {}", split.join(", "))),
            (false, Rule::Unanimous) => Err(format!("they differ over {}", split.join(", "))),
        }
    }

    /// The labels of more than half. That there are none is an answer only if more than half gave it.
    fn majority(&self, unit: &Unit, votes: &BTreeMap<usize, usize>) -> Result<Vec<String>, String> {
        let m = unit.answers.len();
        let given: Vec<String> =
            votes.iter().filter(|(_, c)| 2 * **c > m).map(|(label, _)| self.labels[*label].clone()).collect();
        let none = unit.answers.iter().filter(|(_, set)| self.sets[*set].is_empty()).count();
        match given.is_empty() && 2 * none <= m {
            true => Err("no label has a majority".into()),
            false => Ok(given),
        }
    }

    /// How many gave each label that any gave.
    pub fn votes(&self, unit: &Unit) -> BTreeMap<usize, usize> {
        let mut votes = BTreeMap::new();
        for (_, set) in &unit.answers {
            self.sets[*set].iter().for_each(|label| *votes.entry(*label).or_default() += 1);
        }
        votes
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn source(name: &str, rows: &[(&str, &str)]) -> Source {
        let labels = |labels: &str| labels.split('|').filter(|label| !label.is_empty()).map(str::to_owned).collect();
        let example = |(text, given): &(&str, &str)| Example::new(*text, labels(given));
        Source { name: name.into(), examples: rows.iter().map(example).collect() }
    }

    fn with_ids(mut source: Source, ids: &[&str]) -> Source {
        source.examples.iter_mut().zip(ids).for_each(|(example, id)| example.id = Some((*id).into()));
        source
    }

    #[test]
    fn texts_are_the_same_whatever_their_white_space_and_composition() {
        let panel =
            Panel::join(&[source("a", &[("Cafe\u{301}  au\nlait", "x")]), source("b", &[("Café au lait ", "")])], None);
        assert_eq!((panel.units.len(), panel.units[0].answers.len()), (1, 2));
    }

    #[test]
    fn ids_join_only_where_they_mean_the_same_texts() {
        let (a, b) = ([("one", "x"), ("two", "")], [("two", "x"), ("one", "")]);
        let by_row = [with_ids(source("a", &a), &["1", "2"]), with_ids(source("b", &b), &["1", "2"])];
        assert_eq!(Panel::join(&by_row, None).joining.key, Key::Text);
        let true_ids = [with_ids(source("a", &a), &["1", "2"]), with_ids(source("b", &b), &["2", "1"])];
        assert_eq!(Panel::join(&true_ids, None).joining.key, Key::Id);
        assert_eq!(Panel::join(&by_row, Some(Key::Id)).joining.other_text.len(), 2);
        let three = ([("one", "x"), ("two", ""), ("three", "")], [("one", "x"), ("two, mended", ""), ("three", "")]);
        let one_off =
            [with_ids(source("a", &three.0), &["1", "2", "3"]), with_ids(source("b", &three.1), &["1", "2", "3"])];
        let panel = Panel::join(&one_off, None);
        assert_eq!((panel.joining.key, panel.joining.other_text.len()), (Key::Text, 1));
    }

    #[test]
    fn texts_that_ids_keep_apart_are_told() {
        let a = with_ids(source("a", &[("one", "x"), ("two", "")]), &["1", "2"]);
        let b = with_ids(source("b", &[("one", "x"), ("two", ""), ("three", "")]), &["1", "12", "13"]);
        let panel = Panel::join(&[a, b], None);
        assert_eq!((panel.joining.key, panel.joining.other_id.len()), (Key::Id, 1));
    }

    #[test]
    fn rows_that_stand_twice_are_counted_and_the_first_answer_holds() {
        let a = source("a", &[("one", "x"), ("one", "x"), ("one", "y"), ("two", "")]);
        let panel = Panel::join(&[a, source("b", &[("one", "x")])], None);
        assert_eq!((panel.joining.repeated, panel.joining.changed.len()), (1, 1));
        assert_eq!(panel.joining.judged, [(2, 1), (1, 0)]);
        assert_eq!(panel.names(panel.units[0].answers[0].1), ["x"]);
    }

    #[test]
    fn a_majority_is_more_than_half_and_one_annotator_is_none() {
        let rows = |labels: [&'static str; 3]| [("one", labels[0]), ("two", labels[1]), ("three", labels[2])];
        let a = source("a", &rows(["x|y", "x", "x"]));
        let mut sources = vec![a, source("b", &rows(["x", "", "x"])), source("c", &[("one", "")])];
        let panel = Panel::join(&sources, None);
        let verdicts =
            |panel: &Panel, rule| panel.units.iter().map(|unit| panel.verdict(unit, rule)).collect::<Vec<_>>();
        let x = || Ok(vec!["x".to_owned()]);
        assert_eq!(verdicts(&panel, Rule::Majority), [x(), Err("a tie over x".into()), x()]);
        assert_eq!(
            verdicts(&panel, Rule::Unanimous),
            [Err("they differ over x, y".into()), Err("they differ over x".into()), x()]
        );
        sources.truncate(1);
        assert!(
            verdicts(&Panel::join(&sources, None), Rule::Majority).iter().all(|v| *v == Err("only a judged it".into()))
        );
    }
    #[test]
    fn no_label_fits_only_where_more_than_half_said_so() {
        let panel = |labels: &[&str]| {
            let sources: Vec<Source> = labels
                .iter()
                .zip(["a", "b", "c", "d"])
                .map(|(labels, name)| source(name, &[("one", labels)]))
                .collect();
            Panel::join(&sources, None)
        };
        let verdict = |labels: &[&str]| {
            let panel = panel(labels);
            panel.verdict(&panel.units[0], Rule::Majority)
        };
        let no_majority = || Err("no label has a majority".into());
        assert_eq!(verdict(&["pos", "neg", "neu"]), no_majority());
        assert_eq!(verdict(&["", "neg", "neu"]), no_majority());
        assert_eq!(verdict(&["", "", "x", "y"]), no_majority(), "half is not more than half");
        assert_eq!(verdict(&["", "", "x"]), Ok(Vec::new()));
        assert_eq!(verdict(&["", ""]), Ok(Vec::new()));
        assert_eq!(verdict(&["x|y", "x|z", "z"]), Ok(vec!["x".into(), "z".into()]));
    }
}
