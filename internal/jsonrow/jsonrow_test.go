package jsonrow

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/types"
)

func TestDocuments(t *testing.T) {
	session, err := kiln.Open(kiln.NewConfig().WithoutDefaults().With("spark.sql.session.timeZone", "America/Los_Angeles"))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, c := range []struct{ query, want string }{
		{"SELECT 1Y AS a, 2S AS b, 3 AS c, 9223372036854775807 AS d",
			`{"columns":[{"name":"a","type":"tinyint"},{"name":"b","type":"smallint"},{"name":"c","type":"int"},{"name":"d","type":"bigint"}],"rows":[[1,2,3,9223372036854775807]]}`},
		{"SELECT 1.50 AS a, true AS b, CAST(NULL AS int) AS c, '' AS d",
			`{"columns":[{"name":"a","type":"decimal(3,2)"},{"name":"b","type":"boolean"},{"name":"c","type":"int"},{"name":"d","type":"string"}],"rows":[["1.50",true,null,""]]}`},
		{"SELECT 0.1D AS a, 1e30D AS b, -0.0D AS c, CAST(0.1 AS float) AS d, 100D AS e",
			`{"columns":[{"name":"a","type":"double"},{"name":"b","type":"double"},{"name":"c","type":"double"},{"name":"d","type":"float"},{"name":"e","type":"double"}],"rows":[[0.1,1e+30,-0.0,0.1,100.0]]}`},
		{"SELECT CAST('NaN' AS double) AS a, CAST('Infinity' AS float) AS b, CAST('-Infinity' AS double) AS c",
			`{"columns":[{"name":"a","type":"double"},{"name":"b","type":"float"},{"name":"c","type":"double"}],"rows":[["NaN","Infinity","-Infinity"]]}`},
		{"SELECT DATE '2024-02-29' AS a, TIMESTAMP '2024-07-01 12:00:00.5' AS b, TIMESTAMP_NTZ '2024-01-01 00:00:00' AS c, X'00FF' AS d",
			`{"columns":[{"name":"a","type":"date"},{"name":"b","type":"timestamp"},{"name":"c","type":"timestamp_ntz"},{"name":"d","type":"binary"}],"rows":[["2024-02-29","2024-07-01 12:00:00.5","2024-01-01 00:00:00","AP8="]]}`},
		{"SELECT id FROM range(3)", `{"columns":[{"name":"id","type":"bigint"}],"rows":[[0],[1],[2]]}`},
		{"SELECT id FROM range(0)", `{"columns":[{"name":"id","type":"bigint"}],"rows":[]}`},
		{"CREATE TEMP VIEW v AS SELECT 1", `{"columns":[],"rows":[]}`},
	} {
		got, err := Document(context.Background(), session.SQL(c.query))
		if err != nil || string(got) != c.want {
			t.Errorf("%s\ngot  %s, %v\nwant %s", c.query, got, err, c.want)
		}
		if !json.Valid(got) {
			t.Errorf("%s: not JSON: %s", c.query, got)
		}
	}
}

func TestNestedValues(t *testing.T) {
	field := func(name string, of types.Type) types.Field { return types.Field{Name: name, Type: of, Nullable: true} }
	ints := types.ArrayType(types.IntType, true)
	for _, c := range []struct {
		value any
		of    types.Type
		want  string
	}{
		{[]any{int32(1), nil, int32(3)}, ints, `[1,null,3]`},
		{[]any{}, ints, `[]`},
		{types.MapValue{Keys: []any{"a", "b"}, Values: []any{int32(1), nil}}, types.MapType(types.StringType, types.IntType, true), `[["a",1],["b",null]]`},
		{[]any{int32(1), []any{"x"}}, types.StructType(field("n", types.IntType), field("s", types.StructType(field("t", types.StringType)))), `{"n":1,"s":{"t":"x"}}`},
		{[]any{int32(1), int32(2)}, types.StructType(field("n", types.IntType), field("n", types.IntType)), `[["n",1],["n",2]]`},
		{nil, ints, `null`},
	} {
		if got := string(AppendValue(nil, c.value, c.of, nil)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestStrings(t *testing.T) {
	for _, s := range []string{"", "plain", "\"quoted\" \\ back", "tab\tline\nreturn\r", "\x00\x01\x1f\x7f", "Grüße 日本 🚀", "<&>\u2028"} {
		var back string
		if err := json.Unmarshal(AppendString(nil, s), &back); err != nil || back != s {
			t.Errorf("%q comes back as %q, %v", s, back, err)
		}
	}
	if got := string(AppendString(nil, "a\xffb")); got != "\"a\ufffdb\"" {
		t.Errorf("bytes that are not UTF-8 give %s", got)
	}
}

func TestErrors(t *testing.T) {
	session, err := kiln.Open(kiln.NewConfig().WithoutDefaults())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	type document struct {
		Error struct {
			Condition, SQLState, Message string
			Line, Column                 int
			MessageParameters            map[string]string
		}
		Elapsed float64 `json:"elapsed_ms"`
	}
	parse := func(err error) (d document) {
		text := append(AppendElapsed(AppendError([]byte{'{'}, err), 1500*time.Microsecond), '}')
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		return d
	}
	d := parse(session.SQL("SELECT\n  nosuch FROM range(1)").Err())
	if e := d.Error; e.Condition != "UNRESOLVED_COLUMN.WITH_SUGGESTION" || e.SQLState != "42703" || e.Line != 2 || e.Column != 3 || e.MessageParameters["objectName"] != "`nosuch`" {
		t.Errorf("%+v", e)
	}
	if d.Elapsed != 1.5 {
		t.Errorf("elapsed_ms %v", d.Elapsed)
	}
	if e := parse(context.Canceled).Error; e.Condition != "OPERATION_CANCELED" {
		t.Errorf("%+v", e)
	}
	if e := parse(errors.New("what else")).Error; e.Condition != "USER_ERROR" || e.Message != "what else" || e.Line != 0 {
		t.Errorf("%+v", e)
	}
}
