package builtin

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

var sequenceFunctions = []*expr.Function{
	rewriteSelf("sequence", doc("array_funcs", "Returns the array of values from start to stop by step: 1 or a day, or minus that if stop lies before start.",
		"start - an integer, date or timestamp", "stop - a value of the same type", "step - an integer or interval").
		example("SELECT sequence(1, 5);", "[1,2,3,4,5]").example("SELECT sequence(5, 1);", "[5,4,3,2,1]").
		example("SELECT sequence(to_date('2018-01-01'), to_date('2018-03-01'), interval 1 month);", "[2018-01-01,2018-02-01,2018-03-01]"), bindSequence),
	scalar("str_to_map", doc("map_funcs", "Makes a map of a text of pairs; both delimiters are regular expressions.", "text - a string", "pairDelim - by default a comma", "keyValueDelim - by default a colon").printed(defaults(1, ",", ":")).
		example("SELECT str_to_map('a:1,b:2,c:3', ',', ':');", `{"a":"1","b":"2","c":"3"}`).example("SELECT str_to_map('a');", `{"a":null}`),
		signature{params: of(text, text, text), optional: 2, result: types.MapType(types.StringType, types.StringType, true), fails: true, kernel: textToMapKernel}),
}

func bindSequence(c *expr.BindContext, f *expr.Function, args []expr.Expr) (expr.Expr, error) {
	if len(args) < 2 || len(args) > 3 {
		return nil, wrongNumber(c, "sequence", 2, 3, len(args))
	}
	t, ok := coercion(c).WiderTypeWithoutStrings(args[0].Type(), args[1].Type())
	step := types.VoidType
	if len(args) == 3 {
		step = args[2].Type()
	}
	kernel := sequenceKernel
	switch {
	case ok && t.IsIntegral() && (step.IsIntegral() || step.Kind == types.Void):
		if step.IsIntegral() {
			t, _ = coercion(c).TightestCommonType(t, step)
		}
		step = types.LongType
	case ok && (isDate(t) || isTime(t)) && (step.IsInterval() || step.Kind == types.Void):
		kernel = timeSequenceKernel(t, step.Kind)
		if step.Kind == types.Void {
			step = types.CalendarType
		}
	default:
		return nil, diag.New("DATATYPE_MISMATCH.SEQUENCE_WRONG_INPUT_TYPES", "sqlExpr", callText("sequence", args), "functionName", "`sequence`",
			"startType", `("TIMESTAMP" or "TIMESTAMP_NTZ" or "DATE")`, "stepType", `("INTERVAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")`, "otherStartType", integral.text).At(c.Span)
	}
	bounds := t
	if t.IsIntegral() {
		bounds = types.LongType
	}
	cast := make([]expr.Expr, len(args))
	for i, a := range args {
		to := bounds
		if i == 2 {
			to = step
		}
		var err error
		if cast[i], err = castTo(c, a, to); err != nil {
			return nil, err
		}
	}
	return makeCall(c, f, cast, outcome{result: types.ArrayType(t, false), fails: true, kernel: kernel}), nil
}

// numbers collects integers as the elements of arrays.
type numbers struct {
	c      *expr.KernelContext
	child  *vector.Vector
	to     []vector.List
	values []int64 // a block of those of the present array, not yet written
}

func newNumbers(c *expr.KernelContext, out *vector.Vector) *numbers {
	to := vector.Values[vector.List](out)
	clear(to)
	return &numbers{c: c, child: out.Children[0], to: to, values: make([]int64, 0, numberBlock)}
}

// numberBlock is how many numbers are made before they are written in the layout of the elements.
const numberBlock = 1024

// open starts the array of row i, of about count numbers, if the budget allows.
func (n *numbers) open(i int, count int64) error {
	if err := n.c.Budget.Grow(count * int64(n.child.Physical.Size())); err != nil {
		return err
	}
	n.child.Reserve(n.child.Len + int(count))
	n.to[i] = vector.List{Start: int32(n.child.Len)}
	return nil
}

// add adds a number to the array of row i.
func (n *numbers) add(i int, x int64) error {
	if n.values = append(n.values, x); len(n.values) < numberBlock {
		return nil
	}
	return n.flush(i)
}

