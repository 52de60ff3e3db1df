//! Examples for servers: a scripted one on the loopback stalls, drops, splits and lies; each fault has its end.
//!
//! Time is the runtime's own, paused: it moves when nothing else can happen, so an hour of waiting takes no time.

mod faults;
mod ladder;
mod script;
#[cfg(feature = "tls")]
mod tls;
mod waits;

use super::*;
use crate::ask::{Finish, Generate, Prompt, Sampling, Turn};
use script::{Reply, Script, Step, events, json, raw, stream};

/// Half past whatever it is in the tests: 2026-11-21 08:00:00 UTC, and going on with the runtime's clock.
fn clock() -> Clock {
    let start = tokio::time::Instant::now();
    Clock::of(move || Duration::from_secs(1_795_248_000) + start.elapsed())
}

pub(super) fn settings(urls: &[String]) -> ServerSettings {
    ServerSettings {
        name: "big".into(),
        urls: urls.to_vec(),
        model: "m".into(),
        key: None,
        trusted: None,
        parallel: 2,
        waits: Waits::default(),
        structured: Structured::JsonSchema,
        completions: false,
        price: Price { input: 1.0, output: 10.0 },
    }
}

pub(super) fn generate(grammar: Option<&str>) -> Ask {
    let generate = Generate {
        prompt: Prompt::Chat(vec![Turn { role: "user".into(), text: "Why?".into() }]),
        sampling: Sampling { temperature: 0.5, top_p: 0.5, seed: 7 },
        max_tokens: 20,
        stop: vec!["END".into()],
        grammar: grammar.map(|pattern| crate::ask::Shape::Pattern(pattern.to_owned())),
        start: String::new(),
    };
    Ask {
        expert: "answer".into(),
        server: Some("big".into()),
        model: None,
        request: Request::Generate(generate),
    }
}

async fn ask(server: &Server, ask: &Ask) -> Result<Answer, ExpertError> {
    let client = send::client(&server.shared.settings).unwrap();
    server.shared.answer(&client, ask, &mut (), &Control::default(), &|_| {}).await
}

fn made(settings: ServerSettings) -> Server {
    Server::with_clock(settings, 7, clock())
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_with_tokens_usage_and_price() {
    let weighed = |text: &str, other: &str| {
        serde_json::json!({"model": "m-7b", "choices": [{"delta": {"content": text}, "logprobs": {"content": [
            {"token": text, "logprob": -0.5, "top_logprobs": [
                {"token": text, "logprob": -0.5}, {"token": other, "logprob": -2.0}]}]}}]})
        .to_string()
    };
    let end = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":40}}}"#;
    let reply = stream(&[&weighed("Be", "No"), &weighed("cause", "gin"), end, usage, "[DONE]"]);
    let script = Script::start(vec![reply]).await;
    let key = Secret::new("a very secret key of this test");
    let server = made(ServerSettings { key: Some(key), ..settings(&[script.url()]) });
    let answer = ask(&server, &generate(None)).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.finish, answer.by.as_str()),
        ("Because", Finish::Stop, "m-7b at big")
    );
    assert_eq!(answer.tokens.len(), 2);
    assert!((answer.tokens[0].probability - 0.6065).abs() < 1e-3);
    assert_eq!(answer.tokens[1].alternatives[1].0, "gin");
    assert_eq!(
        (answer.usage.prompt_tokens, answer.usage.cached_tokens, answer.usage.output_tokens),
        (100, 40, 2)
    );
    assert!((answer.cost - 0.00012).abs() < 1e-9, "{}", answer.cost);
    let (head, body) = script.request(0);
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1"), "{head}");
    assert!(head.contains("authorization: Bearer a very secret key of this test"), "{head}");
    assert!(!head.to_lowercase().contains("accept-encoding"), "nothing compressed is asked for: {head}");
    let fields = serde_json::json!({"model": "m", "stream": true, "stream_options": {"include_usage": true},
        "max_tokens": 20, "temperature": 0.5, "top_p": 0.5, "seed": 7, "stop": ["END"], "logprobs": true,
        "top_logprobs": 5, "messages": [{"role": "user", "content": "Why?"}]});
    assert_eq!(body, fields);
    assert!(!format!("{server:?}").contains("secret key"), "a key is in no Debug");
}

