//! Branches: forked, named, listed.

use super::{go, widest};
use crate::{
    ids::Seq,
    session::{
        Event,
        branches::{Branch, branches, read_label},
    },
    workbench::{
        Effect, State, Weight,
        buffer::Buffer,
        clock::clock,
        mode::Purpose,
        sheet::{Kind, Row, Sheet, Tone},
        update::{change, lineage, sheets, typing},
    },
};

/// Asks for the name of a new branch. Where it leaves from an earlier place, one goes there with the name and not before.
pub(in super::super) fn fork(state: &mut State, from: Option<Seq>) -> Vec<Effect> {
    typing::begin(state, Purpose::Fork(from), Buffer::default());
    vec![]
}

/// Asks for another name of a branch.
pub(in super::super) fn name(state: &mut State, tip: Seq) -> Vec<Effect> {
    let found = branches(&state.journal).into_iter().find(|branch| branch.tip == tip);
    let text = found.map_or_else(String::new, |branch| match branch.note.is_empty() {
        true => branch.name,
        false => format!("{}: {}", branch.name, branch.note),
    });
    typing::begin(state, Purpose::NameBranch(tip), Buffer::of(text));
    vec![]
}

/// Takes the name that was typed.
pub(in super::super) fn take_name(state: &mut State, purpose: &Purpose, text: &str) -> Vec<Effect> {
    let (name, note) = read_label(text);
    if name.is_empty() {
        let words = "a branch without a name is not found again: nothing was done";
        return typing::refuse(state, Weight::Warning, words);
    }
    let fork = matches!(purpose, Purpose::Fork(_));
    let mut effects = vec![];
    if let Purpose::Fork(Some(from)) = purpose
        && state.journal.head() != Some(*from)
    {
        effects.extend(go(state, Some(*from)));
    }
    let back = state.journal.head();
    if let Purpose::NameBranch(tip) = purpose
        && back != Some(*tip)
    {
        effects.extend(go(state, Some(*tip)));
    }
    effects.extend(change(state, Event::Labelled { name: name.clone(), note, fork }));
    if let Purpose::NameBranch(tip) = purpose
        && back != Some(*tip)
    {
        effects.extend(go(state, back));
    }
    let words = match fork {
        true => format!("on the new branch {name}; C-b lists all, the old one stays as it is"),
        false => format!("the branch is called {name}"),
    };
    state.say(Weight::Info, words);
    effects
}

/// The list of branches.
pub(in super::super) fn list(state: &mut State, compare: bool) -> Vec<Effect> {
    let mut all = branches(&state.journal);
    if compare {
        all.retain(|branch| !branch.here || Some(branch.tip) != state.journal.head());
        if all.is_empty() {
            let words =
                "there is one branch only: f forks, = in the list of sessions compares with another one";
            state.say(Weight::Info, words);
            return vec![];
        }
        if let [branch] = &all[..] {
            let tip = branch.tip;
            return lineage::compare_with(state, tip);
        }
    }
    let row = |branch: &Branch| {
        let here = if branch.here { "here" } else { "" };
        let own = match branch.own {
            0 => "nothing of its own".to_owned(),
            1 => "1 event of its own".to_owned(),
            n => format!("{n} events of its own"),
        };
        let fork = branch.fork.map(|seq| format!(" from event {}", seq.0 + 1)).unwrap_or_default();
        let tone = if branch.here { Tone::Strong } else { Tone::Plain };
        Row::new(
            tone,
            [
                here.to_owned(),
                branch.name.clone(),
                format!("{own}{fork}"),
                clock(branch.at, state.now),
                branch.note.clone(),
            ],
        )
    };
    let rows: Vec<Row> = all.iter().map(row).collect();
    let keys = match compare {
        true => vec![("enter", "compare")],
        false => vec![("enter", "go there"), ("e", "name"), ("=", "compare"), ("M", "merge into this")],
    };
    let sheet = Sheet {
        kind: Kind::Branches { tips: all.iter().map(|branch| branch.tip).collect(), compare },
        title: if compare { "Compare with" } else { "Branches" }.to_owned(),
        head: vec![(Tone::Dim, "newest first; times are UTC; nothing is ever overwritten".to_owned())],
        columns: vec![5, 14, widest(&rows, 2), widest(&rows, 3), 0],
        rows,
        cursor: all.iter().position(|branch| branch.here).unwrap_or(0),
        below: vec![],
        keys,
    };
    sheets::show(state, sheet)
}
