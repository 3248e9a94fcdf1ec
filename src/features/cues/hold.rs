//! Where to take hold of a pattern: at which of its words, after which other, so that as few places of a text as possible are looked at.
//!
//! A pattern is taken hold of at a word that it cannot do without, such as *choice* in `no other? choice`, and only where another such
//! word stands right before it, or anywhere before it in the sentence. If the rarest words of a pattern stand within alternatives, each
//! alternative is taken hold of by itself: one pattern, several *threads*.

use super::code::{Coder, GroupId};
use super::pattern::{Flaw, Node, Seam};
use serde::{Deserialize, Serialize};

/// What must hold of a place, besides that the thread's own word stands there, for a closer look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Hold {
    /// Nothing else.
    Alone,
    /// It is the first word of its sentence.
    AtStart,
    /// The word right before is one of these.
    RightAfter(GroupId),
    /// Some word before it in its sentence is one of these.
    After(GroupId),
}

/// A way to find a pattern: its nodes in a row, alternatives decided where that helps, and the one of them to take hold of.
pub struct Thread<'n> {
    pub nodes: Vec<&'n Node>,
    /// The node; `None` if the pattern has no word that could be held, and is tried at every place.
    pub at: Option<usize>,
    pub own: GroupId,
    pub hold: Hold,
}

/// Threads that together find every match, and how many looks a running word they are thought to cost.
struct Plan<'n> {
    looks: f64,
    threads: Vec<Thread<'n>>,
}

/// All threads of a pattern may hold so many nodes.
const MOST_NODES: usize = 4096;
/// A word that stands before another is thought to do so in one of so many places.
const WORDS_BEFORE: f64 = 8.0;
/// Words of one phrase stand together that many times more often than chance would have it.
const TOGETHER: f64 = 3.0;
/// What a thread costs besides looks, since it takes room in memory.
const A_THREAD: f64 = 1e-6;

/// The threads of a pattern.
///
/// # Errors
/// [`Flaw`] when the coder has no number left for a group.
pub fn threads<'n>(node: &'n Node, coder: &mut Coder) -> Result<Vec<Thread<'n>>, Flaw> {
    let nodes = flat(node);
    let all = 0..nodes.len();
    Ok(match plan(&nodes, all, coder)? {
        Some(plan) => plan.threads,
        None => vec![Thread { nodes, at: None, own: 0, hold: Hold::Alone }],
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
    let mut needs = Vec::with_capacity(range.end);
    for node in &nodes[..range.end] {
        needs.push(coder.need(node)?);
    }
    let mut best: Option<(f64, Thread)> = None;
    for at in range.clone() {
        let (Node::Is(_), Some(own)) = (nodes[at], needs[at]) else { continue };
        let (rate, hold) = cheapest(nodes, at, &needs, coder);
        let looks = rate * coder.share(own) + A_THREAD;
        if best.as_ref().is_none_or(|(known, _)| looks < *known) {
            best = Some((looks, Thread { nodes: nodes.to_vec(), at: Some(at), own, hold }));
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

/// The hold that the fewest of the words at a node are thought to pass, and the share that does.
fn cheapest(nodes: &[&Node], at: usize, needs: &[Option<GroupId>], coder: &Coder) -> (f64, Hold) {
    let mut best = (1.0, Hold::Alone);
    let mut offer = |share: f64, hold| {
        if share < best.0 {
            best = (share, hold);
        }
    };
    let takes_no_word = |node: &&&Node| matches!(node, Node::Seam(_) | Node::NotBefore(..) | Node::NotAfter(..));
    let seams = nodes[..at].iter().rev().take_while(takes_no_word).count();
    if nodes[at - seams..at].iter().any(|node| matches!(node, Node::Seam(Seam::SentenceStart))) {
        offer(0.05, Hold::AtStart);
    }
    for (before, need) in needs[..at].iter().enumerate() {
        let Some(group) = *need else { continue };
        if before + seams + 1 == at && matches!(nodes[before], Node::Is(_)) {
            offer(coder.share(group) * TOGETHER, Hold::RightAfter(group));
        }
        // A little dearer than it is, so that of two holds that pass everything the simpler one is taken.
        offer(coder.share(group) * WORDS_BEFORE, Hold::After(group));
    }
    best
}
