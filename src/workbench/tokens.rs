//! What a model thought of the tokens it wrote: how sure it was, what else it would have said, where it was weakest.

use super::{Focus, RowId, State, Tab, rows::call_of};
use crate::{
    ask::{Answer, Request, Shape, Token},
    ids::{CallId, TaskId},
    session::{Outcome, Purpose},
};

/// One way that the text could have gone on at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub text: String,
    /// Probability at temperature 1, before any grammar, 0 to 1.
    pub probability: f32,
    /// This is the token that was written.
    pub taken: bool,
}

/// The token that was written and its alternatives, likeliest first.
pub fn choices(token: &Token) -> Vec<Choice> {
    let choice = |(text, probability): &(String, f32)| Choice {
        text: text.clone(),
        probability: *probability,
        taken: *text == token.text,
    };
    let mut choices: Vec<Choice> = token.alternatives.iter().map(choice).collect();
    if !choices.iter().any(|choice| choice.taken) {
        choices.push(Choice { text: token.text.clone(), probability: token.probability, taken: true });
    }
    choices
}

/// Where an answer is one of a few texts: the token at this place and its known alternatives that begin one of them, with
/// their probabilities among each other. Empty where fewer than two are known, or there was nothing to choose.
pub fn among_choices(state: &State, call: CallId, tokens: &[Token], at: usize) -> Vec<Choice> {
    let grammar = state.journal.call(call).and_then(|call| match &call.ask.request {
        Request::Generate(generate) => generate.grammar.as_ref(),
        _ => None,
    });
    let Some(Shape::Choices { choices: texts }) = grammar else { return vec![] };
    among(texts, tokens, at)
}

fn among(texts: &[String], tokens: &[Token], at: usize) -> Vec<Choice> {
    let before: String = tokens[..at].iter().map(|token| token.text.as_str()).collect();
    let begins = |choice: &Choice| {
        let text = format!("{before}{}", choice.text);
        !choice.text.is_empty() && texts.iter().any(|whole| whole.starts_with(&text))
    };
    let mut allowed: Vec<Choice> = choices(&tokens[at]).into_iter().filter(begins).collect();
    let sum: f32 = allowed.iter().map(|choice| choice.probability).sum();
    if allowed.len() < 2 || sum.is_nan() || sum <= 0.0 {
        return vec![];
    }
    allowed.iter_mut().for_each(|choice| choice.probability /= sum);
    allowed
}

/// Entropy in bits of what could have stood there: the alternatives that are known, and all others as one. `None` where
/// no alternatives are known.
pub fn entropy(token: &Token) -> Option<f32> {
    if token.alternatives.is_empty() {
        return None;
    }
    let known: Vec<f32> = choices(token).iter().map(|choice| choice.probability).collect();
    let rest = 1.0 - known.iter().sum::<f32>();
    let bits = |p: f32| if 0.0 < p && p.is_finite() { -p * p.log2() } else { 0.0 };
    Some(known.into_iter().chain([rest]).map(bits).sum())
}

/// A glyph for a probability, higher for surer; `=` for a token that could not be another, a blank where it is not known.
pub fn ramp(token: &Token) -> char {
    if token.forced {
        return '=';
    }
    let eighth = (token.probability.clamp(0.0, 1.0) * 7.0).round();
    if eighth.is_finite() {
        "▁▂▃▄▅▆▇█".chars().nth(eighth as usize).unwrap_or(' ')
    } else {
        ' '
    }
}

/// The least certain of the tokens that were free, and its probability; `None` where nothing is known of any.
pub fn weakest(tokens: &[Token]) -> Option<(usize, f32)> {
    let known = |token: &Token| !token.forced && token.probability.is_finite();
    let free = tokens.iter().enumerate().filter(|(_, token)| known(token));
    free.map(|(at, token)| (at, token.probability)).min_by(|one, other| one.1.total_cmp(&other.1))
}

/// Where a plan is least sure of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Weak {
    pub kind: Kind,
    pub row: RowId,
    /// Probability of the token, lead of the chosen expert, or lead of the largest group of samples.
    pub figure: f32,
    /// The token, if it is one.
    pub token: Option<(CallId, usize)>,
}

/// What can be weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Token,
    Route,
    Vote,
}

/// The answered calls that a task's present answer, or its parts, came from: of its looks, and what its strategy asked.
fn answers(state: &State, task: TaskId) -> Vec<(CallId, &Answer)> {
    let journal = &state.journal;
    let look = state.survey.look(task);
    let mut calls: Vec<CallId> = look.map(|look| look.calls.clone()).unwrap_or_default();
    if look.is_some_and(|look| look.composite) {
        let proposals = journal.calls_of(task).filter(|call| call.purpose == Purpose::Propose);
        let here = |call: &&crate::session::Call| journal.session().progress(task).read.contains(&call.key);
        calls.extend(proposals.filter(here).map(|call| call.id));
    }
    let answered = |call: CallId| match &journal.call(call)?.outcome {
        Outcome::Answered(answer) => Some((call, answer)),
        _ => None,
    };
    calls.into_iter().filter_map(answered).collect()
}

/// The least certain token of the calls that a task stands on.
pub fn weakest_token(state: &State, task: TaskId) -> Option<(CallId, usize, f32)> {
    let weak = answers(state, task).into_iter().filter_map(|(call, answer)| {
        let (at, probability) = weakest(&answer.tokens)?;
        Some((call, at, probability))
    });
    weak.min_by(|one, other| one.2.total_cmp(&other.2))
}

