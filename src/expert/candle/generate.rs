//! One generation: what it is to do, and its state between two forward passes.
//!
//! `model` carries many of them through the same passes. A generation decides which tokens to feed next and what the
//! logits that come back mean; it knows nothing of layers or threads.

mod constraint;
mod guess;
mod text;

use std::time::Instant;

use super::cache::Cache;
use super::kernels::Level;
use super::network::Row;
use super::sampler::{Place, Sampler, SamplerError};
use crate::ask::{Answer, Finish, Sampling, Token, Usage};
use crate::expert::{Control, ExpertError, Flow, Sink};
use constraint::set_bits;
pub use constraint::{Allowed, Constraint};
use guess::Guesses;
use text::Text;

/// What a generation must know of the vocabulary.
pub trait Tokens {
    /// How many there are; the model may have logits for more.
    fn count(&self) -> usize;
    /// What a token adds to the text: maybe nothing, maybe half a character.
    fn bytes(&self, token: u32) -> &[u8];
    /// The tokens with which the model ends its answer.
    fn end_tokens(&self) -> &[u32];
}

/// How a generation draws and when it ends.
#[derive(Clone, Debug)]
pub struct Rules {
    pub sampling: Sampling,
    pub max_tokens: u32,
    /// The answer ends before the first of these.
    pub stop: Vec<String>,
}

/// A generation to be done.
pub struct Job<'a> {
    pub prompt: Vec<u32>,
    /// The first tokens of the answer, decided before; the constraint has been told of them.
    pub start: Vec<u32>,
    pub rules: Rules,
    pub constraint: Option<Box<dyn Constraint + 'a>>,
    pub sink: Box<dyn Sink + 'a>,
    pub control: Control,
}

/// A job on its way.
pub(super) struct Generation<'a> {
    job: Job<'a>,
    sampler: Sampler,
    level: Level,
    context: usize,
    /// The prompt and everything that was decided since. The cache holds the first of these.
    pub(super) sequence: Vec<u32>,
    pub(super) cache: Cache,
    cached: usize,
    text: Text,
    /// Tokens that may follow the sequence, fed with it to be confirmed or cut off again.
    guesses: Guesses,
    /// The tokens of the answer; those that are decided but not told yet follow in `sequence`.
    told: Vec<Token>,
    logits: Vec<f32>,
    start: Instant,
    finish: Option<Finish>,
    paused: bool,
}

