//! Gzip data: members one after another, as `cat a.gz b.gz` makes them.

use std::io::{self, BufReader, Chain, Cursor, Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// What packed data begins with.
pub const MAGIC: [u8; 2] = [0x1F, 0x8B];

/// What is packed in all members. Zeros behind the last one are no data, since tapes fill their blocks with them; gzip does the same.
pub struct Members<R: Read> {
    /// None behind the last.
    member: Option<GzDecoder<Rest<R>>>,
}

/// The first bytes of a member, which were looked at, and what follows them.
type Rest<R> = Chain<Cursor<Vec<u8>>, BufReader<R>>;

impl<R: Read> Members<R> {
    pub fn new(packed: R) -> Self {
        let rest = Cursor::new(Vec::new()).chain(BufReader::new(packed));
        Members { member: Some(GzDecoder::new(rest)) }
    }
}

impl<R: Read> Read for Members<R> {
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] for data that are cut off, [`io::ErrorKind::InvalidData`] or [`io::ErrorKind::InvalidInput`] for what is no gzip data, also behind a member.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            match member.read(buffer) {
                Ok(0) if !buffer.is_empty() => {}
                done => return done,
            }
            let packed = self.member.take().map(|member| member.into_inner().into_inner().1);
            self.member = packed.map(next).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The member that begins here, if one does.
fn next<R: Read>(mut packed: BufReader<R>) -> io::Result<Option<GzDecoder<Rest<R>>>> {
    let mut first = Vec::new();
    packed.by_ref().take(MAGIC.len() as u64).read_to_end(&mut first)?;
    if first == MAGIC {
        return Ok(Some(GzDecoder::new(Cursor::new(first).chain(packed))));
    }
    let mut buffer = [0; 1 << 10];
    let mut bytes = Cursor::new(first).chain(packed);
    loop {
        match bytes.read(&mut buffer)? {
            0 => return Ok(None),
            count if buffer[..count].iter().all(|byte| *byte == 0) => {}
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "what stands behind its end is none")),
        }
    }
}

/// Data as one member, without a name or a time: the same data are the same bytes.
pub fn packed(data: impl AsRef<[u8]>) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(data.as_ref()).and_then(|()| gzip.finish()).expect("memory can be written")
}

/// What is packed in bytes of which `most` come at most: few bytes may stand for any number.
///
/// # Errors
/// Those of [`Members`], and [`io::ErrorKind::FileTooLarge`].
pub fn unpacked(bytes: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let mut data = Vec::new();
    Members::new(bytes).take(most + 1).read_to_end(&mut data)?;
    if data.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(data) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some bytes at a time, as pipes give them.
    struct Few<'a>(&'a [u8], usize);

    impl Read for Few<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    /// What can be read, and what the first error says.
    fn read(bytes: &[u8], at_once: usize) -> (String, Option<String>) {
        let (mut text, mut members) = (String::new(), Members::new(Few(bytes, at_once)));
        let error = members.read_to_string(&mut text).err().map(|error| error.to_string());
        assert!(error.is_some() || members.read(&mut [0]).unwrap() == 0);
        (text, error)
    }

    #[test]
    fn members_follow_each_other_and_zeros_may_follow_them() {
        for at_once in [1, 2, 7, 9000] {
            let both = [packed("one "), packed(""), packed("two")].concat();
            assert_eq!(read(&both, at_once), ("one two".into(), None));
            let padded = [&both[..], &[0; 3000]].concat();
            assert_eq!(read(&padded, at_once), ("one two".into(), None));
        }
    }

    #[test]
    fn what_would_come_to_more_than_is_allowed_is_refused() {
        let bomb = packed(vec![b' '; 1 << 20]);
        assert!(bomb.len() < 2000);
        assert_eq!(unpacked(&bomb, 1 << 20).unwrap().len(), 1 << 20);
        assert_eq!(unpacked(&bomb, (1 << 20) - 1).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_is_cut_off_or_followed_by_something_else_is_an_error() {
        let whole = packed("a text that is long enough to be cut");
        for length in 1..whole.len() {
            assert!(read(&whole[..length], 5).1.is_some(), "{length}");
        }
        for rest in [&b"garbage"[..], b"\x1F", b"\x1F\x8B", b"\0\0x"] {
            let (text, error) = read(&[&whole, rest].concat(), 5);
            assert!(error.is_some(), "{rest:?}");
            assert_eq!(text, "a text that is long enough to be cut");
        }
    }
}
