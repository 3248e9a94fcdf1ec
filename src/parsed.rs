//! A part of a model file that is parsed when somebody first asks for it: most runs never do. So it may be packed, too.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Error;

use crate::text::gzip;

/// Bytes that packed JSON may come to: thirty times those of the program's own cues.
const MOST: u64 = 64 << 20;

/// A value, or the JSON of one that is known to be sound, as it is or as gzip data.
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
    /// If the JSON is not that of a `T`, or is packed and cannot be unpacked or is larger than 64 MB.
    pub fn now(json: &[u8]) -> Result<Self, Error> {
        parse::<T>(json).map(Parsed::from)
    }

    /// Parses when first asked, and then panics if the JSON is not that of a `T`: only for what a test has parsed.
    pub(crate) fn later(json: Bytes) -> Self {
        Parsed { json, value: OnceLock::new() }
    }
}

/// JSON as it is kept: packed, unless it is so large that nobody would unpack it again.
pub(crate) fn packed(json: Vec<u8>) -> Vec<u8> {
    if json.len() as u64 > MOST { json } else { gzip::packed(json) }
}

/// What was [`packed`], or never was.
///
/// # Errors
/// If it cannot be unpacked, or comes to more than 64 MB.
pub(crate) fn unpacked(json: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if json.starts_with(&gzip::MAGIC) {
        gzip::unpacked(json, MOST).map(Cow::from).map_err(Error::io)
    } else {
        Ok(json.into())
    }
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(&unpacked(json)?)
}

impl<T: DeserializeOwned> Deref for Parsed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| parse(&self.json).expect("a test has parsed it"))
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

    #[test]
    fn packed_json_is_unpacked_unless_it_is_damaged_or_a_bomb() {
        let (read, packed) = (Parsed::<Vec<u32>>::now, gzip::packed("[1,2]"));
        assert_eq!(*read(&packed).unwrap(), [1, 2]);
        assert_eq!(*Parsed::<Vec<u32>>::later(packed.clone().into()), [1, 2]);
        assert!(read(&packed[..packed.len() - 1]).is_err());
        let large = [&vec![b' '; MOST as usize], &b"[1,2]"[..]].concat();
        assert!(read(&gzip::packed(&large)).is_err());
        assert_eq!(*read(&super::packed(large)).unwrap(), [1, 2]);
    }
}
