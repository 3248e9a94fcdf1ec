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
use super::phrases::{count, fill, of_script, say};
use super::view::{Asked, File, Framing, Hearing, Known, LabelKnown, Paragraph, Term, Tested, Unit, View, Voice};
use crate::text::count::counted;
use crate::text::speech::UNCLEAR;
use crate::text::visible;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Width of the longest bar, in pixels.
const BAR: f64 = 130.0;

/// Width of the strip in its own units, and of its narrowest tick.
const STRIP: f64 = 1000.0;
const TICK: f64 = 4.0;

/// Of ticks of a row that begin closer to each other than this, only one is drawn, so that a long text has no more than can be seen.
const APART: f64 = 2.0;

/// Bytes of text in one part of a page: what a browser lays out only once it comes near the window.
const PART: usize = 16 << 10;

/// Marked units whose data the script reads at once.
const CHUNK: usize = 512;

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
    trust: Trust,
    tested: String,
    note: Option<String>,
    noun: Noun,
    footer: String,
    voiced: bool,
    /// Whether reported speech is told from the author's own words.
    hears_all: bool,
    /// Of the text, where it is not that of the page.
    language: Option<String>,
    /// Their names as classes, and as they are called.
    voices: Vec<(&'static str, &'static str)>,
    labels: Vec<LabelShown>,
    counts: Vec<Count>,
    speakers: Vec<Speaker>,
    files: Vec<FileShown>,
    data: String,
    /// The data of all marked units but the first.
    more: Vec<String>,
}

/// What people call a unit.
struct Noun {
    one: &'static str,
    several: &'static str,
}

/// What the model is known to get right: label by label, which a small window leaves to the table, and over all.
struct Trust {
    labels: String,
    overall: String,
}

struct LabelShown {
    name: String,
    code: String,
    tint: usize,
    meaning: String,
    known: Option<KnownShown>,
}

impl Page {
    fn say<'a>(&self, key: &'a str) -> &'a str {
        say(key)
    }

    /// How often a framing was found in one of the voices, if that is listened for.
    fn told(&self, voice: &usize, number: &u64) -> String {
        let is_untold = !self.hears_all && Voice::ALL[*voice] == Voice::Reported;
        if is_untold { UNTOLD.into() } else { number.to_string() }
    }

    /// A phrase with what a unit is called in it.
    fn of_noun(&self, key: &str) -> String {
        fill(key, &[("noun", &self.noun.one)])
    }
}

