//! Looks something up in the web, with the engine that a person has chosen.
//!
//! What is looked for leaves this machine, so it asks; what is found was written by strangers, so it taints.

use domain::Reach;
use serde::Deserialize;

use super::about::About;
use super::{Context, Given, parse};
use crate::searching::{self, Found};

pub(super) const ABOUT: About = About {
    name: "web_search",
    description: "Looks something up in the web: titles, addresses and excerpts of pages. Read a page with web_fetch, where you have it.",
    parameters: r#"{"type":"object","properties":{"query":{"type":"string","description":"What to look for"},"count":{"type":"integer","minimum":1,"maximum":20,"description":"How many results; absent: 8"}},"required":["query"],"additionalProperties":false}"#,
    reach: Reach::Sends,
    untrusted: true,
    exact: false,
};

const USUAL: u32 = 8;
const LONGEST: usize = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    query: String,
    #[serde(default)]
    count: Option<u32>,
}

pub(super) async fn run(context: &Context, arguments: &str) -> Given {
    let asked: Asked = match parse(arguments) {
        Ok(asked) => asked,
        Err(given) => return given,
    };
    let query = asked.query.trim();
    if query.is_empty() || query.chars().count() > LONGEST {
        return Given::error(format!("What to look for has 1 to {LONGEST} characters."));
    }
    let Some(by) = context.engine.roster().now().settings.web_search.clone() else {
        return Given::error(
            "No search engine is set up. Tell the person: it is chosen in Inglenook's settings, under Web search.",
        );
    };
    let count = asked.count.unwrap_or(USUAL);
    match searching::search(&context.engine, &by, query, count).await {
        Ok(found) if found.is_empty() => Given::text("Nothing was found."),
        Ok(found) => Given::text(told(&found)),
        Err(failure) => Given::error(failure.message()),
    }
}

fn told(found: &[Found]) -> String {
    let one = |(number, found): (usize, &Found)| {
        format!(
            "{number}. {}\n   {}\n   {}",
            found.title, found.url, found.excerpt
        )
    };
    (1..).zip(found).map(one).collect::<Vec<_>>().join("\n")
}
