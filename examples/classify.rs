//! Classifies standard input sentence by sentence with the embedded model: `cargo run --example classify < speech.txt`.

use std::io::Read;

use rhetor::framing::{Choice, framings};
use rhetor::model::english;
use rhetor::text::sentence;
use rhetor::text::unit::{Splitter, UnitKind};

fn main() -> std::io::Result<()> {
    let model = english::embedded();
    let mut scratch = model.scratch();
    let (mut bytes, mut paragraphs) = (Vec::new(), Vec::new());
    std::io::stdin().read_to_end(&mut bytes)?;
    let mut splitter = Splitter::new(UnitKind::Sentence, 1 << 20);
    splitter.push(&bytes, &mut paragraphs);
    splitter.finish(&mut paragraphs);
    for paragraph in &paragraphs {
        let language = model.featurizer().settings().language;
        for span in sentence::sentences(&paragraph.text, &paragraph.breaks, language.name()) {
            let sentence = span.of(&paragraph.text);
            let scores = model.score(&model.featurizer().row(sentence, &mut scratch));
            for framing in framings(&model, &scores, &Choice::default()) {
                println!("{:.2} {}: {sentence}", framing.probability, model.labels().name(framing.label));
            }
        }
    }
    Ok(())
}
