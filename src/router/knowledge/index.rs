//! Which examples are near, without looking at all of them: by category, the nearest centres first.

use super::{super::features::dot, Example, Examples};
use std::collections::BTreeMap;

/// Categories that are searched; below so many examples all of them.
const VISITED: usize = 8;
const FEW: usize = 600;

/// The examples by expert and category.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Index {
    groups: BTreeMap<(String, String), Group>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Group {
    sum: Vec<f32>,
    centre: Vec<f32>,
    count: usize,
    cells: Vec<Cell>,
}

/// The members of a group that are nearest to the same one of them: as many cells as members in each, roughly.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cell {
    pivot: Vec<f32>,
    members: Vec<usize>,
}

/// Of a group with more members than this only the nearest cells are searched.
const SEARCHED_WHOLE: usize = 128;
const CELLS: usize = 4;

impl Index {
    pub(super) fn of<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Index {
        let mut index = Index::default();
        examples.into_iter().enumerate().for_each(|(at, example)| index.add(at, example));
        index
    }

    /// One of which only is known who failed at it is no example of anything.
    pub(super) fn add(&mut self, at: usize, example: &Example) {
        if example.right().is_none() {
            return;
        }
        let key = (example.expert.clone(), example.class().to_owned());
        let group = self.groups.entry(key).or_default();
        group.sum.resize(example.vector.len().max(group.sum.len()), 0.0);
        group.sum.iter_mut().zip(&example.vector).for_each(|(sum, value)| *sum += value);
        let length = dot(&group.sum, &group.sum).sqrt().max(1e-6);
        group.centre = group.sum.iter().map(|value| value / length).collect();
        group.count += 1;
        let nearest = group.nearest_cells(&example.vector).into_iter().next();
        match nearest {
            Some(cell) if group.count <= group.cells.len().pow(2) => group.cells[cell].members.push(at),
            _ => group.cells.push(Cell { pivot: example.vector.clone(), members: vec![at] }),
        }
    }

    /// Expert and centre of each category.
    pub(super) fn centres(&self) -> impl Iterator<Item = (&str, &[f32])> {
        self.groups.iter().map(|((expert, _), group)| (expert.as_str(), group.centre.as_slice()))
    }

    /// Examples of the nearest categories with their cosines, in no order.
    pub(super) fn near(&self, examples: &Examples, vector: &[f32]) -> Vec<(usize, f32)> {
        let mut groups: Vec<(&Group, f32)> =
            self.groups.values().map(|group| (group, dot(vector, &group.centre))).collect();
        if FEW < examples.len() {
            groups.sort_by(|a, b| b.1.total_cmp(&a.1));
            groups.truncate(VISITED);
        }
        groups.iter().flat_map(|(group, _)| within(group, examples, vector)).collect()
    }

    pub(super) fn of_expert(
        &self,
        examples: &Examples,
        expert: &str,
        vector: &[f32],
    ) -> Option<(usize, f32)> {
        let own = self.groups.iter().filter(|((name, _), _)| name == expert).map(|(_, group)| group);
        let nearest = own.max_by(|a, b| dot(vector, &a.centre).total_cmp(&dot(vector, &b.centre)))?;
        within(nearest, examples, vector).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Group {
    /// The cells, nearest first.
    fn nearest_cells(&self, vector: &[f32]) -> Vec<usize> {
        let mut cells: Vec<(usize, f32)> =
            self.cells.iter().enumerate().map(|(at, cell)| (at, dot(vector, &cell.pivot))).collect();
        cells.sort_by(|a, b| b.1.total_cmp(&a.1));
        cells.into_iter().map(|(at, _)| at).collect()
    }
}

fn within<'a>(
    group: &'a Group,
    examples: &'a Examples,
    vector: &'a [f32],
) -> impl Iterator<Item = (usize, f32)> + 'a {
    let cells = match group.count <= SEARCHED_WHOLE {
        true => (0..group.cells.len()).collect(),
        false => group.nearest_cells(vector),
    };
    let searched = if group.count <= SEARCHED_WHOLE { usize::MAX } else { CELLS };
    let members = cells.into_iter().take(searched).flat_map(|cell| &group.cells[cell].members);
    members.filter_map(move |at| Some((*at, dot(vector, &examples.get(*at)?.vector))))
}
