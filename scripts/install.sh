#!/usr/bin/env bash
# Sees to it that the named commands are there: scripts/install.sh sqlite3 wrk postgres
# Installs Debian packages for those that are missing, as root or with sudo; azurite, what else is in tests/Peers, and portkey, from npm. Quiet when there is nothing to do.
set -euo pipefail

cd "$(dirname "$0")/.."

missing=()
declare -A folders=()
# npm_too FOLDER: what is installed there must be what its lock file names.
npm_too() { cmp -s "$1/package-lock.json" "$1/node_modules/.locked" || folders[$1]=yes; }
for command in "$@"; do
  case $command in
    dotnet)
      command -v dotnet > /dev/null || {
        echo "The .NET SDK is missing; global.json names the version." >&2
        exit 1
      }
      ;;
    azurite | genai-prices) npm_too tests/Peers ;;
    portkey) npm_too bench/portkey ;;
    nc) command -v nc > /dev/null || missing+=(netcat-openbsd) ;;
    chromedriver) command -v chromedriver > /dev/null || missing+=(chromium chromium-driver) ;;
    promtool) command -v promtool > /dev/null || missing+=(prometheus) ;;
    python3-*) /usr/bin/python3 -c "import ${command#python3-}" 2> /dev/null || missing+=("$command") ;;
    postgres) compgen -G '/usr/lib/postgresql/15/bin/initdb' > /dev/null || missing+=(postgresql-15) ;;
    *) command -v "$command" > /dev/null || missing+=("$command") ;;
  esac
done
for folder in "${!folders[@]}"; do
  command -v npm > /dev/null || {
    echo "Node.js is missing: version 20 or newer, with npm." >&2
    exit 1
  }
  echo "install the npm packages of $folder"
  (cd "$folder" && npm ci --ignore-scripts --loglevel error > /dev/null && cp package-lock.json node_modules/.locked)
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || {
    echo "Missing: ${missing[*]}. Install them, or run this as root or with sudo." >&2
    exit 1
  }
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "install ${missing[*]}"
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
  cat "$log" >&2
  echo "Could not install: ${missing[*]}" >&2
  exit 1
fi
