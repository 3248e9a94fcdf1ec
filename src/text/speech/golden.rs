//! The written cases of `cases.txt`, and how well the rules do on them.

use std::collections::BTreeMap;

use super::*;
use crate::text::{quote, sentence};

/// One attribution of a case.
#[derive(Clone, Debug, Default)]
struct Expected {
    speaker: Option<Span>,
    antecedent: Option<Span>,
    verb: Option<Span>,
    kind: Option<Act>,
    contents: Vec<(Span, How)>,
}

/// The text of a case without its marks, and what they say.
fn read(case: &str) -> (String, BTreeMap<usize, Expected>) {
    let mut text = String::new();
    let mut groups: BTreeMap<usize, Expected> = BTreeMap::new();
    let mut open: Vec<(&str, usize)> = Vec::new();
    let case = case.replace("\\n", "\n");
    let mut rest = case.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        if rest[at..].starts_with('{') {
            let colon = at + rest[at..].find(':').expect("a mark has a colon");
            open.push((&rest[at + 1..colon], text.len()));
            rest = &rest[colon + 1..];
            continue;
        }
        rest = &rest[at + 1..];
        let (mark, start) = open.pop().expect("a mark that closes was opened");
        let (mark, kind) = mark.split_once('.').map_or((mark, None), |(mark, kind)| (mark, Act::named(kind)));
        let span = Span::new(start, text.len());
        let mut letters = mark.char_indices().filter(|(_, c)| c.is_alphabetic()).peekable();
        while let Some((at, letter)) = letters.next() {
            let end = letters.peek().map_or(mark.len(), |(end, _)| *end);
            let group = groups.entry(mark[at + 1..end].parse().unwrap_or(1)).or_default();
            match letter {
                'S' => group.speaker = Some(span),
                'A' => group.antecedent = Some(span),
                'R' => group.contents.push((span, How::Reported)),
                'Q' => group.contents.push((span, How::Quoted)),
                'V' => (group.verb, group.kind) = (Some(span), Some(kind.expect("a known kind"))),
                _ => panic!("{case}: no mark is {letter}"),
            }
        }
    }
    text.push_str(rest);
    (text, groups)
}

pub(super) fn found(text: &str) -> Vec<Reported> {
    speech(text, &sentence::sentences(text, &[], "english"), &quote::quotations(text))
}

/// Right, found, expected.
#[derive(Clone, Copy, Debug, Default)]
struct Tally(usize, usize, usize);

impl Tally {
    fn precision(self) -> f64 {
        self.0 as f64 / self.1.max(1) as f64
    }

    fn recall(self) -> f64 {
        self.0 as f64 / self.2.max(1) as f64
    }

    fn f1(self) -> f64 {
        2.0 * self.0 as f64 / (self.1 + self.2).max(1) as f64
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "P {:.3} R {:.3} F1 {:.3} ({}/{}/{})", self.precision(), self.recall(), self.f1(), self.0, self.1, self.2)
    }
}

#[derive(Debug, Default)]
struct Score {
    cases: usize,
    contents: BTreeMap<How, Tally>,
    /// Of contents found and expected: the right kind, the right verb.
    kinds: Tally,
    verbs: Tally,
    speakers: Tally,
    shown: Tally,
    by_rule: BTreeMap<Rule, Tally>,
    shown_by_rule: BTreeMap<Rule, Tally>,
    misses: String,
}

