//! Which experts of the network a token goes to, in a layer that has several: chosen, seen, and changed if one likes.
//!
//! Source: "Mixtral of Experts" (Jiang et al., 2024); the weights of the chosen are normed to a sum of one.

/// An expert of the network that a row goes to, and the weight of its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    pub expert: usize,
    /// 0 to 1; all gates of a row sum to 1, unless a hook says otherwise.
    pub weight: f32,
}

/// Gets the layer, the row of the pass and its gates, heaviest first, before the experts are asked. It may write other
/// experts and weights; one that does not exist is left out.
pub type GateHook = Box<dyn FnMut(usize, usize, &mut [Gate]) + Send>;

/// Fills the gates of one row by the scores that its router gave to all experts. There are at least as many scores as
/// gates.
pub(super) fn choose(scores: impl Iterator<Item = f32>, gates: &mut [Gate]) {
    let mut scores: Vec<(usize, f32)> = scores.enumerate().collect();
    // The heaviest first; of equals the first, so that a choice can be repeated.
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    // Normed over the chosen, the softmax over all becomes one over them.
    let largest = scores[0].1;
    let sum: f32 = scores[..gates.len()].iter().map(|(_, score)| (score - largest).exp()).sum();
    for (gate, (expert, score)) in gates.iter_mut().zip(scores) {
        *gate = Gate { expert, weight: (score - largest).exp() / sum };
    }
}
