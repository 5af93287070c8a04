package builtin

import (
	"math/bits"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

var bitFunctions = []*expr.Function{
	bitOperator("&", doc("bitwise_funcs", "Returns the bitwise AND of expr1 and expr2.", "expr1 - an integer", "expr2 - an integer").printed(infix("&")).
		example("SELECT 3 & 5;", "1"), bitKernels{
		binaryOf(func(a, b int8) int8 { return a & b }), binaryOf(func(a, b int16) int16 { return a & b }),
		binaryOf(func(a, b int32) int32 { return a & b }), binaryOf(func(a, b int64) int64 { return a & b })}),
	bitOperator("|", doc("bitwise_funcs", "Returns the bitwise OR of expr1 and expr2.", "expr1 - an integer", "expr2 - an integer").printed(infix("|")).
		example("SELECT 3 | 5;", "7"), bitKernels{
		binaryOf(func(a, b int8) int8 { return a | b }), binaryOf(func(a, b int16) int16 { return a | b }),
		binaryOf(func(a, b int32) int32 { return a | b }), binaryOf(func(a, b int64) int64 { return a | b })}),
	bitOperator("^", doc("bitwise_funcs", "Returns the bitwise exclusive OR of expr1 and expr2.", "expr1 - an integer", "expr2 - an integer").printed(infix("^")).
		example("SELECT 3 ^ 5;", "6"), bitKernels{
		binaryOf(func(a, b int8) int8 { return a ^ b }), binaryOf(func(a, b int16) int16 { return a ^ b }),
		binaryOf(func(a, b int32) int32 { return a ^ b }), binaryOf(func(a, b int64) int64 { return a ^ b })}),
	scalar("~", doc("bitwise_funcs", "Returns the bitwise NOT of expr.", "expr - an integer").printed(enclosed(1, "~", "")).
		example("SELECT ~ 0;", "-1"),
		signature{params: of(integral), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			k := bitKernels{unary(func(v int8) int8 { return ^v }), unary(func(v int16) int16 { return ^v }),
				unary(func(v int32) int32 { return ^v }), unary(func(v int64) int64 { return ^v })}
			return outcome{result: args[0].Type(), kernel: k.of(args[0].Type())}, nil
		}}),
	alias(shiftFunction("shiftleft", doc("bitwise_funcs", "Returns base shifted left by expr bits.", "base - an int or bigint", "expr - the number of bits").printed(infix("<<")).
		example("SELECT shiftleft(2, 1);", "4").example("SELECT 2 << 1;", "4"),
		binaryOf(func(v, n int32) int32 { return v << uint(n&31) }), binaryOf(func(v int64, n int32) int64 { return v << uint(n&63) })), "<<"),
	alias(shiftFunction("shiftright", doc("bitwise_funcs", "Returns base shifted right by expr bits, keeping its sign.", "base - an int or bigint", "expr - the number of bits").printed(infix(">>")).
		example("SELECT shiftright(4, 1);", "2").example("SELECT 4 >> 1;", "2"),
		binaryOf(func(v, n int32) int32 { return v >> uint(n&31) }), binaryOf(func(v int64, n int32) int64 { return v >> uint(n&63) })), ">>"),
	alias(shiftFunction("shiftrightunsigned", doc("bitwise_funcs", "Returns base shifted right by expr bits, filled with zeros.", "base - an int or bigint", "expr - the number of bits").printed(infix(">>>")).
		example("SELECT shiftrightunsigned(4, 1);", "2").example("SELECT 4 >>> 1;", "2"),
		binaryOf(func(v, n int32) int32 { return int32(uint32(v) >> uint(n&31)) }), binaryOf(func(v int64, n int32) int64 { return int64(uint64(v) >> uint(n&63)) })), ">>>"),
	scalar("bit_count", doc("bitwise_funcs", "Returns the number of bits that are set in expr as a 64-bit integer.", "expr - an integer or boolean").
		example("SELECT bit_count(0);", "0"),
		signature{params: of(anyOf(integral, boolean)), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
			k := bitKernels{unary(countBits[int8]), unary(countBits[int16]), unary(countBits[int32]), unary(countBits[int64])}
			o := outcome{result: types.IntType, kernel: k.of(args[0].Type())}
			if args[0].Type().Kind == types.Boolean {
				o.kernel = unary(func(b uint8) int32 { return int32(b) })
			}
			return o, nil
		}}),
	alias(scalar("getbit", doc("bitwise_funcs", "Returns bit pos of expr, 0 being the lowest.", "expr - an integer", "pos - an integer from 0 on").
		example("SELECT getbit(11, 0);", "1").example("SELECT getbit(11, 2);", "0"),
		signature{params: of(integral, integer), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
			name := strings.ToLower(c.Name)
			k := bitKernels{bitAt[int8](name, 8), bitAt[int16](name, 16), bitAt[int32](name, 32), bitAt[int64](name, 64)}
			return outcome{result: types.ByteType, kernel: k.of(args[0].Type()), fails: true}, nil
		}}), "bit_get"),
}

// bitKernels are a kernel for tinyint, smallint, int and bigint.
type bitKernels [4]expr.Kernel

func (k *bitKernels) of(t types.Type) expr.Kernel {
	return chooseByLayout(t, k[0], k[1], k[2], k[3], nil, nil, nil)
}

func countBits[A integerType](v A) int32 { return int32(bits.OnesCount64(uint64(int64(v)))) }

func bitAt[A integerType](name string, width int32) expr.Kernel {
	return binaryErr(func(c *expr.KernelContext, v A, at int32) (int8, error) {
		if at < 0 || at >= width {
			return 0, diag.New("INVALID_PARAMETER_VALUE.BIT_POSITION_RANGE", "functionName", routine(name), "parameter", routine("pos"),
				"upper", itoa(int(width)), "invalidValue", itoa(int(at)))
		}
		return int8(uint64(int64(v)) >> uint(at) & 1), nil
	})
}

// bitOperator is & | or ^ on integers of one type.
func bitOperator(name string, d document, kernels bitKernels) *expr.Function {
	f := newFunction(name, d)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		if len(args) != 2 {
			return nil, wrongNumber(c, name, 2, 2, len(args))
		}
		l, r, ok := arithmeticTypes(c, expr.Add, args[0], args[1])
		if ok && args[0].Type().Kind == types.Void && args[1].Type().Kind == types.Void {
			l, r = types.IntType, types.IntType
		}
		switch {
		case !ok || !l.SameType(r):
			return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "sqlExpr", operatorText(name, args[0], args[1]),
				"left", quoted(l.SQL()), "right", quoted(r.SQL())).At(c.Span)
		case !l.IsIntegral():
			return nil, diag.New("DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE", "sqlExpr", operatorText(name, args[0], args[1]),
				"inputType", integral.text, "actualDataType", quoted(l.SQL())).At(c.Span)
		}
		cast, err := castAllTo(c, args, l)
		if err != nil {
			return nil, err
		}
		return makeCall(c, f, cast, outcome{result: l, kernel: kernels.of(l)}), nil
	}
	return f
}

func shiftFunction(name string, d document, narrow, wide expr.Kernel) *expr.Function {
	return scalar(name, d, signature{params: of(anyOf(integer, bigint), integer), resolve: func(_ *expr.BindContext, args []expr.Expr) (outcome, error) {
		if args[0].Type().Kind == types.Long {
			return outcome{result: types.LongType, kernel: wide}, nil
		}
		return outcome{result: types.IntType, kernel: narrow}, nil
	}})
}
