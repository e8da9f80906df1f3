# How each part is had: installed or built below target/tools, and not again while its version stays. Sourced by the parts.
tools="$CARGO_TARGET_DIR/tools"
mkdir -p "$tools"

MOTO=5.2.5 COLLECTOR=0.156.0 NODE=22.23.3 CARGO_LAMBDA=1.9.2

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

# What every X-Ray part needs.
xray() {
  moto || not_had "moto $MOTO (PyPI)" "cannot be installed, see the log"
  collector || not_had "collector $COLLECTOR (Go)" "does not build here, see the log"
}

# The binary that users deploy, unless another is named.
service() {
  [ -n "${SSE_REAL_BINARY:-}" ] && return
  cargo build --release || exit 1
  export SSE_REAL_BINARY="$CARGO_TARGET_DIR/release/sse-streaming"
}

# real_test TARGET [ARGUMENT...]: a test of this package. Of the whole workspace's by that name, so that its libraries are built with the features that every
# other step of a check uses, and once.
real_test() {
  local target=$1
  shift
  cargo test --workspace --test "$target" -- --nocapture "$@"
}
