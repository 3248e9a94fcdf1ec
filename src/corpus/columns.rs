//! Which column holds what. A name that the user gave must be there; otherwise the usual names are looked for.

use std::collections::HashSet;

use super::problem::CorpusError;
use crate::codebook::nearest;
use crate::text::form::{composed, is_same};
use crate::text::{Place, list};

/// The names of the columns (of a table) or fields (of JSON). `None` looks for the usual names, in any case;
/// a name given must be there, letter by letter, however the letters are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Usually `text`.
    pub text: Option<String>,
    /// Usually `labels`, else `label`.
    pub label: Option<String>,
    /// One column a label, holding 0 or 1; if there are any, `label` is not looked for. Each may also be a [line](list::names)
    /// of several names.
    pub label_columns: Vec<String>,
    /// Usually `group`, else `doc`; an empty name for none.
    pub group: Option<String>,
    /// Usually `weight`; an empty name for none.
    pub weight: Option<String>,
    /// Usually `id`.
    pub id: Option<String>,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    Label,
    Group,
    Weight,
    Id,
}

impl Role {
    pub(super) const ALL: [Role; 5] = [Role::Text, Role::Label, Role::Group, Role::Weight, Role::Id];

    /// The names looked for when the user gave none, the most usual first.
    fn usual(self) -> &'static [&'static str] {
        match self {
            Role::Text => &["text"],
            Role::Label => &["labels", "label"],
            Role::Group => &["group", "doc"],
            Role::Weight => &["weight"],
            Role::Id => &["id"],
        }
    }
}

impl Columns {
    /// The name that the user gave for this role.
    pub(super) fn given(&self, role: Role) -> Option<&str> {
        self.said(role).filter(|_| !self.does_without(role))
    }

    fn said(&self, role: Role) -> Option<&str> {
        match role {
            Role::Text => self.text.as_deref(),
            Role::Label => self.label.as_deref(),
            Role::Group => self.group.as_deref(),
            Role::Weight => self.weight.as_deref(),
            Role::Id => self.id.as_deref(),
        }
    }

    /// Whether the user wants no column to play the role.
    fn does_without(&self, role: Role) -> bool {
        matches!(role, Role::Group | Role::Weight) && self.said(role) == Some("")
    }

    /// The name of this role in messages.
    pub(super) fn name(&self, role: Role) -> &str {
        self.given(role).unwrap_or(role.usual()[0])
    }

    /// Which of the `names` plays the role.
    pub(super) fn find<'a>(&self, role: Role, names: impl Iterator<Item = &'a str> + Clone) -> Option<usize> {
        if self.does_without(role) {
            return None;
        }
        if let Some(given) = self.given(role) {
            return names.clone().position(|name| is_same(name, given));
        }
        role.usual().iter().find_map(|usual| {
            names.clone().position(|name| name == *usual).or_else(|| {
                let alike = |name: &str| name.eq_ignore_ascii_case(usual);
                names.clone().position(alike)
            })
        })
    }

    /// The columns of one label each, by the names that there are.
    pub(super) fn wide<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        if self.label_columns.is_empty() {
            return Vec::new();
        }
        let known: HashSet<&str> = names.collect();
        self.label_columns.iter().flat_map(|line| list::names(&composed(line), |name| known.contains(name))).collect()
    }

    /// The error for a role that no column plays, if it must be played.
    pub(super) fn missing(&self, role: Role, place: Place, columns: Vec<String>) -> Option<CorpusError> {
        if let Some(wanted) = self.given(role) {
            return Some(no_such_column(place, wanted, columns));
        }
        let meant = role.usual().iter().find_map(|usual| like(usual, &columns));
        match role {
            Role::Text => Some(CorpusError::NoTextColumn { place, columns, meant }),
            Role::Label => Some(CorpusError::NoLabelColumn { place, columns, meant }),
            Role::Group | Role::Weight | Role::Id => None,
        }
    }
}

pub(super) fn no_such_column(place: Place, wanted: &str, columns: Vec<String>) -> CorpusError {
    let meant = like(wanted, &columns);
    CorpusError::NoSuchColumn { place, wanted: wanted.into(), columns, meant }
}

fn like(wanted: &str, columns: &[String]) -> Option<String> {
    nearest(wanted, columns.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["sentence".to_owned(), "Frame".to_owned()];
        assert_eq!(like("sentense", &names), Some("sentence".into()));
        assert_eq!(like("frame", &names), Some("Frame".into()));
        assert_eq!(like("weight", &names), None);
    }

    #[test]
    fn an_exact_name_goes_before_one_in_another_case_and_labels_before_label() {
        let columns = Columns::default();
        assert_eq!(columns.find(Role::Text, ["Text", "text"].into_iter()), Some(1));
        assert_eq!(columns.find(Role::Label, ["label", "Labels"].into_iter()), Some(1));
        assert_eq!(columns.find(Role::Group, ["doc"].into_iter()), Some(0));
    }

    #[test]
    fn a_given_name_is_taken_letter_by_letter() {
        let columns = Columns { label: Some("frame".into()), ..Columns::default() };
        assert_eq!(columns.find(Role::Label, ["labels", "Frame"].into_iter()), None);
        assert_eq!(columns.find(Role::Label, ["labels", "frame"].into_iter()), Some(1));
    }
}
