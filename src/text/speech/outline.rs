//! What a paragraph tells by itself, whoever was named before it: its words, its attributions, the subjects of its sentences and
//! the names in them. That is most of the work, and many paragraphs can be read at once; [`paragraph`](super::paragraph) then
//! goes through them in order.

use super::Hearing;
use super::clause::{Run, Said, Tag};
use super::lexicon::Class;
use super::memory::MOST_STRANGERS;
use super::passage::{Gap, Item, Passage};
use super::phrase::{self, Phrase};
use crate::text::Span;
use crate::text::quote::Quotation;

/// A paragraph as it is by itself.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The outermost ones.
    pub(super) quotations: Vec<Quotation>,
    /// Those of a word or two.
    pub(super) slight: Vec<Quotation>,
    /// What the `>` of a reply stands before.
    pub(super) answered: Vec<Span>,
    /// None if nobody speaks, since nothing else is looked up in them.
    pub(super) items: Vec<Item>,
    pub(super) opens_with_quotation: bool,
    pub(super) stretches: Vec<Stretch>,
    tags: Vec<Tag>,
    names: Vec<Span>,
}

/// The items between two ends of sentences, and what they hold.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Of its first verb.
    pub(super) subject: Option<Phrase>,
    pub(super) has_quotation: bool,
    /// How many tags and names there are up to its end.
    tags: usize,
    names: usize,
}

/// A sentence that only tells who said the quotation before it is no longer.
const LONGEST_TAG: usize = 8;

impl Outline {
    /// Reads the sentences of a paragraph and its outermost quotations.
    pub(super) fn read(text: &str, sentences: &[Span], quotations: &[Quotation], hearing: Hearing) -> Self {
        let Passage { items, slight } = Passage::read(text, sentences, quotations, hearing);
        let mut outline = Outline { quotations: quotations.to_vec(), slight, ..Outline::default() };
        outline.stretches.reserve(sentences.len());
        outline.opens_with_quotation = items.first().is_some_and(Item::is_quotation);
        outline.answered = sentences.iter().filter_map(|sentence| answered(text, *sentence)).collect();
        let mut start = 0;
        while start < items.len() {
            let end = stretch_end(text, &items, start);
            outline.add(text, &items, start, end);
            start = end;
        }
        if !outline.tags.is_empty() || outline.stretches.iter().any(|stretch| stretch.has_quotation) {
            outline.items = items;
        }
        outline
    }

    fn add(&mut self, text: &str, items: &[Item], start: usize, end: usize) {
        let run = &items[start..end];
        let has_quotation = run.iter().any(Item::is_quotation);
        let room = MOST_STRANGERS.saturating_sub(self.names.len());
        self.names.extend(phrase::names(run, text).take(room));
        if has_quotation {
            let quotations = run.iter().filter(|item| item.is_quotation());
            let room = MOST_STRANGERS.saturating_sub(self.names.len());
            self.names.extend(quotations.flat_map(|item| phrase::names_in(item.span, text)).take(room));
        }
        Run::new(text, items, start, end).tags(&mut self.tags);
        let subject = phrase::first(items, start, end, text);
        let (tags, names) = (self.tags.len(), self.names.len());
        self.stretches.push(Stretch { start, end, subject, has_quotation, tags, names });
    }

    /// The attributions of a stretch.
    pub(super) fn tags(&self, stretch: usize) -> &[Tag] {
        let from = stretch.checked_sub(1).map_or(0, |before| self.stretches[before].tags);
        &self.tags[from..self.stretches[stretch].tags]
    }

    /// The names in it, whoever bears them; of a paragraph there are so many at most as are remembered.
    pub(super) fn names(&self, stretch: usize) -> &[Span] {
        let from = stretch.checked_sub(1).map_or(0, |before| self.stretches[before].names);
        &self.names[from..self.stretches[stretch].names]
    }
}

/// What a sentence says that begins with `>`, as in replies.
fn answered(text: &str, sentence: Span) -> Option<Span> {
    let sentence_text = sentence.of(text);
    let inner = sentence_text.starts_with('>').then(|| sentence_text.trim_start_matches(['>', ' ']))?;
    Some(Span::new(sentence.end - inner.len(), sentence.end))
}

/// Where the stretch that starts at `start` ends. `“Why?” Anna asked.` is one, though the question mark parts it.
fn stretch_end(text: &str, items: &[Item], start: usize) -> usize {
    let is_break = |&at: &usize| items[at].gap.has(Gap::BREAK);
    let next_break = |from: usize| (from..items.len()).find(is_break).unwrap_or(items.len());
    let end = next_break(start + 1);
    if !items[end - 1].is_quotation() || end == items.len() {
        return end;
    }
    let further = next_break(end + 1);
    if further - end > LONGEST_TAG {
        return end;
    }
    let mut tags = Vec::new();
    Run::new(text, items, end - 1, further).tags(&mut tags);
    match tags.as_slice() {
        [tag] if tag.said == Said::Around && tag.from == end && !is_reply(items, tag) => further,
        _ => end,
    }
}

/// `“They have left.” The crowd answered.`: a sentence of its own, which tells of what came next.
fn is_reply(items: &[Item], tag: &Tag) -> bool {
    let is_verb = |item: &&Item| tag.verb.is_some_and(|verb| item.span.start == verb.start);
    items[tag.from..tag.to].iter().find(is_verb).is_some_and(|verb| verb.is(Class::REPLY))
}
