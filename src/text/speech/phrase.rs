//! Noun phrases beside a verb: who speaks.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::SpeakerKind;
use super::lexicon::{Class, ENGLISH, Form};
use super::passage::{Gap, Item};
use crate::text::Span;

/// Which pronouns may stand for a speaker, as far as the words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gender {
    He,
    She,
    /// A person, by a role.
    Either,
    /// A name that may be anybody's.
    Unknown,
    It,
    They,
}

/// Items that name a speaker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phrase {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) span: Span,
    pub(super) kind: SpeakerKind,
    pub(super) gender: Gender,
    /// “I”, “we”: the author.
    pub(super) is_first: bool,
}

impl Phrase {
    /// Whether it names people rather than a paper or a body.
    pub(super) fn is_person(&self) -> bool {
        let is_people = matches!(self.gender, Gender::He | Gender::She | Gender::Either | Gender::They);
        is_people || self.kind != SpeakerKind::NounPhrase && self.gender != Gender::It
    }
}

/// How a subject was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Right beside the verb.
    Beside,
    /// With an apposition or relative clause between.
    Apposed,
    /// The verb stands in a relative clause behind it.
    Relative,
}

/// A verb with its auxiliaries, and the subject before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) phrase: Option<(Phrase, Link)>,
    /// The first item of subject and verb.
    pub(super) from: usize,
    pub(super) is_passive: bool,
    pub(super) is_progressive: bool,
    pub(super) is_negated: bool,
    pub(super) has_modal: bool,
    pub(super) has_auxiliary: bool,
    pub(super) is_infinitive: bool,
    /// “and”, “but”, “then” or nothing before it: whose subject stands further ahead.
    pub(super) is_elided: bool,
}

/// A subject is not looked for further away.
const FARTHEST: usize = 24;

/// Relative clauses in relative clauses.
const DEEPEST: u8 = 2;

/// Commas, dashes and brackets, which may enclose an apposition.
const ASIDE: Gap = Gap::LIGHT.and(Gap::BRACKET);

/// What stands before the verb at `verb`, within its run, which starts at `run`.
pub(super) fn subject(items: &[Item], run: usize, verb: usize, text: &str) -> Subject {
    let mut found = Subject {
        phrase: None,
        from: verb,
        is_passive: false,
        is_progressive: false,
        is_negated: false,
        has_modal: false,
        has_auxiliary: false,
        is_infinitive: false,
        is_elided: false,
    };
    let mut at = verb;
    while at > run && is_tight(items, at) {
        let before = &items[at - 1];
        let is_time = before.is(Class::TIME) && at >= run + 2 && items[at - 2].is(Class::PREPOSITION);
        if is_time {
            at -= 2;
            continue;
        }
        let is_owned_pronoun = before.is(Class::PERSONAL);
        if !before.is(Class::HELPER.and(Class::ADVERB_LIKE).and(Class::NEGATION))
            || (before.is(Class::PREPOSITION) && !before.is(Class::NEGATION))
        {
            break;
        }
        found.has_auxiliary |= before.is(Class::AUXILIARY);
        found.has_modal |= before.is(Class::MODAL);
        found.is_negated |= before.is(Class::NEGATION);
        found.is_passive |= before.is(Class::BE) && items[verb].has_form(&[Form::Participle]);
        found.is_progressive |= before.is(Class::BE) && items[verb].has_form(&[Form::Ing]);
        if is_owned_pronoun {
            break;
        }
        at -= 1;
    }
    found.from = at;
    if at == run {
        found.is_elided = true;
        return found;
    }
    if items[at - 1].is(Class::TO) && is_tight(items, at) {
        found.is_infinitive = true;
        return found;
    }
    found.phrase = match () {
        // `DENVER — Two states filed a suit, saying`: a participle behind a comma has the subject of its clause.
        () if items[at].gap.has(ASIDE) && at == verb && items[verb].has_form(&[Form::Ing]) => None,
        () if items[at].gap.has(ASIDE) => beyond_aside(items, run, at, text),
        () if is_tight(items, at) => before(items, run, at, text, DEEPEST),
        () => None,
    };
    found.is_elided = found.phrase.is_none()
        && (items[at - 1].is(Class::CONJUNCTION) || items[at].gap.has(Gap::COMMA) || items[at].is(Class::CONJUNCTION));
    if let Some((phrase, _)) = found.phrase {
        found.from = phrase.from;
    }
    found
}

