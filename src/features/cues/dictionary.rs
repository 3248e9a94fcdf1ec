//! Dictionaries of other tools as cue sets: a category is a cue, an entry a pattern.
//!
//! LIWC's `.dic`: between two lines of `%` the categories, `number name`; then `entry` and its categories' numbers, parted by tabs. LIWC-22's
//! `.dicx`: a table with a column of entries and one for each category. quanteda's YAML: categories within categories, with lists of
//! entries. In all of them `*` stands for any letters, in quanteda's `?` for one, and an entry may have several words. A `*` that is a
//! word by itself is any word.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser};

use super::file::ReadCues;
use super::spelling::{APOSTROPHES, endings, is_one_word, two_words};
use super::{Cue, CueError, CueSet};
use crate::text::form::composed;
use crate::text::stem::Language;
use crate::text::token::{self, Kind};
use crate::text::unit::newlines;
use crate::text::{Place, list};

/// Mappings within mappings of a YAML file.
const DEEPEST: usize = 64;
/// Entries left out that are named.
const NAMED: usize = 5;

/// Categories by name, filled entry by entry.
struct Categories {
    language: Language,
    cues: Vec<Cue>,
    numbers: BTreeMap<String, usize>,
    /// Entries that hold no word of a text, such as smileys.
    wordless: BTreeSet<String>,
    /// Entries with a word of which only its length is told.
    unsayable: BTreeSet<String>,
    /// Entries with categories that depend on their neighbours, of LIWC 2007.
    conditional: BTreeSet<String>,
    /// Names of categories that stand in different places.
    joined: BTreeSet<String>,
}

impl Categories {
    fn new(language: Language) -> Self {
        Categories {
            language,
            cues: Vec::new(),
            numbers: BTreeMap::new(),
            wordless: BTreeSet::new(),
            unsayable: BTreeSet::new(),
            conditional: BTreeSet::new(),
            joined: BTreeSet::new(),
        }
    }

    /// The number of a category, which may be new.
    fn number(&mut self, name: &str, section: &str) -> usize {
        let (name, section) = (&*composed(name), &*composed(section));
        let number = *self.numbers.entry(name.to_owned()).or_insert_with(|| {
            self.cues.push(Cue { name: name.to_owned(), section: section.to_owned(), ..Cue::default() });
            self.cues.len() - 1
        });
        if self.cues[number].section != section {
            self.joined.insert(name.to_owned());
        }
        number
    }

    fn add(&mut self, number: usize, entry: &str, line: u64) {
        match pattern_of(entry, self.language) {
            Ok(pattern) => {
                self.cues[number].patterns.push(pattern);
                self.cues[number].lines.push(line);
            }
            Err(LeftOut::Wordless) => drop(self.wordless.insert(entry.to_owned())),
            Err(LeftOut::OnlyLength) => drop(self.unsayable.insert(entry.to_owned())),
        }
    }

    fn finish(mut self) -> ReadCues {
        let empty = self.cues.iter().filter(|cue| cue.patterns.is_empty()).map(|cue| cue.name.clone()).collect();
        self.cues.retain(|cue| !cue.patterns.is_empty());
        let told = [
            (
                &self.wordless,
                "1 entry holds no word as a text has it (such as a smiley) and is left out",
                "entries hold no word as a text has it (such as smileys) and are left out",
            ),
            (
                &self.unsayable,
                "1 entry asks for any word of so many letters, which no pattern can, and is left out",
                "entries ask for any word of so many letters, which no pattern can, and are left out",
            ),
            (
                &self.conditional,
                "1 entry has categories that depend on its neighbours, which are left out",
                "entries have categories that depend on their neighbours, which are left out",
            ),
            (
                &empty,
                "1 category has no entry that can be read, and is left out",
                "categories have no entry that can be read, and are left out",
            ),
            (
                &self.joined,
                "1 name is that of two categories, which are read as one",
                "names are those of several categories each, which are read as one",
            ),
        ];
        let remarks = told.into_iter().filter(|(names, ..)| !names.is_empty()).map(|(names, one, many)| {
            let words = if names.len() == 1 { one.to_owned() } else { format!("{} {many}", names.len()) };
            format!("{words}: {}", list::first(names.iter().map(|name| format!("{name:?}")), NAMED))
        });
        let remarks = remarks.collect();
        ReadCues { cues: CueSet { cues: self.cues, ..CueSet::default() }, remarks }
    }
}

