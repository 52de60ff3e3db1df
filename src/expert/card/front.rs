//! Cuts a card into its fields and its body, and reads the small part of YAML that cards use.
//!
//! Called by `card` alone; knows lines and quotes, never what a field means.

/// One `key: value` of the front matter, its value not yet read.
pub(super) struct Field<'a> {
    pub(super) key: &'a str,
    /// Number of the key's line, from 1.
    pub(super) line: usize,
    /// What stands behind the colon.
    rest: &'a str,
    /// The lines below that belong to it, with their numbers.
    below: Vec<(usize, &'a str)>,
}

/// A card's text in two parts.
pub(super) struct Parts<'a> {
    pub(super) fields: Vec<Field<'a>>,
    pub(super) body: &'a str,
    /// Number of the line on which the body starts.
    pub(super) body_line: usize,
}

/// Cards of other programs have a dozen.
const MAX_FIELDS: usize = 64;

/// A line number and what is wrong there.
pub(super) type Fault = (usize, String);

/// Cuts at the two `---` lines and finds the keys between them.
pub(super) fn cut(text: &str) -> Result<Parts<'_>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut at = 0;
    let mut opened = None;
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        at += raw.len();
        let line = raw.trim_end();
        match opened {
            None if line.is_empty() => {}
            None if line == "---" => opened = Some(number),
            None => return Err((number, "a card starts with a line `---`; put one above the fields".into())),
            Some(_) if line == "---" || line == "..." => {
                return Ok(Parts { fields, body: &text[at..], body_line: number + 1 });
            }
            Some(_) => place(line, number, &mut fields)?,
        }
    }
    match opened {
        Some(number) => {
            Err((number, "the fields opened here are never closed; add a line `---` below them".into()))
        }
        None => Err((1, "the card is empty; start it with `---`, `name:` and `description:`".into())),
    }
}

fn place<'a>(line: &'a str, number: usize, fields: &mut Vec<Field<'a>>) -> Result<(), Fault> {
    let continues =
        line.is_empty() || line.starts_with([' ', '\t', '#']) || line == "-" || line.starts_with("- ");
    if continues {
        match fields.last_mut() {
            Some(field) => field.below.push((number, line)),
            None if line.is_empty() || line.starts_with('#') => {}
            None => {
                return Err((
                    number,
                    "this line belongs to no field; start with `name: ...` at the margin".into(),
                ));
            }
        }
        return Ok(());
    }
    let (key, rest) = key_of(line)
        .ok_or_else(|| (number, format!("expected `field: value`, found `{}`", shortened(line))))?;
    if let Some(first) = fields.iter().find(|field| field.key == key) {
        return Err((number, format!("`{key}` stands twice, first on line {}; keep one", first.line)));
    }
    if fields.len() == MAX_FIELDS {
        return Err((number, format!("a card has at most {MAX_FIELDS} fields")));
    }
    fields.push(Field { key, line: number, rest, below: Vec::new() });
    Ok(())
}

fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    (word && (rest.is_empty() || rest.starts_with([' ', '\t']))).then(|| (key, rest.trim()))
}

