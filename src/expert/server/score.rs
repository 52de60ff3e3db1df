//! Log-probabilities of given texts, by servers that echo the prompt with its log-probabilities (`/completions` with
//! `echo`, of vLLM and the older OpenAI interface).

use super::{
    call::{Caller, Fault},
    ladder::Rung,
    read::MOST_REPLY,
    wire::{self, Wire},
};
use crate::{
    ask::{Answer, Finish, Prompt, Usage},
    expert::{ExpertError, Sink},
};
use serde_json::{Value, json};

impl Caller<'_> {
    /// Log-probability of each continuation after the prompt. Tokens that begin in the prompt and end behind it count,
    /// so that nothing of a continuation is left out.
    pub(super) async fn score(
        self,
        prompt: &Prompt,
        continuations: &[String],
        sink: &mut dyn Sink,
    ) -> Result<Answer, ExpertError> {
        let settings = self.settings();
        let can_not = |why: &str| {
            ExpertError::Missing(format!(
                "the server `{}` can not score given texts ({why}): choose another router than `likelihood`, or a local model",
                settings.name
            ))
        };
        let Prompt::Raw(prompt) = prompt else { return Err(can_not("only plain text can be scored")) };
        if !settings.completions {
            return Err(can_not("it has no `completions = true`"));
        }
        let mut answer =
            Answer { by: format!("{} at {}", settings.model, settings.name), ..Answer::default() };
        for (at, continuation) in continuations.iter().enumerate() {
            let text = format!("{prompt}{continuation}");
            let body = json!({"model": settings.model, "prompt": text, "max_tokens": 1, "temperature": 0.0,
                "echo": true, "logprobs": 1, "stream": false});
            let wire = Wire { path: "completions", body, wrapped: false, rung: Rung::Ask };
            let mut found = None;
            let ended = self
                .tries(async |lease| {
                    let response = self.send(lease, &wire).await?;
                    let body = self.body(response, MOST_REPLY).await?;
                    found = Some(serde_json::from_str::<Value>(&body).unwrap_or_default());
                    Ok(())
                })
                .await;
            match ended {
                Ok(()) => {}
                Err(Fault::Cancelled) => return Ok(Answer { finish: Finish::Cancelled, ..answer }),
                Err(Fault::Failed(why) | Fault::Again { why, .. } | Fault::Unshaped(why)) => {
                    return Err(ExpertError::Missing(why));
                }
                Err(Fault::Refused(field)) => {
                    return Err(can_not(&format!("it refuses the field `{field}`")));
                }
            }
            let reply = found.unwrap_or_default();
            if let Some(error) = wire::error(&reply) {
                return Err(can_not(&error));
            }
            let sum = sum(&reply["choices"][0], prompt, &text);
            answer.scores.push(sum.ok_or_else(|| can_not("it gives no log-probabilities of the prompt"))?);
            let count =
                |name: &str| u32::try_from(reply["usage"][name].as_u64().unwrap_or(0)).unwrap_or(u32::MAX);
            answer.usage += Usage {
                prompt_tokens: count("prompt_tokens"),
                output_tokens: count("completion_tokens"),
                ..Usage::default()
            };
            sink.prefill(at + 1, continuations.len());
        }
        let price = settings.price;
        answer.cost = (f64::from(answer.usage.prompt_tokens) * price.input
            + f64::from(answer.usage.output_tokens) * price.output)
            / 1e6;
        Ok(answer)
    }
}

/// The log-probability of what stands behind the prompt, in a reply that echoes the text.
fn sum(choice: &Value, prompt: &str, text: &str) -> Option<f32> {
    if !choice["text"].as_str()?.starts_with(text) {
        return None;
    }
    let words = choice["logprobs"]["tokens"].as_array()?;
    let logprobs = choice["logprobs"]["token_logprobs"].as_array()?;
    let (mut at, mut sum) = (0, 0.0);
    for (word, logprob) in words.iter().zip(logprobs) {
        let end = at + word.as_str()?.len();
        if prompt.len() < end && at < text.len() {
            // Nobody knows the first token's.
            sum += logprob.as_f64()?;
        }
        at = end;
    }
    (text.len() <= at).then_some(sum as f32)
}
