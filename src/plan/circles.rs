//! Circles in a text that is no plan yet: which of its tasks wait for each other.

use petgraph::{
    algo::tarjan_scc,
    graph::{DiGraph, NodeIndex},
};

/// The groups of tasks that wait for each other, each by place and in order. `parents` has the place of each task's parent;
/// `needs` are (user, need).
///
/// A task begins after its parent has begun and after what it needs has ended; it ends after it began and after its parts
/// have ended. Strongly connected components after "Depth-First Search and Linear Graph Algorithms".
pub(super) fn circles(parents: &[Option<usize>], needs: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let begins: Vec<NodeIndex> = (0..parents.len()).map(|task| graph.add_node(task)).collect();
    let ends: Vec<NodeIndex> = (0..parents.len()).map(|task| graph.add_node(task)).collect();
    for (task, parent) in parents.iter().enumerate() {
        graph.add_edge(ends[task], begins[task], ());
        if let Some(parent) = *parent {
            graph.add_edge(begins[task], begins[parent], ());
            graph.add_edge(ends[parent], ends[task], ());
        }
    }
    for (user, need) in needs {
        graph.add_edge(begins[*user], ends[*need], ());
    }
    let waiting = tarjan_scc(&graph).into_iter().filter(|group| 1 < group.len());
    let mut circles: Vec<Vec<usize>> = waiting
        .map(|group| {
            let mut tasks: Vec<usize> = group.into_iter().map(|node| graph[node]).collect();
            tasks.sort_unstable();
            tasks.dedup();
            tasks
        })
        .collect();
    circles.sort();
    circles
}
