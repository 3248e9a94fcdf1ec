//! Cue files: TOML with sections, plain word lists, and the dictionaries of other tools.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pattern::{refuse_quotes, refuse_strange_word, refuse_strange_words, unquoted};
use super::{Cue, CueError, CueSet, bad, dictionary};
use crate::codebook::nearest;
use crate::text::Place;
use crate::text::form::composed;

/// A cue file larger than this is not read.
const MOST_BYTES: u64 = 64 << 20;

/// Cues as read, and what a reader should know of what was left out.
pub struct ReadCues {
    pub cues: CueSet,
    pub remarks: Vec<String>,
}

/// Reads a cue file: `.toml`; `.dic` and `.dicx` (LIWC); `.yml` and `.yaml` (quanteda); any other is a word list, a pattern a line.
///
/// # Errors
/// [`CueError`] says what is wrong, in which line of the file, and what to do.
pub fn read(path: &Path) -> Result<ReadCues, CueError> {
    let name = &*path.to_string_lossy();
    let unreadable = |words: String| CueError::Unreadable(name.to_owned(), words);
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable(format!("larger than {} MiB, and no cue file is", MOST_BYTES >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let hint = "iconv -f WINDOWS-1252 -t UTF-8 converts a file".to_owned();
        CueError::Form(Place::line(name, line as u64), "bytes that are not UTF-8".into(), hint)
    })?;
    parse(name, text.strip_prefix('\u{FEFF}').unwrap_or(&text))
}

