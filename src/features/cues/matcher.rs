//! All patterns of a cue set against the words of a text.
//!
//! A pattern is tried only where it can match: it is filed under the rarest of the words that it cannot do without, and a sentence that misses any
//! other of these is passed over. What remains is worked out on all places of the sentence at once ([`Places`]), so the time is linear in the text
//! whatever the patterns are.

use super::pattern::{Ask, Classes, Flaw, Node, Seam};
use super::places::Places;
use super::words::{AskId, Asked, Leaves, Part, Questions};
use crate::text::stem::{Language, Stems};
use crate::text::{Span, quote::Quotation, sentence, token::Token};

/// The number of a cue in its set.
pub type CueId = u32;

/// Words of a sentence whose places fit into one machine word, the end included.
const SHORT: usize = 63;

/// Every pattern of a cue set, ready to match.
#[derive(Clone, Debug, PartialEq)]
pub struct Matcher {
    language: Language,
    questions: Questions,
    patterns: Vec<Pattern>,
    /// The patterns filed under each question.
    filed: Vec<Vec<u32>>,
    /// Patterns that need no particular word, such as any word in quotation marks: tried on every sentence.
    always: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    cue: CueId,
    step: Step,
    /// Of each of these groups of questions, some word of the sentence must answer one; the rarest first, that which it is filed under left out.
    needed: Vec<Box<[AskId]>>,
}

/// A [`Node`] whose questions are numbers.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Is(Box<[AskId]>),
    IsNot(Box<[AskId]>),
    Any,
    Gap(usize),
    Sequence(Box<[Step]>),
    Either(Box<[Step]>),
    Optional(Box<Step>),
    Seam(Seam),
    NotBefore(Box<[AskId]>, usize),
    NotAfter(Box<[AskId]>, usize),
}

/// Which way a pattern is worked out.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forward,
    Back,
}

/// A word of the text: where it stands, and where its answers stand in the arena.
#[derive(Clone, Debug, Default)]
struct Word {
    span: Span,
    answers: (u32, u32),
}

/// Working memory of a thread: the words of the text at hand, and what is known of every token met so far.
pub struct CueScratch {
    known: Vec<Option<Box<[Part]>>>,
    generation: u64,
    words: Vec<Word>,
    arena: Vec<AskId>,
    ends: Vec<usize>,
    short: Board<u64>,
    long: Board<Box<[u64]>>,
    /// The number of the last sentence that tried each pattern.
    tried: Vec<u64>,
    sentence: u64,
}

impl Matcher {
    /// Files all patterns; each comes with the cue that it belongs to.
    ///
    /// # Errors
    /// [`Flaw`] if there are too many different words and classes.
    pub fn new(nodes: &[(CueId, Node)], classes: &Classes, language: Language) -> Result<Matcher, Flaw> {
        let mut asked = Asked::default();
        let steps: Vec<Step> = nodes.iter().map(|(_, node)| step(node, &mut asked)).collect::<Result<_, _>>()?;
        let leaves = Leaves::new(classes);
        let questions = Questions::new(&asked, &leaves, language);
        let shares = asked.shares(&leaves);
        let share = |group: &[AskId]| group.iter().map(|ask| shares[usize::from(*ask)]).sum::<f64>();
        let (mut filed, mut always, mut patterns) = (vec![Vec::new(); questions.len()], Vec::new(), Vec::new());
        for ((cue, _), step) in nodes.iter().zip(steps) {
            let mut needed = Vec::new();
            step.needs(&mut needed);
            needed.sort_by(|a, b| share(a).total_cmp(&share(b)).then_with(|| a.cmp(b)));
            needed.dedup();
            let number = patterns.len() as u32;
            match needed.is_empty() {
                true => always.push(number),
                false => needed.remove(0).iter().for_each(|ask| filed[usize::from(*ask)].push(number)),
            }
            patterns.push(Pattern { cue: *cue, step, needed });
        }
        Ok(Matcher { language, questions, patterns, filed, always })
    }

    pub fn scratch(&self) -> CueScratch {
        let count = self.questions.len();
        CueScratch {
            known: Vec::new(),
            generation: 0,
            words: Vec::new(),
            arena: Vec::new(),
            ends: Vec::new(),
            short: Board::new(count),
            long: Board::new(count),
            tried: vec![0; self.patterns.len()],
            sentence: 0,
        }
    }

