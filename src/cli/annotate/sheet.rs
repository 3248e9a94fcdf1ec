//! The file of answers and its journal.
//!
//! Every change of an answer is first appended to the journal, `.NAME.rhetor-journal` beside the file, and synced: what is
//! seen on the screen is on the disk. The file itself is replaced whole whenever a unit is answered, so that it is always
//! what `train` and others read: a row a unit, none half-written. The journal alone also holds what is no answer yet: labels
//! of a unit that one has not left, and units that were skipped. A journal that a killed run left is played back, and a last
//! line that was cut is left out.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rhetor::corpus::typed;
use rhetor::model::part::replace;
use rhetor::text::form::{composed, is_same};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cli::named;

/// A file of answers beyond this size is not replaced at every answer, but at the end; the journal has what is new.
const LARGE: usize = 4 << 20;

/// A row of the file of answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub text: String,
    pub labels: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsure: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What the model thinks was looked at before the answer was settled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub saw_model: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotator: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Row {
    /// Names that a field of the pool cannot have in a row.
    pub const OWN: [&str; 7] = ["id", "text", "labels", "unsure", "note", "saw_model", "annotator"];
}

/// How far a unit has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not looked at, or all that was done is undone.
    #[default]
    Fresh,
    /// Labels were given or taken, but the unit was not left with them.
    Open,
    Skipped,
    Done,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub state: State,
    /// One has begun to say that no label fits; without labels a row that is still open says nothing of that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub none: bool,
    pub row: Row,
}

impl Entry {
    pub fn new(state: State, row: Row) -> Entry {
        Entry { state, none: false, row }
    }
}

/// The answers, in memory and on disk.
pub struct Sheet {
    path: PathBuf,
    journal: File,
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    /// The file is as the answers are.
    is_settled: bool,
    /// Size of the file when it was last written.
    bytes: usize,
    /// The file as this run last saw it; one that looks otherwise was changed by somebody else.
    stamp: Option<Stamp>,
    /// The unit that one was at last.
    pub last: Option<String>,
}

/// Size and time of a file.
type Stamp = (u64, SystemTime);

fn stamp(path: &Path) -> Option<Stamp> {
    let file = fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}

/// `.NAME.rhetor-journal` beside the file of answers.
pub fn journal_of(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| anyhow::anyhow!("{}: is no name of a file", path.display()))?;
    let mut journal = std::ffi::OsString::from(".");
    journal.push(name);
    journal.push(".rhetor-journal");
    Ok(path.with_file_name(journal))
}

/// How many answers of a file only its journal has, since a run was killed: for those who read the file without `annotate`.
pub fn answers_only_in_journal(path: &Path) -> usize {
    let Some(journal) = journal_of(path).ok().and_then(|journal| fs::read(journal).ok()) else { return 0 };
    let Ok(played) = play(&journal) else { return 0 };
    let Ok(rows) = fs::read(path).map_err(anyhow::Error::from).and_then(|bytes| rows(path, &bytes)) else { return 0 };
    let known: HashMap<&str, &Row> = rows.iter().map(|row| (&row.id[..], row)).collect();
    let mut last: HashMap<&str, &Entry> = HashMap::new();
    last.extend(played.entries.iter().map(|entry| (&entry.row.id[..], entry)));
    let is_lost = |entry: &&&Entry| match entry.state {
        State::Done => known.get(&entry.row.id[..]) != Some(&&entry.row),
        _ => known.contains_key(&entry.row.id[..]),
    };
    last.values().filter(is_lost).count()
}

