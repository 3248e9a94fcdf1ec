//! `rhetor annotate`: label in the terminal, one unit at a time.

mod news;
mod pool;
mod screen;
mod session;
mod sheet;
mod teacher;
mod terminal;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rhetor::codebook::{Codebook, file, nearest};
use rhetor::corpus::{self, Example, ReadOptions, shell};
use rhetor::features::{FeatureSettings, cues};
use rhetor::framing::{Choice, evidence, framings};
use rhetor::learn::{KeepCues, TrainSettings};
use rhetor::model::{Model, Task};
use rhetor::text::count::{counted, plural};
use rhetor::text::form::is_same;
use rhetor::text::stem::Language;
use serde_json::Value;

use super::args::{Annotate, OrderOfUnits, Shared};
use super::{Remarks, USAGE, labels, load_model, misuse, refuse_ending, refuse_same, train, use_color};
use news::News;
use pool::{Pool, Unit};
use screen::{Scene, View};
use session::{Answer, Outcome, Rules, Session};
use sheet::{Entry, Row, Sheet, State, When};
use teacher::{Teacher, Wishes};
use terminal::{Input, Screen};

/// Answers after which a model is trained anew where units are suggested and nobody said otherwise.
const RETRAIN: usize = 20;

/// Among more units than this, choosing takes a while.
const MANY: usize = 5000;

/// Words that are shown for each label that the model gives, and labels for which they are shown.
const WORDS: usize = 3;
const LABELS_WITH_WORDS: usize = 3;

pub fn run(args: &Annotate, shared: &Shared, remarks: Remarks) -> anyhow::Result<u8> {
    refuse_output(&args.output)?;
    if !terminal::is_there() {
        remarks.fail(
            "annotate needs a terminal to draw on and a keyboard to read\nhint: run it in a terminal window, its output not redirected; \
             `rhetor classify` labels without asking anybody",
        );
        return Ok(USAGE);
    }
    refuse_same(
        Some(&args.output),
        args.pool.iter().chain(&args.book.model).chain(&args.book.codebook).chain(&args.asking.with),
    )?;
    let known = Known::of(args)?;
    let mut news = News::new(remarks);
    let (pool, status) = pool::read(args, known.language.name(), &mut news, remarks)?;
    anyhow::ensure!(
        !pool.units.is_empty(),
        "there is no text to label\nhint: name files with text, or a folder that holds .txt or .md files"
    );
    let (mut sheet, told) = Sheet::open(&args.output, args.asking.annotator.as_deref())?;
    told.iter().for_each(|words| news.say(words));
    let mut desk = Desk::new(args, known, pool, &mut sheet, &mut news, remarks)?;
    desk.session.message = news.line();
    let ending = desk.label(&mut sheet, use_color(shared, false));
    // Whatever happened: what can be put in order is.
    let closed = sheet.close();
    let ended_by = ending?;
    closed?;
    desk.say_goodbye(args, remarks);
    Ok(ended_by.map_or(status, |signal| 128 + signal as u8))
}

/// Refuses an output that cannot be continued: answers are JSON lines in a file, which is read first and replaced at every answer.
fn refuse_output(path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    match path.metadata() {
        _ if path.as_os_str() == "-" => {
            Err(misuse("-: answers go into a file that can be continued\nhint: -o labels.jsonl"))
        }
        Ok(there) if there.is_dir() => {
            Err(misuse(format_args!("{name}: is a folder\nhint: -o {}", shell(path.join("labels.jsonl")))))
        }
        Ok(there) if !there.is_file() => Err(misuse(format_args!(
            "{name}: is no regular file, and answers go into one that can be continued\nhint: -o labels.jsonl"
        ))),
        Ok(there) if there.permissions().readonly() => Err(misuse(format_args!(
            "{name}: is write-protected, and every answer goes into it\nhint: `chmod u+w {}` lets it be continued; else choose another -o",
            shell(path)
        ))),
        // Whatever the file of answers is called that is continued.
        Ok(_) => Ok(()),
        Err(_) => {
            let also = ["csv", "tsv", "tab", "json", "html", "txt", "md", "ft"];
            let hint = "answers are JSON lines: -o labels.jsonl; `rhetor convert labels.jsonl labels.csv` makes a table of them";
            refuse_ending(Some(path), &also, hint)
        }
    }
}

