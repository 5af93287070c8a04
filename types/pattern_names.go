package types

// The English texts of datetime patterns.

var (
	monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	quarters   = []string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}
	shortMonth = shorten(monthNames)
	shortDay   = shorten(dayNames)
	shortQ     = []string{"Q1", "Q2", "Q3", "Q4"}
	eraNames   = []string{"Before Christ", "Anno Domini"}
	shortEra   = []string{"BC", "AD"}
	amPm       = []string{"AM", "PM"}
)

func shorten(names []string) []string {
	short := make([]string, len(names))
	for i, n := range names {
		short[i] = n[:3]
	}
	return short
}

// names returns the texts of a field and the number that the first one stands for.
func (e *patternElement) names() (list []string, first int) {
	switch e.field {
	case fieldMonth:
		return pick(e.full, monthNames, shortMonth), 1
	case fieldDayOfWeek:
		return pick(e.full, dayNames, shortDay), 1
	case fieldQuarter:
		return pick(e.full, quarters, shortQ), 1
	case fieldEra:
		return pick(e.full, eraNames, shortEra), 0
	}
	return amPm, 0
}

func pick(full bool, long, short []string) []string {
	if full {
		return long
	}
	return short
}

// zoneNames are the long names of zone abbreviations that mean the same everywhere they are used.
var zoneNames = map[string]string{"UTC": "Coordinated Universal Time", "GMT": "Greenwich Mean Time", "PST": "Pacific Standard Time", "PDT": "Pacific Daylight Time",
	"MST": "Mountain Standard Time", "MDT": "Mountain Daylight Time", "CST": "Central Standard Time", "CDT": "Central Daylight Time", "EST": "Eastern Standard Time",
	"EDT": "Eastern Daylight Time", "AKST": "Alaska Standard Time", "AKDT": "Alaska Daylight Time", "HST": "Hawaii-Aleutian Standard Time", "BST": "British Summer Time",
	"CET": "Central European Standard Time", "CEST": "Central European Summer Time", "EET": "Eastern European Standard Time", "EEST": "Eastern European Summer Time",
	"WET": "Western European Standard Time", "WEST": "Western European Summer Time", "MSK": "Moscow Standard Time", "JST": "Japan Standard Time", "KST": "Korean Standard Time",
	"IST": "India Standard Time", "AEST": "Australian Eastern Standard Time", "AEDT": "Australian Eastern Daylight Time", "AWST": "Australian Western Standard Time",
	"NZST": "New Zealand Standard Time", "NZDT": "New Zealand Daylight Time", "SAST": "South Africa Standard Time", "WIB": "Western Indonesia Time", "HKT": "Hong Kong Standard Time"}

// chinaZones use CST for China Standard Time.
var chinaZones = map[string]bool{"Asia/Shanghai": true, "Asia/Chongqing": true, "Asia/Harbin": true, "PRC": true, "Asia/Macau": true, "Asia/Taipei": true}

// longZoneName is the long name for an abbreviation as a zone uses it; "" if there is none.
func longZoneName(zone *Zone, short string) string {
	switch id := zone.String(); {
	case short == "CST" && chinaZones[id]:
		return "China Standard Time"
	case short == "IST" && (id == "Europe/Dublin" || id == "Eire"):
		return "Irish Standard Time"
	case short == "IST" && (id == "Asia/Jerusalem" || id == "Asia/Tel_Aviv" || id == "Israel"):
		return "Israel Standard Time"
	case short == "IDT":
		return "Israel Daylight Time"
	}
	return zoneNames[short]
}

// abbreviatedZones are the zones that abbreviations are parsed as.
var abbreviatedZones = map[string]string{"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "MST": "America/Denver", "MDT": "America/Denver", "CST": "America/Chicago",
	"CDT": "America/Chicago", "EST": "America/New_York", "EDT": "America/New_York", "AKST": "America/Anchorage", "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu",
	"BST": "Europe/London", "GMT": "GMT", "UTC": "UTC", "CET": "Europe/Paris", "CEST": "Europe/Paris", "EET": "Europe/Bucharest", "EEST": "Europe/Bucharest", "WET": "Europe/Lisbon",
	"WEST": "Europe/Lisbon", "MSK": "Europe/Moscow", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "IST": "Asia/Kolkata", "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
	"AWST": "Australia/Perth", "NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland", "SAST": "Africa/Johannesburg", "HKT": "Asia/Hong_Kong", "WIB": "Asia/Jakarta"}
