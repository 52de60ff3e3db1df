//! Where the words of a prompt came from: parts that joined give the prompt, told by those who write it.

use super::{Prompt, Turn};

/// A stretch of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub origin: Origin,
    /// Which turn of a chat it stands in; 0 for a raw prompt.
    pub turn: usize,
    pub text: String,
}

/// Who wrote a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The prompt file of this name.
    Instruction(String),
    /// A worked example of a family, from 1 on.
    Exemplar { family: String, nth: usize, of: usize },
    /// The card of this expert.
    Card(String),
    /// Marks of the notation, such as `QS:`.
    Notation,
    /// Words of the task itself.
    Task,
    /// The text that the goal is about.
    Context,
    /// The answer of another task, in its words; the place of its reference in the task's words.
    Input(usize),
    /// A step that was made before, from 1 on.
    Step(usize),
    /// The answer of that step.
    StepAnswer(usize),
    /// The person, who amended the call.
    Person,
}

/// A raw prompt as it is written, part by part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Writing(Vec<Part>);

impl Writing {
    pub fn say(&mut self, origin: Origin, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.origin == origin => last.text.push_str(text),
            _ => self.0.push(Part { origin, turn: 0, text: text.to_owned() }),
        }
    }

    /// The whole, without blanks at its beginning.
    pub fn prompt(&self) -> Prompt {
        let text: String = self.0.iter().map(|part| part.text.as_str()).collect();
        Prompt::Raw(text.trim_start().to_owned())
    }

    /// The parts of [`Writing::prompt`].
    pub fn parts(mut self) -> Vec<Part> {
        trim_start(&mut self.0);
        self.0
    }
}

fn trim_start(parts: &mut Vec<Part>) {
    while let Some(first) = parts.first_mut() {
        first.text = first.text.trim_start().to_owned();
        if !first.text.is_empty() {
            return;
        }
        parts.remove(0);
    }
}

fn trim_end(parts: &mut Vec<Part>) {
    while let Some(last) = parts.last_mut() {
        last.text.truncate(last.text.trim_end().len());
        if !last.text.is_empty() {
            return;
        }
        parts.pop();
    }
}

/// The parts of a turn that was filled from a card: `rendered` with a mark in place of each of the `fills`. `None` when the
/// card did more with them than to set them in.
pub fn filled(
    turn: usize,
    card: &str,
    rendered: &str,
    fills: &[(char, Origin, &str)],
    real: &Turn,
) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = vec![];
    let mut push = |origin: Origin, text: &str| {
        if !text.is_empty() {
            parts.push(Part { origin, turn, text: text.to_owned() });
        }
    };
    let mut rest = rendered;
    let of = |letter: char| fills.iter().find(|(mark, ..)| *mark == letter);
    while let Some((at, (mark, origin, text))) =
        rest.char_indices().find_map(|(at, letter)| Some((at, of(letter)?)))
    {
        push(Origin::Card(card.to_owned()), &rest[..at]);
        push(origin.clone(), text);
        rest = &rest[at + mark.len_utf8()..];
    }
    push(Origin::Card(card.to_owned()), rest);
    trim_start(&mut parts);
    trim_end(&mut parts);
    let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
    (whole == real.text).then_some(parts)
}

/// Splits the words of the task into its own and those of answers. `pieces` are the words as they were put together, each
/// with the place of the reference it stands for; what differs in white space alone is the same.
pub fn split_task(parts: Vec<Part>, pieces: &[(Option<usize>, String)]) -> Vec<Part> {
    let mut done = vec![];
    for part in parts {
        if part.origin != Origin::Task {
            done.push(part);
            continue;
        }
        // The pieces may be set in more than once, and cut at the edges.
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let all: usize = pieces.iter().map(|(_, text)| letters(text)).sum();
        if all != letters(&part.text) {
            done.push(part);
            continue;
        }
        let mut rest = part.text.as_str();
        for (at, (place, text)) in pieces.iter().enumerate() {
            let mut left = letters(text);
            let mut end = 0;
            for (byte, c) in rest.char_indices() {
                if left == 0 && (!c.is_whitespace() || at + 1 < pieces.len()) {
                    break;
                }
                left -= usize::from(!c.is_whitespace());
                end = byte + c.len_utf8();
            }
            let (own, others) = rest.split_at(end);
            rest = others;
            if !own.is_empty() {
                let origin = place.map_or(Origin::Task, Origin::Input);
                done.push(Part { origin, turn: part.turn, text: own.to_owned() });
            }
        }
    }
    done
}

