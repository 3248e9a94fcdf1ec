//! rhetor
pub mod text;
pub mod codebook;
pub mod corpus;
pub mod features;
pub mod model;
pub mod framing;
pub mod evaluate;
pub mod learn;
pub mod report;
