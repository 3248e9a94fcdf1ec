//! rhetor in the browser: the page that `just web` packs, in a real browser, against the program.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::Desk;

const OP_ED: &str = include_str!("../../examples/op-ed.txt");

/// Quotations, reports, lists, emoji, hard line breaks, other letters, markup, and next to nothing.
const TEXTS: [(&str, &str); 6] = [
    ("op-ed.txt", OP_ED),
    ("plain.txt", "The library opens at nine. The bus leaves from the market square."),
    (
        "reported.txt",
        "The minister warned that anyone who strikes will be dismissed.\n\nShe said: \u{201c}They left us a ruin, and\nthey \
         will pay a heavy price.\u{201d} \u{1f525}\u{1f525} Act now, before it is too late!",
    ),
    ("list.txt", "What you can do:\n\n- Write to your deputy tonight.\n- Sign the petition.\n- Do not wait.\n"),
    ("hostile.txt", HOSTILE),
    ("tiny.txt", "x"),
];

const HOSTILE: &str = "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\"> They will pay for \
                       this, and you must act now! <mark onclick=alert(1)>They are traitors who ruined us</mark> &lt;b&gt; {{SCRIPT}}\u{0}\u{202e}";

/// The packed page, if it is there and no older than what it is made of.
fn page() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("web/rhetor.html");
    let made = page.metadata().and_then(|page| page.modified());
    let sources = ["src", "models", "web/page", "web/pack/src", "examples"];
    let newest = sources.iter().filter_map(|folder| newest(&root.join(folder))).max();
    let why = match (made, newest) {
        (Err(_), _) => "no web/rhetor.html",
        (Ok(made), Some(newest)) if made < newest => "web/rhetor.html is older than what it is made of",
        _ => return Some(page),
    };
    assert!(std::env::var_os("RHETOR_REQUIRE_ALL").is_none(), "{why}, and RHETOR_REQUIRE_ALL is set\nhint: just web");
    println!("SKIPPED: {why}; `just web` packs it");
    None
}

fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let inside = path.read_dir().ok()?.filter_map(|entry| newest(&entry.ok()?.path()));
        return inside.max();
    }
    path.metadata().and_then(|file| file.modified()).ok()
}

/// A browser with the page in it, and rhetor loaded.
fn opened((width, height): (u32, u32), dark: bool) -> Option<Browser> {
    let page = page()?;
    let browser = Browser::open()?;
    browser.look(width, height, dark);
    browser.visit(&page);
    wait(&browser, READY);
    Some(browser)
}

#[track_caller]
fn wait(browser: &Browser, condition: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    while browser.ask(condition) != true {
        let fault = browser.ask("return document.querySelector('#fault')?.textContent");
        assert!(Instant::now() < end, "never: {condition}; {fault}; {:?}", browser.complaints());
        std::thread::sleep(Duration::from_millis(20));
    }
}

const READY: &str = "return document.body.dataset.ready === ''";
const SHOWN: &str = "return document.body.classList.contains('shown') && document.querySelector('#busy').hidden";

/// Into the report, once it is there.
fn enter(browser: &Browser) {
    browser.enter("#report");
    wait(browser, "return document.readyState === 'complete'");
}

/// Has a text read, as if it had been pasted.
fn read(browser: &Browser, text: &str) {
    browser.ask(&format!("document.querySelector('#text').value = {}", json!(text)));
    browser.ask("document.querySelector('#text').dispatchEvent(new Event('input'))");
    browser.ask("document.querySelector('#find').click()");
    wait(browser, SHOWN);
}

/// What a copy button puts on the clipboard.
fn copied(browser: &Browser, button: &str) -> String {
    browser.ask("navigator.clipboard.writeText = async (text) => { window.copied = text; }; window.copied = null");
    browser.ask(&format!("document.querySelector('#{button}').click()"));
    wait(browser, "return window.copied !== null");
    browser.ask("return window.copied").as_str().unwrap().to_owned()
}

