//! In whose voice a unit and its framings are, as reports show it.

use super::Record;
use crate::framing::voice::{Heard, Shares, Voice, Voices};
use crate::text::Span;
use crate::text::speech::{Carried, Speaker, SpeakerKind, UNCLEAR};
use crate::text::unit::Unit;

/// The voice of a framing.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub voice: Voice,
    pub shares: Shares,
    pub speaker: Option<Named>,
}

/// A speaker as the text has it, with the bytes of the raw input; or [`UNCLEAR`], with none.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub place: Option<(u64, u64)>,
}

impl Named {
    /// `before` is what was carried to the unit from the paragraph before it.
    fn of(speaker: &Speaker, unit: &Unit, before: &Carried) -> Named {
        let unclear = Named { name: UNCLEAR.into(), place: None };
        if !speaker.sure || speaker.kind == SpeakerKind::Pronoun {
            return unclear;
        }
        let (name, place) = match speaker.carried {
            true => before.name(speaker).unwrap_or_default(),
            false => (speaker.span.of(&unit.text), place_in(unit, speaker.span)),
        };
        if name.is_empty() || name.len() > LONGEST_NAME {
            return unclear;
        }
        Named { name: unstarted(name), place: Some(place) }
    }
}

/// Nobody has a longer name, in bytes.
const LONGEST_NAME: usize = 200;

/// Where a stretch of the unit stands in the raw input.
pub fn place_in(unit: &Unit, span: Span) -> (u64, u64) {
    (unit.raw(span.start), unit.raw(span.end))
}

/// `The president` at the start of a sentence is the president.
fn unstarted(name: &str) -> String {
    const DETERMINERS: [&str; 8] = ["The", "A", "An", "His", "Her", "Its", "Their", "One"];
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.split_once(' ') {
        Some((first, rest)) if DETERMINERS.contains(&first) => format!("{} {rest}", first.to_lowercase()),
        _ => name,
    }
}

impl Record {
    /// Fills in whose words they are; the record is of the stretch `span` of `unit`, and has its evidence. `before` is what the paragraph
    /// before left to the unit.
    pub fn hear(&mut self, voices: &Voices, unit: &Unit, span: Span, before: &Carried) {
        let evidence = std::mem::take(&mut self.evidence);
        self.hear_by(voices, unit, span, before, evidence.iter().map(|evidence| voices.framing(evidence, span)));
        self.evidence = evidence;
    }

    /// The same for a record without evidence, by what was heard in each of its framings.
    pub fn hear_by(
        &mut self,
        voices: &Voices,
        unit: &Unit,
        span: Span,
        before: &Carried,
        framings: impl Iterator<Item = Heard>,
    ) {
        let speaker = |heard: &Heard| {
            let speaker = heard.by.and_then(|by| voices.speech()[by].speaker);
            speaker.map(|speaker| Named::of(&speaker, unit, before))
        };
        let own = voices.sentence(span);
        (self.voice, self.speaker) = (Some(own.voice), speaker(&own));
        let said = |heard: Heard| Said { voice: heard.voice, shares: heard.shares, speaker: speaker(&heard) };
        self.said.clear();
        self.said.extend(framings.map(said));
    }

    /// Keeps only the framings in some voices.
    pub fn retain_voices(&mut self, wanted: &[Voice]) {
        let mut keep = self.said.iter().map(|said| wanted.contains(&said.voice)).collect::<Vec<_>>().into_iter();
        let mut is_kept = || keep.next().unwrap_or(true);
        let kept: Vec<bool> = self.framings.iter().map(|_| is_kept()).collect();
        fn retain<T>(items: &mut Vec<T>, kept: &[bool]) {
            let mut kept = kept.iter();
            items.retain(|_| *kept.next().unwrap_or(&true));
        }
        retain(&mut self.framings, &kept);
        retain(&mut self.evidence, &kept);
        retain(&mut self.said, &kept);
    }
}
