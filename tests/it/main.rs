//! The program as its users meet it: one module a command or a promise.

mod classify;
mod corpus;
mod cues;
mod desk;
mod hostile;
mod inspect;
mod labels;
mod model_file;
mod streams;
mod train;
mod vectors;
