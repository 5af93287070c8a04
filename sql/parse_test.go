package sql

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTPCH(t *testing.T) {
	files, _ := filepath.Glob("../testdata/tpch/queries/*.sql")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseStatement(string(text)); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	if len(files) != 22 {
		t.Errorf("%d TPC-H queries", len(files))
	}
}
