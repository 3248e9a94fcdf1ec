//! Where bytes come from: a file or standard input, decompressed if they are gzip.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::Path;
use std::string::FromUtf8Error;

use super::gzip::{self, Members};
use super::unit::{newlines, unmarked};

/// The bytes that were looked at, then the rest.
type Whole = Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>;

/// An opened input.
pub enum Source {
    Plain(Whole),
    Gzip(Box<Members<Whole>>),
}

/// Bytes asked for in the first read, which also shows the reader what kind of data comes.
const PEEK: usize = 1 << 13;

/// Opens a path; `-` is standard input. Compression is known by its first bytes, whatever the name says.
///
/// # Errors
/// Those of the file system; a folder is one.
pub fn open(path: &Path) -> io::Result<Source> {
    if path.as_os_str() == "-" {
        return from(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
    }
    from(Box::new(file))
}

/// All bytes of a file as it stands, or none if they are more than `most`: a device says that it has no length, and may have no end.
///
/// # Errors
/// Those of the file system.
pub fn bounded(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= most))
}

/// Bytes in UTF-8 as text, without a byte order mark.
///
/// # Errors
/// The line of the first bytes that are none.
pub fn utf8(bytes: Vec<u8>) -> Result<String, u64> {
    let line = |error: FromUtf8Error| 1 + newlines(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
    let mut text = String::from_utf8(bytes).map_err(line)?;
    text.drain(..text.len() - unmarked(text.as_bytes()).len());
    Ok(text)
}

/// As [`open`] for bytes that come from elsewhere.
///
/// # Errors
/// Those of reading.
pub fn from(mut input: Box<dyn Read + Send>) -> io::Result<Source> {
    let mut first = vec![0; PEEK];
    let mut have = 0;
    while have < gzip::MAGIC.len() {
        match input.read(&mut first[have..]) {
            Ok(0) => break,
            Ok(count) => have += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    first.truncate(have);
    let is_gzip = first.starts_with(&gzip::MAGIC);
    let whole = Cursor::new(first).chain(input);
    Ok(if is_gzip { Source::Gzip(Box::new(Members::new(whole))) } else { Source::Plain(whole) })
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Plain(input) => input.read(buffer),
            Source::Gzip(input) => input.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    io::Error::new(error.kind(), "the gzip data ends too early; was it copied whole?")
                }
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                    io::Error::new(error.kind(), format!("damaged gzip data: {error}"))
                }
                _ => error,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::gzip::packed;

    fn read(bytes: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        from(Box::new(Cursor::new(bytes)))?.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes_and_members_follow_each_other() {
        assert_eq!(read(packed("one ")).unwrap(), "one ");
        assert_eq!(read([packed("one "), packed("two")].concat()).unwrap(), "one two");
        assert_eq!(read(b"plain".to_vec()).unwrap(), "plain");
        assert_eq!(read(b"p".to_vec()).unwrap(), "p");
        assert_eq!(read(Vec::new()).unwrap(), "");
    }

    #[test]
    fn a_file_of_more_bytes_than_it_may_have_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(bounded(&path, 4).unwrap().as_deref(), Some(&b"four"[..]));
        assert_eq!(bounded(&path, 3).unwrap(), None);
        assert!(bounded(&folder.path().join("none"), 3).is_err());
    }

    #[test]
    fn text_is_without_its_mark_and_other_bytes_are_told_by_their_line() {
        assert_eq!(utf8(b"\xEF\xBB\xBFa\xC3\xA9".to_vec()).as_deref(), Ok("aé"));
        assert_eq!(utf8(b"a\nb\xFF\n".to_vec()), Err(2));
    }

    #[test]
    fn cut_off_gzip_is_an_error_that_says_so() {
        let mut bytes = packed("a text that is long enough to be cut");
        bytes.truncate(bytes.len() - 9);
        assert!(read(bytes).unwrap_err().to_string().contains("too early"));
    }
}
