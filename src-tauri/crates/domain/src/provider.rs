//! Providers: places that serve models. Data, never a Rust variant.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Failure, ProviderId, Timestamp};

/// A protocol spoken on the network; one codec each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Wire {
    /// OpenAI chat completions.
    #[default]
    #[serde(rename = "openai-chat")]
    OpenAiChat,
    /// OpenAI responses.
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    /// Anthropic messages.
    AnthropicMessages,
    /// Gemini generateContent.
    Gemini,
    /// Ollama's own chat.
    Ollama,
    /// Amazon Bedrock Converse.
    BedrockConverse,
}

impl Wire {
    /// Every wire.
    pub const ALL: &[Self] = &[
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::Ollama,
        Self::BedrockConverse,
    ];

    /// The wire's name, the same in JSON, SQL and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::AnthropicMessages => "anthropic-messages",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::BedrockConverse => "bedrock-converse",
        }
    }

    /// Reads [`Wire::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|wire| wire.as_str() == text)
    }
}

/// Scheme, host and port: what a provider key is bound to. Always with a port and in lower case,
/// `https://api.openai.com:443`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Origin(Box<str>);

impl Origin {
    /// What a program on this machine is given its secrets by, when it is started by this command.
    pub(crate) fn program(command: &str) -> Self {
        Self(format!("program:{command}").into())
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a provider's routes begin, without a trailing slash: `https://api.openai.com/v1`. A query goes along
/// with every request: `https://x.openai.azure.com/openai/deployments/y?api-version=2024-10-21`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct BaseUrl(Box<str>);

impl BaseUrl {
    /// Names of a query that hold a secret somewhere; a base URL is no place for one.
    const SECRETS: &[&str] = &[
        "key",
        "api-key",
        "api_key",
        "apikey",
        "token",
        "access_token",
        "code",
        "sig",
    ];

    /// Checks a base URL: `http` or `https`, a host, no user, no fragment, no secret in its query.
    ///
    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] naming the rule.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::invalid("base_url", why);
        let (text, query) = match text.trim().split_once('?') {
            Some((text, query)) => (text, Some(query).filter(|query| !query.is_empty())),
            None => (text.trim(), None),
        };
        let text = text.trim_end_matches('/');
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("A base URL begins with http:// or https://."))?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(wrong("A base URL begins with http:// or https://."));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(wrong(
                "A base URL holds no user name or password; give the key separately.",
            ));
        }
        let all = || text.chars().chain(query.unwrap_or_default().chars());
        if all().any(|c| matches!(c, '?' | '#' | '\\') || c.is_whitespace() || c.is_control()) {
            return Err(wrong("A base URL has no fragment, backslash or space."));
        }
        let names = query.into_iter().flat_map(|query| query.split('&'));
        let mut names = names.map(|pair| pair.split('=').next().unwrap_or(pair).to_ascii_lowercase());
        if names.any(|name| Self::SECRETS.contains(&name.as_str())) {
            return Err(wrong(
                "A base URL holds no key in its query; give the key separately.",
            ));
        }
        let (host, port) =
            split_authority(authority).ok_or_else(|| wrong("The base URL's host or port is not valid."))?;
        let port = port.unwrap_or(if scheme == "https" { 443 } else { 80 });
        let mut url = format!("{scheme}://{}:{port}{path}", host.to_ascii_lowercase());
        if let Some(query) = query {
            url.push('?');
            url.push_str(query);
        }
        Ok(Self(url.into()))
    }

    /// The address of a route under it; `path` may have a query of its own.
    pub fn join(&self, path: &str) -> String {
        let Some((base, own)) = self.0.split_once('?') else {
            let mut url = String::with_capacity(self.0.len() + path.len());
            url.push_str(&self.0);
            url.push_str(path);
            return url;
        };
        let between = if path.contains('?') { '&' } else { '?' };
        format!("{base}{path}{between}{own}")
    }

    /// Scheme, host and port.
    fn base(&self) -> &str {
        let after = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[after..]
            .find(['/', '?'])
            .map_or(self.0.len(), |at| after + at);
        &self.0[..end]
    }

    /// The URL as text, its port always written out.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a key for this provider is bound to.
    pub fn origin(&self) -> Origin {
        Origin(self.base().into())
    }

    /// The host without port, IPv6 in brackets.
    pub fn host(&self) -> &str {
        let base = self.base();
        let authority = base.split_once("://").map_or(base, |(_, authority)| authority);
        authority.rsplit_once(':').map_or(authority, |(host, _)| host)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        let origin = self.origin();
        origin
            .0
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .unwrap_or(0)
    }

    /// Whether traffic to it is in the clear.
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// Whether its host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`, written plainly.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host == "[::1]"
            || host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|ip| ip.is_loopback())
    }
}

fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']')?;
        authority[1..end].parse::<std::net::Ipv6Addr>().ok()?;
        (&authority[..=end], authority[end + 1..].strip_prefix(':'))
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let bracketed = host.starts_with('[');
    if host.is_empty() || !(bracketed || host.bytes().all(plain)) {
        return None;
    }
    match port {
        Some(digits) => Some((host, Some(digits.parse().ok().filter(|port| *port != 0)?))),
        None if bracketed && !authority.ends_with(']') => None,
        None => Some((host, None)),
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::parse(&text)
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.0.into()
    }
}

/// How calls reach a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "via", rename_all = "kebab-case")]
pub enum Transport {
    /// Over HTTP.
    Http {
        /// Where its routes begin.
        base_url: BaseUrl,
    },
    /// By a model that runs inside this process: the starter.
    InProcess,
}

/// How a provider wants its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "scheme", rename_all = "kebab-case")]
pub enum AuthScheme {
    /// None.
    None,
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key alone in a header.
    Header {
        /// Its name in lower case, `api-key`.
        name: String,
    },
    /// A signature by an access key of Amazon, `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`; a key of
    /// another form is one of Bedrock's own and goes as with `Bearer`.
    Aws {
        /// What is signed for, `bedrock`.
        service: String,
        /// The region, where the address does not name it.
        #[serde(default)]
        region: Option<String>,
    },
}

/// Where a provider wants to find its earlier reasoning in the messages that it is sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ReasoningField {
    /// Where the client had it, else in `reasoning_content`: for providers of which nothing is known.
    #[default]
    AsGiven,
    /// In `reasoning_content`.
    ReasoningContent,
    /// In `reasoning`.
    Reasoning,
    /// In `reasoning` and, signatures and sealed blocks included, in `reasoning_details` (W-173).
    ReasoningDetails,
    /// In a `thinking` part of the content (W-171).
    ThinkingPart,
}

/// How a provider is told whether and how much to think (W-40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum ReasoningControl {
    /// As the client wrote it, else by `reasoning_effort`: for providers of which nothing is known.
    #[default]
    AsGiven,
    /// By `reasoning_effort`.
    Effort,
    /// By the object `reasoning` with `effort`, `max_tokens` or `enabled`.
    Object,
    /// By `thinking` with its `type`, and beside it `reasoning_effort`.
    Thinking,
    /// By `enable_thinking` and `thinking_budget`.
    EnableThinking,
}

/// Where a provider departs from its wire; each is read by that wire's codec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Quirks {
    /// It knows `max_tokens` and not `max_completion_tokens` (W-175).
    pub max_tokens: bool,
    /// It refuses `stream_options`; usage comes anyway or not at all (W-174, W-175).
    pub no_stream_options: bool,
    /// It refuses the role `developer`; such messages are sent as `system`.
    pub no_developer_role: bool,
    /// It refuses top-level fields it does not know; what the domain does not model is left out.
    pub no_extra_fields: bool,
    /// It refuses fields it does not know inside messages, parts and tools; they are left out.
    pub no_nested_extra_fields: bool,
    /// It refuses reasoning in the messages that it is sent back; earlier reasoning is left out.
    pub no_reasoning_history: bool,
    /// Where it wants earlier reasoning.
    pub reasoning_field: ReasoningField,
    /// With tools on offer, every earlier message of its own must carry its reasoning (W-172).
    pub reasoning_with_tools: bool,
    /// How it is told to think.
    pub reasoning_control: ReasoningControl,
    /// Ids of tool calls are nine letters and digits; others are mapped (W-171).
    pub nine_character_ids: bool,
    /// It calls `seed` `random_seed` (W-171).
    pub random_seed: bool,
    /// Its word for the tool choice `required` is `any` (W-171).
    pub any_for_required: bool,
    /// The last message must be the user's or a tool's; one of the assistant is marked as a prefix (W-171).
    pub ends_with_user: bool,
    /// It has no `top_k`.
    pub no_top_k: bool,
    /// It has no JSON Schema for answers; the schema is sent as an instruction (W-39).
    pub no_json_schema: bool,
    /// It speaks Cohere's own second chat protocol and not OpenAI's.
    pub cohere_chat: bool,
    /// It does not fetch images from their addresses; it is given their bytes (W-175).
    pub no_image_addresses: bool,
    /// It only streams; whole answers are put together here (W-59).
    pub streams_only: bool,
}

/// How long a provider is waited for, in seconds. What is `None` is said by the next one in line: an agent,
/// its provider, then the place where the provider is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Timeouts {
    /// From sending to the first piece of an answer; pings do not count.
    pub first_token_s: Option<u32>,
    /// Between two pieces of a streamed answer.
    pub idle_s: Option<u32>,
    /// From the first attempt to the end of the answer.
    pub overall_s: Option<u32>,
}

impl Timeouts {
    /// A day: longer than anybody waits.
    const MOST: u32 = 86_400;

