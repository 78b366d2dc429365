#!/bin/sh
# Holds the codec against Apache Kafka's own message classes, in both directions, byte for byte.
#
#     run.sh CLASSPATH_DIR_NEW CLASSPATH_DIR_OLD CONFORMANCE_BINARY
#
# The folders hold the jars of kafka-clients and what it needs: the newest Kafka for the versions
# that it still speaks, Kafka 2.8 for those that newer ones have dropped. Exits non-zero on any
# difference, and where a message or version was left out. SEED and COUNT (random instances of each
# message and version) can be set in the environment.
set -eu

if [ $# -ne 3 ]; then
    echo "usage: run.sh CLASSPATH_DIR_NEW CLASSPATH_DIR_OLD CONFORMANCE_BINARY" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
new=$1
old=$2
conformance=$3
seed=${SEED:-20260101}
count=${COUNT:-20}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

javac -nowarn -cp "$old/*" -d "$dir/old" "$here"/*.java
javac -nowarn -cp "$new/*" -d "$dir/new" "$here"/*.java
kafka_old() { java -cp "$dir/old:$old/*" Conformance "$@"; }
kafka_new() { java -cp "$dir/new:$new/*" Conformance "$@"; }

keys=$("$conformance" keys)
kafka_new generate text "$keys" "$seed" "$count" "$dir/new.vectors"
kafka_old generate bytes "$keys" "$seed" "$count" "$dir/old.vectors"
"$conformance" check "$dir/new.vectors" "$dir/old.vectors"

"$conformance" write "$seed" "$count" "$dir/ours.vectors"
kafka_new check text "$dir/ours.vectors" "$dir/rest.vectors"
kafka_old check bytes "$dir/rest.vectors"
