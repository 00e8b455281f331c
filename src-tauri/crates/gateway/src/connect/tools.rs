//! What each program has to be told. One line a program in [`TOOLS`]; the texts are as its own documents write
//! them.

use std::path::PathBuf;

use domain::Failure;

use super::file::{Change, File};
use super::{Facts, Tool, folder};

/// All programs, the plain ones first.
pub const TOOLS: &[Tool] = &[
    tool("curl", "curl", "shell", curl),
    tool("python", "OpenAI SDK for Python", "pip install openai", python),
    tool("node", "OpenAI SDK for Node", "npm install openai", node),
    tool(
        "langchain",
        "LangChain",
        "pip install langchain-openai",
        langchain,
    ),
    Tool {
        file: Some(llm_file),
        ..tool(
            "llm",
            "llm",
            "extra-openai-models.yaml in `dirname \"$(llm logs path)\"`",
            llm,
        )
    },
    Tool {
        file: Some(continue_file),
        ..tool("continue", "Continue", "~/.continue/config.yaml", continue_dev)
    },
    tool(
        "cline",
        "Cline",
        "Settings, API Provider: OpenAI Compatible",
        cline,
    ),
    Tool {
        file: Some(zed_file),
        ..tool(
            "zed",
            "Zed",
            "~/.config/zed/settings.json; Zed asks for the key in its agent panel",
            zed,
        )
    },
    Tool {
        file: Some(aider_file),
        ..tool("aider", "aider", "shell, or ~/.aider.conf.yml", aider)
    },
    Tool {
        file: Some(opencode_file),
        ..tool(
            "opencode",
            "opencode",
            "~/.config/opencode/opencode.json",
            opencode,
        )
    },
    Tool {
        file: Some(codex_file),
        ..tool("codex", "Codex", "~/.codex/config.toml", codex)
    },
    Tool {
        file: Some(claude_file),
        ..tool(
            "claude-code",
            "Claude Code",
            "shell, or `env` in ~/.claude/settings.json",
            claude,
        )
    },
    tool(
        "vscode",
        "VS Code",
        "Chat: Manage Language Models, Add Models, OpenAI Compatible",
        editor,
    ),
    tool(
        "jetbrains",
        "JetBrains AI Assistant",
        "Settings, Tools, AI Assistant, Models: OpenAI-compatible",
        editor,
    ),
    tool(
        "open-webui",
        "Open WebUI",
        "shell; in a container only with the host's network",
        open_webui,
    ),
    Tool {
        file: Some(goose_file),
        ..tool(
            "goose",
            "goose",
            "~/.config/goose/config.yaml, the key in the shell",
            goose,
        )
    },
    tool(
        "mcp",
        "MCP clients",
        "mcpServers: ~/.cursor/mcp.json, claude mcp add-json; in VS Code the key is `servers`",
        mcp,
    ),
];

const fn tool(id: &'static str, name: &'static str, place: &'static str, text: fn(&Facts) -> String) -> Tool {
    Tool {
        id,
        name,
        place,
        text,
        file: None,
    }
}

fn curl(f: &Facts) -> String {
    format!(
        "curl {}/chat/completions \\\n  -H 'Authorization: Bearer {}' \\\n  -H 'Content-Type: application/json' \\\n  \
         -d '{{\"model\": \"{}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'",
        f.base,
        f.key(),
        f.model
    )
}

fn python(f: &Facts) -> String {
    format!(
        "from openai import OpenAI\n\nclient = OpenAI(base_url=\"{}\", api_key=\"{}\")\n\n\
         answer = client.chat.completions.create(\n    model=\"{}\",\n    \
         messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)\nprint(answer.choices[0].message.content)",
        f.base,
        f.key(),
        f.model
    )
}

fn node(f: &Facts) -> String {
    format!(
        "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{ baseURL: \"{}\", apiKey: \"{}\" }});\n\n\
         const answer = await client.chat.completions.create({{\n  model: \"{}\",\n  \
         messages: [{{ role: \"user\", content: \"Hello\" }}],\n}});\nconsole.log(answer.choices[0].message.content);",
        f.base,
        f.key(),
        f.model
    )
}

fn langchain(f: &Facts) -> String {
    format!(
        "from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(base_url=\"{}\", api_key=\"{}\", model=\"{}\")\n\
         print(model.invoke(\"Hello\").content)",
        f.base,
        f.key(),
        f.model
    )
}

