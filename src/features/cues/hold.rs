//! Where to take hold of a pattern: at which of its words, and what must stand near it, so that as few places of a text as possible are
//! looked at.
//!
//! A pattern is taken hold of at a word that it cannot do without, such as *choice* in `no other? choice`: the rarest, by and large. Some
//! more things that it cannot do without are looked for around that word, each in the window of places where it may stand: another word, a
//! sentence's start or end, punctuation, a quotation. If the rarest words of a pattern stand within alternatives, each alternative is
//! taken hold of by itself: one pattern, several *threads*.

use super::code::{Coder, GroupId};
use super::pattern::{Flaw, Node, Seam};

/// What may be looked for around a word, besides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A word of the group.
    Word(GroupId),
    SentenceStart,
    SentenceEnd,
    /// Something else than a single blank between two words.
    Break,
    /// Where a quotation goes on, opens, closes.
    Quoted,
    Opens,
    Closes,
}

/// A sign that must stand near a word: `from` to `to` words behind it, or before it if negative. A sign between words counts as
/// standing at the word that follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    pub sign: Sign,
    pub from: isize,
    pub to: isize,
}

/// A way to find a pattern: its nodes in a row, alternatives decided where that helps, and the one of them to take hold of.
pub struct Thread<'n> {
    pub nodes: Vec<&'n Node>,
    /// The node; `None` if the pattern has no word that could be held, and is tried at every place.
    pub at: Option<usize>,
    pub own: GroupId,
    /// What must stand near, the rarest first.
    pub signs: [Option<Near>; CHECKS],
    /// What follows the own word is thought to fail sooner than what precedes it.
    pub ahead_first: bool,
}

/// Threads that together find every match, and how many looks a running word they are thought to cost.
struct Plan<'n> {
    looks: f64,
    threads: Vec<Thread<'n>>,
}

/// All threads of a pattern may hold so many nodes.
const MOST_NODES: usize = 4096;
/// Words of one phrase stand together that many times more often than chance would have it.
const TOGETHER: f64 = 3.0;
/// What a thread costs besides looks, since it takes room in memory.
const A_THREAD: f64 = 1e-6;
/// What it costs to look for the signs, beside a look at the pattern.
const A_CHECK: f64 = 0.08;
/// A sign that is there more often than this is not looked for.
const TOO_COMMON: f64 = 0.6;
/// How many signs are looked for.
pub const CHECKS: usize = 3;
/// How far from the word a sign may stand that is looked for.
pub const WIDEST: isize = 31;

/// The threads of a pattern.
///
/// # Errors
/// [`Flaw`] when the coder has no number left for a group.
pub fn threads<'n>(node: &'n Node, coder: &mut Coder) -> Result<Vec<Thread<'n>>, Flaw> {
    let nodes = flat(node);
    let all = 0..nodes.len();
    Ok(match plan(&nodes, all, coder)? {
        Some(plan) => plan.threads,
        None => vec![Thread { nodes, at: None, own: 0, signs: [None; CHECKS], ahead_first: true }],
    })
}

/// The nodes of sequences within sequences.
fn flat(node: &Node) -> Vec<&Node> {
    match node {
        Node::Sequence(nodes) => nodes.iter().flat_map(flat).collect(),
        single => vec![single],
    }
}

/// The cheapest way to take hold of the nodes at one of those in `range`.
fn plan<'n>(nodes: &[&'n Node], range: std::ops::Range<usize>, coder: &mut Coder) -> Result<Option<Plan<'n>>, Flaw> {
    let mut needs = Vec::with_capacity(nodes.len());
    for node in nodes {
        needs.push(coder.need(node)?);
    }
    let mut best: Option<(f64, Thread)> = None;
    for at in range.clone() {
        let (Node::Is(_), Some(own)) = (nodes[at], needs[at]) else { continue };
        let Around { passing, signs, ahead_first } = Around::new(nodes, at, &needs, coder);
        let looks = (passing + A_CHECK) * coder.share(own) + A_THREAD;
        if best.as_ref().is_none_or(|(known, _)| looks < *known) {
            best = Some((looks, Thread { nodes: nodes.to_vec(), at: Some(at), own, signs, ahead_first }));
        }
    }
    let mut best = best.map(|(looks, thread)| Plan { looks, threads: vec![thread] });
    for at in range {
        if let Node::Either(alternatives) = nodes[at]
            && let Some(plan) = decided(nodes, at, alternatives, coder)?
            && best.as_ref().is_none_or(|known| plan.looks < known.looks)
        {
            best = Some(plan);
        }
    }
    Ok(best)
}

