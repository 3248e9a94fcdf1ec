//! Memory brought near before it is needed.

/// Takes all of these reads, for nothing but that the processor has at hand what they lie on when it is read in earnest. None may hang on
/// another: so many are under way at once, where a loop that decides by what it reads waits for each to know which way to go.
#[inline]
pub(crate) fn prefetch(reads: impl Iterator<Item = u64>) {
    // The compiler must not see that nobody wants the sum.
    std::hint::black_box(reads.fold(0, |sum, read| sum ^ read));
}
