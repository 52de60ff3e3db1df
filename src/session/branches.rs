//! The branches of a session: where the tree of records ends, and what people called the ways there.

use super::{Event, Journal};
use crate::ids::Seq;
use std::collections::HashSet;

/// One branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its last record.
    pub tip: Seq,
    pub name: String,
    pub note: String,
    /// Milliseconds since 1970 of its last record.
    pub at: u64,
    /// Where it left the branch at hand, or that one all others: the last record that it shares.
    pub fork: Option<Seq>,
    /// Records on it that the branch at hand has not; on that one those that no other has.
    pub own: usize,
    /// The pointer stands on it.
    pub here: bool,
}

/// All branches, newest first. A record that only forks lead on from is an end too: its branch goes on by itself.
pub fn branches(journal: &Journal) -> Vec<Branch> {
    let records = journal.records();
    let mut leads_on = vec![false; records.len()];
    for record in records {
        let forks = matches!(record.event, Event::Labelled { fork: true, .. });
        if let Some(after) = record.after.filter(|_| !forks) {
            leads_on[after.0 as usize] = true;
        }
    }
    let above = |seq: Seq| {
        std::iter::successors(Some(seq), |seq| records.get(seq.0 as usize).and_then(|record| record.after))
    };
    let here: HashSet<Seq> = journal.head().into_iter().flat_map(above).collect();
    let ends = records.iter().filter(|record| !leads_on[record.seq.0 as usize]);
    let mut branches: Vec<Branch> = ends
        .map(|record| {
            let label = above(record.seq).find_map(|seq| match &records[seq.0 as usize].event {
                Event::Labelled { name, note, .. } => Some((name.clone(), note.clone())),
                _ => None,
            });
            let (name, note) = label.unwrap_or_else(|| ("main".to_owned(), String::new()));
            let own = above(record.seq).take_while(|seq| !here.contains(seq)).count();
            let fork = above(record.seq).find(|seq| here.contains(seq));
            let on_it = above(record.seq).any(|seq| Some(seq) == journal.head());
            Branch { tip: record.seq, name, note, at: record.at, fork, own, here: on_it }
        })
        .collect();
    branches.reverse();
    // The pointer stands on one branch: the one that it would be led along by redo.
    let mut ahead = journal.head();
    while let Some(next) = ahead.and_then(|seq| journal.newest(Some(seq))) {
        let fork = matches!(records[next.0 as usize].event, Event::Labelled { fork: true, .. });
        if fork && ahead.is_some_and(|seq| !leads_on[seq.0 as usize]) {
            break;
        }
        ahead = Some(next);
    }
    for branch in &mut branches {
        branch.here &= Some(branch.tip) == ahead;
    }
    let others = branches.iter().filter(|branch| !branch.here);
    let shared: HashSet<Seq> = others.flat_map(|branch| above(branch.tip)).collect();
    if let Some(here) = branches.iter_mut().find(|branch| branch.here) {
        here.own = above(here.tip).take_while(|seq| !shared.contains(seq)).count();
        here.fork = above(here.tip).find(|seq| shared.contains(seq));
    }
    // Two of one name are told apart.
    for at in 0..branches.len() {
        let same = branches[at + 1..].iter().filter(|other| other.name == branches[at].name).count();
        if 0 < same {
            branches[at].name = format!("{} ({})", branches[at].name, same + 1);
        }
    }
    branches
}

/// The last record that both ways have: the common ancestor of a merge.
pub fn common(journal: &Journal, one: Seq, other: Seq) -> Option<Seq> {
    let above = |seq: Seq| {
        let records = journal.records();
        std::iter::successors(Some(seq), |seq| records.get(seq.0 as usize).and_then(|record| record.after))
    };
    let ones: HashSet<Seq> = above(one).collect();
    above(other).find(|seq| ones.contains(seq))
}

/// `name: note` as it is typed.
pub fn read_label(text: &str) -> (String, String) {
    let (name, note) = text.split_once(':').unwrap_or((text, ""));
    (name.trim().to_owned(), note.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::TaskId,
        plan::{Draft, Edit},
        session::Actor,
    };

    fn add(journal: &mut Journal, id: u32) {
        let parent = (0 < id).then_some(TaskId(0));
        let edit = Edit::Add { task: TaskId(id), parent, at: 99, draft: Draft::text("x") };
        journal.record(Event::Edited { by: Actor::Person, edits: vec![edit], reason: None }, 0).unwrap();
    }

    fn label(journal: &mut Journal, name: &str, fork: bool) {
        journal.record(Event::Labelled { name: name.into(), note: String::new(), fork }, 0).unwrap();
    }

    fn check(journal: &Journal, expected: &[(&str, u32, usize, bool)]) {
        let found = branches(journal);
        let found: Vec<_> = found
            .iter()
            .map(|branch| (branch.name.as_str(), branch.tip.0, branch.own, branch.here))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_way_ends_in_a_branch_and_a_fork_leaves_the_old_one_where_it_was() {
        let mut journal = Journal::default();
        add(&mut journal, 0);
        add(&mut journal, 1);
        check(&journal, &[("main", 1, 2, true)]);
        label(&mut journal, "trial", true);
        check(&journal, &[("trial", 2, 1, true), ("main", 1, 0, false)]);
        add(&mut journal, 2);
        journal.go(Some(Seq(1)), 0).unwrap();
        check(&journal, &[("trial", 3, 2, false), ("main", 1, 0, true)]);
        add(&mut journal, 3);
        check(&journal, &[("main", 4, 1, true), ("trial", 3, 2, false)]);
        label(&mut journal, "best", false);
        check(&journal, &[("best", 5, 2, true), ("trial", 3, 2, false)]);
        assert_eq!(common(&journal, Seq(5), Seq(3)), Some(Seq(1)));
        journal.go(Some(Seq(0)), 0).unwrap();
        add(&mut journal, 4);
        add(&mut journal, 5);
        journal.go(Some(Seq(1)), 0).unwrap();
        check(&journal, &[("main", 7, 2, false), ("best", 5, 2, true), ("trial", 3, 2, false)]);
    }
}
