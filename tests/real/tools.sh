# How each part is had: installed or built below target/tools, and not again while its version stays. Sourced by the parts.
tools="$CARGO_TARGET_DIR/tools"
mkdir -p "$tools"

# shellcheck disable=SC2034 # used by the parts
MOTO=5.2.5 BOTOCORE=1.44.8 COLLECTOR=0.156.0 NODE=22.23.3 CARGO_LAMBDA=1.9.2 NODE_RIC=4.0.2 PYTHON_RIC=4.2.2

say() { printf '%s' "$*" >&3; }

# What cannot be had is no failure, and no silence either.
not_had() {
  say "$1: ${2:-}"
  exit 77
}


# is_had FOLDER WHAT: whether FOLDER holds WHAT already; otherwise it is emptied.
is_had() {
  [ "$(cat "$tools/$1/.had" 2> /dev/null)" = "$2" ] && return
  rm -rf "${tools:?}/$1"
  mkdir -p "$tools/$1"
  return 1
}

# had FOLDER WHAT: from now on it does.
had() { printf '%s' "$2" > "$tools/$1/.had"; }

# python_tool FOLDER REQUIREMENT...: a virtual environment with exactly these. Its scripts name the folder, so one that was moved is made anew.
python_tool() {
  local folder=$1 what
  shift
  what="$* in $tools"
  is_had "$folder" "$what" && return
  python3 -m venv "$tools/$folder" && "$tools/$folder/bin/pip" install --quiet --disable-pip-version-check "$@" && had "$folder" "$what"
}

# node_tool FOLDER PACKAGE...
node_tool() {
  local folder=$1
  shift
  is_had "$folder" "$*" && return
  npm install --silent --no-save --no-audit --no-fund --prefix "$tools/$folder" "$@" && had "$folder" "$*"
}

# debian_tool FOLDER PACKAGE PROGRAM: what apt would install for it, unpacked in the folder, and PROGRAM of it as FOLDER/run. Needs no root, and changes
# nothing of the system.
debian_tool() {
  local folder=$tools/$1 package=$2 program=$3 apt deb libraries
  is_had "$1" "$package in $tools" && return
  command -v apt-get > /dev/null || { echo "no apt-get on this machine"; return 1; }
  mkdir -p "$folder"/{lists/partial,archives/partial,root}
  apt=(apt-get -q -y -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder" -o Debug::NoLocking=1)
  # Some source of this machine may be gone; what counts is whether the package can be had.
  "${apt[@]}" update
  "${apt[@]}" install --no-install-recommends --download-only "$package" || return 1
  for deb in "$folder"/archives/*.deb; do dpkg-deb -x "$deb" "$folder/root" || return 1; done
  rm -rf "$folder"/{lists,archives}
  libraries=$(find "$folder/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$libraries" "$folder/root/$program" > "$folder/run"
  chmod +x "$folder/run" && "$folder/run" --version && had "$1" "$package in $tools"
}

moto() { python_tool "moto-$MOTO" "moto[server]==$MOTO"; }

collector() {
  local folder="collector-$COLLECTOR" manifest
  manifest=$(cat tests/real/collector/manifest.yaml)
  is_had "$folder" "$manifest" && return
  command -v go > /dev/null || { echo "no go on this machine"; return 1; }
  cp tests/real/collector/manifest.yaml "$tools/$folder/"
  GOBIN="$tools/$folder" go install "go.opentelemetry.io/collector/cmd/builder@v$COLLECTOR" || return 1
  (cd "$tools/$folder" && ./builder --config manifest.yaml) && had "$folder" "$manifest"
}

# What every X-Ray part needs; X-Ray itself is a stand-in of ours.
xray() {
  collector || not_had "collector $COLLECTOR (Go)" "does not build here, see the log"
}

# The binary that users deploy, unless another is named.
service() {
  [ -n "${SSE_REAL_BINARY:-}" ] && return
  cargo build --locked --profile deploy || exit 1
  export SSE_REAL_BINARY="$CARGO_TARGET_DIR/deploy/sse-streaming"
}

# Node and the packages of the clients, with our scripts beside them: a module is looked up from where its importer lies.
javascript_clients() {
  command -v npm > /dev/null || not_had "clients" "no npm on this machine"
  node_tool "node-$NODE" "node@$NODE" || not_had "node $NODE (npm)" "cannot be installed, see the log"
  node_tool js-clients eventsource@5.1.5 @microsoft/fetch-event-source@2.0.1 playwright-core@1.65.1 ||
    not_had "eventsource, fetch-event-source, playwright-core (npm)" "cannot be installed, see the log"
  cp tests/real/clients/*.mjs "$tools/js-clients/"
}

# The machine's Chromium, or Debian's: CHROMIUM names it, `browser` says which it is. Fails if there is none.
web_browser() {
  CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
  if [ -z "$CHROMIUM" ]; then
    debian_tool chromium chromium usr/lib/chromium/chromium || return 1
    CHROMIUM=$tools/chromium/run
  fi
  export CHROMIUM
  # shellcheck disable=SC2034 # used by the parts
  browser=$("$CHROMIUM" --version 2> /dev/null | grep -oE '[A-Za-z]+ [0-9][0-9.]*' | head -1)
}

# real_test TARGET [ARGUMENT...]: a test of this package. Of the whole workspace's by that name, so that its libraries are built with the features that every
# other step of a check uses, and once.
real_test() {
  local target=$1
  shift
  cargo test --locked --workspace --test "$target" -- --nocapture "$@"
}
