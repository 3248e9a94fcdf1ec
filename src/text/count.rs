//! Numbers with what they count.

/// The form of a noun, or of what is said of it, that goes with a number.
pub fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// A number and its noun: `1 row`, `3 rows`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", plural(count, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_one() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "row", "rows")), ["0 rows", "1 row", "2 rows"]);
    }
}
