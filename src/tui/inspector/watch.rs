//! Tab `watch`: where the run stands, the values of what is watched, and the breakpoints that can stop here.

use super::{View, field};
use crate::{
    tui::{clean, text::Line, theme::Role},
    workbench::debug::{watched, written},
};

pub(super) fn lines(view: &View<'_>) -> Vec<Line> {
    let state = view.state;
    let task = view.row.id.task;
    let debugging = state.journal.debugging();
    let mut lines = vec![];
    if let Some(stop) = state.debug.stop.as_ref().filter(|stop| stop.task == task) {
        let words = Line::of(Role::Paused, stop.phase.word()).and(Role::Text, &format!("  {}", stop.why));
        field(&mut lines, view.width, "stopped", words);
    }
    field(
        &mut lines,
        view.width,
        "grain",
        Line::of(Role::Text, &format!("s goes one {}", debugging.grain.word())),
    );
    let watches = watched(state, task);
    if watches.is_empty() {
        let words = "nothing is watched: C-w takes expressions, as in margin or words(answer)";
        lines.extend(Line::of(Role::Dim, words).wrap(view.width, 0));
    }
    for (expression, value) in watches {
        let line = Line::of(Role::Symbol, &clean::line(&expression)).and(Role::Dim, " = ");
        let line = match value {
            Ok(value) => line.and(Role::Figure, &clean::line(&value)),
            Err(why) => line.and(Role::Error, &format!("✗ {}", clean::line(&why))),
        };
        lines.extend(line.wrap(view.width, 2));
    }
    let here = debugging.breakpoints.iter().filter(|breakpoint| breakpoint.task.is_none_or(|at| at == task));
    for (at, breakpoint) in here.enumerate() {
        if at == 0 {
            lines.push(Line::default());
            lines.push(Line::of(Role::Title, "breakpoints that can stop here"));
        }
        let mark = if breakpoint.on { "◆" } else { "◇ off" };
        let words = written(&state.journal.session().plan, breakpoint);
        let hits = debugging.hits_of(breakpoint.id);
        let line = Line::of(Role::Accent, mark)
            .and(Role::Text, &format!(" {} {}", breakpoint.id, clean::line(&words)))
            .and(Role::Dim, &format!("  reached {hits}×"));
        lines.extend(line.wrap(view.width, 2));
    }
    lines
}
