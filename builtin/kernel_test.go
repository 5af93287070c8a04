package builtin

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/kilnql/kiln/vector/kernel"
)

// testContext is what calls are bound in.
func testContext(ansi bool) *expr.BindContext {
	s := &expr.Settings{ANSI: ansi, Zone: time.UTC, Now: time.Unix(0, 0)}
	mode := expr.Checked
	if !ansi {
		mode = expr.Legacy
	}
	return &expr.BindContext{Settings: s, NextInstance: func() int32 { return 1 },
		Cast: func(e expr.Expr, t types.Type) (expr.Expr, error) { return Cast(e, t, mode, s) }}
}

// column0 is a column that is read as the first argument of what is bound.
func column0(t types.Type) *expr.Column {
	return &expr.Column{Base: expr.Base{Typ: t, Null: true}, ID: 0, Name: "x"}
}

// vectorOf makes a flat vector of values.
func vectorOf(t types.Type, values []any) *vector.Vector {
	v := vector.NewFlat(t, len(values))
	v.Reset(len(values))
	for i, x := range values {
		kernel.SetValue(v, i, x)
	}
	return v
}

// samples are values of each type, with nulls between them.
var samples = map[types.Kind][]any{
	types.Boolean: {true, nil, false}, types.Byte: {int8(1), nil, int8(-128), int8(127)}, types.Short: {int16(3), nil, int16(-4)},
	types.Int: {int32(5), nil, int32(-7), int32(math.MaxInt32), int32(0)}, types.Long: {int64(5), nil, int64(math.MinInt64), int64(0)},
	types.Float: {float32(1.5), nil, float32(math.NaN())}, types.Double: {1.5, nil, -2.5, math.NaN(), math.Inf(1), 0.0},
	types.Decimal: {int64(12345), nil, int64(-50), int64(0)}, types.String: {"12", nil, "a longer string than a view holds", "", "é😀", "1.5"},
	types.Date: {int32(18321), nil, int32(-1)}, types.Timestamp: {int64(1582934400000001), nil, int64(-1)},
	types.DayTimeInterval: {int64(90061000001), nil, int64(-1)}, types.YearMonthInterval: {int32(13), nil, int32(-1)},
}

// rowsOf repeats the samples of a type to fill a chunk.
func rowsOf(t types.Type, n int) []any {
	s := samples[t.Kind]
	values := make([]any, n)
	for i := range values {
		values[i] = s[i%len(s)]
	}
	return values
}

// evaluate runs the kernel of a call or cast of one argument as the contract says a program does.
func evaluate(e expr.Expr, in *vector.Vector, sel vector.Selection) (*vector.Vector, error) {
	k, fails, nullAware, settings := kernelOf(e)
	n := in.Len
	out := vector.NewFlat(e.Type(), n)
	out.Reset(n)
	if !nullAware {
		kernel.IntersectValidity(out, in)
		if fails {
			sel = without(in, sel, n)
		}
	}
	c := &expr.KernelContext{Settings: settings, Type: e.Type(), ArgTypes: []types.Type{in.Type}}
	return out, k(c, []*vector.Vector{in}, sel, out)
}

func kernelOf(e expr.Expr) (k expr.Kernel, fails, nullAware bool, s *expr.Settings) {
	switch e := e.(type) {
	case *expr.Call:
		return e.Kernel, e.Fails, e.Function.Nulls == expr.NullAware, e.Settings
	case *expr.Cast:
		return e.Kernel, e.Fails, false, e.Settings
	}
	return nil, false, false, nil
}

// without is the selection without the rows that are null.
func without(in *vector.Vector, sel vector.Selection, n int) vector.Selection {
	kept := vector.Selection{}
	eachRow(sel, n, func(i int) {
		if !in.IsNull(i) {
			kept = append(kept, uint16(i))
		}
	})
	return kept
}

// TestKernelsOverVectors runs kernels over chunks with nulls, with selections and over constants, and compares each row with the kernel over that row alone.
func TestKernelsOverVectors(t *testing.T) {
	cases := 0
	for _, ansi := range []bool{true, false} {
		c := testContext(ansi)
		try := func(name string, e expr.Expr, err error, in types.Type) {
			if err != nil {
				return // not for this type
			}
			if k, _, _, _ := kernelOf(e); k == nil || len(e.Children()) != 1 {
				return
			}
			if column, ok := e.Children()[0].(*expr.Column); !ok || !column.Typ.Equal(in) {
				return // an inserted cast stands between
			}
			cases++
			t.Run(fmt.Sprintf("%s of %s ansi=%t", name, in, ansi), func(t *testing.T) { compareWithSingleRows(t, e, in) })
		}
		inputs := []types.Type{types.BooleanType, types.ByteType, types.ShortType, types.IntType, types.LongType, types.FloatType, types.DoubleType,
			types.DecimalType(10, 2), types.StringType, types.DateType, types.TimestampType, wholeDayTime, wholeYearMonth}
		for _, in := range inputs {
			for _, name := range []string{"abs", "sqrt", "ln", "ceil", "floor", "round", "bround", "hex", "unhex", "bin", "bit_count", "~", "negative", "sign", "isnan", "factorial", "raise_error"} {
				f, _ := Lookup(name)
				e, err := f.Bind(c, []expr.Expr{column0(in)})
				try(name, e, err, in)
			}
			for _, to := range append(inputs, types.DecimalType(3, 1), types.DecimalType(38, 10), types.BinaryType) {
				for _, mode := range []expr.ErrorMode{expr.Checked, expr.Try, expr.Legacy} {
					e, err := Cast(column0(in), to, mode, c.Settings)
					try(fmt.Sprint("cast to ", to, " mode ", mode), e, err, in)
				}
			}
		}
	}
	if cases < 300 {
		t.Errorf("only %d cases", cases)
	}
}

