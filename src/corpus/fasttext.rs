//! fastText's training format: a text a line, its labels before it, each `__label__NAME`. As in fastText, a label may
//! also stand within or behind the text; it is taken out, since a text that shows its own label teaches nothing.

use std::io::{self, Write};

use super::source::{Lines, Source};
use super::writer::Loss;
use super::{CorpusError, Example, ExampleWriter, Fault, Losses, Outline, Rows, labels};

const LABEL: &str = "__label__";

/// Whether the first line starts with a label.
pub(super) fn looks_like(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(LABEL.as_bytes())
}

/// Whether any of the first lines does, which says enough where nothing else is known.
pub(super) fn may_be(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').take(100).any(looks_like)
}

/// Reads a text a line.
pub(super) fn read(source: Source, rows: &mut Rows) -> Result<(), CorpusError> {
    let mut lines = Lines::new(source.body);
    while let Some((line, bytes)) = lines.next(rows.origin)? {
        let row = rows.decode(line, bytes).and_then(|text| example(text, line, rows));
        rows.take(line, row)?;
    }
    Ok(())
}

fn example(line: &str, number: u64, rows: &Rows) -> Result<Example, Fault> {
    let (labels, text) = parse(line);
    let labels = labels::tidy(labels.into_iter(), line)?;
    match super::filled(&text) {
        Err(_) if !labels.is_empty() => return Err(Fault::NoText),
        blank_or_not => blank_or_not?,
    };
    let place = rows.origin.line(number);
    Ok(Example { place, ..Example::new(text, labels) })
}

/// The labels of a line, and its text without them.
fn parse(line: &str) -> (Vec<&str>, String) {
    let mut labels = Vec::new();
    let mut rest = line.trim_matches(blank);
    while let Some(label) = rest.strip_prefix(LABEL) {
        let (label, behind) = label.split_at(label.find(blank).unwrap_or(label.len()));
        labels.push(label);
        rest = behind.trim_start_matches(blank);
    }
    if !rest.split(blank).any(|word| word.starts_with(LABEL)) {
        return (labels, rest.to_owned());
    }
    let (more, words): (Vec<&str>, Vec<&str>) = rest.split(blank).partition(|word| word.starts_with(LABEL));
    labels.extend(more.iter().filter_map(|label| label.strip_prefix(LABEL)));
    (labels, words.join(" ").trim_matches(blank).to_owned())
}

/// What separates words in fastText.
fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C' | '\0')
}

/// Writes a line an example. The format holds text and labels alone, a line break in a text becomes a space, white
/// space in a label becomes `_`, and a word that would be read as a label loses its first underscores. A line without labels says
/// that none fits; so a text that nobody has judged is left out, unless nobody has judged any.
pub(super) struct Writer<W> {
    out: W,
    judged: bool,
    lost: Losses,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, outline: &Outline) -> Self {
        Writer { out, judged: outline.judged, lost: Losses::default() }
    }

    fn note(&mut self, example: &Example) {
        let Example { text, labels, group, id, spans, suggested, extra, .. } = example;
        let lost = &mut self.lost;
        lost.add_if(id.is_some(), Loss::Id);
        lost.add_if(group.is_some(), Loss::Group);
        lost.add_if(example.has_weight(), Loss::Weight);
        lost.add_if(!spans.is_empty(), Loss::Spans);
        lost.add_if(!suggested.is_empty(), Loss::Suggestions);
        for name in extra.keys() {
            lost.add_if(true, Loss::Column(name.clone()));
        }
        lost.add_nested(example);
        lost.add_if(example.pending, Loss::PendingAsNone);
        lost.add_if(text.trim_matches(blank).contains(['\n', '\r']), Loss::LineBreaks);
        lost.add_if(text.trim_matches(blank) != text, Loss::Blanks);
        lost.add_if(labels.iter().any(|label| label.contains(char::is_whitespace)), Loss::LabelSpelling);
        lost.add_if(text.split(blank).any(|word| word.starts_with(LABEL)), Loss::LabelInText);
    }
}

