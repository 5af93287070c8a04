package sql

import (
	"os/exec"
	"strings"
	"testing"
)

// TestHostFlags runs a program that defines -v itself and has flags from before the import: glog's flags are gone, its own work.
func TestHostFlags(t *testing.T) {
	out, err := exec.Command("go", "run", "./testdata/hostflags", "-v", "-early=7", "-log_dir=x").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := strings.TrimSpace(string(out)), "v=true early=7 log_dir=x flags=[early log_dir v]"; got != want {
		t.Errorf("the host program printed %q instead of %q", got, want)
	}
}
