package kiln_test

import (
	"context"
	"testing"

	"github.com/kilnql/kiln"
)

// TestShowOfNestedValues has what Spark 4.0.1 prints. NULL is in capitals inside values too, unlike in a cast to string.
func TestShowOfNestedValues(t *testing.T) {
	s := open(t, nil)
	for _, c := range []struct{ sql, want string }{
		{"SELECT array(1, null) a, named_struct('x', null) b, map('k', null) m, array(named_struct('q', array(null))) n, null z", `+---------+------+-----------+----------+----+
|a        |b     |m          |n         |z   |
+---------+------+-----------+----------+----+
|[1, NULL]|{NULL}|{k -> NULL}|[{[NULL]}]|NULL|
+---------+------+-----------+----------+----+
`},
		{"SELECT array(cast('ab' as binary)) a, named_struct('x', cast('ab' as binary)) b, cast('ab' as binary) c, array(1.5D, float('nan')) f, array('NULL', 'null') g, " +
			"array(array(null)) h, map('a', cast('q' as binary)) as mm, array(interval '1' day) i, array(date'2020-01-01', null) dd, array(1.10) dec", `+---------+---------+-------+----------+------------+--------+-----------+------------------+------------------+------+
|a        |b        |c      |f         |g           |h       |mm         |i                 |dd                |dec   |
+---------+---------+-------+----------+------------+--------+-----------+------------------+------------------+------+
|[[61 62]]|{[61 62]}|[61 62]|[1.5, NaN]|[NULL, null]|[[NULL]]|{a -> [71]}|[INTERVAL '1' DAY]|[2020-01-01, NULL]|[1.10]|
+---------+---------+-------+----------+------------+--------+-----------+------------------+------------------+------+
`},
		{"SELECT cast(array(1, null) as string) a, cast(map('k', null) as string) m", `+---------+-----------+
|a        |m          |
+---------+-----------+
|[1, null]|{k -> null}|
+---------+-----------+
`},
	} {
		got, err := s.SQL(c.sql).ShowString(context.Background(), kiln.ShowOptions{Truncate: -1})
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.sql, err, got, c.want)
		}
	}
}