/// The numbers of two values differ by next to nothing, all else not at all.
#[track_caller]
fn same(a: &Value, b: &Value, at: &str) {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() <= 1e-6, "{at}: {a} and {b}");
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(n, (a, b))| same(a, b, &format!("{at}[{n}]")));
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().for_each(|(key, value)| same(value, &b[key], &format!("{at}.{key}")));
        }
        _ => assert_eq!(a, b, "{at}"),
    }
}

#[test]
fn the_page_finds_what_the_program_finds_and_asks_the_network_for_nothing() {
    let Some(browser) = opened((1400, 900), false) else { return };
    for (name, text) in TEXTS {
        read(&browser, text);
        let found: Vec<Value> =
            copied(&browser, "jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let desk = Desk::with(name, text);
        let expected = desk.run(&format!("classify {name} --explain --all-scores --format jsonl")).ok().records();
        assert_eq!(found.len(), expected.len(), "{name}");
        for (mut found, expected) in found.into_iter().zip(expected) {
            found["path"] = json!(name);
            same(&found, &expected, name);
        }
        browser.ask("document.querySelector('#back').click()");
    }
    let own = |url: &String| url.starts_with("blob:") || url.starts_with("file:") && url.ends_with("/web/rhetor.html");
    let outside: Vec<String> = browser.requests().into_iter().filter(|url| !own(url)).collect();
    assert_eq!(outside, Vec::<String>::new());
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn neither_page_nor_worker_nor_report_can_reach_a_server() {
    let Some(browser) = opened((1400, 900), false) else { return };
    read(&browser, OP_ED);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let tried = format!("fetch('{url}').then(() => 'sent', (error) => error.name)");
    assert_eq!(browser.ask(&format!("return {tried}")), "TypeError");
    browser.ask(&format!("new Image().src = '{url}'; navigator.sendBeacon('{url}', 'text')"));
    // A worker made as the page makes its own.
    let worker = format!("{tried}.then(postMessage)");
    let heard = format!(
        "return new Promise((yes) => {{ const blob = new Blob([{}]); \
         new Worker(URL.createObjectURL(blob)).onmessage = ({{ data }}) => yes(data); }})",
        json!(worker)
    );
    assert_eq!(browser.ask(&heard), "TypeError");
    enter(&browser);
    assert_eq!(browser.ask(&format!("return {tried}")), "TypeError");
    browser.ask(&format!("new Image().src = '{url}'"));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody came");
    assert!(browser.complaints().iter().any(|said| said.contains("Content Security Policy")));
}

#[test]
fn the_page_shows_and_saves_the_very_report_of_the_program() {
    let Some(browser) = opened((1400, 900), false) else { return };
    read(&browser, OP_ED);
    let shown = browser.ask(
        "return fetchless(document.querySelector('#report').src); function fetchless(url) { return url.slice(0, 5); }",
    );
    assert_eq!(shown, "blob:");
    // A saved file goes through the same way as the frame: what is offered for download is kept.
    browser.ask(
        "window.kept = null; const make = URL.createObjectURL; \
         URL.createObjectURL = (blob) => { blob.text().then((text) => { window.kept = text; }); return make(blob); }; \
         HTMLAnchorElement.prototype.click = function () { window.named = this.download; }; document.querySelector('#save').click()",
    );
    wait(&browser, "return window.kept !== null");
    let desk = Desk::with("Pasted text", OP_ED);
    let mut command = desk.command("classify --format html");
    let written = desk.ran(command.arg("Pasted text").output().unwrap()).ok().stdout;
    assert!(browser.ask("return window.kept") == written.as_str(), "the reports differ");
    assert_eq!(browser.ask("return window.named"), "rhetor-report.html");
}

#[test]
fn hostile_text_stays_text() {
    let Some(browser) = opened((1400, 900), false) else { return };
    let title = browser.ask("return document.title");
    read(&browser, HOSTILE);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(browser.ask("return document.title"), title);
    enter(&browser);
    assert_eq!(browser.ask("return document.querySelectorAll('img').length"), 0);
    assert_ne!(browser.ask("return document.title"), "owned");
    assert!(browser.ask("return document.querySelector('main').textContent").as_str().unwrap().contains("<img src=x"));
    assert!(browser.ask("return document.querySelectorAll('mark').length").as_u64().unwrap() > 0);
    // The frame reaches nothing of the page around it.
    let reached = "try { return String(parent.document.title); } catch (error) { return error.name; }";
    assert_eq!(browser.ask(reached), "SecurityError");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_click_on_a_framing_in_the_report_shows_its_entry_of_the_codebook() {
    let Some(browser) = opened((1400, 900), false) else { return };
    read(&browser, OP_ED);
    enter(&browser);
    browser.click("mark#u1");
    let name = browser.ask("return document.querySelector('#panel h2 button').textContent");
    browser.click("#panel h2 button");
    browser.leave();
    wait(&browser, "return document.querySelector('#entry-of').open");
    assert_eq!(browser.ask("return document.querySelector('#entry-name').textContent"), name);
}

/// With `RHETOR_PICTURES=FOLDER`, every look of the page is kept there.
fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("RHETOR_PICTURES") {
        std::fs::write(Path::new(&folder).join(name), browser.picture()).unwrap();
    }
}

#[test]
fn at_three_widths_nothing_runs_out_of_the_window() {
    for (width, height, dark) in [(360, 740, false), (820, 1180, true), (1440, 900, false)] {
        let Some(browser) = opened((width, height), dark) else { return };
        let wide = "return document.documentElement.scrollWidth <= innerWidth";
        browser.ask("document.querySelector('#cuts').open = true");
        assert_eq!(browser.ask(wide), true, "{width}");
        picture(&browser, &format!("entry-{width}.png"));
        browser.ask("document.querySelector('#labels button').click()");
        assert_eq!(browser.ask("return document.querySelector('#entry-of').open"), true);
        picture(&browser, &format!("codebook-{width}.png"));
        browser.ask("document.querySelector('#entry-of button').click()");
        assert_eq!(browser.ask("return document.querySelector('#entry-of').open"), false);
        browser.ask("document.querySelector('#show-example').click()");
        wait(&browser, SHOWN);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(browser.ask(wide), true, "{width}");
        picture(&browser, &format!("example-{width}.png"));
        enter(&browser);
        assert_eq!(browser.ask(wide), true, "{width}, inside");
        browser.leave();
        browser.ask("document.querySelector('#back').click()");
        browser.ask("document.querySelector('#compare').click()");
        browser.ask(&format!("document.querySelector('#other').value = {}", json!(TEXTS[2].1)));
        browser.ask("document.querySelector('#find').click()");
        wait(&browser, SHOWN);
        browser.ask("document.querySelector('#tab-difference').click()");
        assert_eq!(browser.ask(wide), true, "{width}, comparison");
        picture(&browser, &format!("comparison-{width}.png"));
    }
}

#[test]
fn a_cut_and_a_filter_change_what_is_marked() {
    let Some(browser) = opened((1400, 900), false) else { return };
    let count = |browser: &Browser| {
        let records = copied(browser, "jsonl");
        let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.map(|record| record["framings"].as_array().unwrap().len()).sum::<usize>()
    };
    read(&browser, OP_ED);
    let before = count(&browser);
    let set = |least: u32| {
        browser.ask("document.querySelector('#back').click()");
        browser.ask(&format!(
            "document.querySelectorAll('#labels input[type=range]').forEach((range) => {{ range.value = {least}; \
             range.dispatchEvent(new Event('input')); }}); document.querySelector('#find').click()"
        ));
        wait(&browser, SHOWN);
        count(&browser)
    };
    let (few, many) = (set(99), set(1));
    assert!(few < before && before < many, "{few} {before} {many}");
    browser.ask("document.querySelector('#back').click(); document.querySelector('#reset').click()");
    browser.ask("document.querySelectorAll('#labels input[type=checkbox]').forEach((box) => { box.click(); })");
    browser.ask("document.querySelector('#find').click()");
    wait(&browser, SHOWN);
    assert_eq!(count(&browser), 0);
}

#[test]
fn ones_own_model_is_checked_and_used() {
    let Some(browser) = opened((1400, 900), false) else { return };
    let desk = Desk::with_model();
    std::fs::write(desk.path("damaged"), &desk.read("m")[..2000]).unwrap();
    browser.choose("#pick-model", &desk.path("damaged"));
    wait(&browser, "return !document.querySelector('#fault').hidden && document.querySelector('#busy').hidden");
    let fault = browser.ask("return document.querySelector('#fault').textContent");
    assert!(fault.as_str().unwrap().contains("damaged is damaged: "), "{fault}");
    std::fs::write(desk.path("notes.txt"), "no model").unwrap();
    browser.choose("#pick-model", &desk.path("notes.txt"));
    wait(&browser, "return document.querySelector('#fault').textContent.includes('notes.txt is no rhetor model.')");
    browser.choose("#pick-model", &desk.path("m"));
    wait(&browser, "return document.querySelector('#model').textContent.startsWith('m,')");
    wait(&browser, READY);
    let text = "Sign the petition before the meeting. We will make them pay for what they did.";
    read(&browser, text);
    let found = copied(&browser, "csv");
    std::fs::write(desk.path("Pasted text"), text).unwrap();
    let mut command = desk.command("classify -m m --explain --format csv --spreadsheet-safe");
    let expected = desk.ran(command.arg("Pasted text").output().unwrap()).ok().stdout;
    assert_eq!(found, expected);
}

#[test]
fn a_large_text_shows_its_progress_and_can_be_cancelled() {
    let Some(browser) = opened((1400, 900), false) else { return };
    browser.ask(HEARD);
    let large = format!("document.querySelector('#text').value = {}.repeat(4000)", json!(OP_ED));
    browser.ask(&large);
    browser.ask("document.querySelector('#find').click()");
    wait(&browser, "return document.querySelector('#progress').value > 0");
    let heard = "return window.heard.some((said) => /^[0-9]+% read/.test(said))";
    wait(&browser, heard);
    browser.keys(ESCAPE);
    wait(&browser, "return document.querySelector('#status').textContent === 'Cancelled.'");
    wait(&browser, READY);
    // What comes next is read as ever.
    read(&browser, TEXTS[1].1);
    assert_eq!(copied(&browser, "jsonl").lines().count(), 2);
}

/// What live regions say from now on.
const HEARD: &str = "window.heard = []; new MutationObserver((all) => all.forEach(({ target }) => window.heard.push(target.textContent))) \
    .observe(document.querySelector('#spoken'), { childList: true, characterData: true, subtree: true })";

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";
const RIGHT: &str = "\u{E014}";

#[test]
fn a_long_paste_is_kept_as_a_file_and_shown_part_by_part_while_the_page_answers() {
    let Some(browser) = opened((1400, 900), false) else { return };
    browser.ask(&format!(
        "const data = new DataTransfer(); data.setData('text/plain', {}.repeat(1100)); \
         document.querySelector('#text').dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, cancelable: true }}))",
        json!(format!("{OP_ED}\n\n"))
    ));
    assert_eq!(browser.ask("return document.querySelector('#text').value"), "");
    let kept = browser.ask("return document.querySelector('#files-names').textContent");
    assert!(kept.as_str().unwrap().starts_with("Pasted text (2."), "{kept}");
    // The page draws frames while the worker reads, and while the report comes.
    browser.ask(
        "window.frames_drawn = { reading: 0, coming: 0 }; window.values = new Set(); \
         const draw = () => { const is = document.body.classList.contains('shown') ? 'coming' : 'reading'; window.frames_drawn[is] += 1; \
         window.values.add(document.querySelector('#progress').value); requestAnimationFrame(draw); }; draw(); \
         document.querySelector('#report').addEventListener('load', () => { window.came = { ...window.frames_drawn }; }); \
         document.querySelector('#find').click()",
    );
    wait(&browser, SHOWN);
    wait(&browser, "return Boolean(window.came)");
    let drawn = browser.ask("return [window.came.reading, window.came.coming, window.values.size]");
    let at = |n: usize| drawn[n].as_u64().unwrap();
    assert!(at(0) >= 10 && at(1) >= 3 && at(2) >= 5, "{drawn}");
    enter(&browser);
    // What is far from the window is there, but not laid out.
    let parts = "return document.querySelectorAll('.part').length";
    assert!(browser.ask(parts).as_u64().unwrap() > 100);
    let seen = "const marks = document.querySelectorAll('.part mark'); const seen = (mark) => mark.checkVisibility({ contentVisibilityAuto: true }); \
                return [marks.length > 5000, seen(marks[marks.length - 1])]";
    assert_eq!(browser.ask(seen), json!([true, false]));
    // Filters go through all marks, in slices, and the last one can be reached.
    browser.ask("[...document.querySelectorAll('#labels button')].find((button) => button.textContent.includes('threat')).click()");
    wait(&browser, "return /^[0-9]+ of [0-9]+ marks shown$/.test(document.querySelector('#count').textContent)");
    browser.ask("scrollTo(0, 0)");
    browser.click(".lead");
    browser.keys("k");
    wait(
        &browser,
        "return document.querySelector('mark[aria-current]')?.checkVisibility({ contentVisibilityAuto: true })",
    );
    assert!(browser.ask("return document.querySelector('#panel h2').textContent").as_str().unwrap().contains("threat"));
    browser.leave();
    browser.click("#back");
    assert_eq!(browser.ask("return document.activeElement.id"), "text");
}

#[test]
fn a_cut_that_is_moved_changes_the_report_at_once_and_in_its_place() {
    let Some(browser) = opened((1400, 900), false) else { return };
    read(&browser, OP_ED);
    let marks = |browser: &Browser| {
        enter(browser);
        let marks = browser.ask("return document.querySelectorAll('mark').length").as_u64().unwrap();
        browser.leave();
        marks
    };
    let before = marks(&browser);
    enter(&browser);
    browser.ask("scrollTo(0, 400)");
    browser.leave();
    browser.click("#tune-shown");
    let at_first = browser.ask("return Number(document.querySelectorAll('#tune td.marks')[2].textContent)");
    browser.ask("document.querySelector('#tune input[type=checkbox]').click()");
    browser.ask(
        "document.querySelectorAll('#tune input[type=range]').forEach((range) => { range.value = 2; range.dispatchEvent(new Event('input')); })",
    );
    let decided = format!(
        "return document.querySelector('#busy').hidden && !document.querySelector('.coming') && \
         Number(document.querySelectorAll('#tune td.marks')[2].textContent) > {at_first}"
    );
    wait(&browser, &decided);
    assert!(marks(&browser) > before);
    assert!(
        browser
            .ask("return document.querySelector('#spoken').textContent")
            .as_str()
            .unwrap()
            .ends_with("marks were found.")
    );
    enter(&browser);
    assert!(browser.ask("return scrollY").as_f64().unwrap() > 100.0);
    browser.leave();
    let told = browser.ask("return [...document.querySelectorAll('#tune td.marks')].reduce((sum, cell) => sum + Number(cell.textContent), 0)");
    let records = copied(&browser, "jsonl");
    let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let all = records.map(|record| record["framings"].as_array().unwrap().len()).sum::<usize>();
    assert_eq!(told, all);
    picture(&browser, "tune-1400.png");
}

#[test]
fn everything_is_reached_and_worked_by_keyboard_and_what_has_the_focus_is_seen() {
    let Some(browser) = opened((1400, 900), false) else { return };
    let focus = |browser: &Browser| browser.ask("return document.activeElement.id || document.activeElement.localName");
    browser.ask("document.querySelector('#cuts').open = true; document.querySelector('#text').focus()");
    let outlined = "const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement); \
                    return document.activeElement.matches(':focus-visible') && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2";
    for expected in ["find", "show-example", "open", "compare", "own", "summary", "input", "input", "button", "input"] {
        browser.keys(TAB);
        assert_eq!(focus(&browser), expected);
        assert_eq!(browser.ask(outlined), true, "{expected}");
    }
    // The second framing: its box by the space bar, its cut by an arrow, its meaning by Enter, closed by Escape.
    browser.keys(" ");
    assert_eq!(browser.ask("return document.activeElement.checked"), false);
    browser.keys(&format!(" {TAB}{RIGHT}"));
    let cut = browser.ask("const row = document.activeElement.closest('tr'); return [row.querySelector('output').textContent, document.activeElement.value + '%']");
    assert_eq!(cut[0], cut[1]);
    browser.keys(&format!("{TAB}{ENTER}"));
    assert_eq!(browser.ask("return document.querySelector('#entry-of').open"), true);
    browser.keys(ESCAPE);
    assert_eq!(browser.ask("return document.querySelector('#entry-of').open"), false);
    browser.ask(&format!("const t = document.querySelector('#text'); t.value = {}; t.focus()", json!(OP_ED)));
    browser.keys(&format!("{TAB}{ENTER}"));
    wait(&browser, SHOWN);
    assert_eq!(focus(&browser), "back");
    browser.keys(&format!("{TAB}{ENTER}"));
    assert_eq!(
        browser.ask("return [document.querySelector('#tune').hidden, document.activeElement.type]"),
        json!([false, "checkbox"])
    );
    assert_eq!(browser.ask(outlined), true);
    browser.keys(ESCAPE);
    assert_eq!(browser.ask("return document.querySelector('#tune').hidden"), true);
    assert_eq!(focus(&browser), "tune-shown");
    enter(&browser);
    browser.leave();
    for expected in ["save", "jsonl", "csv", "report"] {
        browser.keys(TAB);
        // Into a frame, it takes a moment.
        wait(&browser, &format!("return document.activeElement.id === '{expected}'"));
    }
    browser.ask("document.querySelector('#back').focus()");
    browser.keys(ENTER);
    assert_eq!(focus(&browser), "text");
}

/// What a screen reader is told: role and name of everything that is not ignored.
fn told(browser: &Browser) -> Vec<(String, String, Value)> {
    browser.devtools("Accessibility.enable", json!({}));
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] != true);
    let word = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
    let level = |node: &Value| {
        let properties = node["properties"].as_array().cloned().unwrap_or_default();
        properties
            .into_iter()
            .find(|own| own["name"] == "level")
            .map_or(Value::Null, |own| own["value"]["value"].clone())
    };
    nodes.map(|node| (word(&node["role"]), word(&node["name"]), level(node))).collect()
}