/// Says of data that `annotate` writes if a killed run left answers that only the journal has.
pub fn warn_of_journals(data: &[PathBuf], remarks: Remarks) {
    for path in data {
        let count = sheet::answers_only_in_journal(path);
        if count > 0 {
            remarks.warn(format_args!(
                "{}: {count} {} only in its journal, since labelling was cut short\nhint: `rhetor annotate POOL -o {}` puts {} in when it starts",
                path.display(),
                plural(count as u64, "answer is", "answers are"),
                shell(path),
                plural(count as u64, "it", "them")
            ));
        }
    }
}

/// What is known of the labels before anything is read.
struct Known {
    labels: Vec<String>,
    book: Option<Codebook>,
    model: Option<Arc<Model>>,
    language: Language,
    is_single: bool,
}

impl Known {
    fn of(args: &Annotate) -> anyhow::Result<Known> {
        let options = &args.book;
        let own_book = options.codebook.as_deref().map(file::read).transpose()?;
        let named = options.model.as_deref().map(|path| load_model(Some(path))).transpose()?;
        let builtin = Codebook::builtin();
        let is_known = |label: &str| match &named {
            Some(model) => model.labels().find(label).is_some(),
            None => builtin.find(label).is_some(),
        };
        let mut asked: Vec<String> = match &own_book {
            Some(book) => book.labels.iter().map(|entry| entry.name.clone()).collect(),
            None => labels::asked(&options.labels, is_known)?,
        };
        let mut seen = BTreeSet::new();
        asked.retain(|label| seen.insert(label.clone()));
        // The embedded model has a say only on labels of its own, and is not unpacked for others.
        let model = match named {
            None if asked.iter().all(|label| builtin.find(label).is_some()) => Some(load_model(None)?),
            named => named,
        };
        let book = own_book.or_else(|| model.as_ref()?.codebook().map(|book| book.into_owned()));
        let labels = match &model {
            Some(model) if asked.is_empty() => labels_of(model, book.as_ref()),
            _ => asked,
        };
        let is_single = match options.task {
            Some(task) => task == Task::Single,
            None => model.as_ref().is_some_and(|model| model.task() == Task::Single),
        };
        let language = model.as_ref().map_or(Language::English, |model| model.featurizer().settings().language);
        Ok(Known { labels, book, model: model.map(Arc::new), language, is_single })
    }

    /// Labels that answers or data have are labels too, which nobody may have meant: one that is nearly another is perhaps its old name.
    fn take_in<'a>(&mut self, labels: impl Iterator<Item = &'a String>, of: &str, news: &mut News) {
        let mut added: Vec<&str> = Vec::new();
        for label in labels.filter(|label| !self.labels.iter().any(|own| is_same(own, label))) {
            if !added.iter().any(|other| is_same(other, label)) {
                added.push(label);
            }
        }
        if added.is_empty() {
            return;
        }
        let meant = |label: &&str| {
            let near = nearest(label, self.labels.iter().map(String::as_str))?;
            Some(format!("{label} may be {near}"))
        };
        let meant: Vec<String> = added.iter().filter_map(meant).collect();
        let hint = match &meant[..] {
            [] => String::new(),
            meant => format!("\nhint: {}; if so, rename it in {of}", meant.join(", ")),
        };
        let words = format!(
            "{of}: {} {} there too, and {} among the labels now{hint}",
            added.join(", "),
            plural(added.len() as u64, "stands", "stand"),
            plural(added.len() as u64, "is", "are"),
        );
        if meant.is_empty() {
            news.say(words)
        } else {
            news.warn(words)
        }
        self.labels.extend(added.into_iter().map(str::to_owned));
    }

    /// How a model is trained in the background: like the one at hand, but on few units.
    fn training(&self, seed: u64) -> TrainSettings {
        let features = match &self.model {
            Some(model) => FeatureSettings { min_count: 1, max_terms: None, ..model.featurizer().settings().clone() },
            None => FeatureSettings { cues: Some(cues::builtin().clone().into()), ..FeatureSettings::default() },
        };
        let task = Some(if self.is_single { Task::Single } else { Task::Multi });
        TrainSettings { features, task, seed, cues: KeepCues::IfTheyHelp, ..TrainSettings::default() }
    }
}

/// The labels of a model, in the order of its codebook.
fn labels_of(model: &Model, book: Option<&Codebook>) -> Vec<String> {
    let all: Vec<&str> = model.labels().iter().map(|(_, name)| name).collect();
    let told = book.into_iter().flat_map(|book| &book.labels).map(|entry| &entry.name[..]);
    let mut labels: Vec<&str> = told.filter(|name| all.contains(name)).collect();
    labels.extend(all.iter().filter(|name| book.is_none_or(|book| book.find(name).is_none())));
    labels.into_iter().map(str::to_owned).collect()
}

