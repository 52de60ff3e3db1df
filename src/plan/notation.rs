//! The notation of Decomposed Prompting: `QS: (operator) [expert] question with #1`, line by line.
//!
//! People type it, models write it under a grammar, prompt files and sessions are full of it. Reading never fails:
//! what is not understood stays as text, and [`read`] names the line. Writing what was read gives the same text.
//!
//! Source of the notation: "Decomposed Prompting: A Modular Approach for Solving Complex Tasks".

use super::Operator;
use std::fmt;

/// One line of a prompt file or transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `QC: …`: a complex question, to be decomposed.
    Goal(String),
    /// `Q: …`: a simple question, to be answered.
    Question(String),
    /// `QS: …`: the next sub-question.
    Step(Step),
    /// `QS: [EOQ]`: nothing more to ask.
    End,
    /// `A: …`: the answer to the question above it.
    Answer(String),
    /// `A (cut): …`: how far the answer came before its tokens were spent.
    Cut(String),
    /// A passage, or a goal without its mark.
    Text(String),
    Blank,
}

/// A sub-question with its tags as written; references are still numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Step {
    pub operator: Option<Operator>,
    pub expert: Option<String>,
    pub text: String,
}

/// Something in a text that could not be taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// 1-based line.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// A text of several lines as the one line that it has in the notation: line feeds are `⏎`.
pub fn one_line(text: &str) -> String {
    text.replace('\n', "⏎")
}

/// The text that [`one_line`] made one line of.
pub fn many_lines(line: &str) -> String {
    line.replace('⏎', "\n")
}

/// The mark that ends a decomposition.
pub const END: &str = "[EOQ]";

/// What [`read`] says of an answer that follows neither a step nor a question.
pub const STRAY_ANSWER: &str = "an answer without a question above it";

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operator) = &self.operator {
            write!(f, "({operator}) ")?;
        }
        if let Some(expert) = &self.expert {
            write!(f, "[{expert}] ")?;
        }
        f.write_str(&self.text)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Goal(text) => write!(f, "QC: {text}"),
            Line::Question(text) => write!(f, "Q: {text}"),
            Line::Step(step) => write!(f, "QS: {step}"),
            Line::End => write!(f, "QS: {END}"),
            Line::Answer(text) => write!(f, "A: {text}"),
            Line::Cut(text) => write!(f, "A (cut): {text}"),
            Line::Text(text) => f.write_str(text),
            Line::Blank => Ok(()),
        }
    }
}

/// Reads a whole text; the lines written out again give it back.
pub fn read(text: &str) -> (Vec<Line>, Vec<Warning>) {
    let lines: Vec<Line> = text.lines().map(read_line).collect();
    let mut warnings = vec![];
    let mut warn = |at: usize, what: String| warnings.push(Warning { line: at + 1, what });
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1);
        match line {
            Line::Step(step) if step.operator.is_none() && step.text.starts_with('(') => {
                if let Some((name, _)) = tag(&step.text, '(', ')')
                    && let Err(what) = name.parse::<Operator>()
                    && name.chars().all(|c| c.is_alphanumeric() || c == '_')
                {
                    warn(at, what);
                }
            }
            Line::Text(_) if matches!(next, Some(Line::Step(_) | Line::End)) => {
                warn(at, "a goal without its mark `QC:`".to_owned());
            }
            Line::Answer(_) if at == 0 || !matches!(lines[at - 1], Line::Step(_) | Line::Question(_)) => {
                warn(at, STRAY_ANSWER.to_owned());
            }
            Line::Answer(answer) if looks_like_a_list(answer) => {
                if let Err(error) = serde_json::from_str::<serde_json::Value>(answer) {
                    warn(at, format!("an answer that opens like a list but is not JSON: {error}"));
                }
            }
            _ => {}
        }
    }
    (lines, warnings)
}

fn looks_like_a_list(answer: &str) -> bool {
    answer.trim_start().starts_with("[\"") || answer.trim_start().starts_with("{\"")
}

/// Reads one line.
pub fn read_line(line: &str) -> Line {
    let cut = |mark: &str| line.strip_prefix(mark).map(str::to_owned);
    if line.is_empty() {
        Line::Blank
    } else if let Some(text) = cut("QC: ") {
        Line::Goal(text)
    } else if let Some(text) = cut("QS: ") {
        if text == END { Line::End } else { Line::Step(read_step(&text)) }
    } else if let Some(text) = cut("Q: ") {
        Line::Question(text)
    } else if let Some(text) = cut("A: ") {
        Line::Answer(text)
    } else if let Some(text) = cut("A (cut): ") {
        Line::Cut(text)
    } else {
        Line::Text(line.to_owned())
    }
}

