//! Whose framing is it: the author's own, or that of somebody quoted or reported?
//!
//! A score is a sum over words, so a framing's voice is where its evidence lies: the share of its positive contributions in
//! quotations and in reported clauses. A sentence's voice, which needs no model, is the share of its text.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Term};
use crate::features::Row;
use crate::text::Span;
use crate::text::speech::{How, Reported};

/// In whose words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Voice {
    #[default]
    Author,
    Quoted,
    Reported,
    Mixed,
}

impl Voice {
    pub const ALL: [Voice; 4] = [Voice::Author, Voice::Quoted, Voice::Reported, Voice::Mixed];

    /// The name in the codebook and in output.
    pub fn name(self) -> &'static str {
        match self {
            Voice::Author => "author",
            Voice::Quoted => "quoted",
            Voice::Reported => "reported",
            Voice::Mixed => "mixed",
        }
    }

    /// The voice of that name.
    pub fn named(name: &str) -> Option<Voice> {
        Voice::ALL.into_iter().find(|voice| voice.name() == name)
    }
}

/// How much of it lies where; the three sum to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    pub author: f64,
    pub quoted: f64,
    pub reported: f64,
}

/// A voice with what it was judged by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    pub voice: Voice,
    pub shares: Shares,
    /// Which of the text's [`Reported`] carries most of what is not the author's; none where all is.
    pub by: Option<usize>,
}

/// A framing is somebody's if so much of its positive contribution lies there.
const FRAMING_SHARE: f64 = 2.0 / 3.0;

/// A sentence is quoted or reported if at least half of it is, the attribution left out, as the codebook has it.
const SENTENCE_SHARE: f64 = 0.5;
/// Where both parts are as large as this, each is clear. This and the next were chosen on half of the training documents.
const CLEAR_PART: f64 = 0.2;
/// Quoted and reported parts that together come to this are not the author's alone.
const MIXED_SHARE: f64 = 0.45;

/// Whose the bytes of a stretch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Quoted(usize),
    Reported(usize),
    /// The verb that tells it.
    Verb(usize),
    /// `Mr Hale told reporters that`.
    Attribution,
}

/// The voices of a text: which stretches of it are whose.
#[derive(Debug)]
pub struct Voices<'a> {
    speech: &'a [Reported],
    /// In order, apart from each other; what lies between is the author's.
    stretches: Vec<(Span, Part)>,
}

impl<'a> Voices<'a> {
    /// From what [`speech`](crate::text::speech::speech) found in the text.
    pub fn new(speech: &'a [Reported]) -> Self {
        Voices { speech, stretches: stretches(speech) }
    }

    /// The voice of the unit at `unit`, by the share of its bytes in each.
    pub fn sentence(&self, unit: Span) -> Heard {
        let mut tally = Tally::new(unit.len() as f64);
        for &(span, part) in self.within(unit) {
            let bytes = span.overlap(unit).map_or(0, Span::len) as f64;
            match part {
                Part::Attribution | Part::Verb(_) => tally.author -= bytes,
                _ => tally.move_to(part, bytes),
            }
        }
        let shares = tally.shares();
        let other = shares.quoted + shares.reported;
        let voice = match () {
            () if shares.quoted >= CLEAR_PART && shares.reported >= CLEAR_PART => Voice::Mixed,
            () if shares.quoted >= SENTENCE_SHARE => Voice::Quoted,
            () if shares.reported >= SENTENCE_SHARE => Voice::Reported,
            () if other >= MIXED_SHARE => Voice::Mixed,
            () => Voice::Author,
        };
        tally.heard(voice, shares)
    }

    /// The voice of a framing, by the share of its positive contributions in each. Spans of the evidence count from
    /// `unit.start`. A contribution is parted evenly among the places where its term stands, and of each place by bytes. The
    /// verb that reports (`threatened`, `accuses`) counts with what it reports: `The minister threatened to impose sanctions` is a threat by
    /// the minister, even if that verb is all its evidence. A framing without such evidence has its sentence's voice.
    pub fn framing(&self, evidence: &Evidence, unit: Span) -> Heard {
        let counts = |term: &&Term| term.contribution > 0.0 && !term.spans.is_empty();
        let mut positive: Vec<&Term> = evidence.terms.iter().filter(counts).collect();
        // In the order in which `framing_by` has them, so that both sums have the same bits.
        positive.sort_unstable_by_key(|term| term.entry);
        let total = positive.iter().map(|term| term.contribution).sum();
        self.weigh(unit, total, positive.iter().map(|term| (term.contribution, term.spans.iter().copied())))
    }

