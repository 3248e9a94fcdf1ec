use std::path::Path;

use rhetor::model::Model;
use rhetor::model::file::ModelError;

use crate::desk::Desk;

/// A model of a handful of terms, so that every byte can be tried.
fn tiny() -> Vec<u8> {
    tiny_with("")
}

fn tiny_with(options: &str) -> Vec<u8> {
    let data = "text,labels\npay,x\npay now,x\npay up,x\nwait,y\nwait here,y\nwait on,y\n";
    let desk = Desk::with("d.csv", data).and("c.toml", "classes.us = \"up on\"\n[x]\ngo = \"pay @us\"\n");
    desk.run(&format!("train d.csv -o m --folds 2 --ngrams 1 --no-shape --cues c.toml {options}")).ok();
    desk.read("m")
}

fn read(bytes: &[u8]) -> Result<Model, ModelError> {
    Model::from_bytes(bytes, Path::new("m"))
}

#[test]
fn a_model_is_the_same_after_reading_and_writing() {
    for options in ["", "--quantize 16", "--quantize 8", "--prune 0.2", "--quantize 8 --prune 0.2"] {
        let bytes = tiny_with(options);
        let model = read(&bytes).unwrap();
        assert_eq!(model.to_bytes(), bytes, "{options}");
        assert_eq!(model.featurizer().settings().cues.as_ref().map(|set| set.cues.len()), Some(1), "{options}");
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let bytes = tiny_with("--quantize 16 --prune 0.2");
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(read(&damaged).is_err(), "byte {at} of {}", bytes.len());
    }
}

#[test]
fn a_model_that_is_cut_off_anywhere_is_refused() {
    let bytes = tiny();
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn what_is_no_model_a_damaged_one_and_a_newer_one_are_told_apart() {
    let bytes = tiny();
    let desk = Desk::with("x", "hello").and("cut", &bytes[..bytes.len() - 5]).and("empty", "");
    desk.run("inspect -m x").ends(1).says("x: no rhetor model").says("rhetor train");
    desk.run("inspect -m empty").ends(1).says("no rhetor model");
    desk.run("inspect -m cut").ends(1).says("cut: damaged model");
    desk.run("inspect -m nowhere").ends(1).says("nowhere: No such file");
    let at = bytes.windows(13).position(|window| window == b"\\\"format\\\":3,").expect("the header names its format");
    let mut newer = bytes.clone();
    newer[at + 11] = b'9';
    let mut older = bytes.clone();
    older[at + 11] = b'2';
    let desk = desk.and("newer", newer).and("older", older);
    desk.run("inspect -m older").ends(1).says("a model of format 2").says("train it again");
    desk.run("inspect -m newer").ends(1).says("a model of format 9, and this rhetor reads 3");
}

#[test]
fn another_reader_of_the_file_works_out_the_same_contributions() {
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|ran| ran.status.success()) {
        assert!(std::env::var_os("RHETOR_REQUIRE_ALL").is_none(), "python3 is missing");
        println!("SKIPPED: no python3");
        return;
    }
    let cues = "[threat]\npay = \"will ..3 pay\"\n[call]\nsign = \"sign the (petition | bill)\"\n";
    let desk = Desk::with("train.csv", crate::desk::LABELLED).and("c.toml", cues);
    for options in ["", "--quantize 16 --prune 0.3"] {
        desk.run(&format!("train train.csv -o m --cues c.toml {options}")).ok();
        let explained = desk.run("classify -m m --column text -f jsonl --explain --threshold 0 train.csv").ok().stdout;
        let mut reader = std::process::Command::new("python3")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/recompute.py").as_ref(), desk.path("m").as_os_str()])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut reader.stdin.take().unwrap(), explained.as_bytes()).unwrap();
        let ran = reader.wait_with_output().unwrap();
        assert!(ran.status.success(), "{options}: {}", String::from_utf8_lossy(&ran.stderr));
        let checked: u32 = String::from_utf8(ran.stdout).unwrap().trim().parse().unwrap();
        assert!(checked > 1000, "{checked}");
    }
}
