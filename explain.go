package kiln

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/optimizer"
	"github.com/kilnql/kiln/physical"
)

// explain answers EXPLAIN: one row, one column named plan, as in Spark.
func (s *Session) explain(ctx context.Context, c *ast.Explain, p parameters) (*table, error) {
	t := textColumns("plan")
	if c.Statement.Command != nil {
		if u, ok := c.Statement.Command.(*ast.Unsupported); ok {
			return nil, diag.Unsupported("EXPLAIN of " + u.Name).At(c.Place())
		}
		t.add("== Physical Plan ==\nExecute " + strings.TrimPrefix(fmt.Sprintf("%T", c.Statement.Command), "*ast.") + "\n")
		return t, nil
	}
	plan, err := s.bindWith(ctx, c.Statement.Query, p)
	if err != nil {
		return nil, err
	}
	text, err := s.explainPlan(ctx, plan, c.Mode)
	if err != nil {
		return nil, err
	}
	t.add(text)
	return t, nil
}

// explainPlan describes how a bound plan would run, or did for EXPLAIN ANALYZE.
func (s *Session) explainPlan(ctx context.Context, plan logical.Node, mode ast.ExplainMode) (string, error) {
	var b strings.Builder
	if mode == ast.ExplainAnalyze {
		return s.explainAnalyze(ctx, plan)
	}
	if mode == ast.ExplainExtended || mode == ast.ExplainVerbose {
		b.WriteString("== Analyzed Logical Plan ==\n" + logical.Format(plan) + "\n")
	}
	optimized, err := s.explainOptimized(ctx, plan, mode, &b)
	if err != nil {
		return "", err
	}
	switch mode {
	case ast.ExplainExtended, ast.ExplainVerbose:
		b.WriteString("== Optimized Logical Plan ==\n" + logical.Format(optimized) + "\n")
	case ast.ExplainCost:
		b.WriteString("== Optimized Logical Plan ==\n" + formatCost(optimized) + "\n")
	}
	p, _, err := s.lower(ctx, optimized)
	if err != nil {
		return "", err
	}
	if mode == ast.ExplainCodegen {
		fmt.Fprintf(&b, "Found %d stages.\n", len(p.Stages))
		for _, stage := range p.Stages {
			fmt.Fprintf(&b, "== Stage *(%d) → %s ==\n%s\n", stage.ID, stage.Label, stage.Program)
		}
		return b.String(), nil
	}
	b.WriteString("== Physical Plan ==\n" + p.Root.String())
	if mode == ast.ExplainFormatted {
		b.WriteString("\n== Stages ==\n")
		for _, stage := range p.Stages {
			fmt.Fprintf(&b, "*(%d) → %s%s\n", stage.ID, stage.Label, after(stage))
		}
	}
	return b.String(), nil
}

// explainOptimized optimizes; EXPLAIN VERBOSE shows the plan after each rule that changed it.
func (s *Session) explainOptimized(ctx context.Context, plan logical.Node, mode ast.ExplainMode, b *strings.Builder) (logical.Node, error) {
	plan, err := s.cache.substitute(ctx, s, plan)
	if err != nil {
		return nil, err
	}
	o := s.optimizerOptions(plan)
	if mode == ast.ExplainVerbose {
		o.Trace = func(rule string, _, after logical.Node, took time.Duration) {
			fmt.Fprintf(b, "== After %s (%v) ==\n%s\n", rule, took.Round(time.Microsecond), logical.Format(after))
		}
	}
	return optimizer.Optimize(plan, o)
}

func after(s *exec.Stage) string {
	if len(s.After) == 0 {
		return ""
	}
	ids := make([]string, len(s.After))
	for i, a := range s.After {
		ids[i] = fmt.Sprintf("*(%d)", a.ID)
	}
	return ", after " + strings.Join(ids, ", ")
}

// formatCost is the plan with the estimated rows of each node.
func formatCost(plan logical.Node) string {
	e := optimizer.NewEstimator()
	var b strings.Builder
	var walk func(n logical.Node, indent string)
	walk = func(n logical.Node, indent string) {
		fmt.Fprintf(&b, "%s%s, rows≈%.0f\n", indent, n.Describe(), e.Rows(n))
		for _, c := range n.Children() {
			walk(c, indent+"   ")
		}
	}
	walk(plan, "")
	return b.String()
}

// explainAnalyze runs the plan, its rows thrown away, and shows what each operator and instruction did.
func (s *Session) explainAnalyze(ctx context.Context, plan logical.Node) (string, error) {
	r, err := s.start(ctx, plan, true)
	if err != nil {
		return "", err
	}
	rows := 0
	for {
		_, n, e := r.result.Next()
		if err = e; err != nil || n == 0 {
			break
		}
		rows += n
	}
	if err == nil {
		err = r.query.Wait()
	}
	profile := r.query.Profile()
	text := analyzed(r.plan, profile, rows)
	r.close(err)
	return text, err
}

func analyzed(p *physical.Plan, profile *exec.Profile, rows int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "== Physical Plan == %d rows in %v, peak memory %s, spilled %s\n", rows, profile.Elapsed().Round(10*time.Microsecond),
		formatBytes(profile.PeakMemory()), formatBytes(profile.SpilledBytes()))
	byStage := map[int]*exec.StageProfile{}
	for _, sp := range profile.Stages {
		byStage[sp.ID] = sp
	}
	b.WriteString(p.Root.Print(func(o *physical.Operator) string { return o.Note(byStage) }))
	for _, sp := range profile.Stages {
		fmt.Fprintf(&b, "\n== Stage *(%d) → %s == %s\n", sp.ID, sp.Label, summary(sp))
		for _, i := range sp.Instructions() {
			fmt.Fprintf(&b, "  %-72s rows %-10d %v\n", i.Text, i.RowsOut, time.Duration(i.Nanoseconds).Round(time.Microsecond))
		}
	}
	return b.String()
}

// summary is one line about a stage.
func summary(sp *exec.StageProfile) string {
	text := fmt.Sprintf("%d rows in %d batches, %d of %d morsels, %d rows out", sp.Rows.Load(), sp.Batches.Load(), sp.MorselsDone.Load(),
		sp.MorselsTotal.Load(), sp.RowsOut.Load())
	if n := sp.BytesRead.Load(); n > 0 {
		text += ", read " + formatBytes(n)
	}
	for _, d := range append(sp.SourceDetail(), sp.SinkDetail()...) {
		text += ", " + d[0] + " " + d[1]
	}
	return text
}

func formatBytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// ExplainString describes how d would run: mode is "simple" (""), "extended", "codegen", "cost", "formatted", "verbose" or
// "analyze", which runs it.
func (d *DataFrame) ExplainString(ctx context.Context, mode string) (string, error) {
	if err := d.bound(); err != nil {
		return "", err
	}
	m, ok := explainModes[strings.ToLower(mode)]
	if !ok {
		return "", fmt.Errorf("kiln: unknown explain mode %q", mode)
	}
	return d.session.explainPlan(ctx, d.plan, m)
}

var explainModes = map[string]ast.ExplainMode{
	"": ast.ExplainSimple, "simple": ast.ExplainSimple, "extended": ast.ExplainExtended, "codegen": ast.ExplainCodegen,
	"cost": ast.ExplainCost, "formatted": ast.ExplainFormatted, "verbose": ast.ExplainVerbose, "analyze": ast.ExplainAnalyze,
}
