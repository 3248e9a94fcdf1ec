//! Trains a model from labelled data: `cargo run --example train -- DATA MODEL`.

use std::path::Path;

use rhetor::corpus::{self, ReadOptions};
use rhetor::learn::{self, TrainSettings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(data), Some(output)) = (paths.next(), paths.next()) else {
        return Err("give DATA and MODEL".into());
    };
    let corpus = corpus::read(&[data], &ReadOptions::default())?;
    for problem in &corpus.skipped {
        eprintln!("left out: {problem}");
    }
    let trained = learn::train(&corpus.examples, &TrainSettings::default(), &|step| eprintln!("{step:?}"))?;
    for label in &trained.model.card().labels {
        let interval = label.f1_interval.map_or(String::new(), |(low, high)| format!(" [{low:.2}, {high:.2}]"));
        println!("{}: F1 {:.2}{interval} on {} examples", label.label, label.f1, label.support);
    }
    trained.model.write(Path::new(&output))?;
    Ok(())
}
