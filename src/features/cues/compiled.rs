//! A cue set made ready once, as plain data: what a model file can carry, so that no pattern need be read when a program starts.
//!
//! The bytes are those of `postcard`, behind a version. What comes from outside is checked in full, so that damaged or hostile bytes give
//! an error or another matcher, and never a panic or a hang.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::code::{Coder, GroupId, Op, Reach, Way, reach};
use super::hold::{self, Near, Sign, WIDEST};
use super::lists::Lists;
use super::pattern::{Flaw, Node, Seam};
use super::words::{AskId, Leaves, Questions};
use super::{CueId, Matcher};
use crate::text::stem::Language;

/// Raised with every change to what the bytes hold or mean; bytes of another version are made anew from the cues.
const VERSION: u8 = 2;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compiled {
    pub language: Language,
    pub questions: Questions,
    /// The questions of each group; first those groups that are marked wherever they stand in a sentence, for [`Check`]s.
    pub groups: Lists<AskId>,
    /// How many these are.
    pub slots: u16,
    /// The cue of each pattern.
    pub patterns: Vec<CueId>,
    pub threads: Vec<Thread>,
    /// Threads without a word to hold, tried at every place.
    pub everywhere: Vec<Thread>,
    pub code: Lists<Op>,
}

/// A way to find a pattern; see [`hold`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    pub pattern: u32,
    /// The group of the word at which it is held, and what else must stand near.
    pub own: GroupId,
    pub checks: [Check; 2],
    /// Whether what follows is worked out before what precedes.
    pub ahead_first: bool,
    /// It can match in sentences with quotations only.
    pub needs_quotation: bool,
    /// Rows of instructions: what precedes that word, backwards, and what follows it.
    pub before: u32,
    pub after: u32,
}

/// A sign that must stand near a word: at one of `width` places, the first of which is `from` words behind it (before it, if negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// [`Check::SIGNS`] more than the number of a group, or the number of another sign.
    pub slot: u16,
    pub from: i8,
    pub width: u8,
}

impl Default for Check {
    fn default() -> Self {
        Check::NOTHING
    }
}

impl Check {
    /// The numbers of signs that are no words.
    pub const ALWAYS: u16 = 0;
    pub const QUOTATION: u16 = 1;
    pub const SENTENCE_START: u16 = 2;
    pub const SENTENCE_END: u16 = 3;
    pub const BREAK: u16 = 4;
    pub const SIGNS: u16 = 5;

    /// What is always true.
    const NOTHING: Check = Check { slot: Check::ALWAYS, from: 0, width: 1 };

    fn new(near: Option<Near>) -> Check {
        let Some(Near { sign, from, to }) = near else { return Check::NOTHING };
        let slot = match sign {
            Sign::Quotation => return Check { slot: Check::QUOTATION, ..Check::NOTHING },
            Sign::SentenceStart => Check::SENTENCE_START,
            Sign::SentenceEnd => Check::SENTENCE_END,
            Sign::Break => Check::BREAK,
            Sign::Word(group) => match Check::SIGNS.checked_add(group) {
                Some(slot) => slot,
                None => return Check::NOTHING,
            },
        };
        Check { slot, from: from as i8, width: (to - from + 1) as u8 }
    }

    /// The group of words that must stand near, if it is one.
    #[inline]
    pub fn group(self) -> Option<GroupId> {
        self.slot.checked_sub(Check::SIGNS)
    }

    /// Whether it looks further than 16 words.
    #[inline]
    pub fn is_wide(self) -> bool {
        self.from < -16 || i16::from(self.from) + i16::from(self.width) > 17
    }

    fn is_sound(self, groups: usize) -> bool {
        let (from, to) = (isize::from(self.from), isize::from(self.from) + isize::from(self.width) - 1);
        self.group().is_none_or(|group| usize::from(group) < groups) && -WIDEST <= from && from <= to && to <= WIDEST
    }
}

/// Instructions that a row may have, and words that they may take: twice what a pattern can come to.
const MOST_CODE: usize = 2048;
const MOST_REACH: usize = 10_240;

/// How often the second check of a thread is made, when the first is made once.
const SECOND: f64 = 0.2;
/// What it costs to ask for a group at one of several places, in marks.
const AN_ASK: f64 = 4.0;
/// What a marked group costs at every word besides its marks, in marks.
const A_SLOT: f64 = 0.0005;

/// Rows of instructions, each once.
#[derive(Default)]
struct Code {
    rows: Lists<Op>,
    known: HashMap<Vec<Op>, u32>,
}