impl Sheet {
    /// Opens the file of answers, or begins one; and what a person should know of it.
    ///
    /// # Errors
    /// If the file holds something else than answers, those of another annotator, or is open elsewhere.
    pub fn open(path: &Path, annotator: Option<&str>) -> anyhow::Result<(Sheet, Vec<String>)> {
        let journal_path = journal_of(path)?;
        let stamp = stamp(path);
        let rows = match fs::read(path) {
            Ok(bytes) => rows(path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(named(path, error)),
        };
        let mut journal = lock(&journal_path, path)?;
        let mut bytes = Vec::new();
        journal.read_to_end(&mut bytes).map_err(|error| named(&journal_path, error))?;
        let played = play(&bytes).map_err(|line| {
            anyhow::anyhow!(
                "{}:{line}: no line that rhetor wrote\nhint: the answers are in {}; move the journal away to go on from there, without what was last changed",
                journal_path.display(),
                path.display()
            )
        })?;
        let mut sheet = Sheet {
            path: path.to_owned(),
            journal,
            entries: Vec::new(),
            places: HashMap::new(),
            is_settled: true,
            bytes: 0,
            stamp,
            last: played
                .entries
                .last()
                .map(|entry| entry.row.id.clone())
                .or_else(|| rows.last().map(|row| row.id.clone())),
        };
        rows.into_iter().for_each(|row| sheet.put(Entry::new(State::Done, row)));
        let before = sheet.answers().cloned().collect::<Vec<_>>();
        played.entries.into_iter().for_each(|entry| sheet.put(entry));
        sheet.check_annotator(annotator)?;
        let mut remarks = Vec::new();
        if played.cut > 0 {
            remarks.push(format!(
                "{}: the last run ended in the middle of a line; its {} bytes, of one key, are left out",
                journal_path.display(),
                played.cut
            ));
        }
        let regained = sheet.answers().filter(|row| !before.contains(row)).count();
        if regained > 0 {
            remarks.push(format!(
                "{}: {regained} answers are regained from the journal of a run that was cut short",
                path.display()
            ));
        }
        sheet.is_settled = sheet.answers().eq(&before);
        sheet.settle(When::Now)?;
        sheet.renew_journal(&journal_path, is_pending)?;
        Ok((sheet, remarks))
    }

    fn check_annotator(&self, annotator: Option<&str>) -> anyhow::Result<()> {
        let others = self.answers().find(|row| row.annotator.as_deref() != annotator && row.annotator.is_some());
        match others.and_then(|row| row.annotator.as_deref()) {
            None => Ok(()),
            Some(other) => anyhow::bail!(
                "{}: holds the answers of {other:?}\nhint: --annotator {} goes on with them; another annotator needs another file",
                self.path.display(),
                typed(other)
            ),
        }
    }

    /// Every row that is an answer.
    pub fn answers(&self) -> impl Iterator<Item = &Row> {
        self.entries.iter().filter(|entry| entry.state == State::Done).map(|entry| &entry.row)
    }

    /// All that is known of any unit.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Which unit each entry speaks of: that of its id if the text is the same, else one of the same text, since units get other
    /// ids when the pool is edited or called from another folder. An entry keeps its id unless that is now another unit's; then it takes that
    /// of its own unit. What speaks of none stays as it is.
    pub fn follow(&mut self, units: &[(&str, &str)]) -> anyhow::Result<Vec<Option<usize>>> {
        let by_id: HashMap<&str, usize> = units.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        let mut found: Vec<Option<usize>> = self
            .entries
            .iter()
            .map(|entry| by_id.get(&entry.row.id[..]).copied().filter(|&at| is_same(units[at].1, &entry.row.text)))
            .collect();
        let mut free: HashMap<Cow<str>, Vec<usize>> = HashMap::new();
        let taken: HashSet<usize> = found.iter().flatten().copied().collect();
        (0..units.len())
            .rev()
            .filter(|at| !taken.contains(at))
            .for_each(|at| free.entry(composed(units[at].1)).or_default().push(at));
        let (mut has_moved, mut moved_last) = (false, None);
        let mut known: HashSet<String> = self.entries.iter().map(|entry| entry.row.id.clone()).collect();
        for (entry, found) in self.entries.iter_mut().zip(&mut found).filter(|(_, found)| found.is_none()) {
            *found = free.get_mut(&composed(&entry.row.text)).and_then(Vec::pop);
            let id = match *found {
                _ if !by_id.contains_key(&entry.row.id[..]) => entry.row.id.clone(),
                Some(at) => units[at].0.to_owned(),
                None => {
                    let mut id = entry.row.id.clone() + "~";
                    while by_id.contains_key(&id[..]) || !known.insert(id.clone()) {
                        id += "~";
                    }
                    id
                }
            };
            if self.last.as_ref() == Some(&entry.row.id) && id != entry.row.id {
                moved_last = Some(id.clone());
            }
            has_moved |= id != entry.row.id;
            entry.row.id = id;
        }
        if has_moved {
            self.last = moved_last.or(self.last.take());
            self.places = self.entries.iter().enumerate().map(|(at, entry)| (entry.row.id.clone(), at)).collect();
            self.is_settled = false;
            // First the journal with everything, so that a crash on the way leaves no row under another's id.
            let path = journal_of(&self.path)?;
            self.renew_journal(&path, |_| true)?;
            self.settle(When::Now)?;
            self.renew_journal(&path, is_pending)?;
        }
        Ok(found)
    }

    /// Writes what became of a unit: it is on disk when this returns.
    pub fn record(&mut self, entry: Entry) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.journal
            .write_all(&line)
            .and_then(|()| self.journal.sync_data())
            .map_err(|error| named(&journal_of(&self.path).unwrap_or_default(), error))?;
        let was_done = self.places.get(&entry.row.id).is_some_and(|&place| self.entries[place].state == State::Done);
        self.is_settled &= !was_done && entry.state != State::Done;
        self.last = Some(entry.row.id.clone());
        self.put(entry);
        Ok(())
    }

