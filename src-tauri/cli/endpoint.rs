//! `inglenook endpoint …`

use domain::Failure;
use gateway::control::{EndpointStatus, Exposure, Nothing, RefusedAttempt, RefusedAttempts, RefusedView};

use super::door::Door;
use super::{Resolved, lan, output};

#[derive(clap::Subcommand)]
pub(crate) enum Endpoint {
    /// Tell programs that the endpoint is paused, instead of answering them. What runs goes on.
    Pause,
    /// Answer programs again.
    Resume,
    /// Who can reach the app, and what was turned away since it was started.
    Exposure,
    /// The last attempts without a known key that were refused: when, why, at what, and from where.
    Refused,
    /// The endpoint in the local network: off unless it is switched on here or in the window, and for a time.
    #[command(subcommand)]
    Lan(lan::Lan),
}

pub(super) async fn run(args: Endpoint, options: Resolved) -> Result<(), Failure> {
    let json = options.json;
    let command = match args {
        Endpoint::Lan(args) => return lan::run(args, options).await,
        Endpoint::Pause => "endpoint.pause",
        Endpoint::Resume => "endpoint.resume",
        Endpoint::Exposure => {
            let mut door = Door::open(&options).await?;
            let exposure = door.run::<Exposure>("endpoint.exposure", &Nothing {}).await;
            door.close().await;
            return output::print(json, &exposure?, exposed);
        }
        Endpoint::Refused => {
            let mut door = Door::open(&options).await?;
            let refused = door.run::<RefusedAttempts>("endpoint.refused", &Nothing {}).await;
            door.close().await;
            return output::print(json, &refused?, attempts);
        }
    };
    let mut door = Door::open(&options).await?;
    let status = door.run::<EndpointStatus>(command, &Nothing {}).await;
    door.close().await;
    output::print(json, &status?, |status| match status {
        EndpointStatus::Listening {
            base_url,
            paused: true,
            ..
        } => format!("{base_url} is paused"),
        EndpointStatus::Listening { base_url, .. } => format!("Listening at {base_url}"),
        EndpointStatus::Stopped => "Inglenook does not run; there is nothing to pause.".to_owned(),
        EndpointStatus::Failed { failure } => failure.message.clone(),
    })
}

fn attempts(refused: &RefusedAttempts) -> String {
    if refused.count == 0 {
        return "Nothing was refused since Inglenook was started.".to_owned();
    }
    let row = |attempt: &RefusedAttempt| {
        let from = attempt.from.as_deref().or(attempt.program.as_deref());
        vec![
            output::when(attempt.at),
            attempt.kind.as_str().to_owned(),
            from.unwrap_or("-").to_owned(),
            attempt.route.clone(),
        ]
    };
    let rows: Vec<_> = refused.recent.iter().map(row).collect();
    format!(
        "{} refused since Inglenook was started; the last {}:\n{}",
        refused.count,
        rows.len(),
        output::table(&["WHEN", "WHY", "FROM", "WHAT"], &rows)
    )
}

fn exposed(exposure: &Exposure) -> String {
    let list = |items: &[String]| match items {
        [] => "none".to_owned(),
        items => items.join(", "),
    };
    let mut text = format!(
        "addresses     {}\nlocal network {}\nclient keys   {}, of which {} may name any model\nweb origins   {}\nwithout a key {}\n",
        list(&exposure.addresses),
        lan::told(&exposure.lan).replace('\n', "\n              "),
        exposure.keys,
        exposure.keys_any_model,
        list(&exposure.origins),
        if exposure.no_key_on_loopback {
            "yes, every program on this machine"
        } else {
            "no"
        },
    );
    if exposure.refused.is_empty() {
        text.push_str("turned away   nobody");
        return text;
    }
    let row = |refused: &RefusedView| {
        vec![
            refused.kind.as_str().to_owned(),
            refused.count.to_string(),
            output::when(refused.last_at),
        ]
    };
    let rows: Vec<_> = exposure.refused.iter().map(row).collect();
    text.push_str(&output::table(&["TURNED AWAY", "COUNT", "LAST"], &rows));
    text
}
