#!/bin/sh
# What the image has of Debian: certificates, the agent's user, the directories that become
# volumes. AGENT_PACKAGES are Debian packages for the agent's tools; none by default.
set -eu
: "${AGENT_UID:?}" "${AGENT_GID:?}"

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# Words: a list of packages.
# shellcheck disable=SC2086
apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends ca-certificates ${AGENT_PACKAGES:-} >/dev/null
apt-get clean

groupadd --gid "$AGENT_GID" agent
# Home is set by the bridge, below its state directory.
useradd --uid "$AGENT_UID" --gid agent --no-create-home --home-dir /nonexistent \
  --shell /usr/sbin/nologin agent

# Root's: the bridge gives the agent a directory of its own in there.
install -d -m 0755 -o root -g root /var/lib/openclaw /opt/openclaw

# Nobody here becomes somebody else but the bridge, which is root already.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# For the list of what is in the image (SBOM).
install -d /usr/share/openclaw
dpkg-query --show --showformat '${Package}\t${Version}\t${Architecture}\n' \
  >/usr/share/openclaw/debian-packages.tsv

# Logs and caches of the installation; nobody reads manuals in here.
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/*.log \
  /var/log/apt /usr/share/man/* /usr/share/info/*
find /usr/share/doc -type f ! -name copyright -delete
