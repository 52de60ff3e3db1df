//! Attention of a few queries over one page of keys and values, with a running softmax, so that no score outlives its
//! page.
//!
//! Source: "Online normalizer calculation for softmax" (Milakov and Gimelshein, 2018), as in "FlashAttention" (Dao et
//! al., 2022).

use super::simd::{Simd, Task};
use super::{LANES, Level};

/// Positions in a page.
pub const PAGE: usize = 64;
/// Queries that can be served at once.
pub const QUERIES: usize = 12;

/// Up to so many queries take less time than reading their page from memory, so that the next one is fetched early. With
/// more the pages are in the cache: their neighbours look at the same ones.
const FEW: usize = 4;

/// The softmax so far of one query: the largest score, and the sum of the weights relative to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    pub largest: f32,
    pub sum: f32,
}

impl Default for Running {
    fn default() -> Running {
        Running { largest: f32::NEG_INFINITY, sum: 0.0 }
    }
}

/// Queries of one head against one page.
pub struct Attend<'a> {
    /// Dimensions of the head, a multiple of 16.
    pub head: usize,
    /// At most [`QUERIES`], one after the other, scaled already.
    pub queries: &'a [f32],
    /// f16, `[position / 16][dimension][position % 16]`.
    pub keys: &'a [u16],
    /// f16, `[position][dimension]`.
    pub values: &'a [u16],
    /// The keys of the page that comes next, to be fetched from memory meanwhile; may be empty.
    pub next: &'a [u16],
    /// For each query, how many positions of the page it sees, from the first on.
    pub visible: &'a [usize],
    pub running: &'a mut [Running],
    /// Weighted values so far, not yet divided by the sum; as long as `queries`.
    pub out: &'a mut [f32],
}

/// Adds a page to the running result of each query.
pub fn attend(level: Level, page: Attend<'_>) {
    assert!(page.visible.len() <= QUERIES, "few queries at once");
    assert_eq!(page.queries.len(), page.visible.len() * page.head, "whole queries");
    assert_eq!(page.out.len(), page.queries.len(), "room for each result");
    assert_eq!(page.running.len(), page.visible.len(), "a softmax for each query");
    assert!(page.visible.iter().all(|&seen| seen <= PAGE), "no more than a page");
    assert!(PAGE * page.head <= page.keys.len().min(page.values.len()), "a whole page of keys and values");
    level.run(page);
}

/// Divides the results by the sums of their weights.
pub fn finish(running: &[Running], head: usize, out: &mut [f32]) {
    for (running, out) in running.iter().zip(out.chunks_exact_mut(head)) {
        let inverse = 1.0 / running.sum;
        out.iter_mut().for_each(|x| *x *= inverse);
    }
}

type Scores = [[f32; PAGE]];

