//! The language model as the lane uses it: generations and scores, several at once, over a cache of known prefixes.
//!
//! Owned by one thread. Speaks tokens; text comes in through [`Tokens`] only.

mod flight;

pub use flight::Flight;

use super::adapter::Adapter;
use super::cache::Cache;
use super::generate::{count, failed};
use super::gguf::{GgufError, GgufFile, Header};
use super::kernels::Level;
use super::machine::Machine;
use super::network::{ForwardError, Network, Row};
use super::prefixes::Prefixes;
use super::sampler::Place;
use super::settings::Settings;
use crate::ask::{Answer, Finish, Usage};
use crate::expert::{Control, ExpertError, Flow, Sink};

/// Rows that guesses may add to a pass, shared by all that run: beyond them arithmetic costs more than reading weights.
const GUESSES: usize = 16;

/// A loaded model with the prefixes it remembers.
pub struct LanguageModel {
    header: Header,
    network: Box<dyn Network>,
    /// Instructions for the arithmetic on logits.
    level: Level,
    prefixes: Prefixes,
    /// Rows of a pass that may be guesses; 0 for none.
    guesses: usize,
    work: Work,
}

/// What a model has done since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Forward passes for generations.
    pub passes: usize,
    /// Tokens that went through them.
    pub rows: usize,
    /// Tokens that were guessed, and those of them that were right.
    pub guessed: usize,
    pub right: usize,
}

impl LanguageModel {
    /// Loads a file that is open already, with adapters that were made for it. `progress` gets the part that is done, 0 to 1.
    pub fn from_file(
        file: &mut GgufFile,
        adapters: &[Adapter],
        machine: &Machine,
        progress: &mut dyn FnMut(f32),
    ) -> Result<LanguageModel, GgufError> {
        let network = machine.load(file, adapters, progress)?;
        let mut header = file.header.clone();
        header.tensors = Vec::new();
        Ok(LanguageModel {
            header,
            prefixes: Prefixes::new(network.prefix_bytes()),
            network,
            level: machine.level(),
            guesses: GUESSES,
            work: Work::default(),
        })
    }

    /// What the file said of itself; without its table of tensors.
    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn settings(&self) -> &Settings {
        self.network.settings()
    }

    /// What computes, in a few words.
    pub fn machine(&self) -> String {
        self.network.machine()
    }

    /// Bytes of the weights, and of the remembered prefixes.
    pub fn bytes(&self) -> (usize, usize) {
        (self.network.bytes(), self.prefixes.bytes())
    }

    /// Forgets all prefixes, or keeps at most this many bytes of them from now on.
    pub fn limit_prefixes(&mut self, bytes: usize) {
        self.prefixes = Prefixes::new(bytes);
    }

    /// Lets guesses take so many rows of a pass; 0 for none. Changes the speed and nothing else.
    pub fn limit_guesses(&mut self, rows: usize) {
        self.guesses = rows;
    }

    /// What it has done so far.
    pub fn work(&self) -> Work {
        self.work
    }

    /// The prompt must leave room for this many tokens of answer.
    fn check(&self, prompt: &[u32], room: usize) -> Result<(), ExpertError> {
        let context = self.settings().context;
        if prompt.is_empty() {
            return Err(ExpertError::Question(
                "the prompt is empty: write something for the model to read".to_owned(),
            ));
        }
        if context < prompt.len() + room {
            return Err(ExpertError::TooLong { prompt: prompt.len(), room, context });
        }
        self.check_tokens(prompt)
    }

    fn check_tokens(&self, tokens: &[u32]) -> Result<(), ExpertError> {
        let vocabulary = self.settings().vocabulary;
        match tokens.iter().find(|token| vocabulary <= **token as usize) {
            Some(&token) => Err(ExpertError::Model(ForwardError::Token { token, vocabulary }.to_string())),
            None => Ok(()),
        }
    }

    /// A cache with as much of the prompt as is known; its last token is always left, to give logits.
    fn known(&mut self, prompt: &[u32]) -> Cache {
        self.prefixes.take(prompt, prompt.len().saturating_sub(1)).unwrap_or_else(|| self.network.cache())
    }

