//! Paragraph → sentences.
//!
//! One pass over the marks that may end a sentence. A mark ends one if what follows can begin another and what precedes
//! is no abbreviation, initial or number; the golden cases in `sentence_cases.txt`, written in the manner of pySBD's
//! rules (Sadvilkar & Neumann 2020), say what that comes to. The crate `sentencex` was measured on the
//! same cases: `docs/method.md` has the figures.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Span;
use super::stem::Language;

/// The sentences of `text` in order, without the blanks around them; together they cover all that is no blank.
/// `breaks` are offsets where a sentence ends in any case, rising.
pub fn sentences(text: &str, breaks: &[usize], language: Language) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for end in breaks.iter().copied().chain([text.len()]) {
        if start < end && text.is_char_boundary(end) {
            cut(text, Span::new(start, end), language, &mut found);
            start = end;
        }
    }
    found
}

fn cut(text: &str, block: Span, language: Language, found: &mut Vec<Span>) {
    let scan = Scan { text: block.of(text), language };
    let mut start = 0;
    let mut at = 0;
    while let Some(offset) = scan.text[at..].find(is_mark) {
        let mark = at + offset;
        if let Some(end) = scan.text[start..mark].rfind('(').and_then(|open| scan.aside_end(start + open, mark)) {
            at = end;
            continue;
        }
        let end = scan.marks_end(mark);
        if scan.ends_sentence(start, mark, end) {
            push_trimmed(text, Span::new(block.start + start, block.start + end), found);
            start = end;
        }
        at = end;
    }
    push_trimmed(text, Span::new(block.start + start, block.end), found);
}

fn push_trimmed(text: &str, span: Span, found: &mut Vec<Span>) {
    let inner = span.of(text);
    let start = span.start + (inner.len() - inner.trim_start().len());
    let end = start + inner.trim().len();
    if start < end {
        found.push(Span::new(start, end));
    }
}

/// A character that may end a sentence.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '\n' | '。' | '！' | '？' | '؟' | '۔' | '।' | '‼' | '⁉' | '⁈')
}

fn is_wide_mark(c: char) -> bool {
    matches!(c, '。' | '！' | '？')
}

/// Closes what a sentence may end inside of.
fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '}' | '」' | '』' | '）')
}

/// Opens what a sentence may begin inside of.
fn is_opener(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '“'
            | '‘'
            | '„'
            | '«'
            | '‹'
            | '»'
            | '('
            | '['
            | '{'
            | '¿'
            | '¡'
            | '「'
            | '『'
            | '—'
            | '–'
            | '-'
            | '*'
            | '•'
    )
}

struct Scan<'a> {
    text: &'a str,
    language: Language,
}

/// An aside longer than this is not looked through.
const LONGEST_ASIDE: usize = 300;

