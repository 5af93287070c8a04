package analysis

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/types"
)

// windowCall binds function(…) OVER window.
func (s *site) windowCall(e *ast.Call, name string) (expr.Expr, error) {
	spec, err := s.windowSpec(e.Over, 0)
	if err != nil {
		return nil, err
	}
	call := &expr.WindowCall{IgnoreNulls: e.IgnoreNulls != nil && *e.IgnoreNulls}
	call.Span = e.Place()
	inner := *e
	inner.Over, inner.IgnoreNulls = nil, nil
	if e.Distinct && e.WithinGroup == nil {
		return nil, diag.New("DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", "windowExpr", quoteSQL(name+"(DISTINCT …) OVER (…)"))
	}
	ranking := false
	if f, ok := s.functions.LookupAggregate(name); ok {
		if call.Function, err = s.windowAggregate(&inner, f, name); err != nil {
			return nil, err
		}
		if wholePartition[f.Name] && (len(spec.OrderBy) > 0 || spec.Frame != nil) {
			return nil, diag.New("INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC", "aggFunc", sqlOf(call.Function))
		}
	} else if f, ok := s.functions.Lookup(name); !ok {
		return nil, missingFunction(name, e)
	} else if e.WithinGroup != nil {
		return nil, notAggregate(name, "WITHIN GROUP (ORDER BY ...)")
	} else if !f.Window {
		return nil, diag.New("UNSUPPORTED_EXPR_FOR_WINDOW", "sqlExpr", quoteSQL(name+"()"))
	} else {
		ranking = true
		if call.Function, err = s.scalarCall(&inner, f, name); err != nil {
			return nil, err
		}
		if _, ok := call.Function.(*expr.Call); !ok {
			return nil, diag.Unsupported("window function " + name)
		}
	}
	call.Typ, call.Null = call.Function.Type(), call.Function.Nullable()
	if call.PartitionBy, err = s.exprs(spec.PartitionBy); err != nil {
		return nil, err
	}
	if call.OrderBy, err = s.sortKeys(spec.OrderBy); err != nil {
		return nil, err
	}
	if ranking && len(call.OrderBy) == 0 {
		return nil, diag.New("_LEGACY_ERROR_TEMP_1037", "wf", name+"()")
	}
	call.Frame, err = s.frame(spec.Frame, call, ranking)
	return call, err
}

// wholePartition are aggregate functions that are computed over whole partitions only.
var wholePartition = map[string]bool{"percentile_cont": true, "percentile_disc": true, "median": true}

// windowAggregate binds an aggregate function over a window: its arguments may be aggregate functions of the block.
func (s *site) windowAggregate(e *ast.Call, f *expr.AggregateFunction, name string) (expr.Expr, error) {
	var args []expr.Expr
	var err error
	if isCountOfRows(e, name) {
		args = []expr.Expr{intLiteral(1, e.Place())}
	} else if args, err = s.arguments(e, nil, name); err != nil {
		return nil, err
	}
	bound, err := s.bindAggregate(e, f, name, args)
	if err != nil {
		return nil, err
	}
	a, ok := bound.(*expr.Aggregate)
	if !ok {
		return nil, diag.Unsupported("aggregate function " + name + " over a window")
	}
	if e.Filter != nil {
		return nil, diag.New("_LEGACY_ERROR_TEMP_1030")
	}
	return a, nil
}

// maxWindowReferences ends a cycle of named windows.
const maxWindowReferences = 100

// windowSpec follows names of the WINDOW clause.
func (s *site) windowSpec(w *ast.Window, depth int) (*ast.Window, error) {
	if w.Name == "" {
		return w, nil
	}
	for _, d := range s.windows {
		if !strings.EqualFold(d.Name, w.Name) {
			continue
		}
		if depth > maxWindowReferences {
			break
		}
		base, err := s.windowSpec(d.Spec, depth+1)
		if err != nil {
			return nil, err
		}
		merged := *base
		if w.PartitionBy != nil {
			merged.PartitionBy = w.PartitionBy
		}
		if w.OrderBy != nil {
			merged.OrderBy = w.OrderBy
		}
		if w.Frame != nil {
			merged.Frame = w.Frame
		}
		return &merged, nil
	}
	return nil, diag.New("MISSING_WINDOW_SPECIFICATION", "windowName", w.Name, "docroot", "https://spark.apache.org/docs/latest").At(w.Place())
}

// frame binds a frame, or gives the default: up to the current row and its peers with ORDER BY, everything without.
func (s *site) frame(f *ast.Frame, call *expr.WindowCall, ranking bool) (expr.Frame, error) {
	switch {
	case ranking:
		return expr.Frame{Rows: true, StartKind: ast.UnboundedPreceding, EndKind: ast.CurrentRow}, nil
	case f == nil && len(call.OrderBy) > 0:
		return expr.Frame{StartKind: ast.UnboundedPreceding, EndKind: ast.CurrentRow}, nil
	case f == nil:
		return expr.Frame{Rows: true, StartKind: ast.UnboundedPreceding, EndKind: ast.UnboundedFollowing}, nil
	}
	n := namer{site: s}
	if f.Start.Kind == ast.UnboundedFollowing || f.End.Kind == ast.UnboundedPreceding {
		return expr.Frame{}, diag.New("DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_INVALID_BOUND",
			"sqlExpr", quoteSQL(n.frame(&ast.Window{Frame: f})), "lower", quoteSQL(n.bound(f.Start)), "upper", quoteSQL(n.bound(f.End)))
	}
	frame := expr.Frame{Rows: f.Rows, StartKind: f.Start.Kind, EndKind: f.End.Kind}
	var err error
	if frame.Start, err = s.frameOffset(f, f.Start, call); err != nil {
		return frame, err
	}
	if frame.End, err = s.frameOffset(f, f.End, call); err != nil {
		return frame, err
	}
	if !f.Rows && (frame.Start != nil || frame.End != nil) {
		if len(call.OrderBy) == 0 {
			return frame, diag.New("DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER", "sqlExpr", quoteSQL("(RANGE …)"))
		}
		if len(call.OrderBy) > 1 {
			return frame, diag.New("DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER", "sqlExpr", quoteSQL("(RANGE …)"), "orderSpec", sqlOf(call.OrderBy[0].Expr))
		}
	}
	if frame.StartKind > frame.EndKind || backwards(frame) {
		return frame, diag.New("DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON",
			"sqlExpr", quoteSQL(n.frame(&ast.Window{Frame: f})), "comparison", "less than or equal")
	}
	return frame, nil
}

