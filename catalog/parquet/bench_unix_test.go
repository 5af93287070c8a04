//go:build unix

package parquet

import (
	"syscall"
	"time"
)

// processorTime is what the process has used; unlike the wall clock it says something on a busy machine.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
