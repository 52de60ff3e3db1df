//! Worked decompositions: each is read as a plan, and what does not fit one is named by its line in the file.

use super::Found;
use crate::plan::{
    cut_margin,
    notation::{self, Line, STRAY_ANSWER, Warning},
    read_outline,
};
use std::collections::BTreeMap;

/// The decompositions of a text as outlines with their answers. Steps stand on the margin, as in prompt files, or indented
/// below their goal, as Plantern writes plans.
pub(super) fn read(text: &str) -> Result<(Found, Vec<String>), String> {
    let indents: Vec<usize> = text.lines().map(|line| cut_margin(line).0.chars().count()).collect();
    let bare: Vec<&str> = text.lines().map(str::trim_start).collect();
    let (lines, mut warnings) = notation::read(&bare.join("\n"));
    let closing = closing_answers(&lines, &indents);
    warnings.retain(|warning| warning.what != STRAY_ANSWER || !closing.contains(&warning.line));
    let mut warned: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut warn = |warning: Warning| warned.entry(warning.line).or_default().push(warning.what);
    warnings.into_iter().for_each(&mut warn);
    let (blocks, left_out) = blocks(&lines, &indents);
    for line in left_out {
        warn(Warning { line, what: "a step without a goal above it; left out".to_owned() });
    }
    let (mut outlines, mut steps) = (vec![], 0);
    for block in blocks {
        let reading = read_outline(&block.text, 0);
        for Warning { line, what } in reading.warnings {
            let line = block.lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
            warn(Warning { line, what });
        }
        steps += reading.lines.len().saturating_sub(1);
        outlines.push(block.text);
    }
    let questions = lines.iter().filter(|line| matches!(line, Line::Question(_))).count();
    if outlines.is_empty() && questions == 0 {
        return Err("no line is a goal (`QC: `) or a question (`Q: `)".to_owned());
    }
    let warnings = warned
        .into_iter()
        .flat_map(|(line, whats)| whats.into_iter().map(move |what| Warning { line, what }.to_string()));
    Ok((Found::Worked { outlines, steps, questions }, warnings.collect()))
}

/// One goal with its steps and answers, indented as an outline, and the lines of the file that it was made from.
#[derive(Default)]
struct Block {
    text: String,
    lines: Vec<usize>,
}

/// The lines, from 1, of answers that stand below the parts of the task that they are of, as deep as it.
fn closing_answers(lines: &[Line], indents: &[usize]) -> Vec<usize> {
    let mut closing = vec![];
    // Indents of the tasks that have no answer yet.
    let mut open: Vec<usize> = vec![];
    for (at, (line, indent)) in lines.iter().zip(indents).enumerate() {
        match line {
            Line::Goal(_) | Line::Step(_) => {
                while open.pop_if(|above| *indent <= *above).is_some() {}
                open.push(*indent);
            }
            Line::Answer(_) => {
                while open.pop_if(|above| *indent < *above).is_some() {}
                if open.pop_if(|above| *indent == *above).is_some() {
                    closing.push(at + 1);
                }
            }
            _ => {}
        }
    }
    closing
}

/// The decompositions, and the lines, from 1, of steps that belong to none.
fn blocks(lines: &[Line], indents: &[usize]) -> (Vec<Block>, Vec<usize>) {
    let (mut blocks, mut left_out): (Vec<Block>, _) = (vec![], vec![]);
    // Where the goal of the block at hand stands, and whether its first step stands there, too.
    let mut goal: Option<(usize, Option<bool>)> = None;
    for (at, (line, indent)) in lines.iter().zip(indents).enumerate() {
        // A goal that lost its mark is one all the same when a step follows it.
        let bare = matches!(line, Line::Text(_)) && matches!(lines.get(at + 1), Some(Line::Step(_)));
        let (deep, told) = match line {
            Line::Goal(text) => (0, format!("QC: {text}")),
            Line::Text(text) if bare => (0, format!("QC: {text}")),
            Line::Step(_) | Line::Answer(_) => match &mut goal {
                Some((margin, flat)) => {
                    let (deep, is_step) = (indent.saturating_sub(*margin), matches!(line, Line::Step(_)));
                    let flat = match is_step {
                        true => *flat.get_or_insert(deep == 0),
                        false => flat.unwrap_or_default(),
                    };
                    let outside = is_step && deep == 0;
                    (if flat || outside { deep + 2 } else { deep }, line.to_string())
                }
                None => {
                    left_out.extend(matches!(line, Line::Step(_)).then_some(at + 1));
                    continue;
                }
            },
            // The answer of a question belongs to no decomposition.
            Line::End | Line::Question(_) => {
                goal = None;
                continue;
            }
            Line::Text(_) | Line::Blank | Line::Cut(_) => continue,
        };
        if matches!(line, Line::Goal(_) | Line::Text(_)) {
            blocks.push(Block::default());
            goal = Some((*indent, None));
        }
        if let Some(block) = blocks.last_mut() {
            block.text.push_str(&format!("{}{told}\n", " ".repeat(deep)));
            block.lines.push(at + 1);
        }
    }
    (blocks, left_out)
}
