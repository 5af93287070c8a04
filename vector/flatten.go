package vector

// Flatten returns v itself if it is flat, else its first n rows as a new flat vector in the same layout.
func Flatten(v *Vector, n int) *Vector {
	if v.Encoding == Flat {
		return v
	}
	out := New(v.Type, v.Physical, n)
	AppendRows(out, v, nil, n)
	return out
}

// UsedSize is about the number of bytes of the rows that a flat vector holds, without spare room.
func (v *Vector) UsedSize() int64 {
	n := int64(v.Len*v.Physical.Size()) + int64(v.Len/8)
	for _, b := range v.Buffers {
		n += int64(len(b))
	}
	for _, c := range v.Children {
		n += c.UsedSize()
	}
	return n
}

// FlattenRows returns v itself if it is flat, else out with the rows of sel (nil: all n) of v, each in its place; rows that are
// not selected are unspecified and not looked at. Strings and lists of out refer to v's.
func FlattenRows(v *Vector, sel Selection, n int, out *Vector) *Vector {
	switch v.Encoding {
	case Constant:
		one := *v
		one.Encoding, one.Len = Flat, 1
		Gather(&one, make([]int32, n), sel, n, out)
	case Dictionary:
		Gather(v.Dict.Values, v.Codes(), sel, n, out)
		if v.Valid == nil {
			return out
		}
		if sel == nil {
			for i := range n {
				if !v.Valid.Get(i) {
					out.SetNull(i)
				}
			}
			return out
		}
		for _, i := range sel {
			if !v.Valid.Get(int(i)) {
				out.SetNull(int(i))
			}
		}
	default:
		return v
	}
	return out
}
