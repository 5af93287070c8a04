package types

import (
	"slices"
	"strings"
)

// Spark's implicit type conversions. ANSI mode (spark.sql.ansi.enabled, the default) and the older mode differ; the methods
// of Coercion take the difference. A false second result means that Spark finds no common type.

// Coercion is a set of rules for implicit casts.
type Coercion struct {
	ANSI bool
	// CaseSensitive says whether names of struct fields must agree in case as well.
	CaseSensitive bool
}

// TightestCommonType is the common type of a and b to which both convert without loss of digits: integers and floats widen,
// void gives way, dates become timestamps. Two decimals of different precision have none.
func (c Coercion) TightestCommonType(a, b Type) (Type, bool) {
	switch {
	case a.Equal(b):
		return a, true
	case a.Kind == Void:
		return b, true
	case b.Kind == Void:
		return a, true
	case a.IsIntegral() && b.Kind == Decimal && IsWiderDecimal(b, a):
		return b, true
	case a.Kind == Decimal && b.IsIntegral() && IsWiderDecimal(a, b):
		return a, true
	case a.IsNumeric() && b.IsNumeric() && a.Kind != Decimal && b.Kind != Decimal:
		wider := Type{Kind: max(a.Kind, b.Kind)}
		if c.ANSI && wider.Kind == Float {
			wider = DoubleType // an integer and a float: float would lose digits of the integer
		}
		return wider, true
	case a.IsDatetime() && b.IsDatetime():
		return widerDatetime(a, b), true
	case a.Kind == b.Kind && (a.Kind == DayTimeInterval || a.Kind == YearMonthInterval):
		return Type{Kind: a.Kind, Start: min(a.Start, b.Start), End: max(a.End, b.End)}, true
	}
	return c.commonNested(a, b, c.TightestCommonType)
}

func widerDatetime(a, b Type) Type {
	if a.Kind == Timestamp || b.Kind == Timestamp {
		return TimestampType
	}
	return TimestampNTZType
}

// WiderType is the type of an operator whose two operands have types a and b (CASE branches, COALESCE, IN, UNION,
// array elements, comparisons). Beyond TightestCommonType, decimals widen and strings meet other types.
func (c Coercion) WiderType(a, b Type) (Type, bool) {
	if t, ok := c.TightestCommonType(a, b); ok {
		return t, true
	}
	if t, ok := widerTypeForDecimal(a, b); ok {
		return t, true
	}
	if t, ok := c.stringPromotion(a, b); ok {
		return t, true
	}
	return c.commonNested(a, b, c.WiderType)
}

// WiderTypeWithoutStrings is WiderType, but a string meets no other type. greatest, least and map_zip_with use it.
func (c Coercion) WiderTypeWithoutStrings(a, b Type) (Type, bool) {
	if t, ok := c.TightestCommonType(a, b); ok {
		return t, true
	}
	if t, ok := widerTypeForDecimal(a, b); ok {
		return t, true
	}
	return c.commonNested(a, b, c.WiderTypeWithoutStrings)
}

// WiderCommonType is WiderType over a list, void for an empty one.
func (c Coercion) WiderCommonType(list []Type) (Type, bool) {
	if !c.ANSI {
		// Outside ANSI mode the order matters where strings take part, so strings come first.
		ordered := make([]Type, 0, len(list))
		for _, t := range list {
			if hasString(t) && !slices.ContainsFunc(ordered, t.Equal) {
				ordered = append(ordered, t)
			}
		}
		for _, t := range list {
			if !hasString(t) {
				ordered = append(ordered, t)
			}
		}
		list = ordered
	}
	return foldTypes(list, c.WiderType)
}

// WiderCommonTypeWithoutStrings is WiderTypeWithoutStrings over a list.
func (c Coercion) WiderCommonTypeWithoutStrings(list []Type) (Type, bool) {
	return foldTypes(list, c.WiderTypeWithoutStrings)
}

func foldTypes(list []Type, wider func(a, b Type) (Type, bool)) (Type, bool) {
	common, ok := VoidType, true
	for _, t := range list {
		if common, ok = wider(common, t); !ok {
			return Type{}, false
		}
	}
	return common, true
}

func hasString(t Type) bool {
	return t.Kind == String || t.Kind == Array && hasString(t.Elem())
}

func widerTypeForDecimal(a, b Type) (Type, bool) {
	switch {
	case a.Kind != Decimal && b.Kind != Decimal, !a.IsNumeric(), !b.IsNumeric():
		return Type{}, false
	case a.IsFloating() || b.IsFloating():
		return DoubleType, true
	}
	return WiderDecimal(DecimalFor(a), DecimalFor(b)), true
}

// IsAtomic reports whether t is neither nested nor void or a calendar interval.
func (t Type) IsAtomic() bool {
	return !t.IsNested() && t.Kind != Void && t.Kind != CalendarInterval
}

