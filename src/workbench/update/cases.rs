//! One key makes a regression case of what is on the screen.

use super::typing;
use crate::{
    decision::Ruling,
    workbench::{
        Effect, Mode, State, Weight,
        buffer::Buffer,
        case::{CASE, Case},
        mode::{Purpose, TypingMode},
    },
};

/// In front of each answer that the goal may have.
const EXPECTED: &str = "expected:";

/// Asks where the case goes and what has to come out; both are proposed.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let session = state.journal.session();
    let Some(root) = session.plan.root() else { return vec![] };
    let wrong = state.survey.look(root).is_some_and(|look| look.ruling() == Some(Ruling::Fail));
    let known = state.blame.as_deref().and_then(|blaming| blaming.search.right(root)).map(str::to_owned);
    let expected = match (known, wrong) {
        (Some(right), _) => right,
        // What was called wrong is not what is expected.
        (None, true) => String::new(),
        (None, false) => session.answer(root).unwrap_or_default().to_owned(),
    };
    let mut name = String::new();
    for c in session.plan.text(root).to_lowercase().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if name.ends_with('-') || name.is_empty() => {}
            _ => name.push('-'),
        }
    }
    let name: String = name.chars().take(40).collect();
    let name = match name.trim_matches('-') {
        "" => "case",
        name => name,
    };
    let path = format!("{name}{CASE}");
    // The further lines of an answer are indented, so that none of them begins another one.
    let expected = expected.trim().replace('\n', "\n  ");
    let text = format!("{path}\n{EXPECTED} {expected}");
    typing::begin(state, Purpose::WriteCase, Buffer::of(text));
    vec![Effect::FreeCase(path)]
}

/// Proposes another name than the one that a file has, unless the person has typed meanwhile.
pub(super) fn rename(state: &mut State, proposed: &str, free: &str) {
    if let Mode::Typing(TypingMode { purpose: Purpose::WriteCase, buffer }) = &mut state.mode
        && let Some(rest) = buffer.text().strip_prefix(proposed).filter(|rest| rest.starts_with('\n'))
    {
        *buffer = Buffer::of(format!("{free}{rest}"));
    }
}

/// Takes path and expectations.
pub(super) fn take(state: &mut State, text: &str) -> Vec<Effect> {
    let mut lines = text.lines().skip_while(|line| line.trim().is_empty());
    let path = lines.next().unwrap_or_default().trim().to_owned();
    let mut expected: Vec<String> = vec![];
    for line in lines {
        match (line.strip_prefix(EXPECTED), expected.last_mut()) {
            (Some(answer), _) => expected.push(answer.to_owned()),
            (None, Some(answer)) => {
                answer.push('\n');
                answer.push_str(line.strip_prefix("  ").unwrap_or(line));
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => {
                let words =
                    format!("`{}`: the first line below the path begins with `{EXPECTED}`", line.trim());
                return typing::refuse(state, Weight::Warning, words);
            }
        }
    }
    expected.iter_mut().for_each(|answer| *answer = answer.trim().to_owned());
    expected.retain(|answer| !answer.is_empty());
    if path.is_empty() || path.starts_with(EXPECTED) {
        return typing::refuse(state, Weight::Warning, "the first line is the path of the case");
    }
    let Some(case) = Case::of(state, expected) else { return vec![] };
    vec![Effect::WriteCase { path, text: case.text() }]
}
