//! From where a port can be reached: this machine alone, or the local network too.
//!
//! Both sides have the same routes and the same guard. What differs is listed here and nowhere else: who may
//! connect, what the server is called, that the network speaks TLS, that it never comes in without a client key,
//! and that one address there cannot try keys for ever.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::tries::Tries;

/// See the module.
pub(crate) enum Side {
    /// 127.0.0.1 and ::1.
    Loopback {
        /// What the server is called there, with its port.
        hosts: [String; 3],
    },
    /// Every interface.
    Lan(Box<LanSide>),
}

/// The side of the local network.
pub(crate) struct LanSide {
    port: u16,
    /// The machine's name there, with the port: `fireside.local:4745`.
    name: Option<String>,
    tls: TlsAcceptor,
    tries: Tries,
}

impl Side {
    /// This machine, on this port.
    pub fn loopback(port: u16) -> Self {
        Self::Loopback {
            hosts: ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}")),
        }
    }

    /// The local network, on this port.
    pub fn lan(port: u16, name: Option<&str>, tls: Arc<ServerConfig>) -> Self {
        Self::Lan(Box::new(LanSide {
            port,
            name: name.map(|name| format!("{name}:{port}")),
            tls: TlsAcceptor::from(tls),
            tries: Tries::default(),
        }))
    }

    /// Whether a connection is spoken with at all.
    pub fn may_knock(&self, peer: SocketAddr, stream: &TcpStream) -> bool {
        let peer = peer.ip().to_canonical();
        match self {
            Self::Loopback { .. } => peer.is_loopback(),
            Self::Lan(_) => stream
                .local_addr()
                .is_ok_and(|ours| is_near(peer, ours.ip().to_canonical())),
        }
    }

    /// Whether the server is called that, by a client that came to this address of ours. On the network it is the
    /// very address that was connected to, or the machine's name.
    pub fn is_called(&self, host: &[u8], ours: SocketAddr) -> bool {
        match self {
            Self::Loopback { hosts } => hosts.iter().any(|one| one.as_bytes() == host),
            Self::Lan(lan) => {
                let ip = ours.ip().to_canonical();
                let address = SocketAddr::new(ip, lan.port).to_string();
                (!ip.is_loopback() && address.as_bytes() == host)
                    || lan.name.as_ref().is_some_and(|name| name.as_bytes() == host)
            }
        }
    }

    /// Its TLS, where it speaks TLS.
    pub fn tls(&self) -> Option<&TlsAcceptor> {
        match self {
            Self::Loopback { .. } => None,
            Self::Lan(lan) => Some(&lan.tls),
        }
    }

    /// Whether anything may come in without a client key: constants, and programs that a setting lets in.
    pub fn may_be_keyless(&self) -> bool {
        match self {
            Self::Loopback { .. } => true,
            Self::Lan(_) => false,
        }
    }

    /// The failed tries of each address, where they are counted.
    pub fn tries(&self) -> Option<&Tries> {
        match self {
            Self::Loopback { .. } => None,
            Self::Lan(lan) => Some(&lan.tries),
        }
    }
}

/// Whether an address belongs to a local network or to this machine. A machine that stands in the internet with a
/// public address does not open itself to the internet.
fn is_near(peer: IpAddr, ours: IpAddr) -> bool {
    if peer == ours || peer.is_loopback() {
        return true;
    }
    match (peer, ours) {
        (IpAddr::V4(peer), _) => peer.is_private() || peer.is_link_local(),
        (IpAddr::V6(peer), IpAddr::V6(ours)) => {
            peer.is_unique_local() || peer.is_unicast_link_local() || network(peer) == network(ours)
        }
        (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// The half of an address that is its network's: public addresses of IPv6 are usual in homes.
fn network(address: Ipv6Addr) -> u128 {
    address.to_bits() >> 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_local_network_is_near() -> Result<(), std::net::AddrParseError> {
        for (peer, ours) in [
            ("192.168.1.9", "192.168.1.4"),
            ("10.1.2.3", "10.0.0.1"),
            ("172.16.0.9", "172.16.0.1"),
            ("169.254.3.4", "169.254.1.1"),
            ("203.0.113.7", "203.0.113.7"),
            ("fd00::9", "fd00::2"),
            ("fe80::9", "fe80::2"),
            ("2001:db8:1:2::9", "2001:db8:1:2::1"),
        ] {
            assert!(is_near(peer.parse()?, ours.parse()?), "{peer}");
        }
        for (peer, ours) in [
            ("203.0.113.8", "203.0.113.7"),
            ("8.8.8.8", "192.168.1.4"),
            ("172.32.0.1", "172.16.0.1"),
            ("100.64.0.1", "192.168.1.4"),
            ("2001:db8:1:3::9", "2001:db8:1:2::1"),
            ("2001:db8::9", "fd00::2"),
        ] {
            assert!(!is_near(peer.parse()?, ours.parse()?), "{peer}");
        }
        Ok(())
    }
}
