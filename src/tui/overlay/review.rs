//! The review of routing: a page for the queue, and pages of what the sayings amount to.

mod figures;
mod learned;
mod map;
mod table;

use crate::{
    router::flip::{flip, flipped_too},
    tui::{
        cache::in_view,
        clean,
        inspector::{candidates, candidates_head},
        paper::{Paper, after, row},
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::{
        Place, State, Target,
        decisions::track_records,
        learning,
        review::{Page, Reviewing},
    },
};
use ratatui::layout::Rect;

pub(super) fn draw(paper: &mut Paper<'_>, state: &State, body: Rect) {
    paper.clear(body, Role::Ground);
    paper.target(body, Target::Pane(Place::List));
    let Some(review) = &state.review else { return };
    heading(paper, state, review, row(body, 0));
    let inner = Rect { y: body.y + 2.min(body.height), height: body.height.saturating_sub(2), ..body };
    let inner = Rect { width: inner.width.saturating_sub(1), ..after(inner, 1) };
    let wide = usize::from(inner.width).saturating_sub(1);
    let lines = match review.page {
        Page::Queue => return queue(paper, state, review, inner),
        Page::Map => return map::draw(paper, review, inner),
        Page::Table => return table::draw(paper, state, review, inner),
        Page::Cost => table::cost(state, review, wide),
        Page::Agreement => figures::agreement(review, wide),
        Page::Calibration => figures::calibration(state, review, wide),
        Page::Learning => learned::learned(state, review, wide),
    };
    let top = review.scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
    paper.lines(inner, &lines, top);
}

fn heading(paper: &mut Paper<'_>, state: &State, review: &Reviewing, area: Rect) {
    let mut x = 1;
    for page in Page::ALL {
        let role = if page == review.page { Role::Tab } else { Role::Dim };
        paper.text(after(area, x), role, page.title());
        x += page.title().len() + 2;
    }
    let version = match state.tools.knowledge.version {
        0 => "nothing learned".to_owned(),
        version => format!("version {version}"),
    };
    let blind = if review.blind { "blind  " } else { "" };
    let right = Line::of(Role::Warning, blind).and(Role::Dim, &version);
    if x + right.width() + 1 < usize::from(area.width) {
        paper.right(Rect { width: area.width.saturating_sub(1), ..area }, right);
    }
}

/// What the queue says while it is not whole.
const READING: &str = "reading other sessions";

fn queue(paper: &mut Paper<'_>, state: &State, review: &Reviewing, area: Rect) {
    let wide = usize::from(area.width);
    let Some(item) = review.item() else {
        let words = match review.items.is_empty() {
            _ if review.gathering.is_some() => READING,
            true => "no router has decided anything yet: run a plan first",
            false => "everything is reviewed: tab shows what came out, L learns from it",
        };
        return paper.text(area, Role::Dim, words);
    };
    let left = review.queue.len().saturating_sub(review.at);
    let (streak, seconds) = review.autopilot();
    let mut meter = format!("{left} left, {}", review.order.word());
    if review.gathering.is_some() {
        meter.push_str(&format!("; {READING}"));
    }
    if let Some(seconds) = seconds {
        meter.push_str(&format!("; {streak} accepted in a row, {seconds:.1} s each"));
    }
    let (twice, same) = review.consistency();
    if 0 < twice {
        meter.push_str(&format!("; {same} of {twice} the same again"));
    }
    // A long row of quick yeses says that nobody looks any more.
    let asleep = 10 <= streak && seconds.is_some_and(|seconds| seconds < 2.0);
    paper.line(row(area, 0), Line::of(if asleep { Role::Warning } else { Role::Dim }, &meter).cut(wide));
    let text = clean::line(&item.text);
    let mut y = 1;
    for line in Line::of(Role::Title, &text).wrap(wide, 2).into_iter().take(3) {
        paper.line(row(area, y), line);
        y += 1;
    }
    let decision = &item.decision;
    let by = match review.blind {
        true => Line::of(Role::Dim, "the router's choice is hidden"),
        false => Line::of(Role::Dim, "router ")
            .and(Role::Expert, &decision.router)
            .and(Role::Dim, &format!(", {:.0} % sure, ", 100.0 * decision.confidence.clamp(0.0, 1.0)))
            .and(Role::Dim, &cut(&clean::line(&item.session), 40)),
    };
    paper.line(row(area, y), by);
    y += 1;
    if !review.blind {
        for line in facts(state, review).into_iter().take(2) {
            paper.line(row(area, y), line.cut(wide));
            y += 1;
        }
    }
    let all = review.candidates(state.tools.roster.cards());
    let chosen = if review.blind { "" } else { decision.chosen.as_str() };
    let weighed = if review.blind { 0 } else { decision.candidates.len() };
    paper.line(row(area, y + 1), candidates_head(&all, wide));
    y += 2;
    let list = Rect { y: area.y + y.min(area.height), height: area.height.saturating_sub(y), ..area };
    let lines = candidates(&all, chosen, Some(weighed), wide.saturating_sub(1));
    let top = in_view(0, review.cursor, lines.len(), usize::from(list.height));
    paper.lines(list, &lines, top);
    for (y, at) in (0..list.height).zip(top..lines.len()) {
        paper.target(row(list, y), Target::Entry(at));
        if at == review.cursor {
            paper.wash(row(list, y), Role::Selected);
        }
    }
}

/// What would flip it, and what is known of the one that was chosen.
fn facts(state: &State, review: &Reviewing) -> Vec<Line> {
    let Some(item) = review.item() else { return vec![] };
    let cards = state.tools.roster.cards();
    let person = learning::person(cards);
    let mut lines = vec![];
    if let Some(flip) = flip(&item.decision, person) {
        let others = review.items.iter().filter(|other| *other != item);
        let others = others.map(|other| ((), &other.decision));
        let too = flipped_too(&flip, &item.decision, person, others).len();
        let words = format!("flips to {} if {}; {too} others with it", flip.to, flip.what);
        lines.push(Line::of(Role::Dim, &words));
    }
    lines.push(Line::of(Role::Dim, &standing(state, review, &item.decision.chosen)));
    lines
}

/// Cost, time and past success of an expert, in a line.
fn standing(state: &State, review: &Reviewing, expert: &str) -> String {
    let card = state.tools.roster.get(expert);
    let cost = card.map_or_else(String::new, |card| format!("cost {}", card.cost));
    let record = track_records(&state.journal).get(expert).copied().unwrap_or_default();
    let time = match record.calls {
        0 => String::new(),
        calls => format!(", {:.2} s a call over {calls}", record.seconds / f64::from(calls)),
    };
    let mine = review.items.iter().filter(|item| item.decision.chosen == expert);
    let (mut kept, mut all) = (0, 0);
    for item in mine.filter(|item| item.kept.is_some() || item.overridden.is_some()) {
        all += 1;
        kept += usize::from(item.kept == Some(true) && item.overridden.is_none());
    }
    let past = if all == 0 { String::new() } else { format!(", kept {kept} of {all} times") };
    format!("{expert}: {cost}{time}{past}")
}

/// How wide the longest name is, within bounds.
fn names_width<'a>(names: impl Iterator<Item = &'a String>) -> usize {
    names.map(|name| width(name)).max().unwrap_or(0).clamp(6, 14)
}
