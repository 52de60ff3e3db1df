//! How many tasks of a subtree stand how: sums that are kept up to date, so that nobody counts a large plan.

use super::{Look, Status};
use std::ops::{AddAssign, SubAssign};

/// Numbers of tasks, the task itself included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub tasks: u32,
    pub done: u32,
    pub stale: u32,
    pub pinned: u32,
    pub ready: u32,
    pub running: u32,
    /// Leaves that wait for a person.
    pub person: u32,
    /// Failed or stuck.
    pub failed: u32,
    pub cancelled: u32,
}

impl Tally {
    /// One task.
    pub(super) fn of(look: &Look) -> Tally {
        let n = u32::from;
        let status = &look.status;
        Tally {
            tasks: 1,
            done: n(*status == Status::Done),
            stale: n(look.stale),
            pinned: n(look.pinned),
            ready: n(look.can_go()),
            running: n(matches!(status, Status::Running(_))),
            person: n(*status == Status::NeedsPerson && !look.composite),
            failed: n(matches!(status, Status::Failed(_) | Status::Stuck(_))),
            cancelled: n(*status == Status::Cancelled),
        }
    }

    fn each(&mut self, other: &Tally, change: impl Fn(&mut u32, u32)) {
        change(&mut self.tasks, other.tasks);
        change(&mut self.done, other.done);
        change(&mut self.stale, other.stale);
        change(&mut self.pinned, other.pinned);
        change(&mut self.ready, other.ready);
        change(&mut self.running, other.running);
        change(&mut self.person, other.person);
        change(&mut self.failed, other.failed);
        change(&mut self.cancelled, other.cancelled);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.each(&other, |sum, by| *sum = sum.wrapping_add(by));
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Tally) {
        self.each(&other, |sum, by| *sum = sum.wrapping_sub(by));
    }
}
