//! Near duplicates: units of which nearly all terms are those of another.

use std::collections::HashMap;

use super::pool::TermId;

/// Units that are taken, and the search for one that is nearly the same.
///
/// Alike are two units whose terms (stems and pairs of neighbours) have a Jaccard coefficient `|a ∩ b| / |a ∪ b|` of at
/// least `alike`. The search is exact: of two such units, the first `n − ⌈alike·n⌉ + 1` terms of either in any fixed order
/// hold one of the other (Bayardo, Ma & Srikant 2007, "Scaling up all pairs similarity search"), and in an order from
/// rare to common few others hold it too. Terms met later are taken for the rarer ones.
pub(super) struct Twins<'a> {
    alike: f64,
    units: Vec<&'a [TermId]>,
    /// By term, the units that hold it.
    holders: HashMap<TermId, Vec<u32>>,
}

impl<'a> Twins<'a> {
    pub fn new(units: &'a [Vec<TermId>], alike: f64) -> Self {
        let mut twins = Twins { alike, units: Vec::new(), holders: HashMap::new() };
        units.iter().for_each(|unit| twins.add(unit));
        twins
    }

    /// Takes a unit, its distinct terms rising.
    pub fn add(&mut self, terms: &'a [TermId]) {
        if self.alike > 1.0 {
            return;
        }
        let number = self.units.len() as u32;
        self.units.push(terms);
        // The others of a pair is looked up by its first terms, so the first terms of this one are enough here.
        for term in self.first(terms) {
            self.holders.entry(term).or_default().push(number);
        }
    }

    /// Whether one that was taken is nearly the same.
    pub fn has(&self, terms: &[TermId]) -> bool {
        let holders = self.first(terms).filter_map(|term| self.holders.get(&term)).flatten();
        self.alike <= 1.0 && holders.into_iter().any(|&unit| jaccard(terms, self.units[unit as usize]) >= self.alike)
    }

    /// So many of its terms, the rarest, that a unit like it has one of them among its own first.
    fn first<'t>(&self, terms: &'t [TermId]) -> impl Iterator<Item = TermId> + use<'t> {
        let shared = (self.alike * terms.len() as f64).ceil() as usize;
        let count = (terms.len() + 1).saturating_sub(shared.max(1));
        terms.iter().rev().take(count).copied()
    }
}

/// The share of common terms of two rising lists; 1 of two empty ones.
fn jaccard(a: &[TermId], b: &[TermId]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_share_of_common_terms_by_hand() {
        assert_eq!(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        assert_eq!(jaccard(&[], &[1]), 0.0);
    }

    proptest! {
        #[test]
        fn the_search_finds_a_twin_exactly_if_one_is_there(
            units in prop::collection::vec(prop::collection::btree_set(0..12_u32, 0..8), 1..20), alike in 0.1..1.0_f64,
        ) {
            let units: Vec<Vec<TermId>> = units.into_iter().map(|unit| unit.into_iter().collect()).collect();
            let (last, taken) = units.split_last().unwrap();
            let there = taken.iter().any(|unit| !last.is_empty() && jaccard(last, unit) >= alike);
            prop_assert_eq!(Twins::new(taken, alike).has(last), there);
        }
    }
}
