//! Where cues match in running text.

use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use rhetor::features::cues::{CueId, Finder};
use rhetor::text::token;
use rhetor::text::unit::{Splitter, Unit, UnitKind};
use rhetor::text::{Span, sentence, visible};

use super::{Loaded, full_name};
use crate::cli::args::{Cues, CuesFormat, Shared};
use crate::cli::reading::{self, Faults, Reader};
use crate::cli::{Output, Remarks, is_closed_pipe, is_of_output, use_color};

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
        out: Output::open(None)?,
        color: use_color(shared, false),
        remarks,
    };
    if args.format == CuesFormat::Csv {
        writeln!(shower.out, "path,line,start,end,cue,section,surface")?;
    }
    let mut read = 0;
    for path in files {
        match shower.file(path) {
            Err(error) if !is_closed_pipe(&error) && !is_of_output(&error) => remarks.fail(error),
            done => {
                done?;
                read += 1;
            }
        }
    }
    if read > 0 {
        shower.count()?;
    }
    shower.out.flush()?;
    Ok(read == files.len())
}

struct Shower<'a> {
    loaded: &'a Loaded,
    args: &'a Cues,
    finder: Finder<'a>,
    counts: Vec<u64>,
    out: Output,
    color: bool,
    remarks: Remarks,
}

/// A cue is there or it is not: of matches of one cue that overlap the longest counts. Short forms are shown whole.
fn once(found: Vec<(CueId, Span)>, text: &str) -> Vec<(CueId, Span)> {
    let mut tokens = Vec::new();
    token::tokens(text, &mut tokens);
    let mut kept: Vec<(CueId, Span)> = Vec::new();
    for (cue, span) in found.into_iter().map(|(cue, span)| (cue, token::whole(span, &tokens))) {
        match kept.iter_mut().rev().find(|(other, known)| *other == cue && known.overlap(span).is_some()) {
            Some((_, known)) if span.len() > known.len() => *known = span,
            Some(_) => {}
            None => kept.push((cue, span)),
        }
    }
    kept.sort_by_key(|(cue, span)| (span.start, span.end, *cue));
    kept
}

/// One file on its way to the output.
struct File<'a, 'b> {
    shower: &'a mut Shower<'b>,
    path: String,
    faults: Faults,
}

impl Reader for File<'_, '_> {
    fn units(&mut self, units: &mut Vec<Unit>, _: usize) -> anyhow::Result<()> {
        for unit in units.drain(..) {
            self.faults.look_at(&unit);
            self.shower.unit(&self.path, &unit)?;
        }
        Ok(())
    }
}

impl Shower<'_> {
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let (remarks, most) = (self.remarks, self.args.max_record);
        let splitter = Splitter::new(UnitKind::Sentence, most);
        let mut file = File { shower: self, path: path.display().to_string(), faults: Faults::default() };
        reading::read(path, splitter, "rhetor cues CUES -", remarks, &mut file)?;
        file.faults.remark(path, UnitKind::Sentence, most, remarks);
        Ok(())
    }

    fn unit(&mut self, path: &str, unit: &Unit) -> anyhow::Result<()> {
        for span in sentence::sentences(&unit.text, &unit.breaks, self.args.language.name()) {
            let text = span.of(&unit.text);
            let mut found = once(self.finder.find(text), text);
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

    /// How often each cue matched, for people.
    fn count(&mut self) -> anyhow::Result<()> {
        if self.args.format != CuesFormat::Text {
            return Ok(());
        }
        let mut counts: Vec<(u64, &str)> =
            self.counts.iter().zip(&self.loaded.set.cues).map(|(count, cue)| (*count, &cue.name[..])).collect();
        counts.retain(|(count, _)| *count > 0);
        counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let all: u64 = counts.iter().map(|(count, _)| count).sum();
        let matches = if all == 1 { "match" } else { "matches" };
        let cues = if counts.len() == 1 { "cue" } else { "cues" };
        writeln!(self.out, "\n{all} {matches} of {} {cues}", counts.len())?;
        for (count, name) in counts {
            writeln!(self.out, "{count:>7}  {}", visible(name))?;
        }
        Ok(())
    }
}
