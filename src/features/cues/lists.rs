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
///
/// Most lists are short, so the ends of sixteen are counted from where the first of them begins, if all such counts fit in two bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ends {
    /// Where each sixteen lists begin; where each list ends, if there are no offsets.
    bases: Packed<u32>,
    offsets: Packed<u16>,
}

/// How many lists have a base in common.
const STEP: usize = 16;

impl Ends {
    pub fn len(&self) -> usize {
        if self.offsets.is_empty() { self.bases.len() } else { self.offsets.len() }
    }

    #[inline]
    fn end(&self, list: usize) -> usize {
        if self.offsets.is_empty() {
            self.bases.get(list) as usize
        } else {
            // Only in a damaged file can that be too much.
            (self.bases.get(list / STEP) as usize).wrapping_add(self.offsets.get(list).into())
        }
    }

    /// Where the items of a list stand among those of all.
    ///
    /// # Panics
    /// If there is no such list.
    #[inline]
    pub fn range(&self, list: usize) -> std::ops::Range<usize> {
        list.checked_sub(1).map_or(0, |before| self.end(before))..self.end(list)
    }

    /// Whether these are the ends of lists that take so many items, one after another: else they come from a damaged file.
    pub fn are_sound(&self, items: usize) -> bool {
        let bases = if self.offsets.is_empty() { self.len() } else { self.len().div_ceil(STEP) };
        self.bases.len() == bases && (0..self.len()).map(|list| self.end(list)).is_sorted() && {
            self.len().checked_sub(1).map_or(0, |last| self.end(last)) == items
        }
    }

    pub fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        blocks.extend([self.bases.bytes(), self.offsets.bytes()]);
    }

    pub fn take(blocks: &mut Blocks) -> Option<Self> {
        Some(Ends { bases: blocks.numbers()?, offsets: blocks.numbers()? })
    }
}

impl FromIterator<u32> for Ends {
    fn from_iter<I: IntoIterator<Item = u32>>(ends: I) -> Self {
        let ends: Vec<u32> = ends.into_iter().collect();
        let base = |list: usize| (list / STEP * STEP).checked_sub(1).map_or(0, |before| ends[before]);
        let offset = |list: usize| u16::try_from(ends[list] - base(list)).ok();
        match (0..ends.len()).map(offset).collect::<Option<Vec<u16>>>() {
            Some(offsets) => Ends {
                bases: (0..ends.len()).step_by(STEP).map(base).collect(),
                offsets: offsets.into_iter().collect(),
            },
            None => Ends { bases: ends.into_iter().collect(), offsets: Packed::default() },
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn survive(ends: &[u32]) -> Ends {
        let made: Ends = ends.iter().copied().collect();
        assert!(made.are_sound(ends.last().map_or(0, |end| *end as usize)) && !made.are_sound(7));
        let ranges: Vec<_> = (0..made.len()).map(|list| made.range(list)).collect();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let wanted: Vec<_> = starts.zip(ends).map(|(start, end)| start as usize..*end as usize).collect();
        assert_eq!(ranges, wanted);
        made
    }

    #[test]
    fn ends_of_short_lists_are_kept_in_two_bytes_and_all_are_found_again() {
        let short: Vec<u32> = (1..100).map(|list| list * list / 3).collect();
        assert_eq!(survive(&short).offsets.len(), 99);
        let long: Vec<u32> = (0..100).map(|list| list * 9000).collect();
        assert!(survive(&long).offsets.is_empty());
        survive(&[]);
        survive(&[0, 0, 5]);
    }

    #[test]
    fn ends_that_fall_or_have_no_base_are_refused() {
        let offsets = |offsets: &[u16]| offsets.iter().copied().collect::<Packed<u16>>();
        let bases = |bases: &[u32]| bases.iter().copied().collect::<Packed<u32>>();
        assert!(Ends { bases: bases(&[2]), offsets: offsets(&[1, 3]) }.are_sound(5));
        assert!(!Ends { bases: bases(&[]), offsets: offsets(&[1, 3]) }.are_sound(3));
        assert!(!Ends { bases: bases(&[0]), offsets: offsets(&[3, 1]) }.are_sound(1));
        assert!(!Ends { bases: bases(&[5, 4]), offsets: Packed::default() }.are_sound(4));
    }
}
