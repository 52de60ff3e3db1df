//! Tab `tokens`: what the model wrote, how sure it was of each token, and what else it thought of.
//!
//! How sure it was is told by a colour and by a glyph below each token, so that nothing is lost without colours.

use super::{View, nothing};
use crate::{
    ask::Token,
    figure::counted,
    tui::{
        clean,
        text::{Line, cut, width},
        theme::Role,
    },
    workbench::{
        State,
        tokens::{Choice, among_choices, choices, entropy, has_keys, ramp, shown, weakest},
    },
};
use unicode_segmentation::UnicodeSegmentation;

/// Rows of the table; longer answers are judged by their beginning and by the weakest token.
const ROWS: usize = 4000;

/// What stands still above, what scrolls below it, and the line of that with the cursor.
pub(super) struct Tokens {
    pub head: Vec<Line>,
    pub body: Vec<Line>,
    pub at: Option<usize>,
}

pub(super) fn lines(view: &View<'_>) -> Tokens {
    let alone = |words| Tokens { head: vec![], body: nothing(view, words), at: None };
    let Some((call, tokens, at)) = shown(view.state) else {
        return alone(
            "no tokens: nothing was asked, a function or a person answered, or a model has not begun",
        );
    };
    let weak = weakest(tokens);
    let mut head = summary(tokens, weak).wrap(view.width, 2);
    head.extend(token(view.state, &tokens[at], at, view.width));
    head.extend(bound(&among_choices(view.state, call, tokens, at), view.width));
    head.push(Line::default());
    let (mut body, line) = flow(tokens, weak.map(|(at, _)| at), at, view.width);
    body.push(Line::default());
    body.extend(table(tokens, weak.map(|(at, _)| at), view));
    Tokens { head, body, at: has_keys(view.state).then_some(line) }
}

fn summary(tokens: &[Token], weak: Option<(usize, f32)>) -> Line {
    let free: Vec<&Token> = tokens.iter().filter(|token| !token.forced).collect();
    let mut head = Line::of(Role::Dim, &counted(tokens.len() as u64, "token"));
    if free.len() < tokens.len() {
        head.push(Role::Forced, &format!(", {} = forced", tokens.len() - free.len()));
    }
    if let Some((at, probability)) = weak {
        let share = format!(", weakest #{} ! at {}", at + 1, percent(probability));
        head.push(Role::heat(probability), &share);
    }
    let bits: Vec<f32> = free.iter().filter_map(|token| entropy(token)).collect();
    if !bits.is_empty() {
        let mean = bits.iter().sum::<f32>() / bits.len() as f32;
        let each = if bits.len() == 1 { "" } else { " a free token" };
        head.push(Role::Dim, &format!(", {mean:.2} bits{each}"));
    }
    head
}

/// The token under the cursor: how sure, how open, and what else could have stood there.
fn token(state: &State, token: &Token, at: usize, wide: usize) -> Vec<Line> {
    let mut line = Line::of(Role::Number, &format!("#{} ", at + 1))
        .and(role(token), &visible(&token.text))
        .and(role(token), &format!("  {} {}", percent(token.probability), ramp(token)));
    if let Some(bits) = entropy(token) {
        line.push(Role::Dim, &format!("  entropy {bits:.2} bits"));
    }
    if token.forced {
        line.push(
            Role::Forced,
            "  = forced: the grammar, or the beginning that was given, left nothing else",
        );
    }
    let mut lines = line.wrap(wide, 2);
    let all = choices(token);
    let chosen = state.ui.token.choice.filter(|_| has_keys(state));
    let mut row = Line::default();
    let mut put = |piece: Line, row: &mut Line| {
        if wide < row.width() + piece.width() && 0 < row.width() {
            lines.push(std::mem::take(row));
        }
        *row = std::mem::take(row).join(piece);
    };
    for (nth, choice) in all.iter().enumerate() {
        let (mark, role) = match (chosen == Some(nth), choice.taken) {
            (true, _) => ("❯", Role::Selected),
            (_, true) => ("●", Role::heat(choice.probability)),
            _ => (" ", Role::Text),
        };
        let piece =
            Line::of(role, &format!("{mark}{} {} ", visible(&choice.text), percent(choice.probability)));
        put(piece.and(Role::Text, " "), &mut row);
    }
    let rest = 1.0 - all.iter().map(|choice| choice.probability).sum::<f32>();
    if !token.alternatives.is_empty() {
        put(Line::of(Role::Dim, &format!("all others {}", percent(rest.max(0.0)))), &mut row);
    }
    lines.push(row);
    let words = match has_keys(state) {
        true => "j k token   h l what else   enter goes on from the chosen one, on a branch of its own",
        false => "w moves the keys here, to look at tokens and to choose others",
    };
    lines.push(Line::of(Role::Dim, words).cut(wide));
    lines
}

