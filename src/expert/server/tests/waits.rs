//! Which address is asked, what is told while a call waits, and what of an answer is left out.

use super::{
    faults::{HEAD, end, say, status},
    script::{Reply, Script, Step, events, json, stream},
    *,
};

#[tokio::test(start_paused = true)]
async fn a_call_goes_to_the_address_that_lives_however_busy_that_is() {
    let fine = || json(&events("fine", "stop"));
    let slow = Reply(vec![Step::send(HEAD), say("slow"), Step::Wait(20), Step::send("data: [DONE]\n\n")]);
    let script = Script::start(vec![slow, fine()]).await;
    let urls = [Script::nobody().await, script.url()];
    let server = made(ServerSettings { parallel: 1, ..settings(&urls) });
    let ask = || async { ask(&server, &generate(None)).await.map(|answer| answer.text) };
    let (one, other) = tokio::join!(ask(), ask());
    let mut both = [one.unwrap(), other.unwrap()];
    both.sort();
    assert_eq!(both, ["fine", "slow"]);
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn why_nothing_is_done_is_told_while_it_is_so() {
    let busy = status("429 Too Many Requests", "retry-after: 17\r\n", r#"{"error":{"message":"slow down"}}"#);
    let script = Script::start(vec![busy, json(&events("fine", "stop"))]).await;
    let server = made(settings(&[script.url()]));
    let client = send::client(&server.shared.settings).unwrap();
    let told = std::cell::RefCell::new(vec![]);
    let waits = |why: &str| told.borrow_mut().push(why.to_owned());
    let (ask, control) = (generate(None), Control::default());
    let answer = server.shared.answer(&client, &ask, &mut (), &control, &waits).await;
    assert_eq!(answer.unwrap().text, "fine");
    let why = "the server `big` has too much to do (429): slow down; it is asked again in 17 s";
    assert_eq!(*told.borrow(), ["", why, ""]);
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_thoughts_go_with_them() {
    let weighed = |text: &str| {
        let logprobs = serde_json::json!({"content": [{"token": text, "logprob": -0.5}]});
        serde_json::json!({"choices": [{"delta": {"content": text}, "logprobs": logprobs}]}).to_string()
    };
    let kept = async |pieces: &[&str]| {
        let pieces: Vec<String> = pieces.iter().map(|piece| weighed(piece)).chain([end("stop")]).collect();
        let script =
            Script::start(vec![stream(&pieces.iter().map(String::as_str).collect::<Vec<_>>())]).await;
        let answer = ask(&made(settings(&[script.url()])), &generate(None)).await.unwrap();
        (answer.text, answer.tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>())
    };
    let (text, tokens) = kept(&["<think>", "hm", "</think>", "\n\n", "4", "2"]).await;
    assert_eq!((text.as_str(), tokens), ("42", vec!["4".to_owned(), "2".to_owned()]));
    let (text, tokens) = kept(&["<think>", "hm", "</think>\n4", "2"]).await;
    assert_eq!((text.as_str(), tokens.len()), ("42", 0));
}
