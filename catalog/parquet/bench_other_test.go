//go:build !unix

package parquet

import "time"

func processorTime() time.Duration { return 0 }
