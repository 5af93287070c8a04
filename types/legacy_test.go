package types

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The wanted results are Spark's; many more are in testdata/functions/legacy_time.jsonl of the module.
func TestLegacyPatternParse(t *testing.T) {
	for _, c := range []struct{ pattern, text, zone, want string }{
		{"yyyy-MM-dd", "2020-2-9 and more", "UTC", "2020-02-09 00:00:00"},
		{"yyyyMMddHHmmssSSS", "20200209102030123", "UTC", "2020-02-09 10:20:30.123"},
		{"yyyy-MM-dd HH:mm:ss.SSSSSS", "2020-01-01 10:20:30.123456", "UTC", "NULL"},
		{"yyyy-MM-dd", "2021-02-29", "UTC", "NULL"},
		{"dd MMM yyyy", "29  Feb 2020", "UTC", "NULL"},
		{"YYYY-'W'ww-u", "2020-W10-3", "UTC", "2020-03-04 00:00:00"},
		{"YYYY", "2020", "UTC", "2019-12-29 00:00:00"},
		{"yyyy", "2E3", "UTC", "2000-01-01 00:00:00"},
		{"yyyy", "٢٠٢٠", "UTC", "2020-01-01 00:00:00"},
		{"yyyy-MM-dd", "1582-10-10", "UTC", "NULL"},
		{"yyyy-MM-dd", "1500-02-29", "UTC", "1500-03-01 00:00:00"},
		{"yyyy-MM-dd HH:mm:ss", "2019-03-10 02:30:00", "America/Los_Angeles", "NULL"},
		{"yyyy-MM-dd HH:mm:ss", "1800-01-01 00:00:00", "America/Los_Angeles", "1800-01-01 00:00:00"},
		{"yyyy-MM-dd z", "2020-01-01 PDT", "UTC", "2020-01-01 07:00:00"},
		{"", "2020", "UTC", "NULL"},
	} {
		p, err := CompileLegacyPattern(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		got, z := "NULL", zone(t, c.zone)
		if micros, ok := p.Parse(c.text, z); ok {
			got = FormatTimestamp(micros, z)
		}
		if got != c.want {
			t.Errorf("%q as %q in %s: %s, want %s", c.text, c.pattern, c.zone, got, c.want)
		}
	}
}

func TestLegacyPatternIsMalformed(t *testing.T) {
	for _, text := range []string{"A", "yyyy q", "VV", "XXXX", "yyyy'", "''' "} {
		if p, err := CompileLegacyPattern(text); err == nil {
			t.Errorf("%q: %v", text, p)
		}
	}
}

// TestHybridCalendar counts every day around the change of calendars, and compares other days with their dates.
func TestHybridCalendar(t *testing.T) {
	before, after := hybridToDays(1582, 10, 4), hybridToDays(1582, 10, 15)
	if after-before != 1 || after != legacyCutover {
		t.Errorf("the day after 1582-10-04 is %d days later", after-before)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		days := r.Int64N(2_000_000) - 1_000_000
		year, month, day := daysToHybrid(days)
		if back := hybridToDays(year, month, day); back != days {
			t.Fatalf("day %d is %d-%d-%d, which is day %d", days, year, month, day, back)
		}
	}
}

// TestLegacyRoundTrip reads what it wrote.
func TestLegacyRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	zones := []*Zone{UTC, zone(t, "America/Los_Angeles"), zone(t, "Asia/Kolkata")}
	for _, text := range []string{"G yyyy-MM-dd HH:mm:ss.SSS", "G y D k m s S", "G YYYY w E h a mm ss SSS", "G yyyy MMMM W u K a mmssSSS"} {
		p, err := CompileLegacyPattern(text)
		if err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			micros := (r.Int64N(4_000_000_000) - 2_000_000_000) * MicrosPerSecond
			z := zones[r.IntN(len(zones))]
			shown := p.Format(micros, z)
			if back, ok := p.Parse(shown, z); !ok || p.Format(back, z) != shown {
				t.Fatalf("%q in %s: %s is read as %s %v", text, z, shown, p.Format(back, z), ok)
			}
		}
	}
}

// TestLegacyPatternTakesAnything runs patterns and texts of odd pieces: nothing may panic.
func TestLegacyPatternTakesAnything(t *testing.T) {
	letters := strings.Split(legacyLetters+"-:' .9姚", "")
	pieces := []string{"2020", "-", "+", "0", "99999999999999999999", "Jan", "Monday", "AM", "GMT", "GMT+", "PST", "Z", " ", "\t", "E", "1E9", "1E-", "NaN", "é", "\xff", ":", "", "BC"}
	r := rand.New(rand.NewPCG(5, 6))
	join := func(from []string) string {
		var b strings.Builder
		for range r.IntN(6) {
			b.WriteString(strings.Repeat(from[r.IntN(len(from))], 1+r.IntN(3)))
		}
		return b.String()
	}
	for range 20_000 {
		p, err := CompileLegacyPattern(join(letters))
		if err != nil {
			continue
		}
		p.Format(int64(r.Uint64()), UTC)
		for range 5 {
			p.Parse(join(pieces), UTC)
		}
	}
}
