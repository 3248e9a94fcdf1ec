//! Items as bytes of one size, one behind another, where `postcard` takes them one by one: a model is read at every start.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::packed::Number;

/// What takes so many bytes, whatever it is.
pub trait Raw: Sized {
    const SIZE: usize;

    /// Appends its bytes.
    fn put(&self, to: &mut Vec<u8>);

    /// What the bytes, [`Raw::SIZE`] of them, tell; `None` if they stand for nothing.
    fn take(bytes: &[u8]) -> Option<Self>;
}

impl<T: Number> Raw for T {
    const SIZE: usize = <T as Number>::SIZE;

    fn put(&self, to: &mut Vec<u8>) {
        self.append(to);
    }

    #[inline]
    fn take(bytes: &[u8]) -> Option<T> {
        Some(T::read(bytes))
    }
}

pub fn serialize<T: Raw, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(items.len() * T::SIZE);
    items.iter().for_each(|item| item.put(&mut bytes));
    serializer.serialize_bytes(&bytes)
}

pub fn deserialize<'de, T: Raw, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let bytes = <&[u8]>::deserialize(deserializer)?;
    let pieces = bytes.chunks_exact(T::SIZE);
    if !pieces.remainder().is_empty() {
        return Err(D::Error::custom("bytes left over"));
    }
    let mut items = Vec::with_capacity(pieces.len());
    for piece in pieces {
        items.push(T::take(piece).ok_or_else(|| D::Error::custom("bytes that stand for nothing"))?);
    }
    Ok(items)
}
