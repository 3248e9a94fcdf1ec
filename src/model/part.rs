//! A file that takes its name only when it is whole.
//!
//! It is written as `.NAME.rhetor-part` in the same folder, synced, and renamed, so that whoever opens NAME finds either
//! the old file or the new one, whenever the power fails. A part that a killed run left behind is removed by the next
//! writer of NAME; one that somebody is still writing is theirs, which a lock tells.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::digest::hex;

/// How a part is called behind the name that the file will have.
const ENDING: &str = ".rhetor-part";

/// Bytes of a name on all usual file systems.
const LONGEST_NAME: usize = 255;

/// Bytes gathered before they are handed to the system.
const BUFFER: usize = 1 << 16;

/// The parts being written by this process, for [`abandon_all`].
static IN_WORK: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn in_work() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    IN_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the parts of all files being written. For a process about to end.
pub fn abandon_all() {
    for part in in_work().iter() {
        // It may just have taken its name.
        let _ = fs::remove_file(part);
    }
}

/// A file being written. Dropped unfinished, it leaves no trace.
#[derive(Debug)]
pub struct PartFile {
    out: BufWriter<File>,
    /// None for a device or a pipe, which is written as it is.
    names: Option<Names>,
}

#[derive(Debug)]
struct Names {
    part: PathBuf,
    whole: PathBuf,
}

impl PartFile {
    /// Begins a file that will be called `path`. A link is followed; a device, a pipe, a socket, or what some program has open
    /// already (`/dev/stdout`) is written itself.
    ///
    /// # Errors
    /// If `path` names no file, somebody else is writing it, or whatever the file system answers.
    pub fn begin(path: &Path) -> io::Result<PartFile> {
        let whole = match end_of_links(path)? {
            End::Stream(stream) => {
                let out = BufWriter::with_capacity(BUFFER, opened(&stream)?);
                return Ok(PartFile { out, names: None });
            }
            End::File(file) => fs::canonicalize(&file).unwrap_or(file),
        };
        let old = fs::metadata(&whole).ok();
        if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
            let out = BufWriter::with_capacity(BUFFER, File::options().write(true).open(&whole)?);
            return Ok(PartFile { out, names: None });
        }
        if old.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
        }
        let part = part_of(&whole)?;
        let rights = if old.is_some() { Rights::Ours } else { Rights::Usual };
        let file = locked(&part, rights).map_err(|error| in_folder(error, old.is_some()))?;
        in_work().insert(part.clone());
        let begun = PartFile { out: BufWriter::with_capacity(BUFFER, file), names: Some(Names { part, whole }) };
        if let Some(old) = old {
            keep_owner(begun.out.get_ref(), &old);
            // Who could read the old file can read the new one. Where that is refused, only we can.
            let _ = begun.out.get_ref().set_permissions(old.permissions());
        }
        Ok(begun)
    }

    /// All is written: the file reaches the disk and takes its name.
    ///
    /// # Errors
    /// Whatever the file system answers; the part is then removed, and an older file stays.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        let Some(names) = &self.names else { return Ok(()) };
        self.out.get_ref().sync_all()?;
        fs::rename(&names.part, &names.whole)?;
        // The rename itself must reach the disk; some file systems cannot sync a folder, and then it does in its own time.
        let folder = names.whole.parent().filter(|folder| !folder.as_os_str().is_empty());
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        if let Some(names) = self.names.take() {
            in_work().remove(&names.part);
        }
        Ok(())
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(names) = &self.names {
            let _ = fs::remove_file(&names.part);
            in_work().remove(&names.part);
        }
    }
}

/// A file that may be written is not replaced in a folder that may not, which surprises.
fn in_folder(error: io::Error, is_there: bool) -> io::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied if is_there && error.raw_os_error().is_some() => {
            let words = format!("{error}\nhint: files are replaced whole, so that their folder must be writable, too");
            io::Error::new(error.kind(), words)
        }
        _ => error,
    }
}

/// The file belongs to whom the old one belonged to, as far as the system lets us give it away: to its owner, or at least to its group.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let is_kept = |new: &fs::Metadata| (new.uid(), new.gid()) == (old.uid(), old.gid());
    if !file.metadata().is_ok_and(|new| is_kept(&new)) && fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
        let _ = fchown(file, None, Some(old.gid()));
    }
}

/// Other systems have other rights.
#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// Where a path leads.
enum End {
    /// Something that a program has open, by its number in a folder of such: a file there may have no name, or be written by others, too.
    Stream(PathBuf),
    File(PathBuf),
}

/// Follows links one by one, since the last of them may be no link but something open, and since what they lead to need not be there yet.
fn end_of_links(path: &Path) -> io::Result<End> {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let (Ok(folder), Some(name)) = (folder.canonicalize(), path.file_name())
            && holds_streams(&folder)
        {
            return Ok(End::Stream(folder.join(name)));
        }
        match fs::read_link(&path) {
            Ok(next) => path = folder.join(next),
            Err(_) => return Ok(End::File(path)),
        }
    }
    Err(io::Error::other("a link that leads back to itself\nhint: remove it, or name the file itself"))
}

/// Whether a folder is one of those in which the system lists what a program has open.
fn holds_streams(folder: &Path) -> bool {
    folder == Path::new("/dev/fd") || folder.starts_with("/proc") && folder.ends_with("fd")
}

/// Something open, to be written where its last writer stopped.
#[cfg(unix)]
fn opened(stream: &Path) -> io::Result<File> {
    use std::os::fd::AsFd;
    let ours = Path::new("/dev/fd").canonicalize().unwrap_or_default();
    let is_ours = stream.parent() == Some(&ours);
    match stream.file_name().and_then(|name| name.to_str()) {
        Some("1") if is_ours => Ok(io::stdout().as_fd().try_clone_to_owned()?.into()),
        Some("2") if is_ours => Ok(io::stderr().as_fd().try_clone_to_owned()?.into()),
        _ => File::options().append(true).open(stream),
    }
}

