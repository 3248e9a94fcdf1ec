//! Paragraph → sentences.
//!
//! One pass over the marks that may end a sentence. A mark ends one if what follows can begin another and what precedes
//! is no abbreviation, initial or number. What that comes to is told by the golden cases in `sentence_cases.txt`, written
//! in the manner of pySBD's rules (Sadvilkar & Neumann 2020, "PySBD: Pragmatic Sentence Boundary Disambiguation").
//! How far it looks back or ahead from a mark is bounded, so that the time is linear in the text.

use super::Span;
use super::abbreviation::{Abbreviations, Kind};
use super::scan::Scan;

/// The sentences of `text` in order, without the blanks around them; together they cover all that is no blank.
/// `breaks` are offsets, rising, where a sentence ends in any case. `language` is its English name in lower case, such as
/// `german`; of a language that `abbreviations.txt` does not know, no abbreviations are known.
pub fn sentences(text: &str, breaks: &[usize], language: &str) -> Vec<Span> {
    let (abbreviations, asks_with_semicolon) = (Abbreviations::of(language), language == GREEK);
    let mut found = Vec::new();
    let mut start = 0;
    for end in breaks.iter().copied().chain([text.len()]) {
        if start < end && text.is_char_boundary(end) {
            let block = Block { text: &text[start..end], abbreviations, asks_with_semicolon };
            let found = |span: Span| found.push(Span::new(start + span.start, start + span.end));
            match asks_with_semicolon {
                true => block.cut(GREEK_CANDIDATES, found),
                false => block.cut(CANDIDATES, found),
            }
            start = end;
        }
    }
    found
}

/// First bytes of marks, and of the brackets whose content is looked through.
const CANDIDATES: [[u8; 3]; 4] = [*b".!?", *b"\n(\xE2", *b"\xE3\xEF\xD8", *b"\xDB\xE0\xD6"];

/// The language that asks with a semicolon.
const GREEK: &str = "greek";

/// The same with that one, in both of its forms.
const GREEK_CANDIDATES: [[u8; 3]; 5] = {
    let [a, b, c, d] = CANDIDATES;
    [a, b, c, d, *b";;\xCD"]
};

/// Ends a paragraph, if another line end follows or it stands for one by itself.
fn ends_paragraph(c: char) -> bool {
    matches!(c, '\n' | PARAGRAPH_SEPARATOR)
}

const PARAGRAPH_SEPARATOR: char = '\u{2029}';

/// A character that may end a sentence, in any language.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '‼' | '⁇' | '⁈' | '⁉' | '؟' | '۔' | '।' | '॥' | '։') || is_wide_mark(c)
}

/// The Greek question mark, which is a semicolon elsewhere; U+037E is the same character by another number.
fn is_greek_mark(c: char) -> bool {
    matches!(c, ';' | '\u{37E}')
}

/// Ends a sentence in scripts that put no blank behind it.
fn is_wide_mark(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡' | '．')
}

/// Closes a quotation that a sentence may end inside of.
fn closes_quotation(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | '」' | '』')
}

fn closes_bracket(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '）' | '】')
}

/// Stands before the first word of a sentence: opening marks, brackets, dashes, bullets.
fn is_opener(c: char) -> bool {
    !c.is_ascii_alphanumeric() && "\"'“‘„‚«‹»›([{¿¡「『（—–-―*•·>_#".contains(c)
}

/// What a run of marks says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    /// One full stop.
    Stop,
    /// `!`, `?` and their like.
    Loud,
    /// An ellipsis.
    Dots,
    /// A mark of a script without blanks.
    Wide,
    /// An empty line, or a sign that stands for one.
    BlankLine,
}

/// A run of marks with the closing quotation marks and brackets behind it.
struct Run {
    mark: usize,
    end: usize,
    tone: Tone,
    dots: usize,
    closes_quotation: bool,
    closes_bracket: bool,
}

