//! The program as its users meet it: one module a command or a promise.

mod annotate;
mod browser;
mod classify;
mod corpus;
mod cues;
mod desk;
mod evaluate;
mod hostile;
mod inspect;
mod labels;
mod model_card;
mod model_file;
mod report;
mod schema;
mod streams;
mod suggest;
mod terminal;
mod train;
mod vectors;
