//! Examples for `store::config`.

use super::*;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("/p/config.toml")).map_err(|error| error.to_string())
}

/// The default with every setting taken out of its comment.
fn everything() -> String {
    let set = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => setting.to_owned(),
        _ => line.to_owned(),
    };
    DEFAULT.lines().map(|line| set(line) + "\n").collect()
}

#[test]
fn the_default_sets_nothing_and_shows_everything() {
    let silent = parse(DEFAULT).unwrap();
    let said = |config: Config| Config { places: BTreeMap::new(), path: PathBuf::new(), ..config };
    assert_eq!(said(silent), Config::default());

    let Config {
        strategy,
        router,
        model,
        embedding,
        kernels,
        device,
        models_memory,
        theme,
        mouse,
        sampling: SamplingConfig { temperature, top_p, seed },
        limits: LimitsConfig { calls, output_tokens, parts, depth, seconds, cost },
        keys,
        experts,
        prompts,
        servers,
        path: _,
        places,
    } = parse(&everything()).unwrap();
    for name in [&model, &embedding] {
        let known = name.as_deref().and_then(crate::store::models::DefaultModel::named);
        assert!(known.is_some(), "{name:?} is a name of a model that can be had");
    }
    let texts = [strategy, router, model, embedding, kernels, device, theme].map(|text| text.is_some());
    assert_eq!(texts, [true; 7]);
    assert_eq!((mouse, models_memory, temperature), (Some(true), Some(8.0), Some(0.0)));
    assert_eq!((mouse, temperature, top_p, seed), (Some(true), Some(0.0), Some(1.0), Some(0)));
    let limits = crate::session::Limits::default();
    assert_eq!((calls, output_tokens), (Some(limits.calls), Some(limits.output_tokens)));
    assert_eq!((parts, depth), (Some(limits.parts), Some(limits.depth)), "the default says what is in force");
    assert_eq!((seconds, cost), (Some(600.0), Some(0.5)), "examples: without them there is no limit");
    assert_eq!(keys["quit"], ["q", "C-c"]);
    assert_eq!(keys["step"], ["s"]);
    assert_eq!(experts.len(), 1);
    assert!(servers.is_empty(), "an example of a server is shown, none is set");
    assert_eq!(prompts.as_deref(), Some(Path::new("/p/prompts")), "taken from the folder of the file");
    assert_eq!(
        places.keys().filter(|key| !["sampling", "limits", "keys"].contains(&key.as_str())).count(),
        22
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let check = |text: &str, expected: &str| assert_eq!(parse(text).unwrap_err(), expected, "{text}");
    check(
        "theme = \"dark\"\nstratgey = \"direct\"",
        "/p/config.toml:2:1: there is no setting `stratgey`; did you mean `strategy`?",
    );
    check(
        "[limits]\n  call = 3",
        "/p/config.toml:2:3: there is no setting `limits.call`; did you mean `limits.calls`?",
    );
    check(
        "[sampling]\nwarmth = 1",
        "/p/config.toml:2:1: there is no setting `sampling.warmth`; known are temperature, top_p, seed",
    );
    check("mouse = \"yes\"", "/p/config.toml:1:9: `mouse` wants true or false, found the text \"yes\"");
    check("model = ''", "/p/config.toml:1:9: `model` wants a text in quotes, found an empty text");
    check(
        "sampling.top_p = 0",
        "/p/config.toml:1:18: `sampling.top_p` wants a number above 0, at most 1, found 0",
    );
    check(
        "sampling.temperature = nan",
        "/p/config.toml:1:24: `sampling.temperature` wants a number from 0 to 10, found nan",
    );
    check(
        "limits.depth = 0",
        "/p/config.toml:1:16: `limits.depth` wants a whole number from 1 to 4294967295, found 0",
    );
    check(
        "limits.calls = 99999999999",
        "/p/config.toml:1:16: `limits.calls` wants a whole number from 1 to 4294967295, found 99999999999",
    );
    check(
        "sampling.seed = -1",
        "/p/config.toml:1:17: `sampling.seed` wants a whole number from 0 to 18446744073709551615, found -1",
    );
    check(
        "keys.step = [\"s\", 7]",
        "/p/config.toml:1:19: `keys.step` wants a key like \"s\" or \"C-d\", or a list of keys, found 7",
    );
    check("keys = 3", "/p/config.toml:1:8: `keys` is a table: write [keys] and its values below; found 3");
    // All at once, in the order of the file.
    check(
        "mouse = 1\nthem = 2",
        "/p/config.toml:1:9: `mouse` wants true or false, found 1\n\
         /p/config.toml:2:1: there is no setting `them`; did you mean `theme`?",
    );
    // Columns count characters, not bytes.
    check(
        "keys.\"ä\" = 1",
        "/p/config.toml:1:12: `keys.ä` wants a key like \"s\" or \"C-d\", or a list of keys, found 1",
    );
}

#[test]
fn what_is_no_toml_is_refused_in_place() {
    let deep = "a = ".to_owned() + &"[".repeat(100_000);
    for (text, place) in [
        ("theme = ", "1:"),
        ("\n\n[limits\n", "3:"),
        ("theme = \"a\"\ntheme = \"b\"", "2:1:"),
        ("\0", "1:"),
        (&deep, "1:"),
    ] {
        let said = parse(text).unwrap_err();
        assert!(said.starts_with(&format!("/p/config.toml:{place}")) && said.contains("not TOML"), "{said}");
        assert!(said.len() < 1000, "{}", said.len());
    }
}

#[test]
fn what_was_set_stands_over_the_defaults_and_knows_its_place() {
    let text = "strategy = \"direct\"\nsampling.seed = 0x_F\n[limits]\ncalls = 1_0\n[keys]\nstep = []\n";
    let text = text.replace("0x_F", "0xF");
    let config = parse(&text).unwrap();
    let settings = Settings::new("decomposed", "lexical", "m");
    let over = config.over(settings.clone());
    assert_eq!((over.strategy.as_str(), over.router.as_str()), ("direct", "lexical"));
    assert_eq!((over.sampling.seed, over.limits.calls, over.limits.depth), (15, 10, settings.limits.depth));
    assert_eq!(config.keys["step"], [] as [String; 0]);
    assert_eq!(config.origin("limits.calls").unwrap(), "/p/config.toml:4:9");
    assert_eq!(config.origin("limits.depth"), None);
}

#[test]
fn files_are_read_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plantern/config.toml");
    assert_eq!(Config::read(&path), Ok(Config::default()), "no file says nothing");
    write_default(&path).unwrap();
    assert!(Config::read(&path).is_ok());
    fs::write(&path, "\u{feff}theme = \"mine\"").unwrap();
    assert_eq!(write_default(&path), Err(StoreError::Exists(path.clone())));
    assert_eq!(Config::read(&path).unwrap().theme.as_deref(), Some("mine"), "an editor's byte-order mark");

    let refused = |bytes: &[u8], expected: &str| {
        fs::write(&path, bytes).unwrap();
        let said = Config::read(&path).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    };
    refused(b"theme = \"\xff\"", "byte 9 is not UTF-8");
    refused(&vec![b'#'; 1 + MOST_BYTES as usize], "1048577 bytes, at most 1048576 are taken");
    let said = Config::read(folder.path()).unwrap_err().to_string();
    assert!(said.contains("it is a folder"), "{said}");
}