impl Scan<'_> {
    /// Where the run of marks at `mark` ends, closing quotation marks and brackets and spaced dots included.
    fn marks_end(&self, mark: usize) -> usize {
        let mut end = mark;
        loop {
            let rest = &self.text[end..];
            match rest.chars().next() {
                Some(c) if is_mark(c) && c != '\n' || end == mark => {
                    end += rest.chars().next().map_or(1, char::len_utf8)
                }
                Some(' ' | '\u{A0}') if spaced_dot(rest) && self.text[..end].ends_with('.') => {
                    end += rest.find('.').unwrap_or(0) + 1;
                }
                Some(c) if is_closer(c) => end += c.len_utf8(),
                // „so“ closes with the mark that opens in English.
                Some('“') if rest['“'.len_utf8()..].chars().next().is_none_or(char::is_whitespace) => {
                    end += '“'.len_utf8()
                }
                Some(' ' | '\u{A0}' | '\u{202F}') if rest.trim_start().starts_with('»') => {
                    end += rest.find('»').unwrap_or(0) + '»'.len_utf8();
                }
                Some('[') => match footnote(rest) {
                    Some(width) => end += width,
                    None => return end,
                },
                _ => return end,
            }
        }
    }

    /// Whether the marks from `mark` to `end` end the sentence that began at `start`.
    fn ends_sentence(&self, start: usize, mark: usize, end: usize) -> bool {
        let marks = &self.text[mark..end];
        let rest = &self.text[end..];
        let Some(next) = rest.chars().next() else { return true };
        if marks.starts_with('\n') {
            return rest.starts_with('\n') || rest.starts_with("\r\n");
        }
        if marks.chars().any(is_wide_mark) {
            return !matches!(next, ',' | '，' | '、');
        }
        if !next.is_whitespace() {
            return self.is_glued(mark, marks, rest);
        }
        let after = rest.trim_start();
        let Some(word_start) = begin_of_word(after) else { return false };
        if marks == "." {
            return self.full_stop_ends(start, mark, word_start);
        }
        self.loud_mark_ends(start, mark, marks, after, word_start)
    }

    /// `!`, `?`, dots, or marks inside a closing quotation mark.
    fn loud_mark_ends(&self, start: usize, mark: usize, marks: &str, after: &str, word: &str) -> bool {
        let first = word.chars().next().unwrap_or(' ');
        if first.is_lowercase() || matches!(after.chars().next(), Some(',' | ';' | ':' | ')' | '/')) {
            return false;
        }
        if marks.starts_with('.') && !marks.starts_with("..") && marks.len() > 1 {
            // A full stop before closing marks: `(the firm in the U.S.) Then`, but also `“… at Acme Inc.” He`.
            let closed_by_bracket_only = marks[1..].chars().all(|c| matches!(c, ')' | ']'));
            return !closed_by_bracket_only || self.full_stop_ends(start, mark, word);
        }
        let before = last_word(&self.text[start..mark]);
        !(marks == "!" && matches!(before.to_lowercase().as_str(), "yahoo" | "jeopardy"))
    }

    /// A mark without a blank after it: `end.Next` ends a sentence, `file.Name`, `3.5` and `U.S.` do not.
    fn is_glued(&self, mark: usize, marks: &str, rest: &str) -> bool {
        let next = rest.chars().next().unwrap_or(' ');
        let token = last_word(&self.text[..mark]);
        let letters = token.chars().count() > 2 && token.chars().all(|c| c.is_lowercase() || matches!(c, '\'' | '’'));
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
        let capital = word.chars().count() > 1 && next.is_uppercase() && word.chars().skip(1).all(char::is_lowercase);
        let plain = !rest.chars().skip(word.chars().count()).take(1).any(|c| matches!(c, '.' | '/' | '@' | '_' | '('));
        let opens = matches!(next, '“' | '"' | '«') && marks.len() == 1 && marks != ".";
        letters && capital && plain && marks.starts_with(['.', '!', '?']) || opens && letters
    }

    /// A single full stop at `mark`; the next word begins `word`.
    fn full_stop_ends(&self, start: usize, mark: usize, word: &str) -> bool {
        let first = word.chars().next().unwrap_or(' ');
        if first.is_lowercase() {
            return false;
        }
        let token = last_word(&self.text[start..mark]);
        let at_start = self.text[start..mark].trim_start_matches(is_edge).len() == token.len();
        if token.is_empty() || at_start && is_enumerator(token) {
            return token.is_empty();
        }
        let next = first_word(word);
        let lower = token.to_lowercase();
        match abbreviation(&lower, self.language) {
            Some(Kind::Title | Kind::Inner) => return false,
            Some(Kind::Number) if is_number(next) => return false,
            // `No.` as an answer, `May.` as a month: a word that starts sentences follows, or none of theirs.
            Some(Kind::Number) => return true,
            Some(Kind::Final) if lower.ends_with(".m") => {
                // `At 5 a.m. Mr Smith went …`: a time of day alone is no sentence.
                return !follows_clock(next) && self.text[start..mark].split_whitespace().count() > 3;
            }
            Some(Kind::Final) => return self.language != Language::English || self.starts_sentence(next),
            None => {}
        }
        if is_initial(token) {
            return !at_start && !(self.is_name(next)) && (token == "I" || self.starts_sentence(next));
        }
        if is_dotted(token)
            || lower.chars().count() == 1 && token == lower && !token.bytes().all(|b| b.is_ascii_digit())
        {
            return self.starts_sentence(next);
        }
        !self.is_ordinal(start, mark, token)
    }

    /// `am 3. Oktober`, but not `auf S. 12.`, in languages that write ordinals so.
    fn is_ordinal(&self, start: usize, mark: usize, token: &str) -> bool {
        let short = token.len() <= 2 && token.bytes().all(|b| b.is_ascii_digit());
        let before = self.text[start..mark - token.len()].trim_end().trim_end_matches('.');
        let counted = abbreviation(&last_word(before).to_lowercase(), self.language) == Some(Kind::Number);
        self.counts_with_dots() && short && !counted
    }

    fn is_name(&self, word: &str) -> bool {
        word.chars().next().is_some_and(char::is_uppercase) && !self.starts_sentence(word)
    }

    /// Whether sentences commonly start with this word, so that a capital is no sign of a name.
    fn starts_sentence(&self, word: &str) -> bool {
        STARTERS.contains(&word.to_lowercase().as_str())
    }

    /// Languages that write ordinals as `3.`
    fn counts_with_dots(&self) -> bool {
        use Language::*;
        matches!(self.language, German | Danish | Norwegian | Finnish | Hungarian | Turkish)
    }

    /// Where the aside that opened at `open` before `mark` ends, if the sentence goes on after it.
    fn aside_end(&self, open: usize, mark: usize) -> Option<usize> {
        let rest = &self.text[open..];
        let close = open + rest.bytes().take(LONGEST_ASIDE).position(|byte| byte == b')')? + 1;
        let has_opened_sentence = self.text[..open].trim_end().is_empty();
        let after = self.text[close..].trim_start().chars().next()?;
        let goes_on = after.is_lowercase() || matches!(after, ',' | ';' | ':' | '.' | '?' | '!');
        (close > mark && goes_on && !has_opened_sentence).then_some(close)
    }
}