impl Run {
    /// Reads the run that begins at `mark` with `c`.
    fn read(block: &Block, mark: usize, c: char) -> Run {
        let text = block.text;
        let end = mark + c.len_utf8();
        let mut run = Run { mark, end, tone: Tone::Stop, dots: 0, closes_quotation: false, closes_bracket: false };
        if ends_paragraph(c) {
            let next = text[end..].trim_start_matches([' ', '\t', '\r', '\u{A0}']);
            let is_blank_line = c == PARAGRAPH_SEPARATOR || next.starts_with('\n');
            run.tone = if is_blank_line { Tone::BlankLine } else { Tone::Stop };
            return run;
        }
        run.note(c);
        while let Some(width) = run.more(block) {
            run.end += width;
        }
        run.tone = match run.tone {
            Tone::Stop if run.dots > 1 => Tone::Dots,
            tone => tone,
        };
        run
    }

    fn note(&mut self, c: char) {
        match c {
            '.' => self.dots += 1,
            '…' => self.dots += 3,
            _ if is_wide_mark(c) => self.tone = Tone::Wide,
            _ => self.tone = Tone::Loud,
        }
    }

    /// The width of what belongs to the run at its end, if anything does.
    fn more(&mut self, block: &Block) -> Option<usize> {
        let rest = &block.text[self.end..];
        let c = rest.chars().next()?;
        let closed = self.closes_quotation || self.closes_bracket;
        match c {
            _ if block.is_mark(c) => self.note(c),
            ' ' | '\u{A0}' if self.dots > 0 && !closed && is_spaced_dot(rest) => {
                self.dots += 1;
                return Some(c.len_utf8() + 1);
            }
            ' ' | '\u{A0}' | '\u{202F}' if closes_in_french(rest) => {
                self.closes_quotation = true;
                return Some(c.len_utf8() + '»'.len_utf8());
            }
            '[' => return footnote(rest),
            '»' | '›' if opens_in_german(block.text, self.end, c) => return None,
            _ if closes_bracket(c) => self.closes_bracket = true,
            _ if closes_quotation(c) || closes_in_german(rest) => self.closes_quotation = true,
            _ => return None,
        }
        Some(c.len_utf8())
    }
}

/// ` .` as in `. . .`, not as in ` .net`.
fn is_spaced_dot(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('.') && chars.next().is_none_or(|c| !c.is_alphanumeric())
}

/// « so. » closes behind a blank. Where a word follows and the blank is a plain one, the mark is that word's: so. »And«
fn closes_in_french(rest: &str) -> bool {
    let mut chars = rest.chars();
    let is_plain = chars.next() == Some(' ');
    chars.next() == Some('»') && !(is_plain && chars.next().is_some_and(begins_quoted))
}

/// „so.“, »so.« and ›so.‹ close with marks that open in English and French.
fn closes_in_german(rest: &str) -> bool {
    let mut chars = rest.chars();
    let mark = chars.next();
    let is_inner = mark == Some('‹');
    matches!(mark, Some('“' | '‘' | '«' | '‹'))
        && chars.next().is_none_or(|c| c.is_whitespace() || c == ',' || is_inner && c == '«')
}

/// Stands first in a quotation.
fn begins_quoted(c: char) -> bool {
    c.is_alphanumeric() || "\"'“‘„‚›‹«([…¡¿–—".contains(c)
}

/// Bytes before and behind a mark in which another is looked for that tells how the text quotes.
const NEAR_QUOTATION: usize = 1000;

/// A mark between a full stop and a word, with blanks on neither side, belongs to the word if the text quotes »so« and not «so»: the
/// nearest « before it, or else behind it, closes.
fn opens_in_german(text: &str, at: usize, mark: char) -> bool {
    let behind = at + mark.len_utf8();
    if !text[behind..].starts_with(char::is_alphanumeric) {
        return false;
    }
    let partner = if mark == '»' { '«' } else { '‹' };
    let (mut from, mut to) = (at.saturating_sub(NEAR_QUOTATION), text.len().min(behind + NEAR_QUOTATION));
    while !text.is_char_boundary(from) {
        from += 1;
    }
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let before = text[from..at].rfind(partner).map(|found| from + found);
    let nearest = before.or_else(|| text[behind..to].find(partner).map(|found| behind + found));
    nearest.is_some_and(|found| text[..found].ends_with(|c: char| !c.is_whitespace() && !"([{".contains(c)))
}