impl Task for Attend<'_> {
    type Output = ();
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        let most = self.visible.iter().copied().max().unwrap_or(0);
        let mut scores = [[0.0; PAGE]; QUERIES];
        let count = self.visible.len();
        let (next_keys, next_values): (&[u16], &[u16]) =
            if count <= FEW { (self.next, self.values) } else { (&[], &[]) };
        let mut at = 0;
        while at < count {
            let (queries, scores) = (&self.queries[at * self.head..], &mut scores[at..]);
            // The first of them fetches what comes after the keys.
            let keys = (self.keys, if at == 0 { next_values } else { &[] });
            at += match (count - at, S::WIDE) {
                (1, true) => score::<S, 1, 4>(simd, self.head, queries, keys, most, scores),
                (2, true) => score::<S, 2, 4>(simd, self.head, queries, keys, most, scores),
                (3, true) => score::<S, 3, 4>(simd, self.head, queries, keys, most, scores),
                (4 | 5, true) => score::<S, 4, 2>(simd, self.head, queries, keys, most, scores),
                (6 | 7 | 12, true) => score::<S, 6, 2>(simd, self.head, queries, keys, most, scores),
                (_, true) => score::<S, 8, 2>(simd, self.head, queries, keys, most, scores),
                (1, false) => score::<S, 1, 4>(simd, self.head, queries, keys, most, scores),
                (2, false) => score::<S, 2, 2>(simd, self.head, queries, keys, most, scores),
                (3, false) => score::<S, 3, 1>(simd, self.head, queries, keys, most, scores),
                (_, false) => score::<S, 4, 1>(simd, self.head, queries, keys, most, scores),
            };
        }
        let states = self.running.iter_mut().zip(self.out.chunks_exact_mut(self.head));
        for ((scores, &seen), (running, out)) in scores.iter_mut().zip(self.visible).zip(states) {
            soften(simd, scores, seen, running, out);
        }
        let chunks = self.head / LANES;
        let mut chunk = 0;
        while chunk < chunks {
            let left = chunks - chunk;
            let mut at = 0;
            let mut wide = 0;
            while at < count {
                let (scores, out) = (&scores[at..], &mut self.out[at * self.head + chunk * LANES..]);
                let ahead = if at == 0 { next_keys.get(chunk * LANES..).unwrap_or(&[]) } else { &[] };
                let values = (&self.values[chunk * LANES..], ahead);
                let queries;
                (queries, wide) = match (count - at, left, S::WIDE) {
                    (1, 4.., true) => weigh::<S, 1, 4>(simd, self.head, scores, values, most, out),
                    (2, 4.., true) => weigh::<S, 2, 4>(simd, self.head, scores, values, most, out),
                    (3 | 5, 4.., true) => weigh::<S, 3, 4>(simd, self.head, scores, values, most, out),
                    (4 | 8, 4.., true) => weigh::<S, 4, 4>(simd, self.head, scores, values, most, out),
                    (_, 4.., true) => weigh::<S, 6, 4>(simd, self.head, scores, values, most, out),
                    (1, 2.., _) => weigh::<S, 1, 2>(simd, self.head, scores, values, most, out),
                    (2 | 4, 2.., _) => weigh::<S, 2, 2>(simd, self.head, scores, values, most, out),
                    (_, 2.., _) => weigh::<S, 3, 2>(simd, self.head, scores, values, most, out),
                    (1, _, _) => weigh::<S, 1, 1>(simd, self.head, scores, values, most, out),
                    (2, _, _) => weigh::<S, 2, 1>(simd, self.head, scores, values, most, out),
                    _ => weigh::<S, 3, 1>(simd, self.head, scores, values, most, out),
                };
                at += queries;
            }
            chunk += wide.max(1);
        }
    }
}

/// Products of R queries with the first `most` keys, B blocks of sixteen positions at a time; fetches `ahead` meanwhile;
/// returns R.
#[inline(always)]
fn score<S: Simd, const R: usize, const B: usize>(
    simd: S,
    head: usize,
    queries: &[f32],
    (keys, ahead): (&[u16], &[u16]),
    most: usize,
    scores: &mut Scores,
) -> usize {
    let (keys, _) = keys.as_chunks::<LANES>();
    let queries = &queries[..R * head];
    let scores = &mut scores[..R];
    for first in (0..most.div_ceil(LANES)).step_by(B) {
        // A page holds a multiple of B blocks; those past `most` are computed and never looked at.
        let keys = &keys[first * head..][..B * head];
        let mut sums = [[simd.splat(0.0); B]; R];
        for dimension in 0..head {
            if R <= FEW {
                fetch(simd, ahead, (first / B * head + dimension) * PAGE, PAGE);
            }
            let mut key = [simd.splat(0.0); B];
            for block in 0..B {
                key[block] = simd.load_half(&keys[block * head + dimension]);
            }
            for row in 0..R {
                let query = simd.splat(queries[row * head + dimension]);
                for block in 0..B {
                    sums[row][block] = simd.fma(key[block], query, sums[row][block]);
                }
            }
        }
        for row in 0..R {
            let (out, _) = scores[row].as_chunks_mut::<LANES>();
            for block in 0..B {
                simd.store(sums[row][block], &mut out[first + block]);
            }
        }
    }
    R
}

