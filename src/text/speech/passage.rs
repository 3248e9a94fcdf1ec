//! A paragraph as the rules see it: words and, each as one item, the quotations; and what stands between them.

use super::Hearing;
use super::lexicon::{Class, ENGLISH, Entry, Form, Forms, Frames, Letters, Sense};
use crate::text::Span;
use crate::text::quote::Quotation;

/// What stands before an item, as bits; several may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gap(u8);

impl Gap {
    pub(super) const COMMA: Gap = Gap(1);
    pub(super) const SEMICOLON: Gap = Gap(2);
    pub(super) const COLON: Gap = Gap(4);
    pub(super) const DASH: Gap = Gap(8);
    pub(super) const BRACKET: Gap = Gap(16);
    /// A sentence ends.
    pub(super) const BREAK: Gap = Gap(32);
    pub(super) const OTHER: Gap = Gap(64);
    pub(super) const LIGHT: Gap = Gap::COMMA.and(Gap::DASH);
    pub(super) const STRONG: Gap = Gap::SEMICOLON.and(Gap::COLON).and(Gap::DASH);
    pub(super) const STOP: Gap = Gap::STRONG.and(Gap::COMMA);

    pub(super) const fn and(self, other: Gap) -> Gap {
        Gap(self.0 | other.0)
    }

    pub(super) fn has(self, any: Gap) -> bool {
        self.0 & any.0 != 0
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    fn of(between: &str) -> Gap {
        let bits = between.bytes().fold(0, |bits, byte| bits | GAPS[usize::from(byte)]);
        if bits & UNSURE == 0 { Gap(bits) } else { Gap::of_characters(between) }
    }

    /// The same, character by character.
    fn of_characters(between: &str) -> Gap {
        let mut gap = Gap::default();
        for c in between.chars() {
            gap.0 |= match c {
                '、' => Gap::COMMA.0,
                '—' | '–' | '―' => Gap::DASH.0,
                '-' if between.contains(" - ") || between.contains("--") => Gap::DASH.0,
                '…' => Gap::OTHER.0,
                _ if c.is_ascii() => GAPS[c as usize] & !UNSURE,
                _ => 0,
            };
        }
        gap
    }
}

/// What a byte tells of a gap …
const GAPS: [u8; 256] = {
    let (mut gaps, mut at) = ([0; 256], 0);
    while at < 256 {
        gaps[at] = match at as u8 {
            b',' => Gap::COMMA.0,
            b';' => Gap::SEMICOLON.0,
            b':' => Gap::COLON.0,
            b'(' | b')' | b'[' | b']' => Gap::BRACKET.0,
            b'/' | b'|' => Gap::OTHER.0,
            b'-' | 0x80.. => UNSURE,
            _ => 0,
        };
        at += 1;
    }
    gaps
};

/// … unless it takes more than a byte to tell.
const UNSURE: u8 = 128;

/// A word, or a quotation that is taken as one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) span: Span,
    pub(super) class: Class,
    pub(super) entry: u16,
    pub(super) forms: Forms,
    /// Before it.
    pub(super) gap: Gap,
    /// Which of the paragraph's quotations this is.
    pub(super) quotation: Option<u32>,
}

impl Item {
    pub(super) fn is(&self, any: Class) -> bool {
        self.class.has(any)
    }

    pub(super) fn is_quotation(&self) -> bool {
        self.quotation.is_some()
    }

    pub(super) fn entry(&self) -> &'static Entry {
        ENGLISH.get(self.entry)
    }

    pub(super) fn has_form(&self, forms: &[Form]) -> bool {
        self.forms.has(forms)
    }
}

/// The items of a paragraph.
#[derive(Debug, Default)]
pub(super) struct Passage {
    pub(super) items: Vec<Item>,
    /// The quotations that are no more than a name or an ironic word.
    pub(super) slight: Vec<Quotation>,
}

/// English words and the blanks behind them are longer in the mean.
const BYTES_A_WORD: usize = 5;

/// Words of a quotation that is no more than a name or an ironic word.
const SHORT: usize = 2;

