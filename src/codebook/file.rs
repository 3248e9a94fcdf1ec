//! A user's own codebook, from a TOML or YAML file. Both become one tree whose nodes know their lines, so that one reader
//! serves them and every fault can be pointed at. `docs/formats.md` shows the format.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Codebook, Entry, Rule, RuleKind, Voice, nearest};
use crate::text::form::composed;
use crate::text::{Place, source};

/// What stands in place of a path for the codebook of the twelve framings.
pub const BUILTIN: &str = "builtin";

/// A codebook larger than this is not read.
const MOST_BYTES: u64 = 4 << 20;

/// Lists and tables within each other.
const DEEPEST: usize = 8;

/// What is wrong with a codebook.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {what}\nhint: {hint}")]
pub struct CodebookError {
    pub place: Place,
    pub what: String,
    pub hint: String,
}

type Result<T> = std::result::Result<T, CodebookError>;

/// Where hints send those who do not know the format.
const FORMAT_HINT: &str = "docs/formats.md shows how a codebook looks";

/// Reads a codebook: `.yaml` and `.yml` are YAML, any other file is TOML, unless it is [`BUILTIN`].
///
/// # Errors
/// [`CodebookError`] says what is wrong, in which line of the file, and what to do.
pub fn read(path: &Path) -> Result<Codebook> {
    let name = path.to_string_lossy();
    if name == BUILTIN {
        return Ok(Codebook::builtin());
    }
    let unreadable = |what: String| CodebookError {
        place: Place::file(&*name),
        what,
        hint: format!("name a TOML or YAML file, or `{BUILTIN}` for that of the twelve framings"),
    };
    let bytes = source::bounded(path, MOST_BYTES).map_err(|error| unreadable(error.to_string()))?;
    let too_large = || unreadable(format!("larger than {} MiB, and no codebook is", MOST_BYTES >> 20));
    let bytes = bytes.ok_or_else(too_large)?;
    let text = source::utf8(bytes).map_err(|line| {
        let hint = "iconv -f WINDOWS-1252 -t UTF-8 converts a file".to_owned();
        CodebookError { place: Place::line(&*name, line), what: "bytes that are not UTF-8".into(), hint }
    })?;
    parse(&name, &text)
}

/// As [`read`], for text already at hand; `path` tells the format and stands in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &str, text: &str) -> Result<Codebook> {
    let name = path.to_ascii_lowercase();
    let origin = Origin { path };
    let root = if [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending)) {
        yaml(text, origin)?
    } else {
        toml(text, origin)?
    };
    origin.book(&root)
}

/// A value and the line on which it starts.
struct Node {
    line: usize,
    value: Value,
}

enum Value {
    /// Nothing at all, as `~` and an empty value in YAML.
    Nothing,
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Table(Vec<(String, Node)>),
}

impl Node {
    fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// The file that is read.
#[derive(Clone, Copy)]
struct Origin<'a> {
    path: &'a str,
}

impl Origin<'_> {
    fn fault(self, line: usize, what: impl Into<String>, hint: impl Into<String>) -> CodebookError {
        CodebookError { place: Place::line(self.path, line as u64), what: what.into(), hint: hint.into() }
    }
}

fn toml(text: &str, origin: Origin) -> Result<Node> {
    let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let line = |span: Range<usize>| 1 + starts.partition_point(|start| *start <= span.start);
    let table = DeTable::parse(text).map_err(|error| {
        let what = format!("this is no TOML: {}", error.message());
        origin.fault(line(error.span().unwrap_or(0..0)), what, "a YAML file is told by its ending, .yaml or .yml")
    })?;
    table_node(table.get_ref(), 1, &line, origin)
}

fn table_node(table: &DeTable, at: usize, line: &impl Fn(Range<usize>) -> usize, origin: Origin) -> Result<Node> {
    let mut entries: Vec<(usize, String, Node)> = Vec::new();
    for (key, value) in table {
        let node = Node { line: line(key.span()), ..toml_node(value, line, origin)? };
        entries.push((key.span().start, key.get_ref().to_string(), node));
    }
    entries.sort_by_key(|(start, ..)| *start);
    Ok(Node { line: at, value: Value::Table(entries.into_iter().map(|(_, key, node)| (key, node)).collect()) })
}

