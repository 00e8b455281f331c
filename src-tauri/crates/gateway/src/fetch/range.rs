//! Which addresses belong to the public network. Everything that the registries of special addresses (RFC 6890
//! and its successors) set aside is refused, and in IPv6 everything outside of what is given out at all.
//!
//! The danger is an address inside an address: IPv4 travels in IPv6 in seven ways, and each of them reaches an
//! IPv4 host of somebody's choice. They are all refused whole, whatever they hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 that is not public: network and length of its prefix.
const V4: &[(Ipv4Addr, u32)] = &[
    // this network
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    // private, RFC 1918
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // shared with the provider of the line (carrier-grade NAT), RFC 6598; overlay networks use it too
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // loopback
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // link-local, where the metadata of clouds are
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // protocol assignments
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // documentation
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // AS112 and AMT: answered by whoever is nearest
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    // relays of 6to4
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // benchmarks
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // multicast, what is reserved, and broadcast
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // Azure's host, which answers inside its machines only, from a public address
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// What is given out of IPv6 at all.
const GLOBAL: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// IPv6 within that which is not public.
const V6: &[(Ipv6Addr, u32)] = &[
    // protocol assignments: Teredo, benchmarks, ORCHID and others
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // documentation
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // AS112
    (Ipv6Addr::new(0x2620, 0x004f, 0x8000, 0, 0, 0, 0, 0), 48),
    // the old test network
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// Whether an address is one of the public network.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !V4.iter().any(|range| holds4(*range, ip)),
        IpAddr::V6(ip) => holds6(GLOBAL, ip) && !V6.iter().any(|range| holds6(*range, ip)) && !is_isatap(ip),
    }
}

fn holds4((network, length): (Ipv4Addr, u32), ip: Ipv4Addr) -> bool {
    (network.to_bits() ^ ip.to_bits()).leading_zeros() >= length
}

fn holds6((network, length): (Ipv6Addr, u32), ip: Ipv6Addr) -> bool {
    (network.to_bits() ^ ip.to_bits()).leading_zeros() >= length
}

/// ISATAP writes an IPv4 address behind `5efe` into the lower half of any network's address.
fn is_isatap(ip: Ipv6Addr) -> bool {
    let [_, _, _, _, mark, isatap, _, _] = ip.segments();
    isatap == 0x5efe && (mark == 0 || mark == 0x0200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_33_the_public_network_begins_where_the_ranges_end() {
        for public in [
            "1.0.0.0",
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700:4700::1111",
            "2620:4f:7fff::1",
            "2a00:1450:4001::1",
            "3ffd::1",
            "3fff:1000::1",
        ] {
            let ip: IpAddr = public.parse().unwrap_or_else(|_| panic!("{public}"));
            assert!(is_public(ip), "{public}");
        }
    }
}
