//! What a word means to a cue set: which signs it is, which threads it may be held by, and which groups it is in. Words that answer the
//! same questions are one symbol.
//!
//! Signs and threads are gone through for every word of a text, so they stand in short lists, the first signs in the head itself: what
//! is read of a word is two or three lines of the cache. Groups are a row of bits a symbol, since any of them may be asked for, of
//! which only those machine words are kept that are not empty.

use std::collections::HashMap;

use prefetch_index::prefetch_index;

use super::code::GroupId;
use super::compiled::Compiled;
use super::ready::{Held, Ready};
use super::signs::{self, NOBODYS, SIGNS, SignId};
use super::words::AskId;

/// The number of a symbol.
pub type SymbolId = u32;

/// Signs, eight by eight; where there are fewer, [`NOBODYS`] fill them up. Where lists come in such pieces the processor seldom has to
/// guess how long they are, which it cannot.
pub type Eight = [SignId; 8];

/// What stands where for a symbol.
#[derive(Clone, Copy, Debug)]
struct Head {
    signs: Eight,
    /// Where the other signs begin and end.
    more: (u32, u32),
    /// Where its threads begin and end.
    held: (u32, u32),
}

/// Which 64 of each 4096 groups a symbol is in any of, a bit each, and where those stand.
#[derive(Clone, Copy, Debug)]
struct Row {
    any: u64,
    start: u32,
}

/// The symbols met so far.
pub struct Symbols {
    numbers: HashMap<Box<[AskId]>, SymbolId, foldhash::fast::RandomState>,
    heads: Vec<Head>,
    signs: Vec<Eight>,
    held: Vec<Held>,
    /// The groups of each symbol that words may be asked after, 64 in a machine word.
    groups: Vec<u64>,
    /// For each symbol, and each 4096 groups, where these stand; so many of a symbol.
    rows: Vec<Row>,
    width: usize,
    /// While a symbol is made: all its groups, a bit each, which 64 there are any of, and its signs.
    own: Vec<u64>,
    any: Vec<u64>,
    own_signs: Vec<SignId>,
}

impl Symbols {
    pub fn new(compiled: &Compiled) -> Self {
        let cells = compiled.signs.len().div_ceil(64);
        Symbols {
            numbers: HashMap::default(),
            heads: Vec::new(),
            signs: Vec::new(),
            held: Vec::new(),
            groups: vec![0],
            rows: Vec::new(),
            // At least one, so that it can be asked for without a look whether there is any.
            width: compiled.asked.div_ceil(4096).max(1),
            own: vec![0; cells],
            any: vec![0; cells.div_ceil(64)],
            own_signs: Vec::new(),
        }
    }

    /// Bytes of memory that the symbols take, about.
    pub fn bytes(&self) -> usize {
        let questions: usize = self.numbers.len() * 64;
        let lists = size_of_val(&self.heads[..]) + size_of_val(&self.signs[..]) + size_of_val(&self.held[..]);
        questions + lists + size_of_val(&self.groups[..]) + size_of_val(&self.rows[..])
    }

    /// Starts anew.
    pub fn forget(&mut self) {
        self.numbers.clear();
        self.heads.clear();
        self.signs.clear();
        self.held.clear();
        self.groups.truncate(1);
        self.rows.clear();
    }

    /// The symbol of words that answer just these questions.
    pub fn number(&mut self, answers: &[AskId], compiled: &Compiled, ready: &mut Ready) -> SymbolId {
        if let Some(&number) = self.numbers.get(answers) {
            return number;
        }
        for group in answers.iter().flat_map(|ask| compiled.groups.of(usize::from(*ask))) {
            let cell = usize::from(group) / 64;
            self.own[cell] |= 1 << (group % 64);
            self.any[cell / 64] |= 1 << (cell % 64);
        }
        let held = self.held.len();
        let mut marked = [false; SIGNS];
        self.own_signs.clear();
        // The last that may be asked for may share its machine word with some that nobody asks for, which does no harm.
        let rows = self.rows.len();
        for (cells, any) in self.any.iter_mut().enumerate() {
            if cells < self.width {
                self.rows.push(Row { any: *any, start: self.groups.len() as u32 });
            }
            for cell in ones(std::mem::take(any)).map(|cell| cells * 64 + cell) {
                let groups = std::mem::take(&mut self.own[cell]);
                if cells < self.width {
                    self.groups.push(groups);
                }
                for group in ones(groups).map(|group| cell * 64 + group) {
                    let sign = compiled.signs.get(group);
                    if sign != signs::ALWAYS && !std::mem::replace(&mut marked[usize::from(sign)], true) {
                        self.own_signs.push(sign);
                    }
                    self.held.extend_from_slice(ready.of_group(group as GroupId, compiled));
                }
            }
        }
        self.rows.resize(rows + self.width, Row { any: 0, start: 0 });
        let number = self.heads.len() as SymbolId;
        let (signs, rest) = self.own_signs.split_at(self.own_signs.len().min(8));
        let more = self.signs.len() as u32;
        self.signs.extend(rest.chunks(8).map(eight));
        self.heads.push(Head {
            signs: eight(signs),
            more: (more, self.signs.len() as u32),
            held: (held as u32, self.held.len() as u32),
        });
        self.numbers.insert(answers.into(), number);
        number
    }

    /// The signs of a symbol.
    #[inline]
    pub fn signs(&self, symbol: SymbolId) -> (Eight, &[Eight]) {
        let Head { signs, more: (start, end), .. } = self.heads[symbol as usize];
        (signs, &self.signs[start as usize..end as usize])
    }

    /// The threads that are held at a symbol.
    #[inline]
    pub fn held(&self, symbol: SymbolId) -> &[Held] {
        let (start, end) = self.heads[symbol as usize].held;
        &self.held[start as usize..end as usize]
    }

    /// Brings near the head of a symbol.
    #[inline]
    pub fn prefetch(&self, symbol: SymbolId) {
        prefetch_index(&self.heads, symbol as usize);
    }

    /// Brings near what its head leads to.
    #[inline]
    pub fn prefetch_lists(&self, symbol: SymbolId) {
        let Head { more, held, .. } = self.heads[symbol as usize];
        prefetch_index(&self.signs, more.0 as usize);
        prefetch_index(&self.held, held.0 as usize);
    }

    /// Whether a symbol is in a group, which must be one that words may be asked after.
    #[inline]
    pub fn is(&self, symbol: SymbolId, group: GroupId) -> bool {
        let group = usize::from(group);
        let Row { any, start } = self.rows[symbol as usize * self.width + group / 4096];
        let cell = group / 64 % 64;
        let (has, before) = (any >> cell & 1, (any & ((1 << cell) - 1)).count_ones());
        // The first machine word is empty, for those who are in none; there is no branch, since the answer cannot be guessed.
        self.groups[(start + before) as usize * has as usize] >> (group % 64) & 1 == 1
    }
}

/// The numbers of the bits that are set.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(next)
    })
}

fn eight(signs: &[SignId]) -> Eight {
    let mut eight = NOBODYS;
    eight[..signs.len()].copy_from_slice(signs);
    eight
}
