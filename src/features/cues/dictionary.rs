//! Dictionaries of other tools as cue sets: a category is a cue, an entry a pattern.
//!
//! LIWC's `.dic`: between two lines of `%` the categories, `number name`; then `entry` and its categories' numbers, parted by tabs. LIWC-22's
//! `.dicx`: a table with a column `Entry` and one for each category. quanteda's YAML: categories within categories, with lists of
//! entries. In all of them `*` stands for any letters, in quanteda's `?` for one, and an entry may have several words. A `*` that is a
//! word by itself is any word.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser};

use super::file::ReadCues;
use super::{Cue, CueError, CueSet};
use crate::text::Place;
use crate::text::form::composed;

/// Mappings within mappings of a YAML file.
const DEEPEST: usize = 64;
/// Entries left out that are named.
const NAMED: usize = 5;

/// Categories by name, filled entry by entry.
#[derive(Default)]
struct Categories {
    cues: Vec<Cue>,
    numbers: BTreeMap<String, usize>,
    /// Entries that hold no word, such as smileys.
    wordless: usize,
    /// Entries with a word of which only its length is told.
    unsayable: BTreeSet<String>,
    /// Entries with a condition on their neighbours, of LIWC 2007.
    conditional: usize,
}

impl Categories {
    fn add(&mut self, name: &str, section: &str, entry: &str, line: u64) {
        let (name, section) = (&*composed(name), &*composed(section));
        let number = *self.numbers.entry(name.to_owned()).or_insert_with(|| {
            self.cues.push(Cue { name: name.to_owned(), section: section.to_owned(), ..Cue::default() });
            self.cues.len() - 1
        });
        match pattern_of(entry) {
            Ok(pattern) => {
                self.cues[number].patterns.push(pattern);
                self.cues[number].lines.push(line);
            }
            Err(LeftOut::Wordless) => self.wordless += 1,
            Err(LeftOut::OnlyLength) => {
                self.unsayable.insert(entry.to_owned());
            }
        }
    }

    fn finish(mut self) -> ReadCues {
        self.cues.retain(|cue| !cue.patterns.is_empty());
        let mut remarks = Vec::new();
        if self.wordless > 0 {
            remarks.push(match self.wordless {
                1 => "1 entry holds no word (such as a smiley) and is left out".to_owned(),
                count => format!("{count} entries hold no word (such as smileys) and are left out"),
            });
        }
        if !self.unsayable.is_empty() {
            let named: Vec<String> = self.unsayable.iter().take(NAMED).map(|entry| format!("{entry:?}")).collect();
            let more = if self.unsayable.len() > NAMED { ", …" } else { "" };
            remarks.push(format!(
                "{} any word of so many letters, which no pattern can, and {} left out: {}{more}",
                match self.unsayable.len() {
                    1 => "1 entry asks for".to_owned(),
                    count => format!("{count} entries ask for"),
                },
                if self.unsayable.len() == 1 { "is" } else { "are" },
                named.join(", ")
            ));
        }
        if self.conditional > 0 {
            remarks.push(match self.conditional {
                1 => "1 entry depends on its neighbours; the condition is left out".to_owned(),
                count => format!("{count} entries depend on their neighbours; the condition is left out"),
            });
        }
        ReadCues { cues: CueSet { cues: self.cues, ..CueSet::default() }, remarks }
    }
}

/// Why an entry is no pattern.
#[derive(Debug, PartialEq)]
enum LeftOut {
    /// It holds no word, such as a smiley.
    Wordless,
    /// A `?` that is a word by itself: any word of one letter.
    OnlyLength,
}

/// An entry as a pattern: its words, each taken literally but for its stars and question marks. A word of stars alone is any word.
fn pattern_of(entry: &str) -> Result<String, LeftOut> {
    if !entry.contains(char::is_alphanumeric) {
        return Err(LeftOut::Wordless);
    }
    let literal = |word: &str| {
        format!("`{}`", word.trim_matches(|c: char| !c.is_alphanumeric() && !"*?'’.".contains(c)).replace('`', "'"))
    };
    let mut words = Vec::new();
    for word in entry.split_whitespace() {
        match word {
            _ if word.contains(char::is_alphanumeric) => words.push(literal(word)),
            _ if word.chars().all(|c| c == '*') => words.push("_".to_owned()),
            _ if word.chars().all(|c| "*?".contains(c)) => return Err(LeftOut::OnlyLength),
            _ => {}
        }
    }
    Ok(words.join(" "))
}

