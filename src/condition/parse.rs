//! Tokens to a tree, kinds checked on the way. Recursive descent, a level of the grammar for each function.

use super::{
    FACTS, Kind, Mistake, facts,
    facts::FUNCTIONS,
    lex::{Token, lex},
    pattern,
};
use regex_automata::meta::Regex;

/// Parentheses and signs may be nested this deep.
const DEEPEST: usize = 64;
/// A longer condition is not one that a person typed.
const LONGEST: usize = 4000;

#[derive(Clone, Debug)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    Truth(bool),
    Fact(&'static str),
    Call(&'static str, Box<Node>, usize),
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    /// One of `= != < <= > >=`.
    Compare(&'static str, Box<Node>, Box<Node>),
    Search(Box<Node>, Regex),
    /// One of `+ - * /`, with its place.
    Reckon(&'static str, Box<Node>, Box<Node>, usize),
}

impl Node {
    pub(super) fn mentions(&self, fact: &str) -> bool {
        match self {
            Node::Number(_) | Node::Text(_) | Node::Truth(_) => false,
            Node::Fact(name) => *name == fact,
            Node::Call(_, one, _) | Node::Not(one) | Node::Negative(one) | Node::Search(one, _) => {
                one.mentions(fact)
            }
            Node::And(one, other) | Node::Or(one, other) => one.mentions(fact) || other.mentions(fact),
            Node::Compare(_, one, other) | Node::Reckon(_, one, other, _) => {
                one.mentions(fact) || other.mentions(fact)
            }
        }
    }
}

type Read = Result<(Node, Kind), Mistake>;

pub(super) fn parse(text: &str) -> Read {
    if LONGEST < text.len() {
        return Err(Mistake { at: 0, what: format!("a condition has at most {LONGEST} characters") });
    }
    let mut reader = Reader { tokens: lex(text)?, next: 0, end: text.chars().count(), deep: 0 };
    let read = reader.or()?;
    match reader.tokens.get(reader.next) {
        None => Ok(read),
        Some((at, token)) => Err(Mistake { at: *at, what: format!("{} is not expected here", said(token)) }),
    }
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    next: usize,
    /// Characters of the whole text: where a mistake at its end is.
    end: usize,
    deep: usize,
}

impl Reader {
    fn or(&mut self) -> Read {
        self.deep += 1;
        if DEEPEST < self.deep {
            return Err(self.mistake(format!("nested deeper than {DEEPEST} levels")));
        }
        let mut left = self.and()?;
        while self.word("or") {
            let right = self.and()?;
            left = self.both(left, right, "or", Node::Or)?;
        }
        self.deep -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Read {
        let mut left = self.not()?;
        while self.word("and") {
            let right = self.not()?;
            left = self.both(left, right, "and", Node::And)?;
        }
        Ok(left)
    }

    fn both(
        &self,
        left: (Node, Kind),
        right: (Node, Kind),
        word: &str,
        make: fn(Box<Node>, Box<Node>) -> Node,
    ) -> Read {
        if (left.1, right.1) != (Kind::Truth, Kind::Truth) {
            let wrong = if left.1 == Kind::Truth { right.1 } else { left.1 };
            let what = format!("`{word}` wants conditions on both sides, one is {}", wrong.word());
            return Err(self.mistake(what));
        }
        Ok((make(Box::new(left.0), Box::new(right.0)), Kind::Truth))
    }

    fn not(&mut self) -> Read {
        let mut odd = false;
        let mut any = false;
        while self.word("not") {
            (odd, any) = (!odd, true);
        }
        let (node, kind) = self.compare()?;
        if any && kind != Kind::Truth {
            return Err(self.mistake(format!("`not` wants a condition, this is {}", kind.word())));
        }
        Ok(if odd { (Node::Not(Box::new(node)), kind) } else { (node, kind) })
    }

    fn compare(&mut self) -> Read {
        let (left, kind) = self.sum()?;
        let at = self.place();
        let Some(sign) = self.sign(&["=", "!=", "<", "<=", ">", ">=", "~"]) else { return Ok((left, kind)) };
        if sign == "~" {
            return self.search(left, kind, at);
        }
        let (right, other) = self.sum()?;
        if kind != other {
            let what = format!("{} can not be compared with {}", kind.word(), other.word());
            return Err(Mistake { at, what });
        }
        if kind == Kind::Truth && sign != "=" && sign != "!=" {
            return Err(Mistake { at, what: format!("`{sign}` compares numbers and texts, not conditions") });
        }
        Ok((Node::Compare(sign, Box::new(left), Box::new(right)), Kind::Truth))
    }

    fn search(&mut self, left: Node, kind: Kind, at: usize) -> Read {
        if kind != Kind::Text {
            return Err(Mistake { at, what: format!("`~` searches a text, this is {}", kind.word()) });
        }
        let place = self.place();
        let Some((_, Token::Text(text))) = self.tokens.get(self.next) else {
            return Err(self.mistake("`~` wants a regular expression in quotes".to_owned()));
        };
        let regex = pattern(text).map_err(|what| Mistake { at: place, what })?;
        self.next += 1;
        Ok((Node::Search(Box::new(left), regex), Kind::Truth))
    }

    fn sum(&mut self) -> Read {
        let mut left = self.product()?;
        let mut at = self.place();
        while let Some(sign) = self.sign(&["+", "-"]) {
            let right = self.product()?;
            left = reckon(sign, left, right, at)?;
            at = self.place();
        }
        Ok(left)
    }

    fn product(&mut self) -> Read {
        let mut left = self.atom()?;
        let mut at = self.place();
        while let Some(sign) = self.sign(&["*", "/"]) {
            let right = self.atom()?;
            left = reckon(sign, left, right, at)?;
            at = self.place();
        }
        Ok(left)
    }

    fn atom(&mut self) -> Read {
        let at = self.place();
        let Some((_, token)) = self.tokens.get(self.next).cloned() else {
            return Err(self.mistake("something is missing at the end".to_owned()));
        };
        self.next += 1;
        match token {
            Token::Number(number) => Ok((Node::Number(number), Kind::Number)),
            Token::Text(text) => Ok((Node::Text(text), Kind::Text)),
            Token::Sign("(") => {
                let inner = self.or()?;
                if self.sign(&[")"]).is_none() {
                    return Err(self.mistake("a `)` is missing".to_owned()));
                }
                Ok(inner)
            }
            Token::Sign("-") => {
                self.deep += 1;
                if DEEPEST < self.deep {
                    return Err(Mistake { at, what: format!("nested deeper than {DEEPEST} levels") });
                }
                let (node, kind) = self.atom()?;
                self.deep -= 1;
                match kind {
                    Kind::Number => Ok((Node::Negative(Box::new(node)), kind)),
                    _ => Err(Mistake { at, what: format!("`-` wants a number, this is {}", kind.word()) }),
                }
            }
            Token::Word(word) => self.named(&word, at),
            other => Err(Mistake { at, what: format!("{} is not expected here", said(&other)) }),
        }
    }

    fn named(&mut self, word: &str, at: usize) -> Read {
        if let "true" | "false" = word {
            return Ok((Node::Truth(word == "true"), Kind::Truth));
        }
        if let Some(fact) = FACTS.iter().find(|fact| fact.name == word) {
            return Ok((Node::Fact(fact.name), fact.kind));
        }
        if let Some((name, takes, gives)) = FUNCTIONS.iter().copied().find(|function| function.0 == word) {
            if self.sign(&["("]).is_none() {
                return Err(self.mistake(format!("`{name}` wants its text in parentheses: {name}(answer)")));
            }
            let inner = self.place();
            let (node, kind) = self.or()?;
            if kind != takes {
                let what = format!("`{name}` wants {}, this is {}", takes.word(), kind.word());
                return Err(Mistake { at: inner, what });
            }
            if self.sign(&[")"]).is_none() {
                return Err(self.mistake("a `)` is missing".to_owned()));
            }
            return Ok((Node::Call(name, Box::new(node), at), gives));
        }
        let hint = facts::nearest(word).map(|near| format!(": `{near}`?")).unwrap_or_default();
        Err(Mistake { at, what: format!("no fact is called `{word}`{hint}") })
    }

    fn word(&mut self, word: &str) -> bool {
        let there = matches!(self.tokens.get(self.next), Some((_, Token::Word(found))) if found == word);
        self.next += usize::from(there);
        there
    }

    fn sign(&mut self, signs: &[&str]) -> Option<&'static str> {
        match self.tokens.get(self.next) {
            Some((_, Token::Sign(sign))) if signs.contains(sign) => {
                self.next += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn mistake(&self, what: String) -> Mistake {
        Mistake { at: self.place(), what }
    }
}

fn reckon(sign: &'static str, left: (Node, Kind), right: (Node, Kind), at: usize) -> Read {
    if (left.1, right.1) != (Kind::Number, Kind::Number) {
        let wrong = if left.1 == Kind::Number { right.1 } else { left.1 };
        return Err(Mistake { at, what: format!("`{sign}` wants numbers, one side is {}", wrong.word()) });
    }
    Ok((Node::Reckon(sign, Box::new(left.0), Box::new(right.0), at), Kind::Number))
}

fn said(token: &Token) -> String {
    match token {
        Token::Number(number) => format!("`{number}`"),
        Token::Text(text) => format!("{text:?}"),
        Token::Word(word) => format!("`{word}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}