/// Words that sentences start with and names do not.
const STARTERS: &[&str] = &[
    "the",
    "a",
    "an",
    "this",
    "that",
    "these",
    "those",
    "he",
    "she",
    "it",
    "we",
    "they",
    "you",
    "i",
    "his",
    "her",
    "its",
    "our",
    "their",
    "my",
    "your",
    "but",
    "and",
    "or",
    "so",
    "yet",
    "if",
    "when",
    "while",
    "as",
    "in",
    "on",
    "at",
    "for",
    "from",
    "with",
    "by",
    "to",
    "of",
    "after",
    "before",
    "since",
    "until",
    "during",
    "because",
    "although",
    "though",
    "however",
    "there",
    "here",
    "then",
    "now",
    "what",
    "why",
    "how",
    "who",
    "where",
    "which",
    "no",
    "not",
    "all",
    "some",
    "many",
    "most",
    "both",
    "each",
    "every",
    "one",
    "two",
    "let",
    "do",
    "did",
    "does",
    "is",
    "are",
    "was",
    "were",
    "will",
    "would",
    "can",
    "could",
    "should",
    "must",
    "may",
    "meanwhile",
    "nevertheless",
    "therefore",
    "thus",
    "also",
    "even",
    "only",
    "such",
    "another",
    "other",
    "it's",
    "that's",
    "there's",
    "don't",
    "we're",
    "i'm",
    "they're",
    "what's",
    "everyone",
    "nobody",
    "nothing",
    "please",
    "once",
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Title,
    Number,
    Inner,
    Final,
}

/// Abbreviations by language and word.
static ABBREVIATIONS: LazyLock<HashMap<(&str, &str), Kind>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    let lines = include_str!("abbreviations.txt").lines().filter(|line| !line.starts_with('#'));
    for mut words in lines.map(str::split_whitespace) {
        let kind = match words.next() {
            Some("title") => Kind::Title,
            Some("number") => Kind::Number,
            Some("inner") => Kind::Inner,
            _ => Kind::Final,
        };
        let language = words.next().unwrap_or_default();
        all.extend(words.map(|word| ((language, word), kind)));
    }
    all
});

fn abbreviation(lower: &str, language: Language) -> Option<Kind> {
    ABBREVIATIONS.get(&(language.name(), lower)).copied()
}

/// What may stand around a word and is no part of it.
fn is_edge(c: char) -> bool {
    c.is_whitespace() || is_opener(c) || is_closer(c)
}

/// The token before a full stop, without opening marks.
fn last_word(text: &str) -> &str {
    let token =
        text.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '/' | '—' | '–')).next().unwrap_or("");
    token.trim_start_matches(is_opener)
}

/// What follows, from its first letter or digit, if it is something that can begin a sentence.
fn begin_of_word(after: &str) -> Option<&str> {
    let word = after.trim_start_matches(|c: char| is_opener(c) || c.is_whitespace());
    match word.chars().next() {
        Some(',' | ';' | ':' | ')' | ']' | '.' | '!' | '?' | '%') => None,
        Some(c) if c.is_lowercase() => None,
        Some(_) => Some(word),
        None => None,
    }
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’')).unwrap_or(text.len());
    &text[..end]
}