impl LabelShown {
    /// Its name, and what it means where that is known.
    fn about(&self) -> String {
        if self.meaning.is_empty() {
            self.name.clone()
        } else {
            fill("about", &[("name", &self.name), ("meaning", &self.meaning)])
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
    /// The sentence, or the part of it where the words stand that count most, with those emphasised; as HTML.
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
    parts: Vec<PartShown>,
}

/// Some paragraphs; of a long text, all parts but the last are about as long.
struct PartShown {
    is_whole: bool,
    paragraphs: Vec<ParagraphShown>,
}

/// Where one framing occurs.
struct Row {
    label: usize,
    ticks: Vec<Tick>,
}

struct Tick {
    unit: usize,
    /// The last of the units that it stands for, if they are several.
    to: Option<usize>,
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
    let hearing = view.model.hearing;
    let drawn = Drawn { labels: &labels, hearing };
    let files = files.map(|(at, file)| file_shown(at + 1, file, &drawn, &order, &mut next)).collect();
    let (data, more) = data(view, &labels, &voices);
    let noun = noun(&view.noun);
    Page {
        sheet: Sheet::with_script(),
        title: title(view),
        summary: summary(view, &noun) + &asked(&view.asked, hearing, &noun),
        trust: trust(view, &noun),
        tested: tested(view, &noun),
        note: view.model.note.as_deref().map(|note| fill("note", &[("note", &visible(note))])),
        footer: fill("footer", &[("version", &view.model.version), ("fingerprint", &view.model.fingerprint)]),
        voiced: view.has_voices(),
        hears_all: view.hears_all(),
        language: foreign(view).map(str::to_owned),
        voices: Voice::ALL.map(|voice| (voice.name(), called(voice, hearing))).to_vec(),
        speakers: voices.speakers(view),
        data,
        more,
        noun,
        labels,
        counts,
        files,
    }
}

fn label_shown((at, (label, code)): (usize, (&super::view::Label, String))) -> LabelShown {
    let hundred = |share: f64| format!("{:.0}", 100.0 * share);
    let known = label.known.map(|known| KnownShown {
        precision: known.precision.map_or(UNTOLD.into(), hundred),
        recall: hundred(known.recall),
        f1: with_interval(known.f1, known.f1_interval),
        support: known.support,
    });
    let meaning = label.meaning.as_deref().map(visible).unwrap_or_default();
    LabelShown { name: visible(&label.name), code, tint: at % TINTS, meaning, known }
}

/// The language of the text, where it is not that of the page.
fn foreign(view: &View) -> Option<&str> {
    view.model.language.as_deref().filter(|code| *code != "en")
}

fn title(view: &View) -> String {
    match &view.files[..] {
        [] => say("nothing").into(),
        [file] if file.path == "-" => say("standard-input").into(),
        [file] => visible(&file.path),
        files => count("files", files.len()),
    }
}

fn summary(view: &View, noun: &Noun) -> String {
    let units: usize = view.files.iter().map(|file| file.units().count()).sum();
    let framed = view.files.iter().flat_map(File::units).filter(|unit| !unit.framings.is_empty()).count();
    let units_named = noun.counted(units);
    let asked = if view.asked.is_everything() { "" } else { say("asked-for") };
    match (units, framed) {
        (0, _) => say("no-text").into(),
        (_, 0) if !view.asked.is_everything() => fill("none-asked", &[("units", &units_named)]),
        (_, 0) => fill("none-found", &[("units", &units_named)]),
        (_, 1) => fill("framed.one", &[("units", &units_named), ("asked", &asked)]) + &in_whose_words(view),
        _ => {
            fill("framed.other", &[("n", &framed), ("units", &units_named), ("asked", &asked)]) + &in_whose_words(view)
        }
    }
}

/// ` Only threat was looked for. Marked from a probability of 0.05 on.`
fn asked(asked: &Asked, hearing: Hearing, noun: &Noun) -> String {
    let Asked { labels, voices, threshold, most } = asked;
    let mut words = String::new();
    let mut add = |phrase: String| {
        words.push(' ');
        words.push_str(&phrase);
    };
    if !labels.is_empty() {
        let names: Vec<String> = labels.iter().map(|name| visible(name)).collect();
        add(fill("asked-labels", &[("labels", &listed(&names))]));
    }
    if !voices.is_empty() {
        let names: Vec<String> = voices.iter().map(|voice| called(*voice, hearing).to_owned()).collect();
        add(fill("asked-voices", &[("voices", &listed(&names))]));
    }
    if let Some(threshold) = threshold {
        add(fill("asked-threshold", &[("p", threshold)]));
    }
    if let Some(most) = most {
        add(fill("asked-most", &[("n", most), ("noun", &noun.one)]));
    }
    words
}

/// ` Of 11 marks, 4 are the author’s own words, 6 are quoted or reported, and 1 is both.`
fn in_whose_words(view: &View) -> String {
    let mut counts = [0; 4];
    view.framings().filter_map(|framing| framing.voice).for_each(|voice| counts[voice as usize] += 1);
    let [author, quoted, reported, mixed] = counts;
    let both = if mixed > 0 { count("both", mixed) } else { String::new() };
    match author + quoted + reported + mixed {
        0 => String::new(),
        all => {
            let marks = count("marks", all);
            let (own, others) = match view.model.hearing {
                Hearing::Everything => (count("own", author), count("others", quoted + reported)),
                Hearing::Quotations => (count("unquoted", author), count("inside", quoted + reported)),
            };
            format!(" {}", fill("whose", &[("marks", &marks), ("own", &own), ("others", &others), ("both", &both)]))
        }
    }
}

fn noun(kind: &str) -> Noun {
    let (one, several) = match kind {
        "line" => (say("noun.line"), say("nouns.line")),
        "paragraph" => (say("noun.paragraph"), say("nouns.paragraph")),
        "text" => (say("noun.text"), say("nouns.text")),
        _ => (say("noun.sentence"), say("nouns.sentence")),
    };
    Noun { one, several }
}

impl Noun {
    fn counted(&self, count: usize) -> String {
        counted(count as u64, self.one, self.several)
    }
}

/// What a voice is called.
fn called(voice: Voice, hearing: Hearing) -> &'static str {
    match voice {
        Voice::Author if hearing == Hearing::Quotations => say("voice.unquoted"),
        Voice::Author => say("voice.author"),
        Voice::Quoted => say("voice.quoted"),
        Voice::Reported => say("voice.reported"),
        Voice::Mixed => say("voice.mixed"),
    }
}

/// In a sentence or two.
fn trust(view: &View, noun: &Noun) -> Trust {
    let Some(Known { tested, found, flagged, .. }) = view.model.known.as_ref() else {
        let overall = say("untested-model").into();
        return Trust { labels: String::new(), overall };
    };
    if !view.asked.is_as_tested() {
        return Trust { labels: String::new(), overall: say("otherwise-tested").into() };
    }
    let overall = match (found, flagged) {
        // They hold for all framings together.
        (Some(found), Some(flagged)) if view.asked.is_everything() => {
            let whole = |share: &f64| format!("{:.0}", 100.0 * share);
            let (found, flagged) = (whole(found), whole(flagged));
            fill("marked", &[("found", &found), ("flagged", &flagged), ("nouns", &noun.several)])
        }
        _ => String::new(),
    };
    Trust { labels: trust_in_labels(view, *tested), overall }
}

fn trust_in_labels(view: &View, tested: Tested) -> String {
    // So many marks were given in the tests; of fewer no share can be told.
    const ENOUGH_MARKS: f64 = 8.0;
    let marks = |known: &LabelKnown| {
        let of_precision = |precision: f64| known.support as f64 * known.recall / precision.max(f64::MIN_POSITIVE);
        known.precision.map_or(0.0, of_precision)
    };
    let tested_labels = view.labels.iter().filter_map(|label| Some((label.name.as_str(), label.known?)));
    let (known, few): (Vec<_>, Vec<_>) = tested_labels.partition(|(_, known)| marks(known) >= ENOUGH_MARKS);
    let few: Vec<String> = few.into_iter().map(|(name, _)| visible(name)).collect();
    let mut known: Vec<(&str, f64)> =
        known.into_iter().filter_map(|(name, known)| Some((name, known.precision?))).collect();
    known.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (good, poor) = known.split_at(known.partition_point(|(_, precision)| *precision > 0.5));
    let names = |labels: &[(&str, f64)]| listed(&labels.iter().map(|(name, _)| visible(name)).collect::<Vec<_>>());
    let tests = match tested {
        Tested::OtherText => say("tests-other"),
        Tested::HeldOut => say("tests-own"),
    };
    let mut words = match (good, poor) {
        ([], []) => say("untestable").into(),
        (_, []) => fill("good-for-all", &[("tests", &tests)]),
        ([], _) => fill("poor-for-all", &[("tests", &tests)]),
        _ => fill("good-for", &[("tests", &tests), ("good", &names(good)), ("poor", &names(poor))]),
    };
    if !few.is_empty() && !known.is_empty() {
        write!(words, " {}", fill("few-for", &[("few", &listed(&few))])).expect("a string takes any text");
    }
    if tested == Tested::HeldOut && !known.is_empty() {
        write!(words, " {}", say("expect-less")).expect("a string takes any text");
    }
    words
}

fn tested(view: &View, noun: &Noun) -> String {
    match &view.model.known {
        None => say("never-tested").into(),
        Some(Known { tested: Tested::OtherText, units, .. }) => {
            fill("measured-other", &[("n", units), ("nouns", &noun.several)])
        }
        Some(Known { tested: Tested::HeldOut, units, .. }) => fill("measured-own", &[("n", units)]),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => fill("and", &[("first", &first.join(", ")), ("last", last)]),
    }
}

/// A unit with framings.
struct Marked<'a> {
    /// Its number, from 0 through all files.
    at: usize,
    /// That of its file.
    file: usize,
    unit: &'a Unit,
}

