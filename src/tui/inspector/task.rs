//! Tab `task`: the words, how it stands and why, who answers, what it needs and feeds.

use super::{View, field, nothing};
use crate::{
    engine::caps,
    ids::TaskId,
    plan::Operator,
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
    let session = state.journal.session();
    let task = view.row.id.task;
    let (Some(found), Some(look)) = (session.plan.task(task), state.survey.look(task)) else {
        return nothing(view, "the task is gone");
    };
    let mut lines = vec![];
    let mut add = |name: &str, value: Line| field(&mut lines, view.width, name, value);
    for (at, line) in clean::lines(&view.row.text).enumerate() {
        add(if at == 0 { "task" } else { "" }, highlight::words(&line, Role::Strong, Line::default()));
    }

    let mut stands = Line::of(Role::state(view.row.state), spinner(view.row.state, state.now))
        .and(Role::state(view.row.state), &format!(" {}", view.row.state));
    if view.row.stale {
        stands.push(Role::Stale, "  ≠ stale: made from what is no longer so");
    }
    if view.row.pinned {
        stands.push(Role::Pinned, "  ⚑ pinned: a person's answer");
    }
    if let Some(why) = look.status.why().filter(|_| view.row.id.item.is_none()) {
        stands.push(Role::Text, &format!("  {why}"));
    }
    add("state", stands);

    if look.composite {
        let about = strategy::strategy(&look.by).map_or("", |strategy| strategy.about());
        add("strategy", Line::of(Role::Expert, &look.by).and(Role::Dim, &format!("  {about}")));
    } else if let Some(card) = state.tools.roster.get(&look.by) {
        let place = card.server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default();
        let about = format!("  {}{place}: {}", card.kind.word(), card.description);
        add("expert", Line::of(Role::Expert, &card.name).and(Role::Dim, &about));
    } else {
        let tag = found.draft.expert.as_deref().map_or("chosen when it is its turn".to_owned(), |tag| {
            format!("chosen when it is its turn; the plan names {tag}")
        });
        add("expert", Line::of(Role::Dim, &tag));
    }
    if let Some(router) = &found.draft.router {
        let about = crate::router::router(router).map_or("", |router| router.about());
        add("router", Line::of(Role::Expert, router).and(Role::Dim, &format!("  here and below: {about}")));
    }
    if let Some(operator @ Operator::Project { .. }) = found.draft.operator {
        let about = "  asked once for each item of the first answer it uses";
        add("operator", Line::of(Role::Figure, &operator.to_string()).and(Role::Dim, about));
    }

    let plan = &session.plan;
    let link = |other: TaskId| {
        let answer = session.answer(other).unwrap_or("no answer yet");
        let answer = clean::line(answer);
        Line::of(Role::Symbol, &plan.reference(task, other))
            .and(Role::Text, " ")
            .and(Role::Text, &cut(&clean::line(&plan.text(other)), (view.width / 2).max(12)))
            .and(Role::Dim, " → ")
            .and(Role::Answer, &cut(&answer, view.width))
    };
    for (name, others) in [("needs", plan.needs(task)), ("feeds", plan.feeds(task).to_vec())] {
        for (at, other) in others.into_iter().enumerate() {
            add(if at == 0 { name } else { "" }, link(other));
        }
    }

    let one = view.row.id.item;
    let questions = look.questions.iter().enumerate().filter(|(at, _)| one.is_none_or(|one| one == *at));
    // More than these fill the screen and tell nothing new.
    for (nth, (at, question)) in questions.take(50).enumerate() {
        let number = if look.questions.len() < 2 { String::new() } else { format!("{} ", at + 1) };
        let asked = highlight::words(&clean::line(question), Role::Text, Line::of(Role::Number, &number));
        add(if nth == 0 { "asked as" } else { "" }, asked);
    }
    for (at, line) in clean::lines(view.row.answer.trim_end()).enumerate().take(6) {
        if !view.row.answer.is_empty() {
            add(if at == 0 { "answer" } else { "" }, Line::of(Role::Answer, &line));
        }
    }
    for (at, amended) in session.progress(task).amended.iter().enumerate() {
        let words = Line::of(Role::Dim, &format!("{}: ", amended.purpose.word()))
            .and(Role::Text, &amended.amendment.words());
        add(if at == 0 { "amended" } else { "" }, words);
    }
    if let Some(check) = &found.draft.check {
        add("check", Line::of(Role::Text, &check.to_string()));
    }
    let running = state.live.keys().copied().collect();
    if let Some(budget) = &found.draft.budget {
        add("budget", Line::of(Role::Text, &budget.to_string()));
    }
    if let Some(left) = caps::left(&state.journal, task, &running) {
        let above = if found.draft.budget.is_some() { "" } else { "  by the budget of a task above" };
        add("left", Line::of(Role::Text, &left.to_string()).and(Role::Dim, above));
    }
    for (at, verdict) in look.verdicts.iter().enumerate().filter(|_| one.is_none()) {
        let words =
            Line::of(said(verdict.ruling), &format!("{} {}", verdict.ruling.glyph(), verdict.ruling.word()))
                .and(Role::Dim, &format!("  by {}: {}", verdict.judge, clean::line(&verdict.evidence)));
        add(if at == 0 { "verdict" } else { "" }, words);
    }
    if 0 < found.attempt {
        add("attempts", Line::of(Role::Text, &format!("{}", found.attempt + 1)));
    }
    if 0 < view.row.tokens || 0.05 < view.row.seconds {
        let cost = format!("{} tokens, {:.1} s", view.row.tokens, view.row.seconds);
        add("cost", Line::of(Role::Text, &cost));
    }
    for (at, warning) in session.progress(task).warnings.iter().enumerate() {
        add(if at == 0 { "warnings" } else { "" }, Line::of(Role::Warning, warning));
    }
    lines
}
