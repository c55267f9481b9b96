#!/bin/sh
# Removes from a node_modules what a list names. A line that names nothing is an error: the list
# is of one version of OpenClaw, and is looked at again with the next.
set -eu
modules=$1
list=$2

sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$list" | while read -r kind what; do
  case "$kind" in
    path)
      [ -e "$modules/$what" ] || { echo "$list: there is no $what any more" >&2; exit 1; }
      rm -rf "${modules:?}/$what" ;;
    name)
      found=$(find "$modules" -type f -name "$what" -print -delete | wc -l)
      [ "$found" -gt 0 ] || { echo "$list: no file is called $what any more" >&2; exit 1; } ;;
    *)
      echo "$list: a line begins with path or name, not with $kind" >&2; exit 1 ;;
  esac
done
