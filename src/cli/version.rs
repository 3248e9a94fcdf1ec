//! What `--version` says beyond `-V`: whatever a report on a result should name.

use rhetor::model::english;
use rhetor::model::file::FORMAT;

/// Version, embedded model, model files, and what the program was built for.
pub fn long() -> String {
    let model = english::embedded();
    let libc = match (cfg!(target_env = "musl"), cfg!(target_env = "gnu")) {
        (true, _) => ", musl",
        (_, true) => ", glibc",
        _ => "",
    };
    let linked = if cfg!(target_feature = "crt-static") { ", static" } else { "" };
    format!(
        "{}\nmodel {}: {}, {} labels\nmodel files of format {FORMAT}\n{} {}{libc}{linked}",
        env!("CARGO_PKG_VERSION"),
        model.fingerprint(),
        english::NAME,
        model.labels().len(),
        std::env::consts::ARCH,
        std::env::consts::OS,
    )
}