/// The width of a note's number, `[12]`, at the start of the text.
fn footnote(rest: &str) -> Option<usize> {
    let close = rest.bytes().take(6).position(|byte| byte == b']')?;
    (close > 1 && rest.as_bytes()[1..close].iter().all(u8::is_ascii_digit)).then_some(close + 1)
}

/// What stands behind a run of marks and a blank.
struct Next<'a> {
    /// From the first letter or digit on.
    rest: &'a str,
    word: &'a str,
}

impl<'a> Next<'a> {
    /// Nothing if it is something that no sentence can begin with.
    fn read(rest: &'a str) -> Option<Self> {
        let mut rest = rest.trim_start();
        // `[…]` opens the sentence that it cut.
        if let Some(width) = elision(rest) {
            rest = rest[width..].trim_start();
        }
        let rest = rest.trim_start_matches(|c: char| is_opener(c) || c.is_whitespace());
        let begins = rest.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || !",;:)]}.!?…%/".contains(c));
        begins.then(|| Next { rest, word: first_word(rest) })
    }

    fn is_lower(&self) -> bool {
        self.word.starts_with(char::is_lowercase)
    }

    /// The initial of a name, or an abbreviation of one letter.
    fn is_initial(&self) -> bool {
        self.word.chars().count() == 1 && self.rest[self.word.len()..].starts_with('.')
    }
}

/// The width of `[...]`, `(…)` and their like at the start of the text.
fn elision(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix(['[', '('])?;
    let dots = inner.trim_start_matches(['.', '…', ' ']);
    let is_elision = inner.len() > dots.len() && dots.starts_with([']', ')']);
    is_elision.then(|| rest.len() - dots.len() + 1)
}

fn first_word(text: &str) -> &str {
    let letters = text.bytes().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(text.len());
    if matches!(text.as_bytes().get(letters), Some(b' ' | b',' | b'.') | None) {
        return &text[..letters];
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'));
    &text[..end.unwrap_or(text.len())]
}

/// Bytes that the word before a mark may have; a longer one is no abbreviation.
const LONGEST_WORD: usize = 48;

/// Bytes that an aside in brackets may have and still be looked through.
const LONGEST_ASIDE: usize = 300;

/// Bytes at the start of a sentence that are looked at for a label: `Q.`, `Mr. KANE.`, `At 5 a.m.`
const LONGEST_LABEL: usize = 40;

/// A text without forced boundaries.
struct Block<'a> {
    text: &'a str,
    abbreviations: &'static Abbreviations,
    /// As Greek does.
    asks_with_semicolon: bool,
}