#[track_caller]
fn is_told_well(browser: &Browser, what: &str) {
    const WORKED: [&str; 9] =
        ["button", "checkbox", "combobox", "Iframe", "link", "progressbar", "slider", "textbox", "DisclosureTriangle"];
    let told = told(browser);
    for (role, name, _) in told.iter().filter(|(role, ..)| WORKED.contains(&role.as_str())) {
        assert!(!name.trim().is_empty(), "{what}: a {role} has no name");
    }
    let headings: Vec<u64> =
        told.iter().filter_map(|(role, _, level)| level.as_u64().filter(|_| role == "heading")).collect();
    assert_eq!(headings.first(), Some(&1), "{what}: {headings:?}");
    assert!(headings.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{what}: {headings:?}");
    assert!(told.iter().any(|(role, ..)| role == "main" || role == "region"), "{what}: no landmark");
}

#[test]
fn a_screen_reader_hears_a_name_for_everything_and_what_is_going_on() {
    let Some(browser) = opened((1400, 900), false) else { return };
    browser.ask("document.querySelector('#cuts').open = true; document.querySelector('#compare').click()");
    is_told_well(&browser, "entry");
    assert_eq!(browser.ask("return document.documentElement.lang"), "en");
    browser.ask(HEARD);
    browser.ask(&format!("document.querySelector('#other').value = {}", json!(TEXTS[2].1)));
    read(&browser, OP_ED);
    browser.click("#tune-shown");
    is_told_well(&browser, "report shown");
    let heard = browser.ask("return window.heard.at(-1)");
    assert!(heard.as_str().unwrap().ends_with("marks were found."), "{heard}");
    browser.click("#tab-difference");
    is_told_well(&browser, "comparison");
    let desk = Desk::with("op-ed.txt", OP_ED);
    desk.run("classify op-ed.txt -o report.html").ok();
    browser.visit(&desk.path("report.html"));
    is_told_well(&browser, "report");
    browser.click("mark#u1");
    is_told_well(&browser, "why");
    let regions = "return [...document.querySelectorAll('#panel, #count')].map((one) => one.ariaLive || one.role)";
    assert_eq!(browser.ask(regions), json!(["status", "polite"]));
}

/// Texts that stand out too little from what is behind them: WCAG 2.2, 1.4.3, from the colours that the browser shows.
const FAINT: &str = "
    const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = (node) => {
      for (let at = node; at; at = at.parentElement) {
        const color = channels(getComputedStyle(at).backgroundColor);
        if (color.length === 3 || color[3] === 1) return color;
      }
      return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
    };
    const faint = [];
    let seen = 0;
    document.querySelectorAll('body *').forEach((node) => {
      const own = [...node.childNodes].some((kid) => kid.nodeType === Node.TEXT_NODE && kid.data.trim());
      if (!own || node.disabled || !node.checkVisibility({ visibilityProperty: true }) || node.closest('svg, script, style')) return;
      const { color, fontSize, fontWeight } = getComputedStyle(node);
      const [a, b] = [light(channels(color)), light(ground(node))].sort((x, y) => y - x);
      const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700);
      seen += 1;
      if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) faint.push(`${node.localName}.${node.className} ${node.textContent.slice(0, 30)}`);
    });
    return [seen > 10, faint]";

