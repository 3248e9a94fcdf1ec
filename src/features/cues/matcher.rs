//! All patterns of a cue set against the words of a text.
//!
//! One pass over the words finds the places where a pattern may be: a thread of it is looked at only where its own word stands and the
//! word that should come before has come ([`hold`](super::hold)), which sets of threads tell, many threads at a time ([`Symbols`]). There
//! the pattern is worked out backwards and forwards, all ways at once ([`Places`]). So the time is linear in the text: every word has at
//! most all threads looked at, and a look costs no more than the size of a pattern times its reach, whatever the text.

use super::code::{GroupId, Op, Reach, Way};
use super::compiled::{Compiled, Thread};
use super::marks::{Marks, Sentence, Word};
use super::pattern::Seam;
use super::places::Places;
use super::symbols::{self, Index, Opened, Plane, START, SymbolId, Symbols};
use super::words::Part;
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
    /// How far each thread reaches, back or forward; and those without a hold.
    reaches: Vec<u16>,
    everywhere: Vec<Roaming>,
}

/// A thread without a hold.
#[derive(Clone, Debug, PartialEq)]
struct Roaming {
    reach: u16,
    /// It can match in sentences with quotations only.
    quoted: bool,
}

/// Working memory of a thread: the words of the text at hand, and what is known of every token met so far.
pub struct CueScratch {
    known: Known,
    words: Vec<Word>,
    ends: Vec<usize>,
    sentence: SentenceScratch,
}

/// What is known of tokens, by their number in the memory of stems.
struct Known {
    generation: u64,
    /// The symbol of a token that is one word, or where its words stand among the others; [`UNKNOWN`] if it was not met.
    tokens: Vec<u32>,
    /// The words of tokens that are no single word.
    others: Vec<Box<[(Span, SymbolId)]>>,
    symbols: Symbols,
}

const UNKNOWN: u32 = u32::MAX;
/// Marks the number of one of the others.
const OTHER: u32 = 1 << 31;