    /// Calls `found` with each cue that matches in `text` and the bytes that the match covers: of matches that overlap the one that ends first,
    /// and of those the shortest. A pattern never runs over the end of a sentence.
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
        sentence_ends(text, &scratch.words, self.language, &mut scratch.ends);
        let CueScratch { words, arena, ends, short, long, tried, sentence, .. } = scratch;
        let mut start = 0;
        for &end in ends.iter() {
            let text = Text { text, quotations, words: &words[start..end], arena };
            *sentence += 1;
            let mut trial = Trial { tried, sentence: *sentence };
            if end - start <= SHORT {
                short.lay_out(&text, 0);
                self.sentence(&text, short, &mut trial, &mut found);
            } else {
                long.lay_out(&text, vec![0; (end - start) / 64 + 1].into());
                self.sentence(&text, long, &mut trial, &mut found);
            }
            start = end;
        }
    }

    fn read_words(&self, text: &str, tokens: &[Token], stems: &mut Stems, scratch: &mut CueScratch) {
        scratch.words.clear();
        scratch.arena.clear();
        for token in tokens {
            let surface = token.span.of(text);
            let id = stems.number(surface);
            if scratch.generation != stems.generation() {
                scratch.generation = stems.generation();
                scratch.known.clear();
            }
            if scratch.known.len() <= id {
                scratch.known.resize(id + 1, None);
            }
            if scratch.known[id].is_none() {
                let parts = self.questions.parts(surface, stems).into_boxed_slice();
                // Stemming a part may have emptied the memory of stems; then the number is stale, and is asked for again.
                if scratch.generation != stems.generation() {
                    push(&parts, token, &mut scratch.words, &mut scratch.arena);
                    continue;
                }
                scratch.known[id] = Some(parts);
            }
            let CueScratch { known, words, arena, .. } = scratch;
            push(known[id].as_deref().unwrap_or_default(), token, words, arena);
        }
    }

    fn sentence<P: Places>(
        &self,
        text: &Text,
        board: &Board<P>,
        trial: &mut Trial,
        found: &mut impl FnMut(CueId, Span),
    ) {
        for &number in &self.always {
            self.patterns[number as usize].find(text, board, found);
        }
        for &answer in &board.touched {
            for &number in &self.filed[usize::from(answer)] {
                let pattern = &self.patterns[number as usize];
                if pattern.needed.iter().all(|group| board.has_any(group)) && trial.is_first(number) {
                    pattern.find(text, board, found);
                }
            }
        }
    }
}

/// Sees to it that a pattern filed under several words is tried once a sentence.
struct Trial<'a> {
    tried: &'a mut [u64],
    sentence: u64,
}

impl Trial<'_> {
    fn is_first(&mut self, pattern: u32) -> bool {
        std::mem::replace(&mut self.tried[pattern as usize], self.sentence) != self.sentence
    }
}

fn push(parts: &[Part], token: &Token, words: &mut Vec<Word>, arena: &mut Vec<AskId>) {
    for part in parts {
        let from = arena.len() as u32;
        arena.extend_from_slice(&part.answers);
        let span = Span::new(token.span.start + part.span.start, token.span.start + part.span.end);
        words.push(Word { span, answers: (from, arena.len() as u32) });
    }
}

fn step(node: &Node, asked: &mut Asked) -> Result<Step, Flaw> {
    let numbers = |asks: &[Ask], asked: &mut Asked| -> Result<Box<[AskId]>, Flaw> {
        let number = |ask: &Ask| {
            asked.number(ask).ok_or_else(|| Flaw {
                at: 0..0,
                what: "the cues ask for more than 65,536 different words and classes".into(),
                hint: "gather words into classes, or use fewer cues".into(),
            })
        };
        asks.iter().map(number).collect()
    };
    let all = |nodes: &[Node], asked: &mut Asked| nodes.iter().map(|node| step(node, asked)).collect::<Result<_, _>>();
    Ok(match node {
        Node::Is(asks) => Step::Is(numbers(asks, asked)?),
        Node::IsNot(asks) => Step::IsNot(numbers(asks, asked)?),
        Node::Any => Step::Any,
        Node::Gap(n) => Step::Gap(*n),
        Node::Sequence(nodes) => Step::Sequence(all(nodes, asked)?),
        Node::Either(nodes) => Step::Either(all(nodes, asked)?),
        Node::Optional(node) => Step::Optional(Box::new(step(node, asked)?)),
        Node::Seam(seam) => Step::Seam(*seam),
        Node::NotBefore(asks, n) => Step::NotBefore(numbers(asks, asked)?, *n),
        Node::NotAfter(asks, n) => Step::NotAfter(numbers(asks, asked)?, *n),
    })
}

