# The one front door: people and `.ci/run` call the same recipes. `just` lists them; `.ci/tool just` installs just itself.
#
# A recipe that cannot run on a machine prints a line "NOT RUN: …" and ends with exit code 77.
# `--workspace` everywhere: with `-p` the features of shared dependencies, and so their builds, would differ from recipe to recipe.

set shell := ["bash", "-euo", "pipefail", "-c"]

export CARGO_TARGET_DIR := env("CARGO_TARGET_DIR", justfile_directory() / "target")
export RUSTDOCFLAGS := env("RUSTDOCFLAGS", "-D warnings")

# Lists the recipes.
[private]
default:
    @just --justfile {{ justfile() }} --list --unsorted

# Runs the service: `just serve --listen 127.0.0.1:9000`.
[group('run')]
serve *ARGS:
    cargo run --locked --release -- serve {{ ARGS }}

# Formats the sources.
[group('before a commit')]
fmt:
    cargo fmt --all

# What is quick: format, clippy, documentation, scripts, and the tests in memory.
[group('before a commit')]
check: fmt-check lint doc scripts test

# Whether the sources are formatted.
[group('before a commit')]
fmt-check:
    cargo fmt --all -- --check

# Clippy with warnings denied.
[group('before a commit')]
lint:
    cargo clippy --locked --workspace --all-targets -- -D warnings

# The documentation of every item, private ones too, with warnings denied: target/doc.
[group('before a commit')]
doc:
    cargo doc --locked --workspace --no-deps --document-private-items

# Writes the generated tables anew: crates (ARCHITECTURE.md), rules and tests (docs/testing.md), variables (README.md).
[group('before a commit')]
tables:
    UPDATE_DOCS=1 cargo test --locked --workspace --test policy
    UPDATE_README=1 cargo test --locked --workspace --test in_memory readme

# Shellcheck on every script.
[group('before a commit')]
scripts:
    .ci/scripts

# The tests in memory: no network, no other program.
[group('rings of tests')]
test *ARGS:
    cargo test --locked --workspace {{ ARGS }}

# Misuses that must not compile.
[group('rings of tests')]
types:
    cargo test --locked --workspace --test compile_fail

# The resume simulation, over random seeds.
[group('rings of tests')]
simulation SECONDS="20":
    SIMULATION_SECONDS={{ SECONDS }} cargo test --locked --workspace --test simulation -- --nocapture

# What invocations share, in many of the orders in which their threads may go on: `just interleavings outbox::` runs those.
[group('rings of tests')]
interleavings *ARGS:
    cargo test --locked --workspace --features sse-interleavings/shuttle --test interleavings -- --nocapture {{ ARGS }}

# The loop over the Runtime API, chunk by chunk, on loopback.
[group('rings of tests')]
loopback *ARGS:
    cargo test --locked --workspace --test lambda_loop {{ ARGS }}

# The emulated execution environment itself.
[group('rings of tests')]
emulator *ARGS:
    cargo test --locked --workspace --test emulated_environment {{ ARGS }}

# The release binary in an environment that freezes: `just process tracing::` runs those.
[group('rings of tests')]
process *ARGS:
    cargo test --locked --workspace --test process -- --nocapture {{ ARGS }}

# Parts that others wrote: `just real trace clients` runs those two.
[group('rings of tests')]
real *PARTS:
    tests/real/run {{ PARTS }}

# The same streaming function traced by others and by us, under twelve faults: docs/losses.md. Builds what it needs; UPDATE_LOSSES=1 writes the page.
[group('rings of tests')]
losses:
    tests/peers/run

# The contract of the adapters on a real DynamoDB server, which it starts itself.
[group('rings of tests')]
dynamodb:
    cargo test --locked --workspace --test dynamodb -- --nocapture

# The JavaScript client, the samples in the documentation, and the function at the edge.
[group('rings of tests')]
javascript:
    command -v node > /dev/null || { echo "NOT RUN: no node on this machine"; exit 77; }
    node --test docs/clients/*.test.mjs terraform/edge/*.test.mjs

# The Terraform files, as far as this machine allows.
[group('rings of tests')]
terraform:
    terraform/check

# Whether each kept change of tests/mutations still applies.
[group('do the tests judge')]
patches:
    tests/mutations/check

# Applies the kept changes one by one and expects their tests to fail.
[group('do the tests judge')]
patches-run *NAMES:
    tests/mutations/run {{ NAMES }}

# Mutants of the lines changed since BASE: each must be caught. Bounded in time; says how many it judged.
[group('do the tests judge')]
mutants-change BASE="" MINUTES="10":
    .ci/mutants change "{{ BASE }}" {{ MINUTES }}

# Mutants of whole crates, for hours: `just mutants lambda-trace`.
[group('do the tests judge')]
mutants *CRATES:
    .ci/mutants crates {{ CRATES }}

# Licences, bans and sources of dependencies.
[group('dependencies')]
licences:
    deny=$(.ci/tool cargo-deny) && "$deny" --locked check --hide-inclusion-graph licenses bans sources

# Known vulnerabilities of dependencies, from RustSec's database, which is fetched.
[group('dependencies')]
advisories:
    .ci/advisories

# Dependencies that nothing uses.
[group('dependencies')]
unused:
    machete=$(.ci/tool cargo-machete) && "$machete" --with-metadata .

# The software bill of materials of what is deployed, as CycloneDX: target/sbom.
[group('dependencies')]
sbom:
    .ci/sbom

# Lines of Rust of product, tests and what tests stand on, at these commits: `just lines 3f8729e HEAD`.
[group('more')]
lines *COMMITS:
    .ci/lines {{ COMMITS }}

# Every benchmark, one short pass.
[group('more')]
bench-smoke:
    tests/bench-smoke

# One process with many streams, beside axum: CPU per event, idle streams, polls, cold reads. `just bench-fanout --only events` runs a part.
[group('more')]
bench-fanout *ARGS:
    cargo bench --locked --workspace --bench fanout -- {{ ARGS }}

# Instructions of encode, diff, span and header, compared with those written down: 5 % either way. Needs valgrind.
[group('more')]
instructions:
    command -v valgrind > /dev/null || apt-get install -q -y valgrind || sudo -n apt-get install -q -y valgrind || { echo "NOT RUN: no valgrind on this machine"; exit 77; }
    CARGO_INCREMENTAL=0 cargo test --locked --workspace --bench instructions

# Writes the counts anew.
[group('more')]
instructions-update:
    CARGO_INCREMENTAL=0 UPDATE_INSTRUCTIONS=1 cargo test --locked --workspace --bench instructions

# The binary that users deploy.
[group('more')]
release:
    cargo build --locked --profile deploy

# Packs each crate that others can take, and compiles it from the package.
[group('more')]
package-crates:
    cargo package --locked -p lambda-trace -p lambda-trace-otlp -p lambda-trace-xray -p lambda-env

# The zip that Lambda takes: `just package arm64`.
[group('more')]
package *ARGS:
    terraform/package {{ ARGS }}

# Everything, as CI runs it.
[group('more')]
ci:
    .ci/run
