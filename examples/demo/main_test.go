package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/cmd/shell"
)

// The demo is what a newcomer sees first: both halves have to run.
func TestDemo(t *testing.T) {
	t.Chdir("../..")
	session, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := run(context.Background(), session); err != nil {
		t.Error(err)
	}
	var out, errors bytes.Buffer
	status := shell.Main([]string{"--echo", "--timing", "-f", "examples/demo/demo.sql"}, strings.NewReader(""), &out, &errors)
	if status != 0 || errors.Len() > 0 {
		t.Errorf("status %d: %s", status, errors.String())
	}
	for _, want := range []string{"*(1) HashAggregate", "|A           |F           |380456.00|505822441.4861|14876|", "|MOROCCO|17495002.2087|", "acc1 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo lacks %q:\n%s", want, out.String())
		}
	}
}
