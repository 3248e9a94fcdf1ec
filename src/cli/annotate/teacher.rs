//! What learns while one labels: after every so many answers a model is trained in the background, and says which units
//! are most worth labelling next. Keys never wait for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use rhetor::corpus::Example;
use rhetor::evaluate::suggest::{Pool, Settings};
use rhetor::learn::{self, TrainSettings};
use rhetor::model::Model;
use rhetor::text::stem::Language;

/// Units that are put in order at once, at the least; by then there is a new order.
const AHEAD: usize = 100;

/// What came of a training.
pub struct Lesson {
    pub model: Arc<Model>,
    /// The units most worth labelling, best first; empty where nobody asked.
    pub order: Vec<usize>,
}

/// How one wishes to be taught.
pub struct Wishes {
    /// Train after so many answers; never, if there is no number.
    pub every: Option<usize>,
    /// Say which units come next.
    pub orders: bool,
    pub seed: u64,
    pub language: Language,
    pub settings: TrainSettings,
}

pub struct Teacher {
    wishes: Arc<Wishes>,
    texts: Arc<Vec<String>>,
    /// Labelled data that was brought along.
    brought: Arc<Vec<Example>>,
    at_work: Option<Receiver<Result<Lesson, String>>>,
    /// Changes of answers since the last training began.
    since: usize,
}

impl Teacher {
    pub fn new(wishes: Wishes, texts: Vec<String>, brought: Vec<Example>) -> Self {
        Teacher { wishes: wishes.into(), texts: texts.into(), brought: brought.into(), at_work: None, since: 0 }
    }

    /// The order to begin with, from what is labelled already and what a model thinks, if there is one.
    pub fn first_order(&self, model: Option<&Model>, answered: &[Example]) -> Vec<usize> {
        order(&self.wishes, &self.texts, model, self.brought.iter().chain(answered))
    }

    /// Whether so many answers of an earlier run are enough for a training.
    pub fn is_owed(&self, answers: usize) -> bool {
        self.wishes.every.is_some_and(|every| answers >= every)
    }

    /// A unit was answered: whether it is time to train.
    pub fn is_due(&mut self) -> bool {
        self.since += 1;
        self.at_work.is_none() && self.wishes.every.is_some_and(|every| self.since >= every)
    }

    /// Trains on what is answered by now.
    pub fn begin(&mut self, answered: Vec<Example>) {
        self.since = 0;
        let (sender, receiver) = channel();
        let (wishes, texts, brought) = (self.wishes.clone(), self.texts.clone(), self.brought.clone());
        let study = move || {
            let examples: Vec<Example> = brought.iter().cloned().chain(answered).collect();
            let lesson = learn::train(&examples, &wishes.settings, &|_| {}).map(|trained| {
                let order =
                    if wishes.orders { order(&wishes, &texts, Some(&trained.model), &examples) } else { Vec::new() };
                Lesson { model: Arc::new(trained.model), order }
            });
            // Nobody may be there any more to hear of it.
            let _ = sender.send(lesson.map_err(|error| error.to_string()));
        };
        // Without a thread there is no lesson, and labelling goes on.
        self.at_work = thread::Builder::new().name("teacher".into()).spawn(study).ok().map(|_| receiver);
    }

    /// What came of the training, once it is there.
    pub fn lesson(&mut self) -> Option<Result<Lesson, String>> {
        let heard = match self.at_work.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err("it broke off".into()),
            Ok(lesson) => lesson,
        };
        self.at_work = None;
        Some(heard)
    }
}

fn order<'a>(
    wishes: &Wishes,
    texts: &[String],
    model: Option<&Model>,
    labelled: impl IntoIterator<Item = &'a Example>,
) -> Vec<usize> {
    let mut pool = Pool::new(wishes.language);
    pool.add(texts.to_vec());
    labelled.into_iter().for_each(|example| pool.know(&example.text, &example.labels));
    if let Some(model) = model {
        pool.score(model);
    }
    let count = AHEAD.max(4 * wishes.every.unwrap_or(0));
    let chosen = pool.choose(&Settings { count, random: 0.0, seed: wishes.seed, ..Settings::default() });
    chosen.into_iter().map(|suggestion| suggestion.index).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn example(text: &str, labels: &[&str]) -> Example {
        Example::new(text, labels.iter().map(|label| (*label).to_owned()).collect())
    }

    fn teacher(every: usize) -> Teacher {
        let texts = ["They will pay for this.", "The shop opens at nine.", "You will regret it.", "It rained in May."];
        let wishes = Wishes {
            every: Some(every),
            orders: true,
            seed: 0,
            language: Language::English,
            settings: TrainSettings { folds: 2, ..TrainSettings::default() },
        };
        Teacher::new(wishes, texts.map(String::from).to_vec(), Vec::new())
    }

    fn heard(teacher: &mut Teacher) -> Result<Lesson, String> {
        loop {
            if let Some(lesson) = teacher.lesson() {
                return lesson;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn after_so_many_answers_there_is_a_model_and_an_order_of_what_is_not_labelled() {
        let mut teacher = teacher(2);
        assert!(!teacher.is_due() && teacher.is_due());
        teacher.begin(vec![example("They will pay for this.", &["threat"]), example("The shop opens at nine.", &[])]);
        assert!(teacher.at_work.is_some() && !teacher.is_due());
        let lesson = heard(&mut teacher).unwrap_or_else(|error| panic!("{error}"));
        let mut order = lesson.order;
        order.sort_unstable();
        assert_eq!((order, lesson.model.labels().len()), (vec![2, 3], 1));
    }

    #[test]
    fn answers_that_nothing_can_be_learned_from_are_told_as_such() {
        let mut teacher = teacher(1);
        teacher.begin(vec![example("a", &[]), example("b", &[])]);
        assert!(heard(&mut teacher).is_err_and(|error| error.starts_with("every unit has the same labels")));
        assert!(teacher.at_work.is_none());
    }
}
