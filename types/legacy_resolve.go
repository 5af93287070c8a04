package types

// legacyLimits are the ranges of the fields; a field beyond is an error even where another decides.
var legacyLimits = [legacyFieldCount][2]int{legacyEra: {0, 1}, legacyYear: {1, legacyMaximumYear}, legacyMonth: {0, 11}, legacyWeekOfYear: {1, 53},
	legacyWeekOfMonth: {0, 6}, legacyDayOfMonth: {1, 31}, legacyDayOfYear: {1, 366}, legacyDayOfWeek: {1, 7}, legacyDayOfWeekInMonth: {1, 6},
	legacyAmPm: {0, 1}, legacyHour: {0, 11}, legacyHourOfDay: {0, 23}, legacyMinute: {0, 59}, legacySecond: {0, 59}, legacyMilli: {0, 999},
	legacyZoneOffset: {-13 * 3600, 14 * 3600}, legacyDaylightOffset: {0, 2 * 3600},
	legacyWeekYear: {-legacyMaximumYear, legacyMaximumYear}}

// resolve makes the milliseconds since the epoch of the fields. All that were set must be those of the result.
func (f *legacyFields) resolve(zone *Zone) (millis int64, ok bool) {
	if f.stamps[legacyWeekYear] > f.stamps[legacyYear] && !f.setWeekDate() {
		return 0, false
	}
	for field := range legacyWeekYear {
		if v := f.values[field]; f.isSet(field) && (v < legacyLimits[field][0] || v > legacyLimits[field][1]) {
			return 0, false
		}
	}
	year := 1970
	if f.isSet(legacyYear) {
		year = f.values[legacyYear]
	}
	if f.isSet(legacyEra) && f.values[legacyEra] == 0 {
		year = 1 - year
	}
	local := f.day(year)*SecondsPerDay + int64(f.hour()*3600+f.values[legacyMinute]*60+f.values[legacySecond])
	seconds, offset := f.instant(local, zone)
	days, ofDay := FloorDivMod(seconds+offset, SecondsPerDay)
	result := legacyMoment(days, ofDay*MicrosPerSecond+int64(f.values[legacyMilli])*MicrosPerMilli)
	for field := range legacyZoneOffset {
		if f.isSet(field) && result[field] != f.values[field] {
			return 0, false
		}
	}
	return seconds*1000 + int64(f.values[legacyMilli]), true
}

// instant is the instant of a local time, both in seconds, and the offset that holds then.
func (f *legacyFields) instant(local int64, zone *Zone) (seconds, offset int64) {
	daylight := int64(f.values[legacyDaylightOffset])
	switch {
	case f.isSet(legacyZoneOffset):
		offset = int64(f.values[legacyZoneOffset]) + daylight
		return local - offset, offset
	case f.isSet(legacyDaylightOffset):
		offset = zone.legacyWallOffset(local)
		if zone.isDaylight(local - offset) {
			offset -= 3600
		}
		offset += daylight
		return local - offset, offset
	}
	seconds = local - zone.legacyWallOffset(local)
	return seconds, zone.legacyOffset(seconds)
}

// setWeekDate replaces the year of weeks, the week and the day of the week by a date. The week is 1 and the day Sunday if not set.
func (f *legacyFields) setWeekDate() bool {
	week, dayOfWeek, year := 1, 1, f.values[legacyWeekYear]
	if f.isSet(legacyWeekOfYear) {
		week = f.values[legacyWeekOfYear]
	}
	if f.isSet(legacyDayOfWeek) {
		dayOfWeek = f.values[legacyDayOfWeek]
	}
	if limit := legacyLimits[legacyWeekYear]; year < limit[0] || year > limit[1] || week < 1 || week > 53 || dayOfWeek < 1 || dayOfWeek > 7 {
		return false
	}
	if f.isSet(legacyEra) && f.values[legacyEra] == 0 {
		year = 1 - year
	}
	days := weekStart(hybridToDays(year, 1, 1)) + int64(7*(week-1)+dayOfWeek-1)
	date := legacyMoment(days, 0)
	if date[legacyWeekYear] != f.values[legacyWeekYear] || date[legacyWeekOfYear] != week {
		return false
	}
	for _, field := range [4]legacyField{legacyEra, legacyYear, legacyMonth, legacyDayOfMonth} {
		f.set(field, date[field])
	}
	return true
}