fn is_tight(items: &[Item], at: usize) -> bool {
    items[at].gap.is_none() && !items[at].is_quotation()
}

/// `Mr Hale, who owns the pier, said`; `The chairman, Mr Hale, said`.
fn beyond_aside(items: &[Item], run: usize, end: usize, text: &str) -> Option<(Phrase, Link)> {
    let farthest = run.max(end.saturating_sub(FARTHEST));
    let open = (farthest + 1..end).rev().find(|&at| items[at].gap.has(ASIDE))?;
    if items[open..end].iter().any(Item::is_quotation) || items[open].is(Class::CONJUNCTION) {
        return None;
    }
    // `Sue Park, 34, a nurse, said`
    let has_age = open > run + 1 && items[open - 1].is(Class::NUMBER) && items[open - 1].gap.has(Gap::COMMA);
    let (outer, _) = before(items, run, open - usize::from(has_age), text, DEEPEST)?;
    let starts_clause = items[open].is(Class::PRONOUN) && !items[open].is(Class::DETERMINER);
    if starts_clause && items[open].span.of(text) != "who" || outer.is_first {
        return None;
    }
    // A place, as in `Selma, Alabama, said`, does not speak for the man.
    let inner = whole(items, open, end, text);
    let named = inner.filter(|inner| {
        outer.kind == SpeakerKind::NounPhrase
            && matches!(inner.kind, SpeakerKind::Name | SpeakerKind::Title)
            && !items[open..end].iter().any(|item| item.is(Class::PREPOSITION))
    });
    let speaker = named.map_or(outer, |mut inner| {
        inner.gender = more_telling(inner.gender, outer.gender);
        inner
    });
    Some((Phrase { from: outer.from, ..speaker }, Link::Apposed))
}

fn more_telling(of_name: Gender, of_role: Gender) -> Gender {
    if of_name == Gender::Unknown { of_role } else { of_name }
}

/// The noun phrase that ends before `end`.
fn before(items: &[Item], run: usize, end: usize, text: &str, depth: u8) -> Option<(Phrase, Link)> {
    let nearest = end.checked_sub(1).filter(|&at| at >= run && !items[at].is_quotation())?;
    let personal = Class::PERSONAL;
    if items[nearest].is(personal) && !items[nearest].is(Class::MARKER) && items[nearest].span.of(text) != "who" {
        return name(items, nearest, end, text).map(|phrase| (phrase, Link::Beside));
    }
    let mut from = end;
    let mut joint = None;
    let mut relative = None;
    let mut is_cut_by_verb = false;
    while from > run {
        let at = from - 1;
        let item = &items[at];
        if end - at > FARTHEST || item.is_quotation() {
            break;
        }
        if is_relative(item, text) {
            relative = Some(at);
            break;
        }
        if stops(items, run, at) {
            let is_verb = item.is(VERBAL.and(Class::HEARSAY)) && !item.is(Class::SUBORDINATOR);
            relative = is_verb.then(|| relative_further(items, run, at, text)).flatten();
            is_cut_by_verb = relative.is_some();
            break;
        }
        if item.is(Class::CONJUNCTION) {
            if joint.is_some() || at == run || end == at + 1 {
                break;
            }
            joint = Some(at);
        }
        from = at;
        if !item.gap.is_none() {
            break;
        }
    }
    if let Some(who) = relative {
        let starts_phrase = Class::MARKER.and(Class::PRONOUN).and(Class::CAPITAL);
        let is_subject_of_verb = from == end
            || is_cut_by_verb
            || items[from].is(VERBAL)
            || who + 1 == from && !items[from].is(starts_phrase);
        if is_subject_of_verb && who > run && depth > 0 {
            let phrase = before(items, run, who, text, depth - 1)
                .map(|(phrase, _)| phrase)
                .filter(|phrase| phrase.from == run || !items[phrase.from - 1].is(Class::HELPER))
                .or_else(|| chunk(items, run, who, text))?;
            let phrase = named_before(items, run, &phrase, text).unwrap_or(phrase);
            let link = if from == end { Link::Relative } else { Link::Apposed };
            return Some((phrase, link));
        }
    }
    if let Some(joint) = joint.filter(|joint| *joint > from) {
        let is_list = whole(items, from, joint, text).is_some_and(|left| left.kind != SpeakerKind::Pronoun)
            && !items[from..joint].iter().any(|item| item.is(Class::PAST_LIKE))
            && whole(items, joint + 1, end, text).is_some();
        if !is_list {
            from = joint + 1;
        }
    }
    let phrase = whole(items, from, end, text)?;
    Some((phrase, Link::Beside))
}

