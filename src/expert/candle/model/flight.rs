//! Generations that go through the same passes, and may come and go at any pass: continuous batching.
//!
//! Source: "Orca: A Distributed Serving System for Transformer-Based Generative Models" (Yu et al., 2022).

use std::collections::VecDeque;

use super::{LanguageModel, Settings};
use crate::ask::Answer;
use crate::expert::ExpertError;
use crate::expert::candle::{
    cache::Cache,
    generate::{Generation, Job, Tokens},
    network::{ForwardError, Row},
};

/// A number by which the caller knows a job again.
pub(super) type Ticket = u32;

/// Jobs on their way through a model. Those that wait and those that run.
#[derive(Default)]
pub struct Flight<'a> {
    waiting: VecDeque<(Ticket, Job<'a>)>,
    running: Vec<(Ticket, Generation<'a>)>,
}

impl<'a> Flight<'a> {
    /// Adds a job; it begins with one of the next passes.
    pub fn push(&mut self, ticket: Ticket, job: Job<'a>) {
        self.waiting.push_back((ticket, job));
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Everything in it is paused: a pass would do nothing.
    pub fn is_held(&self) -> bool {
        self.waiting.is_empty() && self.running.iter().all(|(_, generation)| generation.is_paused())
    }

    /// The generation whose prompt is being read and agrees with this one for longer than is known of it, and for how long.
    fn reader_of(&self, prompt: &[u32], known: usize) -> Option<(&Generation<'a>, usize)> {
        let common = |other: &[u32]| other.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        self.running
            .iter()
            .map(|(_, generation)| generation)
            .filter(|generation| generation.is_reading() && !generation.is_paused())
            .map(|generation| (generation, common(&generation.sequence)))
            .filter(|(_, common)| known < *common)
            .max_by_key(|(_, common)| *common)
    }
}

impl LanguageModel {
    /// Continues the prompt. A cancelled generation is an answer with what was there by then.
    pub fn generate(&mut self, job: Job<'_>, tokens: &dyn Tokens) -> Result<Answer, ExpertError> {
        let missing = || Err(ExpertError::Model("no answer came back".to_owned()));
        self.generate_all(vec![job], tokens).pop().unwrap_or_else(missing)
    }

    /// Carries several generations to their ends; answers come in the order of the jobs.
    pub fn generate_all(
        &mut self,
        jobs: Vec<Job<'_>>,
        tokens: &dyn Tokens,
    ) -> Vec<Result<Answer, ExpertError>> {
        let mut answers: Vec<Option<Result<Answer, ExpertError>>> = jobs.iter().map(|_| None).collect();
        let mut flight = Flight::default();
        (0..).zip(jobs).for_each(|(ticket, job)| flight.push(ticket, job));
        while !flight.is_empty() {
            for (ticket, answer) in self.advance(&mut flight, tokens) {
                answers[ticket as usize] = Some(answer);
            }
            if let (true, Some((_, first))) = (flight.is_held(), flight.running.first()) {
                first.wait();
            }
        }
        answers.into_iter().flatten().collect()
    }

    /// One pass of all that is in flight; returns those that ended.
    ///
    /// A prompt that shares more with one that is being read than is known of it waits until what they share is read. Paused
    /// jobs stand still, the others go on.
    pub fn advance(
        &mut self,
        flight: &mut Flight<'_>,
        tokens: &dyn Tokens,
    ) -> Vec<(Ticket, Result<Answer, ExpertError>)> {
        let mut ended = vec![];
        let mut later = VecDeque::new();
        while let Some((ticket, job)) = flight.waiting.pop_front() {
            let known = self.prefixes.known(&job.prompt).min(job.prompt.len().saturating_sub(1));
            match flight.reader_of(&job.prompt, known) {
                Some((reader, common)) if reader.cache.len() < common => {
                    later.push_back((ticket, job));
                    continue;
                }
                Some((reader, _)) => self.prefixes.keep(&reader.sequence, &reader.cache),
                None => {}
            }
            match self.admit(job) {
                Ok(generation) => flight.running.push((ticket, generation)),
                Err(why) => ended.push((ticket, Err(why))),
            }
        }
        flight.waiting = later;
        let running = &mut flight.running;
        running.iter_mut().for_each(|(_, generation)| generation.look_at_control());
        let share = self.guesses / running.len().max(1);
        running.iter_mut().for_each(|(_, generation)| generation.guess(share));
        let failures = self.pass(running, tokens);
        // Backwards, so that removing does not move those still to be looked at.
        for (at, failure) in failures.into_iter().enumerate().rev() {
            if failure.is_none() && !running[at].1.is_finished() {
                continue;
            }
            let (ticket, generation) = running.remove(at);
            self.prefixes.keep(&generation.sequence, &generation.cache);
            ended.push((ticket, failure.map_or_else(|| Ok(generation.answer()), Err)));
        }
        ended
    }

    fn admit<'a>(&mut self, job: Job<'a>) -> Result<Generation<'a>, ExpertError> {
        self.check(&job.prompt, 1 + job.start.len())?;
        self.check_tokens(&job.start)?;
        let cache = self.known(&job.prompt);
        let Settings { context, .. } = *self.settings();
        Generation::new(job, self.level, context, cache)
    }

    /// One forward pass for all that run; tells which of them failed.
    fn pass(
        &mut self,
        running: &mut [(Ticket, Generation<'_>)],
        tokens: &dyn Tokens,
    ) -> Vec<Option<ExpertError>> {
        let mut failures: Vec<Option<ExpertError>> = running.iter().map(|_| None).collect();
        let mut rows: Vec<Row> = Vec::new();
        let mut places: Vec<usize> = Vec::new();
        // Prompts share the room of a pass, so that a cancel is felt as soon with many as with one.
        let readers = running.iter().filter(|(_, generation)| generation.is_reading()).count().max(1);
        for (at, (_, generation)) in running.iter().enumerate() {
            let before = rows.len();
            rows.extend(generation.rows(at, (self.network.chunk() / readers).max(8)));
            places.extend((0..rows.len() - before).map(|row| generation.cache.len() + row));
        }
        if rows.is_empty() {
            return failures;
        }
        self.work.passes += 1;
        self.work.rows += rows.len();
        let reading: Vec<bool> = running.iter().map(|(_, generation)| generation.is_reading()).collect();
        let mut caches: Vec<&mut Cache> =
            running.iter_mut().map(|(_, generation)| &mut generation.cache).collect();
        let logits = match self.network.forward(&mut caches, &rows) {
            Ok(logits) => logits,
            Err(why) => {
                if let ForwardError::Device(_) = why {
                    // Most likely its memory is full: what is remembered goes, so that the next call has room.
                    self.prefixes.clear();
                }
                return running.iter().map(|_| Some(ExpertError::Model(why.to_string()))).collect();
            }
        };
        for (at, (_, generation)) in running.iter_mut().enumerate() {
            generation.fed(rows.iter().filter(|row| row.cache == at).count());
        }
        let wanted = rows.iter().zip(&places).filter(|(row, _)| row.logits);
        for (index, (row, &place)) in wanted.enumerate() {
            let generation = &mut running[row.cache].1;
            let taken = generation.take(place, tokens, |out| logits.copy_row(index, out));
            if let (Err(why), None) = (taken, &failures[row.cache]) {
                failures[row.cache] = Some(why);
            }
        }
        for (was_reading, (_, generation)) in reading.into_iter().zip(running) {
            let (made, right) = generation.settle();
            self.work.guessed += made;
            self.work.right += right;
            if was_reading && !generation.is_reading() {
                self.prefixes.keep(&generation.sequence, &generation.cache);
            }
        }
        failures
    }
}
