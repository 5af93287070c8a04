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
