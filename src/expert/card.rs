//! Reads expert cards: SKILL.md-shaped front matter and a body.