/// The name to which a role is added: `Anna Hale | , the owner, (who said)`.
fn named_before(items: &[Item], run: usize, role: &Phrase, text: &str) -> Option<Phrase> {
    let is_added = role.kind == SpeakerKind::NounPhrase && role.from > run && items[role.from].gap.has(Gap::COMMA);
    let is_part =
        |item: &Item| item.is(Class::CAPITAL.and(Class::PARTICLE)) && !item.is(Class::MARKER) && !item.is_quotation();
    let mut from = role.from;
    while is_added && from > run && is_part(&items[from - 1]) && (from == role.from || items[from].gap.is_none()) {
        from -= 1;
    }
    let name = name(items, from, role.from, text)?;
    let is_person = items[role.from..role.to].iter().any(|item| item.is(ROLE));
    let name = Phrase { gender: more_telling(name.gender, role.gender), ..name };
    (is_person && matches!(name.kind, SpeakerKind::Name | SpeakerKind::Title)).then_some(name)
}

/// The noun phrase that ends before `end`, back to its article or through its capitals, whatever governs it.
pub(super) fn chunk(items: &[Item], run: usize, end: usize, text: &str) -> Option<Phrase> {
    let mut from = end;
    while from > run && end - from < 8 {
        let item = &items[from - 1];
        let is_outside = item.is(Class::PREPOSITION
            .and(Class::AUXILIARY)
            .and(Class::FINITE)
            .and(Class::PRONOUN)
            .and(Class::CONJUNCTION));
        let is_finite = is_finite_behind_noun(items, run, from - 1);
        if item.is_quotation() || is_outside && !item.is(Class::DETERMINER) || is_finite {
            break;
        }
        from -= 1;
        if item.is(Class::MARKER) || !item.gap.is_none() {
            break;
        }
    }
    // `has angered | fishermen`
    let is_verb = from + 1 < end && from > run && items[from].is(Class::PAST_LIKE) && items[from - 1].is(Class::HELPER);
    name(items, from + usize::from(is_verb), end, text)
}

/// Whether a past form stands behind a name or a word for people, as their verb: `Lang rejected | Hale’s`, `officials raised | serious
/// doubts`; not `the workers employed by the firm`, `residents affected said`.
fn is_finite_behind_noun(items: &[Item], run: usize, at: usize) -> bool {
    let item = &items[at];
    let is_past = item.is(Class::PAST_LIKE) || item.is(Class::VERB.and(Class::HEARSAY)) && item.has_form(&[Form::Past]);
    if !is_past || item.is(Class::CAPITAL.and(ROLE).and(Class::NAMING)) || at == run || !item.gap.is_none() {
        return false;
    }
    let behind_noun =
        items[at - 1].is(Class::CAPITAL.and(Class::PEOPLE).and(Class::PERSONAL)) && !items[at - 1].is(Class::MARKED);
    let goes_on = items.get(at + 1).is_some_and(|next| {
        let is_object = !next.is(Class::VERB) || next.is(Class::NOUN) || next.has_form(&[Form::Ing]);
        next.gap.is_none() && !next.is(Class::PREPOSITION) && is_object
    });
    behind_noun && goes_on
}

