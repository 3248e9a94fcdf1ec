//! What people and programs read: no text, name or label may steer a terminal or become markup.

use std::sync::LazyLock;

use rhetor::corpus::Example;
use rhetor::features::FeatureSettings;
use rhetor::framing::evidence::{self, Order};
use rhetor::framing::voice::Voices;
use rhetor::framing::{Choice, framings};
use rhetor::learn::{self, TrainSettings};
use rhetor::model::Model;
use rhetor::report::html::Html;
use rhetor::report::jsonl::Jsonl;
use rhetor::report::summary::{Shape, Summary};
use rhetor::report::table::Table;
use rhetor::report::terminal::{Look, Terminal};
use rhetor::report::voiced::place_in;
use rhetor::report::{Record, Report, Setting};
use rhetor::text::speech::{Carried, speech_after};
use rhetor::text::unit::{Splitter, UnitKind};
use rhetor::text::{Span, quote, sentence};

/// A model whose labels, note and words are as hostile as any text.
static HOSTILE: LazyLock<Model> = LazyLock::new(|| {
    let rows = [
        ("we will make them <b>pay</b> & pay", "<script>alert(1)</script>"),
        ("they pay \"now\" onerror=x", "<script>alert(1)</script>"),
        ("act now & sign <img src=x>", "\"' onclick=a \u{1b}[31m\u{9b}1m"),
        ("sign it, sign it now \u{1b}[2J", "\"' onclick=a \u{1b}[31m\u{9b}1m"),
        ("said that they lie </mark>", "=HYPERLINK(\"x\")"),
        ("“they lie” said mr hale", "=HYPERLINK(\"x\")"),
        ("the shop opens at nine", ""),
        ("the bus is late", ""),
    ];
    let example = |(text, label): &(&str, &str)| {
        Example::new(*text, if label.is_empty() { Vec::new() } else { vec![(*label).to_owned()] })
    };
    let examples: Vec<Example> = rows.iter().map(example).collect();
    let features = FeatureSettings { char_ngrams: Some((1, 3)), ..FeatureSettings::default() };
    let note = Some("<i>note</i>\u{1b}[0m".to_owned());
    let settings = TrainSettings { folds: 2, l2: Some(0.1), features, note, ..TrainSettings::default() };
    learn::train(&examples, &settings, &|_| {}).expect("rows that can be learned from").model
});

/// The text of any input in every format. The input is a path and a text, parted by 0xFF.
pub fn report(data: &[u8]) {
    let (first, mut data) = super::split(data);
    let path = super::piece(&mut data).into_owned();
    let model = &*HOSTILE;
    let records = records(model, data, first & 1 == 0);
    let (explain, all_scores) = (first & 2 == 0, first & 4 == 0);
    let setting = Setting { explain, order: Order::Reading, all_scores, ..Setting::new(model) };
    let written = |report: &mut dyn Report| {
        report.begin(&path, None).expect("memory takes it");
        records.iter().for_each(|record| report.record(record).expect("memory takes it"));
        report.end().expect("memory takes it");
    };
    let (color, deep) = [(false, false), (true, false), (true, true), (false, true)][usize::from(first >> 4 & 3)];
    let width = (first & 64 != 0).then_some(usize::from(first >> 1));
    let mut out = Vec::new();
    written(&mut Terminal::new(&setting, &mut out, Look { color, deep, width, all: first & 8 == 0 }));
    cannot_steer(&String::from_utf8(out).expect("text is UTF-8"), color);
    for shape in [Shape::Text, Shape::Table(b',')] {
        let mut out = Vec::new();
        let is_text = matches!(shape, Shape::Text);
        written(&mut Summary::new(&setting, &mut out, shape).spreadsheet_safe(true));
        if is_text {
            cannot_steer(&String::from_utf8(out).expect("text is UTF-8"), false);
        } else {
            no_formula(&out);
        }
    }
    let mut out = Vec::new();
    written(&mut Html::new(&setting, &mut out, "sentence"));
    is_our_markup(&String::from_utf8(out).expect("a page is UTF-8"));
    let mut out = Vec::new();
    written(&mut Jsonl::new(&setting, &mut out));
    reads_back(&out, &path, &records);
    let mut out = Vec::new();
    written(&mut Table::new(&setting, &mut out, b'\t').spreadsheet_safe(true));
    no_formula(&out);
    let mut out = Vec::new();
    written(&mut Table::new(&setting, &mut out, b','));
    let texts: Vec<String> =
        csv::Reader::from_reader(&out[..]).records().map(|row| row.expect("a row")[5].to_owned()).collect();
    assert!(texts.iter().eq(records.iter().map(|record| &record.text)));
}

