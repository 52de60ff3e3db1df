//! A generation: asked in the surest way that the address knows, read, and asked again where its shape was missed.

use super::{
    call::{Caller, Fault},
    form::Form,
    ladder::{self, Rung},
    pool::Lease,
    read::Reply,
    wire::{self, End, How},
};
use crate::{
    ask::{Answer, Finish, Generate, Prompt, Usage},
    expert::{ExpertError, Sink},
};

/// So often an answer is asked for again that missed its shape although the model was told of it.
const REPAIRS: usize = 2;

/// What the tries of one generation leave behind for the next.
#[derive(Default)]
struct Talk {
    /// What was said, and why it is not what was asked for.
    corrections: Vec<(String, String)>,
    spent: Usage,
}

/// How the last request was made.
struct Sent {
    url: String,
    rung: Rung,
    raw: bool,
    wrapped: bool,
    /// It called the tool.
    called: bool,
}

impl Caller<'_> {
    pub(super) async fn generate(self, ask: &Generate, sink: &mut dyn Sink) -> Result<Answer, ExpertError> {
        let form = ask
            .grammar
            .as_ref()
            .map(|shape| Form::new(shape, &ask.stop))
            .transpose()
            .map_err(ExpertError::Grammar)?;
        let mut talk = Talk::default();
        loop {
            let (mut answer, sent) = match self.once(ask, form.as_ref(), &talk, sink).await? {
                (answer, Some(sent)) => (answer, sent),
                (answer, None) => return Ok(answer),
            };
            // Within JSON nothing is cut: a line may end there.
            if !sent.rung.is_json() {
                cut_at_stop(&mut answer, &ask.stop);
            }
            let Some(form) = &form else { return Ok(answer) };
            let why = match form.read(&answer.text, sent.wrapped) {
                Ok((text, mended)) => {
                    answer.text = text;
                    cut_at_stop(&mut answer, &ask.stop);
                    if mended {
                        answer.warnings.push(
                            "the answer had more than the shape that was asked for: the rest was taken away"
                                .into(),
                        );
                    }
                    if !talk.corrections.is_empty() {
                        let times = talk.corrections.len();
                        answer.warnings.push(format!("it missed its shape {times} times before"));
                    }
                    return Ok(answer);
                }
                Err(why) => why,
            };
            talk.spent = answer.usage;
            let passed_over = sent.rung.binds() || (sent.rung == Rung::Tool && !sent.called);
            if answer.finish == Finish::Stop && passed_over {
                // It takes the way and does not keep to it.
                self.shared.pool.lose(&sent.url, &[sent.rung], sent.raw);
                continue;
            }
            let tries = talk.corrections.len();
            if form.is_strict() && answer.finish == Finish::Stop && tries < REPAIRS {
                talk.corrections.push((answer.text, why));
                continue;
            }
            answer.warnings.push(match answer.finish {
                Finish::Length => format!("the answer was cut at max_tokens before it had its shape: {why}"),
                _ => format!("the answer does not have the shape that was asked for: {why}"),
            });
            if form.is_strict() {
                answer.finish = Finish::Cut;
            }
            return Ok(answer);
        }
    }

    /// One answer, whole or not; how it was asked for, if it is whole.
    async fn once(
        &self,
        ask: &Generate,
        form: Option<&Form>,
        talk: &Talk,
        sink: &mut dyn Sink,
    ) -> Result<(Answer, Option<Sent>), ExpertError> {
        let settings = self.settings();
        let pool = &self.shared.pool;
        let raw = matches!(ask.prompt, Prompt::Raw(_)) && settings.completions;
        let mut reply = Reply::default();
        let mut sent = Sent { url: String::new(), rung: Rung::Ask, raw, wrapped: false, called: false };
        // Ways that an address did not take. Kept in mind once another one worked there: the request may have been wrong.
        let mut doubted: Vec<(String, Rung)> = vec![];
        let ended = self
            .tries(async |lease: &Lease<'_>| {
                let url = &lease.url;
                let lost = |rung| !lease.holds(rung, raw) || doubted.contains(&(url.clone(), rung));
                let rung = form.map_or(Rung::Ask, |form| ladder::rung(settings.structured, form, raw, lost));
                let how = How {
                    form,
                    rung,
                    model: &settings.model,
                    raw,
                    corrections: &talk.corrections,
                    reads: &|field| lease.reads(field),
                };
                let wire = wire::generate(ask, &how);
                sent = Sent { url: url.clone(), rung, raw, wrapped: wire.wrapped, called: false };
                let response = match self.send(lease, &wire).await {
                    Err(Fault::Unshaped(why)) => {
                        doubted.push((url.clone(), rung));
                        return Err(Fault::Unshaped(why));
                    }
                    response => response?,
                };
                self.read(response, &mut reply, sink).await
            })
            .await;
        if !reply.tool.is_empty() && sent.rung == Rung::Tool {
            sent.called = true;
            reply.text = std::mem::take(&mut reply.tool);
            reply.weighed = false;
            if matches!(&reply.end, Some(End::Else(why)) if why == "tool_calls" || why == "function_call") {
                reply.end = Some(End::Finish(Finish::Stop));
            }
        }
        let trouble = match ended {
            Ok(()) if !reply.refusal.is_empty() => {
                Some(self.says(format!("refused to answer: {}", wire::short(&reply.refusal))))
            }
            Ok(()) if reply.text.trim().is_empty() && !reply.tool.is_empty() => {
                Some(self.says("called a tool, which nobody offered, instead of an answer"))
            }
            Ok(()) => None,
            // It found out by itself that it does not keep to the way: what came is read, or asked for in another.
            Err(Fault::Failed(why)) if sent.rung.binds() && reports_shape(&why) => None,
            Err(Fault::Failed(why)) if reply.text.is_empty() => return Err(ExpertError::Missing(why)),
            Err(Fault::Again { why, .. } | Fault::Failed(why) | Fault::Unshaped(why)) => Some(why),
            Err(Fault::Refused(_)) => None,
            Err(Fault::Cancelled) => return Ok((self.answer(reply, Finish::Cancelled, talk.spent), None)),
        };
        if let Some(why) = trouble {
            let mut answer = self.answer(reply, Finish::Cut, talk.spent);
            answer.warnings.push(why);
            return Ok((answer, None));
        }
        let lost: Vec<Rung> =
            doubted.iter().filter(|(url, _)| *url == sent.url).map(|(_, rung)| *rung).collect();
        pool.lose(&sent.url, &lost, raw);
        let finish = match &reply.end {
            Some(End::Else(reason)) => {
                let why =
                    format!("the server `{}` ended it for a reason of its own: {reason}", settings.name);
                let mut answer = self.answer(reply, Finish::Cut, talk.spent);
                answer.warnings.push(why);
                return Ok((answer, None));
            }
            Some(End::Finish(finish)) => *finish,
            None => Finish::Stop,
        };
        let mut answer = self.answer(reply, finish, talk.spent);
        if !raw {
            leave_out_thoughts(&mut answer);
        }
        if answer.text.trim().is_empty() {
            answer.warnings.push(self.says("gave an empty answer"));
        }
        Ok((answer, Some(sent)))
    }

    fn answer(&self, reply: Reply, finish: Finish, before: Usage) -> Answer {
        let settings = self.settings();
        let counted = Usage {
            output_tokens: u32::try_from(reply.chunks.len()).unwrap_or(u32::MAX),
            ..Usage::default()
        };
        let mut usage = before;
        usage += reply.usage.unwrap_or(counted);
        let price = settings.price;
        Answer {
            text: reply.text,
            tokens: if reply.weighed { reply.chunks } else { vec![] },
            finish,
            by: format!("{} at {}", reply.model.as_ref().unwrap_or(&settings.model), settings.name),
            cost: (f64::from(usage.prompt_tokens) * price.input
                + f64::from(usage.output_tokens) * price.output)
                / 1e6,
            usage,
            ..Answer::default()
        }
    }
}

