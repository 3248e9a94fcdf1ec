//! A pattern as a row of small instructions, side by side in memory: what the matcher walks through, sentence after sentence.

use std::collections::HashMap;

use super::lists::Lists;
use super::pattern::{Ask, Flaw, MOST_GAP, Node, Seam};
use super::words::{AskId, Asked, Frequencies, Leaves};

/// The number of a group of questions, any of which will do.
pub type GroupId = u16;

/// As many groups as there may be. Their threads have numbers of the same size, of which two stand for something else.
pub const MOST_GROUPS: usize = GroupId::MAX as usize - 1;

/// An instruction. Those with a length are followed by as many that belong to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Is(GroupId),
    IsNot(GroupId),
    Any,
    Gap(u8),
    /// One of the alternatives that follow, each behind its own length.
    Either(u16),
    Alternative(u16),
    Optional(u16),
    /// The next word, the way that one goes, is one of the group: alternatives or an optional part can begin there.
    Next(GroupId),
    Seam(Seam),
    /// None of the group among so many words before, or after.
    NotBefore(GroupId, u8),
    NotAfter(GroupId, u8),
}

impl Op {
    /// The group that it asks a word after.
    pub fn group(mut self) -> Option<GroupId> {
        self.group_mut().copied()
    }

    /// How many instructions that follow belong to it.
    pub fn length(self) -> usize {
        match self {
            Op::Optional(length) | Op::Either(length) | Op::Alternative(length) => length.into(),
            _ => 0,
        }
    }

    pub fn group_mut(&mut self) -> Option<&mut GroupId> {
        match self {
            Op::Is(group) | Op::IsNot(group) | Op::Next(group) | Op::NotBefore(group, _) | Op::NotAfter(group, _) => {
                Some(group)
            }
            Op::Any | Op::Gap(_) | Op::Either(_) | Op::Alternative(_) | Op::Optional(_) | Op::Seam(_) => None,
        }
    }
}

impl Op {
    /// Appends its bytes: its kind, then its group or length, then a number of words or the seam.
    pub fn put(self, to: &mut Vec<u8>) {
        let (kind, large, small) = match self {
            Op::Is(group) => (0, Some(group), None),
            Op::IsNot(group) => (1, Some(group), None),
            Op::Any => (2, None, None),
            Op::Gap(words) => (3, None, Some(words)),
            Op::Either(length) => (4, Some(length), None),
            Op::Alternative(length) => (5, Some(length), None),
            Op::Optional(length) => (6, Some(length), None),
            Op::Next(group) => (7, Some(group), None),
            Op::Seam(seam) => (8, None, Some(seam as u8)),
            Op::NotBefore(group, words) => (9, Some(group), Some(words)),
            Op::NotAfter(group, words) => (10, Some(group), Some(words)),
        };
        to.push(kind);
        to.extend(large.into_iter().flat_map(u16::to_le_bytes));
        to.extend(small);
    }

    /// The instruction that the bytes begin with, which it takes off; `None` if they begin with none.
    #[inline]
    pub fn take(bytes: &mut &[u8]) -> Option<Op> {
        let kind = byte(bytes)?;
        Some(match kind {
            0 => Op::Is(number(bytes)?),
            1 => Op::IsNot(number(bytes)?),
            2 => Op::Any,
            3 => Op::Gap(byte(bytes)?),
            4 => Op::Either(number(bytes)?),
            5 => Op::Alternative(number(bytes)?),
            6 => Op::Optional(number(bytes)?),
            7 => Op::Next(number(bytes)?),
            8 => Op::Seam(*Seam::ALL.get(usize::from(byte(bytes)?))?),
            9 => Op::NotBefore(number(bytes)?, byte(bytes)?),
            10 => Op::NotAfter(number(bytes)?, byte(bytes)?),
            _ => return None,
        })
    }
}

#[inline]
fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

#[inline]
fn number(bytes: &mut &[u8]) -> Option<u16> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u16::from_le_bytes(*first))
}

/// Groups that only make matching faster are left out when there are so many others.
const MANY_GROUPS: usize = 60_000;

/// Which way a pattern is worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Forward,
    Back,
}

