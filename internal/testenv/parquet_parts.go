package testenv

import (
	"encoding/binary"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// ParquetPart is a range of a Parquet file's bytes with one meaning.
type ParquetPart struct {
	Kind     string // one of ParquetKinds
	Column   string // path of the column, for parts of one
	From, To int
	Checked  bool // the part is of a page that has a checksum
}

// ParquetKinds are all kinds of parts that ParquetParts tells apart. A compressed page of version 1 is one part, its
// levels being inside.
var ParquetKinds = []string{
	"magic head", "dictionary page header", "dictionary", "data page header", "data page header v2", "repetition levels", "definition levels", "values",
	"compressed page", "column index", "offset index", "bloom filter header", "bloom filter", "footer", "footer length", "magic tail",
}

// ParquetParts takes a sound file apart, in the order of its bytes within each column.
func ParquetParts(file []byte) ([]ParquetPart, error) {
	size := len(file)
	length := int(binary.LittleEndian.Uint32(file[size-8:]))
	var metadata format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[size-8-length:size-8], &metadata); err != nil {
		return nil, err
	}
	parts := []ParquetPart{{Kind: "magic head", To: 4}}
	for g := range metadata.RowGroups {
		for c := range metadata.RowGroups[g].Columns {
			chunk := chunkParts{file: file, chunk: &metadata.RowGroups[g].Columns[c]}
			chunk.name = strings.Join(chunk.chunk.MetaData.PathInSchema, ".")
			chunk.levels(metadata.Schema)
			if err := chunk.pages(); err != nil {
				return nil, err
			}
			if err := chunk.indexes(); err != nil {
				return nil, err
			}
			parts = append(parts, chunk.parts...)
		}
	}
	return append(parts, ParquetPart{Kind: "footer", From: size - 8 - length, To: size - 8}, ParquetPart{Kind: "footer length", From: size - 8, To: size - 4},
		ParquetPart{Kind: "magic tail", From: size - 4, To: size}), nil
}

// chunkParts takes one column chunk apart.
type chunkParts struct {
	file                   []byte
	chunk                  *format.ColumnChunk
	name                   string
	repetition, definition bool // pages have such levels
	parts                  []ParquetPart
}

func (c *chunkParts) add(kind string, from, to int, checked bool) {
	if to > from {
		c.parts = append(c.parts, ParquetPart{kind, c.name, from, to, checked})
	}
}

// levels finds out which levels the column has, walking its path down the flat list of the schema.
func (c *chunkParts) levels(schema []format.SchemaElement) {
	at := 0
	for _, name := range c.chunk.MetaData.PathInSchema {
		left := int(schema[at].NumChildren.V)
		for at++; left > 0 && schema[at].Name != name; left-- {
			at = afterElement(schema, at)
		}
		switch schema[at].RepetitionType.V {
		case format.Repeated:
			c.repetition, c.definition = true, true
		case format.Optional:
			c.definition = true
		}
	}
}

// afterElement is the index of the element behind one and all below it.
func afterElement(schema []format.SchemaElement, at int) int {
	children := int(schema[at].NumChildren.V)
	for at++; children > 0; children-- {
		at = afterElement(schema, at)
	}
	return at
}

// decode reads a Thrift structure at an offset and returns where it ends.
func (c *chunkParts) decode(at int, into any) (int, error) {
	r := new(thrift.CompactProtocol).NewReaderFromBytes(c.file[at:])
	err := thrift.NewDecoder(r).Decode(into)
	return at + r.BytesRead(), err
}

func (c *chunkParts) pages() error {
	m := &c.chunk.MetaData
	at := int(m.DataPageOffset)
	if d := int(m.DictionaryPageOffset); d > 0 && d < at {
		at = d
	}
	for end := at + int(m.TotalCompressedSize); at < end; {
		var h format.PageHeader
		body, err := c.decode(at, &h)
		if err != nil {
			return err
		}
		next := body + int(h.CompressedPageSize)
		checked := h.CRC != 0
		switch {
		case h.DictionaryPageHeader.Valid:
			c.add("dictionary page header", at, body, checked)
			c.add("dictionary", body, next, checked)
		case h.DataPageHeaderV2.Valid:
			c.add("data page header v2", at, body, checked)
			levels := body + int(h.DataPageHeaderV2.V.RepetitionLevelsByteLength)
			values := levels + int(h.DataPageHeaderV2.V.DefinitionLevelsByteLength)
			c.add("repetition levels", body, levels, checked)
			c.add("definition levels", levels, values, checked)
			c.add("values", values, next, checked)
		case m.Codec != format.Uncompressed:
			c.add("data page header", at, body, checked)
			c.add("compressed page", body, next, checked)
		default:
			c.add("data page header", at, body, checked)
			for _, levels := range []struct {
				kind  string
				there bool
			}{{"repetition levels", c.repetition}, {"definition levels", c.definition}} {
				if levels.there {
					to := body + 4 + int(binary.LittleEndian.Uint32(c.file[body:]))
					c.add(levels.kind, body, to, checked)
					body = to
				}
			}
			c.add("values", body, next, checked)
		}
		at = next
	}
	return nil
}

func (c *chunkParts) indexes() error {
	if at := int(c.chunk.ColumnIndexOffset); at > 0 {
		c.add("column index", at, at+int(c.chunk.ColumnIndexLength), false)
	}
	if at := int(c.chunk.OffsetIndexOffset); at > 0 {
		c.add("offset index", at, at+int(c.chunk.OffsetIndexLength), false)
	}
	if at := int(c.chunk.MetaData.BloomFilterOffset); at > 0 {
		var h format.BloomFilterHeader
		body, err := c.decode(at, &h)
		if err != nil {
			return err
		}
		c.add("bloom filter header", at, body, false)
		c.add("bloom filter", body, body+int(h.NumBytes), false)
	}
	return nil
}
