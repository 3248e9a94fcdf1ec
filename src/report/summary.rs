//! Counts in place of units: how often each framing was found in each file, in whose voice, and of which speaker. They are counts of what the model found,
//! not corrected for its errors. Of speakers, only so many are told apart that an input without end fits the memory.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Named, ONLY_QUOTATIONS, Record, Report, Setting, column};
use crate::codebook::LabelId;
use crate::framing::voice::Voice;
use crate::text::cell::{into_io, without_formula};
use crate::text::count::counted;
use crate::text::speech::{Cast, Hearing, Member, UNCLEAR};
use crate::text::visible;

/// Speakers of a file that are counted one by one, those with most framings; up to twice as many are held on the way.
const MOST_SPEAKERS: usize = 500;

/// Speakers that a person is shown.
const SPEAKERS_SHOWN: usize = 20;

/// All others.
const OTHERS: &str = "other speakers";

/// How counts look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A table for people: a row a framing, most frequent first, and a share of all units.
    Text,
    /// An object a file.
    Jsonl,
    /// A row a file, framing, voice and speaker, cells parted by this byte.
    Table(u8),
}

pub struct Summary<'a, W> {
    setting: &'a Setting<'a>,
    out: W,
    shape: Shape,
    files: Vec<Tally>,
    spreadsheet_safe: bool,
}

struct Tally {
    path: String,
    units: u64,
    framed: u64,
    counts: Vec<u64>,
    cast: Cast,
    /// By label, voice (none where voices are not told) and speaker.
    said: BTreeMap<(usize, Option<Voice>, Who), u64>,
}

/// Whose framing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// The author's, or of somebody who is not told.
    Nobody,
    Unclear,
    Member(Member),
    /// Somebody beyond [`MOST_SPEAKERS`].
    Other,
}

impl Tally {
    fn in_voice(&self, label: usize, voice: Voice) -> u64 {
        let of_both = |(key, _): &(&(usize, Option<Voice>, Who), &u64)| (key.0, key.1) == (label, Some(voice));
        self.said.iter().filter(of_both).map(|(_, count)| count).sum()
    }

