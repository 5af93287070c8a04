package shell

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestSecondSignal: a statement that does not end when it is asked to does not keep the process, nor does cleaning up that
// waits for it; signals that follow at once are one.
func TestSecondSignal(t *testing.T) {
	code := 0
	blocked := make(chan struct{})
	defer close(blocked)
	s := newSignals(func() { <-blocked })
	s.exit, s.patience = func(c int) { code = c }, 50*time.Millisecond
	ctx, done := s.statement()
	defer done()
	s.handle(os.Interrupt)
	s.handle(os.Interrupt)
	if ctx.Err() == nil || code != 0 {
		t.Fatalf("after the first signals: %v, exit code %d", ctx.Err(), code)
	}
	time.Sleep(2 * s.patience)
	s.handle(syscall.SIGTERM)
	if code != 128+int(syscall.SIGTERM) {
		t.Errorf("exit code %d", code)
	}
	done()
	code = 0
	if _, done := s.statement(); true { // the next statement is asked anew
		defer done()
		s.handle(os.Interrupt)
	}
	if code != 0 {
		t.Errorf("the first signal of a statement ended the process with %d", code)
	}
}