/// How sure it was among the texts that the call allows.
fn bound(choices: &[Choice], wide: usize) -> Option<Line> {
    let mut line = Line::of(Role::Dim, "among what the call allows ");
    for choice in choices {
        let (mark, role) =
            if choice.taken { ("●", Role::heat(choice.probability)) } else { (" ", Role::Text) };
        line.push(role, &format!("{mark}{} {}  ", visible(&choice.text), percent(choice.probability)));
    }
    (!choices.is_empty()).then(|| line.cut(wide))
}

fn role(token: &Token) -> Role {
    if token.forced { Role::Forced } else { Role::heat(token.probability) }
}

/// The text in rows, below each a row of glyphs that tell how sure the token above was; and the row with the cursor.
fn flow(tokens: &[Token], weak: Option<usize>, cursor: usize, wide: usize) -> (Vec<Line>, usize) {
    let mut rows = vec![(Line::default(), Line::default())];
    let mut here = 0;
    for (at, token) in tokens.iter().enumerate() {
        let mark = match () {
            () if at == cursor => '▲',
            () if weak == Some(at) => '!',
            () => ramp(token),
        };
        let looks = if at == cursor { Role::Selected } else { role(token) };
        let text = token.text.replace('\n', "↵\n");
        for (nth, part) in text.split('\n').enumerate() {
            if 0 < nth {
                rows.push(Default::default());
            }
            for cell in clean::line(part).graphemes(true) {
                let own = width(cell);
                if rows.last().is_some_and(|(line, _)| wide < line.width() + own) {
                    rows.push(Default::default());
                }
                if at == cursor && here == 0 {
                    here = rows.len();
                }
                let Some((line, marks)) = rows.last_mut() else { continue };
                line.push(looks, cell);
                marks.push(if at == cursor { Role::Accent } else { looks }, &mark.to_string().repeat(own));
            }
        }
    }
    let lines = rows.into_iter().flat_map(|(line, marks)| [line, marks]).collect();
    (lines, 2 * here.saturating_sub(1))
}

fn table(tokens: &[Token], weak: Option<usize>, view: &View<'_>) -> Vec<Line> {
    let texts = tokens.iter().take(ROWS).map(|token| width(&visible(&token.text)));
    let columns = Columns {
        number: format!("{}", tokens.len()).len().max(2),
        token: texts.max().unwrap_or(0).clamp(5, 14),
        all: view.width,
    };
    let Columns { number, token, .. } = columns;
    let names = format!("{:>number$}  {:<token$} {:>6}     {}", "#", "token", "p", "instead");
    let mut lines = vec![Line::of(Role::Dim, &names).cut(view.width)];
    for (at, token) in tokens.iter().take(ROWS).enumerate() {
        lines.extend(row(at, token, weak == Some(at), &columns));
    }
    if ROWS < tokens.len() {
        lines.extend(nothing(view, &format!("and {} more", tokens.len() - ROWS)));
    }
    lines
}

/// How wide the columns of the table are.
struct Columns {
    number: usize,
    token: usize,
    all: usize,
}

/// One token; its alternatives take as many lines as they need.
fn row(at: usize, token: &Token, weakest: bool, columns: &Columns) -> Vec<Line> {
    let role = role(token);
    let number = columns.number;
    let mut line = Line::of(Role::Dim, &format!("{:>number$}  ", at + 1));
    line.push(role, &column(&token.text, columns.token));
    line.push(role, &format!(" {:>6} {} ", percent(token.probability), ramp(token)));
    match (token.forced, weakest) {
        (true, _) => line.push(Role::Forced, "= forced  "),
        (_, true) => line.push(Role::Warning, "! "),
        _ => line.push(Role::Dim, "  "),
    }
    let from = number + columns.token + 13;
    let mut lines = vec![];
    for (text, probability) in token.alternatives.iter().filter(|(text, _)| *text != token.text).take(5) {
        let other =
            Line::of(Role::Text, &visible(text)).and(Role::Dim, &format!(" {}  ", percent(*probability)));
        if columns.all < line.width() + other.width() && from < line.width() {
            lines.push(std::mem::take(&mut line));
            line = Line::default().pad(from);
        }
        line = line.join(other);
    }
    lines.push(line);
    lines.into_iter().map(|line| line.cut(columns.all)).collect()
}

/// A token with its blanks to be seen, in a column.
fn column(text: &str, wide: usize) -> String {
    let text = visible(text);
    let text = cut(&text, wide);
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(&text))))
}

fn visible(text: &str) -> String {
    clean::line(&text.replace('\n', "↵")).replace(' ', "·")
}

/// `87 %`, `0.3 %`; nothing that is not a number.
fn percent(probability: f32) -> String {
    match 100.0 * probability {
        p if !p.is_finite() => "?".to_owned(),
        p if p >= 9.95 => format!("{p:.0} %"),
        p => format!("{p:.1} %"),
    }
}
