package shell

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpool(t *testing.T) {
	for _, size := range []int{0, 1, spoolFrame - 1, spoolFrame, 5*spoolFrame/2 + 7} {
		dir := t.TempDir()
		p := &spool{directory: dir}
		var want, got bytes.Buffer
		for i := 0; want.Len() < size; i++ {
			piece := []byte(strings.Repeat(fmt.Sprint(i, ","), 1000))
			want.Write(piece)
			if _, err := p.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if cap(p.last) > 2*spoolFrame {
			t.Errorf("%d bytes in memory", cap(p.last))
		}
		if err := p.copyTo(&got); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%d bytes come back as %d, %v", want.Len(), got.Len(), err)
		}
		if err := p.close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%v is left behind", left)
		}
	}
}

// An error after millions of bytes of rows is a document of its own, and nothing stays on the disk.
func TestErrorAfterManyRows(t *testing.T) {
	dir := t.TempDir()
	conf := "kiln.spill.directory=" + dir
	r := run(t, "", "-o", "json", "--conf", conf, "-c", "SELECT id, 1 / (1500000 - id) AS q FROM range(2000000); SELECT 2 AS a")
	all := documents(t, r.out)
	if r.status != statusFailed || len(all) != 2 || len(r.out) > 2000 {
		t.Fatalf("status %d, %d documents, %d bytes", r.status, len(all), len(r.out))
	}
	if e, _ := all[0]["error"].(map[string]any); e["condition"] != "DIVIDE_BY_ZERO" || all[0]["columns"] != nil {
		t.Errorf("%v", all[0])
	}
	r = run(t, "", "-o", "json", "--conf", conf, "-c", "SELECT id FROM range(1000000)")
	var d struct{ Rows [][1]int64 }
	if err := json.Unmarshal([]byte(r.out), &d); err != nil || len(d.Rows) != 1000000 || d.Rows[777777][0] != 777777 {
		t.Errorf("%d rows, %v", len(d.Rows), err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
	r = run(t, "", "-o", "json", "--conf", "kiln.spill.directory="+filepath.Join(os.DevNull, "x"), "-c", "SELECT id FROM range(1000000)")
	if e, _ := documents(t, r.out)[0]["error"].(map[string]any); r.status != statusFailed || e["condition"] != "SPILL_FAILED" {
		t.Errorf("status %d, %.300s", r.status, r.out)
	}
}
