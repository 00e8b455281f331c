//! Sampling, length and stop sequences as a provider of this wire takes them (W-160).

use domain::Params;

use super::generation;
use super::provider_thinking::Thinking;
use crate::json::{self, Object};
use crate::notes::Notes;

/// Below this a model that thinks refuses `top_p`.
const LEAST_TOP_P: f64 = 0.95;

/// Writes the parameters; what the model refuses is left out or brought into its range, and told.
pub(super) fn write(
    params: &Params,
    model: &str,
    thinking: &Thinking,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    sampling(params, model, thinking, object, notes);
    stop(&params.stop, object, notes);
    let absent: [(&str, bool); 6] = [
        ("n", params.n.is_some_and(|n| n > 1)),
        ("seed", params.seed.is_some()),
        (
            "presence_penalty",
            params.presence_penalty.is_some_and(|n| n != 0.0),
        ),
        (
            "frequency_penalty",
            params.frequency_penalty.is_some_and(|n| n != 0.0),
        ),
        ("logprobs", params.logprobs == Some(true)),
        ("top_logprobs", params.top_logprobs.is_some_and(|n| n > 0)),
    ];
    for (name, said) in absent {
        if said {
            notes.add(name, "left out, this wire has no field for it");
        }
    }
}

fn sampling(params: &Params, model: &str, thinking: &Thinking, object: &mut Object<'_>, notes: &mut Notes) {
    if generation::at_least(model, generation::ADAPTIVE_ONLY) {
        for (name, said) in [
            ("temperature", params.temperature.is_some()),
            ("top_p", params.top_p.is_some()),
            ("top_k", params.top_k.is_some()),
        ] {
            if said {
                notes.add(name, "left out, the model refuses it");
            }
        }
        return;
    }
    let on = thinking.on();
    if let Some(temperature) = params.temperature {
        let fitting = if on { 1.0 } else { temperature.clamp(0.0, 1.0) };
        if fitting != temperature {
            let why = if on {
                "the only one with thinking"
            } else {
                "the most there is"
            };
            notes.add("temperature", &format!("sent as {fitting}, {why}"));
        }
        object.float("temperature", fitting);
    }
    if let Some(top_p) = params.top_p {
        let both = params.temperature.is_some() && generation::at_least(model, generation::ONE_SAMPLER);
        if both {
            notes.add("top_p", "left out, the model refuses it beside temperature");
        } else if on && top_p < LEAST_TOP_P {
            notes.add("top_p", "left out, it is refused with thinking");
        } else {
            object.float("top_p", top_p);
        }
    }
    if let Some(top_k) = params.top_k {
        if on {
            notes.add("top_k", "left out, it is refused with thinking");
        } else {
            object.unsigned("top_k", top_k);
        }
    }
}

fn stop(sequences: &[String], object: &mut Object<'_>, notes: &mut Notes) {
    let blank = |text: &&String| !text.trim().is_empty();
    if sequences.iter().any(|text| text.trim().is_empty()) {
        notes.add("stop", "sequences of white space left out, they are refused");
    }
    let mut kept = sequences.iter().filter(blank).peekable();
    if kept.peek().is_none() {
        return;
    }
    let list = object.key("stop_sequences");
    list.push(b'[');
    for (at, text) in kept.enumerate() {
        if at > 0 {
            list.push(b',');
        }
        json::write_string(text, list);
    }
    list.push(b']');
}

#[cfg(test)]
mod tests {
    use domain::Applied;

    use super::*;

    fn written(params: &Params, model: &str, thinking: &Thinking) -> (String, Vec<Applied>) {
        let mut out = Vec::new();
        let mut notes = Notes::default();
        let mut object = Object::open(&mut out);
        write(params, model, thinking, &mut object, &mut notes);
        object.close();
        (String::from_utf8_lossy(&out).into_owned(), notes.take())
    }

    #[test]
    fn sampling_is_brought_into_the_models_range() {
        let params = Params {
            temperature: Some(1.7),
            top_p: Some(0.5),
            top_k: Some(40),
            stop: vec!["\n".into(), "END".into()],
            seed: Some(7),
            ..Params::default()
        };
        for (model, thinking, expected, told) in [
            (
                "claude-3-5-haiku-latest",
                Thinking::Unsaid,
                r#"{"temperature":1,"top_p":0.5,"top_k":40,"stop_sequences":["END"]}"#,
                3,
            ),
            (
                "claude-sonnet-4-5",
                Thinking::Unsaid,
                r#"{"temperature":1,"top_k":40,"stop_sequences":["END"]}"#,
                4,
            ),
            (
                "claude-sonnet-4-0",
                Thinking::Budget(2048),
                r#"{"temperature":1,"stop_sequences":["END"]}"#,
                5,
            ),
            (
                "claude-opus-4-7",
                Thinking::Adaptive,
                r#"{"stop_sequences":["END"]}"#,
                5,
            ),
        ] {
            let (out, notes) = written(&params, model, &thinking);
            assert_eq!(out, expected, "{model}");
            assert_eq!(notes.len(), told, "{model}: {notes:?}");
        }
    }
}
