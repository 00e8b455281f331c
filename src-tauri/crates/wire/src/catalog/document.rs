//! The catalogue as a page for people: `docs/providers.md`.

use domain::AuthScheme;

use super::{Entry, entries};

const HEAD: &str = "# Providers

Written by `cargo test` from `src-tauri/crates/wire/catalog/*.toml`; do not edit.

Each is data over one of six wires; any other server that speaks one of them is added with
`inglenook provider add SLUG --kind custom --wire WIRE --base-url URL`.

`yes`: at least one of its models can; `no`: none can; blank: not known. Its models are asked for (with its
key, or without one), or are names that are kept here.

| id | provider | wire | streaming | tools | images | PDF | reasoning | JSON Schema | embeddings | completions | models |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

const ADDRESSES: &str = "
## Addresses and keys

| id | base URL | key |
| --- | --- | --- |
";

/// The text of `docs/providers.md`.
pub fn document() -> String {
    let mut out = String::from(HEAD);
    for entry in entries() {
        out.push_str(&abilities(entry));
    }
    out.push_str(ADDRESSES);
    for entry in entries() {
        out.push_str(&address(entry));
    }
    out
}

fn abilities(entry: &Entry) -> String {
    let can = &entry.abilities;
    let cells = [
        can.streaming,
        can.tools,
        can.images,
        can.pdf,
        can.reasoning,
        can.json_schema,
        Some(entry.embeddings.is_some()),
        Some(entry.completions.is_some()),
    ];
    let cells = cells.map(|cell| match cell {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    });
    let models = match (&entry.models.path, entry.models.public) {
        (Some(_), true) => "asked",
        (Some(_), false) => "asked, with the key",
        (None, _) => "kept",
    };
    format!(
        "| `{}` | {} | `{}` | {} | {models} |\n",
        entry.id,
        entry.name,
        entry.wire.as_str(),
        cells.join(" | ")
    )
}

fn address(entry: &Entry) -> String {
    let url = match (&entry.base_url, &entry.base_url_help) {
        (Some(url), _) => format!("`{}`", url.as_str().replace(":443", "")),
        (None, Some(help)) => format!("your own: `{help}`"),
        (None, None) => "your own".into(),
    };
    let mut key = match &entry.auth {
        AuthScheme::None => "none".to_owned(),
        AuthScheme::Bearer => "as bearer token".to_owned(),
        AuthScheme::Header { name } => format!("in the header `{name}`"),
        AuthScheme::Aws { .. } => "signed with (SigV4), or as bearer token".to_owned(),
    };
    if let Some(url) = &entry.key_url {
        key.push_str(&format!(", made at <{url}>"));
    }
    if let Some(help) = &entry.key_help {
        key.push_str(&format!(". {}", help.trim_end_matches('.')));
    }
    format!("| `{}` | {url} | {key}. |\n", entry.id)
}