/// The parts of a prompt that a person put in place of another one: what stands at both ends of both is as it was.
pub fn amended(parts: Vec<Part>, turn: usize, text: &str) -> Vec<Part> {
    let old: String = parts.iter().map(|part| part.text.as_str()).collect();
    let head = old.chars().zip(text.chars()).take_while(|(one, other)| one == other);
    let head: usize = head.map(|(c, _)| c.len_utf8()).sum();
    let tail =
        old[head..].chars().rev().zip(text[head..].chars().rev()).take_while(|(one, other)| one == other);
    let tail: usize = tail.map(|(c, _)| c.len_utf8()).sum();
    let mut done = cut(&parts, 0, head);
    let middle = &text[head..text.len() - tail];
    if !middle.is_empty() {
        done.push(Part { origin: Origin::Person, turn, text: middle.to_owned() });
    }
    done.extend(cut(&parts, old.len() - tail, old.len()));
    done
}

/// What of the parts lies between these bytes of the whole.
fn cut(parts: &[Part], from: usize, to: usize) -> Vec<Part> {
    let mut at = 0;
    let mut done = vec![];
    for part in parts {
        let (start, end) = (at, at + part.text.len());
        at = end;
        let (from, to) = (from.clamp(start, end) - start, to.clamp(start, end) - start);
        if from < to {
            done.push(Part { text: part.text[from..to].to_owned(), ..part.clone() });
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(parts: &[Part]) -> Vec<(Origin, &str)> {
        parts.iter().map(|part| (part.origin.clone(), part.text.as_str())).collect()
    }

    #[test]
    fn a_card_sets_the_question_in_or_is_not_split() {
        let check = |rendered: &str, question: &str, real: &str, expected: Option<&[(Origin, &str)]>| {
            let turn = Turn { role: "user".to_owned(), text: real.to_owned() };
            let found = filled(
                0,
                "c",
                rendered,
                &[('\u{e000}', Origin::Task, question), ('\u{e001}', Origin::Context, "Ada")],
                &turn,
            );
            assert_eq!(found.as_deref().map(told).as_deref(), expected, "{rendered}");
        };
        let card = || Origin::Card("c".to_owned());
        check(" Q: \u{e000}\n", "why?", "Q: why?", Some(&[(card(), "Q: "), (Origin::Task, "why?")]));
        let both = [(Origin::Context, "Ada"), (card(), ": "), (Origin::Task, "why?")];
        check("\u{e001}: \u{e000}", "why?", "Ada: why?", Some(&both));
        check("\u{e000} ", " why? ", "why?", Some(&[(Origin::Task, "why?")]));
        check("Q: \u{e000}", "why?", "Q: WHY?", None);
    }

    #[test]
    fn the_words_of_a_task_are_split_at_its_references() {
        let task = |text: &str| vec![Part { origin: Origin::Task, turn: 0, text: text.to_owned() }];
        let pieces = [
            (None, "Join ".to_owned()),
            (Some(0), "[\"a\",\n \"b\"]".to_owned()),
            (None, " now.".to_owned()),
        ];
        let split = split_task(task("Join [\"a\", \"b\"] now."), &pieces);
        let expected =
            [(Origin::Task, "Join"), (Origin::Input(0), " [\"a\", \"b\"]"), (Origin::Task, " now.")];
        assert_eq!(told(&split), expected);
        // What is not the same words is left as it is.
        assert_eq!(split_task(task("JOIN IT"), &pieces), task("JOIN IT"));
    }

    #[test]
    fn what_a_person_wrote_is_told_from_what_was_there() {
        let mut writing = Writing::default();
        writing.say(Origin::Notation, "\nQC: ");
        writing.say(Origin::Task, "héllo");
        writing.say(Origin::Notation, "\nQS:");
        let parts = writing.clone().parts();
        assert_eq!(writing.prompt(), Prompt::Raw("QC: héllo\nQS:".to_owned()));
        let found = amended(parts.clone(), 0, "QC: hé, hello\nQS:");
        let expected = [
            (Origin::Notation, "QC: "),
            (Origin::Task, "hé"),
            (Origin::Person, ", he"),
            (Origin::Task, "llo"),
            (Origin::Notation, "\nQS:"),
        ];
        assert_eq!(told(&found), expected);
        assert_eq!(amended(parts.clone(), 0, "QC: héllo\nQS:"), parts);
    }

    proptest! {
        #[test]
        fn parts_joined_are_the_prompt(old in proptest::collection::vec("[ab é\n]{0,5}", 0..4), new in "[ab é\n]{0,14}") {
            let parts: Vec<Part> = old.iter().map(|text| Part { origin: Origin::Task, turn: 0, text: text.clone() }).collect();
            let joined = |parts: &[Part]| parts.iter().map(|part| part.text.as_str()).collect::<String>();
            prop_assert_eq!(joined(&amended(parts.clone(), 0, &new)), new);
            let pieces: Vec<(Option<usize>, String)> = old.iter().map(|text| (None, text.clone())).collect();
            let one = vec![Part { origin: Origin::Task, turn: 0, text: old.concat() }];
            prop_assert_eq!(joined(&split_task(one, &pieces)), old.concat());
        }
    }
}
