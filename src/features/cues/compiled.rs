//! A cue set made ready once, as plain data: what a model file can carry, so that no pattern need be read when a program starts.
//!
//! The bytes are those of `postcard`, behind a version; what there is much of is blocks of numbers there, which are read where they lie when a text needs them. What comes from outside is checked in full, so that damaged or hostile bytes give
//! an error or another matcher, and never a panic or a hang.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use super::code::{MOST_GROUPS, Op, Reach, reach};
use super::hold::{CHECKS, Near, Sign, WIDEST};
use super::lists::{Ends, Rising, Rows};
use super::signs::{self, SignId};
use super::words::{Questions, Rest};
use super::{CueId, Matcher};
use crate::packed::Packed;
use crate::text::stem::Language;

/// Raised with every change to what the bytes hold or mean; bytes of another version are made anew from the cues.
const VERSION: u8 = 7;

/// Why bytes are no matcher of a cue set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMatcher {
    /// Made by another version of this program: compile the cues instead.
    #[error("its compiled cues are those of another version")]
    Version,
    #[error("its compiled cues are damaged")]
    Damaged,
}

/// Every pattern of a cue set, ready to match.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    pub language: Language,
    pub questions: Questions,
    /// For each question the groups that it is in, which are numbered so that those that instructions ask for come first.
    pub groups: Rising,
    /// The sign of each group: where that does not stand, no word of the group does.
    pub signs: Packed<SignId>,
    /// Of how many groups instructions may ask whether a certain word is in them.
    pub asked: usize,
    /// How many patterns there are of all cues up to each, in their order.
    pub patterns: Ends,
    /// For each group the threads that are held at its words.
    pub threads: Rows,
    /// Threads without a word to hold, tried at every place.
    pub everywhere: Bytes,
    pub code: Rows,
}

/// What is between the version and the end of a matcher's bytes.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    language: Language,
    questions: Rest,
    asked: usize,
    #[serde(borrow)]
    blocks: Vec<&'a [u8]>,
}

/// A way to find a pattern; see [`hold`](super::hold).
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub pattern: u32,
    /// What else must stand near the word at which it is held.
    pub checks: [Check; CHECKS],
    /// Whether what follows is worked out before what precedes.
    pub ahead_first: bool,
    /// It can match in sentences with quotations only.
    pub needs_quotation: bool,
    /// Rows of instructions: what precedes that word, backwards, and what follows it.
    pub before: u32,
    pub after: u32,
}

/// As many patterns and rows of instructions as three bytes can tell apart.
pub const MOST_ROWS: usize = 1 << 24;

impl Thread {
    const SIZE: usize = 17;

    /// Appends its bytes: pattern, rows, checks and behind them two bits of what is true of it.
    pub fn put(&self, to: &mut Vec<u8>) {
        [self.pattern, self.before, self.after].iter().for_each(|number| to.extend(&number.to_le_bytes()[..3]));
        let flags = u64::from(self.ahead_first) | u64::from(self.needs_quotation) << 1;
        let bits = self.checks.iter().rev().fold(flags, |bits, check| bits << Check::BITS | check.to_bits());
        to.extend(bits.to_le_bytes());
    }

    /// `None` if the bytes are none of a thread.
    #[inline]
    fn take(bytes: &[u8; Thread::SIZE]) -> Option<Thread> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0]);
        let (_, bits) = bytes.split_last_chunk()?;
        let bits = u64::from_le_bytes(*bits);
        let flags = bits >> (Check::BITS * CHECKS as u32);
        let thread = Thread {
            pattern: number(0),
            before: number(3),
            after: number(6),
            checks: std::array::from_fn(|at| Check::of_bits(bits >> (Check::BITS * at as u32))),
            ahead_first: flags & 1 != 0,
            needs_quotation: flags & 2 != 0,
        };
        (flags < 4).then_some(thread)
    }

    /// The threads in the bytes; `None` for what is none.
    pub fn all(bytes: &[u8]) -> impl Iterator<Item = Option<Thread>> + '_ {
        let (pieces, left) = bytes.as_chunks();
        pieces.iter().map(Thread::take).chain((!left.is_empty()).then_some(None))
    }
}

/// A sign that must stand near a word: at one of `width` places, the first of which is `from` words behind it (before it, if negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    pub sign: SignId,
    pub from: i8,
    /// With [`Check::WIDE`] if it looks further than 16 words.
    width: u8,
}

impl Default for Check {
    fn default() -> Self {
        Check::NOTHING
    }
}