impl Code {
    fn row(&mut self, ops: Vec<Op>) -> u32 {
        let next = self.rows.len() as u32;
        match self.known.get(&ops) {
            Some(known) => *known,
            None => {
                self.rows.push(ops.iter().copied());
                *self.known.entry(ops).or_insert(next)
            }
        }
    }
}

impl Compiled {
    /// Makes all patterns ready; each comes with the cue that it belongs to.
    ///
    /// # Errors
    /// [`Flaw`] if there are too many different words and classes.
    pub fn new(nodes: &[(CueId, Node)], leaves: &Leaves, language: Language) -> Result<Compiled, Flaw> {
        let mut coder = Coder::new(leaves);
        let (mut held, mut everywhere) = (Vec::new(), Vec::new());
        for ((_, node), pattern) in nodes.iter().zip(0..) {
            for thread in hold::threads(node, &mut coder)? {
                match thread.at {
                    Some(at) => held.push((pattern, at, thread)),
                    None => everywhere.push((pattern, thread)),
                }
            }
        }
        let mut code = Code::default();
        let mut threads = Vec::with_capacity(held.len());
        let needs_quotation = |nodes: &[&Node]| {
            nodes.iter().any(|node| matches!(node, Node::Seam(Seam::Quoted | Seam::Opens | Seam::Closes)))
        };
        for (pattern, at, hold::Thread { nodes, own, signs, ahead_first, .. }) in held {
            let before = code.row(coder.code(&nodes[..at], Way::Back)?);
            let after = code.row(coder.code(&nodes[at + 1..], Way::Forward)?);
            let (checks, needs_quotation) = (signs.map(Check::new), needs_quotation(&nodes));
            threads.push(Thread { pattern, own, checks, ahead_first, needs_quotation, before, after });
        }
        let mut roaming = Vec::with_capacity(everywhere.len());
        for (pattern, hold::Thread { nodes, own, ahead_first, .. }) in everywhere {
            let (before, after) = (code.row(Vec::new()), code.row(coder.code(&nodes, Way::Forward)?));
            let (checks, needs_quotation) = ([Check::NOTHING; 2], needs_quotation(&nodes));
            roaming.push(Thread { pattern, own, checks, ahead_first, needs_quotation, before, after });
        }
        let questions = Questions::new(&coder.asked, leaves, language);
        let patterns = nodes.iter().map(|(cue, _)| *cue).collect();
        let mut compiled = Compiled {
            language,
            questions,
            groups: Lists::default(),
            slots: 0,
            patterns,
            threads,
            everywhere: roaming,
            code: code.rows,
        };
        compiled.number_groups(&coder);
        Ok(compiled)
    }

    /// Numbers the groups anew: first those that are marked, then those that words may be asked after otherwise, and side by side if their
    /// commonest question is the same, so that what is asked of common words stands together in memory.
    ///
    /// To mark a group costs as much as its words are common, to ask for it as much as the words near which it is asked for, and how many
    /// places there are, and if there are several [`AN_ASK`] times as much, since the processor cannot guess how many it has to ask. With all
    /// groups of checks marked a word made 37 marks for 500 of the built-in cues, more work than all the rest.
    fn number_groups(&mut self, coder: &Coder) {
        let mut asking = vec![0.0; coder.groups.len()];
        // How near the front a group must stand; `None` for those that are not used.
        let mut ranks: Vec<Option<u8>> = vec![None; coder.groups.len()];
        let mut rank = |group: GroupId, rank: u8| {
            let known = &mut ranks[usize::from(group)];
            *known = Some(known.map_or(rank, |known| known.min(rank)));
        };
        for thread in &self.threads {
            rank(thread.own, 2);
            for (check, often) in thread.checks.iter().zip([1.0, SECOND]) {
                if let Some(group) = check.group() {
                    rank(group, 1);
                    let ask = if check.width == 1 { 1.0 } else { AN_ASK };
                    asking[usize::from(group)] += ask * often * coder.share(thread.own) * f64::from(check.width);
                }
            }
        }
        self.code.all().iter().filter_map(|op| op.group()).for_each(|group| rank(group, 1));
        for (group, asking) in (0..=GroupId::MAX).zip(asking) {
            if asking > coder.share(group) + A_SLOT {
                rank(group, 0);
            }
        }
        self.slots = ranks.iter().filter(|rank| **rank == Some(0)).count() as u16;
        let used = (0..=GroupId::MAX).zip(&ranks).filter_map(|(group, rank)| rank.map(|rank| (rank, group)));
        let mut order: Vec<(u8, GroupId)> = used.collect();
        order.sort_by_cached_key(|(rank, group)| (*rank, coder.commonest(*group), *group));
        let mut numbers = vec![0; coder.groups.len()];
        for (new, (_, old)) in (0..=GroupId::MAX).zip(&order) {
            numbers[usize::from(*old)] = new;
            self.groups.push(coder.groups.of(usize::from(*old)).iter().copied());
        }
        let renumber = |group: &mut GroupId| *group = numbers[usize::from(*group)];
        for thread in &mut self.threads {
            renumber(&mut thread.own);
            for check in &mut thread.checks {
                if let Some(group) = check.group() {
                    check.slot = numbers[usize::from(group)] + Check::SIGNS;
                }
            }
        }
        self.code.all_mut().iter_mut().filter_map(Op::group_mut).for_each(renumber);
    }

