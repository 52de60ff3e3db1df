//! Cosine similarity by a server's embeddings.

use super::{
    call::{Caller, Fault},
    ladder::Rung,
    wire::{self, Wire},
};
use crate::{
    ask::{Answer, Finish},
    expert::{ExpertError, Sink},
};
use serde_json::json;

/// Texts in one request.
const BATCH: usize = 64;
/// The longest reply, in bytes.
const MOST_REPLY: usize = 64 << 20;

impl Caller<'_> {
    /// How close the text is to each example, by `/embeddings`.
    pub(super) async fn similar(
        self,
        text: &str,
        examples: &[String],
        sink: &mut dyn Sink,
    ) -> Result<Answer, ExpertError> {
        let settings = &self.shared.settings;
        let texts: Vec<&str> = std::iter::once(text).chain(examples.iter().map(String::as_str)).collect();
        let mut vectors: Vec<Vec<f32>> = vec![];
        let answer = Answer { by: format!("{} at {}", settings.model, settings.name), ..Answer::default() };
        for batch in texts.chunks(BATCH) {
            let wire = Wire {
                path: "embeddings",
                body: json!({"model": settings.model, "input": batch, "encoding_format": "float"}),
                wrapped: false,
                rung: Rung::Ask,
            };
            let mut found = vec![];
            let ended = self
                .tries(async |lease| {
                    let response = self.send(lease, &wire).await?;
                    let body = self.body(response, MOST_REPLY).await?;
                    found = wire::vectors(&body, batch.len())
                        .map_err(|why| self.failed(format!("failed: {why}")))?;
                    Ok(())
                })
                .await;
            match ended {
                Ok(()) => vectors.append(&mut found),
                Err(Fault::Cancelled) => return Ok(Answer { finish: Finish::Cancelled, ..answer }),
                Err(Fault::Failed(why) | Fault::Again { why, .. } | Fault::Unshaped(why)) => {
                    return Err(ExpertError::Missing(why));
                }
                Err(Fault::Refused(field)) => {
                    return Err(ExpertError::Missing(format!("it refuses the field `{field}`")));
                }
            }
            sink.prefill(vectors.len(), texts.len());
        }
        let Some((first, others)) = vectors.split_first() else { return Ok(answer) };
        let scores = others.iter().map(|other| cosine(first, other)).collect();
        Ok(Answer { scores, ..answer })
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let long = (dot(a, a) * dot(b, b)).sqrt();
    if long == 0.0 { 0.0 } else { (dot(a, b) / long) as f32 }
}
