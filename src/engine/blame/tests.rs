//! Chains and graphs with a fault put in: it is found, with few questions, and nothing else is blamed.

use super::*;
use proptest::prelude::*;

/// Tasks that each make a text of their inputs; one that is at fault adds a mark of its own.
#[derive(Debug)]
struct World {
    inputs: Vec<Vec<usize>>,
    faults: BTreeSet<usize>,
    /// Tasks whose answer does not show whether their inputs were wrong.
    deaf: BTreeSet<usize>,
}

impl World {
    fn ancestry(&self) -> Ancestry {
        let id = |at: &usize| TaskId(*at as u32);
        let tasks = self.inputs.iter().enumerate();
        Ancestry::new(tasks.map(|(at, inputs)| (id(&at), inputs.iter().map(id).collect())))
    }

    /// The answers when these tasks have their right answer, and what they should be.
    fn answers(&self, mended: &BTreeSet<usize>) -> (HashMap<TaskId, String>, Vec<String>) {
        let (mut answers, mut right): (Vec<String>, Vec<String>) = (vec![], vec![]);
        for (at, inputs) in self.inputs.iter().enumerate() {
            let wrong =
                inputs.iter().any(|input| answers[*input] != right[*input]) && !self.deaf.contains(&at);
            right.push(format!("a{at}"));
            let own = self.faults.contains(&at);
            // Another input is another wrong answer; texts stay short.
            let bad = inputs.iter().map(|input| answers[*input].len()).sum::<usize>() % 97;
            answers.push(match (mended.contains(&at), wrong || own) {
                (false, true) => format!("x{at}{own}{}", "o".repeat(bad)),
                _ => right[at].clone(),
            });
        }
        let answers = answers.into_iter().enumerate().map(|(at, answer)| (TaskId(at as u32), answer));
        (answers.collect(), right)
    }

    /// Plays the dialogue to its end: what was found, questions, reruns.
    fn play(&self, types: bool, gold: bool) -> (Finding, u32, u32) {
        let mut mended = BTreeSet::new();
        let (answers, right) = self.answers(&mended);
        let gold = match gold {
            true => right.iter().enumerate().map(|(at, right)| (TaskId(at as u32), right.clone())).collect(),
            false => BTreeMap::new(),
        };
        let mut blame = Blame::new(self.ancestry(), answers, gold);
        let goal = TaskId(self.inputs.len() as u32 - 1);
        if blame.gold.is_empty() {
            blame.say(goal, Said::Wrong, false);
        }
        let mut reruns = 0;
        for _ in 0..10 * self.inputs.len() + 10 {
            match blame.next() {
                Next::Ask(task) => {
                    let (answer, right) = (blame.answer(task).unwrap().to_owned(), &right[task.0 as usize]);
                    let said = match (answer == *right, types) {
                        (true, _) => Said::Right,
                        (false, true) => Said::Typed(right.clone()),
                        (false, false) => Said::Wrong,
                    };
                    // Whether the goal is mended by now is no part of the search.
                    blame.say(task, said, task != goal);
                }
                Next::Type(task) => blame.say(task, Said::Typed(right[task.0 as usize].clone()), true),
                Next::Rerun(task, answer) => {
                    assert_eq!(answer, right[task.0 as usize]);
                    reruns += 1;
                    mended.insert(task.0 as usize);
                    blame.ran(task, self.answers(&mended).0);
                }
                Next::Found(finding) => return (finding, blame.questions, reruns),
            }
        }
        panic!("it never ends");
    }
}

fn chain(length: usize, fault: usize) -> World {
    let inputs = (0..length).map(|at: usize| at.checked_sub(1).into_iter().collect()).collect();
    World { inputs, faults: BTreeSet::from([fault]), deaf: BTreeSet::new() }
}

fn log2(n: usize) -> u32 {
    n.next_power_of_two().trailing_zeros()
}

#[test]
fn a_chain_is_cut_in_halves() {
    let check = |length: usize, fault: usize, questions: u32| {
        let (finding, asked, reruns) = chain(length, fault).play(false, false);
        assert_eq!(finding, Finding::Mended(vec![TaskId(fault as u32)]));
        assert_eq!((asked, reruns), (questions, 1), "{length} {fault}");
    };
    check(8, 3, 4);
    check(16, 0, 5);
    check(2, 0, 2);
    assert_eq!(chain(8, 5).play(false, true), (Finding::Mended(vec![TaskId(5)]), 0, 1), "gold asks nobody");
    assert_eq!(chain(1, 0).play(false, false), (Finding::Mended(vec![TaskId(0)]), 0, 0));
    // Everything before the goal is right: nothing to replace.
    assert_eq!(chain(8, 7).play(false, false), (Finding::Decomposition, 3, 0));
}

