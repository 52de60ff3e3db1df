//! How cases went, as lines for a person or as JSON.

use super::Verdict;
use crate::{
    figure::counted,
    headless::{Ending, json_line},
    visible::visible,
};
use serde::Serialize;
use std::io::{self, Write};

/// How many cases there were, told one by one.
#[derive(Default, Serialize)]
pub(super) struct Sum {
    cases: u32,
    failed: u32,
}

impl Sum {
    pub(super) fn tell(&mut self, verdict: &Verdict, json: bool, out: &mut dyn Write) -> io::Result<()> {
        self.cases += 1;
        self.failed += u32::from(!verdict.ok);
        if json {
            return writeln!(out, "{}", json_line(verdict));
        }
        let clean = |text: &str| visible(&text.replace('\n', " ")).into_owned();
        let (word, answer) =
            (if verdict.ok { "ok  " } else { "FAIL" }, verdict.answer.as_deref().unwrap_or("-"));
        let loose = match verdict.loose {
            0 => String::new(),
            n => format!(", {n} found by their end: the prompts have changed"),
        };
        let (calls, seconds) = (counted(verdict.calls, "call"), verdict.seconds);
        let file = clean(&verdict.file);
        writeln!(out, "{word}  {file}  {}  ({calls}, {seconds:.1} s{loose})", clean(answer))?;
        for (nth, fault) in verdict.faults.iter().enumerate() {
            let at = if fault.at == "0" { "goal".to_owned() } else { format!("step {}", fault.at) };
            let first = if nth == 0 && 1 < verdict.faults.len() { "  (the first)" } else { "" };
            writeln!(out, "  {at}  {}{first}", clean(&fault.text))?;
            for expected in &fault.expected {
                writeln!(out, "    - {}", clean(expected))?;
            }
            if let Some(got) = &fault.got {
                writeln!(out, "    + {}", clean(got))?;
            }
            if let Some(why) = &fault.why {
                writeln!(out, "    ! {}", clean(why))?;
            }
        }
        Ok(())
    }

    /// The last line, and what the program ends with.
    pub(super) fn end(&self, json: bool, out: &mut dyn Write) -> io::Result<Ending> {
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'a str,
            #[serde(flatten)]
            sum: &'a Sum,
        }
        match json {
            true => writeln!(out, "{}", json_line(&Line { r#type: "sum", sum: self }))?,
            false => {
                let passed = self.cases - self.failed;
                writeln!(out, "{passed} of {} passed", counted(self.cases, "case"))?;
            }
        }
        out.flush()?;
        Ok(if self.failed == 0 { Ending::Done } else { Ending::NotMet })
    }
}