/// By how much the chosen expert led, where a router had a choice.
pub fn route_margin(state: &State, task: TaskId) -> Option<f32> {
    let (_, decision) = state.journal.session().progress(task).routed.as_ref()?;
    let chose = 1 < decision.candidates.len() && decision.router != "person";
    chose.then_some(decision.margin)
}

/// Every weak point: the weakest of each kind first, then the second of each, and so on.
pub fn weak_points(state: &State) -> Vec<Weak> {
    let tasks: Vec<TaskId> = state.survey.iter().map(|(task, _)| task).collect();
    let mut kinds: [Vec<Weak>; 3] = Default::default();
    for task in tasks {
        let row = RowId::task(task);
        if let Some((call, at, figure)) = weakest_token(state, task) {
            kinds[0].push(Weak {
                kind: Kind::Token,
                row: row_of(state, task, call),
                figure,
                token: Some((call, at)),
            });
        }
        if let Some(figure) = route_margin(state, task) {
            kinds[1].push(Weak { kind: Kind::Route, row, figure, token: None });
        }
        if let Some(figure) = super::votes::margin(state, task) {
            kinds[2].push(Weak { kind: Kind::Vote, row, figure, token: None });
        }
    }
    let longest = kinds.iter().map(Vec::len).max().unwrap_or(0);
    for kind in &mut kinds {
        kind.sort_by(|one, other| one.figure.total_cmp(&other.figure));
    }
    (0..longest).flat_map(|rank| kinds.iter().filter_map(move |kind| kind.get(rank).cloned())).collect()
}

/// The row that a call belongs to: that of its item, if it is about one.
fn row_of(state: &State, task: TaskId, call: CallId) -> RowId {
    let asked = state.survey.look(task).map(|look| look.asked.as_slice()).unwrap_or_default();
    let item = asked.iter().position(|asked| *asked == Some(call)).filter(|_| 1 < asked.len());
    RowId { task, item: item.filter(|item| *item < super::lines::ITEMS) }
}

/// The call whose tokens the tab shows, its tokens, and the place of the cursor in them.
pub fn shown(state: &State) -> Option<(CallId, &[Token], usize)> {
    let call = state.ui.token.call.or_else(|| call_of(state, state.ui.cursor?))?;
    let tokens = super::rows::tokens_of(state, call);
    let last = tokens.len().checked_sub(1)?;
    let at = state.ui.token.at.or_else(|| weakest(tokens).map(|(at, _)| at)).unwrap_or(0);
    Some((call, tokens, at.min(last)))
}

/// Are the moving keys in the tokens of an answer?
pub fn has_keys(state: &State) -> bool {
    state.ui.tab == Tab::Tokens && state.ui.focus == Focus::Inspector && shown(state).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(probability: f32, alternatives: &[(&str, f32)], forced: bool) -> Token {
        let alternatives = alternatives.iter().map(|(text, p)| ((*text).to_owned(), *p)).collect();
        Token { text: "a".to_owned(), probability, alternatives, forced }
    }

    #[test]
    fn entropy_counts_the_rest_as_one() {
        let check = |token: &Token, expected: Option<f32>| {
            let found = entropy(token);
            let near = found.zip(expected).is_some_and(|(one, other)| (one - other).abs() < 1e-4);
            assert!(near || found == expected, "{found:?} for {token:?}");
        };
        check(&token(1.0, &[("a", 1.0)], false), Some(0.0));
        check(&token(0.5, &[("a", 0.5), ("b", 0.5)], false), Some(1.0));
        check(&token(0.25, &[("b", 0.5), ("a", 0.25)], false), Some(1.5));
        // Not among the likeliest: it stands behind them.
        check(&token(0.25, &[("b", 0.5)], false), Some(1.5));
        check(&token(0.3, &[], false), None);
        check(&token(f32::NAN, &[("b", f32::NAN)], false), Some(0.0));
    }

    #[test]
    fn one_of_a_few_texts_is_held_against_the_others() {
        let check = |tokens: &[Token], at: usize, expected: &[(&str, f32)]| {
            let found = among(&["a".to_owned(), "no".to_owned(), "not".to_owned()], tokens, at);
            let found: Vec<_> = found.iter().map(|one| (one.text.as_str(), one.probability)).collect();
            assert_eq!(found, expected);
        };
        let first = token(0.0625, &[("1", 0.5), ("n", 0.125), ("a", 0.0625), ("no", 0.0625)], false);
        check(std::slice::from_ref(&first), 0, &[("n", 0.5), ("a", 0.25), ("no", 0.25)]);
        check(&[first.clone(), first], 1, &[]);
        check(&[token(0.1, &[("1", 0.5), ("b", 0.2)], false)], 0, &[]);
        check(&[token(f32::NAN, &[("no", f32::NAN)], false)], 0, &[]);
    }

    #[test]
    fn the_weakest_token_is_one_that_was_free() {
        let tokens = [token(0.9, &[], false), token(0.1, &[], true), token(0.4, &[], false)];
        assert_eq!(weakest(&tokens), Some((2, 0.4)));
        assert_eq!(tokens.each_ref().map(ramp), ['▇', '=', '▄']);
        assert_eq!(weakest(&tokens[1..2]), None);
        let unsaid = [token(f32::NAN, &[], false)];
        assert_eq!((weakest(&unsaid), ramp(&unsaid[0])), (None, ' '));
        let choices = choices(&token(0.2, &[("b", 0.7), ("a", 0.2)], false));
        assert_eq!(choices.iter().map(|choice| choice.taken).collect::<Vec<_>>(), [false, true]);
    }
}
