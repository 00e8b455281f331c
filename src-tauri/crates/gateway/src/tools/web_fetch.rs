//! A page of the web, as text.
//!
//! What an address says leaves this machine, so it asks; what comes back was written by strangers, so it taints. The
//! guard of all fetching stands below (SEC-33). A site's robots.txt is respected: nobody sits before this and reads.

use std::time::Duration;

use domain::Reach;
use serde::Deserialize;

use super::about::About;
use super::{Context, Given, parse};
use crate::fetch::{Page, PageKind};

pub(super) const ABOUT: About = About {
    name: "web_fetch",
    description: "Fetches a page of the public web and gives its text as markdown. Long pages are read in parts: say from which character.",
    parameters: r#"{"type":"object","properties":{"url":{"type":"string","description":"https address"},"from":{"type":"integer","minimum":0,"description":"First character; absent: 0"}},"required":["url"],"additionalProperties":false}"#,
    reach: Reach::Sends,
    untrusted: true,
    exact: false,
};

/// Characters of a page that are given at once.
const PART: usize = 24_000;
/// So many elements are read of a page: what is nested in each other is gone through in as many steps.
const ELEMENTS: usize = 6_000;
/// For those steps.
const STACK: usize = 128 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    url: String,
    #[serde(default)]
    from: usize,
}

pub(super) async fn run(context: &Context, arguments: &str) -> Given {
    let asked: Asked = match parse(arguments) {
        Ok(asked) => asked,
        Err(given) => return given,
    };
    let page = match context.engine.fetcher().page(&asked.url).await {
        Ok(Ok(page)) => page,
        Ok(Err(refusal)) => return Given::error(format!("The page was not fetched: {refusal}.")),
        Err(failure) => return Given::error(failure.message()),
    };
    let url = page.url.clone();
    let Some((text, cut)) = text(page).await else {
        return Given::error("The page could not be read.");
    };
    let all = text.chars().count();
    let part: String = text.chars().skip(asked.from).take(PART).collect();
    if part.is_empty() && all > 0 {
        return Given::error(format!("The page has {all} characters."));
    }
    let end = asked.from + part.chars().count();
    let rest = match end < all {
        true => format!(
            "\n\n[characters {} to {end} of {all}; ask for more with from: {end}]",
            asked.from
        ),
        false if cut => format!("\n\n[the page goes on; its first {ELEMENTS} elements are read]"),
        false => String::new(),
    };
    Given::text(format!("[{url}]\n\n{part}{rest}"))
}

/// What is read of a page, and whether more of it is there.
async fn text(page: Page) -> Option<(String, bool)> {
    match page.kind {
        PageKind::Text => Some((page.text, false)),
        PageKind::Html => {
            let (done, markdown) = tokio::sync::oneshot::channel();
            let reader = std::thread::Builder::new().stack_size(STACK);
            let read = move || {
                // whoever asked may have left
                let _left = done.send(markdown_of(&page.text));
            };
            reader.name("page".to_owned()).spawn(read).ok()?;
            tokio::time::timeout(PATIENCE, markdown).await.ok()?.ok()?
        }
    }
}

fn markdown_of(html: &str) -> Option<(String, bool)> {
    let skipped = vec![
        "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "form", "nav",
        "footer", "head",
    ];
    let converter = htmd::HtmlToMarkdown::builder().skip_tags(skipped).build();
    let read = bounded(html);
    let body = converter.convert(read).ok()?;
    let title = title(html).and_then(|title| converter.convert(title).ok());
    let title = title.as_deref().map(str::trim).unwrap_or_default();
    // most pages say it again as their first heading
    let said = |line: &str| line.trim_start_matches(['#', ' ']).trim_end() == title;
    let told = match title.is_empty() || body.lines().any(said) {
        true => body,
        false => format!("{title}\n\n{body}"),
    };
    Some((told, read.len() < html.len()))
}

/// What a page calls itself, in its own spelling.
fn title(html: &str) -> Option<&str> {
    /// Titles stand near the beginning, and are short.
    const NEAR: usize = 64 << 10;
    const LONGEST: usize = 500;
    let head = html.get(..html.floor_char_boundary(NEAR))?;
    let lower = head.to_ascii_lowercase();
    let begin = lower.find("<title")?;
    let begin = begin + lower.get(begin..)?.find('>')? + 1;
    let end = begin + lower.get(begin..)?.find("</title")?;
    head.get(begin..end)
        .filter(|title| title.len() <= LONGEST && !title.contains('<'))
}

/// The page up to its last element that is read.
fn bounded(html: &str) -> &str {
    let opens = memchr::memchr_iter(b'<', html.as_bytes())
        .filter(|at| html.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphabetic));
    match opens.into_iter().nth(ELEMENTS) {
        Some(end) => html.get(..end).unwrap_or(html),
        None => html,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_markdown() {
        let html = "<html><head><title>T</title><script>evil()</script></head><body><h1>Inglenook</h1>\
            <p>The <b>seat</b> by the <a href=\"https://example.com/fire\">fire</a>.</p>\
            <ul><li>warm</li><li>quiet</li></ul><script>more()</script></body></html>";
        let (markdown, cut) = markdown_of(html).unwrap_or_default();
        assert!(!cut);
        assert!(markdown.starts_with("T\n\n# Inglenook"), "{markdown}");
        assert!(markdown.contains("# Inglenook"), "{markdown}");
        assert!(
            markdown.contains("The **seat** by the [fire](https://example.com/fire)."),
            "{markdown}"
        );
        assert!(
            !markdown.contains("evil") && !markdown.contains("more()"),
            "{markdown}"
        );
    }

    #[tokio::test]
    async fn what_is_nested_without_end_is_read_to_its_bound() {
        for html in [
            "<div>".repeat(100_000),
            "<b></z>".repeat(100_000),
            "<".repeat(1 << 18),
        ] {
            let page = Page {
                url: "https://example.com/".to_owned(),
                kind: PageKind::Html,
                text: html,
            };
            assert!(text(page).await.is_some());
        }
    }
}
