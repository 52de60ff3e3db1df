//! The language model as an expert: text in, text out. Joins vocabulary, template, grammars and the model itself.

use super::{
    adapter::Adapter,
    generate::{Allowed, Constraint, Job, Rules, Tokens, count},
    gguf::GgufFile,
    grammar::{Allowed as Open, GrammarError, Grammars, Guide},
    machine::Choice,
    model::{Flight, LanguageModel},
    template::Template,
    vocabulary::Vocabulary,
};
use crate::{
    ask::{Answer, Ask, Finish, Generate, Prompt, Request, Shape},
    expert::{Control, Expert, ExpertError, Load, Several, Sink, schema},
    ids::CallId,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Serves `Generate` and `Score` asks.
pub struct LanguageExpert {
    model: LanguageModel,
    vocabulary: Vocabulary,
    template: Template,
    grammars: Grammars,
    /// Matrices that adapters change.
    adapted: usize,
    flight: Flight<'static>,
    /// Those that ended when they were admitted.
    ended: Vec<(CallId, Result<Answer, ExpertError>)>,
}

impl LanguageExpert {
    /// Opens, checks and loads a GGUF file with its tokenizer and chat template, and the adapters that change it. `room` is told the bytes of memory that it
    /// will take, about, before anything large is read, and may refuse; `progress` gets 0 to 1.
    pub fn load(
        path: &Path,
        adapters: &[PathBuf],
        choice: Choice,
        room: &dyn Fn(u64) -> Result<(), String>,
        progress: &mut dyn FnMut(f32),
    ) -> Result<LanguageExpert, ExpertError> {
        let fault = |what: &dyn std::fmt::Display| ExpertError::Model(format!("{}: {what}", path.display()));
        let mut file = GgufFile::open(path).map_err(|error| fault(&error))?;
        let machine = choice.open().map_err(|why| fault(&why))?;
        room(machine.memory(&file.header)).map_err(|why| fault(&why))?;
        let vocabulary = Vocabulary::from_gguf(&file.content).map_err(|error| fault(&error))?;
        let template = Template::from_gguf(&file.content, &vocabulary).map_err(|error| fault(&error))?;
        let changes = Adapter::open_all(adapters, &file.header).map_err(ExpertError::Model)?;
        let model = LanguageModel::from_file(&mut file, &changes, &machine, progress);
        let model = model.map_err(|error| fault(&error))?;
        let grammars = Grammars::new(&vocabulary);
        Ok(LanguageExpert {
            model,
            vocabulary,
            template,
            grammars,
            adapted: changes.iter().map(Adapter::len).sum(),
            flight: Flight::default(),
            ended: Vec::new(),
        })
    }

    /// The model below: what it has done, and what it may remember and guess.
    pub fn model(&mut self) -> &mut LanguageModel {
        &mut self.model
    }

    /// Architecture, quantisation, context and the instructions in use, in a line.
    pub fn about(&self) -> String {
        let header = self.model.header();
        let machine = self.model.machine();
        let adapted = match self.adapted {
            0 => String::new(),
            count => format!(", {count} matrices changed by adapters"),
        };
        let warning = self.vocabulary.warning().map(|warning| format!("; {warning}")).unwrap_or_default();
        format!(
            "{} {}, {} M weights, context {}, {machine}{adapted}{warning}",
            header.architecture,
            header.quantisation,
            header.parameters / 1_000_000,
            header.context_length
        )
    }

    fn written(&self, token: u32) -> Vec<char> {
        String::from_utf8_lossy(self.vocabulary.bytes(token)).chars().collect()
    }

    fn tokens_of(&self, prompt: &Prompt) -> Result<Vec<u32>, ExpertError> {
        match prompt {
            Prompt::Raw(text) => Ok(self.vocabulary.prompt(text)),
            Prompt::Chat(turns) => self
                .template
                .encode(turns, true, &self.vocabulary)
                .map_err(|error| ExpertError::Model(format!("its chat template: {error}"))),
        }
    }

    fn job<'a>(
        &mut self,
        ask: &Generate,
        sink: Box<dyn Sink + 'a>,
        control: &Control,
    ) -> Result<Job<'a>, ExpertError> {
        let prompt = self.tokens_of(&ask.prompt)?;
        let start = self.vocabulary.encode(&ask.start, false);
        let constraint = match &ask.grammar {
            None => None,
            Some(shape) => {
                let pattern = schema::pattern_of(shape).map_err(ExpertError::Grammar)?;
                // An answer of such a shape that is cut is worth nothing.
                let whole = !matches!(shape, Shape::Pattern(_));
                let told = |error: GrammarError| match shape {
                    Shape::Pattern(_) => ExpertError::Grammar(error.to_string()),
                    _ => ExpertError::Grammar(format!("its schema or its choices: {error}")),
                };
                let grammar = self.grammars.get(&pattern).map_err(told)?;
                let mut guide = grammar.guide();
                if let Some(at) = start.iter().position(|&token| !guide.advance(token)) {
                    let fits: String = start[..at].iter().flat_map(|&token| self.written(token)).collect();
                    return Err(ExpertError::Grammar(format!(
                        "the answer is to begin with {:?}, which fits only up to {fits:?}: edit what follows",
                        ask.start
                    )));
                }
                let left = whole.then(|| ask.max_tokens.saturating_sub(count(start.len())));
                if let Some(left) = left.filter(|left| *left < guide.needs()) {
                    return Err(ExpertError::Question(format!(
                        "the shortest answer of the shape has up to {} tokens, the expert may write {left}: raise its \
                         max_tokens",
                        guide.needs()
                    )));
                }
                Some(Box::new(Guided { open: guide.allowed(), guide, left }) as Box<dyn Constraint>)
            }
        };
        let rules = Rules { sampling: ask.sampling, max_tokens: ask.max_tokens, stop: ask.stop.clone() };
        Ok(Job { prompt, start, rules, constraint, sink, control: control.clone() })
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[String],
        sink: &mut dyn Sink,
        control: &Control,
    ) -> Result<Answer, ExpertError> {
        let prompt = self.tokens_of(prompt)?;
        let continuations: Vec<Vec<u32>> =
            continuations.iter().map(|text| self.vocabulary.encode(text, false)).collect();
        let answer = self.model.score(&prompt, &continuations, sink, control)?;
        if control.is_cancelled() {
            return Ok(Answer { finish: Finish::Cancelled, ..answer });
        }
        Ok(answer)
    }
}

