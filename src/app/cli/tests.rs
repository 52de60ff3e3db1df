//! The grammar of the command line, by examples.

use super::*;
use clap::CommandFactory;

fn parse(line: &str) -> Result<Cli, String> {
    // One word for each space; `_` stands for a space inside a word.
    let words = line.split_whitespace().map(|word| word.replace('_', " "));
    let cli = Cli::try_parse_from(std::iter::once("plantern".to_owned()).chain(words));
    let cli = cli.map_err(|error| error.to_string())?;
    cli.check().map(|()| cli)
}

#[test]
fn the_definitions_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn what_is_typed_is_understood() {
    let check = |line: &str, expected: fn(&Cli) -> bool| {
        let cli = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(expected(&cli), "{line}: {cli:?}");
    };
    let command = |line: &str, expected: fn(&Command) -> bool| {
        let cli = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(cli.command.as_ref().is_some_and(expected), "{line}: {cli:?}");
    };
    check("", |cli| cli.task.is_none() && cli.command.is_none());
    check("What_is_it? --seed 7", |cli| cli.task.is_some() && cli.global.seed == Some(7));
    check("--strategy direct run a_task --model m.gguf", |cli| {
        cli.global.strategy == ["direct"] && cli.global.model.as_deref() == Some("m.gguf")
    });
    check("run a --strategy direct", |cli| cli.global.strategy == ["direct"]);
    check("eval f --strategy direct --strategy decomposed", |cli| cli.global.strategy.len() == 2);
    check("--temperature 0.5 --theme night --config c.toml", |cli| {
        cli.global.temperature == Some(0.5) && cli.global.theme.is_some() && cli.global.config.is_some()
    });
    command(
        "run --json --max-calls 3 --max-tokens 9 -",
        |command| matches!(command, Command::Run(run) if run.json && run.max_calls == Some(3) && run.task.as_deref() == Some("-")),
    );
    command(
        "run --plan - --answer-person Ada --answer-person Alan",
        |command| matches!(command, Command::Run(run) if run.plan.is_some() && run.answer_person == ["Ada", "Alan"]),
    );
    command("run --session s.jsonl", |command| matches!(command, Command::Run(run) if run.task.is_none()));
    command("run --schema", |command| matches!(command, Command::Run(run) if run.schema));
    command(
        "run -- evl",
        |command| matches!(command, Command::Run(run) if run.task.as_deref() == Some("evl")),
    );
    command(
        "show s --at 3 --size 60X20 --keys j_j_s",
        |command| matches!(command, Command::Show(show) if show.size == (60, 20) && show.keys == "j j s" && show.at == Some(3)),
    );
    command("models remove m --yes", |command| {
        matches!(command, Command::Models { command: Some(Models::Remove { yes: true, .. }), .. })
    });
    command("models add m.gguf --link", |command| {
        matches!(command, Command::Models { command: Some(Models::Add { link: true, .. }), .. })
    });
    command("models bench", |command| {
        matches!(command, Command::Models { command: Some(Models::Bench { name: None }), .. })
    });
    command(
        "replay a b --json",
        |command| matches!(command, Command::Replay { sessions, json: true, again: false } if sessions.len() == 2),
    );
    command("replay --again a", |command| matches!(command, Command::Replay { again: true, .. }));
    command("models", |command| matches!(command, Command::Models { command: None, .. }));
    command("models pull m --json", |command| {
        matches!(command, Command::Models { command: Some(Models::Pull { .. }), json: true })
    });
    command("route a_task --router lexical --json", |command| {
        matches!(command, Command::Route { json: true, .. })
    });
    command(
        "import f -o out",
        |command| matches!(command, Command::Import(import) if import.format == "auto"),
    );
    command("export s --format json", |command| {
        matches!(command, Command::Export { format: ExportFormat::Json, .. })
    });
    command("config", |command| matches!(command, Command::Config { command: None, json: false }));
    command("config show --json", |command| {
        matches!(command, Command::Config { command: Some(Config::Show), json: true })
    });
    command("completions fish", |command| matches!(command, Command::Completions { .. }));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_hint() {
    let check = |line: &str, hint: &str| match parse(line) {
        Ok(cli) => panic!("{line} was taken: {cli:?}"),
        Err(error) => assert!(error.contains(hint), "{line}: {error}"),
    };
    check("run", "nothing to run: give a TASK (or `-` for stdin), a --plan, or a --session");
    check("run --schema a", "cannot be used with");
    check("what_now run a", "`what now` before a command says nothing");
    check("run a --plan p", "cannot be used with");
    check("run --json --plain a", "cannot be used with");
    check("show s --size 0x9", "columns and rows from 1 to 1000, like 120x40");
    check("show s --size 99999x9", "like 120x40");
    check("replay", "<SESSION>");
    check("evl", "did you mean `plantern eval`? As a task: plantern run -- evl");
    check("man", "there is no command `man`: `plantern help` lists them. As a task: plantern run -- man");
    check("docter", "did you mean `plantern doctor`");
    check("run a --strategy b --strategy c", "only `plantern eval`");
    check("--seed minus", "invalid value 'minus'");
}

#[test]
fn the_help_names_exit_codes_and_examples() {
    for help in
        [Cli::command().render_help(), Cli::command().find_subcommand_mut("run").unwrap().render_help()]
    {
        let help = help.to_string();
        for words in ["130  interrupted", "4  a limit", "Examples:"] {
            assert!(help.contains(words), "{help}");
        }
    }
}

#[test]
fn the_help_of_a_command_lists_the_options_it_listens_to_and_every_value_has_words() {
    let check = |path: &str, heard: &[&str], unheard: &[&str]| {
        let mut command = command();
        let found = path.split(' ').try_fold(&mut command, |command, name| command.find_subcommand_mut(name));
        let help = found.unwrap_or_else(|| panic!("no {path}")).render_help().to_string();
        assert!(heard.iter().all(|words| help.contains(words)), "{path}: {help}");
        assert!(unheard.iter().all(|words| !help.contains(words)), "{path}: {help}");
    };
    let draws = ["--strategy", "--router", "--seed", "--temperature", "--theme"];
    check("models pull", &["--config", "smollm2", "owner/repository/file.gguf"], &draws);
    check("models remove", &["as `models list` shows it"], &draws);
    check("models bench", &["--model", "--kernels", "--device"], &draws);
    check("models add", &["--link"], &["--model", "--kernels", "--theme"]);
    check("strategies", &[], &["--config"]);
    check("run", &draws[..4], &["--theme"]);
    check("show", &draws, &[]);
    // They are taken there all the same.
    assert!(parse("models pull smollm2 --seed 3").is_ok());
    fn whole(command: &clap::Command) {
        for value in command.get_positionals() {
            assert!(value.get_help().is_some(), "{} {}", command.get_name(), value.get_id());
        }
        command.get_subcommands().filter(|below| below.get_name() != "help").for_each(whole);
    }
    whole(&command());
}
