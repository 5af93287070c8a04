package types

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestCivil(t *testing.T) {
	for days := int64(-800000); days < 800000; days += 13 {
		want := time.Unix(days*86400, 0).UTC()
		y, m, d := DaysToCivil(days)
		if y != want.Year() || m != int(want.Month()) || d != want.Day() {
			t.Fatalf("DaysToCivil(%d) = %d-%d-%d, want %v", days, y, m, d, want)
		}
		if CivilToDays(y, m, d) != days {
			t.Fatalf("CivilToDays(%d-%d-%d)", y, m, d)
		}
		wy, ww := want.ISOWeek()
		if iy, iw := ISOWeek(days); iy != wy || iw != ww || DayOfYear(days) != want.YearDay() || DayOfWeek(days)%7 != int(want.Weekday()) {
			t.Fatalf("week of %v: %d %d", want, iy, iw)
		}
	}
	for _, days := range []int64{math.MinInt32, math.MaxInt32} {
		y, m, d := DaysToCivil(days)
		if CivilToDays(y, m, d) != days {
			t.Errorf("%d → %d-%d-%d", days, y, m, d)
		}
	}
	if got := AddMonths(CivilToDays(2020, 1, 31), 1); got != CivilToDays(2020, 2, 29) {
		t.Error("AddMonths", FormatDate(got))
	}
	if got := AddMonths(CivilToDays(2020, 1, 31), -14); got != CivilToDays(2018, 11, 30) {
		t.Error("AddMonths", FormatDate(got))
	}
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{
		"2020-01-02": "2020-01-02", " 2020-1-2 ": "2020-01-02", "2020": "2020-01-01", "2020-5": "2020-05-01", "2020-01-02 abc": "2020-01-02",
		"2020-01-02T": "2020-01-02", "+10000-01-01": "+10000-01-01", "-0044-03-15": "-0044-03-15", "0000-01-01": "0000-01-01",
		"2020-02-30": "", "2020-13-01": "", "20-01-01": "", "2020-01": "2020-01-01", "2020-": "", "2020 01": "", "2020-01-011": "", "2020-01-01x": "",
		"": "", "-": "", "99999999-01-01": "", "9999999-01-01": "", "1500000-01-01": "+1500000-01-01", "2020/01/01": "", "\t2020-01-01\n": "2020-01-01",
	} {
		got, ok := ParseDate(text)
		if ok != (want != "") || ok && FormatDate(int64(got)) != want {
			t.Errorf("ParseDate(%q) = %s, %v; want %q", text, FormatDate(int64(got)), ok, want)
		}
	}
}

func zone(t *testing.T, id string) *Zone {
	t.Helper()
	z, err := ParseZone(id)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParseTimestamp(t *testing.T) {
	now := CivilToDays(2021, 3, 4)*MicrosPerDay + 5*MicrosPerHour
	for text, want := range map[string]string{
		"2020-1-1": "2020-01-01 00:00:00", "2020": "2020-01-01 00:00:00", "2020-01-01T1:2:3.1234567Z": "2020-01-01 01:02:03.123456",
		"2020-01-01 00:00:00+1:00": "2019-12-31 23:00:00", "2020-01-01 00:00:00 UTC+3": "2019-12-31 21:00:00", "2020-01-01 00:00:00 PST": "2020-01-01 08:00:00",
		"2020-01-01 00:00:00 America/Los_Angeles": "2020-01-01 08:00:00", "2020-01-01 00:00:00Europe/Paris": "2019-12-31 23:00:00",
		"2020-01-01 00:00:00 EST": "2020-01-01 05:00:00", "2020-01-01 00": "2020-01-01 00:00:00", "2020-01-01 00:05": "2020-01-01 00:05:00",
		"2020-01-01 ": "2020-01-01 00:00:00", "2020-01-01 10:11:12.": "2020-01-01 10:11:12", "2020-01-01 10:11:12 +01:00:30": "2020-01-01 09:10:42",
		"2020-01-01 10:11:12 Z": "2020-01-01 10:11:12", "2020-01-01 10:11:12 GMT+0100": "2020-01-01 09:11:12", "2020-01-01 10:11:12 AET": "2019-12-31 23:11:12",
		"2020-01-01 10:11:12 MST": "2020-01-01 17:11:12", "2020-01-01 10:11:12 CET": "2020-01-01 09:11:12", "2020-01-01 10:11:12 +0100": "2020-01-01 09:11:12",
		"2020-01-01 10:11:12 +01": "2020-01-01 09:11:12", "12:30": "2021-03-04 12:30:00", "T12": "2021-03-04 12:00:00", "1:2:3.5": "2021-03-04 01:02:03.5",
		"294247-01-10T04:00:54.775807Z": "+294247-01-10 04:00:54.775807", "-290308-12-21 19:59:05.224192": "-290308-12-21 19:59:05.224192",
		"2020-01-01 24:00:00": "", "2020-01-01T": "", "2020-01-01 10:11:12 europe/paris": "", "2020-01-01 10:11:12 +19:00": "", "2020-01-01 10Z": "",
		" T12": "", "": "", "2020-01-01 1:2:3:4": "", "+12:30": "", "2020-02-30 00:00:00": "", "12": "", "294247-01-10T04:00:54.775808Z": "",
		"-290308-12-21 19:59:05.224191": "", "2020-01-01 10:11:": "", "1234567-01-01": "", "2020-01-01 10:60": "", "2020-01-01 10:11:12 UTC+": "",
	} {
		got, ok := ParseTimestamp(text, UTC, now)
		if ok != (want != "") || ok && FormatTimestamp(got, UTC) != want {
			t.Errorf("ParseTimestamp(%q) = %s, %v; want %q", text, FormatTimestamp(got, UTC), ok, want)
		}
	}
	if got, ok := ParseTimestampNTZ("2020-01-01 10:00:00 Europe/Paris", true); !ok || string(AppendTimestampNTZ(nil, got)) != "2020-01-01 10:00:00" {
		t.Error("a zone is dropped", got, ok)
	}
	for _, text := range []string{"10:00", "2020-01-01 10:00:00Z"} {
		if _, ok := ParseTimestampNTZ(text, false); ok {
			t.Errorf("%q as timestamp_ntz", text)
		}
	}
	if !TimestampHasZone("2020-01-01 10:00:00Z") || TimestampHasZone("2020-01-01 10:00:00") {
		t.Error("TimestampHasZone")
	}
}

func TestSpecialValues(t *testing.T) {
	z := zone(t, "America/Los_Angeles")
	now := CivilToDays(2021, 3, 4)*MicrosPerDay + 5*MicrosPerHour // the 3rd in Los Angeles
	for text, want := range map[string]string{"epoch": "1970-01-01", " Today ": "2021-03-03", "TOMORROW": "2021-03-04", "yesterday": "2021-03-02", "now": "2021-03-03",
		"today UTC": "2021-03-03", "now UTC": "", "x": "", "": "", "today nowhere": ""} {
		got, ok := ParseSpecialDate(text, z, now)
		if ok != (want != "") || ok && FormatDate(int64(got)) != want {
			t.Errorf("%q: %v %v", text, FormatDate(int64(got)), ok)
		}
	}
	for text, want := range map[string]string{"epoch": "1970-01-01 00:00:00", "today": "2021-03-03 08:00:00", "now": "2021-03-04 05:00:00"} {
		if got, ok := ParseSpecialTimestamp(text, z, now); !ok || FormatTimestamp(got, UTC) != want {
			t.Errorf("%q: %v %v", text, FormatTimestamp(got, UTC), ok)
		}
	}
}

func TestZoneAgainstTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, id := range []string{"America/Los_Angeles", "Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "+05:30", "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo"} {
		z := zone(t, id)
		for range 20000 {
			seconds := r.Int64N(30_000_000_000) - 8_000_000_000
			at := time.Unix(seconds, 0).In(z.Location())
			if _, want := at.Zone(); z.Offset(seconds) != int64(want) {
				t.Fatalf("%s: offset at %v = %d, want %d", id, at, z.Offset(seconds), want)
			}
			local := z.ToLocal(seconds * MicrosPerSecond)
			back := z.ToUTC(local)
			if back != seconds*MicrosPerSecond {
				// Only in an overlap, where the earlier instant is chosen.
				if z.ToLocal(back) != local || back > seconds*MicrosPerSecond {
					t.Fatalf("%s: %v came back as %s", id, at, FormatTimestamp(back, z))
				}
			}
		}
	}
}

