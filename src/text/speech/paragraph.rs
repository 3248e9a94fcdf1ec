//! A paragraph's attributions → what is said, and by whom.

use super::clause::{Said, Tag};
use super::lexicon::{Class, Form, Frames};
use super::memory::{Carried, Memory};
use super::outline::{Outline, Stretch};
use super::passage::{Gap, Item};
use super::phrase::{self, Gender, Phrase};
use super::{Act, How, Reported, Rule, Speaker, SpeakerKind};
use crate::text::Span;
use crate::text::quote::Quotation;

/// Goes through the paragraphs of a text in order.
pub(super) struct Reader<'a> {
    text: &'a str,
    memory: Memory,
    before: &'a Carried,
    pub(super) found: Vec<Reported>,
    /// The last quotation of the paragraph before was not closed.
    is_open: bool,
    /// The places in `found` of those that go on so, one after the other, if nobody is known to have said them.
    pending: Vec<usize>,
}

/// A paragraph while it is read.
struct Page<'a> {
    outline: &'a Outline,
    items: &'a [Item],
    quotations: &'a [Quotation],
    /// Which of the quotations are already somebody's.
    spoken: Vec<bool>,
    /// Speaker and kind of the last quotation.
    last: Option<(Option<Speaker>, Act)>,
    /// Since then there was a sentence without quotations.
    is_stale: bool,
    /// Where in `found` the paragraph begins.
    begun: usize,
}

/// How far the reader is in a stretch: the items between two ends of sentences.
struct Course {
    start: usize,
    end: usize,
    /// Of its first verb.
    subject: Option<Phrase>,
    /// What is being said at present.
    open: Option<Open>,
    /// The first item of which nothing is known yet.
    free: usize,
    /// The last attribution.
    latest: Option<Whose>,
}

/// What is being said from some item on.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    whose: Whose,
    is_embedded: bool,
    /// The first item of a clause that somebody else is said in it to have said.
    relayed: Option<usize>,
}

impl Open {
    fn new(start: usize, whose: Whose, is_embedded: bool) -> Self {
        Open { start, whose, is_embedded, relayed: None }
    }

    /// Who speaks in the quotation at `at`, so far as the clause does not tell: not who denies it, or tells that another said it.
    fn speaker_at(&self, items: &[Item], at: usize, text: &str) -> Whose {
        let is_anothers = self.relayed.is_some_and(|from| at >= from) || is_told_inside(items, self.start, at);
        // `(rejected) the result as “a theft”`: so calls it who rejects it.
        let is_label = at > self.start && items[at - 1].span.of(text) == "as";
        match is_anothers || self.whose.kind == Act::Deny && !is_label {
            true => Whose::untold(None, self.whose.kind),
            false => self.whose,
        }
    }
}

/// An attribution with its speaker.
#[derive(Clone, Copy)]
struct Whose {
    verb: Option<Span>,
    kind: Act,
    speaker: Option<Speaker>,
    tag: Option<Span>,
}

impl Whose {
    /// Said by somebody of whom no verb tells here.
    fn untold(speaker: Option<Speaker>, kind: Act) -> Self {
        Whose { verb: None, kind, speaker, tag: None }
    }
}

/// Words between a verb and the quotation that hangs on it, as in `telling the crowd that “…”`.
const MOST_HEARER: usize = 5;

/// Items of a name that stands alone beside a quotation, with what is told of who bears it.
const MOST_SIGNED: usize = 16;

/// A clause seldom holds more quotations.
const MOST_INNER: usize = 16;

impl<'a> Reader<'a> {
    /// `before` is what was carried from the paragraph before the text.
    pub(super) fn new(text: &'a str, before: &'a Carried) -> Self {
        let (memory, is_open) = (before.memory.clone(), before.is_open);
        Reader { text, memory, before, found: Vec::new(), is_open, pending: Vec::new() }
    }

    /// What was found, and what the next paragraph shall know; `place` tells where bytes of the text stand in the document.
    pub(super) fn end(self, place: &dyn Fn(Span) -> (u64, u64)) -> (Vec<Reported>, Carried) {
        (self.found, self.memory.carry(self.is_open, self.before, self.text, place))
    }