    /// Everybody who is quoted or reported, with their framings; whoever has most comes first.
    fn speakers(&self) -> Vec<(&str, Vec<(usize, u64)>)> {
        let mut speakers: BTreeMap<&str, BTreeMap<usize, u64>> = BTreeMap::new();
        for ((label, voice, who), count) in &self.said {
            // Quoted or reported, and by nobody who is named: as unclear as any other.
            let is_untold = *who == Who::Nobody && matches!(voice, Some(Voice::Quoted | Voice::Reported));
            let who = if is_untold { Who::Unclear } else { *who };
            if who != Who::Nobody {
                *speakers.entry(self.name(who)).or_default().entry(*label).or_default() += count;
            }
        }
        let sorted = |counts: BTreeMap<usize, u64>| {
            let mut counts: Vec<(usize, u64)> = counts.into_iter().collect();
            counts.sort_by_key(|(label, count)| (std::cmp::Reverse(*count), *label));
            counts
        };
        let mut speakers: Vec<_> = speakers.into_iter().map(|(name, counts)| (name, sorted(counts))).collect();
        let sum = |counts: &[(usize, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
        let is_pooled = |name: &str| name == UNCLEAR || name == OTHERS;
        speakers.sort_by_key(|(name, counts)| (is_pooled(name), std::cmp::Reverse(sum(counts))));
        speakers
    }

    fn name(&self, who: Who) -> &str {
        match who {
            Who::Nobody => "",
            Who::Unclear => UNCLEAR,
            Who::Member(member) => self.cast.name(member),
            Who::Other => OTHERS,
        }
    }

    /// Rows of label, voice, speaker and count, those of one name together.
    fn rows(&self) -> Vec<(usize, Option<Voice>, &str, u64)> {
        let mut rows: BTreeMap<(usize, Option<Voice>, &str), u64> = BTreeMap::new();
        for ((label, voice, who), count) in &self.said {
            *rows.entry((*label, *voice, self.name(*who))).or_default() += count;
        }
        rows.into_iter().map(|((label, voice, name), count)| (label, voice, name, count)).collect()
    }

    fn who(&mut self, speaker: Option<&Named>) -> Who {
        match speaker {
            None => Who::Nobody,
            Some(speaker) if speaker.place.is_none() => Who::Unclear,
            Some(speaker) => Who::Member(self.cast.member(&speaker.name)),
        }
    }

    /// Those with fewest framings go to the others.
    fn bound(&mut self) {
        if self.cast.len() <= 2 * MOST_SPEAKERS {
            return;
        }
        let mut sums: BTreeMap<Member, u64> = BTreeMap::new();
        for ((_, _, who), count) in &self.said {
            if let Who::Member(member) = who {
                *sums.entry(*member).or_default() += count;
            }
        }
        let mut order: Vec<(u64, Member)> = sums.into_iter().map(|(member, sum)| (sum, member)).collect();
        order.sort_by_key(|(sum, member)| (std::cmp::Reverse(*sum), *member));
        let kept: BTreeSet<Member> = order.into_iter().take(MOST_SPEAKERS).map(|(_, member)| member).collect();
        self.cast.retain(|member| kept.contains(&member));
        for ((label, voice, who), count) in std::mem::take(&mut self.said) {
            let who = match who {
                Who::Member(member) if !kept.contains(&member) => Who::Other,
                who => who,
            };
            *self.said.entry((label, voice, who)).or_default() += count;
        }
    }
}

impl Tally {
    fn is_voiced(&self) -> bool {
        self.said.keys().any(|(_, voice, _)| voice.is_some())
    }

    /// A row for each label that was found, the commonest first, with its voices if they are told.
    fn write_labels(&self, setting: &Setting, out: &mut impl Write) -> io::Result<()> {
        let labels = setting.model.labels();
        let width = column::width(labels.iter().map(|(_, name)| name), 0);
        let hears_all = setting.hearing() == Hearing::Everything;
        let own = if hears_all { "author" } else { "unquoted" };
        let mut rows: Vec<(u64, &str, usize)> =
            labels.iter().map(|(label, name)| (self.counts[label.index()], name, label.index())).collect();
        rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        rows.retain(|(count, ..)| *count > 0);
        if !rows.is_empty() {
            let voices = if self.is_voiced() { format!("  {own} quoted reported mixed") } else { String::new() };
            writeln!(out, "  {:<width$}   count   share{voices}", "")?;
        }
        for (count, name, label) in rows {
            write!(out, "  {:<width$} {count:>7} {:>7}", column::cell(visible(name)), share(count, self.units))?;
            if self.is_voiced() {
                let voices = Voice::ALL.map(|voice| self.in_voice(label, voice));
                let [author, quoted, reported, mixed] =
                    voices.map(|count| if count == 0 { "·".into() } else { count.to_string() });
                let (reported, first) = (if hears_all { &reported } else { "–" }, own.len() + 1);
                write!(out, " {author:>first$} {quoted:>6} {reported:>8} {mixed:>5}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// Who is quoted or reported, with their framings: of those with a name the first [`SPEAKERS_SHOWN`].
    fn write_speakers(&self, setting: &Setting, out: &mut impl Write) -> io::Result<()> {
        let speakers = self.speakers();
        let named = speakers.iter().filter(|(name, _)| *name != UNCLEAR && *name != OTHERS).count();
        for (at, (speaker, counts)) in speakers.into_iter().enumerate() {
            if at >= SPEAKERS_SHOWN && at < named {
                continue;
            }
            if at == named && named > SPEAKERS_SHOWN {
                writeln!(out, "  … and {} speakers more (all with -f csv)", named - SPEAKERS_SHOWN)?;
            }
            let name = |label: usize| visible(setting.model.labels().name(LabelId(label as u16)));
            let counts: Vec<String> = counts.iter().map(|(label, count)| format!("{} {count}", name(*label))).collect();
            writeln!(out, "  {}: {}", visible(speaker), counts.join(", "))?;
        }
        Ok(())
    }
}

impl<'a, W: Write> Summary<'a, W> {
    pub fn new(setting: &'a Setting<'a>, out: W, shape: Shape) -> Self {
        Summary { setting, out, shape, files: Vec::new(), spreadsheet_safe: false }
    }

    /// In a table, puts an apostrophe before cells that a spreadsheet would run as a formula.
    pub fn spreadsheet_safe(self, spreadsheet_safe: bool) -> Self {
        Summary { spreadsheet_safe, ..self }
    }

    fn text(&mut self) -> io::Result<()> {
        let Summary { setting, out, files, .. } = self;
        for (at, file) in files.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            writeln!(
                out,
                "{}: {}, {} with a framing{} ({})",
                visible(&file.path),
                counted(file.units, "unit", "units"),
                file.framed,
                setting.asked(),
                share(file.framed, file.units)
            )?;
            file.write_labels(setting, out)?;
            file.write_speakers(setting, out)?;
        }
        if files.iter().any(Tally::is_voiced) && setting.hearing() != Hearing::Everything {
            writeln!(out, "\n{ONLY_QUOTATIONS}")?;
        }
        Ok(())
    }

    fn jsonl(&mut self) -> io::Result<()> {
        for file in &self.files {
            let counts = self
                .setting
                .labels()
                .map(|(label, name)| (name.to_owned(), serde_json::Value::from(file.counts[label.index()])));
            let said = file.rows().into_iter().map(|(label, voice, speaker, count)| {
                let label = self.setting.model.labels().name(LabelId(label as u16));
                let speaker = Some(speaker).filter(|name| !name.is_empty());
                serde_json::json!({"label": label, "voice": voice.map(Voice::name), "speaker": speaker, "count": count})
            });
            let line = serde_json::json!({
                "path": file.path, "units": file.units, "framed": file.framed,
                "counts": counts.collect::<serde_json::Map<_, _>>(), "said": said.collect::<Vec<_>>(), "model": self.setting.model.fingerprint(),
            });
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn table(&mut self, delimiter: u8) -> io::Result<()> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(&mut self.out);
        let is_safe = self.spreadsheet_safe;
        let mut record = |cells: [&str; 6]| {
            let safe = cells.map(|cell| if is_safe { without_formula(cell) } else { cell.into() });
            out.write_record(safe.iter().map(|cell| &**cell)).map_err(into_io)
        };
        record(["path", "label", "voice", "speaker", "count", "units"])?;
        for file in &self.files {
            let (units, all) = (file.units.to_string(), file.rows());
            for (label, name) in self.setting.labels() {
                let rows = all.iter().filter(|row| row.0 == label.index());
                if rows.clone().next().is_none() {
                    record([&file.path, name, "", "", "0", &units])?;
                }
                for (_, voice, speaker, count) in rows {
                    record([&file.path, name, voice.map_or("", Voice::name), speaker, &count.to_string(), &units])?;
                }
            }
        }
        out.flush()
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".into() } else { format!("{:.1}%", 100.0 * part as f64 / whole as f64) }
}

impl<W: Write> Report for Summary<'_, W> {
    fn begin(&mut self, path: &str, _: Option<&csv::StringRecord>) -> io::Result<()> {
        let counts = vec![0; self.setting.model.labels().len()];
        let (path, cast) = (path.to_owned(), Cast::default());
        self.files.push(Tally { path, units: 0, framed: 0, counts, cast, said: BTreeMap::new() });
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        if let Some(file) = self.files.last_mut() {
            file.units += 1;
            file.framed += u64::from(!record.framings.is_empty());
            for (at, framing) in record.framings.iter().enumerate() {
                let said = record.said.get(at);
                file.counts[framing.label.index()] += 1;
                let who = file.who(said.and_then(|said| said.speaker.as_ref()));
                *file.said.entry((framing.label.index(), said.map(|said| said.voice), who)).or_default() += 1;
            }
            // A name that comes without a framing still tells who the short one stands for.
            file.who(record.speaker.as_ref());
            file.bound();
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        match self.shape {
            Shape::Text => self.text()?,
            Shape::Jsonl => self.jsonl()?,
            Shape::Table(delimiter) => self.table(delimiter)?,
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
