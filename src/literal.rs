//! Reads the parts that questions share: quoted texts, lists, separators, bare operands.
//!
//! Every function of `symbolic` calls this, and routers do to see the shape of a task. It takes time linear in the question, whatever stands there.

use unicode_segmentation::UnicodeSegmentation;

/// What a question is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    /// `["a", "b"]` or `[a, b]`.
    List(Vec<Item>),
    /// `[(A, 1), (u, 2)]`: each item with its label.
    Pairs(Vec<(Item, String)>),
}

/// One element of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) text: String,
    /// Stood without quotes and is a JSON value, so that it is written without quotes again.
    pub(crate) raw: bool,
}

impl Item {
    pub(super) fn new(text: impl Into<String>) -> Item {
        Item { text: text.into(), raw: false }
    }

    fn bare(text: &str) -> Item {
        Item { text: text.to_owned(), raw: serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() }
    }
}

/// An operand and where it stands in the question, its quotes included.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) operand: Operand,
}

/// A question cut around the one thing it is about.
pub(super) struct Asked {
    /// The words around the operand, in lower case.
    pub(super) words: String,
    pub(super) operand: Operand,
}

impl Asked {
    pub(super) fn has_any(&self, words: &[&str]) -> bool {
        tokens(&self.words).any(|token| words.contains(&token))
    }
}

/// Cuts the question around its operand: the first list or quoted text, or, without those, the words behind the
/// first of `leads` that occurs and before the first of `tails`.
pub(crate) fn asked(question: &str, leads: &[&str], tails: &[&str]) -> Option<Asked> {
    if let Some(Literal { start, end, operand }) = literals(question).into_iter().next() {
        return Some(around(&question[..start], operand, &question[end..]));
    }
    let lower = question.to_ascii_lowercase();
    let (lead, length) = leads.iter().find_map(|lead| lower.find(lead).map(|at| (at, lead.len())))?;
    let start = lead + length;
    let tail = tails.iter().filter_map(|tail| lower[start..].rfind(tail)).min();
    let end = tail.map_or(question.len(), |at| start + at);
    let text = question[start..end].trim();
    let text = text.strip_suffix(['.', '?', '!']).unwrap_or(text).trim();
    (!text.is_empty()).then(|| around(&question[..start], Operand::Text(text.to_owned()), &question[end..]))
}

fn around(before: &str, operand: Operand, after: &str) -> Asked {
    Asked { words: format!("{before} {after}").to_lowercase(), operand }
}

/// The words of a text without the punctuation around them.
pub(crate) fn tokens(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'').filter(|token| !token.is_empty())
}

/// All quoted texts, lists and objects of a question in their order.
pub(crate) fn literals(question: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut dead_quotes: Vec<char> = Vec::new();
    let mut bad_brackets = 0;
    let mut before = ' ';
    while let Some(letter) = question[at..].chars().next() {
        let taken = match letter {
            // A bracket that never closes costs a look at the whole rest, so there is a limit to trying.
            '[' | '{' if bad_brackets < 8 => {
                let taken = bracket(&question[at..]);
                bad_brackets += usize::from(taken.is_none());
                taken
            }
            _ if closing(letter).is_some() && !before.is_alphanumeric() && !dead_quotes.contains(&letter) => {
                let taken = quoted(&question[at..], letter);
                if taken.is_none() {
                    dead_quotes.push(letter);
                }
                taken
            }
            _ => None,
        };
        let length = match taken {
            Some((operand, length)) => {
                found.push(Literal { start: at, end: at + length, operand });
                length
            }
            None => letter.len_utf8(),
        };
        at += length;
        before = question[..at].chars().next_back().unwrap_or(' ');
    }
    found
}

