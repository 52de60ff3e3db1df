//! From logits to a token: probabilities as the model means them, then temperature, nucleus, mask and chance.
//!
//! Called by `generate` for each token. Knows nothing of text.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::kernels::Level;
use super::kernels::softmax::log_sum_exp;
use crate::ask::Sampling;

/// How many of the likeliest tokens are told with each choice.
pub const ALTERNATIVES: usize = 5;
/// A token e^-30 times as likely as the best is never drawn, whatever the temperature.
const HOPELESS: f32 = -30.0;

/// Why no token could be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SamplerError {
    #[error("its logits are not numbers; the model file is damaged or not for this program")]
    NotFinite,
    #[error("no token is allowed here")]
    NothingAllowed,
    #[error("the temperature is {0}: it must be a number from 0 to 100")]
    Temperature(f32),
    #[error("top_p is {0}: it must be above 0 and at most 1")]
    TopP(f32),
}

/// The logits at one place, with their normaliser.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    logits: &'a [f32],
    log_sum: f32,
}

impl<'a> Place<'a> {
    pub fn new(level: Level, logits: &'a [f32]) -> Result<Place<'a>, SamplerError> {
        let log_sum = log_sum_exp(level, logits).ok_or(SamplerError::NotFinite)?;
        Ok(Place { logits, log_sum })
    }

    /// Natural logarithm of the probability of a token at temperature 1; minus infinity for one that is not there.
    pub fn log_probability(&self, token: u32) -> f32 {
        self.logits.get(token as usize).map_or(f32::NEG_INFINITY, |logit| logit - self.log_sum)
    }

    pub fn probability(&self, token: u32) -> f32 {
        self.log_probability(token).exp().min(1.0)
    }

    /// The likeliest tokens and their probabilities, likeliest first; of equals the one with the smaller id.
    pub fn likeliest(&self) -> Vec<(u32, f32)> {
        let mut best: Vec<(u32, f32)> = Vec::with_capacity(ALTERNATIVES + 1);
        let mut bar = f32::NEG_INFINITY;
        for (token, &logit) in (0..).zip(self.logits) {
            if logit > bar {
                let at = best.partition_point(|other| other.1 >= logit);
                best.insert(at, (token, logit));
                best.truncate(ALTERNATIVES);
                if best.len() == ALTERNATIVES {
                    bar = best[ALTERNATIVES - 1].1;
                }
            }
        }
        best.into_iter().map(|(token, _)| (token, self.probability(token))).collect()
    }
}

/// Draws tokens; the same seed and the same places give the same tokens.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
}

