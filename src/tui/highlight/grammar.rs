//! Code by its grammar: syntect with the grammars of `two-face`, scopes read as roles.

use crate::tui::{text::Line, theme::Role};
use std::sync::LazyLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// Grammars cost about 10 ms for each kilobyte at worst, so this much of a text gets roles and the rest is plain.
const BUDGET: usize = 24_000;
/// Grammars look far ahead in long lines.
const LONGEST_LINE: usize = 2_000;

/// Loads the grammars, which takes some 100 ms once: the shell does it beside everything else when it starts.
pub fn warm() {
    LazyLock::force(&SYNTAXES);
    LazyLock::force(&SCOPES);
}

/// Code being read, line by line.
pub(super) struct Code {
    /// `None` for a language that nobody knows.
    parser: Option<(ParseState, ScopeStack)>,
    budget: usize,
}

impl Code {
    /// `language` as it stands after a fence: `json`, `python`, `rs`.
    pub(super) fn of(language: &str) -> Code {
        let syntax = if language.is_empty() { None } else { SYNTAXES.find_syntax_by_token(language) };
        Code { parser: syntax.map(|syntax| (ParseState::new(syntax), ScopeStack::new())), budget: BUDGET }
    }

    /// The next line, which is clean.
    pub(super) fn line(&mut self, line: &str) -> Line {
        let plain = || Line::of(Role::Text, line);
        let Some((state, stack)) = &mut self.parser else { return plain() };
        if LONGEST_LINE < line.len() || self.budget < line.len() {
            self.budget = self.budget.saturating_sub(line.len());
            return plain();
        }
        self.budget -= line.len();
        let Ok(changes) = state.parse_line(&format!("{line}\n"), &SYNTAXES) else { return plain() };
        let mut parts = Line::default();
        let mut from = 0;
        for (at, change) in changes {
            let at = at.min(line.len());
            if from < at
                && let Some(word) = line.get(from..at)
            {
                parts.push(role_of(stack), word);
                from = at;
            }
            // A stack that does not fit is a fault of the grammar, not of the text.
            let _ = stack.apply(&change);
        }
        parts.push(role_of(stack), line.get(from..).unwrap_or_default());
        parts
    }
}

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Scopes and the roles they have; of several that fit the innermost counts, of those the first.
static SCOPES: LazyLock<Vec<(Scope, Role)>> = LazyLock::new(|| {
    const TABLE: [(&str, Role); 22] = [
        ("comment", Role::Comment),
        ("meta.mapping.key", Role::Symbol),
        ("meta.structure.dictionary.key", Role::Symbol),
        ("string", Role::String),
        ("constant.numeric", Role::Figure),
        ("constant.language", Role::Keyword),
        ("constant.character", Role::Figure),
        ("constant", Role::Figure),
        ("keyword.operator", Role::Text),
        ("keyword", Role::Keyword),
        ("storage", Role::Keyword),
        ("entity.name.section", Role::Heading),
        ("entity.name", Role::Symbol),
        ("entity.other", Role::Symbol),
        ("support", Role::Symbol),
        ("variable.function", Role::Symbol),
        ("markup.heading", Role::Heading),
        ("markup.bold", Role::Strong),
        ("markup.italic", Role::Strong),
        ("markup.raw.inline", Role::String),
        ("markup.quote", Role::Comment),
        ("markup.underline.link", Role::Symbol),
    ];
    TABLE.iter().filter_map(|(name, role)| Some((Scope::new(name).ok()?, *role))).collect()
});

fn role_of(stack: &ScopeStack) -> Role {
    let role =
        |scope: &Scope| SCOPES.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, role)| *role);
    let scopes = stack.as_slice();
    // A key is a string inside of a key: what says more stands further out.
    let key = scopes.iter().filter_map(role).find(|role| *role == Role::Symbol);
    let inner = scopes.iter().rev().find_map(role).unwrap_or_default();
    if inner == Role::String { key.unwrap_or(inner) } else { inner }
}
