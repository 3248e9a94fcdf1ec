//! All patterns of a cue set against the words of a text.
//!
//! A pattern is tried only where it can match: it is filed under the rarest of the words that it cannot do without, and a sentence that misses any
//! other of these is passed over. What remains is worked out on all places of the sentence at once ([`Places`]), so the time is linear in the text
//! whatever the patterns are.

use super::code::{Coder, Group, GroupId, Op, Way, renumber, renumbered, too_many};
use super::pattern::{Classes, Flaw, Node, Seam};
use super::places::Places;
use super::words::{AskId, Leaves, Part, Questions};
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
    /// The groups of more than one question.
    groups: Vec<Group>,
    patterns: Vec<Pattern>,
    /// The patterns filed under each question.
    filed: Vec<Box<[Filed]>>,
    /// Patterns that need no particular word, such as any word in quotation marks: tried on every sentence.
    always: Vec<u32>,
}

/// A pattern where it is filed, with the next rarest of its needs: most patterns need not be looked at any further.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Filed {
    pattern: u32,
    also: Option<GroupId>,
}

#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    cue: CueId,
    /// Of each of these groups some word of the sentence must answer a question; the two rarest, which it is filed under, left out.
    needed: Box<[GroupId]>,
    forward: Box<[Op]>,
    back: Box<[Op]>,
    anchored: Option<Anchored>,
}

/// A pattern cut where its rarest word stands: from there it is tried first.
#[derive(Clone, Debug, PartialEq)]
struct Anchored {
    /// The piece with that word, backwards.
    own: Box<[Op]>,
    /// That piece and all that follows; all that precedes, backwards.
    after: Box<[Op]>,
    before: Box<[Op]>,
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
    /// The number of the last sentence that tried each pattern, which may be filed under several words.
    tried: Vec<u64>,
    sentence: u64,
}

impl Matcher {
    /// Files all patterns; each comes with the cue that it belongs to.
    ///
    /// # Errors
    /// [`Flaw`] if there are too many different words and classes.
    pub fn new(nodes: &[(CueId, Node)], classes: &Classes, language: Language) -> Result<Matcher, Flaw> {
        let mut coder = Coder::default();
        let mut patterns = Vec::new();
        let mut needs = Vec::new();
        for (_, node) in nodes {
            needs.push(coder.needs(top(node))?);
        }
        let leaves = Leaves::new(classes);
        let shares = coder.asked.shares(&leaves);
        let share = |coder: &Coder, group: GroupId| -> f64 {
            coder.groups[usize::from(group)].iter().map(|ask| shares[usize::from(*ask)]).sum()
        };
        let mut filing = Vec::new();
        for ((cue, node), mut needs) in nodes.iter().zip(needs) {
            needs.sort_by(|(a, _), (b, _)| share(&coder, *a).total_cmp(&share(&coder, *b)).then(a.cmp(b)));
            needs.dedup_by_key(|(group, _)| *group);
            let nodes = top(node);
            let anchored = match needs.first() {
                Some(&(_, Some(at))) if nodes.len() > 1 => Some(Anchored {
                    own: coder.code(&nodes[at..=at], Way::Back)?.into(),
                    after: coder.code(&nodes[at..], Way::Forward)?.into(),
                    before: coder.code(&nodes[..at], Way::Back)?.into(),
                }),
                _ => None,
            };
            let groups: Vec<GroupId> = needs.into_iter().map(|(group, _)| group).collect();
            patterns.push(Pattern {
                cue: *cue,
                needed: groups.get(2..).unwrap_or_default().into(),
                forward: coder.code(nodes, Way::Forward)?.into(),
                back: coder.code(nodes, Way::Back)?.into(),
                anchored,
            });
            filing.push((groups.first().copied(), groups.get(1).copied()));
        }
        let questions = Questions::new(&coder.asked, &leaves, language);
        let asks_of = coder.groups.clone();
        let (numbers, groups) = renumbered(coder.groups, questions.len()).ok_or_else(too_many)?;
        patterns.iter_mut().for_each(|pattern: &mut Pattern| pattern.renumber(&numbers));
        let (mut filed, mut always) = (vec![Vec::new(); questions.len()], Vec::new());
        for ((rarest, also), pattern) in filing.into_iter().zip(0..) {
            let also = also.map(|group| numbers[usize::from(group)]);
            match rarest {
                None => always.push(pattern),
                Some(group) => {
                    let asks = asks_of[usize::from(group)].iter();
                    asks.for_each(|ask| filed[usize::from(*ask)].push(Filed { pattern, also }));
                }
            }
        }
        let filed = filed.into_iter().map(Vec::into_boxed_slice).collect();
        Ok(Matcher { language, questions, groups, patterns, filed, always })
    }

