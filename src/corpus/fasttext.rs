//! fastText's format: `__label__a __label__b the text`, a unit a line.

use std::io::{self, Write};

use super::{Corpus, ENCODING, Example, Problem, TEXT};
use crate::text::Place;

const PREFIX: &str = "__label__";

pub(super) fn read(bytes: &[u8], name: &str, into: &mut Corpus) {
    for (at, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let place = Place::line(name, at as u64 + 1);
        match std::str::from_utf8(line) {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => match unit(line, place.clone()) {
                Some(example) => into.examples.push(example),
                None => into.skipped.push(Problem { place, what: "no text after the labels".into(), hint: Some(TEXT) }),
            },
            Err(_) => into.skipped.push(Problem { place, what: "not UTF-8".into(), hint: Some(ENCODING) }),
        }
    }
}

/// Labels stand before the text; a word of the text that looks like one belongs to the text.
fn unit(line: &str, place: Place) -> Option<Example> {
    let mut labels: Vec<String> = Vec::new();
    let mut rest = line.trim();
    while let Some(label) = rest.split_whitespace().next().and_then(|word| word.strip_prefix(PREFIX)) {
        if !label.is_empty() && !labels.iter().any(|known| known == label) {
            labels.push(label.to_owned());
        }
        rest = rest[PREFIX.len() + label.len()..].trim_start();
    }
    let text = rest.to_owned();
    (!text.is_empty()).then(|| Example {
        text,
        labels,
        group: None,
        weight: 1.0,
        place,
        id: None,
        extra: Default::default(),
    })
}

/// Writes texts and labels; blanks in labels become `-`, line breaks in texts become spaces. Group, weight and other
/// columns have no place in this format.
///
/// # Errors
/// Those of the output.
pub fn write(examples: &[Example], mut out: impl Write) -> io::Result<()> {
    for example in examples {
        for label in &example.labels {
            let label: Vec<&str> = label.split_whitespace().collect();
            write!(out, "{PREFIX}{} ", label.join("-"))?;
        }
        let text: Vec<&str> = example.text.split_whitespace().collect();
        writeln!(out, "{}", text.join(" "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::ReadOptions;
    use super::super::tests::parse;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_stand_before_the_text_and_may_be_none() {
        let data = "__label__threat __label__denial You will pay.\n\n__label__x\nThe bus is late, said __label__y.\n";
        let corpus = parse("a.ft", data, &ReadOptions::default()).unwrap();
        assert_eq!(corpus.examples[0].labels, ["threat", "denial"]);
        assert_eq!(corpus.examples[0].text, "You will pay.");
        assert_eq!(corpus.examples[1].text, "The bus is late, said __label__y.");
        assert!(corpus.examples[1].labels.is_empty());
        assert_eq!(corpus.skipped[0].place.to_string(), "a.ft:3");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            units in prop::collection::vec(("[a-z]{1,5}( [a-z]{1,5}){0,3}", prop::collection::btree_set("[a-z]{1,4}", 0..3)), 1..6),
        ) {
            let examples: Vec<Example> = units.into_iter().enumerate().map(|(at, (text, labels))| Example {
                text, labels: labels.into_iter().collect(), group: None, weight: 1.0,
                place: Place::line("x", at as u64 + 1), id: None, extra: Default::default(),
            }).collect();
            let mut bytes = Vec::new();
            write(&examples, &mut bytes).unwrap();
            let mut corpus = Corpus::default();
            read(&bytes, "x", &mut corpus);
            prop_assert_eq!(corpus.examples, examples);
        }
    }
}
