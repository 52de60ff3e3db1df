//! The second half of a layer with several experts of the network, on a device: the choice is made by the processor.

use candle_core::{Device, Result, Tensor};

use super::super::blocks::{self, Dense};
use super::super::gates::{Gate, GateHook, choose};
use super::super::settings::Settings;
use super::linear::Linear;

/// Router and experts of one layer.
pub(super) struct Mixture {
    /// `[column, expert]`.
    router: Tensor,
    experts: Vec<Dense<Linear>>,
    used: usize,
}

impl Mixture {
    pub(super) fn new(
        mixture: blocks::Mixture<Linear>,
        settings: &Settings,
        device: &Device,
    ) -> Result<Mixture> {
        let blocks::Mixture { router, experts, used } = mixture;
        let router = Tensor::from_vec(router, (experts.len(), settings.hidden), device)?;
        Ok(Mixture { router: router.t()?.contiguous()?, experts, used })
    }

    /// The weighted answers of the experts that each row goes to. `order` tells where the n-th row of the pass stands.
    pub(super) fn forward(
        &self,
        normed: &Tensor,
        layer: usize,
        order: &[usize],
        hook: &mut Option<GateHook>,
    ) -> Result<Tensor> {
        let scores: Vec<Vec<f32>> = normed.matmul(&self.router)?.to_vec2()?;
        let mut gates = vec![Gate { expert: 0, weight: 0.0 }; order.len() * self.used];
        let each = scores.into_iter().zip(gates.chunks_exact_mut(self.used));
        each.for_each(|(scores, gates)| choose(scores.into_iter(), gates));
        if let Some(hook) = hook {
            for (row, &place) in order.iter().enumerate() {
                hook(layer, row, &mut gates[place * self.used..][..self.used]);
            }
        }
        let mut out = normed.zeros_like()?;
        for (index, expert) in self.experts.iter().enumerate() {
            let chosen = gates.iter().enumerate().filter(|(_, gate)| gate.expert == index);
            let (rows, weights): (Vec<u32>, Vec<f32>) =
                chosen.map(|(at, gate)| ((at / self.used) as u32, gate.weight)).unzip();
            if rows.is_empty() {
                continue;
            }
            let weights = Tensor::new(weights, normed.device())?.unsqueeze(1)?;
            let rows = Tensor::new(rows, normed.device())?;
            let answer = expert.forward(&normed.index_select(&rows, 0)?)?.broadcast_mul(&weights)?;
            out = out.index_add(&rows, &answer, 0)?;
        }
        Ok(out)
    }
}
