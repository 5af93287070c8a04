package files

import (
	"strconv"
	"time"

	"github.com/kilnql/kiln/types"
)

// partitionType is the narrowest type that the text of a partition value fits, as Spark infers it: int, bigint, decimal
// without fraction, double, timestamp of the form yyyy-MM-dd HH:mm:ss[.S], date of the form yyyy-MM-dd, or else string.
func partitionType(text string, timestampNTZ bool) types.Type {
	if _, err := strconv.ParseInt(text, 10, 32); err == nil {
		return types.IntType
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return types.LongType
	}
	if t, ok := wholeDecimal(text); ok {
		return t
	}
	if isJavaDouble(text) {
		return types.DoubleType
	}
	if _, ok := partitionMoment(text); ok {
		if timestampNTZ {
			return types.TimestampNTZType
		}
		return types.TimestampType
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return types.DateType
	}
	return types.StringType
}

// wholeDecimal is the type of a number without digits after its point, such as 30 digits, 5. or 1e3.
func wholeDecimal(text string) (types.Type, bool) {
	for i, c := range text {
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' || i > 60 {
			return types.Type{}, false
		}
	}
	unscaled, scale, status := types.ParseDecimal(text)
	if status != types.TextOK || scale > 0 {
		return types.Type{}, false
	}
	precision := 1
	for precision < types.MaxPrecision && !unscaled.FitsPrecision(precision) {
		precision++
	}
	return types.DecimalType(precision, 0), true
}

// isJavaDouble reports whether Java reads the text as a double, which knows NaN and Infinity in this spelling only.
func isJavaDouble(text string) bool {
	v, ok := types.ParseDouble(text)
	if !ok {
		return false
	}
	for _, c := range text {
		if c >= '0' && c <= '9' {
			return true
		}
	}
	switch text {
	case "NaN", "+NaN", "-NaN", "Infinity", "+Infinity", "-Infinity":
		return v != 0
	}
	return false
}

// partitionMoment reads yyyy-MM-dd HH:mm:ss with at most one digit of fraction, on a wall clock.
func partitionMoment(text string) (time.Time, bool) {
	t, err := time.Parse(time.DateTime, text)
	return t, err == nil && (len(text) == len(time.DateTime) || len(text) == len(time.DateTime)+2 && text[len(time.DateTime)] == '.')
}

// widerPartition is the type of a partition column whose values have these types.
func widerPartition(a, b types.Type) types.Type {
	if a.Kind > b.Kind {
		a, b = b, a
	}
	switch {
	case a.Equal(b), a.Kind == types.Void:
		return b
	case b.Kind == types.Void:
		return a
	case a.Kind == types.Int && b.Kind == types.Double:
		return b
	case isWhole(a) && isWhole(b):
		if a.Kind == types.Int && b.Kind == types.Long {
			return b
		}
		return types.DecimalType(max(wholeDigits(a), wholeDigits(b)), 0)
	case a.IsDatetime() && b.IsDatetime():
		if a.Kind == types.Date {
			return b
		}
		return a
	}
	// Also bigint or decimal beside double: neither holds the other's values.
	return types.StringType
}

func isWhole(t types.Type) bool {
	return t.Kind == types.Int || t.Kind == types.Long || t.Kind == types.Decimal
}

func wholeDigits(t types.Type) int {
	switch t.Kind {
	case types.Int:
		return 10
	case types.Long:
		return 20
	}
	return int(t.Precision)
}

// partitionValue reads the text of a partition value as type t, as a cast does, to the Go form of package types; false if
// it is none. Instants without a zone are of zone.
func partitionValue(text string, t types.Type, zone *types.Zone) (any, bool) {
	if zone == nil {
		zone = types.UTC
	}
	switch t.Kind {
	case types.String, types.Binary:
		return text, true
	case types.Boolean:
		return wrap(types.ParseBoolean(text))
	case types.Byte:
		v, status := types.ParseInteger(text, 8, false)
		return int8(v), status == types.TextOK
	case types.Short:
		v, status := types.ParseInteger(text, 16, false)
		return int16(v), status == types.TextOK
	case types.Int:
		v, status := types.ParseInteger(text, 32, false)
		return int32(v), status == types.TextOK
	case types.Long:
		v, status := types.ParseInteger(text, 64, false)
		return v, status == types.TextOK
	case types.Float:
		return wrap(types.ParseFloat(text))
	case types.Double:
		return wrap(types.ParseDouble(text))
	case types.Decimal:
		v, status := types.ParseDecimalAs(text, int(t.Precision), int(t.Scale))
		if status != types.TextOK {
			return nil, false
		}
		return types.NewDecimalValue(v, t), true
	case types.Date:
		return wrap(types.ParseDate(text))
	case types.Timestamp:
		return wrap(types.ParseTimestamp(text, zone, 0))
	case types.TimestampNTZ:
		return wrap(types.ParseTimestampNTZ(text, true))
	case types.DayTimeInterval:
		v, err := types.ParseDayTime(text, t)
		return v, err == nil
	case types.YearMonthInterval:
		v, err := types.ParseYearMonth(text, t)
		return v, err == nil
	}
	return nil, false
}

func wrap[T any](v T, ok bool) (any, bool) { return v, ok }
