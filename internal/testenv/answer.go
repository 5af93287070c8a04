package testenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
)

// Column is the name and type (Spark's simple string) of a result column.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Answer is a query's result in kiln's machine format. Values are what
// encoding/json gives for it, with numbers as json.Number so that no digit is lost.
type Answer struct {
	Columns []Column `json:"columns"`
	// Order names the columns the query sorts by, most significant first. Empty
	// means that the rows come in no particular order.
	Order []string `json:"order,omitempty"`
	Rows  [][]any  `json:"rows"`
}

// ParseAnswer reads an answer from its JSON text. Fields it does not know
// (elapsed_ms, id) are ignored; the text of an error is not an answer.
func ParseAnswer(text []byte) (Answer, error) {
	var document struct {
		Answer
		Error *Failure `json:"error"`
	}
	if err := decode(text, &document); err != nil {
		return Answer{}, err
	}
	if document.Error != nil {
		return Answer{}, document.Error
	}
	return document.Answer, nil
}

// decode reads one JSON document, keeping numbers as they are written.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("more than one JSON document: %.60q", text)
	}
	return nil
}

// relativeTolerance is how far two doubles may be apart: sums of doubles depend
// on the order of addition, which no engine promises.
const relativeTolerance = 1e-9

// mismatchesShown limits the length of a report.
const mismatchesShown = 5

// Compare returns nil when got equals want, else an error that lists the first
// differences. Names, types and values are compared exactly but for doubles,
// which may differ by 1e-9 relative. Rows are multisets, unless want has an order:
// then the sort columns must agree row by row, and rows with equal sort columns
// may come in any order. Got's own order field is ignored.
func Compare(want, got Answer) error {
	if err := compareColumns(want.Columns, got.Columns); err != nil {
		return err
	}
	if len(want.Rows) != len(got.Rows) {
		return fmt.Errorf("%d rows, want %d", len(got.Rows), len(want.Rows))
	}
	for number, row := range got.Rows {
		if len(row) != len(want.Columns) {
			return fmt.Errorf("row %d has %d values for %d columns", number, len(row), len(want.Columns))
		}
	}
	order, err := positions(want.Columns, want.Order)
	if err != nil {
		return err
	}
	if err := comparePaired("in order, row", want.Columns, order, want.Rows, got.Rows); err != nil {
		return err
	}
	all := make([]int, len(want.Columns))
	for i := range all {
		all[i] = i
	}
	return comparePaired("sorted, row", want.Columns, all, canonical(want.Columns, want.Rows), canonical(want.Columns, got.Rows))
}

func compareColumns(want, got []Column) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d columns %v, want %d %v", len(got), got, len(want), want)
	}
	for i := range want {
		if want[i] != got[i] {
			return fmt.Errorf("column %d is %s %s, want %s %s", i, got[i].Name, got[i].Type, want[i].Name, want[i].Type)
		}
	}
	return nil
}

// positions finds the named columns; a name is taken once, from the left.
func positions(columns []Column, names []string) ([]int, error) {
	found := make([]int, 0, len(names))
next:
	for _, name := range names {
		for i, column := range columns {
			if column.Name == name {
				found = append(found, i)
				continue next
			}
		}
		return nil, fmt.Errorf("order names the column %s, which the answer does not have", name)
	}
	return found, nil
}

// comparePaired compares the given columns of rows at the same place.
func comparePaired(what string, columns []Column, places []int, want, got [][]any) error {
	var report []string
	for number := range want {
		for _, i := range places {
			if equalValues(columns[i].Type, want[number][i], got[number][i]) {
				continue
			}
			report = append(report, fmt.Sprintf("%s %d, column %s: %s, want %s",
				what, number, columns[i].Name, text(got[number][i]), text(want[number][i])))
			if len(report) == mismatchesShown {
				return fmt.Errorf("%s\n…", strings.Join(report, "\n"))
			}
		}
	}
	if report != nil {
		return fmt.Errorf("%s", strings.Join(report, "\n"))
	}
	return nil
}

