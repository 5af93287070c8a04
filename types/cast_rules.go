package types

// CanCast reports whether CAST(from AS to) is allowed, whatever becomes of single values.
func CanCast(from, to Type, ansi bool) bool {
	if from.IsNested() && from.Kind == to.Kind {
		return castNested(from, to, func(f, t Type, nullable, mayBeNull bool) bool {
			if !ansi {
				nullable = nullable || ForceNullable(f, t)
			}
			return CanCast(f, t, ansi) && (!nullable || mayBeNull)
		})
	}
	switch {
	case from.Kind == Void, to.Kind == String, from.Equal(to):
		return true
	case from.Kind == Variant:
		return to.Kind != Void && !to.IsInterval() && (to.Kind != Map || to.Key().Kind == String)
	case to.Kind == Variant:
		return variantFrom(from)
	case from.Kind == String:
		return to.IsAtomic() || to.Kind == CalendarInterval
	case from.IsNumeric():
		return castNumeric(from, to, ansi)
	case from.Kind == YearMonthInterval || from.Kind == DayTimeInterval:
		return to.Kind == from.Kind || to.IsIntegral() || to.Kind == Decimal
	case from.Kind == Boolean:
		return to.IsNumeric() || !ansi && to.Kind == Timestamp
	case from.IsDatetime():
		return to.IsDatetime() || from.Kind == Timestamp && to.IsNumeric() ||
			!ansi && (from.Kind == Date && to.IsNumeric() || from.Kind != TimestampNTZ && to.Kind == Boolean)
	}
	return false
}

func castNumeric(from, to Type, ansi bool) bool {
	switch to.Kind {
	case Boolean, Timestamp:
		return true
	case YearMonthInterval, DayTimeInterval:
		return from.IsIntegral() || from.Kind == Decimal
	case Binary:
		return from.IsIntegral() && !ansi
	}
	return to.IsNumeric()
}

// variantFrom reports whether a cast of a value of t to variant is allowed.
func variantFrom(t Type) bool {
	if t.Kind == Array {
		return variantFrom(t.Elem())
	}
	return !t.IsInterval() && !t.IsNested()
}

// castNested asks allowed for each pair of parts of two types of the same nested kind.
func castNested(from, to Type, allowed func(from, to Type, nullable, mayBeNull bool) bool) bool {
	switch from.Kind {
	case Array:
		return allowed(from.Elem(), to.Elem(), from.ElemNullable(), to.ElemNullable())
	case Map:
		return allowed(from.Key(), to.Key(), false, false) && allowed(from.Elem(), to.Elem(), from.ElemNullable(), to.ElemNullable())
	}
	a, b := from.Fields(), to.Fields()
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !allowed(a[i].Type, b[i].Type, a[i].Nullable, b[i].Nullable) {
			return false
		}
	}
	return true
}

// CanUpCast reports whether every value of from is kept by a cast to to, without failure or loss of digits.
func CanUpCast(from, to Type) bool {
	if from.IsNested() && from.Kind == to.Kind {
		return castNested(from, to, func(f, t Type, nullable, mayBeNull bool) bool {
			return (!nullable || mayBeNull) && CanUpCast(f, t)
		})
	}
	switch {
	case from.Kind == Void, from.Equal(to):
		return true
	case from.IsNumeric() && to.Kind == Decimal:
		return IsWiderDecimal(to, from)
	case from.Kind == Decimal && to.IsNumeric():
		return IsTighterDecimal(from, to)
	case from.IsNumeric() && to.IsNumeric():
		return from.Kind <= to.Kind
	case from.IsDatetime() && to.IsDatetime():
		return to.Kind != Date
	case to.Kind == String:
		return from.IsAtomic() || from.Kind == CalendarInterval
	}
	return from.Kind == to.Kind && from.IsInterval()
}

// CanStoreAssign reports whether a value of from may be inserted into a column of to (ANSI store assignment).
func CanStoreAssign(from, to Type) bool {
	if from.IsNested() && from.Kind == to.Kind {
		return castNested(from, to, func(f, t Type, nullable, mayBeNull bool) bool {
			return (!nullable || mayBeNull) && CanStoreAssign(f, t)
		})
	}
	switch {
	case from.Kind == Void, from.Equal(to):
		return true
	case to.Kind == String:
		return from.IsAtomic() || from.Kind == CalendarInterval
	}
	return from.IsNumeric() && to.IsNumeric() || from.IsDatetime() && to.IsDatetime() || from.Kind == to.Kind && from.IsInterval()
}

// Family is a set of types that a parameter of a function accepts.
type Family uint8

// The families. OneType is a single type; the others are Spark's abstract types.
const (
	OneType         Family = iota
	AnyType                // every type
	AnyNumeric             // default DOUBLE
	AnyIntegral            // default INT
	AnyDecimal             // default DECIMAL(38,18)
	AnyString              // any collation; default STRING
	AnyTimestamp           // TIMESTAMP and TIMESTAMP_NTZ; default TIMESTAMP
	AnyAnsiInterval        // year-month and day-time intervals; no default
	AnyArray               // of Elem if given
	AnyMap                 //
	AnyStruct              //
)

