//! A view: up to 64 words of a sentence, with a machine word for each sign that has a bit a word where it stands, and how patterns are
//! worked out in it.
//!
//! Place p of a view is the seam before its word p, and a set of places a machine word too, so that all ways through a pattern are gone
//! at once: a word that is asked for keeps the places before such words and moves them by one, a gap smears them. Only where the sign of
//! a group stands need the words themselves be asked whether they are in it.

use super::code::{GroupId, Op};
use super::compiled::Check;
use super::marks::Sentence;
use super::pattern::Seam;
use super::signs::{self, SIGNS, SignId};
use super::steps::Step;
use super::symbols::{SymbolId, Symbols};
use crate::packed::Packed;

/// What lies in view of a sentence.
pub struct View {
    /// For each sign the places where it stands; a sign between words stands at the word that follows.
    signs: Box<[u64; SIGNS]>,
    /// The number of the first word.
    base: usize,
    /// A bit for each word, and for each place: there is one place more, if it is not out of sight.
    words: u64,
    places: u64,
    /// Not all of the sentence is in view.
    pub is_part: bool,
}

impl Default for View {
    fn default() -> Self {
        View { signs: Box::new([0; SIGNS]), base: 0, words: 0, places: 0, is_part: false }
    }
}

/// How far the places of a view go, counted from its first word, that have all that lies so many words away in view: sentences of up to
/// 63 words are seen whole, of others the middle half of each view is worked on.
pub const NEAR: usize = 15;
const WIDTH: usize = 64;
const STEP: usize = 32;

/// The views of a sentence of so many words: the first word of each, and the words that are worked on in it.
pub fn views(count: usize) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
    let last = move |base: usize| if base + WIDTH > count { count } else { base + WIDTH - STEP / 2 };
    let first = |base: usize| if base == 0 { 0 } else { base + STEP / 2 };
    let bases = if count < WIDTH { 0..1 } else { 0..count + 1 - STEP };
    bases.step_by(STEP).map(move |base| (base, first(base)..last(base)))
}

impl View {
    /// Looks at a sentence from a word on.
    pub fn lay_out(&mut self, sentence: &Sentence, base: usize, symbols: &Symbols) {
        let count = sentence.words.len() - base;
        self.base = base;
        self.is_part = sentence.words.len() >= WIDTH;
        self.words = if count < 64 { (1 << count) - 1 } else { u64::MAX };
        self.places = self.words << 1 | 1;
        let signs = &mut self.signs;
        signs.fill(0);
        let (text, words) = (sentence.text.as_bytes(), &sentence.words[base..]);
        let mut end = base.checked_sub(1).map_or(0, |before| sentence.words[before].span.end);
        let mut breaks = 0;
        for (place, word) in words.iter().take(WIDTH).enumerate() {
            let bit = 1 << place;
            // One blank, or nothing, is no break; what else stands there is looked at later.
            let is_plain = word.span.start == end || (word.span.start == end + 1 && text[end] == b' ');
            breaks |= u64::from(!is_plain) << place;
            end = word.span.end;
            let (first, more) = symbols.signs(word.symbol);
            first.iter().for_each(|sign| signs[usize::from(*sign)] |= bit);
            for eight in more {
                eight.iter().for_each(|sign| signs[usize::from(*sign)] |= bit);
            }
        }
        signs[usize::from(signs::ALWAYS)] = u64::MAX;
        signs[usize::from(signs::SENTENCE_START)] = u64::from(base == 0);
        signs[usize::from(signs::SENTENCE_END)] = if count <= 64 { 1u64.rotate_left(count as u32) } else { 0 };
        signs[usize::from(signs::BREAK)] = breaks;
        if sentence.marks.any() {
            for (sign, places) in
                [signs::QUOTED, signs::OPENS, signs::CLOSES].into_iter().zip(sentence.marks.from(base))
            {
                signs[usize::from(sign)] = places;
            }
        }
    }

    /// Where each sign stands.
    pub fn signs(&self) -> &[u64; SIGNS] {
        &self.signs
    }
}

impl Check {
    /// Whether the sign may stand where it must, seen from a word; `PART` if not all of the sentence is in view. Windows that run over
    /// an end of the view come out at the other, where they may see what is not there, but never miss what is.
    #[inline(always)]
    pub fn shows<const PART: bool>(self, signs: &[u64; SIGNS], word: u32) -> bool {
        let places = signs[usize::from(self.sign)].rotate_right(word.wrapping_add_signed(self.from.into()));
        // The window, as far to the left as it goes.
        (places << (u32::from(self.width()).wrapping_neg() % 64) != 0) | (PART && self.is_wide())
    }
}

/// A view of a sentence in which instructions are followed. All places that they can reach must be in view.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub view: &'a View,
    pub sentence: &'a Sentence<'a>,
    pub symbols: &'a Symbols,
    /// The sign of each group.
    pub of_groups: &'a Packed<SignId>,
}