fn marked(view: &View) -> impl Iterator<Item = Marked<'_>> {
    let files = view.files.iter().enumerate();
    let units = files.flat_map(|(file, own)| own.units().map(move |unit| (file, unit)));
    let framed = units.filter(|(_, unit)| !unit.framings.is_empty());
    framed.enumerate().map(|(at, (file, unit))| Marked { at, file, unit })
}

/// The commonest first.
fn counts(view: &View) -> Vec<Count> {
    let mut found: BTreeMap<usize, Count> = BTreeMap::new();
    for Marked { at, unit, .. } in marked(view) {
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

/// What stands in the place of a figure that nothing can tell.
pub(super) const UNTOLD: &str = "–";

/// A figure to two digits.
pub(super) fn two(figure: f64) -> String {
    if figure.is_finite() { format!("{figure:.2}") } else { UNTOLD.into() }
}

/// The same with its 95% interval, where there is one.
pub(super) fn with_interval(figure: f64, interval: Option<(f64, f64)>) -> String {
    match interval {
        Some((low, high)) => format!("{} [{low:.2}, {high:.2}]", two(figure)),
        None => two(figure),
    }
}

/// A length to a tenth of a pixel, as short as can be.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Who speaks, in the order in which they first do. People of two files are two, whatever they are called.
struct Voices {
    hearing: Hearing,
    names: Vec<String>,
    numbers: BTreeMap<WhoKey, usize>,
}

/// The file of somebody whom a text names, and the name in small letters; the author, and whoever has no name, are the same everywhere.
type WhoKey = (Option<usize>, String);

/// Speakers whose words are shown beside their framings; of all others only the counts.
const SPEAKERS_WITH_WORDS: usize = 24;

/// Characters of a sentence that are shown there.
const WORDS: usize = 150;

impl Voices {
    fn of(view: &View) -> Self {
        let hearing = view.model.hearing;
        let mut voices = Voices { hearing, names: Vec::new(), numbers: BTreeMap::new() };
        for Marked { file, unit, .. } in marked(view) {
            for who in unit.framings.iter().filter_map(|framing| who(framing, hearing)) {
                let next = voices.names.len();
                let number = *voices.numbers.entry(who.key(file)).or_insert(next);
                if number == next {
                    voices.names.push(who.name);
                }
            }
        }
        voices.tell_apart(view);
        voices
    }

    /// Adds its file to each name that several files have.
    fn tell_apart(&mut self, view: &View) {
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        self.numbers.keys().for_each(|(_, name)| *files.entry(name).or_default() += 1);
        for ((file, name), number) in &self.numbers {
            if let Some(file) = file.filter(|_| files[&name[..]] > 1) {
                let file = visible(&view.files[file].path);
                let own = &mut self.names[*number];
                *own = fill("of-file", &[("name", own), ("file", &file)]);
            }
        }
    }

    fn number(&self, framing: &Framing, file: usize) -> Option<usize> {
        who(framing, self.hearing).and_then(|who| self.numbers.get(&who.key(file)).copied())
    }

    /// The author first, then whoever frames most.
    fn speakers(&self, view: &View) -> Vec<Speaker> {
        let mut speakers: Vec<(Speaker, [u64; 4])> = Vec::new();
        for (number, name) in self.names.iter().enumerate() {
            let (voices, picks) = (String::new(), Vec::new());
            let speaker = Speaker { number, name: name.clone(), voices, picks, is_brief: false };
            speakers.push((speaker, [0; 4]));
        }
        for Marked { at, file, unit } in marked(view) {
            for framing in &unit.framings {
                let (Some(number), Some(voice)) = (self.number(framing, file), framing.voice) else { continue };
                let (speaker, voices) = &mut speakers[number];
                voices[voice as usize] += 1;
                speaker.add(framing, voice, unit, at);
            }
        }
        for (speaker, voices) in &mut speakers {
            speaker.picks.sort_by_key(|pick| (std::cmp::Reverse(pick.count), pick.label));
            let parts = Voice::ALL.iter().map(|voice| (voice, voices[*voice as usize])).filter(|(_, count)| *count > 0);
            let parts: Vec<String> =
                parts.map(|(voice, count)| format!("{} {count}", called(*voice, self.hearing))).collect();
            speaker.voices = match &speaker.name {
                name if *name == say("author") => say("own-words").into(),
                name if *name == say("outside") => String::new(),
                _ => parts.join(", "),
            };
        }
        let sum = |voices: &[u64; 4]| voices.iter().sum::<u64>();
        // The author first, those whom nobody can name last.
        let is_author = |name: &str| name == author(self.hearing);
        let is_nobody = |name: &str| name == say("unclear") || name == mixed(self.hearing);
        let rank = |name: &str| if is_author(name) { 0 } else { 1 + usize::from(is_nobody(name)) };
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

/// The sentence as HTML, or so much of it around the words that count most, cut between words; those words are emphasised.
fn clipped(unit: &Unit, framing: &Framing) -> String {
    let text = &unit.text;
    let heaviest = framing.terms.iter().find(|term| term.contribution > 0.0).and_then(|term| term.spans.first());
    let middle = heaviest.map_or(0, |(start, end)| (start + end) / 2);
    if text.len() <= WORDS {
        return emphasised(text, 0, framing);
    }
    // From the beginning, unless the words stand beyond.
    let from = if middle < WORDS * 3 / 4 { 0 } else { middle.saturating_sub(WORDS / 2).min(text.len() - WORDS) };
    let (from, to) = (text.ceil_char_boundary(from), text.floor_char_boundary((from + WORDS).min(text.len())));
    let all = &text[from..to.max(from)];
    let part = if from > 0 { all.split_once(' ').map_or(all, |(_, rest)| rest) } else { all };
    let start = from + all.len() - part.len();
    let part = if to < text.len() { part.rsplit_once(' ').map_or(part, |(rest, _)| rest) } else { part };
    let (before, after) = (if from > 0 { "… " } else { "" }, if to < text.len() { " …" } else { "" });
    format!("{before}{}{after}", emphasised(part, start, framing))
}

/// A part of a unit that starts at its byte `start`, as HTML, with the words in bold that speak most for the framing: as the script does it, those
/// with at least so much of the heaviest one's contribution, and not those that span half a sentence.
fn emphasised(part: &str, start: usize, framing: &Framing) -> String {
    const HEAVY: f64 = 0.3;
    const LONGEST: usize = 32;
    let most = framing.terms.first().map_or(0.0, |term| term.contribution);
    let heavy = framing.terms.iter().filter(|term| term.contribution > 0.0 && term.contribution >= HEAVY * most);
    let spans = heavy.flat_map(|term| &term.spans).filter(|(from, to)| to - from <= LONGEST);
    let inside = spans.filter(|(from, to)| *from >= start && *to <= start + part.len());
    let mut inside: Vec<(usize, usize)> = inside.map(|(from, to)| (from - start, to - start)).collect();
    inside.sort_unstable();
    let (mut html, mut done) = (String::new(), 0);
    let plain = |text: &str| Escaped::of(&visible(text)).0;
    for (from, to) in inside {
        let from = from.max(done);
        if from < to && part.is_char_boundary(from) && part.is_char_boundary(to) {
            write!(html, "{}<b>{}</b>", plain(&part[done..from]), plain(&part[from..to]))
                .expect("a string takes any text");
            done = to;
        }
    }
    html + &plain(&part[done..])
}

/// Whoever speaks where nobody else is heard to.
fn author(hearing: Hearing) -> &'static str {
    match hearing {
        Hearing::Everything => say("author"),
        Hearing::Quotations => say("outside"),
    }
}

fn mixed(hearing: Hearing) -> &'static str {
    match hearing {
        Hearing::Everything => say("mixed"),
        Hearing::Quotations => say("in-and-outside"),
    }
}

fn who(framing: &Framing, hearing: Hearing) -> Option<Who> {
    let voice = framing.voice?;
    let name = framing.speaker.as_deref().filter(|name| *name != UNCLEAR).map(|name| visible(name.trim()));
    let is_unclear = framing.speaker.as_deref() == Some(UNCLEAR);
    Some(match (voice, name.filter(|name| !name.is_empty())) {
        (Voice::Author, _) => Who { name: author(hearing).to_owned(), is_named: false },
        (_, Some(name)) => Who { name, is_named: true },
        (Voice::Mixed, None) if !is_unclear => Who { name: mixed(hearing).to_owned(), is_named: false },
        (_, None) => Who { name: say("unclear").to_owned(), is_named: false },
    })
}

/// Whose words a framing is.
struct Who {
    name: String,
    /// The text names somebody.
    is_named: bool,
}

impl Who {
    fn key(&self, file: usize) -> WhoKey {
        (self.is_named.then_some(file), self.name.to_lowercase())
    }
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

/// What every mark of the text is drawn with.
struct Drawn<'a> {
    labels: &'a [LabelShown],
    hearing: Hearing,
}

/// `next` counts the marked units through all files.
fn file_shown(number: usize, file: &File, drawn: &Drawn, order: &[usize], next: &mut usize) -> FileShown {
    let mut counts = vec![0; drawn.labels.len()];
    file.framings().for_each(|framing| counts[framing.label] += 1);
    let first = *next;
    FileShown {
        number,
        path: visible(&file.path),
        units: file.units().count(),
        framed: file.units().filter(|unit| !unit.framings.is_empty()).count(),
        counts: order.iter().map(|label| counts[*label]).collect(),
        strip: strip(file, order, first),
        parts: parts_shown(file, drawn, next),
    }
}

fn parts_shown(file: &File, drawn: &Drawn, next: &mut usize) -> Vec<PartShown> {
    let (mut parts, mut paragraphs, mut bytes) = (Vec::new(), Vec::new(), 0);
    for paragraph in &file.paragraphs {
        paragraphs.push(paragraph_shown(paragraph, drawn, next));
        bytes += paragraph.units.iter().map(|unit| unit.text.len()).sum::<usize>();
        if bytes >= PART {
            parts.push(PartShown { is_whole: true, paragraphs: std::mem::take(&mut paragraphs) });
            bytes = 0;
        }
    }
    if !paragraphs.is_empty() || parts.is_empty() {
        parts.push(PartShown { is_whole: false, paragraphs });
    }
    parts
}

fn strip(file: &File, order: &[usize], first: usize) -> Vec<Row> {
    let length: usize = file.units().map(|unit| unit.text.len().max(1)).sum();
    let scale = STRIP / length.max(1) as f64;
    let mut rows: Vec<Row> = order.iter().map(|label| Row { label: *label, ticks: Vec::new() }).collect();
    // Where the last tick of a row begins, for each height.
    let mut ends = vec![BTreeMap::<(u8, u8), (f64, usize)>::new(); rows.len()];
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
            let Some(row) = order.iter().position(|label| *label == framing.label) else { continue };
            let (ticks, ends) = (&mut rows[row].ticks, &mut ends[row]);
            match ends.get(&(y, height)) {
                Some((start, tick)) if x - start < APART => ticks[*tick].to = Some(at + 1),
                _ => {
                    ends.insert((y, height), (x, ticks.len()));
                    ticks.push(Tick { unit: at + 1, to: None, x: short(x), y, width: short(width), height });
                }
            }
        }
        from += unit.text.len().max(1);
        at += usize::from(!unit.framings.is_empty());
    }
    rows.retain(|row| !row.ticks.is_empty());
    rows
}

