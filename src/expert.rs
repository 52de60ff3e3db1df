//! Experts: whoever answers a leaf of the plan.
//!
//! An expert is blocking: it sits on a thread of its own (see `engine::lane`), takes one ask at a time, or several that it
//! carries together ([`Several`]), streams what it has into a [`Sink`], and looks at its [`Control`] after every token. It knows nothing of plans or screens.

#[cfg(feature = "candle")]
pub mod candle;
pub mod card;
pub mod control;
pub mod prefix;
pub mod roster;
pub mod schema;
pub mod scripted;
pub mod server;
pub mod symbolic;

pub use control::{Control, Flow};

use crate::{
    ask::{Answer, Ask, Token},
    ids::CallId,
};

/// Answers asks, one at a time. Adding one means one file that implements this.
pub trait Expert: Send {
    /// Works until the answer is whole, the control says cancel, or it fails.
    ///
    /// A cancelled ask is an `Ok` answer with what was there by then and `Finish::Cancelled`.
    fn answer(&mut self, ask: &Ask, sink: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError>;

    /// The expert as one that carries several asks at once, if it can.
    fn several(&mut self) -> Option<&mut dyn Several> {
        None
    }
}

/// An expert that carries several asks together, a little further with every call: what they have in common is done
/// once.
pub trait Several {
    /// Takes an ask up.
    fn admit(&mut self, call: CallId, ask: &Ask, sink: Box<dyn Sink>, control: Control);

    /// Carries all of them one token further, or a piece of a prompt; returns those that ended.
    fn advance(&mut self) -> Vec<(CallId, Result<Answer, ExpertError>)>;

    /// How much there is to do.
    fn load(&self) -> Load;

    /// Forgets all asks.
    fn abandon(&mut self);
}

/// What [`Several::advance`] would find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    Nothing,
    /// All asks are paused.
    Paused,
    Work,
}

/// Where an expert pours what it has before it is done.
pub trait Sink: Send {
    /// Newly generated tokens, in order. No token at all means that none will come for a while: what is held back is
    /// handed on.
    fn tokens(&mut self, tokens: &[Token]);
    /// Prompt tokens computed so far, of how many.
    fn prefill(&mut self, done: usize, total: usize);
    /// Nothing is done for the call at the moment, and why; empty when that is over.
    fn waits(&mut self, _why: &str) {}
}

/// A sink for callers that only want the answer.
impl Sink for () {
    fn tokens(&mut self, _: &[Token]) {}
    fn prefill(&mut self, _: usize, _: usize) {}
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn tokens(&mut self, tokens: &[Token]) {
        (**self).tokens(tokens);
    }
    fn prefill(&mut self, done: usize, total: usize) {
        (**self).prefill(done, total);
    }
    fn waits(&mut self, why: &str) {
        (**self).waits(why);
    }
}

/// What has to stand behind a prompt, in words: where an answer goes on from a given text, that counts.
fn behind(room: usize) -> String {
    if room < 2 { String::new() } else { format!(" and what has to stand behind it {room}") }
}

fn which(room: usize) -> &'static str {
    if room < 2 { "the task or its inputs" } else { "the text that the answer begins with, or the task" }
}

/// Why an expert could not answer. The words are for the person at the screen: what, where, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpertError {
    /// The question is not one this expert can answer; asking again changes nothing.
    #[error("{0}")]
    Question(String),
    /// The prompt with the room for its answer is longer than the model's context.
    #[error("the prompt has {prompt} tokens{}, the model's context holds {context}: shorten {}", behind(*room), which(*room))]
    TooLong { prompt: usize, room: usize, context: usize },
    /// The grammar of the ask is not a regular expression, or is too large.
    #[error("the grammar of this ask can not be used: {0}")]
    Grammar(String),
    /// The model produced something no rule allows (NaN logits, say).
    #[error("the model failed: {0}")]
    Model(String),
    /// Nobody can serve this kind of request now.
    #[error("{0}")]
    Missing(String),
}