#[test]
fn all_text_stands_out_in_both_themes_and_nothing_moves_for_those_who_do_not_want_it() {
    for dark in [false, true] {
        let Some(browser) = opened((1400, 900), dark) else { return };
        let is_clear = |what: &str| assert_eq!(browser.ask(FAINT), json!([true, []]), "{what}, dark: {dark}");
        browser.ask("document.querySelector('#cuts').open = true; document.querySelector('#compare').click()");
        is_clear("entry");
        browser.ask("document.querySelector('#labels button').click()");
        is_clear("codebook");
        browser.ask("document.querySelector('#entry-of').close()");
        browser.ask(&format!("document.querySelector('#other').value = {}", json!(TEXTS[2].1)));
        read(&browser, OP_ED);
        browser.click("#tune-shown");
        is_clear("report shown");
        enter(&browser);
        browser.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; }); document.querySelector('mark').click()");
        is_clear("report");
        browser.leave();
        browser.click("#tab-difference");
        is_clear("comparison");
        let still = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
        browser.devtools("Emulation.setEmulatedMedia", still);
        let moving = "return [...document.querySelectorAll('*')].filter((node) => { const style = getComputedStyle(node); \
                      return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0 || style.scrollBehavior === 'smooth'; }).length";
        assert_eq!(browser.ask(moving), 0);
    }
}

#[test]
fn every_problem_that_the_page_can_meet_has_its_phrase_and_every_phrase_is_used() {
    let read = |name: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("web/page").join(name)).unwrap()
    };
    let words: serde_json::Map<String, Value> = serde_json::from_str(&read("english.json")).unwrap();
    let (program, script, markup) = (read("src/lib.rs"), read("page.js"), read("page.html"));
    let kinds: Vec<&str> = program.split("\"is\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
    for kind in &kinds {
        assert!(words.contains_key(&format!("problem-{kind}")), "no phrase for {kind}");
    }
    for key in words.keys() {
        let is_used = match key.strip_prefix("problem-") {
            Some(kind) => kinds.contains(&kind),
            None => script.contains(&format!("words.{key}")) || markup.contains(&format!("{{{{{key}}}}}")),
        };
        assert!(is_used, "{key} is used nowhere");
    }
}
