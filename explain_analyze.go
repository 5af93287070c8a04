package kiln

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/physical"
)

// explainAnalyze runs the plan, its rows thrown away, and shows what each operator and instruction did.
func (s *Session) explainAnalyze(ctx context.Context, plan logical.Node) (string, error) {
	r, err := s.start(ctx, plan, true)
	if err != nil {
		return "", err
	}
	for {
		_, n, e := r.result.Next()
		if err = e; err != nil || n == 0 {
			break
		}
	}
	if err == nil {
		err = r.query.Wait()
	}
	text := ""
	if err == nil {
		text = analyzed(r, s.runtime.Workers())
	}
	r.close(err)
	return text, err
}

// analyzed describes a run: the whole, the operators, the stages with their instructions.
func analyzed(r *running, workers int) string {
	profile := r.query.Profile()
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s with %s, peak memory %s, spilled %s\n\n== Physical Plan ==\n", counted(r.result.Rows(), "row"),
		formatTime(profile.Elapsed()), plural(workers, "worker"), memory.FormatBytes(profile.PeakMemory()), memory.FormatBytes(profile.SpilledBytes()))
	writeMeasures(&b, r.plan, profile)
	numbers := r.plan.Numbers()
	for _, sp := range profile.Stages {
		fmt.Fprintf(&b, "\n== Stage *(%d) → %s ==\n%s\n", sp.ID, sp.Label, summary(sp))
		writeInstructions(&b, sp, numbers)
	}
	return b.String()
}

// detailWidth is how much of an operator's own text a line of EXPLAIN ANALYZE shows; EXPLAIN FORMATTED has all of it.
const detailWidth = 100

// writeMeasures draws the tree of operators, with the rows and the time of each in columns.
func writeMeasures(b *strings.Builder, plan *physical.Plan, profile *exec.Profile) {
	of := map[*physical.Operator]physical.Measure{}
	for _, m := range plan.Measures(profile) {
		of[m.Operator] = m
	}
	var lines [][4]string
	plan.Root.Draw(func(drawing string, o *physical.Operator) {
		m := of[o]
		var more []string
		for _, d := range m.Detail {
			if n, err := strconv.ParseInt(d[1], 10, 64); err == nil {
				d[1] = formatCount(n)
			}
			more = append(more, d[0]+"="+d[1])
		}
		notes := strings.TrimLeft(strings.Join(more, ", ")+"  "+shorten(o.Detail, detailWidth), " ")
		lines = append(lines, [4]string{fmt.Sprintf("%s%s (%d)", drawing, o.Title(), o.Number), "rows=" + formatCount(m.Rows), "time=" + formatTime(m.Time),
			notes})
	})
	var widths [3]int
	for _, l := range lines {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(l[i]))
		}
	}
	for _, l := range lines {
		text := padRight(l[0], widths[0]) + "  " + padLeft(l[1], widths[1]) + "  " + padLeft(l[2], widths[2]) + "  " + l[3]
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
}

// writeInstructions lists what the instructions of a stage did, with the operators that they belong to.
func writeInstructions(b *strings.Builder, sp *exec.StageProfile, numbers map[int]int) {
	list := sp.Instructions()
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "%14s %10s  %-8s %s\n", "rows", "time", "operator", "  instruction")
	for _, i := range list {
		operator := ""
		if n := numbers[i.Operator]; n > 0 {
			operator = "(" + strconv.Itoa(n) + ")"
		}
		fmt.Fprintf(b, "%14s %10s  %-8s %s\n", formatCount(i.RowsOut), formatTime(time.Duration(i.Nanoseconds)), operator, i.Text)
	}
}

// summary is one line about a stage.
func summary(sp *exec.StageProfile) string {
	parts := []string{
		counted(sp.Rows.Load(), "row") + " in " + counted(sp.Batches.Load(), "chunk"),
		fmt.Sprintf("%d of %d morsels", sp.MorselsDone.Load(), sp.MorselsTotal.Load()*max(1, sp.Passes.Load())),
	}
	if n := sp.Passes.Load(); n > 1 {
		parts = append(parts, fmt.Sprintf("%d passes", n))
	}
	if n := sp.BytesRead.Load(); n > 0 {
		parts = append(parts, "read "+memory.FormatBytes(n))
	}
	times := [][2]string{
		{"load", formatTime(time.Duration(sp.LoadTime.Load()))}, {"program", formatTime(time.Duration(sp.ProgramTime.Load()))},
		{"sink", formatTime(time.Duration(sp.SinkTime.Load()))}, {"finish", formatTime(time.Duration(sp.FinishTime.Load()))},
	}
	for _, d := range append(times, append(sp.SourceDetail(), sp.SinkDetail()...)...) {
		parts = append(parts, d[0]+" "+d[1])
	}
	return strings.Join(parts, ", ")
}

// formatCount is a number with its thousands apart: 60,175.
func formatCount(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// counted is a number of things.
func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return formatCount(n) + " " + noun
}

// formatTime is a duration in three digits, with its unit.
func formatTime(d time.Duration) string {
	value, unit := float64(d)/1e3, "µs"
	switch {
	case d >= time.Second:
		value, unit = float64(d)/1e9, "s"
	case d >= time.Millisecond:
		value, unit = float64(d)/1e6, "ms"
	}
	digits := 0
	switch {
	case d == 0 || value >= 100:
	case value >= 10:
		digits = 1
	default:
		digits = 2
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + unit
}

func padRight(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text))) + text
}

// shorten cuts a text to at most n characters.
func shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