// flush writes the numbers that wait to be; it also ends an array.
func (n *numbers) flush(i int) error {
	start, child := n.child.Len, n.child
	child.Reserve(start + len(n.values))
	child.Len += len(n.values)
	switch child.Physical {
	case types.PhysicalInt8:
		narrow(n.values, vector.Values[int8](child)[start:])
	case types.PhysicalInt16:
		narrow(n.values, vector.Values[int16](child)[start:])
	case types.PhysicalInt32:
		narrow(n.values, vector.Values[int32](child)[start:])
	default:
		copy(vector.Values[int64](child)[start:], n.values)
	}
	n.to[i].Length += int32(len(n.values))
	n.values = n.values[:0]
	return n.c.Budget.Work(numberBlock)
}

func narrow[T int8 | int16 | int32](from []int64, to []T) {
	for i, x := range from {
		to[i] = T(x)
	}
}

func illegalSequence(c *expr.KernelContext, start, stop, step string) *diag.Error {
	return diag.New("ILLEGAL_SEQUENCE_BOUNDARIES", "start", start, "stop", stop, "step", step).At(c.Span)
}

// steps is the number of values from start to stop by step, whose sign must be right.
func steps(c *expr.KernelContext, start, stop, step int64) (int64, error) {
	if start == stop {
		return 1, nil
	}
	text := func(v int64) string { return strconv.FormatInt(v, 10) }
	if step == 0 || (stop > start) != (step > 0) {
		return 0, illegalSequence(c, text(start), text(stop), text(step))
	}
	distance, size := uint64(stop)-uint64(start), uint64(step)
	if step < 0 {
		distance, size = -distance, -size
	}
	n, carry := bits.Add64(distance/size, 1, 0)
	if carry != 0 || n > largestArray {
		if carry != 0 || n > math.MaxInt64 {
			n = math.MaxInt64
		}
		return 0, diag.New("COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER", "numberOfElements", strconv.FormatUint(n, 10), "functionName", "`sequence`",
			"maxRoundedArrayLength", itoa(largestArray), "parameter", "`count`").At(c.Span)
	}
	return int64(n), nil
}

func sequenceKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	starts, stops, to := columnOf[int64](args[0]), columnOf[int64](args[1]), newNumbers(c, out)
	var given column[int64]
	if len(args) == 3 {
		given = columnOf[int64](args[2])
	}
	return each(sel, out, func(i int) error {
		start, stop, step := starts.at(i), stops.at(i), int64(1)
		switch {
		case len(args) == 3:
			step = given.at(i)
		case stop < start:
			step = -1
		}
		n, err := steps(c, start, stop, step)
		if err != nil {
			return err
		}
		if err := to.open(i, n); err != nil {
			return err
		}
		for k := range n {
			if err := to.add(i, start+k*step); err != nil {
				return err
			}
		}
		return to.flush(i)
	})
}

// timeSequenceKernel steps through dates or timestamps of type t by an interval: of the calendar, of months or of microseconds.
func timeSequenceKernel(t types.Type, step types.Kind) expr.Kernel {
	bound := func(v *vector.Vector) func(i int) int64 {
		if t.Kind == types.Date {
			days := columnOf[int32](v)
			return func(i int) int64 { return int64(days.at(i)) * types.MicrosPerDay }
		}
		micros := columnOf[int64](v)
		return micros.at
	}
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		starts, stops, to, zone := bound(args[0]), bound(args[1]), newNumbers(c, out), zoneOf(c, t.Kind == types.Timestamp)
		return each(sel, out, func(i int) error {
			start, stop, by := starts(i), stops(i), types.Interval{Days: 1}
			switch {
			case len(args) == 2 && stop < start:
				by.Days = -1
			case len(args) == 2:
			case step == types.YearMonthInterval:
				by = types.Interval{Months: vector.Get[int32](args[2], i)}
			case step == types.DayTimeInterval:
				micros := vector.Get[int64](args[2], i)
				days := micros / types.MicrosPerDay // whole days are days of the calendar, whatever their length
				by = types.Interval{Days: int32(days), Micros: micros - days*types.MicrosPerDay}
			default:
				by = vector.Get[types.Interval](args[2], i)
			}
			if err := to.addTimes(c, i, start, stop, by, t, step, zone); err != nil {
				return err
			}
			return to.flush(i)
		})
	}
}

// microsPerStepMonth is how long Spark takes a month to be when it estimates the length of a sequence.
const microsPerStepMonth = 28 * types.MicrosPerDay

