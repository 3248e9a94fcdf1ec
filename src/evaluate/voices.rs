//! How well voices and speakers are told: against columns `voice` and `quoted_speaker` of labelled sentences, those of a document read as one
//! text.

use serde::Serialize;

use super::metrics::Counts;
use crate::corpus::Example;
use crate::framing::voice::{Voice, Voices};
use crate::text::speech::{Carried, Hearing, Page, SpeakerKind};
use crate::text::stem::Language;
use crate::text::{Span, quote, sentence};

/// How well voices and speakers are told.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VoiceFigures {
    /// Sentences with a voice.
    pub units: u64,
    /// Whether a sentence is the author's or not.
    pub other_than_author: Found,
    /// Each voice against all others.
    pub voices: Vec<(String, Found)>,
    /// True voice, voice told, how often; only where they differ.
    pub confusions: Vec<(String, String, u64)>,
    pub speakers: SpeakerFigures,
}

/// How often something was found rightly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Found {
    pub support: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl From<Counts> for Found {
    fn from(counts: Counts) -> Self {
        Found { support: counts.support(), precision: counts.precision(), recall: counts.recall(), f1: counts.f1() }
    }
}

/// How often the speaker of a sentence that is not the author's was named, and rightly: by the head noun of the name or description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SpeakerFigures {
    /// Sentences whose speaker is known.
    pub support: u64,
    /// Those where a name was shown.
    pub named: u64,
    pub right: u64,
    /// The same with those that reports call unclear.
    pub named_or_unclear: u64,
    pub right_or_unclear: u64,
    pub precision: f64,
    pub recall: f64,
}

impl VoiceFigures {
    /// Sentences of one group, one after the other, are read as one paragraph. `None` if no example has a voice.
    pub fn of(examples: &[Example], language: Language) -> Option<VoiceFigures> {
        let mut told = Told::default();
        for group in examples.chunk_by(|a, b| a.group.is_some() && a.group == b.group) {
            told.read(group, language);
        }
        (told.units > 0).then(|| told.figures())
    }
}

/// What was told so far, against the truth.
#[derive(Default)]
struct Told {
    units: u64,
    /// True voice × voice told.
    table: [[u64; 4]; 4],
    speakers: SpeakerFigures,
}

impl Told {
    fn read(&mut self, group: &[Example], language: Language) {
        let (mut text, mut spans) = (String::new(), Vec::new());
        for example in group {
            let start = text.len();
            text.push_str(example.text.trim());
            spans.push(Span::new(start, text.len()));
            text.push(' ');
        }
        let sentences = sentence::sentences(&text, &[], language.name());
        let page = Page::read(&text, &sentences, &quote::quotations(&text), Hearing::of(language));
        let (speech, _) = page.hear(&text, &Carried::default(), &|span| (span.start as u64, span.end as u64));
        let voices = Voices::new(&speech);
        for (example, span) in group.iter().zip(spans) {
            let Some(truth) = example.extra.get("voice").and_then(|name| Voice::named(name)) else { continue };
            let heard = voices.sentence(span);
            self.units += 1;
            self.table[truth as usize][heard.voice as usize] += 1;
            let known = example.extra.get("quoted_speaker").filter(|name| truth != Voice::Author && !name.is_empty());
            if let Some(known) = known {
                let speaker = heard.by.and_then(|by| speech[by].speaker);
                let speaker = speaker.filter(|speaker| speaker.kind != SpeakerKind::Pronoun);
                self.speaker(known, speaker.map(|speaker| (speaker.span.of(&text), speaker.sure)));
            }
        }
    }

    fn speaker(&mut self, known: &str, told: Option<(&str, bool)>) {
        self.speakers.support += 1;
        let Some((name, is_sure)) = told else { return };
        let is_right = u64::from(is_same(known, name));
        self.speakers.named_or_unclear += 1;
        self.speakers.right_or_unclear += is_right;
        if is_sure {
            self.speakers.named += 1;
            self.speakers.right += is_right;
        }
    }

