package diag

import "maps"

// textConditions are raised by functions over strings.
var textConditions = map[string]Condition{
	"INVALID_ESCAPE_CHAR":              {"42604", "`EscapeChar` should be a string literal of length one, but got <sqlExpr>."},
	"INVALID_FORMAT.ESC_AT_THE_END":    {"42601", "The format is invalid: <format>. The escape character is not allowed to end with."},
	"INVALID_FORMAT.ESC_IN_THE_MIDDLE": {"42601", "The format is invalid: <format>. The escape character is not allowed to precede <char>."},
	"INVALID_EXTRACT_FIELD":            {"42601", "Cannot extract <field> from <expr>."},
}

func init() { maps.Copy(conditions, textConditions) }
