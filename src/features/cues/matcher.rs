//! All patterns of a cue set against the words of a text.
//!
//! A thread of a pattern is held at one of its words, the rarest by and large ([`hold`](super::hold)), so a word of the text concerns few
//! threads: by the frequencies of words 3.5 of the 3,400 that 500 cues make, 6.7 of the 6,700 of all. For each of these a sign is
//! looked for that must stand near, in the window of places where it may, and then another ([`signs`](super::signs)); for that all
//! signs are laid out, a machine word each with a bit a place, so that a window is a rotation and a mask ([`View`]). Where both are
//! there the pattern is worked out, backwards and forwards, all ways at once. So the time is linear in the text: every word has at most
//! all threads looked at, and a look costs no more than the size of a pattern times its reach, whatever the text.

use std::ops::Range;

use super::code::{GroupId, Op, Way};
use super::compiled::Compiled;
use super::known::{Known, Meaning, Parts};
use super::marks::{Marks, Sentence, Word};
use super::places::Places;
use super::ready::{Ready, ReadyThread, Row};
use super::symbols::{SymbolId, Symbols};
use super::view::{self, NEAR, Scene, View};
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
    ready: Ready,
    words: Vec<Word>,
    ends: Vec<usize>,
    sentence: SentenceScratch,
}

struct SentenceScratch {
    marks: Marks,
    view: View,
    candidates: Vec<Candidate>,
    states: Vec<State>,
    /// Patterns that have a match in store.
    waiting: Vec<u32>,
    number: u64,
}

/// A thread whose first sign is there, or both are, and the number of its word in the view.
#[derive(Clone, Copy, Default)]
struct Candidate {
    thread: u32,
    word: u32,
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
    /// The matcher of cues made ready before, which must be sound.
    pub(super) fn of(compiled: Compiled) -> Matcher {
        Matcher { compiled }
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    pub fn scratch(&self) -> CueScratch {
        CueScratch {
            known: Known::default(),
            symbols: Symbols::new(&self.compiled),
            ready: Ready::new(&self.compiled),
            words: Vec::new(),
            ends: Vec::new(),
            sentence: SentenceScratch {
                marks: Marks::default(),
                view: View::default(),
                candidates: Vec::new(),
                states: Vec::new(),
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
        let CueScratch { symbols, ready, words, ends, sentence, .. } = scratch;
        sentence.states.resize(ready.patterns(), State::default());
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
                ready,
                sentence: Sentence { text, words, marks: &sentence.marks },
                view: &mut sentence.view,
                candidates: &mut sentence.candidates,
                results: Results {
                    number: sentence.number + 1,
                    states: &mut sentence.states,
                    waiting: &mut sentence.waiting,
                    found: |pattern: u32, from: usize, to: usize| {
                        found(ready.cue(pattern), Span::new(words[from].span.start, words[to - 1].span.end));
                    },
                },
            }
            .walk();
            sentence.number += 1;
            start = end;
        }
    }

    fn read_words(&self, text: &str, tokens: &[Token], numbers: &[u32], stems: &Stems, scratch: &mut CueScratch) {
        let CueScratch { known, symbols, ready, words, .. } = scratch;
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
                    symbols.prefetch(symbol);
                    words.push(Word { span: token.span, symbol });
                }
                Some(Meaning::Words(list)) => push(known.words(list), token, words),
                None => {
                    let mut parts = Parts::new();
                    self.compiled.questions.parts(token.span.of(text), stems.of(number), stems, |span, answers| {
                        parts.push((span, symbols.number(answers, &self.compiled, ready)));
                    });
                    push(&parts, token, words);
                    known.remember(number, token.span.len(), parts);
                }
            }
        }
        words.iter().for_each(|word| symbols.prefetch_lists(word.symbol));
    }
}

/// What instructions are worked out on where not all that they may reach is in view.
#[derive(Clone, Copy)]
struct Context<'a> {
    symbols: &'a Symbols,
    sentence: &'a Sentence<'a>,
}

