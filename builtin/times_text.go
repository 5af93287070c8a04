package builtin

import (
	"bytes"
	"strings"

	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

const defaultPattern = "yyyy-MM-dd HH:mm:ss"

// patternCache remembers the pattern compiled last: most calls have one.
type patternCache struct {
	text    []byte
	parsing bool
	pattern *types.Pattern
}

func patternsOf(c *expr.KernelContext, parsing bool) *patternCache {
	p, _ := stateOf(c, func() (*patternCache, error) { return &patternCache{parsing: parsing}, nil })
	return p
}

func (p *patternCache) of(text []byte) (*types.Pattern, error) {
	if p.pattern != nil && bytes.Equal(p.text, text) {
		return p.pattern, nil
	}
	compile := types.CompilePattern
	if p.parsing {
		compile = types.CompileParsePattern
	}
	pattern, err := compile(string(text))
	if err != nil {
		return nil, err
	}
	p.text, p.pattern = append(p.text[:0], text...), pattern
	return pattern, nil
}

// unparsable is the error of a text that does not match its pattern.
func unparsable(text []byte) *diag.Error {
	return diag.New("CANNOT_PARSE_TIMESTAMP", "func", routine("try_to_timestamp"), "message", "Text '"+string(text)+"' could not be parsed")
}

// checkPolicy is an error under the settings of spark.sql.legacy.timeParserPolicy that could change the result of a call with a
// pattern: LEGACY, and EXCEPTION where a text that does not match would give null and not an error.
func checkPolicy(c *expr.BindContext, givesNull bool) error {
	const key = "spark.sql.legacy.timeParserPolicy"
	if c.Settings.Conf == nil {
		return nil
	}
	switch policy := strings.ToUpper(c.Settings.Conf(key)); {
	case policy == "LEGACY", policy == "EXCEPTION" && givesNull:
		return diag.Unsupported(c.Name + " under " + key + "=" + policy).At(c.Span)
	}
	return nil
}

// instant is what to_date, to_timestamp and unix_timestamp take besides strings.
var instant = anyOf(text, date, timestamp, timestampNTZ)

// parseKernel is the kernel (string, pattern) → T; read parses. A text that does not match is an error if checked, else null.
func parseKernel[T any](checked bool, read func(c *expr.KernelContext, p *types.Pattern, text string) (T, bool)) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, formats, to, cache := stringsOf(args[0]), stringsOf(args[1]), vector.Values[T](out), patternsOf(c, true)
		return each(sel, out, func(i int) error {
			pattern, err := cache.of(formats.at(i))
			if err != nil {
				return placed(c, err)
			}
			v, ok := read(c, pattern, string(in.at(i)))
			if ok {
				to[i] = v
				return nil
			}
			if checked {
				return unparsable(in.at(i)).At(c.Span)
			}
			out.SetNull(i)
			return nil
		})
	}
}

func readInstant(c *expr.KernelContext, p *types.Pattern, text string) (int64, bool) {
	return p.Parse(text, zoneIn(c.Settings))
}

func readDate(c *expr.KernelContext, p *types.Pattern, text string) (int32, bool) {
	if !p.HasZone() {
		return p.ParseDate(text)
	}
	micros, ok := p.Parse(text, zoneIn(c.Settings))
	return int32(zoneIn(c.Settings).InstantToDays(micros)), ok
}

func readLocal(_ *expr.KernelContext, p *types.Pattern, text string) (int64, bool) {
	return p.ParseLocal(text)
}

// parseOutcome is a call that reads a text by a pattern.
func parseOutcome(c *expr.BindContext, t types.Type, try bool) (outcome, error) {
	checked := c.Settings.ANSI && !try
	if err := checkPolicy(c, !checked); err != nil {
		return outcome{}, err
	}
	// A malformed pattern fails in all modes.
	o := outcome{result: t, fails: true, nullable: !checked}
	switch t.Kind {
	case types.Date:
		o.kernel = parseKernel(checked, readDate)
	case types.TimestampNTZ:
		o.kernel = parseKernel(checked, readLocal)
	default:
		o.kernel = parseKernel(checked, readInstant)
	}
	return o, nil
}

