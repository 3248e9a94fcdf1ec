//! The pool as it is read: sums of what the model says of it, and the units that the sample holds. It keeps nothing else, so that a pool may be of any size.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::rc::Rc;

use csv::StringRecord;
use rhetor::corpus::Example;
use rhetor::evaluate::estimate::Predicted;
use rhetor::evaluate::panel::Key;
use rhetor::framing::voice::Voice;
use rhetor::model::Model;
use rhetor::report::{Record, Report};
use rhetor::text::form::{composed, plain};

use crate::cli::args::Estimate;

/// What parts the pool.
enum By {
    Nothing,
    File,
    Voice,
    Column(String),
}

/// A pool that is being read.
pub struct Pool<'a> {
    sample: &'a [Example],
    labels: usize,
    by: By,
    id: String,
    path: String,
    /// Decided by the sample and the first file, unless the user says it.
    key: Option<Key>,
    /// Rows of the sample by their key.
    wanted: HashMap<String, Vec<usize>>,
    places: Vec<Option<InPool>>,
    other_text: u64,
    parts: HashMap<String, usize>,
    found: (Vec<String>, Vec<Predicted>),
    columns: BTreeSet<String>,
    has_column: bool,
}

/// A unit of the pool that the sample holds.
pub struct InPool {
    pub part: usize,
    pub probabilities: Vec<f64>,
}

/// What became of it.
pub struct Found {
    pub key: Key,
    /// What each part has in common, and what the model says of it.
    pub values: Vec<String>,
    pub parts: Vec<Predicted>,
    /// Of each row of the sample.
    pub places: Vec<Option<InPool>>,
    /// Rows of the sample whose unit is not in the pool at all, and whose unit is, but not so often.
    pub missing: Vec<usize>,
    pub repeated: Vec<usize>,
    /// Rows with another text in the pool.
    pub other_text: u64,
}

impl<'a> Pool<'a> {
    /// Whether the parts are voices.
    pub fn is_by_voice(&self) -> bool {
        matches!(self.by, By::Voice)
    }

    pub fn new(args: &Estimate, model: &Model, sample: &'a [Example]) -> Self {
        let by = match args.by.as_deref() {
            None => By::Nothing,
            Some("file") => By::File,
            Some("voice") => By::Voice,
            Some(column) => By::Column(column.to_owned()),
        };
        Pool {
            sample,
            labels: model.labels().len(),
            by,
            id: args.sample.id_column.clone().unwrap_or_else(|| "id".into()),
            path: String::new(),
            key: args.sample.join.map(|join| join.meant()),
            wanted: HashMap::new(),
            places: sample.iter().map(|_| None).collect(),
            other_text: 0,
            parts: HashMap::new(),
            found: (Vec::new(), Vec::new()),
            columns: BTreeSet::new(),
            has_column: false,
        }
    }

    fn begin(&mut self, path: &str, header: Option<&StringRecord>) {
        path.clone_into(&mut self.path);
        let columns = || header.into_iter().flatten();
        self.columns.extend(columns().map(str::to_owned));
        // A column of that name goes before what we know of every unit.
        let by_name = match self.by {
            By::File => "file",
            By::Voice => "voice",
            By::Nothing | By::Column(_) => "",
        };
        if columns().any(|column| column == by_name) {
            self.by = By::Column(by_name.to_owned());
        }
        if self.wanted.is_empty() {
            let ids =
                columns().any(|column| column == self.id) && self.sample.iter().all(|example| example.id.is_some());
            let key = *self.key.get_or_insert(if ids { Key::Id } else { Key::Text });
            for (at, example) in self.sample.iter().enumerate() {
                if let Some(key) = key.of(example) {
                    self.wanted.entry(key).or_default().push(at);
                }
            }
        }
    }

    fn unit(&mut self, record: &Record) {
        let cell = |name: &str| {
            let cell = record.cells.as_ref().and_then(|cells| cells.get(name));
            cell.filter(|cell| !cell.is_empty()).map(Cow::into_owned)
        };
        let value = match &self.by {
            By::Nothing => String::new(),
            By::File => self.path.clone(),
            By::Voice => record.voice.map_or("", Voice::name).to_owned(),
            By::Column(column) => {
                let value = cell(column);
                self.has_column |= value.is_some();
                value.map_or_else(|| "(none)".into(), |value| composed(value).into_owned())
            }
        };
        let part = *self.parts.entry(value).or_insert_with_key(|value| {
            self.found.0.push(value.clone());
            self.found.1.push(Predicted::new(self.labels));
            self.found.0.len() - 1
        });
        self.found.1[part].add(&record.probabilities, record.framings.iter().map(|framing| framing.label.index()));
        let key = match self.key {
            Some(Key::Id) => cell(&self.id).map(|id| composed(id).into_owned()),
            _ => Some(plain(&record.text)),
        };
        let Some(rows) = key.and_then(|key| self.wanted.get(&key)) else { return };
        // A text that stands twice in the pool may stand twice in the sample.
        if let Some(&row) = rows.iter().find(|row| self.places[**row].is_none()) {
            self.other_text +=
                u64::from(self.key == Some(Key::Id) && plain(&self.sample[row].text) != plain(&record.text));
            self.places[row] = Some(InPool { part, probabilities: record.probabilities.clone() });
        }
    }

    /// # Errors
    /// If no unit has the column that parts the pool.
    pub fn finish(self) -> anyhow::Result<Found> {
        if let By::Column(column) = &self.by
            && !self.has_column
        {
            let columns: Vec<String> = self.columns.into_iter().collect();
            let hint = match columns.is_empty() {
                true => "running text has no columns: `--by file` or `--by voice`".to_owned(),
                false => format!("there are {}; `--by file` and `--by voice` need none", columns.join(", ")),
            };
            anyhow::bail!("no unit of the pool has a column {column:?}\nhint: {hint}");
        }
        let key = self.key.unwrap_or(Key::Text);
        let (mut missing, mut repeated) = (Vec::new(), Vec::new());
        for (at, example) in self.sample.iter().enumerate().filter(|(at, _)| self.places[*at].is_none()) {
            let rows = key.of(example).and_then(|key| self.wanted.get(&key)).into_iter().flatten();
            let other_found = rows.into_iter().any(|row| self.places[*row].is_some());
            if other_found { &mut repeated } else { &mut missing }.push(at);
        }
        let (values, parts) = self.found;
        Ok(Found { key, values, parts, places: self.places, missing, repeated, other_text: self.other_text })
    }
}

/// The pool as a report, which is told of every unit in order.
pub struct Reading<'a>(pub Rc<RefCell<Pool<'a>>>);

impl Report for Reading<'_> {
    fn begin(&mut self, path: &str, header: Option<&StringRecord>) -> io::Result<()> {
        self.0.borrow_mut().begin(path, header);
        Ok(())
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        // A row without text is no unit.
        if !record.text.trim().is_empty() {
            self.0.borrow_mut().unit(record);
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