/// Turns the scores of one query into weights relative to the largest score so far, and what was there before too.
#[inline(always)]
fn soften<S: Simd>(simd: S, scores: &mut [f32; PAGE], seen: usize, running: &mut Running, out: &mut [f32]) {
    if seen == 0 {
        *scores = [0.0; PAGE];
        return;
    }
    scores[seen..].fill(f32::NEG_INFINITY);
    let (tiles, _) = scores.as_chunks_mut::<LANES>();
    let used = seen.div_ceil(LANES);
    let mut largest = simd.splat(f32::NEG_INFINITY);
    for tile in &tiles[..used] {
        largest = simd.max(simd.load(tile), largest);
    }
    let largest = simd.largest(largest).max(running.largest);
    let mut sum = simd.splat(0.0);
    for (index, tile) in tiles[..used].iter_mut().enumerate() {
        let weight = simd.exp(simd.sub(simd.load(tile), simd.splat(largest)));
        simd.store(weight, tile);
        if index + 1 == used {
            // Exactly zero beyond the last position, whatever stands there.
            tile[seen - index * LANES..].fill(0.0);
        }
        sum = simd.add(sum, simd.load(tile));
    }
    scores[used * LANES..].fill(0.0);
    if running.largest < largest {
        let shrink = if running.sum > 0.0 { (running.largest - largest).exp() } else { 0.0 };
        running.sum *= shrink;
        let (tiles, _) = out.as_chunks_mut::<LANES>();
        for tile in tiles {
            simd.store(simd.mul(simd.load(tile), simd.splat(shrink)), tile);
        }
    }
    running.largest = largest;
    running.sum += simd.sum(sum);
}

/// Lets the processor fetch so many numbers from there on, if they are there.
#[inline(always)]
fn fetch<S: Simd>(simd: S, numbers: &[u16], from: usize, count: usize) {
    for line in numbers.get(from..from + count).unwrap_or(&[]).chunks(32) {
        simd.prefetch(&line[0]);
    }
}

/// Adds the weighted values to R results, C times sixteen dimensions of them; fetches `ahead` meanwhile; returns R and C.
#[inline(always)]
fn weigh<S: Simd, const R: usize, const C: usize>(
    simd: S,
    head: usize,
    scores: &Scores,
    (values, ahead): (&[u16], &[u16]),
    most: usize,
    out: &mut [f32],
) -> (usize, usize) {
    let scores = &scores[..R];
    let mut sums = [[simd.splat(0.0); C]; R];
    for row in 0..R {
        let (out, _) = out[row * head..].as_chunks::<LANES>();
        for chunk in 0..C {
            sums[row][chunk] = simd.load(&out[chunk]);
        }
    }
    for position in 0..most.min(PAGE) {
        if R <= FEW {
            fetch(simd, ahead, position * head, C * LANES);
        }
        let (values, _) = values[position * head..].as_chunks::<LANES>();
        let values = &values[..C];
        let mut value = [simd.splat(0.0); C];
        for chunk in 0..C {
            value[chunk] = simd.load_half(&values[chunk]);
        }
        for row in 0..R {
            let weight = simd.splat(scores[row][position]);
            for chunk in 0..C {
                sums[row][chunk] = simd.fma(weight, value[chunk], sums[row][chunk]);
            }
        }
    }
    for row in 0..R {
        let (out, _) = out[row * head..].as_chunks_mut::<LANES>();
        for chunk in 0..C {
            simd.store(sums[row][chunk], &mut out[chunk]);
        }
    }
    (R, C)
}

#[cfg(test)]
mod tests;
