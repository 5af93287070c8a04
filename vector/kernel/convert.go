package kernel

import (
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// Convert changes the width of integers: out[i] = R(a[i]).
func Convert[A, R Integer](a []A, sel vector.Selection, out []R) {
	out = out[:len(a)]
	if sel != nil {
		for _, i := range sel {
			out[i] = R(a[i])
		}
		return
	}
	for i, x := range a {
		out[i] = R(x)
	}
}

// Widen changes the layout of a flat integer vector to p, widening or narrowing; validity is copied.
func Widen(a *vector.Vector, p types.Physical, sel vector.Selection, out *vector.Vector) {
	switch a.Physical {
	case types.PhysicalInt8:
		widenFrom(vector.Values[int8](a), p, sel, out)
	case types.PhysicalInt16:
		widenFrom(vector.Values[int16](a), p, sel, out)
	case types.PhysicalInt32:
		widenFrom(vector.Values[int32](a), p, sel, out)
	case types.PhysicalInt64:
		widenFrom(vector.Values[int64](a), p, sel, out)
	case types.PhysicalInt128:
		narrow128(vector.Values[types.Int128](a), p, sel, out)
	}
	CopyValidity(out, a)
}

func widenFrom[A Integer](a []A, p types.Physical, sel vector.Selection, out *vector.Vector) {
	switch p {
	case types.PhysicalInt8:
		Convert(a, sel, vector.Values[int8](out))
	case types.PhysicalInt16:
		Convert(a, sel, vector.Values[int16](out))
	case types.PhysicalInt32:
		Convert(a, sel, vector.Values[int32](out))
	case types.PhysicalInt64:
		Convert(a, sel, vector.Values[int64](out))
	case types.PhysicalInt128:
		o := vector.Values[types.Int128](out)
		if sel != nil {
			for _, i := range sel {
				o[i] = types.Int128From(int64(a[i]))
			}
			return
		}
		for i, x := range a {
			o[i] = types.Int128From(int64(x))
		}
	}
}

func narrow128(a []types.Int128, p types.Physical, sel vector.Selection, out *vector.Vector) {
	switch p {
	case types.PhysicalInt128:
		o := vector.Values[types.Int128](out)
		each(sel, len(a), func(i int) { o[i] = a[i] })
	case types.PhysicalInt64:
		o := vector.Values[int64](out)
		each(sel, len(a), func(i int) { o[i] = a[i].Int64() })
	case types.PhysicalInt32:
		o := vector.Values[int32](out)
		each(sel, len(a), func(i int) { o[i] = int32(a[i].Int64()) })
	case types.PhysicalInt16:
		o := vector.Values[int16](out)
		each(sel, len(a), func(i int) { o[i] = int16(a[i].Int64()) })
	case types.PhysicalInt8:
		o := vector.Values[int8](out)
		each(sel, len(a), func(i int) { o[i] = int8(a[i].Int64()) })
	}
}

// CopyValidity gives flat vector out the validity of the flat or constant vector a.
func CopyValidity(out, a *vector.Vector) {
	switch {
	case a.Physical == types.PhysicalVoid:
		out.ClearedValid()
	case a.Valid == nil:
		out.Valid = nil
	case a.Encoding == vector.Constant:
		if !a.Valid.Get(0) {
			out.ClearedValid()
		}
	default:
		copy(out.NewValid(), a.Valid)
	}
}

// IntersectValidity makes out null wherever one of the flat or constant vectors in is null.
func IntersectValidity(out *vector.Vector, in ...*vector.Vector) {
	out.Valid = nil
	for _, v := range in {
		if v.Valid == nil && v.Physical != types.PhysicalVoid {
			continue
		}
		if out.Valid == nil {
			CopyValidity(out, v)
			continue
		}
		if v.Encoding == vector.Constant || v.Physical == types.PhysicalVoid {
			if v.IsNull(0) {
				clear(out.Valid)
			}
			continue
		}
		out.Valid.And(v.Valid)
	}
}

// Gather writes row from[i] of src into row i of out, for each i of sel (or all of from); a negative from[i] gives null.
// src is flat, constant or a dictionary; a dictionary's codes are gathered and the dictionary kept. Strings are shared, not copied:
// out lives no longer than src.
func Gather[I int32 | uint16](src *vector.Vector, from []I, sel vector.Selection, out *vector.Vector) {
	n := len(from)
	switch {
	case src.Encoding == vector.Dictionary:
		out.Reset(0)
		codes := out.SetDictionary(src.Dict, n)
		gatherValues(src.Codes(), from, sel, codes)
		gatherValidity(src, from, sel, out)
		return
	case src.Encoding == vector.Constant:
		from = constantRows(from)
	}
	out.Reset(n)
	gatherFlat(src, from, sel, out)
	gatherValidity(src, from, sel, out)
}

// constantRows maps every row to slot 0, missing ones excepted.
func constantRows[I int32 | uint16](from []I) []I {
	zero := make([]I, len(from))
	for i, f := range from {
		zero[i] = min(f, 0)
	}
	return zero
}

func gatherFlat[I int32 | uint16](src *vector.Vector, from []I, sel vector.Selection, out *vector.Vector) {
	switch src.Physical {
	case types.PhysicalBool:
		gatherValues(vector.Values[uint8](src), from, sel, vector.Values[uint8](out))
	case types.PhysicalInt8:
		gatherValues(vector.Values[int8](src), from, sel, vector.Values[int8](out))
	case types.PhysicalInt16:
		gatherValues(vector.Values[int16](src), from, sel, vector.Values[int16](out))
	case types.PhysicalInt32, types.PhysicalFloat32:
		gatherValues(vector.Values[int32](src), from, sel, vector.Values[int32](out))
	case types.PhysicalInt64, types.PhysicalFloat64:
		gatherValues(vector.Values[int64](src), from, sel, vector.Values[int64](out))
	case types.PhysicalInt128, types.PhysicalInterval:
		gatherValues(vector.Values[types.Int128](src), from, sel, vector.Values[types.Int128](out))
	case types.PhysicalString:
		base := out.ShareBuffers(src)
		views := vector.Values[vector.View](out)
		gatherValues(vector.Values[vector.View](src), from, sel, views)
		if base > 0 {
			each(sel, len(from), func(i int) { views[i] = views[i].Moved(base) })
		}
	case types.PhysicalList:
		gatherValues(vector.Values[vector.List](src), from, sel, vector.Values[vector.List](out))
		out.ShareElements(src)
	case types.PhysicalStruct:
		for i, c := range src.Children {
			Gather(c, from, sel, out.Children[i])
		}
	}
}

// gatherValues leaves rows without a source, and rows whose source is out of bounds, unspecified: such a row was not
// selected where src was made.
func gatherValues[T any, I int32 | uint16](src []T, from []I, sel vector.Selection, out []T) {
	out = out[:len(from)]
	if sel != nil {
		for _, i := range sel {
			if f := int(from[i]); uint(f) < uint(len(src)) {
				out[i] = src[f]
			}
		}
		return
	}
	for i, f := range from {
		if uint(int(f)) < uint(len(src)) {
			out[i] = src[int(f)]
		}
	}
}

func gatherValidity[I int32 | uint16](src *vector.Vector, from []I, sel vector.Selection, out *vector.Vector) {
	missing := false
	if sel == nil {
		for _, f := range from {
			missing = missing || f < 0
		}
	} else {
		for _, i := range sel {
			missing = missing || from[i] < 0
		}
	}
	if src.Valid == nil && src.Physical != types.PhysicalVoid && !missing {
		return
	}
	valid := out.NewValid()
	each(sel, len(from), func(i int) {
		if f := from[i]; f < 0 || src.Physical == types.PhysicalVoid || src.Valid != nil && !src.Valid.Get(int(f)) {
			valid.Clear(i)
		}
	})
}

// Flatten writes the rows of src, of any encoding, into the flat vector out. Codes outside the selection may be anything.
func Flatten(src *vector.Vector, sel vector.Selection, out *vector.Vector) {
	n := src.Len
	out.Reset(n)
	switch src.Encoding {
	case vector.Constant:
		broadcast(src, n, out)
		CopyValidity(out, src)
	case vector.Dictionary:
		flattenDictionary(src, sel, out)
	default:
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = int32(i)
		}
		gatherFlat(src, rows, sel, out)
		CopyValidity(out, src)
	}
}

