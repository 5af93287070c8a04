package vector

import (
	"math"
	"testing"

	"github.com/kilnql/kiln/types"
)

// sample is a column of every layout with n rows, every seventh null.
func sampleColumns(n int) []*Vector {
	list := types.ArrayType(types.StringType, true)
	structure := types.StructType(types.Field{Name: "a", Type: types.IntType}, types.Field{Name: "b", Type: types.StringType})
	all := []types.Type{types.BooleanType, types.ByteType, types.ShortType, types.IntType, types.LongType, types.FloatType, types.DoubleType,
		types.DecimalType(38, 2), types.CalendarType, types.StringType, list, structure}
	var out []*Vector
	for _, t := range all {
		v := NewFlat(t, n)
		v.Reset(n)
		for i := range n {
			fill(v, i)
		}
		for i := 0; i < n; i += 7 {
			v.SetNull(i)
		}
		out = append(out, v)
	}
	return out
}

func fill(v *Vector, i int) {
	text := []byte("a string that is longer than twelve bytes")[:5+i%36]
	switch v.Physical {
	case types.PhysicalString:
		v.SetString(i, text)
	case types.PhysicalList:
		child := v.Children[0]
		Set(v, i, List{int32(child.Len), int32(i % 3)})
		for e := range i % 3 {
			ReadValue(AppendValue(nil, constantString(text[:len(text)-e]), 0), child)
		}
	case types.PhysicalStruct:
		Set(v.Children[0], i, int32(i))
		v.Children[1].SetString(i, text)
	case types.PhysicalFloat32:
		Set(v, i, float32(i)/2)
	case types.PhysicalFloat64:
		Set(v, i, float64(i)/2)
	case types.PhysicalBool:
		Set(v, i, uint8(i&1))
	default:
		size := v.Physical.Size()
		for b := range size {
			v.data[i*size+b] = byte(i >> (b % 3))
		}
	}
}

func constantString(b []byte) *Vector {
	v := NewFlat(types.StringType, 1)
	v.Reset(1)
	v.SetString(0, b)
	return v
}

func sameValue(a *Vector, i int, b *Vector, j int) bool {
	return string(AppendValue(nil, a, i)) == string(AppendValue(nil, b, j))
}

func TestRowStoreRoundTrip(t *testing.T) {
	const n = 500
	columns := sampleColumns(n)
	var layout []Layout
	for _, c := range columns {
		layout = append(layout, Layout{c.Type, c.Physical})
	}
	s := NewRowStore(NewRowLayout(layout, 24))
	var odd Selection
	for i := 1; i < n; i += 2 {
		odd = append(odd, uint16(i))
	}
	for range 40 {
		s.Append(columns, nil, n)
		s.Append(columns, odd, n)
	}
	if s.Len() != 40*(n+n/2) {
		t.Fatal(s.Len())
	}
	rows := []uint32{}
	want := []int{}
	base := uint32(39 * (n + n/2))
	for i := range n {
		rows, want = append(rows, base+uint32(i)), append(want, i)
	}
	for j, i := range odd {
		rows, want = append(rows, base+n+uint32(j)), append(want, int(i))
	}
	for c, column := range columns {
		out := New(column.Type, column.Physical, 0)
		s.Gather(c, rows, out)
		for k := range rows {
			if !sameValue(out, k, column, want[k]) {
				t.Fatalf("%s: row %d differs", column.Type, k)
			}
		}
		candidates := []uint16{}
		for i := range n {
			candidates = append(candidates, uint16(i))
		}
		kept, missed := s.Match(c, column, candidates, rows, nil)
		if len(kept) != n || len(missed) != 0 {
			t.Errorf("%s: %d equal to themselves", column.Type, len(kept))
		}
	}
	if s.Compare(len(columns), base+3, base+3) != 0 || s.Compare(len(columns), base, base+1) != -1 {
		t.Error("compare")
	}
}

func TestEncodeColumns(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 1000} {
		columns := sampleColumns(n)
		var layout []Layout
		for _, c := range columns {
			layout = append(layout, Layout{c.Type, c.Physical})
		}
		b := EncodeColumns(nil, columns, n)
		b = append(b, 1, 2, 3)
		got, rows, rest, err := DecodeColumnsPrefix(b, layout)
		if err != nil || rows != n || len(rest) != 3 {
			t.Fatal(rows, rest, err)
		}
		for c, column := range columns {
			for i := range n {
				if !sameValue(got[c], i, column, i) {
					t.Fatalf("%s: row %d differs", column.Type, i)
				}
			}
		}
		for cut := 0; cut < len(b)-3; cut += 8 {
			if _, _, err := DecodeColumns(b[:cut], layout); err == nil {
				t.Fatalf("%d of %d bytes were enough", cut, len(b))
			}
		}
	}
}

func TestHashRowsAgree(t *testing.T) {
	const n = 300
	for _, column := range sampleColumns(n) {
		want := HashRows([]*Vector{column}, nil, n, nil)
		dictionary := &Vector{Type: column.Type, Physical: column.Physical}
		codes := dictionary.SetDictionary(&Dict{ID: 1, Values: column}, n)
		for i := range codes {
			codes[i] = int32(i)
		}
		got := HashRows([]*Vector{dictionary}, nil, n, nil)
		for i := range n {
			if got[i] != want[i] {
				t.Fatalf("%s: row %d", column.Type, i)
			}
		}
	}
	if FloatKey(math.Copysign(0, -1)) != FloatKey(0) || FloatKey(math.NaN()) != FloatKey(-math.NaN()) {
		t.Error("float keys")
	}
}
