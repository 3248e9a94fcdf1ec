//! rhetor
pub mod codebook;
pub mod corpus;
pub mod evaluate;
pub mod features;
pub mod framing;
pub mod learn;
pub mod model;
pub mod report;
pub mod text;
