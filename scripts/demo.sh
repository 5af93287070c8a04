#!/usr/bin/env bash
# The main job on the tables of the repository: questions in SQL with their plans, results and timings, then one of them as
# a Go program. `make demo` builds bin/kiln and calls this.
set -euo pipefail
cd "$(dirname "$0")/.."

# wrap breaks lines longer than a terminal of 100 columns; what is carried over keeps the line's indentation, and 4 more.
wrap() {
	awk -v width=98 '{
		match($0, /^[ |:+*-]*/)
		indent = sprintf("%" (RLENGTH + 4) "s", "")
		line = $0
		while (length(line) > width) {
			cut = width
			while (cut > length(indent) + 20 && substr(line, cut, 1) !~ /[ ,]/) cut--
			if (cut <= length(indent) + 20) cut = width
			print substr(line, 1, cut)
			line = indent substr(line, cut + 1)
		}
		print line
		fflush()
	}'
}

echo "\$ bin/kiln --echo --timing -f examples/demo/demo.sql"
echo
bin/kiln --echo --timing -f examples/demo/demo.sql | wrap
cat <<'END'
-- The same as a Go program: question 2 in DataFrame calls (examples/demo/main.go).
END
sed -n '/top := /,/Limit/p' examples/demo/main.go
echo
echo "\$ go run ./examples/demo"
"${GO:-go}" run -trimpath ./examples/demo
cat <<'END'

-- Now yours: bin/kiln opens the shell; FROM 'testdata/tpch/sf0.01/orders.parquet' reads a file.
END
