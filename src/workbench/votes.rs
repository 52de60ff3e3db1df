//! Votes: samples of one answer, grouped by what they say.

use super::State;
use crate::{
    ask::{Answer, Ask, Request, Sampling},
    engine::Asking,
    ids::{CallId, TaskId},
    plan::Compare,
    session::{Call, Outcome, Purpose},
};

/// Samples that say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The answer as the first of them wrote it.
    pub text: String,
    pub calls: Vec<CallId>,
}

/// Do both ask the same in all but how tokens are drawn?
pub fn same_question(one: &Ask, other: &Ask) -> bool {
    let plain = |ask: &Ask| {
        let mut ask = ask.clone();
        if let Request::Generate(generate) = &mut ask.request {
            generate.sampling = Sampling::default();
        }
        ask
    };
    plain(one) == plain(other)
}

/// The samples that were drawn of a task's present asks, oldest first.
pub fn samples(state: &State, task: TaskId) -> Vec<&Call> {
    let drawn: Vec<&Call> =
        state.journal.calls_of(task).filter(|call| call.purpose == Purpose::Sample).collect();
    if drawn.is_empty() {
        return drawn;
    }
    let asks: Vec<Asking> = state.survey.asks(&state.journal, task);
    drawn.into_iter().filter(|call| asks.iter().any(|asking| same_question(&asking.ask, &call.ask))).collect()
}

/// Those that ask this.
pub fn samples_of<'a>(state: &'a State, task: TaskId, ask: &Ask) -> Vec<&'a Call> {
    let drawn = state.journal.calls_of(task).filter(|call| call.purpose == Purpose::Sample);
    drawn.filter(|call| same_question(ask, &call.ask)).collect()
}

fn answered(call: &Call) -> Option<&Answer> {
    match &call.outcome {
        Outcome::Answered(answer) => Some(answer),
        _ => None,
    }
}

/// The answered samples by what they say, the largest group first, older ones first among equals. White space, quotes,
/// case and the order of nothing else count as the same.
pub fn groups(samples: &[&Call]) -> Vec<Group> {
    let compare = Compare { ignore_case: true, any_order: false };
    let mut groups: Vec<Group> = vec![];
    for (call, answer) in samples.iter().filter_map(|call| Some((call.id, answered(call)?))) {
        match groups.iter_mut().find(|group| compare.same(&group.text, &answer.text)) {
            Some(group) => group.calls.push(call),
            None => groups.push(Group { text: answer.text.trim().to_owned(), calls: vec![call] }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.calls.len()));
    groups
}

/// By what share of the samples the largest group leads the next, 0 to 1; `None` below two samples.
pub fn lead(groups: &[Group]) -> Option<f32> {
    let all: usize = groups.iter().map(|group| group.calls.len()).sum();
    let size = |at: usize| groups.get(at).map_or(0, |group| group.calls.len());
    (1 < all).then(|| (size(0) - size(1)) as f32 / all as f32)
}

/// The smallest lead over the present asks of a task.
pub fn margin(state: &State, task: TaskId) -> Option<f32> {
    let mut left = samples(state, task);
    let mut least: Option<f32> = None;
    while let Some(first) = left.first().copied() {
        let (same, others): (Vec<&Call>, Vec<&Call>) =
            left.iter().partition(|call| same_question(&call.ask, &first.ask));
        left = others;
        if let Some(lead) = lead(&groups(&same)) {
            least = Some(least.map_or(lead, |least: f32| least.min(lead)));
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_grouped_by_what_they_say() {
        let check = |answers: &[&str], expected: &[(&str, usize)], lead_expected: Option<f32>| {
            let calls: Vec<Call> =
                answers.iter().enumerate().map(|(at, text)| sample(at as u32, text)).collect();
            let groups = groups(&calls.iter().collect::<Vec<_>>());
            let found: Vec<_> = groups.iter().map(|group| (group.text.as_str(), group.calls.len())).collect();
            assert_eq!((found.as_slice(), lead(&groups)), (expected, lead_expected));
        };
        check(&[], &[], None);
        check(&["a"], &[("a", 1)], None);
        check(&["b", "A g", " \"a g\"", "a  g"], &[("A g", 2), ("b", 1), ("a  g", 1)], Some(0.25));
        check(&["x", "y"], &[("x", 1), ("y", 1)], Some(0.0));
        check(&["x", "x"], &[("x", 2)], Some(1.0));
    }

    fn sample(id: u32, text: &str) -> Call {
        Call {
            id: CallId(id),
            task: TaskId(0),
            purpose: Purpose::Sample,
            key: id.to_string(),
            ask: Ask::local("answer", Request::Compute { question: String::new() }),
            outcome: Outcome::Answered(Answer::plain(text)),
            asked_at: 0,
        }
    }
}
