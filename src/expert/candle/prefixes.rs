//! Sequences that were computed before: a new prompt that begins like one of them starts where they part.
//!
//! Used by `model`. Keeps caches by value; what two of them share is in memory once.

use std::collections::HashSet;

use super::cache::Cache;

/// Kept sequences, bounded in bytes; the one not used for longest goes first.
pub struct Prefixes {
    entries: Vec<Entry>,
    limit: usize,
    clock: u64,
}

struct Entry {
    tokens: Vec<u32>,
    cache: Cache,
    used: u64,
}

/// More would make looking slow, and each holds a page of its own at least.
const MOST_ENTRIES: usize = 256;

impl Prefixes {
    pub fn new(limit: usize) -> Prefixes {
        Prefixes { entries: Vec::new(), limit, clock: 0 }
    }

    /// How many of these tokens, from the first on, are there already.
    pub fn known(&self, tokens: &[u32]) -> usize {
        self.entries.iter().map(|entry| entry.common(tokens)).max().unwrap_or(0)
    }

    /// A cache of the longest known beginning of these tokens, at most `most` of them.
    pub fn take(&mut self, tokens: &[u32], most: usize) -> Option<Cache> {
        self.clock += 1;
        let best = self.entries.iter_mut().max_by_key(|entry| (entry.common(tokens), entry.used))?;
        let common = best.common(tokens).min(most);
        if common == 0 {
            return None;
        }
        best.used = self.clock;
        let mut cache = best.cache.clone();
        cache.truncate(common);
        Some(cache)
    }

    /// Keeps a sequence. The cache must hold exactly these tokens.
    pub fn keep(&mut self, tokens: &[u32], cache: &Cache) {
        let tokens = &tokens[..tokens.len().min(cache.len())];
        self.clock += 1;
        if let Some(longer) = self.entries.iter_mut().find(|entry| entry.tokens.starts_with(tokens)) {
            longer.used = self.clock;
            return;
        }
        self.entries.retain(|entry| !tokens.starts_with(&entry.tokens));
        self.entries.push(Entry { tokens: tokens.to_vec(), cache: cache.clone(), used: self.clock });
        while self.limit < self.bytes() || MOST_ENTRIES < self.entries.len() {
            let oldest = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.used);
            let Some((oldest, _)) = oldest else { break };
            self.entries.remove(oldest);
        }
    }

    /// Bytes of all pages, shared ones counted once.
    pub fn bytes(&self) -> usize {
        let pages: HashSet<_> = self.entries.iter().flat_map(|entry| entry.cache.pieces()).collect();
        pages.into_iter().map(|(_, bytes)| bytes).sum()
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

impl Entry {
    fn common(&self, tokens: &[u32]) -> usize {
        self.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cache::{Pages, Shape};
    use super::*;

    const SHAPE: Shape = Shape { layers: 1, heads: 1, head: 16 };

    fn sequence(length: usize) -> (Vec<u32>, Cache) {
        ((0..length as u32).collect(), grown(Pages::new(SHAPE), length))
    }

    fn grown(mut pages: Pages, by: usize) -> Cache {
        pages.reserve(by);
        pages.advance(by);
        Cache::Pages(pages)
    }

    #[test]
    fn the_longest_beginning_is_found_and_cut() {
        let mut prefixes = Prefixes::new(usize::MAX);
        let (tokens, cache) = sequence(100);
        prefixes.keep(&tokens, &cache);
        let mut check = |query: &[u32], most: usize, expected: usize| {
            assert_eq!(prefixes.take(query, most).map_or(0, |cache| cache.len()), expected);
        };
        check(&tokens, 100, 100);
        check(&tokens, 99, 99);
        check(&tokens[..40], 40, 40);
        check(&[&tokens[..70], &[7, 7, 7]].concat(), 72, 70);
        check(&[9, 9], 2, 0);
        check(&[], 0, 0);
    }

    #[test]
    fn what_is_part_of_a_longer_one_is_kept_once_and_the_oldest_goes() {
        let mut prefixes = Prefixes::new(4 * SHAPE.page_bytes());
        let (tokens, cache) = sequence(100);
        let mut short = cache.clone();
        short.truncate(50);
        prefixes.keep(&tokens[..50], &short);
        prefixes.keep(&tokens, &cache);
        prefixes.keep(&tokens[..50], &short);
        assert_eq!((prefixes.entries.len(), prefixes.bytes()), (1, 2 * SHAPE.page_bytes()));
        // A branch shares its first page.
        let mut branch = cache.clone();
        branch.truncate(64);
        let Cache::Pages(branch) = branch else { unreachable!() };
        let branch = grown(branch, 1);
        let branched = [&tokens[..64], &[999]].concat();
        prefixes.keep(&branched, &branch);
        assert_eq!(prefixes.bytes(), 3 * SHAPE.page_bytes());
        // Two more pages are too many: the first sequence has rested for longest.
        assert_eq!(prefixes.known(&branched), 65);
        let (other, cache) = sequence(65);
        let other: Vec<u32> = other.iter().map(|token| token + 5000).collect();
        prefixes.keep(&other, &cache);
        assert_eq!(
            (prefixes.known(&tokens), prefixes.known(&branched), prefixes.known(&other)),
            (64, 65, 65)
        );
        assert!(prefixes.bytes() <= 4 * SHAPE.page_bytes());
    }
}
