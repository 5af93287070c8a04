package types

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
	_ "time/tzdata" // answers must not depend on the time zone files of the machine

	"github.com/kilnql/kiln/diag"
)

// Zone converts between instants and the local time of a time zone in a few nanoseconds. It is immutable.
// Where local times are ambiguous or missing it decides as Java: the offset before the change holds.
type Zone struct {
	location *time.Location
	// utc and local are sorted starts of segments, in seconds; segment i has offsets[i]. The first starts at minus infinity.
	utc, local []int64
	offsets    []int32
	// utcBuckets and localBuckets give a segment at or before the one that holds the first second of each bucket.
	utcBuckets, localBuckets []uint16
	recurring                bool // there are changes beyond the table, which repeat every 400 years
}

const (
	bucketShift     = 22 // seconds of a bucket: about 48 days
	secondsPer400   = daysPer400Years * 24 * 60 * 60
	tableStart      = -6_000_000_000 // the year 1779, before any zone changed
	tableEnd        = 16_725_225_600 // the start of 2500
	recurringWindow = tableEnd - secondsPer400
)

var zoneCache sync.Map // *time.Location → *Zone

// ZoneOf returns the conversion tables of a location. They are built once and kept.
func ZoneOf(location *time.Location) *Zone {
	if location == nil {
		location = time.UTC
	}
	if z, ok := zoneCache.Load(location); ok {
		return z.(*Zone)
	}
	z, _ := zoneCache.LoadOrStore(location, newZone(location))
	return z.(*Zone)
}

// UTC is the zone without offset.
var UTC = ZoneOf(time.UTC)

func newZone(location *time.Location) *Zone {
	z := &Zone{location: location}
	at := time.Unix(tableStart, 0).In(location)
	_, offset := at.Zone()
	z.append(tableStart, offset)
	for {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			break
		}
		if end.Unix() >= tableEnd {
			z.recurring = true
			break
		}
		if !end.After(at) {
			end = at.Add(24 * time.Hour) // on the last day of a leap year the rule's bounds end at the start of that day
		}
		at = end
		// Bounds are also given where the offset stays, as at the end of a year.
		if _, next := at.Zone(); next != offset {
			offset = next
			z.append(at.Unix(), offset)
		}
	}
	if len(z.offsets) > 1 {
		z.utcBuckets, z.localBuckets = buckets(z.utc), buckets(z.local)
	}
	return z
}

func (z *Zone) append(start int64, offset int) {
	before := offset
	if n := len(z.offsets); n > 0 {
		before = int(z.offsets[n-1])
	}
	z.utc = append(z.utc, start)
	z.offsets = append(z.offsets, int32(offset))
	// The offset before the change holds for the local times of both an overlap and a gap.
	z.local = append(z.local, start+int64(max(before, offset)))
}

func buckets(starts []int64) []uint16 {
	list := make([]uint16, (tableEnd-tableStart)>>bucketShift+2)
	segment := 0
	for i := range list {
		first := tableStart + int64(i)<<bucketShift
		for segment+1 < len(starts) && starts[segment+1] <= first {
			segment++
		}
		list[i] = uint16(segment)
	}
	return list
}

// Location is the location the zone was made of.
func (z *Zone) Location() *time.Location { return z.location }

// String is the name of the zone.
func (z *Zone) String() string { return z.location.String() }

// Offset is the difference of local time and UTC in seconds at an instant in seconds since the epoch.
func (z *Zone) Offset(seconds int64) int64 { return z.lookup(seconds, z.utc, z.utcBuckets) }

// OffsetOfLocal is the difference of local time and UTC in seconds at a local time, in seconds since 1970-01-01 00:00 local.
func (z *Zone) OffsetOfLocal(seconds int64) int64 { return z.lookup(seconds, z.local, z.localBuckets) }

func (z *Zone) lookup(seconds int64, starts []int64, buckets []uint16) int64 {
	return int64(z.offsets[z.segment(seconds, starts, buckets)])
}

func (z *Zone) segment(seconds int64, starts []int64, buckets []uint16) int {
	if buckets == nil {
		return 0
	}
	if seconds >= tableEnd {
		if !z.recurring {
			return len(z.offsets) - 1
		}
		_, r := FloorDivMod(seconds-recurringWindow, secondsPer400)
		seconds = recurringWindow + r
	}
	if seconds < tableStart {
		return 0
	}
	i := int(buckets[(seconds-tableStart)>>bucketShift])
	for i+1 < len(starts) && starts[i+1] <= seconds {
		i++
	}
	return i
}

// ToLocal turns an instant into the local wall clock time, both in microseconds.
func (z *Zone) ToLocal(micros int64) int64 {
	if len(z.offsets) == 1 {
		return micros + int64(z.offsets[0])*MicrosPerSecond
	}
	return micros + z.Offset(floorDiv(micros, MicrosPerSecond))*MicrosPerSecond
}

// ToUTC turns a local wall clock time into the instant, both in microseconds.
func (z *Zone) ToUTC(local int64) int64 {
	if len(z.offsets) == 1 {
		return local - int64(z.offsets[0])*MicrosPerSecond
	}
	return local - z.OffsetOfLocal(floorDiv(local, MicrosPerSecond))*MicrosPerSecond
}

// DaysToInstant is the instant, in microseconds, at which a day starts in the zone: the first moment there is if midnight
// is skipped.
func (z *Zone) DaysToInstant(days int64) int64 {
	local := days * MicrosPerDay
	instant := z.ToUTC(local)
	if len(z.offsets) == 1 || z.ToLocal(instant) == local {
		return instant
	}
	// Midnight falls into a gap: the day starts where the gap ends.
	seconds := floorDiv(instant, MicrosPerSecond)
	if i := z.segment(seconds, z.utc, z.utcBuckets); i > 0 && seconds < tableEnd {
		return z.utc[i] * MicrosPerSecond
	}
	return instant
}