/// Other systems have no such folders.
#[cfg(not(unix))]
fn opened(stream: &Path) -> io::Result<File> {
    File::options().append(true).open(stream)
}

/// A new part, ours alone. What is there already is never written to, since somebody else may have put it there: a file of theirs, which the output would then
/// be, or a second name of a file of ours. If nobody is writing it, it is removed.
fn locked(part: &Path, rights: Rights) -> io::Result<File> {
    loop {
        clear_the_way(part)?;
        let (file, is_new) = match made(part, rights) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                match File::options().write(true).open(part) {
                    Ok(file) => (file, false),
                    // Its writer has just given it its name.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(in_the_way(part, error)),
                }
            }
            made => (made?, true),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let words = "another rhetor is writing it\nhint: wait for that run to end, or choose another name";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, words));
            }
            // A file system without locks: then whoever renames last wins, as everywhere.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Between opening and locking it may have been given its name, or been taken for one that nobody is writing.
        match (is_still_called(&file, part), is_new) {
            (true, true) => return Ok(file),
            (true, false) => fs::remove_file(part).map_err(|error| in_the_way(part, error))?,
            (false, _) => {}
        }
    }
}

/// Who may read a part while it is written.
#[derive(Clone, Copy, PartialEq)]
enum Rights {
    /// Those whom the system's usual rights let.
    Usual,
    /// Nobody else, until it has the rights of the file that it replaces.
    Ours,
}

/// A file that was not there; no link is followed.
fn made(part: &Path, rights: Rights) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    if rights == Rights::Ours {
        for_us_alone(&mut options);
    }
    options.open(part)
}

#[cfg(unix)]
fn for_us_alone(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// Other systems have other rights.
#[cfg(not(unix))]
fn for_us_alone(_: &mut OpenOptions) {}

/// A part that somebody else left, or is writing.
fn in_the_way(part: &Path, error: io::Error) -> io::Error {
    let hint = "another user may be writing it; if nobody is, remove it";
    io::Error::new(error.kind(), format!("{} stands in the way: {error}\nhint: {hint}", part.display()))
}

/// Removes what bears the part's name and is no part: a link would have us write into whatever it points to, a pipe would have us wait
/// for its reader.
fn clear_the_way(part: &Path) -> io::Result<()> {
    match fs::symlink_metadata(part) {
        Ok(there) if there.is_dir() => {
            let words = format!("the folder {} stands in the way\nhint: remove it", part.display());
            Err(io::Error::new(io::ErrorKind::IsADirectory, words))
        }
        Ok(there) if !there.is_file() => fs::remove_file(part),
        // Nothing is there, or whatever hinders us now will be told when it is opened.
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn is_still_called(file: &File, part: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(part)) {
        (Ok(ours), Ok(there)) => number(ours) == number(there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_called(_: &File, part: &Path) -> bool {
    part.exists()
}

/// Replaces the file at `path` with `bytes`, or leaves it as it was.
///
/// # Errors
/// As [`PartFile::begin`] and [`PartFile::finish`].
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = PartFile::begin(path)?;
    part.write_all(bytes)?;
    part.finish()
}

/// The temporary name beside `path` under which it is written: `.NAME.rhetor-part`, with the beginning of its SHA-256 for a name that is too long.
///
/// # Errors
/// If `path` names no file.
fn part_of(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = std::ffi::OsString::from(".");
    if name.len() <= LONGEST_NAME - ".".len() - ENDING.len() {
        part.push(name);
    } else {
        // Its name would be longer than names may be.
        let sum = Sha256::digest(name.as_encoded_bytes());
        part.push(hex(&sum[..8]));
    }
    part.push(ENDING);
    Ok(folder.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_name_when_it_is_whole_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut part = PartFile::begin(&path).unwrap();
        part.write_all(b"new").unwrap();
        part.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        part.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_finished_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        drop(PartFile::begin(&path).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_writers_of_a_name_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let first = PartFile::begin(&path).unwrap();
        assert_eq!(PartFile::begin(&path).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        first.finish().unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_rights_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_part_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("other"));
        fs::write(&other, "theirs").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join(".a.rhetor-part")).unwrap();
        replace(&path, b"ours").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&other).unwrap()), (b"ours".to_vec(), b"theirs".to_vec()));
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
        fs::create_dir(folder.path().join(".a.rhetor-part")).unwrap();
        assert!(replace(&path, b"more").unwrap_err().to_string().contains("stands in the way"));
        assert_eq!(fs::read(&path).unwrap(), b"ours");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_the_place_of_the_part_is_not_written_to() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, part) = (folder.path().join("a"), folder.path().join(".a.rhetor-part"));
        let other = folder.path().join("other");
        fs::write(&other, "theirs").unwrap();
        fs::hard_link(&other, &part).unwrap();
        replace(&path, b"ours").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&other).unwrap()), (b"ours".to_vec(), b"theirs".to_vec()));
        let planted = File::create(&part).unwrap();
        replace(&path, b"new").unwrap();
        assert_ne!(fs::metadata(&path).unwrap().ino(), planted.metadata().unwrap().ino());
        assert_eq!((fs::read(&path).unwrap(), planted.metadata().unwrap().len()), (b"new".to_vec(), 0));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_open_a_part_before_it_has_the_rights_of_the_old_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("part");
        let mode = |file: &File| file.metadata().unwrap().permissions().mode() & 0o077;
        assert_eq!(mode(&locked(&part, Rights::Ours).unwrap()), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_stays_a_device() {
        replace(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