fn toml_node(value: &Spanned<DeValue>, line: &impl Fn(Range<usize>) -> usize, origin: Origin) -> Result<Node> {
    let at = line(value.span());
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Text(number.as_str().to_owned()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| toml_node(item, line, origin)).collect::<Result<_>>()?)
        }
        DeValue::Table(table) => return table_node(table, at, line, origin),
        _ => return Err(origin.fault(at, "neither text nor a list nor a table", "put quotation marks around it")),
    };
    Ok(Node { line: at, value })
}

/// What is open while YAML is read: a list, or a table whose next key may have come.
enum Open {
    List(Vec<Node>),
    Table(OpenTable),
}

#[derive(Default)]
struct OpenTable {
    entries: Vec<(String, Node)>,
    names: HashSet<String>,
    key: Option<(String, usize)>,
}

/// Aliases are refused, since a codebook has no use for them and they can be made to explode.
fn yaml(text: &str, origin: Origin) -> Result<Node> {
    let mut open: Vec<(usize, Open)> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let what = format!("this is no YAML: {}", error.info());
            origin.fault(
                error.marker().line(),
                what,
                "text that holds `: ` or ` #` needs quotation marks, or `>-` before it",
            )
        })?;
        let line = span.start.line();
        let done = match event {
            Event::MappingStart(..) | Event::SequenceStart(..) if open.len() >= DEEPEST => {
                return Err(origin.fault(line, "lists and tables nest too deep", FORMAT_HINT));
            }
            Event::MappingStart(..) => {
                open.push((line, Open::Table(OpenTable::default())));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push((line, Open::List(Vec::new())));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some((line, Open::List(items))) => Node { line, value: Value::List(items) },
                Some((line, Open::Table(table))) => Node { line, value: Value::Table(table.entries) },
                None => continue,
            },
            Event::Scalar(word, ScalarStyle::Plain, ..) if matches!(&*word, "" | "~" | "null") => {
                Node { line, value: Value::Nothing }
            }
            Event::Scalar(word, ..) => Node { line, value: Value::Text(word.into_owned()) },
            Event::Alias(_) => return Err(origin.fault(line, "an alias (`*name`)", "write out what it stands for")),
            Event::DocumentStart(_) if root.is_some() => {
                return Err(origin.fault(
                    line,
                    "a second document",
                    "a file holds one codebook; remove the line `---`",
                ));
            }
            _ => continue,
        };
        close(done, &mut open, &mut root, origin)?;
    }
    Ok(root.unwrap_or(Node { line: 1, value: Value::Table(Vec::new()) }))
}

/// A value is complete: it goes into what is open around it.
fn close(node: Node, open: &mut [(usize, Open)], root: &mut Option<Node>, origin: Origin) -> Result<()> {
    match open.last_mut() {
        None => *root = Some(node),
        Some((_, Open::List(items))) => items.push(node),
        Some((_, Open::Table(table))) => match table.key.take() {
            Some((key, line)) => table.entries.push((key, Node { line, ..node })),
            None => match node.value {
                Value::Text(name) if !table.names.insert(name.clone()) => {
                    return Err(origin.fault(node.line, format!("{name:?} stands here twice"), "keep one of the two"));
                }
                Value::Text(name) => table.key = Some((name, node.line)),
                _ => return Err(origin.fault(node.line, format!("{} for a key", node.kind()), FORMAT_HINT)),
            },
        },
    }
    Ok(())
}

const BOOK_KEYS: [&str; 7] = ["title", "introduction", "label", "labels", "rule", "rules", "voice"];
const LABEL_KEYS: [&str; 5] = ["name", "definition", "published", "examples", "near_misses"];
const RULE_KEYS: [&str; 5] = ["number", "name", "kind", "labels", "text"];

