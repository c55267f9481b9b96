#!/bin/sh
# Lets OpenClaw complete its installation, which its first command does in a folder that it may
# write to, and bakes Node's compile cache: both on the kind of machine that the image is for.
set -eu
: "${AGENT_UID:?}" "${AGENT_GID:?}" "${NODE_COMPILE_CACHE:?}"
here=$(cd "$(dirname "$0")" && pwd)
node=/opt/openclaw/node/bin/node
openclaw=/opt/openclaw/node_modules/openclaw

NODE_DISABLE_COMPILE_CACHE=1 "$node" "$openclaw/openclaw.mjs" --version
if [ -e "$openclaw/.openclaw-lifecycle-pending" ]; then
  echo "OpenClaw has not completed its installation." >&2
  exit 1
fi

# Node names a cache after the uid that uses it, so the agent's makes it.
install -d -o "$AGENT_UID" -g "$AGENT_GID" "$NODE_COMPILE_CACHE"
scratch=$(mktemp -d)
chown "$AGENT_UID:$AGENT_GID" "$scratch"
setpriv --reuid "$AGENT_UID" --regid "$AGENT_GID" --clear-groups \
  env --ignore-environment PATH="$PATH" NODE_COMPILE_CACHE="$NODE_COMPILE_CACHE" \
  "$node" "$here/warm.mjs" "$scratch"
rm -rf "$scratch" /tmp/openclaw*

# From now on nobody writes to it.
chown -R root:root "$NODE_COMPILE_CACHE"
chmod -R u=rwX,go=rX "$NODE_COMPILE_CACHE"
