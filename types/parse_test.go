package types

import (
	"testing"

	"github.com/kilnql/kiln/diag"
)

func TestParse(t *testing.T) {
	cases := []struct{ text, want string }{
		{"int", "int"}, {"INTEGER", "int"}, {"long", "bigint"}, {"byte", "tinyint"}, {"short", "smallint"}, {"real", "float"},
		{"double", "double"}, {"decimal", "decimal(10,0)"}, {"DEC(5)", "decimal(5,0)"}, {"numeric( 12 , 3 )", "decimal(12,3)"},
		{"decimal(0,0)", "decimal(0,0)"}, {"string", "string"}, {"string collate utf8_lcase", "string collate UTF8_LCASE"},
		{"string collate UTF8_BINARY", "string"}, {"character(3)", "char(3)"}, {"varchar(0)", "varchar(0)"}, {"binary", "binary"},
		{"timestamp_ltz", "timestamp"}, {"timestamp_ntz", "timestamp_ntz"}, {"void", "void"}, {"variant", "variant"},
		{"interval", "interval"}, {"interval year", "interval year"}, {"interval year to month", "interval year to month"},
		{"INTERVAL DAY TO SECOND", "interval day to second"}, {"interval hour", "interval hour"},
		{"array<array<int>>", "array<array<int>>"}, {"map<string,map<int,array<date>>>", "map<string,map<int,array<date>>>"},
		{"struct<>", "struct<>"}, {"struct<a:int,`b ``c`: string>", "struct<a:int,b `c:string>"},
		{"struct<a int not null comment 'it''s', a array<struct<x:int>>>", "struct<a:int,a:array<struct<x:int>>>"},
	}
	for _, c := range cases {
		got, err := Parse(c.text)
		if err != nil || got.String() != c.want {
			t.Errorf("Parse(%q) = %v, %v; want %s", c.text, got, err, c.want)
		}
	}
}

func TestParseFieldProperties(t *testing.T) {
	s, err := ParseSchema(`a INT NOT NULL COMMENT 'say \'x\'', B: array<int>`)
	if err != nil {
		t.Fatal(err)
	}
	f := s.Fields()
	if f[0].Nullable || f[0].Metadata["comment"] != "say 'x'" || !f[1].Nullable || f[1].Name != "B" || !f[1].Type.ElemNullable() {
		t.Errorf("fields %+v", f)
	}
	if s, err = ParseSchema("struct<a:int>"); err != nil || s.String() != "struct<a:int>" {
		t.Errorf("struct text: %v %v", s, err)
	}
	if s, err = ParseSchema(""); err != nil || s.Kind != Struct {
		t.Errorf("empty schema: %v %v", s, err)
	}
}

func TestParseErrors(t *testing.T) {
	cases := []struct {
		text, condition string
		start, stop     int32
	}{
		{"foo", "UNSUPPORTED_DATATYPE", 0, 3}, {" foo(3)", "UNSUPPORTED_DATATYPE", 1, 7}, {"int(3)", "UNSUPPORTED_DATATYPE", 0, 6},
		{"null", "UNSUPPORTED_DATATYPE", 0, 4}, {"`int`", "UNSUPPORTED_DATATYPE", 0, 5}, {"decimal(1,2,3)", "UNSUPPORTED_DATATYPE", 0, 14},
		{"decimal(39)", "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", 0, 11}, {"decimal(5,7)", "_LEGACY_ERROR_TEMP_1228", 0, 12},
		{"char", "DATATYPE_MISSING_SIZE", 0, 4}, {"array", "INCOMPLETE_TYPE_DEFINITION.ARRAY", 0, 5},
		{"map", "INCOMPLETE_TYPE_DEFINITION.MAP", 0, 3}, {"struct", "INCOMPLETE_TYPE_DEFINITION.STRUCT", 0, 6},
		{"array<int", "PARSE_SYNTAX_ERROR", 9, 9}, {"array<>", "PARSE_SYNTAX_ERROR", 6, 7}, {"map<int>", "PARSE_SYNTAX_ERROR", 7, 8},
		{"interval day to day", "PARSE_SYNTAX_ERROR", 16, 19}, {"interval month to year", "PARSE_SYNTAX_ERROR", 18, 22},
		{"decimal(-1)", "PARSE_SYNTAX_ERROR", 8, 9}, {"", "PARSE_SYNTAX_ERROR", 0, 0}, {"int int", "PARSE_SYNTAX_ERROR", 4, 7},
		{"string collate foo", "COLLATION_INVALID_NAME", 15, 18}, {"char(99999999999)", "PARSE_SYNTAX_ERROR", 5, 16},
		{"struct<a:int", "PARSE_SYNTAX_ERROR", 12, 12}, {"struct<`a:int>", "PARSE_SYNTAX_ERROR", 7, 14}, {"5", "PARSE_SYNTAX_ERROR", 0, 1},
	}
	for _, c := range cases {
		_, err := Parse(c.text)
		e, _ := err.(*diag.Error)
		if e == nil || e.Condition != c.condition || e.Span != (diag.Span{Start: c.start, Stop: c.stop}) {
			t.Errorf("Parse(%q) error %v (%+v), want %s at %d-%d", c.text, err, e, c.condition, c.start, c.stop)
		}
	}
}
