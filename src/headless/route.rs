//! `route`: one decision of a router, shown with all it weighed; nothing is run and nothing is recorded.

pub mod data;
pub mod eval;
pub mod tables;
pub mod train;
pub mod vectors;

use super::{
    Ending, Hands, Interrupt,
    hands::{Heard, listen},
    json_line,
    names::{expert_name, router_name},
    table::table,
};
use crate::{
    ask::{Answer, Ask},
    decision::Decision,
    engine::{Command, Report, Tools},
    figure::fixed,
    ids::CallId,
    plan::notation,
    router::{self, RouteNext, RouteScene},
    visible::visible_line,
};
use std::io::{self, Write};

/// Why there is no decision, and how the command ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub ending: Ending,
    pub why: String,
}

impl Refusal {
    fn new(ending: Ending, why: impl Into<String>) -> Refusal {
        Refusal { ending, why: why.into() }
    }
}

/// The decision of the named router for a task; a tag in front (`[split] …`) is told to the router.
///
/// # Errors
/// An empty task, an unknown router or tag (`Usage`); a call that failed (`NoModel`); an interrupt.
pub async fn decide(
    task: &str,
    router: &str,
    tools: &Tools,
    model: &str,
    hands: &mut impl Hands,
    interrupt: &mut Interrupt,
) -> Result<Decision, Refusal> {
    let usage = |why: String| Refusal::new(Ending::Usage, why);
    let router = router_name(router).map_err(usage)?;
    let router = router::router(router).ok_or_else(|| usage(format!("no router is called `{router}`")))?;
    let task = task.trim();
    let step = notation::read_step(task.strip_prefix("QS: ").unwrap_or(task));
    if step.text.trim().is_empty() {
        return Err(usage("an empty task can not be routed: type a question".to_owned()));
    }
    if let Some(tag) = &step.expert {
        expert_name(tag, &tools.roster).map_err(usage)?;
    }
    let cards = tools.roster.cards();
    let knowledge = &*tools.knowledge;
    let mut scene =
        RouteScene { task: &step.text, tag: step.expert.as_deref(), cards, reply: None, knowledge };
    let request = match router.route(&scene) {
        RouteNext::Decide(decision) => return Ok(decision),
        RouteNext::Ask(request) => request,
    };
    let call = CallId(0);
    let server = tools.servers.usual(&request, model);
    let ask = Ask { expert: router.name().to_owned(), server, model: None, request };
    hands.perform(Command::Ask { call, ask: Box::new(ask) });
    let reply = reply(call, hands, interrupt).await?;
    scene.reply = Some(&reply);
    match router.route(&scene) {
        RouteNext::Decide(decision) => Ok(decision),
        RouteNext::Ask(_) => Err(Refusal::new(
            Ending::NotMet,
            format!("the router `{}` could not read its answer", router.name()),
        )),
    }
}

async fn reply(call: CallId, hands: &mut impl Hands, interrupt: &mut Interrupt) -> Result<Answer, Refusal> {
    loop {
        match listen(hands, interrupt).await {
            Heard::Report(Report::Done { call: done, answer }) if done == call => return Ok(answer),
            Heard::Report(Report::Failed { call: failed, why }) if failed == call => {
                return Err(Refusal::new(Ending::NoModel, why));
            }
            Heard::Report(_) => {}
            Heard::Interrupt => {
                hands.perform(Command::Cancel(call));
                return Err(Refusal::new(Ending::Interrupted, "interrupted"));
            }
            Heard::Nothing => {
                return Err(Refusal::new(
                    Ending::NotMet,
                    "the threads that do the work are gone: start again",
                ));
            }
        }
    }
}

/// The decision as a table of candidates, or as one JSON object.
pub fn show(decision: &Decision, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
    if json {
        writeln!(out, "{}", json_line(decision))?;
        return Ok(Ending::Done);
    }
    let Decision { chosen, router, confidence, margin, candidates, .. } = decision;
    let chosen_name = visible_line(chosen);
    writeln!(
        out,
        "{chosen_name}  by {router}, {} % sure, margin {}\n",
        fixed(confidence * 100.0, 0),
        fixed(*margin, 3)
    )?;
    let rows: Vec<_> = candidates
        .iter()
        .map(|candidate| {
            let mark = if candidate.expert == *chosen { "->" } else { "" };
            [mark.to_owned(), candidate.expert.clone(), fixed(candidate.score, 3), candidate.reason.clone()]
        })
        .collect();
    out.write_all(table(["", "expert", ">score", "why"], &rows).as_bytes())?;
    Ok(Ending::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::script::{Script, block_on};

    #[test]
    fn a_tag_is_followed_and_nonsense_refused() {
        let check = |task: &str, router: &str, expected: Result<&str, (Ending, &str)>| {
            let tools = Tools::default();
            let (mut script, mut interrupt) = (Script::new(""), Interrupt::never());
            let decided = block_on(decide(task, router, &tools, "", &mut script, &mut interrupt));
            match (decided, expected) {
                (Ok(decision), Ok(chosen)) => {
                    assert_eq!(decision.chosen, chosen);
                    let mut out = vec![];
                    show(&decision, false, &mut out).unwrap();
                    show(&decision, true, &mut out).unwrap();
                    let told = String::from_utf8(out).unwrap();
                    assert!(told.starts_with(&format!("{chosen}  by {router}, 100 % sure")), "{told}");
                }
                (Err(refusal), Err((ending, why))) => {
                    assert_eq!(refusal.ending, ending);
                    assert!(refusal.why.contains(why), "{refusal:?}");
                }
                other => panic!("{other:?}"),
            }
        };
        check("[split] What are the words in \"a b\"?", "tag", Ok("split"));
        check("QS: (project_values) [merge] #1", "tag", Ok("merge"));
        check(
            "[splt] What?",
            "tag",
            Err((Ending::Usage, "no expert is called `splt`; did you mean `split`?")),
        );
        check("What?", "tga", Err((Ending::Usage, "no router is called `tga`; did you mean `tag`?")));
        check("[split]  ", "tag", Err((Ending::Usage, "empty task")));
    }
}
