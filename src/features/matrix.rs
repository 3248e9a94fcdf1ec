//! Compressed sparse rows, and the two products that learning needs: `X·W` by row, and `Xᵀ·R` by column.
//!
//! Every sum runs in an order that the data alone decides, so that any number of threads gives the same bits: `X·W` sums
//! within a row, `Xᵀ·R` within a column of a second, transposed copy. A copy costs memory once; partial sums for each
//! chunk of rows would cost a dense matrix each.

use rayon::prelude::*;

use super::FeatureId;

/// Rows handled by one task. Fixed, though it does not change any result: it only bounds the tasks' overhead.
const ROWS_A_TASK: usize = 512;
const COLUMNS_A_TASK: usize = 256;

/// An n × d matrix of single precision, stored by rows: in row `i` the entries `starts[i]..starts[i + 1]`, their
/// columns rising.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    /// A matrix of no rows and `width` columns.
    pub fn new(width: usize) -> Self {
        Rows { starts: vec![0], columns: Vec::new(), values: Vec::new(), width }
    }

    /// Appends a row; its features must rise and lie below the width.
    pub fn push(&mut self, row: impl IntoIterator<Item = (FeatureId, f32)>) {
        for (feature, value) in row {
            debug_assert!(feature.index() < self.width);
            self.columns.push(feature.0);
            self.values.push(value);
        }
        self.starts.push(self.columns.len());
    }

    /// The same with empty rows below, `height` of them in all.
    pub fn padded(mut self, height: usize) -> Self {
        let missing = height.saturating_sub(self.height());
        (0..missing).for_each(|_| self.push([]));
        self
    }

    /// n, the number of rows.
    pub fn height(&self) -> usize {
        self.starts.len() - 1
    }

    /// d, the number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of stored entries.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    /// The entries of row `i` by rising column.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (FeatureId, f32)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.columns[range.clone()].iter().map(|&c| FeatureId(c)).zip(self.values[range].iter().copied())
    }

    /// `out = X·W + 1·b`: W is d × k by row, b has k, `out` is n × k by row.
    pub fn times(&self, weights: &[f64], intercepts: &[f64], out: &mut [f64]) {
        let k = intercepts.len();
        out.par_chunks_mut(k * ROWS_A_TASK).enumerate().for_each(|(task, out)| {
            for (offset, out) in out.chunks_exact_mut(k).enumerate() {
                out.copy_from_slice(intercepts);
                let i = task * ROWS_A_TASK + offset;
                for at in self.starts[i]..self.starts[i + 1] {
                    let from = self.columns[at] as usize * k;
                    add_scaled(out, f64::from(self.values[at]), &weights[from..from + k]);
                }
            }
        });
    }

    /// The same matrix by columns.
    pub fn transposed(&self) -> Columns {
        let mut starts = vec![0usize; self.width + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.width {
            starts[column + 1] += starts[column];
        }
        let (mut rows, mut values) = (vec![0; self.columns.len()], vec![0.0; self.columns.len()]);
        let mut next = starts.clone();
        for i in 0..self.height() {
            for at in self.starts[i]..self.starts[i + 1] {
                let slot = &mut next[self.columns[at] as usize];
                rows[*slot] = i as u32;
                values[*slot] = self.values[at];
                *slot += 1;
            }
        }
        Columns { starts, rows, values }
    }

    /// The matrix of some of the columns, which must rise; the i-th of them becomes column i.
    pub fn only(&self, columns: &[FeatureId]) -> Rows {
        let mut new = vec![u32::MAX; self.width];
        columns.iter().zip(0..).for_each(|(column, number)| new[column.index()] = number);
        let mut rows = Rows::new(columns.len());
        for i in 0..self.height() {
            let kept = self.row(i).map(|(column, value)| (FeatureId(new[column.index()]), value));
            rows.push(kept.filter(|(column, _)| column.0 != u32::MAX));
        }
        rows
    }

    /// Bytes that this matrix takes if it is written out in full, in double precision.
    pub fn dense_bytes(&self) -> u64 {
        self.height() as u64 * self.width as u64 * 8
    }
}

/// An n × d matrix stored by columns: the transposed twin of [`Rows`].
#[derive(Clone, Debug)]
pub struct Columns {
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f32>,
}

impl Columns {
    /// `out = Xᵀ·R`: R is n × k by row, `out` is d × k by row.
    pub fn times(&self, right: &[f64], k: usize, out: &mut [f64]) {
        self.each_column(k, out, f64::from, right);
    }

    /// `out = (X∘X)ᵀ·R`, the squares entry by entry: what the diagonal of a Hessian is made of.
    pub fn squares_times(&self, right: &[f64], k: usize, out: &mut [f64]) {
        self.each_column(k, out, |value| f64::from(value) * f64::from(value), right);
    }

    fn each_column(&self, k: usize, out: &mut [f64], entry: impl Fn(f32) -> f64 + Sync, right: &[f64]) {
        out.par_chunks_mut(k * COLUMNS_A_TASK).enumerate().for_each(|(task, out)| {
            for (offset, out) in out.chunks_exact_mut(k).enumerate() {
                out.fill(0.0);
                let j = task * COLUMNS_A_TASK + offset;
                for at in self.starts[j]..self.starts[j + 1] {
                    let from = self.rows[at] as usize * k;
                    add_scaled(out, entry(self.values[at]), &right[from..from + k]);
                }
            }
        });
    }
}

fn add_scaled(out: &mut [f64], factor: f64, row: &[f64]) {
    for (out, value) in out.iter_mut().zip(row) {
        *out += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Rows {
        let mut rows = Rows::new(3);
        rows.push([(FeatureId(0), 1.0), (FeatureId(2), 2.0)]);
        rows.push([]);
        rows.push([(FeatureId(1), -1.0)]);
        rows
    }

    #[test]
    fn a_product_by_rows_is_the_textbook_one() {
        let mut out = vec![0.0; 6];
        small().times(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], &[0.5, 0.0], &mut out);
        assert_eq!(out, [7.5, 70.0, 0.5, 0.0, -1.5, -20.0]);
    }

    #[test]
    fn some_columns_make_a_matrix_of_their_own() {
        let part = small().only(&[FeatureId(0), FeatureId(2)]);
        assert_eq!((part.width(), part.height()), (2, 3));
        assert_eq!(part.row(0).collect::<Vec<_>>(), [(FeatureId(0), 1.0), (FeatureId(1), 2.0)]);
        assert_eq!(part.row(2).count(), 0);
    }

    #[test]
    fn a_product_with_the_transposed_matrix_is_the_textbook_one() {
        let mut out = vec![9.0; 3];
        small().transposed().times(&[1.0, 100.0, 4.0], 1, &mut out);
        assert_eq!(out, [1.0, -4.0, 2.0]);
        small().transposed().squares_times(&[1.0, 100.0, 4.0], 1, &mut out);
        assert_eq!(out, [1.0, 4.0, 4.0]);
    }
}
