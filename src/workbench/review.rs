//! The review of routing: a queue of decisions, what the person said of them, and what the sayings amount to.

pub mod statistics;

use super::{
    decisions::Decided,
    learning::{Proposal, person},
    ledger::{Review, Saying},
};
use crate::{
    decision::{Candidate, ExpertCard},
    ids::CallId,
    router::{
        Knowledge,
        cost::curve,
        measure::{Measured, Trade, Verdict, measure, trade_offs},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// A review going on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reviewing {
    /// All decisions, of this session and of others.
    pub items: Vec<Decided>,
    /// Name of the session that is open.
    pub here: String,
    /// Places in `items`, in the order in which they are shown.
    pub queue: Vec<usize>,
    /// Place in the queue.
    pub at: usize,
    /// Place among the candidates.
    pub cursor: usize,
    pub order: Order,
    /// The router's choice is hidden until the person has chosen.
    pub blind: bool,
    /// The one on top was reviewed before and is mixed in.
    pub repeat: Option<usize>,
    /// After that many in a row an old one is mixed in.
    pub fresh: usize,
    pub page: Page,
    /// Everything a person ever said, oldest first.
    pub reviews: Vec<Review>,
    /// When the one on top was shown.
    pub since: u64,
    /// Why, said ahead of the choice.
    pub reason: String,
    pub scroll: usize,
    /// The decisions of other sessions and the ledger are being read, since then.
    pub gathering: Option<u64>,
    /// A key was pressed since the screen was opened: what is on top stays there when more decisions come.
    pub touched: bool,
    /// Vectors by text, as far as they were asked for.
    pub vectors: BTreeMap<String, Vec<f32>>,
    pub waiting: Option<Waiting>,
    /// Number of the version that is being made.
    pub learning: Option<u32>,
    /// A version that waits for the person's word.
    pub proposal: Option<Proposal>,
    /// The largest number of a stored version.
    pub newest: u32,
    /// The same figures as of the last change of the sayings.
    pub measured: Measured,
    /// What it would cost and bring if the least sure decisions came to the person.
    pub curve: Vec<Trade>,
    /// The same for the cheapest able expert, as far as vectors are known.
    pub by_cost: Vec<Trade>,
    /// The table of categories as the person is changing it.
    pub table: Option<TableDraft>,
    /// The row of the table that the keys change.
    pub row: usize,
}

/// Who answers which category, while a person changes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableDraft {
    pub table: BTreeMap<String, String>,
    /// Who gets what no category claims.
    pub uncertain: String,
}

impl TableDraft {
    pub fn of(knowledge: &Knowledge) -> TableDraft {
        TableDraft { table: knowledge.table.clone(), uncertain: knowledge.uncertain.clone() }
    }

    /// The expert of a row: the categories by name, then what is uncertain.
    pub fn expert(&mut self, row: usize) -> Option<&mut String> {
        let count = self.table.len();
        if row < count { self.table.values_mut().nth(row) } else { Some(&mut self.uncertain) }
    }

    /// How many rows are not as they were.
    pub fn changed(&self, knowledge: &Knowledge) -> usize {
        let other = |(class, expert): (&String, &String)| knowledge.table.get(class) != Some(expert);
        self.table.iter().filter(|row| other(*row)).count()
            + usize::from(self.uncertain != knowledge.uncertain)
    }
}

/// Steps of a curve of cost against quality.
pub const STEPS: usize = 10;

/// Vectors that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub call: CallId,
    pub texts: Vec<String>,
    /// Learn from them; else they are for the map.
    pub learn: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Uncertain,
    /// Those first that a person overrode or typed over.
    Disagreement,
    /// The dearest expert first.
    Cost,
    Expert,
}

impl Order {
    pub fn word(self) -> &'static str {
        match self {
            Order::Uncertain => "most uncertain first",
            Order::Disagreement => "disagreement first",
            Order::Cost => "dearest first",
            Order::Expert => "by expert",
        }
    }

    pub fn next(self) -> Order {
        match self {
            Order::Uncertain => Order::Disagreement,
            Order::Disagreement => Order::Cost,
            Order::Cost => Order::Expert,
            Order::Expert => Order::Uncertain,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Queue,
    Agreement,
    Calibration,
    Cost,
    Map,
    Table,
    Learning,
}

impl Page {
    pub const ALL: [Page; 7] =
        [Page::Queue, Page::Agreement, Page::Calibration, Page::Cost, Page::Map, Page::Table, Page::Learning];

    pub fn title(self) -> &'static str {
        match self {
            Page::Queue => "queue",
            Page::Agreement => "agreement",
            Page::Calibration => "calibration",
            Page::Cost => "cost",
            Page::Map => "map",
            Page::Table => "table",
            Page::Learning => "learning",
        }
    }

    pub fn turn(self, by: usize) -> Page {
        let at = Page::ALL.iter().position(|page| *page == self).unwrap_or(0);
        Page::ALL[(at + by) % Page::ALL.len()]
    }
}

impl Reviewing {
    /// The decision on top.
    pub fn item(&self) -> Option<&Decided> {
        let place = self.repeat.or_else(|| self.queue.get(self.at).copied())?;
        self.items.get(place)
    }

