//! The slow, obvious matcher that the fast one must agree with: every pattern, every start, every way, word by word.

use super::pattern::{Ask, Classes, Node, Seam};
use super::words::{AskId, Asked, Leaves, Questions};
use super::{BadMatcher, CueId, CueSet, Finder, Matcher, pattern};
use crate::text::quote::Quotation;
use crate::text::stem::{Language, Stems};
use crate::text::token::{self, Token};
use crate::text::{Span, quote, sentence};
use bytes::Bytes;
use proptest::prelude::*;

struct Word {
    span: Span,
    answers: Vec<AskId>,
}

/// The words of one sentence and what is around them.
struct Sentence<'a> {
    text: &'a str,
    words: &'a [Word],
    quotations: &'a [Quotation],
    asked: &'a mut Asked,
}

impl Sentence<'_> {
    fn is_any(&mut self, at: usize, asks: &[Ask]) -> bool {
        let numbers: Vec<AskId> = asks.iter().map(|ask| self.asked.number(ask).unwrap()).collect();
        self.words.get(at).is_some_and(|word| numbers.iter().any(|number| word.answers.contains(number)))
    }

    fn seam(&self, at: usize, seam: Seam) -> bool {
        let n = self.words.len();
        let starts = |quotation: &Quotation| {
            // The first word of the sentence at or behind the opening mark, and the mark stands right before it.
            let first = self.words.iter().position(|word| word.span.start >= quotation.inner.start);
            let inside = first.is_some_and(|first| self.words[first].span.start < quotation.inner.end);
            inside && first == Some(at) && self.holds(quotation.inner.start)
        };
        let ends = |quotation: &Quotation| {
            let last = self.words.iter().rposition(|word| word.span.start < quotation.inner.end);
            let inside = last.is_some_and(|last| self.words[last].span.start >= quotation.inner.start);
            inside && last.map(|last| last + 1) == Some(at) && self.holds(quotation.inner.end)
        };
        let quoted = |at: usize| {
            let start = self.words[at].span.start;
            self.quotations.iter().any(|quotation| quotation.inner.start <= start && start < quotation.inner.end)
        };
        match seam {
            Seam::SentenceStart => at == 0,
            Seam::SentenceEnd => at == n,
            Seam::Break => {
                at > 0 && at < n && {
                    let between = &self.text[self.words[at - 1].span.end..self.words[at].span.start];
                    between.chars().any(|c| ",;:—–()….\"“”".contains(c)) || between.contains(" - ")
                }
            }
            Seam::Quoted => at < n && quoted(at),
            Seam::Unquoted => at < n && !quoted(at),
            Seam::Opens => self.quotations.iter().any(starts),
            Seam::Closes => self.quotations.iter().any(ends),
        }
    }

    /// No word stands between the sentence's own words and the byte.
    fn holds(&self, at: usize) -> bool {
        let (first, last) = (self.words[0].span.start, self.words[self.words.len() - 1].span.end);
        let between = if at < first { &self.text[at..first] } else { &self.text[last.min(at)..at] };
        (first <= at && at <= last) || !between.contains(char::is_alphanumeric)
    }

    /// Every place where the node ends that starts at `at`.
    fn ends(&mut self, node: &Node, at: usize) -> Vec<usize> {
        let n = self.words.len();
        let when = |holds: bool, end: usize| if holds { vec![end] } else { Vec::new() };
        match node {
            Node::Is(asks) => when(self.is_any(at, asks), at + 1),
            Node::IsNot(asks) => when(at < n && !self.is_any(at, asks), at + 1),
            Node::Any => when(at < n, at + 1),
            Node::Gap(most) => (at..=(at + most).min(n)).collect(),
            Node::Sequence(nodes) => nodes.iter().fold(vec![at], |starts, node| {
                let mut ends: Vec<usize> = starts.into_iter().flat_map(|start| self.ends(node, start)).collect();
                ends.sort_unstable();
                ends.dedup();
                ends
            }),
            Node::Either(nodes) => nodes.iter().flat_map(|node| self.ends(node, at)).collect(),
            Node::Optional(node) => self.ends(node, at).into_iter().chain([at]).collect(),
            Node::Seam(seam) => when(self.seam(at, *seam), at),
            Node::NotBefore(asks, reach) => when((1..=*reach).all(|k| k > at || !self.is_any(at - k, asks)), at),
            Node::NotAfter(asks, reach) => when((0..*reach).all(|k| !self.is_any(at + k, asks)), at),
        }
    }

    /// The matches, leftmost end first, of those the shortest, none overlapping another.
    fn matches(&mut self, node: &Node) -> Vec<(usize, usize)> {
        let (mut found, mut from) = (Vec::new(), 0);
        loop {
            let all = (from..=self.words.len()).flat_map(|start| {
                self.ends(node, start).into_iter().map(|end| (end, std::cmp::Reverse(start))).collect::<Vec<_>>()
            });
            let Some((end, std::cmp::Reverse(start))) = all.min() else { return found };
            found.push((start, end));
            from = end;
        }
    }
}

