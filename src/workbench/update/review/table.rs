//! The table of categories: who answers which, changed by the person and put in force as a version of its own.

use crate::{
    router::Knowledge,
    workbench::{Action, Effect, State, Weight, review::TableDraft},
};
use std::sync::Arc;

/// Does what concerns the table; `false` for what means the same on every page.
pub(super) fn act(state: &mut State, action: Action) -> bool {
    use Action as A;
    let cards = state.tools.roster.cards();
    let knowledge = &state.tools.knowledge;
    let Some(review) = &mut state.review else { return false };
    let last = if knowledge.table.is_empty() { 0 } else { knowledge.table.len() };
    match action {
        A::Up => review.row = review.row.saturating_sub(1),
        A::Down => review.row = (review.row + 1).min(last),
        A::First => review.row = 0,
        A::Last => review.row = last,
        A::Left | A::Right if knowledge.table.is_empty() => {
            state.say(
                Weight::Info,
                "there are no categories yet: L learns from an override, `route train` from files",
            );
        }
        A::Left | A::Right => {
            let draft = review.table.get_or_insert_with(|| TableDraft::of(knowledge));
            let Some(expert) = draft.expert(review.row.min(last)) else { return true };
            let at = cards.iter().position(|card| card.name == *expert);
            let by = if action == A::Right { 1 } else { cards.len().saturating_sub(1) };
            if let Some(card) = cards.get(at.map_or(0, |at| (at + by) % cards.len().max(1))) {
                expert.clone_from(&card.name);
            }
            if draft.changed(knowledge) == 0 {
                review.table = None;
            }
        }
        A::Enter => {}
        A::Back | A::Quit if review.table.take().is_some() => {
            state.say(Weight::Info, "the table is as it was");
        }
        _ => return false,
    }
    true
}

/// Enter puts the changed table in force.
pub(super) fn taken(state: &mut State, action: Action) -> Vec<Effect> {
    let known = Arc::clone(&state.tools.knowledge);
    let Some(review) = &mut state.review else { return vec![] };
    if action != Action::Enter {
        return vec![];
    }
    let Some(draft) = review.table.take() else {
        state.say(Weight::Info, "nothing is changed: left and right choose another expert");
        return vec![];
    };
    let version = review.newest.max(known.version) + 1;
    review.newest = version;
    let after = Arc::new(retabled(&known, draft, version));
    let words = format!("version {version} is in force: {}; V goes back", after.note);
    state.tools.knowledge = Arc::clone(&after);
    if let Some(review) = &mut state.review {
        review.measure(state.tools.roster.cards(), &after);
    }
    state.look();
    state.say(Weight::Info, words);
    vec![Effect::StoreKnowledge(after)]
}

/// The next version: the same weights with another table.
pub fn retabled(known: &Knowledge, draft: TableDraft, version: u32) -> Knowledge {
    let mut told: Vec<String> = draft
        .table
        .iter()
        .filter(|(class, expert)| known.table.get(*class) != Some(expert))
        .map(|(class, expert)| format!("{class} to {expert}"))
        .collect();
    if draft.uncertain != known.uncertain {
        told.push(format!("what is uncertain to {}", draft.uncertain));
    }
    let more = told.len().saturating_sub(3);
    told.truncate(3);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let note = format!("table: {}{more}", told.join(", "));
    let mut after = known.clone();
    after.version = version;
    after.parent = known.version;
    after.note = note;
    after.table = draft.table;
    after.uncertain = draft.uncertain;
    after
}
