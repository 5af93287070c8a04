package diag

import "maps"

// timeConditions are the errors of functions over dates, times and intervals.
var timeConditions = map[string]Condition{
	"DATETIME_FIELD_OUT_OF_BOUNDS":         {"22023", "<rangeMessage>. If necessary set <ansiConfig> to \"false\" to bypass this error."},
	"INVALID_FRACTION_OF_SECOND":           {"22023", "Valid range for seconds is [0, 60] (inclusive), but the provided value is <secAndMicros>. To avoid this error, use `try_make_timestamp`, which returns NULL on error.\nIf you do not want to use the session default timestamp version of this function, use `try_make_timestamp_ntz` or `try_make_timestamp_ltz`."},
	"SECOND_FUNCTION_ARGUMENT_NOT_INTEGER": {"22023", "The second argument of <functionName> function needs to be an integer."},
	"ILLEGAL_DAY_OF_WEEK":                  {"22009", "Illegal input for day of week: <string>."},
}

func init() { maps.Copy(conditions, timeConditions) }
