package diag

import "maps"

const intervalPrefix = "Error parsing '<input>' to interval. Please ensure that the value provided is in a valid format for defining an interval. You can reference the documentation for the correct format. "

// intervalConditions are raised while reading intervals from text.
var intervalConditions = map[string]Condition{
	"INVALID_INTERVAL_FORMAT.ARITHMETIC_EXCEPTION":                {"22006", intervalPrefix + "Uncaught arithmetic exception while parsing '<input>'."},
	"INVALID_INTERVAL_FORMAT.INPUT_IS_EMPTY":                      {"22006", intervalPrefix + "Interval string cannot be empty."},
	"INVALID_INTERVAL_FORMAT.INTERVAL_PARSING":                    {"22006", intervalPrefix + "Error parsing interval <interval> string."},
	"INVALID_INTERVAL_FORMAT.INVALID_FRACTION":                    {"22006", intervalPrefix + "<unit> cannot have fractional part."},
	"INVALID_INTERVAL_FORMAT.INVALID_PRECISION":                   {"22006", intervalPrefix + "Interval can only support nanosecond precision, <value> is out of range."},
	"INVALID_INTERVAL_FORMAT.INVALID_PREFIX":                      {"22006", intervalPrefix + "Invalid interval prefix <prefix>."},
	"INVALID_INTERVAL_FORMAT.INVALID_UNIT":                        {"22006", intervalPrefix + "Invalid unit <unit>."},
	"INVALID_INTERVAL_FORMAT.INVALID_VALUE":                       {"22006", intervalPrefix + "Invalid value <value>."},
	"INVALID_INTERVAL_FORMAT.MISSING_NUMBER":                      {"22006", intervalPrefix + "Expect a number after <word> but hit EOL."},
	"INVALID_INTERVAL_FORMAT.MISSING_UNIT":                        {"22006", intervalPrefix + "Expect a unit name after <word> but hit EOL."},
	"INVALID_INTERVAL_FORMAT.UNRECOGNIZED_NUMBER":                 {"22006", intervalPrefix + "Unrecognized number <number>."},
	"INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING":             {"22006", intervalPrefix + "Interval string does not match <intervalStr> format of <supportedFormat> when cast to <typeName>: <input>."},
	"INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE": {"22006", intervalPrefix + "Interval string does not match <intervalStr> format of <supportedFormat> when cast to <typeName>: <input>. Set \"spark.sql.legacy.fromDayTimeString.enabled\" to \"true\" to restore the behavior before Spark 3.0."},
	"_LEGACY_ERROR_TEMP_0026":                                     {"42601", "Can only use numbers in the interval value part for multiple unit value pairs interval form, but got invalid value: <value>."},
	"_LEGACY_ERROR_TEMP_0063":                                     {"22006", "<msg>."},
}

func init() { maps.Copy(conditions, intervalConditions) }