    /// The same by what each entry of the unit's row adds to the score.
    pub fn framing_by(&self, contributions: &[f64], row: &Row, unit: Span) -> Heard {
        let total = contributions.iter().filter(|value| **value > 0.0).sum();
        let positive = contributions.iter().zip(row.places()).filter(|(value, _)| **value > 0.0);
        self.weigh(unit, total, positive.map(|(value, places)| (*value, places.iter().map(|(_, span)| *span))))
    }

    /// The voice of positive contributions, each with the places of its term, that come to a total.
    fn weigh<Places: ExactSizeIterator<Item = Span>>(
        &self,
        unit: Span,
        total: f64,
        positive: impl Iterator<Item = (f64, Places)>,
    ) -> Heard {
        let near = self.within(unit);
        if total <= 0.0 || near.is_empty() {
            return self.sentence(unit);
        }
        let (mut tally, mut first) = (Tally::new(total), 0);
        for (contribution, places) in positive {
            let each = contribution / places.len() as f64;
            for place in places {
                let place = Span::new(unit.start + place.start, unit.start + place.end);
                first = first_behind(place.start, near, first);
                for &(stretch, part) in near[first..].iter().take_while(|(stretch, _)| stretch.start < place.end) {
                    let bytes = stretch.overlap(place).map_or(0, Span::len);
                    if bytes > 0 {
                        let part = if let Part::Verb(index) = part { self.part_of(index) } else { part };
                        tally.move_to(part, each * bytes as f64 / place.len() as f64);
                    }
                }
            }
        }
        let shares = tally.shares();
        let voice = match () {
            () if shares.quoted >= FRAMING_SHARE => Voice::Quoted,
            () if shares.reported >= FRAMING_SHARE => Voice::Reported,
            () if shares.author >= FRAMING_SHARE => Voice::Author,
            () => Voice::Mixed,
        };
        tally.heard(voice, shares)
    }

    /// Whether nobody else speaks in it, so that all its framings are the author's, whatever their evidence.
    pub fn is_authors(&self, unit: Span) -> bool {
        self.within(unit).is_empty()
    }

    fn part_of(&self, index: usize) -> Part {
        match self.speech[index].how {
            How::Quoted => Part::Quoted(index),
            How::Reported => Part::Reported(index),
        }
    }

    /// The stretches that share a byte with `span`.
    fn within(&self, span: Span) -> &[(Span, Part)] {
        let from = self.stretches.partition_point(|(stretch, _)| stretch.end <= span.start);
        let to = self.stretches.partition_point(|(stretch, _)| stretch.start < span.end);
        &self.stretches[from..to.max(from)]
    }

    /// What others say in the text.
    pub fn speech(&self) -> &'a [Reported] {
        self.speech
    }
}

/// The first of the stretches that ends behind `start`: mostly the one at `near`, or the next.
fn first_behind(start: usize, stretches: &[(Span, Part)], near: usize) -> usize {
    let ends_behind = |(stretch, _): &(Span, Part)| stretch.end > start;
    let is_first = |at: usize| {
        at.checked_sub(1).is_none_or(|before| !ends_behind(&stretches[before]))
            && stretches.get(at).is_none_or(ends_behind)
    };
    match () {
        () if is_first(near) => near,
        () if near < stretches.len() && is_first(near + 1) => near + 1,
        () => stretches.partition_point(|stretch| !ends_behind(stretch)),
    }
}

