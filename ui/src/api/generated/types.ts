// Written by `cargo test` from the Rust types of the control plane; do not edit.
// INGLENOOK_UPDATE=1 cargo test --no-default-features --features starter,web-host --test tests control::

export type Abilities = { 
/**
 * It calls tools.
 */
tools: boolean | null, 
/**
 * It reads images.
 */
images: boolean | null, 
/**
 * It thinks before it answers.
 */
reasoning: boolean | null, };
export type AddKnowledge = { 
/**
 * The collection; it is made where there is none of that name.
 */
name: Slug, 
/**
 * Folders and files, which are read with everything under them.
 */
paths: Array<string>, };
export type AddMcpServer = { 
/**
 * Its name in grants.
 */
id: McpServerId, 
/**
 * The name people read; absent: its name in grants.
 */
name: string | null, 
/**
 * How it is reached.
 */
transport: McpTransport, 
/**
 * Variables without a value, and headers, by name.
 */
secrets: { [key in string]: SecretText }, };
export type AddMemory = { 
/**
 * The agent: its slug or its id.
 */
agent: string, 
/**
 * What.
 */
text: string, 
/**
 * What kind of thing it is; absent: a fact.
 */
kind?: MemoryKind | null, 
/**
 * Whose calls may hear of it; absent: those of the window and of the command line.
 */
scope?: MemoryScope | null, };
export type AddProvider = { 
/**
 * Its slug.
 */
id: Slug, 
/**
 * A catalogue id or `custom`; absent: the catalogue entry named like the slug, else `custom`.
 */
kind: string | null, 
/**
 * The name people read; absent: the catalogue's, else the slug.
 */
name: string | null, 
/**
 * The protocol; needed for `custom`.
 */
wire: Wire | null, 
/**
 * Instead of the catalogue's; needed for `custom`.
 */
base_url: string | null, 
/**
 * Whether plain HTTP is accepted for a host that is not this machine.
 */
allow_http: boolean, 
/**
 * Its key.
 */
key: SecretText | null, 
/**
 * It needs none.
 */
no_key: boolean, 
/**
 * How long it is waited for.
 */
timeouts: Timeouts, 
/**
 * Certificates in PEM form of an authority that may vouch for it.
 */
ca: string | null, 
/**
 * It only streams.
 */
streams_only: boolean, };
export type Agent = { 
/**
 * Never changes.
 */
id: AgentId, 
/**
 * Counts up from 1 with every change.
 */
revision: number, 
/**
 * When it was made.
 */
created_at: Timestamp, 
/**
 * When this revision was made.
 */
updated_at: Timestamp, 
/**
 * The name clients use.
 */
slug: Slug, 
/**
 * The name people read.
 */
name: string, 
/**
 * What it is for, in a sentence or two: programs that offer it as a tool show this to their models. Never told to its
 * own.
 */
description?: string, 
/**
 * How it is drawn.
 */
icon?: Icon, 
/**
 * What the agent is told before every conversation.
 */
instructions: string, 
/**
 * Where its answers come from.
 */
target: Target, 
/**
 * Where they come from when the target fails before its first byte.
 */
fallbacks: Array<Target>, 
/**
 * The agent's parameters; a caller's own win unless they are locked.
 */
params: Params, 
/**
 * Names of parameters that a caller cannot change (`temperature`, `max_output_tokens`, ...).
 */
locked: Array<string>, 
/**
 * What happens to the caller's instructions.
 */
instructions_merge: InstructionsMerge, 
/**
 * What happens to the caller's tools.
 */
tools_merge: ToolsMerge, 
/**
 * What its providers are told to cache.
 */
cache: CacheMarks, 
/**
 * Spending caps, at most one a span, for everyone who uses it together, the window included.
 */
budgets: Array<Budget>, 
/**
 * How often it may be asked, by everyone together.
 */
limits: Rates, 
/**
 * How long its targets are waited for, whatever their providers say.
 */
timeouts: Timeouts, 
/**
 * What it may use besides its model.
 */
tools: Array<Grant>, 
/**
 * Whether its model has to use a tool before it answers, where the caller says nothing of that. For models that
 * would rather guess, or cannot decide by themselves.
 */
tool_first: boolean, 
/**
 * How far one call may go with that.
 */
run: RunLimits, 
/**
 * Where its tools for files may go, and nowhere else.
 */
folders: Array<AgentFolder>, 
/**
 * The names of the collections that it looks things up in.
 */
knowledge: Array<Slug>, 
/**
 * What it remembers from one conversation to the next.
 */
memory: MemoryRules, 
/**
 * How its conversations are kept within its model's window.
 */
compaction?: Compaction, };
export type AgentDraft = { 
/**
 * The name clients use.
 */
slug: Slug, 
/**
 * The name people read.
 */
name: string, 
/**
 * What it is for, in a sentence or two: programs that offer it as a tool show this to their models. Never told to its
 * own.
 */
description?: string, 
/**
 * How it is drawn.
 */
icon?: Icon, 
/**
 * What the agent is told before every conversation.
 */
instructions: string, 
/**
 * Where its answers come from.
 */
target: Target, 
/**
 * Where they come from when the target fails before its first byte.
 */
fallbacks: Array<Target>, 
/**
 * The agent's parameters; a caller's own win unless they are locked.
 */
params: Params, 
/**
 * Names of parameters that a caller cannot change (`temperature`, `max_output_tokens`, ...).
 */
locked: Array<string>, 
/**
 * What happens to the caller's instructions.
 */
instructions_merge: InstructionsMerge, 
/**
 * What happens to the caller's tools.
 */
tools_merge: ToolsMerge, 
/**
 * What its providers are told to cache.
 */
cache: CacheMarks, 
/**
 * Spending caps, at most one a span, for everyone who uses it together, the window included.
 */
budgets: Array<Budget>, 
/**
 * How often it may be asked, by everyone together.
 */
limits: Rates, 
/**
 * How long its targets are waited for, whatever their providers say.
 */
timeouts: Timeouts, 
/**
 * What it may use besides its model.
 */
tools: Array<Grant>, 
/**
 * Whether its model has to use a tool before it answers, where the caller says nothing of that. For models that
 * would rather guess, or cannot decide by themselves.
 */
tool_first: boolean, 
/**
 * How far one call may go with that.
 */
run: RunLimits, 
/**
 * Where its tools for files may go, and nowhere else.
 */
folders: Array<AgentFolder>, 
/**
 * The names of the collections that it looks things up in.
 */
knowledge: Array<Slug>, 
/**
 * What it remembers from one conversation to the next.
 */
memory: MemoryRules, 
/**
 * How its conversations are kept within its model's window.
 */
compaction?: Compaction, };
export type AgentFile = { 
/**
 * What the file may be called.
 */
name: string, 
/**
 * TOML.
 */
text: string, };
export type AgentFolder = { 
/**
 * Its whole path.
 */
path: string, 
/**
 * Whether files may be written there; else they are only read.
 */
write: boolean, };
export type AgentId = string;
export type AgentImport = "created" | "updated" | "unchanged" | "skipped" | "failed";
export type AgentImported = { 
/**
 * The file's name.
 */
file: string, 
/**
 * The agent's slug, where it could be read.
 */
slug: Slug | null, 
/**
 * What becomes of it.
 */
becomes: AgentImport, 
/**
 * The agent's revision afterwards.
 */
revision: number | null, 
/**
 * What is wrong with it.
 */
failure: FailureView | null, };
export type AgentName = { 
/**
 * `reviewer` or `ag_…`.
 */
agent: string, };
export type AgentRevision = { 
/**
 * Its number.
 */
revision: number, 
/**
 * When it was made.
 */
created_at: Timestamp, 
/**
 * What the agent was.
 */
draft: AgentDraft, };
export type AgentsImported = { 
/**
 * Whether anything was written: not in a dry run, and not when one file is wrong.
 */
written: boolean, 
/**
 * Each file, in the order in which they came.
 */
files: Array<AgentImported>, };
export type AnswerApproval = { 
/**
 * To which question.
 */
approval: ApprovalId, 
/**
 * The answer. What is tainted is allowed once, whatever is said here.
 */
decision: Decision, };
export type AnswerMcpQuestion = { 
/**
 * To which question.
 */
question: ApprovalId, 
/**
 * What is done.
 */
action: QuestionAction, 
/**
 * JSON text of an object: the values by name.
 */
values: SecretText | null, };
export type AppStatus = { 
/**
 * The app's version.
 */
version: string, 
/**
 * The data plane.
 */
endpoint: EndpointStatus, 
/**
 * The second port, for clients of Ollama.
 */
ollama_port: OllamaPortStatus, 
/**
 * Whether other machines can reach the endpoint.
 */
lan: LanStatus, 
/**
 * The vault.
 */
vault: VaultStatus, 
/**
 * The starter model.
 */
starter: StarterStatus, 
/**
 * What the starter is and is not good for.
 */
starter_label: string, 
/**
 * Where everything is kept.
 */
data_dir: string, 
/**
 * Whether the database was written by a newer version and cannot be changed.
 */
read_only: boolean, 
/**
 * Whether there is no agent yet.
 */
first_run: boolean, 
/**
 * Whether every program on this machine may call without a client key.
 */
no_key_on_loopback: boolean, 
/**
 * How many agents there are.
 */
agents: number, 
/**
 * How many providers there are.
 */
providers: number, };
export type Applied = { 
/**
 * What it is about.
 */
what: string, 
/**
 * What was done.
 */
how: string, };
export type ApprovalId = string;
export type ApprovalName = { 
/**
 * Its id.
 */
id: ApprovalId, };
export type ApprovalView = { 
/**
 * Its id.
 */
id: ApprovalId, 
/**
 * The agent.
 */
agent: AgentId, 
/**
 * Its name.
 */
agent_name: string, 
/**
 * The tool, as in grants.
 */
tool: string, 
/**
 * How far the tool goes.
 */
reach: Reach, 
/**
 * JSON text of the model: all that the tool is told.
 */
arguments: string, 
/**
 * The folder that it works in, where that is part of what is allowed.
 */
directory: string | null, 
/**
 * The call.
 */
call: CallId, 
/**
 * Its session, where there is one.
 */
session: SessionId | null, 
/**
 * The answer in it.
 */
message: MessageId | null, 
/**
 * The model's name for it, as in the answer's parts.
 */
tool_call: string, 
/**
 * Who called the agent.
 */
source: CallSource, 
/**
 * The client key's name.
 */
client: string | null, 
/**
 * Why a person is asked.
 */
reasons: Array<AskReason>, 
/**
 * What from outside is in the conversation: a tool's name, or what a caller attached.
 */
tainted_by: string | null, 
/**
 * Whether a yes for the session holds for these arguments alone.
 */
session_exact: boolean, 
/**
 * When it was asked.
 */
asked_at: Timestamp, 
/**
 * When the answer is no.
 */
expires_at: Timestamp, };
export type ApproveMcpServer = { 
/**
 * Its name.
 */
id: McpServerId, 
/**
 * Of what was shown.
 */
digest: string, };
export type AskReason = "asks" | "tainted";
export type AskTools = { 
/**
 * The agent they shall use; absent: the default agent, else the first.
 */
agent?: string | null, };
export type Attachment = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its bytes in base64, at most 10 MiB of them.
 */
data: string, };
export type AuthScheme = { "scheme": "none" } | { "scheme": "bearer" } | { "scheme": "header", 
/**
 * Its name in lower case, `api-key`.
 */
name: string, } | { "scheme": "aws", 
/**
 * What is signed for, `bedrock`.
 */
service: string, 
/**
 * The region, where the address does not name it.
 */
region: string | null, };
export type Backup = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * Its running number; the highest is the newest.
 */
number: number, 
/**
 * The schema version of the database it was made from.
 */
schema: number, };
export type BackupName = { 
/**
 * Its number, or the path of a file; absent: the newest.
 */
backup?: string | null, };
export type BackupReport = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * How large it is, in bytes.
 */
bytes: number, 
/**
 * Agents.
 */
agents: number, 
/**
 * Sessions, deleted ones included.
 */
sessions: number, 
/**
 * Messages.
 */
messages: number, 
/**
 * Calls.
 */
