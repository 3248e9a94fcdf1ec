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

    /// What stands for one behind another in the bytes, whose number is a multiple of [`Raw::SIZE`].
    fn take_all(bytes: &[u8]) -> Option<Vec<Self>> {
        // To collect options would make no room beforehand.
        let mut items = Vec::with_capacity(bytes.len() / Self::SIZE);
        for piece in bytes.chunks_exact(Self::SIZE) {
            items.push(Self::take(piece)?);
        }
        Some(items)
    }
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

    fn take_all(bytes: &[u8]) -> Option<Vec<T>> {
        Some(T::each(bytes).collect())
    }
}

pub fn serialize<T: Raw, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(items.len() * T::SIZE);
    items.iter().for_each(|item| item.put(&mut bytes));
    serializer.serialize_bytes(&bytes)
}

pub fn deserialize<'de, T: Raw, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let bytes = <&[u8]>::deserialize(deserializer)?;
    if !bytes.len().is_multiple_of(T::SIZE) {
        return Err(D::Error::custom("bytes left over"));
    }
    T::take_all(bytes).ok_or_else(|| D::Error::custom("bytes that stand for nothing"))
}
