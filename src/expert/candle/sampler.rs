//! From logits to a token: probabilities as the model means them, then temperature, nucleus, mask and chance.
//!
//! Called by `generate` for each token. Knows nothing of text.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::kernels::Level;
use super::kernels::softmax::{exponentials, log_sum_exp};
use crate::ask::Sampling;

/// How many of the likeliest tokens are told with each choice.
pub const ALTERNATIVES: usize = 5;
/// Tokens at least this likely, the best being 1, are sorted first: nearly always they are the nucleus.
const LIKELY: f32 = 1e-4;

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
    level: Level,
    logits: &'a [f32],
    log_sum: f32,
}

impl<'a> Place<'a> {
    pub fn new(level: Level, logits: &'a [f32]) -> Result<Place<'a>, SamplerError> {
        let log_sum = log_sum_exp(level, logits).ok_or(SamplerError::NotFinite)?;
        Ok(Place { level, logits, log_sum })
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
    /// The tokens to draw from and their weights, kept for their room.
    tokens: Vec<u32>,
    weights: Vec<f32>,
}

impl Sampler {
    pub fn new(sampling: Sampling) -> Result<Sampler, SamplerError> {
        if !(0.0..=100.0).contains(&sampling.temperature) {
            return Err(SamplerError::Temperature(sampling.temperature));
        }
        if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
            return Err(SamplerError::TopP(sampling.top_p));
        }
        let random = ChaCha8Rng::seed_from_u64(sampling.seed);
        Ok(Sampler { sampling, random, tokens: Vec::new(), weights: Vec::new() })
    }

    /// One of these tokens; those that the model does not have are passed over.
    ///
    /// Source of `top_p`: "The Curious Case of Neural Text Degeneration" (Holtzman et al., 2020).
    pub fn draw(
        &mut self,
        place: &Place<'_>,
        allowed: impl Iterator<Item = u32>,
    ) -> Result<u32, SamplerError> {
        let Sampling { temperature, top_p, .. } = self.sampling;
        self.tokens.clear();
        self.weights.clear();
        let (mut best, mut most) = (None, f32::NEG_INFINITY);
        for token in allowed {
            let Some(&logit) = place.logits.get(token as usize) else { continue };
            if most < logit {
                (best, most) = (Some(token), logit);
            }
            if 0.0 < temperature {
                self.tokens.push(token);
                self.weights.push(logit);
            }
        }
        let best = best.ok_or(SamplerError::NothingAllowed)?;
        if temperature == 0.0 {
            return Ok(best);
        }
        // A temperature next to nothing must not make the factor infinite: 0 times infinity is no number.
        exponentials(place.level, &mut self.weights, most, temperature.recip().min(1e30));
        let sum = |weights: &[f32]| weights.iter().copied().map(f64::from).sum::<f64>();
        if top_p < 1.0 {
            let enough = f64::from(top_p) * sum(&self.weights);
            self.keep_nucleus(enough);
        }
        // 53 random bits make a number from 0 up to, not including, 1.
        let chance = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let mut left = chance * sum(&self.weights);
        for (&token, &weight) in self.tokens.iter().zip(&self.weights) {
            left -= f64::from(weight);
            if left < 0.0 {
                return Ok(token);
            }
        }
        // Only rounding leads here.
        Ok(best)
    }

    /// Keeps the likeliest tokens, as few as have this weight together.
    fn keep_nucleus(&mut self, enough: f64) {
        let all = || self.tokens.iter().copied().zip(self.weights.iter().copied());
        let mut sorted: Vec<(u32, f32)> = all().filter(|(_, weight)| LIKELY <= *weight).collect();
        if sorted.iter().map(|(_, weight)| f64::from(*weight)).sum::<f64>() < enough {
            sorted = all().collect();
        }
        sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut sum = 0.0;
        let sums = sorted.iter().map(|(_, weight)| {
            sum += f64::from(*weight);
            sum
        });
        let kept = sums.take_while(|&sum| sum < enough).count() + 1;
        sorted.truncate(kept);
        (self.tokens, self.weights) = sorted.into_iter().unzip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draws(logits: &[f32], sampling: Sampling, allowed: &dyn Fn(u32) -> bool, count: usize) -> Vec<u32> {
        let place = Place::new(Level::best(), logits).unwrap();
        let mut sampler = Sampler::new(sampling).unwrap();
        (0..count).map(|_| sampler.draw(&place, (0..1000).filter(|&token| allowed(token))).unwrap()).collect()
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
        let none = Sampler::new(Sampling::default()).unwrap().draw(&place, [7, 8].into_iter());
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
        for temperature in [0.01, 1e-38] {
            let cold = draws(&LOGITS, at(temperature, 1.0, 3), &|token| token != 3, 50);
            assert!(cold.iter().all(|&token| token == 1));
        }
        // A flat distribution, where the nucleus is most of the tokens.
        let flat: Vec<f32> = (0..1000).map(|i| if i == 0 { 12.0 } else { 0.0 }).collect();
        let many = draws(&flat, at(1.3, 0.95, 3), &|_| true, 3000);
        assert!(many.iter().any(|&token| token > 0) && many.iter().all(|&token| token < 450));
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