fn words(text: &str, tokens: &[Token], questions: &Questions) -> Vec<Word> {
    let mut stems = Stems::new(Language::English);
    let mut words: Vec<Word> = Vec::new();
    for token in tokens {
        let surface = token.span.of(text);
        let stem = stems.stem(surface).to_owned();
        questions.parts(surface, &stem, &stems, |part, answers| {
            let span = Span::new(token.span.start + part.start, token.span.start + part.end);
            words.push(Word { span, answers: answers.to_vec() });
        });
    }
    words
}

/// Numbers every question of a pattern.
fn ask_all(node: &Node, asked: &mut Asked) {
    match node {
        Node::Is(asks) | Node::IsNot(asks) | Node::NotBefore(asks, _) | Node::NotAfter(asks, _) => {
            asks.iter().for_each(|ask| assert!(asked.number(ask).is_some()));
        }
        Node::Sequence(nodes) | Node::Either(nodes) => nodes.iter().for_each(|node| ask_all(node, asked)),
        Node::Optional(node) => ask_all(node, asked),
        Node::Any | Node::Gap(_) | Node::Seam(_) => {}
    }
}

/// All patterns of a set, to be matched slowly.
struct Slow {
    nodes: Vec<(CueId, Node)>,
    asked: Asked,
    questions: Questions,
}

impl Slow {
    fn new(set: &CueSet) -> Self {
        let patterns =
            set.cues.iter().zip(0..).flat_map(|(cue, id)| cue.patterns.iter().map(move |pattern| (id, pattern)));
        let read = |pattern: &str| pattern::parse(pattern, &set.classes, Language::English).unwrap();
        let nodes: Vec<_> =
            patterns.flat_map(|(id, pattern)| read(pattern).into_iter().map(move |node| (id, node))).collect();
        let mut asked = Asked::default();
        nodes.iter().for_each(|(_, node)| ask_all(node, &mut asked));
        let questions = Questions::new(&asked, &Leaves::new(&set.classes, Language::English), Language::English);
        Slow { nodes, asked, questions }
    }

    /// The matches of some of the cues, by place.
    fn find(&mut self, text: &str, which: impl Fn(CueId) -> bool) -> Vec<(CueId, Span)> {
        let mut tokens = Vec::new();
        token::tokens(text, &mut tokens);
        let (words, quotations) = (words(text, &tokens, &self.questions), quote::quotations(text));
        let mut found = Vec::new();
        let mut rest = &words[..];
        for sentence in sentence::sentences(text, &[], "english") {
            let (own, after) = rest.split_at(rest.partition_point(|word| word.span.start < sentence.end));
            rest = after;
            if own.is_empty() {
                continue;
            }
            let mut sentence = Sentence { text, words: own, quotations: &quotations, asked: &mut self.asked };
            for (id, node) in self.nodes.iter().filter(|(id, _)| which(*id)) {
                let spans = sentence.matches(node).into_iter();
                found.extend(spans.map(|(start, end)| (*id, Span::new(own[start].span.start, own[end - 1].span.end))));
            }
        }
        found.sort_by_key(|(cue, span)| (span.start, span.end, *cue));
        found.dedup();
        found
    }
}

