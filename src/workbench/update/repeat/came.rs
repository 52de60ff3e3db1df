//! What a repetition came to: held against what was answered then, token by token; numbers by what was decided from them.

use crate::{
    ask::{Answer, Request},
    engine::Tools,
    plan::Plan,
    router::{RouteNext, RouteScene, router},
    session::{Call, Purpose},
};

/// What a repetition came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    Waiting,
    Failed(String),
    /// So many tokens, all the same.
    Identical(usize),
    /// The first token that differs, and what both have there.
    Differs(usize, String, String),
    /// Scores or vectors: the first number that differs, how many there are, what both have there, and how far any two are
    /// apart at most.
    Numbers {
        at: usize,
        of: usize,
        was: f32,
        is: f32,
        apart: f32,
        /// What the router chooses by the old ones and by the new ones, if it can be asked.
        choices: Option<(String, String)>,
    },
    /// Numbers that differ and decide the same: so many, how far any two are apart at most, and what the router chooses by
    /// either. Where it can not be asked any more they are vectors that point the same way.
    Close {
        of: usize,
        apart: f32,
        choice: Option<String>,
    },
}

/// Vectors of an embedding model point the same way from this cosine on: other kernels or another build stay above it,
/// another model does not.
const SAME_WAY: f64 = 0.99999;

impl Came {
    /// What it came to, in words for a table; nothing while it is not known.
    pub fn words(&self) -> String {
        match self {
            Came::Waiting => String::new(),
            Came::Failed(why) => why.clone(),
            Came::Identical(0) => "identical".to_owned(),
            Came::Identical(tokens) => format!("identical ({tokens} tokens)"),
            Came::Differs(at, one, other) => {
                format!("differs at token {}: {one:?} was, {other:?} is", at + 1)
            }
            Came::Numbers { at, of, was, is, apart, choices } => {
                let chosen = choices.as_ref();
                let chosen = chosen.map(|(was, is)| format!("; `{was}` was chosen, `{is}` would be"));
                format!(
                    "differs at number {} of {of}: {was} was, {is} is; {apart:.1e} apart at most{}",
                    at + 1,
                    chosen.unwrap_or_default()
                )
            }
            Came::Close { of, apart, choice } => {
                let said = match choice {
                    Some(choice) => format!("`{choice}` is chosen either way"),
                    None => "the same but for rounding".to_owned(),
                };
                format!("{said}; {of} numbers {apart:.1e} apart at most")
            }
        }
    }
}

/// Compares two answers token by token; those without tokens by their text and figures.
fn compare(one: &Answer, other: &Answer) -> Came {
    let length = one.tokens.len().max(other.tokens.len());
    let text = |answer: &Answer, at: usize| answer.tokens.get(at).map(|token| token.text.clone());
    match (0..length).find(|at| text(one, *at) != text(other, *at)) {
        Some(at) => {
            let told = |answer| text(answer, at).unwrap_or_else(|| "the end".to_owned());
            Came::Differs(at, told(one), told(other))
        }
        None if one.text != other.text => Came::Differs(length, one.text.clone(), other.text.clone()),
        None => numbers(&one.scores, &other.scores).unwrap_or(Came::Identical(length)),
    }
}

/// The first number that differs; one that is missing is no number.
fn numbers(one: &[f32], other: &[f32]) -> Option<Came> {
    let of = one.len().max(other.len());
    let both = |at: usize| [one, other].map(|all| all.get(at).copied().unwrap_or(f32::NAN));
    let same = |[was, is]: [f32; 2]| was.to_bits() == is.to_bits();
    let at = (0..of).find(|at| !same(both(*at)))?;
    let apart = (0..of).map(both).map(|[was, is]| (was - is).abs()).fold(0.0, f32::max);
    let [was, is] = both(at);
    Some(Came::Numbers { at, of, was, is, apart, choices: None })
}

/// Compares the answers of a call by what was decided from them: numbers of which the router of the task makes the same
/// choice are no difference, only close.
pub fn decided(tools: &Tools, plan: &Plan, call: &Call, one: &Answer, other: &Answer) -> Came {
    let came = compare(one, other);
    let Came::Numbers { at, of, was, is, apart, .. } = came else { return came };
    let choice = |answer| choice(tools, plan, call, answer);
    match choice(one).zip(choice(other)) {
        Some((then, now)) if then == now => Came::Close { of, apart, choice: Some(now) },
        None if embeds(&call.ask.request) && SAME_WAY <= cosine(&one.scores, &other.scores) => {
            Came::Close { of, apart, choice: None }
        }
        choices => Came::Numbers { at, of, was, is, apart, choices },
    }
}

/// What the router chooses by this answer to its ask, with what is known and learned now; `None` if the call is no router's,
/// or it would ask something else by now.
fn choice(tools: &Tools, plan: &Plan, call: &Call, answer: &Answer) -> Option<String> {
    let router = router(&call.ask.expert).filter(|_| call.purpose == Purpose::Route)?;
    let (text, tag) = (plan.text(call.task), plan.task(call.task)?.draft.expert.as_deref());
    let (cards, knowledge) = (tools.roster.cards(), &*tools.knowledge);
    let scene = RouteScene { task: &text, tag, cards, reply: None, knowledge };
    match router.route(&scene) {
        RouteNext::Ask(request) if request == call.ask.request => {}
        _ => return None,
    }
    match router.route(&RouteScene { reply: Some(answer), ..scene }) {
        RouteNext::Decide(decision) => Some(decision.chosen),
        RouteNext::Ask(_) => None,
    }
}

