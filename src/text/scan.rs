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

/// The highest bit of each of eight bytes that are letters of ASCII, and of those that are digits. Each byte is compared within its own bits: what
/// is added carries into its highest bit, and no further (Warren, Hacker's Delight, 6-1).
fn letters_and_digits(bytes: u64) -> (u64, u64) {
    let between = |bytes: u64, first: u8, last: u8| {
        let from_first = bytes + u64::from(0x80 - first) * EACH;
        let behind_last = bytes + u64::from(0x7F - last) * EACH;
        from_first & !behind_last & HIGH
    };
    let (low, is_ascii) = (bytes & !HIGH, !bytes & HIGH);
    let lower = low | (0x20 * EACH);
    (between(lower, b'a', b'z') & is_ascii, between(low, b'0', b'9') & is_ascii)
}

/// How many of eight bytes, from the lowest on, are letters of ASCII before one is not.
pub(super) fn letters_first(bytes: u64) -> usize {
    let (letters, _) = letters_and_digits(bytes);
    (letters ^ HIGH).trailing_zeros() as usize / 8
}

/// How many bytes from `start` on are letters and digits of ASCII before one is not, and whether there is a letter among them.
pub(super) fn word_bytes(text: &[u8], start: usize) -> (usize, bool) {
    let (mut end, mut has_letter) = (start, false);
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let near = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut near = [0; 8];
            near[..rest.len()].copy_from_slice(rest);
            near
        });
        let (letters, digits) = letters_and_digits(u64::from_le_bytes(near));
        let others = (letters | digits) ^ HIGH;
        let before_others = !others & others.wrapping_sub(1);
        has_letter |= letters & before_others != 0;
        end += others.trailing_zeros() as usize / 8;
        if others != 0 {
            return (end - start, has_letter);
        }
    }
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
        fn letters_and_digits_are_told_from_all_other_bytes(bytes in proptest::collection::vec(prop_oneof![4 => proptest::char::range('/', '{').prop_map(|c| c as u8), 1 => any::<u8>()], 0..40), start in 0usize..45) {
            let own: Vec<u8> = bytes.iter().skip(start).copied().take_while(u8::is_ascii_alphanumeric).collect();
            prop_assert_eq!(word_bytes(&bytes, start), (own.len(), own.iter().any(u8::is_ascii_alphabetic)));
            if let Some(eight) = bytes.first_chunk() {
                let letters = eight.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                prop_assert_eq!(letters_first(u64::from_le_bytes(*eight)), letters);
            }
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