func compareWithSingleRows(t *testing.T, e expr.Expr, in types.Type) {
	const n = 37
	values := rowsOf(in, n)
	whole := vectorOf(in, values)
	want := make([]any, n)
	good := vector.Selection{} // the rows that do not fail
	for i := range values {
		one := vectorOf(in, values[i:i+1])
		out, err := evaluate(e, one, nil)
		if err != nil {
			if diag.ConditionOf(err) == "" {
				t.Fatalf("row %v: %v is no user error", values[i], err)
			}
			continue
		}
		want[i] = kernel.Value(out, 0)
		good = append(good, uint16(i))

		// The same value as a constant for several rows.
		constant := vectorOf(in, values[i:i+1])
		constant.SetConstant(3)
		repeated, err := evaluate(e, constant, nil)
		if err != nil {
			t.Fatalf("constant %v: %v", values[i], err)
		}
		for r := range 3 {
			if got := kernel.Value(repeated, r); !types.ValueEqual(got, want[i], e.Type()) {
				t.Errorf("constant %v: row %d is %v, want %v", values[i], r, got, want[i])
			}
		}
	}
	selections := []vector.Selection{good, good[len(good)/2:], good[:len(good)/3]}
	if len(good) == n {
		selections = append(selections, nil)
	}
	for _, sel := range selections {
		out, err := evaluate(e, whole, sel)
		if err != nil {
			t.Fatal(err)
		}
		eachRow(sel, n, func(i int) {
			if got := kernel.Value(out, i); !types.ValueEqual(got, want[i], e.Type()) {
				t.Errorf("row %d (%v) is %v, want %v", i, values[i], got, want[i])
			}
		})
	}
}

// TestNamesAndAliases checks that the table answers in any case and documents what it lists.
func TestNamesAndAliases(t *testing.T) {
	for _, name := range []string{"SQRT", "Pow", "%", "MOD", "ifnull", "Ceiling"} {
		if _, ok := Lookup(name); !ok {
			t.Errorf("%s is not found", name)
		}
	}
	for _, name := range []string{"SUM", "mean", "std", "array_agg", "Some"} {
		if _, ok := LookupAggregate(name); !ok {
			t.Errorf("%s is not found", name)
		}
	}
	for _, name := range Names() {
		_, d, ok := Documentation(name)
		if !ok || d.Usage == "" || d.Group == "" {
			t.Errorf("%s has no documentation", name)
		}
	}
}

// TestErrorsOfBinding checks conditions and parameters against Spark's.
func TestErrorsOfBinding(t *testing.T) {
	c := testContext(true)
	array := column0(types.ArrayType(types.IntType, true))
	for _, test := range []struct {
		function  string
		args      []expr.Expr
		condition string
		params    map[string]string
	}{
		{"sqrt", []expr.Expr{array}, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", map[string]string{"paramIndex": "first", "requiredType": `"DOUBLE"`, "inputType": `"ARRAY<INT>"`, "sqlExpr": `"sqrt(x)"`}},
		{"sqrt", nil, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", map[string]string{"functionName": "`sqrt`", "expectedNum": "1", "actualNum": "0"}},
		{"greatest", []expr.Expr{array}, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", map[string]string{"expectedNum": "> 1"}},
		{"+", []expr.Expr{column0(types.IntType), column0(types.BooleanType)}, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", map[string]string{"left": `"INT"`, "right": `"BOOLEAN"`, "sqlExpr": `"(x + x)"`}},
		{"=", []expr.Expr{column0(types.MapType(types.IntType, types.IntType, true)), column0(types.MapType(types.IntType, types.IntType, true))}, "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE", map[string]string{"functionName": "`=`"}},
		{"round", []expr.Expr{column0(types.DoubleType), column0(types.IntType)}, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT", map[string]string{"inputName": "`scale`"}},
	} {
		f, ok := Lookup(test.function)
		if !ok {
			t.Fatal(test.function)
		}
		_, err := f.Bind(c, test.args)
		e, ok := err.(*diag.Error)
		if !ok || e.Condition != test.condition {
			t.Errorf("%s: %v, want %s", test.function, err, test.condition)
			continue
		}
		for name, value := range test.params {
			if e.Param(name) != value {
				t.Errorf("%s: %s is %s, want %s", test.function, name, e.Param(name), value)
			}
		}
	}
}
