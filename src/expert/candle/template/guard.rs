//! Bounds what a chat template may make in memory: a variable that is doubled forty times needs forty steps of fuel and a
//! terabyte.
//!
//! Everything that can make a text or list longer is paid from one purse of bytes: the operators `~`, `+` and `*`, filters,
//! methods, and what is written. The operators have no hooks, so the compiled template is changed: they become filters.

use minijinja::machinery::{CompiledTemplate, Instruction, TemplateConfig, eval, make_string_output};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const NAME: &str = "chat";
/// Bytes of the template that one rendering may write, all loops together.
const MOST_RAW: usize = 64 << 20;
/// Items of a list that is made of two.
const MOST_ITEMS: usize = 10_000;
/// Lists within lists.
const DEEPEST: usize = 32;

/// The bytes that one rendering may still make.
#[derive(Clone)]
struct Purse(Arc<AtomicUsize>);

/// Parses a template without running it.
pub(super) fn check(source: &str) -> Result<(), Error> {
    CompiledTemplate::new(NAME, source, &config()?).map(drop)
}

/// Runs a template with at most so many steps and so many bytes made on the way.
pub(super) fn run(source: &str, variables: Value, fuel: u64, bytes: usize) -> Result<String, Error> {
    let mut template = CompiledTemplate::new(NAME, source, &config()?)?;
    let mut longest = 1;
    for instructions in std::iter::once(&mut template.instructions).chain(template.blocks.values_mut()) {
        let mut at = 0;
        while let Some(instruction) = instructions.get_mut(at) {
            at += 1;
            let filter = match instruction {
                Instruction::StringConcat => "purse_concat",
                Instruction::Add => "purse_add",
                Instruction::Mul => "purse_multiply",
                Instruction::EmitRaw(text) => {
                    longest = longest.max(text.len());
                    continue;
                }
                _ => continue,
            };
            *instruction = Instruction::ApplyFilter(filter, Some(2), u8::MAX);
        }
    }
    // What stands between the blocks is written without asking; each time takes a step.
    let fuel = fuel.min((MOST_RAW / longest) as u64 + 1_000);
    let environment = environment(Purse(Arc::new(AtomicUsize::new(bytes))), fuel);
    let mut text = String::new();
    let mut out = make_string_output(&mut text);
    eval(&environment, &template.instructions, variables, &template.blocks, &mut out, AutoEscape::None)?;
    drop(out);
    Ok(text)
}

fn config() -> Result<TemplateConfig, Error> {
    let syntax_config = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    Ok(TemplateConfig { syntax_config, default_auto_escape: Arc::new(|_| AutoEscape::None) })
}

fn environment(purse: Purse, fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_fuel(Some(fuel));
    environment.remove_global("debug");
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    let paid = purse.clone();
    environment.set_formatter(move |out, state, value| {
        paid.pay(weight(value, DEEPEST)?)?;
        minijinja::escape_formatter(out, state, value)
    });
    let paid = purse.clone();
    environment.set_unknown_method_callback(move |state, value, method, args| {
        let all: Vec<Value> = std::iter::once(value).chain(args).cloned().collect();
        paid.pay(made(method, &all)?)?;
        minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
    });
    let paid = purse.clone();
    environment.add_filter("purse_concat", move |left: &Value, right: &Value| {
        paid.pay(weight(left, DEEPEST)? + weight(right, DEEPEST)?)?;
        Ok::<Value, Error>(Value::from(format!("{left}{right}")))
    });
    let paid = purse.clone();
    environment.add_filter("purse_add", move |left: &Value, right: &Value| paid.add(left, right));
    let paid = purse.clone();
    environment.add_filter("purse_multiply", move |left: &Value, right: &Value| paid.multiply(left, right));
    for name in
        ["escape", "e", "batch", "slice", "sum", "groupby", "chain", "zip", "pprint", "format", "urlencode"]
    {
        environment.remove_filter(name);
    }
    macro_rules! paid {
        ($($name:literal: $filter:path),* $(,)?) => {$({
            let (paid, filter) = (purse.clone(), Value::from_function($filter));
            environment.add_filter($name, move |state: &mut State<'_, '_>, all: Rest<ValueOrKwargs>| {
                let all = all.into_values();
                paid.pay(made($name, &all)?)?;
                filter.call(state, &all)
            });
        })*};
    }
    paid! {
        "lower": filters::lower, "upper": filters::upper, "title": filters::title, "capitalize": filters::capitalize,
        "replace": filters::replace, "trim": filters::trim, "join": filters::join, "split": filters::split,
        "lines": filters::lines, "reverse": filters::reverse, "items": filters::items, "dictsort": filters::dictsort,
        "sort": filters::sort, "unique": filters::unique, "list": filters::list, "string": filters::string,
        "indent": filters::indent, "tojson": filters::tojson, "map": filters::map, "select": filters::select,
        "reject": filters::reject, "selectattr": filters::selectattr, "rejectattr": filters::rejectattr,
    }
    environment
}

