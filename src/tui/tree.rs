//! The tree: one row for each task, only those in view.

use super::{
    cache::{Cache, in_view},
    clean, highlight,
    paper::{Paper, after, row},
    text::{Line, cut_front, width},
    theme::Role,
};
use crate::workbench::{Figure, Focus, Place, State, Target, rows, rows::Row};
use crate::{decision::Ruling, engine::Amendments};
use ratatui::layout::Rect;

/// Columns of the state, of seconds, of tokens.
const STATE: usize = 9;
const SECONDS: usize = 7;
const TOKENS: usize = 7;
/// The figure that rows tell, if they tell one.
const FIGURE: usize = 9;

/// What a tree of that width has room for.
struct Columns {
    tokens: bool,
    seconds: bool,
    figure: Option<Figure>,
    /// Where answers begin, when they have a column of their own.
    answers: Option<usize>,
    /// The strategy of tasks with parts.
    strategies: bool,
}

impl Columns {
    fn of(width: u16, figure: Figure) -> Columns {
        let width = usize::from(width);
        let mut columns = Columns {
            tokens: 70 <= width,
            seconds: 54 <= width,
            figure: None,
            answers: None,
            strategies: 90 <= width,
        };
        columns.figure = Some(figure).filter(|figure| *figure != Figure::None);
        let flexible = width.saturating_sub(columns.right() + 2);
        columns.answers = (86 <= flexible).then_some(flexible * 3 / 5);
        columns
    }

    fn right(&self) -> usize {
        2 + STATE
            + if self.figure.is_some() { FIGURE } else { 0 }
            + if self.seconds { SECONDS } else { 0 }
            + if self.tokens { TOKENS } else { 0 }
    }
}

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, cache: &mut Cache, head: Rect, area: Rect) {
    paper.target(head, Target::Pane(Place::Tree));
    paper.target(area, Target::Pane(Place::Tree));
    let columns = Columns::of(area.width, state.ui.figure);
    heading(paper, state, head, &columns);
    let cursor = state.ui.cursor.and_then(|cursor| state.lines.position(cursor)).unwrap_or(0);
    let height = usize::from(area.height);
    cache.tree_top = in_view(cache.tree_top, cursor, state.lines.len(), height);
    let rows = rows::rows(state, cache.tree_top, height);
    for (y, (at, row_shown)) in (0..area.height).zip((cache.tree_top..).zip(&rows)) {
        let place = row(area, y);
        one(paper, state, place, row_shown, &columns);
        if at == cursor && state.ui.cursor.is_some() {
            let focused = state.ui.focus == Focus::Tree;
            paper.wash(place, if focused { Role::Selected } else { Role::SelectedIdle });
        }
    }
    paper.bar(area, state.lines.len(), cache.tree_top);
}

fn heading(paper: &mut Paper<'_>, state: &State, head: Rect, columns: &Columns) {
    let crate::engine::Tally { tasks: all, done, stale, .. } = state.survey.tally();
    let role = if state.ui.focus == Focus::Tree { Role::Accent } else { Role::Dim };
    let mut line =
        Line::of(Role::Text, " ").and(role, "plan").and(Role::Dim, &format!("  {done} of {all} done"));
    if 0 < stale {
        line.push(Role::Stale, &format!(", {stale} stale"));
    }
    let mut names = columns.figure.map_or_else(String::new, |figure| format!("{:>FIGURE$}", figure.title()));
    if columns.tokens {
        names.push_str(&format!("{:>TOKENS$}", "tokens"));
    }
    if columns.seconds {
        names.push_str(&format!("{:>SECONDS$}", "time"));
    }
    let names = format!("{names}  {:<STATE$} ", "state");
    let line = match columns.answers {
        Some(at) => line.pad(1 + at).and(Role::Dim, "  answer"),
        None => line,
    };
    paper.line(head, line.cut(usize::from(head.width).saturating_sub(names.len() + 1)));
    paper.right(head, Line::of(Role::Dim, &names));
}

fn one(paper: &mut Paper<'_>, state: &State, area: Rect, row: &Row, columns: &Columns) {
    let right = right_columns(row, columns);
    let flexible = usize::from(area.width).saturating_sub(right.width() + 2);
    // However deep, half of the row is for words.
    let indent = (2 * row.depth).min(flexible / 2);
    let fold = match (row.has_parts, row.folded) {
        (true, true) => "▸ ",
        (true, false) => "▾ ",
        (false, _) => "  ",
    };
    let first = if row.marked { "✓" } else { " " };
    let line = Line::of(Role::Accent, first)
        .and(Role::Text, &" ".repeat(indent))
        .and(Role::Dim, fold)
        .and(Role::state(row.state), spinner(row.state, state.now))
        .and(Role::Text, " ");
    paper.target(area, Target::Row(row.id));
    if row.has_parts {
        let mark = Rect { width: 2.min(area.width), ..after(area, 1 + indent) };
        paper.target(mark, Target::Fold(row.id.task));
    }
    let used = line.width();
    let left = line.join(words(row, columns, flexible + 1 - used.min(flexible), used));
    paper.line(area, left.cut(flexible + 1));
    paper.right(area, right);
}

