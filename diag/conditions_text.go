package diag

import "maps"

// textConditions are raised by functions over strings.
var textConditions = map[string]Condition{
	"INVALID_ESCAPE_CHAR":                           {"42604", "`EscapeChar` should be a string literal of length one, but got <sqlExpr>."},
	"INVALID_FORMAT.ESC_AT_THE_END":                 {"42601", "The format is invalid: <format>. The escape character is not allowed to end with."},
	"INVALID_FORMAT.ESC_IN_THE_MIDDLE":              {"42601", "The format is invalid: <format>. The escape character is not allowed to precede <char>."},
	"INVALID_FORMAT.CONT_THOUSANDS_SEPS":            {"42601", "The format is invalid: <format>. Thousands separators (, or G) must have digits in between them in the number format."},
	"INVALID_FORMAT.CUR_MUST_BEFORE_DEC":            {"42601", "The format is invalid: <format>. Currency characters must appear before any decimal point in the number format."},
	"INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT":          {"42601", "The format is invalid: <format>. Currency characters must appear before digits in the number format."},
	"INVALID_FORMAT.EMPTY":                          {"42601", "The format is invalid: <format>. The number format string cannot be empty."},
	"INVALID_FORMAT.MISMATCH_INPUT":                 {"42601", "The format is invalid: <format>. The input <inputType> <input> does not match the format."},
	"INVALID_FORMAT.THOUSANDS_SEPS_MUST_BEFORE_DEC": {"42601", "The format is invalid: <format>. Thousands separators (, or G) may not appear after the decimal point in the number format."},
	"INVALID_FORMAT.UNEXPECTED_TOKEN":               {"42601", "The format is invalid: <format>. Found the unexpected <token> in the format string; the structure of the format string must match: `[MI|S]` `[$]` `[0|9|G|,]*` `[.|D]` `[0|9]*` `[$]` `[PR|MI|S]`."},
	"INVALID_FORMAT.WRONG_NUM_DIGIT":                {"42601", "The format is invalid: <format>. The format string requires at least one number digit."},
	"INVALID_FORMAT.WRONG_NUM_TOKEN":                {"42601", "The format is invalid: <format>. At most one <token> is allowed in the number format."},
	"INVALID_INDEX_OF_ZERO":                         {"22003", "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1)."},
	"INVALID_ARRAY_INDEX":                           {"22003", "The index <indexValue> is out of bounds. The array has <arraySize> elements. Use the SQL function `get()` to tolerate accessing element at invalid index and return NULL instead."},
	"MALFORMED_CHARACTER_CODING":                    {"22000", "Invalid value found when performing <function> with <charset>"},
	"INVALID_UTF8_STRING":                           {"22029", "Invalid UTF8 byte sequence found in string: <str>."},
	"CANNOT_DECODE_URL":                             {"22546", "The provided URL cannot be decoded: <url>. Please ensure that the URL is properly formatted and try again."},
	"INVALID_URL":                                   {"22P02", "The url is invalid: <url>. Use `try_parse_url` to tolerate invalid URL and return NULL instead."},
	"INVALID_REGEXP_REPLACE":                        {"22023", "Could not perform regexp_replace for source = \"<source>\", pattern = \"<pattern>\", replacement = \"<replacement>\" and position = <position>."},
	"DATATYPE_MISMATCH.HASH_MAP_TYPE":               {"42K09", "Cannot resolve <sqlExpr> due to data type mismatch: Input to the function <functionName> cannot contain elements of the \"MAP\" type. In Spark, same maps may have different hashcode, thus hash expressions are prohibited on \"MAP\" elements. To restore previous behavior set \"spark.sql.legacy.allowHashOnMapType\" to \"true\"."},
	"INVALID_EXTRACT_FIELD":                         {"42601", "Cannot extract <field> from <expr>."},
}

func init() { maps.Copy(conditions, textConditions) }