/// Cuts what may nest and overlap into stretches that do not. A quotation outweighs the clause that holds it, and a verb of
/// saying belongs to what it reports.
fn stretches(speech: &[Reported]) -> Vec<(Span, Part)> {
    let mut edges: Vec<(usize, bool, usize, Part)> = Vec::new();
    let mut note = |span: Option<Span>, rank: usize, part: Part| {
        if let Some(span) = span.filter(|span| !span.is_empty()) {
            edges.push((span.start, true, rank, part));
            edges.push((span.end, false, rank, part));
        }
    };
    for (index, reported) in speech.iter().enumerate() {
        let part = match reported.how {
            How::Quoted => Part::Quoted(index),
            How::Reported => Part::Reported(index),
        };
        note(reported.tag, 0, Part::Attribution);
        note(reported.verb, 1, Part::Verb(index));
        note(Some(reported.content), if reported.how == How::Quoted { 3 } else { 2 }, part);
    }
    edges.sort_by_key(|(at, opens, ..)| (*at, *opens));
    let mut open: [Vec<Part>; 4] = Default::default();
    let mut found: Vec<(Span, Part)> = Vec::new();
    let mut last = 0;
    for (at, opens, rank, part) in edges {
        let current = open.iter().rev().find_map(|parts| parts.last());
        if let Some(current) = current.filter(|_| last < at) {
            match found.last_mut() {
                Some((span, known)) if known == current && span.end == last => span.end = at,
                _ => found.push((Span::new(last, at), *current)),
            }
        }
        last = at;
        if opens {
            open[rank].push(part);
        } else if let Some(position) = open[rank].iter().rposition(|known| *known == part) {
            open[rank].remove(position);
        }
    }
    found
}

/// What lies where, and with whom.
struct Tally {
    author: f64,
    quoted: f64,
    reported: f64,
    /// By index into the speech, as it came; what comes at a time is one.
    by: Vec<(usize, f64)>,
}

impl Tally {
    /// All is the author's at first.
    fn new(total: f64) -> Self {
        Tally { author: total, quoted: 0.0, reported: 0.0, by: Vec::new() }
    }

    fn move_to(&mut self, part: Part, amount: f64) {
        let index = match part {
            Part::Quoted(index) => {
                self.quoted += amount;
                index
            }
            Part::Reported(index) => {
                self.reported += amount;
                index
            }
            Part::Verb(_) | Part::Attribution => return,
        };
        self.author -= amount;
        match self.by.last_mut() {
            Some((last, sum)) if *last == index => *sum += amount,
            _ => self.by.push((index, amount)),
        }
    }

    /// As shares of the whole; a whole of nothing is the author's.
    fn shares(&self) -> Shares {
        let total = self.author.max(0.0) + self.quoted + self.reported;
        if total <= 0.0 {
            return Shares { author: 1.0, quoted: 0.0, reported: 0.0 };
        }
        let (quoted, reported) = (self.quoted / total, self.reported / total);
        Shares { author: (1.0 - quoted - reported).max(0.0), quoted, reported }
    }

    fn heard(self, voice: Voice, shares: Shares) -> Heard {
        let by = if voice == Voice::Author { None } else { self.foremost() };
        Heard { voice, shares, by }
    }

