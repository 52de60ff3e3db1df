//! Slices and matrices cut into pieces that do not overlap, for the threads of a pool.

use super::Pool;

impl Pool {
    /// Calls `work` once with each piece of `size` elements of the slice; the last may be shorter.
    pub fn chunks<T: Send>(&self, slice: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
        let whole = Whole(slice.as_mut_ptr(), slice.len());
        let size = size.max(1);
        self.run(slice.len().div_ceil(size), &|index| {
            let start = index * size;
            // SAFETY: `run` gives each index once, so no two pieces overlap, and `slice` is borrowed until it ends.
            work(index, unsafe { whole.part(start, start + size) });
        });
    }

    /// Like [`Pool::chunks`] over two slices in step: piece i of the one with piece i of the other.
    pub fn pairs<T: Send, U: Send>(
        &self,
        (first, first_size): (&mut [T], usize),
        (second, second_size): (&mut [U], usize),
        work: impl Fn(usize, &mut [T], &mut [U]) + Sync,
    ) {
        let (first_size, second_size) = (first_size.max(1), second_size.max(1));
        let pieces = first.len().div_ceil(first_size).min(second.len().div_ceil(second_size));
        let first = Whole(first.as_mut_ptr(), first.len());
        let second = Whole(second.as_mut_ptr(), second.len());
        self.run(pieces, &|index| {
            let (a, b) = (index * first_size, index * second_size);
            // SAFETY: as in `chunks`, for each of the two slices.
            unsafe { work(index, first.part(a, a + first_size), second.part(b, b + second_size)) };
        });
    }

    /// Calls `work` with the pieces of the slice that lie between neighbouring bounds.
    ///
    /// Panics unless the bounds never fall and end within the slice.
    pub fn parts<T: Send>(&self, slice: &mut [T], bounds: &[usize], work: impl Fn(usize, &mut [T]) + Sync) {
        assert!(
            bounds.is_sorted() && bounds.last().is_none_or(|&end| end <= slice.len()),
            "bounds within the slice"
        );
        let whole = Whole(slice.as_mut_ptr(), slice.len());
        self.run(bounds.len().saturating_sub(1), &|index| {
            // SAFETY: the bounds never fall, so pieces of different indices do not overlap.
            work(index, unsafe { whole.part(bounds[index], bounds[index + 1]) });
        });
    }

    /// Cuts a matrix, `width` elements to a row, into rectangles of at most so many rows and columns, and calls `work`
    /// once with each.
    pub fn grid<T: Send>(
        &self,
        matrix: &mut [T],
        width: usize,
        (high, wide): (usize, usize),
        work: impl Fn(Grid<'_, T>) + Sync,
    ) {
        let (width, high, wide) = (width.max(1), high.max(1), wide.max(1));
        let height = matrix.len() / width;
        let across = width.div_ceil(wide);
        let whole = Whole(matrix.as_mut_ptr(), matrix.len());
        self.run(height.div_ceil(high) * across, &|index| {
            let (row, column) = (index / across * high, index % across * wide);
            let rows = row..(row + high).min(height);
            work(Grid { whole: &whole, width, rows, columns: column..(column + wide).min(width) });
        });
    }
}

/// A rectangle of a matrix, for one thread alone.
pub struct Grid<'a, T> {
    whole: &'a Whole<T>,
    width: usize,
    pub rows: std::ops::Range<usize>,
    pub columns: std::ops::Range<usize>,
}

impl<T> Grid<'_, T> {
    /// `count` elements of a row, from a column on.
    ///
    /// Panics if they are not all in the rectangle.
    pub fn row(&mut self, row: usize, column: usize, count: usize) -> &mut [T] {
        assert!(
            self.rows.contains(&row) && self.columns.start <= column && column + count <= self.columns.end,
            "inside the rectangle"
        );
        let start = row * self.width + column;
        // SAFETY: `Pool::grid` gives each rectangle once and rectangles do not overlap; `self` is borrowed as mutable,
        // so no other part of this one is in use; the matrix is borrowed until `run` ends.
        unsafe { self.whole.part(start, start + count) }
    }
}

/// A mutable slice whose parts go to different threads.
struct Whole<T>(*mut T, usize);

// SAFETY: parts handed out do not overlap (the promise of `part`), so each element is reached from one thread.
unsafe impl<T: Send> Sync for Whole<T> {}

impl<T> Whole<T> {
    /// The elements from `start` to `end`, cut at the end of the slice.
    ///
    /// SAFETY: the caller promises that the slice is still borrowed and that no two parts in use overlap.
    #[expect(clippy::mut_from_ref, reason = "the promise above is what keeps the parts apart")]
    unsafe fn part(&self, start: usize, end: usize) -> &mut [T] {
        let end = end.min(self.1);
        let start = start.min(end);
        // SAFETY: within the slice by the two lines above; alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), end - start) }
    }
}
