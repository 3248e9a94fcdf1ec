//! Signs: what is marked wherever it stands in a sentence, so that a thread can ask for it in a whole window of places at once.
//!
//! Patterns ask for thousands of groups of words, and a common word such as *we* is in hundreds of them. To mark each would be most of the
//! work, so groups with nearly the same words share a sign: a sign that is not there rules all its groups out, and one that is there makes
//! it worth while to look closer. Which groups share one is a matter of cost alone: what the marks cost, by how common their words are,
//! and what it costs to look closer in vain.

/// The number of a sign.
pub type SignId = u8;

/// As many as a number can tell apart.
pub const SIGNS: usize = 256;
/// What is always true: the sign of groups that have none.
pub const ALWAYS: SignId = 0;
/// Signs that are no words.
pub const SENTENCE_START: SignId = 1;
pub const SENTENCE_END: SignId = 2;
pub const BREAK: SignId = 3;
pub const QUOTED: SignId = 4;
pub const OPENS: SignId = 5;
pub const CLOSES: SignId = 6;
const FIRST: usize = 7;
/// It never stands anywhere.
pub const NEVER: SignId = 247;
/// Nobody asks for these; they fill up lists of signs.
pub const NOBODYS: [SignId; 8] = [248, 249, 250, 251, 252, 253, 254, 255];
const MOST: usize = NEVER as usize - FIRST;

/// What a mark costs, and what it costs that there is one more sign.
const A_MARK: f64 = 1.0;
const A_SIGN: f64 = 1e-4;

/// A group of words that is asked for.
pub struct Group {
    /// The commoner words in it, and the share of running words that the others make up.
    pub words: Vec<u16>,
    pub others: f64,
    /// How often a running word leads to a place where it is asked for, times what it costs to look there in vain.
    pub asking: f64,
}

/// Signs as they are dealt out.
pub struct Signs<'a> {
    /// The share of running words that each of the commoner words makes up.
    shares: &'a [f64],
    signs: Vec<Sign>,
}

/// The words of one or more groups.
struct Sign {
    holds: Vec<bool>,
    share: f64,
    asking: f64,
}

impl<'a> Signs<'a> {
    pub fn new(shares: &'a [f64]) -> Self {
        Signs { shares, signs: Vec::new() }
    }

    /// A sign of each group, given out in the order of how much is asked for them: the cheapest of those that there are, a new one, or
    /// none.
    pub fn deal(mut self, groups: &[Group]) -> Vec<SignId> {
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by(|&a, &b| groups[b].asking.total_cmp(&groups[a].asking));
        let mut signs = vec![ALWAYS; groups.len()];
        for group in order {
            signs[group] = self.cheapest(&groups[group]);
        }
        signs
    }

    fn cheapest(&mut self, group: &Group) -> SignId {
        let own = group.words.iter().map(|word| self.shares[usize::from(*word)]).sum::<f64>() + group.others;
        let mut best = (group.asking * (1.0 - own).max(0.0), None);
        if self.signs.len() < MOST && own * A_MARK + A_SIGN < best.0 {
            best = (own * A_MARK + A_SIGN, Some(self.signs.len()));
        }
        for (sign, at) in self.signs.iter().zip(0..) {
            let new = |word: &&u16| !sign.holds[usize::from(**word)];
            let growth = group.words.iter().filter(new).map(|word| self.shares[usize::from(*word)]).sum::<f64>();
            let growth = growth + group.others;
            let in_vain = (sign.share + growth - own).max(0.0) * group.asking + growth * sign.asking;
            let cost = growth * A_MARK + in_vain;
            if cost < best.0 {
                best = (cost, Some(at));
            }
        }
        let Some(at) = best.1 else { return ALWAYS };
        if at == self.signs.len() {
            self.signs.push(Sign { holds: vec![false; self.shares.len()], share: 0.0, asking: 0.0 });
        }
        self.signs[at].add(group, self.shares);
        (FIRST + at) as SignId
    }
}

impl Sign {
    fn add(&mut self, group: &Group, shares: &[f64]) {
        for word in group.words.iter().map(|word| usize::from(*word)) {
            if !std::mem::replace(&mut self.holds[word], true) {
                self.share += shares[word];
            }
        }
        self.share += group.others;
        self.asking += group.asking;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(words: &[u16], asking: f64) -> Group {
        Group { words: words.to_vec(), others: 0.0, asking }
    }

    #[test]
    fn groups_that_hardly_differ_share_a_sign_and_others_have_their_own() {
        let shares = [0.05, 0.0001, 0.03];
        let groups = [group(&[0], 1.0), group(&[0, 1], 0.5), group(&[2], 1.0), group(&[1], 0.0)];
        let signs = Signs::new(&shares).deal(&groups);
        assert_eq!(signs[0], signs[1]);
        assert!(signs[2] != signs[0] && signs[2] != ALWAYS);
        assert_eq!(signs[3], ALWAYS, "nobody asks for it");
    }

    #[test]
    fn there_are_never_more_signs_than_numbers() {
        let shares = vec![0.001; 1000];
        let groups: Vec<Group> = (0..1000).map(|word| group(&[word], 100.0)).collect();
        let signs = Signs::new(&shares).deal(&groups);
        assert!(signs.iter().all(|sign| *sign < NEVER && usize::from(*sign) >= FIRST));
    }
}