/// Writes instructions, and gives groups of questions their numbers.
pub struct Coder<'a> {
    pub asked: Asked,
    frequencies: Frequencies<'a>,
    numbers: HashMap<Vec<AskId>, GroupId>,
    /// The same by the questions themselves, since each is met several times.
    met: HashMap<Vec<Ask>, GroupId>,
    pub groups: Lists<AskId>,
    /// For each question and each group a guess at the share of running words that answer it.
    ask_shares: Vec<f64>,
    group_shares: Vec<f64>,
}

/// What is wrong with cues that ask for too much.
pub fn too_many() -> Flaw {
    Flaw {
        at: 0..0,
        what: "the cues ask for more than 65,534 different words, classes and groups".into(),
        hint: "gather words into classes, or use fewer cues".into(),
    }
}

impl<'a> Coder<'a> {
    pub fn new(leaves: &'a Leaves) -> Self {
        Coder {
            asked: Asked::default(),
            frequencies: Frequencies::new(leaves),
            numbers: HashMap::new(),
            met: HashMap::new(),
            groups: Lists::default(),
            ask_shares: Vec::new(),
            group_shares: Vec::new(),
        }
    }

    /// The number of a group.
    ///
    /// # Errors
    /// When there are too many.
    pub fn group(&mut self, asks: &[Ask]) -> Result<GroupId, Flaw> {
        if let Some(&number) = self.met.get(asks) {
            return Ok(number);
        }
        let mut numbers = Vec::with_capacity(asks.len());
        for ask in asks {
            let number = self.asked.number(ask).ok_or_else(too_many)?;
            if usize::from(number) == self.ask_shares.len() {
                self.ask_shares.push(self.frequencies.share(ask));
            }
            numbers.push(number);
        }
        let number = self.group_of(numbers)?;
        self.met.insert(asks.to_vec(), number);
        Ok(number)
    }

    fn group_of(&mut self, mut asks: Vec<AskId>) -> Result<GroupId, Flaw> {
        asks.sort_unstable();
        asks.dedup();
        if let Some(&number) = self.numbers.get(&asks) {
            return Ok(number);
        }
        if self.groups.len() == MOST_GROUPS {
            return Err(too_many());
        }
        let number = self.groups.len() as GroupId;
        self.groups.push(asks.iter().copied());
        self.group_shares.push(asks.iter().map(|ask| self.ask_shares[usize::from(*ask)]).sum::<f64>().min(1.0));
        self.numbers.insert(asks, number);
        Ok(number)
    }

    /// A guess at the share of running words that answer a question of the group.
    pub fn share(&self, group: GroupId) -> f64 {
        self.group_shares[usize::from(group)]
    }

    /// The same of a question.
    pub fn ask_share(&self, ask: AskId) -> f64 {
        self.ask_shares[usize::from(ask)]
    }

    /// The commonest question of a group.
    pub fn commonest(&self, group: GroupId) -> Option<AskId> {
        let share = |ask: &AskId| self.ask_shares[usize::from(*ask)];
        self.groups.of(usize::from(group)).iter().copied().max_by(|a, b| share(a).total_cmp(&share(b)))
    }

    /// The instructions of some nodes that follow one another, to be walked through one way.
    pub fn code(&mut self, nodes: &[&Node], way: Way) -> Result<Vec<Op>, Flaw> {
        let mut code = Vec::new();
        let mut write = |node: &&Node| self.write(node, way, &mut code);
        match way {
            Way::Forward => nodes.iter().try_for_each(&mut write)?,
            Way::Back => nodes.iter().rev().try_for_each(&mut write)?,
        }
        Ok(code)
    }

