//! SEC-33's table: addresses that lead inside, in every form they can be written in.

use std::net::IpAddr;

use super::network::Network;

const INSIDE: &str = "it does not lie on the public internet";
const NO_ADDRESS: &str = "it is not a plain http or https address";
const CREDENTIALS: &str = "its address carries a user name or a password";
const PORT: &str = "its port is not one of web servers";

/// Addresses that nobody may be sent to, each by itself and as what a name resolves to.
const ADDRESSES: &[&str] = &[
    // this network
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    // loopback
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.255",
    // private
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.0",
    "172.16.0.1",
    "172.20.10.1",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.0.1",
    "192.168.1.1",
    "192.168.255.255",
    // carrier-grade NAT, and the metadata of a cloud in it
    "100.64.0.0",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    // link-local, and the metadata of clouds in it
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    // set aside
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.0.255",
    "192.88.99.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "198.18.0.0",
    "198.18.0.1",
    "198.19.255.255",
    "168.63.129.16",
    // documentation
    "192.0.2.0",
    "192.0.2.1",
    "192.0.2.255",
    "198.51.100.1",
    "203.0.113.1",
    // multicast, reserved, broadcast
    "224.0.0.0",
    "224.0.0.1",
    "239.255.255.250",
    "239.255.255.255",
    "240.0.0.0",
    "250.1.2.3",
    "255.255.255.254",
    "255.255.255.255",
    // IPv6: nobody, loopback, compatible
    "::",
    "::1",
    "::2",
    "::7f00:1",
    "::a00:1",
    "::808:808",
    // mapped and translated
    "::ffff:7f00:1",
    "::ffff:a00:1",
    "::ffff:a9fe:a9fe",
    "::ffff:808:808",
    "::ffff:0:7f00:1",
    // NAT64
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "64:ff9b:1:ffff::a00:1",
    // discard-only, unassigned
    "100::",
    "100::1",
    "100:0:0:1::1",
    "1::1",
    "200::1",
    "400::1",
    "1000::1",
    "4000::1",
    "5f00::1",
    "6000::1",
    "8000::1",
    "a000::1",
    "c000::1",
    "e000::1",
    "f000::1",
    // Teredo, benchmarks, ORCHID, protocol assignments
    "2001::",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:1::1",
    "2001:2::1",
    "2001:3::1",
    "2001:10::1",
    "2001:20::1",
    "2001:30::1",
    "2001:1ff:ffff::1",
    // documentation
    "2001:db8::",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    // 6to4
    "2002::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    // AS112, the old test network, ISATAP
    "2620:4f:8000::1",
    "3ffe::1",
    "2600:1f00::5efe:7f00:1",
    "2600:1f00::200:5efe:a00:1",
    // unique local, link-local, site-local, multicast
    "fc00::",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fdff:ffff::1",
    "fe80::",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff00::",
    "ff01::1",
    "ff02::1",
    "ff02::fb",
    "ff05::2",
    "ff0e::1",
];

