package parquet

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// rebasing says which values of a file were written in the hybrid Julian and Gregorian calendar of old Spark and Hive,
// and have to be moved to the proleptic Gregorian calendar.
type rebasing struct {
	dates bool // dates and timestamps
	int96 bool // INT96 timestamps
}

// The keys under which Spark writes its version and the calendar it used.
const (
	keySparkVersion   = "org.apache.spark.version"
	keyLegacyDateTime = "org.apache.spark.legacyDateTime"
	keyLegacyINT96    = "org.apache.spark.legacyINT96"
)

// rebasingOf reads which calendar a file's writer used, by Spark's rules: files without a Spark version are taken as they are.
func rebasingOf(m *format.FileMetaData) rebasing {
	var r rebasing
	version := ""
	for _, kv := range m.KeyValueMetadata {
		switch kv.Key {
		case keySparkVersion:
			version = kv.Value
		case keyLegacyDateTime:
			r.dates = true
		case keyLegacyINT96:
			r.int96 = true
		}
	}
	if version == "" {
		return rebasing{}
	}
	major, minor := versionOf(version)
	r.dates = r.dates || major < 3
	r.int96 = r.int96 || major < 3 || major == 3 && minor < 1
	return r
}

func versionOf(v string) (major, minor int) {
	parts := strings.SplitN(v, ".", 3)
	major, _ = strconv.Atoi(parts[0])
	if len(parts) > 1 {
		minor, _ = strconv.Atoi(parts[1])
	}
	return major, minor
}

// gregorianStart is 1582-10-15 in days since the epoch, when the hybrid calendar left the Julian one.
const gregorianStart = -141427

// rebaseDays moves a day number whose date was written in the hybrid calendar to the same date in the proleptic one.
func rebaseDays(days int64) int64 {
	if days >= gregorianStart {
		return days
	}
	year, month, day := julianDate(days + julianEpoch)
	return gregorianDays(year, month, day)
}

// julianDate is the date of a Julian day number in the Julian calendar.
func julianDate(julianDay int64) (year, month, day int64) {
	c := julianDay + 32082
	d := floorDivide(4*c+3, 1461)
	e := c - floorDivide(1461*d, 4)
	m := (5*e + 2) / 153
	return d - 4800 + m/10, m + 3 - 12*(m/10), e - (153*m+2)/5 + 1
}

// gregorianDays is the number of days since the epoch of a date of the proleptic Gregorian calendar; a day past the
// month's end (29 February of a Julian leap year) is the next month's first.
func gregorianDays(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDivide(year, 400)
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

func floorDivide(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// rebaseMicros is rebaseDays for microseconds since the epoch in UTC.
func rebaseMicros(micros int64) int64 {
	days := floorDivide(micros, 86400e6)
	if days >= gregorianStart {
		return micros
	}
	return rebaseDays(days)*86400e6 + (micros - days*86400e6)
}

// rebasedConversion is integerConversion for dates and timestamps of the hybrid calendar.
func rebasedConversion(n *node, p types.Physical, factor, divisor int64) func(dst, src []byte, n int) bool {
	switch {
	case n.element.Type.V == format.Int32 && p == types.PhysicalInt32:
		return func(dst, src []byte, n int) bool {
			in, out := unaligned[int32](src, n), vector.As[int32](dst)[:n]
			for i, v := range in {
				out[i] = int32(rebaseDays(int64(v)))
			}
			return true
		}
	case n.element.Type.V == format.Int64 && p == types.PhysicalInt64:
		return func(dst, src []byte, n int) bool {
			ok := scaled[int64, int64](dst, src, n, factor, divisor)
			out := vector.As[int64](dst)[:n]
			for i, v := range out {
				out[i] = rebaseMicros(v)
			}
			return ok
		}
	}
	return nil
}

func mul64(a, b uint64) (hi, lo uint64) { return bits.Mul64(a, b) }
