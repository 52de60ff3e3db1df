//! Compares the meaning of a task with the centre of each category's examples: the simplest router that learns.

use super::{
    RouteNext, RouteScene, Router,
    learned::{ask_vector, evidence, settle},
};

pub(super) struct Centroid;

impl Router for Centroid {
    fn name(&self) -> &'static str {
        "centroid"
    }

    fn about(&self) -> &'static str {
        "compares the meaning of the task with the centre of each expert's examples"
    }

    fn route(&self, scene: &RouteScene<'_>) -> RouteNext {
        let features = match ask_vector(self.name(), scene) {
            Ok(features) => features,
            Err(next) => return *next,
        };
        let logits = scene.knowledge.by_centroid(&scene.names(), &features.dense);
        let reasons = evidence(scene, &features, &logits);
        RouteNext::Decide(settle(self.name(), scene, logits, reasons))
    }
}
