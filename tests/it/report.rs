//! The page of `classify --format html`, in a real browser and as bytes.

use std::path::{Path, PathBuf};

use rhetor::framing::{Choice, evidence, framings};
use rhetor::model::english;
use rhetor::report::html::view::{self, Share, View, Voice};
use rhetor::report::html::{Html, page};
use rhetor::report::{Record, Report, Setting};
use rhetor::text::sentence;
use rhetor::text::unit::{Splitter, UnitKind};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::Desk;

/// Whose words the marked sentences of `examples/op-ed.txt` are, by how they begin.
const VOICES: [(&str, Voice, Option<&str>); 8] = [
    ("\"The men who", Voice::Quoted, Some("the president")),
    ("\"They left us", Voice::Quoted, Some("the president")),
    ("\"Anyone who", Voice::Quoted, Some("the president")),
    ("\"They will pay", Voice::Quoted, Some("the president")),
    ("The president warned", Voice::Reported, Some("the president")),
    ("She said that", Voice::Reported, Some("the president")),
    ("\"We have been", Voice::Quoted, Some("Tomas Hrel")),
    ("Ask her about", Voice::Mixed, None),
];

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// The op-ed as the embedded model sees it, with the voices that a reader would give it.
fn op_ed() -> View {
    let model = english::embedded();
    let setting = Setting { model: &model, explain: true, all_scores: false };
    let mut report = Html::new(&setting, Vec::new(), "sentence");
    report.begin("op-ed.txt", None).unwrap();
    let (mut splitter, mut units) = (Splitter::new(UnitKind::Sentence, 1 << 20), Vec::new());
    splitter.push(&std::fs::read(example("op-ed.txt")).unwrap(), &mut units);
    splitter.finish(&mut units);
    let mut scratch = model.scratch();
    for unit in &units {
        for span in sentence::sentences(&unit.text, &unit.breaks, "english") {
            let text = span.of(&unit.text).to_owned();
            let row = model.featurizer().row(&text, &mut scratch);
            let scores = model.score(&row);
            let framings = framings(&model, &scores, &Choice::default());
            let evidence = framings.iter().map(|framing| evidence::explain(&model, &row, framing.label)).collect();
            let (line, known) = (unit.line_at(span.start), row.known());
            let record = Record { text, line, paragraph: unit.index, framings, evidence, known, ..Record::default() };
            report.record(&record).unwrap();
        }
    }
    let mut view = report.view().clone();
    let units = view.files.iter_mut().flat_map(|file| &mut file.paragraphs).flat_map(|paragraph| &mut paragraph.units);
    units.for_each(give_voice);
    view
}