/// A thread or more for each alternative.
fn decided<'n>(
    nodes: &[&'n Node],
    at: usize,
    alternatives: &'n [Node],
    coder: &mut Coder,
) -> Result<Option<Plan<'n>>, Flaw> {
    let mut all = Plan { looks: 0.0, threads: Vec::new() };
    for alternative in alternatives {
        let inner = flat(alternative);
        let row = [&nodes[..at], &inner, &nodes[at + 1..]].concat();
        let Some(plan) = plan(&row, at..at + inner.len(), coder)? else { return Ok(None) };
        all.looks += plan.looks;
        all.threads.extend(plan.threads);
        if all.threads.iter().map(|thread| thread.nodes.len()).sum::<usize>() > MOST_NODES {
            return Ok(None);
        }
    }
    Ok(Some(all))
}

/// What stands around a word that a pattern is held at.
struct Around {
    /// The share of places that are thought to show all signs.
    passing: f64,
    signs: [Option<Near>; CHECKS],
    ahead_first: bool,
}

impl Around {
    fn new(nodes: &[&Node], at: usize, needs: &[Option<GroupId>], coder: &Coder) -> Around {
        let mut signs = Vec::new();
        let mut skipped = (0, 0);
        for (node, need) in nodes[..at].iter().zip(needs).rev() {
            let (least, most) = (node.shortest() as isize, node.longest() as isize);
            if let Some(sign) = need.map(Sign::Word) {
                signs.push(Near { sign, from: -(skipped.1 + most), to: -(skipped.0 + 1) });
            } else if let Some(sign) = sign_of(node) {
                signs.push(Near { sign, from: -skipped.1, to: -skipped.0 });
            }
            skipped = (skipped.0 + least, skipped.1 + most);
        }
        skipped = (0, 0);
        for (node, need) in nodes.iter().zip(needs).skip(at + 1) {
            let (least, most) = (node.shortest() as isize, node.longest() as isize);
            if let Some(sign) = need.map(Sign::Word) {
                signs.push(Near { sign, from: skipped.0 + 1, to: skipped.1 + most });
            } else if let Some(sign) = sign_of(node) {
                signs.push(Near { sign, from: skipped.0 + 1, to: skipped.1 + 1 });
            }
            skipped = (skipped.0 + least, skipped.1 + most);
        }
        let mut signs: Vec<(f64, Near)> = signs.into_iter().map(|near| (near.passing(coder), near)).collect();
        signs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let is_rare =
            |(passing, near): &&(f64, Near)| *passing < TOO_COMMON && -WIDEST <= near.from && near.to <= WIDEST;
        let chosen: Vec<(f64, Near)> = signs.iter().filter(is_rare).take(CHECKS).copied().collect();
        let other = signs.iter().find(|sign| !chosen.contains(sign)).or(chosen.last());
        Around {
            passing: chosen.iter().take(2).map(|(passing, _)| passing).product(),
            ahead_first: other.is_some_and(|(_, near)| near.to > 0),
            signs: std::array::from_fn(|n| chosen.get(n).map(|(_, near)| *near)),
        }
    }
}

impl Near {
    /// The share of places that are thought to have it near.
    fn passing(&self, coder: &Coder) -> f64 {
        let width = (self.to - self.from + 1) as f64;
        match self.sign {
            Sign::Word(group) if width == 1.0 => coder.share(group) * TOGETHER,
            Sign::Word(group) => coder.share(group) * width,
            Sign::SentenceStart | Sign::SentenceEnd => 0.05 * width,
            Sign::Break => 0.12 * width,
            Sign::Quoted => 0.1,
            Sign::Opens | Sign::Closes => 0.02 * width,
        }
    }
}

fn sign_of(node: &Node) -> Option<Sign> {
    match node {
        Node::Seam(Seam::SentenceStart) => Some(Sign::SentenceStart),
        Node::Seam(Seam::SentenceEnd) => Some(Sign::SentenceEnd),
        Node::Seam(Seam::Break) => Some(Sign::Break),
        Node::Seam(Seam::Quoted) => Some(Sign::Quoted),
        Node::Seam(Seam::Opens) => Some(Sign::Opens),
        Node::Seam(Seam::Closes) => Some(Sign::Closes),
        _ => None,
    }
}