fn embeds(request: &Request) -> bool {
    matches!(request, Request::Embed { .. } | Request::Similar { .. })
}

/// The cosine of two vectors; 0 of those that are not of one length or have none.
fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    };
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if one.len() == other.len() && 0.0 < lengths { dot(one, other) / lengths } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ask::{Ask, Token},
        ids::{CallId, TaskId},
        plan::{Draft, Edit},
        session::Outcome,
    };

    fn answer(tokens: &[&str]) -> Answer {
        let token = |text: &&str| Token {
            text: (*text).to_owned(),
            probability: 1.0,
            alternatives: vec![],
            forced: false,
        };
        Answer { text: tokens.concat(), tokens: tokens.iter().map(token).collect(), ..Answer::default() }
    }

    #[test]
    fn the_first_token_that_differs_is_named() {
        let check = |one: &[&str], other: &[&str], expected: Came| {
            assert_eq!(compare(&answer(one), &answer(other)), expected);
        };
        let differs = |at, one: &str, other: &str| Came::Differs(at, one.to_owned(), other.to_owned());
        check(&["a", "b"], &["a", "b"], Came::Identical(2));
        check(&["a", "b", "c"], &["a", "x", "c"], differs(1, "b", "x"));
        check(&["a"], &["a", "b"], differs(1, "the end", "b"));
        check(&[], &[], Came::Identical(0));
        assert_eq!(compare(&Answer::plain("1"), &Answer::plain("2")), differs(0, "1", "2"));
        let scores = |scores: &[f32]| Answer { scores: scores.to_vec(), ..Answer::default() };
        assert_eq!(compare(&scores(&[0.5, 1.0]), &scores(&[0.5, 1.0])), Came::Identical(0));
        let numbers = compare(&scores(&[0.5, 1.0, 2.0]), &scores(&[0.5, 1.25, 1.0]));
        assert_eq!(numbers, Came::Numbers { at: 1, of: 3, was: 1.0, is: 1.25, apart: 1.0, choices: None });
        assert_eq!(numbers.words(), "differs at number 2 of 3: 1 was, 1.25 is; 1.0e0 apart at most");
    }

    #[test]
    fn numbers_that_decide_the_same_are_close() {
        let mut plan = Plan::default();
        let draft = Draft::text("Add 2 and 3.");
        plan.apply(&Edit::Add { task: TaskId(0), parent: None, at: 0, draft }).unwrap();
        let tools = Tools::default();
        let scores = |scores: Vec<f32>| Answer { scores, ..Answer::default() };
        let scene = RouteScene {
            task: "Add 2 and 3.",
            tag: None,
            cards: tools.roster.cards(),
            reply: None,
            knowledge: &tools.knowledge,
        };
        let RouteNext::Ask(request) = router("embedding").unwrap().route(&scene) else { panic!("no ask") };
        let Request::Similar { examples, .. } = &request else { panic!("{request:?}") };
        // The nearest example is one of the card that answers.
        let of = |card: &str, near: f32| {
            let card = tools.roster.get(card).unwrap();
            scores(
                examples.iter().map(|text| if card.examples.contains(text) { near } else { 0.1 }).collect(),
            )
        };
        let call = |request: Request| Call {
            id: CallId(0),
            task: TaskId(0),
            purpose: Purpose::Route,
            key: String::new(),
            ask: Ask::local("embedding", request),
            outcome: Outcome::Open,
            asked_at: 0,
        };
        let check = |request: &Request, one: &Answer, other: &Answer, start: &str| {
            let came = decided(&tools, &plan, &call(request.clone()), one, other);
            assert!(came.words().starts_with(start), "{}", came.words());
            matches!(came, Came::Close { .. })
        };
        let sums = of("calculate", 0.9);
        assert!(check(&request, &sums, &of("calculate", 0.8), "`calculate` is chosen either way; "));
        assert!(!check(&request, &sums, &of("count", 0.9), "differs at number "));
        let told = decided(&tools, &plan, &call(request.clone()), &sums, &of("count", 0.9)).words();
        assert!(told.ends_with("; `calculate` was chosen, `count` would be"), "{told}");
        // A router that has learned something else by now can not be asked about a vector of then.
        let vector = Request::Embed { texts: vec!["Add 2 and 3.".to_owned()] };
        let one = scores(vec![0.6, 0.8]);
        assert!(check(
            &vector,
            &one,
            &scores(vec![0.6001, 0.7999]),
            "the same but for rounding; 2 numbers 1.0e-4"
        ));
        assert!(!check(&vector, &one, &scores(vec![0.61, 0.79]), "differs at number 1 of 2: "));
        assert!(!check(&vector, &one, &scores(vec![0.6]), "differs at number 2 of 2: "));
    }
}