/// Reads what follows `QS: `. Tags that are not understood stay in the text.
pub fn read_step(text: &str) -> Step {
    let mut step = Step::default();
    let mut rest = text;
    if let Some((name, after)) = tag(rest, '(', ')')
        && let Ok(operator) = name.parse()
    {
        step.operator = Some(operator);
        rest = after;
    }
    if let Some((name, after)) = tag(rest, '[', ']')
        && !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    {
        step.expert = Some(name.to_owned());
        rest = after;
    }
    step.text = rest.to_owned();
    step
}

/// The name between the two marks at the start of the text, and what follows with one space taken off.
fn tag(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix(open)?.split_once(close)?;
    Some((name, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// One worked decomposition out of a prompt file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemplar {
    pub goal: String,
    /// Steps with their answers, in order.
    pub steps: Vec<(Step, String)>,
}

impl fmt::Display for Exemplar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "QC: {}", self.goal)?;
        for (step, answer) in &self.steps {
            writeln!(f, "QS: {step}\nA: {answer}")?;
        }
        write!(f, "QS: {END}")
    }
}

/// The worked decompositions in a text, in order; lines that belong to none are left out.
pub fn exemplars(lines: &[Line]) -> Vec<Exemplar> {
    let mut found: Vec<Exemplar> = vec![];
    let mut open = false;
    for line in lines {
        match line {
            Line::Goal(goal) => {
                found.push(Exemplar { goal: goal.clone(), steps: vec![] });
                open = true;
            }
            Line::Step(step) if open => {
                if let Some(exemplar) = found.last_mut() {
                    exemplar.steps.push((step.clone(), String::new()));
                }
            }
            Line::Answer(answer) if open => {
                if let Some((_, empty)) = found.last_mut().and_then(|exemplar| exemplar.steps.last_mut()) {
                    empty.clone_from(answer);
                }
            }
            Line::End => open = false,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROMPT: &str = "\
QC: Take the last letters of the words in \"Ada King\" and join them using a space.
QS: [split] What are the words in \"Ada King\"?
A: [\"Ada\", \"King\"]
QS: (project_values_flat_unique) [str_position] What is the last letter in \"#1\"?
A: [\"a\", \"g\"]
QS: Just think about #2 (and (select) nothing).
A:  \"a g\"
QS: [EOQ]

Some passage ; with marks.
Q: Who is it?
A: [\"Ada]";

    #[test]
    fn a_prompt_file_is_read_and_written_without_loss() {
        let (lines, warnings) = read(PROMPT);
        assert_eq!(lines.iter().map(Line::to_string).collect::<Vec<_>>().join("\n"), PROMPT);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0].line, 12);
        let found = exemplars(&lines);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].steps[1].0.expert.as_deref(), Some("str_position"));
        assert_eq!(found[0].steps[1].1, "[\"a\", \"g\"]");
    }

    #[test]
    fn what_is_not_understood_is_named_by_line() {
        let check = |text: &str, expected: &[&str]| {
            let warnings: Vec<String> = read(text).1.iter().map(Warning::to_string).collect();
            assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
            for (warning, start) in warnings.iter().zip(expected) {
                assert!(warning.starts_with(start), "{warning}");
            }
        };
        check("QC: a\nQS: (zip) [x] b", &["line 2: no operator is called `zip`"]);
        check("What awards?\nQS: [qa] Who?", &["line 1: a goal without its mark"]);
        check("A: b", &["line 1: an answer without a question"]);
        check("QC: a\nQS: (see above) b\nQS: [EOQ]", &[]);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(Q[CS]?: |A: |\\(select\\) |\\[x\\] |[a-z#1 \\[\\]()]{0,6}|\n){0,20}") {
            let (lines, _) = read(&text);
            let written = lines.iter().map(Line::to_string).collect::<Vec<_>>().join("\n");
            // Behind a tag one blank is written, whether it was there or not.
            let bare = |text: String| text.replace(' ', "");
            prop_assert_eq!(bare(written), bare(text.lines().collect::<Vec<_>>().join("\n")));
        }
    }
}