impl Passage {
    /// Reads the `sentences` of one paragraph. `quotations` are the paragraph's outermost ones; where nothing else is heard, they are
    /// all the items.
    pub(super) fn read(text: &str, sentences: &[Span], quotations: &[Quotation], hearing: Hearing) -> Self {
        let mut slight = Vec::new();
        let (Some(first), Some(last)) = (sentences.first(), sentences.last()) else { return Passage::default() };
        let bytes = last.end - first.start.min(last.end);
        let items = if hearing == Hearing::Everything { bytes / BYTES_A_WORD } else { quotations.len() };
        let mut typist = Typist::new(text, sentences, items, hearing);
        let mut at = first.start;
        for (index, quotation) in quotations.iter().enumerate() {
            if is_slight(text, quotation, hearing) {
                slight.push(*quotation);
                continue;
            }
            if quotation.span.start < at {
                continue;
            }
            typist.words(at, quotation.span.start);
            typist.quotation(index, quotation);
            at = quotation.span.end;
        }
        typist.words(at, last.end.max(at));
        Passage { items: typist.items, slight }
    }
}

/// Puts item after item down.
struct Typist<'a> {
    text: &'a str,
    items: Vec<Item>,
    /// Words are put down only where everything is heard.
    hearing: Hearing,
    /// Where the last one ends.
    end: usize,
    /// Where the sentence starts that the next one may lie in, and those behind it.
    sentence: usize,
    later: std::slice::Iter<'a, Span>,
}

impl<'a> Typist<'a> {
    fn new(text: &'a str, sentences: &'a [Span], items: usize, hearing: Hearing) -> Self {
        let mut later = sentences.iter();
        let sentence = later.next().map_or(usize::MAX, |first| first.start);
        Typist { text, items: Vec::with_capacity(items), hearing, end: 0, sentence, later }
    }

    fn quotation(&mut self, index: usize, quotation: &Quotation) {
        let opens_large = quotation.inner.of(self.text).starts_with(char::is_uppercase);
        let class = if opens_large { Class::CAPITAL } else { Class::default() };
        let gap = self.gap(quotation.span.start);
        let (span, forms, quotation) = (quotation.span, Forms::default(), Some(index as u32));
        self.items.push(Item { span, class, entry: 0, forms, gap, quotation });
        self.end = span.end;
    }

    /// The words between two places.
    fn words(&mut self, start: usize, end: usize) {
        if self.hearing == Hearing::Quotations {
            return;
        }
        let (lexicon, bytes) = (&*ENGLISH, &self.text.as_bytes()[..end]);
        let whole =
            |from: usize| Letters::at(self.text.as_bytes(), from).filter(|word| is_whole(bytes, from + word.len));
        let mut at = start;
        loop {
            // A blank and a word of letters: so it is mostly.
            let blank = usize::from(bytes.get(at) == Some(&b' '));
            let mut from = at + blank;
            let mut letters = whole(from);
            if letters.is_none() {
                let Some(next) = next_word(self.text, at, end) else { return };
                (from, letters) = (next, whole(next));
            }
            let (class, entry, forms);
            if let Some(letters) = letters {
                at = from + letters.len;
                entry = lexicon.find_letters(letters);
                let head = lexicon.head(entry);
                forms = head.forms;
                class = with_looks(head.class, entry, self.text, Span::new(from, at));
            } else {
                at = word_end(self.text, from, end);
                (class, entry) = classify(&self.text[from..at]);
                forms = lexicon.head(entry).forms;
            }
            let is_next = from == self.end + blank && blank == 1 && from < self.sentence;
            let gap = if is_next { Gap::default() } else { self.gap(from) };
            self.items.push(Item { span: Span::new(from, at), class, entry, forms, gap, quotation: None });
            self.end = at;
        }
    }