calls: number, };
export type BaseUrl = string;
export type Budget = { 
/**
 * The most to spend.
 */
cap: Money, 
/**
 * In which span.
 */
per: BudgetPeriod, };
export type BudgetOwner = { "of": "everything" } | { "of": "key", 
/**
 * Its id.
 */
id: ClientKeyId, 
/**
 * Its name.
 */
name: string, } | { "of": "agent", 
/**
 * Its id.
 */
id: AgentId, 
/**
 * Its slug.
 */
slug: string, };
export type BudgetPeriod = "day" | "week" | "month" | "total";
export type BudgetStanding = { 
/**
 * The most to spend.
 */
cap: Money, 
/**
 * In which span.
 */
per: BudgetPeriod, 
/**
 * Spent in the span, calls of unknown cost by what was set aside for them.
 */
spent: Money, 
/**
 * Set aside for calls that run.
 */
held: Money, 
/**
 * What is left for new calls.
 */
left: Money, 
/**
 * When the span began.
 */
since: Timestamp, 
/**
 * When it ends; absent: never.
 */
until: Timestamp | null, };
export type BudgetView = { 
/**
 * How it stands.
 */
standing: BudgetStanding, } & ({ "of": "everything" } | { "of": "key", 
/**
 * Its id.
 */
id: ClientKeyId, 
/**
 * Its name.
 */
name: string, } | { "of": "agent", 
/**
 * Its id.
 */
id: AgentId, 
/**
 * Its slug.
 */
slug: string, });
export type CacheMarks = "off" | "automatic";
export type CallFrom = "window" | "command_line" | "client";
export type CallId = string;
export type CallName = { 
/**
 * `ca_…`.
 */
call: CallId, };
export type CallOutcome = "running" | "succeeded" | "cancelled" | "failed" | "interrupted";
export type CallPage = { 
/**
 * Newest first. Filters that few calls match give short pages, even empty ones, that go on.
 */
calls: Array<CallRow>, 
/**
 * Where the next page begins; `None` at the end, and only there.
 */
next: string | null, };
export type CallRow = { 
/**
 * The agent's slug.
 */
agent_slug: string | null, 
/**
 * The client key's name.
 */
client: string | null, 
/**
 * How its last attempt ended, or how it failed before the first; `None` while it runs.
 */
outcome: Outcome | null, 
/**
 * What was said of its failure.
 */
failure: string | null, 
/**
 * How many requests like it failed the same way within a minute, before a provider was asked; they have no
 * row of their own.
 */
repeats: number, 
/**
 * Where the answer came from.
 */
target: Target | null, 
/**
 * Tokens of all attempts.
 */
usage: Usage | null, 
/**
 * Cost of all attempts; `None` is unknown.
 */
cost: Money | null, 
/**
 * Milliseconds to the first token of the last attempt.
 */
first_token_ms: number | null, 
/**
 * Milliseconds in all.
 */
total_ms: number | null, 
/**
 * Tokens written a second by the last attempt, from its first token to its last; of an answer that came
 * whole, since it was asked for.
 */
tokens_per_second: number | null, 
/**
 * Why the answer ended.
 */
finish: StopReason | null, 
/**
 * Where the cost comes from.
 */
confidence: Confidence, 
/**
 * Its id; also the `x-request-id` of the response.
 */
id: CallId, 
/**
 * The conversation it belongs to; `None` where the key's policy keeps none.
 */
session: SessionId | null, 
/**
 * Who called.
 */
source: CallSource, 
/**
 * The agent that answered; `None` for a raw model.
 */
agent: AgentId | null, 
/**
 * Its revision.
 */
revision: number | null, 
/**
 * What the client wrote in `model`.
 */
requested_model: string, 
/**
 * The route in words: `POST /v1/chat/completions`, `window`, `command line`.
 */
route: string, 
/**
 * The client's protocol; `None` for the window.
 */
wire: Wire | null, 
/**
 * Whether the answer was streamed.
 */
stream: boolean, 
/**
 * What the merge contract decided.
 */
applied: Array<Applied>, 
/**
 * What the program calls itself (`OpenAI/Python 2.8.1`); unchecked, and `None` where nothing is kept.
 */
user_agent: string | null, 
/**
 * The call whose request this one sent again.
 */
replay_of: CallId | null, 
/**
 * When it arrived.
 */
started_at: Timestamp, };
export type CallSource = { "from": "window" } | { "from": "command_line" } | { "from": "client", 
/**
 * The key.
 */
key: ClientKeyId, };
export type CallSteps = { 
/**
 * The call.
 */
call: CallId, 
/**
 * In the order in which they happened.
 */
steps: Array<RunStep>, };
export type CallView = { 
/**
 * Its ledger entries.
 */
entries: Array<Entry>, 
/**
 * What the client sent; `None` for the window, and where the key's policy keeps no content.
 */
client_request: ClientRequestView | null, 
/**
 * The last request that went to a provider, as JSON text, without secrets.
 */
upstream_request: string | null, 
/**
 * All of them, in order.
 */
upstream_requests: Array<UpstreamRequestView>, 
/**
 * When the streamed answers came, by attempt.
 */
timelines: Array<TimelineView>, 
/**
 * The message that was answered, from its session.
 */
asked: Message | null, 
/**
 * That message's id, with which its session gives what was said before.
 */
asked_id: MessageId | null, 
/**
 * What was answered, from its session; several where several answers were asked for.
 */
answers: Array<Message>, 
/**
 * What the tools gave that the answer called.
 */
tool_results: Array<Message>, 
/**
 * What the agent did with its own tools.
 */
tool_uses: Array<ToolUse>, 
/**
 * What the agent recalled, the best first, and why.
 */
recalled: Array<RecalledView>, 
/**
 * The agent's slug.
 */
agent_slug: string | null, 
/**
 * The client key's name.
 */
client: string | null, 
/**
 * How its last attempt ended, or how it failed before the first; `None` while it runs.
 */
outcome: Outcome | null, 
/**
 * What was said of its failure.
 */
failure: string | null, 
/**
 * How many requests like it failed the same way within a minute, before a provider was asked; they have no
 * row of their own.
 */
repeats: number, 
/**
 * Where the answer came from.
 */
target: Target | null, 
/**
 * Tokens of all attempts.
 */
usage: Usage | null, 
/**
 * Cost of all attempts; `None` is unknown.
 */
cost: Money | null, 
/**
 * Milliseconds to the first token of the last attempt.
 */
first_token_ms: number | null, 
/**
 * Milliseconds in all.
 */
total_ms: number | null, 
/**
 * Tokens written a second by the last attempt, from its first token to its last; of an answer that came
 * whole, since it was asked for.
 */
tokens_per_second: number | null, 
/**
 * Why the answer ended.
 */
finish: StopReason | null, 
/**
 * Where the cost comes from.
 */
confidence: Confidence, 
/**
 * Its id; also the `x-request-id` of the response.
 */
id: CallId, 
/**
 * The conversation it belongs to; `None` where the key's policy keeps none.
 */
session: SessionId | null, 
/**
 * Who called.
 */
source: CallSource, 
/**
 * The agent that answered; `None` for a raw model.
 */
agent: AgentId | null, 
/**
 * Its revision.
 */
revision: number | null, 
/**
 * What the client wrote in `model`.
 */
requested_model: string, 
/**
 * The route in words: `POST /v1/chat/completions`, `window`, `command line`.
 */
route: string, 
/**
 * The client's protocol; `None` for the window.
 */
wire: Wire | null, 
/**
 * Whether the answer was streamed.
 */
stream: boolean, 
/**
 * What the merge contract decided.
 */
applied: Array<Applied>, 
/**
 * What the program calls itself (`OpenAI/Python 2.8.1`); unchecked, and `None` where nothing is kept.
 */
user_agent: string | null, 
/**
 * The call whose request this one sent again.
 */
replay_of: CallId | null, 
/**
 * When it arrived.
 */
started_at: Timestamp, };
export type CatalogueEntry = { 
/**
 * What `--kind` names.
 */
id: string, 
/**
 * The name people read.
 */
name: string, 
/**
 * The protocol.
 */
wire: Wire, 
/**
 * Where it is, when that is always the same.
 */
base_url: string | null, 
/**
 * How each user's own is made up, where there is no common one.
 */
base_url_help: string | null, 
/**
 * Whether it wants a key.
 */
needs_key: boolean, 
/**
 * Where keys are made.
 */
key_url: string | null, 
/**
 * What to know before making one, a sentence.
 */
key_help: string | null, 
/**
 * Whether it runs on this machine.
 */
local: boolean, };
export type ChangeVault = { 
/**
 * Where to: the OS keychain or the passphrase vault.
 */
kind: VaultKind, 
/**
 * The new vault's, for the passphrase vault only.
 */
passphrase: SecretText | null, };
export type ChatStarted = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * The message that was sent.
 */
message: MessageId, 
/**
 * The answer that is being written.
 */
answer: MessageId, 
/**
 * The second agent's answer.
 */
beside: MessageId | null, 
/**
 * The call.
 */
call: CallId, };
export type Check = { 
/**
 * What was checked.
 */
name: string, 
/**
 * How it ended.
 */
state: CheckState, 
/**
 * What was found.
 */
detail: string, 
/**
 * What to do about it.
 */
hint: string | null, 
/**
 * How long it took, in milliseconds, where that tells something.
 */
took_ms: number | null, };
export type CheckState = "ok" | "warning" | "failed" | "skipped";
export type ClientKeyId = string;
export type ClientKeyView = { 
/**
 * Slugs of the agents it may use; empty: all.
 */
agent_slugs: Array<string>, 
/**
 * Spent ever, as far as costs are known.
 */
spent: Money, 
/**
 * Attempts whose cost is unknown and not in `spent`, those that still run included.
 */
unknown_cost: number, 
/**
 * How each of its budgets stands, in their order.
 */
standing: Array<BudgetStanding>, 
/**
 * Its id; not the secret.
 */
id: ClientKeyId, 
/**
 * The name people read: the program it is for.
 */
name: string, 
/**
 * An emoji or a short word that people know it by.
 */
icon: string | null, 
/**
 * The built-in key of programs that present none, where a setting lets them in.
 */
anonymous: boolean, 
/**
 * The last characters of the secret.
 */
hint: string, 
/**
 * Agents it may use; empty: all.
 */
agents: Array<AgentId>, 
/**
 * Whether it may name `provider/model`.
 */
raw_models: boolean, 
/**
 * The agent that answers when a call names no model.
 */
default_agent: AgentId | null, 
/**
 * The agent that answers for models it does not know.
 */
catch_all: AgentId | null, 
/**
 * Model names that stand for agents.
 */
aliases: Array<[string, Slug]>, 
/**
 * Web origins that may use it, each exactly one serialised origin.
 */
origins: Array<string>, 
/**
 * Spending caps, at most one for each span; all of them hold.
 */
budgets: Array<Budget>, 
/**
 * The most that one session of it may cost.
 */
session_budget: Money | null, 
/**
 * Whether agents use no tool of their own for it.
 */
no_tools: boolean, 
/**
 * The most that agents may do with a tool for it; never more than their own rules say.
 */
tool_caps: Array<ToolCap>, 
/**
 * How much of its calls is kept.
 */
store: StorePolicy, 
/**
 * When it ends.
 */
expires_at: Timestamp | null, 
/**
 * When it was made.
 */
created_at: Timestamp, 
/**
 * When it was last used.
 */
last_used_at: Timestamp | null, 
/**
 * The program that used it last, where the operating system tells (Linux).
 */
last_used_by: string | null, 
/**
 * When it was revoked.
 */
revoked_at: Timestamp | null, 
/**
 * Requests a minute.
 */
rpm: number | null, 
/**
 * Requests an hour.
 */
rph: number | null, 
/**
 * Requests a day.
 */
rpd: number | null, 
/**
 * Tokens a minute, read and written.
 */
tpm: number | null, 
/**
 * Calls at once.
 */
concurrency: number | null, };
export type ClientRequestView = { 
/**
 * The names of its headers; their values are not kept.
 */
headers: Array<string>, 
/**
 * Its body.
 */
body: KeptBody, };
export type CollectionId = string;
export type CollectionView = { 
/**
 * Whether it is being looked through.
 */
looking: boolean, 
/**
 * New files that are read, of `of`.
 */
done: number, 
/**
 * Files that were new when it was last looked through.
 */
of: number, 
/**
 * Files that can be looked up.
 */
files: number, 
/**
 * Files that cannot; the status says why.
 */
failed: number, 
/**
 * Passages.
 */
passages: number, 
/**
 * Passages that are found by meaning too.
 */
embedded: number, 
/**
 * The model by which; `None`: by words alone.
 */
embedding_model: Target | null, 
/**
 * Why not all passages are found by meaning, although a model is named.
 */
unembedded: string | null, 
/**
 * Whether changes of its files are heard of at once, and not once a minute.
 */
watched: boolean, 
/**
 * What could not be looked into.
 */
problems: Array<string>, 
/**
 * When it was last looked through to its end, since the app was started.
 */
looked_at: Timestamp | null, 
/**
 * The agents that look things up in it.
 */
agents: Array<Slug>, 
/**
 * Never changes.
 */
id: CollectionId, 
/**
 * What agents and people call it.
 */
name: Slug, 
/**
 * Where its files lie: absolute paths of folders and files.
 */
roots: Array<string>, 
/**
 * When it was made.
 */
created_at: Timestamp, 
/**
 * When its roots were last changed.
 */
updated_at: Timestamp, };
export type Compaction = { 
/**
 * In which conversations.
 */
mode: CompactionMode, 
/**
 * How full the window is, in percent, when it happens; `None`: 80.
 */
threshold: number | null, };
export type CompactionMode = "off" | "sessions" | "always";
export type CompareDoors = { 
/**
 * `reviewer`, `reviewer@3` or `ag_…`.
 */
agent: string, 
/**
 * What is said.
 */
text: string, 
/**
 * What a program adds: the body of a chat completion as JSON text. The text goes after its messages.
 */
request: string | null, 
/**
 * The client key that the program uses; absent: one that may use everything.
 */
key: string | null, };
export type Confidence = "reported" | "computed" | "estimated" | "unknown";
export type ContextUse = { 
/**
 * Which model.
 */
target: Target, 
/**
 * Tokens that it read and wrote in its last answer.
 */
used: number, 
/**
 * How many it reads; `None` where nobody knows.
 */
window: number | null, };
export type CreatedClientKey = { 
/**
 * Its id.
 */
id: string, 
/**
 * The secret, shown this once.
 */
secret: string, 
/**
 * What is kept of it.
 */
key: ClientKeyView, };
export type DataExported = { 
/**
 * Where it lies, readable by this user alone.
 */
path: string, 
/**
 * How large it is, in bytes.
 */
bytes: number, 
/**
 * How many rows it has, one JSON text on each line.
 */
rows: number, };
export type DataReport = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * Bytes of the database with its log.
 */
database_bytes: number, 
/**
 * Bytes of all backups.
 */
backup_bytes: number, 
/**
 * Agents that are there.
 */
agents: number, 
/**
 * Sessions, deleted ones included.
 */
sessions: number, 
/**
 * Messages.
 */
messages: number, 
/**
 * Calls.
 */
calls: number, 
/**
 * What is to be done at the next start.
 */
