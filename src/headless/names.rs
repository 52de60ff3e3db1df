//! Names and numbers given on the command line: checked against what exists, and put over the settings.

use crate::{expert::roster::Roster, router, session::Settings, strategy};

/// What a command line says about how to work; `None` leaves the configured value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub strategy: Option<String>,
    pub router: Option<String>,
    pub model: Option<String>,
    pub seed: Option<u64>,
    pub temperature: Option<f32>,
    pub max_calls: Option<u32>,
    pub max_tokens: Option<u32>,
    pub max_seconds: Option<f64>,
    pub max_cost: Option<f64>,
}

impl Overrides {
    /// The settings with these in place of the configured ones.
    ///
    /// # Errors
    /// An unknown strategy or router, with the nearest name and all others; a temperature that is none. Exit 2.
    pub fn over(&self, settings: &Settings) -> Result<Settings, String> {
        let mut settings = settings.clone();
        if let Some(name) = &self.strategy {
            settings.strategy = strategy_name(name)?.to_owned();
        }
        if let Some(name) = &self.router {
            settings.router = router_name(name)?.to_owned();
        }
        if let Some(model) = &self.model {
            settings.model.clone_from(model);
        }
        if let Some(temperature) = self.temperature {
            if !(0.0..=10.0).contains(&temperature) {
                return Err(format!("a temperature is a number from 0 to 10, not {temperature}"));
            }
            settings.sampling.temperature = temperature;
        }
        settings.sampling.seed = self.seed.unwrap_or(settings.sampling.seed);
        settings.limits.calls = self.max_calls.unwrap_or(settings.limits.calls);
        settings.limits.output_tokens = self.max_tokens.unwrap_or(settings.limits.output_tokens);
        for (name, limit) in [("--max-seconds", self.max_seconds), ("--max-cost", self.max_cost)] {
            if limit.is_some_and(|limit| !limit.is_finite() || limit < 0.0) {
                return Err(format!("{name} is a number, 0 or more"));
            }
        }
        settings.limits.seconds = self.max_seconds.or(settings.limits.seconds);
        settings.limits.cost = self.max_cost.or(settings.limits.cost);
        Ok(settings)
    }
}

/// The strategy of that name, or an error that names the nearest and all.
pub fn strategy_name(name: &str) -> Result<&'static str, String> {
    known("strategy", name, strategy::strategies().iter().map(|strategy| strategy.name()))
}

/// The router of that name, or an error that names the nearest and all.
pub fn router_name(name: &str) -> Result<&'static str, String> {
    known("router", name, router::routers().iter().map(|router| router.name()))
}

/// The expert of that name, or an error that names the nearest and all.
pub fn expert_name<'a>(name: &str, roster: &'a Roster) -> Result<&'a str, String> {
    known("expert", name, roster.names())
}

/// The name if it is one of those, or an error that names the nearest and all.
pub fn known<'a>(
    what: &str,
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<&'a str, String> {
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(found) = names.iter().find(|known| **known == name) {
        return Ok(found);
    }
    let short: String = name.chars().take(60).collect();
    let short = crate::visible::visible_line(&short);
    let away = |known: &str| strsim::levenshtein(&known.to_lowercase(), &short.to_lowercase());
    let near = names.iter().copied().min_by_key(|known| away(known));
    // A suggestion that shares next to nothing with what was typed helps nobody.
    let near = near.filter(|near| away(near) <= 1 + near.chars().count() / 2);
    let near = near.map(|near| format!(" did you mean `{near}`?")).unwrap_or_default();
    match names.is_empty() {
        true => Err(format!("no {what} is called `{short}`; there is none")),
        false => Err(format!("no {what} is called `{short}`;{near} there are: {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_all() {
        let check = |name: &str, expected: Result<&str, &str>| {
            let found = known("strategy", name, ["decomposed", "plan-and-solve", "direct"]);
            assert_eq!(found.as_ref().map_err(String::as_str).copied(), expected);
        };
        const ALL: &str = "there are: decomposed, plan-and-solve, direct";
        check("direct", Ok("direct"));
        check("dirct", Err(&format!("no strategy is called `dirct`; did you mean `direct`? {ALL}")));
        check(
            "Decompose",
            Err(&format!("no strategy is called `Decompose`; did you mean `decomposed`? {ALL}")),
        );
        check("x\x1b[2J", Err(&format!("no strategy is called `x␛[2J`; {ALL}")));
    }

    #[test]
    fn the_command_line_stands_above_the_configuration() {
        let settings = Settings::new("direct", "tag", "m");
        let overrides = Overrides {
            strategy: Some("decomposed".into()),
            seed: Some(7),
            max_calls: Some(3),
            ..Overrides::default()
        };
        let over = overrides.over(&settings).unwrap();
        assert_eq!((over.strategy.as_str(), over.sampling.seed, over.limits.calls), ("decomposed", 7, 3));
        assert_eq!((over.model.as_str(), over.limits.output_tokens), ("m", settings.limits.output_tokens));
        let hot = Overrides { temperature: Some(f32::NAN), ..Overrides::default() };
        assert!(hot.over(&settings).is_err());
    }
}
