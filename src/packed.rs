//! Numbers in the bytes of a model file, read where they lie: nothing is copied or turned round when a program starts.

use std::fmt::Debug;
use std::marker::PhantomData;

use bytes::Bytes;
use prefetch_index::prefetch_index;

/// A number as a model file holds it, little-endian.
pub trait Number: Copy + Debug + PartialEq {
    /// Bytes of one.
    const SIZE: usize;

    /// # Panics
    /// If there are not [`Number::SIZE`] bytes.
    fn read(bytes: &[u8]) -> Self;

    /// All numbers in the bytes; in this form the compiler sees that several can be read at once.
    fn each(bytes: &[u8]) -> impl ExactSizeIterator<Item = Self>;

    fn append(self, to: &mut Vec<u8>);
}

macro_rules! numbers {
    ($($kind:ty),*) => {
        $(impl Number for $kind {
            const SIZE: usize = size_of::<$kind>();

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                <$kind>::from_le_bytes(bytes.try_into().expect("as many bytes as the number has"))
            }

            #[inline]
            fn each(bytes: &[u8]) -> impl ExactSizeIterator<Item = Self> {
                bytes.as_chunks().0.iter().map(|bytes| <$kind>::from_le_bytes(*bytes))
            }

            fn append(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

numbers!(i8, i16, u8, u16, u32, u64, f32, f64);

/// Numbers in a row. Copies share their bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed<T> {
    bytes: Bytes,
    kind: PhantomData<T>,
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Packed { bytes: Bytes::new(), kind: PhantomData }
    }
}

impl<T: Number> Packed<T> {
    /// The numbers in these bytes; what is left over at the end makes up none.
    pub fn new(bytes: Bytes) -> Self {
        Packed { bytes, kind: PhantomData }
    }

    pub fn len(&self) -> usize {
        self.bytes.len() / T::SIZE
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// # Panics
    /// If there is no such number.
    #[inline]
    pub fn get(&self, at: usize) -> T {
        T::read(&self.bytes[at * T::SIZE..][..T::SIZE])
    }

    /// Some numbers that follow each other.
    ///
    /// # Panics
    /// If they are not all there.
    #[inline]
    pub fn run(&self, start: usize, length: usize) -> impl ExactSizeIterator<Item = T> + '_ {
        T::each(&self.bytes[start * T::SIZE..][..length * T::SIZE])
    }

    /// So many numbers from `start` on.
    ///
    /// # Panics
    /// If they are not all there.
    #[inline]
    pub fn array<const N: usize>(&self, start: usize) -> [T; N] {
        let bytes = &self.bytes[start * T::SIZE..][..N * T::SIZE];
        std::array::from_fn(|at| T::read(&bytes[at * T::SIZE..][..T::SIZE]))
    }

    /// Brings a number near that will soon be read.
    #[inline]
    pub fn prefetch(&self, at: usize) {
        prefetch_index(&self.bytes, at * T::SIZE);
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + '_ {
        self.run(0, self.len())
    }

    /// The bytes as a file has them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T: Number> FromIterator<T> for Packed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Self {
        let numbers = numbers.into_iter();
        let mut bytes = Vec::with_capacity(numbers.size_hint().0 * T::SIZE);
        numbers.for_each(|number| number.append(&mut bytes));
        Packed::new(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_and_little_endian() {
        let packed: Packed<i16> = [1, -2, 300].into_iter().collect();
        assert_eq!(packed.bytes(), [1, 0, 254, 255, 44, 1]);
        assert_eq!((packed.len(), packed.get(1), packed.run(1, 2).collect::<Vec<_>>()), (3, -2, vec![-2, 300]));
        assert_eq!(packed.array(1), [-2, 300]);
        assert_eq!(Packed::<u32>::new(Bytes::from_static(&[9, 0, 0, 0, 7])).iter().collect::<Vec<_>>(), [9]);
        assert!(Packed::<f32>::default().is_empty());
    }
}
