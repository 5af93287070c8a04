package kiln_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

func collect(t *testing.T, d *kiln.DataFrame) []kiln.Row {
	t.Helper()
	rows, err := d.Collect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// typedRows collects Rows[T].
func typedRows[T any](d *kiln.DataFrame) ([]T, error) {
	var out []T
	for v, err := range kiln.Rows[T](context.Background(), d) {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func wantCondition(t *testing.T, what string, err error, condition string) {
	t.Helper()
	var e *diag.Error
	if !errors.As(err, &e) || e.Condition != condition || len(e.SQLState) != 5 {
		t.Errorf("%s: got %v, want %s", what, err, condition)
	}
}

func TestRowsOfRow(t *testing.T) {
	s := open(t, nil)
	rows, err := typedRows[kiln.Row](s.SQL("SELECT 1 AS a, 'x' AS b"))
	if err != nil || len(rows) != 1 || rows[0].String() != "[1, x]" {
		t.Error(rows, err)
	}
	type hidden struct{ a, b int }
	_, err = typedRows[hidden](s.SQL("SELECT 1 AS a, 2 AS b"))
	wantCondition(t, "only unexported fields", err, "ENCODER_NOT_FOUND")
	if err == nil || !strings.Contains(err.Error(), "kiln_test.hidden") {
		t.Error(err)
	}
	wantCondition(t, "only unexported fields", s.CreateDataFrame([]hidden{{1, 2}}).Err(), "ENCODER_NOT_FOUND")
}

type recursive struct{ N *recursive }

type parent struct{ Children []child }

type child struct{ Names map[string]parent }

type list []list

func TestRecursiveTypesAreErrors(t *testing.T) {
	s := open(t, nil)
	for what, d := range map[string]*kiln.DataFrame{
		"recursive.N":       s.CreateDataFrame([]recursive{{}}),
		"Children[].Names[": s.CreateDataFrame([]parent{{}}),
		"list":              s.CreateDataFrame([]list{nil}),
	} {
		wantCondition(t, what, d.Err(), "CIRCULAR_CLASS_REFERENCE")
		if d.Err() != nil && !strings.Contains(d.Err().Error(), what) {
			t.Errorf("%s is not in: %v", what, d.Err())
		}
	}
	_, err := typedRows[recursive](s.SQL("SELECT null AS N"))
	wantCondition(t, "Rows", err, "CIRCULAR_CLASS_REFERENCE")
	wantCondition(t, "Lit", s.Range(0, 1, 1).Select(kiln.Lit(recursive{})).Err(), "CIRCULAR_CLASS_REFERENCE")
}

type Base struct {
	ID   int64
	Note *string `kiln:"note"`
}

type Extra struct{ Score float32 }

type color string

type everything struct {
	Base
	*Extra
	Named  Base `kiln:"named"`
	Counts map[string]int
	Nested map[int8][]*Base
	Three  [3]int
	UUID   [16]byte
	Bytes  []byte
	Raw    []color
	Small  uint8
	Medium uint32
	Large  uint64
	Uint   uint
	Color  color
	When   time.Time
	Took   time.Duration
	Months kiln.Months
	Exact  kiln.Decimal
	Maybe  *uint16
	Skip   chan int `kiln:"-"`
}

func TestGoValuesRoundTrip(t *testing.T) {
	s := open(t, nil)
	note, maybe := "n", uint16(65535)
	full := everything{
		Base: Base{1, &note}, Extra: &Extra{1.5}, Named: Base{2, nil}, Counts: map[string]int{"a": 1, "b": -2},
		Nested: map[int8][]*Base{-1: {{3, nil}, nil}}, Three: [3]int{1, 2, 3}, UUID: [16]byte{1, 255}, Bytes: []byte{0, 200}, Raw: []color{"red", ""},
		Small: 255, Medium: math.MaxUint32, Large: math.MaxUint64, Uint: math.MaxUint64, Color: "blue", When: time.UnixMicro(1_600_000_000_123_456).UTC(),
		Took: 90 * time.Second, Months: 14, Exact: kiln.Decimal{Unscaled: types.Int128From(-125), Scale: 2}, Maybe: &maybe,
	}
	empty := everything{When: time.UnixMicro(0).UTC()}
	d := s.CreateDataFrame([]everything{full, empty})
	const schema = "struct<ID:bigint,note:string,Score:float,named:struct<ID:bigint,note:string>,Counts:map<string,bigint>,Nested:map<tinyint,array<struct<ID:bigint,note:string>>>," +
		"Three:array<bigint>,UUID:binary,Bytes:binary,Raw:array<string>,Small:smallint,Medium:bigint,Large:decimal(20,0),Uint:decimal(20,0),Color:string,When:timestamp," +
		"Took:interval day to second,Months:interval year to month,Exact:decimal(38,18),Maybe:int>"
	if got := d.Schema().String(); got != schema {
		t.Fatalf("schema\n%s, want\n%s; %v", got, schema, d.Err())
	}
	got, err := typedRows[everything](d)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if got[0].Exact.String() != "-1.250000000000000000" || got[1].Exact.Scale != 18 {
		t.Error(got[0].Exact, got[1].Exact)
	}
	got[0].Exact, got[1].Exact = full.Exact, empty.Exact
	if !reflect.DeepEqual(got, []everything{full, empty}) {
		t.Errorf("got\n%+v, want\n%+v", got, []everything{full, empty})
	}
	// Rows that were collected are data again.
	again := s.CreateDataFrame(collect(t, d))
	if again.Err() != nil || !again.Schema().Equal(d.Schema()) {
		t.Fatal(again.Err(), again.Schema())
	}
	if n, err := d.ExceptAll(again.Select("*")).Count(context.Background()); diag.ConditionOf(err) != "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE" {
		t.Error(n, err)
	}
	d, again = d.Drop("Counts", "Nested"), again.Drop("Counts", "Nested")
	if n, err := d.ExceptAll(again).Count(context.Background()); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// TestRowsThatDoNotFit: Spark refuses values that its column cannot hold; what a Go type cannot hold is refused alike.
func TestRowsThatDoNotFit(t *testing.T) {
	s := open(t, nil)
	_, err := typedRows[float32](s.SQL("SELECT 1e300D"))
	wantCondition(t, "1e300 to float32", err, "VALUE_OUT_OF_BOUNDS")
	_, err = typedRows[int8](s.SQL("SELECT 200"))
	wantCondition(t, "200 to int8", err, "VALUE_OUT_OF_BOUNDS")
	_, err = typedRows[uint8](s.SQL("SELECT -1"))
	wantCondition(t, "-1 to uint8", err, "VALUE_OUT_OF_BOUNDS")
	_, err = typedRows[int64](s.SQL("SELECT 18446744073709551615BD"))
	wantCondition(t, "2^64-1 to int64", err, "VALUE_OUT_OF_BOUNDS")
	_, err = typedRows[int64](s.SQL("SELECT 1.5BD"))
	wantCondition(t, "1.5 to int64", err, "UNSUPPORTED_DESERIALIZER.DATA_TYPE_MISMATCH")
	_, err = typedRows[int](s.SQL("SELECT CAST(NULL AS INT)"))
	wantCondition(t, "NULL to int", err, "NOT_NULL_ASSERT_VIOLATION")
	_, err = typedRows[int](s.SQL("SELECT 1, 2"))
	wantCondition(t, "two columns to int", err, "UNSUPPORTED_DESERIALIZER.FIELD_NUMBER_MISMATCH")
	_, err = typedRows[[2]int](s.SQL("SELECT array(1, 2, 3)"))
	wantCondition(t, "three to [2]int", err, "FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME")
	_, err = typedRows[struct{ A int }](s.SQL("SELECT 1 AS a, 2 AS A"))
	wantCondition(t, "a and A", err, "AMBIGUOUS_REFERENCE")
	_, err = typedRows[struct{ S struct{ A int } }](s.SQL("SELECT named_struct('a', 1, 'A', 2) AS s"))
	wantCondition(t, "s.a and s.A", err, "AMBIGUOUS_REFERENCE")
	_, err = typedRows[struct{ B int }](s.SQL("SELECT 1 AS a"))
	wantCondition(t, "no column", err, "UNRESOLVED_COLUMN.WITH_SUGGESTION")
	_, err = typedRows[struct{ A kiln.Months }](s.SQL("SELECT 1 AS a"))
	wantCondition(t, "int to Months", err, "UNSUPPORTED_DESERIALIZER.DATA_TYPE_MISMATCH")
	sensitive := open(t, map[string]string{"spark.sql.caseSensitive": "true"})
	if got, err := typedRows[struct{ A int }](sensitive.SQL("SELECT 1 AS a, 2 AS A")); err != nil || got[0].A != 2 {
		t.Error(got, err)
	}
	if got, err := typedRows[float64](s.SQL("SELECT 7")); err != nil || got[0] != 7 {
		t.Error(got, err)
	}
}

// TestSchemaOfRows has the cases of PySpark's createDataFrame with a schema, with its conditions.
func TestSchemaOfRows(t *testing.T) {
	s := open(t, nil)
	five := time.Date(2020, 1, 1, 5, 0, 0, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		schema string
		value  any
		want   string // the row, or the condition
	}{
		{"id int not null", nil, "FIELD_NOT_NULLABLE_WITH_NAME"},
		{"id int", nil, "[NULL]"},
		{"id int", (*int)(nil), "[NULL]"},
		{"id int not null", (*int)(nil), "FIELD_NOT_NULLABLE_WITH_NAME"},
		{"id tinyint", 200, "VALUE_OUT_OF_BOUNDS"},
		{"id bigint", uint64(1 << 63), "VALUE_OUT_OF_BOUNDS"},
		{"id bigint", uint64(1 << 62), "[4611686018427387904]"},
		{"id float", 1e300, "VALUE_OUT_OF_BOUNDS"},
		{"id float", math.Inf(-1), "[-Infinity]"},
		{"id int", "x", "FIELD_DATA_TYPE_UNACCEPTABLE_WITH_NAME"},
		{"id decimal(4,2)", 1.5, "FIELD_DATA_TYPE_UNACCEPTABLE_WITH_NAME"},
		{"id decimal(4,2)", kiln.Decimal{Unscaled: types.Int128From(1234), Scale: 3}, "[1.23]"},
		{"id decimal(4,2)", kiln.Decimal{Unscaled: types.Int128From(12), Scale: -2}, "NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION"},
		{"id decimal(4,2)", "1.5", "[1.50]"},
		{"id decimal(4,0)", kiln.Decimal{Unscaled: types.Int128From(12), Scale: -2}, "[1200]"},
		{"id date", five, "[2020-01-01]"},
		{"id timestamp_ntz", five, "[2020-01-01 05:00:00]"},
		{"id timestamp", five, "[2020-01-01 04:00:00]"},
		{"id array<int>", []any{1, nil}, "[[1, NULL]]"},
		{"id array<tinyint>", []int{1, 300}, "VALUE_OUT_OF_BOUNDS"},
		{"id map<string,int>", map[string]int{"b": 2, "a": 1}, "[{a -> 1, b -> 2}]"},
		{"id map<string,int>", kiln.Map{{Key: "b", Value: 2}, {Key: "a", Value: nil}}, "[{b -> 2, a -> NULL}]"},
		{"id map<string,int>", kiln.Map{{Key: nil, Value: 2}}, "FIELD_NOT_NULLABLE_WITH_NAME"},
		{"id struct<a:int,b:string>", []any{1, "x"}, "[{1, x}]"},
		{"id struct<a:int,b:string>", map[string]any{"b": "x"}, "[{NULL, x}]"},
		{"id struct<a:int,b:string>", struct {
			A int8
			B color
		}{1, "x"}, "[{1, x}]"},
		{"id struct<a:int not null>", []any{nil}, "FIELD_NOT_NULLABLE_WITH_NAME"},
		{"id struct<a:int,b:string>", []any{1}, "FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME"},
		{"id int, v int", 1, "FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME"},
		{"id binary", [2]byte{65, 66}, "[AB]"},
		{"id interval year to month", kiln.Months(14), "[INTERVAL '1-2' YEAR TO MONTH]"},
		{"id nosuchtype", 1, "UNSUPPORTED_DATATYPE"},
	} {
		d := s.CreateDataFrame([][]any{{c.value}}, c.schema)
		if !strings.HasPrefix(c.want, "[") {
			wantCondition(t, c.schema, d.Err(), c.want)
			continue
		}
		text, err := d.Collect(context.Background())
		if err != nil || strings.ReplaceAll(text[0].String(), "null", "NULL") != c.want {
			t.Errorf("%s of %v: %v, %v; want %s", c.schema, c.value, text, err, c.want)
		}
	}
}

func TestCreateDataFrameRefuses(t *testing.T) {
	s := open(t, nil)
	wantCondition(t, "not a slice", s.CreateDataFrame(1).Err(), "ENCODER_NOT_FOUND")
	wantCondition(t, "nil", s.CreateDataFrame(nil).Err(), "ENCODER_NOT_FOUND")
	wantCondition(t, "chan", s.CreateDataFrame([]chan int{nil}).Err(), "ENCODER_NOT_FOUND")
	wantCondition(t, "chan field", s.CreateDataFrame([]struct{ C chan int }{{}}).Err(), "ENCODER_NOT_FOUND")
	wantCondition(t, "any", s.CreateDataFrame([]any{1, "a"}).Err(), "ENCODER_NOT_FOUND")
	wantCondition(t, "names", s.CreateDataFrame([]int{1}, "a", "b").Err(), "ASSIGNMENT_ARITY_MISMATCH")
	wantCondition(t, "no type", s.CreateDataFrame([][]any{{1, nil}}, "a", "b").Err(), "CANNOT_DETERMINE_TYPE")
	wantCondition(t, "no rows", s.CreateDataFrame([][]any{}, "a", "b").Err(), "CANNOT_DETERMINE_TYPE")
	wantCondition(t, "two types", s.CreateDataFrame([][]any{{1}, {"x"}}, "a").Err(), "CANNOT_MERGE_TYPE")
	wantCondition(t, "long row", s.CreateDataFrame([][]any{{1, 2}}, "a").Err(), "FIELD_STRUCT_LENGTH_MISMATCH_WITH_NAME")
	wantCondition(t, "chan value", s.CreateDataFrame([][]any{{make(chan int)}}, "a").Err(), "UNSUPPORTED_FEATURE.LITERAL_TYPE")
	wantCondition(t, "bad schema", s.CreateDataFrame([][]any{{1}}, "a nosuch").Err(), "UNSUPPORTED_DATATYPE")
	wantCondition(t, "decimal", s.CreateDataFrame([]kiln.Decimal{{Unscaled: types.Int128From(math.MaxInt64), Scale: -10}}).Err(), "NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION")
}