    fn put(&mut self, entry: Entry) {
        match self.places.get(&entry.row.id) {
            Some(&place) => self.entries[place] = entry,
            None => {
                self.places.insert(entry.row.id.clone(), self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    /// Replaces the file of answers, if it is not what they are.
    pub fn settle(&mut self, when: When) -> anyhow::Result<()> {
        if self.is_settled || (when == When::IfSmall && self.bytes > LARGE) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for row in self.answers() {
            serde_json::to_writer(&mut bytes, row)?;
            bytes.push(b'\n');
        }
        let now = stamp(&self.path);
        if now.is_some() && now != self.stamp {
            return self.yield_to_others(&bytes);
        }
        replace(&self.path, &bytes).map_err(|error| named(&self.path, error))?;
        (self.bytes, self.is_settled, self.stamp) = (bytes.len(), true, stamp(&self.path));
        Ok(())
    }

    /// Another program has changed the file: it stays as it is, and all answers go into a file beside it.
    fn yield_to_others(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let beside = |number: usize| self.path.with_file_name(format!("{name}.kept-{number}.jsonl"));
        let free = (1..).map(beside).find(|path| !path.exists()).expect("some number is free");
        replace(&free, bytes).map_err(|error| named(&free, error))?;
        self.is_settled = true;
        anyhow::bail!(
            "{}: another program changed it while one was labelling, and it stays as that left it\nhint: all answers of this run are in {}; put the two together, then go on",
            self.path.display(),
            free.display()
        )
    }

    /// Puts everything in order: the file has the answers, and the journal no more than what is no answer.
    pub fn close(mut self) -> anyhow::Result<()> {
        self.settle(When::Now)?;
        let path = journal_of(&self.path)?;
        if self.entries.iter().all(|entry| !is_pending(entry)) {
            return fs::remove_file(&path).map_err(|error| named(&path, error));
        }
        self.renew_journal(&path, is_pending)
    }

    /// Begins the journal anew with what the file of answers does not hold. It is locked before the old one is let go.
    fn renew_journal(&mut self, path: &Path, keeps: impl Fn(&Entry) -> bool) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        // Where one was last stands last, so that one finds back.
        let last = self.last.as_ref().and_then(|id| self.places.get(id)).map(|&place| &self.entries[place]);
        let others =
            self.entries.iter().filter(|entry| keeps(entry) && last.is_none_or(|last| last.row.id != entry.row.id));
        for entry in others.chain(last) {
            serde_json::to_writer(&mut bytes, entry)?;
            bytes.push(b'\n');
        }
        replace(path, &bytes).map_err(|error| named(path, error))?;
        self.journal = lock(path, &self.path)?;
        self.journal.read_to_end(&mut Vec::new()).map_err(|error| named(path, error))?;
        Ok(())
    }
}

fn is_pending(entry: &Entry) -> bool {
    matches!(entry.state, State::Open | State::Skipped)
}

/// When the file of answers is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Now,
    /// If that costs nothing that one would feel.
    IfSmall,
}

/// The journal, which no other run may have open.
fn lock(journal: &Path, path: &Path) -> anyhow::Result<File> {
    let open = OpenOptions::new().read(true).append(true).create(true).open(journal);
    let file = open.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => anyhow::anyhow!(
            "{}: the folder cannot be written into ({error})\nhint: -o names a file in a folder of your own; the journal of the answers stands beside it",
            journal.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).display()
        ),
        _ => named(journal, error),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "{}: somebody is labelling into it right now\nhint: end the other `rhetor annotate` first, or choose another -o",
            path.display()
        ),
        // Some file systems know no locks; then nobody is kept out.
        Err(TryLockError::Error(_)) => Ok(file),
    }
}

