package types

import "testing"

func TestCanCast(t *testing.T) {
	for _, c := range []struct {
		from, to     string
		ansi, legacy bool
	}{
		{"int", "string", true, true}, {"string", "int", true, true}, {"int", "boolean", true, true}, {"int", "binary", false, true},
		{"binary", "int", false, false}, {"date", "int", false, true}, {"timestamp", "int", true, true}, {"timestamp_ntz", "int", false, false},
		{"boolean", "timestamp", false, true}, {"date", "boolean", false, true}, {"int", "timestamp", true, true}, {"int", "date", false, false},
		{"interval year to month", "int", true, true}, {"int", "interval day to second", true, true}, {"double", "interval day", false, false},
		{"interval day", "timestamp", false, false}, {"interval", "interval month", false, false}, {"interval day", "interval hour", true, true},
		{"map<int,int>", "array<int>", false, false}, {"array<int>", "array<string>", true, true}, {"struct<a:int>", "struct<b:string>", true, true},
		{"struct<a:int>", "struct<a:int,b:int>", false, false}, {"array<int>", "array<date>", false, false}, {"int", "variant", true, true},
		{"variant", "int", true, true}, {"interval", "variant", false, false}, {"void", "map<int,int>", true, true}, {"array<int>", "string", true, true},
		{"string", "array<int>", false, false}, {"string", "interval", true, true}, {"struct<a:int not null>", "struct<a:int>", true, true},
		{"struct<a:int>", "struct<a:int not null>", false, false}, {"date", "timestamp_ntz", true, true},
	} {
		from, to := mustParse(t, c.from), mustParse(t, c.to)
		if CanCast(from, to, true) != c.ansi || CanCast(from, to, false) != c.legacy {
			t.Errorf("CanCast %s as %s: ANSI %v legacy %v", c.from, c.to, CanCast(from, to, true), CanCast(from, to, false))
		}
	}
}

func TestCanUpCast(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"int", "bigint", true}, {"bigint", "int", false}, {"int", "decimal(10,0)", true}, {"int", "decimal(10,1)", false}, {"decimal(9,0)", "int", true},
		{"decimal(5,2)", "double", true}, {"bigint", "float", true}, {"date", "timestamp", true}, {"timestamp", "date", false}, {"int", "string", true},
		{"string", "int", false}, {"array<int>", "array<bigint>", true}, {"decimal(5,2)", "decimal(6,2)", true}, {"decimal(5,2)", "decimal(6,4)", false},
	} {
		if got := CanUpCast(mustParse(t, c.from), mustParse(t, c.to)); got != c.want {
			t.Errorf("CanUpCast %s to %s = %v", c.from, c.to, got)
		}
	}
}

func TestImplicitCast(t *testing.T) {
	one := func(text string) []Expected { return []Expected{Expect(mustParse(t, text))} }
	family := func(f Family) []Expected { return []Expected{{Family: f}} }
	for _, c := range []struct {
		from         string
		to           []Expected
		ansi, legacy string
	}{
		{"int", one("string"), "string", "string"}, {"string", one("int"), "int", "int"}, {"double", one("int"), "int", "int"},
		{"string", family(AnyIntegral), "", ""}, {"double", family(AnyIntegral), "", ""}, {"string", family(AnyNumeric), "double", "double"},
		{"int", family(AnyDecimal), "decimal(10,0)", "decimal(10,0)"}, {"string", family(AnyDecimal), "decimal(38,18)", "decimal(38,18)"},
		{"timestamp", one("date"), "date", "date"}, {"date", family(AnyTimestamp), "timestamp", "timestamp"}, {"boolean", one("int"), "", ""},
		{"string", one("boolean"), "boolean", ""}, {"void", one("array<int>"), "array<int>", "array<int>"}, {"int", one("boolean"), "", ""},
		{"array<int>", one("array<string>"), "array<string>", "array<string>"}, {"binary", one("string"), "string", "string"}, {"string", one("binary"), "binary", "binary"},
		{"int", append(one("string"), Expected{Family: AnyArray}), "string", "string"}, {"date", one("int"), "", ""}, {"int", family(AnyType), "int", "int"},
		{"map<int,int>", one("string"), "", ""}, {"decimal(5,2)", one("decimal(38,18)"), "decimal(38,18)", "decimal(38,18)"},
		{"string", one("string collate UNICODE"), "", ""}, {"varchar(3)", one("string"), "varchar(3)", "varchar(3)"},
	} {
		for _, mode := range []struct {
			ansi bool
			want string
		}{{true, c.ansi}, {false, c.legacy}} {
			got, ok := Coercion{ANSI: mode.ansi}.ImplicitCast(mustParse(t, c.from), c.to...)
			if ok != (mode.want != "") || ok && got.String() != mode.want {
				t.Errorf("ANSI %v: %s for %v = %v %v, want %q", mode.ansi, c.from, c.to, got, ok, mode.want)
			}
		}
	}
}
