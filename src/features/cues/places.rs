//! Sets of places in a sentence, and a pattern worked out on all of them at once.
//!
//! Place `b` is the seam before the b-th word, from 0; place n is the sentence's end. A pattern turns the set of places where it may start into
//! the set of those where it ends: a word that is asked for moves the places before such words by one, a gap lets them spread, alternatives
//! join. So a sentence of up to 63 words costs one or two machine instructions a piece of pattern, whatever the pattern, and longer ones as many times that
//! as 64 goes into their words.

/// A set of places.
pub trait Places: Clone + Default {
    fn is_empty(&self) -> bool;
    fn and(&mut self, other: &Self);
    fn and_not(&mut self, other: &Self);
    fn or(&mut self, other: &Self);
    /// Every place moved up by one.
    fn up(&mut self);
    /// Every place moved down by one; place 0 falls out.
    fn down(&mut self);
    /// Nothing, of the same capacity.
    fn none(&self) -> Self;
    fn insert(&mut self, place: usize);
    fn lowest(&self) -> Option<usize>;
    fn highest(&self) -> Option<usize>;
    /// Takes out all places below `place`.
    fn keep_from(&mut self, place: usize);
}

impl Places for u64 {
    fn is_empty(&self) -> bool {
        *self == 0
    }
    fn and(&mut self, other: &Self) {
        *self &= other;
    }
    fn and_not(&mut self, other: &Self) {
        *self &= !other;
    }
    fn or(&mut self, other: &Self) {
        *self |= other;
    }
    fn up(&mut self) {
        *self <<= 1;
    }
    fn down(&mut self) {
        *self >>= 1;
    }
    fn none(&self) -> Self {
        0
    }
    fn insert(&mut self, place: usize) {
        *self |= 1 << place;
    }
    fn lowest(&self) -> Option<usize> {
        (*self != 0).then(|| self.trailing_zeros() as usize)
    }
    fn highest(&self) -> Option<usize> {
        (*self != 0).then(|| 63 - self.leading_zeros() as usize)
    }
    fn keep_from(&mut self, place: usize) {
        *self &= u64::MAX.checked_shl(place as u32).unwrap_or(0);
    }
}

/// As many machine words as the sentence needs, the lowest places first; none at all for a set of nothing.
impl Places for Box<[u64]> {
    fn is_empty(&self) -> bool {
        self.iter().all(|cell| *cell == 0)
    }
    fn and(&mut self, other: &Self) {
        if other.is_empty() {
            return self.fill(0);
        }
        self.iter_mut().zip(other).for_each(|(own, other)| *own &= other);
    }
    fn and_not(&mut self, other: &Self) {
        self.iter_mut().zip(other).for_each(|(own, other)| *own &= !other);
    }
    fn or(&mut self, other: &Self) {
        if self.is_empty() && self.len() < other.len() {
            *self = other.clone();
            return;
        }
        self.iter_mut().zip(other).for_each(|(own, other)| *own |= other);
    }
    fn up(&mut self) {
        let mut carry = 0;
        for cell in self.iter_mut() {
            (carry, *cell) = (*cell >> 63, *cell << 1 | carry);
        }
    }
    fn down(&mut self) {
        let mut carry = 0;
        for cell in self.iter_mut().rev() {
            (carry, *cell) = (*cell << 63, *cell >> 1 | carry);
        }
    }
    fn none(&self) -> Self {
        vec![0; self.len()].into()
    }
    fn insert(&mut self, place: usize) {
        self[place / 64] |= 1 << (place % 64);
    }
    fn lowest(&self) -> Option<usize> {
        let at = self.iter().position(|cell| *cell != 0)?;
        Some(at * 64 + self[at].trailing_zeros() as usize)
    }
    fn highest(&self) -> Option<usize> {
        let at = self.iter().rposition(|cell| *cell != 0)?;
        Some(at * 64 + 63 - self[at].leading_zeros() as usize)
    }
    fn keep_from(&mut self, place: usize) {
        for (at, cell) in self.iter_mut().enumerate() {
            let below = place.saturating_sub(at * 64).min(64) as u32;
            *cell &= u64::MAX.checked_shl(below).unwrap_or(0);
        }
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
        fn a_long_set_does_what_a_short_one_does(a in any::<u32>(), b in any::<u32>(), place in 0usize..40) {
            let (mut short, mut wide) = (u64::from(a) << 1, long(u64::from(a) << 1));
            let other = u64::from(b) << 1;
            short.up();
            wide.up();
            prop_assert_eq!(&wide, &long(short));
            short.or(&other);
            wide.or(&long(other));
            short.down();
            wide.down();
            prop_assert_eq!(&wide, &long(short));
            prop_assert_eq!(wide.lowest(), short.lowest().map(|at| at + 60));
            prop_assert_eq!(wide.highest(), short.highest().map(|at| at + 60));
            short.keep_from(place);
            wide.keep_from(place + 60);
            prop_assert_eq!(&wide, &long(short));
            short.and_not(&other);
            wide.and_not(&long(other));
            prop_assert_eq!(wide.is_empty(), Places::is_empty(&short));
        }
    }
}