/// LIWC 2001 to 2015.
pub fn liwc(path: &str, text: &str) -> Result<ReadCues, CueError> {
    let form = |line: u64, what: String, hint: &str| CueError::Form(Place::line(path, line), what, hint.to_owned());
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    let mut categories = Categories::default();
    let mut marks = 0;
    for (line, number) in text.lines().zip(1..) {
        match (line.trim(), marks) {
            ("", _) => {}
            (mark, _) if mark.starts_with('%') => marks += 1,
            (_, 0) => return Err(form(number, "a LIWC dictionary starts with a line of %".into(), "see docs/cues.md")),
            (category, 1) => match category.split_once(char::is_whitespace) {
                Some((id, name)) if id.bytes().all(|byte| byte.is_ascii_digit()) => {
                    names.insert(id, name.trim().to_owned());
                }
                _ => {
                    return Err(form(
                        number,
                        "a category is a number and a name".into(),
                        "write, for instance, 1\tposemo",
                    ));
                }
            },
            (entry, _) => liwc_entry(entry, number, &names, &mut categories, form)?,
        }
    }
    Ok(categories.finish())
}

fn liwc_entry(
    entry: &str,
    line: u64,
    names: &BTreeMap<&str, String>,
    categories: &mut Categories,
    form: impl Fn(u64, String, &str) -> CueError,
) -> Result<(), CueError> {
    let (entry, ids) = match entry.split_once('\t') {
        Some(parts) => parts,
        None => entry.split_once(char::is_whitespace).unwrap_or((entry, "")),
    };
    let mut any = false;
    for id in ids.split_whitespace() {
        match names.get(id) {
            Some(name) => {
                categories.add(name, "", entry, line);
                any = true;
            }
            None if id.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(form(line, format!("there is no category {id}"), "name it between the two lines of %"));
            }
            None => categories.conditional += 1,
        }
    }
    match any || categories.conditional > 0 {
        true => Ok(()),
        false => Err(form(line, format!("{entry:?} has no category"), "put a tab and a category's number behind it")),
    }
}

/// LIWC-22.
pub fn liwc_table(path: &str, text: &str) -> Result<ReadCues, CueError> {
    let form = |line: u64, what: String, hint: &str| CueError::Form(Place::line(path, line), what, hint.to_owned());
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        form(line, error.to_string(), "a .dicx file is a table with commas")
    };
    let header = reader.headers().map_err(broken)?.clone();
    if header.len() < 2 {
        return Err(form(1, "a .dicx file has a column Entry and one for each category".into(), "see docs/cues.md"));
    }
    let mut categories = Categories::default();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        for (name, cell) in header.iter().zip(&record).skip(1) {
            if !matches!(cell.trim(), "" | "0") {
                categories.add(name.trim(), "", &record[0], line);
            }
        }
    }
    Ok(categories.finish())
}

/// quanteda's YAML. Aliases are refused, since a dictionary has no use for them and they can be made to explode.
pub fn quanteda(path: &str, text: &str) -> Result<ReadCues, CueError> {
    let form = |line: usize, what: &str, hint: &str| {
        CueError::Form(Place::line(path, line as u64), what.to_owned(), hint.to_owned())
    };
    let hint = "a dictionary is categories with lists of entries: category: [word, wor*]";
    let mut categories = Categories::default();
    // Keys of the mappings that are open, the innermost last; `None` where a key is awaited.
    let mut keys: Vec<Option<String>> = Vec::new();
    let mut lists = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| form(error.marker().line(), &format!("this is no YAML: {}", error.info()), hint))?;
        let line = span.start.line();
        match event {
            Event::MappingStart(..) if lists > 0 => return Err(form(line, "a mapping within a list", hint)),
            Event::MappingStart(..) if keys.len() >= DEEPEST => {
                return Err(form(line, "categories nest too deep", hint));
            }
            Event::MappingStart(..) => keys.push(None),
            Event::MappingEnd => {
                keys.pop();
                close_value(&mut keys, lists);
            }
            Event::SequenceStart(..) if keys.last().is_none_or(Option::is_none) => {
                return Err(form(line, "a list without a category", hint));
            }
            Event::SequenceStart(..) => lists += 1,
            Event::SequenceEnd => {
                lists -= 1;
                close_value(&mut keys, lists);
            }
            Event::Scalar(word, ..) => match keys.last_mut() {
                None => return Err(form(line, "a word without a category", hint)),
                Some(key @ None) => *key = Some(word.into_owned()),
                Some(Some(_)) => {
                    let path: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
                    let section = if path.len() > 1 { path[0] } else { "" };
                    categories.add(&path.join("."), section, &word, line as u64);
                    close_value(&mut keys, lists);
                }
            },
            Event::Alias(_) => return Err(form(line, "an alias", "write the entries out")),
            _ => {}
        }
    }
    Ok(categories.finish())
}