staged: Staged | null, };
export type Decision = "once" | "session" | "always" | "deny";
export type DetectedServer = { 
/**
 * The catalogue id of what it is.
 */
kind: string, 
/**
 * The name people read.
 */
name: string, 
/**
 * Where it listens.
 */
base_url: string, 
/**
 * The models it offers, as far as it says.
 */
models: Array<string>, 
/**
 * Whether it wants a key.
 */
needs_key: boolean, };
export type Difference = { 
/**
 * A JSON pointer to it, through `target`, `wire`, `path` and `body`.
 */
path: string, 
/**
 * What the window has there, as JSON; `None` is nothing.
 */
window: string | null, 
/**
 * What the endpoint has there, as JSON; `None` is nothing.
 */
endpoint: string | null, };
export type DocumentView = { 
/**
 * Its collection.
 */
collection: Slug, 
/**
 * What it is cited by.
 */
name: string, 
/**
 * Where it lies.
 */
path: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * When it was read.
 */
read_at: Timestamp, 
/**
 * Why nothing of it can be looked up.
 */
failure: string | null, 
/**
 * The place that was asked for; `None` for the file's beginning.
 */
place: Place | null, 
/**
 * Its passages around there, in order.
 */
passages: Array<PassageView>, };
export type DoorsCompared = { 
/**
 * Whether both are the same.
 */
equal: boolean, 
/**
 * Where they are not.
 */
differences: Array<Difference>, 
/**
 * From the window.
 */
window: WouldSend, 
/**
 * From the endpoint.
 */
endpoint: WouldSend, };
export type EditMemory = { 
/**
 * Which.
 */
memory: MemoryId, 
/**
 * What it says from now on.
 */
text?: string | null, 
/**
 * Whose calls may hear of it from now on.
 */
scope?: MemoryScope | null, };
export type EndpointStatus = { "state": "stopped" } | { "state": "listening", 
/**
 * `http://127.0.0.1:4645/v1`.
 */
base_url: string, 
/**
 * The port.
 */
port: number, 
/**
 * The port that was wanted, when another program had it.
 */
instead_of: number | null, 
/**
 * Whether the person has paused it: programs are told so instead of being answered.
 */
paused: boolean, } | { "state": "failed", 
/**
 * Why.
 */
failure: FailureView, };
export type Entry = { 
/**
 * How it ended.
 */
outcome: Outcome, 
/**
 * What was said of its failure, without secrets.
 */
failure: string | null, 
/**
 * The HTTP status that the provider refused it with, when it got that far.
 */
upstream_status: number | null, 
/**
 * The provider's id of the request, to quote when asking it.
 */
upstream_request_id: string | null, 
/**
 * Why the first choice ended.
 */
finish: StopReason | null, 
/**
 * Tokens; `None` when nobody could tell.
 */
usage: Usage | null, 
/**
 * The provider's own usage object.
 */
raw_usage: RawJson | null, 
/**
 * The price that was used.
 */
price: Price | null, 
/**
 * What it cost; `None` is unknown.
 */
cost: Money | null, 
/**
 * What budgets count while `cost` is unknown.
 */
reserved: Money | null, 
/**
 * Where the cost comes from.
 */
confidence: Confidence, 
/**
 * Where the time went.
 */
timings: Timings, 
/**
 * When it ended.
 */
ended_at: Timestamp, 
/**
 * Its id.
 */
id: EntryId, 
/**
 * The call it serves.
 */
call: CallId, 
/**
 * Counts from 1 within the call.
 */
number: number, 
/**
 * Where it went.
 */
target: Target, };
export type EntryId = string;
export type EraseData = { 
/**
 * The words `delete everything`.
 */
confirm: string, };
export type EstimateTokens = { 
/**
 * The text.
 */
text: string, };
export type Existing = "fail" | "skip" | "update";
export type ExportAgent = { 
/**
 * `reviewer` or `ag_…`.
 */
agent: string, 
/**
 * Its saved draft instead of what clients have.
 */
draft?: boolean | null, };
export type ExportFormat = "markdown" | "json";
export type ExportSession = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * In which form.
 */
format: ExportFormat, };
export type ExportUsage = { 
/**
 * Sums by this; absent: the ledger, row by row.
 */
by?: UsageBy | null, 
/**
 * From when; absent: ever.
 */
since?: Timestamp | null, 
/**
 * Until before when; absent: now.
 */
until?: Timestamp | null, 
/**
 * Go on where the part before ended.
 */
cursor?: string | null, };
export type Exported = { 
/**
 * A fitting file name.
 */
file_name: string, 
/**
 * The content.
 */
text: string, };
export type Exposure = { 
/**
 * Where programs of this machine can connect: address and port.
 */
addresses: Array<string>, 
/**
 * Whether other machines can, and where.
 */
lan: LanStatus, 
/**
 * Client keys that open the door now.
 */
keys: number, 
/**
 * Those of them that may name any model of any provider.
 */
keys_any_model: number, 
/**
 * Web origins that some key lists.
 */
origins: Array<string>, 
/**
 * Whether programs may call without a client key.
 */
no_key_on_loopback: boolean, 
/**
 * Requests that were turned away since the start, by kind.
 */
refused: Array<RefusedView>, };
export type Extra = Array<[string, RawJson]>;
export type FailureCount = { 
/**
 * The way.
 */
kind: FailureKind, 
/**
 * How often.
 */
count: number, };
export type FailureKind = "invalid_request" | "context_too_long" | "content_refused" | "client_key_missing" | "client_key_invalid" | "budget_exceeded" | "run_stopped" | "host_denied" | "origin_denied" | "scope_denied" | "model_not_found" | "route_not_found" | "method_not_allowed" | "not_found" | "conflict" | "body_too_large" | "unsupported_media_type" | "provider_key_missing" | "provider_key_rejected" | "rate_limited" | "provider_rate_limited" | "provider_quota_exceeded" | "client_gone" | "upstream_failed" | "upstream_disconnected" | "upstream_unreachable" | "upstream_overloaded" | "upstream_timeout" | "overloaded" | "endpoint_paused" | "secret_store_locked" | "secret_store_absent" | "weights_missing" | "data_directory_in_use" | "port_taken" | "not_running" | "read_only" | "storage_failed" | "internal";
export type FailureView = { 
/**
 * What programs branch on.
 */
kind: FailureKind, 
/**
 * A sentence for people.
 */
message: string, 
/**
 * What they can do about it.
 */
hint: string | null, 
/**
 * The argument at fault.
 */
param: string | null, 
/**
 * The provider it happened at.
 */
provider: string | null, 
/**
 * When to try again, in milliseconds.
 */
retry_after_ms: number | null, };
export type FallbackPrice = { 
/**
 * Tokens read.
 */
input: number, 
/**
 * Tokens written.
 */
output: number, };
export type FetchImage = { 
/**
 * Its address, `http` or `https`.
 */
url: string, };
export type FetchedImage = { 
/**
 * `data:image/png;base64,…`
 */
data_url: string, 
/**
 * MIME type, told by the bytes.
 */
media_type: string, 
/**
 * Size in bytes.
 */
bytes: number, };
export type Folder = { 
/**
 * Its name.
 */
name: string, 
/**
 * How many sessions lie in it.
 */
sessions: number, };
export type ForgetMemory = { 
/**
 * This one.
 */
memory?: MemoryId | null, 
/**
 * All of this agent: its slug or its id.
 */
agent?: string | null, };
export type GetSession = { 
/**
 * Its id.
 */
session: SessionId, 
/**
 * Leave out the bytes of images, files and sounds; `session.media` gives them one by one.
 */
without_media: boolean, 
/**
 * The branch as far as this message; absent: to its leaf, or to the answer that is being written.
 */
until?: MessageId | null, 
/**
 * At most so many messages, the last ones.
 */
last?: number | null, 
/**
 * Messages that the caller holds as they are: what comes up to the deepest of them on the branch is left out.
 */
known: Array<MessageId>, };
export type Glyph = "message" | "pen" | "book" | "languages" | "mail" | "code" | "terminal" | "bug" | "wrench" | "shield" | "search" | "chart" | "calculator" | "calendar" | "scale" | "flask" | "compass" | "lightbulb";
export type Grant = { 
/**
 * Its name: `current_time`.
 */
tool: string, 
/**
 * When it is run; `None` goes by its reach.
 */
rule: Rule | null, };
export type Icon = { 
/**
 * The picture; `None` is the initial of the agent's name.
 */
glyph?: Glyph | null, 
/**
 * In which colour.
 */
colour: IconColour, };
export type IconColour = "ink" | "clay" | "ochre" | "moss" | "lake" | "plum";
export type ImportAgents = { 
/**
 * The files.
 */
files: Array<AgentFile>, 
/**
 * What becomes of agents that are there already and differ.
 */
existing: Existing, 
/**
 * Nothing is written.
 */
dry_run: boolean, };
export type InstructionsMerge = "append" | "replace" | "ignore";
export type KeptBody = { 
/**
 * Its text, up to where it was cut.
 */
text: string, 
/**
 * How many bytes the whole has.
 */
size: number, 
/**
 * Whether there was more than is kept.
 */
cut: boolean, };
export type KeyName = { 
/**
 * `ck_…` or a name.
 */
key: string, };
export type KnowledgeName = { 
/**
 * Its name.
 */
name: Slug, };
export type KnowledgeStatus = { 
/**
 * The first five hundred of them.
 */
unread: Array<UnreadFile>, 
/**
 * Whether it is being looked through.
 */
looking: boolean, 
/**
 * New files that are read, of `of`.
 */
done: number, 
/**
 * Files that were new when it was last looked through.
 */
of: number, 
/**
 * Files that can be looked up.
 */
files: number, 
/**
 * Files that cannot; the status says why.
 */
failed: number, 
/**
 * Passages.
 */
passages: number, 
/**
 * Passages that are found by meaning too.
 */
embedded: number, 
/**
 * The model by which; `None`: by words alone.
 */
embedding_model: Target | null, 
/**
 * Why not all passages are found by meaning, although a model is named.
 */
unembedded: string | null, 
/**
 * Whether changes of its files are heard of at once, and not once a minute.
 */
watched: boolean, 
/**
 * What could not be looked into.
 */
problems: Array<string>, 
/**
 * When it was last looked through to its end, since the app was started.
 */
looked_at: Timestamp | null, 
/**
 * The agents that look things up in it.
 */
agents: Array<Slug>, 
/**
 * Never changes.
 */
id: CollectionId, 
/**
 * What agents and people call it.
 */
name: Slug, 
/**
 * Where its files lie: absolute paths of folders and files.
 */
roots: Array<string>, 
/**
 * When it was made.
 */
created_at: Timestamp, 
/**
 * When its roots were last changed.
 */
updated_at: Timestamp, };
export type LanCertificate = { 
/**
 * As text, for programs that are told what to believe.
 */
pem: string, };
export type LanStatus = { "state": "off" } | { "state": "open", 
/**
 * The port, on every interface of this machine.
 */
port: number, 
/**
 * The addresses to use: `https://fireside.local:4745/v1`, then those with the machine's numbers.
 */
base_urls: Array<string>, 
/**
 * SHA-256 of the certificate, to compare: `4F:0A:…`.
 */
fingerprint: string, 
/**
 * Since when.
 */
opened_at: Timestamp, 
/**
 * When it ends by itself.
 */
until: Timestamp, } | { "state": "failed", 
/**
 * Why.
 */
failure: FailureView, };
export type Language = "system" | "en" | "de" | "es" | "fr" | "zh" | "ja";
export type LastFailure = { 
/**
 * What programs branch on.
 */
kind: FailureKind, 
/**
 * A sentence for people, when one was kept.
 */
message: string | null, 
/**
 * When.
 */
at: Timestamp, };
export type LinkContent = { "asks": "agent", 
/**
 * What it would be.
 */
draft: AgentDraft, 
/**
 * The same as a file: everything that would be saved.
 */
file: string, } | { "asks": "provider", 
/**
 * Its short name, where the link has one.
 */
slug: Slug | null, 
/**
 * Its name, where the link has one.
 */
name: string | null, 
/**
 * The protocol.
 */
wire: Wire, 
/**
 * Where it is.
 */
base_url: string, } | { "asks": "chat", 
/**
 * To whom; absent: whoever answers usually.
 */
agent: Slug | null, 
/**
 * The message.
 */
text: string, } | { "asks": "unreadable", 
/**
 * Why.
 */
failure: FailureView, };
export type LinkName = { 
/**
 * Its number.
 */
id: number, };
export type ListCalls = { 
/**
 * Go on where the page before ended.
 */
cursor?: string | null, 
/**
 * At most so many; absent: 50.
 */
limit?: number | null, 
/**
 * Only those of this session.
 */
session?: SessionId | null, 
/**
 * Only those that this agent answered: its slug or its id.
 */
agent?: string | null, 
/**
 * Only those made with this client key: its name or its id.
 */
key?: string | null, 
/**
 * Only those from the window, from the command line, or from programs.
 */
from?: CallFrom | null, 
/**
 * Only those that tried this provider, or this `provider/model`.
 */
target?: string | null, 
/**
 * Only those by this route, as lists show it: `POST /v1/chat/completions`.
 */
route?: string | null, 
/**
 * Only those that sent this call's request again.
 */
replay_of?: CallId | null, 
/**
 * Only those whose id, or whose session's id, has this in it.
 */
text?: string | null, 
/**
 * Only those that ended so.
 */
outcome?: CallOutcome | null, 
/**
 * Only those that arrived then or later.
 */
since?: Timestamp | null, 
/**
 * Only those that arrived before then.
 */
until?: Timestamp | null, };
export type ListMemories = { 
/**
 * The agent: its slug or its id.
 */
agent: string, 
/**
 * Only what the calls of this one may hear of; absent: of everybody.
 */
scope?: MemoryScope | null, 
/**
 * What was forgotten and can be brought back, instead.
 */
forgotten?: boolean | null, 
/**
 * At most so many; absent: 500.
 */
limit?: number | null, };
export type ListSessions = { 
/**
 * Go on where the page before ended.
 */
cursor?: string | null, 
/**
 * At most so many; absent: 50.
 */
limit?: number | null, 
/**
 * Only those of this agent (slug or id).
 */
agent?: string | null, 
/**
 * Only those that people, or that programs, hold.
 */
of?: SessionsOf | null, 
/**
 * Only those in this folder.
 */
folder?: string | null, };
export type McpChange = { 
/**
 * What kind of thing.
 */
kind: McpChangeKind, 
/**
 * The tool that it is about.
 */
tool: string | null, };
export type McpChangeKind = "transport" | "command" | "arguments" | "environment" | "directory" | "program" | "url" | "headers" | "tool_added" | "tool_removed" | "tool_description" | "tool_schema" | "tool_hints";
export type McpConsent = "new" | "approved" | "changed";
export type McpField = { 
/**
 * Its name in the answer.
 */
name: string, 
/**
 * What it is called.
 */
title: string | null, 
/**
 * What it is for.
 */
description: string | null, 
/**
 * Whether it has to be filled in.
 */
required: boolean, 
/**
 * Whether its words sound as if a secret was asked for.
 */
like_a_secret: boolean, 
/**
 * What fits.
 */
kind: McpFieldKind, };
export type McpFieldKind = { "kind": "text", 
/**
 * `email`, `uri`, `date` or `date-time`.
 */
format: string | null, 
/**
 * Characters.
 */
least: number | null, 
/**
 * Characters.
 */
most: number | null, 
/**
 * What stands there first.
 */
initially: string | null, } | { "kind": "number", 
/**
 * Without a fraction.
 */
whole: boolean, 
/**
 * No less.
 */
minimum: number | null, 
/**
 * No more.
 */
maximum: number | null, 
/**
 * What stands there first.
 */
initially: number | null, } | { "kind": "yes_no", 
/**
 * What stands there first.
 */
initially: boolean | null, } | { "kind": "choice", 
/**
 * These.
 */
options: Array<McpOption>, 
/**
 * What stands there first.
 */
initially: string | null, } | { "kind": "choices", 
/**
 * These.
 */
options: Array<McpOption>, 
/**
 * How many.
 */
least: number | null, 
/**
 * How many.
 */
most: number | null, 
/**
 * What stands there first.
 */
initially: Array<string>, };
export type McpHealth = { "state": "stopped", } | { "state": "starting", } | { "state": "running", 
/**
 * Since when.
 */
since: Timestamp, } | { "state": "needs_sign_in", } | { "state": "failed", 
/**
 * Why.
 */
failure: FailureView, } | { "state": "off", 
/**
 * Why.
 */
failure: FailureView, };
export type McpLogLine = { 
/**
 * When.
 */
at: Timestamp, 
/**
 * Who.
 */
source: McpLogSource, 
/**
 * What, without the server's secrets.
 */
text: string, };
export type McpLogSource = "stderr" | "server" | "inglenook";
export type McpOption = { 
/**
 * In the answer.
 */
value: string, 
/**
 * For people.
 */
title: string, };
export type McpPrompt = { 
/**
 * The server's name for it.
 */
name: string, 
/**
 * The name people read.
 */
title: string | null, 
/**
 * What it is for.
 */
description: string | null, 
/**
 * What has to be filled in.
 */
arguments: Array<McpPromptArgument>, };
export type McpPromptArgument = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it is.
 */