// toTime makes to_date, to_timestamp and their kin: without a pattern, or for a date or timestamp, a cast.
func toTime(name string, d document, t func(c *expr.BindContext) types.Type, try bool, first class) *expr.Function {
	parse := &expr.Function{Name: name}
	f := rewrite(name, d, 1, 2, nil)
	f.Bind = func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
		target := t(c)
		one := first
		if target.Kind == types.TimestampNTZ {
			one = instant
		}
		s := []signature{{params: of(one)}, {params: of(instant, text)}}
		chosen, err := choose(c, name, s, args)
		if err != nil {
			return nil, err
		}
		if args, err = chosen.coerce(c, args); err != nil {
			return nil, err
		}
		if len(args) == 1 || args[0].Type().Kind != types.String {
			mode := modeOf(c)
			if try {
				mode = expr.Try
			}
			e, err := Cast(args[0], target, mode, c.Settings)
			if k, ok := e.(*expr.Cast); ok && err == nil && k.Span.IsZero() {
				k.Span = c.Span
			}
			return e, err
		}
		o, err := parseOutcome(c, target, try)
		if err != nil {
			return nil, err
		}
		return makeCall(c, parse, args, o), nil
	}
	return f
}

var timeTextFunctions = []*expr.Function{
	toTime("to_date", doc("datetime_funcs", "Converts a string to a date, as CAST does or by a pattern.", "date_str - a string, date or timestamp", "fmt - a datetime pattern").
		example("SELECT to_date('2009-07-30 04:17:52');", "2009-07-30").
		example("SELECT to_date('2016-12-31', 'yyyy-MM-dd');", "2016-12-31"),
		func(*expr.BindContext) types.Type { return types.DateType }, false, instant),
	toTime("to_timestamp", doc("datetime_funcs", "Converts a string to a timestamp, as CAST does or by a pattern.", "timestamp_str - a string, date, timestamp or number of seconds", "fmt - a datetime pattern").
		example("SELECT to_timestamp('2016-12-31 00:12:00');", "2016-12-31 00:12:00").
		example("SELECT to_timestamp('2016-12-31', 'yyyy-MM-dd');", "2016-12-31 00:00:00"), defaultTimestamp, false, anyOf(instant, numeric)),
	toTime("try_to_timestamp", doc("datetime_funcs", "Converts a string to a timestamp, as CAST does or by a pattern; null if it is none.", "timestamp_str - a string, date, timestamp or number of seconds", "fmt - a datetime pattern").
		example("SELECT try_to_timestamp('2016-12-31', 'yyyy-MM-dd');", "2016-12-31 00:00:00").
		example("SELECT try_to_timestamp('foo', 'yyyy-MM-dd');", "NULL"), defaultTimestamp, true, anyOf(instant, numeric)),
	toTime("to_timestamp_ltz", doc("datetime_funcs", "Converts a string to a timestamp with local time zone, as CAST does or by a pattern.", "timestamp_str - a string, date or timestamp", "fmt - a datetime pattern").
		example("SELECT to_timestamp_ltz('2016-12-31', 'yyyy-MM-dd');", "2016-12-31 00:00:00"), withZone, false, anyOf(instant, numeric)),
	toTime("to_timestamp_ntz", doc("datetime_funcs", "Converts a string to a timestamp without time zone, as CAST does or by a pattern.", "timestamp_str - a string, date or timestamp", "fmt - a datetime pattern").
		example("SELECT to_timestamp_ntz('2016-12-31', 'yyyy-MM-dd');", "2016-12-31 00:00:00"), withoutZone, false, instant),
	scalar("date_format", doc("datetime_funcs", "Writes a timestamp by a pattern.", "timestamp - a timestamp", "fmt - a datetime pattern").
		example("SELECT date_format('2016-04-08', 'y');", "2016").
		example("SELECT date_format('2016-04-08', 'EEEE, d MMM');", "Friday, 8 Apr"),
		signature{params: of(timestamp, text), resolve: formatOutcome(1)}),
	rewrite("from_unixtime", doc("datetime_funcs", "Writes the time that is unix_time seconds after 1970-01-01 00:00:00 UTC by a pattern.", "unix_time - a bigint", "fmt - a datetime pattern, by default "+defaultPattern).
		example("SELECT from_unixtime(0, 'yyyy-MM-dd HH:mm:ss');", "1970-01-01 00:00:00"), 1, 2,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return fromUnixTime.Bind(c, withPattern(c, args))
		}),
	rewrite("unix_timestamp", doc("datetime_funcs", "Returns the seconds from 1970-01-01 00:00:00 UTC to a time; without arguments, to the start of the query.", "timeExp - a date, timestamp or string", "fmt - the datetime pattern of a string, by default "+defaultPattern).
		example("SELECT unix_timestamp('2016-04-08', 'yyyy-MM-dd');", "1460073600"), 0, 2,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			if len(args) == 0 {
				now, _ := Lookup("current_timestamp")
				e, err := now.Bind(c, nil)
				if err != nil {
					return nil, err
				}
				args = []expr.Expr{e}
			}
			return unixTime("unix_timestamp").Bind(c, withPattern(c, args))
		}),
	rewrite("to_unix_timestamp", doc("datetime_funcs", "Returns the seconds from 1970-01-01 00:00:00 UTC to a time.", "timeExp - a date, timestamp or string", "fmt - the datetime pattern of a string, by default "+defaultPattern).
		example("SELECT to_unix_timestamp('2016-04-08', 'yyyy-MM-dd');", "1460073600"), 1, 2,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return unixTime("to_unix_timestamp").Bind(c, withPattern(c, args))
		}),
}

