//! Which units to label next: those that a model is unsure of, of labels that have few examples, in words that no
//! labelled unit has, none like another; and some drawn at random, which alone say how good a model is.
//!
//! ```
//! use rhetor::evaluate::suggest::{Pool, Settings};
//! use rhetor::text::stem::Language;
//!
//! let mut pool = Pool::new(Language::English);
//! pool.add(["They will pay for this.", "They will pay for that.", "The market opens at nine."].map(String::from).into());
//! pool.know("The market opens at ten.", &[]);
//! let chosen = pool.choose(&Settings { count: 1, random: 0.0, ..Settings::default() });
//! assert_eq!(pool.text(chosen[0].index), "They will pay for this.");
//! assert_eq!(chosen[0].why(), "5 words that no unit before has: they, will, pay, …");
//! ```

mod cover;
mod pool;
mod twins;

pub use cover::Balance;
pub use pool::Pool;

use std::fmt::Write;

use rand_core::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::interval::below;
use crate::text::count::counted;
use cover::{Cover, Go};
use twins::Twins;

/// How units are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many units.
    pub count: usize,
    /// The share of them that is drawn at random, 0 to 1; rounded up, so that a wish for some is a wish for one at least.
    pub random: f64,
    pub seed: u64,
    /// From which share of common terms on two units are one and the same, 0 to 1 (Jaccard); above 1 nothing is.
    pub alike: f64,
    pub balance: Balance,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { count: 50, random: 0.1, seed: 0, alike: 0.7, balance: Balance::default() }
    }
}

/// The column that says how a suggested unit was chosen, and its two words: what chance drew, each unit as likely as any other, and all else.
pub const CHOSEN: &str = "chosen";
pub const RANDOM: &str = "random";
pub const SUGGESTED: &str = "suggested";

/// The column with the reasons.
pub const WHY: &str = "why";

/// A unit worth labelling.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Its number in the pool, from 0.
    pub index: usize,
    /// The weightiest first; never empty.
    pub reasons: Vec<Reason>,
}

/// Why a unit was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// By lot: each unit of the pool had the same chance.
    Random,
    /// The model is unsure whether the label holds.
    Threshold { label: String, probability: f64, threshold: f64 },
    /// The model is unsure which of two labels holds.
    Between { first: (String, f64), second: (String, f64) },
    /// It may have a label of which there are few examples.
    Rare { label: String, support: u64 },
    /// It has words that no unit before has: none that is labelled, none that the model was trained on, none suggested earlier. At most
    /// [`NAMED`] of them are named.
    New { terms: usize, some: Vec<String> },
    /// Its words are common in the pool, and seldom labelled.
    Typical,
}

/// How many new terms a reason names.
pub const NAMED: usize = 3;

impl Suggestion {
    /// Whether it was drawn at random.
    pub fn is_random(&self) -> bool {
        self.reasons == [Reason::Random]
    }

    /// What the column [`CHOSEN`] says of it.
    pub fn chosen(&self) -> &'static str {
        if self.is_random() { RANDOM } else { SUGGESTED }
    }

    /// Its reasons in one line.
    pub fn why(&self) -> String {
        let words: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        words.join("; ")
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Random => f.write_str("drawn at random"),
            Reason::Threshold { label, probability, threshold } => {
                write!(f, "near the threshold of {label} ({} of {})", short(*probability), short(*threshold))
            }
            Reason::Between { first: (a, p), second: (b, q) } => {
                write!(f, "between {a} ({}) and {b} ({})", short(*p), short(*q))
            }
            Reason::Rare { label, support } => write!(f, "perhaps {label}, of which few are labelled ({support})"),
            Reason::New { terms, some } => {
                let words = counted(*terms as u64, "word", "words");
                write!(f, "{words} that no unit before has: {}", some.join(", "))?;
                if some.len() < *terms { f.write_str(", …") } else { Ok(()) }
            }
            Reason::Typical => f.write_str("like much of the pool"),
        }
    }
}

/// A probability as `.48`.
fn short(probability: f64) -> String {
    let mut text = String::new();
    write!(text, "{probability:.2}").expect("a string takes all");
    text.strip_prefix('0').map(str::to_owned).unwrap_or(text)
}

impl Pool {
    /// The units most worth labelling, best first, with those drawn at random evenly between them, so that who stops early
    /// has labelled some of both; fewer than wished where there are no more.
    ///
    /// The draw comes first and is from all units that are not labelled yet, twins of others included, so that it is a
    /// simple random sample of them. The others are chosen greedily (see [`Balance`]), and one that is nearly the same
    /// as a labelled or chosen unit is passed over.
    pub fn choose(&self, settings: &Settings) -> Vec<Suggestion> {
        let open: Vec<usize> = (0..self.len()).filter(|&unit| !self.is_known(unit)).collect();
        let count = settings.count.min(open.len());
        let by_lot = ((count as f64 * settings.random).ceil() as usize).min(count);
        let (drawn, rest) = draw(open, by_lot, settings.seed);
        let mut twins = Twins::new(self.terms_known(), settings.alike);
        let mut cover = Cover::new(self, &settings.balance);
        for &unit in &drawn {
            twins.add(self.terms(unit));
            cover.take(unit);
        }
        let mut chosen = Vec::with_capacity(count);
        cover.greedily(rest, |cover, unit| {
            if chosen.len() == count - by_lot {
                return Go::End;
            }
            if !twins.has(self.terms(unit)) {
                chosen.push(Suggestion { index: unit, reasons: cover.reasons(unit) });
                twins.add(self.terms(unit));
                cover.take(unit);
            }
            Go::On
        });
        spread(chosen, drawn.into_iter().map(|index| Suggestion { index, reasons: vec![Reason::Random] }).collect())
    }
}

