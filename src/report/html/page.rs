//! A [`View`] → the page: what the template `text.html` needs, counted and laid out.
//!
//! Askama escapes every text that it is given. Three things go in as they are: style and script, which are ours; marks of
//! the text, which `Escaped` makes; and the data of the script, in which no `<` is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::mark::{self, TINTS};
use super::view::{File, Framing, Known, LabelKnown, Paragraph, Term, Tested, Unit, View, Voice};
use crate::text::speech::UNCLEAR;
use crate::text::visible;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Width of the longest bar, in pixels.
const BAR: f64 = 130.0;

/// Width of the strip in its own units, and of its narrowest tick.
const STRIP: f64 = 1000.0;
const TICK: f64 = 4.0;

/// Words shown of each framing, and over all of them: of some 25 bytes each, so that a page stays small.
const FEWEST_WORDS: usize = 3;
const ALL_WORDS: usize = 2500;

/// Places of a word that are shown; in a whole document as one unit it may have thousands.
const MOST_SPANS: usize = 50;

/// Style and script, and the policy that allows only them.
pub(super) struct Sheet {
    pub style: &'static str,
    pub script: &'static str,
    pub policy: String,
}

impl Sheet {
    pub(super) fn with_script() -> Self {
        Sheet { style: STYLE, script: SCRIPT, policy: policy(Some(SCRIPT)) }
    }

    #[cfg(feature = "learn")]
    pub(super) fn without_script() -> Self {
        Sheet { style: STYLE, script: "", policy: policy(None) }
    }
}

/// Nothing is loaded and nothing runs but what has these hashes (Content Security Policy Level 3, section 2.3.1).
fn policy(script: Option<&str>) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
    let script = script.map_or("'none'".to_owned(), hash);
    let style = hash(STYLE);
    format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'")
}

#[derive(Template)]
#[template(path = "text.html")]
struct Page {
    sheet: Sheet,
    title: String,
    summary: String,
    trust: String,
    tested: String,
    note: Option<String>,
    noun: String,
    version: String,
    fingerprint: String,
    voiced: bool,
    voices: Vec<&'static str>,
    labels: Vec<LabelShown>,
    counts: Vec<Count>,
    speakers: Vec<Speaker>,
    files: Vec<FileShown>,
    data: String,
}

struct LabelShown {
    name: String,
    code: String,
    tint: usize,
    meaning: String,
    known: Option<KnownShown>,
}

impl LabelShown {
    /// Its name, and what it means where that is known.
    fn about(&self) -> String {
        if self.meaning.is_empty() {
            self.name.clone()
        } else {
            format!("{}: the sentence {}", self.name, self.meaning)
        }
    }
}

struct KnownShown {
    precision: String,
    recall: String,
    f1: String,
    support: u64,
}

/// How often a framing was found, and in which voices.
struct Count {
    label: usize,
    total: u64,
    voices: [u64; 4],
    parts: Vec<Part>,
    /// The first unit that has it, from 1.
    unit: usize,
}

/// A part of a bar, in pixels.
struct Part {
    voice: &'static str,
    x: String,
    width: String,
    opacity: &'static str,
}

struct Speaker {
    number: usize,
    name: String,
    /// In which voices, unless that is plain.
    voices: String,
    picks: Vec<Pick>,
    /// So far down the list that only counts are shown.
    is_brief: bool,
}

/// A framing of a speaker, with the mark of it that is most probable.
struct Pick {
    label: usize,
    count: u64,
    class: &'static str,
    unit: usize,
    p: f64,
    /// The sentence, or the part of it where the words stand that count most.
    words: String,
}

struct FileShown {
    number: usize,
    path: String,
    units: usize,
    framed: usize,
    /// In the order of the page's counts.
    counts: Vec<u64>,
    strip: Vec<Row>,
    paragraphs: Vec<ParagraphShown>,
}

/// Where one framing occurs.
struct Row {
    label: usize,
    ticks: Vec<Tick>,
}

struct Tick {
    unit: usize,
    x: String,
    y: u8,
    width: String,
    height: u8,
}

struct ParagraphShown {
    line: u64,
    pieces: Vec<String>,
}

/// Writes the page.
///
/// # Errors
/// Those of the output.
pub fn write(view: &View, out: &mut impl io::Write) -> io::Result<()> {
    page(view).write_into(out)
}