    /// The log-probability of each continuation after the prompt: the sum over its tokens, 0 for none.
    ///
    /// The prompt is computed once. Cancelled, the answer has no scores.
    pub fn score(
        &mut self,
        prompt: &[u32],
        continuations: &[Vec<u32>],
        sink: &mut dyn Sink,
        control: &Control,
    ) -> Result<Answer, ExpertError> {
        let start = std::time::Instant::now();
        let longest = continuations.iter().map(Vec::len).max().unwrap_or(0);
        self.check(prompt, longest)?;
        continuations
            .iter()
            .filter(|tokens| !tokens.is_empty())
            .try_for_each(|tokens| self.check(tokens, 0))?;
        let (last, before) = (prompt[prompt.len() - 1], &prompt[..prompt.len() - 1]);
        let mut cache = self.known(prompt);
        let cached = cache.len();
        sink.prefill(cached, prompt.len());
        let mut cancelled = false;
        while cache.len() < before.len() && !cancelled {
            cancelled = control.checkpoint() == Flow::Cancel;
            let chunk = &before[cache.len()..before.len().min(cache.len() + self.network.chunk())];
            let rows: Vec<Row> = chunk.iter().map(|&token| Row { cache: 0, token, logits: false }).collect();
            self.network
                .forward(&mut [&mut cache], &rows)
                .map_err(|why| ExpertError::Model(why.to_string()))?;
            sink.prefill(cache.len(), prompt.len());
        }
        self.prefixes.keep(before, &cache);
        let scores = if cancelled { None } else { self.continue_all(&cache, last, continuations, control)? };
        sink.prefill(prompt.len(), prompt.len());
        let usage = Usage {
            prompt_tokens: count(prompt.len()),
            cached_tokens: count(cached),
            output_tokens: 0,
            seconds: start.elapsed().as_secs_f64(),
        };
        let finish = if scores.is_some() { Finish::Stop } else { Finish::Cancelled };
        Ok(Answer { scores: scores.unwrap_or_default(), usage, finish, ..Answer::default() })
    }

    /// Scores the continuations of a prompt that is in the cache but for its last token; `None` when cancelled.
    fn continue_all(
        &mut self,
        prompt: &Cache,
        last: u32,
        continuations: &[Vec<u32>],
        control: &Control,
    ) -> Result<Option<Vec<f32>>, ExpertError> {
        let mut scores = vec![0.0; continuations.len()];
        let mut caches = vec![prompt.clone(); continuations.len()];
        // Each token is judged by the logits after the one before it.
        let judged: Vec<(usize, u32, u32)> = continuations
            .iter()
            .enumerate()
            .flat_map(|(index, tokens)| {
                let before = std::iter::once(&last).chain(tokens);
                before.zip(tokens).map(move |(&before, &token)| (index, before, token))
            })
            .collect();
        let level = self.level;
        let mut logits = Vec::new();
        for judged in judged.chunks(self.network.chunk()) {
            if control.checkpoint() == Flow::Cancel {
                return Ok(None);
            }
            let (first, end) = (judged[0].0, judged[judged.len() - 1].0 + 1);
            let mut borrowed: Vec<&mut Cache> = caches[first..end].iter_mut().collect();
            let rows: Vec<Row> = judged
                .iter()
                .map(|&(index, token, _)| Row { cache: index - first, token, logits: true })
                .collect();
            let pass = self
                .network
                .forward(&mut borrowed, &rows)
                .map_err(|why| ExpertError::Model(why.to_string()))?;
            for (row, &(index, _, token)) in judged.iter().enumerate() {
                pass.copy_row(row, &mut logits);
                scores[index] += Place::new(level, &logits).map_err(failed)?.log_probability(token);
            }
            // Those that are done give their pages back.
            caches[first..end - 1].fill(prompt.clone());
        }
        Ok(Some(scores))
    }
}

#[cfg(test)]
mod tests;
