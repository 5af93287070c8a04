package shell

import (
	"context"
	"testing"
	"time"

	"github.com/kilnql/kiln"
)

func TestDrawBar(t *testing.T) {
	session, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var p kiln.Progress
	if got := drawBar(&p, time.Second, 80); got != "planning, 1.0 s" {
		t.Errorf("%q", got)
	}
	if _, err := session.Range(0, 20_000, 1).Where("id >= 0").Count(kiln.WithProgress(context.Background(), &p)); err != nil {
		t.Fatal(err)
	}
	rows := shortCount(p.Rows())
	for width, want := range map[int]string{
		80: "[==============================] 100%  " + rows + " rows read, 2.5 s",
		40: "[==========] 100%  " + rows + " rows read, 2.5 s",
		30: "100%  " + rows + " rows read, 2.5 s",
		10: "100%  20…",
	} {
		if got := drawBar(&p, 2500*time.Millisecond, width); got != want || len([]rune(got)) >= width {
			t.Errorf("in %d columns %q, want %q", width, got, want)
		}
	}
}