    /// What stands before the item that starts at `start`.
    fn gap(&mut self, start: usize) -> Gap {
        // Without words it is no gap, and may be as long as the text.
        let is_near = !self.items.is_empty() && self.hearing == Hearing::Everything;
        let mut gap = if is_near { Gap::of(&self.text[self.end..start]) } else { Gap::default() };
        if self.sentence <= start {
            while let Some(next) = self.later.as_slice().first().filter(|next| next.start <= start) {
                self.sentence = next.start;
                self.later.next();
            }
            if self.end <= self.sentence {
                gap.0 |= Gap::BREAK.0;
            }
            self.sentence = self.later.next().map_or(usize::MAX, |next| next.start);
        }
        if self.items.is_empty() { Gap::BREAK } else { gap }
    }
}

/// One or two words with no mark at their end, or a title such as “Gone with the Wind”: not speech by itself.
fn is_slight(text: &str, quotation: &Quotation, hearing: Hearing) -> bool {
    let inner = quotation.inner.of(text).trim();
    if inner.len() > 120 || inner.ends_with([',', '.', '!', '?', '…', ';', ':']) || !quotation.closed {
        return false;
    }
    let words = inner.split_whitespace();
    if hearing == Hearing::Quotations {
        return words.count() <= SHORT;
    }
    if is_told_behind(text, quotation.span) || is_told_before(text, quotation.span) {
        return false;
    }
    let small = ["of", "the", "and", "a", "an", "in", "on", "to", "for", "with", "from"];
    let is_titled =
        |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric()) || small.contains(&word);
    words.clone().count() <= SHORT || (inner.starts_with(char::is_uppercase) && words.clone().all(is_titled))
}

/// So many bytes beside a quotation of a word or two are looked at for a verb of saying, and so many words.
const BESIDE: usize = 96;
const BESIDE_WORDS: usize = 5;

/// It opens a sentence, and a verb of saying follows: `“Absolutely nothing”, Mr Hale replied`.
fn is_told_behind(text: &str, span: Span) -> bool {
    let before = text[..span.start].trim_end();
    let opens = before.is_empty() || before.ends_with(['.', '!', '?', '”', '"', '’', '»', ':']);
    let after = text[span.end..].strip_prefix(',').filter(|_| opens);
    let Some(after) = after.map(|after| &after[..floor(after, BESIDE)]) else { return false };
    let clause = after.split(['.', ',', ';', ':', '!', '?', '(', '“', '"', '\n']).next().unwrap_or_default();
    clause.split_whitespace().take(BESIDE_WORDS).any(tells)
}

/// A verb of saying with a comma or colon stands before it: `Mr Hale replied: “Absolutely nothing”`.
fn is_told_before(text: &str, span: Span) -> bool {
    let before = text[..span.start].trim_end();
    let Some(before) = before.strip_suffix([',', ':']) else { return false };
    let near = &before[before.len() - floor_back(before, BESIDE)..];
    near.rsplit(' ').next().is_some_and(tells)
}

/// A finite form of a verb that a clause or quotation may follow.
fn tells(word: &str) -> bool {
    let at = ENGLISH.find(word);
    let is_clausal = |sense: &Sense| sense.particle.is_none() && sense.frames.has(Frames::CLAUSE);
    ENGLISH.head(at).forms.has(&[Form::Past, Form::Present]) && ENGLISH.get(at).senses.iter().any(is_clausal)
}

/// The most bytes, `most` at most, with which a whole character begins or the text ends.
fn floor(text: &str, most: usize) -> usize {
    text.floor_char_boundary(most.min(text.len()))
}

/// The same from the end.
fn floor_back(text: &str, most: usize) -> usize {
    text.len() - text.ceil_char_boundary(text.len().saturating_sub(most))
}

/// The first letter or digit at or after `at`.
fn next_word(text: &str, mut at: usize, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    while at < end {
        match bytes[at] {
            byte if byte.is_ascii_alphanumeric() => return Some(at),
            byte if byte.is_ascii() => at += 1,
            _ => match text[at..].chars().next() {
                Some(c) if c.is_alphanumeric() => return Some(at),
                c => at += c.map_or(1, char::len_utf8),
            },
        }
    }
    None
}

