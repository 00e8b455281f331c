// How each client is told where to go and what to say, without a person. Every client gets a home and a folder of its
// own, so that nothing of this machine's user reaches it and nothing of it stays.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const bin = (name) => join(import.meta.dirname, "node_modules", ".bin", name);
const venv = (name, program) => join(import.meta.dirname, `.venv-${name}`, "bin", program);

/**
 * A client: `prepare(home, at)` writes its configuration, `command(at, agent, prompt)` is what a person would type.
 * `at` has the endpoint's `baseUrl` (with /v1), its `root` (without) and the `key`. A `stubborn` client repeats what
 * failed whatever the answer says about that.
 */
export const DRIVERS = {
  codex: {
    prepare(home, at) {
      mkdirSync(join(home, ".codex"), { recursive: true });
      writeFileSync(
        join(home, ".codex", "config.toml"),
        [
          'model_provider = "inglenook"',
          "[model_providers.inglenook]",
          'name = "Inglenook"',
          `base_url = "${at.baseUrl}"`,
          'wire_api = "responses"',
          'env_key = "INGLENOOK_KEY"',
          "",
        ].join("\n"),
      );
    },
    command: (at, agent, prompt) => ({
      file: bin("codex"),
      args: ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", agent, prompt],
      env: { INGLENOOK_KEY: at.key },
    }),
    tools: true,
    stubborn: true,
  },
  claude: {
    command: (at, agent, prompt) => ({
      file: bin("claude"),
      args: ["-p", prompt, "--model", agent, "--allowedTools", "Bash"],
      env: { ANTHROPIC_BASE_URL: at.root, ANTHROPIC_AUTH_TOKEN: at.key, DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1" },
    }),
    tools: true,
  },
  opencode: {
    command: (at, agent, prompt) => ({
      file: bin("opencode"),
      args: ["run", "-m", `inglenook/${agent}`, prompt],
      env: {
        OPENCODE_CONFIG_CONTENT: JSON.stringify({
          permission: { bash: "allow" },
          provider: {
            inglenook: {
              npm: "@ai-sdk/openai-compatible",
              options: { baseURL: at.baseUrl, apiKey: at.key },
              models: { [agent]: {} },
            },
          },
        }),
      },
    }),
    tools: true,
    stubborn: true,
  },
  aider: {
    prepare(home) {
      writeFileSync(join(home, "work", "greeting.txt"), "hello\n");
    },
    command: (at, agent, prompt) => ({
      file: venv("aider", "aider"),
      args: [
        ...["--model", `openai/${agent}`, "--no-git", "--yes-always", "--no-check-update", "--no-analytics"],
        ...["--no-show-model-warnings", "--map-tokens", "0", "--no-pretty", "--edit-format", "diff"],
        ...["--message", prompt, "greeting.txt"],
      ],
      env: { OPENAI_API_BASE: at.baseUrl, OPENAI_API_KEY: at.key, LITELLM_LOCAL_MODEL_COST_MAP: "True" },
    }),
    // its tools are edits, which the model writes as text
    edits: true,
    stubborn: true,
  },
  llm: {
    prepare(home, at, agents) {
      const folder = join(home, "llm");
      mkdirSync(folder, { recursive: true });
      const model = (agent) => [
        `- model_id: ${agent}`,
        `  model_name: ${agent}`,
        `  api_base: ${at.baseUrl}`,
        "  api_key_name: inglenook",
        "  supports_tools: true",
        "",
      ];
      writeFileSync(join(folder, "extra-openai-models.yaml"), agents.flatMap(model).join("\n"));
    },
    command: (at, agent, prompt, home) => ({
      file: venv("llm", "llm"),
      args: [
        ...["-m", agent, "--key", at.key],
        ...(agent === "loop" ? ["--functions", "def mark(command: str) -> str:\n    return command.split()[-1]"] : []),
        prompt,
      ],
      env: { LLM_USER_PATH: join(home, "llm") },
    }),
    tools: true,
  },
};
