//! Scripted faults, each with its end: what is kept, why it ended, how often was asked, how long it took.

use super::{
    script::{Reply, Script, Step, events, json, raw, stream},
    *,
};

pub(super) const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// Its name, what the server sends, how it ends, how often is asked, within how many seconds.
type Case<'a> = (&'a str, Vec<Reply>, &'a str, usize, std::ops::RangeInclusive<u64>);

fn word(text: &str) -> String {
    serde_json::json!({"choices": [{"delta": {"content": text}, "finish_reason": null}]}).to_string()
}

pub(super) fn end(reason: &str) -> String {
    serde_json::json!({"choices": [{"delta": {}, "finish_reason": reason}]}).to_string()
}

fn steps(steps: &[Step]) -> Reply {
    Reply(steps.to_vec())
}

pub(super) fn say(text: &str) -> Step {
    Step::send(&format!("data: {}\n\n", word(text)))
}

pub(super) fn status(status: &str, headers: &str, body: &str) -> Reply {
    raw(status, headers, body)
}

/// How it ended, in a line.
async fn ended(replies: Vec<Reply>) -> (String, usize, u64) {
    let script = Script::start(replies).await;
    let server = made(settings(&[script.url()]));
    let start = tokio::time::Instant::now();
    let told = match ask(&server, &generate(None)).await {
        Ok(answer) => {
            let why = answer.warnings.first().map(|why| format!(": {why}")).unwrap_or_default();
            format!("{:?} {:?}{why}", answer.finish, answer.text)
        }
        Err(error) => format!("failed: {error}"),
    };
    (told, script.count(), start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_its_end() {
    let fine = || json(&events("fine", "stop"));
    let busy = |after: &str| status("429 Too Many Requests", after, r#"{"error":{"message":"slow down"}}"#);
    let mut cut = word("never");
    cut.truncate(20);
    let split: Vec<Step> = std::iter::once(Step::send(HEAD))
        .chain(
            format!("data: {}\r\n\r\ndata: {}\n\n", word("é🦀"), end("stop"))
                .bytes()
                .map(|byte| Step::Send(vec![byte])),
        )
        .collect();
    let drip = |count: usize| -> Vec<Step> {
        std::iter::once(Step::send(HEAD)).chain((0..count).flat_map(|_| [say("x"), Step::Wait(1)])).collect()
    };
    let cases: Vec<Case> = vec![
        // A stream that is whole.
        ("finish_reason without [DONE]", vec![stream(&[&word("a"), &end("stop")])], r#"Stop "a""#, 1, 0..=0),
        ("[DONE] without finish_reason", vec![stream(&[&word("a"), "[DONE]"])], r#"Stop "a""#, 1, 0..=0),
        ("length", vec![stream(&[&word("a"), &end("length")])], r#"Length "a""#, 1, 0..=0),
        ("every byte by itself", vec![Reply(split)], r#"Stop "é🦀""#, 1, 0..=0),
        (
            "keep-alives",
            vec![steps(&[
                Step::send(HEAD),
                Step::send(": ping\n\n"),
                Step::Wait(50),
                Step::send(": ping\n\n"),
                Step::Wait(50),
                say("a"),
                Step::send("data: [DONE]\n\n"),
            ])],
            r#"Stop "a""#,
            1,
            100..=101,
        ),
        (
            "stall after the end",
            vec![steps(&[
                Step::send(HEAD),
                say("a"),
                Step::send(&format!("data: {}\n\n", end("stop"))),
                Step::Stall,
            ])],
            r#"Stop "a""#,
            1,
            2..=3,
        ),
        (
            "a stop string left in",
            vec![stream(&[&word("aEN"), &word("D more"), &end("length")])],
            r#"Stop "a""#,
            1,
            0..=0,
        ),
        (
            "one word a second",
            vec![Reply(drip(100).into_iter().chain([Step::send("data: [DONE]\n\n")]).collect())],
            "Stop \"xxx",
            1,
            100..=101,
        ),
        (
            "thoughts before the answer",
            vec![stream(&[&word("<think>hm "), &word("hm</think>\n\n42"), &end("stop")])],
            r#"Stop "42": it thought aloud before it answered: 12 characters are left out"#,
            1,
            0..=0,
        ),
        (
            "a word that only looks like it",
            vec![stream(&[&word("write </think> there"), &end("stop")])],
            r#"Stop "write </think> there""#,
            1,
            0..=0,
        ),
        // Ends without an answer.
        (
            "nothing at all",
            vec![stream(&[&end("stop")])],
            r#"Stop "": the server `big` gave an empty answer"#,
            1,
            0..=0,
        ),
        (
            "a refusal",
            vec![stream(&[r#"{"choices":[{"delta":{"refusal":"I can not"}}]}"#, &end("stop")])],
            r#"Cut "": the server `big` refused to answer: I can not"#,
            1,
            0..=0,
        ),
        (
            "a tool that nobody offered",
            vec![stream(&[
                r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#,
                &end("tool_calls"),
            ])],
            r#"Cut "": the server `big` called a tool"#,
            1,
            0..=0,
        ),
        // A stream that is not.
        (
            "closed before the end",
            vec![stream(&[&word("half")])],
            r#"Cut "half": the server `big` closed the stream before"#,
            1,
            0..=0,
        ),
        (
            "cut within an event",
            vec![steps(&[Step::send(HEAD), say("half"), Step::send(&format!("data: {cut}"))])],
            r#"Cut "half": the server `big` closed the stream before"#,
            1,
            0..=0,
        ),
        (
            "cut within a chunk",
            vec![steps(&[Step::send(CHUNKED), Step::send("ffff\r\n"), say("half")])],
            r#"Cut "half": the server `big` broke off"#,
            1,
            0..=0,
        ),
        (
            "reset within the stream",
            vec![steps(&[
                Step::send(CHUNKED),
                Step::send("ffff\r\n"),
                say("half"),
                Step::Wait(1),
                Step::Drop,
            ])],
            r#"Cut "half": the server `big` broke off"#,
            1,
            1..=1,
        ),
        (
            "silence within the stream",
            vec![steps(&[Step::send(HEAD), say("half"), Step::Stall])],
            r#"Cut "half": the server `big` said nothing for 60 s"#,
            1,
            60..=61,
        ),
        ("without an end", vec![Reply(drip(2000))], "Cut \"xxx", 1, 900..=901),
        (
            "an error within the stream",
            vec![stream(&[&word("half"), r#"{"error":{"message":"out of memory"}}"#])],
            r#"Cut "half": the server `big` failed: it reports an error: out of memory"#,
            1,
            0..=0,
        ),
        (
            "an error alone in a 200",
            vec![json(r#"{"error":"no such model"}"#)],
            "failed: the server `big` failed: it reports an error: no such model",
            1,
            0..=0,
        ),
        (
            "junk within the stream",
            vec![stream(&[&word("half"), "<p>sorry</p>"])],
            r#"Cut "half": the server `big` failed: it sent what is no JSON: <p>sorry</p>"#,
            1,
            0..=0,
        ),
        (
            "filtered",
            vec![stream(&[&word("half"), &end("content_filter")])],
            r#"Cut "half": the server `big` ended it for a reason of its own: content_filter"#,
            1,
            0..=0,
        ),
        (
            "an event without end",
            vec![steps(&[Step::send(HEAD), Step::Send(vec![b'x'; (1 << 20) + 10])])],
            "failed: the server `big` sent an event without end",
            1,
            0..=0,
        ),
        (
            "a flood",
            vec![steps(&[Step::send(HEAD), Step::Send(b": keep-alive\n\n".repeat(1_300_000))])],
            "failed: the server `big` sent more than 16 MB",
            1,
            0..=1,
        ),
        (
            "deep brackets",
            vec![json(&"[".repeat(100_000))],
            "failed: the server `big` failed: it sent what is no JSON: [[[",
            1,
            0..=0,
        ),
        (
            "a reply that does not say how it ended",
            vec![json(r#"{"choices":[{"message":{"content":"half"}}]}"#)],
            r#"Cut "half": the server `big` sent a reply that does not say"#,
            1,
            0..=0,
        ),
        // Nothing that could be read.
        (
            "no bytes",
            vec![steps(&[Step::Stall])],
            "failed: the server `big` gave no answer in 2 minutes",
            1,
            120..=121,
        ),
        (
            "reset before an answer is not asked again",
            vec![steps(&[Step::Drop]), fine()],
            "failed: the server `big` broke off before it answered",
            1,
            0..=0,
        ),
        (
            "a web page",
            vec![status("200 OK", "content-type: text/html\r\n", "<html>")],
            "failed: the server `big` answers with a web page (status 200)",
            1,
            0..=0,
        ),
        (
            "compressed without being asked",
            vec![status("200 OK", "content-type: application/json\r\ncontent-encoding: gzip\r\n", "\u{1f}")],
            "failed: the server `big` answers compressed (gzip)",
            1,
            0..=0,
        ),
        (
            "sent on to another host",
            vec![status("307 Temporary Redirect", "location: http://evil.example/v1\r\n", ""), fine()],
            "failed: the server `big` sends on to http://evil.example/v1: nothing was sent there",
            1,
            0..=0,
        ),
        (
            "a key that is refused",
            vec![status(
                "401 Unauthorized",
                "",
                r#"{"error":{"message":"bad key Bearer abcdefghijklmnopqrstuvwxyz"}}"#,
            )],
            "failed: the server `big` refuses the key (401): bad key [redacted: bearer token]: look at",
            1,
            0..=0,
        ),
        (
            "no such path",
            vec![status("404 Not Found", "", "nothing here")],
            "failed: the server `big` does not know the path or the model (404): nothing here",
            1,
            0..=0,
        ),
        (
            "broken inside, not asked again",
            vec![status("500 Internal Server Error", "", ""), fine()],
            "failed: the server `big` answers 500",
            1,
            0..=0,
        ),
        (
            "a proxy",
            vec![status("407 Proxy Authentication Required", "", "")],
            "failed: the server `big` is behind a proxy that asks for a login",
            1,
            0..=0,
        ),
        // Too much to do.
        ("429 with seconds", vec![busy("retry-after: 17\r\n"), fine()], r#"Stop "fine""#, 2, 17..=17),
        (
            "429 with a date",
            vec![busy("retry-after: Sat, 21 Nov 2026 08:00:30 GMT\r\n"), fine()],
            r#"Stop "fine""#,
            2,
            29..=30,
        ),
        ("429 with nonsense", vec![busy("retry-after: soon\r\n"), fine()], r#"Stop "fine""#, 2, 0..=1),
        ("429 without a time", vec![busy(""), fine()], r#"Stop "fine""#, 2, 0..=1),
        (
            "429 with ten years",
            vec![busy("retry-after: 315360000\r\n"), fine()],
            "failed: the server `big` has too much to do (429): slow down; it asks to come back in 3650 days: try again later",
            1,
            0..=0,
        ),
        (
            "503 for ever",
            vec![status("503 Service Unavailable", "", "loading")],
            "failed: the server `big` is not ready (503): loading (4 tries)",
            4,
            1..=4,
        ),
    ];
    assert!(30 <= cases.len());
    for (name, replies, expected, requests, seconds) in cases {
        let (told, count, took) = ended(replies).await;
        assert!(told.starts_with(expected), "{name}: {told}");
        assert_eq!(count, requests, "{name}: {told}");
        assert!(seconds.contains(&took), "{name}: {took} s: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_at_home_is_tried_four_times() {
    let server = made(settings(&[Script::nobody().await]));
    let why = ask(&server, &generate(None)).await.unwrap_err().to_string();
    assert!(why.contains("the connection was refused; is it running? (4 tries)"), "{why}");
}
