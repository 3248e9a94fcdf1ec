//! Text for people: on a terminal grouped under a heading for each file and wrapped to its width, in a pipe a line a unit with
//! `path:line:` before it, as grep does.

use std::io::{self, Write};

use anstyle::{Ansi256Color, AnsiColor, Color, RgbColor, Style};
use textwrap::{Options, WordSplitter};

use super::html::mark::{self, TINTS};
use super::{Record, Report, Said, Setting};
use crate::features::{cues, hashing, ngrams};
use crate::framing::Framing;
use crate::framing::evidence::{Evidence, Order, Term};
use crate::framing::voice::Voice;
use crate::text::{Span, token, visible};

/// How many terms of an explanation are shown one by one.
const TERMS_SHOWN: usize = 10;

/// Columns between which lines are wrapped: in fewer nothing can be read, and lines of more are read badly.
const NARROWEST: usize = 24;
const WIDEST: usize = 132;

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub color: bool,
    /// The terminal has 24 bits of colour, and not only 256.
    pub deep: bool,
    /// Columns of the terminal that a person reads at: headings instead of a path on each line, and lines wrapped to the width.
    pub width: Option<usize>,
    /// Also units without a framing.
    pub all: bool,
}

pub struct Terminal<'a, W> {
    setting: &'a Setting<'a>,
    out: W,
    look: Look,
    path: String,
    /// The heading of this file has been printed.
    headed: bool,
    any: bool,
}