const VERBAL: Class = Class::PREDICATE.and(Class::PAST_LIKE).and(Class::VERB);

fn is_relative(item: &Item, text: &str) -> bool {
    item.is(Class::SUBORDINATOR.and(Class::PRONOUN)) && matches!(item.span.of(text), "who" | "which" | "that" | "Who")
}

/// Whether the item at `at` cannot be part of the noun phrase behind it.
fn stops(items: &[Item], run: usize, at: usize) -> bool {
    let item = &items[at];
    let follows_determiner = at > run && items[at - 1].is(Class::MARKED);
    let is_nominal =
        Class::NOUN.and(Class::IT).and(Class::PERSON).and(Class::TITLE).and(Class::THEY).and(Class::PREPOSITION);
    let is_verb = item.is(Class::VERB)
        && item.has_form(&[Form::Past, Form::Present, Form::Ing])
        && !item.is(is_nominal)
        && !follows_determiner
        && !item.is(Class::CAPITAL);
    let is_clause = item.is(Class::SUBORDINATOR) && !item.is(Class::PREPOSITION);
    is_clause
        || item.is(Class::MODAL)
        || (item.is(Class::AUXILIARY) && !item.is(Class::PERSONAL))
        || (item.is(Class::FINITE) && !follows_determiner)
        || (item.is(Class::HEARSAY)
            && item.has_form(&[Form::Past, Form::Present])
            && !follows_determiner
            && !item.is(Class::CAPITAL))
        || is_finite_behind_noun(items, run, at)
        || is_verb
}

/// A relative pronoun shortly before, as in `the man who was there said`.
fn relative_further(items: &[Item], run: usize, at: usize, text: &str) -> Option<usize> {
    let nearest = run.max(at.saturating_sub(8));
    (nearest..=at).rev().take_while(|&at| !items[at].is_quotation()).find(|&at| is_relative(&items[at], text))
}

/// The items from `from` to before `to` as a noun phrase, without what stands before it in the clause.
fn whole(items: &[Item], mut from: usize, to: usize, text: &str) -> Option<Phrase> {
    while from < to {
        let item = &items[from];
        let is_lead = item.is(Class::CONJUNCTION.and(Class::LY).and(Class::TIME))
            || (item.is(Class::ADVERBIAL) && !item.is(Class::PREPOSITION.and(Class::DETERMINER).and(Class::NUMBER)));
        if !is_lead || from + 1 == to {
            break;
        }
        from += 1;
    }
    if from >= to {
        return None;
    }
    if items[from].is(Class::PREPOSITION) && !items[from].is(Class::PRONOUN) {
        from = behind_preposition(items, from, to)?;
    }
    name(items, from, to, text)
}

/// `In a letter to owners | the company`: the last noun phrase that no preposition governs.
fn behind_preposition(items: &[Item], from: usize, to: usize) -> Option<usize> {
    let opens = |at: usize| {
        let (item, before) = (&items[at], &items[at - 1]);
        let starts = item.is(Class::MARKER.and(Class::PRONOUN).and(Class::FIRST))
            || (item.is(Class::CAPITAL) && !before.is(Class::CAPITAL.and(Class::OWNER).and(Class::PARTICLE)));
        let starts = starts || item.is(Class::CAPITAL) && before.is(Class::TIME);
        starts && !before.is(Class::MARKER.and(Class::PREPOSITION).and(Class::CONJUNCTION))
    };
    (from + 2..to).rev().find(|&at| opens(at))
}

