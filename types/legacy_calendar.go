package types

import "time"

// The calendar of Java's GregorianCalendar: Julian before 1582-10-15, Gregorian from then on; weeks begin on Sunday, and the first
// of a year or month is the one with its first day.

type legacyField uint8

const (
	legacyEra   legacyField = iota // 0: BC, 1: AD
	legacyYear                     // of the era
	legacyMonth                    // from 0
	legacyWeekOfYear
	legacyWeekOfMonth
	legacyDayOfMonth
	legacyDayOfYear
	legacyDayOfWeek // 1: Sunday
	legacyDayOfWeekInMonth
	legacyAmPm
	legacyHour // 0 to 11
	legacyHourOfDay
	legacyMinute
	legacySecond
	legacyMilli
	legacyZoneOffset // in seconds, as is the next
	legacyDaylightOffset
	legacyWeekYear
	legacyFieldCount
)

const (
	legacyCutoverYear = 1582
	legacyMaximumYear = 292278994
)

// legacyCutover is 1582-10-15, the first day of the Gregorian calendar, in days since the epoch.
var legacyCutover = CivilToDays(legacyCutoverYear, 10, 15)

// julianToMarch0 is the number of days from the Julian 0000-03-01 to 1970-01-01.
const julianToMarch0 = 719470

func julianToDays(year, month, day int) int64 {
	y, m := int64(year), month-3
	if month < 3 {
		y, m = y-1, month+9
	}
	quad, inQuad := FloorDivMod(y, 4)
	return quad*1461 + inQuad*365 + int64((153*m+2)/5+day-1) - julianToMarch0
}

func daysToJulian(days int64) (year, month, day int) {
	quad, n := FloorDivMod(days+julianToMarch0, 1461)
	inQuad := (n - n/1460) / 365
	ofYear := int(n - 365*inQuad)
	m := (5*ofYear + 2) / 153
	year, month, day = int(quad*4+inQuad), m+3, ofYear-(153*m+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}

// hybridToDays is the day of a date of the hybrid calendar; the days that were skipped count on in the Julian one.
func hybridToDays(year, month, day int) int64 {
	if days := CivilToDays(year, month, day); days >= legacyCutover {
		return days
	}
	return julianToDays(year, month, day)
}

func daysToHybrid(days int64) (year, month, day int) {
	if days >= legacyCutover {
		return DaysToCivil(days)
	}
	return daysToJulian(days)
}

// weekdayFrom is the first day from days on that is a day of the week, 1 for Sunday.
func weekdayFrom(days int64, dayOfWeek int) int64 {
	_, ahead := FloorDivMod(int64(dayOfWeek-legacyWeekday(days)), 7)
	return days + ahead
}

// weekStart is the Sunday of the week of a day.
func weekStart(days int64) int64 { return days - int64(legacyWeekday(days)-1) }

func legacyWeekday(days int64) int {
	_, n := FloorDivMod(days+4, 7) // the epoch was a Thursday
	return int(n) + 1
}

// weekYearOf is the year whose first week or a later one holds a day, and the number of that week.
func weekYearOf(days int64) (year, week int) {
	year, _, _ = daysToHybrid(days)
	if next := weekStart(hybridToDays(year+1, 1, 1)); days >= next {
		return year + 1, 1
	}
	return year, int(days-weekStart(hybridToDays(year, 1, 1)))/7 + 1
}

// legacyMoment is a local time taken apart into all fields but those of the zone.
func legacyMoment(days, microsOfDay int64) (f [legacyFieldCount]int) {
	year, month, day := daysToHybrid(days)
	f[legacyEra], f[legacyYear] = 1, year
	if year <= 0 {
		f[legacyEra], f[legacyYear] = 0, 1-year
	}
	first := hybridToDays(year, month, 1)
	f[legacyMonth], f[legacyDayOfMonth] = month-1, day
	f[legacyWeekYear], f[legacyWeekOfYear] = weekYearOf(days)
	f[legacyWeekOfMonth] = int(days-weekStart(first))/7 + 1
	f[legacyDayOfYear] = int(days-hybridToDays(year, 1, 1)) + 1
	f[legacyDayOfWeek] = legacyWeekday(days)
	f[legacyDayOfWeekInMonth] = int(days-first)/7 + 1
	hour := int(microsOfDay / MicrosPerHour)
	f[legacyAmPm], f[legacyHour], f[legacyHourOfDay] = hour/12, hour%12, hour
	f[legacyMinute] = int(microsOfDay / MicrosPerMinute % 60)
	f[legacySecond] = int(microsOfDay / MicrosPerSecond % 60)
	f[legacyMilli] = int(microsOfDay / MicrosPerMilli % 1000)
	return f
}

// legacyStart is 1900-01-01 00:00 UTC in seconds: Java's old zones know no offsets before but the standard one of today.
const legacyStart = -2208988800

// legacyOffset is the offset of an instant in Java's old zones, in seconds.
func (z *Zone) legacyOffset(seconds int64) int64 {
	if seconds < legacyStart {
		return z.standardOffset()
	}
	return z.Offset(seconds)
}

// legacyWallOffset is the offset of a local time in Java's old zones. A time that occurs twice is the later one, one that is skipped
// has the offset before the gap.
func (z *Zone) legacyWallOffset(local int64) int64 {
	if standard := z.standardOffset(); local-standard < legacyStart {
		return standard
	}
	if local >= tableEnd && z.recurring {
		_, r := FloorDivMod(local-recurringWindow, secondsPer400)
		local = recurringWindow + r
	}
	i := z.segment(local, z.local, z.localBuckets)
	for i+1 < len(z.offsets) && z.utc[i+1]+int64(z.offsets[i+1]) <= local {
		i++
	}
	return int64(z.offsets[i])
}

// standardOffset is the offset of today without daylight saving time.
func (z *Zone) standardOffset() int64 {
	if len(z.offsets) == 1 {
		return int64(z.offsets[0])
	}
	const january, july = 2114380800, 2130019200 // 2037
	return min(z.Offset(january), z.Offset(july))
}

// isDaylight says whether an instant, in seconds, is in daylight saving time, which in Java is never the winter's.
func (z *Zone) isDaylight(seconds int64) bool {
	if seconds < legacyStart {
		return false
	}
	if time.Date(2024, time.January, 1, 0, 0, 0, 0, z.location).IsDST() && z.Offset(1704067200) == z.standardOffset() {
		return z.Offset(seconds) != z.standardOffset() // as in Dublin
	}
	return time.Unix(seconds, 0).In(z.location).IsDST()
}

// toProleptic turns an instant of Java's old zones and calendar into one with the same local date and time in Spark's.
func (z *Zone) toProleptic(micros int64) int64 {
	seconds := floorDiv(micros, MicrosPerSecond)
	if seconds >= legacyStart {
		return micros
	}
	days, ofDay := MicrosToDays(micros + z.legacyOffset(seconds)*MicrosPerSecond)
	year, month, day := daysToHybrid(days)
	local, _ := JoinDays(CivilToDays(year, month, 1)+int64(day)-1, ofDay)
	return z.ToUTC(local)
}