impl Origin<'_> {
    fn book(self, root: &Node) -> Result<Codebook> {
        let table = self.table(root, "a codebook")?;
        self.check_keys(table, &BOOK_KEYS, "a codebook")?;
        let stem =
            || Path::new(self.path).file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned());
        let book = Codebook {
            title: self.text_of(table, "title")?.filter(|title| !title.is_empty()).unwrap_or_else(stem),
            introduction: self.text_of(table, "introduction")?.unwrap_or_default(),
            labels: self.labels(table)?,
            rules: self.rules(table)?,
            voice: match get(table, "voice") {
                None => None,
                Some(node) => Some(Voice { text: self.voice(node)? }),
            },
        };
        if book.labels.is_empty() {
            let hint = "name at least one: [[label]] in TOML, `labels:` in YAML, with name and definition; docs/formats.md shows how";
            return Err(CodebookError { place: Place::file(self.path), what: "no label".into(), hint: hint.into() });
        }
        self.check_rules(&book, table)?;
        Ok(book)
    }

    /// A list of tables, or a table of names with definitions.
    fn labels(self, table: &[(String, Node)]) -> Result<Vec<Entry>> {
        let Some(node) = get(table, "label").or_else(|| get(table, "labels")) else { return Ok(Vec::new()) };
        let (mut labels, mut known): (Vec<Entry>, HashSet<String>) = (Vec::new(), HashSet::new());
        let mut add = |entry: Entry, line: usize| {
            if entry.name.is_empty() {
                return Err(self.fault(line, "a label without a name", "write `name`, as it stands in the data"));
            }
            if !known.insert(entry.name.clone()) {
                return Err(self.fault(
                    line,
                    format!("label {:?} stands here twice", entry.name),
                    "keep one of the two",
                ));
            }
            labels.push(entry);
            Ok(())
        };
        match &node.value {
            Value::List(items) => items.iter().try_for_each(|item| match &item.value {
                Value::Text(name) => {
                    add(Entry { name: composed(name.trim()).into_owned(), ..Entry::default() }, item.line)
                }
                _ => add(self.label(item, None)?, item.line),
            })?,
            Value::Table(entries) => {
                entries.iter().try_for_each(|(name, item)| add(self.label(item, Some(name))?, item.line))?;
            }
            _ => return Err(self.fault(node.line, format!("{} in place of labels", node.kind()), FORMAT_HINT)),
        }
        Ok(labels)
    }

    fn label(self, node: &Node, name: Option<&str>) -> Result<Entry> {
        let named = |entry: Entry| {
            let name = name.unwrap_or(&entry.name);
            Entry { name: composed(name.trim()).into_owned(), ..entry }
        };
        match &node.value {
            Value::Nothing => Ok(named(Entry::default())),
            Value::Text(definition) => Ok(named(Entry { definition: tidy(definition), ..Entry::default() })),
            _ => {
                let table = self.table(node, "a label")?;
                self.check_keys(table, if name.is_some() { &LABEL_KEYS[1..] } else { &LABEL_KEYS }, "a label")?;
                Ok(named(Entry {
                    name: self.text_of(table, "name")?.unwrap_or_default(),
                    definition: self.text_of(table, "definition")?.unwrap_or_default(),
                    published: self.text_of(table, "published")?.unwrap_or_default(),
                    examples: self.texts_of(table, "examples")?,
                    near_misses: self.texts_of(table, "near_misses")?,
                }))
            }
        }
    }

    fn rules(self, table: &[(String, Node)]) -> Result<Vec<Rule>> {
        let Some(node) = get(table, "rule").or_else(|| get(table, "rules")) else { return Ok(Vec::new()) };
        let Value::List(items) = &node.value else {
            return Err(self.fault(node.line, format!("{} in place of a list of rules", node.kind()), FORMAT_HINT));
        };
        items.iter().zip(1..).map(|(item, number)| self.rule(item, number)).collect()
    }

    fn rule(self, node: &Node, number: u32) -> Result<Rule> {
        let table = self.table(node, "a rule")?;
        self.check_keys(table, &RULE_KEYS, "a rule")?;
        let number = match self.text_of(table, "number")? {
            None => number,
            Some(given) => given.parse().map_err(|_| {
                self.fault(
                    node.line,
                    format!("{given:?} in place of a rule's number"),
                    "leave `number` out to have rules counted",
                )
            })?,
        };
        let kind = match self.text_of(table, "kind")?.as_deref() {
            None | Some("boundary") => RuleKind::Boundary,
            Some("ruling") => RuleKind::Ruling,
            Some(other) => {
                return Err(self.fault(node.line, format!("kind {other:?} of a rule"), "it is boundary or ruling"));
            }
        };
        let text = self.text_of(table, "text")?.unwrap_or_default();
        if text.is_empty() {
            return Err(self.fault(node.line, "a rule without text", "write `text`: what tells the labels apart"));
        }
        let name = self.text_of(table, "name")?.unwrap_or_default();
        let labels = self.texts_of(table, "labels")?.into_iter().map(|label| composed(label).into_owned()).collect();
        Ok(Rule { number, name, kind, labels, text })
    }

    /// A rule speaks of labels that are there.
    fn check_rules(self, book: &Codebook, table: &[(String, Node)]) -> Result<()> {
        let known: HashSet<&str> = book.labels.iter().map(|entry| &entry.name[..]).collect();
        for rule in &book.rules {
            let Some(wrong) = rule.labels.iter().find(|label| !known.contains(&label[..])) else { continue };
            let line = get(table, "rule").or_else(|| get(table, "rules")).map_or(1, |node| match &node.value {
                Value::List(items) => {
                    book.rules.iter().position(|own| own == rule).map_or(node.line, |at| items[at].line)
                }
                _ => node.line,
            });
            let names = || book.labels.iter().map(|entry| &entry.name[..]);
            let hint = match nearest(wrong, names()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(self.fault(line, format!("a rule on label {wrong:?}, which is not among the labels"), hint));
        }
        Ok(())
    }

    fn voice(self, node: &Node) -> Result<String> {
        match &node.value {
            Value::Table(table) => {
                self.check_keys(table, &["text"], "voice")?;
                Ok(self.text_of(table, "text")?.unwrap_or_default())
            }
            _ => self.text(node, "voice"),
        }
    }

    fn table<'n>(self, node: &'n Node, what: &str) -> Result<&'n [(String, Node)]> {
        match &node.value {
            Value::Table(table) => Ok(table),
            _ => Err(self.fault(node.line, format!("{} in place of {what}", node.kind()), FORMAT_HINT)),
        }
    }

    fn check_keys(self, table: &[(String, Node)], known: &[&str], what: &str) -> Result<()> {
        let Some((key, node)) = table.iter().find(|(key, _)| !known.contains(&&key[..])) else { return Ok(()) };
        let hint = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("{what} has {}", known.join(", ")),
        };
        Err(self.fault(node.line, format!("{key:?} is nothing that {what} has"), hint))
    }

    fn text_of(self, table: &[(String, Node)], key: &str) -> Result<Option<String>> {
        get(table, key).map(|node| self.text(node, key)).transpose()
    }

    fn text(self, node: &Node, key: &str) -> Result<String> {
        match &node.value {
            Value::Text(text) => Ok(tidy(text)),
            Value::Nothing => Ok(String::new()),
            _ => Err(self.fault(node.line, format!("{} in place of the text of {key:?}", node.kind()), FORMAT_HINT)),
        }
    }

    /// A list of texts, or a single one.
    fn texts_of(self, table: &[(String, Node)], key: &str) -> Result<Vec<String>> {
        match get(table, key) {
            None | Some(Node { value: Value::Nothing, .. }) => Ok(Vec::new()),
            Some(Node { value: Value::List(items), .. }) => items.iter().map(|item| self.text(item, key)).collect(),
            Some(node) => Ok(vec![self.text(node, key)?]),
        }
    }
}

