#!/bin/sh
# Fetches Spark's own SQL tests (Maven artifact spark-sql_2.13:4.0.1, classifier
# tests) and unpacks into .cache/spark-tests/:
#   sql-tests/inputs, sql-tests/results   only the files of testdata/spark/files.txt
#   tpch/, tpcds/                         query texts
#   test-data/postgresql/                 rows of the suite's tables
# Nothing of it is committed: Spark's files stay Spark's. Done already, it returns
# at once.
#
# Exit status: 0 ready, 3 mvn or python3 is missing (one line says which),
# anything else: the download failed or is not the expected file.
set -eu

version=4.0.1
sha256=132cf2b0ebbe4ef6367e373288b5891fcacd148b1798455fb0ceec07649e61e1
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

scripts=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$scripts")
files=$root/testdata/spark/files.txt
cache=$root/.cache/spark-tests
stamp=$cache/.unpacked
pins="$version $sha256 $(cksum <"$files")"
ready() { [ "$(cat "$stamp" 2>/dev/null)" = "$pins" ]; }
if ready; then exit 0; fi

for tool in python3 mvn; do
	if ! command -v $tool >/dev/null 2>&1; then
		echo "fetch-spark-tests: $tool not found; Spark's own tests need it" >&2
		exit 3
	fi
done

. "$scripts/lock.sh"
take_lock fetch-spark-tests
if ready; then exit 0; fi

mkdir -p "$cache"
jar=$cache/spark-sql_2.13-$version-tests.jar
if [ ! -f "$jar" ]; then
	echo "fetch-spark-tests: fetching Spark's SQL tests with Maven (once, 43 MB)" >&2
	# Run where there is no pom.xml to read, and drop the colour codes of a quiet run.
	(cd "$cache" && mvn --quiet --batch-mode -Dstyle.color=never "$plugin:copy" \
		-Dartifact=org.apache.spark:spark-sql_2.13:$version:jar:tests \
		-DoutputDirectory="$cache/download" -Dmdep.overWriteReleases=true) >&2
	mv "$cache/download/spark-sql_2.13-$version-tests.jar" "$jar"
	rmdir "$cache/download"
fi

python3 - "$jar" "$sha256" "$files" "$cache" <<'PYTHON'
import hashlib, os, sys, zipfile

jar, expected, listing, target = sys.argv[1:]
with open(jar, "rb") as file:
    found = hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
        else hashlib.sha256(file.read()).hexdigest()
if found != expected:
    os.remove(jar)
    sys.exit(f"fetch-spark-tests: sha256 of the artifact is {found}, expected {expected}; removed it")

with open(listing) as file:
    inputs = [line.strip() for line in file if line.strip()]
wanted = set(inputs)
wanted |= {name.replace("/inputs/", "/results/") + ".out" for name in inputs}
folders = ("tpch/", "tpcds/", "test-data/postgresql/")
with zipfile.ZipFile(jar) as archive:
    members = [m for m in archive.namelist()
               if m in wanted or (m.startswith(folders) and not m.endswith("/"))]
    missing = wanted - set(members)
    if missing:
        sys.exit("fetch-spark-tests: not in the artifact: " + ", ".join(sorted(missing)))
    archive.extractall(target, members)
PYTHON
echo "$pins" >"$stamp"
