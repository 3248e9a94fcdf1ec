//! What one should know before the first key: said at once, and shown again in the line of messages, since the screen covers what was said.

use std::fmt::Display;

use crate::cli::Remarks;

pub struct News {
    remarks: Remarks,
    /// The first line of each.
    told: Vec<String>,
}

impl News {
    pub fn new(remarks: Remarks) -> News {
        News { remarks, told: Vec::new() }
    }

    pub fn say(&mut self, words: impl Display) {
        self.keep(&words);
        self.remarks.say(words);
    }

    pub fn warn(&mut self, words: impl Display) {
        self.keep(&words);
        self.remarks.warn(words);
    }

    pub fn fail(&mut self, words: impl Display) {
        self.keep(&words);
        self.remarks.fail(words);
    }

    fn keep(&mut self, words: &impl Display) {
        self.told.push(words.to_string().lines().next().unwrap_or_default().to_owned());
    }

    /// All of it in one line; what has no room is to be read when the screen is given back.
    pub fn line(&self) -> String {
        match &self.told[..] {
            [] => String::new(),
            [only] => only.clone(),
            [first, _] => format!("{first} (and 1 more message, shown at the end)"),
            [first, more @ ..] => format!("{first} (and {} more messages, shown at the end)", more.len()),
        }
    }
}
