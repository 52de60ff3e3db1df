//! Colours by role. Panes ask for roles, themes give each role a colour and marks; nothing else names a colour.
//!
//! A theme is a flat TOML file: `role = "colour [on colour] [bold|dim|italic|underline|reverse …]"`. A role that a theme
//! leaves out looks like the role it falls back to, so a theme of your own can have ten lines.

mod contrast;
mod depth;
mod parse;

pub use contrast::contrast;
pub use depth::Depth;
pub use parse::{ThemeError, parse};

use ratatui::style::Style;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $id:literal $(like $other:ident)?,)*) => {
        /// What a text or a mark is; a theme says how it looks.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            /// The name in theme files.
            pub fn id(self) -> &'static str {
                match self { $(Role::$role => $id,)* }
            }

            /// The role it looks like where a theme does not name it.
            fn like(self) -> Option<Role> {
                match self { $(Role::$role => roles!(@like $($other)?),)* }
            }
        }
    };
    (@like) => { None };
    (@like $other:ident) => { Some(Role::$other) };
}

roles! {
    /// The sheet everything is drawn on: a colour on a colour.
    Ground "ground",
    /// What is read.
    #[default]
    Text "text",
    /// What accompanies.
    Dim "dim",
    /// What can not be done now.
    Disabled "disabled" like Dim,
    /// Names of sessions, boxes, the goal.
    Title "title" like Text,
    /// The pane with the keys, the chosen tab.
    Accent "accent",
    /// The chosen tab, with and without the keys.
    Tab "tab" like Accent,
    TabIdle "tab-idle" like Title,
    /// Lines between panes.
    Rule "rule" like Dim,
    /// Keys in footer and help.
    Key "key" like Accent,
    /// The selected row of the pane with the keys.
    Selected "selected",
    /// The selected row of the other pane.
    SelectedIdle "selected-idle" like Selected,
    /// The sheet of a box on top.
    Popup "popup" like Ground,
    Info "info" like Text,
    Warning "warning",
    Error "error",
    Waiting "waiting" like Dim,
    Ready "ready" like Accent,
    Running "running" like Accent,
    Paused "paused" like Warning,
    NeedsPerson "needs-person" like Warning,
    Done "done",
    Failed "failed" like Error,
    Cancelled "cancelled" like Dim,
    Stale "stale" like Warning,
    Pinned "pinned" like Accent,
    /// `#1` in front of a task, and `#1` in its words.
    Number "number" like Dim,
    /// The expert or strategy of a task.
    Expert "expert" like Accent,
    Answer "answer" like Done,
    /// Filled and empty part of bars.
    Bar "bar" like Accent,
    BarRest "bar-rest" like Rule,
    /// Who speaks in a chat prompt.
    Turn "turn" like Accent,
    Keyword "keyword" like Accent,
    String "string" like Done,
    Figure "figure" like Warning,
    /// Keys of objects, names in code.
    Symbol "symbol" like Accent,
    Comment "comment" like Dim,
    Heading "heading" like Title,
    Strong "strong" like Title,
    /// Probability of a token: 0 is below 0.1, 4 at least 0.9.
    Heat0 "heat-0" like Error,
    Heat1 "heat-1" like Error,
    Heat2 "heat-2" like Warning,
    Heat3 "heat-3" like Text,
    Heat4 "heat-4" like Text,
    /// Tokens that the grammar forced.
    Forced "forced" like Dim,
}

impl Role {
    /// The role of a state's glyph and word.
    pub fn state(word: &str) -> Role {
        match word {
            "ready" => Role::Ready,
            "running" => Role::Running,
            "paused" => Role::Paused,
            "needs-person" => Role::NeedsPerson,
            "done" => Role::Done,
            "failed" => Role::Failed,
            "cancelled" => Role::Cancelled,
            _ => Role::Waiting,
        }
    }

    /// The role of a token that the model gave this probability.
    pub fn heat(probability: f32) -> Role {
        match probability {
            p if p >= 0.9 => Role::Heat4,
            p if p >= 0.7 => Role::Heat3,
            p if p >= 0.4 => Role::Heat2,
            p if p >= 0.1 => Role::Heat1,
            _ => Role::Heat0,
        }
    }

    /// Is the role nothing but its background? Without colours it is shown in reverse.
    fn is_block(self) -> bool {
        matches!(self, Role::Selected | Role::SelectedIdle)
    }
}

/// How every role looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// What the person calls it.
    pub name: String,
    /// For terminals with a dark ground?
    pub dark: bool,
    /// One for each of [`Role::ALL`].
    styles: Vec<Style>,
}

impl Theme {
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The theme with every role given by `look`; for tests that want to see roles.
    pub fn of(name: &str, look: impl Fn(Role) -> Style) -> Theme {
        Theme {
            name: name.to_owned(),
            dark: true,
            styles: Role::ALL.iter().map(|role| look(*role)).collect(),
        }
    }

    /// The theme as a terminal with this many colours can show it.
    pub fn at(&self, depth: Depth) -> Theme {
        let ground = self.style(Role::Ground);
        let styles = Role::ALL.iter().map(|role| depth.style(self.style(*role), ground, role.is_block()));
        Theme { styles: styles.collect(), ..self.clone() }
    }
}

const FILES: [(&str, &str); 6] = [
    ("themes/lantern.toml", include_str!("../../themes/lantern.toml")),
    ("themes/deep-sea.toml", include_str!("../../themes/deep-sea.toml")),
    ("themes/paper.toml", include_str!("../../themes/paper.toml")),
    ("themes/dawn.toml", include_str!("../../themes/dawn.toml")),
    ("themes/contrast.toml", include_str!("../../themes/contrast.toml")),
    ("themes/sixteen.toml", include_str!("../../themes/sixteen.toml")),
];

/// The themes of the program, the default first.
pub fn shipped() -> Vec<Theme> {
    // A test reads every one of them.
    FILES.iter().filter_map(|(file, text)| parse(text, file).ok()).collect()
}

#[cfg(test)]
mod tests;
