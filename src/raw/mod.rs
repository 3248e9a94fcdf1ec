//! What the bytes of a text are, sixty-four at once: by instructions that work on sixteen where the processor has them, else one by one. Both say the same
//! (a test), and neither is unsafe.

/// Bytes of a block.
pub const BLOCK: usize = 64;

/// What each byte of a block is: a bit a byte, that of the first the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Of ASCII.
    pub letters: u64,
    pub digits: u64,
    /// `!` and `?`.
    pub marks: u64,
    /// What may stand between letters or digits of one word: `&`, `'`, `,`, `-`, `.`
    pub joiners: u64,
    pub dots: u64,
    /// Underscores, and the bytes of characters beyond ASCII.
    pub others: u64,
}

/// What the first bytes of `text` are, a block of them; behind its end there is nothing.
#[inline]
pub fn kinds(text: &[u8]) -> Kinds {
    if let Some(block) = text.first_chunk() {
        return of_block(block);
    }
    let mut block = [0; BLOCK];
    block[..text.len()].copy_from_slice(text);
    of_block(&block)
}

/// Tokens of 1.5 MB of English lines took 18 ns each when words were measured eight bytes at a time, and 9 ns with these blocks.
#[cfg(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128"))]
#[inline]
fn of_block(block: &[u8; BLOCK]) -> Kinds {
    use wide::{i8x16, u8x16};

    let mut kinds = Kinds::default();
    for (sixteen, part) in block.as_chunks().0.iter().zip(0..) {
        let bytes = u8x16::new(*sixteen).cast_signed();
        let bits = |which: i8x16| u64::from(which.to_bitmask()) << (16 * part);
        let is = |byte: u8| bytes.simd_eq(i8x16::splat(byte as i8));
        // Bytes beyond ASCII are below zero as signed numbers, and so in no range.
        let between = |bytes: i8x16, first: u8, last: u8| {
            bytes.simd_gt(i8x16::splat(first as i8 - 1)) & bytes.simd_lt(i8x16::splat(last as i8 + 1))
        };
        kinds.letters |= bits(between(bytes | i8x16::splat(0x20), b'a', b'z'));
        kinds.digits |= bits(between(bytes, b'0', b'9'));
        kinds.marks |= bits(is(b'!') | is(b'?'));
        kinds.joiners |= bits(between(bytes, b'&', b'\'') | between(bytes, b',', b'.'));
        kinds.dots |= bits(is(b'.'));
        kinds.others |= bits(bytes | is(b'_'));
    }
    kinds
}

#[cfg(not(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128")))]
fn of_block(block: &[u8; BLOCK]) -> Kinds {
    one_by_one(block)
}

#[cfg(any(test, not(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128"))))]
fn one_by_one(block: &[u8; BLOCK]) -> Kinds {
    let bits = |is: fn(u8) -> bool| block.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)));
    Kinds {
        letters: bits(|byte| byte.is_ascii_alphabetic()),
        digits: bits(|byte| byte.is_ascii_digit()),
        marks: bits(|byte| matches!(byte, b'!' | b'?')),
        joiners: bits(|byte| matches!(byte, b'&' | b'\'' | b',' | b'-' | b'.')),
        dots: bits(|byte| byte == b'.'),
        others: bits(|byte| byte == b'_' || !byte.is_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_the_same_at_once_and_by_itself_wherever_it_stands() {
        for (byte, at) in (0..=u8::MAX).flat_map(|byte| (0..BLOCK).map(move |at| (byte, at))) {
            let mut block = [b'x'; BLOCK];
            block[at] = byte;
            assert_eq!(of_block(&block), one_by_one(&block), "{byte} at {at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_the_same_at_once_and_one_by_one(bytes in proptest::collection::vec(any::<u8>(), 0..2 * BLOCK)) {
            let mut block = [0; BLOCK];
            let length = bytes.len().min(BLOCK);
            block[..length].copy_from_slice(&bytes[..length]);
            prop_assert_eq!(kinds(&bytes), one_by_one(&block));
        }
    }
}
