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

/// Where the lists of a symbol stand.
#[derive(Clone, Copy, Debug)]
struct Head {
    slots: (u32, u32),
    held: (u32, u32),
}

/// The symbols met so far.
pub struct Symbols {
    numbers: HashMap<Box<[AskId]>, SymbolId, foldhash::fast::RandomState>,
    heads: Vec<Head>,
    slots: Vec<GroupId>,
    held: Vec<Held>,
    /// The groups of each symbol, so many machine words of them.
    groups: Vec<u64>,
    width: usize,
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
        let mut groups: Vec<GroupId> =
            answers.iter().flat_map(|ask| index.groups.of(usize::from(*ask))).copied().collect();
        groups.sort_unstable();
        groups.dedup();
        let (row, slots, held) = (self.groups.len(), self.slots.len() as u32, self.held.len() as u32);
        self.groups.resize(row + self.width, 0);
        for group in groups {
            let number = usize::from(group);
            if number < index.slots {
                self.slots.push(group);
            }
            if number < index.asked {
                self.groups[row + number / 64] |= 1 << (number % 64);
            }
            self.held.extend_from_slice(index.threads.of(number));
        }
        // First all whose first sign is marked, so that the processor need not guess.
        let is_asked = |held: &Held| usize::from(held.checks[0].slot) >= usize::from(Check::SIGNS) + index.slots;
        self.held[held as usize..].sort_by_key(is_asked);
        let number = self.heads.len() as SymbolId;
        self.heads.push(Head { slots: (slots, self.slots.len() as u32), held: (held, self.held.len() as u32) });
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
    pub fn held(&self, symbol: SymbolId) -> &[Held] {
        let (start, end) = self.heads[symbol as usize].held;
        &self.held[start as usize..end as usize]
    }

    /// Which 64 groups of each 4096 a symbol is in any of, a bit each.
    pub fn cells(&self, symbol: SymbolId) -> u64 {
        let row = &self.groups[symbol as usize * self.width..][..self.width];
        row.iter().zip(0..).filter(|(groups, _)| **groups != 0).fold(0, |cells, (_, at)| cells | 1 << (at % 64))
    }

    /// Whether a word is in a group, which must be one that words may be asked after. Rare words are in few, and their rows far away in
    /// memory, so the word's own cells are asked first.
    #[inline]
    pub fn is(&self, word: &Word, group: GroupId) -> bool {
        let group = usize::from(group);
        word.cells >> (group / 64 % 64) & 1 == 1
            && self.groups[word.symbol as usize * self.width + group / 64] >> (group % 64) & 1 == 1
    }
}
