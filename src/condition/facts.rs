//! The facts that a condition can speak of. The words here are what completion and help show.

use super::Kind;

/// One name of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
}

const fn fact(name: &'static str, kind: Kind, help: &'static str) -> Fact {
    Fact { name, kind, help }
}

/// All facts, in the order of the help.
pub const FACTS: &[Fact] = &[
    fact("phase", Kind::Text, "routed, proposed, answering, committed or judged"),
    fact("state", Kind::Text, "waiting, ready, running, needs-person, done, failed or cancelled"),
    fact("text", Kind::Text, "the words of the task"),
    fact("expert", Kind::Text, "who answers it"),
    fact("strategy", Kind::Text, "how it is decomposed, if it is"),
    fact("router", Kind::Text, "what chose the expert"),
    fact("purpose", Kind::Text, "what the call is for: propose, route, answer or judge"),
    fact("depth", Kind::Number, "levels below the goal"),
    fact("parts", Kind::Number, "sub-tasks it has"),
    fact("margin", Kind::Number, "score of the chosen expert less that of the next"),
    fact("confidence", Kind::Number, "the router's trust in its choice, 0 to 1"),
    fact("prompt", Kind::Text, "what the expert is asked"),
    fact("answer", Kind::Text, "what was answered, or is written so far"),
    fact("probability", Kind::Number, "of the least certain token that was free, 0 to 1"),
    fact("mean", Kind::Number, "mean probability of the free tokens, 0 to 1"),
    fact("entropy", Kind::Number, "of the most uncertain token, in bits, from its likeliest alternatives"),
    fact("tokens", Kind::Number, "tokens written in this call"),
    fact("seconds", Kind::Number, "seconds of this call, without those in which it was held"),
    fact("calls", Kind::Number, "calls made for this task"),
    fact("cost", Kind::Number, "what this call cost, in the currency of the prices"),
    fact("verdict", Kind::Text, "of its judges: pass, unsure or fail"),
    fact("last", Kind::Text, "its answer before this one, on whatever branch"),
    fact("changed", Kind::Truth, "the answer is not the last one"),
    fact("other", Kind::Text, "its answer on the branch that was left last"),
    fact("differs", Kind::Truth, "the answer is not that of the other branch"),
    fact("hits", Kind::Number, "times this breakpoint has been reached, this one included"),
];

/// The functions: name, kind of what goes in, kind of what comes out.
pub(super) const FUNCTIONS: &[(&str, Kind, Kind)] = &[
    ("number", Kind::Text, Kind::Number),
    ("words", Kind::Text, Kind::Number),
    ("length", Kind::Text, Kind::Number),
    ("lower", Kind::Text, Kind::Text),
];

/// What the unfinished word at the end of `before` can become, and the length of that word in bytes.
pub fn completions(before: &str) -> (usize, Vec<&'static str>) {
    let word = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    // Within quotes nothing is completed.
    let quoted = |quote: char| before.matches(quote).count() % 2 == 1;
    if quoted('"') || quoted('\'') {
        return (0, vec![]);
    }
    let names = FACTS.iter().map(|fact| fact.name);
    let others = FUNCTIONS.iter().map(|function| function.0).chain(["and", "or", "not", "true", "false"]);
    (word.len(), names.chain(others).filter(|name| name.starts_with(word) && *name != word).collect())
}

/// The known word that is most like an unknown one.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let names = FACTS.iter().map(|fact| fact.name).chain(FUNCTIONS.iter().map(|function| function.0));
    let near = names.map(|name| (strsim::osa_distance(word, name), name)).min()?;
    (near.0 <= 2 || near.1.starts_with(word)).then_some(near.1)
}
