//! Which pairs of stems are terms, as far as it was found out.
//!
//! A term of two words costs five pieces of memory that are hardly ever at hand: its slot in the vocabulary's table, where it ends, its
//! text. Here a pair that is met again costs one, whatever came of it.

use prefetch_index::prefetch_index;

use super::vocabulary::Hash;

/// What is known of pairs: sets of four places, a set in one line of the cache (Hennessy & Patterson, *Computer Architecture*, B.1). The
/// newest drives out the oldest of its set.
pub(super) struct Pairs {
    sets: Vec<Set>,
    /// Pairs that came into the memory since it has its size.
    met: usize,
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Set {
    stems: [u64; WAYS],
    features: [u32; WAYS],
    rarities: [u32; WAYS],
}

const WAYS: usize = 4;

/// A term of the vocabulary as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Term {
    /// Its feature; other numbers are no terms.
    pub feature: u32,
    /// How rare it is, by number.
    pub rarity: u32,
}

impl Term {
    /// No term.
    pub const NONE: Term = Term { feature: u32::MAX, rarity: 0 };
    /// Nobody has looked yet.
    pub const UNKNOWN: Term = Term { feature: u32::MAX - 1, rarity: 0 };

    #[inline]
    pub fn is_term(self) -> bool {
        self.feature < Term::UNKNOWN.feature
    }

    #[inline]
    pub fn is_unknown(self) -> bool {
        self.feature == Term::UNKNOWN.feature
    }
}

const FIRST_SETS: usize = 1 << 6;
/// Of 8 MiB; in tests so few that a few thousand words drive each other out.
const MOST_SETS: usize = if cfg!(test) { 1 << 8 } else { 1 << 17 };

const EMPTY: u64 = u64::MAX;

impl Set {
    const EMPTY: Set = Set { stems: [EMPTY; WAYS], features: [Term::UNKNOWN.feature; WAYS], rarities: [0; WAYS] };
}

/// Two numbers of stems as one; two times the highest is no pair.
#[inline]
pub(super) fn joined(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

impl Pairs {
    pub fn new() -> Pairs {
        Pairs { sets: vec![Set::EMPTY; FIRST_SETS], met: 0 }
    }

    /// The number of the set that a pair belongs to, until the memory grows.
    #[inline]
    pub fn set(&self, hash: Hash) -> u32 {
        hash.place().0 & (self.sets.len() as u32 - 1)
    }

    /// Brings near what [`Pairs::get`] reads.
    #[inline]
    pub fn prefetch(&self, set: u32) {
        prefetch_index(&self.sets, set as usize);
    }

    /// What is known of a pair, by its set and the numbers of its stems.
    #[inline]
    pub fn get(&self, set: u32, stems: u64) -> Term {
        let set = &self.sets[set as usize];
        let (mut feature, mut rarity) = (Term::UNKNOWN.feature, 0);
        for way in 0..WAYS {
            let here = u32::from(set.stems[way] == stems).wrapping_neg();
            feature ^= (feature ^ set.features[way]) & here;
            rarity |= set.rarities[way] & here;
        }
        Term { feature, rarity }
    }

    /// Remembers what has become of a pair that is not known.
    pub fn put(&mut self, hash: Hash, stems: u64, term: Term) {
        if self.met > WAYS * self.sets.len() && self.sets.len() < MOST_SETS {
            // What it held comes again if it is wanted again.
            let sets = 4 * self.sets.len();
            *self = Pairs { sets: vec![Set::EMPTY; sets.min(MOST_SETS)], met: 0 };
        }
        self.met += 1;
        let at = self.set(hash);
        let set = &mut self.sets[at as usize];
        for way in (1..WAYS).rev() {
            set.stems[way] = set.stems[way - 1];
            set.features[way] = set.features[way - 1];
            set.rarities[way] = set.rarities[way - 1];
        }
        (set.stems[0], set.features[0], set.rarities[0]) = (stems, term.feature, term.rarity);
    }

    /// Whether it will not grow any more, but drive out what it holds.
    pub fn is_largest(&self) -> bool {
        self.sets.len() == MOST_SETS
    }

    /// Stems have other numbers from now on.
    pub fn forget(&mut self) {
        *self = Pairs::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::vocabulary::WordHash;

    #[test]
    fn a_pair_is_known_until_four_others_of_its_set_came_or_its_memory_grew() {
        let hash = |first: u32, second: u32| {
            let of = |word: u32| WordHash::of(&word.to_string());
            Hash::NONE.with(of(first)).with(of(second))
        };
        let unknown = Term::UNKNOWN;
        let mut pairs = Pairs::new();
        let (mut known, mut asked) = (0, 0);
        for first in 0..1000 {
            for second in 0..20 {
                assert_eq!(pairs.get(pairs.set(hash(first, second)), joined(first, second)), unknown);
                let term = Term { feature: first + second, rarity: first };
                pairs.put(hash(first, second), joined(first, second), term);
                assert_eq!(pairs.get(pairs.set(hash(first, second)), joined(first, second)), term);
                assert_eq!(pairs.get(pairs.set(hash(first, second)), joined(first, second + 20)), unknown);
            }
            for (first, second) in (first.saturating_sub(30)..=first).map(|first| (first, 7)) {
                let term = pairs.get(pairs.set(hash(first, second)), joined(first, second));
                assert!(term == unknown || term == Term { feature: first + second, rarity: first });
                (known, asked) = (known + u32::from(term != unknown), asked + 1);
            }
        }
        assert!(known * 2 > asked, "{known} of {asked}");
        pairs.forget();
        assert_eq!(pairs.get(pairs.set(hash(999, 19)), joined(999, 19)), unknown);
    }
}