impl Expert for LanguageExpert {
    fn answer(&mut self, ask: &Ask, sink: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError> {
        match &ask.request {
            Request::Generate(generate) => {
                let job = self.job(generate, Box::new(sink), control)?;
                self.model.generate(job, &self.vocabulary)
            }
            Request::Score { prompt, continuations } => self.score(prompt, continuations, sink, control),
            Request::Similar { .. }
            | Request::Embed { .. }
            | Request::Compute { .. }
            | Request::Person { .. } => Err(ExpertError::Missing(
                "the language model writes and scores text, nothing else".to_owned(),
            )),
        }
    }

    fn several(&mut self) -> Option<&mut dyn Several> {
        Some(self)
    }
}

impl Several for LanguageExpert {
    fn admit(&mut self, call: CallId, ask: &Ask, mut sink: Box<dyn Sink>, control: Control) {
        let Request::Generate(generate) = &ask.request else {
            // Scores are one or two passes: they are made in between.
            let answer = self.answer(ask, &mut *sink, &control);
            self.ended.push((call, answer));
            return;
        };
        match self.job(generate, sink, &control) {
            Ok(job) => self.flight.push(call.0, job),
            Err(why) => self.ended.push((call, Err(why))),
        }
    }

    fn advance(&mut self) -> Vec<(CallId, Result<Answer, ExpertError>)> {
        let mut ended = std::mem::take(&mut self.ended);
        let done = self.model.advance(&mut self.flight, &self.vocabulary);
        ended.extend(done.into_iter().map(|(ticket, answer)| (CallId(ticket), answer)));
        ended
    }

    fn load(&self) -> Load {
        if !self.ended.is_empty() {
            Load::Work
        } else if self.flight.is_empty() {
            Load::Nothing
        } else if self.flight.is_held() {
            Load::Paused
        } else {
            Load::Work
        }
    }

    fn abandon(&mut self) {
        self.ended.clear();
        self.flight = Flight::default();
    }
}

impl Tokens for Vocabulary {
    fn count(&self) -> usize {
        self.len()
    }

    fn bytes(&self, token: u32) -> &[u8] {
        Vocabulary::bytes(self, token)
    }

    fn end_tokens(&self) -> &[u32] {
        Vocabulary::end_tokens(self)
    }
}

/// A grammar's guide as the model asks it: runs that nothing else can follow come as one batch.
struct Guided {
    guide: Guide,
    open: Open,
    /// Tokens that may still come, where the answer has to be whole by then.
    left: Option<u32>,
}

impl Constraint for Guided {
    fn allowed(&mut self) -> Allowed<'_> {
        let forced = match self.left {
            Some(left) => self.guide.forced_within(left),
            None => self.guide.forced(),
        };
        if !forced.is_empty() {
            return Allowed::Forced(forced);
        }
        self.open = self.guide.allowed();
        if let Some(narrow) = self.left.and_then(|left| self.guide.allowed_within(left)) {
            self.open.tokens = Arc::new(narrow);
        }
        Allowed::Tokens { mask: self.open.tokens.words(), end: self.open.end }
    }

    fn advance(&mut self, token: u32) {
        self.guide.advance(token);
        self.left = self.left.map(|left| left.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests;
