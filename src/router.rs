//! temp
use crate::{
    ask::{Answer, Request},
    decision::{Decision, ExpertCard},
};
pub struct RouteScene<'a> {
    pub task: &'a str,
    pub tag: Option<&'a str>,
    pub cards: &'a [ExpertCard],
    pub reply: Option<&'a Answer>,
}
pub enum RouteNext {
    Ask(Request),
    Decide(Decision),
}
pub trait Router: Sync {
    fn name(&self) -> &'static str;
    fn about(&self) -> &'static str;
    fn route(&self, scene: &RouteScene<'_>) -> RouteNext;
}
pub fn routers() -> &'static [&'static dyn Router] {
    &[&T]
}
pub fn router(_name: &str) -> Option<&'static dyn Router> {
    Some(&T)
}
struct T;
impl Router for T {
    fn name(&self) -> &'static str {
        "tag"
    }
    fn about(&self) -> &'static str {
        "x"
    }
    fn route(&self, s: &RouteScene<'_>) -> RouteNext {
        RouteNext::Decide(Decision {
            router: "tag".into(),
            chosen: s.tag.unwrap_or("answer").into(),
            candidates: vec![],
            confidence: 1.0,
            margin: 0.0,
            reason: None,
        })
    }
}