    fn write(&mut self, node: &Node, way: Way, code: &mut Vec<Op>) -> Result<(), Flaw> {
        match node {
            Node::Is(asks) => code.push(Op::Is(self.group(asks)?)),
            Node::IsNot(asks) => code.push(Op::IsNot(self.group(asks)?)),
            Node::Any => code.push(Op::Any),
            Node::Gap(n) => code.push(Op::Gap(*n as u8)),
            Node::Seam(seam) => code.push(Op::Seam(*seam)),
            Node::NotBefore(asks, n) => code.push(Op::NotBefore(self.group(asks)?, *n as u8)),
            Node::NotAfter(asks, n) => code.push(Op::NotAfter(self.group(asks)?, *n as u8)),
            Node::Sequence(nodes) => code.extend(self.code(&nodes.iter().collect::<Vec<_>>(), way)?),
            Node::Optional(node) => {
                let inner = self.code(&[node], way)?;
                code.push(Op::Optional(length(&inner)));
                code.extend(inner);
            }
            Node::Either(nodes) => {
                let mut inner = Vec::new();
                // Words are one alternative, as if they had been written as a class.
                let (words, others): (Vec<&Node>, Vec<&Node>) =
                    nodes.iter().partition(|node| matches!(node, Node::Is(_)));
                let of_word = |node: &&Node| if let Node::Is(asks) = node { asks.clone() } else { Vec::new() };
                let asks: Vec<Ask> = words.iter().flat_map(of_word).collect();
                let words = (!asks.is_empty()).then_some(Node::Is(asks));
                for node in words.iter().chain(others) {
                    let alternative = self.code(&[node], way)?;
                    inner.push(Op::Alternative(length(&alternative)));
                    inner.extend(alternative);
                }
                // One question instead of one for each alternative, since most often all of them fail.
                if let Some(first) = self.first(node, way)? {
                    code.push(Op::Next(first));
                }
                code.push(Op::Either(length(&inner)));
                code.extend(inner);
            }
        }
        Ok(())
    }

    /// The group of words with which any match of the node begins, or ends, if it takes a certain word there.
    fn first(&mut self, node: &Node, way: Way) -> Result<Option<GroupId>, Flaw> {
        let mut asks = Vec::new();
        let is_certain = self.add_first(node, way, &mut asks)?;
        if is_certain && self.groups.len() < MANY_GROUPS { self.group_of(asks).map(Some) } else { Ok(None) }
    }

