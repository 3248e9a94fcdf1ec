//! The project's own training documents, which several benches read.

/// Every row of them, file by file in the order of their names.
pub fn rows() -> impl Iterator<Item = serde_json::Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training/documents");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus is there").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.into_iter().flat_map(|file| {
        let text = std::fs::read_to_string(file).expect("a file of the corpus");
        let row = |line: &str| serde_json::from_str(line).expect("a row is JSON");
        text.lines().map(row).collect::<Vec<serde_json::Value>>()
    })
}

/// The text of a row.
pub fn text(row: &serde_json::Value) -> &str {
    row["text"].as_str().expect("a row has a text")
}