// canonical returns the rows sorted: by the columns that are compared exactly,
// then by the doubles, so that rows that correspond stand at the same place.
func canonical(columns []Column, rows [][]any) [][]any {
	type keyed struct {
		row     []any
		exact   string
		doubles []float64
	}
	list := make([]keyed, len(rows))
	for n, row := range rows {
		entry := keyed{row: row}
		var exact strings.Builder
		for i, column := range columns {
			switch {
			case column.Type == "double":
				entry.doubles = append(entry.doubles, sortable(row[i]))
			case column.Type == "float":
				fmt.Fprintf(&exact, "%v\x00", float32(sortable(row[i])))
			case !strings.Contains(column.Type, "double"):
				exact.WriteString(text(row[i]))
				exact.WriteByte(0)
			}
		}
		entry.exact = exact.String()
		list[n] = entry
	}
	sort.SliceStable(list, func(a, b int) bool {
		if list[a].exact != list[b].exact {
			return list[a].exact < list[b].exact
		}
		for i, left := range list[a].doubles {
			if right := list[b].doubles[i]; left != right {
				return left < right
			}
		}
		return false
	})
	sorted := make([][]any, len(list))
	for n, entry := range list {
		sorted[n] = entry.row
	}
	return sorted
}

// sortable maps a double's encoding to a number that has an order: null first,
// NaN last, as Spark has it.
func sortable(value any) float64 {
	if value == nil {
		return math.Inf(-1)
	}
	number, ok := float(value, 64)
	if !ok || math.IsNaN(number) {
		return math.MaxFloat64
	}
	return number
}

// float reads a number, or the text of one that is not finite.
func float(value any, bits int) (float64, bool) {
	var digits string
	switch value := value.(type) {
	case json.Number:
		digits = value.String()
	case string:
		if value != "NaN" && value != "Infinity" && value != "-Infinity" {
			return 0, false
		}
		digits = value
	default:
		return 0, false
	}
	number, err := strconv.ParseFloat(digits, bits)
	return number, err == nil
}

// equalValues compares two encoded values of a column of the type.
func equalValues(kind string, want, got any) bool {
	switch want := want.(type) {
	case json.Number:
		other, ok := got.(json.Number)
		return ok && (want == other || equalNumbers(kind, want, other))
	case []any:
		other, ok := got.([]any)
		if !ok || len(want) != len(other) {
			return false
		}
		for i := range want {
			if !equalValues(kind, want[i], other[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		other, ok := got.(map[string]any)
		if !ok || len(want) != len(other) {
			return false
		}
		for name, value := range want {
			item, ok := other[name]
			if !ok || !equalValues(kind, value, item) {
				return false
			}
		}
		return true
	default: // nil, bool, string: comparable
		switch got.(type) {
		case nil, bool, string:
			return want == got
		}
		return false
	}
}

// equalNumbers compares numbers that are written differently. Only floating
// point has more than one spelling; an integer is equal to itself alone, also
// inside a struct that holds doubles.
func equalNumbers(kind string, want, got json.Number) bool {
	switch {
	case strings.Contains(kind, "double"):
		if !strings.ContainsAny(want.String()+got.String(), ".eE-") {
			return false
		}
		left, err1 := want.Float64()
		right, err2 := got.Float64()
		if err1 != nil || err2 != nil || math.Signbit(left) != math.Signbit(right) {
			return false
		}
		return math.Abs(left-right) <= relativeTolerance*max(math.Abs(left), math.Abs(right))
	case strings.Contains(kind, "float"):
		left, ok1 := float(want, 32)
		right, ok2 := float(got, 32)
		return ok1 && ok2 && left == right && math.Signbit(left) == math.Signbit(right)
	}
	return false
}

// text renders a value for reports and as a sort key.
func text(value any) string {
	rendered, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(rendered)
}
