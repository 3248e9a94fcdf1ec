//! Paths as typed → the files to read, in an order that does not hang on the file system.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::overrides::OverrideBuilder;
use ignore::{DirEntry, WalkBuilder};
use rhetor::corpus::Format;
use rhetor::text::count::{counted, plural};

use super::output::Sink;
use super::{Remarks, misuse};

/// The files that the paths stand for, in the order of the paths, those of a folder sorted. Whether all could be found.
pub fn files(paths: &[PathBuf], globs: &[String], remarks: Remarks) -> anyhow::Result<(Vec<PathBuf>, bool)> {
    let (mut files, mut all_found) = (Vec::new(), true);
    warn_of_texts_twice(paths, remarks);
    for path in paths {
        if path.as_os_str() == "-" || !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        all_found &= walk(path, globs, remarks, &mut files)?;
        if files.len() == before {
            let wanted = if globs.is_empty() { "*.txt, *.md or *.txt.gz".into() } else { globs.join(", ") };
            let hint = if globs.is_empty() { "\nhint: --glob '*.html' reads others" } else { "" };
            remarks.warn(format_args!("{}: no file matches {wanted}{hint}", path.display()));
        }
    }
    Ok((files, all_found))
}

/// Whether a file of a pool is read as a table: because a column of it is named, or because it is called like one.
pub fn is_table(path: &Path, column: Option<&str>) -> bool {
    column.is_some() || Format::of_name(&path.to_string_lossy()).is_some()
}

/// Data that is named twice counts twice, which nobody means.
pub fn warn_of_twice(paths: &[PathBuf], remarks: Remarks) {
    let mut seen = BTreeSet::new();
    for path in paths {
        // Standard input, and what is not there, is told by whoever reads it.
        if path.canonicalize().is_ok_and(|whole| whole.is_file() && !seen.insert(whole)) {
            remarks.warn(format_args!("{}: is named twice, and its rows count twice", path.display()));
        }
    }
}

/// The same of texts, also of those that lie in a folder that is named too.
fn warn_of_texts_twice(paths: &[PathBuf], remarks: Remarks) {
    let mut seen = BTreeSet::new();
    for path in paths.iter().filter(|path| path.as_os_str() != "-") {
        let Ok(whole) = path.canonicalize() else { continue };
        let holds_others = seen.range(whole.clone()..).next().is_some_and(|next: &PathBuf| next.starts_with(&whole));
        if holds_others || whole.ancestors().any(|above| seen.contains(above)) {
            remarks.warn(format_args!("{}: is named twice, and is read twice", path.display()));
        }
        if whole.is_file() || whole.is_dir() {
            seen.insert(whole);
        }
    }
}

fn walk(folder: &Path, globs: &[String], remarks: Remarks, files: &mut Vec<PathBuf>) -> anyhow::Result<bool> {
    let mut overrides = OverrideBuilder::new(folder);
    let usual = ["*.txt".to_owned(), "*.md".to_owned(), "*.txt.gz".to_owned()];
    // Some systems write NOTES.TXT.
    overrides.case_insensitive(globs.is_empty()).map_err(|error| anyhow::anyhow!("--glob: {error}"))?;
    for glob in if globs.is_empty() { &usual[..] } else { globs } {
        overrides.add(glob).map_err(|error| {
            misuse(format_args!(
                "--glob {glob:?}: {error}\nhint: *.html, !drafts and notes/*.txt are such patterns (in quotation marks)"
            ))
        })?;
    }
    let overrides = overrides
        .build()
        .map_err(|error| misuse(format_args!("--glob: {error}\nhint: choose fewer or shorter patterns")))?;
    // A glob that is asked for does not let hidden files in. A link to a folder matches no glob for files, and is told of all the same.
    let is_wanted = move |entry: &DirEntry| {
        let is_hidden = || entry.file_name().as_encoded_bytes().starts_with(b".");
        let is_folder = || match entry.path_is_symlink() {
            true => entry.path().is_dir(),
            false => entry.file_type().is_some_and(|kind| kind.is_dir()),
        };
        entry.depth() == 0 || !is_hidden() && !overrides.matched(entry.path(), is_folder()).is_ignore()
    };
    // Text that is to be read is not source code: what git ignores may well be meant.
    let walk =
        WalkBuilder::new(folder).standard_filters(false).filter_entry(is_wanted).sort_by_file_path(Path::cmp).build();
    let sink = Sink::find();
    let (mut all_found, mut links, mut pipes) = (true, 0_u64, 0_u64);
    for entry in walk {
        match entry {
            // What is written while it is read has no end.
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) && sink.is(entry.path()) => {
                remarks
                    .say(format_args!("{}: is where standard output goes, and is passed over", entry.path().display()));
            }
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => files.push(entry.into_path()),
            Ok(entry) if entry.depth() > 0 && entry.path_is_symlink() => links += 1,
            Ok(entry) => pipes += u64::from(entry.file_type().is_some_and(|kind| !kind.is_dir())),
            Err(error) => {
                remarks.fail(error);
                all_found = false;
            }
        }
    }
    if links > 0 {
        let (links, them) = (counted(links, "symbolic link is", "symbolic links are"), plural(links, "it", "them"));
        remarks.say(format_args!("{}: {links} not followed; name {them} to read {them}", folder.display()));
    }
    if pipes > 0 {
        let (pipes, them) = (counted(pipes, "pipe or device is", "pipes or devices are"), plural(pipes, "it", "them"));
        remarks.say(format_args!("{}: {pipes} passed over; name {them} to read {them}", folder.display()));
    }
    Ok(all_found)
}
