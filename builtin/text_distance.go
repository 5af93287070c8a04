package builtin

import (
	"unicode/utf8"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// distanceState holds the buffers of levenshtein.
type distanceState struct {
	a, b []rune
	row  []int32
}

// levenshteinKernel takes two strings and, if there is a third argument, the greatest distance of interest.
func levenshteinKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	state, _ := stateOf(c, func() (*distanceState, error) { return &distanceState{}, nil })
	a, b, to := stringsOf(args[0]), stringsOf(args[1]), vector.Values[int32](out)
	if len(args) == 2 {
		return each(sel, out, func(i int) error {
			to[i] = state.distance(a.at(i), b.at(i))
			return nil
		})
	}
	limit := columnOf[int32](args[2])
	return each(sel, out, func(i int) error {
		if to[i] = state.distance(a.at(i), b.at(i)); to[i] > limit.at(i) {
			to[i] = -1
		}
		return nil
	})
}

// distance keeps one row of the table of distances between prefixes.
func (d *distanceState) distance(a, b []byte) int32 {
	d.a, d.b = appendRunes(d.a[:0], a), appendRunes(d.b[:0], b)
	d.row = d.row[:0]
	for j := range len(d.b) + 1 {
		d.row = append(d.row, int32(j))
	}
	for i, x := range d.a {
		diagonal := d.row[0]
		d.row[0] = int32(i + 1)
		for j, y := range d.b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = d.row[j+1]
			d.row[j+1] = min(cost, diagonal+1, d.row[j]+1)
		}
	}
	return d.row[len(d.b)]
}

func appendRunes(dst []rune, s []byte) []rune {
	for len(s) > 0 {
		r, width := utf8.DecodeRune(s)
		dst = append(dst, r)
		s = s[width:]
	}
	return dst
}
