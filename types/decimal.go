package types

// Spark's rules for the types of decimal arithmetic, with spark.sql.decimalOperations.allowPrecisionLoss on.

// minimumAdjustedScale is the scale that adjusting a too large precision leaves at least.
const minimumAdjustedScale = 6

// AdjustedDecimal returns decimal(precision, scale), giving up fraction digits (down to 6) where the precision exceeds 38.
func AdjustedDecimal(precision, scale int) Type {
	if precision <= MaxPrecision {
		return DecimalType(precision, scale)
	}
	return DecimalType(MaxPrecision, max(MaxPrecision-(precision-scale), min(scale, minimumAdjustedScale)))
}

// BoundedDecimal returns decimal(precision, scale) with both cut to 38.
func BoundedDecimal(precision, scale int) Type {
	return DecimalType(min(precision, MaxPrecision), min(scale, MaxPrecision))
}

// DecimalAddType is the type of a+b and a-b for decimals a and b.
func DecimalAddType(a, b Type) Type {
	p1, s1, p2, s2 := decimalParts(a, b)
	scale := max(s1, s2)
	return AdjustedDecimal(max(p1-s1, p2-s2)+scale+1, scale)
}

// DecimalMultiplyType is the type of a*b.
func DecimalMultiplyType(a, b Type) Type {
	p1, s1, p2, s2 := decimalParts(a, b)
	return AdjustedDecimal(p1+p2+1, s1+s2)
}

// DecimalDivideType is the type of a/b.
func DecimalDivideType(a, b Type) Type {
	p1, s1, p2, s2 := decimalParts(a, b)
	scale := max(minimumAdjustedScale, s1+p2+1)
	return AdjustedDecimal(p1-s1+s2+scale, scale)
}

// DecimalRemainderType is the type of a%b, mod and pmod.
func DecimalRemainderType(a, b Type) Type {
	p1, s1, p2, s2 := decimalParts(a, b)
	scale := max(s1, s2)
	return AdjustedDecimal(min(p1-s1, p2-s2)+scale, scale)
}

// DecimalIntegralDivideType is the decimal in which a div b is computed; the result of div itself is bigint.
func DecimalIntegralDivideType(a, b Type) Type {
	p1, s1, _, s2 := decimalParts(a, b)
	digits := p1 - s1 + s2
	if digits == 0 {
		digits = 1
	}
	return BoundedDecimal(digits, 0)
}

// DecimalSumType is the type of sum over decimals of type t.
func DecimalSumType(t Type) Type { return BoundedDecimal(int(t.Precision)+10, int(t.Scale)) }

// DecimalAverageType is the type of avg over decimals of type t.
func DecimalAverageType(t Type) Type { return BoundedDecimal(int(t.Precision)+4, int(t.Scale)+4) }

func decimalParts(a, b Type) (p1, s1, p2, s2 int) {
	return int(a.Precision), int(a.Scale), int(b.Precision), int(b.Scale)
}

// WiderDecimal is the decimal that holds all values of a and b; beyond 38 digits it keeps the integral digits first.
func WiderDecimal(a, b Type) Type {
	p1, s1, p2, s2 := decimalParts(a, b)
	scale := max(s1, s2)
	precision := max(p1-s1, p2-s2) + scale
	if precision <= MaxPrecision {
		return DecimalType(precision, scale)
	}
	return DecimalType(MaxPrecision, max(0, scale-(precision-MaxPrecision)))
}

// DecimalFor is the decimal that a number of another numeric type is cast to when it meets a decimal.
// It is t itself for a decimal, and void for a type that is no number.
func DecimalFor(t Type) Type {
	switch t.Kind {
	case Byte:
		return DecimalType(3, 0)
	case Short:
		return DecimalType(5, 0)
	case Int:
		return DecimalType(10, 0)
	case Long:
		return DecimalType(20, 0)
	case Float:
		return DecimalType(14, 7)
	case Double:
		return DecimalType(30, 15)
	case Decimal:
		return t
	}
	return VoidType
}

// DecimalForIntegerLiteral is the smallest decimal for an integer literal: what Spark casts the literal to
// where it is the operand of a binary operator whose other side is a decimal.
func DecimalForIntegerLiteral(v int64) Type { return DecimalType(DigitsInt64(v), 0) }

// DecimalForLiteral is the type of a decimal literal with the given value, such as 1.50 (150, 2) → decimal(3,2).
func DecimalForLiteral(unscaled Int128, scale int) Type {
	return DecimalType(max(unscaled.Digits(), scale), scale)
}

// IsWiderDecimal reports whether decimal d holds every value of t, an integral or decimal type.
func IsWiderDecimal(d, t Type) bool {
	u := DecimalFor(t)
	return u.Kind == Decimal && !t.IsFloating() && d.Precision-d.Scale >= u.Precision-u.Scale && d.Scale >= u.Scale
}

// IsTighterDecimal reports whether every value of decimal d fits the numeric type t: an integral type of enough digits,
// float and double by Spark's measure of 7 and 15 digits.
func IsTighterDecimal(d, t Type) bool {
	u := DecimalFor(t)
	return u.Kind == Decimal && d.Precision-d.Scale <= u.Precision-u.Scale && d.Scale <= u.Scale
}
