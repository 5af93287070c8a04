package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestGeneratedFiles fails when the function table was changed without `go generate ./functions`.
func TestGeneratedFiles(t *testing.T) {
	for _, want := range generated() {
		got, err := os.ReadFile(filepath.Join("..", "..", want.path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.text) {
			t.Errorf("%s is stale: run `go generate ./functions`", want.path)
		}
	}
}
