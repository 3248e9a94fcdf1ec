//! A cue set made ready once, as plain data: what a model file can carry, so that no pattern need be read when a program starts.
//!
//! The bytes are those of `postcard`, behind a version; what there is much of is raw bytes there, so that reading it costs next to nothing. What comes from outside is checked in full, so that damaged or hostile bytes give
//! an error or another matcher, and never a panic or a hang.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::code::{Coder, GroupId, Op, Reach, Way, reach};
use super::hold::{self, CHECKS, Near, Sign, WIDEST};
use super::lists::Lists;
use super::pattern::{Flaw, Node, Seam};
use super::raw::{self, Raw};
use super::signs::{self, SignId, Signs};
use super::words::{AskId, Leaves, Questions};
use super::{CueId, Matcher};
use crate::text::stem::Language;

/// Raised with every change to what the bytes hold or mean; bytes of another version are made anew from the cues.
const VERSION: u8 = 4;

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
    /// For each question the groups that it is in, which are numbered so that those that instructions ask for come first.
    pub groups: Lists<GroupId>,
    /// The sign of each group: where that does not stand, no word of the group does.
    #[serde(with = "raw")]
    pub signs: Vec<SignId>,
    /// The cue of each pattern.
    #[serde(with = "raw")]
    pub patterns: Vec<CueId>,
    #[serde(with = "raw")]
    pub threads: Vec<Thread>,
    /// Threads without a word to hold, tried at every place.
    #[serde(with = "raw")]
    pub everywhere: Vec<Thread>,
    pub code: Lists<Op>,
}

/// A way to find a pattern; see [`hold`].
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub pattern: u32,
    /// The group of the word at which it is held, and what else must stand near.
    pub own: GroupId,
    pub checks: [Check; CHECKS],
    /// Whether what follows is worked out before what precedes.
    pub ahead_first: bool,
    /// It can match in sentences with quotations only.
    pub needs_quotation: bool,
    /// Rows of instructions: what precedes that word, backwards, and what follows it.
    pub before: u32,
    pub after: u32,
}

/// Pattern, group, checks, two bits of what is true of it, rows.
impl Raw for Thread {
    const SIZE: usize = 15 + 3 * CHECKS;

    fn put(&self, to: &mut Vec<u8>) {
        self.pattern.put(to);
        self.own.put(to);
        self.checks.iter().for_each(|check| to.extend([check.sign, check.from as u8, check.width]));
        to.push(u8::from(self.ahead_first) | u8::from(self.needs_quotation) << 1);
        self.before.put(to);
        self.after.put(to);
    }

