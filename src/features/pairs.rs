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
    frequencies: [u32; WAYS],
}

const WAYS: usize = 4;

/// What has become of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Fate {
    /// Its feature, or [`Fate::NONE`], or [`Fate::UNKNOWN`].
    pub feature: u32,
    /// In how many training units it stood.
    pub frequency: u32,
}

impl Fate {
    /// No term.
    pub const NONE: u32 = u32::MAX;
    /// Nobody has looked yet.
    pub const UNKNOWN: u32 = u32::MAX - 1;

    #[inline]
    pub fn is_term(self) -> bool {
        self.feature < Fate::UNKNOWN
    }
}

const FIRST_SETS: usize = 1 << 6;
/// Of 8 MiB.
const MOST_SETS: usize = 1 << 17;

const EMPTY: u64 = u64::MAX;

impl Set {
    const EMPTY: Set = Set { stems: [EMPTY; WAYS], features: [Fate::UNKNOWN; WAYS], frequencies: [0; WAYS] };
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

    /// Brings near what [`Pairs::get`] reads.
    #[inline]
    pub fn prefetch(&self, hash: Hash) {
        prefetch_index(&self.sets, self.place(hash));
    }

    /// What is known of a pair, by its hash and the numbers of its stems.
    #[inline]
    pub fn get(&self, hash: Hash, stems: u64) -> Fate {
        let set = &self.sets[self.place(hash)];
        let (mut feature, mut frequency) = (Fate::UNKNOWN, 0);
        for way in 0..WAYS {
            let here = u32::from(set.stems[way] == stems).wrapping_neg();
            feature ^= (feature ^ set.features[way]) & here;
            frequency |= set.frequencies[way] & here;
        }
        Fate { feature, frequency }
    }

    #[inline]
    fn place(&self, hash: Hash) -> usize {
        hash.place().0 as usize & (self.sets.len() - 1)
    }

    /// Remembers what has become of a pair that is not known.
    pub fn put(&mut self, hash: Hash, stems: u64, fate: Fate) {
        if self.met > WAYS * self.sets.len() && self.sets.len() < MOST_SETS {
            // What it held comes again if it is wanted again.
            let sets = 4 * self.sets.len();
            *self = Pairs { sets: vec![Set::EMPTY; sets.min(MOST_SETS)], met: 0 };
        }
        self.met += 1;
        let at = self.place(hash);
        let set = &mut self.sets[at];
        for way in (1..WAYS).rev() {
            set.stems[way] = set.stems[way - 1];
            set.features[way] = set.features[way - 1];
            set.frequencies[way] = set.frequencies[way - 1];
        }
        (set.stems[0], set.features[0], set.frequencies[0]) = (stems, fate.feature, fate.frequency);
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
            Hash::default().with(of(first)).with(of(second))
        };
        let unknown = Fate { feature: Fate::UNKNOWN, frequency: 0 };
        let mut pairs = Pairs::new();
        let (mut known, mut asked) = (0, 0);
        for first in 0..1000 {
            for second in 0..20 {
                assert_eq!(pairs.get(hash(first, second), joined(first, second)), unknown);
                let fate = Fate { feature: first + second, frequency: first };
                pairs.put(hash(first, second), joined(first, second), fate);
                assert_eq!(pairs.get(hash(first, second), joined(first, second)), fate);
                assert_eq!(pairs.get(hash(first, second), joined(first, second + 20)), unknown);
            }
            for (first, second) in (first.saturating_sub(100)..=first).map(|first| (first, 7)) {
                let fate = pairs.get(hash(first, second), joined(first, second));
                assert!(fate == unknown || fate == Fate { feature: first + second, frequency: first });
                (known, asked) = (known + u32::from(fate != unknown), asked + 1);
            }
        }
        assert!(known * 2 > asked, "{known} of {asked}");
        pairs.forget();
        assert_eq!(pairs.get(hash(999, 19), joined(999, 19)), unknown);
    }
}
