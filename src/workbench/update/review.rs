//! The review screen: looking through decisions, saying what one thinks of them. Learning from it is in `learn`.

mod learn;
mod table;

pub(super) use learn::{heard, knows, learned};
pub use table::retabled;

use super::{record_turn, typing};
use crate::{
    decision::Decision,
    ids::{Seq, TaskId},
    session::Event,
    workbench::{
        Action, Effect, Mode, RowId, SessionFile, State, Weight,
        buffer::Buffer,
        decisions::{self, Decided},
        ledger::{Review, Saying},
        mode::Purpose,
        review::{Page, Reviewing},
    },
};

/// After so many fresh ones an old one is mixed in, while blind.
const MIXED_IN: usize = 5;

/// What the shell found: decisions of other sessions, all reviews, the newest version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    pub decided: Vec<Decided>,
    pub reviews: Vec<Review>,
    pub newest: u32,
    /// Why nothing was found.
    pub trouble: Option<String>,
}

impl Gathered {
    /// Nothing could be read.
    pub fn failed(why: String) -> Gathered {
        Gathered { trouble: Some(why), ..Gathered::default() }
    }
}

/// The name under which this session stands in the ledger.
fn here(state: &State) -> String {
    match &state.file {
        SessionFile::At(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        _ => state.journal.session().title.clone(),
    }
}

/// Opens the screen on the decisions at hand; those of other sessions come when they are read.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let here = here(state);
    let mut review = state.review.take().map_or_else(Reviewing::default, |old| *old);
    review.items.retain(|item| item.session != here);
    let mut own = decisions::decisions(&here, &state.journal);
    own.append(&mut review.items);
    review.items = own;
    review.here = here;
    review.page = Page::Queue;
    review.line_up(state.tools.roster.cards());
    review.measure(state.tools.roster.cards(), &state.tools.knowledge);
    review.touched = false;
    let under_way = review.gathering.is_some();
    review.gathering.get_or_insert(state.now);
    state.review = Some(Box::new(review));
    state.mode = Mode::Review;
    show(state);
    if under_way { vec![] } else { vec![Effect::GatherReviews] }
}

/// The decisions of other sessions are there. What the person has said meanwhile stays, and what they look at stays on top.
pub(super) fn gathered(state: &mut State, found: Gathered) -> Vec<Effect> {
    let Some(review) = &mut state.review else { return vec![] };
    let since = review.gathering.take();
    if let Some(why) = found.trouble {
        state.say(Weight::Error, why);
        return vec![];
    }
    let name = |item: &Decided| (item.session.clone(), item.seq);
    let top = review.item().filter(|_| review.touched).map(name);
    let mixed_in = review.repeat.take().is_some();
    let here = review.here.clone();
    review.items.retain(|item| item.session == here);
    review.items.extend(found.decided.into_iter().filter(|item| item.session != here));
    let meanwhile = |one: &Review| since.is_some_and(|since| since <= one.at) && !found.reviews.contains(one);
    let said: Vec<Review> = review.reviews.iter().filter(|one| meanwhile(one)).cloned().collect();
    review.reviews = found.reviews;
    review.reviews.extend(said);
    review.newest = review.newest.max(found.newest);
    review.line_up(state.tools.roster.cards());
    review.measure(state.tools.roster.cards(), &state.tools.knowledge);
    let place = top.and_then(|top| review.items.iter().position(|item| name(item) == top));
    match place {
        Some(place) if mixed_in => review.repeat = Some(place),
        Some(place) if review.queue.contains(&place) => {
            review.queue.retain(|at| *at != place);
            review.queue.insert(0, place);
        }
        _ => show(state),
    }
    vec![]
}

/// Puts the cursor where the person looks first: on the router's choice, unless it is hidden.
fn show(state: &mut State) {
    let now = state.now;
    let Some(review) = &mut state.review else { return };
    let chosen = review.item().map(|item| item.decision.chosen.clone());
    let candidates = review.candidates(state.tools.roster.cards());
    let place = candidates.iter().position(|one| Some(&one.expert) == chosen.as_ref());
    review.cursor = if review.blind { 0 } else { place.unwrap_or(0) };
    review.since = now;
    review.reason.clear();
}

