package snappy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
)

// padded copies b to a buffer with slack behind it.
func padded(b []byte) []byte { return append(make([]byte, 0, len(b)+Slack), b...) }

// input is compressible to a random degree: repeated parts, runs and noise.
func input(rng *rand.Rand, n int) []byte {
	var b []byte
	for len(b) < n {
		switch rng.IntN(4) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte(rng.IntN(4))}, rng.IntN(100))...)
		case 1:
			b = append(b, fmt.Sprintf("%d quick foxes ", rng.IntN(50))...)
		case 2:
			if len(b) > 0 {
				at := rng.IntN(len(b))
				b = append(b, b[at:at+rng.IntN(min(len(b)-at, 300)+1)]...)
			}
		case 3:
			for range rng.IntN(200) {
				b = append(b, byte(rng.Uint32()))
			}
		}
	}
	return b[:n]
}

func TestDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		want := input(rng, rng.IntN(1<<rng.IntN(18)))
		packed := padded(snappy.Encode(nil, want))
		if i%3 == 0 {
			packed = padded(s2.EncodeSnappyBetter(nil, want))
		}
		got := make([]byte, len(want), len(want)+Slack)
		if err := Decode(got, packed); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("case %d of %d bytes: %v", i, len(want), err)
		}
	}
}

// compare decodes any bytes with both decoders: they must agree on what is damaged and on what is not.
func compare(t testing.TB, b []byte) {
	n, err := snappy.DecodedLen(b)
	if err != nil || n > 1<<20 {
		return
	}
	want, wantErr := snappy.Decode(make([]byte, n), b)
	// The bytes around the output must stay as they are.
	room := bytes.Repeat([]byte{0xa5}, 64+n+Slack+64)
	got := room[64 : 64+n : 64+n+Slack]
	gotErr := Decode(got, padded(b))
	if (wantErr == nil) != (gotErr == nil) || wantErr == nil && !bytes.Equal(got, want) {
		t.Fatalf("%x: %v, want %v", b, gotErr, wantErr)
	}
	for i := range 64 {
		if room[i] != 0xa5 || room[len(room)-1-i] != 0xa5 {
			t.Fatalf("%x: wrote outside the buffer", b)
		}
	}
}

func TestDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		b := snappy.Encode(nil, input(rng, rng.IntN(600)))
		for range 1 + rng.IntN(3) {
			if len(b) > 1 {
				b[1+rng.IntN(len(b)-1)] = byte(rng.Uint32())
			}
		}
		if rng.IntN(4) == 0 {
			b = b[:rng.IntN(len(b)+1)]
		}
		compare(t, b)
	}
}

// TestOverlaps tries every copy of every length from every offset up to 70.
func TestOverlaps(t *testing.T) {
	for offset := 1; offset <= 70; offset++ {
		for n := 1; n <= 64; n++ {
			b := []byte{byte(offset + n), 0xf0, byte(offset - 1)} // a literal of offset bytes
			for i := range offset {
				b = append(b, byte(i*37+1))
			}
			compare(t, append(b, byte(n-1)<<2|2, byte(offset), 0))
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(snappy.Encode(nil, []byte("hello hello hello hello hello hello hello")))
	f.Add(snappy.Encode(nil, bytes.Repeat([]byte("ab"), 500)))
	f.Fuzz(func(t *testing.T, b []byte) { compare(t, b) })
}

func BenchmarkDecode(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	want := input(rng, 1<<20)
	packed := padded(snappy.Encode(nil, want))
	out := make([]byte, len(want), len(want)+Slack)
	b.Run("fast", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		for b.Loop() {
			if err := Decode(out, packed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		for b.Loop() {
			if err := decodePlain(out, packed); err != nil {
				b.Fatal(err)
			}
		}
	})
}