description: string | null, 
/**
 * Whether it has to be there.
 */
required: boolean, };
export type McpPromptMessage = { 
/**
 * `user` or `assistant`.
 */
role: string, 
/**
 * What is said, at most 64 KiB of it.
 */
text: string, };
export type McpPromptText = { 
/**
 * What it is for.
 */
description: string | null, 
/**
 * What is said in it.
 */
messages: Array<McpPromptMessage>, };
export type McpQuestion = { 
/**
 * Its id.
 */
id: ApprovalId, 
/**
 * Who asks.
 */
server: McpServerId, 
/**
 * The name that the person gave it.
 */
server_name: string, 
/**
 * The tools of it that are at work.
 */
tools: Array<string>, 
/**
 * What it says; written by the server.
 */
message: string, 
/**
 * What is to be filled in.
 */
fields: Array<McpField>, 
/**
 * What is to be visited instead, told only to whom may say yes.
 */
address: string | null, 
/**
 * When it was asked.
 */
asked_at: Timestamp, 
/**
 * When the answer is none.
 */
expires_at: Timestamp, };
export type McpResource = { 
/**
 * Its address within the server.
 */
uri: string, 
/**
 * The name people read.
 */
name: string, 
/**
 * What it is.
 */
description: string | null, 
/**
 * Its media type.
 */
media_type: string | null, 
/**
 * Its size.
 */
bytes: number | null, };
export type McpResourceName = { 
/**
 * The server.
 */
id: McpServerId, 
/**
 * The resource.
 */
uri: string, };
export type McpResourceText = { 
/**
 * Its beginning, at most 64 KiB; of bytes that are no text, that they are there.
 */
text: string, };
export type McpServerId = string;
export type McpServerName = { 
/**
 * Its name.
 */
id: McpServerId, };
export type McpServerView = { 
/**
 * Its name in grants.
 */
id: McpServerId, 
/**
 * The name people read.
 */
name: string, 
/**
 * How it is reached: all of what an approval covers, and nothing shortened.
 */
transport: McpTransport, 
/**
 * The program behind its command, when it runs here and is there.
 */
program: string | null, 
/**
 * Whether its tools may be used.
 */
consent: McpConsent, 
/**
 * What is different from what was approved.
 */
changes: Array<McpChange>, 
/**
 * Names all of what is shown here; an approval names it again.
 */
digest: string, 
/**
 * Its tools, as far as they are known.
 */
tools: Array<McpToolView>, 
/**
 * Secrets that it needs and does not have.
 */
missing: Array<string>, 
/**
 * How it stands.
 */
health: McpHealth, 
/**
 * A sign-in that is under way.
 */
sign_in: McpSignIn | null, 
/**
 * Whether a person is signed in.
 */
signed_in: McpSignedIn | null, 
/**
 * When it was added.
 */
created_at: Timestamp, 
/**
 * When it was approved.
 */
approved_at: Timestamp | null, };
export type McpSignIn = { 
/**
 * What the browser opens; told only to who may say yes.
 */
url: string | null, 
/**
 * Who signs the person in: scheme, host and port.
 */
at: string, 
/**
 * Until when they may.
 */
until: Timestamp, };
export type McpSignedIn = { 
/**
 * Who has signed the person in; `None` while the vault is locked.
 */
issuer: string | null, };
export type McpTool = { 
/**
 * The server's name for it.
 */
name: string, 
/**
 * A name for people.
 */
title: string | null, 
/**
 * What models are told of it.
 */
description: string | null, 
/**
 * JSON Schema of its arguments.
 */
schema: RawJson, 
/**
 * What it says of its manners.
 */
hints: McpToolHints, };
export type McpToolHints = { 
/**
 * It changes nothing.
 */
read_only: boolean | null, 
/**
 * It may destroy something.
 */
destructive: boolean | null, 
/**
 * Doing it twice is the same as doing it once.
 */
idempotent: boolean | null, 
/**
 * It speaks with the world outside.
 */
open_world: boolean | null, };
export type McpToolView = { 
/**
 * What it is called in grants: `files/read_file`.
 */
grant: string, 
/**
 * What models call it: `files__read_file`.
 */
told: string, 
/**
 * How far it goes; whatever its server says, a person is asked first.
 */
reach: Reach, 
/**
 * What the server says of it.
 */
tool: McpTool, };
export type McpTransport = { "kind": "stdio", 
/**
 * A path, or a name that is looked for in `PATH`.
 */
command: string, 
/**
 * What it is started with, word by word: no shell reads them.
 */
args: Array<string>, 
/**
 * Added to `PATH`, `HOME` and `LANG`, which is all that it gets of ours.
 */
env: Array<McpVariable>, 
/**
 * Where it runs; absent: the user's home.
 */
cwd: string | null, } | { "kind": "http", 
/**
 * Its one address.
 */
url: BaseUrl, 
/**
 * The names of headers that go along; their values are in the vault.
 */
headers: Array<string>, };
export type McpVariable = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its value; `None` when that is a secret, which is in the vault.
 */
value: string | null, };
export type Media = { 
/**
 * Where its bytes are.
 */
source: MediaSource, 
/**
 * MIME type, when known: `image/png`, `application/pdf`, `audio/wav`.
 */
media_type: string | null, 
/**
 * File name, when it has one.
 */
name: string | null, 
/**
 * Fields of its wire that we carry (`detail`, `cache_control`).
 */
extra?: Extra, };
export type MediaData = { 
/**
 * MIME type.
 */
media_type: string | null, 
/**
 * File name.
 */
name: string | null, 
/**
 * Its bytes in base64.
 */
data: string, };
export type MediaName = { 
/**
 * The message.
 */
message: MessageId, 
/**
 * Which of its parts, from 0.
 */
part: number, 
/**
 * The call of a tool, where `part` counts what that gave.
 */
call?: string | null, };
export type MediaSource = { "kind": "url", 
/**
 * The address, `http` or `https`.
 */
url: string, } | { "kind": "base64", 
/**
 * Standard base64 without line breaks.
 */
data: string, } | { "kind": "file_id", 
/**
 * The provider's name for it.
 */
id: string, };
export type MemoryId = string;
export type MemoryKind = "fact" | "summary";
export type MemoryMode = "off" | "window" | "everywhere";
export type MemoryName = { 
/**
 * `me_…`.
 */
memory: MemoryId, };
export type MemoryRules = { 
/**
 * In whose calls.
 */
mode: MemoryMode, 
/**
 * How much of it goes into one call at most; `None`: 6.
 */
recall: number | null, };
export type MemoryScope = { "of": "app" } | { "of": "client", 
/**
 * The key.
 */
key: ClientKeyId, } | { "of": "everybody" };
export type MemoryView = { 
/**
 * The name of the client key whose it is.
 */
client: string | null, 
/**
 * Its id.
 */
id: MemoryId, 
/**
 * The agent.
 */
agent: AgentId, 
/**
 * Whose calls may hear of it.
 */
scope: MemoryScope, 
/**
 * What kind of thing it is.
 */
kind: MemoryKind, 
/**
 * What is remembered.
 */
text: string, 
/**
 * What had come from outside into the conversation before it was remembered, and may have made the agent
 * remember it.
 */
from_outside: string | null, 
/**
 * The call in which it was remembered; `None` when a person wrote it.
 */
call: CallId | null, 
/**
 * The session of that call.
 */
session: SessionId | null, 
/**
 * When it was remembered.
 */
created_at: Timestamp, 
/**
 * When it was last recalled.
 */
used_at: Timestamp | null, 
/**
 * In how many calls it was recalled.
 */
uses: number, 
/**
 * When it was forgotten; it can be brought back for thirty days.
 */
forgotten_at: Timestamp | null, };
export type Message = { 
/**
 * Who speaks.
 */
role: Role, 
/**
 * What is said, in order.
 */
parts: Array<Part>, 
/**
 * Fields of its wire that we carry (`name`, `cache_control`).
 */
extra?: Extra, };
export type MessageId = string;
export type MessageOf = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * The message.
 */
message: MessageId, };
export type MessageState = "streaming" | "complete" | "stopped" | "failed";
export type MessageView = { 
/**
 * Its id.
 */
id: MessageId, 
/**
 * The message it follows.
 */
parent: MessageId | null, 
/**
 * Who speaks.
 */
role: Role, 
/**
 * What is said.
 */
message: Message, 
/**
 * How far it got.
 */
state: MessageState, 
/**
 * When it was made.
 */
created_at: Timestamp, 
/**
 * Siblings with the same parent, oldest first, this one among them.
 */
branches: Array<MessageId>, 
/**
 * For answers: the agent that gave it, or the model where none did.
 */
answered_by: string | null, 
/**
 * For answers: how the call went.
 */
receipt: Receipt | null, 
/**
 * For answers: how many memories were recalled for it; its call tells which and why.
 */
recalled: number, 
/**
 * For answers: how long the agent's tools ran, in the order in which they were called.
 */
tool_times: Array<ToolTime>, 
/**
 * The number of the last delta that `message` holds; deltas up to it are to be ignored.
 */
seq: number, };
export type Model = { 
/**
 * The provider's name for it.
 */
id: string, 
/**
 * Context window in tokens.
 */
context: number | null, 
/**
 * Most tokens it writes.
 */
max_output: number | null, 
/**
 * What it can do.
 */
abilities: Abilities, 
/**
 * What it costs; `None` is unknown, never free.
 */
price: Price | null, };
export type ModelChoice = { 
/**
 * What to write: `reviewer` or `provider/model`.
 */
id: string, 
/**
 * The name people read.
 */
name: string, 
/**
 * Whether it is an agent.
 */
agent: boolean, 
/**
 * Where answers come from.
 */
target: Target, 
/**
 * Context window in tokens.
 */
context: number | null, };
export type ModelList = { 
/**
 * The models, in the provider's order.
 */
models: Array<Model>, 
/**
 * When the provider said so, or when the catalogue was read.
 */
fetched_at: Timestamp, 
/**
 * How many seconds ago that was.
 */
age_s: number, 
/**
 * Who says so.
 */
source: ModelSource, 
/**
 * Why the provider could not be asked just now.
 */
failure: FailureView | null, };
export type ModelSource = "provider" | "catalogue";
export type ModelStep = { 
/**
 * Which attempt of the call.
 */
number: number, 
/**
 * Who was asked.
 */
target: Target, 
/**
 * How it ended.
 */
outcome: Outcome, 
/**
 * What was said of its failure.
 */
failure: string | null, 
/**
 * Why it ended.
 */
finish: StopReason | null, 
/**
 * What it thought, as far as that was said and kept.
 */
reasoning: string, 
/**
 * What it said, as far as that is kept.
 */
text: string, 
/**
 * Tokens.
 */
usage: Usage | null, 
/**
 * Cost; `None` is unknown.
 */
cost: Money | null, 
/**
 * Where the cost comes from.
 */
confidence: Confidence, 
/**
 * Milliseconds from its sending to its end.
 */
took_ms: number, 
/**
 * When it ended.
 */
ended_at: Timestamp, };
export type Money = number;
export type MoveSession = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * The folder's name; absent: out of any.
 */
