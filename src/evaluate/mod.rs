//! Truths and predictions → how good a model is, and how sure we are of it.

pub mod agreement;
pub mod interval;
pub mod metrics;
