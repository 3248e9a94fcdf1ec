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

/// The first of these numbers that is not `below`: all before it are.
pub fn partition_point(numbers: std::ops::Range<usize>, below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (numbers.start, numbers.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if below(middle) { low = middle + 1 } else { high = middle }
    }
    low
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

    /// The last end, 0 if there are no lists: how many items all of them have.
    pub fn last(&self) -> usize {
        self.len().checked_sub(1).map_or(0, |last| self.end(last))
    }

    /// In which list an item stands.
    pub fn of(&self, item: usize) -> usize {
        partition_point(0..self.len(), |list| self.end(list) <= item)
    }

    /// Whether none comes before the one before it: else they come from a damaged file.
    pub fn rise(&self) -> bool {
        let bases = if self.offsets.is_empty() { self.len() } else { self.len().div_ceil(STEP) };
        self.bases.len() == bases && (0..self.len()).map(|list| self.end(list)).is_sorted()
    }

    /// Whether these are the ends of lists that take so many items, one after another.
    pub fn are_sound(&self, items: usize) -> bool {
        self.rise() && self.last() == items
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

/// Rows of items whose bytes stand one behind another.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    bytes: Bytes,
    ends: Ends,
}

impl Rows {
    /// Rows of items that `put` writes. They come row by row, each with the number of its row.
    pub fn new<T>(count: usize, items: impl Iterator<Item = (usize, T)>, put: impl Fn(T, &mut Vec<u8>)) -> Rows {
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(count));
        for (row, item) in items {
            ends.resize(row, bytes.len() as u32);
            put(item, &mut bytes);
        }
        ends.resize(count, bytes.len() as u32);
        Rows { bytes: bytes.into(), ends: ends.into_iter().collect() }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a row.
    pub fn of(&self, row: usize) -> &[u8] {
        &self.bytes[self.ends.range(row)]
    }

    pub fn are_sound(&self) -> bool {
        self.ends.are_sound(self.bytes.len())
    }

    pub fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        blocks.push(&self.bytes);
        self.ends.put(blocks);
    }

    pub fn take(blocks: &mut Blocks) -> Option<Rows> {
        Some(Rows { bytes: blocks.bytes()?, ends: Ends::take(blocks)? })
    }
}

/// Lists of rising numbers: of each stands how many it leaves out since the one before, which is mostly few.
#[derive(Clone, Debug, PartialEq)]
pub struct Rising(Rows);

impl Rising {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The numbers of a list.
    ///
    /// # Panics
    /// If there is no such list.
    pub fn of(&self, list: usize) -> impl Iterator<Item = u16> + '_ {
        let (mut bytes, mut next) = (self.0.of(list), 0u16);
        std::iter::from_fn(move || {
            let (left_out, rest) = postcard::take_from_bytes::<u16>(bytes).ok()?;
            bytes = rest;
            let number = next.wrapping_add(left_out);
            next = number.wrapping_add(1);
            Some(number)
        })
    }

    /// Whether the lists hold numbers below `bound`: else they come from a damaged file.
    pub fn are_sound(&self, bound: usize) -> bool {
        self.0.are_sound() && (0..self.len()).all(|list| self.of(list).all(|number| usize::from(number) < bound))
    }

    pub fn put<'a>(&'a self, blocks: &mut Vec<&'a [u8]>) {
        self.0.put(blocks);
    }

    pub fn take(blocks: &mut Blocks) -> Option<Self> {
        Rows::take(blocks).map(Rising)
    }
}

impl From<&Lists<u16>> for Rising {
    /// Each list must rise.
    fn from(lists: &Lists<u16>) -> Self {
        let left_out = |list: usize| {
            let before = std::iter::once(None).chain(lists.of(list).iter().copied().map(Some));
            let numbers = lists.of(list).iter().zip(before);
            numbers.map(move |(number, before)| (list, number - before.map_or(0, |before| before + 1)))
        };
        let put = |number: u16, to: &mut Vec<u8>| {
            *to = postcard::to_extend(&number, std::mem::take(to)).expect("a number can be written");
        };
        Rising(Rows::new(lists.len(), (0..lists.len()).flat_map(left_out), put))
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
        let ends = survive(&[0, 0, 5]);
        assert_eq!((0..5).map(|item| ends.of(item)).collect::<Vec<_>>(), [2; 5]);
        assert_eq!((0..40).map(|item| survive(&[1, 1, 40]).of(item)).filter(|list| *list == 0).count(), 1);
    }

    #[test]
    fn rising_numbers_come_back_and_none_is_too_large_unseen() {
        let mut lists = Lists::default();
        let all: [&[u16]; 4] = [&[0, 1, 200, 65_535], &[], &[65_535], &[7, 300]];
        all.iter().for_each(|list| lists.push(list.iter().copied()));
        let rising = Rising::from(&lists);
        assert!((0..4).all(|list| rising.of(list).eq(all[list].iter().copied())));
        assert!(rising.are_sound(65_536) && !rising.are_sound(65_535));
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