/// Everything that is at hand while one labels.
struct Desk {
    pool: Pool,
    session: Session,
    book: Option<Codebook>,
    model: Option<Arc<Model>>,
    /// What the model thinks of a unit, once it was asked.
    view: Option<(usize, View)>,
    teacher: Teacher,
    background: String,
    annotator: Option<String>,
    is_review: bool,
}

impl Desk {
    fn new(
        args: &Annotate,
        mut known: Known,
        mut pool: Pool,
        sheet: &mut Sheet,
        news: &mut News,
        remarks: Remarks,
    ) -> anyhow::Result<Desk> {
        let output = args.output.display().to_string();
        known.take_in(sheet.all().flat_map(|entry| &entry.row.labels), &output, news);
        known.take_in(pool.units.iter().flat_map(|unit| unit.given.iter().flatten()), "the data", news);
        let answers = answers(&known, &mut pool, sheet, &output, news)?;
        let texts: Vec<String> = pool.units.iter().map(|unit| unit.text.clone()).collect();
        let brought = brought(args, remarks)?;
        let orders = args.asking.order == OrderOfUnits::Suggest;
        let every = args.asking.retrain.map(usize::from).or(orders.then_some(RETRAIN));
        let (seed, language) = (args.asking.seed, known.language);
        let wishes = Wishes { every, orders, seed, language, settings: known.training(seed) };
        let teacher = Teacher::new(wishes, texts.clone(), brought);
        if orders && texts.len() > MANY {
            remarks.say(format_args!("choosing what is most worth labelling among {} units …", texts.len()));
        }
        let queue = queue(args.asking.order, seed, texts.len(), || {
            let answered: Vec<Example> = sheet.answers().map(example).collect();
            teacher.first_order(known.model.as_deref(), &answered)
        });
        let rules = Rules {
            labels: known.labels,
            is_single: known.is_single,
            has_view: known.model.is_some(),
            is_blind: args.asking.blind,
        };
        let resume = sheet.last.as_ref().and_then(|id| pool.units.iter().position(|unit| unit.id == *id));
        // A suggested order begins with what is worth most, wherever one was.
        let resume = resume.filter(|&unit| !orders || answers[unit].state == State::Open);
        Ok(Desk {
            session: Session::new(rules, texts, answers, queue, resume),
            pool,
            book: known.book,
            model: known.model,
            view: None,
            teacher,
            background: String::new(),
            annotator: args.asking.annotator.clone(),
            is_review: args.asking.review,
        })
    }

    /// Asks until one has had enough. Gives the signal that ended it, if one did.
    fn label(&mut self, sheet: &mut Sheet, has_color: bool) -> anyhow::Result<Option<usize>> {
        let mut screen = Screen::take()?;
        let mut is_stale = true;
        if self.teacher.is_owed(sheet.answers().count()) {
            self.train(sheet);
        }
        loop {
            if std::mem::take(&mut is_stale) {
                self.look();
                let scene = self.scene(has_color);
                if let Err(signal) = screen.draw(|frame| scene.draw(frame)) {
                    return Ok(Some(signal));
                }
            }
            match screen.next() {
                Input::Ended(signal) => return Ok(Some(signal)),
                Input::Nothing => is_stale = self.hear(),
                Input::Resized => is_stale = true,
                Input::Paste(text) => {
                    self.session.paste(&text);
                    is_stale = true;
                }
                Input::Key(key) => {
                    let Outcome { changed, quits } = self.session.press(key);
                    if let Some(unit) = changed {
                        self.keep(unit, sheet)?;
                    }
                    if quits {
                        return Ok(None);
                    }
                    self.hear();
                    is_stale = true;
                }
            }
        }
    }

