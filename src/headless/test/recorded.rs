//! What the experts said when a case was written, said again: by the hash of the whole ask, else by its end.

use crate::{
    ask::{Answer, Ask, Request},
    engine::{Command, Report},
    expert::symbolic,
    headless::Hands,
    literal::shortened,
    workbench::case::{Reply, marks},
};
use std::collections::{HashMap, VecDeque};

/// Says again what the experts said when the case was written; functions compute.
pub struct Recorded {
    by_ask: HashMap<String, VecDeque<Reply>>,
    by_end: HashMap<(String, String), VecDeque<Reply>>,
    ready: VecDeque<Report>,
    loose: u32,
}

impl Recorded {
    pub fn new(replies: &[Reply]) -> Recorded {
        let (mut by_ask, mut by_end) = (HashMap::new(), HashMap::new());
        for reply in replies {
            let of_ask: &mut VecDeque<Reply> = by_ask.entry(reply.ask.clone()).or_default();
            of_ask.push_back(reply.clone());
            let end = (reply.expert.clone(), reply.asked.clone());
            let of_end: &mut VecDeque<Reply> = by_end.entry(end).or_default();
            of_end.push_back(reply.clone());
        }
        Recorded { by_ask, by_end, ready: VecDeque::new(), loose: 0 }
    }

    /// Replies that were found although their prompts have changed.
    pub fn loose(&self) -> u32 {
        self.loose
    }

    fn reply(&mut self, ask: &Ask) -> Result<Answer, String> {
        if let Request::Compute { question } = &ask.request {
            return symbolic::compute(&ask.expert, question)
                .map(Answer::plain)
                .map_err(|error| error.to_string());
        }
        let (key, end) = marks(ask);
        // The last one stays: who asks once more hears the same.
        let take =
            |all: &mut VecDeque<Reply>| if 1 < all.len() { all.pop_front() } else { all.front().cloned() };
        let exact = self.by_ask.get_mut(&key).and_then(take);
        let found = match exact {
            Some(reply) => Some(reply),
            None => {
                let near = self.by_end.get_mut(&(ask.expert.clone(), end.clone())).and_then(take);
                self.loose += u32::from(near.is_some());
                near
            }
        };
        let Some(reply) = found else {
            let last = end.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let asked = shortened(last);
            return Err(format!(
                "no reply is recorded for [{}] \"{asked}\": run it with --model, or write the case again",
                ask.expert
            ));
        };
        Ok(Answer { scores: reply.scores, finish: reply.finish, ..Answer::plain(reply.text) })
    }
}

impl Hands for Recorded {
    fn perform(&mut self, command: Command) {
        if let Command::Ask { call, ask } = command {
            let report = match self.reply(&ask) {
                Ok(answer) => Report::Done { call, answer },
                Err(why) => Report::Failed { call, why },
            };
            self.ready.push_back(report);
        }
    }

    async fn next(&mut self) -> Option<Report> {
        self.ready.pop_front()
    }
}
