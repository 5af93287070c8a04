package builtin

import (
	"bytes"
	"strings"

	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

const defaultPattern = "yyyy-MM-dd HH:mm:ss"

// parserPolicy is spark.sql.legacy.timeParserPolicy.
type parserPolicy uint8

const (
	correctedPolicy parserPolicy = iota
	// exceptionPolicy reads by today's rules, and fails where only those of Spark 2 would read a text.
	exceptionPolicy
	legacyPolicy
)

func policyOf(c *expr.BindContext) parserPolicy {
	if c.Settings.Conf == nil {
		return correctedPolicy
	}
	switch strings.ToUpper(c.Settings.Conf(configuration.TimeParserPolicy)) {
	case "LEGACY":
		return legacyPolicy
	case "EXCEPTION":
		return exceptionPolicy
	}
	return correctedPolicy
}

// patternCache remembers the pattern compiled last: most calls have one. pattern is nil under the legacy policy; legacy is made
// for that, or when a text did not match.
type patternCache struct {
	text    []byte
	parsing bool
	policy  parserPolicy
	valid   bool
	pattern *types.Pattern
	legacy  *types.LegacyPattern
}

func patternsOf(c *expr.KernelContext, parsing bool, policy parserPolicy) *patternCache {
	p, _ := stateOf(c, func() (*patternCache, error) { return &patternCache{parsing: parsing, policy: policy}, nil })
	return p
}

// compile makes the pattern of a text the cache's.
func (p *patternCache) compile(text []byte) (err error) {
	if p.valid && bytes.Equal(p.text, text) {
		return nil
	}
	p.valid, p.pattern, p.legacy = false, nil, nil
	switch {
	case p.policy == legacyPolicy:
		p.legacy, err = types.CompileLegacyPattern(string(text))
	case p.parsing:
		p.pattern, err = types.CompileParsePattern(string(text))
	default:
		p.pattern, err = types.CompilePattern(string(text))
	}
	if err == nil {
		p.text, p.valid = append(p.text[:0], text...), true
	}
	return err
}

// legacyReads says whether Spark 2 reads a text that does not match today's pattern.
func (p *patternCache) legacyReads(text string, zone *types.Zone) bool {
	if p.legacy == nil {
		p.legacy, _ = types.CompileLegacyPattern(p.pattern.String())
	}
	if p.legacy == nil {
		return false
	}
	_, ok := p.legacy.Parse(text, zone)
	return ok
}

// failure is the error of a text that does not match its pattern, nil where it is null: it is an error if checked, or if
// the policy says so.
func (p *patternCache) failure(text []byte, zone *types.Zone, checked bool) *diag.Error {
	message := "Text '" + string(text) + "' could not be parsed"
	switch {
	case p.policy == exceptionPolicy && p.legacyReads(string(text), zone):
		return diag.New("INCONSISTENT_BEHAVIOR_CROSS_VERSION.PARSE_DATETIME_BY_NEW_PARSER", "datetime", "'"+string(text)+"'",
			"config", `"`+configuration.TimeParserPolicy+`"`)
	case !checked:
		return nil
	case p.policy == legacyPolicy:
		message = `Unparseable date: "` + string(text) + `"`
	}
	return diag.New("CANNOT_PARSE_TIMESTAMP", "func", routine("try_to_timestamp"), "message", message)
}

// instant is what to_date, to_timestamp and unix_timestamp take besides strings.
var instant = anyOf(text, date, timestamp, timestampNTZ)

// textReader reads a text by a pattern of today, or makes its result of the instant that a legacy pattern reads.
type textReader[T any] struct {
	today  func(zone *types.Zone, p *types.Pattern, text string) (T, bool)
	legacy func(zone *types.Zone, micros int64) T
}

func (r textReader[T]) read(p *patternCache, text string, zone *types.Zone) (v T, ok bool) {
	if p.policy != legacyPolicy {
		return r.today(zone, p.pattern, text)
	}
	micros, ok := p.legacy.Parse(text, zone)
	if ok {
		v = r.legacy(zone, micros)
	}
	return v, ok
}

// parseKernel is the kernel (string, pattern) → T. A text that does not match is an error if checked, else null.
func parseKernel[T any](checked bool, policy parserPolicy, r textReader[T]) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, formats, to, cache, zone := stringsOf(args[0]), stringsOf(args[1]), vector.Values[T](out), patternsOf(c, true, policy), zoneIn(c.Settings)
		return each(sel, out, func(i int) error {
			if err := cache.compile(formats.at(i)); err != nil {
				return placed(c, err)
			}
			v, ok := r.read(cache, string(in.at(i)), zone)
			if ok {
				to[i] = v
				return nil
			}
			if err := cache.failure(in.at(i), zone, checked); err != nil {
				return err.At(c.Span)
			}
			out.SetNull(i)
			return nil
		})
	}
}