/// Why an entry is no pattern.
#[derive(Debug, PartialEq)]
enum LeftOut {
    /// It holds no word as a text has it, such as a smiley.
    Wordless,
    /// A `?` that is a word by itself: any word of one letter.
    OnlyLength,
}

/// An entry as a pattern: its words, each taken literally but for its stars and question marks. A word of stars alone is any word.
fn pattern_of(entry: &str, language: Language) -> Result<String, LeftOut> {
    if !entry.contains(char::is_alphanumeric) {
        return Err(LeftOut::Wordless);
    }
    let mut words = Vec::new();
    for word in entry.split_whitespace() {
        match word {
            _ if word.contains(char::is_alphanumeric) => {
                words.push(as_in_texts(word, language).ok_or(LeftOut::Wordless)?);
            }
            _ if word.chars().all(|c| c == '*') => words.push("_".to_owned()),
            _ if word.chars().all(|c| "*?".contains(c)) => return Err(LeftOut::OnlyLength),
            _ => {}
        }
    }
    Ok(words.join(" "))
}

/// What stands before or behind a word and is not part of it.
const BEFORE: [char; 12] = ['"', '“', '”', '„', '«', '»', '#', '@', '¡', '¿', '`', '´'];
const BEHIND: [char; 14] = ['"', '“', '”', '„', '«', '»', '.', ',', ';', '!', '…', '`', '´', '\u{2032}'];

/// The words of a text, in a row, that a word of an entry stands for; `None` if signs are part of it that no word has (`:D`, `8)`, `c++`).
fn as_in_texts(word: &str, language: Language) -> Option<String> {
    // A star behind a short form, which is whole, adds nothing.
    let word = if two_words(word, language).is_some() { word.replace('*', "") } else { word.to_owned() };
    match endings(&word, language) {
        [] => {}
        words => return Some(format!("({})", words.iter().map(|word| literal(word)).collect::<Vec<_>>().join(" | "))),
    }
    if is_one_word(&word) {
        return Some(literal(&word));
    }
    let inner = word.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']'])).unwrap_or(&word);
    let bare = inner.trim_start_matches(APOSTROPHES).trim_start_matches(BEFORE).trim_start_matches(APOSTROPHES);
    let bare = bare.trim_end_matches(APOSTROPHES).trim_end_matches(BEHIND).trim_end_matches(APOSTROPHES);
    if is_one_word(bare) { Some(literal(bare)) } else { in_a_row(bare) }
}

/// Letters in the place of `*` and `?` while a word is cut.
const STARS: [(char, char); 2] = [('*', 'ʘ'), ('?', 'ʭ')];

/// What a text has for `24/7`: several words, cut at signs that stand between them.
fn in_a_row(word: &str) -> Option<String> {
    let text = STARS.iter().fold(word.to_owned(), |text, (star, letter)| text.replace(*star, &letter.to_string()));
    let mut tokens = Vec::new();
    token::tokens(&text, &mut tokens);
    let (first, last) = (tokens.first()?, tokens.last()?);
    if first.span.start > 0 || last.span.end < text.len() || tokens.iter().any(|token| token.kind == Kind::Mark) {
        return None;
    }
    let back = |piece: &str| {
        STARS.iter().fold(piece.to_owned(), |text, (star, letter)| text.replace(*letter, &star.to_string()))
    };
    Some(tokens.iter().map(|token| literal(&back(token.span.of(&text)))).collect::<Vec<_>>().join(" "))
}

fn literal(word: &str) -> String {
    format!("`{word}`")
}

