//! The list of models that we publish to clients of this wire.

use crate::json::Object;

/// A model, or an agent that stands for one.
#[derive(Clone, Copy, Debug)]
pub struct ListedModel<'a> {
    /// What clients put into the path.
    pub id: &'a str,
    /// The name people read.
    pub name: &'a str,
    /// What it is for.
    pub description: Option<&'a str>,
    /// Context window in tokens.
    pub context: Option<u64>,
    /// Most tokens it writes.
    pub max_output: Option<u64>,
}

/// Writes the body of `GET /v1beta/models`: all of them on one page.
pub fn encode_models(models: &[ListedModel<'_>], out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let list = object.key("models");
    list.push(b'[');
    for (at, model) in models.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        encode_model(model, list);
    }
    list.push(b']');
    object.close();
}

/// Writes the body of `GET /v1beta/models/{id}`.
pub fn encode_model(model: &ListedModel<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.string("name", &format!("models/{}", model.id));
    object.string("baseModelId", model.id);
    object.literal("version", r#""1""#);
    object.string("displayName", model.name);
    if let Some(description) = model.description {
        object.string("description", description);
    }
    if let Some(context) = model.context {
        object.unsigned("inputTokenLimit", context);
    }
    if let Some(most) = model.max_output {
        object.unsigned("outputTokenLimit", most);
    }
    object.literal(
        "supportedGenerationMethods",
        r#"["generateContent","streamGenerateContent","countTokens"]"#,
    );
    object.close();
}
