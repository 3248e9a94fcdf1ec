//! A cue set made ready once, as plain data: what a model file can carry, so that no pattern need be read when a program starts.
//!
//! The bytes are those of `postcard`, behind a version. What comes from outside is checked in full, so that damaged or hostile bytes give
//! an error or another matcher, and never a panic or a hang.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::code::{Coder, GroupId, Op, Reach, Way, reach};
use super::hold::{self, Hold};
use super::lists::Lists;
use super::pattern::{Flaw, Node};
use super::words::{AskId, Leaves, Questions};
use super::{CueId, Matcher};
use crate::text::stem::Language;

/// Raised with every change to what the bytes hold or mean; bytes of another version are made anew from the cues.
const VERSION: u8 = 1;

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
    /// The questions of each group.
    pub groups: Lists<AskId>,
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
    /// The group of the word at which it is held, and what else must be there.
    pub own: GroupId,
    pub hold: Hold,
    /// Rows of instructions: what precedes that word, backwards, and what follows it.
    pub before: u32,
    pub after: u32,
}

/// Instructions that a row may have, and words that they may take: twice what a pattern can come to.
const MOST_CODE: usize = 2048;
const MOST_REACH: usize = 10_240;

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
        // Threads whose commoner words are the same stand side by side, so that a common word concerns few cells of a set of threads.
        held.sort_by_cached_key(|(pattern, _, thread)| {
            let partner = match thread.hold {
                Hold::RightAfter(group) | Hold::After(group) => group,
                Hold::Alone | Hold::AtStart => thread.own,
            };
            let commoner = if coder.share(partner) > coder.share(thread.own) { partner } else { thread.own };
            (coder.commonest(commoner), commoner, partner, thread.own, *pattern)
        });
        let mut code = Code::default();
        let mut threads = Vec::with_capacity(held.len());
        for (pattern, at, hold::Thread { nodes, own, hold, .. }) in held {
            let before = code.row(coder.code(&nodes[..at], Way::Back)?);
            let after = code.row(coder.code(&nodes[at + 1..], Way::Forward)?);
            threads.push(Thread { pattern, own, hold, before, after });
        }
        let mut roaming = Vec::with_capacity(everywhere.len());
        for (pattern, hold::Thread { nodes, own, hold, .. }) in everywhere {
            let after = code.row(coder.code(&nodes, Way::Forward)?);
            roaming.push(Thread { pattern, own, hold, before: code.row(Vec::new()), after });
        }
        let questions = Questions::new(&coder.asked, leaves, language);
        let patterns = nodes.iter().map(|(cue, _)| *cue).collect();
        let mut compiled = Compiled {
            language,
            questions,
            groups: Lists::default(),
            patterns,
            threads,
            everywhere: roaming,
            code: code.rows,
        };
        compiled.number_groups(&coder);
        Ok(compiled)
    }

    /// Numbers the groups anew: those that something asks for, side by side if their commonest question is the same, so that a word is in
    /// groups of few cells.
    fn number_groups(&mut self, coder: &Coder) {
        let mut used = vec![false; coder.groups.len()];
        self.each_group(|group| used[usize::from(*group)] = true);
        let mut order: Vec<GroupId> =
            (0..=GroupId::MAX).zip(used).filter_map(|(group, used)| used.then_some(group)).collect();
        order.sort_by_cached_key(|group| (coder.commonest(*group), *group));
        let mut numbers = vec![0; coder.groups.len()];
        for (new, old) in (0..=GroupId::MAX).zip(&order) {
            numbers[usize::from(*old)] = new;
            self.groups.push(coder.groups.of(usize::from(*old)).iter().copied());
        }
        self.each_group(|group| *group = numbers[usize::from(*group)]);
    }

    fn each_group(&mut self, mut each: impl FnMut(&mut GroupId)) {
        for thread in &mut self.threads {
            each(&mut thread.own);
            if let Hold::RightAfter(group) | Hold::After(group) = &mut thread.hold {
                each(group);
            }
        }
        for op in self.code.all_mut() {
            if let Op::Is(group) | Op::IsNot(group) | Op::NotBefore(group, _) | Op::NotAfter(group, _) = op {
                each(group);
            }
        }
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
            is_group(thread.own)
                && match thread.hold {
                    Hold::Alone | Hold::AtStart => true,
                    Hold::RightAfter(group) | Hold::After(group) => is_group(group),
                }
        };
        // A thread that could take no word would match where nothing stands.
        let takes_a_word = |thread: &Thread| reaches[thread.after as usize].shortest > 0;
        self.language == language
            && self.questions.are_sound(language)
            && self.groups.len() <= usize::from(GroupId::MAX) + 1
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
        let (compiled, rest): (Compiled, _) = postcard::take_from_bytes(bytes).map_err(|_| BadMatcher::Damaged)?;
        if !rest.is_empty() || !compiled.groups.are_sound() || !compiled.code.are_sound() {
            return Err(BadMatcher::Damaged);
        }
        let reaches = compiled.reaches().ok_or(BadMatcher::Damaged)?;
        let is_sound = compiled.is_sound(language, cues, &reaches);
        if is_sound { Ok(Matcher::of(compiled, &reaches)) } else { Err(BadMatcher::Damaged) }
    }
}
