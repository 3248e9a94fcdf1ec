//! Quotation spans: all common marks, nested, and running over sentences.
//!
//! One pass over the marks of a paragraph with a stack of those that are open. A quotation that runs over several
//! paragraphs repeats its opening mark at each, so a double mark that nothing closes runs to its paragraph's end. The hard
//! part is `'` and `’`, which are far more often apostrophes: one that may be either is only taken for a closing mark if
//! no surer one comes. The golden cases are in `quote_cases.txt`.

use super::Span;
use super::scan::Scan;

/// A stretch of text in quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotation {
    /// With its marks.
    pub span: Span,
    /// Without them.
    pub inner: Span,
    /// How many quotations it stands in.
    pub depth: u8,
    /// Whether its closing mark was found; if not, it runs to the end of its paragraph.
    pub closed: bool,
}

/// The quotations of a paragraph by rising start; any two nest or lie apart. A blank line ends a paragraph, so that a whole
/// document may be given too. Linear in the length of the text.
pub fn quotations(text: &str) -> Vec<Quotation> {
    let mut reader = Reader { text, open: Vec::new(), found: Vec::new(), in_dialogue: false };
    let (mut scan, mut at) = (Scan::new(text.as_bytes(), CANDIDATES), 0);
    while let Some(next) = scan.next(at) {
        let c = text[next..].chars().next().unwrap_or(' ');
        at = next + c.len_utf8();
        reader.read(Mark::new(text, next, c));
    }
    reader.end_paragraph(text.len());
    nested(reader.found)
}

/// First bytes of the characters that [`Reader::read`] looks at: `"`, `'` and line breaks; « »; “ ” „ ‘ ’ ‚ ‹ › — ―; 「 」 『 』.
const CANDIDATES: [[u8; 3]; 2] = [*b"\"'\n", [0xC2, 0xE2, 0xE3]];

/// Sorts by start and counts how many quotations lie around each.
fn nested(mut found: Vec<Quotation>) -> Vec<Quotation> {
    found.sort_unstable_by_key(|quotation| (quotation.span.start, std::cmp::Reverse(quotation.span.end)));
    let mut around: Vec<usize> = Vec::new();
    for quotation in &mut found {
        while around.last().is_some_and(|end| *end <= quotation.span.start) {
            around.pop();
        }
        quotation.depth = u8::try_from(around.len()).unwrap_or(u8::MAX);
        around.push(quotation.span.end);
    }
    found
}

/// Marks that close each other. Curly and straight ones belong together, since writers mix them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Double,
    Single,
    Guillemet,
    SingleGuillemet,
    Corner,
    WhiteCorner,
    /// A dash at the start of a paragraph.
    Dash,
}

/// A mark and what surrounds it.
struct Mark {
    at: usize,
    end: usize,
    c: char,
    before: Option<char>,
    after: Option<char>,
}

impl Mark {
    fn new(text: &str, at: usize, c: char) -> Self {
        let end = at + c.len_utf8();
        Mark { at, end, c, before: text[..at].chars().next_back(), after: text[end..].chars().next() }
    }

    /// A blank, an opening bracket, a dash or another opening mark before it, and something after it.
    fn can_open(&self) -> bool {
        let free = |c: char| c.is_whitespace() || "([{—–-/“‘\"'„‚«»‹›:=>*_".contains(c);
        self.before.is_none_or(free) && self.after.is_some_and(|after| !after.is_whitespace())
    }

    /// Something before it, and no letter or digit after.
    fn can_close(&self) -> bool {
        self.before.is_some_and(|before| !before.is_whitespace() && !"([{".contains(before))
            && self.after.is_none_or(|after| !after.is_alphanumeric())
    }

    fn stands_alone(&self) -> bool {
        self.before.is_none_or(char::is_whitespace) && self.after.is_none_or(char::is_whitespace)
    }

    fn follows_digit(&self) -> bool {
        self.before.is_some_and(|before| before.is_ascii_digit())
    }
}

struct Open {
    family: Family,
    mark: char,
    start: usize,
    inner: usize,
    /// A mark that closes this, unless a surer one comes: where it stands and ends.
    perhaps: Option<(usize, usize)>,
    /// Whether it runs to the paragraph's end if nothing closes it.
    heals: bool,
}

/// Bytes of a phrase that a wrong mark may close.
const SHORT_PHRASE: usize = 80;

/// Bytes of a sentence, of which few have more.
const LONGEST_SENTENCE: usize = 1000;

/// Quotations nested deeper than this are noise.
const DEEPEST: usize = 16;

