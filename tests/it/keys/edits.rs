//! Every structural edit, pressed: what the plan is afterwards, and that undo brings back what was.

use crate::support::{Bench, DONE, TASK};
use plantern::{
    ids::TaskId,
    plan::outline,
    workbench::{Action, Effect, Message, Mode, Stored, mode::Purpose},
};

/// The plan after the keys, on the finished plan with one more task at its end; undo then redo changes nothing.
fn check(keys: &str, expected: &str) -> Bench {
    let mut bench = Bench::example();
    bench.press("c G a '[count] How many words are in \"x y\"?' enter");
    let before = (shown(&bench), bench.state.journal.records().len());
    bench.press(keys);
    let after = shown(&bench);
    assert_eq!(after, expected, "notice: {}", bench.notice());
    if before.1 + 1 == bench.state.journal.records().len() {
        bench.press("z");
        assert_eq!(shown(&bench), before.0, "one press takes the whole edit back");
        bench.press("Z");
        assert_eq!(shown(&bench), after);
    }
    bench
}

/// The plan in few words: S, P, M and C are the tasks of the example.
fn shown(bench: &Bench) -> String {
    outline(&bench.state.journal.session().plan)
        .replace(TASK, "goal")
        .replace("QC: ", "")
        .replace("QS: ", "")
        .replace("[split] What are the words in \"Ada King\"?", "S")
        .replace("(project_values) [str_position] What is the last letter in ", "P ")
        .replace("[merge] Concatenate ", "M ")
        .replace("[count] How many words are in \"x y\"?", "C")
        .replace("\"#", "#")
        .replace("\"?", "")
        .replace(" using a space.", "")
        .replace("\n  ", "\n")
        .replace('\n', " / ")
}

const PLAN: &str = "goal / S / P #1 / M #2 / C";

#[test]
fn tasks_are_inserted_before_after_and_below() {
    check("", PLAN);
    check("g j I 'new' enter", "goal / new / S / P #2 / M #3 / C");
    check("g j a 'new' enter", "goal / S / new / P #1 / M #3 / C");
    check("G A 'new' enter", "goal / S / P #1 / M #2 / C /   new");
    check("G a 'use #4' enter", "goal / S / P #1 / M #2 / C / use #4");
}

#[test]
fn tasks_are_moved_indented_and_copied_and_references_follow() {
    check("G K K K", "goal / C / S / P #2 / M #3");
    check("g j J", "goal / P #2 / S / M #1 / C");
    check("G >", "goal / S / P #1 / M #2 /   C");
    check("G > <", PLAN);
    let circle = check("g j j >", PLAN);
    assert_eq!(circle.notice(), "that would make a circle: #2 → #1 → #2");
    check("G Y", "goal / S / P #1 / M #2 / C / C");
    check("g j Y", "goal / S / S / P #1 / M #3 / C");
    // Marked tasks are moved together.
    check("G v g j v g m", "goal / P #3 / M #1 / S / C");
    let mut none = check("G m", PLAN);
    assert!(none.notice().contains("mark what is to be moved"), "{}", none.notice());
    none.press("g >");
    assert!(none.notice().contains("goal itself stays"), "{}", none.notice());
}

#[test]
fn tasks_are_deleted_alone_with_their_parts_and_together() {
    check("G d", "goal / S / P #1 / M #2");
    check("g j d", "goal / P #? / M #1 / C");
    check("G > k del", "goal / S / P #1 / C");
    check("G v g j v d", "goal / P #? / M #1");
    let goal = check("g V d", PLAN);
    assert!(goal.notice().contains("goal itself"), "{}", goal.notice());
}

#[test]
fn what_is_copied_out_of_a_box_is_told() {
    let mut bench = check("g j e", PLAN);
    bench.send(Message::Action(Action::Copy));
    assert!(bench.notice().starts_with("copied: "), "{}", bench.notice());
    assert!(matches!(bench.state.mode, Mode::Typing(_)), "the box stays");
}

#[test]
fn a_task_is_split_by_hand_and_by_the_strategy() {
    check("G k S C-u '[a] find #2\n[b] join #3' enter", "goal / S / P #1 / [a] find #2 / [b] join #3 / C");
    let whole = check("G S C-u 'one line' enter", PLAN);
    assert!(whole.notice().contains("a line for each part"), "{}", whole.notice());
    let mut bench = Bench::example();
    bench.press("c G a 'What is in \"x y\"?' enter");
    bench.replies.extend([" [split] What are the words in \"x y\"?".to_owned(), " [EOQ]".to_owned()]);
    bench.press("C-s c");
    assert!(
        bench.outline().contains("    QS: [split] What are the words in \"x y\"?\n    A: [\"x\", \"y\"]"),
        "{}",
        bench.outline()
    );
}

