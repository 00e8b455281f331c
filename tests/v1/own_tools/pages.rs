//! Pages of the web, fetched for a model behind the guard of all fetching (SEC-33), and by leave of their site.

use domain::UseState;
use serde_json::json;

use super::world::World;
use crate::support::{Provider, Reply, TestApp};

const PAGE: &str = "<html><head><title>T &amp; more</title><style>p{}</style></head><body><h1>The fire</h1>\
    <p>Sit <b>down</b>.</p><script>steal()</script></body></html>";

/// A site at `site.example`, and a world that may reach it.
async fn site(habit: impl Fn(&str) -> Reply + Send + 'static) -> (World, Provider, String) {
    let site = Provider::start().await;
    site.answers_by(move |asked| habit(&asked.target));
    let address: std::net::SocketAddr = site.origin().rsplit("//").next().unwrap().parse().unwrap();
    let app = TestApp::with(|config| {
        config.fetch.besides = vec![address];
        config.fetch.lookup = Some(std::sync::Arc::new(move |host: &str| match host {
            "site.example" => Ok(vec![address.ip()]),
            "inside.example" => Ok(vec![[192, 168, 1, 1].into()]),
            _ => Err(std::io::Error::other("nobody")),
        }));
    })
    .await;
    let world = World::of(app, json!([{"tool": "web_fetch", "rule": "always"}])).await;
    let origin = format!("http://site.example:{}", address.port());
    (world, site, origin)
}

fn html(body: &str) -> Reply {
    Reply::new(200, "text/html; charset=utf-8").send(body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_comes_as_markdown_and_long_ones_in_parts() {
    let (world, site, origin) = site(|target| match target {
        "/robots.txt" => Reply::new(404, "text/plain").send("no"),
        "/long" => Reply::new(200, "text/plain").send("word ".repeat(10_000)),
        "/moved" => Reply::new(302, "text/plain").header("location", "/page").send(""),
        _ => html(PAGE),
    })
    .await;
    let mut given = Vec::new();
    for arguments in [
        json!({"url": format!("{origin}/page")}),
        json!({"url": format!("{origin}/long")}),
        json!({"url": format!("{origin}/long"), "from": 49_990}),
        json!({"url": format!("{origin}/moved")}),
    ] {
        // a conversation each: what came from outside would make the next one ask
        let mut used = world.uses(&[("web_fetch", arguments)]).await;
        let (one, text) = used.remove(0);
        assert_eq!(one.state, UseState::Done, "{text}");
        given.push(text);
    }
    assert_eq!(
        given[0],
        format!("[{origin}/page]\n\nT & more\n\n# The fire\n\nSit **down**.")
    );
    assert!(given[1].ends_with("[characters 0 to 24000 of 50000; ask for more with from: 24000]"));
    assert!(given[2].ends_with("word word "), "{}", given[2]);
    assert!(given[3].contains("# The fire"), "{}", given[3]);
    let wishes = site
        .asked()
        .iter()
        .filter(|one| one.target == "/robots.txt")
        .count();
    assert_eq!(wishes, 1, "a site is asked once what it wants");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_read_in_the_letters_it_is_written_in_and_a_cut_is_told() {
    let (world, _site, origin) = site(|target| match target {
        "/robots.txt" => Reply::new(404, "text/plain").send("no"),
        "/header" => Reply::new(200, "text/html; charset=\"Shift_JIS\"").send(b"<p>\x89\xce</p>".to_vec()),
        "/meta" => Reply::new(200, "text/html").send(
            b"<meta http-equiv=content-type content='text/html; charset=windows-1251'><p>\xf7\xe0\xe9</p>"
                .to_vec(),
        ),
        "/mark" => Reply::new(200, "text/plain; charset=iso-8859-1").send("\u{feff}fire \u{1f525}"),
        "/unknown" => Reply::new(200, "text/html; charset=nobody").send("<p>caf\u{e9}</p>"),
        _ => html(&"<p>word</p>".repeat(7_000)),
    })
    .await;
    for (path, told) in [
        ("/header", "\u{706b}"),
        ("/meta", "\u{447}\u{430}\u{439}"),
        ("/mark", "fire \u{1f525}"),
        ("/unknown", "caf\u{e9}"),
    ] {
        let arguments = json!({"url": format!("{origin}{path}")});
        let (one, text) = world.uses(&[("web_fetch", arguments)]).await.remove(0);
        assert_eq!(one.state, UseState::Done, "{text}");
        assert_eq!(text, format!("[{origin}{path}]\n\n{told}"));
    }
    let arguments = json!({"url": format!("{origin}/many"), "from": 24_000});
    let (_, text) = world.uses(&[("web_fetch", arguments)]).await.remove(0);
    assert!(
        text.ends_with("[the page goes on; its first 6000 elements are read]"),
        "{}",
        &text[text.len() - 200..]
    );
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_wants_no_machines_is_left_alone() {
    let (world, site, origin) = site(|target| match target {
        "/robots.txt" => Reply::new(200, "text/plain")
            .send("User-agent: *\nDisallow: /private\n\nUser-agent: other\nDisallow: /\n"),
        _ => html(PAGE),
    })
    .await;
    let mut used = world
        .uses(&[("web_fetch", json!({"url": format!("{origin}/private/x")}))])
        .await;
    let (one, text) = used.remove(0);
    assert_eq!(one.state, UseState::Failed);
    assert!(text.contains("robots.txt"), "{text}");
    assert!(site.asked().iter().all(|one| one.target == "/robots.txt"));
    let mut used = world
        .uses(&[("web_fetch", json!({"url": format!("{origin}/open")}))])
        .await;
    assert_eq!(used.remove(0).0.state, UseState::Done);
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_nothing_inside_is_fetched_for_a_model() {
    let (world, site, origin) = site(|target| match target {
        "/robots.txt" => Reply::new(404, "text/plain").send("no"),
        "/in" => Reply::new(302, "text/plain")
            .header("location", "http://inside.example/")
            .send(""),
        "/picture" => Reply::new(200, "image/png").send("x"),
        _ => html(PAGE),
    })
    .await;
    let port = world.app.port();
    let addresses = [
        format!("http://127.0.0.1:{port}/v1/models"),
        format!("http://localhost:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/".to_owned(),
        "http://[::ffff:127.0.0.1]/".to_owned(),
        "http://2130706433/".to_owned(),
        "http://0x7f.1/".to_owned(),
        "http://inside.example/".to_owned(),
        "http://user:pass@site.example/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://site.example/".to_owned(),
        "javascript:alert(1)".to_owned(),
        format!("{origin}/in"),
        format!("{origin}/picture"),
        String::new(),
    ];
    for address in addresses {
        let mut used = world.uses(&[("web_fetch", json!({"url": address}))]).await;
        let (one, text) = used.remove(0);
        assert_eq!(one.state, UseState::Failed, "{address}: {text}");
        assert!(
            text.starts_with("The page was not fetched: "),
            "{address}: {text}"
        );
    }
    let site_was_asked: Vec<String> = site.asked().into_iter().map(|one| one.target).collect();
    assert!(
        site_was_asked.iter().all(|target| target != "/"),
        "{site_was_asked:?}"
    );
    world.app.finish().await;
}