#[test]
fn who_can_not_tell_is_asked_about_others_and_the_rest_is_named() {
    let world = chain(5, 1);
    let mut blame = Blame::new(world.ancestry(), world.answers(&BTreeSet::new()).0, BTreeMap::new());
    assert_eq!(blame.next(), Next::Ask(TaskId(4)), "is the goal wrong at all?");
    blame.say(TaskId(4), Said::Wrong, false);
    blame.say(TaskId(1), Said::Open, true);
    blame.say(TaskId(0), Said::Right, true);
    assert_eq!(blame.suspects(), [1, 2, 3, 4].map(TaskId));
    assert_eq!(blame.next(), Next::Ask(TaskId(2)));
    blame.say(TaskId(2), Said::Wrong, true);
    assert_eq!(blame.next(), Next::Found(Finding::Among(vec![TaskId(1), TaskId(2)])));
    let mut right = Blame::new(world.ancestry(), world.answers(&BTreeSet::new()).0, BTreeMap::new());
    right.say(TaskId(4), Said::Right, true);
    assert_eq!(right.next(), Next::Found(Finding::Nobody));
}

#[test]
fn a_second_fault_is_found_behind_the_first() {
    let world = World { faults: BTreeSet::from([2, 5]), ..chain(8, 0) };
    let (finding, questions, reruns) = world.play(false, false);
    assert_eq!((finding, reruns), (Finding::Mended(vec![TaskId(2), TaskId(5)]), 2));
    assert!(questions <= 8, "{questions}");
}

fn graph() -> impl Strategy<Value = World> {
    use proptest::sample::Index;
    let inputs = proptest::collection::vec(proptest::collection::vec(any::<Index>(), 0..3), 2..24);
    (inputs, any::<Index>(), proptest::collection::btree_set(0usize..24, 0..3)).prop_map(
        |(inputs, fault, deaf)| {
            let last = inputs.len() - 1;
            let place = |at: usize, of: &Vec<Index>| -> Vec<usize> {
                of.iter().filter(|_| 0 < at).map(|one| one.index(at.max(1))).collect()
            };
            let mut inputs: Vec<Vec<usize>> =
                inputs.iter().enumerate().map(|(at, of)| place(at, of)).collect();
            // Everything goes into something, in the end into the goal.
            for at in 0..last {
                if !inputs.iter().any(|of| of.contains(&at)) {
                    inputs[last].push(at);
                }
            }
            World { inputs, faults: BTreeSet::from([fault.index(last)]), deaf }
        },
    )
}

proptest! {
    #[test]
    fn a_fault_in_a_chain_is_found_within_log2_and_one(
        length in 2usize..200,
        fault in any::<proptest::sample::Index>(),
        types in any::<bool>(),
    ) {
        let fault = fault.index(length - 1);
        let (finding, questions, reruns) = chain(length, fault).play(types, false);
        prop_assert_eq!(finding, Finding::Mended(vec![TaskId(fault as u32)]));
        prop_assert!(questions <= log2(length) + 1, "{} questions for {}", questions, length);
        prop_assert_eq!(reruns, 1);
    }

    #[test]
    fn the_fault_of_any_graph_is_found_and_nothing_else_is_blamed(
        world in graph(),
        types in any::<bool>(),
        gold in any::<bool>(),
    ) {
        let (answers, right) = world.answers(&BTreeSet::new());
        let goal = world.inputs.len() - 1;
        let (finding, questions, _) = world.play(types, gold);
        if answers[&TaskId(goal as u32)] == right[goal] {
            // The fault never reached the goal.
            prop_assert!(!gold || finding == Finding::Nobody);
        } else {
            let fault = *world.faults.first().unwrap() as u32;
            prop_assert_eq!(finding, Finding::Mended(vec![TaskId(fault)]));
            prop_assert!(questions <= world.inputs.len() as u32 + 1);
            prop_assert!(!gold || questions == 0);
        }
    }
}