    fn add_first(&mut self, node: &Node, way: Way, to: &mut Vec<AskId>) -> Result<bool, Flaw> {
        match node {
            Node::Is(asks) => {
                let group = self.group(asks)?;
                to.extend_from_slice(self.groups.of(usize::from(group)));
                Ok(true)
            }
            Node::Sequence(nodes) => {
                let first = if way == Way::Forward { nodes.first() } else { nodes.last() };
                first.map_or(Ok(false), |node| self.add_first(node, way, to))
            }
            Node::Either(nodes) => {
                for node in nodes {
                    if !self.add_first(node, way, to)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The rarest group of which some word must stand in the text for the node to match, if there is one.
    pub fn need(&mut self, node: &Node) -> Result<Option<GroupId>, Flaw> {
        match node {
            Node::Is(asks) => self.group(asks).map(Some),
            Node::Sequence(nodes) => {
                let mut rarest = None;
                for node in nodes {
                    if let Some(group) = self.need(node)?
                        && rarest.is_none_or(|known| self.share(group) < self.share(known))
                    {
                        rarest = Some(group);
                    }
                }
                Ok(rarest)
            }
            Node::Either(nodes) => {
                let mut all: Vec<AskId> = Vec::new();
                for node in nodes {
                    let Some(group) = self.need(node)? else { return Ok(None) };
                    all.extend_from_slice(self.groups.of(usize::from(group)));
                }
                self.group_of(all).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// Patterns are short, so this cannot overflow: see the bound on a pattern's pieces.
fn length(code: &[Op]) -> u16 {
    code.len() as u16
}

/// How many words instructions may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    pub shortest: usize,
    pub longest: usize,
    /// How many words around a place are looked at besides.
    pub around: usize,
}

/// Groups within groups, and alternatives within these.
const DEEPEST: usize = 64;

/// How far these instructions reach; `None` if they are not such as a [`Coder`] with so many groups may have written.
pub fn reach(code: &[Op], groups: usize) -> Option<Reach> {
    sequence(code, groups, DEEPEST)
}

fn sequence(code: &[Op], groups: usize, depth: usize) -> Option<Reach> {
    let depth = depth.checked_sub(1)?;
    let (mut total, mut at) = (Reach { shortest: 0, longest: 0, around: 0 }, 0);
    while let Some(op) = code.get(at) {
        at += 1;
        let mut add = |shortest: usize, longest: usize, around: usize| {
            let Reach { shortest: least, longest: most, around: known } = total;
            total = Reach { shortest: least + shortest, longest: most + longest, around: known.max(around) };
        };
        let is_known = |group: GroupId| usize::from(group) < groups;
        match *op {
            Op::Is(group) | Op::IsNot(group) if is_known(group) => add(1, 1, 0),
            Op::Any => add(1, 1, 0),
            Op::Gap(n) if usize::from(n) <= MOST_GAP => add(0, n.into(), 0),
            Op::Seam(_) => {}
            Op::Next(group) if is_known(group) => add(0, 0, 1),
            Op::NotBefore(group, n) | Op::NotAfter(group, n) if is_known(group) && usize::from(n) <= MOST_GAP => {
                add(0, 0, n.into());
            }
            Op::Optional(length) => {
                let inner = sequence(code.get(at..at + usize::from(length))?, groups, depth)?;
                add(0, inner.longest, inner.around);
                at += usize::from(length);
            }
            Op::Either(length) => {
                let inner = alternatives(code.get(at..at + usize::from(length))?, groups, depth)?;
                add(inner.shortest, inner.longest, inner.around);
                at += usize::from(length);
            }
            _ => return None,
        }
    }
    Some(total)
}

fn alternatives(code: &[Op], groups: usize, depth: usize) -> Option<Reach> {
    let (mut any, mut at): (Option<Reach>, usize) = (None, 0);
    while at < code.len() {
        let Op::Alternative(length) = code[at] else { return None };
        let end = at + 1 + usize::from(length);
        let own = sequence(code.get(at + 1..end)?, groups, depth)?;
        any = Some(any.map_or(own, |known| Reach {
            shortest: known.shortest.min(own.shortest),
            longest: known.longest.max(own.longest),
            around: known.around.max(own.around),
        }));
        at = end;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::stem::Language;

    fn taken(mut bytes: &[u8]) -> Option<(Op, &[u8])> {
        Op::take(&mut bytes).map(|op| (op, bytes))
    }

    #[test]
    fn there_are_never_more_groups_than_have_numbers() {
        let leaves = Leaves::new(&super::super::Classes::default(), Language::English);
        let mut coder = Coder::new(&leaves);
        coder.ask_shares = vec![0.0; usize::from(AskId::MAX) + 1];
        for ask in 0..MOST_GROUPS {
            assert_eq!(usize::from(coder.group_of(vec![ask as AskId]).unwrap()), ask);
        }
        assert!(coder.group_of(vec![AskId::MAX]).is_err_and(|flaw| flaw.what.contains("65,534")));
        assert!(coder.group_of(vec![7]).is_ok_and(|known| known == 7));
    }

    #[test]
    fn an_instruction_survives_its_bytes_and_no_other_bytes_are_one() {
        for kind in 0..=u8::MAX {
            for rest in [[0, 0, 0], [6, 0, 7], [7, 1, 2], [255, 255, 255]] {
                let bytes = [&[kind][..], &rest].concat();
                match taken(&bytes) {
                    Some((op, left)) => {
                        let mut again = Vec::new();
                        op.put(&mut again);
                        assert_eq!([&again, left].concat(), bytes);
                    }
                    None => assert!(kind > 10 || (kind == 8 && rest[0] > 6), "{bytes:?}"),
                }
            }
        }
        let all = [Op::Is(7), Op::IsNot(7), Op::Any, Op::Gap(3), Op::Either(9), Op::Alternative(8), Op::Optional(1)];
        let more = [Op::Next(300), Op::NotBefore(2, 4), Op::NotAfter(2, 4)];
        for op in all.into_iter().chain(more).chain(Seam::ALL.map(Op::Seam)) {
            let mut bytes = Vec::new();
            op.put(&mut bytes);
            assert_eq!(taken(&bytes), Some((op, &[][..])));
            (0..bytes.len()).for_each(|end| assert_eq!(taken(&bytes[..end]), None));
        }
    }
}