impl Scene<'_> {
    /// The places that steps lead to from some others, ahead or back; `row` holds the instructions that they were made of.
    #[inline(always)]
    pub fn follow<const AHEAD: bool>(self, steps: &[Step], row: &[Op], mut places: u64) -> u64 {
        for step in steps {
            places = self.spread::<AHEAD>(places, step.gap());
            match step.other() {
                Some(at) => places = self.go::<AHEAD>(&row[at..=at + row[at].length()], places),
                None => {
                    let before = self.before::<AHEAD>(places);
                    let kept = (self.those(step.group(), step.sign, before) ^ step.is_not()) & before;
                    places = behind::<AHEAD>(kept) | (places & step.may_stay());
                }
            }
            if places == 0 {
                break;
            }
        }
        places
    }

    /// The places that instructions lead to from some others.
    fn go<const AHEAD: bool>(self, code: &[Op], mut places: u64) -> u64 {
        let mut next = 0;
        while next < code.len() && places != 0 {
            let end = next + code[next].length();
            places = self.one::<AHEAD>(code[next], &code[next + 1..=end], places);
            next = end + 1;
        }
        places
    }

    /// The places that one instruction leads to, with those that belong to it.
    #[inline(always)]
    fn one<const AHEAD: bool>(self, op: Op, inner: &[Op], places: u64) -> u64 {
        match op {
            Op::Is(group) => behind::<AHEAD>(self.are(group, self.before::<AHEAD>(places))),
            Op::IsNot(group) => {
                let before = self.before::<AHEAD>(places);
                behind::<AHEAD>(before & !self.are(group, before))
            }
            Op::Next(group) => in_front::<AHEAD>(self.are(group, self.before::<AHEAD>(places))),
            Op::Any => behind::<AHEAD>(self.before::<AHEAD>(places)),
            Op::Gap(n) => self.spread::<AHEAD>(places, n),
            Op::Seam(seam) => self.at(seam, places),
            Op::NotBefore(group, n) => {
                let near = (1..=n).fold(0, |near, by| near | places >> by) & self.view.words;
                let found = self.are(group, near);
                (1..=n).fold(places, |places, by| places & !(found << by))
            }
            Op::NotAfter(group, n) => {
                let near = (0..n).fold(0, |near, by| near | places << by) & self.view.words;
                let found = self.are(group, near);
                (0..n).fold(places, |places, by| places & !(found >> by))
            }
            Op::Optional(_) => places | self.go::<AHEAD>(inner, places),
            Op::Either(_) => self.either::<AHEAD>(inner, places),
            Op::Alternative(_) => unreachable!("alternatives are walked through by their group"),
        }
    }

    fn either<const AHEAD: bool>(self, alternatives: &[Op], places: u64) -> u64 {
        let (mut all, mut next) = (0, 0);
        while let Some(Op::Alternative(length)) = alternatives.get(next) {
            let end = next + usize::from(*length);
            all |= match alternatives[next + 1..=end] {
                [Op::Is(group)] => behind::<AHEAD>(self.are(group, self.before::<AHEAD>(places))),
                [Op::Seam(seam)] => self.at(seam, places),
                ref inner => self.go::<AHEAD>(inner, places),
            };
            next = end + 1;
        }
        all
    }

    /// The words that steps from these places go over, a bit each.
    #[inline(always)]
    fn before<const AHEAD: bool>(self, places: u64) -> u64 {
        if AHEAD { places & self.view.words } else { places >> 1 }
    }

    /// Adds all places up to `n` further.
    #[inline(always)]
    fn spread<const AHEAD: bool>(self, mut places: u64, n: u8) -> u64 {
        let (mut left, mut by) = (n, 1);
        while left > 0 {
            let now = by.min(left);
            places |= if AHEAD { places << now } else { places >> now };
            (left, by) = (left - now, by * 2);
        }
        if AHEAD { places & self.view.places } else { places }
    }

    fn are(self, group: GroupId, words: u64) -> u64 {
        self.those(group, self.of_groups.get(group.into()), words)
    }

    /// Those of the words that are in a group, which has that sign. Mostly there is one, or none, and to ask all the same is cheaper
    /// than to find out.
    #[inline(always)]
    fn those(self, group: GroupId, sign: SignId, words: u64) -> u64 {
        let mut left = words & self.view.signs[usize::from(sign)];
        let first = left.trailing_zeros() % 64;
        let mut kept = (u64::from(self.symbols.is(self.symbol(first), group)) << first) & left;
        left &= left.wrapping_sub(1);
        while left != 0 {
            let word = left.trailing_zeros();
            left &= left - 1;
            kept |= u64::from(self.symbols.is(self.symbol(word), group)) << word;
        }
        kept
    }

    fn symbol(self, word: u32) -> SymbolId {
        self.sentence.words[self.view.base + word as usize].symbol
    }

    /// Those of the places that a seam is at.
    fn at(self, seam: Seam, places: u64) -> u64 {
        let signs = &self.view.signs;
        let (mut left, mut kept) = match seam {
            Seam::SentenceStart => return places & signs[usize::from(signs::SENTENCE_START)],
            // Behind 64 words it lies where place 0 is, which is never the end.
            Seam::SentenceEnd => return places & signs[usize::from(signs::SENTENCE_END)] & !1,
            Seam::Break => (places & signs[usize::from(signs::BREAK)], 0),
            Seam::Quoted => (places & signs[usize::from(signs::QUOTED)], 0),
            Seam::Opens => (places & signs[usize::from(signs::OPENS)], 0),
            Seam::Closes => (places & signs[usize::from(signs::CLOSES)], 0),
            Seam::Unquoted => (places, 0),
        };
        while left != 0 {
            let place = left.trailing_zeros();
            left &= left - 1;
            kept |= u64::from(self.sentence.is(seam, self.view.base + place as usize)) << place;
        }
        kept
    }
}

/// The places behind words that were gone over.
#[inline(always)]
fn behind<const AHEAD: bool>(words: u64) -> u64 {
    words << u32::from(AHEAD)
}

/// The places before words that would be gone over.
#[inline(always)]
fn in_front<const AHEAD: bool>(words: u64) -> u64 {
    words << u32::from(!AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_work_on_every_word_once_and_see_what_is_near() {
        for count in 0..300 {
            let mut next = 0;
            for (base, words) in views(count) {
                assert_eq!(words.start, next);
                next = words.end;
                assert!(base == 0 || words.start > base + NEAR, "{count}");
                assert!(words.end == count && count - base < WIDTH || words.end + NEAR < base + WIDTH, "{count}");
            }
            assert_eq!(next, count);
        }
    }
}
