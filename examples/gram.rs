use plantern::{
    expert::{
        candle::{grammar::Grammar, vocabulary::Vocabulary},
        roster::Roster,
    },
    strategy::grammar,
};
use std::{sync::Arc, time::Instant};
fn main() {
    let path = std::env::var("HOME").unwrap() + "/.cache/plantern/models/SmolLM2-135M-Instruct.Q4_1.gguf";
    let mut f = std::fs::File::open(path).unwrap();
    let c = candle_core::quantized::gguf_file::Content::read(&mut f).unwrap();
    let v = Vocabulary::from_gguf(&c).unwrap();
    let (r, _, _) = Roster::load([]);
    let task = "Take the letters at position 3 of the words in \"Donna Guan Nascimento\" and concatenate them using a space.";
    for (name, g) in [
        ("step0", grammar::step(task, 0, r.cards())),
        ("step3", grammar::step(task, 3, r.cards())),
        ("plan", grammar::plan(task, 8, r.cards())),
    ] {
        let t = Instant::now();
        match Grammar::new(&g, &v) {
            Ok(g) => {
                let s = g.states();
                let e = t.elapsed();
                let g = Arc::new(g);
                let t = Instant::now();
                let a = g.guide().allowed();
                println!(
                    "{name} states {s} compile {e:?} first mask {:?} count {} forced {:?}",
                    t.elapsed(),
                    a.tokens.count(),
                    v.decode(&g.guide().forced())
                );
            }
            Err(e) => println!("{name}: {e}"),
        }
    }
}
