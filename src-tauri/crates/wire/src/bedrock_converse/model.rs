//! What a model can do, told by its id: Converse does not hide the differences between makers.
//!
//! An id may carry a region (`us.anthropic.claude-…`) or be an ARN that ends in one. An ARN of one's own
//! (`application-inference-profile/…`) tells nothing: such a model is given only what every model takes.

/// Who made it, as far as requests differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// Anthropic's Claude, with its version as major and minor; 3.0 when it cannot be read.
    Claude(u32, u32),
    /// Amazon's Nova; the flag tells the second generation, which thinks.
    Nova {
        /// Nova 2.
        second: bool,
    },
    /// OpenAI's open models.
    GptOss,
    /// Mistral.
    Mistral,
    /// Anybody else.
    Other,
}

impl Maker {
    /// Reads a model's id.
    pub(super) fn of(model: &str) -> Self {
        if let Some((_, name)) = model.split_once("anthropic.claude") {
            let (major, minor) = version(name);
            Self::Claude(major, minor)
        } else if model.contains("amazon.nova") {
            Self::Nova {
                second: model.contains("amazon.nova-2"),
            }
        } else if model.contains("openai.gpt-oss") {
            Self::GptOss
        } else if model.contains("mistral.") {
            Self::Mistral
        } else {
            Self::Other
        }
    }

    /// Whether it takes cache points in the system prompt and in messages; the others refuse them.
    pub(super) fn caches(self) -> bool {
        matches!(self, Self::Claude(..) | Self::Nova { .. })
    }

    /// Whether it takes cache points among its tools.
    pub(super) fn caches_tools(self) -> bool {
        matches!(self, Self::Claude(..))
    }

    /// Whether it can be held to call a tool.
    pub(super) fn can_be_forced(self) -> bool {
        match self {
            // from the fifth generation on a named tool is refused
            Self::Claude(major, _) => major < 5,
            Self::Nova { .. } => true,
            Self::GptOss | Self::Mistral | Self::Other => false,
        }
    }

    /// Whether it holds its answer to a schema by itself. Older ones of those that do want a schema that
    /// is closed everywhere, as strict ones are.
    pub(super) fn keeps_schemas(self, strict: bool) -> bool {
        match self {
            Self::Claude(major, minor) => major >= 5 || ((major, minor) >= (4, 5) && strict),
            Self::GptOss => strict,
            Self::Nova { .. } | Self::Mistral | Self::Other => false,
        }
    }
}

/// Version of a Claude from what follows its name: `-3-5-sonnet-20240620-v1:0`, `-sonnet-4-5-20250929-v1:0`,
/// `-opus-5`, `-v2:1`.
fn version(name: &str) -> (u32, u32) {
    let mut words = name
        .trim_start_matches('-')
        .split(['-', ':'])
        .skip_while(|word| !word.bytes().all(|byte| byte.is_ascii_digit()) || word.is_empty());
    // a date has eight digits
    let mut number = || words.next()?.parse().ok().filter(|number| *number < 100);
    match number() {
        Some(major) => (major, number().unwrap_or(0)),
        None => (3, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_are_told_by_the_id() {
        for (id, maker) in [
            ("anthropic.claude-v2:1", Maker::Claude(1, 0)),
            ("anthropic.claude-3-5-haiku-20241022-v1:0", Maker::Claude(3, 5)),
            ("us.anthropic.claude-sonnet-4-20250514-v1:0", Maker::Claude(4, 0)),
            (
                "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
                Maker::Claude(4, 5),
            ),
            ("us.anthropic.claude-opus-4-6-v1", Maker::Claude(4, 6)),
            ("anthropic.claude-opus-5", Maker::Claude(5, 0)),
            (
                "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-opus-4-7",
                Maker::Claude(4, 7),
            ),
            ("us.amazon.nova-2-lite-v1:0", Maker::Nova { second: true }),
            ("amazon.nova-pro-v1:0", Maker::Nova { second: false }),
            ("openai.gpt-oss-120b-1:0", Maker::GptOss),
            ("mistral.mistral-large-2407-v1:0", Maker::Mistral),
            ("meta.llama3-1-8b-instruct-v1:0", Maker::Other),
            (
                "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc",
                Maker::Other,
            ),
        ] {
            assert_eq!(Maker::of(id), maker, "{id}");
        }
    }
}
