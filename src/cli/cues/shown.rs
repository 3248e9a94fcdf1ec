//! Where cues match in running text.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use rhetor::features::cues::{CueId, Finder};
use rhetor::text::unit::{Splitter, Unit, UnitKind};
use rhetor::text::{Span, sentence, source, visible};

use super::{Loaded, full_name};
use crate::cli::args::{Cues, CuesFormat, Shared};
use crate::cli::{Remarks, is_closed_pipe, named, use_color};

/// Bytes asked for at once.
const PIECE: usize = 1 << 18;

/// Prints every sentence in which a cue matches; whether all files could be read.
pub fn matches(
    loaded: &Loaded,
    args: &Cues,
    shared: &Shared,
    files: &[PathBuf],
    remarks: Remarks,
) -> anyhow::Result<bool> {
    let mut shower = Shower {
        loaded,
        args,
        finder: Finder::new(&loaded.matcher, args.language),
        counts: vec![0; loaded.set.cues.len()],
        out: io::BufWriter::new(io::stdout().lock()),
        color: use_color(shared, false),
        remarks,
    };
    if args.format == CuesFormat::Csv {
        writeln!(shower.out, "path,line,start,end,cue,section,surface")?;
    }
    let mut all_read = true;
    for path in files {
        match shower.file(path) {
            Err(error) if !is_closed_pipe(&error) => {
                remarks.fail(error);
                all_read = false;
            }
            done => done?,
        }
    }
    shower.end()?;
    Ok(all_read)
}

struct Shower<'a> {
    loaded: &'a Loaded,
    args: &'a Cues,
    finder: Finder<'a>,
    counts: Vec<u64>,
    out: io::BufWriter<io::StdoutLock<'static>>,
    color: bool,
    remarks: Remarks,
}

impl Shower<'_> {
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let mut input = source::open(path).map_err(|error| named(path, error))?;
        let mut splitter = Splitter::new(UnitKind::Sentence, self.args.max_record);
        let (mut buffer, mut units) = (vec![0; PIECE], Vec::new());
        let (mut spoilt, mut cut) = (0, 0);
        loop {
            let count = match input.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(named(path, error)),
            };
            match count {
                0 => splitter.finish(&mut units),
                count => splitter.push(&buffer[..count], &mut units),
            }
            for unit in units.drain(..) {
                spoilt += u64::from(unit.replaced);
                cut += u64::from(unit.truncated);
                self.unit(&path.display().to_string(), &unit)?;
            }
            if count == 0 {
                self.remark(path, spoilt, cut);
                return Ok(());
            }
        }
    }

    fn remark(&self, path: &Path, spoilt: u64, cut: u64) {
        let path = path.display();
        if spoilt > 0 {
            self.remarks.warn(format_args!(
                "{path}: {spoilt} invalid UTF-8 sequences were replaced by U+FFFD\nhint: iconv -f WINDOWS-1252 -t UTF-8 converts a file"
            ));
        }
        if cut > 0 {
            self.remarks.warn(format_args!(
                "{path}: {cut} paragraphs longer than {} bytes were cut\nhint: --max-record 16M reads more of each",
                self.args.max_record
            ));
        }
    }

    fn unit(&mut self, path: &str, unit: &Unit) -> anyhow::Result<()> {
        for span in sentence::sentences(&unit.text, &unit.breaks, self.args.language.name()) {
            let text = span.of(&unit.text);
            let mut found = self.finder.find(text);
            found.retain(|(cue, _)| self.loaded.wanted[*cue as usize]);
            found.iter().for_each(|(cue, _)| self.counts[*cue as usize] += 1);
            if !found.is_empty() {
                self.sentence(path, unit, span, text, &found)?;
            }
        }
        Ok(())
    }

    fn sentence(
        &mut self,
        path: &str,
        unit: &Unit,
        at: Span,
        text: &str,
        found: &[(CueId, Span)],
    ) -> anyhow::Result<()> {
        let line = unit.line_at(at.start);
        match self.args.format {
            CuesFormat::Text => {
                let text = self.highlighted(text, found);
                writeln!(self.out, "{}:{line}: {text}", visible(path))?;
                for (cue, span) in found {
                    let cue = &self.loaded.set.cues[*cue as usize];
                    let name = self.paint(AnsiColor::Cyan.on_default().bold(), &visible(&cue.name));
                    let name_in_full = full_name(cue);
                    let section = name_in_full.strip_suffix(&visible(&cue.name)).unwrap_or_default();
                    let surface = span.of(&unit.text[at.start..at.end]);
                    writeln!(self.out, "      {section}{name}: {}", visible(surface))?;
                }
            }
            CuesFormat::Csv => {
                let mut table = csv::Writer::from_writer(&mut self.out);
                for (cue, span) in found {
                    let (start, end) = (unit.raw(at.start + span.start), unit.raw(at.start + span.end));
                    let cue = &self.loaded.set.cues[*cue as usize];
                    let numbers = [line, start, end].map(|number| number.to_string());
                    table.write_record([
                        path,
                        &numbers[0],
                        &numbers[1],
                        &numbers[2],
                        &cue.name,
                        &cue.section,
                        span.of(text),
                    ])?;
                }
                table.flush()?;
            }
            CuesFormat::Jsonl => {
                let matches: Vec<_> = found
                    .iter()
                    .map(|(cue, span)| {
                        let cue = &self.loaded.set.cues[*cue as usize];
                        serde_json::json!({"cue": cue.name, "section": cue.section, "span": [span.start, span.end], "surface": span.of(text)})
                    })
                    .collect();
                let record = serde_json::json!({"path": path, "line": line, "text": text, "cues": matches});
                writeln!(self.out, "{record}")?;
            }
        }
        Ok(())
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// The text with what any cue matched underlined.
    fn highlighted(&self, text: &str, found: &[(CueId, Span)]) -> String {
        if !self.color {
            return visible(text);
        }
        let (mut out, mut at) = (String::new(), 0);
        for (_, span) in found {
            let start = span.start.max(at);
            if start < span.end {
                out += &visible(&text[at..start]);
                out += &self.paint(AnsiColor::Yellow.on_default().underline(), &visible(&text[start..span.end]));
                at = span.end;
            }
        }
        out + &visible(&text[at..])
    }

    fn end(mut self) -> anyhow::Result<()> {
        if self.args.format == CuesFormat::Text {
            let mut counts: Vec<(u64, &str)> =
                self.counts.iter().zip(&self.loaded.set.cues).map(|(count, cue)| (*count, &cue.name[..])).collect();
            counts.retain(|(count, _)| *count > 0);
            counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            let all: u64 = counts.iter().map(|(count, _)| count).sum();
            writeln!(self.out, "\n{all} matches of {} cues", counts.len())?;
            for (count, name) in counts {
                writeln!(self.out, "{count:>7}  {}", visible(name))?;
            }
        }
        self.out.flush()?;
        Ok(())
    }
}
