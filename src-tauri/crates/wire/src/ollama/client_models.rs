//! What clients of Ollama ask about models before they chat (W-190 to W-192, W-196).
//!
//! Pickers read these fields and refuse what lacks them, so every one is there, also those that mean nothing
//! for an agent. What an agent is, is the gateway's to say.

use crate::json::{self, Object};

/// A model as it is shown: an agent in the clothes of one of Ollama's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCard {
    /// What clients write in `model`.
    pub name: String,
    /// The name people read.
    pub basename: String,
    /// RFC 3339.
    pub modified_at: String,
    /// Bytes on disk; 0 for what is not on this disk.
    pub size: u64,
    /// 64 hexadecimal digits.
    pub digest: String,
    /// One word, which is also the prefix of its fields.
    pub family: String,
    /// `8.2B`; empty when unknown.
    pub parameter_size: String,
    /// `Q4_K_M`; empty when unknown.
    pub quantization: String,
    /// Context window in tokens; clients take an unknown one for a very small one.
    pub context: Option<u64>,
    /// It calls tools.
    pub tools: bool,
    /// It reads images.
    pub images: bool,
    /// It thinks before it answers.
    pub thinks: bool,
}

/// Writes the body of `GET /api/version`: three numbers, of which clients want at least 0.13.4.
pub fn encode_version(version: &str, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.string("version", version);
    object.close();
}

/// Writes the body of `GET /api/tags`.
pub fn encode_tags(models: &[ModelCard], out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let list = object.key("models");
    list.push(b'[');
    for (at, model) in models.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        let mut item = Object::open(list);
        item.string("name", &model.name);
        item.string("model", &model.name);
        item.string("modified_at", &model.modified_at);
        item.unsigned("size", model.size);
        item.string("digest", &model.digest);
        details(model, &mut item);
        capabilities(model, &mut item);
        item.close();
    }
    list.push(b']');
    object.close();
}

/// Writes the body of `POST /api/show`.
pub fn encode_show(model: &ModelCard, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    for empty in ["license", "modelfile", "parameters", "template"] {
        object.literal(empty, r#""""#);
    }
    details(model, &mut object);
    let mut info = Object::open(object.key("model_info"));
    info.string("general.architecture", &model.family);
    info.string("general.basename", &model.basename);
    if let Some(context) = model.context {
        info.unsigned(&format!("{}.context_length", model.family), context);
    }
    info.close();
    capabilities(model, &mut object);
    object.string("modified_at", &model.modified_at);
    object.close();
}

/// Writes the body of `GET /api/ps`: nothing of ours lies in memory the way clients mean it.
pub fn encode_ps(out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"models":[]}"#);
}

fn details(model: &ModelCard, object: &mut Object<'_>) {
    let mut details = Object::open(object.key("details"));
    details.literal("parent_model", r#""""#);
    details.literal("format", r#""gguf""#);
    details.string("family", &model.family);
    let families = details.key("families");
    families.push(b'[');
    json::write_string(&model.family, families);
    families.push(b']');
    details.string("parameter_size", &model.parameter_size);
    details.string("quantization_level", &model.quantization);
    details.close();
}

fn capabilities(model: &ModelCard, object: &mut Object<'_>) {
    let list = object.key("capabilities");
    list.extend_from_slice(br#"["completion""#);
    for (has, word) in [
        (model.tools, "tools"),
        (model.images, "vision"),
        (model.thinks, "thinking"),
    ] {
        if has {
            list.push(b',');
            json::write_string(word, list);
        }
    }
    list.push(b']');
}
