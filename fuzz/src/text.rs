//! Bytes → units → sentences, quotations and reported speech.

use rhetor::text::quote::{Quotation, quotations};
use rhetor::text::sentence;
use rhetor::text::speech::{Carried, speech, speech_after};
use rhetor::text::unit::{Splitter, Unit, UnitKind};
use rhetor::text::{Span, visible};

const KINDS: [UnitKind; 4] = [UnitKind::Sentence, UnitKind::Line, UnitKind::Paragraph, UnitKind::Document];
const LANGUAGES: [&str; 4] = ["english", "german", "french", "none"];

fn units_of<'a>(kind: UnitKind, most: usize, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Unit> {
    let (mut splitter, mut units) = (Splitter::new(kind, most), Vec::new());
    pieces.for_each(|piece| splitter.push(piece, &mut units));
    splitter.finish(&mut units);
    units
}

/// Any cutting of the stream gives the same units; they stand in order, and each character is found in the input on its line; joined they
/// give back the input.
pub fn units(data: &[u8]) {
    let (first, data) = super::split(data);
    let kind = KINDS[usize::from(first & 3)];
    let most = if first & 4 == 0 { 1 << 20 } else { usize::from(first >> 3) + 4 };
    let whole = units_of(kind, most, std::iter::once(data));
    assert_eq!(units_of(kind, most, data.chunks(1)), whole, "byte by byte");
    let step = usize::from(first >> 3) + 2;
    assert_eq!(units_of(kind, most, data.chunks(step)), whole, "in pieces of {step}");
    let mut end = 0;
    for (unit, index) in whole.iter().zip(1..) {
        assert_eq!(unit.index, index);
        assert!(end <= unit.start && unit.start <= unit.end && unit.end <= data.len() as u64, "{unit:?}");
        assert_eq!(unit.raw(unit.text.len()), unit.end);
        assert!(unit.breaks.is_sorted() && unit.breaks.iter().all(|at| unit.text.is_char_boundary(*at)), "{unit:?}");
        end = unit.end;
        stands(unit, data);
    }
    if whole.iter().all(|unit| !unit.truncated) {
        joined(kind, &whole, data);
    }
}

fn stands(unit: &Unit, data: &[u8]) {
    let mut last = (0, 1);
    for (at, c) in unit.text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let raw = unit.raw(at) as usize;
        let decoded = data[raw..].utf8_chunks().next().expect("a character stands there");
        let there = decoded.valid().chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
        assert_eq!(there, c, "{at} of {unit:?}");
        assert!(last.0 <= raw, "{unit:?}");
        let newlines = data[last.0..raw].iter().filter(|byte| **byte == b'\n').count() as u64;
        last = (raw, last.1 + newlines);
        assert_eq!(unit.line_at(at), last.1, "{at} of {unit:?}");
    }
}

fn joined(kind: UnitKind, units: &[Unit], data: &[u8]) {
    let input = String::from_utf8_lossy(data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data));
    let texts = units.iter().map(|unit| unit.text.as_str());
    match kind {
        UnitKind::Document => assert_eq!(texts.collect::<String>(), input),
        UnitKind::Line => {
            let expected = input.strip_suffix('\n').unwrap_or(&input).split('\n');
            let expected = expected.map(|line| line.strip_suffix('\r').unwrap_or(line));
            assert!(input.is_empty() && units.is_empty() || texts.eq(expected), "{units:?}");
        }
        UnitKind::Sentence | UnitKind::Paragraph => {
            let dense = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(dense(&texts.collect::<String>()), dense(&input));
        }
    }
}

/// Sentences stand in order on character boundaries, hold no blank at their ends, and leave out nothing but blanks. A text made visible
/// has no control character, as many characters as before, and stays as it is.
pub fn sentences(data: &[u8]) {
    let (first, data) = super::split(data);
    let text = String::from_utf8_lossy(data);
    let seen = visible(&text);
    assert!(!seen.chars().any(char::is_control));
    assert_eq!(seen.chars().count(), text.chars().count());
    assert_eq!(visible(&seen), seen);
    let breaks: Vec<usize> = (1..usize::from(first >> 2)).map(|i| i * 5).collect();
    let mut last = 0;
    for span in sentence::sentences(&text, &breaks, LANGUAGES[usize::from(first & 3)]) {
        assert!(last <= span.start && !span.is_empty());
        assert!(text[last..span.start].trim().is_empty(), "{:?} is lost", &text[last..span.start]);
        assert_eq!(span.of(&text).trim(), span.of(&text));
        last = span.end;
    }
    assert!(text[last..].trim().is_empty(), "{:?} is lost", &text[last..]);
}

/// Quotations stand in order and nest or lie apart, each inside its marks; what is reported stands in order, apart from its speaker. What
/// paragraphs pass on to each other never makes a span leave its text.
pub fn quotes(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let quotations = quotations(&text);
    check_quotations(&text, &quotations);
    let sentences = sentence::sentences(&text, &[], "english");
    check_speech(&text, &sentences, &quotations, &speech(&text, &sentences, &quotations));
    let mut before = Carried::default();
    for paragraph in text.split("\n\n") {
        let sentences = sentence::sentences(paragraph, &[], "english");
        let quotations = self::quotations(paragraph);
        let place = |span: Span| (span.start as u64, span.end as u64);
        let (found, after) = speech_after(paragraph, &sentences, &quotations, &before, &place);
        let carried = |said: &rhetor::text::speech::Reported| said.speaker.filter(|speaker| speaker.carried);
        for speaker in found.iter().filter_map(carried) {
            assert!(before.name(&speaker).is_some(), "nobody of that number was carried: {speaker:?}");
        }
        let own: Vec<_> = found.into_iter().filter(|said| carried(said).is_none()).collect();
        check_speech(paragraph, &sentences, &quotations, &own);
        before = after;
    }
}

fn check_quotations(text: &str, quotations: &[Quotation]) {
    for (at, found) in quotations.iter().enumerate() {
        assert!(text.get(found.span.start..found.span.end).is_some_and(|text| !text.is_empty()), "{found:?}");
        assert!(text.get(found.inner.start..found.inner.end).is_some(), "{found:?}");
        assert!(found.span.contains(found.inner) && found.span.start < found.inner.start, "{found:?}");
        for later in &quotations[at + 1..] {
            assert!(found.span.start <= later.span.start, "{found:?} {later:?}");
            let apart = found.span.overlap(later.span).is_none();
            let inside = found.span.contains(later.span) && later.depth > found.depth;
            assert!(apart || inside, "{found:?} {later:?}");
        }
    }
}

fn check_speech(text: &str, sentences: &[Span], quotations: &[Quotation], found: &[rhetor::text::speech::Reported]) {
    for pair in found.windows(2) {
        assert!(pair[0].content.start <= pair[1].content.start, "{pair:?} of {sentences:?} {quotations:?}");
    }
    for reported in found {
        let content = reported.content;
        assert!(text.get(content.start..content.end).is_some_and(|text| !text.is_empty()), "{reported:?}");
        let spans = [reported.verb, reported.tag, reported.speaker.map(|speaker| speaker.span)];
        for span in spans.into_iter().flatten() {
            assert!(text.get(span.start..span.end).is_some_and(|text| !text.is_empty()), "{reported:?}");
            assert!(span.overlap(content).is_none() || Some(span) == reported.verb, "{reported:?}");
        }
    }
}
