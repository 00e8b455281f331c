//! The addresses in what servers say of themselves, read before anything is asked of them or opened (SEC-29).
//!
//! The danger is an address that is one thing to us and another to the program that opens it: so it is made of the
//! characters that addresses need and no others, and says its host as it is. Where a server is on this machine, what it
//! names may be too, by plain http; nothing else may.

use domain::{BaseUrl, McpServer, McpTransport};
use reqwest::Url;

/// Longer than the address of any metadata or endpoint.
const LONGEST: usize = 2 << 10;

/// Who signs people in for a server, as far as addresses go.
#[derive(Clone, Debug)]
pub(super) struct Region {
    server: Url,
    is_loopback: bool,
}

impl Region {
    /// The addresses that a server may name.
    pub fn of(server: &BaseUrl) -> Option<Self> {
        Some(Self {
            server: Url::parse(server.as_str()).ok()?,
            is_loopback: server.is_loopback(),
        })
    }

    /// The server's own address, as tokens for it are asked for.
    pub fn server(&self) -> &Url {
        &self.server
    }

    /// Reads an address that a stranger has written down; `None` for what is not asked and not opened.
    pub fn read(&self, text: &str) -> Option<Url> {
        near(text, self.is_loopback)
    }

    /// The address of the server's own metadata, which lie nowhere else.
    pub fn own(&self, text: &str) -> Option<Url> {
        self.read(text).filter(|url| url.origin() == self.server.origin())
    }

    /// What a server calls itself in tokens: its own address, or one that it lies under.
    pub fn resource(&self, text: &str) -> Option<Url> {
        let url = self.own(text).filter(|url| url.query().is_none())?;
        let (whole, above) = (self.server.path(), url.path().trim_end_matches('/'));
        let rest = whole.strip_prefix(above)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(url)
    }

    /// Whether an endpoint is of whoever signs in: on the same host, or one above or below it. An address in numbers has
    /// none above or below.
    pub fn is_of(issuer: &Url, endpoint: &Url) -> bool {
        let (Some(one), Some(other)) = (issuer.domain(), endpoint.domain()) else {
            return issuer.origin() == endpoint.origin();
        };
        issuer.scheme() == endpoint.scheme()
            && issuer.port_or_known_default() == endpoint.port_or_known_default()
            && (one == other || is_under(one, other) || is_under(other, one))
    }
}

/// An address that a server wants a person to visit; `None` for one that is not shown and not opened.
pub(in crate::mcp) fn to_visit(server: &McpServer, text: &str) -> Option<Url> {
    let here = match &server.transport {
        McpTransport::Stdio { .. } => true,
        McpTransport::Http { url, .. } => url.is_loopback(),
    };
    near(text, here)
}

/// Reads an address; this machine is only reached by it for a server that is `here`.
fn near(text: &str, here: bool) -> Option<Url> {
    let url = strictly(text)?;
    match (url.scheme(), is_loopback(&url)) {
        ("https", false) => Some(url),
        ("http" | "https", true) if here => Some(url),
        _ => None,
    }
}

/// Whether a host lies on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

fn is_under(host: &str, above: &str) -> bool {
    above.contains('.') && host.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

fn strictly(text: &str) -> Option<Url> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=+,%[]".contains(&byte);
    if text.len() > LONGEST || !text.bytes().all(plain) || hides_controls(text) {
        return None;
    }
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let written = rest.split(['/', '?']).next().unwrap_or_default();
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let has_login = !url.username().is_empty() || url.password().is_some();
    let port = written.get(host.len()..)?;
    let port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok());
    let as_written = written.get(..host.len())?.eq_ignore_ascii_case(host);
    (as_written && port && !has_login && !host.ends_with('.')).then_some(url)
}

