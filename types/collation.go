package types

import "strings"

// collationBases are the collations kiln knows by name before any modifier.
var collationBases = []string{"UTF8_BINARY", "UTF8_LCASE", "UNICODE", "UNICODE_CI", "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da",
	"nb", "fi", "pl", "cs", "sk", "hu", "ro", "tr", "el", "ru", "uk", "bg", "sr", "hr", "sl", "lt", "lv", "et", "ar", "he", "fa", "hi", "ja",
	"ko", "zh", "vi", "th", "id", "ms", "ca"}

var collationModifiers = map[string]bool{"CI": true, "CS": true, "AI": true, "AS": true, "RTRIM": true, "LOWER": true, "UPPER": true}

// ValidCollation reports whether name is a collation of Spark's scheme: a base or locale, then modifiers such as _CI_AI_RTRIM.
func ValidCollation(name string) bool {
	upper := strings.ToUpper(name)
	for _, base := range collationBases {
		rest, ok := strings.CutPrefix(upper, strings.ToUpper(base))
		if !ok {
			continue
		}
		if rest == "" {
			return true
		}
		if rest[0] == '_' && validModifiers(rest[1:]) {
			return true
		}
	}
	return false
}

func validModifiers(text string) bool {
	for _, part := range strings.Split(text, "_") {
		// A country of a locale (en_USA) is three letters.
		if !collationModifiers[part] && len(part) != 3 {
			return false
		}
	}
	return true
}
