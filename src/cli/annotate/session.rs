//! What the keys do: a machine without screen, clock or disk. A key goes in; which answers changed comes out.

use std::collections::BTreeSet;

use super::sheet::State;

/// The keys for labels, in order: commands have the letters that are missing.
const LABEL_KEYS: &str = "123456789abcdehijkloprtvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A key, as far as it means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

/// What one says of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub state: State,
    /// Numbers of labels.
    pub labels: BTreeSet<usize>,
    pub unsure: bool,
    pub note: String,
    /// One has said, or begun by saying, that no label fits.
    pub none: bool,
    /// What the model thinks was seen before the answer was last changed.
    pub saw_model: bool,
}

impl Answer {
    /// Whether one has said anything of the labels yet.
    pub fn is_given(&self) -> bool {
        self.state == State::Done || (self.state == State::Open && (self.none || !self.labels.is_empty()))
    }
}

/// What keys mean at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Reading,
    /// A line is being typed.
    Typing {
        what: Prompt,
        text: String,
    },
    /// The codebook is open: all of it, or at a label.
    Codebook {
        label: Option<usize>,
        scroll: usize,
    },
}

/// What a typed line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    Jump,
    Search,
    Label,
    Note,
}

/// The rules of a session.
#[derive(Clone, Debug)]
pub struct Rules {
    pub labels: Vec<String>,
    /// Exactly one label a unit.
    pub is_single: bool,
    /// There is a model whose view may be shown.
    pub has_view: bool,
    /// It is never shown.
    pub is_blind: bool,
}

/// What a key led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The unit whose answer changed.
    pub changed: Option<usize>,
    pub quits: bool,
}

/// A step that can be undone.
struct Step {
    unit: usize,
    before: Answer,
    at: usize,
}

pub struct Session {
    pub rules: Rules,
    /// What is searched: the texts of the units.
    texts: Vec<String>,
    answers: Vec<Answer>,
    /// Units in the order in which they come.
    queue: Vec<usize>,
    /// Where in the queue one is.
    at: usize,
    undo: Vec<Step>,
    pub mode: Mode,
    /// The model's view of this unit is open.
    shows_view: bool,
    /// Units of which the view was ever open.
    viewed: BTreeSet<usize>,
    /// Lines by which the text is scrolled.
    pub scroll: usize,
    /// What one is told, until the next key.
    pub message: String,
    sought: String,
}

impl Session {
    /// Begins with what is answered already; `queue` has every unit once. Goes to `resume` if it waits for an answer, else to
    /// the first unit behind it that does.
    pub fn new(
        rules: Rules,
        texts: Vec<String>,
        answers: Vec<Answer>,
        queue: Vec<usize>,
        resume: Option<usize>,
    ) -> Self {
        debug_assert!(texts.len() == answers.len() && texts.len() == queue.len() && !texts.is_empty());
        let at = resume.and_then(|unit| queue.iter().position(|other| *other == unit)).unwrap_or(0);
        let mut session = Session {
            rules,
            texts,
            answers,
            queue,
            at,
            undo: Vec::new(),
            mode: Mode::Reading,
            shows_view: false,
            viewed: BTreeSet::new(),
            scroll: 0,
            message: String::new(),
            sought: String::new(),
        };
        if !session.waits(session.queue[at]) {
            session.advance();
        }
        session
    }

    /// The unit that one is asked about.
    pub fn unit(&self) -> usize {
        self.queue[self.at]
    }

    pub fn answer(&self, unit: usize) -> &Answer {
        &self.answers[unit]
    }

    /// How many units are in that state.
    pub fn count(&self, state: State) -> usize {
        self.answers.iter().filter(|answer| answer.state == state).count()
    }

