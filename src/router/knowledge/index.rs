//! Which examples are near, without looking at all of them: by category, the nearest centres first.

use super::{super::features::dot, Example};
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
    members: Vec<usize>,
}

impl Index {
    pub(super) fn of(examples: &[Example]) -> Index {
        let mut index = Index::default();
        examples.iter().enumerate().for_each(|(at, example)| index.add(at, example));
        index
    }

    pub(super) fn add(&mut self, at: usize, example: &Example) {
        let key = (example.expert.clone(), example.class().to_owned());
        let group = self.groups.entry(key).or_default();
        group.sum.resize(example.vector.len().max(group.sum.len()), 0.0);
        group.sum.iter_mut().zip(&example.vector).for_each(|(sum, value)| *sum += value);
        let length = dot(&group.sum, &group.sum).sqrt().max(1e-6);
        group.centre = group.sum.iter().map(|value| value / length).collect();
        group.members.push(at);
    }

    /// Expert and centre of each category.
    pub(super) fn centres(&self) -> impl Iterator<Item = (&str, &[f32])> {
        self.groups.iter().map(|((expert, _), group)| (expert.as_str(), group.centre.as_slice()))
    }

    /// Examples of the nearest categories with their cosines, in no order.
    pub(super) fn near(&self, examples: &[Example], vector: &[f32]) -> Vec<(usize, f32)> {
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
        examples: &[Example],
        expert: &str,
        vector: &[f32],
    ) -> Option<(usize, f32)> {
        let own = self.groups.iter().filter(|((name, _), _)| name == expert).map(|(_, group)| group);
        let nearest = own.max_by(|a, b| dot(vector, &a.centre).total_cmp(&dot(vector, &b.centre)))?;
        within(nearest, examples, vector).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn within<'a>(
    group: &'a Group,
    examples: &'a [Example],
    vector: &'a [f32],
) -> impl Iterator<Item = (usize, f32)> + 'a {
    group.members.iter().filter_map(move |at| Some((*at, dot(vector, &examples.get(*at)?.vector))))
}
