//! rhetor finds rhetorical framings in text (who blames, who threatens, who calls to act) and shows, word by word, why.
//!
//! The modules stand in the order in which data flows, and each uses only those above it:
//!
//! ```text
//! bytes → units → sentences → tokens     text
//!            who says what in them       text::speech
//!                  labels, labelled data  codebook, corpus
//!           tokens → sparse rows          features
//!             rows → scores               model
//!           scores → framings + evidence  framing
//!                and in whose voice       framing::voice
//!            truth → how good             evaluate
//!    labelled data → model                learn
//!         framings → text, JSON, tables   report
//!            bytes → all of it at once    classifier
//! ```
//!
//! The main job in a few lines:
//!
//! ```
//! use rhetor::classifier::Classifier;
//! use rhetor::model::english;
//!
//! let model = english::embedded();
//! for record in Classifier::new(&model).text("We have no choice but to act. \"They will pay for this,\" the minister warned.") {
//!     for framing in &record.framings {
//!         println!("{}: {} {:.2}", record.text, model.labels().name(framing.label), framing.probability);
//!     }
//! }
//! ```
//!
//! # Features
//!
//! `cli`, which is the default, is the program. As a library without it:
//!
//! ```toml
//! rhetor = { git = "…", default-features = false }                       # reads models and classifies, also as WebAssembly
//! rhetor = { git = "…", default-features = false, features = ["learn"] } # and corpus, evaluate and learn
//! ```
//!
//! # Learning
//!
//! A *score* is a log-odds: the sum, over the terms of a unit, of weight times value, plus the label's intercept. A
//! *probability* is that score, calibrated. So every framing can be taken apart into the words that made it:
//!
//! ```
//! # #[cfg(feature = "learn")] {
//! use rhetor::corpus::{self, ReadOptions};
//! use rhetor::framing::{Choice, evidence, framings};
//! use rhetor::learn::{self, TrainSettings};
//!
//! let data = "text,labels\nYou will regret this,threat\nThey will pay for it,threat\nYou will pay dearly,threat\n\
//!             The shop opens at nine,\nThe bus is late,\nThe hall was painted in May,\n";
//! let corpus = corpus::read_from("data.csv", data.as_bytes(), &ReadOptions::default())?;
//! let model = learn::train(&corpus.examples, &TrainSettings { folds: 2, ..Default::default() }, &|_| {})?.model;
//!
//! let row = model.row("They will regret it", &mut model.scratch());
//! let scores = model.score(&row);
//! let found = framings(&model, &scores, &Choice { threshold: Some(0.0), ..Default::default() });
//! let why = evidence::explain(&model, &row, found[0].label);
//! assert_eq!(model.labels().name(found[0].label), "threat");
//! assert!((why.total() - found[0].score).abs() < 1e-9);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod text;

mod raw;

pub mod packed;

pub mod idle;

pub mod parsed;

pub mod digest;

pub mod share;

pub mod codebook;

#[cfg(feature = "learn")]
pub mod corpus;

pub mod features;

pub mod model;

pub mod framing;

#[cfg(feature = "learn")]
pub mod evaluate;

#[cfg(feature = "learn")]
pub mod learn;

pub mod report;

pub mod classifier;
