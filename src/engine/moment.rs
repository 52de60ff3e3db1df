//! A moment in the life of a call, and the facts that conditions speak of there.

use crate::{
    ask::{Ask, Token},
    condition::Value,
    decision::Ruling,
    ids::{Seq, TaskId},
    session::{Event, Journal, Outcome, Phase, Purpose, Session, branches::branches},
};

/// Where one stands: a task, maybe in a phase of one of its calls.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    pub journal: &'a Journal,
    /// The state of the journal at that moment.
    pub session: &'a Session,
    pub task: TaskId,
    /// `None` when one only looks at the task, as a watch does.
    pub phase: Option<Phase>,
    /// How the task stands, in a word.
    pub state: &'a str,
    /// What is asked, if a call is made, was made, or is about to be.
    pub ask: Option<(Purpose, &'a Ask)>,
    pub tokens: &'a [Token],
    /// What was answered, or is written so far.
    pub answer: Option<&'a str>,
    /// Wall-clock seconds and cost of the call, once known.
    pub seconds: Option<f64>,
    pub cost: Option<f64>,
    /// What is said of the answer, once it was judged.
    pub verdict: Option<Ruling>,
    /// Key that the answer is stored under, to tell it from the one before.
    pub key: Option<&'a str>,
    /// How often the breakpoint was reached, this time included.
    pub hits: Option<usize>,
}

impl<'a> Moment<'a> {
    /// A task as it stands, with its newest answered call.
    pub fn of(journal: &'a Journal, session: &'a Session, task: TaskId, state: &'a str) -> Moment<'a> {
        let call = journal.calls_of(task).rev().find(|call| matches!(call.outcome, Outcome::Answered(_)));
        let answer = call.and_then(|call| match &call.outcome {
            Outcome::Answered(answer) => Some(answer),
            _ => None,
        });
        Moment {
            journal,
            session,
            task,
            phase: None,
            state,
            ask: call.map(|call| (call.purpose, &call.ask)),
            tokens: answer.map_or(&[], |answer| &answer.tokens),
            answer: session.answer(task),
            seconds: answer.map(|answer| answer.usage.seconds),
            cost: answer.map(|answer| answer.cost),
            verdict: session.judged(task).map(|judged| judged.ruling),
            key: session.progress(task).solved.as_ref().map(|solved| solved.key.as_str()),
            hits: None,
        }
    }

    /// The value of a fact; `None` while it is not known.
    pub fn fact(&self, name: &str) -> Option<Value> {
        let number = |number: usize| Some(Value::Number(number as f64));
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let plan = &self.session.plan;
        let routed = self.session.progress(self.task).routed.as_ref().map(|(_, decision)| decision);
        match name {
            "phase" => text(self.phase?.word()),
            "state" => text(self.state),
            "text" => Some(Value::Text(plan.text(self.task))),
            "expert" => self.expert().map(Value::Text),
            "strategy" => self.strategy().map(Value::Text),
            "router" => routed.map(|decision| Value::Text(decision.router.clone())),
            "purpose" => text(self.ask?.0.word()),
            "depth" => number(plan.depth(self.task)),
            "parts" => number(plan.parts(self.task).len()),
            "margin" => routed.map(|decision| Value::Number(decision.margin.into())),
            "confidence" => routed.map(|decision| Value::Number(decision.confidence.into())),
            "prompt" => self.ask?.1.request.prompt().map(|prompt| Value::Text(prompt.text())),
            "answer" => text(self.answer?),
            "probability" => self.known().min_by(f32::total_cmp).map(value),
            "mean" => {
                let all: Vec<f32> = self.known().collect();
                (!all.is_empty()).then(|| value(all.iter().sum::<f32>() / all.len() as f32))
            }
            "entropy" => self.free().filter_map(Token::entropy).max_by(f32::total_cmp).map(value),
            "tokens" => {
                (!self.tokens.is_empty() || self.ended()).then_some(self.tokens.len()).and_then(number)
            }
            "seconds" => self.seconds.map(Value::Number),
            "calls" => number(self.journal.calls_of(self.task).count()),
            "cost" => self.cost.map(Value::Number),
            "verdict" => text(self.verdict?.word()),
            "last" => self.last().map(Value::Text),
            "changed" => Some(Value::Truth(self.last()? != self.answer?)),
            "other" => self.other().map(Value::Text),
            "differs" => Some(Value::Truth(self.other()? != self.answer?)),
            "hits" => self.hits.and_then(number),
            _ => None,
        }
    }

    /// How likely the tokens were that were free; a server may not say.
    fn known(&self) -> impl Iterator<Item = f32> {
        self.free().map(|token| token.probability).filter(|probability| probability.is_finite())
    }

    /// Is the answer whole?
    fn ended(&self) -> bool {
        !matches!(self.phase, Some(Phase::Proposed | Phase::Routed | Phase::Answering))
            && self.answer.is_some()
    }

    /// The tokens that no grammar forced.
    fn free(&self) -> impl Iterator<Item = &'a Token> {
        self.tokens.iter().filter(|token| !token.forced)
    }

    fn expert(&self) -> Option<String> {
        let progress = self.session.progress(self.task);
        match self.ask {
            Some((Purpose::Answer, ask)) => Some(ask.expert.clone()),
            _ => progress.routed.as_ref().map(|(_, decision)| decision.chosen.clone()),
        }
    }

    fn strategy(&self) -> Option<String> {
        let plan = &self.session.plan;
        let named = plan.task(self.task)?.draft.strategy.clone();
        let decomposed = plan.root() == Some(self.task) || !plan.parts(self.task).is_empty();
        let usual = || self.session.settings.as_ref().map(|settings| settings.strategy.clone());
        named.or_else(|| usual().filter(|_| decomposed))
    }

    /// The answer of the task before this one, on whatever branch.
    fn last(&self) -> Option<String> {
        if !self.ended() {
            return None;
        }
        self.journal.records().iter().rev().find_map(|record| match &record.event {
            Event::Solved { task, key, answer } if *task == self.task && Some(key.as_str()) != self.key => {
                Some(answer.clone())
            }
            _ => None,
        })
    }

    /// Its answer at the end of the newest branch that one does not stand on.
    fn other(&self) -> Option<String> {
        if !self.ended() {
            return None;
        }
        let mut tips =
            branches(self.journal).into_iter().filter(|branch| !branch.here).map(|branch| branch.tip);
        tips.find_map(|tip: Seq| {
            let session = self.journal.session_at(Some(tip)).ok()?;
            session.answer(self.task).map(str::to_owned)
        })
    }
}

fn value(number: f32) -> Value {
    Value::Number(number.into())
}
