//! An expert with answers written down beforehand, for tests and demonstrations.
//!
//! Its script is text: one `question => answer` per line. A question is matched whole; `*part*` matches any question
//! in which the part stands. Line ends in answers are written `\n`. The first line that matches answers.

use crate::ask::{Answer, Ask, Finish, Request};
use crate::expert::{Control, Expert, ExpertError, Flow, Sink};

/// Answers from a script. A prompt counts as its text; for `Score` and `Similar` the answer is a line of numbers.
#[derive(Clone, Debug, Default)]
pub struct Scripted {
    lines: Vec<(Pattern, String)>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Whole(String),
    Part(String),
}

impl Scripted {
    /// Reads a script; blank lines and lines that start with `//` are skipped.
    ///
    /// # Errors
    /// A line without ` => `, with its number.
    pub fn read(script: &str) -> Result<Scripted, String> {
        let mut lines = Vec::new();
        for (index, line) in script.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with("//") {
                continue;
            }
            let (question, answer) = line
                .split_once(" => ")
                .or_else(|| line.strip_suffix(" =>").map(|question| (question, "")))
                .ok_or_else(|| format!("line {}: expected `question => answer`", index + 1))?;
            let question = question.trim().replace("\\n", "\n");
            let part = question.strip_prefix('*').and_then(|rest| rest.strip_suffix('*')).map(str::to_owned);
            let pattern = part.map_or(Pattern::Whole(question), Pattern::Part);
            lines.push((pattern, answer.trim().replace("\\n", "\n")));
        }
        Ok(Scripted { lines })
    }

    /// The answer to a question, if the script has one.
    pub fn find(&self, question: &str) -> Option<&str> {
        let matches = |pattern: &Pattern| match pattern {
            Pattern::Whole(whole) => whole == question.trim(),
            Pattern::Part(part) => question.contains(part.as_str()),
        };
        self.lines.iter().find(|(pattern, _)| matches(pattern)).map(|(_, answer)| answer.as_str())
    }
}

impl Expert for Scripted {
    fn answer(&mut self, ask: &Ask, _: &mut dyn Sink, control: &Control) -> Result<Answer, ExpertError> {
        let (question, wants_scores) = match &ask.request {
            Request::Generate(generate) => (generate.prompt.text(), None),
            Request::Score { prompt, continuations } => (prompt.text(), Some(continuations.len())),
            Request::Similar { text, examples } => (text.clone(), Some(examples.len())),
            Request::Embed { .. } => return Err(ExpertError::Missing("a script has no vectors".to_owned())),
            Request::Compute { question } | Request::Person { question } => (question.clone(), None),
        };
        if control.checkpoint() == Flow::Cancel {
            return Ok(Answer { finish: Finish::Cancelled, ..Answer::default() });
        }
        let told = self.find(&question).ok_or_else(|| {
            let short: String = question.chars().take(80).collect();
            ExpertError::Question(format!(
                "the script has no answer for `{}` asking \"{short}\"; add a line",
                ask.expert
            ))
        })?;
        let Some(count) = wants_scores else {
            return Ok(Answer::plain(told));
        };
        let scores: Option<Vec<f32>> = told.split_whitespace().map(|word| word.parse().ok()).collect();
        let scores = scores.filter(|scores| scores.len() == count).ok_or_else(|| {
            ExpertError::Question(format!("the script has to give {count} numbers here, it says \"{told}\""))
        })?;
        Ok(Answer { scores, ..Answer::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str =
        "// a trip\nWho wrote it? => Ada\n*capital of* => Paris\\nFrance\nnothing =>\n*near* => 0.5 1\n";

    fn ask(request: Request) -> Result<Answer, ExpertError> {
        let ask = Ask::local("qa", request);
        Scripted::read(SCRIPT).unwrap().answer(&ask, &mut (), &Control::default())
    }

    #[test]
    fn answers_come_from_the_first_line_that_matches() {
        let person =
            |question: &str| ask(Request::Person { question: question.into() }).map(|answer| answer.text);
        assert_eq!(person("Who wrote it?"), Ok("Ada".into()));
        assert_eq!(person("What is the capital of France?"), Ok("Paris\nFrance".into()));
        assert_eq!(person("nothing"), Ok(String::new()));
        assert!(matches!(person("Who?"), Err(ExpertError::Question(why)) if why.contains("add a line")));
    }

    #[test]
    fn scores_are_numbers_as_many_as_asked_for() {
        let similar =
            |count: usize| ask(Request::Similar { text: "near".into(), examples: vec!["a".into(); count] });
        assert_eq!(similar(2).unwrap().scores, [0.5, 1.0]);
        assert!(similar(3).is_err());
    }

    #[test]
    fn a_line_without_an_arrow_is_named() {
        assert_eq!(Scripted::read("a => b\nno arrow").unwrap_err(), "line 2: expected `question => answer`");
    }
}