impl<'a, W: Write> Terminal<'a, W> {
    pub fn new(setting: &'a Setting<'a>, out: W, look: Look) -> Self {
        Terminal { setting, out, look, path: String::new(), headed: false, any: false }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn heading(&mut self) -> io::Result<()> {
        if self.look.width.is_some() && !self.headed {
            if self.any {
                writeln!(self.out)?;
            }
            let path = self.paint(AnsiColor::Magenta.on_default().bold(), &visible(&self.path));
            writeln!(self.out, "{path}")?;
        }
        (self.headed, self.any) = (true, true);
        Ok(())
    }

    fn labels(&self, record: &Record) -> String {
        if record.framings.is_empty() {
            return "-".into();
        }
        let one = |(at, framing): (usize, &Framing)| {
            let name = visible(self.setting.model.labels().name(framing.label));
            let said = record.said.get(at).map_or(String::new(), |said| self.said(said));
            format!("{} {:.2}{said}", self.label(framing, &name), framing.probability)
        };
        record.framings.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The text, with the words that count for any of its framings underlined where colours are shown.
    fn text(&self, record: &Record) -> String {
        if !self.look.color {
            return visible(&record.text);
        }
        let shown = record.evidence.iter().flat_map(|evidence| evidence.shown(TERMS_SHOWN, Order::Weight));
        let counting = shown.filter(|term| term.contribution > 0.0 && self.is_word(term));
        let mut spans: Vec<Span> = counting.flat_map(|term| &term.spans).copied().collect();
        spans.sort_unstable();
        let (mut out, mut at) = (String::new(), 0);
        for span in spans {
            let start = span.start.max(at);
            if start < span.end {
                out += &visible(&record.text[at..start]);
                // Word by word, so that a line can be broken between.
                let words = visible(&record.text[start..span.end]);
                let words: Vec<String> =
                    words.split(' ').map(|word| self.paint(Style::new().underline(), word)).collect();
                out += &words.join(" ");
                at = span.end;
            }
        }
        out + &visible(&record.text[at..])
    }

    /// Not the shape of the sentence, which may be all of it.
    fn is_word(&self, term: &Term) -> bool {
        let name = self.setting.model.featurizer().vocabulary().term(term.feature);
        !name.starts_with("shape:")
    }

    /// A label's name, in the report's colour for it: the page's colour upon it, so that it can be read whatever the terminal's
    /// own background. Where labels outnumber colours they repeat, and the name tells them apart anyway.
    fn label(&self, framing: &Framing, name: &str) -> String {
        if !self.look.color {
            return name.to_owned();
        }
        let tint = framing.label.index() % TINTS;
        let rgb = |(r, g, b)| Color::Rgb(RgbColor(r, g, b));
        let (ground, ink) = match self.look.deep {
            true => (rgb(mark::PALETTE[tint]), rgb(mark::PAGE)),
            false => (Ansi256Color(mark::PALETTE_256[tint]).into(), Ansi256Color(mark::WHITE_256).into()),
        };
        let style = Style::new().bg_color(Some(ground)).fg_color(Some(ink)).bold();
        // No-break spaces keep it in one piece.
        self.paint(style, &format!("\u{a0}{name}\u{a0}"))
    }

    /// ` quoted: Mr Hale`, where it is not the author's.
    fn said(&self, said: &Said) -> String {
        let voice = self.paint(Style::new().italic(), said.voice.name());
        match &said.speaker {
            _ if said.voice == Voice::Author => String::new(),
            Some(speaker) => format!(" {voice}: {}", visible(&speaker.name)),
            None => format!(" {voice}"),
        }
    }

    /// A line, wrapped to the width of a terminal with `indent` before all lines but the first.
    fn line(&mut self, words: &str, indent: usize) -> io::Result<()> {
        let Some(width) = self.look.width else { return writeln!(self.out, "{words}") };
        let indent = " ".repeat(indent);
        let options = Options::new(width.clamp(NARROWEST, WIDEST))
            .subsequent_indent(&indent)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
        for line in textwrap::wrap(words, options) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn evidence(&mut self, record: &Record, framing: &Framing, evidence: &Evidence) -> io::Result<()> {
        let name = visible(self.setting.model.labels().name(framing.label));
        let name = self.label(framing, &name);
        let shown = evidence.shown(TERMS_SHOWN, self.setting.order);
        let rest = &evidence.terms[shown.len()..];
        let terms: Vec<String> = shown.iter().map(|term| self.term(&record.text, term)).collect();
        let others: f64 = rest.iter().map(|term| term.contribution).sum();
        let mut words = format!("      {name} = {:+.2}:", evidence.total());
        for term in terms {
            words += &format!(" {term}");
        }
        if !rest.is_empty() {
            words += &format!(" {others:+.2} {} more", rest.len());
        }
        words += &format!(" {:+.2} intercept", evidence.intercept);
        self.line(&words, 8)
    }

    fn term(&self, text: &str, term: &Term) -> String {
        let name = self.setting.model.featurizer().vocabulary().term(term.feature);
        let surface = term.spans.first().map_or("", |span| span.of(text));
        if let Some(cue) = name.strip_prefix(cues::PREFIX) {
            let words = term.spans.first().map_or("", |span| token::whole_in(*span, text).of(text));
            return format!("{:+.2} cue {} “{}”", term.contribution, visible(cue), visible(words));
        }
        let shown = match name.strip_prefix("shape:") {
            Some(shape) => format!("{} “{}”", shape, visible(surface)),
            // Runs of one word may show the same letters of it.
            None if name.starts_with(ngrams::CHARACTERS) => format!("{} “{}”", visible(name), visible(surface)),
            None if name.starts_with("^ ") || self.is_first_word(name, surface) => format!("“^{}”", visible(surface)),
            None => format!("“{}”", visible(surface)),
        };
        format!("{:+.2} {shown}", term.contribution)
    }

    /// Whether the run of stems that a bucket stands for here is a start and a word.
    fn is_first_word(&self, name: &str, surface: &str) -> bool {
        if !hashing::is_bucket(name) || self.setting.model.featurizer().settings().char_ngrams.is_some() {
            return false;
        }
        let mut found = Vec::new();
        token::tokens(surface, &mut found);
        found.len() == 1
    }
}

impl<W: Write> Report for Terminal<'_, W> {
    fn begin(&mut self, path: &str, _: Option<&csv::StringRecord>) -> io::Result<()> {
        self.path = path.to_owned();
        self.headed = false;
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        if record.framings.is_empty() && !self.look.all {
            return Ok(());
        }
        self.heading()?;
        let labels = self.labels(record);
        let line = self.paint(AnsiColor::Green.on_default(), &record.line.to_string());
        let cut = if record.truncated { " […]" } else { "" };
        let text = self.text(record);
        let path = if self.look.width.is_some() { String::new() } else { format!("{}:", visible(&self.path)) };
        self.line(&format!("{path}{line}: [{labels}] {text}{cut}"), 4)?;
        for (framing, evidence) in record.framings.iter().zip(&record.evidence) {
            self.evidence(record, framing, evidence)?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
