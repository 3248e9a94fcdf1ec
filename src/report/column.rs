//! The column of names that a table for a terminal begins with.

use std::fmt;

use textwrap::core::display_width;

/// A longer name is cut, or runs over its column: it would push the figures of all rows out of sight.
const WIDEST: usize = 48;

/// A name in its cell, which `{:<width$}` fills up by what is seen: a mark on a letter takes no column, an ideograph two.
pub struct Cell(String);

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)?;
        write!(f, "{:1$}", "", f.width().unwrap_or(0).saturating_sub(display_width(&self.0)))
    }
}

/// A name as it is, however long.
pub fn cell(name: impl Into<String>) -> Cell {
    Cell(name.into())
}

/// A name that is cut if it is too long.
pub fn cut(name: &str) -> Cell {
    if display_width(name) <= WIDEST {
        return cell(name);
    }
    let (mut cut, mut width) = (String::new(), 0);
    for c in name.chars() {
        width += display_width(c.encode_utf8(&mut [0; 4]));
        if width >= WIDEST {
            break;
        }
        cut.push(c);
    }
    cell(cut + "…")
}

/// As wide as the widest of the names, in columns of a terminal, and at least as wide as `least`.
pub fn width(names: impl IntoIterator<Item = impl AsRef<str>>, least: usize) -> usize {
    names.into_iter().map(|name| display_width(name.as_ref())).max().unwrap_or(0).clamp(least, WIDEST.max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_as_wide_as_its_names_within_bounds() {
        assert_eq!(width(["a", "bcé"], 0), 3);
        assert_eq!(width([""; 0], 5), 5);
        assert_eq!((cut("bcé").0, cut(&"é".repeat(49)).0), ("bcé".into(), "é".repeat(47) + "…"));
        assert_eq!(cut(&"é".repeat(48)).0, "é".repeat(48));
        assert_eq!(format!("{:<1$}|", "x".repeat(70_000), width(["x".repeat(70_000)], 5)).len(), 70_001);
    }

    #[test]
    fn a_mark_takes_no_column_and_an_ideograph_two() {
        for name in ["abc", "a\u{308}bc", "a日", "क\u{93c}bc"] {
            assert_eq!(width([name], 0), 3, "{name}");
            assert_eq!(format!("{:<5}|", cell(name)), format!("{name}  |"));
        }
        assert_eq!(width([cut(&"日".repeat(40)).0], 0), 47);
    }
}
