//! The column of names that a table for a terminal begins with.

/// A longer name is cut, or runs over its column: it would push the figures of all rows out of sight.
const WIDEST: usize = 48;

/// A name as its cell holds it: one that is too long is cut.
pub fn cut(name: &str) -> String {
    match name.char_indices().nth(WIDEST) {
        None => name.to_owned(),
        Some(_) => name.chars().take(WIDEST - 1).chain(['…']).collect(),
    }
}

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
        assert_eq!((cut("bcé"), cut(&"é".repeat(49))), ("bcé".into(), "é".repeat(47) + "…"));
        assert_eq!(cut(&"é".repeat(48)), "é".repeat(48));
        assert_eq!(format!("{:<1$}|", "x".repeat(70_000), width(["x".repeat(70_000)], 5)).len(), 70_001);
    }
}
