//! What a word means to a cue set: which groups it is in, and which threads it opens or closes. Words that answer the same questions are
//! one symbol.
//!
//! For each symbol there are six sets, of groups or of threads. They are mostly empty, so of each only the cells that hold anything are
//! kept, and a bit a cell says which these are: two sets that have nothing in common are told apart by one machine instruction.

use std::collections::HashMap;

use super::code::GroupId;
use super::compiled::Compiled;
use super::hold::Hold;
use super::lists::Lists;
use super::marks::Word;
use super::words::AskId;

/// The number of a symbol.
pub type SymbolId = u32;

/// The symbol that stands before the first word of each sentence.
pub const START: SymbolId = 0;

/// The sets of a symbol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plane {
    /// Groups that the word is in.
    Groups,
    /// Threads that are held at this word alone.
    Alone,
    /// Threads that are held at the word after this one, if it is right: see [`Hold::RightAfter`].
    Opens,
    Closes,
    /// The same for [`Hold::After`].
    OpensAll,
    ClosesAny,
}

const PLANES: usize = 6;

/// Numbers in a cell, cells on a page, and numbers on a page.
const CELL: usize = 128;
const CELLS: usize = 64;
const PAGE: usize = CELL * CELLS;

/// The sets of one symbol, as far as their numbers stand on one page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    /// Which cells hold anything, and where among the cells of all symbols the first of them is.
    filled: [u64; PLANES],
    starts: [u16; PLANES],
    start: u32,
}

/// Cells of sets: threads, by the number of their cell.
pub type Cell = u128;

impl Head {
    #[inline]
    pub fn filled(&self, plane: Plane) -> u64 {
        self.filled[plane as usize]
    }
}

/// For each group, which sets its words put which threads into; and the questions turned round.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// For each question the groups that it is in.
    groups: Lists<GroupId>,
    /// For each group the threads that its words concern, and how.
    threads: Lists<(u8, u32)>,
    at_start: Vec<u32>,
    pages: usize,
}

impl Index {
    pub fn new(compiled: &Compiled) -> Self {
        let Compiled { groups, threads, questions, .. } = compiled;
        let by_ask =
            groups.iter().zip(0..).flat_map(|(asks, group)| asks.iter().map(move |ask| (usize::from(*ask), group)));
        let concerned = threads.iter().zip(0..).flat_map(|(thread, number)| {
            let own = |plane: Plane| Some((usize::from(thread.own), (plane as u8, number)));
            let other = |group: GroupId, plane: Plane| Some((usize::from(group), (plane as u8, number)));
            let both = match thread.hold {
                Hold::Alone => [own(Plane::Alone), None],
                Hold::AtStart => [own(Plane::Closes), None],
                Hold::RightAfter(group) => [own(Plane::Closes), other(group, Plane::Opens)],
                Hold::After(group) => [own(Plane::ClosesAny), other(group, Plane::OpensAll)],
            };
            both.into_iter().flatten()
        });
        let at_start = threads.iter().zip(0..).filter(|(thread, _)| thread.hold == Hold::AtStart);
        Index {
            groups: Lists::sorted(questions.len(), by_ask),
            threads: Lists::sorted(groups.len(), concerned),
            at_start: at_start.map(|(_, number)| number).collect(),
            pages: groups.len().max(threads.len()).div_ceil(PAGE).max(1),
        }
    }

    pub fn pages(&self) -> usize {
        self.pages
    }
}

/// The symbols met so far.
pub struct Symbols {
    numbers: HashMap<Box<[AskId]>, SymbolId, foldhash::fast::RandomState>,
    heads: Vec<Head>,
    cells: Vec<Cell>,
    pages: usize,
    /// All sets of the symbol that is being made, every cell of them.
    draft: Box<[Cell]>,
}

impl Symbols {
    pub fn new(index: &Index) -> Self {
        let mut symbols = Symbols {
            numbers: HashMap::default(),
            heads: Vec::new(),
            cells: Vec::new(),
            pages: index.pages,
            draft: vec![0; index.pages * PLANES * CELLS].into(),
        };
        symbols.forget(index);
        symbols
    }

    /// Bytes of memory that the symbols take, about.
    pub fn bytes(&self) -> usize {
        let questions: usize = self.numbers.len() * 64;
        questions + size_of_val(&self.heads[..]) + size_of_val(&self.cells[..])
    }

    /// Starts anew, with [`START`] alone.
    pub fn forget(&mut self, index: &Index) {
        self.numbers.clear();
        self.heads.clear();
        self.cells.clear();
        for &thread in &index.at_start {
            self.insert(Plane::Opens, thread as usize);
        }
        self.store();
    }