impl Sampler {
    pub fn new(sampling: Sampling) -> Result<Sampler, SamplerError> {
        if !(0.0..=100.0).contains(&sampling.temperature) {
            return Err(SamplerError::Temperature(sampling.temperature));
        }
        if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
            return Err(SamplerError::TopP(sampling.top_p));
        }
        Ok(Sampler { sampling, random: ChaCha8Rng::seed_from_u64(sampling.seed) })
    }

    /// A token among those that are allowed.
    ///
    /// Source of `top_p`: "The Curious Case of Neural Text Degeneration" (Holtzman et al., 2020).
    pub fn draw(&mut self, place: &Place<'_>, allowed: &dyn Fn(u32) -> bool) -> Result<u32, SamplerError> {
        let open = || (0u32..).zip(place.logits).filter(|(token, _)| allowed(*token));
        let likelier = |best: (u32, f32), (token, &logit): (u32, &f32)| {
            if best.1 < logit { (token, logit) } else { best }
        };
        let (best, most) = open().fold((u32::MAX, f32::NEG_INFINITY), likelier);
        if best == u32::MAX {
            return Err(SamplerError::NothingAllowed);
        }
        let temperature = self.sampling.temperature;
        if temperature == 0.0 {
            return Ok(best);
        }
        let relative = |logit: f32| (logit - most) / temperature;
        let mut weights: Vec<(u32, f64)> = open()
            .filter(|(_, logit)| HOPELESS < relative(**logit))
            .map(|(token, &logit)| (token, f64::from(relative(logit)).exp()))
            .collect();
        if self.sampling.top_p < 1.0 {
            weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
            let enough = f64::from(self.sampling.top_p) * total;
            let mut sum = 0.0;
            let sums = weights.iter().map(|(_, weight)| {
                sum += weight;
                sum
            });
            let kept = sums.take_while(|&sum| sum < enough).count() + 1;
            weights.truncate(kept);
        }
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        // 53 random bits make a number from 0 up to, not including, 1.
        let mut left = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * total;
        for &(token, weight) in &weights {
            left -= weight;
            if left < 0.0 {
                return Ok(token);
            }
        }
        Ok(weights.last().map_or(best, |(token, _)| *token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draws(logits: &[f32], sampling: Sampling, allowed: &dyn Fn(u32) -> bool, count: usize) -> Vec<u32> {
        let place = Place::new(Level::best(), logits).unwrap();
        let mut sampler = Sampler::new(sampling).unwrap();
        (0..count).map(|_| sampler.draw(&place, allowed).unwrap()).collect()
    }

    fn at(temperature: f32, top_p: f32, seed: u64) -> Sampling {
        Sampling { temperature, top_p, seed }
    }

    const LOGITS: [f32; 4] = [0.0, 2.0, 1.0, 2.0];

    #[test]
    fn the_likeliest_comes_without_temperature_and_the_mask_holds() {
        let check = |allowed: fn(u32) -> bool, expected: u32| {
            assert_eq!(draws(&LOGITS, Sampling::default(), &allowed, 1), [expected]);
        };
        check(|_| true, 1);
        check(|token| token != 1, 3);
        check(|token| token == 0, 0);
        let place = Place::new(Level::best(), &LOGITS).unwrap();
        let none = Sampler::new(Sampling::default()).unwrap().draw(&place, &|_| false);
        assert_eq!(none, Err(SamplerError::NothingAllowed));
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let place = Place::new(Level::best(), &LOGITS).unwrap();
        let all = draws(&LOGITS, at(1.0, 1.0, 3), &|_| true, 20_000);
        for token in 0..4 {
            let share = all.iter().filter(|&&drawn| drawn == token).count() as f32 / 20_000.0;
            assert!((share - place.probability(token)).abs() < 0.015, "{token}: {share}");
        }
        // The two best make up 0.799 of the probability, the three best 0.94.
        let nucleus = draws(&LOGITS, at(1.0, 0.79, 3), &|_| true, 500);
        assert!(nucleus.iter().all(|token| [1, 3].contains(token)));
        let narrow = draws(&LOGITS, at(1.0, 0.001, 3), &|_| true, 50);
        assert!(narrow.iter().all(|&token| token == 1));
        let cold = draws(&LOGITS, at(0.01, 1.0, 3), &|token| token != 3, 50);
        assert!(cold.iter().all(|&token| token == 1));
    }

    #[test]
    fn places_tell_probabilities_and_alternatives() {
        let logits: Vec<f32> =
            (0..300).map(|i| if i % 7 == 0 { (i % 50) as f32 / 10.0 } else { 0.0 }).collect();
        let place = Place::new(Level::best(), &logits).unwrap();
        let all: f32 = (0..300).map(|token| place.probability(token)).sum();
        assert!((all - 1.0).abs() < 1e-4);
        assert_eq!(
            place.likeliest().iter().map(|(token, _)| *token).collect::<Vec<_>>(),
            [49, 98, 147, 196, 245]
        );
        assert_eq!(place.probability(300), 0.0);
    }

    #[test]
    fn bad_input_is_named() {
        let place = |logits: &[f32]| Place::new(Level::best(), logits).map(|_| ());
        assert_eq!(place(&[1.0, f32::NAN]), Err(SamplerError::NotFinite));
        assert_eq!(place(&[]), Err(SamplerError::NotFinite));
        for sampling in
            [at(-1.0, 1.0, 0), at(f32::NAN, 1.0, 0), at(1.0, 0.0, 0), at(1.0, 1.5, 0), at(1.0, f32::NAN, 0)]
        {
            assert!(Sampler::new(sampling).is_err(), "{sampling:?}");
        }
    }

    proptest! {
        #[test]
        fn the_same_seed_gives_the_same_tokens_and_the_mask_always_holds(
            logits in prop::collection::vec(-50f32..50.0, 1..200),
            temperature in 0f32..3.0,
            top_p in 0.01f32..=1.0,
            seed: u64,
            modulus in 1u32..5,
        ) {
            let allowed = |token: u32| token.is_multiple_of(modulus);
            let first = draws(&logits, at(temperature, top_p, seed), &allowed, 5);
            prop_assert_eq!(&first, &draws(&logits, at(temperature, top_p, seed), &allowed, 5));
            prop_assert!(first.iter().all(|&token| allowed(token) && (token as usize) < logits.len()));
        }
    }
}
