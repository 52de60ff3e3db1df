//! The language model as an expert: text in, text out. Joins vocabulary, template, grammars and the model itself.

use super::{
    generate::{Allowed, Constraint, Job, Rules, Tokens},
    gguf::GgufFile,
    grammar::{Allowed as Open, Grammars, Guide},
    model::LanguageModel,
    template::Template,
    vocabulary::Vocabulary,
};
use crate::{
    ask::{Answer, Ask, Finish, Generate, Prompt, Request},
    expert::{Control, Expert, ExpertError, Sink},
};
use std::path::Path;

/// Serves `Generate` and `Score` asks.
pub struct LanguageExpert {
    model: LanguageModel,
    vocabulary: Vocabulary,
    template: Template,
    grammars: Grammars,
}

impl LanguageExpert {
    /// Opens, checks and loads a GGUF file with its tokenizer and chat template. `progress` gets 0 to 1.
    pub fn load(path: &Path, progress: &mut dyn FnMut(f32)) -> Result<LanguageExpert, ExpertError> {
        let fault = |what: &dyn std::fmt::Display| ExpertError::Model(format!("{}: {what}", path.display()));
        let mut file = GgufFile::open(path).map_err(|error| fault(&error))?;
        let vocabulary = Vocabulary::from_gguf(&file.content).map_err(|error| fault(&error))?;
        let template = Template::from_gguf(&file.content, &vocabulary).map_err(|error| fault(&error))?;
        let model = LanguageModel::from_file(&mut file, None, progress).map_err(|error| fault(&error))?;
        let grammars = Grammars::new(&vocabulary);
        Ok(LanguageExpert { model, vocabulary, template, grammars })
    }

    /// Architecture, quantisation, context and the instructions in use, in a line.
    pub fn about(&self) -> String {
        let header = self.model.header();
        let (machine, threads) = self.model.machine();
        let warning = self.vocabulary.warning().map(|warning| format!("; {warning}")).unwrap_or_default();
        format!(
            "{} {}, {} M weights, context {}, {machine} on {threads} threads{warning}",
            header.architecture,
            header.quantisation,
            header.parameters / 1_000_000,
            header.context_length
        )
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

    fn generate(
        &mut self,
        ask: &Generate,
        sink: &mut dyn Sink,
        control: &Control,
    ) -> Result<Answer, ExpertError> {
        let prompt = self.tokens_of(&ask.prompt)?;
        let mut guide = match &ask.grammar {
            None => None,
            Some(pattern) => {
                let grammar =
                    self.grammars.get(pattern).map_err(|error| ExpertError::Grammar(error.to_string()))?;
                let guide = grammar.guide();
                Some(Guided { open: guide.allowed(), guide })
            }
        };
        let rules = Rules { sampling: ask.sampling, max_tokens: ask.max_tokens, stop: &ask.stop };
        let constraint = guide.as_mut().map(|guide| guide as &mut dyn Constraint);
        self.model.generate(Job { prompt: &prompt, rules, constraint, sink, control }, &self.vocabulary)
    }
}

impl Expert for LanguageExpert {
    fn answer(&mut self, ask: &Ask, sink: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError> {
        match &ask.request {
            Request::Generate(generate) => self.generate(generate, sink, control),
            Request::Score { prompt, continuations } => {
                let prompt = self.tokens_of(prompt)?;
                let continuations: Vec<Vec<u32>> =
                    continuations.iter().map(|text| self.vocabulary.encode(text, false)).collect();
                let answer = self.model.score(&prompt, &continuations, sink, control)?;
                if control.is_cancelled() {
                    return Ok(Answer { finish: Finish::Cancelled, ..answer });
                }
                Ok(answer)
            }
            Request::Similar { .. }
            | Request::Embed { .. }
            | Request::Compute { .. }
            | Request::Person { .. } => Err(ExpertError::Missing(
                "the language model writes and scores text, nothing else".to_owned(),
            )),
        }
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
}

impl Constraint for Guided {
    fn allowed(&mut self) -> Allowed<'_> {
        let forced = self.guide.forced();
        if !forced.is_empty() {
            return Allowed::Forced(forced);
        }
        self.open = self.guide.allowed();
        Allowed::Tokens { mask: self.open.tokens.words(), end: self.open.end }
    }

    fn advance(&mut self, token: u32) {
        self.guide.advance(token);
    }
}
