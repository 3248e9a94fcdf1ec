//! All patterns of a cue set against the words of a text.
//!
//! A thread of a pattern is held at one of its words, the rarest by and large ([`hold`](super::hold)), so a word of the text concerns few
//! threads: by the frequencies of words 3.5 of the 3,600 that 500 cues make, 6.7 of the 7,100 of all. For each of these one or two signs
//! are looked for that must stand near, in the window of places where they may. Most signs are marked first: for each a machine word with a
//! bit a place, so that a window is a rotation and a mask. Those that stand far more often than they are asked for, such as *the*, are
//! asked for word by word. Where all signs are there the pattern is worked out, backwards and forwards, all ways at once ([`Places`]). So
//! the time is linear in the text: every word has at most all threads looked at, and a look costs no more than the size of a pattern times
//! its reach, whatever the text.

use std::ops::Range;

use super::code::{GroupId, Op, Reach, Way};
use super::compiled::{Check, Compiled, Thread};
use super::known::{Known, Meaning, Parts};
use super::marks::{Marks, Sentence, Word};
use super::places::Places;
use super::symbols::{Held, Index, SymbolId, Symbols, Threads};
use crate::text::stem::{Language, Stems};
use crate::text::{Span, quote::Quotation, sentence, token::Token};

/// The number of a cue in its set.
pub type CueId = u32;

/// Bytes of symbols that are remembered from text to text.
const MOST_SYMBOLS: usize = 16 << 20;

/// Every pattern of a cue set, ready to match.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    compiled: Compiled,
    index: Index,
    threads: Vec<Ready>,
    /// How far the threads without a hold reach.
    everywhere: Vec<u16>,
}

/// What it takes to work a thread out, side by side in memory.
#[derive(Clone, Debug, PartialEq)]
struct Ready {
    pattern: u32,
    before: Range<u32>,
    after: Range<u32>,
    /// How far it reaches, back or forward.
    reach: u16,
    ahead_first: bool,
}

/// A text with its tokens, and their numbers in a memory of words: those of the memory's generation.
#[derive(Clone, Copy)]
pub struct Numbered<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    pub numbers: &'a [u32],
    pub stems: &'a Stems,
    /// Where they are known.
    pub sentences: Option<&'a [Span]>,
}

/// Working memory of a thread: the words of the text at hand, and what is known of every token met so far.
pub struct CueScratch {
    known: Known,
    symbols: Symbols,
    words: Vec<Word>,
    ends: Vec<usize>,
    /// Nothing: see [`Symbols::touch`].
    touched: u32,
    sentence: SentenceScratch,
}

struct SentenceScratch {
    marks: Marks,
    signs: Vec<u64>,
    candidates: Vec<Candidate>,
    states: Vec<State>,
    /// Patterns that have a match in store.
    waiting: Vec<u32>,
    number: u64,
}

/// A thread whose first sign is there.
#[derive(Clone, Copy, Default)]
struct Candidate {
    held: Held,
    place: u32,
}

/// How many candidates are gathered before they are looked at.
const ENOUGH: usize = 1024;

/// How far a pattern is with a sentence.
#[derive(Clone, Copy, Default)]
struct State {
    sentence: u64,
    /// No match may start before that place.
    from: u32,
    /// The best match so far that overlaps no earlier one, with its end first; none if that is 0.
    end: u32,
    start: u32,
}

