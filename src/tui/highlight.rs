//! Texts with roles: plans in the notation, JSON, Markdown with its code. The only place that knows syntect.
//!
//! Pure: the same text gives the same lines. [`super::Cache`] remembers them.

use super::{clean, text::Line, theme::Role};
use std::sync::LazyLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Plain,
    /// The notation of plans: `QC: `, `QS: `, `A: `.
    Notation,
    Json,
    Markdown,
}

/// Texts longer than this are shown without roles: they must scroll at once.
const LONGEST: usize = 200_000;
/// So are single lines longer than this: grammars look far ahead in them.
const LONGEST_LINE: usize = 2_000;

impl Kind {
    /// What the text looks like.
    pub(super) fn of(text: &str) -> Kind {
        let mut lines = text.lines().take(400).map(str::trim_start);
        let starts = |line: &str, marks: &[&str]| marks.iter().any(|mark| line.starts_with(mark));
        if lines.clone().any(|line| starts(line, &["QC: ", "QS: ", "QS:"])) {
            Kind::Notation
        } else if pretty(text).is_some() {
            Kind::Json
        } else if lines
            .any(|line| starts(line, &["```", "# ", "## ", "### ", "- ", "* ", "1. ", "**", "> ", "|"]))
        {
            Kind::Markdown
        } else {
            Kind::Plain
        }
    }
}

