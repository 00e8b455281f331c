//! What the guard does once a name is known: redirects, name servers that lie, servers that misbehave.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::network::{Network, PDF, PNG, picture, redirect, served, within};
use crate::support::Reply;

const INSIDE: &str = "it does not lie on the public internet";

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_a_picture_comes_as_a_data_url_and_the_server_learns_nothing() {
    let network = Network::start().await;
    let url = network.url("pictures.example", "/a.png?sig=1#part");
    let got = network.fetch(&url).await.unwrap();
    assert_eq!(got.media_type, "image/png");
    assert_eq!(got.bytes, PNG.len() as u64);
    assert!(
        got.data_url.starts_with("data:image/png;base64,iVBORw0KGgo"),
        "{got:?}"
    );

    let asked = network.pictures.last();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", "/a.png?sig=1")
    );
    let mut names: Vec<&str> = asked.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["accept", "host", "user-agent"],
        "no cookie, key, referer or language"
    );
    assert_eq!(
        asked.header("user-agent"),
        Some("Inglenook"),
        "neither version nor system"
    );
    assert_eq!(
        network.looked_up(),
        ["pictures.example"],
        "one lookup for one connection"
    );
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_each_redirect_is_checked_like_a_first_address() {
    let network = Network::start().await;
    for (location, why) in [
        (network.url("inside.example", "/"), INSIDE),
        (network.url("127.0.0.2", "/"), INSIDE),
        (network.url("[::1]", "/"), INSIDE),
        (network.url("localhost", "/"), INSIDE),
        (
            network.url("127.1", "/"),
            "it is not a plain http or https address",
        ),
        (
            network.url("0x7f000002", "/"),
            "it is not a plain http or https address",
        ),
        (
            network.url("2130706434", "/"),
            "it is not a plain http or https address",
        ),
        (
            network.url("u:p@pictures.example", "/"),
            "its address carries a user name or a password",
        ),
        ("http://169.254.169.254/latest/meta-data/".to_owned(), INSIDE),
        ("//169.254.169.254/latest".to_owned(), INSIDE),
        (
            "/\\127.0.0.2/".to_owned(),
            "it is not a plain http or https address",
        ),
        (
            "file:///etc/passwd".to_owned(),
            "it is not a plain http or https address",
        ),
        (
            "gopher://pictures.example/".to_owned(),
            "it is not a plain http or https address",
        ),
        (
            "data:image/png;base64,iVBORw0KGgo=".to_owned(),
            "it is not a plain http or https address",
        ),
        (
            "http://pictures.example:22/".to_owned(),
            "its port is not one of web servers",
        ),
        ("http://nobody.example/".to_owned(), "its host was not found"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            network.pictures.will(redirect(status, &location));
            let url = network.url("pictures.example", "/first");
            assert_eq!(network.refusal(&url).await, why, "{status} to {location}");
        }
    }
    // and a longer way in
    network.pictures.will(redirect(302, "/second"));
    network
        .pictures
        .will(redirect(307, &network.url("other.example", "/third")));
    network
        .pictures
        .will(redirect(301, &network.url("inside.example", "/")));
    assert_eq!(
        network.refusal(&network.url("pictures.example", "/")).await,
        INSIDE
    );
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_redirects_are_followed_and_end() {
    let network = Network::start().await;
    let url = network.url("pictures.example", "/0");
    network.pictures.will(redirect(302, "/1"));
    network.pictures.will(redirect(301, "2?a=b"));
    network
        .pictures
        .will(redirect(308, &network.url("other.example", "/3")));
    let got = network.fetch(&url).await.unwrap();
    assert_eq!(got.media_type, "image/png");
    let targets: Vec<_> = network
        .pictures
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(targets, ["/0", "/1", "/2?a=b", "/3"]);
    assert_eq!(network.looked_up().len(), 4, "every connection looks up anew");

    network.pictures.always(redirect(302, "/again"));
    let before = network.pictures.asked().len();
    assert_eq!(network.refusal(&url).await, "its server redirects too often");
    assert_eq!(
        network.pictures.asked().len() - before,
        6,
        "the first and five redirects"
    );
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_a_name_server_that_changes_its_mind_gets_nobody_inside() {
    let network = Network::start().await;
    let url = network.url("flips.example", "/");
    // harmless to whoever asks first, inside to whoever asks again: nobody asks again for the same connection
    let (served, within) = (served(), within());
    for _ in 0..20 {
        network.resolves("flips.example", &[&[served], &[within]]);
        assert!(network.fetch(&url).await.is_ok());
        assert_eq!(network.refusal(&url).await, INSIDE);
    }
    // the second hop of one fetch
    network.resolves("flips.example", &[&[served], &[within]]);
    network.pictures.will(redirect(302, "/again"));
    assert_eq!(network.refusal(&url).await, INSIDE);
    // one address inside among good ones, wherever it stands
    let public: IpAddr = "9.9.9.9".parse().unwrap();
    let asked = network.pictures.asked().len();
    for answer in [[served, within], [within, served], [public, within]] {
        network.resolves("flips.example", &[&answer]);
        assert_eq!(network.refusal(&url).await, INSIDE);
    }
    network.resolves("flips.example", &[&[]]);
    assert_eq!(network.refusal(&url).await, "its host was not found");
    assert_eq!(
        network.pictures.asked().len(),
        asked,
        "the good address is not asked either"
    );
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_our_own_port_is_reached_under_none_of_its_names() {
    // the port is allowed, so that only the address can keep anybody out
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let network = Network::with(|config| {
        config.port = Some(port);
        let documentation: IpAddr = "203.0.113.9".parse().unwrap();
        config.fetch.besides = vec![SocketAddr::new(documentation, port)];
    })
    .await;
    assert_eq!(network.app.port(), port);
    let own: Vec<IpAddr> = {
        // the address that this machine has in its network, whatever that is
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        let address = socket.connect("9.9.9.9:9").and_then(|()| socket.local_addr());
        address.into_iter().map(|address| address.ip()).collect()
    };
    let mut hosts = vec![
        "127.0.0.1",
        "127.0.0.2",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "ip6-localhost",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0x7f.1",
        "017700000001",
        "2130706433",
        "loop.example",
        "loop6.example",
        "mapped.example",
        "any.example",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect::<Vec<_>>();
    network.resolves("loop.example", &[&["127.0.0.1".parse().unwrap()]]);
    network.resolves("loop6.example", &[&["::1".parse().unwrap()]]);
    network.resolves("mapped.example", &[&["::ffff:127.0.0.1".parse().unwrap()]]);
    network.resolves("any.example", &[&["0.0.0.0".parse().unwrap()]]);
    hosts.extend(own.iter().map(ToString::to_string));
    for host in hosts {
        let why = network.refusal(&format!("http://{host}:{port}/health")).await;
        let strict = why == "it is not a plain http or https address";
        assert!(strict || why == INSIDE, "{host}: {why}");
    }
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_what_is_not_a_picture_or_too_much_of_one_is_not_read() {
    let network = Network::with(|config| config.fetch.most_bytes = 100_000).await;
    let url = network.url("pictures.example", "/");
    let piece = vec![0; 50_000];
    let begun = || Reply::new(200, "image/png").send(PNG);
    for (reply, why) in [
        (
            Reply::new(200, "image/png").send("<html><img src=x>"),
            "its bytes are of no kind that models read",
        ),
        (
            Reply::new(200, "image/svg+xml").send("<svg xmlns='http://www.w3.org/2000/svg'/>"),
            "its bytes are of no kind that models read",
        ),
        (
            Reply::new(200, "image/png").send(PDF),
            "its bytes are of no kind that models read",
        ),
        (
            Reply::new(200, "image/png"),
            "its bytes are of no kind that models read",
        ),
        (
            Reply::json(200, &serde_json::json!({"Token": "secret"})),
            "its bytes are of no kind that models read",
        ),
        (
            begun()
                .header("content-length", "100001")
                .send(piece.clone())
                .cut(),
            "it is too large",
        ),
        (
            begun().send(piece.clone()).send(piece.clone()).stall(),
            "it is too large",
        ),
        (begun().cut(), "its server could not be reached"),
        (
            Reply::new(404, "image/png").send(PNG),
            "its server answered with status 404",
        ),
        (
            Reply::new(206, "image/png").send(PNG),
            "its server answered with status 206",
        ),
        (
            Reply::new(302, "image/png").send(PNG),
            "its server answered with status 302",
        ),
        (
            Reply::new(500, "image/png").send(PNG),
            "its server answered with status 500",
        ),
    ] {
        network.pictures.will(reply);
        assert_eq!(network.refusal(&url).await, why);
    }
    // nothing is waited for once it is clear that this is no picture
    network
        .pictures
        .will(Reply::new(200, "image/png").send("<!doctype html><html>").stall());
    let begun_at = Instant::now();
    assert_eq!(
        network.refusal(&url).await,
        "its bytes are of no kind that models read"
    );
    assert!(begun_at.elapsed() < Duration::from_secs(5));
    // what the server calls it does not matter
    network.pictures.will(Reply::new(200, "text/html").send(PNG));
    assert_eq!(network.fetch(&url).await.unwrap().media_type, "image/png");
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_a_server_that_drips_or_says_nothing_is_left() {
    let network = Network::with(|config| config.fetch.patience = Duration::from_millis(300)).await;
    let url = network.url("pictures.example", "/");
    let mut dripping = Reply::new(200, "image/png").send(PNG);
    for _ in 0..100 {
        dripping = dripping.wait(Duration::from_millis(20)).send("x");
    }
    let redirects = |to: &str| redirect(302, to).wait(Duration::from_millis(200));
    network.pictures.will(dripping);
    assert_eq!(network.refusal(&url).await, "it took too long");
    network.pictures.will(Reply::silence());
    assert_eq!(network.refusal(&url).await, "it took too long");
    // the time is one for all redirects together
    network.pictures.will(redirects("/1"));
    network.pictures.will(Reply::silence());
    assert_eq!(network.refusal(&url).await, "it took too long");
    crate::support::eventually("the server's connections to end", async || {
        (network.pictures.open() == 0).then_some(())
    })
    .await;
    network.pictures.will(picture());
    assert!(network.fetch(&url).await.is_ok());
    network.finish().await;
}