folder?: string | null, };
export type NewAgent = AgentDraft;
export type NewClientKey = { 
/**
 * The program it is for.
 */
name: string, 
/**
 * An emoji or a short word.
 */
icon: string | null, 
/**
 * Agents it may use, by slug or id; empty: all.
 */
agents: Array<string>, 
/**
 * Whether it may name `provider/model`.
 */
raw_models: boolean, 
/**
 * The agent that answers when a call names no model.
 */
default_agent: string | null, 
/**
 * The agent that answers for unknown models.
 */
catch_all: string | null, 
/**
 * Model names that stand for agents: name, agent.
 */
aliases: Array<[string, string]>, 
/**
 * Web origins that may use it.
 */
origins: Array<string>, 
/**
 * Spending caps in micro-dollars, at most one for each span.
 */
budgets: Array<Budget>, 
/**
 * The most that one session of it may cost, in micro-dollars.
 */
session_budget: Money | null, 
/**
 * Ends after so many seconds.
 */
expires_in: number | null, 
/**
 * Whether agents use no tool of their own for it.
 */
no_tools: boolean, 
/**
 * The most that agents may do with a tool for it; never more than their own rules say.
 */
tool_caps: Array<ToolCap>, 
/**
 * How much is kept.
 */
store: StorePolicy, 
/**
 * Requests a minute.
 */
rpm: number | null, 
/**
 * Requests an hour.
 */
rph: number | null, 
/**
 * Requests a day.
 */
rpd: number | null, 
/**
 * Tokens a minute, read and written.
 */
tpm: number | null, 
/**
 * Calls at once.
 */
concurrency: number | null, };
export type Nothing = Record<symbol, never>;
export type Notice = { "notice": "changed", 
/**
 * Which.
 */
topic: Topic, 
/**
 * The thing that changed, when it is one.
 */
id: string | null, } | { "notice": "answer_started", 
/**
 * The session.
 */
session: SessionId, 
/**
 * The answer.
 */
message: MessageId, 
/**
 * The call.
 */
call: CallId, } | { "notice": "answer_piece", 
/**
 * The session.
 */
session: SessionId, 
/**
 * The answer.
 */
message: MessageId, 
/**
 * Counts from 1 within the answer.
 */
seq: number, 
/**
 * What the piece is.
 */
kind: PieceKind, 
/**
 * The piece.
 */
text: string, } | { "notice": "answer_step", 
/**
 * The session.
 */
session: SessionId, 
/**
 * The answer.
 */
message: MessageId, 
/**
 * Counts from 1 within the answer, together with its pieces.
 */
seq: number, 
/**
 * The call, or what came of it.
 */
step: Part, 
/**
 * Milliseconds it ran, with what came of it; `None` where it was not run.
 */
took_ms: number | null, } | { "notice": "answer_ended", 
/**
 * The session.
 */
session: SessionId, 
/**
 * The answer.
 */
message: MessageId, 
/**
 * How.
 */
state: MessageState, 
/**
 * What it took.
 */
receipt: Receipt, } | { "notice": "endpoint", 
/**
 * How it stands now.
 */
status: EndpointStatus, } | { "notice": "lan", 
/**
 * How it stands now.
 */
status: LanStatus, } | { "notice": "vault", 
/**
 * How it stands now.
 */
status: VaultStatus, } | { "notice": "vault_moving", 
/**
 * How many are sealed anew.
 */
moved: number, 
/**
 * Of how many.
 */
of: number, } | { "notice": "starter", 
/**
 * How it stands now.
 */
status: StarterStatus, } | { "notice": "provider_check", 
/**
 * The provider.
 */
provider: Slug, 
/**
 * What was found.
 */
check: Check, } | { "notice": "budget_near", 
/**
 * Whose it is.
 */
owner: BudgetOwner, 
/**
 * Which.
 */
budget: Budget, 
/**
 * What is spent of it.
 */
spent: Money, 
/**
 * How much of a hundred that is at least: 80 or 100.
 */
percent: number, } | { "notice": "indexing", 
/**
 * The collection.
 */
collection: Slug, 
/**
 * New files that are read.
 */
done: number, 
/**
 * Of how many.
 */
of: number, } | { "notice": "approval_wanted", 
/**
 * The question.
 */
approval: ApprovalView, } | { "notice": "missed", };
export type Notifications = "on" | "off";
export type OfferLink = { 
/**
 * The whole of it, as it came.
 */
link: string, };
export type OfferedLink = { 
/**
 * Tells it from the ones before.
 */
id: number, 
/**
 * What it asks for.
 */
content: LinkContent, };
export type OllamaPortStatus = { "state": "off" } | { "state": "listening", 
/**
 * The port.
 */
port: number, } | { "state": "failed", 
/**
 * The port.
 */
port: number, 
/**
 * Who has it.
 */
failure: FailureView, };
export type OpenDocument = { 
/**
 * The collections it may be in; none: all.
 */
names: Array<Slug>, 
/**
 * What is cited: `guide.md:12-30`, `report.pdf:p3`, or a file's name alone. A name that several files have takes
 * folders before it: `work/README.md:3`.
 */
citation: string, };
export type OpenLan = { 
/**
 * For how long from now, up to a day.
 */
seconds: number, 
/**
 * The port; absent: as it is, else 4745. 0 takes any free one.
 */
port?: number | null, 
/**
 * Makes a new key pair and certificate, which have to be compared anew.
 */
new_certificate: boolean, };
export type Outcome = { "outcome": "succeeded" } | { "outcome": "cancelled" } | { "outcome": "failed", 
/**
 * How.
 */
kind: FailureKind, } | { "outcome": "interrupted" };
export type OwnPrice = { 
/**
 * Of which model.
 */
target: Target, 
/**
 * What it costs.
 */
price: Price, };
export type Params = { 
/**
 * 0 to 2.
 */
temperature: number | null, 
/**
 * 0 to 1.
 */
top_p: number | null, 
/**
 * Most tokens to write, reasoning included.
 */
max_output_tokens: number | null, 
/**
 * Up to four sequences that end the answer.
 */
stop: Array<string>, 
/**
 * For repeatable sampling where the provider has it.
 */
seed: number | null, 
/**
 * How many answers, 1 to 128.
 */
n: number | null, 
/**
 * -2 to 2.
 */
presence_penalty: number | null, 
/**
 * -2 to 2.
 */
frequency_penalty: number | null, 
/**
 * Whether log probabilities are wanted.
 */
logprobs: boolean | null, 
/**
 * How many alternatives each, 0 to 20.
 */
top_logprobs: number | null, 
/**
 * Whether the model may ask for several tools at once.
 */
parallel_tool_calls: boolean | null, 
/**
 * `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.
 */
reasoning_effort: string | null, 
/**
 * Most tokens to think, for wires that count them; 0 turns thinking off.
 */
reasoning_tokens: number | null, 
/**
 * Sample among this many likeliest tokens.
 */
top_k: number | null, };
export type Part = { "type": "text", 
/**
 * The text.
 */
text: string, 
/**
 * Fields of its wire that we carry (`cache_control`, `annotations`).
 */
extra?: Extra, } | { "type": "image" } & Media | { "type": "file" } & Media | { "type": "audio" } & Media | { "type": "reasoning", 
/**
 * Its readable text; empty when the provider only gives a sealed form.
 */
text: string, 
/**
 * The provider's signature or sealed form, valid only for that provider and model.
 */
signature: string | null, 
/**
 * Fields of its wire that we carry: `id` of a Responses item, `redacted` when the signature is
 * Anthropic's redacted block and not a signature.
 */
extra?: Extra, } | { "type": "refusal", 
/**
 * Its words.
 */
text: string, } | { "type": "tool_call", 
/**
 * Names this call among the conversation's calls.
 */
id: string, 
/**
 * The tool's name.
 */
name: string, 
/**
 * JSON text of the arguments, as the model wrote it (it may be broken JSON).
 */
arguments: string, 
/**
 * Fields of its wire that we carry (`extra_content`).
 */
extra?: Extra, } | { "type": "tool_result", 
/**
 * The call it answers.
 */
call_id: string, 
/**
 * Text, images and files.
 */
parts: Array<Part>, 
/**
 * Whether the tool failed.
 */
is_error: boolean, 
/**
 * Fields of its wire that we carry (`cache_control`).
 */
extra?: Extra, } | { "type": "opaque", 
/**
 * The wire it belongs to.
 */
wire: Wire, 
/**
 * The whole part as it arrived.
 */
value: RawJson, };
export type PassageView = { 
/**
 * Its collection.
 */
collection: Slug, 
/**
 * What its file is cited by among the collections that were asked for.
 */
name: string, 
/**
 * Where its file lies.
 */
path: string, 
/**
 * How it is cited: `guide.md:12-30`.
 */
citation: string, 
/**
 * The headings that it stands under.
 */
heading: string, 
/**
 * Where it stands.
 */
place: Place, 
/**
 * What it says.
 */
text: string, };
export type Permit = "rule" | "once" | "session" | "always" | "denied" | "unanswered";
export type PieceKind = "text" | "reasoning" | "refusal";
export type PinSession = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * On top.
 */
pinned: boolean, };
export type Place = { 
/**
 * The first line, from 1: of the file, or of its text where it has none of its own.
 */
first_line: number, 
/**
 * The last line.
 */
last_line: number, 
/**
 * The page, from 1, in files that have pages.
 */
page: number | null, };
export type Price = { 
/**
 * Uncached input.
 */
input: number, 
/**
 * Input served from the provider's cache; `input` when the provider makes no difference.
 */
cached_input: number, 
/**
 * Input written to the provider's cache; `input` when the provider makes no difference.
 */
cache_write: number, 
/**
 * Output, reasoning included.
 */
output: number, 
/**
 * When this price was written down.
 */
as_of: Timestamp, 
/**
 * Where it comes from: `catalogue` or `user`.
 */
origin: string, };
export type PriceChanged = { 
/**
 * Of which model.
 */
target: Target, 
/**
 * What it costs now; `None` when nobody knows.
 */
price: Price | null, 
/**
 * Entries of the ledger that cost something else now.
 */
repriced: number, };
export type PriceName = { 
/**
 * `provider/model`.
 */
target: Target, };
export type ProviderHealth = { 
/**
 * The provider.
 */
id: Slug, 
/**
 * In one word.
 */
state: ProviderState, 
/**
 * What of it is being left alone: models, or its address.
 */
resting: Array<Resting>, 
/**
 * The last failure that was its own.
 */
failure: LastFailure | null, 
/**
 * The last attempts, the oldest first; at most 50.
 */
attempts: Array<RecentAttempt>, };
export type ProviderModels = { 
/**
 * The provider.
 */
id: Slug, 
/**
 * Ask the provider even when an answer is kept.
 */
refresh: boolean, };
export type ProviderName = { 
/**
 * Its slug.
 */
id: Slug, };
export type ProviderReport = { 
/**
 * Whether no check failed.
 */
ok: boolean, 
/**
 * The model that was called, when one was.
 */
model: string | null, 
/**
 * Reachability, key, models, a call of one token, streaming, tools.
 */
checks: Array<Check>, };
export type ProviderState = "works" | "failing" | "resting" | "key_missing" | "untried";
export type ProviderView = { 
/**
 * Whether it needs a key and has none.
 */
key_missing: boolean, 
/**
 * How many agents answer from it.
 */
agents: number, 
/**
 * Its slug.
 */
id: Slug, 
/**
 * The catalogue entry it was made from, or `custom`.
 */
kind: string, 
/**
 * The name people read.
 */
name: string, 
/**
 * The protocol it speaks.
 */
wire: Wire, 
/**
 * How calls reach it.
 */
transport: Transport, 
/**
 * How it wants its key.
 */
auth: AuthScheme, 
/**
 * Further headers sent with each request; never secrets.
 */
headers: Array<[string, string]>, 
/**
 * Where it departs from its wire.
 */
quirks: Quirks, 
/**
 * How long it is waited for.
 */
timeouts: Timeouts, 
/**
 * Certificates in PEM form of an authority that may vouch for this provider, beside those that the
 * machine trusts.
 */
ca: string | null, 
/**
 * The last characters of its key, when it has one: all that is ever shown.
 */
key_hint: string | null, 
/**
 * When it was added.
 */
created_at: Timestamp, };
export type PublishAgent = { 
/**
 * `reviewer` or `ag_…`.
 */
agent: string, 
/**
 * What is published instead of what was saved. Absent: the draft as it was saved.
 */
draft?: NewAgent | null, 
/**
 * The revision that was looked at last. Absent: the one that the draft was begun from.
 */
based_on?: number | null, 
/**
 * Also when the agent has another revision than that by now. Absent: that is a conflict.
 */
overwrite?: boolean | null, };
export type QuantilesView = { 
/**
 * Half are at most this.
 */
p50: number, 
/**
 * Nineteen of twenty are at most this.
 */
p95: number, };
export type QuestionAction = "accept" | "decline" | "cancel";
export type Quirks = { 
/**
 * It knows `max_tokens` and not `max_completion_tokens` (W-175).
 */
max_tokens: boolean, 
/**
 * It refuses `stream_options`; usage comes anyway or not at all (W-174, W-175).
 */
no_stream_options: boolean, 
/**
 * It refuses the role `developer`; such messages are sent as `system`.
 */
no_developer_role: boolean, 
/**
 * It refuses top-level fields it does not know; what the domain does not model is left out.
 */
no_extra_fields: boolean, 
/**
 * It refuses fields it does not know inside messages, parts and tools; they are left out.
 */
no_nested_extra_fields: boolean, 
/**
 * It refuses reasoning in the messages that it is sent back; earlier reasoning is left out.
 */
no_reasoning_history: boolean, 
/**
 * Where it wants earlier reasoning.
 */
reasoning_field: ReasoningField, 
/**
 * With tools on offer, every earlier message of its own must carry its reasoning (W-172).
 */
reasoning_with_tools: boolean, 
/**
 * How it is told to think.
 */
reasoning_control: ReasoningControl, 
/**
 * Ids of tool calls are nine letters and digits; others are mapped (W-171).
 */
nine_character_ids: boolean, 
/**
 * It calls `seed` `random_seed` (W-171).
 */
random_seed: boolean, 
/**
 * Its word for the tool choice `required` is `any` (W-171).
 */
any_for_required: boolean, 
/**
 * The last message must be the user's or a tool's; one of the assistant is marked as a prefix (W-171).
 */
ends_with_user: boolean, 
/**
 * It has no `top_k`.
 */
no_top_k: boolean, 
/**
 * It has no JSON Schema for answers; the schema is sent as an instruction (W-39).
 */
no_json_schema: boolean, 
/**
 * It speaks Cohere's own second chat protocol and not OpenAI's.
 */
cohere_chat: boolean, 
/**
 * It does not fetch images from their addresses; it is given their bytes (W-175).
 */
no_image_addresses: boolean, 
/**
 * It only streams; whole answers are put together here (W-59).
 */
streams_only: boolean, };
export type Rates = { 
/**
 * Requests a minute.
 */
rpm: number | null, 
/**
 * Requests an hour.
 */
rph: number | null, 
/**
 * Requests a day.
 */
rpd: number | null, 
/**
 * Tokens a minute, read and written.
 */
tpm: number | null, 
/**
 * Calls at once.
 */
concurrency: number | null, };
export type RawJson = string;
export type Reach = "reads" | "sends" | "changes";
export type ReadAgentFile = { 
/**
 * TOML, or JSON.
 */
text: string, };
export type ReasoningControl = "as-given" | "effort" | "object" | "thinking" | "enable-thinking";
export type ReasoningField = "as-given" | "reasoning-content" | "reasoning" | "reasoning-details" | "thinking-part";
export type RecalledView = { 
/**
 * Which memory.
 */
id: MemoryId, 
/**
 * The memory as it is now; `None` when it is forgotten.
 */
memory: MemoryView | null, 
/**
 * The words that it shares with what was asked.
 */
words: Array<string>, 
/**
 * How alike both are in meaning, from -1 to 1; `None` where no embedding model was asked.
 */
likeness: number | null, };
export type Receipt = { 
/**
 * The call.
 */
call: CallId, 
/**
 * Where the answer came from.
 */
target: Target | null, 
/**
 * Tokens.
 */
usage: Usage | null, 
/**
 * Cost; `None` is unknown.
 */
cost: Money | null, 
/**
 * Where the cost comes from.
 */
confidence: Confidence, 
/**
 * Milliseconds to the first token.
 */
first_token_ms: number | null, 
/**
 * Milliseconds in all.
 */
total_ms: number, 
/**
 * Milliseconds of thinking before the first word.
 */
reasoning_ms: number | null, 
/**
 * Why the model ended.
 */
finish: StopReason | null, 
/**
 * Why it failed.
 */
failure: FailureView | null, };
export type RecentAttempt = { 
/**
 * The model.
 */
model: string, 
/**
 * When it began.
 */
started_at: Timestamp, 
/**
 * Milliseconds to its first token, when it came so far.
 */
first_token_ms: number | null, 
/**
 * What became of it.
 */
outcome: Outcome, };
export type RecordedUse = { 
/**
 * The tool, as the model called it.
 */
tool: string, 
/**
 * JSON text of the model.
 */
arguments: string, 
/**
 * Whether the record had an answer; the run ends at the first that has none.
 */
known: boolean, };
export type RefusedAttempt = { 
/**
 * When.
 */
at: Timestamp, 
/**
 * Why.
 */
kind: FailureKind, 
/**
 * What was asked for: `POST /v1/chat/completions`.
 */
route: string, 
/**
 * The program, where the operating system tells; not every attempt is looked into.
 */
program: string | null, 
/**
 * The address of the other machine, when it came from one.
 */
from: string | null, };
export type RefusedAttempts = { 
/**
 * How many.
 */
count: number, 
/**
 * The last ones, newest first.
 */
recent: Array<RefusedAttempt>, };
export type RefusedView = { 
/**
 * Why.
 */
kind: FailureKind, 
/**
 * How many, since the start.
 */
count: number, 
/**
 * When the last one came.
 */
last_at: Timestamp, };
export type Regenerate = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * What answers; absent: the session's agent, else the default agent.
 */