    fn figures(mut self) -> VoiceFigures {
        let table = self.table;
        let counts = |is: &dyn Fn(usize) -> bool| {
            let mut counts = Counts::default();
            for (truth, row) in table.iter().enumerate() {
                for (told, count) in row.iter().enumerate() {
                    match (is(told), is(truth)) {
                        (true, true) => counts.hits += count,
                        (true, false) => counts.false_alarms += count,
                        (false, true) => counts.misses += count,
                        (false, false) => {}
                    }
                }
            }
            Found::from(counts)
        };
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        self.speakers.precision = share(self.speakers.right, self.speakers.named);
        self.speakers.recall = share(self.speakers.right, self.speakers.support);
        let pairs =
            (0..4).flat_map(|truth| (0..4).map(move |told| (truth, told))).filter(|(truth, told)| truth != told);
        let mut confusions: Vec<(String, String, u64)> = pairs
            .map(|(truth, told)| (name(truth), name(told), table[truth][told]))
            .filter(|(.., count)| *count > 0)
            .collect();
        confusions.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
        VoiceFigures {
            units: self.units,
            other_than_author: counts(&|voice| voice != Voice::Author as usize),
            voices: (0..4).map(|voice| (name(voice), counts(&|other| other == voice))).collect(),
            confusions,
            speakers: self.speakers,
        }
    }
}

fn name(voice: usize) -> String {
    Voice::ALL[voice].name().to_owned()
}

/// Whether two names or descriptions have a head noun in common: the last word before what says more (`the minister of health`), of each
/// part between commas; a surname goes for the whole name.
fn is_same(a: &str, b: &str) -> bool {
    let (in_a, in_b) = (words(a), words(b));
    heads(a).iter().any(|head| in_b.contains(head)) || heads(b).iter().any(|head| in_a.contains(head))
}

fn heads(name: &str) -> Vec<String> {
    const MORE: [&str; 22] = [
        "of", "for", "from", "at", "in", "on", "to", "with", "by", "who", "near", "under", "against", "whose", "that",
        "outside", "behind", "and", "which", "whom", "named", "called",
    ];
    let head = |part: &str| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let end = words.iter().skip(1).position(|word| MORE.contains(word)).map_or(words.len(), |at| at + 1);
        words[..end].last().map(|word| plain(word))
    };
    name.split([',', '(', ')']).filter_map(head).filter(|head| !head.is_empty()).collect()
}

fn words(name: &str) -> Vec<String> {
    name.split_whitespace().map(plain).collect()
}

/// Lower case, without marks, possessive or plural.
fn plain(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let word = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(&word);
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(text: &str, group: &str, voice: &str, speaker: &str) -> Example {
        let extra = [("voice", voice), ("quoted_speaker", speaker)];
        Example {
            group: Some(group.into()),
            extra: extra
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
            ..Example::new(text, Vec::new())
        }
    }

    #[test]
    fn sentences_of_a_document_are_read_as_one_text() {
        let examples = [
            example("The mayor, Anna Hale, spoke on Monday.", "a", "author", ""),
            example("“The pier will close in May,” she said.", "a", "quoted", "Mayor Hale"),
            example("The pier is old.", "b", "author", ""),
            example("Tomas Roth said that it would never be mended.", "b", "reported", "the engineer Roth"),
            example("It was painted in June.", "b", "reported", "Tomas Roth"),
        ];
        let figures = VoiceFigures::of(&examples, Language::English).unwrap();
        assert_eq!((figures.units, figures.other_than_author.support), (5, 3));
        assert_eq!((figures.other_than_author.precision, figures.other_than_author.recall), (1.0, 2.0 / 3.0));
        assert_eq!(figures.confusions, [("reported".into(), "author".into(), 1)]);
        assert_eq!((figures.speakers.support, figures.speakers.right_or_unclear), (3, 2), "{:?}", figures.speakers);
        assert_eq!(VoiceFigures::of(&[example("It rained.", "a", "", "")], Language::English), None);
    }

    #[test]
    fn speakers_are_the_same_by_their_head_noun() {
        assert!(
            is_same("the minister of health", "Health Minister Roth") && is_same("Mr. Hale", "Anna Hale, the mayor")
        );
        assert!(
            is_same("the unions", "the union of dockers") && !is_same("the minister of health", "the health service")
        );
        assert!(!is_same("Hale", "Roth"));
    }
}