    pub fn unsure(&self) -> usize {
        self.answers.iter().filter(|answer| answer.state == State::Done && answer.unsure).count()
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether the model's view is to be seen now.
    pub fn shows_view(&self) -> bool {
        self.shows_view && !self.rules.is_blind
    }

    /// The key of a label, for those that have one.
    pub fn key_of(label: usize) -> Option<char> {
        LABEL_KEYS.chars().nth(label)
    }

    fn label_of(&self, key: char) -> Option<usize> {
        LABEL_KEYS.chars().position(|other| other == key).filter(|&label| label < self.rules.labels.len())
    }

    /// Those not asked about yet come in this order from now on; units that it lacks come after it. What one has passed stays.
    pub fn reorder(&mut self, order: &[usize]) {
        let (passed, coming) = self.queue.split_at(self.at + 1);
        let mut placed: BTreeSet<usize> = passed.iter().copied().collect();
        let mut queue = passed.to_vec();
        queue
            .extend(order.iter().chain(coming).copied().filter(|&unit| unit < self.texts.len() && placed.insert(unit)));
        self.queue = queue;
    }

    pub fn press(&mut self, key: Key) -> Outcome {
        self.message.clear();
        match std::mem::replace(&mut self.mode, Mode::Reading) {
            Mode::Reading => self.read(key),
            Mode::Typing { what, text } => self.type_on(what, text, key),
            Mode::Codebook { label, scroll } => {
                self.leaf(label, scroll, key);
                Outcome::default()
            }
        }
    }

    /// Text that was pasted goes into what is being typed, and is nothing else than text.
    pub fn paste(&mut self, pasted: &str) {
        if let Mode::Typing { text, .. } = &mut self.mode {
            text.extend(pasted.chars().filter(|c| !c.is_control()));
        } else {
            self.message = "pasted text answers nothing".into();
        }
    }

    fn read(&mut self, key: Key) -> Outcome {
        match key {
            Key::Enter | Key::Char(' ') => return self.accept(),
            Key::Char('0') => {
                return self.change(|answer| {
                    answer.labels.clear();
                    answer.none = true;
                });
            }
            Key::Char('f') => return self.change(|answer| answer.unsure = !answer.unsure),
            Key::Char('s') => return self.skip(),
            Key::Char('u') | Key::Backspace => return self.undo(),
            Key::Char('q') => return Outcome { quits: true, ..Outcome::default() },
            Key::Char('m') => self.look_at_view(),
            Key::Char('g') => self.type_in(Prompt::Jump, String::new()),
            Key::Char('/') => self.type_in(Prompt::Search, String::new()),
            Key::Char(':') => self.type_in(Prompt::Label, String::new()),
            Key::Char('.') => self.seek_doubtful(),
            Key::Char('n') => self.type_in(Prompt::Note, self.answers[self.unit()].note.clone()),
            Key::Char('?') => self.mode = Mode::Codebook { label: None, scroll: 0 },
            Key::Left | Key::Char('<') => self.step(-1),
            Key::Right | Key::Char('>') => self.step(1),
            Key::Up => self.scroll = self.scroll.saturating_sub(1),
            Key::Down => self.scroll += 1,
            Key::PageUp => self.scroll = self.scroll.saturating_sub(10),
            Key::PageDown => self.scroll += 10,
            Key::Home => self.scroll = 0,
            Key::End | Key::Escape => {}
            Key::Char(key) => match self.label_of(key) {
                Some(label) => return self.give(label),
                None => self.message = format!("{key} is no key here; ? shows them"),
            },
        }
        Outcome::default()
    }

    /// Gives a label or takes it back.
    fn give(&mut self, label: usize) -> Outcome {
        let is_single = self.rules.is_single;
        self.change(|answer| {
            if !answer.labels.remove(&label) {
                if is_single {
                    answer.labels.clear();
                }
                answer.labels.insert(label);
            }
        })
    }

    /// Changes the answer of this unit, which is open from then on unless it was settled before.
    fn change(&mut self, change: impl FnOnce(&mut Answer)) -> Outcome {
        let unit = self.unit();
        let before = self.answers[unit].clone();
        let answer = &mut self.answers[unit];
        change(answer);
        if answer.state != State::Done {
            answer.state = State::Open;
        }
        // An answer of a single-label task without a label is none.
        if answer.state == State::Done && self.rules.is_single && answer.labels.is_empty() {
            answer.state = State::Open;
        }
        answer.saw_model = self.viewed.contains(&unit);
        self.changed(unit, before)
    }

    fn changed(&mut self, unit: usize, before: Answer) -> Outcome {
        if self.answers[unit] == before {
            return Outcome::default();
        }
        self.undo.push(Step { unit, before, at: self.at });
        Outcome { changed: Some(unit), quits: false }
    }

    /// The labels that stand there are the answer, none of them too.
    fn accept(&mut self) -> Outcome {
        let unit = self.unit();
        let before = self.answers[unit].clone();
        if self.rules.is_single && before.labels.is_empty() {
            self.message = "choose a label: every unit has exactly one here (s skips)".into();
            return Outcome::default();
        }
        if before.state != State::Done {
            self.answers[unit].saw_model |= self.viewed.contains(&unit);
        }
        self.answers[unit].state = State::Done;
        let outcome = self.changed(unit, before);
        self.advance();
        outcome
    }

    fn skip(&mut self) -> Outcome {
        let unit = self.unit();
        let before = self.answers[unit].clone();
        if before.state != State::Done {
            self.answers[unit].state = State::Skipped;
        }
        let outcome = self.changed(unit, before);
        self.advance();
        outcome
    }

    fn undo(&mut self) -> Outcome {
        let Some(Step { unit, before, at }) = self.undo.pop() else {
            self.message = "nothing to undo in this run".into();
            return Outcome::default();
        };
        self.answers[unit] = before;
        // A new order may have moved it.
        let at = if self.queue.get(at) == Some(&unit) {
            Some(at)
        } else {
            self.queue.iter().position(|other| *other == unit)
        };
        self.go(at.unwrap_or(self.at));
        self.message = "undone".into();
        Outcome { changed: Some(unit), quits: false }
    }

    fn waits(&self, unit: usize) -> bool {
        matches!(self.answers[unit].state, State::Fresh | State::Open)
    }

    /// To the next unit without an answer, from the start again behind the last; then to those that were skipped.
    fn advance(&mut self) {
        let count = self.queue.len();
        let next = |wanted: &dyn Fn(usize) -> bool| {
            (1..=count).map(|step| (self.at + step) % count).find(|&at| at != self.at && wanted(self.queue[at]))
        };
        let skipped = |unit: usize| self.answers[unit].state == State::Skipped;
        match next(&|unit| self.waits(unit)).or_else(|| next(&skipped)) {
            Some(at) => self.go(at),
            None if self.waits(self.unit()) || skipped(self.unit()) => self.scroll = 0,
            None => self.message = "every unit has an answer; q ends, < goes back".into(),
        }
    }

    fn step(&mut self, by: isize) {
        match self.at.checked_add_signed(by).filter(|at| *at < self.queue.len()) {
            Some(at) => self.go(at),
            None => self.message = if by < 0 { "this is the first".into() } else { "this is the last".into() },
        }
    }

    fn go(&mut self, at: usize) {
        if at != self.at {
            (self.shows_view, self.scroll) = (false, 0);
        }
        self.at = at;
    }

    /// What the model thinks may not sway the first answer.
    fn look_at_view(&mut self) {
        let unit = self.unit();
        match () {
            () if self.rules.is_blind => self.message = "--blind: what the model thinks is not shown".into(),
            () if !self.rules.has_view => self.message = "there is no model for these labels yet".into(),
            () if !self.answers[unit].is_given() => {
                self.message = "answer first (0 for none); then m shows what the model thinks".into();
            }
            () => {
                self.shows_view = !self.shows_view;
                self.viewed.insert(unit);
            }
        }
    }

    fn type_in(&mut self, what: Prompt, text: String) {
        self.mode = Mode::Typing { what, text };
    }

    fn type_on(&mut self, what: Prompt, mut text: String, key: Key) -> Outcome {
        match key {
            Key::Escape => return Outcome::default(),
            Key::Enter => return self.typed(what, text),
            Key::Backspace if text.pop().is_none() => return Outcome::default(),
            Key::Char(c) if !c.is_control() => text.push(c),
            _ => {}
        }
        self.type_in(what, text);
        Outcome::default()
    }

    fn typed(&mut self, what: Prompt, text: String) -> Outcome {
        match what {
            Prompt::Jump => self.jump(text.trim()),
            Prompt::Search => self.search(text),
            Prompt::Note => return self.change(|answer| answer.note = text.trim().to_owned()),
            Prompt::Label => match self.label_named(text.trim()) {
                Some(label) => return self.give(label),
                None => self.message = format!("no label begins with {:?}", text.trim()),
            },
        }
        Outcome::default()
    }

    /// The label of that name, or the first that begins like it.
    fn label_named(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        let is = |test: &dyn Fn(&str) -> bool| self.rules.labels.iter().position(|label| test(&label.to_lowercase()));
        is(&|label| label == name).or_else(|| is(&|label| !name.is_empty() && label.starts_with(&name)))
    }

    /// To a unit by its number in the pool, from 1.
    fn jump(&mut self, number: &str) {
        let unit = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match unit.and_then(|unit| self.queue.iter().position(|other| *other == unit)) {
            Some(at) => self.go(at),
            None => self.message = format!("give a number from 1 to {}", self.len()),
        }
    }

    /// To the next unit that has the text, whatever the case; an empty one repeats the last search.
    fn search(&mut self, text: String) {
        if !text.is_empty() {
            self.sought = text.to_lowercase();
        }
        let count = self.queue.len();
        let found = (1..=count)
            .map(|step| (self.at + step) % count)
            .find(|&at| !self.sought.is_empty() && self.texts[self.queue[at]].to_lowercase().contains(&self.sought));
        match found {
            Some(at) if at == self.at => self.message = "only here".into(),
            Some(at) => self.go(at),
            None if self.sought.is_empty() => self.message = "nothing to search for".into(),
            None => self.message = format!("no unit has {:?}", self.sought),
        }
    }

    /// To the next unit that was flagged as unsure or skipped, from the start again behind the last.
    fn seek_doubtful(&mut self) {
        let count = self.queue.len();
        let is_doubtful = |unit: usize| self.answers[unit].unsure || self.answers[unit].state == State::Skipped;
        match (1..=count).map(|step| (self.at + step) % count).find(|&at| is_doubtful(self.queue[at])) {
            Some(at) if at == self.at => self.message = "only this one is unsure or skipped".into(),
            Some(at) => self.go(at),
            None => self.message = "no unit is unsure or skipped".into(),
        }
    }

    /// In the codebook.
    fn leaf(&mut self, label: Option<usize>, scroll: usize, key: Key) {
        let last = self.rules.labels.len().saturating_sub(1);
        let (label, scroll) = match key {
            Key::Escape | Key::Enter | Key::Char('?' | 'q' | ' ') => return,
            Key::Down => (label, scroll + 1),
            Key::Up => (label, scroll.saturating_sub(1)),
            Key::PageDown => (label, scroll + 10),
            Key::PageUp => (label, scroll.saturating_sub(10)),
            Key::Home | Key::Char('0') => (None, 0),
            Key::Right => (Some(label.map_or(0, |label| (label + 1).min(last))), 0),
            Key::Left => (label.and_then(|label| label.checked_sub(1)), 0),
            Key::Char(key) => match self.label_of(key) {
                Some(label) => (Some(label), 0),
                None => (label, scroll),
            },
            _ => (label, scroll),
        };
        self.mode = Mode::Codebook { label, scroll };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(texts: &[&str]) -> Session {
        let rules = Rules {
            labels: ["blame", "call", "threat"].map(String::from).to_vec(),
            is_single: false,
            has_view: true,
            is_blind: false,
        };
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let (answers, queue) = (vec![Answer::default(); texts.len()], (0..texts.len()).collect());
        Session::new(rules, texts, answers, queue, None)
    }

    fn press(session: &mut Session, keys: &str) {
        for key in keys.chars() {
            session.press(match key {
                '\n' => Key::Enter,
                '\u{1b}' => Key::Escape,
                key => Key::Char(key),
            });
        }
    }

    fn labels(session: &Session, unit: usize) -> Vec<usize> {
        session.answer(unit).labels.iter().copied().collect()
    }

    #[test]
    fn enter_settles_the_labels_that_stand_there_and_goes_on() {
        let mut session = session(&["a", "b", "c"]);
        press(&mut session, "31\n\n2");
        assert_eq!((session.answer(0).state, labels(&session, 0)), (State::Done, vec![0, 2]));
        assert_eq!((session.answer(1).state, labels(&session, 1)), (State::Done, vec![]));
        assert_eq!((session.answer(2).state, session.unit()), (State::Open, 2));
    }

    #[test]
    fn undo_takes_back_step_by_step_and_returns_to_the_unit() {
        let mut session = session(&["a", "b"]);
        press(&mut session, "1\nsu");
        assert_eq!((session.unit(), session.answer(1).state), (1, State::Fresh));
        press(&mut session, "u");
        assert_eq!((session.unit(), session.answer(0).state, labels(&session, 0)), (0, State::Open, vec![0]));
        press(&mut session, "uu");
        assert_eq!((session.answer(0), &session.message[..]), (&Answer::default(), "nothing to undo in this run"));
    }

    #[test]
    fn skipped_units_come_again_at_the_end() {
        let mut session = session(&["a", "b", "c"]);
        press(&mut session, "s\n\n");
        assert_eq!((session.unit(), session.count(State::Done)), (0, 2));
        press(&mut session, "\n");
        assert!(session.message.starts_with("every unit has an answer"), "{}", session.message);
    }

    #[test]
    fn the_models_view_waits_for_an_answer_and_closes_with_the_unit() {
        let mut session = session(&["a", "b"]);
        press(&mut session, "m");
        assert!(!session.shows_view() && session.message.starts_with("answer first"));
        press(&mut session, "0m");
        assert!(session.shows_view() && !session.answer(0).saw_model);
        press(&mut session, "1");
        assert!(session.answer(0).saw_model);
        press(&mut session, "\n");
        assert!(!session.shows_view());
        session.rules.is_blind = true;
        press(&mut session, "1m");
        assert!(!session.shows_view() && session.message.starts_with("--blind"));
    }

    #[test]
    fn a_single_label_replaces_another_and_none_is_refused() {
        let mut session = session(&["a", "b"]);
        session.rules.is_single = true;
        press(&mut session, "\n");
        assert!(session.message.starts_with("choose a label") && session.unit() == 0);
        press(&mut session, "12\n");
        assert_eq!((labels(&session, 0), session.unit()), (vec![1], 1));
    }

    #[test]
    fn one_jumps_by_number_and_searches_whatever_the_case() {
        let mut session = session(&["Alpha", "Beta", "Gamma", "ALPHABET"]);
        press(&mut session, "g3\n");
        assert_eq!(session.unit(), 2);
        press(&mut session, "g9\n");
        assert_eq!((session.unit(), &session.message[..]), (2, "give a number from 1 to 4"));
        press(&mut session, "/alpha\n");
        assert_eq!(session.unit(), 3);
        press(&mut session, "/\n");
        assert_eq!(session.unit(), 0);
        press(&mut session, "/x\u{1b}/zeta\n");
        assert_eq!((session.unit(), &session.message[..]), (0, "no unit has \"zeta\""));
    }

    #[test]
    fn a_key_goes_to_the_next_unit_that_is_unsure_or_skipped() {
        let mut session = session(&["a", "b", "c", "d"]);
        press(&mut session, ".");
        assert_eq!((session.unit(), &session.message[..]), (0, "no unit is unsure or skipped"));
        press(&mut session, "\nf\n\ns");
        press(&mut session, "g1\n.");
        assert_eq!(session.unit(), 1);
        press(&mut session, ".");
        assert_eq!(session.unit(), 3);
        press(&mut session, ".f.");
        assert_eq!((session.unit(), session.answer(1).unsure), (3, false));
        press(&mut session, ".");
        assert_eq!(&session.message[..], "only this one is unsure or skipped");
    }

    #[test]
    fn a_label_is_also_given_by_its_name_and_a_note_is_kept() {
        let mut session = session(&["a", "b"]);
        press(&mut session, ":thr\nfnsee p. 3\n\n");
        let answer = session.answer(0);
        assert_eq!((labels(&session, 0), answer.unsure, &answer.note[..]), (vec![2], true, "see p. 3"));
    }

    #[test]
    fn no_key_of_a_label_is_a_command() {
        for key in LABEL_KEYS.chars() {
            assert!(!"0fsuqmgn/:?<>. ".contains(key), "{key}");
        }
        let distinct: BTreeSet<char> = LABEL_KEYS.chars().collect();
        assert_eq!(distinct.len(), LABEL_KEYS.chars().count());
    }

    #[test]
    fn a_new_order_leaves_what_is_passed_and_loses_no_unit() {
        let mut session = session(&["a", "b", "c", "d"]);
        press(&mut session, "\n");
        session.reorder(&[3, 0, 99]);
        assert_eq!((session.queue.clone(), session.unit()), (vec![0, 1, 3, 2], 1));
    }

    #[test]
    fn one_goes_on_where_one_left_off() {
        let done = Answer { state: State::Done, ..Answer::default() };
        let first = session(&["a", "b", "c"]);
        let texts = || vec!["a".into(), "b".into(), "c".into()];
        let answers = vec![Answer::default(), done.clone(), Answer::default()];
        let again = Session::new(first.rules.clone(), texts(), answers.clone(), vec![0, 1, 2], Some(1));
        assert_eq!(again.unit(), 2);
        assert_eq!(Session::new(first.rules, texts(), answers, vec![0, 1, 2], None).unit(), 0);
    }

    fn key() -> impl Strategy<Value = Key> {
        prop_oneof![
            8 => prop::sample::select("0123456 fsunm?/:g<>ab".chars().collect::<Vec<_>>()).prop_map(Key::Char),
            4 => Just(Key::Enter),
            2 => Just(Key::Escape),
            1 => prop::sample::select(vec![Key::Backspace, Key::Left, Key::Right, Key::Up, Key::Down, Key::PageDown, Key::Home]),
        ]
    }

    proptest! {
        /// What is told as changed is all that changes, and undoing everything leads back to the beginning.
        #[test]
        fn every_change_is_told_and_can_be_undone(keys in prop::collection::vec(key(), 0..120), single in any::<bool>()) {
            let mut session = session(&["a", "b 1", "c", "d 1"]);
            session.rules.is_single = single;
            for key in keys {
                let before = session.answers.clone();
                let outcome = session.press(key);
                for (unit, answer) in session.answers.iter().enumerate() {
                    prop_assert!(*answer == before[unit] || outcome.changed == Some(unit));
                }
                prop_assert!(session.at < session.queue.len() && !outcome.quits);
            }
            session.mode = Mode::Reading;
            while !session.undo.is_empty() {
                session.press(Key::Char('u'));
            }
            prop_assert!(session.answers.iter().all(|answer| *answer == Answer::default()));
        }
    }
}
