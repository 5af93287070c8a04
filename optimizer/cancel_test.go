package optimizer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kilnql/kiln/logical"
)

// TestCancelled ends optimization at each of the places where it asks whether it still should go on, and counts them: a
// query with more work to do asks more often, so that it ends at once whatever it is at.
func TestCancelled(t *testing.T) {
	var chain strings.Builder
	chain.WriteString("SELECT count(*) FROM o o0")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&chain, " JOIN o o%d ON o%d.a = o%d.b", i, i, i-1)
	}
	queries := []struct {
		name, sql string
		asks      int // at least
	}{
		{"nothing", "SELECT a FROM o", 10},
		{"joins", chain.String(), 40},
		{"folding", "SELECT " + strings.Repeat("(a + 1 - 2 * (3 - 4)) * ", 200) + "1 FROM o", 40},
		{"domains", "SELECT " + strings.Repeat("(SELECT max(k) FROM t WHERE k < a) + ", 20) + "1 FROM o", 20},
	}
	c := tables{}
	if err := c.add("o 1500: a bigint, b bigint"); err != nil {
		t.Fatal(err)
	}
	if err := c.add("t 600: k bigint"); err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		ids := &logical.IDs{}
		plan, err := bind(c, q.sql, ids)
		if err != nil {
			t.Fatal(err)
		}
		asked, end := 0, -1
		gone := errors.New("nobody is there")
		o := Options{Enabled: true, IDs: ids, Settings: settings(), Cancelled: func() error {
			if asked++; asked == end {
				return gone
			}
			return nil
		}}
		if _, err := Optimize(plan, o); err != nil {
			t.Fatalf("%s: %v", q.name, err)
		}
		all := asked
		if all < q.asks {
			t.Errorf("%s: asked %d times, want at least %d", q.name, all, q.asks)
		}
		for end = 1; end <= all; end += 1 + all/8 {
			asked = 0
			if got, err := Optimize(plan, o); !errors.Is(err, gone) || got != nil || asked != end {
				t.Fatalf("%s, cancelled at question %d of %d: asked %d, error %v", q.name, end, all, asked, err)
			}
		}
	}
}
