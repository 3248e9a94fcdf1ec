//! Instructions made even: most pieces of a pattern are a word, perhaps optional, perhaps behind a gap, and one step with the same few operations does
//! for them all. To tell instructions apart costs the processor a wrong guess each time, which is more than the work itself.

use std::ops::Range;

use super::code::{GroupId, Op};
use super::lists::Lists;
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

/// The steps of rows of instructions.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    rows: Lists<Step>,
}

impl Steps {
    /// Rows must be sound.
    pub fn new(rows: &Lists<Op>, signs: &[SignId]) -> Steps {
        let mut steps = Lists::default();
        let mut own = Vec::new();
        for row in rows.iter() {
            own.clear();
            even_out(row, signs, &mut own);
            steps.push(own.iter().copied());
        }
        Steps { rows: steps }
    }

    /// Where the steps of a row stand among all.
    pub fn range(&self, row: u32) -> Range<u32> {
        self.rows.range(row as usize)
    }

    #[inline]
    pub fn of(&self, range: &Range<u32>) -> &[Step] {
        &self.rows.all()[range.start as usize..range.end as usize]
    }
}

fn even_out(row: &[Op], signs: &[SignId], steps: &mut Vec<Step>) {
    let word = |group: GroupId, bits: u8| Step { what: group, sign: signs[usize::from(group)], bits };
    let (mut at, mut gap) = (0, 0);
    while let Some(op) = row.get(at) {
        let inner = match *op {
            Op::Optional(1) => row.get(at + 1),
            _ => None,
        };
        let step = match (*op, inner) {
            (Op::Gap(n), _) if gap + n <= GAP => {
                (gap, at) = (gap + n, at + 1);
                continue;
            }
            (Op::Is(group), _) => word(group, 0),
            (Op::IsNot(group), _) => word(group, IS_NOT),
            (Op::Any, _) => Step { what: 0, sign: NEVER, bits: IS_NOT },
            (_, Some(Op::Is(group))) => word(*group, OPTIONAL),
            _ => Step { what: at as u16, sign: ALWAYS, bits: OTHER },
        };
        steps.push(Step { bits: step.bits | gap, ..step });
        (gap, at) = (0, at + 1 + op.length());
    }
    if gap > 0 {
        // No word, which may be left out.
        steps.push(Step { what: 0, sign: NEVER, bits: OPTIONAL | gap });
    }
}
