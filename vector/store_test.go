package vector

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kilnql/kiln/types"
)

// text prints a value of any type, for comparison in tests.
func text(v *Vector, i int) string {
	if v.IsNull(i) {
		return "null"
	}
	switch v.Physical {
	case types.PhysicalInt32:
		return fmt.Sprint(Get[int32](v, i))
	case types.PhysicalString:
		return string(v.StringAt(i))
	case types.PhysicalStruct:
		parts := []string{}
		for _, c := range v.Children {
			parts = append(parts, text(c, i))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case types.PhysicalList:
		l := Get[List](v, i)
		parts := []string{}
		for j := l.Start; j < l.Start+l.Length; j++ {
			parts = append(parts, text(v.Children[0], int(j)))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	return "?"
}

func sample(n int) []*Vector {
	list := types.ArrayType(types.StringType, true)
	record := types.StructType(types.Field{Name: "a", Type: types.IntType}, types.Field{Name: "b", Type: types.StringType})
	ints, strs, lists, records := NewFlat(types.IntType, n), NewFlat(types.StringType, n), NewFlat(list, n), NewFlat(record, n)
	for _, v := range []*Vector{ints, strs, lists, records} {
		v.Reset(n)
	}
	words := NewFlat(types.StringType, 0)
	for i := range n {
		Set(ints, i, int32(i*7))
		strs.SetString(i, []byte(strings.Repeat("x", i%30)+fmt.Sprint(i)))
		start := words.Len
		for k := range i % 4 {
			words.extend(words.Len + 1)
			words.SetString(words.Len-1, []byte(strings.Repeat("y", k*9)))
		}
		Set(lists, i, List{int32(start), int32(i % 4)})
		Set(records.Children[0], i, int32(i))
		records.Children[1].SetString(i, []byte(strings.Repeat("z", i%20)))
		if i%5 == 0 {
			ints.SetNull(i)
			lists.SetNull(i)
		}
		if i%7 == 0 {
			strs.SetNull(i)
			records.SetNull(i)
		}
	}
	lists.Children[0] = words
	dictionary := New(types.StringType, types.PhysicalString, n)
	codes := dictionary.SetDictionary(&Dict{ID: 1, Values: strs}, n)
	for i := range codes {
		codes[i] = int32((i * 3) % n)
	}
	constant := NewFlat(types.IntType, 1)
	constant.Reset(1)
	Set(constant, 0, int32(42))
	constant.SetConstant(n)
	return []*Vector{ints, strs, lists, records, dictionary, constant}
}

func layoutOf(columns []*Vector) []Layout {
	out := []Layout{}
	for _, c := range columns {
		out = append(out, Layout{c.Type, c.Physical})
	}
	return out
}

func TestStoreKeepsRowsOfEveryEncoding(t *testing.T) {
	for _, n := range []int{1, 3, 64, 100} {
		columns := sample(n)
		s := NewStore(layoutOf(columns))
		var want [][]int
		for round, sel := range []Selection{nil, {0}, nil, {}, Selection{uint16(n / 2)}} {
			s.Append(columns, sel, n)
			rows := []int{}
			for i := range n {
				if sel == nil {
					rows = append(rows, i)
				}
			}
			for _, i := range sel {
				rows = append(rows, int(i))
			}
			want = append(want, rows)
			_ = round
		}
		check := func(s *Store) {
			t.Helper()
			for c, column := range columns {
				at := 0
				for _, rows := range want {
					for _, i := range rows {
						if got, w := text(s.Columns[c], at), text(column, i); got != w {
							t.Fatalf("n %d column %d row %d: %s, want %s", n, c, at, got, w)
						}
						at++
					}
				}
				if at != s.Len {
					t.Fatalf("%d rows, want %d", s.Len, at)
				}
			}
		}
		check(s)
	}
}

func TestGather(t *testing.T) {
	columns := sample(50)
	s := NewStore(layoutOf(columns))
	s.Append(columns, nil, 50)
	rows := []int32{3, -1, 49, 7, 7}
	for c := range columns {
		out := New(columns[c].Type, columns[c].Physical, 8)
		for range 2 {
			Gather(s.Columns[c], rows, nil, len(rows), out)
			for i, r := range rows {
				want := "null"
				if r >= 0 {
					want = text(columns[c], int(r))
				}
				if got := text(out, i); got != want && !(r < 0 && out.IsNull(i)) {
					t.Fatalf("column %d row %d: %s, want %s", c, i, got, want)
				}
			}
		}
	}
}

func TestResetSparesElementsOfOthers(t *testing.T) {
	kind := types.ArrayType(types.IntType, true)
	lists := New(kind, types.PhysicalList, 1)
	ReadValue([]byte{1, 2, 0, 0, 0, 0, 1, 3, 0, 0, 0}, lists) // [null, 3], as AppendValue writes it
	out := New(kind, types.PhysicalList, 2)
	for range 2 {
		Gather(lists, []int32{0}, nil, 1, out)
		if got := text(out, 0); got != "[null,3]" {
			t.Errorf("gathered %s", got)
		}
	}
	out.Reset(0)
	ReadValue([]byte{1, 1, 0, 0, 0, 1, 9, 0, 0, 0}, out)
	if got := text(lists, 0) + text(out, 0); got != "[null,3][9]" {
		t.Errorf("%s after the other vector was filled anew", got)
	}
}
