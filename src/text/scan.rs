//! The next of some bytes, each three of which are looked for at once ([memchr]).

use memchr::memchr3;

/// Goes through bytes from wanted one to wanted one.
pub(super) struct Scan<'a, const THREES: usize> {
    bytes: &'a [u8],
    wanted: [[u8; 3]; THREES],
    /// Where the next of each three stands; it is looked for no more while it lies ahead, nor once there is none.
    next: [Option<usize>; THREES],
}

/// Nothing is there any more.
const NOWHERE: usize = usize::MAX;

impl<'a, const THREES: usize> Scan<'a, THREES> {
    pub(super) fn new(bytes: &'a [u8], wanted: [[u8; 3]; THREES]) -> Self {
        Scan { bytes, wanted, next: [None; THREES] }
    }

    /// The first wanted byte at or after `from`, which must not go back.
    pub(super) fn next(&mut self, from: usize) -> Option<usize> {
        let mut first = NOWHERE;
        for (next, [a, b, c]) in self.next.iter_mut().zip(self.wanted) {
            let known = next.filter(|at| *at >= from);
            let at = known.unwrap_or_else(|| {
                let rest = self.bytes.get(from..).unwrap_or_default();
                memchr3(a, b, c, rest).map_or(NOWHERE, |offset| from + offset)
            });
            *next = Some(at);
            first = first.min(at);
        }
        (first != NOWHERE).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn wanted_bytes_are_found_in_order(bytes in proptest::collection::vec(0u8..12, 0..70), steps in proptest::collection::vec(1usize..20, 0..30)) {
            let mut scan = Scan::new(&bytes, [[0, 1, 2], [3, 4, 4]]);
            let mut from = 0;
            for step in steps {
                let expected = (from..bytes.len()).find(|at| bytes[*at] < 5);
                prop_assert_eq!(scan.next(from), expected);
                from += step;
            }
        }
    }
}
