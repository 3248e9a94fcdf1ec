//! Quotation spans: all common marks, nested, or running over a whole paragraph.
//!
//! Works on one paragraph. A quotation that runs over several paragraphs opens anew in each, so a mark that is not closed
//! is taken to run to the paragraph's end; a single mark, which may be an apostrophe, is not.

use super::Span;

/// Something that stands in quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotation {
    /// With its marks.
    pub span: Span,
    /// Without them.
    pub inner: Span,
    /// How many quotations it stands in.
    pub depth: u8,
    /// Whether its closing mark was found.
    pub closed: bool,
}

/// The quotations of a paragraph by rising start; they nest or lie apart.
pub fn quotations(text: &str) -> Vec<Quotation> {
    if !text.bytes().any(|byte| byte == b'"' || byte == b'\'' || byte >= 0x80) {
        return Vec::new();
    }
    let mut reader = Reader { text, open: Vec::new(), found: Vec::new() };
    reader.dialogue_dash();
    for (at, c) in text.char_indices() {
        reader.mark(at, c);
    }
    reader.finish()
}

/// The share of `span`'s bytes that lie in some quotation, 0 to 1; 0 for an empty span.
pub fn quoted_share(quotations: &[Quotation], span: Span) -> f64 {
    let outermost = quotations.iter().filter(|quotation| quotation.depth == 0);
    let inside: usize = outermost.filter_map(|quotation| quotation.span.overlap(span)).map(Span::len).sum();
    if span.is_empty() { 0.0 } else { inside as f64 / span.len() as f64 }
}

/// Families of marks: what opens in one closes in the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// “ ” „
    Double,
    /// "
    Straight,
    /// ‘ ’ ‚
    Single,
    /// '
    StraightSingle,
    /// « », also » «
    Guillemet,
    /// ‹ ›, also › ‹
    SingleGuillemet,
    /// 「 」
    Corner,
    /// 『 』
    WhiteCorner,
    /// A dash at the start of a paragraph.
    Dash,
}

impl Family {
    /// Whether an unclosed mark runs to the paragraph's end.
    fn heals(self) -> bool {
        !matches!(self, Family::Single | Family::StraightSingle | Family::SingleGuillemet)
    }
}

struct Open {
    family: Family,
    start: usize,
    inner: usize,
}

struct Reader<'a> {
    text: &'a str,
    open: Vec<Open>,
    found: Vec<Quotation>,
}