/// A value is complete: its mapping awaits the next key.
fn close_value(keys: &mut [Option<String>], lists: usize) {
    if let (Some(key), 0) = (keys.last_mut(), lists) {
        *key = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(read: &ReadCues, name: &str) -> Vec<String> {
        let cue = read.cues.cues.iter().find(|cue| cue.name == name).unwrap_or_else(|| panic!("no {name}"));
        cue.patterns.clone()
    }

    #[test]
    fn a_liwc_dictionary_is_a_cue_for_each_category() {
        let text = "%\n1\tposemo\n2\tnegemo (Bad)\n%\nhappy*\t1\nkind of\t1\t2\n:)\t1\nlike\t(02 134)125/464\t1\n";
        let read = liwc("d.dic", text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "posemo"), ["`happy*`", "`kind` `of`", "`like`"]);
        assert_eq!(patterns(&read, "negemo (Bad)"), ["`kind` `of`"]);
        assert!(read.remarks[0].starts_with("1 entry holds no word"), "{:?}", read.remarks);
        assert!(
            liwc("d.dic", "%\n1\ta\n%\nx\t9\n")
                .is_err_and(|e| e.to_string().contains("d.dic:4: there is no category 9"))
        );
        assert!(liwc("d.dic", "x\t1\n").is_err());
    }

    #[test]
    fn a_liwc_22_table_is_read_by_its_columns() {
        let read = liwc_table("d.dicx", "Entry,Correct,Incorrect\nrope*,1,\nknife,,X\npipe,0,1\n")
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(patterns(&read, "Correct"), ["`rope*`"]);
        assert_eq!(patterns(&read, "Incorrect"), ["`knife`", "`pipe`"]);
    }

    #[test]
    fn a_quanteda_dictionary_joins_the_names_of_nested_categories() {
        let text = "populism:\n  elite:\n    - elit*\n    - the few\n  people: [peopl?]\norder: police\n";
        let read = quanteda("d.yml", text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "populism.elite"), ["`elit*`", "`the` `few`"]);
        assert_eq!(patterns(&read, "populism.people"), ["`peopl?`"]);
        assert_eq!(patterns(&read, "order"), ["`police`"]);
    }

    #[test]
    fn a_star_by_itself_is_any_word_and_a_question_mark_by_itself_is_told() {
        assert_eq!(pattern_of("not * good").as_deref(), Ok("`not` _ `good`"));
        assert_eq!(pattern_of("love :* you").as_deref(), Ok("`love` `you`"), "a smiley is no word");
        assert_eq!(pattern_of("*"), Err(LeftOut::Wordless));
        let read =
            quanteda("d.yml", "a: [not ? good, fine]\nb: [not ? good]\n").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "a"), ["`fine`"]);
        assert_eq!(
            read.remarks,
            ["1 entry asks for any word of so many letters, which no pattern can, and is left out: \"not ? good\""]
        );
    }

    #[test]
    fn yaml_that_is_no_dictionary_is_refused_with_its_line() {
        for (text, words) in [
            ("a: &x [b]\nc: *x\n", "d.yml:2: an alias"),
            ("- a\n- b\n", "d.yml:1: a list without a category"),
            ("a: [\n", "this is no YAML"),
            ("a:\n  - b: c\n", "d.yml:2: a mapping within a list"),
        ] {
            let error = quanteda("d.yml", text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
