//! `inglenook endpoint lan …`: the endpoint in the local network.

use domain::Failure;
use gateway::control::{AppStatus, LanCertificate, LanStatus, Nothing, OpenLan};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Lan {
    /// Let other machines of the local network in, with TLS and a client key, until a time is over.
    On {
        /// For how long: 1h, 8h, or at most 24h. What is open already gets this time from now.
        #[arg(long = "for", default_value = "24h", value_name = "TIME", value_parser = seconds)]
        span: u32,
        /// The port, beside the one on loopback; 4745 when nothing else is said, 0 for any free one.
        #[arg(long)]
        port: Option<u16>,
        /// Make a new key pair and certificate; programs that believe the old one have to be told.
        #[arg(long)]
        new_certificate: bool,
    },
    /// Close it at once; what runs there is cut off.
    Off,
    /// Whether it is open, where, until when, and the certificate's fingerprint.
    Status,
    /// Print the certificate, for programs that are told what to believe.
    Certificate,
}

fn seconds(text: &str) -> Result<u32, String> {
    let seconds = super::key::span(text)?;
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=24 * 3600).contains(seconds))
        .ok_or_else(|| "a time of 24h at most: 1h, 8h, 24h".to_owned())
}

pub(super) async fn run(args: Lan, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Lan, door: &mut Door, json: bool) -> Result<(), Failure> {
    let status: LanStatus = match args {
        Lan::On {
            span,
            port,
            new_certificate,
        } => {
            let wish = OpenLan {
                seconds: span,
                port,
                new_certificate,
            };
            door.run("endpoint.lan_open", &wish).await?
        }
        Lan::Off => door.run("endpoint.lan_close", &Nothing {}).await?,
        Lan::Status => door.run::<AppStatus>("app.status", &Nothing {}).await?.lan,
        Lan::Certificate => {
            let certificate: LanCertificate = door.run("endpoint.lan_certificate", &Nothing {}).await?;
            return output::print(json, &certificate, |certificate| certificate.pem.clone());
        }
    };
    output::print(json, &status, told)
}

/// The status as people read it.
pub(super) fn told(status: &LanStatus) -> String {
    match status {
        LanStatus::Off => "Only this machine can reach the endpoint.".to_owned(),
        LanStatus::Failed { failure } => {
            format!("Only this machine can reach the endpoint. {}", failure.message)
        }
        LanStatus::Open {
            base_urls,
            fingerprint,
            until,
            ..
        } => format!(
            "Open to the local network until {}, for whoever has a client key\n{}\nSHA-256 fingerprint of the certificate, to compare:\n{fingerprint}",
            output::when(*until),
            base_urls.join("\n"),
        ),
    }
}