/// Whole addresses, and why they are refused.
const TEXTS: &[(&str, &str)] = &[
    // numbers that stand for an address
    ("http://2130706433/", NO_ADDRESS),
    ("http://017700000001/", NO_ADDRESS),
    ("http://0x7f000001/", NO_ADDRESS),
    ("http://0X7F000001/", NO_ADDRESS),
    ("http://0x7f.0x0.0x0.0x1/", NO_ADDRESS),
    ("http://0177.0.0.1/", NO_ADDRESS),
    ("http://0177.0000.0000.0001/", NO_ADDRESS),
    ("http://127.1/", NO_ADDRESS),
    ("http://127.0.1/", NO_ADDRESS),
    ("http://127.0.0.1./", NO_ADDRESS),
    ("http://127.0.0.01/", NO_ADDRESS),
    ("http://127.0.0.0x1/", NO_ADDRESS),
    ("http://127.65535/", NO_ADDRESS),
    ("http://0/", NO_ADDRESS),
    ("http://00/", NO_ADDRESS),
    ("http://0x0/", NO_ADDRESS),
    ("http://10.1/", NO_ADDRESS),
    ("http://012.0.0.1/", NO_ADDRESS),
    ("http://167772161/", NO_ADDRESS),
    ("http://2852039166/", NO_ADDRESS),
    ("http://0xA9FEA9FE/", NO_ADDRESS),
    ("http://0251.0376.0251.0376/", NO_ADDRESS),
    ("http://134744072/", NO_ADDRESS),
    ("http://4294967295/", NO_ADDRESS),
    ("http://4294967296/", NO_ADDRESS),
    ("http://256.256.256.256/", NO_ADDRESS),
    ("http://1.2.3.4.5/", NO_ADDRESS),
    // dots, digits and letters of other scripts
    ("http://127\u{3002}0\u{3002}0\u{3002}1/", NO_ADDRESS),
    ("http://127\u{ff0e}0\u{ff0e}0\u{ff0e}1/", NO_ADDRESS),
    ("http://127\u{ff61}0\u{ff61}0\u{ff61}1/", NO_ADDRESS),
    ("http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/", NO_ADDRESS),
    ("http://\u{2460}\u{2461}\u{2466}.0.0.1/", NO_ADDRESS),
    ("http://\u{ff4c}ocalhost/", NO_ADDRESS),
    ("http://\u{24db}ocalhost/", NO_ADDRESS),
    ("http://local\u{ad}host/", NO_ADDRESS),
    ("http://localhost\u{3002}/", NO_ADDRESS),
    ("http://inside\u{3002}example/", NO_ADDRESS),
    ("http://inside\u{ff0e}example/", NO_ADDRESS),
    ("http://\u{ff49}nside.example/", NO_ADDRESS),
    // escapes, and what a second reader takes for the end of the host
    ("http://%31%32%37.0.0.1/", NO_ADDRESS),
    ("http://127%2e0%2e0%2e1/", NO_ADDRESS),
    ("http://%6cocalhost/", NO_ADDRESS),
    ("http://127.0.0.1%00.pictures.example/", NO_ADDRESS),
    ("http://pictures.example\\@127.0.0.1/", NO_ADDRESS),
    ("http:\\\\127.0.0.1/", NO_ADDRESS),
    ("http:/\\127.0.0.1/", NO_ADDRESS),
    ("http://127.0.0.1\\.pictures.example/", NO_ADDRESS),
    ("http://pictures.example\t.example/", NO_ADDRESS),
    ("http://127.0.0.1\n/", NO_ADDRESS),
    ("http://127.0.0.1 /", NO_ADDRESS),
    (" http://127.0.0.1/", NO_ADDRESS),
    ("http://\u{0}127.0.0.1/", NO_ADDRESS),
    ("http://127.0.0.1\u{a0}/", NO_ADDRESS),
    // a user's name
    ("http://pictures.example@127.0.0.1/", CREDENTIALS),
    ("http://127.0.0.1@pictures.example/", CREDENTIALS),
    ("http://user:password@pictures.example/", CREDENTIALS),
    ("http://@127.0.0.1/", CREDENTIALS),
    ("http://:@127.0.0.1/", CREDENTIALS),
    ("http://a@b@127.0.0.1/", CREDENTIALS),
    ("http://127.0.0.1:80@pictures.example/", CREDENTIALS),
    // IPv6 written otherwise than it is written
    ("http://[::ffff:127.0.0.1]/", NO_ADDRESS),
    ("http://[0:0:0:0:0:0:0:1]/", NO_ADDRESS),
    ("http://[0000::1]/", NO_ADDRESS),
    ("http://[::127.0.0.1]/", NO_ADDRESS),
    ("http://[fe80::1%25eth0]/", NO_ADDRESS),
    ("http://[fe80::1%eth0]/", NO_ADDRESS),
    ("http://[::1/", NO_ADDRESS),
    ("http://::1/", NO_ADDRESS),
    ("http://[127.0.0.1]/", NO_ADDRESS),
    // names of this machine and of the network around it
    ("http://localhost/", INSIDE),
    ("http://LOCALHOST/", INSIDE),
    ("http://localhost./", INSIDE),
    ("http://a.localhost/", INSIDE),
    ("http://localhost.localdomain/", INSIDE),
    ("http://ip6-localhost/", INSIDE),
    ("http://printer/", INSIDE),
    ("http://printer.local/", INSIDE),
    ("http://PRINTER.Local./", INSIDE),
    ("http://metadata/", INSIDE),
    ("http://metadata.google.internal/", INSIDE),
    ("http://host.docker.internal/", INSIDE),
    ("http://kubernetes.default.svc.cluster.local/", INSIDE),
    ("http://router.lan/", INSIDE),
    ("http://fritz.home/", INSIDE),
    ("http://nas.home.arpa/", INSIDE),
    ("http://wiki.corp/", INSIDE),
    ("http://wiki.intranet/", INSIDE),
    ("http://1.0.0.127.in-addr.arpa/", INSIDE),
    // ports
    ("http://pictures.example:22/", PORT),
    ("http://pictures.example:25/", PORT),
    ("http://pictures.example:0/", PORT),
    ("http://pictures.example:4645/", PORT),
    ("http://pictures.example:6379/", PORT),
    ("http://pictures.example:11434/", PORT),
    ("https://pictures.example:65535/", PORT),
    ("http://pictures.example:65536/", NO_ADDRESS),
    ("http://pictures.example:080x/", NO_ADDRESS),
    // other schemes, and no scheme
    ("file:///etc/passwd", NO_ADDRESS),
    ("file://127.0.0.1/etc/passwd", NO_ADDRESS),
    ("ftp://pictures.example/a.png", NO_ADDRESS),
    ("gopher://127.0.0.1:6379/_INFO", NO_ADDRESS),
    ("dict://127.0.0.1:6379/info", NO_ADDRESS),
    ("ldap://127.0.0.1/", NO_ADDRESS),
    ("ws://pictures.example/", NO_ADDRESS),
    ("blob:https://pictures.example/1", NO_ADDRESS),
    ("javascript://pictures.example/%0aalert(1)", NO_ADDRESS),
    ("view-source:http://pictures.example/", NO_ADDRESS),
    ("unix:///run/docker.sock", NO_ADDRESS),
    ("http:127.0.0.1/", NO_ADDRESS),
    ("http:/127.0.0.1/", NO_ADDRESS),
    ("http:///127.0.0.1/", NO_ADDRESS),
    ("//127.0.0.1/", NO_ADDRESS),
    ("127.0.0.1/a.png", NO_ADDRESS),
    ("/a.png", NO_ADDRESS),
    ("http://", NO_ADDRESS),
    ("http://?", NO_ADDRESS),
    ("http://:80/", NO_ADDRESS),
    ("", NO_ADDRESS),
];

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_no_address_that_leads_inside_is_connected_to() {
    // as users have it: no exception for any server
    let network = Network::with(|config| config.fetch.besides.clear()).await;
    let mut cases = 0;
    for address in ADDRESSES {
        let ip: IpAddr = address.parse().expect(address);
        let host = match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(_) => format!("[{address}]"),
        };
        for scheme in ["http", "https"] {
            let why = network.refusal(&format!("{scheme}://{host}/")).await;
            // the usual way to write some IPv6 addresses holds dots
            assert!(why == INSIDE || why == NO_ADDRESS, "{host}: {why}");
        }
        network.resolves("named.example", &[&[ip]]);
        assert_eq!(
            network.refusal("http://named.example/").await,
            INSIDE,
            "named {host}"
        );
        cases += 3;
    }
    let named = network.looked_up().len();
    assert_eq!(
        named,
        ADDRESSES.len(),
        "an address is not looked up, a name is, once"
    );
    for (text, why) in TEXTS {
        assert_eq!(network.refusal(text).await, *why, "{text:?}");
        cases += 1;
    }
    assert_eq!(
        network.looked_up().len(),
        named,
        "what is refused by its text is not looked up either"
    );
    assert_eq!(network.pictures.connections(), 0);
    assert!(cases >= 200, "{cases}");
    network.finish().await;
}
