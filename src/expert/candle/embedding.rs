//! Sentences as vectors: a BERT encoder with mean pooling (all-MiniLM-L6-v2), for routing and retrieval.
//!
//! After "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks" (Reimers and Gurevych, 2019). Knows texts
//! and vectors; knows nothing of experts or tasks.

mod bert;
mod rows;
mod weights;

use super::kernels::Level;
use bert::Bert;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokenizers::Tokenizer;

/// A loaded embedding model. Remembers what it has embedded.
pub struct Embedder {
    bert: Bert,
    tokenizer: Tokenizer,
    known: LruCache<String, Arc<[f32]>>,
}

/// Why a model can not be loaded, or a text not be embedded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the embedding model in {}: {fault}", .folder.display())]
pub struct EmbeddingError {
    folder: PathBuf,
    fault: String,
}

/// Word pieces of a text that are looked at, the two marks at its ends included. What the model was trained for.
pub const LONGEST: usize = 256;
/// Vectors remembered; 1.5 KiB each for 384 numbers.
const MOST_KNOWN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8191);
/// Longer texts are embedded anew each time, so that the keys stay small.
const LONGEST_KEY: usize = 4096;
/// No more tokens than this in one pass, unless one text has more: what lies between two products stays in the cache.
const BATCH_TOKENS: usize = 512;
/// Bytes of a text that are looked at: more than 256 word pieces of any real text.
const LONGEST_TEXT: usize = 32 << 10;
const LARGEST_TOKENIZER: u64 = 64 << 20;

/// What a folder says of the embedding model in it; its configuration is checked, its weights are not read.
pub fn about(folder: &Path) -> Result<String, EmbeddingError> {
    bert::about(folder).map_err(|fault| EmbeddingError { folder: folder.to_owned(), fault })
}

impl Embedder {
    /// Loads `model.safetensors`, `config.json` and `tokenizer.json` from a folder. All three are checked: sizes
    /// against the length of the file, shapes against the configuration.
    pub fn load(folder: &Path, level: Level) -> Result<Embedder, EmbeddingError> {
        Embedder::read(folder, level).map_err(|fault| EmbeddingError { folder: folder.to_owned(), fault })
    }

    fn read(folder: &Path, level: Level) -> Result<Embedder, String> {
        let bert = Bert::load(folder, level)?;
        let path = folder.join("tokenizer.json");
        let size = std::fs::metadata(&path).map_err(|error| format!("tokenizer.json: {error}"))?.len();
        if size > LARGEST_TOKENIZER {
            return Err(format!("tokenizer.json has {size} bytes, we take {LARGEST_TOKENIZER}"));
        }
        let mut tokenizer =
            Tokenizer::from_file(&path).map_err(|error| format!("tokenizer.json: {error}"))?;
        // We cut texts ourselves: the library subtracts before it checks, and the file may ask for anything.
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| error.to_string())?;
        Ok(Embedder { bert, tokenizer, known: LruCache::new(MOST_KNOWN) })
    }

    /// How many numbers a vector has.
    pub fn width(&self) -> usize {
        self.bert.width()
    }

    /// A vector of length 1 for each text, in their order. Texts are cut after 256 word pieces.
    ///
    /// A text gives the same vector, up to rounding, whatever else is in the call.
    pub fn embed(&mut self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let vectors = self.shared(texts)?;
        Ok(vectors.into_iter().map(|vector| vector.to_vec()).collect())
    }

    /// Cosine similarity of the text to each example, -1 to 1.
    pub fn similar(&mut self, text: &str, examples: &[&str]) -> Result<Vec<f32>, EmbeddingError> {
        let all: Vec<&str> = std::iter::once(text).chain(examples.iter().copied()).collect();
        let vectors = self.shared(&all)?;
        let Some((text, examples)) = vectors.split_first() else { return Ok(vec![]) };
        Ok(examples.iter().map(|example| rows::dot(text, example)).collect())
    }

    fn shared(&mut self, texts: &[&str]) -> Result<Vec<Arc<[f32]>>, EmbeddingError> {
        let mut vectors: Vec<Option<Arc<[f32]>>> =
            texts.iter().map(|&text| self.known.get(text).cloned()).collect();
        let mut open: Vec<(usize, Vec<u32>)> = vec![];
        for (at, text) in texts.iter().enumerate().filter(|&(at, _)| vectors[at].is_none()) {
            open.push((at, self.pieces(text)?));
        }
        let mut rest = open.as_slice();
        while !rest.is_empty() {
            let mut sum = 0;
            let fits = rest.iter().take_while(|(_, pieces)| {
                sum += pieces.len();
                sum <= BATCH_TOKENS
            });
            let count = fits.count().max(1);
            let (batch, later) = rest.split_at(count);
            let pieces: Vec<&[u32]> = batch.iter().map(|(_, pieces)| pieces.as_slice()).collect();
            let embedded = self.bert.embed(&pieces).map_err(|fault| self.fault(fault))?;
            for ((at, _), vector) in batch.iter().zip(embedded) {
                let vector: Arc<[f32]> = vector.into();
                if texts[*at].len() <= LONGEST_KEY {
                    self.known.put(texts[*at].to_owned(), Arc::clone(&vector));
                }
                vectors[*at] = Some(vector);
            }
            rest = later;
        }
        Ok(vectors.into_iter().flatten().collect())
    }

    /// The numbers of the word pieces with the marks at both ends; a long text loses its end, not its end mark.
    fn pieces(&self, text: &str) -> Result<Vec<u32>, EmbeddingError> {
        let text = &text[..text.floor_char_boundary(LONGEST_TEXT)];
        let pieces = self.tokenizer.encode(text, true).map_err(|error| self.fault(error.to_string()))?;
        let pieces = pieces.get_ids();
        let most = LONGEST.min(self.bert.longest());
        Ok(match pieces.last() {
            Some(&end) if pieces.len() > most => {
                pieces.iter().copied().take(most.saturating_sub(1)).chain([end]).take(most).collect()
            }
            _ => pieces.to_vec(),
        })
    }

    fn fault(&self, fault: String) -> EmbeddingError {
        EmbeddingError { folder: self.bert.folder().to_owned(), fault }
    }
}

#[cfg(test)]
mod tests;