/// Determiners that are subjects too: `some say`.
pub(super) fn stands_alone(word: &str) -> bool {
    let words = ["some", "many", "several", "most", "both", "few", "all"];
    let may_be = (3..=7).contains(&word.len()) && matches!(word.as_bytes()[0] | 0x20, b's' | b'm' | b'b' | b'f' | b'a');
    may_be && words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Pronouns that name nobody, and stand for nobody who was named: `everyone laughed`.
fn is_anybody(item: &Item, text: &str) -> bool {
    let words = ["everyone", "everybody", "anyone", "anybody", "someone", "somebody", "others", "each"];
    let word = item.span.of(text);
    (4..=9).contains(&word.len()) && words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// What the items name, if they name anybody.
fn name(items: &[Item], from: usize, to: usize, text: &str) -> Option<Phrase> {
    let words = items.get(from..to)?;
    let (first, last) = (words.first()?, words.last()?);
    if words.len() == 1 && (stands_alone(first.span.of(text)) || is_anybody(first, text)) {
        let span = first.span;
        return Some(Phrase { from, to, span, kind: SpeakerKind::Pronoun, gender: Gender::Unknown, is_first: false });
    }
    if words.iter().any(Item::is_quotation)
        || last.is(Class::DETERMINER) && words.len() == 1 && !last.is(Class::PRONOUN) && !last.is(Class::NUMBER)
    {
        return None;
    }
    let no_end = Class::PREPOSITION.and(Class::CONJUNCTION).and(Class::POSSESSIVE).and(Class::LY);
    if last.is(no_end) && !last.is(Class::CAPITAL) && !last.is(Class::OBJECT) || last.is(Class::OWNER) {
        return None;
    }
    let span = Span::new(first.span.start, last.span.end);
    let phrase =
        |kind, gender| Phrase { from, to, span, kind, gender, is_first: words.len() == 1 && first.is(Class::FIRST) };
    if words.len() == 1 && first.is(Class::PERSONAL) {
        return Some(phrase(SpeakerKind::Pronoun, pronoun_gender(first.span.of(text))));
    }
    let with_pronoun = words.iter().any(|item| item.is(Class::PRONOUN) && !item.is(Class::DETERMINER));
    let with_object = words
        .iter()
        .any(|item| item.is(Class::OBJECT) && !item.is(Class::MARKER.and(Class::PRONOUN).and(Class::CAPITAL)));
    let is_word = words.len() == 1
        && !first.is(ROLE.and(Class::CAPITAL).and(Class::DETERMINER))
        && !first.span.of(text).ends_with('s');
    if with_object || is_word || first.span.of(text).eq_ignore_ascii_case("let") {
        return None;
    }
    if with_pronoun
        || (words.len() == 1
            && first.is(Class::OBJECT.and(Class::POSSESSIVE).and(Class::ADVERBIAL).and(Class::SUBORDINATOR)))
    {
        return None;
    }
    // Up to the first preposition or participle: the head ends there.
    let core =
        words.iter().position(|item| item.is(Class::PREPOSITION.and(Class::PAST_LIKE)) && item.span != first.span);
    let core = &words[..core.unwrap_or(words.len())];
    Some(phrase(kind_of(core), gender_of(core, text)))
}

const ROLE: Class = Class::PEOPLE.and(Class::TITLE);

/// A capitalised word of no list.
fn is_name(item: &Item) -> bool {
    item.is(Class::CAPITAL)
        && !item.is(ROLE.and(Class::DETERMINER).and(Class::PREPOSITION).and(Class::TIME).and(Class::ADVERBIAL))
}

fn kind_of(core: &[Item]) -> SpeakerKind {
    let (Some(first), Some(last)) = (core.first(), core.last()) else { return SpeakerKind::NounPhrase };
    let is_joined = core.iter().any(|item| item.is(Class::CONJUNCTION));
    let plural = last.is(Class::THEY.and(Class::IT));
    if is_joined || plural || !is_name(last) {
        return SpeakerKind::NounPhrase;
    }
    let all_capital = core.iter().all(|item| item.is(Class::CAPITAL.and(Class::PARTICLE).and(Class::NUMBER)));
    match core.iter().rposition(|item| item.is(ROLE) && !item.is(Class::OWNER)) {
        Some(role)
            if role + 1 < core.len()
                && core[role + 1..].iter().all(|item| {
                    is_name(item) || item.is(Class::PARTICLE) || item.is(Class::CAPITAL) && item.is(Class::TIME)
                }) =>
        {
            SpeakerKind::Title
        }
        // A word that only the sentence's start made a capital.
        None if core.len() == 1 && first.gap.has(Gap::BREAK) && first.is(Class::PAST_LIKE.and(Class::LY)) => {
            SpeakerKind::NounPhrase
        }
        None if all_capital => SpeakerKind::Name,
        _ => SpeakerKind::NounPhrase,
    }
}

fn gender_of(core: &[Item], text: &str) -> Gender {
    if core.iter().any(|item| item.is(Class::CONJUNCTION)) {
        return Gender::They;
    }
    let known = core.iter().rev().find(|item| !item.is(Class::OWNER) && item.is(Class::PEOPLE.and(Class::TITLE)));
    match known {
        Some(item) if item.is(Class::HE) => Gender::He,
        Some(item) if item.is(Class::SHE) => Gender::She,
        Some(item) if item.is(Class::THEY) => Gender::They,
        Some(item) if item.is(Class::IT) => Gender::It,
        Some(_) => given_gender(core, text).unwrap_or(Gender::Either),
        None if core.last().is_some_and(is_name) => given_gender(core, text).unwrap_or(Gender::Unknown),
        None if core.first().is_some_and(|first| first.is(Class::MARKER)) => Gender::Unknown,
        None => Gender::They,
    }
}

/// What a given name before a surname tells: `the economist Anna | Hale`.
fn given_gender(core: &[Item], text: &str) -> Option<Gender> {
    let from = core.iter().rposition(|item| !is_name(item)).map_or(0, |at| at + 1);
    let [given, _, ..] = &core[from..] else { return None };
    given_name(given.span.of(text))
}

/// Of whom a given name is.
pub(super) fn given_name(name: &str) -> Option<Gender> {
    GIVEN.get(name.to_lowercase().as_str()).copied()
}

static GIVEN: LazyLock<HashMap<&str, Gender>> = LazyLock::new(|| {
    let lines = include_str!("given.txt").lines().filter(|line| !line.starts_with('#'));
    let names = |line: &'static str| {
        let mut words = line.split(' ');
        let gender = if words.next() == Some("he") { Gender::He } else { Gender::She };
        words.map(move |name| (name, gender))
    };
    lines.flat_map(names).collect()
});

fn pronoun_gender(word: &str) -> Gender {
    let word = word.split(['\'', '’']).next().unwrap_or(word);
    match () {
        () if word.eq_ignore_ascii_case("he") => Gender::He,
        () if word.eq_ignore_ascii_case("she") => Gender::She,
        () if word.eq_ignore_ascii_case("it") => Gender::It,
        () if word.eq_ignore_ascii_case("they") => Gender::They,
        () => Gender::Unknown,
    }
}

/// The noun phrase that starts at `from`: `said | the head of the union, Anna Hale, in a letter`.
pub(super) fn after(items: &[Item], from: usize, run_end: usize, text: &str) -> Option<(Phrase, Link)> {
    let (mut phrase, end) = after_plain(items, from, run_end, text)?;
    let is_apposed =
        items.get(end).is_some_and(|next| end < run_end && next.gap.has(Gap::COMMA) && next.is(Class::CAPITAL));
    if phrase.kind == SpeakerKind::NounPhrase
        && is_apposed
        && let Some((named, named_end)) = after_plain(items, end, run_end, text)
        && matches!(named.kind, SpeakerKind::Name | SpeakerKind::Title)
        && (named_end == run_end || !items[named_end].gap.is_none() || items[named_end].is(Class::PREPOSITION))
    {
        let gender = more_telling(named.gender, phrase.gender);
        phrase = Phrase { from: phrase.from, gender, ..named };
        return Some((phrase, Link::Apposed));
    }
    Some((phrase, Link::Beside))
}

/// `a diplomat in Geneva`, `a woman in the crowd`, but not `in an interview`, `on Monday`.
fn places(items: &[Item], at: usize, from: usize, run_end: usize, text: &str) -> bool {
    if at == from || !matches!(items[at].span.of(text), "in" | "at" | "from" | "near") {
        return false;
    }
    let mut noun = at + 1;
    while noun < run_end && items[noun].gap.is_none() && items[noun].is(Class::MARKER) {
        noun += 1;
    }
    let is_noun = |item: &&Item| {
        item.gap.is_none()
            && !item.is_quotation()
            && !item.is(Class::NUMBER.and(Class::TIME).and(Class::SETTING).and(Class::ADVERBIAL))
    };
    let is_setting =
        items.get(noun + 1).is_some_and(|next| noun + 1 < run_end && next.gap.is_none() && next.is(Class::SETTING));
    noun < run_end && items.get(noun).filter(is_noun).is_some() && !is_setting
}

/// Also where it ends.
fn after_plain(items: &[Item], from: usize, run_end: usize, text: &str) -> Option<(Phrase, usize)> {
    let mut end = from;
    while end < run_end && end - from < FARTHEST {
        let item = &items[end];
        if item.is_quotation() || (end > from && !item.gap.is_none()) {
            break;
        }
        let is_joint = item.is(Class::CONJUNCTION)
            && end > from
            && items.get(end + 1).is_some_and(|next| {
                end + 1 < run_end && next.is(Class::MARKER.and(Class::CAPITAL)) && next.gap.is_none()
            });
        let links = matches!(item.span.of(text), "of" | "for") && end > from;
        let follows_link = end > from && matches!(items[end - 1].span.of(text), "of" | "for");
        let is_other_preposition = item.is(Class::PREPOSITION) && !links && !places(items, end, from, run_end, text);
        let stop = (item.is(Class::PREDICATE) && !item.is(Class::CAPITAL))
            || (item.is(Class::OBJECT) && !item.is(Class::POSSESSIVE) && !item.is(Class::CAPITAL))
            || (item.is(Class::PAST_LIKE) && end > from && !items[end - 1].is(Class::DETERMINER))
            || (item.is(Class::SUBORDINATOR) && !item.is(Class::DETERMINER))
            || item.is(Class::THAT)
            || (item.is(Class::MARKER)
                && end > from
                && !items[end - 1].is(Class::PREPOSITION.and(Class::CONJUNCTION).and(Class::DETERMINER)))
            || (item.is(Class::PRONOUN) && !item.is(Class::DETERMINER) && end > from)
            || (item.is(Class::CONJUNCTION) && !is_joint)
            || (is_other_preposition && !item.is(Class::DETERMINER))
            || (item.is(Class::ADVERB_LIKE.and(Class::TIME))
                && !follows_link
                && !item.is(Class::DETERMINER)
                && end > from)
            || (item.is(Class::VERB)
                && !item.is(ROLE.and(Class::NOUN).and(Class::CAPITAL))
                && end > from
                && items[end - 1].is(Class::CAPITAL.and(Class::PRONOUN)));
        if stop {
            break;
        }
        end += 1;
        if item.is(Class::PRONOUN) && end == from + 1 && !item.is(Class::DETERMINER) {
            break;
        }
    }
    let phrase = name(items, from, end, text)?;
    Some((phrase, end))
}

/// Names in a run that may be somebody's: capitalised words of no list. Not a first word by itself, which any word may be, and not
/// what stands behind *in*, *at*, *near*.
pub(super) fn names<'a>(run: &'a [Item], text: &'a str) -> impl Iterator<Item = Span> + 'a {
    let is_named = |item: &Item| item.is(Class::CAPITAL) && item.entry == 0 && !item.is_quotation();
    let mut in_place = false;
    run.iter().enumerate().filter(move |(_, item)| is_named(item)).filter_map(move |(at, item)| {
        let before = at.checked_sub(1).map(|before| &run[before]).filter(|_| item.gap.is_none());
        let follows_name = before.is_some_and(is_named);
        in_place = in_place && follows_name
            || before.is_some_and(|before| matches!(before.span.of(text), "in" | "In" | "at" | "At" | "near" | "Near"));
        let opens_name = run.get(at + 1).is_some_and(|next| next.gap.is_none() && is_named(next));
        let is_first = item.gap.has(Gap::BREAK) && !opens_name;
        (!is_first && !in_place).then_some(item.span)
    })
}

/// The same in the words of a quotation.
pub(super) fn names_in(quotation: Span, text: &str) -> impl Iterator<Item = Span> + '_ {
    let (mut end, mut opens) = (quotation.start, true);
    std::iter::from_fn(move || {
        while end < quotation.end {
            let start = end;
            let blank = memchr::memchr2(b' ', b'\n', &text.as_bytes()[start..quotation.end]);
            end = blank.map_or(quotation.end, |at| start + at + 1);
            let piece = &text[start..end];
            let is_first = std::mem::replace(&mut opens, ends_sentence(piece));
            if let Some(word) = name_of(piece).filter(|_| !is_first) {
                let from = start + word.start;
                return Some(Span::new(from, start + word.end));
            }
        }
        None
    })
}