var (
	instantReader = textReader[int64]{
		today:  func(zone *types.Zone, p *types.Pattern, text string) (int64, bool) { return p.Parse(text, zone) },
		legacy: func(_ *types.Zone, micros int64) int64 { return micros },
	}
	secondsReader = textReader[int64]{
		today: func(zone *types.Zone, p *types.Pattern, text string) (int64, bool) {
			micros, ok := p.Parse(text, zone)
			return micros / types.MicrosPerSecond, ok
		},
		legacy: func(_ *types.Zone, micros int64) int64 { return micros / types.MicrosPerSecond },
	}
	dateReader = textReader[int32]{
		today: func(zone *types.Zone, p *types.Pattern, text string) (int32, bool) {
			if !p.HasZone() {
				return p.ParseDate(text)
			}
			micros, ok := p.Parse(text, zone)
			return int32(zone.InstantToDays(micros)), ok
		},
		legacy: func(zone *types.Zone, micros int64) int32 { return int32(zone.InstantToDays(micros)) },
	}
	localReader = textReader[int64]{
		today: func(_ *types.Zone, p *types.Pattern, text string) (int64, bool) { return p.ParseLocal(text) },
	}
)

// parseOutcome is a call that reads a text by a pattern.
func parseOutcome(c *expr.BindContext, t types.Type, try bool) outcome {
	checked, policy := c.Settings.ANSI && !try, policyOf(c)
	// A malformed pattern fails in all modes.
	o := outcome{result: t, fails: true, nullable: !checked}
	switch t.Kind {
	case types.Date:
		o.kernel = parseKernel(checked, policy, dateReader)
	case types.TimestampNTZ:
		if policy == legacyPolicy {
			policy = correctedPolicy // Spark 2 had no such type
		}
		o.kernel = parseKernel(checked, policy, localReader)
	default:
		o.kernel = parseKernel(checked, policy, instantReader)
	}
	return o
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
		return makeCall(c, parse, args, parseOutcome(c, target, try)), nil
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
	rewrite("from_unixtime", doc("datetime_funcs", "Writes the time that is unix_time seconds after 1970-01-01 00:00:00 UTC by a pattern.", "unix_time - a bigint", "fmt - a datetime pattern, by default "+defaultPattern).printed(defaults(1, defaultPattern)).
		example("SELECT from_unixtime(0, 'yyyy-MM-dd HH:mm:ss');", "1970-01-01 00:00:00"), 1, 2,
		func(c *expr.BindContext, args []expr.Expr) (expr.Expr, error) {
			return fromUnixTime.Bind(c, withPattern(c, args))
		}),
	rewrite("unix_timestamp", doc("datetime_funcs", "Returns the seconds from 1970-01-01 00:00:00 UTC to a time; without arguments, to the start of the query.", "timeExp - a date, timestamp or string", "fmt - the datetime pattern of a string, by default "+defaultPattern).printed(defaults(0, "current_timestamp()", defaultPattern)).
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
	rewrite("to_unix_timestamp", doc("datetime_funcs", "Returns the seconds from 1970-01-01 00:00:00 UTC to a time.", "timeExp - a date, timestamp or string", "fmt - the datetime pattern of a string, by default "+defaultPattern).printed(defaults(1, defaultPattern)).
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
func formatKernel(unit int64, policy parserPolicy) expr.Kernel {
	return func(c *expr.KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error {
		in, formats, cache, zone := columnOf[int64](args[0]), stringsOf(args[1]), patternsOf(c, false, policy), zoneOf(c, true)
		return each(sel, out, func(i int) error {
			if err := cache.compile(formats.at(i)); err != nil {
				return placed(c, err)
			}
			if policy == legacyPolicy {
				c.Scratch = cache.legacy.Append(c.Scratch[:0], in.at(i)*unit, zone)
			} else {
				c.Scratch = cache.pattern.Append(c.Scratch[:0], in.at(i)*unit, zone)
			}
			return setScratch(c, out, i)
		})
	}
}

var fromUnixTime = scalar("from_unixtime", document{}, signature{params: of(bigint, text), resolve: formatOutcome(types.MicrosPerSecond)})

// formatOutcome is a call that writes numbers of units by a pattern.
func formatOutcome(unit int64) func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
	return func(c *expr.BindContext, _ []expr.Expr) (outcome, error) {
		return outcome{result: types.StringType, fails: true, kernel: formatKernel(unit, policyOf(c))}, nil
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
			o.fails, o.nullable = true, !checked
			o.kernel = parseKernel(checked, policyOf(c), secondsReader)
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
