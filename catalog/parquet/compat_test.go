package parquet

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/kilnql/kiln/types"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// writeRows writes rows with parquet-go.
func writeRows[T any](t *testing.T, rows []T, options ...pq.WriterOption) string {
	t.Helper()
	var buffer bytes.Buffer
	w := pq.NewGenericWriter[T](&buffer, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := os.WriteFile(path, buffer.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOldTypes(t *testing.T) {
	type row struct {
		Old   deprecated.Int96 `parquet:"old"`
		ID    [16]byte         `parquet:"id,uuid"`
		Name  string           `parquet:"name,enum"`
		JSON  string           `parquet:"json,json"`
		Nanos time.Time        `parquet:"nanos,timestamp(nanosecond)"`
	}
	at := time.Date(2001, 2, 3, 4, 5, 6, 7008009, time.UTC)
	day := at.Unix()/86400 + julianEpoch
	nanos := at.UnixNano() - at.Unix()/86400*86400*1e9
	old := deprecated.Int96{uint32(nanos), uint32(nanos >> 32), uint32(day)}
	id := [16]byte{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0, 1, 2, 3, 4, 5, 6, 7}
	for _, dictionary := range []bool{false, true} {
		options := []pq.WriterOption{}
		if dictionary {
			options = append(options, pq.DefaultEncoding(&pq.RLEDictionary))
		}
		table := open(t, writeRows(t, []row{{old, id, "x", "{}", at}, {old, id, "y", "[]", at}}, options...))
		if got, want := table.Schema().String(), "struct<old:timestamp,id:string,name:string,json:string,nanos:timestamp>"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		got := readColumns(t, table, everything(table))
		want := []any{at.UnixMicro(), "12345678-9abc-def0-0001-020304050607", "y", "[]", at.UnixMicro()}
		for c := range want {
			if got[c][1] != want[c] {
				t.Errorf("%v, want %v", got[c][1], want[c])
			}
		}
	}
}

// rawLeaf describes a leaf of a file that writeRaw makes.
func rawLeaf(name string, repetition format.FieldRepetitionType, t format.Type) format.SchemaElement {
	return format.SchemaElement{Name: name, RepetitionType: thrift.New(repetition), Type: thrift.New(t)}
}

func rawGroup(name string, repetition format.FieldRepetitionType, children int32) format.SchemaElement {
	return format.SchemaElement{Name: name, RepetitionType: thrift.New(repetition), NumChildren: thrift.New(children)}
}

// rawPage is the one data page of a column chunk.
type rawPage struct {
	repetitions, definitions []byte // levels as their encoding has them, nil for none
	levels                   format.Encoding
	values                   []byte
	count                    int32
	codec                    format.CompressionCodec
	compress                 func([]byte) []byte
}

// writeRaw writes a file byte by byte: old schemas and encodings that libraries do not write any more.
func writeRaw(t *testing.T, rows int64, schema []format.SchemaElement, pages []rawPage, metadata ...format.KeyValue) string {
	t.Helper()
	file := []byte(magic)
	rg := format.RowGroup{NumRows: rows}
	leaf := 0
	for _, e := range schema[1:] {
		if !e.Type.Valid {
			continue
		}
		p := pages[leaf]
		leaf++
		var body []byte
		for _, l := range [][]byte{p.repetitions, p.definitions} {
			if l != nil {
				if p.levels == format.RLE {
					body = binary.LittleEndian.AppendUint32(body, uint32(len(l)))
				}
				body = append(body, l...)
			}
		}
		body = append(body, p.values...)
		size := int32(len(body))
		if p.compress != nil {
			body = p.compress(body)
		}
		header, err := thrift.Marshal(new(thrift.CompactProtocol), &format.PageHeader{Type: format.DataPage, UncompressedPageSize: size,
			CompressedPageSize: int32(len(body)), DataPageHeader: thrift.New(format.DataPageHeader{NumValues: p.count, Encoding: format.Plain,
				DefinitionLevelEncoding: p.levels, RepetitionLevelEncoding: p.levels})})
		if err != nil {
			t.Fatal(err)
		}
		rg.Columns = append(rg.Columns, format.ColumnChunk{MetaData: format.ColumnMetaData{Type: e.Type.V, PathInSchema: []string{e.Name}, Codec: p.codec,
			NumValues: int64(p.count), DataPageOffset: int64(len(file)), TotalCompressedSize: int64(len(header) + len(body)), Encoding: []format.Encoding{format.Plain}}})
		file = append(append(file, header...), body...)
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &format.FileMetaData{Version: 1, Schema: schema, NumRows: rows, RowGroups: []format.RowGroup{rg}, KeyValueMetadata: metadata})
	if err != nil {
		t.Fatal(err)
	}
	file = append(file, footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	path := filepath.Join(t.TempDir(), "raw.parquet")
	if err := os.WriteFile(path, append(file, magic...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func int32s(values ...int32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// rle is levels as runs of one value each.
func rle(levels ...byte) (b []byte) {
	for _, l := range levels {
		b = append(b, 1<<1, l)
	}
	return b
}

func TestOldLists(t *testing.T) {
	listOf := func(e format.SchemaElement) format.SchemaElement {
		e.ConvertedType = thrift.New(deprecated.List)
		return e
	}
	root := rawGroup("root", format.Required, 1)
	// [[1, 2], [], null, [3]] as far as a form can say it.
	for name, c := range map[string]struct {
		schema []format.SchemaElement
		page   rawPage
		typ    string
		want   []any
	}{
		"bare repeated": {
			[]format.SchemaElement{root, rawLeaf("l", format.Repeated, format.Int32)},
			rawPage{repetitions: rle(0, 1, 0, 0), definitions: rle(1, 1, 0, 1), count: 4, values: int32s(1, 2, 3)},
			"array<int>", []any{[]any{int64(1), int64(2)}, []any{}, []any{int64(3)}},
		},
		"two levels": {
			[]format.SchemaElement{root, listOf(rawGroup("l", format.Optional, 1)), rawLeaf("array", format.Repeated, format.Int32)},
			rawPage{repetitions: rle(0, 1, 0, 0, 0), definitions: rle(2, 2, 1, 0, 2), count: 5, values: int32s(1, 2, 3)},
			"array<int>", []any{[]any{int64(1), int64(2)}, []any{}, nil, []any{int64(3)}},
		},
		"tuple": {
			[]format.SchemaElement{root, listOf(rawGroup("l", format.Required, 1)), rawGroup("l_tuple", format.Repeated, 1), rawLeaf("x", format.Required, format.Int32)},
			rawPage{repetitions: rle(0, 1, 0), definitions: rle(1, 1, 0), count: 3, values: int32s(1, 2)},
			"array<struct<x:int>>", []any{[]any{[]any{int64(1)}, []any{int64(2)}}, []any{}},
		},
		"three levels": {
			[]format.SchemaElement{root, listOf(rawGroup("l", format.Optional, 1)), rawGroup("bag", format.Repeated, 1), rawLeaf("array_element", format.Optional, format.Int32)},
			rawPage{repetitions: rle(0, 1, 0, 0), definitions: rle(3, 2, 1, 0), count: 4, values: int32s(1)},
			"array<int>", []any{[]any{int64(1), nil}, []any{}, nil},
		},
	} {
		c.page.levels = format.RLE
		table := open(t, writeRaw(t, int64(len(c.want)), c.schema, []rawPage{c.page}))
		if got := table.Schema().Fields()[0].Type.String(); got != c.typ {
			t.Errorf("%s: %s, want %s", name, got, c.typ)
			continue
		}
		if got := readColumns(t, table, everything(table))[0]; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestOldLevels(t *testing.T) {
	root := rawGroup("root", format.Required, 1)
	// BIT_PACKED levels, from the highest bit: valid, null, valid, valid.
	page := rawPage{definitions: []byte{0b1011_0000}, levels: format.BitPacked, count: 4, values: int32s(5, 6, 7)}
	table := open(t, writeRaw(t, 4, []format.SchemaElement{root, rawLeaf("v", format.Optional, format.Int32)}, []rawPage{page}))
	if got := readColumns(t, table, everything(table))[0]; !reflect.DeepEqual(got, []any{int64(5), nil, int64(6), int64(7)}) {
		t.Errorf("%v", got)
	}
}

func TestHadoopLZ4(t *testing.T) {
	root := rawGroup("root", format.Required, 1)
	var values []int32
	var want []any
	for i := range 5000 {
		values = append(values, int32(i/10))
		want = append(want, int64(i/10))
	}
	block := func(b []byte) []byte {
		out := make([]byte, lz4.CompressBlockBound(len(b)))
		n, err := lz4.CompressBlock(b, out, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out[:n]
	}
	framed := func(b []byte) (out []byte) {
		for len(b) > 0 {
			part := b[:min(len(b), 7000)]
			b = b[len(part):]
			packed := block(part)
			out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
			out = binary.BigEndian.AppendUint32(out, uint32(len(packed)))
			out = append(out, packed...)
		}
		return out
	}
	for _, compress := range []func([]byte) []byte{framed, block} {
		page := rawPage{levels: format.RLE, count: 5000, values: int32s(values...), codec: format.Lz4, compress: compress}
		table := open(t, writeRaw(t, 5000, []format.SchemaElement{root, rawLeaf("v", format.Required, format.Int32)}, []rawPage{page}))
		same(t, "lz4", readColumns(t, table, everything(table))[0], want)
	}
}

func TestBinaryDecimals(t *testing.T) {
	root := rawGroup("root", format.Required, 3)
	decimal := func(e format.SchemaElement, precision, scale int32) format.SchemaElement {
		e.ConvertedType = thrift.New(deprecated.Decimal)
		e.Precision, e.Scale = thrift.New(precision), thrift.New(scale)
		return e
	}
	fixed := decimal(rawLeaf("f", format.Required, format.FixedLenByteArray), 9, 2)
	fixed.TypeLength = thrift.New(int32(4))
	bytesOf := func(values ...string) (b []byte) {
		for _, v := range values {
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
		}
		return b
	}
	plain := rawLeaf("p", format.Required, format.ByteArray)
	path := writeRaw(t, 2, []format.SchemaElement{root, decimal(rawLeaf("b", format.Required, format.ByteArray), 12, 3), fixed, plain}, []rawPage{
		{levels: format.RLE, count: 2, values: bytesOf("\x01\x00", "\xff")},
		{levels: format.RLE, count: 2, values: []byte("\x00\x00\x01\x02\xff\xff\xff\xfe")},
		{levels: format.RLE, count: 2, values: bytesOf("x", "a longer text that is not inline")},
	})
	table := open(t, path)
	if got, want := table.Schema().String(), "struct<b:decimal(12,3),f:decimal(9,2),p:binary>"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	got := readColumns(t, table, everything(table))
	want := [][]any{{int64(256), int64(-1)}, {int64(258), int64(-2)}, {"x", "a longer text that is not inline"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	asText, err := OpenPaths(t.Context(), nil, []string{path}, Options{BinaryAsString: true})
	if err != nil || asText.Schema().Fields()[2].Type.Kind != types.String {
		t.Errorf("%v, %v", asText.Schema(), err)
	}
}

func TestCalendars(t *testing.T) {
	root := rawGroup("root", format.Required, 1)
	date := rawLeaf("d", format.Required, format.Int32)
	date.ConvertedType = thrift.New(deprecated.Date)
	days := func(y int, m time.Month, d int) int32 {
		return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	// Spark's own table: 1582-10-04 in the hybrid calendar is ten days before 1582-10-15, 0001-01-01 is two days off.
	page := rawPage{levels: format.RLE, count: 4, values: int32s(days(1582, 10, 15), days(1582, 10, 14), -719164, days(2024, 2, 29))}
	want := map[string][]any{
		"2.4.8": {int64(days(1582, 10, 15)), int64(days(1582, 10, 4)), int64(days(1, 1, 1)), int64(days(2024, 2, 29))},
		"3.5.0": {int64(days(1582, 10, 15)), int64(days(1582, 10, 14)), int64(-719164), int64(days(2024, 2, 29))},
	}
	for version, want := range want {
		table := open(t, writeRaw(t, 4, []format.SchemaElement{root, date}, []rawPage{page}, format.KeyValue{Key: keySparkVersion, Value: version}))
		if got := readColumns(t, table, everything(table))[0]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", version, got, want)
		}
	}
}

func TestSparkIntervals(t *testing.T) {
	root := rawGroup("root", format.Required, 1)
	schema := `{"type":"struct","fields":[{"name":"m","type":"interval year to month","nullable":true,"metadata":{}},{"name":"s","type":{"type":"array"},"nullable":true}]}`
	page := rawPage{levels: format.RLE, count: 2, values: int32s(5, -7)}
	path := writeRaw(t, 2, []format.SchemaElement{root, rawLeaf("m", format.Required, format.Int32)}, []rawPage{page}, format.KeyValue{Key: keySparkSchema, Value: schema})
	table := open(t, path)
	if got := table.Schema().String(); got != "struct<m:interval year to month>" {
		t.Error(got)
	}
	if got := readColumns(t, table, everything(table))[0]; !reflect.DeepEqual(got, []any{int64(5), int64(-7)}) {
		t.Errorf("%v", got)
	}
}
