// How programs are pointed at the endpoint. The key is never filled in: it is shown once, when it is made.

export interface Snippet {
  id: string;
  name: string;
  /** Where it goes. */
  where: string;
  text: (base: string, model: string) => string;
}

const KEY = "YOUR_KEY";

export const SNIPPETS: readonly Snippet[] = [
  {
    id: "curl",
    name: "curl",
    where: "Shell",
    text: (base, model) => `curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
  {
    id: "python",
    name: "Python",
    where: "pip install openai",
    text: (base, model) => `from openai import OpenAI

client = OpenAI(base_url="${base}", api_key="${KEY}")

answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
  },
  {
    id: "node",
    name: "Node",
    where: "npm install openai",
    text: (base, model) => `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}", apiKey: "${KEY}" });

const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`,
  },
  {
    id: "continue",
    name: "Continue",
    where: "~/.continue/config.yaml",
    text: (base, model) => `models:
  - name: ${model}
    provider: openai
    model: ${model}
    apiBase: ${base}
    apiKey: ${KEY}
    roles: [chat, edit, apply]`,
  },
  {
    id: "zed",
    name: "Zed",
    where: "settings.json; Zed asks for the key in its agent panel's settings",
    text: (base, model) => `{
  "language_models": {
    "openai_compatible": {
      "Inglenook": {
        "api_url": "${base}",
        "available_models": [
          { "name": "${model}", "max_tokens": 128000 }
        ]
      }
    }
  }
}`,
  },
  {
    id: "aider",
    name: "aider",
    where: "Shell",
    text: (base, model) => `export OPENAI_API_BASE=${base}
export OPENAI_API_KEY=${KEY}
aider --model openai/${model}`,
  },
];
