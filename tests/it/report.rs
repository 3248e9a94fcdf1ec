//! The page of `classify --format html`, in a real browser and as bytes.

use std::path::Path;

use rhetor::report::html::page;
use rhetor::report::html::view::{self, Shares, View, Voice};
use rhetor::text::unit::{Splitter, UnitKind};
use rhetor::text::{sentence, visible};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{Desk, golden};

const OP_ED: &str = include_str!("../../examples/op-ed.txt");

const LABELS: [&str; 6] = ["blame-shifting", "call-to-action", "fear-appeal", "threat", "urgency", "whataboutism"];

/// A sentence of the op-ed by its beginning: whose words it is, and with which words it does what.
type Mark = (&'static str, Voice, Option<&'static str>, &'static [(usize, f64, &'static [&'static str])]);

const PRESIDENT: Option<&str> = Some("the president");

/// As a careful reader would mark it, whatever the embedded model of the day thinks.
const MARKS: [Mark; 8] = [
    ("\"They left us", Voice::Quoted, PRESIDENT, &[(0, 0.97, &["left us a ruin", "traitors"]), (2, 0.41, &["ruin"])]),
    ("\"Anyone who", Voice::Quoted, PRESIDENT, &[(3, 0.89, &["will answer"])]),
    ("\"They will pay", Voice::Quoted, PRESIDENT, &[(3, 0.96, &["will pay", "heavy price"])]),
    ("The president warned", Voice::Reported, PRESIDENT, &[(2, 0.98, &["children"])]),
    ("The president's own office", Voice::Author, None, &[(0, 0.99, &["is to blame", "cut"])]),
    ("Ask her about", Voice::Mixed, None, &[(5, 0.81, &["what the last government did"])]),
    ("So do not wait", Voice::Author, None, &[(1, 0.99, &["do not wait"]), (4, 0.87, &["wait"])]),
    ("Write to your deputy", Voice::Author, None, &[(1, 1.0, &["Write to your"]), (4, 0.79, &["tonight"])]),
];

fn op_ed() -> View {
    let (mut splitter, mut units) = (Splitter::new(UnitKind::Sentence, 1 << 20), Vec::new());
    splitter.push(OP_ED.as_bytes(), &mut units);
    splitter.finish(&mut units);
    let paragraph = |unit: &rhetor::text::unit::Unit| {
        let spans = sentence::sentences(&unit.text, &unit.breaks, "english");
        let units = spans.iter().map(|span| sentence_of(span.of(&unit.text), unit.line)).collect();
        view::Paragraph { number: unit.index, line: unit.line, units }
    };
    let known =
        view::LabelKnown { support: 40, precision: Some(0.75), recall: 0.5, f1: 0.6, f1_interval: Some((0.45, 0.71)) };
    let label = |name: &&str| view::Label { name: (*name).into(), known: Some(known), ..Default::default() };
    let tested = view::Tested::OtherText;
    let known = view::Known { tested, units: 839, found: Some(0.38), flagged: Some(0.12) };
    View {
        model: view::ModelNote {
            fingerprint: "0badcafe".into(),
            version: "0".into(),
            known: Some(known),
            language: Some("en".into()),
            ..Default::default()
        },
        labels: LABELS.iter().map(label).collect(),
        noun: "sentence".into(),
        asked: view::Asked::default(),
        files: vec![view::File { path: "op-ed.txt".into(), paragraphs: units.iter().map(paragraph).collect() }],
    }
}

fn sentence_of(text: &str, line: u64) -> view::Unit {
    let mut unit = view::Unit { line, text: text.to_owned(), known: 0.95, ..Default::default() };
    if let Some((_, voice, speaker, framings)) = MARKS.iter().find(|(start, ..)| text.starts_with(start)) {
        let framing = |(label, p, words): &(usize, f64, &[&str])| framing(text, *label, *p, words, *voice, *speaker);
        unit.framings = framings.iter().map(framing).collect();
    }
    unit
}

fn framing(text: &str, label: usize, p: f64, words: &[&str], voice: Voice, speaker: Option<&str>) -> view::Framing {
    let [author, quoted, reported] = match voice {
        Voice::Author => [1.0, 0.0, 0.0],
        Voice::Quoted => [0.1, 0.9, 0.0],
        Voice::Reported => [0.05, 0.0, 0.95],
        Voice::Mixed => [0.45, 0.0, 0.55],
    };
    let term = |(at, words): (usize, &&str)| {
        let start = text.find(words).unwrap_or_else(|| panic!("no {words} in {text}"));
        view::Term {
            surface: (*words).into(),
            contribution: 3.5 - at as f64,
            spans: vec![(start, start + words.len())],
            names: if at == 0 { vec!["a named pattern".into()] } else { vec![] },
        }
    };
    view::Framing {
        label,
        p,
        threshold: 0.35,
        voice: Some(voice),
        share: Some(Shares { author, quoted, reported }),
        speaker: speaker.map(str::to_owned),
        intercept: -4.0,
        terms: words.iter().enumerate().map(term).collect(),
        rest: (0.5, 9),
    }
}

fn written(view: &View) -> String {
    let mut page = Vec::new();
    page::write(view, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// A page on a desk, in a browser.
fn shown(browser: &Browser, desk: &Desk, page: &str, (width, height): (u32, u32), dark: bool) {
    std::fs::write(desk.path("report.html"), page).unwrap();
    browser.look(width, height, dark);
    browser.visit(&desk.path("report.html"));
}

const ESCAPE: &str = "\u{E00C}";
const DOWN: &str = "\u{E015}";

#[test]
fn a_report_in_a_browser_filters_shows_why_and_is_walked_by_keyboard() {
    let Some(browser) = Browser::open() else { return };
    let desk = Desk::new();
    shown(&browser, &desk, &written(&op_ed()), (1400, 900), false);
    let marks = "return [...document.querySelectorAll('mark:not(.off)')].map((mark) => mark.id).join(' ')";
    let all = "u1 u2 u3 u4 u5 u6 u7 u8";
    assert_eq!(browser.ask(marks), all);

    // The pointer shows why, with the voice, the speaker and the words.
    browser.hover("mark#u1");
    browser.click("mark#u1 b");
    browser.hover("h1");
    let why = browser.ask("return document.querySelector('#panel').innerText").to_string();
    for words in [
        "blame-shifting",
        "97%",
        "quoted (10% author, 90% quoted)",
        "the president",
        "“left us a ruin”",
        "+3.50",
        "a named pattern",
    ] {
        assert!(why.contains(words), "no {words:?} in {why}");
    }
    assert_eq!(browser.ask("return document.querySelector('mark#u1 b').innerText"), "left us a ruin");
    browser.keys(ESCAPE);
    assert_eq!(browser.ask("return document.querySelector('mark b')"), Value::Null);

    // Threats alone: two, and none of them the author's.
    browser.click("#labels [data-l='3']");
    assert_eq!(browser.ask(marks), "u2 u3");
    assert_eq!(browser.ask("return document.querySelectorAll('.strip a:not(.off)').length"), 2);
    browser.click("#voices [data-v='0']");
    assert_eq!(browser.ask(marks), "");
    assert_eq!(browser.ask("return document.querySelector('#count').innerText"), "0 of 11 marks shown");
    browser.click("#clear");
    assert_eq!(browser.ask(marks), all);
    browser.ask("const l = document.querySelector('#least'); l.value = 98; l.dispatchEvent(new Event('input'))");
    assert_eq!(browser.ask(marks), "u4 u5 u7 u8");
    browser.click("#clear");

    // Who says what leads to the words.
    browser.click(".who [data-l='0'][data-w='0']");
    assert_eq!(browser.ask(marks), "u1");
    assert_eq!(browser.ask("return document.querySelector('mark[aria-current]').id"), "u1");
    browser.click("#clear");
    browser.keys(ESCAPE);

    browser.keys("jj");
    assert_eq!(browser.ask("return document.activeElement.id"), "u2");
    browser.keys(DOWN);
    assert_eq!(browser.ask("return document.querySelector('mark[aria-current]').id"), "u3");
    browser.keys(&format!("k{ESCAPE}"));
    assert_eq!(browser.ask("return document.querySelector('mark[aria-current]')"), Value::Null);

    assert_eq!(browser.complaints(), [""; 0]);
    let requests = browser.requests();
    assert!(requests.iter().all(|url| url.starts_with("file://") && url.ends_with("report.html")), "{requests:?}");
    assert!(browser.printed().starts_with(b"%PDF-"));
}

#[test]
fn on_a_small_screen_nothing_is_cut_off_and_a_tap_opens_a_sheet_that_closes() {
    let Some(browser) = Browser::open() else { return };
    let desk = Desk::new();
    shown(&browser, &desk, &written(&op_ed()), (400, 800), false);
    assert_eq!(browser.ask("return document.documentElement.scrollWidth"), 400);
    browser.ask("document.querySelector('#u3').scrollIntoView({ block: 'center' })");
    browser.click("#u3");
    assert_eq!(browser.ask("return document.querySelector('#panel').classList.contains('open')"), true);
    browser.click("#panel .close");
    assert_eq!(browser.ask("return getComputedStyle(document.querySelector('#panel')).display"), "none");
}

/// Everything that text could try, in sentences that the small model marks.
const HOSTILE: &str = "<script>alert(1)</script> Sign the petition before the meeting </script><script>document.title='owned'</script>.\n\n\
    </style><style>mark{display:none}</style> We will make them pay for what they did <img src=x onerror=\"document.title='owned'\">.\n\n\
    \"It's\" <!-- the fault --> of 'those' & \"them\" `who` ]]> sold <svg onload=document.title='owned'> the embankment &lt;b&gt; &amp;.\n\n\
    \u{1}\u{1b}[31m\u{7f}\u{9b} If you cross this \u{202e}line you will regret it \u{0}.\n\n\
    <p data-l=1><mark id=u1 class=c0>Write to your councillor</mark><base href=\"https://example.org/\"><link rel=stylesheet href=\"https://example.org/x.css\">.\n";

#[test]
fn a_hostile_text_is_shown_as_text_and_runs_nothing() {
    let desk =
        Desk::with_model().and("a.txt", HOSTILE).and("<script>alert(2)</script>.txt", "Vote for the amendment.\n");
    desk.run("classify -m m -f html -o report.html a.txt <script>alert(2)</script>.txt").ok();
    let Some(browser) = Browser::open() else { return };
    browser.look(900, 900, false);
    browser.visit(&desk.path("report.html"));
    assert_eq!(browser.ask("return document.title"), "2 files – rhetor");
    let scripts = browser.ask("return [document.scripts.length, document.images.length, document.styleSheets.length]");
    assert_eq!(scripts, json!([2, 0, 1]));
    assert_eq!(browser.ask("return document.querySelectorAll('base, link, p b, .text svg').length"), 0);
    let text = browser.ask(
        "return [...document.querySelectorAll('.text p')].map((p) => { const c = p.cloneNode(true); \
        c.querySelectorAll('abbr').forEach((b) => b.remove()); return c.textContent })",
    );
    let text: Vec<&str> = text.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    for (line, shown) in HOSTILE.split("\n\n").zip(&text) {
        let expected: String = visible(line.trim_end());
        assert_eq!(*shown, expected);
    }
    for mark in 1..=browser.ask("return document.querySelectorAll('mark').length").as_u64().unwrap() {
        browser.ask(&format!("document.querySelector('#u{mark}').click()"));
        assert_eq!(browser.ask("return document.querySelectorAll('mark[aria-current]').length"), 1);
        browser.keys(ESCAPE);
    }
    assert_eq!(browser.ask("return document.querySelector('.text').textContent.length > 0"), true);
    assert_eq!(browser.complaints(), [""; 0]);
    assert!(browser.requests().iter().all(|url| url.starts_with("file://")));
}

#[test]
fn a_page_without_script_has_all_of_the_text_its_marks_and_the_figures() {
    let page = written(&op_ed());
    let before_data = page.split("<script").next().unwrap();
    let title = "title=\"threat 96%, quoted: the president\"";
    for words in ["Write to your deputy tonight", "A retired welder named Tomas Hrel", title] {
        assert!(before_data.contains(words), "{words}");
    }
    assert!(page.contains("default-src &#39;none&#39;"));
    for words in [" style=", " onclick", "https://", "http://"] {
        assert!(!page.replace("'http://www.w3.org/2000/svg'", "").contains(words), "{words}");
    }
}

/// Style and script have tests of their own.
fn without_sheets(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, _) = rest.rsplit_once("<script>").unwrap_or((rest, ""));
    let policy = before.find("content=\"default").map_or(0, |at| at + 9);
    let end = policy + before[policy..].find('"').unwrap();
    format!("{}…{}{body}", &before[..policy], &before[end..])
}

#[test]
fn the_page_of_the_op_ed_is_the_golden_one() {
    golden("report.html", &without_sheets(&written(&op_ed())));
}

#[test]
fn a_page_without_voices_has_no_place_for_them() {
    let mut view = op_ed();
    let paragraphs = view.files.iter_mut().flat_map(|file| &mut file.paragraphs);
    for framing in paragraphs.flat_map(|paragraph| &mut paragraph.units).flat_map(|unit| &mut unit.framings) {
        (framing.voice, framing.share, framing.speaker) = (None, None, None);
    }
    let page = without_sheets(&written(&view));
    for words in ["Who says what", ">reported<", "id=\"voices\"", "Upper half"] {
        assert!(!page.contains(words), "{words}");
    }
    assert!(page.contains("How often</h2>"));
}

#[test]
fn a_report_opens_with_who_says_what_in_whose_words_each_person_once() {
    let text = "The minister, Maria Lang, warned that those who strike will be dismissed and will not return.\n\n\
                \"Anyone who talks will pay a price,\" Ms Lang said.\n\nLang said that the firm caused the leak.\n\n\
                Sign the petition before the meeting.\n";
    let desk = Desk::with_model().and("a.txt", text);
    let page = desk.run("classify -m m -f html a.txt").ok().stdout;
    assert!(page.contains("in the author’s own words") && page.contains("quoted or reported"), "{page}");
    let who = page.split_once("Who says what").unwrap().1.split_once("</table>").unwrap().0;
    assert!(who.contains("<b>"), "the words that count are emphasised: {who}");
    let who = who.replace("<b>", "").replace("</b>", "");
    assert_eq!(who.matches("<th scope=\"row\">").count(), 2, "{who}");
    for words in ["The author", "Maria Lang", "Anyone who talks will pay a price", "Sign the petition"] {
        assert!(who.contains(words), "no {words:?} in {who}");
    }
}

#[test]
fn a_report_on_many_files_has_a_table_of_them_and_one_on_none_says_so() {
    let desk = Desk::with_model()
        .and("a.txt", "Sign the petition before the meeting.\n")
        .and("b.txt", "The meeting starts at seven.\n");
    let page = desk.run("classify -m m -f html a.txt b.txt").ok().stdout;
    assert!(page.contains("<h1 dir=\"auto\">2 files</h1>") && page.contains("<a href=\"#f2\"><bdi>b.txt</bdi></a>"));
    let page = desk.run("classify -m m -f html b.txt").ok().stdout;
    assert!(page.contains("No framing was found in 1 sentence."), "{page}");
    desk.run("classify -m m -f html --summary b.txt").ends(2).says("hint: leave out --summary");
}

#[test]
fn a_report_says_what_was_asked_for() {
    let desk = Desk::with_model().and("a.txt", "They will pay, they said. Sign the petition.\n");
    let page = |options: &str| {
        let page = desk.run(&format!("classify -m m -f html a.txt {options}")).ok().stdout;
        page[page.find("<header>").unwrap()..page.find("</header>").unwrap()].to_owned()
    };
    assert!(!page("").contains("asked for"));
    let only = page("--only threat --voice author");
    assert!(only.contains("asked for") && only.contains("Looked for: threat only."), "{only}");
    assert!(only.contains("Only framings in these voices are shown: author."), "{only}");
    let low = page("--threshold 0.05 --top-k 1");
    assert!(low.contains("from a probability of 0.05 on") && low.contains("At most 1 for each sentence."), "{low}");
    assert!(low.contains("say little here") && !low.contains("of the marks were right"), "{low}");
}

#[test]
fn lines_of_verse_and_paragraphs_stay_as_they_are_in_the_text() {
    let desk = Desk::with_model()
        .and("a.txt", "A list:\n- The bridge was closed for repairs\n- The council approved the minutes\n\nThe meeting starts at seven.\n");
    let page = desk.run("classify -m m -f html a.txt").ok().stdout;
    assert!(
        page.contains("\n- The council approved the minutes</p>")
            && page.contains("<p dir=\"auto\" data-l=\"5\">The meeting starts at seven.</p>"),
        "{page}"
    );
}

#[test]
fn a_thousand_sentences_stay_within_300_kilobytes_beyond_their_text() {
    let mut view = op_ed();
    // As dense as op-eds get, each framing with as many words as are kept.
    for unit in view.files[0].paragraphs.iter_mut().flat_map(|paragraph| &mut paragraph.units) {
        let words =
            |framing: &view::Framing| view::Framing { terms: vec![framing.terms[0].clone(); 8], ..framing.clone() };
        unit.framings = unit.framings.iter().chain(&unit.framings).map(words).collect();
    }
    let paragraphs = view.files[0].paragraphs.clone();
    while view.files[0].units().count() < 1000 {
        view.files[0].paragraphs.extend(paragraphs.clone());
    }
    let text: usize = view.files[0].units().map(|unit| unit.text.len()).sum();
    let (page, framings) = (written(&view).len(), view.framings().count());
    assert!(framings > 800 && page < text + 300_000, "{page} bytes for {text} of text with {framings} framings");
}

#[test]
fn the_pages_of_train_and_evaluate_show_their_figures() {
    let desk = Desk::with("train.csv", crate::desk::LABELLED);
    desk.run("train train.csv -o m --cues none --report card.html").ok().wrote("card.html");
    desk.run("evaluate train.csv -m m --report figures.html").ok().wrote("figures.html");
    let (card, figures) = (desk.read("card.html"), desk.read("figures.html"));
    let [card, figures] = [card, figures].map(|page| String::from_utf8(page).unwrap());
    golden("model.html", &without_sheets(&figures));
    assert!(card.contains("Trained on 30 units") && card.contains("Reliability of threat"));
    assert!(card.contains("Would more data help?") && card.contains(">12.5%<") && card.contains(">100%<"), "{card}");
    assert!(!figures.contains("Would more data help?") && figures.contains("train --report PAGE"));
    for page in [&card, &figures] {
        assert!(page.contains("Precision over recall of threat") && page.contains("Most mixed up"));
    }
    assert!(figures.contains("Measured on 30 labelled units") && figures.contains("Reliability of threat"));
    desk.run("evaluate train.csv -m m --report train.csv").ends(2).says("would be overwritten");
    let Some(browser) = Browser::open() else { return };
    for (page, charts) in [(card, 6), (figures, 6)] {
        shown(&browser, &desk, &page, (900, 900), true);
        assert_eq!(browser.ask("return document.querySelectorAll('figure').length"), charts);
        assert_eq!(browser.ask("return document.documentElement.scrollWidth"), 900);
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

/// `just pictures`: what docs/pictures/ shows. Not a test of anything, so it runs only when asked.
#[test]
#[ignore = "writes docs/pictures/"]
fn pictures() {
    let Some(browser) = Browser::open() else { return };
    let desk = Desk::with("op-ed.txt", OP_ED);
    desk.run("classify -q op-ed.txt -f html -o page.html").ok();
    let page = String::from_utf8(desk.read("page.html")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let views = [
        ("400", 400, 1500, false),
        ("900", 900, 1400, false),
        ("1400", 1400, 1700, false),
        ("1400-dark", 1400, 1700, true),
    ];
    for (name, width, height, dark) in views {
        shown(&browser, &desk, &page, (width, height), dark);
        if width > 1000 {
            browser.ask("document.querySelector('#u2').click(); scrollTo(0, 0)");
        }
        std::fs::write(folder.join(format!("report-{name}.png")), browser.picture()).unwrap();
    }
}
