package shell

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/kilnql/kiln"
)

// A query that takes longer than barDelay gets a bar, drawn anew every barPeriod.
const (
	barDelay  = 500 * time.Millisecond
	barPeriod = 100 * time.Millisecond
	barWidth  = 30
)

// bar shows the progress of a query on the terminal of standard error. A nil bar shows nothing.
type bar struct {
	w        io.Writer
	progress *kiln.Progress
	end      chan struct{}
	ended    chan struct{}
	once     sync.Once
}

// startBar starts a bar if there is a terminal to show it on.
func (s *shell) startBar(p *kiln.Progress) *bar {
	if !s.options.progress || !isTerminal(s.stderr) {
		return nil
	}
	b := &bar{w: s.stderr, progress: p, end: make(chan struct{}), ended: make(chan struct{})}
	go b.run()
	return b
}

func (b *bar) run() {
	defer close(b.ended)
	start := time.Now()
	wait := time.NewTimer(barDelay)
	defer wait.Stop()
	drawn := false
	for {
		select {
		case <-b.end:
			if drawn {
				io.WriteString(b.w, "\r\x1b[K")
			}
			return
		case <-wait.C:
			io.WriteString(b.w, "\r"+drawBar(b.progress, time.Since(start))+"\x1b[K")
			drawn = true
			wait.Reset(barPeriod)
		}
	}
}

// stop removes the bar; it may be called again.
func (b *bar) stop() {
	if b == nil {
		return
	}
	b.once.Do(func() { close(b.end) })
	<-b.ended
}

// drawBar is the line of the bar, less than 80 characters wide.
func drawBar(p *kiln.Progress, elapsed time.Duration) string {
	done, ok := p.Fraction()
	if !ok {
		return fmt.Sprintf("planning, %.1f s", elapsed.Seconds())
	}
	full := min(int(done*barWidth), barWidth)
	return fmt.Sprintf("[%s%s] %3.0f%%  %s rows read, %.1f s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), done*100,
		shortCount(p.Rows()), elapsed.Seconds())
}

// shortCount is a number with at most four digits and a unit.
func shortCount(n int64) string {
	switch {
	case n >= 10_000_000_000:
		return fmt.Sprintf("%dG", n/1_000_000_000)
	case n >= 10_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%dk", n/1_000)
	}
	return fmt.Sprint(n)
}