func flattenDictionary(src *vector.Vector, sel vector.Selection, out *vector.Vector) {
	codes, values := src.Codes(), src.Dict.Values
	gatherFlat(values, codes, sel, out)
	if src.Valid == nil && values.Valid == nil {
		return
	}
	valid := out.NewValid()
	if src.Valid != nil {
		copy(valid, src.Valid)
	}
	if values.Valid != nil {
		each(sel, len(codes), func(i int) {
			if c := int(codes[i]); uint(c) < uint(values.Len) && !values.Valid.Get(c) {
				valid.Clear(i)
			}
		})
	}
}

func broadcast(src *vector.Vector, n int, out *vector.Vector) {
	switch src.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		fill(vector.Values[int8](src)[0], vector.Values[int8](out))
	case types.PhysicalInt16:
		fill(vector.Values[int16](src)[0], vector.Values[int16](out))
	case types.PhysicalInt32, types.PhysicalFloat32:
		fill(vector.Values[int32](src)[0], vector.Values[int32](out))
	case types.PhysicalInt64, types.PhysicalFloat64:
		fill(vector.Values[int64](src)[0], vector.Values[int64](out))
	case types.PhysicalInt128, types.PhysicalInterval:
		fill(vector.Values[types.Int128](src)[0], vector.Values[types.Int128](out))
	case types.PhysicalString:
		base := out.ShareBuffers(src)
		fill(vector.Values[vector.View](src)[0].Moved(base), vector.Values[vector.View](out))
	case types.PhysicalList:
		fill(vector.Values[vector.List](src)[0], vector.Values[vector.List](out))
		out.ShareElements(src)
	case types.PhysicalStruct:
		for i, c := range src.Children {
			one := make([]int32, n)
			Gather(c, one, nil, out.Children[i])
		}
	}
}

