# Each target is a few lines that call scripts; the scripts say why.
.PHONY: run test test-clients setup dev lint format package bench bench-codecs bench-ui fuzz icons

run: ## set up what is missing, build, open the window; without a display: serve
	scripts/run.sh

test: ## set up what is missing, then every check and test; `.ci/run` is the same
	scripts/test.sh

test-clients: ## Codex, Claude Code, opencode, aider and llm, in pinned versions; some 2 GB to download the first time
	scripts/setup.sh test
	. scripts/env.sh && cargo build --workspace --bin inglenook --no-default-features --features starter,web-host
	tests/clients/run

setup: ## system packages, Rust, Node, the UI's packages, the starter model's weights
	scripts/setup.sh test

dev: ## the window with the UI's development server and reload
	scripts/setup.sh run
	. scripts/env.sh && ui/node_modules/.bin/tauri dev

lint: ## formatting, clippy, licences and sources of dependencies, the UI's lint and types
	scripts/test.sh lint

format:
	. scripts/env.sh && cargo fmt --all && npm --prefix ui run format

package: ## target/release/bundle/{deb,rpm}
	scripts/setup.sh package
	. scripts/env.sh && ui/node_modules/.bin/tauri build

bench: ## speed of the data plane beside nginx
	bench/run --quick

bench-codecs: ## what translating a chunk costs on every wire, in time and in instructions
	. scripts/env.sh && cargo bench -p inglenook-wire --bench codec
	scripts/instructions.sh

bench-ui: ## the window's figures U1 to U12 on a history of a million messages, half an hour; OPTIONS=--quick for a short look
	bench/ui $(OPTIONS)

fuzz: ## every reader of bytes from outside, a minute each; needs nightly Rust and cargo-fuzz
	scripts/fuzz.sh 60

icons: ## after changing src-tauri/icons/*.svg
	. scripts/env.sh && scripts/icons.sh