// addTimes makes the array of row i, all but its last block.
func (n *numbers) addTimes(c *expr.KernelContext, i int, start, stop int64, by types.Interval, t types.Type, kind types.Kind, zone *types.Zone) error {
	if t.Kind == types.Date && by.Months == 0 && (kind == types.DayTimeInterval && by.Micros%types.MicrosPerDay != 0 || kind != types.DayTimeInterval && by.Days == 0 && by.Micros != 0) {
		name := "interval day to second"
		return diag.New("_LEGACY_ERROR_TEMP_3242", "intervalType", name).At(c.Span)
	}
	estimate := by.Micros + int64(by.Days)*types.MicrosPerDay + int64(by.Months)*microsPerStepMonth
	if estimate == 0 && start != stop || estimate > 0 && stop < start || estimate < 0 && stop > start {
		text := func(v int64) string { return strconv.FormatInt(v, 10) }
		return illegalSequence(c, text(start), text(stop), text(estimate))
	}
	count := int64(1)
	if start != stop {
		var err error
		if count, err = steps(c, start, stop, estimate); err != nil {
			return err
		}
	}
	if err := n.open(i, count); err != nil {
		return err
	}
	for k, at := int64(0), start; estimate >= 0 && at <= stop || estimate < 0 && at >= stop; {
		value := at
		if t.Kind == types.Date {
			value, _ = types.FloorDivMod(at, types.MicrosPerDay)
		}
		if err := n.add(i, value); err != nil {
			return err
		}
		if estimate == 0 {
			break
		}
		k++
		moved, err := moveTimestamp(start, k*int64(by.Months), k*int64(by.Days), k*by.Micros, zone)
		if err != nil {
			return placed(c, err)
		}
		at = moved
	}
	return nil
}

// textToMap is what the kernel of str_to_map keeps: its delimiters.
type textToMap struct{ pairs, values patternState }

func textToMapKernel(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
	s, _ := stateOf(c, func() (*textToMap, error) { return &textToMap{}, nil })
	in, to, entries := stringsOf(args[0]), vector.Values[vector.List](out), out.Children[0]
	clear(to)
	delimiter := func(at, i int, otherwise string) []byte {
		if at < len(args) {
			d := stringsOf(args[at])
			return d.at(i)
		}
		return []byte(otherwise)
	}
	keys, values := entries.Children[0], entries.Children[1]
	add := func(v *vector.Vector, text []byte) {
		_ = c.Budget.Grow(int64(len(text)) + bytesPerView) // looked at for each row
		n := v.Len
		v.Reserve(n + 1)
		v.Len = n + 1
		v.SetString(n, text)
	}
	var absent []int32 // rows of values that are null
	seen := map[string]int{}
	lastWins := lastKeyWins(c)
	err := each(sel, out, func(i int) error {
		pairs, err := s.pairs.use(c, "str_to_map", delimiter(1, i, ","))
		if err != nil {
			return err
		}
		inner, err := s.values.use(c, "str_to_map", delimiter(2, i, ":"))
		if err != nil {
			return err
		}
		clear(seen)
		start := keys.Len
		for _, pair := range splitAll(in.at(i), pairs) {
			key, value, has := pair, []byte(nil), false
			if location := inner.find(pair); location != nil && location[1] > 0 {
				key, value, has = pair[:location[0]], pair[location[1]:], true
			}
			if at, known := seen[string(key)]; known {
				if !lastWins {
					return diag.New("DUPLICATED_MAP_KEY", "key", string(key), "mapKeyDedupPolicy", `"spark.sql.mapKeyDedupPolicy"`).At(c.Span)
				}
				values.SetString(at, value)
				continue
			}
			seen[string(key)] = keys.Len
			if !has {
				absent = append(absent, int32(values.Len))
			}
			add(keys, key)
			add(values, value)
		}
		to[i] = vector.List{Start: int32(start), Length: int32(keys.Len - start)}
		return nil
	})
	for _, row := range absent {
		values.SetNull(int(row))
	}
	entries.Len = keys.Len
	return err
}

// splitAll is the parts of s between the matches of a pattern; an empty match at the start makes no part.
func splitAll(s []byte, p *pattern) [][]byte {
	var parts [][]byte
	at := 0
	p.each(s, func(location []int) bool {
		if location[1] > 0 {
			parts = append(parts, s[at:location[0]])
			at = location[1]
		}
		return true
	})
	return append(parts, s[at:])
}
