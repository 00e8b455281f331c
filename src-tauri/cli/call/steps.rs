//! A call step by step, for people to read.

use gateway::control::{CallSteps, ModelStep, RunStep, ToolStep};

use super::super::output;
use super::outcome;

pub(super) fn text(told: &CallSteps) -> String {
    if told.steps.is_empty() {
        return "Nobody was asked in this call.".to_owned();
    }
    let steps = (1..).zip(&told.steps).map(|(number, step)| match step {
        RunStep::Model(step) => model(number, step),
        RunStep::Tool(step) => tool(number, step),
    });
    steps.collect::<Vec<_>>().join("\n\n")
}

fn model(number: usize, step: &ModelStep) -> String {
    let mut text = format!(
        "{number}. {} {} in {} ms, {}, {}",
        step.target,
        outcome(Some(step.outcome)),
        step.took_ms,
        output::tokens(step.usage),
        output::cost(step.cost),
    );
    if let Some(failure) = &step.failure {
        text.push_str(&format!("\n   {failure}"));
    }
    indented(&step.text, &mut text);
    text
}

fn tool(number: usize, step: &ToolStep) -> String {
    let mut text = format!(
        "{number}. {} {} (by {})",
        step.tool,
        step.state.as_str(),
        step.permit.as_str()
    );
    if let Some(waited) = step.waited_ms {
        text.push_str(&format!(", waited {waited} ms"));
    }
    if let Some(took) = step.took_ms {
        text.push_str(&format!(", took {took} ms"));
    }
    indented(&step.arguments, &mut text);
    match &step.result {
        Some(result) => indented(&format!("=> {result}"), &mut text),
        None => indented("=> not kept", &mut text),
    }
    text
}

fn indented(said: &str, text: &mut String) {
    for line in said.lines() {
        text.push_str("\n   ");
        text.push_str(line);
    }
}
