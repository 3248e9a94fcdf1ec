//! Bytes from a file or standard input: unpacked if they are gzip, with their beginning at hand for a look at the
//! format. Nothing else of the input is held.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::ReadOptions;
use super::problem::CorpusError;
use super::shell::shell;
use crate::text::Place;
use crate::text::foreign::Foreign;
use crate::text::gzip::{self, Members};
use crate::text::unit::{newlines, unmarked};

/// How much of the input is looked at to tell its format, in bytes.
const HEAD: u64 = 1 << 16;

/// An opened input, from which a format reads rows.
pub(super) struct Source<'a> {
    pub origin: Origin,
    /// Its first bytes, unpacked, without a byte order mark; `body` gives them again.
    pub head: Vec<u8>,
    /// `head` is all there is.
    pub whole: bool,
    pub body: Box<dyn BufRead + 'a>,
}

/// What an input is called, and how it was packed: what its errors need to know.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Shared by the places of all its rows.
    pub path: Arc<str>,
    gzip: bool,
}

impl Source<'static> {
    /// Opens a file, or for `-` standard input.
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<Self, CorpusError> {
        // What it is called in messages; what is opened is the name byte by byte.
        let name = &*path.to_string_lossy();
        if name == "-" {
            return Source::new(name, io::stdin().lock(), options);
        }
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => CorpusError::NotFound { path: name.into() },
            _ => CorpusError::Io { place: Place::file(name), cause: error },
        };
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(CorpusError::Folder { path: name.trim_end_matches('/').into() });
        }
        Source::new(name, file, options)
    }
}

impl<'a> Source<'a> {
    /// An input that unpacks to no more than it may, and is in UTF-8 or becomes it.
    pub(super) fn new(path: &str, mut input: impl Read + 'a, options: &ReadOptions) -> Result<Self, CorpusError> {
        let mut origin = Origin { path: path.into(), gzip: false };
        let mut magic = Vec::new();
        input.by_ref().take(8).read_to_end(&mut magic).map_err(|error| origin.error(1, error))?;
        refuse_containers(path, &magic)?;
        origin.gzip = magic.starts_with(&gzip::MAGIC);
        let (input, most) = (Cursor::new(magic).chain(input), options.most_unpacked);
        if origin.gzip {
            let packed = Rc::new(Cell::new(0));
            let input = Members::new(Counted { input, read: packed.clone() });
            let unpacked = Bounded { input, packed, unpacked: 0, most };
            Source::decoded(origin, unpacked, options.encoding)
        } else {
            Source::decoded(origin, input, options.encoding)
        }
    }

    /// Turns an encoding that was named, or that a mark of UTF-16 names, into UTF-8.
    fn decoded(
        origin: Origin,
        mut input: impl Read + 'a,
        named: Option<&'static Encoding>,
    ) -> Result<Self, CorpusError> {
        let mut mark = Vec::new();
        input.by_ref().take(2).read_to_end(&mut mark).map_err(|error| origin.error(1, error))?;
        let encoding = named.or_else(|| marked(&mark));
        let input = BufReader::with_capacity(HEAD as usize, Cursor::new(mark).chain(input));
        Source::with_head(origin, in_utf8(input, encoding))
    }

    fn with_head(origin: Origin, mut input: impl BufRead + 'a) -> Result<Self, CorpusError> {
        let mut head = Vec::new();
        if let Err(error) = input.by_ref().take(HEAD).read_to_end(&mut head) {
            return Err(origin.error(1 + newlines(&head), error));
        }
        let whole = (head.len() as u64) < HEAD;
        head.drain(..head.len() - unmarked(&head).len());
        origin.refuse_utf16(&head)?;
        let body = Box::new(Cursor::new(head.clone()).chain(input));
        Ok(Source { origin, head, whole, body })
    }
}

impl Origin {
    /// An input that comes unpacked.
    pub(super) fn unpacked(path: &str) -> Self {
        Origin { path: path.into(), gzip: false }
    }