impl Reader<'_> {
    fn mark(&mut self, at: usize, c: char) {
        use Family::*;
        match c {
            '„' => self.opens(Double, at, c),
            '“' => match self.is_open(Double) && self.ends_here(at, c) && !self.starts_here(at, c) {
                // „so“ closes with the mark that opens in English.
                true => self.closes(Double, at, c),
                false => self.opens(Double, at, c),
            },
            '”' => match self.is_open(Double) || !self.starts_here(at, c) {
                true => self.closes(Double, at, c),
                false => self.opens(Double, at, c),
            },
            '"' => self.straight(at, c),
            '‘' | '‚' if !self.is_apostrophe(at, c) && self.starts_here(at, c) => self.opens(Single, at, c),
            '’' if self.is_open(Single) && self.ends_here(at, c) && !self.is_possessive(at, c) => {
                self.closes(Single, at, c);
            }
            '\'' => self.straight_single(at, c),
            '«' => self.either_way(Guillemet, at, c, '«'),
            '»' => self.either_way(Guillemet, at, c, '«'),
            '‹' => self.either_way(SingleGuillemet, at, c, '‹'),
            '›' => self.either_way(SingleGuillemet, at, c, '‹'),
            '「' => self.opens(Corner, at, c),
            '」' => self.closes(Corner, at, c),
            '『' => self.opens(WhiteCorner, at, c),
            '』' => self.closes(WhiteCorner, at, c),
            _ => {}
        }
    }

    fn straight(&mut self, at: usize, c: char) {
        let after_digit = self.before(at).is_some_and(|before| before.is_ascii_digit());
        if self.is_open(Family::Straight) {
            // `"12" pipe"`: inches inside, since another mark closes later.
            let inches = after_digit
                && !self.starts_here(at, c)
                && self.text[at + 1..].contains('"')
                && self.after(at, c) == Some(' ')
                && {
                    let rest = &self.text[at + 1..];
                    rest.find('"').is_some_and(|next| !rest[..next].ends_with(' '))
                };
            if !inches && (self.ends_here(at, c) || !self.starts_here(at, c)) {
                self.closes(Family::Straight, at, c);
            }
        } else if self.starts_here(at, c) && !after_digit {
            self.opens(Family::Straight, at, c);
        }
    }

    fn straight_single(&mut self, at: usize, c: char) {
        use Family::StraightSingle;
        if self.is_open(StraightSingle) {
            if self.ends_here(at, c) && !self.is_possessive(at, c) {
                self.closes(StraightSingle, at, c);
            }
        } else if self.starts_here(at, c) && !self.is_apostrophe(at, c) {
            self.opens(StraightSingle, at, c);
        }
    }

    /// French « so », German »so«.
    fn either_way(&mut self, family: Family, at: usize, c: char, french: char) {
        let opened_by = self.open.iter().rev().find(|open| open.family == family).map(|open| &self.text[open.start..]);
        match opened_by.and_then(|text| text.chars().next()) {
            Some(opener) if opener != c => self.closes(family, at, c),
            Some(_) if c == french => self.opens(family, at, c),
            Some(_) => {}
            None if c == french || self.starts_here(at, c) => self.opens(family, at, c),
            None => {}
        }
    }

    fn dialogue_dash(&mut self) {
        let start = self.text.len() - self.text.trim_start().len();
        if let Some(dash @ ('—' | '―')) = self.text[start..].chars().next() {
            let inner = start + dash.len_utf8();
            self.open.push(Open { family: Family::Dash, start, inner });
        }
    }

    fn opens(&mut self, family: Family, at: usize, c: char) {
        self.open.push(Open { family, start: at, inner: at + c.len_utf8() });
    }

    /// Closes the innermost open quotation of the family; whatever was opened inside it and not closed was no quotation.
    fn closes(&mut self, family: Family, at: usize, c: char) {
        let Some(position) = self.open.iter().rposition(|open| open.family == family) else { return };
        self.open.truncate(position + 1);
        if let Some(open) = self.open.pop() {
            self.add(&open, at, at + c.len_utf8(), true);
        }
    }

    fn add(&mut self, open: &Open, inner_end: usize, end: usize, closed: bool) {
        let (span, inner) = (Span::new(open.start, end), Span::new(open.inner, inner_end));
        self.found.push(Quotation { span, inner, depth: 0, closed });
    }

    fn finish(mut self) -> Vec<Quotation> {
        let end = self.text.trim_end().len();
        while let Some(open) = self.open.pop() {
            if open.family.heals() && open.inner < end {
                self.add(&open, end, end, false);
            }
        }
        self.found.sort_by_key(|quotation| (quotation.span.start, std::cmp::Reverse(quotation.span.end)));
        let mut around: Vec<Span> = Vec::new();
        for quotation in &mut self.found {
            around.retain(|outer| outer.contains(quotation.span));
            quotation.depth = around.len().min(255) as u8;
            around.push(quotation.span);
        }
        self.found
    }

    fn is_open(&self, family: Family) -> bool {
        self.open.iter().any(|open| open.family == family)
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn after(&self, at: usize, c: char) -> Option<char> {
        self.text[at + c.len_utf8()..].chars().next()
    }

    /// A mark that a quotation can begin with: nothing, a blank, a dash or an opening mark before it, and no blank after.
    fn starts_here(&self, at: usize, c: char) -> bool {
        let free = |c: char| {
            c.is_whitespace()
                || matches!(c, '(' | '[' | '{' | '—' | '–' | '-' | '/' | '“' | '‘' | '"' | '\'' | '„' | '«' | ':' | '=')
        };
        self.before(at).is_none_or(free) && self.after(at, c).is_some_and(|after| !after.is_whitespace())
    }

    /// A mark that a quotation can end with: no blank before it, and no letter or digit after.
    fn ends_here(&self, at: usize, c: char) -> bool {
        self.before(at).is_some_and(|before| !before.is_whitespace())
            && self.after(at, c).is_none_or(|after| !after.is_alphanumeric())
    }

    /// `’tis`, `'90s`, `’em`, `rock ’n’ roll`: a mark for letters left out at the start of a word.
    fn is_apostrophe(&self, at: usize, c: char) -> bool {
        let word: String = self.text[at + c.len_utf8()..]
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let year =
            word.len() >= 2 && word.as_bytes()[..2].iter().all(u8::is_ascii_digit) && matches!(&word[2..], "" | "s");
        year || matches!(
            word.as_str(),
            "tis" | "twas" | "twere" | "twill" | "em" | "til" | "till" | "cause" | "bout" | "n" | "neath" | "round"
        )
    }

    /// `the workers’ demands`: an s before, a word after, and another mark further on that can close.
    fn is_possessive(&self, at: usize, c: char) -> bool {
        let rest = &self.text[at + c.len_utf8()..];
        let word_follows = rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_lowercase));
        if !matches!(self.before(at), Some('s' | 'z' | 'x')) || !word_follows {
            return false;
        }
        let opener = if c == '’' { '‘' } else { c };
        let closes = |(offset, _): (usize, &str)| {
            let here = at + c.len_utf8() + offset;
            self.ends_here(here, c) && !rest[..offset].chars().any(|other| other == opener && opener != c)
        };
        rest.match_indices(c).any(closes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inner(text: &str) -> Vec<&str> {
        quotations(text).iter().map(|quotation| quotation.inner.of(text)).collect()
    }

    #[test]
    fn all_common_marks_open_and_close() {
        for text in [
            "He said “no deal” twice.",
            "He said \"no deal\" twice.",
            "He said ‘no deal’ twice.",
            "He said 'no deal' twice.",
            "Er sagte „no deal“ zweimal.",
            "Er sagte »no deal« zweimal.",
            "Er sagte „no deal” zweimal.",
            "Il a dit ‹no deal› hier.",
            "彼は「no deal」と",
            "彼は『no deal』と",
        ] {
            assert_eq!(inner(text), ["no deal"], "{text}");
        }
        assert_eq!(inner("Il a dit « no deal » hier."), [" no deal "]);
    }

    #[test]
    fn quotations_nest() {
        let text = "“They told us ‘pay or leave’ and left,” she said.";
        let found = quotations(text);
        assert_eq!(inner(text), ["They told us ‘pay or leave’ and left,", "pay or leave"]);
        assert_eq!((found[0].depth, found[1].depth), (0, 1));
        assert_eq!(inner("\"He said 'go' and went,\" she said."), ["He said 'go' and went,", "go"]);
    }

    #[test]
    fn several_sentences_and_several_quotations_stand_side_by_side() {
        assert_eq!(inner("“We paid. We waited.” He paused. “Then we left.”"), ["We paid. We waited.", "Then we left."]);
        assert_eq!(inner("\"Yes,\" he said, \"and no.\""), ["Yes,", "and no."]);
        assert_eq!(inner("(“So be it”), [\"fine\"] — “go”"), ["So be it", "fine", "go"]);
    }

    #[test]
    fn apostrophes_are_no_quotation_marks() {
        for text in [
            "Don't, won’t, can't.",
            "the workers' demands and the miners’ pay",
            "in the '90s and the ’80s",
            "’tis the season, 'twas not",
            "rock 'n' roll, rock ’n’ roll",
            "O'Neill and D’Arcy",
            "give 'em hell",
            "the boys' and girls' teams",
            "James' house, the Joneses’ dog",
        ] {
            assert_eq!(inner(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_possessive_inside_single_marks_does_not_end_them() {
        assert_eq!(inner("He called it ‘the workers’ victory’ and left."), ["the workers’ victory"]);
        assert_eq!(inner("'the workers' victory' it was"), ["the workers' victory"]);
    }

    #[test]
    fn inches_and_feet_are_no_quotation_marks() {
        for text in ["He is 6'2\" tall.", "a 12\" pipe and a 3\" nail", "5′ 10″ tall"] {
            assert_eq!(inner(text), [""; 0], "{text}");
        }
        assert_eq!(inner("He said \"a 12\" pipe burst\" and left."), ["a 12\" pipe burst"]);
    }

    #[test]
    fn an_unclosed_quotation_runs_to_the_end_of_its_paragraph() {
        let text = "“We have waited for years, and nothing came.";
        assert_eq!(inner(text), ["We have waited for years, and nothing came."]);
        assert!(!quotations(text)[0].closed);
        assert_eq!(inner("He said: \"We will pay.  "), ["We will pay."]);
        assert_eq!(inner("it was ‘odd and stayed so"), [""; 0]);
    }

    #[test]
    fn brackets_and_dots_inside_change_nothing() {
        assert_eq!(inner("“[They] had … no other choice [but war].”"), ["[They] had … no other choice [but war]."]);
    }

    #[test]
    fn a_dash_at_the_start_of_a_paragraph_opens_dialogue() {
        assert_eq!(inner("— Who goes there?"), [" Who goes there?"]);
        assert_eq!(inner("We came — late — and left."), [""; 0]);
    }

    #[test]
    fn scare_quotes_of_one_word_and_empty_marks_do_no_harm() {
        assert_eq!(inner("their “experts” and 'facts'"), ["experts", "facts"]);
        assert_eq!(inner("\"\" and “”"), ["", ""]);
        assert_eq!(inner("\""), [""; 0]);
    }

    #[test]
    fn the_quoted_share_counts_each_byte_once() {
        let text = "“a ‘b’ c” dddd";
        let all = quotations(text);
        assert_eq!(quoted_share(&all, Span::new(0, text.len())), all[0].span.len() as f64 / text.len() as f64);
        assert_eq!(quoted_share(&all, Span::new(0, 0)), 0.0);
    }

    proptest! {
        #[test]
        fn spans_lie_on_characters_and_nest_or_lie_apart(text in "[a-c '\"“”‘’„«»‹›「」『』—0-9.]{0,60}") {
            let found = quotations(&text);
            for (i, a) in found.iter().enumerate() {
                prop_assert!(text.get(a.span.start..a.span.end).is_some());
                prop_assert!(text.get(a.inner.start..a.inner.end).is_some());
                prop_assert!(a.span.contains(a.inner));
                for b in &found[i + 1..] {
                    prop_assert!(a.span.start <= b.span.start);
                    prop_assert!(a.span.overlap(b.span).is_none() || a.span.contains(b.span));
                }
            }
        }
    }
}