    /// Whoever carries most, of equals the first that came. Sorted rather than looked up one by one: a text may quote ten thousand times.
    fn foremost(self) -> Option<usize> {
        let mut by: Vec<_> =
            self.by.into_iter().enumerate().map(|(turn, (index, amount))| (index, turn, amount)).collect();
        by.sort_unstable_by_key(|&(index, turn, _)| (index, turn));
        let whole = |parts: &[(usize, usize, f64)]| {
            let sum: f64 = parts.iter().map(|(.., amount)| amount).sum();
            (sum, parts[0].1, parts[0].0)
        };
        let wholes = by.chunk_by(|one, other| one.0 == other.0).map(whole);
        let most = wholes.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        most.map(|(.., index)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureId;
    use crate::framing::evidence::Term;
    use crate::text::{quote, sentence, speech};
    use proptest::prelude::*;

    fn said(text: &str) -> Vec<Reported> {
        speech::speech(text, &sentence::sentences(text, &[], "english"), &quote::quotations(text))
    }

    fn voice_of(text: &str) -> Voice {
        let said = said(text);
        Voices::new(&said).sentence(Span::new(0, text.len())).voice
    }

    /// Evidence of the words with their contributions, wherever they stand in the text.
    fn evidence(text: &str, words: &[(&str, f64)]) -> Evidence {
        let term = |(at, &(word, contribution)): (usize, &(&str, f64))| Term {
            feature: FeatureId(at as u32),
            entry: at as u32,
            contribution,
            spans: text.match_indices(word).map(|(at, word)| Span::new(at, at + word.len())).collect(),
        };
        Evidence { intercept: -1.0, terms: words.iter().enumerate().map(term).collect() }
    }

    fn framing(text: &str, words: &[(&str, f64)]) -> Heard {
        let said = said(text);
        Voices::new(&said).framing(&evidence(text, words), Span::new(0, text.len()))
    }

    #[test]
    fn a_sentence_is_whose_most_of_it_is_the_attribution_left_out() {
        assert_eq!(voice_of("The pier will close."), Voice::Author);
        assert_eq!(voice_of("“The pier will close,” said Mr Hale on Monday morning."), Voice::Quoted);
        assert_eq!(voice_of("Mr Hale told reporters on Monday morning that the pier would close."), Voice::Reported);
        assert_eq!(
            voice_of("He said the plan was “a plain waste of money” and that the pier would close in May."),
            Voice::Mixed
        );
        assert_eq!(
            voice_of("The “pier” that we all loved as children will close for good on the last day of May."),
            Voice::Author
        );
    }

    #[test]
    fn a_framing_is_whose_its_evidence_is() {
        let text = "The mayor, a fool, said that traitors had sold the pier.";
        assert_eq!(framing(text, &[("traitors", 2.0)]).voice, Voice::Reported);
        assert_eq!(framing(text, &[("fool", 2.0)]).voice, Voice::Author);
        let both = framing(text, &[("fool", 1.0), ("traitors", 1.0), ("pier", -5.0)]);
        assert_eq!((both.voice, both.shares.author, both.shares.reported), (Voice::Mixed, 0.5, 0.5));
        assert_eq!(both.by, Some(0));
        assert_eq!(framing("“Traitors sold it,” he said.", &[("Traitors", 1.0), ("said", 0.1)]).voice, Voice::Quoted);
    }

    #[test]
    fn the_reporting_verb_counts_with_what_it_reports() {
        let heard = framing("The colonel threatened to burn the village.", &[("threatened", 3.0), ("colonel", 0.5)]);
        assert_eq!(heard.voice, Voice::Reported);
        assert!((heard.shares.reported - 3.0 / 3.5).abs() < 1e-12, "{heard:?}");
    }

    #[test]
    fn the_speaker_is_who_carries_most() {
        let text = "Mr Hale said the pier was safe, but Mrs Roth warned that it would kill somebody.";
        let said = said(text);
        let heard =
            Voices::new(&said).framing(&evidence(text, &[("safe", 0.2), ("kill", 2.0)]), Span::new(0, text.len()));
        let by = said[heard.by.expect("somebody said it")];
        assert_eq!(by.speaker.expect("a name").span.of(text), "Mrs Roth");
    }

    #[test]
    fn without_evidence_the_sentence_decides() {
        let text = "Mr Hale said that the pier was safe.";
        assert_eq!(framing(text, &[]).voice, Voice::Reported);
        assert_eq!(framing(text, &[("pier", -1.0)]).voice, Voice::Reported);
    }

    #[test]
    fn a_unit_may_start_anywhere_in_the_text() {
        let text = "The pier is old. Mr Hale said that traitors had sold it.";
        let said = said(text);
        let unit = Span::new(17, text.len());
        let heard = Voices::new(&said).framing(&evidence(unit.of(text), &[("traitors", 1.0)]), unit);
        assert_eq!(heard.voice, Voice::Reported);
    }

    #[test]
    fn voices_have_names_and_can_be_named() {
        for voice in [Voice::Author, Voice::Quoted, Voice::Reported, Voice::Mixed] {
            assert_eq!(Voice::named(voice.name()), Some(voice));
        }
        assert_eq!(Voice::named("nobody"), None);
    }

    proptest! {
        #[test]
        fn shares_are_shares_and_stretches_lie_apart(
            text in "((Mr Hale|she|the union|said|warned|that|the pier|would close|lied|and|“|”|\"|,|\\.|:) ?){0,30}",
            start in 0usize..80,
            length in 0usize..80,
        ) {
            let said = said(&text);
            let voices = Voices::new(&said);
            for pair in voices.stretches.windows(2) {
                prop_assert!(pair[0].0.end <= pair[1].0.start);
            }
            let heard = voices.sentence(Span::new(start, start + length));
            let Shares { author, quoted, reported } = heard.shares;
            prop_assert!((author + quoted + reported - 1.0).abs() < 1e-9, "{heard:?}");
            prop_assert!([author, quoted, reported].iter().all(|share| (0.0..=1.0 + 1e-9).contains(share)), "{heard:?}");
            prop_assert!(heard.by.is_none_or(|by| by < said.len()));
        }
    }
}
