//! Paths and values as somebody types them into a shell: hints name commands that can be copied.

use std::path::Path;

/// A path as a shell takes it, and no program for an option.
pub fn shell(path: impl AsRef<Path>) -> String {
    let path = path.as_ref().to_string_lossy();
    let anchor = if path.starts_with('-') && path != "-" { "./" } else { "" };
    typed(&format!("{anchor}{path}"))
}

/// A value as it is typed into a shell.
pub fn typed(value: &str) -> String {
    shell_words::quote(value).into_owned()
}
