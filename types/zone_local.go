package types

import (
	"os"
	"strings"
	"sync"
	"time"
)

// LocalLocation is the time zone of the machine under its name, such as "Europe/Paris", where time.Local only says "Local". It is
// time.Local if the name cannot be found out.
var LocalLocation = sync.OnceValue(func() *time.Location {
	name, isSet := os.LookupEnv("TZ")
	if !isSet {
		target, err := os.Readlink("/etc/localtime")
		if err != nil && os.IsNotExist(err) {
			return time.UTC // Go's own reading of a machine without a zone
		}
		_, name, _ = strings.Cut(target, "zoneinfo/")
	}
	switch name {
	case "":
		if isSet {
			return time.UTC
		}
		return time.Local
	case "Etc/UTC", "Etc/UCT", "Universal", "Zulu":
		name = "UTC"
	}
	if zone, ok := LookupZone(strings.TrimPrefix(name, ":")); ok {
		return zone.Location()
	}
	return time.Local
})
