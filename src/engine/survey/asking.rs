//! The calls of a task as they would be by themselves, and as a person has amended them.

use super::{EMBEDDING, Tools, surveyor::Surveyor};
use crate::{
    ask::{
        Ask, Prompt, Turn,
        part::{self, Origin, Part},
    },
    decision::{ExpertCard, ExpertKind},
    engine::Which,
    expert::card,
    ids::TaskId,
    plan::{self, Draft, Operator},
    session::{Amendment, Outcome, Progress, Purpose},
};

/// One call that a task makes or would make.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    pub purpose: Purpose,
    /// Key of the ask as it would be by itself, first attempt: what an amendment is for.
    pub natural: String,
    /// The ask as it would be by itself.
    pub unchanged: Ask,
    pub amendment: Option<Amendment>,
    /// The ask as it is made.
    pub ask: Ask,
    /// Key of the ask as it is made: its call is found under it.
    pub key: String,
    /// Where the words of its prompt came from; joined, they are that prompt.
    pub parts: Vec<Part>,
}

/// Whether a person changed calls of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amendments {
    #[default]
    None,
    /// A call is made as the person wrote it.
    Hold,
    /// What the call is made from has changed since: it is made as it would be by itself.
    Lapsed,
}

impl Amendments {
    /// For rows and lists; nothing when there is nothing to say.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Amendments::None => None,
            Amendments::Hold => Some("amended"),
            Amendments::Lapsed => Some("amendment lapsed"),
        }
    }
}

/// The parts of the ask as it is made: what a person wrote in place of something is told apart.
fn with_amendment(parts: Vec<Part>, asking: &Asking) -> Vec<Part> {
    let whole = |turn: usize, text: &str| Part { origin: Origin::Person, turn, text: text.to_owned() };
    let Some(prompt) = asking.amendment.as_ref().and_then(|amendment| amendment.prompt.as_ref()) else {
        return parts;
    };
    match prompt {
        Prompt::Raw(text) => part::amended(parts, 0, text),
        Prompt::Chat(turns) => {
            let turn = |(at, turn): (usize, &Turn)| {
                let old: Vec<Part> = parts.iter().filter(|part| part.turn == at).cloned().collect();
                if old.is_empty() { vec![whole(at, &turn.text)] } else { part::amended(old, at, &turn.text) }
            };
            turns.iter().enumerate().flat_map(turn).collect()
        }
    }
}

/// Tells the task's own words from the answers in them.
fn split(parts: Vec<Part>, pieces: Option<Vec<(Option<usize>, String)>>) -> Vec<Part> {
    match pieces {
        Some(pieces) => part::split_task(parts, &pieces),
        None => parts,
    }
}

impl Tools {
    /// The file that an ask for a model of this machine goes to, if it is known.
    pub fn file_for(&self, ask: &Ask, model: &str) -> Option<&str> {
        let name = match Which::kind(ask)? {
            Which::Language => model,
            Which::Embedding => EMBEDDING,
        };
        self.files.get(name).map(String::as_str)
    }
}

impl Surveyor<'_> {
    /// The ask as the person wants it, if there is anything to want; the key that it would have by itself is found only
    /// where somebody needs it.
    pub(super) fn amend(
        &self,
        task: TaskId,
        purpose: Purpose,
        ask: Ask,
        natural: &dyn Fn(&Ask) -> String,
    ) -> Ask {
        let progress = self.session.progress(task);
        if progress.amended.is_empty() && !self.wants_moves {
            return ask;
        }
        let natural = natural(&ask);
        let found = progress.amended.iter().find(|one| one.purpose == purpose && one.key == natural);
        let amended = found.map_or_else(|| ask.clone(), |one| one.amendment.apply(&ask));
        let (mut hold, mut others) = self.amended.take();
        match found {
            Some(_) => hold.push(natural.clone()),
            None => others.push(purpose),
        }
        self.amended.replace((hold, others));
        if self.wants_moves {
            self.asks.borrow_mut().push(Asking {
                purpose,
                natural,
                unchanged: ask,
                amendment: found.map(|one| one.amendment.clone()),
                ask: amended.clone(),
                key: String::new(),
                parts: vec![],
            });
        }
        amended
    }

    /// The model's file of now, where the answer under this key came from another one. An answer that does not say which
    /// file it came from, and one whose file of now is not known, holds.
    pub(super) fn another_file(&self, ask: &Ask, model: &str, key: &str) -> Option<&str> {
        let now = self.tools.file_for(ask, model)?;
        let (Outcome::Answered(answer) | Outcome::Stopped(answer)) = &self.journal.call_for(key)?.outcome
        else {
            return None;
        };
        (!answer.file.is_empty() && answer.file != now).then_some(now)
    }

    /// The key under which the ask at hand is made.
    pub(super) fn made_under(&self, key: &str) {
        if let Some(last) = self.asks.borrow_mut().last_mut() {
            last.key = key.to_owned();
        }
    }

    /// Tells where the words of the ask at hand came from, if anybody wants to know.
    pub(super) fn came_from(&self, parts: impl FnOnce() -> Vec<Part>) {
        if !self.wants_moves {
            return;
        }
        if let Some(last) = self.asks.borrow_mut().last_mut() {
            last.parts = with_amendment(parts(), last);
        }
    }

    /// The text that the goal is about, for a card that sets it in.
    pub(super) fn context_for(&self, card: &ExpertCard) -> String {
        if card::wants_context(card) { self.session.plan.context() } else { String::new() }
    }

    /// The parts of what an expert is asked, for the question at this place.
    pub(super) fn parts_of_card(
        &self,
        card: &ExpertCard,
        draft: &Draft,
        at: usize,
        question: &str,
    ) -> Vec<Part> {
        let parts = match card.kind {
            ExpertKind::Prompt => card::parts(card, question, &self.context_for(card)),
            _ => vec![Part { origin: Origin::Task, turn: 0, text: question.to_owned() }],
        };
        let item = self.item(draft, at);
        let answer = |task: TaskId| self.session.answer(task).map(str::to_owned);
        let pieces = match card.kind {
            ExpertKind::Symbolic => plan::function_pieces(&draft.phrase, answer, item.as_deref()),
            _ => plan::fill_pieces(&draft.phrase, answer, item.as_deref()),
        };
        split(parts, pieces)
    }

    /// The item that the question at this place is about, for a projection.
    fn item(&self, draft: &Draft, at: usize) -> Option<String> {
        let (Operator::Project { over, .. }, first) = (draft.operator?, *draft.phrase.needs().first()?)
        else {
            return None;
        };
        plan::items(over, self.session.answer(first)?).into_iter().nth(at)
    }

    /// Tells the own words of a task that is decomposed from the answers in them.
    pub(super) fn split_goal(&self, parts: Vec<Part>, draft: &Draft) -> Vec<Part> {
        let answer = |task: TaskId| self.session.answer(task).map(str::to_owned);
        split(parts, plan::fill_pieces(&draft.phrase, answer, None))
    }

    /// How the amendments of a task stand after it was looked at. One for a proposal that was read has done its work.
    pub(super) fn amendments(&self, progress: &Progress) -> Amendments {
        let heard = self.amended.borrow();
        let lapsed = progress
            .amended
            .iter()
            .any(|one| !one.read && !heard.0.contains(&one.key) && heard.1.contains(&one.purpose));
        match (lapsed, progress.amended.is_empty()) {
            (true, _) => Amendments::Lapsed,
            (false, false) => Amendments::Hold,
            (false, true) => Amendments::None,
        }
    }
}
