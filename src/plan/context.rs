//! The text that a goal is about: what stands before its question.

use super::Plan;

impl Plan {
    /// The words of the goal above its last blank line, without blanks at their ends; empty where there is none. Cards set
    /// it in as `{{ context }}`, so that the answerer of a sub-question can look things up in it, as the sub-task handlers of
    /// "Decomposed Prompting: A Modular Approach for Solving Complex Tasks" do.
    pub fn context(&self) -> String {
        let goal = self.root().map(|root| self.text(root)).unwrap_or_default();
        goal.trim().rsplit_once("\n\n").map(|(context, _)| context.trim().to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        ids::TaskId,
        plan::{Draft, Edit, Plan},
    };

    #[test]
    fn the_context_is_what_stands_before_the_question() {
        let check = |goal: &str, expected: &str| {
            let mut plan = Plan::default();
            let goal = Edit::Add { task: TaskId(0), parent: None, at: 0, draft: Draft::text(goal) };
            plan.apply(&goal).unwrap();
            assert_eq!(plan.context(), expected);
        };
        assert_eq!(Plan::default().context(), "");
        check("Who wrote Notes?", "");
        check("Ada wrote Notes.\n\nWho wrote Notes?", "Ada wrote Notes.");
        check("One.\n\nTwo.\n \nStill two.\n\nWho?\n", "One.\n\nTwo.\n \nStill two.");
        check("A line\nand another", "");
    }
}
