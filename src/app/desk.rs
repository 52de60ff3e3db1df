//! The workbench on a terminal: what is on the desk when it opens.

use super::{
    boot::{Boot, Trouble},
    effects::{Files, Shell},
    run::{self, Inbox},
    terminal::{Screen, install_panic_hook},
};
use crate::{
    engine::{EMBEDDING, Which, runner::Engine},
    headless::Ending,
    tui::theme::{self, Depth, Theme},
    workbench::{Effect, Message, State, Stored, Weight, update, update::files::new_task},
};
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// What the workbench opens on.
pub(crate) enum First {
    /// The session that was written last; the example task on the very first start.
    WhereItWas,
    Task(String),
    File(String),
    /// A session whose file stays as it is.
    Copy(String),
}

/// A task that shows the main job on any machine: three steps, one of them asked of every word.
pub(crate) const EXAMPLE: &str =
    "Take the last letters of the words in \"Ada Byron Lovelace\" and concatenate them using a space.";

const WELCOME: &str = "welcome: s makes one step, c runs it all, H recorded sessions, ? all keys";

/// Opens the workbench and stays until the person leaves.
pub(crate) fn open(boot: Boot, first: &First, theme: Option<&str>) -> Result<Ending, Trouble> {
    let themes = themes(theme.or(boot.config.theme.as_deref()))?;
    install_panic_hook(Some(boot.places.log.with_file_name("crash.txt")));
    let mut state = boot.state();
    state.theme_names = themes.iter().map(|theme| theme.name.clone()).collect();
    let (outbox, stored) = mpsc::unbounded_channel();
    let (engine, reports) = Engine::bounded(boot.models.memory);
    let mouse = boot.config.mouse.unwrap_or(true);
    let (models, language, embedding) =
        (boot.models.clone(), boot.settings.model.clone(), boot.embedding.clone());
    let files = Files::new(boot.places, boot.disk, outbox);
    let mut shell = Shell::new(engine, boot.models, files);
    let threads = super::servers::bring(&models.servers, &mut shell.engine)
        .and_then(|()| models.bring(&mut shell.engine, Which::Language, &language, true))
        .and_then(|()| models.bring(&mut shell.engine, Which::Embedding, &embedding, true))
        .and_then(|()| models.bring_named(&mut shell.engine, &state.tools.roster, &language));
    threads.map_err(Trouble::usage)?;
    let named = models.named(&state.tools.roster, &language);
    for name in named.into_iter().chain([&language]).filter(|name| !state.tools.files.contains_key(*name)) {
        super::identity::find_out(&models.places, name, name, shell.engine.reports());
    }
    if !state.tools.files.contains_key(EMBEDDING) {
        super::identity::find_out(&models.places, &embedding, EMBEDDING, shell.engine.reports());
    }
    begin(&mut state, &mut shell, first)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Trouble::usage)?;
    let mut screen = Screen::take(mouse).map_err(Trouble::usage)?;
    let mut inbox = Inbox { reports, stored };
    let ended = runtime.block_on(run::run(&mut screen, &mut state, &mut shell, &mut inbox, &themes));
    // Close the channel first: a lane that waits to report must not keep the program.
    drop(inbox);
    // The last entries first: whatever becomes of the screen, they are on the disk.
    let saved = shell.files.close();
    drop(screen);
    ended.map_err(|error| Trouble { ending: Ending::NotMet, words: format!("the terminal: {error}") })?;
    saved.map_err(|words| Trouble { ending: Ending::NotMet, words })?;
    Ok(Ending::Done)
}

/// Puts the first session on the desk. A file that was named and can not be opened is said before there is a screen.
fn begin(state: &mut State, shell: &mut Shell, first: &First) -> Result<(), Trouble> {
    let effects = match first {
        First::Task(task) => new_task(state, task),
        First::File(file) => opened(state, shell, Effect::Open(file.clone()))?,
        First::Copy(file) => opened(state, shell, Effect::Look(file.clone()))?,
        First::WhereItWas => match shell.files.latest() {
            Some(path) => vec![Effect::OpenListed(path)],
            None => {
                let effects = new_task(state, EXAMPLE);
                let welcome = Stored::Said(Weight::Info, WELCOME.to_owned());
                update(state, Message::Stored(welcome), shell.now());
                effects
            }
        },
    };
    perform(state, shell, effects);
    Ok(())
}

/// Reads the session and puts it on the desk; gives what is to be done then.
fn opened(state: &mut State, shell: &mut Shell, read: Effect) -> Result<Vec<Effect>, Trouble> {
    let mut effects = vec![];
    for message in shell.perform(read) {
        if let Message::Stored(Stored::NotOpened(why)) = &message {
            return Err(Trouble::usage(why));
        }
        effects.extend(update(state, message, shell.now()));
    }
    Ok(effects)
}

/// Does effects, and what follows from them, until nothing more follows: in the order in which they were asked for, as
/// lines of a session must not overtake each other.
pub(super) fn perform(state: &mut State, shell: &mut Shell, effects: Vec<Effect>) {
    let mut waiting = VecDeque::from(effects);
    while let Some(effect) = waiting.pop_front() {
        for message in shell.perform(effect) {
            waiting.extend(update(state, message, shell.now()));
        }
    }
}

/// All themes as this terminal can show them, the chosen one first.
pub(super) fn themes(chosen: Option<&str>) -> Result<Vec<Theme>, Trouble> {
    let depth = Depth::detect(|name| std::env::var(name).ok());
    let mut themes: Vec<Theme> = theme::shipped().into_iter().map(|theme| theme.at(depth)).collect();
    if let Some(name) = chosen {
        let at = themes.iter().position(|theme| theme.name == name).ok_or_else(|| {
            let names: Vec<&str> = themes.iter().map(|theme| theme.name.as_str()).collect();
            Trouble::usage(format!("no theme is called `{name}`; there are {}", names.join(", ")))
        })?;
        themes[..=at].rotate_right(1);
    }
    Ok(themes)
}