    /// Reads the next paragraph.
    pub(super) fn paragraph(&mut self, outline: &Outline) {
        self.memory.next_paragraph(self.before, self.text);
        let Outline { items, quotations, .. } = outline;
        let goes_on = self.is_open && outline.opens_with_quotation;
        let last = self.memory.quoted.take().filter(|_| goes_on);
        let spoken = vec![false; quotations.len()];
        let begun = self.found.len();
        let mut page = Page { outline, items, quotations, spoken, last, is_stale: false, begun };
        for (at, stretch) in outline.stretches.iter().enumerate() {
            self.stretch(&mut page, at);
            page.is_stale = !stretch.has_quotation;
        }
        self.sort(begun);
        self.slight(&page);
        self.block_quotations(&outline.answered, begun);
        self.sort(begun);
        if goes_on {
            self.look_back(begun);
        }
        self.is_open = quotations.last().is_some_and(|last| !last.closed);
        self.memory.quoted = page.last.filter(|_| self.is_open);
        let unclaimed = |reported: &Reported| reported.how == How::Quoted && reported.speaker.is_none();
        if !goes_on || !self.is_open {
            self.pending.clear();
        }
        if self.is_open && self.found[begun..].last().is_some_and(unclaimed) {
            self.pending.push(self.found.len() - 1);
        }
    }

    fn sort(&mut self, begun: usize) {
        self.found[begun..].sort_by_key(|reported| (reported.content.start, std::cmp::Reverse(reported.content.end)));
    }

    /// A quotation that goes on in this paragraph, which alone tells whose it is.
    fn look_back(&mut self, begun: usize) {
        let first = self.found[begun..].iter().find(|reported| reported.how == How::Quoted);
        if let Some((kind, speaker)) = first.and_then(|first| Some((first.kind, first.speaker?))) {
            let speaker = Some(speaker.found_by(Rule::Continued));
            for pending in self.pending.drain(..) {
                self.found[pending] = Reported { kind, speaker, ..self.found[pending] };
            }
        }
    }

    fn stretch(&mut self, page: &mut Page, at: usize) {
        let outline = page.outline;
        let &Stretch { start, end, subject, has_quotation, .. } = &outline.stretches[at];
        let mut course = Course { start, end, subject, open: None, free: start, latest: None };
        self.memory.notice(outline.names(at));
        for tag in outline.tags(at) {
            let cut = boundary(page.items, start, tag.from);
            if course.is_the_authors(tag) {
                continue;
            }
            if let Some(open) = course.open.as_mut().filter(|open| is_inside(page.items, open, tag, cut)) {
                self.relayed(page, open, tag);
                continue;
            }
            let whose = self.whose(tag, page.items, &course);
            course.latest = Some(whose);
            let was_open = course.open.take();
            if let Some(open) = was_open {
                self.close(page, open, cut);
                course.free = cut;
            }
            match tag.said {
                Said::After(start) => course.open = Some(Open::new(start, whose, tag.is_embedded)),
                Said::Quotation(at) => {
                    // `denied “the charge”`, which others made; not `denied: “I never did”`.
                    let is_denied = tag.act == Act::Deny && !page.items[at].gap.has(Gap::COMMA.and(Gap::COLON));
                    let speaker = whose.speaker.filter(|_| !is_denied);
                    self.before_quotation(page, &mut course, at, Whose { speaker, ..whose });
                }
                Said::Around => self.around(page, &mut course, tag, whose, was_open.is_some()),
            }
        }
        if let Some(open) = course.open {
            self.close(page, open, end);
        }
        if has_quotation {
            self.unattributed(page, &course);
        }
        if let Some(subject) = subject {
            self.memory.meet(subject, self.before, self.text);
        }
    }

    /// `Mr Hale said “…” and that …`
    fn before_quotation(&mut self, page: &mut Page, course: &mut Course, at: usize, whose: Whose) {
        self.quote(page, at, whose);
        course.free = at + 1;
        let and_that = page.items.get(at + 1).is_some_and(|item| item.is(Class::CONJUNCTION))
            && page.items.get(at + 2).is_some_and(|item| item.is(Class::THAT));
        if and_that && at + 3 < course.end {
            course.open = Some(Open::new(at + 3, whose, false));
        }
    }

