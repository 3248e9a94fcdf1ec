//! A cell of a table on its way into a file.

use std::borrow::Cow;
use std::io;

/// Whether a spreadsheet may take a cell for a formula and run it (OWASP, "CSV Injection").
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The cell as text that a spreadsheet does not run.
pub fn without_formula(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// A number with a decimal comma, as `0,5` is written in German or French, with a point.
pub fn with_point(cell: &str) -> Option<String> {
    let number = cell.trim().replacen(',', ".", 1);
    let is_number = number.parse::<f64>().is_ok_and(f64::is_finite);
    (cell.contains(',') && is_number).then_some(number)
}

/// The error of the file itself, which says whether a pipe was closed.
pub(crate) fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