impl Field<'_> {
    /// The value as one text: plain (may go on in indented lines), quoted, or a `|` or `>` block.
    pub(super) fn text(&self, warnings: &mut Vec<String>) -> Result<String, Fault> {
        match self.rest.chars().next() {
            Some('|' | '>') => return Ok(self.block()),
            Some('"' | '\'') => {
                let (text, after) = quoted(self.rest).map_err(|what| (self.line, what))?;
                if let Some((number, _)) = self.lines_below().next() {
                    return Err((
                        number,
                        format!("this line stands below the quoted `{}` and belongs to nothing", self.key),
                    ));
                }
                return nothing_after(after, self.line).map(|()| text);
            }
            Some('[') => return Err((self.line, format!("`{}` is one text; put it in quotes", self.key))),
            _ => {}
        }
        let mut text = plain(self.rest, self.line, warnings)?;
        for (number, line) in self.lines_below() {
            if line.trim_start().starts_with("- ") {
                return Err((number, format!("`{}` is one text, not a list", self.key)));
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&plain(line.trim(), number, warnings)?);
        }
        Ok(text)
    }

    /// The value as JSON: as it stands behind the colon, or as a text that holds it.
    pub(super) fn json(&self, warnings: &mut Vec<String>) -> Result<String, Fault> {
        if !self.rest.starts_with('{') {
            return self.text(warnings);
        }
        let lines = std::iter::once(self.rest).chain(self.below.iter().map(|(_, line)| *line));
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The value as a list: `- item` lines, `[a, b]`, or a single text.
    pub(super) fn list(&self, warnings: &mut Vec<String>) -> Result<Vec<String>, Fault> {
        if self.rest.starts_with('[') {
            return self.bracketed();
        }
        if !self.rest.is_empty() && !self.rest.starts_with('#') {
            return Ok(vec![self.text(warnings)?]);
        }
        let mut items: Vec<(usize, String)> = Vec::new();
        for (number, line) in self.lines_below() {
            let line = line.trim();
            match (
                line.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])),
                items.last_mut(),
            ) {
                (Some(item), _) => items.push((number, item.trim().to_owned())),
                // A long item may go on in the next line.
                (None, Some((_, item))) => {
                    item.push(' ');
                    item.push_str(line);
                }
                (None, None) => {
                    return Err((number, format!("`{}` is a list; write `- item` lines", self.key)));
                }
            }
        }
        let read = |(number, item): (usize, String)| match item.chars().next() {
            Some('"' | '\'') => {
                let (text, after) = quoted(&item).map_err(|what| (number, what))?;
                nothing_after(after, number).map(|()| text)
            }
            _ => plain(&item, number, warnings),
        };
        items.into_iter().map(read).collect()
    }

    fn lines_below(&self) -> impl Iterator<Item = (usize, &str)> {
        let told = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        self.below.iter().copied().filter(move |(_, line)| told(line))
    }

    /// `|` keeps line ends, `>` folds them to spaces; an empty line is a line end in both.
    fn block(&self) -> String {
        let fold = self.rest.starts_with('>');
        let indent = |line: &str| line.len() - line.trim_start().len();
        let told = self.below.iter().filter(|(_, line)| !line.is_empty());
        let margin = told.map(|(_, line)| indent(line)).min().unwrap_or(0);
        let mut text = String::new();
        for (_, line) in &self.below {
            let line = line.get(margin..).unwrap_or("");
            let joint = if fold && !line.is_empty() && !text.ends_with('\n') { " " } else { "\n" };
            if !text.is_empty() {
                text.push_str(joint);
            }
            text.push_str(line);
        }
        text.trim_end().to_owned()
    }

    fn bracketed(&self) -> Result<Vec<String>, Fault> {
        let mut whole = self.rest.to_owned();
        for (_, line) in self.lines_below() {
            whole.push(' ');
            whole.push_str(line.trim());
        }
        let unclosed = || (self.line, format!("the list `{}` is never closed; add `]`", self.key));
        let mut items = Vec::new();
        let mut rest = whole[1..].trim_start();
        loop {
            if let Some(after) = rest.strip_prefix(']') {
                return nothing_after(after, self.line).map(|()| items);
            }
            let item = if rest.starts_with(['"', '\'']) {
                let (text, after) = quoted(rest).map_err(|what| (self.line, what))?;
                rest = after.trim_start();
                text
            } else {
                let end = rest.find([',', ']']).ok_or_else(unclosed)?;
                let text = rest[..end].trim().to_owned();
                rest = &rest[end..];
                text
            };
            items.push(item);
            match rest.chars().next() {
                Some(',') => rest = rest[1..].trim_start(),
                Some(']') => {}
                Some(_) => return Err((self.line, "expected `,` or `]` behind a quoted item".into())),
                None => return Err(unclosed()),
            }
        }
    }
}

/// A text without quotes: ends at ` #`, which starts a comment as in YAML.
fn plain(text: &str, line: usize, warnings: &mut Vec<String>) -> Result<String, Fault> {
    if let Some(sign) = text.chars().next().filter(|c| "&*!{}%@`|>".contains(*c)) {
        return Err((line, format!("a value that starts with `{sign}` has to stand in quotes")));
    }
    let (told, comment) = match text.find(" #") {
        Some(at) => (&text[..at], &text[at + 2..]),
        None if text.starts_with('#') => ("", ""),
        None => (text, ""),
    };
    // `in #1` is far likelier a reference than a comment.
    if comment.starts_with(|c: char| c.is_alphanumeric()) {
        warnings.push(format!(
            "line {line}: `#{}` was read as a comment; put the value in quotes",
            shortened(comment)
        ));
    }
    Ok(told.trim_end().to_owned())
}

/// Reads a quoted text and gives what stands behind its closing quote.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let double = text.starts_with('"');
    let mut told = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if double => return Ok((told, &text[at + 1..])),
            '\'' if !double => match letters.next_if(|(_, next)| *next == '\'') {
                Some(_) => told.push('\''),
                None => return Ok((told, &text[at + 1..])),
            },
            '\\' if double => match letters.next() {
                Some((_, 'n')) => told.push('\n'),
                Some((_, 't')) => told.push('\t'),
                Some((_, sign @ ('"' | '\\' | '/'))) => told.push(sign),
                Some((_, other)) => {
                    return Err(format!("`\\{other}` is not an escape; known are \\n \\t \\\" \\\\"));
                }
                None => break,
            },
            other => told.push(other),
        }
    }
    Err("the quote opened here is never closed on its line".into())
}

fn nothing_after(rest: &str, line: usize) -> Result<(), Fault> {
    let rest = rest.trim();
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(());
    }
    let what = format!(
        "`{}` stands behind the closing quote or bracket; quote the whole value in '...'",
        shortened(rest)
    );
    Err((line, what))
}

pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
