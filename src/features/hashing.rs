//! Feature hashing (Weinberger et al. 2009, "Feature hashing for large scale multitask learning"): runs of stems or letters, of which a text always has new ones, share
//! 2^bits buckets, and which bucket a run has is told by its hash. So there are never more of them, whatever the text; what shares a bucket shares a weight. Single
//! stems, the shape of a unit and cues keep their names: there are far fewer of them, and they are what people ask for.
//!
//! A bucket is a term like any other, named by `#` and its number, which no text can hold: `#` is in no token. Hashes have no sign: values of rows stay positive, as
//! their weighting wants them.

use super::vocabulary::{Hash, WordHash};

/// Bits of the fewest and of the most buckets.
pub const BITS: std::ops::RangeInclusive<u8> = 8..=28;

const PREFIX: u8 = b'#';

/// One of the buckets that runs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket(u32);

impl Bucket {
    /// That of the run with this hash, of 2^bits buckets; `bits` is one of [`BITS`].
    #[inline]
    pub fn of(run: Hash, bits: u8) -> Bucket {
        Bucket(run.upper(bits.into()))
    }

    pub fn number(self) -> u32 {
        self.0
    }

    pub fn from_number(number: u32) -> Bucket {
        Bucket(number)
    }

    /// Its term: `#` and seven hexadecimal digits.
    #[inline]
    pub fn name(self) -> [u8; 8] {
        let mut name = [PREFIX; 8];
        for (digit, at) in name[1..].iter_mut().zip((0..7).rev()) {
            *digit = b"0123456789abcdef"[(self.0 >> (4 * at)) as usize & 0xF];
        }
        name
    }

    /// The hash of its term.
    #[inline]
    pub fn hash(self) -> Hash {
        Hash::NONE.with(WordHash::of_bytes(&self.name()))
    }

    /// Appends its term.
    pub fn write(self, out: &mut String) {
        out.extend(self.name().map(char::from));
    }
}

/// Whether a term is a bucket that runs share.
pub fn is_bucket(term: &str) -> bool {
    term.as_bytes().first() == Some(&PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn a_bucket_is_named_by_its_number_and_hashed_like_a_term_of_that_name() {
        for number in [0, 1, 0xABC_DEF, (1 << 28) - 1] {
            let (bucket, mut name) = (Bucket(number), String::new());
            bucket.write(&mut name);
            assert_eq!(name, format!("#{number:07x}"));
            assert_eq!(bucket.hash(), Hash::of(&name));
            assert!(is_bucket(&name));
        }
        assert!(!is_bucket("no choic") && !is_bucket(""));
    }

    #[test]
    fn runs_are_in_the_buckets_that_docs_model_file_md_tells() {
        // Worked out by a few lines of Python from the formula there.
        for (run, bits, expected) in
            [("no choic", 18, "#0017537"), ("^ we", 8, "#0000070"), ("char:_pa", 28, "#7a35536")]
        {
            assert_eq!(Bucket::of(Hash::of(run), bits).name(), expected.as_bytes(), "{run}");
        }
    }

    #[test]
    fn buckets_have_other_hashes_than_each_other() {
        let mut hashes: Vec<u64> = (0..1 << 18).map(|number| Bucket(number).hash().number()).collect();
        hashes.sort_unstable();
        assert!(hashes.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn runs_are_dealt_out_evenly() {
        let run = |one: u32, other: u32| Hash::of(&format!("w{one} v{other}"));
        for bits in [8, 12] {
            let runs = (0..100).flat_map(|one| (0..100).map(move |other| run(one, other)));
            let buckets: HashSet<u32> = runs.map(|run| Bucket::of(run, bits).number()).collect();
            // With chance alone deciding, n·(1 − e^(−10000/n)) of n buckets are taken.
            let all = f64::from(1 << bits);
            let expected = all * (1.0 - (-10_000.0 / all).exp());
            assert!((buckets.len() as f64 - expected).abs() < 0.05 * expected, "{} of {expected}", buckets.len());
        }
    }

    proptest! {
        #[test]
        fn a_bucket_has_a_number_below_that_of_all(run in "[a-z]{1,9} [a-z]{1,9}", bits in 8u8..=28) {
            prop_assert!(Bucket::of(Hash::of(&run), bits).number() < 1 << bits);
        }
    }
}
