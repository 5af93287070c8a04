package kernel

import (
	"fmt"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// SetValue writes a Go value (in the forms of package types; nil is NULL) into row i of the flat vector v.
func SetValue(v *vector.Vector, i int, value any) {
	if value == nil {
		setNull(v, i)
		return
	}
	switch v.Physical {
	case types.PhysicalBool:
		b, _ := value.(bool)
		vector.Set(v, i, uint8(bit(b)))
	case types.PhysicalInt8:
		vector.Set(v, i, int8(mustInteger(value)))
	case types.PhysicalInt16:
		vector.Set(v, i, int16(mustInteger(value)))
	case types.PhysicalInt32:
		vector.Set(v, i, int32(mustInteger(value)))
	case types.PhysicalInt64:
		vector.Set(v, i, mustInteger(value))
	case types.PhysicalInt128:
		if wide, ok := value.(types.Int128); ok {
			vector.Set(v, i, wide)
			return
		}
		vector.Set(v, i, types.Int128From(mustInteger(value)))
	case types.PhysicalFloat32:
		vector.Set(v, i, float32(mustFloat(value)))
	case types.PhysicalFloat64:
		vector.Set(v, i, mustFloat(value))
	case types.PhysicalString:
		setString(v, i, value)
	case types.PhysicalInterval:
		vector.Set(v, i, value.(types.Interval))
	case types.PhysicalList:
		setList(v, i, value)
	case types.PhysicalStruct:
		for f, x := range value.([]any) {
			SetValue(v.Children[f], i, x)
		}
	default:
		panic(fmt.Sprintf("kernel: value %T in a vector of %s", value, v.Type))
	}
}

func setNull(v *vector.Vector, i int) {
	if v.Physical == types.PhysicalVoid {
		return
	}
	v.SetNull(i)
	// What stands under a null is never looked at, but a view must not point outside its buffers.
	switch v.Physical {
	case types.PhysicalString:
		vector.Set(v, i, vector.View{})
	case types.PhysicalList:
		vector.Set(v, i, vector.List{})
	case types.PhysicalStruct:
		for _, c := range v.Children {
			setNull(c, i)
		}
	}
}

func mustInteger(value any) int64 {
	n, ok := types.Integer64(value)
	if !ok {
		panic(fmt.Sprintf("kernel: %T (%v) is no integer", value, value))
	}
	return n
}

func mustFloat(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case float32:
		return float64(v)
	}
	return float64(mustInteger(value))
}

func setString(v *vector.Vector, i int, value any) {
	switch s := value.(type) {
	case string:
		v.SetString(i, []byte(s))
	case []byte:
		v.SetString(i, s)
	default:
		panic(fmt.Sprintf("kernel: %T in a vector of %s", value, v.Type))
	}
}

// setList appends elements to the child.
func setList(v *vector.Vector, i int, value any) {
	var elements []any
	switch x := value.(type) {
	case []any:
		elements = x
	case types.MapValue:
		for k := range x.Keys {
			elements = append(elements, []any{x.Keys[k], x.Values[k]})
		}
	default:
		panic(fmt.Sprintf("kernel: %T in a vector of %s", value, v.Type))
	}
	child := v.Children[0]
	start := child.Len
	Resize(child, start+len(elements))
	for j, x := range elements {
		SetValue(child, start+j, x)
	}
	vector.Set(v, i, vector.List{Start: int32(start), Length: int32(len(elements))})
}

// Resize sets the length of a flat vector, keeping values and validity; new rows are valid and unspecified.
func Resize(v *vector.Vector, n int) {
	old := v.Len
	v.Reserve(n)
	v.Len = n
	if v.Valid != nil {
		kept := append(vector.Bitmap(nil), v.Valid...)
		valid := v.NewValid()
		for i := range min(old, n) {
			valid.Put(i, kept.Get(i))
		}
	}
	if v.Physical == types.PhysicalStruct {
		for _, c := range v.Children {
			Resize(c, n)
		}
	}
}

// Value is the value of row i of v, of any encoding, in the Go forms of package types; strings are copied.
func Value(v *vector.Vector, i int) any {
	if v.IsNull(i) {
		return nil
	}
	switch v.Encoding {
	case vector.Dictionary:
		return Value(v.Dict.Values, int(v.Codes()[i]))
	case vector.Constant:
		i = 0
	}
	switch v.Physical {
	case types.PhysicalBool:
		return vector.Get[uint8](v, i)&1 != 0
	case types.PhysicalInt8:
		return typed(v.Type, int64(vector.Get[int8](v, i)))
	case types.PhysicalInt16:
		return typed(v.Type, int64(vector.Get[int16](v, i)))
	case types.PhysicalInt32:
		return typed(v.Type, int64(vector.Get[int32](v, i)))
	case types.PhysicalInt64:
		return typed(v.Type, vector.Get[int64](v, i))
	case types.PhysicalInt128:
		w := vector.Get[types.Int128](v, i)
		if v.Type.Kind != types.Decimal {
			return typed(v.Type, w.Int64())
		}
		return types.NewDecimalValue(w, v.Type)
	case types.PhysicalFloat32:
		return vector.Get[float32](v, i)
	case types.PhysicalFloat64:
		return vector.Get[float64](v, i)
	case types.PhysicalString:
		return string(v.StringAt(i))
	case types.PhysicalInterval:
		return vector.Get[types.Interval](v, i)
	case types.PhysicalList:
		l := vector.Get[vector.List](v, i)
		if v.Type.Kind == types.Map {
			return mapValue(v.Children[0], l)
		}
		out := make([]any, l.Length)
		for j := range out {
			out[j] = Value(v.Children[0], int(l.Start)+j)
		}
		return out
	case types.PhysicalStruct:
		out := make([]any, len(v.Children))
		for f, c := range v.Children {
			out[f] = Value(c, i)
		}
		return out
	}
	panic(fmt.Sprintf("kernel: no value of %s", v.Type))
}

// typed is n as the Go form of integer-like type t.
func typed(t types.Type, n int64) any {
	switch t.Kind {
	case types.Byte:
		return int8(n)
	case types.Short:
		return int16(n)
	case types.Int, types.Date, types.YearMonthInterval:
		return int32(n)
	case types.Decimal:
		return types.NewDecimalValue(types.Int128From(n), t)
	}
	return n
}

// mapValue is one map, whose entries are rows of a struct vector.
func mapValue(entries *vector.Vector, l vector.List) types.MapValue {
	m := types.MapValue{Keys: make([]any, l.Length), Values: make([]any, l.Length)}
	for j := range m.Keys {
		m.Keys[j] = Value(entries.Children[0], int(l.Start)+j)
		m.Values[j] = Value(entries.Children[1], int(l.Start)+j)
	}
	return m
}