fn closing(quote: char) -> Option<char> {
    match quote {
        '"' => Some('"'),
        '\'' => Some('\''),
        '`' => Some('`'),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}

/// A quoted text or list at the start of `text`, and its length with quotes.
fn quoted(text: &str, quote: char) -> Option<(Operand, usize)> {
    let close = closing(quote)?;
    let open = quote.len_utf8();
    let inside = &text[open..];
    let gap = inside.len() - inside.trim_start().len();
    if inside[gap..].starts_with('[')
        && let Some((list, length)) = bracket(&inside[gap..])
    {
        let end = open + gap + length;
        let rest = &text[end..];
        let blank = rest.len() - rest.trim_start().len();
        let closes = rest[blank..].starts_with(close);
        return Some((list, if closes { end + blank + close.len_utf8() } else { end }));
    }
    let text_of =
        |at: usize| (Operand::Text(inside[..at].replace("\\\"", "\"")), open + at + close.len_utf8());
    let mut depth = 1_usize;
    let mut first_close = None;
    let (mut before, mut escaped) = (quote, false);
    for (at, letter) in inside.char_indices() {
        let next = inside[at + letter.len_utf8()..].chars().next().unwrap_or(' ');
        // An apostrophe inside a word closes nothing; a quote between a blank and a word opens a quote in the quote.
        let in_word = matches!(letter, '\'' | '’') && next.is_alphanumeric() && !before.is_whitespace();
        let opens = letter == quote && (quote != close || before.is_whitespace() && next.is_alphanumeric());
        if opens && !escaped {
            depth += 1;
        } else if letter == close && !escaped && !in_word {
            first_close = first_close.or(Some(at));
            depth -= 1;
            if depth == 0 {
                return Some(text_of(at));
            }
        }
        escaped = letter == '\\' && !escaped;
        before = letter;
    }
    first_close.map(text_of)
}

/// A list or object at the start of `text`, and its length. An object comes back as the text it is.
pub(crate) fn bracket(text: &str) -> Option<(Operand, usize)> {
    if text.starts_with('{') {
        let length = balanced(text)?;
        return Some((Operand::Text(text[..length].to_owned()), length));
    }
    let mut items: Vec<(Item, Option<String>)> = Vec::new();
    let mut at = 1;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n', ',']).len();
        let rest = &text[at..];
        match rest.chars().next()? {
            ']' => {
                at += 1;
                break;
            }
            '(' => {
                let (item, length) = single(&rest[1..]).or_else(|| element(&rest[1..], ')'))?;
                let inner = &rest[1 + length..];
                let end = inner.find(')')?;
                let label = inner[..end].trim_start_matches([',', ' ']).trim();
                items.push((item, Some(label.to_owned())));
                at += 1 + length + end + 1;
            }
            _ => {
                let (item, length) = element(rest, ']')?;
                items.push((item, None));
                at += length;
            }
        }
    }
    let pairs = !items.is_empty() && items.iter().all(|(_, label)| label.is_some());
    let operand = if pairs {
        Operand::Pairs(items.into_iter().map(|(item, label)| (item, label.unwrap_or_default())).collect())
    } else {
        Operand::List(items.into_iter().map(|(item, _)| item).collect())
    };
    Some((operand, at))
}

/// One sign and a comma: the sign is the element, even if it is a comma, a bracket or a quote.
fn single(text: &str) -> Option<(Item, usize)> {
    let letter = text.graphemes(true).next().filter(|letter| text[letter.len()..].starts_with(','))?;
    Some((Item::bare(letter), letter.len()))
}

/// One element up to a comma or `close`, and its length.
fn element(text: &str, close: char) -> Option<(Item, usize)> {
    let ends = |rest: &str| {
        let rest = rest.trim_start();
        rest.is_empty() || rest.starts_with([',', close])
    };
    match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let mut escaped = false;
            for (at, letter) in text.char_indices().skip(1) {
                if letter == quote && !escaped && ends(&text[at + 1..]) {
                    let told = &text[..=at];
                    let inner = &text[1..at];
                    let read = serde_json::from_str::<String>(told).unwrap_or_else(|_| inner.to_owned());
                    return Some((Item::new(read), at + 1));
                }
                escaped = letter == '\\' && !escaped;
            }
            None
        }
        '[' | '{' => {
            let length = balanced(text)?;
            Some((Item::bare(&text[..length]), length))
        }
        _ => {
            let end = text.find([',', close])?;
            Some((Item::bare(text[..end].trim()), end))
        }
    }
}

