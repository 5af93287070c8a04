package diag

var configurationConditions = map[string]Condition{
	"INVALID_CONF_VALUE.TYPE_MISMATCH": {"22022", "The value '<confValue>' in the config \"<confName>\" is invalid. It must be of type <confType>."},
	"CONFIG_NOT_AVAILABLE":             {"42K0I", "Configuration <config> is not available."},
}
