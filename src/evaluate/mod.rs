//! Truths and predictions → how good a model is, and how sure we are of it.

pub mod agreement;
pub mod interval;
pub mod judgement;
pub mod metrics;
pub mod suggest;
pub mod truth;
pub mod voices;

pub use judgement::{Evaluation, Judgement};
pub use truth::Truth;
