//! rhetor
pub mod text;
pub mod features;
pub mod learn;
