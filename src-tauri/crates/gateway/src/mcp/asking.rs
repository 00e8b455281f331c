//! What a server asks the person: fields to fill in, or an address to visit, as they are shown.
//!
//! The danger is a question that is more than it seems: so only the simple schemas of the protocol are read, everything is
//! bounded, and the words of a field that sound like a secret are marked. An address is one that can be read for what it is
//! ([`to_visit`]); nothing here asks it, or knows what is done there.

use domain::McpServer;
use rmcp::model::{ElicitRequestParams, ElicitationSchema};
use serde_json::Value;

use super::sign_in::to_visit;
use crate::control::{McpField, McpFieldKind, McpOption};

/// More of a message, or of the words of a field, is no question any more.
const LONGEST: usize = 4 << 10;
const MOST_FIELDS: usize = 50;
const MOST_OPTIONS: usize = 500;
/// Words that stand where a secret is asked for.
const SECRET: &[&str] = &[
    "password",
    "passphrase",
    "passwd",
    "secret",
    "token",
    "api key",
    "apikey",
    "api_key",
    "api-key",
    "private key",
    "credential",
    "pin code",
    "cvv",
    "seed phrase",
    "one-time code",
    "otp",
];

/// What a person is asked.
pub(crate) struct Asked {
    /// What the server says.
    pub message: String,
    /// What is to be filled in.
    pub fields: Vec<McpField>,
    /// What is to be visited instead.
    pub address: Option<String>,
}

/// Reads a question; `None` for one that is not shown.
pub(super) fn read(server: &McpServer, params: ElicitRequestParams) -> Option<Asked> {
    let asked = match params {
        ElicitRequestParams::FormElicitationParams {
            message,
            requested_schema,
            ..
        } => Asked {
            message,
            fields: fields(&requested_schema)?,
            address: None,
        },
        ElicitRequestParams::UrlElicitationParams { message, url, .. } => Asked {
            message,
            fields: Vec::new(),
            address: Some(to_visit(server, &url)?.into()),
        },
        // of a later version of the protocol
        _ => return None,
    };
    (asked.message.len() <= LONGEST).then_some(asked)
}

fn fields(schema: &ElicitationSchema) -> Option<Vec<McpField>> {
    let required = schema.required.clone().unwrap_or_default();
    let order: Vec<&String> = match &schema.property_order {
        Some(order) => order.iter().collect(),
        None => schema.properties.keys().collect(),
    };
    if order.len() > MOST_FIELDS {
        return None;
    }
    let field = |name: &String| {
        // the library's types differ by version of the protocol; their JSON is what the protocol says
        let schema = serde_json::to_value(schema.properties.get(name)?).ok()?;
        let text = |of: &str| schema.get(of).and_then(Value::as_str).map(str::to_owned);
        let (title, description) = (text("title"), text("description"));
        let words = [Some(name.clone()), title.clone(), description.clone()];
        let words = words.into_iter().flatten().collect::<Vec<_>>().join("\n");
        (words.len() <= LONGEST).then_some(())?;
        let lower = words.to_lowercase();
        Some(McpField {
            name: name.clone(),
            title,
            description,
            required: required.contains(name),
            like_a_secret: SECRET.iter().any(|word| lower.contains(word)),
            kind: kind(&schema)?,
        })
    };
    order.into_iter().map(field).collect()
}

fn kind(schema: &Value) -> Option<McpFieldKind> {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let count = |name: &str| {
        schema
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|count| u32::try_from(count).ok())
    };
    let initially = schema.get("default");
    let text = || initially.and_then(Value::as_str).map(str::to_owned);
    match schema.get("type").and_then(Value::as_str)? {
        "string" => match options(schema)? {
            Some(options) => Some(McpFieldKind::Choice {
                options,
                initially: text(),
            }),
            None => Some(McpFieldKind::Text {
                format: schema.get("format").and_then(Value::as_str).map(str::to_owned),
                least: count("minLength"),
                most: count("maxLength"),
                initially: text(),
            }),
        },
        whole @ ("number" | "integer") => Some(McpFieldKind::Number {
            whole: whole == "integer",
            minimum: number("minimum"),
            maximum: number("maximum"),
            initially: number("default"),
        }),
        "boolean" => Some(McpFieldKind::YesNo {
            initially: initially.and_then(Value::as_bool),
        }),
        "array" => {
            let all = initially.and_then(Value::as_array).into_iter().flatten();
            Some(McpFieldKind::Choices {
                options: options(schema.get("items")?)??,
                least: count("minItems"),
                most: count("maxItems"),
                initially: all.filter_map(Value::as_str).map(str::to_owned).collect(),
            })
        }
        _ => None,
    }
}

/// The options of a choice, if it is one; `None` for too many.
fn options(schema: &Value) -> Option<Option<Vec<McpOption>>> {
    let titled = ["oneOf", "anyOf"]
        .into_iter()
        .find_map(|name| schema.get(name)?.as_array());
    let options: Vec<McpOption> = if let Some(all) = titled {
        let one = |option: &Value| {
            let value = option.get("const")?.as_str()?;
            let title = option.get("title").and_then(Value::as_str).unwrap_or(value);
            Some(McpOption {
                value: value.to_owned(),
                title: title.to_owned(),
            })
        };
        all.iter().map(one).collect::<Option<_>>()?
    } else if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        let names = schema.get("enumNames").and_then(Value::as_array);
        let one = |(at, value): (usize, &Value)| {
            let value = value.as_str()?;
            let title = names.and_then(|names| names.get(at)?.as_str()).unwrap_or(value);
            Some(McpOption {
                value: value.to_owned(),
                title: title.to_owned(),
            })
        };
        all.iter().enumerate().map(one).collect::<Option<_>>()?
    } else {
        return Some(None);
    };
    let short = |option: &McpOption| option.value.len() + option.title.len() <= LONGEST;
    (options.len() <= MOST_OPTIONS && options.iter().all(short)).then_some(Some(options))
}