agent?: string | null, 
/**
 * The answer to stand beside; absent: the last one.
 */
message?: MessageId | null, };
export type RemoteImages = "fetch" | "leave_out";
export type RemoveKnowledge = { 
/**
 * The collection.
 */
name: Slug, 
/**
 * Only this folder or file of it, as the collection has it.
 */
path?: string | null, };
export type RenameSession = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * Its new title.
 */
title: string, };
export type ReplayCall = { 
/**
 * Which.
 */
call: CallId, 
/**
 * To an agent or a `provider/model`; absent: to the one that answered before, as it is now.
 */
model?: string | null, 
/**
 * With what the agent's tools gave before: none of them is run, and what the record has no answer to ends the run.
 * A `provider/model` then answers as the agent of the call.
 */
recorded_tools: boolean, };
export type Replayed = { 
/**
 * The call.
 */
original: CallRow, 
/**
 * What was answered then; `None` where it was not kept.
 */
original_answer: string | null, 
/**
 * The new call.
 */
replay: CallRow, 
/**
 * What was answered now.
 */
answer: string, 
/**
 * What was asked of the record, where no tool was run.
 */
recorded: Array<RecordedUse>, 
/**
 * Why the run ended before it had answered: the record had no answer to the last of them.
 */
stopped: FailureView | null, };
export type Resting = { 
/**
 * A target, or an address.
 */
what: string, 
/**
 * For how long still, in milliseconds.
 */
for_ms: number, };
export type Role = "system" | "developer" | "user" | "assistant" | "tool";
export type RollbackAgent = { 
/**
 * `reviewer` or `ag_…`.
 */
agent: string, 
/**
 * Which revision.
 */
revision: number, };
export type Rule = "always" | "ask" | "never";
export type RunLimits = { 
/**
 * How often the model is asked: 50.
 */
turns: number | null, 
/**
 * Seconds from the first question to the last: 600.
 */
seconds: number | null, };
export type RunStep = { "kind": "model" } & ModelStep | { "kind": "tool" } & ToolStep;
export type SaveDraft = { 
/**
 * `reviewer` or `ag_…`. Absent: an agent that is not there yet, and is not until it is published.
 */
agent?: string | null, 
/**
 * What it will be.
 */
draft: AgentDraft, 
/**
 * The revision that it was begun from. Absent: that of the draft before, or else the newest.
 */
based_on?: number | null, 
/**
 * When the draft was saved that was edited; another one meanwhile is a conflict. Absent: do not look.
 */
edited?: Timestamp | null, };
export type SavedDraft = { 
/**
 * The agent; one that was never published has its id already.
 */
agent: AgentId, 
/**
 * The revision that it was begun from; `None`: the agent was never published.
 */
based_on: number | null, 
/**
 * When it was saved.
 */
saved_at: Timestamp, 
/**
 * What the agent will be.
 */
draft: AgentDraft, };
export type SearchEngine = "searxng" | "brave" | "tavily";
export type SearchHit = { 
/**
 * The session.
 */
session: SessionRow, 
/**
 * The message; `None` when the title matched.
 */
message: MessageId | null, 
/**
 * The text around the match, in pieces.
 */
snippet: Array<SnippetPiece>, };
export type SearchKnowledge = { 
/**
 * In which collections; none: in all.
 */
names: Array<Slug>, 
/**
 * What for.
 */
text: string, 
/**
 * At most so many passages, up to 50; absent: 10.
 */
limit?: number | null, };
export type SearchResult = { 
/**
 * The page's title, on one line.
 */
title: string, 
/**
 * Its address.
 */
url: string, 
/**
 * Some of its text, on one line.
 */
excerpt: string, };
export type SearchSessions = { 
/**
 * Any text; the last word may be unfinished.
 */
query: string, 
/**
 * At most so many; absent: 30.
 */
limit: number | null, };
export type SecretText = string;
export type SendMessage = { 
/**
 * The session to go on with; absent: a new one.
 */
session?: SessionId | null, 
/**
 * What answers: an agent's slug or id, also with `@revision`, or `provider/model`.
 * Absent: the session's agent, else the default agent.
 */
agent?: string | null, 
/**
 * What is said; may be empty where something is attached.
 */
text: string, 
/**
 * What goes with it, at most ten.
 */
attachments?: Array<Attachment> | null, 
/**
 * Who wrote of the text what the person did not, as a person is told of it: `files/review`, a server's prompt. From
 * then on the session holds something from outside.
 */
outside?: string | null, 
/**
 * With `instead_of`: which parts of that message stay, from 0.
 */
keep?: Array<number> | null, 
/**
 * A second agent or model that answers the same, on a branch beside the first answer.
 */
also?: string | null, 
/**
 * The message to follow; absent: the session's leaf. Following an older one makes a branch.
 */
parent?: MessageId | null, 
/**
 * The message to stand beside, as its edited form: it has the same parent, also when that is none.
 */
instead_of?: MessageId | null, };
export type Session = { 
/**
 * Its id.
 */
id: SessionId, 
/**
 * Who answers; `None` when a raw model does.
 */
agent: AgentId | null, 
/**
 * The name people read; `api:` and [`Session::created_at`] in milliseconds while there is no better one.
 */
title: string, 
/**
 * Who holds it.
 */
source: SessionSource, 
/**
 * The name an outside program gave it (`session_id`), unique for its source.
 */
external_id: string | null, 
/**
 * The newest message of the branch that is shown.
 */
leaf: MessageId | null, 
/**
 * Kept on top of the list.
 */
pinned: boolean, 
/**
 * The folder that a person put it in.
 */
folder: string | null, 
/**
 * When it began.
 */
created_at: Timestamp, 
/**
 * When it last changed.
 */
updated_at: Timestamp, };
export type SessionId = string;
export type SessionName = { 
/**
 * Its id.
 */
session: SessionId, };
export type SessionPage = { 
/**
 * Newest first, pinned ones before all others.
 */
sessions: Array<SessionRow>, 
/**
 * Where the next page begins; `None` at the end.
 */
next: string | null, };
export type SessionRow = { 
/**
 * The name of who holds it: a client key's name; `None` for the app.
 */
client: string | null, 
/**
 * The icon of that client key: an emoji or a short word.
 */
client_icon: string | null, 
/**
 * The agent's slug.
 */
agent_slug: string | null, 
/**
 * Whether an answer is being written.
 */
streaming: boolean, 
/**
 * Calls in it.
 */
calls: number, 
/**
 * Tokens of all its attempts.
 */
usage: Usage, 
/**
 * What is known to have been spent in it.
 */
cost: Money, 
/**
 * Attempts that cost nobody knows how much; they are not in `cost`.
 */
unknown_cost: number, 
/**
 * Its id.
 */
id: SessionId, 
/**
 * Who answers; `None` when a raw model does.
 */
agent: AgentId | null, 
/**
 * The name people read; `api:` and [`Session::created_at`] in milliseconds while there is no better one.
 */
title: string, 
/**
 * Who holds it.
 */
source: SessionSource, 
/**
 * The name an outside program gave it (`session_id`), unique for its source.
 */
external_id: string | null, 
/**
 * The newest message of the branch that is shown.
 */
leaf: MessageId | null, 
/**
 * Kept on top of the list.
 */
pinned: boolean, 
/**
 * The folder that a person put it in.
 */
folder: string | null, 
/**
 * When it began.
 */
created_at: Timestamp, 
/**
 * When it last changed.
 */
updated_at: Timestamp, };
export type SessionSource = { "from": "app" } | { "from": "client", 
/**
 * The key.
 */
key: ClientKeyId, };
export type SessionView = { 
/**
 * The branch that ends at its leaf, oldest first.
 */
messages: Array<MessageView>, 
/**
 * The message of the branch that they follow, when those up to it were left out; `None`: the branch is whole.
 */
after: MessageId | null, 
/**
 * What stands for the beginning of the branch when its model is asked, the one for most messages last; the
 * messages themselves are all there.
 */
summaries: Array<Summary>, 
/**
 * How much of its model's window the conversation took last; `None` before the first answer, and where nobody
 * counted.
 */
context: ContextUse | null, 
/**
 * The name of who holds it: a client key's name; `None` for the app.
 */
client: string | null, 
/**
 * The icon of that client key: an emoji or a short word.
 */
client_icon: string | null, 
/**
 * The agent's slug.
 */
agent_slug: string | null, 
/**
 * Whether an answer is being written.
 */
streaming: boolean, 
/**
 * Calls in it.
 */
calls: number, 
/**
 * Tokens of all its attempts.
 */
usage: Usage, 
/**
 * What is known to have been spent in it.
 */
cost: Money, 
/**
 * Attempts that cost nobody knows how much; they are not in `cost`.
 */
unknown_cost: number, 
/**
 * Its id.
 */
id: SessionId, 
/**
 * Who answers; `None` when a raw model does.
 */
agent: AgentId | null, 
/**
 * The name people read; `api:` and [`Session::created_at`] in milliseconds while there is no better one.
 */
title: string, 
/**
 * Who holds it.
 */
source: SessionSource, 
/**
 * The name an outside program gave it (`session_id`), unique for its source.
 */
external_id: string | null, 
/**
 * The newest message of the branch that is shown.
 */
leaf: MessageId | null, 
/**
 * Kept on top of the list.
 */
pinned: boolean, 
/**
 * The folder that a person put it in.
 */
folder: string | null, 
/**
 * When it began.
 */
created_at: Timestamp, 
/**
 * When it last changed.
 */
updated_at: Timestamp, };
export type SessionsOf = "people" | "programs";
export type SetPrice = { 
/**
 * Of which model.
 */
target: Target, 
/**
 * For tokens read.
 */
input: Money, 
/**
 * For tokens read from the provider's cache; absent: as `input`.
 */
cached_input?: Money | null, 
/**
 * For tokens written to the provider's cache; absent: as `input`.
 */
cache_write?: Money | null, 
/**
 * For tokens written.
 */
output: Money, };
export type SetProviderKey = { 
/**
 * The provider.
 */
id: Slug, 
/**
 * Its new key.
 */
key: SecretText, };
export type SetWebSearch = { 
/**
 * Which one.
 */
engine: SearchEngine, 
/**
 * Where it is; absent: where everybody's is.
 */
base_url?: BaseUrl | null, 
/**
 * Its key; absent: the one it has, as long as it stays at its origin.
 */
key?: SecretText | null, 
/**
 * Whether plain http may go beyond this machine.
 */
allow_http?: boolean, };
export type Settings = { 
/**
 * Answers when a client names no model.
 */
default_agent: string | null, 
/**
 * The endpoint's port; absent: 4645.
 */
port: number | null, 
/**
 * A second port for clients of Ollama, whose own is 11434; absent: none.
 */
ollama_port: number | null, 
/**
 * How many days a response is kept for clients that come back by its id; absent: 30.
 */
responses_days: number | null, 
/**
 * Light or dark.
 */
theme: Theme, 
/**
 * What the window speaks.
 */
language: Language, 
/**
 * Whether the person agreed to download the starter's weights.
 */
starter_consent: boolean, 
/**
 * Which vault holds provider keys; absent: the OS keychain.
 */
vault: VaultKind | null, 
/**
 * Days for which calls keep what was said: the client's request, the requests to providers, the timeline.
 * Absent: for ever. Conversations are kept until they are deleted.
 */
keep_requests_days: number | null, 
/**
 * Days for which calls and their cost are kept, at least 31; absent: for ever. What a budget without end
 * counts is kept.
 */
keep_calls_days: number | null, 
/**
 * Spending caps for everything together, at most one for each span.
 */
budgets: Array<Budget>, 
/**
 * The most that one session may cost.
 */
session_budget: Money | null, 
/**
 * Seconds for which a person is waited for who is to allow what an agent wants to do; absent: 300.
 */
approval_seconds: number | null, 
/**
 * What models of unknown price count against budgets.
 */
fallback_price: FallbackPrice, 
/**
 * Whether programs on this machine may call without a client key. They then share a built-in one.
 */
no_key_on_loopback: boolean, 
/**
 * What becomes of images that a message names by their address.
 */
remote_images: RemoteImages, 
/**
 * Whether the desktop tells of a budget near its end while the window is not looked at.
 */
notifications: Notifications, 
/**
 * Whether the window's app starts with the desktop session, in the tray.
 */
start_at_login: boolean, 
/**
 * Whether the window's app asks once a day for a newer version of itself.
 */
check_for_updates: boolean, 
/**
 * The model that embeds what agents remember and what they look up; absent: these are found by their words.
 */
embedding_model: Target | null, 
/**
 * The model that makes pictures for agents; absent: none does.
 */
image_model: Target | null, 
/**
 * The engine that agents look things up in the web with; absent: they cannot. Commands of its own change it.
 */
web_search: WebSearch | null, };
export type SettingsPatch = { 
/**
 * See [`Settings`]; an empty text means none.
 */
default_agent?: string | null, 
/**
 * See [`Settings`]; takes effect at once.
 */
port?: number | null, 
/**
 * See [`Settings`]; 0 means none.
 */
ollama_port?: number | null, 
/**
 * See [`Settings`]; 1 to 365, for responses from now on.
 */
responses_days?: number | null, 
/**
 * See [`Settings`].
 */
theme?: Theme | null, 
/**
 * See [`Settings`].
 */
language?: Language | null, 
/**
 * See [`Settings`].
 */
starter_consent?: boolean | null, 
/**
 * See [`Settings`]; takes effect at the next start, and is refused while keys would stay behind.
 */
vault?: VaultKind | null, 
/**
 * See [`Settings`]; 0 means for ever.
 */
keep_requests_days?: number | null, 
/**
 * See [`Settings`]; 0 means for ever.
 */
keep_calls_days?: number | null, 
/**
 * See [`Settings`]; an empty list means none.
 */
budgets?: Array<Budget> | null, 
/**
 * See [`Settings`]; 0 means none.
 */
session_budget?: Money | null, 
/**
 * See [`Settings`]; 1 to 86,400, 0 means 300.
 */
approval_seconds?: number | null, 
/**
 * See [`Settings`].
 */
fallback_price?: FallbackPrice | null, 
/**
 * See [`Settings`].
 */
no_key_on_loopback?: boolean | null, 
/**
 * See [`Settings`].
 */
remote_images?: RemoteImages | null, 
/**
 * See [`Settings`].
 */
notifications?: Notifications | null, 
/**
 * See [`Settings`]; taken up by the app with the window, at its next start where it does not run.
 */
start_at_login?: boolean | null, 
/**
 * See [`Settings`].
 */
check_for_updates?: boolean | null, 
/**
 * See [`Settings`]; an empty text means none.
 */
embedding_model?: string | null, 
/**
 * See [`Settings`]; an empty text means none.
 */
image_model?: string | null, };
export type ShowBranch = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * A message of the branch; its newest descendant becomes the leaf.
 */
