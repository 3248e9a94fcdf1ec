//! Cue files: TOML with sections, plain word lists, and the dictionaries of other tools.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::spelling::{as_in_texts, entry_as_in_texts, refuse_impossible, refuse_impossible_entry, unquoted};
use super::{Cue, CueError, CueSet, dictionary, none, pattern};
use crate::codebook::nearest;
use crate::text::form::composed;
use crate::text::stem::Language;
use crate::text::{Place, source};

/// A cue file larger than this is not read.
const MOST_BYTES: u64 = 64 << 20;

/// Cues as read, and what a reader should know of what was left out.
pub struct ReadCues {
    pub cues: CueSet,
    pub remarks: Vec<String>,
}

/// Reads a cue file: `.toml`; `.dic` and `.dicx` (LIWC); `.yml` and `.yaml` (quanteda); any other is a word list, a pattern a line. `language` is that
/// of the texts.
///
/// # Errors
/// [`CueError`] says what is wrong, in which line of the file, and what to do.
pub fn read(path: &Path, language: Language) -> Result<ReadCues, CueError> {
    let name = &*path.to_string_lossy();
    refuse_foreign(name)?;
    let unreadable = |words: String| CueError::Unreadable(name.to_owned(), words);
    let bytes = source::bounded(path, MOST_BYTES).map_err(|error| unreadable(error.to_string()))?;
    let too_large = || unreadable(format!("larger than {} MiB, and no cue file is", MOST_BYTES >> 20));
    let bytes = bytes.ok_or_else(too_large)?;
    let text = decoded(name, bytes)?;
    parse(name, &text, language)
}

/// Dictionaries of other programs by their endings, and how R reads them.
const FOREIGN: [(&str, &str, &str); 5] = [
    (".cat", "a WordStat dictionary", "dictionary(file = FILE)"),
    (".lcd", "a Lexicoder dictionary", "dictionary(file = FILE)"),
    (".lc3", "a Lexicoder dictionary", "dictionary(file = FILE)"),
    (".ykd", "a Yoshikoder dictionary", "dictionary(file = FILE)"),
    (".rds", "data of R", "readRDS(FILE)"),
];

fn refuse_foreign(path: &str) -> Result<(), CueError> {
    let name = path.to_ascii_lowercase();
    match FOREIGN.iter().find(|(ending, ..)| name.ends_with(ending)) {
        None => Ok(()),
        Some((_, what, reader)) => {
            let hint = format!(
                "R's quanteda makes YAML of it, which is read here: writeLines(as.yaml({reader}), \"dictionary.yml\")"
            );
            Err(CueError::Form(Place::file(path), format!("{what} cannot be read"), hint))
        }
    }
}

/// The text of a file, with the line ends of old Macintoshes made ours.
fn decoded(name: &str, bytes: Vec<u8>) -> Result<String, CueError> {
    let form = |line: u64, what: &str, from: &str| {
        let hint = format!("iconv -f {from} -t UTF-8 converts a file");
        CueError::Form(Place::line(name, line), what.to_owned(), hint)
    };
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.contains(&0) {
        return Err(form(1, "this is UTF-16, and cue files are UTF-8", "UTF-16"));
    }
    let text = source::utf8(bytes).map_err(|line| form(line, "bytes that are not UTF-8", "WINDOWS-1252"))?;
    Ok(if text.contains('\n') { text } else { text.replace('\r', "\n") })
}

/// As [`read`], for text already at hand; `path` tells the format and stands in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &str, text: &str, language: Language) -> Result<ReadCues, CueError> {
    refuse_foreign(path)?;
    let name = path.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let read = match () {
        () if ends(&[".toml"]) => written(path, own(path, text)?, language)?,
        () if ends(&[".dicx"]) => dictionary::liwc_table(path, text, language)?,
        () if ends(&[".dic"]) || text.trim_start().starts_with('%') => dictionary::liwc(path, text, language)?,
        () if ends(&[".yml", ".yaml"]) => dictionary::quanteda(path, text, language)?,
        () if ends(&[".csv", ".tsv", ".jsonl", ".json"]) => {
            let hint =
                "cues are in .toml, .dic, .dicx, .yml or .yaml files, or in word lists with another ending".to_owned();
            return Err(CueError::Form(Place::file(path), "a table or JSON is no cue file".into(), hint));
        }
        () => {
            let remarks = hashtags(text).into_iter().collect();
            ReadCues { remarks, ..written(path, word_list(path, text)?, language)? }
        }
    };
    if read.cues.cues.iter().all(|cue| cue.patterns.is_empty()) {
        return Err(CueError::Empty(path.to_owned()));
    }
    Ok(read)
}

