//! What a word means to a cue set: which groups it is in, and which threads it may be held by. Words that answer the same questions are one
//! symbol.
//!
//! Groups are a row of bits a symbol, since any of them may be asked for. Those that are looked for around other words, their *slots*, stand in
//! a list besides; so do the threads that are held at the symbol, each with what must stand near: both are gone through from end to end.

use std::collections::HashMap;

use super::code::GroupId;
use super::compiled::{Check, Compiled};
use super::lists::Lists;
use super::marks::Word;
use super::words::AskId;

/// The number of a symbol.
pub type SymbolId = u32;

/// A thread held at a symbol, and what must stand near.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    pub thread: u32,
    pub checks: [Check; 2],
}

/// For each group the threads that are held at its words; and the questions turned round.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// For each question the groups that it is in.
    groups: Lists<GroupId>,
    threads: Lists<Held>,
    /// Groups that words may be asked after; those behind only say which threads a word holds.
    asked: usize,
    /// Those of them that are marked wherever they stand in a sentence; the others follow.
    slots: usize,
}

impl Index {
    pub fn new(compiled: &Compiled) -> Self {
        let Compiled { groups, threads, questions, .. } = compiled;
        let by_ask =
            groups.iter().zip(0..).flat_map(|(asks, group)| asks.iter().map(move |ask| (usize::from(*ask), group)));
        let held = threads
            .iter()
            .zip(0..)
            .map(|(thread, number)| (usize::from(thread.own), Held { thread: number, checks: thread.checks }));
        Index {
            groups: Lists::sorted(questions.len(), by_ask),
            threads: Lists::sorted(groups.len(), held),
            asked: compiled.asked_groups(),
            slots: compiled.slots.into(),
        }
    }

    pub fn slots(&self) -> usize {
        self.slots
    }
}

/// What stands where for a symbol, and its [cells](Symbols::cells).
#[derive(Clone, Copy, Debug)]
struct Head {
    cells: u64,
    slots: (u32, u32),
    /// Where its threads begin, of each of the kinds of [`Threads`], and where they end.
    held: [u32; 4],
}

/// The threads held at a symbol.
#[derive(Clone, Copy)]
pub struct Threads<'a> {
    /// Their first sign is marked, or no word.
    pub marked: &'a [Held],
    /// Their first sign is a word that must stand in a certain place.
    pub beside: &'a [Held],
    /// Their first sign is a word that must stand in one of several places.
    pub asked: &'a [Held],
}

/// The symbols met so far.
pub struct Symbols {
    numbers: HashMap<Box<[AskId]>, SymbolId, foldhash::fast::RandomState>,
    heads: Vec<Head>,
    slots: Vec<GroupId>,
    held: Vec<Held>,
    /// The groups of each symbol that words may be asked after, so many machine words of them.
    groups: Vec<u64>,
    width: usize,
    /// While a symbol is made: all its groups, a bit each, and its threads of the second and third kind.
    own: Vec<u64>,
    beside: Vec<Held>,
    asked: Vec<Held>,
}