// InstantToDays is the local date at an instant.
func (z *Zone) InstantToDays(micros int64) int64 { return floorDiv(z.ToLocal(micros), MicrosPerDay) }

// shortZones are the three-letter names that Java keeps for compatibility.
var shortZones = map[string]string{"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago",
	"CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
	"MIT": "Pacific/Apia", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
	"PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh", "EST": "-05:00", "MST": "-07:00", "HST": "-10:00"}

var namedZones sync.Map // zone ID → *Zone

// unknownZones remembers some identifiers that are no zone: looking for one in the file system is slow, and a column of malformed
// texts tends to have few different ones.
var (
	unknownZones sync.Map
	unknownCount atomic.Int32
)

const maximumUnknown = 1024

// ParseZone finds a zone by Spark's identifiers: regions such as Europe/Paris, offsets such as +01:00, UTC+1, Z, and short names such as
// PST. The error is INVALID_TIMEZONE.
func ParseZone(id string) (*Zone, error) {
	if z, ok := LookupZone(id); ok {
		return z, nil
	}
	return nil, diag.New("INVALID_TIMEZONE", "timeZone", id)
}

// LookupZone is ParseZone without an error.
func LookupZone(id string) (*Zone, bool) {
	if z, ok := namedZones.Load(id); ok {
		return z.(*Zone), true
	}
	if _, missing := unknownZones.Load(id); missing {
		return nil, false
	}
	location := findLocation(id)
	if location == nil {
		if unknownCount.Add(1) <= maximumUnknown {
			unknownZones.Store(strings.Clone(id), nil)
		}
		return nil, false
	}
	z := ZoneOf(location)
	namedZones.Store(strings.Clone(id), z)
	return z, true
}

func findLocation(id string) *time.Location {
	id = padOffset(id)
	if long, ok := shortZones[id]; ok {
		id = long
	}
	switch id {
	case "Z":
		return time.UTC
	case "UTC", "GMT", "UT":
		return fixedLocation(id, 0)
	case "", "Local":
		return nil
	}
	if id[0] == '+' || id[0] == '-' {
		if offset, ok := parseOffset(id); ok {
			return fixedLocation(formatOffset(offset), offset)
		}
		return nil
	}
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(id, prefix); ok && (rest[0] == '+' || rest[0] == '-') {
			offset, ok := parseOffset(rest)
			if !ok {
				return nil
			}
			if offset == 0 {
				return fixedLocation(prefix, 0)
			}
			return fixedLocation(prefix+formatOffset(offset), offset)
		}
	}
	if len(id) < 2 || len(id) > 64 || strings.HasPrefix(id, "posix") || strings.HasPrefix(id, "right/") {
		return nil
	}
	location, err := time.LoadLocation(id)
	if err != nil {
		return nil
	}
	return location
}

func fixedLocation(name string, offset int) *time.Location {
	if offset == 0 && (name == "Z" || name == "UTC") {
		return time.UTC
	}
	return time.FixedZone(name, offset)
}

// padOffset completes the forms +h:mm and +hh:m that Spark accepts and Java does not.
func padOffset(id string) string {
	if i := strings.IndexAny(id, "+-"); i >= 0 {
		rest := id[i+1:]
		if len(rest) >= 2 && isDigit(rest[0]) && rest[1] == ':' {
			id = id[:i+1] + "0" + rest
			rest = id[i+1:]
		}
		if len(rest) == 4 && isDigit(rest[0]) && isDigit(rest[1]) && rest[2] == ':' && isDigit(rest[3]) {
			id = id[:i+4] + "0" + rest[3:]
		}
	}
	return id
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// parseOffset reads ±h, ±hh, ±hh:mm, ±hhmm, ±hh:mm:ss and ±hhmmss, up to 18 hours.
func parseOffset(text string) (seconds int, ok bool) {
	digits := text[1:]
	switch len(digits) {
	case 1:
		digits = "0" + digits
	case 5, 8:
		parts := strings.Split(digits, ":")
		for _, p := range parts {
			if len(p) != 2 {
				return 0, false
			}
		}
		digits = strings.Join(parts, "")
	case 2, 4, 6:
	default:
		return 0, false
	}
	var parts [3]int
	for i := 0; i < len(digits); i++ {
		if !isDigit(digits[i]) {
			return 0, false
		}
		parts[i/2] = parts[i/2]*10 + int(digits[i]-'0')
	}
	seconds = parts[0]*3600 + parts[1]*60 + parts[2]
	if parts[1] > 59 || parts[2] > 59 || seconds > 18*3600 {
		return 0, false
	}
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// formatOffset writes an offset as Java's ZoneOffset does: Z, +01:00, -07:52:58.
func formatOffset(seconds int) string {
	if seconds == 0 {
		return "Z"
	}
	return string(appendOffset(nil, seconds, ":", true))
}

// appendOffset appends a sign and hours, minutes and, where there are any, seconds.
func appendOffset(dst []byte, seconds int, separator string, withSeconds bool) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = append(dst, sign)
	dst = appendTwo(dst, seconds/3600)
	dst = append(dst, separator...)
	dst = appendTwo(dst, seconds/60%60)
	if withSeconds && seconds%60 != 0 {
		dst = append(dst, separator...)
		dst = appendTwo(dst, seconds%60)
	}
	return dst
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
