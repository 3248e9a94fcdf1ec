//! A user's own codebook.

use rhetor::codebook::{Codebook, LabelSet, file};

/// A codebook in TOML or YAML is read or refused with its line and a hint; as JSON it is read back as the same.
pub fn codebook(data: &[u8]) {
    let (first, data) = super::split(data);
    let path = ["b.toml", "b.yaml"][usize::from(first & 1)];
    let text = String::from_utf8_lossy(data);
    let book = match file::parse(path, &text) {
        Ok(book) => book,
        Err(error) => {
            // To YAML a lone carriage return ends a line too.
            let lines = 1 + text.matches(['\n', '\r']).count() as u64;
            assert!(error.place.line.is_none_or(|line| (1..=lines + 1).contains(&line)), "{error}");
            assert!(!error.what.is_empty() && !error.hint.is_empty(), "{error}");
            return;
        }
    };
    let names: Vec<&str> = book.labels.iter().map(|entry| &entry.name[..]).collect();
    assert_eq!(LabelSet::new(names.iter().copied()).len(), names.len(), "a label stands twice: {names:?}");
    for entry in &book.labels {
        assert!(book.find(&entry.name).is_some());
        book.rules_of(&entry.name).for_each(drop);
    }
    let json = serde_json::to_string(&book).expect("a codebook is plain data");
    assert_eq!(serde_json::from_str::<Codebook>(&json).expect("it was written so"), book);
}