impl Check {
    const WIDE: u8 = 128;
    /// What is always true.
    pub const NOTHING: Check = Check { sign: signs::ALWAYS, from: 0, width: 1 };

    pub fn new(near: Option<Near>, of: &[SignId]) -> Check {
        let Some(Near { sign, from, to }) = near else { return Check::NOTHING };
        let sign = match sign {
            Sign::Quoted => signs::QUOTED,
            Sign::Opens => signs::OPENS,
            Sign::Closes => signs::CLOSES,
            Sign::SentenceStart => signs::SENTENCE_START,
            Sign::SentenceEnd => signs::SENTENCE_END,
            Sign::Break => signs::BREAK,
            Sign::Word(group) => of[usize::from(group)],
        };
        Check::over(sign, from as i8, (to - from + 1) as u8)
    }

    /// For a sign at one of `width` places from `from` on.
    #[inline]
    fn over(sign: SignId, from: i8, width: u8) -> Check {
        let is_wide = from < -16 || i16::from(from) + i16::from(width) - 1 > 16;
        Check { sign, from, width: width | if is_wide { Check::WIDE } else { 0 } }
    }

    /// Bits of a check: eight of the sign, six of where it is looked for, counted from 32 words before, six of the width.
    const BITS: u32 = 20;

    fn to_bits(self) -> u64 {
        u64::from(self.sign) | ((i64::from(self.from) + 32) as u64) << 8 | u64::from(self.width()) << 14
    }

    #[inline]
    fn of_bits(bits: u64) -> Check {
        Check::over(bits as u8, (bits >> 8 & 63) as i8 - 32, (bits >> 14 & 63) as u8)
    }

    /// How many places.
    #[inline(always)]
    pub fn width(self) -> u8 {
        self.width % Check::WIDE
    }

    /// Whether it looks further than 16 words.
    #[inline(always)]
    pub fn is_wide(self) -> bool {
        self.width >= Check::WIDE
    }

    fn is_sound(self) -> bool {
        let (from, to) = (isize::from(self.from), isize::from(self.from) + isize::from(self.width()) - 1);
        -WIDEST <= from && from <= to && to <= WIDEST
    }
}

/// Instructions that a row may have, and words that they may take: twice what a pattern can come to.
const MOST_CODE: usize = 2048;
const MOST_REACH: usize = 10_240;

/// Appends the instructions of a row's bytes; `None` if they are no such.
pub fn instructions(mut bytes: &[u8], to: &mut Vec<Op>) -> Option<()> {
    while !bytes.is_empty() {
        to.push(Op::take(&mut bytes)?);
    }
    Some(())
}

impl Compiled {
    /// How far a row of instructions reaches; `None` if it cannot be the work of a [`Coder`](super::code::Coder).
    pub fn reach(&self, row: &[Op]) -> Option<Reach> {
        let is_short = |reach: &Reach| row.len() <= MOST_CODE && reach.longest <= MOST_REACH;
        reach(row, self.asked).filter(is_short)
    }

    /// How many patterns there are.
    pub fn patterns(&self) -> usize {
        self.patterns.last()
    }

    /// The cue of a pattern.
    pub fn cue(&self, pattern: u32) -> CueId {
        self.patterns.of(pattern as usize) as CueId
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut blocks = Vec::new();
        self.questions.put(&mut blocks);
        self.groups.put(&mut blocks);
        blocks.push(self.signs.bytes());
        self.patterns.put(&mut blocks);
        self.threads.put(&mut blocks);
        blocks.push(&self.everywhere);
        self.code.put(&mut blocks);
        let stored = Stored { language: self.language, questions: self.questions.rest(), asked: self.asked, blocks };
        postcard::to_extend(&stored, vec![VERSION]).expect("plain data in memory can be written")
    }

    /// From bytes, with nothing checked.
    fn read(whole: &Bytes) -> Result<Compiled, BadMatcher> {
        let (version, bytes) = whole.split_first().ok_or(BadMatcher::Damaged)?;
        if *version != VERSION {
            return Err(BadMatcher::Version);
        }
        match postcard::take_from_bytes::<Stored>(bytes) {
            Ok((stored, [])) => Compiled::of(stored, whole).ok_or(BadMatcher::Damaged),
            _ => Err(BadMatcher::Damaged),
        }
    }

    fn of(Stored { language, questions, asked, blocks }: Stored, whole: &Bytes) -> Option<Compiled> {
        let mut blocks = Blocks::new(whole, blocks);
        let compiled = Compiled {
            language,
            questions: Questions::take(&mut blocks, questions)?,
            groups: Rising::take(&mut blocks)?,
            signs: blocks.numbers()?,
            asked,
            patterns: Ends::take(&mut blocks)?,
            threads: Rows::take(&mut blocks)?,
            everywhere: blocks.bytes()?,
            code: Rows::take(&mut blocks)?,
        };
        blocks.are_none_left().then_some(compiled)
    }