    /// `…, he said, …`; `“…,” he said, “…”`
    fn around(&mut self, page: &mut Page, course: &mut Course, tag: &Tag, whose: Whose, was_open: bool) {
        let is_hedge = tag.is_hedge();
        let behind_quotation = tag.from > course.free && page.items[tag.from - 1].is_quotation() && !is_hedge;
        if behind_quotation {
            (course.free..tag.from).for_each(|at| self.quote(page, at, whose));
        } else if !was_open && tag.from > course.free {
            self.close(page, Open::new(course.free, whose, false), tag.from);
        }
        course.free = tag.to;
        let Some(next) = page.items.get(tag.to).filter(|_| tag.to < course.end) else { return };
        if behind_quotation {
            self.quote(page, tag.to, whose);
            course.free += usize::from(next.is_quotation());
        } else if is_hedge || !next.is(Class::CONJUNCTION) || next.gap.has(Gap::COMMA) {
            course.open = Some(Open::new(tag.to, whose, false));
        }
    }

    /// The speaker of an attribution, pronouns and left out subjects resolved.
    fn whose(&mut self, tag: &Tag, items: &[Item], course: &Course) -> Whose {
        let speaker = match (tag.speaker, course.latest) {
            (Some(phrase), _) => self.memory.resolve(phrase, tag.rule, self.before, self.text),
            (None, Some(latest)) if tag.is_elided => latest.speaker.map(|speaker| speaker.found_by(Rule::Shared)),
            (None, None) if tag.is_elided => {
                let subject = course.subject.filter(|subject| subject.to <= tag.from);
                subject.and_then(|phrase| self.memory.resolve(phrase, Rule::Shared, self.before, self.text))
            }
            _ => None,
        };
        let (first, last) = (items[tag.from].span, items[tag.to - 1].span);
        let span = Span::new(first.start, last.end.max(first.end));
        Whose { verb: tag.verb, kind: tag.act, speaker, tag: Some(span) }
    }

    /// `Lang told the police that Hale shouted: “…”`: an attribution in what somebody else is saying. Its quotation is never the words
    /// of who relays, denies or condemns it, and those of the inner speaker only where a name tells who that is and the outer one does
    /// not merely suppose it.
    fn relayed(&mut self, page: &mut Page, open: &mut Open, tag: &Tag) {
        if tag.is_hedge() {
            return;
        }
        let is_quotation = |&at: &usize| page.items.get(at).is_some_and(Item::is_quotation);
        let (Said::Quotation(start) | Said::After(start)) = tag.said else { return };
        let named = tag.speaker.filter(|phrase| phrase.kind != SpeakerKind::Pronoun);
        if !is_quotation(&start) {
            let is_own = named.is_none() && !tag.is_elided; // `Lang said he feared that …`
            open.relayed = open.relayed.or(Some(start).filter(|_| !is_own));
            return;
        }
        // `Lang rejected Hale’s threat that`: the threat was made, whatever Lang says of it.
        let is_told = tag.rule == Rule::Owner || open.whose.kind.tells();
        let speaker = named.filter(|_| is_told).map(|phrase| Speaker {
            span: phrase.span,
            kind: phrase.kind,
            rule: tag.rule,
            sure: tag.rule.is_sure(),
            carried: false,
        });
        self.quote(page, start, Whose { verb: tag.verb, kind: tag.act, speaker, tag: None });
    }

    /// What is said ends before the item at `to`.
    fn close(&mut self, page: &mut Page, open: Open, to: usize) {
        let mut to = self.aside(page.items, open.start, to);
        if open.is_embedded {
            to = second_verb(page.items, open.start, to);
        }
        if open.start >= to {
            return;
        }
        for at in (open.start..to).filter(|&at| page.items[at].is_quotation()) {
            self.quote(page, at, open.speaker_at(page.items, at, self.text));
        }
        if to > open.start + 1 || !page.items[open.start].is_quotation() {
            let content = Span::new(page.items[open.start].span.start, page.items[to - 1].span.end);
            self.add(with_marks(page.quotations, content), open.whose, How::Reported);
        }
    }

