//! Many short lists, side by side in memory.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::raw::{self, Raw};

/// Lists, numbered from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Raw")]
pub struct Lists<T> {
    #[serde(with = "raw")]
    items: Vec<T>,
    /// Where each list ends among the items.
    #[serde(with = "raw")]
    ends: Vec<u32>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Lists { items: Vec::new(), ends: Vec::new() }
    }
}

impl<T> Lists<T> {
    pub fn push(&mut self, list: impl IntoIterator<Item = T>) {
        self.items.extend(list);
        self.ends.push(self.items.len() as u32);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    pub fn of(&self, list: usize) -> &[T] {
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.items[start..self.ends[list] as usize]
    }

    /// Where the items of a list stand among [all](Lists::all).
    pub fn range(&self, list: usize) -> Range<u32> {
        list.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[list]
    }

    pub fn iter(&self) -> impl Iterator<Item = &[T]> + Clone {
        (0..self.len()).map(|list| self.of(list))
    }

    /// The items of all lists.
    pub fn all(&self) -> &[T] {
        &self.items
    }

    pub fn all_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// Whether the ends are those of lists that take all items, one after another: else they come from a damaged file.
    pub fn are_sound(&self) -> bool {
        self.ends.is_sorted() && self.ends.last().map_or(0, |end| *end as usize) == self.items.len()
    }
}

impl<T: Copy + Default> Lists<T> {
    /// The lists of these items, of which each names its list, in their order.
    pub fn sorted(count: usize, items: impl Iterator<Item = (usize, T)> + Clone) -> Self {
        let mut next = vec![0; count + 1];
        items.clone().for_each(|(list, _)| next[list + 1] += 1);
        for list in 0..count {
            next[list + 1] += next[list];
        }
        let mut sorted = vec![T::default(); next[count] as usize];
        for (list, item) in items {
            sorted[next[list] as usize] = item;
            next[list] += 1;
        }
        next.pop();
        Lists { items: sorted, ends: next }
    }
}