message: MessageId, };
export type SignInToMcp = { 
/**
 * Its name.
 */
id: McpServerId, 
/**
 * Who we are to whoever signs people in; absent: we make ourselves known.
 */
client_id: string | null, };
export type Slug = string;
export type SnippetPiece = { 
/**
 * The text.
 */
text: string, 
/**
 * Whether it is what was looked for.
 */
hit: boolean, };
export type SpeedView = { 
/**
 * Milliseconds from the call's arrival to the first token.
 */
first_token_ms: QuantilesView | null, 
/**
 * Milliseconds from the call's arrival to the end.
 */
total_ms: QuantilesView | null, 
/**
 * Tokens written a second; half were at least as fast as `p50` says.
 */
tokens_per_second: QuantilesView | null, };
export type Staged = { "do": "erase" } | { "do": "restore", 
/**
 * The backup.
 */
backup: string, };
export type StandingApprovalView = { 
/**
 * Its id.
 */
id: ApprovalId, 
/**
 * The agent.
 */
agent: AgentId, 
/**
 * Its name; its id where it is gone.
 */
agent_name: string, 
/**
 * The program that asked, by its client key; none when the person did, in the window or at the command line.
 */
client: string | null, 
/**
 * The tool, as in grants.
 */
tool: string, 
/**
 * Exactly these arguments.
 */
arguments: string, 
/**
 * When it was allowed.
 */
created_at: Timestamp, };
export type StarterStatus = { "state": "not_built" } | { "state": "missing", 
/**
 * Size of the download in bytes.
 */
bytes: number, 
/**
 * Bytes that an earlier, stopped download left.
 */
have: number, 
/**
 * Where they would come from.
 */
from: string, 
/**
 * Their licence.
 */
licence: string, } | { "state": "fetching", 
/**
 * Size of the download in bytes.
 */
bytes: number, 
/**
 * Bytes that have arrived.
 */
have: number, } | { "state": "failed", 
/**
 * Why.
 */
failure: FailureView, } | { "state": "ready" };
export type Step = { 
/**
 * Microseconds after the call arrived, of its first piece.
 */
at_us: number, 
/**
 * What it was.
 */
kind: StepKind, 
/**
 * Bytes of what was said.
 */
bytes: number, 
/**
 * Pieces that came as this step: more than one where they came together, or where a long answer is
 * told in larger steps.
 */
pieces: number, };
export type StepKind = "started" | "text" | "reasoning" | "refusal" | "tool_call" | "part" | "finished" | "usage";
export type StopReason = "stop" | "length" | "tool_calls" | "content_filter";
export type StorePolicy = "all" | "metadata" | "none";
export type SummariseUsage = { 
/**
 * Grouped by what.
 */
by: UsageBy, 
/**
 * From when; absent: ever.
 */
since?: Timestamp | null, 
/**
 * Until before when; absent: now.
 */
until?: Timestamp | null, };
export type Summary = { 
/**
 * The session.
 */
session: SessionId, 
/**
 * The last message that it stands for; `None` where that message is not kept.
 */
upto: MessageId | null, 
/**
 * For how many messages it stands.
 */
messages: number, 
/**
 * What the model is told in their place; `None` where only what tools had given in them was shortened.
 */
text: string | null, 
/**
 * Tokens of the request before, estimated.
 */
before: number, 
/**
 * Tokens of the request after, estimated.
 */
after: number, 
/**
 * The call in which it was made; one of its entries is what the summary cost.
 */
call: CallId, 
/**
 * When.
 */
created_at: Timestamp, };
export type Target = string;
export type TestProvider = { 
/**
 * The provider.
 */
id: Slug, 
/**
 * The model to call; absent: the first of its list.
 */
model: string | null, };
export type Theme = "system" | "light" | "dark";
export type TimelineView = { 
/**
 * The attempt.
 */
number: number, 
/**
 * Its steps, in order.
 */
steps: Array<Step>, };
export type Timeouts = { 
/**
 * From sending to the first piece of an answer; pings do not count.
 */
first_token_s: number | null, 
/**
 * Between two pieces of a streamed answer.
 */
idle_s: number | null, 
/**
 * From the first attempt to the end of the answer.
 */
overall_s: number | null, };
export type Timestamp = number;
export type Timings = { 
/**
 * The upstream request left: what came before is our own queue.
 */
sent_us: number | null, 
/**
 * How long connecting took, not since the arrival; `None` on a connection that was there.
 */
connect_us: number | null, 
/**
 * The provider's status line came.
 */
accepted_us: number | null, 
/**
 * The provider's first byte of an answer.
 */
first_token_us: number | null, 
/**
 * The last piece of the answer.
 */
last_token_us: number | null, 
/**
 * The end.
 */
total_us: number, };
export type TokenEstimate = { 
/**
 * Tokens, by our own estimate: each model counts in its own way.
 */
tokens: number, };
export type ToolCap = { 
/**
 * The tool's name, as in grants.
 */
tool: string, 
/**
 * When it is run at most.
 */
rule: Rule, };
export type ToolFile = { 
/**
 * Where it is.
 */
path: string, 
/**
 * What changes; empty when it says so already.
 */
diff: string, 
/**
 * Whether it was written.
 */
written: boolean, 
/**
 * The file as it was, when there was one and it was written.
 */
backup: string | null, };
export type ToolStep = { 
/**
 * Counts from 1 within the call.
 */
number: number, 
/**
 * The tool, as in grants.
 */
tool: string, 
/**
 * JSON text of the model; empty where it was not kept.
 */
arguments: string, 
/**
 * By what it was run, or not.
 */
permit: Permit, 
/**
 * What became of it.
 */
state: UseState, 
/**
 * What it gave; `None` where it was not kept.
 */
result: string | null, 
/**
 * Milliseconds that a person was waited for; `None` where none was.
 */
waited_ms: number | null, 
/**
 * Milliseconds that it took; `None` where it did not run.
 */
took_ms: number | null, 
/**
 * When it was asked for.
 */
asked_at: Timestamp, };
export type ToolText = { 
/**
 * What it is called in commands.
 */
tool: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Where the text belongs.
 */
place: string, 
/**
 * The text.
 */
text: string, 
/**
 * The program's own file, where it can be written.
 */
file: string | null, };
export type ToolTexts = { 
/**
 * `http://127.0.0.1:4645/v1`.
 */
base_url: string, 
/**
 * The agent's slug.
 */
agent: string, 
/**
 * What stands where a key belongs. Whoever knows the key puts it there; it is not asked for.
 */
key: string, 
/**
 * The programs.
 */
tools: Array<ToolText>, };
export type ToolTime = { 
/**
 * The model's name for its call; models use one more than once.
 */
tool_call: string, 
/**
 * Milliseconds; `None` where it was not run, and before its end.
 */
took_ms: number | null, };
export type ToolUse = { 
/**
 * The call.
 */
call: CallId, 
/**
 * Counts from 1 within the call.
 */
number: number, 
/**
 * The model's name for it, as in [`crate::Part::ToolCall`].
 */
tool_call: string, 
/**
 * The tool's name, as in grants.
 */
tool: string, 
/**
 * JSON text of the model; empty where the client key keeps no content.
 */
arguments: string, 
/**
 * By what it was run, or not.
 */
permit: Permit, 
/**
 * How far it got.
 */
state: UseState, 
/**
 * When the model had asked for it.
 */
asked_at: Timestamp, 
/**
 * When it began; later than asked where a person was waited for.
 */
begun_at: Timestamp | null, 
/**
 * When it ended.
 */
ended_at: Timestamp | null, };
export type ToolView = { 
/**
 * What it is called in grants and by models.
 */
name: string, 
/**
 * What models are told of it.
 */
description: string, 
/**
 * How far it goes, which is its rule where nobody has set one.
 */
reach: Reach, 
/**
 * JSON Schema of its arguments.
 */
parameters: RawJson, };
export type ToolsMerge = "merge" | "caller-only" | "agent-only";
export type Topic = "agents" | "providers" | "keys" | "sessions" | "calls" | "settings" | "attempts" | "links" | "memories" | "knowledge" | "approvals" | "mcp_servers";
export type Transport = { "via": "http", 
/**
 * Where its routes begin.
 */
base_url: BaseUrl, } | { "via": "in-process" };
export type TryAgent = { 
/**
 * The agent that the draft would change: its budgets hold. Absent: one that is not there yet.
 */
agent?: string | null, 
/**
 * The agent as it is so far.
 */
draft: AgentDraft, 
/**
 * What was said so far; the last is the user's.
 */
messages: Array<TryMessage>, };
export type TryMessage = { 
/**
 * By whom.
 */
by: TrySpeaker, 
/**
 * What.
 */
text: string, };
export type TryPort = { 
/**
 * The port.
 */
port: number, };
export type TrySpeaker = "user" | "agent";
export type TryStarted = { 
/**
 * What the notices call it, and what stops it; nothing is stored under this name.
 */
session: SessionId, 
/**
 * The answer.
 */
answer: MessageId, 
/**
 * The call.
 */
call: CallId, };
export type TryWebSearch = { 
/**
 * What to look for.
 */
text: string, 
/**
 * At most so many results, up to 20; absent: 20.
 */
count?: number | null, };
export type UnlockVault = { 
/**
 * For the passphrase vault.
 */
passphrase: SecretText | null, };
export type UnreadFile = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * Why.
 */