fn llm(f: &Facts) -> String {
    format!(
        "- model_id: {m}\n  model_name: {m}\n  api_base: \"{}\"\n  api_key_name: inglenook\n\n\
         # then: llm keys set inglenook --value {}\n#       llm -m {m} Hello",
        f.base,
        f.key(),
        m = f.model
    )
}

fn continue_dev(f: &Facts) -> String {
    format!(
        "name: Inglenook\nversion: 1.0.0\nschema: v1\n{}",
        continue_models(f)
    )
}

fn continue_models(f: &Facts) -> String {
    format!(
        "models:\n  - name: {m}\n    provider: openai\n    model: {m}\n    apiBase: {}\n    apiKey: {}\n    \
         roles: [chat, edit, apply]",
        f.base,
        f.key(),
        m = f.model
    )
}

fn cline(f: &Facts) -> String {
    format!(
        "Base URL: {}\nAPI Key:  {}\nModel ID: {}",
        f.base,
        f.key(),
        f.model
    )
}

fn editor(f: &Facts) -> String {
    format!("URL:   {}\nKey:   {}\nModel: {}", f.base, f.key(), f.model)
}

fn zed(f: &Facts) -> String {
    format!(
        "{{\n  \"language_models\": {{\n    \"openai_compatible\": {{\n      \"Inglenook\": {{\n        \
         \"api_url\": \"{}\",\n        \"available_models\": [\n          \
         {{ \"name\": \"{}\", \"max_tokens\": 128000 }}\n        ]\n      }}\n    }}\n  }}\n}}",
        f.base, f.model
    )
}

fn aider(f: &Facts) -> String {
    format!(
        "export OPENAI_API_BASE={}\nexport OPENAI_API_KEY={}\naider --model openai/{}",
        f.base,
        f.key(),
        f.model
    )
}

fn opencode(f: &Facts) -> String {
    format!(
        "{{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  \"provider\": {{\n    \"inglenook\": {{\n      \
         \"npm\": \"@ai-sdk/openai-compatible\",\n      \"name\": \"Inglenook\",\n      \
         \"options\": {{ \"baseURL\": \"{}\", \"apiKey\": \"{}\" }},\n      \"models\": {{ \"{}\": {{}} }}\n    }}\n  }}\n}}",
        f.base,
        f.secret.as_deref().unwrap_or("{env:INGLENOOK_API_KEY}"),
        f.model
    )
}

fn codex(f: &Facts) -> String {
    format!(
        "[model_providers.inglenook]\nname = \"Inglenook\"\nbase_url = \"{}\"\nwire_api = \"responses\"\n\
         env_key = \"INGLENOOK_API_KEY\"\n\n[profiles.inglenook]\nmodel_provider = \"inglenook\"\nmodel = \"{}\"\n\n\
         # then: INGLENOOK_API_KEY={} codex --profile inglenook",
        f.base,
        f.model,
        f.key()
    )
}

fn claude(f: &Facts) -> String {
    format!(
        "export ANTHROPIC_BASE_URL={}\nexport ANTHROPIC_AUTH_TOKEN={}\nexport ANTHROPIC_MODEL={m}\n\
         export ANTHROPIC_DEFAULT_HAIKU_MODEL={m}\nclaude",
        f.root(),
        f.key(),
        m = f.model
    )
}

fn open_webui(f: &Facts) -> String {
    format!(
        "export OPENAI_API_BASE_URL={}\nexport OPENAI_API_KEY={}\nopen-webui serve",
        f.base,
        f.key()
    )
}

fn goose(f: &Facts) -> String {
    format!(
        "GOOSE_PROVIDER: openai\nGOOSE_MODEL: {}\nOPENAI_HOST: {}\nOPENAI_BASE_PATH: v1/chat/completions\n\n\
         # then: export OPENAI_API_KEY={}",
        f.model,
        f.root(),
        f.key()
    )
}

/// Agents as tools, all that the key may use: whoever takes a server of tools by address.
fn mcp(f: &Facts) -> String {
    format!(
        "{{\n  \"mcpServers\": {{\n    \"inglenook\": {{\n      \"type\": \"http\",\n      \"url\": \"{}/mcp\",\n      \
         \"headers\": {{ \"Authorization\": \"Bearer {}\" }}\n    }}\n  }}\n}}",
        f.root(),
        f.key()
    )
}

fn home(f: &Facts, path: &str) -> Result<PathBuf, Failure> {
    Ok(folder(f.folders.home.as_ref(), "home")?.join(path))
}

fn settings(f: &Facts, path: &str) -> Result<PathBuf, Failure> {
    Ok(folder(f.folders.settings.as_ref(), "settings")?.join(path))
}

