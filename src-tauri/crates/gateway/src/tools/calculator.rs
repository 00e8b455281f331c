//! Exact arithmetic with units: what language models are bad at.
//!
//! The danger is an expression that is computed for ever (`9^9^9^9`): it gets a second on a thread of its own.

use std::time::{Duration, Instant};

use domain::Reach;
use serde::Deserialize;

use super::Given;
use super::about::About;

pub(super) const ABOUT: About = About {
    name: "calculator",
    description: "Computes an expression exactly: arithmetic, percentages, powers, roots, \
     trigonometry, units and conversions. Examples: (17.5 + 3) * 2^10, 5 feet 3 inches to cm, sqrt(2), 19% of 240.",
    parameters: r#"{"type":"object","properties":{"expression":{"type":"string","description":"What to compute"}},"required":["expression"],"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: false,
    exact: false,
};

const LONGEST: usize = 2_000;
const SPAN: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    expression: String,
}

struct Until(Instant);

impl fend_core::Interrupt for Until {
    fn should_interrupt(&self) -> bool {
        Instant::now() >= self.0
    }
}

pub(super) async fn run(asked: Asked) -> Given {
    if asked.expression.len() > LONGEST {
        return Given::error(format!("An expression has at most {LONGEST} characters."));
    }
    let computed = tokio::task::spawn_blocking(move || compute(&asked.expression)).await;
    computed.unwrap_or_else(|_| Given::error("That could not be computed."))
}

fn compute(expression: &str) -> Given {
    let mut context = fend_core::Context::new();
    context.disable_rng();
    match fend_core::evaluate_with_interrupt(expression, &mut context, &Until(Instant::now() + SPAN)) {
        Ok(result) => Given::text(result.get_main_result()),
        Err(reason) => Given::error(format!("That could not be computed: {reason}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_computes_exactly() {
        for (expression, result) in [
            ("(17.5 + 3) * 2^10", "20992"),
            ("0.1 + 0.2", "0.3"),
            ("2^100", "1267650600228229401496703205376"),
            ("5 feet 3 inches to cm", "160.02 cm"),
            ("19% of 240", "45.6"),
        ] {
            assert_eq!(compute(expression), Given::text(result), "{expression}");
        }
    }

    #[test]
    fn nonsense_and_the_endless_are_told() {
        for expression in ["", "2 +", "apples", "9^9^9^9", "@"] {
            let begun = Instant::now();
            let given = compute(expression);
            assert!(given.is_error || expression.is_empty(), "{expression}: {given:?}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{expression}");
        }
    }
}
