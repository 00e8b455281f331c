//! `inglenook provider …`

use domain::{Failure, Slug, Wire};
use gateway::control::{
    CatalogueEntry, CheckState, DetectedServer, ModelList, ModelSource, Nothing, ProviderModels,
    ProviderName, ProviderReport, ProviderView, TestProvider,
};
use serde_json::json;

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Provider {
    /// Add a provider: by the catalogue entry of its slug or of --kind, or custom with --base-url.
    Add(Box<Add>),
    /// Give a provider another key, read from stdin.
    SetKey { slug: String },
    /// Take a provider's key away; the provider stays.
    RemoveKey { slug: String },
    /// List providers.
    List {
        /// The kinds that are known by name instead.
        #[arg(long)]
        catalogue: bool,
    },
    /// Say what works: reachability, key, models, a one-token call, streaming, tools.
    Test {
        slug: String,
        /// The model to call, instead of the first of its list.
        #[arg(long)]
        model: Option<String>,
    },
    /// List a provider's models.
    Models {
        slug: String,
        /// Ask the provider even when an answer is kept.
        #[arg(long)]
        refresh: bool,
    },
    /// Remove a provider and its key.
    Remove { slug: String },
    /// Find model servers that run on this machine.
    Detect,
}

#[derive(clap::Args)]
pub(crate) struct Add {
    slug: String,
    /// A catalogue id, or `custom`.
    #[arg(long, value_name = "CATALOGUE-ID")]
    kind: Option<String>,
    /// The name people read.
    #[arg(long)]
    name: Option<String>,
    /// The protocol it speaks.
    #[arg(long, value_parser = wire)]
    wire: Option<Wire>,
    /// Where its routes begin, instead of the catalogue's.
    #[arg(long)]
    base_url: Option<String>,
    /// Read its key from stdin.
    #[arg(long, conflicts_with = "no_key")]
    key_stdin: bool,
    /// It needs no key.
    #[arg(long)]
    no_key: bool,
    /// The longest an answer may take, in seconds, instead of 3 minutes (30 for this machine's own servers).
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    /// Accept plain http for a host that is not this machine.
    #[arg(long)]
    allow_http: bool,
    /// Trust the authority whose certificates this PEM file holds, for this provider alone.
    #[arg(long, value_name = "FILE")]
    ca: Option<std::path::PathBuf>,
    /// It only streams; whole answers are put together here.
    #[arg(long)]
    streams_only: bool,
}

fn wire(text: &str) -> Result<Wire, String> {
    Wire::parse(text).ok_or_else(|| {
        let names: Vec<_> = Wire::ALL.iter().map(|wire| wire.as_str()).collect();
        format!("a wire is one of {}", names.join(", "))
    })
}

fn read_ca(file: &std::path::Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::invalid("ca", format!("{} cannot be read: {error}.", file.display())))
}