/// About as many bytes as a filter or method makes of its arguments, at most.
fn made(name: &str, all: &[Value]) -> Result<usize, Error> {
    let text = |at: usize| all.get(at).and_then(Value::as_str).unwrap_or_default();
    let own: usize = all.iter().map(|value| weight(value, DEEPEST)).sum::<Result<_, _>>()?;
    let more = match name {
        "replace" => text(0).matches(text(1)).count().saturating_mul(text(2).len()),
        // The method has its glue before its list.
        "join" => {
            let items = all.iter().filter_map(Value::len).max().unwrap_or(0);
            items.saturating_mul(text(0).len().max(text(1).len()))
        }
        "indent" => {
            let named = all.iter().filter_map(|value| value.get_attr("width").ok()?.as_usize());
            let width = all.iter().skip(1).filter_map(Value::as_usize).chain(named).max().unwrap_or(4);
            text(0).lines().count().saturating_mul(width)
        }
        "format" => return Err(too_much()),
        _ => 0,
    };
    // A letter becomes an item, or an escape of six.
    Ok(own.saturating_mul(8).saturating_add(more).saturating_add(64))
}

/// About as many bytes as a value takes when it is written.
fn weight(value: &Value, depth: usize) -> Result<usize, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.len());
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::Iterable) {
        return Ok(32);
    }
    let mut sum = 32usize;
    if depth == 0 {
        return Err(too_much());
    }
    for (at, item) in value.try_iter()?.enumerate() {
        if MOST_ITEMS < at {
            return Err(too_much());
        }
        sum = sum.saturating_add(weight(&item, depth - 1)?).saturating_add(8);
        if value.kind() == ValueKind::Map
            && let Ok(held) = value.get_item(&item)
        {
            sum = sum.saturating_add(weight(&held, depth - 1)?);
        }
        // Lists that hold one another twice would be looked at for ever.
        if MOST_RAW < sum {
            return Err(too_much());
        }
    }
    Ok(sum)
}

impl Purse {
    fn pay(&self, bytes: usize) -> Result<(), Error> {
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes).ok_or_else(too_much)?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }

    fn add(&self, left: &Value, right: &Value) -> Result<Value, Error> {
        if let (Some(one), Some(other)) = (left.as_str(), right.as_str()) {
            self.pay(one.len() + other.len())?;
            return Ok(Value::from(format!("{one}{other}")));
        }
        let list = |value: &Value| matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
        if list(left) && list(right) {
            let items: Vec<Value> = left.try_iter()?.chain(right.try_iter()?).take(MOST_ITEMS + 1).collect();
            if MOST_ITEMS < items.len() {
                return Err(too_much());
            }
            self.pay(32 * items.len())?;
            return Ok(Value::from(items));
        }
        numbers(left, right, "+", i64::checked_add, |a, b| a + b)
    }

    fn multiply(&self, left: &Value, right: &Value) -> Result<Value, Error> {
        let repeated = left.as_str().zip(right.as_usize()).or_else(|| right.as_str().zip(left.as_usize()));
        if let Some((text, times)) = repeated {
            self.pay(text.len().saturating_mul(times))?;
            return Ok(Value::from(text.repeat(times)));
        }
        numbers(left, right, "*", i64::checked_mul, |a, b| a * b)
    }
}

fn numbers(
    left: &Value,
    right: &Value,
    sign: &str,
    whole: fn(i64, i64) -> Option<i64>,
    broken: fn(f64, f64) -> f64,
) -> Result<Value, Error> {
    if let (Some(one), Some(other)) = (left.as_i64(), right.as_i64()) {
        return whole(one, other).map(Value::from).ok_or_else(too_much);
    }
    match (f64::try_from(left.clone()), f64::try_from(right.clone())) {
        (Ok(one), Ok(other)) => Ok(Value::from(broken(one, other))),
        _ => {
            let told = format!("{} {sign} {} can not be computed", left.kind(), right.kind());
            Err(Error::new(ErrorKind::InvalidOperation, told))
        }
    }
}

fn too_much() -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        "it makes too much of too little: its texts grow beyond all bounds",
    )
}