fn slowly(set: &CueSet, text: &str) -> Vec<(CueId, Span)> {
    Slow::new(set).find(text, |_| true)
}

fn quickly(set: &CueSet, text: &str) -> Vec<(CueId, Span)> {
    let matcher = set.matcher(Language::English, "test").unwrap();
    Finder::new(&matcher, Language::English).find(text)
}

fn set_of(patterns: Vec<String>) -> CueSet {
    let classes = Classes::from([
        ("ab".to_owned(), vec!["a".to_owned(), "b*".to_owned()]),
        ("nest".to_owned(), vec!["@ab".to_owned(), "c".to_owned(), "@nest".to_owned()]),
    ]);
    let cues = patterns.into_iter().zip(0..).map(|(pattern, at)| super::Cue {
        name: format!("c{at}"),
        patterns: vec![pattern],
        ..Default::default()
    });
    CueSet { classes, cues: cues.collect(), ..CueSet::default() }
}

/// A random pattern that can be read.
fn patterns() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        4 => Just("a"), 4 => Just("b"), 2 => Just("c"), 2 => Just("@ab"), 1 => Just("@nest"), 1 => Just("b*"), 1 => Just("_"), 1 => Just("!a"),
        1 => Just("not"), 1 => Just("will"), 1 => Just("{name}"), 1 => Just("{?}"), 1 => Just("~walk"), 1 => Just("(a | c)"), 1 => Just("(a b | c)"),
        1 => Just("a?"), 1 => Just("(b c)?"), 1 => Just("_?"), 1 => Just("..2"), 1 => Just("..5"), 1 => Just("..20"), 1 => Just(","), 1 => Just("<!a"), 1 => Just(">!2 (b | c)"),
        1 => Just("{quoted}"), 1 => Just("{unquoted}"), 1 => Just("{open}"), 1 => Just("{close}"), 1 => Just("^"), 1 => Just("$"),
    ];
    let pattern = prop::collection::vec(word, 1..7).prop_map(|words| words.join(" "));
    let pattern = (pattern.clone(), prop::option::weighted(0.2, pattern))
        .prop_map(|(a, b)| b.map_or(a.clone(), |b| format!("{a} | {b}")));
    prop::collection::vec(pattern, 1..6).prop_map(|mut patterns| {
        let classes = set_of(Vec::new()).classes;
        patterns.retain(|pattern| pattern::parse(pattern, &classes, Language::English).is_ok());
        patterns
    })
}

fn texts() -> impl Strategy<Value = String> {
    texts_of(0..90)
}