    /// The symbol of words that answer just these questions.
    pub fn number(&mut self, answers: &[AskId], index: &Index) -> SymbolId {
        if let Some(&number) = self.numbers.get(answers) {
            return number;
        }
        for &ask in answers {
            for &group in index.groups.of(usize::from(ask)) {
                if !self.insert(Plane::Groups, usize::from(group)) {
                    continue;
                }
                for &(plane, thread) in index.threads.of(usize::from(group)) {
                    const THREADS: [Plane; PLANES - 1] =
                        [Plane::Alone, Plane::Opens, Plane::Closes, Plane::OpensAll, Plane::ClosesAny];
                    self.insert(THREADS[usize::from(plane) - 1], thread as usize);
                }
            }
        }
        let number = self.store();
        self.numbers.insert(answers.into(), number);
        number
    }

    /// Adds a number to a set of the draft, if it is new there.
    fn insert(&mut self, plane: Plane, number: usize) -> bool {
        let cell = &mut self.draft[(number / PAGE * PLANES + plane as usize) * CELLS + number % PAGE / CELL];
        let bit = 1 << (number % CELL);
        let is_new = *cell & bit == 0;
        *cell |= bit;
        is_new
    }

    /// Makes the draft a symbol, and empties it.
    fn store(&mut self) -> SymbolId {
        let number = self.heads.len() / self.pages;
        for page in self.draft.chunks_exact(PLANES * CELLS) {
            let mut head = Head { start: self.cells.len() as u32, ..Head::default() };
            for (plane, cells) in page.chunks_exact(CELLS).enumerate() {
                head.starts[plane] = (self.cells.len() - head.start as usize) as u16;
                for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != 0) {
                    head.filled[plane] |= 1 << at;
                    self.cells.push(*cell);
                }
            }
            self.heads.push(head);
        }
        self.draft.fill(0);
        number as SymbolId
    }

    /// The sets of a symbol on a page.
    #[inline]
    pub fn head(&self, symbol: SymbolId, page: usize) -> &Head {
        &self.heads[symbol as usize * self.pages + page]
    }

    /// A cell of a set; it must be a filled one.
    #[inline]
    pub fn cell(&self, head: &Head, plane: Plane, cell: u32) -> Cell {
        let before = (head.filled[plane as usize] & ((1 << cell) - 1)).count_ones();
        self.cells[head.start as usize + usize::from(head.starts[plane as usize]) + before as usize]
    }

    /// The filled cells of a set, each with its number.
    #[inline]
    pub fn cells(&self, head: &Head, plane: Plane) -> impl Iterator<Item = (u32, Cell)> {
        let start = head.start as usize + usize::from(head.starts[plane as usize]);
        bits(head.filled(plane)).zip(&self.cells[start..]).map(|(at, cell)| (at, *cell))
    }

    /// In which cells the groups of a symbol are, on any page.
    #[inline]
    pub fn group_cells(&self, symbol: SymbolId) -> u64 {
        (0..self.pages).fold(0, |all, page| all | self.head(symbol, page).filled(Plane::Groups))
    }

    /// Whether a word is in a group.
    #[inline]
    pub fn is(&self, word: &Word, group: GroupId) -> bool {
        let cell = usize::from(group) % PAGE / CELL;
        word.cells >> cell & 1 == 1 && self.holds(word.symbol, group)
    }

    fn holds(&self, symbol: SymbolId, group: GroupId) -> bool {
        let head = self.head(symbol, usize::from(group) / PAGE);
        let cell = usize::from(group) % PAGE / CELL;
        head.filled(Plane::Groups) >> cell & 1 == 1
            && self.cell(head, Plane::Groups, cell as u32) >> (usize::from(group) % CELL) & 1 == 1
    }
}

/// The bits of a machine word that are set, from the lowest.
#[inline]
pub fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = word.checked_ilog2().map(|_| word.trailing_zeros())?;
        word &= word - 1;
        Some(bit)
    })
}

/// Calls `each` with the number of every thread in a cell.
#[inline]
pub fn each_thread(page: usize, at: u32, mut cell: Cell, mut each: impl FnMut(usize)) {
    while cell != 0 {
        each(page * PAGE + at as usize * CELL + cell.trailing_zeros() as usize);
        cell &= cell - 1;
    }
}

/// Threads that some word of the sentence has opened.
#[derive(Clone)]
pub struct Opened {
    filled: u64,
    cells: [Cell; CELLS],
}

impl Default for Opened {
    fn default() -> Self {
        Opened { filled: 0, cells: [0; CELLS] }
    }
}

impl Opened {
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    #[inline]
    pub fn filled(&self) -> u64 {
        self.filled
    }

    #[inline]
    pub fn cell(&self, at: u32) -> Cell {
        self.cells[at as usize]
    }

    #[inline]
    pub fn add(&mut self, at: u32, cell: Cell) {
        let own = &mut self.cells[at as usize];
        *own = if self.filled >> at & 1 == 1 { *own | cell } else { cell };
        self.filled |= 1 << at;
    }
}