#[test]
fn cards_and_prompts_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    assert_eq!(experts(&folder.path().join("none")), (vec![], vec![]));
    put("b.md", b"card b");
    put("a.md", b"card a");
    put("skill/SKILL.md", b"card skill");
    put("skill/notes.md", b"not a card");
    put("skill/deeper/SKILL.md", b"too deep");
    put("bad.md", b"\xff\xfe");
    put(".hidden.md", b"not shown");
    put("decomposed/instruction.txt", b"think");
    put("own.txt", b"mine");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();

    let (cards, errors) = experts(folder.path());
    let origin = |name: &str| folder.path().join(name).display().to_string();
    let card = |text: &str, name: &str| (text.to_owned(), origin(name));
    assert_eq!(cards, [card("card a", "a.md"), card("card b", "b.md"), card("card skill", "skill/SKILL.md")]);
    assert_eq!(errors.len(), 1, "the bad one is named and takes nothing away");
    assert!(errors[0].to_string().contains("bad.md"));

    let (prompts, errors) = prompts(folder.path());
    let prompt = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(prompts, [prompt("decomposed/instruction", "think"), prompt("own", "mine")]);
    assert_eq!(errors, []);
}

#[test]
fn a_server_is_read_with_all_that_can_be_said_of_it() {
    let text = r#"
        [servers.big]
        urls = ["https://a.example/v1", "http://127.0.0.1:8080/v1"]
        model = "m"
        key_env = "BIG_KEY"
        parallel = 4
        timeouts = { connect = 2.5, total = 60 }
        structured = "grammar"
        completions = true
        price = { input = 0.5, output = 2 }
        [servers.small]
        url = "http://localhost:1234/v1"
        model = "s"
    "#;
    let servers = parse(text).unwrap().servers;
    let big = &servers["big"];
    assert_eq!((big.urls.len(), big.parallel, big.completions), (2, Some(4), Some(true)));
    assert_eq!((big.timeouts["connect"], big.timeouts.get("idle"), big.price["output"]), (2.5, None, 2.0));
    assert_eq!((big.key_env.as_deref(), big.structured.as_deref()), (Some("BIG_KEY"), Some("grammar")));
    let small = ServerConfig {
        urls: vec!["http://localhost:1234/v1".into()],
        model: "s".into(),
        ..ServerConfig::default()
    };
    assert_eq!(servers["small"], small);
    let check = |line: &str, expected: &str| {
        let text = format!("[servers.x]\nurls = \"http://h/v1\"\nmodel = \"m\"\n{line}");
        let told = parse(&text).unwrap_err();
        assert!(told.contains(expected), "{line}: {told}");
    };
    check("key = \"sk-123\"", "there is no setting `servers.x.key`");
    check("key_env = \"sk-123\"", "wants the name of an environment variable, not the key itself");
    check("structured = \"json\"", "`servers.x.structured` is one of auto, json_schema, json_object");
    check("timeouts = { conect = 1 }", "did you mean `servers.x.timeouts.connect`?");
    check("timeouts = { idle = 0 }", "`servers.x.timeouts.idle` wants seconds");
    check("parallel = 0", "a whole number from 1");
    let check = |text: &str, expected: &str| {
        let told = parse(text).unwrap_err();
        assert!(told.contains(expected), "{text}: {told}");
    };
    check(
        "[servers.x]\nmodel = \"m\"",
        "the server `x` has no `urls`: write urls = [\"http://127.0.0.1:8080/v1\"]",
    );
    check("[servers.x]\nurl = \"http://h/v1\"", "the server `x` has no `model`");
    check("[servers.x]\nmodel = \"m\"\nurls = []", "`servers.x.urls` holds no address");
    check("[servers.x]\nmodel = \"m\"\nurl = \"ftp://h\"", "begins with http:// or https://");
    check("[servers.x]\nmodel = \"m\"\nurl = \"http://ada:key@h/v1\"", "holds no name and password");
    check("[servers.\"a b\"]\nmodel = \"m\"", "the name of a server");
    check("servers = 3", "`servers` is a table");
}