#[test]
fn tasks_are_merged_and_their_users_follow() {
    check("g j v j v M C-u '[x] both' enter", "goal / [x] both / M #1 / C");
    let mut bench = check("g j M C-u '[x] both of #9' enter", "goal / [x] both of #9 / M #1 / C");
    bench.press("z g j M");
    let Mode::Typing(mode) = &bench.state.mode else { panic!("no box") };
    assert_eq!(
        mode.buffer.text(),
        "What are the words in \"Ada King\"?, then What is the last letter in \"that\"?",
        "the words of both are offered"
    );
    let circle = check("g j v G k v M C-u 'x #2' enter", PLAN);
    assert_eq!(circle.notice(), "that would make a circle: #2 → #3 → #2");
}

#[test]
fn needs_are_wired_by_choosing_the_other_task() {
    check("G # g j enter", "goal / S / P #1 / M #2 / C #1");
    check("G # g j # # g j #", "goal / S / P #1 / M #2 / C ");
    let circle = check("g j # G k #", PLAN);
    assert_eq!(circle.notice(), "that would make a circle: #1 → #3 → #2 → #1");
    // A lost reference waits for its task.
    check("g j d g j # G #", "goal / P #3 / M #1 / C");
}

#[test]
fn strategy_expert_check_and_budget_are_set_for_marked_tasks() {
    let draft = |bench: &Bench, task: u32| {
        bench.state.journal.session().plan.task(TaskId(task)).unwrap().draft.clone()
    };
    let mut bench = check("", PLAN);
    bench.press("G C-e j enter");
    assert!(draft(&bench, 4).expert.is_some());
    bench.press("g j V j v C 'at most 3 words' enter");
    let checks = [1, 2].map(|task| draft(&bench, task).check.unwrap().to_string());
    assert_eq!(checks, ["at most 3 words", "at most 3 words"]);
    bench.press("G C 'big' enter");
    assert!(bench.notice().contains("no check"), "{}", bench.notice());
    assert!(matches!(&bench.state.mode, Mode::Typing(mode) if mode.buffer.text() == "big"), "the text stays");
    bench.press("esc G $ '2 calls' enter");
    assert_eq!(draft(&bench, 4).budget.unwrap().calls, Some(2));
    bench.press("G C-t G enter");
    assert_eq!(draft(&bench, 4).strategy.as_deref(), Some("direct"));
    bench.press("C-t g enter");
    assert_eq!(draft(&bench, 4).strategy, None);
}

#[test]
fn a_router_is_set_for_a_task_and_all_below_it() {
    let mut bench = Bench::done();
    let calls = bench.model_calls();
    let routers = |bench: &Bench| {
        let session = bench.state.journal.session();
        [1, 2, 3].map(|task| session.progress(TaskId(task)).routed.clone().unwrap().1.router)
    };
    assert_eq!(routers(&bench), ["tag", "tag", "tag"]);
    // One task: it and who uses it are stale until it is routed again, and nothing is asked anew.
    bench.press("g j A-t j j enter");
    assert!(bench.notice().starts_with("router, here and below: lexical; "), "{}", bench.notice());
    let stale: Vec<TaskId> = bench.state.survey.stale().collect();
    assert_eq!(stale, [0, 1, 2, 3].map(TaskId));
    bench.press("c");
    assert_eq!(routers(&bench), ["lexical", "tag", "tag"]);
    assert_eq!((bench.outline(), bench.model_calls()), (DONE.to_owned(), calls));
    // The goal: all below it, but for the one that has its own; `as above` takes that back.
    bench.press("g A-t j j enter g j A-t g j enter c");
    assert_eq!(routers(&bench), ["tag", "lexical", "lexical"]);
    bench.press("g j A-t g enter c");
    assert_eq!(routers(&bench), ["lexical", "lexical", "lexical"]);
    bench.press("g A-t g enter c");
    assert_eq!(routers(&bench), ["tag", "tag", "tag"]);
    assert_eq!(bench.model_calls(), calls);
    // A copy has the router of what it was made from.
    bench.press("g j A-t j enter Y");
    let copy = bench.state.journal.session().plan.parts(TaskId(0))[1];
    let draft = bench.state.journal.session().plan.task(copy).unwrap().draft.clone();
    assert_eq!(draft.router.as_deref(), Some("tag"));
}

#[test]
fn an_answer_that_breaks_its_check_does_not_count() {
    let mut bench = Bench::example();
    bench.press("c G C 'number' enter");
    let merge = "QS: [merge] Concatenate #2 using a space. *failed*\n";
    assert!(bench.outline().contains(merge), "{}", bench.outline());
    let look = bench.state.survey.look(TaskId(3)).unwrap();
    assert_eq!(look.status.why(), Some("its check `number` does not hold for `a g`"));
    bench.press("z");
    assert_eq!(bench.outline(), DONE);
}

