package diag

import "maps"

// typeConditions are raised by package types: type texts, values, decimals, dates, intervals and their patterns.
var typeConditions = map[string]Condition{
	"UNSUPPORTED_DATATYPE":                                             {"0A000", "Unsupported data type <typeName>."},
	"DATATYPE_MISSING_SIZE":                                            {"42K01", "DataType <type> requires a length parameter, for example <type>(10). Please specify the length."},
	"INCOMPLETE_TYPE_DEFINITION.ARRAY":                                 {"42K01", "Incomplete complex type: The definition of \"ARRAY\" type is incomplete. You must provide an element type. For example: \"ARRAY<elementType>\"."},
	"INCOMPLETE_TYPE_DEFINITION.MAP":                                   {"42K01", "Incomplete complex type: The definition of \"MAP\" type is incomplete. You must provide a key type and a value type. For example: \"MAP<TIMESTAMP, INT>\"."},
	"INCOMPLETE_TYPE_DEFINITION.STRUCT":                                {"42K01", "Incomplete complex type: The definition of \"STRUCT\" type is incomplete. You must provide at least one field type. For example: \"STRUCT<name STRING, phone DECIMAL(10, 2)>\"."},
	"DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION":                          {"22003", "Decimal precision <precision> exceeds max precision <maxPrecision>."},
	"_LEGACY_ERROR_TEMP_1228":                                          {"42601", "Decimal scale (<scale>) cannot be greater than precision (<precision>)."},
	"COLLATION_INVALID_NAME":                                           {"42704", "The value <collationName> does not represent a correct collation name. Suggested valid collation names: [<proposals>]."},
	"NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION":                       {"22003", " <value> cannot be represented as Decimal(<precision>, <scale>). If necessary set <config> to \"false\" to bypass this error, and return NULL instead."},
	"NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION":                    {"22003", "The <roundedValue> rounded half up from <originalValue> cannot be represented as Decimal(<precision>, <scale>)."},
	"DATETIME_OVERFLOW":                                                {"22008", "Datetime operation overflow: <operation>."},
	"INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION":                     {"22015", "Integer overflow while operating with intervals. Use <functionName> to tolerate overflow and return NULL instead."},
	"INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION":                  {"22015", "Integer overflow while operating with intervals. Try devising appropriate values for the interval parameters."},
	"INVALID_TIMEZONE":                                                 {"22009", "The timezone: <timeZone> is invalid. The timezone must be either a region-based zone ID or a zone offset. Region IDs must have the form 'area/city', such as 'America/Los_Angeles'. Zone offsets must be in the format '(+|-)HH', '(+|-)HH:mm' or '(+|-)HH:mm:ss', e.g '-08' , '+01:00' or '-13:33:33', and must be in the range from -18:00 to +18:00. 'Z' and 'UTC' are accepted as synonyms for '+00:00'."},
	"INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER":                       {"22007", "Unrecognized datetime pattern: <pattern>. Illegal pattern character found in datetime pattern: <c>. Please provide legal character."},
	"INVALID_DATETIME_PATTERN.LENGTH":                                  {"22007", "Unrecognized datetime pattern: <pattern>. Too many letters in datetime pattern: <pattern>. Please reduce pattern length."},
	"INVALID_DATETIME_PATTERN.SECONDS_FRACTION":                        {"22007", "Unrecognized datetime pattern: <pattern>. Cannot detect a seconds fraction pattern of variable length. Please make sure the pattern contains 'S', and does not contain illegal characters."},
	"INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN":  {"42K0B", "You may get a different result due to the upgrading to Spark >= 3.0: All week-based patterns are unsupported since Spark 3.0, detected week-based character: <c>. Please use the SQL function EXTRACT instead."},
	"INCONSISTENT_BEHAVIOR_CROSS_VERSION.PARSE_DATETIME_BY_NEW_PARSER": {"42K0B", "You may get a different result due to the upgrading to Spark >= 3.0: Fail to parse <datetime> in the new parser. You can set <config> to \"LEGACY\" to restore the behavior before Spark 3.0, or set to \"CORRECTED\" and treat it as an invalid datetime string."},
	"INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION": {"42K0B", "You may get a different result due to the upgrading to Spark >= 3.0: Fail to recognize <pattern> pattern in the DateTimeFormatter. 1) You can set <config> to \"LEGACY\" to restore the behavior before Spark 3.0. 2) You can form a valid datetime pattern with the guide from '<docroot>/sql-ref-datetime-pattern.html'."},
	"CANNOT_PARSE_TIMESTAMP":                                           {"22007", "<message>. Use <func> to tolerate invalid input string and return NULL instead."},
	"UNSUPPORTED_ARROWTYPE":                                            {"0A000", "Unsupported arrow type <typeName>."},
}

func init() { maps.Copy(conditions, typeConditions) }