/// Whether a word of ASCII letters surely goes no further than to `to`: what stands there joins nothing, or has nothing behind it
/// that could be joined. Most words are such.
fn is_whole(bytes: &[u8], to: usize) -> bool {
    match bytes.get(to) {
        None => to == bytes.len(),
        Some(b'\'' | b'-' | b'&' | b'_' | b'.' | b',') => {
            bytes.get(to + 1).is_none_or(|next| next.is_ascii() && !next.is_ascii_alphanumeric())
        }
        Some(byte) => byte.is_ascii() && !byte.is_ascii_digit(),
    }
}

/// As in [tokens](crate::text::token), but at three times their speed, since all else here is quick: apostrophes and hyphens
/// between letters, points and commas between digits, and the dots of `U.S.` belong to the word.
fn word_end(text: &str, start: usize, end: usize) -> usize {
    let bytes = &text.as_bytes()[..end];
    let goes_on = |at: usize| at < end && text[at..].starts_with(char::is_alphanumeric);
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(byte) if byte.is_ascii_alphanumeric() => at += 1,
            Some(b'\'' | b'-' | b'&' | b'_') if goes_on(at + 1) => at += 1,
            Some(b'.' | b',')
                if bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) =>
            {
                at += 1
            }
            Some(b'.') if is_initial(bytes, start, at) => at += 1,
            Some(byte) if !byte.is_ascii() => match text[at..].chars().next() {
                Some(c) if c.is_alphanumeric() || ('\u{300}'..='\u{36F}').contains(&c) => at += c.len_utf8(),
                Some(c @ ('’' | '‐' | '‑')) if goes_on(at + c.len_utf8()) => at += c.len_utf8(),
                _ => return at,
            },
            _ => return at,
        }
    }
}

/// Whether the dot at `at` ends a letter of an abbreviation of single letters, two at least.
fn is_initial(bytes: &[u8], start: usize, at: usize) -> bool {
    let letter_before = bytes[at - 1].is_ascii_alphabetic() && (at - 1 == start || bytes[at - 2] == b'.');
    let letter_after = bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) && bytes.get(at + 2) == Some(&b'.');
    letter_before && (letter_after || at > start + 2)
}

/// The classes of a word of ASCII letters whose entry is known, by its looks.
fn with_looks(mut class: Class, entry: u16, text: &str, span: Span) -> Class {
    let word = &text.as_bytes()[span.start..span.end];
    if word[0].is_ascii_uppercase() {
        class.add(Class::CAPITAL);
        without_capital(&mut class, word);
    } else if entry == 0 {
        by_ending(&mut class, word);
    }
    class
}

/// The classes of a word and its entry in the lists.
fn classify(word: &str) -> (Class, u16) {
    let mut class = Class::default();
    match word.as_bytes()[0] {
        b'0'..=b'9' if word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',' || byte == b'.') => {
            class.add(Class::NUMBER)
        }
        b'A'..=b'Z' => class.add(Class::CAPITAL),
        byte if !byte.is_ascii() && word.starts_with(char::is_uppercase) => class.add(Class::CAPITAL),
        _ => {}
    }
    let entry = ENGLISH.find(word);
    if entry != 0 {
        class.add(ENGLISH.head(entry).class);
        if class.has(Class::CAPITAL) {
            without_capital(&mut class, word.as_bytes());
        }
        return (class, entry);
    }
    if let Some(at) = memchr::memchr2(b'\'', 0xE2, word.as_bytes())
        && let Some((stem, ending)) = word[at..].strip_prefix(['\'', '’']).map(|ending| (&word[..at], ending))
    {
        return contraction(class, stem, ending);
    }
    by_ending(&mut class, word.as_bytes());
    (class, 0)
}

/// Takes from the classes of a word in the lists what it is not with a capital.
fn without_capital(class: &mut Class, word: &[u8]) {
    class.remove(Class::FINITE); // Ways and Means
    if matches!(word, b"May" | b"Will") {
        class.remove(Class::MODAL);
    }
}