/// Length of the bracketed text at the start, its closing bracket included; brackets in strings do not count.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !escaped => in_string = !in_string,
            '[' | '{' if !in_string => depth += 1,
            ']' | '}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}

/// The items of a text, and what stood between them: lines, else parts between semicolons, else between commas.
pub(crate) fn items(text: &str) -> (Vec<&str>, &'static str) {
    let (mark, joint) = match text {
        _ if text.contains('\n') => ('\n', "\n"),
        _ if text.contains(',') => (',', ", "),
        _ if text.contains(';') => (';', "; "),
        _ => (',', ", "),
    };
    let parts = text.split(mark).map(|part| {
        let part = part.trim();
        part.strip_prefix("and ").unwrap_or(part)
    });
    (parts.filter(|part| !part.is_empty()).collect(), joint)
}

/// The words of a text, without commas and the like around them; full stops stay (`J. Bell`).
pub(crate) fn words(text: &str) -> Vec<&str> {
    let marks = |c: char| ",;:!?\"“”()[]".contains(c);
    text.split_whitespace().map(|word| word.trim_matches(marks)).filter(|word| !word.is_empty()).collect()
}

/// What a reader calls letters: grapheme clusters, without blanks.
pub(crate) fn letters(text: &str) -> Vec<&str> {
    text.graphemes(true).filter(|letter| !letter.trim().is_empty()).collect()
}

/// The separator that `using ...` names; `None` when the words name none.
pub(crate) fn separator(after: &str) -> Result<Option<String>, String> {
    let lower = after.to_ascii_lowercase();
    let named = ["using ", "separated by ", "with ", "by ", "between them", "without "];
    let Some(at) = named.iter().filter_map(|word| lower.find(word)).min() else {
        return Ok(None);
    };
    if let Some(Literal { operand: Operand::Text(text), .. }) = literals(after).into_iter().next() {
        return Ok(Some(text));
    }
    let said = &lower[at..];
    let signs = [
        ("nothing", ""),
        ("no s", ""),
        ("without", ""),
        ("empty string", ""),
        ("comma and a space", ", "),
        ("comma and space", ", "),
        ("semi-colon", ";"),
        ("semicolon", ";"),
        ("semi colon", ";"),
        ("colon", ":"),
        ("comma", ","),
        ("hyphen", "-"),
        ("dash", "-"),
        ("underscore", "_"),
        ("backslash", "\\"),
        ("slash", "/"),
        ("new line", "\n"),
        ("newline", "\n"),
        ("line break", "\n"),
        ("full stop", "."),
        ("period", "."),
        ("dot", "."),
        ("pipe", "|"),
        ("vertical bar", "|"),
        ("tab", "\t"),
        ("plus", "+"),
        ("space", " "),
        ("blank", " "),
        ("and", " and "),
    ];
    match signs.iter().find(|(word, _)| said.contains(word)) {
        Some((_, sign)) => Ok(Some((*sign).to_owned())),
        None => {
            let said = shortened(said.trim());
            Err(format!(
                "which separator is `{said}`? Say a space, a comma, a hyphen, nothing, or put it in quotes"
            ))
        }
    }
}

/// `["a", "b"]`.
pub(crate) fn write_list<'a>(items: impl IntoIterator<Item = &'a Item>) -> String {
    let quoted = |item: &Item| match item.raw {
        true => item.text.clone(),
        false => serde_json::Value::from(item.text.as_str()).to_string(),
    };
    format!("[{}]", items.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// `["a", "b"]` from plain texts.
pub(crate) fn write_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    write_list(&texts.into_iter().map(Item::new).collect::<Vec<_>>())
}

/// `[(A, 1), (u, 2)]`.
pub(crate) fn write_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let pairs = pairs.into_iter().map(|(item, label)| format!("({item}, {label})"));
    format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
}

/// The start of a text, for an error.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
