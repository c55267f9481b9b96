#!/bin/sh
# Installs OpenClaw and its Node as locked into /opt/openclaw, for TARGETARCH, on a machine that
# may be of another kind: no package's own script runs here. Needs node and npm.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
to=/opt/openclaw

case "${TARGETARCH:?}" in
  arm64) cpu=arm64 ;;
  amd64) cpu=x64 ;;
  *) echo "There is no Node for TARGETARCH=$TARGETARCH; it is arm64 or amd64." >&2; exit 1 ;;
esac

# npm leaves out optional packages, the native ones, that are not for the Node it runs on.
pinned=v$(node -p "require('$here/package.json').optionalDependencies['node-linux-$cpu']")
if [ "$(node --version)" != "$pinned" ]; then
  echo "This Node is $(node --version); the one that is pinned, and has to install, is $pinned." >&2
  exit 1
fi

mkdir -p "$to"
cp "$here/package.json" "$here/package-lock.json" "$to/"
cd "$to"
npm ci --omit=dev --ignore-scripts --os=linux --cpu="$cpu" --libc=glibc \
  --no-audit --no-fund --no-update-notifier --no-progress --loglevel=error

# Node, without headers and manuals, is a layer of its own.
mkdir -p node/bin
mv "node_modules/node-linux-$cpu/bin/node" node/bin/node
mv "node_modules/node-linux-$cpu/LICENSE" node/LICENSE
rm -rf "node_modules/node-linux-$cpu"

sh "$here/steps/trim.sh" node_modules "$here/trim.txt"
