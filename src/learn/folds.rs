//! Seeded folds that keep a group together, so that no document stands on both sides of a held-out score.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Which fold each unit is held out in.
#[derive(Clone, Debug, PartialEq)]
pub struct Folds {
    pub count: usize,
    of: Vec<usize>,
    /// If only the first fold is held out: for its units the fold among themselves.
    parts: Option<Vec<usize>>,
}

impl Folds {
    /// Deals groups to folds: in the order of a hash of (seed, key), each group goes to the fold with the fewest units so
    /// far. So neither the order of the rows nor of the groups matters, and rows with one key always stay together.
    /// There are `count` folds, fewer where there are fewer groups, at least one.
    pub fn by_key<K: AsRef<str>>(keys: &[K], count: usize, seed: u64) -> Self {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        keys.iter().for_each(|key| *sizes.entry(key.as_ref()).or_default() += 1);
        let count = count.min(sizes.len()).max(1);
        let mut groups: Vec<_> = sizes.into_iter().map(|(key, size)| (draw(seed, key), key, size)).collect();
        groups.sort_unstable();
        let mut filled = vec![0; count];
        let mut fold_of = BTreeMap::new();
        for (_, key, size) in groups {
            let fold = (0..count).min_by_key(|&fold| filled[fold]).unwrap_or(0);
            filled[fold] += size;
            fold_of.insert(key, fold);
        }
        Folds { count, of: keys.iter().map(|key| fold_of[key.as_ref()]).collect(), parts: None }
    }

    /// Holds out the first fold only. What is chosen by its units for others of them goes by folds of these, dealt by the same keys; where they all have one key,
    /// each is dealt by itself.
    pub fn first_only<K: AsRef<str>>(self, keys: &[K], seed: u64) -> Self {
        let units: Vec<usize> = (0..self.of.len()).filter(|&i| self.of[i] == 0).collect();
        let own: Vec<&str> = units.iter().map(|&i| keys[i].as_ref()).collect();
        // Another stream, or the order would be that in which they were dealt before.
        let mut parted = Folds::by_key(&own, self.count, seed ^ 0x9E37_79B9_7F4A_7C15);
        if parted.count < 2 {
            let each: Vec<String> = units.iter().map(usize::to_string).collect();
            parted = Folds::by_key(&each, self.count, seed);
        }
        let mut parts = vec![0; self.of.len()];
        units.iter().zip(parted.of).for_each(|(&i, part)| parts[i] = part);
        Folds { parts: Some(parts), ..self }
    }

    /// How many folds are held out, one after another, from the first on.
    pub fn held_out(&self) -> usize {
        if self.parts.is_some() { 1 } else { self.count }
    }

    /// Whether only the first of several is held out.
    pub fn is_one_held_out(&self) -> bool {
        self.held_out() < self.count
    }

    /// Whether any fold holds unit `i` out.
    pub fn holds_out(&self, i: usize) -> bool {
        self.of[i] < self.held_out()
    }

    /// The fold of unit `i`.
    pub fn of(&self, i: usize) -> usize {
        self.of[i]
    }

    /// The fold, among units that are held out, whose other folds choose what unit `i` is judged by.
    pub fn part(&self, i: usize) -> usize {
        self.parts.as_ref().map_or(self.of[i], |parts| parts[i])
    }
}

/// A number that depends on the seed and the key alone: the first eight bytes of their SHA-256.
pub fn draw(seed: u64, key: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(key.as_bytes()).finalize();
    u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_are_of_nearly_one_size_when_every_unit_is_its_own_group() {
        let keys: Vec<String> = (0..103).map(|i| format!("text {i}")).collect();
        let folds = Folds::by_key(&keys, 5, 0);
        let sizes = (0..5).map(|fold| (0..103).filter(|&i| folds.of(i) == fold).count());
        assert!(sizes.clone().min() >= Some(20) && sizes.max() <= Some(21));
    }

    #[test]
    fn one_fold_alone_is_held_out_and_parted_by_the_same_keys() {
        let keys: Vec<String> = (0..120).map(|i| format!("document {}", i / 3)).collect();
        let folds = Folds::by_key(&keys, 5, 7);
        let first = folds.clone().first_only(&keys, 7);
        assert_eq!((folds.held_out(), first.held_out(), first.count), (5, 1, 5));
        assert!((0..120).all(|i| folds.holds_out(i) && folds.part(i) == folds.of(i) && first.of(i) == folds.of(i)));
        let held: Vec<usize> = (0..120).filter(|&i| first.holds_out(i)).collect();
        assert_eq!(held, (0..120).filter(|&i| folds.of(i) == 0).collect::<Vec<_>>());
        assert!(held.iter().all(|&i| held.iter().all(|&j| keys[i] != keys[j] || first.part(i) == first.part(j))));
        assert_eq!(held.iter().map(|&i| first.part(i)).max(), Some(4));
    }

    #[test]
    fn units_of_one_document_are_parted_one_by_one() {
        let keys = ["a", "a", "a", "a", "b", "b", "b", "b"];
        let first = Folds::by_key(&keys, 2, 0).first_only(&keys, 0);
        let parts: Vec<usize> = (0..8).filter(|&i| first.holds_out(i)).map(|i| first.part(i)).collect();
        assert_eq!((parts.len(), parts.iter().sum::<usize>()), (4, 2));
    }

    #[test]
    fn two_groups_make_two_folds() {
        assert_eq!(Folds::by_key(&["a", "b", "a"], 5, 0).count, 2);
    }

    proptest! {
        #[test]
        fn a_group_stays_together_and_the_order_of_rows_does_not_matter(
            keys in prop::collection::vec("[a-e]", 1..40), seed in any::<u64>(),
        ) {
            let folds = Folds::by_key(&keys, 3, seed);
            let backwards: Vec<_> = keys.iter().rev().collect();
            let mirrored = Folds::by_key(&backwards, 3, seed);
            for i in 0..keys.len() {
                prop_assert_eq!(folds.of(i), mirrored.of(keys.len() - 1 - i));
                for j in 0..keys.len() {
                    prop_assert!(keys[i] != keys[j] || folds.of(i) == folds.of(j));
                }
            }
        }
    }
}