impl Block<'_> {
    /// Calls `found` with each sentence; `candidates` are the first bytes of all that is looked at.
    fn cut<const THREES: usize>(&self, candidates: [[u8; 3]; THREES], mut found: impl FnMut(Span)) {
        let mut scan = Scan::new(self.text.as_bytes(), candidates);
        let (mut start, mut at, mut aside) = (self.behind_blanks(0), 0, 0);
        while let Some((mark, c)) = self.next_candidate(&mut scan, at) {
            if c == '(' {
                aside = if mark < aside { aside } else { self.aside_end(start, mark).unwrap_or(aside) };
                at = mark + 1;
                continue;
            }
            let run = Run::read(self, mark, c);
            at = run.end;
            if mark >= aside && self.ends_sentence(start, &run) {
                self.trimmed(start, run.end, &mut found);
                start = self.behind_blanks(run.end);
                at = start;
            }
        }
        self.trimmed(start, self.text.len(), &mut found);
    }

    /// The next mark or opening bracket at or after `from`.
    fn next_candidate<const THREES: usize>(&self, scan: &mut Scan<THREES>, from: usize) -> Option<(usize, char)> {
        let mut at = from;
        loop {
            at = scan.next(at)?;
            // Of a script whose letters begin as its marks do, letter after letter is looked at.
            for c in self.text[at..].chars() {
                if c == '(' || ends_paragraph(c) || self.is_mark(c) {
                    return Some((at, c));
                }
                if c.is_ascii() {
                    break;
                }
                at += c.len_utf8();
            }
        }
    }

    fn is_mark(&self, c: char) -> bool {
        is_mark(c) || self.asks_with_semicolon && is_greek_mark(c)
    }

    /// So that no look back to the start of a sentence meets many blanks.
    fn behind_blanks(&self, at: usize) -> usize {
        self.text.len() - self.text[at..].trim_start().len()
    }

    fn trimmed(&self, start: usize, end: usize, found: &mut impl FnMut(Span)) {
        let end = start.max(self.text[..end].trim_end().len());
        if start < end {
            found(Span::new(start, end));
        }
    }

    /// Where the aside that opens at `open` ends, if the sentence goes on behind it: a full stop inside ends nothing.
    fn aside_end(&self, start: usize, open: usize) -> Option<usize> {
        let near = &self.text.as_bytes()[open..self.text.len().min(open + LONGEST_ASIDE)];
        let close = open + memchr::memchr(b')', near)? + 1;
        let begins_sentence = start == open;
        let after = self.text[close..].trim_start().chars().next()?;
        (!begins_sentence && (after.is_lowercase() || ",;:.?!".contains(after))).then_some(close)
    }

    /// Whether `run` ends the sentence that begins at `start`.
    fn ends_sentence(&self, start: usize, run: &Run) -> bool {
        let rest = &self.text[run.end..];
        let Some(after) = rest.chars().next() else { return true };
        match run.tone {
            Tone::BlankLine => return true,
            Tone::Wide => return !is_continued(rest, run),
            _ if self.text.as_bytes()[run.mark] == b'\n' => return false,
            _ if !after.is_whitespace() => return self.lacks_its_blank(run, rest),
            _ => {}
        }
        let Some(next) = Next::read(rest) else { return false };
        if next.is_lower() {
            return self.is_careless(start, run, &next);
        }
        match run.tone {
            Tone::Stop => self.full_stop_ends(start, run, &next),
            Tone::Dots => {
                !self.is_elision(run) && (run.closes_quotation || run.dots == 4 || !is_first_person(next.word))
            }
            _ => !(self.is_name_with_mark(run, &next) || run.closes_quotation && self.is_attributed(&next)),
        }
    }

    /// A mark without a blank behind it. `end.Next` lost it; `file.Name`, `3.5`, `U.S.` have none.
    fn lacks_its_blank(&self, run: &Run, rest: &str) -> bool {
        let opens = rest.starts_with(['“', '«', '„', '»', '›']);
        let rest = if opens { rest.trim_start_matches(is_opener) } else { rest };
        let word = first_word(rest);
        let is_capitalised = word.starts_with(char::is_uppercase) && word.chars().skip(1).all(|c| !c.is_uppercase());
        let known = self.abbreviations.is_starter(word) || self.abbreviations.kind(word) == Some(Kind::Title);
        let behind = rest[word.len()..].chars().next();
        let is_word = opens || behind.is_none_or(|c| c.is_whitespace() || ",;:!?".contains(c) || known && c == '.');
        let long_enough = word.chars().nth(1).is_some() || known && behind == Some(' ');
        let token = self.last_word(0, run.mark);
        let is_plain = |c: char| c.is_lowercase() || c.is_ascii_digit() || matches!(c, ',' | '\'' | '’' | '-');
        let is_sentence_word = token.chars().skip(usize::from(known)).all(is_plain) && token.chars().nth(2).is_some();
        (is_sentence_word || run.closes_quotation && run.tone != Tone::Dots) && is_capitalised && is_word && long_enough
    }

    /// Who begins a sentence with a small letter may begin the next with one: `they lie. we know it.`
    fn is_careless(&self, start: usize, run: &Run, next: &Next) -> bool {
        let began_small = self.text[start..run.mark].starts_with(char::is_lowercase);
        let token = self.last_word(start, run.mark);
        let is_word = token.chars().count() > 1 && token.chars().all(char::is_alphabetic);
        let closed = run.closes_quotation || run.closes_bracket || run.tone == Tone::Dots;
        began_small
            && !closed
            && is_word
            && self.abbreviations.kind(token).is_none()
            && self.abbreviations.is_starter(next.word)
    }

    /// One full stop, and behind it a word that may begin a sentence.
    fn full_stop_ends(&self, start: usize, run: &Run, next: &Next) -> bool {
        let token = self.last_word(start, run.mark);
        let kind = self.abbreviations.kind(token);
        if matches!(kind, Some(Kind::Title | Kind::Inner)) {
            return false;
        }
        if run.closes_quotation {
            return true;
        }
        if self.is_label(start, run, token, next) {
            return false;
        }
        match kind {
            Some(Kind::Clock) => self.clock_ends(start, run, next),
            Some(kind) => self.abbreviation_ends(kind, token, next),
            None => self.short_word_ends(start, run, token, next),
        }
    }

    fn abbreviation_ends(&self, kind: Kind, token: &str, next: &Next) -> bool {
        let starter = self.abbreviations.is_starter(next.word) && !next.is_initial();
        match kind {
            Kind::Number => !is_number(next) && starter,
            // The answer `No.` and the number `No. 4`.
            Kind::Word => {
                !(is_number(next) && next.word.starts_with(|c: char| c.is_ascii_digit() || token != "No" && c != 'I'))
            }
            Kind::Closing => true,
            _ => starter || self.abbreviations.starts_address(next.word) || !self.abbreviations.knows_starters(),
        }
    }

    /// `At 5 a.m. Mr. Smith went …`: a time alone is no sentence, and a day or a zone belongs to it.
    fn clock_ends(&self, start: usize, run: &Run, next: &Next) -> bool {
        let before = &self.text[start..run.mark];
        let is_time_alone = before.len() < LONGEST_LABEL && before.split_whitespace().count() <= 3;
        !is_time_alone && !self.abbreviations.belongs_to_clock(next.word)
    }

    /// Initials, dotted words that no list has, ordinals; else the full stop is what it seems.
    fn short_word_ends(&self, start: usize, run: &Run, token: &str, next: &Next) -> bool {
        let starter = self.abbreviations.is_starter(next.word) && !next.is_initial();
        let one_letter = token.chars().count() == 1 && token.starts_with(char::is_alphabetic);
        if one_letter || is_dotted(token) {
            return starter || !one_letter && self.abbreviations.starts_address(next.word);
        }
        if self.abbreviations.has_hyphenated_initials() && is_hyphenated(token) {
            return starter;
        }
        let is_ordinal = self.abbreviations.has_dotted_ordinals() && token.len() <= 2 && is_digits(token);
        !is_ordinal || starter || self.is_counted(start, run.mark - token.len())
    }

    /// Whether a word that a number follows stands before `at`: `auf S. 12.`
    fn is_counted(&self, start: usize, at: usize) -> bool {
        let before = self.text[start..at].trim_end().trim_end_matches('.');
        matches!(self.abbreviations.kind(self.last_word(start, start + before.len())), Some(Kind::Number | Kind::Word))
    }

    /// What opens a sentence and ends in a full stop: `1.`, `a.`, `IV.`, `Q.`, and speakers, `Mr. KANE.`
    fn is_label(&self, start: usize, run: &Run, token: &str, next: &Next) -> bool {
        let before = &self.text[start..run.mark];
        if before.len() > LONGEST_LABEL {
            return false;
        }
        let alone = before.trim_start_matches(is_opener).len() == token.len();
        let first = first_word(before);
        let is_titled = matches!(self.abbreviations.kind(first), Some(Kind::Title))
            || matches!(first, "The" | "Senator" | "Chairman" | "Judge");
        let is_shouted = token.chars().count() > 2
            && token.chars().all(|c| !c.is_lowercase())
            && token.starts_with(char::is_alphabetic);
        alone && is_enumerator(token, start == 0) || !alone && is_titled && is_shouted && !is_shouted_word(next.word)
    }

    /// `[...]` and `(…)` alone.
    fn is_elision(&self, run: &Run) -> bool {
        run.closes_bracket && self.text[..run.mark].ends_with(['[', '('])
    }

    /// Yahoo! and others whose name ends in a mark.
    fn is_name_with_mark(&self, run: &Run, next: &Next) -> bool {
        let token = self.last_word(0, run.mark);
        let is_name =
            matches!(token, "Yahoo" | "Jeopardy" | "Yum" | "Chips Ahoy" | "Oklahoma" | "Jeb" | "Mamma Mia" | "Wham");
        is_name && !run.closes_quotation && !self.abbreviations.is_starter(next.word)
    }

    /// `“Why?” Anna asked.`: a name and a verb of saying, without a mark between them.
    fn is_attributed(&self, next: &Next) -> bool {
        let words = next.rest.split([' ', '\u{A0}']).take(4);
        let mut clause = words.scan(false, |ended, word| {
            let goes_on = !*ended;
            *ended = word.len() > LONGEST_WORD
                || word.ends_with(['!', '?', ';', ':', '"', '”'])
                || word.ends_with('.') && word.len() > 5;
            goes_on.then_some(word)
        });
        let begins_name = clause.next().is_some_and(|word| !self.abbreviations.is_starter(word));
        begins_name && clause.any(|word| self.abbreviations.says(word.trim_end_matches(['.', ','])))
    }

    /// The word before `end` and after `start`, without opening marks; cut off if it is very long.
    fn last_word(&self, start: usize, end: usize) -> &str {
        let mut from = start.max(end.saturating_sub(LONGEST_WORD));
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let near = &self.text[from..end];
        // The letters of most words, and the blank before them, are of one byte each.
        let letters = near.bytes().rposition(|byte| !byte.is_ascii_alphanumeric());
        if let Some(at) = letters.filter(|at| near.as_bytes()[*at] == b' ' && at + 1 < near.len()) {
            return &near[at + 1..];
        }
        let word =
            near.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '/' | '—' | '–')).next().unwrap_or(near);
        word.trim_start_matches(is_opener)
    }
}