impl Matcher {
    /// The matcher of cues made ready before, which must be sound, with the reach of each row of their instructions.
    pub(super) fn of(compiled: Compiled, reaches: &[Reach]) -> Matcher {
        let longest = |row: u32| reaches[row as usize].longest;
        let reach = |thread: &Thread| longest(thread.before).max(longest(thread.after)) as u16;
        let range = |row: u32| compiled.code.range(row as usize);
        let ready = |thread: &Thread| Ready {
            pattern: thread.pattern,
            before: range(thread.before),
            after: range(thread.after),
            reach: reach(thread),
            ahead_first: thread.ahead_first,
        };
        Matcher {
            index: Index::new(&compiled),
            threads: compiled.threads.iter().map(ready).collect(),
            everywhere: compiled.everywhere.iter().map(reach).collect(),
            compiled,
        }
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    pub fn scratch(&self) -> CueScratch {
        CueScratch {
            known: Known::default(),
            symbols: Symbols::new(&self.index),
            words: Vec::new(),
            ends: Vec::new(),
            touched: 0,
            sentence: SentenceScratch {
                marks: Marks::default(),
                signs: vec![0; usize::from(Check::SIGNS) + self.index.slots()],
                candidates: Vec::new(),
                states: vec![State::default(); self.compiled.patterns.len()],
                waiting: Vec::new(),
                number: 0,
            },
        }
    }

    /// Calls `found` with each cue that matches in `text` and the bytes that the match covers: of a pattern's matches that overlap the
    /// one that ends first, and of those the shortest. A pattern never runs over the end of a sentence.
    pub fn matches(
        &self,
        Numbered { text, tokens, numbers, stems, sentences }: Numbered,
        quotations: &[Quotation],
        scratch: &mut CueScratch,
        mut found: impl FnMut(CueId, Span),
    ) {
        self.read_words(text, tokens, numbers, stems, scratch);
        let CueScratch { symbols, words, ends, sentence, .. } = scratch;
        sentence_ends(text, sentences, words, self.compiled.language, ends);
        let (mut start, mut quotations) = (0, quotations);
        for &end in ends.iter() {
            let words = &words[start..end];
            // What ended before this sentence holds nothing of the next ones either.
            while let ([ended, rest @ ..], Some(word)) = (quotations, words.first())
                && ended.inner.end <= word.span.start
            {
                quotations = rest;
            }
            sentence.marks.lay_out(text, words, quotations);
            Walk {
                matcher: self,
                symbols,
                sentence: Sentence { text, words, marks: &sentence.marks },
                signs: &mut sentence.signs,
                candidates: &mut sentence.candidates,
                results: Results {
                    number: sentence.number + 1,
                    states: &mut sentence.states,
                    waiting: &mut sentence.waiting,
                    found: |pattern: u32, from: usize, to: usize| {
                        found(
                            self.compiled.patterns[pattern as usize],
                            Span::new(words[from].span.start, words[to - 1].span.end),
                        );
                    },
                },
            }
            .walk();
            sentence.number += 1;
            start = end;
        }
    }

    fn read_words(&self, text: &str, tokens: &[Token], numbers: &[u32], stems: &Stems, scratch: &mut CueScratch) {
        let CueScratch { known, symbols, words, touched, .. } = scratch;
        words.clear();
        words.reserve(tokens.len());
        if symbols.bytes() > MOST_SYMBOLS {
            known.forget();
            symbols.forget();
        }
        known.keep_up_with(stems);
        for (token, &number) in tokens.iter().zip(numbers) {
            match known.get(number) {
                Some(Meaning::Word(symbol)) => {
                    *touched ^= symbols.touch(symbol);
                    words.push(Word { span: token.span, symbol, cells: symbols.cells(symbol) });
                }
                Some(Meaning::Words(list)) => push(known.words(list), token, symbols, words),
                None => {
                    let mut parts = Parts::new();
                    self.compiled.questions.parts(token.span.of(text), stems.of(number), stems, |span, answers| {
                        parts.push((span, symbols.number(answers, &self.index)));
                    });
                    push(&parts, token, symbols, words);
                    known.remember(number, token.span.len(), parts);
                }
            }
        }
    }

    /// The nearest place where a match may end that starts at `at`, as so many words from there; going back, where one may start.
    fn nearest<P: Places>(&self, code: &[Op], reach: usize, at: usize, way: Way, context: Context) -> Option<usize> {
        let Context { symbols, sentence } = context;
        // Words that stand side by side lead to a single place, for which no set is needed.
        let mut steps = 0;
        while let Some(&Op::Is(group)) = code.get(steps) {
            let word = if way == Way::Forward { at.checked_add(steps) } else { at.checked_sub(steps + 1) };
            if !symbols.is(word.and_then(|word| sentence.words.get(word))?, group) {
                return None;
            }
            steps += 1;
        }
        if steps == code.len() {
            return Some(steps);
        }
        let mut places = P::first(reach);
        (0..steps).for_each(|_| places.step());
        self.go(&code[steps..], places, at, way, context).lowest()
    }

    /// The places where a match may end that starts at one of `places`, both as so many words from `at`; going back, those where one may
    /// start that ends at one of them.
    fn go<P: Places>(&self, code: &[Op], mut places: P, at: usize, way: Way, context: Context) -> P {
        let Context { symbols, sentence } = context;
        let words = sentence.words;
        let is = |word: usize, group: GroupId| symbols.is(&words[word], group);
        let place = |k: usize| if way == Way::Forward { at + k } else { at - k };
        // The last place within the sentence, which no step may be taken from.
        let last = if way == Way::Forward { words.len() - at } else { at };
        // The word that a step from place k goes over.
        let word = |k: usize| if way == Way::Forward { at + k } else { at - k - 1 };
        let mut next = 0;
        while next < code.len() && !places.is_empty() {
            match code[next] {
                Op::Is(group) => {
                    places.keep_below(last);
                    places.retain(|k| is(word(k), group));
                    places.step();
                }
                Op::IsNot(group) => {
                    places.keep_below(last);
                    places.retain(|k| !is(word(k), group));
                    places.step();
                }
                Op::Next(group) => {
                    places.keep_below(last);
                    places.retain(|k| is(word(k), group));
                }
                Op::Any => {
                    places.keep_below(last);
                    places.step();
                }
                Op::Gap(n) => {
                    places.spread(n.into());
                    places.keep_to(last);
                }
                Op::Seam(seam) => places.retain(|k| sentence.is(seam, place(k))),
                Op::NotBefore(group, n) => {
                    places.retain(|k| (1..=usize::from(n).min(place(k))).all(|by| !is(place(k) - by, group)));
                }
                Op::NotAfter(group, n) => {
                    places.retain(|k| {
                        (place(k)..words.len().min(place(k) + usize::from(n))).all(|word| !is(word, group))
                    });
                }
                Op::Optional(1) if matches!(code[next + 1], Op::Is(_)) => {
                    let Op::Is(group) = code[next + 1] else { unreachable!("the guard says so") };
                    let mut with = places.clone();
                    with.keep_below(last);
                    with.retain(|k| is(word(k), group));
                    with.step();
                    places.or(&with);
                    next += 1;
                }
                Op::Optional(length) => {
                    let inner = &code[next + 1..next + 1 + usize::from(length)];
                    let with = self.go(inner, places.clone(), at, way, context);
                    places.or(&with);
                    next += usize::from(length);
                }
                Op::Either(length) => {
                    let mut all = places.none();
                    let end = next + 1 + usize::from(length);
                    while let Some(Op::Alternative(length)) = code[..end].get(next + 1) {
                        let inner = &code[next + 2..next + 2 + usize::from(*length)];
                        all.or(&self.go(inner, places.clone(), at, way, context));
                        next += 1 + usize::from(*length);
                    }
                    places = all;
                }
                Op::Alternative(_) => unreachable!("alternatives are walked through by their group"),
            }
            next += 1;
        }
        places
    }
}

/// What instructions are worked out on.
#[derive(Clone, Copy)]
struct Context<'a> {
    symbols: &'a Symbols,
    sentence: &'a Sentence<'a>,
}

