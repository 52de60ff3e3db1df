//! What holds a generation to a shape, token by token. `grammar` is one; knows nothing of logits.

/// Holds a generation to a shape: asked before each token, told each token.
pub trait Constraint: Send {
    fn allowed(&mut self) -> Allowed<'_>;
    /// A token that was allowed has been taken.
    fn advance(&mut self, token: u32);
}

impl<C: Constraint + ?Sized> Constraint for &mut C {
    fn allowed(&mut self) -> Allowed<'_> {
        (**self).allowed()
    }
    fn advance(&mut self, token: u32) {
        (**self).advance(token);
    }
}

/// What may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// Any token whose bit is set (token t is bit t % 64 of word t / 64), and the end of the answer if `end` is set.
    /// Bits of end tokens do not count.
    Tokens { mask: &'a [u64], end: bool },
    /// Exactly these tokens, at least one.
    Forced(Vec<u32>),
}

/// The tokens of a mask, ascending.
pub(super) fn set_bits(mask: &[u64]) -> impl Iterator<Item = u32> + '_ {
    (0u32..).step_by(64).zip(mask).flat_map(|(first, &word)| {
        let rest = |word: &u64| Some(word & (word - 1)).filter(|rest| *rest != 0);
        std::iter::successors(Some(word).filter(|word| *word != 0), rest)
            .map(move |word| first + word.trailing_zeros())
    })
}
