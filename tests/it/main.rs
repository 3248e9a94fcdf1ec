//! The program as its users meet it: one module a command or a promise.

mod agree;
mod annotate;
mod browser;
mod classify;
mod config;
mod convert;
mod corpus;
mod cues;
mod desk;
mod documents;
mod estimate;
mod evaluate;
mod faults;
mod hostile;
mod inspect;
mod labels;
mod model_card;
mod model_file;
mod report;
mod schema;
mod sklearn;
mod streams;
mod suggest;
mod terminal;
mod train;
mod vectors;
