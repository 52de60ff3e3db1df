//! The embedding model as an expert: how close a text is to each of some examples, or the vectors themselves.

use super::embedding::Embedder;
use crate::{
    ask::{Answer, Ask, Finish, Request},
    expert::{Control, Expert, ExpertError, Flow, Sink},
};

/// Serves `Similar` and `Embed` asks.
pub struct SimilarityExpert(pub Embedder);

/// Texts embedded between two looks at the control.
const BATCH: usize = 32;

impl Expert for SimilarityExpert {
    fn answer(&mut self, ask: &Ask, sink: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError> {
        let mut answer = Answer::default();
        let (text, examples) = match &ask.request {
            Request::Similar { text, examples } => (text, examples),
            Request::Embed { texts } => {
                for (at, batch) in texts.chunks(BATCH).enumerate() {
                    if control.checkpoint() == Flow::Cancel {
                        answer.finish = Finish::Cancelled;
                        return Ok(answer);
                    }
                    let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
                    let vectors =
                        self.0.embed(&batch).map_err(|error| ExpertError::Model(error.to_string()))?;
                    answer.scores.extend(vectors.into_iter().flatten());
                    sink.prefill((at * BATCH + batch.len()).min(texts.len()), texts.len());
                }
                return Ok(answer);
            }
            _ => {
                return Err(ExpertError::Missing("the embedding model only compares texts".to_owned()));
            }
        };
        for batch in examples.chunks(BATCH) {
            if control.checkpoint() == Flow::Cancel {
                answer.finish = Finish::Cancelled;
                return Ok(answer);
            }
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            let scores =
                self.0.similar(text, &batch).map_err(|error| ExpertError::Model(error.to_string()))?;
            answer.scores.extend(scores);
            sink.prefill(answer.scores.len(), examples.len());
        }
        Ok(answer)
    }
}