// backwards reports whether a frame between two offsets on one side of the current row ends before it starts.
func backwards(f expr.Frame) bool {
	start, ok := f.Start.(*expr.Literal)
	end, also := f.End.(*expr.Literal)
	if !ok || !also || f.StartKind != f.EndKind {
		return false
	}
	a, ok := types.Integer64(start.Value)
	b, also := types.Integer64(end.Value)
	return ok && also && (f.StartKind == ast.Following && a > b || f.StartKind == ast.Preceding && a < b)
}

// frameOffset binds the number of an offset; ROWS counts with int.
func (s *site) frameOffset(f *ast.Frame, bound ast.FrameBound, call *expr.WindowCall) (expr.Expr, error) {
	if bound.Offset == nil {
		return nil, nil
	}
	e, err := s.expr(bound.Offset)
	if err != nil {
		return nil, err
	}
	if !expr.Foldable(e) {
		return nil, diag.New("DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE", "sqlExpr", sqlOf(e), "location", "lower", "expression", sqlOf(e)).At(e.Place())
	}
	if f.Rows {
		if e.Type().Kind != types.Int {
			return nil, diag.New("DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE", "sqlExpr", sqlOf(e), "location", "lower",
				"exprType", quoteSQL(e.Type().SQL()), "expectedType", `"INT"`).At(e.Place())
		}
		return e, nil
	}
	if len(call.OrderBy) != 1 {
		return e, nil
	}
	return s.rangeOffset(e, call.OrderBy[0].Expr)
}

// rangeOffset checks that an offset can be added to the sort key.
func (s *site) rangeOffset(e, key expr.Expr) (expr.Expr, error) {
	t, offset := key.Type(), e.Type()
	switch {
	case t.IsNumeric() && offset.IsNumeric():
		return s.cast(e, t)
	case t.Kind == types.Date && (offset.IsInterval() || offset.IsIntegral() && offset.Kind <= types.Int):
		return e, nil
	case (t.IsDatetime() || t.IsInterval()) && offset.IsInterval():
		return e, nil
	case t.Kind == types.String || t.Kind == types.Boolean:
		return nil, diag.New("DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE", "sqlExpr", sqlOf(e), "location", "upper",
			"exprType", quoteSQL(t.SQL()), "expectedType", `("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")`).At(e.Place())
	}
	return nil, diag.New("DATATYPE_MISMATCH.RANGE_FRAME_INVALID_TYPE", "sqlExpr", sqlOf(e), "orderSpecType", quoteSQL(t.SQL()),
		"valueBoundaryType", quoteSQL(offset.SQL())).At(e.Place())
}

// windowing collects the window functions of a block into Window nodes, one for each partitioning and order.
type windowing struct {
	*binder
	node   logical.Node
	groups []windowGroup
}

type windowGroup struct {
	key       string
	functions []logical.Named
}

// extract replaces the window calls in e by the columns that Window nodes will make. The call that is a whole item takes
// the item's name and ID.
func (w *windowing) extract(e expr.Expr, it *item) expr.Expr {
	if !hasWindow(e) {
		return e
	}
	return expr.TransformDown(e, func(x expr.Expr) (expr.Expr, bool) {
		call, ok := x.(*expr.WindowCall)
		if !ok {
			return x, false
		}
		n := logical.Named{Name: expr.Pretty(call), Expr: call}
		if it != nil && x == e {
			n.ID, n.Name = it.id(), it.name
		}
		return w.add(n), true
	})
}

func (w *windowing) add(n logical.Named) expr.Expr {
	call := n.Expr.(*expr.WindowCall)
	spec := expr.Key(&expr.WindowCall{Function: &expr.Literal{}, PartitionBy: call.PartitionBy, OrderBy: call.OrderBy})
	i := slices.IndexFunc(w.groups, func(g windowGroup) bool { return g.key == spec })
	if i < 0 {
		i = len(w.groups)
		w.groups = append(w.groups, windowGroup{key: spec})
	}
	for _, f := range w.groups[i].functions {
		if expr.Same(f.Expr, call) {
			return f.Column().Ref()
		}
	}
	if n.ID == 0 {
		n.ID = w.ids.Next()
	}
	w.groups[i].functions = append(w.groups[i].functions, n)
	return n.Column().Ref()
}

// flush puts the Window nodes collected so far on the node.
func (w *windowing) flush() {
	for _, g := range w.groups {
		w.node = &logical.Window{Input: w.node, Functions: g.functions}
	}
	w.groups = nil
}
