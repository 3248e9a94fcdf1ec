//! The labels of a model.

/// A label's number in its [`LabelSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelId(pub u16);

impl LabelId {
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The names of a model's labels, in the alphabet's order, so that the order of training rows does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSet {
    names: Vec<String>,
}

impl LabelSet {
    /// The distinct names, sorted. At most 65,536.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
        names.sort();
        names.dedup();
        LabelSet { names }
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn name(&self, label: LabelId) -> &str {
        &self.names[label.index()]
    }

    pub fn find(&self, name: &str) -> Option<LabelId> {
        self.names.binary_search_by(|probe| probe.as_str().cmp(name)).ok().map(|at| LabelId(at as u16))
    }

    /// Every label with its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (LabelId, &str)> {
        self.names.iter().enumerate().map(|(at, name)| (LabelId(at as u16), name.as_str()))
    }

    /// The name most like `wrong`, if one is like it at all: for "did you mean".
    pub fn nearest(&self, wrong: &str) -> Option<&str> {
        nearest(wrong, self.names.iter().map(String::as_str))
    }
}

/// The candidate most like `wrong`, if it is near enough to be a slip: no more edits than a third of the letters of
/// `wrong`, and at least one.
pub fn nearest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (wrong.chars().count() / 3).max(1);
    let wrong = wrong.to_lowercase();
    candidates
        .map(|name| (strsim::levenshtein(&wrong, &name.to_lowercase()), name))
        .filter(|(edits, _)| *edits <= most)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_found_by_name() {
        let set = LabelSet::new(["urgency", "denial", "urgency"]);
        assert_eq!(set.iter().map(|(_, name)| name).collect::<Vec<_>>(), ["denial", "urgency"]);
        assert_eq!(set.find("urgency"), Some(LabelId(1)));
        assert_eq!(set.find("threat"), None);
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_label_meant() {
        let set = LabelSet::new(["denial", "urgency", "threat"]);
        assert_eq!(set.nearest("treat"), Some("threat"));
        assert_eq!(set.nearest("Urgancy"), Some("urgency"));
        assert_eq!(set.nearest("whataboutism"), None);
    }
}