/// How far the signs are laid out around the places that are looked at.
#[derive(Clone, Copy, PartialEq)]
enum Sight {
    /// All over the sentence.
    Whole,
    /// As far as [`Check::is_wide`] says.
    Near,
}

/// A sentence that is gone through.
struct Walk<'a, F> {
    matcher: &'a Matcher,
    symbols: &'a Symbols,
    sentence: Sentence<'a>,
    /// Where the signs stand that threads look for around their word: for each a bit a place, see [`Walk::span`].
    signs: &'a mut [u64],
    candidates: &'a mut Vec<Candidate>,
    results: Results<'a, F>,
}

impl<F: FnMut(u32, usize, usize)> Walk<'_, F> {
    fn walk(mut self) {
        let count = self.sentence.words.len();
        if count <= 64 {
            self.span(0, 0..count, Sight::Whole);
        } else {
            // Spans of 64 places, of each of which the middle half has all places in sight that lie up to 16 words away.
            for base in (0..count - 32).step_by(32) {
                let first = if base == 0 { 0 } else { base + 16 };
                let last = if base + 64 >= count { count } else { base + 48 };
                self.span(base, first..last, Sight::Near);
            }
        }
        self.results.finish();
    }

    /// Looks at all threads held at some places of the 64 from `base` on. A sign at place p, or between that and the word before, is the bit
    /// p − `base` modulo 64: windows that run over an end of the 64 come out at the other, where they may see what is not there, but never
    /// miss what is.
    ///
    /// One in ten threads has its first sign there: which ones cannot be guessed, so all are written down and the others written over, without
    /// a branch.
    fn span(&mut self, base: usize, places: Range<usize>, sight: Sight) {
        self.lay_out_signs(base);
        let (symbols, mut count) = (self.symbols, 0);
        for place in places.clone() {
            let turn = (place - base) as u32;
            let Threads { marked, beside, asked } = symbols.held(self.sentence.words[place].symbol);
            let room = count + marked.len() + beside.len() + asked.len();
            if self.candidates.len() < room {
                self.candidates.resize(room.next_power_of_two(), Candidate::default());
            }
            for held in marked {
                self.candidates[count] = Candidate { held: *held, place: place as u32 };
                count += usize::from(self.is_marked(held.checks[0], turn, sight));
            }
            for held in beside {
                self.candidates[count] = Candidate { held: *held, place: place as u32 };
                count += usize::from(self.stands_beside(held.checks[0], place));
            }
            for held in asked {
                self.candidates[count] = Candidate { held: *held, place: place as u32 };
                count += usize::from(self.stands(held.checks[0], place));
            }
            if count > ENOUGH {
                self.look_at(base, count, sight);
                count = 0;
            }
        }
        self.look_at(base, count, sight);
        if !self.matcher.everywhere.is_empty() {
            places.for_each(|place| self.roam(place));
        }
    }

    /// Works out the first candidates if their second signs are there too.
    fn look_at(&mut self, base: usize, count: usize, sight: Sight) {
        for at in 0..count {
            let Candidate { held, place } = self.candidates[at];
            let (place, check) = (place as usize, held.checks[1]);
            let shows = match self.signs.len() > usize::from(check.slot) {
                true => self.is_marked(check, (place - base) as u32, sight),
                false => self.stands(check, place),
            };
            if shows {
                self.look(&held, place);
            }
        }
    }

    fn lay_out_signs(&mut self, base: usize) {
        let (words, text) = (self.sentence.words, self.sentence.text.as_bytes());
        self.signs.fill(0);
        self.signs[usize::from(Check::ALWAYS)] = u64::MAX;
        self.signs[usize::from(Check::QUOTATION)] = if self.sentence.marks.any() { u64::MAX } else { 0 };
        self.signs[usize::from(Check::SENTENCE_START)] = u64::from(base == 0);
        self.signs[usize::from(Check::SENTENCE_END)] =
            if words.len() - base <= 64 { 1u64.rotate_left((words.len() - base) as u32) } else { 0 };
        let mut end = base.checked_sub(1).map_or(0, |before| words[before].span.end);
        let mut breaks = 0;
        for (place, word) in words[base..].iter().take(64).enumerate() {
            let bit = 1 << place;
            // One blank, or nothing, is no break; what else stands there is looked at later.
            let is_plain = word.span.start == end || (word.span.start == end + 1 && text[end] == b' ');
            breaks |= u64::from(!is_plain) << place;
            end = word.span.end;
            for slot in self.symbols.slots(word.symbol) {
                self.signs[usize::from(Check::SIGNS) + usize::from(*slot)] |= bit;
            }
        }
        self.signs[usize::from(Check::BREAK)] = breaks;
    }

    /// Whether a marked sign may stand where it must; `turn` counts words from the base of the span.
    #[inline(always)]
    fn is_marked(&self, check: Check, turn: u32, sight: Sight) -> bool {
        let places = self.signs[usize::from(check.slot)].rotate_right(turn.wrapping_add_signed(check.from.into()));
        let window = u64::MAX >> (64 - check.width);
        (places & window != 0) | (sight == Sight::Near && check.is_wide())
    }

    /// Whether a word of the group stands in the one place where it must.
    #[inline(always)]
    fn stands_beside(&self, check: Check, place: usize) -> bool {
        let group = check.slot.wrapping_sub(Check::SIGNS);
        let word = self.sentence.words.get(place.wrapping_add_signed(check.from.into()));
        word.is_some_and(|word| self.symbols.is_steadily(word, group))
    }

    /// Whether a word of the group stands in one of the places where it may.
    #[inline]
    fn stands(&self, check: Check, place: usize) -> bool {
        let Some(group) = check.group() else { return true };
        let (all, first) = (self.sentence.words, place.saturating_add_signed(check.from.into()));
        let end = (place + usize::from(check.width)).saturating_add_signed(check.from.into()).min(all.len());
        let words = all.get(first..end).unwrap_or_default();
        words.iter().any(|word| self.symbols.is(word, group))
    }

    /// Works a thread out around the word at `place`.
    fn look(&mut self, held: &Held, place: usize) {
        let thread = &self.matcher.threads[held.thread as usize];
        let found = match thread.reach {
            0..=63 => self.around::<u64>(thread, place, 0),
            reach => self.around::<Box<[u64]>>(thread, place, reach.into()),
        };
        if let Some((start, end)) = found {
            self.results.add(thread.pattern, place, start, end);
        }
    }

    /// Where the match ends first that has the thread's word at `place`, and where the shortest of these starts.
    fn around<P: Places>(&self, thread: &Ready, place: usize, reach: usize) -> Option<(usize, usize)> {
        let code = self.matcher.compiled.code.all();
        let row = |range: &Range<u32>| &code[range.start as usize..range.end as usize];
        let context = Context { symbols: self.symbols, sentence: &self.sentence };
        let back = || self.matcher.nearest::<P>(row(&thread.before), reach, place, Way::Back, context);
        let ahead = || self.matcher.nearest::<P>(row(&thread.after), reach, place + 1, Way::Forward, context);
        let (back, ahead) = if thread.ahead_first {
            let ahead = ahead()?;
            (back()?, ahead)
        } else {
            (back()?, ahead()?)
        };
        Some((place - back, place + 1 + ahead))
    }

    /// Tries the threads without a hold at a place.
    fn roam(&mut self, place: usize) {
        let Matcher { compiled, everywhere, .. } = self.matcher;
        for (thread, reach) in compiled.everywhere.iter().zip(everywhere) {
            if thread.needs_quotation && !self.sentence.marks.any() {
                continue;
            }
            let context = Context { symbols: self.symbols, sentence: &self.sentence };
            let code = compiled.code.of(thread.after as usize);
            let ahead = match reach {
                0..=63 => self.matcher.go(code, 1u64, place, Way::Forward, context).lowest(),
                _ => {
                    let first = <Box<[u64]>>::first(usize::from(*reach));
                    self.matcher.go(code, first, place, Way::Forward, context).lowest()
                }
            };
            if let Some(ahead) = ahead {
                self.results.add(thread.pattern, place, place, place + ahead);
            }
        }
    }
}

