package testenv

import (
	"testing"

	"go.uber.org/goleak"
)

// Main runs a package's tests and fails them if a goroutine is left when they
// have ended. It is the body of TestMain in every package whose tests start
// workers; a test of internal/layering names those that lack it.
func Main(m *testing.M) { goleak.VerifyTestMain(m, LeakOptions()...) }

// LeakOptions are the goroutines that are there from the start of a program: a
// logging library that vitess imports starts one when it is initialised.
func LeakOptions() []goleak.Option {
	return []goleak.Option{goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon")}
}