/// LIWC 2001 to 2015.
pub fn liwc(path: &str, text: &str, language: Language) -> Result<ReadCues, CueError> {
    let form = |line: u64, what: String, hint: &str| CueError::Form(Place::line(path, line), what, hint.to_owned());
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    // The categories that the next one may stand under, with their tabs.
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut categories = Categories::new(language);
    let mut marks = 0;
    for (line, number) in text.lines().zip(1..) {
        match (line.trim(), marks) {
            ("", _) => {}
            (mark, _) if mark.starts_with('%') => marks += 1,
            (_, 0) => return Err(form(number, "a LIWC dictionary starts with a line of %".into(), "see docs/cues.md")),
            (category, 1) => {
                let Some((id, tabs, name)) = liwc_category(category) else {
                    let hint = "write, for instance, 1\tposemo";
                    return Err(form(number, "a category is a number and a name".into(), hint));
                };
                while above.pop_if(|(other, _)| *other >= tabs).is_some() {}
                let section = above.first().map_or("", |(_, name)| name).to_owned();
                above.push((tabs, name));
                if numbers.insert(id, categories.number(name, &section)).is_some() {
                    let hint = "give each category a number of its own";
                    return Err(form(number, format!("there is a category {id} already"), hint));
                }
            }
            (entry, _) => liwc_entry(entry, number, &numbers, &mut categories, form)?,
        }
    }
    Ok(categories.finish())
}

/// The number of a category, the tabs before its name beyond the first, and its name, behind which a tab and an explanation may stand.
fn liwc_category(line: &str) -> Option<(&str, usize, &str)> {
    let (id, rest) = line.split_once(char::is_whitespace)?;
    let tabs = rest.chars().take_while(|c| *c == '\t').count();
    let name = rest.trim().split('\t').next()?.trim();
    is_number(id).then_some((id, tabs, name))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn liwc_entry(
    line: &str,
    number: u64,
    numbers: &BTreeMap<&str, usize>,
    categories: &mut Categories,
    form: impl Fn(u64, String, &str) -> CueError,
) -> Result<(), CueError> {
    let (entry, ids) = match line.split_once('\t') {
        Some((entry, ids)) => (entry.trim(), ids),
        None => split_off_numbers(line, |id| numbers.contains_key(id)),
    };
    let (ids, is_conditional) = without_conditions(ids);
    if is_conditional {
        categories.conditional.insert(entry.to_owned());
    }
    if ids.is_empty() && !is_conditional {
        let hint = "put a tab and a category's number behind it";
        return Err(form(number, format!("{entry:?} has no category"), hint));
    }
    for id in ids {
        match numbers.get(id) {
            Some(category) => categories.add(*category, entry, number),
            None if is_number(id) => {
                return Err(form(number, format!("there is no category {id}"), "name it between the two lines of %"));
            }
            None => {
                let hint = "behind an entry stand the numbers of its categories, each behind a tab";
                return Err(form(number, format!("{id:?} is no category"), hint));
            }
        }
    }
    Ok(())
}

/// An entry and the numbers behind it, where no tab parts them: those at the end that are categories, or else the last.
fn split_off_numbers(line: &str, is_category: impl Fn(&str) -> bool) -> (&str, &str) {
    let first_word = line.find(char::is_whitespace).unwrap_or(line.len());
    let last = |upto: usize| {
        let start = line[..upto].rfind(char::is_whitespace).filter(|at| *at >= first_word)?;
        Some((line[..start].trim_end().len(), line[start..upto].trim()))
    };
    let mut end = line.len();
    while let Some((before, word)) = last(end) {
        let is_condition = word.starts_with(['(', '<']) || word.contains('/');
        let is_last_number = end == line.len() && is_number(word);
        if !(is_category(word) || is_condition || is_last_number) {
            break;
        }
        end = before;
    }
    (&line[..end], &line[end..])
}

/// The numbers among what stands behind an entry, and whether conditions do, such as `(02 134)125/464`: category 125 behind a word of
/// the categories 2 and 134, else 464.
fn without_conditions(ids: &str) -> (Vec<&str>, bool) {
    let (mut numbers, mut in_condition, mut any) = (Vec::new(), false, false);
    for id in ids.split_whitespace() {
        in_condition |= id.starts_with(['(', '<']);
        match in_condition {
            true => any = true,
            false => numbers.push(id),
        }
        in_condition &= !id.contains([')', '>']);
    }
    (numbers, any)
}

/// LIWC-22.
pub fn liwc_table(path: &str, text: &str, language: Language) -> Result<ReadCues, CueError> {
    let form = |line: u64, what: String, hint: &str| CueError::Form(Place::line(path, line), what, hint.to_owned());
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';'].into_iter().find(|sign| first.contains(char::from(*sign)) && !first.contains(','));
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(delimiter.unwrap_or(b',')).from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        form(line, error.to_string(), "a .dicx file is a table with commas")
    };
    let header = reader.headers().map_err(broken)?.clone();
    if header.len() < 2 {
        return Err(form(
            1,
            "a .dicx file has a column of entries and one for each category".into(),
            "see docs/cues.md",
        ));
    }
    let mut categories = Categories::new(language);
    let numbers: Vec<usize> = header.iter().skip(1).map(|name| categories.number(name.trim(), "")).collect();
    let mut weighs = false;
    let mut lines = Lines { text: text.as_bytes(), line: 1, at: 0 };
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        if record.iter().skip(header.len()).any(|cell| !cell.trim().is_empty()) {
            let what = format!("{} cells where the header has {}", record.len(), header.len());
            return Err(form(line, what, "quote an entry that holds the sign between cells"));
        }
        for (number, cell) in numbers.iter().zip(record.iter().skip(1)) {
            if is_member(cell) {
                weighs |= cell.trim().parse::<f64>().is_ok_and(|weight| weight != 1.0);
                categories.add(*number, &record[0], line);
            }
        }
    }
    let mut read = categories.finish();
    if weighs {
        read.remarks.push("entries have weights; whatever the weight, an entry is in its category or not".to_owned());
    }
    Ok(read)
}

