package types

import (
	"math"
	"testing"
)

func TestAppendDouble(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {1, "1.0"}, {-1.5, "-1.5"}, {0.001, "0.001"}, {0.00099, "9.9E-4"}, {1e7, "1.0E7"}, {9999999, "9999999.0"}, {9999999.5, "9999999.5"},
		{123456.7, "123456.7"}, {1e10, "1.0E10"}, {1.5e-10, "1.5E-10"}, {1e100, "1.0E100"}, {1.1e-5, "1.1E-5"}, {4.9e-324, "4.9E-324"}, {2e-323, "2.0E-323"}, {math.MaxFloat64, "1.7976931348623157E308"},
		{2.2250738585072014e-308, "2.2250738585072014E-308"}, {-1e21, "-1.0E21"}, {math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}, {9007199254740992, "9.007199254740992E15"}, {100, "100.0"},
	} {
		if got := string(AppendDouble(nil, c.v)); got != c.want {
			t.Errorf("AppendDouble(%g) = %s, want %s", c.v, got, c.want)
		}
	}
	for _, c := range []struct {
		v    float32
		want string
	}{{1.4e-45, "1.4E-45"}, {1.17549435e-38, "1.17549435E-38"}, {123456789, "1.23456792E8"}, {2.8e-45, "2.8E-45"}, {3.4028235e38, "3.4028235E38"}, {0.1, "0.1"}, {1e10, "1.0E10"}, {33554432, "3.3554432E7"}, {0.002, "0.002"}} {
		if got := string(AppendFloat(nil, c.v)); got != c.want {
			t.Errorf("AppendFloat(%g) = %s, want %s", c.v, got, c.want)
		}
	}
}

