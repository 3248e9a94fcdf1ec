//! How sure we are of a share, and of the difference between two.

/// From the least to the most that it may be.
pub type Interval = (f64, f64);

/// The 97.5th percentile of the normal distribution.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Wilson's interval (1927) of a share of `units`, `z` standard errors to either side of its null: within 0 and 1, also for a share of 0. Nothing is known of no
/// units: from 0 to 1.
pub fn wilson(share: f64, units: f64, z: f64) -> Interval {
    let z2 = z * z / units;
    let centre = (share + z2 / 2.0) / (1.0 + z2);
    let reach = z / (1.0 + z2) * ((share * (1.0 - share) + z2 / 4.0) / units).max(0.0).sqrt();
    ((centre - reach).max(0.0), (centre + reach).min(1.0))
}

/// The 95% interval of `d = p₁ − p₀` for two independent shares, each with its units (Newcombe 1998, "Interval estimation for the difference between
/// independent proportions", method 10): from `d − √((p₁−l₁)² + (u₀−p₀)²)` to `d + √((u₁−p₁)² + (p₀−l₀)²)`, `l` and `u` Wilson's ends.
pub fn newcombe([(p0, n0), (p1, n1)]: [(f64, f64); 2]) -> Interval {
    let ((l0, u0), (l1, u1)) = (wilson(p0, n0, Z95), wilson(p1, n1, Z95));
    let d = p1 - p0;
    (d - (p1 - l1).hypot(u0 - p0), d + (u1 - p1).hypot(p0 - l0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_may_be_anything() {
        assert_eq!(wilson(0.5, 0.0, Z95), (0.0, 1.0));
        assert_eq!(wilson(f64::NAN, 0.0, Z95), (0.0, 1.0));
    }

    /// Contrast (a) of Newcombe's table II: 56 of 70 against 48 of 80 is 0.2, by method 10 from 0.0524 to 0.3339.
    #[test]
    fn the_interval_of_a_difference_is_that_of_the_paper() {
        let (low, high) = newcombe([(48.0 / 80.0, 80.0), (56.0 / 70.0, 70.0)]);
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
    }
}
