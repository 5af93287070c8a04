package program

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// row is the values of one row for the oracle; nil is NULL.
type row map[expr.ColumnID]any

// failure is an error of the oracle: a condition's name.
type failure string

func (f failure) Error() string { return string(f) }

// evaluate is the oracle: it evaluates an expression for one row in the plainest way, left to right.
func evaluate(e expr.Expr, r row) (any, error) {
	switch e := e.(type) {
	case *expr.Column:
		return r[e.ID], nil
	case *expr.Literal:
		return e.Value, nil
	case *expr.And, *expr.Or:
		return evaluateConnective(e, r)
	case *expr.Case:
		for _, w := range e.Whens {
			c, err := evaluate(w.Condition, r)
			if err != nil {
				return nil, err
			}
			if c == true {
				return evaluate(w.Result, r)
			}
		}
		return evaluate(e.Else, r)
	case *expr.Coalesce:
		for _, a := range e.Args {
			if v, err := evaluate(a, r); v != nil || err != nil {
				return v, err
			}
		}
		return nil, nil
	}
	var args []any
	for _, c := range e.Children() {
		v, err := evaluate(c, r)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return evaluateStrict(e, args)
}

func evaluateConnective(e expr.Expr, r row) (any, error) {
	_, and := e.(*expr.And)
	var result any = and
	for _, a := range e.Children() {
		v, err := evaluate(a, r)
		if err != nil {
			return nil, err
		}
		if v == !and {
			return !and, nil
		}
		if v == nil {
			result = nil
		}
	}
	return result, nil
}

func evaluateStrict(e expr.Expr, args []any) (any, error) {
	switch e := e.(type) {
	case *expr.IsNull:
		return args[0] == nil, nil
	case *expr.Comparison:
		if e.Op == expr.NullSafeEqual && (args[0] == nil || args[1] == nil) {
			return args[0] == nil && args[1] == nil, nil
		}
	case *expr.Field:
		if args[0] == nil {
			return nil, nil
		}
		return args[0].([]any)[e.Index], nil
	}
	for _, a := range args {
		if a == nil {
			return nil, nil
		}
	}
	switch e := e.(type) {
	case *expr.Not:
		return !args[0].(bool), nil
	case *expr.Comparison:
		return holds(e.Op, orderOf(args[0], args[1])), nil
	case *expr.In:
		for _, v := range e.Values {
			if orderOf(args[0], v) == 0 {
				return true, nil
			}
		}
		if e.HasNull {
			return nil, nil
		}
		return false, nil
	case *expr.Arithmetic:
		return evaluateArithmetic(e, args)
	case *expr.Cast:
		return castPlain(e, args[0])
	case *expr.Call:
		return testFunctions[e.Function.Name](args)
	}
	return nil, fmt.Errorf("oracle: %T", e)
}

var testFunctions = map[string]func(args []any) (any, error){
	"shout": func(a []any) (any, error) { return strings.ToUpper(a[0].(string)) + "!", nil },
	"size":  func(a []any) (any, error) { return int32(len(a[0].(string))), nil },
	"picky": func(a []any) (any, error) {
		if strings.HasPrefix(a[0].(string), "b") {
			return nil, failure("TEST_FAILED")
		}
		return a[0], nil
	},
}

func holds(op expr.CompareOp, order int) bool {
	switch op {
	case expr.Equal, expr.NullSafeEqual:
		return order == 0
	case expr.NotEqual:
		return order != 0
	case expr.Less:
		return order < 0
	case expr.LessOrEqual:
		return order <= 0
	case expr.Greater:
		return order > 0
	}
	return order >= 0
}

func orderOf(a, b any) int {
	switch x := a.(type) {
	case bool:
		y := b.(bool)
		switch {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	case string:
		return strings.Compare(x, b.(string))
	case float64:
		y := b.(float64)
		switch {
		case math.IsNaN(x) && math.IsNaN(y):
			return 0
		case math.IsNaN(x):
			return 1
		case math.IsNaN(y):
			return -1
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return bigOf(a).Cmp(bigOf(b))
}

func bigOf(v any) *big.Int {
	switch x := v.(type) {
	case int8:
		return big.NewInt(int64(x))
	case int16:
		return big.NewInt(int64(x))
	case int32:
		return big.NewInt(int64(x))
	case int64:
		return big.NewInt(x)
	case types.Int128:
		n, _ := new(big.Int).SetString(x.String(), 10)
		return n
	}
	panic(fmt.Sprintf("%T", v))
}

// asType is n as a value of t; ok is false if it does not fit.
func asType(n *big.Int, t types.Type) (any, bool) {
	if t.Kind == types.Decimal {
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Precision)), nil)
		if new(big.Int).Abs(n).Cmp(limit) >= 0 {
			return nil, false
		}
		v, _ := types.ParseInt128(n.String())
		return v, true
	}
	r := types.RangeOfType(t)
	if !n.IsInt64() || n.Int64() < r.Min || n.Int64() > r.Max {
		return nil, false
	}
	switch t.Kind {
	case types.Byte:
		return int8(n.Int64()), true
	case types.Short:
		return int16(n.Int64()), true
	case types.Int, types.Date:
		return int32(n.Int64()), true
	}
	return n.Int64(), true
}

func evaluateArithmetic(e *expr.Arithmetic, args []any) (any, error) {
	if e.Typ.Kind == types.Double {
		return evaluateDouble(e, args)
	}
	x := bigOf(args[0])
	y := new(big.Int)
	if e.Right != nil {
		y = bigOf(args[1])
	}
	n, err := exactResult(e, x, y)
	if err != nil {
		if e.Mode == expr.Checked {
			return nil, err
		}
		return nil, nil
	}
	v, ok := asType(n, e.Typ)
	if ok {
		return v, nil
	}
	switch {
	case e.Mode == expr.Checked && e.Left.Type().Kind == types.Decimal && e.Op != expr.IntegralDivide:
		return nil, failure("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION")
	case e.Mode == expr.Checked && (e.Typ.Kind == types.Byte || e.Typ.Kind == types.Short) && e.Op != expr.Negate:
		return nil, failure("BINARY_ARITHMETIC_OVERFLOW")
	case e.Mode == expr.Checked:
		return nil, failure("ARITHMETIC_OVERFLOW")
	case e.Mode == expr.Legacy && e.Typ.Kind != types.Decimal:
		bits := uint(8 * e.Typ.Physical().Size())
		m := new(big.Int).Lsh(big.NewInt(1), bits)
		n.Mod(n, m)
		if n.Bit(int(bits-1)) == 1 {
			n.Sub(n, m)
		}
		v, _ = asType(n, e.Typ)
		return v, nil
	}
	return nil, nil
}

func exactResult(e *expr.Arithmetic, x, y *big.Int) (*big.Int, error) {
	if e.Left.Type().Kind == types.Decimal {
		return exactDecimalResult(e, x, y)
	}
	n := new(big.Int)
	switch e.Op {
	case expr.Add:
		return n.Add(x, y), nil
	case expr.Subtract:
		return n.Sub(x, y), nil
	case expr.Multiply:
		return n.Mul(x, y), nil
	case expr.Negate:
		return n.Neg(x), nil
	}
	if y.Sign() == 0 {
		return nil, failure("DIVIDE_BY_ZERO")
	}
	if e.Op == expr.Remainder {
		return n.Rem(x, y), nil
	}
	return n.Quo(x, y), nil
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// exactDecimalResult works with exact fractions and rounds half up once.
func exactDecimalResult(e *expr.Arithmetic, x, y *big.Int) (*big.Int, error) {
	a := new(big.Rat).SetFrac(x, pow10(int(e.Left.Type().Scale)))
	b := new(big.Rat)
	if e.Right != nil {
		b.SetFrac(y, pow10(int(e.Right.Type().Scale)))
	}
	r := new(big.Rat)
	switch e.Op {
	case expr.Add:
		r.Add(a, b)
	case expr.Subtract:
		r.Sub(a, b)
	case expr.Multiply:
		r.Mul(a, b)
	case expr.Negate:
		r.Neg(a)
	default:
		if b.Sign() == 0 {
			return nil, failure("DIVIDE_BY_ZERO")
		}
		r.Quo(a, b)
		if e.Op == expr.IntegralDivide {
			return new(big.Int).Quo(r.Num(), r.Denom()), nil
		}
		if e.Op == expr.Remainder {
			q := new(big.Int).Quo(r.Num(), r.Denom())
			r.Sub(a, new(big.Rat).Mul(b, new(big.Rat).SetInt(q)))
		}
	}
	r.Mul(r, new(big.Rat).SetInt(pow10(int(e.Typ.Scale))))
	q, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if rest.Abs(rest).Lsh(rest, 1).Cmp(r.Denom()) >= 0 {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	return q, nil
}

func evaluateDouble(e *expr.Arithmetic, args []any) (any, error) {
	x := args[0].(float64)
	if e.Right == nil {
		return -x, nil
	}
	y := args[1].(float64)
	switch e.Op {
	case expr.Add:
		return x + y, nil
	case expr.Subtract:
		return x - y, nil
	case expr.Multiply:
		return x * y, nil
	}
	if y == 0 {
		if e.Mode != expr.Checked {
			return nil, nil
		}
		return nil, failure("DIVIDE_BY_ZERO")
	}
	if e.Op == expr.Remainder {
		return math.Mod(x, y), nil
	}
	return x / y, nil
}

// castPlain covers the casts that the compiler does without a kernel.
func castPlain(e *expr.Cast, v any) (any, error) {
	n := bigOf(v)
	from := e.Input.Type()
	if e.Typ.Kind == types.Decimal {
		n = new(big.Int).Mul(n, pow10(int(e.Typ.Scale-from.Scale)))
	}
	r, ok := asType(n, e.Typ)
	if !ok {
		return nil, fmt.Errorf("oracle: cast of %v to %s", v, e.Typ)
	}
	return r, nil
}