/// Whether a word with what stands beside it ends in a mark behind which any word has a capital.
fn ends_sentence(piece: &str) -> bool {
    match piece.strip_suffix([' ', '\n']).unwrap_or(piece).as_bytes().last() {
        Some(last @ b'!'..=b'~') => matches!(last, b'.' | b'!' | b'?' | b':' | b'"'),
        _ => piece.trim_end().ends_with(['.', '!', '?', ':', '“', '"']),
    }
}

/// Where in a word with what stands beside it a name stands.
fn name_of(piece: &str) -> Option<Span> {
    if matches!(piece.as_bytes()[0], b'a'..=b'z' | b'0'..=b'9') {
        return None;
    }
    let word = piece.trim_start_matches(|c: char| !c.is_alphanumeric());
    let from = piece.len() - word.len();
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    let is_name = word.len() > 1 && word.starts_with(char::is_uppercase) && ENGLISH.find(word) == 0;
    is_name.then(|| Span::new(from, from + word.len()))
}

/// The first noun phrase of a run: the subject of its first verb.
pub(super) fn first(items: &[Item], run: usize, run_end: usize, text: &str) -> Option<Phrase> {
    let limit = run_end.min(run + FARTHEST);
    let is_finite = |item: &Item| {
        item.is(Class::PREDICATE)
            || item.is(Class::PAST_LIKE)
            || (item.is(Class::VERB) && item.has_form(&[Form::Past, Form::Present]))
    };
    let mut verbs = (run + 1..limit).filter(|&at| is_finite(&items[at]) && !items[at].is_quotation());
    let subject_of = |verb: usize| subject(items, run, verb, text).phrase.map(|(phrase, _)| phrase);
    let verb = verbs.next()?;
    // `Two states | filed`: not a verb, but part of what the next one has for its subject.
    let may_be_noun = !items[verb].is(Class::PREDICATE) && items[verb].has_form(&[Form::Present]);
    let is_noun_of = |phrase: &Phrase| (phrase.from..phrase.to).contains(&verb);
    subject_of(verb).or_else(|| verbs.next().filter(|_| may_be_noun).and_then(subject_of).filter(is_noun_of))
}

/// The noun phrase whose last word is the possessive at `at`, looked for back to `run`.
pub(super) fn owner(items: &[Item], run: usize, at: usize, text: &str) -> Option<Phrase> {
    let mut bare: Vec<Item> = items[run.max(at.saturating_sub(12))..=at].to_vec();
    let base = at + 1 - bare.len();
    let last = bare.last_mut()?;
    let word = last.span.of(text);
    let stem = word.find(['\'', '’']).unwrap_or(word.len());
    last.span = Span::new(last.span.start, last.span.start + stem);
    last.class.remove(Class::OWNER);
    let phrase = chunk(&bare, 0, bare.len(), text)?;
    Some(Phrase { from: phrase.from + base, to: phrase.to + base, ..phrase })
}