fn texts_of(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        5 => Just("a"), 5 => Just("b"), 3 => Just("c"), 2 => Just("bb"), 2 => Just("A"), 1 => Just("walked"), 1 => Just("won't"), 1 => Just("we'll"),
        1 => Just("c's"), 1 => Just("?"), 1 => Just(","), 1 => Just("—"), 1 => Just("a,c"), 1 => Just("c—b"), 1 => Just(". A"), 1 => Just("“a"), 1 => Just("b”"), 1 => Just("\"c"), 1 => Just("a\""),
    ];
    prop::collection::vec(piece, pieces).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_fast_matcher_and_the_obvious_one_agree(patterns in patterns(), text in texts()) {
        let set = set_of(patterns);
        prop_assert_eq!(quickly(&set, &text), slowly(&set, &text), "{:?}", set.cues);
    }

    #[test]
    fn any_text_and_any_pattern_are_survived(pattern in "[ab @~*?!<>.,(){}|^$_`0-9é\"-]{0,40}", text in "\\PC{0,80}") {
        let set = set_of(vec![pattern]);
        if let Ok(matcher) = set.matcher(Language::English, "test") {
            for (_, span) in Finder::new(&matcher, Language::English).find(&text) {
                prop_assert!(text.get(span.start..span.end).is_some());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_sentence_longer_than_a_machine_word_is_matched_like_any_other(patterns in patterns(), text in texts_of(60..260)) {
        let set = set_of(patterns);
        let text = text.replace('.', "");
        prop_assert_eq!(quickly(&set, &text), slowly(&set, &text), "{:?}", set.cues);
    }
}

fn read(bytes: &[u8], set: &CueSet) -> Result<Matcher, BadMatcher> {
    Matcher::from_bytes(&Bytes::copy_from_slice(bytes), Language::English, set.cues.len())
}

proptest! {
    #[test]
    fn a_matcher_read_from_bytes_finds_the_same(patterns in patterns(), text in texts()) {
        let set = set_of(patterns);
        let matcher = set.matcher(Language::English, "test").unwrap();
        let read = read(&matcher.to_bytes(), &set).unwrap();
        prop_assert_eq!(&read, &matcher);
        prop_assert_eq!(read.to_bytes(), matcher.to_bytes());
        prop_assert_eq!(Finder::new(&read, Language::English).find(&text), quickly(&set, &text));
    }

    #[test]
    fn bytes_that_are_changed_or_cut_are_refused_or_make_a_matcher_that_runs(
        patterns in patterns(),
        text in texts(),
        (at, cut) in any::<(prop::sample::Index, prop::sample::Index)>(),
        byte in any::<u8>(),
    ) {
        let set = set_of(patterns);
        let mut bytes = set.matcher(Language::English, "test").unwrap().to_bytes();
        prop_assert!(read(&bytes[..cut.index(bytes.len())], &set).is_err());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(matcher) = read(&bytes, &set) {
            for (cue, span) in Finder::new(&matcher, Language::English).find(&text) {
                prop_assert!((cue as usize) < set.cues.len() && text.get(span.start..span.end).is_some());
            }
        }
    }
}

/// A sample of the training sentences, each with a sixteenth of the cues, since the slow matcher is slow; and each cue on its own examples.
#[test]
fn the_builtin_cues_match_as_the_obvious_matcher_says() {
    let set = super::builtin();
    let matcher = set.matcher(Language::English, "builtin").unwrap();
    let (mut fast, mut slow) = (Finder::new(&matcher, Language::English), Slow::new(set));
    let mut agree = |text: &str, which: &dyn Fn(CueId) -> bool| {
        let mut found = fast.find(text);
        found.retain(|(cue, _)| which(*cue));
        assert_eq!(found, slow.find(text, which), "{text}");
        found.len()
    };
    let mut matches = 0;
    for (sentence, turn) in sample(120).iter().zip(0..) {
        matches += agree(sentence, &|cue| cue % 16 == turn % 16);
    }
    for (cue, id) in set.cues.iter().zip(0..) {
        for example in cue.hits.iter().chain(&cue.misses) {
            matches += agree(example, &|cue| cue == id);
        }
    }
    assert!(matches > 1000, "{matches} matches");
}

/// So many texts of the training documents.
fn sample(count: usize) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training/documents");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let lines: Vec<String> = files
        .iter()
        .flat_map(|file| std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let text =
        |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
    lines.iter().step_by(lines.len() / count).map(text).collect()
}

/// Every row of the examples in the documentation: bold is what matches, and nothing else does.
#[test]
fn the_examples_of_the_documentation_hold() {
    let page = include_str!("../../../docs/cues.md");
    let table = page.split("each of them a test:").nth(1).expect("the table of examples is there");
    let mut rows = 0;
    for line in
        table.lines().skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'))
    {
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
        let code: Vec<&str> = cells[0].split('`').skip(1).step_by(2).collect();
        let mut set = set_of(vec![code[0].to_owned()]);
        for class in &code[1..] {
            let (name, words) = class.split_once(" = ").expect("a class is name = \"words\"");
            set.classes.insert(name.into(), words.trim_matches('"').split(' ').map(str::to_owned).collect());
        }
        let bold: Vec<&str> = cells[1].split("**").skip(1).step_by(2).collect();
        let text = cells[1].replace("**", "");
        let found: Vec<String> = quickly(&set, &text).iter().map(|(_, span)| span.of(&text).to_owned()).collect();
        let said: Vec<String> = bold.iter().map(|bold| bold.trim_matches(['“', '”', '.', '"']).to_owned()).collect();
        assert_eq!(found, said, "{}", cells[0]);
        assert_eq!(quickly(&set, &cells[2]), [], "{} matches in {}", cells[0], cells[2]);
        rows += 1;
    }
    assert!(rows >= 10, "{rows} rows");
}

/// The cue file of the documentation.
fn file_of_the_documentation() -> CueSet {
    let page = include_str!("../../../docs/cues.md");
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a cue file is shown");
    super::parse("cues.toml", text, Language::English).unwrap_or_else(|error| panic!("{error}")).cues
}

#[test]
fn the_cue_file_of_the_documentation_does_what_it_says() {
    let set = file_of_the_documentation();
    let matcher = set.matcher(Language::English, "cues.toml").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((set.cues.len(), set.misses(&matcher, Language::English)), (3, Vec::new()));
}

/// What the table of constructs says that they match; several of them in a row have an example each.
#[test]
fn each_construct_of_the_documentation_matches_what_stands_beside_it() {
    let page = include_str!("../../../docs/cues.md");
    let table = page.split("| written | means | matches |").nth(1).expect("the table of constructs is there");
    let mut examples = 0;
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
        let code: Vec<&str> = match cells[0].strip_prefix("`` ") {
            Some(literal) => vec![literal.trim_end_matches(" ``")],
            None => cells[0].split('`').skip(1).step_by(2).collect(),
        };
        let texts = cells[2].split([',', ';']).map(str::trim).filter(|text| !text.is_empty());
        for (text, at) in texts.zip(0..) {
            let mut set = set_of(vec![(*code.get(at).unwrap_or(&code[0])).to_owned()]);
            set.classes.extend(file_of_the_documentation().classes);
            let whole = [(0, Span::new(0, text.len()))];
            assert_eq!(quickly(&set, text), whole, "{} in {text:?}", cells[0]);
            examples += 1;
        }
    }
    assert!(examples >= 14, "{examples} examples");
}

/// Alternatives, gaps and words that almost match, all at once: the time must stay linear, so this ends at once or not in a lifetime.
#[test]
fn hostile_patterns_on_hostile_text_end() {
    let hostile = "a? ".repeat(60) + &"_? ".repeat(60) + "a a a a a a a b";
    let gaps = "a ..20 ".repeat(60) + "c";
    let set = set_of(vec![hostile, gaps, "(a | b)? (a a | b b)? (a a a | (b | a a)?)? c".into()]);
    let text = "a ".repeat(100_000);
    assert_eq!(quickly(&set, &text), []);
}

/// One sentence without end in which patterns match at every word, each match at once the end of another.
#[test]
fn matches_without_number_in_one_sentence_take_time_in_proportion() {
    let set = set_of(vec!["a ..20 a ..20 a".into(), "a (b | a)?".into(), "_".into(), "!b <!20 b a".into()]);
    let text = "a ".repeat(100_000);
    assert_eq!(quickly(&set, &text).len(), 33_333 + 100_000 + 100_000 + 50_000);
}

/// Every byte of a small matcher flipped, one after another, and every length cut.
#[test]
fn no_damage_to_a_compiled_matcher_makes_it_panic() {
    let set = set_of(vec!["(a b | c)? ..3 @nest".into(), "<!2 not a".into(), "_ !a".into(), "b* ~walk {name}".into()]);
    let bytes = set.matcher(Language::English, "test").unwrap().to_bytes();
    let read = |bytes: &[u8]| read(bytes, &set);
    for at in 0..bytes.len() {
        assert!(read(&bytes[..at]).is_err());
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            if let Ok(matcher) = read(&bytes) {
                Finder::new(&matcher, Language::English).find("Will a b not walk, c Walked “bb” a a? A c.");
            }
        }
    }
    assert_eq!(read(&[&bytes[..], &[0]].concat()).unwrap_err(), BadMatcher::Damaged);
    assert_eq!(read(&[9]).unwrap_err(), BadMatcher::Version);
    let bytes = Bytes::from(bytes);
    assert_eq!(Matcher::from_bytes(&bytes, Language::French, set.cues.len()).unwrap_err(), BadMatcher::Damaged);
    assert_eq!(Matcher::from_bytes(&bytes, Language::English, 3).unwrap_err(), BadMatcher::Damaged);
    assert_eq!(read(&bytes).unwrap().to_bytes(), bytes);
}