    fn scene(&self, has_color: bool) -> Scene<'_> {
        let view = self.view.as_ref().filter(|(unit, _)| self.session.shows_view() && *unit == self.session.unit());
        Scene {
            session: &self.session,
            pool: &self.pool,
            book: self.book.as_ref(),
            view: view.map(|(_, view)| view),
            has_color,
            background: &self.background,
        }
    }

    /// Asks the model what it thinks, if that is to be seen.
    fn look(&mut self) {
        let unit = self.session.unit();
        if let Some(model) = &self.model
            && self.session.shows_view()
            && self.view.as_ref().is_none_or(|(other, _)| *other != unit)
        {
            self.view = Some((unit, view(model, &self.pool.units[unit].text, &self.session.rules.labels)));
        }
    }

    /// Puts an answer on disk; and sees whether it is time to train.
    fn keep(&mut self, unit: usize, sheet: &mut Sheet) -> anyhow::Result<()> {
        let answer = self.session.answer(unit);
        let state = answer.state;
        let row = self.row(&self.pool.units[unit], answer);
        sheet.record(Entry { none: answer.none && state == State::Open, ..Entry::new(state, row) })?;
        sheet.settle(When::IfSmall)?;
        if state == State::Done && self.teacher.is_due() {
            self.train(sheet);
        }
        Ok(())
    }

    fn train(&mut self, sheet: &Sheet) {
        self.teacher.begin(sheet.answers().map(example).collect());
        self.background = "training".into();
    }

    /// Whether the background has something new.
    fn hear(&mut self) -> bool {
        match self.teacher.lesson() {
            None => return false,
            Some(Ok(lesson)) => {
                self.background = format!("model of {} units", lesson.model.card().units);
                self.model = Some(lesson.model);
                self.view = None;
                self.session.rules.has_view = true;
                if !lesson.order.is_empty() {
                    self.session.reorder(&lesson.order);
                }
            }
            Some(Err(why)) => {
                let why = why.lines().next().unwrap_or_default();
                self.background = format!("not trained: {why}");
            }
        }
        true
    }

    fn row(&self, unit: &Unit, answer: &Answer) -> Row {
        let mut rest = unit.fields.clone();
        for name in Row::OWN {
            if let Some(value) = rest.remove(name) {
                rest.insert(format!("_{name}"), value);
            }
        }
        if self.is_review {
            rest.insert("given".into(), Value::from(unit.given.clone()));
        }
        Row {
            id: unit.id.clone(),
            text: unit.text.clone(),
            labels: answer.labels.iter().map(|&label| self.session.rules.labels[label].clone()).collect(),
            unsure: answer.unsure,
            note: answer.note.clone(),
            saw_model: answer.saw_model,
            annotator: self.annotator.clone(),
            rest,
        }
    }

    fn say_goodbye(&self, args: &Annotate, remarks: Remarks) {
        let done = self.session.count(State::Done);
        let others = [(self.session.count(State::Skipped), "skipped"), (self.session.unsure(), "unsure")];
        let others = others.iter().filter(|(count, _)| *count > 0);
        let others: String = others.map(|(count, word)| format!(", {count} {word}")).collect();
        let next = match self.session.len() - done {
            0 => format!("hint: rhetor train {} -o my.rhetor", shell(&args.output)),
            _ => "hint: the same command goes on from here".into(),
        };
        remarks.say(format_args!(
            "{}: {done} of {} units have an answer{others}\n{next}",
            args.output.display(),
            self.session.len()
        ));
    }
}

/// What is answered already, unit by unit. A unit is called as its answer calls it.
fn answers(
    known: &Known,
    pool: &mut Pool,
    sheet: &mut Sheet,
    output: &str,
    news: &mut News,
) -> anyhow::Result<Vec<Answer>> {
    let numbers = |labels: &[String]| -> BTreeSet<usize> {
        labels.iter().filter_map(|label| known.labels.iter().position(|other| is_same(other, label))).collect()
    };
    let fresh =
        |unit: &Unit| Answer { labels: numbers(unit.given.as_deref().unwrap_or_default()), ..Answer::default() };
    let mut answers: Vec<Answer> = pool.units.iter().map(fresh).collect();
    let units: Vec<(&str, &str)> = pool.units.iter().map(|unit| (&unit.id[..], &unit.text[..])).collect();
    let found = sheet.follow(&units)?;
    for (unit, Entry { state, none, row }) in found.iter().zip(sheet.all()) {
        if let Some(unit) = *unit
            && *state != State::Fresh
        {
            let Row { labels, unsure, note, saw_model, .. } = row;
            let labels = numbers(labels);
            let (state, none) = (*state, *none);
            answers[unit] = Answer { state, labels, unsure: *unsure, note: note.clone(), none, saw_model: *saw_model };
        }
    }
    let mut renamed = Vec::new();
    for (unit, Entry { row, .. }) in found.iter().zip(sheet.all()) {
        if let Some(unit) = unit.map(|unit| &mut pool.units[unit])
            && unit.id != row.id
        {
            renamed.push((std::mem::replace(&mut unit.id, row.id.clone()), &row.id));
        }
    }
    if let Some((here, there)) = renamed.first() {
        news.warn(format_args!(
            "{output}: {} under other ids than the pool has here ({there:?} for {here:?}), and {}\nhint: ids are alike where the pool is named as it was then, from the same folder",
            counted(renamed.len() as u64, "answer stands", "answers stand"),
            plural(renamed.len() as u64, "keeps its own", "keep theirs"),
        ));
    }
    let strangers =
        found.iter().zip(sheet.all()).filter(|(unit, entry)| unit.is_none() && entry.state == State::Done).count();
    match strangers {
        0 => {}
        1 => {
            news.warn(format_args!(
                "{output}: 1 answer is to a text that this pool does not have; it is kept as it is"
            ));
        }
        more => news.warn(format_args!(
            "{output}: {more} answers are to texts that this pool does not have; they are kept as they are"
        )),
    }
    Ok(answers)
}

