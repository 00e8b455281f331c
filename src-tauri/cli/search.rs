//! `inglenook search …`: the engine that agents look things up in the web with.

use domain::{BaseUrl, Failure, SearchEngine, WebSearch};
use gateway::control::{Nothing, SearchResult, Settings, TryWebSearch};
use serde_json::json;

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Search {
    /// Show which engine is used.
    Show,
    /// Choose the engine: searxng, brave or tavily.
    Set {
        #[arg(value_parser = engine)]
        engine: SearchEngine,
        /// Where it is; needed for searxng.
        #[arg(long, value_parser = base_url)]
        base_url: Option<BaseUrl>,
        /// Read its key from stdin.
        #[arg(long)]
        key_stdin: bool,
        /// Accept plain http for a host that is not this machine.
        #[arg(long)]
        allow_http: bool,
    },
    /// Look something up, to see whether it works.
    Test {
        text: String,
        /// At most so many results.
        #[arg(long, default_value_t = 5)]
        count: u32,
    },
    /// Forget the engine and its key.
    Off,
}

fn engine(text: &str) -> Result<SearchEngine, String> {
    let known = SearchEngine::ALL.into_iter().find(|one| one.as_str() == text);
    known.ok_or_else(|| {
        let names = SearchEngine::ALL.map(SearchEngine::as_str);
        format!("one of {}", names.join(", "))
    })
}

fn base_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(text).map_err(|failure| failure.message().to_owned())
}

pub(super) async fn run(args: Search, options: Resolved) -> Result<(), Failure> {
    let key = match &args {
        Search::Set { key_stdin: true, .. } => {
            Some(super::vault::secret_from_stdin("The engine's key: ").await?)
        }
        Search::Set { .. } | Search::Show | Search::Test { .. } | Search::Off => None,
    };
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, key, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Search, key: Option<String>, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Search::Show => {
            let settings: Settings = door.run("settings.get", &Nothing {}).await?;
            output::print(json, &settings.web_search, |chosen| match chosen {
                Some(chosen) => shown(chosen),
                None => "No search engine is set up. Choose one: inglenook search set".to_owned(),
            })
        }
        Search::Set {
            engine,
            base_url,
            key_stdin: _,
            allow_http,
        } => {
            let asked = json!({"engine": engine, "base_url": base_url, "key": key, "allow_http": allow_http});
            let chosen: WebSearch = door.run("search.set", &asked).await?;
            output::print(json, &chosen, shown)
        }
        Search::Test { text, count } => {
            let asked = TryWebSearch {
                text,
                count: Some(count),
            };
            let found: Vec<SearchResult> = door.run("search.test", &asked).await?;
            output::print(json, &found, |found| match found.is_empty() {
                true => "Nothing found.".to_owned(),
                false => told(found),
            })
        }
        Search::Off => {
            let done: Nothing = door.run("search.off", &Nothing {}).await?;
            output::print(json, &done, |_| {
                "Agents do not look things up in the web.".to_owned()
            })
        }
    }
}

fn shown(chosen: &WebSearch) -> String {
    let key = match &chosen.key_hint {
        Some(hint) => format!("key …{hint}"),
        None => "no key".to_owned(),
    };
    format!("{}  {}  {key}", chosen.engine.label(), chosen.base_url.as_str())
}

fn told(found: &[SearchResult]) -> String {
    let one = |found: &SearchResult| format!("{}\n  {}\n  {}", found.title, found.url, found.excerpt);
    found.iter().map(one).collect::<Vec<_>>().join("\n\n")
}