/// A list or object written over several lines; `None` for anything else.
pub(super) fn pretty(text: &str) -> Option<String> {
    let start = text.trim_start();
    if LONGEST < text.len() || !start.starts_with(['[', '{']) {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

/// The lines of a text with the role of every word.
pub(super) fn lines(text: &str, kind: Kind) -> Vec<Line> {
    if LONGEST < text.len() {
        return plain(text);
    }
    match kind {
        Kind::Plain => plain(text),
        Kind::Notation => clean::lines(text).map(|line| notation(&line)).collect(),
        Kind::Json => parsed(text, "json"),
        Kind::Markdown => parsed(text, "md"),
    }
}

fn plain(text: &str) -> Vec<Line> {
    clean::lines(text).map(|line| Line::of(Role::Text, &line)).collect()
}

/// One line of the notation.
pub(super) fn notation(line: &str) -> Line {
    let bare = line.trim_start();
    let (indent, _) = line.split_at(line.len() - bare.len());
    let start = ["QC:", "QS:", "A:", "Q:"].into_iter().find(|start| bare.starts_with(start));
    let Some(start) = start else { return words(line, Role::Text, Line::default()) };
    let mut rest = &bare[start.len()..];
    let mut shown = Line::of(Role::Text, indent).and(Role::Keyword, start);
    if start == "A:" {
        return words(rest, Role::Answer, shown);
    }
    // `(operator)` and `[expert]`, as many as there are.
    loop {
        let gap = rest.len() - rest.trim_start().len();
        let tag = &rest[gap..];
        let (close, role) = match tag.as_bytes().first() {
            Some(b'(') => (')', Role::Figure),
            Some(b'[') => (']', Role::Expert),
            _ => break,
        };
        let Some(end) = tag.find(close).filter(|end| !tag[1..*end].contains([' ', '"'])) else { break };
        shown = shown.and(Role::Text, &rest[..gap]).and(role, &tag[..=end]);
        rest = &tag[end + 1..];
    }
    let role = if start == "QC:" { Role::Strong } else { Role::Text };
    words(rest, role, shown)
}

/// Words with their references (`#1.2`) and quotes.
pub(super) fn words(text: &str, role: Role, mut line: Line) -> Line {
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(['#', '"']) {
        let start = at + found;
        let end = match text.as_bytes()[start] {
            b'"' => text[start + 1..].find('"').map(|end| start + 1 + end + 1),
            _ => {
                let digits =
                    text[start + 1..].bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
                let path = text[start + 1..start + 1 + digits].trim_end_matches('.');
                (!path.is_empty()).then_some(start + 1 + path.len())
            }
        };
        let Some(end) = end else {
            at = start + 1;
            continue;
        };
        line.push(role, &text[from..start]);
        let inside = &text[start..end];
        if inside.starts_with('#') {
            line.push(Role::Symbol, inside);
        } else if role == Role::Answer {
            line.push(Role::String, inside);
        } else {
            quoted(inside, &mut line);
        }
        (from, at) = (end, end);
    }
    line.push(role, &text[from..]);
    line
}

/// A quoted text, with the references in it.
fn quoted(text: &str, line: &mut Line) {
    let mut rest = text;
    while let Some(hash) = rest.find('#') {
        let digits = rest[hash + 1..].bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        line.push(Role::String, &rest[..hash]);
        line.push(if digits == 0 { Role::String } else { Role::Symbol }, &rest[hash..hash + 1 + digits]);
        rest = &rest[hash + 1 + digits..];
    }
    line.push(Role::String, rest);
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

fn parsed(text: &str, token: &str) -> Vec<Line> {
    let syntaxes = &*SYNTAXES;
    let Some(syntax): Option<&SyntaxReference> = syntaxes.find_syntax_by_token(token) else {
        return plain(text);
    };
    let (mut state, mut stack) = (ParseState::new(syntax), ScopeStack::new());
    let mut shown = vec![];
    for line in clean::lines(text) {
        if LONGEST_LINE < line.len() {
            shown.push(Line::of(Role::Text, &line));
            continue;
        }
        let ended = format!("{line}\n");
        let Ok(changes) = state.parse_line(&ended, syntaxes) else {
            shown.push(Line::of(Role::Text, &line));
            continue;
        };
        let mut parts = Line::default();
        let mut from = 0;
        for (at, change) in changes {
            let at = at.min(line.len());
            if from < at
                && let Some(word) = line.get(from..at)
            {
                parts.push(role_of(&stack), word);
                from = at;
            }
            // A stack that does not fit is a fault of the grammar, not of the text.
            let _ = stack.apply(&change);
        }
        parts.push(role_of(&stack), line.get(from..).unwrap_or_default());
        shown.push(parts);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `role:text` for each piece that is not plain.
    fn marked(text: &str, kind: Kind) -> String {
        let pieces = lines(text, kind).into_iter().flat_map(|line| line.0);
        let marked = pieces.filter(|piece| piece.role != Role::Text && !piece.text.trim().is_empty());
        marked.map(|piece| format!("{}:{}", piece.role.id(), piece.text)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn texts_get_their_roles() {
        let check = |text: &str, expected: &str| assert_eq!(marked(text, Kind::of(text)), expected);
        check(
            "QS: (project_values) [split] What is \"#1\" of #2.1?",
            "keyword:QS: figure:(project_values) expert:[split] string:\" symbol:#1 string:\" symbol:#2.1",
        );
        check("QC: Who?\nA: [\"x\"]", "keyword:QC: strong: Who? keyword:A: answer: [ string:\"x\" answer:]");
        check("{\"a\": [1, true, \"s\"]}", "symbol:\"a\" figure:1 keyword:true string:\"s\"");
        check("# Title\nplain `code`\n", "heading:# Title string:`code`");
        check("just #text \"and", "");
        let fenced = marked("```python\nif 1: pass # why\n```\n", Kind::Markdown);
        assert!(fenced.contains("keyword:if") && fenced.contains("comment:# why"), "{fenced}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
        #[test]
        fn no_text_is_lost(text in clean::hostile(), other in "(QS:|A:|\\[|\\]|\\(|\\)|\"|#|1|\\.| |\n|`|\\{|x){0,40}") {
            for text in [text, other] {
                for kind in [Kind::Plain, Kind::Notation, Kind::Json, Kind::Markdown] {
                    let shown: Vec<String> = lines(&text, kind).iter()
                        .map(|line| line.0.iter().map(|piece| piece.text.as_str()).collect()).collect();
                    let wanted: Vec<String> = clean::lines(&text).map(String::from).collect();
                    prop_assert_eq!(shown, wanted);
                }
            }
        }
    }
}