    /// Where the author speaks again: `…, and I accept his word`.
    fn aside(&self, items: &[Item], from: usize, to: usize) -> usize {
        let mut is_first_person = items.get(from).is_some_and(|item| item.is(Class::FIRST));
        for at in from + 1..to {
            let item = &items[at];
            let word = |at: usize| items[..to].get(at).map_or("", |item| item.span.of(self.text));
            let is_i = |word: &str| matches!(word, "I" | "I'm" | "I’m" | "I'll" | "I’ll" | "I've" | "I’ve");
            let joins = item.is(Class::CONJUNCTION) && item.gap.has(Gap::LIGHT.and(Gap::SEMICOLON));
            let next = word(at + 1);
            let is_author = is_i(next)
                || matches!(next, "let" | "let's" | "let’s" | "my")
                || matches!(next, "we" | "our") && !is_first_person
                || matches!(word(at + 2), "me" | "my") && items[at + 1].is(Class::PREPOSITION);
            // `… “not acceptable” and left`
            let acts = item.is(Class::CONJUNCTION)
                && items[at - 1].is_quotation()
                && items[..to].get(at + 1).is_some_and(|next| next.is(Class::FINITE.and(Class::PAST_LIKE)));
            if joins && is_author || acts || item.gap.has(Gap::SEMICOLON) && is_i(word(at)) {
                return at;
            }
            is_first_person |= item.is(Class::FIRST);
        }
        to
    }

    /// If the item is a quotation that is nobody's yet, it is theirs.
    fn quote(&mut self, page: &mut Page, at: usize, whose: Whose) {
        let Some(index) = page.items[at].quotation.map(|index| index as usize) else { return };
        if !std::mem::replace(&mut page.spoken[index], true) {
            let quotation = &page.quotations[index];
            let is_lost = has_lost_its_end(self.text, quotation);
            let speaker = whose.speaker.map(|speaker| Speaker { sure: speaker.sure && !is_lost, ..speaker });
            page.last = Some((speaker, whose.kind));
            self.add(said(self.text, quotation.inner), Whose { speaker, ..whose }, How::Quoted);
        }
    }

    fn add(&mut self, content: Span, whose: Whose, how: How) {
        let speaker = whose.speaker.filter(|speaker| speaker.carried || content.overlap(speaker.span).is_none());
        let tag = whose.tag.filter(|tag| content.overlap(*tag).is_none());
        if !content.is_empty() {
            self.found.push(Reported { content, verb: whose.verb, kind: whose.kind, how, speaker, tag });
        }
    }

    /// The quotations of a run to which no attribution belongs.
    fn unattributed(&mut self, page: &mut Page, course: &Course) {
        for at in course.start..course.end {
            if page.items[at].quotation.is_none_or(|index| page.spoken[index as usize]) {
                continue;
            }
            let starts = at == course.start;
            // Who is resolved is remembered, so nobody is looked for in vain.
            let signed = if course.latest.is_none() { self.signed(page.items, course, at) } else { None };
            let whose = match (course.latest, page.last, course.subject) {
                (None, ..) if signed.is_some() => Whose::untold(signed, Act::Say),
                (Some(latest), ..) => {
                    // `“…,” Lang claims Hale said`: what stands before who says something else need not be theirs.
                    let is_before = latest.tag.is_some_and(|tag| tag.start > page.items[at].span.start);
                    let shared = latest.speaker.map(|speaker| speaker.found_by(Rule::Shared));
                    let speaker = shared.filter(|_| !is_before || latest.kind.tells());
                    Whose::untold(speaker, latest.kind)
                }
                (None, _, Some(subject)) if !starts && !subject.is_first => {
                    Whose::untold(self.memory.resolve(subject, Rule::Nearby, self.before, self.text), Act::Say)
                }
                (None, Some((Some(last), kind)), _) if starts => {
                    let last = Speaker { sure: last.sure && !page.is_stale, ..last };
                    Whose::untold(Some(last.found_by(Rule::Continued)), kind)
                }
                (None, ..) if starts => Whose::untold(self.memory.subject(), Act::Say),
                _ => Whose::untold(None, Act::Say),
            };
            self.quote(page, at, whose);
        }
    }

