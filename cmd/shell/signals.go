package shell

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// signals turns Ctrl-C into the end of the running statement, and a request to terminate into the orderly end of the process.
type signals struct {
	received chan os.Signal
	done     chan struct{}
	clean    func() // called before the process ends
	exit     func(code int)
	patience time.Duration // after which a further signal ends the process that a statement keeps busy

	mu          sync.Mutex
	cancel      context.CancelFunc // of the running statement, nil without
	interactive bool
	interrupted bool      // the statement that ran last was ended by a signal
	asked       time.Time // when the running statement was asked to end
	terminated  bool
}

func newSignals(clean func()) *signals {
	return &signals{received: make(chan os.Signal, 4), done: make(chan struct{}), clean: clean, exit: os.Exit, patience: time.Second}
}

// listen starts handling signals. SIGPIPE is caught, not ignored, so that writes report EPIPE and children (the pager) still have
// the default.
func (s *signals) listen() {
	signal.Notify(s.received, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		for {
			select {
			case sig := <-s.received:
				s.handle(sig)
			case <-s.done:
				return
			}
		}
	}()
}

// atExit has f called first when a signal ends the process while no statement runs.
func (s *signals) atExit(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clean := s.clean
	s.clean = func() {
		f()
		clean()
	}
}

func (s *signals) stop() {
	signal.Stop(s.received)
	close(s.done)
}

func (s *signals) handle(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case sig == syscall.SIGPIPE:
		return
	case s.cancel != nil && s.interrupted && time.Since(s.asked) >= s.patience:
		s.abandon(sig)
		return
	case s.cancel != nil:
		if !s.interrupted {
			s.asked = time.Now()
		}
		s.interrupted = true
		s.terminated = s.terminated || sig != os.Interrupt
		s.cancel()
		return
	case sig == os.Interrupt && s.interactive:
		return
	}
	s.clean()
	s.leave(sig)
}

// abandon ends the process though a statement runs, which was asked to end and did not. Cleaning up may have to wait for that
// statement and is not waited for long.
func (s *signals) abandon(sig os.Signal) {
	cleaned := make(chan struct{})
	go func() {
		defer close(cleaned)
		s.clean()
	}()
	select {
	case <-cleaned:
	case <-time.After(s.patience):
	}
	s.leave(sig)
}

func (s *signals) leave(sig os.Signal) {
	number, _ := sig.(syscall.Signal)
	s.exit(128 + int(number))
}

// statement returns the context of a statement; done must be called at its end.
func (s *signals) statement() (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	s.cancel, s.interrupted = cancel, false
	s.mu.Unlock()
	return ctx, func() {
		s.mu.Lock()
		s.cancel = nil
		s.mu.Unlock()
		cancel()
	}
}

// ended reports whether a signal ended the last statement, and whether it asked the process to end.
func (s *signals) ended() (interrupted, terminated bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.interrupted, s.terminated
}
