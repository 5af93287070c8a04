package optimizer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// Options say how to optimize one query.
type Options struct {
	// Enabled false runs the required rules only.
	Enabled bool
	// Disabled names optional rules to leave out, in any case; names of required rules and unknown names are ignored.
	Disabled []string
	// Check verifies the plan after each rule that changed it, that rules tell the truth about changing, that batches
	// run once are idempotent and that the others come to rest. A violation is an error that names the rule.
	Check bool
	// Trace, if set, is called after each rule that changed the plan.
	Trace func(rule string, before, after logical.Node, took time.Duration)
	// IDs is the counter of the query. Required.
	IDs *logical.IDs
	// Settings are the query's; nil takes ANSI mode and UTC.
	Settings *expr.Settings
	// Fold evaluates a constant expression to a value in the Go form of package types; nil takes the compiler's own.
	// An error leaves the expression in the plan, to be raised only if a row reaches it.
	Fold func(expr.Expr) (any, error)
	// Cancelled, if set, is asked again and again, cheaply, whether somebody still wants the plan. Its error ends
	// Optimize, which returns it.
	Cancelled func() error
}

// Context is what rules may use: the options, and what lasts for one query.
type Context struct {
	Options
	// estimator knows rows and ranges of nodes; nodes are immutable, so that it can keep what it found.
	estimator *Estimator
	// commonKey numbers the common plans that rules make.
	commonKey int32
	failure   error
	checks    uint // calls of check
}

// Estimator estimates nodes of this query.
func (c *Context) Estimator() *Estimator { return c.estimator }

// fail records an error that belongs to the user; the first one ends optimization.
func (c *Context) fail(err error) {
	if c.failure == nil {
		c.failure = err
	}
}

// cancellation unwinds rules at work from wherever they are; Optimize catches it. Rules only build plans, so that nothing
// is left half done.
type cancellation struct{ err error }

// check ends optimization if nobody wants the plan any more. What may take long calls it for each step.
func (c *Context) check() {
	if c.checks++; c.checks%checkEvery == 0 {
		c.checkNow()
	}
}

// checkEvery is the number of calls of check of which one asks: a call is of some nanoseconds, a step of microseconds.
const checkEvery = 32

func (c *Context) checkNow() {
	if c.Cancelled == nil {
		return
	}
	if err := c.Cancelled(); err != nil {
		panic(cancellation{err})
	}
}

// freshColumn is a new column of the given kind.
func (c *Context) freshColumn(like logical.Column) logical.Column {
	like.ID = c.IDs.Next()
	return like
}

// nextCommonKey is a number that no common plan of the query has.
func (c *Context) nextCommonKey() int32 { c.commonKey++; return c.commonKey }

// maxRounds bounds a batch that runs to a fixed point. Reaching it is an error in checked mode; otherwise the plan, which
// is right after each rule, is used as it is.
const maxRounds = 50

