package diag

var parseConditions = map[string]Condition{
	"PARSE_SYNTAX_ERROR":    {"42601", "Syntax error at or near <error><hint>."},
	"PARSE_EMPTY_STATEMENT": {"42617", "Syntax error, unexpected empty statement."},
	"UNSUPPORTED_FEATURE":   {"0A000", "The feature is not supported: <feature>."},
}
