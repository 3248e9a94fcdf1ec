//! Threads, made ready to be worked out when a word is first met that they are held at: most texts have few of the words that cues ask
//! for, and a short one has next to none.

use super::CueId;
use super::code::{GroupId, Op};
use super::compiled::{Check, Compiled, Thread, instructions};
use super::hold::CHECKS;
use super::steps::{self, Step};

/// A thread held at a word, and what must stand near before it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    pub check: Check,
    /// Its number among those that are ready.
    pub thread: u32,
}

/// What it takes to work a thread out, side by side in memory.
#[derive(Debug)]
pub struct ReadyThread {
    /// The number of its pattern among those that are ready.
    pub pattern: u32,
    /// All but the first of what must stand near.
    pub checks: [Check; CHECKS - 1],
    pub ahead_first: bool,
    pub needs_quotation: bool,
    pub before: Row,
    pub after: Row,
}

/// Instructions: their steps, and where they stand themselves.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    steps: (u32, u32),
    code: (u32, u16),
    /// How many words they may take at most, and how many they see.
    pub longest: u16,
    pub sight: u16,
}

/// All threads that are ready.
#[derive(Debug)]
pub struct Ready {
    /// For each group the number of its threads among those that are held, or [`UNREADY`]. The shortest text asks all over this table, so
    /// it is small.
    of_groups: Vec<u16>,
    /// Where the threads of a group begin and end among those that are held; the first are none.
    groups: Vec<[u32; 2]>,
    held: Vec<Held>,
    threads: Vec<ReadyThread>,
    pub everywhere: Vec<ReadyThread>,
    /// For each pattern, and each row of instructions, its number among those that are ready, plus one, or 0: there is no work in a table
    /// of zeros, nor memory behind what is not touched of it.
    pattern_numbers: Vec<u32>,
    row_numbers: Vec<u32>,
    /// The cue of each pattern.
    patterns: Vec<CueId>,
    rows: Vec<Row>,
    steps: Vec<Step>,
    code: Vec<Op>,
}

/// Stands for the threads of a group that are not ready.
const UNREADY: u16 = u16::MAX;

impl Ready {
    /// Nothing but what is tried at every place.
    pub fn new(compiled: &Compiled) -> Self {
        let mut ready = Ready {
            of_groups: vec![UNREADY; compiled.signs.len()],
            groups: vec![[0; 2]],
            held: Vec::new(),
            threads: Vec::new(),
            everywhere: Vec::new(),
            pattern_numbers: vec![0; compiled.patterns()],
            row_numbers: vec![0; compiled.code.len()],
            patterns: Vec::new(),
            rows: Vec::new(),
            steps: Vec::new(),
            code: Vec::new(),
        };
        for thread in sound(&compiled.everywhere) {
            let thread = ready.thread(thread, compiled);
            ready.everywhere.push(thread);
        }
        ready
    }

    /// The threads held at the words of a group.
    #[inline]
    pub fn of_group(&mut self, group: GroupId, compiled: &Compiled) -> &[Held] {
        let mut number = self.of_groups[usize::from(group)];
        if number == UNREADY {
            number = self.make_ready(group, compiled);
        }
        let [start, end] = self.groups[usize::from(number)];
        &self.held[start as usize..end as usize]
    }

    #[cold]
    fn make_ready(&mut self, group: GroupId, compiled: &Compiled) -> u16 {
        let start = self.threads.len() as u32;
        for thread in sound(compiled.threads.of(group.into())) {
            self.held.push(Held { check: thread.checks[0], thread: self.threads.len() as u32 });
            let thread = self.thread(thread, compiled);
            self.threads.push(thread);
        }
        let end = self.threads.len() as u32;
        let number = if start < end {
            self.groups.push([start, end]);
            self.groups.len() as u16 - 1
        } else {
            0
        };
        self.of_groups[usize::from(group)] = number;
        number
    }

    fn thread(&mut self, thread: Thread, compiled: &Compiled) -> ReadyThread {
        let Thread { pattern, checks: [_, checks @ ..], ahead_first, needs_quotation, before, after } = thread;
        let number = &mut self.pattern_numbers[pattern as usize];
        if *number == 0 {
            self.patterns.push(compiled.cue(pattern));
            *number = self.patterns.len() as u32;
        }
        let pattern = *number - 1;
        let [before, after] = [before, after].map(|row| self.row(row as usize, compiled));
        ReadyThread { pattern, checks, ahead_first, needs_quotation, before, after }
    }

    fn row(&mut self, row: usize, compiled: &Compiled) -> Row {
        if self.row_numbers[row] == 0 {
            let (first, at) = (self.steps.len() as u32, self.code.len());
            instructions(compiled.code.of(row), &mut self.code).expect(CHECKED);
            let code = &self.code[at..];
            let reach = compiled.reach(code).expect(CHECKED);
            steps::even_out(code, |group| compiled.signs.get(group.into()), &mut self.steps);
            self.rows.push(Row {
                steps: (first, self.steps.len() as u32),
                code: (at as u32, code.len() as u16),
                longest: reach.longest as u16,
                sight: (reach.longest + reach.around) as u16,
            });
            self.row_numbers[row] = self.rows.len() as u32;
        }
        self.rows[self.row_numbers[row] as usize - 1]
    }

    /// How many patterns are ready.
    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    /// The cue of one of them.
    pub fn cue(&self, pattern: u32) -> CueId {
        self.patterns[pattern as usize]
    }

    #[inline]
    pub fn of(&self, thread: u32) -> &ReadyThread {
        &self.threads[thread as usize]
    }

    #[inline]
    pub fn steps(&self, row: Row) -> &[Step] {
        &self.steps[row.steps.0 as usize..row.steps.1 as usize]
    }

    #[inline]
    pub fn code(&self, row: Row) -> &[Op] {
        &self.code[row.code.0 as usize..][..usize::from(row.code.1)]
    }
}

const CHECKED: &str = "what is compiled is checked when it is read";

/// The threads in bytes of what is compiled.
fn sound(bytes: &[u8]) -> impl Iterator<Item = Thread> + '_ {
    Thread::all(bytes).map(|thread| thread.expect(CHECKED))
}