struct Reader<'a> {
    text: &'a str,
    open: Vec<Open>,
    found: Vec<Quotation>,
    /// The paragraph began with a dialogue dash.
    in_dialogue: bool,
}

impl Reader<'_> {
    fn read(&mut self, mark: Mark) {
        match mark.c {
            '"' => self.straight_double(&mark),
            '„' => self.opens(Family::Double, &mark),
            '“' => self.high_double(&mark),
            '”' => self.right_double(&mark),
            '\'' => self.straight_single(&mark),
            '‚' if mark.can_open() => self.opens(Family::Single, &mark),
            '‘' => self.left_single(&mark),
            '’' => self.closes_single(&mark),
            '«' | '»' => self.guillemet(Family::Guillemet, '«', &mark),
            '‹' | '›' => self.guillemet(Family::SingleGuillemet, '‹', &mark),
            '「' => self.opens(Family::Corner, &mark),
            '」' => self.closes(Family::Corner, &mark),
            '『' => self.opens(Family::WhiteCorner, &mark),
            '』' => self.closes(Family::WhiteCorner, &mark),
            '—' | '―' => self.dialogue_dash(&mark),
            '\n' => self.line_break(&mark),
            _ => {}
        }
    }

    fn straight_double(&mut self, mark: &Mark) {
        let opener = self.innermost(Family::Double).map(|open| open.mark);
        let is_open = opener.is_some();
        let opens = match (mark.can_open(), mark.can_close()) {
            (true, false) => !mark.follows_digit(),
            (false, true) => return self.closes_or_measures(mark),
            (true, true) => opener != Some('"'),
            // Between blanks, as tokenisers write; or between letters of a script without blanks.
            (false, false) if mark.stands_alone() => !is_open,
            (false, false) => return self.closes_between_letters(mark, is_open),
        };
        match opens {
            true => self.opens(Family::Double, mark),
            false => self.closes(Family::Double, mark),
        }
    }

    /// Inches (`a 12" pipe`) inside a quotation look like its end.
    fn closes_or_measures(&mut self, mark: &Mark) {
        match self.open.last_mut() {
            Some(open) if open.family == Family::Double && mark.follows_digit() && mark.after == Some(' ') => {
                open.perhaps.get_or_insert((mark.at, mark.end));
            }
            _ => self.closes(Family::Double, mark),
        }
    }

    fn closes_between_letters(&mut self, mark: &Mark, is_open: bool) {
        let is_foreign = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
        match is_foreign(mark.before) || is_foreign(mark.after) {
            true if is_open => self.closes(Family::Double, mark),
            true => self.opens(Family::Double, mark),
            false => {}
        }
    }

    /// `“` opens in English and closes in German.
    fn high_double(&mut self, mark: &Mark) {
        let opener = self.innermost(Family::Double).map(|open| open.mark);
        let is_mistyped = opener.is_some() && mark.can_close() && !mark.can_open();
        match opener == Some('„') || is_mistyped {
            true => self.closes(Family::Double, mark),
            false => self.opens(Family::Double, mark),
        }
    }

    /// `”` closes, but opens too in Swedish and Finnish.
    fn right_double(&mut self, mark: &Mark) {
        match self.innermost(Family::Double) {
            Some(_) => self.closes(Family::Double, mark),
            None if mark.can_open() && !mark.can_close() => self.opens(Family::Double, mark),
            None => {}
        }
    }

    /// `‘` opens in English and closes in German.
    fn left_single(&mut self, mark: &Mark) {
        match self.innermost(Family::Single).map(|open| open.mark) {
            Some('‚') => self.closes(Family::Single, mark),
            _ if mark.can_open() && !self.is_elision(mark) => self.opens(Family::Single, mark),
            _ => {}
        }
    }

    fn straight_single(&mut self, mark: &Mark) {
        let opens = mark.can_open() && !mark.follows_digit() && !self.is_elision(mark);
        let is_open = self.innermost(Family::Single).is_some();
        match opens && !(is_open && mark.can_close()) {
            true => self.opens(Family::Single, mark),
            false => self.closes_single(mark),
        }
    }

    fn closes_single(&mut self, mark: &Mark) {
        if self.innermost(Family::Single).is_none() {
            return self.closes_in_place(mark);
        }
        if !mark.can_close() || self.ends_elision(mark) {
            return;
        }
        match self.open.last_mut() {
            Some(open) if open.family == Family::Single && may_be_apostrophe(self.text, mark) => {
                open.perhaps.get_or_insert((mark.at, mark.end));
            }
            // Inside another quotation, which the single one surrounds: only a sure mark reaches across.
            Some(open) if open.family != Family::Single && may_be_apostrophe(self.text, mark) => {}
            _ => self.closes(Family::Single, mark),
        }
    }

    /// French « so », German »so«, Finnish »so».
    fn guillemet(&mut self, family: Family, left: char, mark: &Mark) {
        match self.innermost(family).map(|open| open.mark) {
            Some(opener) if opener != mark.c => self.closes(family, mark),
            Some(_) if mark.c != left && !mark.can_open() => self.closes(family, mark),
            None if mark.c != left && !mark.can_open() => {}
            _ => self.opens(family, mark),
        }
    }

    /// In a dialogue paragraph a dash parts what is said from who says it: `— Yes, — he said. — Go.`
    fn dialogue_dash(&mut self, mark: &Mark) {
        if self.starts_paragraph(mark.at) {
            self.in_dialogue = is_said(&self.text[mark.end..]);
            if self.in_dialogue {
                self.opens(Family::Dash, mark);
            }
        } else if self.in_dialogue {
            self.inner_dash(mark);
        }
    }

    fn inner_dash(&mut self, mark: &Mark) {
        let before = self.text[..mark.at].trim_end();
        let after = self.text[mark.end..].trim_start().chars().next();
        let paused = before.ends_with([',', '.', '!', '?', '…', ':']);
        let hugs_word = mark.before == Some(' ') && mark.after.is_some_and(char::is_alphabetic);
        match self.innermost(Family::Dash) {
            Some(_) if (paused || hugs_word) && after.is_some_and(char::is_lowercase) => {
                self.closes_at(Family::Dash, before.len(), before.len());
            }
            None if paused || mark.after.is_some_and(|c| ".,;:!?".contains(c)) => self.opens(Family::Dash, mark),
            _ => {}
        }
    }

    fn starts_paragraph(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end();
        before.is_empty() || self.text[before.len()..at].matches('\n').count() > 1
    }

    fn line_break(&mut self, mark: &Mark) {
        let next = self.text[mark.end..].trim_start_matches([' ', '\t', '\r', '\u{A0}']);
        if next.starts_with('\n') {
            self.end_paragraph(mark.at);
        }
    }

    fn end_paragraph(&mut self, end: usize) {
        self.in_dialogue = false;
        if self.open.is_empty() {
            return;
        }
        let end = self.text[..end].trim_end().len();
        while let Some(open) = self.open.pop() {
            self.give_up(open, end);
        }
    }

    fn innermost(&self, family: Family) -> Option<&Open> {
        self.open.iter().rev().find(|open| open.family == family)
    }

    fn opens(&mut self, family: Family, mark: &Mark) {
        if family == Family::Double {
            self.forgets_unclosed(mark);
        }
        // A new quotation where one of the same marks is perhaps closed: it was.
        if let Some(open) =
            self.open.pop_if(|open| open.family == family && open.mark == mark.c && open.perhaps.is_some())
        {
            self.give_up(open, mark.at);
        }
        if self.open.len() < DEEPEST {
            let heals = match family {
                Family::Single | Family::SingleGuillemet => self.starts_paragraph(mark.at),
                _ => true,
            };
            self.open.push(Open { family, mark: mark.c, start: mark.at, inner: mark.end, perhaps: None, heals });
        }
    }

    /// A quotation in the same marks behind the end of a sentence: the one that is open was never closed. Where it ended nothing
    /// tells, so no more than its first sentence is kept; of lines that each repeat the mark, the line.
    fn forgets_unclosed(&mut self, mark: &Mark) {
        let Some(open) = self.open.last() else { return };
        if open.family != Family::Double || open.mark != mark.c || open.perhaps.is_some() {
            return;
        }
        let inside = &self.text[open.inner..mark.at];
        let Some(stop) = first_stop(inside) else { return };
        let begins_line = inside.trim_end_matches([' ', '\t']).ends_with('\n');
        let end = if begins_line { inside.trim_end().len() } else { stop };
        let end = open.inner + end;
        // Not within what it holds.
        let held = self.found.iter().rev().map(|held| held.span).take_while(|held| held.end > open.inner);
        let end = held.filter(|held| held.start < end).map(|held| held.end).fold(end, usize::max);
        if let Some(open) = self.open.pop() {
            self.give_up(open, end);
        }
    }

    /// `“limited war’.`: at a short phrase the wrong mark may close, unless the right one comes.
    fn closes_in_place(&mut self, mark: &Mark) {
        let before = &self.text[..mark.at];
        let may_close = mark.c == '’'
            && mark.can_close()
            && !before.ends_with(['s', 'z', 'x', 'n', 'S'])
            && !may_be_apostrophe(self.text, mark);
        if let Some(open) = self.open.last_mut().filter(|open| may_close && open.mark == '“')
            && mark.at - open.inner <= SHORT_PHRASE
            && first_stop(&before[open.inner..]).is_none()
        {
            open.perhaps.get_or_insert((mark.at, mark.end));
        }
    }

    fn closes(&mut self, family: Family, mark: &Mark) {
        self.closes_at(family, mark.at, mark.end);
    }

    /// Closes the innermost quotation of the family; what was opened inside it and not closed was none.
    fn closes_at(&mut self, family: Family, inner_end: usize, end: usize) {
        let Some(position) = self.open.iter().rposition(|open| open.family == family) else { return };
        while self.open.len() > position + 1 {
            let Some(mut open) = self.open.pop() else { return };
            open.heals = false;
            self.give_up(open, inner_end);
        }
        if let Some(open) = self.open.pop() {
            self.add(&open, inner_end, end, true);
        }
    }

    /// No mark closes it before `end`.
    fn give_up(&mut self, open: Open, end: usize) {
        match open.perhaps {
            Some((inner_end, mark_end)) => self.add(&open, inner_end, mark_end, true),
            None if open.heals && open.inner < end => self.add(&open, end, end, false),
            None => {}
        }
    }

    fn add(&mut self, open: &Open, inner_end: usize, end: usize, closed: bool) {
        let inner = Span::new(open.inner, inner_end.max(open.inner));
        let span = Span::new(open.start, end.max(open.inner));
        self.found.push(Quotation { span, inner, depth: 0, closed });
    }

    /// `’tis`, `'90s`, `’em`, rock `’n’` roll: letters or digits left out at the start of a word.
    fn is_elision(&self, mark: &Mark) -> bool {
        let rest = &self.text[mark.end..];
        let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..length];
        let is_year = |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        if word.eq_ignore_ascii_case("n") || word.strip_suffix('s').is_some_and(is_year) {
            return true;
        }
        let is_closed = rest[length..].starts_with(closing(mark.c));
        !is_closed && (is_year(word) || ELIDED.iter().any(|elided| word.eq_ignore_ascii_case(elided)))
    }

    /// The second apostrophe of rock ’n’ roll.
    fn ends_elision(&self, mark: &Mark) -> bool {
        let before = self.text[..mark.at].strip_suffix(['n', 'N']);
        before.is_some_and(|before| before.ends_with(['\'', '’', '‘']))
    }
}

