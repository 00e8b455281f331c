//! What form a request demands of the answer: text, JSON, or a call of a tool.
//!
//! So small a model cannot be left to decide whether it wants a tool: it would call one to say hello, or none at all.
//! So tools on offer are not told to it, and it answers in text, until a request demands a call
//! (`tool_choice` of `required`, or of one tool). Then it is held to the name and to the schema, as it is held to JSON
//! where `response_format` asks for that; what it writes there is well-formed, and as clever as the model is.

use domain::{Failure, OutputFormat, Request, ToolChoice, ToolSpec};
use serde_json::{Value, json};

/// The form of an answer.
#[derive(Debug)]
pub(crate) enum Demand<'a> {
    /// Anything.
    Text,
    /// JSON of this schema.
    Json(Value),
    /// A call of one of these tools; there is at least one.
    Call(Vec<&'a ToolSpec>),
}

/// What this request demands. A demanded call goes before a demanded form: the form is that of the answer after it.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] for a tool that is not on offer, and for a schema that is none.
pub(crate) fn of(request: &Request) -> Result<Demand<'_>, Failure> {
    match &request.tool_choice {
        Some(ToolChoice::Required) if request.tools.is_empty() => {
            return Err(Failure::invalid(
                "tool_choice",
                "A tool call is demanded, and no tool is on offer.",
            ));
        }
        Some(ToolChoice::Required) => return Ok(Demand::Call(request.tools.iter().collect())),
        Some(ToolChoice::Tool { name }) => {
            let tool = request.tools.iter().find(|tool| tool.name == *name);
            let missing = || Failure::invalid("tool_choice", "The demanded tool is not on offer.");
            return Ok(Demand::Call(vec![tool.ok_or_else(missing)?]));
        }
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Opaque { .. }) | None => {}
    }
    Ok(match &request.format {
        OutputFormat::Text => Demand::Text,
        OutputFormat::JsonObject => Demand::Json(json!({"type": "object"})),
        OutputFormat::JsonSchema { schema, .. } => {
            let schema = schema.parse().map_err(|_| {
                Failure::invalid("response_format", "The schema of the answer is not valid JSON.")
            })?;
            Demand::Json(schema)
        }
    })
}

/// Characters of a text among arguments, where the tool sets no limit: so small a model that goes on repeats itself, up
/// to the end of what it may write, and then there is no call.
const LONGEST: u64 = 100;

/// The schema of a tool's arguments, which are always an object. A text that is required says something: left the
/// choice, so small a model likes to say nothing. And it ends ([`LONGEST`]).
pub(crate) fn arguments(tool: &ToolSpec) -> Value {
    let schema = tool.parameters.parse().unwrap_or(Value::Null);
    match schema {
        Value::Object(mut schema) => {
            schema.entry("type").or_insert_with(|| "object".into());
            let required = schema.get("required").cloned().unwrap_or_default();
            let required = required.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(Value::Object(properties)) = schema.get_mut("properties") {
                for (name, property) in properties {
                    if let Value::Object(text) = property
                        && text.get("type").is_some_and(|kind| kind == "string")
                        && !["enum", "const", "format"]
                            .iter()
                            .any(|key| text.contains_key(*key))
                    {
                        if required.iter().any(|one| one == name) {
                            text.entry("minLength").or_insert_with(|| 1.into());
                        }
                        let least = text.get("minLength").and_then(Value::as_u64).unwrap_or(0);
                        text.entry("maxLength")
                            .or_insert_with(|| LONGEST.max(least).into());
                    }
                }
            }
            Value::Object(schema)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            json!({"type": "object", "additionalProperties": false})
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::{Extra, FailureKind, RawJson};

    fn request(choice: Option<ToolChoice>) -> Request {
        let tool = |name: &str| ToolSpec {
            name: name.into(),
            description: None,
            parameters: RawJson::new("{}"),
            strict: None,
            extra: Extra::new(),
        };
        Request {
            tools: vec![tool("a"), tool("b")],
            tool_choice: choice,
            format: OutputFormat::JsonObject,
            ..Request::default()
        }
    }

    fn named(name: &str) -> Option<ToolChoice> {
        Some(ToolChoice::Tool { name: name.into() })
    }

    #[test]
    fn tools_count_when_a_call_is_demanded() {
        let names = |choice| match of(&request(choice)).unwrap() {
            Demand::Call(tools) => tools.iter().map(|tool| tool.name.clone()).collect(),
            Demand::Text | Demand::Json(_) => Vec::new(),
        };
        assert_eq!(names(Some(ToolChoice::Required)), ["a", "b"]);
        assert_eq!(names(named("b")), ["b"]);
        for choice in [None, Some(ToolChoice::Auto), Some(ToolChoice::None)] {
            assert!(matches!(of(&request(choice)).unwrap(), Demand::Json(_)));
        }
    }

    #[test]
    fn a_required_text_is_not_empty() {
        let tool = ToolSpec {
            name: "a".into(),
            description: None,
            parameters: RawJson::new(
                r#"{"properties":{"q":{"type":"string"},"o":{"type":"string"},"k":{"type":"string","enum":[""]},
                "m":{"type":"string","minLength":0}},"required":["q","k","m","gone"]}"#,
            ),
            strict: None,
            extra: Extra::new(),
        };
        let schema = arguments(&tool);
        let least = |name: &str| schema["properties"][name]["minLength"].as_u64();
        assert_eq!(
            (least("q"), least("o"), least("k"), least("m")),
            (Some(1), None, None, Some(0))
        );
        assert_eq!(schema["type"], "object");
    }

    #[test]
    fn a_text_among_arguments_ends() {
        let tool = ToolSpec {
            name: "a".into(),
            description: None,
            parameters: RawJson::new(
                r#"{"properties":{"q":{"type":"string"},"long":{"type":"string","maxLength":900},
                "least":{"type":"string","minLength":300},"k":{"type":"string","enum":["x"]},"n":{"type":"number"}},
                "required":["q"]}"#,
            ),
            strict: None,
            extra: Extra::new(),
        };
        let schema = arguments(&tool);
        let most = |name: &str| schema["properties"][name]["maxLength"].as_u64();
        assert_eq!(
            (most("q"), most("long"), most("least"), most("k"), most("n")),
            (Some(100), Some(900), Some(300), None, None)
        );
    }

    #[test]
    fn a_tool_that_is_not_there_is_refused() {
        let none = Request {
            tools: Vec::new(),
            ..request(Some(ToolChoice::Required))
        };
        for request in [none, request(named("c"))] {
            let failure = of(&request).unwrap_err();
            assert_eq!(
                (failure.kind(), failure.param()),
                (FailureKind::InvalidRequest, Some("tool_choice"))
            );
        }
    }
}
