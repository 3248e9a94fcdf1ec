//! From log-odds to probabilities.

/// Turns log-odds into probabilities that sum to one, and returns `ln Σ e^z`.
pub fn softmax(scores: &mut [f64]) -> f64 {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = libm::exp(*score - top);
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
    top + libm::log(sum)
}

/// `1/(1 + e^−z)`: the probability of a score in log-odds.
pub fn sigmoid(score: f64) -> f64 {
    let small = libm::exp(-score.abs());
    if score >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_by_hand() {
        let mut scores = [0.0, libm::log(3.0)];
        assert!((softmax(&mut scores) - libm::log(4.0)).abs() < 1e-15);
        assert!((scores[1] - 0.75).abs() < 1e-15);
    }
}
