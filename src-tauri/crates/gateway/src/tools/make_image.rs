//! Has a picture made, by the model that the settings name.
//!
//! What it is to show leaves this machine and costs money, so it asks. It is a call of its own on the path of every call:
//! under the caller's key and budgets, in the ledger, ended when the caller leaves. What comes back is looked at like
//! any tool's picture; an address is fetched as any address of a stranger is.

use std::pin::Pin;

use base64ct::{Base64, Encoding as _};
use domain::{Failure, ImageRequest, Media, MediaSource, Part, Reach, Target};
use serde::Deserialize;

use super::about::About;
use super::pictures::{self, Unfit};
use super::{Context, Given, parse};
use crate::fetch::Wanted;
use crate::turn::{Ask, Bare, Reply};

pub(super) const ABOUT: About = About {
    name: "make_image",
    description: "Makes a picture from words and shows it to the person. Say all that matters: what is to be seen, where, in which light and style, and any words in it.",
    parameters: r#"{"type":"object","properties":{"prompt":{"type":"string","description":"What the picture shows"},"size":{"type":"string","pattern":"^[1-9][0-9]{1,3}x[1-9][0-9]{1,3}$","description":"WIDTHxHEIGHT in pixels, 1024x1024 for example; absent: as the model likes. Not every model makes every size"}},"required":["prompt"],"additionalProperties":false}"#,
    reach: Reach::Sends,
    untrusted: false,
    exact: false,
};

const LONGEST: usize = 8_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    prompt: String,
    #[serde(default)]
    size: Option<String>,
}

/// Boxed: it is a call within a call.
pub(super) fn run<'a>(
    context: &'a Context,
    arguments: &'a str,
) -> Pin<Box<dyn Future<Output = Given> + Send + 'a>> {
    Box::pin(async move {
        let asked: Asked = match parse(arguments) {
            Ok(asked) => asked,
            Err(given) => return given,
        };
        let prompt = asked.prompt.trim();
        if prompt.is_empty() || prompt.chars().count() > LONGEST {
            return Given::error(format!("What the picture shows has 1 to {LONGEST} characters."));
        }
        if asked.size.as_deref().is_some_and(|size| !is_size(size)) {
            return Given::error("A size is WIDTHxHEIGHT in pixels, such as 1024x1536.");
        }
        let Some(model) = context.engine.roster().now().settings.image_model.clone() else {
            return Given::error(
                "No model makes pictures here. Tell the person: it is chosen in Inglenook's settings, under Models.",
            );
        };
        let wanted = ImageRequest {
            prompt: prompt.to_owned(),
            size: asked.size,
        };
        match made(context, &model, wanted).await {
            Ok(given) => given,
            Err(failure) => Given::error(format!("No picture was made: {}", failure.message())),
        }
    })
}

fn is_size(text: &str) -> bool {
    let side = |side: &str| {
        (2..=4).contains(&side.len())
            && !side.starts_with('0')
            && side.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split_once('x')
        .is_some_and(|(width, height)| side(width) && side(height))
}

async fn made(context: &Context, model: &Target, wanted: ImageRequest) -> Result<Given, Failure> {
    let engine = &context.engine;
    let key = match context.key() {
        Ok(key) => key,
        Err(given) => return Ok(given),
    };
    let ask = Bare::Image(wanted).asked(engine, model, context.source.clone(), "image")?;
    let ask = Ask {
        key,
        // each try may be paid for
        retries: false,
        ..ask
    };
    let Reply::Whole(whole) = engine.turn(ask).await?.reply else {
        return Err(crate::failures::internal("no whole answer in place of a picture"));
    };
    let choice = whole.0.choices.into_iter().next();
    let parts = choice.map(|choice| choice.message.parts).unwrap_or_default();
    let told = Part::plain_text(&parts);
    let image = parts.into_iter().find_map(|part| {
        let Part::Image(media) = part else { return None };
        Some(media)
    });
    let image = image.ok_or_else(|| crate::failures::internal("an answer without its picture"))?;
    let image = match taken(context, image).await? {
        Ok(image) => image,
        Err(why) => {
            return Ok(Given::error(format!(
                "A picture was made and paid for, but {why}."
            )));
        }
    };
    let kind = image.media_type.as_deref().unwrap_or("image").to_owned();
    let mut text = format!("A picture was made by {model} ({kind}), and the person is shown it.");
    if !told.is_empty() {
        text.push_str(&format!(" The model drew: {told}"));
    }
    let mut given = Given::text(text);
    given.images.push(image);
    Ok(given)
}

/// The picture with its bytes, or why it cannot be shown.
async fn taken(context: &Context, image: Media) -> Result<Result<Media, String>, Failure> {
    let data = match image.source {
        MediaSource::Base64 { data } => data,
        MediaSource::Url { url } => match context.engine.fetcher().fetch(&url, Wanted::Image).await? {
            Ok(fetched) => Base64::encode_string(&fetched.bytes),
            Err(refusal) => return Ok(Err(format!("its address gave nothing ({refusal})"))),
        },
        MediaSource::FileId { .. } => return Ok(Err("it stayed with its provider".to_owned())),
    };
    // what it is, its bytes tell
    Ok(pictures::read(&data, Some("image/png")).map_err(|unfit| {
        match unfit {
            Unfit::TooLarge => "it is larger than 3.75 MiB; ask for a smaller size",
            Unfit::NotBase64 | Unfit::NotWhatItSays | Unfit::OtherKind => "what came is no picture",
        }
        .to_owned()
    }))
}