fn codex_file(f: &Facts) -> Result<File, Failure> {
    let folder = match &f.folders.codex {
        Some(folder) => folder.clone(),
        None => home(f, ".codex")?,
    };
    let text = |path: &[&'static str], value: &str| (path.to_vec(), value.to_owned());
    Ok(File {
        path: folder.join("config.toml"),
        change: Change::Toml(vec![
            text(&["model_providers", "inglenook", "name"], "Inglenook"),
            text(&["model_providers", "inglenook", "base_url"], &f.base),
            text(&["model_providers", "inglenook", "wire_api"], "responses"),
            text(&["model_providers", "inglenook", "env_key"], "INGLENOOK_API_KEY"),
            text(&["profiles", "inglenook", "model_provider"], "inglenook"),
            text(&["profiles", "inglenook", "model"], &f.model),
        ]),
    })
}

fn opencode_file(f: &Facts) -> Result<File, Failure> {
    let provider = |rest: &[&str]| {
        [&["provider", "inglenook"], rest]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let key = f.secret.as_deref().unwrap_or("{env:INGLENOOK_API_KEY}");
    Ok(File {
        path: settings(f, "opencode/opencode.json")?,
        change: Change::Json(vec![
            (provider(&["npm"]), "@ai-sdk/openai-compatible".into()),
            (provider(&["name"]), "Inglenook".into()),
            (provider(&["options", "baseURL"]), f.base.as_str().into()),
            (provider(&["options", "apiKey"]), key.into()),
            (provider(&["models", &f.model, "name"]), f.model.as_str().into()),
        ]),
    })
}

fn zed_file(f: &Facts) -> Result<File, Failure> {
    let inglenook = |name: &str| {
        ["language_models", "openai_compatible", "Inglenook", name]
            .map(str::to_owned)
            .to_vec()
    };
    let models = serde_json::json!([{ "name": f.model, "max_tokens": 128_000 }]);
    Ok(File {
        path: settings(f, "zed/settings.json")?,
        change: Change::Json(vec![
            (inglenook("api_url"), f.base.as_str().into()),
            (inglenook("available_models"), models),
        ]),
    })
}

fn claude_file(f: &Facts) -> Result<File, Failure> {
    let env = |name: &str| vec!["env".to_owned(), name.to_owned()];
    let mut values = vec![
        (env("ANTHROPIC_BASE_URL"), f.root().into()),
        (env("ANTHROPIC_MODEL"), f.model.as_str().into()),
        (env("ANTHROPIC_DEFAULT_HAIKU_MODEL"), f.model.as_str().into()),
    ];
    if let Some(secret) = &f.secret {
        values.push((env("ANTHROPIC_AUTH_TOKEN"), secret.as_str().into()));
    }
    Ok(File {
        path: home(f, ".claude/settings.json")?,
        change: Change::Json(values),
    })
}

fn aider_file(f: &Facts) -> Result<File, Failure> {
    let mut lines = vec![
        ("openai-api-base", f.base.clone()),
        ("model", format!("openai/{}", f.model)),
    ];
    if let Some(secret) = &f.secret {
        lines.push(("openai-api-key", secret.clone()));
    }
    Ok(File {
        path: home(f, ".aider.conf.yml")?,
        change: Change::Lines(lines),
    })
}

fn goose_file(f: &Facts) -> Result<File, Failure> {
    Ok(File {
        path: settings(f, "goose/config.yaml")?,
        change: Change::Lines(vec![
            ("GOOSE_PROVIDER", "openai".to_owned()),
            ("GOOSE_MODEL", f.model.clone()),
            ("OPENAI_HOST", f.root().to_owned()),
            ("OPENAI_BASE_PATH", "v1/chat/completions".to_owned()),
        ]),
    })
}

fn continue_file(f: &Facts) -> Result<File, Failure> {
    Ok(File {
        path: home(f, ".continue/config.yaml")?,
        change: Change::Whole {
            text: continue_dev(f),
            section: "models:",
            added: continue_models(f),
        },
    })
}

fn llm_file(f: &Facts) -> Result<File, Failure> {
    let folder = match &f.folders.llm {
        Some(folder) => folder.clone(),
        None => settings(f, "io.datasette.llm")?,
    };
    let entry = format!(
        "- model_id: {m}\n  model_name: {m}\n  api_base: \"{}\"\n  api_key_name: inglenook",
        f.base,
        m = f.model
    );
    Ok(File {
        path: folder.join("extra-openai-models.yaml"),
        change: Change::Whole {
            section: "- model_id:",
            text: entry.clone(),
            added: entry,
        },
    })
}
