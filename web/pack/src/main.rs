//! Builds `web/page` as WebAssembly and packs it, with markup, style, script and words, into one HTML file: `web/rhetor.html`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// What the file may weigh, as it is and as a server sends it.
const MOST_BYTES: usize = 9_000_000;
const MOST_ZIPPED: usize = 5_000_000;

fn main() -> Result<()> {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (glue, wasm) = bound(&compiled(&web)?)?;
    let page = Parts::read(&web)?.page(&glue, &wasm)?;
    let (bytes, zipped_bytes) = (page.len(), zipped(page.as_bytes())?.len());
    ensure!(bytes <= MOST_BYTES && zipped_bytes <= MOST_ZIPPED, "{bytes} bytes, {zipped_bytes} zipped, are too many");
    let path = web.join("rhetor.html");
    fs::write(&path, page).with_context(|| path.display().to_string())?;
    println!("web/rhetor.html: {bytes} bytes, {zipped_bytes} zipped; WebAssembly with the model {}", wasm.len());
    Ok(())
}

/// The WebAssembly as the compiler makes it.
fn compiled(web: &Path) -> Result<PathBuf> {
    let target = web.join("target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--release", "--locked", "-p", "page", "--target", TARGET]);
    let built = cargo.arg("--target-dir").arg(&target).current_dir(web).status().context("cargo")?;
    if !built.success() {
        bail!("the page was not built\nhint: `rustup target add {TARGET}` gets what the compiler needs");
    }
    Ok(target.join(TARGET).join("release/page.wasm"))
}

/// The script that talks to it, for a worker, and what it talks to.
fn bound(path: &Path) -> Result<(String, Vec<u8>)> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(path)
        .no_modules(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    let mut output = bindgen.generate_output()?;
    let glue = output.js().to_owned();
    Ok((glue, output.wasm_mut().emit_wasm()))
}

/// What the page is made of, beside the program.
struct Parts {
    markup: String,
    script: String,
    worker: String,
    style: String,
    /// The report that is shown inside has its own.
    report_style: String,
    report_script: String,
    words: String,
    example: String,
}

impl Parts {
    fn read(web: &Path) -> Result<Parts> {
        let read = |name: &str| fs::read_to_string(web.join(name)).with_context(|| name.to_owned());
        let report_style = read("../src/report/html/style.css")?;
        Ok(Parts {
            markup: read("page/page.html")?,
            script: read("page/page.js")?,
            worker: read("page/worker.js")?,
            // The same colours, buttons and codes as the report.
            style: format!("{report_style}\n{}", read("page/page.css")?),
            report_style,
            report_script: read("../src/report/html/script.js")?,
            words: read("page/english.json")?,
            example: read("../examples/op-ed.txt")?,
        })
    }

    /// Every `{{NAME}}` of the markup becomes a part or a phrase.
    fn page(&self, glue: &str, wasm: &[u8]) -> Result<String> {
        let words: BTreeMap<String, String> = serde_json::from_str(&self.words).context("page/english.json")?;
        let worker = format!("{glue}\n{}", self.worker);
        ensure!(!worker.contains("</script"), "the worker would end its element");
        let mut fills: BTreeMap<&str, String> = words.iter().map(|(key, words)| (&key[..], escaped(words))).collect();
        fills.extend([
            ("POLICY", self.policy()),
            ("STYLE", self.style.clone()),
            ("SCRIPT", self.script.clone()),
            ("WORKER", worker),
            ("WORDS", serde_json::to_string(&words)?.replace('<', "\\u003c")),
            ("EXAMPLE", serde_json::to_string(&self.example)?.replace('<', "\\u003c")),
            ("PROGRAM", BASE64_STANDARD.encode(zipped(wasm)?)),
        ]);
        filled(&self.markup, &fills)
    }

    /// Nothing is loaded or sent; nothing runs but these two scripts and the program, which a worker made from this page runs.
    fn policy(&self) -> String {
        let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
        let scripts = [hash(&self.script), hash(&self.report_script)].join(" ");
        let styles = [hash(&self.style), hash(&self.report_style)].join(" ");
        format!(
            "default-src 'none'; connect-src 'none'; script-src {scripts} 'wasm-unsafe-eval'; style-src {styles}; \
             worker-src blob:; frame-src blob:; base-uri 'none'; form-action 'none'"
        )
    }
}

fn filled(markup: &str, fills: &BTreeMap<&str, String>) -> Result<String> {
    let mut parts = markup.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, after) = part.split_once("}}").context("`{{` without `}}`")?;
        page += fills.get(name).with_context(|| format!("nothing is called {name}"))?;
        page += after;
    }
    Ok(page)
}

/// Text in which nothing is markup, in an element or a quoted attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Without time or name, so that the same bytes give the same.
fn zipped(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    out.write_all(bytes)?;
    Ok(out.finish()?)
}
