//! What CSV and TSV ask for wherever they are read or written.

use std::io;

/// The error of the output itself, so that a closed pipe stays one.
pub(crate) fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Whether a spreadsheet may take a cell for a formula and run it (OWASP, "CSV Injection").
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}
