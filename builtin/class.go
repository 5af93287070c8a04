package builtin

import (
	"slices"
	"strings"

	"github.com/kilnql/kiln/types"
)

// class is what a parameter accepts: any of some types and families of types; others are cast to the first that Spark has
// an implicit cast to.
type class struct {
	text     string // as Spark's messages spell it, quotes included
	expected []types.Expected
}

// exactly is the class of one type.
func exactly(t types.Type) class { return class{quoted(t.SQL()), []types.Expected{types.Expect(t)}} }

// family is a class of Spark's abstract types.
func family(text string, f types.Family) class {
	return class{quoted(text), []types.Expected{{Family: f}}}
}

// fields is the class of the interval types of one kind.
func fields(text string, start, end int8, make func(start, end int8) types.Type) class {
	c := class{text: quoted(text)}
	c.expected = append(c.expected, types.Expect(make(start, end)))
	for from := start; from <= end; from++ {
		for to := from; to <= end; to++ {
			c.expected = append(c.expected, types.Expect(make(from, to)))
		}
	}
	return c
}

// anyOf is the union of classes, in order of preference.
func anyOf(classes ...class) class {
	var c class
	texts := []string{}
	for _, part := range classes {
		c.expected = append(c.expected, part.expected...)
		texts = append(texts, withoutBrackets(part.text))
	}
	c.text = "(" + strings.Join(texts, " or ") + ")"
	return c
}

// arrayOf is the class of arrays of c.
func arrayOf(elem class) class {
	return class{quoted("ARRAY<" + strings.Trim(elem.text, `"`) + ">"), []types.Expected{{Family: types.AnyArray, Elem: &elem.expected[0]}}}
}

func quoted(text string) string { return `"` + text + `"` }

func withoutBrackets(text string) string {
	return strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
}

// The classes of Spark's signatures.
var (
	boolean      = exactly(types.BooleanType)
	integer      = exactly(types.IntType)
	bigint       = exactly(types.LongType)
	double       = exactly(types.DoubleType)
	text         = class{`"STRING"`, []types.Expected{{Family: types.AnyString}}}
	blob         = exactly(types.BinaryType)
	date         = exactly(types.DateType)
	timestamp    = exactly(types.TimestampType)
	timestampNTZ = exactly(types.TimestampNTZType)
	anyTimestamp = class{`"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)"`, []types.Expected{{Family: types.AnyTimestamp}}}
	yearMonth    = fields("INTERVAL YEAR TO MONTH", types.FieldYear, types.FieldMonth, types.YearMonthType)
	dayTime      = fields("INTERVAL DAY TO SECOND", types.FieldDay, types.FieldSecond, types.DayTimeType)
	integral     = family("INTEGRAL", types.AnyIntegral)
	decimal      = family("DECIMAL", types.AnyDecimal)
	numeric      = family("NUMERIC", types.AnyNumeric)
	anyArray     = family("ARRAY", types.AnyArray)
	anyMap       = family("MAP", types.AnyMap)
	anything     = family("ANY", types.AnyType)
	ansiInterval = anyOf(dayTime, yearMonth)
)

// accepts reports whether t needs no cast.
func (c *class) accepts(t types.Type) bool {
	return slices.ContainsFunc(c.expected, func(e types.Expected) bool { return e.Accepts(t) })
}

// implicit is the type that a value of type t is cast to for this class, t itself if none is needed; ok is false if
// there is no implicit cast.
func (c *class) implicit(t types.Type, rules types.Coercion) (_ types.Type, ok bool) {
	return rules.ImplicitCast(t, c.expected...)
}
