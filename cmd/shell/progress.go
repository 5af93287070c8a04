package shell

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/kilnql/kiln"
)

// A query that takes longer than barDelay gets a bar, drawn anew every barPeriod.
const (
	barDelay  = 500 * time.Millisecond
	barPeriod = 100 * time.Millisecond
	barWidth  = 30
	narrowest = 5 // a bar with less room is left out
)

// bar shows the progress of a query on the terminal of standard error. A nil bar shows nothing.
type bar struct {
	w        *os.File
	progress *kiln.Progress
	end      chan struct{}
	ended    chan struct{}
	once     sync.Once
}

// startBar starts a bar if there is a terminal to show it on.
func (s *shell) startBar(p *kiln.Progress) *bar {
	w, ok := s.stderr.(*os.File)
	if !s.options.progress || !ok || !isTerminal(w) {
		return nil
	}
	b := &bar{w: w, progress: p, end: make(chan struct{}), ended: make(chan struct{})}
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
			io.WriteString(b.w, "\r"+drawBar(b.progress, time.Since(start), b.width())+"\x1b[K")
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

// width is that of the terminal.
func (b *bar) width() int {
	if width, _, err := term.GetSize(int(b.w.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// drawBar is the line of the bar, which is narrower than the terminal: a line that wraps could not be drawn over.
func drawBar(p *kiln.Progress, elapsed time.Duration, width int) string {
	done, ok := p.Fraction()
	if !ok {
		return cut(fmt.Sprintf("planning, %.1f s", elapsed.Seconds()), width-1)
	}
	percent := fmt.Sprintf("%3.0f", done*100)
	if done < 0.0995 { // of a long query the first percents take a while
		percent = fmt.Sprintf("%3.1f", done*100)
	}
	text := fmt.Sprintf("%s%%  %s rows read, %.1f s", percent, shortCount(p.Rows()), elapsed.Seconds())
	room := min(width-len(text)-len("[] ")-1, barWidth)
	if room < narrowest {
		return cut(text, width-1)
	}
	full := min(int(done*float64(room)), room)
	return fmt.Sprintf("[%s%s] %s", strings.Repeat("=", full), strings.Repeat(" ", room-full), text)
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