/// Counts the lines of a text up to one row after another.
struct Lines<'a> {
    text: &'a [u8],
    line: u64,
    at: usize,
}

impl Lines<'_> {
    /// The line of the row that begins at a byte, behind what is left of the line end before it: of `\r\n` a reader may leave the second.
    fn of(&mut self, start: u64) -> u64 {
        let start = (start as usize).min(self.text.len());
        let left = self.text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = self.at.max(start + left);
        self.line += newlines(&self.text[self.at..end]);
        self.at = end;
        self.line
    }
}

/// Whether a cell says that the entry is in the category: anything but nothing, a zero or a no.
fn is_member(cell: &str) -> bool {
    let cell = cell.trim().to_ascii_lowercase();
    !matches!(&cell[..], "" | "-" | "–" | "no" | "n" | "false") && cell.parse::<f64>() != Ok(0.0)
}

/// A `*` at the beginning of a word is that of an alias in YAML.
const STAR_HINT: &str = "an entry that begins with * stands in quotation marks, \"*n't\"; of a list that is repeated, write the entries out";

/// quanteda's YAML. Aliases are refused, since a dictionary has no use for them and they can be made to explode.
pub fn quanteda(path: &str, text: &str, language: Language) -> Result<ReadCues, CueError> {
    let form = |line: usize, what: &str, hint: &str| {
        CueError::Form(Place::line(path, line as u64), what.to_owned(), hint.to_owned())
    };
    let hint = "a dictionary is categories with lists of entries: category: [word, wor*]";
    let mut categories = Categories::new(language);
    // Keys of the mappings that are open, the innermost last; `None` where a key is awaited.
    let mut keys: Vec<Option<String>> = Vec::new();
    let mut lists = 0;
    // The category that the keys name, once it has an entry.
    let mut category = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let line = error.marker().line();
            let is_glob = text.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.contains(['*', '?']));
            form(line, &format!("this is no YAML: {}", error.info()), if is_glob { STAR_HINT } else { hint })
        })?;
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
                    let number = *category.get_or_insert_with(|| {
                        let path: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
                        categories.number(&path.join("."), if path.len() > 1 { path[0] } else { "" })
                    });
                    categories.add(number, &word, line as u64);
                    close_value(&mut keys, lists);
                }
            },
            Event::Alias(_) => return Err(form(line, "an alias", STAR_HINT)),
            _ => {}
        }
        if lists == 0 {
            category = None;
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
        let read = liwc("d.dic", text, Language::English).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "posemo"), ["`happy*`", "`kind` `of`", "`like`"]);
        assert_eq!(patterns(&read, "negemo (Bad)"), ["`kind` `of`"]);
        assert!(read.remarks[0].starts_with("1 entry holds no word"), "{:?}", read.remarks);
        assert!(
            liwc("d.dic", "%\n1\ta\n%\nx\t9\n", Language::English)
                .is_err_and(|e| e.to_string().contains("d.dic:4: there is no category 9"))
        );
        assert!(liwc("d.dic", "x\t1\n", Language::English).is_err());
    }

    #[test]
    fn a_liwc_22_table_is_read_by_its_columns() {
        let read = liwc_table("d.dicx", "Entry,Correct,Incorrect\nrope*,1,\nknife,,X\npipe,0,1\n", Language::English)
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(patterns(&read, "Correct"), ["`rope*`"]);
        assert_eq!(patterns(&read, "Incorrect"), ["`knife`", "`pipe`"]);
    }

    #[test]
    fn a_quanteda_dictionary_joins_the_names_of_nested_categories() {
        let text = "populism:\n  elite:\n    - elit*\n    - the few\n  people: [peopl?]\norder: police\n";
        let read = quanteda("d.yml", text, Language::English).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "populism.elite"), ["`elit*`", "`the` `few`"]);
        assert_eq!(patterns(&read, "populism.people"), ["`peopl?`"]);
        assert_eq!(patterns(&read, "order"), ["`police`"]);
    }

    #[test]
    fn a_star_by_itself_is_any_word_and_a_question_mark_by_itself_is_told() {
        assert_eq!(pattern_of("not * good", Language::English).as_deref(), Ok("`not` _ `good`"));
        assert_eq!(pattern_of("love :* you", Language::English).as_deref(), Ok("`love` `you`"), "a smiley is no word");
        assert_eq!(pattern_of("*", Language::English), Err(LeftOut::Wordless));
        let read = quanteda("d.yml", "a: [not ? good, fine]\nb: [not ? good]\n", Language::English)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "a"), ["`fine`"]);
        assert_eq!(
            read.remarks[0..1],
            ["1 entry asks for any word of so many letters, which no pattern can, and is left out: \"not ? good\""]
        );
    }

    #[test]
    fn a_smiley_is_no_word_though_it_holds_a_letter() {
        for smiley in [":D", "<3", ":P", "8)", "D:", "c++", "5%", "love :D you"] {
            assert_eq!(pattern_of(smiley, Language::English), Err(LeftOut::Wordless), "{smiley}");
        }
        let read = quanteda("d.yml", "a: [':D', '<3', fine]\n", Language::English).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(patterns(&read, "a"), ["`fine`"]);
        assert_eq!(
            read.remarks,
            ["2 entries hold no word as a text has it (such as smileys) and are left out: \":D\", \"<3\""]
        );
    }

    #[test]
    fn an_entry_is_the_words_that_a_text_has_for_it() {
        for (entry, pattern) in [
            ("24/7", "`24` `7`"),
            ("and/or*", "`and` `or*`"),
            ("workers'", "`workers`"),
            ("'tis", "`tis`"),
            ("mr.", "`mr`"),
            ("u.s.", "`u.s.`"),
            ("#metoo", "`metoo`"),
            ("(bad)", "`bad`"),
            ("don't*", "`don't`"),
            ("n't", "(`not`)"),
            ("yahoo!", "`yahoo`"),
            ("R&D", "`R&D`"),
        ] {
            assert_eq!(pattern_of(entry, Language::English).as_deref(), Ok(pattern), "{entry}");
        }
    }

    #[test]
    fn the_numbers_behind_an_entry_are_its_categories_though_no_tab_parts_them() {
        let text = "%\n1 pos\n2 neg\n%\nhappy* 1\nnot good 2\na lot of  1 2\nroute 66 2\nlike (02 134)1/2\n";
        let read = liwc("d.dic", text, Language::English).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "pos"), ["`happy*`", "`a` `lot` `of`"]);
        assert_eq!(patterns(&read, "neg"), ["`not` `good`", "`a` `lot` `of`", "`route` `66`"]);
        assert_eq!(
            read.remarks,
            ["1 entry has categories that depend on its neighbours, which are left out: \"like\""]
        );
    }

    #[test]
    fn what_is_no_category_is_refused_with_its_line_whatever_stands_before() {
        for (entry, words) in [
            ("orphan", "d.dic:5: \"orphan\" has no category"),
            ("not good", "d.dic:5: \"not good\" has no category"),
            ("good 9", "d.dic:5: there is no category 9"),
            ("hate\t1,2", "d.dic:5: \"1,2\" is no category"),
            ("x\tabc", "d.dic:5: \"abc\" is no category"),
        ] {
            let text = format!("%\n1\tpos\n%\nlike\t(02)1/1\n{entry}\n");
            let error = liwc("d.dic", &text, Language::English).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.starts_with(words), "{entry:?}: {error}");
        }
        let twice = liwc("d.dic", "%\n1\ta\n1\tb\n%\nx\t1\n", Language::English).err().map(|e| e.to_string());
        assert!(twice.is_some_and(|error| error.starts_with("d.dic:3: there is a category 1 already")));
    }

    #[test]
    fn tabs_before_a_category_say_what_it_stands_under_and_one_behind_begins_an_explanation() {
        let text = "%\n1\tfunction\t(Function Words)\n2\t\tpronoun\t(Pronouns)\n3\t\t\tppron\n4\taffect\n%\ni\t1\t2\t3\njoy\t4\n";
        let read = liwc("d.dic", text, Language::English).unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<(&str, &str)> = read.cues.cues.iter().map(|cue| (&cue.section[..], &cue.name[..])).collect();
        assert_eq!(names, [("", "function"), ("function", "pronoun"), ("function", "ppron"), ("", "affect")]);
    }

    #[test]
    fn categories_without_entries_and_those_of_one_name_are_told() {
        let read = quanteda("d.yml", "a: {b: [x]}\na.b: [y]\nc: [':)']\n", Language::English)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            read.remarks[1..],
            [
                "1 category has no entry that can be read, and is left out: \"c\"",
                "1 name is that of two categories, which are read as one: \"a.b\""
            ]
        );
    }

    #[test]
    fn weights_of_a_table_are_memberships_and_no_is_none() {
        let text = "DicTerm;good\nhappy*;0.9\nmeh;0.00\nsad;no\nfine;-\nok;1\n";
        let read = liwc_table("d.dicx", text, Language::English).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(patterns(&read, "good"), ["`happy*`", "`ok`"]);
        assert_eq!(read.remarks, ["entries have weights; whatever the weight, an entry is in its category or not"]);
        let ragged = liwc_table("d.dicx", "Entry,a\r\nkind, of,X\r\n", Language::English).err().map(|e| e.to_string());
        assert!(ragged.is_some_and(|error| error.starts_with("d.dicx:2: 3 cells where the header has 2")));
    }

    #[test]
    fn yaml_that_is_no_dictionary_is_refused_with_its_line() {
        for (text, words) in [
            ("a: &x [b]\nc: *x\n", "d.yml:2: an alias"),
            ("- a\n- b\n", "d.yml:1: a list without a category"),
            ("a: [\n", "this is no YAML"),
            ("a:\n  - b: c\n", "d.yml:2: a mapping within a list"),
        ] {
            let error =
                quanteda("d.yml", text, Language::English).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
