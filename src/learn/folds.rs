//! Seeded folds that keep a group together, so that no document stands on both sides of a held-out score.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Which fold each unit is held out in.
#[derive(Clone, Debug, PartialEq)]
pub struct Folds {
    pub count: usize,
    of: Vec<usize>,
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
        Folds { count, of: keys.iter().map(|key| fold_of[key.as_ref()]).collect() }
    }

    /// The fold that unit `i` is held out in.
    pub fn of(&self, i: usize) -> usize {
        self.of[i]
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
