//! The column of names that a table for a terminal begins with.

/// A longer name runs over its column: one label of a megabyte would push all figures out of sight, and the formatter takes no more than
/// 65,535 characters.
const WIDEST: usize = 80;

/// As wide as the longest of the names, in characters, and at least as wide as `least`.
pub fn width(names: impl IntoIterator<Item = impl AsRef<str>>, least: usize) -> usize {
    names.into_iter().map(|name| name.as_ref().chars().count()).max().unwrap_or(0).clamp(least, WIDEST.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_names_within_bounds() {
        assert_eq!(width(["a", "bcé"], 0), 3);
        assert_eq!(width([""; 0], 5), 5);
        assert_eq!(format!("{:<1$}|", "x".repeat(70_000), width(["x".repeat(70_000)], 5)).len(), 70_001);
    }
}
