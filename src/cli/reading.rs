//! Running text, piece by piece as it comes, and what is remarked on what was read.

use std::io::{self, Read};
use std::mem::discriminant;
use std::path::Path;

use rhetor::corpus::{Fault, shell};
use rhetor::text::count::counted;
use rhetor::text::count::plural;
use rhetor::text::foreign::Foreign;
use rhetor::text::list;
use rhetor::text::source;
use rhetor::text::unit::{Splitter, Unit, UnitKind, looks_utf16, unmarked};

use super::{Remarks, named, unopened};

/// Bytes asked for at once.
const PIECE: usize = 1 << 18;

/// Whoever gets the units of a text.
pub trait Reader {
    /// The input may pause now.
    fn pause(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// The first bytes of the input, before any unit: it can be read, and is text.
    fn first(&mut self, _bytes: &[u8]) -> anyhow::Result<()> {
        Ok(())
    }

    /// Some units more, and the bytes that were read for them; the list is emptied.
    fn units(&mut self, units: &mut Vec<Unit>, bytes: usize) -> anyhow::Result<()>;
}

/// Reads a file, or for `-` standard input, to its end. `command` is what a hint shows behind a pipe.
pub fn read(
    path: &Path,
    mut splitter: Splitter,
    command: &str,
    remarks: Remarks,
    reader: &mut impl Reader,
) -> anyhow::Result<()> {
    let mut input = source::open(path).map_err(|error| unopened(path, error))?;
    let (mut buffer, mut units, mut first) = (vec![0; PIECE], Vec::new(), true);
    loop {
        reader.pause()?;
        let count = match input.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(named(path, error)),
        };
        if std::mem::take(&mut first) {
            look_at(&buffer[..count], path, command, remarks)?;
            reader.first(&buffer[..count])?;
        }
        match count {
            0 => splitter.finish(&mut units),
            count => splitter.push(&buffer[..count], &mut units),
        }
        reader.units(&mut units, count)?;
        if count == 0 {
            return Ok(());
        }
    }
}

/// What is plainly no text is said to be none.
fn look_at(first: &[u8], path: &Path, command: &str, remarks: Remarks) -> anyhow::Result<()> {
    let typed = shell(path);
    if let Some(encoding) = looks_utf16(first) {
        let path = path.display();
        anyhow::bail!(
            "{path}: is {encoding}, and rhetor reads UTF-8\nhint: iconv -f {encoding} -t UTF-8 {typed} | {command}"
        );
    }
    refuse_packed(first, path, command)?;
    let path = path.display();
    if first.contains(&0) {
        remarks.warn(format_args!("{path}: looks like no text at all (it holds NUL bytes); results mean nothing"));
    }
    if looks_html(first) {
        remarks.warn(format_args!(
            "{path}: looks like HTML, and its tags are read as text\nhint: pandoc -f html -t plain {typed} | {command}"
        ));
    }
    if looks_subtitled(first) {
        remarks.warn(format_args!(
            "{path}: looks like subtitles, and their numbers and times are read as text\n\
             hint: grep -vE '^[0-9]+.?$|^WEBVTT|-->' {typed} | {command}"
        ));
    }
    if looks_mailed(first) {
        remarks.warn(format_args!(
            "{path}: looks like e-mail, and its headers are read as text\nhint: save the text of the message alone"
        ));
    }
    Ok(())
}

/// What holds text, if any, in a form that only other programs read: its words would mean nothing.
fn refuse_packed(first: &[u8], path: &Path, command: &str) -> anyhow::Result<()> {
    let (path, typed) = (path.display(), shell(path));
    let unpack = |kind: &str, tool: &str| format!("{kind} data\nhint: {tool} -dc {typed} | {command}");
    let is = match Foreign::of(first) {
        None => return Ok(()),
        Some(Foreign::Pdf) => format!("a PDF\nhint: pdftotext {typed} - | {command}"),
        Some(Foreign::Zip) => "a zip archive or office document\nhint: save it as text, or use pandoc -t plain".into(),
        Some(Foreign::OldOffice) => "an old office document\nhint: save it as text".into(),
        Some(Foreign::Rtf) => "RTF\nhint: save it as text, or use pandoc -t plain".into(),
        Some(Foreign::Zstd) => unpack("Zstandard", "zstd"),
        Some(Foreign::Xz) => unpack("xz", "xz"),
        Some(Foreign::Bzip2) => unpack("bzip2", "bzip2"),
    };
    anyhow::bail!("{path}: is {is}")
}

/// Whether a text begins as a page of the web does. One that only quotes a tag is none.
fn looks_html(first: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 8] =
        [b"<!doctype html", b"<html", b"<head", b"<body", b"<div", b"<p>", b"<p ", b"<article"];
    let first = unmarked(first).trim_ascii_start();
    BEGINNINGS.iter().any(|tag| first.len() >= tag.len() && first[..tag.len()].eq_ignore_ascii_case(tag))
}

/// Whether a text begins as SubRip (a number, then a line with times) or WebVTT.
fn looks_subtitled(first: &[u8]) -> bool {
    let first = unmarked(first).trim_ascii_start();
    let mut lines = first.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let (number, times) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let has_times = times.first().is_some_and(u8::is_ascii_digit) && times.windows(5).any(|window| window == b" --> ");
    number.starts_with(b"WEBVTT") || is_number && has_times
}

