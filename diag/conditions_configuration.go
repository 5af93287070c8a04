package diag

var configurationConditions = map[string]Condition{
	"CANNOT_MODIFY_CONFIG":                  {"46110", "Cannot modify the value of the Spark config: <key>: <docroot>."},
	"INVALID_CONF_VALUE.TYPE_MISMATCH":      {"22022", "The value '<confValue>' in the config \"<confName>\" is invalid. It must be of type <confType>."},
	"INVALID_CONF_VALUE.CIRCULAR_REFERENCE": {"22022", "The value '<confValue>' in the config \"<confName>\" is invalid. It refers to itself by <reference>."},
	"INVALID_CONF_VALUE.TIME_ZONE":          {"22022", "The value '<confValue>' in the config \"<confName>\" is invalid. Cannot resolve the given timezone."},
	"INVALID_CONFIGURATION_LINE":            {"F0000", "A line of a configuration file has a key and a value, such as \"kiln.memory.limit 4g\", but this one is: <line>"},
	"UNKNOWN_CONFIGURATION":                 {"42K0I", "There is no setting <config>. <advice>"},
}