    pub fn scratch(&self) -> CueScratch {
        let (count, groups) = (self.questions.len(), self.groups.len());
        CueScratch {
            known: Vec::new(),
            generation: 0,
            words: Vec::new(),
            arena: Vec::new(),
            ends: Vec::new(),
            short: Board::new(count, groups),
            long: Board::new(count, groups),
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
            let mut is_first = |pattern: u32| std::mem::replace(&mut tried[pattern as usize], *sentence) != *sentence;
            if end - start <= SHORT {
                short.lay_out(&text, 0);
                self.sentence(&text, short, &mut is_first, &mut found);
            } else {
                long.lay_out(&text, vec![0; (end - start) / 64 + 1].into());
                self.sentence(&text, long, &mut is_first, &mut found);
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
        board: &mut Board<P>,
        is_first: &mut impl FnMut(u32) -> bool,
        found: &mut impl FnMut(CueId, Span),
    ) {
        for &number in &self.always {
            self.find(&self.patterns[number as usize], text, board, found);
        }
        for at in 0..board.touched.len() {
            for &Filed { pattern, also } in &self.filed[usize::from(board.touched[at])] {
                if also.is_some_and(|group| board.group(group, &self.groups).is_empty()) || !is_first(pattern) {
                    continue;
                }
                let pattern = &self.patterns[pattern as usize];
                let all_there = pattern.needed.iter().all(|group| !board.group(*group, &self.groups).is_empty());
                if all_there && self.fits_around_its_anchor(pattern, board) {
                    self.find(pattern, text, board, found);
                }
            }
        }
    }

    /// Whether what follows the rarest word fits, and what precedes it: both must, though for different places of it.
    fn fits_around_its_anchor<P: Places>(&self, pattern: &Pattern, board: &mut Board<P>) -> bool {
        let Some(Anchored { own, after, before }) = &pattern.anchored else { return true };
        let starts = self.go(own, board.all.clone(), board, Way::Back);
        !self.go(before, starts.clone(), board, Way::Back).is_empty()
            && !self.go(after, starts, board, Way::Forward).is_empty()
    }

    /// The places where a match ends that starts at one of `places`; going back, those where one starts that ends at one of them.
    fn go<P: Places>(&self, code: &[Op], mut places: P, board: &mut Board<P>, way: Way) -> P {
        let mut at = 0;
        while at < code.len() && !places.is_empty() {
            match code[at] {
                Op::Is(group) => cross(&mut places, board.group(group, &self.groups), way),
                Op::IsNot(group) => {
                    let mut words = board.words.clone();
                    words.and_not(board.group(group, &self.groups));
                    cross(&mut places, &words, way);
                }
                Op::Any => cross(&mut places, &board.words, way),
                Op::Gap(n) => {
                    let mut edge = places.clone();
                    for _ in 0..n {
                        cross(&mut edge, &board.words, way);
                        places.or(&edge);
                    }
                }
                Op::Seam(seam) => places.and(board.seam(seam)),
                Op::NotBefore(group, n) => {
                    places.and_not(&near(board.group(group, &self.groups), n, Way::Forward));
                }
                Op::NotAfter(group, n) => places.and_not(&near(board.group(group, &self.groups), n, Way::Back)),
                Op::Optional(1) if let Op::Is(group) = code[at + 1] => {
                    let mut with = places.clone();
                    cross(&mut with, board.group(group, &self.groups), way);
                    places.or(&with);
                    at += 1;
                }
                Op::Optional(length) => {
                    let inner = &code[at + 1..at + 1 + usize::from(length)];
                    let with = self.go(inner, places.clone(), board, way);
                    places.or(&with);
                    at += usize::from(length);
                }
                Op::Either(length) => {
                    let inner = &code[at + 1..at + 1 + usize::from(length)];
                    places = self.either(inner, &places, board, way);
                    at += usize::from(length);
                }
                Op::Alternative(_) => unreachable!("alternatives are walked through by their group"),
            }
            at += 1;
        }
        places
    }

    fn either<P: Places>(&self, code: &[Op], places: &P, board: &mut Board<P>, way: Way) -> P {
        let (mut all, mut at) = (P::default(), 0);
        while let Some(Op::Alternative(length)) = code.get(at) {
            let end = at + 1 + usize::from(*length);
            let reached = self.go(&code[at + 1..end], places.clone(), board, way);
            if all.is_empty() {
                all = reached;
            } else {
                all.or(&reached);
            }
            at = end;
        }
        all
    }

    fn find<P: Places>(
        &self,
        pattern: &Pattern,
        text: &Text,
        board: &mut Board<P>,
        found: &mut impl FnMut(CueId, Span),
    ) {
        let mut starts = board.all.clone();
        while let Some(end) = self.go(&pattern.forward, starts.clone(), board, Way::Forward).lowest() {
            let mut at_end = board.all.none();
            at_end.insert(end);
            let mut back = self.go(&pattern.back, at_end, board, Way::Back);
            back.and(&starts);
            let Some(start) = back.highest() else { return };
            found(pattern.cue, Span::new(text.words[start].span.start, text.words[end - 1].span.end));
            starts.keep_from(end);
        }
    }
}

impl Pattern {
    fn renumber(&mut self, numbers: &[GroupId]) {
        self.needed.iter_mut().for_each(|group| *group = numbers[usize::from(*group)]);
        renumber(&mut self.forward, numbers);
        renumber(&mut self.back, numbers);
        if let Some(Anchored { own, after, before }) = &mut self.anchored {
            [own, after, before].into_iter().for_each(|code| renumber(code, numbers));
        }
    }
}

/// The nodes of a pattern that follow one another.
fn top(node: &Node) -> &[Node] {
    match node {
        Node::Sequence(nodes) => nodes,
        single => std::slice::from_ref(single),
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

/// The places that have one of the `words` among the `n` before them; going back, among the `n` after.
fn near<P: Places>(words: &P, n: u8, way: Way) -> P {
    let (mut words, mut near) = (words.clone(), words.none());
    for step in 0..n {
        match way {
            Way::Forward => words.up(),
            Way::Back if step > 0 => words.down(),
            Way::Back => {}
        }
        near.or(&words);
    }
    near
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
    /// The words that answer any of several questions, worked out when first asked for: in which sentence, and what.
    groups: Vec<(u64, P)>,
    sentence: u64,
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
    fn new(questions: usize, groups: usize) -> Self {
        let groups = vec![(0, P::default()); groups];
        Board { answered: vec![P::default(); questions], groups, ..Board::default() }
    }

    /// The places before words that answer a question, or any question of a group.
    fn group(&mut self, group: GroupId, groups: &[Group]) -> &P {
        let Some(several) = usize::from(group).checked_sub(self.answered.len()) else {
            return &self.answered[usize::from(group)];
        };
        let (sentence, words) = &mut self.groups[several];
        if *sentence != self.sentence {
            *sentence = self.sentence;
            *words = self.words.none();
            groups[several].iter().for_each(|ask| words.or(&self.answered[usize::from(*ask)]));
        }
        words
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
        self.sentence += 1;
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
        for set in [&mut self.all, &mut self.words, &mut self.start, &mut self.end, &mut self.breaks, &mut self.quoted]
        {
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