#[test]
fn a_budget_stops_before_the_call_that_would_break_it() {
    let mut bench = Bench::example();
    bench.press("$ '2 calls' enter c");
    assert_eq!(bench.model_calls(), 2, "{}", bench.outline());
    assert!(bench.notice().contains("its budget (2 calls) is spent"), "{}", bench.notice());
    bench.press("g $ C-u '4 calls' enter c");
    assert_eq!(bench.outline(), DONE);
}

#[test]
fn a_subtree_is_collapsed_into_one_call_and_back_without_another() {
    let mut bench = Bench::done();
    let calls = bench.asked.len();
    bench.replies.push_back(" a, g".to_owned());
    bench.press("g minus c");
    assert_eq!(bench.asked.len(), calls + 1, "one call: {}", bench.outline());
    assert!(bench.outline().contains("\nA: a, g\n"), "{}", bench.outline());
    assert!(bench.outline().contains("QS: [split]"), "its parts are kept");
    bench.press("minus c");
    assert_eq!(bench.outline(), DONE);
    assert_eq!(bench.asked.len(), calls + 1, "all of it was known");
}

#[test]
fn the_plan_is_changed_as_text_and_the_difference_is_shown_first() {
    let mut bench = Bench::example();
    bench.press("c g |");
    let Mode::Typing(mode) = &bench.state.mode else { panic!("no box") };
    let text = mode.buffer.text().to_owned();
    assert_eq!(text, outline(&bench.state.journal.session().plan));
    let changed =
        text.replace("  QS: [merge]", "  QS: [count] How many words are in \"x y\"?\n  QS: [merge]");
    bench.press(&format!("C-u '{changed}' enter"));
    assert_eq!(bench.column(0), ["+"]);
    let before = bench.state.journal.records().len();
    bench.press("enter");
    assert_eq!(bench.state.journal.records().len(), before + 1, "one change");
    assert_eq!(shown(&bench), "goal / S / P #1 / C / M #2");
    assert_eq!(
        bench.state.journal.session().answer(TaskId(3)),
        Some("a g"),
        "known lines keep their answers"
    );
    // In the person's own editor.
    bench.press("z g |");
    bench.send(Message::Action(plantern::workbench::Action::EditOutside));
    assert!(matches!(bench.effects.last(), Some(Effect::EditOutside(sent)) if *sent == text));
    bench.send(Message::Stored(Stored::Edited(Some(changed))));
    assert!(matches!(bench.state.mode, Mode::Sheet(_)));
    bench.press("esc");
    assert_eq!(bench.outline(), DONE, "esc takes none of it");
}

#[test]
fn every_change_may_have_a_reason() {
    let mut bench = check("G d \" 'nobody needs it' enter", "goal / S / P #1 / M #2");
    let last = bench.state.journal.records().iter().rev();
    let reasons: Vec<_> = last.filter(|record| record.event.word() == "explained").collect();
    assert_eq!(reasons.len(), 1);
    bench.press("\"");
    assert!(matches!(&bench.state.mode, Mode::Typing(mode) if matches!(mode.purpose, Purpose::Explain(_))));
}

#[test]
fn all_tasks_that_failed_are_named() {
    let plan = " [nobody] One?\nQS: [nowhere] Two?\nQS: [split] What are the words in \"a b\"?\nQS: [EOQ]";
    let mut bench = Bench::new();
    bench.state.defaults.strategy = "plan-and-solve".to_owned();
    bench.replies.push_back(plan.to_owned());
    bench.task("goal");
    bench.press("c c");
    assert!(bench.notice().ends_with("; failed too: #1"), "{}", bench.notice());
    let told = bench.state.log.iter().filter(|line| line.text.starts_with("#1 failed: "));
    assert_eq!(told.count(), 1, "{:?}", bench.state.log);
}

#[test]
fn what_is_set_and_what_is_taken_away_are_told_apart() {
    let check = |keys: &str, told: &str| {
        let mut bench = Bench::done();
        bench.press(keys);
        assert!(bench.notice().starts_with(told), "{keys}: {}", bench.notice());
    };
    check("G C 'at most 9 words' enter", "checked from now on");
    check("G C 'at most 9 words' enter C enter", "nothing was changed");
    check("G C 'at most 9 words' enter C C-u enter", "no check any more");
    check("G C enter", "nothing was changed");
    check("G $ '9 calls' enter", "budget set");
    check("G $ '9 calls' enter $ C-u enter", "no budget any more");
    check("G $ enter", "nothing was changed");
    check("G t C-u enter", "no answer was typed, and there is none of yours");
    check("G t C-u 'x' enter t C-u enter", "taken back: the computed answer stands");
    check("G r enter enter", "it stays with merge, by your choice now");
    check("G r enter enter r enter enter", "it is merge by your choice already");
}