/// An action while the screen is open.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    use Action as A;
    let count = state.review.as_ref().map_or(0, |review| review.candidates(state.tools.roster.cards()).len());
    let Some(review) = &mut state.review else { return vec![] };
    review.touched = true;
    let queue = review.page == Page::Queue;
    if review.page == Page::Table && review.proposal.is_none() && table::act(state, action) {
        return table::taken(state, action);
    }
    let Some(review) = &mut state.review else { return vec![] };
    match action {
        A::Back | A::Quit if review.learning.take().is_some() => {
            state.say(Weight::Info, "not waited for: everything is as it was");
        }
        A::Back | A::Quit if review.proposal.is_some() => {
            review.proposal = None;
            state.say(Weight::Info, "not taken: everything is as it was");
        }
        A::Back | A::Quit | A::Review => state.mode = Mode::Browse,
        A::NextTab | A::PreviousTab => {
            review.page = review.page.turn(if action == A::NextTab { 1 } else { Page::ALL.len() - 1 });
            review.scroll = 0;
            if review.page == Page::Map {
                return learn::map(state);
            }
        }
        A::Up if queue => review.cursor = review.cursor.saturating_sub(1),
        A::Down if queue => review.cursor = (review.cursor + 1).min(count.saturating_sub(1)),
        A::First if queue => review.cursor = 0,
        A::Last if queue => review.cursor = count.saturating_sub(1),
        A::Up => review.scroll = review.scroll.saturating_sub(1),
        A::Down => review.scroll = (review.scroll + 1).min(10_000),
        A::Left | A::Right if queue => {
            let last = review.queue.len().saturating_sub(1);
            review.at =
                if action == A::Left { review.at.saturating_sub(1) } else { (review.at + 1).min(last) };
            review.repeat = None;
            show(state);
        }
        A::Enter if review.proposal.is_some() => return learn::take(state),
        A::ReviewAccept if queue && review.blind => {
            state.say(Weight::Warning, "the choice is hidden: choose an expert first, enter takes it");
        }
        A::ReviewAccept if queue => return say(state, Saying::Accept),
        A::Enter | A::ReviewOverride if queue => return say(state, Saying::Override),
        A::ReviewBothFine if queue => return say(state, Saying::BothFine),
        A::ReviewSkip if queue => return say(state, Saying::Skip),
        A::ReviewReason if queue => {
            let reason = review.reason.clone();
            typing::begin(state, Purpose::ReviewReason, Buffer::of(reason));
        }
        A::ReviewBlind => {
            review.blind = !review.blind;
            review.fresh = 0;
            let words = match review.blind {
                true => "blind: the router's choice is hidden, and old ones are mixed in",
                false => "the router's choice is shown",
            };
            show(state);
            state.say(Weight::Info, words);
        }
        A::ReviewOrder => {
            review.order = review.order.next();
            let words = review.order.word();
            review.line_up(state.tools.roster.cards());
            show(state);
            state.say(Weight::Info, words);
        }
        A::ReviewExport => {
            let statistics = review.statistics(&state.tools.knowledge);
            return vec![Effect::Export { json: statistics.json(), csv: statistics.csv() }];
        }
        A::ReviewLearn => return learn::learn(state),
        A::ReviewRollback => return learn::rollback(state),
        _ => state.say(
            Weight::Info,
            format!("`{}` does nothing here: tab shows more, esc goes back", action.title()),
        ),
    }
    vec![]
}