/// Words that have lost their beginning.
const ELIDED: &[&str] = &[
    "tis", "twas", "twere", "twill", "twould", "em", "til", "till", "cause", "cos", "cuz", "bout", "neath", "round",
    "ere", "im", "er", "ello", "ow", "tude", "nother", "nuff", "kay", "mongst", "gainst", "fraid", "scuse", "member",
];

/// `the workers’ demands`, `goin’ home`, a cup `o’` tea: what may lack letters at its end, before a word that runs on.
fn may_be_apostrophe(text: &str, mark: &Mark) -> bool {
    let runs_on = text[mark.end..].strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    let before = &text[..mark.at];
    let clipped = [" o", " th", " wi", "in"].iter().any(|end| before.ends_with(end));
    runs_on && (clipped || before.ends_with(['s', 'z', 'x', 'S']) || mark.follows_digit())
}

/// Behind the first mark that ends a sentence: not that of an abbreviated title, which has a capital. No longer sentence is looked for.
fn first_stop(text: &str) -> Option<usize> {
    let near = &text[..text.floor_char_boundary(LONGEST_SENTENCE.min(text.len()))];
    let ends = |at: &usize| {
        let goes_on = text[at + 1..].starts_with(|c: char| !c.is_whitespace());
        let last = || near[..*at].rsplit([' ', '\n']).next().unwrap_or_default();
        !goes_on && !last().starts_with(char::is_uppercase) && !last().contains('.')
    };
    memchr::memchr3_iter(b'.', b'!', b'?', near.as_bytes()).find(ends).map(|at| at + 1)
}

