#!/bin/sh
# Makes .venv/ at the root of the repository with the pinned packages of
# requirements.txt; with the argument "bench" those of requirements-bench.txt
# as well. Done already, it returns at once: a stamp in .venv/ holds the hash of
# the pins that were installed.
#
# Exit status: 0 ready, 3 python3 or java is missing (one line says which),
# anything else: the installation failed.
set -eu

scripts=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$scripts")
venv=$root/.venv
wanted=${1:-test}

case $wanted in
test) lists=requirements.txt ;;
bench) lists="requirements.txt requirements-bench.txt" ;;
*) echo "usage: setup-test-env.sh [test|bench]" >&2; exit 2 ;;
esac

missing() {
	echo "setup-test-env: $1 not found; the tests against Spark and DuckDB need it" >&2
	exit 3
}
command -v python3 >/dev/null 2>&1 || missing python3
command -v java >/dev/null 2>&1 || missing java

# One stamp for each list. cksum is in every POSIX system; sha256sum is not.
pins() { cksum <"$scripts/$1"; }
installed() { [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.$1" 2>/dev/null)" = "$(pins "$1")" ]; }
ready() {
	for list in $lists; do
		installed "$list" || return 1
	done
}
if ready; then exit 0; fi

# The version is not asked for above: starting java takes longer than all the rest.
java -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])' || missing "java 17 or newer"

. "$scripts/lock.sh"
take_lock setup-test-env
if ready; then exit 0; fi

echo "setup-test-env: installing the $wanted packages into .venv (once)" >&2
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || python3 -m venv --clear "$venv"
for list in $lists; do
	if installed "$list"; then continue; fi
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$scripts/$list" >&2
	pins "$list" >"$venv/.$list"
done
