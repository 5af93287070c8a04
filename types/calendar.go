package types

// Days, microseconds and the proleptic Gregorian calendar. Nothing here allocates.

// Units of time in microseconds, and the days of 400 Gregorian years.
const (
	MicrosPerMilli  int64 = 1000
	MicrosPerSecond       = 1000 * MicrosPerMilli
	MicrosPerMinute       = 60 * MicrosPerSecond
	MicrosPerHour         = 60 * MicrosPerMinute
	MicrosPerDay          = 24 * MicrosPerHour
	SecondsPerDay   int64 = 24 * 60 * 60

	daysPer400Years = 146097
	// daysToMarch0 is the number of days from 0000-03-01 to 1970-01-01. Years that begin in March end with the leap day.
	daysToMarch0 = 719468
)

// DaysToCivil returns the date that lies days after 1970-01-01; year 0 is 1 BC. Month is 1 to 12, day 1 to 31.
func DaysToCivil(days int64) (year, month, day int) {
	z := days + daysToMarch0
	era := floorDiv(z, daysPer400Years)
	dayOfEra := uint32(z - era*daysPer400Years)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100) // from 1 March
	m := (5*dayOfYear + 2) / 153
	day = int(dayOfYear - (153*m+2)/5 + 1)
	year = int(yearOfEra) + int(era)*400
	if m < 10 {
		return year, int(m) + 3, day
	}
	return year + 1, int(m) - 9, day
}

// CivilToDays returns the days from 1970-01-01 to a date. The month must be 1 to 12; the day may lie outside its month.
func CivilToDays(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + int64(day) - 1
	return era*daysPer400Years + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - daysToMarch0
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// FloorDivMod divides rounding down; the remainder is not negative for a positive divisor.
func FloorDivMod(a, b int64) (quotient, remainder int64) {
	q := floorDiv(a, b)
	return q, a - q*b
}

// MicrosToDays returns the day on which a local time in microseconds lies, and the microseconds since its midnight.
func MicrosToDays(micros int64) (days, microsOfDay int64) { return FloorDivMod(micros, MicrosPerDay) }

// IsLeapYear reports whether February of the year has 29 days.
func IsLeapYear(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

var monthLengths = [13]uint8{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// DaysInMonth is the length of a month, 1 to 12.
func DaysInMonth(year, month int) int {
	if month == 2 && IsLeapYear(year) {
		return 29
	}
	return int(monthLengths[month])
}

// ValidDate reports whether the month has such a day.
func ValidDate(year, month, day int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= DaysInMonth(year, month)
}

// DayOfWeek is 1 for Monday to 7 for Sunday.
func DayOfWeek(days int64) int {
	_, r := FloorDivMod(days+3, 7) // 1970-01-01 was a Thursday
	return int(r) + 1
}

// DayOfYear is 1 for 1 January.
func DayOfYear(days int64) int {
	year, _, _ := DaysToCivil(days)
	return int(days-CivilToDays(year, 1, 1)) + 1
}

// AddMonths moves a date by months, keeping the day of month or taking the last one there is.
func AddMonths(days int64, months int64) int64 {
	year, month, day := DaysToCivil(days)
	y, m := FloorDivMod(int64(year)*12+int64(month)-1+months, 12)
	return CivilToDays(int(y), int(m)+1, min(day, DaysInMonth(int(y), int(m)+1)))
}

// ISOWeek is the ISO 8601 week of a day and the year it belongs to.
func ISOWeek(days int64) (year, week int) {
	thursday := days - int64(DayOfWeek(days)) + 4 // a week belongs to the year of its Thursday
	year, _, _ = DaysToCivil(thursday)
	return year, int(thursday-CivilToDays(year, 1, 1))/7 + 1
}