    fn is_sound(&self, language: Language, cues: usize) -> bool {
        self.language == language
            && self.questions.are_sound(language)
            && self.signs.len() <= MOST_GROUPS
            && self.asked <= self.signs.len()
            && self.groups.len() == self.questions.len()
            && self.groups.are_sound(self.signs.len())
            && self.patterns.len() == cues
            && self.patterns.rise()
            && self.patterns() <= MOST_ROWS
            && self.threads.len() == self.signs.len()
            && self.threads.are_sound()
            && self.code.are_sound()
            && self.are_threads_sound().unwrap_or(false)
    }

    /// `None` if there are instructions that are none.
    fn are_threads_sound(&self) -> Option<bool> {
        let mut ops = Vec::new();
        let row = |row| {
            ops.clear();
            instructions(self.code.of(row), &mut ops)?;
            self.reach(&ops)
        };
        let reaches: Vec<Reach> = (0..self.code.len()).map(row).collect::<Option<_>>()?;
        let is_known = |thread: &Thread| {
            (thread.pattern as usize) < self.patterns()
                && (thread.before as usize) < reaches.len()
                && (thread.after as usize) < reaches.len()
        };
        let is_sound = |thread: &Thread| is_known(thread) && thread.checks.iter().all(|check| check.is_sound());
        // A thread that could take no word would match where nothing stands.
        let takes_a_word = |thread: &Thread| reaches[thread.after as usize].shortest > 0;
        let mut held = (0..self.threads.len()).flat_map(|group| Thread::all(self.threads.of(group)));
        let mut everywhere = Thread::all(&self.everywhere);
        let are_held_sound = held.all(|thread| thread.is_some_and(|thread| is_sound(&thread)));
        Some(
            are_held_sound
                && everywhere.all(|thread| thread.is_some_and(|thread| is_sound(&thread) && takes_a_word(&thread))),
        )
    }
}

impl Matcher {
    /// The matcher as bytes; the same cues give the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.compiled().to_bytes()
    }

    /// The matcher of a set of so many cues for words of `language`, from the bytes of [`Matcher::to_bytes`].
    ///
    /// # Errors
    /// [`BadMatcher`] if the bytes are of another version, or no such matcher.
    pub fn from_bytes(bytes: &Bytes, language: Language, cues: usize) -> Result<Matcher, BadMatcher> {
        let compiled = Compiled::read(bytes)?;
        if compiled.is_sound(language, cues) { Ok(Matcher::of(compiled)) } else { Err(BadMatcher::Damaged) }
    }

    /// The same for bytes of a model that a test has found sound: to check them takes longer than to classify a sentence.
    ///
    /// # Errors
    /// [`BadMatcher`] if the bytes are of another version, or cannot be read.
    pub(in crate::features) fn from_sound_bytes(bytes: &Bytes) -> Result<Matcher, BadMatcher> {
        Compiled::read(bytes).map(Matcher::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::cues::{Cue, CueSet};

    #[test]
    fn cues_that_claim_patterns_without_number_are_refused() {
        let cue = Cue { name: "no".into(), patterns: vec!["no choice".into()], ..Cue::default() };
        let matcher = CueSet { cues: vec![cue], ..CueSet::default() }.matcher(Language::English, "test").unwrap();
        let mut compiled = matcher.compiled().clone();
        assert!(compiled.is_sound(Language::English, 1));
        compiled.patterns = [u32::MAX].into_iter().collect();
        assert!(!compiled.is_sound(Language::English, 1));
    }

    #[test]
    fn a_thread_survives_its_bytes_and_unknown_flags_are_refused() {
        let thread = Thread {
            pattern: 70_000,
            checks: [Check::over(3, -31, 63), Check::over(250, 9, 1), Check::NOTHING],
            ahead_first: false,
            needs_quotation: true,
            before: 1 << 20,
            after: 7,
        };
        let mut bytes = Vec::new();
        thread.put(&mut bytes);
        assert_eq!(bytes.len(), Thread::SIZE);
        assert!(Thread::all(&bytes).eq([Some(thread)]));
        bytes.push(0);
        assert!(Thread::all(&bytes).nth(1).unwrap().is_none());
        bytes[Thread::SIZE - 1] |= 64;
        assert!(Thread::all(&bytes).next().unwrap().is_none());
    }
}
