//! How a shape is told: one way after the other, each address remembered, answers that missed it asked for again.

use super::{
    script::{Script, events, json, raw, stream},
    *,
};
use crate::ask::Shape;
use serde_json::{Value, json as value};

fn shaped(shape: Shape) -> Ask {
    let mut ask = generate(None);
    if let Request::Generate(generate) = &mut ask.request {
        generate.grammar = Some(shape);
        generate.stop.clear();
    }
    ask
}

fn object() -> Ask {
    let schema = value!({"type": "object", "properties": {"city": {"type": "string"}, "size": {"type": "integer"}},
        "required": ["city", "size"], "additionalProperties": false});
    shaped(Shape::Schema { schema })
}

fn refusal(status: &str, why: &str) -> Reply {
    raw(status, "content-type: application/json\r\n", &value!({"error": {"message": why}}).to_string())
}

fn auto(script: &Script) -> Server {
    made(ServerSettings { structured: Structured::Auto, ..settings(&[script.url()]) })
}

/// The ways in which a script was asked.
fn ways(script: &Script) -> Vec<&'static str> {
    let way = |body: Value| match body {
        body if body["response_format"]["type"] == "json_schema" => "schema",
        body if body["response_format"]["type"] == "json_object" => "object",
        body if body.get("tools").is_some() => "tool",
        body if body.get("grammar").is_some() => "grammar",
        body if body.get("structured_outputs").is_some() => "regex",
        _ => "words",
    };
    (0..script.count()).map(|at| way(script.request(at).1)).collect()
}

const ROME: &str = r#"{"size":3,"city":"Rome"}"#;

