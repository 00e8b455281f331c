//! The list of models as Anthropic's clients read it (W-101, W-102).
//!
//! Claude Code shows in its picker only what is named after Anthropic's models. So every agent is listed a second
//! time under such a name, and may be called by it.

use domain::{Failure, Timestamp};
use wire::anthropic_messages::{ListedModel, Page, encode_model, encode_models};

use super::Listed;

/// What the second name of an agent begins with.
const LIKE_THEIRS: &str = "claude-";

/// A page of the list, as the query asks for it.
pub(super) fn list(all: &[Listed], query: &str) -> Result<Vec<u8>, Failure> {
    let named = all.iter().flat_map(|listed| {
        let own = model(listed, listed.choice.id.clone());
        let theirs = listed.choice.agent && !own.id.starts_with(LIKE_THEIRS);
        let second = theirs.then(|| model(listed, format!("{LIKE_THEIRS}{}", own.id)));
        [Some(own), second].into_iter().flatten()
    });
    let named: Vec<ListedModel> = named.collect();
    let mut out = Vec::new();
    encode_models(&named, &page(query)?, &mut out)?;
    Ok(out)
}

/// One model, under the name by which it was asked for.
pub(super) fn one(listed: &Listed, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    encode_model(&model(listed, name.to_owned()), &mut out);
    out
}

fn page(query: &str) -> Result<Page, Failure> {
    let mut page = Page::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "limit" => {
                let limit = value.parse();
                page.limit = Some(
                    limit.map_err(|_| Failure::invalid("limit", "'limit' is a number from 1 to 1000."))?,
                );
            }
            "after_id" => page.after_id = Some(value.into_owned()),
            "before_id" => page.before_id = Some(value.into_owned()),
            _ => {}
        }
    }
    Ok(page)
}

fn model(listed: &Listed, id: String) -> ListedModel {
    let facts = listed.model.as_deref();
    let created = listed
        .agent
        .as_ref()
        .map_or(Timestamp(0), |agent| agent.created_at);
    let created = jiff::Timestamp::from_second(created.seconds()).unwrap_or_default();
    ListedModel {
        id,
        display_name: listed.choice.name.clone(),
        created_at: created.to_string(),
        max_input_tokens: facts.and_then(|model| model.context),
        max_tokens: facts.and_then(|model| model.max_output),
    }
}
