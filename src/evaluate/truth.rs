//! Which unit has which labels, and one label's scores beside it.

/// Which unit has which labels: n × k by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    pub labels: usize,
    has: Vec<bool>,
}

impl Truth {
    /// `has` is n × k by row.
    pub fn new(labels: usize, has: Vec<bool>) -> Self {
        debug_assert_eq!(has.len() % labels.max(1), 0);
        Truth { labels, has }
    }

    pub fn units(&self) -> usize {
        self.has.len() / self.labels.max(1)
    }

    /// Whether unit `i` has label `k`.
    pub fn has(&self, i: usize, k: usize) -> bool {
        self.has[i * self.labels + k]
    }

    /// Brings near the truths of unit `i`.
    #[cfg(feature = "learn")]
    pub(crate) fn prefetch(&self, i: usize) {
        prefetch_index::prefetch_index(&self.has, i * self.labels);
    }

    /// The k truths of unit `i`.
    pub fn row(&self, i: usize) -> &[bool] {
        &self.has[i * self.labels..(i + 1) * self.labels]
    }

    /// Whether unit `i` has any label.
    pub fn any(&self, i: usize) -> bool {
        self.row(i).contains(&true)
    }

    /// How many units have label `k`.
    pub fn support(&self, k: usize) -> usize {
        (0..self.units()).filter(|&i| self.has(i, k)).count()
    }

    /// The rows of these units, in their order.
    pub fn only(&self, units: &[usize]) -> Truth {
        Truth::new(self.labels, units.iter().flat_map(|&i| self.row(i).iter().copied()).collect())
    }
}

/// One label's scores with its truth, unit by unit; `scores` is n × k by row.
pub fn column(scores: &[f64], truth: &Truth, label: usize) -> Vec<(f64, bool)> {
    scores.chunks_exact(truth.labels).enumerate().map(|(i, row)| (row[label], truth.has(i, label))).collect()
}