// stringPromotion is the common type of a string and something else.
func (c Coercion) stringPromotion(a, b Type) (Type, bool) {
	if a.Kind == String && b.Kind == String {
		return widerString(a, b)
	}
	if b.Kind == String {
		a, b = b, a
	}
	switch {
	case a.Kind != String || !b.IsAtomic():
		return Type{}, false
	case !c.ANSI:
		return plainString(a), b.Kind != Binary && b.Kind != Boolean
	case b.IsIntegral():
		return LongType, true
	case b.IsNumeric():
		return DoubleType, true
	}
	return b, !b.IsInterval()
}

// widerString is the type that strings of different forms share: char and varchar become string; collations must agree.
func widerString(a, b Type) (Type, bool) {
	if a.Collation() != b.Collation() {
		return Type{}, false
	}
	if a.Form == b.Form && a.Form != PlainString {
		return Type{Kind: String, Form: a.Form, Length: max(a.Length, b.Length)}, true
	}
	return plainString(a), true
}

func plainString(t Type) Type { return CollatedType(t.Collation()) }

// commonNested applies find to the parts of two nested types of the same kind.
func (c Coercion) commonNested(a, b Type, find func(a, b Type) (Type, bool)) (Type, bool) {
	if a.Kind != b.Kind {
		return Type{}, false
	}
	switch a.Kind {
	case Array:
		elem, ok := find(a.Elem(), b.Elem())
		nullable := a.ElemNullable() || b.ElemNullable() || ForceNullable(a.Elem(), elem) || ForceNullable(b.Elem(), elem)
		return ArrayType(elem, nullable), ok
	case Map:
		key, ok := find(a.Key(), b.Key())
		if !ok || ForceNullable(a.Key(), key) || ForceNullable(b.Key(), key) {
			return Type{}, false
		}
		value, ok := find(a.Elem(), b.Elem())
		nullable := a.ElemNullable() || b.ElemNullable() || ForceNullable(a.Elem(), value) || ForceNullable(b.Elem(), value)
		return MapType(key, value, nullable), ok
	case Struct:
		return c.commonStruct(a.Fields(), b.Fields(), find)
	}
	return Type{}, false
}

func (c Coercion) commonStruct(a, b []Field, find func(a, b Type) (Type, bool)) (Type, bool) {
	if len(a) != len(b) {
		return Type{}, false
	}
	fields := make([]Field, len(a))
	for i, f := range a {
		g := b[i]
		if f.Name != g.Name && (c.CaseSensitive || !strings.EqualFold(f.Name, g.Name)) {
			return Type{}, false
		}
		t, ok := find(f.Type, g.Type)
		if !ok {
			return Type{}, false
		}
		nullable := f.Nullable || g.Nullable || ForceNullable(f.Type, t) || ForceNullable(g.Type, t)
		fields[i] = Field{Name: f.Name, Type: t, Nullable: nullable, Metadata: f.Metadata}
	}
	return StructType(fields...), true
}

// ForceNullable reports whether a cast may make NULL of a value that is not, in non-ANSI mode.
func ForceNullable(from, to Type) bool {
	switch {
	case from.Kind == Void, from.SameType(to):
		return false
	case from.Kind == String:
		return to.Kind != String && to.Kind != Binary
	case to.Kind == String:
		return false
	case from.Kind == Timestamp:
		return to.Kind == Byte || to.Kind == Short || to.Kind == Int
	case from.IsFloating() && to.Kind == Timestamp:
		return true
	case to.Kind == Date:
		return from.Kind != TimestampNTZ
	case to.Kind == CalendarInterval:
		return true
	case to.Kind == Decimal:
		return !nullSafeToDecimal(from, to)
	}
	return (from.IsFloating() || from.Kind == Decimal) && to.IsIntegral()
}

func nullSafeToDecimal(from, to Type) bool {
	switch {
	case from.Kind == Boolean:
		return IsWiderDecimal(to, DecimalType(1, 0))
	case from.IsIntegral() || from.Kind == Decimal:
		return IsWiderDecimal(to, from)
	}
	return false
}

// ComparisonType is the type in which =, <=>, < and their kin compare operands of types a and b. Nested types compare only where their
// parts have a tightest common type. (IN takes WiderCommonType.)
func (c Coercion) ComparisonType(a, b Type) (Type, bool) {
	if t, ok := c.TightestCommonType(a, b); ok {
		return t, true
	}
	if t, ok := widerTypeForDecimal(a, b); ok {
		return t, true
	}
	if c.ANSI || a.Kind == String && b.Kind == String {
		return c.stringPromotion(a, b)
	}
	s, other := a, b
	if b.Kind == String || b.Kind == Boolean && a.Kind != String {
		s, other = b, a
	}
	switch {
	case s.Kind == Boolean && other.IsNumeric():
		return other, true // true is 1
	case s.Kind != String || !other.IsAtomic() || other.IsInterval():
		return Type{}, false
	case other.Kind == Decimal:
		return DoubleType, true // no decimal holds every string's number
	}
	return other, true
}