fn get<'n>(table: &'n [(String, Node)], key: &str) -> Option<&'n Node> {
    table.iter().find(|(name, _)| name == key).map(|(_, node)| node)
}

/// One line: a text that a file spreads over several is a paragraph all the same.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOML: &str = r#"
title = "The strike"
[[label]]
name = "threat"
definition = "announces harm"
examples = ["They will pay."]
[[label]]
name = "call"
[[rule]]
name = "Threat or call"
labels = ["threat", "call"]
text = "Harm to the listener is a threat."
"#;

    const YAML: &str = "title: The strike\nlabels:\n  - name: threat\n    definition: >-\n      announces\n      harm\n    examples: [They will pay.]\n  - call\nrules:\n  - name: Threat or call\n    labels: [threat, call]\n    text: Harm to the listener is a threat.\n";

    fn refused(path: &str, text: &str) -> String {
        parse(path, text).err().map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn toml_and_yaml_say_the_same() {
        let book = parse("a.toml", TOML).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parse("a.yaml", YAML).unwrap_or_else(|error| panic!("{error}")), book);
        assert_eq!(book.labels[0].definition, "announces harm");
        assert_eq!(book.rules[0].number, 1);
    }

    #[test]
    fn a_table_of_names_and_definitions_is_a_codebook() {
        let yaml =
            parse("strike.yml", "labels:\n  threat: announces harm\n  call:\n    definition: asks for it\n  other:\n");
        let toml =
            parse("strike.toml", "[labels]\nthreat = 'announces harm'\ncall.definition = 'asks for it'\nother = ''\n");
        let (yaml, toml) = (yaml.unwrap_or_else(|e| panic!("{e}")), toml.unwrap_or_else(|e| panic!("{e}")));
        assert_eq!(yaml, toml);
        assert_eq!((&yaml.title[..], &yaml.labels[1].definition[..], yaml.labels.len()), ("strike", "asks for it", 3));
    }

    #[test]
    fn the_builtin_codebook_is_read_as_it_is_embedded() {
        let text = include_str!("../../models/codebook.toml");
        assert_eq!(parse("codebook.toml", text).unwrap_or_else(|error| panic!("{error}")), Codebook::builtin());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_the_remedy() {
        for (path, text, words) in [
            ("a.yaml", "labels:\n  - &x\n    name: a\n  - *x\n", "a.yaml:4: an alias"),
            ("a.yaml", "labels:\n  a: one\n  a: two\n", "a.yaml:3: \"a\" stands here twice"),
            ("a.yaml", "labels:\n  - a\n  - a\n", "a.yaml:3: label \"a\" stands here twice"),
            ("a.yaml", "labels: [a\n", "this is no YAML"),
            (
                "a.yaml",
                "labels:\n  - name: a\n    example: [b]\n",
                "a.yaml:3: \"example\" is nothing that a label has\nhint: did you mean examples?",
            ),
            ("a.yaml", "labels: [a]\n---\nlabels: [b]\n", "a second document"),
            ("a.yaml", "labels: [[[[[[[[[[a]]]]]]]]]]\n", "nest too deep"),
            ("a.yaml", "", "a.yaml: no label"),
            ("a.toml", "title = \"t\"\n", "a.toml: no label"),
            ("a.toml", "title = t\n", "a.toml:1: this is no TOML"),
            ("a.toml", "[[label]]\nname = \"a\"\ndefinition = 3.5\n", "a.toml:3: neither text"),
            (
                "a.toml",
                "[[label]]\nname = \"a\"\n\n[[rule]]\ntext = \"x\"\nlabels = [\"b\"]\n",
                "a.toml:4: a rule on label \"b\"",
            ),
            ("a.toml", "[[label]]\ndefinition = \"a\"\n", "a.toml:1: a label without a name"),
        ] {
            let error = refused(path, text);
            assert!(error.contains(words) && error.contains("\nhint: "), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_bomb_of_aliases_is_refused_at_the_first_one() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            bomb += &format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1);
        }
        assert!(refused("bomb.yaml", &bomb).starts_with("bomb.yaml:2: an alias"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z:\\-\\[\\]{}\"'#&*|> =\n\t]{0,80}") {
            let _ = parse("a.yaml", &text);
            let _ = parse("a.toml", &text);
        }

        #[test]
        fn a_codebook_written_as_json_is_read_back_as_yaml(
            names in prop::collection::btree_set("[a-z][a-z-]{0,8}", 1..5), words in "[ -~é]{0,20}"
        ) {
            // JSON is YAML, and saves a writer of it here.
            let labels: Vec<_> = names.iter().map(|name| serde_json::json!({"name": name, "definition": words})).collect();
            let text = serde_json::json!({"title": "t", "labels": labels}).to_string();
            let book = parse("a.yaml", &text).unwrap();
            prop_assert!(book.labels.iter().map(|entry| &entry.name).eq(&names));
            prop_assert!(book.labels.iter().all(|entry| entry.definition == tidy(&words)));
        }
    }
}
