//! Labelled sentences → model.

use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use rhetor::corpus::Example;
use rhetor::features::FeatureSettings;
use rhetor::learn::{self, TrainSettings};
use rhetor::model::Model;

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had")
}

static ONE: LazyLock<ThreadPool> = LazyLock::new(|| pool(1));
static TWO: LazyLock<ThreadPool> = LazyLock::new(|| pool(2));

/// A line each: the lowest bits of its first byte are its labels, the next its group, the rest its text.
fn examples(data: &[u8]) -> Vec<Example> {
    let one = |line: &[u8]| {
        let (first, text) = super::split(line);
        let labels = ["a", "b", "c"].iter().zip(0..).filter(|(_, bit)| first & (1 << bit) != 0);
        let text = String::from_utf8_lossy(text).into_owned();
        let group = (first & 32 != 0).then(|| format!("g{}", first >> 6));
        Example { group, ..Example::new(text, labels.map(|(name, _)| (*name).to_owned()).collect()) }
    };
    data.split(|byte| *byte == b'\n').take(40).map(one).filter(|example| !example.text.trim().is_empty()).collect()
}

/// One thread learns the same bytes as two, and so do rows in another order; the model read from them is the same.
pub fn learn(data: &[u8]) {
    let (first, data) = super::split(data);
    let mut examples = examples(data);
    let settings = TrainSettings {
        folds: 2,
        l2: (first & 1 == 0).then_some(1.0),
        features: FeatureSettings {
            ngrams: (1, if first & 4 == 0 { 1 } else { 2 }),
            hash_bits: (first & 4 != 0).then_some(8),
            shape: first & 2 != 0,
            ..FeatureSettings::default()
        },
        ..TrainSettings::default()
    };
    let train = |examples: &[Example]| learn::train(examples, &settings, &|_| {});
    let one = ONE.install(|| train(&examples));
    let two = TWO.install(|| train(&examples));
    let model = match (one, two) {
        (Ok(one), Ok(two)) => {
            assert_eq!(one.model.to_bytes(), two.model.to_bytes(), "one thread and two learn something else");
            one.model
        }
        (Err(one), Err(two)) => {
            assert_eq!(one.to_string(), two.to_string());
            return;
        }
        (one, two) => panic!("{:?} and {:?}", one.err(), two.err()),
    };
    let again = Model::from_bytes(&model.to_bytes(), "m".as_ref()).expect("what was learned can be read");
    assert_eq!(again.to_bytes(), model.to_bytes());
    let cut = usize::from(first >> 2) % examples.len();
    examples.rotate_left(cut);
    examples.reverse();
    let other = train(&examples).expect("the order of rows makes no error").model;
    assert_eq!(other.to_bytes(), model.to_bytes(), "rows in another order teach something else");
}
