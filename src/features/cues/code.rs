//! A pattern as a row of small instructions, side by side in memory: what the matcher walks through, sentence after sentence.

use std::collections::HashMap;

use super::pattern::{Ask, Flaw, Node, Seam};
use super::words::{AskId, Asked};

/// The number of a group of questions, any of which will do: in the end that of the question itself where there is only one.
pub type GroupId = u16;

/// Questions of which any will do.
pub type Group = Box<[AskId]>;

/// An instruction. Those with a length are followed by as many that belong to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    Is(GroupId),
    IsNot(GroupId),
    Any,
    Gap(u8),
    /// One of the alternatives that follow, each behind its own length.
    Either(u16),
    Alternative(u16),
    Optional(u16),
    Seam(Seam),
    /// None of the group among so many words before, or after.
    NotBefore(GroupId, u8),
    NotAfter(GroupId, u8),
}

/// Which way a pattern is worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Forward,
    Back,
}

/// Writes instructions, and gives groups of questions their numbers.
#[derive(Default)]
pub struct Coder {
    pub asked: Asked,
    numbers: HashMap<Vec<AskId>, GroupId>,
    /// The same by the questions themselves, since each is met several times.
    met: HashMap<Vec<Ask>, GroupId>,
    pub groups: Vec<Group>,
}

/// What is wrong with cues that ask for too much.
pub fn too_many() -> Flaw {
    Flaw {
        at: 0..0,
        what: "the cues ask for more than 65,536 different words, classes and groups".into(),
        hint: "gather words into classes, or use fewer cues".into(),
    }
}

impl Coder {
    fn group(&mut self, asks: &[Ask]) -> Result<GroupId, Flaw> {
        if let Some(&number) = self.met.get(asks) {
            return Ok(number);
        }
        let numbers: Option<Vec<AskId>> = asks.iter().map(|ask| self.asked.number(ask)).collect();
        let number = numbers.and_then(|numbers| self.group_of(numbers)).ok_or_else(too_many)?;
        self.met.insert(asks.to_vec(), number);
        Ok(number)
    }

    /// The number of a group; `None` when there are too many.
    pub fn group_of(&mut self, mut asks: Vec<AskId>) -> Option<GroupId> {
        asks.sort_unstable();
        asks.dedup();
        if let Some(&number) = self.numbers.get(&asks) {
            return Some(number);
        }
        let number = GroupId::try_from(self.groups.len()).ok()?;
        self.groups.push(asks.clone().into());
        self.numbers.insert(asks, number);
        Some(number)
    }

    /// The instructions of some nodes that follow one another, to be walked through one way.
    pub fn code(&mut self, nodes: &[Node], way: Way) -> Result<Vec<Op>, Flaw> {
        let mut code = Vec::new();
        let mut write = |node: &Node| self.write(node, way, &mut code);
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
            Node::Sequence(nodes) => code.extend(self.code(nodes, way)?),
            Node::Optional(node) => {
                let inner = self.code(std::slice::from_ref(node), way)?;
                code.push(Op::Optional(length(&inner)));
                code.extend(inner);
            }
            Node::Either(nodes) => {
                let mut inner = Vec::new();
                for node in nodes {
                    let alternative = self.code(std::slice::from_ref(node), way)?;
                    inner.push(Op::Alternative(length(&alternative)));
                    inner.extend(alternative);
                }
                code.push(Op::Either(length(&inner)));
                code.extend(inner);
            }
        }
        Ok(())
    }

    /// Groups of each of which some word of a sentence must answer a question, for the nodes to match at all; and where among the nodes each
    /// stands, if it stands there by itself.
    pub fn needs(&mut self, nodes: &[Node]) -> Result<Vec<(GroupId, Option<usize>)>, Flaw> {
        let mut needs = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Is(asks) => needs.push((self.group(asks)?, Some(at))),
                Node::Sequence(nodes) => needs.extend(self.needs(nodes)?.into_iter().map(|(group, _)| (group, None))),
                Node::Either(nodes) => needs.extend(self.any_of(nodes)?.map(|group| (group, Some(at)))),
                _ => {}
            }
        }
        Ok(needs)
    }

    /// Of alternatives: if each needs something, one thing of each must be there.
    fn any_of(&mut self, nodes: &[Node]) -> Result<Option<GroupId>, Flaw> {
        let mut all: Vec<AskId> = Vec::new();
        for node in nodes {
            let needs = self.needs(std::slice::from_ref(node))?;
            let Some((group, _)) = needs.into_iter().min_by_key(|(group, _)| self.groups[usize::from(*group)].len())
            else {
                return Ok(None);
            };
            all.extend_from_slice(&self.groups[usize::from(group)]);
        }
        Ok(self.group_of(all))
    }
}

/// Numbers groups anew once all are known: a question by itself keeps its number, all others follow. Also returns these others; `None` when there
/// are too many.
pub fn renumbered(groups: Vec<Group>, questions: usize) -> Option<(Vec<GroupId>, Vec<Group>)> {
    let (mut numbers, mut others) = (Vec::with_capacity(groups.len()), Vec::new());
    for group in groups {
        if let [single] = *group {
            numbers.push(single);
        } else {
            numbers.push(GroupId::try_from(questions + others.len()).ok()?);
            others.push(group);
        }
    }
    Some((numbers, others))
}

/// Puts the new numbers of groups into instructions.
pub fn renumber(code: &mut [Op], numbers: &[GroupId]) {
    for op in code {
        match op {
            Op::Is(group) | Op::IsNot(group) | Op::NotBefore(group, _) | Op::NotAfter(group, _) => {
                *group = numbers[usize::from(*group)];
            }
            _ => {}
        }
    }
}

/// Patterns are short, so this cannot overflow: see the bound on a pattern's pieces.
fn length(code: &[Op]) -> u16 {
    code.len() as u16
}