impl Step {
    /// Groups of questions of each of which one must be answered by some word, for the step to match at all.
    fn needs(&self, groups: &mut Vec<Box<[AskId]>>) {
        match self {
            Step::Is(asks) => groups.push(asks.clone()),
            Step::Sequence(steps) => steps.iter().for_each(|step| step.needs(groups)),
            Step::Either(steps) => groups.extend(any_of(steps)),
            _ => {}
        }
    }

    /// The places where a match ends that starts at one of `places`; going back, those where one starts that ends at one of them.
    fn go<P: Places>(&self, mut places: P, board: &Board<P>, way: Way) -> P {
        match self {
            Step::Is(asks) => {
                let mut words = places.none();
                asks.iter().for_each(|ask| words.or(board.answered(*ask)));
                cross(&mut places, &words, way);
            }
            Step::IsNot(asks) => {
                let mut words = board.words.clone();
                asks.iter().for_each(|ask| words.and_not(board.answered(*ask)));
                cross(&mut places, &words, way);
            }
            Step::Any => cross(&mut places, &board.words, way),
            Step::Gap(n) => {
                let mut edge = places.clone();
                for _ in 0..*n {
                    cross(&mut edge, &board.words, way);
                    places.or(&edge);
                }
            }
            Step::Sequence(steps) => {
                for at in 0..steps.len() {
                    let next = if way == Way::Forward { at } else { steps.len() - 1 - at };
                    places = steps[next].go(places, board, way);
                    if places.is_empty() {
                        break;
                    }
                }
            }
            Step::Either(steps) => {
                let mut all = places.none();
                steps.iter().for_each(|step| all.or(&step.go(places.clone(), board, way)));
                places = all;
            }
            Step::Optional(step) => {
                let with = step.go(places.clone(), board, way);
                places.or(&with);
            }
            Step::Seam(seam) => places.and(board.seam(*seam)),
            Step::NotBefore(asks, n) => places.and_not(&near(asks, *n, board, Way::Forward)),
            Step::NotAfter(asks, n) => places.and_not(&near(asks, *n, board, Way::Back)),
        }
        places
    }
}

/// Of alternatives: if each needs something, one thing of each must be there.
fn any_of(steps: &[Step]) -> Option<Box<[AskId]>> {
    let mut all: Vec<AskId> = Vec::new();
    for step in steps {
        let mut needs = Vec::new();
        step.needs(&mut needs);
        all.extend(needs.into_iter().min_by_key(|group| group.len())?);
    }
    all.sort_unstable();
    all.dedup();
    Some(all.into())
}

/// Moves the places over one word of `words`.
fn cross<P: Places>(places: &mut P, words: &P, way: Way) {
    match way {
        Way::Forward => {
            places.and(words);
            places.up();
        }
        Way::Back => {
            places.down();
            places.and(words);
        }
    }
}

/// The places that have one of the words among the `n` before them; going back, among the `n` after.
fn near<P: Places>(asks: &[AskId], n: usize, board: &Board<P>, way: Way) -> P {
    let mut words = board.words.none();
    asks.iter().for_each(|ask| words.or(board.answered(*ask)));
    let mut near = words.none();
    for back in 0..n {
        if way == Way::Forward {
            words.up();
        } else if back > 0 {
            words.down();
        }
        near.or(&words);
    }
    near
}

impl Pattern {
    fn find<P: Places>(&self, text: &Text, board: &Board<P>, found: &mut impl FnMut(CueId, Span)) {
        let mut starts = board.all.clone();
        while let Some(end) = self.step.go(starts.clone(), board, Way::Forward).lowest() {
            let mut at_end = starts.none();
            at_end.insert(end);
            let mut back = self.step.go(at_end, board, Way::Back);
            back.and(&starts);
            let Some(start) = back.highest() else { return };
            found(self.cue, Span::new(text.words[start].span.start, text.words[end - 1].span.end));
            starts.keep_from(end);
        }
    }
}