#[tokio::test(start_paused = true)]
async fn a_server_is_asked_in_the_surest_way_it_knows_and_this_is_remembered() {
    let check = async |replies: Vec<Reply>, again: &[&str]| {
        let script = Script::start(replies).await;
        let server = auto(&script);
        for _ in 0..2 {
            let answer = ask(&server, &object()).await.unwrap();
            assert_eq!(
                (answer.text.as_str(), answer.finish),
                (r#"{"size": 3, "city": "Rome"}"#, Finish::Stop)
            );
        }
        assert_eq!(ways(&script), again);
    };
    let fine = || json(&events(ROME, "stop"));
    let bad = |why: &str| refusal("400 Bad Request", why);
    check(vec![fine()], &["schema", "schema"]).await;
    check(vec![bad("response_format json_schema is not supported"), fine()], &["schema", "object", "object"])
        .await;
    let tool = value!({"choices": [{"message": {"role": "assistant", "content": null, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "answer", "arguments": ROME}}]}, "finish_reason": "tool_calls"}]});
    check(
        vec![bad("no response_format"), bad("no json_object"), json(&tool.to_string())],
        &["schema", "object", "tool", "tool"],
    )
    .await;
    check(
        vec![
            bad("a"),
            bad("b"),
            refusal("500 Internal Server Error", "tools param requires --jinja flag"),
            fine(),
        ],
        &["schema", "object", "tool", "grammar", "grammar"],
    )
    .await;
    check(
        vec![bad("a"), bad("b"), bad("c"), bad("d"), bad("e"), fine()],
        &["schema", "object", "tool", "grammar", "regex", "words", "words"],
    )
    .await;
    let broken = r#"{"error":{"message":"The output does not match the expected peg-native format"}}"#;
    let half = r#"{"choices":[{"delta":{"content":"{\"ci"}}]}"#;
    check(vec![stream(&[half, broken]), fine()], &["schema", "object", "object"]).await;
    // It says yes and does not keep to it.
    check(vec![json(&events("Rome, I think", "stop")), fine()], &["schema", "object", "object"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_line_of_a_few_shot_prompt_comes_whole_whatever_stops_it() {
    let step = || {
        let mut ask = shaped(Shape::Pattern(r" \[(?:split|merge)\] [a-z ]+\?".to_owned() + "\n"));
        if let Request::Generate(generate) = &mut ask.request {
            generate.stop = vec!["\n".into()];
        }
        ask
    };
    let script =
        Script::start(vec![json(&events("{\n  \"answer\": \" [split] what is it?\"\n}", "stop"))]).await;
    let answer = ask(&auto(&script), &step()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.warnings.len()), (" [split] what is it?", 0));
    assert!(script.request(0).1.get("stop").is_none(), "it would end the object at its first line");
    let raw = || {
        let mut ask = step();
        if let Request::Generate(generate) = &mut ask.request {
            generate.prompt = Prompt::Raw("QS:".into());
        }
        ask
    };
    let reply = value!({"choices": [{"text": " [merge] all of it?", "finish_reason": "stop"}]}).to_string();
    let script = Script::start(vec![refusal("400 Bad Request", "no grammar"), json(&reply)]).await;
    let settings =
        ServerSettings { structured: Structured::Auto, completions: true, ..settings(&[script.url()]) };
    let server = made(settings);
    assert_eq!(ask(&server, &raw()).await.unwrap().text, " [merge] all of it?");
    assert_eq!(ask(&server, &object()).await.unwrap().finish, Finish::Cut);
    assert_eq!(ways(&script)[..3], ["grammar", "regex", "schema"], "a chat is told in its own way");
    assert_eq!(script.request(1).1["stop"], value!(["\n"]));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_in_another_way_teaches_nothing() {
    let script = Script::start(vec![refusal("400 Bad Request", "the context is full")]).await;
    let server = auto(&script);
    let why = ask(&server, &object()).await.unwrap_err().to_string();
    assert!(why.contains("refuses the request (400): the context is full"), "{why}");
    let before = script.count();
    assert!(ask(&server, &object()).await.is_err());
    assert_eq!(ways(&script)[before], "schema");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_missed_its_shape_is_asked_for_again() {
    let say = |text: &str| json(&events(text, "stop"));
    let object_only = ServerSettings { structured: Structured::JsonObject, ..settings(&[]) };
    let check = async |replies: Vec<Reply>| {
        let script = Script::start(replies).await;
        let server = made(ServerSettings { urls: vec![script.url()], ..object_only.clone() });
        (ask(&server, &object()).await.unwrap(), script)
    };
    let (answer, script) = check(vec![say(r#"{"city": "Rome"}"#), say(ROME)]).await;
    assert_eq!(answer.text, r#"{"size": 3, "city": "Rome"}"#);
    assert_eq!(answer.warnings, ["it missed its shape 1 times before"]);
    let messages = &script.request(1).1["messages"];
    assert!(
        messages[0]["content"].as_str().unwrap().contains("which obeys this JSON schema: {"),
        "{messages}"
    );
    assert_eq!(messages[1], value!({"role": "assistant", "content": r#"{"city": "Rome"}"#}));
    assert!(
        messages[2]["content"].as_str().unwrap().contains("the property \"size\" is missing"),
        "{messages}"
    );

    let (answer, script) = check(vec![say("Rome")]).await;
    assert_eq!((answer.text.as_str(), answer.finish, script.count()), ("Rome", Finish::Cut, 3));
    assert!(
        answer.warnings[0].contains("does not have the shape that was asked for: it is no JSON"),
        "{answer:?}"
    );

    let (answer, script) = check(vec![json(&events(r#"{"city": "Ro"#, "length"))]).await;
    assert_eq!((answer.finish, script.count()), (Finish::Cut, 1), "more of the same would be cut again");
    assert!(answer.warnings[0].contains("was cut at max_tokens"), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn what_tries_cost_is_added_up() {
    let say = |text: &str, count: u32| {
        let mut reply: Value = serde_json::from_str(&events(text, "stop")).unwrap();
        reply["usage"] = value!({"prompt_tokens": 100, "completion_tokens": count});
        json(&reply.to_string())
    };
    let script = Script::start(vec![say("no", 5), say(ROME, 7)]).await;
    let answer = ask(&auto(&script), &object()).await.unwrap();
    assert_eq!((answer.usage.prompt_tokens, answer.usage.output_tokens), (200, 12));
    assert!((answer.cost - 0.00032).abs() < 1e-9, "{}", answer.cost);
}

#[tokio::test(start_paused = true)]
async fn choices_and_what_is_no_object_come_within_one() {
    let script = Script::start(vec![json(&events(r#"{"answer": "no"}"#, "stop"))]).await;
    let choices = Shape::Choices { choices: vec!["yes".into(), "no".into()] };
    assert_eq!(ask(&auto(&script), &shaped(choices)).await.unwrap().text, "no");
    let sent = script.request(0).1["response_format"]["json_schema"].clone();
    assert_eq!(
        (&sent["strict"], &sent["schema"]["properties"]["answer"]["enum"]),
        (&value!(true), &value!(["yes", "no"]))
    );
    let script = Script::start(vec![json(&events(r#"{"answer": [1,2]}"#, "stop"))]).await;
    let list = Shape::Schema { schema: value!({"type": "array", "items": {"type": "integer"}}) };
    assert_eq!(ask(&auto(&script), &shaped(list)).await.unwrap().text, "[1, 2]");
}

#[tokio::test(start_paused = true)]
async fn texts_are_scored_where_the_server_echoes_them() {
    let echo = |text: &str, words: &[(&str, Option<f32>)]| {
        let (tokens, logprobs): (Vec<_>, Vec<_>) = words.iter().copied().unzip();
        json(&value!({"choices": [{"text": format!("{text}!"), "logprobs": {"tokens": tokens, "token_logprobs": logprobs}}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1}})
        .to_string())
    };
    let score = |prompt: Prompt| {
        Ask::local("likelihood", Request::Score { prompt, continuations: vec![" yes".into(), "no".into()] })
    };
    let raw = || score(Prompt::Raw("Is it so?".into()));
    let script = Script::start(vec![
        echo(
            "Is it so? yes",
            &[
                ("Is it", None),
                (" so?", Some(-9.0)),
                (" y", Some(-0.5)),
                ("es", Some(-0.25)),
                ("!", Some(-7.0)),
            ],
        ),
        // A token that begins in the prompt belongs to both.
        echo("Is it so?no", &[("Is it", None), (" so", Some(-9.0)), ("?no", Some(-2.0)), ("!", Some(-7.0))]),
    ])
    .await;
    let with = |urls: &[String]| made(ServerSettings { completions: true, ..settings(urls) });
    let answer = ask(&with(&[script.url()]), &raw()).await.unwrap();
    assert_eq!((answer.scores, answer.usage.prompt_tokens), (vec![-0.75, -2.0], 6));
    assert_eq!(script.request(0).1["prompt"], "Is it so? yes");
    let script = Script::start(vec![json(r#"{"choices":[{"text":" maybe"}]}"#)]).await;
    let told = |answer: Result<Answer, ExpertError>| answer.unwrap_err().to_string();
    let why = told(ask(&with(&[script.url()]), &raw()).await);
    assert!(why.contains("can not score") && why.contains("no log-probabilities of the prompt"), "{why}");
    let why = told(ask(&made(settings(&[script.url()])), &raw()).await);
    assert!(why.contains("completions = true"), "{why}");
    let why = told(ask(&with(&[script.url()]), &score(Prompt::Chat(vec![]))).await);
    assert!(why.contains("only plain text"), "{why}");
}
