//! Which queries look at which pages together, and the looking. Called by `pass` only.
//!
//! Neighbouring rows share the work of reading keys and values wherever they look at the same page: rows of one
//! prompt, and rows of different sequences that began alike.

use std::sync::Arc;

use super::super::blocks::Layer;
use super::super::cache::Pages;
use super::super::kernels::attention::{Attend, PAGE, QUERIES, Running, attend, finish};
use super::super::kernels::rows::{Dress, Tiles, head};
use super::super::kernels::{LANES, Level, Pool};
use super::super::weights::Linear;
use super::{Row, Settings};

/// The rows of a pass in groups of neighbours.
#[derive(Default)]
pub(super) struct Groups {
    /// First row and row after the last of each group.
    spans: Vec<(usize, usize)>,
    /// Where the results of each head of keys and values and group begin, and the end.
    bounds: Vec<usize>,
}

/// What the attention of one layer reads.
pub(super) struct Scene<'a, 'c> {
    pub(super) level: Level,
    pub(super) pool: &'a Pool,
    pub(super) settings: &'a Settings,
    pub(super) layer: usize,
    pub(super) weights: &'a Layer<Linear>,
    pub(super) caches: &'a [&'c mut Pages],
    pub(super) rows: &'a [Row],
    pub(super) positions: &'a [usize],
    pub(super) angles: &'a [f32],
    pub(super) product: &'a [f32],
}

impl Groups {
    /// `sharing`: how many query heads look at one head of keys.
    pub(super) fn form(
        &mut self,
        rows: &[Row],
        caches: &[&mut Pages],
        heads: usize,
        sharing: usize,
        head: usize,
    ) {
        let most = (QUERIES / sharing).max(1);
        let first_page = |row: &Row| caches[row.cache].page(0).map(Arc::as_ptr);
        self.spans.clear();
        for (index, row) in rows.iter().enumerate() {
            match self.spans.last_mut() {
                Some((start, end))
                    if *end - *start < most && first_page(&rows[*start]) == first_page(row) =>
                {
                    *end = index + 1;
                }
                _ => self.spans.push((index, index + 1)),
            }
        }
        let width = sharing * head;
        self.bounds.clear();
        for plane in 0..heads {
            self.bounds.extend(self.spans.iter().map(|(start, _)| (plane * rows.len() + start) * width));
        }
        self.bounds.push(heads * rows.len() * width);
    }

    /// Fills `out[head of keys][row][query head, dimension]`.
    pub(super) fn attend(&self, scene: Scene<'_, '_>, out: &mut [f32]) {
        scene.pool.parts(out, &self.bounds, |index, out| {
            let (start, end) = self.spans[index % self.spans.len()];
            scene.group(index / self.spans.len(), start, end, out);
        });
    }
}

impl Scene<'_, '_> {
    /// The rows from `start` to `end`, for one head of keys.
    fn group(&self, key_head: usize, start: usize, end: usize, out: &mut [f32]) {
        let Settings { heads, key_value_heads, head: width, .. } = *self.settings;
        let sharing = heads / key_value_heads;
        let mut queries = vec![0.0; out.len()];
        let each = queries.chunks_exact_mut(width).enumerate();
        each.for_each(|(index, query)| {
            self.query(start + index / sharing, key_head * sharing + index % sharing, query)
        });
        out.fill(0.0);
        let mut running = vec![Running::default(); out.len() / width];
        let last = self.positions[start..end].iter().max().map_or(0, |position| position / PAGE);
        for page in 0..=last {
            let mut row = start;
            while row < end {
                let Some(found) = self.caches[self.rows[row].cache].page(page) else {
                    row += 1;
                    continue;
                };
                let same = |other: &usize| {
                    self.caches[self.rows[*other].cache]
                        .page(page)
                        .is_some_and(|page| Arc::ptr_eq(page, found))
                };
                let after = (row + 1..end).find(|other| !same(other)).unwrap_or(end);
                let cache = &self.caches[self.rows[row].cache];
                let (keys, values) = found.head(cache.shape(), self.layer, key_head);
                let next = cache.page(page + 1).filter(|_| page < last);
                let next = next.map_or(&[][..], |next| next.head(cache.shape(), self.layer, key_head).0);
                let mut visible = [0; QUERIES];
                let span = (row - start) * sharing..(after - start) * sharing;
                // One row may have more queries than the kernel takes at once.
                for first in span.clone().step_by(QUERIES) {
                    let last = (first + QUERIES).min(span.end);
                    for (visible, query) in visible.iter_mut().zip(first..last) {
                        let position = self.positions[start + query / sharing];
                        *visible = (position + 1).saturating_sub(page * PAGE).min(PAGE);
                    }
                    attend(
                        self.level,
                        Attend {
                            head: width,
                            queries: &queries[first * width..last * width],
                            keys,
                            values,
                            next,
                            visible: &visible[..last - first],
                            running: &mut running[first..last],
                            out: &mut out[first * width..last * width],
                        },
                    );
                }
                row = after;
            }
        }
        finish(&running, width, out);
    }

    fn query(&self, row: usize, query_head: usize, out: &mut [f32]) {
        let width = out.len();
        let Layer { bias, query_norm, .. } = self.weights;
        let dress = Dress {
            bias: bias.as_deref().map(|bias| &bias[query_head * width..][..width]),
            norm: query_norm.as_deref().map(|weight| (weight, self.settings.epsilon)),
            rotation: Some(self.angles[row * width..][..width].split_at(width / 2)),
            scale: 1.0 / (width as f32).sqrt(),
        };
        let product = Tiles { values: self.product, rows: self.rows.len(), row };
        head(self.level, product, query_head * width / LANES, dress, out);
    }
}
