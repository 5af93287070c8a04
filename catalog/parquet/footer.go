package parquet

import (
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/vector"
	"github.com/parquet-go/parquet-go/format"
)

// footer is the parsed metadata of one file; it does not change, but for what is computed once and kept.
type footer struct {
	path     string
	size     int64
	modified time.Time
	metadata *format.FileMetaData
	flags    []statisticFlags // per row group and leaf
	root     *node
	leaves   []*node
	bytes    int64 // length in the file
	// dictionaryIDs is the first of the identities of the file's dictionaries, one per row group and leaf.
	dictionaryIDs uint64

	mu        sync.Mutex
	summaries map[*node]summary
	samples   map[dictionaryPlace]pageHeader
}

// dictionaryPlace is a leaf in a row group.
type dictionaryPlace struct{ rowGroup, leaf int }

func (f *footer) flagsOf(rowGroup, leaf int) statisticFlags {
	return f.flags[rowGroup*len(f.leaves)+leaf]
}

func (f *footer) dictionaryID(rowGroup, leaf int) uint64 {
	return f.dictionaryIDs + uint64(rowGroup*len(f.leaves)+leaf)
}

const magic = "PAR1"

// footerGuess is read from the end of a file in the hope that the whole footer is in it.
const footerGuess = 64 << 10

func footerError(path string, reason error) error {
	return diag.New("FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", "path", path, "reason", "("+reason.Error()+")").Wrap(reason)
}

// openFooter returns the metadata of a file, from the cache if the file is the one that was read.
func openFooter(gate *files.Gate, entry *files.Entry, o *Options) (*footer, error) {
	key := footerKey{entry.Path, entry.Size, entry.ModTime, o.BinaryAsString}
	if f := footers.get(key); f != nil {
		return f, gate.CheckRead(entry.Path)
	}
	file, err := gate.Open(entry.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	f, err := readFooter(file, entry.Path, file.Size(), o)
	if err != nil {
		return nil, err
	}
	f.modified = file.ModTime()
	footers.put(footerKey{entry.Path, file.Size(), file.ModTime(), o.BinaryAsString}, f)
	return f, nil
}

// open opens the file again and makes sure that it is the one whose footer was read: what the footer says of other bytes
// is worth nothing.
func (f *footer) open(gate *files.Gate) (files.File, error) {
	file, err := gate.Open(f.path)
	if diag.ConditionOf(err) == "PATH_NOT_FOUND" {
		return nil, diag.New("FAILED_READ_FILE.FILE_NOT_EXIST", "path", f.path).Wrap(err)
	}
	if err != nil {
		return nil, err
	}
	if file.Size() != f.size || !file.ModTime().Equal(f.modified) {
		file.Close()
		return nil, diag.New("FAILED_READ_FILE.NO_HINT", "path", f.path, "reason",
			fmt.Sprintf("It has changed since the table was opened: it had %d bytes of %s, and has %d of %s.", f.size,
				f.modified.UTC().Format(time.RFC3339Nano), file.Size(), file.ModTime().UTC().Format(time.RFC3339Nano)))
	}
	return file, nil
}

// readFooter reads and checks the metadata of a file of the given size. Whatever is wrong with it is
// FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER.
func readFooter(file io.ReaderAt, path string, size int64, o *Options) (f *footer, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, footerError(path, fmt.Errorf("damaged: %v", r))
		}
	}()
	body, err := footerBytes(file, size)
	if err != nil {
		return nil, footerError(path, err)
	}
	flags, length, err := footerFlags(body)
	if err != nil {
		return nil, footerError(path, err)
	}
	var decoder format.FooterDecoder
	metadata, _, err := decoder.Decode(body[:length])
	if err != nil {
		return nil, footerError(path, err)
	}
	f = &footer{path: path, size: size, metadata: metadata, flags: flags, bytes: int64(len(body))}
	if f.root, f.leaves, err = readSchema(metadata.Schema, o); err != nil {
		return nil, footerError(path, err)
	}
	applySparkSchema(f.root, metadata)
	if err := f.check(); err != nil {
		return nil, footerError(path, err)
	}
	f.dictionaryIDs = vector.NewDictIDs(len(flags))
	return f, nil
}