/// A sentence, with what is around it.
struct Text<'a> {
    text: &'a str,
    quotations: &'a [Quotation],
    words: &'a [Word],
    arena: &'a [AskId],
}

/// Everything that patterns ask of a sentence, as sets of places: a word's place is that of the seam before it.
#[derive(Default)]
struct Board<P> {
    answered: Vec<P>,
    /// The questions that some word answers.
    touched: Vec<AskId>,
    /// Every place, and every place before a word.
    all: P,
    words: P,
    start: P,
    end: P,
    breaks: P,
    quoted: P,
    unquoted: P,
    opens: P,
    closes: P,
}

impl<P: Places> Board<P> {
    fn new(questions: usize) -> Self {
        Board { answered: vec![P::default(); questions], ..Board::default() }
    }

    fn answered(&self, ask: AskId) -> &P {
        &self.answered[usize::from(ask)]
    }

    fn has_any(&self, group: &[AskId]) -> bool {
        group.iter().any(|ask| !self.answered(*ask).is_empty())
    }

    fn seam(&self, seam: Seam) -> &P {
        match seam {
            Seam::SentenceStart => &self.start,
            Seam::SentenceEnd => &self.end,
            Seam::Break => &self.breaks,
            Seam::Quoted => &self.quoted,
            Seam::Unquoted => &self.unquoted,
            Seam::Opens => &self.opens,
            Seam::Closes => &self.closes,
        }
    }

    fn lay_out(&mut self, text: &Text, nothing: P) {
        for ask in self.touched.drain(..) {
            self.answered[usize::from(ask)] = P::default();
        }
        for (place, word) in text.words.iter().enumerate() {
            for &answer in &text.arena[word.answers.0 as usize..word.answers.1 as usize] {
                let places = &mut self.answered[usize::from(answer)];
                if places.is_empty() {
                    self.touched.push(answer);
                    *places = nothing.clone();
                }
                places.insert(place);
            }
        }
        for set in [&mut self.all, &mut self.words, &mut self.start, &mut self.end, &mut self.breaks, &mut self.quoted] {
            *set = nothing.clone();
        }
        for set in [&mut self.unquoted, &mut self.opens, &mut self.closes] {
            *set = nothing.clone();
        }
        let n = text.words.len();
        self.start.insert(0);
        self.end.insert(n);
        (0..n).for_each(|place| self.words.insert(place));
        self.all.or(&self.words);
        self.all.insert(n);
        for place in 1..n {
            let between = Span::new(text.words[place - 1].span.end, text.words[place].span.start);
            if is_break(between.of(text.text)) {
                self.breaks.insert(place);
            }
        }
        self.mark_quotations(text);
    }

    fn mark_quotations(&mut self, text: &Text) {
        for quotation in text.quotations {
            let from = text.words.partition_point(|word| word.span.start < quotation.inner.start);
            let to = text.words.partition_point(|word| word.span.start < quotation.inner.end);
            (from..to).for_each(|place| self.quoted.insert(place));
            let [opens, closes] = [quotation.inner.start, quotation.inner.end].map(|at| text.holds(at));
            if from < to && opens {
                self.opens.insert(from);
            }
            if from < to && closes {
                self.closes.insert(to);
            }
        }
        self.unquoted.or(&self.words);
        self.unquoted.and_not(&self.quoted);
    }
}

impl Text<'_> {
    /// Whether a byte of the text lies within this sentence, as far as quotations are concerned that open or close there.
    fn holds(&self, at: usize) -> bool {
        let (first, last) = (self.words.first(), self.words.last());
        first.is_some_and(|first| {
            let before = self.text[..first.span.start].trim_end_matches(|c: char| !c.is_alphanumeric()).len();
            at >= before
        }) && last.is_some_and(|last| {
            let after = &self.text[last.span.end..];
            at <= last.span.end + after.find(char::is_alphanumeric).unwrap_or(after.len())
        })
    }
}

fn is_break(between: &str) -> bool {
    match between {
        " " | "" => false,
        _ => between.contains([',', ';', ':', '—', '–', '(', ')', '…', '.', '"', '“', '”']) || between.contains(" - "),
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
    text.char_indices().any(|(at, c)| mark(c) && at + c.len_utf8() < text.len())
}
