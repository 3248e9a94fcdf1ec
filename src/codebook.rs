//! The labels of a model, and what they mean: [`Codebook`].

pub mod file;

use serde::{Deserialize, Serialize};

use crate::text::form::is_same;

/// A label's number in its [`LabelSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelId(pub u16);

impl LabelId {
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The names of a model's labels, in the alphabet's order, so that the order of training rows does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSet {
    names: Vec<String>,
}

impl LabelSet {
    /// How many labels there may be: as many as every way to count them holds.
    pub const MOST: usize = u16::MAX as usize;

    /// The distinct names, sorted; who hands in names from outside makes sure that they are at most [`LabelSet::MOST`].
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort();
        names.dedup();
        LabelSet { names }
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn name(&self, label: LabelId) -> &str {
        &self.names[label.index()]
    }

    /// The label of that name, however its letters are written: models may have labels that were not composed.
    pub fn find(&self, name: &str) -> Option<LabelId> {
        let exact = self.names.binary_search_by(|probe| probe.as_str().cmp(name)).ok();
        let alike = || self.names.iter().position(|own| is_same(own, name));
        exact.or_else(|| if name.is_ascii() { None } else { alike() }).map(|at| LabelId(at as u16))
    }

    /// Every label with its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (LabelId, &str)> {
        self.names.iter().enumerate().map(|(at, name)| (LabelId(at as u16), name.as_str()))
    }

    /// The name most like `wrong`, if one is like it at all: for "did you mean".
    pub fn nearest(&self, wrong: &str) -> Option<&str> {
        nearest(wrong, self.names.iter().map(String::as_str))
    }
}

/// The candidate most like `wrong`, if it is near enough to be a slip: no more edits than a third of the letters of
/// `wrong`, and at least one.
pub fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (wrong.chars().count() / 3).max(1);
    let wrong = wrong.to_lowercase();
    candidates
        .map(|name| (strsim::levenshtein(&wrong, &name.to_lowercase()), name))
        .filter(|(edits, _)| *edits <= most)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// What each label means, and how neighbours are told apart. `models/codebook.toml` is the one of the embedded model; [`mod@file`] reads others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codebook {
    pub title: String,
    pub introduction: String,
    #[serde(rename = "label")]
    pub labels: Vec<Entry>,
    #[serde(rename = "rule", default)]
    pub rules: Vec<Rule>,
    pub voice: Option<Voice>,
}

/// A label's meaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: String,
    /// To be read after "The sentence …".
    pub definition: String,
    /// The nearest published names.
    #[serde(default)]
    pub published: String,
    #[serde(default)]
    pub examples: Vec<String>,
    #[serde(default)]
    pub near_misses: Vec<String>,
}

/// A rule that tells labels apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub number: u32,
    pub name: String,
    pub kind: RuleKind,
    /// The labels that it speaks of.
    #[serde(default)]
    pub labels: Vec<String>,
    pub text: String,
}

impl Rule {
    /// Its name, if it has one, and its text.
    pub fn words(&self) -> String {
        if self.name.is_empty() { self.text.clone() } else { format!("{}. {}", self.name, self.text) }
    }
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// Set down before labelling began: the pairs that annotators mix up most.
    Boundary,
    /// Settled where careful readers differed.
    Ruling,
}

/// Whose words a sentence holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    pub text: String,
}

impl Codebook {
    /// A codebook from TOML.
    ///
    /// # Errors
    /// What is wrong, with the line, in the parser's words.
    pub fn parse(text: &str) -> Result<Codebook, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// That of the twelve framings.
    pub fn builtin() -> Codebook {
        Codebook::parse(include_str!("../models/codebook.toml")).expect("a test reads it")
    }

    /// Whether it speaks of just these labels, no more and no fewer.
    pub fn is_of(&self, labels: &LabelSet) -> bool {
        self.labels.len() == labels.len() && self.labels.iter().all(|entry| labels.find(&entry.name).is_some())
    }

    pub fn find(&self, label: &str) -> Option<&Entry> {
        self.labels.iter().find(|entry| is_same(&entry.name, label))
    }