/// As the program classifies a stream.
fn records(model: &Model, data: &[u8], explain: bool) -> Vec<Record> {
    let (mut splitter, mut units) = (Splitter::new(UnitKind::Sentence, 1 << 16), Vec::new());
    splitter.push(data, &mut units);
    splitter.finish(&mut units);
    let (mut records, mut before, mut scratch) = (Vec::new(), Carried::default(), model.scratch());
    let choice = Choice { threshold: Some(0.3), ..Choice::default() };
    for unit in &units {
        let sentences = sentence::sentences(&unit.text, &unit.breaks, "english");
        let quotations = quote::quotations(&unit.text);
        let place = |span: Span| place_in(unit, span);
        let (speech, after) = speech_after(&unit.text, &sentences, &quotations, &before, &place);
        let voices = Voices::new(&speech);
        for span in sentences {
            let text = span.of(&unit.text).to_owned();
            let row = model.featurizer().row(&text, &mut scratch);
            let scores = model.score(&row);
            let framings = framings(model, &scores, &choice);
            let evidence = framings.iter().map(|framing| evidence::explain(model, &row, framing.label)).collect();
            let mut record = Record {
                index: records.len() as u64 + 1,
                line: unit.line_at(span.start),
                paragraph: unit.index,
                start: unit.raw(span.start),
                end: unit.raw(span.end),
                text,
                framings,
                probabilities: scores.probabilities,
                evidence,
                known: row.known(),
                ..Record::default()
            };
            record.hear(&voices, unit, span, &before);
            for said in &record.said {
                let sum = said.shares.author + said.shares.quoted + said.shares.reported;
                assert!((sum - 1.0).abs() < 1e-9, "{said:?}");
            }
            if !explain {
                record.evidence.clear();
            }
            records.push(record);
        }
        before = after;
    }
    records
}

/// No control character but the newlines that end lines, and colours where they are wished for.
fn cannot_steer(out: &str, color: bool) {
    let mut rest = out;
    while let Some(at) = rest.find(|c: char| c.is_control() && c != '\n') {
        let sequence = rest[at..].strip_prefix("\u{1b}[").filter(|_| color);
        let sequence = sequence.unwrap_or_else(|| panic!("a control character in {out:?}"));
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(sequence.len());
        rest = sequence[end..].strip_prefix('m').unwrap_or_else(|| panic!("no colour in {out:?}"));
    }
    assert!(!out.contains(['\u{202e}', '\u{2066}']), "{out:?}");
}

/// Tags of our templates.
const TAGS: &[&str] = &[
    "!doctype", "a", "abbr", "article", "aside", "b", "bdi", "body", "br", "button", "circle", "defs", "details",
    "div", "footer", "h1", "h2", "head", "header", "html", "input", "kbd", "label", "li", "main", "mark", "meta",
    "option", "p", "path", "pattern", "rect", "script", "section", "select", "small", "span", "strong", "style",
    "summary", "svg", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
];

/// Every tag is one of our templates', with the attributes that those have; style and script are whole, and nothing is a control character.
fn is_our_markup(page: &str) {
    assert!(!page.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "a control character in the page");
    let (mut rest, mut scripts) = (page, 0);
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let closing = tag.strip_prefix('/');
        let name = closing.unwrap_or(tag);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '!').unwrap_or(name.len());
        let (name, mut inside) = name.split_at(end);
        let around: String = rest[at..].chars().take(80).collect();
        assert!(!name.is_empty() && TAGS.contains(&name), "a tag that is not ours: {around:?}");
        while !inside.starts_with('>') {
            inside = attribute(inside.trim_start(), &around);
        }
        rest = &inside[1..];
        if closing.is_none() && (name == "script" || name == "style") {
            scripts += 1;
            let end = rest.find(&format!("</{name}>")).expect("it is closed");
            assert!(name == "style" || scripts != 2 || !rest[..end].contains('<'), "the script's data holds markup");
            rest = &rest[end..];
        }
    }
    assert_eq!(scripts, 3, "one style and two scripts");
}

/// What is left behind an attribute.
fn attribute<'a>(inside: &'a str, around: &str) -> &'a str {
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    assert!(!name.starts_with("on") && name != "src", "{name}: {around:?}");
    let Some(value) = rest.strip_prefix('=') else {
        assert!(end > 0 || rest.starts_with('>'), "{around:?}");
        return rest;
    };
    match value.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.find('"').expect("it is closed");
            assert!(name != "href" || quoted.starts_with('#'), "{around:?}");
            &quoted[end + 1..]
        }
        None => value.trim_start_matches(|c: char| c.is_ascii_alphanumeric()),
    }
}

/// A spreadsheet runs no cell.
fn no_formula(table: &[u8]) {
    let delimiter = if table.starts_with(b"path\t") { b'\t' } else { b',' };
    for row in
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(table).records()
    {
        for cell in &row.expect("a row") {
            assert!(!cell.starts_with(['=', '+', '@', '-']) || cell == "-" || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
    }
}

fn reads_back(out: &[u8], path: &str, records: &[Record]) {
    let lines: Vec<&[u8]> = out.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), records.len());
    for (line, record) in lines.iter().zip(records) {
        let read: serde_json::Value = serde_json::from_slice(line).expect("a line is JSON");
        assert_eq!((&read["path"], &read["text"]), (&path.into(), &record.text[..].into()));
        for framing in read["framings"].as_array().expect("a list") {
            for term in framing["explain"]["terms"].as_array().into_iter().flatten() {
                let span = &term["spans"][0];
                let at = |end: usize| span[end].as_u64().expect("a number") as usize;
                assert_eq!(term["surface"], record.text[at(0)..at(1)]);
            }
        }
    }
}