/// As [`read`], for text already at hand; `path` tells the format and stands in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &str, text: &str) -> Result<ReadCues, CueError> {
    let name = path.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let read = match () {
        () if ends(&[".toml"]) => written(path, Reader::new(path, text).read()?)?,
        () if ends(&[".dicx"]) => dictionary::liwc_table(path, text)?,
        () if ends(&[".dic"]) || text.trim_start().starts_with('%') => dictionary::liwc(path, text)?,
        () if ends(&[".yml", ".yaml"]) => dictionary::quanteda(path, text)?,
        () if ends(&[".csv", ".tsv", ".jsonl", ".json"]) => {
            let hint =
                "cues are in .toml, .dic, .dicx, .yml or .yaml files, or in word lists with another ending".to_owned();
            return Err(CueError::Form(Place::file(path), "a table or JSON is no cue file".into(), hint));
        }
        () => written(path, word_list(path, text)?)?,
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

/// Cues in our own language, whose patterns may hold what can never match.
fn written(path: &str, cues: CueSet) -> Result<ReadCues, CueError> {
    for (name, entries) in &cues.classes {
        for entry in entries {
            refuse_quotes(entry)
                .and_then(|()| refuse_strange_word(entry, 0..entry.len()))
                .map_err(|flaw| bad(path, None, format!("class {name:?}"), entry, flaw))?;
        }
    }
    for cue in &cues.cues {
        for (at, pattern) in cue.patterns.iter().enumerate() {
            refuse_quotes(pattern)
                .and_then(|()| refuse_strange_words(pattern))
                .map_err(|flaw| bad(path, cue.lines.get(at), format!("cue {:?}", cue.name), pattern, flaw))?;
        }
    }
    Ok(ReadCues { cues, remarks: Vec::new() })
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
    let (patterns, lines) = lines.into_iter().map(|(line, number)| (unquoted(line).to_owned(), number)).unzip();
    let cue = Cue { name: named(&name), patterns, lines, ..Cue::default() };
    Ok(CueSet { cues: vec![cue], ..CueSet::default() })
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
            self.form(&at, format!("this is no TOML: {}", error.message()), "docs/cues.md shows how a cue file looks")
        })?;
        let mut set = CueSet::default();
        let mut found: Vec<(usize, Cue)> = Vec::new();
        for (key, value) in table.into_inner() {
            match (&**key.get_ref(), value.get_ref()) {
                ("classes", DeValue::Table(classes)) => self.classes(classes, &mut set)?,
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

    fn classes(&self, classes: &DeTable, set: &mut CueSet) -> Result<(), CueError> {
        for (name, value) in classes {
            let entries: Vec<String> = match value.get_ref() {
                DeValue::String(words) => words.split_whitespace().map(str::to_owned).collect(),
                _ => self.strings(value)?.into_iter().map(|(entry, _)| entry).collect(),
            };
            if entries.is_empty() {
                return Err(self.form(&value.span(), format!("class {:?} is empty", name.get_ref()), "give it a word"));
            }
            let is_name = |c: char| c.is_alphanumeric() || "-_".contains(c);
            if !name.get_ref().chars().all(is_name) {
                let hint = "a class is named with letters, digits, - and _, so that @name can stand in a pattern";
                return Err(self.form(&name.span(), format!("{:?} cannot name a class", name.get_ref()), hint));
            }
            set.classes.insert(name.get_ref().clone().into_owned(), entries);
        }
        Ok(())
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
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    match &**key.get_ref() {
                        "match" => (cue.patterns, cue.lines) = self.strings(value)?.into_iter().unzip(),
                        "hits" => cue.hits = self.texts(value)?,
                        "misses" => cue.misses = self.texts(value)?,
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

    fn texts(&self, value: &Value) -> Result<Vec<String>, CueError> {
        Ok(self.strings(value)?.into_iter().map(|(text, _)| text).collect())
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
        parse("cues.toml", text).unwrap_or_else(|error| panic!("{error}")).cues
    }

    #[track_caller]
    fn refused(text: &str, words: &str) {
        let error = parse("cues.toml", text)
            .and_then(|read| read.cues.matcher(crate::text::stem::Language::English, "cues.toml").map(|_| read));
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
        assert!(set.matcher(crate::text::stem::Language::English, "cues.toml").is_ok());
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
        refused("[t]\nx = [\"$ a\"]", "this can never match here");
        refused("[classes]\na = \"@b\"\nb = \"@a\"\n[t]\nx = \"@a\"", "class \"a\" holds no word");
        refused("[t.x]\nhits = [\"a\"]", "cues.toml:1: cue \"x\" has no pattern");
        refused("[t]\nx = \"a\"\n[u]\nx = \"b\"", "cues.toml:4: there is a cue \"x\" already, in line 2");
        refused("[t]\nx = [\"a\",\n\"b ..z c\"]", "cues.toml:3: cue \"x\": a gap is two dots");
        refused("[t]\nx = \"will @harm us\"", "    will @harm us\n         ^^^^^\nhint: classes are lists");
        refused(
            "[t]\nx = ['a', '\"hit back\" at']",
            "cues.toml:2: cue \"x\": a pattern with a quotation mark can never match\n    \"hit back\" at\n    ^\nhint: words in a row need no",
        );
        refused("[classes]\na = ['we', '“us”']\n[t]\nx = \"@a\"", "class \"a\": a pattern with a quotation mark");
        refused("[classes]\na = [\"two words\"]\n[t]\nx = \"y\"", "class \"a\": an entry of a class is one word");
    }

    #[test]
    fn a_word_list_is_one_cue() {
        let read =
            parse("lists/insults.txt", "crook*\n# a remark\nso-called\n\nnest of crooks # three words\n").unwrap();
        assert_eq!((&read.cues.cues[0].name[..], read.cues.cues[0].patterns.len()), ("insults", 3));
        let quoted = parse("words.txt", "\"hit back\"\n“so be it” # a remark\n").unwrap();
        assert_eq!(quoted.cues.cues[0].patterns, ["hit back", "so be it"]);
        let inner = parse("words.txt", "a\n\"hit\" \"back\"\n").err().expect("refused").to_string();
        assert!(inner.starts_with("words.txt:2: cue \"words\": a pattern with a quotation mark"), "{inner}");
        assert!(
            parse("good.txt", "[t]\nx = \"y\"")
                .is_err_and(|error| error.to_string().contains("good.txt:1: this looks like TOML"))
        );
        assert!(parse("data.csv", "text,labels\n").is_err());
        assert!(matches!(parse("empty.txt", "# nothing\n"), Err(CueError::Empty(_))));
    }
}