/// Both in their order, the second spread evenly over the first.
fn spread(first: Vec<Suggestion>, second: Vec<Suggestion>) -> Vec<Suggestion> {
    let (many, few) = (first.len(), second.len());
    let at = |i: usize, of: usize| (2 * i + 1) as f64 / of.max(1) as f64;
    let first = first.into_iter().enumerate().map(|(i, one)| (at(i, many), one));
    let mut all: Vec<_> = first.chain(second.into_iter().enumerate().map(|(i, one)| (at(i, few), one))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.into_iter().map(|(_, one)| one).collect()
}

/// So many of the units by lot, in the order drawn, and the others (Fisher & Yates 1938).
fn draw(mut units: Vec<usize>, count: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    for at in 0..count {
        let other = at + below(&mut random, units.len() - at) as usize;
        units.swap(at, other);
    }
    let mut rest = units.split_off(count);
    rest.sort_unstable();
    (units, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stem::Language;
    use proptest::prelude::*;

    fn pool(texts: &[&str]) -> Pool {
        let mut pool = Pool::new(Language::English);
        pool.add(texts.iter().map(|text| (*text).to_owned()).collect());
        pool
    }

    fn by_worth(count: usize) -> Settings {
        Settings { count, random: 0.0, ..Settings::default() }
    }

    fn indices(chosen: &[Suggestion]) -> Vec<usize> {
        chosen.iter().map(|suggestion| suggestion.index).collect()
    }

    #[test]
    fn a_unit_that_is_labelled_is_never_suggested_and_one_nearly_the_same_only_by_lot() {
        let texts = ["The  mayor will pay for all of this mess", "The mayor will pay for all of this mess now", "Go"];
        let mut pool = pool(&texts);
        pool.know("The mayor will pay for all of this mess", &[]);
        assert_eq!(indices(&pool.choose(&by_worth(3))), [2]);
        let all_by_lot = Settings { random: 1.0, ..by_worth(3) };
        let mut drawn = indices(&pool.choose(&all_by_lot));
        drawn.sort_unstable();
        assert_eq!(drawn, [1, 2]);
    }

    #[test]
    fn the_same_text_twice_is_suggested_once() {
        let pool = pool(&["Vote on Monday.", "Vote on Monday.", "Bread is cheap."]);
        assert_eq!(pool.choose(&by_worth(3)).len(), 2);
    }

    #[test]
    fn without_a_model_terms_common_in_the_pool_and_not_yet_labelled_come_first() {
        let texts = ["the tax on bread", "the tax on milk", "the tax on salt", "zebras"];
        let mut pool = pool(&texts);
        assert_eq!(pool.choose(&by_worth(1))[0].index, 0);
        pool.know("the tax on bread", &[]);
        assert_eq!(pool.choose(&by_worth(1))[0].why(), "1 word that no unit before has: milk");
    }

    #[test]
    fn a_share_at_random_is_rounded_up_and_spread_evenly() {
        let texts: Vec<String> = (0..40).map(|i| format!("word{i} term{i}")).collect();
        let mut pool = Pool::new(Language::English);
        pool.add(texts);
        let chosen = pool.choose(&Settings { count: 10, random: 0.11, ..Settings::default() });
        let random: Vec<bool> = chosen.iter().map(Suggestion::is_random).collect();
        assert_eq!(random.iter().filter(|random| **random).count(), 2);
        assert_eq!((random[2], random[7]), (true, true), "{random:?}");
    }

    #[test]
    fn reasons_read_plainly() {
        let reasons = vec![
            Reason::Threshold { label: "threat".into(), probability: 0.478, threshold: 0.52 },
            Reason::Rare { label: "threat".into(), support: 3 },
            Reason::New { terms: 5, some: vec!["tariff".into(), "quota".into(), "levy".into()] },
        ];
        assert_eq!(
            Suggestion { index: 0, reasons }.why(),
            "near the threshold of threat (.48 of .52); perhaps threat, of which few are labelled (3); \
             5 words that no unit before has: tariff, quota, levy, …"
        );
    }

    #[test]
    fn a_draw_gives_every_unit_the_same_chance() {
        let mut times = [0_u32; 10];
        (0..2000).for_each(|seed| draw((0..10).collect(), 3, seed).0.iter().for_each(|&unit| times[unit] += 1));
        // 600 expected, standard deviation √(2000 · .3 · .7) = 20.5.
        assert!(times.iter().all(|&times| (520..680).contains(&times)), "{times:?}");
    }

    proptest! {
        #[test]
        fn as_many_as_wished_are_chosen_each_once_if_nothing_is_alike(
            texts in prop::collection::vec("[a-d]{1,3}( [a-d]{1,3}){0,3}", 0..30), count in 0..40_usize, random in 0.0..=1.0_f64, seed: u64,
        ) {
            let mut pool = Pool::new(Language::English);
            pool.add(texts.clone());
            let settings = Settings { count, random, seed, alike: 2.0, ..Settings::default() };
            let chosen = pool.choose(&settings);
            let mut once = indices(&chosen);
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), count.min(texts.len()));
            prop_assert_eq!(chosen.len(), once.len());
            prop_assert_eq!(pool.choose(&settings), chosen);
        }
    }
}
