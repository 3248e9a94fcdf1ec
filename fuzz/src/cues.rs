//! Cue files, dictionaries of other tools, and what their patterns match.

use rhetor::features::cues::{self, Finder, Matcher};
use rhetor::text::Span;
use rhetor::text::stem::Language;

/// The endings tell the format.
const PATHS: [&str; 5] = ["c.toml", "c.dic", "c.dicx", "c.yml", "c.txt"];

/// A cue file is read or refused with its place and a hint; what its patterns match lies on characters, in order and apart for each pattern;
/// a matcher that was kept as bytes, and one that has read other texts, find the same. The input is a cue file and a text, parted by 0xFF.
pub fn cues(data: &[u8]) {
    let (first, mut data) = super::split(data);
    let path = PATHS[usize::from(first) % PATHS.len()];
    let (file, text) = (super::piece(&mut data), super::piece(&mut data));
    let set = match cues::parse(path, &file, Language::English) {
        Ok(read) => read.cues,
        Err(error) => return refused(&error.to_string(), path),
    };
    let matcher = match set.matcher(Language::English, path) {
        Ok(matcher) => matcher,
        Err(error) => return refused(&error.to_string(), path),
    };
    let mut finder = Finder::new(&matcher, Language::English);
    let found = finder.find(&text);
    for (cue, span) in &found {
        assert!((*cue as usize) < set.cues.len());
        assert!(text.get(span.start..span.end).is_some_and(|text| !text.is_empty()), "{span:?}");
    }
    let one_pattern = |cue: u32| set.cues[cue as usize].patterns.len() == 1;
    for pair in found.iter().filter(|(cue, _)| one_pattern(*cue)).collect::<Vec<_>>().windows(2) {
        let [(one, a), (other, b)] = pair else { continue };
        assert!(one != other || a.overlap(*b).is_none(), "{a:?} and {b:?} of one pattern");
    }
    finder.find(&file);
    assert_eq!(finder.find(&text), found, "another text changes what is found");
    let kept =
        Matcher::from_bytes(&matcher.to_bytes().into(), Language::English, set.cues.len()).expect("a matcher is sound");
    assert_eq!(found_by(&kept, &text), found, "a matcher that was kept finds something else");
    let misses = set.misses(&matcher, Language::English);
    assert!(misses.iter().all(|miss| (miss.cue as usize) < set.cues.len()));
    alone(&set, &text, &found);
}

/// Each cue by itself matches as it does among the others.
fn alone(set: &cues::CueSet, text: &str, found: &[(u32, Span)]) {
    for (at, cue) in set.cues.iter().enumerate().take(4) {
        let mut one = set.clone();
        one.cues = vec![cue.clone()];
        let matcher = one.matcher(Language::English, "c").expect("its pattern was read among others");
        let expected = found.iter().filter(|(cue, _)| *cue as usize == at).map(|(_, span)| *span);
        let here: Vec<Span> = found_by(&matcher, text).into_iter().map(|(_, span)| span).collect();
        assert!(expected.eq(here.iter().copied()), "{cue:?} alone matches at {here:?}, among others at {found:?}");
    }
}

fn found_by(matcher: &Matcher, text: &str) -> Vec<(u32, Span)> {
    Finder::new(matcher, Language::English).find(text)
}

fn refused(error: &str, path: &str) {
    assert!(error.starts_with(path), "{error}");
    assert!(error.contains("\nhint: "), "{error}");
}
