package diag

import "maps"

// collectionConditions are the errors of functions over arrays and maps.
var collectionConditions = map[string]Condition{
	"INVALID_ARRAY_INDEX_IN_ELEMENT_AT":        {"22003", "The index <indexValue> is out of bounds. The array has <arraySize> elements. Use `try_element_at` to tolerate accessing element at invalid index and return NULL instead."},
	"NULL_MAP_KEY":                             {"2200E", "Cannot use null as map key."},
	"DUPLICATED_MAP_KEY":                       {"23505", "Duplicate map key <key> was found, please check the input data.\nIf you want to remove the duplicated keys, you can set <mapKeyDedupPolicy> to \"LAST_WIN\" so that the key inserted at last takes precedence."},
	"COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION":  {"54000", "Can't create array with <numberOfElements> elements which exceeding the array size limit <maxRoundedArrayLength>, unsuccessful try to create arrays in the function <functionName>."},
	"COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER": {"54000", "Can't create array with <numberOfElements> elements which exceeding the array size limit <maxRoundedArrayLength>, the value of the parameter(s) <parameter> in the function <functionName> is invalid."},
	"INVALID_PARAMETER_VALUE.START":            {"22023", "The value of parameter(s) <parameter> in <functionName> is invalid: Expects a positive or a negative value for `start`, but got 0."},
	"INVALID_PARAMETER_VALUE.LENGTH":           {"22023", "The value of parameter(s) <parameter> in <functionName> is invalid: Expects `length` greater than or equal to 0, but got <length>."},
	"COMPARATOR_RETURNS_NULL":                  {"22004", "The comparator has returned a NULL for a comparison between <firstValue> and <secondValue>. It should return a positive integer for \"greater than\", 0 for \"equal\" and a negative integer for \"less than\"."},
	"_LEGACY_ERROR_TEMP_3242":                  {"XX000", "sequence step must be an <intervalType> of day granularity if start and end values are dates"},
	"ILLEGAL_SEQUENCE_BOUNDARIES":              {"22023", "Illegal sequence boundaries: <start> to <stop> by <step>"},
	"_LEGACY_ERROR_TEMP_2128":                  {"XX000", "The key array and value array of MapData must have the same length."},
}

func init() { maps.Copy(conditions, collectionConditions) }
