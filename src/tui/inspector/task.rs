//! Tab `task`: the words, how it stands and why, who answers, what it needs and feeds.

use super::{View, field, nothing};
use crate::{
    engine::{Look, caps},
    ids::TaskId,
    plan::{Operator, Task},
    strategy,
    tui::{
        clean, highlight,
        text::{Line, cut},
        theme::Role,
        tree::{said, spinner},
    },
};

pub(super) fn lines(view: &View<'_>) -> Vec<Line> {
    let state = view.state;
    let id = view.row.id.task;
    let (Some(task), Some(look)) = (state.journal.session().plan.task(id), state.survey.look(id)) else {
        return nothing(view, "the task is gone");
    };
    let mut tab = Tab { view, id, task, look, lines: vec![] };
    tab.words();
    tab.state();
    tab.who();
    tab.neighbours();
    tab.questions_and_answer();
    tab.bounds();
    tab.verdicts();
    tab.cost();
    tab.lines
}

/// The lines so far, and what they are about.
struct Tab<'a> {
    view: &'a View<'a>,
    id: TaskId,
    task: &'a Task,
    look: &'a Look,
    lines: Vec<Line>,
}

impl Tab<'_> {
    fn add(&mut self, name: &str, value: Line) {
        field(&mut self.lines, self.view.width, name, value);
    }

    /// Several values of one name, which stands at the first alone.
    fn all(&mut self, name: &str, values: impl IntoIterator<Item = Line>) {
        for (at, value) in values.into_iter().enumerate() {
            self.add(if at == 0 { name } else { "" }, value);
        }
    }

    fn words(&mut self) {
        let view = self.view;
        let lines = clean::lines(&view.row.text);
        self.all("task", lines.map(|line| highlight::words(&line, Role::Strong, Line::default())));
    }

    fn state(&mut self) {
        let row = self.view.row;
        let mut stands = Line::of(Role::state(row.state), spinner(row.state, self.view.state.now))
            .and(Role::state(row.state), &format!(" {}", row.state));
        if row.stale {
            stands.push(Role::Stale, "  ≠ stale: made from what is no longer so");
        }
        if row.pinned {
            stands.push(Role::Pinned, "  ⚑ pinned: a person's answer");
        }
        if row.cut {
            stands.push(Role::Warning, "  ✂ cut: its tokens were spent before it came to an end");
        }
        if let Some(why) = self.look.status.why().filter(|_| row.id.item.is_none()) {
            stands.push(Role::Text, &format!("  {why}"));
        }
        self.add("state", stands);
    }

    /// Who answers, who chose, and how often it is asked.
    fn who(&mut self) {
        let (look, draft) = (self.look, &self.task.draft);
        if look.composite {
            let about = strategy::strategy(&look.by).map_or("", |strategy| strategy.about());
            self.add("strategy", Line::of(Role::Expert, &look.by).and(Role::Dim, &format!("  {about}")));
        } else if let Some(card) = self.view.state.tools.roster.get(&look.by) {
            let place = card.server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default();
            let about = format!("  {}{place}: {}", card.kind.word(), card.description);
            self.add("expert", Line::of(Role::Expert, &card.name).and(Role::Dim, &about));
        } else {
            let tag = draft.expert.as_deref().map_or("chosen when it is its turn".to_owned(), |tag| {
                format!("chosen when it is its turn; the plan names {tag}")
            });
            self.add("expert", Line::of(Role::Dim, &tag));
        }
        if let Some(router) = &draft.router {
            let about = crate::router::router(router).map_or("", |router| router.about());
            let about = format!("  here and below: {about}");
            self.add("router", Line::of(Role::Expert, router).and(Role::Dim, &about));
        }
        if let Some(operator @ Operator::Project { .. }) = draft.operator {
            let about = "  asked once for each item of the first answer it uses";
            self.add("operator", Line::of(Role::Figure, &operator.to_string()).and(Role::Dim, about));
        }
    }

    /// What it needs and what it feeds, with their answers.
    fn neighbours(&mut self) {
        let (view, id) = (self.view, self.id);
        let session = view.state.journal.session();
        let plan = &session.plan;
        let link = |other: TaskId| {
            let answer = session.answer(other).unwrap_or("no answer yet");
            Line::of(Role::Symbol, &plan.reference(id, other))
                .and(Role::Text, " ")
                .and(Role::Text, &cut(&clean::line(&plan.text(other)), (view.width / 2).max(12)))
                .and(Role::Dim, " → ")
                .and(Role::Answer, &cut(&clean::line(answer), view.width))
        };
        self.all("needs", plan.needs(id).into_iter().map(link));
        self.all("feeds", plan.feeds(id).iter().copied().map(link));
    }

    fn questions_and_answer(&mut self) {
        let (view, look) = (self.view, self.look);
        let one = view.row.id.item;
        let questions = look.questions.iter().enumerate().filter(|(at, _)| one.is_none_or(|one| one == *at));
        let asked = |(at, question): (usize, &String)| {
            let number = if look.questions.len() < 2 { String::new() } else { format!("{} ", at + 1) };
            highlight::words(&clean::line(question), Role::Text, Line::of(Role::Number, &number))
        };
        // More than these fill the screen and tell nothing new.
        self.all("asked as", questions.take(50).map(asked));
        if !view.row.answer.is_empty() {
            let answer = clean::lines(view.row.answer.trim_end()).take(6);
            self.all("answer", answer.map(|line| Line::of(Role::Answer, &line)));
        }
    }

    /// What a person has set for it: amendments, a check, a budget and what is left of it.
    fn bounds(&mut self) {
        let (state, draft) = (self.view.state, &self.task.draft);
        let amended = &state.journal.session().progress(self.id).amended;
        self.all(
            "amended",
            amended.iter().map(|amended| {
                Line::of(Role::Dim, &format!("{}: ", amended.purpose.word()))
                    .and(Role::Text, &amended.amendment.words())
            }),
        );
        if let Some(check) = &draft.check {
            self.add("check", Line::of(Role::Text, &check.to_string()));
        }
        if let Some(budget) = &draft.budget {
            self.add("budget", Line::of(Role::Text, &budget.to_string()));
        }
        let running = state.live.keys().copied().collect();
        if let Some(left) = caps::left(&state.journal, self.id, &running) {
            let above = if draft.budget.is_some() { "" } else { "  by the budget of a task above" };
            self.add("left", Line::of(Role::Text, &left.rounded().to_string()).and(Role::Dim, above));
        }
    }

    fn verdicts(&mut self) {
        let look = self.look;
        let whole = self.view.row.id.item.is_none();
        let verdicts = look.verdicts.iter().filter(|_| whole).map(|verdict| {
            let ruling = format!("{} {}", verdict.ruling.glyph(), verdict.ruling.word());
            let by = format!("  by {}: {}", verdict.judge, clean::line(&verdict.evidence));
            Line::of(said(verdict.ruling), &ruling).and(Role::Dim, &by)
        });
        self.all("verdict", verdicts);
    }

    fn cost(&mut self) {
        let (row, attempt) = (self.view.row, self.task.attempt);
        if 0 < attempt {
            self.add("attempts", Line::of(Role::Text, &format!("{}", attempt + 1)));
        }
        if 0 < row.tokens || 0.05 < row.seconds {
            let cost = format!("{} tokens, {:.1} s", row.tokens, row.seconds);
            self.add("cost", Line::of(Role::Text, &cost));
        }
        let warnings = &self.view.state.journal.session().progress(self.id).warnings;
        self.all("warnings", warnings.iter().map(|warning| Line::of(Role::Warning, warning)));
    }
}
