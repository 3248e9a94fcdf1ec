//! A part of a model file that is parsed when somebody first asks for it: most runs never do.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use bytes::Bytes;
use serde::de::DeserializeOwned;

/// A value, or the JSON of one that is known to be sound.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    json: Bytes,
    value: OnceLock<T>,
}

impl<T> From<T> for Parsed<T> {
    fn from(value: T) -> Self {
        Parsed { json: Bytes::new(), value: OnceLock::from(value) }
    }
}

impl<T: DeserializeOwned> Parsed<T> {
    /// Parses now.
    ///
    /// # Errors
    /// If the JSON is not that of a `T`.
    pub fn now(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<T>(json).map(Parsed::from)
    }

    /// Parses when first asked, and then panics if the JSON is not that of a `T`: only for what a test has parsed.
    pub(crate) fn later(json: Bytes) -> Self {
        Parsed { json, value: OnceLock::new() }
    }
}

impl<T: DeserializeOwned> Deref for Parsed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| serde_json::from_slice(&self.json).expect("a test has parsed it"))
    }
}

impl<T: DeserializeOwned> DerefMut for Parsed<T> {
    fn deref_mut(&mut self) -> &mut T {
        let _: &T = self;
        self.value.get_mut().expect("it was parsed a line before")
    }
}

impl<T: DeserializeOwned + PartialEq> PartialEq for Parsed<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parsed_later_is_what_is_parsed_now() {
        let (now, mut later) = (Parsed::<Vec<u32>>::now(b"[1,2]").unwrap(), Parsed::<Vec<u32>>::later("[1,2]".into()));
        assert_eq!(now, later);
        later.push(3);
        assert_eq!(*later, [1, 2, 3]);
        assert!(Parsed::<Vec<u32>>::now(b"[1,").is_err());
    }
}