fn give_voice(unit: &mut view::Unit) {
    let own = (Voice::Author, None);
    let found = VOICES.iter().find(|(start, ..)| unit.text.starts_with(start));
    let (voice, speaker) = found.map_or(own, |(_, voice, speaker)| (*voice, *speaker));
    let [author, quoted, reported] = match voice {
        Voice::Author => [1.0, 0.0, 0.0],
        Voice::Quoted => [0.1, 0.9, 0.0],
        Voice::Reported => [0.05, 0.0, 0.95],
        Voice::Mixed => [0.45, 0.0, 0.55],
    };
    for framing in &mut unit.framings {
        framing.voice = Some(voice);
        framing.share = Some(Share { author, quoted, reported });
        framing.speaker = speaker.map(str::to_owned);
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
    let marks = "return [...document.querySelectorAll('mark:not(.off)')].length";
    let all = browser.ask(marks).as_u64().unwrap();
    assert!(all > 9, "{all} marks");

    browser.hover("mark#u2");
    let why = browser.ask("return document.querySelector('#panel').innerText").to_string();
    for words in ["blame-shifting", "Voice: quoted (10% author, 90% quoted)", "the president", "“They left us"] {
        assert!(why.contains(words), "no {words:?} in {why}");
    }
    assert_eq!(browser.ask("return document.querySelector('mark#u2 b') !== null"), true);
    browser.hover("h1");
    browser.keys(ESCAPE);
    assert_eq!(browser.ask("return document.querySelector('mark b')"), Value::Null);

    // Threats alone, then the author's threats: there are none.
    let button = |label: &str| {
        browser.ask(&format!("[...document.querySelectorAll('#labels button')].find((b) => b.innerText.includes({label:?})).click()"))
    };
    button("threat");
    assert_eq!(browser.ask(marks), 2);
    browser.click("#voices [data-v='0']");
    assert_eq!(browser.ask(marks), 0);
    assert_eq!(browser.ask("return document.querySelector('#count').innerText"), "0 of 19 marks shown");
    browser.click("#clear");
    assert_eq!(browser.ask(marks), all);
    browser.ask("const l = document.querySelector('#least'); l.value = 99; l.dispatchEvent(new Event('input'))");
    assert!(browser.ask(marks).as_u64().unwrap() < all);
    browser.click("#clear");

    // Who says what leads to the words.
    browser.ask("[...document.querySelectorAll('.who a')].find((a) => a.dataset.w === '0').click()");
    assert_eq!(browser.ask("return document.querySelector('#who').value"), "0");
    browser.click("#clear");
    browser.keys(ESCAPE);
    browser.keys("jj");
    assert_eq!(browser.ask("return document.activeElement.id"), "u2");
    browser.keys(DOWN);
    assert_eq!(browser.ask("return document.querySelector('mark[aria-current]').id"), "u3");
    browser.keys("k\u{E00C}");
    assert_eq!(browser.ask("return document.querySelector('mark[aria-current]')"), Value::Null);

    assert_eq!(browser.complaints(), [""; 0]);
    let requests = browser.requests();
    assert!(requests.iter().all(|url| url.starts_with("file://") && url.ends_with("report.html")), "{requests:?}");
    assert!(browser.printed().starts_with(b"%PDF-"));
    println!("seen in a browser");
}

/// Everything that text could try, in sentences that the small model marks.
const HOSTILE: &str = "<script>alert(1)</script> Sign the petition before the meeting </script><script>document.title='owned'</script>.\n\n\
    </style><style>mark{display:none}</style> We will make them pay for what they did <img src=x onerror=\"document.title='owned'\">.\n\n\
    \"It's\" <!-- the fault --> of 'those' & \"them\" `who` ]]> sold <svg onload=document.title='owned'> the embankment &lt;b&gt; &amp;.\n\n\
    \u{1}\u{1b}[31m\u{7f}\u{9b} If you cross this \u{202e}line you will regret it \u{0}.\n\n\
    <p data-l=1><mark id=u1 class=c0>Write to your councillor</mark><base href=\"https://example.org/\"><link rel=stylesheet href=\"https://example.org/x.css\">.\n";

#[test]
fn a_hostile_text_is_shown_as_text_and_runs_nothing() {
    let desk = Desk::with_model().and("a.txt", HOSTILE).and("<script>alert(2)</script>.txt", "Vote for the amendment.\n");
    desk.run("classify -m m -f html -o report.html a.txt <script>alert(2)</script>.txt").ok();
    let Some(browser) = Browser::open() else { return };
    browser.look(900, 900, false);
    browser.visit(&desk.path("report.html"));
    assert_eq!(browser.ask("return document.title"), "2 files – rhetor");
    let scripts = browser.ask("return [document.scripts.length, document.images.length, document.styleSheets.length]");
    assert_eq!(scripts, json!([2, 0, 1]));
    assert_eq!(browser.ask("return document.querySelectorAll('base, link, p b, .text svg').length"), 0);
    let text = browser.ask("return [...document.querySelectorAll('.text p')].map((p) => { const c = p.cloneNode(true); \
        c.querySelectorAll('abbr').forEach((b) => b.remove()); return c.textContent })");
    let text: Vec<&str> = text.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    for (line, shown) in HOSTILE.split("\n\n").zip(&text) {
        let expected: String = rhetor::text::visible(line.trim_end());
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
    for words in ["Write to your deputy tonight", "A retired welder named Tomas Hrel", "title=\"threat 96%, quoted: the president\""] {
        assert!(before_data.contains(words), "{words}");
    }
    assert!(page.contains("default-src &#39;none&#39;"));
    for words in [" style=", " onclick", "https://", "http://"] {
        assert!(!page.replace("'http://www.w3.org/2000/svg'", "").contains(words), "{words}");
    }
}

#[test]
fn a_thousand_sentences_stay_within_300_kilobytes_beyond_their_text() {
    let mut view = op_ed();
    let paragraphs = view.files[0].paragraphs.clone();
    while view.files[0].units().count() < 1000 {
        view.files[0].paragraphs.extend(paragraphs.clone());
    }
    let text: usize = view.files[0].units().map(|unit| unit.text.len()).sum();
    let page = written(&view).len();
    assert!(page < text + 300_000, "{page} bytes for {text} of text");
}

/// `just pictures`: what docs/pictures/ shows. Not a test of anything, so it runs only when asked.
#[test]
#[ignore = "writes docs/pictures/"]
fn pictures() {
    let Some(browser) = Browser::open() else { return };
    let desk = Desk::new();
    let page = written(&op_ed());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let views = [("400", 400, 1500, false), ("900", 900, 1400, false), ("1400", 1400, 1700, false), ("1400-dark", 1400, 1700, true)];
    for (name, width, height, dark) in views {
        shown(&browser, &desk, &page, (width, height), dark);
        if width > 1000 {
            browser.ask("document.querySelector('#u4').click(); scrollTo(0, 0)");
        }
        std::fs::write(folder.join(format!("report-{name}.png")), browser.picture()).unwrap();
    }
}
