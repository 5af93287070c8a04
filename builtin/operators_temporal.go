package builtin

import (
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Arithmetic on dates, timestamps and intervals: Spark turns the operators into functions of their own, and so does this
// file. The functions have no entry in the table: they cannot be called by name.

// wholeYearMonth and wholeDayTime are the interval types that results have where operands do not decide.
var (
	wholeYearMonth = types.YearMonthType(types.FieldYear, types.FieldMonth)
	wholeDayTime   = types.DayTimeType(types.FieldDay, types.FieldSecond)
	onlyDays       = types.DayTimeType(types.FieldDay, types.FieldDay)
)

// internal is a function that only operators become.
func internal(name string) *expr.Function { return &expr.Function{Name: name} }

var (
	dateAddFunction           = internal("date_add")
	dateSubFunction           = internal("date_sub")
	dateAddMonthsFunction     = internal("date_add_months")
	dateAddIntervalFunction   = internal("date_add_interval")
	timestampAddMonths        = internal("timestamp_add_months")
	timestampAddTime          = internal("timestamp_add_time")
	timestampAddInterval      = internal("timestamp_add_interval")
	subtractDatesFunction     = internal("subtract_dates")
	subtractTimestampFunction = internal("subtract_timestamps")
	dateSubMonthsFunction     = internal("date_sub_months")
	dateSubIntervalFunction   = internal("date_sub_interval")
	timestampSubMonths        = internal("timestamp_sub_months")
	timestampSubTime          = internal("timestamp_sub_time")
	timestampSubInterval      = internal("timestamp_sub_interval")
	intervalAddFunction       = internal("interval_add")
	intervalSubtractFunction  = internal("interval_subtract")
	intervalMultiplyFunction  = internal("multiply_interval")
	intervalDivideFunction    = internal("divide_interval")
	intervalDivFunction       = internal("interval_div")
	intervalNegateFunction    = internal("interval_negate")
)

func isDate(t types.Type) bool { return t.Kind == types.Date }
func isTime(t types.Type) bool { return t.Kind == types.Timestamp || t.Kind == types.TimestampNTZ }

// temporal is an operator on dates, timestamps and intervals being bound.
type temporal struct {
	c    *expr.BindContext
	op   expr.ArithmeticOp
	mode expr.ErrorMode
}

// bindTemporal binds an operator of which an operand is a date, timestamp or interval; ok is false if neither is, or if
// the operator is not one for these.
func bindTemporal(c *expr.BindContext, op expr.ArithmeticOp, left, right expr.Expr, mode expr.ErrorMode) (_ expr.Expr, ok bool, _ error) {
	l, r := left.Type(), right.Type()
	if !isDate(l) && !isTime(l) && !l.IsInterval() && !isDate(r) && !isTime(r) && !r.IsInterval() {
		return nil, false, nil
	}
	b := &temporal{c, op, mode}
	switch op {
	case expr.Add:
		return b.add(left, right)
	case expr.Subtract:
		return b.subtract(left, right)
	case expr.Multiply:
		if !l.IsInterval() {
			left, right = right, left
		}
		return b.scale(left, right, intervalMultiplyFunction)
	case expr.Divide:
		return b.scale(left, right, intervalDivideFunction)
	case expr.IntegralDivide:
		return b.intervalDiv(left, right)
	}
	return nil, false, nil
}

// call makes the call of an internal function; a call that fails is wrapped for try mode.
func (b *temporal) call(f *expr.Function, t types.Type, kernel expr.Kernel, fails bool, args ...expr.Expr) (expr.Expr, bool, error) {
	o := outcome{result: t, kernel: kernel, fails: fails}
	if fails && b.mode != expr.Checked && (b.mode == expr.Try || f == intervalDivideFunction || f == intervalDivFunction) {
		o.kernel, o.fails, o.nullable = tryKernel(kernel), false, true
	}
	return makeCall(b.c, f, args, o), true, nil
}

// castCall casts the arguments and makes the call.
func (b *temporal) castCall(f *expr.Function, t types.Type, kernel expr.Kernel, fails bool, left expr.Expr, leftType types.Type, right expr.Expr, rightType types.Type) (expr.Expr, bool, error) {
	l, err := castTo(b.c, left, leftType)
	if err != nil {
		return nil, true, err
	}
	r, err := castTo(b.c, right, rightType)
	if err != nil {
		return nil, true, err
	}
	return b.call(f, t, kernel, fails, l, r)
}

func (b *temporal) add(left, right expr.Expr) (expr.Expr, bool, error) {
	l, r := left.Type(), right.Type()
	switch {
	case l.Kind == types.Void && r.IsInterval():
		return b.addIntervals(left, right, r)
	case r.Kind == types.Void && l.IsInterval(), l.Kind == r.Kind && l.IsInterval():
		return b.addIntervals(left, right, l)
	case r.Kind == types.YearMonthInterval && (isDate(l) || isTime(l)):
		return b.addMonths(left, right, 1)
	case l.Kind == types.YearMonthInterval && (isDate(r) || isTime(r)):
		return b.addMonths(right, left, 1)
	case r.Kind == types.DayTimeInterval || r.Kind == types.CalendarInterval:
		return b.addTime(left, right, 1)
	case l.Kind == types.DayTimeInterval || l.Kind == types.CalendarInterval:
		return b.addTime(right, left, 1)
	case isDate(l) && r.Kind != types.String:
		return b.addDays(dateAddFunction, left, right)
	case isDate(r) && l.Kind != types.String:
		return b.addDays(dateAddFunction, right, left)
	case isDate(l):
		return b.addDays(dateAddFunction, left, right)
	case isDate(r):
		return b.addDays(dateAddFunction, right, left)
	}
	return nil, false, nil
}

func (b *temporal) subtract(left, right expr.Expr) (expr.Expr, bool, error) {
	l, r := left.Type(), right.Type()
	switch {
	case l.Kind == types.Void && r.IsInterval():
		return b.addIntervals(left, right, r)
	case r.Kind == types.Void && l.IsInterval(), l.Kind == r.Kind && l.IsInterval():
		return b.addIntervals(left, right, l)
	case r.Kind == types.YearMonthInterval && (isDate(l) || isTime(l)):
		return b.addMonths(left, right, -1)
	case r.Kind == types.DayTimeInterval || r.Kind == types.CalendarInterval:
		return b.addTime(left, right, -1)
	case (isTime(l) || isTime(r)) && !l.IsInterval() && !l.IsNumeric() && !r.IsNumeric():
		return b.subtractTimes(left, right)
	case isDate(r) && !l.IsInterval() && !l.IsNumeric(), isDate(l) && r.Kind == types.String:
		return b.castCall(subtractDatesFunction, onlyDays, subtractDatesKernel, false, left, types.DateType, right, types.DateType)
	case isDate(l) && !r.IsInterval():
		return b.addDays(dateSubFunction, left, right)
	}
	return nil, false, nil
}

// addDays is date ± int.
func (b *temporal) addDays(f *expr.Function, left, right expr.Expr) (expr.Expr, bool, error) {
	switch right.Type().Kind {
	case types.Byte, types.Short, types.Int, types.Void:
	default:
		args := []expr.Expr{left, right}
		return nil, true, unexpectedType(b.c, f.Name, args, 1, `("INT" or "SMALLINT" or "TINYINT")`)
	}
	kernel := dateAddKernel
	if f == dateSubFunction {
		kernel = dateSubKernel
	}
	return b.castCall(f, types.DateType, kernel, false, left, types.DateType, right, types.IntType)
}

// bySign is the function that adds, or the one that subtracts: equal functions of equal arguments are taken to be equal.
func bySign(sign int64, add, subtract *expr.Function) *expr.Function {
	if sign < 0 {
		return subtract
	}
	return add
}

// addMonths is date or timestamp ± a year-month interval.
func (b *temporal) addMonths(left, right expr.Expr, sign int64) (expr.Expr, bool, error) {
	if isDate(left.Type()) {
		return b.call(bySign(sign, dateAddMonthsFunction, dateSubMonthsFunction), types.DateType, dateAddMonthsKernel(sign), true, left, right)
	}
	return b.call(bySign(sign, timestampAddMonths, timestampSubMonths), left.Type(), timestampAddMonthsKernel(sign), true, left, right)
}

// addTime is a date, timestamp or string ± a day-time or calendar interval.
func (b *temporal) addTime(left, right expr.Expr, sign int64) (expr.Expr, bool, error) {
	l, r := left.Type(), right.Type()
	calendarInterval := r.Kind == types.CalendarInterval
	switch {
	case isDate(l) && r.Equal(onlyDays):
		return b.call(bySign(sign, dateAddFunction, dateSubFunction), types.DateType, dateAddIntervalDaysKernel(sign), false, left, right)
	case isDate(l) && calendarInterval:
		return b.call(bySign(sign, dateAddIntervalFunction, dateSubIntervalFunction), types.DateType, dateAddIntervalKernel(sign, b.mode == expr.Legacy), true, left, right)
	case isTime(l):
	case isDate(l), l.Kind == types.String, l.Kind == types.Void:
		cast, err := castTo(b.c, left, types.TimestampType)
		if err != nil {
			return nil, true, err
		}
		left = cast
	default:
		sql := quoted(pretty(left) + map[int64]string{1: " + ", -1: " - "}[sign] + pretty(right))
		return nil, true, unexpectedTypeIn(b.c, sql, []expr.Expr{left, right}, 0, `"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"`)
	}
	f, kernel := bySign(sign, timestampAddTime, timestampSubTime), timestampAddTimeKernel(sign)
	if calendarInterval {
		f, kernel = bySign(sign, timestampAddInterval, timestampSubInterval), timestampAddIntervalKernel(sign)
	}
	e, ok, err := b.call(f, left.Type(), kernel, true, left, right)
	if err == nil && l.Kind == types.String {
		e, err = castTo(b.c, e, l) // a string stays a string
	}
	return e, ok, err
}

// subtractTimes is timestamp - timestamp.
func (b *temporal) subtractTimes(left, right expr.Expr) (expr.Expr, bool, error) {
	t := types.TimestampNTZType
	if l, r := left.Type().Kind, right.Type().Kind; l != types.TimestampNTZ && r != types.TimestampNTZ || l == types.Timestamp || r == types.Timestamp {
		t = types.TimestampType
	}
	return b.castCall(subtractTimestampFunction, wholeDayTime, subtractTimestampsKernel(t.Kind == types.Timestamp), true, left, t, right, t)
}

// addIntervals is interval ± interval of one kind.
func (b *temporal) addIntervals(left, right expr.Expr, t types.Type) (expr.Expr, bool, error) {
	if u := left.Type(); u.Kind == t.Kind && t.Kind != types.CalendarInterval && right.Type().Kind == t.Kind {
		r := right.Type()
		t.Start, t.End = min(u.Start, r.Start), max(u.End, r.End)
	}
	f, sign, suggestion := intervalAddFunction, int64(1), "try_add"
	if b.op == expr.Subtract {
		f, sign, suggestion = intervalSubtractFunction, -1, "try_subtract"
	}
	cast := func(e expr.Expr) (expr.Expr, error) {
		if e.Type().Kind == t.Kind {
			return e, nil // other fields of the same kind have the same values
		}
		return castTo(b.c, e, t)
	}
	l, err := cast(left)
	if err != nil {
		return nil, true, err
	}
	r, err := cast(right)
	if err != nil {
		return nil, true, err
	}
	return b.call(f, t, intervalAddKernel(t, sign, suggestion), true, l, r)
}

// scale is interval * number or interval / number.
func (b *temporal) scale(left, right expr.Expr, f *expr.Function) (expr.Expr, bool, error) {
	l, r := left.Type(), right.Type()
	if !l.IsInterval() {
		return nil, false, nil
	}
	args := []expr.Expr{left, right}
	to := types.DoubleType
	switch {
	case r.Kind == types.String || r.Kind == types.Void || r.IsFloating() || l.Kind == types.CalendarInterval && r.IsNumeric():
	case r.IsIntegral():
		to = types.LongType
	case r.Kind == types.Decimal:
		to = types.DecimalType(types.MaxPrecision, int(r.Scale))
	default:
		return nil, true, unexpectedTypeIn(b.c, operatorText(b.op.String(), left, right), args, 1, numeric.text)
	}
	t := l
	switch l.Kind {
	case types.YearMonthInterval:
		t = wholeYearMonth
	case types.DayTimeInterval:
		t = wholeDayTime
	}
	return b.castCall(f, t, intervalScaleKernel(l.Kind, to, f == intervalDivideFunction), true, left, l, right, to)
}

// intervalDiv is interval div interval.
func (b *temporal) intervalDiv(left, right expr.Expr) (expr.Expr, bool, error) {
	l, r := left.Type(), right.Type()
	if l.Kind != r.Kind || l.Kind != types.YearMonthInterval && l.Kind != types.DayTimeInterval {
		return nil, false, nil
	}
	return b.call(intervalDivFunction, types.LongType, intervalDivKernel(l.Kind), true, left, right)
}

func bindNegateInterval(c *expr.BindContext, e expr.Expr) (expr.Expr, error) {
	b := &temporal{c, expr.Negate, modeOf(c)}
	r, _, err := b.call(intervalNegateFunction, e.Type(), intervalNegateKernel(e.Type().Kind), true, e)
	return r, err
}