/// A name as it is compared, its letters composed.
fn named(name: &str) -> String {
    composed(name).into_owned()
}

/// The cues of a TOML file as they stand there.
pub fn own(path: &str, text: &str) -> Result<CueSet, CueError> {
    Reader::new(path, text).read()
}

/// Cues in our own language: their words as a text has them, with the program's own classes where the file has none of that name, and
/// without what can never match.
fn written(path: &str, mut cues: CueSet, language: Language) -> Result<ReadCues, CueError> {
    respell(&mut cues, language);
    if language == Language::English {
        cues.borrow_classes();
    }
    let mut flaws = cues.bad_entries(path, |entry| {
        pattern::entry(entry, &cues.classes, language)?;
        refuse_impossible_entry(entry, language)
    });
    for cue in &cues.cues {
        for (at, pattern) in cue.patterns.iter().enumerate() {
            let parsed = || pattern::parse(pattern, &cues.classes, language).map(drop);
            flaws.extend(
                refuse_impossible(pattern, language).and_then(|()| parsed()).err().map(|flaw| cue.bad(path, at, flaw)),
            );
        }
    }
    none(flaws)?;
    Ok(ReadCues { cues, remarks: Vec::new() })
}

/// Writes words as a text has them.
fn respell(cues: &mut CueSet, language: Language) {
    for pattern in cues.cues.iter_mut().flat_map(|cue| &mut cue.patterns) {
        *pattern = as_in_texts(pattern, language);
    }
    for (name, entries) in &mut cues.classes {
        let lines = cues.class_lines.remove(name).unwrap_or_default();
        let spelled = entries
            .iter()
            .zip(lines)
            .flat_map(|(entry, line)| entry_as_in_texts(entry, language).into_iter().map(move |entry| (entry, line)));
        let (spelled, lines) = spelled.unzip();
        cues.class_lines.insert(name.clone(), lines);
        *entries = spelled;
    }
}

/// One cue, named after the file; each line a pattern, `#` starts a remark.
fn word_list(path: &str, text: &str) -> Result<CueSet, CueError> {
    let name = Path::new(path).file_stem().map_or(Cow::Borrowed("words"), |stem| stem.to_string_lossy());
    let lines = text.lines().zip(1..).map(|(line, number)| (line.split('#').next().unwrap_or("").trim(), number));
    let lines: Vec<(&str, u64)> = lines.filter(|(line, _)| !line.is_empty()).collect();
    if let Some((_, line)) = lines.iter().find(|(line, _)| line.starts_with('[') || line.contains(" = ")) {
        let hint = "the ending tells what a cue file is: name a TOML file .toml".to_owned();
        return Err(CueError::Form(
            Place::line(path, *line),
            "this looks like TOML, not like a word list".into(),
            hint,
        ));
    }
    if let Some((_, line)) = lines.iter().find(|(line, _)| line.contains('\t')) {
        let hint = "a word list is one category, a pattern a line; make a table with categories a .dicx file: a header, then a row an entry with X below its categories";
        return Err(CueError::Form(
            Place::line(path, *line),
            "this is a row of a table, not a pattern".into(),
            hint.into(),
        ));
    }
    let (patterns, lines) = lines.into_iter().map(|(line, number)| (unquoted(line).to_owned(), number)).unzip();
    let cue = Cue { name: named(&name), patterns, lines, ..Cue::default() };
    Ok(CueSet { cues: vec![cue], ..CueSet::default() })
}