fn rows(path: &Path, bytes: &[u8]) -> anyhow::Result<Vec<Row>> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let row = |(line, number): (&[u8], usize)| {
        serde_json::from_slice(line).map_err(|error| {
            anyhow::anyhow!(
                "{}:{number}: no row of answers: {error}\nhint: -o names a file that `rhetor annotate` began, or a new one",
                path.display()
            )
        })
    };
    let mut ids = HashSet::new();
    let mut rows = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.trim_ascii().is_empty()) {
        let row: Row = row((line, number))?;
        anyhow::ensure!(
            ids.insert(row.id.clone()),
            "{}:{number}: id {:?} stands in two rows\nhint: leave one of them, or choose another -o",
            path.display(),
            row.id
        );
        rows.push(row);
    }
    Ok(rows)
}

/// The lines of a journal, and the bytes of a last line that was cut.
struct Played {
    entries: Vec<Entry>,
    cut: usize,
}

/// Reads a journal. Every line was synced before the next was begun, so only what stands behind the last line end can be cut.
///
/// # Errors
/// The number of a line, from 1, that is whole and is none of ours.
fn play(bytes: &[u8]) -> Result<Played, usize> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines: Vec<&[u8]> = bytes[..whole].split_inclusive(|byte| *byte == b'\n').collect();
    let mut entries = Vec::with_capacity(lines.len());
    let mut cut = bytes.len() - whole;
    for (at, line) in lines.iter().enumerate() {
        match serde_json::from_slice(line) {
            Ok(entry) => entries.push(entry),
            // A crash of the machine, not of the program, may leave the room for a line without its bytes.
            Err(_) if at + 1 == lines.len() => cut += line.len(),
            Err(_) => return Err(at + 1),
        }
    }
    Ok(Played { entries, cut })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(id: usize, label: &str) -> Row {
        Row { id: id.to_string(), text: format!("Text {id}"), labels: vec![label.into()], ..Row::default() }
    }

    fn open(path: &Path) -> (Sheet, Vec<String>) {
        Sheet::open(path, None).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_journal_cut_at_any_byte_gives_back_every_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let (mut sheet, _) = open(&path);
        for at in 0..4 {
            sheet.record(Entry::new(State::Open, row(at, "a"))).unwrap();
            sheet.record(Entry::new(State::Done, row(at, "b"))).unwrap();
        }
        drop(sheet);
        let journal = fs::read(journal_of(&path).unwrap()).unwrap();
        for cut in 0..=journal.len() {
            fs::remove_file(&path).ok();
            fs::write(journal_of(&path).unwrap(), &journal[..cut]).unwrap();
            let lines = journal[..cut].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(answers_only_in_journal(&path), 0, "without a file of answers there is nothing to read");
            let (sheet, remarks) = open(&path);
            assert_eq!(sheet.answers().count(), lines / 2, "cut at {cut}");
            assert_eq!(
                remarks.iter().any(|words| words.contains("in the middle of a line")),
                cut > 0 && journal[cut - 1] != b'\n'
            );
            drop(sheet);
            assert_eq!(rows(&path, &fs::read(&path).unwrap_or_default()).unwrap().len(), lines / 2);
        }
    }

    #[test]
    fn a_damaged_line_amid_the_journal_is_never_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        fs::write(journal_of(&path).unwrap(), "{\"state\":\"done\"\n{}\n").unwrap();
        let error = Sheet::open(&path, None).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("labels.jsonl.rhetor-journal:1: no line that rhetor wrote\nhint: "), "{error}");
    }

    #[test]
    fn a_file_that_is_no_file_of_answers_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        fs::write(&path, "{\"id\": \"1\", \"text\": \"a\", \"labels\": []}\ntext,labels\n").unwrap();
        let error = Sheet::open(&path, None).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("labels.jsonl:2: no row of answers"), "{error}");
        assert!(!journal_of(&path).unwrap().exists());
    }

    #[test]
    fn two_runs_cannot_write_into_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let (first, _) = open(&path);
        let error = Sheet::open(&path, None).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("right now\nhint: "), "{error}");
        first.close().unwrap();
        open(&path);
    }

    #[test]
    fn another_annotator_needs_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let (mut sheet, _) = Sheet::open(&path, Some("anna")).unwrap();
        sheet.record(Entry::new(State::Done, Row { annotator: Some("anna".into()), ..row(1, "a") })).unwrap();
        sheet.close().unwrap();
        assert!(
            Sheet::open(&path, Some("ben")).err().is_some_and(|error| error.to_string().contains("--annotator anna"))
        );
        assert!(Sheet::open(&path, Some("anna")).is_ok());
    }

    #[test]
    fn rows_follow_their_texts_when_the_pool_is_edited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let (mut sheet, _) = open(&path);
        for id in 1..4 {
            sheet.record(Entry::new(State::Done, row(id, "a"))).unwrap();
        }
        sheet.record(Entry::new(State::Skipped, row(4, "a"))).unwrap();
        // A new text at the front, and the second one taken out.
        let units = [("1", "New"), ("2", "Text 1"), ("3", "Text 3"), ("4", "Text 4")];
        assert_eq!(sheet.follow(&units).unwrap(), [Some(1), None, Some(2), Some(3)]);
        let ids = |sheet: &Sheet| sheet.all().map(|entry| entry.row.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&sheet), ["2", "2~", "3", "4"]);
        drop(sheet);
        let (sheet, remarks) = open(&path);
        assert_eq!((ids(&sheet), remarks.len()), (vec!["2".into(), "2~".into(), "3".into(), "4".into()], 0));
        assert_eq!(sheet.answers().count(), 3);
    }

    #[test]
    fn rows_keep_ids_that_are_no_other_units_and_no_two_become_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let (mut sheet, _) = open(&path);
        for id in ["a:1", "1", "1~"] {
            sheet
                .record(Entry::new(State::Done, Row { id: id.into(), text: format!("Text {id}"), ..Row::default() }))
                .unwrap();
        }
        assert_eq!(sheet.follow(&[("../a:1", "Text a:1"), ("1", "New")]).unwrap(), [Some(0), None, None]);
        let ids: Vec<&str> = sheet.answers().map(|row| &row.id[..]).collect();
        assert_eq!(ids, ["a:1", "1~~", "1~"]);
    }

    proptest! {
        // Each case waits for the disk many times.
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Whatever is recorded, and wherever the run is killed, the file and its journal say the same as memory did.
        #[test]
        fn what_was_recorded_is_found_again(
            changes in prop::collection::vec((0..4_usize, 0..4_usize, "[ab]", any::<bool>()), 0..20), closes in any::<bool>()
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("labels.jsonl");
            let (mut sheet, _) = open(&path);
            for (id, state, label, settles) in changes {
                let state = [State::Fresh, State::Open, State::Skipped, State::Done][state];
                sheet.record(Entry { none: state == State::Open, ..Entry::new(state, row(id, &label)) }).unwrap();
                if settles {
                    sheet.settle(When::IfSmall).unwrap();
                }
            }
            let known = |sheet: &Sheet| {
                let mut all: Vec<(String, State)> =
                    sheet.all().filter(|entry| entry.state != State::Fresh).map(|entry| (format!("{:?} {}", entry.row, entry.none), entry.state)).collect();
                all.sort_by(|a, b| a.0.cmp(&b.0));
                all
            };
            let before = known(&sheet);
            if closes { sheet.close().unwrap() } else { drop(sheet) }
            prop_assert_eq!(known(&open(&path).0), before);
        }
    }
}