fn page(view: &View) -> Page {
    let codes = mark::codes(view.labels.iter().map(|label| label.name.as_str()));
    let labels: Vec<LabelShown> = view.labels.iter().zip(codes).enumerate().map(label_shown).collect();
    let voices = Voices::of(view);
    let counts = counts(view);
    let order: Vec<usize> = counts.iter().map(|count| count.label).collect();
    let mut next = 0;
    let files = view.files.iter().enumerate();
    let files = files.map(|(at, file)| file_shown(at + 1, file, &labels, &order, &mut next)).collect();
    let noun = if view.noun.is_empty() { "sentence".to_owned() } else { view.noun.clone() };
    Page {
        sheet: Sheet::with_script(),
        title: title(view),
        summary: summary(view, &noun),
        trust: trust(view, &noun),
        tested: tested(view, &noun),
        note: view.model.note.as_deref().map(visible),
        version: view.model.version.clone(),
        fingerprint: view.model.fingerprint.clone(),
        voiced: view.has_voices(),
        voices: Voice::ALL.map(Voice::name).to_vec(),
        speakers: voices.speakers(view),
        data: data(view, &labels, &voices),
        noun,
        labels,
        counts,
        files,
    }
}

fn label_shown((at, (label, code)): (usize, (&super::view::Label, String))) -> LabelShown {
    let hundred = |share: f64| format!("{:.0}", 100.0 * share);
    let known = label.known.map(|known| KnownShown {
        precision: hundred(known.precision),
        recall: hundred(known.recall),
        f1: format!("{:.2} [{:.2}, {:.2}]", known.f1, known.f1_interval.0, known.f1_interval.1),
        support: known.support,
    });
    let meaning = label.meaning.as_deref().map(visible).unwrap_or_default();
    LabelShown { name: visible(&label.name), code, tint: at % TINTS, meaning, known }
}

fn title(view: &View) -> String {
    match &view.files[..] {
        [] => "Nothing to read".into(),
        [file] if file.path == "-" => "Standard input".into(),
        [file] => visible(&file.path),
        files => format!("{} files", files.len()),
    }
}

fn summary(view: &View, noun: &str) -> String {
    let units: usize = view.files.iter().map(|file| file.units().count()).sum();
    let framed = view.files.iter().flat_map(File::units).filter(|unit| !unit.framings.is_empty()).count();
    let carry = if framed == 1 { "carries" } else { "carry" };
    match (units, framed) {
        (0, _) => "There is no text.".into(),
        (_, 0) => format!("No framing was found in {}.", counted(units, noun)),
        _ => format!("{framed} of {} {carry} a framing.{}", counted(units, noun), in_whose_words(view)),
    }
}