impl Context<'_> {
    /// The nearest place where a match may end that starts at `at`, as so many words from there; going back, where one may start. The
    /// instructions may take `longest` words.
    fn nearest(self, code: &[Op], longest: u16, at: usize, way: Way) -> Option<usize> {
        match longest {
            0..=63 => self.go(code, 1u64, at, way).lowest(),
            _ => self.go(code, <Box<[u64]>>::first(longest.into()), at, way).lowest(),
        }
    }

    /// The places where a match may end that starts at one of `places`, both as so many words from `at`; going back, those where one may
    /// start that ends at one of them.
    fn go<P: Places>(self, code: &[Op], mut places: P, at: usize, way: Way) -> P {
        let Context { symbols, sentence } = self;
        let words = sentence.words;
        let is = |word: usize, group: GroupId| symbols.is(words[word].symbol, group);
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
                    let with = self.go(inner, places.clone(), at, way);
                    places.or(&with);
                    next += usize::from(length);
                }
                Op::Either(length) => {
                    let mut all = places.none();
                    let end = next + 1 + usize::from(length);
                    while let Some(Op::Alternative(length)) = code[..end].get(next + 1) {
                        let inner = &code[next + 2..next + 2 + usize::from(*length)];
                        all.or(&self.go(inner, places.clone(), at, way));
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

/// A sentence that is gone through.
struct Walk<'a, F> {
    matcher: &'a Matcher,
    symbols: &'a Symbols,
    ready: &'a Ready,
    sentence: Sentence<'a>,
    view: &'a mut View,
    candidates: &'a mut Vec<Candidate>,
    results: Results<'a, F>,
}

impl<F: FnMut(u32, usize, usize)> Walk<'_, F> {
    fn walk(mut self) {
        for (base, words) in view::views(self.sentence.words.len()) {
            self.view.lay_out(&self.sentence, base, self.symbols);
            if self.view.is_part {
                self.sift::<true>(base, words.clone());
            } else {
                self.sift::<false>(base, words.clone());
            }
            if !self.ready.everywhere.is_empty() {
                words.for_each(|word| self.roam(word));
            }
        }
        self.results.finish();
    }

    /// Looks at all threads held at some words of a view.
    ///
    /// One in eight threads has its first sign there, and of these half the second: which ones cannot be guessed, so all are written
    /// down and the others written over, without a branch.
    fn sift<const PART: bool>(&mut self, base: usize, words: Range<usize>) {
        let mut count = 0;
        for at in words {
            let word = (at - base) as u32;
            let held = self.symbols.held(self.sentence.words[at].symbol);
            let room = count + held.len();
            if self.candidates.len() < room {
                self.candidates.resize(room.next_power_of_two(), Candidate::default());
            }
            let (signs, free) = (self.view.signs(), &mut self.candidates[count..room]);
            let mut kept = 0;
            for held in held {
                free[kept] = Candidate { thread: held.thread, word };
                kept += usize::from(held.check.shows::<PART>(signs, word));
            }
            count += kept;
            if count > ENOUGH {
                self.look_at::<PART>(base, count);
                count = 0;
            }
        }
        self.look_at::<PART>(base, count);
    }

    /// Works out the first candidates if their other signs are there too.
    fn look_at<const PART: bool>(&mut self, base: usize, count: usize) {
        let (signs, mut kept) = (self.view.signs(), 0);
        for at in 0..count {
            let candidate = self.candidates[at];
            self.candidates[kept] = candidate;
            let checks = self.ready.of(candidate.thread).checks;
            let shows = checks.map(|check| check.shows::<PART>(signs, candidate.word));
            kept += usize::from(shows.into_iter().fold(true, |all, shows| all & shows));
        }
        for at in 0..kept {
            let Candidate { thread, word } = self.candidates[at];
            self.look(thread, base, base + word as usize);
        }
    }

    /// Works a thread out around the word at `place`.
    fn look(&mut self, thread: u32, base: usize, place: usize) {
        let thread = self.ready.of(thread);
        let is_seen = |row: Row| usize::from(row.sight) <= NEAR;
        let found = if !self.view.is_part || (is_seen(thread.before) && is_seen(thread.after)) {
            self.seen(thread, base, place)
        } else {
            self.unseen(thread, place)
        };
        if let Some((start, end)) = found {
            self.results.add(thread.pattern, place, start, end);
        }
    }

    fn scene(&self) -> Scene<'_> {
        let of_groups = &self.matcher.compiled.signs;
        Scene { view: self.view, sentence: &self.sentence, symbols: self.symbols, of_groups }
    }

    fn context(&self) -> Context<'_> {
        Context { symbols: self.symbols, sentence: &self.sentence }
    }

    /// Where the match ends first that has the thread's word at `place`, and where the shortest of these starts; all of it lies in view.
    fn seen(&self, thread: &ReadyThread, base: usize, place: usize) -> Option<(usize, usize)> {
        let (ready, scene, bit) = (self.ready, self.scene(), 1 << (place - base));
        let ReadyThread { before, after, .. } = *thread;
        let back = || scene.follow::<false>(ready.steps(before), ready.code(before), bit).checked_ilog2();
        let ahead = || match scene.follow::<true>(ready.steps(after), ready.code(after), bit << 1) {
            0 => None,
            ends => Some(ends.trailing_zeros()),
        };
        let (start, end) = if thread.ahead_first {
            let end = ahead()?;
            (back()?, end)
        } else {
            (back()?, ahead()?)
        };
        Some((base + start as usize, base + end as usize))
    }

    /// The same wherever it lies.
    fn unseen(&self, thread: &ReadyThread, place: usize) -> Option<(usize, usize)> {
        let back = self.nearest(thread.before, place, Way::Back)?;
        let ahead = self.nearest(thread.after, place + 1, Way::Forward)?;
        Some((place - back, place + 1 + ahead))
    }

    fn nearest(&self, row: Row, at: usize, way: Way) -> Option<usize> {
        self.context().nearest(self.ready.code(row), row.longest, at, way)
    }

    /// Tries the threads without a hold at a place.
    fn roam(&mut self, place: usize) {
        let ready = self.ready;
        for thread in &ready.everywhere {
            if thread.needs_quotation && !self.sentence.marks.any() {
                continue;
            }
            if let Some(ahead) = self.nearest(thread.after, place, Way::Forward) {
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

fn push(parts: &[(Span, SymbolId)], token: &Token, words: &mut Vec<Word>) {
    for &(span, symbol) in parts {
        let span = Span::new(token.span.start + span.start, token.span.start + span.end);
        words.push(Word { span, symbol });
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
