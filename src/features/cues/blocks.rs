//! The blocks that a matcher's bytes are made of. They are read where they lie: there is much of them, and a text needs little.

use bytes::Bytes;

use crate::packed::{Number, Packed};

/// Blocks that are not taken yet, in their order.
pub struct Blocks<'a> {
    whole: &'a Bytes,
    left: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Blocks<'a> {
    /// The blocks must be parts of `whole`.
    pub fn new(whole: &'a Bytes, blocks: Vec<&'a [u8]>) -> Self {
        Blocks { whole, left: blocks.into_iter() }
    }

    /// The next block; `None` if none is left.
    pub fn bytes(&mut self) -> Option<Bytes> {
        self.left.next().map(|block| self.whole.slice_ref(block))
    }

    /// The same as numbers; `None` too if part of one is missing.
    pub fn numbers<T: Number>(&mut self) -> Option<Packed<T>> {
        let bytes = self.bytes()?;
        bytes.len().is_multiple_of(T::SIZE).then(|| Packed::new(bytes))
    }

    pub fn are_none_left(&self) -> bool {
        self.left.len() == 0
    }
}
