//! Several bytes at once: the next of some that are looked for ([memchr]), and how far letters go.

use memchr::memchr3;

/// Goes through bytes from wanted one to wanted one.
pub(super) struct Scan<'a, const THREES: usize> {
    bytes: &'a [u8],
    wanted: [[u8; 3]; THREES],
    /// Where the next of each three stands; it is looked for no more while it lies ahead, nor once there is none.
    next: [Option<usize>; THREES],
}

/// In every byte.
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * EACH;

/// How many of eight bytes, from the lowest on, are letters of ASCII before one is not. Each byte is compared within its own bits: what is added carries into its
/// highest bit, and no further (Warren, Hacker's Delight, 6-1).
pub(super) fn letters_first(bytes: u64) -> usize {
    let lower = bytes & !HIGH | (0x20 * EACH);
    let from_first = lower + u64::from(0x80 - b'a') * EACH;
    let behind_last = lower + u64::from(0x7F - b'z') * EACH;
    let others = !(from_first & !behind_last & !bytes) & HIGH;
    others.trailing_zeros() as usize / 8
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
        fn letters_are_told_from_all_other_bytes(eight: [u8; 8], letter in 0usize..9) {
            let eight = std::array::from_fn(|at| if at < letter { b"azAZ"[eight[at] as usize % 4] } else { eight[at] });
            let letters = eight.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            prop_assert_eq!(letters_first(u64::from_le_bytes(eight)), letters);
        }

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
