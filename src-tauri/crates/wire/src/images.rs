//! Pictures that a model makes of words: OpenAI's route for it, which other providers have taken over.
//!
//! The danger is a picture that is paid for and lost. So it is taken in both forms that providers give it, as base64 or
//! as an address, and no form is asked for: models that give one form refuse to be asked for another.
//! From OpenAI's reference of `POST /v1/images/generations`; no recording of it exists.

use domain::{
    Answer, Choice, Extra, Failure, FailureKind, ImageRequest, Media, MediaSource, Message, Part, Role,
    StopReason,
};
use serde_json::value::RawValue;

use crate::json::Object;
use crate::openai_responses::usage;
use crate::refusal;

/// Where pictures are asked for, under the base URL of a provider that nobody catalogued.
pub const PATH: &str = "/images/generations";

/// Writes the body of a request for one picture.
pub fn encode_request(request: &ImageRequest, model: &str, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.string("model", model);
    object.string("prompt", &request.prompt);
    object.unsigned("n", 1);
    if let Some(size) = &request.size {
        object.string("size", size);
    }
    object.close();
}

#[derive(serde::Deserialize)]
struct Made<'a> {
    data: Vec<One>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct One {
    b64_json: Option<String>,
    url: Option<String>,
    revised_prompt: Option<String>,
}

/// Reads the body of a successful response: one choice, whose message has the picture, before it what the provider made
/// of the prompt if it says so. Its bytes are as the provider gave them; whether they are a picture is not looked at.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it holds no picture; what the provider says when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let none = || {
        refusal::told(body).unwrap_or_else(|| {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider's answer holds no picture.",
            )
        })
    };
    let made: Made<'_> = serde_json::from_slice(body).map_err(|_| none())?;
    let usage = made.usage.and_then(usage::read);
    let one = made.data.into_iter().next().ok_or_else(none)?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let source = match (filled(one.b64_json), filled(one.url)) {
        (Some(data), _) => MediaSource::Base64 { data },
        (None, Some(url)) => MediaSource::Url { url },
        (None, None) => return Err(none()),
    };
    let mut parts: Vec<Part> = filled(one.revised_prompt).map(Part::text).into_iter().collect();
    parts.push(Part::Image(Media {
        source,
        media_type: None,
        name: None,
        extra: Extra::new(),
    }));
    Ok(Answer {
        choices: vec![Choice {
            message: Message {
                role: Role::Assistant,
                parts,
                extra: Extra::new(),
            },
            reason: StopReason::Stop,
            logprobs: None,
        }],
        usage,
        ..Answer::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str) -> Result<Vec<Part>, Failure> {
        let mut answer = decode_answer(body.as_bytes())?;
        Ok(answer.choices.remove(0).message.parts)
    }

    fn source(part: &Part) -> Option<&MediaSource> {
        let Part::Image(media) = part else { return None };
        Some(&media.source)
    }

    #[test]
    fn a_request_says_what_was_asked_and_no_more() {
        let mut out = Vec::new();
        let mut request = ImageRequest {
            prompt: "a \"fire\"".into(),
            size: None,
        };
        encode_request(&request, "gpt-image-1", &mut out);
        assert_eq!(out, br#"{"model":"gpt-image-1","prompt":"a \"fire\"","n":1}"#);
        out.clear();
        request.size = Some("1024x1536".into());
        encode_request(&request, "m", &mut out);
        assert!(out.ends_with(br#""n":1,"size":"1024x1536"}"#));
    }

    #[test]
    fn pictures_come_in_two_forms_with_what_they_took() -> Result<(), Failure> {
        let body = r#"{"created":1,"data":[{"b64_json":"iVBORw0KGgo="}],
            "usage":{"total_tokens":100,"input_tokens":50,"output_tokens":50}}"#;
        let answer = decode_answer(body.as_bytes())?;
        let (usage, _) = answer.usage.unwrap_or_else(|| panic!("it says"));
        assert_eq!((usage.input, usage.output), (50, 50));
        let found = parts(body)?;
        assert_eq!(
            source(&found[0]),
            Some(&MediaSource::Base64 {
                data: "iVBORw0KGgo=".into()
            })
        );
        let found = parts(
            r#"{"data":[{"url":"https://images.example/1.png","revised_prompt":"A fire."}],"usage":null}"#,
        )?;
        assert_eq!(found[0], Part::text("A fire."));
        assert_eq!(
            source(&found[1]),
            Some(&MediaSource::Url {
                url: "https://images.example/1.png".into()
            })
        );
        Ok(())
    }

    #[test]
    fn what_holds_no_picture_is_a_failure_in_the_providers_words_where_it_has_some() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"data":[]}"#,
            r#"{"data":[{"b64_json":""}]}"#,
            r#"{"data":[{}]}"#,
        ] {
            let failure = decode_answer(body.as_bytes()).err();
            assert_eq!(
                failure.map(|one| one.kind()),
                Some(FailureKind::UpstreamFailed),
                "{body}"
            );
        }
        let body = br#"{"error":{"message":"Not this.","code":"moderation_blocked"}}"#;
        let failure = decode_answer(body).err();
        assert!(failure.is_some_and(|one| one.message().contains("Not this.")));
    }
}