    /// Checks that every limit can be kept.
    ///
    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] naming the field, for zero and for more than a day.
    pub fn check(&self) -> Result<(), Failure> {
        let fields = [
            ("timeouts.first_token_s", self.first_token_s),
            ("timeouts.idle_s", self.idle_s),
            ("timeouts.overall_s", self.overall_s),
        ];
        match fields
            .iter()
            .find(|(_, limit)| limit.is_some_and(|limit| limit == 0 || limit > Self::MOST))
        {
            Some((name, _)) => Err(Failure::invalid(name, "A timeout is 1 to 86400 seconds.")),
            None => Ok(()),
        }
    }
}

/// A place that serves models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Provider {
    /// Its slug.
    pub id: ProviderId,
    /// The catalogue entry it was made from, or `custom`.
    pub kind: String,
    /// The name people read.
    pub name: String,
    /// The protocol it speaks.
    pub wire: Wire,
    /// How calls reach it.
    pub transport: Transport,
    /// How it wants its key.
    pub auth: AuthScheme,
    /// Further headers sent with each request; never secrets.
    pub headers: Vec<(String, String)>,
    /// Where it departs from its wire.
    pub quirks: Quirks,
    /// How long it is waited for.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Certificates in PEM form of an authority that may vouch for this provider, beside those that the
    /// machine trusts.
    #[serde(default)]
    pub ca: Option<String>,
    /// The last characters of its key, when it has one: all that is ever shown.
    pub key_hint: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Provider {
    /// Its base URL; `None` for the model inside this process.
    pub fn base_url(&self) -> Option<&BaseUrl> {
        match &self.transport {
            Transport::Http { base_url } => Some(base_url),
            Transport::InProcess => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_checked_and_their_port_is_written_out() {
        let text = |s: &str| BaseUrl::parse(s).map(|u| u.as_str().to_owned()).ok();
        assert_eq!(
            text("https://API.openai.com/v1/"),
            Some("https://api.openai.com:443/v1".into())
        );
        assert_eq!(text("http://[::1]:9100"), Some("http://[::1]:9100".into()));
        for bad in [
            "",
            "api.openai.com",
            "ftp://x",
            "https://",
            "https://u:p@x",
            "https://x?key=1",
            "https://x/v1?api-version=1&API_KEY=1",
            "https://x?a?b",
            "https://x?a b",
            "https://x#y",
            "https://x:0",
            "https://x:99999",
            "https://[::1",
            "https://[::1]x",
            "https://a b",
            "https://x\\y",
        ] {
            assert_eq!(text(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_query_of_a_base_url_goes_along_with_every_request() -> Result<(), Failure> {
        let url = BaseUrl::parse("https://X.example/openai/deployments/y/?api-version=2024-10-21")?;
        assert_eq!(
            url.as_str(),
            "https://x.example:443/openai/deployments/y?api-version=2024-10-21"
        );
        assert_eq!(
            url.join("/chat/completions"),
            "https://x.example:443/openai/deployments/y/chat/completions?api-version=2024-10-21"
        );
        assert_eq!(
            url.join("/models?limit=9"),
            "https://x.example:443/openai/deployments/y/models?limit=9&api-version=2024-10-21"
        );
        assert_eq!(
            BaseUrl::parse("https://x?")?.join("/models"),
            "https://x:443/models"
        );
        let bare = BaseUrl::parse("http://[::1]:9?v=1/2")?;
        assert_eq!((bare.host(), bare.port()), ("[::1]", 9));
        assert_eq!(bare.origin().as_str(), "http://[::1]:9");
        assert_eq!(bare.join("/a"), "http://[::1]:9/a?v=1/2");
        Ok(())
    }

    #[test]
    fn auth_schemes_are_spelled_like_everything_else() {
        let scheme = AuthScheme::Aws {
            service: "bedrock".into(),
            region: Some("eu-west-1".into()),
        };
        let json = r#"{"scheme":"aws","service":"bedrock","region":"eu-west-1"}"#;
        assert_eq!(serde_json::to_string(&scheme).ok().as_deref(), Some(json));
        assert_eq!(serde_json::from_str(json).ok(), Some(scheme));
    }

    #[test]
    fn origins_hold_scheme_host_and_port() -> Result<(), Failure> {
        let url = BaseUrl::parse("https://api.example.com/v1/deep")?;
        assert_eq!(url.origin().as_str(), "https://api.example.com:443");
        assert_eq!((url.host(), url.port()), ("api.example.com", 443));
        assert!(!url.is_loopback());
        for loopback in ["http://localhost:1", "http://127.0.0.9", "http://[::1]:5/v1"] {
            assert!(BaseUrl::parse(loopback)?.is_loopback(), "{loopback}");
        }
        assert!(!BaseUrl::parse("http://127.0.0.1.evil.test")?.is_loopback());
        Ok(())
    }
}
