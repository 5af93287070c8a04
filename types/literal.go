package types

import (
	"encoding/hex"
	"strings"
)

// Literals as SQL, in Spark's spelling. Spark builds column names and messages from them.

// SQLLiteral is the literal of a value as Spark's messages and plans spell it (Literal.sql): 1L, 1.5D, 'it\'s', DATE '2020-01-01',
// CAST(NULL AS INT). zone is that of timestamps; nil is UTC.
func SQLLiteral(v any, t Type, zone *Zone) string {
	if v == nil {
		if t.Kind == Void || t.IsNested() {
			return "NULL"
		}
		return "CAST(NULL AS " + t.SQL() + ")"
	}
	plain := FormatOptions{Zone: zone, Scientific: true}
	text := func() string { return string(AppendValue(nil, v, t, &plain)) }
	switch t.Kind {
	case String:
		return quoteSQL(v.(string)) + collateSuffix(t)
	case Byte:
		return text() + "Y"
	case Short:
		return text() + "S"
	case Long:
		return text() + "L"
	case Float:
		return "CAST('" + text() + "' AS FLOAT)"
	case Double:
		if s := text(); strings.HasSuffix(s, "Infinity") || s == "NaN" {
			return "CAST('" + s + "' AS DOUBLE)"
		}
		return text() + "D"
	case Decimal:
		return text() + "BD"
	case Array:
		return "ARRAY(" + literalList(v.([]any), func(int) Type { return t.Elem() }, zone) + ")"
	case Map:
		m := v.(MapValue)
		parts := make([]string, len(m.Keys))
		for i, k := range m.Keys {
			parts[i] = SQLLiteral(k, t.Key(), zone) + ", " + SQLLiteral(m.Values[i], t.Elem(), zone)
		}
		return "MAP(" + strings.Join(parts, ", ") + ")"
	case Struct:
		parts := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			parts[i] = "'" + f.Name + "', " + SQLLiteral(v.([]any)[i], f.Type, zone)
		}
		return "NAMED_STRUCT(" + strings.Join(parts, ", ") + ")"
	}
	return typedLiteral(v, t, text())
}

// typedLiteral spells the types whose literals are the same in messages and in column names.
func typedLiteral(v any, t Type, text string) string {
	switch t.Kind {
	case Binary:
		return "X'" + strings.ToUpper(hex.EncodeToString([]byte(v.(string)))) + "'"
	case Date:
		return "DATE '" + text + "'"
	case Timestamp:
		return "TIMESTAMP '" + text + "'"
	case TimestampNTZ:
		return "TIMESTAMP_NTZ '" + text + "'"
	case CalendarInterval:
		return "INTERVAL '" + text + "'"
	}
	return text
}

func literalList(values []any, typeOf func(int) Type, zone *Zone) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = SQLLiteral(v, typeOf(i), zone)
	}
	return strings.Join(parts, ", ")
}

func quoteSQL(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

func collateSuffix(t Type) string {
	if c := t.Collation(); c != "" {
		return " collate " + c
	}
	return ""
}

// PrettyLiteral is the literal of a value as it appears in the names of unnamed columns: numbers and strings bare, NULL for a
// null of any type. zone is that of timestamps; nil is UTC.
func PrettyLiteral(v any, t Type, zone *Zone) string {
	if v == nil {
		return "NULL"
	}
	if t.Kind == String && t.Collation() == "" || t.IsNumeric() {
		return string(AppendValue(nil, v, t, &FormatOptions{Zone: zone, Scientific: true}))
	}
	return SQLLiteral(v, t, zone)
}