/// A remark on lines that begin with a hashtag, which is no pattern since `#` begins a remark.
fn hashtags(text: &str) -> Option<String> {
    let is_tag = |line: &&str| {
        line.strip_prefix('#')
            .is_some_and(|tag| tag.starts_with(char::is_alphabetic) && !tag.contains(char::is_whitespace))
    };
    let tags: Vec<&str> = text.lines().map(str::trim).filter(is_tag).collect();
    let first = tags.first()?;
    let lines = if tags.len() == 1 {
        "1 line is a remark and no pattern".into()
    } else {
        format!("{} lines are remarks and no patterns", tags.len())
    };
    Some(format!("{lines}, since # begins one: {first}\nhint: write {}, which matches the hashtag too", &first[1..]))
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    /// Where each line but the first starts.
    lines: Vec<usize>,
}

type Value<'i> = Spanned<DeValue<'i>>;

/// The keys of a cue that is written as a table.
const KEYS: [&str; 4] = ["match", "hits", "misses", "positive"];

impl<'a> Reader<'a> {
    fn new(path: &'a str, text: &'a str) -> Self {
        Reader { path, text, lines: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    fn read(&self) -> Result<CueSet, CueError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().unwrap_or(0..0);
            self.form(&at, format!("this is no TOML: {}", error.message()), self.advice(at.start))
        })?;
        let mut set = CueSet::default();
        let mut found: Vec<(usize, Cue)> = Vec::new();
        for (key, value) in table.into_inner() {
            match (&**key.get_ref(), value.get_ref()) {
                ("classes", DeValue::Table(classes)) => self.classes(classes, &mut set)?,
                (section, DeValue::Table(_)) if section.eq_ignore_ascii_case("classes") => {
                    let hint = "write [classes], in small letters";
                    return Err(self.form(&key.span(), format!("[{section}] is no section of cues"), hint));
                }
                (section, DeValue::Table(cues)) => {
                    for (name, value) in cues {
                        found.push((name.span().start, self.cue(name.get_ref(), section, value)?));
                    }
                }
                (name, DeValue::Array(list)) if list.iter().any(|one| matches!(one.get_ref(), DeValue::Table(_))) => {
                    let hint = "a table is named after its section and cue: [section.name], with match = \"…\" below";
                    return Err(self.form(&key.span(), format!("[[{name}]] names no cue"), hint));
                }
                (name, _) => found.push((key.span().start, self.cue(name, "", &value)?)),
            }
        }
        found.sort_by_key(|(at, _)| *at);
        let mut known: HashMap<String, u64> = HashMap::new();
        for (at, cue) in found {
            let line = cue.lines.last().copied().unwrap_or(0);
            if let Some(first) = known.insert(cue.name.clone(), line) {
                let what = format!("there is a cue {:?} already, in line {first}", cue.name);
                return Err(self.form(&(at..at), what, "a cue's name is that of its feature, so it stands once"));
            }
            set.cues.push(cue);
        }
        Ok(set)
    }

    /// What helps where the line of that byte is no TOML.
    fn advice(&self, at: usize) -> &'static str {
        let line = self.text.lines().nth(self.line(at) as usize - 1).unwrap_or_default();
        match () {
            () if line.contains(['“', '”', '„', '‘']) => {
                "a text stands in straight quotation marks, \"…\"; those of a text are {open} and {close}"
            }
            () if line.matches('\'').count() > 2 => "a text that holds an apostrophe stands in double marks, \"don't\"",
            () => "docs/cues.md shows how a cue file looks",
        }
    }

    fn classes(&self, classes: &DeTable, set: &mut CueSet) -> Result<(), CueError> {
        for (name, value) in classes {
            let (entries, lines): (Vec<String>, Vec<u64>) = match value.get_ref() {
                DeValue::String(words) => self.words(words, value.span()).unzip(),
                _ => self.strings(value)?.into_iter().unzip(),
            };
            if entries.is_empty() {
                return Err(self.form(&value.span(), format!("class {:?} is empty", name.get_ref()), "give it a word"));
            }
            let is_name = |c: char| c.is_alphanumeric() || "-_".contains(c);
            if !name.get_ref().chars().all(is_name) {
                let hint = "a class is named with letters, digits, - and _, so that @name can stand in a pattern";
                return Err(self.form(&name.span(), format!("{:?} cannot name a class", name.get_ref()), hint));
            }
            let name = name.get_ref().clone().into_owned();
            set.class_lines.insert(name.clone(), lines);
            set.classes.insert(name, entries);
        }
        Ok(())
    }

    /// The words of one text, each with its line.
    fn words(&self, words: &str, span: Range<usize>) -> impl Iterator<Item = (String, u64)> {
        // Where the text is written with escapes, its words stand further back than they seem to.
        let (written, first) = (&self.text[span.clone()], self.line(span.start));
        let skipped = u64::from(written.starts_with("\"\"\"\n") || written.starts_with("'''\n"));
        let lines = words.split('\n').zip(first + skipped..);
        lines.flat_map(|(words, line)| words.split_whitespace().map(move |word| (word.to_owned(), line)))
    }

    fn cue(&self, name: &str, section: &str, value: &Value) -> Result<Cue, CueError> {
        if KEYS.contains(&name) {
            let heading = if section.is_empty() { "SECTION" } else { section };
            let hint = format!("write it under [{heading}.NAME], where NAME is that of the cue");
            return Err(self.form(&value.span(), format!("{name:?} stands outside of any cue"), &hint));
        }
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(self.form(&value.span(), format!("{name:?} cannot name a cue"), "use letters and hyphens"));
        }
        let mut cue = Cue { name: named(name), section: named(section), ..Cue::default() };
        let (mut hit_lines, mut miss_lines) = (Vec::new(), Vec::new());
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    match &**key.get_ref() {
                        "match" => (cue.patterns, cue.lines) = self.strings(value)?.into_iter().unzip(),
                        "hits" => (cue.hits, hit_lines) = self.strings(value)?.into_iter().unzip(),
                        "misses" => (cue.misses, miss_lines) = self.strings(value)?.into_iter().unzip(),
                        "positive" => cue.positive = self.flag(value)?,
                        other => return Err(self.unknown(other, &key.span())),
                    }
                }
            }
            _ => (cue.patterns, cue.lines) = self.strings(value)?.into_iter().unzip(),
        }
        if cue.patterns.is_empty() {
            let hint = "give it match = \"a pattern\", or match = [\"one\", \"or another\"]";
            return Err(self.form(&value.span(), format!("cue {name:?} has no pattern"), hint));
        }
        cue.lines.push(self.line(value.span().start));
        cue.example_lines = [hit_lines, miss_lines].concat();
        Ok(cue)
    }

    fn unknown(&self, key: &str, at: &Range<usize>) -> CueError {
        let hint = match nearest(key, KEYS.into_iter()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("a cue has {}", KEYS.join(", ")),
        };
        self.form(at, format!("a cue has no {key:?}"), &hint)
    }

    /// One string or a list of them, each with its line.
    fn strings(&self, value: &Value) -> Result<Vec<(String, u64)>, CueError> {
        let one = |value: &Value| match value.get_ref() {
            DeValue::String(text) => Ok((text.clone().into_owned(), self.line(value.span().start))),
            _ => Err(self.form(&value.span(), "a text in quotation marks should stand here".into(), "write \"…\"")),
        };
        match value.get_ref() {
            DeValue::Array(values) => values.iter().map(one).collect(),
            _ => Ok(vec![one(value)?]),
        }
    }

    fn flag(&self, value: &Value) -> Result<bool, CueError> {
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.form(&value.span(), "positive is true or false".into(), "write positive = true")),
        }
    }

    fn line(&self, at: usize) -> u64 {
        1 + self.lines.partition_point(|start| *start <= at) as u64
    }

    fn form(&self, at: &Range<usize>, what: String, hint: &str) -> CueError {
        CueError::Form(Place::line(self.path, self.line(at.start)), what, hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
# a remark
[classes]
harm = ["bomb*", "~destroy"]
us = """we our
us"""

[threat.will-pay]
match = ["will ..2 pay", "@us will make"]
hits = ["They will pay"]
misses = ["They pay"]
positive = true

[threat]
or-else = "or else"

[other]
insult = ["crook*", "liar*"]
"#;

    fn set(text: &str) -> CueSet {
        parse("cues.toml", text, Language::English).unwrap_or_else(|error| panic!("{error}")).cues
    }

    #[track_caller]
    fn refused(text: &str, words: &str) {
        let error = parse("cues.toml", text, Language::English)
            .and_then(|read| read.cues.matcher(Language::English, "cues.toml").map(|_| read));
        let words_said = error.err().expect("refused").to_string();
        assert!(words_said.contains(words) && words_said.contains("hint:"), "{words_said}");
    }

    #[test]
    fn sections_classes_and_cues_are_read_in_the_order_of_the_file() {
        let set = set(FILE);
        assert_eq!(set.classes["us"], ["we", "our", "us"]);
        assert_eq!(set.cues.iter().map(|cue| &cue.name[..]).collect::<Vec<_>>(), ["will-pay", "or-else", "insult"]);
        assert_eq!((&set.cues[0].section[..], set.cues[0].positive, set.cues[0].lines[1]), ("threat", true, 9));
        assert_eq!(set.cues[0].misses, ["They pay"]);
        assert!(set.matcher(Language::English, "cues.toml").is_ok());
    }

    #[test]
    fn every_fault_names_its_line_and_shows_where() {
        refused("[a\n", "cues.toml:1: this is no TOML");
        refused("\n[t.x]\nmatch = 3", "cues.toml:3: a text in quotation marks");
        refused("[t.x]\nmath = \"a\"", "cues.toml:2: a cue has no \"math\"\nhint: did you mean match?");
        refused(
            "[t]\nmatch = \"a\"",
            "cues.toml:2: \"match\" stands outside of any cue\nhint: write it under [t.NAME]",
        );
        refused("[[cue]]\nname = \"x\"", "cues.toml:1: [[cue]] names no cue\nhint: a table is named after");
        refused(
            "[Classes]\na = \"b\"\n[t]\nx = \"y\"",
            "cues.toml:1: [Classes] is no section of cues\nhint: write [classes]",
        );
        refused("[t]\nx = [\"$ a\"]", "this can never match here");
        refused("[classes]\na = \"@b\"\nb = \"@a\"\n[t]\nx = \"@a\"", "class \"a\" holds no word");
        refused("[t.x]\nhits = [\"a\"]", "cues.toml:1: cue \"x\" has no pattern");
        refused("[t]\nx = \"a\"\n[u]\nx = \"b\"", "cues.toml:4: there is a cue \"x\" already, in line 2");
        refused("[t]\nx = [\"a\",\n\"b ..z c\"]", "cues.toml:3: cue \"x\": a gap is two dots");
        refused("[t]\nx = \"will @harn us\"", "    will @harn us\n         ^^^^^\nhint: classes are lists");
        refused(
            "[t]\nx = ['a', '\"hit back\" at']",
            "cues.toml:2: cue \"x\": a pattern with a quotation mark can never match\n    \"hit back\" at\n    ^\nhint: words in a row need no",
        );
        refused("[classes]\na = ['we', '“us”']\n[t]\nx = \"@a\"", "class \"a\": a pattern with a quotation mark");
        refused(
            "[classes]\na = \"\"\"\nwe\nus they,\"\"\"\n[t]\nx = \"@a\"",
            "cues.toml:4: class \"a\": no text has \"they,\" as one word",
        );
        refused("[t]\nx = 'don't'", "hint: a text that holds an apostrophe stands in double marks");
        refused("[t]\nx = “will pay”", "hint: a text stands in straight quotation marks");
        refused("[classes]\na = [\"two words\"]\n[t]\nx = \"y\"", "class \"a\": an entry of a class is one word");
    }

    #[test]
    fn every_bad_pattern_is_told_at_once() {
        let text = "[t]\nx = [\"a ..z b\", \"fine\",\n\"5%\"]\ny = \"<!don't go\"\n";
        let error = parse("cues.toml", text, Language::English).err().expect("refused").to_string();
        let places: Vec<&str> = error.lines().filter_map(|line| line.strip_prefix("cues.toml:")).collect();
        assert_eq!(places.len(), 3, "{error}");
        assert!(
            places[1].starts_with("3: cue \"x\": no text has") && places[2].starts_with("4: cue \"y\": "),
            "{error}"
        );
    }

    #[test]
    fn classes_of_the_program_are_there_for_patterns_that_use_them_unless_the_file_has_its_own() {
        let one = set("classes.neg = \"no\"\n[t]\nx = \"@neg @kin\"\ny = \"@vicside\"\n");
        assert_eq!(one.classes.keys().collect::<Vec<_>>(), ["kin", "neg", "vicside"]);
        assert_eq!(one.classes["neg"], ["no"]);
        // It holds what the classes hold that it is made of.
        assert!(!one.classes["vicside"].iter().any(|entry| entry.starts_with('@')));
        assert!(one.classes["kin"].iter().all(|entry| one.classes["vicside"].contains(entry)));
        let german = parse("c.toml", "[t]\nx = \"@kin\"\n", Language::German).err().expect("refused").to_string();
        assert!(german.contains("there is no class \"kin\""), "{german}");
    }

    #[test]
    fn words_are_read_as_a_text_has_them() {
        let one = set("classes.a = [\"'tis\", \"n't\"]\n[t]\nx = \"@a workers' rights\"\n");
        assert_eq!(
            (&one.classes["a"][..], &one.cues[0].patterns[0][..]),
            (&["tis".into(), "not".into()][..], "@a workers rights")
        );
    }

    #[test]
    fn a_file_of_another_encoding_is_told_and_old_line_ends_are_read() {
        let error = decoded("d.dic", b"\xFF\xFE%\0".to_vec()).expect_err("refused").to_string();
        assert!(error.ends_with("iconv -f UTF-16 -t UTF-8 converts a file"), "{error}");
        let error = decoded("d.dic", b"%\nf\xFC".to_vec()).expect_err("refused").to_string();
        assert!(error.starts_with("d.dic:2: ") && error.contains("WINDOWS-1252"), "{error}");
        assert_eq!(decoded("d.dic", b"%\r1\ta\r".to_vec()).ok().as_deref(), Some("%\n1\ta\n"));
    }

    #[test]
    fn a_word_list_is_one_cue() {
        let read = parse(
            "lists/insults.txt",
            "crook*\n# a remark\nso-called\n\nnest of crooks # three words\n",
            Language::English,
        )
        .unwrap();
        assert_eq!((&read.cues.cues[0].name[..], read.cues.cues[0].patterns.len()), ("insults", 3));
        let quoted = parse("words.txt", "\"hit back\"\n“so be it” # a remark\n", Language::English).unwrap();
        assert_eq!(quoted.cues.cues[0].patterns, ["hit back", "so be it"]);
        let inner = parse("words.txt", "a\n\"hit\" \"back\"\n", Language::English).err().expect("refused").to_string();
        assert!(inner.starts_with("words.txt:2: cue \"words\": a pattern with a quotation mark"), "{inner}");
        assert!(
            parse("good.txt", "[t]\nx = \"y\"", Language::English)
                .is_err_and(|error| error.to_string().contains("good.txt:1: this looks like TOML"))
        );
        let tags = parse("words.txt", "#metoo\n# a remark\nact\n", Language::English).unwrap().remarks;
        assert_eq!(tags.len(), 1);
        assert!(
            tags[0].starts_with("1 line is a remark and no pattern, since # begins one: #metoo\nhint: write metoo"),
            "{tags:?}"
        );
        let table = parse("nrc.txt", "abandon\tanger\t1\n", Language::English).err().expect("refused").to_string();
        assert!(table.starts_with("nrc.txt:1: this is a row of a table"), "{table}");
        let foreign = parse("x.ykd", "<x/>", Language::English).err().expect("refused").to_string();
        assert!(foreign.starts_with("x.ykd: a Yoshikoder dictionary cannot be read\nhint: "), "{foreign}");
        assert!(parse("data.csv", "text,labels\n", Language::English).is_err());
        assert!(matches!(parse("empty.txt", "# nothing\n", Language::English), Err(CueError::Empty(_))));
    }
}