    /// A failed read, on the line that was being read.
    pub(super) fn error(&self, line: u64, error: io::Error) -> CorpusError {
        if let Some(TooMuch { most }) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return CorpusError::TooLarge { path: self.path.to_string(), limit: *most };
        }
        let place = self.line(line);
        match error.kind() {
            io::ErrorKind::UnexpectedEof if self.gzip => CorpusError::TruncatedGzip { place },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if self.gzip => {
                CorpusError::DamagedGzip { place, cause: error }
            }
            _ => CorpusError::Io { place, cause: error },
        }
    }

    pub(super) fn line(&self, line: u64) -> Place {
        Place::line(self.path.clone(), line)
    }

    pub(super) fn file(&self) -> Place {
        Place::file(self.path.clone())
    }

    /// The error for text that is not in UTF-8.
    pub(super) fn encoding(&self, line: u64, found: String, encoding: &'static str) -> CorpusError {
        CorpusError::Encoding { place: self.line(line), found, encoding }
    }

    /// UTF-16 without its mark shows by a NUL in every other byte of the beginning.
    pub(super) fn refuse_utf16(&self, head: &[u8]) -> Result<(), CorpusError> {
        let first = &head[..head.len().min(1024) & !1];
        let nuls = |from: usize| first.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
        let (high, low, pairs) = (nuls(0), nuls(1), first.len() / 2);
        let (found, encoding) = match () {
            () if pairs > 3 && low * 10 > pairs * 7 && high * 10 < pairs => ("UTF-16LE", "utf-16le"),
            () if pairs > 3 && high * 10 > pairs * 7 && low * 10 < pairs => ("UTF-16BE", "utf-16be"),
            () => return Ok(()),
        };
        Err(self.encoding(1, found.to_owned(), encoding))
    }
}

/// The encoding that a mark at the beginning names.
pub(super) fn marked(beginning: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_bom(beginning).map(|(encoding, _)| encoding)
}

/// Text in an encoding, turned into UTF-8; without one it is taken for that.
pub(super) fn in_utf8<'a>(input: impl BufRead + 'a, encoding: Option<&'static Encoding>) -> Box<dyn BufRead + 'a> {
    match encoding.filter(|encoding| *encoding != encoding_rs::UTF_8) {
        Some(encoding) => {
            let utf8 = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_override(true).build(input);
            Box::new(BufReader::with_capacity(HEAD as usize, utf8))
        }
        None => Box::new(input),
    }
}

/// A packed file that is not gzip is named, since its bytes would only earn puzzling messages.
pub(super) fn refuse_containers(path: &str, magic: &[u8]) -> Result<(), CorpusError> {
    let unpack = |tool: &str| format!("unpack it first: {tool} -dc {} | rhetor … -", shell(path));
    let (kind, way_out) = match Foreign::of(magic) {
        Some(Foreign::Zip) => {
            ("a spreadsheet (xlsx, ods) or zip archive", "save the sheet as CSV in UTF-8, or unpack the archive".into())
        }
        Some(Foreign::OldOffice) => ("an old Excel workbook", "save the sheet as CSV in UTF-8".into()),
        Some(Foreign::Pdf) => ("a PDF", format!("pdftotext {} - prints its text", shell(path))),
        Some(Foreign::Zstd) => ("zstd data", unpack("zstd")),
        Some(Foreign::Xz) => ("xz data", unpack("xz")),
        Some(Foreign::Bzip2) => ("bzip2 data", unpack("bzip2")),
        Some(Foreign::Rtf) | None => return Ok(()),
    };
    Err(CorpusError::Container { path: path.into(), kind, way_out })
}

/// How many times its size a gzip file may unpack to, once it has unpacked to [`ALWAYS`] bytes. Text packs to a tenth, tables
/// of 0 and 1 to a fiftieth; what packs to less than this is made to fill a memory.
const MOST_TIMES: u64 = 200;
const ALWAYS: u64 = 64 << 20;

/// Passes bytes on until there have been too many: a small gzip file can unpack to more than a memory holds.
struct Bounded<R> {
    input: R,
    /// Bytes that went into the unpacking, and came out of it.
    packed: Rc<Cell<u64>>,
    unpacked: u64,
    most: u64,
}

/// Counts the bytes that are taken from it.
struct Counted<R> {
    input: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.read.set(self.read.get() + n as u64);
        Ok(n)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("more than {most} bytes")]
struct TooMuch {
    most: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.unpacked += n as u64;
        let most = self.most.min(ALWAYS.max(self.packed.get().saturating_mul(MOST_TIMES)));
        if self.unpacked > most {
            return Err(io::Error::other(TooMuch { most }));
        }
        Ok(n)
    }
}

/// The lines of an input, without their ends.
pub(super) struct Lines<'a> {
    body: Box<dyn BufRead + 'a>,
    buffer: Vec<u8>,
    /// The number of the line in `buffer`, from 1.
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(body: Box<dyn BufRead + 'a>) -> Self {
        Lines { body, buffer: Vec::new(), line: 0 }
    }

    /// The next line that is not blank, with its number.
    pub(super) fn next(&mut self, origin: &Origin) -> Result<Option<(u64, &[u8])>, CorpusError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let n = self.body.read_until(b'\n', &mut self.buffer).map_err(|error| origin.error(self.line, error))?;
            if n == 0 {
                return Ok(None);
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some((self.line, without_end(&self.buffer))));
            }
        }
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
