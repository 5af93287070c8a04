package analysis

import "strings"

// absentFunctions are the functions of Spark 4.0.1 (its SHOW FUNCTIONS) that kiln does not have, beside window functions and
// generators: a call of one is no misspelling. In order, so that a diff shows what has become known.
const absentFunctions = `
	bitmap_construct_agg bitmap_or_agg collate collation collations count_min_sketch from_avro from_csv from_json
	from_protobuf from_xml get_json_object histogram_numeric hll_sketch_agg hll_sketch_estimate hll_union
	hll_union_agg input_file_block_length input_file_block_start input_file_name is_variant_null java_method
	json_array_length json_object_keys parse_json randstr reflect schema_of_avro schema_of_csv schema_of_json
	schema_of_variant schema_of_variant_agg schema_of_xml sentences session_window shuffle sql_keywords to_avro
	to_csv to_json to_protobuf to_variant_object to_xml try_parse_json try_reflect try_variant_get uniform
	variant_explode variant_explode_outer variant_get window window_time xpath xpath_boolean xpath_double
	xpath_float xpath_int xpath_long xpath_number xpath_short xpath_string
`

// Absent reports whether Spark has a function of this name, in any case, that kiln does not have.
func Absent(name string) bool { return absent[strings.ToLower(name)] }

// absent is absentFunctions as a set.
var absent = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(absentFunctions) {
		set[name] = true
	}
	return set
}()