    /// The rules that speak of a label.
    pub fn rules_of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.labels.iter().any(|own| is_same(own, label)))
    }

    /// The rules that speak of no label, and so of all.
    pub fn general_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.labels.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn labels_are_sorted_and_found_by_name() {
        let set = LabelSet::new(["urgency", "denial", "urgency"]);
        assert_eq!(set.iter().map(|(_, name)| name).collect::<Vec<_>>(), ["denial", "urgency"]);
        assert_eq!(set.find("urgency"), Some(LabelId(1)));
        assert_eq!(set.find("threat"), None);
        assert_eq!(LabelSet::new(["A\u{308}ngste", "fear"]).find("Ängste"), Some(LabelId(0)));
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_label_meant() {
        let set = LabelSet::new(["denial", "urgency", "threat"]);
        assert_eq!(set.nearest("treat"), Some("threat"));
        assert_eq!(set.nearest("Urgancy"), Some("urgency"));
        assert_eq!(set.nearest("whataboutism"), None);
    }

    #[test]
    fn the_builtin_codebook_explains_every_label_and_numbers_its_rules() {
        let book = Codebook::builtin();
        assert_eq!(book.labels.len(), 12);
        assert!(book.rules.iter().zip(1..).all(|(rule, number)| rule.number == number));
        let known = |label: &String| book.find(label).is_some();
        assert!(book.rules.iter().all(|rule| rule.labels.iter().all(known)));
        for entry in &book.labels {
            assert!(entry.examples.len() >= 5 && entry.near_misses.len() >= 5, "{}", entry.name);
            assert!(book.rules_of(&entry.name).count() > 0, "{}", entry.name);
        }
    }

    /// The whole codebook as a page.
    fn markdown(book: &Codebook) -> String {
        let mut page = format!("# {}\n\n{}\n\n## Labels\n\n", book.title, book.introduction);
        for Entry { name, definition, published, examples, near_misses } in &book.labels {
            line(&mut page, &format!("### `{name}`\n\nThe sentence {definition}.\n"));
            if !published.is_empty() {
                line(&mut page, &format!("Nearest published names: {published}.\n"));
            }
            list(&mut page, "Performs it:", examples);
            list(&mut page, "Does not:", near_misses);
        }
        for (kind, heading) in [(RuleKind::Boundary, "Boundary rules"), (RuleKind::Ruling, "Rulings")] {
            let rules: Vec<&Rule> = book.rules.iter().filter(|rule| rule.kind == kind).collect();
            if !rules.is_empty() {
                line(&mut page, &format!("## {heading}\n"));
                rules
                    .iter()
                    .for_each(|rule| line(&mut page, &format!("{}. **{}.** {}", rule.number, rule.name, rule.text)));
                page.push('\n');
            }
        }
        if let Some(voice) = &book.voice {
            line(&mut page, &format!("## Voice\n\n{}", voice.text));
        }
        page
    }

    fn line(page: &mut String, text: &str) {
        writeln!(page, "{text}").expect("a string takes any text");
    }

    fn list(page: &mut String, heading: &str, sentences: &[String]) {
        if !sentences.is_empty() {
            line(page, &format!("{heading}\n"));
            sentences.iter().for_each(|sentence| line(page, &format!("- {sentence}")));
            page.push('\n');
        }
    }

    /// `docs/codebook.md` is made from the codebook; `just bless` writes it anew.
    #[test]
    fn the_page_in_the_documentation_is_that_of_the_codebook() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codebook.md");
        let made = "<!-- made from models/codebook.toml by `just bless`; change that file -->\n\n".to_owned()
            + &markdown(&Codebook::builtin());
        if std::env::var_os("RHETOR_BLESS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap_or_default() == made, "run `just bless`");
    }

    #[test]
    fn a_codebook_that_cannot_be_read_says_where() {
        let error = Codebook::parse("title = \"t\"\nintroduction = 3\n").unwrap_err();
        assert!(error.contains("line 2"), "{error}");
    }
}