/// Chooses among the matches of each pattern that overlap: the one that ends first, and of those the shortest.
struct Results<'a, F> {
    number: u64,
    states: &'a mut [State],
    waiting: &'a mut Vec<u32>,
    found: F,
}

impl<F: FnMut(u32, usize, usize)> Results<'_, F> {
    /// Takes the best match that goes through the word at `place`; places come in rising order.
    ///
    /// One match in store is enough. As it ends behind `place`, or else is given out first, and every other starts at its own place or
    /// before, the better of the two overlaps the other, which can never count any more.
    fn add(&mut self, pattern: u32, place: usize, start: usize, end: usize) {
        let state = &mut self.states[pattern as usize];
        if state.sentence != self.number {
            *state = State { sentence: self.number, ..State::default() };
        }
        if state.end != 0 && state.end as usize <= place {
            (self.found)(pattern, state.start as usize, state.end as usize);
            *state = State { from: state.end, end: 0, ..*state };
        } else if state.end == 0 {
            self.waiting.push(pattern);
        }
        let is_better = state.end == 0 || (end, state.start as usize) < (state.end as usize, start);
        if start >= state.from as usize && is_better {
            *state = State { end: end as u32, start: start as u32, ..*state };
        }
    }

    /// Gives out what is in store, when the sentence ends.
    fn finish(mut self) {
        for pattern in self.waiting.drain(..) {
            let state = &mut self.states[pattern as usize];
            if state.end != 0 {
                (self.found)(pattern, state.start as usize, state.end as usize);
                state.end = 0;
            }
        }
    }
}