// withPattern adds the default pattern.
func withPattern(c *expr.BindContext, args []expr.Expr) []expr.Expr {
	if len(args) == 1 {
		return []expr.Expr{args[0], newLiteral(c, defaultPattern, types.StringType)}
	}
	return args
}

// formatKernel writes microseconds, or larger units, by a pattern.
func formatKernel(unit int64) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, formats, cache, zone := columnOf[int64](args[0]), stringsOf(args[1]), patternsOf(c, false), zoneOf(c, true)
		return each(sel, out, func(i int) error {
			pattern, err := cache.of(formats.at(i))
			if err != nil {
				return placed(c, err)
			}
			c.Scratch = pattern.Append(c.Scratch[:0], in.at(i)*unit, zone)
			out.SetString(i, c.Scratch)
			return nil
		})
	}
}

var fromUnixTime = scalar("from_unixtime", document{}, signature{params: of(bigint, text), resolve: formatOutcome(types.MicrosPerSecond)})

// formatOutcome is a call that writes numbers of units by a pattern.
func formatOutcome(unit int64) func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
		return outcome{result: types.StringType, fails: true, kernel: formatKernel(unit)}, checkPolicy(c, false)
	}
}

// unixTime is unix_timestamp with all its arguments. For dates and timestamps the pattern only makes the result null if it is.
func unixTime(name string) *expr.Function {
	return strictly(0, scalar(name, document{}, signature{params: of(instant, text), resolve: func(c *expr.BindContext, args []expr.Expr) (outcome, error) {
		o := outcome{result: types.LongType}
		switch args[0].Type().Kind {
		case types.Date:
			o.kernel = epochSeconds(func(zone *types.Zone, days int32) int64 { return zone.DaysToInstant(int64(days)) })
		case types.Timestamp, types.TimestampNTZ:
			o.kernel = epochSeconds(func(_ *types.Zone, micros int64) int64 { return micros })
		default:
			checked := c.Settings.ANSI
			if err := checkPolicy(c, !checked); err != nil {
				return outcome{}, err
			}
			o.fails, o.nullable = true, !checked
			o.kernel = parseKernel(checked, func(c *expr.KernelContext, p *types.Pattern, text string) (int64, bool) {
				micros, ok := p.Parse(text, zoneIn(c.Settings))
				return micros / types.MicrosPerSecond, ok
			})
		}
		return o, nil
	}}), instant)
}

func epochSeconds[T any](micros func(zone *types.Zone, v T) int64) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, to, zone := columnOf[T](args[0]), vector.Values[int64](out), zoneOf(c, true)
		eachRow(sel, out.Len, func(i int) { to[i] = micros(zone, in.at(i)) / types.MicrosPerSecond })
		return nil
	}
}