func footerBytes(file io.ReaderAt, size int64) ([]byte, error) {
	if size == 0 {
		return nil, errors.New("the file is empty")
	}
	if size < 12 {
		return nil, errors.New("the file is too short to be a Parquet file")
	}
	tail := make([]byte, min(size, footerGuess))
	if err := readFull(file, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	switch string(tail[len(tail)-4:]) {
	case magic:
	case "PARE":
		return nil, errors.New("the footer is encrypted")
	default:
		return nil, errors.New("the file does not end with PAR1, so it is no Parquet file or was cut off")
	}
	head := tail[:4]
	if size > int64(len(tail)) {
		head = make([]byte, 4)
		if err := readFull(file, head, 0); err != nil {
			return nil, err
		}
	}
	if string(head) != magic {
		return nil, errors.New("the file does not begin with PAR1")
	}
	length := int64(binary.LittleEndian.Uint32(tail[len(tail)-8:]))
	if length > size-12 {
		return nil, fmt.Errorf("the footer claims %d bytes of a file of %d", length, size)
	}
	if length+8 <= int64(len(tail)) {
		return tail[int64(len(tail))-8-length : len(tail)-8], nil
	}
	body := make([]byte, length)
	return body, readFull(file, body, size-8-length)
}

func readFull(file io.ReaderAt, b []byte, offset int64) error {
	n, err := file.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// check compares what the footer says with itself and with the file, so that readers can rely on it.
func (f *footer) check() error {
	m := f.metadata
	if len(f.leaves) == 0 && len(m.RowGroups) > 0 && len(m.RowGroups[0].Columns) > 0 {
		return errors.New("the schema has no columns")
	}
	if len(f.flags) != len(m.RowGroups)*len(f.leaves) {
		return fmt.Errorf("%d column chunks for %d row groups of %d columns", len(f.flags), len(m.RowGroups), len(f.leaves))
	}
	rows := int64(0)
	for g := range m.RowGroups {
		rg := &m.RowGroups[g]
		if len(rg.Columns) != len(f.leaves) || rg.NumRows < 0 {
			return fmt.Errorf("row group %d has %d columns and %d rows", g, len(rg.Columns), rg.NumRows)
		}
		rows += rg.NumRows
		for c := range rg.Columns {
			if err := f.checkChunk(rg, c); err != nil {
				return fmt.Errorf("row group %d, column %s: %w", g, f.leaves[c].path, err)
			}
		}
	}
	if rows != m.NumRows {
		return fmt.Errorf("%d rows in the row groups, %d in the file", rows, m.NumRows)
	}
	return nil
}

func (f *footer) checkChunk(rg *format.RowGroup, c int) error {
	chunk, leaf := &rg.Columns[c], f.leaves[c]
	m := &chunk.MetaData
	if chunk.FilePath != "" {
		return errors.New("its data is in another file")
	}
	if chunk.CryptoMetadata.Value != nil {
		return errors.New("it is encrypted")
	}
	if m.Type != leaf.element.Type.V {
		return fmt.Errorf("type %v in the row group, %v in the schema", m.Type, leaf.element.Type.V)
	}
	if m.NumValues < rg.NumRows || leaf.repetition == 0 && m.NumValues != rg.NumRows {
		return fmt.Errorf("%d values for %d rows", m.NumValues, rg.NumRows)
	}
	if m.NumValues == 0 {
		return nil // never read, and some writers give it no place
	}
	start, end := chunkRange(m)
	if start < 4 || end < start || end > f.size-8-f.bytes {
		return fmt.Errorf("bytes %d to %d of a file of %d", start, end, f.size)
	}
	return nil
}

// chunkRange is where the pages of a column chunk are in its file.
func chunkRange(m *format.ColumnMetaData) (start, end int64) {
	start = m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	if m.TotalCompressedSize < 0 || m.TotalCompressedSize > 1<<50 {
		return start, -1
	}
	return start, start + m.TotalCompressedSize
}

// footerKey identifies the state of a file.
type footerKey struct {
	path           string
	size           int64
	modified       time.Time
	binaryAsString bool
}

// footerCache keeps the footers used last, up to a number of bytes in the files.
type footerCache struct {
	mu    sync.Mutex
	limit int64
	bytes int64
	order list.List // of *cachedFooter, most recent first
	byKey map[footerKey]*list.Element
}

type cachedFooter struct {
	key    footerKey
	footer *footer
}

var footers = &footerCache{limit: 32 << 20, byKey: map[footerKey]*list.Element{}}

func (c *footerCache) get(key footerKey) *footer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedFooter).footer
}

func (c *footerCache) put(key footerKey, f *footer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok {
		return
	}
	c.byKey[key] = c.order.PushFront(&cachedFooter{key, f})
	c.bytes += f.bytes
	for c.bytes > c.limit && c.order.Len() > 1 {
		last := c.order.Back()
		old := c.order.Remove(last).(*cachedFooter)
		delete(c.byKey, old.key)
		c.bytes -= old.footer.bytes
	}
}