fn push(parts: &[(Span, SymbolId)], token: &Token, symbols: &Symbols, words: &mut Vec<Word>) {
    for &(span, symbol) in parts {
        let span = Span::new(token.span.start + span.start, token.span.start + span.end);
        words.push(Word { span, symbol, cells: symbols.cells(symbol) });
    }
}

/// After how many words each sentence ends; the last is the number of words.
fn sentence_ends(text: &str, known: Option<&[Span]>, words: &[Word], language: Language, ends: &mut Vec<usize>) {
    ends.clear();
    let found;
    let sentences = match known {
        Some(known) => known,
        // Most units are one sentence, and say so: no mark that could end one stands within them.
        None if !has_inner_end(text) => &[],
        None => {
            found = sentence::sentences(text, &[], language.name());
            &found
        }
    };
    let mut at = 0;
    for sentence in sentences {
        let next = at + words[at..].iter().take_while(|word| word.span.start < sentence.end).count();
        if next > at {
            ends.push(next);
        }
        at = next;
    }
    if ends.last() != Some(&words.len()) && !words.is_empty() {
        ends.push(words.len());
    }
}

fn has_inner_end(text: &str) -> bool {
    let text = text.trim_end();
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let inner = &text[..last];
    let mark = |c: char| matches!(c, '.' | '!' | '?' | '…' | '\n' | '。' | '！' | '？' | '։' | '।' | '؟');
    // The first bytes of these.
    let may_be = memchr::memchr3(b'.', b'!', b'?', inner.as_bytes()).is_some()
        || memchr::memchr3(b'\n', 0xE2, 0xE3, inner.as_bytes()).is_some()
        || (!inner.is_ascii() && inner.bytes().any(|byte| matches!(byte, 0xD6 | 0xD8 | 0xE0 | 0xEF)));
    may_be && inner.contains(mark)
}