/// Writes down what the person thinks of the decision on top, and goes on to the next.
fn say(state: &mut State, saying: Saying) -> Vec<Effect> {
    let cards = state.tools.roster.cards();
    let Some(review) = &state.review else { return vec![] };
    let Some(item) = review.item().cloned() else {
        state.say(Weight::Info, "nothing is left to review: tab shows what came out");
        return vec![];
    };
    let under = review.candidates(cards).get(review.cursor).map(|one| one.expert.clone());
    let expert = match saying {
        Saying::Accept | Saying::Skip => item.decision.chosen.clone(),
        Saying::Override | Saying::BothFine | Saying::Preferred => under.unwrap_or_default(),
    };
    let same = expert == item.decision.chosen;
    if saying == Saying::BothFine && same && !review.blind {
        let words =
            format!("{expert} is the router's own choice: move to the other expert that is fine, too");
        state.say(Weight::Warning, words);
        return vec![];
    }
    // Choosing whom the router chose is to accept it.
    let saying = match saying {
        Saying::Override | Saying::BothFine if same => Saying::Accept,
        saying => saying,
    };
    let line = Review {
        session: item.session.clone(),
        seq: item.seq.0,
        task: item.text.clone(),
        router: item.decision.router.clone(),
        chosen: item.decision.chosen.clone(),
        confidence: item.decision.confidence,
        saying,
        expert: expert.clone(),
        reason: review.reason.clone(),
        blind: review.blind,
        repeat: review.repeat.is_some(),
        took: state.now.saturating_sub(review.since),
        at: state.now,
    };
    let mut effects = vec![];
    // In the session that is open the override takes effect at once.
    let mine = item.session == review.here && state.journal.session().plan.contains(item.task);
    if saying == Saying::Override && mine && !line.repeat {
        let reason = Some(line.reason.clone()).filter(|reason| !reason.is_empty());
        let decision = Decision {
            router: "person".to_owned(),
            chosen: expert.clone(),
            candidates: item.decision.candidates.clone(),
            confidence: 1.0,
            margin: 0.0,
            reason,
            version: None,
            threshold: None,
        };
        match record_turn(state, [Event::Routed { task: item.task, key: String::new(), decision }]) {
            Ok(written) => effects.extend(written),
            Err(error) => state.say(Weight::Error, error.to_string()),
        }
        state.ui.cursor = Some(RowId::task(item.task));
    }
    let told = match (saying, line.blind) {
        (Saying::Accept, true) => format!("you agree with the router: {}", item.decision.chosen),
        (Saying::Override, true) => format!("the router chose {}, you {expert}", item.decision.chosen),
        (Saying::Accept, false) => format!("accepted: {}", item.decision.chosen),
        (Saying::Override, false) => format!("{expert} in place of {}", item.decision.chosen),
        (Saying::BothFine, _) => format!("both are fine: {} and {expert}", item.decision.chosen),
        (Saying::Skip, _) => "skipped".to_owned(),
        (Saying::Preferred, _) => format!("{expert} kept over {}", item.decision.chosen),
    };
    let Some(review) = &mut state.review else { return effects };
    review.reviews.push(line.clone());
    review.measure(state.tools.roster.cards(), &state.tools.knowledge);
    if review.repeat.take().is_none() {
        review.at += 1;
        review.fresh += 1;
    }
    if review.blind && MIXED_IN <= review.fresh {
        review.fresh = 0;
        review.repeat = old_one(review);
    }
    effects.push(Effect::AppendReview(Box::new(line)));
    show(state);
    state.say(Weight::Info, told);
    effects
}

/// A decision that was reviewed some time ago and not mixed in yet.
fn old_one(review: &Reviewing) -> Option<usize> {
    let again: Vec<(&str, u32)> =
        review.reviews.iter().filter(|one| one.repeat).map(|one| (one.session.as_str(), one.seq)).collect();
    let old = review.reviews.iter().filter(|one| !one.repeat && one.judges());
    let old = old.map(|one| (one.session.as_str(), one.seq)).find(|one| !again.contains(one))?;
    review.items.iter().position(|item| (item.session.as_str(), item.seq.0) == old)
}

/// A person ran this task on two experts and keeps the answer of `kept`: writes the preference down, so that routers
/// can learn from it. Nothing in the plan changes; whoever calls it does that.
pub fn prefer(state: &mut State, task: TaskId, kept: &str, other: &str) -> Vec<Effect> {
    let seq = state.journal.head().unwrap_or(Seq(0));
    let text = state.journal.session().plan.text(task);
    let line = Review::preferred(&here(state), seq, &text, kept, other, state.now);
    if let Some(review) = &mut state.review {
        review.reviews.push(line.clone());
    }
    vec![Effect::AppendReview(Box::new(line))]
}

/// The reason that was typed; it goes with the next saying.
pub(super) fn take_reason(state: &mut State, text: &str) -> Vec<Effect> {
    state.mode = Mode::Review;
    if let Some(review) = &mut state.review {
        review.reason = text.trim().to_owned();
    }
    state.say(Weight::Info, "kept for the next saying");
    vec![]
}