impl<W: Write> ExampleWriter for Writer<W> {
    fn write(&mut self, example: &Example) -> io::Result<()> {
        if example.pending && self.judged {
            self.lost.add_if(true, Loss::PendingLeftOut);
            return Ok(());
        }
        self.note(example);
        for label in &example.labels {
            write!(self.out, "{LABEL}{} ", label.replace(|c: char| blank(c) || c.is_whitespace(), "_"))?;
        }
        let line = example.text.trim_matches(blank).replace(['\n', '\r'], " ");
        for word in line.split_inclusive(blank) {
            match word.strip_prefix(LABEL) {
                Some(rest) => write!(self.out, "label__{rest}")?,
                None => write!(self.out, "{word}")?,
            }
        }
        writeln!(self.out)
    }

    fn end(&mut self) -> io::Result<Losses> {
        self.out.flush()?;
        Ok(std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{corpus, examples, hints, same};
    use super::super::{Format, ReadOptions, read_from, write};
    use super::*;

    #[test]
    fn labels_stand_before_the_text_and_a_line_without_any_has_none() {
        let corpus = corpus("a.txt", "__label__threat __label__us-them  They will pay .\r\n\nIt rained .\n");
        assert_eq!(corpus.examples[0].labels, ["threat", "us-them"]);
        assert_eq!(corpus.examples[0].text, "They will pay .");
        assert_eq!((corpus.examples[1].labels.len(), corpus.examples[1].place.line), (0, Some(3)));
    }

    #[test]
    fn the_first_line_of_a_text_file_may_be_without_labels_but_not_of_a_table() {
        assert_eq!(corpus("a.txt", "It rained .\n__label__a They will pay .\n").examples.len(), 2);
        assert_eq!(corpus("a.csv", "text,labels\n__label__x,a\n").examples[0].text, "__label__x");
    }

    #[test]
    fn labels_behind_or_within_the_text_are_taken_out_of_it() {
        let corpus = corpus("a.ft", "They will __label__b pay __label__a\n");
        assert_eq!(corpus.examples[0].labels, ["b", "a"]);
        assert_eq!(corpus.examples[0].text, "They will pay");
    }

    #[test]
    fn a_line_without_text_and_a_label_without_name_are_problems() {
        let corpus = corpus("a.ft", "__label__a x\n__label__a __label__b\n__label__ y\n");
        assert!(
            hints(&corpus)[0]
                .starts_with("a.ft:2: a line with labels and no text\nhint: write the text behind the labels")
        );
        assert!(hints(&corpus)[1].starts_with("a.ft:3: an empty label in `__label__ y`"));
    }

    #[test]
    fn what_the_format_cannot_hold_is_written_as_near_as_it_can() {
        let mut example = corpus("a.ft", "__label__a x\n").examples.remove(0);
        example.labels = vec!["call to action".into()];
        example.text = "One\nline, __label__x".into();
        let mut out = Vec::new();
        let lost = write(Format::FastText, &mut out, &[example]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "__label__call_to_action One line, label__x\n");
        assert_eq!(
            lost.to_string(),
            "line breaks, which became spaces (1 row), blanks in labels, which became `_` (1 row), \
             words that begin like labels, which lost their first `__` (1 row)"
        );
    }

    proptest! {
        #[test]
        fn what_the_format_can_hold_is_read_as_the_same(examples in examples("[a-zé][ -~é]{0,9}[a-z]")) {
            let plain = examples.into_iter().map(|example| Example {
                labels: example.labels.iter().map(|label| label.replace(' ', "_")).collect::<std::collections::BTreeSet<_>>().into_iter().collect(),
                text: example.text, ..Example::default()
            }).collect::<Vec<_>>();
            let mut out = Vec::new();
            prop_assert!(write(Format::FastText, &mut out, &plain).unwrap().is_empty());
            let read = read_from("a.ft", &out[..], &ReadOptions::default()).unwrap();
            prop_assert_eq!(same(&read.examples), same(&plain));
        }
    }
}