// Expected is what a parameter of a function expects.
type Expected struct {
	Family Family
	Type   Type      // for OneType
	Elem   *Expected // for AnyArray; nil: any element
}

// Expect is Expected for a single type.
func Expect(t Type) Expected { return Expected{Type: t} }

// Accepts reports whether a value of type t is accepted without a cast.
func (e Expected) Accepts(t Type) bool {
	switch e.Family {
	case AnyType:
		return true
	case AnyNumeric:
		return t.IsNumeric()
	case AnyIntegral:
		return t.IsIntegral()
	case AnyDecimal:
		return t.Kind == Decimal
	case AnyString:
		return t.Kind == String
	case AnyTimestamp:
		return t.Kind == Timestamp || t.Kind == TimestampNTZ
	case AnyAnsiInterval:
		return t.Kind == YearMonthInterval || t.Kind == DayTimeInterval
	case AnyArray:
		return t.Kind == Array && (e.Elem == nil || e.Elem.Accepts(t.Elem()))
	case AnyMap:
		return t.Kind == Map
	case AnyStruct:
		return t.Kind == Struct
	}
	if e.Type.Kind == String && t.Kind == String {
		return e.Type.Collation() == t.Collation()
	}
	return e.Type.SameType(t)
}

// concrete is the type that NULL takes for the parameter.
func (e Expected) concrete() (Type, bool) {
	switch e.Family {
	case OneType:
		return e.Type, true
	case AnyNumeric:
		return DoubleType, true
	case AnyIntegral:
		return IntType, true
	case AnyDecimal:
		return DecimalType(38, 18), true
	case AnyString:
		return StringType, true
	case AnyTimestamp:
		return TimestampType, true
	case AnyArray:
		if e.Elem != nil {
			elem, ok := e.Elem.concrete()
			return ArrayType(elem, true), ok
		}
		return ArrayType(VoidType, true), true
	case AnyMap:
		return MapType(VoidType, VoidType, true), true
	}
	return Type{}, false
}

// ImplicitCast is the type to which an argument of type from is cast for a parameter that accepts any of expected;
// from itself if none is needed. ok is false if Spark inserts no cast: then the call is a type error.
func (c Coercion) ImplicitCast(from Type, expected ...Expected) (to Type, ok bool) {
	for _, e := range expected {
		if e.Accepts(from) {
			return from, true
		}
	}
	for _, e := range expected {
		if c.ANSI {
			to, ok = c.implicitANSI(from, e)
		} else {
			to, ok = c.implicitLegacy(from, e)
		}
		if ok {
			return to, true
		}
	}
	return Type{}, false
}

func (c Coercion) implicitANSI(from Type, e Expected) (Type, bool) {
	concrete, ok := e.concrete()
	switch {
	case !ok:
		return Type{}, false
	case from.IsNumeric() && e.Family == AnyDecimal:
		return DecimalFor(from), true
	case from.Kind == String && concrete.Kind == String:
		return Type{}, false // of another collation
	case e.Family == AnyIntegral && (from.IsFloating() || from.Kind == Decimal):
		return Type{}, false
	case from.Kind == String:
		return concrete, concrete.IsAtomic() && e.Family != AnyIntegral
	case from.Kind == Array && e.Family == AnyArray && e.Elem != nil:
		elem, ok := c.ImplicitCast(from.Elem(), *e.Elem)
		return ArrayType(elem, true), ok
	case from.Kind == Array && concrete.Kind == Array:
		elem, ok := c.ImplicitCast(from.Elem(), Expect(concrete.Elem()))
		return ArrayType(elem, true), ok
	}
	return concrete, CanStoreAssign(from, concrete)
}

func (c Coercion) implicitLegacy(from Type, e Expected) (Type, bool) {
	to, ok := e.concrete()
	switch {
	case !ok:
		return Type{}, false
	case from.Kind == Void:
		return to, true
	case from.IsNumeric() && e.Family == AnyDecimal:
		return DecimalFor(from), true
	case from.IsNumeric() && to.IsNumeric():
		return to, e.Family == OneType
	case from.IsDatetime() && to.IsDatetime():
		return to, true
	case from.Kind == String && to.Kind != String:
		return to, e.Family != AnyIntegral && (to.IsNumeric() || to.IsDatetime() || to.Kind == Binary)
	case to.Kind == String:
		return to, from.IsAtomic() && from.Kind != String
	case from.Kind == Array && to.Kind == Array && to.ElemNullable():
		elem, ok := c.ImplicitCast(from.Elem(), Expect(to.Elem()))
		return ArrayType(elem, true), ok
	case from.Kind == Map && to.Kind == Map && to.ElemNullable():
		key, ok1 := c.ImplicitCast(from.Key(), Expect(to.Key()))
		value, ok2 := c.ImplicitCast(from.Elem(), Expect(to.Elem()))
		return MapType(key, value, true), ok1 && ok2
	}
	return Type{}, false
}