    /// Who signs a quotation that stands alone (`“…” – Anna Hale, of the union`), or stands alone before it (`Anna Hale: “…”`). One word may be anything: `Verdict: “…”`.
    fn signed(&mut self, items: &[Item], course: &Course, at: usize) -> Option<Speaker> {
        let behind = items.get(at + 1).is_some_and(|item| item.gap.has(Gap::DASH.and(Gap::COLON)));
        let (from, to) = match at == course.start {
            true if behind && items.len() - at <= MOST_SIGNED => (at + 1, items.len()),
            false if items[at].gap.has(Gap::COLON) && at - course.start <= MOST_SIGNED => (course.start, at),
            _ => return None,
        };
        let (phrase, _) = phrase::after(items, from, to, self.text)?;
        let (named, rest) = (phrase.from == from, &items[phrase.to..to]);
        let is_aside = rest.first().is_none_or(|item| item.gap.has(Gap::COMMA.and(Gap::BRACKET)));
        let tells_more = |item: &Item| {
            item.gap.has(Gap::BREAK) || item.is_quotation() || item.is(Class::PREDICATE.and(Class::PAST_LIKE))
        };
        if !named
            || !is_aside
            || rest.iter().any(tells_more)
            || !matches!(phrase.kind, SpeakerKind::Name | SpeakerKind::Title)
        {
            return None;
        }
        let is_whole =
            phrase.kind == SpeakerKind::Title || phrase.to - phrase.from > 1 || phrase.gender != Gender::Unknown;
        self.memory.resolve(phrase, if is_whole { Rule::Signed } else { Rule::Nearby }, self.before, self.text)
    }

    /// Quotations of a word or two are speech where somebody is just then said to speak.
    fn slight(&mut self, page: &Page) {
        let sorted = self.found.len();
        for quotation in &page.outline.slight {
            let content = said(self.text, quotation.inner);
            let holds = |reported: &&Reported| {
                reported.how == How::Reported && reported.content.contains(quotation.span) && !content.is_empty()
            };
            let around = self.near(page.begun..sorted, quotation.span).iter().rev().find(holds).copied();
            self.found.extend(around.map(|around| Reported { content, how: How::Quoted, ..around }));
        }
    }

    /// Of what was found, as sorted as it is in `among`, that which starts shortly before the end of `span`.
    fn near(&self, among: std::ops::Range<usize>, span: Span) -> &[Reported] {
        let sorted = &self.found[among];
        let later = sorted.partition_point(|reported| reported.content.start < span.end);
        &sorted[later.saturating_sub(MOST_INNER)..later]
    }

    /// What stands behind the `>` of replies, as far as it is nobody's yet.
    fn block_quotations(&mut self, answered: &[Span], begun: usize) {
        self.sort(begun);
        let sorted = self.found.len();
        for &content in answered {
            let near = self.near(begun..sorted, content);
            if !near.iter().any(|reported| reported.content.overlap(content).is_some()) {
                self.add(content, Whose::untold(None, Act::Say), How::Quoted);
            }
        }
    }
}

impl Course {
    /// `I end by asking …`
    fn is_the_authors(&self, tag: &Tag) -> bool {
        let is_first = self.subject.is_some_and(|subject| subject.is_first);
        tag.is_elided && tag.speaker.is_none() && self.latest.is_none() && is_first
    }
}

/// Where a clause ends that an attribution from `from` on cuts off: before `but`, `while`, `, then`.
fn boundary(items: &[Item], start: usize, from: usize) -> usize {
    let Some(before) = from.checked_sub(1).filter(|&before| before >= start) else { return from };
    let item = &items[before];
    let joins = item.is(Class::CONJUNCTION.and(Class::SUBORDINATOR)) && !item.is(Class::THAT);
    let then = item.is(Class::ADVERB_LIKE) && item.gap.has(Gap::COMMA.and(Gap::SEMICOLON));
    if joins || then { before } else { from }
}

/// Whether an attribution belongs to what is being said: `He said that the union had warned that …`
fn is_inside(items: &[Item], open: &Open, tag: &Tag, cut: usize) -> bool {
    let parted = items[cut].gap.has(Gap::STOP.and(Gap::BRACKET));
    let joined = cut < tag.from && items[cut].is(Class::CONJUNCTION);
    tag.is_hedge() || cut <= open.start || !(parted || joined || tag.said == Said::Around)
}

