//! What a tool of a server is called: `SERVER/TOOL` in grants, and a name that every provider takes for models.
//!
//! The danger is a server whose tool goes by the name of one of ours, or of another server's. A server's name has no
//! underscore in it and its tools' names stand behind two of them, so neither can happen.

use domain::McpServerId;
use sha2::{Digest, Sha256};

/// Providers take 64; `agent_` goes before it where the caller has a tool of the same name.
const LONGEST: usize = 58;
const MARK_BYTES: usize = 4;

/// The name in grants.
pub(crate) fn granted(server: &McpServerId, tool: &str) -> String {
    format!("{server}/{tool}")
}

/// The server and the tool of a name in grants.
pub(crate) fn read(granted: &str) -> Option<(McpServerId, &str)> {
    let (server, tool) = granted.split_once('/')?;
    Some((McpServerId::new(server).ok()?, tool))
}

/// The name that models are told. One that had to be changed ends with a mark of the real one, so that two never
/// become the same.
pub(crate) fn told(server: &McpServerId, tool: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = format!("{server}__{tool}");
    if name.len() <= LONGEST && name.chars().all(plain) {
        return name;
    }
    let mark = Sha256::digest(tool.as_bytes());
    let mark: String = mark
        .iter()
        .take(MARK_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let most = LONGEST - mark.len() - 1;
    let told: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(most)
        .collect();
    format!("{told}_{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(server: &str, tool: &str) -> String {
        McpServerId::new(server).map_or_else(|_| String::new(), |server| told(&server, tool))
    }

    #[test]
    fn every_name_can_be_told_and_none_twice() {
        assert_eq!(told_of("files", "read_file"), "files__read_file");
        let long = "x".repeat(200);
        let odd = [
            "ä",
            "ö",
            "a.b",
            "a/b",
            "a b",
            "a_b",
            "",
            "_",
            "__",
            &long,
            &long[1..],
        ];
        let mut seen = Vec::new();
        for server in ["a", "a-", "files", "a234567890123456789012345678901b"] {
            for tool in odd {
                let name = told_of(server, tool);
                let fits = name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
                assert!(name.len() <= LONGEST && fits, "{name}");
                assert!(name.is_empty() || !seen.contains(&name), "{name}");
                seen.push(name);
            }
        }
    }

    #[test]
    fn a_grant_names_its_server_first() {
        let read = |name| read(name).map(|(server, tool)| (server.to_string(), tool));
        assert_eq!(read("files/read/deep"), Some(("files".to_owned(), "read/deep")));
        assert_eq!(read("calculator"), None);
        assert_eq!(read("Files/read"), None);
    }
}
