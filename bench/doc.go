// Package bench holds Go benchmarks of whole queries; scripts/bench.sh compares with other engines. TPC-H at scale 1 must be in
// .cache/tpch/sf1 (scripts/tpch-data.sh 1 .cache/tpch/sf1).
package bench
