package shell

import (
	"os/exec"
	"syscall"
	"testing"
)

// A document is not held in memory: this one has 110 MB.
func TestMemoryOfLargeDocuments(t *testing.T) {
	c := exec.Command(buildBinary(t), "--conf", "kiln.memory.limit=64m", "-o", "json", "-c", "SELECT id FROM range(10000000)")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	peak := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
	t.Logf("%d MiB", peak)
	if peak > 64+100 {
		t.Errorf("%d MiB of memory at a limit of 64", peak)
	}
}
