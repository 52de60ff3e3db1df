//! Beside the plan: the same once more, samples, other ways; pressed.

use crate::support::{Bench, DONE, REPLIES, TASK, prompt};
use plantern::{
    ask::Answer,
    ids::TaskId,
    session::{Outcome, Purpose},
    workbench::{Effect, RowId, rows},
};

const WHO: &str = "Who wrote the first program?";
const ASKED: [&str; 3] = [" [answer] Who wrote the first program?", "Ada", " [EOQ]"];

fn who(more: &[&str]) -> Bench {
    let replies: Vec<&str> = ASKED.iter().chain(more).copied().collect();
    let mut bench = Bench::with(WHO, &replies);
    bench.press("c G");
    assert!(bench.outline().ends_with("A: Ada"), "{}", bench.outline());
    bench.asked.clear();
    bench
}

#[test]
fn once_more_compares_token_by_token_and_leaves_the_plan_alone() {
    let mut bench = Bench::done();
    let head = bench.state.survey.clone();
    bench.replies.extend(REPLIES.map(str::to_owned));
    bench.press("g A-v");
    assert_eq!(bench.notice(), "identical (0 tokens in 8 calls)");
    assert_eq!((bench.asked.len(), bench.model_calls()), (16, 8));
    assert_eq!(bench.outline(), DONE);
    assert!(bench.state.survey == head, "freshness knows nothing of it");
    assert_eq!(bench.state.journal.calls().filter(|call| call.purpose == Purpose::Repeat).count(), 8);
    // Another answer is told, and still none of the plan's business.
    let mut bench = who(&["Grace"]);
    bench.press("A-v");
    assert_eq!(bench.notice(), "c1 differs at token 1: \"Ada\" was, \"Grace\" is");
    assert!(bench.column(3)[0].starts_with("differs at token 1"), "{:?}", bench.sheet().rows);
    bench.press("esc");
    assert!(bench.outline().ends_with("A: Ada"), "{}", bench.outline());
    assert_eq!(rows::row_of(&bench.state, RowId::task(TaskId(1))).unwrap().answer, "Ada");
}

#[test]
fn samples_are_drawn_together_grouped_and_adopted_without_a_call() {
    let mut bench = who(&[]);
    bench.hold = true;
    bench.press("C-n enter");
    assert_eq!((bench.asked.len(), bench.state.live.len()), (5, 5), "all at once");
    assert_eq!(bench.column(0), ["writing"; 5]);
    assert_eq!(rows::row_of(&bench.state, RowId::task(TaskId(1))).unwrap().state, "done", "the plan stands");
    bench.replies.extend(["Ada", "Grace", " ada ", "Grace", "Ada"].map(str::to_owned));
    for call in bench.open.clone() {
        bench.answer(call);
    }
    bench.hold = false;
    assert_eq!(bench.column(0), ["3 of 5", "2 of 5"]);
    assert_eq!(bench.column(2), ["Ada", "Grace"]);
    assert_eq!(bench.sheet().head[0].1, "5 samples say 2 things; the first leads by 20 %");
    // A minority can be read whole, and taken.
    bench.press("j");
    assert_eq!(bench.sheet().below.len(), 2, "{:?}", bench.sheet().below);
    bench.press("enter");
    assert!(bench.outline().ends_with("A: Grace"), "{}", bench.outline());
    assert_eq!(bench.asked.len(), 5, "no call was made for it");
    bench.press("! !");
    assert!(bench.notice().contains("vote on #1: the largest group led by 20 %"), "{}", bench.notice());
    bench.press("z");
    assert!(bench.outline().ends_with("A: Ada"), "{}", bench.outline());
    // Known samples are not drawn again; pinned they stand.
    bench.press("G C-n enter j P");
    assert!(
        bench.outline().ends_with("A: Grace") && bench.outline().contains("*pinned*"),
        "{}",
        bench.outline()
    );
    assert_eq!(bench.asked.len(), 5);
    // At 0 there is nothing to vote about.
    bench.press("C-n C-u '5 at 0' enter");
    assert!(bench.notice().starts_with("the temperature is above 0"), "{}", bench.notice());
}

#[test]
fn another_expert_is_tried_beside_the_plan_and_kept_with_one_key() {
    let mut bench = who(&["Grace Hopper"]);
    bench.press("C-f");
    assert_eq!(bench.column(0)[0], "as it is: answer");
    bench.go_to(0, "expert cot");
    bench.press("space");
    assert_eq!((bench.asked.len(), bench.sheet().below.len()), (1, 1));
    let row = bench.sheet().rows[bench.sheet().cursor].cells.clone();
    assert_eq!((row[1].as_str(), row[3].as_str()), ("there", "Grace Hopper"));
    assert!(bench.outline().ends_with("A: Ada"), "nothing has changed");
    bench.press("enter");
    assert!(
        bench.outline().ends_with("[cot] Who wrote the first program?\n  A: Grace Hopper"),
        "{}",
        bench.outline()
    );
    assert_eq!(bench.asked.len(), 1, "what was tried is not asked again");
    let preferred = bench.effects.iter().find_map(|effect| match effect {
        Effect::AppendReview(review) => Some((review.expert.clone(), review.chosen.clone())),
        _ => None,
    });
    assert_eq!(preferred, Some(("cot".to_owned(), "answer".to_owned())));
    bench.press("z");
    assert!(bench.outline().ends_with("A: Ada"), "{}", bench.outline());
}

#[test]
fn a_wrong_answer_is_hidden_from_what_comes_after_it_or_repaired() {
    let mut bench = Bench::example();
    bench.press("s s j ~ 'fail' enter g");
    bench.asked.clear();
    bench.press("C-f");
    bench.go_to(0, "#1 hidden");
    bench.press("space");
    // Behind the examples.
    let told = |bench: &Bench| {
        let lines = prompt(bench.asked.last().unwrap()).lines();
        lines.skip_while(|line| !line.contains("\"Ada King\"")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told(&bench), format!("QC: {TASK}\nQS:"));
    bench.go_to(0, "#1 repaired");
    bench.press("space C-u '[\"King\"]' enter");
    assert!(told(&bench).contains("A: [\"King\"]\nQS:"), "{}", told(&bench));
    bench.press("esc");
    assert!(bench.outline().contains("A: [\"Ada\", \"King\"]"), "{}", bench.outline());
    assert_eq!(bench.asked.len(), 2);
}

#[test]
fn a_cancelled_vote_leaves_the_plan_as_it_was() {
    let mut bench = who(&[]);
    bench.hold = true;
    bench.press("C-n C-u '2 at 1.5' enter C-x");
    assert!(bench.state.live.is_empty());
    assert_eq!(bench.column(0), ["stopped"; 2]);
    bench.press("esc");
    assert!(bench.outline().ends_with("A: Ada"), "{}", bench.outline());
    let stopped = |call: &&plantern::session::Call| matches!(&call.outcome, Outcome::Stopped(Answer { .. }));
    assert_eq!(bench.state.journal.calls().filter(stopped).count(), 2);
}
