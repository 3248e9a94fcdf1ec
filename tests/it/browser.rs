//! A real browser, headless, driven over WebDriver (<https://www.w3.org/TR/webdriver2/>) by Chromium's own driver.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::have;

pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    /// Chromium's own folder for what it keeps.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A browser, or `None` with a word on why there is none; without one the test fails where `RHETOR_REQUIRE_ALL` is set.
    pub fn open() -> Option<Browser> {
        let found = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
        let Some(chromium) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| found(name))
        else {
            return missing("chromium");
        };
        if !found("chromedriver") {
            return missing("chromedriver");
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut said = BufReader::new(driver.stdout.take().expect("standard output is a pipe"));
        let port = port(&mut said).expect("chromedriver names its port");
        // Whatever else it says is read, so that it never waits.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(120)));
        let agent: ureq::Agent = config.http_status_as_error(false).build().into();
        let profile = tempfile::tempdir().expect("a scratch folder can be made");
        let mut browser = Browser { driver, session: format!("http://127.0.0.1:{port}"), agent, _profile: profile };
        let session = browser.begin(chromium);
        browser.session = format!("{}/session/{session}", browser.session);
        Some(browser)
    }

    fn begin(&self, chromium: &str) -> String {
        let profile = format!("--user-data-dir={}", self._profile.path().display());
        let path = which(chromium);
        let args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"];
        let options =
            json!({ "binary": path, "args": args.iter().copied().chain([profile.as_str()]).collect::<Vec<_>>() });
        let logs = json!({ "browser": "ALL", "performance": "ALL" });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs });
        let answer = self.post("/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        let answer = self.agent.post(format!("{}{command}", self.session)).send_json(body);
        let mut answer = answer.unwrap_or_else(|error| panic!("{command}: {error}"));
        let answer: Value = answer.body_mut().read_json().expect("the driver answers in JSON");
        assert!(answer["value"]["error"].is_null(), "{command} {body}: {answer}");
        answer["value"].clone()
    }

    /// A command of the browser's own protocol.
    pub fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// A window of that size, dark or light.
    pub fn look(&self, width: u32, height: u32, dark: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [scheme] }));
    }

    pub fn visit(&self, page: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", page.display()) }));
    }

    /// What a script's `return` gives.
    pub fn ask(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn element(&self, css: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no {css}")).to_owned()
    }

    pub fn click(&self, css: &str) {
        self.post(&format!("/element/{}/click", self.element(css)), &json!({}));
    }

    /// Gives a file to an element that takes files.
    pub fn choose(&self, css: &str, file: &Path) {
        let path = file.display().to_string();
        self.post(&format!("/element/{}/value", self.element(css)), &json!({ "text": path }));
    }

    /// From now on, what is asked is asked in this frame.
    pub fn enter(&self, css: &str) {
        let frame = json!({ "element-6066-11e4-a52e-4f735466cecf": self.element(css) });
        self.post("/frame", &json!({ "id": frame }));
    }

    /// Back to the whole page.
    pub fn leave(&self) {
        self.post("/frame", &json!({ "id": null }));
    }

    /// Moves the pointer over the first part of an element.
    pub fn hover(&self, css: &str) {
        self.ask(&format!("document.querySelector({css:?}).scrollIntoView({{ block: 'center' }})"));
        let script = format!(
            "const b = document.querySelector({css:?}).getClientRects()[0]; return [b.x + 8, b.y + b.height / 2]"
        );
        let place = self.ask(&script);
        let at = |n: usize| place[n].as_f64().expect("a place is two numbers").round();
        let step = json!({ "type": "pointerMove", "duration": 0, "x": at(0), "y": at(1) });
        self.act(json!({ "type": "pointer", "id": "mouse", "actions": [step] }));
    }

    /// Types keys; the special ones stand at the end of Unicode's private area.
    pub fn keys(&self, keys: &str) {
        let down = |key: char| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        let actions: Vec<Value> = keys.chars().flat_map(down).collect();
        self.act(json!({ "type": "key", "id": "keyboard", "actions": actions }));
    }

    fn act(&self, source: Value) {
        self.post("/actions", &json!({ "actions": [source] }));
    }

    /// The window as PNG.
    pub fn picture(&self) -> Vec<u8> {
        use base64::Engine;
        let answer = self.agent.get(format!("{}/screenshot", self.session)).call();
        let answer: Value = answer.expect("a picture is taken").body_mut().read_json().unwrap();
        base64::prelude::BASE64_STANDARD.decode(answer["value"].as_str().unwrap()).unwrap()
    }

    /// The pages that it prints on, as PDF.
    pub fn printed(&self) -> Vec<u8> {
        use base64::Engine;
        let printed = self.post("/print", &json!({}));
        base64::prelude::BASE64_STANDARD.decode(printed.as_str().unwrap()).unwrap()
    }

    fn log(&self, kind: &str) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": kind }));
        entries
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| entry["message"].as_str().unwrap_or("").to_owned())
            .collect()
    }

    /// What the console says since last asked: errors, broken policy.
    pub fn complaints(&self) -> Vec<String> {
        self.log("browser")
    }

    /// The addresses that pages of files, and what they made, asked for since last asked; the browser's own pages have requests of their own.
    pub fn requests(&self) -> Vec<String> {
        let messages = self.log("performance");
        let messages = messages.iter().filter_map(|message| serde_json::from_str::<Value>(message).ok());
        let sent = messages.filter(|message| message["message"]["method"] == "Network.requestWillBeSent");
        let params = sent.map(|message| message["message"]["params"].clone());
        let is_ours = |url: &str| url.starts_with("file:") || url.starts_with("blob:");
        let ours = params.filter(|params| params["documentURL"].as_str().is_some_and(is_ours));
        ours.filter_map(|params| params["request"]["url"].as_str().map(str::to_owned)).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session takes the browser with it.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn missing(program: &str) -> Option<Browser> {
    have(program, false);
    None
}

fn which(program: &str) -> String {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().expect("a shell runs");
    String::from_utf8_lossy(&found.stdout).trim().to_owned()
}

/// `ChromeDriver was started successfully on port 41235.`
fn port(said: &mut impl BufRead) -> Option<u16> {
    let end = Instant::now() + Duration::from_secs(60);
    let mut line = String::new();
    while Instant::now() < end {
        line.clear();
        if said.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let port = line.split_once("successfully on port ").map(|(_, port)| port.trim().trim_end_matches('.'));
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            return Some(port);
        }
    }
    None
}