/// Whether what follows a dash is something that a person may begin to say. Shorter dashes open items of lists.
fn is_said(rest: &str) -> bool {
    let first = rest.trim_start().chars().next();
    first.is_some_and(|c| c.is_uppercase() || c.is_numeric() || "¿¡…«“\"".contains(c))
}

/// What closes a single mark that opens.
fn closing(opener: char) -> char {
    if opener == '‘' { '’' } else { opener }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text with each quotation in ⟦ ⟧, or in ⟦ ⟫ if it was not closed.
    fn marked(text: &str) -> String {
        let mut edges: Vec<(usize, bool, usize, &str)> = Vec::new();
        for found in quotations(text) {
            edges.push((found.span.start, true, usize::from(found.depth), "⟦"));
            let end = if found.closed { "⟧" } else { "⟫" };
            edges.push((found.span.end, false, usize::MAX - usize::from(found.depth), end));
        }
        edges.sort_unstable();
        let mut marked = String::new();
        let mut last = 0;
        for (at, _, _, edge) in edges {
            marked.push_str(&text[last..at]);
            marked.push_str(edge);
            last = at;
        }
        marked + &text[last..]
    }

    #[test]
    fn the_golden_cases_are_marked_as_a_reader_would() {
        let cases = include_str!("quote_cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (mut right, mut wrong) = (0, String::new());
        for case in cases.filter(|case| !case.starts_with('!')) {
            let case = case.replace("\\n", "\n");
            let found = marked(&case.replace(['⟦', '⟧', '⟫'], ""));
            match found == case {
                true => right += 1,
                false => wrong.push_str(&format!("\n  expected {case}\n  found    {found}")),
            }
        }
        assert!(wrong.is_empty(), "{right} right; wrong:{wrong}");
        assert!(right >= 100, "{right}");
    }

    /// The spans that a case expects, and its text.
    fn read(case: &str) -> (Vec<Span>, String) {
        let (mut text, mut open, mut spans) = (String::new(), Vec::new(), Vec::new());
        for c in case.trim_start_matches('!').replace("\\n", "\n").chars() {
            match c {
                '⟦' => open.push(text.len()),
                '⟧' | '⟫' => spans.push(Span::new(open.pop().expect("a mark that closes was opened"), text.len())),
                _ => text.push(c),
            }
        }
        (spans, text)
    }

    #[test]
    fn spans_on_the_written_cases_have_an_f1_of_98_per_cent() {
        let cases = include_str!("quote_cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (mut right, mut all) = (0, 0);
        for (expected, text) in cases.map(read) {
            let found = quotations(&text);
            right += found.iter().filter(|quotation| expected.contains(&quotation.span)).count();
            all += found.len() + expected.len();
        }
        let f1 = 2.0 * right as f64 / all as f64;
        println!("{right} of {all} halves, F1 {f1:.4}");
        assert!(f1 >= 0.98, "{f1}");
    }

    #[test]
    fn a_quotation_knows_its_inside_and_its_depth() {
        let text = "“They told us ‘pay’ twice,” she said.";
        let found = quotations(text);
        assert_eq!(found[0].inner.of(text), "They told us ‘pay’ twice,");
        assert_eq!(found[1].inner.of(text), "pay");
        assert_eq!((found[0].depth, found[1].depth), (0, 1));
    }

    #[test]
    fn a_text_of_marks_alone_is_read_in_linear_time() {
        for mark in ["“", "\"a ", "'s x", "(“", "“a ", "“a. ", "“A. a", "’s a", "»", "— a, ", "„“", "\n\n—A", "\n "]
        {
            let text = mark.repeat(1 << 16);
            let begun = std::time::Instant::now();
            quotations(&text);
            assert!(begun.elapsed().as_secs() < 5, "{mark:?} took {:?}", begun.elapsed());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn spans_lie_on_characters_in_order_and_nest_or_lie_apart(
            text in "([a-cns]{1,3}|[ '\"“”‘’„‚«»‹›「」『』—.,\n]|[0-9A]|\\. | ‘| “){0,40}",
        ) {
            let found = quotations(&text);
            for (at, a) in found.iter().enumerate() {
                prop_assert!(text.get(a.span.start..a.span.end).is_some());
                prop_assert!(text.get(a.inner.start..a.inner.end).is_some());
                prop_assert!(a.span.contains(a.inner) && a.span.start < a.inner.start);
                let around = found[..at].iter().filter(|outer| outer.span.contains(a.span)).count();
                prop_assert_eq!(usize::from(a.depth), around);
                for b in &found[at + 1..] {
                    prop_assert!(a.span.start < b.span.start);
                    prop_assert!(a.span.overlap(b.span).is_none() || a.span.contains(b.span));
                }
            }
        }
    }
}
