//! Keys and values in pages of 64 positions, in the order in which the lane's kernels read them.
//!
//! Clones share pages; writing into a shared page copies it first. So a long prompt that many sequences start with is in
//! memory once, and attention can see that it is the same.

use std::sync::Arc;

use super::super::kernels::attention::PAGE;
use super::Shape;

/// 64 positions of all layers and heads.
#[derive(Clone, Debug)]
pub(in super::super) struct Page(Vec<u16>);

/// What attention remembers of a sequence, in pages of its own or shared ones.
#[derive(Clone, Debug)]
pub struct Pages {
    shape: Shape,
    pages: Vec<Arc<Page>>,
    length: usize,
}

impl Pages {
    pub fn new(shape: Shape) -> Pages {
        Pages { shape, pages: Vec::new(), length: 0 }
    }

    /// Positions that are there.
    pub(in super::super) fn len(&self) -> usize {
        self.length
    }

    pub(in super::super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Forgets everything from this position on; does nothing if there is less.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        self.pages.truncate(self.length.div_ceil(PAGE));
    }

    /// Identity and size of each page: what several caches share is found twice.
    pub(in super::super) fn pieces(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pages.iter().map(|page| (Arc::as_ptr(page) as usize, self.shape.page_bytes()))
    }

    /// Makes room for positions to be written with [`Pages::write`], in pages that nobody else sees.
    pub(in super::super) fn reserve(&mut self, count: usize) {
        let end = self.length + count;
        // A partly filled page may be shared with a clone.
        if let Some(page) = self.pages.get_mut(self.length / PAGE)
            && 0 < count
        {
            Arc::make_mut(page);
        }
        while self.pages.len() * PAGE < end {
            self.pages.push(Arc::new(Page(vec![0; self.shape.page()])));
        }
    }

    /// Counts written positions as there.
    pub(in super::super) fn advance(&mut self, count: usize) {
        self.length = (self.length + count).min(self.pages.len() * PAGE);
    }

    pub(in super::super) fn page(&self, index: usize) -> Option<&Arc<Page>> {
        self.pages.get(index)
    }

    /// Keys and values of one head at one position. Does nothing if the position was not reserved.
    ///
    /// `fresh` holds the key, then the value, as f16.
    pub(in super::super) fn write(&mut self, position: usize, layer: usize, head: usize, fresh: &[u16]) {
        let Shape { heads, head: width, .. } = self.shape;
        let Some(page) = self.pages.get_mut(position / PAGE) else { return };
        let start = (layer * heads + head) * width * PAGE * 2;
        let both = &mut Arc::make_mut(page).0[start..][..width * PAGE * 2];
        let (keys, values) = both.split_at_mut(width * PAGE);
        let (key, value) = fresh.split_at(width);
        let place = position % PAGE;
        let block = &mut keys[place / 16 * width * 16..][..width * 16];
        for (row, &bits) in block.chunks_exact_mut(16).zip(key) {
            row[place % 16] = bits;
        }
        values[place * width..][..width].copy_from_slice(value);
    }
}

impl Page {
    /// Keys and values of one layer and head.
    pub(in super::super) fn head(&self, shape: Shape, layer: usize, head: usize) -> (&[u16], &[u16]) {
        let size = shape.head * PAGE;
        self.0[(layer * shape.heads + head) * size * 2..][..size * 2].split_at(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { layers: 2, heads: 1, head: 16 };

    fn extend(cache: &mut Pages, marks: &[u16]) {
        cache.reserve(marks.len());
        for (index, &mark) in marks.iter().enumerate() {
            for layer in 0..2 {
                cache.write(cache.len() + index, layer, 0, &[mark + layer as u16; 32]);
            }
        }
        cache.advance(marks.len());
    }

    /// The mark at each position, read back from keys and values of both layers.
    fn marks(cache: &Pages) -> Vec<u16> {
        let at = |position: usize, layer: usize| {
            let (keys, values) = cache.page(position / PAGE).unwrap().head(SHAPE, layer, 0);
            let place = position % PAGE;
            let key = keys[(place / 16 * 16 + 7) * 16 + place % 16];
            assert_eq!(key, values[place * 16 + 7]);
            key - layer as u16
        };
        (0..cache.len())
            .inspect(|&position| assert_eq!(at(position, 0), at(position, 1)))
            .map(|p| at(p, 0))
            .collect()
    }

    #[test]
    fn a_clone_goes_its_own_way() {
        let mut first = Pages::new(SHAPE);
        let start: Vec<u16> = (0..100).collect();
        extend(&mut first, &start);
        let mut second = first.clone();
        extend(&mut first, &[500, 501]);
        extend(&mut second, &[600]);
        assert_eq!(marks(&first), [&start[..], &[500, 501]].concat());
        assert_eq!(marks(&second), [&start[..], &[600]].concat());
        let shared = first.pieces().filter(|id| second.pieces().any(|other| other == *id)).count();
        assert_eq!(shared, 1, "the full page is there once");
    }

    #[test]
    fn a_cut_can_be_anywhere_and_leaves_the_original() {
        let mut whole = Pages::new(SHAPE);
        let start: Vec<u16> = (0..200).collect();
        extend(&mut whole, &start);
        for cut in [0, 1, 63, 64, 65, 128, 199, 200, 300] {
            let mut part = whole.clone();
            part.truncate(cut);
            let kept = cut.min(200);
            assert_eq!((part.len(), part.pieces().count()), (kept, kept.div_ceil(PAGE)));
            extend(&mut part, &[900, 901]);
            assert_eq!(marks(&part), [&start[..kept], &[900, 901]].concat());
        }
        assert_eq!(marks(&whole), start);
    }
}
