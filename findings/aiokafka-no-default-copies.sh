#!/usr/bin/env bash
# Package: aiokafka 0.14.0 from PyPI, on Python 3.11. Seen; date: 2026-11-29.
# Behaviour: its admin client cannot ask for a topic with the cluster's own default number of copies. Kafka has
#   taken -1 for that since CreateTopics version 4 (KIP-464, Kafka 2.4), and other clients pass it on; this one
#   speaks versions 0 to 3 alone, and NewTopic raises for a replication factor of -1 that comes without an
#   assignment of replicas. The guess that -1 works as it does in Kafka's own tools is wrong.
# Output seen:
#   CreateTopics versions: 0, 1, 2, 3
#   NewTopic with -1: IllegalArgumentError
#   NewTopic with 1: made
# Hurts: whoever declares a dead-letter topic at the start: a fixed factor of 1 leaves it without a second copy on a
#   cluster of three, and a fixed 3 fails on one broker.
# Remedy: read the copies of the topic beside it (describe_topics) and ask for as many.
# Network: one wheel with its dependencies.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: aiokafka==0.14.0
"$work/env/bin/python" - <<'PY'
import sys

from aiokafka.admin import NewTopic
from aiokafka.errors import IllegalArgumentError
from aiokafka.protocol import admin

versions = sorted(
    int(name.rpartition("_v")[2]) for name in dir(admin) if name.startswith("CreateTopicsRequest_v")
)
print("CreateTopics versions:", ", ".join(map(str, versions)))


def made(copies: int) -> str:
    try:
        NewTopic("refused", num_partitions=1, replication_factor=copies)
    except IllegalArgumentError as error:
        return type(error).__name__
    return "made"


told = {copies: made(copies) for copies in (-1, 1)}
for copies, what in told.items():
    print(f"NewTopic with {copies}: {what}")
sys.exit(0 if versions == [0, 1, 2, 3] and told == {-1: "IllegalArgumentError", 1: "made"} else 1)
PY
