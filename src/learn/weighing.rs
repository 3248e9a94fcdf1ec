//! Units that count more or less than others, told by a column: `part=sentence:0.5` halves what each unit of that part weighs in the fit.

use std::fmt;
use std::str::FromStr;

use crate::corpus::Example;

/// Units whose `column` has this `value` weigh `factor` times what they would.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighing {
    pub column: String,
    pub value: String,
    factor: f64,
}

impl FromStr for Weighing {
    type Err = String;

    /// `COLUMN=VALUE:FACTOR`; the last colon counts, so that a value may hold one.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("{text:?} is not of the form COLUMN=VALUE:FACTOR, such as part=sentence:0.5");
        let (units, factor) = text.rsplit_once(':').ok_or_else(form)?;
        let (column, value) = units.split_once('=').filter(|(column, _)| !column.is_empty()).ok_or_else(form)?;
        match factor.parse() {
            Ok(number) if f64::is_finite(number) && number > 0.0 => {
                Ok(Weighing { column: column.into(), value: value.into(), factor: number })
            }
            _ => Err(format!("{factor:?} is no positive number to weigh units by")),
        }
    }
}

impl fmt::Display for Weighing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}:{}", self.column, self.value, self.factor)
    }
}

impl Weighing {
    fn holds(&self, example: &Example) -> bool {
        example.says(&self.column, &self.value)
    }
}

/// What each unit weighs in the fit: its own weight times the factor of each weighing that holds for it.
pub(crate) fn weights(examples: &[&Example], weighings: &[Weighing]) -> Vec<f64> {
    let factors = |example: &Example| -> f64 {
        weighings.iter().filter(|weighing| weighing.holds(example)).map(|weighing| weighing.factor).product()
    };
    examples.iter().map(|example| example.weight * factors(example)).collect()
}

/// A warning for each weighing that holds for no unit.
pub(crate) fn warnings(examples: &[&Example], weighings: &[Weighing]) -> Vec<String> {
    let idle = weighings.iter().filter(|weighing| !examples.iter().any(|example| weighing.holds(example)));
    idle.map(|idle| format!("no unit has {} = {}, so {idle} weighs nothing", idle.column, idle.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_weighing_that_is_none_is_refused() {
        for text in [
            "part",
            "part=sentence",
            "part:2",
            "=sentence:2",
            "part=sentence:",
            "part=sentence:0",
            "part=sentence:-1",
            "a=b:inf",
        ] {
            assert!(text.parse::<Weighing>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_may_hold_an_equals_sign_or_a_colon() {
        let weighing: Weighing = "url=http://a?b=c:0.5".parse().unwrap();
        assert_eq!((&weighing.column[..], &weighing.value[..], weighing.factor), ("url", "http://a?b=c", 0.5));
    }

    proptest! {
        #[test]
        fn a_weighing_is_read_as_it_is_printed(column in "[^=:]{1,8}", value in ".{0,8}", factor in 1e-6..1e6f64) {
            let weighing = Weighing { column, value, factor };
            prop_assert_eq!(weighing.to_string().parse::<Weighing>(), Ok(weighing));
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in ".{0,30}") {
            if let Ok(weighing) = text.parse::<Weighing>() {
                prop_assert_eq!(weighing.to_string().parse::<Weighing>(), Ok(weighing));
            }
        }
    }
}