/// Whether a text begins with the headers of a message that was sent; a memorandum with `From:` and `To:` has none that only mail programs write.
fn looks_mailed(first: &[u8]) -> bool {
    const BY_PROGRAMS: [&[u8]; 6] =
        [b"received:", b"return-path:", b"message-id:", b"mime-version:", b"delivered-to:", b"content-type:"];
    let is_header = |line: &&[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_name = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic()) && name.len() < line.len();
        is_name || line.starts_with(b"From ") || line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'))
    };
    let head = first.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty());
    let headers = head.take_while(is_header);
    let by_programs = headers.filter(|line| {
        BY_PROGRAMS.iter().any(|name| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name))
    });
    by_programs.count() > 0
}

/// Lines of records that were cut, beside the first, that are named: tables have no column that says so.
const LINES_NAMED: usize = 8;

/// `a record`, or `3 records`.
fn one_or_count(count: u64, one: &str, many: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{count} {many}") }
}

/// Where further records are, for the end of a remark.
fn others(lines: &[u64]) -> String {
    match lines {
        [] => String::new(),
        [line] => format!(", another on line {line}"),
        lines => format!(", others on lines {}", list::first(lines.iter().map(u64::to_string), LINES_NAMED)),
    }
}

/// What was not as it should be in the units of a file.
#[derive(Default)]
pub struct Faults {
    pub replaced: Spot,
    truncated: Spot,
    /// The lines of the next of those.
    truncated_next: Vec<u64>,
    /// Rows without text, where they have no record.
    pub textless: Spot,
    /// Rows that are not what they should be: the first of each kind.
    skipped: Vec<(Fault, Spot)>,
    /// Rows that were too long to be read.
    pub passed_over: Spot,
}

/// How often something happened, and on which line first.
#[derive(Default)]
pub struct Spot {
    count: u64,
    line: u64,
}

impl Spot {
    pub fn add(&mut self, count: u64, line: u64) {
        if self.count == 0 {
            self.line = line;
        }
        self.count += count;
    }
}

impl Faults {
    pub fn look_at(&mut self, unit: &Unit) {
        if unit.replaced > 0 {
            let first = unit.text.find('\u{FFFD}').unwrap_or_default();
            self.replaced.add(u64::from(unit.replaced), unit.line_at(first));
        }
        if unit.truncated {
            self.cut(unit.line);
        }
    }

    /// Notes a record that was cut.
    pub fn cut(&mut self, line: u64) {
        if self.truncated.count > 0 && self.truncated_next.len() <= LINES_NAMED {
            self.truncated_next.push(line);
        }
        self.truncated.add(1, line);
    }

    /// Notes a bad row.
    pub fn skip(&mut self, line: u64, fault: Fault) {
        let is_such = |(known, _): &(Fault, Spot)| discriminant(known) == discriminant(&fault);
        let at = self.skipped.iter().position(is_such).unwrap_or_else(|| {
            self.skipped.push((fault, Spot::default()));
            self.skipped.len() - 1
        });
        self.skipped[at].1.add(1, line);
    }

    pub fn remark(&self, path: &Path, kind: UnitKind, max_record: usize, remarks: Remarks) {
        let path = path.display();
        let Faults { replaced, truncated, truncated_next: next, skipped, passed_over, textless } = self;
        if replaced.count > 0 {
            remarks.warn(format_args!(
                "{path}:{}: {} invalid UTF-8 {} replaced by U+FFFD, the first here\nhint: iconv -f WINDOWS-1252 -t UTF-8 converts a file",
                replaced.line,
                replaced.count,
                plural(replaced.count, "sequence was", "sequences were")
            ));
        }
        if truncated.count > 0 {
            let (one, many) = match kind {
                UnitKind::Sentence => ("a paragraph", "paragraphs"),
                _ => ("a record", "records"),
            };
            let records = one_or_count(truncated.count, one, many);
            remarks.warn(format_args!(
                "{path}:{}: {records} longer than {max_record} bytes {} cut, the first here{}\nhint: --max-record 16M reads more of each",
                truncated.line,
                plural(truncated.count, "was", "were"),
                others(next)
            ));
        }
        if passed_over.count > 0 {
            remarks.warn(format_args!(
                "{path}:{}: {} too long to be read, the first here\nhint: --max-record 16M reads longer ones",
                passed_over.line,
                one_or_count(passed_over.count, "a row was", "rows were")
            ));
        }
        if textless.count > 0 {
            remarks.warn(format_args!(
                "{path}:{}: {} {} without text {} no record, the first here\nhint: --unit document or line gives every row one",
                textless.line,
                textless.count,
                plural(textless.count, "row", "rows"),
                plural(textless.count, "has", "have")
            ));
        }
        for (fault, Spot { count, line }) in skipped {
            let first = if *count == 1 { "1 bad row".to_owned() } else { format!("{count} bad rows, the first here") };
            remarks.warn(format_args!("{path}:{line}: {first}: {fault}\nhint: {}", fault.hint()));
        }
    }
}

/// How large data is. Where each unit is a group of its own, there are none to speak of.
pub fn in_groups(units: u64, groups: u64) -> String {
    let all = counted(units, "unit", "units");
    if groups == units { all } else { format!("{all} in {}", counted(groups, "group", "groups")) }
}