struct SentenceScratch {
    marks: Marks,
    opened: Vec<Opened>,
    states: Vec<State>,
    /// Patterns that have a match in store.
    waiting: Vec<u32>,
    number: u64,
}

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
        let of_quotation = |op: &Op| matches!(op, Op::Seam(Seam::Quoted | Seam::Opens | Seam::Closes));
        let roaming = |thread: &Thread| Roaming {
            reach: reach(thread),
            quoted: compiled.code.of(thread.after as usize).first().is_some_and(of_quotation),
        };
        Matcher {
            index: Index::new(&compiled),
            reaches: compiled.threads.iter().map(reach).collect(),
            everywhere: compiled.everywhere.iter().map(roaming).collect(),
            compiled,
        }
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    pub fn scratch(&self) -> CueScratch {
        let symbols = Symbols::new(&self.index);
        CueScratch {
            known: Known { generation: 0, tokens: Vec::new(), others: Vec::new(), symbols },
            words: Vec::new(),
            ends: Vec::new(),
            sentence: SentenceScratch {
                marks: Marks::default(),
                opened: vec![Opened::default(); self.index.pages()],
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
        text: &str,
        tokens: &[Token],
        quotations: &[Quotation],
        stems: &mut Stems,
        scratch: &mut CueScratch,
        mut found: impl FnMut(CueId, Span),
    ) {
        self.read_words(text, tokens, stems, scratch);
        let CueScratch { known, words, ends, sentence, .. } = scratch;
        sentence_ends(text, words, self.compiled.language, ends);
        let mut start = 0;
        for &end in ends.iter() {
            let words = &words[start..end];
            sentence.marks.lay_out(text, words, quotations);
            Walk {
                matcher: self,
                symbols: &known.symbols,
                sentence: Sentence { text, words, marks: &sentence.marks },
                opened: &mut sentence.opened,
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

    fn read_words(&self, text: &str, tokens: &[Token], stems: &mut Stems, scratch: &mut CueScratch) {
        let CueScratch { known, words, .. } = scratch;
        words.clear();
        if known.symbols.bytes() > MOST_SYMBOLS {
            known.forget();
            known.symbols.forget(&self.index);
        }
        for token in tokens {
            let surface = token.span.of(text);
            let number = stems.number(surface);
            if known.generation != stems.generation() {
                known.generation = stems.generation();
                known.forget();
            }
            match known.tokens.get(number).copied().unwrap_or(UNKNOWN) {
                UNKNOWN => {
                    let parts = self.compiled.questions.parts(surface, stems);
                    let own = known.symbols_of(parts, &self.index);
                    push(&own, token, words, &known.symbols);
                    // Stemming a part may have emptied the memory of stems; then the number is stale.
                    if known.generation == stems.generation() {
                        known.remember(number, own, token.span.len());
                    }
                }
                symbol if symbol & OTHER == 0 => {
                    words.push(Word { span: token.span, symbol, cells: known.symbols.group_cells(symbol) });
                }
                other => push(&known.others[(other & !OTHER) as usize], token, words, &known.symbols),
            }
        }
    }

    /// The places where a match may end that starts at one of `places`, both as so many words from `at`; going back, those where one may
    /// start that ends at one of them.
    fn go<P: Places>(&self, code: &[Op], mut places: P, at: usize, way: Way, context: Context) -> P {
        let Context { symbols, sentence } = context;
        let words = sentence.words;
        let is = |word: usize, group: GroupId| symbols.is(&words[word], group);
        let place = |k: usize| if way == Way::Forward { at + k } else { at - k };
        // The last place within the sentence.
        let last = if way == Way::Forward { words.len() - at } else { at };
        // The word that a step from place k goes over.
        let word = |k: usize| if way == Way::Forward { at + k } else { at - k - 1 };
        let mut next = 0;
        while next < code.len() && !places.is_empty() {
            match code[next] {
                Op::Is(group) => {
                    places.retain(|k| k < last && is(word(k), group));
                    places.step();
                }
                Op::IsNot(group) => {
                    places.retain(|k| k < last && !is(word(k), group));
                    places.step();
                }
                Op::Any => {
                    places.retain(|k| k < last);
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
                Op::Optional(1) if let Op::Is(group) = code[next + 1] => {
                    let mut with = places.clone();
                    with.retain(|k| k < last && is(word(k), group));
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

/// A sentence that is gone through.
struct Walk<'a, F> {
    matcher: &'a Matcher,
    symbols: &'a Symbols,
    sentence: Sentence<'a>,
    opened: &'a mut [Opened],
    results: Results<'a, F>,
}

impl<F: FnMut(u32, usize, usize)> Walk<'_, F> {
    fn walk(mut self) {
        self.opened.iter_mut().for_each(Opened::clear);
        let mut before = START;
        for (place, word) in self.sentence.words.iter().enumerate() {
            for page in 0..self.opened.len() {
                self.page(page, place, before, word.symbol);
            }
            before = word.symbol;
            self.roam(place);
        }
        self.results.finish();
    }

    /// All threads of a page that are held at a word, which stands after a word of the symbol `before`.
    fn page(&mut self, page: usize, place: usize, before: SymbolId, own: SymbolId) {
        let symbols = self.symbols;
        let (before, own) = (symbols.head(before, page), symbols.head(own, page));
        for (at, cell) in symbols.cells(own, Plane::Alone) {
            symbols::each_thread(page, at, cell, |thread| self.look(thread, place));
        }
        for at in symbols::bits(before.filled(Plane::Opens) & own.filled(Plane::Closes)) {
            let cell = symbols.cell(before, Plane::Opens, at) & symbols.cell(own, Plane::Closes, at);
            symbols::each_thread(page, at, cell, |thread| self.look(thread, place));
        }
        for at in symbols::bits(self.opened[page].filled() & own.filled(Plane::ClosesAny)) {
            let cell = self.opened[page].cell(at) & symbols.cell(own, Plane::ClosesAny, at);
            symbols::each_thread(page, at, cell, |thread| self.look(thread, place));
        }
        for (at, cell) in symbols.cells(own, Plane::OpensAll) {
            self.opened[page].add(at, cell);
        }
    }

    /// Works a thread out around the word at `place`.
    fn look(&mut self, thread: usize, place: usize) {
        let found = match self.matcher.reaches[thread] {
            0..=63 => self.around::<u64>(thread, place),
            _ => self.around::<Box<[u64]>>(thread, place),
        };
        if let Some((start, end)) = found {
            self.results.add(self.matcher.compiled.threads[thread].pattern, place, start, end);
        }
    }

    /// Where the match ends first that has the thread's word at `place`, and where the shortest of these starts.
    fn around<P: Places>(&self, thread: usize, place: usize) -> Option<(usize, usize)> {
        let Matcher { compiled, reaches, .. } = self.matcher;
        let (reach, thread) = (reaches[thread].into(), &compiled.threads[thread]);
        let (before, after) = (compiled.code.of(thread.before as usize), compiled.code.of(thread.after as usize));
        // Most threads fail at the neighbours of their word already.
        if !self.may_be(before, place.checked_sub(1)) || !self.may_be(after, Some(place + 1)) {
            return None;
        }
        let context = Context { symbols: self.symbols, sentence: &self.sentence };
        let back = self.matcher.go(before, P::first(reach), place, Way::Back, context).lowest()?;
        let ahead = self.matcher.go(after, P::first(reach), place + 1, Way::Forward, context).lowest()?;
        Some((place - back, place + 1 + ahead))
    }

    /// Whether a word is right for the first of some instructions, if that asks for one.
    #[inline]
    fn may_be(&self, code: &[Op], word: Option<usize>) -> bool {
        let Some(Op::Is(group)) = code.first() else { return true };
        let word = word.and_then(|word| self.sentence.words.get(word));
        word.is_some_and(|word| self.symbols.is(word, *group))
    }

    /// Tries the threads without a hold at a place.
    fn roam(&mut self, place: usize) {
        let Matcher { compiled, everywhere, .. } = self.matcher;
        for (thread, Roaming { reach, quoted }) in compiled.everywhere.iter().zip(everywhere) {
            if *quoted && !self.sentence.marks.any() {
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

impl Known {
    fn forget(&mut self) {
        self.tokens.clear();
        self.others.clear();
    }

    fn symbols_of(&mut self, parts: Vec<Part>, index: &Index) -> Box<[(Span, SymbolId)]> {
        parts.into_iter().map(|part| (part.span, self.symbols.number(&part.answers, index))).collect()
    }

    fn remember(&mut self, token: usize, words: Box<[(Span, SymbolId)]>, length: usize) {
        if self.tokens.len() <= token {
            self.tokens.resize(token + 1, UNKNOWN);
        }
        self.tokens[token] = match *words {
            [(span, symbol)] if span == Span::new(0, length) => symbol,
            _ => {
                self.others.push(words);
                OTHER | (self.others.len() - 1) as u32
            }
        };
    }
}

fn push(parts: &[(Span, SymbolId)], token: &Token, words: &mut Vec<Word>, symbols: &Symbols) {
    for &(span, symbol) in parts {
        let span = Span::new(token.span.start + span.start, token.span.start + span.end);
        words.push(Word { span, symbol, cells: symbols.group_cells(symbol) });
    }
}

/// After how many words each sentence ends; the last is the number of words.
fn sentence_ends(text: &str, words: &[Word], language: Language, ends: &mut Vec<usize>) {
    ends.clear();
    // Most units are one sentence, and say so: no mark that could end one stands within them.
    if has_inner_end(text) {
        let mut at = 0;
        for sentence in sentence::sentences(text, &[], language.name()) {
            let next = at + words[at..].iter().take_while(|word| word.span.start < sentence.end).count();
            if next > at {
                ends.push(next);
            }
            at = next;
        }
    }
    if ends.last() != Some(&words.len()) && !words.is_empty() {
        ends.push(words.len());
    }
}

fn has_inner_end(text: &str) -> bool {
    let text = text.trim_end();
    let mark = |c: char| matches!(c, '.' | '!' | '?' | '…' | '\n' | '。' | '！' | '？' | '։' | '।' | '؟');
    // The first bytes of these, a run of bytes at a time, which the compiler makes one comparison each of many.
    let may_be = |byte: u8| matches!(byte, b'.' | b'!' | b'?' | b'\n' | 0xD6 | 0xD8 | 0xE0 | 0xE2 | 0xE3 | 0xEF);
    let last = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let inner = &text.as_bytes()[..last];
    inner.chunks(32).any(|run| run.iter().fold(false, |any, byte| any | may_be(*byte))) && text[..last].contains(mark)
}