/// Number, expert, text, answer and marks in the room there is. `from` is the column where they begin.
fn words(row: &Row, columns: &Columns, room: usize, from: usize) -> Line {
    let mut head = Line::default();
    if !row.number.is_empty() {
        head = head.and(Role::Number, &row.number).and(Role::Text, " ");
    }
    match (row.composite, row.by.is_empty()) {
        (false, false) if row.id.item.is_none() => {
            head = head.and(Role::Expert, &format!("[{}]", row.by)).and(Role::Text, " ");
        }
        (true, false) if columns.strategies => {
            head = head.and(Role::Dim, &row.by).and(Role::Text, " ");
        }
        _ => {}
    }
    let role = if row.depth == 0 { Role::Title } else { Role::Text };
    // A live text is read at its end, an answer from its beginning.
    let live = matches!(row.state, "running" | "paused");
    let text = highlight::words(&clean::line(beginning(&row.text)), role, Line::default());
    // However much is to be said of a task, some of the room is for its words.
    let room = room.saturating_sub(head.width());
    let marks = marks(row);
    let marks = marks.cut(room.saturating_sub(text.width().min(room * 2 / 5)));
    let room = room.saturating_sub(marks.width());
    let answer = row.answer.trim();
    let answer = clean::line(if live { end(answer) } else { beginning(answer) });
    let answer: &str = &answer;
    if answer.is_empty() || room < 16 {
        return head.join(text.cut(room)).join(marks);
    }
    let shown = |most: usize| match live {
        true => Line::of(Role::Running, &cut_front(answer, most)),
        false => Line::of(Role::Answer, answer).cut(most),
    };
    let arrow = Line::of(Role::Dim, " → ");
    match columns.answers.and_then(|at| at.checked_sub(from + head.width())).filter(|at| 12 <= *at) {
        Some(at) => {
            let at = at.min(room.saturating_sub(8));
            head.join(text.cut(at).pad(at)).join(arrow).join(shown(room.saturating_sub(at + 3))).join(marks)
        }
        None => {
            let all = text.width() + 3 + width(answer);
            let most = if all <= room {
                width(answer)
            } else {
                (room - 3).saturating_sub(text.width()).max(room * 2 / 5)
            };
            let answer = shown(most.min(room));
            let text = text.cut(room.saturating_sub(3 + answer.width()));
            head.join(text).join(arrow).join(answer).join(marks)
        }
    }
}

/// Characters of a text that a row can show at most; the rest is not looked at.
const FAR: usize = 1000;

fn beginning(text: &str) -> &str {
    text.char_indices().nth(FAR).map_or(text, |(at, _)| &text[..at])
}

fn end(text: &str) -> &str {
    text.char_indices().nth_back(FAR).map_or(text, |(at, _)| &text[at..])
}

fn marks(row: &Row) -> Line {
    let mut marks = Line::default();
    if let Some(phase) = row.stopped {
        marks = marks.and(Role::Paused, &format!(" ▶ {phase}"));
    }
    if row.breakpoint {
        marks = marks.and(Role::Accent, " ◆ break");
    }
    if row.stale {
        marks = marks.and(Role::Stale, " ≠ stale");
    }
    if row.pinned {
        marks = marks.and(Role::Pinned, " ⚑ pinned");
    }
    if let Some(word) = row.amended.word() {
        let role = if row.amended == Amendments::Lapsed { Role::Warning } else { Role::Pinned };
        marks = marks.and(role, &format!(" ✎ {word}"));
    }
    if row.collapsed {
        marks = marks.and(Role::Pinned, " ▣ one call");
    }
    if let Some(left) = &row.left {
        marks = marks.and(Role::Number, &format!(" $ {left} left"));
    }
    if let Some(ruling) = row.ruling {
        marks = marks.and(said(ruling), &format!(" {} {}", ruling.glyph(), ruling.word()));
    }
    if row.cut {
        marks = marks.and(Role::Warning, " ✂ cut");
    }
    if let Some(lint) = row.lint {
        marks = marks.and(Role::Warning, &format!(" ! {lint}"));
    }
    marks
}

/// How a verdict looks.
pub(super) fn said(ruling: Ruling) -> Role {
    match ruling {
        Ruling::Pass => Role::Done,
        Ruling::Unsure => Role::Warning,
        Ruling::Fail => Role::Failed,
    }
}

/// Tokens, time and state, as wide for every row.
fn right_columns(row: &Row, columns: &Columns) -> Line {
    let mut figures = columns.figure.map_or_else(String::new, |_| format!("{:>FIGURE$}", row.figure));
    if columns.tokens {
        figures.push_str(&match row.tokens {
            0 => " ".repeat(TOKENS),
            tokens => format!("{tokens:>TOKENS$}"),
        });
    }
    if columns.seconds {
        figures.push_str(&format!("{:>SECONDS$}", seconds(row.seconds)));
    }
    figures.push_str("  ");
    // A long state takes the room of figures that such a task has none of.
    let over = row.state.len().saturating_sub(STATE);
    let figures: String = figures.chars().skip(over).collect();
    // Where there are no figures, the words of the task may go on.
    let figures = if figures.trim().is_empty() { "  " } else { figures.as_str() };
    let state = format!("{:<STATE$} ", row.state);
    Line::of(Role::Dim, figures).and(Role::state(row.state), &state)
}

/// Time in at most six cells; nothing for what took none.
pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() || s < 0.05 => String::new(),
        s if s < 100.0 => format!("{s:.1}s"),
        s if s < 6000.0 => format!("{:.0}m{:02.0}", (s / 60.0).floor(), (s % 60.0).floor()),
        s => format!("{:.0}h", s / 3600.0),
    }
}

/// The glyph of a state; that of what runs turns with time.
pub(super) fn spinner(state: &str, now: u64) -> &'static str {
    const TURN: [&str; 4] = ["◐", "◓", "◑", "◒"];
    if state == "running" { TURN[(now / 150 % 4) as usize] } else { rows::glyph(state) }
}
