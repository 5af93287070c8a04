package types

import "math/big"

// DecimalAdd adds unscaled values of scales scaleA and scaleB and rounds the sum half up to scale; ok is false if it needs more
// than precision digits. The exact sum may need more than 128 bits: 0.12…(38 digits) + 2 at scale 27.
func DecimalAdd(a, b Int128, scaleA, scaleB, scale, precision int) (sum Int128, ok bool) {
	common := max(scaleA, scaleB)
	x, overflow1 := a.Mul(Pow10(common - scaleA))
	y, overflow2 := b.Mul(Pow10(common - scaleB))
	if !overflow1 && !overflow2 {
		if sum, overflow := x.AddOverflow(y); !overflow {
			return Rescale(sum, common, scale, precision)
		}
	}
	return addWide(a, b, scaleA, scaleB, scale, precision)
}

// addWide is DecimalAdd for what overflows 128 bits on the way.
func addWide(a, b Int128, scaleA, scaleB, scale, precision int) (Int128, bool) {
	common := max(scaleA, scaleB)
	x := new(big.Int).Mul(bigInt(a), tenToThe(common-scaleA))
	sum := x.Add(x, new(big.Int).Mul(bigInt(b), tenToThe(common-scaleB)))
	if scale > common {
		sum.Mul(sum, tenToThe(scale-common))
	} else if scale < common {
		divisor := tenToThe(common - scale)
		rest := new(big.Int)
		sign := int64(sum.Sign())
		sum.QuoRem(sum, divisor, rest)
		if rest.Abs(rest).Lsh(rest, 1).Cmp(divisor) >= 0 {
			sum.Add(sum, big.NewInt(sign))
		}
	}
	if new(big.Int).Abs(sum).Cmp(tenToThe(precision)) >= 0 {
		return Int128{}, false
	}
	low := new(big.Int).And(sum, new(big.Int).SetUint64(1<<64-1)) // of the two's complement
	return Int128{Lo: low.Uint64(), Hi: new(big.Int).Rsh(sum, 64).Int64()}, true
}

func bigInt(v Int128) *big.Int {
	b := new(big.Int).Lsh(big.NewInt(v.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo))
}
