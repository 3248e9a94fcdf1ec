//! Data that other programs read: what holds text, if any, is packed or in a form of its own.

/// A kind of such data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    Pdf,
    /// An archive, also that of an office document.
    Zip,
    /// An office document as they were before 2007.
    OldOffice,
    Rtf,
    Zstd,
    Xz,
    Bzip2,
}

impl Foreign {
    /// By the first bytes of the data, of which eight are enough.
    pub fn of(first: &[u8]) -> Option<Foreign> {
        match first {
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Foreign::Pdf),
            [b'P', b'K', 3, 4, ..] => Some(Foreign::Zip),
            [0xD0, 0xCF, 0x11, 0xE0, ..] => Some(Foreign::OldOffice),
            [b'{', b'\\', b'r', b't', b'f', ..] => Some(Foreign::Rtf),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Foreign::Zstd),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Foreign::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..] => Some(Foreign::Bzip2),
            _ => None,
        }
    }
}
