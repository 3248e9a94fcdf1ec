//! A bounded memory of an endless pool: a random sample of its units.

use std::collections::BTreeMap;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rhetor::corpus::Example;

use crate::cli::Remarks;

/// Bytes of text that are kept, at most.
const MOST_BYTES: usize = 256 << 20;

/// Every unit draws a number, and those with the smallest stay, as many as there is room for: a simple random sample
/// without replacement, from a stream of any length (Vitter 1985; the form is bottom-k sampling, Cohen & Kaplan 2007).
pub(super) struct Sieve {
    at_most: usize,
    random: Pcg64Mcg,
    /// By the number drawn, and the running number.
    kept: BTreeMap<(u64, u64), Example>,
    bytes: usize,
    /// From here on nothing stays any more.
    ceiling: u64,
    seen: u64,
}

impl Sieve {
    pub fn new(at_most: u32, seed: u64) -> Self {
        let random = Pcg64Mcg::seed_from_u64(seed ^ 0x51E7E);
        Sieve { at_most: at_most as usize, random, kept: BTreeMap::new(), bytes: 0, ceiling: u64::MAX, seen: 0 }
    }

    /// A unit comes by; it is only made if it stays.
    pub fn offer(&mut self, unit: impl FnOnce() -> Example) {
        let drawn = self.random.next_u64();
        self.seen += 1;
        if drawn >= self.ceiling {
            return;
        }
        let unit = unit();
        self.bytes += unit.text.len();
        self.kept.insert((drawn, self.seen), unit);
        while self.kept.len() > self.at_most || (self.bytes > MOST_BYTES && self.kept.len() > 1) {
            let ((drawn, _), unit) = self.kept.pop_last().expect("more than one is kept");
            self.bytes -= unit.text.len();
            self.ceiling = drawn;
        }
    }

    /// The units that stayed, in the order in which they came; says so if not all did.
    pub fn remark(self, remarks: Remarks) -> Vec<Example> {
        let kept = self.kept.len();
        if (kept as u64) < self.seen {
            let seen = self.seen;
            remarks.say(format_args!(
                "the pool has {seen} units, of which {kept} drawn at random are looked at\nhint: --at-most sets how many"
            ));
        }
        let mut units: Vec<(u64, Example)> = self.kept.into_iter().map(|((_, at), unit)| (at, unit)).collect();
        units.sort_unstable_by_key(|(at, _)| *at);
        units.into_iter().map(|(_, unit)| unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Shared, When};

    fn quiet() -> Remarks {
        Remarks::new(&Shared { quiet: true, color: When::Never, threads: None })
    }

    #[test]
    fn of_a_long_stream_so_many_stay_in_their_order_and_early_ones_are_no_likelier() {
        let mut first_half = 0;
        for seed in 0..200 {
            let mut sieve = Sieve::new(10, seed);
            (0..100).for_each(|i| sieve.offer(|| Example::new(format!("{i:03}"), Vec::new())));
            let kept: Vec<String> = sieve.remark(quiet()).into_iter().map(|unit| unit.text).collect();
            assert!(kept.len() == 10 && kept.is_sorted());
            first_half += kept.iter().filter(|text| text.as_str() < "050").count();
        }
        // 1000 expected, standard deviation √(200 · 10 · ¼ · 90/99) = 21.
        assert!((900..1100).contains(&first_half), "{first_half}");
    }
}
