//! Patterns made ready: dealt out to threads, instructions and signs, and written as the plain data that a model file can carry.

use std::collections::HashMap;

use super::code::{self, Coder, GroupId, Op, Way};
use super::compiled::{Check, Compiled, MOST_ROWS, Thread};
use super::hold::{self, CHECKS, Near, Sign};
use super::lists::{Lists, Rising, Rows};
use super::pattern::{Flaw, Node, Seam};
use super::signs::{self, SignId, Signs};
use super::words::{AskId, Leaves, Questions};
use super::{CueId, Matcher};
use crate::text::stem::Language;

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

    /// The groups that a thread's instructions ask for.
    fn groups<'a>(&'a self, thread: &Thread) -> impl Iterator<Item = GroupId> + use<'a> {
        let rows = [thread.before, thread.after].map(|row| self.rows.of(row as usize));
        rows.into_iter().flatten().filter_map(|op| op.group())
    }
}

/// A thread, the group of the word at which it is held, and what must stand near.
struct Held {
    own: GroupId,
    thread: Thread,
    near: [Option<Near>; CHECKS],
}

/// Threads whose groups have no signs yet, and are numbered as they came.
#[derive(Default)]
struct Draft {
    held: Vec<Held>,
    everywhere: Vec<Thread>,
    code: Code,
}

impl Draft {
    fn add(&mut self, pattern: u32, node: &Node, coder: &mut Coder) -> Result<(), Flaw> {
        for hold::Thread { nodes, at, own, signs: near, ahead_first } in hold::threads(node, coder)? {
            let (back, ahead) = at.map_or((&[][..], &nodes[..]), |at| (&nodes[..at], &nodes[at + 1..]));
            let before = self.code.row(coder.code(back, Way::Back)?);
            let after = self.code.row(coder.code(ahead, Way::Forward)?);
            let is_mark = |node: &&Node| matches!(node, Node::Seam(Seam::Quoted | Seam::Opens | Seam::Closes));
            let (checks, needs_quotation) = ([Check::NOTHING; CHECKS], nodes.iter().any(is_mark));
            let thread = Thread { pattern, checks, ahead_first, needs_quotation, before, after };
            match at {
                Some(_) => self.held.push(Held { own, thread, near }),
                None => self.everywhere.push(thread),
            }
        }
        Ok(())
    }

    /// A sign of each of the coder's groups, by how often threads ask for it.
    fn deal_signs(&self, questions: &Questions, coder: &Coder) -> Vec<SignId> {
        let mut asking = vec![0.0; coder.groups.len()];
        for Held { own, thread, near } in &self.held {
            let often = coder.share(*own);
            for (near, cost) in near.iter().zip(A_CHECK) {
                if let Some(Near { sign: Sign::Word(group), from, to }) = near {
                    asking[usize::from(*group)] += cost * often * (to - from + 1) as f64;
                }
            }
            self.code.groups(thread).for_each(|group| asking[usize::from(group)] += AN_ASK * often);
        }
        let (shares, by_ask) = questions.common_words();
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

    /// The groups in the order of their new numbers, without those that are not used: first those that instructions ask for, and side by
    /// side if their commonest question is the same, so that what is asked of common words stands together in memory. With them how many
    /// are asked for.
    fn order_groups(&self, coder: &Coder, signs: &[SignId]) -> (Vec<GroupId>, usize) {
        // How near the front a group must stand; `None` for those that are not used.
        let mut ranks: Vec<Option<u8>> = signs.iter().map(|sign| (*sign != signs::ALWAYS).then_some(1)).collect();
        self.held.iter().for_each(|held| ranks[usize::from(held.own)] = Some(1));
        let asked = self.code.rows.all().iter().filter_map(|op| op.group());
        asked.for_each(|group| ranks[usize::from(group)] = Some(0));
        let used = (0..=GroupId::MAX).zip(&ranks).filter_map(|(group, rank)| rank.map(|rank| (rank, group)));
        let mut order: Vec<(u8, GroupId)> = used.collect();
        order.sort_by_cached_key(|(rank, group)| (*rank, coder.commonest(*group), *group));
        let asked = order.partition_point(|(rank, _)| *rank == 0);
        (order.into_iter().map(|(_, group)| group).collect(), asked)
    }

    /// Gives groups their new numbers, and sorts threads by them.
    fn renumber(&mut self, order: &[GroupId], groups: usize) {
        let mut numbers = vec![0; groups];
        for (new, old) in (0..=GroupId::MAX).zip(order) {
            numbers[usize::from(*old)] = new;
        }
        let renumber = |group: &mut GroupId| *group = numbers[usize::from(*group)];
        self.held.iter_mut().for_each(|held| renumber(&mut held.own));
        self.held.sort_by_key(|held| held.own);
        self.code.rows.all_mut().iter_mut().filter_map(Op::group_mut).for_each(renumber);
    }
}

impl Compiled {
    /// Makes all patterns of so many cues ready; each comes with the cue that it belongs to, in their order.
    ///
    /// # Errors
    /// [`Flaw`] if there are too many different words and classes.
    pub fn new(nodes: &[(CueId, Node)], cues: usize, leaves: &Leaves, language: Language) -> Result<Compiled, Flaw> {
        let (mut coder, mut draft) = (Coder::new(leaves), Draft::default());
        for ((_, node), pattern) in nodes.iter().zip(0..) {
            draft.add(pattern, node, &mut coder)?;
        }
        if nodes.len().max(draft.code.rows.len()) > MOST_ROWS {
            return Err(code::too_many());
        }
        let questions = Questions::new(&coder.asked, leaves, language);
        let signs = draft.deal_signs(&questions, &coder);
        for Held { thread, near, .. } in &mut draft.held {
            thread.checks = near.map(|near| Check::new(near, &signs));
        }
        let (order, asked) = draft.order_groups(&coder, &signs);
        draft.renumber(&order, coder.groups.len());
        let by_ask = (0..=GroupId::MAX)
            .zip(&order)
            .flat_map(|(new, old)| coder.groups.of(usize::from(*old)).iter().map(move |ask| (usize::from(*ask), new)));
        let held = draft.held.iter().map(|held| (usize::from(held.own), &held.thread));
        let code = draft.code.rows.iter().enumerate().flat_map(|(row, ops)| ops.iter().map(move |op| (row, *op)));
        let mut everywhere = Vec::new();
        draft.everywhere.iter().for_each(|thread| thread.put(&mut everywhere));
        Ok(Compiled {
            groups: Rising::from(&Lists::sorted(questions.len(), by_ask)),
            signs: order.iter().map(|group| signs[usize::from(*group)]).collect(),
            asked,
            patterns: (0..cues).map(|cue| nodes.partition_point(|(of, _)| *of as usize <= cue) as u32).collect(),
            threads: Rows::new(order.len(), held, Thread::put),
            everywhere: everywhere.into(),
            code: Rows::new(draft.code.rows.len(), code, Op::put),
            language,
            questions,
        })
    }
}

impl Matcher {
    /// Makes all patterns of so many cues ready; each comes with the cue that it belongs to, in their order.
    ///
    /// # Errors
    /// [`Flaw`] if there are too many different words and classes.
    pub fn new(nodes: &[(CueId, Node)], cues: usize, leaves: &Leaves, language: Language) -> Result<Matcher, Flaw> {
        Ok(Matcher::of(Compiled::new(nodes, cues, leaves, language)?))
    }
}
