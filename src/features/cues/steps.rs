//! Instructions made even: most pieces of a pattern are a word, perhaps optional, perhaps behind a gap, and one step with the same few
//! operations does for them all. To tell instructions apart costs the processor a wrong guess each time, which is more than the work
//! itself.

use super::code::{GroupId, Op};
use super::signs::{ALWAYS, NEVER, SignId};

/// A gap, then a word, in four bytes; or another instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The group of the word, or the place of the other instruction in its row.
    what: u16,
    /// The sign of the group.
    pub sign: SignId,
    /// The longest gap, and what else there is to it.
    bits: u8,
}

const GAP: u8 = 31;
const OPTIONAL: u8 = 32;
const IS_NOT: u8 = 64;
const OTHER: u8 = 128;

impl Step {
    #[inline(always)]
    pub fn group(self) -> GroupId {
        self.what
    }

    #[inline(always)]
    pub fn gap(self) -> u8 {
        self.bits & GAP
    }

    /// Where the instruction stands in its row that this step is, if it is no word.
    #[inline(always)]
    pub fn other(self) -> Option<usize> {
        (self.bits & OTHER != 0).then_some(self.what.into())
    }

    /// All bits where the word may be left out.
    #[inline(always)]
    pub fn may_stay(self) -> u64 {
        u64::from(self.bits & OPTIONAL != 0).wrapping_neg()
    }

    /// All bits where the word must not be one of the group.
    #[inline(always)]
    pub fn is_not(self) -> u64 {
        u64::from(self.bits & IS_NOT != 0).wrapping_neg()
    }
}

/// Appends the steps of a row, which must be sound.
pub fn even_out(row: &[Op], sign: impl Fn(GroupId) -> SignId, steps: &mut Vec<Step>) {
    let word = |op: Op, bits: u8| match op {
        Op::Is(group) => Some(Step { what: group, sign: sign(group), bits }),
        Op::IsNot(group) => Some(Step { what: group, sign: sign(group), bits: bits | IS_NOT }),
        // Not one of those that are never there.
        Op::Any => Some(Step { what: 0, sign: NEVER, bits: bits | IS_NOT }),
        _ => None,
    };
    let (mut at, mut gap) = (0, 0);
    while let Some(&op) = row.get(at) {
        if let Op::Gap(n) = op
            && gap + n <= GAP
        {
            (gap, at) = (gap + n, at + 1);
            continue;
        }
        let step = match op {
            Op::Optional(1) => word(row[at + 1], OPTIONAL),
            _ => word(op, 0),
        };
        let step = step.unwrap_or(Step { what: at as u16, sign: ALWAYS, bits: OTHER });
        steps.push(Step { bits: step.bits | gap, ..step });
        (gap, at) = (0, at + 1 + op.length());
    }
    if gap > 0 {
        // A word that is never there, and may be left out.
        steps.push(Step { what: 0, sign: NEVER, bits: OPTIONAL | gap });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_gaps_before_them_are_one_step_and_alternatives_another() {
        let either = [Op::Either(4), Op::Alternative(1), Op::Is(1), Op::Alternative(1), Op::Any];
        let row = [&[Op::Gap(3), Op::Is(0), Op::Optional(1), Op::Any][..], &either, &[Op::Gap(2)]].concat();
        let mut steps = Vec::new();
        even_out(&row, |group| [9, 10][usize::from(group)], &mut steps);
        let seen: Vec<_> = steps.iter().map(|step| (step.gap(), step.other(), step.may_stay())).collect();
        assert_eq!(seen, [(3, None, 0), (0, None, u64::MAX), (0, Some(4), 0), (2, None, u64::MAX)]);
    }
}
