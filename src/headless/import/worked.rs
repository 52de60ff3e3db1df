//! Worked decompositions: each is read as a plan, and what does not fit one is named by its line in the file.

use super::Found;
use crate::plan::{
    notation::{self, Line, Warning},
    read_outline,
};
use std::collections::BTreeMap;

/// The decompositions of a text as outlines with their answers.
pub(super) fn read(text: &str) -> Result<(Found, Vec<String>), String> {
    let (lines, warnings) = notation::read(text);
    let mut warned: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut warn = |warning: Warning| warned.entry(warning.line).or_default().push(warning.what);
    warnings.into_iter().for_each(&mut warn);
    let (mut outlines, mut steps) = (vec![], 0);
    for block in blocks(&lines) {
        let reading = read_outline(&block.text, 0);
        for Warning { line, what } in reading.warnings {
            let line = block.lines.get(line.wrapping_sub(1)).copied().unwrap_or_default();
            warn(Warning { line, what });
        }
        steps += reading.edits.len().saturating_sub(1);
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

fn blocks(lines: &[Line]) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    let mut open = false;
    for (at, line) in lines.iter().enumerate() {
        // A goal that lost its mark is one all the same when a step follows it.
        let bare = matches!(line, Line::Text(_)) && matches!(lines.get(at + 1), Some(Line::Step(_)));
        let (indent, told) = match line {
            Line::Goal(goal) => ("", format!("QC: {goal}")),
            Line::Text(goal) if bare => ("", format!("QC: {goal}")),
            Line::Step(_) | Line::Answer(_) if open => ("  ", line.to_string()),
            Line::End => {
                open = false;
                continue;
            }
            Line::Question(_) => {
                // Its answer belongs to no decomposition.
                open = false;
                continue;
            }
            _ => continue,
        };
        if indent.is_empty() {
            blocks.push(Block::default());
            open = true;
        }
        if let Some(block) = blocks.last_mut() {
            block.text.push_str(&format!("{indent}{told}\n"));
            block.lines.push(at + 1);
        }
    }
    blocks
}