/// Whether the quotation at `at`, in a clause from `from` on, hangs on a verb or noun of saying that no attribution was made of:
/// `(asked) whether he said “…”`, `(accused him) of telling the crowd that “…”`, `(denied) the claim that “…”`.
fn is_told_inside(items: &[Item], from: usize, at: usize) -> bool {
    let behind_that = at > from && items[at].gap.is_none() && items[at - 1].is(Class::THAT);
    let end = at - usize::from(behind_that);
    let behind_comma = items[at].gap.has(Gap::COMMA);
    for word in (from.max(end.saturating_sub(MOST_HEARER))..end).rev() {
        let item = &items[word];
        let before = word.checked_sub(1).filter(|&before| before >= from && item.gap.is_none()).map(|at| &items[at]);
        let is_marked = before.is_some_and(|before| before.is(Class::MARKED));
        let is_verb = item.is(Class::VERB)
            && item.entry().senses.iter().any(|sense| sense.particle.is_none() && sense.frames.has(Frames::CLAUSE))
            && (!item.is(Class::NOUN) || item.has_form(&[Form::Past, Form::Ing]) || before.is_some_and(is_helper))
            && (!behind_comma || item.has_form(&[Form::Past, Form::Present, Form::Ing])); // `were it to continue, “…”`
        if is_verb && !is_marked || behind_that && item.is(Class::NOUN) && word + 1 == end {
            return true;
        }
        if !item.gap.is_none() || item.is(Class::PREDICATE.and(Class::CONJUNCTION)) {
            return false;
        }
    }
    false
}

fn is_helper(item: &Item) -> bool {
    item.is(Class::HELPER.and(Class::TO).and(Class::NEGATION))
}

/// Where, behind the finite verb of a clause, the verb of the sentence stands that holds it.
fn second_verb(items: &[Item], from: usize, to: usize) -> usize {
    let is_finite = |at: usize| {
        let item = &items[at];
        let is_verb = item.is(Class::VERB) && item.has_form(&[Form::Past, Form::Present]) && !item.is(Class::NOUN);
        item.is(Class::PREDICATE.and(Class::PAST_LIKE)) || is_verb
    };
    let joins = Class::CONJUNCTION.and(Class::SUBORDINATOR).and(Class::DETERMINER).and(Class::TO);
    let mut has_verb = false;
    for at in (from..to).filter(|&at| is_finite(at)) {
        let before = at.checked_sub(1).filter(|&before| before >= from);
        if before.is_some_and(|before| items[before].is(joins)) {
            continue;
        }
        let is_same = |before: usize| is_finite(before) || items[before].is(Class::ADVERB_LIKE.and(Class::NEGATION));
        if has_verb && !before.is_some_and(is_same) {
            return at;
        }
        has_verb = true;
    }
    to
}

/// The span with the marks of quotations of a word or two at its ends, since their words count as any others.
fn with_marks(quotations: &[Quotation], mut span: Span) -> Span {
    let last_before = |end: usize| {
        let next = quotations.partition_point(|quotation| quotation.span.start < end);
        next.checked_sub(1).map(|at| quotations[at])
    };
    if let Some(last) = last_before(span.end)
        && last.inner.end == span.end
        && last.span.start >= span.start
    {
        span.end = last.span.end;
    }
    if let Some(first) = last_before(span.start)
        && first.inner.start == span.start
        && first.span.end <= span.end
    {
        span.start = first.span.start;
    }
    span
}

/// Whether a quotation that nothing closes holds others in the same marks, so that it may have ended at any of them.
fn has_lost_its_end(text: &str, quotation: &Quotation) -> bool {
    let mark = Span::new(quotation.span.start, quotation.inner.start);
    !quotation.closed && !mark.is_empty() && quotation.inner.of(text).contains(mark.of(text))
}

/// What a quotation says, without the comma that parts it from who says it.
fn said(text: &str, inner: Span) -> Span {
    let trimmed = inner.of(text).trim_start();
    let start = inner.end - trimmed.len();
    Span::new(start, start + trimmed.trim_end_matches([',', ' ', '\n', '\t', '\u{A0}', '\u{202F}']).len())
}