/// ` Of 11 marks, 4 are the author’s own words, 6 are quoted or reported, and 1 is both.`
fn in_whose_words(view: &View) -> String {
    let mut counts = [0; 4];
    view.framings().filter_map(|framing| framing.voice).for_each(|voice| counts[voice as usize] += 1);
    let [author, quoted, reported, mixed] = counts;
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let both = if mixed > 0 { format!(", {mixed} {} both", is(mixed)) } else { String::new() };
    match author + quoted + reported + mixed {
        0 => String::new(),
        all => format!(
            " Of {}, {author} {} in the author’s own words, {} {} quoted or reported{both}.",
            counted(all, "mark"),
            is(author),
            quoted + reported,
            is(quoted + reported)
        ),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// What the model is known to get right, in a sentence or two.
fn trust(view: &View, noun: &str) -> String {
    let Some(Known { tested, found, flagged, .. }) = view.model.known.as_ref() else {
        return "This model was never tested: take each mark as a question.".into();
    };
    // So many marks were given in the tests; of fewer no share can be told.
    const ENOUGH_MARKS: f64 = 8.0;
    let marks = |known: &LabelKnown| known.support as f64 * known.recall / known.precision.max(f64::MIN_POSITIVE);
    let tested_labels = view.labels.iter().filter_map(|label| Some((label.name.as_str(), label.known?)));
    let (known, few): (Vec<_>, Vec<_>) = tested_labels.partition(|(_, known)| marks(known) >= ENOUGH_MARKS);
    let few: Vec<String> = few.into_iter().map(|(name, _)| visible(name)).collect();
    let mut known: Vec<(&str, f64)> = known.into_iter().map(|(name, known)| (name, known.precision)).collect();
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (good, poor) = known.split_at(known.partition_point(|(_, precision)| *precision >= 0.5));
    let names = |labels: &[(&str, f64)]| listed(&labels.iter().map(|(name, _)| visible(name)).collect::<Vec<_>>());
    let tests = match tested {
        Tested::OtherText => "In tests on other text",
        Tested::HeldOut => "In tests on text like that it was trained on",
    };
    let mut words = match (good, poor) {
        ([], []) => "No framing of this model could be tested: take each mark as a question.".into(),
        (_, []) => format!("{tests}, more than half of the marks were right for every framing."),
        ([], _) => format!("{tests}, less than half of the marks were right for every framing."),
        _ => format!("{tests}, more than half of the marks were right for {}; less for {}.", names(good), names(poor)),
    };
    if !few.is_empty() && !known.is_empty() {
        write!(words, " Too few marks to tell for {}.", listed(&few)).expect("a string takes any text");
    }
    if *tested == Tested::HeldOut && !known.is_empty() {
        words += " Expect less on other text.";
    }
    if let (Some(found), Some(flagged)) = (found, flagged) {
        let (found, flagged) = (100.0 * found, 100.0 * flagged);
        write!(
            words,
            " It marked {found:.0}% of the {noun}s that had a framing, and {flagged:.0}% of those that had none."
        )
        .expect("a string takes any text");
    }
    words
}

fn tested(view: &View, noun: &str) -> String {
    match &view.model.known {
        None => "This model was never tested.".into(),
        Some(Known { tested: Tested::OtherText, units, .. }) => {
            format!("Measured on {units} labelled {noun}s of other text than the model was trained on.")
        }
        Some(Known { tested: Tested::HeldOut, units, .. }) => format!(
            "Measured on parts of the training data ({units} units) that the tested weights had not seen; on text of another kind, expect less."
        ),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Units with framings, numbered from 0 through all files, with their framings.
fn marked(view: &View) -> impl Iterator<Item = (usize, &Unit)> {
    view.files.iter().flat_map(File::units).filter(|unit| !unit.framings.is_empty()).enumerate()
}

/// The commonest first.
fn counts(view: &View) -> Vec<Count> {
    let mut found: BTreeMap<usize, Count> = BTreeMap::new();
    for (at, unit) in marked(view) {
        for framing in &unit.framings {
            let count = found.entry(framing.label).or_insert_with(|| Count {
                label: framing.label,
                total: 0,
                voices: [0; 4],
                parts: Vec::new(),
                unit: at + 1,
            });
            count.total += 1;
            if let Some(voice) = framing.voice {
                count.voices[voice as usize] += 1;
            }
        }
    }
    let mut counts: Vec<Count> = found.into_values().collect();
    counts.sort_by_key(|count| (std::cmp::Reverse(count.total), count.label));
    let most = counts.first().map_or(1, |count| count.total) as f64;
    counts.iter_mut().for_each(|count| count.parts = bar(count, most));
    counts
}

/// A count's bar, in parts by voice; what has no voice comes first.
fn bar(count: &Count, most: f64) -> Vec<Part> {
    let voiceless = count.total - count.voices.iter().sum::<u64>();
    let parts = Voice::ALL.iter().map(|voice| (voice.name(), count.voices[*voice as usize]));
    let mut x = 0.0;
    let part = |(voice, number): (&'static str, u64)| {
        let width = BAR * number as f64 / most;
        let (from, opacity) = (x, if voice == "author" { "0" } else { "1" });
        x += width;
        Part { voice, x: short(from), width: short(width), opacity }
    };
    [("author", voiceless)].into_iter().chain(parts).filter(|(_, number)| *number > 0).map(part).collect()
}

/// A length to a tenth of a pixel, as short as can be.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Who speaks, in the order in which they first do.
struct Voices {
    names: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

/// Speakers whose words are shown beside their framings; of all others only the counts.
const SPEAKERS_WITH_WORDS: usize = 24;

/// Characters of a sentence that are shown there.
const WORDS: usize = 150;

const AUTHOR: &str = "The author";
const BOTH: &str = "Author and speaker mixed";

impl Voices {
    fn of(view: &View) -> Self {
        let mut voices = Voices { names: Vec::new(), numbers: BTreeMap::new() };
        for framing in view.framings() {
            if let Some(name) = who(framing) {
                let next = voices.names.len();
                let number = *voices.numbers.entry(name.to_lowercase()).or_insert(next);
                if number == next {
                    voices.names.push(name);
                }
            }
        }
        voices
    }

    fn number(&self, framing: &Framing) -> Option<usize> {
        who(framing).and_then(|name| self.numbers.get(&name.to_lowercase()).copied())
    }

    /// The author first, then whoever frames most.
    fn speakers(&self, view: &View) -> Vec<Speaker> {
        let mut speakers: Vec<(Speaker, [u64; 4])> = Vec::new();
        for (number, name) in self.names.iter().enumerate() {
            let (voices, picks) = (String::new(), Vec::new());
            let speaker = Speaker { number, name: name.clone(), voices, picks, is_brief: false };
            speakers.push((speaker, [0; 4]));
        }
        for (at, unit) in marked(view) {
            for framing in &unit.framings {
                let (Some(number), Some(voice)) = (self.number(framing), framing.voice) else { continue };
                let (speaker, voices) = &mut speakers[number];
                voices[voice as usize] += 1;
                speaker.add(framing, voice, unit, at);
            }
        }
        for (speaker, voices) in &mut speakers {
            speaker.picks.sort_by_key(|pick| (std::cmp::Reverse(pick.count), pick.label));
            let parts = Voice::ALL.iter().map(|voice| (voice, voices[*voice as usize])).filter(|(_, count)| *count > 0);
            let parts: Vec<String> = parts.map(|(voice, count)| format!("{} {count}", voice.name())).collect();
            speaker.voices = if speaker.name == AUTHOR { "own words".into() } else { parts.join(", ") };
        }
        let sum = |voices: &[u64; 4]| voices.iter().sum::<u64>();
        // The author first, those whom nobody can name last.
        let rank = |name: &str| if name == AUTHOR { 0 } else { 1 + usize::from(name == UNCLEAR || name == BOTH) };
        speakers.sort_by_key(|(speaker, voices)| (rank(&speaker.name), std::cmp::Reverse(sum(voices)), speaker.number));
        let mut speakers: Vec<Speaker> = speakers.into_iter().map(|(speaker, _)| speaker).collect();
        speakers.iter_mut().skip(SPEAKERS_WITH_WORDS).for_each(Speaker::shorten);
        speakers
    }
}

impl Speaker {
    fn add(&mut self, framing: &Framing, voice: Voice, unit: &Unit, at: usize) {
        let found = self.picks.iter().position(|pick| pick.label == framing.label);
        let count = found.map_or(1, |found| self.picks[found].count + 1);
        if let Some(found) = found.filter(|found| self.picks[*found].p >= framing.p) {
            self.picks[found].count = count;
            return;
        }
        let words = clipped(unit, framing);
        let (label, class) = (framing.label, class_of(Some(voice)));
        let pick = Pick { label, count, class, unit: at + 1, p: framing.p, words };
        match found {
            Some(found) => self.picks[found] = pick,
            None => self.picks.push(pick),
        }
    }

    fn shorten(&mut self) {
        self.is_brief = true;
        self.picks.iter_mut().for_each(|pick| pick.words.clear());
    }
}

/// The sentence, or so much of it around the words that count most, cut between words.
fn clipped(unit: &Unit, framing: &Framing) -> String {
    let text = &unit.text;
    let heaviest = framing.terms.iter().find(|term| term.contribution > 0.0).and_then(|term| term.spans.first());
    let middle = heaviest.map_or(0, |(start, end)| (start + end) / 2);
    if text.len() <= WORDS {
        return visible(text);
    }
    // From the beginning, unless the words stand beyond.
    let from = if middle < WORDS * 3 / 4 { 0 } else { middle.saturating_sub(WORDS / 2).min(text.len() - WORDS) };
    let (from, to) = (text.ceil_char_boundary(from), text.floor_char_boundary((from + WORDS).min(text.len())));
    let part = &text[from..to.max(from)];
    let part = if from > 0 { part.split_once(' ').map_or(part, |(_, rest)| rest) } else { part };
    let part = if to < text.len() { part.rsplit_once(' ').map_or(part, |(rest, _)| rest) } else { part };
    let (before, after) = (if from > 0 { "… " } else { "" }, if to < text.len() { " …" } else { "" });
    format!("{before}{}{after}", visible(part))
}

fn who(framing: &Framing) -> Option<String> {
    let named = framing.speaker.as_deref().map(|name| visible(name.trim())).filter(|name| !name.is_empty());
    Some(match framing.voice? {
        Voice::Author => AUTHOR.to_owned(),
        Voice::Quoted | Voice::Reported => named.unwrap_or_else(|| UNCLEAR.to_owned()),
        Voice::Mixed => named.unwrap_or_else(|| BOTH.to_owned()),
    })
}

/// The form of a code, as a class with the blank before it.
fn class_of(voice: Option<Voice>) -> &'static str {
    match voice {
        None | Some(Voice::Author) => "",
        Some(Voice::Quoted) => " quoted",
        Some(Voice::Reported) => " reported",
        Some(Voice::Mixed) => " mixed",
    }
}

/// `next` counts the marked units through all files.
fn file_shown(number: usize, file: &File, labels: &[LabelShown], order: &[usize], next: &mut usize) -> FileShown {
    let mut counts = vec![0; labels.len()];
    file.framings().for_each(|framing| counts[framing.label] += 1);
    let first = *next;
    FileShown {
        number,
        path: visible(&file.path),
        units: file.units().count(),
        framed: file.units().filter(|unit| !unit.framings.is_empty()).count(),
        counts: order.iter().map(|label| counts[*label]).collect(),
        strip: strip(file, order, first),
        paragraphs: file.paragraphs.iter().map(|paragraph| paragraph_shown(paragraph, labels, next)).collect(),
    }
}

fn strip(file: &File, order: &[usize], first: usize) -> Vec<Row> {
    let length: usize = file.units().map(|unit| unit.text.len().max(1)).sum();
    let scale = STRIP / length.max(1) as f64;
    let mut rows: Vec<Row> = order.iter().map(|label| Row { label: *label, ticks: Vec::new() }).collect();
    let (mut from, mut at) = (0, first);
    for unit in file.units() {
        let width = (unit.text.len() as f64 * scale).max(TICK);
        let x = (from as f64 * scale).min(STRIP - width);
        for framing in &unit.framings {
            let (y, height) = match framing.voice {
                None | Some(Voice::Mixed) => (0, 20),
                Some(Voice::Author) => (0, 9),
                Some(Voice::Quoted | Voice::Reported) => (11, 9),
            };
            let tick = Tick { unit: at + 1, x: short(x), y, width: short(width), height };
            if let Some(row) = rows.iter_mut().find(|row| row.label == framing.label) {
                row.ticks.push(tick);
            }
        }
        from += unit.text.len().max(1);
        at += usize::from(!unit.framings.is_empty());
    }
    rows.retain(|row| !row.ticks.is_empty());
    rows
}

fn paragraph_shown(paragraph: &Paragraph, labels: &[LabelShown], next: &mut usize) -> ParagraphShown {
    let mut pieces = Vec::new();
    for (at, unit) in paragraph.units.iter().enumerate() {
        match (at, unit.breaks) {
            (0, _) => {}
            (_, true) => pieces.push("\n".to_owned()),
            (_, false) => pieces.push(" ".to_owned()),
        }
        pieces.push(piece(unit, labels, next));
    }
    ParagraphShown { line: paragraph.line, pieces }
}

/// A unit as HTML: plain, or marked with the codes of its framings behind it.
fn piece(unit: &Unit, labels: &[LabelShown], next: &mut usize) -> String {
    let text = Escaped::of(&shown(&unit.text)).0;
    let cut = if unit.truncated { " […]" } else { "" };
    let Some(first) = unit.framings.first() else { return format!("{text}{cut}") };
    *next += 1;
    let mut html = format!("<mark id=u{next} class=c{}>{text}", labels[first.label].tint);
    for framing in &unit.framings {
        let label = &labels[framing.label];
        let class = format!("c{}{}", label.tint, class_of(framing.voice));
        let title = Escaped::of(&in_words(framing, label)).0;
        write!(html, "<abbr class=\"{class}\" title=\"{title}\">{}</abbr>", Escaped::of(&label.code).0)
            .expect("a string takes any text");
    }
    html + "</mark>" + cut
}

fn in_words(framing: &Framing, label: &LabelShown) -> String {
    let mut words = format!("{} {:.0}%", label.name, 100.0 * framing.p);
    if let Some(voice) = framing.voice {
        let who = who(framing).filter(|_| framing.speaker.is_some() && voice != Voice::Author);
        let who = who.map_or(String::new(), |name| format!(": {name}"));
        write!(words, ", {}{who}", voice.name()).expect("a string takes any text");
    }
    words
}

/// Control characters are shown as symbols, but lines stay lines; as many UTF-16 units as before.
fn shown(text: &str) -> String {
    let lines: Vec<String> = text.replace('\r', " ").split('\n').map(visible).collect();
    lines.join("\n")
}

/// Text in which nothing is markup, in an element or a quoted attribute.
struct Escaped(String);

impl Escaped {
    fn of(text: &str) -> Self {
        Escaped(askama::filters::escape(text, askama::filters::Html).map_or_else(|_| String::new(), |e| e.to_string()))
    }
}

/// What the script needs, as JSON that can stand in a page.
fn data(view: &View, labels: &[LabelShown], voices: &Voices) -> String {
    let mut names = Names::default();
    let most = (ALL_WORDS / view.framings().count().max(1)).max(FEWEST_WORDS);
    let units: Vec<Value> = marked(view).map(|(_, unit)| unit_data(unit, most, voices, &mut names)).collect();
    let labels: Vec<Value> =
        labels.iter().map(|label| json!({ "name": label.name, "code": label.code, "tint": label.tint })).collect();
    let all = json!({
        "labels": labels, "voices": Voice::ALL.map(Voice::name), "who": voices.names, "names": names.all, "units": units,
    });
    // `</script>` and `<!--` would end or change the element; U+003C is the same to JSON.
    all.to_string().replace('<', "\\u003c")
}

/// Names that are written once and then numbered.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        let next = self.all.len();
        let number = *self.numbers.entry(name.to_owned()).or_insert(next);
        if number == next {
            self.all.push(visible(name));
        }
        number
    }
}

fn unit_data(unit: &Unit, most: usize, voices: &Voices, names: &mut Names) -> Value {
    let places = Places::of(&unit.text);
    let framings: Vec<Value> =
        unit.framings.iter().map(|framing| framing_data(framing, &places, most, voices, names)).collect();
    json!({ "n": unit.line, "k": rounded(unit.known, 100.0), "f": framings })
}

fn framing_data(framing: &Framing, places: &Places, most: usize, voices: &Voices, names: &mut Names) -> Value {
    let (kept, left_out) = framing.terms.split_at(framing.terms.len().min(most));
    let rest = framing.rest.0 + left_out.iter().map(|term| term.contribution).sum::<f64>();
    let mut data = json!({
        "l": framing.label,
        "p": rounded(framing.p, 1000.0),
        "h": rounded(framing.threshold, 1000.0),
        "v": framing.voice.map_or(-1, |voice| voice as i64),
        "w": voices.number(framing).map_or(-1, |number| number as i64),
        "i": rounded(framing.intercept, 100.0),
        "r": (rounded(rest, 100.0), framing.rest.1 + left_out.len()),
        "t": kept.iter().map(|term| term_data(term, places, names)).collect::<Vec<_>>(),
    });
    if let Some(share) = framing.share {
        data["s"] = json!([share.author, share.quoted, share.reported].map(|share| rounded(share, 100.0)));
    }
    data
}

/// Contribution, places as one flat list, and the numbers of names if there are any.
fn term_data(term: &Term, places: &Places, names: &mut Names) -> Value {
    let sum = rounded(term.contribution, 100.0);
    let spans = term.spans.iter().take(MOST_SPANS);
    let spans: Vec<usize> = spans.flat_map(|(from, to)| [places.at(*from), places.at(*to)]).collect();
    match &term.names[..] {
        [] => json!([sum, spans]),
        own => json!([sum, spans, own.iter().map(|name| names.number(name)).collect::<Vec<_>>()]),
    }
}

/// To so many parts of one; never −0.
fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts + 0.0
}

/// Bytes → UTF-16 units, as scripts count.
struct Places {
    /// Units before every byte; empty where both are the same.
    before: Vec<u32>,
}

impl Places {
    fn of(text: &str) -> Self {
        let mut before = Vec::new();
        if !text.is_ascii() {
            let mut units = 0;
            for c in text.chars() {
                before.extend(std::iter::repeat_n(units, c.len_utf8()));
                units += c.len_utf16() as u32;
            }
            before.push(units);
        }
        Places { before }
    }

    fn at(&self, byte: usize) -> usize {
        match self.before.get(byte).or(self.before.last()) {
            Some(units) => *units as usize,
            None => byte,
        }
    }
}