impl Score {
    fn add(&mut self, case: &str) {
        let (text, groups) = read(case);
        let found = found(&text);
        let expected: Vec<(Span, How, &Expected)> =
            groups.values().flat_map(|group| group.contents.iter().map(move |(span, how)| (*span, *how, group))).collect();
        self.cases += 1;
        let mut is_right = true;
        for (_, how, group) in &expected {
            self.contents.entry(*how).or_default().2 += 1;
            self.speakers.2 += usize::from(group.speaker.is_some());
        }
        for reported in &found {
            let tally = self.contents.entry(reported.how).or_default();
            tally.1 += 1;
            let matching = expected.iter().find(|(span, how, _)| (*span, *how) == (reported.content, reported.how));
            if let Some((.., group)) = matching {
                tally.0 += 1;
                self.kinds.1 += 1;
                self.kinds.0 += usize::from(group.kind.is_none_or(|kind| kind == reported.kind));
                self.verbs.1 += 1;
                let goes_on = reported.verb.is_none() && reported.speaker.is_some_and(|speaker| speaker.rule == Rule::Continued);
                self.verbs.0 += usize::from(group.verb == reported.verb || goes_on);
                is_right &= (group.verb == reported.verb || goes_on) && group.kind.is_none_or(|kind| kind == reported.kind);
            } else {
                is_right = false;
            }
            // A content not found exactly still has a speaker, who is right if any content that it overlaps has the same.
            let near = |(span, ..): &&(Span, How, &Expected)| span.overlap(reported.content).is_some();
            let group = matching.or_else(|| expected.iter().find(near)).map(|(.., group)| *group);
            is_right &= self.name(reported.speaker, group);
        }
        is_right &= found.len() == expected.len();
        if !is_right {
            let marked: Vec<String> = found.iter().map(|reported| shown(&text, reported)).collect();
            self.misses.push_str(&format!("\n{case}\n    {}", marked.join("\n    ")));
        }
    }

    fn name(&mut self, speaker: Option<Speaker>, group: Option<&Expected>) -> bool {
        let expected = group.and_then(|group| group.antecedent.or(group.speaker));
        let Some(speaker) = speaker else { return expected.is_none() };
        let is_right = expected == Some(speaker.span);
        let count = |tally: &mut Tally| *tally = Tally(tally.0 + usize::from(is_right), tally.1 + 1, tally.2);
        count(&mut self.speakers);
        count(self.by_rule.entry(speaker.rule).or_default());
        if speaker.sure {
            count(&mut self.shown);
            count(self.shown_by_rule.entry(speaker.rule).or_default());
        }
        is_right
    }

    fn of<'a>(cases: impl Iterator<Item = &'a str>) -> Score {
        let mut score = Score::default();
        cases.filter(|case| !case.is_empty() && !case.starts_with('#')).for_each(|case| score.add(case));
        score
    }

    fn report(&self) -> String {
        let mut report = format!("{} cases\n", self.cases);
        for (how, tally) in &self.contents {
            report += &format!("{how:?}: {tally}\n");
        }
        report += &format!("kinds {}\nverbs {}\nspeakers {}\n", self.kinds, self.verbs, self.speakers);
        for (rule, tally) in &self.by_rule {
            let shown = self.shown_by_rule.get(rule).copied().unwrap_or_default();
            report += &format!("  {rule:?}: {:.3} of {}, shown {:.3} of {}\n", tally.precision(), tally.1, shown.precision(), shown.1);
        }
        report + &format!("shown {:.3} of {}\n", self.shown.precision(), self.shown.1)
    }
}

fn shown(text: &str, reported: &Reported) -> String {
    let speaker = reported.speaker.map(|speaker| format!("{} ({:?}, sure {})", speaker.span.of(text), speaker.rule, speaker.sure));
    let verb = reported.verb.map(|verb| verb.of(text));
    format!("{:?} {} {verb:?} by {speaker:?}: {}", reported.how, reported.kind.name(), reported.content.of(text))
}

#[test]
fn the_golden_cases_are_told_as_a_reader_would() {
    let score = Score::of(include_str!("cases.txt").lines());
    println!("{}{}", score.report(), score.misses);
    assert!(score.cases >= 300, "{}", score.report());
    let of = |how: How| score.contents[&how];
    assert!(of(How::Quoted).f1() >= 0.98 && of(How::Reported).f1() >= 0.95, "{}{}", score.report(), score.misses);
    assert!(score.kinds.precision() >= 0.97 && score.verbs.precision() >= 0.97, "{}", score.report());
    assert!(score.speakers.precision() >= 0.95 && score.speakers.recall() >= 0.9, "{}", score.report());
}

#[test]
fn a_name_is_shown_only_where_its_rule_is_right_19_times_in_20() {
    let score = Score::of(include_str!("cases.txt").lines());
    for (rule, tally) in &score.shown_by_rule {
        assert!(tally.precision() >= 0.95, "{rule:?}: {tally}\n{}", score.misses);
    }
}