impl<'a> Generation<'a> {
    /// Starts from a cache that holds the beginning of the prompt, but not all of it.
    pub(super) fn new(
        mut job: Job<'a>,
        level: Level,
        context: usize,
        cache: Cache,
    ) -> Result<Generation<'a>, ExpertError> {
        let sampler =
            Sampler::new(job.rules.sampling).map_err(|why| ExpertError::Question(why.to_string()))?;
        let cached = cache.len();
        job.sink.prefill(cached, job.prompt.len());
        let mut generation = Generation {
            sequence: [&job.prompt[..], &job.start].concat(),
            text: Text::new(std::mem::take(&mut job.rules.stop)),
            finish: (job.rules.max_tokens == 0).then_some(Finish::Length),
            paused: false,
            guesses: Guesses::default(),
            job,
            sampler,
            level,
            context,
            cache,
            cached,
            told: Vec::new(),
            logits: Vec::new(),
            start: Instant::now(),
        };
        generation.look_at_control();
        Ok(generation)
    }

    /// Stands still while paused; ends if it was cancelled.
    pub(super) fn look_at_control(&mut self) {
        let flow = self.job.control.now();
        if flow.is_none() && !self.paused {
            // Who pauses reads what is there, to the last token.
            self.job.sink.tokens(&[]);
        }
        self.paused = flow.is_none();
        if self.finish.is_none() && flow == Some(Flow::Cancel) {
            self.finish = Some(Finish::Cancelled);
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused && self.finish.is_none()
    }

    /// Blocks while the generation is paused.
    pub(super) fn wait(&self) {
        self.job.control.checkpoint();
    }

    /// Guesses how the sequence goes on, at most so many tokens, where one token is all there is to feed.
    pub(super) fn guess(&mut self, most: usize) {
        let room = (self.job.rules.max_tokens as usize).saturating_sub(self.told.len() + 1);
        let room = room.min(self.context.saturating_sub(self.sequence.len() + 1));
        if self.finish.is_none() && !self.paused && self.cache.len() + 1 == self.sequence.len() {
            self.guesses.make(&self.sequence, most.min(room));
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Part of the prompt is still to be read.
    pub(super) fn is_reading(&self) -> bool {
        self.finish.is_none() && self.cache.len() < self.job.prompt.len()
    }

    /// The next tokens to be fed, at most `most`. Logits are wanted from the last token of the prompt on.
    pub(super) fn rows(&self, cache: usize, most: usize) -> impl Iterator<Item = Row> + '_ {
        let open = if self.is_finished() || self.paused { 0 } else { most };
        let fed = self.cache.len();
        let wants = move |place: usize| self.job.prompt.len() <= place + 1;
        let all = self.sequence.iter().chain(self.guesses.tokens());
        let next = all.enumerate().skip(fed).take(open);
        next.map(move |(place, &token)| Row { cache, token, logits: wants(place) })
    }

    /// So many of the rows were fed.
    pub(super) fn fed(&mut self, rows: usize) {
        let prompt = self.job.prompt.len();
        let done = self.cache.len();
        if done.saturating_sub(rows) < prompt {
            self.job.sink.prefill(done.min(prompt), prompt);
        }
    }

    /// Takes the logits after the token at `place`: they judge the token that follows, or decide it.
    /// What follows a wrong guess says nothing.
    pub(super) fn take(
        &mut self,
        place: usize,
        tokens: &dyn Tokens,
        read: impl FnOnce(&mut Vec<f32>),
    ) -> Result<(), ExpertError> {
        // Between the tokens of one pass, too: a run of right guesses does not outlive a cancel.
        if self.job.control.is_cancelled() {
            self.finish = self.finish.or(Some(Finish::Cancelled));
        }
        if self.is_finished() || !self.guesses.holds(place, &self.sequence) {
            return Ok(());
        }
        let mut logits = std::mem::take(&mut self.logits);
        read(&mut logits);
        let judged = Place::new(self.level, &logits).map_err(failed);
        let result = judged.and_then(|judged| match self.sequence.get(place + 1).copied() {
            Some(forced) => {
                self.tell(forced, &judged, true, tokens);
                Ok(())
            }
            None => self.decide(&judged, tokens),
        });
        self.logits = logits;
        result
    }

    /// Cuts off the guesses that were wrong; returns how many were made and how many were right.
    pub(super) fn settle(&mut self) -> (usize, usize) {
        let (made, right, length) = self.guesses.settle(&self.sequence);
        self.cache.truncate(length);
        (made, right)
    }

    /// Chooses the next token, or takes what the constraint forces.
    fn decide(&mut self, place: &Place<'_>, tokens: &dyn Tokens) -> Result<(), ExpertError> {
        let ends = tokens.end_tokens();
        let count = tokens.count();
        let sampler = &mut self.sampler;
        let (token, forced) = match self.job.constraint.as_mut().map(|c| c.allowed()) {
            None => (sampler.draw(place, 0..self::count(count)).map_err(failed)?, false),
            Some(Allowed::Forced(run)) => return self.force(&run, place, tokens),
            Some(Allowed::Tokens { mask, end }) => {
                let choices: u32 = mask.iter().map(|word| word.count_ones()).sum();
                if choices == 0 && end {
                    self.finish = Some(Finish::Stop);
                    return Ok(());
                }
                let ends = ends.iter().copied().filter(|_| end);
                let open = set_bits(mask).filter(|token| !tokens.end_tokens().contains(token)).chain(ends);
                (sampler.draw(place, open).map_err(failed)?, choices == 1 && !end)
            }
        };
        if ends.contains(&token) {
            self.finish = Some(Finish::Stop);
            return Ok(());
        }
        if let Some(constraint) = &mut self.job.constraint {
            constraint.advance(token);
        }
        self.sequence.push(token);
        self.tell(token, place, forced, tokens);
        Ok(())
    }

    /// Puts a forced run up for feeding in one pass; the first token is judged already.
    fn force(&mut self, run: &[u32], place: &Place<'_>, tokens: &dyn Tokens) -> Result<(), ExpertError> {
        let room = (self.job.rules.max_tokens as usize).saturating_sub(self.told.len());
        let run = &run[..run.len().min(room).min(self.context.saturating_sub(self.sequence.len()))];
        let Some(&first) = run.first() else {
            return Err(ExpertError::Grammar("it forces a token but names none".to_owned()));
        };
        if let Some(unknown) = run.iter().find(|token| tokens.count() <= **token as usize) {
            return Err(ExpertError::Grammar(format!("it forces token {unknown}, which does not exist")));
        }
        if let Some(constraint) = &mut self.job.constraint {
            run.iter().for_each(|&token| constraint.advance(token));
        }
        self.sequence.extend(run);
        self.tell(first, place, true, tokens);
        Ok(())
    }

    /// Adds a token to the answer and ends the generation if it is the last.
    fn tell(&mut self, token: u32, place: &Place<'_>, forced: bool, tokens: &dyn Tokens) {
        let text = self.text.push(tokens.bytes(token));
        let written = |token: u32| String::from_utf8_lossy(tokens.bytes(token)).into_owned();
        let alternatives = place.likeliest().into_iter().map(|(token, p)| (written(token), p)).collect();
        let token = Token { text, probability: place.probability(token), alternatives, forced };
        self.job.sink.tokens(std::slice::from_ref(&token));
        self.told.push(token);
        let full =
            self.told.len() >= self.job.rules.max_tokens as usize || self.context <= self.sequence.len();
        if self.text.is_stopped() {
            self.finish = Some(Finish::Stop);
        } else if full && self.told.len() + self.job.prompt.len() == self.sequence.len() {
            let whole = match self.job.constraint.as_mut().map(|c| c.allowed()) {
                Some(Allowed::Tokens { mask, end }) => end && mask.iter().all(|word| *word == 0),
                _ => false,
            };
            self.finish = Some(if whole { Finish::Stop } else { Finish::Length });
        }
    }

    /// The answer as far as it came.
    pub(super) fn answer(self) -> Answer {
        let usage = Usage {
            prompt_tokens: count(self.job.prompt.len()),
            cached_tokens: count(self.cached),
            output_tokens: count(self.told.len()),
            seconds: self.start.elapsed().as_secs_f64(),
        };
        let finish = self.finish.unwrap_or(Finish::Cancelled);
        Answer {
            text: self.text.finish(),
            scores: Vec::new(),
            tokens: self.told,
            usage,
            finish,
            ..Answer::default()
        }
    }
}

pub(super) fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

pub(super) fn failed(why: SamplerError) -> ExpertError {
    match why {
        SamplerError::NotFinite => ExpertError::Model(why.to_string()),
        SamplerError::NothingAllowed => {
            ExpertError::Grammar("no token of this model can continue the answer".to_owned())
        }
        SamplerError::Temperature(_) | SamplerError::TopP(_) => ExpertError::Question(why.to_string()),
    }
}