    /// Who can be chosen: in the order of the router, by name when it is hidden.
    pub fn candidates(&self, cards: &[ExpertCard]) -> Vec<Candidate> {
        let Some(item) = self.item() else { return vec![] };
        let mut all = item.decision.candidates.clone();
        for card in cards {
            if !all.iter().any(|one| one.expert == card.name) {
                all.push(Candidate {
                    expert: card.name.clone(),
                    score: f32::NAN,
                    reason: card.description.clone(),
                });
            }
        }
        if self.blind {
            all.sort_by(|a, b| a.expert.cmp(&b.expert));
            for one in &mut all {
                one.score = f32::NAN;
                let card = cards.iter().find(|card| card.name == one.expert);
                one.reason = card.map_or_else(String::new, |card| card.description.clone());
            }
        }
        all
    }

    /// Was this decision reviewed?
    pub fn reviewed(&self, item: &Decided) -> bool {
        self.reviews.iter().any(|one| one.is_of(&item.session, item.seq))
    }

    /// Makes the queue anew: decisions without a review, in the chosen order.
    pub fn line_up(&mut self, cards: &[ExpertCard]) {
        let done: BTreeSet<(&str, u32)> = self
            .reviews
            .iter()
            .filter(|one| one.saying != Saying::Preferred)
            .map(|one| (one.session.as_str(), one.seq))
            .collect();
        let mut queue: Vec<usize> = (0..self.items.len())
            .filter(|at| !done.contains(&(self.items[*at].session.as_str(), self.items[*at].seq.0)))
            .collect();
        let items = &self.items;
        let sure = |at: &usize| items[*at].decision.confidence;
        let cost = |at: &usize| {
            let chosen = &items[*at].decision.chosen;
            cards.iter().find(|card| card.name == *chosen).map_or(0.0, |card| card.cost)
        };
        let disputed = |at: &usize| items[*at].overridden.is_some() || items[*at].kept == Some(false);
        queue.sort_by(|a, b| {
            let first = match self.order {
                Order::Uncertain => std::cmp::Ordering::Equal,
                Order::Disagreement => disputed(b).cmp(&disputed(a)),
                Order::Cost => cost(b).total_cmp(&cost(a)),
                Order::Expert => items[*a].decision.chosen.cmp(&items[*b].decision.chosen),
            };
            first.then_with(|| sure(a).total_cmp(&sure(b)))
        });
        self.queue = queue;
        self.at = 0;
    }

    /// The sayings as verdicts on the router: skipped and mixed-in ones left out, the last word on each decision.
    pub fn verdicts(&self) -> Vec<Verdict> {
        verdicts(&self.reviews)
    }

    /// Measures the sayings anew.
    pub fn measure(&mut self, cards: &[ExpertCard], knowledge: &Knowledge) {
        let verdicts = self.verdicts();
        let cost = |name: &str| cards.iter().find(|card| card.name == name).map_or(0.0, |card| card.cost);
        let decided: Vec<(f32, f32, bool)> =
            verdicts.iter().map(|one| (one.confidence, cost(&one.chosen), one.is_right())).collect();
        self.measured = measure(&verdicts, person(cards));
        self.curve = trade_offs(&decided, STEPS);
        let vectors = |text: &str| {
            let known =
                || knowledge.examples.iter().find(|one| one.text == text).map(|one| one.vector.as_slice());
            self.vectors.get(text).map(Vec::as_slice).or_else(known)
        };
        let width = knowledge.softmax.width;
        let tasks: Vec<(&[f32], Vec<String>)> = last_words(&self.reviews)
            .into_iter()
            .filter_map(|review| Some((vectors(&review.task)?, right(review))))
            .filter(|(vector, _)| vector.len() == width)
            .collect();
        self.by_cost = curve(knowledge, cards, &tasks, STEPS);
    }

    /// Accepted in a row up to now, and mean seconds over the last ten: signs of a hand that no longer looks. `None`
    /// before anything was judged.
    pub fn autopilot(&self) -> (usize, Option<f64>) {
        let fresh: Vec<&Review> = self.reviews.iter().rev().filter(|one| one.judges()).collect();
        let streak = fresh.iter().take_while(|one| one.saying == Saying::Accept).count();
        let last = &fresh[..fresh.len().min(10)];
        let seconds = last.iter().map(|one| one.took as f64 / 1000.0).sum::<f64>();
        (streak, (!last.is_empty()).then(|| seconds / last.len() as f64))
    }

    /// Of the decisions that were shown twice: how many, and how many got the same expert again.
    pub fn consistency(&self) -> (usize, usize) {
        let mut tally = (0, 0);
        for (at, again) in self.reviews.iter().enumerate().filter(|(_, one)| one.repeat) {
            let first = self.reviews[..at]
                .iter()
                .find(|one| one.session == again.session && one.seq == again.seq && !one.repeat);
            if let Some(first) = first {
                tally.0 += 1;
                tally.1 += usize::from(first.expert == again.expert);
            }
        }
        tally
    }
}

/// The last word on each decision as a verdict on the router.
pub fn verdicts(reviews: &[Review]) -> Vec<Verdict> {
    let verdict = |review: &Review| Verdict {
        chosen: review.chosen.clone(),
        right: right(review),
        confidence: review.confidence,
    };
    last_words(reviews).into_iter().map(verdict).collect()
}

/// The last word on each decision: skips, preferences and mixed-in ones are none.
fn last_words(reviews: &[Review]) -> Vec<&Review> {
    let mut last: BTreeMap<(&str, u32), &Review> = BTreeMap::new();
    for review in reviews.iter().filter(|one| one.judges() && !one.repeat) {
        last.insert((review.session.as_str(), review.seq), review);
    }
    last.into_values().collect()
}

/// Everybody who would be right.
fn right(review: &Review) -> Vec<String> {
    let mut right = vec![review.expert.clone()];
    if review.saying == Saying::BothFine {
        right.push(review.chosen.clone());
    }
    right
}
