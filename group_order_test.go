package kiln_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// groupOrderQueries have results that show the order in which groups come out: of arrays, of tables with short and with
// wide keys, and of aggregations over others.
var groupOrderQueries = []string{
	"SELECT first(k) FROM (SELECT l_orderkey k FROM lineitem GROUP BY 1)",
	"SELECT l_orderkey, count(*) FROM lineitem GROUP BY 1 LIMIT 50",
	"SELECT l_extendedprice, count(*) FROM lineitem GROUP BY 1 LIMIT 50",
	"SELECT collect_list(k) FROM (SELECT l_partkey k FROM lineitem GROUP BY 1)",
	"SELECT collect_list(k) FROM (SELECT cast(l_extendedprice AS double) k FROM lineitem GROUP BY 1)",
	"SELECT l_returnflag, l_linestatus, count(*) FROM lineitem GROUP BY 1, 2",
	"SELECT l_shipmode, l_shipinstruct, array_sort(collect_set(l_linenumber)) FROM lineitem GROUP BY 1, 2",
	"SELECT l_comment, count(*) c FROM lineitem GROUP BY 1 ORDER BY c DESC LIMIT 40",
	"SELECT nullif(l_comment, 'x'), l_orderkey, l_partkey FROM lineitem GROUP BY 1, 2, 3 LIMIT 40",
	"SELECT l_orderkey, l_partkey, max(l_comment) FROM lineitem GROUP BY 1, 2 LIMIT 40",
	"SELECT collect_list(o) FROM (SELECT DISTINCT nullif(o, 7) o FROM (SELECT l_orderkey o, l_suppkey FROM lineitem GROUP BY 1, 2) LIMIT 500)",
	"SELECT n, collect_list(o) FROM (SELECT o_custkey o, count(*) n FROM orders GROUP BY 1) GROUP BY 1",
	"SELECT max_by(o, n), first(o), last(o) FROM (SELECT o_custkey o, count(*) n FROM orders GROUP BY 1)",
	"SELECT o_clerk FROM orders UNION SELECT l_comment FROM lineitem LIMIT 60",
	"SELECT l_suppkey, count(DISTINCT l_partkey) FROM lineitem GROUP BY ROLLUP (1) LIMIT 60",
}

// groupOrderAnswers are the results as text, in order; spilled says that groups of some query went to disk.
func groupOrderAnswers(t *testing.T, conf map[string]string) (answers []string, spilled bool) {
	t.Helper()
	s := openTPCH(t, "0.01", conf)
	for range 2 {
		for _, sql := range groupOrderQueries {
			rows, err := s.SQL(sql).Collect(context.Background())
			if err != nil {
				t.Fatalf("%v: %s: %v", conf, sql, err)
			}
			answers = append(answers, fmt.Sprint(rows))
			spilled = spilled || s.LastProfile().SpilledBytes > 0
		}
	}
	return answers, spilled
}

// TestGroupOrder compares results that show the order of groups: in one session, with another number of workers, and in
// a new process; fused and plain, in memory and with groups on disk.
func TestGroupOrder(t *testing.T) {
	const file = "KILN_TEST_GROUP_ORDER"
	if path := os.Getenv(file); path != "" {
		answers, _ := groupOrderAnswers(t, map[string]string{"kiln.master": "local[2]"})
		if err := os.WriteFile(path, []byte(strings.Join(answers, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	check := func(what string, want, got []string) {
		for i := range got {
			if got[i] != want[i%len(groupOrderQueries)] {
				t.Errorf("%s: %s\n%.300s\nwant\n%.300s", what, groupOrderQueries[i%len(groupOrderQueries)], got[i], want[i%len(groupOrderQueries)])
			}
		}
	}
	var fused []string
	for _, mode := range []struct{ name, fusion, limit string }{
		{"fused", "true", ""}, {"plain", "false", ""}, {"fused with little memory", "true", "6m"}, {"plain with little memory", "false", "6m"},
	} {
		conf := map[string]string{"kiln.exec.fusion": mode.fusion, "kiln.master": "local[1]"}
		if mode.limit != "" {
			conf["kiln.memory.limit"], conf["kiln.memory.query.minimum"], conf["kiln.spill.directory"] = mode.limit, "1m", t.TempDir()
		}
		want, _ := groupOrderAnswers(t, conf)
		check(mode.name+", again", want, want)
		conf["kiln.master"] = "local[2]"
		got, spilled := groupOrderAnswers(t, conf)
		check(mode.name+", 2 workers", want, got)
		if spilled != (mode.limit != "") {
			t.Errorf("%s: spilled: %v", mode.name, spilled)
		}
		if fused == nil {
			fused = want
		}
	}
	path := t.TempDir() + "/answers"
	c := exec.Command(os.Args[0], "-test.run=^TestGroupOrder$")
	c.Env = append(os.Environ(), file+"="+path)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check("a new process", fused, strings.Split(string(text), "\n"))
}