    #[inline]
    fn take(bytes: &[u8]) -> Option<Thread> {
        let (pattern, bytes) = bytes.split_at(4);
        let (own, bytes) = bytes.split_at(2);
        let (checks, bytes) = bytes.split_at(3 * CHECKS);
        let (flags, rows) = bytes.split_first()?;
        let check =
            |at: usize| Check { sign: checks[3 * at], from: checks[3 * at + 1] as i8, width: checks[3 * at + 2] };
        let thread = Thread {
            pattern: u32::take(pattern)?,
            own: GroupId::take(own)?,
            checks: std::array::from_fn(check),
            ahead_first: flags & 1 != 0,
            needs_quotation: flags & 2 != 0,
            before: u32::take(&rows[..4])?,
            after: u32::take(&rows[4..])?,
        };
        (*flags < 4).then_some(thread)
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
    const NOTHING: Check = Check { sign: signs::ALWAYS, from: 0, width: 1 };

    fn new(near: Option<Near>, of: &[SignId]) -> Check {
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
        let wide = if from < -16 || to > 16 { Check::WIDE } else { 0 };
        Check { sign, from: from as i8, width: (to - from + 1) as u8 | wide }
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

/// What it costs that each of a thread's checks shows in vain, in marks, and that an instruction asks in vain.
const A_CHECK: [f64; CHECKS] = [20.0, 10.0, 4.0];
const AN_ASK: f64 = 1.0;

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
        let mut near = Vec::with_capacity(held.len());
        for (pattern, at, hold::Thread { nodes, own, signs, ahead_first, .. }) in held {
            let before = code.row(coder.code(&nodes[..at], Way::Back)?);
            let after = code.row(coder.code(&nodes[at + 1..], Way::Forward)?);
            let (checks, needs_quotation) = ([Check::NOTHING; CHECKS], needs_quotation(&nodes));
            threads.push(Thread { pattern, own, checks, ahead_first, needs_quotation, before, after });
            near.push(signs);
        }
        let mut roaming = Vec::with_capacity(everywhere.len());
        for (pattern, hold::Thread { nodes, own, ahead_first, .. }) in everywhere {
            let (before, after) = (code.row(Vec::new()), code.row(coder.code(&nodes, Way::Forward)?));
            let (checks, needs_quotation) = ([Check::NOTHING; CHECKS], needs_quotation(&nodes));
            roaming.push(Thread { pattern, own, checks, ahead_first, needs_quotation, before, after });
        }
        let questions = Questions::new(&coder.asked, leaves, language);
        let patterns = nodes.iter().map(|(cue, _)| *cue).collect();
        let mut compiled = Compiled {
            language,
            questions,
            groups: Lists::default(),
            signs: Vec::new(),
            patterns,
            threads,
            everywhere: roaming,
            code: code.rows,
        };
        let signs = compiled.deal_signs(&near, &coder);
        for (thread, near) in compiled.threads.iter_mut().zip(near) {
            thread.checks = near.map(|near| Check::new(near, &signs));
        }
        compiled.number_groups(&coder, &signs);
        Ok(compiled)
    }

    /// A sign of each of the coder's groups, by how often threads ask for it.
    fn deal_signs(&self, near: &[[Option<Near>; CHECKS]], coder: &Coder) -> Vec<SignId> {
        let mut asking = vec![0.0; coder.groups.len()];
        for (thread, near) in self.threads.iter().zip(near) {
            let often = coder.share(thread.own);
            for (near, cost) in near.iter().zip(A_CHECK) {
                if let Some(Near { sign: Sign::Word(group), from, to }) = near {
                    asking[usize::from(*group)] += cost * often * (to - from + 1) as f64;
                }
            }
            let rows = [thread.before, thread.after].map(|row| self.code.of(row as usize));
            for group in rows.into_iter().flatten().filter_map(|op| op.group()) {
                asking[usize::from(group)] += AN_ASK * often;
            }
        }
        let (shares, by_ask) = self.questions.common_words();
        let others = |ask: &AskId| {
            let common = by_ask.of(usize::from(*ask)).iter().map(|word| shares[usize::from(*word)]).sum::<f64>();
            (coder.ask_share(*ask) - common).max(0.0)
        };
        let group = |(asks, asking): (&[AskId], f64)| {
            let mut words: Vec<u16> = asks.iter().flat_map(|ask| by_ask.of(usize::from(*ask))).copied().collect();
            words.sort_unstable();
            words.dedup();
            signs::Group { words, others: asks.iter().map(others).sum(), asking }
        };
        let groups: Vec<signs::Group> = coder.groups.iter().zip(asking).map(group).collect();
        Signs::new(&shares).deal(&groups)
    }

    /// Numbers the groups anew: first those that instructions ask for, and side by side if their commonest question is the same, so
    /// that what is asked of common words stands together in memory.
    fn number_groups(&mut self, coder: &Coder, signs: &[SignId]) {
        // How near the front a group must stand; `None` for those that are not used.
        let mut ranks: Vec<Option<u8>> = signs.iter().map(|sign| (*sign != signs::ALWAYS).then_some(1)).collect();
        self.threads.iter().for_each(|thread| ranks[usize::from(thread.own)] = Some(1));
        self.code.all().iter().filter_map(|op| op.group()).for_each(|group| ranks[usize::from(group)] = Some(0));
        let used = (0..=GroupId::MAX).zip(&ranks).filter_map(|(group, rank)| rank.map(|rank| (rank, group)));
        let mut order: Vec<(u8, GroupId)> = used.collect();
        order.sort_by_cached_key(|(rank, group)| (*rank, coder.commonest(*group), *group));
        let mut numbers = vec![0; coder.groups.len()];
        for (new, (_, old)) in (0..=GroupId::MAX).zip(&order) {
            numbers[usize::from(*old)] = new;
            self.signs.push(signs[usize::from(*old)]);
        }
        let by_ask = (0..=GroupId::MAX).zip(&order).flat_map(|(new, (_, old))| {
            coder.groups.of(usize::from(*old)).iter().map(move |ask| (usize::from(*ask), new))
        });
        self.groups = Lists::sorted(self.questions.len(), by_ask);
        let renumber = |group: &mut GroupId| *group = numbers[usize::from(*group)];
        self.threads.iter_mut().for_each(|thread| renumber(&mut thread.own));
        self.code.all_mut().iter_mut().filter_map(Op::group_mut).for_each(renumber);
    }

    /// One more than the highest number of a group of which it may be asked whether a certain word is in it.
    pub fn asked_groups(&self) -> usize {
        self.code.all().iter().filter_map(|op| op.group()).max().map_or(0, |group| usize::from(group) + 1)
    }

    /// How far each row of instructions reaches; `None` if one cannot be the work of a [`Coder`].
    pub fn reaches(&self) -> Option<Vec<Reach>> {
        let is_short = |code: &[Op], reach: &Reach| code.len() <= MOST_CODE && reach.longest <= MOST_REACH;
        let reach = |code| reach(code, self.signs.len()).filter(|reach| is_short(code, reach));
        self.code.iter().map(reach).collect()
    }

    /// From bytes, with nothing checked.
    fn read(bytes: &[u8]) -> Result<Compiled, BadMatcher> {
        let (version, bytes) = bytes.split_first().ok_or(BadMatcher::Damaged)?;
        if *version != VERSION {
            return Err(BadMatcher::Version);
        }
        match postcard::take_from_bytes(bytes) {
            Ok((compiled, [])) => Ok(compiled),
            _ => Err(BadMatcher::Damaged),
        }
    }

    fn is_sound(&self, language: Language, cues: usize, reaches: &[Reach]) -> bool {
        let is_group = |group: GroupId| usize::from(group) < self.signs.len();
        let is_known = |thread: &Thread| {
            (thread.pattern as usize) < self.patterns.len()
                && (thread.before as usize) < reaches.len()
                && (thread.after as usize) < reaches.len()
        };
        let is_held = |thread: &Thread| is_group(thread.own) && thread.checks.iter().all(|check| check.is_sound());
        // A thread that could take no word would match where nothing stands.
        let takes_a_word = |thread: &Thread| reaches[thread.after as usize].shortest > 0;
        self.language == language
            && self.questions.are_sound(language)
            && self.signs.len() <= usize::from(GroupId::MAX) + 1
            && self.groups.len() == self.questions.len()
            && self.groups.all().iter().all(|group| is_group(*group))
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
        Ok(Matcher::of(Compiled::new(nodes, leaves, language)?))
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
        let compiled = Compiled::read(bytes)?;
        if !compiled.groups.are_sound() || !compiled.code.are_sound() {
            return Err(BadMatcher::Damaged);
        }
        let reaches = compiled.reaches().ok_or(BadMatcher::Damaged)?;
        let is_sound = compiled.is_sound(language, cues, &reaches);
        if is_sound { Ok(Matcher::of_sound(compiled)) } else { Err(BadMatcher::Damaged) }
    }

    /// The same for bytes of a model that a test has found sound: to check them takes a fifth of the time to classify a sentence.
    ///
    /// # Errors
    /// [`BadMatcher`] if the bytes are of another version, or cannot be read.
    pub(in crate::features) fn from_sound_bytes(bytes: &[u8]) -> Result<Matcher, BadMatcher> {
        Compiled::read(bytes).map(Matcher::of_sound)
    }

    fn of_sound(mut compiled: Compiled) -> Matcher {
        compiled.questions.make_ready();
        Matcher::of(compiled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_survives_its_bytes_and_unknown_flags_are_refused() {
        let check = |sign, from, width| Check { sign, from, width };
        let thread = Thread {
            pattern: 70_000,
            own: 513,
            checks: [check(3, -4, 2), check(250, 9, 1 | Check::WIDE), Check::NOTHING],
            ahead_first: false,
            needs_quotation: true,
            before: 1 << 20,
            after: 7,
        };
        let mut bytes = Vec::new();
        thread.put(&mut bytes);
        assert_eq!((bytes.len(), Thread::take(&bytes)), (Thread::SIZE, Some(thread)));
        bytes[6 + 3 * CHECKS] = 4;
        assert_eq!(Thread::take(&bytes), None);
    }
}
