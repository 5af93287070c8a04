package optimizer

import (
	"slices"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
)

// sharedInput is a plan that is computed once for itself and for domains of its columns. It has been replaced by use.
type sharedInput struct {
	d       *decorrelator
	use     *logical.CommonPlan
	domains []*domain
	// narrowings counts the inputs shared before this one that this one holds; see narrower.
	narrowings int
}

// share makes input a common plan. Its copy is what the optimizer has to handle from now on besides input's uses: who
// attaches many subqueries to one input shares it once, for sharing what holds shared plans doubles it each time.
func (d *decorrelator) share(input logical.Node) *sharedInput {
	definition, _ := logical.FreshCopy(input, d.IDs)
	s := &sharedInput{d: d, use: &logical.CommonPlan{Key: d.nextCommonKey(), Definition: definition, Output: input.Columns()}}
	d.shared = append(d.shared, s)
	return s
}

// has reports whether all of columns are the input's.
func (s *sharedInput) has(columns []logical.Column) bool {
	return !slices.ContainsFunc(columns, func(c logical.Column) bool {
		_, ok := columnByID(s.use.Output, c.ID)
		return !ok
	})
}

// domain is the domain of columns of the input; the same one whenever the columns are the same.
func (s *sharedInput) domain(columns []logical.Column) *domain {
	for _, known := range s.domains {
		if slices.EqualFunc(known.columns, columns, func(a, b logical.Column) bool { return a.ID == b.ID }) {
			return known
		}
	}
	again := &logical.CommonPlan{Key: s.use.Key, Definition: s.use.Definition}
	place := map[expr.ColumnID]logical.Column{}
	for _, c := range s.use.Output {
		fresh := s.d.freshColumn(c)
		again.Output = append(again.Output, fresh)
		place[c.ID] = fresh
	}
	distinct := &logical.Aggregate{Input: again}
	for _, c := range columns {
		distinct.Keys = append(distinct.Keys, logical.Named{ID: s.d.IDs.Next(), Name: c.Name, Expr: place[c.ID].Ref()})
	}
	dom := &domain{d: s.d, key: s.d.nextCommonKey(), definition: distinct, columns: columns}
	s.domains = append(s.domains, dom)
	return dom
}

// mostNarrowings bounds how often what holds a shared input is shared anew because it has fewer rows.
const mostNarrowings = 3

// narrower reports whether plan should be computed for an input that lost rows since it was shared, as it is now. A domain
// with more combinations than there are is right too, but where computing plan for them could fail, there would be errors
// about rows that do not count:
//
//	SELECT * FROM a WHERE (SELECT max(b.x) FROM b WHERE b.x < a.x) > 1 AND EXISTS (SELECT 1 FROM c WHERE c.k = a.k)
//	  AND (SELECT max(1 / a.y) FROM b WHERE b.x < a.x) > 1
//
// This is not done without end, since it doubles the plan. SQL leaves the order of the parts of WHERE open.
func (s *sharedInput) narrower(plan logical.Node) bool {
	return s.narrowings < mostNarrowings && planMayFail(plan)
}

// domain is the domain of columns of the attachment's input. It is taken from the input as it was when the first domain was
// needed: later joins only add columns to it, or drop rows.
func (a *attachment) domain(plan logical.Node, columns []logical.Column) *domain {
	if s := a.shared; s == nil || a.narrowed && s.narrower(plan) || !s.has(columns) {
		a.shared, a.narrowed = a.d.share(a.input), false
		if s != nil {
			a.shared.narrowings = s.narrowings + 1
		}
		a.input = a.shared.use
	}
	return a.shared.domain(columns)
}

// withDomain makes a correlated plan independent of the attachment's input: the plan it returns computes the rows of plan
// for every combination of values that the outer columns have there. The condition selects a row's own.
func (a *attachment) withDomain(plan logical.Node, outer []logical.Column) (left, right logical.Node, condition []expr.Expr) {
	dom := a.domain(plan, outer)
	right, condition = dom.pushInto(plan)
	return a.input, right, condition
}

// lateralDomain is the domain of columns of the left side of a lateral join, and that side as it is now.
func (d *decorrelator) lateralDomain(n *logical.Join, columns []logical.Column) (*domain, logical.Node) {
	s, narrowed := d.sharedBelow(n.Left, columns)
	if s != nil && !(narrowed && s.narrower(n.Right)) {
		return s.domain(columns), n.Left
	}
	anew := d.share(n.Left)
	if s != nil {
		anew.narrowings = s.narrowings + 1
	}
	return anew.domain(columns), anew.use
}

// sharedBelow finds an input that was shared for an earlier lateral join and has all of columns, on the left side of the
// joins at the top of n. All values that the columns have in n are among its own; narrowed says that there may be fewer.
func (d *decorrelator) sharedBelow(n logical.Node, columns []logical.Column) (_ *sharedInput, narrowed bool) {
	switch n := n.(type) {
	case *logical.CommonPlan:
		for _, s := range d.shared {
			if s.use == n && s.has(columns) {
				return s, false
			}
		}
	case *logical.Project:
		if passesOn(n) {
			return d.sharedBelow(n.Input, columns)
		}
	case *logical.Join:
		if d.laterals[n] {
			s, narrowed := d.sharedBelow(n.Left, columns)
			return s, narrowed || n.Type != logical.LeftOuter
		}
	}
	return nil, false
}

// planMayFail reports whether computing a plan may raise an error, judged by its expressions.
func planMayFail(n logical.Node) bool {
	found := false
	logical.WalkAll(n, func(n logical.Node) bool {
		switch n := n.(type) {
		case *logical.Single:
			found = true
		case *logical.Join:
			found = found || n.Single
		}
		found = found || slices.ContainsFunc(n.Expressions(), expr.Fallible)
		return !found
	})
	return found
}
