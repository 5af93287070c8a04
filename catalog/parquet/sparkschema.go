package parquet

import (
	"encoding/json"
	"strings"

	"github.com/kilnql/kiln/types"
	"github.com/parquet-go/parquet-go/format"
)

// keySparkSchema is where Spark writes the schema of a file's rows, as JSON.
const keySparkSchema = "org.apache.spark.sql.parquet.row.metadata"

// sparkSchema is the part of Spark's schema that is needed: names and types of columns. A nested type is an object.
type sparkSchema struct {
	Fields []struct {
		Name string          `json:"name"`
		Type json.RawMessage `json:"type"`
	} `json:"fields"`
}

// applySparkSchema gives top-level integer columns the interval types that Spark says they have; Parquet itself cannot.
func applySparkSchema(root *node, m *format.FileMetaData) {
	for _, kv := range m.KeyValueMetadata {
		if kv.Key != keySparkSchema || !strings.Contains(kv.Value, `"interval `) {
			continue
		}
		var schema sparkSchema
		if json.Unmarshal([]byte(kv.Value), &schema) != nil {
			return
		}
		for _, f := range schema.Fields {
			var text string
			if json.Unmarshal(f.Type, &text) != nil || !strings.HasPrefix(text, "interval ") {
				continue
			}
			n := root.child(f.Name, true)
			t, err := types.Parse(text)
			if err != nil || n == nil || n.kind != leafNode {
				continue
			}
			if t.Kind == types.DayTimeInterval && n.typ.Kind == types.Long || t.Kind == types.YearMonthInterval && n.typ.Kind == types.Int {
				n.typ = t
			}
		}
		root.typ = structTypeOf(root.children)
	}
}