#[tokio::test(start_paused = true)]
async fn a_shape_is_sent_as_the_server_likes_it_and_read_leniently() {
    let check = async |structured: Structured,
                       said: &str,
                       sent: Option<(&str, &str)>,
                       expected: (&str, usize)| {
        let script = Script::start(vec![json(&events(said, "stop"))]).await;
        let server = made(ServerSettings { structured, ..settings(&[script.url()]) });
        let answer = ask(&server, &generate(Some("yes|no"))).await.unwrap();
        assert_eq!((answer.text.as_str(), answer.warnings.len()), expected, "{answer:?}");
        let body = script.request(0).1;
        match sent {
            Some((field, part)) => assert!(body[field].to_string().contains(part), "{body}"),
            None => {
                assert!(
                    ["response_format", "grammar"].iter().all(|field| body.get(field).is_none()),
                    "{body}"
                );
                assert!(
                    body["messages"][0]["content"].as_str().unwrap().ends_with("exactly one of: yes | no")
                );
            }
        }
    };
    use Structured::{Ask, Grammar, JsonSchema, Regex};
    check(JsonSchema, r#"{"answer": "no"}"#, Some(("response_format", r#""enum":["yes","no"]"#)), ("no", 0))
        .await;
    check(JsonSchema, "no", Some(("response_format", "json_schema")), ("no", 0)).await;
    check(Grammar, "yes", Some(("grammar", r#"root ::= (\"yes\" | \"no\")"#)), ("yes", 0)).await;
    check(Regex, "yes", Some(("structured_outputs", "yes|no")), ("yes", 0)).await;
    check(Ask, " Yes, I think:\nyes", None, ("yes", 1)).await;
    check(Ask, "perhaps", None, ("perhaps", 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_refused_is_left_out_from_then_on() {
    let refusal = |field: &str| {
        let body = serde_json::json!({"error": {"message": format!("unknown field: {field}")}}).to_string();
        raw("400 Bad Request", "content-type: application/json\r\n", &body)
    };
    let fine = || json(&events("fine", "stop"));
    let script = Script::start(vec![refusal("logprobs"), refusal("max_tokens"), fine(), fine()]).await;
    let server = made(settings(&[script.url()]));
    for _ in 0..2 {
        assert_eq!(ask(&server, &generate(None)).await.unwrap().text, "fine");
    }
    assert_eq!(script.count(), 4, "the second call knows");
    let body = script.request(3).1;
    assert!(body.get("logprobs").is_none() && body.get("max_tokens").is_none(), "{body}");
    assert_eq!(body["max_completion_tokens"], 20);
}

#[tokio::test(start_paused = true)]
async fn plain_text_is_continued_where_the_server_can() {
    let chunk = r#"{"choices":[{"text":" b","logprobs":{"tokens":[" b"],"token_logprobs":[-0.1],"top_logprobs":[{" c":-3.0," b":-0.1}]},"finish_reason":"length"}]}"#;
    let script = Script::start(vec![stream(&[chunk]), json(&events("b", "stop"))]).await;
    let Ask { request: Request::Generate(wanted), .. } = generate(None) else { panic!("a generation") };
    let raw = Request::Generate(Generate { prompt: Prompt::Raw("a".into()), ..wanted });
    let with = made(ServerSettings { completions: true, ..settings(&[script.url()]) });
    let answer = ask(&with, &Ask::local("x", raw.clone())).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), (" b", Finish::Length));
    assert_eq!(answer.tokens[0].alternatives[0].0, " b");
    let (head, body) = script.request(0);
    assert!(head.starts_with("POST /v1/completions "), "{head}");
    assert_eq!(body["prompt"], "a");
    let without = made(settings(&[script.url()]));
    assert_eq!(ask(&without, &Ask::local("x", raw)).await.unwrap().text, "b");
    let body = script.request(1).1;
    assert!(body["messages"][0]["content"].as_str().unwrap().starts_with("Continue"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn texts_are_compared_by_embeddings_and_scores_are_refused() {
    let body = r#"{"data":[{"index":2,"embedding":[-1,0]},{"index":0,"embedding":[2,0]},{"index":1,"embedding":[1,1]}]}"#;
    let short = r#"{"data":[{"index":0,"embedding":[1]}]}"#;
    let script = Script::start(vec![json(body), json(short)]).await;
    let server = made(settings(&[script.url()]));
    let similar = Ask::local(
        "embedding",
        Request::Similar { text: "a".into(), examples: vec!["b".into(), "c".into()] },
    );
    let scores = ask(&server, &similar).await.unwrap().scores;
    assert!((scores[0] - 0.5_f32.sqrt()).abs() < 1e-3 && scores[1] == -1.0, "{scores:?}");
    assert_eq!(script.request(0).1["input"], serde_json::json!(["a", "b", "c"]));
    assert!(
        ask(&server, &similar).await.unwrap_err().to_string().contains("one list of numbers for each text")
    );
    let score = Request::Score { prompt: Prompt::Raw("a".into()), continuations: vec!["b".into()] };
    assert!(ask(&server, &Ask::local("x", score)).await.unwrap_err().to_string().contains("can not score"));
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_paused_and_cancelled_while_the_server_is_silent() {
    let word = r#"{"choices":[{"delta":{"content":"half"}}]}"#;
    let more = r#"{"choices":[{"delta":{"content":" whole"},"finish_reason":"stop"}]}"#;
    let slow = |then: Vec<Step>| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let mut steps = vec![Step::send(&format!("{head}data: {word}\n\n"))];
        steps.extend(then);
        Reply(steps)
    };
    let script = Script::start(vec![
        slow(vec![Step::Stall]),
        slow(vec![Step::Wait(1), Step::send(&format!("data: {more}\n\n"))]),
    ])
    .await;
    let server = made(settings(&[script.url()]));
    let client = send::client(&server.shared.settings).unwrap();
    let control = Control::default();
    let after = |seconds: u64, pull: fn(&Control)| {
        let control = control.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            pull(&control);
        })
    };
    after(3, Control::cancel);
    let start = tokio::time::Instant::now();
    let answer = server.shared.answer(&client, &generate(None), &mut (), &control, &|_| {}).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("half", Finish::Cancelled));
    assert!(start.elapsed() < Duration::from_millis(3100), "{:?}", start.elapsed());

    // Two hours of a pause are no silence of the server's.
    let control = Control::default();
    control.pause();
    let resume = control.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(7200)).await;
        resume.resume();
    });
    let answer = server.shared.answer(&client, &generate(None), &mut (), &control, &|_| {}).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("half whole", Finish::Stop));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_fails_rests_and_another_takes_over() {
    let good = Script::start(vec![json(&events("fine", "stop")), json(&events("fine", "stop"))]).await;
    let closed = Script::nobody().await;
    let server = made(settings(&[closed, good.url()]));
    let start = tokio::time::Instant::now();
    assert_eq!(ask(&server, &generate(None)).await.unwrap().text, "fine");
    assert!(
        start.elapsed() < Duration::from_millis(200),
        "the other one is asked at once: {:?}",
        start.elapsed()
    );
    assert_eq!(ask(&server, &generate(None)).await.unwrap().text, "fine");
    assert_eq!(good.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_laptop_that_slept_ends_the_wait() {
    let script = Script::start(vec![Reply(vec![Step::Stall])]).await;
    // The wall clock jumps eight hours when it is looked at for the tenth time; the steady one does not.
    let looks = Mutex::new(0);
    let wall = move || {
        let mut looks = looks.lock().unwrap();
        *looks += 1;
        Duration::from_secs(if *looks < 10 { 1000 } else { 1000 + 8 * 3600 })
    };
    let server = Server::with_clock(settings(&[script.url()]), 7, Clock::of(wall));
    let start = tokio::time::Instant::now();
    let why = ask(&server, &generate(None)).await.unwrap_err().to_string();
    assert!(why.contains("gave no answer in"), "{why}");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn a_clone_shares_the_pool_and_blocks_its_own_thread() {
    let server = Server::new(settings(&["http://127.0.0.1:9/v1".into(), "http://127.0.0.1:9/v1".into()]), 0);
    assert_eq!(server.parallel(), 4);
    assert!(Arc::ptr_eq(&server.shared, &server.clone().shared));
    let control = Control::default();
    control.cancel();
    let answer = server.clone().answer(&generate(None), &mut (), &control).unwrap();
    assert_eq!(answer.finish, Finish::Cancelled);
}

/// As a lane's sink does.
struct Blocks(tokio::sync::mpsc::Sender<Token>);

impl Sink for Blocks {
    fn tokens(&mut self, tokens: &[Token]) {
        tokens.iter().for_each(|token| self.0.blocking_send(token.clone()).unwrap());
    }

    fn prefill(&mut self, _: usize, _: usize) {}
}

#[test]
fn a_sink_may_block() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let word = |text: &str| serde_json::json!({"choices": [{"delta": {"content": text}}]}).to_string();
    let script = runtime.block_on(Script::start(vec![stream(&[&word("a"), &word("b"), "[DONE]"])]));
    let (sender, mut taken) = tokio::sync::mpsc::channel(8);
    let server = Server::new(settings(&[script.url()]), 0);
    let answer = server.clone().answer(&generate(None), &mut Blocks(sender), &Control::default()).unwrap();
    assert_eq!(answer.text, "ab");
    assert_eq!(taken.blocking_recv().unwrap().text + &taken.blocking_recv().unwrap().text, "ab");
}
