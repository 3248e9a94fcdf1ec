//! Many short lists, side by side in memory.

use bytes::Bytes;

use super::blocks::Blocks;
use crate::packed::{Number, Packed};

/// Lists, numbered from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists<T> {
    items: Vec<T>,
    /// Where each list ends among the items.
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

/// Where each of several lists ends, in the bytes of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ends(Packed<u32>);

impl Ends {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Where the items of a list stand among those of all.
    ///
    /// # Panics
    /// If there is no such list.
    #[inline]
    pub fn range(&self, list: usize) -> std::ops::Range<usize> {
        let start = list.checked_sub(1).map_or(0, |before| self.0.get(before) as usize);
        start..self.0.get(list) as usize
    }

    /// Whether these are the ends of lists that take so many items, one after another: else they come from a damaged file.
    pub fn are_sound(&self, items: usize) -> bool {
        let mut last = 0;
        let rises = self.0.iter().all(|end| std::mem::replace(&mut last, end) <= end);
        rises && last as usize == items
    }

    pub fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        blocks.push(self.0.bytes());
    }

    pub fn take(blocks: &mut Blocks) -> Option<Self> {
        blocks.numbers().map(Ends)
    }
}

impl FromIterator<u32> for Ends {
    fn from_iter<I: IntoIterator<Item = u32>>(ends: I) -> Self {
        Ends(ends.into_iter().collect())
    }
}

/// Lists of numbers in the bytes of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedLists<T> {
    items: Packed<T>,
    ends: Ends,
}

impl<T: Number> Default for PackedLists<T> {
    fn default() -> Self {
        PackedLists { items: Packed::new(Bytes::new()), ends: Ends::default() }
    }
}

impl<T: Number> PackedLists<T> {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// # Panics
    /// If there is no such list.
    #[inline]
    pub fn of(&self, list: usize) -> impl ExactSizeIterator<Item = T> + '_ {
        let range = self.ends.range(list);
        self.items.run(range.start, range.len())
    }

    /// Whether each list ends where it can and all items are such: else they come from a damaged file.
    pub fn are_sound(&self, is_item: impl FnMut(T) -> bool) -> bool {
        self.ends.are_sound(self.items.len()) && self.items.iter().all(is_item)
    }

    pub fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        blocks.push(self.items.bytes());
        self.ends.put(blocks);
    }

    pub fn take(blocks: &mut Blocks) -> Option<Self> {
        Some(PackedLists { items: blocks.numbers()?, ends: Ends::take(blocks)? })
    }
}

impl<T: Number> From<&Lists<T>> for PackedLists<T> {
    fn from(lists: &Lists<T>) -> Self {
        PackedLists { items: lists.items.iter().copied().collect(), ends: lists.ends.iter().copied().collect() }
    }
}