    /// One more than the highest number of a group of which it may be asked whether a certain word is in it.
    pub fn asked_groups(&self) -> usize {
        let checks = self.threads.iter().flat_map(|thread| thread.checks).filter_map(Check::group);
        let asked = self.code.all().iter().filter_map(|op| op.group()).chain(checks);
        asked.max().map_or(0, |group| usize::from(group) + 1)
    }

    /// How far each row of instructions reaches; `None` if one cannot be the work of a [`Coder`].
    fn reaches(&self) -> Option<Vec<Reach>> {
        let is_short = |code: &[Op], reach: &Reach| code.len() <= MOST_CODE && reach.longest <= MOST_REACH;
        let reach = |code| reach(code, self.groups.len()).filter(|reach| is_short(code, reach));
        self.code.iter().map(reach).collect()
    }

    fn is_sound(&self, language: Language, cues: usize, reaches: &[Reach]) -> bool {
        let is_group = |group: GroupId| usize::from(group) < self.groups.len();
        let is_known = |thread: &Thread| {
            (thread.pattern as usize) < self.patterns.len()
                && (thread.before as usize) < reaches.len()
                && (thread.after as usize) < reaches.len()
        };
        let is_held = |thread: &Thread| {
            is_group(thread.own) && thread.checks.iter().all(|check| check.is_sound(self.groups.len()))
        };
        // A thread that could take no word would match where nothing stands.
        let takes_a_word = |thread: &Thread| reaches[thread.after as usize].shortest > 0;
        self.language == language
            && self.questions.are_sound(language)
            && self.groups.len() <= usize::from(GroupId::MAX) + 1
            && usize::from(self.slots) <= self.groups.len()
            && self.groups.all().iter().all(|ask| usize::from(*ask) < self.questions.len())
            && self.patterns.iter().all(|cue| (*cue as usize) < cues)
            && self.threads.iter().all(|thread| is_known(thread) && is_held(thread))
            && self.everywhere.iter().all(|thread| is_known(thread) && takes_a_word(thread))
    }
}

impl Matcher {
    /// Makes all patterns ready; each comes with the cue that it belongs to.
    ///
    /// # Errors
    /// [`Flaw`] if there are too many different words and classes.
    pub fn new(nodes: &[(CueId, Node)], leaves: &Leaves, language: Language) -> Result<Matcher, Flaw> {
        let compiled = Compiled::new(nodes, leaves, language)?;
        let reaches = compiled.reaches().expect("patterns are short and well formed");
        Ok(Matcher::of(compiled, &reaches))
    }

    /// The matcher as bytes; the same cues give the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = vec![VERSION];
        postcard::to_extend(self.compiled(), bytes).expect("plain data in memory can be written")
    }

    /// The matcher of a set of so many cues for words of `language`, from the bytes of [`Matcher::to_bytes`].
    ///
    /// # Errors
    /// [`BadMatcher`] if the bytes are of another version, or no such matcher.
    pub fn from_bytes(bytes: &[u8], language: Language, cues: usize) -> Result<Matcher, BadMatcher> {
        let (version, bytes) = bytes.split_first().ok_or(BadMatcher::Damaged)?;
        if *version != VERSION {
            return Err(BadMatcher::Version);
        }
        let (mut compiled, rest): (Compiled, _) = postcard::take_from_bytes(bytes).map_err(|_| BadMatcher::Damaged)?;
        if !rest.is_empty() || !compiled.groups.are_sound() || !compiled.code.are_sound() {
            return Err(BadMatcher::Damaged);
        }
        let reaches = compiled.reaches().ok_or(BadMatcher::Damaged)?;
        let is_sound = compiled.is_sound(language, cues, &reaches);
        if !is_sound {
            return Err(BadMatcher::Damaged);
        }
        compiled.questions.make_ready();
        Ok(Matcher::of(compiled, &reaches))
    }
}