fn paragraph_shown(paragraph: &Paragraph, drawn: &Drawn, next: &mut usize) -> ParagraphShown {
    let mut pieces = Vec::new();
    for (at, unit) in paragraph.units.iter().enumerate() {
        match (at, unit.breaks) {
            (0, _) => {}
            (_, true) => pieces.push("\n".to_owned()),
            (_, false) => pieces.push(" ".to_owned()),
        }
        pieces.push(piece(unit, drawn, next));
    }
    ParagraphShown { line: paragraph.line, pieces }
}

/// A unit as HTML: plain, or marked with the codes of its framings behind it.
fn piece(unit: &Unit, drawn: &Drawn, next: &mut usize) -> String {
    let text = Escaped::of(&shown(&unit.text)).0;
    let cut = if unit.truncated { " […]" } else { "" };
    let Some(first) = unit.framings.first() else { return format!("{text}{cut}") };
    *next += 1;
    let mut html = format!("<mark id=u{next} class=c{}>{text}", drawn.labels[first.label].tint);
    for framing in &unit.framings {
        let label = &drawn.labels[framing.label];
        let class = format!("c{}{}", label.tint, class_of(framing.voice));
        let title = Escaped::of(&in_words(framing, label, drawn.hearing)).0;
        write!(html, "<abbr class=\"{class}\" title=\"{title}\">{}</abbr>", Escaped::of(&label.code).0)
            .expect("a string takes any text");
    }
    html + "</mark>" + cut
}