/// Whether a character that no terminal and no header should see is written in hexadecimal.
fn hides_controls(text: &str) -> bool {
    let mut codes = text.split('%').skip(1);
    codes.any(|code| {
        let byte = code.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        byte.is_none_or(|byte| byte.is_ascii_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(server: &str) -> Region {
        let server = BaseUrl::parse(server).unwrap_or_else(|_| panic!("{server}"));
        Region::of(&server).unwrap_or_else(|| panic!("it is an address"))
    }

    #[test]
    fn sec_29_what_is_not_plainly_an_https_address_is_none() {
        let far = region("https://mcp.example.com/mcp");
        for good in [
            "https://login.example.com/authorize",
            "https://login.example.com:8443/authorize?tenant=a-b",
            "https://example.com/.well-known/oauth-authorization-server/a%20b",
        ] {
            assert!(far.read(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "http://login.example.com/authorize",
            "http://127.0.0.1:9000/authorize",
            "https://127.0.0.1/authorize",
            "https://localhost/authorize",
            "https://[::1]/authorize",
            "HTTPS://login.example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.com/",
            "mailto:a@example.com",
            "vscode://x/y",
            "ms-settings:",
            "--flag",
            "-https://example.com/",
            " https://example.com/",
            "https://example.com/ --flag",
            "https://example.com/\"x",
            "https://example.com/'x",
            "https://example.com/`id`",
            "https://example.com/$(id)",
            "https://example.com/${HOME}",
            "https://example.com/;id",
            "https://example.com/|id",
            "https://example.com/<x>",
            "https://example.com/!x",
            "https://example.com/^x",
            "https://example.com/*",
            "https://example.com/#fragment",
            "\\\\host\\share",
            "//host/share",
            "https:\\\\example.com\\x",
            "https:/example.com/",
            "https:example.com",
            "https:///example.com/",
            "https://example.com/\r\nX: y",
            "https://example.com/\nx",
            "https://example.com/\tx",
            "https://example.com/\0",
            "https://example.com/%0d%0aX:%20y",
            "https://example.com/%00",
            "https://example.com/%7F",
            "https://example.com/%zz",
            "https://example.com/%",
            "https://user@example.com/",
            "https://user:pass@example.com/",
            "https://login.example.com@evil.example/",
            "https://login.example.com%40evil.example/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://example.com./",
            "https://example.com:0x50/",
            "https://example.com:99999/",
            "https://example.com:/x:y@z",
            "https://ex%61mple.com/",
            "https://exämple.com/",
            "https://example。com/",
            "https://\u{202e}example.com/",
            "https://example.com/\u{200b}",
            "https://",
            "https://?x",
        ] {
            assert!(far.read(bad).is_none(), "{bad:?}");
        }
        assert!(
            far.read(&format!("https://example.com/{}", "a".repeat(LONGEST)))
                .is_none()
        );
    }

    #[test]
    fn sec_29_only_a_server_on_this_machine_names_others_on_it() {
        let near = region("http://127.0.0.1:3000/mcp");
        for good in [
            "http://127.0.0.1:9000/a",
            "http://localhost:9000/a",
            "http://[::1]:9000/a",
        ] {
            assert!(near.read(good).is_some(), "{good}");
        }
        for bad in [
            "http://192.168.1.1/a",
            "http://127.0.0.1.evil.example/a",
            "http://localhost.evil.example/",
        ] {
            assert!(near.read(bad).is_none(), "{bad}");
        }
        assert!(near.own("http://127.0.0.1:9000/a").is_none(), "another port");
    }

    #[test]
    fn sec_19_a_server_speaks_for_itself_alone() {
        let far = region("https://mcp.example.com/team/mcp");
        for good in [
            "https://mcp.example.com",
            "https://mcp.example.com/",
            "https://mcp.example.com/team/mcp",
        ] {
            assert!(far.resource(good).is_some(), "{good}");
        }
        for bad in [
            "https://mcp.example.com/te",
            "https://mcp.example.com/other",
            "https://mcp.example.com/team/mcp/below",
            "https://mcp.example.com:8443/team/mcp",
            "https://example.com/team/mcp",
            "https://api.example.com/",
            "https://mcp.example.com/?x=y",
        ] {
            assert!(far.resource(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn sec_19_an_endpoint_is_of_its_issuer() {
        let of = |one: &str, other: &str| {
            let url = |text: &str| Url::parse(text).unwrap_or_else(|_| panic!("{text}"));
            Region::is_of(&url(one), &url(other))
        };
        assert!(of(
            "https://login.example.com/t",
            "https://login.example.com/token"
        ));
        assert!(of(
            "https://login.example.com",
            "https://cf.login.example.com/token"
        ));
        assert!(of(
            "https://cf.login.example.com",
            "https://login.example.com/token"
        ));
        for (issuer, endpoint) in [
            ("https://login.example.com", "https://evil.example/token"),
            ("https://login.example.com", "https://other.example.com/token"),
            ("https://login.example.com", "https://evillogin.example.com/token"),
            (
                "https://login.example.com",
                "https://login.example.com:8443/token",
            ),
            ("https://login.example.com", "https://com/token"),
            ("http://127.0.0.1:1", "http://127.0.0.1:2/token"),
            ("http://127.0.0.1:1", "http://localhost:1/token"),
            ("http://localhost:1", "http://localhost:2/token"),
        ] {
            assert!(!of(issuer, endpoint), "{issuer} {endpoint}");
        }
    }
}
