#!/usr/bin/env bash
# kiln and its peers in turn, query by query, in one run: TPC-H at scale 1 and the aggregation of ten million int pairs.
# Usage: scripts/bench.sh [--rounds N] [--peers duckdb,polars,datafusion,spark] [--queries 1,6,9] [--markdown FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/setup-test-env.sh bench
./scripts/tpch-data.sh 1 .cache/tpch/sf1
exec .venv/bin/python scripts/bench/bench.py "$@"