func fill[T any](v T, out []T) {
	for i := range out {
		out[i] = v
	}
}

// Merge copies the rows of sel from the flat vector src, of the same layout, into out. out must have a validity bitmap
// if src may have nulls.
func Merge(src *vector.Vector, sel vector.Selection, out *vector.Vector) {
	switch src.Physical {
	case types.PhysicalBool, types.PhysicalInt8:
		merge(vector.Values[int8](src), sel, vector.Values[int8](out))
	case types.PhysicalInt16:
		merge(vector.Values[int16](src), sel, vector.Values[int16](out))
	case types.PhysicalInt32, types.PhysicalFloat32:
		merge(vector.Values[int32](src), sel, vector.Values[int32](out))
	case types.PhysicalInt64, types.PhysicalFloat64:
		merge(vector.Values[int64](src), sel, vector.Values[int64](out))
	case types.PhysicalInt128, types.PhysicalInterval:
		merge(vector.Values[types.Int128](src), sel, vector.Values[types.Int128](out))
	case types.PhysicalString:
		base := out.ShareBuffers(src)
		views, from := vector.Values[vector.View](out), vector.Values[vector.View](src)
		each(sel, src.Len, func(i int) { views[i] = from[i].Moved(base) })
	}
	MergeValidity(src, sel, out)
}

// MergeValidity copies the validity of the rows of sel.
func MergeValidity(src *vector.Vector, sel vector.Selection, out *vector.Vector) {
	if src.Valid == nil && out.Valid == nil {
		return
	}
	if out.Valid == nil {
		out.NewValid()
	}
	each(sel, src.Len, func(i int) { out.Valid.Put(i, src.Valid == nil || src.Valid.Get(i)) })
}

func merge[T any](src []T, sel vector.Selection, out []T) {
	if sel == nil {
		copy(out, src)
		return
	}
	out = out[:len(src)]
	for _, i := range sel {
		out[i] = src[i]
	}
}
