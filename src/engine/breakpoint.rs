//! Is a breakpoint reached? Pure: a moment and a breakpoint in, what follows out.

use super::moment::Moment;
use crate::{
    condition::{Condition, FACTS, Mistake},
    session::Breakpoint,
};

/// What a moment means to a breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Not,
    /// All holds but the number of hits.
    Counted,
    Hit,
}

/// Is this breakpoint reached at that moment? `hits` is how often it was before.
pub fn reach(breakpoint: &Breakpoint, moment: &Moment<'_>, hits: usize) -> Result<Reach, Mistake> {
    if !breakpoint.on || breakpoint.task.is_some_and(|task| task != moment.task) {
        return Ok(Reach::Not);
    }
    if breakpoint.condition.is_empty() {
        return Ok(Reach::Hit);
    }
    let condition = Condition::new(&breakpoint.condition)?;
    let uncounted = Moment { hits: None, ..*moment };
    let first = condition.holds(&|name| uncounted.fact(name))?;
    match first {
        Some(true) => Ok(Reach::Hit),
        Some(false) => Ok(Reach::Not),
        // Unknown for want of the count alone?
        None if condition.mentions("hits") && known_but_hits(&condition, &uncounted) => {
            let counted = Moment { hits: Some(hits + 1), ..*moment };
            match condition.holds(&|name| counted.fact(name))? {
                Some(true) => Ok(Reach::Hit),
                _ => Ok(Reach::Counted),
            }
        }
        None => Ok(Reach::Not),
    }
}

fn known_but_hits(condition: &Condition, moment: &Moment<'_>) -> bool {
    let mut others = FACTS.iter().filter(|fact| fact.name != "hits" && condition.mentions(fact.name));
    others.all(|fact| moment.fact(fact.name).is_some())
}

/// The values that a condition speaks of, for log points and for the words of a stop: `margin 0.031, expert "sort"`.
pub fn told(condition: &str, moment: &Moment<'_>) -> String {
    let Ok(condition) = Condition::expression(condition) else { return String::new() };
    let mentioned = FACTS.iter().filter(|fact| condition.mentions(fact.name));
    let values = mentioned.map(|fact| match moment.fact(fact.name) {
        Some(value) => format!("{} {}", fact.name, short(&value.to_string())),
        None => format!("{} unknown", fact.name),
    });
    values.collect::<Vec<_>>().join(", ")
}

fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
