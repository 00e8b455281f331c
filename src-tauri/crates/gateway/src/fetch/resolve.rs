//! Looks a host up and lets the connector see only addresses that were checked.
//!
//! The danger is a name server that answers differently each time: harmless to whoever checks, this machine to
//! whoever connects. So there is one lookup for each connection, and its checked answer is what the connector
//! gets. One address inside is enough to refuse them all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::policy::FetchPolicy;
use super::range;
use super::refusal::Refusal;
use crate::upstream::Resolver;

/// A resolver that checks.
pub(super) struct Checked {
    names: Resolver,
    policy: FetchPolicy,
}

impl Checked {
    pub fn new(policy: &FetchPolicy) -> Self {
        let names = match policy.lookup.clone() {
            // the connector puts the port in
            Some(lookup) => Resolver::by(move |host| {
                let addresses = lookup(host)?;
                Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())
            }),
            None => Resolver::of_the_system(),
        };
        Self {
            names,
            policy: policy.clone(),
        }
    }
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.names.resolve(name);
        let policy = self.policy.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = looking.await.map_err(|_| Refusal::NoSuchHost)?.collect();
            if found.is_empty() {
                return Err(Refusal::NoSuchHost.into());
            }
            for address in &found {
                check(address.ip(), &policy)?;
            }
            let checked: Addrs = Box::new(found.into_iter());
            Ok(checked)
        })
    }
}

/// Whether an address may be connected to.
pub(super) fn check(ip: IpAddr, policy: &FetchPolicy) -> Result<(), Refusal> {
    if policy.allows(ip) || (range::is_public(ip) && !is_ours(ip)) {
        Ok(())
    } else {
        Err(Refusal::Inside)
    }
}

/// Whether a public address is one of this machine's own, where servers listen that no firewall lets others
/// reach. The kernel would send from the address itself; nothing is sent to find that out.
fn is_ours(ip: IpAddr) -> bool {
    let any: IpAddr = match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let from = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((ip, 443))?;
        socket.local_addr()
    });
    // an address that cannot be reached is not one of ours
    from.is_ok_and(|from| from.ip() == ip)
}
