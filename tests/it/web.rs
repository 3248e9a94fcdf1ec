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
    wait(&browser, "return !document.querySelector('#find').disabled");
    Some(browser)
}

#[track_caller]
fn wait(browser: &Browser, condition: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    while browser.ask(condition) != true {
        let fault = browser.ask("return document.querySelector('#fault').textContent");
        assert!(Instant::now() < end, "never: {condition}; {fault}; {:?}", browser.complaints());
        std::thread::sleep(Duration::from_millis(20));
    }
}

const SHOWN: &str = "return document.body.classList.contains('shown') && document.querySelector('#busy').hidden";

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
    browser.enter("#report");
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
    browser.enter("#report");
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
    browser.enter("#report");
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
        browser.enter("#report");
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
    assert!(fault.as_str().unwrap().contains("damaged"), "{fault}");
    browser.choose("#pick-model", &desk.path("m"));
    wait(&browser, "return document.querySelector('#model').textContent.startsWith('m,')");
    wait(&browser, "return document.querySelector('#busy').hidden");
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
    let large = format!("document.querySelector('#text').value = {}.repeat(4000)", json!(OP_ED));
    browser.ask(&large);
    browser.ask("document.querySelector('#find').click()");
    wait(&browser, "return document.querySelector('#progress').value > 0");
    browser.ask("document.querySelector('#cancel').click()");
    wait(&browser, "return document.querySelector('#status').textContent === 'Cancelled.'");
    wait(&browser, "return document.querySelector('#busy').hidden && !document.querySelector('#find').disabled");
    // What comes next is read as ever.
    read(&browser, TEXTS[1].1);
    assert_eq!(copied(&browser, "jsonl").lines().count(), 2);
}
