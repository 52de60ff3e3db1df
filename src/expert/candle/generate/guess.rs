//! Guesses by prompt lookup: what followed the last time the same few tokens were written may follow again.
//!
//! The steps of a plan copy much of their prompt. Guessed tokens are fed together with the last decided one; a row
//! costs little where the weights are read anyway. Every token is still drawn from its own logits with its own chance,
//! so guesses change the speed and nothing else. Source: "Prompt Lookup Decoding" (Saxena, 2023), after "Fast
//! Inference from Transformers via Speculative Decoding" (Leviathan et al., 2023).

/// Tokens that must be the same before a guess is made: the longer run is looked for first.
const RUNS: [usize; 2] = [3, 2];
/// Most tokens guessed at once.
const MOST: usize = 10;

/// Guesses of one generation. Knows how far they have been right.
pub(super) struct Guesses {
    tokens: Vec<u32>,
    /// Length of the sequence that the guesses follow.
    after: usize,
    /// How many to make next: more after good ones, fewer after bad ones.
    eager: usize,
}

impl Default for Guesses {
    fn default() -> Guesses {
        Guesses { tokens: Vec::new(), after: 0, eager: 4 }
    }
}

impl Guesses {
    /// Guesses how the sequence goes on; nothing, if its end was never written before.
    pub(super) fn make(&mut self, sequence: &[u32], most: usize) {
        self.after = sequence.len();
        let most = most.min(self.eager);
        self.tokens.clear();
        self.tokens.extend(followers(sequence).iter().take(most));
    }

    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Whether what was fed at this place is what the sequence has there.
    pub(super) fn holds(&self, place: usize, sequence: &[u32]) -> bool {
        let guessed = (place + 1).saturating_sub(self.after).min(self.tokens.len());
        sequence.get(self.after..self.after + guessed).is_some_and(|real| *real == self.tokens[..guessed])
    }

    /// Ends a round: how many guesses there were, how many were right, and how many tokens of the sequence are fed.
    ///
    /// The last is `usize::MAX` where no guess was made.
    pub(super) fn settle(&mut self, sequence: &[u32]) -> (usize, usize, usize) {
        let made = self.tokens.len();
        if made == 0 {
            return (0, 0, usize::MAX);
        }
        let real = &sequence[self.after.min(sequence.len())..];
        let right = self.tokens.iter().zip(real).take_while(|(guess, real)| guess == real).count();
        self.eager = if right == made { (2 * made).max(self.eager).min(MOST) } else { right.max(1) };
        self.tokens.clear();
        (made, right, self.after + right)
    }
}

/// What followed the latest earlier place that ends like the sequence does.
fn followers(sequence: &[u32]) -> &[u32] {
    for run in RUNS {
        let Some(start) = sequence.len().checked_sub(run) else { continue };
        let end = &sequence[start..];
        let earlier = (0..start).rev().find(|&at| sequence[at..at + run] == *end);
        if let Some(at) = earlier {
            return &sequence[at + run..];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_before_is_guessed() {
        let check = |sequence: &[u32], expected: &[u32]| {
            assert_eq!(followers(sequence), expected, "after {sequence:?}");
        };
        check(&[1, 2, 3, 4, 5, 1, 2, 3], &[4, 5, 1, 2, 3]);
        check(&[1, 2, 9, 1, 2, 8, 1, 2], &[8, 1, 2]);
        check(&[7, 1, 2, 9, 5, 1, 2, 8, 7, 1, 2], &[9, 5, 1, 2, 8, 7, 1, 2]);
        check(&[4, 4, 4], &[4]);
        check(&[1, 2, 3], &[]);
        check(&[1], &[]);
        check(&[], &[]);
    }

    #[test]
    fn good_guesses_make_bold_and_bad_ones_careful() {
        let mut guesses = Guesses::default();
        let before = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2];
        guesses.make(&before, 10);
        assert_eq!(guesses.tokens(), [3, 4, 5, 6]);
        // The model wrote 3, 4 and then something else.
        let real = [&before[..], &[3, 4, 9]].concat();
        assert!(guesses.holds(9, &real) && guesses.holds(10, &real) && guesses.holds(11, &real));
        assert!(!guesses.holds(12, &real) && !guesses.holds(13, &real));
        assert_eq!(guesses.settle(&real), (4, 2, 12));
        guesses.make(&before, 10);
        assert_eq!(guesses.tokens(), [3, 4]);
        assert_eq!(guesses.settle(&[&before[..], &[3, 4, 5]].concat()), (2, 2, 12));
        guesses.make(&before, 3);
        assert_eq!(guesses.tokens(), [3, 4, 5]);
        assert_eq!(guesses.settle(&before), (3, 0, 10));
        guesses.make(&before, 10);
        assert_eq!(guesses.tokens(), [3]);
        guesses.make(&[1, 2], 10);
        assert_eq!(guesses.settle(&[1, 2]), (0, 0, usize::MAX));
    }
}
