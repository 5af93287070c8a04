package expr

import "time"

// Literals of dates and timestamps are printed in UTC: plans name no zone.

func formatDate(days int64) string { return time.Unix(days*86400, 0).UTC().Format("2006-01-02") }

func formatTimestamp(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999")
}