/// `「行け。」と言った`, `“走。”，他说`: a particle or a comma carries the sentence on.
fn is_continued(rest: &str, run: &Run) -> bool {
    let after = rest.trim_start();
    let is_particle =
        ["と", "って", "という", "など", "は", "が", "を", "の", "に", "も"].iter().any(|word| after.starts_with(word));
    after.starts_with([',', '，', '、', '；', '：']) || run.closes_quotation && is_particle
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `4`, `12a`, `XII`, and `A` as in `Fig. A`.
fn is_number(next: &Next) -> bool {
    let roman = next.word.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C')) && !matches!(next.word, "I" | "");
    let letter = next.word.len() == 1 && next.word != "I";
    next.word.starts_with(|c: char| c.is_ascii_digit()) || roman || letter
}

/// `1`, `2.3`, `a`, `iv`, `P2`: what counts paragraphs. `I` only where it opens the block, since it is a word too.
fn is_enumerator(token: &str, opens_block: bool) -> bool {
    let digits = token.len() <= 12 && token.split('.').all(|part| part.len() <= 3 && is_digits(part));
    let letter = token.chars().count() == 1 && token.starts_with(char::is_alphabetic);
    let roman = (1..=5).contains(&token.len()) && token.chars().all(|c| matches!(c, 'i' | 'v' | 'x' | 'I' | 'V' | 'X'));
    let mixed = token.len() <= 3 && token.starts_with(|c: char| c.is_ascii_uppercase()) && is_digits(&token[1..]);
    digits || mixed || (letter || roman) && (token != "I" || opens_block)
}

/// Short parts between dots: `U.S`, `Ph.D`, `J.R.R`.
fn is_dotted(token: &str) -> bool {
    token.contains('.')
        && token.split('.').all(|part| part.chars().count() <= 2 && part.chars().all(char::is_alphabetic))
}

/// Initials with hyphens between, the last without its full stop: `J.-M`, `Ch.-E`.
fn is_hyphenated(token: &str) -> bool {
    let is_initial = |part: &str| part.starts_with(char::is_uppercase) && part.chars().count() <= 2;
    let Some((first, others)) = token.split_once('.') else { return false };
    is_initial(first) && others.split('.').all(|part| part.strip_prefix(['-', '\u{2011}']).is_some_and(is_initial))
}

fn is_first_person(word: &str) -> bool {
    word == "I" || word.starts_with("I'") || word.starts_with("I’")
}

fn is_shouted_word(word: &str) -> bool {
    word.chars().count() > 1 && word.chars().all(|c| !c.is_lowercase()) && word.starts_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text with ` | ` or `|` where a sentence ends, and ` ¶ ` where one is forced to.
    fn marked(case: &str, language: &str) -> String {
        let plain = case.replace(" | ", " ").replace('|', "");
        let parts: Vec<&str> = plain.split("¶ ").collect();
        let ends = parts.iter().scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        });
        let breaks: Vec<usize> = ends.take(parts.len() - 1).collect();
        let text = parts.concat();
        let mut marked = String::new();
        let mut last = 0;
        for span in sentences(&text, &breaks, language) {
            let forced = breaks.iter().any(|at| (last..=span.start).contains(at) && last > 0);
            let sign = if forced {
                " ¶"
            } else if last == 0 {
                ""
            } else if span.start > last {
                " |"
            } else {
                "|"
            };
            marked.push_str(sign);
            marked.push_str(&text[last..span.end]);
            last = span.end;
        }
        marked + &text[last..]
    }

    #[test]
    fn the_golden_cases_are_cut_as_a_reader_would() {
        let lines =
            include_str!("sentence_cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (mut right, mut wrong) = (0, String::new());
        for line in lines {
            let (language, case) = line.split_once(": ").expect("a case names its language");
            let found = marked(case, language);
            match found == case {
                true => right += 1,
                false => wrong.push_str(&format!("\n  expected {case}\n  found    {found}")),
            }
        }
        assert!(wrong.is_empty(), "{right} right; wrong:{wrong}");
        assert!(right >= 120, "{right}");
    }

    #[test]
    fn a_blank_line_ends_a_sentence_and_a_line_break_does_not() {
        let text = "A heading\n \nThe council\nmet. Then";
        let found: Vec<&str> = sentences(text, &[], "english").into_iter().map(|span| span.of(text)).collect();
        assert_eq!(found, ["A heading", "The council\nmet.", "Then"]);
        assert_eq!(sentences("Act now\u{2029}Vote tonight", &[], "english").len(), 2);
    }

    #[test]
    fn breaks_that_make_no_sense_are_passed_over() {
        assert_eq!(sentences("é a", &[1, 99, 0, 2], "english").len(), 2);
        assert!(sentences("", &[0], "english").is_empty());
    }

    #[test]
    fn a_text_of_marks_alone_is_cut_in_linear_time() {
        let marks = [
            ".",
            "(",
            "a.",
            ". ",
            "(a. ",
            "“?” A ",
            "\n ",
            "!\"",
            "U.S. ",
            "…",
            " .",
            "[…] ",
            "a.A",
            ".»a",
            ". »a",
            ";»a",
        ];
        for mark in marks {
            let text = mark.repeat(1 << 16);
            let begun = std::time::Instant::now();
            sentences(&text, &[], if mark.contains(';') { GREEK } else { "english" });
            assert!(begun.elapsed().as_secs() < 5, "{mark:?} took {:?}", begun.elapsed());
        }
    }

    #[test]
    fn blanks_without_end_cost_no_more_than_their_length() {
        let blanks = " ".repeat(1 << 18);
        let text = format!("{blanks}{}{blanks}{}", "(a b. ".repeat(1 << 14), "(x 1. ".repeat(1 << 14));
        let begun = std::time::Instant::now();
        sentences(&text, &[], "german");
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn sentences_stand_in_order_and_cover_all_that_is_no_blank(
            text in "([A-Za-z]{1,3}|[ .!?…;\"'”’()«»‹›\u{A0}\u{37E}。\n]|Mr\\. |a\\.m\\. |[0-9é—]){0,40}",
            breaks in prop::collection::vec(0usize..80, 0..4),
        ) {
            for language in ["english", "german", "greek", "klingon"] {
                let mut last = 0;
                for span in sentences(&text, &breaks, language) {
                    prop_assert!(span.start >= last && !span.is_empty());
                    prop_assert!(text[last..span.start].trim().is_empty());
                    prop_assert_eq!(span.of(&text).trim(), span.of(&text));
                    last = span.end;
                }
                prop_assert!(text[last..].trim().is_empty());
            }
        }
    }
}
