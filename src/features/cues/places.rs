//! Sets of places on one side of a word, and how pieces of a pattern move them.
//!
//! Places are counted from where a pattern is taken hold of: place k is the seam that lies k words from there, ahead or back. A piece of
//! a pattern turns the set of places that can be reached before it into those after it: a word that is asked for keeps the places before
//! such words and moves them by one, a gap lets them spread, alternatives join. Few patterns reach further than 63 words, so most sets
//! are one machine word.

/// A set of places.
pub trait Places: Clone {
    /// Place 0 alone, with room for `reach` more.
    fn first(reach: usize) -> Self;
    /// Nothing, with the same room.
    fn none(&self) -> Self;
    fn is_empty(&self) -> bool;
    fn or(&mut self, other: &Self);
    /// Adds all places up to `n` further.
    fn spread(&mut self, n: usize);
    /// Takes out all places behind `last`.
    fn keep_to(&mut self, last: usize);
    /// Takes out `last` and all places behind it.
    fn keep_below(&mut self, last: usize);
    /// Keeps some of the places.
    fn retain(&mut self, keep: impl FnMut(usize) -> bool);
    /// Moves all places by one word.
    fn step(&mut self);
    fn lowest(&self) -> Option<usize>;
}

impl Places for u64 {
    fn first(_: usize) -> Self {
        1
    }
    fn none(&self) -> Self {
        0
    }
    fn is_empty(&self) -> bool {
        *self == 0
    }
    fn or(&mut self, other: &Self) {
        *self |= other;
    }
    fn spread(&mut self, n: usize) {
        let mut left = n;
        let mut by = 1;
        while left > 0 {
            let now = by.min(left);
            *self |= *self << now;
            (left, by) = (left - now, by * 2);
        }
    }
    fn keep_to(&mut self, last: usize) {
        if last < 63 {
            *self &= (2 << last) - 1;
        }
    }
    fn keep_below(&mut self, last: usize) {
        if last < 64 {
            *self &= (1 << last) - 1;
        }
    }
    // Without a branch on what is kept, and inlined everywhere: this is where most of the time goes when a pattern is worked out.
    #[inline(always)]
    fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let (mut left, mut kept) = (*self, 0);
        while left != 0 {
            let place = left.trailing_zeros();
            left &= left - 1;
            kept |= u64::from(keep(place as usize)) << place;
        }
        *self = kept;
    }
    fn step(&mut self) {
        *self <<= 1;
    }
    fn lowest(&self) -> Option<usize> {
        (*self != 0).then(|| self.trailing_zeros() as usize)
    }
}

/// As many machine words as the pattern needs, the lowest places first.
impl Places for Box<[u64]> {
    fn first(reach: usize) -> Self {
        let mut cells = vec![0; reach / 64 + 1];
        cells[0] = 1;
        cells.into()
    }
    fn none(&self) -> Self {
        vec![0; self.len()].into()
    }
    fn is_empty(&self) -> bool {
        self.iter().all(|cell| *cell == 0)
    }
    fn or(&mut self, other: &Self) {
        self.iter_mut().zip(other).for_each(|(own, other)| *own |= other);
    }
    fn spread(&mut self, n: usize) {
        for _ in 0..n {
            let mut carry = 0;
            for cell in self.iter_mut() {
                (carry, *cell) = (*cell >> 63, *cell | *cell << 1 | carry);
            }
        }
    }
    fn keep_to(&mut self, last: usize) {
        for (at, cell) in self.iter_mut().enumerate() {
            match last.checked_sub(at * 64) {
                Some(last) => cell.keep_to(last),
                None => *cell = 0,
            }
        }
    }
    fn keep_below(&mut self, last: usize) {
        self.iter_mut().enumerate().for_each(|(at, cell)| cell.keep_below(last.saturating_sub(at * 64)));
    }
    fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        self.iter_mut().enumerate().for_each(|(at, cell)| cell.retain(|place| keep(at * 64 + place)));
    }
    fn step(&mut self) {
        let mut carry = 0;
        for cell in self.iter_mut() {
            (carry, *cell) = (*cell >> 63, *cell << 1 | carry);
        }
    }
    fn lowest(&self) -> Option<usize> {
        let at = self.iter().position(|cell| *cell != 0)?;
        Some(at * 64 + self[at].trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn long(bits: u64) -> Box<[u64]> {
        // The same set 60 places higher, so that it runs over the seam of two cells.
        vec![bits << 60, bits >> 4, 0].into()
    }

    proptest! {
        #[test]
        fn a_long_set_does_what_a_short_one_does(a in any::<u32>(), b in any::<u32>(), last in 0usize..40, n in 0usize..=20) {
            let (mut short, mut wide) = (u64::from(a), long(u64::from(a)));
            short.step();
            wide.step();
            prop_assert_eq!(&wide, &long(short));
            short.or(&u64::from(b));
            wide.or(&long(u64::from(b)));
            short.spread(n);
            wide.spread(n);
            prop_assert_eq!(&wide, &long(short));
            prop_assert_eq!(wide.lowest(), short.lowest().map(|at| at + 60));
            short.retain(|place| place % 3 != 1);
            wide.retain(|place| (place - 60) % 3 != 1);
            prop_assert_eq!(&wide, &long(short));
            short.keep_to(last);
            wide.keep_to(last + 60);
            prop_assert_eq!(&wide, &long(short));
            prop_assert_eq!(Places::is_empty(&wide), short == 0);
        }

        #[test]
        fn spreading_adds_what_stepping_reaches(a in any::<u32>(), n in 0usize..=20) {
            let mut spread = u64::from(a);
            spread.spread(n);
            prop_assert_eq!(spread, (0..=n).fold(0, |all, n| all | u64::from(a) << n));
        }
    }
}
