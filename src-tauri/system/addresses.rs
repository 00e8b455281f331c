//! Which addresses the window may show: the app's own pages and nothing else.
//!
//! A page from elsewhere would sit one bug away from the command list. Compared is the parsed URL, never its
//! text: `tauri.localhost.example` and `tauri://localhost@example` look right and are not. Links go through
//! [`external`] to the system's browser. Free of Tauri, so that the tests can take it in without a window.

use url::Url;

/// The origins that serve the app's own pages on this system: Windows has no custom schemes.
const APP_ORIGIN: &str = if cfg!(windows) {
    "http://tauri.localhost"
} else {
    "tauri://localhost"
};

/// Whether the window may go to `url`. `development` is the development server, in builds that use one.
pub fn is_own_page(url: &Url, development: Option<&Url>) -> bool {
    let same_place = |own: &Url| {
        url.scheme() == own.scheme()
            && url.host_str() == own.host_str()
            && url.port_or_known_default() == own.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(APP_ORIGIN).is_ok_and(|own| same_place(&own)) || development.is_some_and(same_place)
}

/// Where a person signs in to a server of tools: `https`, or plain `http` on this machine, and no login in it.
pub fn sign_in(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let here = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.is_loopback(),
    };
    match url.scheme() {
        "https" if plain => Some(url),
        "http" if plain && here => Some(url),
        _ => None,
    }
}

/// A link that may be handed to the system: `https` with a host, or `mailto`, and no login in it.
pub fn external(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" if plain && url.host_str().is_some_and(|host| !host.is_empty()) => Some(url),
        "mailto" => Some(url),
        _ => None,
    }
}