reason: string, };
export type UpdateAgent = { 
/**
 * `reviewer` or `ag_…`.
 */
agent: string, 
/**
 * What it becomes.
 */
draft: AgentDraft, 
/**
 * The revision that was edited; a newer one meanwhile is a conflict. Absent: do not look.
 */
revision: number | null, };
export type UpdateClientKey = { 
/**
 * Which: `ck_…` or a name.
 */
key: string, 
/**
 * See [`NewClientKey`].
 */
name?: string | null, 
/**
 * See [`NewClientKey`]; an empty text means none.
 */
icon?: string | null, 
/**
 * See [`NewClientKey`]; an empty list means all.
 */
agents?: Array<string> | null, 
/**
 * See [`NewClientKey`].
 */
raw_models?: boolean | null, 
/**
 * See [`NewClientKey`]; an empty text means none.
 */
default_agent?: string | null, 
/**
 * See [`NewClientKey`]; an empty text means none.
 */
catch_all?: string | null, 
/**
 * See [`NewClientKey`]; replaces all.
 */
aliases?: Array<[string, string]> | null, 
/**
 * See [`NewClientKey`]; replaces all.
 */
origins?: Array<string> | null, 
/**
 * See [`NewClientKey`]; replaces all.
 */
budgets?: Array<Budget> | null, 
/**
 * See [`NewClientKey`]; a negative amount means none.
 */
session_budget?: Money | null, 
/**
 * Ends after so many seconds from now; 0 means never.
 */
expires_in?: number | null, 
/**
 * See [`NewClientKey`].
 */
no_tools?: boolean | null, 
/**
 * See [`NewClientKey`]; replaces all.
 */
tool_caps?: Array<ToolCap> | null, 
/**
 * See [`NewClientKey`].
 */
store?: StorePolicy | null, 
/**
 * Requests a minute.
 */
rpm: number | null, 
/**
 * Requests an hour.
 */
rph: number | null, 
/**
 * Requests a day.
 */
rpd: number | null, 
/**
 * Tokens a minute, read and written.
 */
tpm: number | null, 
/**
 * Calls at once.
 */
concurrency: number | null, };
export type UpdateMcpServer = { 
/**
 * Its name in grants.
 */
id: McpServerId, 
/**
 * The name people read.
 */
name: string | null, 
/**
 * How it is reached.
 */
transport: McpTransport | null, 
/**
 * Secrets that are new. Those of another command or origin are not taken along.
 */
secrets: { [key in string]: SecretText }, };
export type UpstreamRequestView = { 
/**
 * The first attempt that sent it; those after it sent the same, up to the next in the list.
 */
number: number, 
/**
 * Its body.
 */
body: KeptBody, };
export type Usage = { 
/**
 * All tokens read, cached or not.
 */
input: number, 
/**
 * Tokens of `input` that were served from the provider's cache.
 */
cached_input: number, 
/**
 * Tokens of `input` that were written to the provider's cache.
 */
cache_write: number, 
/**
 * All tokens written, reasoning included.
 */
output: number, 
/**
 * Tokens of `output` spent on reasoning.
 */
reasoning: number, };
export type UsageBy = "day" | "agent" | "model" | "key" | "provider" | "client";
export type UsageCell = { 
/**
 * The day in UTC: `2026-11-22`.
 */
day: string, 
/**
 * The group's place in the list of groups.
 */
group: number, 
/**
 * Tokens.
 */
usage: Usage, 
/**
 * Known cost.
 */
cost: Money, 
/**
 * Attempts whose cost is unknown and not in `cost`.
 */
unknown_cost: number, 
/**
 * Calls.
 */
calls: number, };
export type UsageExport = { 
/**
 * Its lines, each with its end; the first part begins with the names of the columns.
 */
csv: string, 
/**
 * Rows in it.
 */
rows: number, 
/**
 * Where the next part begins; `None` at the end.
 */
next: string | null, };
export type UsageGroup = { 
/**
 * The speed.
 */
speed: SpeedView, 
/**
 * `2026-11-22`, a slug, a target, a key's name, or a program's.
 */
group: string, 
/**
 * What names the group for good: an agent's id or a key's, else as `group`; absent for calls without an
 * agent, a key or a program, and for the total.
 */
id: string | null, 
/**
 * Calls.
 */
calls: number, 
/**
 * Attempts that failed; more than calls may, where a fallback answered. One that was stopped is none.
 */
failed: number, 
/**
 * Tokens.
 */
usage: Usage, 
/**
 * Known cost.
 */
cost: Money, 
/**
 * The part of `cost` that providers said themselves; the rest comes of tokens and prices.
 */
reported_cost: Money, 
/**
 * Attempts whose cost is unknown and not in `cost`.
 */
unknown_cost: number, };
export type UsageReport = { 
/**
 * By group, the most expensive first.
 */
groups: Array<UsageGroup>, 
/**
 * By day and group, the oldest day first; days without usage are not there.
 */
cells: Array<UsageCell>, 
/**
 * All together; a call counts once, however many groups it reached.
 */
total: UsageRow, 
/**
 * The speed of all.
 */
speed: SpeedView, 
/**
 * The failures, the most frequent first.
 */
failures: Array<FailureCount>, };
export type UsageRow = { 
/**
 * `2026-11-22`, a slug, a target, a key's name, or a program's.
 */
group: string, 
/**
 * What names the group for good: an agent's id or a key's, else as `group`; absent for calls without an
 * agent, a key or a program, and for the total.
 */
id: string | null, 
/**
 * Calls.
 */
calls: number, 
/**
 * Attempts that failed; more than calls may, where a fallback answered. One that was stopped is none.
 */
failed: number, 
/**
 * Tokens.
 */
usage: Usage, 
/**
 * Known cost.
 */
cost: Money, 
/**
 * The part of `cost` that providers said themselves; the rest comes of tokens and prices.
 */
reported_cost: Money, 
/**
 * Attempts whose cost is unknown and not in `cost`.
 */
unknown_cost: number, };
export type UsageSummary = { 
/**
 * A row a group, the largest or the newest first.
 */
rows: Array<UsageRow>, 
/**
 * All together.
 */
total: UsageRow, };
export type UseMcpPrompt = { 
/**
 * The server.
 */
id: McpServerId, 
/**
 * The prompt.
 */
name: string, 
/**
 * A JSON object of what is filled in.
 */
arguments: RawJson | null, };
export type UseState = "asked" | "begun" | "done" | "failed" | "refused" | "unknown";
export type VaultChanged = { 
/**
 * The vault that is used now.
 */
status: VaultStatus, 
/**
 * Whose keys were moved.
 */
providers: Array<Slug>, 
/**
 * Whether the old master key still lies in the OS keychain, where it opens nothing; it is removed when the
 * keychain allows it.
 */
left_behind: boolean, };
export type VaultKind = "os" | "passphrase" | "memory";
export type VaultState = "available" | "locked" | "absent";
export type VaultStatus = { 
/**
 * Which one.
 */
kind: VaultKind, 
/**
 * Whether it can be used now.
 */
state: VaultState, };
export type WebSearch = { 
/**
 * Which one.
 */
engine: SearchEngine, 
/**
 * Where it is. Its key is bound to this origin (SEC-19).
 */
base_url: BaseUrl, 
/**
 * The last characters of its key; absent: it has none.
 */
key_hint: string | null, };
export type Wire = "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini" | "ollama" | "bedrock-converse";
export type WouldSend = { 
/**
 * Where it would go.
 */
target: Target, 
/**
 * The provider's wire.
 */
wire: Wire, 
/**
 * The path under the provider's base URL.
 */
path: string, 
/**
 * The body, JSON.
 */
body: string, 
/**
 * What the merge contract decided.
 */
applied: Array<Applied>, };
export type WriteTool = { 
/**
 * Which program.
 */
tool: string, 
/**
 * See [`AskTools`].
 */
agent?: string | null, 
/**
 * The client key's secret; absent: the file is written without one.
 */
key?: SecretText | null, 
/**
 * The change that a person has seen and wants. Absent: nothing is written.
 */
seen?: string | null, };

export interface Commands {
  "app.status": { args: Nothing, result: AppStatus },
  "app.doctor": { args: Nothing, result: Array<Check> },
  "endpoint.pause": { args: Nothing, result: EndpointStatus },
  "endpoint.resume": { args: Nothing, result: EndpointStatus },
  "endpoint.exposure": { args: Nothing, result: Exposure },
  "endpoint.lan_open": { args: OpenLan, result: LanStatus },
  "endpoint.lan_close": { args: Nothing, result: LanStatus },
  "endpoint.lan_certificate": { args: Nothing, result: LanCertificate },
  "data.report": { args: Nothing, result: DataReport },
  "data.export": { args: Nothing, result: DataExported },
  "data.erase": { args: EraseData, result: Staged },
  "data.restore": { args: BackupName, result: Staged },
  "data.keep": { args: Nothing, result: Nothing },
  "provider.list": { args: Nothing, result: Array<ProviderView> },
  "provider.catalogue": { args: Nothing, result: Array<CatalogueEntry> },
  "provider.add": { args: AddProvider, result: ProviderView },
  "provider.set_key": { args: SetProviderKey, result: ProviderView },
  "provider.remove_key": { args: ProviderName, result: ProviderView },
  "provider.remove": { args: ProviderName, result: Nothing },
  "provider.models": { args: ProviderModels, result: ModelList },
  "provider.test": { args: TestProvider, result: ProviderReport },
  "provider.health": { args: Nothing, result: Array<ProviderHealth> },
  "provider.detect": { args: Nothing, result: Array<DetectedServer> },
  "agent.list": { args: Nothing, result: Array<Agent> },
  "agent.get": { args: AgentName, result: Agent },
  "agent.create": { args: NewAgent, result: Agent },
  "agent.update": { args: UpdateAgent, result: Agent },
  "agent.delete": { args: AgentName, result: Nothing },
  "agent.restore": { args: AgentName, result: Agent },
  "agent.history": { args: AgentName, result: Array<AgentRevision> },
  "agent.rollback": { args: RollbackAgent, result: Agent },
  "agent.draft_list": { args: Nothing, result: Array<SavedDraft> },
  "agent.draft_get": { args: AgentName, result: SavedDraft },
  "agent.draft_save": { args: SaveDraft, result: SavedDraft },
  "agent.draft_discard": { args: AgentName, result: SavedDraft },
  "agent.publish": { args: PublishAgent, result: Agent },
  "agent.export": { args: ExportAgent, result: AgentFile },
  "agent.read": { args: ReadAgentFile, result: AgentDraft },
  "agent.import": { args: ImportAgents, result: AgentsImported },
  "agent.try": { args: TryAgent, result: TryStarted },
  "agent.estimate": { args: EstimateTokens, result: TokenEstimate },
  "agent.compare": { args: CompareDoors, result: DoorsCompared },
  "key.list": { args: Nothing, result: Array<ClientKeyView> },
  "key.get": { args: KeyName, result: ClientKeyView },
  "key.create": { args: NewClientKey, result: CreatedClientKey },
  "key.update": { args: UpdateClientKey, result: ClientKeyView },
  "key.revoke": { args: KeyName, result: Nothing },
  "connect.tools": { args: AskTools, result: ToolTexts },
  "connect.write": { args: WriteTool, result: ToolFile },
  "endpoint.refused": { args: Nothing, result: RefusedAttempts },
  "endpoint.try_port": { args: TryPort, result: Nothing },
  "model.list": { args: Nothing, result: Array<ModelChoice> },
  "tool.list": { args: Nothing, result: Array<ToolView> },
  "memory.list": { args: ListMemories, result: Array<MemoryView> },
  "memory.add": { args: AddMemory, result: MemoryView },
  "memory.edit": { args: EditMemory, result: MemoryView },
  "memory.forget": { args: ForgetMemory, result: Array<MemoryView> },
  "memory.restore": { args: MemoryName, result: MemoryView },
  "memory.export": { args: AgentName, result: Exported },
  "knowledge.list": { args: Nothing, result: Array<CollectionView> },
  "knowledge.add": { args: AddKnowledge, result: CollectionView },
  "knowledge.remove": { args: RemoveKnowledge, result: Nothing },
  "knowledge.status": { args: KnowledgeName, result: KnowledgeStatus },
  "knowledge.rescan": { args: KnowledgeName, result: CollectionView },
  "knowledge.search": { args: SearchKnowledge, result: Array<PassageView> },
  "knowledge.document": { args: OpenDocument, result: DocumentView },
  "approval.list": { args: Nothing, result: Array<ApprovalView> },
  "approval.answer": { args: AnswerApproval, result: Nothing },
  "approval.standing": { args: Nothing, result: Array<StandingApprovalView> },
  "approval.revoke": { args: ApprovalName, result: Nothing },
  "mcp.list": { args: Nothing, result: Array<McpServerView> },
  "mcp.get": { args: McpServerName, result: McpServerView },
  "mcp.add": { args: AddMcpServer, result: McpServerView },
  "mcp.update": { args: UpdateMcpServer, result: McpServerView },
  "mcp.remove": { args: McpServerName, result: Nothing },
  "mcp.approve": { args: ApproveMcpServer, result: McpServerView },
  "mcp.restart": { args: McpServerName, result: McpServerView },
  "mcp.sign_in": { args: SignInToMcp, result: McpServerView },
  "mcp.sign_in_end": { args: McpServerName, result: McpServerView },
  "mcp.sign_in_cancel": { args: McpServerName, result: McpServerView },
  "mcp.sign_out": { args: McpServerName, result: McpServerView },
  "mcp.log": { args: McpServerName, result: Array<McpLogLine> },
  "mcp.tools": { args: McpServerName, result: Array<McpToolView> },
  "mcp.resources": { args: McpServerName, result: Array<McpResource> },
  "mcp.resource": { args: McpResourceName, result: McpResourceText },
  "mcp.prompts": { args: McpServerName, result: Array<McpPrompt> },
  "mcp.prompt": { args: UseMcpPrompt, result: McpPromptText },
  "search.set": { args: SetWebSearch, result: WebSearch },
  "search.off": { args: Nothing, result: Nothing },
  "search.test": { args: TryWebSearch, result: Array<SearchResult> },
  "mcp.questions": { args: Nothing, result: Array<McpQuestion> },
  "mcp.answer": { args: AnswerMcpQuestion, result: Nothing },
  "session.list": { args: ListSessions, result: SessionPage },
  "session.get": { args: GetSession, result: SessionView },
  "session.beside": { args: MessageOf, result: Array<MessageView> },
  "session.media": { args: MediaName, result: MediaData },
  "session.folders": { args: Nothing, result: Array<Folder> },
  "session.move": { args: MoveSession, result: Session },
  "session.branch": { args: ShowBranch, result: SessionView },
  "session.search": { args: SearchSessions, result: Array<SearchHit> },
  "session.rename": { args: RenameSession, result: Session },
  "session.pin": { args: PinSession, result: Session },
  "session.delete": { args: SessionName, result: Nothing },
  "session.restore": { args: SessionName, result: Session },
  "session.export": { args: ExportSession, result: Exported },
  "chat.send": { args: SendMessage, result: ChatStarted },
  "chat.regenerate": { args: Regenerate, result: ChatStarted },
  "chat.stop": { args: SessionName, result: Nothing },
  "image.fetch": { args: FetchImage, result: FetchedImage },
  "call.list": { args: ListCalls, result: CallPage },
  "call.get": { args: CallName, result: CallView },
  "call.steps": { args: CallName, result: CallSteps },
  "call.replay": { args: ReplayCall, result: Replayed },
  "usage.summary": { args: SummariseUsage, result: UsageSummary },
  "usage.report": { args: SummariseUsage, result: UsageReport },
  "usage.export": { args: ExportUsage, result: UsageExport },
  "budget.list": { args: Nothing, result: Array<BudgetView> },
  "price.list": { args: Nothing, result: Array<OwnPrice> },
  "price.set": { args: SetPrice, result: PriceChanged },
  "price.remove": { args: PriceName, result: PriceChanged },
  "backup.list": { args: Nothing, result: Array<Backup> },
  "backup.create": { args: Nothing, result: Backup },
  "backup.verify": { args: BackupName, result: BackupReport },
  "settings.get": { args: Nothing, result: Settings },
  "settings.set": { args: SettingsPatch, result: Settings },
  "link.offer": { args: OfferLink, result: Nothing },
  "link.offered": { args: Nothing, result: OfferedLink | null },
  "link.answered": { args: LinkName, result: Nothing },
  "vault.unlock": { args: UnlockVault, result: VaultStatus },
  "vault.lock": { args: Nothing, result: VaultStatus },
  "vault.change": { args: ChangeVault, result: VaultChanged },
  "starter.fetch": { args: Nothing, result: StarterStatus },
  "starter.cancel": { args: Nothing, result: StarterStatus },
}