fn queue(order: OrderOfUnits, seed: u64, count: usize, suggested: impl FnOnce() -> Vec<usize>) -> Vec<usize> {
    let mut queue: Vec<usize> = match order {
        OrderOfUnits::Given => Vec::new(),
        OrderOfUnits::Suggest => suggested(),
        OrderOfUnits::Random => shuffled(count, seed),
    };
    let mut placed = vec![false; count];
    queue.retain(|&unit| !std::mem::replace(&mut placed[unit], true));
    queue.extend((0..count).filter(|&unit| !placed[unit]));
    queue
}

/// Every unit once, by lot: each draws a number, and the lowest comes first.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut units: Vec<(u64, usize)> = (0..count).map(|unit| (random.next_u64(), unit)).collect();
    units.sort_unstable();
    units.into_iter().map(|(_, unit)| unit).collect()
}

/// The labelled data that the training learns from too.
fn brought(args: &Annotate, remarks: Remarks) -> anyhow::Result<Vec<Example>> {
    if args.asking.with.is_empty() {
        return Ok(Vec::new());
    }
    let corpus = corpus::read(&args.asking.with, &ReadOptions::default())?;
    train::report_reading(&corpus, remarks);
    Ok(corpus.examples)
}

fn example(row: &Row) -> Example {
    let group = row.rest.get("group").and_then(Value::as_str).map(str::to_owned);
    Example { group, ..Example::new(row.text.clone(), row.labels.clone()) }
}

/// What a model thinks of a text, label by label of the session.
fn view(model: &Model, text: &str, labels: &[String]) -> View {
    let row = model.row(text, &mut model.scratch());
    let scores = model.score(&row);
    let found = framings(model, &scores, &Choice::default());
    let of_label = |name: &String| {
        let label = model.labels().find(name)?;
        Some((scores.probabilities[label.index()], found.iter().any(|framing| framing.label == label)))
    };
    let words = found.iter().take(LABELS_WITH_WORDS).map(|framing| {
        let mut words: Vec<&str> = Vec::new();
        let evidence = evidence::explain(model, &row, framing.label);
        for term in evidence.terms.iter().filter(|term| term.contribution > 0.0) {
            match term.spans.first().map(|span| span.of(text)) {
                Some(word) if words.len() < WORDS && !words.contains(&word) => words.push(word),
                _ => {}
            }
        }
        format!("{}: {}", model.labels().name(framing.label), words.join(", "))
    });
    let words: Vec<String> = words.collect();
    let words = if words.is_empty() { "the model gives no label".into() } else { words.join(" · ") };
    View { labels: labels.iter().map(of_label).collect(), words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_has_every_unit_once() {
        for order in [OrderOfUnits::Given, OrderOfUnits::Random, OrderOfUnits::Suggest] {
            let mut queue = queue(order, 7, 5, || vec![3, 3, 1]);
            if order == OrderOfUnits::Suggest {
                assert_eq!(queue, [3, 1, 0, 2, 4]);
            }
            queue.sort_unstable();
            assert_eq!(queue, [0, 1, 2, 3, 4]);
        }
        assert_eq!(shuffled(50, 1), shuffled(50, 1));
        assert_ne!(shuffled(50, 1), shuffled(50, 2));
    }

    #[test]
    fn a_model_is_asked_for_the_labels_of_the_session_and_says_why() {
        let model = rhetor::model::english::embedded();
        let labels = ["threat".to_owned(), "unheard-of".to_owned()];
        let view = view(&model, "If you cross this line, you will regret it.", &labels);
        assert!(view.labels[0].is_some_and(|(p, gives)| p > 0.5 && gives) && view.labels[1].is_none());
        assert!(view.words.contains("threat: "), "{}", view.words);
    }
}
