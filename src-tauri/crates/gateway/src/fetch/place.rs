//! Reads an address as strictly as it can be read.
//!
//! The danger is two readers that understand one text differently: one checks, the other connects. Here one
//! reader does both, and what it would have had to put right (numbers that stand for an address, dots of other
//! scripts, backslashes, line breaks) is refused instead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use super::policy::FetchPolicy;
use super::refusal::Refusal;
use super::resolve;

/// Longer than the address of any picture, signatures included.
const LONGEST: usize = 8 << 10;
/// Ports of web servers.
const PORTS: &[u16] = &[80, 443, 8080, 8443];
/// Names that never leave a machine or a network, and those of the metadata of clouds.
const INSIDE: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "corp",
    "home",
    "lan",
    "private",
    "arpa",
    "onion",
    "test",
    "invalid",
];

/// Reads an address and checks all that can be checked before its name is looked up.
pub(super) fn read(text: &str, policy: &FetchPolicy) -> Result<Url, Refusal> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if text.len() > LONGEST || text.contains(odd) {
        return Err(Refusal::NotAnAddress);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Refusal::NotAnAddress)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(Refusal::NotAnAddress);
    }
    let written = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if written.contains('@') {
        return Err(Refusal::Credentials);
    }
    let url = Url::parse(text).map_err(|_| Refusal::NotAnAddress)?;
    let host = url.host_str().ok_or(Refusal::NotAnAddress)?;
    if !is_as_written(written, host) {
        return Err(Refusal::NotAnAddress);
    }
    let port = url.port_or_known_default().ok_or(Refusal::Port)?;
    if !PORTS.contains(&port) && !policy.allows_port(port) {
        return Err(Refusal::Port);
    }
    match literal(host) {
        Some(ip) => resolve::check(ip, policy)?,
        None if is_inside(host) => return Err(Refusal::Inside),
        None => {}
    }
    Ok(url)
}

/// Where a redirect leads, checked like a first address.
pub(super) fn next(from: &Url, location: &str, policy: &FetchPolicy) -> Result<Url, Refusal> {
    let absolute = if location.contains("://") && !location.starts_with(['/', '?', '#', '.']) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{}:{location}", from.scheme())
    } else if location.contains('\\') {
        return Err(Refusal::NotAnAddress);
    } else {
        from.join(location).map_err(|_| Refusal::NotAnAddress)?.into()
    };
    let url = read(&absolute, policy)?;
    if from.scheme() == "https" && url.scheme() == "http" {
        return Err(Refusal::Downgrade);
    }
    Ok(url)
}

/// Whether a host is what was written, so that nothing had to be read into it. Names in other scripts are
/// written with letters of theirs: what reads as plain ASCII in the end must have been plain ASCII.
fn is_as_written(written: &str, host: &str) -> bool {
    let written = match written.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before,
        Some(_) | None => written,
    };
    if written.is_ascii() {
        return written.eq_ignore_ascii_case(host);
    }
    // dots of other scripts separate labels too
    let labels = |text: &str| text.split('.').count();
    labels(written) == labels(host)
        && written.split('.').zip(host.split('.')).all(|(written, host)| {
            if written.is_ascii() {
                written.eq_ignore_ascii_case(host)
            } else {
                host.starts_with("xn--")
            }
        })
}

/// The address that a host is, if it is none that must be looked up.
fn literal(host: &str) -> Option<IpAddr> {
    if let Some(inner) = host.strip_prefix('[') {
        let ip: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(IpAddr::V6(ip));
    }
    host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Whether a name is one of this machine's or of a network's own. A name without a dot is completed by the
/// resolver, with the domain of the network that the machine is in.
fn is_inside(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    match name.rsplit_once('.') {
        Some((_, last)) => INSIDE.contains(&last),
        None => true,
    }
}
