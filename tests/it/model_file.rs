use std::path::Path;

use rhetor::model::Model;
use rhetor::model::file::ModelError;
use serde_json::Value;

use crate::desk::{Desk, Draws};
use crate::fuzz_cases::targets::{self, model::mended};

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
    let at = bytes.windows(13).position(|window| window == b"\\\"format\\\":7,").expect("the header names its format");
    let mut newer = bytes.clone();
    newer[at + 11] = b'9';
    let mut older = bytes.clone();
    older[at + 11] = b'3';
    let desk = desk.and("newer", newer).and("older", older);
    desk.run("inspect -m older").ends(1).says("a model of format 3").says("train it again");
    desk.run("inspect -m newer").ends(1).says("a model of format 9, and this rhetor reads 7");
}

#[test]
fn another_reader_of_the_file_works_out_the_same_contributions() {
    let python = std::process::Command::new("python3").arg("--version").output();
    if !crate::desk::have("python3", python.is_ok_and(|ran| ran.status.success())) {
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

/// The file with its header edited, and with a checksum that fits what is there then.
fn with_header(bytes: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    edit(&mut header);
    let header = header.to_string().into_bytes();
    let file = [&(header.len() as u64).to_le_bytes()[..], &header, &bytes[8 + length..]].concat();
    mended(&file).expect("it has a header")
}

/// The file with its metadata edited, and a checksum that fits.
fn with_metadata(bytes: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    with_header(bytes, |header| {
        let rhetor = &mut header["__metadata__"]["rhetor"];
        let mut metadata: Value = serde_json::from_str(rhetor.as_str().unwrap()).unwrap();
        edit(&mut metadata);
        *rhetor = metadata.to_string().into();
    })
}

/// Each tensor's name, type and place in the file.
fn tensors(bytes: &[u8]) -> Vec<(String, String, std::ops::Range<usize>)> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let tensors = header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__");
    let place = |end: &Value| 8 + length + end.as_u64().unwrap() as usize;
    let one = |(name, info): (&String, &Value)| {
        let range = place(&info["data_offsets"][0])..place(&info["data_offsets"][1]);
        (name.clone(), info["dtype"].as_str().unwrap().to_owned(), range)
    };
    tensors.map(one).collect()
}

#[test]
fn a_file_with_a_checksum_that_fits_is_still_checked() {
    for bytes in [tiny(), tiny_with("--quantize 16 --prune 0.2")] {
        let same = mended(&bytes).map(|same| read(&same).expect("a sound file stays one").to_bytes());
        assert!(same.is_some_and(|same| same == bytes), "mending changes no model");
        let wider = |json: &mut Value| json["features"]["ngrams"] = serde_json::json!([1, 1_u64 << 40]);
        type Edit<'a> = (&'a str, &'a dyn Fn(&mut Value));
        let edits: [Edit; 9] = [
            ("no labels", &|json| json["labels"] = serde_json::json!([])),
            ("a label twice", &|json| json["labels"] = serde_json::json!(["x", "x"])),
            ("labels out of order", &|json| json["labels"] = serde_json::json!(["y", "x"])),
            ("a label more", &|json| json["labels"] = serde_json::json!(["x", "y", "z"])),
            ("endless n-grams", &wider),
            ("n-grams of nothing", &|json| json["features"]["ngrams"] = serde_json::json!([0, 1])),
            ("endless runs of characters", &|json| {
                json["features"]["char_ngrams"] = serde_json::json!([1, u64::MAX]);
            }),
            ("another stemmer", &|json| json["stemmer"] = "porter".into()),
            ("no task", &|json| json["task"] = "none".into()),
        ];
        for (what, edit) in edits {
            let bytes = with_metadata(&bytes, edit);
            let error = read(&bytes).err().unwrap_or_else(|| panic!("{what} was taken")).to_string();
            assert!(error.contains("damaged model: ") && error.contains("\nhint: "), "{what}: {error}");
        }
    }
}

#[test]
fn a_model_of_the_format_before_is_read_and_written_in_the_new_one() {
    let bytes = tiny();
    let before = with_metadata(&bytes, |json| json["format"] = 6.into());
    assert_ne!(before, bytes);
    assert_eq!(read(&before).unwrap().to_bytes(), bytes);
}

#[test]
fn a_model_whose_runs_share_buckets_has_as_many_as_can_be() {
    let bytes = tiny_with("--hash-bits 9");
    assert_eq!(read(&bytes).unwrap().to_bytes(), bytes);
    with_metadata(&bytes, |json| assert_eq!(json["features"]["hash_bits"], 9));
    for bits in [0, 7, 29, 64, 255] {
        let error = read(&with_metadata(&bytes, |json| json["features"]["hash_bits"] = bits.into())).unwrap_err();
        assert!(error.to_string().contains("number of buckets"), "{bits}: {error}");
    }
}

#[test]
fn a_look_up_table_that_hides_a_term_is_refused() {
    let bytes = tiny();
    let (.., place) = tensors(&bytes).into_iter().find(|(name, ..)| name == "term_slots").expect("a table");
    let taken = place.step_by(16).find(|at| bytes[at + 8..at + 16] != [0; 8]).expect("a term in it");
    let mut hidden = bytes.clone();
    hidden[taken] ^= 1;
    let error = read(&mended(&hidden).expect("it has a header")).unwrap_err().to_string();
    assert!(error.contains("its vocabulary is inconsistent"), "{error}");
}

#[test]
fn numbers_that_are_none_and_counts_beyond_all_bounds_are_refused() {
    for bytes in [tiny(), tiny_with("--quantize 16 --prune 0.2")] {
        for (name, dtype, place) in tensors(&bytes) {
            let bad: &[&[u8]] = match &dtype[..] {
                "F32" => &[&f32::NAN.to_le_bytes(), &f32::INFINITY.to_le_bytes(), &f32::NEG_INFINITY.to_le_bytes()],
                "F64" => &[&f64::NAN.to_le_bytes(), &f64::INFINITY.to_le_bytes(), &f64::NEG_INFINITY.to_le_bytes()],
                _ => &[],
            };
            for number in bad {
                for at in place.clone().step_by(number.len()) {
                    let mut damaged = bytes.clone();
                    damaged[at..at + number.len()].copy_from_slice(number);
                    assert!(read(&mended(&damaged).unwrap()).is_err(), "{name} at {at}");
                }
            }
            for count in [1_u64 << 40, 1 << 62, u64::MAX] {
                let shape = |header: &mut Value| header[&name]["shape"] = serde_json::json!([count]);
                assert!(read(&with_header(&bytes, shape)).is_err(), "{count} numbers in {name}");
                let end = |header: &mut Value| header[&name]["data_offsets"][1] = count.into();
                assert!(read(&with_header(&bytes, end)).is_err(), "{name} ends at {count}");
                let start = |header: &mut Value| header[&name]["data_offsets"][0] = count.into();
                assert!(read(&with_header(&bytes, start)).is_err(), "{name} starts at {count}");
            }
            let gone = |header: &mut Value| {
                header.as_object_mut().unwrap().remove(&name);
            };
            assert!(read(&with_header(&bytes, gone)).is_err(), "without {name}");
        }
        for length in [0, 1, bytes.len() as u64, 1 << 40, 1 << 63, u64::MAX] {
            let mut damaged = bytes.clone();
            damaged[..8].copy_from_slice(&length.to_le_bytes());
            assert!(read(&damaged).is_err(), "a header of {length} bytes");
        }
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let bytes = tiny();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    let with =
        |header: &str| [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes[8 + length..]].concat();
    let task = "\\\"task\\\":\\\"single\\\"";
    assert!(header.contains(task), "{header}");
    assert!(read(&with(&header.replacen(task, &format!("{task},{task}"), 1))).is_err());
    let (before, after) = header.split_once("\"terms\":").unwrap();
    let (value, rest) = after.split_once('}').unwrap();
    let twice = format!("{before}\"terms\":{value}}},\"terms\":{value}}}{rest}");
    assert!(read(&with(&twice)).is_err());
}

/// Changes at random of up to eight stretches of bytes: set, dropped, doubled or put elsewhere.
fn changed(bytes: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=draws.below(8) {
        let at = draws.below(bytes.len() as u64) as usize;
        let end = (at + 1 + draws.below(16) as usize).min(bytes.len());
        match draws.below(4) {
            0 => bytes[at..end].iter_mut().for_each(|byte| *byte = draws.below(256) as u8),
            1 => drop(bytes.drain(at..end)),
            2 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            _ => {
                let piece: Vec<u8> = bytes.drain(at..end).collect();
                let to = draws.below(bytes.len() as u64 + 1) as usize;
                drop(bytes.splice(to..to, piece));
            }
        }
    }
    bytes
}

/// A changed file is refused; with a checksum that fits it is refused or makes a model that scores, and never a panic.
fn survives(bytes: &[u8], changes: u64) -> u64 {
    let (mut draws, mut taken) = (Draws(7), 0);
    for _ in 0..changes {
        let damaged = changed(bytes, &mut draws);
        assert!(damaged == bytes || read(&damaged).is_err());
        if let Some(mended) = mended(&damaged) {
            targets::model::read(&mended);
            taken += u64::from(read(&mended).is_ok());
        }
    }
    taken
}

#[test]
fn a_file_changed_at_random_is_refused_and_with_a_checksum_that_fits_does_no_harm() {
    survives(&tiny(), 200);
    survives(&tiny_with("--hash-bits 8"), 200);
    survives(&tiny_with("--quantize 16 --prune 0.2"), 200);
}

#[test]
#[ignore = "ten thousand changes of a large model and of two small ones take minutes; `just fuzz`"]
fn a_file_changed_ten_thousand_times_does_no_harm() {
    let desk = Desk::with("train.csv", crate::desk::LABELLED);
    desk.run("train train.csv -o m --cues builtin --quantize 16").ok();
    for (what, bytes) in
        [("large", desk.read("m")), ("small", tiny()), ("compressed", tiny_with("--quantize 16 --prune 0.2"))]
    {
        let taken = survives(&bytes, 10_000);
        println!(
            "{what}: {} bytes, 10,000 changes, of which {taken} make a model under a checksum that fits",
            bytes.len()
        );
    }
}

#[test]
fn a_file_with_more_labels_than_can_be_numbered_is_refused() {
    let labels = |count: usize| (0..count).map(|n| format!("{n:06}")).collect::<Vec<String>>();
    let failed = |count| read(&with_metadata(&tiny(), |json| json["labels"] = labels(count).into())).unwrap_err();
    assert!(failed(65_536).to_string().contains("more labels than can be numbered"), "{}", failed(65_536));
    assert!(failed(65_535).to_string().contains("do not fit its labels"), "{}", failed(65_535));
}
