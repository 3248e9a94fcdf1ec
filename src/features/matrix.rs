//! Compressed sparse rows, and the products that learning needs: `X·W` by row, and `Xᵀ·R`, also by row, so that a row is used for both while
//! it is at hand.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::FeatureId;

/// Rows handled by one task. Fixed, though it does not change any result: it only bounds the tasks' overhead.
const ROWS_A_TASK: usize = 512;

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
                self.gather(i, weights, out);
            }
        });
    }

    /// `out += x_i·W` for row i: W is d × k by row, `out` has k.
    #[inline]
    pub fn gather<T: Number>(&self, i: usize, weights: &[T], out: &mut [T]) {
        let (columns, values) = self.entries_of(i);
        let each = columns.iter().zip(values);
        match out.len() {
            1 => each.for_each(|(&column, &value)| out[0] += T::from(value) * weights[column as usize]),
            2 => each.for_each(|(&column, &value)| add::<T, 2>(out, value, weights, column)),
            4 => each.for_each(|(&column, &value)| add::<T, 4>(out, value, weights, column)),
            8 => each.for_each(|(&column, &value)| add::<T, 8>(out, value, weights, column)),
            k => each.for_each(|(&column, &value)| {
                add_scaled(out, T::from(value), &weights[column as usize * k..][..k]);
            }),
        }
    }

    /// `out += x_iᵀ·right` for row i, which is what a row adds to `Xᵀ·R`: `right` has k, `out` is d × k by row.
    #[inline]
    pub fn scatter<T: Number>(&self, i: usize, right: &[T], out: &mut [T]) {
        let (columns, values) = self.entries_of(i);
        columns.iter().zip(values).for_each(|(&column, &value)| spread(out, T::from(value), right, column));
    }

    /// The same with the squares of the entries: what the diagonal of a Hessian is made of.
    #[inline]
    pub fn scatter_squares<T: Number>(&self, i: usize, right: &[T], out: &mut [T]) {
        let (columns, values) = self.entries_of(i);
        columns.iter().zip(values).for_each(|(&column, &value)| spread(out, T::from(value * value), right, column));
    }

    /// The columns of row i, rising, and its values.
    #[inline]
    pub(crate) fn entries_of(&self, i: usize) -> (&[u32], &[f32]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Number of stored entries of row i.
    pub fn entries_in(&self, i: usize) -> usize {
        self.starts[i + 1] - self.starts[i]
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

    /// The matrix with more columns behind its own, the sums of each row's values in some of them: `sum_of` has for each column the number of the
    /// sum that it goes into, if any; there are so many sums.
    pub fn with_sums(&self, sum_of: &[Option<usize>], sums: usize) -> Rows {
        let mut rows = Rows::new(self.width + sums);
        let mut own = vec![0.0; sums];
        for i in 0..self.height() {
            for (column, value) in self.row(i) {
                sum_of[column.index()].into_iter().for_each(|sum| own[sum] += value);
            }
            let behind = own.iter_mut().zip(self.width as u32..).filter(|(sum, _)| **sum != 0.0);
            rows.push(self.row(i).chain(behind.map(|(sum, column)| (FeatureId(column), std::mem::take(sum)))));
        }
        rows
    }

    /// Appends the rows of another matrix of the same width.
    pub fn append(&mut self, other: Rows) {
        let before = self.columns.len();
        self.starts.extend(other.starts[1..].iter().map(|start| before + start));
        self.columns.extend(other.columns);
        self.values.extend(other.values);
    }

    /// The matrix of some of the columns, which must rise, with one column in place of those that are alike but for a factor: of several that
    /// stand in one row only, and the same one, and of several with the very same entries.
    ///
    /// A linear model with the penalty `|w|²` loses nothing by it: for `x_j = s_j·u` the score is `u·Σ s_j w_j`, and of all weights with one
    /// such sum the shortest are those with `w_j = v·s_j/|s|`; so it learns `v` on the column `|s|·u`.
    ///
    /// It takes the memory of this one, since no training has room for both.
    pub fn merged(mut self, columns: &[FeatureId]) -> (Rows, Twins) {
        let mut number = vec![NONE; self.width];
        columns.iter().zip(0..).for_each(|(column, own)| number[column.index()] = own);
        let twins = self.twins(&number, columns.len());
        // What is kept of a row moves forward to where that of the rows before ends.
        let (mut kept, mut start) = (0, 0);
        for i in 0..self.height() {
            let end = self.starts[i + 1];
            for at in start..end {
                let own = number[self.columns[at] as usize];
                if own == NONE || twins.first[twins.of[own as usize] as usize] != own {
                    continue;
                }
                let share = twins.share[own as usize];
                self.columns[kept] = twins.of[own as usize];
                self.values[kept] = if share == 1.0 { self.values[at] } else { self.values[at] / share };
                kept += 1;
            }
            (start, self.starts[i + 1]) = (end, kept);
        }
        self.width = twins.first.len();
        self.columns.truncate(kept);
        self.values.truncate(kept);
        self.columns.shrink_to_fit();
        self.values.shrink_to_fit();
        (self, twins)
    }

    fn twins(&self, number: &[u32], count: usize) -> Twins {
        let (mut marks, mut seen) = (vec![(0u64, 0u64); count], vec![0u32; count]);
        let mut squares = vec![0.0f64; count];
        for i in 0..self.height() {
            let (columns, values) = self.entries_of(i);
            for (&column, &value) in columns.iter().zip(values).filter(|(column, _)| number[**column as usize] != NONE)
            {
                let own = number[column as usize] as usize;
                let entry = (i as u64) << 32 | u64::from(value.to_bits());
                // Of a column of one entry only its row counts.
                let lone = i as u64;
                marks[own] = match seen[own] {
                    0 => (lone, entry),
                    1 => (mixed(mixed(7, marks[own].1), entry), mixed(mixed(11, marks[own].1.rotate_left(17)), entry)),
                    _ => (mixed(marks[own].0, entry), mixed(marks[own].1, entry.rotate_left(29))),
                };
                seen[own] += 1;
                squares[own] = f64::from(value) * f64::from(value);
            }
        }
        let mut known: HashMap<(u64, u64), u32, FixedState> = HashMap::default();
        let mut twins = Twins { of: vec![0; count], share: vec![1.0; count], first: Vec::new() };
        let mut sums: Vec<f64> = Vec::new();
        for own in 0..count {
            let key = if seen[own] == 1 { (marks[own].0, u64::MAX) } else { marks[own] };
            let next = twins.first.len() as u32;
            let column = if squares[own] == 0.0 { next } else { *known.entry(key).or_insert(next) };
            if column == next {
                twins.first.push(own as u32);
                sums.push(0.0);
            }
            twins.of[own] = column;
            sums[column as usize] += squares[own];
        }
        for own in 0..count {
            let sum = sums[twins.of[own] as usize];
            if sum > squares[own] {
                twins.share[own] = (squares[own] / sum).sqrt() as f32;
            }
        }
        twins
    }

    /// Bytes that this matrix takes if it is written out in full, in double precision.
    pub fn dense_bytes(&self) -> u64 {
        self.height() as u64 * self.width as u64 * 8
    }
}

/// No column.
const NONE: u32 = u32::MAX;

/// A hash that goes on by one block.
fn mixed(hash: u64, block: u64) -> u64 {
    // Multiplied to the double width and folded, every bit of the product depends on every bit of both.
    let product = u128::from(hash ^ block.wrapping_mul(0x9E37_79B9_7F4A_7C15)) * 0xA076_1D64_78BD_642F;
    (product ^ product >> 64) as u64
}

/// Which columns were merged into which.
#[derive(Clone, Debug)]
pub struct Twins {
    /// The column that each went into.
    of: Vec<u32>,
    /// The share `s_j/|s|` of the weight of that column that is its own.
    share: Vec<f32>,
    /// The first of the columns that each merged one is made of.
    first: Vec<u32>,
}

impl Twins {
    /// The merged column of a column, and the share of its weight.
    pub fn of(&self, column: usize) -> (usize, f64) {
        (self.of[column] as usize, f64::from(self.share[column]))
    }

    /// The first of the columns in a merged one.
    pub fn first(&self, merged: usize) -> usize {
        self.first[merged] as usize
    }
}

/// Single or double precision.
pub trait Number: Copy + Send + Sync + From<f32> + std::ops::Mul<Output = Self> + std::ops::AddAssign {}

impl Number for f32 {}
impl Number for f64 {}

/// `out += factor · (row `column` of `weights`)`, so many lanes at once that the processor adds them side by side.
#[inline]
fn add<T: Number, const LANES: usize>(out: &mut [T], factor: f32, weights: &[T], column: u32) {
    let (out, own) = (&mut out.as_chunks_mut::<LANES>().0[0], &weights.as_chunks::<LANES>().0[column as usize]);
    (0..LANES).for_each(|lane| out[lane] += T::from(factor) * own[lane]);
}

#[inline]
fn spread<T: Number>(out: &mut [T], factor: T, right: &[T], column: u32) {
    #[inline]
    fn to<T: Number, const LANES: usize>(out: &mut [T], factor: T, right: &[T], column: u32) {
        let (own, right) = (&mut out.as_chunks_mut::<LANES>().0[column as usize], &right.as_chunks::<LANES>().0[0]);
        (0..LANES).for_each(|lane| own[lane] += factor * right[lane]);
    }
    match right.len() {
        1 => out[column as usize] += factor * right[0],
        2 => to::<T, 2>(out, factor, right, column),
        4 => to::<T, 4>(out, factor, right, column),
        8 => to::<T, 8>(out, factor, right, column),
        k => add_scaled(&mut out[column as usize * k..][..k], factor, right),
    }
}

#[inline]
fn add_scaled<T: Number>(out: &mut [T], factor: T, row: &[T]) {
    let ((out, last), (row, rest)) = (out.as_chunks_mut::<8>(), row.as_chunks::<8>());
    for (out, row) in out.iter_mut().zip(row) {
        (0..8).for_each(|lane| out[lane] += factor * row[lane]);
    }
    last.iter_mut().zip(rest).for_each(|(out, value)| *out += factor * *value);
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
    fn sums_of_columns_stand_behind_them() {
        let summed = small().with_sums(&[Some(1), None, Some(1)], 2);
        assert_eq!((summed.width(), summed.height()), (5, 3));
        assert_eq!(summed.row(0).collect::<Vec<_>>(), [(FeatureId(0), 1.0), (FeatureId(2), 2.0), (FeatureId(4), 3.0)]);
        assert_eq!(summed.row(1).count(), 0);
        assert_eq!(summed.row(2).collect::<Vec<_>>(), [(FeatureId(1), -1.0)]);
    }

    #[test]
    fn columns_that_are_alike_become_one_and_give_the_same_scores() {
        // Columns 0 and 3 are the same, 1 and 4 stand in row 1 alone, 2 is like none.
        let mut rows = Rows::new(5);
        rows.push([(FeatureId(0), 0.5), (FeatureId(2), 2.0), (FeatureId(3), 0.5)]);
        rows.push([(FeatureId(1), 3.0), (FeatureId(4), 4.0)]);
        rows.push([(FeatureId(0), 0.25), (FeatureId(3), 0.25)]);
        let all: Vec<FeatureId> = (0..5).map(FeatureId).collect();
        let (merged, twins) = rows.clone().merged(&all);
        assert_eq!((merged.width(), merged.entries()), (3, 4));
        assert_eq!((0..5).map(|column| twins.of(column).0).collect::<Vec<_>>(), [0, 1, 2, 0, 1]);
        assert_eq!(twins.first(1), 1);
        assert!((twins.of(4).1 - 0.8).abs() < 1e-6);
        // 3 and 4 make 5.
        assert!(merged.row(1).all(|(column, value)| column == FeatureId(1) && (value - 5.0).abs() < 1e-5));
        let weights = [2.0, 0.3, -1.0];
        let own: Vec<f64> = (0..5).map(|column| weights[twins.of(column).0] * twins.of(column).1).collect();
        for i in 0..3 {
            let (mut before, mut after) = ([0.0], [0.0]);
            rows.gather(i, &own, &mut before);
            merged.gather(i, &weights, &mut after);
            assert!((before[0] - after[0]).abs() < 1e-6);
        }
        let (part, _) = rows.merged(&[FeatureId(1), FeatureId(2)]);
        assert_eq!(part.row(1).collect::<Vec<_>>(), [(FeatureId(0), 3.0)]);
    }

    /// In every number of lanes, which have a road each.
    #[test]
    fn rows_are_gathered_and_scattered_as_in_the_textbook() {
        for k in [1, 2, 3, 4, 8, 9, 16] {
            let weights: Vec<f64> = (0..3 * k).map(|at| at as f64).collect();
            let mut gathered = vec![0.5; k];
            small().gather(0, &weights, &mut gathered);
            let (right, mut out, mut squares) = (vec![3.0f64; k], vec![1.0; 3 * k], vec![1.0; 3 * k]);
            small().scatter(0, &right, &mut out);
            small().scatter_squares(0, &right, &mut squares);
            for lane in 0..k {
                // Row 0 has 1 in column 0 and 2 in column 2.
                assert_eq!(gathered[lane], 0.5 + lane as f64 + 2.0 * (2 * k + lane) as f64);
                assert_eq!([0, 1, 2].map(|column| out[column * k + lane]), [4.0, 1.0, 7.0]);
                assert_eq!([0, 1, 2].map(|column| squares[column * k + lane]), [4.0, 1.0, 13.0]);
            }
        }
    }
}