/// A server says in the middle of an answer that it does not have the form that it promised.
fn reports_shape(why: &str) -> bool {
    why.contains("it reports an error") && ladder::is_about_shape(why)
}

/// What a model thinks aloud before it answers is no part of its answer: it would go into every later task.
fn leave_out_thoughts(answer: &mut Answer) {
    let Some((thoughts, rest)) = answer.text.split_once("</think>") else { return };
    if !thoughts.trim_start().starts_with("<think>") {
        return;
    }
    let at = answer.text.len() - rest.trim_start().len();
    let count = thoughts.chars().count();
    answer.text.drain(..at);
    answer.warnings.push(format!("it thought aloud before it answered: {count} characters are left out"));
    // The tokens that made up the rest; where one goes across, none can be told apart.
    let mut end = 0;
    let first = answer.tokens.iter().position(|token| {
        end += token.text.len();
        at < end
    });
    let from = first.unwrap_or(answer.tokens.len());
    answer.tokens.drain(..from);
    let left: usize = answer.tokens.iter().map(|token| token.text.len()).sum();
    if left != answer.text.len() {
        answer.tokens.clear();
    }
}

/// Servers take few stop strings, and some leave them in.
fn cut_at_stop(answer: &mut Answer, stops: &[String]) {
    let first = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| answer.text.find(stop)).min();
    if let Some(at) = first {
        answer.text.truncate(at);
        answer.finish = Finish::Stop;
    }
}
