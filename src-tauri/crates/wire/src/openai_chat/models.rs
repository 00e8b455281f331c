//! The list of models of a provider.

use domain::{Abilities, Failure, FailureKind, Model, Price, Timestamp};
use serde_json::Value;

/// Reads the body of `GET /models`. Beyond the id, each provider tells something else; what is not told
/// stays `None`. A price is dated [`Timestamp`] 0, for this crate has no clock: whoever keeps it, dates it.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no list of models.
pub fn decode_models(body: &[u8]) -> Result<Vec<Model>, Failure> {
    let wrong = || {
        Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's list of models cannot be read.",
        )
    };
    let value: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    let list = [&value["data"], &value["models"], &value]
        .into_iter()
        .find_map(Value::as_array)
        .ok_or_else(wrong)?;
    Ok(list.iter().filter_map(read).collect())
}

fn read(model: &Value) -> Option<Model> {
    let id = model["id"]
        .as_str()
        .or_else(|| model["name"].as_str())
        .filter(|id| !id.is_empty())?;
    let first = |paths: &[&str]| paths.iter().find_map(|path| count(model.pointer(path)?));
    Some(Model {
        // Google lists `models/…` and takes the bare name
        id: id.strip_prefix("models/").unwrap_or(id).to_owned(),
        context: first(&[
            "/context_length",
            "/max_model_len",
            "/context_window",
            "/max_context_length",
            "/max_context_window_tokens",
            "/top_provider/context_length",
            "/meta/n_ctx",
            "/meta/n_ctx_train",
        ]),
        max_output: first(&[
            "/top_provider/max_completion_tokens",
            "/max_completion_tokens",
            "/max_output_tokens",
            "/max_output_length",
            "/max_tokens",
        ]),
        abilities: abilities(model),
        price: price(&model["pricing"]),
    })
}

fn count(value: &Value) -> Option<u64> {
    value.as_u64().filter(|count| *count > 0)
}

fn abilities(model: &Value) -> Abilities {
    let says = |path: &str, word: &str| {
        let list = model.pointer(path)?.as_array()?;
        Some(list.iter().any(|item| item == word))
    };
    let flag = |path: &str| model.pointer(path)?.as_bool();
    let first = |found: &[Option<bool>]| found.iter().copied().flatten().next();
    Abilities {
        tools: first(&[
            says("/supported_parameters", "tools"),
            flag("/capabilities/function_calling"),
            says("/tags", "tool-use"),
            says("/features", "tools"),
        ]),
        images: first(&[
            says("/architecture/input_modalities", "image"),
            flag("/capabilities/vision"),
            flag("/supports_image_in"),
            flag("/supports_vision"),
        ]),
        reasoning: first(&[
            says("/supported_parameters", "reasoning"),
            flag("/capabilities/reasoning"),
            flag("/supports_reasoning"),
        ]),
    }
}

/// OpenRouter's prices: dollars a token, as decimal text.
fn price(pricing: &Value) -> Option<Price> {
    let of = |name: &str| micro_dollars_per_million(pricing[name].as_str()?);
    let input = of("prompt").or_else(|| of("input"))?;
    let output = of("completion").or_else(|| of("output"))?;
    Some(Price {
        input,
        cached_input: of("input_cache_read").unwrap_or(input),
        cache_write: of("input_cache_write").unwrap_or(input),
        output,
        as_of: Timestamp(0),
        origin: "provider".into(),
    })
}

/// Exact: a price a token times 10^12, without a float on the way. More decimals are cut off.
fn micro_dollars_per_million(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |s: &str| s.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(12)];
    format!("{whole}{kept:0<12}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        for (text, price) in [
            ("0.00000015", Some(150_000)),
            ("0.0000006", Some(600_000)),
            ("0", Some(0)),
            ("0.000003", Some(3_000_000)),
            ("0.0000000000019", Some(1)),
            ("-1", None),
            ("1e-7", None),
            ("", None),
        ] {
            assert_eq!(micro_dollars_per_million(text), price, "{text}");
        }
    }

    #[test]
    fn lists_are_read_in_the_shapes_that_providers_use() -> Result<(), Failure> {
        let body = br#"{"object":"list","data":[
            {"id":"a/b:free","context_length":131072,"top_provider":{"max_completion_tokens":8192},
             "architecture":{"input_modalities":["text","image"]},"supported_parameters":["tools"],
             "pricing":{"prompt":"0.000001","completion":"0.000002","input_cache_read":"0.0000001"}},
            {"id":"q.gguf","meta":{"n_ctx":4096,"n_ctx_train":32768}},
            {"id":"m","max_model_len":2048,"capabilities":{"function_calling":true,"vision":false}},
            {"id":"models/gemini"},{"object":"model"}]}"#;
        let models = decode_models(body)?;
        let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(names, ["a/b:free", "q.gguf", "m", "gemini"]);
        let contexts: Vec<_> = models.iter().map(|model| model.context).collect();
        assert_eq!(contexts, [Some(131_072), Some(4096), Some(2048), None]);
        assert_eq!(models[0].max_output, Some(8192));
        assert_eq!(
            (models[0].abilities.tools, models[0].abilities.reasoning),
            (Some(true), Some(false))
        );
        assert_eq!(models[2].abilities.images, Some(false));
        let price = models[0].price.clone().unwrap_or_else(|| panic!("a price"));
        assert_eq!(
            (price.input, price.cached_input, price.output),
            (1_000_000, 100_000, 2_000_000)
        );
        assert_eq!(models[3].abilities, Abilities::default());
        assert_eq!(decode_models(br#"[{"id":"x"}]"#)?.len(), 1);
        assert!(decode_models(b"<html>").is_err());
        assert!(decode_models(br#"{"data":{}}"#).is_err());
        Ok(())
    }
}