impl Symbols {
    pub fn new(index: &Index) -> Self {
        Symbols {
            numbers: HashMap::default(),
            heads: Vec::new(),
            slots: Vec::new(),
            held: Vec::new(),
            groups: Vec::new(),
            width: index.asked.div_ceil(64),
            own: vec![0; index.threads.len().div_ceil(64).max(index.asked.div_ceil(64))],
            beside: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// Bytes of memory that the symbols take, about.
    pub fn bytes(&self) -> usize {
        let questions: usize = self.numbers.len() * 64;
        let lists = size_of_val(&self.heads[..]) + size_of_val(&self.slots[..]) + size_of_val(&self.held[..]);
        questions + lists + size_of_val(&self.groups[..])
    }

    /// Starts anew.
    pub fn forget(&mut self) {
        self.numbers.clear();
        self.heads.clear();
        self.slots.clear();
        self.held.clear();
        self.groups.clear();
    }

    /// The symbol of words that answer just these questions.
    pub fn number(&mut self, answers: &[AskId], index: &Index) -> SymbolId {
        if let Some(&number) = self.numbers.get(answers) {
            return number;
        }
        self.own.fill(0);
        for group in answers.iter().flat_map(|ask| index.groups.of(usize::from(*ask))) {
            self.own[usize::from(*group) / 64] |= 1 << (group % 64);
        }
        // The last may hold groups that nobody asks for, which does no harm.
        let row = &self.own[..self.width];
        let cells = row.iter().zip(0..).fold(0, |cells, (groups, at)| cells | u64::from(*groups != 0) << (at % 64));
        self.groups.extend_from_slice(row);
        let (slots, held) = (self.slots.len() as u32, self.held.len() as u32);
        let is_marked = |check: Check| usize::from(check.slot) < usize::from(Check::SIGNS) + index.slots;
        self.beside.clear();
        self.asked.clear();
        for (at, groups) in self.own.iter().enumerate() {
            let mut left = *groups;
            while left != 0 {
                let group = at * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                if group < index.slots {
                    self.slots.push(group as GroupId);
                }
                for thread in index.threads.of(group) {
                    let list = match thread.checks[0] {
                        check if is_marked(check) => &mut self.held,
                        Check { width: 1, .. } => &mut self.beside,
                        _ => &mut self.asked,
                    };
                    list.push(*thread);
                }
            }
        }
        let beside = self.held.len() as u32;
        self.held.extend_from_slice(&self.beside);
        let asked = self.held.len() as u32;
        self.held.extend_from_slice(&self.asked);
        let number = self.heads.len() as SymbolId;
        let (slots, held) = ((slots, self.slots.len() as u32), [held, beside, asked, self.held.len() as u32]);
        self.heads.push(Head { cells, slots, held });
        self.numbers.insert(answers.into(), number);
        number
    }

    /// The groups of a symbol that are looked for around other words.
    #[inline]
    pub fn slots(&self, symbol: SymbolId) -> &[GroupId] {
        let (start, end) = self.heads[symbol as usize].slots;
        &self.slots[start as usize..end as usize]
    }

    /// The threads that are held at a symbol.
    #[inline]
    pub fn held(&self, symbol: SymbolId) -> Threads<'_> {
        let [start, beside, asked, end] = self.heads[symbol as usize].held.map(|at| at as usize);
        Threads { marked: &self.held[start..beside], beside: &self.held[beside..asked], asked: &self.held[asked..end] }
    }

    /// Reads the first of what will soon be read of a symbol, so that it is on its way from far memory while other words are read. What it
    /// gives means nothing, but must be used.
    #[inline]
    pub fn touch(&self, symbol: SymbolId) -> u32 {
        let Head { slots, held, .. } = self.heads[symbol as usize];
        let slot = self.slots.get(slots.0 as usize).copied().unwrap_or_default();
        let thread = self.held.get(held[0] as usize).map_or(0, |held| held.thread);
        u32::from(slot) ^ thread
    }

    /// Which 64 groups of each 4096 a symbol is in any of, a bit each.
    #[inline]
    pub fn cells(&self, symbol: SymbolId) -> u64 {
        self.heads[symbol as usize].cells
    }

    /// Whether a word is in a group, which must be one that words may be asked after. Rare words are in few, and their rows far away in
    /// memory, so the word's own cells are asked first.
    #[inline]
    pub fn is(&self, word: &Word, group: GroupId) -> bool {
        let group = usize::from(group);
        word.cells >> (group / 64 % 64) & 1 == 1
            && self.groups[word.symbol as usize * self.width + group / 64] >> (group % 64) & 1 == 1
    }

    /// The same without a branch, for where the answer cannot be guessed.
    #[inline(always)]
    pub fn is_steadily(&self, word: &Word, group: GroupId) -> bool {
        let group = usize::from(group);
        let cell = word.cells >> (group / 64 % 64) & 1;
        let at = (word.symbol as usize * self.width + group / 64) * cell as usize;
        self.groups[at] >> (group % 64) & cell == 1
    }
}
