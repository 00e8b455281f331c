//! What this machine is called in its network.

use std::net::IpAddr;

/// Its addresses in networks, as other machines could use them: IPv4 first.
pub(super) fn addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the addresses of this machine cannot be read");
        Vec::new()
    });
    let mut all: Vec<IpAddr> = interfaces
        .iter()
        .filter(|one| one.is_oper_up() && !one.is_loopback() && !one.is_link_local())
        .map(if_addrs::Interface::ip)
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The name that multicast DNS has for it, `fireside.local`; `None` where the machine has no name that could be one.
pub(super) fn name() -> Option<String> {
    let host = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
    let host = host.split('.').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=63).contains(&host.len()) && host.bytes().all(plain) && host != "localhost";
    is_name.then(|| format!("{host}.local"))
}