pub(super) async fn run(args: Provider, options: Resolved) -> Result<(), Failure> {
    let wants_key = match &args {
        Provider::Add(add) => add.key_stdin,
        Provider::SetKey { .. } => true,
        Provider::List { .. }
        | Provider::RemoveKey { .. }
        | Provider::Test { .. }
        | Provider::Models { .. }
        | Provider::Remove { .. }
        | Provider::Detect => false,
    };
    let key = if wants_key {
        Some(super::vault::secret_from_stdin("The provider's key: ").await?)
    } else {
        None
    };
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, key, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Provider, key: Option<String>, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Provider::Add(add) => {
            let ca = add.ca.as_deref().map(read_ca).transpose()?;
            let wanted = json!({
                "id": Slug::new(&add.slug)?, "kind": add.kind, "name": add.name, "wire": add.wire,
                "base_url": add.base_url, "allow_http": add.allow_http, "no_key": add.no_key, "key": key,
                "timeouts": { "overall_s": add.timeout }, "ca": ca, "streams_only": add.streams_only,
            });
            let added: ProviderView = door.run("provider.add", &wanted).await?;
            output::print(json, &added, |added| {
                let then = if added.key_missing {
                    "; it still needs a key: `inglenook provider set-key`"
                } else {
                    ""
                };
                format!("Added {}{then}.", added.provider.id)
            })
        }
        Provider::SetKey { slug } => {
            let wanted = json!({ "id": Slug::new(&slug)?, "key": key });
            let changed: ProviderView = door.run("provider.set_key", &wanted).await?;
            output::print(json, &changed, |changed| {
                format!("{} has a new key.", changed.provider.id)
            })
        }
        Provider::RemoveKey { slug } => {
            let wanted = ProviderName {
                id: Slug::new(&slug)?,
            };
            let changed: ProviderView = door.run("provider.remove_key", &wanted).await?;
            output::print(json, &changed, |changed| {
                format!("{} has no key any more.", changed.provider.id)
            })
        }
        Provider::List { catalogue: true } => {
            let entries: Vec<CatalogueEntry> = door.run("provider.catalogue", &Nothing {}).await?;
            output::print(json, &entries, |entries| {
                let row = |entry: &CatalogueEntry| {
                    let at = match (&entry.base_url, &entry.base_url_help) {
                        (Some(url), _) => url.replace(":443", ""),
                        (None, Some(help)) => format!("your own: {help}"),
                        (None, None) => "in this process".to_owned(),
                    };
                    let key = if entry.needs_key { "yes" } else { "no" };
                    let wire = entry.wire.as_str().to_owned();
                    vec![entry.id.clone(), entry.name.clone(), wire, key.into(), at]
                };
                output::table(
                    &["KIND", "NAME", "WIRE", "KEY", "ADDRESS"],
                    &entries.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
        Provider::List { catalogue: false } => {
            let all: Vec<ProviderView> = door.run("provider.list", &Nothing {}).await?;
            output::print(json, &all, |all| {
                if all.is_empty() {
                    return "No providers yet. Add one: inglenook provider add starter".to_owned();
                }
                let row = |view: &ProviderView| {
                    let provider = &view.provider;
                    let at = provider
                        .base_url()
                        .map_or("in this process", |url| url.as_str())
                        .to_owned();
                    let key = match (&provider.key_hint, view.key_missing) {
                        (Some(hint), _) => format!("…{hint}"),
                        (None, true) => "missing".to_owned(),
                        (None, false) => "none needed".to_owned(),
                    };
                    vec![
                        provider.id.to_string(),
                        provider.kind.clone(),
                        key,
                        view.agents.to_string(),
                        at,
                    ]
                };
                let rows: Vec<_> = all.iter().map(row).collect();
                output::table(&["SLUG", "KIND", "KEY", "AGENTS", "ADDRESS"], &rows)
            })
        }
        Provider::Test { slug, model } => {
            let wanted = TestProvider {
                id: Slug::new(&slug)?,
                model,
            };
            let report: ProviderReport = door.run("provider.test", &wanted).await?;
            let ok = report.ok;
            output::print(json, &report, |report| checks(&report.checks))?;
            if ok {
                return Ok(());
            }
            Err(Failure::new(
                domain::FailureKind::UpstreamFailed,
                format!("{slug} does not work yet."),
            ))
        }
        Provider::Models { slug, refresh } => {
            let wanted = ProviderModels {
                id: Slug::new(&slug)?,
                refresh,
            };
            let list: ModelList = door.run("provider.models", &wanted).await?;
            output::print(json, &list, models)
        }
        Provider::Remove { slug } => {
            let gone: Nothing = door
                .run(
                    "provider.remove",
                    &ProviderName {
                        id: Slug::new(&slug)?,
                    },
                )
                .await?;
            output::print(json, &gone, |_| format!("Removed {slug} and its key."))
        }
        Provider::Detect => {
            let found: Vec<DetectedServer> = door.run("provider.detect", &Nothing {}).await?;
            output::print(json, &found, |found| {
                if found.is_empty() {
                    return "No model server answers on its usual port.".to_owned();
                }
                let row = |server: &DetectedServer| {
                    vec![
                        server.kind.clone(),
                        server.name.clone(),
                        server.base_url.clone(),
                        server.models.join(", "),
                    ]
                };
                output::table(
                    &["KIND", "NAME", "ADDRESS", "MODELS"],
                    &found.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
    }
}

/// The models of a list, and how old it is.
fn models(list: &ModelList) -> String {
    let row = |model: &domain::Model| {
        let context = model
            .context
            .map_or_else(|| "-".to_owned(), |context| context.to_string());
        let abilities = &model.abilities;
        let able = [
            ("tools", abilities.tools),
            ("images", abilities.images),
            ("reasoning", abilities.reasoning),
        ];
        let known: Vec<&str> = able
            .iter()
            .filter(|(_, able)| *able == Some(true))
            .map(|(name, _)| *name)
            .collect();
        let can = if known.is_empty() {
            "-".to_owned()
        } else {
            known.join(" ")
        };
        let price = model.price.as_ref().map_or_else(
            || "unknown".to_owned(),
            |price| format!("{} / {}", domain::Money(price.input), domain::Money(price.output)),
        );
        vec![model.id.clone(), context, can, price]
    };
    let rows: Vec<_> = list.models.iter().map(row).collect();
    let mut text = output::table(
        &["MODEL", "CONTEXT", "CAN", "PRICE A MILLION TOKENS IN / OUT"],
        &rows,
    );
    let who = match list.source {
        ModelSource::Provider => "the provider's list",
        ModelSource::Catalogue => "from the catalogue that comes with Inglenook",
    };
    text.push_str(&format!("\n{who}, {}", age(list.age_s)));
    if let Some(failure) = &list.failure {
        text.push_str(&format!("\nIt could not be asked just now: {}", failure.message));
    }
    text
}

fn age(seconds: u64) -> String {
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} minutes old", seconds / 60),
        3600..172_800 => format!("{} hours old", seconds / 3600),
        _ => format!("{} days old", seconds / 86_400),
    }
}

/// Checks, a line each.
pub(super) fn checks(checks: &[gateway::control::Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let state = match check.state {
            CheckState::Ok => "ok",
            CheckState::Warning => "look",
            CheckState::Failed => "FAIL",
            CheckState::Skipped => "-",
        };
        let took = check
            .took_ms
            .map_or_else(String::new, |took| format!(" ({took} ms)"));
        text.push_str(&format!("{state:<5} {}: {}{took}\n", check.name, check.detail));
        if let Some(hint) = &check.hint {
            text.push_str(&format!("      {hint}\n"));
        }
    }
    text
}