func TestFormatAndLiterals(t *testing.T) {
	s := mustParse(t, "struct<a:int,b:string,c:array<double>>")
	m := mustParse(t, "map<int,string>")
	for _, c := range []struct {
		v                any
		t                Type
		text, sql, names string
	}{
		{nil, IntType, "NULL", "CAST(NULL AS INT)", "NULL"}, {nil, VoidType, "NULL", "NULL", "NULL"}, {true, BooleanType, "true", "true", "true"},
		{int8(5), ByteType, "5", "5Y", "5"}, {int16(5), ShortType, "5", "5S", "5"}, {int32(-5), IntType, "-5", "-5", "-5"}, {int64(5), LongType, "5", "5L", "5"},
		{float32(1.5), FloatType, "1.5", "CAST('1.5' AS FLOAT)", "1.5"}, {1e10, DoubleType, "1.0E10", "1.0E10D", "1.0E10"}, {math.NaN(), DoubleType, "NaN", "CAST('NaN' AS DOUBLE)", "NaN"},
		{int64(150), DecimalType(3, 2), "1.50", "1.50BD", "1.50"}, {int64(1), DecimalType(7, 7), "0.0000001", "1E-7BD", "1E-7"}, {pow10[20], DecimalType(38, 0), "100000000000000000000", "100000000000000000000BD", "100000000000000000000"},
		{`it's \`, StringType, `it's \`, `'it\'s \\'`, `it's \`}, {"\x1a\xbc", BinaryType, "\x1a\xbc", "X'1ABC'", "X'1ABC'"}, {int32(0), DateType, "1970-01-01", "DATE '1970-01-01'", "DATE '1970-01-01'"},
		{int64(100000), TimestampType, "1970-01-01 00:00:00.1", "TIMESTAMP '1970-01-01 00:00:00.1'", "TIMESTAMP '1970-01-01 00:00:00.1'"},
		{int64(0), TimestampNTZType, "1970-01-01 00:00:00", "TIMESTAMP_NTZ '1970-01-01 00:00:00'", "TIMESTAMP_NTZ '1970-01-01 00:00:00'"},
		{Interval{Months: 1}, CalendarType, "1 months", "INTERVAL '1 months'", "INTERVAL '1 months'"},
		{[]any{int32(1), nil, []any{1.5, nil}}, s, "{1, null, [1.5, null]}", "NAMED_STRUCT('a', 1, 'b', CAST(NULL AS STRING), 'c', ARRAY(1.5D, CAST(NULL AS DOUBLE)))", "NAMED_STRUCT('a', 1, 'b', CAST(NULL AS STRING), 'c', ARRAY(1.5D, CAST(NULL AS DOUBLE)))"},
		{MapValue{[]any{int32(1), int32(2)}, []any{nil, "b"}}, m, "{1 -> null, 2 -> b}", "MAP(1, CAST(NULL AS STRING), 2, 'b')", "MAP(1, CAST(NULL AS STRING), 2, 'b')"},
		{[]any{}, ArrayType(IntType, false), "[]", "ARRAY()", "ARRAY()"}, {MapValue{}, m, "{}", "MAP()", "MAP()"},
	} {
		if got := FormatValue(c.v, c.t, nil); got != c.text {
			t.Errorf("FormatValue(%v %v) = %s, want %s", c.v, c.t, got, c.text)
		}
		if got := SQLLiteral(c.v, c.t, nil); got != c.sql {
			t.Errorf("SQLLiteral(%v %v) = %s, want %s", c.v, c.t, got, c.sql)
		}
		if got := PrettyLiteral(c.v, c.t, nil); got != c.names {
			t.Errorf("PrettyLiteral(%v %v) = %s, want %s", c.v, c.t, got, c.names)
		}
	}
}

func TestParseNumbers(t *testing.T) {
	for _, c := range []struct {
		text         string
		ansi, legacy any
	}{
		{"1", 1, 1}, {" -1 ", -1, -1}, {"+7", 7, 7}, {".", nil, 0}, {"1.", nil, 1}, {".5", nil, 0}, {"1.9", nil, 1}, {"1.x", nil, nil}, {"+", nil, nil}, {"", nil, nil}, {"-.5", nil, 0}, {"1e3", nil, nil},
		{"9223372036854775807", math.MaxInt64, math.MaxInt64}, {"9223372036854775808", nil, nil}, {"-9223372036854775808", math.MinInt64, math.MinInt64}, {"99999999999999999999999", nil, nil}, {"0x1", nil, nil}, {"1 2", nil, nil},
	} {
		for _, allow := range []bool{false, true} {
			want := c.ansi
			if allow {
				want = c.legacy
			}
			got, status := ParseLong(c.text, allow)
			if (status == TextOK) != (want != nil) || want != nil && got != int64(want.(int)) {
				t.Errorf("ParseLong(%q, %v) = %d, %v", c.text, allow, got, status)
			}
		}
	}
	if _, status := ParseInteger("128", 8, false); status != TextOverflow {
		t.Error("128 as tinyint")
	}
	if v, status := ParseInteger("-128", 8, false); status != TextOK || v != -128 {
		t.Error("-128 as tinyint")
	}
}

func TestParseDouble(t *testing.T) {
	for text, want := range map[string]string{
		"1d": "1.0", "1f": "1.0", "1D ": "1.0", "0x1p3": "8.0", "0x1.8p1d": "3.0", "inf": "Infinity", "+Infinity": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-NaN": "NaN", "NaN": "NaN", " 1 ": "1.0",
		"1.e2": "100.0", ".5": "0.5", "1e400": "Infinity", "-1e400": "-Infinity", "1e-400": "0.0", "1E3": "1000.0",
		".": "", "1e": "", "1_0": "", "infinit": "", "0x10": "", "": "", "d": "", "1dd": "", "-": "", "1 2": "", "0x1p": "", "-nan": "", "1e5x": "",
	} {
		got, ok := ParseDouble(text)
		if ok != (want != "") || ok && string(AppendDouble(nil, got)) != want {
			t.Errorf("ParseDouble(%q) = %v, %v; want %s", text, got, ok, want)
		}
	}
	if v, ok := ParseFloat("0.1"); !ok || v != 0.1 {
		t.Error("float")
	}
	for text, want := range map[string]int{"t": 1, " TRUE ": 1, "yes": 1, "Y": 1, "1": 1, "n": 0, "0": 0, "False": 0, "2": -1, "on": -1, "": -1, "truee": -1, "longer text": -1} {
		v, ok := ParseBoolean(text)
		if ok != (want >= 0) || ok && v != (want == 1) {
			t.Errorf("ParseBoolean(%q) = %v, %v", text, v, ok)
		}
	}
}

func TestCompareValues(t *testing.T) {
	nan, zero := math.NaN(), math.Copysign(0, -1)
	a := ArrayType(IntType, true)
	for _, c := range []struct {
		a, b any
		t    Type
		want int
	}{
		{nil, int32(1), IntType, -1}, {nil, nil, IntType, 0}, {nan, math.Inf(1), DoubleType, 1}, {nan, nan, DoubleType, 0}, {zero, 0.0, DoubleType, 0}, {1.0, nan, DoubleType, -1},
		{"a", "b", StringType, -1}, {"A", "a", CollatedType("UTF8_LCASE"), 0}, {int64(5), pow10[20], DecimalType(38, 0), -1}, {false, true, BooleanType, -1},
		{[]any{int32(1)}, []any{int32(1), nil}, a, -1}, {[]any{int32(2)}, []any{int32(1), nil}, a, 1}, {[]any{nil}, []any{int32(1)}, a, -1},
		{[]any{int32(1), "b"}, []any{int32(1), "a"}, mustParse(t, "struct<a:int,b:string>"), 1}, {float32(1), float32(2), FloatType, -1},
	} {
		if got := ValueCompare(c.a, c.b, c.t); got != c.want {
			t.Errorf("ValueCompare(%v, %v) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := ValueCompare(c.b, c.a, c.t); got != -c.want {
			t.Errorf("ValueCompare(%v, %v) = %d, want %d", c.b, c.a, got, -c.want)
		}
	}
	m := mustParse(t, "map<int,double>")
	x, y := MapValue{[]any{int32(1)}, []any{nan}}, MapValue{[]any{int32(1)}, []any{nan}}
	if !ValueEqual(x, y, m) || ValueEqual(x, MapValue{}, m) || ValueEqual(x, nil, m) || !ValueEqual(Interval{Days: 1}, Interval{Days: 1}, CalendarType) {
		t.Error("ValueEqual")
	}
	if m.IsOrderable() || !a.IsOrderable() {
		t.Error("IsOrderable")
	}
}

func BenchmarkAppendDouble(b *testing.B) {
	buf := make([]byte, 0, 32)
	for b.Loop() {
		buf = AppendDouble(buf[:0], 12345.678)
	}
}
