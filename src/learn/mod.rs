//! From labelled units to a model.
pub mod dense;
pub mod folds;
pub mod logistic;
pub mod newton;
pub mod objective;

/// Why nothing could be learned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LearnError {
    #[error("an L2 strength must be a positive number, not {0}\nhint: leave --l2 out to have it chosen on held-out folds")]
    Strength(f64),
    #[error("a tolerance must be a positive number, not {0}")]
    Tolerance(f64),
    #[error("{rows} rows but {targets} rows of targets")]
    Shapes { rows: usize, targets: usize },
    #[error("linfa-logistic: {0}")]
    Dense(String),
    #[error(
        "--solver linfa would write out {rows} rows × {features} features, {} MiB, and stops at {} MiB\n\
         hint: use the default solver (it reaches the same weights), or raise --min-count", bytes >> 20, dense::MOST_BYTES >> 20
    )]
    TooDense { rows: usize, features: usize, bytes: u64 },
    #[error("linfa: {0}")]
    Linfa(String),
}

impl From<linfa::Error> for LearnError {
    fn from(error: linfa::Error) -> Self {
        LearnError::Linfa(error.to_string())
    }
}