fn is_number(word: &str) -> bool {
    if matches!(word, "I" | "A") {
        return false;
    }
    word.starts_with(|c: char| c.is_ascii_digit())
        || !word.is_empty() && word.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C'))
        || word.chars().count() == 1
}

/// `1`, `12`, `a`, `iv` at the start of a line: the full stop belongs to the number.
fn is_enumerator(token: &str) -> bool {
    let digits = token.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let letters = token.chars().count() == 1 && token.chars().all(char::is_alphabetic) && token != "I";
    let roman =
        token.len() <= 5 && token.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'I' | 'V' | 'X')) && token != "I";
    token.len() <= 6 && digits || letters || roman
}

fn is_initial(token: &str) -> bool {
    let mut chars = token.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next().is_none()
}

/// Single letters parted by dots: `U.S`, `J.R`.
fn is_dotted(token: &str) -> bool {
    token.contains('.')
        && token.split('.').all(|part| part.chars().count() <= 2 && part.chars().all(char::is_alphabetic))
}

fn follows_clock(word: &str) -> bool {
    let lower = word.to_lowercase();
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    DAYS.contains(&lower.as_str())
        || matches!(word, "EST" | "EDT" | "GMT" | "PST" | "CET" | "UTC" | "BST" | "ET" | "PT")
}

/// A blank and a dot, of which more may come: `. . .`
fn spaced_dot(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next();
    chars.next() == Some('.')
}

/// The width of `[12]` at the start of the text.
fn footnote(rest: &str) -> Option<usize> {
    let close = rest.bytes().take(6).position(|byte| byte == b']')?;
    (close > 1 && rest.as_bytes()[1..close].iter().all(u8::is_ascii_digit)).then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut_up(text: &str, language: Language) -> Vec<&str> {
        sentences(text, &[], language).into_iter().map(|span| span.of(text)).collect()
    }

    /// `language: sentence | sentence`, a case a line.
    fn cases() -> impl Iterator<Item = (Language, Vec<&'static str>)> {
        let lines =
            include_str!("sentence_cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| {
            let (language, case) = line.split_once(": ").expect("a case names its language");
            (language.parse().expect("a known language"), case.split(" | ").collect())
        })
    }

    #[test]
    fn the_golden_cases_are_cut_as_a_reader_would() {
        let (mut right, mut wrong) = (0, String::new());
        for (language, expected) in cases() {
            let text = expected.join(" ");
            let found = cut_up(&text, language);
            if found == expected {
                right += 1;
            } else {
                wrong.push_str(&format!("\n  expected {expected:?}\n  found    {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{right} right; wrong:{wrong}");
        assert!(right >= 120);
    }

    #[test]
    fn a_meant_break_ends_a_sentence_without_a_full_stop() {
        let text = "Introduction The council met.";
        let found = sentences(text, &[13], Language::English);
        assert_eq!(found.iter().map(|s| s.of(text)).collect::<Vec<_>>(), ["Introduction", "The council met."]);
    }

    #[test]
    fn sentences_need_no_blank_between_them_in_chinese_and_japanese() {
        assert_eq!(cut_up("我们不会等。时间到了！走吧？", Language::None), ["我们不会等。", "时间到了！", "走吧？"]);
    }

    #[test]
    fn a_full_stop_may_lack_its_blank_but_a_name_of_a_file_has_none() {
        assert_eq!(cut_up("It is late.Tomorrow we go.", Language::English), ["It is late.", "Tomorrow we go."]);
        assert_eq!(cut_up("Open report.Final.docx at rhetor.example.Com now.", Language::English).len(), 1);
    }

    proptest! {
        #[test]
        fn sentences_stand_in_order_and_cover_all_that_is_no_blank(text in "[A-Za-z .!?…\"'”’()«»0-9—。\n]{0,80}", at in 0usize..80) {
            let breaks: Vec<usize> = (at < text.len() && text.is_char_boundary(at)).then_some(at).into_iter().collect();
            let found = sentences(&text, &breaks, Language::English);
            let mut last = 0;
            for span in &found {
                prop_assert!(span.start >= last && !span.is_empty());
                prop_assert!(text[last..span.start].trim().is_empty());
                prop_assert_eq!(span.of(&text).trim(), span.of(&text));
                last = span.end;
            }
            prop_assert!(text[last..].trim().is_empty());
        }
    }
}