// Optimize rewrites a plan. Errors are the user's (a construct that no plan exists for) or, in checked mode, violations by
// a rule. The result has the plan's columns, with their IDs and names.
func Optimize(plan logical.Node, o Options) (_ logical.Node, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case cancellation:
			err = r.err
		default:
			panic(r)
		}
	}()
	if o.Settings == nil {
		o.Settings = &expr.Settings{ANSI: true, Zone: time.UTC}
	}
	if o.Fold == nil {
		o.Fold = func(e expr.Expr) (any, error) { return program.Fold(context.Background(), e) }
	}
	c := &Context{Options: o, estimator: NewEstimator(), commonKey: largestCommonKey(plan)}
	d := driver{context: c, disabled: map[string]bool{}}
	for _, name := range o.Disabled {
		d.disabled[strings.ToLower(strings.TrimSpace(name))] = true
	}
	if o.Check {
		if err := logical.Check(plan); err != nil {
			return nil, fmt.Errorf("optimizer: the plan given is wrong: %w", err)
		}
	}
	for _, b := range batches {
		if plan, err = d.batch(b, plan); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// RuleInfo describes one row of the table of rules.
type RuleInfo struct {
	Name     string
	Batch    string
	Required bool
	// Doc says why the rule is where it is and what it does, in a sentence.
	Doc string
}

// Rules lists the rules in the order in which they first run.
func Rules() []RuleInfo {
	var out []RuleInfo
	seen := map[string]bool{}
	for _, b := range batches {
		for _, r := range b.rules {
			if seen[r.name] {
				continue // runs again later
			}
			seen[r.name] = true
			out = append(out, RuleInfo{r.name, b.name, r.required, r.why})
		}
	}
	return out
}

// driver runs batches and walks plans for rules.
type driver struct {
	context  *Context
	disabled map[string]bool
}

func (d *driver) runs(r *rule) bool {
	return r.required || d.context.Enabled && !d.disabled[strings.ToLower(r.name)]
}

// batch runs the rules of one batch: once, or until none changes the plan.
func (d *driver) batch(b batch, plan logical.Node) (logical.Node, error) {
	for round := 0; ; round++ {
		if round == maxRounds {
			if d.context.Check {
				return nil, fmt.Errorf("optimizer: batch %s does not come to rest", b.name)
			}
			return plan, nil
		}
		changed, last := false, ""
		for i := range b.rules {
			r := &b.rules[i]
			if !d.runs(r) {
				continue
			}
			next, err := d.apply(r, plan)
			if err != nil {
				return nil, err
			}
			if next != plan {
				plan, changed, last = next, true, r.name
			}
		}
		switch {
		case !changed || b.once && (!d.context.Check || round > 0):
			if b.once && changed && round > 0 {
				return nil, fmt.Errorf("optimizer: batch %s is not idempotent: %s changed the plan again", b.name, last)
			}
			return plan, nil
		}
	}
}

// apply runs one rule over the plan, with timing, tracing and checks.
func (d *driver) apply(r *rule, plan logical.Node) (logical.Node, error) {
	d.context.checkNow()
	start := time.Now()
	w := walker{rule: r, context: d.context, common: map[logical.Node]logical.Node{}}
	next := w.walk(plan)
	took := time.Since(start)
	switch {
	case d.context.failure != nil:
		return nil, d.context.failure
	case w.lied != nil:
		return nil, fmt.Errorf("optimizer: rule %s says that it did not change %s", r.name, w.lied.Describe())
	case next == plan:
		return plan, nil
	}
	if d.context.Check {
		if err := checkRewrite(plan, next); err != nil {
			return nil, fmt.Errorf("optimizer: rule %s: %w\nbefore:\n%s\nafter:\n%s", r.name, err, logical.Format(plan), logical.Format(next))
		}
	}
	if d.context.Trace != nil {
		d.context.Trace(r.name, plan, next, took)
	}
	return next, nil
}

// walker applies a rule at each node. The definition of a common plan is rewritten once for all its uses.
type walker struct {
	rule    *rule
	context *Context
	common  map[logical.Node]logical.Node
	lied    logical.Node
}

func (w *walker) walk(n logical.Node) logical.Node {
	if w.context.failure != nil {
		return n
	}
	w.context.check()
	switch w.rule.order {
	case wholePlan:
		return w.at(n)
	case topDown:
		return w.children(w.at(n))
	}
	return w.at(w.children(n))
}

func (w *walker) at(n logical.Node) logical.Node {
	m, changed := w.rule.apply(n, w.context)
	if changed {
		return m
	}
	if m != n && w.context.Check {
		w.lied = n
	}
	return n
}

func (w *walker) children(n logical.Node) logical.Node {
	if use, ok := n.(*logical.CommonPlan); ok {
		definition, done := w.common[use.Definition]
		if !done {
			definition = w.walk(use.Definition)
			w.common[use.Definition] = definition
		}
		if definition == use.Definition {
			return n
		}
		return use.WithChildren([]logical.Node{definition})
	}
	return mapChildren(n, w.walk)
}

// mapChildren is n over changed inputs; n itself if none changes.
func mapChildren(n logical.Node, f func(logical.Node) logical.Node) logical.Node {
	children := n.Children()
	var changed []logical.Node
	for i, c := range children {
		m := f(c)
		if m != c && changed == nil {
			changed = slices.Clone(children)
		}
		if changed != nil {
			changed[i] = m
		}
	}
	if changed == nil {
		return n
	}
	return n.WithChildren(changed)
}

// checkRewrite verifies what every rule promises: the plan holds together, and its output has the same columns, in the
// same order, which may have become less nullable but not more.
func checkRewrite(before, after logical.Node) error {
	if err := logical.Check(after); err != nil {
		return err
	}
	a, b := before.Columns(), after.Columns()
	if len(a) != len(b) {
		return fmt.Errorf("%d output columns became %d", len(a), len(b))
	}
	for i := range a {
		switch {
		case a[i].ID != b[i].ID:
			return fmt.Errorf("output column %d changed its ID from %d to %d", i, a[i].ID, b[i].ID)
		case a[i].Name != b[i].Name:
			return fmt.Errorf("output column %d changed its name from %s to %s", i, a[i].Name, b[i].Name)
		case !a[i].Type.SameType(b[i].Type):
			return fmt.Errorf("output column %s changed its type from %s to %s", a[i].Name, a[i].Type, b[i].Type)
		case b[i].Nullable && !a[i].Nullable:
			return fmt.Errorf("output column %s became nullable", a[i].Name)
		}
	}
	return nil
}

func largestCommonKey(plan logical.Node) int32 {
	var key int32
	logical.WalkAll(plan, func(n logical.Node) bool {
		if c, ok := n.(*logical.CommonPlan); ok {
			key = max(key, c.Key)
		}
		return true
	})
	return key
}
