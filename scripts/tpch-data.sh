#!/bin/sh
# Makes the TPC-H tables as Parquet: tpch-data.sh SCALE DIRECTORY, for example
#   scripts/tpch-data.sh 1 .cache/tpch/sf1
# One file a table, Snappy. Tables that exist already are kept (a stamp in the
# directory names what was made). Below scale 0.1 row groups are small, so that a
# table has several and pruning and parallel scans have something to do.
set -eu

if [ $# -ne 2 ]; then
	echo "usage: tpch-data.sh SCALE DIRECTORY" >&2
	exit 2
fi
scale=$1
directory=$2
scripts=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$scripts")
venv=$root/.venv

case $scale in
0.0*) size=256KB ;;
*) size=7MiB ;;
esac

"$scripts/setup-test-env.sh"
made="scale $scale, row groups of $size, $(grep '^tpcgen-cli' "$scripts/requirements.txt")"
stamp=$directory/.made
ready() { [ "$(cat "$stamp" 2>/dev/null)" = "$made" ]; }
if ready; then exit 0; fi
. "$scripts/lock.sh"
partial=$directory.partial
cleanup() { rm -rf "$partial"; }
take_lock tpch-data
if ready; then exit 0; fi

# Made beside the place and renamed, so that a broken run leaves nothing that
# looks complete.
mkdir -p "$(dirname "$directory")"
rm -rf "$partial"
"$venv/bin/tpcgen-cli" tpch parquet --scale-factor "$scale" --output-dir "$partial" \
	--compression SNAPPY --row-group-bytes "$size" >&2
mkdir -p "$directory"
mv "$partial"/*.parquet "$directory/"
echo "$made" >"$stamp"