fn in_words(framing: &Framing, label: &LabelShown, hearing: Hearing) -> String {
    let mut words = format!("{} {:.0}%", label.name, 100.0 * framing.p);
    if let Some(voice) = framing.voice {
        let who = who(framing, hearing).filter(|_| framing.speaker.is_some() && voice != Voice::Author);
        let who = who.map_or(String::new(), |who| format!(": {}", who.name));
        write!(words, ", {}{who}", called(voice, hearing)).expect("a string takes any text");
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

/// What the script needs, as JSON that can stand in a page: all of it but units beyond the first [`CHUNK`], and those in chunks.
fn data(view: &View, labels: &[LabelShown], voices: &Voices) -> (String, Vec<String>) {
    let mut names = Names::default();
    let most = (ALL_WORDS / view.framings().count().max(1)).max(FEWEST_WORDS);
    let units: Vec<Value> = marked(view).map(|marked| unit_data(&marked, most, voices, &mut names)).collect();
    let labels: Vec<Value> =
        labels.iter().map(|label| json!({ "name": label.name, "code": label.code, "tint": label.tint })).collect();
    let mut chunks = units.chunks(CHUNK);
    let mut phrases = of_script();
    phrases.insert(Voice::Author.name(), called(Voice::Author, view.model.hearing));
    let all = json!({
        "labels": labels, "voices": Voice::ALL.map(Voice::name), "say": phrases, "lang": foreign(view), "who": voices.names, "names": names.all,
        "units": chunks.next().unwrap_or_default(), "chunk": CHUNK, "count": view.framings().count(),
    });
    // `</script>` and `<!--` would end or change the element; U+003C is the same to JSON.
    let contained = |json: Value| json.to_string().replace('<', "\\u003c");
    (contained(all), chunks.map(|chunk| contained(json!(chunk))).collect())
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

fn unit_data(Marked { unit, file, .. }: &Marked, most: usize, voices: &Voices, names: &mut Names) -> Value {
    let places = Places::of(&unit.text);
    let who = |framing: &Framing| voices.number(framing, *file);
    let framings: Vec<Value> =
        unit.framings.iter().map(|framing| framing_data(framing, who(framing), &places, most, names)).collect();
    json!({ "n": unit.line, "k": rounded(unit.known, 100.0), "f": framings })
}

fn framing_data(framing: &Framing, who: Option<usize>, places: &Places, most: usize, names: &mut Names) -> Value {
    let (kept, left_out) = framing.terms.split_at(framing.terms.len().min(most));
    let rest = framing.rest.0 + left_out.iter().map(|term| term.contribution).sum::<f64>();
    let mut data = json!({
        "l": framing.label,
        "p": rounded(framing.p, 1000.0),
        "h": rounded(framing.threshold, 1000.0),
        "v": framing.voice.map_or(-1, |voice| voice as i64),
        "w": who.map_or(-1, |number| number as i64),
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