/// What the ending tells of a word that is in no list.
fn by_ending(class: &mut Class, word: &[u8]) {
    // tied, owed; not need
    let is_short_past = matches!(word, [_, before, b'e', b'd'] if *before != b'e');
    if class.has(Class::CAPITAL) || word.len() < 5 && !is_short_past {
        return;
    }
    match word {
        [.., b'e', b'd'] => class.add(Class::PAST_LIKE),
        [.., b'l', b'y'] => class.add(Class::LY),
        [.., b'i', b'n', b'g'] if word.len() > 5 => class.add(Class::ING_LIKE),
        _ => {}
    }
}

/// `he’d`, `won’t`, `Hale’s`.
fn contraction(mut class: Class, stem: &str, ending: &str) -> (Class, u16) {
    let entry = ENGLISH.find(stem);
    let stem_class = ENGLISH.head(entry).class;
    let is_pronoun = stem_class.has(Class::PRONOUN.and(Class::FIRST).and(Class::SECOND).and(Class::SUBORDINATOR));
    match ending {
        "t" | "T" => class.add(Class::AUXILIARY.and(Class::NEGATION)),
        "s" | "S" if is_pronoun || stem.eq_ignore_ascii_case("there") || stem.eq_ignore_ascii_case("let") => {
            class.add(stem_class);
            class.add(Class::AUXILIARY);
        }
        "s" | "S" => {
            class.add(stem_class);
            class.add(Class::OWNER);
            return (class, entry);
        }
        "d" | "ll" | "ve" | "re" | "m" => {
            class.add(stem_class);
            class.add(Class::AUXILIARY);
        }
        _ => {}
    }
    (class, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::quote;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_short_way_through_ascii_words_leads_to_the_same_items(
            text in "([a-zA-Z0-9]{1,9}|[a-z]{14,17}|said|According|won't|May|running|hardly|wanted|U\\.S\\.|[-'&.,_;:()/|—–’…、 é\u{301}]{1,3}){0,16}",
            short in 0usize..20,
        ) {
            let end = text.floor_char_boundary(text.len().saturating_sub(short));
            let mut typist = Typist::new(&text, &[], 0, Hearing::Everything);
            typist.words(0, end);
            let (mut long, mut at) = (Vec::new(), 0);
            while let Some(from) = next_word(&text, at, end) {
                at = word_end(&text, from, end);
                let (class, entry) = classify(&text[from..at]);
                long.push((Span::new(from, at), class, entry));
            }
            let short: Vec<_> = typist.items.iter().map(|item| (item.span, item.class, item.entry)).collect();
            prop_assert_eq!(short, long);
        }

        #[test]
        fn sentences_break_where_an_item_is_the_first_of_one(
            text in "((said|he|’|é)[ ]{0,2}|\\. ?|, | - |“a b c”|[\n ]{1,2}){0,20}",
            cuts in proptest::collection::vec(0usize..60, 0..6),
        ) {
            // Sentences may start anywhere, and some hold no item.
            let mut starts: Vec<usize> = cuts.into_iter().filter(|at| *at < text.len() && text.is_char_boundary(*at)).collect();
            starts.sort_unstable();
            starts.dedup();
            let ends = starts.iter().skip(1).copied().chain([text.len()]);
            let sentences: Vec<Span> = starts.iter().zip(ends).map(|(start, end)| Span::new(*start, end)).collect();
            let items = Passage::read(&text, &sentences, &quote::quotations(&text), Hearing::Everything).items;
            for (at, item) in items.iter().enumerate() {
                let sentence = sentences.iter().rfind(|sentence| sentence.start <= item.span.start).expect("items lie in sentences");
                let expected = match at.checked_sub(1).map(|before| items[before].span.end) {
                    None => Gap::BREAK,
                    Some(end) => {
                        let gap = Gap::of_characters(&text[end..item.span.start]);
                        if end <= sentence.start { gap.and(Gap::BREAK) } else { gap }
                    }
                };
                prop_assert_eq!(item.gap, expected, "{:?} {:?}", item, sentences);
            }
        }

        #[test]
        fn gaps_are_told_by_bytes_as_by_characters(between in "[-,;:()/|\\[\\]—–―…、 \n.\"“”a]{0,5}") {
            prop_assert_eq!(Gap::of(&between), Gap::of_characters(&between));
        }
    }
}
