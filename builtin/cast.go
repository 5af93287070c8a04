package builtin

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Cast makes the expression that converts e to t; e itself if it has that type already. The error modes are those of
// CAST in ANSI mode (Checked), TRY_CAST (Try) and CAST outside ANSI mode (Legacy). A pair of types without a cast is a
// DATATYPE_MISMATCH error.
func Cast(e expr.Expr, t types.Type, mode expr.ErrorMode, s *expr.Settings) (expr.Expr, error) {
	t = withoutLength(t)
	from := e.Type()
	if from.Equal(t) {
		return e, nil
	}
	if !types.CanCast(from, t, mode != expr.Legacy) {
		return nil, noCast(e, t, mode)
	}
	if from.Kind == types.Void {
		return &expr.Literal{Base: expr.Base{Typ: t, Null: true, Span: e.Place()}}, nil
	}
	bindIn := s
	if l, ok := e.(*expr.Literal); ok && s != nil && from.Kind == types.String {
		if text, _ := l.Value.(string); types.StartsWithYear(text) {
			dated := *s
			dated.ClockRead = nil
			bindIn = &dated
		}
	}
	k, ok := castKernel(from, t, mode, bindIn)
	if !ok {
		return nil, diag.Unsupported("CAST from " + from.SQL() + " to " + t.SQL()).At(e.Place())
	}
	c := &expr.Cast{Base: expr.Base{Typ: t, Null: e.Nullable() || k.nulls, Span: e.Place()}, Input: e, Mode: mode, Settings: s,
		Kernel: k.kernel, Fails: k.fails}
	return c, nil
}

// withoutLength makes strings of char(n) and varchar(n): a cast does not cut or pad, only a table's columns do.
func withoutLength(t types.Type) types.Type {
	switch t.Kind {
	case types.String:
		if t.Form != types.PlainString {
			return types.StringType
		}
	case types.Array:
		return types.ArrayType(withoutLength(t.Elem()), t.ElemNullable())
	case types.Map:
		return types.MapType(withoutLength(t.Key()), withoutLength(t.Elem()), t.ElemNullable())
	case types.Struct:
		fields := append([]types.Field(nil), t.Fields()...)
		for i := range fields {
			fields[i].Type = withoutLength(fields[i].Type)
		}
		return types.StructType(fields...)
	}
	return t
}

// noCast is the error for a pair of types without a cast.
func noCast(e expr.Expr, t types.Type, mode expr.ErrorMode) *diag.Error {
	from := e.Type()
	sql := "CAST(" + pretty(e) + " AS " + t.SQL() + ")"
	if mode == expr.Try {
		sql = "TRY_" + sql
	}
	params := []string{"sqlExpr", quoted(sql), "srcType", quoted(from.SQL()), "targetType", quoted(t.SQL())}
	suggest := func(function string) *diag.Error {
		return diag.New("DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION", append(params, "functionNames", routine(function))...).At(e.Place())
	}
	switch {
	case from.IsNumeric() && t.Kind == types.Date:
		return suggest("DATE_FROM_UNIX_DATE")
	case from.Kind == types.Date && t.IsNumeric():
		return suggest("UNIX_DATE")
	case mode == expr.Checked && types.CanCast(from, t, false):
		return diag.New("DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION", append(params, "config", ansiConfig, "configVal", "'false'")...).At(e.Place())
	}
	return diag.New("DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION", params...).At(e.Place())
}

// conversion is how values of one type become another: its kernel (nil: the values are the same), whether the kernel can
// fail in Checked mode, and whether it can make null of a value.
type conversion struct {
	kernel       expr.Kernel
	fails, nulls bool
}

// failure says why a value has no counterpart.
type failure uint8

const (
	converted  failure = iota
	malformed          // CAST_INVALID_INPUT
	tooLarge           // CAST_OVERFLOW
	outOfRange         // NUMERIC_VALUE_OUT_OF_RANGE
	asNull             // null in all modes
)

// caster is one pair of types in one mode.
type caster struct {
	from, to types.Type
	mode     expr.ErrorMode
	zone     *types.Zone
	now      int64 // of the query, microseconds
	settings *expr.Settings
	pretty   bool // for Show: NULL inside values in capitals, binaries in hexadecimal
}

// checked reports whether values without counterpart are errors.
func (c *caster) checked() bool { return c.mode == expr.Checked }

// strict is c for pairs of types whose failures are errors outside ANSI mode too: those with intervals.
func (c *caster) strict() *caster {
	s := *c
	if s.mode == expr.Legacy {
		s.mode = expr.Checked
	}
	return &s
}

// castKernel finds the conversion for a pair that types.CanCast allows; ok is false if kiln has none.
func castKernel(from, to types.Type, mode expr.ErrorMode, s *expr.Settings) (_ conversion, ok bool) {
	c := &caster{from: from, to: to, mode: mode, settings: s, zone: types.UTC}
	if s != nil && s.Zone != nil {
		c.zone = types.ZoneOf(s.Zone)
	}
	if s != nil && from.Kind == types.String && to.Kind == types.Timestamp {
		c.now = s.CurrentTime().UnixMicro() // '10:30' is a time of today
	}
	switch {
	case from.SameType(to):
		return conversion{}, true
	case from.Kind == types.Variant || to.Kind == types.Variant:
		return conversion{}, false
	case from.Kind == types.Void:
		return conversion{kernel: nullKernel, nulls: true}, true
	case to.Kind == types.String:
		return c.toString()
	}
	switch from.Kind {
	case types.Boolean:
		return c.fromBoolean()
	case types.Byte:
		return fromInteger[int8](c)
	case types.Short:
		return fromInteger[int16](c)
	case types.Int:
		return fromInteger[int32](c)
	case types.Long:
		return fromInteger[int64](c)
	case types.Float:
		return fromFloating[float32](c)
	case types.Double:
		return fromFloating[float64](c)
	case types.Decimal:
		return c.fromDecimal()
	case types.String:
		return c.fromString()
	case types.Binary:
		return conversion{}, to.Kind == types.Binary
	case types.Date:
		return c.fromDate()
	case types.Timestamp, types.TimestampNTZ:
		return c.fromTimestamp()
	case types.YearMonthInterval, types.DayTimeInterval:
		return c.fromInterval()
	case types.Array, types.Map, types.Struct:
		return c.fromNested()
	}
	return conversion{}, false
}

// error is the failure of one value, given in its Go form.
func (c *caster) error(why failure, value any) *diag.Error {
	source, target := quoted(c.from.SQL()), quoted(c.to.SQL())
	switch why {
	case malformed:
		return diag.New("CAST_INVALID_INPUT", "expression", c.valueText(value), "sourceType", source, "targetType", target, "ansiConfig", ansiConfig)
	case outOfRange:
		return outOfDecimalRange(plainNumber(value, c.from), c.to)
	}
	return diag.New("CAST_OVERFLOW", "value", c.valueText(value), "sourceType", source, "targetType", target, "ansiConfig", ansiConfig)
}

// outOfDecimalRange is the error of a number that does not fit a decimal type.
func outOfDecimalRange(value string, t types.Type) *diag.Error {
	return diag.New("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "value", value,
		"precision", itoa(int(t.Precision)), "scale", itoa(int(t.Scale)), "config", ansiConfig)
}
