//! From examples to weights: all at once, or one more in place.

use super::{Example, Index, Knowledge};
use crate::router::{
    ability::Ability,
    features::Features,
    softmax::{Aim, Lesson, Softmax},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Passes over the examples: enough that accuracy on held-out folds stops growing.
const EPOCHS: usize = 14;
/// Old examples that are seen again while one is learned.
const REPLAYED: usize = 96;
/// Passes over the one that is learned.
const REPEATS: usize = 8;
/// Of an expert's examples every fifth is a control, beginning with the third: the first is his card's description.
const EVERY: usize = 5;
const FIRST: usize = 2;
/// What is out of scope can be anything: its few examples count more.
const OUT_OF_SCOPE: f32 = 3.0;
/// A failure says less than a right expert does.
const FAILURE: f32 = 0.5;

impl Knowledge {
    /// Fits everything but calibration and mixture to the examples. `person` gets what is out of scope.
    pub fn fit(
        mut examples: Vec<Example>,
        table: BTreeMap<String, String>,
        person: &str,
        seed: u64,
    ) -> Knowledge {
        deal(&mut examples);
        let mut knowledge = Knowledge { table, person: person.to_owned(), ..Knowledge::default() };
        knowledge.uncertain = knowledge.person.clone();
        for example in examples.iter().filter(|one| one.right().is_some()) {
            knowledge.table.entry(example.class().to_owned()).or_insert_with(|| example.expert.clone());
        }
        let classes: BTreeSet<&str> =
            examples.iter().filter(|one| one.right().is_some()).map(Example::class).collect();
        let classes: Vec<String> = classes.into_iter().map(str::to_owned).collect();
        let width = examples.iter().map(|example| example.vector.len()).max().unwrap_or(0);
        knowledge.softmax = Softmax::new(classes, width);
        knowledge.ability = Ability::fit(&examples, width, seed);
        knowledge.index = Index::of(&examples);
        let all: Vec<&Example> = examples.iter().collect();
        knowledge.softmax = knowledge.fitted(&all, seed);
        let seen: Vec<&Example> = examples.iter().filter(|one| one.control != Some(true)).collect();
        let trial = (seen.len() < all.len()).then(|| knowledge.fitted(&seen, seed));
        knowledge.trial = trial.unwrap_or_default();
        knowledge.examples = examples.into_iter().map(Arc::new).collect();
        knowledge
    }

    fn fitted(&self, examples: &[&Example], seed: u64) -> Softmax {
        let features: Vec<Features> =
            examples.iter().map(|one| Features::new(&one.text, &one.vector)).collect();
        let aims: Vec<Target> = examples.iter().map(|one| self.target(one)).collect();
        let lessons: Vec<Lesson<'_>> =
            features.iter().zip(&aims).filter_map(|(features, aim)| aim.lesson(features)).collect();
        let mut softmax = Softmax::new(self.softmax.classes.clone(), self.softmax.width);
        softmax.fit(&lessons, EPOCHS, seed);
        softmax
    }

    /// Takes one more example in without forgetting: it is seen a few times, old ones between. Calibration stays.
    ///
    /// Takes as long whatever was learned before: milliseconds for a hundred classes.
    pub fn learn(&mut self, mut example: Example) {
        if self.softmax.classes.is_empty() {
            self.softmax = Softmax::new(vec![], example.vector.len());
        }
        let class = example.class().to_owned();
        if example.right().is_some() {
            self.table.insert(class.clone(), example.expert.clone());
            self.softmax.class(&class);
        }
        let same = self.examples.iter().filter(|one| one.expert == example.expert).count();
        let control = *example.control.get_or_insert(is_control(same));
        // Old examples spread over all there are, others each time.
        let count = self.examples.len();
        let stride = (count / REPLAYED).max(1);
        let first = count.wrapping_mul(31) % stride;
        let old: Vec<&Example> = self.examples.iter().skip(first).step_by(stride).map(|one| &**one).collect();
        let all: Vec<(Features, Target, bool)> = std::iter::once(&example)
            .chain(old)
            .map(|one| (Features::new(&one.text, &one.vector), self.target(one), one.control == Some(true)))
            .collect();
        let (new, old) = (&all[0], &all[1..]);
        let lesson = new.1.lesson(&new.0);
        let lessons = |controls: bool| -> Vec<Lesson<'_>> {
            let seen = old.iter().filter(|(.., control)| controls || !control);
            seen.filter_map(|(features, target, _)| target.lesson(features)).collect()
        };
        if let Some(lesson) = &lesson {
            self.softmax.add(lesson, REPEATS, &lessons(true), count as u64);
        }
        if !self.trial.classes.is_empty() {
            self.softmax.classes.iter().for_each(|class| {
                self.trial.class(class);
            });
            if let Some(lesson) = lesson.filter(|_| !control) {
                self.trial.add(&lesson, REPEATS, &lessons(false), count as u64);
            }
        }
        self.ability.learn(&example);
        self.index.add(self.examples.len(), &example);
        self.examples.push_back(Arc::new(example));
    }

    /// The weights fitted anew to what is known and to more examples; table, calibration and mixture stay.
    pub fn refitted(&self, more: &[Example], seed: u64) -> Knowledge {
        let all = self.examples.iter().map(|one| &**one).chain(more).cloned().collect();
        Knowledge {
            uncertain: self.uncertain.clone(),
            calibration: self.calibration.clone(),
            mix: self.mix.clone(),
            ..Knowledge::fit(all, self.table.clone(), &self.person, seed)
        }
    }

    /// Lets go of examples; the weights forget them as others are learned.
    pub fn forget(&mut self, which: &dyn Fn(&Example) -> bool) {
        if self.examples.iter().any(|one| which(one)) {
            self.examples.retain(|one| !which(one));
            self.index = Index::of(self.examples.iter().map(|one| &**one));
        }
    }

    /// What the weights are to say of an example.
    fn target(&self, example: &Example) -> Target {
        let place = |name: &str| self.softmax.classes.iter().position(|class| class == name);
        match example.right() {
            Some(_) => match place(example.class()) {
                Some(class) if example.class() == self.person => Target::Is(class, OUT_OF_SCOPE),
                Some(class) => Target::Is(class, 1.0),
                None => Target::Not(vec![]),
            },
            None => {
                let its = |class: &&String| self.table.get(*class).unwrap_or(*class) == &example.expert;
                Target::Not(
                    self.softmax.classes.iter().filter(its).filter_map(|class| place(class)).collect(),
                )
            }
        }
    }
}

/// An aim with its own list, and how much it counts.
enum Target {
    Is(usize, f32),
    Not(Vec<usize>),
}

impl Target {
    fn lesson<'a>(&'a self, features: &'a Features) -> Option<Lesson<'a>> {
        match self {
            Target::Is(class, weight) => Some(Lesson { features, aim: Aim::Is(*class), weight: *weight }),
            Target::Not(classes) if classes.is_empty() => None,
            Target::Not(classes) => Some(Lesson { features, aim: Aim::Not(classes), weight: FAILURE }),
        }
    }
}

fn is_control(before_it: usize) -> bool {
    before_it % EVERY == FIRST
}

/// Deals each example that is on no side yet, expert by expert: of categories there may be too few of each.
fn deal(examples: &mut [Example]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for example in examples {
        let count = counts.entry(example.expert.clone()).or_default();
        example.control.get_or_insert(is_control(*count));
        *count += 1;
    }
}