// hour is the hour of the day by the fields of the hour that were set last.
func (f *legacyFields) hour() int {
	half := 0
	if f.isSet(legacyAmPm) {
		half = f.values[legacyAmPm] * 12
	}
	pair := later(f.stamps[legacyHour], f.stamps[legacyAmPm])
	if f.isSet(legacyHourOfDay) && f.stamps[legacyHourOfDay] >= pair {
		return f.values[legacyHourOfDay]
	}
	return half + f.values[legacyHour]
}

// later is the later of two stamps, 0 if one is not set.
func later(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

type legacyDateForm uint8

const (
	byDayOfMonth legacyDateForm = iota
	byWeekOfMonth
	byDayOfWeekInMonth
	byDayOfYear
	byWeekOfYear
)

// dateForm says which fields make the date: those set last, where weeks only count with a day of the week unless there is nothing else.
func (f *legacyFields) dateForm() legacyDateForm {
	s := &f.stamps
	dow := s[legacyDayOfWeek]
	ages := [...]int{byDayOfMonth: s[legacyDayOfMonth], byWeekOfMonth: later(s[legacyWeekOfMonth], dow), byDayOfWeekInMonth: later(s[legacyDayOfWeekInMonth], dow),
		byDayOfYear: s[legacyDayOfYear], byWeekOfYear: later(s[legacyWeekOfYear], dow)}
	best := 0
	for _, age := range ages {
		best = max(best, age)
	}
	if best == 0 {
		ages = [...]int{byWeekOfMonth: s[legacyWeekOfMonth], byDayOfWeekInMonth: max(s[legacyDayOfWeekInMonth], dow), byWeekOfYear: s[legacyWeekOfYear]}
		best = max(ages[byWeekOfMonth], ages[byDayOfWeekInMonth], ages[byWeekOfYear])
	}
	switch {
	case best == ages[byDayOfMonth]:
		return byDayOfMonth
	case best == ages[byWeekOfMonth] && s[legacyWeekOfMonth] >= s[legacyWeekOfYear], best == ages[byDayOfWeekInMonth] && s[legacyDayOfWeekInMonth] >= s[legacyWeekOfYear]:
		if ages[byWeekOfMonth] == ages[byDayOfWeekInMonth] && s[legacyWeekOfMonth] >= s[legacyDayOfWeekInMonth] ||
			ages[byWeekOfMonth] != ages[byDayOfWeekInMonth] && best == ages[byWeekOfMonth] {
			return byWeekOfMonth
		}
		return byDayOfWeekInMonth
	case best == ages[byDayOfYear]:
		return byDayOfYear
	}
	return byWeekOfYear
}

// day is the day that the fields of the date name in a year, which is not positive before Christ.
func (f *legacyFields) day(year int) int64 {
	form := f.dateForm()
	gregorian := f.dayFrom(form, year, CivilToDays)
	if gregorian >= legacyCutover && (year > legacyCutoverYear || year == legacyCutoverYear && form < byDayOfYear) {
		return gregorian
	}
	// The days that were skipped become days behind the cutover, which are not what was set.
	return f.dayFrom(form, year, julianToDays)
}

func (f *legacyFields) dayFrom(form legacyDateForm, year int, toDays func(year, month, day int) int64) int64 {
	v := &f.values
	if form == byDayOfYear {
		return toDays(year, 1, 1) + int64(v[legacyDayOfYear]-1)
	}
	if form == byWeekOfYear {
		first := weekStart(toDays(year, 1, 1))
		if f.isSet(legacyDayOfWeek) {
			first += int64(v[legacyDayOfWeek] - 1)
		}
		return first + int64(7*(v[legacyWeekOfYear]-1))
	}
	first := toDays(year, v[legacyMonth]+1, 1)
	switch form {
	case byDayOfMonth:
		if f.isSet(legacyDayOfMonth) {
			first += int64(v[legacyDayOfMonth] - 1)
		}
		return first
	case byWeekOfMonth:
		first = weekStart(first)
		if f.isSet(legacyDayOfWeek) {
			first += int64(v[legacyDayOfWeek] - 1)
		}
		return first + int64(7*(v[legacyWeekOfMonth]-1))
	}
	dayOfWeek, place := 1, 1
	if f.isSet(legacyDayOfWeek) {
		dayOfWeek = v[legacyDayOfWeek]
	}
	if f.isSet(legacyDayOfWeekInMonth) {
		place = v[legacyDayOfWeekInMonth]
	}
	return weekdayFrom(first, dayOfWeek) + int64(7*(place-1))
}
