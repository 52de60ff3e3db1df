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
    &[]
}
pub fn router(_name: &str) -> Option<&'static dyn Router> {
    None
}
