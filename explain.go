package kiln

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/optimizer"
	"github.com/kilnql/kiln/physical"
)

// explained is what EXPLAIN is about: a bound query, and as it was written, with the text that its places refer to.
type explained struct {
	query ast.Query
	text  string
	plan  logical.Node
}

// explain answers EXPLAIN: one row, one column named plan, as in Spark.
func (s *Session) explain(ctx context.Context, stmt *ast.Statement, c *ast.Explain, p parameters) (*table, error) {
	t := textColumns("plan")
	if c.Statement.Command != nil {
		if u, ok := c.Statement.Command.(*ast.Unsupported); ok {
			return nil, diag.Unsupported("EXPLAIN of " + u.Name).At(c.Place())
		}
		if c.Mode == ast.ExplainAnalyze {
			return nil, diag.Unsupported("EXPLAIN ANALYZE of a command").At(c.Place())
		}
		t.add(explainCommand(strings.TrimPrefix(fmt.Sprintf("%T", c.Statement.Command), "*ast."), c.Mode))
		return t, nil
	}
	plan, err := s.bindWith(ctx, c.Statement.Query, p)
	if err != nil {
		return nil, err
	}
	text, err := s.explainPlan(ctx, explained{c.Statement.Query, stmt.Text, plan}, c.Mode)
	if err != nil {
		return nil, err
	}
	t.add(text)
	return t, nil
}

// explainCommand is EXPLAIN of a statement that is no query: a plan of one node.
func explainCommand(name string, mode ast.ExplainMode) string {
	text := ""
	if mode == ast.ExplainExtended || mode == ast.ExplainVerbose {
		text = "== Parsed Logical Plan ==\n'" + name + "\n\n== Analyzed Logical Plan ==\n" + name + "\n\n== Optimized Logical Plan ==\n" + name + "\n\n"
	}
	return text + "== Physical Plan ==\nExecute " + name + "\n"
}

// explainPlan describes how a bound plan would run, or did for EXPLAIN ANALYZE.
func (s *Session) explainPlan(ctx context.Context, e explained, mode ast.ExplainMode) (string, error) {
	if mode == ast.ExplainAnalyze {
		return s.explainAnalyze(ctx, e.plan)
	}
	var b strings.Builder
	logicalPlans := mode == ast.ExplainExtended || mode == ast.ExplainVerbose
	if logicalPlans {
		b.WriteString("== Parsed Logical Plan ==\n" + formatParsed(e.query, e.text) + "\n")
		b.WriteString("== Analyzed Logical Plan ==\n" + formatColumns(e.plan) + logical.Format(e.plan) + "\n")
	}
	optimized, err := s.explainOptimized(ctx, e.plan, mode, &b)
	if err != nil {
		return "", err
	}
	switch {
	case logicalPlans:
		b.WriteString("== Optimized Logical Plan ==\n" + logical.Format(optimized) + "\n")
	case mode == ast.ExplainCost:
		b.WriteString("== Optimized Logical Plan ==\n" + formatCost(optimized) + "\n")
	}
	p, _, err := s.lower(ctx, optimized)
	if err != nil {
		return "", err
	}
	switch mode {
	case ast.ExplainCodegen:
		writePrograms(&b, p)
	case ast.ExplainFormatted:
		b.WriteString(p.Formatted())
		b.WriteString("\n== Stages ==\n")
		for _, stage := range p.Stages {
			fmt.Fprintf(&b, "*(%d) → %s%s\n", stage.ID, stage.Label, after(stage))
		}
	default:
		b.WriteString("== Physical Plan ==\n" + p.Root.String())
	}
	if mode == ast.ExplainVerbose {
		b.WriteString("\n")
		writePrograms(&b, p)
	}
	return b.String(), nil
}

// writePrograms lists the programs of the stages as they run.
func writePrograms(b *strings.Builder, p *physical.Plan) {
	fmt.Fprintf(b, "Found %s.\n", plural(len(p.Stages), "stage"))
	for _, stage := range p.Stages {
		fmt.Fprintf(b, "== Stage *(%d) → %s ==\n%s\n", stage.ID, stage.Label, stage.Program)
	}
}

// explainOptimized optimizes; EXPLAIN VERBOSE shows the plan after each rule that changed it.
func (s *Session) explainOptimized(ctx context.Context, plan logical.Node, mode ast.ExplainMode, b *strings.Builder) (_ logical.Node, err error) {
	defer diag.Recover(&err)
	plan, err = s.cache.substitute(ctx, s, plan)
	if err != nil {
		return nil, err
	}
	o := s.optimizerOptions(ctx, plan)
	if mode == ast.ExplainVerbose {
		o.Trace = func(rule string, _, after logical.Node, took time.Duration) {
			fmt.Fprintf(b, "== After %s (%s) ==\n%s\n", rule, formatTime(took), logical.Format(after))
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

// formatColumns is the line of names and types that Spark puts above an analyzed plan.
func formatColumns(plan logical.Node) string {
	columns := plan.Columns()
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.Name + ": " + c.Type.String()
	}
	return strings.Join(parts, ", ") + "\n"
}

// formatCost is the plan with the estimated size and rows of each node.
func formatCost(plan logical.Node) string {
	e := optimizer.NewEstimator()
	return logical.FormatWith(plan, func(n logical.Node) string {
		size, rows := int64(min(e.Bytes(n), math.MaxInt64/2)), int64(min(math.Round(e.Rows(n)), math.MaxInt64/2))
		return ", Statistics(sizeInBytes=" + sparkBytes(size) + ", rowCount=" + strconv.FormatInt(rows, 10) + ")"
	})
}

// sparkBytes is a size as Spark prints it: 108.0 B, 33.8 GiB.
func sparkBytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + ".0 B"
	}
	return memory.FormatBytes(n)
}

// ExplainString describes how d would run. mode is one of "simple" (or ""), "extended", "codegen", "cost", "formatted",
// "verbose", the forms of SQL's EXPLAIN, in any case of letters, or "analyze", which runs it.
func (d *DataFrame) ExplainString(ctx context.Context, mode string) (string, error) {
	m, ok := explainModes[strings.ToLower(mode)]
	if !ok {
		return "", diag.New("UNKNOWN_EXPLAIN_MODE", "explain_mode", mode)
	}
	if err := d.bound(); err != nil {
		return "", err
	}
	if err := d.session.ready(ctx); err != nil {
		return "", err
	}
	text, err := d.session.explainPlan(ctx, explained{d.query, d.sqlText, d.plan}, m)
	return text, d.located(err)
}

// Explain prints ExplainString to standard output.
func (d *DataFrame) Explain(ctx context.Context, mode string) error {
	text, err := d.ExplainString(ctx, mode)
	if err == nil {
		fmt.Println(text)
	}
	return err
}

var explainModes = map[string]ast.ExplainMode{
	"": ast.ExplainSimple, "simple": ast.ExplainSimple, "extended": ast.ExplainExtended, "codegen": ast.ExplainCodegen,
	"cost": ast.ExplainCost, "formatted": ast.ExplainFormatted, "verbose": ast.ExplainVerbose, "analyze": ast.ExplainAnalyze,
}