func TestZoneGapsAndOverlaps(t *testing.T) {
	z := zone(t, "America/Los_Angeles")
	for text, want := range map[string]string{
		"2021-03-14 02:30:00": "2021-03-14 10:30:00", // gap: 02:30 does not exist, becomes 03:30 PDT
		"2021-11-07 01:30:00": "2021-11-07 08:30:00", // overlap: the first 01:30, PDT
		"2021-11-07 02:00:00": "2021-11-07 10:00:00", "1800-01-01 00:00:00": "1800-01-01 07:52:58", "3021-07-01 00:00:00": "3021-07-01 07:00:00",
	} {
		got, ok := ParseTimestamp(text, z, 0)
		if !ok || FormatTimestamp(got, UTC) != want {
			t.Errorf("%s = %s, want %s", text, FormatTimestamp(got, UTC), want)
		}
	}
	// Midnight does not exist on 2018-11-04 in São Paulo.
	paulo := zone(t, "America/Sao_Paulo")
	if got := FormatTimestamp(paulo.DaysToInstant(CivilToDays(2018, 11, 4)), paulo); got != "2018-11-04 01:00:00" {
		t.Error(got)
	}
}

func TestParseZone(t *testing.T) {
	for id, want := range map[string]string{"Z": "UTC", "UTC": "UTC", "+1:00": "+01:00", "-08": "-08:00", "GMT+0": "GMT", "UTC+03:5": "UTC+03:05", "PST": "America/Los_Angeles",
		"EST": "-05:00", "+01:02:03": "+01:02:03", "GMT": "GMT", "Etc/GMT+8": "Etc/GMT+8"} {
		if z, err := ParseZone(id); err != nil || z.String() != want {
			t.Errorf("ParseZone(%q) = %v, %v; want %s", id, z, err, want)
		}
	}
	for _, id := range []string{"", "x", "Nowhere/City", "+19:00", "+1:2:3:4", "UTC+", "Local", "utc", "../etc", "+18:01", "+ab"} {
		if z, err := ParseZone(id); err == nil {
			t.Errorf("ParseZone(%q) = %v", id, z)
		}
	}
}

func BenchmarkToLocal(b *testing.B) {
	z, _ := ParseZone("America/Los_Angeles")
	at := int64(0)
	for b.Loop() {
		at += z.ToLocal(at)&1 + 86400_000_000*91
		if at > 3e15 {
			at = 0
		}
	}
}

func BenchmarkParseTimestamp(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseTimestamp("2020-01-01 10:11:12.123", UTC, 0)
	}
}

func TestStartsWithYear(t *testing.T) {
	for text, want := range map[string]bool{
		"2024-02-29": true, " 1999": true, "+12024-01-01": true, "-0044-03-15": true,
		"12:30": false, "T10": false, "now": false, "": false, "today ": false, "202": false,
	} {
		if StartsWithYear(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
