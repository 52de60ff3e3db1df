//! Learning from what a person said: vectors are asked for, a version is proposed, taken through the gate, rolled back.

use crate::{
    ask::{Answer, Ask, Request},
    engine::{Command, EMBEDDING, ModelState, Report, Which},
    ids::CallId,
    router::Knowledge,
    workbench::{
        Effect, State, Weight,
        learning::{self, Job, Proposal},
        lessons::lessons,
        review::{Page, Waiting},
    },
};
use std::sync::Arc;

/// Calls for vectors count down from here: they belong to no session.
const FIRST_CALL: u32 = u32::MAX;

/// Asks for vectors, for the map or to learn.
fn ask(state: &mut State, texts: Vec<String>, learn: bool) -> Vec<Effect> {
    match state.model(Which::Embedding) {
        ModelState::Ready { .. } | ModelState::Loading(_) => {}
        _ => {
            state.say(
                Weight::Warning,
                "this needs the embedding model: `plantern doctor` tells how to get it",
            );
            return vec![];
        }
    }
    let Some(review) = &mut state.review else { return vec![] };
    let call = CallId(review.waiting.as_ref().map_or(FIRST_CALL, |old| old.call.0 - 1));
    let request = Request::Embed { texts: texts.clone() };
    review.waiting = Some(Waiting { call, texts, learn });
    state.say(Weight::Info, "reading the tasks …");
    vec![Effect::Engine(Command::Ask { call, ask: Box::new(Ask::local("review", request)) })]
}

/// Vectors for the map, as far as they are missing.
pub(super) fn map(state: &mut State) -> Vec<Effect> {
    let Some(review) = &state.review else { return vec![] };
    let mut texts: Vec<String> = review
        .items
        .iter()
        .map(|item| item.text.clone())
        .filter(|text| !review.vectors.contains_key(text))
        .collect();
    texts.sort();
    texts.dedup();
    if texts.is_empty() { vec![] } else { ask(state, texts, false) }
}

/// Begins to learn from the corrections that are not learned yet.
pub(super) fn learn(state: &mut State) -> Vec<Effect> {
    let cards = state.tools.roster.cards();
    let Some(review) = &state.review else { return vec![] };
    let lessons = lessons(&review.reviews, &review.items, &state.tools.knowledge);
    if lessons.is_empty() {
        state.say(Weight::Info, "there is nothing new to learn: override a decision first");
        return vec![];
    }
    // Old vectors and new ones do not go into one version.
    let file = state.tools.files.get(EMBEDDING);
    if let Some(why) = state.tools.knowledge.is_of_another_model(file) {
        state.say(Weight::Warning, why);
        return vec![];
    }
    let mut texts = learning::texts(cards, &state.tools.knowledge, &lessons);
    texts.retain(|text| !review.vectors.contains_key(text));
    if texts.is_empty() {
        return propose(state);
    }
    ask(state, texts, true)
}

/// The engine speaks of a call of ours; `None` when it is another's.
pub(in crate::workbench::update) fn heard(state: &mut State, report: &Report) -> Option<Vec<Effect>> {
    let call = match report {
        Report::Done { call, .. } | Report::Failed { call, .. } | Report::Prefill { call, .. } => *call,
        _ => return None,
    };
    let review = state.review.as_mut()?;
    let waiting = review.waiting.clone().filter(|waiting| waiting.call == call)?;
    match report {
        Report::Done { answer: Answer { scores, .. }, .. } => {
            review.waiting = None;
            let width = scores.len() / waiting.texts.len().max(1);
            if 0 < width {
                let rows = scores.chunks(width).map(<[f32]>::to_vec);
                review.vectors.extend(waiting.texts.into_iter().zip(rows));
            }
            if waiting.learn {
                return Some(propose(state));
            }
            review.measure(state.tools.roster.cards(), &state.tools.knowledge);
            state.notice = None;
        }
        Report::Failed { why, .. } => {
            review.waiting = None;
            let why = why.clone();
            state.say(Weight::Error, why);
        }
        _ => {}
    }
    Some(vec![])
}

/// Has the next version made, off the thread of the screen.
fn propose(state: &mut State) -> Vec<Effect> {
    let cards = state.tools.roster.cards();
    let known = Arc::clone(&state.tools.knowledge);
    let Some(review) = &mut state.review else { return vec![] };
    let base = if known.is_empty() { learning::card_examples(cards, &review.vectors) } else { vec![] };
    let lessons = lessons(&review.reviews, &review.items, &known);
    let new = lessons.iter().filter_map(|one| one.example(&review.vectors)).collect();
    let number = review.newest.max(known.version) + 1;
    let seed = state.journal.session().settings.as_ref().map_or(0, |settings| settings.sampling.seed);
    review.learning = Some(number);
    review.page = Page::Learning;
    review.scroll = 0;
    let job = Job { cards: cards.to_vec(), known, base, new, seed, number };
    state.say(Weight::Info, "learning …");
    vec![Effect::Learn(Box::new(job))]
}

/// The version is made: shows what it would change. One that nobody waits for is dropped.
pub(in crate::workbench::update) fn learned(state: &mut State, proposal: Proposal) {
    let Some(review) = &mut state.review else { return };
    if review.learning != Some(proposal.knowledge.version) {
        return;
    }
    review.learning = None;
    let words = proposal.gate.words();
    review.proposal = Some(proposal);
    state.say(Weight::Info, words);
}

/// Takes the proposed version, if it passed.
pub(super) fn take(state: &mut State) -> Vec<Effect> {
    let Some(review) = &mut state.review else { return vec![] };
    let Some(proposal) = review.proposal.take() else { return vec![] };
    if !proposal.gate.passes() {
        let words = format!("not taken, as the gate {}: esc leaves it", proposal.gate.words());
        review.proposal = Some(proposal);
        state.say(Weight::Warning, words);
        return vec![];
    }
    let version = proposal.knowledge.version;
    review.newest = review.newest.max(version);
    let mut knowledge = proposal.knowledge;
    if let Some(file) = state.tools.files.get(EMBEDDING) {
        knowledge.embedding.clone_from(file);
    }
    let knowledge = Arc::new(knowledge);
    state.tools.knowledge = Arc::clone(&knowledge);
    review.table = None;
    review.measure(state.tools.roster.cards(), &knowledge);
    state.look();
    state.say(Weight::Info, format!("version {version} is in force; V goes back to the one before"));
    vec![Effect::StoreKnowledge(knowledge)]
}

/// Goes back to the version that this one was made from.
pub(super) fn rollback(state: &mut State) -> Vec<Effect> {
    let known = &state.tools.knowledge;
    if known.version == 0 {
        state.say(Weight::Info, "nothing learned is in force");
        return vec![];
    }
    vec![Effect::UseKnowledge(known.parent)]
}

/// Another version is in force.
pub(in crate::workbench::update) fn knows(state: &mut State, knowledge: Knowledge) -> Vec<Effect> {
    let words = match knowledge.version {
        0 => "nothing learned is in force: routers go by the cards".to_owned(),
        version => format!("version {version} is in force: {}", knowledge.note),
    };
    state.tools.knowledge = Arc::new(knowledge);
    if let Some(review) = &mut state.review {
        review.table = None;
        review.measure(state.tools.roster.cards(), &state.tools.knowledge);
    }
    state.look();
    state.say(Weight::Info, words);
    vec![]
}
