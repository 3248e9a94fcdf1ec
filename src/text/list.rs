//! Several names in one line, as a record of CSV has them: parted by commas, and in quotation marks where a name holds one.

/// A name is looked for among those that are known up to so many of its commas, so that a long line is read in linear time.
const COMMAS: usize = 8;

/// The names of a line, trimmed. One that holds commas needs no marks where it is known: the longest known one counts.
pub fn names(line: &str, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let (mut names, mut rest) = (Vec::new(), Some(line));
    while let Some(line) = rest {
        let commas = line.match_indices(',').map(|(at, _)| at);
        let ends: Vec<usize> = commas.chain([line.len()]).take(COMMAS + 1).collect();
        let known = ends.iter().rev().find(|end| is_known(line[..**end].trim()));
        let bare = |end: usize| (line[..end].trim().to_owned(), line.get(end + 1..));
        let (name, behind) = known.map(|end| bare(*end)).or_else(|| quoted(line)).unwrap_or_else(|| bare(ends[0]));
        names.push(name);
        rest = behind;
    }
    names
}

/// The name in quotation marks with which a line begins, and what stands behind the comma after it. Two marks in it stand for one.
fn quoted(line: &str) -> Option<(String, Option<&str>)> {
    let (mut name, mut rest) = (String::new(), line.trim_start().strip_prefix('"')?);
    loop {
        let (part, behind) = rest.split_once('"')?;
        name += part;
        match behind.strip_prefix('"') {
            Some(behind) => rest = behind,
            None => {
                let behind = behind.trim_start();
                let next = behind.strip_prefix(',');
                return (next.is_some() || behind.is_empty()).then(|| (name.trim().to_owned(), next));
            }
        }
        name.push('"');
    }
}

/// The first of these names, with a sign that there are more.
pub fn first(names: impl ExactSizeIterator<Item = String>, most: usize) -> String {
    let more = if names.len() > most { ", …" } else { "" };
    names.take(most).collect::<Vec<_>>().join(", ") + more
}

/// The line of these names.
pub fn line<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |name: &str| match name.contains([',', '"']) || name.trim() != name {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    };
    names.into_iter().map(quoted).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(line: &str) -> Vec<String> {
        names(line, |name| name == "Angst, gross" || name == "gross, Schuld")
    }

    #[test]
    fn a_name_with_commas_is_quoted_or_known() {
        assert_eq!(of("Angst, gross,Schuld"), ["Angst, gross", "Schuld"]);
        assert_eq!(of("Schuld,\"Angst, gross\" , x"), ["Schuld", "Angst, gross", "x"]);
        assert_eq!(of("\"a, b\", c"), ["a, b", "c"]);
        assert_eq!(of("a, b"), ["a", "b"]);
        assert_eq!(of("Angst"), ["Angst"]);
        assert_eq!(of("a,,b,"), ["a", "", "b", ""]);
    }

    #[test]
    fn a_mark_that_quotes_no_name_is_part_of_one() {
        assert_eq!(of("\"a\" b,c"), ["\"a\" b", "c"]);
        assert_eq!(of("\"a,b"), ["\"a", "b"]);
        assert_eq!(of("\"he said \"\"no\"\"\""), ["he said \"no\""]);
    }

    proptest! {
        #[test]
        fn what_was_put_in_a_line_is_read_again(given in prop::collection::vec("[a-cä,\" ]{0,6}", 1..5)) {
            let given: Vec<&str> = given.iter().map(|name| name.trim()).collect();
            prop_assert_eq!(names(&line(given.iter().copied()), |_| false), given);
        }
    }
}
